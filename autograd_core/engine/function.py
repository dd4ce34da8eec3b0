"""`Function`: an operation of the user's own, with its own rule."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from .basics import conj, sum_to
from .graph import Node
from .history import constant, history, output_node, set_node
from .modes import mode, no_grad
from .operands import convert, stand_in
from .primitive import Primitive
from .tensor import Tensor, describe, wrap
from .versions import changed_error, changed_since


class Context:
    """Holds what `forward` leaves for `backward`: `ctx.save_for_backward(…)` for tensors, attributes for anything else."""

    def __init__(self, needs: tuple[bool, ...]):
        self.needs_input_grad = needs
        self.materialize_grads = True
        self.kept: tuple = ()
        self.non_differentiable: tuple = ()
        self.dirty: tuple = ()
        self.packed: tuple = ()
        self.node: Any = lambda: None  # weak: the node holds the context

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs or outputs of the function; a later change in place is noticed, and histories are kept whole."""
        for t in tensors:
            if t is not None and not isinstance(t, Tensor):
                raise TypeError(f"save_for_backward: takes tensors, got {describe(t)}; set it as an attribute of ctx")
        self.kept = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Declare outputs that have no gradient."""
        self.non_differentiable = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Declare the inputs that `forward` changed in place."""
        self.dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Give `backward` None, not zeros, for an output that was not used, if `value` is False."""
        self.materialize_grads = value

    @property
    def saved_tensors(self) -> tuple:
        """The tensors that `save_for_backward` kept; RuntimeError if one was changed in place since."""
        node = self.node()
        if node is None:
            return self.kept
        return tuple(None if s is None else s.unpack(node) for s in self.packed)

    def pack(self, args: tuple, outputs: tuple, node: Node) -> None:
        """Replace the tensors kept by arrays and the nodes of their histories, so that no references form a cycle."""
        packed: list[SavedTensor | None] = []
        for t in self.kept:
            if t is None:
                packed.append(None)
                continue
            output = next((i for i, o in enumerate(outputs) if o is t), None)
            packed.append(SavedTensor(t, None if output is not None else history(t), output))
        self.packed, self.kept, self.node = tuple(packed), (), weakref.ref(node)


class SavedTensor:
    """A value kept by a `Function`: its array, and the node of its history, without a reference to the tensor."""

    __slots__ = ("array", "node", "output")

    def __init__(self, t: Tensor, node: Node | None, output: int | None):
        self.array, self.node, self.output = t.array, node, output

    def unpack(self, node: Node) -> Tensor:
        changed = changed_since(self.array, node.order)
        if changed is not None:
            raise changed_error(node.name, "a tensor", self.array, changed)
        if self.output is None:
            return wrap(self.array, self.node)
        own = output_node(node, self.output, len(node.saved[2]), self.array) if node.primitive.outputs else node
        return wrap(self.array, own)


class Function:
    """Applies an operation of your own, with your own rule: a class with the static methods `forward` and `backward`.

    `backward` takes a gradient for each output and returns one for each input of `forward`, None for those that have
    none. Written with operations on tensors it is differentiable itself. As in PyTorch, `forward` may also be written
    without `ctx` beside a `setup_context(ctx, inputs, output)`.

    Formula: apply(x) = forward(ctx, x), and its vector-Jacobian product g ↦ backward(ctx, g)
    Shapes: what forward returns; each gradient that of its input, or one that broadcasts from it.
    Dtypes: what forward returns; each gradient is converted to the dtype of its input.
    Raises: what forward raises; in the backward pass RuntimeError for another number or shape of gradients, or a saved
        tensor that was changed in place, TypeError for a gradient that is no tensor.
    Source: PyTorch's `autograd.Function`.

    >>> import autograd_core as ag
    >>> class Cube(ag.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> x = ag.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad
    tensor(12.)
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs; called as forward(ctx, …), or as forward(…) if there is a `setup_context`."""
        raise NotImplementedError("a Function needs a static method forward(ctx, …)")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> None:
        """Keep in `ctx` what `backward` needs of the inputs and the output of `forward`."""
        raise NotImplementedError

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Compute the gradients by the inputs of `forward` from those by its outputs."""
        raise NotImplementedError("a Function needs a static method backward(ctx, …) to be differentiated")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run `forward` on the arguments and record it."""
        inside = stand_in(*args)
        if inside is not None:
            return inside.call_function(cls, args)
        nodes = tuple(history(a) if isinstance(a, Tensor) else None for a in args)
        ctx = Context(tuple(node is not None for node in nodes))
        with no_grad():
            if cls.setup_context is Function.setup_context:
                result = cls.forward(ctx, *args)
            else:
                result = cls.forward(*args)
                cls.setup_context(ctx, args, result)
        multiple = isinstance(result, tuple)
        outputs = result if multiple else (result,)
        if not mode.enabled or all(node is None for node in nodes):
            return result
        node = Node(None, nodes, (), () if multiple else np.shape(outputs[0]))
        ctx.pack(args, outputs, node)
        node.primitive = FunctionPrimitive(cls, multiple, frees=bool(ctx.packed))
        node.saved = (ctx, tuple(_meta(a) for a in args), tuple(_meta(o) for o in outputs))
        if None in nodes:
            operands = (a.array if isinstance(a, Tensor) else None for a, n in zip(args, nodes) if n is None)
            node.constants = tuple(map(constant, operands))
        wrapped = tuple(_output(o, ctx, node, i, len(outputs)) for i, o in enumerate(outputs))
        return wrapped if multiple else wrapped[0]


class FunctionPrimitive(Primitive):
    """The rule of a `Function`, as the engine sees it: tensors for the user, arrays for the engine."""

    def __init__(self, function: type[Function], multiple: bool, frees: bool):
        super().__init__(function.forward, name=function.__name__, joint=self.rule, outputs=multiple)
        self.function, self.frees, self.fresh = function, frees, False

    def rule(self, needs: list[bool], g: Any, ctx: Context, args: tuple, outputs: tuple) -> tuple:
        gs = g if isinstance(g, list) else [g]
        plain = all(gi is None or not isinstance(gi, Tensor) for gi in gs)
        if ctx.materialize_grads:
            gs = [
                np.zeros(*meta) if gi is None and meta is not None else gi for gi, meta in zip(gs, outputs, strict=True)
            ]
        gs = [gi if gi is None else conj(gi if isinstance(gi, Tensor) else wrap(gi)) for gi in gs]
        if plain:
            with no_grad():
                result = self.function.backward(ctx, *gs)
        else:
            result = self.function.backward(ctx, *gs)
        grads = result if isinstance(result, tuple) else (result,)
        while len(grads) > len(args) and grads[-1] is None:
            grads = grads[:-1]
        if len(grads) != len(args):
            raise RuntimeError(
                f"{self.name}.backward returned {len(grads)} gradients for the {len(args)} inputs of forward; return "
                "one for each, None where there is none"
            )
        return tuple(
            self.fitted(i, gx, meta, plain) if need and gx is not None else None
            for i, (need, gx, meta) in enumerate(zip(needs, grads, args, strict=True))
        )

    def fitted(self, i: int, gx: Any, meta: tuple, plain: bool) -> Any:
        """The gradient of input `i` in its shape and dtype, or an error that says what came instead."""
        shape, dtype = meta
        if not isinstance(gx, Tensor):
            raise TypeError(f"{self.name}.backward returned {describe(gx)} for input {i}; return a tensor or None")
        if gx.shape != shape:
            try:
                expandable = np.broadcast_shapes(gx.shape, shape) == gx.shape
            except ValueError:
                expandable = False
            if not expandable:
                raise RuntimeError(
                    f"{self.name}.backward returned a gradient of shape {gx.shape} for input {i}, which has shape "
                    f"{shape}; they must be the same"
                )
            gx = sum_to(gx, shape)
        gx = conj(convert(gx, dtype))
        return gx.array if plain else gx


def _meta(t: Any) -> tuple | None:
    return (t.shape, t.dtype) if isinstance(t, Tensor) else None


def _output(o: Any, ctx: Context, node: Node, i: int, count: int) -> Any:
    """An output of `forward` with its node in the graph."""
    if not isinstance(o, Tensor) or o.array.dtype.kind not in "fc" or any(o is t for t in ctx.non_differentiable):
        return o
    own = output_node(node, i, count, o.array) if node.primitive.outputs else node
    if any(o is t for t in ctx.dirty):
        set_node(o, own)
        return o
    return wrap(o.array, own)
