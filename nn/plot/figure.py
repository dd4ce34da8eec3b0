"""The figures of `nn.plot`: how one is made, what it says to those who do not see it, how it is shown and saved."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from .style import STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

    from autograd_core import Tensor

    Numbers: TypeAlias = Tensor | np.ndarray | Sequence[Any]


def numbers(x: Any) -> np.ndarray:
    """x as an array: a tensor, also one that requires a gradient, an array, nested lists."""
    return np.asarray(x.array if hasattr(x, "array") else x)


def real(name: str, what: str, x: Any, *, finite: bool = True) -> np.ndarray:
    """x as an array of real numbers, of which there are some."""
    array = numbers(x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name}: {what} must be real numbers, got {array.dtype}")
    if not array.size:
        raise ValueError(f"{name}: {what} of shape {array.shape} has nothing to draw; give at least one number")
    if finite and not np.isfinite(array).all():
        i = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(
            f"{name}: {what} has {array[i]} at {i}; leave out what is not finite, or put a number for it: np.nan_to_num({what})"
        )
    return array


def canvas(ax: Axes | None, width: float, height: float) -> tuple[Figure, Axes]:
    """The figure and the axes to draw on: the given ones, or those of a new figure of this size in inches."""
    if ax is not None:
        if not hasattr(ax, "get_figure"):
            raise TypeError(
                f"ax must be matplotlib's Axes, got {type(ax).__name__}; of a figure with several take one, axes[0]"
            )
        return ax.figure.figure, ax  # type: ignore[return-value]
    figure, axes = panels(None, width, height, 1, 1)
    return figure, axes[0, 0]


def panels(
    figure: Figure | SubFigure | None, width: float, height: float, rows: int, columns: int, **options: Any
) -> tuple[Figure, np.ndarray]:
    """The figure and its axes (rows, columns), in the given figure or in a new one of this size in inches."""
    if figure is None:
        from .matplotlib_figure import Figure as NewFigure

        figure = NewFigure(figsize=(width, height), layout="constrained")
    elif not hasattr(figure, "subplots"):
        raise TypeError(f"figure must be matplotlib's Figure or SubFigure, got {type(figure).__name__}")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure.figure, axes


def grid(ax: Any) -> None:
    """Lines behind what is drawn."""
    ax.grid(True, color=STYLE["grid.color"], linewidth=STYLE["grid.linewidth"])
    ax.set_axisbelow(True)


def whole(axis: Any) -> None:
    """Only whole numbers at the ticks of an axis."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def legend(figure: Any, ax: Any, own: bool, handles: Sequence[Any] | None = None, columns: int = 4) -> None:
    """A legend under the axes, where it hides nothing; in axes of the caller's, inside them."""
    handles = ax.get_legend_handles_labels()[0] if handles is None else handles
    if not handles:
        return
    if own:
        figure.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(handles)))
    else:
        ax.legend(handles=handles)


def finished(figure: Any, text: str, title: str | None = None, ax: Any = None) -> Any:
    """The figure with its text for those who do not see it, and a title of the axes or else of the figure."""
    if title and ax is not None:
        ax.set_title(title)
    elif title:
        figure.suptitle(title)
    if title:
        text = f"{title}: {text}"
    before = getattr(figure, "alt", "")
    figure.alt = f"{before} {text}".strip()
    return figure


def alt(figure: Figure, text: str | None = None) -> str:
    """Return the sentence that says what a figure shows, for those who do not see it; with `text`, set it first.

    figure: one of `nn.plot`, which has a sentence from the start, or any other of matplotlib's.
    text: the sentence. `nn.plot.save` writes it into the file, a notebook gives it to the page.

    Formula: none; a text
    Shapes: none.
    Dtypes: none.
    Raises: ValueError if the text is empty, or the figure has none and none is passed.
    Source: W3C 2018, "Web content accessibility guidelines 2.1", success criterion 1.1.1.

    >>> import nn.plot
    >>> nn.plot.alt(nn.plot.curves({"loss": [3.0, 2.0, 1.0]}, "step", "loss"))
    'Lines of loss over step: loss from 3 to 1.'
    """
    if text is not None:
        if not text.strip():
            raise ValueError("alt: the text is empty; say in one sentence what the figure shows")
        figure.alt = text.strip()  # type: ignore[attr-defined]
    sentence = getattr(figure, "alt", "")
    if not sentence:
        raise ValueError('alt: this figure has no text; set one by nn.plot.alt(figure, "what is seen in it")')
    return sentence


def save(figure: Figure, path: str | Path) -> Path:
    """Write a figure to a file, as PNG, SVG or PDF by the path's ending; return the path.

    figure: the figure. Its `alt` text goes into the file's description.
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
    text = getattr(figure, "alt", "")
    named = {
        ".png": {"Description": text},
        ".svg": {"Title": text, "Date": None},
        ".pdf": {"Subject": text, "CreationDate": None},
    }
    figure.savefig(path, dpi=STYLE["savefig.dpi"], metadata=named.get(path.suffix.lower()))
    return path


def show(figure: Figure, path: str | Path | None = None) -> Path | None:
    """Show a figure: in a notebook under the cell, in a script in a window, and where there is no display as a file.

    figure: the figure.
    path: the file to write instead, as `save` does. Where there is no display and no path, a file in the folder for
        temporary files is written. Which file was written is printed and returned.

    Formula: none; a window, an output or a file
    Shapes: none.
    Dtypes: none.
    Raises: TypeError unless figure is one of matplotlib's; OSError if the file cannot be written.
    Source: matplotlib's `pyplot.show`, which knows no figure that was made without pyplot.

    >>> import tempfile, nn.plot
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     nn.plot.show(nn.plot.curves({"loss": [2.0, 1.0]}, "step", "loss"), f"{folder}/a.png").name
    figure saved to ...a.png
    'a.png'
    """
    if not hasattr(figure, "savefig"):
        raise TypeError(f"show: needs a figure, got {type(figure).__name__}; pass what a function of nn.plot returned")
    hint = ""
    if path is None:
        if _in_notebook(figure) or _in_window(figure):
            return None
        with tempfile.NamedTemporaryFile(prefix="figure-", suffix=".png", delete=False) as file:
            path = file.name
        hint = ' (there is no display; nn.plot.show(figure, "name.png") chooses the file)'
    path = save(figure, path)
    print(f"figure saved to {path}{hint}")
    return path


def _in_notebook(figure: Any) -> bool:
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None or not hasattr(shell, "kernel"):
        return False
    from .matplotlib_figure import mimebundle

    data, metadata = mimebundle(figure)
    sys.modules["IPython"].display.display(data, metadata=metadata, raw=True)
    return True


def _in_window(figure: Any) -> bool:
    """Whether there is a display, and a window showed the figure on it until it was closed."""
    import matplotlib
    from matplotlib.backends import BackendFilter, backend_registry

    interactive = backend_registry.list_builtin(BackendFilter.INTERACTIVE)
    if matplotlib.get_backend().lower() not in [name.lower() for name in interactive]:
        return False
    from matplotlib import pyplot

    try:
        pyplot.figure(figure)  # takes it over, from matplotlib 3.11 on
    except ValueError:
        return False
    pyplot.show()
    return True
