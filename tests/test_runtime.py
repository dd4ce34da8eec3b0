"""The compile policy: nothing at import, and watchers that hear of each compilation."""

import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.kernels.machine import runtime
from autograd_core.kernels.machine.runtime import kernel
from autograd_core.kernels.machine.threads import Threads, parallel_for
from tests.processes import printed

SOURCE = Path(runtime.__file__)


@kernel()
def double(x):
    return 2.0 * x


@kernel()
def fill(start, stop, out, value):
    for i in range(start, stop):
        out[i] = double(value) + i


# ----------------------------------------------------------------------------------------------------------- compiling


def test_importing_compiles_nothing():
    out = printed("""
        import sys, autograd_core
        from autograd_core.kernels.convolution import columns, pool, sliding
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


def test_a_loop_is_shared_at_every_thread_count(monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 1.0)
    before, out = ag.get_num_threads(), np.zeros(1000)
    try:
        for threads in (1, 2, 4):
            ag.set_num_threads(threads)
            out[:] = 0
            parallel_for(fill, 1000, 1e6, out, 1.5)
            np.testing.assert_array_equal(out, 3 + np.arange(1000))
    finally:
        ag.set_num_threads(before)


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
def test_warmup_compiles_every_family(capfd):
    ag.warmup()
    from autograd_core.kernels.convolution import sliding

    assert len(sliding.forward.signatures) == 2
    for path in SOURCE.parent.glob("*.py"):
        if "@warms_up" in path.read_text():
            assert any(name.startswith(f"{path.stem}.") for name in runtime.warmups), path.stem
    capfd.readouterr()
    ag.warmup()
    assert capfd.readouterr() == ("", "")  # nothing is left to compile
    # Without `allocates` nobody counts users: what a kernel returned would stay in memory. `_header` owns nothing.
    modules = [module for name, module in sys.modules.items() if name.startswith("autograd_core.kernels.")]
    kernels = {id(k): k for module in modules for k in vars(module).values() if isinstance(k, runtime.Kernel)}
    returned = {
        (k.function.__name__, str(signature.return_type))
        for k in kernels.values()
        for signature in getattr(k.compiled, "nopython_signatures", ())
    }
    assert {name for name, kind in returned if "rray" in kind} <= {"_header", "<lambda>"}
    assert len(returned) > 50


def test_a_kernel_that_does_not_allocate_is_refused_an_array(monkeypatch):
    """And counts no users of its arrays: that costs an atomic addition a call."""
    monkeypatch.setattr(runtime, "cache_folder", lambda path: None)
    names = {"np": np}
    exec("def f(x): return np.empty(3)[0] + x[0]", names)
    x = np.ones(2)
    with pytest.raises(Exception, match="empty"):
        runtime.Kernel(names["f"], runtime.FLAGS)(x)
    runtime.Kernel(names["f"], runtime.FLAGS, allocates=True)(x)
    exec("def g(x, y):\n    z = x[1:]\n    y[0] = z[0]", names)
    text = []
    for allocates in (False, True):
        k = runtime.Kernel(names["g"], runtime.FLAGS, allocates=allocates)
        k(x, x)
        text.append("".join(k.compiled.inspect_llvm().values()))
    assert "NRT_incref" not in text[0]
    assert "NRT_" in text[1]


def told_here(monkeypatch):
    """What watchers are told of this thread. Workers may compile what they wait with, whenever they begin."""
    told, here = [], threading.get_ident()
    watcher = lambda *what: told.append(what) if threading.get_ident() == here else None  # noqa: E731
    monkeypatch.setattr(runtime.Compiling, "watchers", [watcher])
    return told


def test_watchers_are_told_what_is_compiled(monkeypatch):
    told = told_here(monkeypatch)
    monkeypatch.setattr(runtime, "cache_folder", lambda path: None)

    @kernel()
    def inner(x):
        return x + 1

    # a test's own function has no globals of the test: the kernel that calls another is given it by name
    outer = runtime.Kernel(eval("lambda x: inner(x) * 2", {"inner": inner}), runtime.FLAGS)
    done = runtime.Compiling.done
    assert outer(1) == 4
    assert told == [("<lambda>", True), ("inner", True), ("inner", False), ("<lambda>", False)]
    assert runtime.Compiling.done >= done + 2
    outer(2)
    assert len(told) == 4  # compiled already
    with pytest.raises(Exception, match="inner"):
        outer("text")
    assert told.count(("<lambda>", True)) == told.count(("<lambda>", False)) == 2


def test_watchers_are_not_told_of_the_users_own_functions(monkeypatch):
    numba = pytest.importorskip("numba")
    told = told_here(monkeypatch)
    fill.dispatcher()
    numba.njit(lambda x: x + 1)(1)
    assert told == []
