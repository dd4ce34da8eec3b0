"""Losses, distances and embedding, against sums written out with NumPy and plain loops."""

import math

import numpy as np
import scipy.special as sc

import autograd_core as ag
import nn.functional as F

from . import Row, fixed, ints, positive, real

T = real(4, 3)
P = real(4, 3, low=0.05, high=0.95)
SIGNS = fixed(np.array([[1, -1, 1], [-1, -1, 1], [1, 1, 1], [-1, 1, -1]]))
LABELS = ints(4, low=0, high=3)
NONE = {"reduction": "none"}


def cross_entropy(x, q, w=None):
    """-Σ w q log softmax, a number for each example, from a distribution q."""
    logp = x - np.log(np.exp(x).sum(1, keepdims=True))
    w = np.ones(x.shape[1]) if w is None else w
    return -(logp * q * w.reshape(-1, *(1,) * (x.ndim - 2))).sum(1)


def one_hot(t, C):
    return np.moveaxis(np.eye(C)[t], -1, 1)


def loop_cross_entropy(x, t, weight, ignore, smoothing, reduction):
    """The definition, one label at a time."""
    C = x.shape[1]
    losses, weights = np.zeros(t.shape), np.zeros(t.shape)
    for place in np.ndindex(*t.shape):
        scores = x[(place[0], slice(None), *place[1:])]
        label = t[place]
        if label == ignore:
            continue
        log_total = math.log(sum(math.exp(s) for s in scores))
        for c in range(C):
            q = smoothing / C + (1 - smoothing) * (c == label)
            losses[place] += weight[c] * q * (log_total - scores[c])
        weights[place] = weight[label]
    if reduction == "none":
        return losses
    return losses.sum() / (weights.sum() if reduction == "mean" else 1)


def bce(p, t):
    return -(t * np.log(p) + (1 - t) * np.log(1 - p))


def huber(d, delta):
    return np.where(np.abs(d) <= delta, d * d / 2, delta * (np.abs(d) - delta / 2))


def hinge(x):
    return np.maximum(x, 0)


def norm(x, p, axis=-1):
    return (np.abs(x) ** p).sum(axis) ** (1 / p)


def cosine(a, b, axis=-1):
    return (a * b).sum(axis) / np.sqrt((a * a).sum(axis) * (b * b).sum(axis))


def multi_margin(x, t, p, margin, w):
    out = np.zeros(len(x))
    for n, label in enumerate(t):
        for c in range(x.shape[1]):
            if c != label:
                out[n] += w[label] * max(0.0, margin - x[n, label] + x[n, c]) ** p / x.shape[1]
    return out


def multilabel_margin(x, t):
    out = np.zeros(len(x))
    for n, row in enumerate(t):
        labels = []
        for label in row:
            if label == -1:
                break
            labels.append(label)
        for y in labels:
            for c in range(x.shape[1]):
                if c not in labels:
                    out[n] += max(0.0, 1 - x[n, y] + x[n, c]) / x.shape[1]
    return out


WEIGHT = np.array([0.5, 2.0, 1.25])
MULTILABEL = np.array([[0, 2, -1], [1, -1, 0], [-1, 0, 1], [2, 0, 1]])

ROWS = [
    Row("mse_loss", F.mse_loss, lambda x, t: np.mean((x - t) ** 2), (T, T)),
    Row("mse_loss_sum", lambda x, t: F.mse_loss(x, t, reduction="sum"), lambda x, t: ((x - t) ** 2).sum(), (T, T)),
    Row(
        "mse_loss_weighted",
        lambda x, t, w: F.mse_loss(x, t, weight=w),
        lambda x, t, w: ((x - t) ** 2 * w).sum() / w.sum(),
        (T, T, positive(4, 3)),
    ),
    Row("l1_loss", lambda x, t: F.l1_loss(x, t, **NONE), lambda x, t: np.abs(x - t), (T, T)),
    Row("huber_loss", lambda x, t: F.huber_loss(x, t, delta=0.7), lambda x, t: huber(x - t, 0.7).mean(), (T, T)),
    Row(
        "huber_loss_weighted",
        lambda x, t, w: F.huber_loss(x, t, weight=w),
        lambda x, t, w: (huber(x - t, 1) * w).mean(),
        (T, T, positive(4, 3)),
    ),
    Row(
        "smooth_l1_loss",
        lambda x, t: F.smooth_l1_loss(x, t, beta=0.6),
        lambda x, t: (huber(x - t, 0.6) / 0.6).mean(),
        (T, T),
    ),
    Row("smooth_l1_beta0", lambda x, t: F.smooth_l1_loss(x, t, beta=0), lambda x, t: np.abs(x - t).mean(), (T, T)),
    Row("binary_cross_entropy", F.binary_cross_entropy, lambda p, t: bce(p, t).mean(), (P, P)),
    Row(
        "binary_cross_entropy_weight",
        lambda p, t, w: F.binary_cross_entropy(p, t, w),
        lambda p, t, w: (bce(p, t) * w).mean(),
        (P, P, positive(3)),
    ),
    Row(
        "bce_with_logits",
        lambda x, t: F.binary_cross_entropy_with_logits(x, t, **NONE),
        lambda x, t: bce(sc.expit(x), t),
        (T, P),
        tol32=1e-4,
    ),
    Row(
        "bce_with_logits_pos_weight",
        lambda x, t, w: F.binary_cross_entropy_with_logits(x, t, pos_weight=w),
        lambda x, t, w: -(w * t * sc.log_expit(x) + (1 - t) * sc.log_expit(-x)).mean(),
        (T, P, positive(3)),
    ),
    Row("kl_div", F.kl_div, lambda x, t: (t * (np.log(t) - x)).mean(), (real(4, 3, low=-3, high=-0.1), P)),
    Row(
        "kl_div_batchmean_log_target",
        lambda x, t: F.kl_div(x, t, reduction="batchmean", log_target=True),
        lambda x, t: (np.exp(t) * (t - x)).sum() / 4,
        (T, T),
    ),
    Row("poisson_nll_loss", lambda x, t: F.poisson_nll_loss(x, t), lambda x, t: (np.exp(x) - t * x).mean(), (T, T)),
    Row(
        "poisson_nll_loss_full",
        lambda x, t: F.poisson_nll_loss(x, t, log_input=False, full=True),
        lambda x, t: (
            x - t * np.log(x + 1e-8) + np.where(t > 1, t * np.log(t) - t + np.log(2 * np.pi * t) / 2, 0)
        ).mean(),
        (positive(4, 3), real(4, 3, low=0.3, high=4, away=(1,))),
    ),
    Row(
        "gaussian_nll_loss",
        lambda x, t, v: F.gaussian_nll_loss(x, t, v),
        lambda x, t, v: (0.5 * (np.log(v) + (x - t) ** 2 / v)).mean(),
        (T, T, positive(4, 3)),
    ),
    Row(
        "gaussian_nll_loss_shared",
        lambda x, t, v: F.gaussian_nll_loss(x, t, v, full=True, reduction="sum"),
        lambda x, t, v: (0.5 * (np.log(2 * np.pi * v[:, None]) + (x - t) ** 2 / v[:, None])).sum(),
        (T, T, positive(4)),
    ),
    # ------------------------------------------------------------------------------------------------------- margins
    Row(
        "hinge_embedding_loss",
        lambda x, t: F.hinge_embedding_loss(x, t, 0.8),
        lambda x, t: np.where(t == 1, x, hinge(0.8 - x)).mean(),
        (real(4, 3, away=(0.8,)), SIGNS),
    ),
    Row(
        "margin_ranking_loss",
        lambda a, b, t: F.margin_ranking_loss(a, b, t, 0.3, **NONE),
        lambda a, b, t: hinge(-t * (a - b) + 0.3),
        (T, T, SIGNS),
    ),
    Row(
        "cosine_embedding_loss",
        lambda a, b, t: F.cosine_embedding_loss(a, b, t, 0.1),
        lambda a, b, t: np.where(t == 1, 1 - cosine(a, b), hinge(cosine(a, b) - 0.1)).mean(),
        (T, T, fixed(np.array([1, -1, 1, -1]))),
    ),
    Row(
        "triplet_margin_loss",
        lambda a, p, n: F.triplet_margin_loss(a, p, n),
        lambda a, p, n: hinge(norm(a - p + 1e-6, 2) - norm(a - n + 1e-6, 2) + 1).mean(),
        (T, T, T),
    ),
    Row(
        "triplet_margin_loss_swap",
        lambda a, p, n: F.triplet_margin_loss(a, p, n, margin=3.0, p=3, swap=True, reduction="sum"),
        lambda a, p, n: hinge(
            norm(a - p + 1e-6, 3) - np.minimum(norm(a - n + 1e-6, 3), norm(p - n + 1e-6, 3)) + 3
        ).sum(),
        (T, T, T),
    ),
    Row(
        "triplet_margin_with_distance_loss",
        lambda a, p, n: F.triplet_margin_with_distance_loss(
            a, p, n, distance_function=lambda x, y: 1 - F.cosine_similarity(x, y), margin=0.5
        ),
        lambda a, p, n: hinge(cosine(a, n) - cosine(a, p) + 0.5).mean(),
        (T, T, T),
    ),
    Row("soft_margin_loss", F.soft_margin_loss, lambda x, t: np.log(1 + np.exp(-t * x)).mean(), (T, SIGNS)),
    Row(
        "multi_margin_loss",
        lambda x, t: F.multi_margin_loss(x, t, **NONE),
        lambda x, t: multi_margin(x, t, 1, 1.0, np.ones(3)),
        (T, LABELS),
    ),
    Row(
        "multi_margin_loss_weighted",
        lambda x, t: F.multi_margin_loss(x, t, p=2, margin=0.6, weight=ag.tensor(WEIGHT.astype(x.dtype))),
        lambda x, t: multi_margin(x, t, 2, 0.6, WEIGHT).mean(),
        (T, LABELS),
    ),
    Row(
        "multilabel_margin_loss",
        lambda x, t: F.multilabel_margin_loss(x, t, **NONE),
        multilabel_margin,
        (T, fixed(MULTILABEL)),
    ),
    Row(
        "multilabel_soft_margin_loss",
        lambda x, t, w: F.multilabel_soft_margin_loss(x, t, w),
        lambda x, t, w: (bce(sc.expit(x), t) * w).mean(),
        (T, P, positive(3)),
        tol32=1e-4,
    ),
    # ------------------------------------------------------------------------------------------------------- classes
    Row(
        "nll_loss",
        lambda x, t: F.nll_loss(x, t),
        lambda x, t: -np.mean([x[n, c] for n, c in enumerate(t)]),
        (T, LABELS),
    ),
    Row(
        "nll_loss_by_weight",
        lambda x, t, w: F.nll_loss(x, t, w),
        lambda x, t, w: -sum(w[c] * x[n, c] for n, c in enumerate(t)) / sum(w[c] for c in t),
        (T, LABELS, positive(3)),
    ),
    Row(
        "cross_entropy",
        lambda x, t: F.cross_entropy(x, t),
        lambda x, t: cross_entropy(x, one_hot(t, 3)).mean(),
        (T, LABELS),
    ),
    Row(
        "cross_entropy_vector",
        lambda x: F.cross_entropy(x, 2, **NONE),
        lambda x: cross_entropy(x[None], one_hot(np.array([2]), 3))[0],
        (real(3),),
    ),
    Row(
        "cross_entropy_by_weight",
        lambda x, t, w: F.cross_entropy(x, t, w, label_smoothing=0.1),
        lambda x, t, w: cross_entropy(x, 0.9 * one_hot(t, 3) + 0.1 / 3, w).sum() / w[t].sum(),
        (T, LABELS, positive(3)),
    ),
    Row(
        "cross_entropy_probabilities",
        lambda x, q, w: F.cross_entropy(x, q, w, label_smoothing=0.2),
        lambda x, q, w: cross_entropy(x, 0.8 * q + 0.2 / 3, w).mean(),
        (real(2, 3, 2), real(2, 3, 2, low=0, high=1), positive(3)),
    ),
    # --------------------------------------------------------------------------------------- distances and embedding
    *(
        Row(
            f"pairwise_distance_{p}",
            lambda a, b, p=p: F.pairwise_distance(a, b, p, 0.0),
            lambda a, b, p=p: norm(a - b, p),
            (T, real(3)),
        )
        for p in (0.5, 1, 1.5, 2, 3)
    ),
    Row(
        "pairwise_distance_inf",
        lambda a, b: F.pairwise_distance(a, b, math.inf, keepdim=True),
        lambda a, b: np.abs(a - b + 1e-6).max(-1, keepdims=True),
        (T, T),
    ),
    Row(
        "cosine_similarity",
        lambda a, b: F.cosine_similarity(a, b, dim=0),
        lambda a, b: cosine(a, b, 0),
        (T, real(4, 1)),
    ),
    Row("normalize", F.normalize, lambda x: x / norm(x, 2)[:, None], (T,)),
    Row("normalize_p1", lambda x: F.normalize(x, 1, 0), lambda x: x / norm(x, 1, 0), (T,)),
    Row("embedding", lambda i, w: F.embedding(i, w), lambda i, w: w[i], (ints(2, 3, high=4), real(4, 3))),
    Row("one_hot", lambda i: F.one_hot(i, 6), lambda i: np.eye(6, dtype=int)[i], (ints(2, 3, high=5),), orders=0),
]

SHAPES = {"rows": (5, 3), "series": (3, 3, 4), "image": (2, 3, 2, 3)}


def _loop_row(name, shape, weight, ignore, smoothing, reduction):
    def f(x, t):
        w = None if weight is None else ag.tensor(weight.astype(x.dtype))
        return F.cross_entropy(x, t, w, ignore_index=ignore, label_smoothing=smoothing, reduction=reduction)

    def ref(x, t):
        return loop_cross_entropy(x, t, np.ones(3) if weight is None else weight, ignore, smoothing, reduction)

    labels = np.random.default_rng(3).integers(0, 3, (shape[0], *shape[2:]))
    if ignore not in (0, 1, 2):
        labels.reshape(-1)[[1, -1]] = ignore
    return Row(name, f, ref, (real(*shape), fixed(labels)))


ROWS += [
    _loop_row(
        f"cross_entropy_{kind}_{'weight_' * (w is not None)}{ignore}_{smoothing}_{reduction}",
        shape,
        w,
        ignore,
        smoothing,
        reduction,
    )
    for kind, shape in SHAPES.items()
    for w in (None, WEIGHT)
    for ignore in (-100, 1, 255)
    for smoothing in (0.0, 0.3)
    for reduction in ("none", "mean", "sum")
    if kind != "series" or reduction == "mean"
]
