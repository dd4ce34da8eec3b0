"""Padding: elements added at the ends of the last one, two or three dimensions.

`padding` is one number for all sides, or (left, right), (left, right, top, bottom), (left, right, top, bottom, front,
back); a negative number takes elements away. The formulas are those of `nn.functional.pad`.
"""

from __future__ import annotations

from typing import Any

from .. import functional as F
from ..module import Module
from .spatial import repeated

SPACE = {1: "L", 2: "H, W", 3: "D, H, W"}


class _Pad(Module):
    """What the layers share: the widths, and the check that only space is padded."""

    dims: int
    mode: str

    def __init__(self, padding: Any):
        super().__init__()
        self.padding = repeated(padding, 2 * self.dims, "padding")

    def forward(self, input: Any) -> Any:
        if input.ndim not in (self.dims + 1, self.dims + 2):
            space = SPACE[self.dims]
            raise ValueError(
                f"{type(self).__name__}: input has shape {tuple(input.shape)}; it must be (N, C, {space}) or "
                f"(C, {space}); F.pad takes any number of dimensions"
            )
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(Module):
    dims: int

    def __init__(self, padding: Any, value: float):
        super().__init__()
        self.padding = repeated(padding, 2 * self.dims, "padding")
        self.value = value

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """`value` at both ends of the last dimension: (…, L) -> (…, L + left + right).

    >>> import autograd_core as ag
    >>> ConstantPad1d((2, 1), 9.0)(ag.tensor([[1.0, 2.0]]))
    tensor([[9., 9., 1., 2., 9.]])
    """

    dims = 1


class ConstantPad2d(_ConstantPad):
    """`value` around the last two dimensions: (…, H, W) -> (…, H + top + bottom, W + left + right)."""

    dims = 2


class ConstantPad3d(_ConstantPad):
    """`value` around the last three dimensions, (…, D, H, W)."""

    dims = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any):
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad, ConstantPad1d):
    """Zeros at both ends of the last dimension."""


class ZeroPad2d(_ZeroPad, ConstantPad2d):
    """Zeros around the last two dimensions."""


class ZeroPad3d(_ZeroPad, ConstantPad3d):
    """Zeros around the last three dimensions."""


class ReflectionPad1d(_Pad):
    """(N, C, L) mirrored at its first and last element, which are not repeated.

    >>> import autograd_core as ag
    >>> ReflectionPad1d(2)(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    dims, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """(N, C, H, W) mirrored at its border, which is not repeated."""

    dims, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """(N, C, D, H, W) mirrored at its border, which is not repeated."""

    dims, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """(N, C, L) with its first and last element repeated.

    >>> import autograd_core as ag
    >>> ReplicationPad1d(2)(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([[1., 1., 1., 2., 3., 3., 3.]])
    """

    dims, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """(N, C, H, W) with its border repeated."""

    dims, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """(N, C, D, H, W) with its border repeated."""

    dims, mode = 3, "replicate"


class CircularPad1d(_Pad):
    """(N, C, L) continued at each end from the other.

    >>> import autograd_core as ag
    >>> CircularPad1d((2, 1))(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([[2., 3., 1., 2., 3., 1.]])
    """

    dims, mode = 1, "circular"


class CircularPad2d(_Pad):
    """(N, C, H, W) continued at each side from the opposite one."""

    dims, mode = 2, "circular"


class CircularPad3d(_Pad):
    """(N, C, D, H, W) continued at each side from the opposite one."""

    dims, mode = 3, "circular"
