"""`ag.save` and `ag.load`; files of PyTorch's (frozen: tests/tables/pytorch_files.json) are read, and nothing in them runs."""

import base64
import io
import json
import math
import pickle
import random
import zipfile
import zlib
from collections import Counter, OrderedDict
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core.interchange import pytorch

TABLE = json.loads((Path(__file__).parent / "tables" / "pytorch_files.json").read_text())
FILES = {name: zlib.decompress(base64.b64decode(text)) for name, text in TABLE.items() if name != "about"}


def load(name):
    return ag.load(io.BytesIO(FILES[name]))


def round_trip(x):
    file = io.BytesIO()
    ag.save(x, file)
    file.seek(0)
    return ag.load(file)


# --------------------------------------------------------------------------------------------------------- our own


@pytest.mark.parametrize(
    "x",
    [
        None, True, 3, 2.5, "text", [], (), {}, {"a": [1, (2, {"b": None})], 3: "c"}, [math.inf, -0.0, 2**70],
        {"": {"": 1}},
    ],
)  # fmt: skip
def test_containers_come_back(x):
    assert repr(round_trip(x)) == repr(x)


DTYPES = "bool uint8 int8 int16 int32 int64 uint16 uint32 uint64 float16 float32 float64 complex64".split()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 2)])
def test_tensors_come_back(dtype, shape):
    x = ag.from_numpy(np.arange(math.prod(shape)).reshape(shape).astype(dtype))
    out = round_trip(x)
    assert out.dtype == x.dtype and out.shape == x.shape and out.tolist() == x.tolist()


def test_what_tensors_keep():
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    view = ag.arange(6).reshape(2, 3).T
    out = round_trip(
        {"w": w, "again": [w], "view": view, "a.b": ag.ones(1), "a": {"b": ag.zeros(1)}, "array": np.ones(2)}
    )
    assert out["w"].requires_grad and out["again"][0] is out["w"] and not out["view"].requires_grad
    assert out["view"].tolist() == view.tolist()
    assert (out["a.b"].item(), out["a"]["b"].item()) == (1, 0)
    assert isinstance(out["array"], ag.Tensor)


def test_files_and_paths(tmp_path):
    path = tmp_path / "new folder" / "x.safetensors"
    ag.save({"w": ag.ones(2)}, path)
    assert ag.load(str(path))["w"].tolist() == [1, 1]
    assert nn.load(path)["w"].tolist() == [1, 1]
    nn.save({"w": ag.ones(2), "n": 3}, path)
    assert ag.load(path)["n"] == 3
    before = path.read_bytes()
    with pytest.raises(TypeError, match="holds no|cannot hold|which safetensors"):
        ag.save(ag.ones(2, dtype=ag.complex128), path)
    assert path.read_bytes() == before and [p.name for p in path.parent.iterdir()] == ["x.safetensors"]
    with open(path, "rb") as file:
        assert ag.load(file)["n"] == 3
    with pytest.raises(FileNotFoundError):
        ag.load(tmp_path / "absent.pt")


def test_state_of_a_model_and_its_optimiser(tmp_path):
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    optimizer = optim.Adam(model.parameters())
    model(ag.randn(4, 2)).sum().backward()
    optimizer.step()
    ag.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "run")
    other = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    state = ag.load(tmp_path / "run")
    other.load_state_dict(state["model"])
    optim.Adam(other.parameters()).load_state_dict(state["optimizer"])
    assert ag.equal(other[0].weight, model[0].weight)


def cycle():
    x = []
    x.append(x)
    return x


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (object(), TypeError, "the object is object; needed is a tensor"),
        ({"a": [{1}]}, TypeError, "a.0 is set"),
        ({(1, 2): 3}, TypeError, "keys must be texts or integers"),
        (nn.Linear(1, 1), TypeError, "Linear is no tensor .*x.state_dict"),
        (cycle(), ValueError, "contains itself"),
    ],
)
def test_save_refuses(x, error, message):
    with pytest.raises(error, match=message):
        ag.save(x, io.BytesIO())


def test_wrong_arguments(tmp_path):
    with pytest.raises(TypeError, match="the order is ag.save"):
        ag.save("path", {"w": 1})
    with pytest.raises(TypeError, match="'wb'"):
        ag.save(1, io.StringIO())
    with pytest.raises(TypeError, match="'rb'"):
        ag.load(io.StringIO())
    with pytest.raises(TypeError, match="no devices"):
        ag.load(io.BytesIO(FILES["tensor"]), map_location="cuda")
    for location in (None, "cpu", {"cuda:0": "cpu"}):
        assert ag.load(io.BytesIO(FILES["tensor"]), location, weights_only=False).tolist() == [1.5, 2.5]


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"\x80\x04N.", b"12345678", b"\x80\x02\x8a\x0a", bytes(100)], ids=str
)
def test_no_file_of_ours(data):
    with pytest.raises(ValueError, match="the file: "):
        ag.load(io.BytesIO(data))


# ------------------------------------------------------------------------------------------------------- PyTorch's


@pytest.mark.parametrize("name", ["zip", "legacy"])
def test_all_that_is_admitted(name):
    x = load(name)
    assert type(x) is OrderedDict
    assert x["w"].tolist() == [[0, 1, 2], [3, 4, 5]] and x["w"].requires_grad and x["w"].is_leaf
    assert x["leaf"].requires_grad and not x["frozen"].requires_grad
    assert (x["n"], x["s"], x["l"], x["big"]) == (3, "xé", [1, (2.5, None, True)], 2**70)
    assert x["z"].item() == 1 + 2j and x["z"].dtype == np.complex64
    assert (x["sz"], x["e"].shape, x["set"], x["c"], x["by"]) == ((1, 2), (0, 3), {1, 2}, 1 + 2j, b"ab\xff")
    assert (x["dtype"], x["counter"], x["dev"]) == (np.float16, Counter({3: 2}), "cpu")
    assert (
        x["row"].tolist() == [3, 4, 5] and x["col"].tolist() == [1, 4] and x["t"].tolist() == [[0, 3], [1, 4], [2, 5]]
    )
    assert x["wide"].tolist() == [[7, 7, 7], [7, 7, 7]] and x["wide"].numpy().strides == (0, 0)
    with ag.no_grad():  # one storage, as there
        x["w"][1, 1] = 9.0
    assert x["row"].tolist() == [3, 9, 5] and x["col"].tolist() == [1, 9] and x["t"].tolist()[1] == [1, 9]
    x["row"][0] = 8.0
    assert x["w"].tolist() == [[0, 1, 2], [8, 9, 5]]


def test_dtypes():
    x = load("dtypes")
    for name, t in x.items():
        assert t.dtype == (np.float32 if name == "bfloat16" else np.dtype(name))
        assert t.tolist() == [0, 1, name == "bool" or 3]


def test_conjugates_get_memory_of_their_own():
    x = load("conj")
    assert (x["a"].tolist(), x["b"].tolist(), x["c"][0].tolist(), x["d"][0].tolist()) == (
        [1 + 2j, 3 - 1j], [1 - 2j, 3 + 1j], [3 + 1j], [1 - 2j]
    )  # fmt: skip


def test_newer_protocols():
    x = load("protocol 4")
    assert x["a"].tolist() == [1, 1] and (x["s"], x["f"], x["b"]) == ({1}, frozenset([1]), b"ab")


def test_training_goes_on():
    state = load("training")
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    optimizer = optim.Adam(model.parameters())
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    assert state["epoch"] == 2 and state["model"]._metadata["1"] == {"version": 2}
    np.testing.assert_array_equal(model[0].weight.detach().numpy(), [[-0.0, 0.375]])
    assert optimizer.state[model[1].bias]["exp_avg"].tolist() == [pytest.approx(0.3)]
    model(ag.ones(3, 2)).sum().backward()
    optimizer.step()
    assert optimizer.state[model[1].bias]["step"] == 2


REFUSED = {
    "module": "torch.nn.modules.container.Sequential",
    "float8": "torch.float8_e4m3fn",
    "sparse": "_rebuild_sparse_tensor",
    "parameter with attribute": "_rebuild_from_type_v2",
    "numpy": "numpy._core.multiarray._reconstruct",
    "malicious": "posix.system",
    "malicious legacy": "posix.system",
    "script": "TorchScript",
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_rest_is_refused_by_name(name, monkeypatch):
    def fail(*args):
        raise AssertionError("something was called")

    monkeypatch.setattr("os.system", fail)
    with pytest.raises(pickle.UnpicklingError, match=REFUSED[name]):
        load(name)


def archive(program, **entries):
    """An archive with an object of one's own."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as z:
        z.writestr("archive/data.pkl", program)
        for name, content in entries.items():
            z.writestr(f"archive/{name.replace('__', '/')}", content)
    return io.BytesIO(file.getvalue())


def tensor_program(elements=2, offset=0, size=2, stride=1, storage=b"FloatStorage"):
    def number(n):
        return b"J" + n.to_bytes(4, "little", signed=True)

    pid = b"(X\x07\0\0\0storagectorch\n" + storage + b"\nX\x01\0\0\x000X\x03\0\0\0cpu" + number(elements) + b"tQ"
    view = number(offset) + number(size) + b"\x85" + number(stride) + b"\x85"
    return b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + pid + view + b"\x89NtR."


GOOD = np.array([1.5, 2.5], "<f4").tobytes()


def test_the_program_of_the_next_tests_is_right():
    assert ag.load(archive(tensor_program(), data__0=GOOD)).tolist() == [1.5, 2.5]
    big = np.array([1.5, 2.5], ">f4").tobytes()
    assert ag.load(archive(tensor_program(), data__0=big, byteorder=b"big")).tolist() == [1.5, 2.5]


DAMAGED = [
    (tensor_program(offset=1), "does not lie within its storage of 2"),
    (tensor_program(stride=2), "does not lie within its storage of 2"),
    (tensor_program(stride=-1), "the stride"),
    (tensor_program(size=-1), "the size"),
    (tensor_program(offset=-1), "the offset"),
    (tensor_program(elements=3), "has 8 bytes, and needs 12"),
    (tensor_program(elements=2**30), "more than the file has bytes"),
    (tensor_program(elements=-1), "a storage is described by"),
    (tensor_program(storage=b"DoubleStorage"), "has 8 bytes, and needs 16"),
    (b"\x80\x02]", "STOP"),
    (b"\x80\x02.", "IndexError|empty"),
    (b"\x80\x02]]s.", "out of range"),
    (b"\x80\x02h\x05.", "5"),
    (b"\x80\x02}]K\x01s.", "unhashable"),
    (b"\x80\x02K\x01K\x02a.", "no list"),
]


@pytest.mark.parametrize(("program", "message"), DAMAGED, ids=[m for _, m in DAMAGED])
def test_damaged_objects(program, message):
    with pytest.raises(ValueError, match=f"the file: not a complete file of torch.save: .*({message})"):
        ag.load(archive(program, data__0=GOOD))


HOSTILE = [
    (b"\x80\x02cos\nsystem\n(X\x04\0\0\0truetR.", "os.system"),
    (b"\x80\x02cbuiltins\neval\n(X\x01\0\0\x001tR.", "builtins.eval"),
    (b"\x80\x02ctorch\nFloatStorage\n)R.", "a call of torch.FloatStorage"),
    (b"\x80\x02]N\x85R.", "a call of list"),
    (b"\x80\x02ccollections\nOrderedDict\n)\x81.", "opcode NEWOBJ"),
    (b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\0\0\0itemsK\x01sb.", "attributes of OrderedDict"),
    (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\0\0\0aK\x01sb.", "attributes of Name"),
    (b"\x80\x02}}X\x09\0\0\0_metadataK\x01sb.", "attributes of dict"),
    (b"\x80\x02(X\x06\0\0\0moduletQ.", "what is called 'module'"),
    (b"\x80\x02\x82\x01.", "opcode EXT1"),
]


@pytest.mark.parametrize(("program", "message"), HOSTILE, ids=[m for _, m in HOSTILE])
def test_hostile_objects(program, message):
    with pytest.raises(pickle.UnpicklingError, match=message):
        ag.load(archive(program))


def test_compressed_storages_are_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("archive/data.pkl", tensor_program())
        z.writestr("archive/data/0", GOOD)
    with pytest.raises(ValueError, match="is compressed"):
        ag.load(io.BytesIO(file.getvalue()))
    with pytest.raises(ValueError, match="has no 'data/0'"):
        ag.load(archive(tensor_program()))


@pytest.mark.parametrize("name", ["tensor", "legacy"])
def test_truncated_files(name):
    data = FILES[name]
    for n in range(0, len(data), 7):
        with pytest.raises(ValueError):
            ag.load(io.BytesIO(data[:n]))


def test_changed_bytes_never_do_harm():
    """Whatever a file says: it loads, or it raises one of the two errors."""
    rng = random.Random(0)
    loaded = 0
    for _ in range(1500):
        data = bytearray(FILES[rng.choice(["tensor", "legacy", "protocol 4", "malicious legacy"])])
        for _ in range(rng.choice([1, 2, 5])):
            data[rng.randrange(min(len(data), 700))] = rng.randrange(256)
        try:
            ag.load(io.BytesIO(bytes(data)))
            loaded += 1
        except (ValueError, pickle.UnpicklingError):
            pass
    assert loaded < 1500


def test_every_call_looks_at_its_arguments():
    tensors = (pytorch._tensor, pytorch._tensor_of_bytes, pytorch._parameter)
    assert set(tensors) < set(pytorch.CALLS.values())
    for function in tensors:
        for n in range(9):
            for value in (1, "a", None, [1], {}, ()):
                with pytest.raises((ValueError, TypeError)):
                    function(*(value,) * n)
