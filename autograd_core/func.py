"""Transformations of functions: derivatives and batching, with `torch.func`'s signatures, nested to any order.

A function takes tensors or NumPy arrays, or dictionaries, lists and tuples of them; what goes in as NumPy arrays (or
Python floats, taken as float64) comes back as such. Derivatives of derivatives need no bookkeeping of levels: each
transformation differentiates with respect to graph nodes of its own.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import gradients, tree
from .batching import Batched, front
from .gradients import identity
from .graph import LEAF, Node, backpropagate, enable_grad, mode, topological_order
from .ops.shape import movedim, permute, reshape
from .tensor import Tensor, describe, history, wrap

# --------------------------------------------------------------------------------------------- values inside transforms


class _Levels(threading.local):
    """The `vmap`s that are running, outermost first: (level, size) of each."""

    def __init__(self) -> None:
        self.active: list[tuple[int, int]] = []


levels = _Levels()


def _bottom(x: Any) -> tuple[Any, list[int]]:
    """The tensor below all batch levels of `x`, and those levels. Its leading dimensions are theirs, lowest first."""
    found = []
    while isinstance(x, Batched):
        found.append(x.level)
        x = x.value
    return x, found[::-1]


def _expose(x: Any, wanted: list[tuple[int, int]]) -> Any:
    """`x` with the batch dimensions of the `wanted` levels as ordinary leading ones; it keeps its other levels."""
    t, held = _bottom(x)
    names = [level for level, _ in wanted]
    rest = [level for level in held if level not in names]
    own = [level for level in held if level in names]
    order = [held.index(level) for level in rest + own]
    t = permute(t, (*order, *range(len(held), t.ndim))) if order != list(range(len(held))) else t
    sizes = t.shape[: len(rest)]
    lead = tuple(size if level in own else 1 for level, size in wanted)
    full = tuple(size for _, size in wanted)
    shape = t.shape[len(held) :]
    if lead != full:
        t = reshape(t, (*sizes, *lead, *shape))
        t = t.expand(*sizes, *full, *shape)
    for level in rest:
        t = Batched(t, level)
    return t


def _cover(t: Any, over: list[tuple[int, int]]) -> Any:
    """The inverse of `_expose`: the leading dimensions of `t` become the batch dimensions of those levels."""
    bottom, held = _bottom(t)
    if held:  # further levels, all higher: their dimensions come first in the bottom tensor; put them behind ours
        k, n = len(held), len(over)
        bottom = permute(bottom, (*range(k, k + n), *range(k), *range(k + n, bottom.ndim)))
    for level in [level for level, _ in over] + held:
        bottom = Batched(bottom, level)
    return bottom


# ------------------------------------------------------------------------------------------------------------ arguments


def _as_tensor(x: Any, name: str) -> Any:
    if isinstance(x, Tensor | Batched):
        return x
    if isinstance(x, np.ndarray):
        return wrap(x)
    if isinstance(x, bool | int | float | complex | np.generic):
        return Tensor(np.asarray(x, np.float64) if isinstance(x, float) else np.asarray(x))
    raise TypeError(f"{name}: arguments must be tensors, arrays or numbers, got {describe(x)}")


class _Point:
    """Arguments at which a function is differentiated: fresh nodes in the graph, one for each leaf of the arguments."""

    def __init__(self, name: str, args: Any):
        given, self.structure = tree.flatten(args)
        self.name, self.given = name, given
        self.levels = list(levels.active)
        self.bottoms: list[Tensor] = []
        inputs = []
        for i, x in enumerate(given):
            x = _as_tensor(x, name)
            if x.dtype.kind not in "fc":
                raise TypeError(
                    f"{name}: can only differentiate with respect to floating values, but leaf {i} of the arguments is "
                    f"{x.dtype} (shape {tuple(x.shape)}); convert it, or choose others with argnums"
                )
            t = _expose(x, self.levels)
            node = history(t)
            fresh = wrap(t.array)
            if node is None:
                fresh.requires_grad = True
            else:
                fresh.node = Node(identity, (node,), (), t.shape)
            self.bottoms.append(fresh)
            inputs.append(_cover(fresh, self.levels))
        self.inputs = tree.unflatten(self.structure, inputs)
        self.nodes = [t.node for t in self.bottoms]

    def as_given(self, results: list) -> Any:
        """Results for each leaf, in the arguments' structure and in the kind each was given."""
        return tree.unflatten(
            self.structure, [_like(r, given) for r, given in zip(results, self.given, strict=True)]
        )

    def pull(self, outputs: list, gs: list, create_graph: bool) -> list:
        """The gradients by every leaf, from one for each output (bottom tensors with our levels in front)."""
        seeds = [(history(y), g) for y, g in zip(outputs, gs, strict=True) if history(y) is not None]
        symbolic = create_graph or any(not isinstance(g, Tensor) for _, g in seeds)
        algebra: Any = gradients.tensors if symbolic else gradients.arrays
        if not symbolic:
            seeds = [(node, g.array) for node, g in seeds]
        with enable_grad() if create_graph else contextlib.nullcontext():
            wanted = {node for node in self.nodes if node is not None}
            found = backpropagate(seeds, algebra, wanted, retain=True, deposit=False)
        results = []
        for t, node in zip(self.bottoms, self.nodes, strict=True):
            g = found.get(node) if node is not None else None
            results.append(wrap(np.zeros_like(t.array)) if g is None else g if hasattr(g, "requires_grad") else wrap(g))
        return results

    def reaches_elsewhere(self, outputs: list) -> bool:
        """Whether the outputs depend on anything else that may be differentiated, so that the gradient must record."""
        roots = [history(y) for y in outputs]
        nodes = topological_order(node for node in roots if node is not None)
        return any(node.primitive is LEAF and node not in self.nodes for node in nodes)


def _like(result: Any, given: Any) -> Any:
    """A result in the kind of the argument it belongs to."""
    if isinstance(given, Tensor | Batched) or not isinstance(result, Tensor) or result.requires_grad:
        return result
    return result.array if isinstance(given, np.ndarray) else result.array.item() if result.ndim == 0 else result.array


def _plain(given: list) -> bool:
    return not any(isinstance(x, Tensor | Batched) for x in given)


def _outputs(name: str, point: _Point, value: Any) -> tuple[list, Any, list]:
    """The leaves of a function's value, its structure, and the bottom tensors of the leaves."""
    leaves, structure = tree.flatten(value)
    leaves = [y if isinstance(y, Tensor | Batched) else _as_tensor(y, name) for y in leaves]
    return leaves, structure, [_expose(y, point.levels) for y in leaves]


def _selected(name: str, args: tuple, argnums: int | tuple[int, ...]) -> tuple[int, ...]:
    numbers = argnums if isinstance(argnums, tuple) else (argnums,)
    for n in numbers:
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"{name}: argnums must be an int or a tuple of ints, got {argnums!r}")
        if not -len(args) <= n < len(args):
            raise ValueError(f"{name}: argnums {n} is out of range for {len(args)} positional arguments")
    places = tuple(n % len(args) for n in numbers)
    if not places or len(set(places)) != len(places):
        raise ValueError(f"{name}: argnums {argnums} must name at least one argument, each once")
    return places


def _with(args: tuple, places: tuple[int, ...], chosen: Any) -> tuple:
    replaced = dict(zip(places, chosen, strict=True))
    return tuple(replaced.get(i, a) for i, a in enumerate(args))


# ---------------------------------------------------------------------------------------------------------- derivatives


def grad_and_value(func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """Like `grad`, returning (gradient, value), or (gradient, (value, aux))."""

    def gradient(*args: Any, **kwargs: Any) -> tuple:
        places = _selected("grad", args, argnums)
        point = _Point("grad", tuple(args[p] for p in places))
        with enable_grad():
            value = func(*_with(args, places, point.inputs), **kwargs)
        aux = None
        if has_aux:
            if not isinstance(value, tuple) or len(value) != 2:
                raise ValueError(f"grad: with has_aux=True the function must return (value, aux), got {describe(value)}")
            value, aux = value
        if not isinstance(value, Tensor | Batched) or value.shape not in ((), (1,)):
            raise ValueError(
                f"grad: the function must return a tensor of one number, got {_shape_of(value)}; sum it, or use jacrev"
            )
        bottom = _expose(value, point.levels)
        recording = mode.enabled and point.reaches_elsewhere([bottom])
        found = point.pull([bottom], [wrap(np.ones_like(bottom.array))], recording)
        result = point.as_given([_cover(g, point.levels) for g in found])
        result = result if isinstance(argnums, tuple) else result[0]
        if not recording:
            value = _cover(bottom.detach(), point.levels)
            if _plain(point.given):
                value = value.array.item() if isinstance(value, Tensor) else value
        return result, ((value, aux) if has_aux else value)

    return gradient


def _shape_of(value: Any) -> str:
    return f"shape {tuple(value.shape)}" if hasattr(value, "shape") else describe(value)


def grad(func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """The gradient of a function of one number's value, as a function of the same arguments.

    argnums   which positional arguments to differentiate with respect to: an int, or a tuple for a tuple of gradients
    has_aux   the function returns (value, aux); the result is then (gradient, aux)

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


def value_and_grad(func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Callable:
    """Like `grad`, returning (value, gradient), or ((value, aux), gradient)."""

    def both(*args: Any, **kwargs: Any) -> tuple:
        result, value = grad_and_value(func, argnums, has_aux)(*args, **kwargs)
        return value, result

    return both


def vjp(func: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """The value at `primals` and the function from a cotangent of the value's structure to the tuple of gradients.

    Returns (value, vjp_fn), or (value, vjp_fn, aux). The vector-Jacobian product vjp_fn(v) is vᵀ J.
    """
    if not primals:
        raise ValueError("vjp: needs at least one primal to differentiate with respect to")
    point = _Point("vjp", primals)
    with enable_grad():
        value = func(*point.inputs)
    aux = None
    if has_aux:
        value, aux = value
    leaves, structure, bottoms = _outputs("vjp", point, value)
    recording = mode.enabled and point.reaches_elsewhere(bottoms)

    def vjp_fn(*cotangents: Any) -> tuple:
        given = cotangents[0] if len(cotangents) == 1 else cotangents
        gs, given_structure = tree.flatten(given)
        if len(gs) != len(leaves):
            raise ValueError(
                f"vjp: the function returned {len(leaves)} tensors, but the cotangent has {len(gs)}; give one for each, "
                "in the same structure"
            )
        exposed = []
        for i, (g, y) in enumerate(zip(gs, leaves, strict=True)):
            g = _as_tensor(g, "vjp")
            if tuple(g.shape) != tuple(y.shape):
                raise ValueError(f"vjp: cotangent {i} has shape {tuple(g.shape)}, but the output has {tuple(y.shape)}")
            if g.dtype != y.dtype:
                g = _converted(g, y.dtype)
            exposed.append(_expose(g, point.levels))
        differentiable = recording or any(getattr(g, "requires_grad", False) for g in exposed)
        found = point.pull(bottoms, exposed, differentiable and mode.enabled)
        return point.as_given([_cover(g, point.levels) for g in found])

    shown = leaves if recording else [_cover(b.detach(), point.levels) for b in bottoms]
    if _plain(point.given) and not point.levels:
        shown = [y if y.requires_grad else y.array for y in shown]
    result = tree.unflatten(structure, shown)
    return (result, vjp_fn, aux) if has_aux else (result, vjp_fn)


def _converted(x: Any, dtype: Any) -> Any:
    from .primitive import convert

    return convert(x, dtype)


class _Linearized:
    """A function together with its derivative at a point, as a linear map of tangents.

    Reverse mode gives gx(u) = uᵀ J, which is linear in u; differentiating <gx(u), v> by u gives J v. So the rules of
    reverse mode, being differentiable themselves, are all that forward mode needs.
    """

    def __init__(self, name: str, func: Callable, primals: tuple, has_aux: bool = False):
        self.name = name
        self.point = point = _Point(name, primals)
        self.outer = mode.enabled
        with enable_grad():
            value = func(*point.inputs)
            self.aux = None
            if has_aux:
                value, self.aux = value
            self.leaves, self.structure, self.bottoms = _outputs(name, point, value)
            self.dual = [wrap(np.zeros_like(y.array)).requires_grad_() for y in self.bottoms]
            self.pulled = point.pull(self.bottoms, self.dual, True)
        self.recording = self.outer and point.reaches_elsewhere(self.bottoms)

    def value(self) -> Any:
        shown = self.leaves
        if not self.recording:
            shown = [_cover(b.detach(), self.point.levels) for b in self.bottoms]
            if _plain(self.point.given) and not self.point.levels:
                shown = [y.array for y in shown]
        return tree.unflatten(self.structure, shown)

    def push(self, tangents: tuple) -> Any:
        """J v, in the structure of the value."""
        point = self.point
        given, _ = tree.flatten(tangents)
        if len(given) != len(point.bottoms):
            raise ValueError(
                f"{self.name}: {len(point.bottoms)} primal arrays but {len(given)} tangent arrays; give one for each, in "
                "the same structure"
            )
        seeds, differentiable = [], self.recording
        for i, (v, x, t) in enumerate(zip(given, self.pulled, point.bottoms, strict=True)):
            v = _as_tensor(v, self.name)
            shape = t.shape[len(point.levels) :]
            if tuple(v.shape) != shape:
                raise ValueError(f"{self.name}: tangent {i} has shape {tuple(v.shape)}, but the primal has shape {shape}")
            v = _expose(_converted(v, t.dtype) if v.dtype != t.dtype else v, point.levels)
            differentiable = differentiable or getattr(v, "requires_grad", False)
            if history(x) is not None:
                seeds.append((history(x), v))
        symbolic = differentiable and mode.enabled or any(not isinstance(v, Tensor) for _, v in seeds)
        if not symbolic:
            seeds = [(node, v.array) for node, v in seeds]
        algebra: Any = gradients.tensors if symbolic else gradients.arrays
        wanted = {u.node for u in self.dual if u.node is not None}
        with enable_grad() if differentiable and mode.enabled else contextlib.nullcontext():
            found = backpropagate(seeds, algebra, wanted, retain=True, deposit=False)
        results = []
        for u in self.dual:
            g = found.get(u.node) if u.node is not None else None
            g = wrap(np.zeros_like(u.array)) if g is None else g if hasattr(g, "requires_grad") else wrap(g)
            results.append(_cover(g, point.levels))
        if _plain(point.given) and _plain(given) and not point.levels:
            results = [r if r.requires_grad else r.array for r in results]
        return tree.unflatten(self.structure, results)


def jvp(func: Callable, primals: tuple, tangents: tuple, *, has_aux: bool = False) -> tuple:
    """The value at `primals` and the Jacobian-vector product J v with `tangents`; with has_aux also aux."""
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple) or not primals:
        raise TypeError(f"jvp: primals and tangents must be tuples, got {describe(primals)} and {describe(tangents)}")
    map_ = _Linearized("jvp", func, primals, has_aux)
    out = map_.push(tangents)
    return (map_.value(), out, map_.aux) if has_aux else (map_.value(), out)


def linearize(func: Callable, *primals: Any) -> tuple:
    """The value at `primals` and the function v -> J v, which runs `func` no more."""
    if not primals:
        raise ValueError("linearize: needs at least one primal")
    map_ = _Linearized("linearize", func, primals)
    return map_.value(), lambda *tangents: map_.push(tangents)


def hvp(func: Callable, primals: tuple, tangents: tuple) -> Any:
    """The product of the Hessian of a function of one number's value with `tangents`, without the Hessian.

    Returned in the structure of `primals`: a tuple, or for a single primal its own product.
    """
    places = tuple(range(len(primals)))
    _, out = jvp(grad(func, places), primals, tangents)
    return out if len(primals) > 1 else out[0]


# -------------------------------------------------------------------------------------------------------------- batching


@contextlib.contextmanager
def _level(size: int) -> Iterator[int]:
    number = levels.active[-1][0] + 1 if levels.active else 1
    levels.active.append((number, size))
    try:
        yield number
    finally:
        levels.active.pop()


def _in_dims_for(in_dims: Any, args: tuple) -> tuple[list, Any, list]:
    """The leaves of the arguments, their structure, and for each leaf the dimension to map over, or None."""
    leaves, structure = tree.flatten(args)
    if isinstance(in_dims, int) or in_dims is None:
        return leaves, structure, [in_dims] * len(leaves)
    if not isinstance(in_dims, list | tuple) or len(in_dims) != len(args):
        raise ValueError(f"vmap: in_dims {in_dims} must be an int, None, or one entry for each of {len(args)} arguments")
    dims: list = []
    for d, arg in zip(in_dims, args, strict=True):
        dims += _spread_dims(d, arg)
    return leaves, structure, dims


def _spread_dims(d: Any, arg: Any) -> list:
    if d is None or isinstance(d, int):
        return [d] * len(tree.flatten(arg)[0])
    items = list(arg.values()) if isinstance(arg, dict) else list(arg)
    dims = [d[k] for k in arg] if isinstance(arg, dict) else list(d)
    if len(items) != len(dims):
        raise ValueError(f"vmap: in_dims {d} does not fit an argument with {len(items)} parts")
    return [n for di, item in zip(dims, items, strict=True) for n in _spread_dims(di, item)]


def vmap(
    func: Callable,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable:
    """`func` over a whole batch at once: write it for one example, call it with many.

    in_dims      which dimension of each argument counts the examples: an int, None for an argument that all examples
                 share, or one entry for each argument (nested as the argument is)
    out_dims     where the batch dimension goes in each output
    randomness   "error": drawing random numbers inside raises; "same": all examples get the same draw
    chunk_size   at most so many examples at a time

    Every operation runs once, on the batch, by its batching rule; one without a rule raises.

    >>> import autograd_core as ag
    >>> per_example = ag.func.vmap(ag.func.grad(lambda w, x: (w * x).sum() ** 2), in_dims=(None, 0))
    >>> per_example(ag.tensor([1.0, 2.0]), ag.tensor([[1.0, 0.0], [0.0, 1.0]]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if randomness not in ("error", "same", "different"):
        raise ValueError(f"vmap: randomness must be 'error' or 'same', got {randomness!r}")
    if randomness == "different":
        raise ValueError("vmap: randomness='different' is not supported; draw the numbers outside and pass them in")

    def batched(*args: Any, **kwargs: Any) -> Any:
        leaves, structure, dims = _in_dims_for(in_dims, args)
        leaves = [x if d is None else _as_tensor(x, "vmap") for x, d in zip(leaves, dims, strict=True)]
        sizes = set()
        for i, (x, d) in enumerate(zip(leaves, dims, strict=True)):
            if d is None:
                continue
            if not -x.ndim <= d < x.ndim:
                raise ValueError(f"vmap: in_dims {d} is out of range for leaf {i} of shape {tuple(x.shape)}")
            sizes.add(x.shape[d])
        if len(sizes) != 1:
            raise ValueError(
                f"vmap: the mapped dimensions have sizes {sorted(sizes)}; they must be one and the same"
                if sizes
                else "vmap: no argument is mapped (in_dims is None for all); map at least one"
            )
        size = sizes.pop()
        if chunk_size is not None and size > chunk_size:
            return _in_chunks(leaves, structure, dims, size, kwargs)
        return run(leaves, structure, dims, size, kwargs)

    def run(leaves: list, structure: Any, dims: list, size: int, kwargs: dict) -> Any:
        from .random import randomness_in

        with _level(size) as level, randomness_in(randomness):
            inputs = [
                x if d is None else Batched(movedim(x, d, 0) if d % x.ndim else x, level)
                for x, d in zip(leaves, dims, strict=True)
            ]
            value = func(*tree.unflatten(structure, inputs), **kwargs)
            outs, out_structure = tree.flatten(value)
            results = [_unbatched(y, level, size) for y in outs]
        if isinstance(out_dims, int):
            places = [out_dims] * len(results)
        else:
            places = _spread_dims(out_dims, value) if isinstance(value, list | tuple | dict) else list(out_dims)
        moved = [movedim(y, 0, d) if d else y for y, d in zip(results, places, strict=True)]
        return tree.unflatten(out_structure, moved)

    def _in_chunks(leaves: list, structure: Any, dims: list, size: int, kwargs: dict) -> Any:
        from .ops.shape import cat

        parts = []
        for start in range(0, size, chunk_size or size):
            stop = min(size, start + (chunk_size or size))
            chunk = [
                x if d is None else x[(*[slice(None)] * (d % x.ndim), slice(start, stop))]
                for x, d in zip(leaves, dims, strict=True)
            ]
            parts.append(run(chunk, structure, dims, stop - start, kwargs))
        flat = [tree.flatten(p) for p in parts]
        outs = zip(*[f[0] for f in flat], strict=True)
        count = len(flat[0][0])
        places = [out_dims] * count if isinstance(out_dims, int) else _spread_dims(out_dims, parts[0])
        return tree.unflatten(flat[0][1], [cat(list(o), d) for o, d in zip(outs, places, strict=True)])

    return batched


def _unbatched(y: Any, level: int, size: int) -> Any:
    if isinstance(y, Batched) and y.level == level:
        return y.value
    if not isinstance(y, Tensor | Batched):
        y = _as_tensor(y, "vmap: the function's outputs")
    return front(y, size)


# ------------------------------------------------------------------------------------------------------------ Jacobians


def _basis(leaves: list) -> tuple[list, list]:
    """All unit cotangents (or tangents) of several arrays together, batched along dimension 0; and each array's size."""
    sizes = [int(np.prod(y.shape)) for y in leaves]
    total = sum(sizes)
    rows, start = [], 0
    for y, n in zip(leaves, sizes, strict=True):
        block = np.zeros((total, n), y.dtype)
        block[start + np.arange(n), np.arange(n)] = 1
        rows.append(wrap(block.reshape(total, *y.shape)))
        start += n
    return rows, sizes


def jacrev(
    func: Callable, argnums: int | tuple[int, ...] = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Callable:
    """The Jacobian by reverse mode: one batched backward pass. Good where outputs are fewer than inputs.

    The result for an output of shape S and an argument of shape X has shape (*S, *X), in the structure of the output
    and, within it, of the arguments.
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        places = _selected("jacrev", args, argnums)
        chosen = tuple(args[p] for p in places)
        made = vjp(lambda *xs: func(*_with(args, places, xs), **kwargs), *chosen, has_aux=has_aux)
        value, pull = made[0], made[1]
        outs, structure = tree.flatten(value)
        basis, sizes = _basis(outs)
        rows = vmap(lambda *g: pull(tree.unflatten(structure, g)), chunk_size=chunk_size)(*basis)
        given, arg_structure = tree.flatten(chosen)
        columns, _ = tree.flatten(rows)
        results, start = [], 0
        for y, n in zip(outs, sizes, strict=True):
            parts = [
                _like(reshape(c[start : start + n], (*y.shape, *np.shape(x))), x)
                for c, x in zip(columns, given, strict=True)
            ]
            by_argument = tree.unflatten(arg_structure, parts)
            results.append(by_argument if isinstance(argnums, tuple) else by_argument[0])
            start += n
        result = tree.unflatten(structure, results)
        return (result, made[2]) if has_aux else result

    return jacobian


def jacfwd(
    func: Callable, argnums: int | tuple[int, ...] = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable:
    """The Jacobian by forward mode: one batched forward derivative. Good where inputs are fewer than outputs.

    Shapes and structure as for `jacrev`.
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        places = _selected("jacfwd", args, argnums)
        chosen = tuple(args[p] for p in places)
        map_ = _Linearized("jacfwd", lambda *xs: func(*_with(args, places, xs), **kwargs), chosen, has_aux)
        given, arg_structure = tree.flatten(chosen)
        basis, sizes = _basis([_as_tensor(x, "jacfwd") for x in given])
        pushed = vmap(lambda *v: map_.push(tree.unflatten(arg_structure, v)), randomness=randomness)(*basis)
        outs, structure = tree.flatten(pushed)  # each (total, *S)
        results = []
        for y in outs:
            parts, start = [], 0
            for x, n in zip(given, sizes, strict=True):
                part = movedim(y[start : start + n], 0, -1)
                parts.append(_like(reshape(part, (*y.shape[1:], *np.shape(x))), x))
                start += n
            by_argument = tree.unflatten(arg_structure, parts)
            results.append(by_argument if isinstance(argnums, tuple) else by_argument[0])
        result = tree.unflatten(structure, results)
        return (result, map_.aux) if has_aux else result

    return jacobian


def hessian(func: Callable, argnums: int | tuple[int, ...] = 0) -> Callable:
    """The matrix of second derivatives, of shape (*S, *X, *X): forward over reverse mode."""
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
    strict                      the dictionaries must name everything

    >>> import nn
    >>> import autograd_core as ag
    >>> net = nn.Linear(2, 1)
    >>> ag.func.functional_call(net, {"weight": ag.ones(1, 2), "bias": ag.zeros(1)}, ag.tensor([[1.0, 2.0]]))
    tensor([[3.]])
    """
    dicts = parameter_and_buffer_dicts if isinstance(parameter_and_buffer_dicts, list | tuple) else [parameter_and_buffer_dicts]
    given: dict[str, Any] = {}
    for d in dicts:
        for name, value in d.items():
            if name in given:
                raise ValueError(f"functional_call: '{name}' is given twice")
            given[name] = value
    owners = {}
    for prefix, m in module.named_modules(remove_duplicate=False):
        for table in (m._parameters, m._buffers):
            for name in table:
                owners[f"{prefix}.{name}" if prefix else name] = (table, name)
    unknown = sorted(set(given) - set(owners))
    if unknown or (strict and set(owners) - set(given)):
        raise RuntimeError(
            f"functional_call: unknown names {unknown}"
            + (f", missing names {sorted(set(owners) - set(given))}" if strict else "")
            + f"; the module has {sorted(owners)}"
        )
    replaced = dict(given)
    if tie_weights:
        by_tensor = {id(owners[name][0][owners[name][1]]): value for name, value in given.items()}
        for name, (table, key) in owners.items():
            if table[key] is not None and id(table[key]) in by_tensor:
                replaced.setdefault(name, by_tensor[id(table[key])])
    kept = {name: owners[name][0][owners[name][1]] for name in replaced}
    try:
        for name, value in replaced.items():
            table, key = owners[name]
            table[key] = value
        positional = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*positional, **(kwargs or {}))
    finally:
        for name, value in kept.items():
            table, key = owners[name]
            table[key] = value


def stack_module_state(models: Any) -> tuple[dict, dict]:
    """The parameters and the buffers of several equal modules, stacked by name: an ensemble for `vmap`."""
    from .ops.shape import stack

    models = list(models)
    if not models:
        raise ValueError("stack_module_state: needs at least one module")
    params = {n: stack([dict(m.named_parameters())[n] for m in models]).detach().requires_grad_() for n, _ in
              models[0].named_parameters()}  # fmt: skip
    buffers = {n: stack([dict(m.named_buffers())[n] for m in models]) for n, _ in models[0].named_buffers()}
    return params, buffers
