"""matplotlib's figure with what a notebook asks it. Imported when the first is drawn, for matplotlib takes its time."""

from __future__ import annotations

import base64
import io
from typing import Any

import matplotlib.figure


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure that a notebook shows by itself, also where nothing has set pyplot up to do so.

    alt: the sentence that says what is seen.
    """

    alt: str = ""

    def _repr_png_(self) -> bytes:
        return png(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, str], dict[str, Any]]:
        return mimebundle(self)


def png(figure: Any) -> bytes:
    """The bytes of a PNG file."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def mimebundle(figure: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """What a notebook shows: a picture, and its text for those who do not see it."""
    text = getattr(figure, "alt", "") or "a figure"
    data = {"image/png": base64.b64encode(png(figure)).decode(), "text/plain": text}
    return data, {"image/png": {"alt": text}}
