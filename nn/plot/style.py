"""One style for all figures: the colours, and matplotlib's settings, which are in force only while a figure is drawn."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# Six colours that stay apart on paper and with each kind of colour-blindness (a test measures it), and what is not a class
# or a run: ink for text and boundaries, grey for what stands behind.
BLUE, ORANGE, GREEN, PINK, SKY, PLUM = "#2563a8", "#d9730d", "#14532d", "#e23d80", "#3d97b8", "#581c57"
INK, GREY, LIGHT = "#1f2328", "#6b6b6b", "#e5e5e5"
PALETTE = (BLUE, ORANGE, GREEN, PINK, SKY, PLUM)
MARKERS = "os^DvP"  # beside the colour, so that classes are told apart without it
DASHES = ("-", "--", "-.", ":", (0, (6, 2, 1, 2, 1, 2)), (0, (3, 1)))
SEQUENTIAL = "Blues"  # from white, the least, to dark
SIGNED = "RdBu_r"  # blue below 0, white at 0, red above
MISTAKES = "Oranges"

# A white background of its own, never a transparent one: the figure reads the same on paper and on a dark page.
STYLE: dict[str, Any] = {
    "figure.facecolor": "white",
    "figure.edgecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.transparent": False,
    "savefig.dpi": 150,
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.titlesize": 11,
    "axes.titlecolor": INK,
    "figure.titlesize": 12,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "grid.color": LIGHT,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "axes.prop_cycle": f"cycler('color', {list(PALETTE)})",
    "image.cmap": SEQUENTIAL,
    "pdf.fonttype": 42,
    "svg.hashsalt": "nn.plot",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the style of `nn.plot` inside the block: matplotlib's settings are `nn.plot.STYLE`, and those of before after it.

    Formula: none; settings
    Shapes: none.
    Dtypes: none.
    Raises: nothing.
    Source: matplotlib's `rc_context`.

    >>> import matplotlib, nn.plot
    >>> with nn.plot.style():
    ...     matplotlib.rcParams["axes.spines.top"]
    False
    """
    import matplotlib

    with matplotlib.rc_context(STYLE):  # type: ignore[arg-type]
        yield


def styled(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, which draws in this style."""

    @functools.wraps(function)
    def drawing(*args: P.args, **kwargs: P.kwargs) -> R:
        with style():
            return function(*args, **kwargs)

    return drawing


def colour(i: int) -> str:
    """Of the i-th class or run."""
    return PALETTE[i % len(PALETTE)]


def tint(name: str, share: float = 0.3) -> tuple[float, float, float]:
    """A colour thinned with white: `share` of it."""
    r, g, b = (1 - share + share * int(name[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return r, g, b
