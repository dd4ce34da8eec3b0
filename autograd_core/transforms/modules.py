"""Modules as functions of their parameters: `functional_call`, `stack_module_state`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..engine.operands import is_traced
from ..engine.tensor import Tensor, describe
from ..ops.shape.shape import stack


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: Mapping[str, Tensor] | Sequence[Mapping[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters and buffers, by name, without changing it.

    parameter_and_buffer_dicts  a dictionary name → tensor, or several; the module keeps what they do not name
    args, kwargs                the arguments of the call: a tuple or the only one, and keywords
    tie_weights                 a tensor that the module knows by several names is replaced under all of them
    strict                      the dictionaries must name all that the module has, and nothing else; otherwise, as in
                                PyTorch, names that it does not have are ignored

    Formula: module_θ(*args, **kwargs), θ the tensors in parameter_and_buffer_dicts
    Shapes: those of `module`.
    Dtypes: those of `module`.
    Raises: TypeError for what is no dictionary of tensors; ValueError for a name in two dictionaries, or two values for
        one tied tensor; RuntimeError for names that strict does not allow.
    Source: PyTorch's `func.functional_call`.

    >>> import nn
    >>> import autograd_core as ag
    >>> net = nn.Linear(2, 1)
    >>> ag.func.functional_call(net, {"weight": ag.ones(1, 2), "bias": ag.zeros(1)}, ag.tensor([[1.0, 2.0]]))
    tensor([[3.]])
    """
    tensors = _merged(parameter_and_buffer_dicts)
    owners = {}
    for prefix, m in module.named_modules(remove_duplicate=False):
        for table in (m._parameters, m._buffers):
            for name in table:
                owners[f"{prefix}.{name}" if prefix else name] = (table, name)
    unknown, missing = sorted(set(tensors) - set(owners)), sorted(set(owners) - set(tensors))
    if strict and (unknown or missing):
        raise RuntimeError(
            f"functional_call: strict=True, but the dictionaries have unknown names {unknown} and miss {missing}; the "
            f"module has {sorted(owners)}"
        )
    new = {name: value for name, value in tensors.items() if name in owners}
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
    tensors: dict[str, Any] = {}
    for d in dicts if isinstance(dicts, list | tuple) else [dicts]:
        if not isinstance(d, dict):
            raise TypeError(f"functional_call: needs a dictionary name -> tensor, or a list of them, got {describe(d)}")
        for name, value in d.items():
            if name in tensors:
                raise ValueError(f"functional_call: '{name}' is given twice, in two dictionaries; leave one out")
            if value is not None and not is_traced(value):
                raise TypeError(f"functional_call: '{name}' must be a tensor, got {describe(value)}")
            tensors[name] = value
    return tensors


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Stack the parameters and the buffers of several equal modules, by name: an ensemble for `vmap`.

    The stacked parameters are leaves of their own that require a gradient where those of the first of `models` do.

    Formula: params[name][i] = models[i].name, and buffers likewise
    Shapes: (N, *) for N models and a parameter (*).
    Dtypes: those of the parameters and buffers.
    Raises: ValueError without models, or unless all are of one class, one mode, and have the same names and shapes.
    Source: PyTorch's `func.stack_module_state`.

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
