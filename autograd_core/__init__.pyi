# The names of the package. Written by `python -m tests.stubs` from the functions: change those.
from autograd_core.engine.dtype_info import Size
from autograd_core.engine.memory_format import MemoryFormat
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import A
from autograd_core.engine.types import Device
from autograd_core.engine.types import Dims
from autograd_core.engine.types import TensorLike
from autograd_core.ops.linalg import decompositions
from autograd_core.ops.linalg import determinant
from autograd_core.ops.linalg.aliases import SVDResult
from autograd_core.ops.linalg.aliases import TriangularSolveResult
from autograd_core.ops.linalg.householder import GeqrfResult
from autograd_core.ops.linalg.low_rank import LowRankResult
from autograd_core.ops.linalg.matrix_functions import LUResult
from autograd_core.ops.reduction.extremes import AMinMax
from autograd_core.ops.reduction.histogram import Histogram
from autograd_core.ops.reduction.scan import CumMax
from autograd_core.ops.reduction.scan import CumMin
from autograd_core.ops.reduction.sort import KthValue
from autograd_core.ops.reduction.sort import Max
from autograd_core.ops.reduction.sort import Median
from autograd_core.ops.reduction.sort import Min
from autograd_core.ops.reduction.sort import Mode
from autograd_core.ops.reduction.sort import NanMedian
from autograd_core.ops.reduction.sort import Sort
from autograd_core.ops.reduction.sort import TopK
from builtins import bool as _bool
from builtins import complex as _complex
from builtins import float as _float
from builtins import int as _int
from builtins import list as _list
from builtins import str as _str
from builtins import tuple as _tuple
from collections.abc import Sequence
from numpy import ndarray
from numpy.typing import DTypeLike
from typing import Any
from typing import Literal
from typing import overload
from . import fft as fft
from . import linalg as linalg
from . import nn as nn
from . import optim as optim
from autograd_core import autograd as autograd
from autograd_core import distributions as distributions
from autograd_core import func as func
from autograd_core import special as special
from autograd_core.engine.backward import backward as backward
from autograd_core.engine.backward import grad as grad
from autograd_core.engine.buffers import asarray as asarray
from autograd_core.engine.buffers import empty_strided as empty_strided
from autograd_core.engine.buffers import frombuffer as frombuffer
from autograd_core.engine.buffers import range as range
from autograd_core.engine.buffers import scalar_tensor as scalar_tensor
from autograd_core.engine.creation import arange as arange
from autograd_core.engine.creation import as_tensor as as_tensor
from autograd_core.engine.creation import empty as empty
from autograd_core.engine.creation import empty_like as empty_like
from autograd_core.engine.creation import eye as eye
from autograd_core.engine.creation import from_dlpack as from_dlpack
from autograd_core.engine.creation import from_numpy as from_numpy
from autograd_core.engine.creation import full as full
from autograd_core.engine.creation import full_like as full_like
from autograd_core.engine.creation import linspace as linspace
from autograd_core.engine.creation import logspace as logspace
from autograd_core.engine.creation import ones as ones
from autograd_core.engine.creation import ones_like as ones_like
from autograd_core.engine.creation import tensor as tensor
from autograd_core.engine.creation import tril_indices as tril_indices
from autograd_core.engine.creation import triu_indices as triu_indices
from autograd_core.engine.creation import zeros as zeros
from autograd_core.engine.creation import zeros_like as zeros_like
from autograd_core.engine.device import device as device
from autograd_core.engine.dtype_info import Size as Size
from autograd_core.engine.dtype_info import can_cast as can_cast
from autograd_core.engine.dtype_info import finfo as finfo
from autograd_core.engine.dtype_info import iinfo as iinfo
from autograd_core.engine.dtype_info import promote_types as promote_types
from autograd_core.engine.dtypes import bool as bool
from autograd_core.engine.dtypes import cdouble as cdouble
from autograd_core.engine.dtypes import cfloat as cfloat
from autograd_core.engine.dtypes import complex128 as complex128
from autograd_core.engine.dtypes import complex64 as complex64
from autograd_core.engine.dtypes import double as double
from autograd_core.engine.dtypes import dtype as dtype
from autograd_core.engine.dtypes import float as float
from autograd_core.engine.dtypes import float16 as float16
from autograd_core.engine.dtypes import float32 as float32
from autograd_core.engine.dtypes import float64 as float64
from autograd_core.engine.dtypes import half as half
from autograd_core.engine.dtypes import int as int
from autograd_core.engine.dtypes import int16 as int16
from autograd_core.engine.dtypes import int32 as int32
from autograd_core.engine.dtypes import int64 as int64
from autograd_core.engine.dtypes import int8 as int8
from autograd_core.engine.dtypes import long as long
from autograd_core.engine.dtypes import short as short
from autograd_core.engine.dtypes import uint16 as uint16
from autograd_core.engine.dtypes import uint32 as uint32
from autograd_core.engine.dtypes import uint64 as uint64
from autograd_core.engine.dtypes import uint8 as uint8
from autograd_core.engine.function import Function as Function
from autograd_core.engine.memory_format import channels_last as channels_last
from autograd_core.engine.memory_format import channels_last_3d as channels_last_3d
from autograd_core.engine.memory_format import contiguous_format as contiguous_format
from autograd_core.engine.memory_format import memory_format as memory_format
from autograd_core.engine.memory_format import preserve_format as preserve_format
from autograd_core.engine.modes import enable_grad as enable_grad
from autograd_core.engine.modes import inference_mode as inference_mode
from autograd_core.engine.modes import is_grad_enabled as is_grad_enabled
from autograd_core.engine.modes import is_inference_mode_enabled as is_inference_mode_enabled
from autograd_core.engine.modes import no_grad as no_grad
from autograd_core.engine.modes import set_grad_enabled as set_grad_enabled
from autograd_core.engine.operands import result_type as result_type
from autograd_core.engine.printing import set_printoptions as set_printoptions
from autograd_core.engine.settings import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from autograd_core.engine.settings import get_default_device as get_default_device
from autograd_core.engine.settings import get_deterministic_debug_mode as get_deterministic_debug_mode
from autograd_core.engine.settings import get_float32_matmul_precision as get_float32_matmul_precision
from autograd_core.engine.settings import (
    is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled,
)
from autograd_core.engine.settings import set_default_device as set_default_device
from autograd_core.engine.settings import set_deterministic_debug_mode as set_deterministic_debug_mode
from autograd_core.engine.settings import set_float32_matmul_precision as set_float32_matmul_precision
from autograd_core.engine.settings import use_deterministic_algorithms as use_deterministic_algorithms
from autograd_core.engine.tensor import Tensor as Tensor
from autograd_core.engine.tensor import get_default_dtype as get_default_dtype
from autograd_core.engine.tensor import set_default_dtype as set_default_dtype
from autograd_core.inspection.anomaly import detect_anomaly as detect_anomaly
from autograd_core.inspection.anomaly import set_detect_anomaly as set_detect_anomaly
from autograd_core.inspection.check import gradcheck as gradcheck
from autograd_core.inspection.check import gradgradcheck as gradgradcheck
from autograd_core.inspection.draw import draw as draw
from autograd_core.inspection.profile import profile as profile
from autograd_core.inspection.replay import replay as replay
from autograd_core.interchange.saving import load as load
from autograd_core.interchange.saving import save as save
from autograd_core.kernels.machine.threads import get_num_threads as get_num_threads
from autograd_core.kernels.machine.threads import set_num_threads as set_num_threads
from autograd_core.kernels.warmup import warmup as warmup
from autograd_core.random import Generator as Generator
from autograd_core.random import bernoulli as bernoulli
from autograd_core.random import binomial as binomial
from autograd_core.random import fork_rng as fork_rng
from autograd_core.random import get_rng_state as get_rng_state
from autograd_core.random import initial_seed as initial_seed
from autograd_core.random import manual_seed as manual_seed
from autograd_core.random import multinomial as multinomial
from autograd_core.random import normal as normal
from autograd_core.random import poisson as poisson
from autograd_core.random import rand as rand
from autograd_core.random import rand_like as rand_like
from autograd_core.random import randint as randint
from autograd_core.random import randint_like as randint_like
from autograd_core.random import randn as randn
from autograd_core.random import randn_like as randn_like
from autograd_core.random import randperm as randperm
from autograd_core.random import seed as seed
from autograd_core.random import set_rng_state as set_rng_state
from autograd_core.transforms.checkpoint import checkpoint as checkpoint
from autograd_core.transforms.checkpoint import checkpoint_sequential as checkpoint_sequential
from autograd_core.transforms.vmap import vmap as vmap
from numpy import e as e
from numpy import inf as inf
from numpy import nan as nan
from numpy import newaxis as newaxis
from numpy import pi as pi

__version__: _str
__all__ = [
    "Function",
    "Generator",
    "Size",
    "Tensor",
    "abs",
    "abs_",
    "absolute",
    "acos",
    "acos_",
    "acosh",
    "acosh_",
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "add",
    "addbmm",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "addmv_",
    "addr",
    "adjoint",
    "affine_grid",
    "all",
    "allclose",
    "alpha_dropout",
    "amax",
    "amin",
    "aminmax",
    "angle",
    "any",
    "arange",
    "arccos",
    "arccos_",
    "arccosh",
    "arccosh_",
    "arcsin",
    "arcsin_",
    "arcsinh",
    "arcsinh_",
    "arctan",
    "arctan2",
    "arctan_",
    "arctanh",
    "arctanh_",
    "are_deterministic_algorithms_enabled",
    "argmax",
    "argmin",
    "argsort",
    "argwhere",
    "as_strided",
    "as_strided_scatter",
    "as_tensor",
    "asarray",
    "asin",
    "asin_",
    "asinh",
    "asinh_",
    "atan",
    "atan2",
    "atan_",
    "atanh",
    "atanh_",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "autograd",
    "avg_pool1d",
    "backward",
    "baddbmm",
    "bartlett_window",
    "batch_norm",
    "bernoulli",
    "bilinear",
    "bincount",
    "binomial",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "blackman_window",
    "block_diag",
    "bmm",
    "bool",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "bucketize",
    "can_cast",
    "cartesian_prod",
    "cat",
    "cdist",
    "cdouble",
    "ceil",
    "ceil_",
    "celu",
    "celu_",
    "cfloat",
    "chain_matmul",
    "channel_shuffle",
    "channels_last",
    "channels_last_3d",
    "checkpoint",
    "checkpoint_sequential",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "chunk",
    "clamp",
    "clamp_",
    "clamp_max",
    "clamp_max_",
    "clamp_min",
    "clamp_min_",
    "clip",
    "clip_",
    "clone",
    "column_stack",
    "combinations",
    "complex",
    "complex128",
    "complex64",
    "concat",
    "concatenate",
    "conj",
    "conj_physical",
    "conj_physical_",
    "constant_pad_nd",
    "contiguous",
    "contiguous_format",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "copysign",
    "corrcoef",
    "cos",
    "cos_",
    "cosh",
    "cosh_",
    "cosine_similarity",
    "count_nonzero",
    "cov",
    "cross",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_trapezoid",
    "deg2rad",
    "deg2rad_",
    "det",
    "detach",
    "detach_",
    "detect_anomaly",
    "device",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_scatter",
    "diff",
    "digamma",
    "dist",
    "distributions",
    "div",
    "divide",
    "dot",
    "double",
    "draw",
    "dropout",
    "dsplit",
    "dstack",
    "dtype",
    "e",
    "einsum",
    "embedding",
    "empty",
    "empty_like",
    "empty_strided",
    "enable_grad",
    "eq",
    "equal",
    "erf",
    "erf_",
    "erfc",
    "erfc_",
    "erfinv",
    "exp",
    "exp2",
    "exp2_",
    "exp_",
    "expand",
    "expm1",
    "expm1_",
    "eye",
    "feature_alpha_dropout",
    "fft",
    "fill",
    "fill_",
    "finfo",
    "fix",
    "fix_",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float",
    "float16",
    "float32",
    "float64",
    "float_power",
    "floor",
    "floor_",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "fork_rng",
    "frac",
    "frac_",
    "frexp",
    "frobenius_norm",
    "from_dlpack",
    "from_numpy",
    "frombuffer",
    "full",
    "full_like",
    "func",
    "gather",
    "gcd",
    "gcd_",
    "ge",
    "geqrf",
    "ger",
    "get_default_device",
    "get_default_dtype",
    "get_deterministic_debug_mode",
    "get_device",
    "get_float32_matmul_precision",
    "get_num_threads",
    "get_rng_state",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "gradient",
    "greater",
    "greater_equal",
    "grid_sample",
    "group_norm",
    "gru_cell",
    "gt",
    "half",
    "hamming_window",
    "hann_window",
    "hardshrink",
    "heaviside",
    "histc",
    "histogram",
    "histogramdd",
    "hsplit",
    "hstack",
    "hypot",
    "i0",
    "i0_",
    "identity",
    "igamma",
    "igammac",
    "iinfo",
    "imag",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_put_",
    "index_reduce",
    "index_select",
    "inf",
    "inference_mode",
    "initial_seed",
    "inner",
    "instance_norm",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "interpolate",
    "inverse",
    "is_complex",
    "is_conj",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_floating_point",
    "is_grad_enabled",
    "is_inference",
    "is_inference_mode_enabled",
    "is_neg",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_tensor",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "istft",
    "kaiser_window",
    "kron",
    "kthvalue",
    "layer_norm",
    "lcm",
    "lcm_",
    "ldexp",
    "ldexp_",
    "le",
    "lerp",
    "less",
    "less_equal",
    "lgamma",
    "linalg",
    "linear",
    "linspace",
    "load",
    "log",
    "log10",
    "log10_",
    "log1p",
    "log1p_",
    "log2",
    "log2_",
    "log_",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logcumsumexp",
    "logdet",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "logit_",
    "logsigmoid",
    "logspace",
    "logsumexp",
    "long",
    "lstm_cell",
    "lt",
    "lu",
    "lu_solve",
    "lu_unpack",
    "manual_seed",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "matmul",
    "matrix_exp",
    "matrix_power",
    "max",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "maximum",
    "mean",
    "median",
    "memory_format",
    "meshgrid",
    "min",
    "minimum",
    "mm",
    "mode",
    "moveaxis",
    "movedim",
    "msort",
    "mul",
    "multinomial",
    "multiply",
    "mv",
    "mvlgamma",
    "nan",
    "nan_to_num",
    "nan_to_num_",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "narrow",
    "narrow_copy",
    "ne",
    "neg",
    "neg_",
    "negative",
    "negative_",
    "newaxis",
    "nextafter",
    "nn",
    "no_grad",
    "nonzero",
    "nonzero_static",
    "norm",
    "normal",
    "not_equal",
    "nuclear_norm",
    "numel",
    "ones",
    "ones_like",
    "optim",
    "orgqr",
    "ormqr",
    "outer",
    "pad",
    "pairwise_distance",
    "pca_lowrank",
    "pdist",
    "permute",
    "pi",
    "pinverse",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson",
    "polar",
    "polygamma",
    "positive",
    "pow",
    "prelu",
    "preserve_format",
    "prod",
    "profile",
    "promote_types",
    "put",
    "qr",
    "quantile",
    "rad2deg",
    "rad2deg_",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "range",
    "ravel",
    "real",
    "reciprocal",
    "reciprocal_",
    "relu",
    "relu_",
    "remainder",
    "renorm",
    "repeat",
    "repeat_interleave",
    "replay",
    "reshape",
    "resolve_conj",
    "resolve_neg",
    "result_type",
    "rms_norm",
    "rnn_relu_cell",
    "rnn_tanh_cell",
    "roll",
    "rot90",
    "round",
    "round_",
    "row_stack",
    "rrelu",
    "rrelu_",
    "rsqrt",
    "rsqrt_",
    "rsub",
    "save",
    "scalar_tensor",
    "scaled_sigmoid",
    "scaled_tanh",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "searchsorted",
    "seed",
    "select",
    "select_scatter",
    "selu",
    "selu_",
    "set_default_device",
    "set_default_dtype",
    "set_detect_anomaly",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_grad_enabled",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "sgn",
    "short",
    "sigmoid",
    "sigmoid_",
    "sign",
    "signbit",
    "silu",
    "sin",
    "sin_",
    "sinc",
    "sinc_",
    "sinh",
    "sinh_",
    "slice_scatter",
    "slogdet",
    "softmax",
    "softplus",
    "sort",
    "special",
    "split",
    "split_with_sizes",
    "sqrt",
    "sqrt_",
    "square",
    "square_",
    "squeeze",
    "stack",
    "std",
    "std_mean",
    "step",
    "stft",
    "sub",
    "subtract",
    "sum",
    "sum_to",
    "svd",
    "svd_lowrank",
    "swapaxes",
    "swapdims",
    "t",
    "take",
    "take_along_dim",
    "tan",
    "tan_",
    "tanh",
    "tanh_",
    "tensor",
    "tensor_split",
    "tensordot",
    "threshold",
    "threshold_",
    "tile",
    "topk",
    "trace",
    "transpose",
    "trapezoid",
    "trapz",
    "triangular_solve",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
    "true_divide",
    "trunc",
    "trunc_",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "unbind",
    "unflatten",
    "unfold",
    "unique",
    "unique_consecutive",
    "unravel_index",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "unsqueeze",
    "upsample",
    "use_deterministic_algorithms",
    "vander",
    "var",
    "var_mean",
    "vdot",
    "vecdot",
    "view_as_complex",
    "view_as_real",
    "vmap",
    "vsplit",
    "vstack",
    "warmup",
    "where",
    "xlogy",
    "xlogy_",
    "zero_",
    "zeros",
    "zeros_like",
]

def abs(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the absolute value of each element."""

def abs_(input: TensorLike) -> Tensor:
    """Apply `abs` and write the result over `input`, which is returned; the change is recorded."""

def absolute(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the absolute value of each element."""

def acos(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the angle whose cosine each element is, in radians."""

def acos_(input: TensorLike) -> Tensor:
    """Apply `acos` and write the result over `input`, which is returned; the change is recorded."""

def acosh(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the non-negative number whose hyperbolic cosine each element is."""

def acosh_(input: TensorLike) -> Tensor:
    """Apply `acosh` and write the result over `input`, which is returned; the change is recorded."""

def adaptive_avg_pool1d(input: TensorLike, output_size: _int | _tuple[_int | None, ...] | None) -> Tensor:
    """Return the means of windows that divide the image into output_size parts, as equal as can be."""

def adaptive_max_pool1d(
    input: TensorLike, output_size: _int | _tuple[_int | None, ...] | None, return_indices: _bool = ...
) -> Tensor | _tuple[Tensor, Tensor]:
    """Return the largest elements of windows that divide the image into output_size parts, as equal as can be."""

def add(input: TensorLike, other: TensorLike, *, alpha: _complex = ..., out: Tensor | None = ...) -> Tensor:
    """Add `other`, multiplied by the number `alpha`, to `input`, elementwise."""

def addbmm(
    input: TensorLike,
    batch1: TensorLike,
    batch2: TensorLike,
    *,
    beta: _float = ...,
    alpha: _float = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Add a multiple of the sum of the products of two stacks, `batch1` and `batch2`, to a multiple of `input`."""

def addcdiv(
    input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: _complex = ..., out: Tensor | None = ...
) -> Tensor:
    """Add the quotient of two tensors, multiplied by the number `value`, to a third, elementwise."""

def addcmul(
    input: TensorLike, tensor1: TensorLike, tensor2: TensorLike, *, value: _complex = ..., out: Tensor | None = ...
) -> Tensor:
    """Add the product of two tensors, multiplied by the number `value`, to a third, elementwise."""

def addmm(
    input: TensorLike,
    mat1: TensorLike,
    mat2: TensorLike,
    *,
    beta: _float = ...,
    alpha: _float = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Add a multiple of the product of two matrices, `mat1` and `mat2`, to a multiple of `input`."""

def addmv(
    input: TensorLike,
    mat: TensorLike,
    vec: TensorLike,
    *,
    beta: _float = ...,
    alpha: _float = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Add a multiple of the product of a matrix `mat` and a vector `vec` to a multiple of `input`."""

def addmv_(input: TensorLike, mat: TensorLike, vec: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
    """Apply `addmv` and write the result over `input`, which is returned; the change is recorded."""

def addr(
    input: TensorLike,
    vec1: TensorLike,
    vec2: TensorLike,
    *,
    beta: _float = ...,
    alpha: _float = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Add a multiple of the outer product of two vectors, `vec1` and `vec2`, to a multiple of `input`."""

def adjoint(input: TensorLike) -> Tensor:
    """Return the conjugate transpose of each matrix in the last two dimensions."""

def affine_grid(theta: TensorLike, size: Sequence[_int], align_corners: _bool | None = ...) -> Tensor:
    """Return where an affine map sends the pixels of an image of `size`, for `grid_sample`."""

def all(
    input: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return whether all elements over `dim` are true, that is, not 0."""

def allclose(
    input: TensorLike, other: TensorLike, rtol: _float = ..., atol: _float = ..., equal_nan: _bool = ...
) -> _bool:
    """Test whether all elements of `input` are close to those of `other`."""

def alpha_dropout(input: A, p: _float = ..., training: _bool = ..., inplace: _bool = ...) -> A:
    """Set each element to the lower limit of SELU with probability `p` in training, keeping mean 0 and variance 1."""

def amax(
    input: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return the largest element over `dim`, or of all elements; NaN if there is one."""

def amin(
    input: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return the smallest element over `dim`, or of all elements; NaN if there is one."""

def aminmax(
    input: TensorLike,
    *,
    dim: Dims = ...,
    keepdim: _bool = ...,
    out: _tuple[Tensor, ...] | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> AMinMax:
    """Return the smallest and the largest element over `dim`, as a named tuple (min, max)."""

def angle(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the angle of each number in the complex plane, in radians."""

def any(
    input: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return whether any element over `dim` is true, that is, not 0."""

def arccos(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the angle whose cosine each element is, in radians."""

def arccos_(input: TensorLike) -> Tensor:
    """Apply `arccos` and write the result over `input`, which is returned; the change is recorded."""

def arccosh(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the non-negative number whose hyperbolic cosine each element is."""

def arccosh_(input: TensorLike) -> Tensor:
    """Apply `arccosh` and write the result over `input`, which is returned; the change is recorded."""

def arcsin(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the angle whose sine each element is, in radians."""

def arcsin_(input: TensorLike) -> Tensor:
    """Apply `arcsin` and write the result over `input`, which is returned; the change is recorded."""

def arcsinh(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the number whose hyperbolic sine each element is."""

def arcsinh_(input: TensorLike) -> Tensor:
    """Apply `arcsinh` and write the result over `input`, which is returned; the change is recorded."""

def arctan(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the angle whose tangent each element is, in radians."""

def arctan2(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the angle of the point (other, input), in radians."""

def arctan_(input: TensorLike) -> Tensor:
    """Apply `arctan` and write the result over `input`, which is returned; the change is recorded."""

def arctanh(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the number whose hyperbolic tangent each element is."""

def arctanh_(input: TensorLike) -> Tensor:
    """Apply `arctanh` and write the result over `input`, which is returned; the change is recorded."""

def argmax(
    input: TensorLike,
    dim: _int | None = ...,
    keepdim: _bool = ...,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return the index of the largest element along `dim`, the first of equal ones."""

def argmin(
    input: TensorLike,
    dim: _int | None = ...,
    keepdim: _bool = ...,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return the index of the smallest element along `dim`, the first of equal ones."""

def argsort(
    input: TensorLike,
    dim: _int = ...,
    descending: _bool = ...,
    stable: _bool = ...,
    *,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return the indices that put the elements in order along `dim`."""

def argwhere(input: TensorLike) -> Tensor:
    """Return the indices of the elements that are not 0, a row each."""

def as_strided(
    input: TensorLike, size: _int | Sequence[_int], stride: _int | Sequence[_int], storage_offset: _int | None = ...
) -> Tensor:
    """Return a view of the memory of `input` with the given sizes, strides and offset, counted in elements."""

def as_strided_scatter(
    input: TensorLike,
    src: TensorLike,
    size: _int | Sequence[_int],
    stride: _int | Sequence[_int],
    storage_offset: _int | None = ...,
) -> Tensor:
    """Return a copy of `input` in which the elements that `as_strided` of the same arguments sees are those of `src`."""

def asin(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the angle whose sine each element is, in radians."""

def asin_(input: TensorLike) -> Tensor:
    """Apply `asin` and write the result over `input`, which is returned; the change is recorded."""

def asinh(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the number whose hyperbolic sine each element is."""

def asinh_(input: TensorLike) -> Tensor:
    """Apply `asinh` and write the result over `input`, which is returned; the change is recorded."""

def atan(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the angle whose tangent each element is, in radians."""

def atan2(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the angle of the point (other, input), in radians."""

def atan_(input: TensorLike) -> Tensor:
    """Apply `atan` and write the result over `input`, which is returned; the change is recorded."""

def atanh(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the number whose hyperbolic tangent each element is."""

def atanh_(input: TensorLike) -> Tensor:
    """Apply `atanh` and write the result over `input`, which is returned; the change is recorded."""

@overload
def atleast_1d(tensor: TensorLike, /) -> Tensor:
    """Return numbers as vectors of one element, and all else as it is."""

@overload
def atleast_1d(tensors: Sequence[TensorLike], /) -> _tuple[Tensor, ...]:
    """Return numbers as vectors of one element, and all else as it is."""

@overload
def atleast_1d(first: TensorLike, second: TensorLike, /, *more: TensorLike) -> _tuple[Tensor, ...]:
    """Return numbers as vectors of one element, and all else as it is."""

@overload
def atleast_2d(tensor: TensorLike, /) -> Tensor:
    """Return numbers and vectors as matrices of one row, and all else as it is."""

@overload
def atleast_2d(tensors: Sequence[TensorLike], /) -> _tuple[Tensor, ...]:
    """Return numbers and vectors as matrices of one row, and all else as it is."""

@overload
def atleast_2d(first: TensorLike, second: TensorLike, /, *more: TensorLike) -> _tuple[Tensor, ...]:
    """Return numbers and vectors as matrices of one row, and all else as it is."""

@overload
def atleast_3d(tensor: TensorLike, /) -> Tensor:
    """Return numbers, vectors and matrices with dimensions of size 1 added up to three, and all else as it is."""

@overload
def atleast_3d(tensors: Sequence[TensorLike], /) -> _tuple[Tensor, ...]:
    """Return numbers, vectors and matrices with dimensions of size 1 added up to three, and all else as it is."""

@overload
def atleast_3d(first: TensorLike, second: TensorLike, /, *more: TensorLike) -> _tuple[Tensor, ...]:
    """Return numbers, vectors and matrices with dimensions of size 1 added up to three, and all else as it is."""

def avg_pool1d(
    input: TensorLike,
    kernel_size: _int | _tuple[_int, ...],
    stride: _int | _tuple[_int, ...] | None = ...,
    padding: _int | _tuple[_int, ...] = ...,
    ceil_mode: _bool = ...,
    count_include_pad: _bool = ...,
) -> Tensor:
    """Return the mean of each window over one spatial dimension."""

def baddbmm(
    input: TensorLike,
    batch1: TensorLike,
    batch2: TensorLike,
    *,
    beta: _float = ...,
    alpha: _float = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Add a multiple of the products of two stacks, `batch1` and `batch2`, to a multiple of `input`."""

def bartlett_window(
    window_length: _int,
    periodic: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    device: Device = ...,
    requires_grad: _bool = ...,
) -> Tensor:
    """Return the Bartlett window of `window_length` points, a triangle, `periodic` for spectra or symmetric for filters."""

def batch_norm(
    input: TensorLike,
    weight: TensorLike | None,
    bias: TensorLike | None,
    running_mean: TensorLike | None,
    running_var: TensorLike | None,
    training: _bool,
    momentum: _float,
    eps: _float,
    cudnn_enabled: _bool = ...,
) -> Tensor:
    """Standardise each channel over the batch, or by running statistics: `nn.functional.batch_norm` with `weight` first."""

def bilinear(input1: TensorLike, input2: TensorLike, weight: TensorLike, bias: TensorLike | None = ...) -> Tensor:
    """Apply a bilinear form for each output feature, and add `bias`."""

def bincount(input: TensorLike, weights: TensorLike | None = ..., minlength: _int = ...) -> Tensor:
    """Return how often each of 0, 1, … occurs in a vector, or the sum of its `weights`."""

def bitwise_and(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the and of the bits of two integers, or of two booleans, elementwise."""

def bitwise_left_shift(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Shift the bits of each integer to the left, elementwise."""

def bitwise_not(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Invert the bits of each integer, or each boolean."""

def bitwise_or(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the or of the bits of two integers, or of two booleans, elementwise."""

def bitwise_right_shift(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Shift the bits of each integer to the right, elementwise."""

def bitwise_xor(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the exclusive or of the bits of two integers, or of two booleans, elementwise."""

def blackman_window(
    window_length: _int,
    periodic: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    device: Device = ...,
    requires_grad: _bool = ...,
) -> Tensor:
    """Return the Blackman window of `window_length` points, `periodic` for spectra or symmetric for filters."""

def block_diag(*tensors: TensorLike) -> Tensor:
    """Return the matrix with the given matrices along its diagonal, zeros elsewhere."""

def bmm(input: TensorLike, mat2: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Multiply the matrices of two equally long stacks pair by pair; `input` and `mat2` do not broadcast."""

def broadcast_shapes(*shapes: _int | Sequence[_int]) -> Size:
    """Return the shape that tensors of the given `shapes` have after they were broadcast together."""

def broadcast_tensors(*tensors: TensorLike | Sequence[TensorLike]) -> _tuple[Tensor, ...]:
    """Return the tensors as views of their common broadcast shape."""

def broadcast_to(input: TensorLike, shape: Sequence[_int]) -> Tensor:
    """Repeat `input`, without copying, along new leading dimensions and those of size 1, to get `shape`."""

def bucketize(
    input: TensorLike, boundaries: TensorLike, *, out_int32: _bool = ..., right: _bool = ..., out: Tensor | None = ...
) -> Tensor:
    """Return the index of the interval between increasing `boundaries` that each element of `input` lies in."""

def cartesian_prod(*tensors: TensorLike) -> Tensor:
    """Return all ways to take one element of each of some vectors, a row each; of one vector, itself."""

def cat(
    tensors: Sequence[TensorLike], dim: _int = ..., *, out: Tensor | None = ..., axis: Dims = ..., keepdims: _bool = ...
) -> Tensor:
    """Join tensors along `dim`: they have the same sizes but there."""

def cdist(x1: TensorLike, x2: TensorLike, p: _float = ..., compute_mode: _str = ...) -> Tensor:
    """Compute the distances of all pairs of a row of `x1` and a row of `x2`."""

def ceil(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Round each element up."""

def ceil_(input: TensorLike) -> Tensor:
    """Apply `ceil` and write the result over `input`, which is returned; the change is recorded."""

def celu(input: TensorLike, alpha: _float = ..., inplace: _bool = ...) -> Tensor:
    """Apply the exponential linear unit whose slope is continuous for every `alpha`."""

def celu_(input: Tensor, alpha: _float = ...) -> Tensor:
    """Apply `celu` and write the result over `input`, which is returned."""

def chain_matmul(*matrices: TensorLike, out: Tensor | None = ...) -> Tensor:
    """Multiply matrices in the order that costs the fewest multiplications; `linalg.multi_dot` with separate arguments."""

def channel_shuffle(input: TensorLike, groups: _int) -> Tensor:
    """Interleave the channels of `groups` groups of neighbouring channels."""

def cholesky(input: TensorLike, upper: _bool = ..., *, out: Tensor | None = ...) -> Tensor:
    """Compute the Cholesky factor of each positive definite matrix of `input`: `linalg.cholesky`."""

def cholesky_inverse(L: TensorLike, upper: _bool = ..., *, out: Tensor | None = ...) -> Tensor:
    """Compute the inverse of a positive definite matrix from its Cholesky factor `L`, or U = Lᴴ if `upper`."""

def cholesky_solve(B: TensorLike, L: TensorLike, upper: _bool = ..., *, out: Tensor | None = ...) -> Tensor:
    """Solve linear systems from the Cholesky factor of their matrix, `L`, or U = Lᴴ if `upper`."""

def chunk(
    input: TensorLike, chunks: _int, dim: _int = ..., *, axis: Dims = ..., keepdims: _bool = ...
) -> _tuple[Tensor, ...]:
    """Split a tensor along `dim` into at most `chunks` views of equal size, the last possibly smaller."""

def clamp(
    input: TensorLike, min: TensorLike | None = ..., max: TensorLike | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Limit `input` to the range from `min` to `max`, elementwise."""

def clamp_(input: TensorLike, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
    """Apply `clamp` and write the result over `input`, which is returned; the change is recorded."""

def clamp_max(input: TensorLike, max: TensorLike) -> Tensor:
    """Replace what is greater than `max` by max, elementwise; see `clamp`."""

def clamp_max_(input: TensorLike, max: TensorLike) -> Tensor:
    """Apply `clamp_max` and write the result over `input`, which is returned; the change is recorded."""

def clamp_min(input: TensorLike, min: TensorLike) -> Tensor:
    """Replace what is smaller than `min` by min, elementwise; see `clamp`."""

def clamp_min_(input: TensorLike, min: TensorLike) -> Tensor:
    """Apply `clamp_min` and write the result over `input`, which is returned; the change is recorded."""

def clip(
    input: TensorLike, min: TensorLike | None = ..., max: TensorLike | None = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Limit `input` to the range from `min` to `max`, elementwise."""

def clip_(input: TensorLike, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
    """Apply `clip` and write the result over `input`, which is returned; the change is recorded."""

def clone(input: TensorLike, *, memory_format: MemoryFormat = ...) -> Tensor:
    """Copy `input` to memory of its own; unlike that of `detach`, the copy has a gradient. `memory_format` changes no result."""

def column_stack(tensors: Sequence[TensorLike], *, out: Tensor | None = ...) -> Tensor:
    """Join vectors as the columns of a matrix; matrices as `hstack` does."""

def combinations(input: TensorLike, r: _int = ..., with_replacement: _bool = ...) -> Tensor:
    """Return all choices of r elements of a vector, in their order, a row each."""

def complex(real: Tensor, imag: Tensor, *, out: Tensor | None = ...) -> Tensor:
    """Make complex numbers of their real and imaginary parts."""

def concat(
    tensors: Sequence[TensorLike], dim: _int = ..., *, out: Tensor | None = ..., axis: Dims = ..., keepdims: _bool = ...
) -> Tensor:
    """Join tensors along `dim`: they have the same sizes but there."""

def concatenate(
    tensors: Sequence[TensorLike], dim: _int = ..., *, out: Tensor | None = ..., axis: Dims = ..., keepdims: _bool = ...
) -> Tensor:
    """Join tensors along `dim`: they have the same sizes but there."""

def conj(input: A) -> A:
    """Return the complex conjugate of each element; of a real tensor, the tensor itself."""

def conj_physical(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Return the complex conjugate of each element: `conj`, which always computes."""

def conj_physical_(input: TensorLike) -> Tensor:
    """Apply `conj_physical` and write the result over `input`, which is returned; the change is recorded."""

def constant_pad_nd(input: TensorLike, pad: Sequence[_int], value: _float = ...) -> Tensor:
    """Add elements of one `value` at the ends of the last dimensions: `ag.pad` with mode "constant"."""

def contiguous(input: TensorLike, memory_format: MemoryFormat = ...) -> Tensor:
    """Return the tensor itself if its elements lie in row-major order, else a copy in that order."""

def conv1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = ...,
    stride: _int | _tuple[_int, ...] = ...,
    padding: _int | _tuple[_int, ...] | _str = ...,
    dilation: _int | _tuple[_int, ...] = ...,
    groups: _int = ...,
) -> Tensor:
    """Compute a convolution over one spatial dimension; filters are not flipped (it is a cross-correlation)."""

def conv2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = ...,
    stride: _int | _tuple[_int, ...] = ...,
    padding: _int | _tuple[_int, ...] | _str = ...,
    dilation: _int | _tuple[_int, ...] = ...,
    groups: _int = ...,
) -> Tensor:
    """Compute a convolution over two spatial dimensions; filters are not flipped (it is a cross-correlation)."""

def conv3d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = ...,
    stride: _int | _tuple[_int, ...] = ...,
    padding: _int | _tuple[_int, ...] | _str = ...,
    dilation: _int | _tuple[_int, ...] = ...,
    groups: _int = ...,
) -> Tensor:
    """Compute a convolution over three spatial dimensions; filters are not flipped (it is a cross-correlation)."""

def conv_transpose1d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = ...,
    stride: _int | _tuple[_int, ...] = ...,
    padding: _int | _tuple[_int, ...] = ...,
    output_padding: _int | _tuple[_int, ...] = ...,
    groups: _int = ...,
    dilation: _int | _tuple[_int, ...] = ...,
) -> Tensor:
    """Compute a transposed convolution over one spatial dimension, which enlarges by the stride."""

def conv_transpose2d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = ...,
    stride: _int | _tuple[_int, ...] = ...,
    padding: _int | _tuple[_int, ...] = ...,
    output_padding: _int | _tuple[_int, ...] = ...,
    groups: _int = ...,
    dilation: _int | _tuple[_int, ...] = ...,
) -> Tensor:
    """Compute a transposed convolution over two spatial dimensions, which enlarges by the stride."""

def conv_transpose3d(
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None = ...,
    stride: _int | _tuple[_int, ...] = ...,
    padding: _int | _tuple[_int, ...] = ...,
    output_padding: _int | _tuple[_int, ...] = ...,
    groups: _int = ...,
    dilation: _int | _tuple[_int, ...] = ...,
) -> Tensor:
    """Compute a transposed convolution over three spatial dimensions, which enlarges by the stride."""

def copysign(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Give each element the sign of another one, also that of −0."""

def corrcoef(input: TensorLike) -> Tensor:
    """Compute Pearson's correlation coefficients of the rows of `input`; of a single row or a vector, 1."""

def cos(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the cosine of each element, an angle in radians."""

def cos_(input: TensorLike) -> Tensor:
    """Apply `cos` and write the result over `input`, which is returned; the change is recorded."""

def cosh(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the hyperbolic cosine of each element."""

def cosh_(input: TensorLike) -> Tensor:
    """Apply `cosh` and write the result over `input`, which is returned; the change is recorded."""

def cosine_similarity(x1: TensorLike, x2: TensorLike, dim: _int = ..., eps: _float = ...) -> Tensor:
    """Compute the cosine of the angle between vectors along one dimension."""

def count_nonzero(input: TensorLike, dim: Dims = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
    """Return the number of elements over `dim` that are not 0."""

def cov(
    input: TensorLike, *, correction: _int = ..., fweights: TensorLike | None = ..., aweights: TensorLike | None = ...
) -> Tensor:
    """Compute the covariance matrix of the rows of `input`; of a single row or a vector, its variance."""

def cross(input: TensorLike, other: TensorLike, dim: _int | None = ..., *, out: Tensor | None = ...) -> Tensor:
    """Compute the vector product over a dimension of size 3, the others broadcasting."""

def cummax(
    input: TensorLike, dim: _int, *, out: _tuple[Tensor, ...] | None = ..., axis: Dims = ..., keepdims: _bool = ...
) -> CumMax:
    """Return the largest element so far along `dim` and its index, as a named tuple (values, indices)."""

def cummin(
    input: TensorLike, dim: _int, *, out: _tuple[Tensor, ...] | None = ..., axis: Dims = ..., keepdims: _bool = ...
) -> CumMin:
    """Return the smallest element so far along `dim` and its index, as a named tuple (values, indices)."""

def cumprod(
    input: TensorLike,
    dim: _int,
    *,
    dtype: DTypeLike | None = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the running product along `dim`."""

def cumsum(
    input: TensorLike,
    dim: _int,
    *,
    dtype: DTypeLike | None = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the running sum along `dim`."""

def cumulative_trapezoid(
    y: TensorLike,
    x: TensorLike | None = ...,
    *,
    dx: TensorLike | None = ...,
    dim: _int = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the integrals of y along `dim`, from the first sample to each later one, by the trapezoidal rule."""

def deg2rad(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Convert degrees to radians."""

def deg2rad_(input: TensorLike) -> Tensor:
    """Apply `deg2rad` and write the result over `input`, which is returned; the change is recorded."""

def det(input: TensorLike) -> Tensor:
    """Compute the determinant of each matrix of `input`: `linalg.det`."""

def detach(input: Tensor) -> Tensor:
    """Return the same memory as a tensor without a history: operations on it are not recorded."""

def detach_(input: Tensor) -> Tensor:
    """Forget the history of `input`, which is returned."""

def diag(input: TensorLike, diagonal: _int = ..., *, out: Tensor | None = ...) -> Tensor:
    """Return the matrix with a vector on its diagonal, or a copy of the diagonal of a matrix."""

def diag_embed(input: TensorLike, offset: _int = ..., dim1: _int = ..., dim2: _int = ...) -> Tensor:
    """Return zeros with the last dimension of `input` on a diagonal of two new dimensions."""

def diagflat(input: TensorLike, offset: _int = ...) -> Tensor:
    """Return the matrix with all elements of `input` on its diagonal, zeros elsewhere."""

def diagonal(input: TensorLike, offset: _int = ..., dim1: _int = ..., dim2: _int = ...) -> Tensor:
    """Return a diagonal of two dimensions, as a view with it along a new last dimension."""

def diagonal_scatter(
    input: TensorLike, src: TensorLike, offset: _int = ..., dim1: _int = ..., dim2: _int = ...
) -> Tensor:
    """Return a copy of `input` with a diagonal replaced by `src`."""

def diff(
    input: TensorLike,
    n: _int = ...,
    dim: _int = ...,
    prepend: Tensor | ndarray | None = ...,
    append: Tensor | ndarray | None = ...,
    *,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the n-th differences along `dim`."""

def digamma(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the digamma function, the derivative of log Γ, of each element."""

def dist(input: TensorLike, other: TensorLike, p: _float = ...) -> Tensor:
    """Compute the p-norm of the difference of two tensors."""

def div(
    input: TensorLike,
    other: TensorLike,
    *,
    rounding_mode: Literal["floor", "trunc"] | None = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Divide `input` by `other`, elementwise."""

def divide(
    input: TensorLike,
    other: TensorLike,
    *,
    rounding_mode: Literal["floor", "trunc"] | None = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Divide `input` by `other`, elementwise."""

def dot(input: TensorLike, tensor: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the sum of the products of two vectors, `input` and `tensor`."""

def dropout(input: A, p: _float = ..., training: _bool = ..., inplace: _bool = ...) -> A:
    """Set each element to 0 with probability `p` in training, and scale the others to keep the expectation."""

def dsplit(
    input: TensorLike,
    indices_or_sections: _int | Sequence[_int] | Tensor | ndarray | None = ...,
    *,
    sections: _int | None = ...,
    indices: Sequence[_int] | Tensor | ndarray | None = ...,
) -> _tuple[Tensor, ...]:
    """Split a tensor in depth, along the third dimension."""

def dstack(tensors: Sequence[TensorLike], *, out: Tensor | None = ...) -> Tensor:
    """Join tensors one behind the other, along the third dimension."""

def einsum(equation: _str, *operands: TensorLike) -> Tensor:
    """Compute sums of products over named indices, in Einstein's notation."""

def embedding(
    input: TensorLike,
    weight: TensorLike,
    padding_idx: _int | None = ...,
    max_norm: _float | None = ...,
    norm_type: _float = ...,
    scale_grad_by_freq: _bool = ...,
    sparse: _bool = ...,
) -> Tensor:
    """Return a row of the table `weight` for each index."""

def eq(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether two numbers are equal, elementwise."""

def equal(input: TensorLike, other: TensorLike) -> _bool:
    """Test whether `input` and `other` have the same shape and the same elements."""

def erf(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the error function of each element."""

def erf_(input: TensorLike) -> Tensor:
    """Apply `erf` and write the result over `input`, which is returned; the change is recorded."""

def erfc(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the complementary error function, 1 − erf(x), exactly also where it is small."""

def erfc_(input: TensorLike) -> Tensor:
    """Apply `erfc` and write the result over `input`, which is returned; the change is recorded."""

def erfinv(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the number whose error function each element is."""

def exp(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the exponential of each element."""

def exp2(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute 2 to the power of each element."""

def exp2_(input: TensorLike) -> Tensor:
    """Apply `exp2` and write the result over `input`, which is returned; the change is recorded."""

def exp_(input: TensorLike) -> Tensor:
    """Apply `exp` and write the result over `input`, which is returned; the change is recorded."""

@overload
def expand(input: TensorLike, size: Sequence[_int]) -> Tensor:
    """Return a view in which dimensions of size 1 are repeated up to `size`; −1 keeps a size."""

@overload
def expand(input: TensorLike, *size: _int) -> Tensor:
    """Return a view in which dimensions of size 1 are repeated up to `size`; −1 keeps a size."""

def expm1(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the exponential minus 1, exactly also where it is nearly 0."""

def expm1_(input: TensorLike) -> Tensor:
    """Apply `expm1` and write the result over `input`, which is returned; the change is recorded."""

def feature_alpha_dropout(input: A, p: _float = ..., training: _bool = ..., inplace: _bool = ...) -> A:
    """Set whole channels to the lower limit of SELU with probability `p` in training."""

def fill(input: TensorLike, value: TensorLike) -> Tensor:
    """Return a tensor of the shape and dtype of `input` that has one `value` everywhere."""

def fill_(input: Tensor, value: TensorLike) -> Tensor:
    """Write one `value` into all elements of `input`, which is returned; the change is recorded."""

def fix(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Round each element towards 0."""

def fix_(input: TensorLike) -> Tensor:
    """Apply `fix` and write the result over `input`, which is returned; the change is recorded."""

def flatten(input: TensorLike, start_dim: _int = ..., end_dim: _int = ...) -> Tensor:
    """Join the dimensions from `start_dim` to `end_dim` into one."""

@overload
def flip(input: TensorLike, dims: Sequence[_int]) -> Tensor:
    """Reverse the order of the elements along `dims`, in a copy, as in PyTorch."""

@overload
def flip(input: TensorLike, *dims: _int) -> Tensor:
    """Reverse the order of the elements along `dims`, in a copy, as in PyTorch."""

def fliplr(input: TensorLike) -> Tensor:
    """Exchange left and right: reverse the second dimension."""

def flipud(input: TensorLike) -> Tensor:
    """Exchange up and down: reverse the first dimension."""

def float_power(input: TensorLike, exponent: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Raise `input` to the power `exponent`, elementwise, in double precision."""

def floor(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Round each element down."""

def floor_(input: TensorLike) -> Tensor:
    """Apply `floor` and write the result over `input`, which is returned; the change is recorded."""

def floor_divide(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Divide two tensors, elementwise, and round down."""

def fmax(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Return the larger of two numbers, elementwise; the other one if one of them is NaN."""

def fmin(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Return the smaller of two numbers, elementwise; the other one if one of them is NaN."""

def fmod(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the remainder of a division that rounds towards 0, elementwise."""

def frac(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Return what follows the point of each element, with its sign."""

def frac_(input: TensorLike) -> Tensor:
    """Apply `frac` and write the result over `input`, which is returned; the change is recorded."""

def frexp(input: TensorLike, *, out: _tuple[Tensor, ...] | None = ...) -> _tuple[Tensor, Tensor]:
    """Split each element of `input` into mantissa and exponent."""

def frobenius_norm(input: TensorLike, dim: Dims, keepdim: _bool = ...) -> Tensor:
    """Compute the square root of the sum of the squares over `dim`, which with `keepdim` stays as 1."""

def gather(
    input: TensorLike,
    dim: _int,
    index: TensorLike,
    *,
    sparse_grad: _bool = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Read one element along `dim` for each element of `index`."""

def gcd(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the greatest common divisor, elementwise."""

def gcd_(input: TensorLike, other: TensorLike) -> Tensor:
    """Apply `gcd` and write the result over `input`, which is returned; the change is recorded."""

def ge(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether one number is at least another, elementwise."""

def geqrf(input: TensorLike, *, out: _tuple[Tensor, ...] | None = ...) -> GeqrfResult:
    """Compute the QR factorisation of each matrix of `input` in LAPACK's form; `householder_product` makes Q of it."""

def ger(input: TensorLike, vec2: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the products of every element of `input` with every element of `vec2`."""

def get_device(input: Tensor) -> _int:
    """Return the number of the GPU of `input`: −1, as all tensors are in main memory."""

def gradient(
    input: TensorLike,
    *,
    spacing: _float | TensorLike | Sequence[TensorLike] = ...,
    dim: Dims = ...,
    edge_order: _int = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> _tuple[Tensor, ...]:
    """Estimate the derivatives of samples along each `dim` (None: of all) by differences of neighbours."""

def greater(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether one number is greater than another, elementwise."""

def greater_equal(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether one number is at least another, elementwise."""

def grid_sample(
    input: TensorLike, grid: TensorLike, mode: _str = ..., padding_mode: _str = ..., align_corners: _bool | None = ...
) -> Tensor:
    """Read images at the positions `grid`, differentiable in both."""

def group_norm(
    input: TensorLike,
    num_groups: _int,
    weight: TensorLike | None = ...,
    bias: TensorLike | None = ...,
    eps: _float = ...,
    cudnn_enabled: _bool = ...,
) -> Tensor:
    """Standardise each of `num_groups` groups of channels: `nn.functional.group_norm`."""

def gru_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = ...,
    b_hh: TensorLike | None = ...,
) -> Tensor:
    """Compute one step of a gated recurrent unit."""

def gt(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether one number is greater than another, elementwise."""

def hamming_window(
    window_length: _int,
    periodic: _bool = ...,
    alpha: _float = ...,
    beta: _float = ...,
    *,
    dtype: DTypeLike | None = ...,
    device: Device = ...,
    requires_grad: _bool = ...,
) -> Tensor:
    """Return the Hamming window of `window_length` points, `periodic` for spectra or symmetric for filters."""

def hann_window(
    window_length: _int,
    periodic: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    device: Device = ...,
    requires_grad: _bool = ...,
) -> Tensor:
    """Return the Hann window of `window_length` points, `periodic` for spectra or symmetric for filters."""

def hardshrink(input: TensorLike, lambd: _float = ...) -> Tensor:
    """Replace what is within ±`lambd` by 0."""

def heaviside(input: TensorLike, values: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Heaviside step function, elementwise; `values` is what it is at 0."""

def histc(
    input: TensorLike, bins: _int = ..., min: _float = ..., max: _float = ..., *, out: Tensor | None = ...
) -> Tensor:
    """Return the number of elements in each of `bins` intervals of equal width between `min` and `max`."""

def histogram(
    input: TensorLike,
    bins: _int | Tensor,
    *,
    range: _tuple[_float, _float] | None = ...,
    weight: TensorLike | None = ...,
    density: _bool = ...,
    out: _tuple[Tensor, ...] | None = ...,
) -> Histogram:
    """Count the elements of `input` in intervals, and return the counts and the edges."""

def histogramdd(
    input: TensorLike,
    bins: _int | Sequence[_int] | Sequence[Tensor],
    *,
    range: Sequence[_float] | None = ...,
    weight: TensorLike | None = ...,
    density: _bool = ...,
    out: _tuple[Tensor, ...] | None = ...,
) -> Histogram:
    """Count the points in the last dimension of `input` in boxes, and return the counts and the edges of each dimension."""

def hsplit(
    input: TensorLike,
    indices_or_sections: _int | Sequence[_int] | Tensor | ndarray | None = ...,
    *,
    sections: _int | None = ...,
    indices: Sequence[_int] | Tensor | ndarray | None = ...,
) -> _tuple[Tensor, ...]:
    """Split a tensor horizontally, along the second dimension, or the only one of a vector."""

def hstack(tensors: Sequence[TensorLike], *, out: Tensor | None = ...) -> Tensor:
    """Join tensors side by side: along the second dimension, vectors along their only one."""

def hypot(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the length of the hypotenuse of a right triangle, without overflow."""

def i0(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the modified Bessel function of the first kind of order 0, I₀."""

def i0_(input: TensorLike) -> Tensor:
    """Apply `i0` and write the result over `input`, which is returned; the change is recorded."""

def identity(input: TensorLike) -> Tensor:
    """Return `input` itself, the activation of a linear neuron."""

def igamma(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the regularised lower incomplete gamma function, elementwise."""

def igammac(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the regularised upper incomplete gamma function, elementwise."""

def imag(input: TensorLike) -> Tensor:
    """Return the imaginary part of a complex tensor, a view."""

def index_add(
    input: TensorLike,
    dim: _int,
    index: TensorLike,
    source: TensorLike,
    *,
    alpha: _float = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return a copy of `input` with `alpha` times the slices of `source` added to those that `index` names along `dim`."""

def index_copy(
    input: TensorLike,
    dim: _int,
    index: TensorLike,
    source: TensorLike,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return a copy of `input` with the slices that `index` names along `dim` replaced by those of `source`."""

def index_fill(
    input: TensorLike, dim: _int, index: TensorLike, value: TensorLike, *, axis: Dims = ..., keepdims: _bool = ...
) -> Tensor:
    """Return a copy of `input` with the slices that `index` names along `dim` filled with one value."""

def index_put(
    input: TensorLike, indices: Sequence[TensorLike | None], values: TensorLike, accumulate: _bool = ...
) -> Tensor:
    """Return a copy of `input` with `values`, broadcast, written at input[indices]."""

def index_put_(
    input: Tensor, indices: Sequence[TensorLike | None], values: TensorLike, accumulate: _bool = ...
) -> Tensor:
    """Write `values` at input[indices], or add them with `accumulate`: `index_put` over `input`, which is returned."""

def index_reduce(
    input: TensorLike,
    dim: _int,
    index: TensorLike,
    source: TensorLike,
    reduce: _str,
    *,
    include_self: _bool = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return a copy of `input` with the slices of `source` reduced into those that `index` names along `dim`."""

def index_select(
    input: TensorLike,
    dim: _int,
    index: TensorLike,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return the slices along `dim` that a vector of indices names."""

def inner(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the sums of products over the last dimensions; a 0-d `input` or `other` multiplies."""

def instance_norm(
    input: TensorLike,
    weight: TensorLike | None,
    bias: TensorLike | None,
    running_mean: TensorLike | None,
    running_var: TensorLike | None,
    use_input_stats: _bool,
    momentum: _float,
    eps: _float,
    cudnn_enabled: _bool = ...,
) -> Tensor:
    """Standardise each channel of each example: `nn.functional.instance_norm` with `weight` first."""

def interpolate(
    input: TensorLike,
    size: _int | Sequence[_int] | None = ...,
    scale_factor: _float | Sequence[_float] | None = ...,
    mode: _str = ...,
    align_corners: _bool | None = ...,
    recompute_scale_factor: _bool | None = ...,
    antialias: _bool = ...,
) -> Tensor:
    """Resize images to `size`, or by `scale_factor`, of which one is given: one number, or one for each dimension."""

def inverse(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the inverse of each matrix of `input`: `linalg.inv`."""

def is_complex(input: TensorLike | DTypeLike) -> _bool:
    """Test whether the dtype of `input`, or the dtype that it is, is a complex one."""

def is_conj(input: Tensor) -> _bool:
    """Return False: the conjugation of `input` is never deferred here, unlike in PyTorch."""

def is_floating_point(input: TensorLike | DTypeLike) -> _bool:
    """Test whether the dtype of `input`, or the dtype that it is, is a floating one."""

def is_inference(input: Tensor) -> _bool:
    """Return False: what is computed from `input` may always be recorded, also if it was made in `inference_mode`."""

def is_neg(input: Tensor) -> _bool:
    """Return False: the negation of `input` is never deferred here, unlike in PyTorch."""

def is_nonzero(input: Tensor) -> _bool:
    """Test whether the only element of `input` is not 0."""

def is_same_size(input: TensorLike, other: TensorLike) -> _bool:
    """Test whether `input` and `other` have one shape."""

def is_signed(input: TensorLike | DTypeLike) -> _bool:
    """Test whether the dtype of `input`, or the dtype that it is, has negative numbers."""

def is_tensor(obj: object, /) -> _bool:
    """Test whether `obj` is a tensor, or inside a transform such as vmap stands for one."""

def isclose(
    input: TensorLike, other: TensorLike, rtol: _float = ..., atol: _float = ..., equal_nan: _bool = ...
) -> Tensor:
    """Test whether `input` is close to `other`, elementwise."""

def isfinite(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether each element is neither infinite nor NaN."""

def isin(elements: TensorLike, test_elements: TensorLike, *, assume_unique: _bool = ..., invert: _bool = ...) -> Tensor:
    """Return whether each of `elements` is among `test_elements`."""

def isinf(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether each element is infinite."""

def isnan(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether each element is NaN, not a number."""

def isneginf(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether each element is −∞."""

def isposinf(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether each element is +∞."""

def isreal(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether each element has no imaginary part."""

def istft(
    input: TensorLike,
    n_fft: _int,
    hop_length: _int | None = ...,
    win_length: _int | None = ...,
    window: TensorLike | None = ...,
    center: _bool = ...,
    normalized: _bool = ...,
    onesided: _bool | None = ...,
    length: _int | None = ...,
    return_complex: _bool = ...,
) -> Tensor:
    """Compute the signal of which `input` holds the spectra of `stft`, with the same other arguments."""

def kaiser_window(
    window_length: _int,
    periodic: _bool = ...,
    beta: _float = ...,
    *,
    dtype: DTypeLike | None = ...,
    device: Device = ...,
    requires_grad: _bool = ...,
) -> Tensor:
    """Return the Kaiser window of `window_length` points, `periodic` for spectra or symmetric for filters."""

def kron(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the Kronecker product: each element of `input` times the whole of `other`, in place of that element."""

def kthvalue(
    input: TensorLike,
    k: _int,
    dim: _int = ...,
    keepdim: _bool = ...,
    *,
    out: _tuple[Tensor, ...] | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> KthValue:
    """Return the k-th smallest element along `dim` and its index, as a named tuple (values, indices)."""

def layer_norm(
    input: TensorLike,
    normalized_shape: _int | Sequence[_int],
    weight: TensorLike | None = ...,
    bias: TensorLike | None = ...,
    eps: _float = ...,
    cudnn_enable: _bool = ...,
) -> Tensor:
    """Standardise over the last dimensions, those of `normalized_shape`: `nn.functional.layer_norm`."""

def lcm(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the least common multiple, elementwise."""

def lcm_(input: TensorLike, other: TensorLike) -> Tensor:
    """Apply `lcm` and write the result over `input`, which is returned; the change is recorded."""

def ldexp(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Multiply `input` by 2 to the power `other`, elementwise."""

def ldexp_(input: TensorLike, other: TensorLike) -> Tensor:
    """Apply `ldexp` and write the result over `input`, which is returned; the change is recorded."""

def le(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether one number is at most another, elementwise."""

def lerp(input: TensorLike, end: TensorLike, weight: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Interpolate linearly between `input` and `end`, elementwise."""

def less(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether one number is less than another, elementwise."""

def less_equal(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether one number is at most another, elementwise."""

def lgamma(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the logarithm of the absolute value of the gamma function of each element."""

def linear(input: TensorLike, weight: TensorLike, bias: TensorLike | None = ...) -> Tensor:
    """Apply an affine map to the last dimension: multiply by the transpose of `weight` and add `bias`."""

def log(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the natural logarithm of each element."""

def log10(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the logarithm to base 10 of each element."""

def log10_(input: TensorLike) -> Tensor:
    """Apply `log10` and write the result over `input`, which is returned; the change is recorded."""

def log1p(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the natural logarithm of 1 plus each element, exactly also near 0."""

def log1p_(input: TensorLike) -> Tensor:
    """Apply `log1p` and write the result over `input`, which is returned; the change is recorded."""

def log2(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the logarithm to base 2 of each element."""

def log2_(input: TensorLike) -> Tensor:
    """Apply `log2` and write the result over `input`, which is returned; the change is recorded."""

def log_(input: TensorLike) -> Tensor:
    """Apply `log` and write the result over `input`, which is returned; the change is recorded."""

def log_softmax(input: TensorLike, dim: _int | None = ..., dtype: DTypeLike | None = ...) -> Tensor:
    """Compute the logarithm of the softmax over `dim`, exact also where the softmax underflows."""

def logaddexp(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute log(eˣ + eʸ), elementwise, without overflow."""

def logaddexp2(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute log₂(2ˣ + 2ʸ), elementwise, without overflow."""

def logcumsumexp(
    input: TensorLike, dim: _int, *, out: Tensor | None = ..., axis: Dims = ..., keepdims: _bool = ...
) -> Tensor:
    """Compute the logarithm of the running sum of eˣ along `dim`, without overflow."""

def logdet(input: TensorLike) -> Tensor:
    """Compute the logarithm of the determinant of each matrix of `input`; NaN where it is negative."""

def logical_and(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether both numbers differ from 0, elementwise."""

def logical_not(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether each element is 0."""

def logical_or(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether at least one of two numbers differs from 0, elementwise."""

def logical_xor(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether exactly one of two numbers differs from 0, elementwise."""

def logit(input: TensorLike, eps: _float | None = ..., *, out: Tensor | None = ...) -> Tensor:
    """Compute the logit of each element, the inverse of the sigmoid."""

def logit_(input: TensorLike, eps: _float | None = ...) -> Tensor:
    """Apply `logit` and write the result over `input`, which is returned; the change is recorded."""

def logsigmoid(input: TensorLike) -> Tensor:
    """Compute the logarithm of the logistic function, exactly also where that is nearly 0 or 1."""

def logsumexp(
    input: TensorLike,
    dim: Dims,
    keepdim: _bool = ...,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute log Σ eˣ over `dim`, without overflow."""

def lstm_cell(
    input: TensorLike,
    hx: Sequence[TensorLike],
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = ...,
    b_hh: TensorLike | None = ...,
) -> _tuple[Tensor, Tensor]:
    """Compute one step of long short-term memory; `hx` and the result are pairs (h, c)."""

def lt(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether one number is less than another, elementwise."""

def lu(A: TensorLike, pivot: _bool = ..., get_infos: _bool = ...) -> _tuple[Tensor, ...]:
    """Compute the LU factorisation of each matrix of `A`: `linalg.lu_factor`, with the numbers of `lu_factor_ex` if wanted."""

def lu_solve(b: TensorLike, LU_data: TensorLike, LU_pivots: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Solve linear systems from what `linalg.lu_factor` gives: `linalg.lu_solve`, with `b` first."""

def lu_unpack(
    LU_data: TensorLike,
    LU_pivots: TensorLike,
    unpack_data: _bool = ...,
    unpack_pivots: _bool = ...,
    *,
    out: _tuple[Tensor, ...] | None = ...,
) -> LUResult:
    """Return the permutation P and the factors L and U from what `linalg.lu_factor` gives: `LU_data` and `LU_pivots`."""

def masked_fill(input: TensorLike, mask: TensorLike, value: TensorLike) -> Tensor:
    """Return a copy of `input` with one value where `mask` is true."""

def masked_scatter(input: TensorLike, mask: TensorLike, source: TensorLike) -> Tensor:
    """Return a copy of `input` with the elements of `source`, in their order, written where `mask` is true."""

def masked_select(input: TensorLike, mask: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Return the elements where `mask` is true, in one dimension, in row-major order."""

def matmul(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the matrix product over the last two dimensions; leading ones broadcast."""

def matrix_exp(A: TensorLike) -> Tensor:
    """Compute the exponential of each square matrix of `A`."""

def matrix_power(input: TensorLike, n: _int, *, out: Tensor | None = ...) -> Tensor:
    """Multiply each matrix of `input` by itself `n` times: `linalg.matrix_power`."""

@overload
def max(input: TensorLike, *, out: Tensor | _tuple[Tensor, ...] | None = ...) -> Tensor:
    """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise."""

@overload
def max(input: TensorLike, dim: _int, keepdim: _bool = ..., *, out: Tensor | _tuple[Tensor, ...] | None = ...) -> Max:
    """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise."""

@overload
def max(input: TensorLike, other: Tensor | ndarray, /, *, out: Tensor | _tuple[Tensor, ...] | None = ...) -> Tensor:
    """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise."""

@overload
def max(input: TensorLike, *, other: TensorLike, out: Tensor | _tuple[Tensor, ...] | None = ...) -> Tensor:
    """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise."""

@overload
def max(input: TensorLike, *, axis: _int, keepdims: _bool = ..., out: Tensor | _tuple[Tensor, ...] | None = ...) -> Max:
    """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise."""

def max_pool1d(
    input: TensorLike,
    kernel_size: _int | _tuple[_int, ...],
    stride: _int | _tuple[_int, ...] | None = ...,
    padding: _int | _tuple[_int, ...] = ...,
    dilation: _int | _tuple[_int, ...] = ...,
    ceil_mode: _bool = ...,
    return_indices: _bool = ...,
) -> Tensor | _tuple[Tensor, Tensor]:
    """Return the largest element of each window over one spatial dimension."""

def max_pool2d(
    input: TensorLike,
    kernel_size: _int | _tuple[_int, ...],
    stride: _int | _tuple[_int, ...] | None = ...,
    padding: _int | _tuple[_int, ...] = ...,
    dilation: _int | _tuple[_int, ...] = ...,
    ceil_mode: _bool = ...,
    return_indices: _bool = ...,
) -> Tensor | _tuple[Tensor, Tensor]:
    """Return the largest element of each window over two spatial dimensions."""

def max_pool3d(
    input: TensorLike,
    kernel_size: _int | _tuple[_int, ...],
    stride: _int | _tuple[_int, ...] | None = ...,
    padding: _int | _tuple[_int, ...] = ...,
    dilation: _int | _tuple[_int, ...] = ...,
    ceil_mode: _bool = ...,
    return_indices: _bool = ...,
) -> Tensor | _tuple[Tensor, Tensor]:
    """Return the largest element of each window over three spatial dimensions."""

def maximum(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Return the larger of two numbers, elementwise; NaN if one of them is NaN."""

def mean(
    input: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the arithmetic mean over `dim`, or of all elements; of no elements, NaN."""

@overload
def median(input: TensorLike, *, out: Tensor | _tuple[Tensor, ...] | None = ...) -> Tensor:
    """Return the median of all elements; along `dim`, with its index, as a named tuple (values, indices)."""

@overload
def median(
    input: TensorLike, dim: _int, keepdim: _bool = ..., *, out: Tensor | _tuple[Tensor, ...] | None = ...
) -> Median:
    """Return the median of all elements; along `dim`, with its index, as a named tuple (values, indices)."""

@overload
def median(
    input: TensorLike, *, axis: _int, keepdims: _bool = ..., out: Tensor | _tuple[Tensor, ...] | None = ...
) -> Median:
    """Return the median of all elements; along `dim`, with its index, as a named tuple (values, indices)."""

def meshgrid(*tensors: TensorLike | Sequence[TensorLike], indexing: _str = ...) -> _tuple[Tensor, ...]:
    """Return the coordinates of a grid from those along its axes."""

@overload
def min(input: TensorLike, *, out: Tensor | _tuple[Tensor, ...] | None = ...) -> Tensor:
    """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise."""

@overload
def min(input: TensorLike, dim: _int, keepdim: _bool = ..., *, out: Tensor | _tuple[Tensor, ...] | None = ...) -> Min:
    """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise."""

@overload
def min(input: TensorLike, other: Tensor | ndarray, /, *, out: Tensor | _tuple[Tensor, ...] | None = ...) -> Tensor:
    """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise."""

@overload
def min(input: TensorLike, *, other: TensorLike, out: Tensor | _tuple[Tensor, ...] | None = ...) -> Tensor:
    """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise."""

@overload
def min(input: TensorLike, *, axis: _int, keepdims: _bool = ..., out: Tensor | _tuple[Tensor, ...] | None = ...) -> Min:
    """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise."""

def minimum(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Return the smaller of two numbers, elementwise; NaN if one of them is NaN."""

def mm(input: TensorLike, mat2: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Multiply two matrices, `input` and `mat2`; vectors and stacks are refused."""

def mode(
    input: TensorLike,
    dim: _int = ...,
    keepdim: _bool = ...,
    *,
    out: _tuple[Tensor, ...] | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Mode:
    """Return the most frequent element along `dim` and its last index, as a named tuple (values, indices)."""

def moveaxis(input: TensorLike, source: _int | _tuple[_int, ...], destination: _int | _tuple[_int, ...]) -> Tensor:
    """Return a view with dimensions moved from `source` to `destination`, the others in their order."""

def movedim(input: TensorLike, source: _int | _tuple[_int, ...], destination: _int | _tuple[_int, ...]) -> Tensor:
    """Return a view with dimensions moved from `source` to `destination`, the others in their order."""

def msort(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Sort the elements along the first dimension."""

def mul(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Multiply two tensors, elementwise."""

def multiply(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Multiply two tensors, elementwise."""

def mv(input: TensorLike, vec: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Multiply a matrix `input` by a vector `vec`."""

def mvlgamma(input: TensorLike, p: _int, *, out: Tensor | None = ...) -> Tensor:
    """Compute the logarithm of the multivariate gamma function of dimension `p`, elementwise."""

def nan_to_num(
    input: TensorLike,
    nan: _float = ...,
    posinf: _float | None = ...,
    neginf: _float | None = ...,
    *,
    out: Tensor | None = ...,
) -> Tensor:
    """Replace NaN and the infinities of `input` by numbers."""

def nan_to_num_(
    input: TensorLike, nan: _float = ..., posinf: _float | None = ..., neginf: _float | None = ...
) -> Tensor:
    """Apply `nan_to_num` and write the result over `input`, which is returned; the change is recorded."""

def nanmean(
    input: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the mean over `dim` of the elements that are not NaN; NaN if there are none."""

@overload
def nanmedian(input: TensorLike, *, out: Tensor | _tuple[Tensor, ...] | None = ...) -> Tensor:
    """Return the median of the elements that are not NaN; along `dim`, with its index, as a named tuple (values, indices)."""

@overload
def nanmedian(
    input: TensorLike, dim: _int, keepdim: _bool = ..., *, out: Tensor | _tuple[Tensor, ...] | None = ...
) -> NanMedian:
    """Return the median of the elements that are not NaN; along `dim`, with its index, as a named tuple (values, indices)."""

@overload
def nanmedian(
    input: TensorLike, *, axis: _int, keepdims: _bool = ..., out: Tensor | _tuple[Tensor, ...] | None = ...
) -> NanMedian:
    """Return the median of the elements that are not NaN; along `dim`, with its index, as a named tuple (values, indices)."""

def nanquantile(
    input: TensorLike,
    q: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    interpolation: _str = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the q-quantiles over `dim` of the elements that are not NaN; NaN if all are."""

def nansum(
    input: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the sum over `dim` of the elements that are not NaN."""

def narrow(
    input: TensorLike, dim: _int, start: _int | TensorLike, length: _int, *, axis: Dims = ..., keepdims: _bool = ...
) -> Tensor:
    """Return the `length` slices from `start` on along `dim`, as a view."""

def narrow_copy(input: TensorLike, dim: _int, start: _int, length: _int, *, out: Tensor | None = ...) -> Tensor:
    """Return a copy of the `length` slices from `start` on along `dim`."""

def ne(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether two numbers differ, elementwise."""

def neg(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Change the sign of each element."""

def neg_(input: TensorLike) -> Tensor:
    """Apply `neg` and write the result over `input`, which is returned; the change is recorded."""

def negative(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Change the sign of each element."""

def negative_(input: TensorLike) -> Tensor:
    """Apply `negative` and write the result over `input`, which is returned; the change is recorded."""

def nextafter(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Return the next floating-point number after each element, in the direction of another one."""

@overload
def nonzero(
    input: TensorLike, *, as_tuple: Literal[False] = ..., out: Tensor | _tuple[Tensor, ...] | None = ...
) -> Tensor:
    """Return the indices of the elements that are not 0, a row each; with `as_tuple`, one vector for each dimension."""

@overload
def nonzero(
    input: TensorLike, *, as_tuple: Literal[True], out: Tensor | _tuple[Tensor, ...] | None = ...
) -> _tuple[Tensor, ...]:
    """Return the indices of the elements that are not 0, a row each; with `as_tuple`, one vector for each dimension."""

def nonzero_static(input: TensorLike, *, size: _int, fill_value: _int = ...) -> Tensor:
    """Return the indices of the first `size` elements of `input` that are not 0, filled up with `fill_value`."""

def norm(
    input: TensorLike,
    p: _float | _str | None = ...,
    dim: Dims = ...,
    keepdim: _bool = ...,
    dtype: DTypeLike | None = ...,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the p-norm over `dim`, or of all elements as one vector."""

def not_equal(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether two numbers differ, elementwise."""

def nuclear_norm(input: TensorLike, dim: _tuple[_int, _int] | _bool = ..., keepdim: _bool = ...) -> Tensor:
    """Compute the sum of the singular values of the matrices along the two dimensions `dim` of `input`."""

def numel(input: TensorLike) -> _int:
    """Return the number of elements of `input`."""

def orgqr(input: TensorLike, tau: TensorLike) -> Tensor:
    """Compute Q from what `geqrf` gives of a matrix, `input` and `tau`: `linalg.householder_product`."""

def ormqr(
    input: TensorLike,
    tau: TensorLike,
    other: TensorLike,
    left: _bool = ...,
    transpose: _bool = ...,
    *,
    out: Tensor | None = ...,
) -> Tensor:
    """Multiply `other` by the product Q of the reflections that `input` and `tau` stand for, without computing Q."""

def outer(input: TensorLike, vec2: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the products of every element of `input` with every element of `vec2`."""

def pad(input: TensorLike, pad: Sequence[_int], mode: _str = ..., value: _float | None = ...) -> Tensor:
    """Add elements at the ends of the last dimensions."""

def pairwise_distance(
    x1: TensorLike, x2: TensorLike, p: _float = ..., eps: _float = ..., keepdim: _bool = ...
) -> Tensor:
    """Compute the distances of the vectors of `x1` to those of `x2`, over the last dimension."""

def pca_lowrank(A: TensorLike, q: _int | None = ..., center: _bool = ..., niter: _int = ...) -> LowRankResult:
    """Compute the first `q` principal components of the rows of `A`, nearly: the columns of V."""

def pdist(input: TensorLike, p: _float = ...) -> Tensor:
    """Compute the distances of all pairs of rows of a matrix `input`."""

@overload
def permute(input: TensorLike, dims: Sequence[_int]) -> Tensor:
    """Return a view with the dimensions in another order: dimension i of the result is dimension dims[i] of `input`."""

@overload
def permute(input: TensorLike, *dims: _int) -> Tensor:
    """Return a view with the dimensions in another order: dimension i of the result is dimension dims[i] of `input`."""

def pinverse(input: TensorLike, rcond: _float = ...) -> Tensor:
    """Compute the pseudo-inverse of each matrix of `input`: `linalg.pinv`, with another tolerance."""

def pixel_shuffle(input: TensorLike, upscale_factor: _int) -> Tensor:
    """Make images larger by `upscale_factor`, r, putting each group of r² channels into blocks of r × r pixels."""

def pixel_unshuffle(input: TensorLike, downscale_factor: _int) -> Tensor:
    """Make images smaller by `downscale_factor`, r, putting blocks of r × r pixels into r² channels."""

def polar(abs: TensorLike, angle: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Make complex numbers of their absolute values and angles in radians."""

def polygamma(n: _int, input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the polygamma function, the derivative of order `n` of digamma, of each element of `input`."""

def positive(input: TensorLike) -> Tensor:
    """Return `input` itself, what the operator + in front of a tensor gives."""

def pow(input: TensorLike, exponent: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Raise `input` to the power `exponent`, elementwise."""

def prelu(input: TensorLike, weight: TensorLike) -> Tensor:
    """Apply the rectifier whose slope for negative elements, `weight`, is learnt."""

def prod(
    input: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the product over `dim`, or of all elements."""

def put(input: TensorLike, index: TensorLike, source: TensorLike, accumulate: _bool = ...) -> Tensor:
    """Return a copy of `input` with the elements of `source` written at the indices `index` of the flattened tensor."""

def qr(input: TensorLike, some: _bool = ..., *, out: _tuple[Tensor, ...] | None = ...) -> decompositions.QRResult:
    """Compute the QR factorisation of each matrix of `input`: `linalg.qr`, reduced if `some`, else complete."""

def quantile(
    input: TensorLike,
    q: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    interpolation: _str = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the q-quantiles over `dim`; NaN if there is one."""

def rad2deg(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Convert radians to degrees."""

def rad2deg_(input: TensorLike) -> Tensor:
    """Apply `rad2deg` and write the result over `input`, which is returned; the change is recorded."""

def ravel(input: TensorLike) -> Tensor:
    """Return all elements of `input` in one dimension, in row-major order."""

def real(input: A) -> A:
    """Return the real part of a complex tensor, a view; of a real tensor, the tensor itself."""

def reciprocal(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the reciprocal of each element."""

def reciprocal_(input: TensorLike) -> Tensor:
    """Apply `reciprocal` and write the result over `input`, which is returned; the change is recorded."""

def relu(input: TensorLike, inplace: _bool = ...) -> Tensor:
    """Apply the rectifier: what is negative becomes 0."""

def relu_(input: Tensor) -> Tensor:
    """Apply `relu` and write the result over `input`, which is returned."""

def remainder(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the remainder of a division that rounds down, elementwise."""

def renorm(input: TensorLike, p: _float, dim: _int, maxnorm: _float, *, out: Tensor | None = ...) -> Tensor:
    """Scale each slice along `dim` whose p-norm is greater than `maxnorm` down to that norm."""

@overload
def repeat(input: TensorLike, repeats: Sequence[_int]) -> Tensor:
    """Repeat the whole tensor `repeats[i]` times along dimension i, in a copy."""

@overload
def repeat(input: TensorLike, *repeats: _int) -> Tensor:
    """Repeat the whole tensor `repeats[i]` times along dimension i, in a copy."""

def repeat_interleave(
    input: TensorLike | None = ...,
    repeats: _int | TensorLike | None = ...,
    dim: _int | None = ...,
    *,
    output_size: _int | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Repeat each slice along `dim` next to itself, all as often or each its own number of times."""

@overload
def reshape(input: TensorLike, shape: Sequence[_int]) -> Tensor:
    """Return the elements in the same order with another shape; −1 stands for the size that is left."""

@overload
def reshape(input: TensorLike, *shape: _int) -> Tensor:
    """Return the elements in the same order with another shape; −1 stands for the size that is left."""

def resolve_conj(input: Tensor) -> Tensor:
    """Return `input` itself: conjugation is never deferred here, unlike in PyTorch."""

def resolve_neg(input: Tensor) -> Tensor:
    """Return `input` itself: negation is never deferred here, unlike in PyTorch."""

def rms_norm(
    input: TensorLike,
    normalized_shape: _int | Sequence[_int],
    weight: TensorLike | None = ...,
    eps: _float | None = ...,
) -> Tensor:
    """Divide the last dimensions of each example by the root of their mean square."""

def rnn_relu_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = ...,
    b_hh: TensorLike | None = ...,
) -> Tensor:
    """Compute one step of a recurrent network with relu."""

def rnn_tanh_cell(
    input: TensorLike,
    hx: TensorLike,
    w_ih: TensorLike,
    w_hh: TensorLike,
    b_ih: TensorLike | None = ...,
    b_hh: TensorLike | None = ...,
) -> Tensor:
    """Compute one step of a recurrent network with tanh."""

def roll(input: TensorLike, shifts: _int | Sequence[_int], dims: _int | Sequence[_int] | None = ...) -> Tensor:
    """Move the elements by `shifts` along `dims`; those that leave at one end come in at the other."""

def rot90(input: TensorLike, k: _int = ..., dims: Sequence[_int] = ...) -> Tensor:
    """Rotate by k times 90° in the plane of two dimensions, from the first of `dims` towards the second."""

def round(input: TensorLike, *, decimals: _int = ..., out: Tensor | None = ...) -> Tensor:
    """Round each element of `input` to the nearest number with `decimals` digits after the point."""

def round_(input: TensorLike, *, decimals: _int = ...) -> Tensor:
    """Apply `round` and write the result over `input`, which is returned; the change is recorded."""

def row_stack(tensors: Sequence[TensorLike], *, out: Tensor | None = ...) -> Tensor:
    """Join tensors one below the other: along the first dimension, where vectors count as rows."""

def rrelu(
    input: TensorLike, lower: _float = ..., upper: _float = ..., training: _bool = ..., inplace: _bool = ...
) -> Tensor:
    """Apply the leaky rectifier whose slope for negative elements is random."""

def rrelu_(input: Tensor, lower: _float = ..., upper: _float = ..., training: _bool = ...) -> Tensor:
    """Apply `rrelu` and write the result over `input`, which is returned."""

def rsqrt(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the reciprocal of the square root of each element."""

def rsqrt_(input: TensorLike) -> Tensor:
    """Apply `rsqrt` and write the result over `input`, which is returned; the change is recorded."""

def rsub(input: TensorLike, other: TensorLike, *, alpha: _complex = ...) -> Tensor:
    """Subtract `input`, multiplied by the number `alpha`, from `other`, elementwise."""

def scaled_sigmoid(input: TensorLike, slope: _float = ...) -> Tensor:
    """Apply the logistic function of `slope` times each element."""

def scaled_tanh(input: TensorLike, amplitude: _float = ..., slope: _float = ...) -> Tensor:
    """Apply the hyperbolic tangent of `slope` times each element, times `amplitude`."""

def scatter(
    input: TensorLike,
    dim: _int,
    index: TensorLike,
    src: TensorLike | None = ...,
    *,
    reduce: _str | None = ...,
    value: _float | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return a copy of `input` with each element of `src` written at its index along `dim`."""

def scatter_add(
    input: TensorLike, dim: _int, index: TensorLike, src: TensorLike, *, axis: Dims = ..., keepdims: _bool = ...
) -> Tensor:
    """Return a copy of `input` with each element of `src` added at its index along `dim`."""

def scatter_reduce(
    input: TensorLike,
    dim: _int,
    index: TensorLike,
    src: TensorLike,
    reduce: _str,
    *,
    include_self: _bool = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return a copy of `input` with the elements of `src` reduced into the positions that `index` names along `dim`."""

def searchsorted(
    sorted_sequence: TensorLike,
    values: TensorLike | None = ...,
    *,
    out_int32: _bool = ...,
    right: _bool = ...,
    side: _str | None = ...,
    sorter: TensorLike | None = ...,
    input: TensorLike | None = ...,
    out: Tensor | None = ...,
) -> Tensor:
    """Return the indices where `values` would be inserted into `sorted_sequence` to keep its order."""

def select(input: TensorLike, dim: _int, index: _int, *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
    """Return the slice at `index` of the dimension `dim`, as a view without it."""

def select_scatter(
    input: TensorLike, src: TensorLike, dim: _int, index: _int, *, axis: Dims = ..., keepdims: _bool = ...
) -> Tensor:
    """Return a copy of `input` with the slice at `index` of the dimension `dim` replaced by `src`."""

def selu(input: TensorLike, inplace: _bool = ...) -> Tensor:
    """Apply the scaled exponential linear unit, whose constants keep mean 0 and variance 1 through layers."""

def selu_(input: Tensor) -> Tensor:
    """Apply `selu` and write the result over `input`, which is returned."""

def sgn(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Return the direction of each complex number, 0 at 0; of a real one its sign."""

def sigmoid(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Apply the logistic function to each element."""

def sigmoid_(input: TensorLike) -> Tensor:
    """Apply `sigmoid` and write the result over `input`, which is returned; the change is recorded."""

def sign(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Return the sign of each element: −1, 0 or 1."""

def signbit(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Test whether the sign of each element is minus, also of −0."""

def silu(input: TensorLike, inplace: _bool = ...) -> Tensor:
    """Apply the sigmoid linear unit, also called swish: each element times its sigmoid."""

def sin(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the sine of each element, an angle in radians."""

def sin_(input: TensorLike) -> Tensor:
    """Apply `sin` and write the result over `input`, which is returned; the change is recorded."""

def sinc(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute sin(πx) / (πx) of each element, which is 1 at 0."""

def sinc_(input: TensorLike) -> Tensor:
    """Apply `sinc` and write the result over `input`, which is returned; the change is recorded."""

def sinh(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the hyperbolic sine of each element."""

def sinh_(input: TensorLike) -> Tensor:
    """Apply `sinh` and write the result over `input`, which is returned; the change is recorded."""

def slice_scatter(
    input: TensorLike,
    src: TensorLike,
    dim: _int = ...,
    start: _int | None = ...,
    end: _int | None = ...,
    step: _int = ...,
    *,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Return a copy of `input` with the slices `start`:`end`:`step` of the dimension `dim` replaced by `src`."""

def slogdet(input: TensorLike) -> determinant.SlogdetResult:
    """Compute the sign and the logarithm of the absolute value of the determinant of `input`: `linalg.slogdet`."""

def softmax(input: TensorLike, dim: _int | None = ..., dtype: DTypeLike | None = ...) -> Tensor:
    """Compute the softmax over `dim`: positive numbers that add up to 1."""

def softplus(input: TensorLike, beta: _float = ..., threshold: _float = ...) -> Tensor:
    """Apply the softplus function, a smooth rectifier."""

def sort(
    input: TensorLike,
    dim: _int = ...,
    descending: _bool = ...,
    stable: _bool = ...,
    *,
    out: _tuple[Tensor, ...] | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Sort:
    """Sort the elements along `dim`, and return them with their indices, as a named tuple (values, indices)."""

def split(
    tensor: TensorLike,
    split_size_or_sections: _int | Sequence[_int] | None = ...,
    dim: _int = ...,
    *,
    split_size: _int | Sequence[_int] | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> _tuple[Tensor, ...]:
    """Split a tensor along `dim` into views of one size, or of given sizes."""

def split_with_sizes(input: TensorLike, split_sizes: Sequence[_int], dim: _int = ...) -> _tuple[Tensor, ...]:
    """Cut `input` into pieces of the sizes `split_sizes` along `dim`; they are views."""

def sqrt(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the square root of each element."""

def sqrt_(input: TensorLike) -> Tensor:
    """Apply `sqrt` and write the result over `input`, which is returned; the change is recorded."""

def square(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the square of each element."""

def square_(input: TensorLike) -> Tensor:
    """Apply `square` and write the result over `input`, which is returned; the change is recorded."""

def squeeze(input: TensorLike, dim: Dims = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
    """Leave out the dimensions of size 1, or only those in `dim`."""

def stack(
    tensors: Sequence[TensorLike], dim: _int = ..., *, out: Tensor | None = ..., axis: Dims = ..., keepdims: _bool = ...
) -> Tensor:
    """Join tensors of one shape along a new dimension at `dim`."""

def std(
    input: TensorLike,
    dim: Dims = ...,
    unbiased: _bool | None = ...,
    keepdim: _bool = ...,
    *,
    correction: _float | None = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the standard deviation over `dim`, or of all elements."""

def std_mean(
    input: TensorLike,
    dim: Dims = ...,
    unbiased: _bool | None = ...,
    keepdim: _bool = ...,
    *,
    correction: _float | None = ...,
    out: _tuple[Tensor, ...] | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> _tuple[Tensor, Tensor]:
    """Compute the standard deviation and the mean over `dim`."""

def step(input: TensorLike, threshold: _float = ...) -> Tensor:
    """Apply the step of a threshold neuron: 1 from `threshold` on, 0 below."""

def stft(
    input: TensorLike,
    n_fft: _int,
    hop_length: _int | None = ...,
    win_length: _int | None = ...,
    window: TensorLike | None = ...,
    center: _bool = ...,
    pad_mode: _str = ...,
    normalized: _bool = ...,
    onesided: _bool | None = ...,
    return_complex: _bool | None = ...,
    align_to_window: _bool | None = ...,
) -> Tensor:
    """Compute the short-time Fourier transform: the spectra of frames of `n_fft` points, `hop_length` apart."""

def sub(input: TensorLike, other: TensorLike, *, alpha: _complex = ..., out: Tensor | None = ...) -> Tensor:
    """Subtract `other`, multiplied by the number `alpha`, from `input`, elementwise."""

def subtract(input: TensorLike, other: TensorLike, *, alpha: _complex = ..., out: Tensor | None = ...) -> Tensor:
    """Subtract `other`, multiplied by the number `alpha`, from `input`, elementwise."""

def sum(
    input: TensorLike,
    dim: Dims = ...,
    keepdim: _bool = ...,
    *,
    dtype: DTypeLike | None = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the sum over `dim`, or of all elements."""

def sum_to(input: TensorLike, shape: Sequence[_int]) -> Tensor:
    """Sum `input` over the dimensions along which `shape` would be broadcast to its shape."""

def svd(
    input: TensorLike, some: _bool = ..., compute_uv: _bool = ..., *, out: _tuple[Tensor, ...] | None = ...
) -> SVDResult:
    """Compute the singular value decomposition of each matrix of `input`, with V where `linalg.svd` gives Vᴴ."""

def svd_lowrank(A: TensorLike, q: _int = ..., niter: _int = ..., M: TensorLike | None = ...) -> LowRankResult:
    """Compute the `q` largest singular values of `A`, or of A − `M`, nearly, with their vectors."""

def swapaxes(input: TensorLike, axis0: _int, axis1: _int) -> Tensor:
    """Return a view with two dimensions exchanged: `transpose` under NumPy's name."""

def swapdims(input: TensorLike, dim0: _int, dim1: _int) -> Tensor:
    """Return a view with two dimensions exchanged."""

def t(input: TensorLike) -> Tensor:
    """Return the transpose of a matrix, as a view; a vector or a number is left as it is."""

def take(input: TensorLike, index: TensorLike) -> Tensor:
    """Return the elements of the flattened tensor at `index`, in the shape of `index`."""

def take_along_dim(
    input: TensorLike,
    indices: TensorLike,
    dim: _int | None = ...,
    *,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Read the elements at `indices` along `dim`, the other dimensions broadcast."""

def tan(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the tangent of each element, an angle in radians."""

def tan_(input: TensorLike) -> Tensor:
    """Apply `tan` and write the result over `input`, which is returned; the change is recorded."""

def tanh(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the hyperbolic tangent of each element."""

def tanh_(input: TensorLike) -> Tensor:
    """Apply `tanh` and write the result over `input`, which is returned; the change is recorded."""

def tensor_split(
    input: TensorLike,
    indices_or_sections: _int | Sequence[_int] | Tensor | ndarray | None = ...,
    dim: _int = ...,
    *,
    sections: _int | None = ...,
    indices: Sequence[_int] | Tensor | ndarray | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> _tuple[Tensor, ...]:
    """Split a tensor along `dim` into a number of parts, or before the given indices; views."""

def tensordot(
    a: TensorLike,
    b: TensorLike,
    dims: _int | Tensor | _tuple[_list[_int], _list[_int]] | _list[_list[_int]] = ...,
    *,
    out: Tensor | None = ...,
) -> Tensor:
    """Compute the sums of products of `a` and `b` over pairs of dimensions."""

def threshold(input: TensorLike, threshold: _float, value: _float, inplace: _bool = ...) -> Tensor:
    """Replace what is not greater than `threshold` by `value`."""

def threshold_(input: Tensor, threshold: _float, value: _float) -> Tensor:
    """Apply `threshold` and write the result over `input`, which is returned."""

@overload
def tile(input: TensorLike, dims: Sequence[_int]) -> Tensor:
    """Repeat the whole tensor dims[i] times along dimension i, in a copy; counts missing in front are 1."""

@overload
def tile(input: TensorLike, *dims: _int) -> Tensor:
    """Repeat the whole tensor dims[i] times along dimension i, in a copy; counts missing in front are 1."""

def topk(
    input: TensorLike,
    k: _int,
    dim: _int = ...,
    largest: _bool = ...,
    sorted: _bool = ...,
    *,
    out: _tuple[Tensor, ...] | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> TopK:
    """Return the k largest elements along `dim`, in order, and their indices, as a named tuple (values, indices)."""

def trace(input: TensorLike) -> Tensor:
    """Compute the sum of the diagonal of a matrix `input`, square or not."""

def transpose(input: TensorLike, dim0: _int, dim1: _int) -> Tensor:
    """Return a view with two dimensions exchanged."""

def trapezoid(
    y: TensorLike,
    x: TensorLike | None = ...,
    *,
    dx: TensorLike | None = ...,
    dim: _int = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the integral of y along `dim` by the trapezoidal rule."""

def trapz(
    y: TensorLike,
    x: TensorLike | None = ...,
    *,
    dx: TensorLike | None = ...,
    dim: _int = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the integral of y along `dim`: the older name of `trapezoid`, with the positions x or the distance `dx`."""

def triangular_solve(
    b: TensorLike,
    A: TensorLike,
    upper: _bool = ...,
    transpose: _bool = ...,
    unitriangular: _bool = ...,
    *,
    out: _tuple[Tensor, ...] | None = ...,
) -> TriangularSolveResult:
    """Solve the systems of triangular matrices `A`: `linalg.solve_triangular`, with `b` first, and a copy of A beside."""

def tril(input: TensorLike, diagonal: _int = ..., *, out: Tensor | None = ...) -> Tensor:
    """Return the lower triangles of the matrices in the last two dimensions, zeros above."""

def triu(input: TensorLike, diagonal: _int = ..., *, out: Tensor | None = ...) -> Tensor:
    """Return the upper triangles of the matrices in the last two dimensions, zeros below."""

def true_divide(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Divide two tensors, elementwise."""

def trunc(input: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Round each element towards 0."""

def trunc_(input: TensorLike) -> Tensor:
    """Apply `trunc` and write the result over `input`, which is returned; the change is recorded."""

def unbind(input: TensorLike, dim: _int = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> _tuple[Tensor, ...]:
    """Return the slices along `dim` as views, without that dimension."""

def unflatten(input: TensorLike, dim: _int, sizes: Sequence[_int]) -> Tensor:
    """Split the dimension `dim` into dimensions of the given `sizes`, at most one of them −1."""

def unfold(input: TensorLike, dimension: _int, size: _int, step: _int) -> Tensor:
    """Return the windows of `size` elements along `dimension`, `step` apart, each in a new last dimension; a view."""

@overload
def unique(
    input: TensorLike,
    sorted: _bool = ...,
    return_inverse: Literal[False] = ...,
    return_counts: Literal[False] = ...,
    dim: _int | None = ...,
) -> Tensor:
    """Return the distinct elements, or the distinct slices along `dim`, in order."""

@overload
def unique(
    input: TensorLike,
    sorted: _bool = ...,
    return_inverse: _bool = ...,
    return_counts: _bool = ...,
    dim: _int | None = ...,
) -> Any:
    """Return the distinct elements, or the distinct slices along `dim`, in order."""

@overload
def unique(
    input: TensorLike,
    sorted: _bool = ...,
    return_inverse: Literal[False] = ...,
    return_counts: Literal[False] = ...,
    *,
    axis: _int | None = ...,
) -> Tensor:
    """Return the distinct elements, or the distinct slices along `dim`, in order."""

@overload
def unique(
    input: TensorLike,
    sorted: _bool = ...,
    return_inverse: _bool = ...,
    return_counts: _bool = ...,
    *,
    axis: _int | None = ...,
) -> Any:
    """Return the distinct elements, or the distinct slices along `dim`, in order."""

@overload
def unique_consecutive(
    input: TensorLike, return_inverse: Literal[False] = ..., return_counts: Literal[False] = ..., dim: _int | None = ...
) -> Tensor:
    """Return the elements, or the slices along `dim`, without those that equal the one before."""

@overload
def unique_consecutive(
    input: TensorLike, return_inverse: _bool = ..., return_counts: _bool = ..., dim: _int | None = ...
) -> Any:
    """Return the elements, or the slices along `dim`, without those that equal the one before."""

@overload
def unique_consecutive(
    input: TensorLike,
    return_inverse: Literal[False] = ...,
    return_counts: Literal[False] = ...,
    *,
    axis: _int | None = ...,
) -> Tensor:
    """Return the elements, or the slices along `dim`, without those that equal the one before."""

@overload
def unique_consecutive(
    input: TensorLike, return_inverse: _bool = ..., return_counts: _bool = ..., *, axis: _int | None = ...
) -> Any:
    """Return the elements, or the slices along `dim`, without those that equal the one before."""

def unravel_index(indices: TensorLike, shape: _int | Sequence[_int]) -> _tuple[Tensor, ...]:
    """Return the indices into a tensor of the given `shape` of the elements that `indices` count in row-major order."""

def unsafe_chunk(input: TensorLike, chunks: _int, dim: _int = ...) -> _tuple[Tensor, ...]:
    """Cut `input` into `chunks` pieces along `dim`: `ag.chunk`, whose pieces may always be written to."""

def unsafe_split(input: TensorLike, split_size: _int, dim: _int = ...) -> _tuple[Tensor, ...]:
    """Cut `input` into pieces of `split_size` along `dim`: `ag.split`, whose pieces may always be written to."""

def unsafe_split_with_sizes(input: TensorLike, split_sizes: Sequence[_int], dim: _int = ...) -> _tuple[Tensor, ...]:
    """Cut `input` into pieces of the sizes `split_sizes` along `dim`; they are views."""

def unsqueeze(input: TensorLike, dim: _int, *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
    """Insert a dimension of size 1 at `dim`."""

def upsample(
    input: TensorLike,
    size: _int | Sequence[_int] | None = ...,
    scale_factor: _float | Sequence[_float] | None = ...,
    mode: _str = ...,
    align_corners: _bool | None = ...,
) -> Tensor:
    """Resize images: `interpolate` under its older name, with its `size`, `scale_factor`, `mode` and `align_corners`."""

def vander(x: TensorLike, N: _int | None = ..., increasing: _bool = ...) -> Tensor:
    """Compute the powers of the numbers of a vector `x`, one number a row."""

def var(
    input: TensorLike,
    dim: Dims = ...,
    unbiased: _bool | None = ...,
    keepdim: _bool = ...,
    *,
    correction: _float | None = ...,
    out: Tensor | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> Tensor:
    """Compute the variance over `dim`, or of all elements."""

def var_mean(
    input: TensorLike,
    dim: Dims = ...,
    unbiased: _bool | None = ...,
    keepdim: _bool = ...,
    *,
    correction: _float | None = ...,
    out: _tuple[Tensor, ...] | None = ...,
    axis: Dims = ...,
    keepdims: _bool = ...,
) -> _tuple[Tensor, Tensor]:
    """Compute the variance and the mean over `dim`."""

def vdot(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute the scalar product of two vectors, `input` being conjugated and `other` not."""

def vecdot(x: TensorLike, y: TensorLike, dim: _int = ...) -> Tensor:
    """Compute the scalar products of vectors along `dim`: `linalg.vecdot`."""

def view_as_complex(input: A) -> A:
    """View a real tensor whose last dimension holds real and imaginary parts as a complex one."""

def view_as_real(input: A) -> A:
    """View a complex tensor as a real one whose last dimension holds the real and the imaginary part."""

def vsplit(
    input: TensorLike,
    indices_or_sections: _int | Sequence[_int] | Tensor | ndarray | None = ...,
    *,
    sections: _int | None = ...,
    indices: Sequence[_int] | Tensor | ndarray | None = ...,
) -> _tuple[Tensor, ...]:
    """Split a tensor vertically, along the first of at least two dimensions."""

def vstack(tensors: Sequence[TensorLike], *, out: Tensor | None = ...) -> Tensor:
    """Join tensors one below the other: along the first dimension, where vectors count as rows."""

@overload
def where(condition: TensorLike, *, out: Tensor | _tuple[Tensor, ...] | None = ...) -> _tuple[Tensor, ...]:
    """Choose from `input` where `condition` holds and from `other` elsewhere."""

@overload
def where(
    condition: TensorLike, input: TensorLike, other: TensorLike, *, out: Tensor | _tuple[Tensor, ...] | None = ...
) -> Tensor:
    """Choose from `input` where `condition` holds and from `other` elsewhere."""

def xlogy(input: TensorLike, other: TensorLike, *, out: Tensor | None = ...) -> Tensor:
    """Compute x log y, elementwise, with 0 log 0 = 0."""

def xlogy_(input: TensorLike, other: TensorLike) -> Tensor:
    """Apply `xlogy` and write the result over `input`, which is returned; the change is recorded."""

def zero_(input: Tensor) -> Tensor:
    """Write zeros into `input`, which is returned; the change is recorded."""
