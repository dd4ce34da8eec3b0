"""The universal functions of NumPy and of `scipy.special` on tensors: np.add(t, u), scipy.special.gammaln(t).

With their methods: np.add.reduce(t), np.add.outer(t, u).
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import special
from ...engine.elementwise import unary
from ...engine.operands import operand
from ...engine.primitive import OUT
from ..table import NUMPY
from .common import TABLE, as_tensor, axis_index, bare, cut, f, no_rule, refuse, refuse_out, value, wrapped
from .reductions import over

cbrt = unary(
    np.cbrt,
    lambda g, out: g / (3 * out * out),
    saves=(OUT,),
    name="cbrt",
    doc="Compute the cube root of each element.\nout = ∛x",
)


def _modf(x: Any) -> tuple:
    """The fractional and the whole part, both of the sign of x."""
    whole = f.trunc(x)
    zero = wrapped(np.copysign(0.0, bare(x)).astype(x.dtype))
    return f.where(f.isinf(x), zero, x - whole), whole


def _vecdot(x: Any, y: Any, axis: int = -1) -> Any:
    """The sum over one axis of conj(x) y."""
    return f.sum(f.mul(f.conj(x), y), axis)


def _matvec(x: Any, y: Any) -> Any:
    return f.squeeze(f.matmul(x, f.unsqueeze(y, -1)), -1)


def _vecmat(x: Any, y: Any) -> Any:
    return f.squeeze(f.matmul(f.unsqueeze(f.conj(x), -2), y), -2)


def _without_derivative(ufunc: np.ufunc) -> Callable:
    """A ufunc of integers, or one that is constant in pieces, on the bare values."""
    return lambda *xs: wrapped(ufunc(*[bare(x) for x in xs]))


OWN: dict[str, Callable] = {  # which no function of ours is exactly; the others are in the families' lines of names
    "cbrt": cbrt,
    "modf": _modf,
    "divmod": lambda x, y: (f.floor_divide(x, y), f.remainder(x, y)),
    "vecdot": _vecdot,
    "matvec": _matvec,
    "vecmat": _vecmat,
    "float_power": lambda x, y: f.pow(_double(x), _double(y)),
    "spacing": _without_derivative(np.spacing),
    "bitwise_count": _without_derivative(np.bitwise_count),
}


def _double(x: Any) -> Any:
    x = as_tensor(x)
    return x if x.dtype.kind == "c" else x.double()


# SciPy's ufuncs whose twin has another name, or the degree before the argument; the others stand under their own
IN_SPECIAL = {
    "j0": "bessel_j0", "j1": "bessel_j1", "y0": "bessel_y0", "y1": "bessel_y1", "k0": "modified_bessel_k0",
    "k1": "modified_bessel_k1", "k0e": "scaled_modified_bessel_k0", "k1e": "scaled_modified_bessel_k1", "_zeta": "zeta",
}  # fmt: skip
BY_DEGREE = {
    "eval_chebyt": "chebyshev_polynomial_t", "eval_chebyu": "chebyshev_polynomial_u", "eval_legendre":
    "legendre_polynomial_p", "eval_sh_chebyt": "shifted_chebyshev_polynomial_t", "eval_sh_chebyu":
    "shifted_chebyshev_polynomial_u", "eval_laguerre": "laguerre_polynomial_l", "eval_hermite": "hermite_polynomial_h",
    "eval_hermitenorm": "hermite_polynomial_he",
}  # fmt: skip
OF_SCIPY: dict[str, Callable] = {
    "cbrt": cbrt,
    "exp10": lambda x: f.exp(x * np.log(10.0)),
    "log_expit": lambda x: f.logsigmoid(x),
    "betaln": lambda a, b: special.gammaln(a) + special.gammaln(b) - special.gammaln(f.add(a, b)),
}


def _by_degree(name: str) -> Callable:
    function = getattr(special, name)
    return lambda n, x: function(x, _whole(n, name))


def _whole(n: Any, name: str) -> Any:
    """A degree as an int where it is a whole number; otherwise as it is, for the function to refuse."""
    if getattr(n, "requires_grad", False):
        raise TypeError(f"{name}: there is no derivative with respect to the degree n; pass n.detach() or an int")
    number = value(n)
    return int(number) if number.ndim == 0 and number == np.floor(number) else n


def _of_scipy(name: str) -> Callable | None:
    if name in BY_DEGREE:
        return _by_degree(BY_DEGREE[name])
    return OF_SCIPY.get(name) or getattr(special, IN_SPECIAL.get(name, name), None)


def function_of(ufunc: np.ufunc) -> tuple[Callable | None, str]:
    """Our function for a ufunc, None if there is none, and the module that the ufunc is from.

    By the object, not by its name alone: a user's own ufunc may be called "relu" or "exp" and mean something else.
    """
    name = ufunc.__name__
    if getattr(np, name, None) is ufunc:
        return OWN.get(name) or NUMPY.get(name), "np"
    return (_of_scipy(name), "scipy.special") if ufunc in _ufuncs_of(sys.modules.get("scipy.special")) else (None, "")


@functools.cache
def _ufuncs_of(scipy_special: Any) -> set:
    """The ufuncs of `scipy.special`, if it has been imported; not by name, for two may have the same."""
    modules = [] if scipy_special is None else [scipy_special, scipy_special._ufuncs]
    return {u for module in modules for u in vars(module).values() if isinstance(u, np.ufunc)}


def array_ufunc(x: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """`Tensor.__array_ufunc__`."""
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    function, module = function_of(ufunc)
    refuse_out(name, kwargs.pop("out", None))
    if method == "at":
        raise TypeError(f"np.{name}: changes an array in place; use x.index_add_(…) or x[i] += v, which are recorded")
    if function is None:
        raise no_rule(name, module)
    if method == "__call__":
        return _call(name, function, inputs, **kwargs)
    if method == "outer":
        a, b = (as_tensor(i) for i in inputs)
        return _call(name, function, (f.reshape(a, (*a.shape, *(1,) * b.ndim)), b), **kwargs)
    if ufunc.nin != 2 or ufunc.nout != 1:
        raise no_rule(name, module)
    if method == "reduce":
        return _reduce(ufunc, function, *inputs, **kwargs)
    if method == "accumulate":
        return _accumulate(ufunc, function, *inputs, **kwargs)
    return _reduceat(ufunc, *inputs, **kwargs)


def _call(
    name: str, function: Callable, inputs: tuple, *, dtype: Any = None, where: Any = True, casting: Any = None,
    order: Any = None, subok: Any = None, signature: Any = None, **options: Any,
) -> Any:  # fmt: skip
    if where is not True:
        raise TypeError(f"np.{name}: where= needs out=, which is refused on tensors; use np.where(mask, result, other)")
    refuse(name, casting=casting, order=order, subok=subok, signature=signature)
    operands = [as_tensor(i) if isinstance(i, list | tuple) else operand(i, f"np.{name}") for i in inputs]
    if dtype is not None:
        operands = [as_tensor(i).to(np.dtype(dtype)) for i in operands]
    return function(*operands, **options)


# NumPy's reductions by a ufunc that has one of its own; the others go step by step
REDUCTIONS = {
    "add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logical_and": "all", "logical_or": "any"
}  # fmt: skip
SCANS: dict[str, Callable] = {
    "add": f.cumsum,
    "multiply": f.cumprod,
    "logaddexp": f.logcumsumexp,
    "maximum": lambda x, axis: f.cummax(x, axis)[0],
    "minimum": lambda x, axis: f.cummin(x, axis)[0],
}


def _reduce(
    ufunc: np.ufunc, function: Callable, x: Any, *, axis: Any = 0, dtype: Any = None, keepdims: bool = False,
    initial: Any = np._NoValue, where: Any = True,
) -> Any:  # fmt: skip
    name = f"{ufunc.__name__}.reduce"
    if ufunc.__name__ in REDUCTIONS:
        options = {key: v for key, v in (("dtype", dtype), ("initial", initial)) if v is not None}
        options = options if ufunc.__name__ in ("add", "multiply") else {"initial": initial}
        if ufunc.__name__.startswith("logical"):
            refuse(name, dtype=dtype, initial=initial)
            options = {}
        where = np._NoValue if where is True else where
        return TABLE[REDUCTIONS[ufunc.__name__]](x, axis=axis, keepdims=keepdims, where=where, **options)
    x = as_tensor(x) if dtype is None else as_tensor(x).to(np.dtype(dtype))
    refuse(name, where=None if where is True else where)
    if ufunc.__name__ == "logaddexp" and initial is np._NoValue:
        return over(lambda v, axes, keep: f.logsumexp(v, axes, keep), x, axis, keepdims)
    (axis,) = (axis,) if isinstance(axis, int) else (axis or (0,))
    axis = axis_index(axis, x.ndim, name)
    items = list(f.unbind(x, axis))
    if initial is np._NoValue and not items:
        raise ValueError(f"np.{name}: nothing to reduce along axis {axis} of shape {tuple(x.shape)}")
    out = items.pop(0) if initial is np._NoValue else as_tensor(initial)
    for item in items:
        out = function(out, item)
    return f.unsqueeze(out, axis) if keepdims else out


def _accumulate(ufunc: np.ufunc, function: Callable, x: Any, *, axis: int = 0, dtype: Any = None) -> Any:
    x = as_tensor(x) if dtype is None else as_tensor(x).to(np.dtype(dtype))
    axis = axis_index(axis, x.ndim, f"{ufunc.__name__}.accumulate")
    if ufunc.__name__ in SCANS:
        out = SCANS[ufunc.__name__](x, axis)
        return out if dtype is None else out.to(np.dtype(dtype))
    steps: list = []
    for item in f.unbind(x, axis):
        steps.append(function(steps[-1], item) if steps else item)
    return f.stack(steps, axis) if steps else x


def _reduceat(ufunc: np.ufunc, x: Any, indices: Any, *, axis: int = 0, dtype: Any = None) -> Any:
    """reduce(x[i:j]) for each pair of neighbours among the indices, x[i] where i >= j; the last to the end."""
    x = as_tensor(x) if dtype is None else as_tensor(x).to(np.dtype(dtype))
    axis = axis_index(axis, x.ndim, f"{ufunc.__name__}.reduceat")
    starts = [int(i) for i in bare(indices)]
    stops = [*starts[1:], x.shape[axis]]
    parts = [cut(x, axis, i, j if i < j else i + 1) for i, j in zip(starts, stops, strict=True)]
    return f.stack([ufunc.reduce(part, axis=axis, dtype=dtype) for part in parts], axis)
