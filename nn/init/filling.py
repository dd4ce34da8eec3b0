"""What the functions of `nn.init` share: the check of the tensor, and writing into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from numpy import ndarray

from autograd_core.engine.tensor import Tensor, describe
from autograd_core.engine.versions import written
from autograd_core.random import Generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def check_fillable(tensor: Tensor, name: str, kinds: str = "fciub") -> None:
    """Raise unless it is a tensor, of a dtype that has what is to be filled in."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name}: needs a tensor to fill, got {describe(tensor)}")
    if tensor.dtype.kind not in kinds:
        raise TypeError(
            f"{name}: needs a tensor of {'real or complex' if 'c' in kinds else 'real'} floating numbers, got "
            f"{tensor.dtype}; fill a float one and convert it"
        )


def check_dimensions(tensor: Tensor, name: str, ndim: int) -> None:
    check_fillable(tensor, name)
    if tensor.ndim != ndim:
        raise ValueError(f"{name}: only tensors with {ndim} dimensions are supported, got shape {tensor.shape}")


def fill(tensor: Tensor, values: ArrayLike | Tensor) -> Tensor:
    tensor.array[...] = values
    written(tensor.array)
    return tensor


def random_parts(draw: Callable[..., ndarray], tensor: Tensor, generator: Generator | None) -> ndarray:
    """Random numbers of a tensor's shape and dtype; a complex one has its real and its imaginary part drawn."""
    if tensor.dtype.kind != "c":
        return draw(tensor.shape, tensor.dtype, generator)
    parts = draw((*tensor.shape, 2), tensor.array.real.dtype, generator)
    return parts.view(tensor.dtype)[..., 0]
