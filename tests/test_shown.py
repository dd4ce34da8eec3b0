"""What is claimed of the models on real data, shown on it. Slow, and only with the full data in $AUTOGRAD_DATA.

Bounds leave room for the seed; the figures in the comments were measured with seed 0.
"""

import json
import os

import pytest

from nn.__main__ import main

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("AUTOGRAD_DATA"), reason="needs full MNIST; set AUTOGRAD_DATA to a folder that has mnist/"
    ),
]


@pytest.fixture
def trained(tmp_path):
    """The report of `python -m nn train …` on MNIST."""

    def run(*arguments):
        assert main(["train", *arguments, "--data", "mnist", "--quiet", "--save", str(tmp_path)]) == 0
        return json.loads((tmp_path / "report.json").read_text())

    return run


def test_a_thousand_radial_units_reach_what_lecun_et_al_reported(trained):
    """3.6 % error with 1000 Gaussian units, 100 a class by k-means, and linear read-out (LeCun et al. 1998, section III.C)."""
    report = trained("rbf")
    assert report["centers"] == 1000
    assert 1 - report["test_accuracy"] <= 0.036  # 3.1 %


def test_perceptrons(trained):
    report = trained("perceptron")
    assert report["test_accuracy"] > 0.91  # 92.1 %, averaged over ten epochs
    assert report["message"].startswith("not separable so far: after 10 epochs")


def test_adaline_at_its_minimum(trained):
    """Least squares on one-hot targets: LeCun et al. report 12 % error of a linear classifier (section III.C)."""
    report = trained("adaline", "--rule", "exact")
    assert report["test_accuracy"] > 0.85  # 86.0 %
    assert report["losses"][-1] == pytest.approx(report["least"])


def test_lenet5_of_1998(trained):
    """In five epochs; all twenty gave 99.04 %, the paper reports 99.05 % (section III.B)."""
    report = trained("lenet5-1998", "--epochs", "5")
    assert report["test_accuracy"] > 0.985  # 99.0 %
