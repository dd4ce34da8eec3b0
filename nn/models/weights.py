"""Writing arrays into a model's parameters; weight and bias of linear units as one array (K, D + 1), the bias last."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.versions import written


def weights_of(model: Any) -> ndarray:
    """A copy of the weights (K, D + 1); (K, D) without a bias."""
    return model.weight.array.copy() if model.bias is None else np.column_stack([model.weight.array, model.bias.array])


def set_weights(model: Any, weights: ndarray) -> None:
    """Write what `weights_of` gave, perhaps in another dtype, into the model."""
    assign(model.weight, weights[:, : model.in_features])
    if model.bias is not None:
        assign(model.bias, weights[:, -1])


def with_ones(model: Any, x: ndarray) -> ndarray:
    """Examples x (N, D) with a column of ones, if the model has a bias."""
    return x if model.bias is None else np.hstack([x, np.ones((len(x), 1), x.dtype)])


def assign(parameter: Any, values: Any) -> None:
    """Write values into a parameter's own array."""
    parameter.array[...] = values
    written(parameter.array)
