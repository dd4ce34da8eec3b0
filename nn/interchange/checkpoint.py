"""Weights in safetensors files: a header with names, dtypes and shapes, then the bytes. No code is ever executed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd_core import Tensor, from_numpy


def save(model: Any, path: str | Path, metadata: Mapping[str, str] | None = None) -> Path:
    """Write a module's `state_dict` (or a dictionary of tensors or arrays) as a safetensors file.

    The file is written beside its place and moved there when it is complete, so a failed save leaves the old file.
    metadata  text to keep with the weights
    """
    from safetensors.numpy import save as serialise

    state = model.state_dict() if hasattr(model, "state_dict") else model
    arrays = {name: np.ascontiguousarray(v.array if isinstance(v, Tensor) else v) for name, v in state.items()}
    content = serialise(arrays, metadata=dict(metadata) if metadata else None)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(unfinished, 0o644)
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return path


def load(path: str | Path, model: Any = None) -> dict[str, Tensor]:
    """Read a safetensors file as a dictionary name -> tensor; with `model`, also load it into that module (strictly).

    Raises ValueError that names the file if it is not a complete safetensors file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load as parse

    path = Path(path)
    content = path.read_bytes()
    try:
        arrays = parse(content)
    except SafetensorError as error:
        raise ValueError(
            f"{path}: not a complete safetensors file ({error}; the file has {len(content)} bytes); save it again"
        ) from None
    state = {name: from_numpy(array) for name, array in arrays.items()}
    if model is not None:
        model.load_state_dict(state)
    return state
