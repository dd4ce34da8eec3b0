"""Steps of optimisers on all parameters of a model at once: SGD, Adam; and the norm of all gradients, to clip them.

    SGD     d = ±g + decay x,   v ← momentum v + (1 - dampening) d,   x ← x - lr v, or x - lr (d + momentum v) if nesterov
    Adam    m ← m + (1 - β₁)(g - m),   v ← β₂ v + (1 - β₂) g²,   x ← shrink x - step m / (√v / root + ε)

A model has many parameters and most are small: a call of a kernel for each would cost more than the arithmetic, and Numba
takes no list of arrays without copying it. So a kernel gets the addresses of the arrays' Python objects, and reads in
NumPy's header where their elements are, as any extension module does. `_elements` reads the rest of it, and refuses what
the kernels are not compiled for before anything is changed.

Layouts: `arrays` (parameters · columns,) holds the addresses of each parameter's `columns` arrays, x, g and what the
optimiser keeps, one parameter after the other. Parallel split: the elements of all parameters are counted through; a task
is a run of RUN of them. The order of operations is PyTorch's.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy import ndarray

from ..machine.runtime import Kernel, kernel, warms_up
from ..machine.threads import parallel_for

RUN = 2**13
HEADER = object.__basicsize__  # bytes of any Python object; what follows is PyArrayObject_fields of ndarraytypes.h:
DATA, DIMENSIONS, SIZES, DTYPE, FLAGS = 0, 1, 2, 5, 6  # its words
PLAIN = 0x1 | 0x100 | 0x400  # row-major, aligned, writable
uint = np.uintp  # indices are unsigned: for a signed one Numba asks whether it counts from the end


class At(Kernel):
    """at(address, n, like): the n elements of like's dtype at an address in memory, as an array. For kernels only, with
    `allocates`: Numba takes an array made inside a kernel for one that it has to count, though nobody owns this one."""

    def dispatcher(self) -> Any:
        if self.compiled is None:
            numba = importlib.import_module("numba")

            @numba.extending.intrinsic
            def pointer(typing, address):  # type: ignore[no-untyped-def]
                def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
                    return builder.inttoptr(arguments[0], context.get_value_type(numba.types.voidptr))

                return numba.types.voidptr(numba.types.int64), generate

            carray = numba.carray
            self.compiled = numba.njit(lambda address, n, like: carray(pointer(address), n, like.dtype))
        return self.compiled


at = At(lambda address, n, like: None, frozenset())


@kernel(allocates=True)
def _header(arrays, i):  # type: ignore[no-untyped-def]
    """The words of NumPy's header of array i."""
    return at(arrays[i] + HEADER, 7, arrays)


@kernel(allocates=True)
def _elements(arrays, columns, dtype):  # type: ignore[no-untyped-def]
    """The number of elements of all parameters, `columns` arrays for each; or -1 if the arrays of one differ in size, or
    any is not plain or has another dtype than the one at the address `dtype`."""
    total, n = 0, 0
    for i in range(len(arrays)):
        header, size = _header(arrays, i), 1
        for length in at(header[SIZES], header[DIMENSIONS] & 0xFFFFFFFF, arrays):
            size *= length
        if i % columns == 0:
            n = size
            total += size
        if size != n or header[DTYPE] != dtype or header[FLAGS] & PLAIN != PLAIN:
            return -1
    return total


@kernel(allocates=True)
def _size(arrays, i):  # type: ignore[no-untyped-def]
    """The number of elements of array i."""
    header, size = _header(arrays, i), 1
    for length in at(header[SIZES], header[DIMENSIONS] & 0xFFFFFFFF, arrays):
        size *= length
    return size


@kernel(allocates=True)
def _sgd(start, stop, arrays, columns, like, lr, momentum, dampening, decay, nesterov, sign):  # type: ignore[no-untyped-def]
    """A step of SGD. A task is a run of RUN elements.

    arrays, columns    the addresses of x and g of each parameter, or (3 columns) of x, g and v
    like               an array of their dtype
    lr, …, sign        as `sgd` takes them; sign -1: the objective is maximised
    """
    number, first = like.dtype.type, 0
    lr, momentum, rest, decay, sign = number(lr), number(momentum), number(1 - dampening), number(decay), number(sign)
    for p in range(0, len(arrays), columns):
        n = _size(arrays, p)
        begin, end = max(0, start * RUN - first), min(n, stop * RUN - first)
        first += n
        if begin >= end:
            continue
        x, g = at(_header(arrays, p)[DATA], n, like), at(_header(arrays, p + 1)[DATA], n, like)
        if columns == 2:
            for i in range(begin, end):
                d = sign * g[uint(i)]
                if decay:
                    d += decay * x[uint(i)]
                x[uint(i)] -= lr * d
        else:
            v = at(_header(arrays, p + 2)[DATA], n, like)
            for i in range(begin, end):
                d = sign * g[uint(i)]
                if decay:
                    d += decay * x[uint(i)]
                w = momentum * v[uint(i)] + rest * d
                v[uint(i)] = w
                x[uint(i)] -= lr * (d + momentum * w if nesterov else w)


@kernel(allocates=True)
def _adam(start, stop, arrays, columns, like, step, root, betas, eps, decay, shrink, sign):  # type: ignore[no-untyped-def]
    """A step of Adam. A task is a run of RUN elements.

    arrays, columns    the addresses of x, g, m and v of each parameter, and (5 columns) of the largest v so far
    like               an array of their dtype
    step, …, sign      as `adam` takes them; betas: (beta1, beta2)
    """
    beta1, beta2 = betas
    number, first = like.dtype.type, 0
    step, inverse, eps, decay, shrink = number(step), number(1 / root), number(eps), number(decay), number(shrink)
    rest1, beta2, rest2, sign = number(1 - beta1), number(beta2), number(1 - beta2), number(sign)
    for p in range(0, len(arrays), columns):
        n = _size(arrays, p)
        begin, end = max(0, start * RUN - first), min(n, stop * RUN - first)
        first += n
        if begin >= end:
            continue
        x, g = at(_header(arrays, p)[DATA], n, like), at(_header(arrays, p + 1)[DATA], n, like)
        m, v = at(_header(arrays, p + 2)[DATA], n, like), at(_header(arrays, p + 3)[DATA], n, like)
        if columns == 4:
            for i in range(begin, end):
                y = shrink * x[uint(i)]
                d = sign * g[uint(i)]
                if decay:
                    d += decay * y
                mean = m[uint(i)] + rest1 * (d - m[uint(i)])
                square = beta2 * v[uint(i)] + rest2 * d * d
                m[uint(i)], v[uint(i)] = mean, square
                x[uint(i)] = y - step * mean / (np.sqrt(square) * inverse + eps)
        else:  # in two loops: LLVM makes vectors only where few arrays could overlap
            largest = at(_header(arrays, p + 4)[DATA], n, like)
            for i in range(begin, end):
                y = shrink * x[uint(i)]
                d = sign * g[uint(i)]
                if decay:
                    d += decay * y
                x[uint(i)] = y
                m[uint(i)] += rest1 * (d - m[uint(i)])
                v[uint(i)] = beta2 * v[uint(i)] + rest2 * d * d
            for i in range(begin, end):
                top, square = largest[uint(i)], v[uint(i)]
                top = top if square <= top else square  # also where it is NaN
                largest[uint(i)] = top
                x[uint(i)] -= step * m[uint(i)] / (np.sqrt(top) * inverse + eps)


@kernel(reassociate=True, allocates=True)
def _squares(start, stop, arrays, like, sums):  # type: ignore[no-untyped-def]
    """sums[task] is the sum of the squares of a run of elements, in float64."""
    first = 0
    for p in range(len(arrays)):
        n = _size(arrays, p)
        begin, end = max(0, start * RUN - first), min(n, stop * RUN - first)
        x = at(_header(arrays, p)[DATA], n, like)
        while begin < end:
            task = (first + begin) // RUN
            after, total = min(end, (task + 1) * RUN - first), 0.0
            for i in range(begin, after):
                total += np.float64(x[uint(i)]) * np.float64(x[uint(i)])
            sums[task] += total
            begin = after
        first += n


@kernel(allocates=True)
def _scale(start, stop, arrays, like, factor):  # type: ignore[no-untyped-def]
    first, by = 0, like.dtype.type(factor)
    for p in range(len(arrays)):
        n = _size(arrays, p)
        x = at(_header(arrays, p)[DATA], n, like)
        for i in range(max(0, start * RUN - first), min(n, stop * RUN - first)):
            x[uint(i)] *= by
        first += n


_likes = {np.dtype(d): np.empty(0, d) for d in (np.float32, np.float64)}
NOTHING = np.empty(0, np.int64), np.empty(0)


def _counted(arrays: list[ndarray], columns: int) -> tuple[int, ndarray, ndarray]:
    """The number of elements (-1: the kernels are not compiled for them), the arrays' addresses, and one of their dtype."""
    if set(map(type, arrays)) != {ndarray} or arrays[0].dtype not in _likes:
        return -1 if arrays else 0, *NOTHING
    dtype = arrays[0].dtype
    addresses = np.fromiter(map(id, arrays), np.int64, len(arrays))
    return _elements(addresses, columns, id(dtype)), addresses, _likes[dtype]


def _share(step: Kernel, cost: float, n: int, *args: Any) -> bool:
    if 0 < n <= RUN:
        step(0, 1, *args)
    elif n > 0:
        parallel_for(step, -(-n // RUN), cost * n, *args)
    return n >= 0


def _run(step: Kernel, cost: float, arrays: list[ndarray], columns: int, *settings: Any) -> bool:
    n, addresses, like = _counted(arrays, columns)
    return _share(step, cost, n, addresses, columns, like, *settings)


def square_sum(arrays: list[ndarray]) -> float | None:
    """The sum of the squares of all elements, added up in float64; None if the kernel is not compiled for the arrays."""
    n, addresses, like = _counted(arrays, 1)
    sums = np.zeros(-(-max(n, 0) // RUN))
    return float(sums.sum()) if _share(_squares, 0.3, n, addresses, like, sums) else None


def scale(arrays: list[ndarray], factor: float) -> bool:
    """Multiply all elements by a number, in place. False if nothing could be done."""
    n, addresses, like = _counted(arrays, 1)
    return _share(_scale, 0.3, n, addresses, like, factor)


def sgd(
    arrays: list[ndarray], lr: float, momentum: float, dampening: float, decay: float, nesterov: bool, sign: float
) -> bool:
    """A step of SGD. arrays: x and g of each parameter, or with momentum x, g and v. False if nothing could be done."""
    return _run(_sgd, 0.3, arrays, 3 if momentum else 2, lr, momentum, dampening, decay, nesterov, sign)


def adam(
    arrays: list[ndarray],
    columns: int,
    step: float,
    root: float,
    beta1: float,
    beta2: float,
    eps: float,
    decay: float,
    shrink: float,
    sign: float,
) -> bool:
    """A step of Adam. arrays: x, g, m and v of each parameter, and for AMSGrad (`columns` 5) the largest v so far.

    x ← shrink x, then x ← x - step m / (√v / root + eps). False if nothing could be done.
    """
    return _run(_adam, 0.6, arrays, columns, step, root, (beta1, beta2), eps, decay, shrink, sign)


@warms_up
def _optimisers() -> None:
    for dtype in (np.float32, np.float64):
        arrays = [np.ones(2, dtype) for _ in range(4)]
        sgd(arrays[:2], 0.0, 0.0, 0.0, 0.0, False, 1.0)
        adam(arrays, 4, 0.0, 1.0, 0.9, 0.9, 1.0, 0.0, 1.0, 1.0)
        square_sum(arrays)
        scale(arrays, 1.0)
