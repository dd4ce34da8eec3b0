"""The formulas of recurrent units as machine code, against the same in NumPy; sigmoid and tanh over the whole range."""

from pathlib import Path

import numpy as np
import pytest

from autograd_core.kernels.machine import machine_code, vector_math, vectors
from autograd_core.kernels.machine.runtime import kernel
from autograd_core.kernels.recurrence import gates

DTYPES = [np.float32, np.float64]
UNITS = [1, 3, 8, 21, 64]


def compiled(formula, flags):
    """The formula as a function from Python, each array from its place 3."""
    arrays = list(formula.parts)
    places = ", ".join(f"{name}, 3" for name in arrays)
    text = f"def run(code, {', '.join(arrays)}, rows, units, stride{''.join(f', f{i}' for i in range(flags))}):\n"
    text += f"    formula(code, {places}, rows, units, stride{''.join(f', f{i}' for i in range(flags))})\n"
    names = {"formula": formula}
    exec(text, names)  # Numba goes by the number of arguments
    return kernel()(names["run"])


@pytest.mark.parametrize("name", list(gates.FORMULAS))
def test_machine_code_is_the_formula(name, monkeypatch):
    monkeypatch.setattr("autograd_core.kernels.machine.runtime.cache_folder", lambda path: None)
    formula = gates.FORMULAS[name]
    flags = len(formula.options)
    run = compiled(formula, flags)
    rng = np.random.default_rng(0)
    for dtype in DTYPES:
        code, tolerance = gates.gate_code(np.dtype(dtype)), 2e-6 if dtype == np.float32 else 1e-14
        for units in UNITS:
            for choice in range(2**flags):
                options = [bool(choice >> i & 1) for i in range(flags)]
                for rows in (0, 1, 3):
                    stride = 4 * units + 5
                    arrays = [rng.standard_normal(6 + 3 * stride).astype(dtype) for _ in formula.parts]
                    wanted = [a.copy() for a in arrays]
                    run(code, *arrays, rows, units, stride, *options)
                    formula(code, *(x for a in wanted for x in (a, 3)), rows, units, stride, *options)
                    for a, b in zip(arrays, wanted, strict=True):  # and nothing beside is touched
                        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_formulas_say_what_pytorch_computes():
    """One LSTM unit, one GRU unit and one RNN unit, by hand."""
    half = 1 / (1 + np.exp(-0.5))
    g, c, out = np.array([0.5, 0.5, 0.0, 0.5]), np.array([2.0]), np.zeros(1)
    zero = np.zeros(4)
    gates.lstm_cell(None, g, 0, c, 0, c, 0, zero, 0, zero, 0, 1, 1, 0, False)
    gates.lstm_output(None, g, 0, c, 0, out, 0, 1, 1, 0)
    assert c[0] == pytest.approx(half * 2) and out[0] == pytest.approx(half * np.tanh(half * 2))
    g, new = np.array([0.5, 0.5, 0.1]), np.array([0.3])
    gates.gru_unit(None, g, 0, new, 0, np.array([2.0]), 0, out, 0, zero, 0, 1, 1, 0)
    n = np.tanh(0.1 + half * 0.3)
    assert out[0] == pytest.approx((1 - half) * n + half * 2)
    out[0] = 0.4
    gates.rnn_unit(None, out, 0, np.array([0.1]), 0, 1, 1, 0, False)
    assert out[0] == pytest.approx(np.tanh(0.5))


# ----------------------------------------------------------------------------------------------------- sigmoid and tanh

EXACT = {"sigmoid": lambda x: np.where(x < 0, np.exp(x), 1) / (1 + np.exp(-abs(x))), "tanh": np.tanh}


@pytest.fixture(scope="module")
def functions():
    """For each name and dtype, the machine code as a function of an array, at full width and one by one."""
    patch = pytest.MonkeyPatch()
    patch.setattr("autograd_core.kernels.machine.runtime.cache_folder", lambda path: None)
    patch.setattr(machine_code, "cache_folder", lambda path: None)
    patch.setattr(gates, "FORMULAS", {})

    @gates.formula(x=1)
    def sigmoid(at):
        at["x", 0] = vector_math.sigmoid(at["x", 0])

    @gates.formula(x=1)
    def tanh(at):
        at["x", 0] = vector_math.tanh(at["x", 0])

    runs = {name: compiled(formula, 0) for name, formula in gates.FORMULAS.items()}
    codes = {d: machine_code.addresses(Path(__file__), np.dtype(d), gates.FORMULAS, gates._module) for d in DTYPES}

    def evaluate(name, x, whole=True):
        held = np.concatenate([np.zeros(3, x.dtype), x])
        rows, units = (1, len(x)) if whole else (len(x), 1)
        runs[name](codes[x.dtype.type], held, rows, units, 0)
        return held[3:]

    yield evaluate
    patch.undo()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", list(EXACT))
def test_a_few_units_in_the_last_place(name, dtype, functions):
    wider = {np.float32: np.float64, np.float64: np.longdouble}[dtype]
    if np.finfo(wider).nmant <= np.finfo(dtype).nmant:
        pytest.skip("this machine has no wider floating type to compare with")
    rng = np.random.default_rng(0)
    limit = 110 if dtype == np.float32 else 760
    sizes = 10.0 ** rng.uniform(np.log10(np.finfo(dtype).tiny), 2, 50_000)
    x = np.concatenate([rng.uniform(-limit, limit, 100_000), rng.uniform(-2, 2, 100_000), sizes, -sizes]).astype(dtype)
    found, exact = functions(name, x), EXACT[name](x.astype(wider))
    normal = np.abs(exact) >= np.finfo(dtype).tiny
    ulps = np.abs(found[normal] - exact[normal]) / np.spacing(np.abs(exact[normal]).astype(dtype)).astype(wider)
    worst = ulps.argmax()
    assert ulps[worst] < 4, f"{name}({x[normal][worst]!r}) is off by {ulps[worst]:.2f} ulp"
    assert (np.abs(found[~normal]) <= 2 * np.finfo(dtype).tiny).all()
    np.testing.assert_array_equal(functions(name, x[:1000], whole=False), found[:1000])  # however they are bundled


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", list(EXACT))
def test_limits_and_nan(name, dtype, functions):
    top = np.finfo(dtype).max
    x = np.array([np.inf, top, -np.inf, -top, 0.0, np.nan, -np.nan, *[0.0] * 9], dtype)
    high, low, zero = {"sigmoid": (1, 0, 0.5), "tanh": (1, -1, 0)}[name]
    expected = np.array([high, high, low, low, zero, np.nan, np.nan, *[zero] * 9], dtype)
    np.testing.assert_array_equal(functions(name, x), expected)
    bits, one = {np.float32: (np.uint32, 0x7FC00001), np.float64: (np.uint64, 0x7FF8000000000001)}[dtype]
    assert np.isnan(functions(name, np.full(20, one, bits).view(dtype))).all()  # another NaN


# ------------------------------------------------------------------------------------------------------------- machines


@pytest.mark.parametrize(
    ("features", "architecture"),
    [({"avx512f": True}, "x86_64"), ({"sse2": True}, "x86_64"), ({"neon": True}, "aarch64")],
)
def test_llvm_accepts_the_code_for_other_machines(features, architecture, monkeypatch):
    import llvmlite.binding as llvm

    found = vectors.machine_with(features, architecture)
    monkeypatch.setattr(vectors, "machine", lambda: found)
    for dtype in DTYPES:
        module = llvm.parse_assembly(gates._module(np.dtype(dtype), llvm.get_default_triple()))
        module.verify()
        assert {f.name for f in module.functions if not f.is_declaration} == set(gates.FORMULAS)
