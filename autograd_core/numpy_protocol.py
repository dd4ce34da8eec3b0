"""NumPy's own functions on tensors: `np.sin(t)`, `a + t`, `np.concatenate([t, u])` record into the graph.

`__array_ufunc__` and `__array_function__` look the NumPy function up in two tables. A function without an entry raises
and names itself: nothing is ever computed on bare arrays with the gradient silently dropped. `np.asarray(t)` is the
one way out of the graph, and a visible one.

The functions keep NumPy's meaning (`np.var` divides by n, `np.max` over ties shares the gradient) and return tensors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import operators
from .ops import elementwise as ew
from .ops import index, linalg, reduce, shape
from .primitive import operand
from .tensor import Tensor

F = operators.FUNCTIONS

# ufuncs whose name differs from ours; all others are looked up under their own
RENAMED = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div", "negative": "neg", "power": "pow",
    "float_power": "pow", "absolute": "abs", "fabs": "abs", "equal": "eq", "not_equal": "ne", "less": "lt",
    "less_equal": "le", "greater": "gt", "greater_equal": "ge", "invert": "bitwise_not", "arcsin": "asin",
    "arccos": "acos", "arctan": "atan", "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "conjugate": "conj", "degrees": "rad2deg", "radians": "deg2rad", "rint": "round",
    "mod": "remainder", "fix": "trunc", "left_shift": "bitwise_left_shift", "right_shift": "bitwise_right_shift",
}  # fmt: skip
# the remainders of NumPy and PyTorch agree: the sign of the divisor; fmod: that of the dividend


def array_ufunc(x: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """`Tensor.__array_ufunc__`: np.add(t, u), np.add.reduce(t), np.add.accumulate(t), np.add.outer(t, u)."""
    name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
    if any(hasattr(i, "__apply__") and not isinstance(i, Tensor) for i in inputs):
        return NotImplemented
    refuse_out(name, kwargs)
    for option in ("where", "casting", "order", "subok", "signature", "initial"):
        if option in kwargs and not (option == "where" and kwargs[option] is True):
            raise TypeError(f"np.{name}: the argument {option}= is not supported on tensors; leave it out")
    if method == "__call__":
        function = F.get(RENAMED.get(ufunc.__name__, ufunc.__name__))
        if function is not None:
            dtype = kwargs.pop("dtype", None)
            out = function(*[_plain(i) for i in inputs], **kwargs)
            return out if dtype is None else out.to(dtype)
        if ufunc.__name__ == "matvec" or ufunc.__name__ == "vecmat":
            return linalg.matmul(*inputs)
        if ufunc.__name__ == "vecdot":
            return reduce.sum(ew.mul(*inputs), kwargs.get("axis", -1))
    elif method == "reduce":
        table = {"add": _sum, "multiply": "prod", "maximum": "amax", "minimum": "amin"}
        table |= {"logical_and": "all", "logical_or": "any"}
        entry = table.get(ufunc.__name__)
        function = F.get(entry) if isinstance(entry, str) else entry
        if function is not None:
            axis = kwargs.get("axis", 0)
            return _reduction(function)(inputs[0], axis=axis, keepdims=kwargs.get("keepdims", False))
    elif method == "accumulate":
        function = F.get({"add": "cumsum", "multiply": "cumprod", "logaddexp": "logcumsumexp"}.get(ufunc.__name__, ""))
        if function is not None:
            return function(inputs[0], kwargs.get("axis", 0))
    elif method == "outer" and len(inputs) == 2:
        a, b = (i if isinstance(i, Tensor) else Tensor(i) for i in inputs)
        return ufunc(shape.reshape(a, (*a.shape, *(1,) * b.ndim)), b)
    elif method == "at":
        raise TypeError(f"np.{name}: changes an array in place; use x.index_add_(…) or x[i] += v on the tensor")
    raise no_rule(name)


def array_function(x: Tensor, func: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
    """`Tensor.__array_function__`: the functions of NumPy that are not ufuncs."""
    name = full_name(func)
    entry = TABLE.get(name)
    refuse_out(name, kwargs)
    if entry is None:
        raise no_rule(name)
    return entry(*args, **kwargs)


def refuse_out(name: str, kwargs: dict) -> None:
    out = kwargs.pop("out", None)
    if any(o is not None for o in (out if isinstance(out, tuple) else (out,))):
        raise TypeError(
            f"np.{name}: out= would overwrite an array behind the graph's back; assign the result, or use the method with "
            "an underscore (x.add_(y)), which is recorded"
        )


def no_rule(name: str) -> TypeError:
    return TypeError(
        f"np.{name} has no rule for tensors, so its gradient would be lost; write it with functions that have one, or "
        "leave the graph on purpose with np.asarray(x)"
    )


def full_name(func: Callable) -> str:
    module = getattr(func, "__module__", None) or ""
    prefix = module.removeprefix("numpy").strip(".")
    return f"{prefix}.{func.__name__}" if prefix in ("linalg", "fft") else func.__name__


def _plain(x: Any) -> Any:
    return np.asarray(x) if isinstance(x, list | tuple) else x


def _float(x: Any) -> Any:
    """Integers as the default float, where NumPy too computes means and roots in floats."""
    return x if x.dtype.kind in "fc" else x.float()


def _as(x: Any) -> Tensor:
    return x if isinstance(x, Tensor) else Tensor(operand(_plain(x), "np"))


# -------------------------------------------------------------------------------------------------------------- the table


def _sum(x: Any, dim: Any = None, keepdim: bool = False) -> Tensor:
    return reduce.sum(x, dim, keepdim)


def _reduction(function: Callable, floating: bool = False) -> Callable:
    """A reduction with NumPy's arguments."""

    def call(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, **rest: Any) -> Tensor:
        rest = {k: v for k, v in rest.items() if v is not np._NoValue and not (k == "where" and v is True)}
        if rest:
            raise TypeError(f"np: the arguments {sorted(rest)} are not supported on tensors; leave them out")
        x = _as(a)
        x = _float(x) if floating else x
        x = x if dtype is None else x.to(dtype)
        keep = bool(keepdims) if keepdims is not np._NoValue else False
        if axis is None:
            if not keep:
                return function(x)
            axis = tuple(range(x.ndim))
        return _over(function, x, axis, keep)

    return call


def _over(function: Callable, x: Tensor, axis: Any, keep: bool) -> Tensor:
    """Over several axes by one function that may know only one: the axes become one first."""
    if not isinstance(axis, tuple) or function in (_sum, F["mean"], F["amax"], F["amin"], F["all"], F["any"]):
        return function(x, axis, keep)
    dims = shape.dim_indices(axis, x.ndim, "np")
    rest = [d for d in range(x.ndim) if d not in dims]
    flat = shape.reshape(
        shape.permute(x, (*rest, *dims)), (*[x.shape[d] for d in rest], math.prod(x.shape[d] for d in dims))
    )
    out = function(flat, -1)
    return shape.reshape(out, tuple(1 if d in dims else s for d, s in enumerate(x.shape))) if keep else out


def _spread(function: Callable) -> Callable:
    def call(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: Any = False,
             correction: Any = np._NoValue, **rest: Any) -> Tensor:  # fmt: skip
        x = _float(_as(a))
        ddof = ddof if correction is np._NoValue else correction
        keep = bool(keepdims) if keepdims is not np._NoValue else False
        return function(x, axis, correction=ddof, keepdim=keep)

    return call


def _arg(function: Callable) -> Callable:
    return lambda a, axis=None, out=None, keepdims=False: function(_as(a), axis, bool(keepdims))


def _scan(function: Callable) -> Callable:
    def call(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Tensor:
        x = _as(a)
        return function(shape.reshape(x, -1), 0) if axis is None else function(x, axis)

    return call


def _joined(function: Callable) -> Callable:
    def call(arrays: Any, axis: Any = 0, out: Any = None, **rest: Any) -> Tensor:
        xs = [_as(a) for a in arrays]
        if axis is None:
            return function([shape.reshape(x, -1) for x in xs], 0)
        return function(xs, axis)

    return call


def _plain_join(name: str) -> Callable:
    return lambda tup, **rest: F[name]([_as(a) for a in tup])


def _transposed(a: Any, axes: Any = None) -> Tensor:
    x = _as(a)
    return shape.permute(x, tuple(range(x.ndim))[::-1] if axes is None else tuple(axes))


def _dot(a: Any, b: Any) -> Tensor:
    x, y = _as(a), _as(b)
    if x.ndim == 0 or y.ndim == 0:
        return ew.mul(x, y)
    return linalg.matmul(x, y) if y.ndim <= 2 else F["tensordot"](x, y, ([x.ndim - 1], [y.ndim - 2]))


def _split(a: Any, indices_or_sections: Any, axis: int = 0) -> list:
    x = _as(a)
    size = x.shape[axis]
    if isinstance(indices_or_sections, int):
        n = indices_or_sections
        small, more = divmod(size, n)
        return list(shape.split(x, [small + (i < more) for i in range(n)], axis))
    edges = [0, *[max(0, min(size, i if i >= 0 else i + size)) for i in indices_or_sections], size]
    return list(shape.split(x, [max(0, b - a) for a, b in zip(edges[:-1], edges[1:], strict=True)], axis))


def _even_split(a: Any, indices_or_sections: Any, axis: int = 0) -> list:
    x = _as(a)
    if isinstance(indices_or_sections, int) and x.shape[axis] % indices_or_sections:
        raise ValueError(f"np.split: {x.shape[axis]} elements do not divide into {indices_or_sections} equal parts")
    return _split(x, indices_or_sections, axis)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None, max: Any = None) -> Tensor:
    none = (None, np._NoValue)
    low, high = (min if a_min in none else a_min), (max if a_max in none else a_max)
    return F["clamp"](_as(a), None if low in none else low, None if high in none else high)


def _squeeze(a: Any, axis: Any = None) -> Tensor:
    return shape.squeeze(_as(a), axis)


def _expand_dims(a: Any, axis: Any) -> Tensor:
    x = _as(a)
    axes = axis if isinstance(axis, tuple) else (axis,)
    for d in sorted(d % (x.ndim + len(axes)) for d in axes):
        x = shape.unsqueeze(x, d)
    return x


def _sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Tensor:
    x = _as(a)
    return F["sort"](shape.reshape(x, -1), 0)[0] if axis is None else F["sort"](x, axis)[0]


def _argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Tensor:
    x = _as(a)
    return F["argsort"](shape.reshape(x, -1), 0) if axis is None else F["argsort"](x, axis)


def _take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Tensor:
    x = _as(a)
    i = np.asarray(indices)
    if axis is None:
        return index.getitem(shape.reshape(x, -1), i)
    return index.getitem(x, (*[slice(None)] * shape.dim_index(axis, x.ndim, "np.take"), i))


def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = False) -> Tensor:
    x = _float(_as(a))
    if weights is None:
        return F["mean"](x, axis)
    w = _as(weights)
    if w.shape != x.shape:
        w = shape.reshape(w, tuple(s if d == axis % x.ndim else 1 for d, s in enumerate(x.shape)))
    return reduce.sum(x * w, axis) / reduce.sum(shape.broadcast_to(w, x.shape), axis)


def _pad(array: Any, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Tensor:
    x = _as(array)
    widths = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
    if mode == "constant":
        return shape.pad_constant(x, tuple(tuple(w) for w in widths), float(kwargs.get("constant_values", 0)))
    modes = {"reflect": "reflect", "edge": "replicate", "wrap": "circular"}
    if mode not in modes:
        raise TypeError(f"np.pad: mode '{mode}' is not supported on tensors; there are constant, {', '.join(modes)}")
    flat = [w for pair in reversed(widths) for w in pair]
    return F["pad"](x, flat, modes[mode])


def _roll(a: Any, shift: Any, axis: Any = None) -> Tensor:
    return F["roll"](_as(a), shift) if axis is None else F["roll"](_as(a), shift, axis)


def _flip(m: Any, axis: Any = None) -> Tensor:
    x = _as(m)
    return shape.flip(x, *shape.dim_indices(axis, x.ndim, "np.flip"))


def _einsum(*operands: Any, **kwargs: Any) -> Tensor:
    kwargs.pop("optimize", None)
    if kwargs or not isinstance(operands[0], str):
        raise TypeError(f"np.einsum: give the subscripts as a string and no further arguments, got {sorted(kwargs)}")
    return F["einsum"](operands[0], *[_as(a) for a in operands[1:]])


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Tensor:
    if not isinstance(axes, int):
        axes = tuple([d] if isinstance(d, int) else list(d) for d in axes)
    return F["tensordot"](_as(a), _as(b), axes)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    t = _float(_as(x))
    if ord is None and axis is None:
        return _linalg("vector_norm")(shape.reshape(t, -1))
    return _linalg("norm")(t, ord, axis, keepdims)


def _linalg(name: str) -> Callable:
    from . import linalg as namespace

    return getattr(namespace, name)


def _through_linalg(name: str) -> Callable:
    return lambda *args, **kwargs: _linalg(name)(*[_as(a) if not isinstance(a, int | str) else a for a in args], **kwargs)


def _through_fft(name: str) -> Callable:
    def call(a: Any, *args: Any, axis: Any = None, axes: Any = None, **kwargs: Any) -> Tensor:
        from . import fft as namespace

        dim = axis if axis is not None else axes
        if dim is not None:
            kwargs["dim"] = dim
        return getattr(namespace, name)(_as(a), *args, **kwargs)

    return call


def _reshape(a: Any, shape_: Any = None, order: str = "C", *, shape: Any = None, newshape: Any = None, copy: Any = None) -> Tensor:
    given = next(s for s in (shape_, shape, newshape) if s is not None)
    if order != "C":
        raise TypeError(f"np.reshape: order='{order}' is not supported on tensors; use 'C'")
    return F["reshape"](_as(a), given if isinstance(given, tuple | list) else (given,))


def _by_name(name: str) -> Callable:
    """A function of ours whose positional arguments are NumPy's."""
    return lambda *args, **kwargs: F[name](_as(args[0]), *args[1:], **_dims(kwargs))


def _dims(kwargs: dict) -> dict:
    return {{"axis": "dim", "axis1": "dim1", "axis2": "dim2", "k": "diagonal"}.get(k, k): v for k, v in kwargs.items()}


def _indices_of_true(condition: Any) -> tuple:
    return ew.where(_as(condition) != 0)


def _where(condition: Any, *rest: Any) -> Any:
    c = condition if not isinstance(condition, Tensor) or condition.dtype == bool else condition != 0
    return ew.where(np.asarray(c) if not isinstance(c, Tensor) else c, *rest)


TABLE: dict[str, Callable] = {
    "sum": _reduction(_sum),
    "mean": _reduction(F["mean"], floating=True),
    "var": _spread(F["var"]),
    "std": _spread(F["std"]),
    "max": _reduction(F["amax"]),
    "amax": _reduction(F["amax"]),
    "min": _reduction(F["amin"]),
    "amin": _reduction(F["amin"]),
    "all": _reduction(F["all"]),
    "any": _reduction(F["any"]),
    "argmax": _arg(F["argmax"]),
    "argmin": _arg(F["argmin"]),
    "average": _average,
    "concatenate": _joined(F["cat"]),
    "concat": _joined(F["cat"]),
    "stack": _joined(F["stack"]),
    "reshape": _reshape,
    "ravel": lambda a, order="C": _reshape(a, -1, order),
    "transpose": _transposed,
    "permute_dims": _transposed,
    "matrix_transpose": lambda x: shape.transpose(_as(x), -2, -1),
    "swapaxes": lambda a, axis1, axis2: shape.transpose(_as(a), axis1, axis2),
    "moveaxis": lambda a, source, destination: shape.movedim(_as(a), source, destination),
    "squeeze": _squeeze,
    "expand_dims": _expand_dims,
    "broadcast_to": lambda array, shape, subok=False: F["broadcast_to"](_as(array), shape),
    "flip": _flip,
    "fliplr": lambda m: _flip(m, 1),
    "flipud": lambda m: _flip(m, 0),
    "split": _even_split,
    "array_split": _split,
    "where": _where,
    "nonzero": lambda a: _indices_of_true(a),
    "clip": _clip,
    "take": _take,
    "pad": _pad,
    "dot": _dot,
    "inner": lambda a, b: _dot(_as(a), _as(b).T) if _as(b).ndim == 2 else _dot(a, b),
    "vdot": lambda a, b: linalg.dot(shape.reshape(_as(a), -1), shape.reshape(_as(b), -1)),
    "outer": lambda a, b, out=None: linalg.outer(shape.reshape(_as(a), -1), shape.reshape(_as(b), -1)),
    "einsum": _einsum,
    "tensordot": _tensordot,
    "copy": lambda a, order="K", subok=False: shape.clone(_as(a)),
    "zeros_like": lambda a, dtype=None, **_: Tensor(np.zeros(a.shape, dtype or a.dtype)),
    "ones_like": lambda a, dtype=None, **_: Tensor(np.ones(a.shape, dtype or a.dtype)),
    "empty_like": lambda a, dtype=None, **_: Tensor(np.empty(a.shape, dtype or a.dtype)),
    "full_like": lambda a, fill_value, dtype=None, **_: Tensor(np.full(a.shape, fill_value, dtype or a.dtype)),
    "shape": lambda a: a.shape,
    "ndim": lambda a: a.ndim,
    "size": lambda a, axis=None: a.numel() if axis is None else a.shape[axis],
    "result_type": lambda *xs: np.result_type(*[x.dtype if isinstance(x, Tensor) else x for x in xs]),
    "isclose": lambda a, b, **k: Tensor(np.isclose(np.asarray(a), np.asarray(b), **k)),
    "allclose": lambda a, b, **k: bool(np.allclose(np.asarray(a), np.asarray(b), **k)),
    "array_equal": lambda a1, a2, **k: bool(np.array_equal(np.asarray(a1), np.asarray(a2), **k)),
    "array_repr": lambda arr, *a, **k: repr(arr),
    "array_str": lambda a, *b, **k: str(np.asarray(a)),
    "array2string": lambda a, *b, **k: np.array2string(np.asarray(a), *b, **k),
    "iscomplexobj": lambda x: x.dtype.kind == "c",
    "isrealobj": lambda x: x.dtype.kind != "c",
    "may_share_memory": lambda a, b, **k: np.may_share_memory(np.asarray(a), np.asarray(b), **k),
    "shares_memory": lambda a, b, **k: np.shares_memory(np.asarray(a), np.asarray(b), **k),
    "linalg.norm": _norm,
    "sort": _sort,
    "argsort": _argsort,
    "roll": _roll,
    "real": lambda val: val.real,
    "imag": lambda val: val.imag,
    "atleast_1d": lambda *xs: F["atleast_1d"](*[_as(x) for x in xs]),
    "atleast_2d": lambda *xs: F["atleast_2d"](*[_as(x) for x in xs]),
    "atleast_3d": lambda *xs: F["atleast_3d"](*[_as(x) for x in xs]),
    "kron": lambda a, b: F["kron"](_as(a), _as(b)),
    "cross": lambda a, b, axis=-1, **_: F["cross"](_as(a), _as(b), axis),
    "round": lambda a, decimals=0, out=None: F["round"](_as(a), decimals=decimals),
    "around": lambda a, decimals=0, out=None: F["round"](_as(a), decimals=decimals),
}  # fmt: skip
for _name in "prod nansum nanmean logsumexp median count_nonzero".split():
    if _name in F:
        TABLE[_name] = _reduction(F[_name], floating=_name in ("nanmean", "median"))
for _name in "cumsum cumprod".split():
    if _name in F:
        TABLE[_name] = _scan(F[_name])
for _name in "vstack hstack dstack column_stack".split():
    TABLE[_name] = _plain_join(_name)
for _name in "diag diagonal trace tril triu repeat tile rot90 diff nan_to_num isnan sinc meshgrid angle".split():
    TABLE.setdefault(_name, _by_name(_name))
for _name in "solve inv det slogdet cholesky qr eigh eigvalsh svd svdvals pinv lstsq matrix_power multi_dot cond".split():
    TABLE[f"linalg.{_name}"] = _through_linalg(_name)
for _name in "fft ifft rfft irfft hfft ihfft fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn fftshift ifftshift".split():
    TABLE[f"fft.{_name}"] = _through_fft(_name)
