"""Resampling of images: to another size, at any coordinates, and pixels to channels and back.

Resizing is linear and separable: along each dimension every output element is a weighted sum of a few input elements,
its `Taps`. The adjoint has taps too, so `resample` is its own rule, for any order.
"""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import clone
from ...engine.operands import operand
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ...kernels.products import gemm
from ..arguments import array_operand
from ..linalg.products import matmul
from ..shape.shape import movedim, permute, reshape

MODES = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area")
RANK = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
FEW = 16  # taps up to which they are gathered one by one; more are a matrix product


class Taps:
    """out[o] = Σ_k weight[o, k] · x[index[o, k]], for x of length `size`."""

    def __init__(self, index: ndarray, weight: ndarray, size: int):
        self.index, self.weight, self.size = index, weight, size

    @functools.cached_property
    def adjoint(self) -> Taps:
        """The taps of the transposed map, with weights 0 where an element has fewer than the most."""
        rows, columns = np.nonzero(self.weight)
        target = self.index[rows, columns]
        order = np.argsort(target, kind="stable")
        rows, columns, target = rows[order], columns[order], target[order]
        counts = np.bincount(target, minlength=self.size)
        position = np.arange(len(target)) - np.repeat(np.cumsum(counts) - counts, counts)
        index = np.zeros((self.size, max(1, int(counts.max(initial=0)))), np.int64)
        weight = np.zeros(index.shape)
        index[target, position] = rows
        weight[target, position] = self.weight[rows, columns]
        adjoint = Taps(index, weight, len(self.index))
        adjoint.__dict__["adjoint"] = self
        return adjoint

    @functools.cached_property
    def matrix(self) -> ndarray:
        out = np.zeros((len(self.index), self.size))
        np.add.at(out, (np.arange(len(self.index))[:, None], self.index), self.weight)
        return out


def _resample(x: ndarray, dim: int, taps: Taps) -> ndarray:
    count = taps.index.shape[1]
    if count > FEW:
        out = gemm.matmul(np.moveaxis(x, dim, -1).reshape(-1, x.shape[dim]), taps.matrix.T.astype(x.dtype))
        out = out.reshape(*x.shape[:dim], *x.shape[dim + 1 :], len(taps.index))
        return np.moveaxis(out, -1, dim)
    shape = [-1 if d == dim else 1 for d in range(x.ndim)]
    out = np.take(x, taps.index[:, 0], dim)
    if not (taps.weight[:, 0] == 1).all():
        out *= taps.weight[:, 0].astype(x.dtype).reshape(shape)
    for k in range(1, count):
        out += np.take(x, taps.index[:, k], dim) * taps.weight[:, k].astype(x.dtype).reshape(shape)
    return out


def _resample_definition(x: Any, dim: int, taps: Taps) -> Any:
    """Each line along `dim` times the matrix of the weights."""
    return movedim(matmul(movedim(x, dim, -1), taps.matrix.T.astype(x.dtype)), -1, dim)


_resample_primitive = Primitive(
    _resample,
    name="interpolate",
    vjps=(lambda g, dim, taps: resample(g, dim, taps.adjoint),),
    definition=_resample_definition,
)


def resample(x: Any, dim: int, taps: Taps) -> Any:
    """The elements of x along `dim` combined as the taps say."""
    return apply(_resample_primitive, (x,), (dim, taps))


@functools.lru_cache(256)
def taps_of(mode: str, size: int, out: int, align_corners: bool, scale: float | None, single: bool) -> Taps:
    """The taps of a mode for `size` input and `out` output elements.

    Output o lies at input coordinate o (size - 1) / (out - 1) with `align_corners`, else at (o + 1/2) r - 1/2, where
    r = size / out, or 1 / scale if a scale was given. Coordinates are computed in single precision for float32, as in
    PyTorch, so that `nearest` rounds alike.
    """
    real: Any = np.float32 if single else np.float64
    o: Any = np.arange(out)
    if mode == "area":
        start, stop = o * size // out, -(-(o + 1) * size // out)
        k = np.arange((stop - start).max())
        index = np.minimum(start[:, None] + k, size - 1)
        return Taps(index, np.where(k < (stop - start)[:, None], 1.0, 0.0) / (stop - start)[:, None], size)
    ratio = real(1 / scale if scale is not None else size / out)
    if mode in ("nearest", "nearest-exact"):
        at = o.astype(real) * ratio if mode == "nearest" else (o.astype(real) + real(0.5)) * ratio
        index = np.minimum(np.floor(at).astype(np.int64), size - 1)
        return Taps(index[:, None], np.ones((out, 1)), size)
    if align_corners:
        at = o.astype(real) * real((size - 1) / (out - 1) if out > 1 else 0)
    else:
        at = (o.astype(real) + real(0.5)) * ratio - real(0.5)
        at = at if mode == "bicubic" else np.maximum(at, 0)
    low = np.floor(at).astype(np.int64)
    if mode != "bicubic":
        low = np.minimum(low, size - 1)
        t = np.clip(at - low, 0, 1)
        return Taps(np.stack([low, np.minimum(low + 1, size - 1)], 1), np.stack([1 - t, t], 1).astype(float), size)
    t = (at - low)[:, None]
    index = np.clip(low[:, None] + np.arange(-1, 3), 0, size - 1)
    return Taps(index, np.concatenate(cubic_weights(t), 1).astype(float), size)


@functools.lru_cache(256)
def smooth_taps(mode: str, size: int, out: int, align_corners: bool, scale: float | None) -> Taps:
    """The taps with antialias: the mode's weights as a filter, widened by the ratio where the image shrinks, so that every
    input element counts. As in PyTorch (and Pillow), the cubic filter is that of Keys with a = -1/2."""
    if align_corners:
        ratio = (size - 1) / (out - 1) if out > 1 else 0.0
    else:
        ratio = 1 / scale if scale is not None else size / out
    wide = max(ratio, 1.0)
    reach = (1 if mode == "bilinear" else 2) * wide
    centre = ratio * (np.arange(out) + 0.5)
    first = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    stop = np.minimum((centre + reach + 0.5).astype(np.int64), size)
    index = first[:, None] + np.arange(max(1, (stop - first).max(initial=0)))
    distance = np.abs(index + 0.5 - centre[:, None]) / wide
    if mode == "bilinear":
        weight = np.maximum(1 - distance, 0)
    else:
        far, near = cubic_weights(np.minimum(distance, 2) - 1, -0.5)[0], cubic_weights(np.minimum(distance, 1), -0.5)[1]
        weight = np.where(distance < 1, near, np.where(distance < 2, far, 0))
    weight = np.where(index < stop[:, None], weight, 0)
    return Taps(np.minimum(index, size - 1), weight / weight.sum(1, keepdims=True), size)


def cubic_weights(t: Any, a: float = -0.75) -> list:
    """The weights of the four elements around a coordinate at t ∈ [0, 1) past the second (Keys 1981, with a = -3/4)."""

    def near(d: Any) -> Any:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: Any) -> Any:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def interpolate(
    input: TensorLike,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize images to `size`, or by `scale_factor`, of which one is given: one number, or one for each dimension.

    `mode` is "nearest", "nearest-exact" or "area" (averages over cells) for one to three dimensions, "linear" for one,
    "bilinear" and "bicubic" for two, "trilinear" for three. With `align_corners` the centres of the corner elements are
    matched instead of their outer corners. `recompute_scale_factor` places the elements by the sizes rather than by the
    given factor. `antialias` (for "bilinear" and "bicubic") averages over all elements that one of a smaller image covers.

    Formula: out[n, c, o] = Σ_k w_ok input[n, c, k] along each dimension, w the mode's weights at the coordinate
        (o + 1/2) L / OL − 1/2, or o (L − 1) / (OL − 1) with align_corners
    Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W) → (N, C, *size), with size = ⌊L · scale_factor⌋ if not given.
    Dtypes: floating, kept.
    Raises: ValueError if arguments do not fit together; TypeError if input is not floating.
    Source: PyTorch's `torch.nn.functional.interpolate`; the cubic weights: Keys 1981, with a = −3/4 (−1/2 with antialias).

    >>> import autograd_core as ag
    >>> ag.interpolate(ag.tensor([[[1.0, 2.0]]]), size=4, mode="linear")
    tensor([[[1.  , 1.25, 1.75, 2.  ]]])
    """
    x = operand(input, "interpolate")
    rank = x.ndim - 2
    if rank not in (1, 2, 3):
        raise ValueError(f"interpolate: needs (N, C, L), (N, C, H, W) or (N, C, D, H, W), got shape {tuple(x.shape)}")
    if mode not in MODES:
        raise ValueError(f"interpolate: mode must be one of {', '.join(MODES)}, got {mode!r}")
    if mode in RANK and RANK[mode] != rank:
        raise ValueError(
            f"interpolate: mode={mode!r} is for {RANK[mode]} spatial dimensions, the input of shape {tuple(x.shape)} "
            f"has {rank}"
        )
    if align_corners is not None and mode not in RANK:
        raise ValueError(f"interpolate: align_corners={align_corners} has no meaning with mode={mode!r}; leave it out")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f"interpolate: antialias=True is for mode='bilinear' and 'bicubic', got mode={mode!r}")
    if x.dtype.kind != "f":
        raise TypeError(f"interpolate: needs a floating tensor, got {x.dtype}; use x.float()")
    sizes, scales = _target(x, size, scale_factor, recompute_scale_factor, rank)
    single, space = x.dtype != np.float64, tuple(x.shape[2:])
    for i, (out, scale) in enumerate(zip(sizes, scales, strict=True)):
        if x.shape[2 + i] == 0 or out < 1:
            raise ValueError(f"interpolate: sizes must be positive, got input {space} and output {tuple(sizes)}")
        whole = (1,) if mode.endswith("linear") else (1, 2) if mode == "nearest" and rank == 2 else ()
        if out in [times * x.shape[2 + i] for times in whole]:
            scale = None  # PyTorch copies, whatever the factor said exactly
        if antialias:
            taps = smooth_taps(mode, x.shape[2 + i], out, bool(align_corners), scale)
        else:
            taps = taps_of(mode, x.shape[2 + i], out, bool(align_corners), scale, single)
        x = resample(x, 2 + i, taps)
    return x


def _target(x: Any, size: Any, scale_factor: Any, recompute: bool | None, rank: int) -> tuple[list, list]:
    """The output sizes, and the scales that place the elements (None: from the sizes)."""
    if (size is None) == (scale_factor is None):
        raise ValueError(f"interpolate: give size or scale_factor, one of them; got {size} and {scale_factor}")
    wanted = size if size is not None else scale_factor
    listed = list(wanted) if isinstance(wanted, list | tuple) else [wanted] * rank
    if len(listed) != rank:
        raise ValueError(
            f"interpolate: the input of shape {tuple(x.shape)} has {rank} spatial dimensions, {wanted} names "
            f"{len(listed)}"
        )
    if size is not None:
        if recompute:
            raise ValueError("interpolate: recompute_scale_factor has no meaning with size; leave it out")
        return [operator.index(s) for s in listed], [None] * rank
    factors = [float(f) for f in listed]
    sizes = [math.floor(s * f) for s, f in zip(x.shape[2:], factors, strict=True)]
    return sizes, [None] * rank if recompute else factors


def upsample(
    input: TensorLike,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Resize images: `interpolate` under its older name, with its `size`, `scale_factor`, `mode` and `align_corners`.

    Formula: out[n, c, o] = Σ_k w_ok input[n, c, k] along each dimension, w the mode's weights
    Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W) → (N, C, *size), with size = ⌊L · scale_factor⌋ if not given.
    Dtypes: floating, kept.
    Raises: ValueError if arguments do not fit together; TypeError if input is not floating.
    Source: PyTorch's `torch.nn.functional.upsample`.

    >>> import autograd_core as ag
    >>> ag.upsample(ag.tensor([[[1.0, 2.0]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    return interpolate(input, size, scale_factor, mode, align_corners)


# --------------------------------------------------------------------------------------------------- pixels, channels


def pixel_shuffle(input: TensorLike, upscale_factor: int) -> Tensor:
    """Make images larger by `upscale_factor`, r, putting each group of r² channels into blocks of r × r pixels.

    Formula: out[…, c, h r + i, w r + j] = input[…, c r² + i r + j, h, w]
    Shapes: (*, C r², H, W) → (*, C, H r, W r).
    Dtypes: any, kept.
    Raises: ValueError if the channels are no multiple of r², or there are fewer than three dimensions; TypeError if r is no
        int.
    Source: Shi et al. 2016, "Real-time single image and video super-resolution", section 3.2.

    >>> import autograd_core as ag
    >>> ag.pixel_shuffle(ag.arange(4.0).reshape(4, 1, 1), 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    original, r = _factor("pixel_shuffle", input, upscale_factor)
    *lead, C, H, W = original.shape
    if C % (r * r):
        raise ValueError(
            f"pixel_shuffle: {C} channels (shape {tuple(original.shape)}) are no multiple of {r}² = {r * r}"
        )
    n = len(lead)
    x = reshape(original, (*lead, C // (r * r), r, r, H, W))
    x = permute(x, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return _own(reshape(x, (*lead, C // (r * r), H * r, W * r)), original)


def pixel_unshuffle(input: TensorLike, downscale_factor: int) -> Tensor:
    """Make images smaller by `downscale_factor`, r, putting blocks of r × r pixels into r² channels.

    It is the inverse of `pixel_shuffle`.

    Formula: out[…, c r² + i r + j, h, w] = input[…, c, h r + i, w r + j]
    Shapes: (*, C, H r, W r) → (*, C r², H, W).
    Dtypes: any, kept.
    Raises: ValueError if height or width is no multiple of r, or there are fewer than three dimensions; TypeError if r is no
        int.
    Source: PyTorch's `torch.nn.functional.pixel_unshuffle`.

    >>> import autograd_core as ag
    >>> ag.pixel_unshuffle(ag.tensor([[[0.0, 1.0], [2.0, 3.0]]]), 2).flatten()
    tensor([0., 1., 2., 3.])
    """
    original, r = _factor("pixel_unshuffle", input, downscale_factor)
    *lead, C, H, W = original.shape
    if H % r or W % r:
        raise ValueError(
            f"pixel_unshuffle: the height and width of shape {tuple(original.shape)} are no multiples of {r}"
        )
    n = len(lead)
    x = reshape(original, (*lead, C, H // r, r, W // r, r))
    x = permute(x, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return _own(reshape(x, (*lead, C * r * r, H // r, W // r)), original)


def channel_shuffle(input: TensorLike, groups: int) -> Tensor:
    """Interleave the channels of `groups` groups of neighbouring channels.

    Formula: out[n, k · groups + g] = input[n, g · C / groups + k]
    Shapes: (N, C, *) → (N, C, *), with at least one dimension of positions.
    Dtypes: any, kept.
    Raises: ValueError if groups does not divide C, or there are fewer than three dimensions.
    Source: Zhang et al. 2018, "ShuffleNet", section 3.1.

    >>> import autograd_core as ag
    >>> ag.channel_shuffle(ag.arange(6.0).reshape(1, 6, 1), 2).flatten()
    tensor([0., 3., 1., 4., 2., 5.])
    """
    original = array_operand(input, "channel_shuffle")
    if original.ndim < 3 or groups < 1 or original.shape[1] % groups:
        raise ValueError(
            f"channel_shuffle: needs (N, C, ...) with C a multiple of groups={groups}, got shape {tuple(original.shape)}"
        )
    N, C, *rest = original.shape
    x = reshape(original, (N, groups, C // groups, *rest))
    return _own(reshape(permute(x, (0, 2, 1, *range(3, x.ndim))), (N, C, *rest)), original)


def _own(out: Any, original: Any) -> Any:
    """`out`, copied if it is a view of the original, as where the factor is 1: a write to it must not reach that."""
    a, b = (x.array if isinstance(x, Tensor) else x for x in (out, original))
    return clone(out) if isinstance(a, ndarray) and isinstance(b, ndarray) and np.may_share_memory(a, b) else out


def _factor(name: str, x: Any, factor: Any) -> tuple[Any, int]:
    """The images and the factor, after a check."""
    x, factor = array_operand(x, name), operator.index(factor)
    if x.ndim < 3:
        raise ValueError(f"{name}: needs (..., C, H, W), got shape {tuple(x.shape)}")
    if factor < 1:
        raise ValueError(f"{name}: the factor must be positive, got {factor}")
    return x, factor


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.interpolate
ag.upsample
ag.pixel_shuffle
ag.pixel_unshuffle
ag.channel_shuffle
"""
