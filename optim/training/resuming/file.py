"""The state of a run as a safetensors file: numbers, texts and arrays, nested, with a checksum over all of it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core import Tensor, from_numpy
from autograd_core.interchange import safetensors
from autograd_core.interchange.structure import STRUCTURE, flattened, restored

from .identity import checksum

CHECKSUM = "autograd_core.checksum"  # the metadata's key for the CRC-32 of the structure and of all arrays
FORMAT = 1
NEEDED = "numbers, texts, None, arrays and tensors, in dictionaries, lists and tuples"


def packed(path: Path, state: Mapping[str, Any]) -> tuple[dict[str, ndarray], str]:
    """The arrays of a state by name, and its structure as JSON. Raises TypeError for what a file cannot hold."""
    arrays: dict[str, ndarray] = {}
    try:
        text = json.dumps(flattened(state, "", arrays, NEEDED, "the state", _storable))
        for name, array in arrays.items():
            safetensors.check_storable(name, array)
    except (TypeError, RecursionError) as error:
        raise TypeError(f"fit: the checkpoint {path} cannot be written: {error}") from None
    return arrays, text


def write(path: Path, state: Mapping[str, Any]) -> None:
    """Write a state beside its place and move it there once it is on the disk."""
    arrays, text = packed(path, state)
    safetensors.write(path, arrays, {STRUCTURE: text, CHECKSUM: f"{_checksum(arrays, text):08x}"})


def read(path: Path) -> dict[str, Any]:
    """The state in a file. Raises ValueError if it is damaged, or no checkpoint of `fit`."""
    arrays, texts = safetensors.read(path)
    if STRUCTURE not in texts or CHECKSUM not in texts:
        raise ValueError(
            f"{path}: not a checkpoint of fit, but another safetensors file; nn.load reads those of nn.save. Pass another "
            "path, or remove the file"
        )
    if f"{_checksum(arrays, texts[STRUCTURE]):08x}" != texts[CHECKSUM]:
        raise ValueError(f"{path}: damaged, its checksum is another; restore the file, or start anew with resume=False")
    state = _plain(restored(json.loads(texts[STRUCTURE]), {name: from_numpy(array) for name, array in arrays.items()}))
    if state["format"] != FORMAT:
        raise ValueError(f"{path}: a checkpoint of format {state['format']}, and this version reads {FORMAT}")
    return state


def _checksum(arrays: Mapping[str, ndarray], text: str) -> int:
    named = [(name, array.dtype.str, array.shape, array) for name, array in sorted(arrays.items())]
    return checksum(named, zlib.crc32(text.encode()))


def _storable(x: Any) -> Any:
    """x as the format holds it: scalars as Python's numbers, complex128 as two float64."""
    if isinstance(x, np.bool_ | np.integer | np.float64):
        return x.item()
    array = x.array if isinstance(x, Tensor) else x
    if isinstance(array, ndarray) and array.dtype == np.complex128:
        return {"complex128": np.ascontiguousarray(array).reshape(*array.shape, 1).view(np.float64)}
    return x


def _plain(x: Any) -> Any:
    """The inverse of `_storable`, with arrays for tensors."""
    if isinstance(x, Tensor):
        return x.array
    if isinstance(x, dict):
        if x.keys() == {"complex128"}:
            return x["complex128"].array.view(np.complex128)[..., 0]
        return {key: _plain(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return type(x)(_plain(value) for value in x)
    return x
