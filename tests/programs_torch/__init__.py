"""Programs as people write them for PyTorch, in our words: each file's `run(torch)` returns its losses.

`python -m tests.programs_torch`, where PyTorch is installed, writes the losses that PyTorch has into
tests/tables/torch_program_losses.json.
"""

import importlib
from pathlib import Path

NAMES = sorted(p.stem for p in Path(__file__).parent.glob("[!_]*.py") if p.stem != "common")


def losses(name, torch):
    """What a program returns."""
    return [float(value) for value in importlib.import_module(f"{__name__}.{name}").run(torch)]
