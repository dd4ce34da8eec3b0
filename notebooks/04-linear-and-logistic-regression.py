# %% [markdown]
# # 4. Linear and logistic regression
#
# **You will be able to** fit a line in closed form and by descent, and see that they meet; derive the losses of regression, of two and of
# many classes from one idea; say why their gradients all read "answer minus target"; and choose between batch, online and
# mini-batch descent.
#
# **Needs** lessons 2 and 3. **Takes** 75 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, TensorDataset, datasets
from notebooks.course import check, frames, hint, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["D7", "A14", "E9", "D10"]
# ## One neuron, squared error
#
# A neuron with a differentiable activation $f$ answers $a = f(z)$, with the net input $z = \mathbf w \cdot \mathbf x$. The offset
# needs no letter of its own: put a 1 in front of the inputs, $x_0 = 1$, and it is the weight $w_0$. Its error on one example
# is $E = \frac12 (a - y)^2$, and the chain rule of lesson 2 gives
#
# $$\delta = \frac{\partial E}{\partial z} = f'(z)\,(a - y), \qquad
# \frac{\partial E}{\partial \mathbf w} = \delta\, (1, \mathbf x), \qquad
# \mathbf w \leftarrow \mathbf w - \eta\, \delta\, (1, \mathbf x) .$$
#
# With a pencil: $\mathbf x = (1, 2)$, $\mathbf w = (0, 0.5, -0.25)$, $y = 1$, the sigmoid. Then $z = 0$, $a = \frac12$,
# $\delta = \frac14 \cdot (-\frac12) = -\frac18$, and the gradient is $(-\frac18, -\frac18, -\frac14)$.

# %% tags=["D7", "D9", "D10", "E9", "A14"]
x = np.array([1.0, 1.0, 2.0])  # the 1 in front
w = ag.tensor([0.0, 0.5, -0.25], dtype=ag.float64, requires_grad=True)
a = (w * ag.tensor(x)).sum().sigmoid()
(0.5 * (a - 1.0) ** 2).backward()

o = a.item()
by_formula = o * (1 - o) * (o - 1.0) * x  # E9: o (1 - o) (o - y) x
assert np.allclose(by_formula, [-1 / 8, -1 / 8, -1 / 4]) and np.allclose(w.grad, by_formula)
print("gradient", w.grad)

# %% [markdown] tags=["D8"]
# Three activations, and they are relatives: the logistic function is the inverse of the *logit* $\ln\frac{x}{1-x}$, and the
# hyperbolic tangent is a logistic function, stretched and shifted, $\tanh z = 2\sigma(2z) - 1$. (The linear one, $f(z) = z$, is nobody's relative.)

# %% tags=["D8"]
z = ag.linspace(-4, 4, 81, dtype=ag.float64)
p = z.sigmoid()
assert np.allclose((p / (1 - p)).log(), z) and np.allclose(ag.logit(p), z)
assert np.allclose(z.tanh(), 2 * (2 * z).sigmoid() - 1)

# %% [markdown] tags=["D11"]
# ## A line, twice
#
# With the linear activation the sum of the errors of all examples is a parabola in $\mathbf w$, with one lowest point, where the gradient is
# zero: $\tilde X^\top (\tilde X \mathbf w - \mathbf y) = 0$, with $\tilde X$ the examples as rows, 1 in front. So
#
# $$\mathbf w = (\tilde X^\top \tilde X)^{-1} \tilde X^\top \mathbf y .$$
#
# That matrix in front of $\mathbf y$ is the *pseudo-inverse*. Descent gets there too, step by step:

# %% tags=["D11"]
rng = np.random.default_rng(0)
points = rng.uniform(-1, 1, 40)
heights = 0.5 + 1.5 * points + 0.2 * rng.normal(size=40)
X = np.column_stack([np.ones(40), points])
exact = np.linalg.inv(X.T @ X) @ X.T @ heights

tX, ty = ag.tensor(X), ag.tensor(heights)
w = ag.zeros(2, dtype=ag.float64, requires_grad=True)
descent = optim.SGD([w], lr=0.3)
path = [w.detach().numpy().copy()]
for _ in range(200):
    descent.zero_grad()
    (0.5 * (tX @ w - ty) ** 2).mean().backward()
    descent.step()
    path.append(w.detach().numpy().copy())
path = np.array(path)
print("closed form", exact.round(6), "  descent", path[-1].round(6))
assert np.allclose(path[-1], exact, atol=1e-8) and np.allclose(np.linalg.pinv(X) @ heights, exact)


# %% tags=["E10"]
def error_surface(w0, w1):
    residuals = w0[..., None] + w1[..., None] * points - heights
    return 0.5 * (residuals**2).mean(-1)


w0, w1 = np.meshgrid(np.linspace(-0.6, 1.6, 80), np.linspace(-0.6, 2.6, 80))
pictures, captions = [], []
for step in (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 30, 60):
    fig, (left, right) = plt.subplots(1, 2, figsize=(7, 2.9), layout="constrained")
    left.contour(w0, w1, error_surface(w0, w1), levels=np.geomspace(0.02, 2, 14), cmap="Blues_r")
    left.plot(*path[: step + 1].T, "o-", color=ORANGE, markersize=4)
    left.plot(*exact, "k*", markersize=10)
    left.set(xlabel="$w_0$", ylabel="$w_1$", title="the surface")
    right.scatter(points, heights, s=14, color=GREY)
    right.plot([-1, 1], [path[step] @ [1, -1], path[step] @ [1, 1]], color=ORANGE)
    right.set(xlabel="x", ylabel="y", ylim=(-1.6, 2.6), title="the line")
    pictures.append(fig)
    captions.append(f"step {step}: error {error_surface(*path[step]):.4f}")
frames(
    pictures,
    captions,
    alt="Descent to the lowest point of a bowl, and the line that turns to fit the data.",
)

# %% [markdown] tags=["D12", "D13"]
# ## Two classes: what is the right error?
#
# Let the sigmoid's answer $a$ be the *probability* of class 1. Then the probability of what was really seen, $y$ (0 or 1), is
# $a^y (1 - a)^{1 - y}$: its *likelihood*. All examples together have the product of these; we want it as large as
# possible. Products of many small numbers are a nuisance, so take minus the logarithm, and make it small:
#
# $$L = -y \ln a - (1 - y) \ln(1 - a) .$$
#
# This is the **cross-entropy**, and the neuron that minimises it is **logistic regression**. Now watch:
# $\frac{\partial L}{\partial a} = \frac{a - y}{a(1 - a)}$, and $f'(z) = a (1 - a)$. They cancel!
#
# $$\delta = a - y, \qquad \frac{\partial L}{\partial \mathbf w} = (a - y)\,(1, \mathbf x) .$$

# %% tags=["D12", "D13", "E26"]
z = ag.tensor([0.0, 2.0, -3.0, 0.5], dtype=ag.float64, requires_grad=True)
y = ag.tensor([0.0, 1.0, 1.0, 0.0], dtype=ag.float64)
a = z.sigmoid()
likelihood = a**y * (1 - a) ** (1 - y)
cross_entropy = -(y * a.log() + (1 - y) * (1 - a).log())
assert np.allclose((-likelihood.log()).detach(), cross_entropy.detach())
assert np.allclose(
    F.binary_cross_entropy_with_logits(z, y, reduction="none").detach(), cross_entropy.detach()
)
(slope,) = ag.grad(cross_entropy.sum(), z, retain_graph=True)
(slope_squared,) = ag.grad((0.5 * (a - y) ** 2).sum(), z)
print("cross-entropy  delta", slope.numpy().round(4))
print("squared error  delta", slope_squared.numpy().round(4))
assert np.allclose(slope, (a - y).detach()) and (cross_entropy >= 0).all()

# %% [markdown] tags=["C11", "E26"]
# Look at the third example: it says $-3$ where 1 is right, so it is *very* wrong. With the squared error it gets a tiny slope, because
# the sigmoid is flat there; with the cross-entropy, the largest of all. (Deck E writes both losses without the minus sign. Then
# they would be negative, and descent would make the network as wrong as it can.)
#
# Here are the losses over the *margin*, $y z$ with $y = \pm 1$: right and sure is to the right, wrong and sure to the left.

# %% tags=["C11"]
margin = ag.linspace(-3, 3, 121, dtype=ag.float64)
losses = {
    "Adaline, ½ (1 - m)²": 0.5 * (1 - margin) ** 2,
    "perceptron, max(0, -m)": F.relu(-margin),
    "cross-entropy, ln(1 + e^-m)": F.softplus(-margin),
    "squared error of a sigmoid": 0.5 * (1 - margin.sigmoid()) ** 2,
}
fig, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
for (name, values), colour, dash in zip(
    losses.items(), (GREY, ORANGE, BLUE, "black"), ("-", "-", "-", ":")
):
    ax.plot(margin, values, color=colour, linestyle=dash, label=name)
ax.set(xlabel="margin", ylabel="loss", ylim=(-0.1, 4))
ax.legend(frameon=False)
show(fig, "Four losses over the margin; Adaline's rises again where the answer is right and sure.")
sure = ag.tensor(3.0, dtype=ag.float64, requires_grad=True)
(pull,) = ag.grad(0.5 * (1 - sure) ** 2, sure)
print(f"Adaline's slope at margin 3, where all is well: {pull.item()}")
assert pull.item() == 2.0

# %% [markdown] tags=["E24"]
# **An error function must say what we want.** Squared error on labels (Adaline) punishes points for being *too* right. Put
# sixty points far on the right side, and the line gives up others for their sake:

# %% tags=["E24"]
rng = np.random.default_rng(1)
near = np.vstack([rng.normal([-1, 0], 0.35, (30, 2)), rng.normal([1, 0], 0.35, (30, 2))])
far = rng.normal([9, 0], 0.35, (60, 2))
features, classes = np.vstack([near, far]), np.array([0] * 30 + [1] * 90)
F1 = np.column_stack([np.ones(120), features])
by_squares = np.linalg.pinv(F1) @ (2 * classes - 1)

logistic = nn.Linear(2, 1, dtype=ag.float64)
adam = optim.Adam(logistic.parameters(), lr=0.1)
tf, tc = ag.tensor(features), ag.tensor(classes, dtype=ag.float64)
for _ in range(size(400, 200)):
    adam.zero_grad()
    F.binary_cross_entropy_with_logits(logistic(tf)[:, 0], tc).backward()
    adam.step()
wrong_squares = int(((F1 @ by_squares > 0) != classes).sum())
wrong_logistic = int(((logistic(tf)[:, 0] > 0).numpy() != classes).sum())
print(f"wrong of 120: squared error {wrong_squares}, cross-entropy {wrong_logistic}")
assert wrong_logistic == 0 < wrong_squares

# %% [markdown] tags=["D23", "D24", "A37", "C12"]
# ## Many classes
#
# For $K$ classes take $K$ outputs, and write the target as a *one-hot* vector: class 2 of 4 is $(0, 0, 1, 0)$. The largest output decides.
# But sigmoids side by side do not sum to 1. The **softmax** does:
#
# $$s_i = \frac{e^{z_i}}{\sum_j e^{z_j}}, \qquad
# \frac{\partial s_i}{\partial z_j} = s_i\,(\,[i = j] - s_j\,), \qquad L = -\sum_k y_k \ln s_k .$$
#
# On the diagonal of its Jacobian stands $s_i (1 - s_i)$, beside it $-s_i s_j$. And once more
# $\frac{\partial L}{\partial z_k} = s_k - y_k$.

# %% tags=["A37", "C12", "D23", "D24", "D18"]
z = ag.tensor([1.0, 2.0, 0.5, -1.0], dtype=ag.float64, requires_grad=True)
s = F.softmax(z, 0)
print(f"sigmoids sum to {z.sigmoid().sum().item():.3f}, softmax to {s.sum().item():.3f}")
J = ag.func.jacrev(lambda z: F.softmax(z, 0))(z).detach().numpy()
values = s.detach().numpy()
assert np.allclose(J, np.diag(values) - np.outer(values, values))
assert np.allclose(np.diag(J), values * (1 - values)) and np.isclose(
    J[0, 1], -values[0] * values[1]
)

target = F.one_hot(ag.tensor(2), 4)
loss = -(target * s.log()).sum()
assert np.isclose(loss.item(), F.cross_entropy(z, ag.tensor(2)).item())
(slope,) = ag.grad(loss, z)
assert np.allclose(slope, (s - target).detach())
x = ag.tensor([1.0, 0.2, -0.4], dtype=ag.float64)
print("gradient of the weights, an outer product:", tuple(ag.outer(slope, x).shape))

# %% [markdown] tags=["E25", "D18"]
# So there are three matching pairs, and in each $\delta = a - y$:
#
# | task | outputs | activation | loss | in the library |
# | :-- | :-- | :-- | :-- | :-- |
# | regression | one a number | linear | squared error | `F.mse_loss` |
# | two classes | one | sigmoid | binary cross-entropy | `F.binary_cross_entropy_with_logits` |
# | $K$ classes | $K$, one-hot | softmax | cross-entropy | `F.cross_entropy` |
#
# The last two take the pre-activations $z$ (*logits*), not the probabilities: so nothing overflows.
#
# ## All at once, or one by one?
#
# The gradient of the whole error is the mean over all examples. **Batch** descent computes it, then takes one step. **Online** (sequential,
# stochastic) descent takes a step after *each* example, in random order. **Mini-batches** are between. With
# 50,000 examples in batches of 50, an epoch is 1000 updates:

# %% tags=["B5", "E31"]
many = TensorDataset(ag.zeros(50_000, 1), ag.zeros(50_000, 1))
assert len(DataLoader(many, batch_size=50)) == 1000
for name, batch_size in (("batch", 50_000), ("mini-batch", 50), ("online", 1)):
    print(f"{name:10} {len(DataLoader(many, batch_size=batch_size)):6,} updates an epoch")


# %% tags=["D14", "D15", "E31", "B5"]
def walk(batch_size, rate, epochs, order="shuffled"):
    """The path of the two weights of the line, and how far from the goal it ends."""
    w = ag.zeros(2, dtype=ag.float64, requires_grad=True)
    sgd = optim.SGD([w], lr=rate)
    rng = np.random.default_rng(3)
    path = [w.detach().numpy().copy()]
    for _ in range(epochs):
        indices = rng.permutation(40) if order == "shuffled" else np.argsort(points)
        for i in range(0, 40, batch_size):
            rows = indices[i : i + batch_size]
            sgd.zero_grad()
            (0.5 * (tX[rows] @ w - ty[rows]) ** 2).mean().backward()
            sgd.step()
            path.append(w.detach().numpy().copy())
    return np.array(path)


paths = {"batch": walk(40, 0.3, 8), "mini-batches of 8": walk(8, 0.3, 8), "online": walk(1, 0.3, 8)}
fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.contour(
    w0, w1, error_surface(w0, w1), levels=np.geomspace(0.02, 2, 14), cmap="Greys_r", linewidths=0.6
)
for (name, steps), colour in zip(paths.items(), ("black", BLUE, ORANGE)):
    ax.plot(
        *steps.T,
        ".-",
        color=colour,
        linewidth=1,
        markersize=4,
        label=f"{name}: {len(steps) - 1} updates",
    )
ax.plot(*exact, "r*", markersize=12)
ax.set(xlabel="$w_0$", ylabel="$w_1$", xlim=(-0.1, 1.1), ylim=(-0.1, 2))
ax.legend(frameon=False, loc="lower right")
show(
    fig,
    "Three paths to the goal in eight passes: batch smooth, mini-batches farther, online jittering.",
)
gap = {name: float(np.linalg.norm(steps[-1] - exact)) for name, steps in paths.items()}
print({name: round(value, 3) for name, value in gap.items()})
assert gap["mini-batches of 8"] < gap["batch"]

# %% [markdown] tags=["D14", "D15"]
# For the same eight passes over the data, mini-batches take five times as many steps, and get farther. Online is fast at first, and then
# jitters: each example pulls its own way. A smaller rate calms it.
#
# **The order matters.** The same examples, sorted by class, pull in one direction first, then in the other; and the last ones
# have the last word:

# %% tags=["D15"]
rng = np.random.default_rng(2)
clouds = np.vstack([rng.normal([-1, 0], 1.0, (100, 2)), rng.normal([1, 0], 1.0, (100, 2))])
cloud_x = np.column_stack([np.ones(200), clouds])
cloud_y = np.repeat([0.0, 1.0], 100)


def online(order, epochs=5, rate=0.3):
    """Cross-entropy and accuracy of logistic regression, trained one by one in the order given."""
    w = np.zeros(3)
    for epoch in range(epochs):
        for i in order(epoch):
            a = 1 / (1 + np.exp(-cloud_x[i] @ w))
            w -= rate * (a - cloud_y[i]) * cloud_x[i]
    a = 1 / (1 + np.exp(-cloud_x @ w))
    entropy = -(cloud_y * np.log(a) + (1 - cloud_y) * np.log(1 - a)).mean()
    return entropy, ((a > 0.5) == cloud_y).mean()


results = {
    "shuffled": online(lambda epoch: np.random.default_rng(epoch).permutation(200)),
    "sorted": online(lambda epoch: range(200)),
}
for name, (entropy, accuracy) in results.items():
    print(f"{name:9} cross-entropy {entropy:.3f}, {accuracy:.1%} right")
assert results["sorted"][0] > 1.3 * results["shuffled"][0]

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("4.1")` helps, `solution("4.1")` shows a way.
#
# **4.1** The three points $(0, 1)$, $(1, 3)$, $(2, 4)$: which line fits best in squared error? Answer with the pair $(w_0, w_1)$.

# %%
answer = (..., ...)
check.best_line(answer)

# %% [markdown]
# **4.2** A network gives the right class the probability 0.25. What is its cross-entropy on this example?

# %%
answer = ...
check.surprise(answer)

# %% [markdown]
# **4.3** Write `logistic_gradient(X, y, w)`: the gradient of the *mean* cross-entropy, for examples `X` (N, D) with the 1 in front
# already, labels `y` of 0 and 1, and weights `w`.


# %%
def logistic_gradient(X, y, w):
    return ...


check.logistic_gradient(logistic_gradient)

# %% [markdown]
# **4.4** Write `softmax(z)` for one vector, so that it also survives `z = [1000, 1001]`.


# %%
def softmax(z):
    return ...


check.safe_softmax(softmax)
