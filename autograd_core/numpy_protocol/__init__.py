"""NumPy's own functions on tensors: `np.sin(t)`, `a + t`, `np.concatenate([t, u])` record into the graph.

NumPy hands its functions over through two protocols, `__array_ufunc__` and `__array_function__`; each is looked up in a
table of rules. A function without one raises and names itself: none computes on bare arrays with the gradient silently
dropped. `np.asarray(t)` is the one way out of the graph, and a visible one.

The functions keep NumPy's meaning (`np.var` divides by n, `np.max` over ties shares the gradient, `np.cumsum` without an
axis flattens) and return tensors. Dtypes follow the tensors' rules, as in `a + t`: NumPy's scalars are weak, an integer
array does not widen a float32 tensor, and integers turn into the default float where floats are needed.

What NumPy does not hand over stays a way out of the graph: `np.array([t, u])` (use `np.stack`), `a[i] = t` on an ndarray
(make it with `np.zeros_like(t)`, a tensor), `np.polynomial`, `np.random`, SciPy.

    common       the table, operands, what is refused
    ufuncs       universal functions and their methods
    reductions, shapes, selection, algebra, plain   the other functions, by family
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import algebra, plain, reductions, selection, shapes  # noqa: F401 (they fill the table)
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
