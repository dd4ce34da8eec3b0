"""Reverse-mode automatic differentiation on NumPy arrays: tensors, operations, gradients.

Start reading in `engine`: `graph.py`, `walk.py`, `tensor.py`, `primitive.py`; then `ops/elementwise/arithmetic.py`.
"""

import importlib
import warnings
from typing import Any

from numpy import e, inf, nan, newaxis, pi

from . import fft, linalg
from .engine.backward import backward, grad
from .engine.buffers import asarray, empty_strided, frombuffer, scalar_tensor
from .engine.creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_dlpack,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from .engine.device import device
from .engine.dtype_info import Size, can_cast, finfo, iinfo, promote_types
from .engine.dtypes import (
    bool,
    cdouble,
    cfloat,
    complex64,
    complex128,
    double,
    dtype,
    float,
    float16,
    float32,
    float64,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    short,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .engine.function import Function
from .engine.memory_format import channels_last, channels_last_3d, contiguous_format, memory_format, preserve_format
from .engine.modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .engine.operands import result_type
from .engine.primitive import published as _published
from .engine.printing import set_printoptions
from .engine.settings import (
    are_deterministic_algorithms_enabled,
    get_default_device,
    get_deterministic_debug_mode,
    get_float32_matmul_precision,
    is_deterministic_algorithms_warn_only_enabled,
    set_default_device,
    set_deterministic_debug_mode,
    set_float32_matmul_precision,
    use_deterministic_algorithms,
)
from .engine.tensor import Tensor, get_default_dtype, set_default_dtype
from .inspection.anomaly import detect_anomaly, set_detect_anomaly
from .inspection.check import gradcheck, gradgradcheck
from .interface import bind as _bind
from .interface import packages as _packages
from .random import (
    Generator,
    bernoulli,
    binomial,
    fork_rng,
    get_rng_state,
    initial_seed,
    manual_seed,
    multinomial,
    normal,
    poisson,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)

from .engine.creation import tensor  # isort: skip  (after the file of this name, which type checkers put in its place)
from .interface.table import FUNCTIONS as _FUNCTIONS

__all__ = [
    "Function", "Generator", "Size", "Tensor", "arange", "are_deterministic_algorithms_enabled", "as_tensor",
    "asarray", "backward", "bernoulli", "binomial", "bool", "can_cast", "cdouble", "cfloat", "channels_last",
    "channels_last_3d", "contiguous_format", "memory_format", "preserve_format", "complex128", "complex64",
    "detect_anomaly", "device", "double", "dtype", "e", "empty", "empty_like", "empty_strided", "enable_grad", "eye", "fft",
    "finfo", "float", "float16", "float32", "float64", "fork_rng", "from_dlpack", "from_numpy", "frombuffer",
    "full", "full_like", "get_default_device", "get_default_dtype", "get_deterministic_debug_mode",
    "get_float32_matmul_precision", "get_rng_state", "grad", "gradcheck", "gradgradcheck", "half", "iinfo", "inf",
    "inference_mode", "initial_seed", "int", "int16", "int32", "int64", "int8",
    "is_deterministic_algorithms_warn_only_enabled", "is_grad_enabled", "is_inference_mode_enabled", "linalg",
    "linspace", "logspace", "long", "manual_seed", "multinomial", "nan", "newaxis", "no_grad", "normal", "ones",
    "ones_like", "pi", "poisson", "promote_types", "rand", "rand_like", "randint", "randint_like", "randn",
    "randn_like", "randperm", "result_type", "scalar_tensor", "seed", "set_default_device", "set_default_dtype",
    "set_detect_anomaly", "set_deterministic_debug_mode", "set_float32_matmul_precision", "set_grad_enabled",
    "set_printoptions", "set_rng_state", "short", "tensor", "tril_indices", "triu_indices", "uint16", "uint32",
    "uint64", "uint8", "use_deterministic_algorithms", "zeros", "zeros_like",
]  # fmt: skip

# name -> the module that is imported when it is first used: the module itself, or its member of that name
_LAZY = {
    "draw": "inspection.draw", "replay": "inspection.replay", "func": "func", "special": "special", "autograd": "autograd",
    "vmap": "transforms.vmap", "distributions": "distributions", "save": "interchange.saving", "load": "interchange.saving",
    "profile": "inspection.profile", "range": "engine.buffers",
    "checkpoint": "transforms.checkpoint", "checkpoint_sequential": "transforms.checkpoint",
    "warmup": "kernels.warmup",
    "set_num_threads": "kernels.machine.threads", "get_num_threads": "kernels.machine.threads",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _packages.PACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _LAZY:
        module = importlib.import_module(f".{_LAZY[name]}", __name__)
        value = getattr(module, name, module)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_packages.PACKAGES})


_packages.install()

# Infinities and NaN are results here, as in PyTorch. Only warnings that this package itself would cause are silenced.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"autograd_core\.")

__version__ = "0.1.0"

# The operations: every public function of `ops`, by the table of its family.
globals().update(_FUNCTIONS)
__all__ += _FUNCTIONS
_published(__name__, _FUNCTIONS)
_published(__name__, {f"Tensor.{name}": member for name, member in vars(Tensor).items()})
