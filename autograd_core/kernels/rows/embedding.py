"""Rows of a table by index, single or added up in bags, and the adjoint, which adds rows back into a table.

    gather[i] = table[index[i]],        scatter[r] = Σ_{i: index[i] = r} g[i]
    bags[b] = Σ_i scale[i] table[index[i]],  starts[b] <= i < starts[b + 1];  or the maximum of each column

Layouts: table (rows, D), index (n,) of int64, starts (bags + 1,), scale (n,), all flat. A negative index stands for a row
of zeros, and takes nothing back.

Parallel split: a bag is a task. Adding back, a task is a block of columns, and goes through all entries in their order: so
it needs neither locks nor sorting, and results depend neither on the number of threads nor on the run, to the last bit.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from ..machine.exponential import uint
from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import get_num_threads, parallel_for
from ..machine.workspace import empty, zeros

COLUMNS = 16  # the least that a task gets: a line of the cache in float32
COST = 0.3  # nanoseconds for an element that is read and added

# ------------------------------------------------------------------------------------------------------------- kernels


@kernel()
def _scatter(start, stop, g, index, out, D, width):  # type: ignore[no-untyped-def]
    """out (rows, D) += g (n, D), by index. A task is a block of `width` columns."""
    for block in range(start, stop):
        first, last = block * width, min(D, (block + 1) * width)
        for i in range(len(index)):
            row, at = index[i] * D, i * D
            if row >= 0:
                for j in range(first, last):
                    out[uint(row + j)] += g[uint(at + j)]


@kernel()
def _bags(start, stop, table, index, starts, scale, scaled, out, D):  # type: ignore[no-untyped-def]
    """out (bags, D) += the sums of the bags; scale (n,) if `scaled`. A task is a bag."""
    for bag in range(start, stop):
        at = bag * D
        for i in range(starts[bag], starts[bag + 1]):
            row = index[i] * D
            if row >= 0:
                s = scale[i] if scaled else table.dtype.type(1)
                for j in range(D):
                    out[uint(at + j)] += s * table[uint(row + j)]


@kernel()
def _bags_scatter(start, stop, g, index, starts, scale, scaled, out, D, width):  # type: ignore[no-untyped-def]
    """out (rows, D) += the gradient of the table, from g (bags, D). A task is a block of `width` columns."""
    for block in range(start, stop):
        first, last = block * width, min(D, (block + 1) * width)
        for bag in range(len(starts) - 1):
            at = bag * D
            for i in range(starts[bag], starts[bag + 1]):
                row = index[i] * D
                if row >= 0:
                    s = scale[i] if scaled else g.dtype.type(1)
                    for j in range(first, last):
                        out[uint(row + j)] += s * g[uint(at + j)]


@kernel(reassociate=True)
def _bags_dot(start, stop, g, table, index, starts, out, D):  # type: ignore[no-untyped-def]
    """out (n,): of each entry, the product of its row with the gradient of its bag, g (bags, D). A task is a bag."""
    for bag in range(start, stop):
        at = bag * D
        for i in range(starts[bag], starts[bag + 1]):
            row, total = index[i] * D, g.dtype.type(0)
            if row >= 0:
                for j in range(D):
                    total += g[uint(at + j)] * table[uint(row + j)]
            out[i] = total


@kernel()
def _bags_largest(start, stop, table, index, starts, best, rows, D):  # type: ignore[no-untyped-def]
    """best, rows (bags, D): of each bag and column the largest element and its row, the first of equals; a NaN counts as
    largest. rows comes as -1. A task is a bag."""
    for bag in range(start, stop):
        at = bag * D
        for i in range(starts[bag], starts[bag + 1]):
            row = index[i]
            if row >= 0:
                for j in range(D):
                    value, largest = table[uint(row * D + j)], best[uint(at + j)]
                    if rows[uint(at + j)] < 0 or value > largest or (value != value and largest == largest):
                        best[uint(at + j)] = value
                        rows[uint(at + j)] = row


# ------------------------------------------------------------------------------------------------------------ wrappers


def gather(table: ndarray, index: ndarray) -> ndarray:
    """The rows of a table (rows, D) at `index` (…): (…, D). NumPy's is as fast as a loop of ours."""
    out = empty((*index.shape, table.shape[1]), table.dtype)
    np.take(table, index, axis=0, out=out, mode="clip")
    negative = index < 0
    if negative.any():
        out[negative] = 0
    return out


def scatter(g: ndarray, index: ndarray, rows: int) -> ndarray:
    """Rows g (…, D) added into zeros (rows, D) at `index` (…): the adjoint of `gather`."""
    D = g.shape[-1]
    out, flat = zeros((rows, D), g.dtype), _flat(index)
    if g.dtype.char not in "fd":
        np.add.at(out, flat[flat >= 0], g.reshape(-1, D)[flat >= 0])
    elif g.size:
        width = _width(D)
        parallel_for(_scatter, -(-D // width), g.size * COST, plain(g).reshape(-1), flat, out.reshape(-1), D, width)
    return out


def bags(table: ndarray, index: ndarray, starts: ndarray, scale: ndarray | None) -> ndarray:
    """The sums of bags of rows, each times its scale: (bags, D). float32 or float64."""
    count, D = len(starts) - 1, table.shape[1]
    out = np.zeros((count, D), table.dtype)
    if out.size:
        table, flat = plain(table).reshape(-1), _flat(index)
        args = _flat(starts), *_optional(scale, table), out.reshape(-1), D
        parallel_for(_bags, count, flat.size * D * COST, table, flat, *args)
    return out


def bags_scatter(g: ndarray, index: ndarray, starts: ndarray, scale: ndarray | None, rows: int) -> ndarray:
    """The gradient of the table, (rows, D), from that of the sums, g (bags, D)."""
    D = g.shape[1]
    out = zeros((rows, D), g.dtype)
    if out.size:
        g, flat, width = plain(g).reshape(-1), _flat(index), _width(D)
        args = _flat(starts), *_optional(scale, g), out.reshape(-1), D, width
        parallel_for(_bags_scatter, -(-D // width), flat.size * D * COST, g, flat, *args)
    return out


def bags_dot(g: ndarray, table: ndarray, index: ndarray, starts: ndarray) -> ndarray:
    """The gradient of the scale, (n,)."""
    count, D = g.shape
    flat = _flat(index)
    out = np.zeros(flat.size, g.dtype)
    args = plain(g).reshape(-1), plain(table).reshape(-1), flat, _flat(starts), out, D
    parallel_for(_bags_dot, count, flat.size * D * COST, *args)
    return out


def bags_largest(table: ndarray, index: ndarray, starts: ndarray) -> tuple[ndarray, ndarray]:
    """The largest element of each column in each bag, (bags, D), and its row; 0 and -1 for empty bags."""
    count, D = len(starts) - 1, table.shape[1]
    out, rows = np.zeros((count, D), table.dtype), np.full((count, D), -1)
    flat = _flat(index)
    args = plain(table).reshape(-1), flat, _flat(starts), out.reshape(-1), rows.reshape(-1), D
    parallel_for(_bags_largest, count, flat.size * D * COST, *args)
    return out, rows


def _flat(index: ndarray) -> ndarray:
    return plain(index, np.int64).reshape(-1)


def _optional(scale: ndarray | None, other: ndarray) -> tuple[ndarray, bool]:
    return (other, False) if scale is None else (plain(scale), True)


def _width(D: int) -> int:
    """The columns of a task: one task for each thread, none with less than COLUMNS."""
    return max(1, -(-D // (COLUMNS * get_num_threads()))) * COLUMNS


@warms_up
def _rows() -> None:
    index, starts = np.zeros(2, np.int64), np.array([0, 2])
    for dtype in (np.float32, np.float64):
        table = np.ones((1, 2), dtype)
        scatter(table, index[:1], 1)
        out = bags(table, index, starts, None)
        bags_scatter(out, index, starts, None, 1)
        bags_dot(out, table, index, starts)
        bags_largest(table, index, starts)
