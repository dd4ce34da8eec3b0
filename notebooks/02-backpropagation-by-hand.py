# %% [markdown] tags=["D16"]
# # 2. Backpropagation by hand
#
# **You will be able to** compute every gradient of a two-layer network with a pencil; write backpropagation for any number of
# layers in 25 lines of NumPy; find a mistake in somebody else's with a gradient check; and read five books that use
# five different alphabets for the same formula.
#
# **Needs** lesson 1. **Takes** 60 minutes.
#
# First the alphabets. Each deck of slides has letters of its own for the same five things:
#
# | | this course | A (Biehl) | C (Bießmann) | D (JKU) | E (Guidotti) |
# | :-- | :-- | :-- | :-- | :-- | :-- |
# | weight to unit $j$ from unit $i$ | $w_{ji}$ | $\Theta_{ji}$ | $w_{ji}$ | $W^{(k)}_{ji}$ | $w_5$, by number |
# | pre-activation | $z_j$ | $p_j$ | $a_j$ | $\mathrm{net}_j$ | $\mathrm{net}_j$ |
# | activation | $a_j$ | $\sigma(p_j)$ | $z_j$ (!) | $a_j$ | $\mathrm{out}_j$ |
# | error of a unit, $\partial L / \partial z_j$ | $\delta_j$ | $\delta_j$, $\hat\delta_j$ | $\delta_j$ | $\delta_j$ | $\delta_j$ |
# | target | $t$ | $y$ | $y$ | $y$ | $t$ |
#
# Mind the third row: what is $z$ here is $a$ there. B (Wichert) has no letters of its own for these.

# %%
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import datasets
from notebooks.course import check, hint, show, solution

# %% [markdown] tags=["E8", "E12"]
# ## A network with eight weights
#
# The perceptron's rule of the early days moved the weights of an output unit towards its *target*. A hidden unit has
# no target: nobody tells what it should answer. Backpropagation gives it the next best thing, a share of the output's
# error, and the share is a derivative. Follow it once, by hand, through a network of two inputs, two hidden units and two
# outputs (deck E), all with the sigmoid $\sigma(z) = 1/(1 + e^{-z})$:

# %% tags=["E12"]
i1, i2 = 0.05, 0.10
w1, w2, w3, w4, b1 = 0.15, 0.20, 0.25, 0.30, 0.35
w5, w6, w7, w8, b2 = 0.40, 0.45, 0.50, 0.55, 0.60
t1, t2 = 0.01, 0.99

fig, ax = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
at = {"i1": (0, 1), "i2": (0, 0), "h1": (1, 1), "h2": (1, 0), "o1": (2, 1), "o2": (2, 0)}
edges = {
    "i1 h1": w1,
    "i2 h1": w2,
    "i1 h2": w3,
    "i2 h2": w4,
    "h1 o1": w5,
    "h2 o1": w6,
    "h1 o2": w7,
    "h2 o2": w8,
}
for k, (edge, w) in enumerate(edges.items(), 1):
    (x0, y0), (x1, y1) = (at[name] for name in edge.split())
    ax.plot([x0, x1], [y0, y1], color="#9a9a9a", zorder=1)
    place = x0 + 0.3 * (x1 - x0), y0 + 0.3 * (y1 - y0)
    ax.text(
        *place, f"$w_{k}$ = {w:.2f}", ha="center", va="center", fontsize=9, backgroundcolor="white"
    )
for name, (x, y) in at.items():
    ax.scatter(x, y, s=1100, color="#dbe8f4", edgecolors="#2563a8", zorder=2)
    ax.text(x, y, name, ha="center", va="center", zorder=3)
ax.set(xlim=(-0.3, 2.3), ylim=(-0.35, 1.35))
ax.axis("off")
show(fig, "A network of two inputs, two hidden and two outputs; the weight at each connection.")

# %% [markdown] tags=["C7", "A25"]
# **Forward.** Each unit adds up what comes in, $z_j = \sum_i w_{ji} a_i + b$, and squashes it, $a_j = \sigma(z_j)$. Written
# for a whole output it is one nested sum:
#
# $$ o_k = \sigma\Big(\sum_j w_{kj}\; \sigma\big(\sum_i w_{ji} x_i + b_1\big) + b_2\Big), \qquad
# E = \tfrac12 (t_1 - o_1)^2 + \tfrac12 (t_2 - o_2)^2 . $$


# %% tags=["E12", "E13", "E14", "E15", "C7"]
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def near(value, printed, digits):
    """Whether a value is the printed one, to its last digit."""
    return abs(value - printed) <= 0.5000001 * 10.0**-digits


net_h1, net_h2 = w1 * i1 + w2 * i2 + b1, w3 * i1 + w4 * i2 + b1
out_h1, out_h2 = sigmoid(net_h1), sigmoid(net_h2)
net_o1, net_o2 = w5 * out_h1 + w6 * out_h2 + b2, w7 * out_h1 + w8 * out_h2 + b2
out_o1, out_o2 = sigmoid(net_o1), sigmoid(net_o2)
E_o1, E_o2 = (t1 - out_o1) ** 2 / 2, (t2 - out_o2) ** 2 / 2
E = E_o1 + E_o2

assert near(net_h1, 0.3775, 4) and near(out_h1, 0.593269992, 9) and near(out_h2, 0.596884378, 9)
assert near(net_o1, 1.105905967, 9) and near(out_o1, 0.75136507, 8) and near(out_o2, 0.772928465, 9)
assert near(E_o1, 0.274811083, 9) and near(E_o2, 0.023560026, 9) and near(E, 0.298371109, 9)
print(f"outputs {out_o1:.8f} and {out_o2:.9f}, wanted {t1} and {t2}: E = {E:.9f}")

# %% [markdown] tags=["E16", "E17", "E11"]
# **Backward, the output layer.** On the way from $w_5$ to $E$ lie three simple steps, so the chain rule has three factors:
#
# $$\frac{\partial E}{\partial w_5} = \underbrace{\frac{\partial E}{\partial \mathrm{out}_{o1}}}_{-(t_1 - o_1)}\;
# \underbrace{\frac{\partial \mathrm{out}_{o1}}{\partial \mathrm{net}_{o1}}}_{o_1 (1 - o_1)}\;
# \underbrace{\frac{\partial \mathrm{net}_{o1}}{\partial w_5}}_{\mathrm{out}_{h1}} .$$
#
# The first two belong to the unit, not to the weight. Their product is its *error*,
# $\delta_{o1} = -(t_1 - o_1)\,o_1 (1 - o_1)$, and each of its weights gets that times what came through it. This is the
# **delta rule**.

# %% tags=["E16", "E17"]
dE_dout, dout_dnet, dnet_dw5 = -(t1 - out_o1), out_o1 * (1 - out_o1), out_h1
delta_o1 = dE_dout * dout_dnet
delta_o2 = -(t2 - out_o2) * out_o2 * (1 - out_o2)
dw5 = delta_o1 * out_h1

assert (
    near(dE_dout, 0.74136507, 8)
    and near(dout_dnet, 0.186815602, 9)
    and near(dnet_dw5, 0.593269992, 9)
)
assert near(dw5, 0.082167041, 9)
print(f"dE/dw5 = {dE_dout:.8f} · {dout_dnet:.9f} · {dnet_dw5:.9f} = {dw5:.9f}")

# %% [markdown] tags=["E19", "E21", "E23"]
# **Backward, the hidden layer.** $h_1$ feeds both outputs, so its error comes back from both. Each share is the error of the
# unit it went to, times the weight it went through:
#
# $$\delta_{h1} = \sigma'(\mathrm{net}_{h1})\,\big(w_5\,\delta_{o1} + w_7\,\delta_{o2}\big), \qquad
# \frac{\partial E}{\partial w_1} = \delta_{h1}\, i_1 .$$
#
# In other words: *the error of a unit is its slope, times the errors of those it feeds, weighted as it feeds them.*
# That sentence is the whole algorithm.

# %% tags=["E19", "E20", "E21"]
from_o1, from_o2 = delta_o1 * w5, delta_o2 * w7
slope_h1 = out_h1 * (1 - out_h1)
dw1 = slope_h1 * (from_o1 + from_o2) * i1

assert near(delta_o1, 0.138498562, 9) and near(from_o1, 0.055399425, 9)
assert near(from_o2, -0.019049118, 9)  # the deck prints -0.019049119: its last digit is a slip
assert (
    near(from_o1 + from_o2, 0.036350306, 9)
    and near(slope_h1, 0.241300709, 9)
    and near(dw1, 0.000438568, 9)
)
print(f"from o1 {from_o1:.9f}, from o2 {from_o2:.9f}; dE/dw1 = {dw1:.9f}")

# %% [markdown]
# Twenty multiplications a weight at first, but nearly all are shared: $\delta_{o1}$ was used three times already. Now the
# same network as tensors. One call, and all eight gradients are there:

# %% tags=["E18", "E22", "A26"]
W1 = ag.tensor([[w1, w2], [w3, w4]], dtype=ag.float64, requires_grad=True)
W2 = ag.tensor([[w5, w6], [w7, w8]], dtype=ag.float64, requires_grad=True)
x, t = ag.tensor([i1, i2], dtype=ag.float64), ag.tensor([t1, t2], dtype=ag.float64)

h = (W1 @ x + b1).sigmoid()
o = (W2 @ h + b2).sigmoid()
error = 0.5 * ((t - o) ** 2).sum()
error.backward()
assert np.isclose(W2.grad[0, 0], dw5, rtol=1e-12) and np.isclose(W1.grad[0, 0], dw1, rtol=1e-12)
print(W1.grad, W2.grad, sep="\n")

# %% [markdown] tags=["E18", "E22"]
# A step of gradient descent with the rate 0.5. All weights change *at once*: the new $w_1$ must be computed with the old
# $w_5$. (The optimiser cannot get that wrong, as `backward` is over when it begins. A program that updates the output layer
# first, and then goes on with the new weights, can.)

# %% tags=["E18", "E22"]
optim.SGD([W1, W2], lr=0.5).step()
for printed, w in zip((0.149780716, 0.199561432, 0.249751144, 0.299502287), W1.flatten().tolist()):
    assert near(w, printed, 9)
for printed, w in zip((0.35891648, 0.408666186, 0.511301270, 0.561370121), W2.flatten().tolist()):
    assert near(w, printed, 8)
print(W1.detach(), W2.detach(), sep="\n")

# %% [markdown]
# `ag.replay` shows the walk for the same network. Look for the numbers you know: 0.1385 is $\delta_{o1}$, and
# the two shares of $h_1$ meet in the product with `W2`.

# %% tags=["E23"]
h = (W1 @ x + b1).sigmoid()
o = (W2 @ h + b2).sigmoid()
ag.replay(0.5 * ((t - o) ** 2).sum(), names={"W1": W1, "W2": W2, "x": x, "t": t, "h": h, "o": o})

# %% [markdown] tags=["C8", "C9", "A28", "A24"]
# ## The same in sums, for any network
#
# Number the layers $1 \dots L$; $\mathbf a^{(0)} = \mathbf x$ is the input. Forward, layer by layer,
#
# $$\mathbf z^{(l)} = W^{(l)} \mathbf a^{(l-1)} + \mathbf b^{(l)}, \qquad \mathbf a^{(l)} = \varphi(\mathbf z^{(l)}) .$$
#
# (Deck A prints the last line with $\Theta^{(L-1)}$, one too low; the last layer has the last matrix.) Backward,
#
# $$\delta_k^{(L)} = \varphi'(z_k)\,\frac{\partial E}{\partial a_k}, \qquad
# \delta_j^{(l)} = \varphi'(z_j^{(l)}) \sum_k w_{kj}^{(l+1)}\, \delta_k^{(l+1)}, \qquad
# \frac{\partial E}{\partial w_{ji}^{(l)}} = \delta_j^{(l)}\, a_i^{(l-1)} :$$
#
# the error of the *receiving* unit, times the activation of the *sending* one. (Deck C writes $\varphi'(z_j)$ where its $z$
# is the activation. Taken at its word that is wrong; it means the pre-activation.)
#
# For a linear output with $E = \frac12 (\hat y - y)^2$ the first formula is just $\delta = \hat y - y$. The sums, written as
# loops, against the engine:

# %% tags=["A28", "C8", "C9", "C10"]
rng = np.random.default_rng(0)
V, U = (
    rng.normal(size=(4, 3)),
    rng.normal(size=(2, 4)),
)  # 3 inputs, 4 hidden logistic units, 2 linear outputs
example, wanted = rng.normal(size=3), rng.normal(size=2)

hidden = [sigmoid(sum(V[j, i] * example[i] for i in range(3))) for j in range(4)]
output = [sum(U[k, j] * hidden[j] for j in range(4)) for k in range(2)]
delta_out = [output[k] - wanted[k] for k in range(2)]
delta_hid = [
    hidden[j] * (1 - hidden[j]) * sum(U[k, j] * delta_out[k] for k in range(2)) for j in range(4)
]
dU = [[delta_out[k] * hidden[j] for j in range(4)] for k in range(2)]
dV = [[delta_hid[j] * example[i] for i in range(3)] for j in range(4)]

tV, tU = (ag.tensor(M, requires_grad=True) for M in (V, U))
prediction = tU @ (tV @ ag.tensor(example)).sigmoid()
gV, gU = ag.grad(0.5 * ((prediction - ag.tensor(wanted)) ** 2).sum(), (tV, tU))
assert np.allclose(dU, gU, rtol=1e-12) and np.allclose(dV, gV, rtol=1e-12)
print("largest difference:", f"{max(abs(dU - gU.numpy()).max(), abs(dV - gV.numpy()).max()):.0e}")

# %% [markdown] tags=["D17", "D18", "D19", "D21"]
# ## The same in matrices
#
# Loops are slow. Put the bias into the matrix as a first column and a 1 in front of the activations (deck D), and the
# forward pass is one product a layer: $\mathbf z = W\,(1; \mathbf a)$. Backward the bias column is left out, as no unit sends
# through it; call the rest $\tilde W$:
#
# $$\boldsymbol\delta^{(l)} = \mathrm{diag}\big(\varphi'(\mathbf z^{(l)})\big)\, \tilde W^{(l+1)\top} \boldsymbol\delta^{(l+1)},
# \qquad \frac{\partial E}{\partial W^{(l)}} = \boldsymbol\delta^{(l)}\, \big(1; \mathbf a^{(l-1)}\big)^{\!\top} .$$
#
# Nobody builds the diagonal matrix. $\varphi' \odot (\dots)$ does the same with $n$ multiplications instead of $n^2$.
#
# And when is the output's $\boldsymbol\delta$ simply $\mathbf a - \mathbf y$? In three cases where loss and output function
# match: linear with squared error, sigmoid with binary cross-entropy, softmax with cross-entropy.

# %% tags=["D18"]
z = ag.tensor([0.3, -1.2, 2.0], dtype=ag.float64, requires_grad=True)
y = ag.tensor([0.0, 0.0, 1.0], dtype=ag.float64)
matches = {
    "linear, squared error": (z, 0.5 * ((z - y) ** 2).sum()),
    "sigmoid, binary cross-entropy": (
        z.sigmoid(),
        F.binary_cross_entropy(z.sigmoid(), y, reduction="sum"),
    ),
    "softmax, cross-entropy": (F.softmax(z, 0), F.cross_entropy(z, y)),
    "sigmoid, squared error": (z.sigmoid(), 0.5 * ((z.sigmoid() - y) ** 2).sum()),
}
for name, (a, loss) in matches.items():
    (delta,) = ag.grad(loss, z)
    print(f"{name:30} delta = a - y: {np.allclose(delta, (a - y).detach())}")

# %% [markdown] tags=["D20", "C6"]
# Here is backpropagation for any number of layers, whole, for a batch of $N$ examples at once (rows are examples). Read it
# beside the two formulas above:


# %% tags=["D20", "D17", "D19", "D21"]
def slope(a):
    """The sigmoid's derivative, from its value."""
    return a * (1 - a)


def with_one(a):
    return np.hstack([np.ones((len(a), 1)), a])  # (N, I) -> (N, 1 + I)


def forward(weights, x):
    activations = [x]
    for W in weights:
        activations.append(sigmoid(with_one(activations[-1]) @ W.T))
    return activations


def backward(weights, activations, y):
    """The gradients of 1/(2N) Σ (a - y)² with respect to all weights."""
    a = activations[-1]
    delta = slope(a) * (a - y) / len(y)
    gradients = []
    for layer in reversed(range(len(weights))):
        gradients.insert(0, delta.T @ with_one(activations[layer]))
        if layer:
            delta = slope(activations[layer]) * (delta @ weights[layer][:, 1:])
    return gradients


# %% tags=["D20"]
rng = np.random.default_rng(1)
weights = [rng.normal(size=(5, 4)), rng.normal(size=(6, 6)), rng.normal(size=(2, 7))]  # 3-5-6-2
batch, goals = rng.normal(size=(20, 3)), rng.uniform(size=(20, 2))
by_hand = backward(weights, forward(weights, batch), goals)

tensors = [ag.tensor(W, requires_grad=True) for W in weights]
a = ag.tensor(batch)
for W in tensors:
    a = F.linear(a, W[:, 1:], W[:, 0]).sigmoid()
by_engine = ag.grad(0.5 * ((a - ag.tensor(goals)) ** 2).sum() / len(goals), tensors)
assert all(np.allclose(mine, theirs, rtol=1e-10) for mine, theirs in zip(by_hand, by_engine))

one_by_one = [
    backward(weights, forward(weights, batch[n : n + 1]), goals[n : n + 1]) for n in range(20)
]
assert all(np.allclose(whole, np.mean(parts, 0)) for whole, parts in zip(by_hand, zip(*one_by_one)))
print("by hand = by the engine; and the batch's gradient is the mean of the examples' gradients")

# %% [markdown] tags=["C6", "A26"]
# *Online* learning takes a step after each example, *batch* learning one after all of them. Around it stands always the
# same loop: predict, evaluate, propagate, step. With the library it reads

# %% tags=["C6", "A26"]
ag.manual_seed(0)
points, labels = datasets.xor().tensors
model = nn.Sequential(nn.Linear(2, 4), nn.Sigmoid(), nn.Linear(4, 1), nn.Sigmoid())
optimizer = optim.SGD(model.parameters(), lr=5.0)
target = labels.to(points.dtype).unsqueeze(1)
for epoch in range(2001):
    prediction = model(points)  # predict
    loss = 0.5 * ((prediction - target) ** 2).mean()  # evaluate
    optimizer.zero_grad()
    loss.backward()  # propagate
    optimizer.step()  # step
    if epoch % 500 == 0:
        print(f"epoch {epoch:4}: J = {loss.item():.5f}")
assert ((prediction > 0.5) == (target > 0.5)).all()

# %% [markdown] tags=["A29"]
# ## Is it right? Ask the quotient
#
# A gradient that is a little wrong still trains, only badly. So check it, once, against a quotient of differences. Which
# one? The one-sided $\frac{f(x + \nu) - f(x)}{\nu}$ of deck A is off by something like $\nu$; the central
# $\frac{f(x + \nu) - f(x - \nu)}{2\nu}$ by something like $\nu^2$. And if $\nu$ is too small, rounding wins:

# %% tags=["A29"]
steps = 10.0 ** np.arange(-14, 0.1, 0.5)
true = 1 - np.tanh(0.7) ** 2
one_sided = [abs((np.tanh(0.7 + v) - np.tanh(0.7)) / v - true) for v in steps]
central = [abs((np.tanh(0.7 + v) - np.tanh(0.7 - v)) / (2 * v) - true) for v in steps]
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.loglog(steps, one_sided, "o-", color="#d9730d", markersize=4, label="one-sided")
ax.loglog(steps, central, "s-", color="#2563a8", markersize=4, label="central")
ax.set(xlabel="ν", ylabel="error of the quotient")
ax.legend(frameon=False)
ax.grid(alpha=0.3)
show(
    fig,
    "Error of two quotients over the step, both V-shaped; the central one is lower, best near 1e-5.",
)
best_one, best_central = steps[np.argmin(one_sided)], steps[np.argmin(central)]
print(f"one-sided: {min(one_sided):.0e} at ν = {best_one:.0e}")
print(f"central:   {min(central):.0e} at ν = {best_central:.0e}")
assert min(central) < min(one_sided)

# %% [markdown] tags=["C13"]
# `ag.gradcheck` uses the central one, in double precision. Now deck C's algorithm 2, as printed: its error at the output
# is $\delta = \hat y - y$, whatever the output function is. With a sigmoid there, does it hold?


# %% tags=["C13"]
class AlgorithmTwo(ag.Function):
    """½ Σ (φ(z) - y)² for a sigmoid output, with the error at the output as printed."""

    @staticmethod
    def forward(ctx, z, y):
        a = z.sigmoid()
        ctx.save_for_backward(a, y)
        return 0.5 * ((a - y) ** 2).sum()

    @staticmethod
    def backward(ctx, g):
        a, y = ctx.saved_tensors
        return g * (a - y), None


z, y = ag.randn(3, dtype=ag.float64, requires_grad=True), ag.rand(3, dtype=ag.float64)
try:
    ag.gradcheck(lambda z: AlgorithmTwo.apply(z, y), z)
except RuntimeError as problem:
    print(fill(str(problem), 100))
else:
    raise AssertionError("the check must find it")

# %% [markdown]
# The factor $\varphi'(z) = a (1 - a)$ is missing. It may be left out for a linear output only.
#
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("2.1")` helps, `solution("2.1")` shows a way.
#
# **2.1** Compute $\partial E/\partial w_8$ of the first network, before the step.

# %%
answer = ...
check.w8(answer)

# %% [markdown]
# **2.2** And $\partial E/\partial w_3$, the weight from $i_1$ to $h_2$. (The deck's backward pages put $w_3$ where its
# forward page has $w_2$. Which input does $h_1$ get through $w_2$?)

# %%
answer = ...
check.w3(answer)

# %% [markdown]
# **2.3** A layer of units with $\varphi = \tanh$. Write `hidden_error(a, W, delta)`: from the layer's activations `a` of shape
# (N, H), the next layer's weights `W` of shape (O, H), without bias, and its errors `delta` of shape (N, O), compute the
# layer's own errors.


# %%
def hidden_error(a, W, delta):
    return ...


check.hidden_error(hidden_error)

# %% [markdown]
# **2.4** A network 784-300-10 with biases. How many multiplications does one example cost forward, in the products with
# the weights alone? And backward, where each layer's weights get a gradient, and each layer but the first passes its error
# on? Answer with a pair.

# %%
answer = (..., ...)
check.multiplications(answer)
