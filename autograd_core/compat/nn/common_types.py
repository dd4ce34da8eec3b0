"""`torch.nn.common_types`: the types of sizes."""

from typing import Any

from autograd_core.engine.tensor import Tensor

_scalar_or_tuple_any_t = _scalar_or_tuple_1_t = _scalar_or_tuple_2_t = _scalar_or_tuple_3_t = Any
_size_any_t = _size_1_t = _size_2_t = _size_3_t = _size_4_t = int | tuple[int, ...]
_ratio_any_t = _ratio_2_t = _ratio_3_t = float | tuple[float, ...]
_tensor_list_t = Tensor | list[Tensor]
