"""`torch.distributed` of one process: a group of one, in which nothing needs to be sent. Larger groups are refused."""

from __future__ import annotations

import os
from typing import Any

from .refusals import no_attribute


class _Group:
    """Whether there is a group."""

    is_started = False


class ReduceOp:
    """How tensors are combined; of one tensor, each gives it itself.

    SUM, AVG, PRODUCT, MIN, MAX: the ways.
    """

    SUM, AVG, PRODUCT, MIN, MAX = "sum", "avg", "product", "min", "max"


def is_available() -> bool:
    """Return True: a group of one process is there."""
    return True


def is_initialized() -> bool:
    """Return whether `init_process_group` was called."""
    return _Group.is_started


is_nccl_available = is_mpi_available = is_torchelastic_launched = lambda: False
is_gloo_available = lambda: True  # noqa: E731


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: Any = None,
    world_size: int = -1,
    rank: int = -1,
    **options: Any,
) -> None:
    """Start a group of one process; `world_size` is -1 (that of the environment) or 1.

    `backend`, `init_method`, `timeout`, `rank` and other `options` are without effect. Raises RuntimeError for more
    than one process.
    """
    size = int(os.environ.get("WORLD_SIZE", "1")) if world_size == -1 else world_size
    if size != 1:
        raise RuntimeError(
            f"init_process_group: {size} processes are asked for, and nothing is sent between processes here; run one "
            "(WORLD_SIZE=1): it uses all CPUs"
        )
    _Group.is_started = True


def destroy_process_group(group: Any = None) -> None:
    """End the group."""
    _Group.is_started = False


def get_rank(group: Any = None) -> int:
    """Return the number of this process, 0."""
    return 0


def get_world_size(group: Any = None) -> int:
    """Return the number of processes, 1."""
    return 1


def barrier(*args: Any, **options: Any) -> None:
    """Return at once: no other process is to be waited for."""


def all_reduce(tensor: Any, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> None:
    """Leave the tensor, which is the sum, mean or maximum over one process."""


def broadcast(tensor: Any, src: int = 0, group: Any = None, async_op: bool = False) -> None:
    """Leave the tensor, which comes from this process."""


def reduce(tensor: Any, dst: int = 0, op: Any = ReduceOp.SUM, group: Any = None, async_op: bool = False) -> None:
    """Leave the tensor, which is the sum over one process."""


def all_gather(tensor_list: list[Any], tensor: Any, group: Any = None, async_op: bool = False) -> None:
    """Copy the tensor into the one tensor of the list."""
    (only,) = tensor_list
    only.copy_(tensor)


def __getattr__(name: str) -> Any:
    raise no_attribute("torch.distributed", name)
