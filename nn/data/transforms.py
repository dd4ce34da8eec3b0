"""Augmentation of whole batches of images (N, C, H, W): what a `TensorDataset` takes as its `transform`.

Each transform draws for every image of the batch with the library's generator, or its own, and changes nothing in place. The
functions below take the numbers that are drawn, and draw none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view

from autograd_core import Generator, Tensor, from_numpy
from autograd_core.random import stream

from .sampler import checked_generator

if TYPE_CHECKING:
    from autograd_core.engine.types import TensorLike

__all__ = [
    "Compose", "Cutout", "GaussianNoise", "RandomCrop", "RandomHorizontalFlip", "RandomRotation", "RandomShift",
    "RandomVerticalFlip",
]  # fmt: skip


# ------------------------------------------------------------------------------------- with numbers that were drawn before


def crop(images: ndarray, tops: ndarray, lefts: ndarray, height: int, width: int) -> ndarray:
    """The window of each image whose upper left corner is given."""
    windows = sliding_window_view(images, (height, width), axis=(2, 3))  # type: ignore[call-overload]
    return windows[np.arange(len(images)), :, tops, lefts]


def padded(images: ndarray, rows: int, columns: int, fill: float) -> ndarray:
    """With `rows` rows and `columns` columns of `fill` at each edge."""
    return np.pad(images, ((0, 0), (0, 0), (rows, rows), (columns, columns)), constant_values=fill)


def shift(images: ndarray, down: ndarray, right: ndarray, fill: float) -> ndarray:
    """Each image moved by whole pixels; what comes in is `fill`."""
    rows, columns = int(np.abs(down).max(initial=0)), int(np.abs(right).max(initial=0))
    return crop(padded(images, rows, columns, fill), rows - down, columns - right, *images.shape[2:])


def rotate(images: ndarray, degrees: ndarray, fill: float) -> ndarray:
    """Each image rotated about its centre, counter-clockwise as it is seen, by bilinear interpolation."""
    n, c, h, w = images.shape
    angle = np.deg2rad(degrees)[:, None, None]
    y, x = np.arange(h)[:, None] - (h - 1) / 2, np.arange(w) - (w - 1) / 2
    # where each pixel of the result lies in the image, (N, H, W)
    y, x = y * np.cos(angle) + x * np.sin(angle) + (h - 1) / 2, x * np.cos(angle) - y * np.sin(angle) + (w - 1) / 2
    # a rotation by a multiple of 90° meets pixels, which rounding must not take it past
    y, x = (np.where(np.abs(v - np.round(v)) < 1e-9, np.round(v), v) for v in (y, x))
    top, left = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    flat = padded(images, 1, 1, fill).reshape(n, c, (h + 2) * (w + 2))
    out = np.zeros((n, c, h * w), images.dtype)
    for row, column, weight in (
        (top, left, (1 - y + top) * (1 - x + left)),
        (top, left + 1, (1 - y + top) * (x - left)),
        (top + 1, left, (y - top) * (1 - x + left)),
        (top + 1, left + 1, (y - top) * (x - left)),
    ):
        index = (row.clip(-1, h) + 1) * (w + 2) + column.clip(-1, w) + 1  # beyond the image is the padding
        values = np.take_along_axis(flat, index.reshape(n, 1, h * w), 2)
        out += weight.reshape(n, 1, h * w).astype(images.dtype) * values
    return out.reshape(images.shape)


# ------------------------------------------------------------------------------------------------------------- transforms


class _Transform:
    """Base: checks the batch, and gives back what it was given, a tensor or an array."""

    generator: Generator | None = None
    floating = False  # whether the result has fractions

    def __call__(self, images: TensorLike) -> Any:
        array = images.array if isinstance(images, Tensor) else np.asarray(images)
        name = type(self).__name__
        if array.ndim != 4:
            raise ValueError(f"{name}: needs a batch of images (N, C, H, W), got shape {array.shape}")
        if self.floating and array.dtype.kind != "f":
            raise TypeError(
                f"{name}: gives fractions, which {array.dtype} would cut off; divide the pixels by 255 first"
            )
        out = np.ascontiguousarray(self.apply(array, stream(self.generator)))
        return from_numpy(out) if isinstance(images, Tensor) else out

    def apply(self, images: ndarray, rng: np.random.Generator) -> ndarray:
        """The batch, changed, as an array of its own."""
        raise NotImplementedError


class Compose:
    """Applies transforms one after the other.

    transforms: functions of a batch, such as those here or a fitted `Standardize`.

    Formula: out = tₖ(… t₂(t₁(images)))
    Shapes: as the transforms have them.
    Dtypes: as the transforms have them.
    Raises: TypeError for what cannot be called.
    Source: torchvision's `transforms.Compose`.

    >>> import autograd_core as ag
    >>> from nn.data import transforms
    >>> augment = transforms.Compose([transforms.RandomHorizontalFlip(1.0), transforms.RandomHorizontalFlip(1.0)])
    >>> augment(ag.arange(4.0).reshape(1, 1, 1, 4))
    tensor([[[[0., 1., 2., 3.]]]])
    """

    def __init__(self, transforms: Iterable[Callable[[Any], Any]]) -> None:
        self.transforms = list(transforms)
        for t in self.transforms:
            if not callable(t) or isinstance(t, type):
                raise TypeError(
                    f"Compose: needs functions of a batch, got {t!r}; put transforms such as RandomShift(2) into the list"
                )

    def __call__(self, images: TensorLike) -> Any:
        for t in self.transforms:
            images = t(images)
        return images


class RandomCrop(_Transform):
    """Cuts a window of each image at a random position.

    size: height and width of the window, or one number for both.
    padding: this many pixels of `fill` are put at each edge before.
    generator: of the positions, by default the library's.

    Formula: out[n] = images[n, :, t : t + h, l : l + w], t and l uniform
    Shapes: (N, C, H, W) → (N, C, h, w).
    Dtypes: any; it stays.
    Raises: ValueError if the images, padded, are smaller than the window, or are no batch.
    Source: torchvision's `transforms.RandomCrop`, for a batch.

    >>> import autograd_core as ag
    >>> from nn.data import transforms
    >>> transforms.RandomCrop(24, padding=2)(ag.zeros(8, 1, 28, 28)).shape
    (8, 1, 24, 24)
    """

    def __init__(
        self, size: int | tuple[int, int], padding: int = 0, fill: float = 0.0, generator: Generator | None = None
    ) -> None:
        self.size = (size, size) if isinstance(size, int) else tuple(size)
        if len(self.size) != 2 or min(self.size) < 1 or padding < 0:
            raise ValueError(
                f"RandomCrop: size is a height and a width of at least 1, padding at least 0, got {size} and {padding}"
            )
        self.padding, self.fill, self.generator = padding, fill, checked_generator(generator, "RandomCrop")

    def apply(self, images: ndarray, rng: np.random.Generator) -> ndarray:
        if self.padding:
            images = padded(images, self.padding, self.padding, self.fill)
        room = [have - wanted for have, wanted in zip(images.shape[2:], self.size)]
        if min(room) < 0:
            raise ValueError(
                f"RandomCrop: a window of {self.size[0]} × {self.size[1]} does not fit into images of {images.shape[2]} × "
                f"{images.shape[3]}, padding included; make it smaller, or padding larger"
            )
        tops, lefts = (rng.integers(0, r + 1, len(images)) for r in room)
        return crop(images, tops, lefts, *self.size)


class RandomShift(_Transform):
    """Moves each image by a random number of whole pixels.

    pixels: the largest shift, up or down and left or right; a pair for the two directions.
    fill: what comes in at the edges.
    generator: of the shifts, by default the library's.

    Formula: out[n, :, i, j] = images[n, :, i − dy, j − dx], dy and dx uniform in −pixels … pixels
    Shapes: (N, C, H, W) → (N, C, H, W).
    Dtypes: any; it stays.
    Raises: ValueError for a negative number of pixels, or if the images are no batch.
    Source: SciPy's `ndimage.shift` with order 0, for a batch.

    >>> import autograd_core as ag
    >>> from nn.data import transforms
    >>> transforms.RandomShift(2)(ag.zeros(8, 1, 28, 28)).shape
    (8, 1, 28, 28)
    """

    def __init__(self, pixels: int | tuple[int, int], fill: float = 0.0, generator: Generator | None = None) -> None:
        self.pixels = (pixels, pixels) if isinstance(pixels, int) else tuple(pixels)
        if len(self.pixels) != 2 or min(self.pixels) < 0:
            raise ValueError(f"RandomShift: pixels must not be negative, got {pixels}")
        self.fill, self.generator = fill, checked_generator(generator, "RandomShift")

    def apply(self, images: ndarray, rng: np.random.Generator) -> ndarray:
        down, right = (rng.integers(-p, p + 1, len(images)) for p in self.pixels)
        return shift(images, down, right, self.fill)


class _Flip(_Transform):
    axis = -1

    def __init__(self, p: float = 0.5, generator: Generator | None = None) -> None:
        name = type(self).__name__
        if not 0 <= p <= 1:
            raise ValueError(f"{name}: p is the probability of a flip, from 0 to 1, got {p}")
        self.p, self.generator = p, checked_generator(generator, name)

    def apply(self, images: ndarray, rng: np.random.Generator) -> ndarray:
        flipped = rng.random(len(images)) < self.p
        return np.where(flipped[:, None, None, None], np.flip(images, self.axis), images)


class RandomHorizontalFlip(_Flip):
    """Exchanges left and right of some of the images.

    p: the probability for each.
    generator: of the choice, by default the library's.

    Formula: out[n, :, i, j] = images[n, :, i, W − 1 − j] with probability p, else images[n, :, i, j]
    Shapes: (N, C, H, W) → (N, C, H, W).
    Dtypes: any; it stays.
    Raises: ValueError for a p outside of [0, 1], or if the images are no batch.
    Source: torchvision's `transforms.RandomHorizontalFlip`, for a batch.

    >>> import autograd_core as ag
    >>> from nn.data import transforms
    >>> transforms.RandomHorizontalFlip(1.0)(ag.arange(3.0).reshape(1, 1, 1, 3))
    tensor([[[[2., 1., 0.]]]])
    """


class RandomVerticalFlip(_Flip):
    """Exchanges top and bottom of some of the images.

    p: the probability for each.
    generator: of the choice, by default the library's.

    Formula: out[n, :, i, j] = images[n, :, H − 1 − i, j] with probability p, else images[n, :, i, j]
    Shapes: (N, C, H, W) → (N, C, H, W).
    Dtypes: any; it stays.
    Raises: ValueError for a p outside of [0, 1], or if the images are no batch.
    Source: torchvision's `transforms.RandomVerticalFlip`, for a batch.

    >>> import autograd_core as ag
    >>> from nn.data import transforms
    >>> transforms.RandomVerticalFlip(1.0)(ag.arange(3.0).reshape(1, 1, 3, 1)).flatten()
    tensor([2., 1., 0.])
    """

    axis = -2


class RandomRotation(_Transform):
    """Rotates each image about its centre by a random angle.

    degrees: the largest angle to either side, or a pair of bounds; counter-clockwise is positive.
    fill: the value beyond the edges.
    generator: of the angles, by default the library's.

    Formula: out[n, :, p] = images[n, :, R(p − c) + c] by bilinear interpolation, c the centre, R of an angle uniform in
        [−degrees, degrees]
    Shapes: (N, C, H, W) → (N, C, H, W).
    Dtypes: any floating one; it stays.
    Raises: ValueError for bounds in the wrong order, or if the images are no batch; TypeError for integers.
    Source: SciPy's `ndimage.rotate` with order 1, reshape=False and mode="grid-constant", for a batch.

    >>> import autograd_core as ag
    >>> from nn.data import transforms
    >>> transforms.RandomRotation((90, 90))(ag.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))
    tensor([[[[2., 4.],
              [1., 3.]]]])
    """

    floating = True

    def __init__(
        self, degrees: float | tuple[float, float], fill: float = 0.0, generator: Generator | None = None
    ) -> None:
        bounds = degrees if isinstance(degrees, tuple) else (-degrees, degrees)
        if len(bounds) != 2 or not bounds[0] <= bounds[1]:
            raise ValueError(f"RandomRotation: degrees is an angle of at least 0 or a pair (low, high), got {degrees}")
        self.degrees, self.fill, self.generator = bounds, fill, checked_generator(generator, "RandomRotation")

    def apply(self, images: ndarray, rng: np.random.Generator) -> ndarray:
        low, high = self.degrees
        return rotate(images, low + (high - low) * rng.random(len(images)), self.fill)


class GaussianNoise(_Transform):
    """Adds independent normal noise to each pixel.

    std: its standard deviation.
    generator: of the noise, by default the library's.

    Formula: out = images + std z, z ~ N(0, 1)
    Shapes: (N, C, H, W) → (N, C, H, W).
    Dtypes: any floating one; it stays.
    Raises: ValueError for a negative std, or if the images are no batch; TypeError for integers.
    Source: torchvision's `transforms.v2.GaussianNoise`, which clips.

    >>> import autograd_core as ag
    >>> from nn.data import transforms
    >>> bool((transforms.GaussianNoise(0.1)(ag.zeros(2, 1, 8, 8)) != 0).any())
    True
    """

    floating = True

    def __init__(self, std: float, generator: Generator | None = None) -> None:
        if not std >= 0:
            raise ValueError(f"GaussianNoise: std must not be negative, got {std}")
        self.std, self.generator = std, checked_generator(generator, "GaussianNoise")

    def apply(self, images: ndarray, rng: np.random.Generator) -> ndarray:
        return (images + self.std * rng.standard_normal(images.shape)).astype(images.dtype)


class Cutout(_Transform):
    """Covers a square of each image at a random position, in part beyond the edge where that is close.

    size: the side of the square, in pixels.
    fill: its value.
    generator: of the positions, by default the library's.

    Formula: out[n, :, i, j] = fill where cᵢ − ⌊size / 2⌋ ≤ i < cᵢ − ⌊size / 2⌋ + size and j likewise, else images[n, :, i, j];
        the centre (cᵢ, cⱼ) is uniform over the pixels
    Shapes: (N, C, H, W) → (N, C, H, W).
    Dtypes: any; it stays.
    Raises: ValueError for a size below 1, or if the images are no batch.
    Source: DeVries & Taylor 2017, "Improved regularization of convolutional neural networks with Cutout".

    >>> import autograd_core as ag
    >>> from nn.data import transforms
    >>> float(transforms.Cutout(40)(ag.ones(1, 1, 8, 8)).sum())
    0.0
    """

    def __init__(self, size: int, fill: float = 0.0, generator: Generator | None = None) -> None:
        if size < 1:
            raise ValueError(f"Cutout: size is the side of the square, at least 1 pixel, got {size}")
        self.size, self.fill, self.generator = size, fill, checked_generator(generator, "Cutout")

    def apply(self, images: ndarray, rng: np.random.Generator) -> ndarray:
        n, _, h, w = images.shape
        inside = []
        for side in (h, w):
            first = rng.integers(0, side, (n, 1)) - self.size // 2
            offset = np.arange(side) - first
            inside.append((offset >= 0) & (offset < self.size))
        covered = inside[0][:, None, :, None] & inside[1][:, None, None, :]
        return np.where(covered, images.dtype.type(self.fill), images)
