"""Distributions of counts and of yes or no."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.basics import where
from ..engine.creation import arange
from ..engine.types import TensorLike
from ..ops.elementwise.activation import logsigmoid, sigmoid
from ..ops.elementwise.special import logit, xlog1py
from . import constraints
from .constraints import Constraint
from .distribution import Distribution, drawn, full, one_of, parameters


class Binary(Distribution):
    """The base of what consists of trials that succeed with a probability, passed as `probs` or as its `logits`.

    What is computed from probs is exact also at 0 and 1, where PyTorch clamps them.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}

    def _read(self, probs: Any, logits: Any) -> Any:
        """Keep the parameter that was passed, and return it."""
        one_of(type(self).__name__, probs, logits)
        name, value = ("probs", probs) if logits is None else ("logits", logits)
        (self.__dict__[name],) = parameters(type(self).__name__, **{name: value})
        return self.__dict__[name]

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if name == "probs" and "logits" in own:
            return sigmoid(own["logits"])
        if name == "logits" and "probs" in own:
            return logit(own["probs"])
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    @property
    def _param(self) -> Any:
        return self.__dict__["probs" if "probs" in self.__dict__ else "logits"]

    @property
    def param_shape(self) -> tuple[int, ...]:
        """The shape of the parameter."""
        return tuple(self._param.shape)

    @property
    def _failure(self) -> Any:
        """1 − probs."""
        return 1 - self.probs if "probs" in self.__dict__ else sigmoid(-self.logits)

    def _successes(self, n: Any) -> Any:
        """n ln probs."""
        return times_log(n, self.probs) if "probs" in self.__dict__ else times(n, logsigmoid(self.logits))

    def _failures(self, n: Any) -> Any:
        """n ln(1 − probs)."""
        return times_log1p(n, -self.probs) if "probs" in self.__dict__ else times(n, logsigmoid(-self.logits))

    def _entropy_of_trial(self) -> Any:
        return -self._successes(self.probs) - self._failures(self._failure)


def times_log(n: Any, p: Any) -> Any:
    """n ln p, 0 where n is 0, with derivatives that are finite there also where p is 0."""
    return n.xlogy(where(n == 0, 1.0, p))


def times_log1p(n: Any, p: Any) -> Any:
    """n ln(1 + p), as `times_log`."""
    return xlog1py(n, where(n == 0, 0.0, p))


def times(n: Any, log: Any) -> Any:
    """n · log, 0 where n is 0, whatever the logarithm is."""
    return where(n == 0, 0.0, n * log)


class Bernoulli(Binary):
    """Describes 1 with the probability `probs`, and 0 otherwise; `logits` are ln(probs / (1 − probs)), passed instead.

    {checks}

    Formula: log p(x) = x ln p + (1 − x) ln(1 − p), x in {0, 1}
    Shapes: that of the parameter is the batch_shape; event_shape ().
    Dtypes: {dtypes}
    Raises: {raises} ValueError unless one of probs and logits is passed.
    Source: PyTorch's `distributions.Bernoulli`, which clamps probs before it takes logarithms; here they are exact.

    >>> import autograd_core as ag
    >>> ag.distributions.Bernoulli(ag.tensor([0.25, 0.5])).log_prob(ag.tensor(1.0))
    tensor([-1.3863, -0.6931])
    """

    support = constraints.boolean  # type: ignore[assignment]
    has_enumerate_support = True

    def __init__(
        self, probs: TensorLike | None = None, logits: TensorLike | None = None, validate_args: bool | None = None
    ):
        super().__init__(self._read(probs, logits).shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        p = self.probs
        return where(p == 0.5, math.nan, (p >= 0.5).to(p.dtype))

    @property
    def variance(self) -> Any:
        return self.probs * self._failure

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        p = self.probs.detach()
        return drawn("random", np.dtype(np.float64), self.shape_of(sample_shape)).lt(p).to(p.dtype)

    def log_prob(self, value: TensorLike) -> Any:
        x = self.checked(value).to(self._param.dtype)
        return self._successes(x) + self._failures(1 - x)

    def enumerate_support(self, expand: bool = True) -> Any:
        return enumerated(2, self._param, expand)

    def entropy(self) -> Any:
        return self._entropy_of_trial()


def enumerated(n: int, param: Any, expand: bool) -> Any:
    """0 … n − 1 along a new first dimension, before those of the batch."""
    values = arange(n, dtype=param.dtype).reshape(n, *(1,) * len(param.shape))
    return values.expand((n, *param.shape)) if expand else values


class Geometric(Binary):
    """Describes the number of failures before the first success, of the probability `probs`, or with its `logits`.

    {checks}

    Formula: log p(k) = k ln(1 − p) + ln p, k = 0, 1, …
    Shapes: that of the parameter is the batch_shape; event_shape ().
    Dtypes: {dtypes}
    Raises: {raises} ValueError unless one of probs and logits is passed.
    Source: PyTorch's `distributions.Geometric`.

    >>> import autograd_core as ag
    >>> ag.distributions.Geometric(0.25).mean
    tensor(3.)
    """

    arg_constraints = {"probs": constraints.half_open_unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer  # type: ignore[assignment]

    def __init__(
        self, probs: TensorLike | None = None, logits: TensorLike | None = None, validate_args: bool | None = None
    ):
        super().__init__(self._read(probs, logits).shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self._failure / self.probs

    @property
    def mode(self) -> Any:
        return full(self._param, 0.0)

    @property
    def variance(self) -> Any:
        return self._failure / self.probs**2

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        p = self.probs.detach()
        return drawn("geometric", p.dtype, self.shape_of(sample_shape), p) - 1

    def log_prob(self, value: TensorLike) -> Any:
        k = self.checked(value).to(self._param.dtype)
        return self._failures(k) + self._successes(full(self._param, 1.0))

    def entropy(self) -> Any:
        return self._entropy_of_trial() / self.probs


class Binomial(Binary):
    """Describes the number of successes in `total_count` trials of the probability `probs`, or with its `logits`.

    {checks}

    Formula: log p(k) = ln (n over k) + k ln p + (n − k) ln(1 − p), k = 0, …, n
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises} ValueError unless one of probs and logits is passed; NotImplementedError by `entropy` and
        `enumerate_support` where total_count differs within the batch.
    Source: PyTorch's `distributions.Binomial`.

    >>> import autograd_core as ag
    >>> ag.distributions.Binomial(2, ag.tensor(0.5)).log_prob(ag.tensor([0.0, 1.0, 2.0])).exp()
    tensor([0.25, 0.5 , 0.25])
    """

    arg_constraints = {"total_count": constraints.nonnegative_integer, **Binary.arg_constraints}
    has_enumerate_support = True

    def __init__(
        self,
        total_count: TensorLike = 1,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ):
        one_of("Binomial", probs, logits)
        name, value = ("probs", probs) if logits is None else ("logits", logits)
        param, self.total_count = parameters("Binomial", **{name: value, "total_count": total_count})
        self.__dict__[name] = param
        super().__init__(param.shape, validate_args=validate_args)

    @property
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return ((self.total_count + 1) * self.probs).floor().minimum(self.total_count)

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * self._failure

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        p = self.probs.detach()
        return drawn("binomial", p.dtype, self.shape_of(sample_shape), self.total_count.detach().long(), p)

    def log_prob(self, value: TensorLike) -> Any:
        k, n = self.checked(value).to(self._param.dtype), self.total_count
        ways = (n + 1).lgamma() - (k + 1).lgamma() - (n - k + 1).lgamma()
        return ways + self._successes(k) + self._failures(n - k)

    def enumerate_support(self, expand: bool = True) -> Any:
        counts = np.unique(constraints.values_of(self.total_count))
        if counts.size != 1:
            raise NotImplementedError(
                f"Binomial: the numbers of trials differ in the batch ({counts}), and with them the values; make a "
                "distribution for each"
            )
        return enumerated(1 + int(counts[0]), self._param, expand)

    def entropy(self) -> Any:
        log = self.log_prob(self.enumerate_support(False))
        return -times(log.exp(), log).sum(0)


class Poisson(Distribution):
    """Describes the number of events that happen independently, `rate` of them on average.

    {checks}

    Formula: log p(k) = k ln rate − rate − ln k!, k = 0, 1, …
    Shapes: {scalar}
    Dtypes: {dtypes}
    Raises: {raises} NotImplementedError by `entropy`, which has no closed form.
    Source: PyTorch's `distributions.Poisson`.

    >>> import autograd_core as ag
    >>> ag.distributions.Poisson(1.0).log_prob(ag.tensor([0.0, 2.0]))
    tensor([-1.    , -1.6931])
    """

    arg_constraints = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer  # type: ignore[assignment]

    def __init__(self, rate: TensorLike, validate_args: bool | None = None):
        (self.rate,) = parameters("Poisson", rate=rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.rate

    variance = mean

    @property
    def mode(self) -> Any:
        return self.rate.floor()

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return drawn("poisson", self.rate.dtype, self.shape_of(sample_shape), self.rate.detach())

    def log_prob(self, value: TensorLike) -> Any:
        k = self.checked(value).to(self.rate.dtype)
        return times_log(k, self.rate) - self.rate - (k + 1).lgamma()
