"""`ag.save` and `ag.load`: tensors and containers of them, in one file."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from numpy import ndarray

from ..engine.creation import from_numpy, on_cpu
from ..engine.tensor import describe
from . import pytorch, safetensors
from .files import replacing
from .structure import STRUCTURE, flattened, restored

File: TypeAlias = str | os.PathLike | BinaryIO

NEEDED = "a tensor, an array, a number, a text, None, or dictionaries, lists and tuples of them"


def save(obj: object, f: File) -> None:
    """Write tensors, numbers, texts and None, in dictionaries, lists and tuples nested as you like, to a file.

    `obj` is what to write, `f` a path or a binary file that is open for writing. A file by its path is written beside its
    place and moved there when it is complete. The format is safetensors, with the structure as its metadata: no code is
    ever read back, and other libraries read the tensors. A tensor that occurs twice is one when it is loaded; a view has
    memory of its own then. Of a model, save its `state_dict()`; `nn.save` takes models themselves.

    Formula: load(save(obj)) = obj
    Shapes: any.
    Dtypes: bool, (unsigned) integers, float16, float32, float64, complex64.
    Raises: TypeError for what cannot be stored, before anything is written; ValueError for a container in itself.
    Source: PyTorch's `save`, whose format is pickle; the format's description at github.com/huggingface/safetensors.

    >>> import tempfile
    >>> import autograd_core as ag
    >>> path = f"{tempfile.mkdtemp()}/run.safetensors"
    >>> ag.save({"w": ag.ones(2), "epoch": 3, "sizes": (2, 1)}, path)
    >>> ag.load(path)
    {'w': tensor([1., 1.]), 'epoch': 3, 'sizes': (2, 1)}
    """
    if not hasattr(f, "write") and not isinstance(f, str | os.PathLike):
        raise TypeError(f"save: needs a path or a binary file, got {describe(f)}; the order is ag.save(obj, path)")
    arrays: dict[str, ndarray] = {}
    try:
        tree = flattened(obj, "", arrays, NEEDED, "the object", _no_module, {})
        text = json.dumps(tree)
    except RecursionError:
        raise ValueError("save: a container contains itself, or the nesting is too deep") from None
    for name, array in arrays.items():
        safetensors.check_storable(name, array)
    content = safetensors.prepared(f, arrays, {STRUCTURE: text})
    if isinstance(f, str | os.PathLike):
        with replacing(Path(f)) as file:
            content(file)
    elif isinstance(f, io.TextIOBase):
        raise TypeError("save: the file is open for text; open it with 'wb'")
    else:
        content(f)


def _no_module(x: Any) -> Any:
    if hasattr(x, "state_dict"):
        raise TypeError(
            f"save: {type(x).__name__} is no tensor or plain container; save its state, ag.save(x.state_dict(), path), and "
            "load it by x.load_state_dict(ag.load(path)); nn.save takes it as it is"
        )
    return x


def load(
    f: File,
    map_location: str | Mapping[str, str] | None = None,
    *,
    weights_only: bool = True,
    mmap: bool | None = None,
) -> Any:
    """Read what `save` wrote, any safetensors file, or a `.pt` or `.pth` file that PyTorch wrote.

    `f` is a path or a binary file that is open for reading. All tensors come into main memory: `map_location` is None or
    "cpu". A file of PyTorch's is read by an interpreter that knows tensors, parameters (which become tensors that require a
    gradient), numbers, texts and plain containers; it calls nothing, refuses everything else by its name, and so
    `weights_only` False admits no more. Tensors that share a storage share memory, as there. `mmap` is accepted; all is
    read at once.

    Formula: load(save(obj)) = obj
    Shapes: those of the file.
    Dtypes: those of the file; bfloat16 becomes float32, without loss; float8 is refused.
    Raises: ValueError for a file that is damaged or of another format, with what is wrong; pickle.UnpicklingError for a
        file of PyTorch's that holds other classes, with their names; TypeError for another map_location;
        FileNotFoundError.
    Source: PyTorch's `load`; the format's description at github.com/huggingface/safetensors.

    >>> import io
    >>> import autograd_core as ag
    >>> file = io.BytesIO()
    >>> ag.save([ag.tensor([1, 2]), None], file)
    >>> _ = file.seek(0)
    >>> ag.load(file)
    [tensor([1, 2]), None]
    """
    for location in map_location.values() if isinstance(map_location, Mapping) else (map_location,):
        on_cpu(location, "load")
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            return _read(file, str(f))
    if isinstance(f, io.TextIOBase) or not hasattr(f, "read") or not hasattr(f, "seek"):
        raise TypeError(f"load: needs a path or a binary file (open it with 'rb'), got {describe(f)}")
    return _read(f, str(getattr(f, "name", "the file")))


def _read(file: Any, path: str) -> Any:
    start = file.tell()
    size = file.seek(0, os.SEEK_END) - start
    file.seek(start)
    beginning = file.read(16)
    file.seek(start)
    if pytorch.is_archive(beginning):
        return pytorch.read_archive(file, path, size)
    if pytorch.is_legacy(beginning):
        return pytorch.read_legacy(file, path, size)
    if beginning[:1] == b"\x80" and beginning[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise ValueError(
            f"{path}: a pickle, which nobody should load from a file of unknown origin; needed is what ag.save, safetensors "
            "or torch.save write"
        )
    arrays, texts = safetensors.read_from(file, path, size)
    tensors = {name: from_numpy(array) for name, array in arrays.items()}
    if STRUCTURE not in texts:
        return tensors
    try:
        return restored(json.loads(texts[STRUCTURE]), tensors)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, RuntimeError) as error:
        raise ValueError(
            f"{path}: its metadata '{STRUCTURE}' does not describe its tensors ({error!r}); it was changed after ag.save"
        ) from None
