"""Activations and their rules, on large arrays: one pass over memory, on all threads.

    activation  forward                       rule, of the gradient g
    relu        max(0, x)                     g, but 0 where out <= 0
    tanh        tanh x                        g (1 - out²)
    sigmoid     1 / (1 + e⁻ˣ)                 g out (1 - out)
    silu        x s, s = sigmoid(x)           g s (1 + x (1 - s))
    gelu        x P, P = P(Z <= x)            g (P + x e^(-x²/2) / √2π), Z standard normal
    gelu_tanh   x s, s = sigmoid(2 c (x + d x³)), c = √(2/π), d = 0.044715;  x s = x (1 + tanh(c (x + d x³))) / 2
                                              g (s + x s (1 - s) 2 c (1 + 3 d x²))

Layouts: x, out, g and gx are flat, of one length. Forward kernels take (x, out), those of rules (g, x or out, gx). Parallel
split: a task is a run of RUN elements.

NumPy takes a pass, and often fresh memory, for each operation, but is called in less time. So `ops` uses these on
large arrays alone. relu and the rules of relu, tanh and sigmoid are what NumPy's operations return, to the last bit.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray

from ..machine.exponential import sigmoid, sigmoid_run, tanh, tanh_run, uint
from ..machine.normal import normal_run
from ..machine.runtime import Kernel, kernel, warms_up
from ..machine.threads import parallel_for
from ..machine.workspace import empty

RUN = 2**13  # elements a task
BLOCK = 2**9  # elements for which intermediate results stay in the first-level cache
# Elements from which on a kernel is quicker than NumPy: for activations that take little time, and for others. A call takes
# some 3 µs, and as long again for its memory where that is used again (`workspace.py`).
LEAST_CHEAP, LEAST = 2**15, 2**13
CHEAP = 0.5  # nanoseconds

SCALE, CUBE = math.sqrt(2 / math.pi), 0.044715


def exactly(function: object) -> Kernel:
    """A kernel whose multiplications and additions are never fused: it rounds as NumPy does."""
    return Kernel(function, frozenset())  # type: ignore[arg-type]


@kernel()
def _relu(start, stop, x, out):  # type: ignore[no-untyped-def]
    zero = x.dtype.type(0)
    for i in range(start * RUN, min(stop * RUN, len(x))):
        value = x[uint(i)]
        out[uint(i)] = zero if value <= zero else value


@kernel()
def _relu_back(start, stop, g, out, gx):  # type: ignore[no-untyped-def]
    zero = g.dtype.type(0)
    for i in range(start * RUN, min(stop * RUN, len(g))):
        value = g[uint(i)]
        gx[uint(i)] = zero if out[uint(i)] <= zero else value


@kernel()
def _tanh(start, stop, x, out):  # type: ignore[no-untyped-def]
    for i in range(start * RUN, min(stop * RUN, len(x))):
        out[uint(i)] = tanh(x[uint(i)])


@exactly
def _tanh_back(start, stop, g, out, gx):  # type: ignore[no-untyped-def]
    one = g.dtype.type(1)
    for i in range(start * RUN, min(stop * RUN, len(g))):
        gx[uint(i)] = g[uint(i)] * (one - out[uint(i)] * out[uint(i)])


@kernel()
def _sigmoid(start, stop, x, out):  # type: ignore[no-untyped-def]
    for i in range(start * RUN, min(stop * RUN, len(x))):
        out[uint(i)] = sigmoid(x[uint(i)])


@exactly
def _sigmoid_back(start, stop, g, out, gx):  # type: ignore[no-untyped-def]
    one = g.dtype.type(1)
    for i in range(start * RUN, min(stop * RUN, len(g))):
        gx[uint(i)] = g[uint(i)] * (out[uint(i)] * (one - out[uint(i)]))


# Where x is so large that the slope is 0 or 1, it is taken within bounds, lest an infinity be multiplied by 0.


@kernel()
def _silu(start, stop, x, out):  # type: ignore[no-untyped-def]
    low = x.dtype.type(-1000)
    for i in range(start * RUN, min(stop * RUN, len(x))):
        value = x[uint(i)]
        value = low if value < low else value
        out[uint(i)] = value * sigmoid(value)


@kernel()
def _silu_back(start, stop, g, x, gx):  # type: ignore[no-untyped-def]
    one, most = x.dtype.type(1), x.dtype.type(1000)
    for i in range(start * RUN, min(stop * RUN, len(x))):
        value = x[uint(i)]
        value = -most if value < -most else most if value > most else value
        s = sigmoid(value)
        gx[uint(i)] = g[uint(i)] * (s * (one + value * (one - s)))


@kernel()
def _gelu_tanh(start, stop, x, out):  # type: ignore[no-untyped-def]
    low, slope, cube = x.dtype.type(-100), x.dtype.type(2 * SCALE), x.dtype.type(CUBE)
    for i in range(start * RUN, min(stop * RUN, len(x))):
        value = x[uint(i)]
        value = low if value < low else value
        out[uint(i)] = value * sigmoid(slope * (value + cube * (value * value * value)))


@kernel()
def _gelu_tanh_back(start, stop, g, x, gx):  # type: ignore[no-untyped-def]
    one, most = x.dtype.type(1), x.dtype.type(100)
    slope, cube, steepness = x.dtype.type(2 * SCALE), x.dtype.type(CUBE), x.dtype.type(6 * SCALE * CUBE)
    for i in range(start * RUN, min(stop * RUN, len(x))):
        value = x[uint(i)]
        value = -most if value < -most else most if value > most else value
        square = value * value
        s = sigmoid(slope * (value + cube * (square * value)))
        gx[uint(i)] = g[uint(i)] * (s + value * (s * (one - s)) * (slope + steepness * square))


@kernel(allocates=True)
def _gelu(start, stop, x, out):  # type: ignore[no-untyped-def]
    low, cdf, e = np.float32(-100), np.empty(BLOCK, x.dtype), np.empty(BLOCK, x.dtype)
    for at in range(start * RUN, min(stop * RUN, len(x)), BLOCK):
        n = min(BLOCK, len(x) - at)
        normal_run(x, at, n, cdf, e)
        for i in range(n):
            value = x[uint(at + i)]
            out[uint(at + i)] = (low if value < low else value) * cdf[uint(i)]


@kernel(allocates=True)
def _gelu_back(start, stop, g, x, gx):  # type: ignore[no-untyped-def]
    most, density = np.float32(100), np.float32(1 / math.sqrt(2 * math.pi))
    cdf, e = np.empty(BLOCK, x.dtype), np.empty(BLOCK, x.dtype)
    for at in range(start * RUN, min(stop * RUN, len(x)), BLOCK):
        n = min(BLOCK, len(x) - at)
        normal_run(x, at, n, cdf, e)
        for i in range(n):
            value = x[uint(at + i)]
            value = -most if value < -most else most if value > most else value
            gx[uint(at + i)] = g[uint(at + i)] * (cdf[uint(i)] + value * (density * e[uint(i)]))


class Activation:
    """An activation and its rule: two kernels, their cost for an element, in nanoseconds for float32, and the dtypes, by
    NumPy's letters."""

    def __init__(self, forward: Kernel, backward: Kernel, cost: float, cost_back: float, dtypes: str = "fd"):
        self.dtypes = dtypes
        self.forward, self.backward, self.cost, self.cost_back = forward, backward, cost / 4, cost_back / 4
        self.least, self.least_back = (LEAST_CHEAP if c < CHEAP else LEAST for c in (cost, cost_back))

    def serves(self, x: ndarray) -> bool:
        """Whether the kernels can take x: a dtype of theirs, row-major."""
        return x.dtype.char in self.dtypes and x.flags.carray

    def serves_both(self, g: ndarray, saved: ndarray) -> bool:
        """The same of two arrays, which must be alike."""
        return g.dtype == saved.dtype and g.shape == saved.shape and self.serves(g) and saved.flags.carray

    def __call__(self, x: ndarray) -> ndarray:
        """The activation of each element of x, which it `serves`."""
        out = empty(x.shape, x.dtype)
        parallel_for(self.forward, -(-x.size // RUN), x.nbytes * self.cost, x.reshape(-1), out.reshape(-1))
        return out

    def back(self, g: ndarray, saved: ndarray) -> ndarray:
        """The gradient with respect to x, from g and what the rule takes, x or out."""
        gx = empty(g.shape, g.dtype)
        flat = g.reshape(-1), saved.reshape(-1), gx.reshape(-1)
        parallel_for(self.backward, -(-g.size // RUN), g.nbytes * self.cost_back, *flat)
        return gx


ACTIVATIONS = {
    "relu": Activation(_relu, _relu_back, 0.1, 0.12),
    "tanh": Activation(_tanh, _tanh_back, 1.0, 0.12),
    "sigmoid": Activation(_sigmoid, _sigmoid_back, 0.8, 0.12),
    "silu": Activation(_silu, _silu_back, 0.9, 1.0),
    "gelu": Activation(_gelu, _gelu_back, 1.7, 1.8, "f"),  # SciPy has float64
    "gelu_tanh": Activation(_gelu_tanh, _gelu_tanh_back, 1.0, 1.3),
}


# ------------------------------------------------------------------------------------------- at the end of other kernels

EPILOGUES = {None: 0, "relu": 1, "tanh": 2, "sigmoid": 3}


@exactly
def apply_to_rows(x, at, stride, rows, columns, epilogue):  # type: ignore[no-untyped-def]
    """The activation `epilogue` of the rows x (rows, columns), in place: flat, the first from `at`, `stride` apart."""
    zero = x.dtype.type(0)
    for first in range(at, at + rows * stride, stride):
        if epilogue == 1:
            for i in range(columns):
                value = x[uint(first + i)]
                # Were it the same number, LLVM would not store it; and a loop that stores some elements only is not vectorised.
                x[uint(first + i)] = zero if value <= zero else value + zero
        elif epilogue == 2:
            tanh_run(x, first, columns)
        else:
            sigmoid_run(x, first, columns)


def apply(activation: str | None, x: ndarray) -> ndarray:
    """x, overwritten with its activation: one of `EPILOGUES`, or nothing."""
    if activation is None:
        return x
    if x.size >= LEAST and ACTIVATIONS[activation].serves(x):
        apply_to_rows(x.reshape(-1), 0, x.size, 1, x.size, EPILOGUES[activation])
    elif activation == "relu":
        np.maximum(x, 0, out=x)
    elif activation == "tanh":
        np.tanh(x, out=x)
    else:
        with np.errstate(over="ignore"):  # 1 / (1 + inf) is the right 0
            np.reciprocal(1 + np.exp(-x), out=x)
    return x


@warms_up
def _activations() -> None:
    for activation in ACTIVATIONS.values():
        for letter in activation.dtypes:
            activation.back(activation(np.ones(2, letter)), np.ones(2, letter))
    for dtype in (np.float32, np.float64):
        apply("relu", np.ones(LEAST, dtype))
