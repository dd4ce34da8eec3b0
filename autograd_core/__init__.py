"""Reverse-mode automatic differentiation on NumPy arrays: tensors, operations, gradients.

Start reading in `engine`: `graph.py`, `walk.py`, `tensor.py`, `primitive.py`; then `ops/elementwise/arithmetic.py`.
"""

import importlib
import warnings
from typing import Any

from numpy import bool_ as bool
from numpy import complex64, complex128, float16, float32, float64, int8, int16, int32, int64, uint8

from . import fft, linalg
from .engine.backward import backward, grad
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
    ones,
    ones_like,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from .engine.function import Function
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
from .engine.tensor import Tensor, get_default_dtype, set_default_dtype
from .inspection.anomaly import detect_anomaly, set_detect_anomaly
from .inspection.check import gradcheck, gradgradcheck
from .interface import bind as _bind
from .interface import packages as _packages
from .random import (
    Generator,
    bernoulli,
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
    set_rng_state,
)

from .engine.creation import tensor  # isort: skip  (after the file of this name, which type checkers put in its place)
from .interface.table import FUNCTIONS as _FUNCTIONS

__all__ = [
    "Function", "Generator", "Tensor", "arange", "as_tensor", "backward", "bernoulli", "bool", "complex128",
    "complex64", "detect_anomaly", "empty", "empty_like", "enable_grad", "eye", "fft", "float16", "float32", "float64",
    "fork_rng", "from_dlpack", "from_numpy", "full", "full_like", "get_default_dtype", "get_rng_state", "grad",
    "gradcheck", "gradgradcheck", "inference_mode", "initial_seed", "int16", "int32", "int64", "int8",
    "is_grad_enabled", "is_inference_mode_enabled", "linalg", "linspace", "manual_seed", "multinomial", "no_grad",
    "normal", "ones", "ones_like", "poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like",
    "randperm", "result_type", "set_default_dtype", "set_detect_anomaly", "set_grad_enabled", "set_rng_state", "tensor",
    "tril_indices", "triu_indices", "uint8", "zeros", "zeros_like",
]  # fmt: skip

# name -> the module that is imported when it is first used: the module itself, or its member of that name
_LAZY = {
    "draw": "inspection.draw", "replay": "inspection.replay", "func": "func", "special": "special", "autograd": "autograd",
    "profile": "inspection.profile",
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
