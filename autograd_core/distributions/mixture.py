"""Mixtures of distributions of one family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.modes import no_grad
from ..engine.types import TensorLike
from .categorical import Categorical
from .constraints import Constraint
from .distribution import Distribution


class _OfAll(Constraint):
    """What the supports of all components have in common; `dim` is where the components lie."""

    on_arrays = False

    def __init__(self, components: Constraint, dim: int):
        self.components, self.dim = components, dim
        self.event_dim, self.is_discrete, self.text = components.event_dim, components.is_discrete, components.text

    def check(self, value: Any) -> Any:
        return self.components.check(value.unsqueeze(self.dim)).all(-1)


class MixtureSameFamily(Distribution):
    """Describes values from one of K components of a family, chosen at random.

    mixture_distribution: the `Categorical` that chooses.
    component_distribution: the components, along the last dimension of its batch_shape.
    {checks}

    Formula: p(x) = Σₖ πₖ pₖ(x)
    Shapes: batch_shape (*, K) and event_shape (D) of the components, (*) of the choice → (*) and (D).
    Dtypes: those of the component_distribution.
    Raises: TypeError if the mixture_distribution is no Categorical; ValueError if the shapes do not fit.
    Source: PyTorch's `distributions.MixtureSameFamily`; Bishop 1994, "Mixture Density Networks".

    >>> import autograd_core as ag
    >>> from autograd_core.distributions import Categorical, MixtureSameFamily, Normal
    >>> d = MixtureSameFamily(Categorical(ag.tensor([1.0, 3.0])), Normal(ag.tensor([0.0, 4.0]), 1.0))
    >>> d.mean, d.variance
    (tensor(3.), tensor(4.))
    """

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ):
        mixture, components = mixture_distribution, component_distribution
        if not isinstance(mixture, Categorical):
            raise TypeError(
                f"MixtureSameFamily: mixture_distribution must be a Categorical, got {type(mixture).__name__}"
            )
        if not isinstance(components, Distribution):
            raise TypeError(
                f"MixtureSameFamily: component_distribution must be a distribution, got {type(components).__name__}"
            )
        shape, count = components.batch_shape, mixture.param_shape[-1]
        batch = shape[:-1]
        try:
            fits = bool(shape) and shape[-1] == count and np.broadcast_shapes(mixture.batch_shape, batch) == batch
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"MixtureSameFamily: the components have the batch_shape {shape}, and the choice {mixture.batch_shape} among "
                f"{count}; the last dimension of the first must be the components, and the others those of the choice"
            )
        self._mixture_distribution = mixture.expand(batch) if mixture.batch_shape != batch else mixture
        self._component_distribution = components
        super().__init__(batch, components.event_shape, validate_args=validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """What chooses the component."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The components."""
        return self._component_distribution

    @property
    def support(self) -> Constraint:
        return _OfAll(self._component_distribution.support, self._dim)

    def _weights(self) -> Any:
        """The probabilities of the components, with the dimensions of an event behind theirs."""
        p = self._mixture_distribution.probs
        return p.reshape((*p.shape, *(1,) * len(self._event_shape)))

    @property
    def _dim(self) -> int:
        """The dimension of the components in a sample of theirs."""
        return -1 - len(self._event_shape)

    @property
    def mean(self) -> Any:
        return (self._weights() * self._component_distribution.mean).sum(self._dim)

    @property
    def variance(self) -> Any:
        p, components = self._weights(), self._component_distribution
        distance = components.mean - self.mean.unsqueeze(self._dim)
        return (p * (components.variance + distance**2)).sum(self._dim)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        with no_grad():
            components = self._component_distribution.sample(sample_shape)
            chosen = self._mixture_distribution.sample(sample_shape)
            index = chosen.reshape((*chosen.shape, *(1,) * (1 + len(self._event_shape))))
            index = index.expand((*chosen.shape, 1, *self._event_shape))
            return components.gather(len(chosen.shape), index).squeeze(len(chosen.shape))

    def log_prob(self, value: TensorLike) -> Any:
        x = self.checked(value).unsqueeze(self._dim)
        return (self._component_distribution.log_prob(x) + self._mixture_distribution.logits).logsumexp(-1)

    def cdf(self, value: TensorLike) -> Any:
        x = self.checked(value).unsqueeze(self._dim)
        return (self._component_distribution.cdf(x) * self._mixture_distribution.probs).sum(-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamily({self._mixture_distribution}, {self._component_distribution})"
