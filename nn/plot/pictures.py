"""Pictures: images, filters, feature maps, and matrices as shades."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .figure import canvas, finished, panels, real, whole
from .style import SEQUENTIAL, SIGNED, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from .figure import Numbers

MOST = 400  # pictures in one figure


@styled
def images(
    images: Numbers,
    titles: Sequence[str] | None = None,
    columns: int = 10,
    *,
    signed: bool = False,
    size: float = 0.95,
    figure: Figure | SubFigure | None = None,
) -> Figure:
    """Draw a page of small pictures: data, filters, feature maps.

    images: the pictures.
    titles: one for each.
    columns: the number of pictures in a row.
    signed: True: red for positive and blue for negative numbers, on one scale for all; False: from white, the least
        number of the picture, to black, its largest.
    size: the width of a picture in inches.
    figure: what to draw into; by default a new figure.

    Formula: none; a figure of images[n] at row n // columns and column n mod columns
    Shapes: (N, H, W) or (N, 1, H, W).
    Dtypes: real ones.
    Raises: ValueError if there is no picture, there are more than 400, the shape is another, or titles
        differ in number; TypeError if they are no real numbers.
    Source: matplotlib's `Figure`, which it returns.

    >>> import numpy as np, nn.plot
    >>> len(nn.plot.images(np.zeros((3, 4, 4)), columns=2).axes)
    4
    """
    x = real("images", "images", images, finite=False)
    if x.ndim == 4 and x.shape[1] == 1:
        x = x[:, 0]
    if x.ndim != 3:
        raise ValueError(f"images: needs at least one picture, (N, H, W) or (N, 1, H, W), got shape {x.shape}")
    if titles is not None and len(titles) != len(x):
        raise ValueError(f"images: {len(x)} pictures but {len(titles)} titles; give one for each")
    if columns < 1:
        raise ValueError(f"images: columns must be at least 1, got {columns}")
    root, _ = page(figure, x, titles, min(columns, len(x)), size, signed)
    return finished(root, f"{len(x)} pictures of {x.shape[1]} × {x.shape[2]}.")


def page(
    figure: Any,
    x: np.ndarray,
    titles: Sequence[str] | None,
    columns: int,
    size: float,
    signed: bool,
    common: bool = False,
    colours: str | None = None,
) -> tuple[Any, np.ndarray]:
    """The figure and its axes: x[n] at row n // columns and column n mod columns. common: one scale for all; colours: what
    it means, beside it."""
    if len(x) > MOST:
        raise ValueError(f"{len(x)} pictures are more than a page holds, {MOST}; take some of them, x[:{MOST}]")
    rows = math.ceil(len(x) / columns)
    titled = 0 if titles is None else sum(any(titles[i : i + columns]) for i in range(0, len(titles), columns))
    height = rows * (size * x.shape[1] / x.shape[2]) + 0.25 * titled
    root, axes = panels(figure, size * columns + (0.9 if colours else 0), height + 0.3, rows, columns)
    finite = x[np.isfinite(x)]
    largest = np.abs(finite).max() if finite.size else 1
    scale: dict[str, Any] = {"cmap": SIGNED, "vmin": -largest, "vmax": largest} if signed else {"cmap": "gray_r"}
    if common and not signed and finite.size:
        scale |= {"vmin": finite.min(), "vmax": finite.max()}
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    for i, (ax, picture) in enumerate(zip(axes.flat, x, strict=False)):
        ax.imshow(picture, **scale)
        if titles is not None:
            ax.set_title(titles[i], fontsize=9)
    if colours is not None:
        root.colorbar(axes.flat[0].images[0], ax=axes, fraction=0.05, shrink=min(1.0, 0.6 + 0.2 / rows)).set_label(
            colours
        )
    return root, axes


@styled
def heat(values: Numbers, xlabel: str, ylabel: str, title: str | None = None, *, ax: Axes | None = None) -> Figure:
    """Draw a matrix as shades, from white for its least value to dark for its largest.

    values: the matrix.
    xlabel, ylabel, title: what is written there.
    ax: where to draw; by default in a new figure.

    Formula: none; a figure of values[i, j] at row i and column j
    Shapes: (N, M).
    Dtypes: real ones.
    Raises: ValueError if values is no matrix; TypeError if they are no real numbers.
    Source: matplotlib's `Figure`, which it returns.

    >>> import numpy as np, nn.plot
    >>> nn.plot.heat(np.eye(2), "key", "query").axes[0].get_xlabel()
    'key'
    """
    matrix = real("heat", "values", values, finite=False)
    if matrix.ndim != 2:
        raise ValueError(f"heat: needs a matrix, got shape {matrix.shape}")
    figure, axes = canvas(ax, 4.6, 4.2)
    figure.colorbar(axes.imshow(matrix, cmap=SEQUENTIAL, aspect="auto"), ax=axes, shrink=0.8)
    axes.spines[:].set_visible(True)
    whole(axes.xaxis)
    whole(axes.yaxis)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    where = ""
    if np.isfinite(matrix).any():
        i, j = np.unravel_index(np.argmax(np.where(np.isfinite(matrix), matrix, -np.inf)), matrix.shape)
        where = f": largest, {matrix[i, j]:.3g}, at row {i}, column {j}"
    text = f"A matrix of {matrix.shape[0]} × {matrix.shape[1]} as shades, {ylabel} over {xlabel}{where}."
    return finished(figure, text, title, axes)
