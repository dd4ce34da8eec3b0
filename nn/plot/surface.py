"""The loss as a surface: over two weights, or over two directions through the weights of a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import autograd_core as ag
from autograd_core import Generator
from autograd_core.engine.versions import written
from autograd_core.random import stream

from ..module import Module
from .figure import canvas, finished, legend, numbers, real
from .style import GREY, MARKERS, colour, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .figure import Numbers

SPAN = 1.0  # of random directions, whose filters are as long as the network's


class _Plane(NamedTuple):
    """The points that are drawn: loss(a, b) at coordinates a and b, and the coordinates (T, 2) of weights (T, P)."""

    loss: Callable[[float, float], float]
    coordinates: Callable[[np.ndarray], np.ndarray]
    xlabel: str
    ylabel: str


@styled
def loss_surface(
    loss: Callable[..., Any],
    model: Module | None = None,
    *,
    paths: Mapping[str, Numbers] | Numbers | None = None,
    directions: str | tuple[Numbers, Numbers] | None = None,
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
    resolution: int | None = None,
    levels: int = 20,
    log: bool | None = None,
    title: str | None = None,
    generator: Generator | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the loss over two weights, or over two directions from a network's weights, with the paths of optimisers.

    loss: without a model a function of two numbers; with one a function without arguments, the loss of the model as it is.
    model: the network. Its weights are moved to each point and put back.
    paths: the weights after each step, or name → those of several optimisers: with a model the whole parameter vector,
        `nn.utils.parameters_to_vector(model.parameters())`. A circle is the start, a cross the end.
    directions: of a network with more than two weights: "random" (normal, each filter as long as the network's own, none
        for biases), "pca" (the principal components of the paths' differences from where the first ends), or two
        vectors. By default "pca" if there are paths, else "random".
    limits: ((a0, a1), (b0, b1)); by default around the paths, or ±1 of random directions.
    resolution: the number of points along each side: by default 101, with a model 41.
    levels: the number of contours.
    log: whether their steps are factors; by default if the largest loss is over 10 times the least, which is positive.
    title: of the figure.
    generator: of the random directions, by default the library's.
    ax: where to draw; by default in a new figure.

    A point of a path lies at the coordinates of the nearest point of the plane. Losses that are not finite are gaps.

    Formula: f(a, b) = loss(θ + a δ + b η), δ and η the directions; a filter of "random" is d ‖θ_filter‖ / ‖d‖
    Shapes: paths (T, 2), or (T, P) with P the number of weights; two directions (P,).
    Dtypes: real ones.
    Raises: ValueError if there is nothing to say which region to draw, the paths have another number of weights, all
        losses are not finite, or a direction is 0; TypeError if loss cannot be called.
    Source: Li, Xu, Taylor, Studer & Goldstein 2018, "Visualizing the loss landscape of neural nets", sections 4 and 7.

    >>> import nn.plot
    >>> figure = nn.plot.loss_surface(lambda a, b: a**2 + 2 * b**2, limits=((-1, 1), (-1, 1)), paths=[[1.0, 1.0], [0.0, 0.0]])
    >>> figure.axes[0].get_xlabel(), figure.axes[0].lines[0].get_xdata()
    ('$w_1$', array([1., 0.]))
    """
    if not callable(loss):
        raise TypeError(
            f"loss_surface: loss must be a function, got {type(loss).__name__}; pass lambda: F.mse_loss(model(x), y)"
        )
    resolution = (101 if model is None else 41) if resolution is None else resolution
    if not 2 <= resolution <= 500:
        raise ValueError(f"loss_surface: resolution must be from 2 to 500, got {resolution}")
    named = _named_paths(paths)
    with _moved(model) as move:
        plane = _plane(loss, model, move, named, directions, generator)
        drawn = {name: plane.coordinates(path) for name, path in named.items()}
        a, b = _axes(limits, drawn, model, directions, resolution)
        with ag.no_grad():
            Z = np.array([[plane.loss(float(x), float(y)) for x in a] for y in b])
    if not np.isfinite(Z).any():
        raise ValueError("loss_surface: no loss there is finite; pass smaller limits")
    figure, axes = canvas(ax, 6.2, 4.9)
    low, high = (
        float(np.nanmin(np.where(np.isfinite(Z), Z, np.nan))),
        float(np.nanmax(np.where(np.isfinite(Z), Z, np.nan))),
    )
    _contours(figure, axes, a, b, Z, low, high, levels, log)
    axes.set(xlabel=plane.xlabel, ylabel=plane.ylabel, xlim=(a[0], a[-1]), ylim=(b[0], b[-1]))
    handles = [_draw_path(axes, i, name, path) for i, (name, path) in enumerate(drawn.items())]
    legend(figure, axes, ax is None, [h for h in handles if h.get_label()[:1] != "_"])
    of = f", with the paths of {', '.join(filter(None, drawn)) or 'an optimiser'}" if drawn else ""
    text = f"Contours of the loss over {plane.xlabel} and {plane.ylabel}, from {low:.3g} to {high:.3g}{of}."
    return finished(figure, text, title, axes)


def _named_paths(paths: Any) -> dict[str, np.ndarray]:
    by_name = {} if paths is None else dict(paths) if isinstance(paths, Mapping) else {"": paths}
    named = {}
    for name, path in by_name.items():
        of = f"path {name!r}" if name else "the path"
        if isinstance(path, list | tuple):  # of tensors, one a step
            path = [numbers(point) for point in path]
        points = real("loss_surface", of, path)
        if points.ndim != 2:
            raise ValueError(f"loss_surface: {of} must have shape (steps, weights), got {points.shape}")
        named[str(name)] = points.astype(np.float64)
    return named


@contextmanager
def _moved(model: Module | None) -> Iterator[Callable[[np.ndarray], None]]:
    """What moves the model's weights to a vector; afterwards they are as before."""
    parameters = [] if model is None else list(model.parameters())
    before = [p.array.copy() for p in parameters]

    def move(vector: np.ndarray) -> None:
        start = 0
        for p in parameters:
            p.array[...] = vector[start : start + p.array.size].reshape(p.array.shape)
            written(p.array)
            start += p.array.size

    try:
        yield move
    finally:
        for p, values in zip(parameters, before, strict=True):
            p.array[...] = values
            written(p.array)


def _plane(
    loss: Any,
    model: Module | None,
    move: Any,
    named: dict[str, np.ndarray],
    directions: Any,
    generator: Generator | None,
) -> _Plane:
    if model is None:
        _check_width(named, 2)
        if directions is not None:
            raise ValueError(
                "loss_surface: directions are those of a model's weights; pass the model, or leave them out"
            )
        return _Plane(lambda a, b: float(loss(a, b)), lambda path: path, "$w_1$", "$w_2$")
    theta = np.concatenate([p.array.reshape(-1) for p in model.parameters()] or [np.zeros(0)]).astype(np.float64)
    if theta.size < 2:
        raise ValueError(f"loss_surface: needs a model with at least two weights, this one has {theta.size}")
    _check_width(named, theta.size)

    def at(point: np.ndarray) -> float:
        move(point)
        return float(loss())

    if theta.size == 2 and directions is None:
        names = [
            name if p.array.size == 1 else f"{name}[{i}]"
            for name, p in model.named_parameters()
            for i in range(p.array.size)
        ]
        return _Plane(lambda a, b: at(np.array([a, b])), lambda path: path, *names)
    origin, pair, labels = _directions(model, theta, named, directions, generator)
    solve = np.linalg.pinv(pair.T)  # (2, P)
    return _Plane(lambda a, b: at(origin + a * pair[0] + b * pair[1]), lambda path: (path - origin) @ solve.T, *labels)


def _check_width(named: dict[str, np.ndarray], size: int) -> None:
    for name, path in named.items():
        if path.shape[1] != size:
            of = f"path {name!r}" if name else "the path"
            raise ValueError(f"loss_surface: {of} has {path.shape[1]} weights at each step, the loss {size}")


def _directions(
    model: Module, theta: np.ndarray, named: dict[str, np.ndarray], directions: Any, generator: Generator | None
) -> tuple[np.ndarray, np.ndarray, tuple[str, str]]:
    """(origin (P,), directions (2, P), labels)."""
    directions = ("pca" if named else "random") if directions is None else directions
    if isinstance(directions, str) and directions == "pca":
        if not named:
            raise ValueError("loss_surface: directions='pca' are those of paths; pass paths=, or directions='random'")
        origin = next(iter(named.values()))[-1]
        differences = np.concatenate(list(named.values())) - origin
        _, s, vt = np.linalg.svd(differences, full_matrices=False)
        if len(s) < 2 or not s[1] > 1e-12 * s[0]:
            raise ValueError("loss_surface: the paths span no plane; record more steps, or pass directions='random'")
        pair = vt[:2] * np.sign(vt[np.arange(2), np.abs(vt[:2]).argmax(1)])[:, None]
        shares = s**2 / np.square(s).sum()
        return origin, pair, (f"first component, {shares[0]:.0%} of the path", f"second component, {shares[1]:.0%}")
    if isinstance(directions, str):
        if directions != "random":
            raise ValueError(f"loss_surface: directions is 'random', 'pca' or two vectors, got {directions!r}")
        return (
            theta,
            np.stack([random_direction(model, generator) for _ in range(2)]),
            ("first random direction", "second random direction"),
        )
    pair = np.stack([real("loss_surface", "a direction", d).reshape(-1) for d in directions]).astype(np.float64)
    if pair.shape != (2, theta.size):
        raise ValueError(
            f"loss_surface: directions must be two vectors of {theta.size} weights, got shape {pair.shape}"
        )
    if np.linalg.matrix_rank(pair) < 2:
        raise ValueError("loss_surface: the two directions span no plane")
    return theta, pair, ("first direction", "second direction")


def random_direction(model: Module, generator: Generator | None) -> np.ndarray:
    """A normal direction (P,), each filter (row) as long as the model's own, and 0 for vectors such as biases."""
    rng = stream(generator)
    parts = []
    for p in model.parameters():
        d = rng.standard_normal(p.array.shape)
        if p.ndim < 2:
            d[...] = 0
        else:
            rows, own = d.reshape(len(d), -1), p.array.reshape(len(d), -1).astype(np.float64)
            rows *= np.linalg.norm(own, axis=1, keepdims=True) / np.linalg.norm(rows, axis=1, keepdims=True)
        parts.append(d.reshape(-1))
    direction = np.concatenate(parts)
    if not direction.any():
        raise ValueError("loss_surface: random directions are 0, for the model has no matrices; pass two directions")
    return direction


def _axes(
    limits: Any, drawn: dict[str, np.ndarray], model: Module | None, directions: Any, resolution: int
) -> tuple[np.ndarray, np.ndarray]:
    if limits is None and drawn:
        points = np.concatenate(list(drawn.values()))
        low, high = points.min(0), points.max(0)
        room = 0.25 * np.where(high > low, high - low, max(float((high - low).max()), 1e-3))
        limits = np.stack([low - room, high + room], 1)
    elif limits is None and model is not None and sum(p.array.size for p in model.parameters()) > 2:
        limits = ((-SPAN, SPAN), (-SPAN, SPAN))
    elif limits is None:
        raise ValueError("loss_surface: pass limits=((a0, a1), (b0, b1)) of the two weights, or paths")
    (a0, a1), (b0, b1) = limits
    if not (a0 < a1 and b0 < b1):
        raise ValueError(f"loss_surface: limits are ((a0, a1), (b0, b1)) with a0 < a1 and b0 < b1, got {limits}")
    return np.linspace(a0, a1, resolution), np.linspace(b0, b1, resolution)


def _contours(
    figure: Any,
    ax: Any,
    a: np.ndarray,
    b: np.ndarray,
    Z: np.ndarray,
    low: float,
    high: float,
    count: int,
    log: bool | None,
) -> None:
    from matplotlib import colormaps
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.ticker import FuncFormatter

    if log and low <= 0:
        raise ValueError(f"loss_surface: the least loss is {low:.3g}, not positive; leave out log")
    log = low > 0 and high > 10 * low if log is None else log
    if high == low:
        high = low + (abs(low) or 1)
    levels = np.geomspace(low, high, count + 1) if log else np.linspace(low, high, count + 1)
    pale = ListedColormap(colormaps["Blues"](np.linspace(0.03, 0.6, count)))
    masked = np.ma.masked_invalid(Z)
    filled = ax.contourf(
        a, b, masked, levels=levels, cmap=pale, norm=BoundaryNorm(levels, count), extend="neither", zorder=0
    )
    ax.contour(a, b, masked, levels=levels[1:-1], colors=GREY, linewidths=0.5, alpha=0.7, zorder=1)
    bar = figure.colorbar(filled, ax=ax, shrink=0.9, format=FuncFormatter(lambda value, _: f"{value:.3g}"))
    bar.set_ticks(levels[:: max(1, count // 6)])
    bar.minorticks_off()
    bar.set_label("loss" + (", logarithmic" if log else ""))


def _draw_path(ax: Any, i: int, name: str, path: np.ndarray) -> Any:
    from matplotlib.patheffects import withStroke

    white = [withStroke(linewidth=3.2, foreground="white")]
    marker = MARKERS[i % len(MARKERS)]
    (line,) = ax.plot(
        *path.T, color=colour(i), marker=marker, markersize=3.5, markevery=0.05, linewidth=1.7, label=name or "_path",
        zorder=3, path_effects=white,
    )  # fmt: skip
    ax.plot(*path[0], "o", color="white", markeredgecolor=colour(i), markersize=8, markeredgewidth=2, zorder=4)
    ax.plot(*path[-1], "X", color=colour(i), markeredgecolor="white", markersize=10, zorder=5)
    return line
