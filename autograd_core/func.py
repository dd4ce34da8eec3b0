"""Transformations of functions: derivatives and batching, with `torch.func`'s signatures, nested to any order.

A function takes tensors or NumPy arrays, or dictionaries, lists and tuples of them; what goes in as NumPy arrays (or
Python floats, taken as float64) comes back as such. Here are whole Jacobians and what works on modules; derivatives.py
has the products with a Jacobian that they are made of, vectorize.py the batching.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import tree
from .derivatives import (
    Linearized,
    grad,
    grad_and_value,
    hvp,
    jvp,
    like,
    linearize,
    pullback,
    replaced,
    selected,
    value_and_grad,
    vjp,
)
from .ops.shape import movedim, reshape, stack
from .tensor import Tensor, describe, wrap
from .vectorize import as_tensor, check_chunk_size, vmap

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "hvp", "jacfwd", "jacrev", "jvp", "linearize",
    "stack_module_state", "value_and_grad", "vjp", "vmap",
]  # fmt: skip

# ------------------------------------------------------------------------------------------------------------ Jacobians


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
    func: Callable, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Callable:
    """The Jacobian by reverse mode: one batched backward pass. Good where outputs are fewer than inputs.

    The result for an output of shape S and an argument of shape X has shape (*S, *X), in the structure of the output
    and, within it, of the arguments. `chunk_size` rows at a time, if given, for less memory.

    >>> import autograd_core as ag
    >>> ag.func.jacrev(lambda x: x**2)(ag.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    check_chunk_size("jacrev", chunk_size)

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        places = selected("jacrev", args, argnums)
        chosen = tuple(args[p] for p in places)
        given, arg_structure = tree.flatten(chosen)
        inputs = [as_tensor(x, "jacrev") for x in given]
        _only_real("jacrev", inputs, "leaf of the arguments")

        def of_tensors(*xs: Any) -> Any:
            return func(*replaced(args, places, xs), **kwargs)

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
                for c, x, kind in zip(columns, inputs, given, strict=True)
            ]
            by_argument = tree.unflatten(arg_structure, parts)
            results.append(by_argument if isinstance(argnums, tuple) else by_argument[0])
            start += n
        result = tree.unflatten(structure, results)
        return (result, *aux) if has_aux else result

    return jacobian


def jacfwd(
    func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable:
    """The Jacobian by forward mode: one batched forward derivative. Good where inputs are fewer than outputs.

    Shapes and structure as for `jacrev`. The function itself runs once, unbatched, so it may draw random numbers
    whatever `randomness` says.

    >>> import autograd_core as ag
    >>> ag.func.jacfwd(lambda x: x**2)(ag.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        places = selected("jacfwd", args, argnums)
        chosen = tuple(args[p] for p in places)
        given, arg_structure = tree.flatten(chosen)
        inputs = [as_tensor(x, "jacfwd") for x in given]
        _only_real("jacfwd", inputs, "leaf of the arguments")

        def of_tensors(*xs: Any) -> Any:
            return func(*replaced(args, places, xs), **kwargs)

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
            for x, kind, n in zip(inputs, given, sizes, strict=True):
                part = movedim(c[start : start + n], 0, -1)
                parts.append(like(reshape(part, (*y.shape, *x.shape)), kind))
                start += n
            by_argument = tree.unflatten(arg_structure, parts)
            results.append(by_argument if isinstance(argnums, tuple) else by_argument[0])
        result = tree.unflatten(structure, results)
        return (result, map_.aux) if has_aux else result

    return jacobian


def hessian(func: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    """The matrix of second derivatives, of shape (*S, *X, *X): forward over reverse mode.

    >>> import autograd_core as ag
    >>> ag.func.hessian(lambda x: (x**3).sum())(ag.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)


# ------------------------------------------------------------------------------------------------------------- modules


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers, given by name, without changing it.

    parameter_and_buffer_dicts  a dictionary name -> tensor, or several; the module keeps what they do not name
    tie_weights                 a tensor that the module knows by several names is replaced under all of them
    strict                      the dictionaries must name all that the module has, and nothing else; otherwise, as in
                                PyTorch, names that it does not have are ignored

    >>> import nn
    >>> import autograd_core as ag
    >>> net = nn.Linear(2, 1)
    >>> ag.func.functional_call(net, {"weight": ag.ones(1, 2), "bias": ag.zeros(1)}, ag.tensor([[1.0, 2.0]]))
    tensor([[3.]])
    """
    given = _merged(parameter_and_buffer_dicts)
    owners = {}
    for prefix, m in module.named_modules(remove_duplicate=False):
        for table in (m._parameters, m._buffers):
            for name in table:
                owners[f"{prefix}.{name}" if prefix else name] = (table, name)
    unknown, missing = sorted(set(given) - set(owners)), sorted(set(owners) - set(given))
    if strict and (unknown or missing):
        raise RuntimeError(
            f"functional_call: strict=True, but the dictionaries have unknown names {unknown} and miss {missing}; the "
            f"module has {sorted(owners)}"
        )
    new = {name: value for name, value in given.items() if name in owners}
    if tie_weights:
        by_tensor: dict[int, Any] = {}
        for name, value in new.items():
            table, key = owners[name]
            if by_tensor.setdefault(id(table[key]), value) is not value and table[key] is not None:
                raise ValueError(
                    f"functional_call: '{name}' is the same tensor as another that was given, but the values differ; give "
                    "one of them, or pass tie_weights=False"
                )
        for name, (table, key) in owners.items():
            if table[key] is not None and id(table[key]) in by_tensor:
                new.setdefault(name, by_tensor[id(table[key])])
    kept = {name: owners[name][0][owners[name][1]] for name in new}
    try:
        for name, value in new.items():
            table, key = owners[name]
            table[key] = value
        positional = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*positional, **(kwargs or {}))
    finally:
        for name, value in kept.items():
            table, key = owners[name]
            table[key] = value


def _merged(dicts: Any) -> dict[str, Any]:
    """One dictionary of tensors by name from several."""
    given: dict[str, Any] = {}
    for d in dicts if isinstance(dicts, list | tuple) else [dicts]:
        if not isinstance(d, dict):
            raise TypeError(f"functional_call: needs a dictionary name -> tensor, or a list of them, got {describe(d)}")
        for name, value in d.items():
            if name in given:
                raise ValueError(f"functional_call: '{name}' is given twice, in two dictionaries; leave one out")
            if value is not None and not isinstance(value, Tensor) and not hasattr(value, "__apply__"):
                raise TypeError(f"functional_call: '{name}' must be a tensor, got {describe(value)}")
            given[name] = value
    return given


def stack_module_state(models: Any) -> tuple[dict, dict]:
    """The parameters and the buffers of several equal modules, stacked by name: an ensemble for `vmap`.

    The stacked parameters are leaves of their own that require a gradient where the first module's do.

    >>> import nn
    >>> import autograd_core as ag
    >>> nets = [nn.Linear(2, 1) for _ in range(3)]
    >>> params, buffers = ag.func.stack_module_state(nets)
    >>> call = lambda p, b, x: ag.func.functional_call(nets[0], (p, b), (x,))
    >>> ag.func.vmap(call, in_dims=(0, 0, None))(params, buffers, ag.ones(5, 2)).shape
    (3, 5, 1)
    """
    models = list(models)
    if not models:
        raise ValueError("stack_module_state: needs at least one module, got none")
    kinds, modes = {type(m).__name__ for m in models}, {m.training for m in models}
    if len(kinds) > 1 or len(modes) > 1:
        raise ValueError(
            f"stack_module_state: the modules must be of one class and all in training or all in evaluation, got "
            f"{sorted(kinds)}, training {sorted(modes)}"
        )

    def stacked(name: str, of: Callable) -> dict:
        tables = [dict(of(m)) for m in models]
        for i, table in enumerate(tables):
            shapes = [{key: tuple(t.shape) for key, t in some.items()} for some in (table, tables[0])]
            if shapes[0] != shapes[1]:
                raise ValueError(
                    f"stack_module_state: module {i} has other {name} than module 0: {shapes[0]}, not {shapes[1]}"
                )
        return {
            key: stack([table[key] for table in tables]).detach().requires_grad_(first.requires_grad)
            for key, first in tables[0].items()
        }

    return stacked("parameters", lambda m: m.named_parameters()), stacked("buffers", lambda m: m.named_buffers())
