"""Receptive fields: how large a part of the input each element of a convolutional net's layers sees.

Walking the recorded graph from the input on, a window of k elements, d apart, moved by s, over values that see r input
elements each and lie j apart in the input, sees r + d (k - 1) j, and its results lie s j apart (Araujo, Norris & Sim
2019, "Computing receptive fields of convolutional neural networks", equations 1 and 2). A transposed convolution makes
them lie closer. Where branches meet, the larger field counts. After a layer that mixes all positions there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from autograd_core.engine.graph import LEAF, OUTPUT, Node, topological_order


class Field(NamedTuple):
    """Along each spatial dimension the `size` of the part of the input that is seen, and how far apart (`stride`)
    neighbours' parts lie. Empty where nothing has looked at several positions yet."""

    size: tuple = ()
    stride: tuple = ()


# What computes each position from the same position, whatever else it does
POINTWISE = {
    "batch_norm", "cat", "chosen", "clone", "contiguous", "dropout", "expand", "getitem", "group_norm", "identity",
    "instance_norm", "local_response_norm", "pad", "pad_dim", "to", "zeroed",
}  # fmt: skip


def receptive_fields(roots: Iterable[Node], source: Callable[[Node], bool]) -> dict[Node, Field]:
    """The fields of all nodes that lead to the roots and see a leaf of which `source` is true."""
    fields: dict[Node, Field] = {}
    for node in reversed(topological_order(roots)):
        if node.primitive is LEAF:
            field = Field() if source(node) else None
        else:
            below = [fields[parent] for parent in node.parents if parent in fields]
            field = _after(node, below) if below else None
        if field is not None:
            fields[node] = field
    return fields


def _after(node: Node, below: list[Field]) -> Field | None:
    name = node.primitive.name
    if node.primitive is OUTPUT or node.primitive.elementwise or name in POINTWISE or name == "Gate":
        return max(below, key=lambda field: field.size)
    options = node.saved[len(node.primitive.saves) :] if isinstance(node.saved, tuple) else ()
    rule = RULES.get(name)
    if rule is None or not options:
        return None
    return rule(below[0], node, *options)


def _windows(field: Field, spans: Iterable[int], strides: Iterable[int | Fraction]) -> Field:
    """Windows that span `spans` elements along the last dimensions, moved by `strides`."""
    spans, strides = tuple(spans), tuple(strides)
    size, stride = field.size or (1,) * len(spans), field.stride or (1,) * len(spans)
    if len(size) != len(spans):
        return Field()
    return Field(
        tuple(r + (span - 1) * j for r, span, j in zip(size, spans, stride, strict=True)),
        tuple(s * j for s, j in zip(strides, stride, strict=True)),
    )


def _spans(window: Iterable[int], dilation: Iterable[int]) -> list[int]:
    return [d * (k - 1) + 1 for k, d in zip(window, dilation, strict=True)]


def _conv(field: Field, node: Node, stride: Any, padding: Any, dilation: Any, groups: int, size: Any) -> Field:
    w_shape = node.saved[3]
    return _windows(field, _spans(w_shape[2:], dilation), stride)


def _conv_transpose(
    field: Field, node: Node, shape: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Field:
    w_shape = node.saved[3]
    spans = [math.ceil(span / s) for span, s in zip(_spans(w_shape[2:], dilation), stride, strict=True)]
    return _windows(field, spans, [Fraction(1, s) for s in stride])


def _pool(field: Field, node: Node, windows: Any) -> Field:
    spans, strides = [], []
    for (start, stop, _), size in zip(windows.table[-windows.dims :], windows.size, strict=True):
        spans.append(int((stop - start)[:size].max(initial=1)))
        strides.append(int(np.diff(stop[:size]).max(initial=1)))
    return _windows(field, spans, strides)


def _reshape(field: Field, node: Node, shape: tuple) -> Field | None:
    dims, before = len(field.size), node.saved[0]
    return field if not dims or shape[-dims:] == before[-dims:] else None


def _permute(field: Field, node: Node, dims: tuple) -> Field | None:
    kept = len(field.size)
    return field if tuple(dims[len(dims) - kept :]) == tuple(range(len(dims)))[len(dims) - kept :] else None


RULES: dict[str, Callable] = {
    "conv": _conv,
    "conv_input_grad": _conv_transpose,
    "max_pool": _pool,
    "avg_pool": _pool,
    "reshape": _reshape,
    "permute": _permute,
}
