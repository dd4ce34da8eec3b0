"""How an operation and its rules are declared. (`Function`, in function.py, is the public face of the same thing.)

A primitive is a forward function on arrays and, for each input, a rule `vjp(g, *saved, *params)`: from `g`, the gradient
with respect to the output, to the gradient with respect to that input. A rule is written once, with operators and with
functions of `ops`, which run plain on arrays and record on tensors. So the same text gives the first derivative at
NumPy's price and, handed tensors, every higher one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import numpy as np

from .graph import watchers
from .history import View, history, output_node, record
from .modes import mode
from .standin import StandIn
from .tensor import Tensor, wrap
from .versions import memory_of

# What `saves` may name besides the number of an input:
OUT = -1  # the output
AUX = -2  # what the forward function returned besides the output: forward(...) -> out, aux
SHAPE = -3  # the shape of input 0; SHAPE - i that of input i. Keeps no array alive


class Primitive:
    """An operation and its rules.

    forward       (*arrays, *params) -> array, or a tuple of arrays if `outputs`, or (array(s), aux) if `aux`
    vjps          one rule for each input: (g, *saved, *params) -> gradient. With `outputs`, g is a list holding None for
                  results that were not used
    joint         instead of `vjps`, one rule for all: (needs, g, *saved, *params) -> a gradient or None for each input
    saves         what the rules take: numbers of inputs, OUT, AUX, SHAPE
    uses          for each rule, which of `saves` it uses; what no wanted rule uses is not kept alive, and passed as None
    composition   the same function written with smaller primitives, (*inputs, *params) -> output(s): its definition, the
                  oracle of its tests, and what is differentiated for higher orders. Needs every input in `saves`
    definition    the same, only for the reader and the tests: its own rules are differentiated. Else the composition
    evaluate      a forward function without aux, for when nothing is recorded
    broadcasts    inputs broadcast against each other; the engine sums each gradient back to its input's shape
    view          the output shares memory with the input where NumPy makes it so
    consumes      the joint rule overwrites g
    elementwise   each element of the output comes from one of each input, on any shape; see also `Algebra.keep_zeros`
    defers        the rule may return a `Deferred`
    """

    def __init__(
        self,
        forward: Callable,
        *,
        name: str | None = None,
        vjps: tuple = (),
        joint: Callable | None = None,
        saves: tuple = (),
        uses: tuple | None = None,
        composition: Callable | None = None,
        definition: Callable | None = None,
        evaluate: Callable | None = None,
        outputs: bool = False,
        broadcasts: bool = False,
        view: bool = False,
        consumes: bool = False,
        elementwise: bool = False,
        defers: bool = False,
    ):
        self.forward = forward
        self.name = name or forward.__name__.strip("_")
        self.vjps = vjps
        self.joint = joint
        self.saves = saves
        self.uses = uses
        self.composition = composition
        self.definition = definition or composition
        self.evaluate = evaluate
        self.outputs = outputs
        self.broadcasts = broadcasts
        self.view = view
        self.consumes = consumes
        self.elementwise = elementwise
        self.defers = defers
        self.aux = AUX in saves
        self.differentiable = bool(vjps) or joint is not None
        self.ordinary = joint is None and not defers  # see `backpropagate`
        self.frees = any(spec > SHAPE for spec in saves)
        self.fresh = True  # no rule returns an array that somebody else holds, other than g or a view
        self.plans: dict[int, tuple] = {}

    def __call__(self, *inputs: Any) -> Any:
        """Apply to the inputs of a primitive without parameters; otherwise use `apply(primitive, inputs, params)`."""
        return apply(self, inputs)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def plan(self, mask: int) -> tuple:
        """`saves`, with None for what no rule needs if only the inputs in the bit mask want a gradient."""
        plan = self.plans.get(mask)
        if plan is None:
            if self.uses is None:
                plan = self.saves
            else:
                used = {spec for i, specs in enumerate(self.uses) if mask >> i & 1 for spec in specs}
                plan = tuple(spec if spec in used or spec <= SHAPE else None for spec in self.saves)
            self.plans[mask] = plan
        return plan

    def save(self, mask: int, arrays: Any, out: Any, aux: Any) -> tuple:
        saved: list = []
        for spec in self.plan(mask):
            if spec is None:
                saved.append(None)
            elif spec >= 0:
                saved.append(arrays[spec])
            elif spec == OUT:
                saved.append(out)
            elif spec == AUX:
                saved.append(aux)
            else:
                saved.append(np.shape(arrays[SHAPE - spec]))
        return tuple(saved)


def primitive(**options: Any) -> Callable[[Callable], Primitive]:
    """`Primitive` as a decorator of the forward function."""
    return lambda forward: Primitive(forward, **options)


def no_derivative(name: str, argument: str) -> Callable:
    """The rule of an argument in which an operation has no derivative that we know: it raises when it is asked for."""

    def vjp(g: Any, *saved: Any) -> Any:
        raise NotImplementedError(
            f"{name}: there is no derivative with respect to {argument}, and a gradient of shape {tuple(g.shape)} was "
            f"asked for; pass {argument}.detach() if it shall count as a constant"
        )

    return vjp


def published(module: str, functions: Mapping[str, Any]) -> None:
    """Functions that others make (`unary`, `binary`, …) learn by which public name pickle finds them: module.name."""
    for name, function in functions.items():
        if isinstance(function, FunctionType) and _resolved(function) is not function:
            function.__module__, function.__qualname__ = module, name
            if "<" in function.__name__:  # a lambda
                function.__name__ = name.rpartition(".")[2]


def _resolved(function: FunctionType) -> Any:
    """What pickle finds by the name of the function."""
    found: Any = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found


def apply(primitive: Any, inputs: tuple, params: tuple = ()) -> Any:
    """Run `primitive.forward(*arrays, *params)` and record it where a gradient may be wanted.

    `inputs` are tensors, arrays or numbers; only tensors have histories. Without a tensor among them the result is what
    the forward function returned: rules are written with the same functions and run plain on arrays.
    """
    arrays = []
    nodes = []
    plain = True
    recorded = False
    for x in inputs:
        if isinstance(x, Tensor):
            plain = False
            node = x.node if x.origin is None else history(x)
            recorded = recorded or node is not None
            arrays.append(x.array)
            nodes.append(node)
        elif isinstance(x, StandIn):
            return x.apply_primitive(primitive, inputs, params)
        else:
            arrays.append(x)
            nodes.append(None)
    if watchers and not plain:
        for watcher in watchers:
            watcher.before(primitive, arrays)
    recorded = recorded and mode.enabled and primitive.differentiable
    aux = None
    if primitive.aux:
        if recorded or primitive.evaluate is None:
            out, aux = primitive.forward(*arrays, *params)
        else:
            out = primitive.evaluate(*arrays, *params)
    else:
        out = primitive.forward(*arrays, *params)
    if plain:
        return out
    node = record(primitive, arrays, tuple(nodes), params, out, aux) if recorded else None
    for watcher in watchers:
        watcher.after(primitive, node, arrays, out)

    if primitive.outputs:
        return tuple(wrap(o, output_node(node, i, len(out), o)) for i, o in enumerate(out))
    result = wrap(out, node)
    if primitive.view:
        x = inputs[0]
        if out.base is not None and memory_of(out) is memory_of(x.array):
            result.origin = View(x, (primitive, params))
    return result
