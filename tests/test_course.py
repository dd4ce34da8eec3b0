"""The exercises of the course answer: right, what is wrong, and never the answer; and the pictures are whole."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import matplotlib.figure
import numpy as np
import pytest

import autograd_core as ag
from notebooks.course import check, frames, hint, show, solution
from notebooks.course.comparison import compare
from notebooks.course.exercise import EXERCISES, NAMES, Exercise, load
from notebooks.source import lessons

matplotlib.use("Agg")
load()
SOURCES = {path.stem.split("-")[0].lstrip("0") or "0": path for path in lessons()}
each = pytest.mark.parametrize("number", list(EXERCISES))


@each
def test_the_solution_is_right_and_the_wrong_answers_get_their_own_hints(number):
    exercise = EXERCISES[number]
    assert exercise.judge(exercise.answer()).right is True
    assert len(exercise.mistakes) >= 3 and exercise.hints
    texts = [text for text, _ in exercise.mistakes]
    assert len(set(texts)) == len(texts)
    for text, function in exercise.mistakes:
        verdict = exercise.judge(function())
        assert (verdict.right, verdict.text) == (False, text)
    assert exercise.judge(...).right is None


@each
def test_the_shown_solution_runs(number):
    exercise = EXERCISES[number]
    scope = dict(vars(importlib.import_module(exercise.answer.__module__)))
    exec(exercise.code(), scope)
    assert exercise.judge(scope["answer"]).right is True


@pytest.mark.parametrize("number", list(SOURCES))
def test_each_lesson_asks_its_exercises(number):
    text = SOURCES[number].read_text(encoding="utf-8")
    asked = re.findall(r"^check\.(\w+)\(", text, re.M)
    mine = [e.name for e in EXERCISES.values() if e.number.rpartition(".")[0] == number]
    assert asked == mine and len(mine) >= 3
    for e in EXERCISES.values():
        assert (f"**{e.number}** " in text) == (e.name in mine)


RIGHT = np.array([[1.0, 2.0, 4.0], [3.0, -5.0, 7.0]])
SLIPS = [
    (-RIGHT, "right but for the sign"),
    (2 * RIGHT, "twice too large: is a factor ½ missing?"),
    (0.5 * RIGHT, "half of what it should be"),
    (6 * RIGHT, "6 times too large: a sum, where a mean is meant?"),
    (RIGHT / 3, "3 times too small: a mean, where a sum is meant?"),
    (1.7 * RIGHT, "right but for a constant factor 1.7"),
    (-3.5 * RIGHT, "the sign is wrong, and there is a factor 3.5 too much"),
    (RIGHT.T, "the shape is (3, 2) and should be (2, 3): transpose it, and it is right"),
    (RIGHT.ravel(), "the shape is (6,) and should be (2, 3); the numbers are right"),
    (RIGHT[::-1], "the right numbers in reversed order along axis 0"),
    (RIGHT + 0.25, "each number is off by the same amount, 0.25"),
    (RIGHT**2, "this is the square of the right answer"),
    (RIGHT * np.nan, "6 of 6 numbers are NaN or infinite"),
    (RIGHT + np.array([[0, 0, 0], [0, 1.0, 0]]), "5 of 6 numbers are right; the first wrong one has the index [1, 1]"),
    ("six", "the answer is made of numbers, and this is a text"),
]


@pytest.mark.parametrize(("answer", "text"), SLIPS, ids=[text[:30] for _, text in SLIPS])
def test_what_is_wrong_with_numbers(answer, text):
    verdict = compare(answer, RIGHT, 1e-4)
    assert verdict.right is False and text in verdict.text


def test_what_is_right():
    assert compare(ag.tensor(RIGHT, requires_grad=True), RIGHT, 1e-4).text.endswith(
        "exact: yes   approximate: yes   largest difference: 0"
    )
    assert compare(RIGHT * (1 + 1e-6), RIGHT, 1e-4).right and not compare(RIGHT * (1 + 1e-3), RIGHT, 1e-4).right
    assert compare(RIGHT.tolist(), RIGHT, 1e-4).right
    assert compare("  Saddle Point ", "saddle point", 0).right
    assert compare([1, "b", True], [1, "b", True], 0).right and compare({"a": 1.0}, {"a": 1.0}, 0).right


@pytest.mark.parametrize(
    ("answer", "right", "text"),
    [
        ([1, "c"], [1, "b"], "1 of 2 are right; value 1: not this"),
        ([1], [1, "b"], "the answer is a list of 2 values, and this is a list of 1"),
        ({"a": 1}, {"a": 1, "b": 2}, "the key 'b' is missing"),
        ({"a": 1, "c": 2}, {"a": 1}, "the key 'c' is one too many"),
        (3, "b", "the answer is a text in quotation marks, and this is a number"),
        (3, {"a": 1}, "the answer is a dictionary with the keys 'a'; this is a number"),
        (True, False, "not this"),
        ([True, True], [True, False], "1 of 2 are right"),
        ([0.5, 0.5], 1.0, "the shape is (2,) and should be (): one number is wanted, the sum of these"),
        (45.0, np.pi / 4, "degrees, where radians are meant?"),
        (3.0, 7.7, "not right"),
    ],
)
def test_what_is_wrong_with_other_answers(answer, right, text):
    verdict = compare(answer, right, 1e-4)
    assert verdict.right is False and text in verdict.text


@pytest.fixture
def exercise():
    made = Exercise("99.1", "cube", hints=["Three factors.", "Not two."], inputs=[(2.0,), (3.0,)])
    made.solution(lambda: lambda x: x**3)
    made.wrong("that is the square")(lambda: lambda x: x**2)
    yield made
    del EXERCISES["99.1"], NAMES["cube"]


def test_a_function_is_called(exercise, capsys):
    assert exercise.judge(lambda x: x * x * x).right
    assert exercise.judge(lambda x: x * x).text == "that is the square"
    assert exercise.judge(lambda x: ...).right is None
    assert exercise.judge(lambda x: 1 / 0).text == "your answer raised ZeroDivisionError: division by zero"
    assert "a function is wanted, and this is a float" in exercise.judge(8.0).text
    check.cube(lambda x: x)
    printed = capsys.readouterr().out
    assert printed.startswith("✗ 99.1  ") and 'hint("99.1") helps' in printed and "8" not in printed


def test_hints_come_one_by_one_and_begin_again(exercise, capsys):
    for _ in range(3):
        hint("99.1")
    assert capsys.readouterr().out.splitlines() == [
        "hint 1 of 2: Three factors.",
        "hint 2 of 2: Not two.",
        "hint 1 of 2: Three factors.",
    ]


def test_unknown_exercises(exercise):
    with pytest.raises(AttributeError, match="there is no exercise of the name 'w55'; there are .*cube"):
        check.w55  # noqa: B018
    with pytest.raises(ValueError, match=r"there is no exercise '9\.9'; there are .*99\.1"):
        solution("9.9")
    with pytest.raises(ValueError, match=r"there is an exercise 99\.1 or a check\.other already"):
        Exercise("99.1", "other", hints=[])
    assert "cube" in dir(check)


# ---------------------------------------------------------------------------------------------------------- pictures


def picture(height=1.0):
    figure = matplotlib.figure.Figure(figsize=(1.5, height))
    figure.subplots().plot([0, 1])
    return figure


def test_frames_hold_everything_and_show_the_first_without_scripts():
    film = frames([picture(), picture()], ["one <b>", "two"], alt="A line that stays.")
    data, metadata = film._repr_mimebundle_()
    page = data["text/html"]
    before_script = page[: page.index("<script")]
    assert (
        data["image/png"] in before_script
        and 'alt="A line that stays."' in before_script
        and "one &lt;b&gt;" in before_script
    )
    assert metadata == {"image/png": {"alt": "A line that stays."}} and len(film) == 2
    told = json.loads(page.partition('type="application/json">')[2].partition("</script>")[0])
    assert len(told["pictures"]) == 2 and told["captions"] == ["one <b>", "two"]
    assert not re.search(r"https?://", page)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (([],), {"alt": "x"}, "there is no picture; give at least one figure"),
        (([picture()], ["a", "b"]), {"alt": "x"}, "1 pictures and 2 captions; give one for each"),
        (([picture()],), {"alt": " "}, "alt is empty; say in one sentence what the pictures show"),
        (([picture(1), picture(2)],), {"alt": "x"}, "the pictures differ in size; make all figures with one figsize"),
    ],
)
def test_what_frames_refuses(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        frames(*arguments, **options)


def test_show_wants_a_text():
    with pytest.raises(ValueError, match="alt is empty; say in one sentence what the figure shows"):
        show(picture(), "")
    assert show(picture(), "A line.") is None


def test_the_folder_of_exercises_has_a_file_for_each_lesson():
    folder = Path(importlib.import_module("notebooks.course.exercises").__file__).parent
    assert {path.stem for path in folder.glob("lesson_*.py")} == {
        f"lesson_{path.stem.split('-')[0]}" for path in SOURCES.values()
    }
