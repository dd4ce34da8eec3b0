"""Optimisers beside plain descent on small networks: `python -m bench optimisers`.

A network learns until its mean squared error on the whole data, one batch, is below a goal: the encoder 8-3-8 of sigmoids,
and a sine from 1-10-1 with tanh. An epoch is one step; it may evaluate the loss several times. Each number is the median
over the seeds of the starting weights, where a seed that has not arrived in time counts as never. The learning rates of
plain descent, with and without momentum, of delta-bar-delta and Quickprop are the best of a grid in steps of two or four on
other seeds; the others have their default options, but LBFGS, which makes one iteration a step.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim

from .report import options, run_bench, save, table


class Task(NamedTuple):
    """A network with its data, the error to reach, and the best learning rates of those that need one."""

    build: Callable[[], tuple[nn.Module, Any, Any]]
    goal: float
    rates: dict[str, float]


def encoder() -> tuple[nn.Module, Any, Any]:
    eye = ag.eye(8)
    return nn.Sequential(nn.Linear(8, 3), nn.Sigmoid(), nn.Linear(3, 8), nn.Sigmoid()), eye, eye


def sine() -> tuple[nn.Module, Any, Any]:
    x = np.linspace(-np.pi, np.pi, 40, dtype=np.float32)[:, None]
    return nn.MLP([1, 10, 1], activation=nn.Tanh()), ag.tensor(x), ag.tensor(np.sin(x))


TASKS = {
    "encoder 8-3-8, error 0.01": Task(
        encoder, 0.01, {"descent": 128.0, "momentum": 4.0, "kappa": 8.0, "Quickprop": 16.0}
    ),
    "sine by 1-10-1, error 0.001": Task(
        sine, 0.001, {"descent": 0.1, "momentum": 0.2, "kappa": 0.01, "Quickprop": 0.05}
    ),
}
DESCENT = "descent"
OPTIMISERS: dict[str, Callable[[list, Task], optim.Optimizer]] = {
    DESCENT: lambda p, task: optim.SGD(p, lr=task.rates["descent"]),
    "descent, momentum 0.9": lambda p, task: optim.SGD(p, lr=task.rates["momentum"], momentum=0.9),
    "bold driver": lambda p, task: optim.BoldDriver(p),
    "delta-bar-delta": lambda p, task: optim.DeltaBarDelta(p, lr=task.rates["descent"] / 4, kappa=task.rates["kappa"]),
    "Quickprop": lambda p, task: optim.Quickprop(p, lr=task.rates["Quickprop"]),
    "Rprop (iRprop-)": lambda p, task: optim.Rprop(p),
    "iRprop+": lambda p, task: optim.IRprop(p),
    "conjugate gradients (Polak-Ribière)": lambda p, task: optim.ConjugateGradient(p),
    "LBFGS, strong Wolfe": lambda p, task: optim.LBFGS(
        p, max_iter=1, max_eval=25, tolerance_change=1e-15, line_search_fn="strong_wolfe"
    ),
    "Newton": lambda p, task: optim.Newton(p),
    "Gauss-Newton": lambda p, task: optim.GaussNewton(p),
    "Levenberg-Marquardt": lambda p, task: optim.LevenbergMarquardt(p),
}  # fmt: skip


def learn(
    task: Task, make: Callable[[list, Task], optim.Optimizer], seed: int, limit: int
) -> tuple[float, float, float]:
    """Epochs, evaluations and seconds until the goal; infinite beyond the limit."""
    ag.manual_seed(seed)
    model, x, y = task.build()
    optimizer = make(list(model.parameters()), task)
    evaluations, error = 0, math.inf

    def evaluate() -> Any:
        nonlocal evaluations, error
        evaluations += 1
        optimizer.zero_grad()
        output = model(x)
        loss = F.mse_loss(output, y)
        error = loss.item()
        if optimizer.closure in (None, "gradients"):
            loss.backward()
        if optimizer.closure == "residuals":
            return (output - y).reshape(-1)
        return (loss, output) if optimizer.closure == "outputs" else loss

    started = time.perf_counter()
    for epoch in range(limit):
        if optimizer.closure is None:
            evaluate()
        if error < task.goal:
            return epoch, evaluations, time.perf_counter() - started
        if optimizer.closure is None:
            optimizer.step()
        else:
            optimizer.step(evaluate)
    return math.inf, math.inf, math.inf


def cells(optimiser: str, row: dict[str, float], plain: dict[str, float]) -> list[Any]:
    """A row of the table, with plain descent's epochs and time as multiples of this one's."""
    ratios = [plain[key] / row[key] if math.isfinite(plain[key] + row[key]) else None for key in ("epochs", "seconds")]
    return [optimiser, row["arrived"], row["epochs"], row["evaluations"], 1e3 * row["seconds"], *ratios]


def main(arguments: list[str]) -> None:
    chosen = options("optimisers", arguments)
    seeds, limit = (2, 200) if chosen.quick else (10, 20_000)
    results: dict[str, dict[str, dict[str, float]]] = {}
    for name, task in TASKS.items():
        rows = results[name] = {}
        for optimiser, make in OPTIMISERS.items():
            learn(task, make, 0, 3)  # kernels are compiled
            runs = [learn(task, make, seed, limit) for seed in range(seeds)]
            epochs, evaluations, seconds = (statistics.median(values) for values in zip(*runs, strict=True))
            rows[optimiser] = {
                "arrived": sum(math.isfinite(run[0]) for run in runs),
                "epochs": epochs,
                "evaluations": evaluations,
                "seconds": seconds,
            }
        print(f"\n{name}: medians over {seeds} seeds, at most {limit:,} epochs")
        columns = ["", "arrived", "epochs", "evaluations", "ms", "fewer epochs", "less time"]
        print(table(columns, (cells(optimiser, row, rows[DESCENT]) for optimiser, row in rows.items())))
    if chosen.save:
        finite = {
            name: {o: {k: v if math.isfinite(v) else None for k, v in row.items()} for o, row in rows.items()}
            for name, rows in results.items()
        }
        save("optimisers", {"seeds": seeds, "limit": limit, "tasks": finite})


if __name__ == "__main__":
    run_bench(main)
