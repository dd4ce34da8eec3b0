"""The headline workloads, each a whole training step, in one text for both libraries: our interface is PyTorch's.

Every workload is a function of a `Library` that returns (model, input, target, loss, optimizer); `step` makes the
training step of it. Same weights do not matter here (`same_losses` compares values); same shapes and options do.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

rng = np.random.default_rng(0)


class Library:
    """`ours` or `torch`: its modules, functions, optimisers, and how an array becomes a tensor."""

    def __init__(self, name: str):
        self.name = name
        if name == "torch":
            torch = importlib.import_module("torch")
            self.nn, self.F, self.optim = torch.nn, torch.nn.functional, torch.optim
            self.tensor, self.core = torch.from_numpy, torch
        else:
            self.nn, self.F = importlib.import_module("nn"), importlib.import_module("nn.functional")
            self.optim, self.core = importlib.import_module("optim"), importlib.import_module("autograd_core")
            self.tensor = self.core.from_numpy

    def floats(self, *shape: int) -> Any:
        return self.tensor(rng.standard_normal(shape).astype(np.float32))

    def classes(self, count: int, *shape: int) -> Any:
        return self.tensor(rng.integers(0, count, shape))


class Case(NamedTuple):
    model: Any
    x: Any
    target: Any
    loss: Callable
    optimizer: Any


def step(case: Case) -> Callable[[], None]:
    """zero_grad, forward, loss, backward, optimiser."""

    def run() -> None:
        case.optimizer.zero_grad()
        case.loss(case.model(case.x), case.target).backward()
        case.optimizer.step()

    return run


def _classifier(lib: Library, model: Any, x: Any, algorithm: str, classes: int = 10) -> Case:
    options = {"lr": 0.01, "momentum": 0.9} if algorithm == "SGD" else {"lr": 1e-3}
    optimizer = getattr(lib.optim, algorithm)(model.parameters(), **options)
    return Case(model, x, lib.classes(classes, x.shape[0]), lib.F.cross_entropy, optimizer)


def softmax_regression(lib: Library, batch: int = 64) -> Case:
    return _classifier(lib, lib.nn.Linear(784, 10), lib.floats(batch, 784), "SGD")


def tiny_mlp(lib: Library, batch: int = 32) -> Case:
    nn = lib.nn
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = lib.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return Case(model, lib.floats(batch, 2), lib.floats(batch, 1), lib.F.mse_loss, optimizer)


def mlp(lib: Library, batch: int, sizes: tuple[int, ...] = (784, 256, 128, 10)) -> Case:
    nn = lib.nn
    layers = [layer for n, m in itertools.pairwise(sizes) for layer in (nn.Linear(n, m), nn.ReLU())]
    return _classifier(lib, nn.Sequential(*layers[:-1]), lib.floats(batch, sizes[0]), "Adam", sizes[-1])


def rbf_network(lib: Library, batch: int = 256, centers: int = 1000) -> Case:
    if lib.name == "ours":
        model = lib.nn.RBFNetwork(784, centers, 10)
        return _classifier(lib, model, lib.floats(batch, 784), "Adam")
    nn, core = lib.nn, lib.core

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.centers = nn.Parameter(core.randn(centers, 784))
            self.widths = nn.Parameter(core.full((centers,), 28.0))
            self.linear = nn.Linear(centers, 10)

        def forward(self, x: Any) -> Any:
            squares = core.cdist(x, self.centers).square()
            return self.linear(core.exp(-squares / (2 * self.widths.square())))

    return _classifier(lib, Network(), lib.floats(batch, 784), "Adam")


def lenet5(lib: Library, batch: int) -> Case:
    nn = lib.nn
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    return _classifier(lib, model, lib.floats(batch, 1, 28, 28), "SGD")


def vgg(lib: Library, batch: int = 64) -> Case:
    nn = lib.nn
    layers, channels = [], 3
    for width, pool in ((32, False), (32, True), (64, False), (64, True), (128, True)):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] if pool else []
        channels = width
    model = nn.Sequential(*layers, nn.Flatten(), nn.Linear(128 * 4 * 4, 10))
    return _classifier(lib, model, lib.floats(batch, 3, 32, 32), "SGD")


def residual(lib: Library, batch: int = 64) -> Case:
    nn = lib.nn

    class Block(nn.Module):
        def __init__(self, inputs: int, outputs: int, stride: int) -> None:
            super().__init__()
            self.body = nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
                nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs),
            )  # fmt: skip
            same = stride == 1 and inputs == outputs
            self.skip = nn.Identity() if same else nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )  # fmt: skip
            self.relu = nn.ReLU()

        def forward(self, x: Any) -> Any:
            return self.relu(self.body(x) + self.skip(x))

    model = nn.Sequential(
        nn.Conv2d(3, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        Block(32, 32, 1), Block(32, 64, 2), Block(64, 64, 1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    return _classifier(lib, model, lib.floats(batch, 3, 32, 32), "SGD")


def recurrent(
    lib: Library, kind: str, steps: int, batch: int, units: int, layers: int = 1, both: bool = False, inputs: int = 28
) -> Case:
    """A class from the last output of a recurrent network."""
    nn = lib.nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.recurrent = getattr(nn, kind)(inputs, units, layers, batch_first=True, bidirectional=both)
            self.linear = nn.Linear(units * (1 + both), 10)

        def forward(self, x: Any) -> Any:
            return self.linear(self.recurrent(x)[0][:, -1])

    return _classifier(lib, Network(), lib.floats(batch, steps, inputs), "Adam")


class Workload(NamedTuple):
    name: str
    build: Callable[[Library], Case]
    bar: float  # the speed to reach, relative to PyTorch's


WORKLOADS = {
    w.name: w
    for w in (
        Workload("softmax regression 784-10, batch 64", softmax_regression, 1.5),
        Workload("MLP 2-16-16-1 tanh, batch 32", tiny_mlp, 1.5),
        Workload("MLP 784-256-128-10, batch 64", lambda lib: mlp(lib, 64), 1.5),
        Workload("MLP 784-256-128-10, batch 1024", lambda lib: mlp(lib, 1024), 1.5),
        Workload("RBF network 784-1000-10, batch 256", rbf_network, 1.5),
        Workload("LeNet-5, batch 64", lambda lib: lenet5(lib, 64), 1.3),
        Workload("LeNet-5, batch 256", lambda lib: lenet5(lib, 256), 1.3),
        Workload("VGG-like 3×32×32, batch 64", vgg, 1.3),
        Workload("residual net 3×32×32, batch 64", residual, 1.3),
        Workload("RNN 28 steps, batch 64, 128 units", lambda lib: recurrent(lib, "RNN", 28, 64, 128), 2.0),
        Workload("GRU 28 steps, batch 64, 128 units", lambda lib: recurrent(lib, "GRU", 28, 64, 128), 2.0),
        Workload("LSTM 28 steps, batch 64, 128 units", lambda lib: recurrent(lib, "LSTM", 28, 64, 128), 1.3),
        Workload("LSTM 200 steps, batch 32, 64 units", lambda lib: recurrent(lib, "LSTM", 200, 32, 64), 1.3),
        Workload("LSTM 1000 steps, batch 16, 16 units", lambda lib: recurrent(lib, "LSTM", 1000, 16, 16), 1.3),
        Workload("LSTM 2 layers, 64 steps, batch 32, 256 units", lambda lib: recurrent(lib, "LSTM", 64, 32, 256, 2), 1.3),
        Workload(
            "LSTM both directions, 50 steps, batch 32, 64 units",
            lambda lib: recurrent(lib, "LSTM", 50, 32, 64, both=True), 1.3,
        ),
    )
}  # fmt: skip
