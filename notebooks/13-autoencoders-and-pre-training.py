# %% [markdown]
# # 13. Autoencoders and pre-training
#
# **You will be able to** train a network without labels; clean noisy images; let a Boltzmann machine dream digits; and start a deep
# network that does not learn from a random start, layer by layer.
#
# **Needs** lessons 6, 7 and 9. **Takes** 60 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot
from nn.data import datasets
from nn.models import RBM, Autoencoder
from notebooks.course import check, frames, hint, reduced, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["E3", "D52"]
# ## Raw attributes and concepts
#
# A table of people has raw attributes: age, income, postcode. Nobody decides by these; one thinks in concepts, such as *young family in a
# town*, which several attributes form together. Pixels and digits are the same on a larger scale. To find such a
# **representation** from the data, without being told, is what this lesson is about. A good one makes patterns visible, and keeps what varies
# independently apart (*disentangled*).
#
# ## Through the bottleneck
#
# An **autoencoder** learns to give its own input back, $\mathbf x \to \mathbf h \to \hat{\mathbf x}$, through *fewer* units than the input
# has. It cannot copy; it must find a code. Eight one-hot patterns through three units: how would you do it? (With three bits there are
# eight numbers.)

# %% tags=["D26"]
ag.manual_seed(1)
eight = ag.eye(8)
tiny = Autoencoder([8, 3], output_activation="sigmoid", error="cross_entropy")
adam = optim.Adam(tiny.parameters(), lr=0.05)
for _ in range(size(1500, 1000)):
    adam.zero_grad()
    tiny.loss(tiny(eight), eight).backward()
    adam.step()
codes = tiny.encode(eight).detach().numpy()
for pattern, code in zip(eight.long().tolist(), codes):
    print(*pattern, " ->", code.round(2))
apart = np.linalg.norm(codes[:, None] - codes[None], axis=2) + 9 * np.eye(8)
print(f"the nearest two codes are {apart.min():.2f} apart")
assert apart.min() > 0.2
assert (tiny(eight).argmax(1) == ag.arange(8)).all()

# %% [markdown]
# Nobody told it, and it found eight places in a cube that are well apart: something like the binary numbers. Now images: 784 pixels through 32 units.

# %% tags=["D26"]
images, labels = datasets.mnist_sample().tensors
x = images.reshape(len(images), 784)[: size(10_000, 1000)]
test_images, test_labels = datasets.mnist_sample(train=False).tensors
test_x = test_images.reshape(len(test_images), 784)


def trained(model, epochs, rate=2e-3):
    """An autoencoder trained to give what it gets."""
    adam = optim.Adam(model.parameters(), lr=rate)
    optim.fit(
        model, (x, x), loss=model.loss, optimizer=adam, epochs=epochs, batch_size=64, progress=False
    )
    return model.eval()


ag.manual_seed(0)
plain = trained(
    Autoencoder(
        [784, 128, 32],
        "relu",
        code_activation="linear",
        output_activation="sigmoid",
        error="cross_entropy",
    ),
    size(6, 1),
)
with ag.no_grad():
    error = ((plain(test_x) - test_x) ** 2).mean().item()
    mean_error = ((x.mean(0) - test_x) ** 2).mean().item()
    pairs = [
        image for row in (test_x[:10], plain(test_x[:10])) for image in row.reshape(10, 28, 28)
    ]
show(
    plot.images(pairs, columns=10, size=0.8),
    "Ten digits above, and below them what comes back through 32 units.",
)
print(f"squared error a pixel: {error:.4f}; if it always gave the mean image: {mean_error:.4f}")
if not reduced():
    assert error < 0.6 * mean_error

# %% [markdown] tags=["D27"]
# ## Noise in, clean out
#
# A **denoising** autoencoder sees a spoilt image and must give the *clean* one. Now it cannot copy even if the code is large: it has to know what digits look
# like.

# %% tags=["D27"]
ag.manual_seed(0)
cleaner = trained(
    Autoencoder(
        [784, 256],
        "sigmoid",
        output_activation="sigmoid",
        error="cross_entropy",
        noise="masking",
        noise_level=0.5,
    ),
    size(6, 1),
)
hidden = (ag.rand(10, 784) < 0.5).float()
spoilt = test_x[10:20] * hidden
with ag.no_grad():
    clean = cleaner(spoilt)
rows = [image for row in (test_x[10:20], spoilt, clean) for image in row.reshape(10, 28, 28)]
show(
    plot.images(rows, columns=10, size=0.8),
    "Ten digits, the same with half of the pixels gone, and what the network makes of them.",
)
before, after = (((a - test_x[10:20]) ** 2).mean().item() for a in (spoilt, clean))
print(f"squared error a pixel: spoilt {before:.4f}, cleaned {after:.4f}")
if not reduced():
    assert after < 0.5 * before

# %% [markdown] tags=["D52", "D53"]
# What have its hidden units learnt? The weights of each are an image: what it looks for. They are strokes and spots. And a unit is not needed for every digit. *Sparse* codes, in
# which few units are active, are easier to read; ReLU units give them for nothing, as they are exactly 0 half of the time or more, and dropout makes
# it more.

# %% tags=["D52", "D53"]
filters = cleaner.state_dict()
name = next(k for k, v in filters.items() if v.ndim == 2 and v.shape[1] == 784)
units = filters[name].reshape(-1, 28, 28)[:24]
show(
    plot.images(units, columns=12, size=0.7, signed=True),
    "The weights of 24 hidden units as images: strokes and spots.",
)

shares = {}
for kind, drop in (("sigmoid", 0.0), ("relu", 0.0), ("relu", 0.5)):
    ag.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(784, 256),
        nn.ReLU() if kind == "relu" else nn.Sigmoid(),
        nn.Dropout(drop),
        nn.Linear(256, 10),
    )
    adam = optim.Adam(model.parameters(), lr=2e-3)
    optim.fit(
        model,
        (x, labels[: len(x)]),
        loss=F.cross_entropy,
        optimizer=adam,
        epochs=size(4, 1),
        progress=False,
    )
    with ag.no_grad():
        h = model[1](model[0](test_x))
    shares[f"{kind}, dropout {drop}"] = float((h > 0.05 * h.max()).float().mean())
for name, share in shares.items():
    print(f"{name:20} active: {share:.0%} of units and images")
assert shares["relu, dropout 0.0"] < 0.7 * shares["sigmoid, dropout 0.0"]

# %% [markdown] tags=["D49"]
# ## A machine that dreams
#
# The **restricted Boltzmann machine** (RBM) has visible units $\mathbf v$ and hidden units $\mathbf h$, each 0 or 1, and one energy:
#
# $$E(\mathbf v, \mathbf h) = -\mathbf h^\top W \mathbf v - \mathbf a^\top \mathbf v - \mathbf c^\top \mathbf h, \qquad
# P(\mathbf v, \mathbf h) = \frac{e^{-E}}{Z}, \qquad P(h_j = 1 \mid \mathbf v) = \sigma\big((W \mathbf v + \mathbf c)_j\big) .$$
#
# What has little energy is likely. To learn, make the data likelier and what the machine *dreams* less likely. One step of the dream is enough
# (contrastive divergence): draw $\mathbf h$ for the data, from it $\mathbf v'$, and then $\mathbf h'$;
#
# $$\Delta W = \eta\, \big(\mathbf h\, \mathbf v^\top - \mathbf h' \mathbf v'^\top\big) .$$
#
# By hand, on four patterns of four bits, and then the library's on digits:

# %% tags=["D49"]
rng = np.random.default_rng(0)
patterns = np.array([[1, 1, 0, 0], [0, 0, 1, 1]], float)
W, a, c = 0.1 * rng.normal(size=(3, 4)), np.zeros(4), np.zeros(3)
sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
draw = lambda p: (rng.random(p.shape) < p).astype(float)  # noqa: E731
for _ in range(2000):
    v = patterns
    h = sigmoid(v @ W.T + c)
    dream = sigmoid(draw(h) @ W + a)
    h_dream = sigmoid(dream @ W.T + c)
    W += 0.1 * (h.T @ v - h_dream.T @ dream) / 2
    a += 0.1 * (v - dream).mean(0)
    c += 0.1 * (h - h_dream).mean(0)
all_bits = np.array([[n >> k & 1 for k in range(4)] for n in range(16)], float)
minus_energy = all_bits @ a + np.log1p(np.exp(all_bits @ W.T + c)).sum(1)  # summed over h
p = np.exp(minus_energy) / np.exp(minus_energy).sum()
best = all_bits[np.argsort(p)[-2:]].astype(int).tolist()
print("the two likeliest of sixteen patterns:", best, f"together {np.sort(p)[-2:].sum():.0%}")
assert sorted(best) == [[0, 0, 1, 1], [1, 1, 0, 0]]

# %% tags=["D49"]
ag.manual_seed(0)
machine = RBM(784, 128)
machine.fit(x, epochs=size(8, 1), batch_size=50, lr=0.05)
with ag.no_grad():
    state, rows = test_x[:10], [test_x[:10]]
    for _ in range(3):
        h = (machine(state) > ag.rand(10, 128)).float()
        state = F.sigmoid(h @ machine.weight + machine.visible_bias)
        rows.append(state)
shown = [image for row in rows for image in row.reshape(10, 28, 28)]
show(
    plot.images(shown, columns=10, size=0.8),
    "Ten digits, and three steps of the Boltzmann machine's dream from each.",
)
noise = ag.rand(200, 784)
real, random = (
    machine.free_energy(test_x[:200]).mean().item(),
    machine.free_energy(noise).mean().item(),
)
print(f"free energy: digits {real:.0f}, noise {random:.0f}")
assert real < random

# %% [markdown] tags=["D48", "D50"]
# ## Layer by layer
#
# In 2006 deep networks of sigmoid units could not be trained from a random start (lesson 7 shows why). The trick that opened the door
# trains them one layer at a time, *without labels*:

# %% tags=["D48"]
SIZES, STAGES = (
    ["784", "200", "100", "50", "10"],
    [
        "1. the data, and a network that cannot be trained as a whole",
        "2. take the first layer, with a decoder behind it",
        "3. train it to give its input back; drop the decoder",
        "4. its outputs are the inputs of the next layer, with a decoder of its own",
        "5. train that, and the next one",
        "6. put an output layer for the classes on top",
        "7. fine-tuning: now all layers are trained together, with labels",
    ],
)


def stage(k):
    """The network in stage k: trained layers blue, the one in training orange, with its decoder."""
    trained = {1: 0, 2: 0, 3: 1, 4: 1, 5: 3, 6: 3, 7: 4}[k]
    now = {2: 1, 4: 2}.get(k)
    fig, ax = plt.subplots(figsize=(6.4, 2.3), layout="constrained")
    for i, units in enumerate(SIZES):
        there = i <= (3 if k < 6 else 4)
        face = "#dbe8f4" if i and i <= trained else "#fbe6d3" if i == now else "#eeeeee"
        face = "#fbe6d3" if k == 7 and i else face
        ax.text(
            i,
            0,
            units,
            ha="center",
            va="center",
            alpha=1 if there else 0.2,
            bbox={"boxstyle": "round,pad=0.6", "facecolor": face, "alpha": 1 if there else 0.2},
        )
        if i:
            ax.annotate(
                "",
                (i - 0.2, 0),
                (i - 0.8, 0),
                arrowprops={"arrowstyle": "->", "alpha": 1 if there else 0.2},
            )
    if now:
        ax.text(
            now,
            1,
            SIZES[now - 1],
            ha="center",
            va="center",
            bbox={"boxstyle": "round,pad=0.6", "facecolor": "white", "edgecolor": ORANGE},
        )
        ax.annotate("", (now, 0.75), (now, 0.25), arrowprops={"arrowstyle": "->", "color": ORANGE})
        ax.text(now + 0.35, 1, "decoder", va="center", color=ORANGE)
    ax.set(xlim=(-0.5, 4.6), ylim=(-0.5, 1.4))
    ax.axis("off")
    return fig


frames(
    [stage(k) for k in range(1, 8)],
    STAGES,
    alt="Pre-training in seven pictures: one layer after the other, then all together.",
    seconds=1.5,
)

# %% [markdown] tags=["D50", "D51"]
# `optim.pretrain` does it: with autoencoders, with Boltzmann machines, or *supervised* (each new layer gets an output layer of its own, which is then dropped). Then all are fine-tuned on 2,000 labelled
# images only:

# %% tags=["D50"]
few_x, few_y = x[:2000], labels[: min(2000, len(x))]
curves = {}
for method in (None, "autoencoder", "rbm", "supervised"):
    ag.manual_seed(0)
    deep = nn.MLP([784, 200, 100, 100, 50, 10], "sigmoid")
    if method == "supervised":
        optim.pretrain(
            deep,
            x,
            labels[: len(x)],
            method=method,
            loss=F.cross_entropy,
            epochs=size(3, 1),
            progress=False,
        )
    elif method:
        optim.pretrain(deep, x, method=method, epochs=size(3, 1), progress=False)
    sgd = optim.SGD(deep.parameters(), lr=0.1, momentum=0.9)
    history = optim.fit(
        deep, (few_x, few_y), (test_x, test_labels), loss=F.cross_entropy, optimizer=sgd,
        epochs=size(10, 1), batch_size=50, progress=False,
    )  # fmt: skip
    curves[method or "random start"] = history["validation_accuracy"]
fig, ax = plt.subplots(figsize=(6.4, 3.3), layout="constrained")
for (name, accuracies), colour, dash in zip(
    curves.items(), (GREY, BLUE, ORANGE, "black"), ("-", "-", "-", ":")
):
    ax.plot(range(1, len(accuracies) + 1), accuracies, color=colour, linestyle=dash, label=name)
    print(f"{name:14} {accuracies[-1]:.1%}")
ax.set(xlabel="epoch of fine-tuning", ylabel="test accuracy", ylim=(0, 1))
ax.legend(frameon=False, loc="center right")
show(
    fig,
    "Fine-tuning: the random start stays at chance, three kinds of pre-training learn.",
)
if not reduced():
    assert curves["random start"][-1] < 0.3 and all(
        curves[m][-1] > 0.8 for m in ("autoencoder", "rbm", "supervised")
    )

# %% [markdown] tags=["D51"]
# From a random start it does not learn *anything* in this time. Was that the end of the story? No: the same network, purely supervised, learns well with ReLU, a good start and normalisation (lesson 7) and with
# regularisation against overfitting (lesson 9). Pre-training without labels came back where labels are few and data without end: the language models
# of lesson 12 are pre-trained by guessing the next word.
#
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("13.1")` helps, `solution("13.1")` shows a way.
#
# **13.1** An autoencoder 784-100-784 with *tied* weights (the decoder has the encoder's, transposed) and a bias for each hidden and each output unit: how many
# numbers are learnt?

# %%
answer = ...
check.tied_weights(answer)

# %% [markdown]
# **13.2** A linear autoencoder with $k$ hidden units, trained to the end, does what an older method does. Which? (a) k-means; (b) principal components; (c)
# nearest neighbours; (d) least squares on labels.

# %%
answer = ...
check.linear_autoencoder(answer)

# %% [markdown]
# **13.3** Write `free_energy(v, W, a, c)` of an RBM for one visible state: $-\mathbf a \cdot \mathbf v - \sum_j \ln\big(1 + e^{(W \mathbf v + \mathbf c)_j}\big)$.


# %%
def free_energy(v, W, a, c):
    return ...


check.free_energy(free_energy)

# %% [markdown]
# **13.4** Write `masked(x, share, rng)`: the input with about this share of its numbers set to 0, drawn by `rng.random(x.shape)`: those with a draw below
# `share` go.


# %%
def masked(x, share, rng):
    return ...


check.masked(masked)
