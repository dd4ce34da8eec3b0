"""Hooks on the graph, as PyTorch's `torch.autograd.graph` has them: on saved values, on several gradients, on nodes."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from numpy import ndarray

from ..engine.graph import Node, Watcher, watchers
from ..engine.tensor import Tensor, describe, wrap
from ..engine.versions import written
from ..engine.walk import at_end_of_pass

__all__ = [
    "disable_saved_tensors_hooks", "increment_version", "register_multi_grad_hook", "save_on_cpu",
    "saved_tensors_hooks",
]  # fmt: skip


class Packed(Sequence):
    """What a node saved, packed: each value is unpacked when a rule asks for it."""

    def __init__(self, values: tuple, pack: Callable, unpack: Callable):
        self._unpack = unpack
        self._values = [(True, pack(wrap(v))) if isinstance(v, ndarray) else (False, v) for v in values]

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        packed, value = self._values[index]
        if not packed:
            return value
        unpacked = self._unpack(value)
        if not isinstance(unpacked, Tensor):
            raise TypeError(f"saved_tensors_hooks: unpack_hook must return a tensor, got {describe(unpacked)}")
        return unpacked.array


class _Disabled(threading.local):
    message: str | None = None


_disabled = _Disabled()


class saved_tensors_hooks(Watcher):  # noqa: N801 (PyTorch's name)
    """Packs the values that operations save for `backward`, inside the block, and unpacks them when they are used.

    pack_hook(tensor) returns anything (a file's name, a compressed copy), unpack_hook of it the tensor again. Of nested
    blocks the inner one packs. What is saved is checked for writes in place only where it is not packed.

    Formula: saved value = unpack_hook(pack_hook(value))
    Shapes: unpack_hook returns the shape that pack_hook got.
    Dtypes: the dtype too.
    Raises: RuntimeError where hooks are disabled; TypeError in `backward` if unpack_hook returns no tensor.
    Source: PyTorch's `autograd.graph.saved_tensors_hooks`.

    >>> import autograd_core as ag
    >>> x = ag.tensor([2.0], requires_grad=True)
    >>> with ag.autograd.graph.saved_tensors_hooks(lambda t: t.tolist(), lambda values: ag.tensor(values)):
    ...     y = x.exp()
    >>> ag.grad(y, x)
    (tensor([7.3891]),)
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]):
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> saved_tensors_hooks:
        if _disabled.message is not None:
            raise RuntimeError(_disabled.message)
        watchers.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        watchers.remove(self)

    def after(self, primitive: Any, node: Node | None, arrays: list, out: Any) -> None:
        """Pack what the node has saved."""
        innermost = next(w for w in reversed(watchers) if isinstance(w, saved_tensors_hooks))
        if node is None or innermost is not self or not any(isinstance(v, ndarray) for v in node.saved):
            return
        node.saved = Packed(node.saved, self.pack_hook, self.unpack_hook)


class save_on_cpu(saved_tensors_hooks):  # noqa: N801 (PyTorch's name)
    """Keeps copies of the saved values in main memory, where all values are: it frees nothing here.

    `pin_memory` and `device_type` are accepted and have no meaning.

    Formula: saved value = value
    Shapes: kept.
    Dtypes: kept.
    Raises: RuntimeError where hooks are disabled.
    Source: PyTorch's `autograd.graph.save_on_cpu`.

    >>> import autograd_core as ag
    >>> x = ag.tensor([2.0], requires_grad=True)
    >>> with ag.autograd.graph.save_on_cpu():
    ...     y = x * x
    >>> ag.grad(y, x)
    (tensor([4.]),)
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cpu"):
        super().__init__(lambda t: t.clone(), lambda t: t)


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Let `saved_tensors_hooks` raise `error_message` inside the block.

    Formula: none.
    Shapes: none.
    Dtypes: none.
    Raises: nothing itself.
    Source: PyTorch's `autograd.graph.disable_saved_tensors_hooks`.

    >>> import autograd_core as ag
    >>> with ag.autograd.graph.disable_saved_tensors_hooks("not here"):
    ...     y = ag.ones(2) + 1
    """
    before, _disabled.message = _disabled.message, error_message
    try:
        yield
    finally:
        _disabled.message = before


class MultiHook:
    """Holds the hooks of `register_multi_grad_hook`; `remove()` takes them away."""

    def __init__(self, handles: list):
        self._handles = handles

    def remove(self) -> None:
        """Take the hooks away."""
        for handle in self._handles:
            handle.remove()


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable[..., Any], *, mode: str = "all") -> MultiHook:
    """Call `fn` once in each backward pass, when the gradients of `tensors` are known.

    mode "all": fn takes a list of the gradients, None for tensors that the pass does not reach, at its end; "any": fn takes
    the first gradient. What fn returns is not used.

    Formula: fn([dy/dx for x in tensors]), or fn of the first
    Shapes: each gradient has its tensor's shape.
    Dtypes: each gradient has its tensor's dtype.
    Raises: ValueError for another mode, or without tensors; RuntimeError for a tensor that requires no gradient.
    Source: PyTorch's `autograd.graph.register_multi_grad_hook`.

    >>> import autograd_core as ag
    >>> x, y = ag.ones(1, requires_grad=True), ag.ones(1, requires_grad=True)
    >>> handle = ag.autograd.graph.register_multi_grad_hook([x, y], print)
    >>> (2 * x + 3 * y).backward()
    [tensor([2.]), tensor([3.])]
    """
    if mode not in ("all", "any"):
        raise ValueError(f"register_multi_grad_hook: mode must be 'all' or 'any', got {mode!r}")
    if not tensors:
        raise ValueError("register_multi_grad_hook: tensors is empty; give the tensors whose gradients are waited for")
    known: dict[int, Tensor] = {}

    def done() -> None:
        gradients = [known.get(i) for i in range(len(tensors))]
        known.clear()
        if mode == "all":
            fn(gradients)

    def arrived(i: int, g: Tensor) -> None:
        if not known:
            at_end_of_pass(done)
            if mode == "any":
                fn(g)
        known[i] = g

    return MultiHook([t.register_hook(functools.partial(arrived, i)) for i, t in enumerate(tensors)])


def increment_version(tensor: Tensor | Sequence[Tensor]) -> None:
    """Note that the memory of `tensor` was written by something that this library does not see.

    An operation that had saved it raises in `backward`, as after a write in place.

    Formula: none; the version counter goes up.
    Shapes: any.
    Dtypes: any.
    Raises: TypeError for what is no tensor.
    Source: PyTorch's `autograd.graph.increment_version`.

    >>> import autograd_core as ag
    >>> ag.autograd.graph.increment_version(ag.ones(2))
    """
    for t in (tensor,) if isinstance(tensor, Tensor) else tensor:
        if not isinstance(t, Tensor):
            raise TypeError(f"increment_version: needs tensors, got {describe(t)}")
        written(t.array)
