"""The compiled tile, copy and transpose against the same said in NumPy, for every size and kind."""

import numpy as np
import pytest

from autograd_core.kernels import simd, vectors
from autograd_core.kernels.runtime import kernel
from autograd_core.kernels.simd import A_TABLE, ALONG_K, ALONG_M, B_TABLE, copy, height, tile, turn

DTYPES = [np.float32, np.float64]
HEIGHTS = vectors.machine().heights


@kernel()
def run_tile(calls, a, b, c, table, a_stride, b_stride, c_stride, k, columns, rows, kind, add):
    tile(calls, a, 3, b, 5, c, 7, table, 2, a_stride, b_stride, c_stride, k, columns, rows, kind, add)


@kernel()
def run_copy(calls, source, target, source_stride, target_stride, rows, columns, filled):
    copy(calls, source, 3, target, 5, source_stride, target_stride, rows, columns, filled)


@kernel()
def run_turn(calls, source, target, source_stride, target_stride, rows, columns, whole, add):
    turn(calls, source, 3, target, 5, source_stride, target_stride, rows, columns, whole, add)


@kernel()
def run_height(calls, left):
    return height(calls, left)


def whole_numbers(seed, n, dtype):
    """Small enough that sums of products are exact, in whatever order."""
    return np.random.default_rng(seed).integers(-8, 9, n).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", [ALONG_K, ALONG_M, A_TABLE, B_TABLE])
def test_tile(dtype, kind):
    calls, width = simd.calls(np.dtype(dtype)), simd.lanes(dtype)
    rng = np.random.default_rng(0)
    for rows in HEIGHTS:
        for columns in (1, width - 1, width, width + 1, 2 * width - 1, 2 * width):
            for k in (0, 1, 2, 9):
                a, b = whole_numbers(k, 400, dtype), whole_numbers(k + 1, 1200, dtype)
                table = rng.integers(0, 40, 20)  # of a's rows, or b's
                a_stride, b_stride, c_stride = (13, 17)[kind == ALONG_M], 2 * width + 3, 2 * width + 5
                for add in (True, False):
                    c = whole_numbers(2, 14 * c_stride + 20, dtype)
                    wanted = c.copy()
                    sizes = (a_stride, b_stride, c_stride, k, columns, rows, kind, add)
                    run_tile(calls, a, b, c, table, *sizes)
                    tile(calls, a, 3, b, 5, wanted, 7, table, 2, *sizes)
                    np.testing.assert_array_equal(c, wanted)  # and nothing beside the tile is touched


@pytest.mark.parametrize("dtype", DTYPES)
def test_copy(dtype):
    calls, width = simd.calls(np.dtype(dtype)), simd.lanes(dtype)
    source = whole_numbers(0, 900, dtype)
    for rows in (0, 1, 4):
        for columns in (0, 1, width - 1, width, width + 1, 3 * width, 3 * width + 2):
            for filled in {columns, -(-columns // width) * width}:
                target, wanted = whole_numbers(1, 900, dtype), whole_numbers(1, 900, dtype)
                run_copy(calls, source, target, 61, 73, rows, columns, filled)
                copy(calls, source, 3, wanted, 5, 61, 73, rows, columns, filled)
                np.testing.assert_array_equal(target, wanted)


@pytest.mark.parametrize("dtype", DTYPES)
def test_turn(dtype):
    calls, width = simd.calls(np.dtype(dtype)), simd.lanes(dtype)
    source = whole_numbers(0, 900, dtype)
    for rows in range(1, width + 1):
        for columns in range(1, width + 1):
            for add in (True, False):
                target, wanted = whole_numbers(1, 900, dtype), whole_numbers(1, 900, dtype)
                run_turn(calls, source, target, 23, 29, rows, columns, False, add)
                turn(calls, source, 3, wanted, 5, 23, 29, rows, columns, False, add)
                np.testing.assert_array_equal(target, wanted)
            target = whole_numbers(1, 900, dtype)
            run_turn(calls, source, target, 23, 29, rows, columns, True, False)
            for j in range(columns):
                np.testing.assert_array_equal(target[5 + 29 * j :][:rows], source[3 + j :: 23][:rows])


def test_a_row_of_nothing_reads_nothing():
    """Masked reads do not touch what is beyond: the end of an array may be the end of a page."""
    calls = simd.calls(np.dtype(np.float32))
    source, target = np.ones(4, np.float32), np.zeros(40, np.float32)
    run_copy(calls, source, target, 1, 1, 1, 1, 1)
    assert target[5] == 1
    assert target.sum() == 1


def test_height():
    for left in range(1, 30):
        found = run_height(simd.calls(np.dtype(np.float32)), left)
        assert found == max(h for h in HEIGHTS if h <= left)


@pytest.mark.parametrize(
    ("features", "architecture", "vector_bytes", "rows"),
    [
        ({"avx512f": True, "avx": True}, "x86_64", 64, 12),
        ({"avx512f": False, "avx2": True, "avx": True}, "x86_64", 32, 6),
        ({"sse2": True}, "x86_64", 16, 6),
        ({"neon": True}, "aarch64", 16, 12),
        ({}, "arm64", 16, 12),
    ],
)
def test_the_tile_of_each_machine(features, architecture, vector_bytes, rows, monkeypatch):
    """Rows, vectors of b and one more must fit into the registers; LLVM accepts what is generated."""
    import llvmlite.binding as llvm

    found = vectors.machine_with(features, architecture)
    assert (found.vector_bytes, found.heights[0], found.heights[-1]) == (vector_bytes, rows, 1)
    monkeypatch.setattr(vectors, "machine", lambda: found)
    for dtype in DTYPES:
        module = llvm.parse_assembly(vectors.vector_code(np.dtype(dtype), llvm.get_default_triple()))
        module.verify()
        assert {f.name for f in module.functions if not f.is_declaration} >= set(vectors.NAMES)


def test_the_code_is_kept_and_found_again(tmp_path, monkeypatch):
    import llvmlite.binding as llvm

    simd.calls(np.dtype(np.float32))  # the target is initialised
    target = llvm.Target.from_default_triple().create_target_machine(cpu=llvm.get_host_cpu_name(), jit=True)
    monkeypatch.setattr(simd, "cache_folder", lambda path: tmp_path)
    first = simd._object(np.dtype(np.float32), target, "")
    (kept,) = tmp_path.iterdir()
    assert kept.read_bytes() == first
    monkeypatch.setattr(simd, "vector_code", None)  # would raise
    assert simd._object(np.dtype(np.float32), target, "") == first
    with pytest.raises(TypeError):
        simd._object(np.dtype(np.float32), target, "+another")  # of a machine with other features


def test_without_a_cache_it_is_compiled(monkeypatch):
    import llvmlite.binding as llvm

    simd.calls(np.dtype(np.float32))
    target = llvm.Target.from_default_triple().create_target_machine(cpu=llvm.get_host_cpu_name(), jit=True)
    monkeypatch.setattr(simd, "cache_folder", lambda path: None)
    assert len(simd._object(np.dtype(np.float64), target, "")) > 10_000
