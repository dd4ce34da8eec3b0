"""What recording and backpropagation cost beside NumPy's own work, on ten numbers: `python -m bench overhead`.

Three workloads (one operation, a chain of 50, a fan-out of 10 000 uses of one tensor), each split into plain NumPy, the
same without recording (`no_grad`), recording, and recording with the backward pass. Two columns say what the figures
mean: a control (NumPy against itself), whose ratio tells how far two equal things differ on this machine today; and
`bare`, a class that does nothing but call NumPy and wrap the result, below which no tensor written in Python can come.
PyTorch, on one thread, beside it where it is installed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np

import autograd_core as ag

from .report import options, run_bench, save
from .timing import interleaved

CHAIN, FAN = 50, 10_000


class Bare:
    """A value and its history, with no checks at all."""

    __slots__ = ("array", "node")

    def __init__(self, array: np.ndarray):
        self.array = array
        self.node = None

    def __mul__(self, other: Bare) -> Bare:
        return Bare(np.multiply(self.array, other.array))

    def __add__(self, other: Bare) -> Bare:
        return Bare(np.add(self.array, other.array))


def workloads(library: object, x: object, y: object, g: object) -> dict[str, tuple[Callable, int]]:
    """name -> (a function that computes the result, the number of operations in it)."""

    def one() -> object:
        return x * y  # type: ignore[operator]

    def chain() -> object:
        z = x
        for _ in range(CHAIN):
            z = z * y  # type: ignore[operator]
        return z

    def fan_out() -> object:
        z = x * y  # type: ignore[operator]
        for _ in range(FAN - 1):
            z = z + x  # type: ignore[operator]
        return z

    return {"one operation": (one, 1), f"a chain of {CHAIN}": (chain, CHAIN), f"a fan-out of {FAN}": (fan_out, FAN)}


def measure(rounds: int = 15) -> list[dict]:
    """A row for each workload: microseconds an operation for plain NumPy, no_grad, recording, and with backward."""
    a, b = np.full(10, 1.01, np.float32), np.full(10, 0.99, np.float32)
    plain = workloads(np, a, b, None)
    x, y, g = ag.tensor(a, requires_grad=True), ag.tensor(b), ag.ones(10)
    ours = workloads(ag, x, y, g)
    bare = workloads(None, Bare(a), Bare(b), None)
    torch = _torch()
    rows = []
    for name, (numpy_run, count) in plain.items():
        run = ours[name][0]

        def unrecorded(run: Callable = run) -> None:
            with ag.no_grad():
                run()

        def whole(run: Callable = run) -> None:
            run().backward(g)

        functions: dict[str, Callable] = {
            "numpy": numpy_run, "numpy again": numpy_run, "bare": bare[name][0], "no_grad": unrecorded, "recorded": run,
            "backward": whole,
        }  # fmt: skip
        if torch is not None:
            functions |= _torch_runs(torch, name)
        timings = interleaved(functions, rounds)
        rows.append({"workload": name, **{key: t.fastest / count * 1e6 for key, t in timings.items()}})
    return rows


def _torch() -> object:
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    torch.set_num_threads(1)
    return torch


def _torch_runs(torch: object, name: str) -> dict[str, Callable]:
    x = torch.full((10,), 1.01, requires_grad=True)  # type: ignore[attr-defined]
    y, g = torch.full((10,), 0.99), torch.ones(10)  # type: ignore[attr-defined]
    run = workloads(torch, x, y, g)[name][0]
    return {"PyTorch rec.": run, "PyTorch bwd.": lambda: run().backward(g)}


def main(arguments: list[str]) -> None:
    chosen = options("overhead", arguments)
    rows = measure(rounds=5 if chosen.quick else 15)
    names = [key for key in rows[0] if key != "workload"]
    print("microseconds an operation, ten float32 numbers, the fastest of interleaved rounds")
    print(f"{'':22}" + "".join(f"{name:>14}" for name in names))
    for row in rows:
        print(f"{row['workload']:22}" + "".join(f"{row[name]:14.2f}" for name in names))
    for row in rows:
        control = row["numpy again"] / row["numpy"]
        text = f"{row['workload']}: without recording {row['no_grad'] - row['numpy']:.2f} µs above NumPy"
        text += f" (bare {row['bare'] - row['numpy']:.2f}); backward and all"
        text += f" {row['backward'] / row['numpy']:.1f} x NumPy's own work"
        if "PyTorch bwd." in row:
            text += f", {row['backward'] / row['PyTorch bwd.']:.2f} x PyTorch's time"
        print(f"{text} (control: NumPy against itself {control:.2f})")
    if chosen.save:
        save("overhead", {"rows": rows})


if __name__ == "__main__":
    run_bench(main)
