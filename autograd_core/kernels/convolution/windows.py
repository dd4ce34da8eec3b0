"""The windows of a pooling, as the parameter arrays that its kernels read. See `pool.py`."""

from __future__ import annotations

import functools
import math

import numpy as np

Sizes = tuple[int, ...]
GROUP = 1024  # elements that make a loop long
PARTS = 2**18  # elements of all images that are taken apart at once, at most
TERMS = 512  # a sum of more of them is accumulated in float64: one long chain of float32 is 1 % off after 10⁶

# Rows of `Windows.sizes`, each for d, h and w:
IN, OUT, WINDOW, STRIDE, PADDING, DILATION, PART = range(7)


class Windows:
    """The windows of images of one size.

    dims      1 to 3 dimensions; `space` and `size` are those of the input and the output
    table     (3, 3, outputs): for d, h and w the first element of each window, the one behind its last, and its share in
              the divisor of an average
    sizes     (7, 3): see above. PART is the number of images taken apart at once, QH and QW
    apart     whether images are taken apart
    terms     the largest number of elements of a window
    work      nanoseconds for an image, about
    fits      whether there are windows, and each holds an element of the image
    """

    __slots__ = ("apart", "dims", "fits", "size", "sizes", "space", "table", "terms", "work")

    def __init__(self, space: Sizes, ranges: list[tuple], regular: tuple[Sizes, ...] | None):
        """ranges: for each dimension (start, stop, divisor), arrays over the outputs. regular: window, stride, padding and
        dilation, or None if they vary."""
        self.dims, self.space = len(space), space
        self.size = size = tuple(len(start) for start, _, _ in ranges)
        missing = 3 - self.dims
        self.table = np.zeros((3, 3, max(1, *size)), np.int64)
        self.table[:missing, 1:] = 1
        for rows, columns in zip(self.table[missing:], ranges, strict=True):
            for row, values in zip(rows, columns, strict=True):
                row[: len(values)] = values
        self.fits = all(len(start) and (start < stop).all() for start, stop, _ in ranges)
        window, stride, padding, dilation = regular or ((1,) * self.dims,) * 4
        self.sizes = np.ones((7, 3), np.int64)
        self.sizes[[PADDING, PART], :] = 0
        self.sizes[:PART, missing:] = space, size, window, stride, padding, dilation
        _, QH, QW = self.sizes[OUT] + (self.sizes[WINDOW] - 1) * self.sizes[DILATION] // self.sizes[STRIDE]
        spread = int(math.prod(self.sizes[STRIDE, 1:])) * QH * QW  # elements of one image, taken apart
        together = max(1, min(GROUP // max(1, QH * QW), PARTS // max(1, spread))) if self.sizes[IN, 0] == 1 else 1
        self.terms = math.prod(int((stop - start).max(initial=0)) for start, stop, _ in ranges)
        visits = math.prod(float((stop - start).sum()) for start, stop, _ in ranges)
        self.sizes[PART] = together, QH, QW
        self.apart = regular is not None and bool(4 * self.sizes[OUT, 1] * self.sizes[OUT, 2] >= QH * QW)
        self.work = 0.2 * visits + math.prod(space) + math.prod(size) if self.apart else 1.5 * visits

    def with_divisor(self, divisor: int) -> Windows:
        """The same, with averages divided by this number instead."""
        other = object.__new__(Windows)
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        other.table = self.table.copy()
        other.table[:, 2] = [[1], [1], [divisor]]
        return other


@functools.lru_cache(512)
def strided_windows(
    space: Sizes,
    window: Sizes,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool = False,
    include_pad: bool = True,
) -> Windows:
    """A window every `stride` elements, first at -padding. With `ceil_mode`, also one that reaches over the end, if it
    starts inside or in the front padding. An average counts the padding if `include_pad`."""
    ranges = []
    for n, k, s, p, d in zip(space, window, stride, padding, dilation, strict=True):
        span = d * (k - 1) + 1
        room = n + 2 * p - span
        outputs = (-(-room // s) if ceil_mode else room // s) + 1
        if ceil_mode and (outputs - 1) * s >= n + p:
            outputs -= 1
        first = np.arange(max(0, outputs), dtype=np.int64) * s - p
        stop = np.minimum(first + span, n)
        start = np.where(first < 0, first + -(first // d) * d, first)
        padded = np.minimum(first + span, n + p) - first
        ranges.append((start, stop, padded if include_pad else stop - start))
    return Windows(space, ranges, (window, stride, padding, dilation))


@functools.lru_cache(512)
def adaptive_windows(space: Sizes, outputs: Sizes) -> Windows:
    """`outputs` windows that cover each dimension: floor(i size / outputs) to ceil((i + 1) size / outputs)."""
    if all(o and n % o == 0 for n, o in zip(space, outputs, strict=True)):
        window = tuple(n // o for n, o in zip(space, outputs, strict=True))
        return strided_windows(space, window, window, (0,) * len(space), (1,) * len(space))
    ranges = []
    for n, o in zip(space, outputs, strict=True):
        i = np.arange(o, dtype=np.int64)
        start, stop = i * n // o, -(-(i + 1) * n // o)
        ranges.append((start, stop, stop - start))
    return Windows(space, ranges, None)
