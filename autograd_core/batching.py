"""What `vmap` hands to a function instead of a tensor, and how each primitive runs on a whole batch of them.

A `Batched` looks like one example but holds all of them, along dimension 0 of its `value`. Functions of `ops` see its
shape without that dimension and end up in `apply`, which asks the primitive for its batching rule:

    rule(primitive, size, batched, inputs, params) -> output(s) with the batch along dimension 0

where `batched[i]` tells whether `inputs[i]` carries the batch dimension. A rule runs the same primitive once, on inputs
one dimension larger: so a batch costs one pass, and its derivatives are those of the primitive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .primitive import Primitive
from .tensor import apply


class Batched:
    """All examples of one value inside `vmap`. The shape is that of one example."""

    __slots__ = ("value", "level")
    __array_priority__ = 2000.0
    __array_ufunc__ = None

    def __init__(self, value: Any, level: int):
        self.value, self.level = value, level

    shape = property(lambda self: tuple(self.value.shape[1:]))
    ndim = property(lambda self: self.value.ndim - 1)
    dtype = property(lambda self: self.value.dtype)
    requires_grad = property(lambda self: getattr(self.value, "requires_grad", False))

    def __apply__(self, primitive: Primitive, inputs: tuple, params: tuple) -> Any:
        level = max(x.level for x in inputs if isinstance(x, Batched))
        batched = [isinstance(x, Batched) and x.level == level for x in inputs]
        values = [x.value if b else x for x, b in zip(inputs, batched, strict=True)]
        size = next(v.shape[0] for v, b in zip(values, batched, strict=True) if b)
        rule = rule_of(primitive)
        if rule is None and primitive.composition is not None:
            return primitive.composition(*inputs, *params)
        if rule is None:
            raise NotImplementedError(
                f"vmap: '{primitive.name}' has no batching rule; call it outside vmap, or loop over the examples and stack"
            )
        out = rule(primitive, size, batched, values, params)
        if isinstance(out, tuple):
            return tuple(Batched(o, level) for o in out)
        return Batched(out, level)

    def detach(self) -> Batched:
        return Batched(self.value.detach() if hasattr(self.value, "detach") else self.value, self.level)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __repr__(self) -> str:
        return f"Batched(level {self.level}, batch {self.value.shape[0]}, each of shape {self.shape}, {self.dtype})"

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"vmap: a batched value has no '{name}': inside vmap only operations on whole tensors are possible, nothing "
            "that looks at the values of one example"
        )

    def _refuse(self, *args: Any) -> Any:
        raise RuntimeError(
            "vmap: a decision or a number was asked of a batched value, but each example may differ; use ag.where "
            "instead of if, and keep item() and float() outside vmap"
        )

    __bool__ = __float__ = __int__ = __index__ = item = tolist = numpy = __array__ = __setitem__ = _refuse


def front(x: Any, size: int) -> Any:
    """An operand without the batch dimension, repeated along it without copying."""
    from .ops.shape import broadcast_to

    if not hasattr(x, "shape"):
        x = np.asarray(x)
    return broadcast_to(x, (size, *x.shape))


def all_batched(size: int, batched: list[bool], values: list) -> list:
    """Every operand with the batch dimension; None stays None."""
    return [v if b or v is None else front(v, size) for v, b in zip(values, batched, strict=True)]


# ------------------------------------------------------------------------------------------------------------- the rules


def elementwise(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """Operands broadcast from the right, so missing dimensions go between the batch and the rest."""
    from .ops.shape import reshape

    rank = max((np.ndim(v) if not hasattr(v, "ndim") else v.ndim) - b for v, b in zip(values, batched, strict=True))
    values = [
        reshape(v, (size, *(1,) * (rank - v.ndim + 1), *v.shape[1:])) if b and v.ndim - 1 < rank else v
        for v, b in zip(values, batched, strict=True)
    ]
    return apply(p, tuple(values), params)


def shifted(*places: int) -> Callable:
    """A rule for a primitive of one input whose params at `places` are dimensions (an int or a tuple of them)."""

    def rule(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
        moved = list(params)
        for k in places:
            d = params[k]
            moved[k] = None if d is None else tuple(i + 1 for i in d) if isinstance(d, tuple) else d + 1
        return apply(p, tuple(all_batched(size, batched, values)), tuple(moved))

    return rule


def with_shape(*places: int) -> Callable:
    """A rule for a primitive of one input whose params at `places` are shapes of the whole."""

    def rule(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
        sized = [(size, *q) if k in places else q for k, q in enumerate(params)]
        return apply(p, tuple(values), tuple(sized))

    return rule


def leading(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """For primitives that work on the last dimensions and take any number of leading ones."""
    return apply(p, tuple(all_batched(size, batched, values)), params)


def permute(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    return apply(p, tuple(values), ((0, *(d + 1 for d in params[0])),))


def expand(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    from .ops.shape import reshape

    (x,), (shape,) = values, params
    x = reshape(x, (size, *(1,) * (len(shape) - x.ndim + 1), *x.shape[1:]))
    return apply(p, (x,), ((size, *shape),))


def sum_to(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    from .ops.reduce import sum
    from .ops.shape import reshape

    (x,), (shape,) = values, params
    lead = x.ndim - 1 - len(shape)
    dims = tuple(i + 1 for i, s in enumerate(x.shape[1:]) if i < lead or (shape[i - lead] == 1 and s != 1))
    return reshape(sum(x, dims) if dims else x, (size, *shape))


def joined(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """cat: params (dim, sizes along it)."""
    return apply(p, tuple(all_batched(size, batched, values)), (params[0] + 1, *params[1:]))


def index(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """x[index] for all examples: a full slice goes before the index."""
    (key,) = params
    key = key if isinstance(key, tuple) else (key,)
    out = apply(p, tuple(values), ((slice(None), *key),))
    return _batch_first(out, key)


def _batch_first(out: Any, key: tuple) -> Any:
    """Index arrays that a slice separates put their dimensions first, before the batch: move the batch back."""
    from .ops.shape import movedim

    moved = separated_rank(key)
    return movedim(out, moved, 0) if moved else out


def separated_rank(key: tuple) -> int:
    """0, or the number of dimensions that NumPy puts first because index arrays are separated in `key`."""
    arrays = [i for i, k in enumerate(key) if isinstance(k, np.ndarray) or type(k) is int or isinstance(k, np.integer)]
    if not any(isinstance(key[i], np.ndarray) for i in arrays) or arrays[-1] - arrays[0] + 1 == len(arrays):
        return 0
    return np.broadcast(*[np.nonzero(key[i])[0] if getattr(key[i], "dtype", None) == bool else key[i] for i in arrays]).ndim


def scatter_back(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    from .ops.shape import movedim

    shape, indices = params
    keys = [k if isinstance(k, tuple) else (k,) for k in indices]
    gs = []
    for g, key in zip(all_batched(size, batched, values), keys, strict=True):
        rank = separated_rank(key)
        gs.append(movedim(g, 0, rank) if rank else g)
    return apply(p, tuple(gs), ((size, *shape), tuple((slice(None), *key) for key in keys)))


def padded(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    return apply(p, tuple(values), (((0, 0), *params[0]), *params[1:]))


def matmul(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """Leading dimensions broadcast from the right, so both operands get the same number of them."""
    from .ops.shape import reshape

    rank = max(v.ndim - b for v, b in zip(values, batched, strict=True))
    values = [
        reshape(v, (size, *(1,) * (rank - v.ndim + 1), *v.shape[1:])) if b and v.ndim - 1 < rank else v
        for v, b in zip(values, batched, strict=True)
    ]
    return apply(p, tuple(values), params)


def dot(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    from .ops.reduce import sum

    return sum(values[0] * values[1], 1)


def linear(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """One product if only x carries the batch, otherwise a stack of products."""
    from .ops.linalg import matmul as product
    from .ops.shape import reshape, transpose, unsqueeze

    x, weight, bias = values
    if batched == [True, False, False]:
        out = apply(p, (reshape(x, (size * x.shape[1], x.shape[2])), weight, bias), params)
        return reshape(out, (size, x.shape[1], weight.shape[0]))
    out = product(x, transpose(weight, -2, -1))  # (B, N, I) @ (B, I, O)
    if bias is None:
        return out if out.ndim == 3 else front(out, size)
    return out + (unsqueeze(bias, 1) if batched[2] else bias)


def embedding(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """Tables of their own become one long table, the rows of the k-th after those of the others."""
    from .ops.shape import reshape

    weight, index = values
    if not batched[0]:
        return apply(p, (weight, index), params)
    _, rows, width = weight.shape
    first = np.arange(size) * rows
    if batched[1]:
        index = index + first.reshape(size, *(1,) * (index.ndim - 1))
    else:
        index = np.add.outer(first, index.array if hasattr(index, "array") else index)
    return apply(p, (reshape(weight, (size * rows, width)), index), params)


def embedding_back(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    from .ops.shape import reshape

    g, index = all_batched(size, batched, values)
    (rows,) = params
    index = index + (np.arange(size) * rows).reshape(size, *(1,) * (index.ndim - 1))
    out = apply(p, (g, index), (size * rows,))
    return reshape(out, (size, rows, out.shape[1]))


def einsum(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """The batch is one more label; params are the labels of both operands and of the result."""
    lx, ly, lo = params
    labels = tuple("#" + text if b else text for text, b in zip((lx, ly), batched, strict=True))
    return apply(p, tuple(values), (*labels, "#" + lo))


RULES: dict[str, Callable] = {
    "to": leading,
    "identity": leading,
    "clone": leading,
    "contiguous": leading,
    "where": elementwise,
    "sum": shifted(0),
    "amax": shifted(0),
    "amin": shifted(0),
    "flip": shifted(0),
    "all": shifted(0),
    "any": shifted(0),
    "mean": shifted(0),
    "reshape": with_shape(0),
    "permute": permute,
    "expand": expand,
    "sum_to": sum_to,
    "cat": joined,
    "getitem": index,
    "scatter_back": scatter_back,
    "pad": padded,
    "matmul": matmul,
    "dot": dot,
    "einsum": einsum,
    "linear": linear,
    "norm": shifted(1),
    "vector_norm": shifted(0),
    "conj": leading,
    "real": leading,
    "imag": leading,
    "complex": elementwise,
    "angle": leading,
    "view_as_real": leading,
    "view_as_complex": leading,
    "fft": shifted(0),
    "ifft": shifted(0),
    "rfft": shifted(0),
    "irfft": shifted(1),
    "fftshift": shifted(1),
    "resize": shifted(0),
    "interpolate": shifted(0),
    **dict.fromkeys(
        (
            "solve", "solve_triangular", "inv", "pinv", "det", "cofactor", "det_hessian", "slogdet", "cholesky", "qr",
            "eigh", "eig", "svd", "svdvals", "lu", "matrix_exp",
        ),
        leading,
    ),  # fmt: skip
    "softmax": shifted(0),
    "log_softmax": shifted(0),
    "embedding": embedding,
    "embedding_back": embedding_back,
}


def rule_of(primitive: Primitive) -> Callable | None:
    """The batching rule of a primitive: its own, or that of its name, or, for elementwise ones, the common one."""
    if primitive.name in RULES:
        return RULES[primitive.name]
    return elementwise if primitive.elementwise else None


def bind(methods: dict[str, Callable]) -> None:
    """Give `Batched` the methods and operators of `Tensor`."""
    for name, function in methods.items():
        setattr(Batched, name, function)

