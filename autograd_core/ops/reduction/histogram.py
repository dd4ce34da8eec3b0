"""Histograms with their edges, of one variable or of several. Not differentiable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor
from ...engine.types import TensorLike
from ..arguments import array_operand, integer, values


class Histogram(NamedTuple):
    """Holds what `histogram` and `histogramdd` return: `hist` and `bin_edges`."""

    hist: Tensor
    bin_edges: Any


def _edges(name: str, x: ndarray, bins: Any, ends: tuple | None) -> ndarray:
    """The edges, in the dtype of x: as they are, or those of `bins` intervals of equal width."""
    if not isinstance(bins, int | np.integer):
        edges = np.asarray(values(bins), x.dtype)
        if edges.ndim != 1 or len(edges) < 2 or not (np.diff(edges) >= 0).all():
            raise ValueError(f"{name}: the edges must be a vector of at least 2 ascending numbers, got {edges}")
        return edges
    count = integer(bins, name, "bins")
    if count < 1:
        raise ValueError(f"{name}: needs at least one bin, got {count}")
    low, high = ends if ends is not None else (x.min(), x.max()) if x.size else (0, 0)
    if not np.isfinite([low, high]).all() or low > high:
        raise ValueError(f"{name}: the range [{low}, {high}] must be finite and ascend; pass range=(low, high)")
    if low == high:
        low, high = low - 0.5, high + 0.5
    return np.linspace(float(low), float(high), count + 1).astype(x.dtype)


def _histogram(x: ndarray, weight: ndarray | None, bins: tuple, ends: tuple | None, density: bool, name: str) -> tuple:
    """Of points (n, D) the counts and the edges of each dimension."""
    x = x.reshape(-1, len(bins))
    edges = [_edges(name, x[:, d], b, None if ends is None else ends[d]) for d, b in enumerate(bins)]
    inside = np.ones(len(x), bool)
    index = np.zeros(len(x), np.int64)
    for d, edge in enumerate(edges):
        at = np.searchsorted(edge, x[:, d], "right") - 1
        at = np.where(x[:, d] == edge[-1], len(edge) - 2, at)  # the last edge belongs to the last bin
        inside &= (at >= 0) & (at < len(edge) - 1)
        index = index * (len(edge) - 1) + at
    shape = tuple(len(edge) - 1 for edge in edges)
    weights = None if weight is None else weight.reshape(-1)[inside]
    hist = np.bincount(index[inside], weights, int(np.prod(shape))).reshape(shape).astype(np.float64)
    if density:
        volume = np.ones(())
        for edge in edges:
            volume = volume[..., None] * np.diff(edge)
        hist = hist / hist.sum() / volume
    return (hist.astype(x.dtype), *edges)


_histogram_primitive = Primitive(_histogram, name="histogram", outputs=True)


def _points(name: str, input: Any, weight: Any, count: int) -> tuple:
    x = array_operand(input, name)
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: needs a floating tensor, got {x.dtype}; convert it with x.float()")
    if weight is None:
        return (x, None)
    w = array_operand(weight, name)
    if tuple(w.shape) != tuple(x.shape[: len(x.shape) - count]) or w.dtype != x.dtype:
        raise ValueError(
            f"{name}: weight has shape {tuple(w.shape)} and {w.dtype}, but needs one for each point of input, of shape "
            f"{tuple(x.shape)} and {x.dtype}"
        )
    return x, w


def _counted(x: Any, w: Any, bins: tuple, ends: tuple | None, density: bool, name: str) -> tuple:
    return apply(_histogram_primitive, (x, w), (bins, ends, density, name))


def histogram(
    input: TensorLike,
    bins: int | Tensor,
    *,
    range: tuple[float, float] | None = None,
    weight: TensorLike | None = None,
    density: bool = False,
) -> Histogram:
    """Count the elements of `input` in intervals, and return the counts and the edges.

    `bins` is the number of intervals of equal width over `range`, by default that of the input, or a vector of edges.
    `weight` counts each element by its weight; `density` divides by the sum and the widths. Elements outside and NaNs are
    not counted; the last edge belongs to the last interval.

    Formula: hist_k = Σ weight_i over the i with edge_k ≤ x_i < edge_{k+1}, x the input
    Shapes: (*) → (bins) and (bins + 1).
    Dtypes: floating, kept. Not differentiable.
    Raises: TypeError if input is not floating; ValueError if bins is below 1, the edges do not ascend, the range is not
        finite, or weight does not fit input.
    Source: NumPy's `histogram`; PyTorch's `histogram`.

    >>> import autograd_core as ag
    >>> ag.histogram(ag.tensor([1.0, 2.0, 1.0]), 4, range=(0.0, 3.0)).hist
    tensor([0., 2., 1., 0.])
    """
    x, w = _points("histogram", input, weight, 0)
    ends = None if range is None else (tuple(range),)
    return Histogram(*_counted(x, w, (bins,), ends, density, "histogram"))


def histogramdd(
    input: TensorLike,
    bins: int | Sequence[int] | Sequence[Tensor],
    *,
    range: Sequence[float] | None = None,
    weight: TensorLike | None = None,
    density: bool = False,
) -> Histogram:
    """Count the points in the last dimension of `input` in boxes, and return the counts and the edges of each dimension.

    `bins` is the number of intervals of each dimension, one for all, or a vector of edges for each; `range` the ends of
    each dimension, one after the other. `weight` and `density` are those of `histogram`.

    Formula: hist_k = Σ weight_i over the points i in the box k
    Shapes: (*, D) → (bins_1, …, bins_D) and a tuple of D vectors (bins_d + 1).
    Dtypes: floating, kept. Not differentiable.
    Raises: as `histogram` does; ValueError also if bins or range do not fit D.
    Source: NumPy's `histogramdd`; PyTorch's `histogramdd`.

    >>> import autograd_core as ag
    >>> ag.histogramdd(ag.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]), [2, 2]).hist
    tensor([[0., 1.],
            [1., 1.]])
    """
    x = array_operand(input, "histogramdd")
    dims = x.shape[-1] if x.ndim else 0
    each: Any = (bins,) * dims if isinstance(bins, int | np.integer) else tuple(bins)
    if dims == 0 or len(each) != dims or (range is not None and len(range) != 2 * dims):
        raise ValueError(
            f"histogramdd: input has shape {tuple(x.shape)}, bins has {len(each)} parts and range "
            f"{None if range is None else len(range)} numbers; give one of bins and two of range for each of the {dims} columns"
        )
    x, w = _points("histogramdd", input, weight, 1)
    ends = None if range is None else tuple(zip(range[::2], range[1::2], strict=True))
    hist, *edges = _counted(x, w, each, ends, density, "histogramdd")
    return Histogram(hist, tuple(edges))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.histogram    x.histogram  out=
ag.histogramdd  out=
"""
