"""How the cost of a training step grows with batch, width, depth and sequence length: `python -m bench growth`.

Each size is doubled from a small one, where fixed costs rule (a curve that is flat), to a large one, where arithmetic
does. The exponent is the slope of a least-squares line through the last three points on the log-log plot: 1 is expected
for batch, depth and length, 2 for the width of a layer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import figures
from .report import has_torch, number, options, run_bench, save, table
from .timing import interleaved
from .workloads import Case, Library, mlp, recurrent, step

SWEEPS: dict[str, tuple[tuple[int, ...], Callable[[Library, int], Case]]] = {
    "batch": ((1, 4, 16, 64, 256, 1024, 4096), lambda lib, n: mlp(lib, n)),
    "width": ((16, 32, 64, 128, 256, 512, 1024, 2048), lambda lib, n: mlp(lib, 64, (n, n, n, 10))),
    "depth": ((1, 2, 4, 8, 16, 32, 64), lambda lib, n: mlp(lib, 64, (128,) * (n + 1))),
    "sequence length": ((4, 16, 64, 256, 1024), lambda lib, n: recurrent(lib, "LSTM", n, 32, 64)),
}


def exponent(sizes: list[int], seconds: list[float]) -> float:
    return float(np.polyfit(np.log(sizes[-3:]), np.log(seconds[-3:]), 1)[0])


def measure(sizes: tuple[int, ...], build: Callable[[Library, int], Case], rounds: int) -> list[dict[str, Any]]:
    libraries = [Library(name) for name in (["ours", "torch"] if has_torch() else ["ours"])]
    rows = []
    for size in sizes:
        runs = {lib.name: step(build(lib, size)) for lib in libraries}
        for run in runs.values():
            run()
        rows.append({"size": size, **{name: t.fastest for name, t in interleaved(runs, rounds).items()}})
    return rows


def main(arguments: list[str]) -> None:
    chosen = options("growth", arguments)
    curves, exponents = {}, {}
    for name, (sizes, build) in SWEEPS.items():
        rows = measure(sizes[:-2] if chosen.quick else sizes, build, 2 if chosen.quick else 7)
        curves[name] = rows
        exponents[name] = exponent([row["size"] for row in rows], [row["ours"] for row in rows])
        keys = [key for key in ("ours", "torch") if key in rows[0]]
        print(f"\n{name}: the step grows with the power {number(exponents[name])} at the end")
        print(
            table([name, *(f"{key} ms" for key in keys)], ([r["size"], *(r[key] * 1e3 for key in keys)] for r in rows))
        )
    if chosen.save:
        save("growth", {"curves": curves, "exponents": exponents})
        figures.growth(curves, exponents)


if __name__ == "__main__":
    run_bench(main)
