"""`torch.testing`: `assert_close`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["assert_close"]

TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "complex64": (1.3e-6, 1e-5)}  # PyTorch's
DOUBLE = (1e-7, 1e-7)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless |actual − expected| ≤ atol + rtol |expected| in every element, shapes and dtypes alike.

    Sequences and mappings of tensors are compared element by element; `rtol` and `atol`, both or none, are by default
    those of the dtype. `equal_nan`: NaN equals NaN; `check_dtype` False: dtypes may differ; `msg`: what the error says;
    `check_device` is without effect. Raises ValueError for one tolerance alone.
    """
    if (rtol is None) != (atol is None):
        raise ValueError(f"assert_close: rtol and atol are passed both or not at all, got rtol={rtol}, atol={atol}")
    options: dict[str, Any] = {
        "rtol": rtol,
        "atol": atol,
        "equal_nan": equal_nan,
        "check_dtype": check_dtype,
        "msg": msg,
    }
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys(), f"the keys are {sorted(actual)} and {sorted(expected)}"
        for key in expected:
            assert_close(actual[key], expected[key], **options)
        return
    if isinstance(expected, list | tuple):
        assert len(actual) == len(expected), f"the lengths are {len(actual)} and {len(expected)}"
        for a, e in zip(actual, expected, strict=True):
            assert_close(a, e, **options)
        return
    a, e = (np.asarray(x.detach() if hasattr(x, "detach") else x) for x in (actual, expected))
    problem = _difference(a, e, rtol, atol, equal_nan, check_dtype and hasattr(expected, "detach"))
    if problem is not None:
        raise AssertionError(msg(problem) if callable(msg) else msg or problem)


def _difference(
    a: Any, e: Any, rtol: float | None, atol: float | None, equal_nan: bool, check_dtype: bool
) -> str | None:
    if a.shape != e.shape:
        return f"the shapes are {a.shape} and {e.shape}"
    if check_dtype and a.dtype != e.dtype:
        return f"the dtypes are {a.dtype} and {e.dtype}"
    if rtol is None or atol is None:
        pairs = [TOLERANCES.get(str(d), DOUBLE if d.kind in "fc" else (0.0, 0.0)) for d in (a.dtype, e.dtype)]
        rtol, atol = max(pairs)
    close = np.isclose(a, e, rtol=rtol, atol=atol, equal_nan=equal_nan)
    if close.all():
        return None
    first = tuple(int(i) for i in np.argwhere(~close)[0])
    return f"{(~close).sum()} of {close.size} elements differ, the first at {first}: {a[first]} and {e[first]}"
