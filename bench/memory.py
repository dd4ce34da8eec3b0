"""Peak memory of training steps beside PyTorch's: `python -m bench memory`.

A fresh process for each figure. It imports the library, trains a small network of the same kind (large enough that what
is compiled or loaded once is there), gives back what workspaces hold, and notes its resident memory. Then it builds the
workload, resets the kernel's high-water mark and takes five steps. Reported is the highest resident memory during these
steps above the noted one: parameters, gradients, optimiser state, activations, workspaces. Linux only.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograd_core.kernels.machine.workspace import release

from . import figures
from .report import has_torch, options, run_bench, save, table
from .workloads import WORKLOADS, Library, lenet5, mlp, rbf_network, recurrent, residual, step, vgg

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
NAMES = [
    "MLP 784-256-128-10, batch 1024", "RBF network 784-1000-10, batch 256", "LeNet-5, batch 256",
    "VGG-like 3×32×32, batch 64", "residual net 3×32×32, batch 64", "LSTM 200 steps, batch 32, 64 units",
    "LSTM 2 layers, 64 steps, batch 32, 256 units",
]  # fmt: skip


def resident(key: str) -> int:
    """Bytes: VmRSS, what is in memory now; VmHWM, the most since the last reset."""
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) * 1024


def work(library: str, workload: str) -> None:
    lib = Library(library)
    kind = workload.split()[0]
    small = {
        "MLP": lambda: mlp(lib, 128, (256, 256, 10)), "RBF": lambda: rbf_network(lib, 2, 4), "LeNet-5,": lambda: lenet5(lib, 2),
        "VGG-like": lambda: vgg(lib, 2), "residual": lambda: residual(lib, 2),
        "LSTM": lambda: recurrent(lib, "LSTM", 2, 2, 8),
    }[kind]()  # fmt: skip
    step(small)()
    del small
    gc.collect()
    release()
    before = resident("VmRSS")
    run = step(WORKLOADS[workload].build(lib))
    RESET.write_text("5")
    for _ in range(5):
        run()
    print(resident("VmHWM") - before)


def measure(library: str, workload: str) -> int:
    command = [sys.executable, "-m", "bench.memory", "--worker", library, workload]
    return int(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def main(arguments: list[str]) -> None:
    chosen = options("memory", arguments)
    if not RESET.exists():
        print("memory: skipped, this system has no /proc/self/clear_refs")
        return
    libraries = ["ours", "torch"] if has_torch() else ["ours"]
    rows: list[dict[str, Any]] = []
    for name in NAMES[2:3] if chosen.quick else NAMES:
        rows.append({"workload": name, **{library: measure(library, name) for library in libraries}})
    columns = ["peak of a training step", *(f"{library} MiB" for library in libraries)]
    print(table(columns, ([r["workload"], *(r[library] / 2**20 for library in libraries)] for r in rows)))
    if chosen.save:
        save("memory", {"rows": rows})
        if has_torch():
            figures.memory(rows)


if __name__ == "__main__":
    run_bench(main, work)
