"""Finding the operation that made a NaN: `with ag.detect_anomaly():`."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..engine.graph import Node, Watcher, extra_of, topological_order, watchers
from ..engine.history import history
from ..engine.tensor import Tensor, node_name

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # autograd_core


class detect_anomaly(Watcher):  # noqa: N801 (PyTorch's name)
    """Finds the operation that made a NaN: inside of the `with` block, a NaN in `backward` raises.

    Every recorded operation remembers the line that called it. The error names the operation whose rule gave the first
    NaN and that line; if a NaN was already made on the way forward, the operation that made that one. With `check_nan`
    False only the lines are remembered.

    Formula: none; raises if any g ≠ g, g a gradient that a rule gave.
    Shapes: any.
    Dtypes: floating and complex ones.
    Raises: RuntimeError in `backward`, for the first NaN.
    Source: PyTorch's `autograd.detect_anomaly`.

    >>> import autograd_core as ag
    >>> x = ag.tensor(0.0, requires_grad=True)
    >>> with ag.detect_anomaly():
    ...     (0 * x.sqrt()).backward()
    Traceback (most recent call last):
    ...
    RuntimeError: detect_anomaly: the gradient rule of 'sqrt' gave NaN; called at ...
    """

    def __init__(self, check_nan: bool = True):
        self.check_nan = check_nan

    def __enter__(self) -> None:
        watchers.append(self)

    def __exit__(self, *exc: object) -> None:
        watchers.remove(self)

    def after(self, primitive: Any, node: Node | None, arrays: list, out: Any) -> None:
        if node is None:
            return
        extra = extra_of(node)
        extra.trace = calling_line()
        if self.check_nan and has_nan(out) and not any(has_nan(a) for a in arrays):
            extra.made_nan = True

    def start(self, outputs: list) -> None:
        """Raise if the value itself is NaN, naming the operation that made it so."""
        if not self.check_nan:
            return
        for y in outputs:
            if isinstance(y, Tensor) and has_nan(y):
                node = history(y)
                makers = (
                    [n for n in topological_order([node]) if n.extra and n.extra.made_nan] if node is not None else []
                )
                if makers:
                    first = makers[-1]
                    raise RuntimeError(
                        f"detect_anomaly: the value to differentiate is NaN; '{node_name(first)}' made the first NaN from "
                        f"inputs without one, {where_recorded(first)}"
                    )
                raise RuntimeError("detect_anomaly: the value to differentiate is NaN, and so was an input already")

    def gradients(self, node: Node, gs: Iterable) -> None:
        """Raise if the rule of `node` gave a NaN."""
        if self.check_nan and any(g is not None and has_nan(_dense(g)) for g in gs):
            raise RuntimeError(f"detect_anomaly: the gradient rule of '{node.name}' gave NaN; {where_recorded(node)}")


def set_detect_anomaly(mode: bool, check_nan: bool = True) -> None:
    """Switch anomaly detection on or off for the whole program, as `detect_anomaly` does for a block.

    Formula: none; `mode` and `check_nan` hold from here on.
    Shapes: any.
    Dtypes: floating and complex ones.
    Raises: nothing itself; `backward` raises RuntimeError for a NaN while it is on.
    Source: PyTorch's `autograd.set_detect_anomaly`, here without use as a context manager.

    >>> import autograd_core as ag
    >>> ag.set_detect_anomaly(True)
    >>> ag.set_detect_anomaly(False)
    """
    for watcher in [w for w in watchers if isinstance(w, detect_anomaly)]:
        watchers.remove(watcher)
    if mode:
        watchers.append(detect_anomaly(check_nan))


def calling_line() -> str:
    """The innermost line outside this package: 'file:line in function: source'."""
    for frame in reversed(traceback.extract_stack()):
        if not os.path.abspath(frame.filename).startswith(HERE):
            return f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}"
    return "an unknown line"


def has_nan(x: Any) -> bool:
    """Whether a tensor or array, or one in a tuple or list of them, holds a NaN."""
    if isinstance(x, tuple | list):
        return any(has_nan(item) for item in x)
    x = np.asarray(x.array if isinstance(x, Tensor) else x)
    return x.dtype.kind in "fc" and bool(np.isnan(x).any())


def where_recorded(node: Node) -> str:
    """The line at which the operation of `node` was called, for a message."""
    trace = node.extra.trace if node.extra is not None else None
    return f"called at {trace}" if trace else "recorded before detect_anomaly() was entered, so its line is not known"


def _dense(g: Any) -> Any:
    return g.contributions() if hasattr(g, "contributions") else g
