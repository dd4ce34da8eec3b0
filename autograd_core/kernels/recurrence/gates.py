"""The gates of recurrent cells at one step, after the matrix products: formulas compiled for whole vectors of units.

A formula is a function of `at`, which stands for one vector of units of one example: at[name, part] is read, and set. It
is written once; vectors of LLVM's run through it (see `vector_math.py`), and from Python NumPy's arrays. The formulas
themselves stand below, one for each cell and direction.

Layouts: kernels call a formula as formula(code, array, offset, …, rows, units, stride, flags…), with a pair (array, offset)
for each array of its declaration, in that order. An array is (rows, parts, units), flat from its offset: `rows` examples,
the declared number of parts for each, an element a unit. The rows of the array `da`, which is buffered for the gradients of the
weights, are `stride` elements apart. A number of parts less than 0 means that the array is shared, (parts, units), by all
examples. Arrays may be the same one where the formula reads an element before it sets it; else they must not overlap.
Nothing is shared out among threads here: the loops of `recurrent.py` call these.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from ..machine.machine_code import addresses
from ..machine.simd import Intrinsic, lanes
from ..machine.vector_math import Vector, relu, sigmoid, tanh, where


class Formula(Intrinsic):
    """A formula that kernels can call. arrays: the number of parts of each, less than 0 if it is shared; the rows of the one
    called `da` are `stride` apart."""

    def __init__(self, body: Callable, arrays: dict[str, int]):
        self.body, self.parts = body, arrays
        self.options = list(inspect.signature(body).parameters)[1:]
        pairs = (name for array in arrays for name in (array, f"{array}_at"))
        names = ["code", *pairs, "rows", "units", "stride", *self.options]

        def function(*args: Any) -> None:
            self.in_numpy(*args)

        function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in names]
        )
        function.__doc__ = body.__doc__
        super().__init__(len(FORMULAS), len(arrays), False, function)

    def in_numpy(self, code: ndarray, *args: Any) -> None:
        end = 2 * len(self.parts)
        rows, units, stride, *flags = args[end:]
        views = {}
        for (name, parts), array, start in zip(self.parts.items(), args[:end:2], args[1:end:2], strict=True):
            shape = (1 if parts < 0 else rows, abs(parts), units)
            steps = (stride if name == "da" else abs(parts) * units, units, 1)
            size = array.itemsize
            views[name] = np.lib.stride_tricks.as_strided(array[start:], shape, [step * size for step in steps])
        self.body(InNumPy(views), *flags)


FORMULAS: dict[str, Formula] = {}


def formula(**arrays: int) -> Callable[[Callable], Formula]:
    """Declare a formula and the arrays that it reads and sets."""

    def declare(body: Callable) -> Formula:
        FORMULAS[body.__name__] = Formula(body, arrays)
        return FORMULAS[body.__name__]

    return declare


class InNumPy:
    """`at` as NumPy's arrays: each (rows, parts, units)."""

    def __init__(self, views: dict[str, ndarray]):
        self.views = views

    def __getitem__(self, key: tuple[str, int]) -> ndarray:
        return self.views[key[0]][:, key[1]].copy()

    def __setitem__(self, key: tuple[str, int], value: ndarray) -> None:
        self.views[key[0]][:, key[1]] = value


# ------------------------------------------------------------------------------------------------------------ formulas


@formula(out=1, bias=-1)
def rnn_unit(at, rectified):  # type: ignore[no-untyped-def]
    """out: a pre-activation becomes the state."""
    a = at["out", 0] + at["bias", 0]
    at["out", 0] = relu(a) if rectified else tanh(a)


@formula(out=1, g=1, dh=1, da=1, db=1)
def rnn_unit_back(at, rectified, has_g):  # type: ignore[no-untyped-def]
    """dh, of the state: to da, of the pre-activation."""
    y, d = at["out", 0], at["dh", 0]
    if has_g:
        d = d + at["g", 0]
    d = where(y <= 0.0, 0.0, d) if rectified else d * (1.0 - y * y)
    at["da", 0] = d
    at["db", 0] = at["db", 0] + d


@formula(gates=4, before=1, cells=1, bias=-4, peepholes=-3)
def lstm_cell(at, peeping):  # type: ignore[no-untyped-def]
    """gates: pre-activations of i, f, g, o become gates; before: the cell before; cells: the new one."""
    i, f, g, o = (at["gates", k] + at["bias", k] for k in range(4))
    c = at["before", 0]
    if peeping:
        i, f = i + at["peepholes", 0] * c, f + at["peepholes", 1] * c
    i, f, g = sigmoid(i), sigmoid(f), tanh(g)
    c = f * c + i * g
    if peeping:
        o = o + at["peepholes", 2] * c
    o = sigmoid(o)
    at["gates", 0], at["gates", 1], at["gates", 2], at["gates", 3] = i, f, g, o
    at["cells", 0] = c


@formula(gates=4, cells=1, out=1)
def lstm_output(at):  # type: ignore[no-untyped-def]
    """out: o tanh(c). Apart from `lstm_cell`, since two short chains of operations end sooner than a long one."""
    at["out", 0] = at["gates", 3] * tanh(at["cells", 0])


@formula(gates=4, before=1, cells=1, g=1, dh=1, dc=1, da=4, db=4, peepholes=-3, dp=3)
def lstm_unit_back(at, peeping, has_g):  # type: ignore[no-untyped-def]
    """dh, of the output, and dc, of the cell: to da, of the pre-activations, and dc, of the cell before."""
    i, f, g, o = (at["gates", k] for k in range(4))
    c, before, dh = at["cells", 0], at["before", 0], at["dh", 0]
    if has_g:
        dh = dh + at["g", 0]
    t = tanh(c)
    dc = at["dc", 0] + dh * o * (1.0 - t * t)
    do = dh * t * (o * (1.0 - o))
    if peeping:
        dc = dc + do * at["peepholes", 2]
    di = dc * g * (i * (1.0 - i))
    df = dc * before * (f * (1.0 - f))
    dg = dc * i * (1.0 - g * g)
    dc = dc * f
    if peeping:
        dc = dc + di * at["peepholes", 0] + df * at["peepholes", 1]
        for k, d in enumerate((di * before, df * before, do * c)):
            at["dp", k] = at["dp", k] + d
    for k, d in enumerate((di, df, dg, do)):
        at["da", k] = d
        at["db", k] = at["db", k] + d
    at["dc", 0] = dc


@formula(gates=3, new=1, before=1, out=1, bias=-4)
def gru_unit(at):  # type: ignore[no-untyped-def]
    """gates: pre-activations become r, z, n; new: W_hn h becomes W_hn h + b_hn; before: the state before; out: the new."""
    r, z = sigmoid(at["gates", 0] + at["bias", 0]), sigmoid(at["gates", 1] + at["bias", 1])
    new, before = at["new", 0] + at["bias", 3], at["before", 0]
    n = tanh(at["gates", 2] + at["bias", 2] + r * new)
    at["gates", 0], at["gates", 1], at["gates", 2] = r, z, n
    at["new", 0] = new
    at["out", 0] = n + z * (before - n)


@formula(gates=3, new=1, before=1, g=1, dh=1, da=4, db=4)
def gru_unit_back(at, has_g):  # type: ignore[no-untyped-def]
    """dh, of the state: to da, of the pre-activations of r, z, n and of W_hn h, and to what of dh goes past the gates to
    the state before."""
    r, z, n = (at["gates", k] for k in range(3))
    d = at["dh", 0]
    if has_g:
        d = d + at["g", 0]
    dn = d * (1.0 - z) * (1.0 - n * n)
    dz = d * (at["before", 0] - n) * (z * (1.0 - z))
    dr = dn * at["new", 0] * (r * (1.0 - r))
    for k, da in enumerate((dr, dz, dn, dn * r)):
        at["da", k] = da
        at["db", k] = at["db", k] + da
    at["dh", 0] = d * z


# ----------------------------------------------------------------------------------------------------------- compilation


@functools.cache
def gate_code(dtype: np.dtype) -> ndarray:
    """The addresses of the formulas, which kernels need to call them."""
    return addresses(Path(__file__), dtype, FORMULAS, _module)


def _module(dtype: np.dtype, triple: str) -> str:
    from llvmlite import ir

    module = ir.Module("gates")
    module.triple = triple
    for name, declared in FORMULAS.items():
        _function(module, dtype, name, declared)
    return str(module)


def _function(module: Any, dtype: np.dtype, name: str, declared: Formula) -> None:
    """A formula as the function (array, …, rows, units, stride, flag, …): a copy of its loops for each choice of flags."""
    from llvmlite import ir

    whole, flag = ir.IntType(64), ir.IntType(8)
    number = ir.FloatType() if dtype == np.float32 else ir.DoubleType()
    count = len(declared.parts)
    kinds = [number.as_pointer()] * count + [whole] * 3 + [flag] * len(declared.options)
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    b = ir.IRBuilder(function.append_basic_block())
    arrays, (rows, units, stride), flags = function.args[:count], function.args[count:][:3], function.args[count + 3 :]
    offsets = [b.mul(units, whole(k)) for k in range(5)]  # of the parts
    width = lanes(dtype)
    vectors = b.and_(units, whole(-width))
    for choice in itertools.product((False, True), repeat=len(flags)):
        chosen, other = function.append_basic_block(), function.append_basic_block()
        matching: Any = ir.IntType(1)(1)
        for argument, wanted in zip(flags, choice, strict=True):
            matching = b.and_(matching, b.icmp_unsigned("==", argument, flag(int(wanted))))
        b.cbranch(matching, chosen, other)
        b.position_at_end(chosen)

        def row(r: Any, choice: tuple = choice) -> None:
            heads = {
                name: array if parts < 0 else b.gep(array, [b.mul(r, stride if name == "da" else offsets[parts])])
                for (name, parts), array in zip(declared.parts.items(), arrays, strict=True)
            }
            _loop(
                b,
                whole(0),
                vectors,
                width,
                lambda j: declared.body(InCode(b, heads, offsets, j, width, dtype), *choice),
            )
            _loop(b, vectors, units, 1, lambda j: declared.body(InCode(b, heads, offsets, j, 1, dtype), *choice))

        _loop(b, whole(0), rows, 1, row)
        b.ret_void()
        b.position_at_end(other)
    b.ret_void()


def _loop(b: Any, first: Any, last: Any, step: int, body: Callable[[Any], None]) -> None:
    """for i in range(first, last, step): body(i)"""
    before = b.block
    head, inside, after = (b.append_basic_block() for _ in range(3))
    b.branch(head)
    b.position_at_end(head)
    i = b.phi(first.type)
    b.cbranch(b.icmp_signed("<", i, last), inside, after)
    b.position_at_end(inside)
    body(i)
    i.add_incoming(first, before)
    i.add_incoming(b.add(i, i.type(step)), b.block)
    b.branch(head)
    b.position_at_end(after)


class InCode:
    """`at` as instructions: the units j : j + width of one example."""

    def __init__(self, builder: Any, heads: dict[str, Any], offsets: list, j: Any, width: int, dtype: np.dtype):
        self.builder, self.heads, self.offsets, self.j, self.width, self.dtype = (
            builder, heads, offsets, j, width, dtype
        )  # fmt: skip

    def pointer(self, name: str, part: int) -> Any:
        from llvmlite import ir

        b = self.builder
        pointer = b.gep(self.heads[name], [b.add(self.j, self.offsets[part]) if part else self.j])
        if self.width == 1:
            return pointer
        return b.bitcast(pointer, ir.VectorType(pointer.type.pointee, self.width).as_pointer())

    def __getitem__(self, key: tuple[str, int]) -> Vector:
        value = self.builder.load(self.pointer(*key), align=self.dtype.itemsize)
        return Vector(self.builder, value, self.width, self.dtype)

    def __setitem__(self, key: tuple[str, int], vector: Vector) -> None:
        self.builder.store(vector.value, self.pointer(*key), align=self.dtype.itemsize)
