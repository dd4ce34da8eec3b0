"""The recipes of `python -m nn train`: one file a task, each with a list RECIPES; a new task is listed here.

These are programs on top of all packages (they use `optim`); only `nn/__main__.py` imports them.
"""

from . import first_networks, images, language, sequences, transfer

TASKS = (images, first_networks, language, sequences, transfer)
RECIPES = {recipe.name: recipe for task in TASKS for recipe in task.RECIPES}
