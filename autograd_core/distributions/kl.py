"""The Kullback-Leibler divergence: a table of pairs, and what the two of most of them need.

D(p ‖ q) = −H(p) − E_p[log q]. Where q is of a family whose logarithm is linear in a few functions of x (x, x², ln x,
e^(−x/s)), the second part needs only their expectations under p: `EXPECTED` has them.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from ..engine.basics import where
from . import constraints
from .categorical import Categorical, OneHotCategorical
from .discrete import Bernoulli, Binomial, Geometric, Poisson, times
from .distribution import EULER, HALF_LOG_2PI, Distribution, full, sum_rightmost
from .independent import Independent
from .location import Cauchy, Gumbel, HalfNormal, Laplace, LogNormal, Normal, Uniform
from .multivariate_normal import MultivariateNormal, squared_distance
from .positive import Beta, Dirichlet, Exponential, Gamma, log_beta

_TABLE: dict[tuple[type, type], Callable] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Callable], Callable]:
    """Register the decorated function of (p, q) as their divergence, for `kl_divergence`.

    It holds for distributions of the classes `type_p` and `type_q` and of classes derived from them, unless those have a
    function of their own.

    Formula: kl_divergence(p, q) = function(p, q)
    Shapes: any.
    Dtypes: any.
    Raises: TypeError if one is no class of distributions.
    Source: PyTorch's `distributions.kl.register_kl`.

    >>> import autograd_core as ag
    >>> class Mine(ag.distributions.Normal):
    ...     pass
    >>> @ag.distributions.register_kl(Mine, Mine)
    ... def same(p, q):
    ...     return ag.tensor(7.0)
    >>> ag.distributions.kl_divergence(Mine(0.0, 1.0), Mine(0.0, 1.0))
    tensor(7.)
    """
    for kind in (type_p, type_q):
        if not (isinstance(kind, type) and issubclass(kind, Distribution)):
            raise TypeError(f"register_kl: needs two classes derived from Distribution, got {kind!r}")

    def register(function: Callable) -> Callable:
        _TABLE[type_p, type_q] = function
        return function

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    """Compute the Kullback-Leibler divergence of `p` from `q`, in nats.

    Formula: D(p ‖ q) = ∫ p(x) ln(p(x) / q(x)) dx
    Shapes: the batch_shapes, broadcast together.
    Dtypes: the parameters'.
    Raises: NotImplementedError for a pair without a formula; `register_kl` adds one.
    Source: Kullback & Leibler 1951, "On Information and Sufficiency"; PyTorch's `distributions.kl_divergence`.

    >>> import autograd_core as ag
    >>> from autograd_core.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
    tensor(0.5)
    """
    return _function(type(p), type(q))(p, q)


def _function(p: type, q: type) -> Callable:
    """The function of the nearest classes: those of p count first, unless q's order would say another, with a warning."""
    matches = [(a, b) for a, b in _TABLE if issubclass(p, a) and issubclass(q, b)]
    if not matches:
        raise NotImplementedError(
            f"kl_divergence: there is no formula for {p.__name__} and {q.__name__}; add one with @register_kl, or estimate "
            "it by (p.log_prob(x) - q.log_prob(x)).mean() over x = p.sample((n,))"
        )
    left = min(matches, key=lambda m: (p.__mro__.index(m[0]), q.__mro__.index(m[1])))
    right = min(matches, key=lambda m: (q.__mro__.index(m[1]), p.__mro__.index(m[0])))
    if _TABLE[left] is not _TABLE[right]:
        names = [f"({a.__name__}, {b.__name__})" for a, b in (left, right)]
        warnings.warn(
            f"kl_divergence: of {p.__name__} and {q.__name__}, both {names[0]} and {names[1]} are registered; the first is "
            "taken. Register the pair itself",
            RuntimeWarning,
            stacklevel=3,
        )
    return _TABLE[left]


# ------------------------------------------------------------------------------------------- expectations under p


def _mean_of_log(p: Any) -> Any:
    """E ln x."""
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Gamma):
        return p.concentration.digamma() - p.rate.log()
    if isinstance(p, Exponential):
        return -p.rate.log() - EULER
    return _mean_log_uniform(p.low, p.high)


def _mean_log_uniform(low: Any, high: Any) -> Any:
    return (high.xlogy(high) - low.xlogy(low)) / (high - low) - 1


def _mean_of_exponential(p: Any, s: Any) -> Any:
    """E exp(−x / s)."""
    if isinstance(p, Normal):
        return (-p.loc / s + 0.5 * (p.scale / s) ** 2).exp()
    if isinstance(p, Gamma):
        return (-p.concentration * (1 / (s * p.rate)).log1p()).exp()
    if isinstance(p, Exponential):
        return 1 / (1 + 1 / (s * p.rate))
    if isinstance(p, Gumbel):
        return (-p.loc / s + (1 + p.scale / s).lgamma()).exp()
    return s * ((-p.low / s).exp() - (-p.high / s).exp()) / (p.high - p.low)


# ------------------------------------------------------------------------------------------------ −E_p[log q] of q


def _normal(p: Any, q: Any) -> Any:
    return HALF_LOG_2PI + q.scale.log() + 0.5 * (p.variance + (p.mean - q.loc) ** 2) / q.scale**2


def _exponential(p: Any, q: Any) -> Any:
    return q.rate * p.mean - q.rate.log()


def _gamma(p: Any, q: Any) -> Any:
    a, b = q.concentration, q.rate
    return a.lgamma() - a * b.log() - (a - 1) * _mean_of_log(p) + b * p.mean


def _gumbel(p: Any, q: Any) -> Any:
    return q.scale.log() + (p.mean - q.loc) / q.scale + (q.loc / q.scale).exp() * _mean_of_exponential(p, q.scale)


def _within(p: Any, q: Any) -> Any:
    """−E_p[log q] of a uniform q."""
    return (q.high - q.low).log()


def _beta(p: Any, q: Any) -> Any:
    """Of a uniform p."""
    a, b = q.concentration1, q.concentration0
    of_rest = _mean_log_uniform(1 - p.high, 1 - p.low)
    return log_beta(a, b) - (a - 1) * _mean_of_log(p) - (b - 1) * of_rest


_CROSS: dict[type, Callable] = {
    Normal: _normal, Exponential: _exponential, Gamma: _gamma, Gumbel: _gumbel, Uniform: _within, Beta: _beta,
}  # fmt: skip
_SUPPORT: dict[type, tuple[float, float]] = {
    **dict.fromkeys((Normal, Gumbel, Laplace), (-math.inf, math.inf)),
    **dict.fromkeys((Exponential, Gamma), (0.0, math.inf)),
    Beta: (0.0, 1.0),
}


def _bounds(d: Any, kind: type) -> tuple[Any, Any]:
    """The ends of a support."""
    return (d.low, d.high) if kind is Uniform else _SUPPORT[kind]


def _register_cross(kind_p: type, kind_q: type) -> None:
    @register_kl(kind_p, kind_q)
    def divergence(p: Any, q: Any) -> Any:
        (low_p, high_p), (low_q, high_q) = _bounds(p, kind_p), _bounds(q, kind_q)
        if all(isinstance(end, float) for end in (low_p, high_p, low_q, high_q)):
            if low_p < low_q or high_p > high_q:  # p has values where q has none
                return full(p.mean + q.mean, math.inf)
            return _CROSS[kind_q](p, q) - p.entropy()
        outside = (low_p < low_q) | (high_p > high_q)
        if constraints.values_of(outside).ndim == 0 and (low_p == -math.inf or high_p == math.inf):
            return full(p.mean + q.mean, math.inf)
        return where(outside, math.inf, _CROSS[kind_q](p, q) - p.entropy())


_CROSSED: dict[type, tuple[type, ...]] = {
    Beta: (Exponential, Gamma, Normal, Uniform),
    Exponential: (Beta, Gamma, Gumbel, Normal, Uniform),
    Gamma: (Beta, Exponential, Gumbel, Normal, Uniform),
    Gumbel: (Beta, Exponential, Gamma, Normal, Uniform),
    Laplace: (Beta, Exponential, Gamma, Normal, Uniform),
    Normal: (Beta, Exponential, Gamma, Gumbel, Uniform),
    Uniform: (Beta, Exponential, Gamma, Gumbel, Normal, Uniform),
}
for _p, _qs in _CROSSED.items():
    for _q in _qs:
        _register_cross(_p, _q)


# -------------------------------------------------------------------------------------------------- of one family


@register_kl(Normal, Normal)
def _(p: Any, q: Any) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - ratio.log())


@register_kl(LogNormal, LogNormal)
def _(p: Any, q: Any) -> Any:
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(HalfNormal, HalfNormal)
def _(p: Any, q: Any) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio - 1 - ratio.log())


@register_kl(Laplace, Laplace)
def _(p: Any, q: Any) -> Any:
    ratio, distance = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + distance / q.scale + ratio * (-distance / p.scale).exp() - 1


@register_kl(Normal, Laplace)
def _(p: Any, q: Any) -> Any:
    z = (p.loc - q.loc) / p.scale
    distance = p.scale * (math.sqrt(2 / math.pi) * (-0.5 * z * z).exp() + z * (z / math.sqrt(2)).erf())
    return (2 * q.scale).log() + distance / q.scale - p.entropy()


@register_kl(Cauchy, Cauchy)
def _(p: Any, q: Any) -> Any:
    return ((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2).log() - (4 * p.scale * q.scale).log()


@register_kl(Gumbel, Gumbel)
def _(p: Any, q: Any) -> Any:
    ratio, shift = p.scale / q.scale, (p.loc - q.loc) / q.scale
    return -ratio.log() + shift + ratio * EULER + (-shift + (1 + ratio).lgamma()).exp() - (1 + EULER)


@register_kl(Exponential, Exponential)
def _(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Gamma, Gamma)
def _(p: Any, q: Any) -> Any:
    return (
        q.concentration * (p.rate / q.rate).log()
        + q.concentration.lgamma()
        - p.concentration.lgamma()
        + (p.concentration - q.concentration) * p.concentration.digamma()
        + (q.rate - p.rate) * (p.concentration / p.rate)
    )


@register_kl(Beta, Beta)
def _(p: Any, q: Any) -> Any:
    a, b = p.concentration1, p.concentration0
    da, db = a - q.concentration1, b - q.concentration0
    norms = log_beta(q.concentration1, q.concentration0) - log_beta(a, b)
    return norms + da * a.digamma() + db * b.digamma() - (da + db) * (a + b).digamma()


@register_kl(Dirichlet, Dirichlet)
def _(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    norms = total.lgamma() - b.sum(-1).lgamma() + (b.lgamma() - a.lgamma()).sum(-1)
    return norms + ((a - b) * (a.digamma() - total.digamma().unsqueeze(-1))).sum(-1)


@register_kl(MultivariateNormal, MultivariateNormal)
def _(p: Any, q: Any) -> Any:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"kl_divergence: the vectors have different sizes, event_shape {p.event_shape} and {q.event_shape}"
        )
    columns = p.scale_tril.mT  # ‖L_q⁻¹ L_p‖², column by column
    trace = squared_distance(q.scale_tril if len(q.scale_tril.shape) == 2 else q.scale_tril.unsqueeze(-3), columns)
    distance = squared_distance(q.scale_tril, q.loc - p.loc)
    return q.half_log_det() - p.half_log_det() + 0.5 * (trace.sum(-1) + distance - p.event_shape[0])


@register_kl(Bernoulli, Bernoulli)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() - q._successes(p.probs) - q._failures(p._failure)


@register_kl(Geometric, Geometric)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() - q._failures(p.mean) - q._successes(full(p.probs, 1.0))


@register_kl(Binomial, Binomial)
def _(p: Any, q: Any) -> Any:
    if constraints.values_of(p.total_count < q.total_count).any():
        raise NotImplementedError(
            "kl_divergence: of binomial distributions there is no closed form where q has more trials than p"
        )
    of_trial = -p._entropy_of_trial() - q._successes(p.probs) - q._failures(p._failure)
    return where(p.total_count > q.total_count, math.inf, p.total_count * of_trial)


@register_kl(Poisson, Poisson)
def _(p: Any, q: Any) -> Any:
    return p.rate.xlogy(p.rate) - p.rate.xlogy(q.rate) - (p.rate - q.rate)


@register_kl(Categorical, Categorical)
@register_kl(OneHotCategorical, OneHotCategorical)
def _(p: Any, q: Any) -> Any:
    if p.param_shape[-1] != q.param_shape[-1]:
        raise ValueError(
            f"kl_divergence: the distributions have {p.param_shape[-1]} and {q.param_shape[-1]} categories; they must be "
            "the same"
        )
    likely = p.probs > 0
    return where(likely, times(p.probs, where(likely, p.logits, 0.0) - q.logits), 0.0).sum(-1)


@register_kl(Bernoulli, Poisson)
def _(p: Any, q: Any) -> Any:
    return -p.entropy() - p.probs.xlogy(q.rate) + q.rate


@register_kl(Poisson, Bernoulli)
@register_kl(Poisson, Binomial)
def _(p: Any, q: Any) -> Any:
    return full(p.mean + q.mean, math.inf)


@register_kl(Independent, Independent)
def _(p: Any, q: Any) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError(
            f"kl_divergence: p has {p.reinterpreted_batch_ndims} reinterpreted_batch_ndims and q "
            f"{q.reinterpreted_batch_ndims}; they must be the same"
        )
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)
