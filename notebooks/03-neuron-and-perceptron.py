# %% [markdown]
# # 3. Neuron and perceptron
#
# **You will be able to** tell what a neuron does and what its model leaves out; explain with six lines of code why a dog does not learn what
# it can predict already; build logic from threshold units; train a perceptron with a pencil, and say when it ends and when it never
# does.
#
# **Needs** lesson 2's sums. **Takes** 75 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.integrate import solve_ivp

import autograd_core as ag
import nn
import nn.functional as F
from nn.data import datasets
from nn.models import McCullochPitts
from notebooks.course import check, frames, hint, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["A3", "D1", "A4"]
# ## What a neuron does
#
# A brain is a parallel system of many small units, each slow and simple. A neuron is fed through *synapses*, of which a human has
# some 100 trillion. Each input moves the charge of its membrane a little, up or down. If the charge passes a **threshold**, the
# neuron *fires*: a pulse of a millisecond runs along its *axon* to others. For a while afterwards it cannot fire again (the
# *refractory period*).
#
# Hodgkin & Huxley recorded such a pulse first, in a squid's axon, and gave four equations for it: one for the membrane's voltage,
# three for the gates that let sodium and potassium through.


# %% tags=["A4", "A3"]
def hodgkin_huxley(t, state, strength):
    """Voltage (mV, from rest) and the gates m, h, n, as published in 1952."""
    V, m, h, n = state
    rates = (
        (0.1 * (25 - V) / (np.exp((25 - V) / 10) - 1), 4 * np.exp(-V / 18)),
        (0.07 * np.exp(-V / 20), 1 / (np.exp((30 - V) / 10) + 1)),
        (0.01 * (10 - V) / (np.exp((10 - V) / 10) - 1), 0.125 * np.exp(-V / 80)),
    )
    sodium, potassium, leak = 120 * m**3 * h * (V - 115), 36 * n**4 * (V + 12), 0.3 * (V - 10.613)
    gates = [a * (1 - g) - b * g for (a, b), g in zip(rates, (m, h, n))]
    return [3 * strength * (5 < t < 6) - sodium - potassium - leak, *gates]


fig, ax = plt.subplots(figsize=(6.4, 3.1), layout="constrained")
peaks = {}
for strength, colour in ((2.0, GREY), (7.0, BLUE)):
    run = solve_ivp(
        hodgkin_huxley, (0, 30), [0, 0.053, 0.596, 0.318], args=(strength,), max_step=0.05
    )
    ax.plot(run.t, run.y[0] - 65, color=colour, label=f"stimulus {strength:g}")
    peaks[strength] = run.y[0].max()
ax.set(xlabel="time in ms", ylabel="voltage in mV")
ax.legend(frameon=False)
show(
    fig,
    "Membrane voltage over time: a weak stimulus fades away, a stronger one lets the neuron fire.",
)
assert peaks[2.0] < 20 and peaks[7.0] > 80

# %% [markdown]
# All or nothing: below the threshold the charge leaks away, above it the whole pulse comes. The model neuron keeps only this, and the
# weights of the synapses.

# %% [markdown] tags=["A5", "A6", "A7", "A8"]
# ## How does it learn? A dog, a bell, a light
#
# **Hebb's rule** (1949): what fires together, wires together, $\Delta w_i = \eta\, x_i\, y$.
#
# Conditioning: food (the unconditioned stimulus, US) makes a dog salivate (the unconditioned response, UR). Ring a bell with each meal, and soon the
# bell alone does (the conditioned stimulus, CS, with its response, CR). Take one linear unit: inputs are bell and light, its output is what it expects,
# and the reward is what comes. Hebb's rule learns that, as bell and reward come together.
#
# **Blocking** is what it cannot explain. Group A learns noise + food (N+) first, then noise *and* light + food (LN+). Group B gets
# LN+ only. Then both see the light alone (L−). Group B has learnt the light; group A has *not*: it
# could predict the food already. The **delta rule** learns from the *error of prediction*: $\Delta w_i = \eta\, (r - y)\, x_i$.


# %% tags=["A6", "A7", "A8"]
def conditioned(trials, rule, rate=0.2):
    """The weights of noise and light after trials (noise, light, reward)."""
    w = np.zeros(2)
    for noise, light, reward in trials:
        x = np.array([noise, light])
        expected = w @ x
        w += rate * (reward - expected if rule == "delta" else reward) * x
    return w


N, LN = [(1, 0, 1)] * 20, [(1, 1, 1)] * 20
for rule in ("Hebb", "delta"):
    a, b = conditioned(N + LN, rule)[1], conditioned(LN, rule)[1]
    print(f"{rule:6} light alone: group A {a:.2f}, group B {b:.2f}")
assert (
    conditioned(N + LN, "Hebb")[1] > 1 and conditioned(LN, "Hebb")[1] > 1
)  # both, says Hebb: wrong
assert conditioned(N + LN, "delta")[1] < 0.05 and conditioned(LN, "delta")[1] > 0.45

for expected in (0, 1):
    for reward in (0, 1):
        print(
            f"{'' if expected else 'not '}expected, {'' if reward else 'no '}reward: error {reward - expected:+d}"
        )

# %% [markdown] tags=["A9"]
# ## Logic from thresholds
#
# McCulloch & Pitts (1943): a unit fires if enough of its inputs are on; an *inhibitory* input that is on keeps it silent. That makes
# OR, AND, NOT, a majority, and so any logic:

# %% tags=["A9"]
pairs = ag.tensor([[0, 0], [0, 1], [1, 0], [1, 1]])
gates = {
    "OR": McCullochPitts([1, 1], threshold=1),
    "AND": McCullochPitts([1, 1], threshold=2),
    "NOT first": McCullochPitts([-1, 0], threshold=0),
}
for name, gate in gates.items():
    print(f"{name:10}", gate(pairs)[:, 0].tolist())
majority = McCullochPitts([1, 1, 1], threshold=2)
assert majority(ag.tensor([[1, 0, 1], [0, 0, 1]]))[:, 0].tolist() == [1, 0]

# %% [markdown] tags=["A10", "A11", "A12", "D2", "E6", "C1"]
# ## The perceptron
#
# Rosenblatt (1957) gave each input a weight that can be any number, and *learnt* it:
#
# $$p = \boldsymbol\theta^\top \mathbf x + b, \qquad a = \begin{cases} 1 & p > \rho \\ 0 & p \le \rho \end{cases} .$$
#
# (At equality, decks A and D say 0, others and our `nn.Step` say 1. It matters for points on the line only.) In general a network's answer
# is $Y = f(\sum_i w_i X_i)$; how the units are connected is its *topology*. With a pencil, $\mathbf x = (1, 0, 0.5)$, $\boldsymbol\theta = (1, -0.5, -1)$,
# $\rho = 0$: $p = 1 + 0 - 0.5 = 0.5 > 0$, so $a = 1$.

# %% tags=["A10", "A11", "A12", "E6", "D2"]
unit = nn.Perceptron(3)
with ag.no_grad():
    unit.weight.copy_(ag.tensor([[1.0, -0.5, -1.0]]))
x = ag.tensor([1.0, 0.0, 0.5])
assert unit.scores(x).item() == 0.5 and unit(x).item() == 1.0
print("pre-activation", unit.scores(x).item(), " activation", unit(x).item())

# %% [markdown] tags=["C1", "D2"]
# Where $\mathbf w^\top \mathbf x = \beta$ lies the border: a line in the plane, a *hyperplane* in general. $\mathbf w$ stands on it at a right angle
# (its *normal*), and its distance from the origin is $\beta / \lVert \mathbf w \rVert$. So one unit is a *linear* classifier.

# %% tags=["C1"]
w, beta = np.array([2.0, 1.0]), 2.0
foot = beta * w / (w @ w)
assert np.isclose(np.linalg.norm(foot), beta / np.linalg.norm(w)) and np.isclose(w @ foot, beta)
fig, ax = plt.subplots(figsize=(4.4, 3.8), layout="constrained")
along = np.array([w[1], -w[0]])
line = np.array([foot - 3 * along, foot + 3 * along])
ax.fill_betweenx(line[:, 1], line[:, 0], 4, color=BLUE, alpha=0.12)
ax.plot(*line.T, color=BLUE)
ax.annotate(
    "", foot + w / 2, foot, arrowprops={"arrowstyle": "->", "color": ORANGE, "linewidth": 2}
)
ax.annotate("", foot, (0, 0), arrowprops={"arrowstyle": "<->", "color": GREY})
ax.text(*(foot + w / 2 + 0.08), "w", color=ORANGE)
ax.text(0.15, 0.4, "β / ‖w‖", color=GREY)
ax.text(1.7, 1.6, "wᵀx > β: class 1")
ax.text(-1.5, -1.0, "wᵀx < β: class 0")
ax.set(xlim=(-1.8, 3), ylim=(-1.6, 2.6), xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
show(
    fig,
    "A line in the plane with its normal w, its distance from the origin, and a class on each side.",
)

# %% [markdown] tags=["D3", "A15", "A14"]
# ## Learning
#
# Take an example. If the answer is right, do nothing. If it should be 1, move the weights *towards* it, $\mathbf w + \eta \mathbf x$, and lower the
# threshold, $\theta - \eta$; if it should be 0, the other way, $\mathbf w - \eta \mathbf x$ and $\theta + \eta$. (The threshold is learnt like a weight, of an input that is
# always $-1$.) Deck A's algorithm draws a random example, computes its activation, updates, and stops when the weights have moved
# less than $\varepsilon$:

# %% tags=["D3", "A15"]
rng = np.random.default_rng(4)
points = np.vstack([rng.normal([-1.2, -0.8], 0.6, (15, 2)), rng.normal([1.2, 1.0], 0.6, (15, 2))])
labels = np.repeat([0, 1], 15)


def learn(points, labels, start, epsilon=1e-6, rate=0.1, most=9000, seed=0):
    """Weights and threshold after each update, until a pass over all moves them less than ε."""
    rng = np.random.default_rng(seed)
    w, theta, path = np.array(start[:2], float), float(start[2]), []
    for _ in range(most // len(points)):
        moved = 0.0
        for i in rng.permutation(len(points)):
            mistake = labels[i] - (w @ points[i] > theta)
            w, theta = w + rate * mistake * points[i], theta - rate * mistake
            moved += abs(mistake)
            if mistake:
                path.append((w, theta))
        if moved < epsilon:
            return path, True
    return path, False


path, ended = learn(points, labels, start=(-0.9, 0.9, 0.6))
print("ended:", ended, "after", len(path), "updates")
assert ended


# %% tags=["D3", "A15"]
def picture(w, theta):
    fig, ax = plt.subplots(figsize=(4, 3.1), layout="constrained")
    for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "s")):
        ax.scatter(*points[labels == label].T, c=colour, marker=marker, s=16)
    foot, along = theta * w / (w @ w), np.array([w[1], -w[0]]) / np.linalg.norm(w)
    ax.plot(*np.array([foot - 9 * along, foot + 9 * along]).T, color="black")
    ax.set(xlim=(-3, 3), ylim=(-2.6, 2.8))
    return fig


def wrong(w, theta):
    return int(((points @ w > theta) != labels).sum())


steps = [(np.array([-0.9, 0.9]), 0.6), *path][:20]
frames(
    [picture(*step) for step in steps],
    [f"update {k}: {wrong(*step)} of 30 wrong" for k, step in enumerate(steps)],
    alt="The perceptron's line turns with each update until it separates two clouds.",
    seconds=0.7,
)

# %% [markdown] tags=["A14"]
# This looks like gradient descent on $\frac12 \sum (h - y)^2$, $\theta \leftarrow \theta - \alpha \nabla J$, with $h$ the output. It is not quite: the threshold has
# no slope. It is the delta rule, with the threshold's output as the prediction. Lesson 4 puts a smooth function in its place.
#
# ## Does it end?
#
# **The convergence theorem** (Novikoff 1962): if a hyperplane separates the classes with the margin $\gamma$, and no example is longer than $R$,
# the rule ends after at most $(R / \gamma)^2$ updates. `nn.Perceptron.fit` counts them and knows the bound:

# %% tags=["A16"]
result = nn.Perceptron(2).fit(points, labels)
print(result)
assert result.converged and result.updates <= result.bound and result.wrong == 0

# %% [markdown] tags=["D4", "A13"]
# It ends with *some* line that separates, and which one depends on where it started and on the order. Here are twenty starts. Beside
# it the same in the *space of weights* (without threshold): each point is a classifier, each example cuts the plane in two, and what is left is
# the **version space**: all classifiers that make no mistake.

# %% tags=["D4", "A13"]
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.7), layout="constrained")
for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "s")):
    left.scatter(*points[labels == label].T, c=colour, marker=marker, s=16, zorder=3)
for seed in range(20):
    start = np.random.default_rng(seed).normal(size=3)
    found, ended = learn(points, labels, start, seed=seed)
    w, theta = found[-1] if found else (start[:2], start[2])
    assert ended and wrong(w, theta) == 0
    foot, along = theta * w / (w @ w), np.array([w[1], -w[0]]) / np.linalg.norm(w)
    left.plot(
        *np.array([foot - 9 * along, foot + 9 * along]).T, color="black", alpha=0.3, linewidth=1
    )
left.set(xlim=(-3, 3), ylim=(-2.6, 2.8), title="20 starts, 20 solutions")
w1, w2 = np.meshgrid(np.linspace(-1, 1, 300), np.linspace(-1, 1, 300))
few = [0, 3, 7, 16, 20, 25]
right_of_all = np.ones(w1.shape, bool)
for i in few:
    side = w1 * points[i, 0] + w2 * points[i, 1] > 0
    right_of_all &= side == bool(labels[i])
    right.contour(
        w1,
        w2,
        w1 * points[i, 0] + w2 * points[i, 1],
        levels=[0],
        colors=ORANGE if labels[i] else BLUE,
    )
right.contourf(w1, w2, right_of_all, levels=[0.5, 1.5], colors="#cfe3cf")
right.set(xlabel="$w_1$", ylabel="$w_2$", title="version space of six examples", aspect="equal")
show(
    fig,
    "Left: twenty lines that all separate. Right: the plane of weights cut by six lines; one sector is left.",
)
assert right_of_all.any()

# %% [markdown] tags=["A18", "E1", "D4"]
# **And if no line separates?** XOR, in deck E with targets $\pm 1$: $(0,0) \to -1$, $(1,0) \to 1$, $(0,1) \to 1$, $(1,1) \to -1$. Then the rule never ends, and goes round in a
# circle. There are two ways out: features that separate (lesson 5), or a hidden layer (lesson 6).

# %% tags=["A18", "E1", "D4"]
xor_x, xor_y = datasets.xor().tensors
assert (2 * xor_y - 1).tolist() == [-1, 1, 1, -1]
print(nn.Perceptron(2).fit(xor_x, xor_y))
w, seen = np.zeros(3), []
for _ in range(12):
    for x, y in zip(xor_x.numpy(), xor_y.numpy()):
        x = np.append(x, 1.0)
        w = w + (y - (w @ x >= 0)) * x
    seen.append(tuple(w))
print("weights after each pass:", *dict.fromkeys(seen))
assert len(set(seen)) < len(seen)  # it has been there before

# %% [markdown] tags=["A17"]
# **Several classes**: one unit a class, each for its own against the others. The targets are *one-hot*: class 0 is $(1,0,0)$, class 1 is $(0,1,0)$, class 2 is
# $(0,0,1)$; the largest score decides.

# %% tags=["A17"]
ag.manual_seed(0)
blob_x, blob_y = datasets.blobs(60, [[-2.0, 0.0], [2.0, 0.0], [0.0, 3.0]], cluster_std=0.4).tensors
print(F.one_hot(ag.arange(3), 3).tolist())
three = nn.Perceptron(2, 3)
print(three.fit(blob_x, blob_y))
assert (three.predict(blob_x) == blob_y).all()

# %% [markdown] tags=["D5", "E58", "E59"]
# ## Layers of threshold units
#
# Layer by layer, a network of threshold units is easily *computed*; what nobody knew was how to train it. Deck E's first exercise: hidden
# units $\mathrm{sign}(S - 0.2)$ with the weights $(0.4, 0.1)$, $(0, -0.4)$, $(-0.1, 0.4)$; the output unit $\mathrm{sign}(S - 0.2)$ with $(0.2, 0.2, 0.3)$. For $(-1, +1)$:
# $S - 0.2$ is $-0.5$, $-0.6$, $0.3$, so $-1, -1, 1$; the output has $-0.3$, so $-1$.

# %% tags=["D5", "E58", "E59"]
hidden, output = np.array([[0.4, 0.1], [0.0, -0.4], [-0.1, 0.4]]), np.array([0.2, 0.2, 0.3])
sums = hidden @ [-1, 1] - 0.2
assert np.allclose(sums, [-0.5, -0.6, 0.3]) and np.isclose(output @ np.sign(sums) - 0.2, -0.3)

rows = [
    (-1, 1, -1),
    (1, 1, 1),
    (1, -1, -1),
    (1, -1, 1),
    (-1, 1, 1),
    (1, 1, 1),
    (-1, -1, -1),
    (1, 1, -1),
    (-1, -1, -1),
    (1, 1, 1),
]
inputs, truth = np.array(rows)[:, :2], np.array(rows)[:, 2]
answers = np.sign(np.sign(inputs @ hidden.T - 0.2) @ output - 0.2)
assert answers.tolist() == [-1, 1, -1, -1, -1, 1, -1, 1, -1, 1]
print(f"accuracy {(answers == truth).sum()}/10")
for c in (1, -1):
    hits, said, there = (
        ((answers == c) & (truth == c)).sum(),
        (answers == c).sum(),
        (truth == c).sum(),
    )
    print(f"class {c:+d}: precision {hits}/{said}, recall {hits}/{there}")
    assert (hits, said, there) == ((3, 4, 5) if c == 1 else (4, 6, 5))

# %% [markdown] tags=["E60"]
# The second exercise has $\mathrm{sign}(S)$ without an offset, and a third hidden unit with $(0.1, 0.4)$. (The slide says "−1 for positive values", which would turn all its
# answers round; and its list names $(1, 1)$ twice.)

# %% tags=["E60"]
hidden = np.array([[0.4, 0.1], [0.0, -0.4], [0.1, 0.4]])
inputs = np.array([[0, -1], [1, 0], [-1, 1], [1, 1], [1, -1]])
states = np.sign(inputs @ hidden.T)
assert states.tolist() == [[-1, 1, -1], [1, 0, 1], [-1, -1, 1], [1, -1, 1], [1, 1, -1]]
assert np.sign(states @ output).tolist() == [-1, 1, -1, 1, 1]
print(np.column_stack([inputs, states, np.sign(states @ output)]).astype(int))

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("3.1")` helps, `solution("3.1")` shows a way.
#
# **3.1** Weights and threshold $(w_1, w_2, \theta)$ of a unit that fires if $w_1 x_1 + w_2 x_2 > \theta$, so that it computes "first, but not second".

# %%
answer = (..., ..., ...)
check.first_not_second(answer)

# %% [markdown]
# **3.2** A perceptron has $\mathbf w = (1, -1)$, $\theta = 0$, $\eta = 0.5$. The example $(2, 1)$ should give 0. What are $(w_1, w_2, \theta)$ after the update?

# %%
answer = (..., ..., ...)
check.one_update(answer)

# %% [markdown]
# **3.3** All examples have length 1, and a line separates them with a margin of 0.1. At most how many updates does the rule make?

# %%
answer = ...
check.most_updates(answer)

# %% [markdown]
# **3.4** Solve XOR with three threshold units: write `xor(x1, x2)` from `step(z)` (1 for $z > 0$, else 0), which is given as the third argument.


# %%
def xor(x1, x2, step):
    return ...


check.xor_by_units(xor)
