"""One output of a notebook's cell that changes in place."""

from __future__ import annotations

import importlib
import sys
import time
from html import escape
from typing import Any

INTERVAL = 0.1  # seconds between two updates


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


class Output:
    """Shows one thing, and later another in its place. It is an output of the cell that runs when it is shown first."""

    def __init__(self) -> None:
        self.handle: Any = None
        self.time = -1.0  # of the last update

    def due(self) -> bool:
        """Whether enough time has gone by for another update."""
        return time.monotonic() - self.time >= INTERVAL

    def show(self, text: str, html: str | None = None) -> None:
        """Show this, as plain text where a viewer knows no HTML."""
        content = {"text/plain": text, "text/html": f"<span>{escape(text)}</span>" if html is None else html}
        if self.handle is None:
            display = importlib.import_module("IPython.display").display
            self.handle = display(content, raw=True, display_id=True)
        else:
            self.handle.update(content, raw=True)
        self.time = time.monotonic()
