"""Derivatives of functions: products with the Jacobian from either side, gradients, a linear map at a point.

They need no bookkeeping of levels: each differentiates with respect to graph nodes of its own, so that derivatives of
derivatives never confuse their variables. Under `vmap` they differentiate the tensors below (see levels.py), so that a
batch costs one forward and one backward pass.

Complex gradients travel conjugated inside the engine (see ops/elementwise/complex.py); `grad` and `vjp` conjugate where
they enter and leave it, as `ag.grad` does.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..engine import backward as gradients
from ..engine.backward import identity
from ..engine.graph import LEAF, Node, topological_order
from ..engine.history import history
from ..engine.modes import enable_grad, mode, no_grad
from ..engine.operands import convert
from ..engine.tensor import Tensor, describe, wrap
from ..engine.walk import backpropagate
from ..ops.elementwise.complex import conj
from . import tree
from .batched import Batched
from .levels import active, below, cover, expose
from .vmap import as_plain, as_tensor, is_plain


class _Open(threading.local):
    """The nodes of the points at which functions are being differentiated right now."""

    def __init__(self) -> None:
        self.nodes: set[Node] = set()


_open = _Open()


class Point:
    """Arguments at which a function is differentiated: fresh nodes in the graph, one for each leaf of the arguments."""

    def __init__(self, name: str, args: Any):
        self.name = name
        self.leaves, self.structure = tree.flatten(args)
        self.levels = active()
        self.plain = is_plain(self.leaves)
        self.bottoms: list[Tensor] = []
        self.nodes: list[Node] = []
        for i, x in enumerate(self.leaves):
            x = as_tensor(x, name)
            if x.dtype.kind not in "fc":
                raise TypeError(
                    f"{name}: can only differentiate with respect to floating values, but leaf {i} of the arguments is "
                    f"{x.dtype} (shape {tuple(x.shape)}); convert it, or choose others with argnums"
                )
            t = expose(x, self.levels)
            before = history(t)
            # a leaf without an owner: no .grad is filled
            node = Node(LEAF if before is None else identity, () if before is None else (before,), (), t.shape)
            self.bottoms.append(wrap(t.array, node))
            self.nodes.append(node)
        self.inputs = tree.unflatten(self.structure, [cover(t, self.levels) for t in self.bottoms])

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """While the function runs: derivatives taken inside see that theirs may be differentiated further."""
        new = [node for node in self.nodes if node not in _open.nodes]
        _open.nodes.update(new)
        try:
            with enable_grad():
                yield
        finally:
            _open.nodes.difference_update(new)

    def as_arguments(self, results: list) -> Any:
        """Results for each leaf, in the arguments' structure and in the kind of each argument."""
        covered = [like(cover(r, self.levels), x) for r, x in zip(results, self.leaves, strict=True)]
        return tree.unflatten(self.structure, covered)

    def outputs(self, value: Any) -> tuple[list, Any, list]:
        """The leaves of the function's value, its structure, and the bottom tensors of the leaves."""
        leaves, structure = tree.flatten(value)
        for i, y in enumerate(leaves):
            if not isinstance(y, Tensor | Batched):
                raise TypeError(
                    f"{self.name}: the function must return tensors, but output {i} is {describe(y)}, which has no "
                    f"history to differentiate; {_way_back(y)}"
                )
        if not leaves:
            raise ValueError(f"{self.name}: the function returned nothing to differentiate")
        return leaves, structure, [expose(y, self.levels) for y in leaves]

    def pull(self, outputs: list, gs: list, create_graph: bool) -> list:
        """The gradients by every leaf, from one for each output (bottom tensors with our levels in front)."""
        seeds = [(history(y), g) for y, g in zip(outputs, gs, strict=True) if history(y) is not None]
        gradients_of = walk(seeds, set(self.nodes), create_graph)
        return [_or_zeros(gradients_of.get(node), t) for t, node in zip(self.bottoms, self.nodes, strict=True)]

    def reaches_elsewhere(self, outputs: list) -> bool:
        """Whether the outputs depend on anything else that may be differentiated, so that the gradient must record."""
        roots = [history(y) for y in outputs]
        own = set(self.nodes)
        for node in topological_order(node for node in roots if node is not None):
            if node.primitive is LEAF and node not in own:
                owned = node.extra is not None and node.extra.owner is not None
                if owned or node in _open.nodes:
                    return True
        return False

    def recording(self, outputs: list) -> bool:
        """Whether what is computed from the outputs must have a history."""
        return mode.enabled and self.reaches_elsewhere(outputs)

    def shown(self, y: Any) -> Any:
        """An output as the caller sees it: without the history that only this derivative needed."""
        bottom, _ = below(y)
        y = y if isinstance(bottom, Tensor) and self.recording([bottom]) else y.detach()
        return as_plain(y) if self.plain else y

    def aux(self, aux: Any) -> Any:
        """What the function returned besides its value, likewise."""
        return tree.map_leaves(lambda y: self.shown(y) if isinstance(y, Tensor | Batched) else y, aux)


def walk(seeds: list, wanted: set[Node], create_graph: bool) -> dict[Node, Any]:
    """The backward pass from `seeds` to the wanted nodes: over arrays, unless it records or carries a batch."""
    symbolic = create_graph or any(not isinstance(g, Tensor) for _, g in seeds)
    algebra: Any = gradients.tensors if symbolic else gradients.arrays
    if not symbolic:
        seeds = [(node, g.array) for node, g in seeds]
    with enable_grad() if create_graph else no_grad():
        return backpropagate(seeds, algebra, wanted, retain=True, deposit=False)


def _or_zeros(g: Any, t: Tensor) -> Any:
    """A gradient as a tensor of the dtype of t, zeros where there is none."""
    if g is None:
        return wrap(np.zeros(t.shape, t.dtype))
    return convert(g if isinstance(g, Tensor | Batched) else wrap(g), t.dtype)


def like(result: Any, argument: Any) -> Any:
    """A result in the kind of the argument it belongs to."""
    if isinstance(argument, Tensor | Batched) or not isinstance(result, Tensor) or result.requires_grad:
        return result
    if isinstance(argument, np.ndarray):
        return result.array
    return as_plain(result) if result.ndim or isinstance(argument, np.generic) else result.array.item()


def with_aux(name: str, value: Any, has_aux: bool) -> tuple:
    """The function's value and what it returned besides."""
    if not has_aux:
        return value, None
    if not isinstance(value, tuple) or len(value) != 2:
        raise ValueError(f"{name}: with has_aux=True the function must return (value, aux), got {_summary(value)}")
    return value


def _summary(value: Any) -> str:
    return f"a tuple of {len(value)}" if isinstance(value, tuple) else describe(value)


def selected(name: str, args: tuple, argnums: int | tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of the arguments to differentiate with respect to, counted from the front."""
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    for n in numbers:
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"{name}: argnums must be an int or a tuple of ints, got {argnums!r}")
        if not -len(args) <= n < len(args):
            raise ValueError(f"{name}: argnums {n} is out of range for {len(args)} positional arguments")
    positions = tuple(n % len(args) for n in numbers)
    if not positions or len(set(positions)) != len(positions):
        raise ValueError(f"{name}: argnums {argnums} must name at least one argument, each once")
    return positions


def replaced(args: tuple, positions: tuple[int, ...], chosen: Any) -> tuple:
    """The arguments with those at `positions` exchanged."""
    new = dict(zip(positions, chosen, strict=True))
    return tuple(new.get(i, a) for i, a in enumerate(args))


def same_structure(name: str, values: Any, what: str, wanted: Any, of: str) -> list:
    """The leaves of `values`, whose structure must be the wanted one (tuples and lists count as the same)."""
    leaves, structure = tree.flatten(values)
    if not tree.same(structure, wanted):
        raise ValueError(
            f"{name}: the {what} have the structure {tree.show(structure)}, but {of} {tree.show(wanted)}; they must be "
            "the same"
        )
    return leaves


# ------------------------------------------------------------------------------------------------------- gradients, vjp


def grad_and_value(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., tuple]:
    """Return the function that computes (gradient, value) of `func`, or (gradient, (value, aux)) with `has_aux`.

    `argnums` and has_aux are those of `grad`.

    Formula: (∂func/∂args[argnums], func) at (args, kwargs)
    Shapes: of the gradient, that of the argument; of the value ().
    Dtypes: floating or complex arguments; each gradient has its argument's.
    Raises: as `grad` does.
    Source: PyTorch's `func.grad_and_value`.

    >>> import autograd_core as ag
    >>> ag.func.grad_and_value(lambda x: x**3)(ag.tensor(2.0))
    (tensor(12.), tensor(8.))
    """

    def gradient(*args: Any, **kwargs: Any) -> tuple:
        positions = selected("grad", args, argnums)
        point = Point("grad", tuple(args[p] for p in positions))
        with point.opened():
            value, aux = with_aux("grad", func(*replaced(args, positions, point.inputs), **kwargs), has_aux)
        if not isinstance(value, Tensor | Batched) or value.shape != ():
            way = "sum it, or use jacrev or vjp" if isinstance(value, Tensor | Batched) else _way_back(value)
            raise ValueError(
                f"grad: the function must return a tensor of one number, shape (), got {_shape_of(value)}; {way}"
            )
        if value.dtype.kind == "c":
            raise TypeError(f"grad: the function must return a real number, got {value.dtype}; take its abs()")
        bottom = expose(value, point.levels)
        grads = point.pull([bottom], [wrap(np.ones(bottom.shape, bottom.dtype))], point.recording([bottom]))
        result = point.as_arguments([conj(g) for g in grads])
        result = result if isinstance(argnums, tuple) else result[0]
        value = point.shown(value)
        return result, ((value, point.aux(aux)) if has_aux else value)

    return gradient


def _way_back(value: Any) -> str:
    """What to do about a function that returned something other than a tensor."""
    if isinstance(value, np.ndarray | np.generic | bool | int | float | complex):
        return (
            "math.sin, float(x), x.item(), x.numpy() and their like leave the graph: use ag.sin or np.sin and return the "
            "tensor; wrap a constant as ag.tensor(…)"
        )
    return "return one tensor; what else there is can be returned beside it with has_aux=True"


def _shape_of(value: Any) -> str:
    return f"shape {tuple(value.shape)}" if isinstance(value, Tensor | Batched) else describe(value)


def grad(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Return the gradient of a function `func` whose value is one number, as a function of the same arguments.

    argnums   which positional arguments to differentiate with respect to: an int, or a tuple for a tuple of gradients
    has_aux   the function returns (value, aux); the result is then (gradient, aux)

    An argument may be a dictionary, list or tuple of tensors, its gradient is one likewise. NumPy arrays or Python
    floats (taken as float64) give such gradients.

    Formula: ∂func/∂args[argnums] at (args, kwargs), by reverse mode
    Shapes: that of the argument.
    Dtypes: floating or complex arguments; each gradient has its argument's.
    Raises: when it is called, ValueError unless the value is one number or argnums fit, TypeError for an integer
        argument or a complex value.
    Source: PyTorch's `func.grad`; Bradbury et al. 2018 (JAX).

    >>> import numpy as np
    >>> import autograd_core as ag
    >>> ag.func.grad(lambda x: (x**3).sum())(np.array([1.0, 2.0]))
    array([ 3., 12.])
    >>> ag.func.grad(ag.func.grad(lambda x: x**3))(2.0)
    12.0
    """

    def gradient(*args: Any, **kwargs: Any) -> Any:
        result, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return (result, value[1]) if has_aux else result

    return gradient


def value_and_grad(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., tuple]:
    """Return the function that computes (value, gradient) of `func`, or ((value, aux), gradient) with `has_aux`.

    `argnums` and has_aux are those of `grad`.

    Formula: (func, ∂func/∂args[argnums]) at (args, kwargs)
    Shapes: of the value (), of the gradient, that of the argument.
    Dtypes: floating or complex arguments; each gradient has its argument's.
    Raises: as `grad` does.
    Source: JAX's `value_and_grad`; PyTorch has `func.grad_and_value`.

    >>> import autograd_core as ag
    >>> ag.func.value_and_grad(lambda x: x**3)(ag.tensor(2.0))
    (tensor(8.), tensor(12.))
    """

    def both(*args: Any, **kwargs: Any) -> tuple:
        result, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return value, result

    return both


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple:
    """Compute the value of `func` at `primals`, and return it with the function from a cotangent to the gradients.

    The result is (value, vjp_fn), or (value, vjp_fn, aux) with `has_aux`, where func returns (value, aux). A cotangent
    has the structure of the value; vjp_fn returns a tuple of gradients, or the only one.

    Formula: vjp_fn(v) = vᵀ J, J the Jacobian of func at primals
    Shapes: a cotangent that of the value; each gradient that of its primal.
    Dtypes: floating or complex primals; each gradient has its primal's.
    Raises: ValueError without primals, TypeError for integer ones or a value that is no tensor; vjp_fn ValueError for a
        cotangent of another structure or shape.
    Source: PyTorch's `func.vjp`.

    >>> import autograd_core as ag
    >>> value, pull = ag.func.vjp(lambda x, y: x * y, ag.tensor([1.0, 2.0]), ag.tensor(3.0))
    >>> pull(ag.tensor([1.0, 1.0]))
    (tensor([3., 3.]), tensor(3.))
    """
    if not primals:
        raise ValueError("vjp: needs at least one primal to differentiate with respect to")
    return pullback("vjp", func, primals, has_aux)


def pullback(name: str, func: Callable, primals: tuple, has_aux: bool) -> tuple:
    """`vjp` for the function of that name."""
    point = Point(name, primals)
    with point.opened():
        value, aux = with_aux(name, func(*point.inputs), has_aux)
    leaves, structure, bottoms = point.outputs(value)
    recording = point.recording(bottoms)

    def vjp_fn(*cotangents: Any) -> tuple:
        values = cotangents[0] if len(cotangents) == 1 else cotangents
        gs = same_structure(name, values, "cotangents", structure, "the function's value")
        exposed = []
        for i, (g, y) in enumerate(zip(gs, leaves, strict=True)):
            g = as_tensor(g, name)
            if tuple(g.shape) != tuple(y.shape):
                raise ValueError(
                    f"{name}: cotangent {i} has shape {tuple(g.shape)}, but the output has {tuple(y.shape)}"
                )
            exposed.append(conj(expose(convert(g, y.dtype), point.levels)))
        create_graph = mode.enabled and (recording or any(g.requires_grad for g in exposed))
        return point.as_arguments([conj(g) for g in point.pull(bottoms, exposed, create_graph)])

    result = tree.unflatten(structure, [point.shown(y) for y in leaves])
    return (result, vjp_fn, point.aux(aux)) if has_aux else (result, vjp_fn)


# ----------------------------------------------------------------------------------------------------------- jvp, hvp


class Linearized:
    """A function together with its derivative at a point, as a linear map of tangents.

    Reverse mode gives gx(u) = uᵀ J, which is linear in u; differentiating <gx(u), v> by u gives J v. So the rules of
    reverse mode, being differentiable themselves, are all that forward mode needs.
    """

    def __init__(self, name: str, func: Callable, primals: tuple, has_aux: bool = False):
        self.name = name
        self.point = point = Point(name, primals)
        with point.opened():
            value, aux = with_aux(name, func(*point.inputs), has_aux)
            self.leaves, self.structure, self.bottoms = point.outputs(value)
            self.dual = [wrap(np.zeros(y.shape, y.dtype), Node(LEAF, (), (), y.shape)) for y in self.bottoms]
            self.pulled = point.pull(self.bottoms, self.dual, True)
        self.recording = point.recording(self.bottoms)
        self.aux = point.aux(aux)

    def value(self) -> Any:
        """The function's value at the point."""
        return tree.unflatten(self.structure, [self.point.shown(y) for y in self.leaves])

    def push(self, tangents: tuple) -> Any:
        """J v, in the structure of the value."""
        point = self.point
        values = same_structure(self.name, tangents, "tangents", point.structure, "the primals")
        seeds, create_graph = [], self.recording
        for i, (v, x, t) in enumerate(zip(values, self.pulled, point.bottoms, strict=True)):
            v = as_tensor(v, self.name)
            shape = t.shape[len(point.levels) :]
            if tuple(v.shape) != shape:
                raise ValueError(f"{self.name}: tangent {i} has shape {tuple(v.shape)}, but the primal has {shape}")
            v = expose(convert(v, t.dtype), point.levels)
            create_graph = create_graph or v.requires_grad
            if history(x) is not None:
                seeds.append((history(x), v))
        dual: list[Any] = [u.node for u in self.dual]
        gradients_of = walk(seeds, set(dual), mode.enabled and create_graph)
        results = [
            cover(_or_zeros(gradients_of.get(node), u), point.levels) for node, u in zip(dual, self.dual, strict=True)
        ]
        if point.plain and is_plain(values):
            results = [as_plain(r) for r in results]
        return tree.unflatten(self.structure, results)


def jvp(
    func: Callable[..., Any], primals: tuple, tangents: tuple, *, strict: bool = False, has_aux: bool = False
) -> tuple:
    """Compute the value of `func` at `primals` and its derivative along `tangents`; with `has_aux` also aux.

    With `strict` an output that does not depend on the primals raises, instead of giving zeros.

    Formula: (func(primals), J v), J the Jacobian at primals and v the tangents
    Shapes: each tangent that of its primal; J v that of the value.
    Dtypes: floating or complex primals; J v has the value's.
    Raises: TypeError unless primals and tangents are tuples of floating values; ValueError if they do not fit;
        RuntimeError for an output without influence, if strict.
    Source: PyTorch's `func.jvp`; by two reverse passes, as in Linearized.

    >>> import autograd_core as ag
    >>> ag.func.jvp(lambda x: x**2, (ag.tensor([1.0, 2.0]),), (ag.tensor([1.0, 0.0]),))
    (tensor([1., 4.]), tensor([2., 0.]))
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple) or not primals:
        raise TypeError(f"jvp: primals and tangents must be tuples, got {_summary(primals)} and {_summary(tangents)}")
    map_ = Linearized("jvp", func, primals, has_aux)
    for i, y in enumerate(map_.bottoms if strict else ()):
        node = history(y)
        if node is None or set(map_.point.nodes).isdisjoint(topological_order([node])):
            raise RuntimeError(f"jvp: output {i} does not depend on the primals; pass strict=False to get zeros for it")
    out = map_.push(tangents)
    return (map_.value(), out, map_.aux) if has_aux else (map_.value(), out)


def linearize(func: Callable[..., Any], *primals: Any) -> tuple:
    """Compute the value of `func` at `primals`, and return it with its derivative as a function, which runs func no more.

    Formula: (func(primals), v ↦ J v), J the Jacobian at primals
    Shapes: each tangent that of its primal; J v that of the value.
    Dtypes: floating or complex primals; J v has the value's.
    Raises: ValueError without primals, TypeError for integer ones; the function ValueError for tangents that do not fit.
    Source: PyTorch's `func.linearize`.

    >>> import autograd_core as ag
    >>> value, push = ag.func.linearize(lambda x: x**2, ag.tensor([1.0, 2.0]))
    >>> push(ag.tensor([1.0, 0.0])), push(ag.tensor([0.0, 1.0]))
    (tensor([2., 0.]), tensor([0., 4.]))
    """
    if not primals:
        raise ValueError("linearize: needs at least one primal")
    map_ = Linearized("linearize", func, primals)
    return map_.value(), lambda *tangents: map_.push(tangents)


def hvp(func: Callable[..., Any], primals: tuple, tangents: tuple) -> Any:
    """Compute the product of the Hessian of `func`, whose value is one number, with `tangents`, without the Hessian.

    The result has the structure of `primals`: a tuple, or for a single primal its own product.

    Formula: H v, H = ∂²func / ∂primals² and v the tangents
    Shapes: each tangent and each product that of its primal.
    Dtypes: floating primals; each product has its primal's.
    Raises: TypeError unless primals and tangents are tuples of floating values; ValueError if they do not fit, or the
        value is not one number.
    Source: Pearlmutter 1994, "Fast exact multiplication by the Hessian".

    >>> import autograd_core as ag
    >>> ag.func.hvp(lambda x: (x**3).sum(), (ag.tensor([1.0, 2.0]),), (ag.tensor([1.0, 1.0]),))
    tensor([ 6., 12.])
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple) or not primals:
        raise TypeError(f"hvp: primals and tangents must be tuples, got {_summary(primals)} and {_summary(tangents)}")
    _, out = jvp(grad(func, tuple(range(len(primals)))), primals, tangents)
    return out if len(primals) > 1 else out[0]
