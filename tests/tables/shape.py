"""Shape, joining and cutting, repetition, diagonals and windows, padding."""

import itertools

import numpy as np
from scipy import linalg

import autograd_core as ag

from . import Row, ints, real

X = real(2, 3, 4)


def windows(x, dim, size, step):
    count = (x.shape[dim] - size) // step + 1
    parts = [np.moveaxis(np.take(x, range(k * step, k * step + size), dim), dim, -1) for k in range(count)]
    return np.stack(parts, dim)


def embedded(x, offset, dim1, dim2):
    """Each row of x as a matrix with it on a diagonal, loop by loop; then the two dimensions moved into place."""
    n = x.shape[-1] + abs(offset)
    out = np.zeros((*x.shape[:-1], n, n))
    for *row, i in np.ndindex(x.shape):
        out[(*row, i + max(-offset, 0), i + max(offset, 0))] = x[(*row, i)]
    return np.moveaxis(out, (-2, -1), (dim1, dim2))


def padded(*widths, mode, **options):
    """NumPy's padding; widths in its order, first dimension first."""
    return lambda x: np.pad(x, widths, mode, **options)


def pad(*widths, **options):
    return lambda x: ag.pad(x, widths, **options)


ROWS = [
    Row("ravel", ag.ravel, np.ravel, (X,), view=True),
    Row("unflatten", lambda x: x.unflatten(2, (2, -1)), lambda x: x.reshape(2, 3, 2, 2), (X,), view=True),
    Row("flatten_all", ag.flatten, np.ravel, (X,), view=True),
    Row("reshape_keyword", lambda x: ag.reshape(x, shape=(4, -1)), lambda x: x.reshape(4, 6), (X,), view=True),
    Row("swapaxes", lambda x: x.swapaxes(0, -1), lambda x: x.swapaxes(0, -1), (X,), view=True),
    Row("moveaxis", lambda x: ag.moveaxis(x, 0, 2), lambda x: np.moveaxis(x, 0, 2), (X,), view=True),
    Row("mT", lambda x: x.mT, lambda x: x.swapaxes(1, 2), (X,), view=True),
    Row("adjoint", ag.adjoint, lambda x: x.swapaxes(1, 2), (X,), view=True),
    Row("t", lambda x: x.t(), np.transpose, (real(2, 3),), view=True),
    Row("atleast_1d", lambda x: ag.atleast_1d(x, x.sum()), lambda x: (x, x.sum()[None]), (real(2),)),
    Row("atleast_2d", ag.atleast_2d, np.atleast_2d, (real(3),), view=True),
    Row("atleast_3d", ag.atleast_3d, np.atleast_3d, (real(3, 2),), view=True),
    Row(
        "broadcast_tensors",
        ag.broadcast_tensors,
        lambda x, y: tuple(np.broadcast_arrays(x, y)),
        (real(3, 1), real(2)),
        view=True,
    ),
    Row(
        "expand_as",
        lambda x, y: x.expand_as(y),
        lambda x, y: np.broadcast_to(x, y.shape),
        (real(3, 1), ints(2, 3, 2)),
        view=True,
    ),
    Row("hstack", lambda x, y: ag.hstack((x, y)), lambda x, y: np.hstack((x, y)), (real(2, 3), real(2, 1))),
    Row("hstack_vectors", lambda x, y: ag.hstack((x, y)), lambda x, y: np.hstack((x, y)), (real(3), real(1))),
    Row("vstack", lambda x, y: ag.vstack((x, y)), lambda x, y: np.vstack((x, y)), (real(2, 3), real(3))),
    Row("dstack", lambda x, y: ag.dstack((x, y)), lambda x, y: np.dstack((x, y)), (real(2, 3), real(2, 3))),
    Row(
        "column_stack",
        lambda x, y: ag.column_stack((x, y)),
        lambda x, y: np.column_stack((x, y)),
        (real(2, 3), real(2)),
    ),
    Row(
        "concatenate_axis",
        lambda x, y: ag.concatenate((x, y), axis=-1),
        lambda x, y: np.concatenate((x, y), -1),
        (real(2, 3), real(2, 2)),
    ),
    Row(
        "stack_three", lambda x: ag.stack([x, 2 * x, x * x], 1), lambda x: np.stack([x, 2 * x, x * x], 1), (real(2, 3),)
    ),
    Row("block_diag", ag.block_diag, linalg.block_diag, (real(2, 3), real(2), real())),
    Row("kron", ag.kron, np.kron, (real(2, 3), real(3, 2))),
    Row("kron_of_unequal_ndim", ag.kron, np.kron, (real(2, 3), real(2))),
    Row("tensor_split", lambda x: x.tensor_split(3, 2), lambda x: tuple(np.array_split(x, 3, 2)), (X,), view=True),
    Row("tensor_split_at", lambda x: x.tensor_split((1, 5), 1), lambda x: tuple(np.array_split(x, (1, 5), 1)), (X,)),
    Row("hsplit", lambda x: x.hsplit(3), lambda x: tuple(np.hsplit(x, 3)), (X,), view=True),
    Row("vsplit", lambda x: x.vsplit((1,)), lambda x: tuple(np.vsplit(x, (1,))), (X,), view=True),
    Row("dsplit", lambda x: x.dsplit(2), lambda x: tuple(np.dsplit(x, 2)), (X,), view=True),
    Row("roll", lambda x: x.roll(5), lambda x: np.roll(x, 5), (X,)),
    Row("roll_dims", lambda x: x.roll((1, -2), (0, 2)), lambda x: np.roll(x, (1, -2), (0, 2)), (X,)),
    Row("fliplr", ag.fliplr, np.fliplr, (X,)),
    Row("flipud", ag.flipud, np.flipud, (X,)),
    *(
        Row(f"rot90_{k}", lambda x, k=k: ag.rot90(x, k, (2, 0)), lambda x, k=k: np.rot90(x, k, (2, 0)), (X,))
        for k in (-1, 0, 1, 2, 3)
    ),
    Row("repeat", lambda x: x.repeat(2, 1, 3), lambda x: np.tile(x, (2, 1, 3)), (real(2, 3),)),
    Row("tile", lambda x: x.tile(2), lambda x: np.tile(x, 2), (real(2, 3),)),
    Row("repeat_interleave", lambda x: x.repeat_interleave(2), lambda x: np.repeat(x, 2), (real(2, 3),)),
    Row(
        "repeat_interleave_counts",
        lambda x: x.repeat_interleave(ag.tensor([2, 0, 1]), 1),
        lambda x: np.repeat(x, [2, 0, 1], 1),
        (X,),
    ),
    Row(
        "meshgrid",
        lambda x, y: ag.meshgrid(x, y),
        lambda x, y: tuple(np.meshgrid(x, y, indexing="ij")),
        (real(3), real(2)),
        view=True,
    ),
    Row(
        "meshgrid_xy",
        lambda *xs: ag.meshgrid(*xs, indexing="xy"),
        lambda *xs: tuple(np.meshgrid(*xs)),
        (real(3), real(2), real(4)),
        view=True,
    ),
    Row("cartesian_prod", ag.cartesian_prod, lambda x, y: np.array(list(itertools.product(x, y))), (real(3), real(2))),
    Row(
        "combinations",
        lambda x: ag.combinations(x, 3),
        lambda x: np.array(list(itertools.combinations(x, 3))),
        (real(4),),
    ),
    Row("select", lambda x: x.select(1, -1), lambda x: x[:, -1], (X,), view=True),
    Row("narrow", lambda x: x.narrow(2, 1, 2), lambda x: x[:, :, 1:3], (X,), view=True),
    Row("diagonal", lambda x: x.diagonal(1, 2, 0), lambda x: np.diagonal(x, 1, 2, 0), (X,), view=True),
    Row("diag_embed", lambda x: ag.diag_embed(x, 1), lambda x: embedded(x, 1, -2, -1), (real(2, 3),)),
    Row("diag_embed_dims", lambda x: ag.diag_embed(x, -2, 0, 2), lambda x: embedded(x, -2, 0, 2), (real(2, 3),)),
    Row("diag_embed_swapped", lambda x: ag.diag_embed(x, 1, 2, 0), lambda x: embedded(x, 1, 2, 0), (real(2, 3),)),
    Row("diag_of_vector", lambda x: x.diag(-1), lambda x: np.diag(x, -1), (real(3),)),
    Row("diag_of_matrix", lambda x: x.diag(1), lambda x: np.diag(x, 1), (real(3, 4),)),
    Row("diagflat", lambda x: ag.diagflat(x, 1), lambda x: np.diagflat(x, 1), (real(2, 2),)),
    Row("tril", lambda x: x.tril(-1), lambda x: np.tril(x, -1), (X,)),
    Row("triu", lambda x: x.triu(1), lambda x: np.triu(x, 1), (X,)),
    Row("unfold", lambda x: x.unfold(2, 2, 1), lambda x: windows(x, 2, 2, 1), (X,), view=True),
    Row("unfold_steps", lambda x: x.unfold(0, 3, 2), lambda x: windows(x, 0, 3, 2), (real(8, 2),), view=True),
    Row(
        "as_strided",
        lambda x: x.contiguous().as_strided((3, 2), (2, 3), 1),
        lambda x: x.ravel()[[[1, 4], [3, 6], [5, 8]]],
        (real(3, 4),),
        view=True,
    ),
    Row(
        "select_scatter",
        lambda x, y: x.select_scatter(y, 1, 0),
        lambda x, y: np.concatenate([y[:, None], x[:, 1:]], 1),
        (X, real(2, 4)),
    ),
    Row(
        "slice_scatter",
        lambda x, y: x.slice_scatter(y, 0, 1),
        lambda x, y: np.concatenate([x[:1], y]),
        (real(3, 2), real(2, 2)),
    ),
    Row(
        "diagonal_scatter",
        lambda x, y: x.diagonal_scatter(y),
        lambda x, y: x - np.diag(np.diag(x)) + np.diag(y),
        (real(3, 3), real(3)),
    ),
    Row("pad", pad(1, 2, 0, 1), padded((0, 0), (0, 1), (1, 2), mode="constant"), (X,)),
    Row("pad_value", pad(1, 0, value=2.5), padded((0, 0), (1, 0), mode="constant", constant_values=2.5), (real(2, 3),)),
    Row("pad_crop", pad(-1, 2), lambda x: np.pad(x[:, 1:], ((0, 0), (0, 2))), (real(2, 3),)),
    Row("pad_reflect", pad(3, 2, 1, 0, mode="reflect"), padded((0, 0), (1, 0), (3, 2), mode="reflect"), (X,)),
    Row("pad_replicate", pad(5, 1, 2, 2, mode="replicate"), padded((0, 0), (2, 2), (5, 1), mode="edge"), (X,)),
    Row("pad_circular", pad(4, 1, 0, 2, mode="circular"), padded((0, 0), (0, 2), (4, 1), mode="wrap"), (X,)),
    Row(
        "pad_replicate_crop",
        pad(-1, 2, mode="replicate"),
        lambda x: np.pad(x, ((0, 0), (0, 2)), "edge")[:, 1:],
        (real(2, 3),),
    ),
]
