"""How each primitive runs on a whole batch: one rule for each name, in the table at the end.

B is the size of the batch, `size` in the code. A rule takes the operands with or without the batch dimension in front
(`batched` tells which) and gives the result with it. Four patterns serve most: elementwise; dims and shapes among the
params moved up by one; the batch as one more leading dimension; the batch folded into a dimension of many like things
(images, rows of a table, groups of channels).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from .batching import Batched, all_batched, front
from .ops import gather as gathers
from .ops.index import getitem, plain_index, put_at
from .ops.linalg import matmul as product
from .ops.padding import pad_constant
from .ops.reduce import sum
from .ops.shape import broadcast_to, cat, movedim, reshape, stack, transpose, unsqueeze
from .primitive import Primitive
from .tensor import Tensor, apply

Rule = Callable[[Primitive, int, list, list, tuple], Any]

# -------------------------------------------------------------------------------------------------------- the patterns


def elementwise(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """Operands broadcast from the right, so missing dimensions go between the batch and the rest."""
    return apply(p, tuple(aligned(size, batched, values)), params)


def aligned(size: int, batched: list[bool], values: list) -> list:
    """Operands whose examples broadcast against each other, made to broadcast with the batch in front."""
    rank = max((np.ndim(v) if not hasattr(v, "ndim") else v.ndim) - b for v, b in zip(values, batched, strict=True))
    return [
        reshape(v, (size, *(1,) * (rank - v.ndim + 1), *v.shape[1:])) if b and v.ndim - 1 < rank else v
        for v, b in zip(values, batched, strict=True)
    ]


def leading(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """For primitives that work on the last dimensions and take any number of leading ones."""
    return apply(p, tuple(all_batched(size, batched, values)), params)


def shifted(*dims: int, shapes: tuple[int, ...] = ()) -> Rule:
    """The params numbered `dims` are dimensions (an int, a tuple or None), those numbered `shapes` shapes of a whole.

    A 0-d example, whose only dimension is 0, is for the time of the operation a vector of one element.
    """

    def rule(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
        values = all_batched(size, batched, values)
        scalar = values[0].ndim == 1 and any(isinstance(params[k], int) for k in dims)
        if scalar:
            values = [reshape(v, (size, 1)) for v in values]
        moved = list(params)
        for k in dims:
            d = params[k]
            moved[k] = None if d is None else tuple(i + 1 for i in d) if isinstance(d, tuple) else d + 1
        for k in shapes:
            moved[k] = (size, *params[k])
        out = apply(p, tuple(values), tuple(moved))
        return reshape(out, (size,)) if scalar else out

    return rule


def folded(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """For primitives on images (N, C, …) or (C, …): the batch folded into the first dimension."""
    values = all_batched(size, batched, values)
    rows = values[0].shape[1]
    out = apply(p, tuple(merged(v) for v in values), params)
    return tuple(parted(o, rows) for o in out) if isinstance(out, tuple) else parted(out, rows)


def merged(x: Any, dim: int = 0) -> Any:
    """Dimensions `dim` and `dim + 1` made one: (…, A, B, …) -> (…, A B, …)."""
    shape = tuple(x.shape)
    return reshape(x, (*shape[:dim], shape[dim] * shape[dim + 1], *shape[dim + 2 :]))


def parted(x: Any, inner: int, dim: int = 0) -> Any:
    """The inverse of `merged`, where the second of the two dimensions has the size `inner`."""
    shape = tuple(x.shape)
    return reshape(x, (*shape[:dim], shape[dim] // inner if inner else 0, inner, *shape[dim + 1 :]))


def each(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """One example after the other, for rare primitives without a derivative that NumPy has for one array only."""
    return stack([apply(p, tuple(v[i] for v in all_batched(size, batched, values)), params) for i in range(size)])


# --------------------------------------------------------------------------------------------------- shape and reductions


def permute(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    return apply(p, tuple(values), ((0, *(d + 1 for d in params[0])),))


def with_shape(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    return apply(p, tuple(values), ((size, *params[0]),))


def expand(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    (x,), (shape,) = values, params
    x = reshape(x, (size, *(1,) * (len(shape) - x.ndim + 1), *x.shape[1:]))
    return apply(p, (x,), ((size, *shape),))


def sum_to(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    (x,), (shape,) = values, params
    lead = x.ndim - 1 - len(shape)
    dims = tuple(i + 1 for i, s in enumerate(x.shape[1:]) if i < lead or (shape[i - lead] == 1 and s != 1))
    return reshape(sum(x, dims) if dims else x, (size, *shape))


def joined(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """cat: params (dim, sizes along it)."""
    return apply(p, tuple(all_batched(size, batched, values)), (params[0] + 1, *params[1:]))


def block_diag(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """Each block padded to whole rows, and these one below the other."""
    (shapes,) = params
    edges, rows = np.cumsum([0, *(s[1] for s in shapes)]).tolist(), []
    for x, start, stop in zip(all_batched(size, batched, values), edges, edges[1:], strict=False):
        rows.append(pad_constant(x, ((0, 0), (0, 0), (start, edges[-1] - stop))))
    return cat(rows, 1)


def padded(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    return apply(p, tuple(values), (((0, 0), *params[0]), *params[1:]))


def unfold(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """params (dim, size of a window, step); the windows of a 0-d example are one vector."""
    (x,), (dim, window, step) = values, params
    if x.ndim == 1:
        return reshape(x, (size, 1))[:, :window]
    return apply(p, (x,), (dim + 1, window, step))


def fold_back(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    (g,), (shape, dim, window, step) = values, params
    if not shape:
        return sum(g, 1)
    return apply(p, (g,), ((size, *shape), dim + 1, window, step))


def as_strided(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """The examples read by place: each counts as an array of its own in row-major order."""
    from .ops.strided import _places

    return reshape(values[0], (size, -1))[:, _places(*params)]


def arg(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """argmax and argmin: params (dim or None for the flattened example, keepdim)."""
    (x,), (dim, keepdim) = values, params
    rank = x.ndim - 1
    if dim is not None and rank:
        return apply(p, (x,), (dim + 1, keepdim))
    return reshape(apply(p, (reshape(x, (size, -1)),), (1, False)), (size, *(1,) * (rank if keepdim else 0)))


# ---------------------------------------------------------------------------------------------------------------- indices


def index(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """x[index] for all examples: a full slice goes before the index."""
    (key,) = params
    key = key if isinstance(key, tuple) else (key,)
    out = apply(p, tuple(values), ((slice(None), *key),))
    moved = separated_rank(key)
    return movedim(out, moved, 0) if moved else out


def separated_rank(key: tuple) -> int:
    """0, or the number of dimensions that NumPy puts first, before the batch, because index arrays in `key` are
    separated by a slice."""
    arrays = [i for i, k in enumerate(key) if isinstance(k, ndarray | int | np.integer | np.bool_)]
    if not any(isinstance(key[i], ndarray) for i in arrays) or arrays[-1] - arrays[0] + 1 == len(arrays):
        return 0
    return np.broadcast(*[np.nonzero(key[i])[0] if getattr(key[i], "dtype", None) == bool else key[i] for i in arrays]).ndim


def scatter_back(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    shape, indices = params
    keys = [k if isinstance(k, tuple) else (k,) for k in indices]
    gs = []
    for g, key in zip(all_batched(size, batched, values), keys, strict=True):
        rank = separated_rank(key)
        gs.append(movedim(g, 0, rank) if rank else g)
    return apply(p, tuple(gs), ((size, *shape), tuple((slice(None), *key) for key in keys)))


def index_put(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """(x, value) and the index: the value in the shape of what is selected, with the batch where NumPy has it there."""
    (key,) = params
    key = key if isinstance(key, tuple) else (key,)
    x, value = all_batched(size, batched, values)
    shape = np.empty(x.shape[1:], np.bool_)[key].shape
    value = reshape(value, (size, *(1,) * (len(shape) - value.ndim + 1), *value.shape[1:]))
    rank = separated_rank(key)
    value = broadcast_to(value, (size, *shape))
    return apply(p, (x, movedim(value, 0, rank) if rank else value), ((slice(None), *key),))


def write(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """(x, value) and the steps to a view: the value written to the places that the view sees."""
    x, value = all_batched(size, batched, values)
    places = np.arange(math.prod(x.shape[1:])).reshape(x.shape[1:])
    for step, how in params[0]:
        if step.name in ("real", "imag", "view_as_real"):
            raise NotImplementedError(f"vmap: writing through '{step.name}' has no batching rule; make the tensor anew")
        places = step.forward(places, *how)
    value = reshape(value, (size, *(1,) * (places.ndim - value.ndim + 1), *value.shape[1:]))
    value = reshape(broadcast_to(value, (size, *places.shape)), (size, -1))
    return reshape(put_at(reshape(x, (size, -1)), value, (slice(None), places.reshape(-1))), x.shape)


def scatter(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """(x, src, index), params (dim, …); src may be 0-d."""
    x, src, index = all_batched(size, batched, values)
    src = reshape(src, (size, *(1,) * (index.ndim - src.ndim), *src.shape[1:]))
    return apply(p, (x, src, index), (params[0] + 1, *params[1:]))


def index_select(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """Slices that differ by example are gathered element by element."""
    (x, index), (dim, negative, name) = values, params
    if not batched[1]:
        return apply(p, (x, index), (dim + 1, negative, name))
    x = x if batched[0] else front(x, size)
    return gathers.gather_along(x, _spread(index, x.shape, dim), dim + 1, negative=negative, name=name)


def _spread(index: Any, shape: tuple, dim: int) -> Any:
    """Vectors of indices (B, K) repeated over the other dimensions of slices of `shape`, which has the batch."""
    whole = (*shape[: dim + 1], index.shape[1], *shape[dim + 2 :])
    return broadcast_to(reshape(index, (len(index), *(1,) * dim, index.shape[1], *(1,) * (len(shape) - dim - 2))), whole)


def index_add(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    (g, index), (shape, dim, negative, name) = values, params
    if not batched[1]:
        return apply(p, (g, index), ((size, *shape), dim + 1, negative, name))
    g = g if batched[0] else front(g, size)
    how = ((size, *shape), dim + 1, negative, False, name)
    return apply(gathers._gather_back_primitive, (g, _spread(index, (size, *shape), dim)), how)


def embedding(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """Tables of their own become one long table, the rows of the k-th after those of the others."""
    weight, index = values
    if not batched[0]:
        return apply(p, (weight, index), params)
    _, rows, width = weight.shape
    index = index if batched[1] else front(index, size)
    return apply(p, (reshape(weight, (size * rows, width)), index + _first_rows(size, rows, index.ndim)), params)


def embedding_back(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    g, index = all_batched(size, batched, values)
    (rows,) = params
    out = apply(p, (g, index + _first_rows(size, rows, index.ndim)), (size * rows,))
    return reshape(out, (size, rows, out.shape[1]))


def _first_rows(size: int, rows: int, ndim: int) -> ndarray:
    return (np.arange(size) * rows).reshape(size, *(1,) * (ndim - 1))


def searchsorted(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """(sequence, values, sorter). One sequence takes all values; sequences of their own need as many rows of values."""
    sequence, x, sorter = values
    if batched == [False, True, False] and sequence.ndim == 1:
        return apply(p, (sequence, x, sorter), params)
    sequence, x, sorter = all_batched(size, batched, values)
    if sequence.ndim > 2:
        return apply(p, (sequence, x, sorter), params)
    return reshape(apply(p, (sequence, reshape(x, (size, -1)), sorter), params), x.shape)


# --------------------------------------------------------------------------------------------------------------- products


def dot(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    return sum(values[0] * values[1], 1)


def linear(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """One product if only x carries the batch, otherwise a stack of products."""
    x, weight, bias = values
    if batched == [True, False, False]:
        return parted(apply(p, (merged(x), weight, bias), params), x.shape[1])
    out = product(x, transpose(weight, -2, -1))  # (B, N, I) @ (B, I, O)
    out = out if out.ndim == 3 else front(out, size)
    return out if bias is None else out + (unsqueeze(bias, 1) if batched[2] else bias)


def einsum(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """The batch is one more label, a new one; params are the labels of both operands and of the result."""
    lx, ly, lo = params
    new = next(c for c in map(chr, range(0x2460, 0x2600)) if c not in lx + ly)
    labels = tuple(new + text if b else text for text, b in zip((lx, ly), batched, strict=True))
    return apply(p, tuple(values), (*labels, new + lo))


# ------------------------------------------------------------------------------------------------------------ convolution
#
# Images of their own are more images, weights of their own more groups of channels:
# x (B, N, C, …) -> (B N, C, …) or (N, B C, …),  w (B, OC, C / groups, …) -> (B OC, C / groups, …),  groups -> B groups


def beside(x: Any) -> Any:
    """(B, N, C, …) -> (N, B C, …)."""
    return merged(movedim(x, 0, 1), 1)


def apart(x: Any, channels: int) -> Any:
    """(N, B C, …) -> (B, N, C, …)."""
    return movedim(parted(x, channels, 1), 1, 0)


def conv(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    x, w, bias = values
    *how, groups, out_size = params
    if batched == [True, False, False]:
        return parted(apply(p, (merged(x), w, bias), params), x.shape[1])
    channels = w.shape[1 if batched[1] else 0]
    if not batched[1]:
        out = parted(apply(p, (merged(x), w, None), params), x.shape[1]) if batched[0] else apply(p, (x, w, None), params)
    elif not batched[0] and groups == 1:
        out = apart(apply(p, (x, merged(w), None), params), channels)
    else:
        x = beside(x if batched[0] else front(x, size))
        out = apart(apply(p, (x, merged(w), None), (*how, groups * size, out_size)), channels)
    if bias is None:
        return out
    space = (1,) * len(out_size)
    return out + reshape(bias, (size, 1, channels, *space) if batched[2] else (channels, *space))


def conv_input_grad(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    g, w = values
    shape, *how, groups = params
    N, C, *space = shape
    if not batched[1]:
        return parted(apply(p, (merged(g), w), ((size * N, C, *space), *how, groups)), N)
    g = beside(g if batched[0] else front(g, size))
    return apart(apply(p, (g, merged(w)), ((N, size * C, *space), *how, groups * size)), C)


def conv_weight_grad(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    g, x = values
    (OC, *rest), *how, groups = params
    if not batched[1] and groups == 1:
        return parted(apply(p, (beside(g), x), ((size * OC, *rest), *how, groups)), OC)
    g, x = (beside(v) for v in all_batched(size, batched, values))
    return parted(apply(p, (g, x), ((size * OC, *rest), *how, groups * size)), OC)


def col2im(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    (g,), (shape, *how) = values, params
    return parted(apply(p, (merged(g),), ((size * shape[0], *shape[1:]), *how)), shape[0])


# -------------------------------------------------------------------------------------------------------- index by example


def indexed(x: Any, index: Any) -> Any:
    """x[index] where index arrays differ by example.

    The numbers of the examples become one more index array, in front of the others. NumPy then puts the dimensions of
    the arrays first; they go back to where they belong.
    """
    view: list = []
    arrays: list = []
    for part in index if isinstance(index, tuple) else (index,):
        part = part if isinstance(part, Batched) else plain_index(part, "index")
        if isinstance(part, Batched | ndarray):
            view += [slice(None)] * (part.ndim if part.dtype == bool else 1)
            arrays += [_indices(part)] if isinstance(part, Batched) else np.nonzero(part) if part.dtype == bool else [part]
        else:
            view.append(part)
            arrays += [] if isinstance(part, int | np.integer) else [part]
    if any(part is not None and part != slice(None) for part in view):
        x = getitem(x, tuple(view))
    taken = len([a for a in arrays if a is not Ellipsis])
    keys: list = []
    for a in arrays:  # what is left beside the arrays are whole dimensions
        keys += [slice(None)] * (x.ndim - taken) if a is Ellipsis else [a if hasattr(a, "dtype") else slice(None)]
    return _by_arrays(x, keys)


def _indices(part: Batched) -> Batched:
    if part.dtype.kind not in "iu":
        raise IndexError(
            f"vmap: an index that differs by example must hold integers, got {part.dtype}: what a mask selects differs in "
            "size; use ag.where or masked_fill"
        )
    return part


def _by_arrays(x: Any, keys: list) -> Any:
    """x[keys] for whole slices and index arrays, one of which is `Batched`."""
    at = [i for i, key in enumerate(keys) if hasattr(key, "dtype")]
    level = max(v.level for v in (x, *(keys[i] for i in at)) if isinstance(v, Batched))
    inside = [isinstance(key, Batched) and key.level == level for key in keys]
    rank = max(keys[i].ndim for i in at)
    size = next(v.value.shape[0] for v in (x, *keys) if isinstance(v, Batched) and v.level == level)
    opened = [
        reshape(k.value, (size, *(1,) * (rank - k.ndim), *k.shape)) if b else k
        for k, b in zip(keys, inside, strict=True)
    ]
    together = at[-1] - at[0] + 1 == len(at)
    if isinstance(x, Batched) and x.level == level:
        out = getitem(x.value, (np.arange(size).reshape(size, *(1,) * rank), *opened))  # (B, *indices, *the rest)
        if together and at[0]:
            out = movedim(out, tuple(range(1, rank + 1)), tuple(range(at[0] + 1, at[0] + 1 + rank)))
    else:
        out = getitem(x, tuple(opened))
        out = movedim(out, at[0], 0) if together and at[0] else out
    return Batched(out, level)


class VmapInfo(NamedTuple):
    """What the static method `vmap` of a `Function` is told."""

    batch_size: int
    randomness: str


def of_function(function: Any, size: int, batched: list[bool], values: list) -> Any:
    """The outputs of a `Function` by its static method `vmap`, with the batch in front."""
    from .random import randomness

    dims = tuple(0 if b else None for b in batched)
    out, out_dims = function.vmap(VmapInfo(size, randomness()), dims, *values)
    if not isinstance(out, tuple):
        return front(out, size) if out_dims is None else movedim(out, out_dims, 0)
    places = out_dims if isinstance(out_dims, tuple) else (out_dims,) * len(out)
    return tuple(front(o, size) if d is None else movedim(o, d, 0) for o, d in zip(out, places, strict=True))


# --------------------------------------------------------------------------------------------------------------- the table

RULES: dict[str, Rule] = {
    # copies, dtypes, complex numbers
    **dict.fromkeys(
        "to identity clone contiguous std conj real imag angle view_as_real view_as_complex tril triu".split(), leading
    ),
    **dict.fromkeys("where complex divide_grad".split(), elementwise),
    # reductions, scans and order
    **dict.fromkeys("sum mean amax amin all any median nanmedian logsumexp vector_norm".split(), shifted(0)),
    "norm": shifted(1),
    "prod": leading,
    **dict.fromkeys("softmax log_softmax".split(), shifted(0)),
    **dict.fromkeys("cumsum cumprod logcumsumexp running_extreme shift recurrence".split(), shifted(0)),
    **dict.fromkeys("argsort kth median_index mode_index".split(), shifted(0)),
    **dict.fromkeys("argmax argmin".split(), arg),
    "ranks": leading,
    "searchsorted": searchsorted,
    **dict.fromkeys("histc isin".split(), each),
    # shape
    "reshape": with_shape,
    "permute": permute,
    "expand": expand,
    "sum_to": sum_to,
    "cat": joined,
    "block_diag": block_diag,
    **dict.fromkeys("flip fft ifft rfft resize interpolate".split(), shifted(0)),
    **dict.fromkeys("irfft fftshift roll".split(), shifted(1)),
    "pad": padded,
    "pad_dim": shifted(0),
    "pad_back": shifted(1),
    "diagonal": shifted(1, 2),
    "diag_embed": shifted(2, 3, shapes=(0,)),
    "unfold": unfold,
    "fold_back": fold_back,
    "as_strided": as_strided,
    # indices
    "getitem": index,
    "scatter_back": scatter_back,
    "index_put": index_put,
    "write": write,
    "gather": shifted(0),
    "scatter_add": shifted(1, shapes=(0,)),
    "last_written": shifted(1, shapes=(0,)),
    "scatter": scatter,
    "scatter_reduce": shifted(0),
    "index_select": index_select,
    "index_add": index_add,
    "embedding": embedding,
    "embedding_back": embedding_back,
    # products and linear algebra
    "matmul": elementwise,
    "dot": dot,
    "linear": linear,
    "einsum": einsum,
    **dict.fromkeys(
        "solve solve_triangular inv pinv det cofactor det_hessian slogdet cholesky qr eigh eig svd svdvals lu "
        "matrix_exp".split(),
        leading,
    ),
    # images
    "conv": conv,
    "conv_input_grad": conv_input_grad,
    "conv_weight_grad": conv_weight_grad,
    **dict.fromkeys("im2col max_pool avg_pool avg_pool_back pool_gather pool_scatter".split(), folded),
    "col2im": col2im,
}
