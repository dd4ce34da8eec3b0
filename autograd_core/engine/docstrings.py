"""Docstrings whose shared parts are written once.

A text starts with a sentence; its other lines are, in any order,

    out = eˣ                              the formula, x the first operand and y the second
    exp([0.0, 1.0]) → [1., 2.7183]        an example, in which lists stand for tensors; F.… is one of nn.functional
    Raises: …  Source: …                  any part by its label, instead of the one that would be filled in
    anything else                         prose

and at the end, if need be, an example with `>>>`. What the text lacks (Shapes, Dtypes, Raises, Source, the import of the
example) is filled in; a text that is whole stays as it is.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

F = TypeVar("F", bound=Callable)
LABELS = ("Formula", "Shapes", "Dtypes", "Raises", "Source")
_IMPORT = ">>> import autograd_core as ag"
_EXAMPLE = re.compile(r"[\w.]+\(.*\) → ")
_LIST = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]")  # of numbers, or of lists of numbers


def complete(text: str, variables: str = "", prose: str = "", **defaults: str) -> str:
    """The docstring that `text` stands for. `defaults` are the parts by their labels; `variables`, such as "x the input",
    end a formula that does not name the parameters; `prose` follows that of the text."""
    if not text:
        return ""  # with python -OO there are no docstrings
    sentence, *lines = inspect.cleandoc(text).splitlines()
    paragraphs: list[str] = []
    example: list[str] = []
    parts: dict[str, str] = {}
    last, code = "", False
    for line in lines:
        label, _, rest = line.partition(": ")
        code = code or line.startswith(">>>")
        if code:
            example.append(line)
        elif _EXAMPLE.match(line):
            example += _doctest(line)
        elif label in LABELS:
            parts[last := label] = rest
        elif line.startswith("out = "):
            parts[last := "Formula"] = line
        elif line.startswith(" ") and last:
            parts[last] += "\n" + line
        else:
            paragraphs.append(line)
    formula = parts.get("Formula", "input")
    if variables and not re.search(r"\binput\b", formula):
        parts["Formula"] = f"{formula.removesuffix('.')}, {variables}"
    parts = {**defaults, **parts}
    blocks = [
        re.sub(r"\n{3,}", "\n\n", "\n".join([*paragraphs, prose]).strip()),
        "\n".join(_wrapped(f"{label}: {parts[label]}") for label in LABELS if label in parts),
        "\n".join(_with_imports(example)),
    ]
    return "\n\n".join([sentence, *filter(None, blocks)]) + "\n"


def _wrapped(part: str) -> str:
    """A part in lines of at most 120 characters."""
    if max(map(len, part.splitlines())) <= 120:
        return part
    return textwrap.fill(part, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _with_imports(example: list[str]) -> list[str]:
    if not example or _IMPORT in example:
        return example
    functional = [">>> import nn.functional as F"] if any(line.startswith(">>> F.") for line in example) else []
    return [_IMPORT, *functional, *example]


def _doctest(example: str) -> tuple[str, str]:
    """Of `exp([0.0]) → [1.]`: `>>> ag.exp(ag.tensor([0.0]))` and `tensor([1.])`."""
    call, _, result = example.partition(" → ")
    call = _LIST.sub(lambda numbers: f"ag.tensor({numbers[0]})", call)
    call = call if call.startswith("F.") else f"ag.{call}"
    return f">>> {call}", f"tensor({result})" if result.startswith("[") else result


def documented(variables: str = "", prose: str = "", **defaults: str) -> Callable[[F], F]:
    """A decorator that completes the docstring of a function, and leaves the function as it is."""

    def decorator(function: F) -> F:
        function.__doc__ = complete(function.__doc__ or "", variables, prose, **defaults)
        return function

    return decorator


def elementwise(
    text: str, operands: int, floating: bool, forward: Callable | None = None, *, real: bool = False, **parts: str
) -> str:
    """The docstring of an elementwise function of `operands` operands, called input and other.

    `floating`: it makes floats of integers; `real`: it takes no complex numbers. What is known of `forward` stands in its
    place if that is a ufunc of NumPy.
    """
    ufunc: Any = inspect.unwrap(forward) if forward else None
    signatures = [s for s in ufunc.types if "O" not in s] if isinstance(ufunc, np.ufunc) else []
    taken = {letter for signature in signatures for letter in signature.partition("->")[0]}
    refused = ["complex numbers"] if real or (taken and "F" not in taken) else []
    if taken and "?" not in taken and not floating:
        refused.append("booleans")
    defaults = {
        "Shapes": "(*) → (*)." if operands == 1 else f"{' and '.join(['(*)'] * operands)}, broadcast together → (*).",
        "Dtypes": _dtypes(signatures, operands, floating),
        "Raises": _raises(refused, operands),
    }
    if signatures:
        defaults["Source"] = f"NumPy's `{ufunc.__name__}`."
    return complete(text, ("x the input", "x the input and y the other")[operands > 1], **{**defaults, **parts})


def _dtypes(signatures: list[str], operands: int, floating: bool) -> str:
    if signatures and all(signature.endswith("->?") for signature in signatures):
        return "any → bool."
    kept = "the dtype of input" if operands == 1 else "the operands' common dtype"
    return f"{kept}; integers and booleans become the default float." if floating else f"{kept}."


def _raises(refused: list[str], operands: int) -> str:
    who = "input" if operands == 1 else "an operand"
    wrong = f"TypeError if {who} holds no numbers" + (f", or {' or '.join(refused)}" if refused else "") + "."
    return wrong if operands == 1 else f"ValueError if the shapes do not broadcast; {wrong}"


def of_elements(operands: int = 1, *, floating: bool = True, real: bool = False, **parts: str) -> Callable[[F], F]:
    """The decorator that completes the docstring of an elementwise function; see `elementwise`."""

    def decorator(function: F) -> F:
        function.__doc__ = elementwise(function.__doc__ or "", operands, floating, None, real=real, **parts)
        return function

    return decorator
