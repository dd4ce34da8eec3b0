"""`python -m nn train` without the full data, without a network, interrupted, and with data that is none: one line that
says what to do, the exit status, and no empty folder."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

import nn
from nn.__main__ import main
from nn.data import datasets, store, write_idx
from optim.recipes import RECIPES

MODULES = {name: importlib.import_module(type(recipe).__module__) for name, recipe in RECIPES.items()}
IMAGES = [
    name for name, module in MODULES.items() if module.__name__.endswith(("images", "first_networks", "transfer"))
]


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """No network, no full data, no cache, and a folder of its own to run in."""
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("AUTOGRAD_DATA", raising=False)
    monkeypatch.chdir(tmp_path)

    def refuse(*args, **kwargs):
        raise OSError("Max retries exceeded\n" * 30)

    monkeypatch.setattr(pytest.importorskip("pooch"), "retrieve", refuse)


def failed(capsys, *arguments, status=2):
    """The one line of the error, for a run that leaves no folder behind."""
    assert main(["train", *arguments]) == status
    said = capsys.readouterr().err.strip()
    assert "\n" not in said and len(said) < 900, said
    assert not Path("runs").exists()
    return said


class Started(Exception):  # noqa: N818
    """Raised where the training would begin."""


def begins(monkeypatch, name, error=Started):
    def now():
        raise error

    monkeypatch.setattr(MODULES[name], "clock", now)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_gets_as_far_as_training_without_data_of_ones_own(name, monkeypatch, capsys):
    begins(monkeypatch, name)
    with pytest.raises(Started):
        main(["train", name])
    said = capsys.readouterr().out
    full = "fashion-mnist" if name == "resnet" else "tinyshakespeare" if name == "shakespeare" else "mnist"
    told = f"{full} is not on this machine: "
    assert (told in said) == (name in [*IMAGES, "shakespeare"])
    assert said.count(" is used (--data ") == said.count(told) <= 1
    assert not Path("runs").exists()  # nor after an error that nobody expected


@pytest.mark.parametrize("name", RECIPES)
def test_an_interrupt_leaves_no_folder(name, monkeypatch, capsys):
    begins(monkeypatch, name, KeyboardInterrupt)
    assert failed(capsys, name, status=130) == "interrupted; nothing is saved"


@pytest.mark.parametrize("name", ["lenet5", "names", "shakespeare", "sunspots", "transfer"])
def test_an_interrupt_of_the_first_fit_ends_the_program(name, monkeypatch, capsys):
    history = type("History", (list,), {"interrupted": True, "best_epoch": None, "epochs": []})()
    calls = []
    monkeypatch.setattr(MODULES[name], "fit", lambda *args, **kwargs: calls.append(args) or history)
    assert main(["train", name, "--quiet"]) == 130
    assert len(calls) == 1 and not Path("runs").exists()


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("data", ["mnist", "fashion-mnist"])
def test_refused_downloads_of_images(name, data, capsys):
    said = failed(capsys, name, "--data", data)
    path = store.cache_folder() / data / "train-images-idx3-ubyte.gz"
    assert said.startswith(f"error: --data {data}: {data}/train-images-idx3-ubyte.gz is not in ")
    assert f"bytes) at {path} (and beside it train-labels" in said and "no connection to " in said
    assert said.endswith("--data sample needs none")


def test_a_refused_download_of_text(capsys):
    said = failed(capsys, "shakespeare", "--data", "tinyshakespeare")
    assert str(store.cache_folder() / "tinyshakespeare" / "input.txt") in said and said.endswith(
        "--data sample needs none"
    )


@pytest.mark.parametrize("name", IMAGES)
def test_folders_that_have_no_images(name, tmp_path, capsys):
    assert "--data nowhere: not a folder, and not one of mnist, fashion-mnist, sample" in failed(
        capsys, name, "--data", "nowhere"
    )
    assert "a folder was given, so nothing is downloaded" in failed(capsys, name, "--data", str(tmp_path))
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03")
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(b"")
    assert "train-images-idx3-ubyte: truncated in the header" in failed(capsys, name, "--data", str(tmp_path))


@pytest.mark.parametrize("name", [*IMAGES, "names", "shakespeare", "sunspots"])
def test_a_folder_that_may_not_be_read(name, tmp_path, monkeypatch, capsys):
    """As root everything may be read, so the refusal is made here."""
    monkeypatch.setenv("AUTOGRAD_DATA", str(tmp_path / "closed"))
    is_file = Path.is_file

    def closed(path):
        if "closed" in path.parts:
            raise PermissionError(13, "Permission denied", str(path))
        return is_file(path)

    monkeypatch.setattr(Path, "is_file", closed)
    assert "may not be read; change who may, or give another folder" in failed(capsys, name)


TEXTS = [
    ("names", "words", "2 words are too few to learn from and to test on; give at least 20"),
    (
        "names",
        "missing",
        "cannot be read (No such file or directory); give names (which come with the package), or words",
    ),
    ("names", "folder", "cannot be read"),
    ("names", "binary", "not a text in UTF-8; give names (which come with the package), or words, one a line"),
    ("shakespeare", "words", "9 characters are too few for 32 streams; give at least 660"),
    (
        "shakespeare",
        "missing",
        "cannot be read (No such file or directory); give tinyshakespeare where it is found, else",
    ),
    ("shakespeare", "binary", "not a text in UTF-8; give tinyshakespeare"),
    ("sunspots", "words", "words: no line after the first; it must be CSV"),
    ("sunspots", "missing", "cannot be read (No such file or directory); leave it out for the sunspots"),
    ("sunspots", "folder", "leave it out for the sunspots"),
    ("sunspots", "binary", "not a text file in UTF-8"),
    (
        "sunspots",
        "short",
        "has 3 months; windows of up to 276 with --horizon 12 take at least 690; give a longer series",
    ),
    ("sunspots", "negative", "square roots are taken; give numbers from 0 on that are not all equal"),
    ("sunspots", "equal", "square roots are taken; give numbers from 0 on that are not all equal"),
]


@pytest.mark.parametrize(("name", "file", "message"), TEXTS)
def test_files_that_are_no_data(name, file, message, capsys):
    def series(*values):
        return "month,value\n" + "".join(
            f"{1700 + i // 12}-{1 + i % 12:02},{value}\n" for i, value in enumerate(values)
        )

    Path("folder").mkdir()
    Path("binary").write_bytes(b"\xff\xfe\0\x80")
    Path("words").write_text("anna bob\n")
    Path("short").write_text(series(1, 2, 3))
    Path("negative").write_text(series(*range(800), -1))
    Path("equal").write_text(series(*[5] * 800))
    assert message in failed(capsys, name, "--data", file)


def test_too_long_a_horizon_and_too_many_images(capsys):
    assert "give a longer series or a shorter horizon" in failed(capsys, "sunspots", "--horizon", "5000")
    assert "sample has an even class with fewer images; give fewer" in failed(
        capsys, "transfer", "--data", "sample", "--per-class", "5000"
    )


@pytest.fixture
def few(tmp_path):
    """A folder with the four IDX files: a few images of the sample."""
    (tmp_path / "data" / "mnist").mkdir(parents=True)
    for part, prefix, rows in ((True, "train", 240), (False, "t10k", 60)):
        images, labels = datasets.mnist_sample(part).tensors
        start = tmp_path / "data" / "mnist" / prefix
        write_idx(f"{start}-images-idx3-ubyte.gz", (images.array[:rows, 0] * 255).round().astype(np.uint8))
        write_idx(f"{start}-labels-idx1-ubyte.gz", labels.array[:rows].astype(np.uint8))
    return tmp_path / "data"


def test_the_full_data_comes_first_where_it_is(few, monkeypatch, capsys):
    monkeypatch.setenv("AUTOGRAD_DATA", str(few))
    begins(monkeypatch, "adaline")
    with pytest.raises(Started):
        main(["train", "adaline"])
    said = capsys.readouterr().out
    assert "data: mnist, 240 images to train, 60 to test" in said and "not on this machine" not in said


def test_transfer_reports_means_and_spreads(few, capsys):
    arguments = ["--steps", "10", "--per-class", "2", "--repeats", "2", "--quiet", "--save", "out"]
    assert main(["train", "transfer", "--data", str(few / "mnist"), *arguments]) == 0
    report = json.loads(Path("out/report.json").read_text())
    for key in ("from odd digits", "from scratch"):
        last = np.array(report["curves"][key])[:, -1]
        assert last.shape == (2,) and report["test_accuracy"][key] == pytest.approx(last.mean())
        assert report["spread"][key] == pytest.approx(last.std(ddof=1))
    assert "test on even digits after 10 images: from odd digits " in capsys.readouterr().out


def test_a_learning_rate_that_is_too_large(few, capsys):
    said = failed(capsys, "lenet5", "--data", str(few / "mnist"), "--lr", "1e30", "--quiet")
    assert said.startswith("error: fit: the loss is ") and "lower the learning rate" in said


def test_results_that_cannot_be_written(few, monkeypatch, capsys):
    Path("file").write_text("")
    assert "--save file: is a file; give a folder" in failed(capsys, "mlp", "--save", "file")
    assert "--save file/x: cannot be made (" in failed(capsys, "mlp", "--save", "file/x")
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert "--save closed/x: may not be written to; give another folder" in failed(capsys, "mlp", "--save", "closed/x")
    assert not Path("closed").exists()
    monkeypatch.undo()
    monkeypatch.chdir(few)

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(nn, "save", full)
    said = failed(capsys, "adaline", "--data", str(few / "mnist"), "--save", "out")
    assert said == "error: --save out: cannot be written (No space left on device); give another folder"
