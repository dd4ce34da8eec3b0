"""What `python -m nn train` can train: one file a task, each with a list RECIPES; a new task is named here.

These are programs on top of all packages (they use `optim`); only `nn/__main__.py` imports them.
"""

from . import first_networks, images, language

RECIPES = {recipe.name: recipe for task in (images, first_networks, language) for recipe in task.RECIPES}
