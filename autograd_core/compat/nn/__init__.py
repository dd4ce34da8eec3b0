"""`torch.nn`: the package `nn`, and wrappers for several GPUs or processes, which hand on to the one module.

The wrappers are in `parallel`, the choice of attention's kernel in `attention`, types of sizes in `common_types`;
every other path of `torch.nn` is the library's own module (`compat.paths`).
"""

from __future__ import annotations

from typing import Any

from autograd_core import nn as core

from ..paths import submodule
from ..refusals import no_attribute
from .parallel import DataParallel


class SyncBatchNorm(core.BatchNorm1d):
    """Normalises each channel over the batch of all processes, which is the batch of the one there is.

    The arguments are those of BatchNorm1d, and process_group, which is without effect. The input has any number of
    dimensions from 2 on.
    """

    def __init__(self, num_features: int, *args: Any, process_group: Any = None, **options: Any):
        super().__init__(num_features, *args, **options)

    def _check_input_dim(self, input: Any) -> None:
        if input.ndim < 2:
            raise ValueError(f"expected at least 2D input (got {input.ndim}D input)")

    @classmethod
    def convert_sync_batchnorm(cls, module: Any, process_group: Any = None) -> Any:
        """Return the module as it is: in one process all batch norms see the whole batch."""
        return module


# not what comes with the library beside PyTorch's names
OWN = ("load", "save", "summary")

__all__ = ["DataParallel", "SyncBatchNorm", *(name for name in vars(core)["__all__"] if name not in OWN)]


def __getattr__(name: str) -> Any:
    if not name.startswith("__"):
        module = submodule(f"nn.{name}")
        if module is not None:
            return module
        if hasattr(core, name):
            return getattr(core, name)
    raise no_attribute("torch.nn", name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(core)})
