# %% [markdown]
# # 11b. Long memory: LSTM and GRU
#
# **You will be able to** measure how far back a network can learn; compute one step of an LSTM with NumPy; read its gates while it
# reads; and let it remember something for a thousand steps.
#
# **Needs** lesson 11a. **Takes** 75 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, datasets
from nn.models import BidirectionalTagger, RecurrentRegressor
from nn.utils.rnn import tbptt
from notebooks.course import check, hint, reduced, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["D64", "A48"]
# ## The gradient fades
#
# In a recurrent network, the influence of an input on a state $k$ steps later is a product of $k$ factors, and so is the gradient.
# Measure it: how long is $\partial \mathbf h_T / \partial \mathbf x_{T-k}$? A first way out is a **skip connection through time**: a second
# connection from the state five steps ago, so that the way back has a fifth of the steps.


# %% tags=["D64", "A48", "A47"]
def fading(layer, steps=60):
    """The length of the last state's gradient for each input, the last first, that being 1."""
    x = (0.1 * ag.randn(steps, 1, 4, dtype=ag.float64)).requires_grad_()
    output, _ = layer(x)
    (g,) = ag.grad(output[-1].sum(), x)
    norms = np.linalg.norm(g.numpy()[::-1, 0], axis=1)
    return norms / norms[0]


ag.manual_seed(0)
layers = {
    "plain": nn.RNN(4, 32, dtype=ag.float64),
    "plain, skip of 5": nn.RNN(4, 32, skip=5, dtype=ag.float64),
    "GRU": nn.GRU(4, 32, dtype=ag.float64),
    "LSTM, forget gates open": nn.LSTM(4, 32, dtype=ag.float64),
}
with ag.no_grad():
    layers["LSTM, forget gates open"].bias_ih_l0[32:64] = 4.0
curves = {name: fading(layer) for name, layer in layers.items()}
fig, ax = plt.subplots(figsize=(6.6, 3.4), layout="constrained")
for (name, norms), colour, dash in zip(
    curves.items(), (GREY, GREY, ORANGE, BLUE), ("-", ":", "-", "-")
):
    ax.semilogy(norms, color=colour, linestyle=dash, label=name)
ax.set(xlabel="steps back", ylabel="gradient, the last step's = 1", ylim=(1e-16, 10))
ax.legend(frameon=False)
show(
    fig,
    "Gradient over steps back, logarithmic: plain networks fall steeply, the open LSTM stays nearly level.",
)
for name, norms in curves.items():
    print(f"{name:24} 10 steps back {norms[10]:.0e}, 50 steps back {norms[50]:.0e}")
assert curves["plain"][50] < 1e-6 * curves["LSTM, forget gates open"][50]
assert curves["plain, skip of 5"][50] > curves["plain"][50]

# %% [markdown] tags=["D64"]
# Some ten steps back, a plain network hears nearly nothing. Noise from near drowns what comes from far, and it is not learnt. Real tasks have longer lags.

# %% [markdown] tags=["D65", "A51"]
# ## A memory cell
#
# The idea of 1997 (Hochreiter & Schmidhuber): a unit that keeps its value by a *linear* connection to itself, with a weight of
# exactly one. What flows back through it is multiplied by one, for ever. Around it stand **gates**, numbers between 0 and 1 that are multiplied
# on: an *input gate*, so that not everything is written, and an *output gate*, so that not everything is heard:
#
# $$\mathbf c_t = \mathbf c_{t-1} + \mathbf i_t \odot g(\mathbf u_t), \qquad \mathbf y_t = \mathbf o_t \odot h(\mathbf c_t) .$$
#
# But a memory that only ever adds fills up. Since 2000 there is a **forget gate** as well, and this is what everybody calls an LSTM:

# %% tags=["A51"]
fig, ax = plt.subplots(figsize=(7.4, 3.2), layout="constrained")
arrow = {"arrowstyle": "->", "color": "black"}
ax.annotate("", (9.3, 3), (0.3, 3), arrowprops={"arrowstyle": "->", "color": BLUE, "linewidth": 3})
ax.text(0.1, 3.25, "$c_{t-1}$", color=BLUE)
ax.text(9.2, 3.25, "$c_t$", color=BLUE)
for x, sign in ((2, "×"), (4.5, "+"), (7.5, "×")):
    y = 3 if x < 5 else 1.6
    ax.text(
        x,
        y,
        sign,
        ha="center",
        va="center",
        fontsize=14,
        bbox={"boxstyle": "circle", "facecolor": "white"},
    )
ax.text(
    4.5,
    1.9,
    "×",
    ha="center",
    va="center",
    fontsize=14,
    bbox={"boxstyle": "circle", "facecolor": "white"},
)
gates = (
    (2, "forget\n$f_t$", 2, 2.75),
    (3.8, "input\n$i_t$", 4.4, 1.7),
    (5.3, "content\n$g_t$", 4.6, 1.7),
    (6.9, "output\n$o_t$", 7.4, 1.35),
)
for x, name, to_x, to_y in gates:
    face = "#fbe6d3" if "content" not in name else "#dbe8f4"
    ax.text(
        x,
        0.6,
        name,
        ha="center",
        va="center",
        fontsize=9,
        bbox={"boxstyle": "round", "facecolor": face},
    )
    ax.annotate("", (to_x, to_y), (x, 0.95), arrowprops=arrow)
    ax.annotate("", (x, 0.25), (x, -0.25), arrowprops=arrow)
ax.annotate("", (4.5, 2.75), (4.5, 2.15), arrowprops=arrow)
ax.annotate("", (7.5, 1.85), (7.5, 2.95), arrowprops=arrow)
ax.text(7.62, 2.35, "tanh", fontsize=9)
ax.annotate("", (9.3, 1.6), (7.75, 1.6), arrowprops=arrow)
ax.text(9.2, 1.75, "$h_t$")
ax.plot([1.2, 7.6], [-0.25, -0.25], color="black")
ax.text(0.1, -0.35, "$x_t, h_{t-1}$")
ax.set(xlim=(0, 9.8), ylim=(-0.5, 3.6))
ax.axis("off")
show(
    fig,
    "An LSTM cell: the memory runs along the top, times the forget gate, plus input gate times content.",
)

# %% [markdown] tags=["A50", "B60", "A47"]
# Its six equations, without biases; $\sigma$ makes a gate, $\odot$ is the product number by number (*Hadamard*): 0 lets nothing through, 1 all.
#
# $$\begin{aligned}
# \mathbf f_t &= \sigma(W_f \mathbf x_t + U_f \mathbf h_{t-1}) & \mathbf i_t &= \sigma(W_i \mathbf x_t + U_i \mathbf h_{t-1}) & \mathbf o_t &= \sigma(W_o \mathbf x_t + U_o \mathbf h_{t-1}) \\
# \mathbf g_t &= \tanh(W_g \mathbf x_t + U_g \mathbf h_{t-1}) & \mathbf c_t &= \mathbf f_t \odot \mathbf c_{t-1} + \mathbf i_t \odot \mathbf g_t & \mathbf h_t &= \mathbf o_t \odot \tanh \mathbf c_t
# \end{aligned}$$


# %% tags=["A50", "A47"]
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm_step(x, h, c, W, U, b=0.0):
    """One step; W and U have the rows of i, f, g and o one below the other. Also returns the gates."""
    i, f, g, o = np.split(W @ x + U @ h + b, 4)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c = f * c + i * g
    return o * np.tanh(c), c, (i, f, o)


ag.manual_seed(0)
cell = nn.LSTMCell(3, 5, bias=False, dtype=ag.float64)
x, h, c = (ag.randn(n, dtype=ag.float64) for n in (3, 5, 5))
by_hand = lstm_step(
    x.numpy(),
    h.numpy(),
    c.numpy(),
    cell.weight_ih.detach().numpy(),
    cell.weight_hh.detach().numpy(),
)
by_library = cell(x[None], (h[None], c[None]))
assert np.allclose(by_hand[0], by_library[0][0].detach()) and np.allclose(
    by_hand[1], by_library[1][0].detach()
)

for kind, layer in (("plain", nn.RNN(10, 20)), ("GRU", nn.GRU(10, 20)), ("LSTM", nn.LSTM(10, 20))):
    print(f"{kind:6} {sum(p.numel() for p in layer.parameters()):5} parameters")

# %% [markdown] tags=["A47", "D65", "D68"]
# The **GRU** (2014) gets along with two gates and without a separate memory: three quarters of the parameters, and often as good. **Peepholes** let the gates see the
# memory itself. All three variants are here; the one of 1997 has no forget gate:

# %% tags=["D65", "D68"]
ones = ag.ones(200, 1, 2)
old = nn.LSTM1997(2, num_blocks=3, input_gate_bias=2.0)
new = nn.LSTM(2, 3, peepholes=True)
_, (_, c_old) = old(ones)
_, (_, c_new) = new(ones)
print("after 200 equal inputs, the memory of 1997:   ", c_old.detach().numpy().ravel().round(1))
print("                        with a forget gate:   ", c_new.detach().numpy().ravel().round(1))
print("weights of the peepholes:", tuple(new.weight_peep_l0.shape))
assert abs(c_old.detach().numpy()).max() > 5 * abs(c_new.detach().numpy()).max()

# %% [markdown] tags=["D67"]
# ## A thousand steps
#
# The test of 1997: two sequences, $x, 0, 1, 2, \dots, x$ and $y, 0, 1, 2, \dots, y$. The last symbol is the first one, and between lie $p$
# others that tell nothing. Guessing has an error of 0.5; below 0.25 counts as solved.


# %% tags=["D67"]
def solve(kind, lag, most=600):
    """Steps of training until the lag is bridged, and the final error."""
    symbols, following = datasets.long_lag(lag).tensors
    x, last = F.one_hot(symbols, lag + 1).float(), following[:, -1] - (lag - 1)
    ag.manual_seed(0)
    model = RecurrentRegressor(lag + 1, 2, 16, kind=kind)
    if kind == "lstm":  # gates start as in the paper: memory kept, input nearly shut
        with ag.no_grad():
            for p in model.recurrent.parameters():
                p.mul_(0.5)
            model.recurrent.bias_hh_l0.zero_()
            model.recurrent.bias_ih_l0.zero_()
            model.recurrent.bias_ih_l0[:16] = -4.0
            model.recurrent.bias_ih_l0[16:32] = 12.0
    adam = optim.Adam(model.parameters(), lr=3e-3)
    for step in range(1, most + 1):
        adam.zero_grad()
        scores = model(x)
        F.cross_entropy(scores, last).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        error = 1 - F.softmax(scores.detach(), 1).numpy()[[0, 1], last.numpy()].min()
        if error < 0.25:
            break
    return step, error


for kind, lag in (("rnn", 10), ("rnn", 100), ("lstm", 100), ("lstm", size(1000, 200))):
    steps, error = solve(kind, lag, size(600, 300))
    outcome = "solved" if error < 0.25 else "not solved"
    print(f"{kind:5} lag {lag:4}: {outcome} after {steps} steps, error {error:.2f}")
    if not reduced():
        assert (error < 0.25) == ((kind, lag) != ("rnn", 100))

# %% [markdown] tags=["B60"]
# ## Reading its gates
#
# What do gates do? A small task: say at each symbol whether it stands inside brackets. The memory must be set at "(" and cleared at ")". We train it, then run
# our own `lstm_step` with its weights, and look.

# %% tags=["B60"]
SYMBOLS = "abc()"


def bracketed(count, length, rng):
    """Random texts with brackets, as codes, and for each symbol whether a bracket is open."""
    codes, inside = np.zeros((count, length), int), np.zeros((count, length), int)
    for row in range(count):
        depth = 0
        for t in range(length):
            if rng.random() < 0.2:
                codes[row, t] = 4 if depth else 3
                depth = 1 - depth
            else:
                codes[row, t] = rng.integers(3)
            inside[row, t] = depth
    return ag.tensor(codes), ag.tensor(inside)


ag.manual_seed(1)
rng = np.random.default_rng(1)
reader, judge = nn.LSTM(5, 4, batch_first=True), nn.Linear(4, 2)
adam = optim.Adam([*reader.parameters(), *judge.parameters()], lr=0.03)
for _ in range(size(250, 10)):
    codes, inside = bracketed(32, 24, rng)
    adam.zero_grad()
    h, _ = reader(F.one_hot(codes, 5).float())
    F.cross_entropy(judge(h).flatten(0, 1), inside.flatten()).backward()
    adam.step()

text = "abc(ab)ca(bbacb)ac"
W, U = reader.weight_ih_l0.detach().numpy(), reader.weight_hh_l0.detach().numpy()
b = (reader.bias_ih_l0 + reader.bias_hh_l0).detach().numpy()
h, c, gates, memory = np.zeros(4), np.zeros(4), [], []
for symbol in text:
    h, c, three = lstm_step(np.eye(5)[SYMBOLS.index(symbol)], h, c, W, U, b)
    gates.append(three)
    memory.append(np.tanh(c))
gates = np.array(gates)  # (T, 3, 4)
fig, axes = plt.subplots(4, 1, figsize=(8, 4.6), layout="constrained", sharex=True)
rows = [
    ("input", gates[:, 0]),
    ("forget", gates[:, 1]),
    ("output", gates[:, 2]),
    ("memory", np.array(memory)),
]
for ax, (name, values) in zip(axes, rows):
    low = -1 if name == "memory" else 0
    ax.imshow(values.T, cmap="RdBu_r" if low else "Blues", vmin=low, vmax=1, aspect="auto")
    ax.set_ylabel(name)
    ax.set_yticks([])
axes[-1].set_xticks(range(len(text)), list(text))
show(
    fig,
    "Gates and memory of four units over a text with brackets; the memory changes where brackets open and close.",
)
codes, inside = bracketed(200, 24, rng)
right = (judge(reader(F.one_hot(codes, 5).float())[0]).argmax(2) == inside).float().mean().item()
print(f"{right:.1%} right")
if not reduced():
    assert right > 0.97

# %% [markdown]
# Each row is one of four units. Look at the memory: it flips at "(" and flips back at ")". Where is the forget gate white (0: all is forgotten)?
#
# ## In pieces: truncated backpropagation

# %% [markdown] tags=["D66"]
# A text of a million letters cannot be unfolded whole. **Truncated** BPTT cuts it into pieces: the *state* goes on from piece to piece, the
# *gradient* does not. What is computed forward is the same:

# %% tags=["D66"]
lstm = nn.LSTM(2, 4, dtype=ag.float64)
x = ag.randn(90, 1, 2, dtype=ag.float64, requires_grad=True)
whole, _ = lstm(x)
pieces = list(tbptt(lstm, x, 30))
assert np.allclose(ag.cat([output for _, output, _ in pieces]).detach(), whole.detach())
(g,) = ag.grad(pieces[-1][1][-1].sum(), x)
reached = int((np.abs(g.numpy()).sum((1, 2)) > 0).sum())
print(f"the last output's gradient reaches {reached} of {len(x)} steps back")
assert reached == 30

# %% [markdown] tags=["A46"]
# ## Both directions
#
# If the whole sequence is there, one network can read it forwards and another backwards; their states side by side know both sides. The task: is the *next* symbol a
# bracket? Forwards one can only guess.


# %% tags=["A46"]
def tagging(model, steps):
    rng = np.random.default_rng(0)
    adam = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        codes, _ = bracketed(32, 24, rng)
        soon = ag.cat([(codes[:, 1:] >= 3).long(), ag.zeros(32, 1, dtype=ag.int64)], 1)
        adam.zero_grad()
        loss = F.cross_entropy(model(codes).flatten(0, 1), soon.flatten())
        loss.backward()
        adam.step()
    return loss.item()


ag.manual_seed(0)
both = tagging(BidirectionalTagger(5, 2, width=8), size(120, 5))


class Forwards(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.read = nn.Embedding(5, 32), nn.LSTM(32, 16, batch_first=True)
        self.score = nn.Linear(16, 2)

    def forward(self, codes):
        return self.score(self.read(self.embed(codes))[0])


one = tagging(Forwards(), size(120, 5))
print(f"cross-entropy: forwards {one:.3f}, both directions {both:.3f}")
if not reduced():
    assert both < 0.1 < one

# %% [markdown] tags=["D69"]
# ## Two uses
#
# **A time series**: next year's sunspots from the eleven years before, month by month; and **a class for a sequence**: a digit, read row by row.

# %% tags=["D69"]
series = datasets.sunspots()
values = np.sqrt(np.asarray(series.values.numpy(), np.float64))
scaled = (values - values[:2200].mean()) / values[:2200].std()
x, y = (
    part.numpy() for part in datasets.Series(series.name, series.dates, scaled).windows(132, 12)[:]
)
x, y = ag.tensor(x[::3, ::3, None], dtype=ag.float32), ag.tensor(y[::3, -1:], dtype=ag.float32)
cut = 690
ag.manual_seed(0)
forecaster = RecurrentRegressor(1, 1, 24)
adam = optim.Adam(forecaster.parameters(), lr=5e-3)
for _ in range(size(60, 3)):
    for rows in ag.randperm(cut).split(115):
        adam.zero_grad()
        F.mse_loss(forecaster(x[rows]), y[rows]).backward()
        adam.step()
with ag.no_grad():
    error = F.mse_loss(forecaster(x[cut:]), y[cut:]).sqrt().item()
same = F.mse_loss(x[cut:, -1], y[cut:]).sqrt().item()
print(f"sunspots in a year, root mean squared error: as now {same:.3f}, LSTM {error:.3f}")
if not reduced():
    assert error < same

# %% tags=["D69"]
ag.manual_seed(0)
rows_reader = RecurrentRegressor(28, 10, 64)
training, test = datasets.mnist_sample(), datasets.mnist_sample(train=False)
adam = optim.Adam(rows_reader.parameters(), lr=3e-3)
optim.fit(
    rows_reader,
    DataLoader(training, batch_size=100, shuffle=True),
    loss=F.cross_entropy,
    optimizer=adam,
    epochs=size(5, 1),
    progress=False,
)
accuracy = optim.evaluate(rows_reader, test, F.cross_entropy)["accuracy"]
print(f"digits, read row by row: {accuracy:.1%} right")
if not reduced():
    assert accuracy > 0.88

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("11b.1")` helps, `solution("11b.1")` shows a way.
#
# **11b.1** A forget gate stands at 0.99, the input gate at 0. After how many steps is half of a memory left? (Round up.)

# %%
answer = ...
check.half_life(answer)

# %% [markdown]
# **11b.2** How many weights and biases has an LSTM with 10 inputs and 20 units, with *one* bias for each gate and unit?

# %%
answer = ...
check.weights_of_lstm(answer)

# %% [markdown]
# **11b.3** Write `gru_step(x, h, W, U)`: $r = \sigma(W_r x + U_r h)$, $z = \sigma(W_z x + U_z h)$, $n = \tanh(W_n x + r \odot U_n h)$,
# $h' = (1 - z) \odot n + z \odot h$; `W` and `U` have the rows of r, z and n one below the other.


# %%
def gru_step(x, h, W, U):
    return ...


check.gru_step(gru_step)

# %% [markdown]
# **11b.4** Set the gates $(i, f, o)$ of a cell to 0 or 1, so that it *keeps* its memory, ignores the input, and shows nothing.

# %%
answer = (..., ..., ...)
check.keep_silent(answer)
