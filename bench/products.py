"""Products and convolutions as fractions of the machine's peak, and beside NumPy and PyTorch: `python -m bench products`.

The peak is that of the micro-kernel (`kernels/machine/simd.py`) on operands in the first-level cache, on as many threads, and
is measured again in every round, between the products: the machine's clock and its other users change. In every round
each library runs all it has, after a pause, for their thread pools disturb each other; the best of all rounds counts.
Before timing, products are compared with NumPy's in float64, and the products of a convolution with each other.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_core.kernels.convolution import conv
from autograd_core.kernels.machine import simd, vectors
from autograd_core.kernels.machine.runtime import kernel
from autograd_core.kernels.machine.simd import ALONG_K, MicroTile, micro_kernel
from autograd_core.kernels.machine.threads import get_num_threads, parallel_for
from autograd_core.kernels.products import gemm

from .report import options, run_bench, save

# (M, K, N), which operands are stored transposed, what it is
PRODUCTS = (
    (512, 512, 512, "NN", "n = 512"),
    (1024, 1024, 1024, "NN", "n = 1024"),
    (1024, 1024, 1024, "NT", "n = 1024, x Wᵀ"),
    (1024, 1024, 1024, "TN", "n = 1024, gᵀ x"),
    (64, 784, 256, "NT", "linear 784 to 256"),
    (256, 64, 784, "TN", "its gradient to W"),
    (64, 256, 128, "NT", "linear 256 to 128"),
    (64, 128, 256, "NN", "its gradient to x"),
    (128, 64, 256, "TN", "its gradient to W"),
    (1024, 784, 256, "NT", "linear 784 to 256, batch 1024"),
    (256, 784, 1000, "NT", "RBF, 1000 centres"),
    (64, 128, 512, "NT", "LSTM's recurrent product"),
    (64, 400, 120, "NT", "LeNet's 400 to 120"),
    (120, 64, 400, "TN", "its gradient to W"),
    (64, 128, 10, "NT", "128 to 10: NumPy's by the rule"),
)
# N, C, OC, size, kernel size, padding, stride
CONVOLUTIONS = (
    (64, 1, 6, 28, 5, 2, 1),
    (64, 6, 16, 14, 5, 0, 1),
    (64, 3, 32, 32, 3, 1, 1),
    (64, 32, 32, 32, 3, 1, 1),
    (64, 32, 64, 16, 3, 1, 1),
    (64, 64, 128, 8, 3, 1, 1),
    (64, 16, 16, 32, 5, 2, 1),
    (64, 32, 64, 32, 3, 1, 2),
    (64, 32, 64, 32, 1, 0, 2),
)


@kernel()
def _micro_tiles(start, stop, calls, a, b, c, rows, columns, k, times):  # type: ignore[no-untyped-def]
    for _ in range(start, stop):
        for _ in range(times):
            tile = MicroTile(rows, columns, k, k, columns, columns, ALONG_K, False, False)
            micro_kernel(calls, a, 0, b, 0, c, 0, a, 0, calls, 0, tile)


def _aligned(n: int) -> np.ndarray:
    x = np.ones(n + 16, np.float32)
    return x[-(x.ctypes.data // 4) % 16 :][:n]


class Peak:
    """The micro-kernel on small matrices: multiply-adds a second, counted as two operations each."""

    def __init__(self, threads: int):
        self.threads, self.best = threads, 0.0
        self.rows, self.columns, self.k, self.times = (
            vectors.machine().mr[simd.VECTORS],
            simd.VECTORS * simd.lanes(np.float32),
            256,
            2000,
        )
        shapes = ((self.rows, self.k), (self.k, self.columns), (self.rows, self.columns))
        self.arrays = [_aligned(n * m) for n, m in shapes]

    def measure(self) -> None:
        calls = simd.calls(np.dtype(np.float32))
        for _ in range(10):
            started = time.perf_counter()
            sizes = (self.rows, self.columns, self.k, self.times)
            parallel_for(_micro_tiles, self.threads, 1e9, calls, *self.arrays, *sizes)
            taken = time.perf_counter() - started
            work = 2 * self.threads * self.rows * self.columns * self.k * self.times
            self.best = max(self.best, work / taken)


def _torch() -> Any:
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    torch.set_num_threads(get_num_threads())
    return torch


def product_rows(torch: Any) -> list[dict]:
    rows = []
    rng = np.random.default_rng(0)
    for M, K, N, layout, name in PRODUCTS:
        a, b = (rng.standard_normal(shape).astype(np.float32) for shape in ((M, K), (K, N)))
        a = np.asfortranarray(a) if layout[0] == "T" else a
        b = np.asfortranarray(b) if layout[1] == "T" else b
        _check(gemm.matmul(a, b), a.astype(np.float64) @ b.astype(np.float64), name)
        runs: dict[str, Callable] = {
            "ours": lambda a=a, b=b: gemm.matmul(a, b),
            "NumPy": lambda a=a, b=b: np.matmul(a, b),
        }
        if torch is not None:
            x, y = torch.from_numpy(a), torch.from_numpy(b)
            runs["PyTorch"] = lambda x=x, y=y: torch.mm(x, y)
        rows.append({"name": f"{name} ({M}, {K}) ({K}, {N}) {layout}", "work": 2 * M * K * N, "runs": runs})
    return rows


def convolution_rows(torch: Any) -> list[dict]:
    rows = []
    rng = np.random.default_rng(0)
    for N, C, OC, size, k, p, s in CONVOLUTIONS:
        x, w = (rng.standard_normal(n).astype(np.float32) for n in ((N, C, size, size), (OC, C, k, k)))
        geometry = (s, s), (p, p), (1, 1), 1
        g = rng.standard_normal(conv.conv_forward(x, w, None, *geometry).shape).astype(np.float32)
        inner = [
            np.vdot(g, conv.conv_forward(x, w, None, *geometry)),
            np.vdot(x, conv.conv_input_grad(g, w, x.shape, *geometry)),
            np.vdot(w, conv.conv_weight_grad(g, x, w.shape, *geometry)),
        ]
        size_of = float(np.linalg.norm(g)) * float(np.linalg.norm(x))
        assert max(inner) - min(inner) < 1e-3 * size_of, "the three products of a convolution are not adjoint"
        name = f"convolution {C} to {OC}, {k}×{k}, stride {s}, {size}×{size}"
        ours: dict[str, Callable] = {
            "": lambda x=x, w=w, geometry=geometry: conv.conv_forward(x, w, None, *geometry),
            ", gradient to x": lambda x=x, w=w, g=g, geometry=geometry: conv.conv_input_grad(g, w, x.shape, *geometry),
            ", gradient to w": lambda x=x, w=w, g=g, geometry=geometry: conv.conv_weight_grad(g, x, w.shape, *geometry),
        }
        theirs: dict[str, Callable] = {}
        if torch is not None:
            tx, tw, tg = torch.from_numpy(x), torch.from_numpy(w), torch.from_numpy(g)
            back = torch.ops.aten.convolution_backward
            rest = [s, s], [p, p], [1, 1], False, [0, 0], 1
            theirs = {
                "": lambda x=tx, w=tw, s=s, p=p: torch.conv2d(x, w, None, s, p),
                ", gradient to x": lambda a=(tg, tx, tw), rest=rest: back(*a, None, *rest, [True, False, False]),
                ", gradient to w": lambda a=(tg, tx, tw), rest=rest: back(*a, None, *rest, [False, True, False]),
            }
        for part, run in ours.items():
            runs = {"ours": run} | ({"PyTorch": theirs[part]} if theirs else {})
            rows.append({"name": name + part, "work": 2 * g.size * C * k * k, "runs": runs})
    return rows


def _check(out: np.ndarray, exact: np.ndarray, name: str) -> None:
    error = np.abs(out - exact).max() / np.abs(exact).max()
    assert error < 1e-5, f"{name}: the result is wrong by {error:.1e}"


def measure(rows: list[dict], rounds: int, seconds: float) -> Peak:
    """Fill in, for each row, the best time of each of its functions."""
    peak = Peak(get_num_threads())
    for row in rows:
        row["times"] = dict.fromkeys(row["runs"], float("inf"))
    for _ in range(rounds):
        for name in ("ours", "NumPy", "PyTorch"):
            time.sleep(0.2)  # the threads of the library that ran before stop spinning
            for row in rows:
                if name == "ours":
                    peak.measure()
                run = row["runs"].get(name)
                if run is None:
                    continue
                run()
                until = time.perf_counter() + seconds
                while (started := time.perf_counter()) < until:
                    run()
                    row["times"][name] = min(row["times"][name], time.perf_counter() - started)
    return peak


def main(arguments: list[str]) -> None:
    chosen = options("products", arguments)
    torch = _torch()
    rows = product_rows(torch) + convolution_rows(torch)
    peak = measure(rows, rounds=2 if chosen.quick else 6, seconds=0.02 if chosen.quick else 0.05)
    print(f"peak of the micro-kernel, float32, {peak.threads} threads: {peak.best / 1e9:.0f} GFLOP/s")
    print(f"{'':58}{'ours µs':>10}{'of peak':>9}{'NumPy/ours':>12}{'PyTorch/ours':>14}")
    for row in rows:
        best = row.pop("times")
        row.pop("runs")
        row["microseconds"], row["of_peak"] = best["ours"] * 1e6, row["work"] / best["ours"] / peak.best
        text = f"{row['name']:58}{row['microseconds']:10.1f}{row['of_peak']:9.0%}"
        for other, width in (("NumPy", 12), ("PyTorch", 14)):
            row[f"{other}/ours"] = best[other] / best["ours"] if other in best else None
            text += f"{row[f'{other}/ours']:{width}.2f}" if other in best else " " * width
        print(text)
    if chosen.save:
        save("products", {"peak": peak.best, "rows": rows})


if __name__ == "__main__":
    run_bench(main)
