# %% [markdown]
# # 5. Radial basis functions
#
# **You will be able to** solve XOR with two distances and a line; build a network of Gaussian bumps, by hand and by the
# library; find its weights without descending anything; and choose widths that are neither too small nor too large.
#
# **Needs** lessons 3 and 4. **Takes** 45 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import datasets
from notebooks.course import check, frames, hint, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["A18", "A19"]
# ## XOR, by two distances
#
# No line separates the four points of XOR (lesson 3). There are two ways out: a hidden layer that is *learnt* (lesson 6), or new
# features that are *given*. Take two prototypes, $\mathbf z_1 = (0, 0)$ and $\mathbf z_2 = (1, 1)$, and describe each point not
# by its coordinates but by how *near* it is to each prototype:
#
# $$\varphi_j(\mathbf x) = \exp\!\Big(-\frac{\lVert \mathbf x - \mathbf z_j \rVert^2}{2 \sigma^2}\Big) .$$
#
# With a pencil, for $\sigma = 1/\sqrt 2$: the point $(0, 0)$ has the distances 0 and $\sqrt 2$, so its features are $1$ and
# $e^{-2}$. And the others?

# %% tags=["A20", "A18"]
points = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
labels = np.array([0, 1, 1, 0])
prototypes = np.array([[0.0, 0.0], [1.0, 1.0]])


def gaussian(x, z, sigma):
    """How near the points x (N, D) are to the prototypes z (K, D): (N, K)."""
    squares = ((x[:, None] - z[None]) ** 2).sum(2)
    return np.exp(-squares / (2 * sigma**2))


features = gaussian(points, prototypes, 1 / np.sqrt(2))
for x, phi in zip(points, features):
    print(x, "->", phi.round(4))
assert np.allclose(features[0], [1, np.exp(-2)]) and np.allclose(features[1], [np.exp(-1)] * 2)

by_library = F.rbf(ag.tensor(points), ag.tensor(prototypes), ag.tensor(1 / np.sqrt(2)))
assert np.allclose(features, by_library)

# %% [markdown]
# $(0, 1)$ and $(1, 0)$ have become *one* point. Now a line does it:

# %% tags=["A18", "A19"]
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.5), layout="constrained")
for ax, x, title in ((left, points, "the points"), (right, features, "their features")):
    for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "s")):
        ax.scatter(*x[labels == label].T, s=90, c=colour, marker=marker, label=f"class {label}")
    ax.set(title=title, xlim=(-0.2, 1.3), ylim=(-0.2, 1.3), aspect="equal")
    ax.legend(frameon=False, loc="center")
left.scatter(*prototypes.T, s=320, facecolors="none", edgecolors=GREY)
left.set(xlabel="$x_1$", ylabel="$x_2$")
right.plot([-0.2, 1.2], [1.14, -0.26], color=GREY)
right.set(xlabel="near $z_1$", ylabel="near $z_2$")
show(
    fig,
    "XOR before and after: as features, the two points of class 1 fall together, and a line separates.",
)

perceptron = nn.Perceptron(2)
perceptron.fit(features, labels)
assert (perceptron.predict(features).numpy() == labels).all()
print("a perceptron on the features has them all right")

# %% [markdown] tags=["A19", "A22"]
# ## The network
#
# A **radial basis function network** is just that: a layer of distances to prototypes, then a linear read-out. The first layer has
# no weights to learn: it has prototypes and widths. And once the features stand, the read-out is a *linear* problem, and its
# best weights are the solution of one equation (least squares), in one go:
#
# $$\min_W \lVert \Phi W - Y \rVert^2 + \lambda \lVert W \rVert^2 \quad\Longrightarrow\quad
# W = (\Phi^\top \Phi + \lambda I)^{-1}\, \Phi^\top Y .$$

# %% tags=["A22"]
rng = np.random.default_rng(0)
x = np.sort(rng.uniform(-3, 3, 30))
y = np.sin(x) + 0.1 * rng.normal(size=30)
centers = np.linspace(-3, 3, 8)
Phi = gaussian(x[:, None], centers[:, None], 0.8)
W = np.linalg.solve(Phi.T @ Phi + 1e-3 * np.eye(8), Phi.T @ y)

grid = np.linspace(-3.6, 3.6, 200)
bumps = gaussian(grid[:, None], centers[:, None], 0.8) * W
fig, ax = plt.subplots(figsize=(6.5, 3.3), layout="constrained")
ax.plot(grid, bumps, color="#b9cfe6", linewidth=1)
ax.plot(grid, bumps.sum(1), color=BLUE, linewidth=2, label="their sum")
ax.scatter(x, y, s=18, color=ORANGE, label="data", zorder=3)
ax.set(xlabel="x", ylabel="y", ylim=(-2, 2))
ax.legend(frameon=False)
show(fig, "Eight Gaussian bumps, high and low, whose sum follows thirty noisy points of a sine.")
error = np.sqrt(np.mean((Phi @ W - y) ** 2))
print(f"root mean squared error: {error:.3f}")
assert error < 0.15

# %% [markdown] tags=["A21"]
# ## Where do prototypes come from?
#
# From the data. *k-means* puts each prototype into the middle of the points that are nearest to it, and repeats. Six rounds are enough to
# see it:

# %% tags=["A21"]
ag.manual_seed(0)
moons, classes = (part.numpy() for part in datasets.moons(300, noise=0.12).tensors)
start = moons[rng.permutation(300)[:10]]


def k_means_round(x, z):
    """Each prototype moves into the mean of the points that are nearest to it."""
    nearest = ((x[:, None] - z[None]) ** 2).sum(2).argmin(1)
    means = [x[nearest == k].mean(0) if (nearest == k).any() else z[k] for k in range(len(z))]
    return np.array(means), nearest


pictures, captions, z = [], [], start
for step in range(7):
    moved, nearest = k_means_round(moons, z)
    fig, ax = plt.subplots(figsize=(4.6, 3.1), layout="constrained")
    ax.scatter(*moons.T, c=nearest, cmap="tab10", s=10)
    ax.scatter(*z.T, s=110, c="white", edgecolors="black", marker="X")
    ax.set(xlim=(-1.6, 2.6), ylim=(-1.2, 1.7), aspect="equal")
    pictures.append(fig)
    captions.append(
        f"round {step}: mean squared distance {((moons - z[nearest]) ** 2).sum(1).mean():.3f}"
    )
    z = moved
frames(pictures, captions, alt="Ten prototypes move into the middle of their points.", seconds=1)

# %% [markdown] tags=["A19", "A21", "A22"]
# `nn.RBFNetwork.fit` does all three steps: prototypes by k-means, widths by a rule, read-out by least squares.

# %% tags=["A19", "A22"]
ag.manual_seed(0)
network = nn.RBFNetwork(2, 20, 2)
network.fit(moons, classes)
right = (network.predict(moons).numpy() == classes).mean()
print(f"{right:.1%} of the moons are right; no step of descent was taken")
assert right > 0.95

# %% [markdown] tags=["A21"]
# ## Neither too small nor too large
#
# The width $\sigma$ says how far a prototype is heard. Three widths, the same prototypes:

# %% tags=["A21"]
fig, axes = plt.subplots(1, 3, figsize=(10.5, 3.3), layout="constrained")
x1, x2 = np.meshgrid(np.linspace(-1.6, 2.6, 140), np.linspace(-1.2, 1.7, 110))
everywhere = np.column_stack([x1.ravel(), x2.ravel()])
test_points, test_classes = (part.numpy() for part in datasets.moons(1000, noise=0.12).tensors)
scores = []
for ax, width in zip(axes, (0.03, 0.4, 30.0)):
    model = nn.RBFNetwork(2, 20, 2)
    ag.manual_seed(1)
    model.fit(moons, classes, widths=width, ridge=1e-3)
    with ag.no_grad():
        out = model(ag.tensor(everywhere, dtype=ag.float32)).numpy()
    surface = (out[:, 1] - out[:, 0]).reshape(x1.shape)
    ax.contourf(
        x1,
        x2,
        surface,
        levels=np.linspace(-1.6, 1.6, 17),
        cmap="coolwarm",
        alpha=0.6,
        extend="both",
    )
    ax.contour(x1, x2, surface, levels=[0], colors="black", linewidths=1)
    ax.scatter(*moons.T, c=classes, cmap="coolwarm", s=8, edgecolors="none")
    scores.append((model.predict(test_points).numpy() == test_classes).mean())
    ax.set_title(f"σ = {width}: {scores[-1]:.1%} of new points right", fontsize=10)
    ax.set(xlim=(-1.6, 2.6), ylim=(-1.2, 1.7))
show(
    fig,
    "Three decision surfaces: islands, a curve between the moons, nearly a straight line.",
)
assert scores[1] > scores[0] and scores[1] > scores[2]

# %% [markdown]
# Too small: each prototype speaks for its own island, and between them is nothing. Too large: all prototypes say nearly the same
# everywhere, and what is left is hardly more than a straight line. The rule that `fit` uses by default takes the distance to
# the nearest other prototypes as the measure.
#
# And gradients? An `RBFNetwork` is a module like any other: its centres and widths have gradients too. So `fit` can be the
# *start*, and descent the polish.


# %%
def accuracy(model):
    return (model(ag.tensor(test_points)).argmax(1).numpy() == test_classes).mean()


ag.manual_seed(0)
few = nn.RBFNetwork(2, 6, 2)
few.fit(moons, classes)
before = accuracy(few)
x, t = ag.tensor(moons), ag.tensor(classes)
adam = optim.Adam(few.parameters(), lr=0.02)
for _ in range(size(300, 30)):
    adam.zero_grad()
    F.cross_entropy(few(x), t).backward()
    adam.step()
print(f"six prototypes: {before:.1%} by fit, {accuracy(few):.1%} after descent")

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("5.1")` helps, `solution("5.1")` shows a way.
#
# **5.1** How large is a Gaussian unit's output at a distance of $2\sigma$ from its prototype?

# %%
answer = ...
check.two_sigma(answer)

# %% [markdown]
# **5.2** Solve XOR with *one* prototype at $(\frac12, \frac12)$? Give `True` if the single feature separates the classes by a
# threshold, else `False`.

# %%
answer = ...
check.one_prototype(answer)

# %% [markdown]
# **5.3** Write `readout(Phi, Y, ridge)`: the weights of least squares with the penalty `ridge`.


# %%
def readout(Phi, Y, ridge):
    return ...


check.readout(readout)

# %% [markdown]
# **5.4** What does a Gaussian unit's gradient by its prototype look like? Write `towards(x, z, sigma)`, the derivative of
# $\varphi$ by $\mathbf z$, for one point and one prototype.


# %%
def towards(x, z, sigma):
    return ...


check.towards(towards)
