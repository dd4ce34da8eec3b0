"""How kernels are run on several threads.

A parallel kernel begins `def f(start, stop, …): for task in range(start, stop):` and is run by `parallel_for`, which
shares the tasks out among threads. Each task writes where no other does. So results do not depend on the number of
threads, to the last bit: it is the same code that runs, on one thread or on many.

The threads are Python's own: kernels release the interpreter's lock. Numba's `prange` has threads of its own, but its
OpenMP layer ends the process in a forked child, its workqueue layer when two Python threads call at once, and every
parallel loop is compiled several times over.

A thread that has nothing to do polls for a while (`spin.py`) before it sleeps: in a training step the next kernel
comes soon, and would be done before a sleeping thread is awake. It sleeps at once if threads share a CPU, or where the
environment variable AUTOGRAD_SPIN is 0: then `spin.py` is not used at all. Results are the same.

While there are several threads, the BLAS behind NumPy's products has one (`blas.py`).
"""

from __future__ import annotations

import functools
import itertools
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from . import blas
from .runtime import Kernel
from .spin import Signal, watch

# Microseconds that an idle thread watches before it sleeps, if it has a CPU of its own.
PATIENCE = 0.0 if os.environ.get("AUTOGRAD_SPIN") == "0" else 100.0


class Threads:
    """The state of this process's threads."""

    count: int | None = None  # as set by the user
    running = 0  # workers, besides the threads that call
    jobs: SimpleQueue = SimpleQueue()  # what they wait for
    posted = Signal()  # incremented when a job was put there
    worked = Signal()  # incremented by a worker that has finished all it could
    dummy = Signal()  # nobody watches it
    starting = threading.Lock()
    # To hand work over costs some 15 µs; and 30 more if the worker was asleep. A thread should have more than that to do.
    worthwhile: float = 30_000
    patience = 0.0  # PATIENCE, or 0 if threads share a CPU
    # Microseconds for which a thread, after it has posted a job, holds the interpreter's lock, before its own kernel runs.
    # Who asks for the lock meanwhile goes to sleep.
    handover = 5.0


class Job:
    """The tasks of one call, in chunks that threads take as they are free."""

    __slots__ = ("args", "chunk", "error", "finished", "helpers", "kernel", "left", "lock", "take", "tasks")

    def __init__(self, kernel: Callable, tasks: int, chunk: int, args: tuple):
        self.kernel, self.tasks, self.chunk, self.args = kernel, tasks, chunk, args
        self.take = itertools.count(0, chunk).__next__
        self.left = -(-tasks // chunk)
        self.lock, self.finished = threading.Lock(), threading.Lock()
        self.finished.acquire()
        self.error: BaseException | None = None
        self.helpers: list[None] = []  # one for each worker that is in `help`

    def help(self) -> None:
        """`work`, by a worker."""
        self.helpers.append(None)
        try:
            self.work()
        finally:
            self.helpers.pop()

    def abandon(self) -> None:
        """After the caller was interrupted: begin no more chunks, and wait for those that workers are in. The caller is
        about to let go of arrays that they write to; and a kernel may know an array by its address alone."""
        while True:
            try:
                self.tasks = 0
                while self.helpers:
                    time.sleep(0)
                return
            except BaseException:  # a second signal; the first is raised when the workers have left
                continue

    def work(self) -> None:
        """Run chunks until none is left to take. Whoever ends the last one reports that the job is finished."""
        while (start := self.take()) < self.tasks:
            try:
                self.kernel(start, min(start + self.chunk, self.tasks), *self.args)
            except BaseException as error:
                self.error = error
            with self.lock:
                self.left -= 1
                last = self.left == 0
            if last:
                self.finished.release()

    def wait(self) -> None:
        """Until the job is finished."""
        while Threads.patience:
            seen = Threads.worked.count.value  # before `left`, which is counted down before it is incremented
            if not self.left or not watch(Threads.worked, seen, Threads.patience, Threads.dummy):
                break
        self.finished.acquire()


def parallel_for(kernel: Kernel, tasks: int, work: float, *args: Any) -> None:
    """Run `kernel(start, stop, *args)` over all of `range(tasks)`, on several threads where it pays.

    work   an estimate of all tasks together, in steps of a serial loop of about a nanosecond each
    """
    threads = get_num_threads()
    chunks = min(tasks, 4 * threads, int(work / Threads.worthwhile)) if threads > 1 else 1
    run = kernel.dispatcher()
    if chunks <= 1:
        run(0, tasks, *args)
        return
    if Threads.running < threads - 1:
        _start_workers(threads - 1)
    job = Job(run, tasks, -(-tasks // chunks), args)
    try:
        for _ in range(min(threads, chunks) - 1):
            Threads.jobs.put(job)
        Threads.posted.increment()
        job.work()
        job.wait()
    except BaseException:  # of the handler of a signal: those of the kernel are in job.error
        job.abandon()
        raise
    job.args = ()  # a worker may find the job late; it must not keep the arrays alive
    if len(sys.modules) != blas.Blas.modules:  # at the end, for Numba, imported to run the first kernel, loads a BLAS
        blas.limit()
    if job.error is not None:
        raise job.error


def _start_workers(count: int) -> None:
    with Threads.starting:
        while Threads.running < count:
            Threads.running += 1
            name = f"kernels-{Threads.running}"
            threading.Thread(target=_worker, args=(Threads.jobs,), name=name, daemon=True).start()
        _adapt()


def _adapt() -> None:
    """Threads watch only if each has a CPU of its own."""
    Threads.patience = PATIENCE if Threads.running < _cpus() else 0.0


def _worker(jobs: SimpleQueue) -> None:
    while True:
        seen = Threads.posted.count.value  # before the queue, into which a job is put before it is incremented
        if jobs.empty():
            if not (
                Threads.patience and watch(Threads.posted, seen, Threads.patience, Threads.worked, Threads.handover)
            ):
                _adapt()  # the process may have got or lost CPUs
                jobs.get().help()
            continue
        Threads.worked.increment()
        try:
            jobs.get_nowait().help()
        except Empty:
            continue


def _after_fork() -> None:
    """In the child, the workers do not exist, nor whoever held a lock: begin anew."""
    Threads.running, Threads.jobs, Threads.starting = 0, SimpleQueue(), threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def set_num_threads(n: int) -> None:
    """Set the number of threads that kernels use to `n`; results do not depend on it.

    The BLAS behind NumPy and SciPy has one thread from here on, or from the first kernel on several threads: its idle
    threads would take the CPU from those of the kernels. n is also the most that it may have inside a factorisation of a
    matrix of at least 768 rows and columns (`ag.linalg`). The limit holds for the whole process; to multiply large
    arrays by NumPy on several threads: `with threadpoolctl.threadpool_limits(2, "blas"): a @ b`.

    Idle threads watch for 0.1 ms before they sleep; in a process that is started with AUTOGRAD_SPIN=0 in its environment
    they sleep at once.

    Formula: none; `ag.get_num_threads()` = n from here on.
    Shapes: none.
    Dtypes: an integer.
    Raises: ValueError unless n is at least 1; TypeError if it is no integer.
    Source: PyTorch's `set_num_threads`.

    >>> import autograd_core as ag
    >>> before = ag.get_num_threads()
    >>> ag.set_num_threads(2)
    >>> ag.get_num_threads()
    2
    >>> ag.set_num_threads(before)
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise TypeError(f"set_num_threads: n must be an int, got {type(n).__name__} {n!r}")
    if n < 1:
        raise ValueError(f"set_num_threads: n is {n}, but must be at least 1; 1 means no threads besides the caller's")
    Threads.count = int(n)
    blas.Blas.most = int(n)
    blas.limit()


def get_num_threads() -> int:
    """Return the number of threads that kernels use: as set, or the number of CPUs that this process had when first asked.

    Formula: none; what `set_num_threads` set, or min(CPUs, the control group's quota).
    Shapes: none.
    Dtypes: a Python int.
    Raises: nothing.
    Source: PyTorch's `get_num_threads`.

    >>> import autograd_core as ag
    >>> ag.get_num_threads() >= 1
    True
    """
    if Threads.count is None:
        Threads.count = _cpus()
    return Threads.count


def _cpus() -> int:
    """The CPUs that this process may use."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(min(cpus, _quota()))


@functools.cache
def _quota(root: Path = Path("/sys/fs/cgroup")) -> float:
    """The CPUs whose time the control group (a container) may use, rounded up; infinite without a quota."""
    try:
        if (root / "cpu.max").exists():  # version 2: "200000 100000" microseconds, or "max 100000"
            quota, period = (root / "cpu.max").read_text().split()
        else:
            quota, period = ((root / f"cpu/cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return max(1, math.ceil(int(quota) / int(period))) if int(quota) > 0 else math.inf
    except (OSError, ValueError):
        return math.inf
