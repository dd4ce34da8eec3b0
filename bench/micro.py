"""The kernels against plain Python loops and against vectorised NumPy: `python -m bench micro`.

The loops are the oracle of the tests (`tests/naive.py`): one element at a time, as the textbook writes the sum. NumPy's
side is what a good NumPy program does without compiling: windows by stride tricks and one product. All three get the
same arrays and must give the same numbers before anything is timed. The first call of a kernel, with compiling or
loading from the cache, is timed apart.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import autograd_core as ag
import nn.functional as F
from autograd_core.kernels.convolution import columns, conv
from tests import naive, naive_recurrent

from . import figures
from .report import options, run_bench, save, table
from .timing import interleaved

N, C, OC, SIZE, K = 8, 6, 16, 14, 5  # the second convolution of LeNet-5, batch 8: the loops take their time
GEOMETRY = (1, 1), (0, 0), (1, 1)  # stride, padding, dilation
ROWS, CLASSES, UNITS, INPUTS = 64, 1000, 64, 64
RNG = np.random.default_rng(0)


class Case(NamedTuple):
    name: str
    ours: Callable[[], Any]
    numpy: Callable[[], Any]
    naive: Callable[[], Any]


def cases() -> list[Case]:
    """Every kernel in its three forms."""
    return [*convolution_cases(), pooling_case(), *softmax_cases(), lstm_case()]


def normal(*shape: int) -> np.ndarray:
    return RNG.standard_normal(shape).astype(np.float32)


def convolution_cases() -> list[Case]:
    x, w = normal(N, C, SIZE, SIZE), normal(OC, C, K, K)
    g = normal(N, OC, SIZE - K + 1, SIZE - K + 1)
    flipped = np.ascontiguousarray(w[:, :, ::-1, ::-1].swapaxes(0, 1))
    padded = np.pad(g, ((0, 0), (0, 0), (K - 1, K - 1), (K - 1, K - 1)))
    as_weight = np.ascontiguousarray(g.swapaxes(0, 1))
    transposed = np.ascontiguousarray(x.swapaxes(0, 1))

    def windows(a: np.ndarray, shape: tuple) -> np.ndarray:
        return sliding_window_view(a, shape, axis=(2, 3))  # type: ignore[call-overload]

    def by_numpy(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """A convolution as one product over windows: (N, C, H, W), (OC, C, KH, KW) -> (N, OC, OH, OW)."""
        return np.tensordot(windows(a, b.shape[2:]), b, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)

    return [
        Case(
            "convolution", lambda: conv.conv_forward(x, w, None, *GEOMETRY, 1), lambda: by_numpy(x, w),
            lambda: naive.conv(x, w, None, *GEOMETRY),
        ),
        Case(
            "convolution, gradient to x", lambda: conv.conv_input_grad(g, w, x.shape, *GEOMETRY, 1),
            lambda: by_numpy(padded, flipped), lambda: naive.conv(padded, flipped, None, *GEOMETRY),
        ),
        Case(
            "convolution, gradient to w", lambda: conv.conv_weight_grad(g, x, w.shape, *GEOMETRY, 1),
            lambda: by_numpy(transposed, as_weight).swapaxes(0, 1),
            lambda: naive.conv(transposed, as_weight, None, *GEOMETRY).swapaxes(0, 1),
        ),
        Case(
            "im2col", lambda: columns.im2col(x, (K, K), g.shape[2:], *GEOMETRY),
            lambda: windows(x, (K, K)).transpose(0, 1, 4, 5, 2, 3).reshape(N, C * K * K, -1),
            lambda: naive.im2col(x, (K, K), *GEOMETRY),
        ),
    ]  # fmt: skip


def pooling_case() -> Case:
    x = normal(N, C, SIZE, SIZE)

    def by_numpy() -> Any:
        return x.reshape(N, C, SIZE // 2, 2, SIZE // 2, 2).max((3, 5))

    def ours() -> Any:
        with ag.no_grad():
            return F.max_pool2d(ag.from_numpy(x), 2).numpy()

    def by_loops() -> Any:
        return naive.max_of_windows(x, *naive.strided_windows((SIZE, SIZE), (2, 2), (2, 2), (0, 0), (1, 1), False))[0]

    return Case("max pooling 2×2", ours, by_numpy, by_loops)


def softmax_cases() -> list[Case]:
    logits, labels = normal(ROWS, CLASSES), RNG.integers(0, CLASSES, ROWS)

    def softmax_naive() -> Any:
        out = np.zeros_like(logits)
        for row in range(ROWS):
            largest = max(logits[row])
            total = sum(math.exp(v - largest) for v in logits[row])
            for j in range(CLASSES):
                out[row, j] = math.exp(logits[row, j] - largest) / total
        return out

    def softmax_ours() -> Any:
        with ag.no_grad():
            return F.softmax(ag.from_numpy(logits), 1).numpy()

    def softmax_numpy() -> Any:
        e = np.exp(logits - logits.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    def loss_naive() -> Any:
        return -np.mean([np.log(row[label]) for row, label in zip(softmax_naive(), labels, strict=True)])

    def loss_numpy() -> Any:
        z = logits - logits.max(1, keepdims=True)
        return np.mean(np.log(np.exp(z).sum(1)) - z[np.arange(ROWS), labels])

    def loss_ours() -> Any:
        with ag.no_grad():
            return F.cross_entropy(ag.from_numpy(logits), ag.from_numpy(labels)).numpy()

    return [
        Case("softmax", softmax_ours, softmax_numpy, softmax_naive),
        Case("softmax with cross-entropy", loss_ours, loss_numpy, loss_naive),
    ]


def lstm_case() -> Case:
    h, c, inputs = normal(N, UNITS), normal(N, UNITS), normal(N, INPUTS)
    weights = normal(4 * UNITS, INPUTS) / 8, normal(4 * UNITS, UNITS) / 8, normal(4 * UNITS), normal(4 * UNITS)
    tensors = [ag.from_numpy(a) for a in (inputs, h, c, *weights)]
    from nn import LSTMCell

    cell = LSTMCell(INPUTS, UNITS)
    for parameter, value in zip(cell.parameters(), weights, strict=True):
        parameter.data = ag.from_numpy(value)

    def ours() -> Any:
        with ag.no_grad():
            return cell(tensors[0], (tensors[1], tensors[2]))[0].numpy()

    def by_numpy() -> Any:
        i, f, n, o = np.split(inputs @ weights[0].T + weights[2] + h @ weights[1].T + weights[3], 4, 1)
        i, f, o = (1 / (1 + np.exp(-z)) for z in (i, f, o))
        return o * np.tanh(f * c + i * np.tanh(n))

    def by_loops() -> Any:
        w = dict(zip(("ih", "hh", "b_ih", "b_hh"), weights, strict=True))
        cells = (naive_recurrent.lstm_cell(inputs[row], h[row], c[row], w) for row in range(N))
        return np.array([cell[0] for cell in cells])

    return Case("LSTM step", ours, by_numpy, by_loops)


def measure(case: Case, rounds: int) -> dict[str, Any]:
    started = time.perf_counter()
    out = np.asarray(case.ours())
    first = time.perf_counter() - started
    started = time.perf_counter()
    expected = np.asarray(case.naive())
    naive_seconds = time.perf_counter() - started
    for other in (case.numpy(), out):
        np.testing.assert_allclose(np.reshape(other, expected.shape), expected, rtol=1e-4, atol=1e-4, err_msg=case.name)
    timings = interleaved({"ours": case.ours, "numpy": case.numpy}, rounds)
    return {
        "kernel": case.name, "ours": timings["ours"].fastest, "numpy": timings["numpy"].fastest, "naive": naive_seconds,
        "first": first,
    }  # fmt: skip


def main(arguments: list[str]) -> None:
    chosen = options("micro", arguments)
    rows = [measure(case, 3 if chosen.quick else 15) for case in cases()]
    print(f"convolution {C} to {OC} channels, {K}×{K}, on {N} images of {SIZE}×{SIZE}; all values equal before timing")
    columns_ = ["kernel", "ours µs", "NumPy / ours", "loops / ours", "first call ms"]
    print(
        table(columns_, (
            [r["kernel"], r["ours"] * 1e6, r["numpy"] / r["ours"], r["naive"] / r["ours"], r["first"] * 1e3] for r in rows
        ))
    )  # fmt: skip
    if chosen.save:
        save("micro", {"rows": rows})
        figures.micro(rows)


if __name__ == "__main__":
    run_bench(main)
