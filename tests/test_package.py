"""The packages as others see them: public names, type checkers."""

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_core as ag
from autograd_core.interface.table import FUNCTIONS

ROOT = Path(__file__).parent.parent

PROGRAM = """
import autograd_core as ag
from autograd_core.interface.table import FUNCTIONS
import nn
import nn.functional as F
import optim
from nn.data import datasets

model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
optimizer = optim.Adam(model.parameters(), lr=1e-2)
x = ag.tensor([[1.0, 2.0]], requires_grad=True)
loss = F.mse_loss(model(x), ag.tensor([[1.0]])) + (2 * x[0] - x.mean(dim=0) ** 2 @ x.T).sum() + ag.exp(x).sum()
loss.backward()
optimizer.step()
if (x > 0).any() and ag.special.expit(x)[0, 0] < 1:
    history = optim.fit(model, datasets.moons(10), loss=nn.CrossEntropyLoss(), optimizer=optimizer)
    nn.plot.learning_curves(history)
reveal_type(x)
reveal_type(loss)
reveal_type(model)
reveal_type(optimizer)
"""


def imported(path):
    """The names that a file imports from these packages and NumPy."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ImportFrom) and (node.level or node.module.split(".")[0] in ("numpy", "autograd_core")):
            yield from (name.asname or name.name for name in node.names)


@pytest.mark.parametrize(
    ("name", "private"),
    [("autograd_core", set()), ("nn", set()), ("nn.functional", set()), ("nn.models", set()),
     ("nn.utils", set()), ("optim", set()), ("optim.lr_scheduler", set()), ("optim.training", set())],
)  # fmt: skip
def test_public_names_are_declared(name, private):
    """A typed package exports to type checkers and editors what `__all__` lists, nothing else."""
    module = importlib.import_module(name)
    operations = set(FUNCTIONS) if module is ag else set()
    names = {imported_name for imported_name in imported(Path(module.__file__)) if not imported_name.startswith("_")}
    assert set(module.__all__) - operations == names - private
    assert all(hasattr(module, declared) for declared in module.__all__)
    assert len(module.__all__) == len(set(module.__all__) | operations)


@pytest.mark.slow
def test_a_program_elsewhere_is_typed(tmp_path):
    pytest.importorskip("mypy", reason="mypy is not installed (make lint installs it)")
    (tmp_path / "program.py").write_text(PROGRAM)
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--follow-imports", "silent", "--cache-dir", str(tmp_path / "cache"), "program.py"],
        cwd=tmp_path, env={**os.environ, "MYPYPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    for kind in ("autograd_core.engine.tensor.Tensor", "nn.layers.container.Sequential", "optim.adam.Adam"):
        assert f'Revealed type is "{kind}"' in run.stdout


FUNCTIONS_OF_FILES = """
import importlib, pickle, pkgutil
import autograd_core as ag

names = ("draw", "replay", "profile", "checkpoint", "warmup", "tensor", "backward", "grad")
before = [getattr(ag, name) for name in names] if {first} else None
for module in pkgutil.walk_packages(ag.__path__, "autograd_core."):
    importlib.import_module(module.name)
assert all(callable(getattr(ag, name)) for name in names), names
assert before in (None, [getattr(ag, name) for name in names])
try:
    import cloudpickle
    assert pickle.loads(cloudpickle.dumps(ag)) is ag
    assert pickle.loads(cloudpickle.dumps(lambda t: ag.draw(t)))(ag.ones(1, requires_grad=True) * 2)
except ImportError:
    pass
"""


@pytest.mark.parametrize("first", [True, False])
def test_functions_keep_their_names_when_their_files_are_imported(first):
    """`ag.draw` is the function of inspection/draw.py, not the module, whichever is asked for first."""
    run = subprocess.run(
        [sys.executable, "-c", FUNCTIONS_OF_FILES.replace("{first}", str(first))],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
