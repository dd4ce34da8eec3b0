"""Connectionist temporal classification: the forward and the backward recursion over all alignments, in logarithms.

    α_t(s) = log(e^α_{t-1}(s) + e^α_{t-1}(s-1) + e^(α_{t-1}(s-2) + skip(s))) + log p_t(label of s),   and β_t(s) likewise
    loss = -log(e^α_{T-1}(L-1) + e^α_{T-1}(L-2)),   its gradient to log p_t(c) = -Σ_{s: label c} e^(α_t(s) + β_t(s) + loss)

Sizes: N examples, T time steps, C classes, S labels at most; L = 2 S + 1 states, the labels with blanks around and
between them (Graves et al. 2006, section 4.1). From a state one stays, goes to the next, or, to a label that differs from
the one before, skips the blank between: `skips` holds 0 where that is allowed, else -inf.

Layouts: log probabilities lp (T, N, C), labels (N, L), skips (N, L + EDGE), alphas (N, T, L + EDGE), offsets (N, T). A row of
states is computed at once, as vectors. Each row is kept relative to the largest of the row before, the sum of what was
subtracted apart in float64, so that long sequences lose no digits. Parallel split: a task is one example.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from ..machine.exponential import ByDtype, exp
from ..machine.runtime import kernel, plain, warms_up
from ..machine.threads import parallel_for

EDGE = 2  # states of probability 0 at the end of a row, where the others have no neighbours


# ------------------------------------------------------------------------------------------ the logarithm of 0 and [1, 3]
#
# y = 2ᵏ (1 + x) with |x| < 0.42; log(1 + x) by Cephes' polynomial or rational function. What exp-sums of three terms
# relative to the largest are: at least 1, at most 3, or 0 where all three are impossible.


@kernel()
def _log_single(y):  # type: ignore[no-untyped-def]
    k = np.float32(0.0) if y < np.float32(1.4142135) else np.float32(1.0)
    k = np.float32(2.0) if y > np.float32(2.828427) else k
    scale = np.float32(1.0) if y < np.float32(1.4142135) else np.float32(0.5)
    scale = np.float32(0.25) if y > np.float32(2.828427) else scale
    x = y * scale - np.float32(1.0)
    z = x * x
    p = np.float32(7.0376836292e-2)
    p = p * x - np.float32(1.1514610310e-1)
    p = p * x + np.float32(1.1676998740e-1)
    p = p * x - np.float32(1.2420140846e-1)
    p = p * x + np.float32(1.4249322787e-1)
    p = p * x - np.float32(1.6668057665e-1)
    p = p * x + np.float32(2.0000714765e-1)
    p = p * x - np.float32(2.4999993993e-1)
    p = p * x + np.float32(3.3333331174e-1)
    p = p * x * z - np.float32(2.12194440e-4) * k - np.float32(0.5) * z
    out = x + p + np.float32(0.693359375) * k
    return np.float32(-np.inf) if y == np.float32(0.0) else out


@kernel()
def _log_double(y):  # type: ignore[no-untyped-def]
    k = 0.0 if y < 1.4142135623730951 else 1.0
    k = 2.0 if y > 2.8284271247461903 else k
    scale = 1.0 if y < 1.4142135623730951 else 0.5
    scale = 0.25 if y > 2.8284271247461903 else scale
    x = y * scale - 1.0
    z = x * x
    p = 1.01875663804580931796e-4
    p = p * x + 4.97494994976747001425e-1
    p = p * x + 4.70579119878881725854
    p = p * x + 1.44989225341610930846e1
    p = p * x + 1.79368678507819816313e1
    p = p * x + 7.70838733755885391666
    q = x + 1.12873587189167450590e1
    q = q * x + 4.52279145837532221105e1
    q = q * x + 8.29875266912776603211e1
    q = q * x + 7.11544750618563894466e1
    q = q * x + 2.31251620126765340583e1
    p = x * (z * p / q) - 2.121944400546905827679e-4 * k - 0.5 * z
    return -np.inf if y == 0.0 else x + p + 0.693359375 * k


log = ByDtype(_log_single, _log_double)


# --------------------------------------------------------------------------------------------------------- recursions


@kernel()
def _step(here, near, far, skips, added, off, out):  # type: ignore[no-untyped-def]
    """out = log(e^here + e^near + e^(far + skips)) + added - off, element by element."""
    least = here.dtype.type(-1e30)
    for s in range(out.shape[0]):
        a = here[s]
        b = near[s]
        c = far[s] + skips[s]
        m = b if b > a else a
        m = c if c > m else m
        m = least if m < least else m  # finite, so that nothing is -inf + inf
        out[s] = m + log(exp(a - m) + exp(b - m) + exp(c - m)) + added[s] - off


@kernel()
def _largest(row):  # type: ignore[no-untyped-def]
    """The largest of a row, if it is a number to count from, otherwise 0."""
    m = row[0]
    for s in range(row.shape[0]):
        if row[s] > m:
            m = row[s]
    return m if m > row.dtype.type(-1e30) else row.dtype.type(0.0)


@kernel()
def _emitted(scores, labels, lo, hi, out):  # type: ignore[no-untyped-def]
    """out[s] = scores[labels[s]] of the states lo : hi."""
    for s in range(lo, hi):
        out[s] = scores[labels[s]]


@kernel(allocates=True)
def _forward(start, stop, lp, labels, skips, lengths, sizes, alphas, offsets, nll):  # type: ignore[no-untyped-def]
    """alphas[n, t, s + EDGE] + offsets[n, t] = log P(steps 0 to t, ending in state s); nll = -log P(labels).

    Only the states from which the end can still be reached, and that can be reached.

    lp                    (T, N, C): log probabilities
    labels, skips         (N, L), (N, L + EDGE): what `states` returns
    lengths, sizes        (N,): time steps and labels of each example
    alphas                (N, T, L + EDGE), comes with -inf
    offsets, nll          (N, T) in float64, (N,)
    """
    emitted = np.empty(labels.shape[1], lp.dtype)
    for n in range(start, stop):
        T, L = lengths[n], 2 * sizes[n] + 1
        alpha = alphas[n]
        if T == 0:
            nll[n] = 0.0 if L == 1 else np.inf
            continue
        for s in range(min(2, L)):
            alpha[0, s + EDGE] = lp[0, n, labels[n, s]]
        total = 0.0
        offsets[n, 0] = total
        for t in range(1, T):
            lo, hi = max(0, L - 2 * (T - t)), min(L, 2 * t + 2)
            if lo >= hi:
                break
            before = alpha[t - 1]
            off = _largest(before[lo : hi + EDGE])
            total += off
            offsets[n, t] = total
            _emitted(lp[t, n], labels[n], lo, hi, emitted)
            _step(
                before[lo + 2 : hi + 2], before[lo + 1 : hi + 1], before[lo:hi], skips[n, lo:hi], emitted[lo:hi], off,
                alpha[t, lo + EDGE : hi + EDGE],
            )  # fmt: skip
        a, b = alpha[T - 1, L - 1 + EDGE], alpha[T - 1, L - 2 + EDGE]
        m = b if b > a else a
        least = lp.dtype.type(-1e30)
        m = least if m < least else m
        nll[n] = -(m + log(exp(a - m) + exp(b - m)) + total)


@kernel(allocates=True)
def _backward(  # type: ignore[no-untyped-def]
    start, stop, g, lp, labels, skips, lengths, sizes, alphas, offsets, nll, out
):
    """out[t, n, c] = -g[n] P(at step t in a state of label c | the labels).

    g                 (N,): the gradient of each loss
    lp, labels, …     what `_forward` has taken and set
    out               (T, N, C), comes as zeros
    """
    width = labels.shape[1] + EDGE
    zeros = np.zeros(width, lp.dtype)
    emitted, posterior = np.empty(width, lp.dtype), np.empty(width, lp.dtype)
    for n in range(start, stop):
        T, L = lengths[n], 2 * sizes[n] + 1
        if g[n] == 0.0 or T == 0:
            continue
        if nll[n] == np.inf:
            out[:T, n] = np.nan
            continue
        beta = np.full(width, -np.inf, lp.dtype)  # + total = log P(the steps after t | state s at t)
        after = np.full(width, -np.inf, lp.dtype)  # the same with step t + 1's own
        for s in range(max(0, L - 2), L):
            beta[s] = 0.0
        total = 0.0
        for t in range(T - 1, -1, -1):
            lo, hi = max(0, L - 2 * (T - t)), min(L, 2 * t + 2)
            if t < T - 1:
                off = _largest(after[lo : hi + EDGE])
                total += off
                _step(
                    after[lo:hi], after[lo + 1 : hi + 1], after[lo + 2 : hi + 2], skips[n, lo + 2 : hi + 2],
                    zeros[lo:hi], off, beta[lo:hi],
                )  # fmt: skip
            _emitted(lp[t, n], labels[n], lo, hi, emitted)
            constant = lp.dtype.type(offsets[n, t] + total + nll[n])
            alpha = alphas[n, t]
            for s in range(lo, hi):
                posterior[s] = exp(alpha[s + EDGE] + beta[s] + constant)
                after[s] = beta[s] + emitted[s]
            row = out[t, n]
            for s in range(lo, hi):
                row[labels[n, s]] -= g[n] * posterior[s]


# ----------------------------------------------------------------------------------------------------------- wrappers


def states(targets: ndarray, blank: int, dtype: np.dtype) -> tuple[ndarray, ndarray]:
    """The label of each state (N, L), and (N, L + EDGE): 0 where it can be reached by a skip, else -inf."""
    N, S = targets.shape
    labels = np.full((N, 2 * S + 1), blank, np.int64)
    labels[:, 1::2] = targets
    skips = np.full((N, 2 * S + 1 + EDGE), -np.inf, dtype)
    skips[:, 3 : 2 * S : 2] = np.where(targets[:, 1:] != targets[:, :-1], 0.0, -np.inf)
    return labels, skips


def ctc_forward(lp: ndarray, targets: ndarray, lengths: ndarray, sizes: ndarray, blank: int) -> tuple:
    """-log P(targets | lp) of each example, and what `ctc_backward` takes. lp (T, N, C), targets (N, S)."""
    lp, lengths, sizes = plain(lp), plain(lengths, np.int64), plain(sizes, np.int64)
    T, N, _ = lp.shape
    labels, skips = states(targets, blank, lp.dtype)
    L = labels.shape[1]
    alphas = np.full((N, T, L + EDGE), -np.inf, lp.dtype)
    offsets, nll = np.zeros((N, T)), np.empty(N, lp.dtype)
    parallel_for(_forward, N, 8.0 * T * N * L, lp, labels, skips, lengths, sizes, alphas, offsets, nll)
    return nll, (lp, labels, skips, lengths, sizes, alphas, offsets, nll)


def ctc_backward(g: ndarray, saved: tuple) -> ndarray:
    """The gradient with respect to lp."""
    lp, labels = saved[:2]
    out = np.zeros_like(lp)
    T, N, _ = lp.shape
    parallel_for(_backward, N, 10.0 * T * N * labels.shape[1], plain(g, lp.dtype), *saved, out)
    return out


@warms_up
def _ctc() -> None:
    lengths, sizes = np.array([3, 2]), np.array([1, 1])
    for dtype in (np.float32, np.float64):
        nll, saved = ctc_forward(np.zeros((3, 2, 2), dtype), np.ones((2, 1), np.int64), lengths, sizes, 0)
        ctc_backward(nll, saved)
