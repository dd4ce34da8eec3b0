"""`python -m nn train` with the models that have a learning rule of their own, and LeNet-5 of 1998, on a few images."""

import json

import numpy as np
import pytest

import nn
from nn.__main__ import main
from nn.data import datasets, write_idx
from optim.recipes import RECIPES


@pytest.fixture
def folder(tmp_path):
    """A folder with the four IDX files: a few images of the sample."""
    for part, prefix, rows in ((True, "train", 240), (False, "t10k", 60)):
        images, labels = datasets.mnist_sample(part).tensors
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte.gz", (images.array[:rows, 0] * 255).round().astype(np.uint8))
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte.gz", labels.array[:rows].astype(np.uint8))
    return tmp_path


def train(folder, *arguments):
    assert main(["train", *arguments, "--data", str(folder), "--quiet", "--save", str(folder / "out")]) == 0
    return json.loads((folder / "out" / "report.json").read_text())


@pytest.mark.parametrize(
    ("arguments", "line", "least"),
    [
        (["perceptron", "--epochs", "3"], "epoch 1/3  ", 0.6),
        (["perceptron", "--epochs", "2", "--pocket"], "epoch 2/2  ", 0.5),
        (["adaline", "--rule", "exact"], "solved: loss ", 0.3),
        (["rbf", "--centers", "30"], "30 centres: class_kmeans (", 0.7),
        (["rbf", "--centers", "20", "--place", "data", "--widths", "cluster"], "20 centres: data (", 0.5),
    ],
)
def test_models_that_are_fitted(arguments, line, least, folder, capsys):
    report = train(folder, *arguments)
    said = capsys.readouterr().out
    assert "240 images to train, 60 to test" in said and line in said
    assert f"test: accuracy {report['test_accuracy']:.2%}" in said and report["test_accuracy"] > least
    assert report["model"] == arguments[0] and report["seed"] == 0 and report["parameters"] > 7000
    names = {p.name for p in (folder / "out").iterdir()}
    assert names == {"model.safetensors", "confusion-matrix.png", "weights.png", "report.json"}
    weights = nn.load(folder / "out" / "model.safetensors")
    assert sum(t.numel() for name, t in weights.items() if name != "answers") == report["parameters"]


def test_a_seed_gives_one_result(folder):
    reports = [train(folder, "rbf", "--centers", "20", "--seed", seed) for seed in ("1", "1", "2")]
    ridges = [report["ridge"] for report in reports]
    assert ridges[0] == ridges[1] != ridges[2]


def test_lenet5_of_1998(folder, capsys):
    report = train(folder, "lenet5-1998", "--epochs", "1")
    said = capsys.readouterr().out
    assert "; 60,000 parameters" in said and report["parameters"] == 60_000
    assert f"test: accuracy {report['test_accuracy']:.2%}" in said and 0 < report["test_loss"] < 100
    assert "mistakes.png" in {p.name for p in (folder / "out").iterdir()}


def test_every_recipe_says_what_it_is(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "--help"])
    assert stop.value.code == 0
    listed = " ".join(capsys.readouterr().out.split())
    for name, recipe in RECIPES.items():
        assert f"{name} {recipe.about}" in listed
        with pytest.raises(SystemExit):
            main(["train", name, "--help"])
        shown = " ".join(capsys.readouterr().out.split())
        assert f"Train {recipe.about}." in shown and "--seed" in shown and f"runs/{name}" in shown
