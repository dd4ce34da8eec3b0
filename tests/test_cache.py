"""The cache of compiled kernels: no entry is believed that is not whole, of its key, and the user's own."""

import errno
import os
import stat
import warnings
from pathlib import Path

import numpy as np
import pytest

from autograd_core.kernels.machine import cache, machine_code
from autograd_core.kernels.machine.runtime import FLAGS, Kernel, kernel, source_of, text_of
from autograd_core.kernels.machine.simd import copy
from autograd_core.kernels.recurrence import gru, lstm, recurrent, rnn

KEY, CONTENT = b"what it is", b"machine code " * 5
POSIX = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners and modes are those of POSIX")


@pytest.fixture
def path(tmp_path):
    cache.save(tmp_path / "x.kernel", KEY, CONTENT)
    return tmp_path / "x.kernel"


@pytest.fixture
def not_warned(monkeypatch):
    monkeypatch.setattr(cache.Warned, "not_kept", False)


def forget():
    """What the process remembers of sources and folders."""
    for cached in (cache.cache_folder, cache._is_private, cache.source_hash, cache._source):
        cached.cache_clear()


@pytest.fixture
def roots(tmp_path, monkeypatch, not_warned):
    """Two folders that may be chosen, the first one better; nothing is remembered of others."""
    found = [tmp_path / "first" / "root", tmp_path / "second" / "root"]
    monkeypatch.setattr(cache, "cache_roots", lambda source: found)
    forget()
    yield found
    forget()


HERE = Path(__file__).resolve()


# -------------------------------------------------------------------------------------------------------------- entries


def test_an_entry_is_found_again_and_nothing_else_is_left(path):
    assert cache.load(path, KEY) == CONTENT
    cache.save(path, KEY, b"")
    assert cache.load(path, KEY) == b""
    assert os.listdir(path.parent) == [path.name]
    assert cache.load(path.with_name("none"), KEY) is None


def test_no_part_of_an_entry_is_believed(path):
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert cache.load(path, KEY) is None, end
        assert not path.exists()


def test_no_entry_with_a_wrong_bit_is_believed(path):
    whole = path.read_bytes()
    for i in range(len(whole)):
        for bit in (1, 128):
            path.write_bytes(whole[:i] + bytes([whole[i] ^ bit]) + whole[i + 1 :])
            assert cache.load(path, KEY) is None, i
            assert not path.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x + b"\0",
        lambda x: x + x,
        lambda x: b"",
        lambda x: bytes(len(x)),
        lambda x: x[:64] + bytes(len(x) - 64),
    ],
)
def test_no_entry_of_another_length_or_of_zeros_is_believed(path, change):
    path.write_bytes(change(path.read_bytes()))
    assert cache.load(path, KEY) is None
    assert not path.exists()


def test_no_entry_of_another_key_is_believed(path):
    for key in (b"", KEY + b" ", KEY[:-1], KEY + CONTENT):
        cache.save(path, KEY, CONTENT)
        assert cache.load(path, key) is None
        assert not path.exists()


def test_what_is_no_file_is_removed(path, tmp_path):
    for make in (
        lambda: (path / "a" / "b").mkdir(parents=True),
        lambda: os.mkfifo(path),
        lambda: path.symlink_to(path),
    ):
        if path.exists():
            path.unlink()
        try:
            make()
        except (AttributeError, NotImplementedError):
            continue
        assert cache.load(path, KEY) is None
        assert os.listdir(tmp_path) == []


@POSIX
def test_an_entry_that_others_could_have_written_is_not_believed(path, monkeypatch):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for mode in (0o620, 0o602):
        path.chmod(mode)
        assert cache.load(path, KEY) is None
        cache.save(path, KEY, CONTENT)
    if os.geteuid() == 0:
        os.chown(path, 1234, -1)
    else:
        monkeypatch.setattr(cache.os, "geteuid", lambda: 1234)
    assert cache.load(path, KEY) is None


# ------------------------------------------------------------------------------------------------- what cannot be kept


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO])
@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_what_cannot_be_written_is_not_kept_with_one_warning(tmp_path, not_warned, monkeypatch, number, call):
    def fails(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(cache.os, call, fails)
    with pytest.warns(UserWarning, match=f"not kept: .*cannot be written .{os.strerror(number)}.*NUMBA_CACHE_DIR"):
        cache.save(tmp_path / "x.kernel", KEY, CONTENT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.save(tmp_path / "y.kernel", KEY, CONTENT)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == []


def test_an_interrupt_while_writing_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cache.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.save(tmp_path / "x.kernel", KEY, CONTENT)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_vanishes_is_made_again(tmp_path, not_warned):
    folder = tmp_path / "root" / "folder"
    cache.make_private(folder.parent, folder)
    cache.remove(folder.parent)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache.save(folder / "x.kernel", KEY, CONTENT)
    assert cache.load(folder / "x.kernel", KEY) == CONTENT
    assert stat.S_IMODE(folder.stat().st_mode) & 0o022 == 0


def test_a_file_in_place_of_the_folder_is_one_warning(tmp_path, not_warned):
    (tmp_path / "folder").touch()
    with pytest.warns(UserWarning, match="not kept"):
        cache.save(tmp_path / "folder" / "x.kernel", KEY, CONTENT)


# ---------------------------------------------------------------------------------------------------------- the folder


@POSIX
def test_a_new_folder_is_the_users_alone(roots):
    before = os.umask(0)
    try:
        folder = cache.cache_folder(HERE)
    finally:
        os.umask(before)
    assert folder.parent == roots[0]
    for made in (folder, folder.parent):
        assert stat.S_IMODE(made.stat().st_mode) == 0o700


@POSIX
@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702, 0o1777])
@pytest.mark.parametrize("which", ["root", "folder"])
def test_a_folder_that_others_can_write_to_is_refused(roots, mode, which):
    folder = roots[0] / cache.source_hash(HERE)
    folder.mkdir(parents=True)
    refused = roots[0] if which == "root" else folder
    roots[0].chmod(0o700)
    refused.chmod(mode)
    with pytest.warns(
        UserWarning, match=f"not read from {refused}: others may write to it .mode {mode:o}.*chmod -R go-w"
    ):
        assert cache.cache_folder(HERE).parent == roots[1]


@POSIX
def test_the_folder_of_another_user_is_refused(roots, monkeypatch):
    roots[0].mkdir(parents=True)
    state = roots[0].stat()
    if state.st_uid == 0:
        os.chown(roots[0], 1234, -1)
    else:
        monkeypatch.setattr(cache.os, "geteuid", lambda: 1234)
    with pytest.warns(UserWarning, match="belongs to the user with number"):
        assert cache.cache_folder(HERE) != roots[0] / cache.source_hash(HERE)


@POSIX
def test_a_link_is_judged_by_its_owner_and_by_what_it_leads_to(roots, tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    roots[0].parent.mkdir()
    roots[0].symlink_to(tmp_path / "open")
    with pytest.warns(UserWarning, match=f"not read from {roots[0]}: others may write"):
        assert cache.cache_folder(HERE).parent == roots[1]
    cache.cache_folder.cache_clear()
    cache._is_private.cache_clear()
    (tmp_path / "open").chmod(0o700)
    assert cache.cache_folder(HERE).parent == roots[0]
    if os.geteuid() == 0:
        cache.cache_folder.cache_clear()
        cache._is_private.cache_clear()
        os.lchown(roots[0], 1234, -1)
        with pytest.warns(UserWarning, match="belongs to the user with number 1234"):
            assert cache.cache_folder(HERE).parent == roots[1]


def test_a_place_that_can_only_be_read_is_read_if_none_can_be_written(roots, monkeypatch):
    folder = cache.cache_folder(HERE)
    (folder / "x.kernel").touch()
    cache.cache_folder.cache_clear()

    def read_only(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(cache.tempfile, "TemporaryFile", read_only)
    assert cache.cache_folder(HERE) == folder


def test_without_a_place_for_the_cache_there_is_one_warning(roots):
    for root in roots:
        root.parent.touch()
    with pytest.warns(UserWarning, match="are not kept: none of .* can be written.*NUMBA_CACHE_DIR"):
        assert kernel()(lambda x: x + 1)(1) == 2
    cache.cache_folder.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kernel()(lambda x: x + 2)(1) == 3


def test_a_source_that_is_no_file_has_no_cache(roots, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.warns(UserWarning, match=r"not kept: the source .*<string> cannot be read"):
        assert Kernel(eval("lambda x: x + 1"), FLAGS)(1) == 2
    assert os.listdir(tmp_path) == []


def test_old_folders_and_temporary_files_are_forgotten(roots):
    old, recent, foreign = (
        roots[0] / name for name in ("gemm-0123456789abcdef", "conv-0123456789abcdef", "a users own")
    )
    for made in (old, recent, foreign):
        made.mkdir(parents=True)
    roots[0].chmod(0o700)
    for made in (old, foreign):
        os.utime(made, (0, 0))
    folder = cache.cache_folder(HERE)
    assert not old.exists()
    assert recent.exists()
    assert foreign.exists()
    left, written = folder / "x.kernel.0123456789ab.tmp", folder / "y.kernel.0123456789ab.tmp"
    for made in (left, written):
        made.touch()
    os.utime(left, (0, 0))
    cache.cache_folder.cache_clear()
    assert cache.cache_folder(HERE) == folder
    assert os.listdir(folder) == [written.name]


def test_where_kernels_are_kept(tmp_path, monkeypatch):
    source = Path("/a/package/kernels")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    beside, home = cache.cache_roots(source)
    assert beside == source / "__pycache__" / "kernels"
    assert home.parent == tmp_path / ".cache"
    monkeypatch.setenv("NUMBA_CACHE_DIR", "here")
    monkeypatch.chdir(tmp_path)
    assert cache.cache_roots(source) == [tmp_path / "here" / home.name, beside, home]  # also after a chdir
    assert cache.cache_roots(Path("/another"))[0].name != home.name
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # to be ignored, as its standard says
    assert cache.cache_roots(source)[2] == home
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.cache_roots(source)[2] == tmp_path / "xdg" / home.name

    def nobody():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(cache.Path, "home", nobody)
    assert cache.cache_roots(source)[1:] == [beside]


# --------------------------------------------------------------------------------------------------- what it depends on


def test_the_cache_depends_on_what_a_file_imports_and_on_nothing_else(tmp_path):
    """Siblings, sub-packages, parents, modules and names, what those import in turn, and packages' own files."""
    texts = {
        "top.py": "", "__init__.py": "", "unused.py": "",
        "kernels/__init__.py": "NUMBER = 1", "kernels/sibling.py": "", "kernels/unused.py": "",
        "kernels/deep/__init__.py": "", "kernels/deep/module.py": "from ..late import x", "kernels/deep/other.py": "",
        "kernels/late.py": "from . import NUMBER", "kernels/package/__init__.py": "from .inner import f",
        "kernels/package/inner.py": "", "kernels/star.py": "", "kernels/inside.py": "",
        "kernels/main.py": """
from __future__ import annotations
import os, numpy as np
from numpy import ndarray
from ..top import f
from .deep.module import g
from .package import f as h
from . import sibling, nothing_there
from .star import *
def lazily():
    from .inside import x
""",
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    main = tmp_path / "kernels" / "main.py"

    def changed(name, text):
        """Whether another text of a file gives another hash. Size and time stay the same."""
        file, old = tmp_path / name, (tmp_path / name).read_text()
        forget()
        before = cache.source_hash(main)
        file.write_text(text)
        forget()
        after = cache.source_hash(main)
        file.write_text(old)
        forget()
        return before != after

    others = {"unused.py", "kernels/unused.py", "kernels/deep/other.py", "kernels/deep/__init__.py", "__init__.py"}
    for name, text in texts.items():
        assert changed(name, text + "\n# edited") == (name not in others), name
    assert not changed("top.py", "")
    # the same texts in other files
    assert changed("kernels/deep/module.py", "from ..star import x")
    a, b = tmp_path / "kernels" / "sibling.py", tmp_path / "kernels" / "star.py"
    a.write_text("x = 1")
    before = cache.source_hash(main)
    forget()
    a.write_text("")
    b.write_text("x = 1")
    assert cache.source_hash(main) != before
    forget()


def test_imports_are_found_however_they_are_written(tmp_path):
    for name in "abcdefg":
        (tmp_path / f"{name}.py").touch()
    texts = [
        "from .a import x\nfrom .b import (  # (so)\n    y,\n    z,\n)\n",
        "from . import (\n    a,  # first\n    b,\n)\n", "from . import a, \\\n    b\n",
        "if 1: from .a import x; from .b import y\n",
        "def f():\n\tfrom .a import x\n\tfrom.b import x\n", "''' goes from .5 to 1 '''\nfrom .a import x\nfrom .b import x\n",
    ]  # fmt: skip
    for text in texts:
        assert {x.stem for x in cache._imported(tmp_path / "main.py", text.encode())} == {"a", "b"}, text


def _kernel(text, **names):
    exec(text, names)
    return Kernel(names["f"], FLAGS)


def test_the_text_of_a_kernel_is_all_that_is_compiled_into_it():
    text = "def f(x): return x + N"
    plain = _kernel(text, N=1)
    assert text_of(plain) == text_of(_kernel(text, N=1, other=3))
    different = [
        plain, _kernel(text, N=2), _kernel(text, N=1.0), _kernel("def f(x): return x - N", N=1),
        _kernel("def f(x): return x + 1"), _kernel("def f(x): return x + 2"), Kernel(plain.function, frozenset()),
        _kernel("def f(x): return N[0]", N=np.zeros(2)), _kernel("def f(x): return N[0]", N=np.ones(2)),
        Kernel(plain.function, FLAGS, inline=True), Kernel(plain.function, FLAGS, allocates=True),
    ]  # fmt: skip
    calling = "def f(x): return g(x)"
    different += [_kernel(calling, g=inner) for inner in different]  # and so does what they call
    assert len({text_of(k) for k in different}) == len(different)
    recursive = _kernel("def f(x): return f(x - 1)")
    recursive.function.__globals__["f"] = recursive
    assert text_of(recursive) == text_of(recursive)
    assert text_of(_kernel("def f(x): return sum([y for y in (1, 2)])")) == text_of(
        _kernel("def f(x): return sum([y for y in (1, 2)])")
    )  # no addresses of inner functions


def test_the_text_of_a_kernel_knows_the_files_of_the_kernels_it_calls(monkeypatch):
    """Generated code is not in a kernel's bytecode: copy's stands in another file."""
    calling = _kernel("def f(x): return copy(x)", copy=copy)
    before = text_of(calling)
    monkeypatch.setattr(
        "autograd_core.kernels.machine.runtime.source_hash", lambda path: f"edited {path == source_of(copy)}"
    )
    assert text_of(calling) != before


def test_a_loop_over_time_is_another_kernel_for_each_cell():
    """One text with the cell's own kernels in it: each loop is kept apart, and follows an edit of its cell."""
    loops = [rnn._rnn_forward, rnn._rnn_backward, lstm._lstm_forward, lstm._lstm_backward, gru._gru_forward]
    loops += [gru._gru_backward]
    assert len({text_of(loop) for loop in loops}) == len(loops)
    edited = _kernel("def f(calls, code, plan, counts, starts, step, *arrays): pass")
    before = recurrent.with_cell(recurrent.forward_loop, "loop", __name__, step_forward=rnn._step_forward)
    after = recurrent.with_cell(recurrent.forward_loop, "loop", __name__, step_forward=edited)
    assert text_of(before) == text_of(rnn._rnn_forward) != text_of(after)


def test_machine_code_depends_on_the_width_of_vectors(monkeypatch):
    from autograd_core.kernels.machine import vectors

    keys = set()
    for width in (16, 32, 64):
        monkeypatch.setattr(cache, "machine", lambda width=width: vectors.Machine(width, {}))
        cache.compilers.cache_clear()
        keys.add(cache.compilers())
    cache.compilers.cache_clear()
    assert len(keys) == 3
    assert machine_code.compilers is cache.compilers
