"""`backward` and `grad`: the walk of `walk.py` over arrays, or over tensors for higher orders.

Complex gradients travel conjugated, see ops/elementwise/complex.py: `conj` stands wherever one enters the walk or leaves it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from .basics import conj, sum_to, where
from .graph import Algebra, Node, choosers, watchers
from .history import history, output_node
from .modes import enable_grad
from .operands import convert, is_traced
from .primitive import OUT, Primitive, apply
from .tensor import Tensor, describe, kind_rank, wrap
from .types import TensorLike
from .versions import changed_error, changed_since, written
from .walk import backpropagate

identity = Primitive(lambda x: x, name="identity", vjps=(lambda g: g,))
chosen = Primitive(lambda x: x, name="chosen", vjps=(lambda g: g,), elementwise=True)  # the mark of `Algebra.chosen`


class ArrayAlgebra(Algebra):
    """Gradients are plain arrays: the first derivative, at NumPy's price."""

    def add(self, total: Any, g: Any) -> Any:
        return total + g

    def add_into(self, total: Any, g: Any) -> Any:
        if type(total) is ndarray and total.flags.writeable:
            total += g
            return total
        return total + g

    def own(self, g: Any) -> Any:
        return np.array(g, order="C")

    def fresh(self, g: Any, incoming: Any) -> bool:
        return type(g) is ndarray and g is not incoming and type(g.base) is not ndarray

    def fit(self, g: Any, shape: tuple) -> Any:
        return sum_to(g, shape)

    def keep_zeros(self, gp: Any, g: Any) -> Any:
        if np.isfinite(gp).all() or np.shape(gp) != np.shape(g):
            return gp
        return np.where(g == 0, 0, gp)

    def check(self, node: Node) -> None:
        specs = node.primitive.saves
        for i, value in enumerate(node.saved[: len(specs)]):
            for array in value if isinstance(value, tuple) else (value,):
                changed = changed_since(array, node.order) if type(array) is ndarray else None
                if changed is not None:
                    what = "its output" if specs[i] == OUT else f"its input {specs[i]}" if specs[i] >= 0 else "a value"
                    raise changed_error(node.name, what, array, changed)

    def hook(self, hook: Callable, g: Any) -> Any:
        replaced = hook(wrap(conj(g)))
        return g if replaced is None else conj(_replacement(replaced, g).array)

    def deposit(self, owner: Tensor, g: Any, ours: bool) -> None:
        dtype = owner.array.dtype
        total = owner._grad
        if dtype.kind == "c":
            g = np.conj(g)
        if total is None:
            if not ours or type(g) is not ndarray or g.dtype is not dtype:
                g = np.array(g, dtype)
            owner._grad = wrap(g)
        elif total.node is None and total.origin is None and total.array.flags.writeable:
            total.array += g
            written(total.array)
        else:
            owner._grad = self.add(total, wrap(g))


class TensorAlgebra(ArrayAlgebra):
    """Gradients are tensors and the rules record themselves: `create_graph=True`, and with it every higher order."""

    symbolic = True

    def add_into(self, total: Any, g: Any) -> Any:
        return total + g

    def own(self, g: Any) -> Any:
        return g

    def fresh(self, g: Any, incoming: Any) -> bool:
        return False

    def keep_zeros(self, gp: Any, g: Any) -> Any:
        if gp.shape != g.shape:
            return gp
        if not (isinstance(g, Tensor) and isinstance(gp, Tensor)):
            return where((g == 0) & (gp - gp != 0), 0.0, gp)
        lost = (g.array == 0) & ~np.isfinite(gp.array)
        return where(lost, 0.0, gp) if lost.any() else gp

    def chosen(self, g: Any) -> Any:
        choosers.add(chosen)
        return apply(chosen, (g,))

    def saved(self, node: Node) -> tuple:
        """The saved values as tensors with their histories: an input's is the parent's, the output's the node itself."""
        primitive, parents = node.primitive, node.parents
        relinked: list = []
        for spec, value in zip(primitive.plan(_mask(parents)) if primitive.saves else (), node.saved, strict=False):
            if spec is not None and spec >= 0 and isinstance(value, ndarray):
                value = wrap(value, parents[spec] if value.dtype.kind in "fc" else None)
            elif spec == OUT and primitive.outputs:
                value = tuple(wrap(v, output_node(node, i, len(value), v)) for i, v in enumerate(value))
            elif spec == OUT and value is not None:
                value = wrap(value, node)
            relinked.append(value)
        return (*relinked, *node.saved[len(relinked) :])

    def hook(self, hook: Callable, g: Any) -> Any:
        replaced = hook(conj(g))
        return g if replaced is None else conj(_replacement(replaced, g))

    def deposit(self, owner: Tensor, g: Any, ours: bool) -> None:
        g = convert(conj(g if isinstance(g, Tensor) else wrap(np.array(g))), owner.dtype)
        owner._grad = g if owner._grad is None else owner._grad + g

    def compose(self, node: Node, g: Any, needs: list[bool]) -> tuple:
        primitive = node.primitive
        values = dict(zip(primitive.saves, node.saved, strict=False))
        inputs = []
        for i, parent in enumerate(node.parents):
            value = values[i]
            if parent is not None:  # a node of its own for each input: the same tensor may be given twice
                value = wrap(value, Node(identity, (parent,), (), parent.shape))
            elif isinstance(value, ndarray):
                value = wrap(value)
            inputs.append(value)
        with enable_grad():  # also where the gradients themselves are not recorded
            out = primitive.composition(*inputs, *node.saved[len(primitive.saves) :])
        outs, gs = (out, g) if primitive.outputs else ((out,), (g,))
        seeds = [
            (end, gi) for o, gi in zip(outs, gs, strict=True) if gi is not None and (end := history(o)) is not None
        ]
        wanted = {x.node for x, need in zip(inputs, needs, strict=True) if need}
        gradients_of = backpropagate(seeds, self, wanted, retain=True, deposit=False)
        return tuple(gradients_of.get(x.node) if need else None for x, need in zip(inputs, needs, strict=True))

    def inspect(self, node: Node, gradients: Iterable) -> None:
        super().inspect(node, [g.array if isinstance(g, Tensor) else g for g in gradients])


def _replacement(replaced: Any, g: Any) -> Any:
    """What a hook returned instead of the gradient g, checked, in the dtype of g."""
    if not is_traced(replaced) or tuple(replaced.shape) != np.shape(g):
        raise RuntimeError(f"a hook must return a tensor of shape {np.shape(g)} or None, got {describe(replaced)}")
    if kind_rank(replaced.dtype) > kind_rank(g.dtype):
        raise RuntimeError(
            f"a hook returned a gradient of {replaced.dtype} for one of {g.dtype}, which cannot hold it; return its real "
            "part, g.real"
        )
    return convert(replaced, g.dtype)


def _mask(parents: tuple) -> int:
    return sum(1 << i for i, parent in enumerate(parents) if parent is not None)


arrays, tensors = ArrayAlgebra(), TensorAlgebra()


def checked_seeds(
    name: str, outputs: Sequence[Tensor], gradients: Sequence[Any], symbolic: bool
) -> list[tuple[Node, Any]]:
    """The starting gradients, checked: one for each output, ones for a single number."""
    if len(outputs) != len(gradients):
        raise ValueError(f"{name}: {len(outputs)} outputs but {len(gradients)} gradients; give one for each, or None")
    seeds = []
    for y, g in zip(outputs, gradients):
        if not isinstance(y, Tensor):
            raise TypeError(f"{name}: can only differentiate tensors, got {describe(y)}")
        node, value = history(y), y.array
        if node is None:
            raise RuntimeError(
                f"{name}: the tensor of shape {y.shape} does not require a gradient and was not computed from one that "
                "does; set requires_grad=True on an input, and compute outside no_grad()"
            )
        if g is None:
            if value.size != 1:
                raise RuntimeError(
                    f"{name}: a gradient can be made up only for a single number, and the output has shape {y.shape}; "
                    f"reduce it (y.sum(), y.mean()) or pass the gradient, a tensor of shape {y.shape}"
                )
            if value.dtype.kind == "c":
                raise RuntimeError(
                    f"{name}: a gradient can be made up only for a real number, and the output is {y.dtype}; take "
                    "y.abs() or y.real, or pass the gradient"
                )
            g = np.ones(value.shape, value.dtype)
            g = wrap(g) if symbolic else g
        else:
            array = g.array if isinstance(g, Tensor) else np.asarray(g)
            if array.shape != value.shape:
                raise RuntimeError(f"{name}: the gradient has shape {array.shape}, but the output has shape {y.shape}")
            if array.dtype.kind not in "fiubc":
                raise TypeError(f"{name}: the gradient is {describe(g)}; it must hold numbers")
            if symbolic:
                g = g if isinstance(g, Tensor) else wrap(array)
            else:
                g = array
            if array.dtype != value.dtype or value.dtype.kind == "c":
                g = conj(convert(g, value.dtype))
        seeds.append((node, g))
    return seeds


def _listed(x: Any) -> list:
    return [x] if isinstance(x, Tensor) else list(x) if isinstance(x, (list, tuple)) else [x]


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add to `.grad` of every leaf the derivative of `tensors` with respect to it.

    grad_tensors   the gradient each tensor starts from; None for a tensor of one element means 1
    retain_graph   keep the graph's saved values, so that it can be differentiated again; None: as `create_graph`
    create_graph   record the derivative itself, so that it can be differentiated
    inputs         accumulate into these only, and compute only what leads to them

    Formula: leaf.grad += Σₖ (∂tensors[k] / ∂leaf)ᵀ grad_tensors[k], by reverse accumulation
    Shapes: each of grad_tensors that of its tensor; `.grad` that of the leaf.
    Dtypes: floating or complex; `.grad` has the leaf's. Complex gradients are 2 ∂L/∂z̄ for a real L, as in PyTorch.
    Raises: RuntimeError if a tensor or input requires no gradient, has several elements and no gradient to start from,
        if the graph was freed or a saved value changed in place; TypeError for what is no tensor; ValueError for
        another number of gradients than tensors.
    Source: Griewank & Walther, Evaluating Derivatives (2008), chapter 3; PyTorch's `autograd.backward`.

    >>> import autograd_core as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> ag.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    outputs = _listed(tensors)
    gradients = [None] * len(outputs) if grad_tensors is None else _listed(grad_tensors)
    wanted = None
    if inputs is not None:
        listed = _listed(inputs)
        if not listed:
            raise RuntimeError(
                "backward: inputs is empty; give the tensors whose .grad is wanted, or None for all leaves"
            )
        wanted = {_wanted("backward", i, x) for i, x in enumerate(listed)}
        for x in listed:
            x.retain_grad()
    seeds = checked_seeds("backward", outputs, gradients, create_graph)
    for watcher in watchers:
        watcher.start(outputs)
    retain = create_graph if retain_graph is None else retain_graph
    if create_graph:
        with enable_grad():
            backpropagate(seeds, _algebra(True), wanted, retain=retain)
    else:
        backpropagate(seeds, arrays, wanted, retain=retain)


def _algebra(create_graph: bool) -> ArrayAlgebra:
    """The gradients' algebra: of tensors, which records, or of arrays."""
    return tensors if create_graph else arrays


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: TensorLike | Sequence[TensorLike | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple:
    """Compute the derivatives of `outputs` with respect to `inputs`, as a tuple, without touching any `.grad`.

    grad_outputs      the gradient each output starts from; None for an output of one element means 1
    retain_graph      keep the graph's saved values, so that it can be differentiated again; None: as `create_graph`
    create_graph      record the derivative itself, so that it can be differentiated
    only_inputs       must be True; `backward` adds to the `.grad` of all leaves
    allow_unused      give None for an input that the outputs do not depend on, rather than raise
    materialize_grads give zeros for it
    is_grads_batched  must be False; use `ag.func.vmap`

    Formula: out[i] = Σₖ (∂outputs[k] / ∂inputs[i])ᵀ grad_outputs[k], by reverse accumulation
    Shapes: each of grad_outputs that of its output; each result that of its input.
    Dtypes: floating or complex; each result has its input's.
    Raises: RuntimeError for an unused input, and where `ag.backward` raises it; TypeError for what is no tensor;
        ValueError for no inputs, is_grads_batched, only_inputs False, or another number of gradients than outputs.
    Source: Griewank & Walther, Evaluating Derivatives (2008), chapter 3; PyTorch's `autograd.grad`.

    >>> import autograd_core as ag
    >>> x = ag.tensor(3.0, requires_grad=True)
    >>> (g,) = ag.grad(x**3, x, create_graph=True)
    >>> ag.grad(g, x)
    (tensor(18.),)
    """
    if not only_inputs:
        raise ValueError("grad: only_inputs=False is not supported; use backward, which adds to .grad of all leaves")
    if is_grads_batched:
        raise ValueError("grad: is_grads_batched is not supported; use ag.func.vmap over the vector-Jacobian product")
    out, wanted = _listed(outputs), _listed(inputs)
    if not wanted:
        raise ValueError("grad: inputs is empty; give the tensors to differentiate with respect to")
    if materialize_grads and allow_unused is False:
        raise ValueError("grad: materialize_grads=True gives zeros for unused inputs, so allow_unused cannot be False")
    gradients = [None] * len(out) if grad_outputs is None else _listed(grad_outputs)
    nodes = [_wanted("grad", i, x) for i, x in enumerate(wanted)]
    seeds = checked_seeds("grad", out, gradients, create_graph)
    for watcher in watchers:
        watcher.start(out)
    retain = create_graph if retain_graph is None else retain_graph
    with enable_grad() if create_graph else contextlib.nullcontext():
        gradients_of = backpropagate(seeds, _algebra(create_graph), set(nodes), retain=retain, deposit=False)
    results: list[Tensor | None] = []
    for i, (x, node) in enumerate(zip(wanted, nodes, strict=True)):
        g = gradients_of.get(node)
        if g is not None:
            results.append(convert(conj(g if isinstance(g, Tensor) else wrap(np.asarray(g))), x.dtype))
        elif materialize_grads:
            results.append(wrap(np.zeros_like(x.array)))
        elif allow_unused:
            results.append(None)
        else:
            raise RuntimeError(
                f"grad: the outputs do not depend on input {i} (shape {x.shape}); pass allow_unused=True to get None "
                "for it, or materialize_grads=True for zeros"
            )
    return tuple(results)


def _wanted(name: str, i: int, x: Any) -> Node:
    if not isinstance(x, Tensor):
        raise TypeError(f"{name}: input {i} is {describe(x)}; gradients are with respect to tensors")
    node = history(x)
    if node is None:
        raise RuntimeError(f"{name}: input {i} (shape {x.shape}) does not require a gradient; set requires_grad=True")
    return node
