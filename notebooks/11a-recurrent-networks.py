# %% [markdown]
# # 11a. Recurrent networks
#
# **You will be able to** compute a recurrent network step by step with a pencil; unfold it in time and say where its gradient comes
# from; tell which shape of task needs what; set the weights of a binary adder by hand; and say why training is hard.
#
# **Needs** lessons 2 and 6. **Takes** 75 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import datasets
from notebooks.course import check, frames, hint, reduced, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["A44", "E42", "B50", "B52"]
# ## A loop in the graph
#
# A sentence, a song, a curve: what comes has an order, and any length. A network of fixed size sees it one step at a time, and
# hands a **state** on to itself:
#
# $$\mathbf h_t = f_W(\mathbf h_{t-1}, \mathbf x_t) .$$
#
# The state is a *summary* of all that came so far, in a fixed number of numbers; $f$ takes the same two inputs and has the
# same weights $W$ at each step, however long the sequence is. (A convolution over time, `nn.Conv1d`, also shares its weights; but it sees a
# window only.)
#
# The simplest is **Elman's** network of 1990. The decks write it in their own letters:
#
# | | state | output |
# | :-- | :-- | :-- |
# | A | $h_t = \sigma_h(U x_t + V h_{t-1} + b_h)$ | $o_t = \sigma_o(W h_t + b_o)$ |
# | B | $a_t = b + W h_{t-1} + U x_t$, $\;h_t = \tanh a_t$ | $o_t = \mathrm{softmax}(c + V h_t)$ |
# | E | $h_t = \tanh(W_{hh} h_{t-1} + W_{xh} x_t)$ | $y_t = W_{hy} h_t$ |
#
# ## "hello", with a pencil
#
# The vocabulary is h, e, l, o. A letter is a one-hot vector, so $W_{xh} \mathbf x_t$ picks a *column*. Let there be two hidden
# units, $W_{hh} = \begin{pmatrix} 0.5 & 0 \\ 0 & -0.5 \end{pmatrix}$, and $\mathbf h_0 = 0$:

# %% tags=["E56", "A45", "B53"]
LETTERS = "helo"
W_hh = np.array([[0.5, 0.0], [0.0, -0.5]])
W_xh = np.array([[1.0, 0.5, -0.5, 0.0], [0.0, 1.0, 0.5, -1.0]])
h = np.zeros(2)
states = []
for letter in "hell":
    h = np.tanh(W_hh @ h + W_xh[:, LETTERS.index(letter)])
    states.append(h)
    print(letter, h.round(4))
assert np.allclose(states[0], [np.tanh(1), 0]) and np.allclose(states[1][1], np.tanh(1))

net = nn.Elman(4, 2, 4, dtype=ag.float64)
rnn = net.hidden
with ag.no_grad():
    rnn.weight_hh_l0.copy_(ag.tensor(W_hh))
    rnn.weight_ih_l0.copy_(ag.tensor(W_xh))
    rnn.bias_ih_l0.zero_()
    rnn.bias_hh_l0.zero_()
hell = F.one_hot(ag.tensor([LETTERS.index(c) for c in "hell"]), 4).to(ag.float64)
library, _ = rnn(hell)
assert np.allclose(library.detach(), states)
out, _ = net(hell)
by_hand = np.array(states) @ net.output.weight.detach().numpy().T + net.output.bias.detach().numpy()
assert np.allclose(out.detach(), by_hand)

# %% [markdown] tags=["E56", "E57"]
# The two l's got *different* states: what came before is in them. That is needed here, because after the first l comes
# an l, and after the second an o. Train it, then let it write: each letter that it draws is its next input.

# %% tags=["E56", "E57"]
ag.manual_seed(0)
speller = nn.Elman(4, 6, 4)
inputs = F.one_hot(ag.tensor([LETTERS.index(c) for c in "hell"]), 4).to(ag.float32)
targets = ag.tensor([LETTERS.index(c) for c in "ello"])
adam = optim.Adam(speller.parameters(), lr=0.05)
for _ in range(size(150, 60)):
    adam.zero_grad()
    F.cross_entropy(speller(inputs)[0], targets).backward()
    adam.step()

with ag.no_grad():
    letter, state, word = "h", None, "h"
    for _ in range(4):
        one = F.one_hot(ag.tensor([LETTERS.index(letter)]), 4).to(ag.float32)
        scores, state = speller(one, state)
        letter = LETTERS[int(scores[0].argmax())]
        word += letter
print(word)
assert word == "hello"

# %% [markdown] tags=["B49", "E55"]
# ## Unfolding
#
# A loop cannot be sorted topologically. But run for three steps, there is no loop:
#
# $$\mathbf s_3 = f(\mathbf s_2; w) = f\big(f(\mathbf s_1; w); w\big) = f\big(f(f(\mathbf s_0; w); w); w\big) .$$
#
# The engine records what ran, so its graph *is* unfolded: three copies, one weight, which each of them uses.

# %% tags=["B49", "E55"]
w = ag.tensor(0.9, requires_grad=True)
s = ag.tensor(0.5)
for t in range(3):
    s = (w * s + 0.1).tanh()
ag.draw(s, names={"w": w, "s3": s}, direction="right")


# %% tags=["B49", "E55"]
def unfolded(steps):
    """The network drawn with its first steps unfolded."""
    fig, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
    for t in range(1, 5):
        alpha = 1.0 if t <= steps else 0.12
        for y, name, colour in (
            (0, f"$x_{t}$", "#eeeeee"),
            (1, f"$h_{t}$", "#dbe8f4"),
            (2, f"$o_{t}$", "#fbe6d3"),
        ):
            ax.text(
                t,
                y,
                name,
                ha="center",
                va="center",
                alpha=alpha,
                bbox={"boxstyle": "circle", "facecolor": colour, "alpha": alpha},
            )
        arrow = {"arrowstyle": "->", "alpha": alpha, "shrinkA": 13, "shrinkB": 13}
        ax.annotate("", (t, 1), (t, 0), arrowprops=arrow)
        ax.annotate("", (t, 2), (t, 1), arrowprops=arrow)
        ax.annotate("", (t, 1), (t - 1, 1), arrowprops=arrow)
        ax.text(t - 0.5, 1.12, "W", ha="center", alpha=alpha, color=ORANGE)
    ax.text(
        0, 1, "$h_0$", ha="center", va="center", bbox={"boxstyle": "circle", "facecolor": "white"}
    )
    ax.set(xlim=(-0.4, 4.5), ylim=(-0.5, 2.5))
    ax.axis("off")
    return fig


frames(
    [unfolded(steps) for steps in range(1, 5)],
    [f"after step {steps}: one W, used {steps} times" for steps in range(1, 5)],
    alt="A recurrent network unfolds in time: a copy for each step, all with the same weights.",
    seconds=1,
)

# %% [markdown] tags=["D62", "B56", "E55"]
# **Backpropagation through time** (BPTT) is backpropagation on the unfolded graph; nothing is new. The activations of all
# steps are kept until the way back. Every copy sends a share of the gradient of the one $W$, and they add up. When each step has an output (many to
# many), the loss is a sum over the steps, $L = \sum_t L_t$. The cost grows with the number of steps, and they cannot be done
# at the same time: step 5 needs step 4.

# %% tags=["B56", "D62", "E55"]
x = ag.randn(6, 1, 3, dtype=ag.float64)
U, V = (ag.randn(4, n, dtype=ag.float64) * 0.5 for n in (3, 4))


def run(copies):
    """The loss with a copy of V for each step: many to many, a loss at each step."""
    h, loss = ag.zeros(1, 4, dtype=ag.float64), 0
    for t, V_t in enumerate(copies):
        h = (x[t] @ U.T + h @ V_t.T).tanh()
        loss = loss + (h**2).sum()
    return loss


copies = [V.clone().requires_grad_() for _ in range(6)]
shares = ag.grad(run(copies), copies)
one = V.clone().requires_grad_()
(whole,) = ag.grad(run([one] * 6), one)
print("shares of the six steps:", [f"{float(share.norm()):.3f}" for share in shares])
assert np.allclose(sum(shares), whole)

# %% [markdown] tags=["A44", "B57", "E54", "B54", "D63", "D71"]
# ## Five shapes of tasks
#
# | shape | example | where the loss is |
# | :-- | :-- | :-- |
# | one to one | an image, its class | no time at all |
# | one to many | an image, its caption | at each step |
# | many to one | a review, good or bad | at the last step |
# | many to many, late | a sentence, its translation | after the whole input (lesson 12) |
# | many to many, in step | a word, its kind | at each step |
#
# **Many to one**, and **in step**, on one task: is the number of ones odd? At the last step only, or at each step? (A window
# of the last few bits cannot tell: what was before it counts, too.)


# %% tags=["E54", "B54", "D63", "D61"]
def parity_task(count, length, rng):
    bits = rng.integers(0, 2, (count, length))
    return ag.tensor(bits[..., None], dtype=ag.float32), ag.tensor(bits.cumsum(1) % 2)


def train(model, read, steps, length=8, rate=0.02):
    """Train `read(model, x, y)`, a loss, on new examples at each step."""
    rng = np.random.default_rng(0)
    adam = optim.Adam(model.parameters(), lr=rate)
    for _ in range(steps):
        x, y = parity_task(64, length, rng)
        adam.zero_grad()
        read(model, x, y).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()


ag.manual_seed(0)
in_step = nn.Elman(1, 16, 2, batch_first=True)
train(in_step, lambda m, x, y: F.cross_entropy(m(x)[0].flatten(0, 1), y.flatten()), size(500, 20))
window = nn.MLP([4, 32, 2])  # sees the last four bits only
train(window, lambda m, x, y: F.cross_entropy(m(x[:, -4:, 0]), y[:, -1]), size(500, 20))

x, y = parity_task(1000, 8, np.random.default_rng(9))
last = (in_step(x)[0][:, -1].argmax(1) == y[:, -1]).float().mean().item()
guessed = (window(x[:, -4:, 0]).argmax(1) == y[:, -1]).float().mean().item()
print(f"odd or even, after the last bit: recurrent {last:.1%}, window of four {guessed:.1%}")
if not reduced():
    assert last > 0.95 and guessed < 0.6

# %% [markdown] tags=["D71", "E54", "B57"]
# **One to many.** A caption for an image: its digit's name, letter by letter. The image sets the first state; then the
# network writes, until it writes a full stop.

# %% tags=["D71", "E54"]
NAMES = "zero one two three four five six seven eight nine".split()
ALPHABET = "." + "".join(sorted(set("".join(NAMES))))
captions = ag.tensor([[ALPHABET.index(c) for c in f"{name}.....".ljust(6)[:6]] for name in NAMES])


class Captioner(nn.Module):
    def __init__(self):
        super().__init__()
        self.see = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 48), nn.Tanh()
        )
        self.letters = nn.Embedding(len(ALPHABET), 12)
        self.write = nn.GRU(12, 48, batch_first=True)
        self.scores = nn.Linear(48, len(ALPHABET))

    def forward(self, images, letters):
        h, _ = self.write(self.letters(letters), self.see(images)[None])
        return self.scores(h)

    def caption(self, image):
        text = ""
        while not text.endswith(".") and len(text) < 8:
            so_far = ag.tensor([[ALPHABET.index(c) for c in "." + text]])
            text += ALPHABET[int(self(image[None], so_far)[0, -1].argmax())]
        return text


ag.manual_seed(0)
images, labels = datasets.mnist_sample().tensors
model = Captioner()
adam = optim.Adam(model.parameters(), lr=3e-3)
for step in range(size(300, 10)):
    i = ag.randint(0, len(images), (64,))
    right = captions[labels[i]]
    before = ag.cat([ag.zeros(64, 1, dtype=right.dtype), right[:, :-1]], 1)
    adam.zero_grad()
    F.cross_entropy(model(images[i], before).flatten(0, 1), right.flatten()).backward()
    adam.step()

new_images, new_labels = datasets.mnist_sample(train=False).tensors
fig, axes = plt.subplots(1, 8, figsize=(9, 1.6), layout="constrained")
for ax, image in zip(axes, new_images[:: len(new_images) // 8]):
    ax.imshow(image[0].numpy(), cmap="Greys")
    ax.set_title(model.caption(image), fontsize=10)
    ax.axis("off")
show(
    fig, "Eight handwritten digits, each with the caption that the network wrote, letter by letter."
)
share = np.mean(
    [model.caption(x) == NAMES[int(k)] + "." for x, k in zip(new_images[:200], new_labels)]
)
print(f"{share:.1%} of 200 new images have the right caption")
if not reduced():
    assert share > 0.8

# %% [markdown] tags=["B51"]
# ## What will come next?
#
# A *statistical language model* keeps from the past what helps to predict the next symbol. The simplest counts: after which letter comes
# which? A recurrent one may look farther back. Both on first names:

# %% tags=["B51"]
words = datasets.names().words[: size(8000, 1000)]
chars = datasets.Names(words).chars
counts = np.ones((len(chars), len(chars)))
for word in words:
    for first, second in zip("." + word, word + "."):
        counts[chars.index(first), chars.index(second)] += 1
table = counts / counts.sum(1, keepdims=True)
pairs = [(a, b) for word in words for a, b in zip("." + word, word + ".")]
loss_counts = -np.mean([np.log(table[chars.index(a), chars.index(b)]) for a, b in pairs])

ag.manual_seed(0)
x, y = datasets.Names(words)[:]
model = nn.RecurrentLM(len(chars), width=96, kind="rnn")
adam = optim.Adam(model.parameters(), lr=4e-3)
for step in range(size(500, 10)):
    i = ag.randint(0, len(x), (128,))
    adam.zero_grad()
    F.cross_entropy(model(x[i])[0].flatten(0, 1), y[i].flatten()).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    adam.step()
loss_rnn = F.cross_entropy(model(x)[0].flatten(0, 1), y.flatten()).item()
print(f"cross-entropy a letter: counted pairs {loss_counts:.3f}, recurrent {loss_rnn:.3f}")
if not reduced():
    assert loss_rnn < loss_counts - 0.1

# %% [markdown] tags=["B55"]
# ## It can compute: an adder
#
# A recurrent network can do whatever a computer can (Siegelmann & Sontag). Here is one that adds two binary numbers, lowest bit
# first, set *by hand*. Three threshold units count: of the two bits and the carry, are there at least 1, 2, 3 ones? The second *is* the
# next carry; and the sum's bit is first minus second plus third.

# %% tags=["B55"]
step = nn.Step()


def add_by_hand(a, b, bits):
    """a + b, by three recurrent threshold units."""
    U = ag.ones(3, 2)  # each unit hears both bits
    V = ag.tensor([[0.0, 1.0, 0.0]] * 3)  # and the carry: the second unit, a step ago
    thresholds, out = ag.tensor([0.5, 1.5, 2.5]), ag.tensor([1.0, -1.0, 1.0])
    h, total = ag.zeros(3), 0
    for t in range(bits):
        x = ag.tensor([float(a >> t & 1), float(b >> t & 1)])
        h = step(U @ x + V @ h - thresholds)
        total += int((out * h).sum()) << t
    return total


for a, b in ((5, 3), (255, 1), (12345, 54321)):
    print(f"{a} + {b} = {add_by_hand(a, b, 20)}")
    assert add_by_hand(a, b, 20) == a + b

# %% [markdown] tags=["B55"]
# And *learnt*: eight tanh units, numbers of 8 bits. Then try it on 16 bits, longer than it ever saw.


# %% tags=["B55"]
def sums(count, bits, rng):
    """Pairs of numbers as bits (count, bits, 2), lowest first, and their sums (count, bits, 1)."""
    a, b = rng.integers(0, 2 ** (bits - 1), (2, count))
    numbers = [(n[:, None] >> np.arange(bits)) & 1 for n in (a, b, a + b)]
    return ag.tensor(np.stack(numbers[:2], 2), dtype=ag.float32), ag.tensor(
        numbers[2][..., None], dtype=ag.float32
    )


ag.manual_seed(0)
rng = np.random.default_rng(0)
adder = nn.Elman(2, 8, 1, batch_first=True)
adam = optim.Adam(adder.parameters(), lr=0.02)
for _ in range(size(600, 20)):
    x, y = sums(64, 8, rng)
    adam.zero_grad()
    F.binary_cross_entropy_with_logits(adder(x)[0], y).backward()
    nn.utils.clip_grad_norm_(adder.parameters(), 1.0)
    adam.step()
x, y = sums(500, 16, rng)
share = ((adder(x)[0] > 0).numpy() == (y > 0).numpy()).all((1, 2)).mean()
print(f"{share:.1%} of 500 sums of 16 bits are right in every bit")
if not reduced():
    assert share > 0.95

# %% [markdown] tags=["B59"]
# ## Why it is hard
#
# One unit, $h_t = \tanh(w\, h_{t-1} + b)$, twenty steps. Look at the error as a surface over $w$ and $b$: plains, and a *cliff*. On the
# plains the gradient **vanishes** (often): twenty factors below 1. At the cliff it **explodes** (rarely): twenty factors above 1; and one step with such a
# gradient throws the weights far away. Against that, *clip* it: keep its direction and cut its length.

# %% tags=["B59"]
ws, bs = np.meshgrid(np.linspace(0, 5, 160), np.linspace(-3, 3, 160))
h = np.full(ws.shape, 0.1)
for _ in range(20):
    h = np.tanh(ws * h + bs)
surface = (h - 0.5) ** 2
fig, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
shades = ax.contourf(ws, bs, surface, levels=24, cmap="Blues")
fig.colorbar(shades, label="error")
ax.set(xlabel="w", ylabel="b")
show(fig, "The error of twenty steps over two weights: two plains with a sharp cliff between them.")


def gradient_at(w, b):
    w, b = (ag.tensor(float(v), dtype=ag.float64, requires_grad=True) for v in (w, b))
    h = ag.tensor(0.1, dtype=ag.float64)
    for _ in range(20):
        h = (w * h + b).tanh()
    ((h - 0.5) ** 2).backward()
    return np.hypot(w.grad.item(), b.grad.item()), (w, b)


plain, _ = gradient_at(4.0, 1.0)
cliff, weights = gradient_at(4.0, np.arctanh(0.1) - 0.4)  # here h stays at 0.1: tanh(w h + b) = h
print(f"length of the gradient: on the plain {plain:.1e}, at the cliff {cliff:.1e}")
before = nn.utils.clip_grad_norm_(weights, 1.0)
after = np.hypot(weights[0].grad.item(), weights[1].grad.item())
print(f"clipped: from {float(before):.1e} to {after:.3f}")
assert plain < 1e-3 and cliff > 1e3 and np.isclose(after, 1.0)

# %% [markdown]
# How far back a network can learn, and what helps, is the next lesson.
#
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("11a.1")` helps, `solution("11a.1")` shows a way.
#
# **11a.1** A linear unit without bias, $h_t = 0.5\, h_{t-1} + x_t$, $h_0 = 0$, sees $1, 0, 0, 2$. What is $h_4$?

# %%
answer = ...
check.fading_memory(answer)

# %% [markdown]
# **11a.2** How many weights and biases has a step of Elman's network with 10 inputs, 20 hidden units and 5 outputs, with one bias a unit? (And does it
# matter how long the sequence is?)

# %%
answer = ...
check.weights_of_elman(answer)

# %% [markdown]
# **11a.3** Write `states(x, W_x, W_h)`: all hidden states (T, H) of a tanh network without bias for inputs `x` (T, I), from $\mathbf h_0 = 0$.


# %%
def states(x, W_x, W_h):
    return ...


check.states(states)

# %% [markdown]
# **11a.4** Write `clip(g, longest)`: a gradient vector, cut to at most this length, in its own direction.


# %%
def clip(g, longest):
    return ...


check.clip(clip)
