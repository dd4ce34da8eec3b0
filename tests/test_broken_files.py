"""Files that are broken on purpose are refused by their documented errors, in bounded time and memory; a writer that was
killed leaves nothing for ever."""

import gzip
import json
import os
import signal
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import nn
from autograd_core.interchange import files
from autograd_core.interchange.safetensors import Header
from nn.data import read_idx, write_idx

TENSORS = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3), "steps": np.array([1, 2]), "on": np.array([True])}


def safetensors(header, data=b""):
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def one(**changes):
    return {"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], **changes}}


# ---------------------------------------------------------------------------------------------------------- safetensors


SAFETENSORS = [
    (safetensors(one(dtype=["F32"]), bytes(4)), r"'a' has the dtype \['F32'\], which is none of BOOL, U8"),
    (safetensors(one(dtype={}), bytes(4)), r"'a' has the dtype \{\}"),
    (safetensors(one(dtype=None), bytes(4)), "'a' has the dtype None"),
    (safetensors(one(shape=[1] * 65), bytes(4)), "'a' has 65 dimensions, and arrays have at most 64"),
    (safetensors(one(shape=[2**63])), "larger than any array can be"),
    (safetensors(one(shape=[0, 2**63], data_offsets=[0, 0])), "larger than any array can be"),
    (safetensors(one(shape=[0, 2**40, 2**40], data_offsets=[0, 0])), "larger than any array can be"),
    (safetensors(one(shape=[2**62], data_offsets=[0, 2**64])), "larger than any array can be"),
    (safetensors(one(shape=[10**400], data_offsets=[0, 4])), "larger than any array can be"),
    (safetensors(one(shape=[2**40], data_offsets=[0, 2**42])), "'a' is cut off"),
    (safetensors({"\ud800": {"dtype": "F7"}}), "is not an object with dtype, shape and data_offsets"),
    (b"\x88\x13" + bytes(6) + b'{"a": ' + b"9" * 4993 + b"}", "the header is not JSON of this format"),
    (safetensors({"n" * 10_000: 1}), r"the entry of 'n{60}…n{30}' is not an object"),
]


@pytest.mark.parametrize(("content", "message"), SAFETENSORS, ids=range(len(SAFETENSORS)))
def test_headers_of_safetensors(content, message, tmp_path):
    path = tmp_path / "b.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        nn.load(path)
    assert str(caught.value).startswith(f"{path}: not a complete safetensors file: at byte ")
    assert len(str(caught.value)) < 800


def test_64_dimensions_and_empty_tensors_are_right(tmp_path):
    path = tmp_path / "a.safetensors"
    path.write_bytes(safetensors(one(shape=[1] * 64), bytes(4)))
    assert nn.load(path)["a"].ndim == 64
    path.write_bytes(safetensors(one(shape=[0, 2**60], data_offsets=[0, 0])))
    assert nn.load(path)["a"].shape == (0, 2**60)


def test_a_header_of_many_tensors_is_read_once(tmp_path, monkeypatch):
    """Its place in the header is looked for only where a tensor is wrong: the search goes through the whole header."""
    searches = []
    place = Header.place
    monkeypatch.setattr(Header, "place", lambda *a, **k: searches.append(1) or place(*a, **k))
    path = nn.save({f"layer.{i}": np.zeros(1, np.uint8) for i in range(2000)}, tmp_path / "many.safetensors")
    assert len(nn.load(path)) == 2000 and not searches


def test_a_nested_structure_is_refused(tmp_path):
    deep = '{"list": [' * 3000 + "]}" * 3000
    content = safetensors({"__metadata__": {"autograd_core.structure": deep}, **one()}, bytes(4))
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="does not describe its tensors"):
        nn.load(path)


def mutated(content, rng):
    """A copy with bytes changed, cut out, repeated, or put in."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, max(1, len(data))))
        kind = rng.integers(0, 5)
        if kind == 0 and data:
            data[at % len(data)] = rng.integers(0, 256)
        elif kind == 1:
            del data[at : at + int(rng.integers(1, 9))]
        elif kind == 2:
            data[at:at] = rng.bytes(int(rng.integers(1, 9)))
        elif kind == 3:
            data[at:at] = data[at : at + int(rng.integers(1, 40))]
        elif data:
            data[at % len(data)] = rng.choice(list(b'0123456789[]{}",:-eE.'))
    return bytes(data)


def is_refused(read, path):
    """Whether the file is refused, by the one error that is documented and that names it."""
    message = None
    try:
        read(path)
    except ValueError as error:
        message = str(error)
    assert message is None or message.startswith(f"{path}: "), message
    return message is not None


def test_mutated_safetensors(tmp_path):
    path = nn.save(TENSORS, tmp_path / "a.safetensors", {"note": "x"})
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(600):
        path.write_bytes(mutated(whole, rng))
        refused += is_refused(nn.load, path)
    assert 400 < refused < 600


# ------------------------------------------------------------------------------------------------------------------- IDX


def header(*sizes, dtype=8):
    return bytes((0, 0, dtype, len(sizes))) + np.array(sizes, ">u4").tobytes()


@pytest.mark.parametrize("pack", [lambda b: b, gzip.compress], ids=["plain", "gzip"])
def test_mutated_idx(pack, tmp_path):
    path, rng = tmp_path / "a.idx", np.random.default_rng(0)
    write_idx(path, np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    whole = path.read_bytes()
    refused = 0
    for i in range(600):
        content = pack(mutated(whole, rng)) if i % 2 else mutated(pack(whole), rng)
        path.write_bytes(content)
        refused += is_refused(read_idx, path)
    assert 300 < refused < 600


IDX = [
    (header(*[1] * 65) + b"x", "its header says 65 dimensions.* more than any array can have"),
    (header(0, *[2**32 - 1] * 3), "4 dimensions.* more than any array can have"),
    (header(2**32 - 1, 2**31 - 1), r"truncated: .* expected \d+ bytes of data, found 0;"),
    (header(*[2**32 - 1] * 2) + b"x", "more than any array can have"),
]


@pytest.mark.parametrize(("content", "message"), IDX, ids=range(len(IDX)))
def test_headers_of_idx(content, message, tmp_path):
    path = tmp_path / "a.idx"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_idx(path)


def test_a_gzip_bomb_with_a_true_header(tmp_path):
    n = 80 << 20
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as f:
        f.write(header(n))
        for _ in range(n >> 20):
            f.write(bytes(1 << 20))
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    with pytest.raises(
        ValueError, match=rf"{n} bytes of data, more than the {1 << 26} .* pass max_bytes={n}"
    ) as caught:
        read_idx(path)
    assert tracemalloc.get_traced_memory()[1] < 1 << 22
    tracemalloc.stop()
    assert str(caught.value).startswith(f"{path}: ")
    assert read_idx(path, max_bytes=n).shape == (n,)
    path.write_bytes(header(5) + b"abcde")
    with pytest.raises(ValueError, match="more than the 4 that are allowed"):
        read_idx(path, max_bytes=4)


# ---------------------------------------------------------------------------------------------------- unfinished files

WRITER = """
import sys, time
from pathlib import Path
from autograd_core.interchange.files import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("writing", flush=True)
    time.sleep(600)
"""


def unfinished(path):
    return sorted(p for p in path.parent.iterdir() if p.name.startswith(f".{path.name}."))


@pytest.mark.skipif(files.fcntl is None, reason="needs POSIX file locks")
def test_the_next_save_removes_what_a_killed_one_left(tmp_path):
    path = tmp_path / "model.safetensors"
    others = [tmp_path / name for name in (
        ".model.safetensors.backup", ".model.safetensors.0123abcd9", ".model.safetensors.0123ABCD",
        "model.safetensors.01234567", ".other.safetensors.01234567", ".modelXsafetensors.01234567",
    )]  # fmt: skip
    for other in others:
        other.write_bytes(b"")
    (tmp_path / ".model.safetensors.00000000").mkdir()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        for writer in writers:
            assert writer.stdout.readline() == "writing\n"
        known = {*others, tmp_path / ".model.safetensors.00000000"}
        assert len(set(unfinished(path)) - known) == 2
        nn.save(TENSORS, path)
        assert len(set(unfinished(path)) - known) == 2  # both are being written
        writers[0].send_signal(signal.SIGKILL)
        writers[0].wait()
        nn.save(TENSORS, path)
        assert len(set(unfinished(path)) - known) == 1
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
            writer.stdout.close()
    nn.save(TENSORS, path)
    assert not set(unfinished(path)) - known
    assert all(other.exists() for other in known)
    assert set(nn.load(path)) == set(TENSORS)


def test_where_files_cannot_be_locked_old_ones_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "fcntl", None)
    path = tmp_path / "m.safetensors"
    old, new = (tmp_path / f".m.safetensors.0000000{i}" for i in (1, 2))
    for left in (old, new):
        left.write_bytes(b"")
    os.utime(old, (0, 0))
    nn.save(TENSORS, path)
    assert unfinished(path) == [new]
    assert set(nn.load(path)) == set(TENSORS)


def test_a_name_taken_away_before_it_was_locked_is_given_up(tmp_path, monkeypatch):
    lock = files._lock
    taken = []

    def steal(file, wait):
        if not taken:
            taken.append(file.name)
            os.unlink(file.name)
        return lock(file, wait)

    monkeypatch.setattr(files, "_lock", steal)
    path = nn.save(TENSORS, tmp_path / "m.safetensors")
    assert taken and set(nn.load(path)) == set(TENSORS) and not unfinished(path)
