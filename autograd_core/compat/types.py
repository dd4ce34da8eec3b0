"""`torch.types`: names for annotations."""

from typing import Any

from ..engine.device import device

Number = int | float | bool
Device = device | str | int | None
_device = device
_dtype = _size = _TensorOrTensors = Any
