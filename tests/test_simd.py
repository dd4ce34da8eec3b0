"""The compiled micro-kernels, copies and transpose against the same in NumPy, for every size and kind."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from autograd_core.kernels.machine import machine_code, simd, tiles, vectors
from autograd_core.kernels.machine.runtime import kernel
from autograd_core.kernels.machine.simd import (
    A_TABLE,
    ALONG_K,
    ALONG_M,
    B_TABLE,
    MicroTile,
    copy,
    every_other,
    interleave,
    micro_kernel,
    micro_tile_columns,
    micro_tile_rows,
    transpose,
)

DTYPES = [np.float32, np.float64]
MR = vectors.machine().mr


@kernel()
def run_micro_kernel(calls, a, b, c, bias, table, rows, columns, k, a_stride, b_stride, c_stride, kind, add, biased):
    tile = MicroTile(rows, columns, k, a_stride, b_stride, c_stride, kind, add, biased)
    micro_kernel(calls, a, 3, b, 5, c, 7, bias, 1, table, 2, tile)


@kernel()
def run_constant_tile(calls, a, b, c, bias, table):
    """Constants in the named tuple, of other types than variables."""
    micro_kernel(calls, a, 3, b, 5, c, 7, bias, 1, table, 2, MicroTile(1, 1, 2, 13, 17, 1, ALONG_K, True, False))


@kernel()
def run_copy(calls, source, target, source_stride, target_stride, rows, columns, filled):
    copy(calls, source, 3, target, 5, source_stride, target_stride, rows, columns, filled)


@kernel()
def run_every_other(calls, source, target, source_stride, target_stride, rows, columns):
    every_other(calls, source, 3, target, 5, source_stride, target_stride, rows, columns)


@kernel()
def run_interleave(calls, a, b, target, a_stride, b_stride, target_stride, rows, columns):
    interleave(calls, a, 3, b, 7, target, 5, a_stride, b_stride, target_stride, rows, columns)


@kernel()
def run_transpose(calls, source, target, source_stride, target_stride, rows, columns, whole, add):
    transpose(calls, source, 3, target, 5, source_stride, target_stride, rows, columns, whole, add)


@kernel()
def run_rows(calls, left, columns):
    return micro_tile_rows(calls, left, columns)


@kernel()
def run_columns(calls, left, rows):
    return micro_tile_columns(calls, left, rows)


def whole_numbers(seed, n, dtype):
    """Small enough that sums of products are exact, in whatever order."""
    return np.random.default_rng(seed).integers(-8, 9, n).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", [ALONG_K, ALONG_M, A_TABLE, B_TABLE])
def test_micro_kernel(dtype, kind):
    calls, width = simd.calls(np.dtype(dtype)), simd.lanes(dtype)
    rng = np.random.default_rng(0)
    sizes = [(rows, columns) for rows in range(1, MR[1] + 1) for columns in (1, width - 1, width)]
    sizes += [(rows, columns) for rows in range(1, MR[2] + 1) for columns in (width + 1, 2 * width - 1, 2 * width)]
    if kind == B_TABLE:
        sizes += [(rows, many * width) for many in (4, 8) for rows in range(1, MR[many] + 1)]
    for rows, columns in sizes:
        for k in (0, 1, 2, 9):
            a, b = whole_numbers(k, 400, dtype), whole_numbers(k + 1, 2400, dtype)
            bias, table = whole_numbers(k + 2, 20, dtype), rng.integers(0, 40, 20)  # table: of a's rows, or b's
            a_stride, b_stride, c_stride = (13, 17)[kind == ALONG_M], 8 * width + 3, 8 * width + 5
            for add in (True, False):
                for biased in (True, False):
                    c = whole_numbers(2, 14 * c_stride + 20, dtype)
                    wanted = c.copy()
                    tile = MicroTile(rows, columns, k, a_stride, b_stride, c_stride, kind, add, biased)
                    run_micro_kernel(calls, a, b, c, bias, table, *tile)
                    micro_kernel(calls, a, 3, b, 5, wanted, 7, bias, 1, table, 2, tile)
                    np.testing.assert_array_equal(c, wanted)  # and nothing beside the tile is touched


@pytest.mark.parametrize("dtype", DTYPES)
def test_micro_kernel_of_constant_size(dtype):
    a, b, c = (whole_numbers(seed, 100, dtype) for seed in range(3))
    wanted = c.copy()
    wanted[7] += a[3:5] @ b[5:23:17]
    run_constant_tile(simd.calls(np.dtype(dtype)), a, b, c, a, np.zeros(1, np.int64))
    np.testing.assert_array_equal(c, wanted)


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
def test_every_other_number_and_back(dtype):
    calls, width = simd.calls(np.dtype(dtype)), simd.lanes(dtype)
    for rows in (0, 1, 3):
        for columns in (0, 1, width - 1, width, width + 1, 2 * width, 3 * width - 1):
            source = whole_numbers(0, 3 + 2 * 90 + 2 * columns, dtype)[: 3 + 90 * max(rows - 1, 0) + 2 * columns]
            target, wanted = whole_numbers(1, 300, dtype), whole_numbers(1, 300, dtype)
            run_every_other(calls, source, target, 90, 73, rows, columns)
            every_other(calls, source, 3, wanted, 5, 90, 73, rows, columns)
            np.testing.assert_array_equal(target, wanted)
            a, b = whole_numbers(2, 200, dtype), whole_numbers(3, 200, dtype)
            run_interleave(calls, a, b, target, 50, 60, 99, rows, columns)
            interleave(calls, a, 3, b, 7, wanted, 5, 50, 60, 99, rows, columns)
            np.testing.assert_array_equal(target, wanted)


@pytest.mark.parametrize("dtype", DTYPES)
def test_transpose(dtype):
    calls, width = simd.calls(np.dtype(dtype)), simd.lanes(dtype)
    sizes = [1, 2, width - 1, width, width + 1, 2 * width, 2 * width + 3]
    short, long = 3 * width + 5, 3 * width + 9  # of rows; their last vector, which may be filled, ends before
    size = (2 * width + 3) * long + 10
    source = whole_numbers(0, size, dtype)
    for rows, columns in itertools.product(sizes, sizes):
        for strides in ((long, short), (short, long)):
            for add in (True, False):
                target, wanted = whole_numbers(1, size, dtype), whole_numbers(1, size, dtype)
                run_transpose(calls, source, target, *strides, rows, columns, False, add)
                transpose(calls, source, 3, wanted, 5, *strides, rows, columns, False, add)
                np.testing.assert_array_equal(target, wanted)
            target, filled = whole_numbers(1, size, dtype), -(-rows // width) * width
            run_transpose(calls, source, target, *strides, rows, columns, True, False)
            for j in range(columns):
                np.testing.assert_array_equal(target[5 + strides[1] * j :][:rows], source[3 + j :: strides[0]][:rows])
                end, following = 5 + strides[1] * j + filled, 5 + strides[1] * (j + 1)
                np.testing.assert_array_equal(target[end:following], wanted[end:following])


def test_a_row_of_nothing_reads_nothing():
    """Masked reads do not touch what is beyond: the end of an array may be the end of a page."""
    calls = simd.calls(np.dtype(np.float32))
    source, target = np.ones(4, np.float32), np.zeros(40, np.float32)
    run_copy(calls, source, target, 1, 1, 1, 1, 1)
    assert target[5] == 1
    assert target.sum() == 1


def test_micro_tiles_are_about_equally_high_and_as_wide_as_few_rows_need():
    calls, width = simd.calls(np.dtype(np.float32)), simd.lanes(np.float32)
    for left in range(1, 40):
        for columns in (1, width, width + 1, 2 * width):
            most, heights, rest = MR[-(-columns // width)], [], left
            while rest:
                heights.append(run_rows(calls, rest, columns))
                rest -= heights[-1]
            assert max(heights) <= most
            assert max(heights) - min(heights) <= 1
            assert len(heights) == -(-left // most)
    for rows in range(1, 20):
        for left in (1, width, 3 * width, 4 * width, 9 * width):
            fitting = [many for many in (8, 4) if rows <= MR[many] and left >= many * width]
            assert run_columns(calls, left, rows) == (fitting[0] * width if fitting else min(left, 2 * width))


@pytest.mark.parametrize(
    ("features", "architecture", "vector_bytes", "registers"),
    [
        ({"avx512f": True, "avx": True}, "x86_64", 64, 32),
        ({"avx512f": False, "avx2": True, "avx": True}, "x86_64", 32, 16),
        ({"sse2": True}, "x86_64", 16, 16),
        ({"neon": True}, "aarch64", 16, 32),
        ({}, "arm64", 16, 32),
    ],
)
def test_the_tiles_of_each_machine(features, architecture, vector_bytes, registers, monkeypatch):
    """Accumulators, what is kept of a or b, and one more fit into the registers; LLVM accepts what is generated."""
    import llvmlite.binding as llvm

    found = vectors.machine_with(features, architecture)
    assert found.vector_bytes == vector_bytes
    for width, rows in found.mr.items():
        assert rows * width + min(rows, width) + 1 <= registers
    for module in (vectors, tiles):
        monkeypatch.setattr(module, "machine", lambda: found)
    for dtype in DTYPES:
        module = llvm.parse_assembly(tiles.code_of(np.dtype(dtype), llvm.get_default_triple()))
        module.verify()
        assert {f.name for f in module.functions if not f.is_declaration} >= set(tiles.NAMES)


def narrow_test_code(dtype, triple):
    kind = {"float32": "float", "float64": "double"}[dtype.name]
    return f'target triple = "{triple}"\ndefine void @f({kind}* %x) {{ ret void }}'


SOURCE = Path(simd.__file__)
F4, F8 = np.dtype(np.float32), np.dtype(np.float64)


def test_the_code_is_kept_and_found_again(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_code, "cache_folder", lambda path: tmp_path)
    told = []
    monkeypatch.setattr(machine_code.Compiling, "watchers", [lambda *what: told.append(what)])
    assert machine_code.addresses(SOURCE, F4, ["f"], narrow_test_code)[0]
    assert told == [("simd float32", True), ("simd float32", False)]
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    assert machine_code.addresses(SOURCE, F4, ["f"], None)[0]  # None would raise
    name, features = machine_code.cpu()
    for other in ((name, features + ",+sse4a"), ("x86-64", features)):  # another machine
        monkeypatch.setattr(machine_code, "cpu", lambda other=other: other)
        with pytest.raises(TypeError):
            machine_code.addresses(SOURCE, F4, ["f"], None)
    monkeypatch.setattr(machine_code, "cpu", lambda: (name, features))
    with pytest.raises(TypeError):
        machine_code.addresses(SOURCE, F8, ["f"], None)
    kept.write_bytes(whole[:-1])
    assert machine_code.addresses(SOURCE, F4, ["f"], narrow_test_code)[0]
    assert kept.read_bytes() == whole


def test_code_without_the_function_is_not_called(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_code, "cache_folder", lambda path: tmp_path)
    machine_code.addresses(SOURCE, F4, ["f"], narrow_test_code)
    with pytest.raises(RuntimeError, match="not in the machine code"):  # found in the cache, compiled again: an error
        machine_code.addresses(SOURCE, F4, ["g"], narrow_test_code)


def test_without_a_cache_it_is_compiled(monkeypatch):
    monkeypatch.setattr(machine_code, "cache_folder", lambda path: None)
    assert all(machine_code.addresses(SOURCE, F8, tiles.NAMES, tiles.code_of))
