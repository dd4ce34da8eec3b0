"""The exercises of the course, a file a lesson (`lesson_02.py`, `lesson_10a.py`); see `notebooks/course/exercise.py`."""
