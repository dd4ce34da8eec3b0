"""Rules for NumPy's functions without a derivative (questions, integers, files), and for those that are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.operands import is_traced
from ...engine.tensor import range_checked
from .common import TABLE, as_tensor, bare, f, typed, value, wrapped


def _on_values(names: str, namespace: Any = np, prefix: str = "") -> None:
    """NumPy's own function on the bare values; arrays in the result become tensors without a history."""

    def call(function: Callable) -> Callable:
        return lambda *args, **kwargs: wrapped(function(*bare(args), **{k: bare(v) for k, v in kwargs.items()}))

    for name in names.split():
        if hasattr(namespace, name):
            TABLE[prefix + name] = call(getattr(namespace, name))


# Integer and boolean answers, and texts. Nothing of this has a derivative, so nothing is lost.
_on_values(
    "allclose array_equal array_equiv isclose iscomplex isreal isneginf isposinf isin in1d argwhere flatnonzero "
    "argpartition lexsort searchsorted digitize ravel_multi_index unravel_index tril_indices_from triu_indices_from "
    "diag_indices_from may_share_memory shares_memory packbits unpackbits einsum_path array_str array2string "
    "save savez savez_compressed savetxt"
)
_on_values("matrix_rank", np.linalg, "linalg.")

TABLE |= {
    "array_repr": lambda arr, *args, **kwargs: repr(arr),
    "shape": lambda a: tuple(as_tensor(a).shape),
    "ndim": lambda a: as_tensor(a).ndim,
    "size": lambda a, axis=None: int(np.size(value(a), axis)),
    "iscomplexobj": lambda x: x.dtype.kind == "c",
    "isrealobj": lambda x: x.dtype.kind != "c",
    "result_type": lambda *xs: np.result_type(*[x.dtype if is_traced(x) else x for x in xs]),
    "can_cast": lambda from_, to, casting="safe": np.can_cast(from_.dtype, to, casting),
    "common_type": lambda *arrays: np.common_type(*bare(arrays)),
    "min_scalar_type": lambda a, /: np.min_scalar_type(bare(a)),
}


def _like(name: str, make: Callable) -> None:
    def like(
        prototype: Any, *args: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None,
        device: Any = None,
    ) -> Any:  # fmt: skip
        return make(prototype, tuple(prototype.shape) if shape is None else shape, dtype, *args)

    TABLE[name] = like


def _filled(prototype: Any, shape: Any, fill_value: Any, dtype: Any = None, *rest: Any) -> Any:
    dtype = np.dtype(dtype or prototype.dtype)
    value = (
        as_tensor(fill_value).to(dtype)
        if is_traced(fill_value)
        else wrapped(range_checked(fill_value, dtype, "full_like"))
    )
    return f.clone(f.broadcast_to(value, shape))


def _new(function: Callable) -> Callable:
    """zeros_like(a, dtype, …) and its like: the dtype may be the second argument."""
    return lambda prototype, shape, dtype, second=None, *rest: wrapped(
        function(shape, dtype or second or prototype.dtype)
    )


_like("zeros_like", _new(np.zeros))
_like("ones_like", _new(np.ones))
_like("empty_like", _new(np.empty))
_like(
    "full_like",
    lambda prototype, shape, dtype, fill_value, second=None, *rest: _filled(
        prototype, shape, fill_value, dtype or second
    ),
)

# Creation with like=t: np.array([t, u], like=t) is the recorded stack, np.zeros(3, like=t) a tensor of zeros
_on_values("arange empty eye identity ones tri zeros fromfunction fromiter fromstring frombuffer")


def _full(
    shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None
) -> Any:
    return f.clone(f.broadcast_to(typed(fill_value, dtype), shape))


TABLE["full"] = _full


def _converted(name: str) -> None:
    def array(obj: Any, dtype: Any = None, *args: Any, copy: Any = None, **options: Any) -> Any:
        x = typed(obj, dtype)
        return f.clone(x) if name == "array" and copy is not False else x

    TABLE[name] = array


for _name in ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray", "require"):
    _converted(_name)

# Functions that overwrite an array: the way to say it so that it is recorded
IN_PLACE = {
    "copyto": "x.copy_(values)",
    "put": "x.put_(index, values) or x[…] = values",
    "put_along_axis": "x.scatter_(dim, index, values)",
    "putmask": "x[mask] = values",
    "place": "x.masked_scatter_(mask, values)",
    "fill_diagonal": "x.fill_diagonal_(value)",
}


def overwrites(name: str) -> TypeError:
    return TypeError(
        f"np.{name}: overwrites an array behind the graph's back; write {IN_PLACE[name]} on a tensor, which is "
        "recorded, or build the result with np.where or np.concatenate"
    )
