# %% [markdown]
# # 1. Backpropagation
#
# A neural network is a long formula with many numbers in it, its *weights*. To train it, we ask for each weight: if I
# make it a little larger, does the error grow or shrink, and how fast? These are derivatives, often millions of them.
# Backpropagation finds them all in one walk over the formula, for about the price of computing the formula a few times.
#
# In this lesson you will
#
# 1. differentiate a small formula by hand, and check the result,
# 2. see the same formula as a *graph*, and walk over it backwards,
# 3. learn what a *rule* is, why the order of the walk matters, and what happens at a fork,
# 4. differentiate derivatives, find a wrong rule, write one of your own,
# 5. train a neuron.

# %%
import math
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
from autograd_core.engine.graph import topological_order
from nn.data import datasets

# %% [markdown]
# ## A derivative by hand
#
# One neuron gets an input $x$, has a weight $w$ and a bias $b$, and answers $y = \tanh(wx + b)$. The right answer would
# be $t$, so its error is
#
# $$L = (y - t)^2, \qquad y = \tanh(z), \qquad z = w x + b .$$
#
# Each step has a simple derivative:
#
# $$\frac{dL}{dy} = 2\,(y - t), \qquad \frac{dy}{dz} = 1 - y^2, \qquad \frac{dz}{dw} = x, \qquad \frac{dz}{db} = 1 .$$
#
# The chain rule multiplies them:
#
# $$\frac{dL}{dw} = 2\,(y - t)\,(1 - y^2)\,x, \qquad \frac{dL}{db} = 2\,(y - t)\,(1 - y^2) .$$

# %%
x, t = 1.5, 1.0
w, b = -0.4, 0.2


def error(w, b):
    return (math.tanh(w * x + b) - t) ** 2


y = math.tanh(w * x + b)
dw = 2 * (y - t) * (1 - y**2) * x
db = 2 * (y - t) * (1 - y**2)
print(f"L = {error(w, b):.6f}   dL/dw = {dw:.6f}   dL/db = {db:.6f}")

# %% [markdown]
# Is that right? We can always ask the formula itself. Move $w$ a little to both sides and see how much $L$ changes (a
# *central difference*):
#
# $$\frac{dL}{dw} \approx \frac{L(w + h) - L(w - h)}{2h} .$$

# %%
h = 1e-5
print(f"dL/dw ≈ {(error(w + h, b) - error(w - h, b)) / (2 * h):.6f}")
print(f"dL/db ≈ {(error(w, b + h) - error(w, b - h)) / (2 * h):.6f}")

# %% [markdown]
# They agree. So why not always use differences? Because each number costs two evaluations of the whole formula. With a
# million weights that is two million evaluations for a single step of training. We keep them as a *check*.
#
# The derivative is the slope of the tangent. Here it is negative: to make the error smaller, make $w$ larger.

# %%
ws = np.linspace(-2, 2, 200)
fig, ax = plt.subplots(figsize=(5.5, 3.2))
ax.plot(ws, [error(v, b) for v in ws], label="L(w)")
near = np.array([w - 0.7, w + 0.7])
ax.plot(near, error(w, b) + dw * (near - w), "--", label=f"slope {dw:.2f}")
ax.plot(w, error(w, b), "o", color="black")
ax.set(xlabel="w", ylabel="L")
ax.legend(frameon=False)
# %% [markdown]
# ## The graph
#
# Now the same with tensors. A `Tensor` is a number (or an array of numbers) that remembers how it was computed.
# `requires_grad=True` marks those whose derivatives we want. We write the formula as always; every operation on the way
# adds a box to a graph.

# %%
x, t = ag.tensor(1.5), ag.tensor(1.0)
w = ag.tensor(-0.4, requires_grad=True)
b = ag.tensor(0.2, requires_grad=True)

z = w * x + b
y = z.tanh()
loss = (y - t) ** 2

names = {"x": x, "t": t, "w": w, "b": b, "z": z, "y": y, "loss": loss}
ag.draw(loss, names=names)

# %% [markdown]
# Blue boxes are the *leaves*, the numbers we made ourselves. Grey boxes are operations. The dashed boxes are constants: an
# operation needs their value, but nobody asked for their derivative. Read the picture downwards and it is the
# computation.
#
# Now one call walks it upwards and leaves the derivatives in `.grad`:

# %%
loss.backward()
print("dL/dw =", w.grad)
print("dL/db =", b.grad)


# %% [markdown]
# The same numbers as by hand.
#
# **The program is the graph.** Nobody declared the graph beforehand. It was made while the lines ran, so loops and
# conditions are allowed: the graph shows what really happened. (This is called *define by run*.) For example the old
# Babylonian way to a square root, which repeats $r \leftarrow (r + a/r)/2$ until it is good enough:


# %%
def babylonian_root(a):
    r = a
    while abs(r.item() ** 2 - a.item()) > 1e-10:
        r = (r + a / r) / 2
    return r


a = ag.tensor(2.0, dtype=ag.float64, requires_grad=True)
r = babylonian_root(a)
r.backward()
print(f"root of 2:      {r.item():.9f}   (right: {math.sqrt(2):.9f})")
print(f"its derivative: {a.grad.item():.9f}   (right: {1 / (2 * math.sqrt(2)):.9f})")

# %% [markdown]
# We never told it that $\frac{d}{da}\sqrt a = \frac{1}{2\sqrt a}$. It differentiated the loop.
#
# ## The chain rule, node by node
#
# Give each node $v$ of the graph a second number beside its value, the *gradient* of the result with respect to it:
#
# $$\bar v = \frac{\partial L}{\partial v} .$$
#
# At the end of the graph $\bar L = 1$. A node that was used by several others gets a share from each of them:
#
# $$\bar v = \sum_{u \,:\, u \text{ uses } v} \bar u \; \frac{\partial u}{\partial v} .$$
#
# That is all of backpropagation: start with 1 at the bottom, walk upwards, and at each node multiply by one simple
# derivative. Here are all the values and gradients of our neuron at once:

# %%
z = w * x + b
y = z.tanh()
loss = (y - t) ** 2
names |= {"z": z, "y": y, "loss": loss}
ag.draw(loss, values=True, names=names)

# %% [markdown]
# And here is the walk in slow motion. Press the buttons (or the arrow keys) to go from node to node. Each step says which
# gradient arrived, and what the node passes on. Boxes that are still pale have to wait.

# %%
ag.replay(loss, names=names)

# %% [markdown]
# The same as text, for reading at leisure:

# %%
print(ag.replay(loss, names=names))

# %% [markdown]
# ## What is a rule?
#
# Every operation brings along one *rule* for each of its inputs. A rule answers one question only: *here is the gradient
# $g$ of my output; what is the gradient of my input?*
#
# | operation | rule for $x$ | rule for $y$ |
# | :-- | :-- | :-- |
# | $x + y$ | $g$ | $g$ |
# | $x \cdot y$ | $g\,y$ | $g\,x$ |
# | $x / y$ | $g / y$ | $-g\,x / y^2$ |
# | $o = e^x$ | $g\,o$ | |
# | $o = \tanh x$ | $g\,(1 - o^2)$ | |
# | sum of all elements of $x$ | $g$, for each element | |
# | $X Y$ (matrices) | $g\,Y^\top$ | $X^\top g$ |
#
# What if input and output are arrays? Then the derivative of $\mathbf o = f(\mathbf x)$ is a whole matrix, the
# *Jacobian* $J_{ij} = \partial o_i / \partial x_j$, and the chain rule says
#
# $$\mathbf g_x = J^\top \mathbf g .$$
#
# So a rule is a **vector–Jacobian product**, a *vjp*. The point is that a rule computes this product without ever
# building $J$. See it with $\tanh$ on four numbers. `ag.func.jacrev` builds the Jacobian for us, to compare:

# %%
v = ag.tensor([-1.0, 0.0, 0.5, 2.0], requires_grad=True)
g = ag.tensor([1.0, 10.0, 100.0, 1000.0])

J = ag.func.jacrev(ag.tanh)(v).detach()
o = v.tanh()
(by_rule,) = ag.grad(o, v, grad_outputs=g)
print("J =", J, sep="\n")
print("J^T g =", J.T @ g)
print("rule  =", by_rule)

# %% [markdown]
# The Jacobian of a function that works number by number is diagonal, so the rule is one multiplication for each number.
# For a layer with a thousand inputs and outputs, $J$ would have a million entries, nearly all of them 0.
#
# For a product of matrices the shapes alone nearly tell the rule. With $X$ of shape $(N, I)$ and $W$ of shape $(I, O)$,
# the output and $g$ have shape $(N, O)$. The gradient of $W$ must have the shape of $W$, and $X^\top g$ is the only
# product that fits:

# %%
X = ag.randn(5, 3)
W = ag.randn(3, 2, requires_grad=True)
g = ag.randn(5, 2)
(found,) = ag.grad(X @ W, W, grad_outputs=g)
print("shape of the gradient:", found.shape)
print("equal to X^T g:", np.allclose(found, X.T @ g))

# %% [markdown]
# ## Why the order matters
#
# A node may pass its gradient on only when it is *complete*: when every node that uses it has had its turn. So the walk
# needs an order in which every node comes after all its users, a *topological order*. This engine has it for nothing. It
# gives each node a number when it is made, and a node can only be made after its inputs. Sort by that number, latest
# first:

# %%
for node in topological_order([loss.grad_fn]):
    print(f"made as number {node.order}: {node.name}")

# %% [markdown]
# (Only differences between the numbers matter: one counter serves the whole program.)
#
# Suppose we were careless, and each node sent its gradient on as soon as *something* arrived. It would still be right if
# we sent every piece along every path and added the pieces in the end. But count the paths! Here each step uses its
# input twice, so the number of paths doubles 60 times:

# %%
x60 = ag.tensor(1.0, dtype=ag.float64, requires_grad=True)
y60 = x60
for _ in range(60):
    y60 = y60 + y60
y60.backward()
print(f"paths from the end to the start: {int(x60.grad.item()):,}")
print(f"nodes in the graph:              {len(topological_order([y60.grad_fn]))}")

# %% [markdown]
# A walk along every path would take longer than your life. In topological order it takes 61 steps.
#
# ## Forks: gradients add up
#
# What is used twice gets two shares. For $f(x) = x \sin x$ the product rule says $f' = \sin x + x \cos x$: one term for
# each use of $x$. Look at the last step below: the gradient of the leaf came from two places.

# %%
u = ag.tensor(2.0, requires_grad=True)
f = u * u.sin()
print(ag.replay(f, names={"u": u}))
print()
print(f"by hand: sin 2 + 2 cos 2 = {math.sin(2) + 2 * math.cos(2):.4f}")

# %% [markdown]
# The same happens *between* calls: `backward` adds to `.grad`, it does not replace what is there. This is useful (the
# gradients of two batches can be added), and it is the most common mistake of beginners. Before the next step of training
# you must clear it.

# %%
u = ag.tensor(3.0, requires_grad=True)
for _ in range(3):
    (u * u).backward()
    print("u.grad =", u.grad)
u.grad = None
(u * u).backward()
print("cleared first:", u.grad)

# %% [markdown]
# A graph is used up by its walk: what the rules had saved is thrown away at once, to save memory. So one graph can be
# walked only once, unless you ask to keep it:

# %%
f = u.sin() * 2
f.backward()
try:
    f.backward()
except RuntimeError as problem:
    print(fill(str(problem), 100))

# %% [markdown]
# ## Without a record: `no_grad`
#
# Not everything should be recorded. When we *change* a weight after a step of training, that change is not part of the
# formula. The engine protects us from doing it by accident:

# %%
w = ag.tensor(-0.4, requires_grad=True)
try:
    w -= 0.1
except RuntimeError as problem:
    print(fill(str(problem), 100))

with ag.no_grad():
    w -= 0.1
    doubled = 2 * w
print()
print("changed:", w)
print("computed under no_grad, so without a history:", doubled)

# %% [markdown]
# `x.detach()` does the same for one tensor: the same numbers, without the history. Nothing flows back through it.

# %%
u = ag.tensor(3.0, requires_grad=True)
(u * u.detach()).backward()
print("derivative of u · 3, not of u²:", u.grad)

# %% [markdown]
# ## Derivatives of derivatives
#
# A derivative is computed by operations too. With `create_graph=True` they are recorded like all others, and so the
# derivative can be differentiated again, as often as we like. The derivatives of the sine go round in a circle of four:

# %%
xs = ag.linspace(-math.pi, math.pi, 200).requires_grad_()
curve = xs.sin()
fig, ax = plt.subplots(figsize=(6.5, 3.2))
ax.plot(xs.detach(), curve.detach(), label="sin")
for order in range(1, 5):
    (curve,) = ag.grad(curve.sum(), xs, create_graph=True)
    style = {"linestyle": ":", "linewidth": 4} if order == 4 else {}
    ax.plot(xs.detach(), curve.detach(), label=f"derivative {order}", **style)
ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
ax.set(xlabel="x")
# %% [markdown]
# (Why the `sum`? Element $i$ of the result depends on element $i$ of `xs` only. So the gradient of the sum has, at place
# $i$, just the derivative at $x_i$: two hundred derivatives in one walk.)
#
# **Newton's method** uses two derivatives. To find the lowest point of $f$, it puts a parabola under the curve and jumps
# to the parabola's lowest point:
#
# $$x \leftarrow x - \frac{f'(x)}{f''(x)} .$$
#
# For $f(x) = e^x - 2x$ we know the answer: $f'(x) = e^x - 2 = 0$, so $x = \ln 2$.

# %%
v = ag.tensor(2.0, dtype=ag.float64, requires_grad=True)
for step in range(6):
    f = v.exp() - 2 * v
    (slope,) = ag.grad(f, v, create_graph=True)
    (curvature,) = ag.grad(slope, v)
    print(f"step {step}: x = {v.item():.15f}, off by {abs(v.item() - math.log(2)):.1e}")
    with ag.no_grad():
        v -= slope / curvature


# %% [markdown]
# Near the end, the number of right digits doubles at each step.
#
# ## A rule of your own, and a wrong one
#
# You can add an operation with `ag.Function`: what it computes (`forward`), and its rule (`backward`). `ctx` carries what
# the rule will need. Here is the *softplus*, a smooth version of $\max(0, x)$:
#
# $$s(x) = \ln(1 + e^x), \qquad s'(x) = \frac{1}{1 + e^{-x}} .$$
#
# Never trust a new rule: `ag.gradcheck` compares it with central differences.


# %%
class Softplus(ag.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (1 + x.exp()).log()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x.sigmoid()


points = ag.linspace(-3, 3, 7, dtype=ag.float64).requires_grad_()
print("first derivative right: ", ag.gradcheck(Softplus.apply, points))
print("second derivative right:", ag.gradgradcheck(Softplus.apply, points))


# %% [markdown]
# The second derivative works too, because `backward` is itself written with operations on tensors.
#
# Now a rule with a mistake that happens easily. The derivative of $\sin 3x$ is $3 \cos 3x$, and somebody forgot the inner
# derivative:


# %%
class SineOfThreeX(ag.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (3 * x).sin()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (3 * x).cos()


try:
    ag.gradcheck(SineOfThreeX.apply, points)
except RuntimeError as problem:
    print(fill(str(problem), 100))

# %% [markdown]
# Read the report slowly. It names the worst element (`[3]` is the middle point, 0). *Analytic* is what the rule says, 1;
# *numeric* is what the differences say, 3. Seven of 49 elements disagree, the diagonal of the 7×7 Jacobian; all others
# are rightly 0. And as the quotient is the same at all seven points, the likely cause is a forgotten factor: the rule
# gives a third of what it should.
#
# Two remarks on central differences. They need `float64`: with seven digits, as in `float32`, too few are left after the
# subtraction. And they are good in smooth places only: at the corner of $\max(0, x)$ they give the mean of both
# slopes, ½, which is neither.
#
# ## A neuron that learns
#
# Two clouds of points, one of class 0, one of class 1. A neuron with two weights shall say how likely it is that a point
# $\mathbf x$ is of class 1:
#
# $$p = \sigma(\mathbf w \cdot \mathbf x + b), \qquad \sigma(z) = \frac{1}{1 + e^{-z}} .$$
#
# The usual error for this is the *cross-entropy*. It is small if the right class got a high probability:
#
# $$L = -\frac1N \sum_{i=1}^{N} \bigl( y_i \ln p_i + (1 - y_i) \ln (1 - p_i) \bigr) .$$
#
# Training is *gradient descent*: go a small step against the gradient, again and again. This is called *logistic
# regression*, and the loop is ten lines:

# %%
ag.manual_seed(1)
centers = [[-1.0, -0.5], [1.2, 1.0]]
points, labels = datasets.blobs(200, centers, cluster_std=0.9).tensors

w = ag.zeros(2, requires_grad=True)
b = ag.zeros(1, requires_grad=True)
rate, losses = 0.5, []
for _ in range(150):
    p = (points @ w + b).sigmoid()
    loss = -(labels * p.log() + (1 - labels) * (1 - p).log()).mean()
    loss.backward()
    losses.append(loss.item())
    with ag.no_grad():
        for parameter in (w, b):
            parameter -= rate * parameter.grad
            parameter.grad = None

correct = ((p > 0.5) == (labels > 0)).float().mean().item()
print(f"error {losses[0]:.3f} -> {losses[-1]:.3f}, {correct:.1%} of the points right")
print("w =", w.detach(), "  b =", b.detach())

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
left.plot(losses)
left.set(xlabel="step", ylabel="cross-entropy", title="the error falls")

x1, x2 = np.meshgrid(np.linspace(-4, 4, 120), np.linspace(-4, 4, 120))
with ag.no_grad():
    probability = (w[0] * x1 + w[1] * x2 + b).sigmoid()
shades = right.contourf(x1, x2, probability, levels=20, cmap="coolwarm", alpha=0.6)
right.contour(x1, x2, probability, levels=[0.5], colors="black")
right.scatter(*points.T, c=labels, cmap="coolwarm", edgecolors="white", s=22)
right.set(title="probability of class 1; the line is p = 0.5", aspect="equal")
fig.colorbar(shades, ax=right)

# %% [markdown]
# The line where $p = 0.5$ is straight, because $p$ depends on $\mathbf w \cdot \mathbf x + b$ only. For classes that no
# straight line can part, a second layer is needed. That is the next lesson: *2. LeNet on MNIST*.
#
# ## Exercises
#
# 1. **By hand.** Differentiate $L = (w_2 \tanh(w_1 x) - t)^2$ by $w_1$ and $w_2$ on paper. Check with `backward`, and look
#    at `ag.replay`.
# 2. **A pleasant surprise.** With $p = \sigma(z)$ and $L = -y \ln p - (1 - y) \ln(1 - p)$, show that
#    $dL/dz = p - y$. Then check it: make `z` a leaf, and compare `z.grad` with `p - y`.
# 3. **Too sure.** In the last example, set `rate = 0.5` to `5000`. The error becomes `nan`. Which line does it, and why?
#    Repair it with `nn.functional.binary_cross_entropy_with_logits`, which takes $z$ instead of $p$. (Hint: what is
#    `1 - p` in `float32` if $z = 20$?)
# 4. **A rule of your own.** Write `ag.Function`s for $x^3$ and for $\max(0, x)$, and check both with `gradcheck` at
#    $-1, 0, 1$. What does the report say about $\max(0, x)$ at 0? Is the rule wrong?
# 5. **Newton in two dimensions.** Minimise Rosenbrock's valley $f(x, y) = (1 - x)^2 + 100\,(y - x^2)^2$ from $(-1.2, 1)$:
#    solve $H \boldsymbol\delta = \nabla f$ at each step, with `ag.func.hessian`, `ag.func.grad` and `ag.linalg.solve`.
#    Compare with gradient descent: how many steps does each need?
# 6. **A circle.** Put `datasets.circles` in place of the blobs. Why can the neuron not learn it? Give it a third input,
#    $x_1^2 + x_2^2$, and try again.
