"""The notebooks are sound as files: valid, importing what is public, with clean outputs; and the command runs them."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import sys
from pathlib import Path

import matplotlib.pyplot
import pytest

import notebooks
from notebooks import checklist
from notebooks.source import lessons, run_as_program, stamp

matplotlib.use("Agg")
FOLDER = Path(__file__).parent.parent / "notebooks"
SOURCES = lessons()
NOTEBOOKS = [path.with_suffix(".ipynb") for path in SOURCES]
PACKAGES = {"autograd_core", "nn", "optim", "notebooks"}
OTHERS = {"matplotlib", "numba", "numpy", "scipy"}
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


def test_the_package_lists_them_in_order():
    listed = re.findall(r"^(\d\d[ab]?-[\w-]+)  ", inspect.getdoc(notebooks), re.M)
    stems = [path.stem for path in SOURCES]
    assert stems == [name for name in listed if name in stems]
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(stems), (
        "each notebook has a source, each source a notebook"
    )


@each
def test_outputs_are_those_of_its_source(path):
    """Red: a source or the library's version has changed since; `python -m notebooks NAME --write` makes it anew."""
    assert read(path)["metadata"]["course"] == stamp(path.with_suffix(".py"))


def test_a_changed_source_has_another_stamp(tmp_path):
    path = tmp_path / "01-one.py"
    path.write_bytes(b"# %%\nx = 1\n")
    before = stamp(path)
    path.write_bytes(b"# %%\r\nx = 1\r\n")
    assert stamp(path) == before  # a checkout with other line ends
    path.write_bytes(b"# %%\nx = 2\n")
    assert stamp(path) != before


def test_the_checklist_is_the_one_of_the_cells():
    """Red: `python -m notebooks.checklist` writes it anew."""
    assert (FOLDER / "checklist.md").read_text(encoding="utf-8") == checklist.table()
    known = {row["row"] for row in checklist.rows()}
    assert len(known) == 259 and checklist.shown().keys() <= known


@each
def test_each_lesson_shows_its_rows(path):
    number = path.stem.split("-")[0].lstrip("0") or "0"
    mine = [row["row"] for row in checklist.rows() if number in re.split("[, ]+", row["lessons"])]
    here = {tag for _, tags in checklist.cells(path.with_suffix(".py")) for tag in tags}
    assert [row for row in mine if row not in here] == []


@each
def test_it_is_no_longer_than_a_lesson(path):
    cells = read(path)["cells"]
    words = sum(
        len(re.sub(r"\$\$?.*?\$\$?", "", source(c), flags=re.S).split()) for c in cells if c["cell_type"] == "markdown"
    )
    assert len(cells) <= 45 and words <= 1500


@each
def test_it_says_what_it_is_for(path):
    first = source(read(path)["cells"][0])
    assert first.startswith(f"# {path.stem.split('-')[0].lstrip('0') or '0'}. ")
    for part in ("**You will be able to**", "**Needs**", "**Takes** "):
        assert part in first


@each
def test_pictures_have_a_text(path):
    for output in outputs(path):
        if "image/png" in output.get("data", {}):
            assert len(output["metadata"].get("image/png", {}).get("alt", "")) > 20


@each
def test_it_runs_at_its_reduced_size(path, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_LESSONS", "reduced")
    run_as_program(path.with_suffix(".py"))
    matplotlib.pyplot.close("all")


@each
def test_format(path):
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed; make notebooks installs it")
    nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))


@each
def test_metadata(path):
    notebook = read(path)
    assert (notebook["nbformat"], notebook["nbformat_minor"]) >= (4, 5)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert set(notebook["metadata"]) == {"kernelspec", "language_info", "course"}  # nothing of the editor that was used
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert path.stat().st_size < 2_000_000


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


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The command with a folder of its own, for the lessons that a test makes."""
    module = importlib.import_module("notebooks.__main__")
    monkeypatch.setattr(module.lessons, "__defaults__", (None, tmp_path))

    def make(name, *cells):
        path = tmp_path / f"{name}.py"
        path.write_text("\n\n".join(f"# %%\n{text}" for text in cells) + "\n", encoding="utf-8")
        return path

    return module, make


def test_finding_lessons(command, capsys):
    module, make = command
    paths = [make("01-one"), make("02-two"), make("10a-ten"), make("10b-ten")]
    assert module.lessons([]) == paths
    assert module.lessons(["10", "02-two.ipynb", "02"]) == paths[1:]
    assert module.main(["03"]) == 2
    assert "no lesson begins with '03'; there are 01-one, 02-two, 10a-ten, 10b-ten" in capsys.readouterr().err


def test_a_lesson_that_fails_as_a_program_is_reported(command, capsys):
    module, make = command
    make("01-good", "from notebooks.course import size", "print(size(3, 1)); assert size(3, 1) == 1")
    make("02-bad", "x = 1", "y = x + missing")
    assert module.main(["--reduced"]) == 1
    printed = capsys.readouterr().out
    assert re.search(r"^01-good: \d+ s$", printed, re.M) and "02-bad: FAILED" in printed
    assert "NameError: name 'missing' is not defined" in printed and "line 5" in printed


def needs_a_kernel():
    """Skip where a notebook cannot be run."""
    for name in ("jupytext", "nbclient", "ipykernel"):
        pytest.importorskip(name, reason=f"{name} is not installed; make notebooks installs it")


@pytest.mark.slow
def test_the_command_runs_writes_and_reports(command, capsys):
    needs_a_kernel()
    module, make = command
    good, bad = make("01-good", "x = 6", "print(x * 7)"), make("02-bad", "y = 1", "z = y + missing", "print('no')")
    assert module.main([]) == 1
    printed = capsys.readouterr().out
    assert re.search(r"^01-good: \d+ s$", printed, re.M)
    assert re.search(r"^02-bad: FAILED after \d+ s in code cell 2 of 3:$", printed, re.M)
    assert (
        "    z = y + missing" in printed
        and "NameError: name 'missing' is not defined" in printed
        and "\x1b" not in printed
    )
    assert not good.with_suffix(".ipynb").exists()
    assert module.main(["--write"]) == 1
    assert "01-good: " in capsys.readouterr().out
    written = good.with_suffix(".ipynb")
    assert [output["text"] for output in outputs(written)] == [["42\n"]]
    assert read(written)["metadata"]["course"] == stamp(good)
    assert sorted(path.name for path in good.parent.iterdir()) == ["01-good.ipynb", "01-good.py", "02-bad.py"]
    assert not bad.with_suffix(".ipynb").exists()  # what failed is not written


@pytest.mark.slow
def test_a_cell_that_never_ends_is_stopped(command, capsys):
    needs_a_kernel()
    module, make = command
    make("01-slow", "x = 1", "while True:\n    pass", "y = 2")
    assert module.main(["--timeout", "2"]) == 1
    printed = capsys.readouterr().out
    assert "code cell 2 of 3:" in printed and "while True:" in printed and "it did not end within 2 s;" in printed


@pytest.mark.slow
def test_a_kernel_that_dies_is_reported(command, capsys):
    needs_a_kernel()
    module, make = command
    make("01-dead", "import os", "os._exit(1)")
    assert module.main([]) == 1
    printed = capsys.readouterr().out
    assert "code cell 2 of 2:" in printed and "os._exit(1)" in printed and "the kernel died" in printed


@pytest.mark.slow
@each
def test_it_runs_in_a_kernel(path):
    """With its assertions, at its full size."""
    needs_a_kernel()
    importlib.import_module("notebooks.__main__").run(path.with_suffix(".py"))
