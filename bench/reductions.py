"""Reductions of float32 against NumPy's, along the first, the middle and the last axis: `python -m bench reductions`.

NumPy adds up in pairs along memory, but one term after the other along every other axis, where long sums lose digits.
The errors are the largest ones, relative to float64. The ratio is our time to NumPy's, of the same result by NumPy's own
function or formula; the bar is 1.1. Of small arrays it shows what a call costs, and is left out of the mean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
import nn.functional as F

from .report import geometric_mean, options, run_bench, save, table
from .timing import interleaved

SHAPES = {
    "small": (32, 32),
    "layer": (256, 128),
    "square": (4096, 1024),
    "images": (1000, 100, 100),
    "narrow": (1_000_000, 2),
    "flat": (10_000_000,),
}

Operation = Callable[[Any, int], Any]


def squared_norm(x: np.ndarray, axis: int) -> np.ndarray:
    return np.sqrt(np.add.reduce(x * x, axis))


def un_broadcast(x: ag.Tensor, axis: int) -> ag.Tensor:
    return ag.sum_to(x, tuple(1 if d == axis else s for d, s in enumerate(x.shape)))


def logsumexp(x: np.ndarray, axis: int) -> np.ndarray:
    top = x.max(axis, keepdims=True)
    return np.log(np.exp(x - top).sum(axis)) + top.squeeze(axis)


def mse(x: np.ndarray, axis: int) -> np.ndarray:
    d = (x - 1).reshape(-1)
    return np.dot(d, d) / x.dtype.type(d.size)


# name -> ours, NumPy's
OPERATIONS: dict[str, tuple[Operation, Operation]] = {
    "sum": (ag.sum, lambda x, axis: np.add.reduce(x, axis)),
    "mean": (ag.mean, np.mean),
    "var": (lambda x, axis: ag.var(x, axis, correction=0), np.var),
    "norm": (lambda x, axis: ag.norm(x, 2, axis), squared_norm),
    "prod": (ag.prod, lambda x, axis: np.multiply.reduce(x, axis)),
    "cumsum": (ag.cumsum, np.cumsum),
    "logsumexp": (ag.logsumexp, logsumexp),
    "un-broadcast": (un_broadcast, lambda x, axis: np.add.reduce(x, axis, keepdims=True)),
    "mse_loss": (lambda x, axis: F.mse_loss(x, ag.ones_like(x)), mse),
}


def error(got: Any, exact: np.ndarray) -> float:
    return float(np.max(np.abs(np.asarray(got, np.float64) / exact - 1)))


def measure(name: str, shape: tuple[int, ...], axis: int, rounds: int) -> dict[str, Any]:
    """The times of one operation along one axis, and its errors."""
    ours, theirs = OPERATIONS[name]
    noise = np.random.default_rng(0).random(shape)
    x = (1 + 1e-6 * noise if name == "prod" else 0.3 + 0.3 * noise).astype(np.float32)
    t = ag.from_numpy(x)
    ones = ag.ones(*shape)
    run = (lambda: F.mse_loss(t, ones)) if name == "mse_loss" else (lambda: ours(t, axis))
    exact = theirs(x.astype(np.float64), axis)
    errors = error(run().numpy(), exact), error(theirs(x, axis), exact)
    times = interleaved({"ours": run, "numpy": lambda: theirs(x, axis)}, rounds)
    return {"ours": times["ours"].median * 1e6, "numpy": times["numpy"].median * 1e6, "errors": errors}


def main(arguments: list[str]) -> None:
    chosen = options("reductions", arguments)
    rows, results = [], {}
    with ag.no_grad():
        for name in OPERATIONS:
            for kind, shape in SHAPES.items():
                if chosen.quick and kind not in ("small", "layer", "narrow"):
                    continue
                for axis in range(1 if name == "mse_loss" else len(shape)):
                    measured = measure(name, shape, axis, 3 if chosen.quick else 9)
                    results[f"{name} {shape} {axis}"] = measured
                    ratio = measured["ours"] / measured["numpy"]
                    errors = (f"{e:.0e}" for e in measured["errors"])
                    rows.append((name, str(shape), axis, measured["numpy"], measured["ours"], ratio, *errors))
    print(table(("operation", "shape", "axis", "NumPy µs", "ours µs", "ratio", "our error", "NumPy's"), rows))
    ratios = [row[5] for row in rows if row[1] != str(SHAPES["small"])]
    print(f"\ngeometric mean of the ratios {geometric_mean(ratios):.2f}, the largest {max(ratios):.2f}")
    if chosen.save:
        save("reductions", {"times": results})


if __name__ == "__main__":
    run_bench(main)
