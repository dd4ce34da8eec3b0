"""The compile policy: nothing at import, a cache that is never stale, threads and forks."""

import multiprocessing
import os
import subprocess
import sys
import textwrap
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl

import autograd_core as ag
from autograd_core.kernels import runtime
from autograd_core.kernels.runtime import kernel, parallel_for

SOURCE = Path(runtime.__file__)


@kernel()
def double(x):
    return 2.0 * x


@kernel()
def fill(start, stop, out, value):
    for i in range(start, stop):
        out[i] = double(value) + i


@kernel()
def fails_at(start, stop, out, where):
    for i in range(start, stop):
        if i == where:
            raise ValueError("a kernel's error")
        out[i] = i


@pytest.fixture
def eager(monkeypatch):
    """Every loop is worth a thread."""
    monkeypatch.setattr(runtime.Threads, "worthwhile", 1.0)
    monkeypatch.setattr(runtime.Threads, "count", 3)


def run_python(code, **env):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        check=True,
    ).stdout.strip()


# ----------------------------------------------------------------------------------------------------------- compiling


def test_importing_compiles_nothing():
    out = run_python("""
        import sys, autograd_core
        from autograd_core.kernels import columns, pool, sliding
        print("numba" in sys.modules, sliding.forward.signatures)
    """)
    assert out == "False []"


def test_a_kernel_may_call_another_and_both_have_a_plain_form():
    out = np.zeros(3)
    fill(0, 3, out, 1.5)
    np.testing.assert_array_equal(out, [3, 4, 5])
    fill.function(0, 2, out, 2.5)  # the plain function, which Python interprets
    np.testing.assert_array_equal(out, [5, 6, 5])
    assert len(fill.signatures) == 1
    assert fill.__name__ == "fill"


def test_nan_and_infinity_are_values():
    @kernel(reassociate=True)
    def total(x):
        s = 0.0
        for i in range(len(x)):
            if not np.isnan(x[i]):
                s += x[i]
        return s, s / 0.0

    assert total(np.array([1.0, np.nan, 2.0])) == (3.0, np.inf)
    assert total(np.array([np.inf, 1.0]))[0] == np.inf
    assert not {"nnan", "ninf", "fast"} & (runtime.FLAGS | runtime.REASSOCIATE)


def test_plain_copies_only_what_kernels_cannot_take():
    x = np.ones((3, 4))
    assert runtime.plain(x) is x
    assert runtime.plain(x, np.float64) is x
    read_only = x.view()
    read_only.flags.writeable = False
    unaligned = np.zeros(8 * 3 + 1, np.uint8)[1:].view(np.float64)
    for other in (x.T, x[:, ::2], read_only, unaligned, x.astype(np.float32)):
        made = runtime.plain(other, np.float64)
        assert made.flags.carray
        assert made.dtype == np.float64
        np.testing.assert_array_equal(made, other)


@pytest.mark.slow
def test_warmup_compiles_every_family_behind_a_bar(capfd):
    ag.warmup()
    from autograd_core.kernels import sliding

    assert len(sliding.forward.signatures) == 2
    for path in SOURCE.parent.glob("*.py"):
        if "@warms_up" in path.read_text():
            assert any(name.startswith(f"{path.stem}.") for name in runtime.warmups), path.stem
    shown = capfd.readouterr().err
    assert "compiling kernels: 100%" in shown
    ag.warmup(progress=False)
    assert "compiling" not in capfd.readouterr().err


# --------------------------------------------------------------------------------------------------------------- cache


@pytest.fixture
def folder(tmp_path):
    """A small package with a kernel whose helper is in another file."""
    package = tmp_path / "kernels_for_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "runtime.py").write_text(SOURCE.read_text())
    (package / "helper.py").write_text("from .runtime import kernel\n@kernel()\ndef one():\n    return 1\n")
    (package / "other.py").write_text("# of no concern\n")
    (package / "main.py").write_text(
        "from .runtime import kernel\nfrom .helper import one\n@kernel()\ndef result(x):\n    return one() + x\n"
    )
    return package


CALL = """
    from kernels_for_test.main import result
    value = result(1)
    stats = result.compiled.stats
    print(value, sum(stats.cache_hits.values()))
"""


def test_kernels_are_cached_and_an_edited_helper_leaves_none_stale(folder):
    env = {"PYTHONPATH": str(folder.parent), "NUMBA_CACHE_DIR": str(folder.parent / "cache")}
    assert run_python(CALL, **env) == "2 0"  # compiled
    assert run_python(CALL, **env) == "2 1"  # read from the cache
    helper = folder / "helper.py"
    before = helper.stat()
    helper.write_text(helper.read_text().replace("return 1", "return 2"))
    os.utime(helper, ns=(before.st_atime_ns, before.st_mtime_ns))  # same size, same time: only the text tells
    assert run_python(CALL, **env) == "3 0"


def test_the_cache_depends_on_what_a_file_imports_and_on_nothing_else(folder):
    runtime.source_hash.cache_clear()
    before = runtime.source_hash(folder / "main.py")
    for name, matters in (("other.py", False), ("helper.py", True), ("main.py", True)):
        (folder / name).write_text((folder / name).read_text() + "# edited\n")
        runtime.source_hash.cache_clear()
        after = runtime.source_hash(folder / "main.py")
        assert (after != before) == matters
        before = after
    runtime.source_hash.cache_clear()


def test_without_a_place_for_the_cache_there_is_one_warning(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(runtime, "cache_roots", lambda source: [tmp_path / "file" / "cannot"])
    monkeypatch.setattr(runtime.Threads, "warned_no_cache", False)
    runtime.cache_folder.cache_clear()
    try:
        with pytest.warns(UserWarning, match="are not kept: none of .* can be written.*NUMBA_CACHE_DIR"):
            assert kernel()(lambda x: x + 1)(1) == 2
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            runtime.cache_folder.cache_clear()
            assert kernel()(lambda x: x + 2)(1) == 3
    finally:
        runtime.cache_folder.cache_clear()


def test_old_caches_are_forgotten_after_a_week(tmp_path):
    old, recent, current = (tmp_path / name for name in ("old", "recent", "current"))
    for made in (old, recent, current):
        made.mkdir()
    os.utime(old, (0, 0))
    runtime._forget_old(tmp_path, current)
    assert not old.exists()
    assert recent.exists()
    assert current.exists()


# ------------------------------------------------------------------------------------------------------------- threads


@pytest.mark.parametrize("tasks", [0, 1, 2, 5, 1000])
def test_every_task_runs_once(eager, tasks):
    out = np.full(tasks, -1.0)
    parallel_for(fill, tasks, 1e9, out, 0.5)
    np.testing.assert_array_equal(out, 1 + np.arange(tasks))


def test_little_work_is_not_shared(monkeypatch):
    monkeypatch.setattr(runtime.Threads, "count", 3)
    monkeypatch.setattr(runtime, "Job", None)
    out = np.zeros(10)
    parallel_for(fill, 10, runtime.Threads.worthwhile, out, 0.0)
    assert out[9] == 9
    with pytest.raises(TypeError):  # a Job is made
        parallel_for(fill, 10, 3 * runtime.Threads.worthwhile, out, 0.0)


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

    threads = [threading.Thread(target=call, args=(float(v),)) for v in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def _in_child(queue):
    queue.put(runtime.Threads.running)
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
    monkeypatch.setattr(runtime.Threads, "count", None)
    assert runtime.get_num_threads() >= 1
    runtime.set_num_threads(2)
    assert runtime.get_num_threads() == 2
    with pytest.raises(ValueError, match="n is 0, but must be at least 1"):
        runtime.set_num_threads(0)
    with pytest.raises(TypeError, match=r"n must be an int, got float 1\.5"):
        runtime.set_num_threads(1.5)
    assert runtime.get_num_threads() == 2


def test_the_blas_pool_is_limited_too(monkeypatch):
    monkeypatch.setattr(runtime.Threads, "count", runtime.get_num_threads())
    monkeypatch.setattr(runtime.Threads, "blas", None)
    with threadpoolctl.threadpool_limits(2, "blas"):
        runtime.set_num_threads(1)
        assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"} == {1}
