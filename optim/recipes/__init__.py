"""The recipes of `python -m nn train`: one file a task, each with a list RECIPES; a new task is listed here.

`recipe` is their base: a name, options, a run. `images` has classifiers, `first_networks` the learning rules before
gradients, `language` models of characters, `sequences` and `transfer` what their names say. These are programs on top
of all packages (they use `optim`); only `nn/__main__.py` imports them.
"""

from . import first_networks, images, language, sequences, transfer

TASKS = (images, first_networks, language, sequences, transfer)
RECIPES = {recipe.name: recipe for task in TASKS for recipe in task.RECIPES}
