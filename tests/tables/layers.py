"""Functions of layers: pooling at indices found first, and sequences without elements, against plain loops."""

import itertools
import math

import numpy as np

import nn.functional as F

from . import Row, fixed, ints, real


def fractional(x, u, window, size):
    """The largest element of each window, one plane, one window, one dimension at a time; u in the order of dims."""
    dims = len(window)
    space, lead = x.shape[-dims:], x.shape[:-dims]
    out, indices = np.zeros((*lead, *size)), np.zeros((*lead, *size), np.int64)
    for plane in np.ndindex(*lead):
        starts = []
        for d in range(dims):
            alpha = (space[d] - window[d]) / (size[d] - 1) if size[d] > 1 else 0
            row = [math.floor((i + u[plane][d]) * alpha) - math.floor(u[plane][d] * alpha) for i in range(size[d])]
            starts.append([*row[:-1], space[d] - window[d]])
        for where in np.ndindex(*size):
            ranges = [range(starts[d][where[d]], starts[d][where[d]] + window[d]) for d in range(dims)]
            best = max(itertools.product(*ranges), key=lambda place: x[(*plane, *place)])
            out[(*plane, *where)] = x[(*plane, *best)]
            indices[(*plane, *where)] = np.ravel_multi_index(best, space)
    return out, indices


def kmax(x, k):
    """The k largest of each row, by taking the smallest away."""
    rows = []
    for row in x.reshape(-1, x.shape[-1]).tolist():
        while len(row) > k:
            del row[len(row) - 1 - row[::-1].index(min(row))]
        rows.append(row)
    return np.array(rows).reshape(*x.shape[:-1], k)


def ctc(lp, targets, lengths, sizes, blank=0):
    """-log of the summed probabilities of every path whose labels these are, one path after the other."""
    losses = []
    for n, (T, S) in enumerate(zip(lengths, sizes, strict=True)):
        total = 0.0
        for path in itertools.product(range(lp.shape[2]), repeat=int(T)):
            merged = [c for c, _ in itertools.groupby(path) if c != blank]
            if merged == targets[n][:S].tolist():
                total += math.exp(sum(lp[t, n, c] for t, c in enumerate(path)))
        losses.append(-math.log(total) if total else math.inf)
    return np.array(losses)


def linear_cross_entropy(x, w, b, t):
    """The mean, over examples and their classifications, of the smoothed cross-entropy."""
    losses = []
    for n, k in np.ndindex(*t.shape):
        scores = w[:, k] @ x[n] + b[:, k]
        logp = scores - np.log(np.exp(scores).sum())
        losses.append(-0.9 * logp[t[n, k]] - 0.1 * logp.mean())
    return np.mean(losses)


LABELS = fixed(np.array([[1, 2, 2], [2, 1, 9], [2, 1, 2]]))
LENGTHS, SIZES = fixed(np.array([5, 4, 3])), fixed(np.array([3, 1, 3]))

U = np.random.default_rng(3).random((2, 2, 3))

ROWS = [
    Row(
        "fractional_max_pool2d",
        lambda x, u: F.fractional_max_pool2d(x, (2, 3), (3, 2), return_indices=True, _random_samples=u),
        lambda x, u: fractional(x, u[..., ::-1], (2, 3), (3, 2)),
        (real(2, 2, 6, 5, distinct=True), fixed(U[..., :2])),
    ),
    Row(
        "fractional_max_pool3d",
        lambda x, u: F.fractional_max_pool3d(x, 2, output_ratio=(0.5, 0.75, 0.4), _random_samples=u),
        lambda x, u: fractional(x, u, (2, 2, 2), (2, 3, 1))[0],
        (real(2, 2, 4, 4, 4, distinct=True), fixed(U)),
    ),
    Row("kmax_pool1d", lambda x: F.kmax_pool1d(x, 3), lambda x: kmax(x, 3), (real(2, 3, 7, distinct=True),)),
    Row("kmax_pool1d_all", lambda x: F.kmax_pool1d(x, 4), lambda x: x, (real(4, distinct=True),)),
    Row(
        "ctc_loss",
        F.ctc_loss,
        lambda lp, t, i, s: (ctc(lp, t, i, s) / s).mean(),
        (real(5, 3, 3), LABELS, LENGTHS, SIZES),
    ),
    Row(
        "ctc_loss_none",
        lambda lp, t, i, s: F.ctc_loss(lp, t, i, s, blank=3, reduction="none"),
        lambda lp, t, i, s: ctc(lp, t, i, s, blank=3),
        (real(4, 3, 4), fixed(np.array([[1, 1], [0, 2], [7, 7]])), fixed([4, 2, 3]), fixed([2, 1, 0])),
    ),
    Row(
        "ctc_loss_one",
        lambda lp, t: F.ctc_loss(lp, t, 4, 2, reduction="sum"),
        lambda lp, t: ctc(lp[:, None], t[None], [4], [2])[0],
        (real(4, 3), fixed(np.array([1, 2]))),
    ),
    Row(
        "linear_cross_entropy",
        lambda x, w, b, t: F.linear_cross_entropy(x, w, t, linear_bias=b, label_smoothing=0.1),
        linear_cross_entropy,
        (real(4, 3), real(5, 2, 3), real(5, 2), ints(4, 2)),
    ),
]
