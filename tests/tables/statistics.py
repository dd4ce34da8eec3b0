"""Covariance, correlation, bounded norms, against NumPy."""

import numpy as np

import autograd_core as ag

from . import Row, fixed, positive, real

COUNTS = fixed(np.array([1, 3, 2, 1, 4]))


def renorm(x, p, dim, maxnorm):
    out = x.copy()
    for i in range(x.shape[dim]):
        index = (*(slice(None),) * dim, i)
        size = (np.abs(x[index]) ** p).sum() ** (1 / p)
        if size > maxnorm:
            out[index] = x[index] * (maxnorm / (size + 1e-7))
    return out


ROWS = [
    Row("cov", ag.cov, np.cov, (real(3, 5),)),
    Row("cov_of_a_vector", lambda x: ag.cov(x, correction=0), lambda x: np.var(x), (real(5),)),
    Row("cov_counted", lambda x, n: ag.cov(x, fweights=n), lambda x, n: np.cov(x, fweights=n), (real(3, 5), COUNTS)),
    Row(
        "cov_weighted",
        lambda x, n, w: ag.cov(x, correction=2, fweights=n, aweights=w),
        lambda x, n, w: np.cov(x, ddof=2, fweights=n, aweights=w),
        (real(3, 5), COUNTS, positive(5)),
    ),
    Row("corrcoef", ag.corrcoef, np.corrcoef, (real(3, 5),)),
    Row("corrcoef_of_a_vector", ag.corrcoef, lambda x: np.ones(()), (real(5),), orders=1),
    Row("renorm", lambda x: ag.renorm(x, 2, 0, 2.0), lambda x: renorm(x, 2, 0, 2.0), (real(4, 3),)),
    Row("renorm_middle", lambda x: ag.renorm(x, 1, 1, 1.5), lambda x: renorm(x, 1, 1, 1.5), (real(2, 3, 2),)),
    Row("sum_to_size", lambda x: x.sum_to_size(3, 1), lambda x: x.sum(0).sum(1, keepdims=True), (real(2, 3, 4),)),
    Row(
        "split_with_sizes",
        lambda x: x.split_with_sizes([1, 3], 1),
        lambda x: np.split(x, [1], 1),
        (real(2, 4),),
        view=True,
    ),
    Row("narrow_copy", lambda x: x.narrow_copy(1, 1, 2), lambda x: x[:, 1:3], (real(2, 4),)),
]
