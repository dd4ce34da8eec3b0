"""The threads of the BLAS behind NumPy and SciPy: it has one, while the kernels have theirs (`threads.py`).

A thread of OpenBLAS that has finished its part of a product watches for the next one, for some 25 ms. If there are as
many threads of the kernels as CPUs, one of these is without a CPU for as long: a training step that calls NumPy's BLAS
between two kernels takes up to twice the time. So the first kernel on several threads, `ag.set_num_threads` and the
first factorisation of a matrix limit each BLAS that is loaded to one thread, and a BLAS that is loaded later (SciPy has
a copy of its own) before the next of them. The limit is that of threadpoolctl, so it holds for the whole process, also
for products of the user's own NumPy arrays. A smaller limit cannot be, and none is raised later.

Factorisations of large matrices take long enough for threads to pay: `lapack` gives them those that BLAS had before.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from numpy import ndarray

# The rows and columns from which a factorisation gets more than one thread: below, threads save less than the time
# for which they keep a CPU afterwards.
LARGE = 768


class Pool(NamedTuple):
    """The threads of one library."""

    set_num_threads: Callable[[int], None]
    num_threads: Callable[[], int]
    before: int  # how many it had


class Blas:
    """The state of this process's BLAS libraries."""

    modules = 0  # the length of sys.modules when the loaded libraries were looked at: none is loaded without a module
    pools: dict[str, Pool] = {}  # by the library's file
    most: int | None = None  # as set by the user
    calls = 0  # of `lapack` on large matrices, in all threads
    lock = threading.RLock()


def limit() -> None:
    """Limit each BLAS to one thread, once. Costs 0.1 µs where nothing was imported since the last call."""
    if len(sys.modules) != Blas.modules:
        with Blas.lock:
            _limit_new()


def _limit_new() -> None:
    libraries = importlib.import_module("threadpoolctl").ThreadpoolController().lib_controllers
    for library in libraries:
        if library.user_api != "blas" or library.filepath in Blas.pools:
            continue
        # From threadpoolctl 3.8 on, the public method does nothing but in the one Python thread that called it first.
        setter = getattr(library, "_real_set_num_threads", library.set_num_threads)
        Blas.pools[library.filepath] = Pool(setter, library.get_num_threads, library.num_threads or 1)
        setter(1)
    Blas.modules = len(sys.modules)


def lapack(function: Callable, A: Any, *args: Any, **options: Any) -> Any:
    """function(A, …), a factorisation or product by BLAS: on one thread, or if A (..., M, N) is large on as many as BLAS
    had, at most those of `ag.set_num_threads`. The number depends on the shape alone, and so do results."""
    limit()
    if min(A.shape[-2:]) < LARGE:
        return function(A, *args, **options)
    with _several():
        return function(A, *args, **options)


def scipy_linalg(name: str) -> Callable[..., ndarray]:
    """`scipy.linalg.<name>`, imported when it is first called."""
    return getattr(importlib.import_module("scipy.linalg"), name)


@contextlib.contextmanager
def _several() -> Iterator[None]:
    """BLAS may use its threads inside, in any Python thread. A limit that the user has set since stays as it is."""
    with Blas.lock:
        Blas.calls += 1
        if Blas.calls == 1:
            _change(1, None)
    try:
        yield
    finally:
        with Blas.lock:
            Blas.calls -= 1
            if Blas.calls == 0:
                _change(None, 1)


def _change(old: int | None, new: int | None) -> None:
    """Limit each library whose limit is `old` to `new`; None is what `lapack` may use of it."""
    for pool in Blas.pools.values():
        several = min(pool.before, Blas.most or pool.before)
        if pool.num_threads() == (several if old is None else old):
            pool.set_num_threads(several if new is None else new)


def _after_fork() -> None:
    """In the child, whoever held the lock or was in `lapack` does not exist."""
    Blas.lock = threading.RLock()
    if Blas.calls:
        Blas.calls = 0
        _change(None, 1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
