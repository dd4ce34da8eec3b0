"""From a lesson's source to its notebook: `03-neuron.py` in the percent format → `03-neuron.ipynb` with outputs and a stamp.

The source is an ordinary Python program; `# %%` begins a cell of code and `# %% [markdown]` one of text. The stamp in the
notebook's metadata, the source's SHA-256 and the library's version, tells whether the stored outputs are those of it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import autograd_core as ag

FOLDER = Path(__file__).parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def lessons(names: list[str] | None = None, folder: Path = FOLDER) -> list[Path]:
    """The sources of the lessons whose names begin with one of the given, in order; all if none is given.

    Raises ValueError for a name that no lesson begins with.
    """
    there = sorted(
        (path for path in folder.glob("*.py") if path.stem[:1].isdigit()),
        key=lambda path: path.stem,
    )
    chosen: set[Path] = set()
    for name in names or []:
        name = re.sub(r"\.(ipynb|py)$", "", Path(name).name)
        matching = {path for path in there if path.stem.startswith(name)}
        if not matching:
            raise ValueError(
                f"no lesson begins with '{name}'; there are {', '.join(path.stem for path in there)}"
            )
        chosen |= matching
    return [path for path in there if path in chosen or not names]


def stamp(path: Path) -> dict[str, str]:
    """What a notebook says of the source it was made from: its SHA-256, whatever the line ends, and the library's version."""
    text = path.read_text(encoding="utf-8")
    return {"source": hashlib.sha256(text.encode()).hexdigest(), "version": ag.__version__}


def notebook_of(path: Path) -> Any:
    """The notebook of a source, without outputs. The ids of its cells are their numbers, so that versions compare well."""
    import jupytext
    import nbformat

    notebook = jupytext.read(path)
    notebook.metadata = nbformat.from_dict(metadata(path))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for i, cell in enumerate(notebook.cells):
        cell.id = f"cell-{i:02}"
    return notebook


def metadata(path: Path) -> dict[str, Any]:
    """That of a notebook: its language, and the stamp."""
    return {"kernelspec": KERNEL, "language_info": {"name": "python"}, "course": stamp(path)}


def run_as_program(path: Path) -> None:
    """Run a lesson in this process, as the program that it is; an error names the line of the source."""
    code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
    exec(code, {"__name__": "__main__", "__file__": str(path)})
