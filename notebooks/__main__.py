"""The command `python -m notebooks [NAME …] [--write | --reduced]`: run the lessons, each in a kernel of its own.

They run in a temporary folder, with IPython's settings there too, so that nothing is left behind and nobody's own
settings change what comes out. With --write the notebooks are made anew from their sources, with these outputs. With
--reduced the lessons run as plain programs, in this process and at their reduced size, which only tries the code.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import tempfile
import textwrap
import time
import traceback
from pathlib import Path
from typing import Any

from nn.command import Parser, positive

from .source import FOLDER, lessons, metadata, notebook_of, run_as_program

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class CellError(Exception):
    """A cell that failed; the message shows its source and the error."""


def parser() -> Parser:
    p = Parser(prog="python -m notebooks", description="Run the lessons of the course.")
    p.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="which, such as 01 or 10b-networks-that-see (default: all)",
    )
    way = p.add_mutually_exclusive_group()
    way.add_argument(
        "--write", action="store_true", help="make the notebooks anew, with these outputs"
    )
    way.add_argument(
        "--reduced", action="store_true", help="run them as programs, at a reduced size"
    )
    p.add_argument(
        "--timeout",
        type=positive(int),
        default=1800,
        metavar="S",
        help="seconds a cell may take (default 1800)",
    )
    return p


def run(path: Path, timeout: int = 1800) -> Any:
    """The notebook of a lesson's source, with outputs. No file is written.

    Raises CellError with the source and the error of the first cell that fails.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    notebook = notebook_of(path)
    with tempfile.TemporaryDirectory(prefix="notebooks-") as temporary:
        environment = (
            os.environ
            | {
                "IPYTHONDIR": os.path.join(temporary, "ipython"),
                "MPLBACKEND": "module://matplotlib_inline.backend_inline",
                "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else each kernel begins with a warning of the debugger
                "PYTHONPATH": os.pathsep.join(
                    filter(None, [str(FOLDER.parent), os.environ.get("PYTHONPATH")])
                ),
            }
        )
        settings = Config()
        if (
            os.name == "posix"
        ):  # sockets that are files, in the folder, rather than ports that others could reach
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
    notebook.metadata = nbformat.from_dict(metadata(path))
    return notebook


def without_compilation(outputs: list) -> list:
    """The outputs of a cell without the bar of kernels being compiled, which belongs to this machine, not to the lesson; the
    text that the bar stood between is one text again."""
    kept: list = []
    for output in outputs:
        name, text = output.get("name"), output.get("text", "")
        if name == "stderr" and (
            "compiling kernels, once on this machine" in text or not text.strip()
        ):
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
        paths = lessons(options.names)
        if not options.reduced:
            import nbformat
    except (ValueError, ImportError) as error:
        way_out = "; pip install -e '.[notebooks]'" if isinstance(error, ImportError) else ""
        print(f"error: {error}{way_out}", file=sys.stderr)
        return 2
    failed = 0
    for path in paths:
        started = time.perf_counter()
        try:
            if options.reduced:
                run_reduced(path)
            else:
                notebook = run(path, options.timeout)
        except CellError as error:
            failed += 1
            print(
                f"{path.stem}: FAILED after {time.perf_counter() - started:.0f} s in {error}",
                flush=True,
            )
            continue
        seconds = time.perf_counter() - started
        if options.write:
            nbformat.write(notebook, path.with_suffix(".ipynb"))
        print(f"{path.stem}: {seconds:.0f} s{', written' if options.write else ''}", flush=True)
    return 1 if failed else 0


def run_reduced(path: Path) -> None:
    """Run a lesson as a program at its reduced size, without what it prints. Raises CellError with the traceback."""
    import matplotlib

    matplotlib.use("Agg")
    os.environ["AUTOGRAD_LESSONS"] = "reduced"
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            run_as_program(path)
    except Exception:
        raise CellError(f"the program:\n{_indented(traceback.format_exc())}") from None
    finally:
        del os.environ["AUTOGRAD_LESSONS"]


if __name__ == "__main__":
    sys.exit(main())
