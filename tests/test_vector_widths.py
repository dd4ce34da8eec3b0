"""The kernels' tests at every width of vectors that this machine has, with 1, 2 and 4 threads, and with a cache that is
empty, broken, or cannot be written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograd_core.kernels.machine import vectors

ROOT = Path(__file__).parents[1]
QUICK = [
    "tests/test_simd.py",
    "tests/test_gemm.py",
    "-k",
    "not each_machine and not kept and not called and not compiled",
]
KERNELS = [
    f"tests/test_{name}.py"
    for name in (
        "simd", "gemm", "conv", "conv_branches", "winograd", "recurrent", "simple_recurrent", "gates", "softmax", "pool",
        "norm", "attention", "embedding", "linear_activation", "activation_kernels",
    )
]  # fmt: skip


def run_tests(names, **env):
    """Tests pass in a new process."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.threaded", *names],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=7200,
    )
    assert done.returncode == 0, done.stdout[-6000:]


def needs(width):
    own = vectors.machine().vector_bytes
    if width > own:
        pytest.skip(f"the vectors of this CPU have {own} bytes")


@pytest.mark.parametrize("width", [16, 32, 64])
def test_products_and_tiles_at_every_width(width):
    needs(width)
    run_tests(QUICK, AUTOGRAD_VECTOR_BYTES=str(width))


@pytest.mark.slow
@pytest.mark.parametrize("width", [16, 32, 64])
@pytest.mark.parametrize("name", KERNELS)
def test_kernels_at_every_width(width, name):
    needs(width)
    run_tests([name], AUTOGRAD_VECTOR_BYTES=str(width))


@pytest.mark.parametrize("width", [16, 32, 64])
def test_narrowed_vectors_are_what_kernels_get(width):
    """Tiles, and what LLVM may use for them."""
    needs(width)
    code = """
import re
import numpy as np
import llvmlite.binding as llvm
from autograd_core.kernels.machine import machine_code, simd, tiles, vectors
f4 = np.dtype(np.float32)
print(vectors.machine().vector_bytes, simd.lanes(f4), simd.calls(f4)[simd.LANES])
text = tiles.code_of(f4, llvm.get_default_triple())
assembly = machine_code._target().emit_assembly(llvm.parse_assembly(text))
print(*(int(bool(re.search(f"%{name}mm[0-9]", assembly))) for name in "xyz"))
"""
    out = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "AUTOGRAD_VECTOR_BYTES": str(width)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    assert out[0] == f"{width} {width // 4} {width // 4}"
    if "x86" in vectors.cpu()[0] or out[1] != "0 0 0":  # these registers are those of x86
        assert out[1] == {16: "1 0 0", 32: "1 1 0", 64: "1 1 1"}[width]


# ------------------------------------------------------------------------------------------- an empty and a broken cache


def spoil(folder, change):
    found = list(folder.rglob("*.kernel"))
    assert found
    for path in found:
        path.write_bytes(change(path.read_bytes()))


def run_limited(names, **env):
    """Tests in a process that cannot write a byte to a file, as on a full disk. (What it prints goes to a pipe.)"""
    program = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); "
    program += "sys.argv[0] = 'tests'; runpy.run_module('tests.threaded', run_name='__main__')"
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", program, "--capture=sys", *names],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=7200,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "compiled kernels are not kept" in done.stdout


def test_a_few_kernels_from_an_empty_a_broken_and_a_full_cache(tmp_path):
    env = {"NUMBA_CACHE_DIR": str(tmp_path)}
    few = ["tests/test_runtime.py", "-k", "call_another or infinity_are or every_thread_count"]
    run_tests(few, **env)
    spoil(tmp_path, lambda x: x[: len(x) // 2])
    run_tests(few, **env)
    spoil(tmp_path, lambda x: b"")
    run_limited(few, **env)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gemm", "softmax", "gates", "activation_kernels"])
def test_kernels_from_an_empty_a_broken_a_filled_and_a_full_cache(tmp_path, name):
    env, names = {"NUMBA_CACHE_DIR": str(tmp_path)}, [f"tests/test_{name}.py"]
    run_tests(names, **env)
    for change in (lambda x: x[: len(x) // 2], lambda x: x[:-200] + bytes(200)):
        spoil(tmp_path, change)
        run_tests(names, **env)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.kernel")}
    run_tests(names, **env)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.kernel")}
    spoil(tmp_path, lambda x: b"")
    run_limited(names, **env)
    assert not list(tmp_path.rglob("*.kernel"))
