"""`nn.summary`: the layers of a model and the cost of a pass through it, measured by running it once."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.graph import Node, Watcher, topological_order, watchers
from autograd_core.engine.history import history
from autograd_core.engine.modes import enable_grad
from autograd_core.engine.tensor import Tensor, describe, wrap
from autograd_core.engine.versions import memory_of

from .module import Module
from .observe import observed, paths, tensors_in, untouched
from .receptive import Field, receptive_fields
from .utils.rnn import PackedSequence


@dataclass
class Row:
    """A module of the tree. Parameters and multiply-adds are its own, and, where `whole`, also those of the modules
    below, which are not shown."""

    path: str
    name: str
    kind: str
    depth: int
    whole: bool = False
    calls: int = 0
    output: Any = None  # the shape of the first call's output; of several outputs, nested as they are
    parameters: int = 0
    trainable: int = 0
    mult_adds: int = 0
    receptive_field: tuple[int, ...] | None = None
    stride: tuple | None = None
    shared_with: str | None = None


@dataclass
class Summary:
    """The result of `nn.summary`. `str` gives the table, a notebook shows it; numbers of bytes and multiply-adds are those
    of one forward pass.

    activation_bytes: what the recorded operations keep for the backward pass, besides parameters, buffers and input.
    """

    rows: list[Row] = field(default_factory=list)
    input: Any = None
    total_params: int = 0
    trainable_params: int = 0
    total_mult_adds: int = 0
    parameter_bytes: int = 0
    buffer_bytes: int = 0
    input_bytes: int = 0
    activation_bytes: int = 0

    @property
    def non_trainable_params(self) -> int:
        return self.total_params - self.trainable_params

    def __str__(self) -> str:
        lines, notes = self._cells()
        left = len(lines[0]) // 2
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = [
            "  ".join(c.ljust(w) if i < left else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))).rstrip()
            for line in lines
        ]
        rule = "-" * max(map(len, (*text, *notes)))
        return "\n".join([text[0], rule, *text[1:], rule, *notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        (head, *body), notes = self._cells()
        left, right = ' style="text-align: left; white-space: pre"', ' style="text-align: right"'
        first = len(head) // 2

        def row(cells: tuple[str, ...], tag: str) -> str:
            filled = (f"<{tag}{left if i < first else right}>{html.escape(c)}</{tag}>" for i, c in enumerate(cells))
            return f"<tr>{''.join(filled)}</tr>"

        rows = "".join(row(cells, "td") for cells in body)
        foot = "".join(f"<p>{html.escape(note)}</p>" for note in notes)
        return f"<table><thead>{row(head, 'th')}</thead><tbody>{rows}</tbody></table>{foot}"

    def _cells(self) -> tuple[list[tuple[str, ...]], list[str]]:
        """The cells of the table, the head first, and the lines below it."""
        ran = self.input is not None
        fields = any(row.receptive_field for row in self.rows)
        lines: list[tuple[str, ...]] = [("layer", "output", "parameters", "mult-adds", *(["field"] if fields else []))]
        for row, prefix in zip(self.rows, _branches([row.depth for row in self.rows]), strict=True):
            name = f"{row.name}: {row.kind}" if row.name else row.kind
            name += f" ×{row.calls}" if row.calls > 1 else ""
            if row.shared_with is not None:
                lines.append(
                    (f"{prefix}{name}", f"the same as {row.shared_with or 'the model'}", *[""] * (len(lines[0]) - 2))
                )
                continue
            frozen = row.parameters - row.trainable
            parameters = f"{row.parameters:,}" + (f" ({frozen:,} frozen)" if frozen else "")
            mult_adds, seen = f"{row.mult_adds:,}", "×".join(map(str, row.receptive_field or ()))
            line = [f"{prefix}{name}", _shown(row.output), parameters if row.parameters else ""]
            lines.append((*line, mult_adds if row.mult_adds else "", *([seen] if fields else [])))
        notes = [
            f"parameters: {self.total_params:,}, of which {self.trainable_params:,} are trained and "
            f"{self.non_trainable_params:,} frozen"
        ]
        memory = [f"parameters {_size(self.parameter_bytes)}", f"buffers {_size(self.buffer_bytes)}"]
        if ran:
            notes.append(f"multiply-adds of an input of shape {_shown(self.input)}: {self.total_mult_adds:,}")
            memory += [f"input {_size(self.input_bytes)}", f"kept for backward {_size(self.activation_bytes)}"]
        else:
            lines = [(line[0], line[2]) for line in lines]
        return lines, [*notes, f"memory: {', '.join(memory)}"]


def summary(
    model: Module,
    input_size: Sequence | Mapping[str, Sequence[int]] | None = None,
    input_data: Tensor | ndarray | Sequence | Mapping | PackedSequence | None = None,
    batch_dim: int | None = None,
    depth: int = 3,
    dtypes: DTypeLike | Sequence[DTypeLike] | None = None,
    mode: str = "eval",
    **kwargs: Any,
) -> Summary:
    """Return the tree of a model's layers with output shapes, parameters, multiply-adds, memory and receptive fields.

    model: the model; it, its mode and buffers and the random state are left as they were.
    input_size: the shape of the input with its batch dimension, (16, 1, 28, 28); several inputs: a list of shapes; by
        name: a dictionary of shapes. Without it, and without input_data, the model is not run.
    input_data: in place of sizes: a tensor or an array, a list or tuple of arguments, or a dictionary by name.
    batch_dim: where to put a batch dimension of size 1 into each input_size that has none.
    depth: the number of levels below the model that are shown; the deepest count what is below them.
    dtypes: the dtype of the inputs, or a list of one for each (default: that of the model's parameters; integers are
        zeros).
    mode: "eval", "train" or "same": how the model is run.
    kwargs: further arguments of the model's forward.

    Formula: multiply-adds are those of products ((L, M) and (M, N): L M N), convolutions, recurrences and attention;
        a receptive field is followed through a chain of convolutions and poolings from the input
    Shapes: input_size → a `Summary`; str gives its table.
    Dtypes: as the model takes them.
    Raises: TypeError or ValueError for arguments that make no sense; what the model raises.
    Source: the package torchinfo; receptive fields: Araujo, Norris & Sim 2019, "Computing receptive fields of
        convolutional neural networks", equations 1 and 2.

    >>> import nn
    >>> print(nn.summary(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 1)), (5, 1, 4, 4)))
    layer         output        parameters  mult-adds  field
    -----------------------------------------------------...
    Sequential    (5, 1)
    ├─ 0: Conv2d  (5, 2, 2, 2)          20        360    3×3
    ├─ 1: ReLU    (5, 2, 2, 2)                           3×3
    ├─ 2: Flatten (5, 8)
    └─ 3: Linear  (5, 1)                 9         40
    -----------------------------------------------------...
    parameters: 29, of which 29 are trained and 0 frozen
    multiply-adds of an input of shape (5, 1, 4, 4): 400
    memory: parameters 116 B, buffers 0 B, input 320 B, kept for backward 160 B
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: the model must be a Module, got {describe(model)}")
    if input_size is not None and input_data is not None:
        raise ValueError("summary: give input_size or input_data, not both")
    if mode not in ("eval", "train", "same"):
        raise ValueError(f"summary: mode must be 'eval', 'train' or 'same', got {mode!r}")
    if not isinstance(depth, int) or depth < 0:
        raise ValueError(f"summary: depth must be a number of levels, 0 or more, got {depth!r}")
    run = Run(model)
    result = Summary()
    if input_size is not None or input_data is not None or kwargs:
        with untouched(model), enable_grad():
            if input_data is not None:
                args, named = _from_data(input_data)
            else:
                args, named = _from_sizes(model, input_size, batch_dim, dtypes)
            if mode != "same":
                model.train(mode == "train")
            run.forward(args, {**named, **kwargs})
        result.input = run.input
        result.input_bytes, result.activation_bytes = run.input_bytes, run.kept
    unique = list(model.parameters())
    result.rows = _rows(model, run, depth)
    result.total_params = sum(p.array.size for p in unique)
    result.trainable_params = sum(p.array.size for p in unique if p.requires_grad)
    result.total_mult_adds = sum(run.mult_adds.values())
    result.parameter_bytes = sum(p.nbytes for p in unique)
    result.buffer_bytes = sum(b.nbytes for b in model.buffers())
    return result


# ------------------------------------------------------------------------------------------------------------ the input


def _sizes(size: Any, batch_dim: int | None) -> tuple[int, ...]:
    try:
        sizes = [int(n) for n in size]
    except (TypeError, ValueError):
        raise TypeError(
            f"summary: input_size must be a shape, a list or a dictionary of shapes, got {size!r}"
        ) from None
    if batch_dim is not None:
        sizes.insert(batch_dim, 1)
    if any(n < 0 for n in sizes):
        raise ValueError(f"summary: input_size has a negative size: {tuple(sizes)}")
    return tuple(sizes)


def _from_sizes(model: Module, input_size: Any, batch_dim: int | None, dtypes: Any) -> tuple[list, dict]:
    """Inputs of some shapes: random floats, zeros of other dtypes."""
    if input_size is None:
        return [], {}
    usual = next((p.dtype for p in model.parameters() if p.dtype.kind == "f"), ag.get_default_dtype())
    named = isinstance(input_size, Mapping)
    several = isinstance(input_size, list | tuple) and any(isinstance(n, list | tuple) for n in input_size)
    shapes = list(input_size.values()) if named else list(input_size) if several else [input_size]
    kinds = list(dtypes) if isinstance(dtypes, list | tuple) else [dtypes] * len(shapes)
    if len(kinds) != len(shapes):
        raise ValueError(f"summary: {len(kinds)} dtypes for {len(shapes)} inputs; give one, or one for each")
    inputs = []
    for shape, kind in zip(shapes, kinds, strict=True):
        size, dtype = _sizes(shape, batch_dim), usual if kind is None else np.dtype(kind)
        inputs.append(ag.rand(*size, dtype=dtype) if dtype.kind == "f" else ag.zeros(*size, dtype=dtype))
    return ([], dict(zip(input_size, inputs, strict=True))) if named else (inputs, {})


def _from_data(data: Any) -> tuple[list, dict]:
    if isinstance(data, Mapping):
        return [], {name: _tensor(x) for name, x in data.items()}
    if isinstance(data, list | tuple) and not isinstance(data, PackedSequence):
        return [_tensor(x) for x in data], {}
    return [_tensor(data)], {}


def _tensor(x: Any) -> Any:
    return ag.from_numpy(x) if isinstance(x, ndarray) else x


# -------------------------------------------------------------------------------------------------------------- the run


class Run(Watcher):
    """Watches one pass through a model: the output of each module, and the operations that ran in it."""

    def __init__(self, model: Module):
        self.model = model
        self.calls: dict[Module, int] = {}
        self.outputs: dict[Module, Any] = {}
        self.nodes: dict[Module, Node] = {}  # of the first tensor of each module's output
        self.mult_adds: dict[Module, int] = {}
        self.fields: dict[Node, Field] = {}
        self.input: Any = None
        self.input_bytes = self.kept = 0
        self.running: list[Module] = []

    def forward(self, args: list, named: dict) -> None:
        seen = [shape for x in (*args, *named.values()) if (shape := shapes(x)) is not None]
        self.input = seen[0] if len(seen) == 1 else seen
        leaves = []

        def recorded(x: Any) -> Any:
            """A tensor that records, and may be written in place: not a leaf."""
            if isinstance(x, PackedSequence):
                return x._replace(data=recorded(x.data))
            if type(x) is not Tensor or x.dtype.kind not in "fc":
                return x
            leaves.append(wrap(x.array).requires_grad_())
            return leaves[-1].clone()  # type: ignore[attr-defined]

        inputs = [recorded(x) for x in args], {name: recorded(x) for name, x in named.items()}
        passed = tensors_in(inputs)
        self.input_bytes = sum(t.nbytes for t in passed)
        with observed(self.model, self.left) as self.running:
            watchers.append(self)
            try:
                output = self.model(*inputs[0], **inputs[1])
            finally:
                watchers.remove(self)
        roots = [node for t in tensors_in(output) if (node := history(t)) is not None]
        ours = {history(leaf) for leaf in leaves}
        self.fields = receptive_fields([*roots, *self.nodes.values()], lambda node: node in ours)
        known = [*passed, *leaves, *self.model.parameters(), *self.model.buffers()]
        self.kept = _kept(roots, {id(memory_of(t.array)) for t in known})

    def left(self, module: Module, output: Any) -> None:
        self.calls[module] = self.calls.get(module, 0) + 1
        if module not in self.outputs:
            self.outputs[module] = shapes(output)
            node = next((node for t in tensors_in(output) if (node := history(t)) is not None), None)
            if node is not None:
                self.nodes[module] = node

    def after(self, primitive: Any, node: Node | None, arrays: list, out: Any) -> None:
        count = MULT_ADDS.get(primitive.name)
        if count is not None:
            module = self.running[-1] if self.running else self.model
            self.mult_adds[module] = self.mult_adds.get(module, 0) + int(count(out, *arrays))

    def field(self, module: Module) -> Field | None:
        field = self.fields.get(self.nodes.get(module))  # type: ignore[arg-type]
        return field if field and field.size else None


def shapes(value: Any) -> Any:
    """A value with the shape of each tensor instead of the tensor; what is no tensor is None."""
    if hasattr(value, "shape"):
        return tuple(value.shape)
    if isinstance(value, PackedSequence):
        return tuple(value.data.shape)
    if isinstance(value, Mapping):
        return {key: shapes(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [shapes(item) for item in value]
    return None


def _kept(roots: list[Node], known: set[int]) -> int:
    """The bytes of all memory that the nodes behind the roots have saved, without the known."""
    sizes: dict[int, int] = {}

    def look(value: Any) -> None:
        if isinstance(value, ndarray):
            memory = memory_of(value)
            if id(memory) not in known:
                sizes[id(memory)] = memory.nbytes
        elif isinstance(value, tuple | list):
            for item in value:
                look(item)

    for node in topological_order(roots):
        look(node.saved)
    return sum(sizes.values())


def _attention(out: Any, *operands: Any) -> int:
    """Queries (…, L, E), keys (…, S, E) and values (…, S, V), and perhaps a bias; or the three in one."""
    q, k, v = operands[:3] if len(operands) > 2 else operands[0]
    return q.size * k.shape[-2] + q.size // q.shape[-1] * k.shape[-2] * v.shape[-1]


# The number of multiply-adds of a primitive, from its output(s) and inputs
MULT_ADDS: dict[str, Callable[..., int]] = {
    "linear": lambda out, x, w, *_: out.size * w.shape[1],
    "matmul": lambda out, a, b, *_: out.size * a.shape[-1],
    "dot": lambda out, x, y: x.size,
    "einsum": lambda out, x, y: round(np.sqrt(float(out.size) * x.size * y.size)),  # exact without a batch
    "conv": lambda out, x, w, *_: out.size * w[0].size,
    "conv_input_grad": lambda out, g, w: g.size * w[0].size,
    "rnn": lambda out, x, h, w_ih, w_hh, *_: x.shape[0] * (w_ih.size + w_hh.size),
    "gru": lambda out, x, h, w_ih, w_hh, *_: x.shape[0] * (w_ih.size + w_hh.size),
    "lstm": lambda out, x, h, c, w_ih, w_hh, bi, bh, w_hr, w_peep: (
        x.shape[0] * sum(w.size for w in (w_ih, w_hh, w_hr, w_peep) if w is not None)
    ),
    "attention": _attention,
    "rbf": lambda out, x, c, *_: x.size * c.shape[0],
}


# ------------------------------------------------------------------------------------------------------------- the table


def _rows(model: Module, run: Run, depth: int) -> list[Row]:
    rows: list[Row] = []
    known = paths(model)

    def visit(module: Module, path: str, name: str, level: int) -> None:
        row = Row(path, name, type(module).__name__, level)
        rows.append(row)
        if known[module] != path:
            row.shared_with = known[module]
            return
        row.whole = level == depth
        parts = list(module.modules()) if row.whole else [module]
        parameters = list(module.parameters(recurse=row.whole))
        row.calls, row.output = run.calls.get(module, 0), run.outputs.get(module)
        row.parameters = sum(p.array.size for p in parameters)
        row.trainable = sum(p.array.size for p in parameters if p.requires_grad)
        row.mult_adds = sum(run.mult_adds.get(part, 0) for part in parts)
        seen = run.field(module)
        if seen is not None:
            row.receptive_field = tuple(math.ceil(size) for size in seen.size)
            row.stride = tuple(int(s) if s == int(s) else float(s) for s in seen.stride)
        if level < depth:
            for key, part in module._modules.items():
                if part is not None:
                    visit(part, f"{path}.{key}" if path else key, key, level + 1)

    visit(model, "", "", 0)
    return rows


def _branches(depths: list[int]) -> list[str]:
    """The prefix of each row of a tree, in depth-first order: the lines to its parents."""
    drawn = []
    open_levels: set[int] = set()  # levels at which a row further down follows
    for depth in reversed(depths):
        if depth == 0:
            drawn.append("")
        else:
            trunk = "".join("│  " if level in open_levels else "   " for level in range(1, depth))
            drawn.append(trunk + ("├─ " if depth in open_levels else "└─ "))
        open_levels = {level for level in open_levels if level < depth} | {depth}
    return drawn[::-1]


def _shown(output: Any) -> str:
    if output is None:
        return ""
    if isinstance(output, tuple):
        return str(output)
    if isinstance(output, dict):
        return "{" + ", ".join(f"{key}: {_shown(value)}" for key, value in output.items()) + "}"
    return "[" + ", ".join(_shown(value) or "…" for value in output) + "]"


def _size(n: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n >= scale:
            return f"{n / scale:.3g} {unit}"
    return f"{n} B"
