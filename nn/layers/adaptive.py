"""The adaptive softmax, for many classes of very different frequency."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device
from autograd_core.ops.indexing.slices import index_add
from autograd_core.ops.shape.shape import cat

from .. import functional as F
from ..module import Module
from .container import ModuleList, Sequential
from .linear import Linear

ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])  # type: ignore[name-match]


class AdaptiveLogSoftmaxWithLoss(Module):
    """Computes log softmax over classes numbered from the most to the least frequent, at the cost of few of them.

    in_features, n_classes   the sizes of the input's last dimension and of the distribution
    cutoffs        whole numbers in increasing order, from 1 to n_classes − 1
    div_value      by which the projections of one cluster are smaller than those of the cluster before
    head_bias      whether the head has a bias
    device, dtype  None or "cpu"; that of the parameters

    The classes below cutoffs[0] are scored by the head, together with one score for each cluster: the classes from one
    cutoff up to the next. Those of cluster i (from 1) are scored among themselves, from a projection of the input to
    ⌊in_features / div_valueⁱ⌋ features, and only for the examples whose target is there. `log_prob` gives all classes,
    `predict` the most probable.

    Formula: log P(class) = head[class], or head[its cluster] + tail[cluster][class], both log-probabilities;
        output = log P(target), loss = −mean(output)
    Shapes: (N, in_features) and targets (N,), or (in_features,) and () → the named tuple of output (N,) or (), and loss ().
    Dtypes: any floating dtype; the input has that of the parameters, targets are integers.
    Raises: ValueError for other cutoffs; when called, ValueError for shapes that do not fit, a target that is no class, or
        an empty batch; TypeError for targets that are no integers, or another dtype.
    Source: Grave et al. 2017, "Efficient softmax approximation for GPUs", section 4.

    >>> import nn, autograd_core as ag
    >>> softmax = nn.AdaptiveLogSoftmaxWithLoss(8, 1000, cutoffs=[10])
    >>> softmax(ag.randn(3, 8), ag.tensor([3, 999, 10])).output.shape
    (3,)
    """

    tail: Any

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, type(self).__name__)
        cutoffs = list(cutoffs)
        ends = [0, *cutoffs, n_classes]
        if not cutoffs or any(c != int(c) for c in cutoffs) or any(a >= b for a, b in pairwise(ends)):
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: cutoffs must be whole numbers in increasing order, each from 1 to "
                f"n_classes - 1 = {n_classes - 1}, at least one; got {cutoffs}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [int(c) for c in cutoffs] + [n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, dtype=dtype)
        self.tail = ModuleList()
        for i, (start, stop) in enumerate(pairwise(self.cutoffs), 1):
            hidden = int(in_features // div_value**i)
            self.tail.append(
                Sequential(
                    Linear(in_features, hidden, bias=False, dtype=dtype),
                    Linear(hidden, stop - start, bias=False, dtype=dtype),
                )
            )

    def reset_parameters(self) -> None:
        """Draw new starting values."""
        self.head.reset_parameters()
        for projection, scores in self.tail:
            projection.reset_parameters()
            scores.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> ASMoutput:
        target = target_.array if isinstance(target_, Tensor) else np.asarray(target_)
        if target.ndim not in (0, 1) or input_.ndim != target.ndim + 1 or tuple(input_.shape[:-1]) != target.shape:
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: needs an input (N, in_features) with targets (N,), or (in_features,) with "
                f"(), got shapes {tuple(input_.shape)} and {target.shape}"
            )
        if target.dtype.kind not in "iu":
            raise TypeError(
                f"AdaptiveLogSoftmaxWithLoss: targets must be integers, got {target.dtype}; use target.long()"
            )
        if target.size == 0:
            raise ValueError("AdaptiveLogSoftmaxWithLoss: the mean over an empty batch does not exist; skip it")
        if target.min() < 0 or target.max() >= self.n_classes:
            raise ValueError(
                f"AdaptiveLogSoftmaxWithLoss: targets must be from 0 to {self.n_classes - 1}, got values from "
                f"{target.min()} to {target.max()}"
            )
        single = target.ndim == 0
        if single:
            input_, target = input_[None], target[None]
        index = target.astype(np.int64)  # of the target, or of its cluster, in the head
        output: Any = 0.0
        for i, (start, stop) in enumerate(pairwise(self.cutoffs)):
            (rows,) = np.nonzero((target >= start) & (target < stop))
            if len(rows):
                index[rows] = self.shortlist_size + i
                logp = F.log_softmax(self.tail[i](input_[rows]), 1)
                chosen = logp.gather(1, column(target[rows] - start))[:, 0]
                output = output + index_add(ag.zeros(len(target), dtype=chosen.dtype), 0, rows, chosen)
        output = output + F.log_softmax(self.head(input_), 1).gather(1, column(index))[:, 0]
        return ASMoutput(output[0] if single else output, -output.mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes: (N, in_features) -> (N, n_classes)."""
        return self._log_prob(input, self.head(input))

    def _log_prob(self, input: Tensor, head: Tensor) -> Tensor:
        head = F.log_softmax(head, 1)
        parts = [head[:, : self.shortlist_size]]
        for at, cluster in enumerate(self.tail, self.shortlist_size):
            parts.append(F.log_softmax(cluster(input), 1) + head[:, at : at + 1])
        return cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each example: (N, in_features) -> (N,).

        This is `log_prob(input).argmax(1)`, but looking into the clusters only for the examples whose highest score in the
        head is a cluster's.
        """
        with ag.no_grad():
            head = self.head(input)
            best = head.argmax(1)
            (rows,) = np.nonzero(best.array >= self.shortlist_size)
            if len(rows):
                best.array[rows] = self._log_prob(input[rows], head[rows]).argmax(1).array
        return best


def column(indices: np.ndarray) -> Any:
    """(N,) indices as `gather` along dimension 1 takes them."""
    return ag.tensor(indices.astype(np.int64)[:, None])
