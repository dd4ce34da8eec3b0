"""Which functions each family of operations offers, as functions of the package and as methods of tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine import basics, operands
from ..ops.elementwise import (
    activation,
    logic,
    piecewise,
    rounding,
    special,
    trigonometric,
)
from ..ops.elementwise import (
    arithmetic as ew,
)
from ..ops.elementwise import (
    complex as cx,
)
from ..ops.indexing import gather, masks, scatter, slices
from ..ops.linalg import (
    aliases as linalg_aliases,
)
from ..ops.linalg import (
    determinant,
    distance,
    einsum,
    linear,
    matrix_functions,
    norms,
    solve,
)
from ..ops.linalg import (
    products as linalg,
)
from ..ops.network import conv, embedding, pool
from ..ops.network import dropout as random
from ..ops.reduction import count, deviations, extremes, integrals, quantile, reduce, scan, softmax, sort, statistics
from ..ops.shape import join, padding, rearrange, shape, split, strided
from ..ops.signal import grid_sample, interpolate

# What each family offers: as `ag.name(x, …)` all of them, as `x.name(…)` those of the first list.
FAMILIES: tuple[tuple[Any, str, str], ...] = (
    (
        ew,
        "add subtract sub multiply mul divide true_divide div floor_divide remainder fmod neg negative positive pow "
        "float_power square abs absolute sign exp exp2 expm1 log log1p log2 log10 logaddexp logaddexp2 xlogy sqrt rsqrt "
        "reciprocal lerp addcmul addcdiv maximum minimum fmax fmin",
        "rsub",
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
        "sum nansum mean nanmean prod logsumexp count_nonzero all any",
        "",
    ),
    (deviations, "var std", "var_mean std_mean"),
    (extremes, "amax amin aminmax argmax argmin", ""),
    (scan, "cumsum cumprod cummax cummin logcumsumexp diff", ""),
    (integrals, "", "trapezoid cumulative_trapezoid"),
    (sort, "sort argsort msort topk kthvalue max min median nanmedian mode", ""),
    (quantile, "quantile nanquantile", ""),
    (count, "histc bincount unique unique_consecutive", "isin searchsorted bucketize"),
    (
        shape,
        "reshape flatten ravel unflatten squeeze unsqueeze permute transpose swapaxes swapdims movedim moveaxis adjoint t "
        "flip contiguous expand split",
        "cat stack",
    ),
    (split, "chunk unbind tensor_split hsplit vsplit dsplit", ""),
    (
        join,
        "",
        "concat concatenate hstack vstack row_stack dstack column_stack block_diag atleast_1d atleast_2d atleast_3d "
        "broadcast_tensors",
    ),
    (
        rearrange,
        "roll fliplr flipud rot90 repeat tile repeat_interleave kron",
        "meshgrid cartesian_prod combinations",
    ),
    (
        strided,
        "select narrow diagonal diag diag_embed diagflat tril triu as_strided unfold select_scatter slice_scatter "
        "diagonal_scatter",
        "",
    ),
    (gather, "gather take_along_dim", ""),
    (scatter, "scatter scatter_add scatter_reduce", ""),
    (
        slices,
        "index_select index_add index_copy index_fill index_reduce index_put take put",
        "",
    ),
    (masks, "masked_fill masked_select masked_scatter nonzero argwhere", ""),
    (padding, "", "pad"),
    (
        linalg,
        "matmul dot outer bmm mm mv vdot inner addmm addmv addbmm baddbmm addr trace cross",
        "chain_matmul",
    ),
    (linear, "", "linear bilinear"),
    (einsum, "", "einsum tensordot"),
    (solve, "cholesky_solve cholesky_inverse", ""),
    (determinant, "logdet", ""),
    (norms, "", "cdist pdist"),
    (matrix_functions, "matrix_exp", ""),
    (interpolate, "", "interpolate upsample pixel_shuffle pixel_unshuffle channel_shuffle"),
    (grid_sample, "", "grid_sample affine_grid"),
    (linalg_aliases, "det slogdet matrix_power inverse pinverse cholesky qr svd ger lu_solve", "vecdot"),
    (statistics, "cov corrcoef renorm norm dist", ""),
    (basics, "clone broadcast_to sum_to conj", "where"),
    (operands, "", "real"),
    (cx, "sgn angle is_complex resolve_conj", "imag complex polar view_as_real view_as_complex"),
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
