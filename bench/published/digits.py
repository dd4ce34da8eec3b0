"""LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition", section III, on MNIST.

Images are the paper's (-0.1 is paper, 1.175 ink), units scaled tanh (in networks of one layer tanh, as the others would do
no better than linear ones), outputs for a digit +1, for others -1, the loss the mean squared error; but LeNet-5 has outputs
and a loss of its own. What differs: the networks learn by Adam in one cycle of the learning rate. The error is that on the
test set after the last step.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import datasets
from nn.models import LeNet1, LeNet4, LeNet5Original, MAPLoss, RBFNetwork

from .row import Claim, Job, Row

PAPER = "LeCun et al. 1998"
ERROR = "% test error"


class Digits(NamedTuple):
    """Images (N, 1, 28, 28) or what a network takes of them, and labels."""

    x: Any
    y: Any
    test_x: Any
    test_y: Any


def digits(job: Job, prepare: Callable[[Any], Any]) -> Digits:
    """MNIST; of the sample in the package 1,000 images if the run is quick."""
    parts = []
    for train in (True, False):
        x, y = (datasets.mnist_sample if job.quick else datasets.MNIST)(train=train).tensors
        if job.quick:
            x, y = x[:1000], y[:1000]
        parts += [prepare(x), y]
    return Digits(*parts)


def flat(images: Any) -> Any:
    """Rows of 784 numbers from -0.1 to 1.175."""
    return images.flatten(1) * 1.275 - 0.1


def percent_wrong(predictions: Any, labels: Any) -> float:
    return 100 * float((predictions != labels).float().mean())


def squared_error(output: Any, label: Any) -> Any:
    return F.mse_loss(output, 2 * F.one_hot(label, 10).float() - 1)


def learn(job: Job, model: nn.Module, data: Digits, loss: Any, epochs: int, lr: float, batch_size: int = 64) -> None:
    epochs = 1 if job.quick else epochs
    optimizer = optim.Adam(model.parameters(), lr=lr)
    steps = epochs * -(-len(data.x) // batch_size)
    job.fit(
        "training", model, (data.x, data.y), loss=loss, optimizer=optimizer, epochs=epochs, batch_size=batch_size,
        step_scheduler=optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps),
    )  # fmt: skip


def fully_connected(*hidden: int, output: Any = nn.ScaledTanh) -> Callable[[Job], dict[str, float]]:
    """784 pixels, hidden layers of scaled tanh units, ten outputs."""

    def run(job: Job) -> dict[str, float]:
        data = digits(job, flat)
        model = nn.MLP([784, *hidden, 10], nn.ScaledTanh, output_activation=output)
        learn(job, model, data, squared_error, epochs=12, lr=2e-3)
        return {ERROR: percent_wrong(optim.predict(model, data.test_x).argmax(1), data.test_y)}

    return run


def pairwise(job: Job) -> dict[str, float]:
    """A unit for each two digits, which learns from their images alone; a digit's score is the sum of its units' outputs."""
    pairs = np.array(list(itertools.combinations(range(10), 2)))
    votes = np.zeros((45, 10), np.float32)  # +1 for the first digit of a pair, -1 for the second
    votes[np.arange(45), pairs[:, 0]], votes[np.arange(45), pairs[:, 1]] = 1, -1
    sides = ag.tensor(votes)

    def loss(output: Any, label: Any) -> Any:
        wanted = sides.T[label]  # (N, 45), 0 for the pairs that the digit is not in
        return (wanted.abs() * (output - wanted).square()).sum() / (9 * len(label))

    data = digits(job, flat)
    model = nn.Sequential(nn.Linear(784, 45), nn.Tanh())
    learn(job, model, data, loss, epochs=12, lr=2e-3)
    scores = optim.predict(model, data.test_x) @ sides
    return {ERROR: percent_wrong(scores.argmax(1), data.test_y)}


def radial(job: Job) -> dict[str, float]:
    """1,000 Gaussian units, 100 of each digit at the means of clusters, and a linear read-out."""
    data = digits(job, lambda images: images.flatten(1))
    model = RBFNetwork(784, 100 if job.quick else 1000, 10)
    model.fit(data.x, data.y, centers="class_kmeans", iterations=2 if job.quick else 20)
    return {ERROR: percent_wrong(model.predict(data.test_x), data.test_y)}


def convolutional(build: Any, epochs: int, lr: float, batch_size: int = 64) -> Callable[[Job], dict[str, float]]:
    """LeNet-1 or LeNet-4."""

    def run(job: Job) -> dict[str, float]:
        data = digits(job, build.prepare)
        model = build()
        learn(job, model, data, squared_error, epochs, lr, batch_size)
        return {ERROR: percent_wrong(optim.predict(model, data.test_x).argmax(1), data.test_y)}

    return run


def lenet5(job: Job) -> dict[str, float]:
    """Distances from pictures of the digits, and the loss that pushes the wrong ones away."""
    data = digits(job, LeNet5Original.prepare)
    model = LeNet5Original()
    learn(job, model, data, MAPLoss(), epochs=20, lr=5e-3)
    return {ERROR: percent_wrong(optim.predict(model, data.test_x).argmin(1), data.test_y)}


def _row(name: str, about: str, error: float, run: Any, minutes: float) -> Row:
    return Row(name, about, PAPER, {ERROR: Claim("at most", error)}, run, minutes, needs=("mnist",))


ROWS = [
    _row("mnist-linear", "784-10", 12.0, fully_connected(output=nn.Tanh), 0.3),
    _row("mnist-pairwise", "45 linear units, one for each two digits", 7.6, pairwise, 0.4),
    _row("mnist-rbf", "1,000 radial units and a linear read-out", 3.6, radial, 0.6),
    _row("mnist-300", "784-300-10", 4.7, fully_connected(300), 0.5),
    _row("mnist-1000", "784-1000-10", 4.5, fully_connected(1000), 2),
    _row("mnist-300-100", "784-300-100-10", 3.05, fully_connected(300, 100), 0.5),
    _row("mnist-500-150", "784-500-150-10", 2.95, fully_connected(500, 150), 1.2),
    _row("mnist-lenet1", "LeNet-1", 1.7, convolutional(LeNet1, 20, 3e-3, batch_size=16), 4),
    _row("mnist-lenet4", "LeNet-4", 1.1, convolutional(LeNet4, 20, 2e-3), 6),
    _row("mnist-lenet5", "LeNet-5 with its RBF output", 0.95, lenet5, 8),
]
