"""What is wrong with an answer: where it differs from the right one, and whether one slip explains all the difference.

Nothing here tells the right answer; a text says only what the difference looks like.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray

FACTORS = {
    2.0: "twice too large: is a factor ½ missing?",
    0.5: "half of what it should be: is there a factor ½ too many, or a 2 missing?",
    100.0: "100 times too large: a percentage, where a fraction is meant?",
    0.01: "100 times too small: a fraction, where a percentage is meant?",
    float(
        np.log(10)
    ): "too large by the factor ln 10: a natural logarithm where the decimal one is meant?",
    float(
        1 / np.log(10)
    ): "too small by the factor ln 10: a decimal logarithm where the natural one is meant?",
    float(
        np.log(2)
    ): "too small by the factor ln 2: a natural logarithm where the one to base 2 is meant?",
    float(
        1 / np.log(2)
    ): "too large by the factor 1 / ln 2: a logarithm to base 2 where the natural one is meant?",
    float(180 / np.pi): "too large by the factor 180/π: degrees, where radians are meant?",
}


@dataclass(frozen=True)
class Verdict:
    """What `check` says of an answer: `right` is None while nothing is filled in."""

    right: bool | None
    text: str


def unfinished(answer: Any) -> bool:
    """Whether there is still a `...` in it."""
    if isinstance(answer, Mapping):
        return any(unfinished(value) for value in answer.values())
    if isinstance(answer, list | tuple):
        return any(unfinished(value) for value in answer)
    return answer is ...


def same(answer: Any, other: Any, tolerance: float) -> bool:
    """Whether two answers agree: numbers within the tolerance, all else exactly."""
    return compare(answer, other, tolerance).right is True


def compare(answer: Any, right: Any, tolerance: float) -> Verdict:
    """The verdict on an answer: numbers, arrays, tensors, words, truth values, and lists and dictionaries of these."""
    if isinstance(right, str):
        return _words(answer, right)
    if isinstance(right, Mapping):
        return _mapping(answer, right, tolerance)
    if isinstance(right, list | tuple) and not _numeric(right):
        return _sequence(answer, right, tolerance)
    return _numbers(answer, right, tolerance)


def _numeric(x: Any) -> bool:
    try:
        return np.asarray(x).dtype.kind in "biufc"
    except ValueError:  # of uneven lengths
        return False


def _words(answer: Any, right: str) -> Verdict:
    if not isinstance(answer, str):
        return Verdict(
            False, f"the answer is a text in quotation marks, and this is {_kind(answer)}"
        )
    return (
        Verdict(True, "right")
        if answer.strip().casefold() == right.strip().casefold()
        else Verdict(False, "not this")
    )


def _mapping(answer: Any, right: Mapping, tolerance: float) -> Verdict:
    if not isinstance(answer, Mapping):
        keys = ", ".join(map(repr, right))
        return Verdict(
            False, f"the answer is a dictionary with the keys {keys}; this is {_kind(answer)}"
        )
    if missing := [key for key in right if key not in answer]:
        return Verdict(False, f"the key {missing[0]!r} is missing")
    if extra := [key for key in answer if key not in right]:
        return Verdict(False, f"the key {extra[0]!r} is one too many")
    return _each({repr(key): (answer[key], value) for key, value in right.items()}, tolerance)


def _sequence(answer: Any, right: list | tuple, tolerance: float) -> Verdict:
    if not isinstance(answer, list | tuple) or len(answer) != len(right):
        count = f" of {len(answer)}" if isinstance(answer, list | tuple) else ""
        return Verdict(
            False,
            f"the answer is a list of {len(right)} values, and this is {_kind(answer)}{count}",
        )
    return _each({f"value {i}": pair for i, pair in enumerate(zip(answer, right))}, tolerance)


def _each(pairs: dict[str, tuple[Any, Any]], tolerance: float) -> Verdict:
    verdicts = {name: compare(mine, other, tolerance) for name, (mine, other) in pairs.items()}
    wrong = {name: verdict for name, verdict in verdicts.items() if not verdict.right}
    if not wrong:
        return Verdict(True, "right")
    name, verdict = next(iter(wrong.items()))
    count = f"{len(pairs) - len(wrong)} of {len(pairs)} are right; " if len(pairs) > 1 else ""
    return Verdict(False, f"{count}{name}: {verdict.text}")


def _kind(x: Any) -> str:
    return {bool: "a truth value", str: "a text", int: "a number", float: "a number"}.get(
        type(x), f"a {type(x).__name__}"
    )


# ------------------------------------------------------------------------------------------------------------ numbers


def array_of(x: Any) -> ndarray:
    """The numbers of a tensor, an array, a number or nested lists of numbers. Raises TypeError for anything else."""
    array = np.asarray(x.detach().numpy() if hasattr(x, "detach") else x)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"the answer is made of numbers, and this is {_kind(x)}")
    return array


def _numbers(answer: Any, right: Any, tolerance: float) -> Verdict:
    try:
        mine, true = array_of(answer), array_of(right)
    except (TypeError, ValueError) as error:
        return Verdict(False, str(error))
    if mine.shape != true.shape:
        return Verdict(False, _shapes(mine, true, tolerance))
    if true.dtype.kind == "b" or mine.dtype.kind == "b":
        good = int((mine == true).sum())
        if good == true.size:
            return Verdict(True, "right")
        return Verdict(False, f"{good} of {true.size} are right" if true.ndim else "not this")
    if not np.isfinite(mine).all() and np.isfinite(true).all():
        return Verdict(
            False, f"{int((~np.isfinite(mine)).sum())} of {mine.size} numbers are NaN or infinite"
        )
    difference = float(np.abs(mine.astype(complex) - true).max()) if true.size else 0.0
    right_ = _close(mine, true, tolerance)
    summary = f"exact: {_yes(bool((mine == true).all()))}   approximate: {_yes(right_)}   largest difference: {difference:.2g}"
    if right_:
        return Verdict(True, f"right\n    {summary}")
    return Verdict(False, f"{_slip(mine, true, tolerance)}\n    {summary}")


def _yes(x: bool) -> str:
    return "yes" if x else "no"


def _close(mine: ndarray, true: ndarray, tolerance: float) -> bool:
    """Within the tolerance, relative to the largest of the right numbers."""
    return bool(_near(mine, true, tolerance).all())


def _near(mine: ndarray, true: ndarray, tolerance: float) -> ndarray:
    """Which numbers agree; a NaN agrees with a NaN (a wrong answer that is known may have one)."""
    finite = np.abs(true[np.isfinite(true)])
    scale = float(finite.max()) if finite.size else 0.0
    return np.isclose(mine, true, rtol=tolerance, atol=tolerance * (scale or 1.0), equal_nan=True)


def _shapes(mine: ndarray, true: ndarray, tolerance: float) -> str:
    text = f"the shape is {mine.shape} and should be {true.shape}"
    if mine.ndim == 2 and mine.T.shape == true.shape and _close(mine.T, true, tolerance):
        return f"{text}: transpose it, and it is right"
    if mine.size == true.size and _close(mine.reshape(true.shape), true, tolerance):
        return f"{text}; the numbers are right"
    if true.ndim == 0 and mine.size:
        for name, reduced in (("sum", mine.sum()), ("mean", mine.mean())):
            if _close(np.asarray(reduced), true, tolerance):
                return f"{text}: one number is wanted, the {name} of these"
    return text


def _slip(mine: ndarray, true: ndarray, tolerance: float) -> str:
    """The one slip that explains the whole difference, or how far it is right."""
    if _close(-mine, true, tolerance):
        return "right but for the sign"
    if true.ndim == 2 and mine.shape == mine.T.shape and _close(mine.T, true, tolerance):
        return "right, but transposed"
    for axis in range(true.ndim):
        if true.shape[axis] > 1 and _close(np.flip(mine, axis), true, tolerance):
            return "the right numbers in reversed order" + (
                f" along axis {axis}" if true.ndim > 1 else ""
            )
    factor = _factor(mine, true, tolerance)
    if factor is not None:
        return _named_factor(factor, true)
    offset = mine - true
    if true.size > 1 and _close(mine - offset.flat[0], true, tolerance):
        return f"each number is off by the same amount, {float(offset.flat[0].real):.4g}: is a term missing, or one too many?"
    if true.size > 1 and _close(np.sort(mine, None), np.sort(true, None), tolerance):
        return "the right numbers in another order"
    if _close(mine, true**2, tolerance):
        return "this is the square of the right answer"
    if (true.real > 0).all() and _close(mine, np.sqrt(true), tolerance):
        return "this is the square root of the right answer"
    good = _near(mine, true, tolerance)
    if true.size > 1 and good.any():
        first = ", ".join(str(i) for i in np.argwhere(~good)[0])
        return f"{int(good.sum())} of {good.size} numbers are right; the first wrong one has the index [{first}]"
    return "not right"


def _factor(mine: ndarray, true: ndarray, tolerance: float) -> float | None:
    """The one factor between two arrays of real numbers, if there is one."""
    if mine.dtype.kind == "c" or true.dtype.kind == "c" or not true.any() or not mine.any():
        return None
    largest = int(np.abs(true).argmax())
    factor = float(mine.flat[largest] / true.flat[largest])
    if true.size == 1 and not _plain(
        factor, tolerance
    ):  # any two numbers have a quotient: only a telling one counts
        return None
    return factor if factor and _close(mine / factor, true, tolerance) else None


def _plain(factor: float, tolerance: float) -> bool:
    known = [*FACTORS, *(-f for f in FACTORS), *range(2, 13), *(1 / n for n in range(2, 13))]
    return any(np.isclose(abs(factor), abs(f), rtol=max(tolerance, 1e-6)) for f in known)


def _named_factor(factor: float, true: ndarray) -> str:
    for known, text in FACTORS.items():
        if np.isclose(factor, known, rtol=1e-3):
            return text
    if factor < 0:
        return f"the sign is wrong, and there is a factor {abs(factor):.4g} too much"
    for n in {true.size, *true.shape} - {0, 1}:
        if np.isclose(factor, n, rtol=1e-3):
            return f"{n} times too large: a sum, where a mean is meant?"
        if np.isclose(factor, 1 / n, rtol=1e-3):
            return f"{n} times too small: a mean, where a sum is meant?"
    return f"right but for a constant factor {factor:.4g}"
