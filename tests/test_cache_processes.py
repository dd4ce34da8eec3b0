"""The cache of compiled kernels in whole processes: broken files, full disks, races, kills and forks."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from autograd_core.kernels.machine import runtime
from tests.processes import printed, run_python

SOURCE = Path(runtime.__file__).parent
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@pytest.fixture
def package(tmp_path):
    """A small package of kernels: one whose helper is in another folder, and machine code without Numba."""
    folder = tmp_path / "kernels_for_test"
    (folder / "parts").mkdir(parents=True)
    for name in ("runtime.py", "cache.py", "vectors.py", "machine_code.py"):
        shutil.copy(SOURCE / name, folder)
    texts = {
        "__init__.py": "",
        "parts/__init__.py": "",
        "parts/helper.py": "from ..runtime import kernel\n@kernel()\ndef one():\n    return 1\n",
        "other.py": "# of no concern\n",
        "main.py": """
import ctypes, os
from pathlib import Path
import numpy as np
from .machine_code import addresses
from .parts.helper import one
from .runtime import Compiling, kernel

@kernel()
def result(x):
    return one() + x

def code(dtype, triple):
    return f'target triple = "{triple}"\\\\ndefine i64 @three() {{ ret i64 3 }}'

def three():
    return ctypes.CFUNCTYPE(ctypes.c_int64)(int(addresses(Path(__file__), np.dtype(np.int64), ["three"], code)[0]))()

def all_of_it():
    return result(1), result(1.5), three(), Compiling.done
""".replace("\\\\", "\\"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def env(package, tmp_path):
    return {"PYTHONPATH": str(package.parent), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}


def entries(tmp_path):
    return sorted(x for x in (tmp_path / "cache").rglob("*") if x.name.endswith((".kernel", ".tmp")))


ALL = "from kernels_for_test.main import all_of_it; print(*all_of_it())"
RIGHT = "2 2.5 3"
COLD, WARM = f"{RIGHT} 4", f"{RIGHT} 0"  # result for two types, its helper, and the machine code

# ------------------------------------------------------------------------------------------------- hits, and edited files


def test_kernels_are_cached_and_an_edited_helper_leaves_none_stale(package, env, tmp_path):
    assert printed(ALL, **env) == COLD
    assert len(entries(tmp_path)) == 4
    assert printed(ALL, **env) == WARM
    helper = package / "parts" / "helper.py"
    before = helper.stat()
    helper.write_text(helper.read_text().replace("return 1", "return 2"))
    os.utime(helper, ns=(before.st_atime_ns, before.st_mtime_ns))  # same size, same time: only the text tells
    assert printed(ALL, **env) == "3 3.5 3 4"
    (package / "other.py").write_text("# edited\n")
    assert printed(ALL, **env) == "3 3.5 3 0"


def test_what_is_read_from_the_cache_is_not_told(env):
    watch = """
        from kernels_for_test import main, runtime
        runtime.Compiling.watchers.append(lambda name, starts: print(name, starts))
        main.result(1)
        main.three()
    """
    told = ["result True", "one True", "one False", "result False", "main int64 True", "main int64 False"]
    assert printed(watch, **env).split("\n") == told
    assert printed(watch, **env) == ""


def test_narrower_vectors_and_other_settings_have_entries_of_their_own(env):
    assert printed(ALL, **env, AUTOGRAD_VECTOR_BYTES="") == COLD
    for setting in ({"AUTOGRAD_VECTOR_BYTES": "16"}, {"NUMBA_BOUNDSCHECK": "1"}):
        if "AUTOGRAD_VECTOR_BYTES" in setting and _vector_bytes() == 16:
            continue
        assert printed(ALL, **{**env, **setting}) == COLD
        assert printed(ALL, **{**env, **setting}) == WARM


def _vector_bytes():
    from autograd_core.kernels.machine import vectors

    return vectors.machine().vector_bytes


def test_a_width_that_there_is_not_is_refused(env):
    done = run_python(ALL, check=False, **env, AUTOGRAD_VECTOR_BYTES="48")
    assert done.returncode == 1
    assert "ValueError: AUTOGRAD_VECTOR_BYTES is '48', but vectors have 16, 32 or 64 bytes; unset it" in done.stderr


def test_kernels_run_without_numbas_compiler(env):
    plain = "from kernels_for_test.main import result; print(result(1), result(1.5))"
    assert printed(plain, **env, NUMBA_DISABLE_JIT="1") == "2 2.5"


# ------------------------------------------------------------------------------------------------------- broken entries

BREAK = """
    import os, sys, warnings
    from pathlib import Path
    import numba
    import numba.core.compiler  # the children need not
    from kernels_for_test.main import all_of_it
    files = sorted(Path(sys.argv[1]).rglob("*.kernel"))
    whole = [file.read_bytes() for file in files]
    warnings.simplefilter("error")

    ways = {
        "empty": lambda x: b"", "half": lambda x: x[:len(x) // 2], "zeros": lambda x: bytes(len(x)),
        "zeros at the end": lambda x: x[:-4096] + bytes(len(x[-4096:])),
        "a bit": lambda x: x[:-len(x) // 2] + bytes([x[-len(x) // 2] ^ 1]) + x[-len(x) // 2 + 1:],
        "another": None, "folder": None,
    }
    for name, change in ways.items():
        for i, file in enumerate(files):
            if name == "folder":
                file.unlink()
                (file / "in").mkdir(parents=True)
            else:
                file.write_bytes(change(whole[i]) if change else whole[i - 1])
        for expected in (len(files), 0):  # compiled again, and whole again
            child = os.fork()
            if not child:
                found = (*all_of_it(),)
                print(name, *found, flush=True)
                os._exit(found != (2, 2.5, 3, expected))
            if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
                sys.exit(f"{name}: wrong, or crashed")
    print("done")
"""


@needs_fork
def test_a_broken_cache_neither_crashes_nor_is_believed(env, tmp_path):
    assert printed(ALL, **env) == COLD
    done = printed(BREAK, str(tmp_path / "cache"), **env)
    assert done.endswith("done")
    assert done.count("\n") == 2 * 7


def test_an_entry_that_is_whole_and_cannot_be_used_is_compiled_again(env, tmp_path):
    """As one of another version whose number was forgotten: hash, length and key are right."""
    assert printed(ALL, **env) == COLD
    spoil = """
        import sys
        from pathlib import Path
        from kernels_for_test.cache import HEADER, save
        for path in Path(sys.argv[1]).rglob("*-*.kernel"):
            if path.name.startswith("int64"):
                continue  # machine code without Numba: what LLVM is handed must be machine code
            whole = path.read_bytes()
            key = whole[HEADER.size : HEADER.size + HEADER.unpack(whole[: HEADER.size])[1]]
            save(path, key, b"what it means has changed")
    """
    run_python(spoil, str(tmp_path / "cache"), **env)
    assert printed(ALL, **env) == f"{RIGHT} 3"
    assert printed(ALL, **env) == WARM


# --------------------------------------------------------------------------------------- disks that are full or read-only


def warns_once(done):
    assert done.stdout.startswith(RIGHT)
    assert done.stderr.count("UserWarning: compiled kernels are not kept") == 1
    assert "Traceback" not in done.stderr


def test_a_limit_on_the_size_of_files(env, tmp_path):
    pytest.importorskip("resource")
    done = run_python("import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))\n" + ALL, **env)
    warns_once(done)
    assert entries(tmp_path) == []


def test_a_full_disk(env, tmp_path):
    (tmp_path / "cache").mkdir()
    if not shutil.which("mount"):
        pytest.skip("there is no mount")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path / "cache")], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        with contextlib.suppress(OSError), open(tmp_path / "cache" / "filler", "wb", buffering=0) as file:
            for _ in range(14):  # 8 kB are left: enough for folders, too little for all entries
                file.write(bytes(4096))
        warns_once(run_python(ALL, **env))
        assert not [x for x in entries(tmp_path) if x.name.endswith(".tmp")]
        warns_once(run_python(ALL, **env))
    finally:
        subprocess.run(["umount", "-l", str(tmp_path / "cache")], check=True)


def test_no_place_can_be_written(package, env, tmp_path):
    """As with a home and an installation that are read-only. (For root no folder is; so files are in their place.)"""
    (package / "__pycache__").touch()
    (tmp_path / "file").touch()
    places = {name: str(tmp_path / "file" / "x") for name in ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR")}
    warns_once(run_python(ALL, **{**env, **places}))


def test_the_folder_vanishes_while_kernels_are_compiled(env, tmp_path):
    code = f"""
        import shutil
        from kernels_for_test import main
        main.result(1)
        shutil.rmtree({str(tmp_path / "cache")!r})
        print(*main.all_of_it())
    """
    done = run_python(code, **env)
    assert (done.stdout.strip(), done.stderr) == (COLD, "")
    assert len(entries(tmp_path)) == 2  # those compiled since


# ----------------------------------------------------------------------------------------------- races, kills and forks


@needs_fork
def test_processes_that_race_from_an_empty_cache(env, tmp_path):
    code = """
        import os, sys, warnings
        import numba.core.compiler
        from kernels_for_test.main import all_of_it
        warnings.simplefilter("error")
        children = []
        for _ in range(8):
            child = os.fork()
            if not child:
                os._exit(all_of_it()[:3] != (2, 2.5, 3))
            children.append(child)
        print([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])
    """
    assert printed(code, **env) == str([0] * 8)
    assert len(entries(tmp_path)) == 4
    assert printed(ALL, **env) == WARM


KILL = "import os, signal; kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal")
@pytest.mark.parametrize(
    ("when", "left"), [("os.fsync = kill", 1), ("os.replace = kill", 1), ("main.Compiling.watchers.append(kill)", 0)]
)
def test_a_process_that_is_killed(env, tmp_path, when, left):
    done = run_python(KILL + f"from kernels_for_test import main\n{when}\nmain.all_of_it()", check=False, **env)
    assert done.returncode == -signal.SIGKILL
    assert len(entries(tmp_path)) == left
    assert printed(ALL, **env) == COLD
    for temporary in entries(tmp_path):
        if temporary.name.endswith(".tmp"):
            os.utime(temporary, (time.time() - 3600,) * 2)
    assert printed(ALL, **env) == WARM
    assert [x.suffix for x in entries(tmp_path)] == [".kernel"] * 4


@needs_fork
def test_a_fork_while_another_thread_compiles(env):
    """The thread does not exist in the child: it must not have left locks closed, or half of something."""
    code = """
        import os, signal, threading
        import numpy as np
        from kernels_for_test import main
        from kernels_for_test.runtime import Compiling
        main.result(1)
        started, threads = threading.Event(), []
        Compiling.watchers.append(lambda name, starts: started.set())

        def fork_while(compile_it, wanted, in_child):
            started.clear()
            threads.append(threading.Thread(target=compile_it))
            threads[-1].start()
            assert started.wait(100)
            child = os.fork()
            if not child:
                signal.alarm(100)  # rather than wait for ever for a lock that nobody holds
                os._exit(in_child() != wanted)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

        fork_while(lambda: main.result(1.5), (2.5, 2 + 0j), lambda: (main.result(1.5), main.result(1 + 0j)))
        fork_while(main.three, (3, 2.0), lambda: (main.three(), main.result(np.float32(1))))
        for thread in threads:
            thread.join()
        print(main.result(1.5), main.three())
    """
    assert printed(code, **env).split() == ["0", "0", "2.5", "3"]


def test_what_compiles_and_what_loads_from_the_cache_computes_the_same(tmp_path):
    """A sum in another order, in a kernel that another one calls, is the same machine code in both: to the last bit."""
    program = """
    import hashlib
    import numpy as np
    from autograd_core.kernels.machine.runtime import Compiling
    from autograd_core.kernels.rows import norm

    x = np.random.default_rng(0).standard_normal((3, 8, 10, 10)).astype(np.float32)
    out, stats = norm.batch_norm_forward(x, None, None, 1e-5)
    print(Compiling.done > 0, hashlib.sha256(out.tobytes() + stats.tobytes()).hexdigest())
    """
    root = str(Path(runtime.__file__).parents[3])
    compiled, loaded = (printed(program, PYTHONPATH=root, NUMBA_CACHE_DIR=str(tmp_path)).split() for _ in range(2))
    assert compiled == ["True", loaded[1]]
    assert loaded[0] == "False"
