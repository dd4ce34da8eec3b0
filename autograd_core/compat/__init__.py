"""PyTorch's names for this library: `import autograd_core.compat as torch`, and a program written for PyTorch runs.

`torch.nn`, `torch.nn.functional`, `torch.optim`, `torch.utils.data`, `torch.autograd`, `torch.func` and the other paths are
those of the library, most of them the same modules (`paths.py`). What belongs to GPUs, several processes or compilers is
here as a stand-in where leaving it out does no harm, and otherwise refused with the reason. Nothing that computes
lives here.

`install()` lets `import torch` in any file find this, so that the file need not be changed at all:

    import autograd_core.compat
    autograd_core.compat.install()
    import somebodys_program

Random numbers are others than PyTorch's, from the same seed. Dtypes are NumPy's, whose class is closed: it takes no
attributes and no subclasses, and NumPy, SciPy and scikit-learn ask for it by isinstance. So where a program reads
`x.dtype.is_floating_point`, write `x.is_floating_point()` or `torch.is_floating_point(dtype)`, for `is_complex` likewise.
`x.shape` is a plain tuple, and `x.size()` a `torch.Size`, which has `numel()`: as one, `x.shape` would be read in 140 ns
for 70, its elements in 230, and small operations take up to a third longer (`cat` of two).
"""

from __future__ import annotations

import sys
from typing import Any

import autograd_core as core

from . import amp, backends, cuda, jit, nn, utils, version
from .amp import GradScaler, autocast
from .constructors import (
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
    Tensor,
)
from .paths import MODULES, Finder, submodule
from .refusals import NoDtype, no_attribute

__version__ = version.__version__

bfloat16 = NoDtype("bfloat16")
strided = None  # layout= changes no result


class Generator(core.Generator):
    """Holds a stream of random numbers, as the library's; started as PyTorch's is, by its device.

    device: None or "cpu".

    Formula: xₖ = PCG64(seed)ₖ, the k-th number of the bit generator
    Shapes: any that is asked for.
    Dtypes: those that NumPy's generators draw.
    Raises: TypeError for another device.
    Source: PyTorch's `torch.Generator`, whose first seed this is, and whose numbers are others.

    >>> import autograd_core.compat as torch
    >>> torch.Generator(device="cpu").initial_seed()
    67280421310721
    """

    def __init__(self, device: Any = None):
        core.empty(0, device=device)
        super().__init__(67280421310721)


def compile(model: Any = None, **options: Any) -> Any:
    """Return the function or module `model` as it is: Python runs it; `options` are without effect. Also a decorator."""
    return (lambda function: function) if model is None else model


def set_default_tensor_type(t: Any) -> None:
    """Set the default dtype to that of the class `t` (FloatTensor, DoubleTensor, HalfTensor), or of its name."""
    name = t.rpartition(".")[2] if isinstance(t, str) else t.__name__
    if name not in ("FloatTensor", "DoubleTensor", "HalfTensor"):
        raise TypeError(f"set_default_tensor_type: needs FloatTensor, DoubleTensor or HalfTensor, got {t!r}")
    core.set_default_dtype(globals()[name].dtype)


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Return False: `autocast` casts nothing, whatever the `device_type`."""
    return False


def install() -> None:
    """Let `import torch` give this module, in this process, from now on. Raises RuntimeError if PyTorch is imported already."""
    present = sys.modules.get("torch")
    if present is not None and present is not sys.modules[__name__]:
        raise RuntimeError(
            f"compat.install: torch is imported already, from {getattr(present, '__file__', 'elsewhere')}; call "
            "install() before anything imports torch"
        )
    if not any(isinstance(finder, Finder) and finder.root == "torch" for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder("torch"))


def uninstall() -> None:
    """Undo `install`: `import torch` gives PyTorch again, where it is installed."""
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if not (isinstance(finder, Finder) and finder.root == "torch")
    ]
    if sys.modules.get("torch") is sys.modules[__name__]:
        for name in [name for name in sys.modules if name == "torch" or name.startswith("torch.")]:
            del sys.modules[name]


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    module = submodule(name)
    if module is not None:
        return module
    if hasattr(core, name):
        return getattr(core, name)
    raise no_attribute("torch", name)


def __dir__() -> list[str]:
    return sorted({*globals(), *core.__all__, *(path for path in MODULES if "." not in path)})


sys.meta_path.insert(0, Finder(__name__))
