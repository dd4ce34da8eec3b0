"""Models on two inputs: the regions of their classes, and what hidden units make of the plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..layers.container import Sequential
from ..layers.linear import Linear
from ..module import Module
from .decision import Decision, decide
from .evaluate import layer_of, layer_outputs
from .figure import canvas, finished, grid, legend, real
from .points import class_names, labels_of, mesh_axes, plane_points, scatter
from .style import BLUE, GREY, INK, ORANGE, colour, styled, tint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .figure import Numbers


@styled
def decision_boundary(
    model: Module | Callable[..., Any] | Any,
    x: Numbers,
    y: Numbers,
    classes: Sequence[str] | None = None,
    title: str | None = None,
    *,
    probability: bool = False,
    hidden: bool | str | int | Module = False,
    threshold: float | None = None,
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None,
    resolution: int = 200,
    ax: Axes | None = None,
) -> Figure:
    """Draw the regions of the plane that a model gives to each class, their boundary, and the examples.

    model: a module, which runs in evaluation mode and is left as it was; an object with `predict`, such as scikit-learn's
        estimators, which gets NumPy arrays; or a function of a tensor (N, 2).
    x, y: the examples and their classes.
    classes: the names of the classes, in the order of their labels.
    title: of the figure.
    probability: shade by the probability: of class 1 where there are two, else of the likeliest. It comes from
        `predict_proba`, or from outputs, which are probabilities if all are in [0, 1] and else become them by σ or softmax.
    hidden: True draws a line where each unit of the first linear layer is 0; or the layer, by path, index or itself.
    threshold: of a single output, beyond which class 1 begins: by default ½ if all outputs are in [0, 1], else 0, as for
        logits. For values near 0 and 1 that a linear output was fitted to, pass 0.5. The legend names it.
    limits: ((x0, x1), (y0, y1)) of the figure; by default around the examples.
    resolution: the number of points along each side at which the model is asked.
    ax: where to draw; by default in a new figure.

    A model's `predict` decides where it has one; else the largest of its outputs, or one output against the threshold.

    Formula: class(p) = argmax_k f_k(p), or [f(p) ≥ threshold] for a single output, at resolution² points p
    Shapes: x (N, 2), y (N,), (N, 1) or one-hot (N, C); model (M, 2) → (M,), (M, 1) or (M, C).
    Dtypes: x real, converted to the model's dtype; y class indices, or any labels for a model that predicts them.
    Raises: ValueError for other shapes, no examples, NaN, labels the model does not have, or probability where there is
        none; TypeError if the model cannot be called.
    Source: matplotlib's `Figure`, which it returns.

    >>> import numpy as np, nn.plot
    >>> x = np.array([[0.0, 0.0], [1.0, 1.0]])
    >>> figure = nn.plot.decision_boundary(lambda x: x.sum(1) - 1, x, [0, 1])
    >>> figure.axes[0].images[0].get_array()[[0, -1], [0, -1]]
    masked_array(data=[0, 1],
                 mask=False,
           fill_value=999999)
    """
    name = "decision_boundary"
    points = plane_points(name, "x", x)
    own, (figure, axes) = ax is None, canvas(ax, 5.4, 4.9)
    gx, gy = mesh_axes(points, limits, resolution)
    mesh = np.stack(np.meshgrid(gx, gy), -1).reshape(-1, 2)
    labels = labels_of(name, y, len(points))
    decision = decide(name, model, mesh, labels, threshold, probability)
    handles = _regions(figure, axes, gx, gy, decision, classes, probability)
    if hidden is not False:
        handles += _unit_lines(name, axes, gx, gy, mesh, model, hidden)
    kinds = scatter(axes, points, labels, decision.classes, classes)
    axes.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(gx[0], gx[-1]), ylim=(gy[0], gy[-1]))
    legend(figure, axes, own, [*kinds, *handles])
    shares = [f"{share:.0%} of the plane class {c}" for c, share in _shares(decision, classes)]
    text = f"Decision regions with {len(points)} examples: {', '.join(shares)}."
    return finished(figure, text, title, axes)


def _extent(gx: np.ndarray, gy: np.ndarray) -> tuple[float, float, float, float]:
    """Of pictures whose pixels have their centres on the mesh."""
    dx, dy = (gx[1] - gx[0]) / 2, (gy[1] - gy[0]) / 2
    return gx[0] - dx, gx[-1] + dx, gy[0] - dy, gy[-1] + dy


def _regions(
    figure: Any, ax: Any, gx: np.ndarray, gy: np.ndarray, decision: Decision, classes: Any, probability: bool
) -> list[Any]:
    """The shades and the boundary; what the legend says of the boundary."""
    from matplotlib.colors import LinearSegmentedColormap, ListedColormap
    from matplotlib.lines import Line2D

    K, shape = len(decision.classes), (len(gy), len(gx))
    options = {"origin": "lower", "extent": _extent(gx, gy), "aspect": "auto", "interpolation": "nearest", "zorder": 0}
    if probability and K == 2:
        assert decision.probabilities is not None
        shades = LinearSegmentedColormap.from_list("classes", [BLUE, "white", ORANGE])
        image = ax.imshow(
            decision.probabilities[:, 1].reshape(shape), cmap=shades, vmin=0, vmax=1, alpha=0.65, **options
        )
        figure.colorbar(image, ax=ax, shrink=0.85).set_label(
            f"probability of {class_names(decision.classes, classes)[1]}"
        )
    elif probability:
        assert decision.probabilities is not None
        likeliest, P = decision.indices, decision.probabilities.max(1)
        strength = 0.65 * np.clip((P - 1 / K) / (1 - 1 / K), 0, 1)[:, None]
        full = np.array([tint(colour(k), 1.0) for k in range(K)])[likeliest]
        ax.imshow((1 - strength + strength * full).reshape(*shape, 3), **options)
    else:
        tints = ListedColormap([tint(colour(k)) for k in range(K)])
        ax.imshow(decision.indices.reshape(shape), cmap=tints, vmin=-0.5, vmax=K - 0.5, **options)
    crossed = False
    for field, level in decision.fields:
        if field.min() < level < field.max():
            ax.contour(gx, gy, field.reshape(shape), levels=[level], colors=INK, linewidths=1.6, zorder=1)
            crossed = True
    return [Line2D([], [], color=INK, linewidth=1.6, label=decision.rule)] if crossed else []


def _unit_lines(
    name: str, ax: Any, gx: np.ndarray, gy: np.ndarray, mesh: np.ndarray, model: Any, hidden: Any
) -> list[Any]:
    """Where each unit of a layer is 0."""
    from matplotlib.lines import Line2D

    if not isinstance(model, Module):
        raise TypeError(f"{name}: hidden units are those of an nn.Module, got {type(model).__name__}; leave out hidden")
    if hidden is True:
        hidden = next((module for module in model.modules() if isinstance(module, Linear)), None)
        if hidden is None:
            raise ValueError(f"{name}: the model has no linear layer; name the layer, hidden='path'")
    path, module = layer_of(name, model, hidden)
    values = layer_outputs(model, mesh, {path: module}).get(path)
    if values is None or values.ndim != 2 or len(values) != len(mesh):
        shape = None if values is None else values.shape
        raise ValueError(f"{name}: layer {path!r} must make units (N, H) of the points (N, 2), got {shape}")
    for field in values.T:
        if field.min() < 0 < field.max():
            ax.contour(
                gx,
                gy,
                field.reshape(len(gy), len(gx)),
                levels=[0],
                colors=GREY,
                linewidths=1,
                linestyles="--",
                zorder=1,
            )
    return [Line2D([], [], color=GREY, linewidth=1, linestyle="--", label=f"a unit of layer {path!r} is 0")]


def _shares(decision: Decision, classes: Any) -> list[tuple[str, float]]:
    names = class_names(decision.classes, classes)
    return [(names[k], float((decision.indices == k).mean())) for k in range(len(decision.classes))]


@styled
def hidden_space(
    model: Module,
    x: Numbers,
    y: Numbers,
    layer: str | int | Module,
    classes: Sequence[str] | None = None,
    title: str | None = None,
    *,
    threshold: float | None = None,
    resolution: int = 200,
    ax: Axes | None = None,
) -> Figure:
    """Draw the examples where a hidden layer puts them: its units are the axes.

    model: the network, which runs in evaluation mode and is left as it was.
    x, y: the examples and their classes.
    layer: the path of the layer in the model ("hidden", "0.2"), its index in a Sequential, or the layer itself.
    classes: the names of the classes, in the order of their labels.
    title: by default the layer.
    threshold: of a single output, see `decision_boundary`.
    resolution: the number of points along each side at which the rest of the model is asked.
    ax: where to draw; by default in a new figure.

    Of more than two units the two principal components are drawn, and the axes name their share of the variance. Of two,
    in a Sequential, also the regions into which the layers after this one divide the plane.

    Formula: h_n = layer(x_n); of more than two units (h_n − mean h) V, V the first two right singular vectors
    Shapes: x (N, …), y (N,), (N, 1) or one-hot (N, C); the layer's output (N, H, …) with at least two units.
    Dtypes: x floats, converted to the model's; y class indices or labels.
    Raises: ValueError for other shapes, fewer than two units or examples, a layer that is not in the model or not called;
        TypeError if the model is no Module.
    Source: Pearson 1901, "On lines and planes of closest fit" (principal components).

    >>> import autograd_core as ag, nn.plot
    >>> x = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> model = nn.MLP([2, 2, 1], activation="tanh")
    >>> nn.plot.hidden_space(model, x, [0, 1, 1, 0], layer=1).axes[0].get_xlabel()
    'unit 0'
    """
    name = "hidden_space"
    path, module = layer_of(name, model, layer)
    array = real(name, "x", x)
    labels = labels_of(name, y, len(array))
    values = layer_outputs(model, array, {path: module}).get(path)
    if values is None:
        raise ValueError(f"{name}: layer {path!r} was not called when the model ran")
    if len(values) != len(array):
        raise ValueError(f"{name}: {len(array)} examples, but the output of layer {path!r} has shape {values.shape}")
    h = values.reshape(len(values), -1).astype(np.float64)
    if h.shape[1] < 2 or len(h) < 2:
        raise ValueError(
            f"{name}: needs two units and two examples, layer {path!r} has {h.shape[1]} for {len(h)} examples"
        )
    own, (figure, axes) = ax is None, canvas(ax, 5.4, 4.9)
    known = np.unique(labels)
    handles: list[Any] = []
    if h.shape[1] == 2:
        plane, xlabel, ylabel = h, "unit 0", "unit 1"
        gx, gy = mesh_axes(plane, None, resolution)
        rest = _after(model, path)
        if rest is not None:
            mesh = np.stack(np.meshgrid(gx, gy), -1).reshape(-1, 2)
            decision = decide(name, rest, mesh, labels, threshold, False)
            handles, known = _regions(figure, axes, gx, gy, decision, classes, False), decision.classes
    else:
        plane, shares = _components(h)
        xlabel, ylabel = (f"component {i + 1}, {share:.0%} of the variance" for i, share in enumerate(shares))
        gx, gy = mesh_axes(plane, None, 2)
        grid(axes)
    kinds = scatter(axes, plane, labels, known, classes)
    axes.set(xlabel=xlabel, ylabel=ylabel, xlim=(gx[0], gx[-1]), ylim=(gy[0], gy[-1]))
    legend(figure, axes, own, [*kinds, *handles])
    text = f"{len(h)} examples in the space of {h.shape[1]} hidden units: {xlabel} and {ylabel}."
    return finished(figure, text, title or f"{type(module).__name__} {path}".strip(), axes)


def _after(model: Module, path: str) -> Callable[[Any], Any] | None:
    """What a Sequential does after one of its layers."""
    if not isinstance(model, Sequential) or path not in dict(model.named_children()):
        return None
    rest = list(model)[[name for name, _ in model.named_children()].index(path) + 1 :]
    return Sequential(*rest) if rest else None


def _components(h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 2) along the two directions of largest variance, and their shares of it."""
    centred = h - h.mean(0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(vt[np.arange(2), np.abs(vt[:2]).argmax(1)])  # the same on every machine
    return u[:, :2] * s[:2] * signs, s[:2] ** 2 / (np.square(s).sum() or 1)
