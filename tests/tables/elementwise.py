"""Arithmetic, trigonometry, rounding, bounds, logic: what `basic.py` does not have already."""

import math

import numpy as np

import autograd_core as ag

from . import Row, bools, ints, positive, real


def e(name, ref, *inputs, f=None, **options):
    """A row of an elementwise operation of that name."""
    return Row(name, f or getattr(ag, name), ref, inputs or (real(3, 4),), elementwise=True, **options)


def inside(*shape):
    return real(*shape, low=-0.9, high=0.9)


def apart(*shape):
    """Away from the whole numbers, where rounding jumps."""
    return real(*shape, away=(-2, -1, 0, 1, 2))


def halves(*shape):
    return real(*shape, away=(-1.5, -0.5, 0.5, 1.5))


def divisor(*shape):
    return real(*shape, low=3.1, high=3.9)  # larger than any dividend: the quotient does not jump


def rounded(mode):
    return lambda x, y: ag.div(x, y, rounding_mode=mode)


ROWS = [
    e("add_alpha", lambda x, y: x + 2.5 * y, real(3, 4), real(3, 4), f=lambda x, y: ag.add(x, y, alpha=2.5)),
    e("sub_alpha", lambda x, y: x - 3 * y, real(3, 4), real(3, 4), f=lambda x, y: x.sub(y, alpha=3)),
    e("rsub", lambda x, y: y - x, real(3, 4), real(3, 4)),
    e("rsub_alpha", lambda x, y: y - 2 * x, real(3, 4), real(3, 4), f=lambda x, y: ag.rsub(x, y, alpha=2)),
    e("positive", lambda x: x),
    e("div_floor", lambda x, y: np.floor(x / y), apart(3, 4), divisor(3, 4), f=rounded("floor")),
    e("div_trunc", lambda x, y: np.trunc(x / y), apart(3, 4), divisor(3, 4), f=rounded("trunc")),
    e("floor_divide", np.floor_divide, apart(3, 4), divisor(3, 4)),
    e("floor_divide_ints", np.floor_divide, ints(3, 4, low=-9, high=9), ints(3, 4, low=1), f=ag.floor_divide, orders=0),
    e("remainder", np.remainder, apart(3, 4), divisor(3, 4)),
    e("remainder_by_x", lambda x: np.remainder(7.0, x), divisor(3, 4), f=lambda x: 7.0 % x),
    e("remainder_negative", lambda x: np.remainder(-7.0, x), real(3, 4, low=3.6, high=6.9), f=lambda x: -7.0 % x),
    e("remainder_ints", np.remainder, ints(3, 4, low=-9, high=9), ints(3, 4, low=1), f=ag.remainder, orders=0),
    e("fmod", np.fmod, apart(3, 4), divisor(3, 4)),
    e("fmod_by_x", lambda x: np.fmod(-7.0, x), divisor(3, 4), f=lambda x: ag.fmod(-7.0, x)),
    e("exp2", np.exp2),
    e("logaddexp", np.logaddexp, real(3, 4), real(3, 4)),
    e("logaddexp2", np.logaddexp2, real(3, 4), real(3, 4)),
    e("xlogy", lambda x, y: x * np.log(y), real(3, 4), positive(3, 4)),
    e("addcmul", lambda x, y, z: x + 0.5 * y * z, *[real(3, 4)] * 3, f=lambda x, y, z: ag.addcmul(x, y, z, value=0.5)),
    e("addcdiv", lambda x, y, z: x - 2 * y / z, real(3, 4), real(3, 4), positive(3, 4),
        f=lambda x, y, z: x.addcdiv(y, z, value=-2)),
    e("lerp", lambda x, y, w: x + w * (y - x), real(3, 4), real(3, 4), real(3, 4, low=0, high=1, away=(0.5,)),
        tol32=1e-4),
    e("lerp_number", lambda x, y: 0.25 * x + 0.75 * y, real(3, 4), real(3, 4), f=lambda x, y: ag.lerp(x, y, 0.75)),
    e("fmax", np.fmax, real(3, 4), real(3, 4)),
    e("fmin", np.fmin, real(3, 4), real(3, 4)),
    e("asin", np.arcsin, inside(3, 4)),
    e("acos", np.arccos, inside(3, 4)),
    e("atan", np.arctan),
    e("atan2", np.arctan2, real(3, 4, away=(0,)), real(3, 4, away=(0,))),
    e("hypot", np.hypot, positive(3, 4), real(3, 4)),
    e("sinh", np.sinh),
    e("cosh", np.cosh),
    e("asinh", np.arcsinh),
    e("acosh", np.arccosh, real(3, 4, low=1.2, high=4)),
    e("atanh", np.arctanh, inside(3, 4)),
    e("sinc", np.sinc, tol32=1e-4),
    e("sinc_near_0", np.sinc, real(3, 4, low=-0.1, high=0.1), f=ag.sinc),
    e("deg2rad", np.deg2rad),
    e("rad2deg", np.rad2deg),
    e("floor", np.floor, apart(3, 4)),
    e("ceil", np.ceil, apart(3, 4)),
    e("trunc", np.trunc, apart(3, 4)),
    e("frac", lambda x: np.modf(x)[0], apart(3, 4)),
    e("round", np.round, halves(3, 4)),
    e("round_decimals", lambda x: np.round(x, 2), f=lambda x: x.round(decimals=2), orders=0),
    e("clamp", lambda x: np.clip(x, -0.5, 1.0), real(3, 4, away=(-0.5, 1)), f=lambda x: ag.clamp(x, -0.5, 1)),
    e("clamp_min", lambda x: np.maximum(x, 0.3), real(3, 4, away=(0.3,)), f=lambda x: x.clamp_min(0.3)),
    e("clamp_max", np.minimum, real(3, 4), real(3, 4)),
    e("clamp_tensors", lambda x, a, b: np.minimum(np.maximum(x, a), b), *[real(3, 4)] * 3, f=ag.clamp),
    e("nan_to_num", lambda x: x),
    e("copysign", np.copysign, real(3, 4, away=(0,)), real(3, 4, away=(0,))),
    e("heaviside", np.heaviside, real(3, 4, away=(0,)), real(3, 4)),
    e("ldexp", lambda x, y: x * 2**y, real(3, 4), real(3, 4)),
    e("frexp", lambda x: np.frexp(x)[0], apart(3, 4), f=lambda x: ag.frexp(x)[0]),
    e("frexp_exponent", lambda x: np.frexp(x)[1], apart(3, 4), f=lambda x: ag.frexp(x)[1], orders=0),
    e("isclose", np.isclose, ints(3, 4), ints(3, 4), orders=0),
    e("isnan", np.isnan, orders=0),
    e("isinf", np.isinf, orders=0),
    e("isposinf", np.isposinf, orders=0),
    e("isneginf", np.isneginf, orders=0),
    e("isfinite", np.isfinite, orders=0),
    e("isreal", np.isreal, orders=0),
    e("signbit", np.signbit, orders=0),
    e("logical_and", np.logical_and, ints(3, 4, high=2), bools(3, 4), orders=0),
    e("logical_or", np.logical_or, ints(3, 4, high=2), bools(3, 4), orders=0),
    e("logical_xor", np.logical_xor, ints(3, 4, high=2), bools(3, 4), orders=0),
    e("logical_not", np.logical_not, ints(3, 4, high=2), orders=0),
    e("bitwise_and", np.bitwise_and, ints(3, 4), ints(3, 4), orders=0),
    e("bitwise_or", np.bitwise_or, ints(3, 4), ints(3, 4), orders=0),
    e("bitwise_xor", np.bitwise_xor, bools(3, 4), bools(3, 4), orders=0),
    e("bitwise_not", np.invert, ints(3, 4), orders=0),
    e("bitwise_left_shift", np.left_shift, ints(3, 4), ints(3, 4), orders=0),
    e("bitwise_right_shift", np.right_shift, ints(3, 4, low=-99, high=99), ints(3, 4), orders=0),
    e("gcd", np.gcd, ints(3, 4, high=50), ints(3, 4, high=50), orders=0),
    e("lcm", np.lcm, ints(3, 4, high=50), ints(3, 4, high=50), orders=0),
    e("nextafter", lambda x, y: x + np.sign(y - x) * 1e-15, real(3, 4), real(3, 4), orders=0),
    Row("where_cut_log", lambda x: ag.where(x > 0, ag.log(x), -x * x),
        lambda x: np.where(x > 0, np.log(np.abs(x)), -x * x), (real(3, 4, away=(0,)),)),
    Row("tan_near_pole", ag.tan, np.tan, (real(3, 4, low=1.3, high=math.pi - 1.8),), tol32=1e-4),
]  # fmt: skip
