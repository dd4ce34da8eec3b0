"""The compile policy: nothing at import, and a cache that is never stale."""

import os
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.kernels import runtime
from autograd_core.kernels.runtime import kernel

SOURCE = Path(runtime.__file__)


@kernel()
def double(x):
    return 2.0 * x


@kernel()
def fill(start, stop, out, value):
    for i in range(start, stop):
        out[i] = double(value) + i


def run_python(code, **env):
    """What a new process prints. It writes no bytecode: Python believes a .pyc whose source has its size and time, and
    tests rewrite sources with neither changed."""
    env = {"PYTHONDONTWRITEBYTECODE": "1", **env}
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
def test_warmup_compiles_every_family(capfd):
    ag.warmup()
    from autograd_core.kernels import sliding

    assert len(sliding.forward.signatures) == 2
    for path in SOURCE.parent.glob("*.py"):
        if "@warms_up" in path.read_text():
            assert any(name.startswith(f"{path.stem}.") for name in runtime.warmups), path.stem
    capfd.readouterr()
    ag.warmup()
    assert capfd.readouterr() == ("", "")  # nothing is left to compile


def test_watchers_are_told_what_is_compiled(monkeypatch):
    told = []
    monkeypatch.setattr(runtime.Compiling, "watchers", [lambda *what: told.append(what)])
    monkeypatch.setattr(runtime, "cache_folder", lambda path: None)

    @kernel()
    def inner(x):
        return x + 1

    # a test's own function has no globals of the test: the kernel that calls another is given it by name
    outer = runtime.Kernel(eval("lambda x: inner(x) * 2", {"inner": inner}), runtime.FLAGS)
    done = runtime.Compiling.done
    assert outer(1) == 4
    assert told == [("<lambda>", True), ("inner", True), ("inner", False), ("<lambda>", False)]
    assert runtime.Compiling.done == done + 2
    outer(2)
    assert len(told) == 4  # compiled already
    with pytest.raises(Exception, match="inner"):
        outer("text")
    assert told.count(("<lambda>", True)) == told.count(("<lambda>", False)) == 2


def test_watchers_are_not_told_of_the_users_own_functions(monkeypatch):
    numba = pytest.importorskip("numba")
    told = []
    monkeypatch.setattr(runtime.Compiling, "watchers", [lambda *what: told.append(what)])
    fill.dispatcher()
    numba.njit(lambda x: x + 1)(1)
    assert told == []


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

WATCH = """
    from kernels_for_test import main, runtime
    runtime.Compiling.watchers.append(lambda name, starts: print(name, starts))
    main.result(1)
"""


def test_what_is_read_from_the_cache_is_not_told(folder):
    env = {"PYTHONPATH": str(folder.parent), "NUMBA_CACHE_DIR": str(folder.parent / "cache")}
    assert run_python(WATCH, **env).split("\n") == ["result True", "one True", "one False", "result False"]
    assert run_python(WATCH, **env) == ""


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
    monkeypatch.setattr(runtime.Compiling, "warned_no_cache", False)
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
