"""Weights that an ONNX file keeps in other files: they are read from its folder alone, and become part of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any


class ExternalDataError(ValueError):
    """The data of a tensor that cannot be read, or not from where the model says."""


def read_external(onnx: Any, proto: Any, folder: Path | None, name: str) -> None:
    """Put the data that tensors of the model keep elsewhere into them. `folder` is the file's, None if it is bytes.

    Raises ExternalDataError that names the file and the tensor for data outside the folder (by an absolute path, by "..", by a
    link), for data that is not there, and for fewer bytes than the shape needs, before so much memory is taken.
    """
    for where, tensor in _tensors(proto.graph, "graph"):
        if tensor.data_location != onnx.TensorProto.EXTERNAL and not tensor.external_data:
            continue
        entries = {entry.key: entry.value for entry in tensor.external_data}
        problem = f"{name}: the data of '{tensor.name or where}' is kept in '{entries.get('location', '')}'"
        if folder is None:
            raise ExternalDataError(f"{problem}, and bytes have no folder to look in; load the file by its path")
        path = _inside(folder, entries.get("location", ""), problem)
        try:
            offset, size = int(entries.get("offset", 0)), path.stat().st_size
            length = int(entries.get("length", size - offset))
        except ValueError:
            raise ExternalDataError(f"{problem} at no number of bytes; export the model again") from None
        needed = math.prod(tensor.dims) * _item_size(onnx, tensor, problem)
        if offset < 0 or length != needed or offset + length > size:
            raise ExternalDataError(
                f"{problem}, {length} bytes from {offset} on; its shape {tuple(tensor.dims)} takes {needed}, and {path} has "
                f"{size}; export the model again"
            )
        with path.open("rb") as file:
            file.seek(offset)
            tensor.raw_data = file.read(length)
        tensor.ClearField("external_data")
        tensor.data_location = onnx.TensorProto.DEFAULT


def _tensors(graph: Any, where: str) -> Iterator[tuple[str, Any]]:
    """All tensors of a graph and of those inside its nodes, with where they are."""
    for tensor in graph.initializer:
        yield where, tensor
    for node in graph.node:
        inside = f"node {node.name or ', '.join(node.output)}"
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield inside, attribute.t
            for tensor in attribute.tensors:
                yield inside, tensor
            for below in [*([attribute.g] if attribute.HasField("g") else []), *attribute.graphs]:
                yield from _tensors(below, inside)


def _inside(folder: Path, location: str, problem: str) -> Path:
    """The path of a location, which must be a file in the folder or below it."""
    kinds = (PurePosixPath(location), PureWindowsPath(location))
    if not location or any(path.is_absolute() or path.anchor or ".." in path.parts for path in kinds):
        raise ExternalDataError(
            f"{problem}; it must be a path inside the model's folder, without '..': save it again there"
        )
    path = folder / location
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        raise ExternalDataError(f"{problem}, which is not in {folder}; put it beside the model") from None
    if not real.is_relative_to(folder.resolve()) or not real.is_file():
        raise ExternalDataError(
            f"{problem}, which leads out of {folder} or is no file; put the file itself beside the model"
        )
    return real


PLAIN = (
    "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32", "INT64", "BOOL", "FLOAT16", "DOUBLE", "UINT32", "UINT64", "COMPLEX64",
    "COMPLEX128", "BFLOAT16",
)  # fmt: skip


def _item_size(onnx: Any, tensor: Any, problem: str) -> int:
    """The bytes of one element."""
    if tensor.data_type not in (onnx.TensorProto.DataType.Value(kind) for kind in PLAIN):
        raise ExternalDataError(
            f"{problem} with the data type {tensor.data_type}; that is read from the model's own file only"
        )
    return onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
