"""Edges of the elementwise functions: infinities, NaN, zero, ties, dtypes, what a `where` cuts off, errors."""

import math
import re

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.engine.primitive import apply
from autograd_core.interface import table

from .tables import all_rows

inf, nan = math.inf, math.nan
S = ag.special


def t(*values, dtype=np.float64, grad=False):
    return ag.tensor(list(values), dtype=dtype, requires_grad=grad)


def same(got, expected):
    np.testing.assert_array_equal(np.asarray(got), np.asarray(expected))


def derivative(f, x, order=1):
    """d^order f / dx^order, elementwise."""
    x = x.detach().requires_grad_()
    y = f(x)
    for i in range(order):
        (y,) = ag.grad(y.sum(), x, create_graph=i + 1 < order, materialize_grads=True)
    return y.numpy()


def gradients(f, *xs):
    xs = [x.detach().requires_grad_() for x in xs]
    return [g.tolist() for g in ag.grad(f(*xs).sum(), xs)]


# ------------------------------------------------------------------------------------------------------- where cuts off

SINGULAR = {  # name: (function, points at which its value or a slope is not finite, a good point)
    "log": (ag.log, [0.0, -1.0, -inf, nan], 2.0),
    "log2": (ag.log2, [0.0, -1.0], 2.0),
    "log10": (ag.log10, [0.0], 2.0),
    "log1p": (ag.log1p, [-1.0, -2.0], 2.0),
    "sqrt": (ag.sqrt, [0.0, -1.0, nan], 2.0),
    "rsqrt": (ag.rsqrt, [0.0, -1.0], 2.0),
    "reciprocal": (ag.reciprocal, [0.0, nan], 2.0),
    "one over": (lambda x: 1 / x, [0.0, nan], 2.0),
    "x over x": (lambda x: x / x, [0.0, inf], 2.0),
    "power": (lambda x: x**1.5, [0.0, -1.0, nan], 2.0),
    "negative power": (lambda x: x**-2, [0.0], 2.0),
    "tensor power": (lambda x: x**x, [0.0, -0.5, nan], 2.0),
    "x log x": (lambda x: x * ag.log(x), [0.0, -1.0], 2.0),
    "power times log": (lambda x: x**2.5 * ag.log(x), [0.0, -1.0], 2.0),
    "nested": (lambda x: ag.exp(ag.sqrt(ag.log(x) / x)), [0.0, 0.5, -1.0], 2.0),
    "exp": (ag.exp, [1000.0, inf], 2.0),
    "expm1": (ag.expm1, [1000.0, nan], 2.0),
    "tan": (lambda x: ag.tan(x) ** 2, [inf, nan], 2.0),
    "asin": (ag.asin, [1.0, -1.0, 2.0], 0.5),
    "acos": (ag.acos, [1.0, -1.0, 2.0], 0.5),
    "acosh": (ag.acosh, [1.0, 0.5], 2.0),
    "atanh": (ag.atanh, [1.0, 2.0], 0.5),
    "atan2": (lambda x: ag.atan2(x, x * 0), [0.0, nan], 2.0),
    "hypot": (lambda x: ag.hypot(x, 2 * x), [0.0, inf, nan], 2.0),
    "xlogy": (lambda x: ag.xlogy(x, x), [0.0, -1.0, nan], 2.0),
    "logaddexp": (lambda x: ag.logaddexp(x, 2 * x), [inf, -inf, nan], 2.0),
    "lgamma": (ag.lgamma, [0.0, -1.0], 2.0),
    "digamma": (ag.digamma, [0.0, -1.0], 2.0),
    "erfinv": (ag.erfinv, [1.0, -1.0, 2.0], 0.5),
    "logit": (ag.logit, [0.0, 1.0, 2.0], 0.3),
    "ndtri": (S.ndtri, [0.0, 1.0], 0.3),
    "entr": (S.entr, [0.0, -1.0], 2.0),
    "bessel_y0": (S.bessel_y0, [0.0, -1.0], 2.0),
    "zeta": (lambda x: S.zeta(2.0, x), [0.0, -1.0], 2.0),
    "lerp": (lambda x: ag.lerp(x, 1 / x, x), [0.0, inf], 2.0),
    "clamp": (lambda x: ag.clamp(1 / x, -x, x), [0.0], 2.0),
    "sum of a slice": (lambda x: ag.log(x.reshape(-1, 1)).reshape(-1), [0.0, -1.0], 2.0),
}


@pytest.mark.parametrize("name", SINGULAR)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_branch_not_chosen_never_poisons_the_gradient(name, order):
    f, bad, good = SINGULAR[name]
    x = t(good, *bad)
    chosen = ag.tensor([True] + [False] * len(bad))
    got = derivative(lambda x: ag.where(chosen, f(x), 3 * x), x, order)
    elsewhere = 3.0 if order == 1 else 0.0
    same(got[1:], [elsewhere] * len(bad))
    assert got[0] == pytest.approx(derivative(f, t(good), order)[0], rel=1e-12)
    assert np.isfinite(got[0])


@pytest.mark.parametrize("name", SINGULAR)
def test_nor_if_it_is_the_first_operand_of_a_product_or_shared(name):
    f, bad, good = SINGULAR[name]
    x = t(good, *bad)
    chosen = x.detach().eq(good)
    w = ag.tensor(1.5, dtype=np.float64, requires_grad=True)
    y = ag.where(~chosen, 0.0, f(x) * w)
    y.sum().backward()
    assert w.grad.item() == pytest.approx(f(t(good)).item(), rel=1e-12)


def test_missing_data_behind_a_where():
    x = t(1.0, nan, 3.0)
    w = t(2.0, 2.0, 2.0, grad=True)
    ag.where(x.isnan(), 0.0, w * x).sum().backward()
    same(w.grad, [1.0, 0.0, 3.0])


def test_float32_and_0d_stay_what_they_are():
    x = ag.tensor(0.0, requires_grad=True)
    (g,) = ag.grad(ag.where(x > 0, ag.log(x), 0.0), x)
    assert g.dtype == np.float32 and g.shape == () and g.item() == 0


def test_without_a_where_nothing_is_hidden():
    """0 times an infinite slope is NaN: a derivative that does not exist is not passed off as 0."""
    x = t(0.0, grad=True)
    assert math.isnan(ag.grad((ag.sqrt(x) * 0.0).sum(), x)[0].item())
    assert math.isnan(ag.grad((0.5 * ag.sqrt(x) ** 2).sum(), x)[0].item())


def test_a_finite_slope_whose_own_slope_is_infinite():
    """The first derivative has no trace of the `where` but zeros; the second must know of it all the same."""
    chosen = ag.tensor([True, False])
    for order, expected in ((1, 1.5 * 2**0.5), (2, 0.75 * 2**-0.5), (3, -0.375 * 2**-1.5)):
        got = derivative(lambda x: ag.where(chosen, x**1.5, 0.0), t(2.0, 0.0), order)
        np.testing.assert_allclose(got, [expected, 0], rtol=1e-14)
    x = t(2.0, 0.0, grad=True)
    ag.where(chosen, x**1.5, 0.0).sum().backward(create_graph=True)
    same(ag.grad(x.grad.sum(), x)[0], [0.75 * 2**-0.5, 0])


def test_a_slope_that_happens_to_be_0_is_differentiated_on():
    """What is 0 by its value, not because a `where` cut it off, keeps its own derivative."""
    always = ag.tensor([True, True])
    np.testing.assert_allclose(derivative(lambda x: ag.where(always, ag.sin(x) ** 2, 0.0), t(0.0, 1.0), 2),
                               [2, 2 * math.cos(2)])  # fmt: skip
    np.testing.assert_allclose(derivative(lambda x: ag.where(always, ag.exp(x * x), 0.0), t(0.0, 1.0), 4)[0], 12)


def test_the_chosen_branch_keeps_its_infinite_slope():
    x = t(0.0, 4.0)
    same(derivative(lambda x: ag.where(x >= 0, ag.sqrt(x), 0.0), x), [inf, 0.25])


def test_where_of_indices_and_as_a_method():
    rows, columns = ag.where(ag.tensor([[True, False], [False, True]]))
    same(rows, [0, 1])
    same(columns, [0, 1])
    same(t(1.0, 2.0).where(ag.tensor([True, False]), 9.0), [1.0, 9.0])


# --------------------------------------------------------------------------------------------------------------- dtypes

NAMES = ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]
PROMOTED = {  # PyTorch's table, row and column in the order of NAMES
    "bool": "bool uint8 int32 int64 float16 float32 float64",
    "uint8": "uint8 uint8 int32 int64 float16 float32 float64",
    "int32": "int32 int32 int32 int64 float16 float32 float64",
    "int64": "int64 int64 int64 int64 float16 float32 float64",
    "float16": "float16 float16 float16 float16 float16 float32 float64",
    "float32": "float32 float32 float32 float32 float32 float32 float64",
    "float64": "float64 float64 float64 float64 float64 float64 float64",
}
CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}


def of(name, shape):
    return ag.tensor(np.ones(shape), dtype=name)


def ranked(wide, narrow):
    """The dtype of a tensor with dimensions (`wide`) beside something weaker: its own, or one of a higher kind."""
    if CATEGORY[np.dtype(narrow).kind] > CATEGORY[np.dtype(wide).kind]:
        return narrow
    return wide


KEEPING = [ag.add, ag.mul, ag.maximum, ag.fmax, lambda x, y: ag.add(x, y, alpha=2), lambda x, y: x + y,
           lambda x, y: ag.where(ag.tensor(True), x, y), lambda x, y: ag.addcmul(x, y, y), ag.clamp_min]  # fmt: skip
FLOATING = [ag.div, ag.atan2, ag.hypot, ag.copysign, ag.xlogy, ag.logaddexp, ag.nextafter, ag.ldexp, S.xlog1py,
            S.gammainc, lambda x, y: x / y]  # fmt: skip
LOGICAL = [ag.eq, ag.lt, ag.logical_and, ag.isclose, lambda x, y: x >= y]


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("b", NAMES)
def test_result_dtypes_of_two_tensors(a, b):
    for sa, sb in [((2,), (2,)), ((2,), ()), ((), (2,)), ((), ())]:
        if len(sa) == len(sb):
            expected = PROMOTED[a].split()[NAMES.index(b)]
        else:
            expected = ranked(a, b) if sa else ranked(b, a)
        as_float = expected if np.dtype(expected).kind == "f" else "float32"
        x, y = of(a, sa), of(b, sb)
        for f in KEEPING:
            assert f(x, y).dtype == expected, f
        for f in FLOATING:
            assert f(x, y).dtype == as_float, f
        for f in LOGICAL:
            assert f(x, y).dtype == bool, f
        if "bool" not in (a, b):
            for f in (ag.sub, ag.floor_divide, ag.remainder, ag.fmod, ag.pow, ag.rsub):
                assert f(x, y).dtype == expected, f
        assert ag.float_power(x, y).dtype == np.float64


@pytest.mark.parametrize("a", NAMES)
@pytest.mark.parametrize("number", [True, 2, 2.5])
@pytest.mark.parametrize("shape", [(2,), ()])
def test_result_dtypes_with_a_number(a, number, shape):
    kind = {bool: "bool", int: "int64", float: "float32"}[type(number)]
    expected, x = ranked(a, kind), of(a, shape)
    as_float = expected if np.dtype(expected).kind == "f" else "float32"
    for f in KEEPING[:-2]:
        assert f(x, number).dtype == expected, f
        assert f(number, x).dtype == expected, f
    for f in FLOATING:
        assert f(x, number).dtype == as_float, f
        assert f(number, x).dtype == as_float, f
    for f in LOGICAL:
        assert f(x, number).dtype == bool
    if a != "bool" and number is not True:
        assert (x // number).dtype == (number % x).dtype == (x**number).dtype == expected


@pytest.mark.parametrize("name", NAMES[1:4])
def test_integers_of_one_operand(name):
    x = ag.tensor([3, 1], dtype=name)
    for f in (ag.neg, ag.abs, ag.sign, ag.square, ag.floor, ag.ceil, ag.round, ag.trunc, ag.nan_to_num, ag.positive):
        assert f(x).dtype == name, f
    for f in (ag.exp, ag.sqrt, ag.sin, ag.asin, ag.sinc, ag.deg2rad, ag.erf, ag.lgamma, ag.i0, ag.logit, ag.reciprocal):
        assert f(x).dtype == np.float32, f


@pytest.mark.parametrize("f", [ag.erf, ag.lgamma, ag.digamma, ag.i0, S.i1e, S.bessel_j0, S.ndtri, S.airy_ai, ag.sinc])
def test_half_precision_stays_half(f):
    x = t(0.25, 0.5, dtype=np.float16, grad=True)
    y = f(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float16
    np.testing.assert_allclose(y.numpy(), f(t(0.25, 0.5)).numpy(), rtol=2e-3)


def test_numbers_outside_an_integer_dtype_wrap_around_and_compare_right():
    x = ag.tensor([1, 200], dtype=np.uint8)
    same(x + 300, [45, 244])
    same(x - 1, [0, 199])
    same(x * -1, [255, 56])
    same(x < 300, [True, True])
    same(x > -1, [True, True])
    same(x.clamp(-5, 300), [1, 200])
    assert (x + 300).dtype == np.uint8


def test_booleans():
    b = ag.tensor([True, False])
    same(b.square(), [1, 0])
    assert b.square().dtype == (b**2).dtype == np.int64
    same(b.sign(), [True, False])
    same(b + b, [True, False])
    same(ag.add(b, b, alpha=2), [True, False])
    assert ag.add(b, b, alpha=2).dtype == bool


# ------------------------------------------------------------------------------------------------------ values at edges

EDGES = [  # (function, arguments, expected)
    (ag.sign, [[nan, -inf, -0.0, 3.0]], [0, -1, 0, 1]),
    (ag.maximum, [[nan, 1.0, inf], [1.0, nan, -inf]], [nan, nan, inf]),
    (ag.minimum, [[nan, 1.0, inf], [1.0, nan, -inf]], [nan, nan, -inf]),
    (ag.fmax, [[nan, 1.0, nan], [1.0, nan, nan]], [1, 1, nan]),
    (ag.fmin, [[nan, 1.0, nan], [1.0, nan, nan]], [1, 1, nan]),
    (ag.floor_divide, [[1.0, -1.0, 0.0, -5.0, inf], [0.0, 0.0, 0.0, inf, 2.0]], [inf, -inf, nan, -1, nan]),
    (ag.remainder, [[5.0, -5.0, 5.0, -5.0, inf, 5.0], [3.0, 3.0, -3.0, -3.0, 3.0, inf]], [2, 1, -1, -2, nan, 5]),
    (ag.fmod, [[5.0, -5.0, 5.0, -5.0, inf, 5.0], [3.0, 3.0, -3.0, -3.0, 3.0, inf]], [2, -2, 2, -2, nan, 5]),
    (lambda x, y: ag.div(x, y, rounding_mode="trunc"), [[-5.0, 5.0, 1.0], [2.0, -2.0, 0.0]], [-2, -2, inf]),
    (ag.pow, [[0.0, 0.0, nan, 1.0, -8.0], [0.0, -1.0, 0.0, nan, 0.5]], [1, inf, 1, 1, nan]),
    (ag.xlogy, [[0.0, 0.0, 0.0, 0.0, 2.0], [0.0, -1.0, inf, nan, 0.0]], [0, 0, 0, nan, -inf]),
    (S.xlog1py, [[0.0, 0.0, 0.0, 2.0], [-1.0, -2.0, nan, -1.0]], [0, 0, nan, -inf]),
    (ag.logaddexp, [[inf, -inf, inf, -inf, 1000.0], [inf, -inf, -inf, 0.0, 1000.0]],
     [inf, -inf, inf, 0, 1000 + math.log(2)]),
    (ag.hypot, [[3e200, inf, nan], [4e200, nan, 1.0]], [5e200, inf, nan]),
    (ag.atan2, [[0.0, -0.0, 1.0, -1.0], [-1.0, -1.0, 0.0, -inf]], [math.pi, -math.pi, math.pi / 2, -math.pi]),
    (ag.round, [[0.5, 1.5, 2.5, -0.5, inf, nan]], [0, 2, 2, -0.0, inf, nan]),
    (lambda x: ag.round(x, decimals=-2), [[1250.0, 1350.0, -49.0]], [1200, 1400, -0.0]),
    (ag.trunc, [[-1.7, 1.7, -0.2]], [-1, 1, -0.0]),
    (ag.frac, [[-1.75, 1.75, inf]], [-0.75, 0.75, nan]),
    (lambda x: ag.clamp(x, 1.0, 2.0), [[0.0, 1.5, 3.0, nan, -inf]], [1, 1.5, 2, nan, 1]),
    (lambda x: ag.clamp(x, 2.0, 1.0), [[0.0, 3.0]], [1, 1]),
    (lambda x, low: ag.clamp(x, low), [[0.0, 3.0], [nan, 1.0]], [nan, 3]),
    (ag.nan_to_num, [[nan, inf, -inf, 1.0]], [0, np.finfo(float).max, np.finfo(float).min, 1]),
    (lambda x: ag.nan_to_num(x, 1, 2, 3), [[nan, inf, -inf, 7.0]], [1, 2, 3, 7]),
    (ag.copysign, [[1.0, 1.0, 0.0], [-0.0, 0.0, -2.0]], [-1, 1, -0.0]),
    (ag.heaviside, [[-1.0, 0.0, 2.0, nan], [0.5, 0.5, 0.5, 0.5]], [0, 0.5, 1, 0]),
    (ag.nextafter, [[1.0, 1.0, 0.0], [2.0, 1.0, -1.0]], [1 + 2**-52, 1, -5e-324]),
    (ag.ldexp, [[0.75, -3.0], [4.0, -1.0]], [12, -1.5]),
    (lambda x: ag.frexp(x)[0], [[0.0, 8.0, -0.3]], [0, 0.5, -0.6]),
    (lambda x: ag.frexp(x)[1], [[0.0, 8.0, -0.3]], [0, 4, -1]),
    (lambda x, y: ag.lerp(x, y, 1.0), [[0.1, 1e30], [0.3, 1.0]], [0.3, 1]),
    (ag.isclose, [[1.0, inf, nan, 1.0, inf], [1.0 + 5e-6, inf, nan, 1.1, -inf]], [True, True, False, False, False]),
    (lambda x, y: ag.isclose(x, y, equal_nan=True), [[nan, nan], [nan, 1.0]], [True, False]),
    (ag.signbit, [[-0.0, 0.0, -inf, 1.0]], [True, False, True, False]),
    (ag.isposinf, [[inf, -inf, nan, 0.0]], [True, False, False, False]),
    (ag.isneginf, [[inf, -inf, nan, 0.0]], [False, True, False, False]),
    (ag.logical_and, [[nan, 0.0, 2.0], [1.0, 1.0, 0.0]], [True, False, False]),
    (ag.sinc, [[0.0, 0.5]], [1, 2 / math.pi]),
    (ag.lgamma, [[0.0, -1.0, 1.0, 2.0, inf]], [inf, inf, 0, 0, inf]),
    (ag.digamma, [[0.0, -0.0, -1.0, inf]], [-inf, inf, nan, inf]),
    (ag.erfinv, [[-1.0, 0.0, 1.0, 1.5]], [-inf, 0, inf, nan]),
    (ag.logit, [[0.0, 0.5, 1.0, 2.0]], [-inf, 0, inf, nan]),
    (lambda x: ag.logit(x, 0.25), [[0.0, 0.5, 2.0]], [-math.log(3), 0, math.log(3)]),
    (S.entr, [[0.0, 0.5, -1.0, nan]], [0, 0.5 * math.log(2), -inf, nan]),
    (S.ndtri, [[0.0, 0.5, 1.0]], [-inf, 0, inf]),
    (S.log_ndtr, [[-inf, inf, -1e10]], [-inf, -0.0, -5e19]),
    (S.i0e, [[inf, -inf, 0.0]], [0, 0, 1]),
    (S.spherical_bessel_j0, [[0.0, inf, -inf, nan]], [1, 0, 0, nan]),
    (S.gammainc, [[1.0, 2.0], [0.0, inf]], [0, 1]),
    (S.gammaincc, [[1.0, 2.0], [0.0, inf]], [1, 0]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "arguments", "expected"), EDGES)
def test_values_at_edges(f, arguments, expected):
    got = f(*[t(*a) for a in arguments]).numpy()
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=0)
    if got.dtype.kind == "f":
        np.testing.assert_array_equal(np.signbit(got) & (got == 0), np.signbit(expected) & (np.asarray(expected) == 0))
    assert f(*[t() for _ in arguments]).shape == (0,)


def test_integers():
    x, y = ag.tensor([7, -7, 7, -7]), ag.tensor([2, 2, -2, -2])
    same(x // y, [3, -4, -4, 3])
    same(x % y, [1, 1, -1, -1])
    same(ag.fmod(x, y), [1, -1, 1, -1])
    same(ag.div(x, y, rounding_mode="trunc"), [3, -3, -3, 3])
    same(divmod(x, 2)[0], [3, -4, 3, -4])
    same(divmod(9, ag.tensor([2, 4]))[1], [1, 1])
    same(17 // ag.tensor([5, -5]), [3, -4])
    same(17 % ag.tensor([5, -5]), [2, -3])
    large = ag.tensor([2**62 + 1])
    same(ag.div(large, 2, rounding_mode="trunc"), [2**61])
    same(ag.tensor([2, 1, -1, -1]) ** ag.tensor([-1, -2, -1, -2]), [0, 1, -1, 1])
    same(2 ** ag.tensor([3, 0]), [8, 1])
    same(x << 1, [14, -14, 14, -14])
    same(x >> 1, [3, -4, 3, -4])
    same(2 << ag.tensor([1, 2]), [4, 8])
    same(x << 70, [0, 0, 0, 0])
    same(x >> 70, [0, -1, 0, -1])
    same(ag.gcd(ag.tensor([12, 0, -4]), 6), [6, 6, 2])
    same(ag.lcm(ag.tensor([4, 0]), 6), [12, 0])
    same(ag.isposinf(x), [False] * 4)
    same(~ag.tensor([True, False]), [False, True])


def test_equal_and_allclose_are_python_booleans():
    assert ag.equal(t(1.0, 2.0), t(1.0, 2.0)) is True
    assert ag.equal(ag.tensor([1, 2]), t(1.0, 2.0)) is True
    assert ag.equal(t(1.0), t(1.0, 1.0)) is False
    assert ag.equal(t(nan), t(nan)) is False
    assert ag.allclose(t(1.0, nan), t(1.0 + 1e-9, nan), equal_nan=True) is True
    assert t(1.0).allclose(t(1.1)) is False
    assert ag.allclose(t(1.0), t(1.05), rtol=0, atol=0.1) is True


# --------------------------------------------------------------------------------------------------- gradients at edges

SLOPES = [  # (function, arguments, the gradient of each)
    (lambda x: ag.clamp(x, 1.0, 2.0), [[0.0, 1.0, 1.5, 2.0, 3.0, nan]], [[0, 1, 1, 1, 0, 0]]),
    (ag.clamp, [[0.0, 1.0, 3.0, 1.5], [1.0, 1.0, 1.0, 2.0], [2.0, 2.0, 2.0, 1.0]],
     [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 1]]),
    (ag.clamp_max, [[0.0, 1.0, 3.0], [1.0, 1.0, 1.0]], [[1, 1, 0], [0, 0, 1]]),
    (ag.maximum, [[1.0, 2.0, 1.0, nan], [1.0, 1.0, 2.0, 1.0]], [[0.5, 1, 0, 1], [0.5, 0, 1, 1]]),
    (ag.minimum, [[1.0, 2.0, 1.0], [1.0, 1.0, 2.0]], [[0.5, 0, 1], [0.5, 1, 0]]),
    (ag.fmax, [[1.0, nan, 1.0, nan], [1.0, 1.0, nan, nan]], [[1, 0, 1, 1], [0, 1, 0, 0]]),
    (ag.fmin, [[1.0, nan, 1.0, 2.0], [1.0, 1.0, nan, 1.0]], [[1, 0, 1, 0], [0, 1, 0, 1]]),
    (ag.abs, [[-2.0, 0.0, 2.0, nan]], [[-1, 0, 1, 0]]),
    (ag.pow, [[0.0, 0.0, 0.0, 2.0], [2.0, 1.0, 0.0, 0.0]], [[0, 1, 0, 0], [0, 0, 0, math.log(2)]]),
    (lambda x: x**0, [[0.0, 3.0]], [[0, 0]]),
    (ag.xlogy, [[0.0, 0.0, 2.0], [0.0, 1.0, 4.0]], [[0, 0, math.log(4)], [nan, 0, 0.5]]),
    (ag.atan2, [[0.0, 1.0], [0.0, 0.0]], [[0, 0], [0, -1]]),
    (ag.hypot, [[3.0, 0.0], [4.0, 0.0]], [[0.6, nan], [0.8, nan]]),
    (ag.copysign, [[2.0, -2.0, 0.0], [-1.0, -1.0, 1.0]], [[-1, 1, 0], [0, 0, 0]]),
    (ag.heaviside, [[-1.0, 0.0, 1.0], [5.0, 5.0, 5.0]], [[0, 0, 0], [0, 1, 0]]),
    (ag.floor_divide, [[5.0], [2.0]], [[0], [0]]),
    (ag.remainder, [[5.0, -5.0], [3.0, 3.0]], [[1, 1], [-1, 2]]),
    (ag.fmod, [[5.0, -5.0], [3.0, 3.0]], [[1, 1], [-1, 1]]),
    (ag.nan_to_num, [[nan, inf, -inf, 1.0]], [[0, 0, 0, 1]]),
    (ag.frac, [[1.5]], [[1]]),
    (ag.sinc, [[0.0, 1.0]], [[0, -1]]),
    (ag.logaddexp, [[inf, 0.0, -inf], [0.0, 0.0, 0.0]], [[1, 0.5, 0], [0, 0.5, 1]]),
    (ag.frexp, [[8.0]], [[1 / 16]]),
    (S.log_ndtr, [[-1e8, 0.0, inf]], [[1e8, 2 / math.sqrt(2 * math.pi), 0]]),
    (lambda x: ag.logit(x, 0.2), [[0.1, 0.2, 0.5]], [[0, 6.25, 4]]),
    (ag.logit, [[-1.0, 2.0]], [[nan, nan]]),
    (lambda x: S.gammainc(t(1.0, 2.0, 3.0), x), [[0.0, 0.0, 0.0]], [[1, 0, 0]]),
    (lambda x: S.gammainc(200.0, x), [[200.0]], [[math.exp(199 * math.log(200) - 200 - math.lgamma(200))]]),
    (lambda x: S.gammainc(2.0, x), [[-1.0]], [[nan]]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "arguments", "expected"), SLOPES)
def test_gradients_at_edges(f, arguments, expected):
    def first(*xs):
        y = f(*xs)
        return y[0] if isinstance(y, tuple) else y

    np.testing.assert_allclose(gradients(first, *[t(*a) for a in arguments]), expected, rtol=1e-12, atol=1e-15)


HIGHER = [  # (function, point, derivatives of orders 1, 2, 3, 4)
    (ag.sinc, 0.0, [0, -(math.pi**2) / 3, 0, math.pi**4 / 5]),
    (S.i0, 0.0, [0, 1 / 2, 0, 3 / 8]),
    (S.i1, 0.0, [1 / 2, 0, 3 / 8, 0]),
    (S.bessel_j0, 0.0, [0, -1 / 2, 0, 3 / 8]),
    (S.spherical_bessel_j0, 0.0, [0, -1 / 3, 0, 1 / 5]),
    (ag.erf, 0.0, [2 / math.sqrt(math.pi), 0, -4 / math.sqrt(math.pi), 0]),
    (ag.exp2, 0.0, [math.log(2) ** k for k in (1, 2, 3, 4)]),
    (ag.tan, 0.0, [1, 0, 2, 0]),
    (ag.atan, 0.0, [1, 0, -2, 0]),
    (ag.asin, 0.0, [1, 0, 1, 0]),
    (lambda x: S.gammainc(2.0, x), 0.0, [0, 1, -2, 3]),
    (ag.lgamma, 1.0, [-0.5772156649015329, math.pi**2 / 6, -2 * 1.2020569031595943, math.pi**4 / 15]),
    (lambda x: S.zeta(2.0, x), 1.0,
     [-2 * 1.2020569031595943, 6 * math.pi**4 / 90, -24 * 1.0369277551433699, 120 * math.pi**6 / 945]),
]  # fmt: skip


@pytest.mark.parametrize(("f", "point", "expected"), HIGHER)
def test_derivatives_to_the_fourth_order(f, point, expected):
    got = [float(derivative(f, ag.tensor(point, dtype=np.float64), k)) for k in (1, 2, 3, 4)]
    np.testing.assert_allclose(got, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6])
def test_sinc_derivatives_meet_where_series_and_recursion_do(order):
    """d^n sinc(x) = πⁿ ∫₀¹ sⁿ cos(πxs + nπ/2) ds, on both sides of |πx| = n + 1."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    s, w = (nodes + 1) / 2, weights / 2
    edge = (order + 1) / math.pi
    x = t(0.3, edge * 0.999, edge * 1.001, -edge * 1.001, 3.7)
    expected = [
        math.pi**order * np.sum(w * s**order * np.cos(math.pi * v * s + order * math.pi / 2)) for v in x.tolist()
    ]
    np.testing.assert_allclose(derivative(ag.sinc, x, order), expected, rtol=1e-11, atol=1e-10)


# ---------------------------------------------------------------------------------------------------- in place, aliases

ONE = [
    "neg", "negative", "square", "abs", "absolute", "sign", "sgn", "exp", "exp2", "expm1", "log", "log1p", "log2",
    "log10", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "tan", "asin", "arcsin", "acos", "arccos", "atan",
    "arctan", "sinh", "cosh", "tanh", "asinh", "arcsinh", "atanh", "arctanh", "sinc", "deg2rad", "rad2deg",
    "floor", "ceil", "round", "trunc", "fix", "frac", "nan_to_num", "logical_not", "erf", "erfc", "erfinv",
    "lgamma", "digamma", "i0", "logit", "acosh", "arccosh", "mvlgamma", "relu", "sigmoid", "conj_physical",
]  # fmt: skip
TWO = [
    "add", "subtract", "sub", "multiply", "mul", "divide", "true_divide", "div", "floor_divide", "remainder",
    "fmod", "pow", "float_power", "xlogy", "atan2", "arctan2", "hypot", "copysign", "heaviside", "nextafter",
    "ldexp", "clamp_min", "clamp_max", "eq", "ne", "not_equal", "lt", "less", "le", "less_equal", "gt", "greater",
    "ge", "greater_equal", "logical_and", "logical_or", "logical_xor", "igamma", "igammac",
]  # fmt: skip
THREE = ["lerp", "addcmul", "addcdiv", "clamp", "clip"]
INTEGER = [
    "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not", "bitwise_left_shift", "bitwise_right_shift", "gcd",
    "lcm",
]  # fmt: skip


def test_nothing_in_place_is_left_out():
    families = [family for family in table.FAMILIES if ".elementwise." in family.__name__]
    elementwise = {name for family in families for name in re.findall(r"\bx\.(\w+)_\s", family.NAMES)}
    assert len(elementwise) > 100
    with_a_row = {row.name for row in all_rows()}  # test_operations.py takes those
    assert elementwise <= {*ONE, *TWO, *THREE, *INTEGER} | with_a_row


@pytest.mark.parametrize("name", ONE + TWO + THREE + INTEGER)
def test_in_place_equals_out_of_place(name):
    values = [0.3, 0.8, 0.55]
    count = 2 if name in TWO else 3 if name in THREE else 1
    if name in INTEGER:
        x, others = ag.tensor([5, 3, 8]), [ag.tensor([1, 2, 3])] * (name != "bitwise_not")
    else:
        x = t(*values, dtype=np.float32 if name == "logit" else np.float64)
        others = [t(0.7, 0.2, 0.9), t(0.8, 0.6, 1.5)][: count - 1]
    if name in ("mvlgamma", "acosh", "arccosh"):
        x, others = x + 3, [2] if name == "mvlgamma" else []
    expected = getattr(ag, name)(x, *others)
    y = x.clone()
    assert getattr(y, f"{name}_")(*others) is y
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y.numpy(), expected.numpy().astype(y.dtype))
    if name in INTEGER or expected.dtype == bool or name in ("igamma", "igammac"):
        return
    leaf = x.detach().requires_grad_()
    (expected,) = ag.grad(getattr(ag, name)(leaf, *others).sum(), leaf)
    (got,) = ag.grad(getattr(leaf.clone(), f"{name}_")(*others).sum(), leaf)
    np.testing.assert_array_equal(got.numpy(), expected.numpy())


def test_in_place_options_and_operators():
    x = t(1.0, 2.0)
    same(x.clone().add_(t(1.0, 1.0), alpha=3), [4, 5])
    same(x.clone().sub_(1, alpha=2), [-1, 0])
    same(x.clone().div_(0.8, rounding_mode="floor"), [1, 2])
    same(x.clone().clamp_(max=1.5), [1, 1.5])
    same((x / 3).round_(decimals=1), [0.3, 0.7])
    same(t(nan).nan_to_num_(nan=2.0), [2])
    same(x.clone().polygamma_(1), ag.polygamma(1, x))
    y = x.clone()
    y //= 2
    same(y, [0, 1])
    y = ag.tensor([5, 6])
    y %= 4
    y <<= 2
    y >>= 1
    y ^= 1
    same(y, [3, 5])


ALIASES = {
    "absolute": "abs", "negative": "neg", "subtract": "sub", "multiply": "mul", "divide": "div", "fix": "trunc",
    "clip": "clamp", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh",
    "arccosh": "acosh", "arctanh": "atanh", "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le",
    "not_equal": "ne",
}  # fmt: skip


@pytest.mark.parametrize("alias", ALIASES)
def test_aliases(alias):
    assert getattr(ag, alias) is getattr(ag, ALIASES[alias])
    assert getattr(ag.Tensor, alias) is getattr(ag.Tensor, ALIASES[alias])


def test_arguments_have_pytorchs_names():
    x, y = t(2.0), t(3.0)
    same(ag.mul(input=x, other=y), [6])
    same(x.add(other=y, alpha=2), [8])
    same(ag.exp(input=t(0.0)), [1])
    same(ag.pow(input=x, exponent=y), [8])
    same(ag.where(condition=x > 1, input=x, other=y), [2])
    same(ag.clamp(input=y, min=0, max=1), [1])
    same(ag.lerp(input=x, end=y, weight=0.5), [2.5])
    same(ag.addcmul(input=x, tensor1=y, tensor2=y, value=2), [20])
    same(S.chebyshev_polynomial_t(input=x, n=2), [7])


def test_special_has_what_its_list_says():
    for name in S.__all__:
        assert callable(getattr(S, name)), name
    assert S.psi is ag.digamma and S.gammaln is ag.lgamma and S.gammainc is ag.igamma


def test_polygamma_by_orders():
    x = t(0.5, 2.5)
    same(x.polygamma(0), ag.digamma(x))
    np.testing.assert_allclose(ag.polygamma(1, x).numpy(), derivative(ag.digamma, x), rtol=1e-13)


# --------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: ag.add(ag.tensor([1]), ag.tensor([2]), alpha=0.5), TypeError,
         "add: alpha=0.5 is a float but the operands hold"),
        (lambda: ag.tensor([1]).sub_(2, alpha=0.5), TypeError, "sub: alpha=0.5 is a float"),
        (lambda: ag.add(t(1.0, 2.0), t(1.0, 2.0, 3.0)), ValueError, r"add: shapes \(2,\) and \(3,\) do not broadcast"),
        (lambda: ag.hypot(ag.ones(2), t(1.0, 2.0, 3.0)), ValueError,
         r"hypot: shapes \(2,\) and \(3,\) do not broadcast"),
        (lambda: ag.add(t(1.0), "one"), TypeError, "add: needs tensors, arrays or numbers, got str; make it a tensor"),
        (lambda: ag.positive(ag.tensor([True])), TypeError, "positive: booleans have no sign"),
        (lambda: ag.tensor([1]) // 0, ZeroDivisionError,
         r"floor_divide: an integer \(int64\) is divided by 0; x.float\(\)"),
        (lambda: ag.tensor([1]) % ag.tensor([0]), ZeroDivisionError, "remainder: an integer"),
        (lambda: ag.fmod(ag.tensor([1]), 0), ZeroDivisionError, "fmod: an integer"),
        (lambda: ag.div(ag.tensor([1]), 0, rounding_mode="trunc"), ZeroDivisionError, "trunc_divide: an integer"),
        (lambda: ag.tensor([True]) // ag.tensor([True]), TypeError, "floor_divide: booleans cannot be divided"),
        (lambda: ag.div(t(1.0), 2, rounding_mode="up"), ValueError,
         "rounding_mode must be None, 'floor' or 'trunc', got 'up'"),
        (lambda: ag.tensor([2]) ** -1, ValueError,
         r"pow: an integer tensor \(int64\) has no negative integer power -1"),
        (lambda: ag.round(t(1.0), decimals=1.5), TypeError, "round: decimals must be an int, got float 1.5"),
        (lambda: ag.round(ag.tensor([True])), TypeError, "round: booleans cannot be rounded"),
        (lambda: ag.clamp(t(1.0)), ValueError, "clamp: needs min or max, got None for both"),
        (lambda: ag.frexp(ag.tensor([1])), TypeError,
         "frexp: needs a floating tensor, got int64; convert it with x.float"),
        (lambda: ag.isclose(t(1.0), 1.0, rtol=-1), ValueError,
         "isclose: rtol and atol must not be negative, got rtol=-1"),
        (lambda: t(1.0) & t(1.0), TypeError, "bitwise_and: needs integers or booleans, got float64; convert it"),
        (lambda: ~t(1.0), TypeError, "bitwise_not: needs integers or booleans, got float64"),
        (lambda: t(1.0) << 1, TypeError, "bitwise_left_shift: needs integers or booleans, got float64"),
        (lambda: ag.gcd(t(1.0), 2), TypeError, "gcd: needs integers, got float64"),
        (lambda: ag.polygamma(-1, t(1.0)), ValueError, "polygamma: n must be an integer of at least 0, got int -1"),
        (lambda: t(1.0).polygamma(1.5), ValueError, "polygamma: n must be an integer of at least 0, got float 1.5"),
        (lambda: ag.mvlgamma(t(1.0), 0), ValueError, "mvlgamma: p must be an integer of at least 1, got int 0"),
        (lambda: S.hermite_polynomial_h(t(1.0), 1.5), TypeError, "_h: the degree n must be an int, got float 1.5"),
        (lambda: ag.where(t(1.0), 1.0, 2.0), TypeError, "where: the condition must be boolean, got float64"),
        (lambda: ag.tensor([1]).add_(1.5), RuntimeError,
         "the result is float32 and cannot be stored in a tensor of int64"),
    ],
)  # fmt: skip
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda a: S.gammainc(a, t(1.0, 2.0)), "gammainc: there is no derivative with respect to its first argument a"),
        (lambda a: S.gammaincc(a, 2.0), "gammaincc: there is no derivative with respect to its first argument a"),
        (lambda a: S.zeta(a, 2.0), r"zeta: there is no derivative .* a gradient of shape \(2,\) was asked for"),
    ],
)
def test_a_function_without_a_derivative_says_so(f, message):
    a = t(2.0, 3.0, grad=True)
    y = f(a).sum()
    with pytest.raises(NotImplementedError, match=message):
        y.backward()
    f(a.detach())


def test_comparisons_record_nothing():
    x = t(1.0, 2.0, grad=True)
    for y in (x > 1, x.isnan(), x.logical_not(), ag.isclose(x, 1.0), x.signbit()):
        assert not y.requires_grad and y.dtype == bool


# ------------------------------------------------------------------------------------- the hot path, written out twice

WRITTEN_OUT = {name: f for name, f in table.FUNCTIONS.items() if hasattr(f, "primitive") and f.primitive.differentiable}


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_unary_and_binary_record_what_apply_records(name):
    function, p = WRITTEN_OUT[name], WRITTEN_OUT[name].primitive
    x = t(0.25, 0.5, grad=True)
    operands = (
        [(x,)] if len(p.vjps) == 1 else [(x, t(0.75, 0.5)), (x, t(0.75, 0.5, grad=True)), (t(0.75, 0.5), x), (x, 0.75)]
    )
    for xs in operands:
        ours, theirs = function(*xs), apply(p, xs)
        same(ours.array, theirs.array)
        assert ours.node.primitive is theirs.node.primitive
        assert ours.node.parents == theirs.node.parents
        assert ours.node.shape == theirs.node.shape
        assert len(ours.node.saved) == len(theirs.node.saved)
        for a, b in zip(ours.node.saved, theirs.node.saved):
            assert type(a) is type(b)
            same(a, b) if a is not None else None
        with ag.no_grad():
            assert function(*xs).node is None


def test_the_written_out_functions_are_found():
    assert len(WRITTEN_OUT) > 60
