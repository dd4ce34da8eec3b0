"""What a program that trains a model is made of: a name, options of the command, and a run."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import autograd_core as ag
import nn
from nn.command import positive

__all__ = ["Recipe", "UserError", "positive", "save_results"]


class UserError(Exception):
    """Something the user can fix; shown as one message, without a traceback."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A model of the course and how `python -m nn train NAME` trains it unless the options say otherwise.

    A task (its data, its losses, its figures) is a subclass with `train` and the fields and options that it needs.
    """

    name: str
    about: str

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Declare what can be given after the name. Those here hold for every recipe; a task adds its own before."""
        parser.add_argument("--seed", type=int, default=0, help="of everything random (default 0)")
        parser.add_argument("--save", type=Path, metavar="FOLDER", help=f"where results go (default runs/{self.name})")
        parser.add_argument("--quiet", action="store_true", help="no progress bar, only lines")

    def run(self, options: argparse.Namespace) -> int:
        """Make the folder of the results and `train`; the exit status of the command."""
        folder = results_folder(options.save or Path("runs") / self.name)
        ag.manual_seed(options.seed)
        return self.train(options, folder)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        """Train, print what came out, save it in the folder; the exit status of the command."""
        raise NotImplementedError


def results_folder(folder: Path) -> Path:
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--save {folder}: is a file; give a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--save {folder}: cannot be made ({error.strerror})") from None
    return folder


def save_results(folder: Path, model: Any, report: dict, figures: dict[str, Any]) -> None:
    """Write the weights, the report as JSON and the figures by name, and print where they are."""
    texts = {key: str(report[key]) for key in ("model", "data")}
    saved = [nn.save(model, folder / "model.safetensors", texts)]
    saved += [nn.plot.save(figure, folder / f"{name}.png") for name, figure in figures.items()]
    saved += [folder / "report.json"]
    saved[-1].write_text(json.dumps(report, indent=2) + "\n")
    print("saved: " + ", ".join(str(path) for path in saved))
