"""nn.data.datasets. Formulas are worked out again here, with loops; files are $AUTOGRAD_DATA's, or made by hand."""

from __future__ import annotations

import collections
import gzip
import hashlib
import importlib
import itertools
import math
import os
import random
import re
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
from nn.data import DataLoader, TensorDataset, make_sample, read_idx, store
from nn.data import datasets as ds

DATA = os.environ.get("AUTOGRAD_DATA")
needs_data = pytest.mark.skipif(
    not DATA or not all(Path(DATA, name).exists() for name in store.FILES),
    reason=f"needs the full data; set AUTOGRAD_DATA to a folder that has all of {', '.join(store.FILES)}",
)
SAMPLE = Path(ds.__file__).parent.parent / "mnist_sample"


@pytest.fixture(autouse=True)
def no_network(monkeypatch, tmp_path):
    """No test downloads, none finds the cache of whoever runs it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    if sys.platform == "darwin":
        monkeypatch.setenv("HOME", str(tmp_path / "cache"))
    pooch = pytest.importorskip("pooch")

    def refuse(url, *args, **kwargs):
        raise OSError("no network in tests")

    monkeypatch.setattr(pooch, "retrieve", refuse)


def arrays(dataset) -> list[np.ndarray]:
    return [np.asarray(t) for t in dataset.tensors]


# -------------------------------------------------------------------------------------------------------------- images


def images_file(n: int, size: int = 28) -> bytes:
    return struct.pack(">IIII", 2051, n, size, size) + bytes(i % 256 for i in range(n * size * size))


def labels_file(labels: list) -> bytes:
    return struct.pack(">II", 2049, len(labels)) + bytes(labels)


def put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"


@pytest.mark.parametrize(("train", "n"), [(True, 10_000), (False, 2_000)])
def test_the_sample_is_in_the_package(train, n):
    data = ds.mnist_sample(train)
    x, y = arrays(data)
    assert isinstance(data, TensorDataset) and len(data) == n and data.train is train
    assert x.shape == (n, 1, 28, 28) and x.dtype == np.float32 and (x.min(), x.max()) == (0, 1)
    assert y.shape == (n,) and y.dtype == np.int64 and data.targets is data.tensors[1]
    assert data.classes == tuple("0123456789")
    counts = np.bincount(y, minlength=10)
    expected = n * np.array([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]) / 60_000
    assert (abs(counts - expected) < 5 * np.sqrt(expected)).all()  # drawn at random: every class in its proportion
    assert abs(x.mean() - 0.1307) < 0.003
    assert abs(arrays(ds.mnist_sample(train, normalize=True))[0].mean()) < 0.01


def test_the_sample_has_its_checksums_and_says_where_it_is_from():
    sums = dict(reversed(line.split()) for line in (SAMPLE / "SHA256SUMS").read_text().splitlines())
    files = sorted(SAMPLE.glob("*.gz"))
    assert sorted(sums) == [f.name for f in files] and len(files) == 4
    for f in files:
        assert hashlib.sha256(f.read_bytes()).hexdigest() == sums[f.name]
    assert sum(f.stat().st_size for f in files) < 3_000_000
    assert "BY-SA 3.0" in (SAMPLE / "LICENSE").read_text() or "by-sa/3.0" in (SAMPLE / "LICENSE").read_text()
    assert all(word in (SAMPLE / "README.md").read_text() for word in ("LeCun", "1998", "make_sample"))


@needs_data
def test_the_sample_is_what_the_script_makes(tmp_path):
    make_sample.make(tmp_path, DATA)
    made = sorted(tmp_path.glob("*.gz"))
    assert [f.name for f in made] == [f.name for f in sorted(SAMPLE.glob("*.gz"))]
    for f in made:  # unpacked: zlib's versions pack differently
        assert gzip.decompress(f.read_bytes()) == gzip.decompress((SAMPLE / f.name).read_bytes())
    assert (tmp_path / "SHA256SUMS").exists()


@needs_data
@pytest.mark.parametrize(("part", "full"), [("train", "train"), ("test", "t10k")])
def test_the_sample_is_of_mnist_without_repetition(part, full):
    def pairs(folder, prefix):
        images = read_idx(folder / f"{prefix}-images-idx3-ubyte.gz")
        return [im.tobytes() + bytes([c]) for im, c in zip(images, read_idx(folder / f"{prefix}-labels-idx1-ubyte.gz"))]

    drawn, all_ = pairs(SAMPLE, part), pairs(Path(DATA, "mnist"), full)
    assert not collections.Counter(drawn) - collections.Counter(all_)


@needs_data
@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST"])
@pytest.mark.parametrize("train", [True, False])
def test_the_full_sets(name, train):
    data = getattr(ds, name)(train=train)
    x, y = arrays(data)
    n = 60_000 if train else 10_000
    assert x.shape == (n, 1, 28, 28) and x.dtype == np.float32 and y.dtype == np.int64
    mean = {"MNIST": (0.1325, 0.1307), "FashionMNIST": (0.2868, 0.2860)}[name][train]
    assert x.mean() == pytest.approx(mean, abs=6e-5)
    if train:
        assert data.moments == (pytest.approx(x.mean(), abs=6e-5), pytest.approx(x.std(dtype=np.float64), abs=6e-5))
    if (name, train) == ("MNIST", True):
        assert np.bincount(y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    if name == "FashionMNIST":
        assert (np.bincount(y) == n // 10).all() and data.classes[9] == "Ankle boot" and len(data.classes) == 10


@needs_data
@pytest.mark.parametrize("name", store.FILES)
def test_the_files_have_the_registered_checksums(name):
    data = Path(DATA, name).read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (store.FILES[name].bytes, store.FILES[name].sha256)


@pytest.mark.parametrize("layout", ["mnist/{}.gz", "mnist/{}", "MNIST/raw/{}", "MNIST/raw/{}.gz", "{}.gz", "{}"])
def test_mnist_is_read_from_a_folder_in_every_layout(tmp_path, layout):
    put(tmp_path, layout.format(TEST_IMAGES), images_file(3))
    put(tmp_path, layout.format(TEST_LABELS), labels_file([7, 0, 9]))
    data = ds.MNIST(tmp_path, train=False)
    x, y = arrays(data)
    assert y.tolist() == [7, 0, 9]
    assert x[1, 0, 2, 5] == np.float32((784 + 2 * 28 + 5) % 256) / np.float32(255)
    assert repr(data) == "MNIST(3 images of shape (1, 28, 28), 10 classes)"


@pytest.mark.parametrize(
    ("normalize", "mean", "std"), [(True, 0.1307, 0.3081), ((0.5, 0.25), 0.5, 0.25), (False, 0, 1)]
)
def test_normalize_and_transform(tmp_path, normalize, mean, std):
    put(tmp_path, TEST_IMAGES, images_file(2))
    put(tmp_path, TEST_LABELS, labels_file([1, 2]))
    data = ds.MNIST(tmp_path, train=False, normalize=normalize, transform=lambda x: -x)
    pixels = np.arange(2 * 784).reshape(2, 1, 28, 28) % 256 / 255
    (x, _) = next(iter(DataLoader(data, 2)))
    assert x.dtype == np.float32
    np.testing.assert_allclose(np.asarray(x), -(pixels - mean) / std, rtol=1e-5, atol=1e-6)


def test_autograd_data_comes_before_the_cache(tmp_path, monkeypatch):
    put(store.cache_folder(), f"mnist/{TEST_IMAGES}.gz", images_file(2))
    put(store.cache_folder(), f"mnist/{TEST_LABELS}.gz", labels_file([1, 1]))
    monkeypatch.delenv("AUTOGRAD_DATA", raising=False)
    assert arrays(ds.MNIST(train=False))[1].tolist() == [1, 1]
    monkeypatch.setenv("AUTOGRAD_DATA", str(tmp_path / "mine"))  # does not have it: the cache again
    assert arrays(ds.MNIST(train=False))[1].tolist() == [1, 1]
    put(tmp_path / "mine", f"mnist/{TEST_IMAGES}", images_file(2))
    put(tmp_path / "mine", f"mnist/{TEST_LABELS}", labels_file([2, 2]))
    assert arrays(ds.MNIST(train=False))[1].tolist() == [2, 2]


def test_a_missing_file_is_downloaded_into_the_cache_with_its_checksum(monkeypatch):
    import pooch

    monkeypatch.delenv("AUTOGRAD_DATA", raising=False)
    asked = []

    def retrieve(url, known_hash, fname, path, progressbar):
        asked.append((url, known_hash))
        if "ossci" in url:
            raise ValueError("SHA256 hash of downloaded file does not match")  # what pooch does: the next source
        data = images_file(1) if "images" in url else labels_file([3])
        return str(put(Path(path), fname, data))

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    assert arrays(ds.MNIST(train=False))[1].tolist() == [3]
    assert [url.rsplit("/", 1)[1] for url, _ in asked] == [f"{TEST_IMAGES}.gz"] * 2 + [f"{TEST_LABELS}.gz"] * 2
    assert asked[0][1] == "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
    del asked[:]
    ds.MNIST(train=False)
    assert asked == []  # it is in the cache now


def test_without_a_network_the_error_says_which_file_to_put_where(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_DATA", str(tmp_path / "mine"))
    with pytest.raises(FileNotFoundError) as error:
        ds.FashionMNIST()
    message = str(error.value)
    for part in (
        str(tmp_path / "mine" / "fashion-mnist" / "train-images-idx3-ubyte.gz"), str(store.cache_folder()),
        "no connection to raw.githubusercontent.com, no connection to fashion-mnist.s3-website", "26421880 bytes",
        "from https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/", "train-labels-idx1-ubyte.gz, t10k-images",
    ):  # fmt: skip
        assert part in message
    assert "\n" not in message and "no network in tests" not in message  # what the library says may be half a page
    monkeypatch.delenv("AUTOGRAD_DATA")
    path = store.cache_folder() / "tinyshakespeare" / "input.txt"
    with pytest.raises(
        FileNotFoundError, match=re.escape(str(path)) + ", or set AUTOGRAD_DATA to a folder that has it$"
    ):
        ds.tiny_shakespeare()


class Status(OSError):  # noqa: N818
    """Like the error of requests for a page that is not there."""

    def __init__(self, status):
        super().__init__("a page of text\n" * 50)
        self.response = type("Response", (), {"status_code": status})


class ReadTimeout(OSError):  # noqa: N818 - named as requests names it
    pass


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Status(404), "raw.githubusercontent.com answers with status 404"),
        (ReadTimeout("Read timed out. " * 20), "raw.githubusercontent.com does not answer"),
        (OSError("Max retries exceeded\n" * 20), "no connection to raw.githubusercontent.com"),
        (ValueError("SHA256 hash of downloaded file"), "raw.githubusercontent.com has a file with another checksum"),
        (OSError(28, "No space left on device", "/home/me/.cache"), "/home/me/.cache: No space left on device"),
    ],
)
def test_a_refused_download_is_one_line(error, reason, monkeypatch):
    monkeypatch.delenv("AUTOGRAD_DATA", raising=False)

    def retrieve(*args, **kwargs):
        raise error

    monkeypatch.setattr(importlib.import_module("pooch"), "retrieve", retrieve)
    with pytest.raises(FileNotFoundError) as caught:
        ds.tiny_shakespeare()
    message = str(caught.value)
    assert f"(not downloaded: {reason}): put the file from https://" in message
    assert "\n" not in message and len(message.replace(str(store.cache_folder()), "")) < 500


SHIPPED = ["names", "sunspots", "daily_min_temperatures", "airline_passengers", "shakespeare_sample"]


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_needs_no_full_data(name, monkeypatch):
    monkeypatch.delenv("AUTOGRAD_DATA", raising=False)
    assert len(getattr(ds, name)()) == [32_033, 2_820, 3_650, 144, 399_862][SHIPPED.index(name)]


def test_the_shipped_files_say_where_they_are_from():
    files = sorted(path.name for path in store.SHIPPED.glob("*.gz"))
    said = {name: (store.SHIPPED / name).read_text(encoding="utf-8") for name in ("README.md", "LICENSE")}
    assert len(files) == 5 and all(name in text for name in files for text in said.values())
    assert sum((store.SHIPPED / name).stat().st_size for name in files) < 300_000


def test_a_users_folder_comes_before_what_is_shipped(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_DATA", str(tmp_path))
    path = put(tmp_path, "names.txt", b"emma")
    assert store.find("names.txt") == path
    with pytest.raises(FileNotFoundError, match="a folder was given"):
        ds.names(tmp_path / "none")


def test_a_damaged_shipped_file(tmp_path, monkeypatch):
    (tmp_path / "names.txt.gz").write_bytes((store.SHIPPED / "names.txt.gz").read_bytes()[:5000])
    monkeypatch.setattr(store, "SHIPPED", tmp_path)
    monkeypatch.delenv("AUTOGRAD_DATA", raising=False)
    with pytest.raises(
        ValueError, match=r"names.txt.gz: a damaged file of 5000 bytes \(.*\); install the package again"
    ):
        ds.names()


@needs_data
def test_the_shipped_files_are_what_the_script_makes(tmp_path):
    make_sample.make_shipped(tmp_path, DATA)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in store.SHIPPED.glob("*.gz"))
    for made in tmp_path.iterdir():
        assert gzip.decompress(made.read_bytes()) == gzip.decompress((store.SHIPPED / made.name).read_bytes())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Month,Sunspots\n", "no line after the first"),
        ("Month,Sunspots\n1749-01,58.0\n1749-02\n", "line 3 is '1749-02'"),
        ("Month,Sunspots\n1749-01,many\n", "line 2 is '1749-01,many'"),
        ("Month,Sunspots\nfirst,1.0\n", "line 2 is 'first,1.0'"),
        ("Month,Sunspots\n1749-01,nan\n", "line 2 has the value nan"),
    ],
)
def test_a_series_that_is_none(text, message, tmp_path):
    path = tmp_path / "s.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"s.csv: {message}; it must be CSV: titles, then a date and a number a line"):
        ds.read_series(path)


def test_a_series_of_ones_own(tmp_path):
    (tmp_path / "mine.csv").write_text("day,value\n2020-01-01,1.5\n2020-01-02,2\n\n")
    s = ds.read_series(tmp_path / "mine.csv")
    assert (s.name, s.values.tolist(), str(s.dates[1])) == ("mine", [1.5, 2.0], "2020-01-02")
    (tmp_path / "no.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"no.csv: not a text file in UTF-8"):
        ds.read_series(tmp_path / "no.csv")


def test_stored_tells_whether_a_file_is_here_without_a_download(tmp_path):
    assert store.stored("names.txt", tmp_path) is None
    path = put(tmp_path, "names.txt", b"x")
    assert store.stored("names.txt", tmp_path) == path


def test_with_a_root_nothing_is_downloaded(tmp_path):
    with pytest.raises(FileNotFoundError, match="a folder was given, so nothing is downloaded") as error:
        ds.MNIST(tmp_path)
    assert "no connection" not in str(error.value) and str(error.value).endswith("; or leave the folder out")


def test_without_pooch_the_error_says_so(monkeypatch):
    monkeypatch.delenv("AUTOGRAD_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(FileNotFoundError, match="pip install pooch"):
        ds.MNIST()


def test_importing_needs_no_pooch():
    import subprocess

    code = "import sys, nn.data.datasets as d; d.mnist_sample(False); sys.exit('pooch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


BAD_SETS = {
    "counts": (images_file(3), labels_file([1, 2]), "has 3 images and .* has 2 labels"),
    "label": (images_file(2), labels_file([1, 10]), "label 10 at position 1, but there are 10 classes, 0 … 9"),
    "swapped": (labels_file([1]), labels_file([1]), r"expected the magic number 2051 .* found 2049"),
    "truncated": (images_file(2)[:-5], labels_file([1, 2]), "expected 1568 bytes of data, found 1563"),
    "size": (images_file(2, 20), labels_file([1, 2]), r"images of shape \(20, 20\), expected \(28, 28\)"),
}


@pytest.mark.parametrize("case", BAD_SETS)
def test_a_bad_set_is_refused(tmp_path, case):
    images, labels, message = BAD_SETS[case]
    put(tmp_path, TEST_IMAGES, images)
    put(tmp_path, TEST_LABELS, labels)
    with pytest.raises(ValueError, match=message) as error:
        ds.MNIST(tmp_path, train=False)
    assert str(tmp_path) in str(error.value)


def test_normalize_refuses_a_deviation_of_zero():
    with pytest.raises(ValueError, match=r"must be positive, got \(mean, std\) = \(0.5, 0\)"):
        ds.mnist_sample(False, normalize=(0.5, 0))


# ---------------------------------------------------------------------------------------------------- text and series


@needs_data
def test_tiny_shakespeare():
    text = ds.tiny_shakespeare()
    assert (len(text), len(text.chars)) == (1_115_394, 65)
    assert text.text.startswith("First Citizen:\nBefore we proceed any further")
    assert text.decode(text.codes[:200]) == text.text[:200]
    train, test = text.split(0.9)
    assert (len(train), len(test)) == (1_003_854, 111_540) and test.chars == text.chars
    assert train.text + test.text == text.text
    x, y = next(iter(DataLoader(train.windows(64), 32, shuffle=True)))
    assert x.shape == y.shape == (32, 64)


@needs_data
def test_names():
    data = ds.names()
    x, y = arrays(data)
    assert len(data) == len(data.words) == 32_033 and data.words[0] == "emma"
    assert (min(map(len, data.words)), max(map(len, data.words))) == (2, 15)
    assert x.shape == y.shape == (32_033, 16)
    assert (y != -100).sum() == 228_146
    assert data.chars == ".abcdefghijklmnopqrstuvwxyz"


@needs_data
@pytest.mark.parametrize(
    ("name", "n", "first", "last", "low", "high"),
    [
        ("sunspots", 2820, ("1749-01", 58.0), "1983-12", 0.0, 253.8),
        ("airline_passengers", 144, ("1949-01", 112), "1960-12", 104, 622),
        ("daily_min_temperatures", 3650, ("1981-01-01", 20.7), "1990-12-31", 0.0, 26.3),
    ],
)
def test_series(name, n, first, last, low, high):
    s = getattr(ds, name)()
    values = np.asarray(s.values)
    assert len(s) == n == len(values) and values.dtype == np.float32
    assert s.dates[0] == np.datetime64(first[0]) and s.dates[-1] == np.datetime64(last)
    assert values[0] == np.float32(first[1])
    assert (values.min(), values.max()) == (np.float32(low), np.float32(high))
    assert (np.diff(s.dates.astype("datetime64[D]")) > np.timedelta64(0)).all()


def test_a_changed_text_file_is_refused(tmp_path):
    put(tmp_path, "names.txt", b"emma\nolivia\n")
    with pytest.raises(ValueError, match=r"expected 228145 bytes with sha256 0a30.*, found 12 bytes") as error:
        ds.names(tmp_path)
    assert str(tmp_path / "names.txt") in str(error.value)


def test_windows_of_text():
    text = ds.Characters("abcdeab")
    pairs = [(text.decode(x), text.decode(y)) for x, y in text.windows(3)]
    assert pairs == [("abc", "bcd"), ("bcd", "cde"), ("cde", "dea"), ("dea", "eab")]
    assert [text.decode(x) for x, _ in text.windows(2, stride=2)] == ["ab", "cd", "ea"]
    assert np.shares_memory(np.asarray(text.windows(3).tensors[0]), text.codes)
    assert len(text.windows(6)) == 1
    assert repr(text) == "Characters(7 characters, 5 distinct)"


def test_names_are_padded_with_starts_and_ignored_ends():
    words = ["bo", "a", "cab"]
    data = ds.Names(words)
    for (x, y), word in zip(data, words):
        codes = [1 + "abc".index(c) if c in "abc" else 4 for c in word]
        assert np.asarray(x).tolist() == ([0, *codes] + [0] * 3)[:4]
        assert np.asarray(y).tolist() == ([*codes, 0] + [-100] * 3)[:4]
        assert data.decode([*codes, 0, 1, 1]) == word == data.decode(data.encode(word))


def test_windows_of_a_series():
    s = ds.Series("s", np.arange("2000-01", "2000-11", dtype="datetime64[M]"), np.arange(10))
    x, y = arrays(s.windows(4, horizon=2))
    assert x.tolist() == [list(range(i, i + 4)) for i in range(5)]
    assert y.tolist() == [[i + 4, i + 5] for i in range(5)]
    a, b = s.split(0.75)
    assert (len(a), len(b)) == (7, 3) and np.asarray(b.values).tolist() == [7, 8, 9]
    assert b.dates[0] == np.datetime64("2000-08")
    assert repr(s) == "Series(s, 10 steps from 2000-01 to 2000-10)"


# ------------------------------------------------------------------------------------------------------- points


def test_xor_and_parity():
    for bits in (1, 2, 5):
        x, y = arrays(ds.parity(bits))
        assert x.tolist() == [list(p) for p in itertools.product([0, 1], repeat=bits)]
        assert y.tolist() == [sum(p) % 2 for p in itertools.product([0, 1], repeat=bits)]
        assert x.dtype == np.float32 and y.dtype == np.int64
    assert arrays(ds.xor())[1].tolist() == [0, 1, 1, 0]


def test_two_spirals_is_the_cmu_benchmark():
    x, y = arrays(ds.two_spirals())
    expected, labels = [], []
    for i in range(97):
        angle, radius = i * math.pi / 16, 6.5 * (104 - i) / 104
        px, py = radius * math.sin(angle), radius * math.cos(angle)
        expected += [(px, py), (-px, -py)]
        labels += [1, 0]
    assert len(x) == 194 and y.tolist() == labels
    np.testing.assert_allclose(x, expected, atol=1e-6)
    np.testing.assert_allclose(arrays(ds.two_spirals(3))[0][::6], x[::2], atol=1e-6)  # a denser one has these points
    assert len(ds.two_spirals(3)) == 2 * (3 * 96 + 1)


def test_moons_and_circles_lie_on_their_curves():
    x, y = (a.astype(np.float64) for a in arrays(ds.moons(101)))
    assert sorted(y) == [0] * 50 + [1] * 51 and sorted(y) != y.tolist()
    upper, lower = x[y == 0], x[y == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(lower[:, 0] - 1, lower[:, 1] - 0.5), 1, atol=1e-6)
    assert upper[:, 1].min() > -1e-6 and lower[:, 1].max() < 0.5 + 1e-6
    x, y = arrays(ds.circles(80, factor=0.3))
    np.testing.assert_allclose(np.hypot(*x[y == 0].T), 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(*x[y == 1].T), 0.3, atol=1e-6)
    np.testing.assert_allclose(x[y == 0].mean(0), 0, atol=1e-6)


@pytest.mark.parametrize("make", [ds.moons, ds.circles, ds.sine])
def test_noise_has_the_given_deviation(make):
    clean, noisy = (arrays(make(4000, noise=n, generator=ag.Generator(2))) for n in (0.0, 0.3))
    i = 1 if make is ds.sine else 0
    difference = noisy[i] - clean[i]
    assert difference.std() == pytest.approx(0.3, rel=0.06) and abs(difference.mean()) < 0.03


def test_blobs_are_gaussian_clouds_shared_out_evenly():
    centers = np.array([[0, 0, 0], [50, 0, 0], [0, 50, 50.0]])
    x, y = arrays(ds.blobs(3001, centers, cluster_std=[1, 2, 3], generator=ag.Generator(0)))
    assert x.shape == (3001, 3) and sorted(np.bincount(y)) == [1000, 1000, 1001]
    for c in range(3):
        np.testing.assert_allclose(x[y == c].mean(0), centers[c], atol=0.5)
        np.testing.assert_allclose(x[y == c].std(0), c + 1, rtol=0.15)
    x, y = arrays(ds.blobs(500, 4, cluster_std=0.0, center_box=(2, 3)))
    assert 2 <= x.min() <= x.max() <= 3 and len(np.unique(x, axis=0)) == 4


def test_sine():
    x, y = arrays(ds.sine(50, interval=(-1, 1)))
    assert x.shape == y.shape == (50, 1) and x.dtype == y.dtype == np.float32
    assert x[:, 0].tolist() == np.linspace(-1, 1, 50).astype(np.float32).tolist()
    np.testing.assert_allclose(y, np.sin(x), atol=1e-6)


# ------------------------------------------------------------------------------------------------------- sequences


@pytest.mark.parametrize(("length", "vary"), [(11, False), (100, False), (100, True)])
def test_adding_problem_by_its_definition(length, vary):
    data = ds.adding_problem(2000, length, vary, ag.Generator(0))
    x, y = arrays(data)[:2]
    ends = arrays(data)[2] if vary else np.full(2000, length)
    assert set(ends.tolist()) == (set(range(length, length + length // 10 + 1)) if vary else {length})
    assert x.shape == (2000, ends.max(), 2) and y.shape == (2000, 1) and x.dtype == y.dtype == np.float32
    firsts, all_marks = set(), set()
    for sequence, target, end in zip(x, y, ends):
        numbers, markers = sequence[:end, 0], sequence[:end, 1]
        assert not sequence[end:].any() and (abs(numbers) <= 1).all()
        marks = np.flatnonzero(markers == 1)
        assert len(marks) == 2 and marks[0] < 10 and marks[1] < max(10, length // 2)
        assert markers[-1] == -1 and (markers[0] == -1 or (marks[0] == 0 and numbers[0] == 0))
        assert set(np.flatnonzero(markers).tolist()) == {0, end - 1, *marks.tolist()}
        assert target[0] == pytest.approx(0.5 + numbers[marks].sum() / 4, abs=1e-6)
        firsts.add(int(marks[0]))
        all_marks |= set(marks.tolist())
    assert firsts == set(range(10)) if length == 100 else firsts <= set(range(10))
    assert all_marks == set(range(max(10, length // 2)))
    assert np.std(x[:, 5, 0]) == pytest.approx(3**-0.5, rel=0.05)  # uniform in [-1, 1]


@pytest.mark.parametrize("noisy", [False, True])
def test_long_lag_by_its_definition(noisy):
    x, y = arrays(ds.long_lag(7, 400, noisy, ag.Generator(0)))
    assert x.shape == y.shape == (400, 7) and x.dtype == y.dtype == np.int64
    middles = set()
    for i, (row, following) in enumerate(zip(x.tolist(), y.tolist())):
        first, *middle = row
        assert first == (6, 7)[i % 2] and following == [*middle, first]
        assert set(middle) <= set(range(6))
        middles.add(tuple(middle))
    assert len(middles) > 300 if noisy else middles == {(0, 1, 2, 3, 4, 5)}


def test_varying_lag_by_its_definition():
    x, y, lengths = arrays(ds.varying_lag(6, 4, 3000, ag.Generator(0)))
    assert x.dtype == y.dtype == lengths.dtype == np.int64 and x.shape == (3000, lengths.max())
    extra = lengths - 9  # b, x or y, 6 distractors, e
    assert extra.min() == 0 and extra.mean() == pytest.approx(9, rel=0.05)
    assert (extra == 0).mean() == pytest.approx(0.1, rel=0.1) and (extra == 1).mean() == pytest.approx(0.09, rel=0.1)
    seen = set()
    for row, answer, length in zip(x.tolist(), y.tolist(), lengths.tolist()):
        assert row[:2] == [5, 6 + answer] and row[length - 1] == 4 and set(row[length:]) <= {5}
        seen |= set(row[2 : length - 1])
    assert seen == {0, 1, 2, 3} and y.mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("symbols", "tenths"), [(2, [(10, 20), (50, 60)]), (3, [(10, 20), (33, 43), (66, 76)])])
@pytest.mark.parametrize("vary", [False, True])
def test_temporal_order_by_its_definition(symbols, tenths, vary):
    data = ds.temporal_order(1500, 100, symbols, vary, ag.Generator(1))
    x, y = arrays(data)[:2]
    ends = arrays(data)[2] if vary else np.full(1500, 100)
    assert set(ends.tolist()) == (set(range(100, 111)) if vary else {100})
    assert x.shape == (1500, ends.max(), 8) and y.dtype == np.int64
    seen = [set() for _ in tenths]
    for sequence, label, end in zip(x, y, ends):
        assert (sequence[:end].sum(1) == 1).all() and not sequence[end:].any()
        word = "".join("EBabcdXY"[i] for i in sequence[:end].argmax(1))
        assert re.fullmatch("E[abcdXY]*B", word)
        places = [m.start() for m in re.finditer("[XY]", word)]
        assert len(places) == symbols
        for place, (low, high), where in zip(places, tenths, seen):
            assert low <= place <= high
            where.add(place)
        order = "".join(word[p] for p in places)
        assert ["".join(o) for o in itertools.product("XY", repeat=symbols)][label] == order
    assert [sorted(where) for where in seen] == [list(range(low, high + 1)) for low, high in tenths]
    assert set(y.tolist()) == set(range(2**symbols))


# The grammar as a regular expression: X leads from the upper arm to the lower one, P back.
INNER = "B(?:TS*X(?:S|XT*V(?:PXT*V)*(?:PS|V))|PT*V(?:PXT*V)*(?:PS|V))E"


@pytest.mark.parametrize("embedded", [False, True])
def test_reber_words_belong_to_the_grammar(embedded):
    data = ds.reber_grammar(2000, embedded, ag.Generator(0))
    pattern = f"B(?:T{INNER}T|P{INNER}P)E" if embedded else INNER
    assert all(re.fullmatch(pattern, word) for word in data.strings)
    counts = collections.Counter(data.strings)
    short = "BTBTXSETE" if embedded else "BTXSE"
    chance = 1 / 16 if embedded else 1 / 8  # one half for each choice on the way
    assert counts[short] / 2000 == pytest.approx(chance, abs=5 * math.sqrt(chance / 2000))
    x, y, legal = arrays(data)
    longest = max(map(len, data.strings))
    assert x.shape == legal.shape == (2000, longest - 1, 7) and y.shape == (2000, longest - 1)
    following = collections.defaultdict(set)  # what followed each beginning, in these words
    for word in data.strings:
        for i in range(1, len(word)):
            following[word[:i]].add(word[i])
    for i, word in enumerate(data.strings):
        steps = len(word) - 1
        assert "".join("BTSXPVE"[c] for c in x[i, :steps].argmax(1)) == word[:-1]
        assert "".join("BTSXPVE"[c] for c in y[i, :steps]) == word[1:]
        assert not x[i, steps:].any() and not legal[i, steps:].any() and (y[i, steps:] == -100).all()
        for step in range(steps):
            allowed = {"BTSXPVE"[c] for c in np.flatnonzero(legal[i, step])}
            assert following[word[: step + 1]] <= allowed
            assert len(allowed) <= 2
    assert {len(s) for s in following.values()} == {1, 2}
    start = "BTB" if embedded else "B"
    assert {"BTSXPVE"[c] for c in np.flatnonzero(legal[0, len(start) - 1])} == {"T", "P"}


RANDOM = {
    "moons": lambda g: ds.moons(50, 0.1, g),
    "circles": lambda g: ds.circles(50, 0.1, generator=g),
    "blobs": lambda g: ds.blobs(50, generator=g),
    "sine": lambda g: ds.sine(50, 0.1, generator=g),
    "adding_problem": lambda g: ds.adding_problem(50, 50, generator=g),
    "temporal_order": lambda g: ds.temporal_order(50, 50, generator=g),
    "long_lag": lambda g: ds.long_lag(50, random=True, generator=g),
    "varying_lag": lambda g: ds.varying_lag(n_samples=50, generator=g),
    "reber_grammar": lambda g: ds.reber_grammar(50, generator=g),
}


@pytest.mark.parametrize("name", RANDOM)
def test_one_seed_one_dataset(name):
    def made(generator):
        return [a.tobytes() for a in arrays(RANDOM[name](generator))]

    assert made(ag.Generator(1)) == made(ag.Generator(1)) != made(ag.Generator(2))
    seed = random.Random(0).randrange(2**31)
    ag.manual_seed(seed)
    default = made(None)
    ag.manual_seed(seed)
    assert made(None) == default


S = ds.Series("s", np.arange(5), np.arange(5))
ERRORS = {
    "encode": (lambda: ds.Characters("abc").encode("ax"), "character 'x' at position 1 is not among the 3: 'abc'"),
    "decode": (lambda: ds.Characters("abc").decode([0, 3]), "codes from 0 to 3, they must be 0 … 2"),
    "split text": (lambda: ds.Characters("abc").split(1.0), "got 1.0"),
    "text windows": (lambda: ds.Characters("abc").windows(3), r"length must be 1 … 2 .* got length=3, stride=1"),
    "text stride": (lambda: ds.Characters("abc").windows(1, 0), "stride=0"),
    "names": (lambda: ds.Names([]), "at least one word"),
    "series": (lambda: ds.Series("s", np.arange(3), np.arange(4)), r"dates of shape \(3,\) and values of shape \(4,\)"),
    "series windows": (lambda: S.windows(4, 2), "length=4 and horizon=2 must be at least 1 and fit into 5 steps"),
    "series split": (lambda: S.split(0.1), "fraction 0.1 of 5 steps leaves a part empty"),
    "parity": (lambda: ds.parity(21), "bits must be 1 … 20, got 21, which makes 2097152 patterns"),
    "parity 0": (lambda: ds.parity(0), "bits must be .* at least 1, got 0"),
    "spirals": (lambda: ds.two_spirals(0), "density .* got 0"),
    "moons": (lambda: ds.moons(1), "n_samples of at least 2, got 1"),
    "noise": (lambda: ds.moons(10, -0.1), "finite and not negative, got -0.1"),
    "noise nan": (lambda: ds.sine(10, math.nan), "got nan"),
    "factor": (lambda: ds.circles(10, factor=1.0), "below 1, got 1.0"),
    "centers": (lambda: ds.blobs(10, [1.0, 2.0]), r"shape \(classes, features\), got \(2,\)"),
    "box": (lambda: ds.blobs(10, center_box=(3, 1)), r"got \(3, 1\)"),
    "stds": (lambda: ds.blobs(10, 3, cluster_std=[1, 2]), r"each of the 3 centers, and not negative, got \[1, 2\]"),
    "interval": (lambda: ds.sine(10, interval=(1, 1)), r"low < high, got \(1, 1\)"),
    "adding": (lambda: ds.adding_problem(5, 10), "length must be at least 11 .* got 10"),
    "order": (lambda: ds.temporal_order(5, 9), "length must be at least 10, got 9"),
    "lag": (lambda: ds.long_lag(1), "lag must be at least 2, for a symbol between the first and the last, got 1"),
    "varying lag": (lambda: ds.varying_lag(0), "lag must be a whole number of at least 1, got 0"),
    "distractors": (lambda: ds.varying_lag(2, 0), "distractors must be .* got 0"),
    "order symbols": (lambda: ds.temporal_order(5, symbols=4), "got 4"),
    "reber": (lambda: ds.reber_grammar(0), "n_samples .* got 0"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_say_what_was_given(case):
    call, message = ERRORS[case]
    with pytest.raises(ValueError, match=message):
        call()


def test_a_seed_is_not_a_generator():
    with pytest.raises(TypeError, match=r"moons: generator must be an ag.Generator or None, got 3"):
        ds.moons(generator=3)
