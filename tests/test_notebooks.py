"""The notebooks are sound as files: valid, importing what is public, with clean outputs; and the command runs them."""

from __future__ import annotations

import ast
import importlib
import json
import re
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
PACKAGES = {"autograd_core", "nn", "optim"}
OTHERS = {"matplotlib", "numpy", "scipy"}
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(path):
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == "code"]


def source(cell):
    return "".join(cell["source"])


def outputs(path):
    return [output for cell in code_cells(path) for output in cell["outputs"]]


def texts(path):
    """All that is shown as text: streams, and results as text, HTML or SVG."""
    for output in outputs(path):
        yield "".join(output.get("text", ""))
        for kind, value in output.get("data", {}).items():
            if not kind.startswith("image/") or kind == "image/svg+xml":
                yield "".join(value)


def test_there_are_notebooks_with_numbers_in_order():
    assert [path.stem[:3] for path in NOTEBOOKS] == [f"{i:02}-" for i in range(1, len(NOTEBOOKS) + 1)]
    assert NOTEBOOKS


def test_the_package_lists_them():
    said = re.findall(r"^(\d\d-[\w-]+)  ", (FOLDER / "__init__.py").read_text(encoding="utf-8"), re.M)
    assert said == [path.stem for path in NOTEBOOKS]


@each
def test_format(path):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed; make notebooks installs it")
    nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))


@each
def test_metadata(path):
    notebook = read(path)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) >= (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}  # nothing of the editor that was used
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert path.stat().st_size < 2_000_000


@each
def test_begins_with_its_title_and_ends_with_exercises(path):
    first, last = read(path)["cells"][0], read(path)["cells"][-1]
    assert (first["cell_type"], last["cell_type"]) == ("markdown", "markdown")
    assert source(first).startswith(f"# {int(path.stem[:2])}. ")
    exercises = source(last).partition("## Exercises\n")[2]
    assert 4 <= len(re.findall(r"^\d\. ", exercises, re.M)) <= 6


@each
def test_code_parses_and_imports_public_modules_only(path):
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.Import):
                imported = [(name.name, None) for name in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0 and node.module, ast.unparse(node)
                imported = [(node.module, name.name) for name in node.names]
            else:
                continue
            for module, name in imported:
                parts = [*module.split("."), *([name] if name else [])]
                assert not any(part.startswith("_") for part in parts), ast.unparse(node)
                top = parts[0]
                assert top in PACKAGES | OTHERS | sys.stdlib_module_names, ast.unparse(node)
                if top in PACKAGES:
                    assert name is None or hasattr(importlib.import_module(module), name), ast.unparse(node)


@each
def test_outputs_are_stored_and_clean(path):
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1)), "run it from the beginning"
    assert any(cell["outputs"] for cell in cells)
    for output in outputs(path):
        assert output["output_type"] != "error"
        assert output.get("name") != "stderr", "".join(output["text"])
        shown = output.get("data", {})
        assert "image/png" in shown or "<Figure" not in "".join(shown.get("text/plain", "")), "a figure as text only"
    for text in texts(path):
        assert "Traceback (most recent call last)" not in text
        assert not re.search(r"\w+Warning: ", text)
        assert not re.search(r" object at 0x[0-9a-f]+>", text)
        assert not re.search(r"(^|[\s\"'(=])(/(home|root|tmp|usr|var|opt|work|Users)/|[A-Z]:\\)", text), text[:200]


def test_the_bar_of_compilation_is_no_output_of_a_lesson():
    clean = importlib.import_module("notebooks.__main__").without_compilation
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "softmax 90 %\n"},
        {"output_type": "stream", "name": "stderr", "text": "\rcompiling kernels, once on this machine: 1 done"},
        {"output_type": "stream", "name": "stderr", "text": "\r      \r"},
        {"output_type": "stream", "name": "stdout", "text": "LeNet 97 %\n"},
        {"output_type": "display_data", "data": {"image/png": ""}},
        {"output_type": "stream", "name": "stderr", "text": "UserWarning: look here"},
    ]
    kept = clean([dict(output) for output in outputs])
    assert kept[0]["text"] == "softmax 90 %\nLeNet 97 %\n" and kept[1:] == outputs[4:]


def printed(notebook):
    return "".join("".join(o.get("text", "")) for cell in notebook["cells"] for o in cell.get("outputs", ()))


def check_lenet_on_mnist(notebook):
    """What the text of the lesson says of its results."""
    said = printed(notebook)
    found = re.findall(r"^(\S+) +[\d,]+ weights +test accuracy ([\d.]+)%$", said, re.M)
    softmax, mlp, lenet = (float(percent) for _, percent in found)
    assert 88 < softmax < mlp < lenet and lenet > 96.5
    assert "shift the convolved: True" in said


def check_backpropagation(notebook):
    said = " ".join(printed(notebook).split())
    assert said.count("-3.542") > 3 and "equal to X^T g: True" in said and "off by the constant factor 0.333333" in said
    assert float(re.search(r"([\d.]+)% of the points right", said).group(1)) > 90


CLAIMS = {"01-backpropagation": check_backpropagation, "02-lenet-on-mnist": check_lenet_on_mnist}


@each
def test_stored_results_are_those_the_text_speaks_of(path):
    CLAIMS[path.stem](read(path))


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The command with a folder of its own, for the notebooks that a test makes."""
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed; make notebooks installs it")
    module = importlib.import_module("notebooks.__main__")
    monkeypatch.setattr(module.find, "__defaults__", (tmp_path,))

    def make(name, *sources):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in sources])
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
        return tmp_path / f"{name}.ipynb"

    return module, make


def test_finding_notebooks(command, capsys):
    module, make = command
    paths = [make("01-one"), make("02-two"), make("10-ten")]
    assert module.find([]) == paths
    assert module.find(["10", "02-two.ipynb", "02"]) == paths[1:]
    assert module.main(["03"]) == 2
    assert "no notebook begins with '03'; there are 01-one, 02-two, 10-ten" in capsys.readouterr().err


def needs_a_kernel():
    """Skip where a notebook cannot be run."""
    for name in ("nbclient", "ipykernel"):
        pytest.importorskip(name, reason=f"{name} is not installed; make notebooks installs it")


@pytest.mark.slow
def test_the_command_runs_writes_and_reports(command, capsys):
    needs_a_kernel()
    module, make = command
    good, bad = make("01-good", "x = 6", "print(x * 7)"), make("02-bad", "y = 1", "z = y + missing", "print('no')")
    before = good.read_bytes(), bad.read_bytes()
    assert module.main([]) == 1
    said = capsys.readouterr().out
    assert re.search(r"^01-good: \d+ s$", said, re.M)
    assert re.search(r"^02-bad: FAILED after \d+ s in code cell 2 of 3:$", said, re.M)
    assert "    z = y + missing" in said and "NameError: name 'missing' is not defined" in said and "\x1b" not in said
    assert (good.read_bytes(), bad.read_bytes()) == before
    assert module.main(["--write"]) == 1
    assert "01-good: " in capsys.readouterr().out
    assert [output["text"] for output in outputs(good)] == [["42\n"]]
    assert read(good)["metadata"]["kernelspec"]["name"] == "python3"
    assert bad.read_bytes() == before[1]  # what failed is not written
    assert sorted(path.name for path in good.parent.iterdir()) == ["01-good.ipynb", "02-bad.ipynb"]


@pytest.mark.slow
def test_a_cell_that_never_ends_is_stopped(command, capsys):
    needs_a_kernel()
    module, make = command
    path = make("01-slow", "x = 1", "while True:\n    pass", "y = 2")
    stale = read(path)
    for cell in stale["cells"]:  # as after an earlier run
        cell["execution_count"] = 9
    path.write_text(json.dumps(stale), encoding="utf-8")
    assert module.main(["--timeout", "2"]) == 1
    said = capsys.readouterr().out
    assert "code cell 2 of 3:" in said and "while True:" in said and "it did not end within 2 s;" in said


@pytest.mark.slow
def test_a_kernel_that_dies_is_reported(command, capsys):
    needs_a_kernel()
    module, make = command
    make("01-dead", "import os", "os._exit(1)")
    assert module.main([]) == 1
    said = capsys.readouterr().out
    assert "code cell 2 of 2:" in said and "os._exit(1)" in said and "the kernel died" in said


@pytest.mark.slow
@each
def test_it_runs_and_its_text_stays_true(path):
    needs_a_kernel()
    CLAIMS[path.stem](importlib.import_module("notebooks.__main__").run(path))
