"""Networks that tell images apart, trained by gradients: MNIST, its relatives, and the sample in the package."""

from __future__ import annotations

import argparse
from collections.abc import Callable
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
from nn.data import DataLoader, datasets, random_split, store
from nn.models import MLP, LeNet5, LeNet5Original, MAPLoss, RecurrentRegressor, ResNet
from optim.training import KeepBest, Progress, Run, evaluate, fit

from .recipe import Recipe, UserError, positive, save_results

DATA: dict[str, Any] = {
    "mnist": datasets.MNIST,
    "fashion-mnist": datasets.FashionMNIST,
    "sample": datasets.mnist_sample,
}


def add_data_option(parser: argparse.ArgumentParser, full: str = "mnist") -> None:
    parser.add_argument(
        "--data",
        default="auto",
        metavar="DATA",
        help="mnist, fashion-mnist, sample (10,000 digits that come with the package), or a folder with the four IDX "
        f"files; by default {full} where it is found, else the sample",
    )


def load_data(name: str, full: str = "mnist", **options: Any) -> tuple[str, Any, Any]:
    """The name of the data, and its training and test sets; options of `datasets.MNIST`.

    "auto" is `full` if that is on this machine, and otherwise the sample, with a line that says so. Raises UserError for
    what cannot be read.
    """
    try:
        if name == "auto":
            name = "sample" if store.missing(DATA[full].folder) else full
            if name == "sample":
                print(f"{full} is not on this machine: a sample of MNIST is used (--data {full} fetches the full data)")
        if name in DATA:
            return name, DATA[name](train=True, **options), DATA[name](train=False, **options)
        folder = Path(name)
        if not folder.is_dir():
            raise UserError(f"--data {name}: not a folder, and not one of {', '.join(DATA)}")
        train, test = (datasets.MNIST(folder, train, **options) for train in (True, False))
        return name, train, test
    except (OSError, ValueError) as error:
        advice = "; --data sample needs none" if name in DATA and isinstance(error, FileNotFoundError) else ""
        raise UserError(f"--data {name}: {error}{advice}") from None


def figures(test: Any, probabilities: np.ndarray) -> dict[str, Any]:
    """Figures of a classifier on the test set, from its probabilities (N, classes)."""
    images, targets = test.tensors
    return {
        "confusion-matrix": plot.confusion_matrix(targets, probabilities.argmax(1), test.classes),
        "mistakes": plot.mistakes(images, targets, probabilities, test.classes),
    }


class KeepLast(KeepBest):
    """Keeps the last weights of a run that is finished, and the best epoch's of one that is interrupted.

    One cycle of the learning rate ends at zero: the last epoch is the one that the schedule works towards, and the choice
    among late epochs on few images held out is noise.
    """

    def on_end(self, run: Run) -> None:
        if run.history.interrupted:
            super().on_end(run)
        else:
            run.history.best_epoch = None


@dataclass(frozen=True, kw_only=True)
class Classifier(Recipe):
    """Trained by Adam on cross-entropy in one cycle of the learning rate, watched on a twelfth held out (`KeepLast`).

    build       returns a new model
    prepare     maps a batch of images from 0 to 1 to the model's input; without it they are normalised
    loss        of its outputs and the labels
    scores      from its outputs to scores of the classes, whose softmax are their probabilities
    epochs      the number of passes over the training data
    lr          the largest learning rate
    batch_size  the number of images a step
    data        the training data, if it is on this machine and the options do not name others
    """

    build: Callable[[], Any]
    prepare: Callable[[Any], Any] | None = None
    loss: Callable[[Any, Any], Any] = F.cross_entropy
    scores: Callable[[Any], Any] = F.identity
    epochs: int
    lr: float
    batch_size: int = 64
    data: str = "mnist"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        add_data_option(parser, self.data)
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

    def accuracy(self, output: Any, target: Any) -> float:
        return float((self.scores(output).argmax(1) == target).float().mean())

    def probabilities(self, model: Any, data: Any) -> np.ndarray:
        """Of the classes, (N, classes)."""
        model.eval()
        with ag.no_grad():
            parts = [F.softmax(self.scores(model(x)), 1).numpy() for x, _ in DataLoader(data, batch_size=500)]
        return np.concatenate(parts)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        epochs, lr, batch_size = options.epochs, options.lr, options.batch_size
        name, data, test = load_data(options.data, self.data, normalize=self.prepare is None, transform=self.prepare)
        training, validation = random_split(data, [len(data) - len(data) // 12, len(data) // 12])
        model = self.build()
        parameters = sum(p.numel() for p in model.parameters())
        print(f"{self.name}: {self.about}; {parameters:,} parameters")
        print(
            f"data: {name}, {len(training):,} images to train, {len(validation):,} to validate, {len(test):,} to test"
        )

        optimizer = optim.Adam(model.parameters(), lr=lr)
        steps = epochs * -(-len(training) // batch_size)
        schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps)
        started = clock()
        history = fit(
            model, training, validation, loss=self.loss, optimizer=optimizer, epochs=epochs, batch_size=batch_size,
            metrics={"accuracy": self.accuracy}, keep_best=False, progress=False, step_scheduler=schedule,
            callbacks=[Progress(bar=not options.quiet), KeepLast("validation_accuracy", mode="max")],
        )  # fmt: skip
        seconds = clock() - started
        if history.interrupted:
            kept = (
                f"the weights of epoch {history.best_epoch} are kept" if history.best_epoch else "no epoch was finished"
            )
            print(f"\ninterrupted in epoch {len(history) + 1} of {epochs}; {kept}")
            if not history.best_epoch:
                return 130

        kept_epoch = history.best_epoch or len(history)
        result = evaluate(model, test, self.loss, metrics={"accuracy": self.accuracy})
        print(
            f"test: accuracy {result['accuracy']:.2%}, loss {result['loss']:.4f} "
            f"(weights of epoch {kept_epoch}, {seconds:.0f} s of training)"
        )
        report = {
            "model": self.name, "data": name, "epochs": epochs, "lr": lr, "batch_size": batch_size,
            "seed": options.seed, "parameters": parameters, "seconds": round(seconds, 1),
            "kept_epoch": kept_epoch, "interrupted": history.interrupted,
            "test_accuracy": result["accuracy"], "test_loss": result["loss"], "history": history.epochs,
        }  # fmt: skip
        curves = plot.learning_curves(history, f"{self.name} on {name}")
        shown = {"learning-curves": curves, **figures(test, self.probabilities(model, test))}
        save_results(folder, model, report, shown)
        return 130 if history.interrupted else 0


RECIPES = [
    Classifier(
        name="lenet5",
        about="LeNet-5, a small convolutional network (LeCun et al. 1998)",
        build=LeNet5, epochs=12, lr=2e-3,
    ),
    Classifier(
        name="lenet5-1998",
        about="LeNet-5 as it was in 1998, with subsampling layers, a connection table and RBF output",
        build=LeNet5Original, prepare=LeNet5Original.prepare, loss=MAPLoss(), scores=lambda distances: -distances,
        epochs=20, lr=5e-3,
    ),
    Classifier(
        name="mlp",
        about="a multi-layer perceptron 784-512-256-10 with dropout",
        build=lambda: nn.Sequential(nn.Flatten(), MLP([784, 512, 256, 10], activation="relu", dropout=0.2)),
        epochs=20, lr=1e-3,
    ),
    Classifier(
        name="rows",
        about="an LSTM that reads an image row by row",
        build=lambda: RecurrentRegressor(28, 10, 128), epochs=6, lr=4e-3,
    ),
    Classifier(
        name="resnet",
        about="a small residual network",
        build=lambda: ResNet(10, in_channels=1, widths=(16, 32, 64)), epochs=5, lr=1e-2, data="fashion-mnist",
    ),
]  # fmt: skip
