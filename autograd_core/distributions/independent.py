"""Dimensions of a batch as dimensions of one value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine.types import TensorLike
from . import constraints
from .constraints import Constraint
from .distribution import Distribution, sum_rightmost


class Independent(Distribution):
    """Describes values whose components are independent: the last dimensions of a batch become dimensions of one value.

    base_distribution: the distribution of the components.
    reinterpreted_batch_ndims: how many dimensions of its batch_shape belong to one value.
    {checks}

    Formula: log p(x) = Σ log p(xᵢ) over those dimensions
    Shapes: batch_shape (*, N) and event_shape (M) → (*) and (N, M).
    Dtypes: those of the base_distribution.
    Raises: ValueError if it has fewer dimensions, and what the base_distribution raises.
    Source: PyTorch's `distributions.Independent`.

    >>> import autograd_core as ag
    >>> d = ag.distributions.Independent(ag.distributions.Normal(ag.zeros(2, 3), 1.0), 1)
    >>> d.batch_shape, d.event_shape, d.log_prob(ag.zeros(2, 3)).shape
    ((2,), (3,), (2,))
    """

    def __init__(
        self,
        base_distribution: Distribution,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ):
        batch, n = base_distribution.batch_shape, reinterpreted_batch_ndims
        if not 0 <= n <= len(batch):
            raise ValueError(
                f"Independent: reinterpreted_batch_ndims must be from 0 to {len(batch)}, the dimensions of the batch_shape "
                f"{batch}; got {n}"
            )
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, n
        shape = (*batch, *base_distribution.event_shape)
        split = len(batch) - n
        super().__init__(shape[:split], shape[split:], validate_args=validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        return self.reinterpreted_batch_ndims == 0 and self.base_dist.has_enumerate_support

    @property
    def support(self) -> Constraint:
        return constraints.independent(self.base_dist.support, self.reinterpreted_batch_ndims)

    @property
    def mean(self) -> Any:
        return self.base_dist.mean

    @property
    def mode(self) -> Any:
        return self.base_dist.mode

    @property
    def variance(self) -> Any:
        return self.base_dist.variance

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: TensorLike) -> Any:
        self.checked(value)
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def enumerate_support(self, expand: bool = True) -> Any:
        if self.reinterpreted_batch_ndims:
            return super().enumerate_support(expand)
        return self.base_dist.enumerate_support(expand)

    def entropy(self) -> Any:
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"
