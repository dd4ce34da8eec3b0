"""`DataParallel` and `DistributedDataParallel` of one process on the CPU: the module itself, a level deeper in `state_dict`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from autograd_core.nn import Module

__all__ = ["DataParallel", "DistributedDataParallel"]


class DataParallel(Module):
    """Calls the module it holds, with the whole batch: kernels use all CPUs by themselves.

    module: what is called; its state has the prefix "module.", as in PyTorch.
    device_ids, output_device: without effect: there are no GPUs (PyTorch ignores them then, too).
    dim: without effect.

    Formula: out = module(inputs)
    Shapes: those of the module.
    Dtypes: those of the module.
    Raises: what the module raises.
    Source: PyTorch's `nn.DataParallel`, where there is no GPU.

    >>> import autograd_core.compat as torch
    >>> list(torch.nn.DataParallel(torch.nn.Linear(1, 1)).state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0):
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(Module):
    """Calls the module it holds: in a group of one process no gradients are to be averaged.

    module: what is called; its state has the prefix "module.", as in PyTorch.
    device_ids, output_device: None; a GPU is refused.
    options: PyTorch's further ones, about sending; without effect.

    Formula: out = module(inputs)
    Shapes: those of the module.
    Dtypes: those of the module.
    Raises: TypeError if GPUs are named.
    Source: PyTorch's `nn.parallel.DistributedDataParallel`.

    >>> import autograd_core.compat as torch
    >>> list(torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(1, 1)).state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None, **options: Any):
        super().__init__()
        if device_ids or output_device not in (None, "cpu"):
            raise TypeError(
                f"DistributedDataParallel: there are no devices, so leave out device_ids={device_ids!r} and "
                f"output_device={output_device!r}"
            )
        self.module = module

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)

    @contextlib.contextmanager
    def no_sync(self) -> Iterator[None]:
        """Compute gradients that are not averaged over processes, as none are."""
        yield
