"""The figures of `nn.plot`. Imported when the first is drawn, for matplotlib takes its time."""

from __future__ import annotations

import io

import matplotlib.figure


class Figure(matplotlib.figure.Figure):
    """A matplotlib figure that a notebook shows by itself, also where nothing has set pyplot up to do so."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()
