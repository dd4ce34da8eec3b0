"""`nn.onnx.load`: an ONNX file as a module that computes with our operations, and learns."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

import autograd_core as ag
from autograd_core.engine.operands import is_traced
from autograd_core.engine.tensor import describe

from ....module import Module
from ....parameter import Parameter
from ..writing.export import BUFFERS, PRODUCER, onnx_package
from .external import ExternalDataError, read_external
from .graph import Graph

if TYPE_CHECKING:
    from onnx import ModelProto


class ONNXModule(Module):
    """Computes the graph of an ONNX file with our operations; `nn.onnx.load` returns one.

    onnx: the package.
    proto: the file's content, an `onnx.ModelProto`.

    Called with the file's inputs, in order or by name (`input_names`), it returns its outputs (`output_names`): one, or
    a tuple. Floating initializers are parameters, named as in the file; others are buffers.

    Formula: the values of the graph's nodes, one after the other
    Shapes: as in the file.
    Dtypes: as in the file.
    Raises: NotImplementedError for a node that cannot be computed here, with its name; from a call TypeError if inputs
        are missing, unknown or no tensors.
    Source: the ONNX specification.

    >>> import tempfile, autograd_core as ag, nn, nn.onnx
    >>> path = f"{tempfile.mkdtemp()}/model.onnx"
    >>> _ = nn.onnx.export(nn.Linear(2, 1), ag.ones(1, 2), path)
    >>> module = nn.onnx.load(path)
    >>> module.input_names, module(ag.ones(1, 2)).shape
    (['input'], (1, 1))
    """

    def __init__(self, onnx: ModuleType, proto: ModelProto):
        super().__init__()
        graph = proto.graph
        version = max((o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")), default=1)
        self.graph = Graph(onnx, graph.node, version, graph)
        arrays = {t.name: self.graph.constants.pop(t.name) for t in graph.initializer}
        self.input_names = [i.name for i in graph.input if i.name not in arrays]
        self.output_names = [o.name for o in graph.output]
        properties = {p.key: p.value for p in proto.metadata_props}
        fixed = set(properties.get(BUFFERS, "").split("\n"))
        fixed |= {name for node in self.graph.nodes if node.kind == "BatchNormalization" for name in node.inputs[3:5]}
        if proto.producer_name != PRODUCER:  # others keep constants such as the 0.5 of a formula there too
            fixed |= {name for name, array in arrays.items() if array.ndim == 0}
        self.kept = {name: self._keep(name, array, name not in fixed) for name, array in arrays.items()}

    def _keep(self, name: str, array: ndarray, trained: bool) -> tuple[Module, str]:
        """Keep an initializer under its name, dots as submodules; return the module and the attribute that have it."""
        module: Module = self
        *path, leaf = name.split(".")
        for part in path:
            below = module._modules.get(part)
            if below is None and (not part or hasattr(module, part)):
                module, leaf = self, name.replace(".", "_")
                break
            if below is None:
                module.add_module(part, Module())
            module = module._modules[part]  # type: ignore[assignment]
        while not leaf or hasattr(module, leaf):
            leaf += "_"
        t = ag.from_numpy(np.array(array))
        if trained and array.dtype.kind == "f":
            module.register_parameter(leaf, Parameter(t))
        else:
            module.register_buffer(leaf, t)
        return module, leaf

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        unknown = set(kwargs) - set(self.input_names)
        inputs = dict(zip(self.input_names, args, strict=False)) | kwargs
        missing = [name for name in self.input_names if name not in inputs]
        if missing or unknown or len(args) > len(self.input_names):
            raise TypeError(
                f"ONNXModule: takes the inputs {', '.join(self.input_names)}, got {len(args)} in order"
                + (f" and {', '.join(kwargs)} by name" if kwargs else "")
            )
        values: dict[str, Any] = {name: getattr(module, leaf) for name, (module, leaf) in self.kept.items()}
        values |= self.graph.constants
        values |= {name: _operand(name, inputs[name]) for name in self.input_names}
        outputs = tuple(_result(x) for x in self.graph.evaluate(values))
        return outputs[0] if len(outputs) == 1 else outputs

    def extra_repr(self) -> str:
        return f"{len(self.graph.nodes)} nodes: {', '.join(self.input_names)} -> {', '.join(self.output_names)}"


def _result(x: Any) -> Any:
    """A value as a tensor; a sequence as a list, an optional value that is not there as None."""
    if isinstance(x, list):
        return [_result(v) for v in x]
    return x if x is None or hasattr(x, "requires_grad") else ag.tensor(x)


def _operand(name: str, x: Any) -> Any:
    if x is None or isinstance(x, list):  # an optional value, a sequence
        return x if x is None else [_operand(name, v) for v in x]
    if isinstance(x, ndarray):
        return ag.from_numpy(x)
    if not is_traced(x):
        raise TypeError(f"ONNXModule: input '{name}' must be a tensor or an array, got {describe(x)}")
    return x


def load(path: str | Path | bytes) -> ONNXModule:
    """Read an ONNX file as a module that evaluates its graph with our operations.

    path: the file, or its content as bytes. Weights that the file keeps in other files are read from its folder and
        those below, never from elsewhere.

    Floating initializers become parameters under their names in the file, so that the module can be trained further
    (numbers without dimensions do not, unless the file is ours). Normalisation and dropout do what they do in
    evaluation, unless a node says that it trains. Files of other programs load too: branches, loops and functions, and
    operators that the standard defines by others.

    Formula: none; a graph
    Shapes: as in the file.
    Dtypes: as in the file.
    Raises: ValueError, with the file, if it is no ONNX file; NotImplementedError, before anything is computed, for a
        node or an attribute that cannot be computed here, with its name, and from a call for a form of its inputs that
        cannot; ImportError without the package onnx.
    Source: the ONNX specification.

    >>> import tempfile, autograd_core as ag, nn, nn.onnx
    >>> model, path = nn.Linear(2, 1), f"{tempfile.mkdtemp()}/model.onnx"
    >>> _ = nn.onnx.export(model, ag.ones(1, 2), path)
    >>> ag.allclose(nn.onnx.load(path)(ag.ones(1, 2)), model(ag.ones(1, 2)))
    True
    """
    onnx = onnx_package()
    content = path if isinstance(path, bytes) else Path(path).read_bytes()
    name = "the file" if isinstance(path, bytes) else str(path)
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(content)
        read_external(onnx, proto, None if isinstance(path, bytes) else Path(path).parent, name)
        onnx.checker.check_model(proto)
        if proto.functions:
            from onnx import inliner

            proto = inliner.inline_local_functions(proto)
    except ExternalDataError:
        raise
    except Exception as error:
        first = str(error).strip().split("\n")[0]
        raise ValueError(
            f"{name}: not a valid ONNX file ({first}; it has {len(content)} bytes); export it again"
        ) from None
    return ONNXModule(onnx, proto)
