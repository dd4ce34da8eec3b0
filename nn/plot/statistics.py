"""Weights, activations and gradients, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..module import Module
from .evaluate import layer_outputs
from .figure import canvas, finished, grid, numbers, panels, real
from .style import BLUE, GREY, ORANGE, PALETTE, colour, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from .figure import Numbers

KINDS = ("weights", "activations", "gradients")
MOST = 32  # panels in a figure


@styled
def histograms(
    model: Module | Mapping[str, Numbers],
    kind: str = "weights",
    x: Numbers | tuple[Numbers, ...] | None = None,
    bins: int | None = None,
    title: str | None = None,
    *,
    biases: bool = False,
    figure: Figure | SubFigure | None = None,
) -> Figure:
    """Draw how the weights, activations or gradients of each layer are distributed, each with its mean and deviation.

    model: the network; or name → numbers, for what was recorded elsewhere.
    kind: "weights", the parameters; "activations", what each layer makes of x; "gradients", the parameters' `.grad`.
    x: the examples, for activations; a tuple of the model's inputs if it has several.
    bins: the number of bars; by default 2 ∛N of N numbers, from 8 to 60.
    title: by default the kind.
    biases: whether vectors, such as biases, are drawn too.
    figure: what to draw into; by default a new figure.

    The dashed line is 0. Numbers that are not finite are left out, and the panel says how many. Of activations the panel
    says what share is exactly 0, as behind a ReLU, where there is one.

    Formula: height = (numbers in the bin) / (all numbers · width of the bin); mean, σ = √(mean (v − mean)²)
    Shapes: any.
    Dtypes: real ones.
    Raises: ValueError for another kind, activations without x, gradients before `backward`, or a model without layers.
    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", section 4.

    >>> import nn.plot
    >>> len(nn.plot.histograms(nn.MLP([2, 8, 8, 1])).axes)
    3
    """
    values = _values(model, kind, x, biases)
    if len(values) > MOST:
        raise ValueError(
            f"histograms: {len(values)} layers are more than a figure holds, {MOST}; pass a part of the model"
        )
    rows = math.ceil(len(values) / 4)
    columns = math.ceil(len(values) / rows)
    root, axes = panels(figure, 3.0 * columns, 2.3 * rows + 0.4, rows, columns)
    of = {"weights": BLUE, "activations": ORANGE, "gradients": PALETTE[2]}.get(kind, BLUE)
    words = []
    for ax, (name, array) in zip(axes.flat, values.items(), strict=False):
        words.append(_histogram(ax, name, array, bins, of, kind))
    for ax in axes.flat[len(values) :]:
        ax.set_axis_off()
    for ax in axes[:, 0]:
        ax.set_ylabel("density")
    return finished(root, f"Histograms of {kind} of {len(values)} layers: {'; '.join(words)}.", title or kind)


def _values(model: Any, kind: str, x: Any, biases: bool) -> dict[str, np.ndarray]:
    """name → numbers, one entry a panel."""
    if kind not in KINDS:
        raise ValueError(f"histograms: kind is one of {', '.join(KINDS)}, got {kind!r}")
    if isinstance(model, Mapping):
        values = {str(name): numbers(v) for name, v in model.items()}
    elif not isinstance(model, Module):
        raise TypeError(f"histograms: needs an nn.Module or name → numbers, got {type(model).__name__}")
    elif kind == "activations":
        if x is None:
            raise ValueError("histograms: activations are those of examples; pass x")
        leaves = {path: module for path, module in model.named_modules() if not list(module.children())}
        values = layer_outputs(model, x, leaves)
    else:
        wanted: dict[str, Any] = {name: p for name, p in model.named_parameters() if biases or p.ndim > 1}
        if kind == "gradients":
            without = [name for name, p in wanted.items() if p.grad is None]
            if wanted and len(without) == len(wanted):
                raise ValueError("histograms: no parameter has a gradient; call loss.backward() first")
            wanted = {name: p.grad for name, p in wanted.items() if p.grad is not None}
        values = {name: numbers(p) for name, p in wanted.items()}
    if not values:
        raise ValueError("histograms: there is nothing to draw; the model has no such layers")
    return {name: real("histograms", name, array, finite=False) for name, array in values.items()}


def _histogram(ax: Any, name: str, array: np.ndarray, bins: int | None, of: str, kind: str) -> str:
    flat = array.reshape(-1).astype(np.float64)
    finite = flat[np.isfinite(flat)]
    lines = [name or "output"]
    if finite.size:
        heights, edges = np.histogram(finite, bins or int(np.clip(2 * np.cbrt(finite.size), 8, 60)), density=True)
        ax.stairs(heights, edges, fill=True, color=of, alpha=0.85)
        ax.axvline(0, color=GREY, linewidth=1, linestyle="--")
        lines.append(f"mean {finite.mean():.2g}, σ {finite.std():.2g}")
        zero = (finite == 0).mean()
        if kind == "activations" and zero >= 0.005:
            lines[-1] += f", {zero:.0%} zero"
    if finite.size < flat.size:
        lines.append(f"{flat.size - finite.size} not finite")
    ax.set_title("\n".join(lines), fontsize=9)
    ax.set_xlabel({"weights": "weight", "activations": "activation", "gradients": "gradient"}[kind])
    ax.yaxis.set_major_locator(_few())
    ax.xaxis.set_major_locator(_few())
    return " ".join(lines)


def _few() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(4)


@styled
def gradient_flow(
    model: Module | Mapping[str, Module],
    title: str | None = None,
    *,
    biases: bool = False,
    ax: Axes | None = None,
) -> Figure:
    """Draw the mean size of the gradient of each layer, from the first to the last, on a logarithmic scale.

    model: the network after `backward`; or name → network, to compare them.
    title: of the figure.
    biases: whether vectors, such as biases, are drawn too.
    ax: where to draw; by default in a new figure.

    Gradients that vanish fall to the left, towards the first layers; those that explode rise. The band goes from the
    tenth to the ninetieth of a hundred absolute values. A layer whose gradient is 0 throughout, or is missing, is a gap,
    and the axis names it.

    Formula: mean |∂loss/∂w| over the weights w of each parameter
    Shapes: any.
    Dtypes: floats.
    Raises: ValueError if no parameter has a gradient, or none that is not 0; TypeError if the model is no Module.
    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks", section 4.2.

    >>> import autograd_core as ag, nn.plot
    >>> model = nn.MLP([2, 4, 4, 1], activation="tanh")
    >>> model(ag.ones(3, 2)).sum().backward()
    >>> [t.get_text() for t in nn.plot.gradient_flow(model).axes[0].get_xticklabels()]
    ['0.weight', '2.weight', '4.weight']
    """
    models = dict(model) if isinstance(model, Mapping) else {"": model}
    if not models:
        raise ValueError("gradient_flow: there is no model to draw")
    gradients: dict[str, dict[str, np.ndarray | None]] = {}
    for name, network in models.items():
        if not isinstance(network, Module):
            raise TypeError(f"gradient_flow: needs an nn.Module, got {type(network).__name__}")
        sizes = {
            path: None if p.grad is None else np.abs(numbers(p.grad)).astype(np.float64).reshape(-1)
            for path, p in network.named_parameters()
            if p.requires_grad and (biases or p.ndim > 1)
        }
        if all(size is None for size in sizes.values()):
            of = f" of {name!r}" if name else ""
            raise ValueError(f"gradient_flow: no parameter{of} has a gradient; call loss.backward() first")
        if not any(size is not None and np.isfinite(size).all() and size.any() for size in sizes.values()):
            raise ValueError("gradient_flow: every gradient is 0 or not finite; there is no size to draw")
        gradients[str(name)] = sizes
    longest = max(gradients.values(), key=len)
    figure, axes = canvas(ax, min(12.0, 2.2 + 0.62 * max(4, len(longest))), 3.8)
    words = [_flow(axes, i, name, sizes) for i, (name, sizes) in enumerate(gradients.items())]
    labels = _gaps(longest) if len(gradients) == 1 else list(longest)
    crowded = len(labels) > 24
    axes.set_xticks(
        range(len(labels)), labels, rotation=45, ha="right", rotation_mode="anchor", fontsize=7 if crowded else 9
    )
    axes.set(xlabel="layer, from input to output", ylabel="mean |gradient|", yscale="log")
    grid(axes)
    if any(gradients):
        axes.legend()
    return finished(figure, f"Mean size of the gradient by layer: {'; '.join(words)}.", title, axes)


def _gaps(sizes: Mapping[str, Any]) -> list[str]:
    return [
        f"{path} (none)" if size is None else f"{path} (0)" if not size.any() else path for path, size in sizes.items()
    ]


def _flow(ax: Any, i: int, name: str, sizes: Mapping[str, np.ndarray | None]) -> str:
    usable = [size if size is not None and size.any() and np.isfinite(size).all() else None for size in sizes.values()]
    means = np.array([math.nan if s is None else s.mean() for s in usable])
    # zeros inside a layer, such as those of dead units, have no place on a logarithmic scale
    bands = np.array([[math.nan] * 2 if s is None else np.quantile(s[s > 0], [0.1, 0.9]) for s in usable])
    at = np.arange(len(means))
    ax.plot(at, means, "o-", color=colour(i), markersize=5, label=name or "mean |gradient|")
    ax.fill_between(at, bands[:, 0], bands[:, 1], color=colour(i), alpha=0.15, linewidth=0)
    seen = means[np.isfinite(means)]
    return f"{name} from {seen[0]:.2g} in the first layer to {seen[-1]:.2g} in the last".strip()
