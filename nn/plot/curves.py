"""Lines over epochs, steps and rates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from .figure import canvas, finished, grid, legend, panels, real, whole
from .style import BLUE, GREY, ORANGE, colour, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from .figure import Numbers

    class Recorded(Protocol):
        """What is read of `optim.History`."""

        epochs: list[dict[str, float]]
        best_epoch: int | None

        def names(self) -> list[str]: ...
        def __len__(self) -> int: ...
        def __getitem__(self, name: str) -> list[float]: ...

    Histories: TypeAlias = Recorded | Sequence[Recorded] | Mapping[str, Recorded | Sequence[Recorded]]

PARTS = ("train", "validation")


@styled
def learning_curves(
    history: Histories, title: str | None = None, *, figure: Figure | SubFigure | None = None
) -> Figure:
    """Draw loss (logarithmic) and other recorded quantities of each epoch, training beside validation; mark the best epoch.

    history: what `optim.fit` returned. A dictionary name → history compares runs; a list of histories, alone or in the
        dictionary, is one run with several seeds: the line is their mean and the band goes from the least to the largest,
        over the epochs that all of them have.
    title: of the whole figure.
    figure: what to draw into; by default a new figure. It is returned, not shown: see `nn.plot.show`.

    Formula: none; a figure of history["train_loss"], history["validation_loss"], …
    Shapes: a panel for each quantity, three in a row.
    Dtypes: floats.
    Raises: ValueError if there is no history, or one has no finished epoch; TypeError for anything else than histories.
    Source: matplotlib's `Figure`, which it returns.

    >>> import nn.plot, optim
    >>> history = optim.History()
    >>> history.epochs = [{"train_loss": 1.0}, {"train_loss": 0.5}]
    >>> nn.plot.learning_curves(history).axes[0].get_ylabel()
    'loss'
    """
    runs = _runs(history)
    several = len(runs) > 1 or len(next(iter(runs.values()))) > 1
    names = list(dict.fromkeys(name for histories in runs.values() for h in histories for name in h.names()))
    recorded = [n.removeprefix(f"{part}_") for n in names for part in PARTS if n.startswith(f"{part}_")]
    quantities = list(dict.fromkeys(["loss", *recorded]))
    rows = math.ceil(len(quantities) / 3)
    columns = math.ceil(len(quantities) / rows)
    root, axes = panels(figure, 4.6 * columns, 3.4 * rows, rows, columns)
    for ax in axes.flat[len(quantities) :]:
        ax.set_axis_off()
    for ax, quantity in zip(axes.flat, quantities, strict=False):
        if several:
            _compared(ax, runs, quantity)
        else:
            _alone(ax, next(iter(runs.values()))[0], quantity)
        ax.set(xlabel="epoch", ylabel=quantity)
        whole(ax.xaxis)
        _scale(ax, quantity)
        grid(ax)
        if not several:
            ax.legend()
    if several:
        legend(root, axes[0, 0], figure is None, columns=2 * columns)
    text = "; ".join(_in_words(name, histories) for name, histories in runs.items())
    return finished(root, f"Learning curves of {', '.join(quantities)}: {text}.", title)


def _runs(history: Any) -> dict[str, list[Any]]:
    """name → histories; a single one is called ""."""
    by_name = dict(history) if isinstance(history, Mapping) else {"": history}
    runs = {str(k): list(v) if isinstance(v, list | tuple) else [v] for k, v in by_name.items()}
    if not runs or not all(runs.values()):
        raise ValueError("learning_curves: there is no history to draw; pass what optim.fit returned")
    for name, histories in runs.items():
        of = f" of {name!r}" if name else ""
        for h in histories:
            if not (hasattr(h, "names") and hasattr(h, "epochs")):
                raise TypeError(
                    f"learning_curves: the history{of} is a {type(h).__name__}; pass what optim.fit returned, a list of it or "
                    "a dictionary; lists of numbers are for nn.plot.curves"
                )
            if not len(h):
                raise ValueError(f"learning_curves: the history{of} has no finished epoch to draw")
    return runs


def _alone(ax: Any, history: Any, quantity: str) -> None:
    epochs = np.arange(1, len(history) + 1)
    for part, of in zip(PARTS, (GREY, BLUE), strict=True):
        if f"{part}_{quantity}" in history.names():
            marker = "o-" if len(history) <= 60 else "-"
            ax.plot(epochs, history[f"{part}_{quantity}"], marker, color=of, label=part)
    best = getattr(history, "best_epoch", None)
    if best:
        ax.axvline(best, color=ORANGE, linewidth=1.2, linestyle="--", label=f"best: {best}")


def _compared(ax: Any, runs: dict[str, list[Any]], quantity: str) -> None:
    """Each run in its colour: validation drawn through, training dashed; through as well where it is alone."""
    recorded = {
        f"{part}_{quantity}" for hs in runs.values() for h in hs for part in PARTS if f"{part}_{quantity}" in h.names()
    }
    for i, (name, histories) in enumerate(runs.items()):
        for part in PARTS:
            key = f"{part}_{quantity}"
            if not all(key in h.names() for h in histories):
                continue
            length = min(map(len, histories))
            values = np.array([h[key][:length] for h in histories])
            dashed = part == "train" and len(recorded) > 1
            label = " ".join(filter(None, [name, part if len(recorded) > 1 else ""])) or part
            epochs = np.arange(1, length + 1)
            ax.plot(
                epochs,
                values.mean(0),
                "--" if dashed else "-",
                color=colour(i),
                label=label,
                linewidth=1.2 if dashed else 1.8,
            )
            if len(histories) > 1:
                ax.fill_between(epochs, values.min(0), values.max(0), color=colour(i), alpha=0.18, linewidth=0)


def _scale(ax: Any, quantity: str) -> None:
    drawn = np.concatenate(
        [
            np.asarray(line.get_ydata(), float)
            for line in ax.lines
            if len(line.get_ydata()) and line.get_label()[:5] != "best:"
        ]
        or [np.ones(1)]
    )
    if quantity == "loss" and np.nanmin(drawn) > 0:
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

        ax.set_yscale("log")
        if np.nanmax(drawn) < 100 * np.nanmin(drawn):  # few decades: numbers between the powers of ten
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())
    if quantity == "accuracy":
        from matplotlib.ticker import PercentFormatter

        ax.yaxis.set_major_formatter(PercentFormatter(1.0))


def _in_words(name: str, histories: list[Any]) -> str:
    last = {
        key: np.mean([h.epochs[-1].get(key, math.nan) for h in histories]) for key in ("train_loss", "validation_loss")
    }
    parts = ", ".join(f"{key.replace('_', ' ')} {value:.3g}" for key, value in last.items() if math.isfinite(value))
    seeds = f" ({len(histories)} seeds)" if len(histories) > 1 else ""
    return f"{name}{seeds}{' ' if name or seeds else ''}after {len(histories[0])} epochs {parts or 'no finite loss'}".strip()


@styled
def curves(
    lines: Mapping[str, Numbers],
    xlabel: str,
    ylabel: str,
    title: str | None = None,
    *,
    log: bool = False,
    ax: Axes | None = None,
) -> Figure:
    """Draw lines over 1, 2, 3, … by their names.

    lines: name → numbers.
    xlabel, ylabel, title: what is written there.
    log: True: the scale of y is logarithmic.
    ax: where to draw; by default in a new figure.

    Formula: none; a figure of lines[name][t - 1] over t
    Shapes: each line (N,).
    Dtypes: real ones.
    Raises: ValueError if there is no line, or one has no numbers; TypeError if they are no real numbers.
    Source: matplotlib's `Figure`, which it returns.

    >>> import nn.plot
    >>> nn.plot.curves({"loss": [3.0, 2.0, 1.0]}, "step", "nats").axes[0].get_ylabel()
    'nats'
    """
    if not lines:
        raise ValueError("curves: there is no line to draw")
    values = {name: real("curves", f"line {name!r}", line, finite=False).reshape(-1) for name, line in lines.items()}
    figure, axes = canvas(ax, 7.2, 3.4)
    for i, (name, line) in enumerate(values.items()):
        axes.plot(
            np.arange(1, len(line) + 1), line, color=colour(i), label=name, marker="o" if len(line) == 1 else None
        )
    axes.set(xlabel=xlabel, ylabel=ylabel, yscale="log" if log else "linear")
    whole(axes.xaxis)
    grid(axes)
    legend(figure, axes, ax is None)
    ends = "; ".join(f"{name} from {line[0]:.3g} to {line[-1]:.3g}" for name, line in values.items())
    return finished(figure, f"Lines of {ylabel} over {xlabel}: {ends}.", title, axes)


@styled
def lr_find(
    lrs: Numbers, losses: Numbers, suggestion: float | None = None, title: str | None = None, *, ax: Axes | None = None
) -> Figure:
    """Draw the loss over the learning rate, which grew from step to step, as a range test records it.

    lrs: the learning rates.
    losses: the loss at each. Losses beyond twice the first and those that are not finite are cut off.
    suggestion: the rate to mark.
    title: of the figure.
    ax: where to draw; by default in a new figure.

    Formula: none; a figure of losses[t] over lrs[t], which has a logarithmic scale
    Shapes: (N,) and (N,).
    Dtypes: real ones.
    Raises: ValueError if the two differ in length, a rate is not positive, or no loss is finite.
    Source: Smith 2017, "Cyclical learning rates for training neural networks", section 3.3.

    >>> import nn.plot
    >>> nn.plot.lr_find([1e-3, 1e-2, 1e-1], [2.0, 1.0, 9.0], suggestion=1e-2).axes[0].get_xlabel()
    'learning rate'
    """
    rates, values = real("lr_find", "lrs", lrs).reshape(-1), real("lr_find", "losses", losses, finite=False).reshape(-1)
    if rates.shape != values.shape:
        raise ValueError(
            f"lr_find: {rates.size} rates but {values.size} losses; there must be one of each for every step"
        )
    for name, number in (("lrs", rates.min()), ("suggestion", 1 if suggestion is None else suggestion)):
        if not number > 0:
            raise ValueError(f"lr_find: {name} must be positive on a logarithmic scale, got {number:g}")
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise ValueError("lr_find: no loss is finite; begin with a smaller learning rate")
    figure, axes = canvas(ax, 5.6, 3.4)
    axes.plot(rates, values, color=BLUE, label="loss")
    low, high = finite.min(), min(finite.max(), finite[0] + max(abs(finite[0]), finite[0] - finite.min()))
    room = 0.06 * (high - low or 1)
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss", ylim=(low - room, high + room))
    marked = ""
    if suggestion is not None:
        axes.axvline(suggestion, color=ORANGE, linestyle="--", label=f"suggestion: {suggestion:.2g}")
        marked = f", suggestion {suggestion:.2g}"
    grid(axes)
    axes.legend()
    best = rates[np.nanargmin(np.where(np.isfinite(values), values, np.nan))]
    text = f"Loss over the learning rate from {rates[0]:.2g} to {rates[-1]:.2g}: least at {best:.2g}{marked}."
    return finished(figure, text, title, axes)
