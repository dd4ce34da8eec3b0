"""`DistributedSampler` for one process: every index is its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autograd_core.nn.data import Sampler
from autograd_core.random import Generator, randperm

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler):
    """Yields the indices of the one process there is, in an order that depends on the seed and the epoch alone.

    dataset: what is indexed.
    num_replicas: the number of processes, None or 1.
    rank: the number of this process, None or 0.
    shuffle: a random order, otherwise 0, 1, 2, …
    seed: of the order of epoch 0; that of epoch e is seed + e.
    drop_last: without effect: nothing is left over by one process.

    Formula: out = permutation of 0 … N − 1 from seed + epoch
    Shapes: N indices of N samples.
    Dtypes: int.
    Raises: RuntimeError for more than one process.
    Source: PyTorch's `torch.utils.data.distributed.DistributedSampler`, whose orders are others.

    >>> import autograd_core.compat as torch
    >>> list(torch.utils.data.DistributedSampler([5, 6, 7], shuffle=False))
    [0, 1, 2]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ):
        if num_replicas not in (None, 1) or rank not in (None, 0):
            raise RuntimeError(
                f"DistributedSampler: process {rank} of {num_replicas} is asked for, and there is one process; use "
                "num_replicas=1, rank=0"
            )
        self.dataset, self.shuffle, self.seed, self.drop_last, self.epoch = dataset, shuffle, seed, drop_last, 0

    def __iter__(self) -> Iterator[int]:
        if not self.shuffle:
            return iter(range(len(self)))
        return iter(randperm(len(self), generator=Generator(self.seed + self.epoch)).tolist())

    def __len__(self) -> int:
        return len(self.dataset)

    def set_epoch(self, epoch: int) -> None:
        """Set the number on which the next order depends."""
        self.epoch = epoch
