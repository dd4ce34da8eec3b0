"""Models and training to and from safetensors files: `nn.save`, `nn.load`."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from numpy import ndarray

from autograd_core import from_numpy
from autograd_core.engine.tensor import describe
from autograd_core.interchange import safetensors
from autograd_core.interchange.structure import STRUCTURE, flattened, restored

from ..state import IncompatibleKeys


class Loads(Protocol):
    """A module, an optimiser, a scheduler, or what else has a state."""

    def state_dict(self) -> Mapping[str, Any]: ...

    def load_state_dict(self, state_dict: Any) -> Any: ...


Saved: TypeAlias = Loads | Mapping[str, Any]


class Loaded(dict):
    """Holds the content of a file as a dictionary.

    metadata: the texts saved with it.
    incompatible: the missing and unexpected keys that `strict=False` passed over; None if no module was loaded.
    """

    metadata: dict[str, str]
    incompatible: IncompatibleKeys | None = None


def save(model: Saved, path: str | Path, metadata: Mapping[str, str] | None = None) -> Path:
    """Write the state of a model to a safetensors file, which PyTorch reads too; return the path.

    model: a module, an optimiser or anything else with `state_dict`, or a dictionary of such things, of tensors,
        arrays, numbers and texts, nested as you like: {"model": model, "optimizer": optimizer, "epoch": 3}.
    path: the file; it is written beside its place and moved there when it is complete, so a failed save leaves the old
        file.
    metadata: texts to keep with it.

    Formula: 8 bytes n, n bytes of JSON (names, dtypes, shapes, offsets), then the tensors row by row, little-endian
    Shapes: any.
    Dtypes: bool, (unsigned) integers, float16, float32, float64, complex64.
    Raises: TypeError or ValueError, before anything is written, for what cannot be stored; OSError if the file cannot
        be written.
    Source: the description of the format at github.com/huggingface/safetensors.

    >>> import tempfile, nn
    >>> layer = nn.Linear(2, 1)
    >>> path = nn.save({"model": layer, "epoch": 3}, f"{tempfile.mkdtemp()}/run.safetensors")
    >>> state = nn.load(path, {"model": layer})
    >>> state["epoch"], list(state["model"])
    (3, ['weight', 'bias'])
    """
    texts = dict(metadata or {})
    for key, text in texts.items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise TypeError(f"save: metadata are texts by name, got {key!r}: {text!r}; use str(…)")
    arrays: dict[str, ndarray] = {}
    tree = flattened(model, "", arrays, NEEDED, "the model", _state)
    if not isinstance(tree, dict) or "dict" not in tree:
        raise TypeError(
            f"save: needs something with state_dict, or a dictionary, got {describe(model)}; give it a name"
        )
    if tree["dict"] != [[name, {"tensor": name}] for name in arrays]:
        if STRUCTURE in texts:
            raise ValueError(f"save: the metadata's key '{STRUCTURE}' is taken by the file itself; choose another")
        texts[STRUCTURE] = json.dumps(tree)
    for name, array in arrays.items():
        safetensors.check_storable(name, array)
    path = Path(path)
    safetensors.write(path, arrays, texts)
    return path


def load(path: str | Path, model: Loads | Mapping[str, Loads] | None = None, strict: bool = True) -> Loaded:
    """Read a safetensors file, PyTorch's too, as a dictionary name → tensor, or as the dictionary that was saved.

    path: the file.
    model: a module, an optimiser, or a dictionary of them as it was passed to `save`: they get the values of the file.
    strict: for modules: refuse missing and unexpected keys, as `load_state_dict` does.

    Formula: the inverse of `save`
    Shapes: those of the file.
    Dtypes: those of the file; bfloat16 becomes float32, without loss.
    Raises: ValueError, with the file and the byte where it goes wrong, if it is not a complete safetensors file;
        RuntimeError or ValueError if something does not fit: then all that was passed stays as it was;
        FileNotFoundError.
    Source: the description of the format at github.com/huggingface/safetensors.

    >>> import tempfile, autograd_core as ag, nn
    >>> path = nn.save({"w": ag.ones(2), "name": "run 1"}, f"{tempfile.mkdtemp()}/run.safetensors")
    >>> nn.load(path)
    {'w': tensor([1., 1.]), 'name': 'run 1'}
    """
    path = Path(path)
    arrays, texts = safetensors.read(path)
    tensors = {name: from_numpy(array) for name, array in arrays.items()}
    try:
        loaded = Loaded(restored(json.loads(texts[STRUCTURE]), tensors) if STRUCTURE in texts else tensors)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{path}: its metadata '{STRUCTURE}' does not describe its tensors ({error!r}); it was changed after nn.save, "
            "or is no dictionary of ag.save's: then use ag.load"
        ) from None
    loaded.metadata = {key: text for key, text in texts.items() if key != STRUCTURE}
    if isinstance(model, Mapping):
        absent = [key for key in model if key not in loaded]
        if absent:
            raise ValueError(f"{path}: has no {', '.join(map(repr, absent))}; it has {', '.join(map(repr, loaded))}")
        _load_all([(target, loaded[key]) for key, target in model.items()], loaded, strict)
    elif model is not None:
        _load_all([(model, loaded)], loaded, strict)
    return loaded


def _load_all(pairs: list[tuple[Any, Any]], loaded: Loaded, strict: bool) -> None:
    """Load each state into its target; if one fails, those before it get back what they had."""
    done = []
    try:
        for target, state in pairs:
            if len(pairs) > 1:
                done.append((target, copy.deepcopy(target.state_dict())))
            if hasattr(target, "named_parameters"):
                state = {**state, **_shared(target, state, loaded.metadata)}
                loaded.incompatible = target.load_state_dict(state, strict=strict)
            else:
                target.load_state_dict(state)
    except BaseException:
        for target, before in done:
            target.load_state_dict(before)
        raise


def _shared(module: Any, state: Mapping, metadata: dict[str, str]) -> dict[str, Any]:
    """Tensors that one memory holds are written once by `safetensors.torch.save_model`, the others' names as metadata."""
    return {
        name: state[metadata[name]] for name in module.state_dict() if name not in state and metadata.get(name) in state
    }


def _state(x: Any) -> Any:
    return x.state_dict() if hasattr(x, "state_dict") else x


NEEDED = "a module, an optimiser, a tensor, an array, a number, a text, or dictionaries and lists of them"
