"""What layers learnt and what they see: filters, feature maps, occlusion, reconstructions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..module import Module
from .evaluate import layer_of, layer_outputs
from .figure import canvas, finished, panels, real
from .pictures import page
from .style import SIGNED, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from .figure import Numbers


@styled
def filters(
    layer: Module | Numbers,
    shape: tuple[int, int] | None = None,
    columns: int = 8,
    title: str | None = None,
    *,
    count: int = 64,
    figure: Figure | SubFigure | None = None,
) -> Figure:
    """Draw the weights of a layer as pictures, red for positive and blue for negative, on one scale.

    layer: one with a `weight`, such as `Conv2d` or `Linear`; or the weights.
    shape: the height and width of the inputs of a linear layer, whose weights are rows.
    columns: the number of pictures in a row; where filters have several input channels, these are the columns.
    title: of the figure.
    count: the most filters that are drawn.
    figure: what to draw into; by default a new figure.

    Formula: none; a figure of weight[o, i], at row o and column i if there are several i
    Shapes: weights (O, I, H, W), (O, H, W), or (O, H · W) with shape=(H, W).
    Dtypes: real ones.
    Raises: TypeError if the layer has no weight; ValueError if the weights are no pictures, or shape does not fit.
    Source: matplotlib's `Figure`, which it returns.

    >>> import nn.plot
    >>> [ax.get_title() for ax in nn.plot.filters(nn.Conv2d(1, 3, 5)).axes]
    ['0', '1', '2', '']
    """
    weight: Any = layer
    if isinstance(layer, Module):
        weight = getattr(layer, "weight", None)
        if weight is None:
            raise TypeError(f"filters: {type(layer).__name__} has no weight; pass one of its layers, model[0]")
    w = real("filters", "weights", weight)
    if w.ndim == 2:
        if shape is None or math.prod(shape) != w.shape[1]:
            raise ValueError(
                f"filters: weights of shape {w.shape} are rows; pass shape=(H, W) with H · W = {w.shape[1]}, got {shape}"
            )
        w = w.reshape(len(w), *shape)
    if w.ndim not in (3, 4):
        raise ValueError(f"filters: weights must be (O, I, H, W), (O, H, W) or (O, H · W), got shape {w.shape}")
    total, w = len(w), w[:count]
    channels = w.shape[1] if w.ndim == 4 else 1
    titles = None
    if channels > 1:
        titles = [f"channel {i}" for i in range(channels)] + [""] * (channels * (len(w) - 1))
        columns = channels
    else:
        titles = [str(o) for o in range(len(w))]
    pictures = w.reshape(-1, *w.shape[-2:])
    root, axes = page(figure, pictures, titles, min(columns, len(pictures)), 0.95, signed=True, colours="weight")
    if channels > 1:
        for o, ax in enumerate(axes[:, 0]):
            ax.set_ylabel(f"filter {o}", fontsize=9)
    of = f" of {channels} channels" if channels > 1 else ""
    shown = f"{len(w)} of {total}" if len(w) < total else str(total)
    largest = np.abs(w).max()
    return finished(root, f"{shown} filters{of}, {w.shape[-2]} × {w.shape[-1]}, weights up to ±{largest:.3g}.", title)


@styled
def feature_maps(
    model: Module,
    x: Numbers,
    layer: str | int | Module,
    columns: int = 8,
    title: str | None = None,
    *,
    count: int = 64,
    figure: Figure | SubFigure | None = None,
) -> Figure:
    """Draw the maps that a layer makes of one example, on one scale.

    model: the network, which runs once in evaluation mode and is left as it was.
    x: the example.
    layer: the path of the layer in the model ("conv1", "0.2"), its index in a Sequential, or the layer itself.
    columns: the number of maps in a row.
    title: by default the layer.
    count: the most maps that are drawn.
    figure: what to draw into; by default a new figure.

    Formula: none; a figure of the layer's output[0, c]
    Shapes: x (1, C, H, W) or (C, H, W); the layer's output (1, C, H, W).
    Dtypes: floats, which are converted to the model's.
    Raises: ValueError for several examples, a layer that is not in the model or makes no maps; TypeError if the model is no
        Module.
    Source: Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks".

    >>> import numpy as np, nn.plot
    >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
    >>> len(nn.plot.feature_maps(model, np.ones((1, 8, 8)), layer=1, columns=2).axes)
    5
    """
    path, module = layer_of("feature_maps", model, layer)
    array = real("feature_maps", "x", x)
    array = array[None] if array.ndim == 3 else array
    if len(array) != 1:
        raise ValueError(f"feature_maps: draws one example, got x of shape {array.shape}; pass x[:1]")
    maps = layer_outputs(model, array, {path: module}).get(path)
    if maps is None:
        raise ValueError(f"feature_maps: layer {path!r} was not called when the model ran")
    if maps.ndim != 4:
        raise ValueError(f"feature_maps: the output of layer {path!r} has shape {maps.shape}, no maps (1, C, H, W)")
    total, maps = maps.shape[1], maps[0, :count]
    signed = bool((maps < 0).any())
    titles = [str(c) for c in range(len(maps))]
    root, _ = page(
        figure, maps, titles, min(columns, len(maps)), 1.05, signed=signed, common=True, colours="activation"
    )
    shown = f"{len(maps)} of {total}" if len(maps) < total else str(total)
    text = f"{shown} feature maps, {maps.shape[1]} × {maps.shape[2]}, from {maps.min():.3g} to {maps.max():.3g}."
    return finished(root, text, title or f"{type(module).__name__} {path}".strip())


@styled
def occlusion(
    image: Numbers,
    values: Numbers,
    title: str | None = None,
    label: str = "drop of the score",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw a map of heat over an image: red where hiding that part lowers the score, blue where it raises it.

    image: the image.
    values: the map, computed elsewhere; it may be coarser than the image, over which it is stretched.
    title: of the figure.
    label: what the colours mean.
    ax: where to draw; by default in a new figure.

    Formula: none; a figure of values over the image
    Shapes: image (H, W) or (1, H, W), or of colours (3, H, W); values (h, w).
    Dtypes: real ones.
    Raises: ValueError for other shapes, an empty map or one that is not finite; TypeError if they are no real numbers.
    Source: Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2.

    >>> import numpy as np, nn.plot
    >>> len(nn.plot.occlusion(np.zeros((8, 8)), np.eye(4)).axes[0].images)
    2
    """
    picture, heat = real("occlusion", "image", image), real("occlusion", "values", values)
    if picture.ndim == 3 and picture.shape[0] in (1, 3):
        picture = picture[0] if picture.shape[0] == 1 else np.moveaxis(picture, 0, -1).mean(-1)
    if picture.ndim != 2 or heat.ndim != 2:
        raise ValueError(
            f"occlusion: needs an image (H, W), (1, H, W) or (3, H, W) and a map (h, w), got {picture.shape} and {heat.shape}"
        )
    figure, axes = canvas(ax, 4.8, 4.0)
    H, W = picture.shape
    largest = float(np.abs(heat).max()) or 1.0
    extent = (-0.5, W - 0.5, H - 0.5, -0.5)
    axes.imshow(picture, cmap="gray_r", extent=extent)
    image_ = axes.imshow(
        heat, cmap=SIGNED, vmin=-largest, vmax=largest, extent=extent, alpha=0.6, interpolation="nearest"
    )
    axes.set(xticks=[], yticks=[], xlabel="column", ylabel="row")
    axes.set_aspect("equal")
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(image_, ax=axes, shrink=0.85)
    bar.set_label(label)
    i, j = np.unravel_index(heat.argmax(), heat.shape)
    place = f"row {(i + 0.5) * H / heat.shape[0]:.0f}, column {(j + 0.5) * W / heat.shape[1]:.0f}"
    text = f"Map of {label} over an image of {H} × {W}: largest, {heat.max():.3g}, around {place}."
    return finished(figure, text, title, axes)


@styled
def reconstructions(
    originals: Numbers,
    outputs: Numbers,
    shape: tuple[int, int] | None = None,
    title: str | None = None,
    *,
    inputs: Numbers | None = None,
    count: int = 10,
    figure: Figure | SubFigure | None = None,
) -> Figure:
    """Draw images above what a model made of them, such as an autoencoder.

    originals: the images.
    outputs: the model's.
    shape: the height and width of images that are rows of numbers.
    title: by default the mean squared error.
    inputs: what the model got, such as the images with noise; drawn between the two.
    count: the most that are drawn.
    figure: what to draw into; by default a new figure.

    All pictures have the scale of the originals: from white, the least number of them, to black, the largest.

    Formula: none; a figure of originals[n] above outputs[n]; error = mean (originals − outputs)², of all
    Shapes: (N, H, W), (N, 1, H, W), or (N, H · W) with shape=(H, W); all alike.
    Dtypes: real ones.
    Raises: ValueError for other shapes, or if they differ; TypeError if they are no real numbers.
    Source: matplotlib's `Figure`, which it returns.

    >>> import numpy as np, nn.plot
    >>> nn.plot.reconstructions(np.ones((3, 4, 4)), np.zeros((3, 4, 4))).get_suptitle()
    'mean squared error 1'
    """
    named = {"original": originals, "input": inputs, "output": outputs}
    rows: dict[str, np.ndarray] = {}
    for name, values in named.items():
        if values is None:
            continue
        x = real("reconstructions", f"{name}s", values)
        if shape is not None and x.ndim == 2 and x.shape[1] == math.prod(shape):
            x = x.reshape(len(x), *shape)
        x = x[:, 0] if x.ndim == 4 and x.shape[1] == 1 else x
        if x.ndim != 3:
            raise ValueError(
                f"reconstructions: {name}s must be (N, H, W), (N, 1, H, W), or (N, H · W) with shape=(H, W), got {x.shape}"
            )
        rows[name] = x
    shapes = {name: x.shape for name, x in rows.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"reconstructions: the shapes differ: {', '.join(f'{k}s {v}' for k, v in shapes.items())}")
    first = rows["original"]
    N = min(count, len(first))
    root, axes = panels(figure, 0.95 * N + 0.8, 0.95 * len(rows) * first.shape[1] / first.shape[2] + 0.5, len(rows), N)
    for line, (name, x) in zip(axes, rows.items(), strict=True):
        for ax, picture in zip(line, x, strict=False):
            ax.imshow(picture, cmap="gray_r", vmin=first.min(), vmax=first.max())
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        line[0].set_ylabel(name)
    error = float(np.square(first.astype(np.float64) - rows["output"]).mean())
    text = f"{N} images of {first.shape[1]} × {first.shape[2]} above what the model made of them."
    return finished(root, text, title or f"mean squared error {error:.3g}")


def sequence_of(names: Sequence[str] | None, length: int, function: str, what: str) -> list[str] | None:
    """The names of steps, units or tokens, one for each."""
    if names is None:
        return None
    if len(names) != length:
        raise ValueError(f"{function}: {length} {what} but {len(names)} names; give one for each")
    return [str(name) for name in names]
