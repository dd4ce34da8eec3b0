"""The command `python -m notebooks [NAME …] [--write]`: run the notebooks, each in a kernel of its own.

They run in a temporary folder, with IPython's settings there too, so that nothing is left behind and nobody's own
settings change what comes out. With --write the outputs are stored in the notebooks.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

from nn.command import Parser, positive

FOLDER = Path(__file__).parent
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class CellError(Exception):
    """A cell that failed; the message shows its source and the error."""


def parser() -> Parser:
    p = Parser(prog="python -m notebooks", description="Run the notebooks of the course.")
    p.add_argument("names", nargs="*", metavar="NAME", help="which, such as 01 or 02-lenet-on-mnist (default: all)")
    p.add_argument("--write", action="store_true", help="store the outputs in the notebooks")
    p.add_argument(
        "--timeout", type=positive(int), default=1800, metavar="S", help="seconds a cell may take (default 1800)"
    )
    return p


def find(names: list[str], folder: Path = FOLDER) -> list[Path]:
    """The notebooks whose names begin with the given ones, in order; all if none is given.

    Raises ValueError for a name that no notebook begins with.
    """
    there = sorted(folder.glob("*.ipynb"))
    chosen: set[Path] = set()
    for name in names:
        matching = {path for path in there if path.stem.startswith(name.removesuffix(".ipynb"))}
        if not matching:
            raise ValueError(f"no notebook begins with '{name}'; there are {', '.join(path.stem for path in there)}")
        chosen |= matching
    return [path for path in there if path in chosen or not names]


def run(path: Path, timeout: int = 1800) -> Any:
    """The notebook with new outputs. The file is left as it is.

    Raises CellError with the source and the error of the first cell that fails.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with tempfile.TemporaryDirectory(prefix="notebooks-") as temporary:
        shutil.copy(path, temporary)
        environment = os.environ | {
            "IPYTHONDIR": os.path.join(temporary, "ipython"),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else each kernel begins with a warning of the debugger
            "PYTHONPATH": os.pathsep.join(filter(None, [str(FOLDER.parent), os.environ.get("PYTHONPATH")])),
        }
        settings = Config()
        if os.name == "posix":  # sockets that are files, in the folder, rather than ports that others could reach
            settings.KernelManager.transport = "ipc"
            settings.KernelManager.connection_file = os.path.join(temporary, "kernel.json")
        started: list[int] = []  # the indices of the cells, as their turn comes
        client = NotebookClient(
            notebook,
            config=settings,
            timeout=timeout,
            kernel_name="python3",
            resources={"metadata": {"path": temporary}},
            record_timing=False,
            on_cell_execute=lambda cell, cell_index: started.append(cell_index),
            store_widget_state=False,
        )
        try:
            client.execute(env=environment)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise CellError(_report(notebook, started[-1], error, timeout)) from None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = without_compilation(cell.outputs)
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": {"name": "python"}})
    return notebook


def without_compilation(outputs: list) -> list:
    """The outputs of a cell without the bar of kernels being compiled, which belongs to this machine, not to the lesson; the
    text that the bar stood between is one text again."""
    kept: list = []
    for output in outputs:
        name, text = output.get("name"), output.get("text", "")
        if name == "stderr" and ("compiling kernels, once on this machine" in text or not text.strip()):
            continue
        if kept and name is not None and name == kept[-1].get("name"):
            kept[-1]["text"] += text
        else:
            kept.append(output)
    return kept


def _report(notebook: Any, index: int, error: Exception, timeout: int) -> str:
    """Which cell failed, its source, and what Python said of it, or that it took too long, or that the kernel died."""
    cell = notebook.cells[index]
    code = [i for i, other in enumerate(notebook.cells) if other.cell_type == "code"]
    said = "the kernel died"
    if isinstance(error, TimeoutError):
        said = f"it did not end within {timeout} s; --timeout gives it longer"
    elif errors := [output for output in cell.outputs if output.output_type == "error"]:
        said = "\n".join(errors[0].traceback)
    return f"code cell {code.index(index) + 1} of {len(code)}:\n{_indented(cell.source)}\n{_indented(COLOURS.sub('', said))}"


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        paths = find(options.names)
        import nbformat
    except (ValueError, ImportError) as error:
        way_out = "; pip install -e '.[notebooks]'" if isinstance(error, ImportError) else ""
        print(f"error: {error}{way_out}", file=sys.stderr)
        return 2
    failed = 0
    for path in paths:
        started = time.perf_counter()
        try:
            notebook = run(path, options.timeout)
        except CellError as error:
            failed += 1
            print(f"{path.stem}: FAILED after {time.perf_counter() - started:.0f} s in {error}", flush=True)
            continue
        seconds = time.perf_counter() - started
        if options.write:
            nbformat.write(notebook, path)
        print(f"{path.stem}: {seconds:.0f} s{', written' if options.write else ''}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
