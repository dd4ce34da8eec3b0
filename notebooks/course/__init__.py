"""What the lessons share: exercises that answer, and pictures with a text.

exercise.py     an exercise: its hints, its right answer, the wrong answers that it knows
comparison.py   what is wrong with an answer: a sign, a factor, a shape, an order
exercises/      the exercises of each lesson, a file a lesson
pictures.py     `show`: a figure with its text; `frames`: pictures with a slider and a play button, self-contained
size.py         `size`: full in the lesson, reduced where only the code is tried

A lesson begins with `from notebooks.course import check, frames, hint, show, size, solution`.
"""

from .exercise import check, hint, solution
from .pictures import Frames, frames, show
from .size import reduced, size

__all__ = ["Frames", "check", "frames", "hint", "reduced", "show", "size", "solution"]
