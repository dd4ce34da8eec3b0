"""How every kernel is compiled and run: one policy for flags, cache, threads and forks.

A kernel is a function of arrays and numbers, decorated with `@kernel`. Numba is imported, and the function compiled,
when it is first called. Kernels may call each other; `kernel.function` is the plain Python function.

A kernel with a `prange` loop exists twice, serial and parallel, from one source. `kernel.for_work(work)(…)` takes the
parallel one where it pays. The choice depends on the work alone, not on the number of threads, and every kernel writes
each result from one iteration of its `prange`: so results do not depend on the number of threads, to the last bit.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import os
import sys
import tempfile
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

# NaN and infinities are values here, so never "nnan" or "ninf". "contract" allows fused multiply-adds.
FLAGS = frozenset({"contract", "nsz"})
# Sums in vectors need their terms reordered; only for kernels that ask for it.
REASSOCIATE = frozenset({"reassoc"})


class Late:
    """Something of Numba's that kernels name at module level, found when the first of them is compiled."""

    def __init__(self, find: Callable[[Any], Any], stand_in: Callable):
        self.find = find
        self.stand_in = stand_in

    def __call__(self, *args: Any) -> Any:
        return self.stand_in(*args)


prange: Any = Late(lambda numba: numba.prange, range)


class Kernel:
    """A function that Numba compiles at its first call; calling it runs the serial variant."""

    def __init__(self, function: Callable, parallel: bool, flags: frozenset):
        self.function: Any = function
        self.has_parallel = parallel
        self.flags = flags
        self.variants: dict[bool, Any] = {}
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        return self.variant(False)(*args)

    def for_work(self, work: float) -> Callable:
        """The variant for so much work, counted in steps of a serial loop of about a nanosecond each."""
        if not self.has_parallel or work < Threads.worthwhile or Threads.forked:
            return self.variant(False)
        return functools.partial(_run_parallel, self.variant(True))

    def variant(self, parallel: bool) -> Any:
        found = self.variants.get(parallel)
        if found is None:
            with _compiling:
                found = self.variants.get(parallel)
                if found is None:
                    found = self.variants[parallel] = _compile(self, parallel)
        return found

    @property
    def signatures(self) -> list[tuple]:
        """The argument types compiled so far, of both variants."""
        return [signature for variant in self.variants.values() for signature in variant.signatures]


def kernel(*, parallel: bool = False, reassociate: bool = False) -> Callable[[Callable], Kernel]:
    """Make a function a kernel.

    parallel      it has a `prange` loop, whose iterations write to disjoint places
    reassociate   it adds up along its inner loop, and the order of the terms may be changed to use vectors
    """
    flags = FLAGS | REASSOCIATE if reassociate else FLAGS
    return lambda function: Kernel(function, parallel, flags)


_compiling = threading.RLock()


def _compile(k: Kernel, parallel: bool) -> Any:
    """Numba's dispatcher for one variant. Nothing is compiled yet, but its cache is chosen."""
    numba = load_numba()
    names: dict[str, Any] = dict(k.function.__globals__)
    for name in k.function.__code__.co_names:
        value = names.get(name)
        if isinstance(value, Late):
            names[name] = value.find(numba)
        elif isinstance(value, Kernel):
            names[name] = value.variant(False)
    function = types.FunctionType(k.function.__code__, names, k.function.__name__, k.function.__defaults__)
    function.__qualname__, function.__module__ = k.function.__qualname__, k.function.__module__
    options = {"nogil": True, "error_model": "numpy", "fastmath": set(k.flags), "parallel": parallel}
    folder = cache_folder()
    if folder is not None:
        # Numba's key does not tell the variants of one function apart, so each has its folder.
        config, before = numba.config, numba.config.CACHE_DIR
        config.CACHE_DIR = str(folder / ("parallel" if parallel else "serial"))
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError as error:  # no locator: the folder went away since
            _warn_no_cache(str(error))
        finally:
            config.CACHE_DIR = before
    return numba.njit(**options)(function)


@functools.cache
def load_numba() -> Any:
    with _compiling:
        numba = importlib.import_module("numba")
        Threads.limit = numba.config.NUMBA_NUM_THREADS
        return numba


# ------------------------------------------------------------------------------------------------------------- the cache


def source_hash(folder: Path) -> str:
    """A name for the text of all kernels. Numba looks for edits only in the file of the kernel itself, but a helper of
    another file is compiled into it; so an edit anywhere gives a new cache."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def cache_roots(source: Path) -> list[Path]:
    """Where compiled kernels may be kept, best first: where the user says, beside the source, in the user's cache."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    place = hashlib.sha256(str(source).encode()).hexdigest()[:8]  # installations share the user's cache, not its content
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    roots = [Path(named) / f"autograd_core-{place}"] if named else []
    return [*roots, source / "__pycache__" / "numba", home / f"autograd_core-{place}"]


@functools.cache
def cache_folder() -> Path | None:
    """The cache of exactly this source, or None (with one warning) where none can be written."""
    source = Path(__file__).resolve().parent
    roots = cache_roots(source)
    name = source_hash(source)
    for root in roots:
        folder = root / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError:
            continue
        _forget_old(root, folder)
        return folder
    _warn_no_cache(f"none of {', '.join(map(str, roots))} can be written")
    return None


def _forget_old(root: Path, current: Path) -> None:
    """Remove the caches of earlier source texts, once nothing was added to them for a week."""
    import shutil

    os.utime(current)
    for folder in root.iterdir():
        if folder != current and folder.is_dir() and time.time() - folder.stat().st_mtime > 7 * 24 * 3600:
            shutil.rmtree(folder, ignore_errors=True)


def _warn_no_cache(why: str) -> None:
    if not Threads.warned_no_cache:
        Threads.warned_no_cache = True
        warnings.warn(
            f"compiled kernels are not kept: {why}. Every process compiles them again; set NUMBA_CACHE_DIR to a folder "
            "that can be written",
            stacklevel=2,
        )


# ------------------------------------------------------------------------------------------------------------- threads


class Threads:
    """The state of this process's threads."""

    # A parallel call wakes the other threads, some 2 to 10 µs. Below this much work (about 20 µs) it does not pay.
    worthwhile: float = 20_000
    count: int | None = None  # as set by the user
    limit: int | None = None  # what Numba was started with
    layer: str | None = None  # Numba's threading layer, known once a parallel kernel has run
    forked = False  # a child of a process whose threads were running: they do not exist here
    blas: Any = None  # keeps the limit of the BLAS pool in force
    warned_no_cache = False


_own = threading.local()  # .count: the number of threads this Python thread has told Numba
_one_at_a_time = threading.RLock()


def _run_parallel(variant: Any, *args: Any) -> Any:
    numba = load_numba()
    if Threads.count is not None and getattr(_own, "count", None) != Threads.count:
        numba.set_num_threads(Threads.count)  # Numba's setting is each thread's own, ours is the process's
        _own.count = Threads.count
    if Threads.layer is not None and Threads.layer != "workqueue":
        return variant(*args)
    with _one_at_a_time:  # the workqueue layer aborts the process when two threads enter it
        result = variant(*args)
        Threads.layer = numba.threading_layer()
    return result


def set_num_threads(n: int) -> None:
    """How many threads kernels use, and NumPy's BLAS too where the package threadpoolctl is installed.

    n: from 1 to the number of CPUs (or the environment's NUMBA_NUM_THREADS). Results do not depend on it.
    Raises ValueError for any other.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise TypeError(f"set_num_threads: n must be an int, got {type(n).__name__} {n!r}")
    limit = thread_limit()
    if not 1 <= n <= limit:
        raise ValueError(
            f"set_num_threads: n is {n}, but must be from 1 to {limit}; to allow more, set NUMBA_NUM_THREADS before "
            "the first kernel runs"
        )
    Threads.count = int(n)
    try:
        control = importlib.import_module("threadpoolctl")
    except ImportError:
        return
    Threads.blas = control.threadpool_limits(limits=int(n), user_api="blas")


def get_num_threads() -> int:
    """How many threads kernels use."""
    return thread_limit() if Threads.count is None else Threads.count


def thread_limit() -> int:
    """The most threads Numba can use in this process."""
    if Threads.limit is not None:
        return Threads.limit
    if "numba" in sys.modules or os.environ.get("NUMBA_NUM_THREADS"):
        return load_numba().config.NUMBA_NUM_THREADS
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _after_fork() -> None:
    """In the child: the threads and whoever held the locks are gone. OpenMP would end the process: stay serial."""
    global _compiling, _one_at_a_time
    _compiling, _one_at_a_time = threading.RLock(), threading.RLock()
    Threads.forked = Threads.layer is not None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


# --------------------------------------------------------------------------------------------------- what kernels are given


def plain(x: Any, dtype: Any = None) -> ndarray:
    """x in the one form that kernels are compiled for: row-major, aligned and writable; itself if it is that already."""
    if x.flags.carray and (dtype is None or x.dtype == dtype):
        return x
    return np.array(x, dtype, order="C")


# ------------------------------------------------------------------------------------------------------------- warming up

_warmups: dict[str, Callable[[], None]] = {}


def warms_up(function: Callable[[], None]) -> Callable[[], None]:
    """Decorator: call `function` in `warmup`. It runs its kernels on small arrays, float32 and float64."""
    _warmups[f"{function.__module__.rpartition('.')[2]}.{function.__name__.strip('_')}"] = function
    return function


@contextlib.contextmanager
def parallel_from(work: float) -> Iterator[None]:
    """Run in parallel from so much work on: 0 for always, infinity for never."""
    before, Threads.worthwhile = Threads.worthwhile, work
    try:
        yield
    finally:
        Threads.worthwhile = before


def warmup(progress: Callable[[int, int, str], None] | None = None) -> None:
    """Compile all kernels now (or load them from the cache), rather than each at its first use.

    progress: called as progress(done, total, name) before each family of kernels and after the last.
    """
    for i, (name, function) in enumerate(_warmups.items()):
        if progress is not None:
            progress(i, len(_warmups), name)
        for least in (float("inf"), 0.0):
            with parallel_from(least):
                function()
    if progress is not None:
        progress(len(_warmups), len(_warmups), "")
