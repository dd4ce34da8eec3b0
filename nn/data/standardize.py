"""Standardisation, fitted on one part of the data and applied to all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from autograd_core import Tensor, from_numpy, get_default_dtype

if TYPE_CHECKING:
    from autograd_core.engine.types import TensorLike

__all__ = ["Standardize"]


class Standardize:
    """Shifts and scales features to mean 0 and standard deviation 1 of the data that it was fitted on.

    dim: the dimensions that the moments are over: 0 for one mean a feature of (N, D), (0, 2, 3) for one a channel of images.

    `fit(x)` computes the moments, of the training part alone; `transform(x)` (or a call) applies them to any data, and
    `inverse(x)` undoes that. It is a `transform` of a dataset, and `optim.cross_validate(standardize=…)` fits one on each
    fold's training part. A feature that is constant is only shifted.

    Formula: transform(x) = (x - mean) / std, inverse(z) = z std + mean; mean and std over `dim`, of the fitted data
    Shapes: (N, *) → (N, *).
    Dtypes: floating ones stay, integers become the default float; tensors give tensors, arrays give arrays.
    Raises: ValueError from `fit` for no rows or values that are not finite, and elsewhere for another shape; RuntimeError
        before `fit`.
    Source: scikit-learn's `StandardScaler`.

    >>> import numpy as np
    >>> from nn.data import Standardize
    >>> scale = Standardize().fit(np.array([[1.0, 10.0], [3.0, 10.0]]))
    >>> scale(np.array([[5.0, 12.0]])).tolist()
    [[3.0, 2.0]]
    """

    def __init__(self, dim: int | tuple[int, ...] = 0) -> None:
        self.dim = dim
        self.mean: ndarray | None = None
        self.std: ndarray | None = None

    def fit(self, x: TensorLike) -> Standardize:
        """Compute mean and standard deviation of `x`."""
        values = _array(x).astype(np.float64)
        if values.ndim == 0 or not values.size:
            raise ValueError(f"Standardize: needs at least one row to fit, got shape {values.shape}")
        bad = ~np.isfinite(values)
        if bad.any():
            at = [int(i) for i in np.argwhere(bad)[0]]
            raise ValueError(
                f"Standardize: {values[tuple(at)]} at {at} of shape {values.shape} ({int(bad.sum())} values are not finite) "
                "has no place in a mean; remove such rows, or fill them first"
            )
        mean = values.mean(self.dim, keepdims=True)
        std = values.std(self.dim, keepdims=True)
        constant = std <= 10 * np.finfo(np.float64).eps * np.abs(mean)
        self.mean, self.std = mean, np.where(constant, 1.0, std)
        return self

    def transform(self, x: TensorLike) -> Any:
        """(x - mean) / std."""
        return self._applied(x, lambda values, mean, std: (values - mean) / std)

    def inverse(self, x: TensorLike) -> Any:
        """x std + mean, what `transform` was given."""
        return self._applied(x, lambda values, mean, std: values * std + mean)

    __call__ = transform

    def _applied(self, x: TensorLike, function: Any) -> Any:
        if self.mean is None or self.std is None:
            raise RuntimeError("Standardize: there are no moments before fit(x); fit it on the training part")
        values = _array(x)
        sizes = [m for m in self.mean.shape[1:] if m != 1]
        fits = values.ndim == self.mean.ndim and all(m in (1, n) for m, n in zip(self.mean.shape, values.shape))
        if not fits:
            raise ValueError(
                f"Standardize: x has shape {values.shape}, and the moments, of {sizes or 'no'} features, have shape "
                f"{self.mean.shape}; give it data like that of fit"
            )
        dtype = values.dtype if values.dtype.kind == "f" else get_default_dtype()
        out = function(values.astype(np.float64), self.mean, self.std).astype(dtype)
        return from_numpy(out) if isinstance(x, Tensor) else out

    def __repr__(self) -> str:
        return f"Standardize(dim={self.dim})" + ("" if self.mean is None else f", fitted to shape {self.mean.shape}")


def _array(x: Any) -> ndarray:
    return x.array if isinstance(x, Tensor) else np.asarray(x)
