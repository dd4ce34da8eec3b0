"""Distributions over K categories: by index, as one of K, and as counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.basics import where
from ..engine.creation import arange, eye
from ..engine.tensor import Tensor, wrap
from ..engine.types import TensorLike
from ..random import by_example, read, stream
from . import constraints
from .constraints import Constraint
from .discrete import Binomial, times
from .distribution import Distribution, full, one_of, parameters


class Categories(Distribution):
    """The base of what chooses one of K categories, with `probs` (whose sums become 1) or with `logits`.

    Both are kept normalised. A category of probability 0 has the logit −∞, where PyTorch clamps it.
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def _read(self, probs: Any, logits: Any) -> tuple[int, ...]:
        """Keep the parameter that was passed, normalised, and return its shape."""
        name = type(self).__name__
        one_of(name, probs, logits)
        which = "probs" if logits is None else "logits"
        (value,) = parameters(name, **{which: probs if logits is None else logits})
        if not value.shape or not value.shape[-1]:
            raise ValueError(
                f"{name}: {which} must have a last dimension of at least one category, got shape {tuple(value.shape)}"
            )
        if which == "probs":
            value = value / value.sum(-1, keepdim=True)
        else:
            value = value - value.logsumexp(-1, keepdim=True)
        self.__dict__[which] = value
        return tuple(value.shape)

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if name == "probs" and "logits" in own:
            return own["logits"].exp()
        if name == "logits" and "probs" in own:
            possible = own["probs"] > 0
            return where(possible, where(possible, own["probs"], 1.0).log(), -math.inf)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    @property
    def _param(self) -> Any:
        return self.__dict__["probs" if "probs" in self.__dict__ else "logits"]

    @property
    def param_shape(self) -> tuple[int, ...]:
        """The shape of the parameter."""
        return tuple(self._param.shape)

    def _indices(self, shape: tuple) -> Any:
        """Indices of categories, drawn in the given shape."""
        return draw_categories(self.probs.detach(), shape)

    def _log_prob_of(self, indices: Any) -> Any:
        logits = self.logits
        shape = np.broadcast_shapes(tuple(indices.shape), tuple(logits.shape[:-1]))
        indices = indices.long()
        if tuple(indices.shape) != shape:
            indices = indices.expand(shape)
        if tuple(logits.shape[:-1]) != shape:
            logits = logits.expand((*shape, logits.shape[-1]))
        return logits.gather(-1, indices.unsqueeze(-1)).squeeze(-1)

    def _entropy_of_choice(self) -> Any:
        p = self.probs
        return -(p * where(p > 0, self.logits, 0.0)).sum(-1)


MANY = 64  # categories


@by_example
def draw_categories(probs: Any, shape: tuple) -> Tensor:
    """Indices of categories with the probabilities in the last dimension, by the inverse of their sums."""
    edges = np.cumsum(read(probs, "Categorical").astype(np.float64), -1)
    total = edges[..., -1:]
    u = stream(None).random(shape)[..., None] * total
    if edges.shape[-1] > MANY and edges.size:  # by bisection, row by row
        rows = edges.reshape(-1, edges.shape[-1])
        columns = u.reshape(-1, len(rows)).T
        drawn = [
            np.minimum(e.searchsorted(c, "right"), e.searchsorted(e[-1])) for e, c in zip(rows, columns, strict=True)
        ]
        return wrap(np.stack(drawn, -1).reshape(shape))
    # an edge at the total has no category of positive probability beyond it
    return wrap(((edges <= u) & (edges < total)).sum(-1))


class Categorical(Categories):
    """Describes an index from 0 to K − 1 with the probabilities `probs`, or with `logits`, up to an addend their logarithms.

    The sums of probs over the last dimension need not be 1. {checks}

    Formula: P(x = k) = probsₖ / Σⱼ probsⱼ = exp(logitsₖ) / Σⱼ exp(logitsⱼ)
    Shapes: (*, K) → batch_shape (*), event_shape ().
    Dtypes: {dtypes} Samples are int64.
    Raises: {raises} ValueError unless one of probs and logits is passed.
    Source: PyTorch's `distributions.Categorical`, which clamps probs before it takes logarithms; here they are exact.

    >>> import autograd_core as ag
    >>> d = ag.distributions.Categorical(ag.tensor([1.0, 2.0, 1.0]))
    >>> d.log_prob(ag.tensor([0, 1]))
    tensor([-1.3863, -0.6931])
    """

    has_enumerate_support = True

    def __init__(
        self, probs: TensorLike | None = None, logits: TensorLike | None = None, validate_args: bool | None = None
    ):
        super().__init__(self._read(probs, logits)[:-1], validate_args=validate_args)

    @property
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self._param.shape[-1] - 1)

    @property
    def mean(self) -> Any:
        return full(self._param.sum(-1), math.nan)

    variance = mean

    @property
    def mode(self) -> Any:
        return self.probs.argmax(-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self._indices(self.shape_of(sample_shape))

    def log_prob(self, value: TensorLike) -> Any:
        return self._log_prob_of(self.checked(value))

    def enumerate_support(self, expand: bool = True) -> Any:
        n = self._param.shape[-1]
        values = arange(n).reshape(n, *(1,) * len(self._batch_shape))
        return values.expand((n, *self._batch_shape)) if expand else values

    def entropy(self) -> Any:
        return self._entropy_of_choice()


class OneHotCategorical(Categories):
    """Describes one of K categories as a vector with one 1, with the probabilities `probs` or with `logits`.

    {checks}

    Formula: P(xₖ = 1) = probsₖ / Σⱼ probsⱼ = exp(logitsₖ) / Σⱼ exp(logitsⱼ)
    Shapes: (*, K) → batch_shape (*), event_shape (K).
    Dtypes: {dtypes}
    Raises: {raises} ValueError unless one of probs and logits is passed.
    Source: PyTorch's `distributions.OneHotCategorical`.

    >>> import autograd_core as ag
    >>> ag.distributions.OneHotCategorical(ag.tensor([0.0, 1.0])).sample()
    tensor([0., 1.])
    """

    support = constraints.one_hot  # type: ignore[assignment]
    has_enumerate_support = True

    def __init__(
        self, probs: TensorLike | None = None, logits: TensorLike | None = None, validate_args: bool | None = None
    ):
        shape = self._read(probs, logits)
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        return self._one_hot(self.probs.argmax(-1))

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def _one_hot(self, indices: Any) -> Any:
        return (indices.unsqueeze(-1) == arange(self._param.shape[-1])).to(self._param.dtype)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self._one_hot(self._indices(self.shape_of(sample_shape)[:-1]))

    def log_prob(self, value: TensorLike) -> Any:
        return self._log_prob_of(self.checked(value).argmax(-1))

    def enumerate_support(self, expand: bool = True) -> Any:
        n = self._param.shape[-1]
        values = eye(n, dtype=self._param.dtype).reshape(n, *(1,) * len(self._batch_shape), n)
        return values.expand((n, *self._batch_shape, n)) if expand else values

    def entropy(self) -> Any:
        return self._entropy_of_choice()


class Multinomial(Categories):
    """Describes how often each of K categories comes up in `total_count` choices, with `probs` or with `logits`.

    total_count is one number for the whole batch. {checks}

    Formula: log p(x) = ln n! − Σₖ ln xₖ! + Σₖ xₖ ln pₖ, n the total_count and p the normalised probs
    Shapes: (*, K) → batch_shape (*), event_shape (K).
    Dtypes: {dtypes}
    Raises: {raises} ValueError unless one of probs and logits is passed; TypeError if total_count is no integer.
    Source: PyTorch's `distributions.Multinomial`.

    >>> import autograd_core as ag
    >>> d = ag.distributions.Multinomial(2, ag.tensor([1.0, 3.0]))
    >>> d.mean, d.log_prob(ag.tensor([1.0, 1.0]))
    (tensor([0.5, 1.5]), tensor(-0.9808))
    """

    total_count: int

    def __init__(
        self,
        total_count: int = 1,
        probs: TensorLike | None = None,
        logits: TensorLike | None = None,
        validate_args: bool | None = None,
    ):
        if not isinstance(total_count, int | np.integer) or isinstance(total_count, bool):
            raise TypeError(
                f"Multinomial: total_count must be one integer for the whole batch, got {total_count!r}; make a "
                "distribution for each number"
            )
        if total_count < 0:
            raise ValueError(f"Multinomial: total_count must not be negative, got {total_count}")
        self.total_count = int(total_count)
        shape = self._read(probs, logits)
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    @property
    def support(self) -> Constraint:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Any:
        return self.probs * self.total_count

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return draw_counts(self.total_count, self.probs.detach(), self.shape_of(sample_shape)[:-1])

    def log_prob(self, value: TensorLike) -> Any:
        x = self.checked(value).to(self._param.dtype)
        ways = (x.sum(-1) + 1).lgamma() - (x + 1).lgamma().sum(-1)
        return ways + times(x, self.logits).sum(-1)

    def entropy(self) -> Any:
        # −E log p: of each component's factorial its expected logarithm, xₖ being binomial
        n, dtype = self.total_count, self._param.dtype
        k = arange(2, n + 1, dtype=dtype).reshape(-1, *(1,) * len(self.param_shape))
        binomial = Binomial(n, self.probs, validate_args=False)
        factorials = (binomial.log_prob(k).exp() * (k + 1).lgamma()).sum((0, -1)) if n > 1 else 0.0
        return n * self._entropy_of_choice() - math.lgamma(n + 1) + factorials


@by_example
def draw_counts(n: int, probs: Any, shape: tuple) -> Tensor:
    """Counts of categories with the probabilities in the last dimension."""
    array = read(probs, "Multinomial")
    p = array.astype(np.float64)
    p = p / p.sum(-1, keepdims=True)
    return wrap(stream(None).multinomial(n, np.broadcast_to(p, (*shape, p.shape[-1]))).astype(array.dtype))
