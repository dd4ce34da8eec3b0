# %% [markdown]
# # 6. Multi-layer perceptrons
#
# **You will be able to** see what a hidden unit does, as a line in the plane and as an axis of a new space; write any Boolean function and
# approximate any curve with one hidden layer; and show, by counting and by training, why several layers are better than one wide one.
#
# **Needs** lessons 2 to 4. **Takes** 75 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot
from nn.data import datasets
from nn.models import McCullochPitts
from notebooks.course import check, frames, hint, reduced, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["E1", "C2", "A18"]
# ## XOR, with a pencil
#
# Deck E writes XOR with targets $\pm 1$: $(0,0) \to -1$, $(1,0) \to 1$, $(0,1) \to 1$, $(1,1) \to -1$. No line separates them (lesson 3). Take two units
# that each draw a line,
#
# $$h_1 = \mathrm{sign}(x_1 + x_2 - \tfrac12), \qquad h_2 = \mathrm{sign}(x_1 + x_2 - \tfrac32),$$
#
# and a third that reads *them*: $y = \mathrm{sign}(h_1 - h_2 - 1)$. The first two are **hidden units**: neither input nor output. No data says what they should
# answer. For $(1, 0)$: $h_1 = \mathrm{sign}(\frac12) = 1$, $h_2 = \mathrm{sign}(-\frac12) = -1$, and $y = \mathrm{sign}(1 + 1 - 1) = 1$. The others:

# %% tags=["E1", "C2"]
corners = ag.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
targets = ag.tensor([-1.0, 1.0, 1.0, -1.0])
h1 = ag.sign(corners.sum(1) - 0.5)
h2 = ag.sign(corners.sum(1) - 1.5)
y = ag.sign(h1 - h2 - 1)
for x, *values in zip(corners.long().tolist(), h1, h2, y):
    print(x, "->  h1 = {:+.0f}  h2 = {:+.0f}  y = {:+.0f}".format(*(v.item() for v in values)))
assert (y == targets).all()

# %% [markdown] tags=["E5"]
# ## Two ways to look at it
#
# Make the units smooth, $\tanh$ for $\mathrm{sign}$, and steep, five times the weights. It is an `nn.MLP` with weights set by hand. On the left is the plane of the inputs: each hidden unit is
# a *hyperplane*, here a dashed line, along which the black boundary runs, and the strip between the two is class 1. On the right is **hidden space**: each point stands where $(h_1, h_2)$ puts it. There, one line is
# enough.

# %% tags=["E5", "A18"]
by_hand = nn.MLP([2, 2, 1], "tanh")
with ag.no_grad():
    by_hand[0].weight.copy_(5 * ag.ones(2, 2))
    by_hand[0].bias.copy_(5 * ag.tensor([-0.5, -1.5]))
    by_hand[2].weight.copy_(ag.tensor([[1.0, -1.0]]))
    by_hand[2].bias.copy_(ag.tensor([-1.0]))


def bare(*panels):
    """Without the legends, which cover small panels: dots are class 0, squares are class 1."""
    for panel in panels:
        panel.get_legend().remove()


classes = (targets > 0).long()
square = ((-0.4, 1.4), (-0.4, 1.4))
fig, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained")
plot.decision_boundary(by_hand, corners, classes, hidden=True, limits=square, ax=left)
plot.hidden_space(by_hand, corners, classes, layer=1, ax=right)
left.set_title("the plane, and each unit's line")
right.set(title="hidden space", xlabel="$h_1$", ylabel="$h_2$")
bare(left, right)
show(
    fig,
    "Left: class 1 between two parallel lines. Right: four points become three, cut by one line.",
)
assert (by_hand(corners)[:, 0].sign() == targets).all()

# %% [markdown] tags=["A18", "E5"]
# ## The same, learnt
#
# Backpropagation finds such lines by itself. Press play and watch both pictures: the dashed lines move, and in hidden space the points wander until one line
# separates them. Not every start gets there: another one ends where two of the four points have the same answer, ½, for ever. That is a **local minimum**.


# %% tags=["A18", "E5"]
def train(model, x, t, loss, steps, rate=0.02, watch=None):
    """Adam on all examples at once; `watch` is called with the number of steps before each."""
    adam = optim.Adam(model.parameters(), lr=rate)
    for step in range(steps):
        if watch:
            watch(step)
        adam.zero_grad()
        error = loss(model(x), t)
        error.backward()
        adam.step()
    return error.item()


def two_classes(z, t):
    return F.binary_cross_entropy_with_logits(z[:, 0], t.float())


pictures, captions = [], []
moments = size((0, 5, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200), (0, 200))


def picture(step):
    if step not in moments:
        return
    fig, (left, right) = plt.subplots(1, 2, figsize=(6.8, 3.2), layout="constrained")
    plot.decision_boundary(learnt, corners, classes, hidden=True, limits=square, ax=left)
    h = learnt[:2](corners).detach()
    cube = ((-1.2, 1.2), (-1.2, 1.2))
    plot.decision_boundary(learnt[2], h, classes, limits=cube, ax=right)
    left.set_title("the plane")
    right.set(title="hidden space", xlabel="$h_1$", ylabel="$h_2$")
    bare(left, right)
    pictures.append(fig)
    captions.append(f"step {step}: loss {two_classes(learnt(corners), classes).item():.3f}")


ag.manual_seed(0)
learnt = nn.MLP([2, 2, 1], "tanh")
train(learnt, corners, classes, two_classes, 201, 0.1, watch=picture)
assert ((learnt(corners)[:, 0] > 0) == (classes > 0)).all()

ag.manual_seed(3)
stuck = train(nn.MLP([2, 2, 1], "tanh"), corners, classes, two_classes, 201, 0.1)
print(f"another start ends at {stuck:.3f}; half of ln 2 is {np.log(2) / 2:.3f}")
assert abs(stuck - np.log(2) / 2) < 0.01
frames(
    pictures,
    captions,
    alt="Two lines move over the four points of XOR until the points between them are of one class.",
)

# %% [markdown] tags=["A23", "A24"]
# ## Any number of layers
#
# A **multi-layer perceptron** (MLP) is a composition: a matrix, a nonlinearity, a matrix, a nonlinearity … With $\mathbf h^{(0)} = \mathbf x$,
#
# $$\mathbf h^{(l)} = f\big(\Theta^{(l)} \mathbf h^{(l-1)}\big), \quad l = 1 \dots L - 1, \qquad \hat{\mathbf y} = g\big(\Theta^{(L)} \mathbf h^{(L-1)}\big) .$$
#
# (The biases are inside, as in lesson 4.) Deck A's last line has $\Theta^{(L-1)}$. Is that a different notation, or a slip? Ask for the shapes.

# %% tags=["A24", "A23"]
ag.manual_seed(0)
network = nn.MLP([3, 4, 4, 2], "tanh")
theta = [layer for layer in network if isinstance(layer, nn.Linear)]  # Θ(1), Θ(2), Θ(3)
x = ag.randn(5, 3)
h = x
for layer in theta[:-1]:
    h = (h @ layer.weight.T + layer.bias).tanh()
output = h @ theta[-1].weight.T + theta[-1].bias
assert np.allclose(output.detach(), network(x).detach(), atol=1e-6)

as_printed = h @ theta[-2].weight.T + theta[-2].bias
print("with Θ(L):", tuple(output.shape), "   with Θ(L−1):", tuple(as_printed.shape))
assert output.shape == (5, 2) and as_printed.shape == (5, 4)

# %% [markdown] tags=["A23"]
# It is a slip: with $\Theta^{(L-1)}$ the last hidden layer would be used twice, and there would be four outputs.
#
# **Why the nonlinearity?** Without it the layers are one:

# %% tags=["A23"]
linear = nn.MLP([3, 4, 4, 2], nn.Identity, bias=False)
one = linear[4].weight @ linear[2].weight @ linear[0].weight
assert np.allclose(linear(x).detach(), (x @ one.T).detach(), atol=1e-6)
print("three layers without nonlinearity are one matrix of shape", tuple(one.shape))

# %% [markdown] tags=["E5", "A23"]
# ## How many lines does a region need?
#
# A disc inside a ring. One line cannot bound a disc, two cannot, three can: a triangle. The output unit combines the half-planes.

# %% tags=["E5", "A23"]
rings, ring_classes = datasets.circles(200, 0.06, factor=0.5, generator=ag.Generator(0)).tensors
fig, axes = plt.subplots(1, 4, figsize=(11.6, 3.1), layout="constrained")
right_share = {}
for ax, units in zip(axes, (1, 2, 3, 8)):
    best = None
    for seed in range(size(3, 1)):
        ag.manual_seed(seed)
        model = nn.MLP([2, units, 1], "tanh")
        error = train(model, rings, ring_classes, two_classes, size(600, 300), 0.05)
        if best is None or error < best[0]:
            best = error, model
    model = best[1]
    plot.decision_boundary(model, rings, ring_classes, hidden=True, resolution=120, ax=ax)
    bare(ax)
    right_share[units] = ((model(rings)[:, 0] > 0) == (ring_classes > 0)).float().mean().item()
    ax.set_title(f"{units} hidden: {right_share[units]:.0%} right", fontsize=10)
show(
    fig,
    "A disc inside a ring, cut by one, two, three and eight lines; from three on the region is closed.",
)
print({units: f"{share:.0%}" for units, share in right_share.items()})
if not reduced():
    assert right_share[1] < 0.8 and right_share[2] < 0.97 < right_share[3]

# %% [markdown] tags=["A23"]
# So the hidden layer *learns features*, and all that comes after it is a linear classifier. Check it: a line on the raw inputs, and a line on the features of
# the last network.

# %% tags=["A23"]
features = model[:2](rings).detach()
for name, inputs in (("raw inputs", rings), ("learnt features", features)):
    ag.manual_seed(0)
    line = nn.Linear(inputs.shape[1], 1)
    train(line, inputs, ring_classes, two_classes, 300, 0.1)
    share = ((line(inputs)[:, 0] > 0) == (ring_classes > 0)).float().mean().item()
    print(f"a line on the {name:15} {share:.0%} right")
    assert share < 0.75 if name == "raw inputs" else share > 0.95 or reduced()

# %% [markdown] tags=["C5"]
# ## Any curve: bumps
#
# A steep sigmoid is a step. A step up minus a step up a little later is a **bump**: two hidden units. Any continuous curve is nearly a row of bumps, so one hidden layer of
# sigmoids approximates it as closely as you like (Cybenko 1989): it is a *universal approximator*. No training, the weights are set by hand:


# %% tags=["C5"]
def curve(x):
    return np.sin(2 * np.pi * x) + 0.5 * np.cos(5 * np.pi * x)


def bumps(count):
    """A network of 2 · count sigmoids: a bump over each part of [0, 1], as high as the curve in its middle."""
    edges = np.linspace(0, 1, count + 1)
    edges[[0, -1]] = -1, 2  # the outer ones reach beyond
    heights = curve((np.arange(count) + 0.5) / count)
    steep = 40.0 * count
    model = nn.MLP([1, 2 * count, 1], "sigmoid", dtype=ag.float64)
    with ag.no_grad():
        model[0].weight.fill_(steep)
        model[0].bias.copy_(ag.tensor(-steep * np.concatenate([edges[:-1], edges[1:]])))
        model[2].weight.copy_(ag.tensor(np.concatenate([heights, -heights])[None]))
        model[2].bias.fill_(0.0)
    return model


grid = np.linspace(0, 1, 1001)
fig, axes = plt.subplots(1, 3, figsize=(10.5, 3.1), layout="constrained", sharex=True)
up, down = (1 / (1 + np.exp(-40 * (grid - at))) for at in (0.35, 0.65))
axes[0].plot(grid, up, color=GREY, linestyle="--", label="σ(40 (x − 0.35))")
axes[0].plot(grid, down, color=GREY, linestyle=":", label="σ(40 (x − 0.65))")
axes[0].plot(grid, up - down, color=BLUE, label="their difference")
axes[0].set(title="two units make a bump", ylim=(-0.05, 1.6))
axes[0].legend(frameon=False, loc="upper left")
errors = {}
for count in (8, 16, 32, 64, 128):
    answer = bumps(count)(ag.tensor(grid[:, None])).detach().numpy()[:, 0]
    errors[count] = np.abs(answer - curve(grid)).max()
    if count in (8, 32):
        ax = axes[1 if count == 8 else 2]
        ax.plot(grid, curve(grid), color=ORANGE, label="curve")
        ax.plot(grid, answer, color=BLUE, linewidth=1, label="network")
        ax.set_title(f"{count} bumps")
        ax.legend(frameon=False)
show(fig, "A bump of two sigmoids, and a curve approximated by eight and by thirty-two bumps.")
for count, error in errors.items():
    print(f"{2 * count:4} hidden units: largest error {error:.3f}")
assert all(errors[2 * n] < 0.7 * errors[n] for n in (8, 16, 32, 64))

# %% [markdown] tags=["B1"]
# Half the error costs twice the units: the theorem says that *some* number is enough, not that it is small. For curves that is bearable. What about logic?
#
# ## OR of ANDs
#
# Every Boolean function is an OR of ANDs: write down the rows of its truth table with a 1, and give each a hidden AND unit that fires for just this row. The
# output is their OR. So *one* hidden layer computes every Boolean function. But count the units for **parity**, "is the number of ones odd?", which is XOR for more bits.


# %% tags=["B8", "B1"]
def or_of_ands(x, y):
    """A hidden unit for each row of the truth table with a 1, and an OR."""
    rows = x[y == 1].astype(int)
    ands = McCullochPitts(2 * rows - 1, threshold=rows.sum(1))  # a 0 in the row inhibits
    return nn.Sequential(ands, McCullochPitts([1] * len(rows), threshold=1))


x, y = (part.numpy() for part in datasets.parity(3).tensors)
shallow = or_of_ands(x, y)
assert (shallow(ag.tensor(x))[:, 0].numpy() == y).all()
for row in x[y == 1].astype(int):
    print("AND of", *(f"x{i}" if bit else f"not x{i}" for i, bit in enumerate(row, 1)))

# %% [markdown] tags=["B8", "B7"]
# Four ANDs for three bits, $2^{D-1}$ for $D$: half of all rows have a 1. Now **deep**: the XOR of two bits is one block of three units (exercise 3.4). Put blocks into a tree: pairs,
# pairs of pairs … Each level halves what is left, and all blocks are the *same* part, reused: $D - 1$ of them.

# %% tags=["B8", "B7"]
either = McCullochPitts([[1, -1], [-1, 1]], threshold=1)  # first, not second; second, not first
block = nn.Sequential(either, McCullochPitts([1, 1], threshold=1))


def tree(x):
    """Parity by a tree of XOR blocks: the answers and the number of blocks."""
    columns, used = [x[:, i : i + 1] for i in range(x.shape[1])], 0
    while len(columns) > 1:
        pairs = list(zip(columns[::2], columns[1::2]))
        odd = columns[-1:] if len(columns) % 2 else []
        columns, used = [block(ag.cat(pair, 1)) for pair in pairs] + odd, used + len(pairs)
    return columns[0][:, 0], used


print("bits   one hidden layer   tree of XORs")
for D in (2, 3, 4, 6, 8, 10):
    x, y = datasets.parity(D).tensors
    wide = or_of_ands(x.numpy(), y.numpy())
    answer, blocks = tree(x)
    assert (wide(x)[:, 0] == y).all() and (answer == y).all()
    assert len(wide[0].weight) == 2 ** (D - 1) and blocks == D - 1
    print(f"{D:4} {2 ** (D - 1):11,} ANDs + 1 {3 * blocks:5} units, {blocks} XORs")
print(f"  30 {2**29:11,} ANDs + 1 {3 * 29:5} units, 29 XORs")

# %% [markdown] tags=["B7"]
# ## Folding
#
# Reuse works for numbers, too. Two ReLU units fold the interval $[0, 1]$ in the middle: $f(x) = 2\,\mathrm{relu}(x) - 4\,\mathrm{relu}(x - \frac12)$. A second layer folds the folded interval, and so on. Whatever the
# last layer does happens on *every* fold at once.


# %% tags=["B7"]
def fold(x):
    return 2 * F.relu(x) - 4 * F.relu(x - 0.5)


x = ag.linspace(0, 1, 1025, dtype=ag.float64)
fig, axes = plt.subplots(1, 4, figsize=(10.5, 2.3), layout="constrained", sharey=True)
y = x
for layers, ax in enumerate(axes, 1):
    y = fold(y)
    slopes = np.sign(np.diff(y.numpy()))
    pieces = 1 + int((slopes[1:] != slopes[:-1]).sum())
    ax.plot(x, y, color=BLUE)
    ax.set(title=f"folded {layers} ×: {pieces} pieces", xlabel="x")
    assert pieces == 2**layers
    print(
        f"depth {layers}, {2 * layers} units: {pieces:2} pieces; one layer needs {pieces - 1} units"
    )
show(fig, "A line folded once, twice, three and four times: two, four, eight and sixteen pieces.")

# %% [markdown] tags=["B6"]
# One layer of $n$ ReLUs bends in at most $n$ places, so it needs $2^L - 1$ units for what $L$ layers do with $2L$.
#
# ## Fat and short, thin and tall
#
# Those weights were set by hand. Does *training* find such things? A fair contest: two spirals, networks with the same number of parameters, one to four hidden layers, several
# starts each.

# %% tags=["B6"]
spirals, spiral_classes = datasets.two_spirals().tensors
spirals = spirals / 6.5
shapes = {1: [2, 75, 1], 2: [2, 15, 15, 1], 3: [2, 11, 11, 11, 1], 4: [2, 9, 9, 9, 9, 1]}
fig, axes = plt.subplots(1, 4, figsize=(11.6, 3.1), layout="constrained")
scores = {}
for (depth, sizes), ax in zip(shapes.items(), axes):
    scores[depth] = []
    for seed in range(size(3, 1)):
        ag.manual_seed(seed)
        model = nn.MLP(sizes, "tanh")
        train(model, spirals, spiral_classes, two_classes, size(1500, 60), 0.01)
        hits = (model(spirals)[:, 0] > 0) == (spiral_classes > 0)
        scores[depth].append(hits.float().mean().item())
    parameters = sum(p.numel() for p in model.parameters())
    assert 300 <= parameters <= 310
    plot.decision_boundary(model, spirals, spiral_classes, resolution=120, ax=ax)
    bare(ax)
    ax.set_title(f"{depth} × {sizes[1]} units", fontsize=10)
    print(
        f"{depth} × {sizes[1]:2} units, {parameters} parameters:",
        *(f"{s:.0%}" for s in scores[depth]),
    )
show(
    fig,
    "Four networks over two spirals: the wide one misses parts of the arms, the deep ones follow.",
)
if not reduced():
    assert min(np.mean(scores[d]) for d in (2, 3, 4)) > np.mean(scores[1]) + 0.1

# %% [markdown] tags=["B9"]
# ## What a wide layer pays
#
# Two more bills. **Large sets need many parameters**: a network of fixed size can memorise random labels of few examples, not of many. And there is the **curse of dimensionality**: bumps that cover a line with 10
# units cover a square with $10^2$ and a cube with $10^3$. The data gets lost in the same way: how far is the nearest of 1000 random examples?

# %% tags=["B9"]
rng = np.random.default_rng(0)
counts, fitted = (20, 80, 320, 1280), []
for n in counts:
    ag.manual_seed(1)
    x = ag.tensor(rng.normal(size=(n, 10)).astype(np.float32))
    t = ag.tensor(rng.integers(0, 2, n))
    model = nn.MLP([10, 10, 1], "tanh")
    train(model, x, t, two_classes, size(500, 150), 0.03)
    fitted.append(((model(x)[:, 0] > 0) == (t > 0)).float().mean().item())
dimensions, near = (1, 2, 3, 6, 10), []
for d in dimensions:
    cloud, asked = rng.uniform(size=(1000, d)), rng.uniform(size=(200, d))
    distance = np.sqrt(((asked[:, None] - cloud[None]) ** 2).sum(2)).min(1)
    near.append(distance.mean())
    print(f"{d:2} inputs: {10**d:14,} bumps of width 0.1; nearest example at {near[-1]:.3f}")
fig, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3), layout="constrained")
left.semilogx(counts, fitted, "o-", color=BLUE)
left.axvline(121, color=GREY, linestyle="--")
left.text(112, 0.53, "121 parameters", color=GREY, ha="right")
left.set(xlabel="examples with random labels", ylabel="fitted", ylim=(0.5, 1.03))
right.plot(dimensions, near, "o-", color=BLUE)
right.set(xlabel="number of inputs", ylabel="distance to the nearest", ylim=(0, None))
show(
    fig,
    "Left: fewer of many random labels are fitted. Right: the nearest example moves away.",
)
assert fitted[0] > 0.95 and fitted[-1] < 0.85 and near == sorted(near)

# %% [markdown] tags=["D25"]
# ## Regression
#
# For numbers as targets, mind the output's range. A sigmoid at the output answers between 0 and 1: then the *targets* must be **scaled** into that range, and the answers scaled back. Or the output
# unit is **linear**, and nothing needs to be scaled to be reachable. Then the answer is a weighted sum of the hidden units: they are **basis functions**, which are learnt.

# %% tags=["D25"]
x = ag.linspace(-3, 3, 60)[:, None]
t = 1 + 4 * x.sin()  # from -3 to 5
low, high = t.min(), t.max()
tries = {
    "sigmoid, raw targets": ("sigmoid", t, lambda y: y),
    "sigmoid, targets in 0.1 … 0.9": (
        "sigmoid",
        0.1 + 0.8 * (t - low) / (high - low),
        lambda y: low + (high - low) * (y - 0.1) / 0.8,
    ),
    "linear": (None, t, lambda y: y),
}
fig, (left, right) = plt.subplots(1, 2, figsize=(9.4, 3.4), layout="constrained")
left.plot(x, t, "o", color=GREY, markersize=3, label="targets")
root_errors = {}
for (name, (output, target, back)), colour in zip(tries.items(), (ORANGE, "black", BLUE)):
    ag.manual_seed(2)
    model = nn.MLP([1, 6, 1], "tanh", output_activation=output)
    train(model, x, target, F.mse_loss, size(1500, 500), 0.05)
    answer = back(model(x)).detach()
    root_errors[name] = ((answer - t) ** 2).mean().sqrt().item()
    left.plot(x, answer, color=colour, label=name)
    print(f"{name:30} root mean squared error {root_errors[name]:.3f}")
left.set(xlabel="x", ylabel="y", ylim=(-4, 10.5))
left.legend(frameon=False, loc="upper left")
parts = (model[:2](x) * model[2].weight[0]).detach().numpy()  # of the linear one
assert np.allclose(parts.sum(1) + model[2].bias.item(), answer[:, 0], atol=1e-5)
right.plot(x, parts, color="#9dbcdc")
right.plot(x, answer, color=BLUE, label="their sum, with the bias")
right.set(xlabel="x", title="six hidden units as basis functions")
right.legend(frameon=False, loc="upper left")
show(
    fig,
    "Left: a sigmoid on raw targets stays below 1, the two others follow. Right: six curves and their sum.",
)
assert root_errors["sigmoid, raw targets"] > 1.5
assert max(root_errors["linear"], root_errors["sigmoid, targets in 0.1 … 0.9"]) < 0.8

# %% [markdown] tags=["E27"]
# ## How many inputs, how many outputs?
#
# A binary or a continuous attribute takes one input. A *categorical* one of $k$ values takes $k$ (**one-hot**) or $\log_2 k$ (a **binary code**). Outputs are the same. The code saves units. What does it
# cost? First task: eight categories come in, and the label is a property of each, with no order. Second task: eight classes on a ring go out.

# %% tags=["E27"]
categories = ag.arange(8)
bits = (categories[:, None] >> ag.tensor([2, 1, 0])) & 1  # 3 bits for 8 values
labels = bits.sum(1) % 2
angle = 2 * np.pi * (np.arange(400) % 8) / 8 + np.random.default_rng(0).normal(0, 0.08, 400)
ring = ag.tensor(np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32))
sector = ag.arange(400) % 8


def bit_loss(z, t):
    return F.binary_cross_entropy_with_logits(z, bits[t].float())


def nearest_code(z):
    return ((z > 0).long() * ag.tensor([4, 2, 1])).sum(1)


print("                             no hidden units   8 hidden units")
table = {}
for name, x, t, outputs, loss, decide in (
    ("in,  one-hot: 8 inputs", F.one_hot(categories, 8).float(), labels, 1, two_classes, None),
    ("in,  binary code: 3 inputs", bits.float(), labels, 1, two_classes, None),
    ("out, one-hot: 8 outputs", ring, sector, 8, F.cross_entropy, lambda z: z.argmax(1)),
    ("out, binary code: 3 outputs", ring, sector, 3, bit_loss, nearest_code),
):
    for hidden in ([], [8]):
        ag.manual_seed(0)
        model = nn.MLP([x.shape[1], *hidden, outputs], "tanh")
        train(model, x, t, loss, size(1000, 400), 0.05)
        answer = decide(model(x)) if decide else (model(x)[:, 0] > 0).long()
        table[name, len(hidden)] = (answer == t).float().mean().item()
    print(f"{name:28} {table[name, 0]:10.0%} {table[name, 1]:16.0%}")
assert all(table[name, 0] > 0.97 for name, _ in table if "one-hot" in name)
assert all(table[name, 0] < 0.8 for name, _ in table if "binary" in name)
assert all(table[name, 1] > 0.97 for name, _ in table) or reduced()

# %% [markdown] tags=["A31", "E27"]
# With one-hot a linear layer is enough: each category has a weight of its own. In the code the categories share weights: the label is parity of the bits, and the sectors where the second bit is 1 lie apart on the ring. Hidden units must untangle that first.
#
# ## Play
#
# The site of this course has a [small network to play with](site/play.html): choose data, layers and activation, press play, and watch the regions. The settings stand in the address, so
# you can send them to a friend. Try:
#
# | data | hidden layers | what to look for |
# | :-- | :-- | :-- |
# | XOR | 1, 2, 4 units | when is it possible at all? |
# | circles | 2, then 3 | when does the region close? |
# | circles | 3, with the linear activation | why does it fail? |
# | spirals | 8 · 8, tanh | does every start get there? |
# | any | rate × 10 | when does it jump about? |
#
# It works here, too. Change the first line and run the cell again:

# %% tags=["A31"]
data, hidden, activation, rate, steps = datasets.moons(200, 0.15), [4], "tanh", 0.05, 300
x, t = data.tensors
ag.manual_seed(0)
playground = nn.MLP([2, *hidden, 1], activation)
loss = train(playground, x, t, two_classes, steps, rate)
fig = plot.decision_boundary(playground, x, t, probability=True, hidden=True)
show(fig, "Two moons, the probability of a class as shade, and the lines of the hidden units.")
print(f"loss after {steps} steps: {loss:.3f}")
assert loss < 0.4

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("6.1")` helps, `solution("6.1")` shows a way.
#
# **6.1** The hidden units stay those of the first section, with values $\pm 1$. Which $(v_1, v_2, c)$ of the output unit $\mathrm{sign}(v_1 h_1 + v_2 h_2 + c)$ makes the *opposite* of XOR: $1$ where both inputs
# are equal, else $-1$?

# %%
answer = (..., ..., ...)
check.opposite_of_xor(answer)

# %% [markdown]
# **6.2** How many parameters, with biases, has `nn.MLP([784, 100, 50, 10])`?

# %%
answer = ...
check.mlp_parameters(answer)

# %% [markdown]
# **6.3** Write `forward(x, thetas)` for one example `x` and the list of matrices $\Theta^{(1)} \dots \Theta^{(L)}$, without biases: $\tanh$ after each layer but the last.


# %%
def forward(x, thetas):
    return ...


check.mlp_forward(forward)

# %% [markdown]
# **6.4** One hidden layer of AND units for "at least three of four bits are on", one for each row of the truth table with a 1. How many?

# %%
answer = ...
check.how_many_ands(answer)

# %% [markdown]
# **6.5** A ReLU network of width 2 and depth 10 folds as above. How many units does *one* hidden layer need at least for as many pieces?

# %%
answer = ...
check.units_for_folds(answer)
