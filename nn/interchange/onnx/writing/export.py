"""`nn.onnx.export`: a model as an ONNX file."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

import autograd_core as ag
from autograd_core.engine.tensor import Tensor, describe
from autograd_core.interchange.files import replacing
from autograd_core.transforms.tree import map_leaves

from ....module import Module
from ....observe import tensors_in
from .builder import IR_VERSION, OPSET, Builder
from .layers import emit, known
from .sizes import Size, Unification, points
from .trace import Program, Ref, run, trace

if TYPE_CHECKING:
    from onnx import ModelProto

PRODUCER = "autograd_core"
BUFFERS = "autograd_core.buffers"  # the key in the file's metadata under which the names of buffers stand


def onnx_package() -> Any:
    """The package onnx with the parts we use."""
    try:
        onnx = importlib.import_module("onnx")
        for part in ("helper", "numpy_helper", "checker"):
            importlib.import_module(f"onnx.{part}")
    except ImportError as error:
        raise ImportError(
            f"nn.onnx needs the package onnx, which is not installed ({error}); install it: pip install onnx"
        ) from error
    return onnx


def export(
    model: Module,
    args: Tensor | ndarray | tuple,
    path: str | Path | None = None,
    *,
    kwargs: Mapping[str, Any] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    dynamic_axes: Mapping[str, Mapping[int, str] | Sequence[int]] | None = None,
) -> ModelProto:
    """Write a model, in evaluation mode, as an ONNX file; return the `onnx.ModelProto`.

    model: the model, which is left as it was.
    args: example inputs: a tensor or an array, or a tuple of arguments.
    path: where to; None writes nothing.
    kwargs: further arguments by name. Tensors in args and kwargs are the inputs of the file, in their order.
    input_names, output_names: by default "input" and "output", or "input_0", "input_1", ….
    dynamic_axes: sizes that are left open, {"input": {0: "batch"}}, by input; axes of one name have one size. A list of
        axes, {"input": [0]}, gives them names. By default all sizes are those of the example.

    The model is run once with the inputs, and the operations it does are noted; so Python decides as it does for them.
    Where sizes are open it is run for several, up to 4 more than the example's, and what depends on them is computed in
    the file. Parameters keep their names; those of recurrent layers are put into ONNX's order.

    Formula: none; a graph
    Shapes: those of the example, where they are not left open.
    Dtypes: those of the example and of the parameters.
    Raises: NotImplementedError for what has no form in ONNX, with the operation and the path of the module; TypeError
        or ValueError for arguments that make no sense; ImportError without the package onnx.
    Source: the ONNX specification; the arguments are those of PyTorch's `torch.onnx.export`.

    >>> import autograd_core as ag, nn, nn.onnx
    >>> [node.op_type for node in nn.onnx.export(nn.Linear(2, 1), ag.ones(1, 2)).graph.node]
    ['Gemm', 'Identity']
    """
    onnx = onnx_package()
    if not isinstance(model, Module):
        raise TypeError(f"onnx.export: the model must be a Module, got {describe(model)}")
    arguments = map_leaves(_as_tensor, (args if isinstance(args, tuple) else (args,), dict(kwargs or {})))
    inputs = tensors_in(arguments)
    if not inputs:
        raise ValueError("onnx.export: there is no tensor among the example inputs; give args such as ag.rand(1, 3)")
    names = _names(input_names, len(inputs), "input")
    axes = _axes(dynamic_axes, names, inputs)
    base = {symbol: inputs[i].shape[dim] for i, dims in axes.items() for dim, symbol in dims.items()}
    at = points(base)
    programs, values = [], []
    for sizes in at:
        positional, named = _with(arguments, _resized(inputs, axes, sizes))
        try:
            program, outs = trace(model, positional, named, known)
        except (ValueError, IndexError, RuntimeError) as error:
            if sizes != base:
                error.add_note(
                    f"[onnx.export: to learn what depends on open sizes, the model is also run at {sizes}; give an example "
                    "input that leaves room for it, or keep the size fixed]"
                )
            raise
        programs.append(program)
        values.append(outs)
    _check(run(model, *arguments), values[0])
    program = Unification(at).program(programs)
    proto = _model(onnx, model, program, names, output_names, axes)
    onnx.checker.check_model(proto, full_check=True)
    if path is not None:
        with replacing(Path(path)) as file:
            file.write(proto.SerializeToString())
    return proto


def _as_tensor(x: Any) -> Any:
    return ag.from_numpy(x) if isinstance(x, ndarray) else x


def _with(arguments: Any, tensors: list[Tensor]) -> Any:
    """The arguments with other tensors in the place of theirs, in their order."""
    left = iter(tensors)
    return map_leaves(lambda x: next(left) if isinstance(x, Tensor) else x, arguments)


def _names(given: Sequence[str] | None, count: int, kind: str) -> list[str]:
    if given is None:
        return [kind] if count == 1 else [f"{kind}_{i}" for i in range(count)]
    names = list(given)
    if len(names) != count or len(set(names)) != count:
        raise ValueError(f"onnx.export: {kind}_names {names} must be {count} different names, one for each {kind}")
    return names


def _axes(dynamic_axes: Mapping[str, Any] | None, names: list[str], inputs: list[Tensor]) -> dict[int, dict[int, str]]:
    """For each input by its number, the symbols of its open dimensions."""
    found: dict[int, dict[int, str]] = {}
    sizes: dict[str, int] = {}
    for name, dims in (dynamic_axes or {}).items():
        if name not in names:
            continue  # an output's, which follow from the inputs'
        i = names.index(name)
        if not isinstance(dims, Mapping):
            dims = {dim: f"{name}_dim_{dim}" for dim in dims}
        for dim, symbol in dims.items():
            ndim = inputs[i].ndim
            if not isinstance(dim, int) or not -ndim <= dim < ndim:
                raise ValueError(
                    f"onnx.export: dynamic_axes: input '{name}' of shape {inputs[i].shape} has no axis {dim!r}"
                )
            size = inputs[i].shape[dim]
            if sizes.setdefault(str(symbol), size) != size:
                raise ValueError(
                    f"onnx.export: dynamic_axes: '{symbol}' is {sizes[str(symbol)]} and {size} in the example inputs; axes of "
                    "one name have one size"
                )
            found.setdefault(i, {})[dim % ndim] = str(symbol)
    if dynamic_axes and not found:
        raise ValueError(f"onnx.export: dynamic_axes names none of the inputs, which are {', '.join(names)}")
    if len(sizes) > 3:
        raise ValueError(f"onnx.export: at most 3 sizes can be left open, got {', '.join(sizes)}")
    return found


def _resized(inputs: list[Tensor], axes: dict[int, dict[int, str]], sizes: dict[str, int]) -> list[Tensor]:
    """The example inputs repeated or cut to other sizes."""
    resized = []
    for i, t in enumerate(inputs):
        array = t.array
        for dim, symbol in axes.get(i, {}).items():
            if array.shape[dim] == 0:
                raise ValueError("onnx.export: an open size must not be 0 in the example inputs")
            array = np.take(array, np.arange(sizes[symbol]) % array.shape[dim], dim)
        resized.append(ag.from_numpy(array))
    return resized


def _check(expected: list[ndarray], values: list[ndarray]) -> None:
    """Raise if the traced run gave something else than the model: it draws, or writes in place what is read again."""
    for theirs, ours in zip(expected, values, strict=False):
        if theirs.shape != ours.shape or not np.allclose(theirs, ours, rtol=1e-3, atol=1e-4, equal_nan=True):
            raise NotImplementedError(
                "onnx.export: traced, the model gives another result than run as it is; it draws random numbers, or changes "
                "values in place that it reads again (inplace=True on a branch); use the forms that make new values"
            )


def _model(
    onnx: Any, model: Module, program: Program, names: list[str], output_names: Sequence[str] | None, axes: dict
) -> Any:
    helper = onnx.helper
    symbols: dict[str, tuple[str, int]] = {}
    for i, dims in axes.items():
        for dim, symbol in dims.items():
            symbols.setdefault(symbol, (names[i], dim))
    parameters = {name: p.array for name, p in model.named_parameters()}
    buffers = {name: t.array for name, t in model.named_buffers()}
    b = Builder(onnx, parameters, buffers, symbols)
    for i, name in enumerate(names):
        b.values[i] = b.name(name)
    for op in program.ops:
        emit(b, op)
    made = {op.first + k: shape for op in program.ops for k, shape in enumerate(op.made)}
    made |= dict(enumerate(program.inputs))
    outputs = []
    b.path = ""
    for value, name in zip(program.outputs, _names(output_names, len(program.outputs), "output"), strict=True):
        shape, dtype = made[value.number] if isinstance(value, Ref) else (value.shape, value.dtype)
        last = program.ops[-1] if program.ops else None
        b.nodes.append(helper.make_node("Identity", [b.operand(value, last, dtype)], [name]))
        outputs.append(_info(helper, name, shape, dtype))
    inputs = [_info(helper, name, *program.inputs[i]) for i, name in enumerate(names)]
    held = [onnx.numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in b.initializers.items()]
    graph = helper.make_graph(b.nodes, type(model).__name__, inputs, outputs, held)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name=PRODUCER)
    proto.ir_version = IR_VERSION
    kept = [name for name in b.initializers if name in buffers]
    helper.set_model_props(proto, {BUFFERS: "\n".join(kept)} if kept else {})
    return proto


def _info(helper: Any, name: str, shape: tuple, dtype: Any) -> Any:
    sizes = [str(s) if isinstance(s, Size) else s if isinstance(s, int | np.integer) else None for s in shape]
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), sizes)
