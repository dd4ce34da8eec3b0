"""Pieces of HTML that a notebook shows: of tensors here, of modules, datasets and histories in their own packages.

The text is complete without the style sheet, which some viewers drop. Colours are the notebook's own (`currentColor`,
see-through greys), with four that can be read on white and on black.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

__all__ = ["count", "escape", "flag", "number", "page", "quantity", "table"]

STYLE = (
    "<style>"
    ".ag-view{font-size:13px;line-height:1.5;color:inherit;max-width:100%;overflow-x:auto}"
    ".ag-view .ag-dim{opacity:.65}"
    ".ag-view .ag-flag{color:#d9534f;font-weight:600}"
    ".ag-view .ag-good{color:#2e9e5b;font-weight:600}"
    ".ag-view code,.ag-view td,.ag-view th{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:12px}"
    ".ag-view code{background:transparent;color:inherit;padding:0}"
    ".ag-view table{border-collapse:collapse;border:0;margin:4px 0;width:auto;font-variant-numeric:tabular-nums}"
    ".ag-view tr,.ag-view tbody tr:nth-child(odd){background:transparent}"
    ".ag-view td,.ag-view th{border:0;padding:1px 8px;text-align:right;white-space:nowrap;color:inherit;background:transparent}"
    ".ag-view th{font-weight:400;opacity:.65}"
    ".ag-view td.ag-text,.ag-view th.ag-text{text-align:left}"
    ".ag-view thead th{border-bottom:1px solid rgba(128,128,128,.45)}"
    ".ag-view details details,.ag-view .ag-leaf{margin-left:18px}"
    ".ag-view summary{cursor:pointer}"
    ".ag-view svg{display:block;max-width:100%;height:auto}"
    ".ag-view .ag-images{display:flex;flex-wrap:wrap;gap:8px;margin:6px 0}"
    ".ag-view figure{margin:0;text-align:center}"
    ".ag-view figcaption{font-size:11px;max-width:72px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}"
    ".ag-view img{display:block;margin:0 auto;image-rendering:pixelated;border:1px solid rgba(128,128,128,.45)}"
    "</style>"
)


def page(*parts: str) -> str:
    """The parts with the style sheet, as `_repr_html_` returns them."""
    return f'{STYLE}<div class="ag-view">{"".join(parts)}</div>'


def number(value: Any) -> str:
    """A number in at most four digits; NaN and infinities are marked. Integers are whole."""
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return str(value)
    if isinstance(value, complex | np.complexfloating):
        text, finite = f"{value.real:.4g}{value.imag:+.4g}j", bool(np.isfinite(value))
    else:
        text, finite = f"{value:.4g}", bool(np.isfinite(value))
    return text if finite else flag(text)


def flag(text: str) -> str:
    """A warning, in red and bold."""
    return f'<span class="ag-flag">{escape(text)}</span>'


def count(n: int, noun: str) -> str:
    """1 epoch, 2 epochs."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def quantity(n: int) -> str:
    """A number of bytes."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n >= scale:
            return f"{n / scale:.3g} {unit}"
    return f"{n} B"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], text: Sequence[int] = ()) -> str:
    """A table of cells that are HTML already; the first cell of a row is its head. `text`: columns of words."""

    def line(cells: Sequence[str], tags: Iterable[str]) -> str:
        words = ' class="ag-text"'
        filled = (
            f"<{tag}{words if i in text else ''}>{cell}</{tag}>"
            for i, (tag, cell) in enumerate(zip(tags, cells, strict=True))
        )
        return f"<tr>{''.join(filled)}</tr>"

    body = "".join(line(row, ["th", *["td"] * (len(row) - 1)]) for row in rows)
    return f"<table><thead>{line(head, ['th'] * len(head))}</thead><tbody>{body}</tbody></table>"
