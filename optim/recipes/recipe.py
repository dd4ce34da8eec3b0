"""The base of a program that trains a model: a name, options of the command, and a run."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import autograd_core as ag
import nn
from nn.command import positive, whole

__all__ = ["Recipe", "UserError", "positive", "read_text", "save_results", "uninterrupted"]


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
        """Declare the options after the name. Those here hold for every recipe; a task adds its own before."""
        parser.add_argument("--seed", type=whole, default=0, help="of everything random (default 0)")
        parser.add_argument("--save", type=Path, metavar="FOLDER", help=f"where results go (default runs/{self.name})")
        parser.add_argument("--quiet", action="store_true", help="no progress bar, only lines")

    def run(self, options: argparse.Namespace) -> int:
        """Check the folder of the results and `train`; return the exit status of the command."""
        folder = options.save or Path("runs") / self.name
        check_folder(folder)
        ag.manual_seed(options.seed)
        return self.train(options, folder)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        """Train, print the results, save them in the folder; return the exit status of the command."""
        raise NotImplementedError


def check_folder(folder: Path) -> None:
    """Raise UserError if results cannot be written there. The folder is created, to try, and removed again: `save_results`
    creates it when there is something to save, and a run that fails leaves none behind."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--save {folder}: is a file; give a folder")
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--save {folder}: cannot be made ({error.strerror}); give another folder") from None
    writable = os.access(folder, os.W_OK | os.X_OK)
    for path in new:
        path.rmdir()
    if not writable:
        raise UserError(f"--save {folder}: may not be written to; give another folder")


def read_text(path: Path, needed: str) -> str:
    """The text of a file that --data names. Raises UserError that says what is needed."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"--data {path}: not a text in UTF-8; give {needed}") from None
    except OSError as error:
        raise UserError(f"--data {path}: cannot be read ({error.strerror}); give {needed}") from None


def uninterrupted(history: Any) -> Any:
    """The history of a `fit` that nobody interrupted; else KeyboardInterrupt, for there is more to do than this `fit`."""
    if history.interrupted:
        raise KeyboardInterrupt
    return history


def save_results(folder: Path, model: Any, report: dict, figures: dict[str, Any]) -> None:
    """Write the weights, the report as JSON and the figures by name, and print where they are."""
    texts = {key: str(report[key]) for key in ("model", "data")}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        saved = [nn.save(model, folder / "model.safetensors", texts)]
        saved += [nn.plot.save(figure, folder / f"{name}.png") for name, figure in figures.items()]
        saved += [folder / "report.json"]
        saved[-1].write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"--save {folder}: cannot be written ({error.strerror or error}); give another folder"
        ) from None
    print("saved: " + ", ".join(str(path) for path in saved))
