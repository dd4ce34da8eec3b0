"""Samples of gamma, beta and Dirichlet distributions as differentiable functions of their parameters.

A sample is x = F⁻¹(u; a), u uniform and F the distribution function, so that dx/da = −∂F(x; a)/∂a / p(x; a), which needs
no inverse (Figurnov, Mohamed & Mnih 2018, "Implicit Reparameterization Gradients", eq. 5). ∂F/∂a has no closed form. Since
∂/∂a log p(t) = ln t − c, with c = E[ln t], it is

    −∂F(x)/∂a / p(x) = ∫ₓ^∞ p(t)/p(x) (ln t − c) dt = ∫₀ˣ p(t)/p(x) (c − ln t) dt

and above e^c the integrand of the first is positive, below it that of the second: a sum without cancellation. Over
ln t (or the logit of t) p is log-concave and falls at least exponentially, so that a Gauss-Legendre rule on a few panels,
up to where it has fallen by e⁻⁴⁰, gives all digits of float64 that ln t − c has.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine.primitive import Primitive, apply, no_derivative
from ..engine.tensor import Tensor, wrap
from ..random import by_example, read, stream

NODES = 40  # in each panel
FALL = 40.0  # from here on the density is smaller than the rounding error
FEATURE = 30.0  # over this length, in logarithms, e⁻ᵛ falls from where it matters to where it is less than rounding
CHUNK = 1 << 13  # elements at once


@cache
def _rule() -> tuple[ndarray, ndarray]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return (nodes + 1) / 2, weights / 2


def _end(log_density: Callable[[ndarray], ndarray], scale: ndarray) -> ndarray:
    """How far to go from 0 until the density, log-concave, has fallen by e^−FALL; at most a tenth too far."""
    far = scale
    for _ in range(200):
        short = log_density(far) > -FALL
        if not short.any():
            break
        far = np.where(short, 2 * far, far)
    near = far / 2
    near = np.where(far == scale, 0.0, near)
    for _ in range(6):
        middle = (near + far) / 2
        short = log_density(middle) > -FALL
        near, far = np.where(short, middle, near), np.where(short, far, middle)
    return far


def _integral(integrand: Callable[..., ndarray], edges: list[ndarray], columns: tuple[ndarray, ...]) -> ndarray:
    """∫ integrand(u, *columns) du over the panels between edges, which are arrays of one shape, in any order."""
    nodes, weights = _rule()
    ordered = np.sort(np.stack(edges), 0)
    total = np.zeros_like(edges[0])
    for low, high in pairwise(ordered):
        (rows,) = np.nonzero(high > low)
        if rows.size:
            width = (high - low)[rows]
            values = integrand(low[rows, None] + width[:, None] * nodes, *(c[rows, None] for c in columns))
            total[rows] += (values * weights).sum(1) * width
    return total


def _of_gamma(a: ndarray, x: ndarray) -> ndarray:
    """dx/da of x ~ Gamma(a, 1)."""
    from scipy.special import psi

    log_x, c = np.log(x), psi(a)
    sign = np.where(log_x > c, 1.0, -1.0)  # the side of x on which is integrated; u = sign · ln(t / x) ≥ 0

    def log_density(u: ndarray, a: ndarray, x: ndarray, sign: ndarray) -> ndarray:
        return a * sign * u - x * np.expm1(np.minimum(sign * u, 700.0))

    def integrand(u: ndarray, a: ndarray, x: ndarray, sign: ndarray, distance: ndarray) -> ndarray:
        return np.exp(log_density(u, a, x, sign)) * np.abs(distance + sign * u)

    columns = (a, x, sign)
    end = _end(lambda u: log_density(u, *columns), 1 / np.sqrt(1 + a + x))
    # over these t = x eᵘ the factor e^(−t) leaves 1
    edges = [np.clip(sign * (log_t - log_x), 0.0, end) for log_t in (-3 - FEATURE, -3)]
    return x * _integral(integrand, [np.zeros_like(end), *edges, end], (*columns, log_x - c))


def _of_beta(a: ndarray, b: ndarray, x: ndarray) -> ndarray:
    """dx/da / (x (1 − x)) of x ~ Beta(a, b)."""
    return _of_logarithms(a, b, np.log(x), np.log1p(-x))


def _of_beta_other(a: ndarray, b: ndarray, x: ndarray) -> ndarray:
    """−dx/db / (x (1 − x)) of x ~ Beta(a, b): 1 − x ~ Beta(b, a)."""
    return _of_logarithms(b, a, np.log1p(-x), np.log(x))


def _of_logarithms(a: ndarray, b: ndarray, log_x: ndarray, log_rest: ndarray) -> ndarray:
    """`_of_beta`, of ln x and ln(1 − x)."""
    from scipy.special import psi

    start, c = log_x - log_rest, psi(a) - psi(a + b)
    sign = np.where(log_x > c, 1.0, -1.0)  # v = logit t = start + sign · u

    def log_density(u: ndarray, a: ndarray, b: ndarray, start: ndarray, sign: ndarray) -> ndarray:
        v = start + sign * u
        # a ln t + b ln(1 − t), less its value at the start
        return a * (_log_sigmoid(v) - _log_sigmoid(start)) + b * (_log_sigmoid(-v) - _log_sigmoid(-start))

    def integrand(u: ndarray, a: ndarray, b: ndarray, start: ndarray, sign: ndarray, c: ndarray) -> ndarray:
        return np.exp(log_density(u, a, b, start, sign)) * np.abs(_log_sigmoid(start + sign * u) - c)

    columns = (a, b, start, sign)
    end = _end(lambda u: log_density(u, *columns), 1 / np.sqrt(1 + a + b))
    # between these logits the density has its curvature; far outside of them it is exponential
    reach = np.log1p(a + b) + 3
    inner = [np.clip(sign * (v - start), 0.0, end) for r in (reach, reach + FEATURE) for v in (-r, r)]
    return _integral(integrand, [np.zeros_like(end), *inner, end], (*columns, c))


def _log_sigmoid(v: ndarray) -> ndarray:
    return -np.logaddexp(0.0, -v)


def _elementwise(function: Callable) -> Callable:
    """`function` of vectors of float64 for arrays of any shape, which broadcast; the result in the dtype of the first."""

    def forward(*arrays: Any) -> ndarray:
        dtype = arrays[0].dtype
        wide = np.broadcast_arrays(*(np.asarray(a, np.float64) for a in arrays))
        flat = [a.reshape(-1) for a in wide]
        with np.errstate(all="ignore"):
            parts = [function(*(a[i : i + CHUNK] for a in flat)) for i in range(0, flat[0].size, CHUNK)]
        out = np.concatenate(parts) if parts else np.empty(0)
        return out.reshape(wide[0].shape).astype(dtype)

    return forward


def _derivative(function: Callable, name: str, inputs: int) -> Primitive:
    rule = no_derivative(name, "a parameter (it is one already: samples have first derivatives only)")
    return Primitive(_elementwise(function), name=name, vjps=(rule,) * inputs, elementwise=True)


_gamma_derivative = _derivative(_of_gamma, "gamma_sample_gradient", 2)
_beta_derivative = _derivative(_of_beta, "beta_sample_gradient", 3)
_beta_derivative_other = _derivative(_of_beta_other, "beta_sample_gradient", 3)


def gamma_derivative(concentration: Any, x: Any) -> Any:
    """dx/d concentration of x ~ Gamma(concentration, 1), elementwise."""
    return apply(_gamma_derivative, (concentration, x))


def beta_derivative(a: Any, b: Any, x: Any) -> Any:
    """dx/da / (x (1 − x)) of x ~ Beta(a, b), elementwise."""
    return apply(_beta_derivative, (a, b, x))


def beta_derivative_other(a: Any, b: Any, x: Any) -> Any:
    """−dx/db / (x (1 − x)) of x ~ Beta(a, b), elementwise."""
    return apply(_beta_derivative_other, (a, b, x))


# What was drawn, x, as a function of what it was drawn with.
_gamma_sample = Primitive(
    lambda x, a: np.array(x),
    name="gamma_sample",
    vjps=(lambda g, x, a: g, lambda g, x, a: g * gamma_derivative(a, x)),
    saves=(0, 1),
    elementwise=True,
)
_beta_sample = Primitive(
    lambda x, a, b: np.array(x),
    name="beta_sample",
    vjps=(
        lambda g, x, a, b: g,
        lambda g, x, a, b: g * (x * (1 - x)) * beta_derivative(a, b, x),
        lambda g, x, a, b: -g * (x * (1 - x)) * beta_derivative_other(a, b, x),
    ),
    saves=(0, 1, 2),
    elementwise=True,
)
# 0, whose derivative with respect to a is that of component x, ~ Beta(a, b), divided by 1 − x
_component = Primitive(
    lambda x, a, b: np.zeros_like(x),
    name="dirichlet_sample",
    vjps=(lambda g, x, a, b: g * 0.0, lambda g, x, a, b: g * x * beta_derivative(a, b, x), lambda g, x, a, b: g * 0.0),
    saves=(0, 1, 2),
    elementwise=True,
)


def gamma_sample(x: Any, concentration: Any) -> Any:
    """x, drawn from Gamma(concentration, 1), as a function of the concentration."""
    return apply(_gamma_sample, (x, concentration))


def beta_sample(x: Any, a: Any, b: Any) -> Any:
    """x, drawn from Beta(a, b), as a function of both."""
    return apply(_beta_sample, (x, a, b))


def dirichlet_sample(x: Any, concentration: Any) -> Any:
    """x, drawn from Dirichlet(concentration), as a function of the concentration.

    Component i moves as its marginal Beta(αᵢ, Σα − αᵢ), and the others shrink in proportion: dxⱼ/dαᵢ = −xⱼ/(1 − xᵢ) dxᵢ/dαᵢ
    (Jankowiak & Obermeyer 2018, "Pathwise Derivatives Beyond the Reparameterization Trick").
    """
    constant = concentration.detach()
    rest = constant.sum(-1, keepdim=True) - constant
    d = apply(_component, (x, concentration, rest))
    return x + d - x * d.sum(-1, keepdim=True)


# ----------------------------------------------------------------------------------------------------------- drawing


@by_example
def draw_gamma(concentration: Any, shape: tuple, dtype: np.dtype) -> Tensor:
    """Numbers ~ Gamma(concentration, 1), none of them 0."""
    x = stream(None).standard_gamma(read(concentration, "gamma").astype(np.float64), shape)
    return wrap(np.maximum(x, np.finfo(dtype).tiny).astype(dtype))


@by_example
def draw_beta(a: Any, b: Any, shape: tuple, dtype: np.dtype) -> Tensor:
    """Numbers ~ Beta(a, b), inside of (0, 1)."""
    x = stream(None).beta(read(a, "beta").astype(np.float64), read(b, "beta").astype(np.float64), shape)
    info = np.finfo(dtype)
    return wrap(np.clip(x, info.tiny, 1 - info.epsneg).astype(dtype))


@by_example
def draw_dirichlet(concentration: Any, shape: tuple, dtype: np.dtype) -> Tensor:
    """Vectors ~ Dirichlet(concentration): gamma variables over their sum, by logarithms, which do not underflow."""
    a = read(concentration, "dirichlet").astype(np.float64)
    rng = stream(None)
    # Gamma(a) ~ Gamma(a + 1) u^(1/a)
    logs = np.log(rng.standard_gamma(a + 1, shape)) - rng.standard_exponential(shape) / a
    x = np.exp(logs - logs.max(-1, keepdims=True))
    x /= x.sum(-1, keepdims=True)
    info = np.finfo(dtype)
    return wrap(np.clip(x, info.tiny, 1 - info.epsneg).astype(dtype))
