"""Branches, loops, sequences and optional values. A sequence is a list, an optional value that is not there None."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.ops.shape import shape

from .rule import Rule, ints, of, plain, reads


@reads("then_branch", "else_branch", scoped=True)
def _if(node: Any, scope: dict, condition: Any) -> tuple:
    if plain(condition).size != 1:
        raise node.unsupported(f"a condition of shape {tuple(condition.shape)}")
    return tuple(node.get("then_branch" if plain(condition).item() else "else_branch")([], scope))


def stacked(node: Any, graph: Any, number: int, values: list, axis: int = 0) -> Any:
    """The results of all iterations of a graph's output along a new dimension; of none, as the file says its type."""
    if values:
        return shape.stack(values, axis)
    kind = graph.types[number].tensor_type
    sizes = [dim.dim_value for dim in kind.shape.dim]
    if not kind.HasField("shape") or not all(dim.HasField("dim_value") for dim in kind.shape.dim):
        raise node.unsupported(f"no iteration, where the shape of '{graph.output_names[number]}' is not known")
    from onnx.helper import tensor_dtype_to_np_dtype

    sizes.insert(axis % (len(sizes) + 1), 0)
    return np.zeros(sizes, tensor_dtype_to_np_dtype(kind.elem_type))


@reads("body", scoped=True)
def _loop(node: Any, scope: dict, count: Any = None, condition: Any = None, *carried: Any) -> tuple:
    """While the condition holds and at most `count` times: body(i, condition, *carried) = (condition, *carried, *results)."""
    body, state = node.get("body"), list(carried)
    limit = None if count is None else int(plain(count).item())
    goes = condition is None or bool(plain(condition).item())
    results: list[list] = [[] for _ in body.output_names[1 + len(state) :]]
    i = 0
    while goes and (limit is None or i < limit):
        again, *outs = body([np.asarray(i, np.int64), np.asarray(goes), *state], scope)
        state = outs[: len(state)]
        for column, out in zip(results, outs[len(state) :], strict=True):
            column.append(out)
        goes = bool(plain(again).item())
        i += 1
    first = 1 + len(state)
    return (*state, *(stacked(node, body, first + j, column) for j, column in enumerate(results)))


SCAN = ("scan_input_axes", "scan_output_axes", "scan_input_directions", "scan_output_directions")


@reads("body", "num_scan_inputs", "directions", *SCAN, scoped=True)
def _scan(node: Any, scope: dict, *inputs: Any) -> tuple:
    """body(*states, *slices) = (*states, *results) for the slices of each scanned input in turn."""
    body, count = node.get("body"), node.get("num_scan_inputs")
    if node.version < 9:  # a batch, and the lengths of its sequences
        return _scan_8(node, scope, *inputs)
    states, scanned = list(inputs[: len(inputs) - count]), inputs[len(inputs) - count :]
    results = len(body.output_names) - len(states)
    in_axes, out_axes, in_back, out_back = (
        node.get(name) or [0] * n for name, n in zip(SCAN, (count, results, count, results), strict=True)
    )
    states, columns = _scanned(body, scope, states, scanned, in_axes, in_back)
    columns = [column[::-1] if back else column for column, back in zip(columns, out_back, strict=True)]
    first = len(states)
    return (*states, *(stacked(node, body, first + j, c, out_axes[j]) for j, c in enumerate(columns)))


def _scanned(body: Any, scope: dict, states: list, scanned: Any, axes: list, back: list) -> tuple[list, list[list]]:
    """The last states, and a list of each result."""
    columns: list[list] = [[] for _ in body.output_names[len(states) :]]
    sizes = {x.shape[axis] for x, axis in zip(scanned, axes, strict=True)}
    if len(sizes) > 1:
        raise ValueError(f"onnx: Scan over inputs of different lengths {sorted(sizes)}; they must be the same")
    steps = sizes.pop()
    for t in range(steps):
        slices = [
            x[(*(slice(None),) * (axis % x.ndim), steps - 1 - t if backwards else t)]
            for x, axis, backwards in zip(scanned, axes, back, strict=True)
        ]
        outs = body([*states, *slices], scope)
        for column, out in zip(columns, outs[len(states) :], strict=True):
            column.append(out)
        states = outs[: len(states)]
    return states, columns


def _scan_8(node: Any, scope: dict, lengths: Any, *inputs: Any) -> tuple:
    body, count = node.get("body"), node.get("num_scan_inputs")
    states, scanned = inputs[: len(inputs) - count], inputs[len(inputs) - count :]
    if lengths is not None and set(ints(lengths)) != {scanned[0].shape[1]}:
        raise node.unsupported("sequences of unequal lengths")
    back, rows = node.get("directions") or [0] * count, []
    for n in range(inputs[0].shape[0]):
        last, columns = _scanned(body, scope, [s[n] for s in states], [x[n] for x in scanned], [0] * count, back)
        rows.append([*last, *(stacked(node, body, len(last) + j, c) for j, c in enumerate(columns))])
    return tuple(shape.stack(list(column)) for column in zip(*rows, strict=True))


# -------------------------------------------------------------------------------------------------------------- sequences


@reads("body", scoped=True)
def _sequence_map(node: Any, scope: dict, first: list, *others: Any) -> tuple:
    body = node.get("body")
    rows = [
        body([x, *(other[i] if isinstance(other, list) else other for other in others)], scope)
        for i, x in enumerate(first)
    ]
    return tuple([row[j] for row in rows] for j in range(len(body.output_names)))


def _position(x: Any) -> int:
    return int(plain(x).item())


@reads()
def _insert(node: Any, sequence: list, x: Any, at: Any = None) -> list:
    position = len(sequence) if at is None else _position(at)
    if not -len(sequence) <= position <= len(sequence):
        raise IndexError(f"onnx: SequenceInsert at {position} into a sequence of {len(sequence)}")
    position += len(sequence) if position < 0 else 0
    return [*sequence[:position], x, *sequence[position:]]


@reads()
def _erase(node: Any, sequence: list, at: Any = None) -> list:
    position = -1 if at is None else _position(at)
    rest = list(sequence)
    del rest[position]
    return rest


@reads("axis", "new_axis")
def _concat_from_sequence(node: Any, sequence: list) -> Any:
    return (shape.stack if node.get("new_axis", 0) else shape.cat)(list(sequence), node.get("axis"))


@reads("axis", "keepdims")
def _split_to_sequence(node: Any, x: Any, sizes: Any = None) -> list:
    axis = node.get("axis", 0) % x.ndim
    if sizes is None:
        parts = list(shape.split(x, 1, axis))
        return parts if node.get("keepdims", 1) else [shape.squeeze(part, axis) for part in parts]
    return list(shape.split(x, ints(sizes) if plain(sizes).ndim else _position(sizes), axis))


@reads(ignores=("type",))
def _optional(node: Any, x: Any = None) -> Any:
    return x


@reads()
def _get_element(node: Any, x: Any = None) -> Any:
    if x is None:
        raise ValueError("onnx: OptionalGetElement of an optional value that is not there")
    return x


def _has_element(node: Any, x: Any = None) -> ndarray:
    return np.asarray(x is not None)


CONTROL: dict[str, Rule] = {
    "ConcatFromSequence": _concat_from_sequence,
    "If": _if,
    "Loop": _loop,
    "Optional": _optional,
    "OptionalGetElement": _get_element,
    "OptionalHasElement": Rule(_has_element),
    "Scan": _scan,
    "SequenceAt": Rule(lambda node, sequence, at: sequence[_position(at)]),
    "SequenceConstruct": Rule(lambda node, *xs: list(xs)),
    "SequenceEmpty": Rule(lambda node: [], ignores=frozenset({"dtype"})),
    "SequenceErase": _erase,
    "SequenceInsert": _insert,
    "SequenceLength": of(lambda sequence: np.asarray(len(sequence), np.int64)),
    "SequenceMap": _sequence_map,
    "SplitToSequence": _split_to_sequence,
}
