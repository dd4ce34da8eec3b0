"""exp, sigmoid and tanh of the kernels, against the next higher precision, over the whole range."""

import numpy as np
import pytest

from autograd_core.kernels.machine import exponential

WIDER = {np.float32: np.float64, np.float64: np.longdouble}
EXACT = {"exp": np.exp, "sigmoid": lambda x: np.where(x < 0, np.exp(x), 1) / (1 + np.exp(-abs(x))), "tanh": np.tanh}
ULPS = {"exp": 2, "sigmoid": 2, "tanh": 4}


def evaluate(name, x):
    """The kernel of that name over all of x."""
    out = x.copy()
    exponential.RUNS[name](out, 0, len(out))
    return out


def arguments(dtype):
    """Numbers of all sizes and both signs, densely where the functions bend."""
    rng = np.random.default_rng(0)
    limit = 110 if dtype == np.float32 else 760
    sizes = 10.0 ** rng.uniform(np.log10(np.finfo(dtype).tiny), 2, 50_000)
    x = np.concatenate([rng.uniform(-limit, limit, 100_000), rng.uniform(-2, 2, 100_000), sizes, -sizes])
    return x.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(EXACT))
def test_a_few_units_in_the_last_place(name, dtype):
    wider = WIDER[dtype]
    if np.finfo(wider).nmant <= np.finfo(dtype).nmant:
        pytest.skip("this machine has no wider floating type to compare with")
    x = arguments(dtype)
    with np.errstate(over="ignore", under="ignore"):
        exact = EXACT[name](x.astype(wider))
        rounded = exact.astype(dtype)
        found = evaluate(name, x)
        assert found.dtype == dtype
        finite = np.isfinite(rounded)
        np.testing.assert_array_equal(found[~finite], rounded[~finite])
        ulps = np.abs(found[finite] - exact[finite]) / np.spacing(np.abs(rounded[finite])).astype(wider)
    worst = ulps.argmax()
    assert ulps[worst] < ULPS[name], f"{name}({x[finite][worst]!r}) is off by {ulps[worst]:.2f} ulp"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(EXACT))
def test_limits_and_nan(name, dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    top = np.finfo(dtype).max
    x = np.array([np.inf, top, -np.inf, -top, 0.0, np.nan, tiny], dtype)
    found = evaluate(name, x)
    high, low, zero = {"exp": (np.inf, 0, 1), "sigmoid": (1, 0, 0.5), "tanh": (1, -1, 0)}[name]
    expected = [high, high, low, low, zero, np.nan, tiny if name == "tanh" else zero]
    np.testing.assert_array_equal(found, np.array(expected, dtype))


def test_nan_everywhere_in_a_vector():
    x = np.full(100, np.nan, np.float32)
    for name in list(EXACT):
        assert np.isnan(evaluate(name, x)).all()


def test_only_the_run_is_changed():
    x = np.zeros(40, np.float32)
    exponential.exp_run(x, 3, 20)
    np.testing.assert_array_equal(x, [0] * 3 + [1] * 20 + [0] * 17)


@pytest.mark.parametrize("name", list(EXACT))
def test_from_python(name):
    function = getattr(exponential, name)
    for dtype in (np.float32, np.float64):
        x = dtype(0.3)
        assert function(x) == evaluate(name, np.array([x]))[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exp_of_what_is_not_above_zero(dtype):
    """As exp, but 0 where the result is below 2⁻¹²⁴ (2⁻¹⁰⁰⁹)."""
    lowest = dtype(-86.0 if dtype == np.float32 else -700.0)
    x = -np.abs(arguments(dtype))[::20]
    found = np.array([exponential.exp_negative(v) for v in x], dtype)
    exact = np.exp(x.astype(WIDER[dtype]))
    kept = x >= lowest
    assert not found[~kept].any()
    assert (np.abs(found - exact)[kept] / np.spacing(exact[kept].astype(dtype)) < 2).all()
    for special, expected in ((0.0, 1), (-np.inf, 0), (np.nan, np.nan)):
        np.testing.assert_array_equal(exponential.exp_negative(dtype(special)), expected)
