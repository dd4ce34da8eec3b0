"""Cold and warm start: `python -m bench start`.

A fresh process each time: the import, the first training step of LeNet-5 (batch 64), and the step after it. Cold: the
cache of compiled kernels is empty, as on the first run after an installation. Warm: it is filled. Beside it PyTorch.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from .report import has_torch, options, run_bench, save, table


def work(library: str) -> None:
    started = time.perf_counter()
    from .workloads import Library, lenet5, step

    run = step(lenet5(Library(library), 64))
    imported = time.perf_counter() - started
    times = []
    for _ in range(10):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    print(json.dumps({"import": imported, "first": times[0], "later": min(times[1:])}))


def measure(library: str, cache: str) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.start", "--worker", library]
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def main(arguments: list[str]) -> None:
    chosen = options("start", arguments)
    rounds = 1 if chosen.quick else 5
    with tempfile.TemporaryDirectory() as cache:
        results = {"ours, cold": [measure("ours", cache)]}
        results["ours, warm"] = [measure("ours", cache) for _ in range(rounds)]
        if has_torch():
            results["PyTorch"] = [measure("torch", cache) for _ in range(rounds)]
    rows: list[dict[str, Any]] = [
        {"start": name, **{key: statistics.median(run[key] for run in runs) for key in runs[0]}}
        for name, runs in results.items()
    ]
    columns = ["medians, seconds", "import and build", "first step", "a later step"]
    print(table(columns, ([r["start"], r["import"], r["first"], r["later"]] for r in rows)))
    if chosen.save:
        save("start", {"rows": rows})


if __name__ == "__main__":
    run_bench(main, work)
