# %% [markdown]
# # 8. Optimisers
#
# **You will be able to** write momentum, AdaGrad, RMSProp and Adam from their formulas and check them against the library's; see
# on a surface what each does; say what stops a descent; and know when a method of second order is worth its price.
#
# **Needs** lessons 4 and 6. **Takes** 75 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot
from nn.data import datasets
from notebooks.course import check, frames, hint, reduced, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["E10", "A26"]
# ## A ball in a valley
#
# Gradient descent on $J = \frac{1}{2n} \sum (h - y)^2$: move *all* parameters at once, against the gradient, $\mathbf w \leftarrow \mathbf w - \eta \nabla J$.
# Its trouble is a valley: steep across, flat along. Our valley is $f = \frac12 (a^2 + 20\, b^2)$. With a pencil, from $(10, 1)$ with $\eta = 0.09$: the
# gradient is $(10, 20)$, so $a \to 9.1$ and $b \to 1 - 1.8 = -0.8$. It jumps from wall to wall:


# %% tags=["E10", "A26"]
def valley(a, b):
    return 0.5 * (a**2 + 20 * b**2)


def descend(make, steps=60, start=(10.0, 1.0), f=valley):
    """The path of an optimiser in the valley."""
    w = ag.tensor(start, dtype=ag.float64, requires_grad=True)
    optimizer = make([w])
    path = [w.detach().numpy().copy()]
    for _ in range(steps):
        optimizer.zero_grad()
        f(w[0], w[1]).backward()
        optimizer.step()
        path.append(w.detach().numpy().copy())
    return np.array(path)


path = descend(lambda w: optim.SGD(w, lr=0.09))
assert np.allclose(path[1], [9.1, -0.8])

a_grid, b_grid = np.meshgrid(np.linspace(-3, 11, 90), np.linspace(-1.5, 1.5, 60))
pictures = []
for k in (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 30, 45):
    fig, ax = plt.subplots(figsize=(5.6, 2.6), layout="constrained")
    ax.contour(
        a_grid, b_grid, valley(a_grid, b_grid), levels=np.geomspace(0.1, 60, 12), cmap="Blues_r"
    )
    ax.plot(*path[: k + 1].T, "o-", color=ORANGE, markersize=3)
    ax.set(xlabel="a", ylabel="b", xlim=(-3, 11), ylim=(-1.5, 1.5))
    pictures.append(fig)
frames(
    pictures,
    [f"step {k}" for k in (0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 30, 45)],
    alt="Descent zigzags from wall to wall of a valley.",
)

# %% [markdown] tags=["D31"]
# **Which rate?** Deck D: 0.1 or 0.01 online, $0.7/l$ for a batch of $l$ examples whose errors are *added*. Better: ask the Hessian. Along an
# eigenvector with eigenvalue $\lambda$ the error is multiplied by $1 - \eta \lambda$ at each step; it explodes if $\eta > 2/\lambda_{\max}$, and is best at
# $2 / (\lambda_{\min} + \lambda_{\max})$:

# %% tags=["D31"]
H = ag.func.hessian(lambda w: valley(w[0], w[1]))(ag.tensor([10.0, 1.0], dtype=ag.float64))
low, high = ag.linalg.eigvalsh(H).tolist()
print(
    f"eigenvalues {low:g} and {high:g}: best rate {2 / (low + high):.3f}, diverges above {2 / high:.3f}"
)
ends = {
    rate: np.linalg.norm(descend(lambda w, rate=rate: optim.SGD(w, lr=rate))[-1])
    for rate in (0.02, 2 / 21, 0.101)
}
for rate, distance in ends.items():
    print(f"rate {rate:.3f}: distance from the minimum after 60 steps {distance:.3g}")
assert ends[2 / 21] < ends[0.02] < ends[0.101] * 10 and ends[0.101] > 1

# %% [markdown] tags=["B34", "D34", "E40"]
# ## Momentum
#
# Let it roll like a ball: add a part of the last step to each step,
# $\Delta \mathbf w(\tau + 1) = -\eta \nabla E + \alpha\, \Delta \mathbf w(\tau)$, with $\alpha = 0.9$. Where the signs stay the same the steps add up, up to ten times; where they
# change they cancel. (The library keeps $\mathbf v \leftarrow \alpha \mathbf v + \nabla E$ and takes $\mathbf w \leftarrow \mathbf w - \eta \mathbf v$: the same as long as $\eta$ stays the same.)

# %% tags=["B34", "D34", "E40"]
w, step = np.array([10.0, 1.0]), np.zeros(2)
by_hand = [w]
for _ in range(60):
    step = -0.02 * w * [1, 20] + 0.9 * step
    w = w + step
    by_hand.append(w)
with_momentum = descend(lambda w: optim.SGD(w, lr=0.02, momentum=0.9))
assert np.allclose(by_hand, with_momentum)

bumpy = lambda x: 0.05 * x**2 + 0.15 * (1 - ag.cos(4 * x))  # noqa: E731
finals = {}
for momentum in (0.0, 0.9):
    x = ag.tensor(9.3, dtype=ag.float64, requires_grad=True)
    sgd = optim.SGD([x], lr=0.05, momentum=momentum)
    for _ in range(600):
        sgd.zero_grad()
        bumpy(x).backward()
        sgd.step()
    finals[momentum] = x.item()
print("on a road with bumps, from 9.3:", {m: round(x, 2) for m, x in finals.items()})
assert abs(finals[0.9]) < 0.5 < 2 < abs(finals[0.0])  # the ball left its minimum

# %% [markdown] tags=["B35"]
# **Nesterov** looks ahead: it takes the gradient where the momentum will carry it. Deck B writes it at $\mathbf w + \Delta \mathbf w$; the usual form has $\mathbf w + \alpha\, \Delta \mathbf w$. Which is
# better? Try both:


# %% tags=["B35"]
def nesterov(ahead, steps=40, rate=0.03, alpha=0.9):
    w, step, path = np.array([10.0, 1.0]), np.zeros(2), []
    for _ in range(steps):
        step = -rate * (w + ahead * step) * [1, 20] + alpha * step
        w = w + step
        path.append(w)
    return np.array(path)


forms = {
    "w + 0.9 Δw (usual)": nesterov(0.9),
    "w + Δw (deck B)": nesterov(1.0),
    "no look-ahead": nesterov(0.0),
}
fig, ax = plt.subplots(figsize=(6.2, 3), layout="constrained")
for (name, path), colour in zip(forms.items(), (BLUE, ORANGE, GREY)):
    ax.semilogy(valley(*path.T), color=colour, label=name)
    print(f"{name:20} f after 40 steps {valley(*path[-1]):.1e}")
ax.set(xlabel="step", ylabel="f")
ax.legend(frameon=False)
show(fig, "f over steps: both forms of Nesterov's look-ahead fall faster than plain momentum.")
assert max(valley(*forms[k][-1]) for k in list(forms)[:2]) < valley(*forms["no look-ahead"][-1])

# %% [markdown] tags=["B36", "B37", "B38", "D42"]
# ## A rate of its own for each weight
#
# Divide each component by a measure of how large its gradients were (all operations number by number):
#
# $$\begin{aligned}
# \text{AdaGrad} && \mathbf r &\leftarrow \mathbf r + \mathbf g^2 & \mathbf w &\leftarrow \mathbf w - \eta\, \mathbf g / (\sqrt{\mathbf r} + \varepsilon) \\
# \text{RMSProp} && \mathbf r &\leftarrow \rho\, \mathbf r + (1 - \rho)\, \mathbf g^2 & \mathbf w &\leftarrow \mathbf w - \eta\, \mathbf g / (\sqrt{\mathbf r} + \varepsilon) \\
# \text{Adam} && \mathbf m &\leftarrow \beta_1 \mathbf m + (1 - \beta_1)\, \mathbf g & \mathbf w &\leftarrow \mathbf w - \eta\, \hat{\mathbf m} / (\sqrt{\hat{\mathbf r}} + \varepsilon)
# \end{aligned}$$
#
# AdaGrad's sum only grows, so its steps shrink for ever; RMSProp forgets (deck B: $\rho = 0.9$; the library's default is 0.99). Adam has momentum, and a *bias correction*: $\mathbf m$ and
# $\mathbf r$ start at 0, so in step $t$ they are divided by $1 - \beta^t$. (In deck B's vector form $\mathbf m$ carries the minus sign of the step.) Each in one line of NumPy, against the library:


# %% tags=["B36", "B37", "B38", "D42"]
def adagrad(g, s, t):
    s["r"] = s.get("r", 0) + g**2
    return 0.5 * g / (np.sqrt(s["r"]) + 1e-10)


def rmsprop(g, s, t):
    s["r"] = 0.9 * s.get("r", 0) + 0.1 * g**2
    return 0.05 * g / (np.sqrt(s["r"]) + 1e-8)


def adam(g, s, t):
    s["m"] = 0.9 * s.get("m", 0) + 0.1 * g
    s["r"] = 0.999 * s.get("r", 0) + 0.001 * g**2
    m, r = s["m"] / (1 - 0.9**t), s["r"] / (1 - 0.999**t)
    return 0.3 * m / (np.sqrt(r) + 1e-8)


pairs = {
    "AdaGrad": (adagrad, lambda w: optim.Adagrad(w, lr=0.5)),
    "RMSProp": (rmsprop, lambda w: optim.RMSprop(w, lr=0.05, alpha=0.9)),
    "Adam": (adam, lambda w: optim.Adam(w, lr=0.3)),
}
for name, (rule, make) in pairs.items():
    w, state = np.array([10.0, 1.0]), {}
    for t in range(1, 61):
        w = w - rule(w * [1, 20], state, t)
    assert np.allclose(w, descend(make)[-1]), name
print("all three agree with the library over 60 steps")

g = 1e-6  # a tiny gradient, ε = 1e-8: outside the root, and inside
print(
    f"AdaGrad's first step for g = 1e-6: ε outside {g / (np.sqrt(g**2) + 1e-8):.3f}, inside {g / np.sqrt(g**2 + 1e-8):.3f} of η"
)
assert g / (np.sqrt(g**2) + 1e-8) > 0.9 > 0.1 > g / np.sqrt(g**2 + 1e-8)

# %% [markdown] tags=["E41", "B36"]
# (Deck B has $\varepsilon$ *inside* the root. For tiny gradients that makes a hundredfold difference.) All on one surface, Rosenbrock's curved valley:


# %% tags=["E41"]
def rosenbrock(a, b):
    return (1 - a) ** 2 + 20 * (b - a**2) ** 2


makers = {
    "SGD": lambda w: optim.SGD(w, lr=2e-3),
    "momentum": lambda w: optim.SGD(w, lr=2e-3, momentum=0.9),
    "AdaGrad": lambda w: optim.Adagrad(w, lr=0.3),
    "RMSProp": lambda w: optim.RMSprop(w, lr=0.02, alpha=0.9),
    "Adam": lambda w: optim.Adam(w, lr=0.1),
}
paths = {name: descend(make, 150, (-1.4, 1.2), rosenbrock) for name, make in makers.items()}
figure = plot.loss_surface(rosenbrock, paths=paths, limits=((-1.8, 1.6), (-0.8, 2.2)))
show(
    figure,
    "Paths of five optimisers in a curved valley from the same start towards its lowest point.",
)
for name, path in paths.items():
    print(f"{name:9} f after 150 steps {rosenbrock(*path[-1]):.4f}")
assert rosenbrock(*paths["momentum"][-1]) < rosenbrock(*paths["SGD"][-1])

# %% [markdown] tags=["D44", "D42"]
# **Rprop** looks at *signs* only: each weight has a step of its own, which grows (× 1.2) while the sign stays, and shrinks (× 0.5) when it changes. In the valley
# neither slope nor scale matters. It needs exact signs, so the whole batch.

# %% tags=["D44"]
rprop = descend(lambda w: optim.Rprop(w, lr=0.1), 40)
scaled = descend(lambda w: optim.Rprop(w, lr=0.1), 40, f=lambda a, b: 1000 * valley(a, b))
print(f"f after 40 steps {valley(*rprop[-1]):.1e}")
print("with f a thousand times larger, the same path:", np.allclose(rprop, scaled))
assert np.allclose(rprop, scaled) and valley(*rprop[-1]) < 1e-3

# %% [markdown] tags=["D22", "D32"]
# ## An estimate is enough
#
# The gradient of a mini-batch is an *estimate* of the whole one. Its spread falls with the root of the batch size: four times the work for
# half the noise. So small batches pay: for the same number of examples seen they take more steps.

# %% tags=["D22", "D32"]
ag.manual_seed(0)
images, labels = datasets.mnist_sample().tensors
x, y = images.reshape(-1, 784)[:4000], labels[:4000]
linear = nn.Linear(784, 10)


def gradient(rows):
    (g,) = ag.grad(F.cross_entropy(linear(x[rows]), y[rows]), [linear.weight])
    return g.numpy()


whole = gradient(ag.arange(4000))
for batch in (4, 16, 64, 256):
    errors = [np.linalg.norm(gradient(ag.randint(0, 4000, (batch,))) - whole) for _ in range(20)]
    spread = np.mean(errors) / np.linalg.norm(whole)
    print(f"batch {batch:4}: distance from the whole gradient {spread:.2f} of its length")

losses = {}
for name, batch, rate in (("online", 1, 0.01), ("mini-batch", 50, 0.1), ("batch", 4000, 0.5)):
    ag.manual_seed(1)
    model = nn.Linear(784, 10)
    history = optim.fit(
        model, (x[: size(4000, 400)], y[: size(4000, 400)]), loss=F.cross_entropy, epochs=2, batch_size=min(batch, size(4000, 400)),
        optimizer=optim.SGD(model.parameters(), lr=rate), progress=False,
    )  # fmt: skip
    losses[name] = optim.evaluate(model, (x, y), F.cross_entropy)["loss"]
print("loss after two passes over the data:", {k: round(v, 3) for k, v in losses.items()})
assert losses["mini-batch"] < losses["batch"] and losses["online"] < losses["batch"]

# %% [markdown] tags=["D43"]
# ## Second order
#
# The Hessian knows the shape of the valley. **Newton** jumps to the lowest point of the parabola that fits; **quasi-Newton** (BFGS) guesses the Hessian
# from gradients; **conjugate gradients** choose directions that do not spoil each other; **Levenberg–Marquardt** uses that the error is a sum of
# squares. Fewer steps, each dearer. They want the whole batch, and the library a *closure* that computes the loss; we count how often it is called:


# %% tags=["D43"]
def evaluations(make, residuals=False, goal=1e-8, most=3000):
    """How often the loss is evaluated until it is below the goal."""
    w = ag.tensor([-1.4, 1.2], dtype=ag.float64, requires_grad=True)
    optimizer = make([w])
    count = 0

    def closure():
        nonlocal count
        count += 1
        if residuals:
            return ag.stack([1 - w[0], 20**0.5 * (w[1] - w[0] ** 2)])
        optimizer.zero_grad()
        loss = rosenbrock(w[0], w[1])
        if isinstance(optimizer, optim.LBFGS | optim.SGD):
            loss.backward()  # the others do that themselves
        return loss

    while count < most and rosenbrock(w[0], w[1]).item() > goal:
        optimizer.step(closure)
    return count


counts = {
    "descent": evaluations(lambda w: optim.SGD(w, lr=5e-3)),
    "conjugate gradients": evaluations(lambda w: optim.ConjugateGradient(w)),
    "quasi-Newton (L-BFGS)": evaluations(lambda w: optim.LBFGS(w, line_search_fn="strong_wolfe")),
    "Newton": evaluations(lambda w: optim.Newton(w)),
    "Levenberg–Marquardt": evaluations(lambda w: optim.LevenbergMarquardt(w), residuals=True),
}
for name, count in counts.items():
    print(f"{name:22} {count:5} evaluations to f < 1e-8{' and not there' if count >= 3000 else ''}")
assert max(list(counts.values())[1:]) < counts["descent"] / 3

# %% [markdown] tags=["B2", "B3"]
# ## Are there bad minima?
#
# A network's surface has many minima, and descent may end in a poor one. Fifty starts for each width: wide networks hardly do. And a gradient of
# 0 need be no minimum at all, in many dimensions hardly ever: it is a **saddle**, where the Hessian has negative eigenvalues as well, so that there is a way
# down. With all weights 0, a network for OR stands on one.

# %% tags=["B2", "B3"]
xor_x, xor_y = datasets.xor().tensors
target = xor_y.to(ag.float64)
finals = {}
for width in (2, 4, 16, 64):
    last = []
    for seed in range(size(50, 4)):
        ag.manual_seed(seed)
        net = nn.MLP([2, width, 1], "tanh").to(ag.float64)
        sgd = optim.Rprop(net.parameters(), lr=0.05)
        for _ in range(60):
            sgd.zero_grad()
            loss = F.binary_cross_entropy_with_logits(net(xor_x.to(ag.float64))[:, 0], target)
            loss.backward()
            sgd.step()
        last.append(loss.item())
    finals[width] = np.array(last)
fig, axes = plt.subplots(1, 4, figsize=(9.4, 2.4), layout="constrained", sharey=True)
for ax, (width, last) in zip(axes, finals.items()):
    ax.hist(last, bins=np.linspace(0, 0.75, 16), color=BLUE)
    ax.set(title=f"{width} hidden units", xlabel="final loss")
axes[0].set_ylabel("starts")
show(
    fig,
    "Final losses of fifty starts: with two hidden units many get stuck, with sixteen and more none.",
)
if not reduced():
    assert (finals[2] > 0.1).mean() > 0.1 > (finals[16] > 0.1).mean()

either = ag.tensor([0.0, 1.0, 1.0, 1.0], dtype=ag.float64)  # OR
net = nn.MLP([2, 2, 1], "tanh").to(ag.float64)
start = ag.zeros(9, dtype=ag.float64)
start[-1] = np.log(3)  # all weights 0, and the output's bias right for three ones of four


def loss_of(vector):
    parts = vector.split([p.numel() for p in net.parameters()])
    weights = {
        name: part.reshape(p.shape) for (name, p), part in zip(net.named_parameters(), parts)
    }
    scores = ag.func.functional_call(net, weights, (xor_x.to(ag.float64),))[:, 0]
    return F.binary_cross_entropy_with_logits(scores, either)


slope = float(ag.func.grad(loss_of)(start).norm())
curvature = ag.linalg.eigvalsh(ag.func.hessian(loss_of)(start)).numpy()
print(f"gradient {slope:.0e}; eigenvalues of the Hessian", curvature.round(3))
assert slope < 1e-12 and curvature.min() < -0.01 < 0.01 < curvature.max()

# %% [markdown] tags=["D35", "E32", "D33"]
# ## When to stop
#
# After a number of epochs; when the error is below a bound; when it improves no more (relatively); when the weights or the gradient hardly move; when the error on *validation*
# data has passed its best (lesson 9). `optim.StopWhen` has all of them, alone and together. And **selective presentation** saves work on the way: for some epochs show only the examples whose error is still
# large.

# %% tags=["D35", "E32", "D33"]
points = datasets.moons(400, noise=0.15)
criteria = {
    "epochs": {"epochs": 30},
    "error bound": {"reaches": 0.1},
    "relative improvement": {"improvement": 1e-3},
    "rate of change": {"change": 1e-3},
    "weight change": {"weight_change": 0.02},
    "gradient norm": {"gradient_norm": 0.02},
    "validation peak": {"peak": 5},
    "bound and weights, both": {"reaches": 0.2, "weight_change": 0.1, "all": True},
}
for name, options in criteria.items():
    ag.manual_seed(3)
    model = nn.MLP([2, 16, 2], "tanh")
    history = optim.fit(
        model, points, datasets.moons(200, noise=0.15), loss=F.cross_entropy, optimizer=optim.Adam(model.parameters(), lr=0.02),
        epochs=150, callbacks=[optim.StopWhen(**options)], progress=False,
    )  # fmt: skip
    print(f"{name:24} epoch {len(history):3}  {history.stopped}")
    assert history.stopped

for callbacks in ([], [optim.selective_presentation(share=0.2, epochs=3)]):
    ag.manual_seed(3)
    model = nn.MLP([2, 16, 2], "tanh")
    history = optim.fit(
        model,
        points,
        loss=F.cross_entropy,
        optimizer=optim.Adam(model.parameters(), lr=0.02),
        epochs=50 if callbacks else 20,
        callbacks=callbacks,
        progress=False,
    )
    seen = sum(e.get("examples", 400) for e in history.epochs)
    print(
        f"{'selective' if callbacks else 'all':9} {seen:6.0f} examples seen, accuracy {optim.evaluate(model, points, F.cross_entropy)['accuracy']:.1%}"
    )

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("8.1")` helps, `solution("8.1")` shows a way.
#
# **8.1** $f(w) = 3 w^2$. Above which rate does gradient descent explode?

# %%
answer = ...
check.largest_rate(answer)

# %% [markdown]
# **8.2** The gradient is 1 in every step, the rate 0.1, momentum $\alpha = 0.9$, and the first $\Delta w$ is $-0.1$. How long is a step in the long run (as a
# positive number)?

# %%
answer = ...
check.terminal_speed(answer)

# %% [markdown]
# **8.3** Adam's first step, $t = 1$, with $\eta = 0.001$ and a gradient of 500, $\varepsilon$ negligible. By how much does the weight change?

# %%
answer = ...
check.first_step_of_adam(answer)

# %% [markdown]
# **8.4** Write `rprop_step(step, g, g_before)`: the new step size of one weight, with the factors 1.2 and 0.5; if one of the gradients is 0, it stays.


# %%
def rprop_step(step, g, g_before):
    return ...


check.rprop_step(rprop_step)
