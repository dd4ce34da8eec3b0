"""Files of weights: the safetensors format, PyTorch's and ours, broken ones, and training saved and resumed."""

import json
import os
import re

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core.interchange import files, safetensors

# safetensors.torch.save({"w": torch.tensor([[1, -2.5], [3.140625, inf]], dtype=torch.bfloat16),
#                         "h": torch.tensor([0.5, -1], dtype=torch.float16), "n": torch.tensor(7)}, {"format": "pt"})
WRITTEN_BY_TORCH = (
    b'\xc8\x00\x00\x00\x00\x00\x00\x00{"__metadata__":{"format":"pt"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]'
    b'},"w":{"dtype":"BF16","shape":[2,2],"data_offsets":[8,16]},"h":{"dtype":"F16","shape":[2],'
    b'"data_offsets":[16,20]}}    \x07\x00\x00\x00\x00\x00\x00\x00\x80? \xc0I@\x80\x7f\x008\x00\xbc'
)


def test_a_file_of_pytorch(tmp_path):
    path = tmp_path / "t.safetensors"
    path.write_bytes(WRITTEN_BY_TORCH)
    state = nn.load(path)
    assert state.metadata == {"format": "pt"}
    assert {name: t.dtype.name for name, t in state.items()} == {"n": "int64", "w": "float32", "h": "float16"}
    assert state["w"].tolist() == [[1.0, -2.5], [3.140625, float("inf")]]
    assert state["h"].tolist() == [0.5, -1.0] and state["n"].item() == 7
    state["w"][0, 0] = 5.0  # each in memory of its own, which may be written
    assert state["n"]._version == 0


def test_every_dtype_both_ways(tmp_path):
    theirs = pytest.importorskip("safetensors.numpy")
    rng = np.random.default_rng(0)
    names = "bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64 complex64".split()
    arrays = {name: (rng.normal(size=(3, 5)) * 50).astype(np.int64).astype(name) for name in names}
    arrays |= {'ü "€': np.ones(1, np.float32), "0-d": np.array(2.5), "empty": np.zeros((0, 3), np.int8)}
    arrays["strided"] = np.arange(24.0).reshape(4, 6)[::2, ::-1]
    arrays["other bytes"] = np.arange(3, dtype=">i4")
    path = nn.save(arrays, tmp_path / "a.safetensors", {"note": "ü"})
    ours, others = nn.load(path), theirs.load_file(path)
    assert list(ours) == list(arrays) and ours.metadata == {"note": "ü"}
    for name, array in arrays.items():
        for loaded in (ours[name].numpy(), others[name]):
            assert loaded.dtype == array.dtype.newbyteorder("=") and loaded.shape == array.shape
            np.testing.assert_array_equal(loaded, array)
    theirs.save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)
    for name, t in nn.load(path).items():
        np.testing.assert_array_equal(t, arrays[name].reshape(t.shape))


def test_each_tensor_lies_aligned(tmp_path):
    path = nn.save({"a": np.ones(3, np.int8), "b": np.ones(2), "c": np.ones(1, np.float32)}, tmp_path / "a.safetensors")
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert length % 8 == 0
    assert {name: entry["data_offsets"] for name, entry in header.items()} == {
        "a": [20, 23],
        "b": [0, 16],
        "c": [16, 20],
    }


def broken(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + data


def entry(begin, end, dtype="F32", shape=(1,)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


FILES = {
    b"": "at byte 0 the length of the header takes 8 bytes, and the file ends (the file has 0 bytes)",
    b"12345": "at byte 5 the length of the header takes 8 bytes, and the file ends (the file has 5 bytes)",
    broken(b"{}", length=3): "at byte 0 the header's length is 3 bytes, which the file does not have",
    b"PK\x03\x04" + bytes(50): "torch.save wrote it, ag.load reads such files",
    broken(b'{"a": \xff}'): "at byte 14 the header is not UTF-8",
    broken('{"ü": 1,,}'.encode()): "at byte 17 the header is not JSON (Expecting property name",
    broken(b"[" * 1_000_000): "at byte 8 the header is not JSON of this format (nested too deeply)",
    broken(b"[]"): "at byte 8 the header is not a JSON object",
    broken({"__metadata__": {"a": 1}}): "at byte 9 '__metadata__' is not an object of texts",
    broken(b'{"a": {}, "a": {}}'): "at byte 18 the header has 'a' a second time",
    broken({"a": {"dtype": "F32"}}): "at byte 9 the entry of 'a' is not an object with dtype, shape and data_offsets",
    broken({"a": entry(0, 4), "b": entry(4, 8, "F7")}, bytes(8)): "at byte 70 'b' has the dtype 'F7', which is none of",
    broken(
        {"a": entry(0, 4, shape=(-1, -1))}, bytes(4)
    ): "'a' has the shape [-1, -1] and the offsets [0, 4]; needed are",
    broken(
        {"a": entry(0, True)}, bytes(4)
    ): "'a' has the shape [1] and the offsets [0, True]; needed are lists of integers",
    broken(
        {"a": entry(0, 8)}, bytes(8)
    ): "at byte 9 'a', F32 of shape (1,), takes 4 bytes, but the offsets [0, 8] give it 8",
    broken({"a": entry(8, 4)}, bytes(8)): "'a', F32 of shape (1,), takes 4 bytes, but the offsets [8, 4] give it -4",
    broken({"a": entry(0, 4), "b": entry(2, 6)}, bytes(6)): (
        "at byte 132 'b' begins and overlaps 'a', which ends at byte 134"
    ),
    broken({"a": entry(0, 4), "b": entry(5, 9)}, bytes(9)): (
        "at byte 135 'b' begins and leaves a gap after 'a', which ends at byte 134"
    ),
    broken({"a": entry(0, 4)}, bytes(3)): "at byte 72 'a' is cut off: it begins at byte 69 and ends at 73",
    broken({"a": entry(0, 4)}, bytes(6)): "at byte 73 the last tensor ends, and 2 bytes belong to none",
}


@pytest.mark.parametrize(("content", "message"), FILES.items(), ids=range(len(FILES)))
def test_a_broken_file_is_refused_where_it_breaks(content, message, tmp_path):
    path = tmp_path / "b.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        nn.load(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: not a complete safetensors file: at byte ") and message in text
    assert text.endswith(f"(the file has {len(content)} bytes); save or download it again")


def test_whatever_is_wrong_with_a_file_it_is_a_value_error(tmp_path):
    path = tmp_path / "b.safetensors"
    rng = np.random.default_rng(0)
    for cut in range(len(WRITTEN_BY_TORCH)):
        path.write_bytes(WRITTEN_BY_TORCH[:cut])
        with pytest.raises(ValueError, match="at byte"):
            nn.load(path)
    refused = 0
    for _ in range(500):
        content = bytearray(WRITTEN_BY_TORCH)
        content[rng.integers(0, len(content) - 20)] = rng.integers(0, 256)
        path.write_bytes(content)
        try:
            nn.load(path)
        except ValueError as error:
            at = int(re.search(r"at byte (\d+)", str(error)).group(1))
            assert at <= len(content)
            refused += 1
    assert refused > 250  # a change inside a name or a text stays a valid file


def test_a_failing_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = nn.save({"a": np.ones(3)}, tmp_path / "m.safetensors")
    before = path.read_bytes()

    class Full:
        """A disk that is full after the first piece."""

        def __init__(self, file):
            self.file, self.writes = file, 0

        def write(self, content):
            self.writes += 1
            if self.writes > 1:
                raise OSError(28, "No space left on device")
            return self.file.write(content)

        def fileno(self):
            return self.file.fileno()

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            self.file.close()

    monkeypatch.setattr(files, "open", lambda *how: Full(open(*how)), raising=False)  # noqa: SIM115
    with pytest.raises(OSError, match="No space left"):
        nn.save({"a": np.zeros(3)}, path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.safetensors"]


def test_what_cannot_be_stored_is_refused_before_anything_is_written(tmp_path):
    path = tmp_path / "new" / "m.safetensors"
    for content, message in [
        (
            np.ones(2),
            r"needs something with state_dict, or a dictionary, got ndarray of shape \(2,\), float64; give it a name",
        ),
        ({"a": object()}, "a is object; needed is a module, an optimiser, a tensor"),
        ({"a": {0.5: 1}}, "a has the key 0.5; keys must be texts or integers"),
        (
            {"a": np.ones(2, complex)},
            "'a' is complex128, which safetensors files cannot hold; convert it to one of bool,",
        ),
        ({"__metadata__": np.ones(2)}, "stored under its name, a text other than '__metadata__'"),
    ]:
        with pytest.raises(TypeError, match=message):
            nn.save(content, path)
    with pytest.raises(TypeError, match="metadata are texts by name, got 'epoch': 3; use str"):
        nn.save({"a": np.ones(2)}, path, {"epoch": 3})
    with pytest.raises(ValueError, match="the metadata's key 'autograd_core.structure' is taken"):
        nn.save({"a": 1}, path, {"autograd_core.structure": ""})
    assert not path.parent.exists()


def test_a_symbolic_link_stays_one(tmp_path):
    real, link = tmp_path / "real.safetensors", tmp_path / "link.safetensors"
    link.symlink_to(real)
    nn.save({"a": np.ones(1)}, link)
    assert link.is_symlink() and nn.load(real)["a"].item() == 1.0


def training(seed):
    ag.manual_seed(seed)
    model = nn.Linear(3, 2)
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    return model, optimizer, optim.lr_scheduler.StepLR(optimizer, 2)


def steps(count, model, optimizer, scheduler):
    x = ag.tensor(np.random.default_rng(1).normal(size=(4, 3)).astype(np.float32))
    for _ in range(count):
        optimizer.zero_grad()
        model(x).square().sum().backward()
        optimizer.step()
        scheduler.step()


def test_training_goes_on_where_it_was_saved(tmp_path):
    run = training(0)
    steps(3, *run)
    parts = dict(zip(("model", "optimizer", "scheduler"), run, strict=True))
    path = nn.save({**parts, "epoch": 3, "loss": float("nan"), "rng": ag.get_rng_state()}, tmp_path / "run.safetensors")
    steps(3, *run)
    again = training(1)
    saved = nn.load(path, dict(zip(parts, again, strict=True)))
    assert saved["epoch"] == 3 and np.isnan(saved["loss"]) and saved["rng"]["seed"] == 0
    assert list(saved["model"]) == ["weight", "bias"]
    steps(3, *again)
    for ours, theirs in zip(run[0].parameters(), again[0].parameters(), strict=True):
        np.testing.assert_array_equal(ours.detach(), theirs.detach())
    assert again[1].param_groups[0]["lr"] == run[1].param_groups[0]["lr"]
    with pytest.raises(ValueError, match=r"has no 'optimiser'; it has 'model', 'optimizer', 'scheduler', 'epoch'"):
        nn.load(path, {"model": again[0], "optimiser": again[1]})


def test_nothing_is_loaded_unless_all_of_it_fits(tmp_path):
    path = nn.save({"a": nn.Linear(2, 2), "b": nn.Linear(2, 2)}, tmp_path / "two.safetensors")
    a, b = nn.Linear(2, 2), nn.Linear(2, 3)
    before = a.weight.tolist()
    with pytest.raises(RuntimeError, match="size mismatch for weight"):
        nn.load(path, {"a": a, "b": b})
    assert a.weight.tolist() == before


def test_keys_that_do_not_match(tmp_path):
    path = nn.save(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, bias=False)), tmp_path / "m.safetensors")
    other = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2))
    with pytest.raises(RuntimeError) as caught:
        nn.load(path, other)
    message = str(caught.value)
    assert message.startswith("Error(s) in loading state_dict for Sequential")
    assert '\n\tMissing key(s) in state_dict: "1.bias".\n\tUnexpected key(s) in state_dict: "0.bias".' in message
    assert nn.load(path, other, strict=False).incompatible == (["1.bias"], ["0.bias"])
    assert nn.load(path, nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, bias=False))).incompatible == ([], [])


def test_shared_tensors_that_pytorch_wrote_once(tmp_path):
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    state = {name: t for name, t in model.state_dict().items() if name != "1.weight"}
    path = nn.save(state, tmp_path / "m.safetensors", {"1.weight": "0.weight", "format": "pt"})
    other = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    nn.load(path, other)
    np.testing.assert_array_equal(other[1].weight.detach(), model[0].weight.detach())


def test_a_structure_that_was_tampered_with(tmp_path):
    path = tmp_path / "m.safetensors"
    for structure in ("{", '{"dict": [["a", {"tensor": "b"}]]}', "3", '{"dict": 1}', '{"dict": [], "list": []}'):
        safetensors.write(path, {"a": np.ones(1)}, {"autograd_core.structure": structure})
        with pytest.raises(ValueError, match="does not describe its tensors .* it was changed after nn.save"):
            nn.load(path)
