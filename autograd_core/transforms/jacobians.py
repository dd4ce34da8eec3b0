"""`jacrev`, `jacfwd` and `hessian`: whole matrices of derivatives, by vmap over products with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.tensor import wrap
from ..ops.shape.shape import movedim, reshape
from . import tree
from .derivatives import Linearized, like, pullback, replaced, selected
from .vmap import as_tensor, check_chunk_size, vmap


def _basis(leaves: list) -> tuple[list, list]:
    """All unit vectors of several arrays together, batched along dimension 0; and each array's number of elements."""
    sizes = [int(np.prod(y.shape, dtype=np.int64)) for y in leaves]
    total = sum(sizes)
    rows, start = [], 0
    for y, n in zip(leaves, sizes, strict=True):
        block = np.zeros((total, n), y.dtype)
        block[start + np.arange(n), np.arange(n)] = 1
        rows.append(wrap(block.reshape(total, *y.shape)))
        start += n
    return rows, sizes


def _only_real(name: str, leaves: list, what: str) -> None:
    for i, x in enumerate(leaves):
        if x.dtype.kind == "c":
            raise TypeError(
                f"{name}: {what} {i} is {x.dtype}, and a Jacobian has one number for each pair of real numbers; take "
                "ag.view_as_real of complex tensors, or use vjp or jvp"
            )


def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return the Jacobian of `func` as a function of the same arguments, by reverse mode: one batched backward pass.

    It pays where outputs are fewer than inputs. `argnums` and `has_aux` are those of `grad`; `chunk_size` rows are
    computed at a time, unless it is None, for less memory. The result has the structure of the output and, within it, of the
    arguments.

    Formula: J[i, j] = ∂func(args)[i] / ∂args[argnums][j]
    Shapes: (*S, *X) for an output of shape S and an argument of shape X.
    Dtypes: real floating arguments and outputs; J has the argument's.
    Raises: when it is called, TypeError for integer or complex values, ValueError for argnums that do not fit; ValueError
        for a chunk_size below 1.
    Source: PyTorch's `func.jacrev`.

    >>> import autograd_core as ag
    >>> ag.func.jacrev(lambda x: x**2)(ag.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    check_chunk_size("jacrev", chunk_size)

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        positions = selected("jacrev", args, argnums)
        chosen = tuple(args[p] for p in positions)
        values, arg_structure = tree.flatten(chosen)
        inputs = [as_tensor(x, "jacrev") for x in values]
        _only_real("jacrev", inputs, "leaf of the arguments")

        def of_tensors(*xs: Any) -> Any:
            return func(*replaced(args, positions, xs), **kwargs)

        value, pull, *aux = pullback("jacrev", of_tensors, tree.unflatten(arg_structure, inputs), has_aux)
        outs, structure = tree.flatten(value)
        _only_real("jacrev", outs, "output")
        basis, sizes = _basis(outs)
        if sum(sizes):
            rows = vmap(lambda *g: pull(tree.unflatten(structure, g)), chunk_size=chunk_size)(*basis)
            columns, _ = tree.flatten(rows)  # each (total, *X)
        else:
            columns = [wrap(np.zeros((0, *x.shape), x.dtype)) for x in inputs]
        results, start = [], 0
        for y, n in zip(outs, sizes, strict=True):
            parts = [
                like(reshape(c[start : start + n], (*y.shape, *x.shape)), kind)
                for c, x, kind in zip(columns, inputs, values, strict=True)
            ]
            by_argument = tree.unflatten(arg_structure, parts)
            results.append(by_argument if isinstance(argnums, tuple) else by_argument[0])
            start += n
        result = tree.unflatten(structure, results)
        return (result, *aux) if has_aux else result

    return jacobian


def jacfwd(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """Return the Jacobian of `func` as a function of the same arguments, by forward mode: one batched derivative.

    It pays where inputs are fewer than outputs. `argnums` and `has_aux` are those of `grad`. The function itself runs
    once, unbatched, so it may draw random numbers whatever `randomness` says. The result has the structure of the output
    and, within it, of the arguments.

    Formula: J[i, j] = ∂func(args)[i] / ∂args[argnums][j]
    Shapes: (*S, *X) for an output of shape S and an argument of shape X.
    Dtypes: real floating arguments and outputs; J has the output's.
    Raises: when it is called, TypeError for integer or complex values, ValueError for argnums that do not fit.
    Source: PyTorch's `func.jacfwd`.

    >>> import autograd_core as ag
    >>> ag.func.jacfwd(lambda x: x**2)(ag.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        positions = selected("jacfwd", args, argnums)
        chosen = tuple(args[p] for p in positions)
        values, arg_structure = tree.flatten(chosen)
        inputs = [as_tensor(x, "jacfwd") for x in values]
        _only_real("jacfwd", inputs, "leaf of the arguments")

        def of_tensors(*xs: Any) -> Any:
            return func(*replaced(args, positions, xs), **kwargs)

        map_ = Linearized("jacfwd", of_tensors, tree.unflatten(arg_structure, inputs), has_aux)
        outs, structure = tree.flatten(map_.value())
        _only_real("jacfwd", outs, "output")
        basis, sizes = _basis(inputs)
        if sum(sizes):
            pushed = vmap(lambda *v: map_.push(tree.unflatten(arg_structure, v)), randomness=randomness)(*basis)
            columns, _ = tree.flatten(pushed)  # each (total, *S)
        else:
            columns = [wrap(np.zeros((0, *y.shape), y.dtype)) for y in outs]
        results = []
        for c, y in zip(columns, outs, strict=True):
            parts, start = [], 0
            for x, kind, n in zip(inputs, values, sizes, strict=True):
                part = movedim(c[start : start + n], 0, -1)
                parts.append(like(reshape(part, (*y.shape, *x.shape)), kind))
                start += n
            by_argument = tree.unflatten(arg_structure, parts)
            results.append(by_argument if isinstance(argnums, tuple) else by_argument[0])
        result = tree.unflatten(structure, results)
        return (result, map_.aux) if has_aux else result

    return jacobian


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Callable[..., Any]:
    """Return the matrix of second derivatives of `func` as a function of the same arguments: forward over reverse mode.

    `argnums` is that of `grad`.

    Formula: H[i, j, k] = ∂²func(args)[i] / ∂args[argnums][j] ∂args[argnums][k]
    Shapes: (*S, *X, *X) for an output of shape S and an argument of shape X.
    Dtypes: real floating arguments and outputs.
    Raises: as `jacrev` does.
    Source: PyTorch's `func.hessian`.

    >>> import autograd_core as ag
    >>> ag.func.hessian(lambda x: (x**3).sum())(ag.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)
