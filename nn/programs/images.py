"""Networks that tell images apart, trained by gradients: MNIST, its relatives, and the sample in the package."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot
from nn.data import datasets, random_split, store
from nn.models import MLP, LeNet5
from optim.training import KeepBest, Progress, evaluate, fit

from .recipe import Recipe, UserError, positive, save_results

DATA: dict[str, Any] = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST, "sample": datasets.mnist_sample}


def add_data_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        default="auto",
        metavar="DATA",
        help="mnist, fashion-mnist, sample (10,000 digits that come with the package), or a folder with the four IDX "
        "files; by default mnist where it is found, else the sample",
    )


def load_data(name: str, normalize: bool | tuple[float, float] = True) -> tuple[str, Any, Any]:
    """The name of the data, and its training and test sets."""
    if name == "auto":
        files = [f"mnist/{part}-ubyte.gz" for part in (
            "train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")]  # fmt: skip
        name = "mnist" if all(store.stored(file) for file in files) else "sample"
    try:
        if name in DATA:
            return name, DATA[name](train=True, normalize=normalize), DATA[name](train=False, normalize=normalize)
        folder = Path(name)
        if not folder.is_dir():
            raise UserError(f"--data {name}: not a folder, and not one of {', '.join(DATA)}")
        train, test = (datasets.MNIST(folder, train, normalize=normalize) for train in (True, False))
        return name, train, test
    except (OSError, ValueError) as error:
        raise UserError(str(error)) from None


def figures(test: Any, probabilities: np.ndarray) -> dict[str, Any]:
    """What a classifier does on the test set, from its probabilities (N, classes)."""
    images, targets = test.tensors
    return {
        "confusion-matrix": plot.confusion_matrix(targets, probabilities.argmax(1), test.classes),
        "mistakes": plot.mistakes(images, targets, probabilities, test.classes),
    }


def probabilities(model: Any, images: Any, batch_size: int = 500) -> np.ndarray:
    """Class probabilities, (N, classes)."""
    model.eval()
    with ag.no_grad():
        parts = [F.softmax(model(images[i : i + batch_size]), 1).numpy() for i in range(0, len(images), batch_size)]
    return np.concatenate(parts)


@dataclass(frozen=True, kw_only=True)
class Classifier(Recipe):
    """Trained by Adam on cross-entropy in one cycle of the learning rate; the best epoch on a twelfth held out is kept.

    build       makes the model
    epochs      passes over the training data
    lr          the largest learning rate
    batch_size  images a step
    """

    build: Callable[[], Any]
    epochs: int
    lr: float
    batch_size: int = 64

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        add_data_option(parser)
        parser.add_argument(
            "--epochs", type=positive(int), default=self.epochs, help=f"passes over the training data ({self.epochs})"
        )
        parser.add_argument(
            "--lr", type=positive(float), default=self.lr, help=f"the largest learning rate ({self.lr:g})"
        )
        parser.add_argument(
            "--batch-size", type=positive(int), default=self.batch_size, help=f"images a step ({self.batch_size})"
        )
        super().add_options(parser)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        epochs, lr, batch_size = options.epochs, options.lr, options.batch_size
        name, data, test = load_data(options.data)
        training, validation = random_split(data, [len(data) - len(data) // 12, len(data) // 12])
        model = self.build()
        parameters = sum(p.numel() for p in model.parameters())
        print(f"{self.name}: {self.about}; {parameters:,} parameters")
        print(f"data: {name}, {len(training):,} images to train, {len(validation):,} to validate, {len(test):,} to test")

        optimizer = optim.Adam(model.parameters(), lr=lr)
        steps = epochs * -(-len(training) // batch_size)
        schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps)
        started = time.perf_counter()
        history = fit(
            model, training, validation, loss=F.cross_entropy, optimizer=optimizer, epochs=epochs,
            batch_size=batch_size, callbacks=[Progress(bar=not options.quiet), KeepBest("validation_accuracy")],
            keep_best=False, progress=False, step_scheduler=schedule,
        )  # fmt: skip
        seconds = time.perf_counter() - started
        if history.interrupted:
            kept = f"the weights of epoch {history.best_epoch} are kept" if history.best_epoch else "no epoch was finished"
            print(f"\ninterrupted in epoch {len(history) + 1} of {epochs}; {kept}")
            if not history.best_epoch:
                return 130

        result = evaluate(model, test, F.cross_entropy)
        print(
            f"test: accuracy {result['accuracy']:.2%}, loss {result['loss']:.4f} "
            f"(weights of epoch {history.best_epoch}, {seconds:.0f} s of training)"
        )
        report = {
            "model": self.name, "data": name, "epochs": epochs, "lr": lr, "batch_size": batch_size,
            "seed": options.seed, "parameters": parameters, "seconds": round(seconds, 1),
            "best_epoch": history.best_epoch, "interrupted": history.interrupted,
            "test_accuracy": result["accuracy"], "test_loss": result["loss"], "history": history.epochs,
        }  # fmt: skip
        curves = plot.learning_curves(history, f"{self.name} on {name}")
        shown = {"learning-curves": curves, **figures(test, probabilities(model, test.tensors[0]))}
        save_results(folder, model, report, shown)
        return 130 if history.interrupted else 0


RECIPES = [
    Classifier(
        name="lenet5",
        about="LeNet-5, a small convolutional network (LeCun et al. 1998)",
        build=LeNet5, epochs=12, lr=2e-3,
    ),
    Classifier(
        name="mlp",
        about="a multi-layer perceptron 784-512-256-10 with dropout",
        build=lambda: nn.Sequential(nn.Flatten(), MLP([784, 512, 256, 10], activation="relu", dropout=0.2)),
        epochs=20, lr=1e-3,
    ),
]  # fmt: skip
