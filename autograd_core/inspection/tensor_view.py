"""A tensor as HTML: its shape, dtype and range, what is not finite, where its gradient comes from, and some values.

The range and the counts of what is not finite read every element, in pieces and without a copy of the whole; all else looks at
the at most 117 elements that are shown.
"""

from __future__ import annotations

import numpy as np

from ..engine.graph import LEAF
from ..engine.history import history
from ..engine.tensor import Tensor, node_name
from .markup import count, escape, flag, number, page, quantity, table

FIRST, LAST = 6, 3  # the rows and columns that are shown, from the start and from the end
SCANNED = 10**8  # elements; of a larger tensor the range is not computed
PIECE = 1 << 16  # elements of which a mask is made at a time


def html(x: Tensor) -> str:
    """What `Tensor._repr_html_` returns."""
    array = x.array
    facts = [
        f"<b>{escape(type(x).__name__)}</b>",
        f"<code>{escape(str(x.shape))}</code>",
        f"<code>{array.dtype}</code>",
    ]
    facts.append(f'<span class="ag-dim">{count(array.size, "element")}, {quantity(array.nbytes)}</span>')
    node = history(x)
    if node is not None:
        origin = "requires_grad=True" if node.primitive is LEAF else f"grad_fn=<{node_name(node)}>"
        facts.append(f"<code>{escape(origin)}</code>")
    extent = f"<div>{_range(array)}</div>" if array.ndim else ""
    return page(f"<div>{' · '.join(facts)}</div>", extent, _values(array))


def _range(array: np.ndarray) -> str:
    """The smallest and largest value, and the number of those that are not finite."""
    kind = array.dtype.kind
    if array.size == 0:
        return '<span class="ag-dim">no elements</span>'
    if array.size > SCANNED:
        return f'<span class="ag-dim">range not computed: more than {SCANNED:,} elements</span>'
    if kind == "b":
        true = int(np.count_nonzero(array))
        return f"{true:,} True, {array.size - true:,} False"
    if kind == "c":
        nans, infinite, _, _ = _not_finite(array)
        return ", ".join(_flags(nans, infinite)) or '<span class="ag-dim">all finite</span>'
    with np.errstate(invalid="ignore"):
        low, high = array.min(), array.max()
    flags: list[str] = []
    if not (np.isfinite(low) and np.isfinite(high)):
        nans, infinite, low, high = _not_finite(array)
        flags = _flags(nans, infinite)
        if nans + infinite == array.size:
            return ", ".join(flags)
    return ", ".join([f"from {number(low)} to {number(high)}", *flags])


def _flags(nans: int, infinite: int) -> list[str]:
    return [flag(f"{n:,} {name}") for n, name in ((nans, "NaN"), (infinite, "infinite")) if n]


def _not_finite(array: np.ndarray) -> tuple[int, int, float, float]:
    """The numbers of NaN and of infinite elements, and the smallest and largest of the finite ones."""
    nans = infinite = 0
    low, high = np.inf, -np.inf
    options = ["external_loop", "buffered", "zerosize_ok"]
    for piece in np.nditer(array, flags=options, buffersize=PIECE, order="K"):  # type: ignore[call-overload]
        nan = int(np.count_nonzero(np.isnan(piece)))
        finite = np.isfinite(piece)
        nans += nan
        infinite += piece.size - nan - int(np.count_nonzero(finite))
        if array.dtype.kind == "f":
            low = min(low, float(np.min(piece, initial=np.inf, where=finite)))
            high = max(high, float(np.max(piece, initial=-np.inf, where=finite)))
    return nans, infinite, low, high


def _shown(n: int) -> list[int | None]:
    """The indices of n that are shown; None stands for those left out."""
    if n <= FIRST + LAST + 1:
        return list(range(n))
    return [*range(FIRST), None, *range(n - LAST, n)]


def _values(array: np.ndarray) -> str:
    """A table of the values of the last two dimensions, at index 0 of the others."""
    if array.size == 0:
        return ""
    if array.ndim == 0:
        return f"<div><code>{number(array[()])}</code></div>"
    lead = array.ndim - 2
    label = ""
    if lead > 0:
        index = ", ".join("0" * lead)
        label = f'<div class="ag-dim">[{index}, :, :]</div>'
        array = array[(0,) * lead]
    rows = array if array.ndim == 2 else array[None]
    columns = _shown(rows.shape[1])
    head = ["", *("…" if j is None else str(j) for j in columns)]
    body = [
        ["…"] * len(head)
        if i is None
        else [str(i) if array.ndim == 2 else "", *("…" if j is None else number(rows[i, j]) for j in columns)]
        for i in _shown(rows.shape[0])
    ]
    return label + table(head, body)
