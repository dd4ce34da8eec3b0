"""The normal distribution of vectors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..engine.creation import eye
from ..engine.types import TensorLike
from ..ops.linalg.decompositions import cholesky
from ..ops.linalg.products import matmul
from ..ops.linalg.solve import cholesky_solve, solve_triangular
from . import constraints
from .distribution import Distribution, parameters, standard_normal


class MultivariateNormal(Distribution):
    """Describes normal vectors of mean `loc`, with one of three forms of their covariance.

    `covariance_matrix` is Σ itself, `precision_matrix` its inverse, `scale_tril` its Cholesky factor L, which needs no
    decomposition. {checks}

    Formula: log p(x) = −½ (x − loc)ᵀ Σ⁻¹ (x − loc) − ½ ln det Σ − D/2 ln 2π, Σ = L Lᵀ
    Shapes: loc (*, D), the matrix (*, D, D), leading dimensions broadcasting → batch_shape (*), event_shape (D).
    Dtypes: {dtypes}
    Raises: {raises} ValueError unless one of the three matrices is passed.
    Source: PyTorch's `distributions.MultivariateNormal`.

    >>> import autograd_core as ag
    >>> d = ag.distributions.MultivariateNormal(ag.zeros(2), scale_tril=ag.tensor([[1.0, 0.0], [1.0, 2.0]]))
    >>> d.covariance_matrix
    tensor([[1., 1.],
            [1., 5.]])
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector  # type: ignore[assignment]
    has_rsample = True

    def __init__(
        self,
        loc: TensorLike,
        covariance_matrix: TensorLike | None = None,
        precision_matrix: TensorLike | None = None,
        scale_tril: TensorLike | None = None,
        validate_args: bool | None = None,
    ):
        forms = {
            "covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix, "scale_tril": scale_tril,
        }  # fmt: skip
        passed = {name: matrix for name, matrix in forms.items() if matrix is not None}
        if len(passed) != 1:
            raise ValueError(
                f"MultivariateNormal: pass exactly one of {', '.join(forms)}; got {', '.join(passed) or 'none'}"
            )
        ((name, form),) = passed.items()
        (matrix,) = parameters("MultivariateNormal", **{name: form})
        (mean,) = parameters("MultivariateNormal", loc=loc)
        shape = tuple(matrix.shape)
        if not mean.shape or len(shape) < 2 or not shape[-1] == shape[-2] or mean.shape[-1] not in (1, shape[-1]):
            raise ValueError(
                f"MultivariateNormal: loc must have the shape (*, D) and {name} (*, D, D), got {tuple(mean.shape)} and {shape}"
            )
        mean, matrix = parameters("MultivariateNormal", loc=mean.unsqueeze(-1), **{name: matrix})
        self.loc, self.__dict__[name] = mean[..., 0], matrix
        batch, dim = tuple(matrix.shape[:-2]), matrix.shape[-1]
        super().__init__(batch, (dim,), validate_args=validate_args)
        if name != "scale_tril":
            factor = cholesky(matrix) if name == "covariance_matrix" else _factor_of_inverse(matrix)
            self._unbroadcasted_scale_tril = factor
        else:
            self._unbroadcasted_scale_tril = matrix

    def __getattr__(self, name: str) -> Any:
        factor = self.__dict__.get("_unbroadcasted_scale_tril")
        if factor is not None:
            if name == "scale_tril":
                return factor
            if name == "covariance_matrix":
                return matmul(factor, factor.mT)
            if name == "precision_matrix":
                return cholesky_solve(eye(factor.shape[-1], dtype=factor.dtype).expand(factor.shape), factor)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    @property
    def mean(self) -> Any:
        return self.loc

    mode = mean

    @property
    def variance(self) -> Any:
        return (self._unbroadcasted_scale_tril**2).sum(-1)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        noise = standard_normal(self.loc, self.shape_of(sample_shape))
        return self.loc + matmul(self._unbroadcasted_scale_tril, noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: TensorLike) -> Any:
        difference = self.checked(value) - self.loc
        m = squared_distance(self._unbroadcasted_scale_tril, difference)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + m) - self.half_log_det()

    def half_log_det(self) -> Any:
        """½ ln det of the covariance."""
        return self._unbroadcasted_scale_tril.diagonal(0, -2, -1).log().sum(-1)

    def entropy(self) -> Any:
        return 0.5 * self._event_shape[0] * (1 + math.log(2 * math.pi)) + self.half_log_det()


def squared_distance(factor: Any, x: Any) -> Any:
    """‖L⁻¹ x‖² of vectors, L the factor."""
    shape, dim = tuple(x.shape), x.shape[-1]
    if len(factor.shape) == 2:  # one factor for all vectors: one product
        z = solve_triangular(factor, x.reshape(-1, dim).mT, upper=False)
        return (z * z).sum(0).reshape(shape[:-1])
    batch = np.broadcast_shapes(tuple(factor.shape[:-2]), shape[:-1])
    z = solve_triangular(factor.expand((*batch, dim, dim)), x.expand((*batch, dim)).unsqueeze(-1), upper=False)
    return (z * z).sum((-2, -1))


def _factor_of_inverse(precision: Any) -> Any:
    """L with L Lᵀ = P⁻¹: with its rows and columns reversed, P has the Cholesky factor C, and L = C⁻ᵀ, reversed."""
    c = cholesky(precision.flip((-2, -1)))
    upper = c.flip((-2, -1)).mT  # lower triangular again
    return solve_triangular(upper, eye(upper.shape[-1], dtype=upper.dtype).expand(upper.shape), upper=False)
