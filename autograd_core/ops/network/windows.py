"""The windows of an image, read by index: what convolution and pooling are defined by.

The kernels do the same without writing the windows down. This is the text to read, and what they are tested against.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import where
from ..arguments import Sizes
from ..indexing.scatter import scatter_add
from ..shape.shape import reshape


def read_windows(
    x: Any,
    window: Sizes,
    starts: Sequence[ndarray],
    stops: Sequence[ndarray | int],
    dilation: Sizes,
    outside: float = 0.0,
) -> Any:
    """(…, *space) -> (…, *window, *outputs).

    Along each dimension, element k of window o is x[starts[o] + k · dilation]; `outside` where that lies in front of x or
    at stops[o] and beyond.
    """
    dims = len(window)
    index: list = []
    beyond: Any = False
    for d in range(dims):
        at = starts[d] + np.arange(window[d])[:, None] * dilation[d]  # (K, O)
        missing = (at < 0) | (at >= stops[d])
        shape = [1] * (2 * dims)
        shape[d], shape[dims + d] = at.shape
        index.append(np.where(missing, 0, at).reshape(shape))
        beyond = beyond | missing.reshape(shape)
    return where(beyond, outside, x[(..., *index)])


def add_at(values: Any, positions: ndarray, space: Sizes) -> Any:
    """(…, P) -> (…, *space): zeros with the values added at flat positions, (P,) or (…, P); nowhere where those are -1."""
    lead, S = tuple(values.shape[:-1]), math.prod(space)
    index = np.broadcast_to(np.where(positions < 0, S, positions), values.shape)  # outside: one element more
    sums = scatter_add(np.zeros((*lead, S + 1), values.dtype), len(lead), index, values)
    return reshape(sums[..., :S], (*lead, *space))
