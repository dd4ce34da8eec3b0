"""Reading images at any positions, differentiable in the image and in the positions. Jaderberg et al. 2015, "Spatial
transformer networks"; coordinates and padding as in PyTorch.

The value at a position is a sum over the pixels around it, with weights that depend on the position. Which pixels they are
does not, where it is differentiable: so the pixels are read by index and the weights computed by ordinary functions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...engine import basics
from ...engine.operands import stand_in
from ...engine.primitive import Primitive
from ...engine.tensor import Tensor, conversion
from ...engine.types import TensorLike
from ..arguments import array_operand, plain, recorded
from ..elementwise import arithmetic as ew
from ..linalg.products import matmul, mT
from ..shape.shape import flatten, reshape, unflatten
from .interpolate import cubic_weights

MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")


def grid_sample(
    input: TensorLike,
    grid: TensorLike,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Read images at the positions `grid`, differentiable in both.

    Positions are (x, y) or (x, y, z), from −1 to 1 over the image: over the centres of the corner pixels with
    `align_corners`, else over their outer edges. `mode` is "bilinear" (in three dimensions trilinear), "nearest" or, in two
    dimensions, "bicubic"; `padding_mode` what is read outside, "zeros", the "border" pixel or the image in "reflection".

    Formula: out[n, c, p] = Σ_k w_k input[n, c, k] over the pixels k around grid[n, p], w the mode's weights
    Shapes: input (N, C, H, W), grid (N, OH, OW, 2) → (N, C, OH, OW); (N, C, D, H, W), (N, OD, OH, OW, 3) →
        (N, C, OD, OH, OW).
    Dtypes: floating, the same for both, kept.
    Raises: ValueError if shapes do not fit, or for another mode or padding_mode; TypeError for other or different dtypes.
    Source: Jaderberg et al. 2015, "Spatial transformer networks", section 3.3; coordinates as in PyTorch.

    >>> import autograd_core as ag
    >>> image = ag.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])
    >>> ag.grid_sample(image, ag.tensor([[[[-1.0, -1.0], [0.0, 0.0], [1.0, 1.0]]]]), align_corners=True)
    tensor([[[[0. , 1.5, 3. ]]]])
    """
    x, at = array_operand(input, "grid_sample"), array_operand(grid, "grid_sample")
    rank = x.ndim - 2
    if mode not in MODES or padding_mode not in PADDINGS:
        raise ValueError(
            f"grid_sample: mode must be one of {MODES} and padding_mode one of {PADDINGS}, got {mode!r} and "
            f"{padding_mode!r}"
        )
    if rank not in (2, 3) or at.ndim != x.ndim or at.shape[-1] != rank or at.shape[0] != x.shape[0]:
        raise ValueError(
            "grid_sample: needs input (N, C, H, W) and grid (N, OH, OW, 2), or (N, C, D, H, W) and (N, OD, OH, OW, 3), "
            f"got shapes {tuple(x.shape)} and {tuple(at.shape)}"
        )
    if x.dtype.kind != "f" or x.dtype != at.dtype:
        raise TypeError(
            f"grid_sample: needs floating tensors of one dtype, got {x.dtype} and {at.dtype}; pass "
            f"{conversion('grid', at, x.dtype)}"
        )
    if 0 in x.shape[2:]:
        raise ValueError(f"grid_sample: the input has no pixels, its shape is {tuple(x.shape)}")
    if mode == "bicubic" and rank == 3:
        raise ValueError("grid_sample: mode='bicubic' is for 2d images, this is a 3d one; use 'bilinear'")
    lifted = stand_in(x, at)
    if lifted is not None:  # more images, each with its grid
        return lifted.call_on_values(
            lambda x, grid: unflatten(
                grid_sample(flatten(x, 0, 1), flatten(grid, 0, 1), mode, padding_mode, align_corners), 0, x.shape[:2]
            ),
            x, at,
            as_one=(_whole, (mode, padding_mode, bool(align_corners))),
        )  # fmt: skip
    N, C, *sizes = x.shape
    P = math.prod(at.shape[1:-1])
    positions = reshape(at, (N, P, rank))
    corners = bool(align_corners)
    axes = []  # for each spatial dimension, pairs (pixel, weight), each (N, P)
    for d in range(rank):
        axes.append(_taps(positions[..., rank - 1 - d], sizes[d], mode, padding_mode, corners))
    flat = reshape(x, (N, C, math.prod(sizes)))
    n, c = np.arange(N)[:, None, None], np.arange(C)[:, None]
    total: Any = None
    for combination in itertools.product(*axes):
        index: Any = 0
        inside: Any = True
        weight: Any = None
        for (pixel, w), size in zip(combination, sizes, strict=True):
            inside = inside & (pixel >= 0) & (pixel < size)
            index = index * size + np.clip(pixel, 0, size - 1)
            weight = w if weight is None or w is None else weight * w
        value = flat[n, c, index[:, None, :]]
        value = basics.where(inside[:, None, :], value, 0.0)
        value = value if weight is None else value * reshape(weight, (N, 1, P))
        total = value if total is None else total + value
    return reshape(total, (N, C, *at.shape[1:-1]))


_whole = Primitive(grid_sample, name="grid_sample")  # for a value that notes operations


def _taps(position: Any, size: int, mode: str, padding: str, align_corners: bool) -> list:
    """The pixels along one dimension that make the value at each position, and their weights (None: 1)."""
    at = (position + 1) * ((size - 1) / 2) if align_corners else ((position + 1) * size - 1) / 2
    if mode == "bicubic":
        low = np.floor(plain(at))
        t = at - low
        return [
            (_integers(_padded(low + k - 1, size, padding, align_corners)), w) for k, w in enumerate(cubic_weights(t))
        ]
    at = _padded(at, size, padding, align_corners)
    if mode == "nearest":
        one = basics.where(np.zeros(tuple(at.shape), bool), at, 1.0) if recorded(at) else None  # the slope is 0
        return [(_integers(np.rint(plain(at))), one)]
    low = np.floor(plain(at))
    t = at - low
    pixel = _integers(low)
    return [(pixel, 1 - t), (pixel + 1, t)]


def _integers(x: np.ndarray) -> np.ndarray:
    """As integers, with what is not finite or far away outside of every image."""
    return np.where(np.abs(x) < 2**30, np.nan_to_num(x), -1000).astype(np.int64)


def _padded(at: Any, size: int, padding: str, align_corners: bool) -> Any:
    """Coordinates led back into the image: clipped, or reflected at its edge (centres with `align_corners`)."""
    if padding == "zeros":
        return at
    if padding == "reflection":
        low, span = (0.0, float(size - 1)) if align_corners else (-0.5, float(size))
        if span == 0:
            return at * 0
        offset = ew.abs(at - low)
        flips = np.floor(plain(offset) / span)
        extra = offset - (flips * span).astype(at.dtype)
        at = basics.where(flips % 2 == 0, extra + low, span - extra + low)
    inside = (plain(at) > 0) & (plain(at) < size - 1)
    return basics.where(inside, at, np.clip(np.nan_to_num(plain(at)), 0, size - 1))  # NaN counts as the first pixel


def affine_grid(theta: TensorLike, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Return where an affine map sends the pixels of an image of `size`, for `grid_sample`.

    `theta` holds the map of each image; coordinates go from −1 to 1, over the centres of the corner pixels with
    `align_corners`, else over their outer edges.

    Formula: out[n, h, w] = theta[n] · (x_w, y_h, 1)
    Shapes: theta (N, 2, 3), size (N, C, H, W) → (N, H, W, 2); (N, 3, 4), (N, C, D, H, W) → (N, D, H, W, 3).
    Dtypes: theta floating, kept.
    Raises: ValueError if theta and size do not fit, or a size is not positive; TypeError if theta is not floating.
    Source: Jaderberg et al. 2015, "Spatial transformer networks", equation 1; coordinates as in PyTorch.

    >>> import autograd_core as ag
    >>> ag.affine_grid(ag.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]), (1, 1, 1, 2), align_corners=True)
    tensor([[[[-1.,  0.],
              [ 1.,  0.]]]])
    """
    maps = array_operand(theta, "affine_grid")
    sizes = tuple(int(s) for s in size)
    rank = len(sizes) - 2
    if rank not in (2, 3) or any(s < 1 for s in sizes):
        raise ValueError(f"affine_grid: size must be (N, C, H, W) or (N, C, D, H, W) with positive sizes, got {sizes}")
    if maps.ndim != 3 or tuple(maps.shape) != (sizes[0], rank, rank + 1):
        raise ValueError(
            f"affine_grid: theta must have shape {(sizes[0], rank, rank + 1)} for size {sizes}, got {tuple(maps.shape)}"
        )
    if maps.dtype.kind != "f":
        raise TypeError(f"affine_grid: needs a floating theta, got {maps.dtype}; use theta.float()")
    lines = []
    for s in sizes[2:]:
        line = np.linspace(-1, 1, s) if s > 1 else np.zeros(1)
        lines.append(line if align_corners else line * ((s - 1) / s))
    coordinates = np.stack([*np.meshgrid(*lines, indexing="ij")[::-1], np.ones(sizes[2:])], -1)
    base = coordinates.reshape(1, -1, rank + 1).astype(maps.dtype)
    out = matmul(np.broadcast_to(base, (sizes[0], *base.shape[1:])), mT(maps))
    return reshape(out, (sizes[0], *sizes[2:], rank))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.grid_sample
ag.affine_grid
"""
