"""The transforms of Winograd's convolution, as formulas, and compiled for vectors of channels.

n outputs of a filter with r taps, n + r − 1 = 6, take six multiplications instead of n r (the Toom–Cook algorithm: both
are seen as polynomials, which are multiplied by their values at six points, here 0, ±a, ±b and ∞):

    y = Aᵀ ((G w) ⊙ (Bᵀ d))         d: six inputs, w: r taps, y: n outputs, y_i = Σ_k w_k d_{i+k}

In two dimensions each transform is applied along columns and along rows: 36 multiplications for n² r². The points are
a = 3/4 and b = 3/2, whose first powers are exact numbers. What rounds most are small differences of large numbers; with
the usual points 1 and 2 these are some three times as large.

Lavin & Gray 2016, "Fast algorithms for convolutional neural networks", sections 4.1 and 4.2; on the points Barabasz,
Anderson, Soodhalter & Gregg 2020, "Error analysis and improving the accuracy of Winograd convolution", section 5.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from ..machine.machine_code import addresses
from ..machine.simd import Intrinsic
from ..machine.vector_math import Vector
from ..machine.vectors import Function, module_of, whole

SIDE = 6  # of a tile of the input, in elements
A, B = 0.75, 1.5
AA, BB = A * A, B * B

# ------------------------------------------------------------------------------------------------------------ formulas


def of_input(d: list) -> list:
    """Bᵀ d."""
    even_a, odd_a = d[4] - BB * d[2], d[3] - BB * d[1]
    even_b, odd_b = d[4] - AA * d[2], d[3] - AA * d[1]
    return [
        AA * BB * d[0] - (AA + BB) * d[2] + d[4],
        even_a + A * odd_a,
        even_a - A * odd_a,
        even_b + B * odd_b,
        even_b - B * odd_b,
        AA * BB * d[1] - (AA + BB) * d[3] + d[5],
    ]


def of_filter(w: list) -> list:
    """G w: at each point p, Σ_k w_k pᵏ / Π_q (p − q), where q are the others."""
    values = [w[0] * (1 / (AA * BB))]
    for p, other in ((A, B), (B, A)):
        scale = 1 / (2 * p * p * (p * p - other * other))
        even, odd = (
            sum((scale * p**k * w[k] for k in range(first + 2, len(w), 2)), scale * p**first * w[first])
            for first in (0, 1)
        )
        values += [even + odd, even - odd]
    return [*values, w[-1]]


def to_output(m: list, n: int) -> list:
    """Aᵀ m, n outputs."""
    plus_a, minus_a, plus_b, minus_b = m[1] + m[2], m[1] - m[2], m[3] + m[4], m[3] - m[4]
    y = [m[0] + plus_a + plus_b]
    for k in range(1, n):
        a, b = (minus_a, minus_b) if k % 2 else (plus_a, plus_b)
        y.append(A**k * a + B**k * b)
    y[-1] = y[-1] + m[5]
    return y


def in_both(transform: Callable[[list], list], square: list[list]) -> list[list]:
    """A transform along the columns of a square of values, then along its rows."""
    columns = [transform(list(column)) for column in zip(*square, strict=True)]
    return [transform(list(row)) for row in zip(*columns, strict=True)]


# --------------------------------------------------------------------------------------------------------- compilation

SIZES = {3: 4, 5: 2}  # taps of the filter -> outputs of a tile
# transform -> the side of the squares it reads and of those it writes
SQUARES = {"input": (SIDE, SIDE)}
SQUARES |= {f"filter_{n}": (n, SIDE) for n in (*SIZES, *SIZES.values())}
SQUARES |= {f"output_{n}": (SIDE, n) for n in (*SIZES, *SIZES.values())}


NUMBERS = {name: number for number, name in enumerate(SQUARES)}


def _formula(name: str) -> Callable[[list], list]:
    if name == "input":
        return of_input
    if name.startswith("filter"):
        return of_filter
    return lambda m: to_output(m, int(name[7:]))


@functools.cache
def transform_code() -> ndarray:
    """The addresses of the transforms, which kernels need to call them."""
    return addresses(Path(__file__), np.dtype(np.float32), SQUARES, _module)


def _module(dtype: np.dtype, triple: str) -> str:
    module = module_of(dtype, triple)
    for name in SQUARES:
        _function(module, dtype, name)
    return str(module)


def _function(module: Any, dtype: np.dtype, name: str) -> None:
    """The function of `transform`, but for the number of the transform."""
    f = Function(module, name, 4, 8)
    side, side_out = SQUARES[name]
    formula = _formula(name)
    source, target, bias, check, s_row, s_column, t_row, t_column, tiles, s_tile, t_tile, channels = f.arguments
    # What is between the two halves is stored: there are more values than registers, and LLVM would move each several times
    between = [[f.builder.alloca(f.vector) for _ in range(side)] for _ in range(side_out)]

    def loaded(pointer: Any) -> Vector:
        return Vector(f.builder, f.load(pointer), f.width, dtype)

    def one_tile(counted: list, _: list) -> list:
        _, read, write = counted

        def some_channels(counted: list, _: list) -> list:
            c = counted[0]
            here, there = f.at(read, c), f.at(write, c)
            for j in range(side):
                column = [loaded(f.at(here, f.times(s_row, i), f.times(s_column, j))) for i in range(side)]
                for i, value in enumerate(formula(column)):
                    f.builder.store(value.value, between[i][j])
            total = loaded(f.at(check, c)) if side > side_out else None
            for i in range(side_out):
                row = [Vector(f.builder, f.builder.load(pointer), f.width, dtype) for pointer in between[i]]
                for j, value in enumerate(formula(row)):
                    if total is not None:
                        value = value + loaded(f.at(bias, c))
                        total = value * 0.0 + total
                    f.store(value.value, f.at(there, f.times(t_row, i), f.times(t_column, j)))
            if total is not None:
                f.store(total.value, f.at(check, c))
            return []

        f.loop([whole(0)], [whole(f.width)], channels, some_channels, [])
        return []

    f.loop([whole(0), source, target], [whole(1), s_tile, t_tile], tiles, one_tile, [])
    f.builder.ret_void()


class Squares(NamedTuple):
    """The squares that a transform reads and writes, in elements. A square has vectors of channels as its elements."""

    s_row: int  # distance of the rows of a square of the source
    s_column: int  # and of its columns
    t_row: int  # the same of the target
    t_column: int
    tiles: int  # the number of squares
    s_tile: int  # distance of the squares of the source
    t_tile: int  # and of the target
    channels: int


class Transform(Intrinsic):
    """A call of the transform whose number is the argument `number`."""

    def chosen(self, builder: Any, values: list, itemsize: int) -> tuple[Any, list]:
        return values[4], [*values[:4], *values[5:]]


def _transform(code, source, source_at, target, target_at, bias, bias_at, check, check_at, number, squares):  # type: ignore[no-untyped-def]
    """target = the transform of each square of the source.

    code                 `transform_code()`
    source, source_at    the squares, as `squares` says
    target, target_at    the same
    bias, bias_at        (channels,), added by transforms to outputs
    check, check_at      (channels,), to which transforms to outputs add 0 times each output: it stays 0 as long as all are
                         finite
    number               of the transform: see NUMBERS
    squares              a Squares

    The last vector of channels is read and written whole.
    """
    s_row, s_column, t_row, t_column, tiles, s_tile, t_tile, channels = squares
    name = list(SQUARES)[number]
    side = SQUARES[name][0]
    for tile in range(tiles):
        read, write = source_at + tile * s_tile, target_at + tile * t_tile
        offsets = [[read + i * s_row + j * s_column for j in range(side)] for i in range(side)]
        result = in_both(_formula(name), [[source[at : at + channels] for at in row] for row in offsets])
        for i, row in enumerate(result):
            for j, value in enumerate(row):
                at = write + i * t_row + j * t_column
                if "output" in name:
                    value = value + bias[bias_at : bias_at + channels]
                    check[check_at : check_at + channels] += value * 0
                target[at : at + channels] = value


transform = Transform(0, 4, False, _transform)
