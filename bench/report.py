"""What every bench shares: its options, the machine it ran on, tables for the terminal, JSON, and whether there is PyTorch."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import math
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from autograd_core.kernels.machine.threads import get_num_threads

FOLDER = Path(__file__).parent
RESULTS, FIGURES = FOLDER / "results", FOLDER / "figures"


def machine() -> dict[str, Any]:
    """The processor and the versions that a measurement belongs to."""
    return {
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "threads": get_num_threads(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: _version(name) for name in ("numpy", "numba", "torch")},
        "date": time.strftime("%Y-%m-%d"),
    }


def _processor() -> str:
    names = []
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text().splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        flags = next((line.split() for line in lines if line.startswith("flags")), [])
        names[1:] = [flag for flag in ("avx2", "avx512f") if flag in flags]
    return ", ".join(names) or platform.processor() or platform.machine()


def _version(package: str) -> str | None:
    return importlib.metadata.version(package) if importlib.util.find_spec(package) else None


def has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that every bench has."""
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller sizes, to see that it runs")
    parser.add_argument(
        "--save", action="store_true", help="keep results and figures in bench/results and bench/figures"
    )


def options(name: str, arguments: Sequence[str], **more: Any) -> argparse.Namespace:
    """The options of a bench: `quick`, `save`, and `more`, text options by name with their help. Others are refused."""
    parser = importlib.import_module("nn.command").Parser(
        prog=f"python -m bench {name}"
    )  # late: `start` times this import
    add_options(parser)
    for option, text in more.items():
        parser.add_argument(f"--{option}", metavar="TEXT", default="", help=text)
    return parser.parse_args(arguments)


def quick(arguments: Sequence[str]) -> bool:
    """`--quick`: fewer rounds and smaller sizes, to see that a bench runs."""
    return options("NAME", arguments).quick


def run_bench(main: Callable[[list[str]], Any], work: Callable[..., Any] | None = None) -> None:
    """The end of a bench's file: `python -m bench.NAME` is `main`, and `--worker …` first the work of its own processes."""
    first, *others = [*sys.argv[1:], ""]
    if first == "--worker" and work is not None:
        work(*others[:-1])
    else:
        main(sys.argv[1:])


def number(value: Any) -> str:
    """Three significant digits."""
    if not isinstance(value, float):
        return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    if value == 0 or not math.isfinite(value):
        return str(value)
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{digits}f}"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Aligned text, the first column to the left; numbers with three digits."""
    cells = [list(columns), *([number(value) for value in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(columns))]
    lines = []
    for row in cells:
        first, *others = (cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))
        lines.append("  ".join([first, *others]).rstrip())
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def geometric_mean(values: Iterable[float]) -> float:
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))


def save(name: str, results: dict[str, Any]) -> Path:
    """Write the results as JSON, with the machine they belong to."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"bench": name, "machine": machine(), **results}, indent=1) + "\n")
    return path
