"""autograd_core.nn and autograd_core.optim are nn and optim, also where a user's own file has one of the short names."""

import importlib.util
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_core as ag
import nn
import optim

ROOT = Path(__file__).parent.parent


def run(code, cwd, *options):
    """Run a program in a folder of its own, as `python program.py` there."""
    program = Path(cwd) / "program.py"
    program.write_text(code)
    return subprocess.run(
        [sys.executable, *options, str(program)], capture_output=True, text=True, cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(cwd)}, check=False,
    )  # fmt: skip


def printed(code, cwd, *options):
    done = run(code, cwd, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_they_are_the_same_modules():
    assert ag.nn is nn and ag.optim is optim
    from autograd_core.optim.training.fit import fit

    import autograd_core.nn.functional as F
    import autograd_core.optim.lr_scheduler
    from autograd_core import nn as again
    from autograd_core.nn import Linear, functional
    from autograd_core.nn.utils.rnn import pack_sequence

    assert again is nn and F is functional is nn.functional and Linear is nn.Linear
    assert pack_sequence is nn.utils.rnn.pack_sequence and fit is optim.fit
    assert autograd_core.optim.lr_scheduler is optim.lr_scheduler
    assert nn.__spec__.name == nn.__name__ == "nn" and nn.functional.__spec__.name == "nn.functional"
    with pytest.raises(ModuleNotFoundError, match="nothing"):
        importlib.import_module("autograd_core.nn.nothing")


def test_a_function_that_has_its_modules_name_stays():
    importlib.import_module("autograd_core.nn.summary")
    assert callable(nn.summary)


def test_pickles():
    layer = nn.Linear(2, 3)
    text = pickle.dumps(layer, protocol=0)
    assert b"cnn.layers.linear\nLinear" in text
    alias = text.replace(b"cnn.layers.linear", b"cautograd_core.nn.layers.linear")
    assert type(pickle.loads(alias)) is nn.Linear


def test_nothing_is_imported_before_it_is_asked_for(tmp_path):
    code = """
import sys, autograd_core
names = ("nn", "optim", "autograd_core.nn", "autograd_core.optim")
print([name for name in names if name in sys.modules])
import autograd_core.nn
print([name for name in names if name in sys.modules])
import nn
print(nn is autograd_core.nn)
"""
    assert printed(code, tmp_path, "-W", "error").splitlines() == ["[]", "['nn', 'autograd_core.nn']", "True"]


MODEL = """
import pickle
import re
import autograd_core as ag
from autograd_core import nn, optim
from autograd_core.nn import functional as F
import autograd_core.nn.functional, autograd_core.nn.data, autograd_core.nn.modules.conv
assert F is autograd_core.nn.functional is nn.functional
ag.manual_seed(0)
model = nn.MLP([2, 8, 2])
data = nn.data.datasets.xor()
history = optim.fit(model, data, loss=F.cross_entropy, optimizer=optim.Adam(model.parameters(), lr=0.05), epochs=30,
                    progress=False)
again = pickle.loads(pickle.dumps(model))
assert type(again) is nn.MLP and isinstance(again, nn.Module)
nn.save(model, "model.safetensors"), nn.load("model.safetensors", again)
nn.utils.clip_grad_norm_(model.parameters(), 1.0), nn.onnx, nn.plot, nn.summary(model, (1, 2))
print(round(history["train_accuracy"][-1], 3), nn.__name__, optim.__name__)
"""


@pytest.mark.parametrize("shadow", ["nn", "optim", "both"])
@pytest.mark.parametrize("folder", [False, True], ids=["file", "package"])
def test_behind_a_file_of_the_users(shadow, folder, tmp_path):
    names = ["nn", "optim"] if shadow == "both" else [shadow]
    for name in names:
        place = tmp_path / name / "__init__.py" if folder else tmp_path / f"{name}.py"
        place.parent.mkdir(exist_ok=True)
        place.write_text("mine = 1\n")
    called = [f"autograd_core.{name}" if name in names else name for name in ("nn", "optim")]
    assert printed(MODEL, tmp_path, "-W", "error") == f"1.0 {' '.join(called)}"
    for first in ("import nn, optim\n", "from autograd_core import nn as ours, optim as theirs\nimport nn, optim\n"):
        code = f"{first}import autograd_core as ag\nprint([hasattr(m, 'mine') for m in (nn, optim, ag.nn, ag.optim)])"
        assert printed(code, tmp_path) == str(["nn" in names, "optim" in names, False, False])


def test_the_file_in_the_way_is_named(tmp_path):
    (tmp_path / "nn.py").write_text("")
    done = run("import autograd_core as ag\nimport nn.functional as F\n", tmp_path)
    assert done.returncode == 1 and "'nn' is not a package" in done.stderr
    assert f"program.py:2: UserWarning: `import nn` gives {tmp_path / 'nn.py'}, which stands in the way" in done.stderr
    assert "rename that file, or write `from autograd_core import nn` for the package" in done.stderr
    assert "stands in the way" not in run("import autograd_core, optim\n", tmp_path).stderr


def test_a_file_of_that_name_that_takes_everything_from_ours(tmp_path):
    (tmp_path / "nn.py").write_text("from autograd_core.nn import *\nfrom autograd_core import nn as ours\n")
    assert (
        printed("import nn\nprint(nn.Linear(1, 2).weight.shape, nn.ours.__name__)", tmp_path)
        == "(2, 1) autograd_core.nn"
    )


def test_stubs_are_of_what_there_is():
    """Type checkers read autograd_core/nn/*.pyi; each forwards to the module whose second name it has."""
    found = set()
    for package in ("nn", "optim"):
        for path in (ROOT / "autograd_core" / package).rglob("*.pyi"):
            parts = path.relative_to(ROOT / "autograd_core").with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            target = re.search(r"^from (\S+) import \*", path.read_text(), re.M).group(1)
            if target == "nn.sklearn" and importlib.util.find_spec("sklearn") is None:
                continue
            real = importlib.import_module(target)
            parent, _, last = name.rpartition(".")
            assert real is (getattr(importlib.import_module(parent), last) if parent else real)
            assert name == target
            found.add(name)
    assert {f"nn.{name}" for name in nn.LATER} | {
        "nn",
        "nn.functional",
        "nn.init",
        "optim",
        "optim.lr_scheduler",
    } <= found
