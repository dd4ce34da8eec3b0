"""Sums that keep their digits: what every reduction of arrays adds up with.

NumPy adds up in pairs along memory, but one term after the other along every other axis, and in the dtype of x. So float16 is
added up in float32 here, and float32 in float64 wherever more than `CHAIN` terms would follow each other: large arrays
by the kernels of `kernels/rows/reduction.py`, which are as fast as NumPy. Small arrays and other dtypes are NumPy's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..kernels.machine.blas import limit
from ..kernels.rows import reduction as kernels
from ..kernels.rows.reduction import CHAIN, EXACT, PRODUCT, SQUARES, SUM

SMALL = 2048  # elements below which nothing is looked at: few terms follow each other
LARGE = 8192  # elements from which kernels are as fast as NumPy in float64
PAIRED = 65536  # and as NumPy in float32, where that is as exact

add_over: Any = np.add.reduce
HALF, SINGLE, COMPLEX = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.complex64)
WIDER = {SINGLE: np.dtype(np.float64), COMPLEX: np.dtype(np.complex128)}


def narrowed(total: Any, dtype: np.dtype) -> ndarray:
    """A total as an array of the dtype that the result has; beyond its largest number, infinity."""
    if dtype is HALF:
        with np.errstate(over="ignore"):
            return np.asarray(total, dtype)
    return np.asarray(total, dtype)


def total(x: ndarray, dims: tuple, keepdim: bool) -> Any:
    """Σ x over `dims`, in x's dtype or a wider one."""
    if x.dtype == HALF:
        x = x.astype(SINGLE)
    if x.size < SMALL or x.dtype not in WIDER or not dims:
        return add_over(x, dims, None, None, keepdim)
    if x.size < PAIRED and _chain(x, dims) <= CHAIN:
        return add_over(x, dims, None, None, keepdim)
    if x.size < LARGE:
        return add_over(x, dims, WIDER[x.dtype], None, keepdim)
    return _shaped(_reduced(x, dims, SUM), dims, keepdim)


def sum_over(x: ndarray, dims: tuple, keepdim: bool = False) -> ndarray:
    """Σ x over `dims`, in the dtype of x."""
    if x.size < SMALL and x.dtype is not HALF:
        return np.asarray(add_over(x, dims, None, None, keepdim))
    out = total(x, dims, keepdim)
    return narrowed(out, x.dtype) if x.dtype.kind in "fc" else np.asarray(out)


def exact_total(x: ndarray, dims: tuple) -> Any:
    """Σ x over `dims`, kept as 1; no term of float32 is added in float32."""
    if x.dtype in WIDER and x.size >= LARGE and dims:
        return _reduced(x, dims, EXACT)
    return add_over(x, dims, WIDER.get(x.dtype, x.dtype), None, True)


def squares(x: ndarray, dims: tuple, keepdim: bool, center: ndarray | None = None) -> Any:
    """Σ |x - center|² over `dims`, `center` of x's shape with `dims` kept as 1. Real, and in float64 if x is no wider than
    float32: so no square is too large or too small."""
    if x.dtype is SINGLE and x.size < LARGE and center is None:
        x = x.astype(np.float64)
        return add_over(x * x, dims, None, None, keepdim)
    if x.dtype == HALF:
        x = x.astype(SINGLE)
    if x.size >= LARGE and x.dtype in WIDER and dims and (center is None or x.dtype == SINGLE):
        return _shaped(_reduced(x, dims, SQUARES, center), dims, keepdim)
    wide = WIDER.get(x.dtype)
    if center is not None:
        x = np.subtract(x, center, dtype=wide)
    elif wide is not None:
        x = x.astype(wide)
    each = x * x if x.dtype.kind == "f" else x.real * x.real + x.imag * x.imag
    return add_over(each, dims, None, None, keepdim)


def inner_product(x: ndarray, y: ndarray) -> Any:
    """Σ x y of two vectors of one dtype, in it or a wider one."""
    if x.dtype in WIDER and x.size >= LARGE:
        return np.float64(kernels.of_pairs(x, y, False)) if x.dtype == SINGLE else total(x * y, (0,), False)
    if x.dtype == HALF:
        x, y = x.astype(SINGLE), y.astype(SINGLE)
    return np.dot(x, y)


def square_distance(x: ndarray, y: ndarray) -> Any:
    """Σ (x - y)² over all elements of two arrays of one shape and dtype, in that dtype or a wider one."""
    if x.dtype == SINGLE and x.size >= LARGE:
        return np.float64(kernels.of_pairs(x, y, True))
    if x.dtype == HALF:
        x = x.astype(SINGLE)
    d = np.subtract(x, y, order="C").reshape(-1)
    if d.size >= LARGE:
        limit()  # BLAS would use threads, and the last bit would depend on how many
    return np.dot(d, d)


def product(rows: ndarray) -> ndarray:
    """Π x over the last dimension."""
    if rows.dtype == SINGLE and rows.size >= LARGE:
        return narrowed(_reduced(rows, (rows.ndim - 1,), PRODUCT)[..., 0], SINGLE)
    wide = np.float32 if rows.dtype == HALF else WIDER.get(rows.dtype, np.int64 if rows.dtype.kind in "biu" else None)
    out = np.asarray(np.multiply.reduce(rows, -1, wide))
    return narrowed(out, rows.dtype if rows.dtype.kind in "fc" else out.dtype)


def running(x: ndarray, dim: int, reverse: bool, multiply: bool = False) -> ndarray:
    """Running sums or products of x along `dim`, from the end if `reverse`; of integers and booleans, in int64."""
    if x.size >= LARGE and x.dtype == SINGLE:
        return kernels.scanned(x, dim, reverse, multiply)
    if x.size >= LARGE and x.dtype == COMPLEX and not multiply:
        pairs = np.ascontiguousarray(x).view(SINGLE).reshape(*x.shape, 2)
        return kernels.scanned(pairs, dim, reverse, False).view(COMPLEX).reshape(x.shape)
    dtype = SINGLE if x.dtype == HALF else WIDER.get(x.dtype, np.int64 if x.dtype.kind in "biu" else x.dtype)
    scan: Any = np.multiply.accumulate if multiply else np.add.accumulate
    if not x.ndim:
        return narrowed(x, x.dtype if x.dtype.kind in "fc" else np.dtype(np.int64)).copy()
    out = scan(np.flip(x, dim) if reverse else x, dim, dtype)
    out = np.ascontiguousarray(np.flip(out, dim)) if reverse else out
    return narrowed(out, x.dtype) if x.dtype.kind in "fc" else out


# -------------------------------------------------------------------------------------------------- for the kernels


def _chain(x: ndarray, dims: tuple) -> int:
    """How many terms NumPy adds one after the other: those along memory are added in pairs."""
    if len(dims) == 1:
        (d,) = dims
        return 1 if x.strides[d] == x.itemsize else x.shape[d]
    return math.prod(x.shape[d] for d in dims if x.strides[d] != x.itemsize)


def _shaped(kept: ndarray, dims: tuple, keepdim: bool) -> ndarray:
    """A result whose reduced dims are kept, in the shape that is wanted."""
    return kept if keepdim else kept.reshape(tuple(s for d, s in enumerate(kept.shape) if d not in dims))


def _reduced(x: ndarray, dims: tuple, kind: int, center: ndarray | None = None) -> ndarray:
    """Sums, sums of squares or products of float32 or complex64 over `dims`, which are kept as 1."""
    if len(dims) == 1 and center is None and x.dtype == SINGLE and x.flags.c_contiguous:  # the usual case
        (d,) = dims
        shape = x.shape
        kept = (*shape[:d], 1, *shape[d + 1 :])
        return kernels.reduced(x, math.prod(shape[:d]), shape[d], math.prod(shape[d + 1 :]), kind).reshape(kept)
    if 0 in x.shape:
        return np.zeros(tuple(1 if d in dims else s for d, s in enumerate(x.shape)), WIDER[x.dtype])
    repeated = [d for d, (size, stride) in enumerate(zip(x.shape, x.strides, strict=True)) if size > 1 and not stride]
    if (
        repeated and center is None and kind != PRODUCT
    ):  # as by `broadcast_to`: one of many equal terms, times their number
        one = x[tuple(slice(1) if d in repeated else slice(None) for d in range(x.ndim))]
        of_one = squares(one, dims, True) if kind == SQUARES else exact_total(one, dims)
        of_all = of_one * float(math.prod(x.shape[d] for d in repeated if d in dims))
        return np.broadcast_to(of_all, tuple(1 if d in dims else s for d, s in enumerate(x.shape)))
    order = sorted(range(x.ndim), key=lambda d: -abs(x.strides[d]))  # as in memory
    y = np.ascontiguousarray(x.transpose(order))
    over = [d in dims for d in order]
    if y.dtype == COMPLEX:  # two numbers, side by side
        y, over = y.view(SINGLE).reshape(*y.shape, 2), [*over, False]
    last = len(over)
    while last and (not over[last - 1] or y.shape[last - 1] == 1):
        last -= 1
    first = last
    while first and (over[first - 1] or y.shape[first - 1] == 1):
        first -= 1
    K, R, C = (math.prod(y.shape[part]) for part in (slice(first), slice(first, last), slice(last, None)))
    kept = (*y.shape[:first], *(1,) * (last - first), *y.shape[last:])
    if center is not None:
        center = np.broadcast_to(center.transpose(order), kept)
    out = kernels.reduced(y, K, R, C, kind, center).reshape(kept)
    rest = tuple(d for d in range(first) if over[d])
    if rest:
        out = add_over(out, rest, np.float64, None, True)
    if x.dtype == COMPLEX:
        out = add_over(out, -1) if kind == SQUARES else out.astype(np.float64).view(np.complex128)[..., 0]
    return out.transpose(np.argsort(order)) if order else out
