"""log Z of a restricted Boltzmann machine: exact where one layer is small, and by annealed importance sampling."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from .rbm_units import Units

ROWS = 4096  # states at a time


def exact_log_partition(units: Units) -> float:
    """By all states of the smaller layer, over the other of which the sum (or integral) is known. float64."""
    W, c, a = units.arrays()
    if units.visible == "gaussian":  # ∫ exp(-|v - a|²/2 + h·W v) dv = (2π)^(D/2) exp(a·Wᵀh + |Wᵀh|²/2)
        constant = len(a) / 2 * math.log(2 * math.pi)
        return constant + _over_states(len(c), lambda h: h @ c + h @ W @ a + np.square(h @ W).sum(1) / 2)
    if len(c) <= len(a):
        return _over_states(len(c), lambda h: h @ c + np.logaddexp(0, h @ W + a).sum(1))
    return _over_states(len(a), lambda v: v @ a + np.logaddexp(0, v @ W.T + c).sum(1))


def _over_states(n: int, log_weight: Callable[[ndarray], ndarray]) -> float:
    """log Σ exp(log_weight(s)) over s in {0, 1}ⁿ."""
    sums = []
    for i in range(0, 2**n, ROWS):
        numbers = np.arange(i, min(i + ROWS, 2**n))
        states = (numbers[:, None] >> np.arange(n) & 1).astype(np.float64)
        sums.append(_log_sum(log_weight(states)))
    return _log_sum(np.array(sums))


def _log_sum(logs: ndarray) -> float:
    top = float(logs.max())
    return top + math.log(float(np.exp(logs - top).sum()))


@dataclass(repr=False)
class AnnealedEstimate:
    """An estimate of log Z.

    log_z      the estimate
    low, high  log of the estimate of Z less and plus three standard deviations; low may be -inf
    logs       of the chains' weights times the base's Z, whose mean the estimate is the logarithm of
    """

    log_z: float
    low: float
    high: float
    logs: ndarray

    def __repr__(self) -> str:
        return f"AnnealedEstimate(log Z = {self.log_z:.4f}, from {self.low:.4f} to {self.high:.4f})"


def annealed_importance_sampling(
    units: Units, base: ndarray, chains: int, steps: int, rng: np.random.Generator
) -> AnnealedEstimate:
    """From the machine without weights, whose visible bias is `base`, to this one by way of

        P_β(v, h) ∝ exp((1 - β) base·v + β (a·v + c·h + h·W v)),   β = 0, 1/steps, …, 1

    (with Gaussian units exp(-|v - a_β|²/2 + β (c·h + h·W v)), a_β = (1 - β) base + β a). A chain has the weight
    Π_k P*_k(v_k) / P*_{k-1}(v_k), where v_k is drawn by a step that leaves P_{k-1} as it is.

    Source: Salakhutdinov & Murray 2008, "On the quantitative analysis of deep belief networks", section 3; Neal 2001.
    """
    H, D = units.weight.shape
    gaussian = units.visible == "gaussian"
    start = np.zeros((chains, D)) + base
    v = start + rng.standard_normal(start.shape) if gaussian else units.bernoulli(rng, 1 / (1 + np.exp(-start)))
    log_z = H * math.log(2) + (D / 2 * math.log(2 * math.pi) if gaussian else float(np.logaddexp(0, base).sum()))
    logs = np.full(chains, log_z)

    def log_weight(beta: float, v: ndarray, inner: ndarray) -> ndarray:
        bias = (1 - beta) * base + beta * units.visible_bias
        own = -np.square(v - bias).sum(1) / 2 if gaussian else v @ bias
        return own + np.logaddexp(0, beta * inner).sum(1)

    betas = np.linspace(0, 1, steps + 1)
    for k in range(1, steps + 1):
        beta = betas[k]
        inner = units.hidden_input(v)
        logs += log_weight(beta, v, inner) - log_weight(betas[k - 1], v, inner)
        if k < steps:
            h = units.bernoulli(rng, 0.5 + 0.5 * np.tanh(0.5 * beta * inner))
            bias = (1 - beta) * base + beta * units.visible_bias
            v = Units(units.weight, units.hidden_bias, bias, units.visible).draw_visible(rng, beta * h)
    top = logs.max()
    w = np.exp(logs - top)
    mean, spread = float(w.mean()), float(w.std(ddof=1)) / math.sqrt(chains)
    low = top + math.log(mean - 3 * spread) if mean > 3 * spread else -math.inf
    return AnnealedEstimate(float(top) + math.log(mean), float(low), float(top) + math.log(mean + 3 * spread), logs)
