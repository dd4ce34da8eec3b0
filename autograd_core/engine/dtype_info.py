"""What is known of dtypes, their limits and promotion; and `Size`, the shape that counts its elements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np

from . import operands
from .tensor import Default, describe, kind_rank

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


def _dtype_of(what: Any, name: str, parameter: str) -> np.dtype:
    """The dtype, or a TypeError that names the argument."""
    try:
        kind = np.dtype(what)
    except TypeError:
        kind = None
    if what is None or kind is None or kind.kind not in "fiubc":
        raise TypeError(f"{name}: {parameter} must be a dtype of numbers, such as ag.float32, got {describe(what)}")
    return kind


class finfo:  # noqa: N801 (PyTorch's name)
    """Holds the limits of a floating dtype as Python numbers.

    `type` is the dtype, of a complex one that of its parts, and None the default float. The attributes are `bits`, `dtype`
    (its name), `eps`, `min`, `max`, `tiny` and `smallest_normal` (both the smallest positive normal number) and
    `resolution`.

    Formula: eps = 2⁻ᵖ, max = (2 − 2⁻ᵖ) 2ᴱ, min = −max, p the bits of the fraction and E the largest exponent
    Shapes: none.
    Dtypes: floating and complex ones.
    Raises: TypeError for any other dtype.
    Source: PyTorch's `torch.finfo`; IEEE 754-2019.

    >>> import autograd_core as ag
    >>> ag.finfo(ag.float32).eps == 2.0**-23
    True
    """

    __slots__ = ("bits", "dtype", "eps", "max", "min", "resolution", "smallest_normal", "tiny")

    def __init__(self, type: DTypeLike | None = None):
        kind = Default.dtype if type is None else _dtype_of(type, "finfo", "type")
        if kind.kind not in "fc":
            raise TypeError(f"finfo: {kind} is no floating dtype; use ag.iinfo({kind.name!r})")
        limits = np.finfo(kind)
        self.bits, self.dtype = limits.bits, limits.dtype.name
        self.eps, self.resolution = limits.eps.item(), 10.0**-limits.precision
        self.min, self.max = limits.min.item(), limits.max.item()
        self.tiny = self.smallest_normal = limits.smallest_normal.item()

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution}, min={self.min}, max={self.max}, eps={self.eps}, dtype={self.dtype})"
        )


class iinfo:  # noqa: N801 (PyTorch's name)
    """Holds the limits of an integer dtype as Python numbers: `bits`, `dtype` (its name), `min` and `max`.

    `type` is the dtype.

    Formula: min = −2ᵇ⁻¹ and max = 2ᵇ⁻¹ − 1, of unsigned integers 0 and 2ᵇ − 1, b the bits
    Shapes: none.
    Dtypes: integer ones.
    Raises: TypeError for any other dtype.
    Source: PyTorch's `torch.iinfo`.

    >>> import autograd_core as ag
    >>> ag.iinfo(ag.int8)
    iinfo(min=-128, max=127, dtype=int8)
    """

    __slots__ = ("bits", "dtype", "max", "min")

    def __init__(self, type: DTypeLike):
        kind = _dtype_of(type, "iinfo", "type")
        if kind.kind not in "iu":
            raise TypeError(f"iinfo: {kind} is no integer dtype; use ag.finfo for floating ones")
        limits = np.iinfo(kind)
        self.bits, self.dtype, self.min, self.max = limits.bits, kind.name, limits.min, limits.max

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


class Size(tuple):
    """Holds a shape, as `x.size()` returns it: a tuple of sizes, which also counts the elements.

    A part of it, and it with more sizes added, are such shapes as well. (`x.shape` is a plain tuple, which is read faster.)

    Formula: numel() = the product of the sizes
    Shapes: none.
    Dtypes: none.
    Raises: TypeError for what is no iterable of integers.
    Source: PyTorch's `torch.Size`.

    >>> import autograd_core as ag
    >>> ag.zeros(4, 2, 3).size()[1:].numel()
    6
    """

    __slots__ = ()

    def __new__(cls, iterable: Any = (), /) -> Size:
        return tuple.__new__(cls, [_index(size) for size in iterable])

    def numel(self) -> int:
        """Return the number of elements of a tensor of this shape."""
        count = 1
        for size in self:
            count *= size
        return count

    def __getitem__(self, index: Any) -> Any:
        part = tuple.__getitem__(self, index)
        return tuple.__new__(Size, part) if isinstance(index, slice) else part

    def __add__(self, other: Any) -> Any:
        return tuple.__new__(Size, tuple.__add__(self, tuple(other)))

    def __radd__(self, other: Any) -> Any:
        return tuple.__new__(Size, (*other, *self))


def _index(size: SupportsIndex) -> int:
    try:
        return size.__index__()
    except AttributeError:
        raise TypeError(f"Size: sizes must be integers, got {describe(size)}") from None


def can_cast(from_: DTypeLike, to: DTypeLike) -> bool:
    """Test whether values of the dtype `from_` may be stored in `to`: its category is not a lower one.

    Formula: out = category of from_ ≤ category of to, in the order bool < integer < floating < complex
    Shapes: none.
    Dtypes: any two.
    Raises: TypeError for what is no dtype.
    Source: PyTorch's `can_cast`.

    >>> import autograd_core as ag
    >>> ag.can_cast(ag.double, ag.float), ag.can_cast(ag.float, ag.int)
    (True, False)
    """
    return kind_rank(_dtype_of(from_, "can_cast", "from_")) <= kind_rank(_dtype_of(to, "can_cast", "to"))


def promote_types(type1: DTypeLike, type2: DTypeLike) -> np.dtype:
    """Return the dtype of an operation on a tensor of `type1` and one of `type2`, neither 0-d.

    Formula: the higher category's; within one, the smallest that holds both
    Shapes: none.
    Dtypes: any two.
    Raises: TypeError for what is no dtype.
    Source: PyTorch's `promote_types`.

    >>> import autograd_core as ag
    >>> ag.promote_types(ag.int64, ag.float16), ag.promote_types(ag.uint8, ag.int8)
    (dtype('float16'), dtype('int16'))
    """
    return operands.promote_types(
        _dtype_of(type1, "promote_types", "type1"), _dtype_of(type2, "promote_types", "type2")
    )
