"""Characters: the recipes of `python -m nn train`, their loss on what was held out, in nats a character."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from optim.recipes import RECIPES

from .row import Claim, Job, Row

LOSS = "nats a character"


def recipe(name: str, *options: str, quick: tuple[str, ...]) -> Callable[[Job], dict[str, float]]:
    """`python -m nn train NAME OPTIONS`."""

    def run(job: Job) -> dict[str, float]:
        chosen = RECIPES[name]
        parser = argparse.ArgumentParser()
        chosen.add_options(parser)
        with tempfile.TemporaryDirectory() as folder:
            arguments = ["--seed", str(job.seed), "--save", folder, "--quiet", *(quick if job.quick else options)]
            if chosen.run(parser.parse_args(arguments)):
                raise KeyboardInterrupt
            return {LOSS: json.loads((Path(folder) / "report.json").read_text())["held_out_loss"]}

    return run


ROWS = [
    Row(
        "names", "an LSTM of 192 units on first names", "Karpathy 2022, makemore",
        {LOSS: Claim("below", 1.95)}, recipe("names", quick=("--epochs", "1", "--width", "16", "--batch-size", "512")), 4,
    ),
    Row(
        "shakespeare", "an LSTM of 512 units on tiny Shakespeare", "Karpathy 2022, nanoGPT (there a transformer)",
        {LOSS: Claim("at most", 1.47)},
        recipe(
            "shakespeare", "--data", "tinyshakespeare", "--width", "512",
            quick=("--data", "sample", "--epochs", "1", "--width", "16", "--batch-size", "256"),
        ),
        40, needs=("tinyshakespeare",),
    ),
]  # fmt: skip
