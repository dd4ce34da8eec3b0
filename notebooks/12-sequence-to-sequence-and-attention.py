# %% [markdown]
# # 12. Sequence to sequence and attention
#
# **You will be able to** compute attention with a pencil; say why one state is too small for a sentence; train a network that
# translates, and read in its attention where it looked; build a transformer's block from parts you know, and use one network for
# source and target alike.
#
# **Needs** lessons 11a and 11b. **Takes** 60 minutes.

# %%
import datetime
import math

import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from notebooks.course import check, hint, reduced, show, size, solution

# %% [markdown]
# ## A language that has a grammar
#
# People write dates in many ways, computers in one. We want a network that reads the first and writes the second, letter
# by letter. Nobody tells it what a month is.

# %%
MONTHS = (
    "january february march april may june july august september october november december".split()
)
SYMBOLS = " 0123456789abcdefghijklmnopqrstuvwxyz-,>."
CODE = {symbol: code for code, symbol in enumerate(SYMBOLS)}
START, PADDING, LENGTH = CODE["."], CODE[" "], 18


def pair(day, form):
    """A date as people write it, in one of three forms, and as computers do."""
    month = MONTHS[day.month - 1]
    written = (
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month[:3]} {day.year}",
    )
    return written[form], day.isoformat()


def dates(count, rng):
    """Sources (count, 18) and targets (count, 10), as codes."""
    first = datetime.date(1950, 1, 1)
    days = [first + datetime.timedelta(days=int(n)) for n in rng.integers(0, 36525, count)]
    pairs = [pair(day, form) for day, form in zip(days, rng.integers(0, 3, count))]
    sources = ag.tensor([[CODE[c] for c in source.ljust(LENGTH)] for source, _ in pairs])
    return sources, ag.tensor([[CODE[c] for c in target] for _, target in pairs])


def text(codes):
    return "".join(SYMBOLS[int(code)] for code in codes)


rng = np.random.default_rng(0)
sources, targets = dates(64 * size(800, 20), rng)
new_sources, new_targets = dates(500, rng)
for source, target in zip(sources[:4], targets[:4]):
    print(f"{text(source)} -> {text(target)}")

# %% [markdown]
# ## One state for everything
#
# The first networks that translated (2014) were two recurrent networks. The *encoder* reads the source and
# ends in one state, a vector. The *decoder* begins with that vector and writes; each symbol it wrote is its next input.
# While it is trained it gets the *right* symbol instead (*teacher forcing*): the target, one step later.
#
# The trouble is the vector. Whatever the source says, it must fit into its few numbers.


# %%
def train(model, steps, rate=8e-3):
    """Train on batches of 64 pairs; return the losses."""
    adam = optim.Adam(model.parameters(), lr=rate)
    schedule = optim.lr_scheduler.OneCycleLR(adam, rate, total_steps=steps)
    losses = []
    for step in range(steps):
        source, target = (part[64 * step : 64 * step + 64] for part in (sources, targets))
        before = ag.cat([ag.full((64, 1), START), target[:, :-1]], 1)  # the target, one step later
        loss = F.cross_entropy(model(source, before).flatten(0, 1), target.flatten())
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        schedule.step()
        losses.append(loss.item())
    return losses


def right(model):
    """The fraction of new dates that are written without a mistake, and the attention."""
    written, attention = model.generate(new_sources, 10)
    return (written == new_targets.numpy()).all(1).mean(), attention


ag.manual_seed(1)
blind = nn.Seq2Seq(
    len(SYMBOLS), len(SYMBOLS), 64, 24, attention=False, start=START, padding=PADDING
)
losses_blind = train(blind, size(400, 20))
share_blind, _ = right(blind)
written, _ = blind.generate(new_sources[:3], 10)
for source, codes in zip(new_sources[:3], written):
    print(f"{text(source)} -> {text(codes)}")
print(f"without a mistake: {share_blind:.1%} of {len(new_sources)} new dates")

# %% [markdown]
# What it writes looks like a date, but it is not the right one. Give it another 2000 steps, and it will get better; but there
# is a better way.
#
# ## Attention, with a pencil
#
# A translator does not read a sentence once, close the book and write. She *looks back*, at each word, at the place that
# matters now. So keep all states $\mathbf s_1 \dots \mathbf s_S$ of the encoder. For each symbol, the decoder's state
# $\mathbf q$ (the *query*) is compared with each of them (the *keys*); the softmax of the scores gives *weights*; and the
# weighted mean of the states (the *values*) is what it sees:
#
# $$e_i = \frac{\mathbf q \cdot \mathbf s_i}{\sqrt D}, \qquad
# \alpha_i = \frac{e^{e_i}}{\sum_j e^{e_j}}, \qquad \mathbf c = \sum_i \alpha_i\, \mathbf s_i .$$
#
# *Attention is a weighted combination of the others.* Take $\mathbf q = (2, 0)$ and the states $(2, 0)$, $(0, 2)$,
# $(\sqrt{2}, \sqrt{2})$:

# %% tags=["A49"]
q = np.array([2.0, 0.0])
states = np.array([[2.0, 0.0], [0.0, 2.0], [math.sqrt(2), math.sqrt(2)]])

scores = states @ q / math.sqrt(2)  # (3, D) @ (D,) -> (3,)
weights = np.exp(scores) / np.exp(scores).sum()
context = weights @ states  # (3,) @ (3, D) -> (D,)
print("scores ", scores.round(4))
print("weights", weights.round(4), " sum", weights.sum())
print("context", context.round(4))

queries, keys = ag.tensor(q[None, None]), ag.tensor(states[None])
ours = F.scaled_dot_product_attention(queries, keys, keys)[0, 0]
assert np.allclose(scores, [2 * math.sqrt(2), 0, 2]) and np.allclose(context, ours)

# %% [markdown]
# Nothing here is new: products, a softmax, a weighted sum. So gradients flow to everything, and *where to look* is
# learnt like any other weight. Why $\sqrt D$? The product of two random vectors of $D$ numbers has a spread of
# $\sqrt D$. Undivided, the softmax of long vectors would be nearly 1 at one place and 0 elsewhere, with hardly any gradient.

# %% tags=["A49"]
rng_d = np.random.default_rng(0)
for width in (4, 64, 1024):
    products = (rng_d.normal(size=(2000, width)) * rng_d.normal(size=(2000, width))).sum(1)
    print(
        f"D = {width:4}: spread {products.std():5.1f}, divided by the root {products.std() / width**0.5:.2f}"
    )

# %% [markdown]
# ## The same translator, looking back

# %%
ag.manual_seed(1)
looking = nn.Seq2Seq(len(SYMBOLS), len(SYMBOLS), 64, 24, start=START, padding=PADDING)
losses_looking = train(looking, size(400, 20))
share_looking, _ = right(looking)
print(f"without a mistake: {share_looking:.1%} of {len(new_sources)} new dates")
if not reduced():
    assert share_looking > 0.9 > share_blind + 0.3

fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
ax.semilogy(losses_blind, color="#6b6b6b", label="one state")
ax.semilogy(losses_looking, color="#2563a8", label="with attention")
ax.set(xlabel="step", ylabel="cross-entropy")
ax.legend(frameon=False)
show(fig, "Loss over 400 steps: with attention it falls a hundred times lower than with one state.")

# %% [markdown]
# Where does it look? Each row is a symbol that it writes, each column one that it has read; dark is much weight. Follow the
# month: it is at one place in the source, and in another in the target.

# %% tags=["A49"]
fig, axes = plt.subplots(1, 2, figsize=(9.4, 3.6), layout="constrained")
for ax, form in zip(axes, (0, 1)):
    source, target = pair(datetime.date(1997, 5, 28), form)
    codes = ag.tensor([[CODE[c] for c in source.ljust(LENGTH)]])
    written, look = looking.generate(codes, 10)
    ax.imshow(look[0, :, : len(source)], cmap="Blues", vmin=0, vmax=1)
    ax.set_xticks(range(len(source)), list(source))
    ax.set_yticks(range(10), list(text(written[0])))
    ax.set(xlabel="read", ylabel="written")
show(
    fig,
    "Two attention maps: the year's digits look at the year, month and day at theirs, in both orders.",
)

# %% [markdown]
# For each digit of the year it looks at that digit, wherever it stands. For the month it looks at the *last* letter of the
# word: the encoder's state there has read the whole of it.
#
# ## Only attention
#
# If looking is so good, do we need the recurrent network? Let each symbol look at all others of its own sequence
# (*self-attention*). Queries, keys and values are three linear maps of the same vectors, and several *heads* look at
# different things at once. Two details:
#
# * attention knows no order: shuffle the sequence, and what comes out is the same, shuffled. So each position gets a vector of
#   its own, which is added;
# * who writes must not see what is not yet written. A *mask* sets these scores to $-\infty$.

# %%
ag.manual_seed(0)
attend = nn.MultiheadAttention(16, num_heads=4, batch_first=True)
x = ag.randn(1, 6, 16)
order = ag.randperm(6)
out, _ = attend(x, x, x)
shuffled, _ = attend(x[:, order], x[:, order], x[:, order])
assert np.allclose(out[:, order].detach(), shuffled.detach(), atol=1e-6)
print("shuffled in, shuffled out: attention alone knows no order")

mask = nn.Transformer.generate_square_subsequent_mask(6)
_, looks = attend(x, x, x, attn_mask=mask)
print(looks[0].detach().numpy().round(2))
assert float(looks.detach().numpy()[0][np.triu_indices(6, 1)].max()) == 0.0

# %% [markdown] tags=["B58"]
# A *transformer's block* is this attention, then two linear layers at each position, each added to what was there (the
# residual connection of lesson 10b) after a normalisation (lesson 7). `nn.GPT` is a stack of them.
#
# **One sequence for both.** Then a translator needs no two networks. Write source and target into *one* sequence, with a
# sign between, and let the network predict the next symbol everywhere; but count the error *on the target only*, for nobody can
# guess the source.

# %% tags=["B58"]
arrow = ag.full((len(sources), 1), CODE[">"])
lines = ag.cat([sources, arrow, targets], 1)  # (N, 18 + 1 + 10)
given = LENGTH + 1
print(text(lines[0]))


def loss_on_the_target(model, batch):
    scores = model(batch[:, :-1])  # of the next symbol, at each position
    return F.cross_entropy(scores[:, given - 1 :].flatten(0, 1), batch[:, given:].flatten())


ag.manual_seed(0)
gpt = nn.GPT(len(SYMBOLS), context=lines.shape[1], layers=2, heads=4, width=64)
steps = size(800, 10)
adam = optim.Adam(gpt.parameters(), lr=6e-3)
schedule = optim.lr_scheduler.OneCycleLR(adam, 6e-3, total_steps=steps)
for step in range(steps):
    loss = loss_on_the_target(gpt, lines[64 * step : 64 * step + 64])
    adam.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(gpt.parameters(), 1.0)
    adam.step()
    schedule.step()

begun = ag.cat([new_sources, ag.full((500, 1), CODE[">"])], 1)
finished = gpt.generate(begun[: size(500, 20)], 10, temperature=0)
share = (finished[:, given:] == new_targets[: len(finished)]).all(1).float().mean().item()
print(text(finished[0]))
print(f"without a mistake: {share:.1%} of {len(finished)} new dates")
if not reduced():
    assert share > 0.9

# %% [markdown]
# No state is handed on here, so all positions are computed *at once* while it trains, where a recurrent network goes step
# by step. That, more than anything, is why transformers took over. The price: each symbol looks at each other, so twice
# the length costs four times the scores.
#
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("12.1")` helps, `solution("12.1")` shows a way.
#
# **12.1** A query $(1, 1)$ meets the keys $(1, 0)$ and $(0, -1)$, with the values $10$ and $20$. What is the context, with the
# scores divided by $\sqrt 2$?

# %%
answer = ...
check.context(answer)

# %% [markdown]
# **12.2** Write `attention(q, k, v)` in NumPy: `q` of shape (T, D), `k` (S, D), `v` (S, E), and what comes out (T, E).


# %%
def attention(q, k, v):
    return ...


check.attention(attention)

# %% [markdown]
# **12.3** Write `mask(T)`: a matrix of truth values (T, T), True where position $i$ (row) may *not* look at $j$ (column) because
# $j$ is later.


# %%
def mask(T):
    return ...


check.causal_mask(mask)

# %% [markdown]
# **12.4** A sequence of 1000 symbols costs a layer of self-attention a million scores a head. How many for 3000, with a causal mask,
# if only those are counted that are not masked?

# %%
answer = ...
check.scores_of_a_head(answer)
