"""Distributions of positive numbers, and of shares of a whole: the gamma distribution and its relatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine.basics import where
from ..engine.types import TensorLike
from ..ops.elementwise.special import gammainc, xlog1py
from . import constraints
from .distribution import Distribution, check, full, parameters, uniform
from .implicit import beta_sample, dirichlet_sample, draw_beta, draw_dirichlet, draw_gamma, gamma_sample


class Exponential(Distribution):
    """Describes the time to the next of events that happen independently, `rate` of them per unit of time.

    {checks}

    Formula: log p(x) = ln rate − rate x, x ≥ 0
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises}
    Source: PyTorch's `distributions.Exponential`.

    >>> import autograd_core as ag
    >>> ag.distributions.Exponential(2.0).log_prob(ag.tensor([0.0, 1.0]))
    tensor([ 0.6931, -1.3069])
    """

    arg_constraints = {"rate": constraints.positive}
    support = constraints.nonnegative  # type: ignore[assignment]
    has_rsample = True

    def __init__(self, rate: TensorLike, validate_args: bool | None = None):
        (self.rate,) = parameters("Exponential", rate=rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return 1 / self.rate

    stddev = mean

    @property
    def mode(self) -> Any:
        return full(self.rate, 0.0)

    @property
    def variance(self) -> Any:
        return 1 / self.rate**2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return -uniform(self.rate, self.shape_of(sample_shape)).log() / self.rate

    def log_prob(self, value: TensorLike) -> Any:
        return self.rate.log() - self.rate * self.checked(value)

    def cdf(self, value: TensorLike) -> Any:
        return -(-self.rate * self.checked(value)).expm1()

    def icdf(self, value: TensorLike) -> Any:
        return -(-self.checked_probability(value)).log1p() / self.rate

    def entropy(self) -> Any:
        return 1 - self.rate.log()


class Gamma(Distribution):
    """Describes the gamma distribution with the shape `concentration` and the `rate`, the inverse of a scale.

    Samples are differentiable in both. {checks}

    Formula: log p(x) = a ln b + (a − 1) ln x − b x − ln Γ(a), a the concentration and b the rate, x > 0
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises} NotImplementedError for a second derivative of samples.
    Source: PyTorch's `distributions.Gamma`; rsample: Figurnov, Mohamed & Mnih 2018, "Implicit Reparameterization
        Gradients", here to the precision of the dtype.

    >>> import autograd_core as ag
    >>> d = ag.distributions.Gamma(2.0, 1.0)
    >>> d.mean, d.log_prob(ag.tensor(1.0))
    (tensor(2.), tensor(-1.))
    """

    arg_constraints = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative  # type: ignore[assignment]
    has_rsample = True

    def __init__(self, concentration: TensorLike, rate: TensorLike, validate_args: bool | None = None):
        self.concentration, self.rate = parameters(type(self).__name__, concentration=concentration, rate=rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.concentration / self.rate

    @property
    def mode(self) -> Any:
        return ((self.concentration - 1) / self.rate).clamp(min=0.0)

    @property
    def variance(self) -> Any:
        return self.concentration / self.rate**2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        shape = self.shape_of(sample_shape)
        a = self.concentration.expand(shape)
        return gamma_sample(draw_gamma(a.detach(), shape, a.dtype), a) / self.rate

    def log_prob(self, value: TensorLike) -> Any:
        x, a, b = self.checked(value), self.concentration, self.rate
        return a * b.log() + (a - 1).xlogy(x) - b * x - a.lgamma()

    def cdf(self, value: TensorLike) -> Any:
        return gammainc(self.concentration, self.rate * self.checked(value))

    def entropy(self) -> Any:
        a = self.concentration
        return a - self.rate.log() + a.lgamma() + (1 - a) * a.digamma()


class Chi2(Gamma):
    """Describes the sum of the squares of `df` independent standard normal variables.

    {checks}

    Formula: Gamma(df / 2, 1/2)
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises}
    Source: PyTorch's `distributions.Chi2`.

    >>> import autograd_core as ag
    >>> d = ag.distributions.Chi2(3.0)
    >>> d.mean, d.variance
    (tensor(3.), tensor(6.))
    """

    arg_constraints = {"df": constraints.positive}

    def __init__(self, df: TensorLike, validate_args: bool | None = None):
        (freedom,) = parameters("Chi2", df=df)
        if self._validate_args if validate_args is None else validate_args:
            check("Chi2: the parameter df", freedom, constraints.positive)
        super().__init__(0.5 * freedom, 0.5, validate_args=validate_args)

    @property
    def df(self) -> Any:
        """The degrees of freedom."""
        return 2 * self.concentration

    def __repr__(self) -> str:
        return super().__repr__()[:-1] + f"df: {self.df.item() if self.df.numel() == 1 else tuple(self.df.shape)})"


class Beta(Distribution):
    """Describes shares between 0 and 1, a power of the share times a power of the rest.

    `concentration1` belongs to the share, `concentration0` to the rest. Samples are differentiable in both. {checks}

    Formula: log p(x) = (a − 1) ln x + (b − 1) ln(1 − x) − ln B(a, b), a the concentration1 and b the concentration0
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises} NotImplementedError for a second derivative of samples.
    Source: PyTorch's `distributions.Beta`; rsample: Figurnov, Mohamed & Mnih 2018, "Implicit Reparameterization
        Gradients".

    >>> import autograd_core as ag
    >>> d = ag.distributions.Beta(2.0, 2.0)
    >>> d.mean, d.log_prob(ag.tensor(0.5))
    (tensor(0.5), tensor(0.4055))
    """

    arg_constraints = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval  # type: ignore[assignment]
    has_rsample = True

    def __init__(self, concentration1: TensorLike, concentration0: TensorLike, validate_args: bool | None = None):
        self.concentration1, self.concentration0 = parameters(
            "Beta", concentration1=concentration1, concentration0=concentration0
        )
        super().__init__(self.concentration1.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Any:
        a, b = self.concentration1, self.concentration0
        above, below = (a - 1).clamp(min=0.0), (b - 1).clamp(min=0.0)
        # where both densities are infinite at their ends, the end of the smaller concentration
        return where((a < 1) & (b < 1), (a >= b) * 1.0, above / (above + below))

    @property
    def variance(self) -> Any:
        a, b = self.concentration1, self.concentration0
        return a * b / ((a + b) ** 2 * (a + b + 1))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        shape = self.shape_of(sample_shape)
        a, b = self.concentration1.expand(shape), self.concentration0.expand(shape)
        return beta_sample(draw_beta(a.detach(), b.detach(), shape, a.dtype), a, b)

    def log_prob(self, value: TensorLike) -> Any:
        x, a, b = self.checked(value), self.concentration1, self.concentration0
        return (a - 1).xlogy(x) + xlog1py(b - 1, -x) - log_beta(a, b)

    def entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        slopes = (a - 1) * a.digamma() + (b - 1) * b.digamma() - (a + b - 2) * (a + b).digamma()
        return log_beta(a, b) - slopes


def log_beta(a: Any, b: Any) -> Any:
    """ln B(a, b)."""
    return a.lgamma() + b.lgamma() - (a + b).lgamma()


class Dirichlet(Distribution):
    """Describes K shares of a whole, with powers of which the last dimension of `concentration` has the exponents plus 1.

    Samples are differentiable. {checks}

    Formula: log p(x) = Σₖ (αₖ − 1) ln xₖ + ln Γ(Σₖ αₖ) − Σₖ ln Γ(αₖ), α the concentration
    Shapes: (*, K) → batch_shape (*), event_shape (K).
    Dtypes: {dtypes}
    Raises: {raises} NotImplementedError for a second derivative of samples.
    Source: PyTorch's `distributions.Dirichlet`; rsample: Figurnov, Mohamed & Mnih 2018, and Jankowiak & Obermeyer 2018,
        "Pathwise Derivatives Beyond the Reparameterization Trick".

    >>> import autograd_core as ag
    >>> d = ag.distributions.Dirichlet(ag.tensor([1.0, 3.0]))
    >>> d.mean
    tensor([0.25, 0.75])
    """

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex  # type: ignore[assignment]
    has_rsample = True

    def __init__(self, concentration: TensorLike, validate_args: bool | None = None):
        (self.concentration,) = parameters("Dirichlet", concentration=concentration)
        shape = tuple(self.concentration.shape)
        if not shape:
            raise ValueError("Dirichlet: the concentration must have at least one dimension, the shares; got a number")
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Any:
        a = self.concentration
        above = (a - 1).clamp(min=0.0)
        corners = (a == a.max(-1, keepdim=True).values) * 1.0
        first = corners * (corners.cumsum(-1) == 1)
        return where((a < 1).all(-1).unsqueeze(-1), first, above / above.sum(-1, keepdim=True))

    @property
    def variance(self) -> Any:
        a = self.concentration
        total = a.sum(-1, keepdim=True)
        return a * (total - a) / (total**2 * (total + 1))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        shape = self.shape_of(sample_shape)
        a = self.concentration.expand(shape)
        return dirichlet_sample(draw_dirichlet(a.detach(), shape, a.dtype), a)

    def log_prob(self, value: TensorLike) -> Any:
        x, a = self.checked(value), self.concentration
        return (a - 1).xlogy(x).sum(-1) + a.sum(-1).lgamma() - a.lgamma().sum(-1)

    def entropy(self) -> Any:
        a = self.concentration
        total = a.sum(-1)
        norm = a.lgamma().sum(-1) - total.lgamma()
        return norm - (a.shape[-1] - total) * total.digamma() - ((a - 1) * a.digamma()).sum(-1)
