"""What a classifier got right and wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .figure import canvas, finished, grid, numbers, panels, real
from .style import BLUE, DASHES, GREY, INK, MISTAKES, colour, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from .figure import Numbers


@styled
def confusion_matrix(
    targets: Numbers,
    predictions: Numbers,
    classes: Sequence[str],
    title: str | None = None,
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw how often each class was taken for which: rows are the true classes, colour is the share of the row, mistakes only.

    targets, predictions: class indices.
    classes: their names.
    title: by default the fraction that is right.
    ax: where to draw; by default in a new figure. The colours' legend stands beside it.

    Formula: counts[i, j] = the number of n with targets[n] = i and predictions[n] = j
    Shapes: targets and predictions (N,) → a figure of (C, C) cells, C the number of classes.
    Dtypes: integers.
    Raises: ValueError if targets and predictions differ in number, or one is out of range, or there are no classes;
        TypeError for fractions.
    Source: scikit-learn's `confusion_matrix`; matplotlib's `Figure`, which it returns.

    >>> import nn.plot
    >>> nn.plot.confusion_matrix([0, 1, 1], [0, 1, 0], ["cat", "dog"]).axes[0].get_title()
    '66.67% of 3 right'
    """
    from matplotlib.ticker import PercentFormatter

    classes = [str(name) for name in classes]
    if not classes:
        raise ValueError("confusion_matrix: there are no classes; pass their names")
    counts = confusion_counts(targets, predictions, len(classes))
    figure, axes = canvas(ax, max(4.4, 0.5 * len(classes) + 2.2), max(3.2, 0.48 * len(classes) + 1.4))
    share = counts / np.maximum(1, counts.sum(1, keepdims=True))
    np.fill_diagonal(share, 0.0)
    top = max(0.02, share.max())
    image = axes.imshow(share, cmap=MISTAKES, vmin=0, vmax=top)
    for i in range(len(classes)):
        for j in range(len(classes)):
            if counts[i, j]:
                dark = share[i, j] > 0.6 * top
                look: dict[str, Any] = (
                    {"color": BLUE, "weight": "bold"} if i == j else {"color": "white" if dark else INK}
                )
                axes.text(
                    j, i, str(counts[i, j]), ha="center", va="center", fontsize=9 if counts[i, j] < 10000 else 7, **look
                )
    bar = figure.colorbar(image, ax=axes, shrink=0.8, format=PercentFormatter(1.0, decimals=0 if top > 0.05 else 1))
    bar.set_label("share of the true class")
    long = max(map(len, classes)) > 3
    axes.set_xticks(range(len(classes)), classes, rotation=45 if long else 0, ha="right" if long else "center")
    axes.set_yticks(range(len(classes)), classes)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set(xlabel="predicted", ylabel="true")
    right = f"{np.trace(counts) / max(1, counts.sum()):.2%} of {counts.sum()} right"
    i, j = np.unravel_index(share.argmax(), share.shape)
    worst = f"{classes[i]} is taken for {classes[j]} most often ({counts[i, j]})" if share.max() else "no mistake"
    return finished(
        figure,
        f"Confusion matrix of {len(classes)} classes{f', {right}' if title else ''}: {worst}.",
        title or right,
        axes,
    )


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
    t, p = numbers(targets).reshape(-1), numbers(predictions).reshape(-1)
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


@styled
def mistakes(
    images: Numbers,
    targets: Numbers,
    probabilities: Numbers,
    classes: Sequence[str],
    count: int = 40,
    title: str | None = None,
    *,
    figure: Figure | SubFigure | None = None,
) -> Figure:
    """Draw the misclassified images, the most confident mistakes first: true class → predicted (its probability).

    images: the images.
    targets: class indices.
    probabilities: of each class.
    classes: their names.
    count: the most that are drawn.
    title: by default the number of mistakes.
    figure: what to draw into; by default a new figure.

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
    x, t, p = numbers(images), numbers(targets), numbers(probabilities)
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
    root, axes = panels(figure, 1.25 * columns, (1.62 if long else 1.44) * rows + 0.5, rows, columns)
    for ax in axes.flat:
        ax.axis("off")
    for ax, i in zip(axes.flat, wrong, strict=False):
        ax.imshow(x[i].reshape(x.shape[-2:]), cmap="gray_r")
        names = f"{classes[t[i]]}{chr(10) if long else ' '}→ {classes[predicted[i]]}"
        ax.set_title(f"{names} ({p[i, predicted[i]]:.0%})", fontsize=8)
    total = int((predicted != t).sum())
    counted = f"{total} mistakes among {len(t)}"
    text = f"{len(wrong)} misclassified images, the most confident first; {counted}."
    return finished(root, text, title or f"{counted}: true → predicted (confidence)")


@styled
def roc(
    targets: Numbers,
    scores: Numbers | Mapping[str, Numbers],
    classes: Sequence[str] | None = None,
    title: str | None = None,
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw the receiver operating characteristic: the share of positives found over the share of false alarms.

    targets: 0 and 1; of more classes their indices, and each is drawn against the others.
    scores: higher for class 1, a probability or not; a dictionary name → scores compares models; of more classes (N, C).
    classes: the names of the C classes.
    title: of the figure.
    ax: where to draw; by default in a new figure.

    The legend names each curve's area: the probability that a positive has a higher score than a negative, half where
    they are equal. The dashed line is chance.

    Formula: TPR(t) = P(score ≥ t | 1) over FPR(t) = P(score ≥ t | 0), for all t
    Shapes: targets (N,), scores (N,), (N, 1) or (N, C).
    Dtypes: targets integers or bool, scores real.
    Raises: ValueError if the lengths differ, a class has no example, or a score is not finite; TypeError for fractions as
        targets.
    Source: Fawcett 2006, "An introduction to ROC analysis", algorithms 1 and 2.

    >>> import nn.plot
    >>> nn.plot.roc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).axes[0].lines[0].get_label()
    'area 0.750'
    """
    t = real("roc", "targets", targets).reshape(-1)
    if t.dtype.kind not in "iub" and not np.isin(t, (0, 1)).all():
        raise TypeError(f"roc: targets must be class indices, whole numbers, got {t.dtype}")
    figure, axes = canvas(ax, 4.8, 4.4)
    words = []
    for i, (name, positive, score) in enumerate(_contests(t, scores, classes)):
        false, true, area = _roc_curve(name, positive, score)
        label = f"{name}, area {area:.3f}" if name else f"area {area:.3f}"
        axes.plot(false, true, color=colour(i), linestyle=DASHES[i // 6 % len(DASHES)], label=label, zorder=2)
        words.append(label)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1, label="chance, area 0.500", zorder=1)
    axes.set(
        xlabel="false positive rate",
        ylabel="true positive rate",
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.02),
        aspect="equal",
    )
    grid(axes)
    axes.legend(loc="lower right")
    return finished(figure, f"Receiver operating characteristic: {'; '.join(words)}.", title, axes)


def _contests(t: np.ndarray, scores: Any, classes: Sequence[str] | None) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(name, which examples are positive, their scores) of each curve."""
    models = scores if isinstance(scores, Mapping) else {"": scores}
    if not models:
        raise ValueError("roc: there are no scores to draw")
    contests = []
    for model, values in models.items():
        s = real("roc", f"scores of {model!r}" if model else "scores", values)
        if s.ndim == 2 and s.shape[1] == 1:
            s = s[:, 0]
        if s.ndim not in (1, 2) or len(s) != len(t):
            raise ValueError(
                f"roc: {len(t)} targets but scores of shape {s.shape}; there must be one score, or a row, for each"
            )
        if s.ndim == 1:
            other = t[~np.isin(t, (0, 1))]
            if other.size:
                raise ValueError(
                    f"roc: one score an example tells classes 0 and 1 apart, got target {other[0]}; give scores (N, classes)"
                )
            contests.append((str(model), t == 1, s))
            continue
        names = [str(k) for k in range(s.shape[1])] if classes is None else [str(name) for name in classes]
        if len(names) != s.shape[1]:
            raise ValueError(f"roc: scores of {s.shape[1]} classes but {len(names)} names")
        if t.min() < 0 or t.max() >= s.shape[1]:
            raise ValueError(f"roc: targets go from {t.min()} to {t.max()}, but scores have {s.shape[1]} classes")
        contests += [(f"{model} {name}".strip(), t == k, s[:, k]) for k, name in enumerate(names)]
    return contests


def _roc_curve(name: str, positive: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """FPR and TPR at each threshold that changes them, from (0, 0) to (1, 1), and the area between them and FPR's axis."""
    found, all_ = int(positive.sum()), len(positive)
    if found in (0, all_):
        of = f" {name!r}" if name else ""
        raise ValueError(f"roc: the curve{of} needs examples of both sides, got {found} positive among {all_}")
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), all_ - 1)  # of each run of equal scores
    true = np.append(0, np.cumsum(positive[order])[last] / found)
    false = np.append(0, np.cumsum(~positive[order])[last] / (all_ - found))
    return false, true, float(np.trapezoid(true, false))
