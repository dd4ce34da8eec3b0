"""What `vmap` hands to a function instead of a tensor: `Batched`, all examples instead of one.

A `Batched` looks like one example but holds all of them, along dimension 0 of its `value`. Functions of `ops` see its
shape without that dimension and end up in `apply`, which asks for the batching rule of the primitive:

    rule(primitive, size, batched, values, params) -> output(s) with the batch along dimension 0

where `batched[i]` tells whether `values[i]` carries the batch dimension. A rule runs the same primitive once, on inputs
one dimension larger: so a batch costs one pass, and its derivatives are those of the primitive. The rules are in
rules.py, and register themselves here.

Each running `vmap` has a level, higher than those around it; a value of several levels is a `Batched` of the highest
around one of the next, so that its tensor has the batch dimensions in front, that of the lowest level first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from ..engine.basics import broadcast_to
from ..engine.creation import for_each_example
from ..engine.primitive import Primitive
from ..engine.standin import StandIn
from ..engine.versions import memory_of

RULES: dict[str, Callable] = {}  # the batching rules by the primitive's name; `rules` fills it
ANSWERS: dict[str, Callable] = {}  # what else is asked of a batched value; the files of rules put their functions here


def answers(function: Callable) -> Callable:
    """Decorator: `function` is what a `Batched` answers where its method of that name is asked."""
    ANSWERS[function.__name__] = function
    return function


class Batched(StandIn):
    """All examples of one value inside `vmap`. The shape is that of one example."""

    __slots__ = ("copied", "level", "value")
    transform, varies = "vmap", "differs by example"

    def __init__(self, value: Any, level: int):
        self.value, self.level = value, level
        self.copied = False  # whether it is a copy although one example's may be a view

    shape = property(lambda self: tuple(self.value.shape[1:]))
    ndim = property(lambda self: self.value.ndim - 1)
    dtype = property(lambda self: self.value.dtype)
    requires_grad = property(lambda self: getattr(self.value, "requires_grad", False))

    def apply_primitive(self, primitive: Primitive, inputs: tuple, params: tuple) -> Any:
        """Run a primitive on all examples at once."""
        level, size, batched, values = _opened(inputs)
        rule = rule_of(primitive)
        if rule is None and primitive.composition is not None:
            return primitive.composition(*inputs, *params)
        if rule is None:
            raise NotImplementedError(
                f"vmap: '{primitive.name}' has no batching rule; call it outside vmap, or loop over the examples and "
                "stack"
            )
        out = _closed(rule(primitive, size, batched, values, params), level)
        if primitive.view:
            out.copied = inputs[0].copied or _lost_view(primitive, params, inputs[0], out)
        return out

    def write_in_place(self, function: Callable, args: tuple, kwargs: dict, name: str) -> Batched:
        """The result of `function` instead of this value; see `engine.writes.rewrite`."""
        return ANSWERS["rewrite"](self, function, args, kwargs, name)

    def call_on_values(self, function: Callable, *operands: Any, as_one: Any = None) -> Any:
        """`function` of the operands with the batch as their dimension 0: for what takes any leading dimensions but
        looks at values, which `apply` alone would not let it do."""
        level, size, batched, values = _opened(operands)
        return _closed(function(*all_batched(size, batched, values)), level)

    def create(self, size: tuple, make: Callable[[tuple], Any]) -> Batched:
        """What `make` makes of a size, for each example."""
        return Batched(for_each_example(self.value, (self.value.shape[0], *size), make), self.level)

    def index_into(self, x: Any, index: Any) -> Any:
        """x[index], where this value is part of the index."""
        return ANSWERS["indexed"](x, index)

    def put_into(self, x: Any, index: Any, value: Any) -> None:
        """x[index] = value, where this value is part of the index."""
        ANSWERS["put"](x, index, value)

    def call_function(self, function: type, args: tuple) -> Any:
        """A `Function` of arguments one of which is this value, by its static method `vmap`."""
        if not hasattr(function, "vmap"):
            raise NotImplementedError(
                f"vmap: {function.__name__} has no static method vmap(info, in_dims, *args) -> (output, out_dims), so "
                "it runs on single examples only; write one, or call it outside vmap"
            )
        level, size, batched, values = _opened(args)
        return _closed(ANSWERS["of_function"](function, size, batched, values), level)

    def detach(self) -> Batched:
        return Batched(self.value.detach() if hasattr(self.value, "detach") else self.value, self.level)

    def __repr__(self) -> str:
        return f"Batched(level {self.level}, batch {self.value.shape[0]}, each of shape {self.shape}, {self.dtype})"

    def __getattr__(self, name: str) -> Any:
        if name.endswith("_") and not name.startswith("_"):
            raise AttributeError(
                f"vmap: a batched value cannot be changed in place by '{name}'; use the form without the underscore, as "
                f"in x = x.{name[:-1]}(…)"
            )
        raise AttributeError(
            f"vmap: a batched value has no '{name}': inside vmap only operations on whole tensors are possible, "
            "nothing that looks at the values of one example"
        )

    def refuse_value(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(
            "vmap: a decision or a number was asked of a batched value, but each example may differ; use ag.where "
            "instead of if, and keep item(), float() and numpy() outside vmap"
        )

    def refuse_draw(self, name: str) -> NoReturn:
        raise RuntimeError(
            f"vmap: what {name} draws depends on values that differ by example, so that the examples cannot get the same "
            "numbers; pass randomness='different'"
        )

    def refuse_store(self, name: str, shape: tuple) -> NoReturn:
        raise RuntimeError(
            f"{name}: inside vmap, values that differ by example cannot be stored into a tensor that all examples share "
            f"(shape {tuple(shape)}); use the form that makes a new tensor, such as x.add(y) for x.add_(y), and ag.where, "
            "ag.index_put, ag.scatter or ag.slice_scatter for x[…] = v"
        )


def in_levels(x: Any, levels: list[int]) -> Any:
    """A tensor whose leading dimensions are the batches of these levels, lowest first, as a value inside them."""
    for level in levels:
        x = Batched(x, level)
    return x


def _lost_view(primitive: Primitive, params: tuple, x: Batched, out: Batched) -> bool:
    """Whether `out` is a copy although the operation gives a view of one example."""
    array, levels = _array(x)
    if memory_of(_array(out)[0]) is memory_of(array) or 0 in array.shape[:levels]:
        return False
    if primitive.name != "reshape":  # the only one that may copy
        return True
    one = array[(0,) * levels]
    return memory_of(primitive.forward(one, *params)) is memory_of(one)


def _array(x: Any) -> tuple[np.ndarray, int]:
    """The values of all examples, and the number of levels."""
    levels = 0
    while isinstance(x, Batched):
        x, levels = x.value, levels + 1
    return np.asarray(x.detach() if hasattr(x, "detach") else x), levels


def _opened(operands: tuple) -> tuple[int, int, list[bool], list]:
    """The highest level among the operands, its size, which of them carry it, and them without it."""
    level = max(x.level for x in operands if isinstance(x, Batched))
    batched = [isinstance(x, Batched) and x.level == level for x in operands]
    values = [x.value if b else x for x, b in zip(operands, batched, strict=True)]
    size = next(v.shape[0] for v, b in zip(values, batched, strict=True) if b)
    return level, size, batched, values


def _closed(out: Any, level: int) -> Any:
    """Results with the batch in front as values of that level."""
    if isinstance(out, tuple):
        wrapped: list[Any] = [o if o is None else Batched(o, level) for o in out]
        return type(out)(*wrapped) if hasattr(out, "_fields") else tuple(wrapped)
    return Batched(out, level)


def front(x: Any, size: int) -> Any:
    """An operand without the batch dimension, repeated along it without copying."""
    if not hasattr(x, "shape"):
        x = np.asarray(x)
    return broadcast_to(x, (size, *x.shape))


def all_batched(size: int, batched: list[bool], values: list) -> list:
    """Every operand with the batch dimension; None stays None."""
    return [v if b or v is None else front(v, size) for v, b in zip(values, batched, strict=True)]


def rule_of(primitive: Primitive) -> Callable | None:
    """The batching rule of a primitive: that of its name, or, for elementwise ones, the common one."""
    rule = RULES.get(primitive.name)
    return RULES["elementwise"] if rule is None and primitive.elementwise else rule
