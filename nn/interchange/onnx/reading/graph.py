"""Graphs and their nodes: what computes each, from values by name. A node may hold graphs: branches, the body of a loop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .nodes import NODES
from .rule import Rule

HINTS = {"consumed_inputs"}  # of opset 1: which inputs may be overwritten


class Node:
    """A node of the file: what computes it, and the names of its inputs and outputs.

    free  names that the graphs inside of it read from around it
    """

    def __init__(self, onnx: Any, proto: Any, version: int, references: dict | None = None):
        proto = _resolved(onnx, proto, references or {})
        self.kind, self.version = proto.op_type, version
        self.inputs, self.outputs = list(proto.input), list(proto.output)
        self.name = proto.name or next(filter(None, self.outputs), "")
        self.attributes = {a.name: _attribute(onnx, a, version, references) for a in proto.attribute}
        self.free = {name for value in self.attributes.values() if isinstance(value, Graph) for name in value.free}
        domain = f"{proto.domain}." if proto.domain not in ("", "ai.onnx") else ""
        rule = None if domain else NODES.get(self.kind) or defined_by_others(onnx, proto, version)
        if rule is None:
            raise NotImplementedError(
                f"onnx.load: node '{self.name}' is {domain}{self.kind}, which cannot be computed here; there are "
                f"{', '.join(NODES)}"
            )
        self.rule = rule
        self.generator: Any = None  # of random numbers, if it has a seed
        for name, value in self.attributes.items():
            if name not in self.rule.reads | self.rule.ignores | HINTS and not self._is_default(onnx, name, value):
                raise self.unsupported(f"the attribute {name}={value!r} cannot be taken into account here")

    def __call__(self, values: list, scope: dict | None = None) -> tuple:
        """The outputs, from the values of the inputs; `scope` holds those that graphs inside may read."""
        try:
            out = (
                self.rule.compute(self, scope or {}, *values) if self.rule.scoped else self.rule.compute(self, *values)
            )
        except Exception as error:
            error.add_note(f"[in node {self.name}, {self.kind}]")
            raise
        outs = out if isinstance(out, tuple) else (out,)
        if any(self.outputs[len(outs) :]):
            raise self.unsupported(f"its output {len(outs) + 1}, '{next(filter(None, self.outputs[len(outs) :]))}'")
        return outs

    def _is_default(self, onnx: Any, name: str, value: Any) -> bool:
        """Whether the attribute says what holds without it, by the definition of the operator."""
        schema = onnx.defs.get_schema(self.kind, self.version)
        default = schema.attributes[name].default_value if name in schema.attributes else None
        return default is not None and bool(default.name) and _attribute(onnx, default) == value

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute, one of those that the rule says it reads."""
        assert name in self.rule.reads, (self.kind, name)
        return self.attributes.get(name, default)

    def wants(self, output: int) -> bool:
        """Whether the output of this number is used."""
        return len(self.outputs) > output and bool(self.outputs[output])

    def unsupported(self, why: str) -> NotImplementedError:
        return NotImplementedError(f"onnx.load: node '{self.name}', {self.kind}: {why}")


def _resolved(onnx: Any, proto: Any, references: dict) -> Any:
    """A node of a function's body with the attributes that it takes from the node that the function computes."""
    if not any(attribute.ref_attr_name for attribute in proto.attribute):
        return proto
    out = onnx.NodeProto()
    out.CopyFrom(proto)
    out.ClearField("attribute")
    for attribute in proto.attribute:
        if not attribute.ref_attr_name:
            out.attribute.append(attribute)
        elif attribute.ref_attr_name in references:
            out.attribute.append(references[attribute.ref_attr_name])
            out.attribute[-1].name = attribute.name
    return out


def _attribute(onnx: Any, attribute: Any, version: int = 1, references: dict | None = None) -> Any:
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    if isinstance(value, onnx.GraphProto):
        return Graph(onnx, value.node, version, value, references)
    return [v.decode() if isinstance(v, bytes) else v for v in value] if isinstance(value, list | tuple) else value


class Graph:
    """Nodes in order, with the names of what goes in and comes out.

    constants  values that are in the graph itself
    types      those of the outputs, as the file says them
    free       names that are read from around it
    """

    def __init__(self, onnx: Any, nodes: Iterable, version: int, proto: Any, references: dict | None = None):
        parsed = [Node(onnx, node, version, references) for node in nodes]
        self.constants = {node.outputs[0]: node([])[0] for node in parsed if node.kind == "Constant"}
        self.nodes = [node for node in parsed if node.kind != "Constant"]
        ports = (getattr(port, "name", port) for port in proto.input)  # a function's are names alone
        self.input_names = list(ports)
        self.output_names = [getattr(port, "name", port) for port in proto.output]
        self.types = [getattr(port, "type", None) for port in proto.output]
        if len(getattr(proto, "sparse_initializer", ())):
            raise NotImplementedError("onnx.load: sparse initializers cannot be read here; make them dense")
        self.constants |= {t.name: onnx.numpy_helper.to_array(t) for t in getattr(proto, "initializer", ())}
        self.last_use: dict[str, int] = {}
        known, self.free = {*self.constants, *self.input_names, ""}, set()
        for i, node in enumerate(self.nodes):
            read = {*node.inputs, *node.free}
            self.last_use |= dict.fromkeys(read, i)
            self.free |= read - known
            known |= set(node.outputs)
        self.free |= set(self.output_names) - known

    def __call__(self, inputs: Iterable, scope: dict | None = None) -> list:
        """The values of the outputs, from those of the inputs and of names around it."""
        values = {**(scope or {}), **self.constants, **dict(zip(self.input_names, inputs, strict=True))}
        return self.evaluate(values)

    def evaluate(self, values: dict) -> list:
        """The values of the outputs. `values`, all that is known by name, is used up."""
        for i, node in enumerate(self.nodes):
            outs = node([values[name] if name else None for name in node.inputs], values)
            values.update(zip(node.outputs, outs, strict=False))
            for name in (*node.inputs, *node.free):  # what is not read again need not be kept
                if self.last_use[name] == i and name not in self.output_names:
                    values.pop(name, None)
        return [values[name] for name in self.output_names]


# ------------------------------------------------------------------------------- operators that the standard defines by others


def defined_by_others(onnx: Any, proto: Any, version: int) -> Rule | None:
    """The rule of an operator whose definition is a function of other operators; None if it has none.

    The function may depend on the types of the inputs; it is built when they are known, and again if they change.
    """
    try:
        schema = onnx.defs.get_schema(proto.op_type, version)
    except onnx.defs.SchemaError:
        return None
    versions = (*schema.function_opset_versions, *schema.context_dependent_function_opset_versions)
    if not versions:
        return None
    last: list = [None, None]

    def compute(node: Node, *values: Any) -> tuple:
        key = tuple(_signature(v) for v in values)
        if last[0] != key:
            fitting = max((v for v in versions if v <= version), default=min(versions))
            body = _function(onnx, node, proto, schema, fitting, values)
            last[:] = key, body
        graph, names = last[1]
        count = len(graph.input_names)
        outs = dict(zip(graph.output_names, graph([*values, *(None,) * (count - len(values))][:count]), strict=True))
        return tuple(outs.get(name) for name in names)

    return Rule(compute, frozenset(schema.attributes))


def _signature(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_signature(v) for v in value)
    return None if value is None else (np.dtype(value.dtype), tuple(value.shape))


def _function(onnx: Any, node: Node, proto: Any, schema: Any, version: int, values: tuple) -> tuple[Graph, list[str]]:
    """The definition of a node's operator for inputs of the types of these values, and the names of all its outputs."""
    whole = onnx.NodeProto()
    whole.CopyFrom(proto)
    there = {a.name for a in proto.attribute}
    whole.attribute.extend(
        a.default_value for name, a in schema.attributes.items() if name not in there and a.default_value.name
    )
    function = onnx.FunctionProto()
    if version in schema.function_opset_versions:
        content = schema.get_function_with_opset_version(version)
    else:
        types = [_type(onnx, value).SerializeToString() for value in values]
        content = schema.get_context_dependent_function_with_opset_version(version, whole.SerializeToString(), types)
    function.ParseFromString(content)
    if not function.node:
        raise node.unsupported(f"the standard has no definition of it for inputs {[_signature(v) for v in values]}")
    opset = max((o.version for o in function.opset_import if o.domain in ("", "ai.onnx")), default=version)
    used = [name for i, name in enumerate(function.output) if node.wants(i)]  # others need not be computed in it
    names = list(function.output)
    del function.output[:]
    function.output.extend(used)
    return Graph(onnx, function.node, opset, function, {a.name: a for a in whole.attribute}), names


def _type(onnx: Any, value: Any) -> Any:
    if value is None:
        return onnx.TypeProto()
    if isinstance(value, list):
        return onnx.helper.make_sequence_type_proto(_type(onnx, value[0]) if value else onnx.TypeProto())
    kind = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(value.dtype))
    return onnx.helper.make_tensor_type_proto(kind, tuple(value.shape))
