"""How every kernel is compiled: one policy for flags and the cache on disk. `threads.py` says how they are run.

A kernel is a function of arrays and numbers, decorated with `@kernel`. Numba is imported, and the function compiled,
when it is first called. Kernels may call each other; `kernel.function` is the plain Python function.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib
import os
import shutil
import tempfile
import threading
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

# NaN and infinities are values here, so never "nnan" or "ninf". "contract" allows fused multiply-adds.
FLAGS = frozenset({"contract", "nsz"})
# To add up in vectors, terms must be reordered; only for kernels that ask for it.
REASSOCIATE = frozenset({"reassoc"})


class Compiling:
    """The state of this process's compiler.

    Each of `watchers` is called as watcher(name, True) when a kernel's compilation starts, and as watcher(name, False)
    when it has ended, also with an error. A kernel that is read from the cache is not compiled. The kernels that a
    kernel calls are compiled within it, so that pairs of calls may be nested. A watcher is called by the thread that
    compiles; what it raises goes to the kernel's caller.
    """

    lock = threading.RLock()
    warned_no_cache = False
    watchers: list[Callable[[str, bool], None]] = []
    done = 0  # compilations that have ended in this process
    listening = False  # whether Numba reports its compilations

    @staticmethod
    def report(name: str, starts: bool) -> None:
        """Tell the watchers."""
        Compiling.done += not starts
        for watcher in tuple(Compiling.watchers):
            watcher(name, starts)


class Kernel:
    """A function that Numba compiles at its first call."""

    def __init__(self, function: Callable, flags: frozenset):
        self.function: Any = function
        self.flags = flags
        self.compiled: Any = None
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        return (self.compiled or self.dispatcher())(*args)

    def dispatcher(self) -> Any:
        """Numba's dispatcher, which compiles for each new combination of argument types."""
        if self.compiled is None:
            with Compiling.lock:
                self.compiled = self.compiled or _compile(self)
        return self.compiled

    @property
    def signatures(self) -> list[tuple]:
        """The argument types compiled so far."""
        return [] if self.compiled is None else self.compiled.signatures


def kernel(*, reassociate: bool = False) -> Callable[[Callable], Kernel]:
    """Make a function a kernel. `reassociate`: it adds up along its inner loop, and may do so in another order, to use
    vectors."""
    return lambda function: Kernel(function, FLAGS | REASSOCIATE if reassociate else FLAGS)


def _compile(k: Kernel) -> Any:
    """Numba's dispatcher for a kernel. Nothing is compiled yet, but its cache is chosen."""
    numba = importlib.import_module("numba")
    if not Compiling.listening:
        Compiling.listening = True
        _listen(numba.core.event)
    names = dict(k.function.__globals__)
    for name in k.function.__code__.co_names:
        if isinstance(names.get(name), Kernel):
            names[name] = names[name].dispatcher()
    function = types.FunctionType(k.function.__code__, names, k.function.__name__, k.function.__defaults__)
    function.__qualname__, function.__module__ = k.function.__qualname__, k.function.__module__
    function.autograd_kernel = k.function.__name__  # type: ignore[attr-defined]
    options = {"nogil": True, "error_model": "numpy", "fastmath": set(k.flags)}
    folder = cache_folder(Path(function.__code__.co_filename).resolve())
    if folder is not None:
        config, before = numba.config, numba.config.CACHE_DIR
        config.CACHE_DIR = str(folder)
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError as error:  # no locator: the folder went away since
            _warn_no_cache(str(error))
        finally:
            config.CACHE_DIR = before
    return numba.njit(**options)(function)


def _listen(event: Any) -> None:
    """Report what Numba compiles of ours. Its other events, of the user's own functions, are not ours to report."""

    class Listener(event.Listener):
        def on_start(self, what: Any) -> None:
            self.report(what, True)

        def on_end(self, what: Any) -> None:
            self.report(what, False)

        def report(self, what: Any, starts: bool) -> None:
            name = getattr(what.data["dispatcher"].py_func, "autograd_kernel", None)
            if name is not None:
                Compiling.report(name, starts)

    event.register("numba:compile", Listener())


# ------------------------------------------------------------------------------------------------------- the cache


@functools.cache
def source_hash(path: Path) -> str:
    """A name for the text of a file of kernels and of all it imports from its folder. Numba looks for edits only in the
    file of the kernel itself, but helpers of other files are compiled into it; so an edit there gives a new cache."""
    found: dict[Path, bytes] = {}
    waiting = [path, Path(__file__).resolve()]  # this file holds the flags
    while waiting:
        file = waiting.pop()
        if file in found or not file.exists():
            continue
        found[file] = file.read_bytes()
        for statement in ast.walk(ast.parse(found[file])):
            if isinstance(statement, ast.ImportFrom) and statement.level == 1:
                names = [statement.module] if statement.module else [name.name for name in statement.names]
                waiting += [file.with_name(f"{name}.py") for name in names]
    digest = hashlib.sha256()
    for file in sorted(found):
        digest.update(file.name.encode() + found[file])
    return f"{path.stem}-{digest.hexdigest()[:16]}"


def cache_roots(source: Path) -> list[Path]:
    """Where compiled kernels may be kept, best first: where the user says, beside the source, in the user's cache."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    place = hashlib.sha256(str(source).encode()).hexdigest()[:8]  # installations share a folder, not what is in it
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    roots = [Path(named) / f"autograd_core-{place}"] if named else []
    return [*roots, source / "__pycache__" / "numba", home / f"autograd_core-{place}"]


@functools.cache
def cache_folder(path: Path) -> Path | None:
    """The cache for this text of a file of kernels, or None (with one warning) where none can be written."""
    roots = cache_roots(path.parent)
    for root in roots:
        folder = root / source_hash(path)
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
    os.utime(current)
    for folder in root.iterdir():
        if folder != current and folder.is_dir() and time.time() - folder.stat().st_mtime > 7 * 24 * 3600:
            shutil.rmtree(folder, ignore_errors=True)


def _warn_no_cache(why: str) -> None:
    if not Compiling.warned_no_cache:
        Compiling.warned_no_cache = True
        warnings.warn(
            f"compiled kernels are not kept: {why}. Every process compiles them again; set NUMBA_CACHE_DIR to a folder "
            "that can be written",
            stacklevel=2,
        )


# --------------------------------------------------------------------------------------------- what kernels are given


def plain(x: Any, dtype: Any = None) -> ndarray:
    """x in the one form that kernels are compiled for: row-major, aligned, writable; itself if it is that already."""
    if x.flags.carray and (dtype is None or x.dtype == dtype):
        return x
    return np.array(x, dtype, order="C")


# ------------------------------------------------------------------------------------------------------- warming up

warmups: dict[str, Callable[[], None]] = {}  # by the name of the family; `ag.warmup` runs them all


def warms_up(function: Callable[[], None]) -> Callable[[], None]:
    """Decorator: call `function` in `ag.warmup`. It runs its kernels on small arrays, float32 and float64."""
    warmups[f"{function.__module__.rpartition('.')[2]}.{function.__name__.strip('_')}"] = function
    return function


def _after_fork() -> None:
    """In the child, whoever held the lock does not exist."""
    Compiling.lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
