"""How tensors are shown: the options of `repr(x)`, and the text of an array by them."""

from __future__ import annotations

from typing import Any

import numpy as np

PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 75},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 75},
    "full": {"precision": 4, "threshold": float("inf"), "edgeitems": 3, "linewidth": 75},
}


class PrintOptions:
    """What `set_printoptions` set."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 75
    sci_mode: bool | None = None


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are shown; what is None stays as it is, but `sci_mode`, which None leaves to the values.

    `precision` is the number of digits after the point; a tensor of more than `threshold` elements is shown by the
    first and last `edgeitems` of each dimension; a line has at most `linewidth` characters; `sci_mode` True shows powers
    of ten, False none. `profile` sets the first four at once: "default", "short" or "full" (all elements).

    Formula: none; what repr(x) shows from here on, in all threads
    Shapes: none.
    Dtypes: precision and sci_mode matter for floating and complex ones.
    Raises: ValueError for another profile, or a number below 0 (edgeitems and linewidth: 1).
    Source: PyTorch's `set_printoptions`.

    >>> import autograd_core as ag
    >>> ag.set_printoptions(precision=2)
    >>> ag.tensor([3.14159, 0.5])
    tensor([3.14, 0.5 ])
    >>> ag.set_printoptions(profile="default")
    """
    chosen: dict[str, Any] = {}
    if profile is not None:
        if profile not in PROFILES:
            raise ValueError(f"set_printoptions: profile is {profile!r}, but must be one of {', '.join(PROFILES)}")
        chosen |= PROFILES[profile]
    numbers = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    chosen |= {name: value for name, value in numbers.items() if value is not None}
    for name, least in (("precision", 0), ("threshold", 0), ("edgeitems", 1), ("linewidth", 1)):
        if name in chosen and not chosen[name] >= least:
            raise ValueError(f"set_printoptions: {name} is {chosen[name]}, but must be at least {least}")
    for name, value in chosen.items():
        setattr(PrintOptions, name, value)
    PrintOptions.sci_mode = sci_mode


def text(array: np.ndarray, prefix: str) -> str:
    """The elements of an array, in nested brackets; further lines are indented by the length of `prefix`."""
    o = PrintOptions
    formatter: Any = None
    if o.sci_mode is not None and array.dtype.kind in "fc":
        one = _scientific if o.sci_mode else _positional(array)
        formatter = {
            "float_kind": one,
            "complex_kind": lambda v: f"{one(v.real)}{'' if v.imag < 0 else '+'}{one(v.imag)}j",
        }
    return np.array2string(
        array, separator=", ", prefix=prefix, precision=o.precision, edgeitems=o.edgeitems, max_line_width=o.linewidth,
        threshold=2**62 if o.threshold > 2**62 else int(o.threshold), formatter=formatter,
    )  # fmt: skip


def _scientific(value: Any) -> str:
    return f"{value:.{PrintOptions.precision}e}"


def _positional(array: np.ndarray) -> Any:
    """Numbers without powers of ten, with their points below each other where they are real."""
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array[:0]
    width = max((len(f"{finite.max():.0f}"), len(f"{finite.min():.0f}"))) if finite.size else 1
    digits = PrintOptions.precision
    return lambda value: f"{value:.{digits}f}".rjust(width + 1 + digits if array.dtype.kind == "f" else 0)
