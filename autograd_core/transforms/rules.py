"""How each primitive runs on a whole batch: one rule for each name, in the table at the end.

B is the size of the batch, `size` in the code. A rule takes the operands with or without the batch dimension in front
(`batched` tells which) and gives the result with it. Four patterns serve most: elementwise; dims and shapes among the
params moved up by one; the batch as one more leading dimension; the batch folded into a dimension of many like things
(images, rows of a table, groups of channels).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..engine.primitive import Primitive, apply
from ..ops.elementwise.complex import packed
from ..ops.linalg.products import matmul as product
from ..ops.reduction.reduce import sum
from ..ops.shape.padding import pad_constant
from ..ops.shape.shape import cat, movedim, reshape, stack, transpose, unsqueeze
from ..ops.shape.strided import strided_indices
from . import rules_index as by_index
from .batched import RULES, all_batched, answers, front
from .randomness import randomness

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
    examples = all_batched(size, batched, values)
    outs = [apply(p, tuple(None if v is None else v[i] for v in examples), params) for i in range(size)]
    return tuple(map(stack, zip(*outs, strict=True))) if p.outputs else stack(outs)


# ------------------------------------------------------------------------------------------------ shape and reductions


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
    """The examples read by position: each counts as an array of its own in row-major order."""
    return reshape(values[0], (size, -1))[:, strided_indices(*params)]


def view_as_complex(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """With the two parts side by side in memory, wherever the batch came from."""
    return apply(p, (packed(values[0]),), params)


def arg(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """argmax and argmin: params (dim or None for the flattened example, keepdim)."""
    (x,), (dim, keepdim) = values, params
    rank = x.ndim - 1
    if dim is not None and rank:
        return apply(p, (x,), (dim + 1, keepdim))
    return reshape(apply(p, (reshape(x, (size, -1)),), (1, False)), (size, *(1,) * (rank if keepdim else 0)))


def searchsorted(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """(sequence, values, sorter). One sequence takes all values; sequences of their own need as many rows of values."""
    sequence, x, sorter = values
    if batched == [False, True, False] and sequence.ndim == 1:
        return apply(p, (sequence, x, sorter), params)
    sequence, x, sorter = all_batched(size, batched, values)
    if sequence.ndim > 2:
        return apply(p, (sequence, x, sorter), params)
    return reshape(apply(p, (sequence, reshape(x, (size, -1)), sorter), params), x.shape)


# ------------------------------------------------------------------------------------------------------------ products


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


# --------------------------------------------------------------------------------------------------------- convolution
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
    *options, groups, out_size = params
    if batched == [True, False, False]:
        return parted(apply(p, (merged(x), w, bias), params), x.shape[1])
    channels = w.shape[1 if batched[1] else 0]
    if not batched[0] and not batched[1]:
        out = apply(p, (x, w, None), params)
    elif not batched[1]:
        out = parted(apply(p, (merged(x), w, None), params), x.shape[1])
    elif not batched[0] and groups == 1:
        out = apart(apply(p, (x, merged(w), None), params), channels)
    else:
        x = beside(x if batched[0] else front(x, size))
        out = apart(apply(p, (x, merged(w), None), (*options, groups * size, out_size)), channels)
    if bias is None:
        return out
    space = (1,) * len(out_size)
    return out + reshape(bias, (size, 1, channels, *space) if batched[2] else (channels, *space))


def conv_input_grad(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    g, w = values
    shape, *options, groups = params
    N, C, *space = shape
    if not batched[1]:
        return parted(apply(p, (merged(g), w), ((size * N, C, *space), *options, groups)), N)
    g = beside(g if batched[0] else front(g, size))
    return apart(apply(p, (g, merged(w)), ((N, size * C, *space), *options, groups * size)), C)


def conv_weight_grad(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    g, x = values
    (OC, *rest), *options, groups = params
    if not batched[1] and groups == 1:
        return parted(apply(p, (beside(g), x), ((size * OC, *rest), *options, groups)), OC)
    g, x = (beside(v) for v in all_batched(size, batched, values))
    return parted(apply(p, (g, x), ((size * OC, *rest), *options, groups * size)), OC)


def col2im(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    (g,), (shape, *options) = values, params
    return parted(apply(p, (merged(g),), ((size * shape[0], *shape[1:]), *options)), shape[0])


def ctc_loss(p: Primitive, size: int, batched: list[bool], values: list, params: tuple) -> Any:
    """More examples, which are dimension 1 of the scores: (B, T, N, C) -> (T, B N, C)."""
    lp, *others = all_batched(size, batched, values)
    rows = lp.shape[2]
    return parted(apply(p, (beside(lp), *(merged(v) for v in others)), params), rows)


# ----------------------------------------------------------------------------------------------- functions of the user


class VmapInfo(NamedTuple):
    """What the static method `vmap` of a `Function` gets."""

    batch_size: int
    randomness: str


@answers
def of_function(function: Any, size: int, batched: list[bool], values: list) -> Any:
    """The outputs of a `Function` by its static method `vmap`, with the batch in front."""
    dims = tuple(0 if b else None for b in batched)
    out, out_dims = function.vmap(VmapInfo(size, randomness()), dims, *values)
    if not isinstance(out, tuple):
        return front(out, size) if out_dims is None else movedim(out, out_dims, 0)
    positions = out_dims if isinstance(out_dims, tuple) else (out_dims,) * len(out)
    return tuple(front(o, size) if d is None else movedim(o, d, 0) for o, d in zip(out, positions, strict=True))


# ----------------------------------------------------------------------------------------------------------- the table

TABLE: tuple[tuple[str, Rule], ...] = (
    # copies, dtypes, complex numbers
    ("to identity kink nowhere clone contiguous std conj real imag angle view_as_real tril triu", leading),
    ("view_as_complex", view_as_complex),
    ("where complex divide_grad", elementwise),
    # reductions, scans, order, counting
    ("sum mean amax amin all any median nanmedian logsumexp softmax log_softmax", shifted(0)),
    ("norm", shifted(1)),
    ("prod ranks", leading),
    ("cumsum cumprod logcumsumexp running_extreme shift recurrence", shifted(0)),
    ("argsort kth median_index mode_index", shifted(0)),
    ("argmax argmin", arg),
    ("searchsorted", searchsorted),
    ("histc histogram isin nonzero_static", each),
    # shape
    ("reshape", with_shape),
    ("permute", permute),
    ("expand", expand),
    ("sum_to", sum_to),
    ("cat", joined),
    ("block_diag", block_diag),
    ("flip fft ifft rfft resize interpolate pad_dim", shifted(0)),
    ("irfft fftshift roll pad_back", shifted(1)),
    ("pad", padded),
    ("diagonal", shifted(1, 2)),
    ("diag_embed", shifted(2, 3, shapes=(0,))),
    ("unfold", unfold),
    ("fold_back", fold_back),
    ("as_strided", as_strided),
    # indices
    ("getitem", by_index.index),
    ("scatter_back", by_index.scatter_back),
    ("index_put", by_index.index_put),
    ("write", by_index.write),
    ("gather scatter_reduce", shifted(0)),
    ("scatter_add last_written", shifted(1, shapes=(0,))),
    ("scatter", by_index.scatter),
    ("index_select", by_index.index_select),
    ("index_add", by_index.index_add),
    ("embedding", by_index.embedding),
    ("embedding_back", by_index.embedding_back),
    # products and linear algebra
    ("matmul", elementwise),
    ("dot", dot),
    ("linear", linear),
    ("einsum", einsum),
    ("solve solve_triangular inv pinv det cofactor det_hessian slogdet matrix_exp", leading),
    (
        "cholesky qr eigh eig svd svdvals lu geqrf zero_pivots indefinite_minors unravel_index ldl_factor ldl_solve",
        leading,
    ),
    # images
    ("conv", conv),
    ("conv_input_grad", conv_input_grad),
    ("conv_weight_grad", conv_weight_grad),
    ("im2col max_pool fractional_max_pool avg_pool avg_pool_back pool_gather pool_scatter", folded),
    ("col2im", col2im),
    ("ctc_loss", ctc_loss),
)
RULES.update({name: rule for names, rule in TABLE for name in names.split()}, elementwise=elementwise)
