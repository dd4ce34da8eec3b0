"""CONTRIBUTING.md is true: its steps are followed on a copy of the tree, and the tests that they name are green there."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def steps(section):
    """(file, the line after which, the code) of each block of a section, which begins with a comment that says where."""
    text = TEXT.split(f"\n## {section}")[1].split("\n## ")[0]
    for block in re.findall(r"^ *```(?:python|text)\n(.*?)^ *```$", text, re.M | re.S):
        place, code = textwrap.dedent(block).split("\n", 1)
        file, _, line = place.removeprefix("# ").partition(", after ")
        yield file, line, code


def follow(section, root):
    for file, line, code in steps(section):
        path = root / file
        text = path.read_text()
        if line:
            assert text.count(f"\n{line}\n") == 1, (file, line)
            text = text.replace(f"\n{line}\n", f"\n{line}\n{textwrap.indent(code, '    ' * line.endswith('['))}")
        elif "\nNAMES = " in text:  # the lines of names are the last thing in a family's file
            head, mark, tail = text.rpartition("\n# A line an operation")
            text = f"{head}\n{code}\n{mark}{tail}"
        else:
            text = f"{text}\n\n{code}"
        path.write_text(text)


@pytest.fixture
def copy(tmp_path):
    left_out = shutil.ignore_patterns("__pycache__", "*.idx*", "*.npz")
    for top in ("autograd_core", "nn", "optim", "tests"):
        shutil.copytree(ROOT / top, tmp_path / top, ignore=left_out)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def run(root, *args):
    out = subprocess.run(
        [sys.executable, "-m", *args], cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True
    )  # fmt: skip
    assert out.returncode == 0, out.stdout + out.stderr
    return out.stdout


def test_one_operation(copy):
    follow("One operation, start to green tests", copy)
    (files,) = re.findall(r"pytest -k log1mexp (.*?)`", TEXT)
    passed = run(copy, "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-k", "log1mexp", *files.split())
    for test in (
        "test_forward_equals_the_reference", "test_the_form_in_place_gives_the_same", "test_float32_stays_float32",
        "test_is_the_loop_over_the_examples", "test_the_example_runs",
    ):  # fmt: skip
        assert re.search(rf"PASSED .*::{test}\w*\[.*log1mexp", passed), (test, passed)
    if importlib.util.find_spec("ruff"):  # which the stubs are formatted with
        run(copy, "tests.stubs")
        for stub in ("__init__.pyi", "engine/methods.pyi"):
            assert "def log1mexp(" in (copy / "autograd_core" / stub).read_text()
    lacking = run(copy, "tests.public", "log1mexp")
    assert not re.search(r"^autograd_core\.log1mexp:", lacking, re.M), lacking


def test_a_layer(copy):
    follow("A layer", copy)
    path = copy / "nn" / "__init__.py"
    text = path.read_text()
    for old, new in (
        ("import Bilinear, Linear\n", "import Bilinear, Linear, Scale\n"),
        ('"ScaledSigmoid",', '"Scale", "ScaledSigmoid",'),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)
    files = ("tests/test_layers.py", "tests/test_docstrings.py", "tests/test_pickle.py")
    passed = run(
        copy,
        "pytest",
        "-q",
        "-rA",
        "-p",
        "no:cacheprovider",
        "-k",
        "test_scale or Scale] or test_modules[Scale",
        *files,
    )
    for test in ("test_scale", "test_modules[Scale]", "test_the_example_runs[nn.Scale]"):
        assert f"::{test}\n" in passed, passed
    lacking = run(copy, "tests.public", "nn.Scale")
    assert not re.search(r"^nn\.Scale:", lacking, re.M), lacking


def test_the_places_named_exist():
    for name in re.findall(r"`((?:autograd_core|engine|interface|transforms|nn|optim|tests|bench)/[\w./]*)`", TEXT):
        assert (ROOT / name).exists() or (ROOT / "autograd_core" / name).exists(), name
    for target in re.findall(r"`make ([\w-]+)`", TEXT):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M), target
