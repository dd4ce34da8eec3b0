"""The networks with a learning rule of their own, on images as rows of pixels: no gradients, no epochs of `optim.fit`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograd_core.kernels.machine.compilation import clock
from nn import plot
from nn.models import Adaline, Perceptron, RBFNetwork
from nn.models.rbf_fit import WIDTHS

from .images import add_data_option, load_data
from .recipe import Recipe, positive, save_results


@dataclass(frozen=True, kw_only=True)
class Fitted(Recipe):
    """Trains a model by its own `fit`; a subclass writes `learn`, and `pictures`, the parameters worth a picture."""

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        add_data_option(parser)
        super().add_options(parser)

    def learn(self, options: argparse.Namespace, x: Any, y: Any, classes: int) -> tuple[Any, dict]:
        """Return the fitted model, and entries of the report."""
        raise NotImplementedError

    def pictures(self, model: Any) -> np.ndarray:
        """Some of the model's parameters that are images, (…, pixels)."""
        return model.weight.array

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        name, data, test = load_data(options.data)
        x, y = data.tensors[0].flatten(1), data.tensors[1]
        print(f"{self.name}: {self.about}")
        print(f"data: {name}, {len(data):,} images to train, {len(test):,} to test")
        started = clock()
        model, details = self.learn(options, x, y, len(data.classes))
        seconds = clock() - started
        predictions = model.predict(test.tensors[0].flatten(1)).array
        accuracy = float((predictions == test.targets.array).mean())
        print(f"test: accuracy {accuracy:.2%} ({seconds:.0f} s of learning)")
        report = {
            "model": self.name, "data": name, "seed": options.seed, "seconds": round(seconds, 1),
            "parameters": sum(p.numel() for p in model.parameters()), "test_accuracy": accuracy, **details,
        }  # fmt: skip
        pictures = self.pictures(model).reshape(-1, *data.size)
        shown = {
            "confusion-matrix": plot.confusion_matrix(test.targets, predictions, test.classes),
            "weights": plot.images(pictures, signed=bool((pictures < 0).any())),
        }
        save_results(folder, model, report, shown)
        return 0


class PerceptronRecipe(Fitted):
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--epochs", type=positive(int), default=10, help="passes over the training data (10)")
        final = parser.add_mutually_exclusive_group()
        final.add_argument("--last", action="store_true", help="take the last weights, not the mean of all")
        final.add_argument("--pocket", action="store_true", help="take the weights with the fewest mistakes instead")
        super().add_options(parser)

    def learn(self, options: argparse.Namespace, x: Any, y: Any, classes: int) -> tuple[Any, dict]:
        model = Perceptron(x.shape[1], classes)
        average = not (options.last or options.pocket)
        fitted = model.fit(
            x, y, epochs=options.epochs, shuffle=True, pocket=options.pocket, average=average, progress=print
        )
        print(fitted)
        weights = "average" if average else "pocket" if options.pocket else "last"
        return model, {
            "weights": weights, "updates": fitted.updates, "mistakes": fitted.mistakes, "message": str(fitted),
        }  # fmt: skip


class AdalineRecipe(Fitted):
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--epochs", type=positive(int), default=10, help="passes over the training data (10)")
        parser.add_argument("--lr", type=positive(float), help="the learning rate (0.1 / tr R, see Adaline.fit)")
        parser.add_argument("--rule", choices=("lms", "batch", "exact"), default="lms", help="see Adaline.fit (lms)")
        super().add_options(parser)

    def learn(self, options: argparse.Namespace, x: Any, y: Any, classes: int) -> tuple[Any, dict]:
        model = Adaline(x.shape[1], classes)
        fitted = model.fit(x, y, rule=options.rule, epochs=options.epochs, lr=options.lr, progress=print)
        print(fitted.message)
        return model, {"rule": options.rule, "lr": fitted.lr, "losses": fitted.losses, "least": fitted.least}


class RBFRecipe(Fitted):
    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--centers", type=positive(int), default=1000, help="the number of radial units (1000)")
        parser.add_argument(
            "--place", choices=("class_kmeans", "kmeans", "data"), default="class_kmeans", help="where (class_kmeans)"
        )
        parser.add_argument("--widths", choices=tuple(WIDTHS), default="nearest", help="see RBFNetwork.fit (nearest)")
        super().add_options(parser)

    def learn(self, options: argparse.Namespace, x: Any, y: Any, classes: int) -> tuple[Any, dict]:
        model = RBFNetwork(x.shape[1], options.centers, classes)
        fitted = model.fit(x, y, centers=options.place, widths=options.widths, progress=print)
        return model, {"centers": options.centers, "place": options.place, "ridge": fitted.ridge, "steps": fitted.steps}

    def pictures(self, model: Any) -> np.ndarray:
        centers = model.rbf.centers.array
        return centers[:: max(1, len(centers) // 100)][:100]


RECIPES = [
    PerceptronRecipe(name="perceptron", about="ten perceptrons, one a class (Rosenblatt 1958)"),
    AdalineRecipe(name="adaline", about="ten adaptive linear units, one a class (Widrow & Hoff 1960)"),
    RBFRecipe(name="rbf", about="a network of Gaussian units with a linear read-out, fitted by least squares"),
]
