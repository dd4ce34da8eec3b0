"""Figures of training and of a classifier's results. Each function returns a matplotlib Figure; nothing is shown or saved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from autograd_core import Tensor

    Numbers: TypeAlias = Tensor | np.ndarray | Sequence[Any]

__all__ = ["confusion_counts", "confusion_matrix", "curves", "heat", "images", "learning_curves", "mistakes", "save"]

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"


def _figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, np.ndarray]:
    from .figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def _clean(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True, color="#e5e5e5", linewidth=0.7)
    axes.set_axisbelow(True)


def _array(x: Any) -> np.ndarray:
    return np.asarray(x.array if hasattr(x, "array") else x)


def learning_curves(history: Any, title: str | None = None) -> Figure:
    """Draw loss (logarithmic) and, where recorded, accuracy of each epoch, training beside validation; mark the best epoch.

    history: what `optim.fit` returned.
    title: of the whole figure.

    Formula: none; a figure of history["train_loss"], history["validation_loss"], …
    Shapes: a panel for each quantity, in a row.
    Dtypes: floats.
    Raises: ValueError if the history has no finished epoch.
    Source: matplotlib's `Figure`, which it returns.

    >>> import nn.plot, optim
    >>> history = optim.History()
    >>> history.epochs = [{"train_loss": 1.0}, {"train_loss": 0.5}]
    >>> nn.plot.learning_curves(history).axes[0].get_ylabel()
    'loss'
    """
    if not len(history):
        raise ValueError("learning_curves: the history has no finished epoch to draw")
    names = history.names()
    others = [n.removeprefix("train_") for n in names if n.startswith("train_") and n != "train_loss"]
    quantities = ["loss", *others]
    figure, axes = _figure(4.6 * len(quantities), 3.2, 1, len(quantities))
    epochs = np.arange(1, len(history) + 1)
    for ax, quantity in zip(axes[0], quantities, strict=True):
        for part, colour in (("train", GREY), ("validation", BLUE)):
            if f"{part}_{quantity}" in names:
                ax.plot(epochs, history[f"{part}_{quantity}"], "o-", color=colour, label=part, markersize=3.5)
        if history.best_epoch:
            ax.axvline(
                history.best_epoch, color=ORANGE, linewidth=1, linestyle="--", label=f"best: {history.best_epoch}"
            )
        ax.set(xlabel="epoch", ylabel=quantity)
        ax.xaxis.get_major_locator().set_params(integer=True)
        if quantity == "loss" and min(history["train_loss"]) > 0:
            from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

            ax.set_yscale("log")
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            ax.yaxis.set_minor_formatter(NullFormatter())
        if quantity == "accuracy":
            from matplotlib.ticker import PercentFormatter

            ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        _clean(ax)
        ax.legend(frameon=False)
    if title:
        figure.suptitle(title)
    return figure


def confusion_matrix(
    targets: Numbers, predictions: Numbers, classes: Sequence[str], title: str | None = None
) -> Figure:
    """Draw how often each class was taken for which: rows are the true classes, colour is the share of the row, mistakes only.

    targets, predictions: class indices.
    classes: their names.
    title: by default the fraction that is right.

    Formula: counts[i, j] = the number of n with targets[n] = i and predictions[n] = j
    Shapes: targets and predictions (N,) → a figure of (C, C) cells, C the number of classes.
    Dtypes: integers.
    Raises: ValueError if targets and predictions differ in number, or one is out of range; TypeError for fractions.
    Source: scikit-learn's `confusion_matrix`; matplotlib's `Figure`, which it returns.

    >>> import nn.plot
    >>> nn.plot.confusion_matrix([0, 1, 1], [0, 1, 0], ["cat", "dog"]).axes[0].get_title()
    '66.67% of 3 right'
    """
    counts = confusion_counts(targets, predictions, len(classes))
    figure, axes = _figure(0.52 * len(classes) + 1.6, 0.48 * len(classes) + 1.4)
    ax = axes[0, 0]
    share = counts / np.maximum(1, counts.sum(1, keepdims=True))
    np.fill_diagonal(share, 0.0)
    ax.imshow(share, cmap="Oranges", vmin=0, vmax=max(0.02, share.max()))
    for i in range(len(classes)):
        for j in range(len(classes)):
            if counts[i, j]:
                dark = share[i, j] > 0.6 * max(0.02, share.max())
                style = {"color": BLUE, "weight": "bold"} if i == j else {"color": "white" if dark else "black"}
                ax.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=8, **style)
    long = max(map(len, classes)) > 3
    ax.set_xticks(range(len(classes)), classes, rotation=45 if long else 0, ha="right" if long else "center")
    ax.set_yticks(range(len(classes)), classes)
    ax.set(xlabel="predicted", ylabel="true")
    ax.set_title(title or f"{np.trace(counts) / max(1, counts.sum()):.2%} of {counts.sum()} right", fontsize=10)
    return figure


def confusion_counts(targets: Numbers, predictions: Numbers, classes: int) -> np.ndarray:
    """Count how often each class was predicted as which.

    targets, predictions: class indices.
    classes: the number of classes.

    Formula: counts[i, j] = the number of n with targets[n] = i and predictions[n] = j
    Shapes: (N,) and (N,) → (classes, classes).
    Dtypes: integers → int64.
    Raises: ValueError if targets and predictions differ in number, or one is out of range; TypeError for fractions.
    Source: scikit-learn's `confusion_matrix`.

    >>> import nn.plot
    >>> nn.plot.confusion_counts([0, 1, 1], [0, 1, 0], 2)
    array([[1, 0],
           [1, 1]])
    """
    t, p = _array(targets).reshape(-1), _array(predictions).reshape(-1)
    if t.shape != p.shape:
        raise ValueError(
            f"confusion: {t.size} targets but {p.size} predictions; there must be one of each for every example"
        )
    for name, values in (("target", t), ("prediction", p)):
        if values.size and values.dtype.kind not in "iub":
            raise TypeError(
                f"confusion: {name}s must be class indices, whole numbers, got {values.dtype}; take argmax(1)"
            )
        if values.size and not (values.min() >= 0 and values.max() < classes):
            raise ValueError(
                f"confusion: {name}s go from {values.min()} to {values.max()}, but there are {classes} classes"
            )
    return np.bincount(t.astype(np.int64) * classes + p.astype(np.int64), minlength=classes * classes).reshape(
        classes, classes
    )


def mistakes(
    images: Numbers,
    targets: Numbers,
    probabilities: Numbers,
    classes: Sequence[str],
    count: int = 40,
    title: str | None = None,
) -> Figure:
    """Draw the misclassified images, the most confident mistakes first: true class → predicted (its probability).

    images: the images.
    targets: class indices.
    probabilities: of each class.
    classes: their names.
    count: the most that are drawn.
    title: by default the number of mistakes.

    Formula: those n with argmax_c probabilities[n, c] ≠ targets[n], by decreasing probability
    Shapes: images (N, 1, H, W) or (N, H, W), targets (N,), probabilities (N, C).
    Dtypes: images and probabilities floats, targets integers.
    Raises: ValueError if the three differ in length, or probabilities are no matrix.
    Source: matplotlib's `Figure`, which it returns.

    >>> import numpy as np, nn.plot
    >>> figure = nn.plot.mistakes(np.zeros((2, 4, 4)), np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]), ["cat", "dog"])
    >>> figure.axes[0].get_title()
    'dog → cat (80%)'
    """
    x, t, p = _array(images), _array(targets), _array(probabilities)
    if p.ndim != 2 or not len(x) == len(t) == len(p):
        raise ValueError(
            f"mistakes: needs images, targets and probabilities (N, classes) of one length, got shapes {x.shape}, {t.shape} "
            f"and {p.shape}"
        )
    predicted = p.argmax(1)
    wrong = np.flatnonzero(predicted != t)
    wrong = wrong[np.argsort(-p[wrong, predicted[wrong]], kind="stable")][:count]
    columns = 8
    rows = max(1, math.ceil(len(wrong) / columns))
    long = max(map(len, classes)) > 3
    figure, axes = _figure(1.15 * columns, (1.55 if long else 1.35) * rows + 0.5, rows, columns)
    for ax in axes.flat:
        ax.axis("off")
    for ax, i in zip(axes.flat, wrong, strict=False):
        ax.imshow(x[i].reshape(x.shape[-2:]), cmap="gray_r")
        names = f"{classes[t[i]]}{chr(10) if long else ' '}→ {classes[predicted[i]]}"
        ax.set_title(f"{names} ({p[i, predicted[i]]:.0%})", fontsize=7 if long else 8)
    total = int((predicted != t).sum())
    figure.suptitle(title or f"{total} mistakes among {len(t)}: true → predicted (confidence)", fontsize=10)
    return figure


def images(
    images: Numbers,
    titles: Sequence[str] | None = None,
    columns: int = 10,
    *,
    signed: bool = False,
    size: float = 0.95,
) -> Figure:
    """Draw a page of small pictures: data, filters, feature maps.

    images: the pictures.
    titles: one for each.
    columns: the number of pictures in a row.
    signed: True: red for positive and blue for negative numbers, on one scale for all; False: from white, the least
        number of the picture, to black, its largest.
    size: the width of a picture in inches.

    Formula: none; a figure of images[n] at row n // columns and column n mod columns
    Shapes: (N, H, W) or (N, 1, H, W).
    Dtypes: real ones.
    Raises: ValueError if there is no picture, the shape is another, or titles differ in number.
    Source: matplotlib's `Figure`, which it returns.

    >>> import numpy as np, nn.plot
    >>> len(nn.plot.images(np.zeros((3, 4, 4)), columns=2).axes)
    4
    """
    x = _array(images)
    if x.ndim == 4 and x.shape[1] == 1:
        x = x[:, 0]
    if x.ndim != 3 or not len(x):
        raise ValueError(f"images: needs at least one picture, (N, H, W) or (N, 1, H, W), got shape {x.shape}")
    if titles is not None and len(titles) != len(x):
        raise ValueError(f"images: {len(x)} pictures but {len(titles)} titles; give one for each")
    columns = min(columns, len(x))
    rows = math.ceil(len(x) / columns)
    height = size * x.shape[1] / x.shape[2] + (0.25 if titles is not None else 0)
    figure, axes = _figure(size * columns, height * rows, rows, columns)
    largest = np.abs(x).max()
    scale = {"cmap": "RdBu_r", "vmin": -largest, "vmax": largest} if signed else {"cmap": "gray_r"}
    for ax in axes.flat:
        ax.axis("off")
    for i, (ax, picture) in enumerate(zip(axes.flat, x, strict=False)):
        ax.imshow(picture, **scale)
        if titles is not None:
            ax.set_title(titles[i], fontsize=9)
    return figure


def curves(
    lines: Mapping[str, Numbers], xlabel: str, ylabel: str, title: str | None = None, *, log: bool = False
) -> Figure:
    """Draw lines over 1, 2, 3, … by their names.

    lines: name → numbers.
    xlabel, ylabel, title: what is written there.
    log: True: the scale of y is logarithmic.

    Formula: none; a figure of lines[name][t - 1] over t
    Shapes: each line (N,).
    Dtypes: real ones.
    Raises: ValueError if there is no line.
    Source: matplotlib's `Figure`, which it returns.

    >>> import nn.plot
    >>> nn.plot.curves({"loss": [3.0, 2.0, 1.0]}, "step", "nats").axes[0].get_ylabel()
    'nats'
    """
    if not lines:
        raise ValueError("curves: there is no line to draw")
    figure, axes = _figure(7.2, 3.4)
    ax = axes[0, 0]
    colours = [BLUE, ORANGE, GREY] if len(lines) <= 3 else [None] * len(lines)
    for (name, values), colour in zip(lines.items(), colours, strict=False):
        ax.plot(np.arange(1, len(values) + 1), _array(values), color=colour, label=name, linewidth=1.3)
    ax.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    _clean(ax)
    ax.legend(frameon=False)
    if title:
        figure.suptitle(title)
    return figure


def heat(values: Numbers, xlabel: str, ylabel: str, title: str | None = None) -> Figure:
    """Draw a matrix as shades, from white for its least value to dark for its largest.

    values: the matrix.
    xlabel, ylabel, title: what is written there.

    Formula: none; a figure of values[i, j] at row i and column j
    Shapes: (N, M).
    Dtypes: real ones.
    Raises: ValueError if values is no matrix.
    Source: matplotlib's `Figure`, which it returns.

    >>> import numpy as np, nn.plot
    >>> nn.plot.heat(np.eye(2), "key", "query").axes[0].get_xlabel()
    'key'
    """
    matrix = _array(values)
    if matrix.ndim != 2:
        raise ValueError(f"heat: needs a matrix, got shape {matrix.shape}")
    figure, axes = _figure(4.6, 4.2)
    ax = axes[0, 0]
    figure.colorbar(ax.imshow(matrix, cmap="Blues", aspect="auto"), ax=ax, shrink=0.8)
    for axis in (ax.xaxis, ax.yaxis):
        axis.get_major_locator().set_params(integer=True)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if title:
        ax.set_title(title, fontsize=10)
    return figure


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure to a file, as PNG, SVG or PDF by the path's ending; return the path.

    figure: the figure.
    path: the file, whose folder is made if need be.

    Formula: none; a file
    Shapes: none.
    Dtypes: none.
    Raises: ValueError for an ending that matplotlib does not know; OSError if the file cannot be written.
    Source: matplotlib's `Figure.savefig`.

    >>> import tempfile, nn.plot
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.plot.save(nn.plot.curves({"loss": [2.0, 1.0]}, "step", "loss"), f"{folder}/a.png").name
    'a.png'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    return path
