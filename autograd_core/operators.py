"""One table that gives `Tensor` its methods and operators. What they do is in `ops`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from . import gradients, methods
from .batching import Batched
from .layout import in_place as layout_in_place
from .ops import (
    activation,
    conv,
    count,
    determinant,
    distance,
    einsum,
    embedding,
    gather,
    grid_sample,
    index,
    interpolate,
    join,
    linalg,
    linalg_aliases,
    logic,
    matrix_functions,
    norms,
    padding,
    piecewise,
    pool,
    random,
    reduce,
    rounding,
    scan,
    shape,
    slices,
    softmax,
    solve,
    sort,
    special,
    statistics,
    strided,
    trigonometric,
)
from .ops import complex as cx
from .ops import elementwise as ew
from .primitive import convert, dtype_meant, is_operand, is_traced, not_an_operand
from .random import METHODS as RANDOM_METHODS
from .tensor import Tensor, as_array, check_writable, held, rewrite, store, wrap

# What each family offers: as `ag.name(x, …)` all of them, as `x.name(…)` those of the first list.
FAMILIES: tuple[tuple[Any, str, str], ...] = (
    (
        ew,
        "add subtract sub multiply mul divide true_divide div floor_divide remainder fmod neg negative positive pow "
        "float_power square abs absolute sign exp exp2 expm1 log log1p log2 log10 logaddexp logaddexp2 xlogy sqrt rsqrt "
        "reciprocal lerp addcmul addcdiv maximum minimum fmax fmin",
        "where rsub",
    ),
    (
        trigonometric,
        "sin cos tan asin arcsin acos arccos atan arctan atan2 arctan2 sinh cosh tanh asinh arcsinh acosh arccosh atanh "
        "arctanh sinc hypot deg2rad rad2deg",
        "",
    ),
    (
        rounding,
        "floor ceil round trunc fix frac clamp clip clamp_min clamp_max nan_to_num copysign heaviside nextafter ldexp frexp",
        "",
    ),
    (
        logic,
        "eq ne not_equal lt less le less_equal gt greater ge greater_equal isclose allclose equal isnan isinf isposinf "
        "isneginf isfinite isreal signbit logical_and logical_or logical_xor logical_not bitwise_and bitwise_or "
        "bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift gcd lcm",
        "",
    ),
    (special, "erf erfc erfinv lgamma digamma mvlgamma igamma igammac i0 logit", "polygamma"),
    (activation, "sigmoid", "selu celu logsigmoid softplus silu identity scaled_sigmoid scaled_tanh"),
    (piecewise, "relu prelu hardshrink", "rrelu threshold step"),
    (random, "", "dropout alpha_dropout feature_alpha_dropout"),
    (embedding, "", "embedding"),
    (distance, "", "cosine_similarity pairwise_distance"),
    (conv, "", "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d"),
    (pool, "", "avg_pool1d max_pool1d max_pool2d max_pool3d adaptive_avg_pool1d adaptive_max_pool1d"),
    (softmax, "softmax log_softmax", ""),
    (
        reduce,
        "sum nansum mean nanmean prod var std amax amin aminmax argmax argmin logsumexp count_nonzero all any",
        "var_mean std_mean",
    ),
    (scan, "cumsum cumprod cummax cummin logcumsumexp diff", "trapezoid cumulative_trapezoid"),
    (sort, "sort argsort msort topk kthvalue max min median nanmedian mode quantile nanquantile", ""),
    (count, "histc bincount unique unique_consecutive", "isin searchsorted bucketize"),
    (
        shape,
        "reshape flatten ravel unflatten squeeze unsqueeze permute transpose swapaxes swapdims movedim moveaxis adjoint t "
        "flip clone contiguous expand broadcast_to sum_to split chunk unbind",
        "cat stack",
    ),
    (
        join,
        "tensor_split hsplit vsplit dsplit roll fliplr flipud rot90 repeat tile repeat_interleave kron",
        "concat concatenate hstack vstack row_stack dstack column_stack block_diag atleast_1d atleast_2d atleast_3d "
        "broadcast_tensors meshgrid cartesian_prod combinations",
    ),
    (
        strided,
        "select narrow diagonal diag diag_embed diagflat tril triu as_strided unfold select_scatter slice_scatter "
        "diagonal_scatter",
        "",
    ),
    (gather, "gather scatter scatter_add scatter_reduce take_along_dim", ""),
    (
        slices,
        "index_select index_add index_copy index_fill index_reduce index_put masked_fill masked_select masked_scatter take "
        "put nonzero argwhere",
        "",
    ),
    (padding, "", "pad"),
    (
        linalg,
        "matmul dot outer bmm mm mv vdot inner addmm addmv addbmm baddbmm addr trace cross",
        "linear chain_matmul bilinear",
    ),
    (einsum, "", "einsum tensordot"),
    (solve, "cholesky_solve cholesky_inverse matrix_power", ""),
    (determinant, "det slogdet logdet", ""),
    (norms, "", "cdist pdist"),
    (matrix_functions, "matrix_exp", ""),
    (interpolate, "", "interpolate upsample pixel_shuffle pixel_unshuffle channel_shuffle"),
    (grid_sample, "", "grid_sample affine_grid"),
    (linalg_aliases, "inverse pinverse cholesky qr svd ger lu_solve", "vecdot"),
    (statistics, "cov corrcoef renorm norm dist", ""),
    (cx, "conj sgn angle is_complex resolve_conj", "real imag complex polar view_as_real view_as_complex"),
)
METHODS: dict[str, Callable] = {
    name: getattr(family, name) for family, methods, _ in FAMILIES for name in methods.split()
}
FUNCTIONS: dict[str, Callable] = METHODS | {
    name: getattr(family, name) for family, _, others in FAMILIES for name in others.split()
}

IN_PLACE = (
    "add subtract sub multiply mul divide true_divide div floor_divide remainder fmod neg negative pow float_power square "
    "abs absolute sign exp exp2 expm1 log log1p log2 log10 xlogy sqrt rsqrt reciprocal lerp addcmul addcdiv sin cos tan "
    "asin arcsin acos arccos atan arctan atan2 arctan2 sinh cosh tanh asinh arcsinh acosh arccosh atanh arctanh sinc "
    "hypot deg2rad rad2deg floor ceil round trunc fix frac clamp clip clamp_min clamp_max nan_to_num copysign heaviside "
    "nextafter ldexp eq ne not_equal lt less le less_equal gt greater ge greater_equal logical_and logical_or logical_xor "
    "logical_not bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift gcd lcm erf erfc "
    "erfinv lgamma digamma mvlgamma igamma igammac i0 logit sgn sigmoid relu cumsum cumprod tril triu scatter scatter_add "
    "scatter_reduce index_add index_copy index_fill index_reduce index_put masked_fill masked_scatter put addmm addmv addbmm "
    "baddbmm addr renorm"
).split()
LAYOUT_IN_PLACE = "squeeze unsqueeze t transpose swapaxes swapdims".split()  # the tensor itself becomes the view


def _or_not_implemented(function: Callable, name: str | None = None) -> Callable:
    """As an operator: leave operands of unknown type to their own class."""

    def operator(x: Tensor, y: Any) -> Any:
        return function(x, y) if is_operand(y) else not_an_operand(y, name or function.__name__)

    return operator


def _reflected(function: Callable) -> Callable:
    return _or_not_implemented(lambda x, y: function(y, x), function.__name__)


def _in_place(function: Callable, name: str) -> Callable:
    def method(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return rewrite(x, function, *args, name=name, **kwargs)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{function.__name__}` in place: the result takes x's memory, and the change is recorded."
    return method


OPERATORS: dict[str, tuple[Callable, bool]] = {  # name -> function, and whether there are __rname__ and __iname__
    "add": (ew.plus, True),
    "sub": (ew.minus, True),
    "mul": (ew.mul, True),
    "truediv": (ew.true_divide, True),
    "floordiv": (ew.floor_divide, True),
    "mod": (ew.remainder, True),
    "pow": (ew.pow, True),
    "matmul": (linalg.matmul, True),
    "and": (logic.bitwise_and, True),
    "or": (logic.bitwise_or, True),
    "xor": (logic.bitwise_xor, True),
    "lshift": (logic.bitwise_left_shift, True),
    "rshift": (logic.bitwise_right_shift, True),
    "eq": (logic.eq, False),
    "ne": (logic.ne, False),
    "lt": (logic.lt, False),
    "le": (logic.le, False),
    "gt": (logic.gt, False),
    "ge": (logic.ge, False),
}


# ----------------------------------------------------------------------------------------------------- the other methods


def backward(
    x: Tensor, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
) -> None:
    """Add the derivative of this tensor to `.grad` of the leaves it was computed from; see `ag.backward`."""
    gradients.backward(x, gradient, retain_graph, create_graph, inputs)


def to(x: Tensor, dtype: Any = None, *, device: Any = None) -> Tensor:
    """x in the given dtype (or that of the given tensor); x itself if it has it already. `device` is None or "cpu"."""
    if device is not None:
        if str(device) != "cpu":
            dtype_meant(device)  # raises, and says that there are no devices
        if dtype is None:
            return x
    return convert(x, dtype_meant(dtype))


def size(x: Tensor, dim: int | None = None) -> Any:
    """The shape, or one size of it."""
    return tuple(x.shape) if dim is None else x.shape[shape.dim_index(dim, x.ndim, "size")]


def numel(x: Tensor) -> int:
    """The number of elements."""
    return x.array.size


def dim(x: Tensor) -> int:
    """The number of dimensions."""
    return x.ndim


def view(x: Tensor, *sizes: Any) -> Tensor:
    """`reshape` that never copies: it raises where the strides do not allow a view."""
    out = shape.reshape(x, *sizes)
    if isinstance(x, Tensor) and out.origin is None and x.array.size:
        raise RuntimeError(
            f"view: the strides {x.array.strides} of shape {x.shape} do not allow shape {out.shape} without a copy; "
            "use reshape"
        )
    return out


def view_as(x: Tensor, other: Tensor) -> Tensor:
    """`x.view(other.shape)`."""
    return view(x, other.shape)


def reshape_as(x: Tensor, other: Tensor) -> Tensor:
    """`x.reshape(other.shape)`."""
    return shape.reshape(x, other.shape)


def expand_as(x: Tensor, other: Tensor) -> Tensor:
    """`x.expand(other.shape)`."""
    return shape.broadcast_to(x, other.shape)


def type_as(x: Tensor, other: Tensor) -> Tensor:
    """x in the dtype of `other`."""
    return convert(x, other.dtype)


def is_floating_point(x: Tensor) -> bool:
    """Whether the dtype is a floating one."""
    return x.dtype.kind == "f"


def is_contiguous(x: Tensor) -> bool:
    """Whether the elements lie in row-major order without gaps."""
    return x.array.flags.c_contiguous


def stride(x: Tensor, dim: int | None = None) -> Any:
    """How many elements apart in memory the neighbours along each dimension are."""
    strides = tuple(s // x.array.itemsize for s in x.array.strides)
    return strides if dim is None else strides[dim]


def copy_(x: Tensor, source: Any) -> Tensor:
    """Write `source`, broadcast and converted, into x."""
    value = convert(source if is_traced(source) else wrap(as_array(source)), x.dtype)
    if not isinstance(x, Tensor) or not isinstance(value, Tensor):
        return rewrite(x, lambda old: shape.broadcast_to(value, old.shape), name="copy_")
    check_writable(x, "copy_")
    store(x, shape.broadcast_to(value, x.shape), "copy_", replaces=True)
    return x


def zero_(x: Tensor) -> Tensor:
    """Write zeros into x."""
    return rewrite(x, lambda old: wrap(np.zeros(old.shape, old.dtype)), name="zero_")


def fill_(x: Tensor, value: Any) -> Tensor:
    """Write one value into all of x."""
    return copy_(x, value if is_traced(value) else wrap(as_array(held(value, x.dtype, "fill_"))))


def _iterate(x: Tensor) -> Any:
    if x.ndim == 0:
        raise TypeError("a 0-d tensor cannot be iterated over; use x.item()")
    return iter(shape.unbind(x))


def _contains(x: Tensor, value: Any) -> bool:
    return bool((x.array == (value.array if isinstance(value, Tensor) else value)).any())


def _bind(kind: type) -> None:
    """The functions of `ops` as methods and operators of a class."""
    for name, function in METHODS.items():
        setattr(kind, name, function)
    for name, (function, arithmetic) in OPERATORS.items():
        setattr(kind, f"__{name}__", getattr(function, "operator", None) or _or_not_implemented(function))
        if arithmetic:
            setattr(kind, f"__r{name}__", _reflected(function))
        if arithmetic and name != "matmul":
            setattr(kind, f"__i{name}__", _in_place(function, f"__i{name}__"))
    for name in IN_PLACE:
        setattr(kind, f"{name}_", _in_place(FUNCTIONS[name], f"{name}_"))
    plain = (to, size, dim, view, view_as, reshape_as, expand_as, type_as, is_floating_point, *methods.ANY)
    for method in (*plain, copy_, zero_, fill_, slices.fill_diagonal_, *RANDOM_METHODS):
        setattr(kind, method.__name__, method)
    for name, dtype in {
        "float": np.float32, "double": np.float64, "half": np.float16, "long": np.int64, "int": np.int32,
        "short": np.int16, "char": np.int8, "byte": np.uint8, "bool": np.bool_, "cfloat": np.complex64,
        "cdouble": np.complex128,
    }.items():  # fmt: skip
        setattr(kind, name, lambda x, dtype=dtype: convert(x, dtype))
    others: dict[str, Any] = {
        "__getitem__": index.getitem,
        "__setitem__": index.setitem,
        "__neg__": ew.neg,
        "__invert__": logic.bitwise_not,
        "__pos__": lambda x: x,
        "__abs__": ew.abs,
        "__divmod__": _or_not_implemented(ew.divmod),
        "__rdivmod__": _reflected(ew.divmod),
        "where": lambda x, condition, other: ew.where(condition, x, other),
        "polygamma": lambda x, n: special.polygamma(n, x),
        "polygamma_": _in_place(lambda x, n: special.polygamma(n, x), "polygamma_"),
        "__iter__": _iterate,
        "T": property(lambda x: shape.permute(x, tuple(range(x.ndim))[::-1])),
        "mT": property(lambda x: shape.transpose(x, -2, -1)),
        "mH": property(cx.mH),
        "H": property(cx.H),
        "real": property(cx.real),
        "imag": property(cx.imag),
    }
    others |= {"__array_ufunc__": _array_ufunc, "__array_function__": _array_function}
    # ndarray's methods that PyTorch has under other names
    others |= {"astype": lambda x, dtype: convert(x, dtype), "copy": shape.clone}
    for name, attribute in others.items():
        setattr(kind, name, attribute)


def _array_ufunc(x: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    from . import numpy_protocol

    return numpy_protocol.array_ufunc(x, ufunc, method, *inputs, **kwargs)


def _array_function(x: Tensor, func: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
    from . import numpy_protocol

    return numpy_protocol.array_function(x, func, types, args, kwargs)


def _dlpack(x: Tensor, **options: Any) -> Any:
    """The memory as a DLPack capsule, for other libraries. Of a tensor with a history, take `x.detach()`."""
    if x.requires_grad:
        raise RuntimeError("__dlpack__: this tensor has a history, which other libraries would not see; use x.detach()")
    return x.array.__dlpack__(**options)


def _array_namespace(x: Tensor, *, api_version: str | None = None) -> Any:
    """The functions of the Python array API standard, on tensors."""
    return importlib.import_module("autograd_core.array_api")


def _bind_tensor_only() -> None:
    """What needs the memory or the history of a tensor: changes of its layout in place, strides, backward."""
    for name in LAYOUT_IN_PLACE:
        setattr(Tensor, f"{name}_", layout_in_place(FUNCTIONS[name], f"{name}_"))
    for method in (backward, numel, is_contiguous, stride, *methods.TENSOR):
        setattr(Tensor, method.__name__, method)
    protocols: dict[str, Callable] = {
        "__contains__": _contains,
        "__dlpack__": _dlpack,
        "__dlpack_device__": lambda x: x.array.__dlpack_device__(),
        "__array_namespace__": _array_namespace,
    }
    for name, function in protocols.items():
        setattr(Tensor, name, function)


_bind(Tensor)
_bind(Batched)
_bind_tensor_only()
