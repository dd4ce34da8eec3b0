"""Docstrings whose shared parts are written once.

A text starts with a sentence; its other lines are, in any order,

    out = eˣ                              the formula, x the first operand and y the second
    exp([0.0, 1.0]) → [1., 2.7183]        an example, in which lists stand for tensors; or one with >>>
    Raises: …  Source: …                  any part by its label, instead of the one that would be filled in
    anything else                         prose

and what it lacks (Shapes, Dtypes, Raises, Source, the import of the example) is filled in.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import numpy as np

LABELS = ("Formula", "Shapes", "Dtypes", "Raises", "Source")
_LIST = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]")  # of numbers, or of lists of numbers


def complete(text: str, **defaults: str) -> str:
    """The docstring that `text` stands for; `defaults` are the parts by their labels."""
    sentence, *lines = inspect.cleandoc(text).splitlines()
    prose: list[str] = []
    example: list[str] = []
    parts: dict[str, str] = {}
    last = ""
    for line in lines:
        label, _, rest = line.partition(": ")
        if example or line.startswith(">>>"):
            example += _example(line)
        elif label in LABELS:
            parts[last := label] = rest
        elif line.startswith("out = "):
            parts[last := "Formula"] = line
        elif re.match(r"[\w.]+\(.*\) → ", line):
            example += _example(line)
        elif line.startswith(" ") and last:
            parts[last] += "\n" + line
        else:
            prose.append(line)
    parts = {**defaults, **parts}
    blocks = [
        "\n".join(prose).strip(),
        "\n".join(f"{label}: {parts[label]}" for label in LABELS if label in parts),
        "\n".join([">>> import autograd_core as ag", *example] if example else []),
    ]
    return "\n\n".join([sentence, *filter(None, blocks)]) + "\n"


def _example(line: str) -> list[str]:
    """The lines of a doctest; of `exp([0.0]) → [1.]` they are `>>> ag.exp(ag.tensor([0.0]))` and `tensor([1.])`."""
    call, arrow, result = line.partition(" → ")
    if line.startswith((">>>", "...")) or not arrow:
        return [line]
    call = _LIST.sub(lambda numbers: f"ag.tensor({numbers[0]})", call)
    return [f">>> ag.{call}", f"tensor({result})" if result.startswith("[") else result]


def documented(**defaults: str) -> Callable[[Callable], Callable]:
    """A decorator that completes the docstring of a function, and leaves the function as it is."""

    def decorator(function: Callable) -> Callable:
        function.__doc__ = complete(function.__doc__ or "", **defaults)
        return function

    return decorator


def elementwise(text: str, forward: Callable, operands: int, floating: bool) -> str:
    """The docstring of an elementwise function of one or two operands, `input` and `other`, that computes `forward`; if
    it is `floating`, on floating numbers."""
    ufunc = inspect.unwrap(forward)
    signatures = ufunc.types if isinstance(ufunc, np.ufunc) else []
    defaults = {
        "Shapes": "(*) → (*)." if operands == 1 else "(*) and (*), broadcast together → (*).",
        "Dtypes": _dtypes(signatures, operands, floating),
        "Raises": _raises(signatures, operands, floating),
    }
    if signatures:
        defaults["Source"] = f"NumPy's `{ufunc.__name__}`."
    full = complete(text, **defaults)
    formula = re.search(r"^Formula: .*", full, re.M)
    if formula and not re.search(r"\binput\b", formula[0]):
        names = ", x the input" if operands == 1 else ", x the input and y the other"
        full = full.replace(formula[0], formula[0].removesuffix(".") + names, 1)
    return full


def _dtypes(signatures: list[str], operands: int, floating: bool) -> str:
    if signatures and all(signature.endswith("->?") for signature in signatures):
        return "any → bool."
    kept = "the dtype of input" if operands == 1 else "the operands' common dtype"
    return f"{kept}; integers and booleans become the default float." if floating else f"{kept}."


def _raises(signatures: list[str], operands: int, floating: bool) -> str:
    taken = {letter for signature in signatures for letter in signature.partition("->")[0]}
    kinds = (("complex numbers", "F"),) if floating else (("complex numbers", "F"), ("booleans", "?"))
    refused = [kind for kind, letter in kinds if taken and letter not in taken]
    who = "input" if operands == 1 else "an operand"
    wrong = f"TypeError if {who} holds no numbers" + (f", or {' or '.join(refused)}" if refused else "") + "."
    return wrong if operands == 1 else f"ValueError if the shapes do not broadcast; {wrong}"
