"""Kernels on several threads: every task once, whoever calls, whatever fails, and in a forked child."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from autograd_core.kernels.machine import spin, threads
from autograd_core.kernels.machine.runtime import kernel
from autograd_core.kernels.machine.threads import Threads, parallel_for


@kernel()
def fill(start, stop, out, value):
    for i in range(start, stop):
        out[i] = 2.0 * value + i


@kernel()
def fails_at(start, stop, out, where):
    for i in range(start, stop):
        if i == where:
            raise ValueError("a kernel's error")
        out[i] = i


@pytest.fixture
def eager(monkeypatch):
    """Every loop is worth a thread."""
    monkeypatch.setattr(Threads, "worthwhile", 1.0)
    monkeypatch.setattr(Threads, "count", 3)


@pytest.mark.parametrize("tasks", [0, 1, 2, 5, 1000])
def test_every_task_runs_once(eager, tasks):
    out = np.full(tasks, -1.0)
    parallel_for(fill, tasks, 1e9, out, 0.5)
    np.testing.assert_array_equal(out, 1 + np.arange(tasks))


@pytest.mark.parametrize("patience", [0.0, 50.0])
def test_threads_sleep_and_wake(eager, monkeypatch, patience):
    parallel_for(fill, 10, 1e9, np.zeros(10), 0.0)
    monkeypatch.setattr(threads, "PATIENCE", patience)
    monkeypatch.setattr(Threads, "patience", patience)
    for pause in (0.0, 0.0, 0.01, 0.0):  # long enough to fall asleep, or not
        time.sleep(pause)
        out = np.zeros(50)
        parallel_for(fill, 50, 1e9, out, 1.0)
        np.testing.assert_array_equal(out, 2 + np.arange(50))


def test_a_thread_watches_until_the_signal_changes_or_for_so_long():
    signal, first = spin.Signal(), spin.Signal()
    assert not spin.watch(signal, 0, 10.0, first)
    assert spin.watch(signal, 1, 10.0, first)
    threading.Timer(0.01, signal.increment).start()
    assert spin.watch(signal, 0, 1e7, first)  # so it does not hold the interpreter's lock
    assert signal.count.value == 1
    assert first.count.value == 3


def test_signals_live_as_long_as_their_addresses_are_used(monkeypatch):
    alive = set()

    class Tracked(spin.Signal):
        def __init__(self):
            super().__init__()
            alive.add(self.address)

        def __del__(self):
            alive.remove(self.address)

    def call(signal, first, *_):
        assert {signal, first} <= alive
        return 0

    monkeypatch.setattr(spin, "Signal", Tracked)
    monkeypatch.setattr(spin, "addresses", lambda *_: [0])
    monkeypatch.setattr(spin.ctypes, "CFUNCTYPE", lambda *_: lambda _: call)
    spin._compiled.__wrapped__()
    assert not alive


def test_threads_that_share_a_cpu_do_not_watch(monkeypatch):
    monkeypatch.setattr(Threads, "patience", 1.0)
    monkeypatch.setattr(threads, "_cpus", lambda: 2)
    monkeypatch.setattr(threads, "PATIENCE", 100.0)  # whatever AUTOGRAD_SPIN is
    for running, patience in ((2, 0.0), (1, 100.0)):
        monkeypatch.setattr(Threads, "running", running)
        threads._start_workers(running)
        assert Threads.patience == patience


def test_little_work_is_not_shared(monkeypatch):
    monkeypatch.setattr(Threads, "count", 3)
    monkeypatch.setattr(threads, "Job", None)
    out = np.zeros(10)
    parallel_for(fill, 10, Threads.worthwhile, out, 0.0)
    assert out[9] == 9
    with pytest.raises(TypeError):  # a Job is made
        parallel_for(fill, 10, 3 * Threads.worthwhile, out, 0.0)


def test_an_error_in_a_kernel_reaches_the_caller(eager):
    for where in (0, 99):
        with pytest.raises(ValueError, match="a kernel's error"):
            parallel_for(fails_at, 100, 1e9, np.zeros(100), where)
    out = np.zeros(100)
    parallel_for(fails_at, 100, 1e9, out, -1)  # and the threads go on working
    assert out[99] == 99


def test_several_python_threads_at_once(eager):
    wrong = []

    def call(value):
        for _ in range(50):
            out = np.zeros(200)
            parallel_for(fill, 200, 1e9, out, value)
            if not np.array_equal(out, 2 * value + np.arange(200)):
                wrong.append(value)

    callers = [threading.Thread(target=call, args=(float(v),)) for v in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not wrong


def _in_child(queue):
    queue.put(Threads.running)
    out = np.zeros(300)
    parallel_for(fill, 300, 1e9, out, 1.0)
    queue.put(float(out.sum()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_can_run_kernels(eager):
    out = np.zeros(300)
    parallel_for(fill, 300, 1e9, out, 1.0)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert queue.get() == 0  # the parent's workers are not there
    assert queue.get() == out.sum()


def test_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(Threads, "count", None)
    monkeypatch.setattr(threads.blas.Blas, "most", None)
    assert threads.get_num_threads() >= 1
    threads.set_num_threads(2)
    assert threads.get_num_threads() == 2
    with pytest.raises(ValueError, match="n is 0, but must be at least 1"):
        threads.set_num_threads(0)
    with pytest.raises(TypeError, match=r"n must be an int, got float 1\.5"):
        threads.set_num_threads(1.5)
    assert threads.get_num_threads() == 2


# ------------------------------------------------------------------------------------------------- processes of their own

BEGIN = """
import faulthandler, os, sys, time
faulthandler.dump_traceback_later(240, exit=True)
import numpy as np
import autograd_core as ag
from autograd_core.kernels.machine import spin, threads
from autograd_core.kernels.machine.threads import Threads

def run(count, rounds=30):
    Threads.count, Threads.worthwhile = count, 1.0
    ag.manual_seed(0)
    for _ in range(rounds):
        x = ag.randn(100, 120, requires_grad=True)
        y = ag.tanh(x @ x.T).sum()
        y.backward()
    return y.item(), x.grad.numpy().tobytes()
"""
ONE_CPU = (
    BEGIN
    + """
cpus = os.sched_getaffinity(0)
one = {min(cpus)}
alone = run(1)
os.sched_setaffinity(0, one)
assert run(4) == alone
assert Threads.patience == 0
os.sched_setaffinity(0, cpus)
"""
)
CPUS_LOST = (
    BEGIN
    + """
threads._cpus = lambda: 8
alone = run(1)
assert run(3) == alone
assert Threads.patience == threads.PATIENCE > 0
threads._cpus = lambda: len(os.sched_getaffinity(0))
for thread in os.listdir("/proc/self/task"):  # as `taskset -ap` does
    os.sched_setaffinity(int(thread), {min(os.sched_getaffinity(0))})
until = time.monotonic() + 120
while Threads.patience and time.monotonic() < until:
    assert run(3, 1) == run(1, 1)
    time.sleep(0.01)
assert Threads.patience == 0
assert run(3) == alone
"""
)
NO_SPIN = (
    BEGIN
    + """
threads._cpus = lambda: 8
assert threads.PATIENCE == 0
assert run(3) == run(1)
assert Threads.running == 2 and spin._compiled.cache_info().currsize == 0
"""
)


def process(code, **environment):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system has no sched_setaffinity")
def test_a_process_with_one_cpu():
    process(ONE_CPU)


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="the system has no /proc")
def test_a_process_that_loses_its_cpus():
    process(CPUS_LOST, AUTOGRAD_SPIN="1")


def test_watching_can_be_turned_off():
    process(NO_SPIN, AUTOGRAD_SPIN="0")


@pytest.mark.parametrize(("files", "cpus"), [
    ({"cpu.max": "150000 100000\n"}, 2), ({"cpu.max": "max 100000\n"}, np.inf), ({"cpu.max": "20000 100000\n"}, 1),
    ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
    ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, np.inf), ({}, np.inf), ({"cpu.max": "?"}, np.inf),
])  # fmt: skip
def test_the_quota_of_a_container(tmp_path, files, cpus):
    (tmp_path / "cpu").mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert threads._quota.__wrapped__(tmp_path) == cpus


# ------------------------------------------------------------------------------------------------------- interruptions


@kernel()
def slowly(start, stop, out, rounds):
    for i in range(start, stop):
        for _ in range(rounds):
            out[i] = out[i] * 0.5 + 1.0


@pytest.mark.parametrize("where", ["work", "wait"])
def test_an_interrupted_call_leaves_no_worker_behind(eager, monkeypatch, where):
    jobs = []

    class Interrupted(threads.Job):
        def __init__(self, *args):
            super().__init__(*args)
            jobs.append(self)

    def interrupted(self):
        if threading.current_thread() is not threading.main_thread():
            return plain(self)
        while self.left and not self.helpers:  # until a worker is in the kernel
            time.sleep(0)
        raise KeyboardInterrupt

    plain = getattr(threads.Job, where)
    monkeypatch.setattr(Interrupted, where, interrupted, raising=False)
    monkeypatch.setattr(threads, "Job", Interrupted)
    parallel_for(slowly, 0, 1e9, np.zeros(1), 1)
    for _ in range(5):
        out = np.zeros(12)
        with pytest.raises(KeyboardInterrupt):
            parallel_for(slowly, 12, 1e9, out, 300_000)
        before = out.copy()
        assert not jobs[-1].helpers
        time.sleep(0.005)
        np.testing.assert_array_equal(out, before)


def test_a_second_interruption_does_not_leave_workers_behind(monkeypatch):
    job = threads.Job(fill, 10, 1, ())
    job.helpers.append(None)
    signals = iter([KeyboardInterrupt, KeyboardInterrupt])

    def sleep(_):
        for signal in signals:
            raise signal
        job.helpers.clear()

    monkeypatch.setattr(threads.time, "sleep", sleep)
    job.abandon()
    assert not job.helpers and job.tasks == 0
