"""The base of the layers that exist for one, two and three dimensions of space.

A family (say, max pooling) is written once, in a private base; a class of it adds the number of dimensions, the function
that computes it and a first sentence. The base's docstring is the rest of the class's own, for any number of dimensions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..module import Module

SPACE = {1: "L", 2: "H, W", 3: "D, H, W"}


class Spatial(Module):
    """A layer over `dims` dimensions of space, which come last in its input.

    The docstring of a class whose first base is private is its own first paragraph, then that base's docstring with the
    symbols of `symbols(dims)` in it, then the rest of its own (the example).
    """

    dims: int
    function: Callable[..., Any]  # of `nn.functional`

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        family = cls.__bases__[0]
        if family.__name__.startswith("_") and not cls.__name__.startswith("_") and family.__doc__:
            first, _, rest = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")
            shared = inspect.cleandoc(family.__doc__).format_map(symbols(cls.dims))
            cls.__doc__ = "\n\n".join(part for part in (first, shared, rest) if part)


def symbols(dims: int) -> dict[str, str]:
    """What the dimensions are called in formulas and shapes; for two of them

    d       2
    space   "H, W"; out "OH, OW"; kernel "KH, KW"; product "KH KW"; ones "1, 1"
    shapes  "(N, C, H, W)": what a batch looks like (for one dimension also "(N, C)")
    i, u    "i, j" and "u, v": a position of the output, and one in the window
    at      "s i + d u − p, s j + d v − p": where the window's element lies in the input
    window  "s i + u, s j + v": the same without dilation and padding
    sides   "(left, right, top, bottom)", inside "i − top, j − left", padded "PH, PW": of a padding
    """
    space, i, u = SPACE[dims].split(", "), "ijk"[:dims], "uvw"[:dims]
    sides = (("left", "right"), ("top", "bottom"), ("front", "back"))[:dims]  # the last dimension first
    return {
        "d": str(dims),
        "space": ", ".join(space),
        "shapes": ("(N, C) or " if dims == 1 else "") + f"(N, C, {SPACE[dims]})",
        "out": ", ".join(f"O{letter}" for letter in space),
        "kernel": ", ".join(f"K{letter}" for letter in space) if dims > 1 else "K",
        "product": " ".join(f"K{letter}" for letter in space) if dims > 1 else "K",
        "i": ", ".join(i),
        "u": ", ".join(u),
        "at": ", ".join(f"s {a} + d {b} − p" for a, b in zip(i, u, strict=True)),
        "window": ", ".join(f"s {a} + {b}" for a, b in zip(i, u, strict=True)),
        "sides": f"({', '.join(side for pair in sides for side in pair)})",
        "inside": ", ".join(f"{a} − {start}" for a, (start, _) in zip(i, reversed(sides), strict=True)),
        "padded": ", ".join(f"P{letter}" for letter in space),
        "ones": ", ".join("1" * dims),
    }


def repeated(value: Any, dims: int, what: str) -> tuple[Any, ...]:
    """One number for each dimension, from one for all or a sequence of `dims`."""
    if isinstance(value, int):
        return (value,) * dims
    value = tuple(value)
    if len(value) != dims:
        raise ValueError(f"{what}={value} has {len(value)} numbers, needed are {dims}, or one for all dimensions")
    return value
