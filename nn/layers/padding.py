"""Padding: elements added at the ends of the last one, two or three dimensions.

`padding` is one number for all sides, or (left, right), (left, right, top, bottom), (left, right, top, bottom, front,
back); a negative number takes elements away. The formulas are those of `nn.functional.pad`.
"""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor

from .. import functional as F
from .spatial import SPACE, Spatial, repeated


class _ConstantPad(Spatial):
    """padding is one number for all sides, or {sides}; a negative number takes elements away.

    Formula: out[…, {i}] = input[…, {inside}] where that exists, else value
    Shapes: (*, {space}) → (*, {padded}), {padded} larger by the padding.
    Dtypes: any, kept.
    Raises: ValueError for another number of sides; when called, ValueError if more is taken away than there is.
    Source: PyTorch's `ConstantPad{d}d`.
    """

    def __init__(self, padding: int | tuple[int, ...], value: float):
        super().__init__()
        self.padding = repeated(padding, 2 * self.dims, "padding")
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    """padding is one number for all sides, or {sides}; a negative number takes elements away.

    Formula: out[…, {i}] = input[…, {inside}] where that exists, else 0
    Shapes: (*, {space}) → (*, {padded}), {padded} larger by the padding.
    Dtypes: any, kept.
    Raises: ValueError for another number of sides; when called, ValueError if more is taken away than there is.
    Source: PyTorch's `ZeroPad{d}d`.
    """

    def __init__(self, padding: int | tuple[int, ...]):
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _Pad(Spatial):
    """What the layers share that continue the input: the widths, and the check that only space is padded."""

    mode: str

    def __init__(self, padding: int | tuple[int, ...]):
        super().__init__()
        self.padding = repeated(padding, 2 * self.dims, "padding")

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (self.dims + 1, self.dims + 2):
            space = SPACE[self.dims]
            raise ValueError(
                f"{type(self).__name__}: input has shape {tuple(input.shape)}; it must be (N, C, {space}) or "
                f"(C, {space}); F.pad takes any number of dimensions"
            )
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ReflectionPad(_Pad):
    """padding is one number for all sides, or {sides}; a negative number takes elements away.

    Formula: out[n, c, {i}] = input[n, c, {inside}],
        where −1, −2 … stand for 1, 2 …, and size, size + 1 … for size − 2, size − 3 …
    Shapes: (N, C, {space}) or (C, {space}) → the same with {padded}, larger by the padding.
    Dtypes: any, kept.
    Raises: ValueError for another number of sides; when called, ValueError for another number of dimensions, and
        for a width that is not below the size.
    Source: PyTorch's `ReflectionPad{d}d`.
    """

    mode = "reflect"


class _ReplicationPad(_Pad):
    """padding is one number for all sides, or {sides}; a negative number takes elements away.

    Formula: out[n, c, {i}] = input[n, c, {inside}],
        where what is below 0 stands for 0, and what is beyond for size − 1
    Shapes: (N, C, {space}) or (C, {space}) → the same with {padded}, larger by the padding.
    Dtypes: any, kept.
    Raises: ValueError for another number of sides; when called, ValueError for another number of dimensions, and
        for a dimension without elements.
    Source: PyTorch's `ReplicationPad{d}d`.
    """

    mode = "replicate"


class _CircularPad(_Pad):
    """padding is one number for all sides, or {sides}; a negative number takes elements away.

    Formula: out[n, c, {i}] = input[n, c, {inside}], each index modulo its size
    Shapes: (N, C, {space}) or (C, {space}) → the same with {padded}, larger by the padding.
    Dtypes: any, kept.
    Raises: ValueError for another number of sides; when called, ValueError for another number of dimensions, and
        for a width above the size.
    Source: PyTorch's `CircularPad{d}d`.
    """

    mode = "circular"


class ConstantPad1d(_ConstantPad):
    """Puts `value` at both ends of the last dimension.

    >>> import nn, autograd_core as ag
    >>> nn.ConstantPad1d((2, 1), 9.0)(ag.tensor([[1.0, 2.0]]))
    tensor([[9., 9., 1., 2., 9.]])
    """

    dims = 1


class ConstantPad2d(_ConstantPad):
    """Puts `value` around the last two dimensions.

    >>> import nn, autograd_core as ag
    >>> nn.ConstantPad2d(1, 9.0)(ag.tensor([[5.0]]))
    tensor([[9., 9., 9.],
            [9., 5., 9.],
            [9., 9., 9.]])
    """

    dims = 2


class ConstantPad3d(_ConstantPad):
    """Puts `value` around the last three dimensions.

    >>> import nn, autograd_core as ag
    >>> nn.ConstantPad3d(1, 9.0)(ag.ones(2, 3, 3)).shape
    (4, 5, 5)
    """

    dims = 3


class ZeroPad1d(_ZeroPad, ConstantPad1d):
    """Puts zeros at both ends of the last dimension.

    >>> import nn, autograd_core as ag
    >>> nn.ZeroPad1d((2, 1))(ag.tensor([[1.0, 2.0]]))
    tensor([[0., 0., 1., 2., 0.]])
    """

    dims = 1


class ZeroPad2d(_ZeroPad, ConstantPad2d):
    """Puts zeros around the last two dimensions.

    >>> import nn, autograd_core as ag
    >>> nn.ZeroPad2d((1, 1, 0, 1))(ag.tensor([[5.0]]))
    tensor([[0., 5., 0.],
            [0., 0., 0.]])
    """

    dims = 2


class ZeroPad3d(_ZeroPad, ConstantPad3d):
    """Puts zeros around the last three dimensions.

    >>> import nn, autograd_core as ag
    >>> nn.ZeroPad3d((0, 0, 0, 0, 1, 0))(ag.ones(1, 1, 2))
    tensor([[[0., 0.]],
    <BLANKLINE>
            [[1., 1.]]])
    """

    dims = 3


class ReflectionPad1d(_ReflectionPad):
    """Mirrors sequences at their first and last elements, which are not repeated.

    >>> import nn, autograd_core as ag
    >>> nn.ReflectionPad1d(2)(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([[3., 2., 1., 2., 3., 2., 1.]])
    """

    dims = 1


class ReflectionPad2d(_ReflectionPad):
    """Mirrors images at their border, which is not repeated.

    >>> import nn, autograd_core as ag
    >>> nn.ReflectionPad2d((1, 1, 0, 0))(ag.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[[2., 1., 2., 1.],
             [4., 3., 4., 3.]]])
    """

    dims = 2


class ReflectionPad3d(_ReflectionPad):
    """Mirrors volumes at their border, which is not repeated.

    >>> import nn, autograd_core as ag
    >>> nn.ReflectionPad3d(1)(ag.ones(1, 2, 3, 3)).shape
    (1, 4, 5, 5)
    """

    dims = 3


class ReplicationPad1d(_ReplicationPad):
    """Repeats the first and last elements of sequences.

    >>> import nn, autograd_core as ag
    >>> nn.ReplicationPad1d(2)(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([[1., 1., 1., 2., 3., 3., 3.]])
    """

    dims = 1


class ReplicationPad2d(_ReplicationPad):
    """Repeats the border of images.

    >>> import nn, autograd_core as ag
    >>> nn.ReplicationPad2d((1, 1, 0, 0))(ag.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[[1., 1., 2., 2.],
             [3., 3., 4., 4.]]])
    """

    dims = 2


class ReplicationPad3d(_ReplicationPad):
    """Repeats the border of volumes.

    >>> import nn, autograd_core as ag
    >>> nn.ReplicationPad3d(1)(ag.ones(1, 2, 3, 3)).shape
    (1, 4, 5, 5)
    """

    dims = 3


class CircularPad1d(_CircularPad):
    """Continues sequences at each end from the opposite one.

    >>> import nn, autograd_core as ag
    >>> nn.CircularPad1d((2, 1))(ag.tensor([[1.0, 2.0, 3.0]]))
    tensor([[2., 3., 1., 2., 3., 1.]])
    """

    dims = 1


class CircularPad2d(_CircularPad):
    """Continues images at each side from the opposite one.

    >>> import nn, autograd_core as ag
    >>> nn.CircularPad2d((1, 0, 0, 0))(ag.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[[2., 1., 2.],
             [4., 3., 4.]]])
    """

    dims = 2


class CircularPad3d(_CircularPad):
    """Continues volumes at each side from the opposite one.

    >>> import nn, autograd_core as ag
    >>> nn.CircularPad3d(1)(ag.ones(1, 2, 3, 3)).shape
    (1, 4, 5, 5)
    """

    dims = 3
