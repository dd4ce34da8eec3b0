# %% [markdown]
# # 7. Activations, initialisation, normalisation
#
# **You will be able to** say why networks of many layers did not learn for twenty years, and show it with a number; choose an activation by its
# derivative; compute how large the first weights must be; prepare data; and write batch normalisation by hand.
#
# **Needs** lessons 2 and 6. **Takes** 90 minutes.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot
from nn.data import Standardize, datasets
from notebooks.course import check, hint, reduced, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["E7", "A32", "A34", "A35", "B15", "B16", "B19"]
# ## The table of activations
#
# What counts is the value *and* the derivative, as backpropagation multiplies by it. With a pencil: for the sigmoid $f = \sigma(z)$ it is $f(1 - f)$, so at $z = 0$, where $f = \frac12$, it is
# $\frac12 \cdot \frac12 = \frac14$, and nowhere is it larger.
#
# | name | $f(z)$ | $f'(z)$ | range |
# | :-- | :-- | :-- | :-- |
# | step | $[z \ge 0]$ | $0$ | $0, 1$ |
# | identity | $z$ | $1$ | all |
# | sigmoid (logistic), slope $\alpha$ | $1 / (1 + e^{-\alpha z})$ | $\alpha f (1 - f)$ | $0 \dots 1$ |
# | tanh, slope $\alpha$ | $\tanh(\alpha z)$ | $\alpha (1 - f^2)$ | $-1 \dots 1$ |
# | ReLU | $\max(0, z)$ | $[z > 0]$ | $\ge 0$ |
# | leaky ReLU | $\max(0.01 z, z)$ | $1$ or $0.01$ | all |
# | softplus | $\ln(e^z + 1)$ | $\sigma(z)$ | $> 0$ |
# | softmax | $e^{z_i} / \sum_j e^{z_j}$ | $f_i ([i = j] - f_j)$ | $0 \dots 1$ |
#
# The engine knows them all. Ask it for each derivative, and compare:

# %% tags=["E7", "A32", "A34", "A35", "B15", "B16", "B19"]
alpha = 2.0
rules = {  # name: function, derivative as a function of z and of the value f
    "step": (lambda z: (z >= 0).double() + 0 * z, lambda z, f: 0 * z),
    "identity": (lambda z: 1 * z, lambda z, f: 0 * z + 1),
    "sigmoid": (ag.sigmoid, lambda z, f: f * (1 - f)),
    "sigmoid, α = 2": (lambda z: ag.sigmoid(alpha * z), lambda z, f: alpha * f * (1 - f)),
    "tanh": (ag.tanh, lambda z, f: 1 - f**2),
    "tanh, α = 2": (lambda z: ag.tanh(alpha * z), lambda z, f: alpha * (1 - f**2)),
    "ReLU": (F.relu, lambda z, f: 1.0 * (z > 0)),
    "leaky ReLU": (F.leaky_relu, lambda z, f: np.where(z > 0, 1, 0.01)),
    "softplus": (F.softplus, lambda z, f: 1 / (1 + np.exp(-z))),
}
z = ag.linspace(-4, 4, 401, dtype=ag.float64, requires_grad=True)
fig, axes = plt.subplots(2, 5, figsize=(11.4, 4.2), layout="constrained", sharex=True)
for ax, (name, (function, derivative)) in zip(axes.flat, rules.items()):
    f = function(z)
    (slope,) = ag.grad(f.sum(), z)
    by_rule = derivative(z.detach().numpy(), f.detach().numpy())
    assert np.allclose(slope.numpy(), by_rule), name
    ax.plot(z.detach(), f.detach(), color=BLUE)
    ax.plot(z.detach(), slope, color=ORANGE, linestyle="--")
    ax.set(title=name, ylim=(-1.2, 2.2))
axes[1, 4].set_axis_off()
axes[1, 4].plot([], [], color=BLUE, label="f(z)")
axes[1, 4].plot([], [], color=ORANGE, linestyle="--", label="f′(z)")
axes[1, 4].legend(frameon=False, loc="center", fontsize=12)
show(fig, "Nine activations over −4 to 4 (solid), each with its derivative (dashed).")

J = ag.func.jacrev(lambda z: F.softmax(z, 0))(z[::100].detach()).numpy()
f = F.softmax(z[::100].detach(), 0).numpy()
assert np.allclose(J, np.diag(f) - np.outer(f, f))
kink = ag.tensor(0.0, requires_grad=True)
F.relu(kink).backward()
print("ReLU has no derivative at 0; the engine takes", kink.grad.item())
assert kink.grad.item() == 0

# %% [markdown] tags=["B18", "B15"]
# ## Three problems of the sigmoid
#
# Draw the derivatives of ReLU and sigmoid together. (1) The sigmoid **saturates**: where it is sure, its derivative is nearly 0, and even its best is $\frac14$. (2) Its values are
# **not centred** on 0. (3) It needs an **exponential**.

# %% tags=["B18", "B15"]
z = ag.linspace(-8, 8, 401, dtype=ag.float64)
s = z.sigmoid()
fig, ax = plt.subplots(figsize=(5.6, 2.8), layout="constrained")
ax.plot(z, (z > 0).double(), color=BLUE, label="ReLU′")
ax.plot(z, s * (1 - s), color=ORANGE, linestyle="--", label="σ′")
ax.axhline(0.25, color=GREY, linewidth=0.8, linestyle=":")
ax.set(xlabel="z", ylabel="derivative", yticks=[0, 0.25, 0.5, 1])
ax.legend(frameon=False)
show(fig, "The derivative of ReLU is 0, then 1; that of the sigmoid is a hill of height a quarter.")
assert (s * (1 - s)).max().item() == 0.25

for at in (0.0, 2.0, 5.0, 10.0):
    value = 1 / (1 + np.exp(-at))
    print(f"z = {at:4.0f}: σ = {value:.5f}, σ′ = {value * (1 - value):.6f}")
many = ag.randn(1_000_000)
for name in ("relu", "sigmoid"):
    seconds = []
    for _ in range(size(50, 3)):
        begin = time.perf_counter()
        getattr(many, name)()
        seconds.append(time.perf_counter() - begin)
    print(f"{name:8} {min(seconds) * 1e3:.2f} ms a million")

# %% [markdown] tags=["D47"]
# ## The vanishing gradient
#
# Backwards through a layer, $\boldsymbol\delta^{(l)} = \sigma'(\mathbf z^{(l)}) \odot W^\top \boldsymbol\delta^{(l+1)}$. If $W$ does not stretch (its norm is 1), each layer multiplies by *at most* $\frac14$. After $q$ layers at most $4^{-q}$ is
# left: after ten, a millionth. Measure it, with orthogonal matrices:


# %% tags=["D47"]
def deltas(activation, depth=10, width=30):
    """The norm of δ in each layer, from the first on, with a δ of norm 1 behind the last."""
    ag.manual_seed(0)
    h, kept = ag.randn(width, dtype=ag.float64), []
    for _ in range(depth):
        W = nn.init.orthogonal_(ag.empty(width, width, dtype=ag.float64))
        z = (W @ h).requires_grad_() if not kept else W @ h
        z.retain_grad()
        kept.append(z)
        h = activation(z)
    direction = ag.randn(width, dtype=ag.float64)
    (h * direction / direction.norm()).sum().backward()
    return np.array([z.grad.norm().item() for z in kept])


q = np.arange(10, 0, -1)
bound = 4.0**-q
fig, ax = plt.subplots(figsize=(6.2, 3.2), layout="constrained")
ax.semilogy(range(1, 11), bound, color=GREY, linestyle="--", label="4^(−q)")
for name, activation, colour in (
    ("sigmoid", ag.sigmoid, ORANGE),
    ("tanh", ag.tanh, "black"),
    ("ReLU", F.relu, BLUE),
):
    norms = deltas(activation)
    ax.semilogy(range(1, 11), norms, "o-", color=colour, label=name)
    print(f"{name:8} δ in the first of ten layers: {norms[0]:.1e}   4^(−10) = {bound[0]:.1e}")
    assert (norms <= (bound if name == "sigmoid" else 1) * (1 + 1e-9)).all()
ax.set(xlabel="layer", ylabel="norm of δ")
ax.legend(frameon=False)
show(
    fig,
    "The norm of delta falls towards the first layer; with the sigmoid below four to the minus q.",
)

# %% [markdown] tags=["B14"]
# Now in a real network: six hidden layers on small images of digits. `plot.gradient_flow` draws the mean size of the gradient layer by layer.


# %% tags=["B14"]
images, labels = (part[:3000] for part in datasets.mnist_sample().tensors)
coarse = images.reshape(-1, 14, 2, 14, 2).mean((2, 4)).reshape(3000, 196)
x, t = (coarse - coarse.mean()) / coarse.std(), labels


def digits(depth, activation=nn.Sigmoid, start="xavier", norm=False, width=32, seed=0):
    """A network of `depth` hidden layers, with a start of its weights and, if wanted, batch normalisation."""
    ag.manual_seed(seed)
    layers, inputs = [], 196
    for _ in range(depth):
        linear = nn.Linear(inputs, width)
        nn.init.zeros_(linear.bias)
        if start == "he":
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
        elif start == "xavier":
            nn.init.xavier_normal_(linear.weight)
        else:
            nn.init.uniform_(linear.weight, -0.1, 0.1)
        layers += [linear, nn.BatchNorm1d(width)] if norm else [linear]
        layers += [activation()]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(width, 10))


networks = {"sigmoid": digits(6), "tanh": digits(6, nn.Tanh), "ReLU": digits(6, nn.ReLU, "he")}
for network in networks.values():
    F.cross_entropy(network(x), t).backward()
fig = plot.gradient_flow(networks)
show(
    fig, "Gradients by layer: level for ReLU and tanh, ever smaller towards the input for sigmoid."
)
first, last = (networks["sigmoid"][i].weight.grad.abs().mean().item() for i in (0, -1))
print(f"sigmoid: the first layer's gradient is {first / last:.1e} of the last's")
assert first < 1e-2 * last

# %% [markdown] tags=["D46"]
# So the first layers do not learn. **Backpropagation fails beyond two or three hidden layers**: train sigmoid networks of depth 1 to 6, from two starts.


# %% tags=["D46"]
def train(model, epochs, rate=0.1, momentum=0.9, batch=50):
    """SGD; the loss of each step."""
    sgd = optim.SGD(model.parameters(), lr=rate, momentum=momentum)
    rng, losses = np.random.default_rng(0), []
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for i in range(0, len(x), batch):
            rows = ag.tensor(order[i : i + batch])
            sgd.zero_grad()
            loss = F.cross_entropy(model(x[rows]), t[rows])
            loss.backward()
            sgd.step()
            losses.append(loss.item())
    model.eval()
    return losses


def right(model):
    with ag.no_grad():
        return (model(x).argmax(1) == t).float().mean().item()


depths = (1, 2, 3, 4, 6)
fig, ax = plt.subplots(figsize=(5.6, 3.1), layout="constrained")
for start, colour, marker in (("uniform ±0.1", ORANGE, "s"), ("xavier", BLUE, "o")):
    shares = []
    for depth in depths:
        model = digits(depth, start=start)
        train(model, size(8, 1))
        shares.append(right(model))
    ax.plot(depths, shares, marker=marker, color=colour, label=start)
    print(f"{start:13}", *(f"{d}: {share:.0%}" for d, share in zip(depths, shares)), sep="   ")
    if not reduced():
        assert shares[0] > 0.9 and shares[-1] < 0.3
ax.set(xlabel="hidden layers", ylabel="right", ylim=(0, 1))
ax.legend(frameon=False)
show(fig, "Accuracy of sigmoid networks: high for one and two hidden layers, at chance for six.")

# %% [markdown] tags=["B17"]
# ## Is ReLU six times faster?
#
# Deck B says that ReLU converges about **six** times faster than sigmoid and tanh. (The number is from Krizhevsky et al. 2012: one convolutional network, against tanh.) Measure: two hidden layers, the same descent, how many
# steps until the loss is below 0.3?

# %% tags=["B17"]
fig, ax = plt.subplots(figsize=(6.2, 3.1), layout="constrained")
steps = {}
for name, activation, start, epochs, colour in (
    ("ReLU", nn.ReLU, "he", 8, BLUE),
    ("tanh", nn.Tanh, "xavier", 10, "black"),
    ("sigmoid", nn.Sigmoid, "xavier", 70, ORANGE),
):
    losses = train(digits(2, activation, start), size(epochs, 1), rate=0.1, momentum=0)
    smooth = np.convolve(losses, np.ones(20) / 20, "valid")
    ax.semilogx(np.arange(len(smooth)) + 20, smooth, color=colour, label=name)
    below = np.flatnonzero(smooth < 0.3)
    steps[name] = int(below[0]) + 20 if len(below) else len(losses)
    print(f"{name:8} {steps[name]:5} steps, {steps[name] / steps['ReLU']:.1f} times those of ReLU")
ax.axhline(0.3, color=GREY, linestyle=":")
ax.set(xlabel="step", ylabel="loss (mean of 20)")
ax.legend(frameon=False)
show(fig, "Loss over steps: ReLU first below 0.3, tanh soon after, the sigmoid far behind.")
if not reduced():
    assert steps["ReLU"] < steps["tanh"] and steps["sigmoid"] > 6 * steps["ReLU"]

# %% [markdown] tags=["B17", "A33"]
# Here the factor is small for tanh and large for the sigmoid. "Six" is no constant of nature.
#
# ## Why centred?
#
# A unit's gradient is $\delta\, \mathbf h$, with $\mathbf h$ the values from the layer before. If these are all positive, as sigmoids' are, then all components have **one sign**, that of $\delta$. In one step all weights rise, or all
# fall. If one should rise and one fall, the way there is a zigzag (LeCun 1998). Two weights, from $(0, 0)$ to $(1, -1)$, one example a step:

# %% tags=["A33"]
fig, axes = plt.subplots(1, 2, figsize=(8.2, 3.7), layout="constrained", sharey=True)
same_sign = {}
for ax, mean in zip(axes, (0, 1)):
    rng = np.random.default_rng(1)
    w, goal = np.zeros(2), np.array([1.0, -1.0])
    path = [w]
    for h in mean + rng.uniform(-1, 1, (150, 2)):
        w = w - 0.25 * ((w - goal) @ h) * h
        path.append(w)
    path = np.array(path)
    moves = np.diff(path, axis=0)
    same_sign[mean] = (moves[:, 0] * moves[:, 1] > 0).mean()
    ax.plot(*path.T, ".-", color=ORANGE if mean else BLUE, linewidth=1)
    ax.plot(*goal, "k*", markersize=12)
    ax.set(title=f"inputs of mean {mean}", xlabel="$w_1$", aspect="equal")
    ax.set(xlim=(-0.7, 1.6), ylim=(-1.7, 0.4))
    print(f"mean {mean}: both weights move in the same direction in {same_sign[mean]:.0%} of steps")
axes[0].set_ylabel("$w_2$")
show(
    fig,
    "Paths of two weights to a star: nearly straight for inputs of mean 0, a zigzag for mean 1.",
)
assert same_sign[1] == 1 and 0.2 < same_sign[0] < 0.8

# %% [markdown] tags=["A36", "B19"]
# ## Dead ReLUs
#
# ReLU has an illness of its own. A unit that is 0 for *all* inputs has no gradient, so it never changes again: it is **dead**. A bad start does that, such as large negative biases; so does one step
# that is much too large. A leaky ReLU always has a slope. Count over all 3000 images; the pictures show 120 of them.


# %% tags=["A36", "B19"]
def hidden_values(model):
    with ag.no_grad():
        return model[:2](x)


def one_layer(activation=nn.ReLU, bias=0.0):
    model = digits(1, activation, "he")
    with ag.no_grad():
        model[0].bias.fill_(bias)
    return model


good, bad, leaky = one_layer(), one_layer(bias=-4.0), one_layer(nn.LeakyReLU, bias=-4.0)
jumped = one_layer()
train(jumped, 1, rate=50.0, momentum=0, batch=3000)  # a single step
cases = {"He, bias 0": good, "bias −4": bad, "after a step of rate 50": jumped}
fig, axes = plt.subplots(1, 3, figsize=(10, 2.8), layout="constrained", sharey=True)
for ax, (name, model) in zip(axes, cases.items()):
    active = (hidden_values(model) > 0).numpy()
    dead = ~active.any(0)
    ax.imshow(active[:120].T, cmap="Blues", aspect="auto", vmin=0, vmax=1.4)
    ax.set(title=f"{name}: {dead.sum()} of 32 dead", xlabel="example")
axes[0].set_ylabel("hidden unit")
show(
    fig,
    "Active units for 120 examples: many after a good start, few with bias −4, some rows after a jump.",
)

dead = ~(hidden_values(bad) > 0).numpy().any(0)
before = {m: m[0].weight.detach().numpy().copy() for m in (bad, leaky)}
train(bad, size(3, 1)), train(leaky, size(3, 1))
moved = {m: np.abs(m[0].weight.detach().numpy() - before[m]).max(1) for m in before}
print(f"{dead.sum()} dead units; how far did training move their weights?")
print(f"ReLU {moved[bad][dead].max()}, leaky ReLU up to {moved[leaky][dead].max():.3f}")
assert not (~(hidden_values(good) > 0).numpy().any(0)).any() and dead.sum() >= 3
assert moved[bad][dead].max() == 0 and (moved[leaky][dead] > 0).all()

# %% [markdown] tags=["A27"]
# ## How to start: not all the same
#
# Why not start with all weights at 0? Then all hidden units compute the same, get the same gradient, and stay equal, up to rounding: however many, they are *one* unit. Small random numbers, here $N(0, 0.1)$, break the
# symmetry.

# %% tags=["A27"]
moons, moon_classes = (
    part.double() for part in datasets.moons(200, 0.1, generator=ag.Generator(0)).tensors
)
for start in ("all 0", "N(0, 0.1)"):
    ag.manual_seed(0)
    model = nn.MLP([2, 6, 1], "sigmoid", dtype=ag.float64)
    for parameter in model.parameters():
        nn.init.zeros_(parameter) if start == "all 0" else nn.init.normal_(parameter, 0, 0.1)
    sgd = optim.SGD(model.parameters(), lr=0.5)
    for _ in range(300):
        sgd.zero_grad()
        F.binary_cross_entropy_with_logits(model(moons)[:, 0], moon_classes).backward()
        sgd.step()
    rows = model[0].weight.detach().numpy()
    spread = np.abs(rows - rows[0]).max()
    hits = ((model(moons)[:, 0] > 0) == (moon_classes > 0)).float().mean().item()
    print(f"{start:9}: the six units differ by {spread:.1e}, {hits:.0%} of the moons right")
    assert spread < 1e-6 if start == "all 0" else spread > 0.1

# %% [markdown] tags=["D29", "E30"]
# ## How large?
#
# The classic advice (decks D and E) is **uniform in $[-0.1, 0.1]$**: the pre-activations are near 0, where $\sigma'$ is largest, the signals are mid-range, and the network begins nearly linear. But a unit with many inputs adds up many of them:
# so divide by the root of the **fan-in**, the number of inputs. And try **several starts**: some end in a local minimum, as XOR did in lesson 6.

# %% tags=["D29", "E30"]
rng = np.random.default_rng(0)
inputs = rng.normal(size=(2000, 20))
fig, (left, middle, last) = plt.subplots(1, 3, figsize=(11.4, 3.2), layout="constrained")
grid = np.linspace(-8, 8, 200)
sigma = 1 / (1 + np.exp(-grid))
left.plot(grid, sigma * (1 - sigma), color="black", label="σ′(z)")
for reach, colour in ((0.1, BLUE), (2.0, ORANGE)):
    z = inputs @ rng.uniform(-reach, reach, (20, 10))
    left.hist(z.ravel(), 80, density=True, color=colour, alpha=0.5, label=f"z, start ±{reach}")
    f = 1 / (1 + np.exp(-z))
    fit = inputs @ np.linalg.lstsq(inputs, f - 0.5, rcond=None)[0] + 0.5
    linear = 1 - ((f - fit) ** 2).sum() / ((f - 0.5) ** 2).sum()
    print(
        f"±{reach}: mean σ′ = {(f * (1 - f)).mean():.3f}, {linear:.1%} of the units' answer is linear"
    )
    assert ((f * (1 - f)).mean() > 0.24 and linear > 0.99) == (reach == 0.1)
left.set(xlim=(-8, 8), ylim=(0, 1), xlabel="z")
left.legend(frameon=False, fontsize=8)
fans = (10, 30, 100, 300, 1000)
for name, reach, colour in (("±0.1", lambda n: 0.1, ORANGE), ("±1/√n", lambda n: n**-0.5, BLUE)):
    widths = [
        (rng.normal(size=(500, n)) @ rng.uniform(-reach(n), reach(n), (n, 40))).std() for n in fans
    ]
    middle.loglog(fans, widths, "o-", color=colour, label=name)
middle.set(xlabel="fan-in n", ylabel="standard deviation of z")
middle.legend(frameon=False)
assert max(widths) / min(widths) < 1.2  # of the one that divides
xor_x, xor_y = datasets.xor().tensors
ends = []
for seed in range(size(16, 4)):
    ag.manual_seed(seed)
    model = nn.MLP([2, 2, 1], "tanh")
    adam = optim.Adam(model.parameters(), lr=0.1)
    for _ in range(200):
        adam.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(xor_x)[:, 0], xor_y.float())
        loss.backward()
        adam.step()
    ends.append(loss.item())
last.bar(range(len(ends)), ends, color=[ORANGE if end > 0.1 else BLUE for end in ends])
last.set(xlabel="start", ylabel="final loss on XOR", xticks=range(0, len(ends), 3))
show(
    fig,
    "Small starts lie under the hill of σ′; dividing by √n keeps the width; some starts fail.",
)
print(f"XOR: {sum(end < 0.1 for end in ends)} of {len(ends)} starts solve it")
assert min(ends) < 0.1 < max(ends)

# %% [markdown] tags=["B21"]
# ## Ten layers: dead or saturated
#
# Let numbers flow through ten layers of tanh, 200 units each. Weights of $N(0, \sigma^2)$ with $\sigma = 10^{-2}$ (deck B) let the values die out; with $\sigma = 1$ all sit at $\pm 1$, where tanh is flat. Look at each layer's histogram, and mind the scales.


# %% tags=["B21"]
def flow(activation, std, depth=10, width=200):
    """What each layer makes of 500 random inputs, the weights being drawn with deviation `std`."""
    rng = np.random.default_rng(0)
    h, kept = rng.normal(size=(500, width)), []
    for _ in range(depth):
        h = activation(h @ rng.normal(0, std, (width, width)))
        kept.append(h)
    return kept


pages = {}
for name, std in (("0.01", 0.01), ("1", 1.0), ("1/√N", 200**-0.5)):
    layers = flow(np.tanh, std)
    pages |= {f"σ = {name}, layer {k}": layers[k - 1][:100] for k in (1, 4, 7, 10)}
    print(f"σ = {name:5} deviation:", *(f"{h.std():.1e}" for h in layers[::3]), end="   ")
    print(f"saturated in layer 10: {(np.abs(layers[-1]) > 0.99).mean():.0%}")
show(
    plot.histograms(pages, "activations", title="tanh, layer by layer"),
    "Histograms: with 0.01 the values shrink to nothing, with 1 they pile up at ±1, else they stay.",
)
assert pages["σ = 0.01, layer 10"].std() < 1e-5
assert (np.abs(pages["σ = 1, layer 10"]) > 0.99).mean() > 0.7
assert pages["σ = 1/√N, layer 10"].std() > 0.15

# %% [markdown] tags=["B22"]
# ## Xavier and He
#
# The third row is no accident. $z = \sum_i w_i h_i$ has $N$ independent terms, so $\mathrm{Var}\, z = N \cdot \mathrm{Var}\, w \cdot \overline{h^2}$. To keep the size, $\mathrm{Var}\, w = \frac1N$ (**Xavier**; Glorot & Bengio 2010 average the numbers of inputs
# and outputs). For tanh that is right near 0. A ReLU throws the negative half away, so $\overline{h^2} = \frac12 \mathrm{Var}\, z$: each layer *halves*. Make up for it, $\mathrm{Var}\, w = \frac2N$ (**He** et al. 2015).

# %% tags=["B22"]
N, depth = 400, 20
fig, ax = plt.subplots(figsize=(6, 3.1), layout="constrained")
for name, activation, variance, colour in (
    ("tanh, 1/N", np.tanh, 1 / N, "black"),
    ("ReLU, 1/N", lambda z: np.maximum(z, 0), 1 / N, ORANGE),
    ("ReLU, 2/N", lambda z: np.maximum(z, 0), 2 / N, BLUE),
):
    squares = np.array([(h**2).mean() for h in flow(activation, variance**0.5, depth, N)])
    ax.semilogy(range(1, depth + 1), squares, "o-", markersize=3, color=colour, label=name)
    print(f"{name}: mean square in layer 20 is {squares[-1]:.1e}")
    if name == "ReLU, 1/N":
        halved = (squares[-1] / squares[0]) ** (1 / (depth - 1))
    if name == "ReLU, 2/N":
        assert 0.3 < squares[-1] < 3
print(f"ReLU with 1/N: each layer multiplies by {halved:.3f}")
assert abs(halved - 0.5) < 0.04
ax.set(xlabel="layer", ylabel="mean square of the values")
ax.legend(frameon=False)
show(fig, "Mean square by layer: halved each time for ReLU with 1/N, level for ReLU with 2/N.")
assert np.isclose(nn.init.kaiming_normal_(ag.empty(N, N)).std().item(), (2 / N) ** 0.5, rtol=0.02)

# %% [markdown] tags=["B23", "D28"]
# ## Prepare the data
#
# The first layer's inputs are the data. Subtract the mean, then divide by the standard deviation; or scale to $[-1, 1]$. What is subtracted and divided by comes from the *training* part alone. `nn.data.Standardize` does it.

# %% tags=["B23", "D28"]
rng = np.random.default_rng(0)
raw = np.column_stack([rng.normal(6, 3, 300), rng.normal(2, 0.4, 300)])
centred, standard = raw - raw.mean(0), Standardize().fit(raw)(raw)
boxed = 2 * (raw - raw.min(0)) / (raw.max(0) - raw.min(0)) - 1
assert np.allclose(standard, centred / raw.std(0))
fig, axes = plt.subplots(1, 4, figsize=(12, 3), layout="constrained")
clouds = {"original": raw, "zero-centred": centred, "normalised": standard, "in [−1, 1]": boxed}
for ax, (name, cloud) in zip(axes[:3], clouds.items()):
    ax.scatter(*cloud.T, s=6, color=BLUE)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set(title=name, xlim=(-9, 15), ylim=(-9, 15), aspect="equal")

# one linear unit, squared error, the largest safe rate: how many steps to a thousandth of the error?
y = raw @ [0.5, -2.0] + 3
steps = {}
for (name, cloud), colour in zip(clouds.items(), (ORANGE, "#d9a30d", BLUE, "black")):
    X = np.column_stack([np.ones(300), cloud])
    curvature = np.linalg.eigvalsh(X.T @ X / 300)
    w, errors = np.zeros(3), []
    while not errors or errors[-1] > 1e-3 * y.var():
        w -= X.T @ (X @ w - y) / 300 / curvature[-1]
        errors.append(((X @ w - y) ** 2).mean())
    steps[name] = len(errors)
    axes[3].loglog(range(1, len(errors) + 1), errors, ".-", markersize=3, color=colour, label=name)
    print(f"{name:12} curvatures 1 : {curvature[-1] / curvature[0]:6.1f}   {len(errors):6,} steps")
axes[3].set(xlabel="step", title="squared error", ylim=(5e-5, 2e3))
axes[3].legend(frameon=False, fontsize=8, loc="upper right")
show(fig, "A cloud off the origin; around it but flat; round. Last, the error of descent on each.")
assert steps["normalised"] < steps["in [−1, 1]"] < steps["zero-centred"] < steps["original"] / 10

# %% [markdown] tags=["B24"]
# ## Batch normalisation
#
# Why only the inputs? **Batch normalisation** (Ioffe & Szegedy 2015) does it between layers, for each unit, over the examples of the *mini-batch*, and lets the network learn a scale $\gamma$ and a shift $\beta$:
#
# $$\mu = \frac1m \sum_i x_i, \quad \sigma^2 = \frac1m \sum_i (x_i - \mu)^2, \quad \hat x_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \quad y_i = \gamma \hat x_i + \beta .$$
#
# With a pencil: the batch $1, 2, 3, 6$ has $\mu = 3$, $\sigma^2 = (4 + 1 + 0 + 9) / 4 = 3.5$.

# %% tags=["B24"]
batch = ag.tensor([[1.0, 10.0], [2.0, 30.0], [3.0, 20.0], [6.0, 20.0]])
norm = nn.BatchNorm1d(2)
with ag.no_grad():
    norm.weight.copy_(ag.tensor([1.0, 0.5]))  # γ
    norm.bias.copy_(ag.tensor([0.0, -1.0]))  # β
mu = batch.mean(0)
variance = ((batch - mu) ** 2).mean(0)
by_hand = norm.weight * (batch - mu) / (variance + 1e-5).sqrt() + norm.bias
output = norm(batch)
assert mu[0].item() == 3 and variance[0].item() == 3.5
assert np.allclose(by_hand.detach(), output.detach(), atol=1e-6)
print(output.detach().numpy().round(3))

# %% [markdown] tags=["B25"]
# **At test time** there may be only one example, and its answer must not depend on its neighbours. So the layer keeps running averages of $\mu$ and $\sigma^2$ while it trains, and uses these **fixed** statistics in `eval()`.

# %% tags=["B25"]
m = len(batch)
assert np.allclose(norm.running_mean, 0.9 * 0 + 0.1 * mu)
assert np.allclose(norm.running_var, 0.9 * 1 + 0.1 * variance * m / (m - 1))  # unbiased
for _ in range(100):
    norm(batch)
norm.eval()
alone, together = norm(batch[:1]), norm(batch)[:1]
print(
    "running mean", norm.running_mean.numpy().round(3), "  alone", alone.detach().numpy().round(3)
)
assert np.allclose(alone.detach(), together.detach()) and np.allclose(
    norm.running_mean, mu, rtol=1e-3
)
norm.train()
try:
    norm(batch[:1])
except ValueError as error:
    print("in training:", str(error).split(";")[0])

# %% [markdown] tags=["D46", "B24"]
# ## All together
#
# Back to where the sigmoid failed: six hidden layers. Which of the cures works?

# %% tags=["D46", "B24", "B22"]
recipes = {
    "sigmoid": digits(6),
    "sigmoid + batch norm": digits(6, norm=True),
    "tanh + Xavier": digits(6, nn.Tanh),
    "ReLU + He": digits(6, nn.ReLU, "he"),
}
fig, ax = plt.subplots(figsize=(6.4, 3.2), layout="constrained")
final = {}
for (name, model), colour in zip(recipes.items(), (ORANGE, "#14532d", "black", BLUE)):
    losses = train(model, size(8, 1), rate=0.02 if "ReLU" in name else 0.1)
    ax.plot(np.convolve(losses, np.ones(20) / 20, "valid"), color=colour, label=name)
    final[name] = right(model)
    print(f"{name:22} {final[name]:.1%} right")
ax.set(xlabel="step", ylabel="loss (mean of 20)")
ax.legend(frameon=False)
show(
    fig,
    "Loss of four networks of six hidden layers: plain sigmoid stays at chance, the others learn.",
)
if not reduced():
    assert final.pop("sigmoid") < 0.3 and min(final.values()) > 0.8

# %% [markdown]
# Each of the three lets six layers learn. A matching activation and start cost nothing; normalisation makes the start matter less.
#
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("7.1")` helps, `solution("7.1")` shows a way.
#
# **7.1** A gradient of norm 1 goes back through five sigmoid layers whose matrices have norm 1. What is its norm at most?

# %%
answer = ...
check.vanishing(answer)

# %% [markdown]
# **7.2** Write `slope(z, alpha)`, the derivative of $\sigma(\alpha z)$ by $z$.


# %%
def slope(z, alpha):
    return ...


check.slope_of_sigmoid(slope)

# %% [markdown]
# **7.3** A ReLU layer has 128 inputs and 64 outputs. What *standard deviation* do its weights get from He?

# %%
answer = ...
check.he_deviation(answer)

# %% [markdown]
# **7.4** Write `batch_norm(x, gamma, beta, eps)` for training; `x` is an array (examples, units).


# %%
def batch_norm(x, gamma, beta, eps):
    return ...


check.batch_norm(batch_norm)

# %% [markdown] tags=["A27"]
# **7.5** A network with one hidden layer of *tanh* units and a linear output starts with all weights and biases at 0. What does the first step of descent change? (a) everything; (b) the output's weights
# and bias; (c) only the output's bias; (d) nothing.

# %%
answer = ...
check.all_zero(answer)
