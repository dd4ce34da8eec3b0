"""Published figures beside what comes out here: `python -m bench results`.

Each row (`bench/published`) trains the network of a paper. A finished row is stored at once in bench/results/published, and
is not run again unless --again says so; a long one that was ended goes on inside. Rows whose data is not on this machine
are skipped. --quick runs all on small data, to see that they run, and stores nothing, nor is --save needed to store.
"""

from __future__ import annotations

import argparse
import importlib
import math
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import autograd_core as ag
from nn import command

from .published.row import Job, Row
from .published.shelf import Shelf
from .report import RESULTS, add_options, machine, number, run_bench, table

FOLDER = RESULTS / "published"
COLUMNS = ("row", "network", "what", "published", "here", "", "minutes", "source")


def parser() -> argparse.ArgumentParser:
    p = command.Parser(prog="python -m bench results", description="Published figures beside what comes out here.")
    add_options(p)
    p.add_argument(
        "--only", metavar="TEXT", default="", help="only the row of this name, or those whose names contain this"
    )
    p.add_argument("--again", action="store_true", help="run rows that are stored once more")
    p.add_argument("--table", action="store_true", help="run nothing: print what is stored, as the table of the README")
    p.add_argument("--seed", type=command.whole, default=0, metavar="N", help="of everything random (0)")
    return p


def run(row: Row, job: Job) -> dict[str, Any]:
    """The row's result, as it is stored. The seconds of one that was `resumed` are those of its last part."""
    resumed = job.folder is not None and any(job.folder.iterdir())
    ag.manual_seed(job.seed)
    started = time.perf_counter()
    figures = {name: float(value) for name, value in row.run(job).items()}
    if set(figures) != set(row.figures):
        raise ValueError(f"{row.name}: gave the figures {sorted(figures)}, declared are {sorted(row.figures)}")
    seconds = time.perf_counter() - started
    return {
        "row": row.name, "figures": {name: figures[name] for name in row.figures}, "seconds": round(seconds, 1),
        "resumed": resumed, "seed": job.seed, "machine": machine(),
    }  # fmt: skip


def run_all(rows: Iterable[Row], shelf: Shelf, quick: bool = False, again: bool = False, seed: int = 0) -> None:
    """Run the rows that are not stored, and store each when it is finished. A line says what becomes of each."""
    for row in rows:
        if not quick and not again and shelf.load(row) is not None:
            print(f"{row.name}: stored")
            continue
        lacking = [] if quick else row.lacks()
        if lacking:
            print(
                f"{row.name}: skipped, {', '.join(lacking)} is not on this machine; set AUTOGRAD_DATA to a folder that has it"
            )
            continue
        print(f"{row.name}: {row.about}" + ("" if quick else f", some {row.minutes:g} minutes"), flush=True)
        folder = None if quick else shelf.checkpoints(row, seed)
        result = run(row, Job(quick, seed, folder))
        if not quick:
            shelf.store(row, result)
        shown = ", ".join(f"{name} {number(value)}" for name, value in result["figures"].items())
        print(f"  {shown} ({result['seconds']:.1f} s)", flush=True)


def lines(row: Row, result: dict[str, Any] | None) -> list[list[str]]:
    """The row's lines of the table, one for each figure."""
    shown = []
    for name, claim in row.figures.items():
        published = "" if claim.bound is None else f"{claim.sense} {_text(claim.bound)}".removeprefix("beside ")
        here, verdict, minutes = "not run", "", f"({row.minutes:g})"
        if result is not None:
            here = _text(result["figures"][name])
            verdict = (
                ""
                if claim.bound is None or claim.sense == "beside"
                else ("met", "missed")[not claim.met(name, result["figures"])]
            )
            minutes = f"{'> ' * result.get('resumed', False)}{result['seconds'] / 60:.1f}"
        first = [row.name, row.about] if not shown else ["", ""]
        shown.append([*first, name, published, here, verdict, *([minutes, row.source] if first[0] else ["", ""])])
    return shown


def _text(value: float | str) -> str:
    if isinstance(value, str):
        return f"“{value}”"
    if math.isinf(value):
        return "never"
    return f"{value:,.0f}" if value == round(value) else number(value)


def markdown(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    parts = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(part) + " |" for part in parts)


def main(arguments: list[str], rows: Sequence[Row] | None = None, folder: Path = FOLDER) -> None:
    p = parser()
    chosen = p.parse_args(arguments)
    if rows is None:
        rows = importlib.import_module("bench.published").ROWS
    wanted = [row for row in rows if chosen.only == row.name] or [row for row in rows if chosen.only in row.name]
    if not wanted:
        p.error(f"--only {chosen.only}: no row has that in its name; there are {', '.join(row.name for row in rows)}")
    shelf = Shelf(folder)
    if not chosen.table:
        run_all(wanted, shelf, chosen.quick, chosen.again, chosen.seed)
    if not chosen.quick:
        listed = [line for row in wanted for line in lines(row, shelf.load(row))]
        print()
        print(markdown(COLUMNS, listed) if chosen.table else table(COLUMNS, listed))


if __name__ == "__main__":
    run_bench(main)
