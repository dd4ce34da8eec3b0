"""Transfer learning: what a network learnt on odd digits helps it with even ones."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.kernels.machine.compilation import clock
from nn import plot
from nn.data import TensorDataset
from nn.models import LeNet5
from optim.training import Progress, evaluate, fit

from .images import add_data_option, load_data
from .recipe import Recipe, UserError, positive, save_results, uninterrupted


@dataclass(frozen=True, kw_only=True)
class Transfer(Recipe):
    """LeNet-5 learns the odd classes from all their images. Then its last layer is replaced, and the even classes are to
    be learnt from a few images each: from these weights, or from scratch, and otherwise alike.

    Which few images are drawn decides by several per cent, and so do the weights at the start: the whole is repeated, and
    the mean and the standard deviation over the repetitions are what is reported.
    """

    per_class: int = 5
    steps: int = 1900  # of 32 images on the odd classes: two epochs of MNIST's, twelve of the sample's
    epochs: int = 40  # on the few images
    repeats: int = 5

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        add_data_option(parser)
        for name, default, what in (
            ("per-class", self.per_class, "images of each even class"), ("steps", self.steps, "of training on odd digits"),
            ("repeats", self.repeats, "repetitions with other images and weights"),
        ):  # fmt: skip
            parser.add_argument(f"--{name}", type=positive(int), default=default, help=f"{what} ({default})")
        super().add_options(parser)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        name, data, test = load_data(options.data, normalize=True)
        odd, _ = _half(data, 1)
        even, labels = _half(data, 0)
        even_test, _ = _half(test, 0)
        few = 5 * options.per_class
        if min(np.bincount(labels, minlength=5)) < options.per_class:
            raise UserError(f"--per-class {options.per_class}: {name} has an even class with fewer images; give fewer")
        print(f"{self.name}: {self.about}")
        print(f"data: {name}, {len(odd):,} odd images, {few} even ones to learn from, {len(even_test):,} to test")
        accuracies: dict[str, list[list[float]]] = {"from odd digits": [], "from scratch": []}
        started = clock()
        for repeat in range(options.repeats):
            base = LeNet5(5)
            run: dict[str, Any] = {"loss": F.cross_entropy, "keep_best": False, "progress": False}
            epochs = max(1, round(options.steps * 32 / len(odd)))
            bars = [] if options.quiet else [Progress()]
            optimizer = optim.Adam(base.parameters(), lr=1e-3)
            uninterrupted(fit(base, odd, optimizer=optimizer, epochs=epochs, batch_size=32, callbacks=bars, **run))
            tuned, scratch = LeNet5(5), LeNet5(5)
            tuned.load_state_dict(base.state_dict())
            tuned.classifier.fc3 = nn.Linear(84, 5)  # the new head
            small = _draw(even, labels, options.per_class)
            for key, model in zip(accuracies, (tuned, scratch), strict=True):
                accuracies[key].append(_learn(model, small, even_test, self.epochs, run))
            shown = ", ".join(f"{key} {curves[-1][-1]:.2%}" for key, curves in accuracies.items())
            print(f"repetition {repeat + 1}: {shown}")
        seconds = clock() - started
        last = {key: np.array(curves)[:, -1] for key, curves in accuracies.items()}
        mean = {key: float(values.mean()) for key, values in last.items()}
        spread = {key: float(values.std(ddof=1)) if len(values) > 1 else 0.0 for key, values in last.items()}
        text = ", ".join(f"{key} {mean[key]:.1%} ± {100 * spread[key]:.1f}" for key in mean)
        print(f"test on even digits after {few} images: {text} ({seconds:.0f} s)")
        report = {
            "model": self.name, "data": name, "seed": options.seed, "per_class": options.per_class,
            "steps": options.steps, "repeats": options.repeats, "test_accuracy": mean, "spread": spread,
            "curves": accuracies, "seconds": round(seconds, 1),
        }  # fmt: skip
        means = {key: np.mean(curves, 0).tolist() for key, curves in accuracies.items()}
        figure = plot.curves(means, f"{EVERY} epochs on the few images", "accuracy on even digits")
        save_results(folder, tuned, report, {"accuracy": figure})
        return 0


EVERY = 5  # epochs between two evaluations


def _half(data: Any, remainder: int) -> tuple[TensorDataset, np.ndarray]:
    """The images whose class leaves that remainder by 2, their classes renumbered 0 … 4, and these as an array."""
    images, labels = data.tensors
    rows = np.flatnonzero(labels.numpy() % 2 == remainder)
    classes = labels.numpy()[rows] // 2
    return TensorDataset(images[rows], ag.tensor(classes)), classes


def _draw(even: TensorDataset, labels: np.ndarray, per_class: int) -> TensorDataset:
    """That many images of each class, drawn at random."""
    order = ag.randperm(len(labels)).numpy()
    rows = np.concatenate([order[labels[order] == c][:per_class] for c in range(5)])
    return TensorDataset(*(t[rows] for t in even.tensors))


def _learn(model: Any, small: TensorDataset, test: TensorDataset, epochs: int, run: dict) -> list[float]:
    """Train on the few images; the accuracies on the test set, after every few epochs."""
    optimizer, accuracies = optim.Adam(model.parameters(), lr=1e-3), []
    for _ in range(0, epochs, EVERY):
        uninterrupted(fit(model, small, optimizer=optimizer, epochs=EVERY, batch_size=10, **run))
        accuracies.append(evaluate(model, test, F.cross_entropy)["accuracy"])
    return accuracies


RECIPES = [
    Transfer(name="transfer", about="LeNet-5 learns even digits from a few images, after odd ones or from scratch")
]
