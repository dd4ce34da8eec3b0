"""Whole training steps beside PyTorch's: `python -m bench headline [--only TEXT]`.

Each library lives in a process of its own, so that their thread pools and allocators do not meet. The two run alternately:
a round gives each, for every workload, a slice of time while the other sleeps; the order changes from round to round.
A ratio is the median over the rounds of (PyTorch's fastest step / our fastest step in the same round), so that a slow
minute of the machine meets both. Its quartiles are shown with it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from typing import Any

from . import figures
from .report import geometric_mean, has_torch, options, run_bench, save, table
from .workloads import WORKLOADS, Library, step


class Worker:
    """A process that holds one library and times one workload."""

    def __init__(self, library: str, module: str = "bench.headline"):
        command = [sys.executable, "-m", module, "--worker", library]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def time(self, workload: str, seconds: float) -> float:
        """Seconds of the fastest step within the slice of time; the first call builds the model and warms up."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([workload, seconds]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"bench: the worker process failed in '{workload}'")
        return float(answer)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def work(library: str) -> None:
    """The worker's side: read [workload, seconds], answer with the fastest step."""
    lib = Library(library)
    steps: dict[str, Any] = {}
    for line in sys.stdin:
        name, seconds = json.loads(line)
        if name not in steps:
            steps[name] = step(WORKLOADS[name].build(lib))
            for _ in range(3):
                steps[name]()
        run, best = steps[name], float("inf")
        until = time.perf_counter() + seconds
        while (started := time.perf_counter()) < until:
            run()
            best = min(best, time.perf_counter() - started)
        print(best, flush=True)


def measure(names: list[str], rounds: int, seconds: float) -> list[dict[str, Any]]:
    libraries = ["ours", "torch"] if has_torch() else ["ours"]
    workers = {library: Worker(library) for library in libraries}
    rows = []
    for name in names:
        times: dict[str, list[float]] = {library: [] for library in libraries}
        for i in range(rounds + 1):
            for library in libraries if i % 2 else libraries[::-1]:
                time.sleep(0.05)  # the other's threads stop spinning
                taken = workers[library].time(name, seconds)
                if i:  # the first round is for warming up
                    times[library].append(taken)
        row: dict[str, Any] = {"workload": name, "ours": min(times["ours"]), "bar": WORKLOADS[name].bar}
        if has_torch():
            ratios = [t / o for o, t in zip(times["ours"], times["torch"], strict=True)]
            low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
            row |= {"torch": min(times["torch"]), "ratio": median, "low": low, "high": high}
        rows.append(row)
    for worker in workers.values():
        worker.close()
    return rows


def main(arguments: list[str]) -> None:
    chosen = options("headline", arguments, only="only the workloads whose names contain this text")
    names = [name for name in WORKLOADS if chosen.only in name]
    if not names:
        listed = "; ".join(WORKLOADS)
        print(f"error: --only {chosen.only}: no workload has that in its name; there are {listed}", file=sys.stderr)
        raise SystemExit(2)
    rows = measure(names, *((2, 0.1) if chosen.quick else (9, 0.4)))
    if not has_torch():
        print("PyTorch is not installed here: no ratios")
        print(table(["workload", "ms"], ([r["workload"], r["ours"] * 1e3] for r in rows)))
        return
    columns = ["whole training step", "ours ms", "PyTorch ms", "times as fast", "quartiles", "bar", ""]
    print(
        table(columns, (
            [r["workload"], r["ours"] * 1e3, r["torch"] * 1e3, r["ratio"], f"{r['low']:.2f} to {r['high']:.2f}", r["bar"],
             "" if r["ratio"] >= r["bar"] else "below the bar" if r["ratio"] >= 1 else "slower"] for r in rows
        ))
    )  # fmt: skip
    mean = geometric_mean(r["ratio"] for r in rows)
    print(f"geometric mean: {mean:.2f} times as fast")
    if chosen.save:
        save("headline", {"rows": rows, "geometric_mean": mean})
        figures.headline(rows)


if __name__ == "__main__":
    run_bench(main, work)
