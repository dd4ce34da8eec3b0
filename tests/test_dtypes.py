"""The dtype of every elementwise function's result, beside PyTorch's.

The table beside this file was written by PyTorch 2.13: `python tests/test_dtypes.py` writes it anew, where torch is.
"""

import json
from pathlib import Path

import numpy as np
import pytest

TABLE = Path(__file__).parent / "tables" / "pytorch_dtypes.json"
EXPECTED = json.loads(TABLE.read_text()) if TABLE.exists() else {}
CODES = {
    "l": "int64", "i": "int32", "B": "uint8", "?": "bool", "e": "float16", "f": "float32", "d": "float64", "F": "complex64",
    "D": "complex128", "b": "int8", "E": "complex32",
}  # fmt: skip
DTYPES = "liB?efdF"
NUMBERS = (2, 1.5, True)

UNARY = """abs acos acosh angle asin asinh atan atanh ceil conj cos cosh deg2rad digamma erf erfc erfinv exp exp2 expm1 fix
floor frac i0 isfinite isinf isnan isneginf isposinf isreal lgamma log log10 log1p log2 logit logical_not nan_to_num neg
positive rad2deg real reciprocal round rsqrt sgn sigmoid sign signbit sin sinc sinh sqrt square tan tanh trunc bitwise_not
sum prod mean amax amin std var norm argmax median mode all any nansum count_nonzero""".split()
SPECIAL = """entr erf erfc erfcx erfinv exp2 expit expm1 gammaln i0 i0e i1 i1e log1p log_ndtr ndtr ndtri psi sinc
digamma logit""".split()
BINARY = """add sub mul div true_divide floor_divide remainder fmod pow maximum minimum fmax fmin atan2 hypot copysign
logaddexp xlogy bitwise_and bitwise_or bitwise_xor logical_and eq lt ne heaviside gcd lcm nextafter ldexp rsub
bitwise_left_shift float_power""".split()
WITH_NUMBER = "add sub mul div floor_divide remainder fmod pow".split()


def calls(ag, F):
    """Name -> (function, number of tensors, whether a number follows), for a library with PyTorch's names."""
    table = {name: (getattr(ag, name), 1, False) for name in UNARY}
    table |= {f"special.{name}": (getattr(ag.special, name), 1, False) for name in SPECIAL}
    table |= {name: (getattr(ag, name), 2, False) for name in BINARY}
    table |= {f"{name}, number": (getattr(ag, name), 1, True) for name in WITH_NUMBER}
    one = (
        ("relu", F.relu), ("x.relu", lambda x: x.relu()), ("relu, in place", lambda x: F.relu(x, inplace=True)),
        ("relu6", F.relu6), ("hardtanh", F.hardtanh), ("hardtanh, in place", lambda x: F.hardtanh(x, inplace=True)),
        ("threshold", lambda x: F.threshold(x, 0, 1)), ("leaky_relu", F.leaky_relu), ("elu", F.elu), ("selu", F.selu),
        ("celu", F.celu), ("hardsigmoid", F.hardsigmoid), ("hardswish", F.hardswish), ("hardshrink", F.hardshrink),
        ("softshrink", F.softshrink), ("softplus", F.softplus), ("softsign", F.softsign), ("gelu", F.gelu),
        ("tanhshrink", F.tanhshrink), ("silu", F.silu), ("mish", F.mish), ("logsigmoid", F.logsigmoid),
        ("rrelu", F.rrelu), ("softmax", lambda x: F.softmax(x, 1)), ("log_softmax", lambda x: F.log_softmax(x, 1)),
        ("dropout, not training", lambda x: F.dropout(x, 0.5, False)), ("dropout, p = 0", lambda x: F.dropout(x, 0.0)),
        ("alpha_dropout, not training", lambda x: F.alpha_dropout(x, 0.5)),
        ("dropout1d, not training", lambda x: F.dropout1d(x, 0.5, False)),
        ("feature_alpha_dropout, not training", lambda x: F.feature_alpha_dropout(x, 0.5)),
        ("cumsum", lambda x: ag.cumsum(x, 1)), ("cumprod", lambda x: ag.cumprod(x, 1)),
        ("cummax", lambda x: ag.cummax(x, 1)), ("logsumexp", lambda x: ag.logsumexp(x, 1)),
        ("pow 0", lambda x: x**False), ("glu", lambda x: F.glu(ag.cat([x, x], 1))),
    )  # fmt: skip
    two = (
        ("where", lambda x, y: ag.where(x == x, x, y)), ("addcmul", lambda x, y: ag.addcmul(x, y, y)),
        ("clamp, tensor", lambda x, y: ag.clamp(x, y)), ("add 0-d", lambda x, y: x + y[0, 0]),
        ("pow 0-d", lambda x, y: x ** y[0, 0]), ("cat", lambda x, y: ag.cat([x, y])),
    )  # fmt: skip
    number = (
        ("rpow", lambda x, v: v**x), ("rsub, number", lambda x, v: v - x), ("clamp", lambda x, v: x.clamp(0, v)),
        ("clamp_min", lambda x, v: x.clamp_min(v)), ("where, number", lambda x, v: ag.where(x == x, x, v)),
        ("addcmul, value", lambda x, v: ag.addcmul(x, x, x, value=v)), ("full_like", lambda x, v: ag.full_like(x, v)),
        ("addcmul, float value", lambda x, v: ag.addcmul(x, x, x, value=float(int(v)))),
        ("masked_fill", lambda x, v: x.masked_fill(x == x, v)), ("hardtanh, number", lambda x, v: F.hardtanh(x, 0, v)),
        ("hardtanh, float", lambda x, v: F.hardtanh(x, 0.0, float(int(v)))),
        ("threshold, number", lambda x, v: F.threshold(x, v, v)),
    )  # fmt: skip
    for several, tensors, follows in ((one, 1, False), (two, 2, False), (number, 1, True)):
        table |= {name: (f, tensors, follows) for name, f in several}
    return table


def code(f, *args):
    """The code of the result's dtype, - for an error."""
    try:
        out = f(*args)
    except Exception:
        return "-"
    name = str((out[0] if isinstance(out, tuple) else out).dtype).replace("torch.", "")
    return next(c for c, dtype in CODES.items() if dtype == name)


def row(f, tensors, follows, make):
    """One code for each dtype, or pair of dtypes, or dtype and number."""
    others = DTYPES if tensors == 2 else NUMBERS if follows else (None,)
    return "".join(
        code(f, make(d), *([] if o is None else [make(o) if tensors == 2 else o])) for d in DTYPES for o in others
    )


# Where ours is another dtype than PyTorch's, or an error, and why
DIFFERENT = {
    "addcmul, value": "1.5 of integers: PyTorch cuts it off to 1; ours is the float that it is",
    "hardtanh, number": "a bound of 1.5 for integers: PyTorch cuts it off to 1; ours raises",
    "threshold, number": "the same",
    "add 0-d": "PyTorch's complex32 does not exist here",
    "logaddexp": "not for complex numbers", "softsign": "not for complex numbers", "tanhshrink": "not for complex numbers",
    "silu": "not for complex numbers", "logsumexp": "not for complex numbers",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # NumPy's of 1 / 0 and the like
@pytest.mark.parametrize("name", EXPECTED)
def test_dtypes_are_pytorchs_wherever_pytorch_has_one(name):
    import autograd_core as ag
    import nn.functional as F

    values = ag.tensor([[1, 0, 1], [0, 1, 1]])
    ours = row(*calls(ag, F)[name], lambda d: values.to(np.dtype(CODES[d])))
    assert len(ours) == len(EXPECTED[name])
    different = [(i, a, b) for i, (a, b) in enumerate(zip(ours, EXPECTED[name], strict=True)) if a != b != "-"]
    assert bool(different) == (name in DIFFERENT), different
    if name in DIFFERENT:  # a few, which the reason explains
        assert all(a in "-fF" for _, a, _ in different) and len(different) <= 15


def test_values_of_integers():
    import autograd_core as ag
    import nn.functional as F

    assert len(EXPECTED) > 180
    x = ag.tensor([-9, -1, 0, 2, 9])
    assert F.relu(x).tolist() == [0, 0, 0, 2, 9] and F.relu6(x).tolist() == [0, 0, 0, 2, 6]
    assert F.hardtanh(x).tolist() == [-1, -1, 0, 1, 1] and F.threshold(x, 1, 7).tolist() == [7, 7, 7, 2, 9]
    assert F.hardtanh(ag.tensor([0, 3], dtype=ag.uint8)).tolist() == [0, 1]
    y = x.clone()
    assert F.relu(y, inplace=True) is y and y.tolist() == [0, 0, 0, 2, 9]
    y = x.clone()
    assert F.threshold(y, 1, 7, inplace=True) is y and y.tolist() == [7, 7, 7, 2, 9]
    assert ag.func.vmap(F.relu)(x).tolist() == [0, 0, 0, 2, 9]
    assert F.dropout(x, training=False) is x
    assert ag.addcmul(x, x, x, value=2.0).tolist() == (x + 2 * x * x).tolist()
    flags = ag.tensor([True, False])
    assert (flags**True).tolist() == [True, False] and (flags**False).tolist() == [True, True]
    for call in (lambda: F.hardtanh(x, 0, 1.5), lambda: F.threshold(x, 1.5, 0)):
        with pytest.raises(TypeError, match=r"=1.5 is a fraction and x holds int64; use x.float\(\)"):
            call()
    for f in (F.relu, lambda z: ag.logsumexp(z, 0)):
        with pytest.raises(TypeError, match="needs real numbers, got"):
            f(ag.tensor([1j, 2.0]))


if __name__ == "__main__":
    import torch

    values = torch.tensor([[1, 0, 1], [0, 1, 1]])
    rows = {
        name: row(*how, lambda d: values.to(getattr(torch, CODES[d])))
        for name, how in calls(torch, torch.nn.functional).items()
    }
    TABLE.write_text(json.dumps(rows, indent=1) + "\n")
