# %% [markdown]
# # 9. Generalisation
#
# **You will be able to** see when a network has learnt the noise; choose among its remedies, from weight decay to dropout, and try them on the
# same data; stop at the right moment; and find a network of the right size, by choosing, pruning or growing.
#
# **Needs** lessons 6 and 8. **Takes** 90 minutes.

# %%
import time

import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot
from nn.data import datasets
from nn.models import CascadeCorrelation
from notebooks.course import check, hint, reduced, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["B26", "B27"]
# ## Learning the noise
#
# Training data have two kinds of regularity: those that are *real*, and those that are there by chance, since it was this sample and no
# other (the **sampling error**). A network cannot tell them apart. If it is flexible enough, it learns both. Ten points from a sine
# with noise, and networks with $M$ hidden units, trained to the end:


# %% tags=["B27", "B26"]
def error_of(net, x, y):
    with ag.no_grad():
        return ((net(x) - y) ** 2).mean().item()


def trained(M, x, y, alpha=1e-5, seed=0):
    """A network 1-M-1 at a minimum of ½ Σ (out − y)² + ½ α Σ w²."""
    ag.manual_seed(seed)
    net = nn.MLP([1, M, 1], "tanh", dtype=np.float64)
    lbfgs = optim.LBFGS(net.parameters(), max_iter=size(200, 100), line_search_fn="strong_wolfe")
    weights = [p for p in net.parameters() if p.ndim == 2]

    def closure():
        lbfgs.zero_grad()
        loss = ((net(x) - y) ** 2).sum() / 2 + alpha / 2 * sum((w**2).sum() for w in weights)
        loss.backward()
        return loss

    lbfgs.step(closure)
    return net


rng = np.random.default_rng(6)
x = ag.tensor(np.linspace(-3, 3, 10)[:, None])
y = ag.tensor(np.sin(x.numpy()) + 0.25 * rng.normal(size=(10, 1)))
grid = ag.tensor(np.linspace(-3, 3, 200)[:, None])
new = ag.tensor(np.sin(grid.numpy()) + 0.25 * rng.normal(size=(200, 1)))
fig, axes = plt.subplots(1, 3, figsize=(10, 3.1), layout="constrained", sharey=True)
errors = {}
for ax, M in zip(axes, (1, 3, 10)):
    net = trained(M, x, y)
    errors[M] = error_of(net, x, y), error_of(net, grid, new)
    ax.plot(grid, np.sin(grid), color=GREY, linestyle="--", label="sine")
    ax.plot(grid, net(grid).detach(), color=BLUE, label="network")
    ax.scatter(x, y, color=ORANGE, s=22, zorder=3, label="ten points")
    ax.set(title=f"M = {M}", ylim=(-2.2, 2.2), xlabel="x")
    print(f"M = {M:2}: squared error, ten points {errors[M][0]:.4f}, new points {errors[M][1]:.4f}")
print("of the error on new points, their own noise is about", 0.25**2)
axes[0].legend(frameon=False, fontsize=8)
show(fig, "Ten noisy points of a sine: one unit is too stiff, ten units bend through each point.")
assert errors[10][0] < errors[3][0] < errors[1][0]
assert errors[10][1] > errors[10][0] + 0.05

# %% [markdown] tags=["B29", "E29"]
# ## Three sets
#
# Ten units make no error on the ten points, and yet they are not the best on new ones: the training error says little. And whatever you *choose* by,
# you have used up, as the choice fits itself to it:
#
# | set | used for | how often |
# |---|---|---|
# | training | the weights | in each step |
# | validation | everything else: units, rates, penalty, when to stop | in each comparison |
# | test | the number that you report | once |
#
# Twenty "classifiers" that toss a coin show why the best one's validation score is no measure of it:

# %% tags=["B29", "E29"]
fig, ax = plt.subplots(figsize=(7.5, 1.1), layout="constrained")
for left, width, name, colour in (
    (0, 60, "training 60 %", "#b9cfe6"),
    (60, 20, "validation 20 %", "#f4cfae"),
    (80, 20, "test 20 %", "#d9d9d9"),
):
    ax.barh(0, width, left=left, color=colour, edgecolor="white")
    ax.text(left + width / 2, 0, name, ha="center", va="center")
ax.axis("off")
show(fig, "The examples in three parts: 60 % for training, 20 % for validation, 20 % for the test.")
coins = np.random.default_rng(0)
right = coins.random((20, 2, 50)) < 0.5  # of 20 classifiers, on 50 validation and 50 test examples
chosen = right[:, 0].mean(1).argmax()
print(f"the best of 20 on validation data: {right[chosen, 0].mean():.0%}")
print(f"the same one on test data:         {right[chosen, 1].mean():.0%}")
assert right[chosen, 0].mean() > right[chosen, 1].mean()

# %% [markdown] tags=["B12", "B10"]
# ## Bias and variance
#
# Draw the sample anew, and the fit changes. How much it changes is its **variance**; how far its *mean* is from the truth its **bias**. The expected error is
# bias² + variance + noise. One knob moves between them: the strength $\alpha$ of a penalty on the weights. Here are 40 samples of 25 points, 24 Gaussian
# features (lesson 5), and three strengths (light: 20 of the fits; dark: the mean; dashed: the sine).
#
# So the *size* of a network need not be chosen at all: take too many units, and choose one number, $\alpha$, on validation data. The second figure does it with 20
# units for the ten points.


# %% tags=["B12"]
def features(t):
    return np.exp(-((t[:, None] - np.linspace(-3, 3, 24)) ** 2) / (2 * 0.4**2))


at = np.linspace(-3, 3, 120)
fig, axes = plt.subplots(1, 3, figsize=(10, 3), layout="constrained", sharey=True)
parts = {}
for ax, alpha in zip(axes, (10.0, 0.3, 1e-4)):
    sampler, fits = np.random.default_rng(1), []
    for _ in range(40):
        t = sampler.uniform(-3, 3, 25)
        Phi, target = features(t), np.sin(t) + 0.3 * sampler.normal(size=25)
        w = np.linalg.solve(Phi.T @ Phi + alpha * np.eye(24), Phi.T @ target)
        fits.append(features(at) @ w)
    fits = np.array(fits)
    parts[alpha] = ((fits.mean(0) - np.sin(at)) ** 2).mean(), fits.var(0).mean()
    ax.plot(at, fits[:20].T, color="#b9cfe6", linewidth=0.8)
    ax.plot(at, fits.mean(0), color=BLUE, linewidth=2)
    ax.plot(at, np.sin(at), color=ORANGE, linestyle="--")
    ax.set(title=f"α = {alpha:g}", ylim=(-2, 2), xlabel="x")
    print(f"α = {alpha:<7g} bias² {parts[alpha][0]:.4f}   variance {parts[alpha][1]:.4f}")
    total = ((fits - np.sin(at)) ** 2).mean()
    assert np.isclose(total, sum(parts[alpha]))  # an identity
show(fig, "Fits of twenty samples: alike and too flat, near the sine, and wildly different.")
assert parts[10.0][0] > parts[0.3][0] and parts[10.0][1] < parts[0.3][1] < parts[1e-4][1]

# %% tags=["B10"]
alphas = 10.0 ** np.arange(-5, 2)
path = []
for alpha in alphas:
    net = trained(20, x, y, alpha)
    path.append((error_of(net, x, y), error_of(net, grid, new)))
path = np.array(path)
fig, ax = plt.subplots(figsize=(6.2, 3.1), layout="constrained")
ax.semilogx(alphas, path[:, 0], "o-", color=BLUE, label="training")
ax.semilogx(alphas, path[:, 1], "s-", color=ORANGE, label="new points")
ax.set(xlabel="strength α", ylabel="squared error")
ax.legend(frameon=False)
show(fig, "Training error grows with α; the error on new points falls at first, then grows, too.")
best = path[:, 1].argmin()
print(f"best: α = {alphas[best]:g}, with {path[best, 1]:.3f} on new points")
assert 0 < best < len(alphas) - 1 and path[0, 0] < path[-1, 0]

# %% [markdown] tags=["B11", "B30", "D39", "B31"]
# ## Penalties
#
# **L2**, or weight decay (Tikhonov), adds $\lambda\Omega$ to *any* error $E$, with half the sum of squares, and its gradient is a pull to 0 in proportion to $w$:
#
# $$E' = E + \frac{\lambda}{2} \sum_i w_i^2, \qquad E = \tfrac12 \sum_n (t_n - y_n)^2 \ \text{ or } \ {-\sum_n} \big[t_n \ln y_n + (1 - t_n) \ln (1 - y_n)\big],$$
#
# $$\frac{\partial E'}{\partial w} = \frac{\partial E}{\partial w} + \lambda w, \qquad \Delta w = -\eta \frac{\partial E}{\partial w} - \alpha w \quad \text{with } \alpha = \eta\lambda .$$
#
# (Deck D writes $W + \Delta W - \lambda W$: its $\lambda$ is this $\alpha$.) **L1** takes the same from each weight, large or small, and so drives the small ones to 0:
#
# $$E' = E + \lambda \sum_i |w_i|, \qquad \Delta w = -\eta \frac{\partial E}{\partial w} - \alpha\, \mathrm{sign}(w) .$$
#
# Engine, formula and three ways of the library:

# %% tags=["B30", "B11", "D39", "B31"]
draw = np.random.default_rng(0)
data = ag.tensor(draw.normal(size=(6, 3)))
target = ag.tensor((draw.random((6, 1)) < 0.5).astype(float))
start, eta, strength = np.array([[0.8, -0.4, 0.1]]), 0.1, 0.3


def squared(z, t):
    return ((z - t) ** 2).sum() / 2


def entropy(z, t):
    return F.binary_cross_entropy_with_logits(z, t, reduction="sum")


def after_one_step(loss, penalty=None, decay=0.0, callbacks=()):
    """The weights after one step of SGD from `start`."""
    unit = nn.Linear(3, 1, bias=False, dtype=np.float64)
    with ag.no_grad():
        unit.weight.copy_(ag.tensor(start))
    error = (lambda z, t: loss(z, t) + penalty(unit.weight)) if penalty else loss
    sgd = optim.SGD(unit.parameters(), lr=eta, weight_decay=decay)
    optim.fit(
        unit, (data, target), loss=error, optimizer=sgd, batch_size="batch", callbacks=callbacks,
        progress=False, keep_best=False,
    )  # fmt: skip
    return unit.weight.detach().numpy()


for name, loss in (("squared error", squared), ("cross-entropy", entropy)):
    plain, alpha = after_one_step(loss), eta * strength
    l2 = plain - alpha * start
    for way in (
        after_one_step(loss, lambda w: strength / 2 * (w**2).sum()),
        after_one_step(loss, decay=strength),
        after_one_step(loss, callbacks=[optim.L2(strength / 2)]),
    ):
        assert np.allclose(way, l2)
    l1 = plain - alpha * np.sign(start)
    assert np.allclose(after_one_step(loss, lambda w: strength * w.abs().sum()), l1)
    assert np.allclose(after_one_step(loss, callbacks=[optim.L1(strength)]), l1)
    print(f"{name}: plain {plain.round(3)}, L2 {l2.round(3)}, L1 {l1.round(3)}")

# %% [markdown] tags=["E35", "E36", "B32"]
# In general $E' = E + \lambda R$, with any $p$: $R = \sum_i |w_i|^p = \lVert \mathbf w \rVert_p^p$ (deck E squares the 1-norm, too: exercise 9.3). And $R$ need not be of the *weights*: of the **activations** it makes
# units silent. From here on all remedies are tried on the same task: two moons with much noise, 80 examples, and eight more
# inputs that mean *nothing*. Read the columns: which penalty makes weights *exactly* 0, which cuts the largest, which silences units? Then look at the first
# layer's weights.


# %% tags=["E35", "E36"]
def useless_inputs(n, seed):
    """Two moons, with eight inputs of pure noise beside the two that count."""
    points, labels = datasets.moons(n, noise=0.3, generator=ag.Generator(seed)).tensors
    noise = np.random.default_rng(seed).normal(size=(n, 8))
    return ag.tensor(np.hstack([points, noise]).astype(np.float32)), labels


def network(hidden=60, drop_input=0.0, drop=0.0, noise=0.0, first=nn.Linear):
    return nn.Sequential(
        nn.Dropout(drop_input), nn.GaussianNoise(noise),
        first(10, hidden), nn.ReLU(), nn.Dropout(drop),
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(drop), nn.Linear(hidden, 2),
    )  # fmt: skip


def fitted(model, data, callbacks=(), validation=None, epochs=None):
    adam = optim.Adam(model.parameters(), lr=0.01)
    return optim.fit(
        model, data, validation, loss=F.cross_entropy, optimizer=adam, batch_size=40,
        epochs=epochs or size(80, 20), callbacks=callbacks, keep_best=False, progress=False,
    )  # fmt: skip


few, test = useless_inputs(80, 0), useless_inputs(2000, 99)
models = {}
for name, penalise in (
    ("no penalty", lambda m: []),
    ("weights, p = 1, decay", lambda m: [optim.L1(0.3, decay=True)]),
    ("weights, p = 1", lambda m: [optim.L1(0.005)]),
    ("weights, p = 2", lambda m: [optim.L2(0.02)]),
    ("weights, p = 4", lambda m: [optim.Lp(4, 0.2)]),
    ("activations, p = 1", lambda m: [optim.L1(0.02, activations=[m[3], m[6]])]),
    ("activations, p = 2", lambda m: [optim.L2(0.02, activations=[m[3], m[6]])]),
):
    ag.manual_seed(0)
    models[name] = network()
    fitted(models[name], few, penalise(models[name]))
    w = models[name][2].weight.detach()
    with ag.no_grad():
        active = (models[name][:7](test[0]) > 0).float().mean().item()
    loss = optim.evaluate(models[name], test, loss=F.cross_entropy)["loss"]
    zero, largest = (w == 0).float().mean().item(), w.abs().max().item()
    print(
        f"{name:22} test loss {loss:.2f}   w = 0: {zero:4.0%}   max |w| {largest:.2f}   active {active:.0%}"
    )

# %% tags=["B32"]
kinds = ("no penalty", "weights, p = 2", "weights, p = 1", "weights, p = 1, decay")
first = {name: models[name][2].weight.detach() for name in kinds}
show(
    plot.histograms(first, title="weights of the first layer"),
    "Wide without, narrow with L2, a peak at zero with L1.",
)
counts = {name: (w.abs() < 0.01).float().mean().item() for name, w in first.items()}
ratio = {name: (w[:, :2].abs().mean() / w[:, 2:].abs().mean()).item() for name, w in first.items()}
print(f"{'':22} |w| < 0.01   mean |w|: inputs that count / others")
for name in kinds:
    print(f"{name:22} {counts[name]:10.0%}   {ratio[name]:8.2f}")
if not reduced():
    assert counts["weights, p = 1"] > counts["weights, p = 2"] > counts["no penalty"]
    assert ratio["weights, p = 1"] > 1.2 * ratio["no penalty"]  # it prefers the inputs that count

# %% [markdown] tags=["D36"]
# ## Capacity and margin
#
# Why do small weights help? They are *capacity control*: with small weights a network cannot bend sharply. A support vector machine does the same: its error
# $\sum_n \max(0, 1 - t_n z_n)$ plus $\frac{\lambda}{2} \lVert \mathbf w \rVert^2$ **is** weight decay, and as the margin is $1 / \lVert \mathbf w \rVert$, small weights mean a wide margin. Does weight decay find it
# with the usual loss, too? With a large $\lambda$ many examples lie inside ($|z| < 1$), and all of them decide on the line. With a small one only the nearest decide, as in the support vector machine. (A negative gap: along $\mathbf w$ the classes
# overlap.)

# %% tags=["D36"]
rng = np.random.default_rng(5)
spread = [1.5, 0.35]
cloud = np.vstack([rng.normal(c, spread, (20, 2)) for c in ([-0.8, -1], [0.8, 1])])
sign = np.repeat([-1.0, 1.0], 20)


def margin(w):
    """Half the gap between the classes, along w."""
    along = cloud @ w / np.linalg.norm(w)
    return (along[sign > 0].min() - along[sign < 0].max()) / 2


angles = np.linspace(0, 2 * np.pi, 3600)
widest = max(margin(np.array([np.cos(a), np.sin(a)])) for a in angles)
margins = []
for strength in (1.0, 1e-2, 1e-4):
    unit = nn.Linear(2, 1, dtype=np.float64)
    lbfgs = optim.LBFGS(unit.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure():
        lbfgs.zero_grad()
        z = unit(ag.tensor(cloud))[:, 0] * ag.tensor(sign)
        loss = F.softplus(-z).mean() + strength / 2 * (unit.weight**2).sum()
        loss.backward()
        return loss

    lbfgs.step(closure)
    w = unit.weight.detach().numpy()[0]
    margins.append(margin(w))
    within = int((np.abs(cloud @ w + unit.bias.item()) < 1).sum())
    print(
        f"λ = {strength:<7g} ‖w‖ = {np.linalg.norm(w):5.2f}   inside: {within:2} of 40", end="   "
    )
    print(f"half the gap: {margins[-1]:6.3f}")
print(f"the widest half gap there is: {widest:.3f}")
assert max(margins) <= widest + 1e-6 and margins[-1] > 0.9 * widest

# %% [markdown] tags=["B33", "E37", "E38"]
# ## Dropout
#
# In each pass drop each unit with a rate, by custom 0.5 in hidden layers and little (0.2) at the inputs. Next time it is back with its weights, and others are away: each pass trains *another network*, and all share their
# weights. No unit can rely on a certain other (no *co-adaptation*). At prediction all units are there, the mean of a **committee**. Then sums would be too large: the original **scales the weights down** by the share that is
# kept, in the prediction phase. Libraries use the **inverted** form: scale *up* in training, and leave prediction alone. With a pencil: $\frac12 (0.5 - 2 + 3 + 2) = 1.75$ is the mean of all $2^4 = 16$ networks below. Then half of the units are taken away from two trained networks: which has relied on them?
#
# And if dropout is left on in prediction? Ask 200 times, and the answers spread where the network does not know: an **interval of confidence** (second cell).

# %% tags=["B33", "E37"]
ag.manual_seed(0)
h, v, rate = ag.tensor([1.0, 2.0, 3.0, 4.0]), ag.tensor([0.5, -1.0, 1.0, 0.5]), 0.5
for _ in range(3):
    print("a pass:", F.dropout(h, rate).tolist())
masks = ag.tensor([[n >> k & 1 for k in range(4)] for n in range(16)]).float()  # all 16 networks
committee = (masks * h @ v).mean().item()
assert committee == ((1 - rate) * v @ h).item() == 1.75  # prediction with weights scaled down
inverted = (masks * h / (1 - rate) @ v).mean().item()
assert inverted == (v @ h).item() == nn.Dropout(rate).eval()(h).dot(v).item() == 3.5
print(f"mean of 16 networks {committee}, one with halved weights {(1 - rate) * (v @ h).item()}")

rise = {}
for name, options in (("plain", {}), ("dropout", {"drop_input": 0.2, "drop": 0.5})):
    ag.manual_seed(0)
    model, losses = network(**options), []
    fitted(model, few)
    model.eval()
    for _ in range(10):  # take half of the first hidden units away
        with ag.no_grad():
            z = model[4:](F.dropout(model[:4](few[0]), 0.5))
            losses.append(F.cross_entropy(z, few[1]).item())
    whole, half = optim.evaluate(model, few, loss=F.cross_entropy)["loss"], np.mean(losses)
    rise[name] = half - whole
    print(f"trained {name}: its 80 examples' loss {whole:.4f}; with half of its units {half:.4f}")
if not reduced():
    assert rise["plain"] > 2 * rise["dropout"]

# %% tags=["E38"]
ag.manual_seed(0)
inside = ag.linspace(-3, 1, 60).reshape(60, 1)
values = ag.sin(inside) + 0.1 * ag.randn(60, 1)
model = nn.MLP([1, 100, 100, 1], "relu", dropout=0.1)
adam = optim.Adam(model.parameters(), lr=0.005)
optim.fit(
    model, (inside, values), loss=F.mse_loss, optimizer=adam, epochs=size(300, 60), batch_size=30,
    progress=False,
)  # fmt: skip
wide = ag.linspace(-4, 5, 150).reshape(150, 1)
spread = optim.mc_dropout(model, wide, samples=200)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.fill_between(
    wide[:, 0], spread.lower[:, 0], spread.upper[:, 0], color="#b9cfe6", label="95 % of 200 passes"
)
ax.plot(wide[:, 0], spread.mean[:, 0], color=BLUE, label="mean")
ax.plot(wide[:, 0], ag.sin(wide[:, 0]), color=GREY, linestyle="--", label="sine")
ax.scatter(inside[:, 0], values[:, 0], s=10, color=ORANGE, zorder=3, label="examples")
ax.set(xlabel="x", ylim=(-2, 4))
ax.legend(frameon=False, ncol=2, fontsize=8)
show(
    fig,
    "The band is narrow where there are examples, and widens to the right, where there are none.",
)
known, unknown = (
    spread.std[(wide < 1) & (wide > -3)].mean().item(),
    spread.std[wide > 3].mean().item(),
)
print(f"spread among the examples {known:.2f}, far from them {unknown:.2f}")
assert unknown > 1.5 * known

# %% [markdown] tags=["D38", "E39"]
# ## Noise, and dropped connections
#
# Noise on the *inputs* makes of each example a cloud. For a linear unit that **is** weight decay: $\langle (w(x + \varepsilon) - t)^2 \rangle = (wx - t)^2 + \sigma^2 w^2$. Noise on the *weights* (`optim.WeightNoise`) asks for a flat minimum. And **DropConnect** drops single connections in place of
# units:

# %% tags=["D38", "E39"]
eps = np.random.default_rng(0).normal(0, 0.5, 400_000)
w, one, t = 1.5, 2.0, 2.0
noisy, by_hand = ((w * (one + eps) - t) ** 2).mean(), (w * one - t) ** 2 + 0.5**2 * w**2
print(f"with noise {noisy:.3f}; error plus penalty {by_hand:.4f}")
assert np.isclose(noisy, by_hand, rtol=0.01)
ag.manual_seed(0)
layer = nn.DropConnect(4, 3, p=0.5, bias=False)
passes = ag.stack([layer(ag.eye(4)).T for _ in range(2000)]).detach()
print("connections in one pass:", (passes[0] != 0).int().tolist())
assert ag.allclose(passes.mean(0), layer.weight, atol=0.06)

# %% [markdown] tags=["B28"]
# ## All on the same data
#
# Six ways and their kin, four samples each, and the same 2,000 test examples. Compare two columns: the test loss says whether a network is too *sure* of what is
# wrong, the last one how often it is right. They need not agree, and which remedy helps depends on the data; so try, on validation data.

# %% tags=["B28"]
ways = {
    "nothing": {},
    "more data (600)": {"examples": size(600, 200)},
    "less capacity (3 units)": {"hidden": 3},
    "early stopping": {"callbacks": lambda: [optim.EarlyStopping(10)], "validation": 0.25},
    "weight decay, L2": {"callbacks": lambda: [optim.L2(0.02)]},
    "weight decay, L1": {"callbacks": lambda: [optim.L1(0.005)]},
    "dropout (0.2, 0.5)": {"drop_input": 0.2, "drop": 0.5},
    "noise on inputs": {"noise": 0.3},
    "noise on weights": {"callbacks": lambda: [optim.WeightNoise(0.2)]},
    "DropConnect": {"first": lambda a, b: nn.DropConnect(a, b, p=0.5)},
    "MaxNorm": {"callbacks": lambda: [optim.MaxNorm(0.7)]},
}
table = {}
print(f"{'':25} loss: training   test   test right")
for name, way in ways.items():
    options, rows = dict(way), []
    examples, validation = options.pop("examples", 80), options.pop("validation", None)
    callbacks = options.pop("callbacks", list)
    for seed in range(size(4, 1)):
        ag.manual_seed(seed)
        model, sample = network(**options), useless_inputs(examples, seed)
        fitted(model, sample, callbacks(), validation)
        on = [optim.evaluate(model, d, loss=F.cross_entropy) for d in (sample, test)]
        rows.append((on[0]["loss"], on[1]["loss"], on[1]["accuracy"]))
    table[name] = np.mean(rows, 0)
    train_loss, test_loss, accuracy = table[name]
    print(f"{name:25} {train_loss:14.2f}  {test_loss:5.2f}   {accuracy:10.1%}")
if not reduced():
    assert all(table[name][1] < table["nothing"][1] for name in table if name != "nothing")
    assert table["weight decay, L2"][2] > table["nothing"][2]

# %% [markdown] tags=["E33", "D37", "D35", "E32"]
# ## Early stopping
#
# A training that has begun with small weights grows in complexity with each epoch. So stop it: keep the weights of the best epoch on validation data, wait some epochs for a better one (**patience**), and *return* to the best. Look at the norm of the weights and the share of
# saturated units ($|h| > 0.9$) meanwhile.
#
# Then the criteria of lesson 8, of which all but the last look at the training data alone. What do they give on *new* data?


# %% tags=["E33", "D37"]
class Complexity(optim.Callback):
    """Records the norm of the weights and the share of saturated units after each epoch."""

    def __init__(self):
        self.rows = []

    def on_epoch_end(self, run):
        with ag.no_grad():
            h = run.model[:2](few[0])
            norm = sum((p**2).sum() for p in run.model.parameters()).sqrt().item()
            self.rows.append((norm, (h.abs() > 0.9).float().mean().item()))


held_out, complexity = useless_inputs(200, 50), Complexity()
ag.manual_seed(0)
model = nn.MLP([10, 60, 2], "tanh")
history = fitted(model, few, [complexity], held_out, epochs=size(150, 60))
losses = np.array(history["validation_loss"])
ag.manual_seed(0)
model = nn.MLP([10, 60, 2], "tanh")
stopped = fitted(model, few, [optim.EarlyStopping(patience=15)], held_out, epochs=size(150, 60))
best = int(np.argmin(stopped["validation_loss"]))
fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.1), layout="constrained")
left.plot(history["train_loss"], color=BLUE, label="training")
left.plot(losses, color=ORANGE, label="validation")
left.axvline(best, color=GREY, linestyle=":", label="best epoch")
left.axvline(len(stopped) - 1, color="black", linestyle=":", label="stopped")
left.set(xlabel="epoch", ylabel="cross-entropy")
left.legend(frameon=False, fontsize=8)
right.plot([norm for norm, _ in complexity.rows], color=BLUE)
right.set(xlabel="epoch")
right.set_ylabel("norm of the weights", color=BLUE)
twin = right.twinx()
twin.plot([100 * share for _, share in complexity.rows], color=ORANGE, linestyle="--")
twin.set_ylabel("saturated units in %", color=ORANGE)
show(fig, "Validation loss falls, then rises; the weights' norm and the saturated units only grow.")
back = optim.evaluate(model, held_out, loss=F.cross_entropy)["loss"]
print(f"best epoch {best + 1}, stopped after {len(stopped)}; validation loss now {back:.4f}")
assert np.isclose(back, min(stopped["validation_loss"]), rtol=1e-4)  # it returned to the best
assert complexity.rows[-1][0] > complexity.rows[0][0] and losses[-1] > losses.min()

# %% tags=["D35", "E32"]
of_criterion = {}
for name, options in {
    "epochs": {"epochs": 100},
    "error bound": {"reaches": 0.01},
    "relative improvement": {"improvement": 0.02, "patience": 3},
    "rate of change": {"change": 0.001, "patience": 3},
    "weight change": {"weight_change": 0.01},
    "gradient norm": {"gradient_norm": 0.01},
    "error and gradient, both": {"reaches": 0.05, "gradient_norm": 0.05, "all": True},
    "validation peak": {"peak": 10},
}.items():
    ag.manual_seed(0)
    model = nn.MLP([10, 60, 2], "tanh")
    history = fitted(model, few, [optim.StopWhen(**options)], held_out, epochs=size(200, 40))
    loss = optim.evaluate(model, test, loss=F.cross_entropy)["loss"]
    of_criterion[name] = loss
    print(f"{name:25} {len(history):3} epochs   test loss {loss:.2f}")
if not reduced():
    assert of_criterion["validation peak"] < 0.8 * of_criterion["epochs"]

# %% [markdown] tags=["D30", "E34"]
# ## How many units?
#
# Too few underfit, too many overfit, and layers add to it. **Cross-validation** compares without giving data away: five parts, each once for validation, the mean of five errors. `optim.grid_search` does that for each
# point of a grid; `optim.cross_validate` for one:


# %% tags=["D30", "E34"]
def make(hidden, layers=1):
    model = nn.MLP([10, *[hidden] * layers, 2], "tanh")
    return model, optim.Adam(model.parameters(), lr=0.01)


grid = {"hidden": size([1, 2, 4, 8, 32, 128], [1, 8]), "layers": [1, 3]}
search = optim.grid_search(
    make, grid, useless_inputs(160, 7), loss=F.cross_entropy, k=5, epochs=size(60, 5), batch_size=32,
    generator=ag.Generator(0),
)  # fmt: skip
fig, ax = plt.subplots(figsize=(6.2, 3.1), layout="constrained")
for layers, colour in ((1, BLUE), (3, ORANGE)):
    chosen = [i for i, point in enumerate(search.points) if point["layers"] == layers]
    held = [search.results[i] for i in chosen]
    training = [np.mean([h["train_loss"][-1] for h in r.histories]) for r in held]
    of = [search.points[i]["hidden"] for i in chosen]
    ax.plot(of, training, "--", color=colour, label=f"hidden layers: {layers}, training")
    ax.errorbar(of, [r.mean("loss") for r in held], [r.std("loss") / 5**0.5 for r in held],
                color=colour, marker="o", label=f"hidden layers: {layers}, held out")  # fmt: skip
ax.set(xscale="log", xlabel="hidden units a layer", ylabel="cross-entropy")
ax.legend(frameon=False, fontsize=8)
show(fig, "Training loss falls with the units; the loss on the parts held out rises again.")
print("best:", search.best)
if not reduced():
    assert min(search.scores) < 0.6 * search.scores[-1]  # 128 units in 3 layers are too many

# %% [markdown] tags=["D41", "D40"]
# **Pruning** begins with too large a network and deletes weights. Which? Not the *smallest*: give an input in millimetres in place of metres, and its weights are a thousand times
# smaller, yet as important. What counts is how much the loss rises: by the second derivatives, $s_k = \frac12 h_{kk} w_k^2$
# (**optimal brain damage**), or by the whole Hessian, changing the other weights to make up for it (**optimal brain surgeon**).
#
# **Growing** begins with no hidden unit. *Cascade correlation* trains the outputs; then a pool of candidates, each to follow the *error that is left*. The best one joins, with
# frozen weights, and sees all units before it. Its task in the second cell is the parity of four bits.


# %% tags=["D41"]
def by_size(model, data, loss, count):
    """Delete the weights that are smallest."""
    flat = ag.cat([p.detach().reshape(-1).abs() for p in model.parameters()])
    bound = flat.sort()[0][count - 1]
    with ag.no_grad():
        for p in model.parameters():
            p.copy_(p * (p.abs() > bound))


counts = (1, 30, 60, 90)
curves, scale = {}, ag.tensor([10.0, 10.0] + [1.0] * 8)
rescaled = few[0] * scale, few[1]
ways_to_prune = {
    "smallest": by_size,
    "brain damage": optim.optimal_brain_damage,
    "brain surgeon": optim.optimal_brain_surgeon,
}
for name, prune in ways_to_prune.items():
    curves[name] = []
    for count in counts:
        ag.manual_seed(0)
        model = nn.MLP([10, 12, 2], "tanh")
        fitted(model, few, [optim.L2(0.003)], epochs=size(150, 20))
        with ag.no_grad():  # the same network, for inputs ten times as large
            model[0].weight.copy_(model[0].weight / scale)
        prune(model, rescaled, F.cross_entropy, count)
        curves[name].append(optim.evaluate(model, rescaled, loss=F.cross_entropy)["loss"])
print(f"{'deleted of 158':15}", *(f"{count:6}" for count in counts))
for name, losses in curves.items():
    print(f"{name:15}", *(f"{loss:6.3f}" for loss in losses))
if not reduced():
    assert curves["brain surgeon"][2] < curves["brain damage"][2] < curves["smallest"][2]

# %% tags=["D40"]
bits, parity = datasets.parity(4).tensors
grown = CascadeCorrelation(4)
result = grown.fit(bits, parity, generator=ag.Generator(0))
print(result)
print("squared error with 0, 1, 2, … units:", [round(e, 2) for e in result.errors])
assert result.solved and (grown.predict(bits) == parity).all()

# %% [markdown] tags=["A30"]
# ## What is left to try
#
# **Hyper-parameters** are what gradients do not set: the number of layers and of units, the activation, the initial weights, loss, optimiser, learning rate and its schedule, momentum, batch size, epochs, penalty, dropout rate. There is no formula; they are found by trial. Draw them *at random*
# (on logarithmic scales), and compare on validation data:

# %% tags=["A30"]
draw, trials = np.random.default_rng(0), []
for _ in range(size(12, 3)):
    point = {
        "lr": 10 ** draw.uniform(-3, -1), "units": int(2 ** draw.uniform(1, 7)),
        "L2": 10 ** draw.uniform(-4, -1), "dropout": draw.uniform(0, 0.6),
    }  # fmt: skip
    ag.manual_seed(0)
    model = nn.MLP([10, point["units"], 2], "relu", dropout=point["dropout"])
    adam = optim.Adam(model.parameters(), lr=point["lr"])
    history = optim.fit(
        model, few, held_out, loss=F.cross_entropy, optimizer=adam, epochs=size(40, 5), batch_size=40,
        callbacks=[optim.L2(point["L2"])], keep_best=False, progress=False,
    )  # fmt: skip
    trials.append((history["validation_loss"][-1], point))
trials.sort(key=lambda trial: trial[0])
for loss, point in trials[:3] + trials[-2:]:
    print(f"validation {loss:.2f} ", {key: round(value, 4) for key, value in point.items()})
assert trials[0][0] < trials[-1][0]

# %% [markdown] tags=["E28"]
# ## Character of a network
#
# Deck E lists six traits: a network is a universal approximator, may overfit, may end in a local minimum (XOR with two hidden units), is slow to build and fast to test, bears redundant inputs, and suffers from
# noise and missing values. Each has its lines in this table of the share that is right among new examples:


# %% tags=["E28"]
def score(train_data, test_data, hidden=32, seed=0, epochs=None):
    ag.manual_seed(seed)
    model = nn.MLP([train_data[0].shape[1], hidden, 2], "tanh")
    fitted(model, train_data, epochs=epochs)
    result = optim.evaluate(model, test_data, loss=F.cross_entropy)
    return result["accuracy"], model


def plain_moons(n, seed, noise=0.1):
    return datasets.moons(n, noise=noise, generator=ag.Generator(seed)).tensors


train_set, new_set = plain_moons(200, 0), plain_moons(1000, 1)
begin = time.perf_counter()
base, model = score(train_set, new_set)
build = time.perf_counter() - begin
begin = time.perf_counter()
optim.predict(model, new_set[0])
answer_time = time.perf_counter() - begin
double = [(ag.cat([x, x, x], 1), y) for x, y in (train_set, new_set)]
gone = ag.rand(200, 2, generator=ag.Generator(2)) > 0.4
wrong = ag.tensor(np.random.default_rng(3).random(200) < 0.3)
flipped = ag.where(wrong, 1 - train_set[1], train_set[1])
xor_x, xor_y = (part.repeat(20, *[1] * (part.ndim - 1)) for part in datasets.xor().tensors)
ends = [score((xor_x, xor_y), (xor_x, xor_y), hidden=2, seed=s)[0] for s in range(6)]
ten = plain_moons(10, 4, 0.4)
scarce = score(ten, plain_moons(1000, 5, 0.4), epochs=size(500, 20))
rows = {
    "universal: two moons": base,
    "may overfit: 10 noisy examples": scarce[0],
    "  and of the 10 themselves": (scarce[1](ten[0]).argmax(1) == ten[1]).float().mean().item(),
    "local minima: XOR, worst of 6 starts": min(ends),
    "  and the best of 6": max(ends),
    "redundant inputs, each three times": score(*double)[0],
    "noise: 30 % of the labels wrong": score((train_set[0], flipped), new_set)[0],
    "missing values: 40 % are 0": score((train_set[0] * gone, train_set[1]), new_set)[0],
}
for name, accuracy in rows.items():
    print(f"{name:38} {accuracy:.1%}")
print(f"to build it took {build / answer_time:.0f} times as long as to test it on 1000 examples")
if not reduced():
    assert scarce[0] < 0.9
    assert base > 0.95 and rows["redundant inputs, each three times"] > 0.95 and build > answer_time
    assert (
        rows["noise: 30 % of the labels wrong"] < base and rows["missing values: 40 % are 0"] < base
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("9.1")` helps, `solution("9.1")` shows a way.
#
# **9.1** $w = 2$, $\partial E / \partial w = 0.5$, $\eta = 0.1$, and the penalty is $\frac{\lambda}{2} w^2$ with $\lambda = 0.3$. What is $w$ after one step?

# %%
answer = ...
check.decayed_weight(answer)

# %% [markdown]
# **9.2** A step of L1 must not carry a weight across 0. Write `soft(w, alpha)`: each weight of the array shrinks by α, but stops at 0.


# %%
def soft(w, alpha):
    return ...


check.soft(soft)

# %% [markdown]
# **9.3** Deck E's table has $R = \lVert \mathbf w \rVert_1^2$. What is *its* gradient at $\mathbf w = (3, -4)$? (Then compare with what L1 should do: here each weight's pull depends on all the others.)

# %%
answer = (..., ...)
check.squared_norm(answer)

# %% [markdown]
# **9.4** A unit's value is 3, and inverted dropout has the rate 0.2. What is the value in a training pass that keeps it?

# %%
answer = ...
check.kept_value(answer)

# %% [markdown]
# **9.5** Validation losses: 0.9, 0.7, 0.6, 0.65, 0.58, 0.61, 0.6, 0.59, 0.5. The patience is 3. Give (best epoch, last epoch trained), counted from 1.

# %%
answer = (..., ...)
check.patience_of_three(answer)
