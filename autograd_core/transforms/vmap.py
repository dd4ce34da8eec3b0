"""`vmap`: a function of one example, run on a whole batch at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..engine.tensor import Tensor, describe, wrap
from ..ops.shape.shape import cat, movedim
from . import rules, rules_write, tree  # noqa: F401 (rules register themselves)
from .batched import Batched, front
from .levels import active, below, new_level
from .randomness import randomness_in


def as_tensor(x: Any, name: str) -> Any:
    """An argument as a tensor; Python's floats in float64."""
    if isinstance(x, Tensor | Batched):
        return x
    if isinstance(x, np.ndarray) and x.dtype.kind in "fiubc":
        return wrap(x)
    if isinstance(x, bool | int | float | complex | np.generic):
        return Tensor(np.asarray(x, np.float64) if type(x) is float else np.asarray(x))
    raise TypeError(f"{name}: arguments must be tensors, arrays or numbers, got {describe(x)}")


def is_plain(values: list) -> bool:
    """Whether there are arrays and numbers only, and no `vmap` runs, so that arrays are to come back."""
    return not active() and not any(isinstance(x, Tensor | Batched) for x in values)


def as_plain(y: Any) -> Any:
    """A result as NumPy has it, unless it still has a history; a 0-d one as a scalar."""
    return y.array[()] if isinstance(y, Tensor) and not y.requires_grad else y


# ------------------------------------------------------------------------------------------------ dims nested as values


def spread_dims(d: Any, value: Any, name: str) -> list:
    """A dimension or None for each leaf of `value`, from one for all or from a structure that its own begins with."""
    if d is None or (isinstance(d, int) and not isinstance(d, bool)):
        return [d] * len(tree.flatten(value)[0])
    if isinstance(d, dict):
        if not isinstance(value, dict) or set(d) != set(value):
            raise ValueError(f"vmap: {name} {d} does not fit {_outline(value)}; give one entry for each key")
        return [n for key in value for n in spread_dims(d[key], value[key], name)]
    if not isinstance(d, list | tuple):
        raise ValueError(f"vmap: {name} must be an int, None, or such in the structure of the values, got {d!r}")
    if not isinstance(value, list | tuple) or len(d) != len(value):
        raise ValueError(f"vmap: {name} {d} does not fit {_outline(value)}; give one entry for each part")
    return [n for di, item in zip(d, value, strict=True) for n in spread_dims(di, item, name)]


def _outline(value: Any) -> str:
    if isinstance(value, dict):
        return f"a dictionary with the keys {list(value)}"
    if isinstance(value, list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return "a single value"


def check_chunk_size(name: str, chunk_size: Any) -> None:
    if chunk_size is not None and (isinstance(chunk_size, bool) or not isinstance(chunk_size, int) or chunk_size < 1):
        raise ValueError(f"{name}: chunk_size must be None or at least 1, got {chunk_size!r}")


# ------------------------------------------------------------------------------------------------------------ batching


def vmap(
    func: Callable[..., Any],
    in_dims: int | Sequence[Any] | Mapping[str, Any] | None = 0,
    out_dims: int | Sequence[Any] | Mapping[str, Any] | None = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return the function that applies `func` to a whole batch at once: write it for one example, call it with many.

    in_dims      which dimension of each argument counts the examples: an int, None for an argument that all examples
                 share, or one entry for each argument (nested as the argument is); keyword arguments are shared
    out_dims     where the batch dimension goes in each output: an int, or a structure that the outputs' begins with;
                 None for an output that is the same for all examples
    randomness   "error": drawing random numbers inside raises; "same": all examples get the same draw; "different":
                 each example gets its own
    chunk_size   the largest number of examples at a time, None for all

    Every operation runs once, on the batch, by its batching rule; one without a rule raises. Outputs are arrays if all
    arguments are.

    Formula: out[b] = func(args[b]), b along in_dims and out_dims
    Shapes: (*, B, *) → (*, B, *), B the number of examples.
    Dtypes: those of func.
    Raises: ValueError for another randomness or chunk_size; when it is called, ValueError if the dims do not fit or the
        numbers of examples differ, TypeError for an output that is no tensor, RuntimeError for random numbers.
    Source: PyTorch's `func.vmap`; Bradbury et al. 2018 (JAX).

    >>> import autograd_core as ag
    >>> per_example = ag.func.vmap(ag.func.grad(lambda w, x: (w * x).sum() ** 2), in_dims=(None, 0))
    >>> per_example(ag.tensor([1.0, 2.0]), ag.tensor([[1.0, 0.0], [0.0, 1.0]]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if randomness not in ("error", "same", "different"):
        raise ValueError(f"vmap: randomness must be 'error', 'same' or 'different', got {randomness!r}")
    check_chunk_size("vmap", chunk_size)

    def batched(*args: Any, **kwargs: Any) -> Any:
        dims = spread_dims(in_dims, args, "in_dims") + spread_dims(None, kwargs, "in_dims")
        values, structure = tree.flatten((args, kwargs))
        size = _size(values, dims)
        leaves = [x if d is None else as_tensor(x, "vmap") for x, d in zip(values, dims, strict=True)]
        if chunk_size is None or size <= chunk_size:
            outs, positions, out_structure = run(leaves, structure, dims, size)
        else:
            parts = []
            for start in range(0, size, chunk_size):
                stop = min(size, start + chunk_size)
                chunk = [_cut(x, d, start, stop) for x, d in zip(leaves, dims, strict=True)]
                parts.append(run(chunk, structure, dims, stop - start))
            _, positions, out_structure = parts[0]
            columns = zip(*[outs for outs, _, _ in parts], strict=True)
            outs = [ys[0] if d is None else cat(list(ys)) for ys, d in zip(columns, positions, strict=True)]
        results = [y if d is None else _moved(y, d) for y, d in zip(outs, positions, strict=True)]
        if is_plain(values):
            results = [as_plain(y) for y in results]
        return tree.unflatten(out_structure, results)

    def run(leaves: list, structure: Any, dims: list, size: int) -> tuple[list, list, Any]:
        """The outputs with the batch in front, where it goes, and their structure."""
        with new_level(size) as level, randomness_in(randomness, level, size):
            inputs = [
                x if d is None else Batched(movedim(x, d, 0) if d % x.ndim else x, level)
                for x, d in zip(leaves, dims, strict=True)
            ]
            args, kwargs = tree.unflatten(structure, inputs)
            value = func(*args, **kwargs)
        outs, out_structure = tree.flatten(value)
        positions = spread_dims(out_dims, value, "out_dims")
        return [_unbatched(y, d, level, size) for y, d in zip(outs, positions, strict=True)], positions, out_structure

    return batched


def _size(values: list, dims: list) -> int:
    """The number of examples, which all mapped arguments agree on."""
    sizes = set()
    for i, (x, d) in enumerate(zip(values, dims, strict=True)):
        if d is None:
            continue
        if not hasattr(x, "ndim"):
            raise ValueError(
                f"vmap: leaf {i} of the arguments is {describe(x)}, which has no dimension {d}; set its in_dims to None"
            )
        if not -x.ndim <= d < x.ndim:
            raise ValueError(f"vmap: in_dims {d} is out of range for leaf {i} of shape {tuple(x.shape)}")
        sizes.add(x.shape[d])
    if len(sizes) != 1:
        raise ValueError(
            f"vmap: the mapped dimensions have sizes {sorted(sizes)}; they must be one and the same"
            if sizes
            else "vmap: no argument is mapped (there is none, or in_dims is None for all); map at least one"
        )
    return sizes.pop()


def _cut(x: Any, d: int | None, start: int, stop: int) -> Any:
    return x if d is None else x[(*[slice(None)] * (d % x.ndim), slice(start, stop))]


def _unbatched(y: Any, d: int | None, level: int, size: int) -> Any:
    """An output with the batch dimension in front; as it is, if `d` says that there is none."""
    running = {level, *(number for number, _ in active())}
    if isinstance(y, Batched) and not running.issuperset(below(y)[1]):
        raise RuntimeError(
            "vmap: the function returned a value of a vmap that has ended, kept in a variable from outside; return "
            "such values from the vmap that made them"
        )
    if isinstance(y, Batched) and y.level == level:
        if d is None:
            raise ValueError("vmap: out_dims is None for an output that differs by example; give the batch a dimension")
        return y.value if isinstance(y.value, Tensor | Batched) else wrap(y.value)
    if d is None:
        return y
    if not isinstance(y, Tensor | Batched | np.ndarray | np.generic):
        raise TypeError(
            f"vmap: the function must return tensors or arrays, got {describe(y)}; set its out_dims to None if it is the "
            "same for all examples"
        )
    return front(as_tensor(y, "vmap"), size)


def _moved(y: Any, d: int) -> Any:
    if not -y.ndim <= d < y.ndim:
        raise IndexError(f"vmap: out_dims {d} is out of range for an output of shape {tuple(y.shape)} with the batch")
    return movedim(y, 0, d) if d else y
