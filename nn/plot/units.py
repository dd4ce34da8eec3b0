"""Units on two inputs: the line of a perceptron after each update, the centres of radial units with their widths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..layers.rbf import RBF
from ..module import Module
from .evaluate import outputs
from .figure import canvas, finished, grid, legend, numbers, real
from .points import labels_of, mesh_axes, plane_points, scatter, to_scale
from .style import GREY, INK, colour, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..models.perceptron import PerceptronFit, PerceptronUpdate
    from .figure import Numbers


@styled
def perceptron_path(
    fitted: PerceptronFit | Sequence[PerceptronUpdate],
    x: Numbers,
    y: Numbers,
    classes: Sequence[str] | None = None,
    title: str | None = None,
    *,
    unit: int = 0,
    most: int = 24,
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the line of a perceptron after each update, from light to dark, and the last one thick.

    fitted: what `nn.Perceptron.fit(…, history=True)` returned, or its list of updates.
    x, y: the examples and their classes.
    classes: the names of the classes, in the order of their labels.
    title: by default the number of updates.
    unit: which unit's, if there are several.
    most: the most lines that are drawn; of more updates an evenly spaced choice, the first and the last among them.
    limits: ((x0, x1), (y0, y1)) of the figure; by default around the examples.
    ax: where to draw; by default in a new figure.

    The arrow at the last line is its weight vector's direction: there is class 1.

    Formula: w · p + b = 0, for w and b after each update
    Shapes: x (N, 2), y (N,), (N, 1) or one-hot (N, C).
    Dtypes: x real; y class indices or labels.
    Raises: ValueError if no updates were recorded, or they are not of two inputs, or for other shapes; TypeError for
        anything else than updates.
    Source: Rosenblatt 1958, "The perceptron: a probabilistic model for information storage and organization in the brain".

    >>> import nn.plot
    >>> x, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 0, 0, 1]
    >>> fitted = nn.Perceptron(2).fit(x, y, history=True)
    >>> nn.plot.perceptron_path(fitted, x, y).axes[0].get_title()
    '11 updates'
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize
    from matplotlib.lines import Line2D
    from matplotlib.ticker import MaxNLocator

    name = "perceptron_path"
    points = plane_points(name, "x", x)
    labels = labels_of(name, y, len(points))
    steps = _updates(name, fitted, unit)
    gx, gy = mesh_axes(points, limits, 2, 0.25)
    own, (figure, axes) = ax is None, canvas(ax, 5.8, 4.9)
    lines = [i for i, (w, _) in enumerate(steps) if w.any()]  # weights of 0 have none
    shown = sorted({lines[int(k)] for k in np.linspace(0, len(lines) - 1, min(most, len(lines))).round()})
    shades, reach = colormaps["Greys"], 2 * math.hypot(gx[-1] - gx[0], gy[-1] - gy[0]) + abs(gx).max() + abs(gy).max()
    for i in shown:
        w, b = steps[i]
        last = i == len(steps) - 1
        line = _line(w, b, gx.mean(), gy.mean(), reach)
        if line is not None:
            shade = INK if last else shades(0.2 + 0.5 * i / max(1, len(steps) - 1))
            axes.plot(*line, color=shade, linewidth=2.4 if last else 1.1, zorder=2)
            if last:
                _arrow(axes, w, b, gx, gy)
    kinds = scatter(axes, points, labels, np.unique(labels), classes)
    handles = [*kinds, Line2D([], [], color=INK, linewidth=2.4, label=f"after update {len(steps)}")]
    axes.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(gx[0], gx[-1]), ylim=(gy[0], gy[-1]))
    if limits is None:
        to_scale(
            axes, np.array([gx[0], gy[0]]), np.array([gx[-1], gy[-1]]), 1.0
        )  # the arrow is perpendicular to the line
    if len(shown) > 1:
        greys = LinearSegmentedColormap.from_list("updates", shades(np.linspace(0.2, 0.7, 32)))
        bar = figure.colorbar(ScalarMappable(Normalize(1, len(steps)), greys), ax=axes, shrink=0.85)
        bar.set_label("update")
        bar.locator = MaxNLocator(integer=True)
        bar.update_ticks()
    legend(figure, axes, own, handles)
    w, b = steps[-1]
    count = f"{len(steps)} update{'s' if len(steps) > 1 else ''}"
    text = f"{len(shown)} lines of a perceptron over {count}; the last is {w[0]:.3g} x₁ {w[1]:+.3g} x₂ {b:+.3g} = 0."
    return finished(figure, text, title or count, axes)


def _updates(name: str, fitted: Any, unit: int) -> list[tuple[np.ndarray, float]]:
    """(w, b) after each update of the unit."""
    recorded = list(getattr(fitted, "history", fitted) if not isinstance(fitted, list) else fitted)
    if not recorded:
        raise ValueError(f"{name}: no updates were recorded; use fit(x, y, history=True)")
    if not all(hasattr(update, "weight") and hasattr(update, "error") for update in recorded):
        raise TypeError(f"{name}: needs what Perceptron.fit(…, history=True) returned, got {type(fitted).__name__}")
    units, features = recorded[0].weight.shape
    if features != 2:
        raise ValueError(f"{name}: draws perceptrons of two inputs, these have {features}")
    if not 0 <= unit < units:
        raise ValueError(f"{name}: unit {unit} is out of range, there are {units}")
    steps = [(u.weight[unit], 0.0 if u.bias is None else float(u.bias[unit])) for u in recorded if u.error[unit]]
    if not steps:
        raise ValueError(f"{name}: unit {unit} was never updated")
    return steps


def _line(w: np.ndarray, b: float, cx: float, cy: float, reach: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Two points of w · p + b = 0, each `reach` from the foot of (cx, cy); None if w is 0."""
    length = float(np.hypot(*w))
    if length == 0:
        return None
    normal = w / length
    foot = np.array([cx, cy]) - normal * ((w @ [cx, cy] + b) / length)
    along = np.array([-normal[1], normal[0]]) * reach
    ends = np.stack([foot - along, foot + along])
    return ends[:, 0], ends[:, 1]


def _arrow(ax: Any, w: np.ndarray, b: float, gx: np.ndarray, gy: np.ndarray) -> None:
    """The direction of w from the middle of the part of the line that is seen."""
    (x0, x1), (y0, y1) = gx[[0, -1]], gy[[0, -1]]
    normal = w / np.hypot(*w)
    along = np.array([-normal[1], normal[0]])
    foot = np.array([gx.mean(), gy.mean()]) - normal * ((w @ [gx.mean(), gy.mean()] + b) / np.hypot(*w))
    t = np.linspace(-1, 1, 401) * 2 * math.hypot(x1 - x0, y1 - y0)
    line = foot + t[:, None] * along
    seen = line[(line[:, 0] >= x0) & (line[:, 0] <= x1) & (line[:, 1] >= y0) & (line[:, 1] <= y1)]
    if len(seen):
        start = seen[len(seen) // 2]
        end = start + normal * 0.12 * min(x1 - x0, y1 - y0)
        ax.annotate(
            "",
            end,
            start,
            arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.6},
            zorder=4,
            annotation_clip=False,
        )


@styled
def rbf_centers(
    model: Module,
    x: Numbers | None = None,
    y: Numbers | None = None,
    classes: Sequence[str] | None = None,
    title: str | None = None,
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw the centres of radial units, each with a circle whose radius is its width.

    model: `nn.RBF`, or a network that has one, such as `nn.RBFNetwork`.
    x, y: the examples and, if they are of classes, which.
    classes: the names of the classes, in the order of their labels.
    title: by default the number of centres.
    ax: where to draw; by default in a new figure.

    Of units on one input, their outputs are drawn as curves instead.

    Formula: |p − c_m| = s_m; on one input φ(|p − c_m| / s_m) over p
    Shapes: centres (M, 2) or (M, 1); x (N, 2) or (N, 1), y (N,), (N, 1) or one-hot (N, C).
    Dtypes: real ones; y class indices or labels.
    Raises: TypeError if there is no RBF in the model; ValueError if it has more than two inputs, or x or y do not fit.
    Source: Broomhead & Lowe 1988, "Multivariable functional interpolation and adaptive networks".

    >>> import nn.plot
    >>> nn.plot.rbf_centers(nn.RBF(2, 5)).axes[0].get_title()
    '5 centres'
    """
    name = "rbf_centers"
    layer = next((m for m in model.modules() if isinstance(m, RBF)), None) if isinstance(model, Module) else None
    if layer is None:
        raise TypeError(f"{name}: needs an nn.RBF or a network that has one, got {type(model).__name__}")
    centers, widths = numbers(layer.centers).astype(np.float64), numbers(layer.widths.detach()).astype(np.float64)
    D = centers.shape[1]
    if D > 2:
        raise ValueError(f"{name}: draws units on one or two inputs, these have {D}")
    points = None
    if x is not None:
        points = real(name, "x", x).astype(np.float64)
        if points.ndim != 2 or points.shape[1] != D:
            raise ValueError(f"{name}: the units have {D} inputs; x must have shape (N, {D}), got {points.shape}")
    if y is not None and points is None:
        raise ValueError(f"{name}: y are the classes of x; pass x too")
    labels = None if y is None or D == 1 else labels_of(name, y, len(points))  # type: ignore[arg-type]
    own, (figure, axes) = ax is None, canvas(ax, 5.4, 4.9)
    if D == 1:
        handles = _bumps(axes, layer, centers[:, 0], widths, points)
    else:
        handles = _circles(axes, centers, widths, points, labels, classes)
    legend(figure, axes, own, handles)
    text = f"{len(centers)} centres of {layer.kernel} units, widths from {widths.min():.3g} to {widths.max():.3g}."
    return finished(figure, text, title or f"{len(centers)} centre{'s' if len(centers) > 1 else ''}", axes)


def _circles(ax: Any, centers: np.ndarray, widths: np.ndarray, points: Any, labels: Any, classes: Any) -> list[Any]:
    from matplotlib.collections import EllipseCollection
    from matplotlib.lines import Line2D

    handles: list[Any] = []
    if points is not None and labels is None:
        handles.append(ax.scatter(*points.T, s=14, color=GREY, alpha=0.7, label="examples", zorder=1))
    elif points is not None:
        handles += scatter(ax, points, labels, np.unique(labels), classes)
    d = 2 * widths
    circles = EllipseCollection(
        d, d, np.zeros(len(d)), units="xy", offsets=centers, offset_transform=ax.transData,
        facecolors="none", edgecolors=INK, linewidths=1, alpha=0.75, zorder=4,
    )  # fmt: skip
    ax.add_collection(circles)
    handles.append(
        ax.scatter(
            *centers.T, s=70, marker="P", color=INK, edgecolors="white", linewidths=0.8, label="centre", zorder=5
        )
    )
    handles.append(
        Line2D([], [], linestyle="", marker="o", markersize=11, markerfacecolor="none", color=INK, label="width")
    )
    everything = np.concatenate([centers - widths[:, None], centers + widths[:, None]])
    if points is not None:
        everything = np.concatenate([points, centers, np.clip(everything, *_wider(points))])
    to_scale(ax, *_wider(everything, 0.04))  # circles are round
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    grid(ax)
    return handles


def _wider(points: np.ndarray, share: float = 0.25) -> tuple[np.ndarray, np.ndarray]:
    low, high = points.min(0), points.max(0)
    room = share * np.where(high > low, high - low, 1.0)
    return low - room, high + room


def _bumps(ax: Any, layer: RBF, centers: np.ndarray, widths: np.ndarray, points: Any) -> list[Any]:
    """The outputs of units on one input; what the legend gets."""
    low, high = (centers - 2 * widths).min(), (centers + 2 * widths).max()
    if points is not None:
        low, high = _wider(points, 0.05)
        low, high = float(low[0]), float(high[0])
    line = np.linspace(low, high, 400)
    for k, curve in enumerate(outputs(layer, line[:, None]).T):
        ax.plot(line, curve, color=colour(k), linewidth=1.2)
    bottom = ax.get_ylim()[0]
    ax.plot(centers, np.full(len(centers), bottom), "P", color=INK, markersize=7, clip_on=False, label="centre")
    if points is not None:
        ax.plot(
            points[:, 0], np.full(len(points), bottom), "|", color=GREY, markersize=9, clip_on=False, label="example"
        )
    ax.set(xlabel="x", ylabel="unit's output", xlim=(low, high), ylim=(bottom, None))
    grid(ax)
    return [line for line in ax.lines if not line.get_label().startswith("_")]
