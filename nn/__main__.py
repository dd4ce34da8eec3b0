"""The command `python -m nn train MODEL`: train a model of the course on real data and show what came out.

This is a program on top of all packages (it uses `optim`); nothing imports it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot
from nn.data import datasets, random_split, store
from nn.models import MLP, LeNet5
from optim.training import KeepBest, Progress, evaluate, fit


class Recipe(NamedTuple):
    """How a model is trained unless the options say otherwise."""

    build: Callable[[], Any]
    epochs: int
    lr: float
    batch_size: int
    about: str


RECIPES = {
    "lenet5": Recipe(LeNet5, 12, 2e-3, 64, "LeNet-5, a small convolutional network (LeCun et al. 1998)"),
    "mlp": Recipe(
        lambda: nn.Sequential(nn.Flatten(), MLP([784, 512, 256, 10], activation="relu", dropout=0.2)),
        20, 1e-3, 64, "a multi-layer perceptron 784-512-256-10 with dropout",
    ),
}  # fmt: skip

DATA: dict[str, Any] = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST, "sample": datasets.mnist_sample}


class UserError(Exception):
    """Something the user can mend; shown as one message, without a traceback."""


def positive(kind: type) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"needs a {kind.__name__}, got '{text}'") from None
        if not value > 0:
            raise argparse.ArgumentTypeError(f"must be positive, got {text}")
        return value

    return parse


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="python -m nn", description="Neural networks of the course, on real data.")
    commands = p.add_subparsers(dest="command", required=True)
    train = commands.add_parser(
        "train",
        help="train a model and show the result",
        description="Train a model; print a line an epoch and the test accuracy; save figures and the weights.",
        epilog="models:\n" + "\n".join(f"  {name:8} {r.about}" for name, r in RECIPES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train.add_argument("model", choices=RECIPES, metavar="MODEL", help=" or ".join(RECIPES))
    train.add_argument(
        "--data",
        default="auto",
        metavar="DATA",
        help="mnist, fashion-mnist, sample (10,000 digits that come with the package), or a folder with the four IDX "
        "files; by default mnist where it is found, else the sample",
    )
    train.add_argument("--epochs", type=positive(int), help="passes over the training data")
    train.add_argument("--lr", type=positive(float), help="the largest learning rate")
    train.add_argument("--batch-size", type=positive(int), help="images a step")
    train.add_argument("--seed", type=int, default=0, help="of weights, order and dropout (default 0)")
    train.add_argument("--save", type=Path, metavar="FOLDER", help="where results go (default runs/MODEL)")
    train.add_argument("--quiet", action="store_true", help="no progress bar, only the line for each epoch")
    return p


def load_data(name: str) -> tuple[str, Any, Any]:
    """The name of the data, and its training and test sets."""
    if name == "auto":
        files = [f"mnist/{part}-ubyte.gz" for part in (
            "train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")]  # fmt: skip
        name = "mnist" if all(store.stored(file) for file in files) else "sample"
    try:
        if name in DATA:
            return name, DATA[name](train=True, normalize=True), DATA[name](train=False, normalize=True)
        folder = Path(name)
        if not folder.is_dir():
            raise UserError(f"--data {name}: not a folder, and not one of {', '.join(DATA)}")
        return name, datasets.MNIST(folder, True, normalize=True), datasets.MNIST(folder, False, normalize=True)
    except (OSError, ValueError) as error:
        raise UserError(str(error)) from None


def predict(model: Any, images: Any, batch_size: int = 500) -> np.ndarray:
    """Class probabilities, (N, classes)."""
    model.eval()
    with ag.no_grad():
        parts = [F.softmax(model(images[i : i + batch_size]), 1).numpy() for i in range(0, len(images), batch_size)]
    return np.concatenate(parts)


def train(options: argparse.Namespace) -> int:
    recipe = RECIPES[options.model]
    epochs, lr = options.epochs or recipe.epochs, options.lr or recipe.lr
    batch_size = options.batch_size or recipe.batch_size
    folder = options.save or Path("runs") / options.model
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--save {folder}: is a file; give a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--save {folder}: cannot be made ({error.strerror})") from None

    ag.manual_seed(options.seed)
    name, data, test = load_data(options.data)
    training, validation = random_split(data, [len(data) - len(data) // 12, len(data) // 12])
    model = recipe.build()
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{options.model}: {recipe.about}; {parameters:,} parameters")
    print(f"data: {name}, {len(training):,} images to train, {len(validation):,} to validate, {len(test):,} to test")

    optimizer = optim.Adam(model.parameters(), lr=lr)
    steps = epochs * -(-len(training) // batch_size)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps)
    started = time.perf_counter()
    history = fit(
        model, training, validation, loss=F.cross_entropy, optimizer=optimizer, epochs=epochs, batch_size=batch_size,
        callbacks=[Progress(bar=not options.quiet), KeepBest("validation_accuracy")], keep_best=False, progress=False,
        step_scheduler=schedule,
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
        "model": options.model, "data": name, "epochs": epochs, "lr": lr, "batch_size": batch_size,
        "seed": options.seed, "parameters": parameters, "seconds": round(seconds, 1),
        "best_epoch": history.best_epoch, "interrupted": history.interrupted,
        "test_accuracy": result["accuracy"], "test_loss": result["loss"], "history": history.epochs,
    }  # fmt: skip
    images, targets = test.tensors
    probabilities = predict(model, images)
    predictions = probabilities.argmax(1)
    saved = [
        nn.save(model, folder / "model.safetensors", {"model": options.model, "data": name}),
        plot.save(plot.learning_curves(history, f"{options.model} on {name}"), folder / "learning-curves.png"),
        plot.save(plot.confusion_matrix(targets, predictions, test.classes), folder / "confusion-matrix.png"),
        plot.save(plot.mistakes(images, targets, probabilities, test.classes), folder / "mistakes.png"),
        folder / "report.json",
    ]
    saved[-1].write_text(json.dumps(report, indent=2) + "\n")
    print("saved: " + ", ".join(str(path) for path in saved))
    return 130 if history.interrupted else 0


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return train(options)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted before training began; nothing is saved", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
