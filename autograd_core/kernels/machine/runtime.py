"""How every kernel is compiled: one policy for flags. `cache.py` keeps what is compiled; `threads.py` runs it.

A kernel is a function of arrays and numbers, decorated with `@kernel`. Numba is imported, and the function compiled,
when it is first called. Kernels may call each other; `kernel.function` is the plain Python function.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import os
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from .cache import KernelCache, cache_folder, code_text, source_hash

# NaN and infinities are values here, so never "nnan" or "ninf". "contract" allows fused multiply-adds.
FLAGS = frozenset({"contract", "nsz"})
# To add up in vectors, terms must be reordered; only for kernels that request it.
REASSOCIATE = frozenset({"reassoc"})


class Compiling:
    """The state of this process's compiler.

    Each of `watchers` is called as watcher(name, True) when a kernel's compilation starts, and as watcher(name, False)
    when it has ended, also with an error. A kernel that is read from the cache is not compiled. The kernels that a
    kernel calls are compiled within it, so that pairs of calls may be nested. A watcher is called by the thread that
    compiles; what it raises goes to the kernel's caller.
    """

    lock = threading.RLock()
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

    def __init__(self, function: Callable, flags: frozenset, inline: bool = False, allocates: bool = False):
        self.function: Any = function
        self.flags, self.inline, self.allocates = flags, inline, allocates
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


def kernel(*, reassociate: bool = False, inline: bool = False, allocates: bool = False) -> Callable[[Callable], Kernel]:
    """Make a function a kernel.

    reassociate    it adds up along its inner loop, and may do so in another order, to use vectors. It is always put into
                   the kernels that call it: LLVM optimises a copy that is called once more there, to another order of the
                   additions, and the process that compiles would run the one, those that load from the cache the other
    inline         LLVM puts it into the kernels that call it, whatever its size: a call with many arrays takes long
    allocates      it makes arrays (np.empty). Then Numba counts the users of all of its arrays, atomically, at each call;
                   without, it does not compile what allocates. A kernel must not return an array: its caller would not
                   free it
    """
    flags = FLAGS | REASSOCIATE if reassociate else FLAGS
    return lambda function: Kernel(function, flags, inline or reassociate, allocates)


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
    options = {"nogil": True, "error_model": "numpy", "fastmath": set(k.flags), "forceinline": k.inline}
    options["_nrt"] = k.allocates  # Numba's runtime, which allocates and counts
    dispatcher = numba.njit(**options)(function)
    folder = cache_folder(source_of(k))
    if folder is not None and hasattr(dispatcher, "_cache"):  # not if NUMBA_DISABLE_JIT is set
        dispatcher._cache = KernelCache(k.function.__name__, text_of(k), folder)
    return dispatcher


def source_of(k: Kernel) -> Path:
    return Path(k.function.__code__.co_filename).resolve()


def text_of(k: Kernel) -> str:
    """What a kernel does and what those that it calls do, as text: no more and no less than is compiled into it.

    A source that cannot be read counts by the bytecode alone."""
    texts: dict[int, str] = {}
    waiting = [k]
    while waiting:
        this = waiting.pop()
        if id(this) in texts:
            continue
        code, names = this.function.__code__, this.function.__globals__
        with contextlib.suppress(OSError, ValueError, SyntaxError):
            texts[id(this)] = source_hash(source_of(this))
        texts[id(this)] = (
            f"{texts.get(id(this))} {sorted(this.flags)} {this.inline} {this.allocates} {code_text(code, names)}"
        )
        waiting += [names[name] for name in code.co_names if isinstance(names.get(name), Kernel)]
    return hashlib.sha256("\n".join(texts.values()).encode()).hexdigest()


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


# ----------------------------------------------------------------------------------------------- arguments of kernels


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


def _locks() -> list:
    """The locks of a thread that compiles or frees code: ours, and those of Numba and llvmlite once they are imported."""
    locks = [Compiling.lock]
    paths = (
        ("numba.core.compiler_lock", "global_compiler_lock", "_lock"),
        ("llvmlite.binding.ffi", "lib", "_lock", "_lock"),
    )
    for module, *names in paths:
        lock: Any = sys.modules.get(module)
        for name in names:
            lock = getattr(lock, name, None)  # other versions may have it elsewhere
        if lock is not None:
            locks.append(lock)
    return locks


class Fork:
    """A fork waits until no thread compiles: half a compilation would be in the child, and locks that nobody opens."""

    locks: list = []

    @staticmethod
    def before() -> None:
        Fork.locks = _locks()
        for lock in Fork.locks:
            lock.acquire()

    @staticmethod
    def after() -> None:
        locks, Fork.locks = Fork.locks, []
        for lock in reversed(locks):
            lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=Fork.before, after_in_parent=Fork.after, after_in_child=Fork.after)
