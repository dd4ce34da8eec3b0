"""What recurrent units do at one step besides their matrix products: formulas compiled for whole vectors of units.

A formula is a function of `at`, which stands for one vector of units of one example: at[name, part] is read, and set. It
is written once; vectors of LLVM's run through it (see `vector_math.py`), and from Python NumPy's arrays.

Kernels call it as formula(code, array, place, …, rows, units, stride, flags): for so many examples. An example has so
many parts in each array, of one number a unit, and follows the one before; in the arrays that hold what remains for the
weights it is `stride` numbers further on. Arrays said to be shared are the same for all examples. Arrays may be the same
one where the formula reads a number before it sets it; else they must not overlap.
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
    """A formula that kernels can call. arrays: how many parts of each, less than 0 if it is shared; the one called `da`
    has rows `stride` apart."""

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
        places = {}
        for (name, parts), array, start in zip(self.parts.items(), args[:end:2], args[1:end:2], strict=True):
            shape = (1 if parts < 0 else rows, abs(parts), units)
            steps = (stride if name == "da" else abs(parts) * units, units, 1)
            size = array.itemsize
            places[name] = np.lib.stride_tricks.as_strided(array[start:], shape, [step * size for step in steps])
        self.body(InNumPy(places), *flags)


FORMULAS: dict[str, Formula] = {}


def formula(**arrays: int) -> Callable[[Callable], Formula]:
    def declare(body: Callable) -> Formula:
        FORMULAS[body.__name__] = made = Formula(body, arrays)
        return made

    return declare


class InNumPy:
    def __init__(self, places: dict[str, ndarray]):
        self.places = places

    def __getitem__(self, key: tuple[str, int]) -> ndarray:
        return self.places[key[0]][:, key[1]].copy()

    def __setitem__(self, key: tuple[str, int], value: ndarray) -> None:
        self.places[key[0]][:, key[1]] = value


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
    """The rest of it. One after the other, two short chains of operations are done sooner than a long one."""
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
    """What kernels need to call formulas: their addresses."""
    return addresses(Path(__file__), dtype, FORMULAS, _module)


def _module(dtype: np.dtype, triple: str) -> str:
    from llvmlite import ir

    module = ir.Module("gates")
    module.triple = triple
    for name, made in FORMULAS.items():
        _function(module, dtype, name, made)
    return str(module)


def _function(module: Any, dtype: np.dtype, name: str, made: Formula) -> None:
    """A formula as the function (array, …, rows, units, stride, flag, …): a copy of its loops for each choice of flags."""
    from llvmlite import ir

    whole, flag = ir.IntType(64), ir.IntType(8)
    number = ir.FloatType() if dtype == np.float32 else ir.DoubleType()
    count = len(made.parts)
    kinds = [number.as_pointer()] * count + [whole] * 3 + [flag] * len(made.options)
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    b = ir.IRBuilder(function.append_basic_block())
    arrays, (rows, units, stride), flags = function.args[:count], function.args[count:][:3], function.args[count + 3 :]
    offsets = [b.mul(units, whole(k)) for k in range(5)]  # of the parts
    width = lanes(dtype)
    vectors = b.and_(units, whole(-width))
    for choice in itertools.product((False, True), repeat=len(flags)):
        chosen, other = function.append_basic_block(), function.append_basic_block()
        matching: Any = ir.IntType(1)(1)
        for given, wanted in zip(flags, choice, strict=True):
            matching = b.and_(matching, b.icmp_unsigned("==", given, flag(int(wanted))))
        b.cbranch(matching, chosen, other)
        b.position_at_end(chosen)

        def row(r: Any, choice: tuple = choice) -> None:
            heads = {
                name: array if parts < 0 else b.gep(array, [b.mul(r, stride if name == "da" else offsets[parts])])
                for (name, parts), array in zip(made.parts.items(), arrays, strict=True)
            }
            _loop(b, whole(0), vectors, width, lambda j: made.body(InCode(b, heads, offsets, j, width, dtype), *choice))
            _loop(b, vectors, units, 1, lambda j: made.body(InCode(b, heads, offsets, j, 1, dtype), *choice))

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
    """The units j : j + width of one example."""

    def __init__(self, builder: Any, heads: dict[str, Any], offsets: list, j: Any, width: int, dtype: np.dtype):
        self.builder, self.heads, self.offsets, self.j, self.width, self.dtype = (
            builder, heads, offsets, j, width, dtype
        )  # fmt: skip

    def place(self, name: str, part: int) -> Any:
        from llvmlite import ir

        b = self.builder
        place = b.gep(self.heads[name], [b.add(self.j, self.offsets[part]) if part else self.j])
        if self.width == 1:
            return place
        return b.bitcast(place, ir.VectorType(place.type.pointee, self.width).as_pointer())

    def __getitem__(self, key: tuple[str, int]) -> Vector:
        value = self.builder.load(self.place(*key), align=self.dtype.itemsize)
        return Vector(self.builder, value, self.width, self.dtype)

    def __setitem__(self, key: tuple[str, int], vector: Vector) -> None:
        self.builder.store(vector.value, self.place(*key), align=self.dtype.itemsize)
