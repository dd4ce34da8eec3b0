"""The safetensors format, read and written: names, dtypes and shapes as JSON, then the bytes. No code is ever executed.

    bytes 0 … 7        n, the length of the header: an unsigned 64-bit integer, little-endian
    bytes 8 … 8 + n    JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, …} and perhaps
                       "__metadata__": {text: text}; padded with spaces
    the rest           the tensors, row-major and little-endian, at their offsets, without gaps or overlaps

Source: the format's description at github.com/huggingface/safetensors, which asks readers to check all of this.
"""

from __future__ import annotations

import json
import math
import os
import re
import reprlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
from numpy import ndarray

from .files import replacing

DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8", "I64": "<i8",
    "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8", "BF16": "<u2",
}  # fmt: skip
NAMES = {np.dtype(code): name for name, code in DTYPES.items() if name != "BF16"}
MOST_DIMENSIONS = 64  # NumPy's
LARGEST = 2**63 - 1  # bytes of an array, also of one with a size of 0 left out
LONGEST_HEADER = 100_000_000  # bytes; the bound of the format's own library
METADATA = "__metadata__"


# ------------------------------------------------------------------------------------------------------------- writing


def write(path: Path, arrays: Mapping[str, ndarray], metadata: Mapping[str, str]) -> None:
    """Write a file, beside its place until it is complete: whatever fails, the old file stays as it was."""
    content = prepared(path, arrays, metadata)
    with replacing(path) as file:
        content(file)


def prepared(path: Any, arrays: Mapping[str, ndarray], metadata: Mapping[str, str]) -> Callable[[BinaryIO], None]:
    """The function that writes the content into an open file; what cannot be written raises here."""
    order = sorted(
        arrays, key=lambda name: -arrays[name].itemsize
    )  # readers expect each tensor aligned to its elements
    offsets, end = {}, 0
    for name in order:
        offsets[name] = [end, end := end + arrays[name].nbytes]
    header: dict[str, Any] = {METADATA: dict(metadata)} if metadata else {}
    for name, array in arrays.items():
        header[name] = {"dtype": _code(array), "shape": list(array.shape), "data_offsets": offsets[name]}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    if len(text) > LONGEST_HEADER:
        raise ValueError(
            f"{path}: the header would have {len(text)} bytes, and readers take {LONGEST_HEADER}; save less metadata or "
            "several files"
        )

    def content(file: BinaryIO) -> None:
        file.write(len(text).to_bytes(8, "little") + text)
        for name in order:
            array = arrays[name]
            file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)

    return content


def _code(array: ndarray) -> str | None:
    return NAMES.get(array.dtype.newbyteorder("<"))


def check_storable(name: Any, array: ndarray) -> None:
    """Raise TypeError or ValueError unless the format can hold the array under this name."""
    if not isinstance(name, str) or name == METADATA:
        raise TypeError(f"save: a tensor is stored under its name, a text other than '{METADATA}', got {name!r}")
    if _code(array) is None:
        raise TypeError(
            f"save: '{name}' is {array.dtype}, which safetensors files cannot hold; convert it to one of "
            f"{', '.join(dtype.name for dtype in NAMES)}"
        )


# ------------------------------------------------------------------------------------------------------------- reading


def read(path: Path) -> tuple[dict[str, ndarray], dict[str, str]]:
    """The arrays of a file, each in memory of its own, and its metadata. bfloat16 becomes float32, without loss.

    Raises ValueError that names the file and the byte where it goes wrong. Time and memory are in proportion to the file's
    size, whatever its header says.
    """
    with open(path, "rb") as file:
        return read_from(file, path, os.fstat(file.fileno()).st_size)


def read_from(file: Any, path: Any, size: int) -> tuple[dict[str, ndarray], dict[str, str]]:
    """`read`, of an open file of the given size at its start; `path` is what messages call it."""
    start = file.tell()
    header = Header(path, file, size)
    arrays = {}
    for name, (begin, _, code, shape) in header.tensors.items():
        array = np.empty(shape, DTYPES[code])
        file.seek(start + header.data + begin)
        if file.readinto(array.reshape(-1).view(np.uint8).data) < array.nbytes:
            header.wrong(header.data + begin, f"'{name}' could not be read whole; the file became shorter meanwhile")
        if code == "BF16":  # the upper half of a float32
            array = (array.astype(np.uint32) << 16).view(np.float32)
        elif code == "BOOL":
            array = np.asarray(array.view(np.uint8) != 0)
        arrays[name] = array.astype(array.dtype.newbyteorder("="), copy=False)
    return arrays, header.metadata


class Header:
    """Holds the header of a file, checked: `tensors` {name: (begin, end, dtype, shape)} from byte `data` on, `metadata`."""

    def __init__(self, path: Any, file: BinaryIO, size: int):
        self.path, self.size = path, size
        start = file.read(8)
        if len(start) < 8:
            self.wrong(len(start), "the length of the header takes 8 bytes, and the file ends")
        length = int.from_bytes(start, "little")
        if length > min(size - 8, LONGEST_HEADER):
            hint = "; torch.save wrote it, ag.load reads such files" if start[:4] == b"PK\x03\x04" else ""
            self.wrong(0, f"the header's length is {length} bytes, which the file does not have{hint}")
        self.data = 8 + length
        self.text = file.read(length)
        entries = self.parse()
        self.metadata = self.texts(entries.pop(METADATA, {}))
        self.tensors = {name: self.entry(name, entry) for name, entry in entries.items()}
        self.check_layout()

    def wrong(self, at: int | Callable[[], int], what: str) -> NoReturn:
        at = at() if callable(at) else at
        raise ValueError(
            f"{self.path}: not a complete safetensors file: at byte {at} {what} (the file has {self.size} bytes); save or "
            "download it again"
        ) from None

    def parse(self) -> dict[str, Any]:
        try:
            text = self.text.decode()
            entries = json.loads(text, object_pairs_hook=self.without_duplicates)
        except UnicodeDecodeError as error:
            self.wrong(8 + error.start, "the header is not UTF-8")
        except json.JSONDecodeError as error:
            self.wrong(8 + len(text[: error.pos].encode()), f"the header is not JSON ({error.msg})")
        except RecursionError:
            self.wrong(8, "the header is not JSON of this format (nested too deeply)")
        except ValueError as error:  # a number of thousands of digits
            if str(error).startswith(f"{self.path}:"):
                raise
            self.wrong(8, f"the header is not JSON of this format ({error})")
        if not isinstance(entries, dict):
            self.wrong(8, "the header is not a JSON object")
        return entries

    def without_duplicates(self, pairs: list) -> dict:
        entries = dict(pairs)
        if len(entries) < len(pairs):
            seen: set[str] = set()
            name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
            self.wrong(self.place(name, last=True), f"the header has {_text(name)} a second time")
        return entries

    def place(self, name: str, last: bool = False) -> int:
        """The byte at which the header begins to speak of `name`."""
        texts = (json.dumps(name, ensure_ascii=ascii) for ascii in (False, True))
        forms = b"|".join(re.escape(text.encode(errors="surrogatepass")) for text in texts)
        starts = [match.start() for match in re.finditer(b"(?:" + forms + rb")\s*:", self.text)] or [0]
        return 8 + starts[-1 if last else 0]

    def texts(self, metadata: Any) -> dict[str, str]:
        if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
            self.wrong(self.place(METADATA), f"'{METADATA}' is not an object of texts")
        return metadata

    def entry(self, name: str, entry: Any) -> tuple[int, int, str, tuple]:
        def place() -> int:  # only where something is wrong: it looks through the whole header
            return self.place(name)

        called = _text(name)
        if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
            self.wrong(place, f"the entry of {called} is not an object with dtype, shape and data_offsets")
        code, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(code, str) or code not in DTYPES:
            self.wrong(place, f"{called} has the dtype {reprlib.repr(code)}, which is none of {', '.join(DTYPES)}")
        if not _counts(shape) or not _counts(offsets) or len(offsets) != 2:
            both = f"the shape {reprlib.repr(shape)} and the offsets {reprlib.repr(offsets)}"
            self.wrong(place, f"{called} has {both}; needed are lists of integers ≥ 0")
        if len(shape) > MOST_DIMENSIONS:
            self.wrong(place, f"{called} has {len(shape)} dimensions, and arrays have at most {MOST_DIMENSIONS}")
        begin, end = offsets
        itemsize = np.dtype(DTYPES[code]).itemsize
        if max((*shape, end)) > LARGEST or math.prod(n for n in shape if n) * itemsize > LARGEST:
            self.wrong(place, f"{called} has the shape {reprlib.repr(shape)}, which is larger than any array can be")
        needed = math.prod(shape) * itemsize
        if end - begin != needed:
            what = f"{called}, {code} of shape {tuple(shape)}, takes {needed} bytes"
            self.wrong(place, f"{what}, but the offsets {offsets} give it {end - begin}")
        return begin, end, code, tuple(shape)

    def check_layout(self) -> None:
        """The tensors must follow each other without gap or overlap, to the end of the file."""
        at, before = 0, "the header"
        for name, (begin, end, _, _) in sorted(self.tensors.items(), key=lambda item: item[1][:2]):
            if begin != at:
                what = "overlaps" if begin < at else "leaves a gap after"
                self.wrong(
                    self.data + begin, f"{_text(name)} begins and {what} {before}, which ends at byte {self.data + at}"
                )
            if self.data + end > self.size:
                place = f"it begins at byte {self.data + begin} and ends at {self.data + end}"
                self.wrong(self.size, f"{_text(name)} is cut off: {place}")
            at, before = end, _text(name)
        if self.data + at != self.size:
            self.wrong(self.data + at, f"the last tensor ends, and {self.size - self.data - at} bytes belong to none")


def _text(name: str) -> str:
    """A name as messages have it: in quotes, and shortened if it is very long."""
    return f"'{name}'" if len(name) <= 100 else f"'{name[:60]}…{name[-30:]}'"


def _counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(v) is int and v >= 0 for v in values)
