"""NumPy's own functions on tensors: `np.sin(t)`, `a + t`, `np.concatenate([t, u])` record into the graph.

NumPy hands its functions over through two protocols, `__array_ufunc__` and `__array_function__`; each is looked up in a
table of rules. A function without one raises and names itself: none computes on bare arrays with the gradient silently
dropped. `t.numpy()` and `t.detach()` are the ways out of the graph, and visible ones. The ufuncs of `scipy.special` come
the same way: those that `ag.special` has record, the others raise.

The functions keep NumPy's meaning (`np.var` divides by n, `np.max` over ties shares the gradient, `np.cumsum` without
an axis flattens) and return tensors. Dtypes follow the tensors' rules, as in `a + t`: NumPy's scalars are weak, an
integer array does not widen a float32 tensor, and integers become the default float where floats are needed.

Methods are PyTorch's, also where NumPy has the same name: `x.std()` divides by n - 1, `x.max(axis=0)` gives values and
indices, `x.size()` is a method. In NumPy programs that shall be differentiated, write `np.std(x)`, `np.max(x, axis=0)`.

What NumPy does not hand over asks a tensor for its array, as `np.asarray(t)` does. While recording is on that raises for
a tensor that requires a gradient (see `Tensor.__array__`); under `no_grad` it shares the tensor's memory:

    np.array([t, u]), np.sum([t, u])    a list of tensors as the only operand; use np.stack([t, u]), or like=t
    a[i] = t                            on an ndarray; make it a tensor, with np.zeros_like(t) or np.zeros(3, like=t)
    np.vectorize(f)(t), np.r_[t, u]     use ag.vmap, np.concatenate
    np.polynomial, np.random, SciPy     what is written without the protocols

`float(t)`, `t.item()`, `t.tolist()` and texts (`f"{t:.3f}"`) give numbers, as everywhere.

The files: `common` has the table, operands and what is refused; `ufuncs` the universal functions and their methods; the
others the rules, by family.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import algebra, padding, plain, reductions, selection, shapes, signal, statistics
from .common import TABLE, no_rule
from .plain import IN_PLACE, overwrites
from .ufuncs import array_ufunc

__all__ = ["TABLE", "array_function", "array_ufunc"]

MODULES = ("linalg", "fft", "lib.scimath", "lib.stride_tricks", "lib.recfunctions", "ma", "char", "strings")


def full_name(func: Callable) -> str:
    """The name of a NumPy function below `numpy`: "sum", "linalg.norm"."""
    module = (getattr(func, "__module__", None) or "").removeprefix("numpy").strip(".")
    return f"{module}.{func.__name__}" if module in MODULES else func.__name__


def array_function(x: Any, func: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
    """`Tensor.__array_function__`: the functions of NumPy that are not ufuncs."""
    name = full_name(func)
    entry = TABLE.get(name)
    if entry is not None:
        return entry(*args, **kwargs)
    raise overwrites(name) if name in IN_PLACE else no_rule(name)
