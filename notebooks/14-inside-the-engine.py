# %% [markdown]
# # 14. Inside the engine
#
# **You will be able to** read the engine's source; add an operation with its rule and have it checked to second order; say why a
# product of matrices can be a thousand times faster than its three loops, and which step brings how much; profile a
# network; and carry a trained network to another framework and back.
#
# **Needs** lessons 1, 2 and 6. **Takes** 75 minutes.

# %%
import inspect
import json
import struct
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numba
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.engine.primitive import Primitive
from autograd_core.engine.walk import backpropagate
from notebooks.course import check, hint, show, size, solution

# %% [markdown]
# ## The walk, as it is
#
# In lesson 1 you wrote an engine of forty lines. Here is the walk of the one that trained all networks since. Read it beside
# your own: `pending` holds the gradients on their way, `walk.nodes` is the topological order, `vjp` a rule.

# %%
source = inspect.getsource(backpropagate)
print(source[source.index("    running.depth += 1") :])

# %% [markdown]
# What yours has not: a gradient is handed on without a copy and added to in place where nobody else holds it (`ours`); what a
# rule had saved is freed at once (`FREED`); a gradient of another shape than its operand is summed to it (`fit`). And rare
# things, hooks or several results, have gone into methods, so that the common path stays short.
#
# ## A primitive of your own
#
# `ag.Function` (lesson 2) is the public way to a rule of one's own. Inside, an operation is a `Primitive`: a forward function on
# arrays, and a rule for each input. The rule is written with operations that run on arrays *and* on tensors; so the same text
# gives the first derivative fast, and is itself recorded when a second one is wanted.
#
# Take $f(x, y) = \ln(e^x + e^y)$, the smooth maximum. The naive formula overflows at $x = 1000$; so we pull out the maximum:
#
# $$f = \max(x, y) + \ln\big(1 + e^{-|x - y|}\big), \qquad
# \frac{\partial f}{\partial x} = e^{x - f}, \qquad \frac{\partial f}{\partial y} = e^{y - f} .$$


# %%
def forward(x, y):
    return np.maximum(x, y) + np.log1p(np.exp(-np.abs(x - y)))


smooth_maximum = Primitive(
    forward,
    name="smooth_maximum",
    saves=(0, 1, -1),  # the two inputs, and the output
    vjps=(
        lambda g, x, y, f: g * ag.exp(x - f),
        lambda g, x, y, f: g * ag.exp(y - f),
    ),
    broadcasts=True,
    elementwise=True,
)

x = ag.tensor([1000.0, 0.0, -2.0], dtype=ag.float64, requires_grad=True)
y = ag.tensor([999.0, 0.0, 3.0], dtype=ag.float64, requires_grad=True)
print(smooth_maximum(x, y))
assert np.allclose(smooth_maximum(x, y).detach(), np.logaddexp([1000, 0, -2], [999, 0, 3]))
with np.errstate(over="ignore"):
    print("the naive formula:", np.log(np.exp(1000.0) + np.exp(999.0)))

# %%
a, b = (ag.randn(3, 4, dtype=ag.float64, requires_grad=True) for _ in range(2))
row = ag.randn(4, dtype=ag.float64, requires_grad=True)
assert ag.gradcheck(smooth_maximum, (a, b)) and ag.gradgradcheck(smooth_maximum, (a, b))
assert ag.gradcheck(smooth_maximum, (a, row))  # broadcast: the engine sums the gradient
print("first and second derivatives are right, also where shapes are broadcast")

# %% [markdown]
# ## A product of matrices, step by step
#
# Nearly all the time of a network goes into products of matrices. Three loops define them:
#
# $$C_{mn} = \sum_k A_{mk} B_{kn} : \qquad 2 M N K \text{ operations.}$$
#
# The same arithmetic, six times. We count operations a second (Gflop/s), each on this machine, now.

# %%
N = size(512, 128)
rng = np.random.default_rng(0)
A, B = (rng.normal(size=(N, N)).astype(np.float32) for _ in range(2))
exact = A.astype(np.float64) @ B
rates = {}


def measure(name, product, A=A, B=B, exact=exact):
    """Run a product three times, check what it gives, and note the best rate."""
    best = float("inf")
    for _ in range(3):
        started = time.perf_counter()
        C = product(A, B)
        best = min(best, time.perf_counter() - started)
    assert np.allclose(C, exact, atol=1e-2)
    rates[name] = 2 * len(A) * A.shape[1] * B.shape[1] / best / 1e9
    print(f"{name:34} {rates[name]:9.4f} Gflop/s")


def loops(A, B):
    C = [[0.0] * len(B[0]) for _ in A]
    for m in range(len(A)):
        for n in range(len(B[0])):
            for k in range(len(B)):
                C[m][n] += A[m][k] * B[k][n]
    return C


small = 48
a, b = A[:small, :small], B[:small, :small]
measure("1 Python, three loops", lambda A, B: loops(A.tolist(), B.tolist()), a, b, a @ b)


def rows(A, B):
    C = np.zeros((len(A), B.shape[1]), np.float32)
    for m in range(len(A)):
        for k in range(len(B)):
            C[m] += A[m, k] * B[k]
    return C


measure("2 NumPy, a row at a time", rows, A[:64], B, exact[:64])

# %% [markdown]
# Python looks up what `+` and `*` mean at every step. NumPy looks it up once a row. A *compiler* (Numba) looks it up once for
# all: the same three loops, compiled. Then their *order*: with $k$ innermost, `B[k, n]` jumps a whole row further each time, and each jump
# fetches another line of memory. With $n$ innermost, memory is read as it lies.


# %%
@numba.njit(fastmath=True)
def compiled_mnk(A, B):
    C = np.zeros((A.shape[0], B.shape[1]), np.float32)
    for m in range(A.shape[0]):
        for n in range(B.shape[1]):
            for k in range(A.shape[1]):
                C[m, n] += A[m, k] * B[k, n]
    return C


@numba.njit(fastmath=True)
def compiled_mkn(A, B):
    C = np.zeros((A.shape[0], B.shape[1]), np.float32)
    for m in range(A.shape[0]):
        for k in range(A.shape[1]):
            for n in range(B.shape[1]):
                C[m, n] += A[m, k] * B[k, n]
    return C


measure("3 compiled, order m n k", compiled_mnk)
measure("4 compiled, order m k n", compiled_mkn)

# %% [markdown]
# In step 4 the processor adds 4, 8 or 16 numbers in one instruction. What holds it up now is traffic: for each multiplication a number
# of $B$ and one of $C$ are fetched, and one stored. So use what was fetched *more than once*: take four rows of $A$ and four steps of
# $k$ together. Each number of $B$ then serves four rows, and each number of $C$ gets four additions before it is
# stored.


# %%
@numba.njit(fastmath=True)
def four_by_four(A, B):
    M, K = A.shape
    C = np.zeros((M, B.shape[1]), np.float32)
    for m in range(0, M, 4):
        for k in range(0, K, 4):
            b0, b1, b2, b3 = B[k], B[k + 1], B[k + 2], B[k + 3]
            for i in range(m, m + 4):
                a0, a1, a2, a3 = A[i, k], A[i, k + 1], A[i, k + 2], A[i, k + 3]
                c = C[i]
                for n in range(B.shape[1]):
                    c[n] += a0 * b0[n] + a1 * b1[n] + a2 * b2[n] + a3 * b3[n]
    return C


measure("5 four rows, four steps of k", four_by_four)

# %% [markdown]
# The library goes to the end of this road. A tile of $C$, 12 × 32 numbers with AVX-512, stays in *registers* while $k$ runs; a
# block of $A$ stays in the second cache, a block of $B$ is copied into the order in which it is read; and a second core
# takes half. The five loops around the tile are drawn in `autograd_core/kernels/products/gemm.py`.

# %%
tA, tB = ag.tensor(A), ag.tensor(B)
(tA @ tB).sum()  # the first time, the kernel is loaded or compiled
measure("6 autograd_core, register tile", lambda A, B: (tA @ tB).numpy())

fig, ax = plt.subplots(figsize=(7, 2.9), layout="constrained")
bars = ax.barh(list(rates), list(rates.values()), color="#2563a8")
ax.bar_label(bars, [f" {rate:.3g}" for rate in rates.values()])
ax.set(xscale="log", xlabel="Gflop/s, logarithmic", xlim=(None, 4 * max(rates.values())))
ax.invert_yaxis()
show(
    fig,
    "Rates of six ways to multiply matrices as bars: from Python's loops to the register tile, ever longer.",
)
assert rates["6 autograd_core, register tile"] > 100 * rates["1 Python, three loops"]

# %% [markdown]
# Compare the first bar with the last: the same multiplications and additions, with the same result.
#
# ## Where does the time go?
#
# Never guess; measure. `ag.profile` tells for each operation how often it ran, and how long it and its gradient took.

# %%
ag.manual_seed(0)
net = nn.LeNet5()
images, labels = ag.randn(64, 1, 28, 28), ag.randint(0, 10, (64,))
for _ in range(2):  # first time: kernels
    F.cross_entropy(net(images), labels).backward()
with ag.profile() as profile:
    F.cross_entropy(net(images), labels).backward()
for row in profile.by_operation():
    print(
        f"{row.operation:14} {row.calls} calls  {1e6 * row.forward:7.0f} µs forward {1e6 * row.backward:7.0f} µs backward"
    )

# %% [markdown] tags=["D72"]
# ## To PyTorch and back
#
# In 2014 a lecture listed Caffe, Lasagne, MXNet, TensorFlow, Theano and Torch; most of them are history. Do not marry a
# framework: what you trained must outlive it. Two formats carry networks today.
#
# **Weights** go as *safetensors*: a length, a header in JSON, and the bare numbers. It can hold no program, so it is
# safe to open. The names of our parameters are PyTorch's, so there `model.load_state_dict(load_file(path))` is all.

# %% tags=["D72"]
ag.manual_seed(1)
model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "model.safetensors"
    nn.save(model.state_dict(), path)
    raw = path.read_bytes()
    again = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2))
    again.load_state_dict(nn.load(path))

(length,) = struct.unpack("<Q", raw[:8])
header = json.loads(raw[8 : 8 + length])
for name, entry in header.items():
    print(f"{name:12} {entry}")

start, end = header["0.weight"]["data_offsets"]
numbers = np.frombuffer(raw[8 + length :][start:end], "<f4").reshape(header["0.weight"]["shape"])
assert np.array_equal(numbers, model[0].weight.detach())
x = ag.randn(5, 4)
assert np.array_equal(model(x).detach(), again(x).detach())

# %% [markdown]
# **Whole networks**, with their operations, go as *ONNX*: `nn.onnx.export(model, (x,), "model.onnx")` writes what other
# frameworks and phones run, and `nn.onnx.load("model.onnx")` reads what they write. (It needs the package `onnx`.)
#
# And a **program** written for PyTorch: its names are ours. Change `import torch` to
# `import autograd_core.compat as torch`, and most programs of this course's size run.
#
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("14.1")` helps, `solution("14.1")` shows a way.
#
# **14.1** Write the rule for the first input of $f(x, y) = \sqrt{x^2 + y^2}$, as a `Primitive` wants it: `rule(g, x, y, f)`, where `f` is
# the output.


# %%
def rule(g, x, y, f):
    return ...


check.hypotenuse(rule)

# %% [markdown]
# **14.2** A linear layer of 784 inputs and 256 outputs meets 64 examples. How many operations (multiplications and additions)
# does its product cost forward, and how many *together* with the gradients of weights and inputs?

# %%
answer = (..., ...)
check.operations(answer)

# %% [markdown]
# **14.3** A processor computes 100 Gflop/s and reads 10 GB/s from memory. A product of two N×N matrices in float32 reads
# each matrix once and writes the result once (a write costs as much as a read). From which N on is computing the slower part?

# %%
answer = ...
check.balance(answer)

# %% [markdown]
# **14.4** A safetensors file begins with eight bytes for the length of its header. Write `shapes(raw)`: a dictionary of the shapes of
# all tensors in the file whose bytes are `raw`, as lists.


# %%
def shapes(raw):
    return ...


check.shapes_in_a_file(shapes)
