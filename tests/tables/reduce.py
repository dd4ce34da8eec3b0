"""Reductions, scans, order statistics, counting."""

import numpy as np
from scipy import special

import autograd_core as ag

from . import Row, bools, fixed, ints, positive, real

D = real(3, 4, distinct=True)
P = real(3, 4, low=0.1, distinct=True)
SIGNS = [[1, 0, -1, 0], [0, 1, 1, -1], [1, -1, 1, 1]]  # two zeros in a row, one, none


def lower_median(x, axis):
    return np.take(np.sort(x, axis), (x.shape[axis] - 1) // 2, axis)


def log_sum_up_to(x, axis):
    return np.stack([special.logsumexp(x[:, : i + 1], axis) for i in range(x.shape[1])], 1)


def both(values, indices):
    return values, indices


ROWS = [
    Row("prod", ag.prod, np.prod, (real(2, 3),)),
    Row("prod_dim", lambda x: x.prod(1), lambda x: x.prod(1), (real(2, 3, 2),)),
    Row("prod_dims", lambda x: x.prod((0, 2), keepdim=True), lambda x: x.prod((0, 2), keepdims=True), (real(2, 3, 2),)),
    Row("prod_zeros", lambda x, m: (x * m).prod(1), lambda x, m: (x * m).prod(1), (real(3, 4), fixed(SIGNS))),
    Row("prod_empty", lambda x: x.prod(1), lambda x: x.prod(1), (real(3, 0),)),
    Row("nansum", lambda x: ag.nansum(x, 1), lambda x: np.nansum(x, 1), (real(3, 4),)),
    Row("nanmean", lambda x: ag.nanmean(x, 0, True), lambda x: np.nanmean(x, 0, keepdims=True), (real(3, 4),)),
    Row("var_correction", lambda x: x.var((0, 2), correction=2), lambda x: x.var((0, 2), ddof=2), (real(3, 4, 2),)),
    Row("var_unbiased", lambda x: x.var(1, False, True), lambda x: x.var(1, keepdims=True), (real(3, 4),)),
    Row("std_all", ag.std, lambda x: x.std(ddof=1), (real(3, 4),)),
    Row("var_mean", lambda x: ag.var_mean(x, 1), lambda x: (x.var(1, ddof=1), x.mean(1)), (real(3, 4),)),
    Row(
        "std_mean",
        lambda x: ag.std_mean(x, 0, keepdim=True),
        lambda x: (x.std(0, ddof=1, keepdims=True), x.mean(0, keepdims=True)),
        (real(3, 4),),
    ),
    Row("aminmax", lambda x: ag.aminmax(x, dim=1), lambda x: (x.min(1), x.max(1)), (D,)),
    Row("max_all", ag.max, np.max, (D,)),
    Row("min_all", lambda x: x.min(), np.min, (D,)),
    Row("max_dim", lambda x: x.max(1), lambda x: (x.max(1), x.argmax(1)), (D,)),
    Row(
        "min_dim",
        lambda x: x.min(0, keepdim=True),
        lambda x: (x.min(0, keepdims=True), x.argmin(0, keepdims=True)),
        (D,),
    ),
    Row("max_other", ag.max, np.maximum, (real(3, 4), real(4))),
    Row("min_other", lambda x, y: x.min(y), np.minimum, (real(3, 4), real(3, 1))),
    Row("logsumexp", lambda x: ag.logsumexp(x, 1), lambda x: special.logsumexp(x, 1), (real(3, 4),)),
    Row(
        "logsumexp_dims",
        lambda x: x.logsumexp((0, 2), True),
        lambda x: special.logsumexp(x, (0, 2), keepdims=True),
        (real(2, 3, 2, high=400.0),),
        tol32=1e-4,
    ),
    Row("norm", ag.norm, np.linalg.norm, (real(3, 4),)),
    Row(
        "norm_dims",
        lambda x: x.norm(2, (0, 2), True),
        lambda x: np.sqrt((x * x).sum((0, 2), keepdims=True)),
        (real(3, 4, 2),),
    ),
    Row("norm_1", lambda x: x.norm(1, 1), lambda x: np.abs(x).sum(1), (real(3, 4, away=(0,)),)),
    Row("norm_3", lambda x: x.norm(3, 0), lambda x: (np.abs(x) ** 3).sum(0) ** (1 / 3), (real(3, 4, away=(0,)),)),
    Row("norm_half", lambda x: x.norm(0.5, 0), lambda x: (np.abs(x) ** 0.5).sum(0) ** 2, (real(3, 4, away=(0,)),)),
    Row("norm_inf", lambda x: x.norm(np.inf, 1), lambda x: np.abs(x).max(1), (P,)),
    Row("norm_minus_inf", lambda x: x.norm(-np.inf, 1), lambda x: np.abs(x).min(1), (P,)),
    Row("norm_0", lambda x: x.norm(0, 1), lambda x: (x != 0).sum(1).astype(float), (real(3, 4, away=(0,)),)),
    Row("dist", lambda x, y: ag.dist(x, y, 3), lambda x, y: (np.abs(x - y) ** 3).sum() ** (1 / 3), (real(4), real(4))),
    Row("count_nonzero", lambda x: ag.count_nonzero(x, 1), lambda x: np.count_nonzero(x, 1), (ints(3, 4, high=2),), 0),
    Row("argmax_keepdim", lambda x: x.argmax(1, True), lambda x: x.argmax(1, keepdims=True), (D,), orders=0),
    Row("cumsum", lambda x: x.cumsum(1), lambda x: x.cumsum(1), (real(3, 4, 2),)),
    Row("cumsum_last", lambda x: x.cumsum(-1), lambda x: x.cumsum(-1), (real(3, 4),)),
    Row("cumprod", lambda x: x.cumprod(0), lambda x: x.cumprod(0), (positive(3, 4),)),
    Row("cumprod_zeros", lambda x, m: (x * m).cumprod(1), lambda x, m: (x * m).cumprod(1), (real(3, 4), fixed(SIGNS))),
    Row(
        "cumprod_long",
        lambda x, m: (x * m).cumprod(0),
        lambda x, m: (x * m).cumprod(0),
        (positive(40, low=0.8, high=1.2), fixed([1] * 20 + [0] + [1] * 19)),
    ),
    Row(
        "cumprod_wide",
        lambda x, m: (x * m).cumprod(0),
        lambda x, m: (x * m).cumprod(0),
        (positive(4, 40), fixed([[1], [1], [0], [1]])),
    ),
    Row(
        "logcumsumexp", lambda x: x.logcumsumexp(1), lambda x: log_sum_up_to(x, 1), (real(3, 4, high=50.0),), tol32=1e-4
    ),
    Row("cummax", lambda x: x.cummax(1)[0], lambda x: np.maximum.accumulate(x, 1), (D,)),
    Row("cummin", lambda x: x.cummin(0)[0], lambda x: np.minimum.accumulate(x, 0), (D,)),
    Row("diff", lambda x: ag.diff(x, 2, 0), lambda x: np.diff(x, 2, 0), (real(4, 3),)),
    Row(
        "diff_joined",
        lambda x, y: x.diff(prepend=y, append=y),
        lambda x, y: np.diff(x, prepend=y, append=y),
        (real(3, 4), real(3, 1)),
    ),
    Row("trapezoid", lambda y: ag.trapezoid(y, dx=0.5), lambda y: np.trapezoid(y, dx=0.5), (real(3, 4),)),
    Row(
        "trapezoid_x",
        lambda y, x: ag.trapezoid(y, x, dim=0),
        lambda y, x: np.trapezoid(y, x, axis=0),
        (real(3, 4), real(3)),
    ),
    Row(
        "cumulative_trapezoid",
        ag.cumulative_trapezoid,
        lambda y, x: np.cumsum((y[:, 1:] + y[:, :-1]) / 2 * np.diff(x), 1),
        (real(3, 4), real(3, 4)),
    ),
    Row("sort", lambda x: x.sort(1), lambda x: both(np.sort(x, 1), np.argsort(x, 1)), (D,)),
    Row(
        "sort_descending",
        lambda x: ag.sort(x, 0, descending=True),
        lambda x: both(-np.sort(-x, 0), np.argsort(-x, 0)),
        (D,),
    ),
    Row("argsort", lambda x: x.argsort(0), lambda x: x.argsort(0), (D,), orders=0),
    Row("msort", ag.msort, lambda x: np.sort(x, 0), (D,)),
    Row("topk", lambda x: x.topk(2, 0), lambda x: both(-np.sort(-x, 0)[:2], np.argsort(-x, 0)[:2]), (D,)),
    Row(
        "topk_smallest",
        lambda x: x.topk(3, largest=False),
        lambda x: both(np.sort(x, 1)[:, :3], np.argsort(x, 1)[:, :3]),
        (D,),
    ),
    Row("kthvalue", lambda x: x.kthvalue(2, 1), lambda x: both(np.sort(x, 1)[:, 1], np.argsort(x, 1)[:, 1]), (D,)),
    Row("median", ag.median, lambda x: np.sort(x.ravel())[5], (D,)),
    Row("median_dim", lambda x: x.median(1, True)[0], lambda x: lower_median(x, 1)[:, None], (D,)),
    Row("nanmedian", lambda x: x.nanmedian(0)[0], lambda x: lower_median(x, 0), (D,)),
    Row("mode", lambda x: ag.mode(ag.stack([x, x + 1, x], 1), 1)[0], lambda x: x, (real(5),)),
    Row("quantile", lambda x: ag.quantile(x, 0.3, 1), lambda x: np.quantile(x, 0.3, 1), (D,)),
    Row(
        "quantile_several",
        lambda x: x.quantile(np.array([0.2, 0.9]), 0, keepdim=True),
        lambda x: np.quantile(x, [0.2, 0.9], 0, keepdims=True),
        (D,),
    ),
    Row(
        "quantile_by_q",
        lambda x, q: ag.quantile(x, q, 1),
        lambda x, q: np.quantile(x, q, 1),
        (D, real(2, low=0.4, high=0.6)),
    ),
    Row("nanquantile", lambda x: ag.nanquantile(x, 0.6), lambda x: np.nanquantile(x, 0.6), (D,)),
    *(
        Row(
            f"quantile_{how}",
            lambda x, how=how: ag.quantile(x, 0.35, interpolation=how),
            lambda x, how=how: np.quantile(x, 0.35, method=how),
            (D,),
        )
        for how in ("lower", "higher", "midpoint", "nearest")
    ),
    Row("histc", lambda x: ag.histc(x.detach(), 5, -2, 2), lambda x: np.histogram(x, 5, (-2, 2))[0], (real(20),), 0),
    Row("bincount", lambda x: ag.bincount(x, minlength=7), lambda x: np.bincount(x, minlength=7), (ints(9),), orders=0),
    Row(
        "unique",
        lambda x: ag.unique(x, return_inverse=True, return_counts=True),
        lambda x: np.unique(x, return_inverse=True, return_counts=True),
        (ints(3, 4),),
        orders=0,
    ),
    Row(
        "searchsorted",
        lambda x: ag.searchsorted(ag.tensor([0, 1, 1, 3]), x, right=True),
        lambda x: np.searchsorted([0, 1, 1, 3], x, "right"),
        (ints(3, 4),),
        orders=0,
    ),
    Row(
        "bucketize",
        lambda x: ag.bucketize(x, ag.tensor([0, 1, 3])),
        lambda x: np.searchsorted([0, 1, 3], x),
        (ints(3, 4),),
        orders=0,
    ),
    Row("isin", lambda x: ag.isin(x, ag.tensor([1, 4])), lambda x: np.isin(x, [1, 4]), (ints(3, 4),), orders=0),
    Row("all_everything", ag.all, np.all, (bools(3, 4),), orders=0),
    Row("any_dims", lambda x: x.any((0, 1)), lambda x: x.any((0, 1)), (bools(3, 4, 2),), orders=0),
]
