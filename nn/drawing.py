"""`nn.draw`: the graph of a model with one box for each of its parts."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from autograd_core.engine.graph import tick
from autograd_core.engine.modes import enable_grad
from autograd_core.engine.tensor import Tensor, describe
from autograd_core.inspection.draw import Drawing
from autograd_core.inspection.draw import draw as draw_tensors
from autograd_core.inspection.draw_groups import Group

from .module import Module
from .observe import paths, tensors_in, untouched


def draw(
    model: Module,
    *args: Any,
    depth: int | None = 1,
    loss: Callable[..., Tensor] | None = None,
    values: bool = False,
    direction: str = "down",
    max_nodes: int = 5000,
    **kwargs: Any,
) -> Drawing:
    """Draw the graph of one pass through a model, folded: what a part of the model computed is one box.

    The model is run once in its present mode; it, its buffers and the random state are left as they were. A box has the
    part's name, its class, the number of the parameters that only it uses, and the shape of what it returns. What the
    model computes outside its parts is drawn as `ag.draw` draws it.

    model: the model.
    args, kwargs: what it is called with; the tensors among them bear the names of `forward`'s parameters.
    depth: how many levels of parts are unfolded: 1 shows the model's own parts, 2 the parts of these, and so on; 0 shows
        the whole model as one box, None every operation.
    loss: a function of the output; its operations are drawn after the model.
    values: put values and gradients into the boxes, as in `ag.draw`.
    direction: 'down' or 'right'.
    max_nodes: the largest graph that is drawn, its nodes counted before they are folded.

    Formula: nodes recorded between the begin and the end of one call of a part are one box; edges inside it go
    Shapes: those of the model.
    Dtypes: those of the model.
    Raises: TypeError for what is not a module, or a depth that is no integer; ValueError for a negative depth, too large a
        graph or another direction; RuntimeError if the output has no graph; what the model raises.
    Source: the expandable name scopes of TensorBoard's graphs (Wongsuphasawat et al. 2018, "Visualizing dataflow graphs").

    >>> import autograd_core as ag, nn
    >>> net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    >>> nn.draw(net, ag.ones(5, 2))
    <drawing of 5 boxes and 4 edges; see .svg, .dot, .save()>
    """
    if not isinstance(model, Module):
        raise TypeError(f"draw: the model must be a Module, got {describe(model)}")
    if depth is not None and (not isinstance(depth, int) or isinstance(depth, bool)):
        raise TypeError(f"draw: depth must be a number of levels or None, got {depth!r}")
    if depth is not None and depth < 0:
        raise ValueError(f"draw: depth must be 0 or more, got {depth}")
    calls = Calls(model)
    with untouched(model), enable_grad():
        calls.watch()
        output = model(*args, **kwargs)
        result = output if loss is None else loss(output)
    roots = [t for t in tensors_in(result) if t.requires_grad]
    names = [*_inputs(model, args, kwargs), *model.named_parameters()]
    groups = None if depth is None else calls.groups(depth)
    return draw_tensors(
        roots or tensors_in(result), values, names=names, direction=direction, max_nodes=max_nodes, groups=groups
    )


def _inputs(model: Module, args: tuple, kwargs: dict) -> list[tuple[str, Tensor]]:
    """The tensors that the model is called with, by the names of the parameters of its `forward`."""
    try:
        arguments = inspect.signature(model.forward).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        arguments = {f"input {i}": x for i, x in enumerate(args)} | kwargs
    pairs = []
    for name, value in arguments.items():
        tensors = tensors_in(value)
        pairs += [(name if len(tensors) == 1 else f"{name}[{i}]", t) for i, t in enumerate(tensors)]
    return pairs


class Calls:
    """The calls of a model's parts: for each its module, its level (0 is the model's own), and the ticks of the engine's
    clock at its begin and end."""

    def __init__(self, model: Module):
        self.model = model
        self.path = paths(model)
        self.calls: list[list] = []  # module, level, start, stop, whether there are calls inside
        self.running: list[list] = []

    def watch(self) -> None:
        """Notice the calls from here on. To be used inside `untouched`, which removes the hooks."""
        for module in self.model.modules():
            module.register_forward_pre_hook(self.enter, prepend=True)
            module.register_forward_hook(self.leave, always_call=True)

    def enter(self, module: Module, args: Any) -> None:
        call = [module, len(self.running), tick(), 0, False]
        if self.running:
            self.running[-1][4] = True
        self.running.append(call)
        self.calls.append(call)

    def leave(self, module: Module, args: Any, output: Any) -> None:
        self.running.pop()[3] = tick()

    def groups(self, depth: int) -> list[Group]:
        """The calls at this level, and those above that have none inside."""
        chosen = [call for call in self.calls if call[1] == depth or (call[1] < depth and not call[4])]
        total: dict[Module, int] = {}
        for module, *_ in chosen:
            total[module] = total.get(module, 0) + 1
        seen: dict[Module, int] = {}
        groups = []
        for module, _, start, stop, _ in chosen:
            seen[module] = seen.get(module, 0) + 1
            kind = type(module).__name__
            name = part = self.path[module] or kind
            if total[module] > 1:
                name += f", call {seen[module]} of {total[module]}"
            groups.append(Group(name, kind if part != kind else "", start, stop, part))
        return groups
