"""Sums of products over named indices. `einsum` breaks its formula into products of two operands, `contract`, whose
rules are again such products, so every order comes from the first."""

from __future__ import annotations

import math
import string
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.operands import unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor, describe
from ...kernels.products import gemm
from ..arguments import dim_indices
from ..reduction.reduce import sum
from ..shape.shape import permute, reshape

if TYPE_CHECKING:
    from ...engine.types import TensorLike

LETTERS = string.ascii_uppercase + string.ascii_lowercase


def _contract(x: ndarray, y: ndarray, lx: str, ly: str, lo: str) -> ndarray:
    """Σ x[lx] y[ly] over the labels missing in lo, as one matrix product.

    Every label of x stands in y or in lo, and the reverse: (batch, free of x, summed) @ (batch, summed, free of y).
    """
    batch = [c for c in lx if c in ly and c in lo]
    summed = [c for c in lx if c in ly and c not in lo]
    free_x, free_y = [c for c in lx if c not in ly], [c for c in ly if c not in lx]
    sizes = dict(zip(lx, x.shape, strict=True)) | dict(zip(ly, y.shape, strict=True))
    B, S, X, Y = (math.prod(sizes[c] for c in group) for group in (batch, summed, free_x, free_y))
    left = x.transpose([lx.index(c) for c in [*batch, *free_x, *summed]]).reshape(B, X, S)
    right = y.transpose([ly.index(c) for c in [*batch, *summed, *free_y]]).reshape(B, S, Y)
    out = left * right if S == 1 else gemm.matmul(left, right)
    order = [*batch, *free_x, *free_y]
    return out.reshape([sizes[c] for c in order]).transpose([order.index(c) for c in lo])


_contract_primitive = Primitive(
    _contract,
    name="einsum",
    vjps=(
        lambda g, x, y, lx, ly, lo: contract(g, y, lo, ly, lx),
        lambda g, x, y, lx, ly, lo: contract(g, x, lo, lx, ly),
    ),
    saves=(0, 1),
    uses=((1,), (0,)),
)


def contract(x: Any, y: Any, lx: str, ly: str, lo: str) -> Any:
    """Σ x[lx] y[ly] over the labels that lo leaves out. No label stands twice in, or in only, one operand."""
    return apply(_contract_primitive, (x, y), (lx, ly, lo))


def einsum(equation: str, *operands: TensorLike) -> Tensor:
    """Compute sums of products over named indices, in Einstein's notation.

    The `equation` has one letter for each dimension of each of the `operands`, and `...` for any number of leading
    dimensions, which broadcast. A letter that the output (after `->`; by default the letters that occur once, in
    alphabetical order, after `...`) leaves out is summed over; a letter twice in one operand takes the diagonal.
    Operands may come as one list, or in NumPy's form with lists of numbers, einsum(x, [0, 1], y, [1, 2], [0, 2]).
    Several operands are contracted two at a time, in the order of NumPy's `einsum_path`.

    Formula: "bij,bjk->bik": out[b, i, k] = Σⱼ x[b, i, j] · y[b, j, k]
    Shapes: one size for each letter, of which those of the output make the shape of the result; sizes of 1 broadcast.
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError if the equation does not fit the operands; TypeError if one is no tensor or array.
    Source: NumPy's `einsum`.

    >>> import autograd_core as ag
    >>> ag.einsum("ij,j->i", ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([1.0, 1.0]))
    tensor([3., 7.])
    """
    if not isinstance(equation, str):
        equation, operands = _from_lists((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    xs = list(unified("einsum", *operands))
    for i, x in enumerate(xs):
        if not hasattr(x, "ndim"):
            raise TypeError(f"einsum: operand {i} is {describe(x)}; it must be a tensor or an array")
    labels, out = _parse(equation, [x.ndim for x in xs])
    sizes = _sizes(equation, labels, [tuple(x.shape) for x in xs])
    for c in out:
        if c not in sizes:
            raise ValueError(f"einsum: the output of {equation!r} names {c!r}, which no operand has")
    for i, x in enumerate(xs):
        xs[i], labels[i] = _diagonals(x, labels[i])
        ones = [c for c, s in zip(labels[i], xs[i].shape, strict=True) if s == 1 and sizes[c] != 1]
        if ones:  # broadcast along: drop the dimension, another operand has it
            keep = [c for c in labels[i] if c not in ones]
            xs[i], labels[i] = reshape(xs[i], tuple(sizes[c] for c in keep)), "".join(keep)
    while len(xs) > 1:
        i, j = _next_pair(labels, out, sizes)
        others = "".join(ls for k, ls in enumerate(labels) if k not in (i, j)) + out
        x, lx = _summed(xs[i], labels[i], labels[j] + others)
        y, ly = _summed(xs[j], labels[j], lx + others)
        lo = "".join(c for c in dict.fromkeys(lx + ly) if c in others)
        if len(xs) == 2:
            lo = out
        xs = [v for k, v in enumerate(xs) if k not in (i, j)] + [contract(x, y, lx, ly, lo)]
        labels = [ls for k, ls in enumerate(labels) if k not in (i, j)] + [lo]
    x, lx = _summed(xs[0], labels[0], out)
    return x if lx == out else permute(x, tuple(lx.index(c) for c in out))


def _from_lists(args: tuple) -> tuple[str, tuple]:
    """The equation and the operands from operand, labels, operand, labels, ..., [output labels]."""
    pairs = list(zip(args[::2], args[1::2], strict=False))

    def text(labels: Any) -> str:
        if not isinstance(labels, list | tuple):
            raise TypeError(f"einsum: after an operand comes a list of labels, got {describe(labels)}")
        return "".join("..." if c is Ellipsis else _letter(c) for c in labels)

    equation = ",".join(text(labels) for _, labels in pairs)
    if len(args) % 2:
        equation += "->" + text(args[-1])
    return equation, tuple(x for x, _ in pairs)


def _letter(number: Any) -> str:
    if not isinstance(number, int | np.integer) or not 0 <= number < len(LETTERS):
        raise ValueError(f"einsum: labels in lists are integers from 0 to {len(LETTERS) - 1}, got {number!r}")
    return LETTERS[number]


def _parse(equation: str, ndims: list[int]) -> tuple[list[str], str]:
    """One label for each dimension of each operand, and those of the output; `...` becomes labels of its own."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(ndims):
        raise ValueError(f"einsum: {equation!r} names {len(terms)} operands, got {len(ndims)}")
    for term in [*terms, right]:
        letters = term.replace("...", "", 1)
        if not all(c in LETTERS for c in letters):
            bad = next(c for c in letters if c not in LETTERS)
            raise ValueError(f"einsum: {bad!r} in {equation!r} is no label; use letters, one '...' a term and '->'")
    extra = [n - len(t.replace("...", "")) for t, n in zip(terms, ndims, strict=True)]
    for i, (term, n, e) in enumerate(zip(terms, ndims, extra, strict=True)):
        if e < 0 or (e > 0 and "..." not in term):
            raise ValueError(
                f"einsum: {term!r} in {equation!r} names {n - e} dimensions, but operand {i} has {n}; add labels"
            )
    most = max((e for t, e in zip(terms, extra, strict=True) if "..." in t), default=0)
    dots = "".join(chr(0x3B1 + k) for k in range(most))  # Greek, so that they meet no label of the user
    labels = [t.replace("...", dots[most - e :]) for t, e in zip(terms, extra, strict=True)]
    if arrow:
        if len(set(right.replace("...", ""))) != len(right.replace("...", "")):
            raise ValueError(f"einsum: the output of {equation!r} names a label twice")
        return labels, right.replace("...", dots)
    once = sorted(c for c in set(left) & set(LETTERS) if left.count(c) == 1)
    return labels, dots + "".join(once)


def _sizes(equation: str, labels: list[str], shapes: list[tuple]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for i, (ls, shape) in enumerate(zip(labels, shapes, strict=True)):
        for c, s in zip(ls, shape, strict=True):
            if sizes.setdefault(c, s) == 1:
                sizes[c] = s
            elif s not in (1, sizes[c]):
                raise ValueError(
                    f"einsum: {c!r} of {equation!r} has size {s} in operand {i} (shape {shape}) but {sizes[c]} "
                    "before; a label stands for one size"
                )
    return sizes


def _diagonals(x: Any, labels: str) -> tuple[Any, str]:
    """x without labels that occur twice: of those, the diagonal."""
    for c in dict.fromkeys(labels):
        while labels.count(c) > 1:
            i = labels.index(c)
            j = labels.index(c, i + 1)
            if x.shape[i] != x.shape[j]:
                raise ValueError(
                    f"einsum: {c!r} stands for the sizes {x.shape[i]} and {x.shape[j]} of one operand (shape "
                    f"{tuple(x.shape)}); a diagonal needs equal ones"
                )
            n = x.shape[i]
            mask = np.eye(n, dtype=bool).reshape([n if k in (i, j) else 1 for k in range(x.ndim)])
            x = sum(basics.where(mask, x, 0.0 if x.dtype.kind in "fc" else 0), j)
            labels = labels[:j] + labels[j + 1 :]
    return x, labels


def _summed(x: Any, labels: str, needed: str) -> tuple[Any, str]:
    """x summed over the labels that are not `needed`."""
    alone = tuple(i for i, c in enumerate(labels) if c not in needed)
    return (sum(x, alone), "".join(c for c in labels if c in needed)) if alone else (x, labels)


def _next_pair(labels: list[str], out: str, sizes: dict[str, int]) -> tuple[int, int]:
    """Which two operands to multiply next."""
    if len(labels) == 2:
        return 0, 1
    symbols = {c: LETTERS[i] for i, c in enumerate(sizes)}
    equation = ",".join("".join(symbols[c] for c in ls) for ls in labels) + "->" + "".join(symbols[c] for c in out)
    shapes = [np.broadcast_to(0, [sizes[c] for c in ls]) for ls in labels]
    first = np.einsum_path(equation, *shapes, optimize="greedy")[0][1]
    return (first[0], first[1]) if len(first) > 1 else (0, 1)


def tensordot(
    a: TensorLike, b: TensorLike, dims: int | Tensor | tuple[list[int], list[int]] | list[list[int]] = 2
) -> Tensor:
    """Compute the sums of products of `a` and `b` over pairs of dimensions.

    With an int `dims` these are the last `dims` dimensions of a and the first of b, with two lists those that they name.

    Formula: out[i…, j…] = Σₖ a[i…, k…] · b[k…, j…]
    Shapes: (*₁, K…) and (K…, *₂) → (*₁, *₂).
    Dtypes: the operands' common dtype; integers stay integers.
    Raises: ValueError if the summed sizes differ or dims does not fit; IndexError if one is out of range; TypeError if
        an operand is no tensor or array.
    Source: NumPy's `tensordot`.

    >>> import autograd_core as ag
    >>> ag.tensordot(ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.ones(2, 2))
    tensor(10.)
    """
    x, y = unified("tensordot", a, b)
    for operand in (x, y):
        if not hasattr(operand, "ndim"):
            raise TypeError(f"tensordot: needs tensors or arrays, got {describe(operand)}; multiply by a number with *")
    if isinstance(dims, int | np.integer):
        if not 0 <= dims <= min(x.ndim, y.ndim):
            raise ValueError(f"tensordot: dims must be from 0 to {min(x.ndim, y.ndim)}, got {dims}")
        pair: Any = (range(x.ndim - dims, x.ndim), range(dims))
    else:
        pair = [d.tolist() if hasattr(d, "tolist") else d for d in dims]
        pair = [[d] if isinstance(d, int) else list(d) for d in pair]
        if len(pair) != 2 or len(pair[0]) != len(pair[1]):
            raise ValueError(f"tensordot: dims must be a number or two lists of one length, got {dims}")
    da, db = (dim_indices(tuple(d), v.ndim, "tensordot") for d, v in zip(pair, (x, y), strict=True))
    la = [LETTERS[i] for i in range(x.ndim)]
    lb = [LETTERS[x.ndim + i] for i in range(y.ndim)]
    for i, j in zip(da, db, strict=True):
        if x.shape[i] != y.shape[j]:
            raise ValueError(
                f"tensordot: dim {i} of shape {tuple(x.shape)} and dim {j} of shape {tuple(y.shape)} are summed "
                "together and must be equal"
            )
        lb[j] = la[i]
    out = [c for i, c in enumerate(la) if i not in da] + [c for j, c in enumerate(lb) if j not in db]
    return contract(x, y, "".join(la), "".join(lb), "".join(out))


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.einsum
ag.tensordot  out=
"""
