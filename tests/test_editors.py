"""What editors and type checkers see: the stubs are current, completion is whole, right programs pass, mistakes are found."""

import ast
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import autograd_core as ag
import nn
import optim
from nn import functional as F

from . import stubs

ROOT = Path(__file__).parent.parent
TYPED = Path(__file__).parent / "typed"
WRONG = {n for n, line in enumerate((TYPED / "wrong.py").read_text().splitlines(), 1) if "  # " in line}


@pytest.mark.parametrize("path", stubs.STUBS, ids=lambda p: p.name)
def test_the_stubs_are_current(path):
    assert ast.dump(ast.parse(path.read_text())) == ast.dump(ast.parse(stubs.STUBS[path]())), (
        "run: python -m tests.stubs"
    )


def public(names):
    return {name for name in names if not name.startswith("_")}


COMPLETED = {
    "ag": set(ag.__all__) | {"func", "special", "draw", "checkpoint", "distributions", "nn", "optim"},
    "x": public(dir(ag.Tensor)),
    "F": set(F.__all__),
    "nn": set(nn.__all__) | set(nn.LATER),
    "optim": set(optim.__all__) | set(optim.LATER),
}


@pytest.mark.parametrize("name", COMPLETED)
def test_completion_is_whole(name):
    jedi = pytest.importorskip("jedi", reason="jedi is not installed (make test installs it)")
    program = "import autograd_core as ag\nimport nn, optim\nimport nn.functional as F\nx = ag.zeros(2)\n"
    script = jedi.Script(f"{program}{name}.", project=jedi.Project(ROOT), path=ROOT / "program.py")
    assert COMPLETED[name] - {completion.name for completion in script.complete(5, len(name) + 1)} == set()


def test_dir_has_what_is_lazy():
    assert {"draw", "func", "nn", "optim"} <= set(dir(ag))
    assert {"plot", "data"} <= set(dir(nn))
    assert {"fit", "EarlyStopping", "training"} <= set(dir(optim))


def mypy(path, cache):
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--cache-dir", str(cache), str(path)]
    run = subprocess.run(command, cwd=cache, env={**os.environ, "MYPYPATH": str(ROOT)}, capture_output=True, text=True)
    pattern = rf"{re.escape(path.name)}:(\d+): error: (.*)"
    return [(int(line), message) for line, message in re.findall(pattern, run.stdout)] + [(0, run.stderr)] * bool(
        run.stderr
    )


def pyright(path, cache):
    (cache / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)], "typeCheckingMode": "standard"}))
    copy = cache / path.name
    copy.write_text(path.read_text())
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson", str(copy)]
    run = subprocess.run(command, cwd=cache, capture_output=True, text=True)
    found = json.loads(run.stdout)["generalDiagnostics"]
    return [(d["range"]["start"]["line"] + 1, d["message"]) for d in found if d["severity"] == "error"]


CHECKERS = {"mypy": mypy, "basedpyright": pyright}


@pytest.fixture(params=CHECKERS)
def checker(request, tmp_path):
    pytest.importorskip(request.param, reason=f"{request.param} is not installed (make lint installs it)")
    return lambda path: CHECKERS[request.param](path, tmp_path)


def test_a_right_program_passes(checker):
    assert checker(TYPED / "right.py") == []


def test_mistakes_are_found(checker):
    assert {line for line, _ in checker(TYPED / "wrong.py")} == WRONG
    assert len(WRONG) >= 10


def test_the_right_program_runs(capsys):
    runpy.run_path(str(TYPED / "right.py"))
