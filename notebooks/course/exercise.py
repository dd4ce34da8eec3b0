"""Exercises that answer: `check.w5(answer)` says right, or what is wrong; `hint("2.3")` and `solution("2.3")` help.

An exercise is written in `exercises/lesson_NN.py`:

    w5 = Exercise("2.3", "w5", hints=["Which three factors lie on the way from E to w5?"])

    @w5.solution
    def _():
        target, out, hidden = 0.01, 0.75136507, 0.593269992
        return -(target - out) * out * (1 - out) * hidden

    @w5.wrong("the derivative of the sigmoid is missing: out (1 - out)")
    def _():
        return -(0.01 - 0.75136507) * 0.593269992

The right and the wrong answers are computed, so a test runs them all. Where the answer is a function, `inputs` has the
arguments it is tried with; where many answers are right, `through` maps an answer to what is compared (weights to the
truth table they give).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .comparison import Verdict, compare, same, unfinished

EXERCISES: dict[str, Exercise] = {}  # by number
NAMES: dict[str, Exercise] = {}  # by the name of the check


class Exercise:
    """One exercise: its hints, its right answer, and the wrong answers that it knows."""

    def __init__(
        self,
        number: str,
        name: str,
        *,
        hints: Sequence[str],
        inputs: Sequence[tuple] | None = None,
        through: Callable[[Any], Any] | None = None,
        tolerance: float = 1e-4,
    ):
        if number in EXERCISES or name in NAMES:
            raise ValueError(f"there is an exercise {number} or a check.{name} already")
        self.number, self.name, self.hints = number, name, list(hints)
        self.inputs, self.through, self.tolerance = inputs, through, tolerance
        self.answer: Callable[[], Any] | None = None
        self.mistakes: list[tuple[str, Callable[[], Any]]] = []
        self.letter = ""  # the right answer of a question with lettered answers
        self.hints_shown = 0
        EXERCISES[number] = NAMES[name] = self

    def solution(self, function: Callable[[], Any]) -> Callable[[], Any]:
        """Take a function that returns the right answer; its source is what `solution` shows."""
        self.answer = function
        return function

    def wrong(self, text: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
        """Take a function that returns a typical wrong answer, and what to say to it."""

        def add(function: Callable[[], Any]) -> Callable[[], Any]:
            self.mistakes.append((text, function))
            return function

        return add

    def judge(self, answer: Any) -> Verdict:
        """The verdict on an answer."""
        assert self.answer is not None, f"exercise {self.number} has no solution"
        if unfinished(answer):
            return Verdict(
                None, "not yet: put your answer in the place of ... and run the cell again"
            )
        try:
            mine = self.compared(answer)
        except Exception as error:  # whatever the reader's own code raises
            return Verdict(False, f"your answer raised {type(error).__name__}: {error}")
        if unfinished(mine):
            return Verdict(
                None, "not yet: put your answer in the place of ... and run the cell again"
            )
        verdict = compare(mine, self.compared(self.answer()), self.tolerance)
        if not verdict.right:
            for text, function in self.mistakes:
                if same(mine, self.compared(function()), self.tolerance):
                    return Verdict(False, text)
        return verdict

    def compared(self, answer: Any) -> Any:
        """What is compared of an answer: itself, what it gives for the inputs, or what `through` makes of it."""
        if self.through is not None:
            return self.through(answer)
        if self.inputs is not None:
            if not callable(answer):
                raise TypeError(f"a function is wanted, and this is a {type(answer).__name__}")
            return [answer(*arguments) for arguments in self.inputs]
        return answer

    def code(self) -> str:
        """The solution's source, as a reader would write it in a cell."""
        if self.letter:
            return f"answer = {self.letter!r}"
        lines = inspect.getsource(self.answer).splitlines()  # type: ignore[arg-type]
        start = next(i for i, line in enumerate(lines) if line.lstrip().startswith("def "))
        body = textwrap.dedent("\n".join(lines[start + 1 :]))
        return re.sub(r"^return ", "answer = ", body, flags=re.M)


def quiz(number: str, name: str, *, hint: str, right: str, wrong: dict[str, str]) -> Exercise:
    """A question whose answer is a letter; `wrong` has the other letters, with what to say to each."""
    exercise = Exercise(number, name, hints=[hint])
    exercise.letter = right
    exercise.solution(lambda: right)
    for letter, text in wrong.items():
        exercise.wrong(text)(lambda letter=letter: letter)
    return exercise


class Checks:
    """`check.NAME(answer)` prints what is to be said of the answer to the exercise of that name."""

    def __getattr__(self, name: str) -> Callable[[Any], None]:
        load()
        exercise = NAMES.get(name)
        if exercise is None:
            raise AttributeError(
                f"there is no exercise of the name {name!r}; there are {', '.join(NAMES)}"
            )

        def check(answer: Any) -> None:
            verdict = exercise.judge(answer)
            mark = {True: "✓", False: "✗", None: "…"}[verdict.right]
            more = f'\n    hint("{exercise.number}") helps' if verdict.right is False else ""
            print(f"{mark} {exercise.number}  {verdict.text}{more}")

        check.__doc__ = f"Check the answer to exercise {exercise.number}."
        return check

    def __dir__(self) -> list[str]:
        load()
        return list(NAMES)


check = Checks()


def hint(number: str) -> None:
    """Print the next hint to an exercise, such as "2.3"; after the last one the first again."""
    exercise = find(number)
    i = exercise.hints_shown % len(exercise.hints)
    exercise.hints_shown += 1
    print(textwrap.fill(f"hint {i + 1} of {len(exercise.hints)}: {exercise.hints[i]}", 100))


def solution(number: str) -> None:
    """Print the solution of an exercise, such as "2.3", as code."""
    print(find(number).code())


def find(number: str) -> Exercise:
    """The exercise of a number. Raises ValueError if there is none."""
    load()
    if number not in EXERCISES:
        raise ValueError(f"there is no exercise {number!r}; there are {', '.join(EXERCISES)}")
    return EXERCISES[number]


def load() -> None:
    """Read the exercises of all lessons, once."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent / "exercises")]):
        importlib.import_module(f"{__package__}.exercises.{module.name}")
