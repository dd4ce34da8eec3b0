# %% [markdown]
# # 1. Tensors and the tape
#
# A neural network is a long formula with many numbers in it, its *weights*. To train it, we ask for each weight: if I
# make it a little larger, does the error grow or shrink, and how fast? These are derivatives, often millions of them.
# Backpropagation finds them all in one walk over the formula, for about the price of computing the formula a few times.
#
# **You will be able to** differentiate a formula by hand and check it; read the *graph* that the engine records while a
# program runs, and walk over it backwards; say what a rule is and why the order of the walk matters; and write an
# engine of forty lines that does all this for single numbers.
#
# **Needs** school calculus and some Python. **Takes** 60 minutes.

# %%
import math
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
from autograd_core.engine.graph import topological_order
from notebooks.course import check, hint, show, solution

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
#
# Is that right? We can always ask the formula itself. Move $w$ a little to both sides and see how much $L$ changes (a
# *central difference*):
#
# $$\frac{dL}{dw} \approx \frac{L(w + h) - L(w - h)}{2h} .$$

# %%
x, t = 1.5, 1.0
w, b = -0.4, 0.2


def error(w, b):
    return (math.tanh(w * x + b) - t) ** 2


y = math.tanh(w * x + b)
dw = 2 * (y - t) * (1 - y**2) * x
db = 2 * (y - t) * (1 - y**2)
print(f"L = {error(w, b):.6f}   dL/dw = {dw:.6f}   dL/db = {db:.6f}")

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
show(fig, "The error over the weight w with its tangent, which falls to the right.")
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
# gradient arrived, and what the node passes on. Boxes that are still pale have to wait. `print(ag.replay(loss))` gives the
# same as text.

# %%
ag.replay(loss, names=names)

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
# ## An engine of forty lines
#
# You have seen everything that an engine needs: a value, its parents, one rule for each parent, a number for the order.
# So write one, for single numbers. (Nothing is hidden: this is all of it.)


# %%
class Value:
    """A number that remembers how it was computed."""

    made = 0

    def __init__(self, data, parents=(), rules=()):
        self.data, self.parents, self.rules = data, parents, rules
        self.grad = 0.0
        Value.made += 1
        self.order = Value.made

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (lambda g: g, lambda g: g))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        rules = (lambda g: g * other.data, lambda g: g * self.data)
        return Value(self.data * other.data, (self, other), rules)

    def tanh(self):
        y = math.tanh(self.data)
        return Value(y, (self,), (lambda g: g * (1 - y * y),))

    def __sub__(self, other):
        return self + other * -1

    def backward(self):
        """Walk from this node to its leaves, the latest first, and hand each gradient on."""
        reached, waiting = set(), [self]
        while waiting:
            node = waiting.pop()
            if node not in reached:
                reached.add(node)
                waiting.extend(node.parents)
        self.grad = 1.0
        for node in sorted(reached, key=lambda node: node.order, reverse=True):
            for parent, rule in zip(node.parents, node.rules):
                parent.grad += rule(node.grad)


# %% [markdown]
# The neuron of the beginning, once with this engine and once with the library's:

# %%
w1, b1, x1, t1 = Value(-0.4), Value(0.2), Value(1.5), Value(1.0)
e1 = (w1 * x1 + b1).tanh() - t1
(e1 * e1).backward()

w = ag.tensor(-0.4, dtype=ag.float64, requires_grad=True)
b = ag.tensor(0.2, dtype=ag.float64, requires_grad=True)
e = (w * 1.5 + b).tanh() - 1.0
(e * e).backward()
print(f"ours       dL/dw = {w1.grad:.12f}   dL/db = {b1.grad:.12f}")
print(f"library's  dL/dw = {w.grad.item():.12f}   dL/db = {b.grad.item():.12f}")
assert abs(w1.grad - w.grad.item()) < 1e-15 and abs(b1.grad - b.grad.item()) < 1e-15

# %% [markdown]
# The library has the same walk, in `autograd_core/engine/walk.py`. What it has more is arrays, four hundred operations,
# and care: memory is freed on the way, and arrays that are needed no more are used again.

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
show(fig, "The sine and its first four derivatives; the fourth lies on the sine itself.")
# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("1.1")` helps, `solution("1.1")` shows a way.
#
# **1.1** Differentiate $L = (w_2 \tanh(w_1 x) - t)^2$ by $w_1$ on paper, and compute it at $w_1 = 0.5$, $w_2 = -1$, $x = 2$,
# $t = 0.5$.

# %%
answer = ...
check.two_weights(answer)

# %% [markdown]
# **1.2** How many paths lead from the end to the start of this chain of 10 steps: `y = y * y * y`? (Each step uses its input three
# times.)

# %%
answer = ...
check.paths(answer)

# %% [markdown]
# **1.3** Give our small engine a power: write the rule `power_rule(g, x, n)` of $x^n$ for its input $x$.


# %%
def power_rule(g, x, n):
    return ...


check.power_rule(power_rule)

# %% [markdown]
# **1.4** `u` is 3. Somebody calls `backward` on `u * u` and then on `u * u.detach()`, without clearing anything. What is
# in `u.grad` in the end?

# %%
answer = ...
check.accumulated(answer)
