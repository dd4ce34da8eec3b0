"""Indexing, gather and scatter, masks, and the writes in place."""

import numpy as np

import autograd_core as ag

from . import Row, bools, fixed, ints, real

X = real(2, 3, 4)
I = ints(2, 3, 5, high=4)  # noqa: E741
S = real(2, 3, 5)


def scattered(x, index, src, combine, include_self=True):
    """Values for each place along the last dimension collected and combined, loop by loop."""
    out = x.copy()
    found = {}
    for at in np.ndindex(index.shape):
        found.setdefault((*at[:-1], int(index[at])), []).append(src[at])
    for place, values in found.items():
        out[place] = combine(([x[place]] if include_self else []) + values)
    return out


def reduced(how, combine, include_self):
    return Row(
        f"scatter_reduce_{how}_{'with' if include_self else 'without'}_self",
        lambda x, i, s: x.scatter_reduce(2, i, s, how, include_self=include_self),
        lambda x, i, s: scattered(x, i, s, combine, include_self),
        (X, I, S),
    )


def put(x, index, value):
    x = x.copy()
    x[index] = value
    return x


def added(x, index, value):
    x = x.copy()
    np.add.at(x, index, value)
    return x


def assigned(index):
    """x[index] = value on a copy of x, as a function."""

    def f(x, value):
        y = x.clone() if isinstance(x, ag.Tensor) else x.copy()
        y[index] = value
        return y

    return f


def in_place(function):
    """What an in-place method makes of a copy, squared so that a second order is left."""
    return lambda x, *others: function(x.clone(), *others) ** 2


def assigned_row(name, index, *shape):
    return Row(f"setitem_{name}", assigned(index), assigned(index), (X, real(*shape)))


ROWS = [
    Row("getitem_negative_step", lambda x: x[::-1, ..., -2:0:-1], lambda x: x[::-1, ..., -2:0:-1], (X,), view=True),
    Row("getitem_0d", lambda x: x[..., 1, 2, 3][1], lambda x: x[1, 1, 2, 3], (real(2, 2, 3, 4),), view=True),
    Row("getitem_after_int", lambda x: x[0, :, [1, 3]], lambda x: x[0][:, [1, 3]], (X,)),
    Row("getitem_around_slice", lambda x: x[[0, 1], :, [1, 3]], lambda x: x[[0, 1], :, [1, 3]], (X,)),
    Row("getitem_broadcast", lambda x: x[[[0], [1]], [0, 2, 2]], lambda x: x[[[0], [1]], [0, 2, 2]], (X,)),
    Row(
        "getitem_none_and_array", lambda x: x[None, [1, 0, 1], ..., None], lambda x: x[None, [1, 0, 1], ..., None], (X,)
    ),
    Row("getitem_mask_of_rows", lambda x, m: x[m], lambda x, m: x[m], (X, fixed([[True, False, True], [False] * 3]))),
    Row("getitem_mask_behind", lambda x, m: x[:, m], lambda x, m: x[:, m], (X, bools(3, 4))),
    Row("getitem_int_and_mask", lambda x, m: x[1, m], lambda x, m: x[1][m], (X, bools(3, 4))),
    Row("getitem_true", lambda x: x[True], lambda x: x[True], (X,)),
    Row("getitem_false", lambda x: x[False], lambda x: x[False], (X,)),
    Row("getitem_empty_list", lambda x: x[[]], lambda x: x[np.zeros(0, int)], (X,)),
    Row("getitem_many_repeats", lambda x, i: x[i], lambda x, i: x[i], (real(5), ints(60))),
    Row("getitem_many_repeated_places", lambda x, i: x[i, i], lambda x, i: x[i, i], (real(5, 5, 2), ints(60))),
    Row("getitem_few_places", lambda x, i: x[i, i], lambda x, i: x[i, i], (real(9, 9, 2), ints(3))),
    assigned_row("row", 0, 3, 4),
    assigned_row("element", (1, 2, 3)),
    assigned_row("slice", (slice(None), slice(2, None, -2)), 2, 4),
    assigned_row("arrays", ([0, 1], 1, [2, 3]), 2),
    assigned_row("repeated", ([0, 0, 1],), 3, 3, 4),
    assigned_row("ellipsis", (..., None, 0), 3, 1),
    Row(
        "setitem_after_int",
        assigned((0, slice(None), [0, 3])),
        lambda x, v: np.stack([put(x[0], np.s_[:, [0, 3]], v), x[1]]),
        (X, real(3, 2)),
    ),
    Row("setitem_mask", lambda x, m, v: assigned(m)(x, v), lambda x, m, v: put(x, m, v), (X, bools(2, 3, 4), real())),
    Row("gather", lambda x, i: x.gather(2, i), lambda x, i: np.take_along_axis(x, i, 2), (X, I)),
    Row(
        "gather_part",
        lambda x, i: ag.gather(x, 0, i),
        lambda x, i: np.take_along_axis(x[:, :2, :3], i, 0),
        (X, ints(4, 2, 3, high=2)),
    ),
    Row(
        "take_along_dim",
        lambda x, i: ag.take_along_dim(x, i, 1),
        lambda x, i: np.take_along_axis(x, np.broadcast_to(i, (2, 2, 4)), 1),
        (X, ints(1, 2, 4, low=-3, high=3)),
    ),
    Row("take_along_dim_flat", lambda x, i: x.take_along_dim(i), lambda x, i: x.ravel()[i], (X, ints(5, high=24))),
    Row(
        "scatter",
        lambda x, s: x.scatter(1, ag.tensor([[2, 0], [1, 2]]), s),
        lambda x, s: put(x, ([[0, 0], [1, 1]], [[2, 0], [1, 2]]), s),
        (real(2, 3), real(2, 2)),
    ),
    Row(
        "scatter_repeated",
        lambda x, i, s: x.scatter(2, i, s),
        lambda x, i, s: scattered(x, i, s, lambda v: v[-1]),
        (X, I, S),
    ),
    Row(
        "scatter_value",
        lambda x, i: x.scatter(2, i, 1.5),
        lambda x, i: scattered(x, i, x[..., :1] * 0 + [1.5] * 5, max, False),
        (X, I),
    ),
    Row("scatter_add", lambda x, i, s: x.scatter_add(2, i, s), lambda x, i, s: scattered(x, i, s, sum), (X, I, S)),
    Row(
        "scatter_multiply",
        lambda x, i, s: x.scatter(2, i, s, reduce="multiply"),
        lambda x, i, s: scattered(x, i, s, np.prod),
        (X, I, S),
    ),
    *(
        reduced(how, combine, include_self)
        for how, combine in {"sum": sum, "prod": np.prod, "mean": np.mean, "amax": max, "amin": min}.items()
        for include_self in (True, False)
    ),
    Row("index_select", lambda x, i: x.index_select(1, i), lambda x, i: x[:, i], (X, ints(5, high=3))),
    Row(
        "index_add",
        lambda x, s: x.index_add(1, ag.tensor([0, 2, 0]), s, alpha=2.0),
        lambda x, s: added(x, np.s_[:, [0, 2, 0]], 2 * s),
        (X, real(2, 3, 4)),
    ),
    Row(
        "index_copy",
        lambda x, s: x.index_copy(2, ag.tensor([3, 1]), s),
        lambda x, s: put(x, np.s_[..., [3, 1]], s),
        (X, real(2, 3, 2)),
    ),
    Row(
        "index_fill",
        lambda x, v: x.index_fill(1, ag.tensor([2, -3]), v),
        lambda x, v: put(x, np.s_[:, [2, 0]], v),
        (X, real()),
    ),
    Row(
        "index_reduce",
        lambda x, s: x.index_reduce(0, ag.tensor([1, 1]), s, "amax"),
        lambda x, s: np.stack([x[0], np.maximum(x[1], s.max(0))]),
        (X, real(2, 3, 4)),
    ),
    Row(
        "index_put",
        lambda x, v: x.index_put((ag.tensor([1, 0]), ag.tensor([2, 0])), v),
        lambda x, v: put(x, ([1, 0], [2, 0]), v),
        (X, real(2, 4)),
    ),
    Row(
        "index_put_accumulate",
        lambda x, v: x.index_put((ag.tensor([1, 0, 1]),), v, accumulate=True),
        lambda x, v: added(x, [1, 0, 1], v),
        (X, real(4)),
    ),
    Row(
        "masked_fill", lambda x, m, v: x.masked_fill(m, v), lambda x, m, v: np.where(m, v, x), (X, bools(3, 1), real())
    ),
    Row("masked_select", lambda x, m: x.masked_select(m), lambda x, m: x[m], (X, bools(2, 3, 4))),
    Row(
        "masked_select_broadcast",
        ag.masked_select,
        lambda x, m: np.broadcast_to(x, (2, 3, 4))[m],
        (real(3, 1), bools(2, 3, 4)),
    ),
    Row(
        "masked_scatter",
        lambda x, m, s: x.masked_scatter(m, s),
        lambda x, m, s: put(x, m, s.ravel()[: m.sum()]),
        (X, bools(2, 3, 4), real(24)),
    ),
    Row("take", lambda x, i: x.take(i), lambda x, i: x.ravel()[i], (X, ints(2, 5, low=-24, high=24))),
    Row(
        "put",
        lambda x, s: x.put(ag.tensor([3, -1]), s),
        lambda x, s: put(x.ravel(), [3, -1], s).reshape(x.shape),
        (X, real(2)),
    ),
    Row("nonzero", ag.nonzero, np.argwhere, (ints(3, 4, high=2),), orders=0),
    Row("nonzero_as_tuple", lambda x: ag.nonzero(x, as_tuple=True), np.nonzero, (ints(3, 4, high=2),), orders=0),
    Row("argwhere", ag.argwhere, np.argwhere, (bools(3, 4),), orders=0),
    Row(
        "scatter_add_in_place",
        in_place(lambda x, i, s: x.scatter_add_(2, i, s)),
        lambda x, i, s: scattered(x, i, s, sum) ** 2,
        (X, I, S),
    ),
    Row(
        "scatter_reduce_in_place",
        in_place(lambda x, i, s: x.scatter_reduce_(2, i, s, "amax")),
        lambda x, i, s: scattered(x, i, s, max) ** 2,
        (X, I, S),
    ),
    Row(
        "masked_fill_in_place",
        in_place(lambda x, m: x.masked_fill_(m, 2.0)),
        lambda x, m: np.where(m, 2.0, x) ** 2,
        (X, bools(2, 3, 4)),
    ),
    Row(
        "index_add_in_place",
        in_place(lambda x, s: x.index_add_(0, ag.tensor([1]), s)),
        lambda x, s: added(x, [1], s) ** 2,
        (X, real(1, 3, 4)),
    ),
    Row(
        "index_put_in_place",
        in_place(lambda x, s: x.index_put_((ag.tensor([1]),), values=s)),
        lambda x, s: put(x, [1], s) ** 2,
        (X, real(3, 4)),
    ),
    Row(
        "copy_through_view",
        in_place(lambda x, s: (x[:, :2].copy_(s), x)[1]),
        lambda x, s: put(x, np.s_[:, :2], s) ** 2,
        (X, real(2, 1)),
    ),
    Row("cumsum_in_place", in_place(lambda x: x.cumsum_(1)), lambda x: x.cumsum(1) ** 2, (X,)),
    Row(
        "fill_diagonal_in_place",
        in_place(lambda x, v: x.fill_diagonal_(v)),
        lambda x, v: np.where(np.eye(3, 4, dtype=bool), v, x) ** 2,
        (real(3, 4), real()),
    ),
]
