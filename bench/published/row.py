"""A row: what a paper published, and the function that comes by it with this library."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nn
import optim
from autograd_core.interchange.files import replacing
from nn.data import store
from optim.training import History

EVERY = "60 s"  # between two checkpoints of a training
SENSES = {
    "at most": lambda value, bound: value <= bound,
    "at least": lambda value, bound: value >= bound,
    "below": lambda value, bound: value < bound,
    "above": lambda value, bound: value > bound,
    "beside": lambda value, bound: True,
}


@dataclass(frozen=True)
class Claim:
    """What is published of a figure: `bound` is a number, the name of another figure of the same row, or None.

    sense   how the figure must compare to it: a key of SENSES; "beside" is for comparison only
    """

    sense: str = "beside"
    bound: float | str | None = None

    def met(self, name: str, figures: dict[str, float]) -> bool:
        bound = figures[self.bound] if isinstance(self.bound, str) else self.bound
        return bound is None or bool(SENSES[self.sense](figures[name], bound))


@dataclass
class Job:
    """How a row is to run.

    quick    small data and few steps, to see that it runs; its figures mean nothing
    seed     of everything random; the bench has set it, and rows of several trials count on from it
    folder   where a long training keeps its checkpoint; None for nowhere
    """

    quick: bool = False
    seed: int = 0
    folder: Path | None = None

    def fit(self, part: str, model: nn.Module, data: Any, **options: Any) -> History:
        """`optim.fit`, which goes on where a run that was ended has stopped. `part` tells the row's trainings apart."""
        if self.folder is not None:
            options |= {"checkpoint": self.folder / f"{part}.safetensors", "every": EVERY, "resume": True}
        history = optim.fit(model, data, keep_best=False, progress=False, **options)
        if history.interrupted:
            raise KeyboardInterrupt
        return history

    def part(self, name: str, run: Callable[[], float]) -> float:
        """The number that `run` returns; one of a run that was ended is not computed again."""
        if self.folder is None:
            return run()
        path = self.folder / f"{name}.json"
        if not path.exists():
            value = json.dumps(float(run()))
            with replacing(path) as file:
                file.write(value.encode())
        return json.loads(path.read_text())


@dataclass(frozen=True)
class Row:
    """A line of the table.

    name      of lower-case letters, digits and hyphens: that of its file
    about     the network and the task
    source    the paper
    figures   what comes out, by name, and what is published of it
    run       function(job) → the figures by name
    minutes   an estimate for two quiet cores
    needs     data sets that it reads, folders of `nn.data.store`
    """

    name: str
    about: str
    source: str
    figures: dict[str, Claim]
    run: Callable[[Job], dict[str, float]]
    minutes: float
    needs: tuple[str, ...] = ()

    def lacks(self) -> list[str]:
        """The data sets that are not on this machine."""
        return [folder for folder in self.needs if store.missing(folder)]
