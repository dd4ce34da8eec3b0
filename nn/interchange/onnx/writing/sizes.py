"""Sizes that are not fixed: a computation traced for several sizes of its inputs, put together as one with symbols.

A trace holds numbers where a size that may vary stood. So the model is traced for every combination of two sizes of each
symbol; a number that differs between the traces is then a polynomial in the symbols, linear in each (`2 * batch`,
`batch * time + 1`), found by interpolation. One more trace, at other sizes, must agree with all that was found.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from .trace import Op, Program, Ref, Shape


class Size:
    """A polynomial in symbols: {set of symbols: coefficient}; the empty set belongs to the constant."""

    def __init__(self, terms: dict[frozenset, int]):
        self.terms = {symbols: c for symbols, c in terms.items() if c}

    def at(self, sizes: dict[str, int]) -> int:
        return sum(c * int(np.prod([sizes[s] for s in symbols], dtype=np.int64)) for symbols, c in self.terms.items())

    def __mul__(self, factor: int) -> Any:
        return Size({symbols: factor * c for symbols, c in self.terms.items()})

    def __sub__(self, other: Any) -> Any:
        """The difference, a number if it is one."""
        terms = dict(self.terms)
        for symbols, c in (other.terms if isinstance(other, Size) else {frozenset(): int(other)}).items():
            terms[symbols] = terms.get(symbols, 0) - c
        rest = {symbols: c for symbols, c in terms.items() if c}
        return rest.get(frozenset(), 0) if set(rest) <= {frozenset()} else Size(rest)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Size) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __str__(self) -> str:
        def product(symbols: frozenset, c: int) -> str:
            return "*".join([*([] if c == 1 and symbols else [str(c)]), *sorted(symbols)])

        return " + ".join(product(symbols, c) for symbols, c in self.terms.items())


class Varying:
    """What differs between the traces and is no size: nothing is known of it but that it does."""

    def __init__(self, values: Sequence[Any]):
        self.values = values


class Repeated:
    """A constant whose shape has sizes in it: `array`, which has size 1 there, repeated."""

    def __init__(self, array: ndarray, shape: tuple):
        self.array, self.shape = array, shape


class Beginning:
    """A constant that is the first rows, as many as a size says, of a longer array in whose memory it lies."""

    def __init__(self, array: ndarray, rows: Size):
        self.array, self.rows = array, rows


class Triangle:
    """A constant matrix of sizes, one `value` from the k-th diagonal on (above it, or below if not `upper`), else 0."""

    def __init__(self, value: ndarray, shape: tuple, k: int, upper: bool):
        self.value, self.shape, self.k, self.upper = value, shape, k, upper


def points(base: dict[str, int]) -> list[dict[str, int]]:
    """The sizes to trace for: the given ones first, then every combination of one more each, then the check."""
    names = list(base)
    grid = [
        {name: base[name] + (name in more) for name in names}
        for k in range(len(names) + 1)
        for more in map(set, itertools.combinations(names, k))
    ]
    return [*grid, {name: base[name] + 2 + i for i, name in enumerate(names)}] if names else grid


class Unification:
    """Makes one thing of those that the traces at `at` (see `points`) have in one place."""

    def __init__(self, at: list[dict[str, int]]):
        self.at = at

    def size(self, values: Sequence[int]) -> Any:
        """A number, or the polynomial through these."""
        if len(set(values)) == 1:
            return values[0]
        base, (*grid, check) = self.at[0], self.at
        names = list(base)
        found: dict[frozenset, int] = {}
        for k in range(len(names) + 1):
            for subset in itertools.combinations(names, k):
                d = 0  # the mixed difference along the subset, which is the coefficient of Π (s - base)
                for point, value in zip(grid, values, strict=False):
                    moved = [name for name in names if point[name] != base[name]]
                    if set(moved) <= set(subset):
                        d += (-1) ** (k - len(moved)) * value
                for j in range(k + 1):
                    for kept in itertools.combinations(subset, j):
                        rest = [-base[n] for n in subset if n not in kept]
                        found[frozenset(kept)] = found.get(frozenset(kept), 0) + d * int(np.prod(rest, dtype=np.int64))
        size = Size(found)
        return size if size.at(check) == values[-1] else Varying(values)

    def shape(self, shapes: Sequence[tuple]) -> tuple:
        return tuple(self.size(sizes) for sizes in zip(*shapes, strict=True))

    def param(self, values: Sequence[Any]) -> Any:
        """A parameter of an operation, whatever it is made of."""
        first = values[0]
        if isinstance(first, bool | str | None):
            return first if all(v == first for v in values) else Varying(values)
        if isinstance(first, int | np.integer):
            return self.size([int(v) for v in values])
        if isinstance(first, ndarray):
            same = all(isinstance(v, ndarray) and np.array_equal(v, first) for v in values)
            return first if same else Varying(values)
        if isinstance(first, slice):
            return slice(*(self.param([getattr(v, part) for v in values]) for part in ("start", "stop", "step")))
        if isinstance(first, tuple | list):
            if any(len(v) != len(first) for v in values):
                return Varying(values)
            items = [self.param(item) for item in zip(*values, strict=True)]
            return type(first)(*items) if hasattr(first, "_fields") else type(first)(items)
        try:
            return first if all(v is first or bool(v == first) for v in values) else Varying(values)
        except ValueError:
            return Varying(values)

    def constant(self, values: Sequence[Any], refuse: Callable) -> Any:
        """A constant operand."""
        if not isinstance(values[0], ndarray):
            return (
                values[0] if all(v == values[0] for v in values) else refuse("has a number that depends on the sizes")
            )
        first = values[0]
        if all(v is first or np.array_equal(v, first, equal_nan=first.dtype.kind in "fc") for v in values):
            return first
        if any(v.ndim != first.ndim for v in values):
            refuse("has a constant whose number of dimensions depends on the sizes")
        shape = self.shape([v.shape for v in values])
        if shape and isinstance(shape[0], Size) and len({(v.ctypes.data, v.strides, v.shape[1:]) for v in values}) == 1:
            return Beginning(first, shape[0])
        small = [v[tuple(slice(0, 1) if isinstance(s, Size) else slice(None) for s in shape)] for v in values]
        alike = all(np.array_equal(np.broadcast_to(small[0], v.shape), v) for v in values)
        known = not any(isinstance(s, Varying) for s in shape)
        if known and alike:
            return Repeated(small[0], shape)
        triangle = self.triangle(values, shape) if known and len(shape) == 2 else None
        return triangle or refuse(
            f"has a constant of shape {first.shape} that was computed from a size; compute it from the input, or keep "
            "that size fixed"
        )

    def triangle(self, values: Sequence[ndarray], shape: tuple) -> Triangle | None:
        """The values as a `Triangle`, such as the mask of causal attention; None if they are none."""
        for upper, cut, corner in ((True, np.triu, (0, -1)), (False, np.tril, (-1, 0))):
            value = values[0][corner]
            for k in (0, 1, -1):
                if all(np.array_equal(v, cut(np.full_like(v, value), k)) for v in values):
                    return Triangle(value, shape, k, upper)
        return None

    def shapes(self, of: Sequence[Any]) -> Any:
        if of[0] is None:
            return None
        if len({len(s.shape) for s in of}) > 1:
            return Varying(of)
        return Shape(self.shape([s.shape for s in of]), of[0].dtype)

    def op(self, ops: Sequence[Op]) -> Op:
        first = ops[0]
        inputs = []
        for values in zip(*(op.inputs for op in ops), strict=True):
            if isinstance(values[0], Ref) or values[0] is None:
                if any(type(v) is not type(values[0]) or v != values[0] for v in values):
                    first.unsupported(DEPENDS)
                inputs.append(values[0])
            else:
                inputs.append(self.constant(values, first.unsupported))
        given = [self.shapes(shapes) for shapes in zip(*(op.given for op in ops), strict=True)]
        made = [self.shapes(shapes) for shapes in zip(*(op.made for op in ops), strict=True)]
        params = self.param([op.params for op in ops])
        if isinstance(params, Varying):
            first.unsupported(DEPENDS)
        return Op(first.primitive, inputs, params, given, made, first.first, (first.path, first.module))

    def program(self, programs: list[Program]) -> Program:
        first = programs[0]
        for group in itertools.zip_longest(*(p.ops for p in programs)):
            there = [op for op in group if op is not None]
            kinds = {(id(op.primitive), len(op.inputs)) for op in there}
            if len(there) < len(group) or len(kinds) > 1:
                there[0].unsupported(DEPENDS)
        ops = [self.op(group) for group in zip(*(p.ops for p in programs), strict=True)]
        outputs = []
        for values in zip(*(p.outputs for p in programs), strict=True):
            if isinstance(values[0], Ref):
                outputs.append(values[0])
            else:
                outputs.append(self.constant(values, first.ops[-1].unsupported))
        inputs = [self.shapes(shapes) for shapes in zip(*(p.inputs for p in programs), strict=True)]
        return Program(inputs, ops, outputs)


DEPENDS = (
    "is done or not, or done otherwise, depending on a size that was to be left open; keep that size fixed (leave it out of "
    "dynamic_axes), or write the model without loops over it"
)
