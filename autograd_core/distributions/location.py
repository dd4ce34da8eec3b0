"""Distributions on the line with a location and a scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..engine.basics import where
from ..engine.types import TensorLike
from ..ops.elementwise.special import ndtr, ndtri
from . import constraints
from .constraints import Constraint
from .distribution import EULER, HALF_LOG_2PI, Distribution, full, parameters, standard_normal, uniform
from .implicit import draw_gamma, gamma_sample


class LocationScale(Distribution):
    """Describes x = loc + scale z, z of a fixed distribution (LogNormal: its logarithm)."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.real  # type: ignore[assignment]
    has_rsample = True

    def __init__(self, loc: TensorLike, scale: TensorLike, validate_args: bool | None = None):
        self.loc, self.scale = parameters(type(self).__name__, loc=loc, scale=scale)
        super().__init__(self.loc.shape, validate_args=validate_args)


class ByQuantile(LocationScale):
    """Draws samples by inversion: a subclass defines `quantile`, the inverse of its cdf."""

    def quantile(self, u: Any) -> Any:
        raise NotImplementedError

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.quantile(uniform(self.loc, self.shape_of(sample_shape)))

    def icdf(self, value: TensorLike) -> Any:
        return self.quantile(self.checked_probability(value))


class Normal(LocationScale):
    """Describes the normal distribution of mean `loc` and standard deviation `scale`.

    {checks}

    Formula: log p(x) = −(x − loc)² / (2 scale²) − ln scale − ½ ln 2π
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises}
    Source: PyTorch's `distributions.Normal`; rsample: Kingma & Welling 2014, "Auto-Encoding Variational Bayes".

    >>> import autograd_core as ag
    >>> d = ag.distributions.Normal(ag.tensor([0.0, 1.0]), 2.0)
    >>> d.log_prob(ag.tensor([0.0, 3.0]))
    tensor([-1.6121, -2.1121])
    """

    @property
    def mean(self) -> Any:
        return self.loc

    mode = mean

    @property
    def stddev(self) -> Any:
        return self.scale

    @property
    def variance(self) -> Any:
        return self.scale * self.scale

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.loc + self.scale * standard_normal(self.loc, self.shape_of(sample_shape))

    def log_prob(self, value: TensorLike) -> Any:
        z = (self.checked(value) - self.loc) / self.scale
        return -0.5 * (z * z) - self.scale.log() - HALF_LOG_2PI

    def cdf(self, value: TensorLike) -> Any:
        return ndtr((self.checked(value) - self.loc) / self.scale)

    def icdf(self, value: TensorLike) -> Any:
        return self.loc + self.scale * ndtri(self.checked_probability(value))

    def entropy(self) -> Any:
        return 0.5 + HALF_LOG_2PI + self.scale.log()


class LogNormal(LocationScale):
    """Describes positive numbers whose logarithm is normal, of mean `loc` and standard deviation `scale`.

    {checks}

    Formula: log p(x) = −(ln x − loc)² / (2 scale²) − ln(x scale) − ½ ln 2π, x > 0
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises}
    Source: PyTorch's `distributions.LogNormal`.

    >>> import autograd_core as ag
    >>> ag.distributions.LogNormal(0.0, 1.0).mean
    tensor(1.6487)
    """

    support = constraints.positive  # type: ignore[assignment]

    def __init__(self, loc: TensorLike, scale: TensorLike, validate_args: bool | None = None):
        super().__init__(loc, scale, validate_args)
        self.base_dist = Normal(self.loc, self.scale, validate_args=False)

    @property
    def mean(self) -> Any:
        return (self.loc + 0.5 * self.scale**2).exp()

    @property
    def mode(self) -> Any:
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Any:
        s2 = self.scale**2
        return s2.expm1() * (2 * self.loc + s2).exp()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.base_dist.rsample(sample_shape).exp()

    def log_prob(self, value: TensorLike) -> Any:
        log = self.checked(value).log()
        return self.base_dist.log_prob(log) - log

    def cdf(self, value: TensorLike) -> Any:
        return self.base_dist.cdf(self.checked(value).log())

    def icdf(self, value: TensorLike) -> Any:
        return self.base_dist.icdf(self.checked_probability(value)).exp()

    def entropy(self) -> Any:
        return self.base_dist.entropy() + self.loc


class HalfNormal(Distribution):
    """Describes the absolute value of a normal variable of mean 0 and standard deviation `scale`.

    {checks}

    Formula: log p(x) = −x² / (2 scale²) − ln scale + ½ ln(2/π), x ≥ 0
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises}
    Source: PyTorch's `distributions.HalfNormal`.

    >>> import autograd_core as ag
    >>> ag.distributions.HalfNormal(1.0).mean
    tensor(0.7979)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative  # type: ignore[assignment]
    has_rsample = True

    def __init__(self, scale: TensorLike, validate_args: bool | None = None):
        (self.scale,) = parameters("HalfNormal", scale=scale)
        super().__init__(self.scale.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Any:
        return full(self.scale, 0.0)

    @property
    def variance(self) -> Any:
        return self.scale**2 * (1 - 2 / math.pi)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return (self.scale * standard_normal(self.scale, self.shape_of(sample_shape))).abs()

    def log_prob(self, value: TensorLike) -> Any:
        x = self.checked(value)
        z = x / self.scale
        log = -0.5 * (z * z) - self.scale.log() - HALF_LOG_2PI + math.log(2)
        return where(x >= 0, log, -math.inf)

    def cdf(self, value: TensorLike) -> Any:
        return (self.checked(value) / (self.scale * math.sqrt(2))).erf().clamp(min=0.0)

    def icdf(self, value: TensorLike) -> Any:
        return self.scale * ndtri((self.checked_probability(value) + 1) / 2)

    def entropy(self) -> Any:
        return 0.5 + HALF_LOG_2PI - math.log(2) + self.scale.log()


class Laplace(ByQuantile):
    """Describes the Laplace distribution: exponential to both sides of `loc`, at the mean distance `scale`.

    {checks}

    Formula: log p(x) = −|x − loc| / scale − ln(2 scale)
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises}
    Source: PyTorch's `distributions.Laplace`.

    >>> import autograd_core as ag
    >>> ag.distributions.Laplace(0.0, 1.0).cdf(ag.tensor([0.0, 1.0]))
    tensor([0.5   , 0.8161])
    """

    @property
    def mean(self) -> Any:
        return self.loc

    mode = mean

    @property
    def stddev(self) -> Any:
        return math.sqrt(2) * self.scale

    @property
    def variance(self) -> Any:
        return 2 * self.scale**2

    def log_prob(self, value: TensorLike) -> Any:
        return -(self.checked(value) - self.loc).abs() / self.scale - (2 * self.scale).log()

    def cdf(self, value: TensorLike) -> Any:
        z = (self.checked(value) - self.loc) / self.scale
        tail = 0.5 * (-z.abs()).exp()
        return where(z < 0, tail, 1 - tail)

    def quantile(self, u: Any) -> Any:
        below = u < 0.5
        tail = (2 * where(below, u, 1 - u)).log()
        return self.loc + self.scale * where(below, tail, -tail)

    def entropy(self) -> Any:
        return 1 + (2 * self.scale).log()


class Cauchy(ByQuantile):
    """Describes the Cauchy distribution of median `loc` and half width at half maximum `scale`; it has no mean.

    {checks}

    Formula: log p(x) = −ln(π scale) − ln(1 + ((x − loc) / scale)²)
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises}
    Source: PyTorch's `distributions.Cauchy`.

    >>> import autograd_core as ag
    >>> ag.distributions.Cauchy(0.0, 1.0).icdf(ag.tensor([0.25, 0.5]))
    tensor([-1.,  0.])
    """

    @property
    def mean(self) -> Any:
        return full(self.loc, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        return full(self.loc, math.inf)

    def log_prob(self, value: TensorLike) -> Any:
        z = (self.checked(value) - self.loc) / self.scale
        return -math.log(math.pi) - self.scale.log() - (z * z).log1p()

    def cdf(self, value: TensorLike) -> Any:
        return ((self.checked(value) - self.loc) / self.scale).atan() / math.pi + 0.5

    def quantile(self, u: Any) -> Any:
        return self.loc + self.scale * (math.pi * (u - 0.5)).tan()

    def entropy(self) -> Any:
        return math.log(4 * math.pi) + self.scale.log()


class Gumbel(ByQuantile):
    """Describes the Gumbel distribution, that of the largest of many values, with its mode at `loc` and the width `scale`.

    {checks}

    Formula: log p(x) = −z − e⁻ᶻ − ln scale, z = (x − loc) / scale
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises}
    Source: PyTorch's `distributions.Gumbel`.

    >>> import autograd_core as ag
    >>> ag.distributions.Gumbel(0.0, 1.0).mean
    tensor(0.5772)
    """

    @property
    def mean(self) -> Any:
        return self.loc + self.scale * EULER

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def stddev(self) -> Any:
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Any:
        return self.stddev**2

    def log_prob(self, value: TensorLike) -> Any:
        z = (self.checked(value) - self.loc) / self.scale
        return -z - (-z).exp() - self.scale.log()

    def cdf(self, value: TensorLike) -> Any:
        return (-(-(self.checked(value) - self.loc) / self.scale).exp()).exp()

    def quantile(self, u: Any) -> Any:
        return self.loc - self.scale * (-u.log()).log()

    def entropy(self) -> Any:
        return self.scale.log() + (1 + EULER)


class StudentT(Distribution):
    """Describes Student's t distribution of `df` degrees of freedom around `loc`, with the width `scale`.

    {checks}

    Formula: log p(x) = −(df + 1)/2 ln(1 + z²/df) − ln scale − ½ ln(π df) − ln Γ(df/2) + ln Γ((df + 1)/2),
        z = (x − loc) / scale
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises}
    Source: PyTorch's `distributions.StudentT`; rsample: a normal variable over the root of a χ² one, differentiable in df
        too (Figurnov, Mohamed & Mnih 2018).

    >>> import autograd_core as ag
    >>> ag.distributions.StudentT(4.0).variance
    tensor(2.)
    """

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support = constraints.real  # type: ignore[assignment]
    has_rsample = True

    def __init__(
        self, df: TensorLike, loc: TensorLike = 0.0, scale: TensorLike = 1.0, validate_args: bool | None = None
    ):
        self.df, self.loc, self.scale = parameters("StudentT", df=df, loc=loc, scale=scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return where(self.df > 1, self.loc, math.nan)

    @property
    def mode(self) -> Any:
        return self.loc

    @property
    def variance(self) -> Any:
        finite = self.df > 2
        df = where(finite, self.df, 3.0)
        return where(finite, self.scale**2 * df / (df - 2), where(self.df > 1, math.inf, math.nan))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        shape = self.shape_of(sample_shape)
        half = (0.5 * self.df).expand(shape)
        chi2 = 2 * gamma_sample(draw_gamma(half.detach(), shape, half.dtype), half)
        return self.loc + self.scale * standard_normal(self.loc, shape) * (self.df / chi2).sqrt()

    def log_prob(self, value: TensorLike) -> Any:
        z = (self.checked(value) - self.loc) / self.scale
        half = 0.5 * self.df
        norm = self.scale.log() + 0.5 * (self.df * math.pi).log() + half.lgamma() - (half + 0.5).lgamma()
        return -(half + 0.5) * (z * z / self.df).log1p() - norm

    def entropy(self) -> Any:
        half = 0.5 * self.df
        log_beta = half.lgamma() + math.lgamma(0.5) - (half + 0.5).lgamma()
        slope = (half + 0.5) * ((half + 0.5).digamma() - half.digamma())
        return self.scale.log() + slope + 0.5 * self.df.log() + log_beta


class Uniform(Distribution):
    """Describes numbers from `low` to below `high`, all equally probable.

    {checks}

    Formula: log p(x) = −ln(high − low) for low ≤ x < high, −∞ elsewhere
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises} low must be less than high.
    Source: PyTorch's `distributions.Uniform`.

    >>> import autograd_core as ag
    >>> ag.distributions.Uniform(0.0, 2.0).cdf(ag.tensor([0.5, 1.0]))
    tensor([0.25, 0.5 ])
    """

    arg_constraints = {"low": constraints.dependent, "high": constraints.dependent}
    has_rsample = True

    def __init__(self, low: TensorLike, high: TensorLike, validate_args: bool | None = None):
        self.low, self.high = parameters("Uniform", low=low, high=high)
        super().__init__(self.low.shape, validate_args=validate_args)
        if self._validate_args and not constraints.values_of(self.low < self.high).all():
            raise ValueError(
                f"Uniform: low must be less than high, got low={constraints.values_of(self.low)}, "
                f"high={constraints.values_of(self.high)}"
            )

    @property
    def support(self) -> Constraint:
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Any:
        return (self.low + self.high) / 2

    @property
    def mode(self) -> Any:
        return full(self.low, math.nan)

    @property
    def stddev(self) -> Any:
        return (self.high - self.low) / math.sqrt(12)

    @property
    def variance(self) -> Any:
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.low + uniform(self.low, self.shape_of(sample_shape)) * (self.high - self.low)

    def log_prob(self, value: TensorLike) -> Any:
        x = self.checked(value)
        inside = (x >= self.low) & (x < self.high)
        return where(inside, -(self.high - self.low).log(), -math.inf)

    def cdf(self, value: TensorLike) -> Any:
        return ((self.checked(value) - self.low) / (self.high - self.low)).clamp(0.0, 1.0)

    def icdf(self, value: TensorLike) -> Any:
        return self.low + self.checked_probability(value) * (self.high - self.low)

    def entropy(self) -> Any:
        return (self.high - self.low).log()
