"""Write the losses that PyTorch has: python -m tests.programs_torch [name ...], all without a name."""

import json
import sys

import torch

from . import NAMES, losses

FILE = "tests/tables/torch_program_losses.json"

try:
    with open(FILE) as f:
        frozen = json.load(f)
except FileNotFoundError:
    frozen = {}
for name in sys.argv[1:] or NAMES:
    frozen[name] = [float(f"{value:.8g}") for value in losses(name, torch)]
with open(FILE, "w") as f:
    f.write("{\n" + ",\n".join(f" {json.dumps(name)}: {json.dumps(frozen[name])}" for name in sorted(frozen)) + "\n}\n")
