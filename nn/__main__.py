"""The command `python -m nn train MODEL`: train a model of the course on real data and show what came out.

What can be trained, and how, is in `optim/recipes`. Nothing imports this.
"""

from __future__ import annotations

import functools
import sys

from autograd_core.kernels.machine.compilation import Compilation
from nn.command import Parser
from optim.recipes import RECIPES
from optim.recipes.recipe import UserError


def parser() -> Parser:
    p = Parser(prog="python -m nn", description="Neural networks of the course, on real data.")
    commands = p.add_subparsers(dest="command", required=True)
    train = commands.add_parser(
        "train",
        help="train a model and show the result",
        description="Train a model; print how it goes and the result on test data; save figures and the weights.",
        epilog="`python -m nn train MODEL --help` lists the options of a model.",
    )
    models = train.add_subparsers(dest="model", required=True, metavar="MODEL", title="models")
    for name, recipe in RECIPES.items():
        recipe.add_options(models.add_parser(name, help=recipe.about, description=f"Train {recipe.about}."))
    return p


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        with Compilation(show=not getattr(options, "quiet", False), say=functools.partial(print, flush=True)):
            return RECIPES[options.model].run(options)
    except (UserError, FloatingPointError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)  # in one line
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; nothing is saved", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
