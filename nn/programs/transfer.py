"""Transfer learning: what a network learnt on odd digits helps it with even ones."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot
from nn.data import TensorDataset
from nn.models import LeNet5
from optim.training import Progress, evaluate, fit

from .images import add_data_option, load_data
from .recipe import Recipe, positive, save_results


@dataclass(frozen=True, kw_only=True)
class Transfer(Recipe):
    """LeNet-5 learns the odd classes from all their images. Then its last layer is replaced, and the even classes are to
    be learnt from a few images each: from these features, or from scratch.

    First the new layer alone is trained, all else frozen; then everything, the old layers at a tenth of the rate.
    """

    per_class: int = 10
    epochs: int = 2

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        add_data_option(parser)
        parser.add_argument(
            "--per-class", type=positive(int), default=self.per_class, help=f"images of each even class ({self.per_class})"
        )
        parser.add_argument("--epochs", type=positive(int), default=self.epochs, help=f"on the odd classes ({self.epochs})")
        super().add_options(parser)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        name, data, test = load_data(options.data, normalize=True)
        odd, _ = _half(data, 1)
        even, labels = _half(data, 0)
        even_test, _ = _half(test, 0)
        few = np.concatenate([np.flatnonzero(labels == c)[: options.per_class] for c in range(5)])
        small = TensorDataset(*(t[few] for t in even.tensors))
        print(f"{self.name}: {self.about}")
        print(f"data: {name}, {len(odd):,} odd images, {len(small)} even ones to learn from, {len(even_test):,} to test")
        started = time.perf_counter()
        base = LeNet5(5)
        bars = [] if options.quiet else [Progress()]
        run: dict[str, Any] = {"loss": F.cross_entropy, "keep_best": False, "progress": False}
        optimizer = optim.Adam(base.parameters(), lr=1e-3)
        fit(base, odd, optimizer=optimizer, epochs=options.epochs, callbacks=bars, **run)

        tuned = LeNet5(5)
        tuned.load_state_dict(base.state_dict())
        tuned.classifier.fc3 = nn.Linear(84, 5)  # the new head
        head = list(tuned.classifier.fc3.parameters())
        for parameter in tuned.parameters():
            parameter.requires_grad_(any(parameter is p for p in head))
        curves = {"from odd digits": _learn(tuned, small, even_test, optim.Adam(head, lr=1e-2), 20, run)}
        tuned.requires_grad_(True)
        others = [p for p in tuned.parameters() if not any(p is q for q in head)]
        groups = [{"params": head}, {"params": others, "lr": 1e-4}]
        curves["from odd digits"] += _learn(tuned, small, even_test, optim.Adam(groups, lr=1e-3), 20, run)
        scratch = LeNet5(5)
        curves["from scratch"] = _learn(scratch, small, even_test, optim.Adam(scratch.parameters(), lr=1e-3), 40, run)
        seconds = time.perf_counter() - started
        found = {key: values[-1] for key, values in curves.items()}
        text = ", ".join(f"{key} {value:.2%}" for key, value in found.items())
        print(f"test on even digits after {len(small)} images: {text} ({seconds:.0f} s)")
        report = {
            "model": self.name, "data": name, "seed": options.seed, "per_class": options.per_class,
            "test_accuracy": found, "curves": curves, "seconds": round(seconds, 1),
        }  # fmt: skip
        figure = plot.curves(curves, "epoch on the few images", "accuracy on even digits")
        save_results(folder, tuned, report, {"accuracy": figure})
        return 0


def _half(data: Any, remainder: int) -> tuple[TensorDataset, np.ndarray]:
    """The images whose class leaves that remainder by 2, their classes renumbered 0 … 4, and these as an array."""
    images, labels = data.tensors
    rows = np.flatnonzero(labels.numpy() % 2 == remainder)
    classes = labels.numpy()[rows] // 2
    return TensorDataset(images[rows], ag.tensor(classes)), classes


def _learn(model: Any, small: Any, test: Any, optimizer: Any, epochs: int, run: dict) -> list[float]:
    """Train on the few images; the accuracy on the test set after each epoch."""
    found = []
    for _ in range(epochs):
        fit(model, small, optimizer=optimizer, epochs=1, batch_size=10, **run)
        found.append(evaluate(model, test, F.cross_entropy)["accuracy"])
    return found


RECIPES = [Transfer(name="transfer", about="LeNet-5 learns even digits from a few images, after odd ones or from scratch")]
