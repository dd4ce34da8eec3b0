"""IDX, the format of MNIST's files: a header of big-endian integers, then the numbers row by row.

    bytes 0-1  zero
    byte  2    type of the numbers, see `DTYPES`
    byte  3    number of dimensions D
    then       D sizes of 4 bytes each, then the data

The first four bytes together are the *magic number*: 2051 for MNIST's images, 2049 for its labels. Source: LeCun,
Cortes & Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import gzip
import math
import reprlib
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy import ndarray

__all__ = ["read_idx", "write_idx"]

DTYPES = {0x08: np.uint8, 0x09: np.int8, 0x0B: np.int16, 0x0C: np.int32, 0x0D: np.float32, 0x0E: np.float64}
WAY_OUT = "delete the file and fetch it again"
CHUNK = 1 << 20


MOST_DIMENSIONS = 64  # NumPy's
LARGEST = 2**63 - 1  # bytes of an array, also of one with a size of 0 left out
RATIO, ALWAYS = 100, 1 << 26  # a gzipped file may hold 100 bytes for each of its own, and in any case 64 MiB


def read_idx(path: str | Path, magic: int | None = None, max_bytes: int | None = None) -> ndarray:
    """Read the array in an IDX file, plain or gzipped (told by its content, not its name).

    path: the file.
    magic: the magic number that the file must have; None: any.
    max_bytes: the most bytes of data that are read; by default a gzipped file may hold 100 bytes for each byte of its
        own (images hold 3 to 10; gzip could pack 1000, and a small file could fill all memory).

    Nothing is read whose size does not fit what the header says.

    Formula: 4 bytes (0, 0, type, D), D sizes of 4 bytes, big-endian, then the numbers row by row
    Shapes: what the header says.
    Dtypes: uint8, int8, int16, int32, float32, float64, in native byte order.
    Raises: FileNotFoundError for no file; ValueError, with the file, what was expected and what is there, for one that
        is not IDX, is truncated, too long, too large, or a damaged gzip.
    Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits", section "File formats".

    >>> import tempfile, numpy as np
    >>> from nn.data import read_idx, write_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(f"{folder}/a.idx", np.array([[1, 2], [3, 4]], np.uint8))
    ...     read_idx(f"{folder}/a.idx")
    array([[1, 2],
           [3, 4]], dtype=uint8)
    """
    path = Path(path)
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not packed:
            return _read(raw, path, magic, max_bytes, path.stat().st_size)
        limit = max(ALWAYS, RATIO * path.stat().st_size) if max_bytes is None else max_bytes
        try:
            with gzip.open(raw) as unpacked:
                return _read(unpacked, path, magic, limit)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            size = path.stat().st_size
            raise ValueError(f"{path}: a damaged gzip file of {size} bytes ({error}); {WAY_OUT}") from error


def _read(f: Any, path: Path, magic: int | None, limit: int | None, size: int | None = None) -> ndarray:
    """limit: of the data in bytes; size: of the whole file, where it is known."""
    head = f.read(4)
    if len(head) < 4:
        raise ValueError(f"{path}: an IDX file starts with a magic number of 4 bytes, found {len(head)}; {WAY_OUT}")
    number = int.from_bytes(head, "big")
    if magic is not None and number != magic:
        raise ValueError(
            f"{path}: expected the magic number {magic} (0x{magic:08x}), found {number} (0x{number:08x}); this is "
            f"another file than its name says, {WAY_OUT}"
        )
    if head[:2] != b"\0\0" or head[2] not in DTYPES:
        types = ", ".join(f"0x{code:02x}" for code in DTYPES)
        raise ValueError(
            f"{path}: not an IDX file: expected two zero bytes and a type out of {types}, found {head[:3].hex(' ')}; "
            f"{WAY_OUT}"
        )
    dtype, ndim = np.dtype(DTYPES[head[2]]), head[3]
    sizes = f.read(4 * ndim)
    if len(sizes) < 4 * ndim:
        raise ValueError(
            f"{path}: truncated in the header: {ndim} dimensions take {4 * ndim} bytes, found {len(sizes)}; {WAY_OUT}"
        )
    shape = tuple(np.frombuffer(sizes, ">u4").tolist())
    if ndim > MOST_DIMENSIONS or math.prod(n for n in shape if n) * dtype.itemsize > LARGEST:
        raise ValueError(
            f"{path}: its header says {ndim} dimensions, {reprlib.repr(shape)}, more than any array can have; {WAY_OUT}"
        )
    expected = math.prod(shape) * dtype.itemsize
    if limit is not None and expected > limit:
        raise ValueError(
            f"{path}: its header says {dtype} of shape {shape}, {expected} bytes of data, more than the {limit} that are "
            f"allowed for this file; if that is what it should hold, pass max_bytes={expected}"
        )
    data: Any = b""
    found = expected if size is None else size - 4 - 4 * ndim
    if found == expected:
        data = _up_to(f, expected + 1)
        found = len(data)
    if found != expected:
        what = "too long" if found > expected else "truncated"
        more = " or more" if found > expected and size is None else ""
        raise ValueError(
            f"{path}: {what}: its header says {dtype} of shape {shape}, expected {expected} bytes of data, found "
            f"{found}{more}; {WAY_OUT}"
        )
    return np.frombuffer(data, dtype.newbyteorder(">")).astype(dtype, copy=False).reshape(shape)


def _up_to(f: Any, n: int) -> bytearray:
    """At most n bytes, read in pieces: a damaged header may claim any size, and no memory is taken on its word."""
    data = bytearray()
    while len(data) < n and (piece := f.read(min(CHUNK, n - len(data)))):
        data += piece
    return data


def write_idx(path: str | Path, array: ndarray) -> None:
    """Write an array as an IDX file, gzipped if the name ends in .gz.

    path: the file.
    array: what it shall hold. The same array gives the same bytes.

    Formula: 4 bytes (0, 0, type, D), D sizes of 4 bytes, big-endian, then the numbers row by row
    Shapes: any.
    Dtypes: uint8, int8, int16, int32, float32, float64.
    Raises: TypeError for another dtype; OSError if the file cannot be written.
    Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits", section "File formats".

    >>> import tempfile, numpy as np
    >>> from pathlib import Path
    >>> from nn.data import write_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_idx(f"{folder}/a.idx", np.array([5, 6], np.uint8))
    ...     Path(f"{folder}/a.idx").read_bytes().hex(" ")
    '00 00 08 01 00 00 00 02 05 06'
    """
    path = Path(path)
    codes = {np.dtype(dtype): code for code, dtype in DTYPES.items()}
    code = codes.get(array.dtype.newbyteorder("="))
    if code is None:
        raise TypeError(f"write_idx: IDX holds {', '.join(map(str, codes))}, not {array.dtype}; convert it first")
    with path.open("wb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as packed:
                _write(packed, code, array)
        else:
            _write(raw, code, array)


def _write(f: IO[bytes] | gzip.GzipFile, code: int, array: ndarray) -> None:
    f.write(bytes((0, 0, code, array.ndim)) + np.array(array.shape, ">u4").tobytes())
    f.write(np.ascontiguousarray(array, array.dtype.newbyteorder(">")).tobytes())
