"""`torch.amp`: mixed precision, which has no use on a CPU. Everything is computed in the dtypes that the tensors have."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.tensor import Tensor
from .refusals import NoDtype

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]


class autocast:  # noqa: N801 (PyTorch's name)
    """Leaves the dtypes as they are, where PyTorch would compute some operations in a narrower one; also a decorator.

    device_type: "cpu"; another device is not there, so that nothing would be cast on it.
    dtype: the narrower dtype, without effect: results are the more exact ones of the tensors' own dtype.
    enabled: without effect.
    cache_enabled: without effect.

    Formula: out = f(x)
    Shapes: those of f.
    Dtypes: those of f.
    Raises: nothing.
    Source: PyTorch's `torch.autocast`.

    >>> import autograd_core.compat as torch
    >>> with torch.autocast("cpu", dtype=torch.bfloat16):
    ...     (torch.ones(2, 2) @ torch.ones(2)).dtype
    dtype('float32')
    """

    def __init__(
        self, device_type: Any = "cpu", dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None
    ):
        self.device_type, self.dtype, self.enabled, self.cache_enabled = device_type, dtype, enabled, cache_enabled

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def __call__(self, function: Callable) -> Callable:
        return function


class GradScaler:
    """Holds a scale of 1, and leaves out the steps whose gradients are not finite, as PyTorch's does.

    device: where PyTorch scales: for "cuda", which is not there, it does nothing, and neither does this one.
    init_scale, growth_factor, backoff_factor, growth_interval: without effect; float32 needs no scale.
    enabled: False: steps are always taken.

    Formula: scale(x) = x
    Shapes: any.
    Dtypes: any.
    Raises: nothing.
    Source: PyTorch's `torch.amp.GradScaler`, whose scale is a power of two and falls out of the gradients.

    >>> import autograd_core.compat as torch
    >>> torch.amp.GradScaler("cpu").scale(torch.ones(2))
    tensor([1., 1.])
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ):
        self.enabled = enabled and str(device) == "cpu"

    def scale(self, outputs: Any) -> Any:
        """Return the outputs, which have the scale 1."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Leave the gradients, which have the scale 1."""

    def step(self, optimizer: Any, *args: Any, **options: Any) -> Any:
        """Let the optimiser take a step, unless a gradient is not finite."""
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        if self.enabled and any(p.grad is not None and not np.isfinite(p.grad.array).all() for p in parameters):
            return None
        return optimizer.step(*args, **options)

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Leave the scale."""

    def get_scale(self) -> float:
        """Return the scale, 1."""
        return 1.0

    def is_enabled(self) -> bool:
        """Return whether steps are left out."""
        return self.enabled

    def state_dict(self) -> dict[str, Any]:
        """Return the state, which is empty."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Leave the scale, whatever another program's was."""


def is_autocast_available(device_type: str) -> bool:
    """Return whether `device_type` is there: "cpu" is."""
    return str(device_type) == "cpu"


def custom_fwd(fwd: Callable | None = None, *, device_type: str = "cpu", cast_inputs: Any = None) -> Callable:
    """Return `fwd`, a Function's forward; nothing is cast, so `cast_inputs` must be None.

    `device_type` is without effect. Raises TypeError for another `cast_inputs`.
    """
    if cast_inputs is not None and not isinstance(cast_inputs, NoDtype):
        raise TypeError(
            f"custom_fwd: nothing is cast, so leave out cast_inputs={cast_inputs!r} and write x.to(…) in forward"
        )
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)
    return fwd


def custom_bwd(bwd: Callable | None = None, *, device_type: str = "cpu") -> Callable:
    """Return `bwd`, a Function's backward; `device_type` is without effect."""
    return functools.partial(custom_bwd, device_type=device_type) if bwd is None else bwd
