"""Programs written for PyTorch have its losses under `autograd_core.compat`: frozen ones, and its own where it is installed."""

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

from .programs_torch import NAMES, losses

FROZEN = json.loads((Path(__file__).parent / "tables" / "torch_program_losses.json").read_text())


def agree(ours, theirs):
    assert len(ours) == len(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_every_program_is_frozen():
    assert sorted(FROZEN) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_frozen_losses(name):
    agree(losses(name, importlib.import_module("autograd_core.compat")), FROZEN[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_pytorch_has_the_same(name):
    torch = pytest.importorskip("torch")
    agree(losses(name, importlib.import_module("autograd_core.compat")), losses(name, torch))
