# %% [markdown]
# # 10a. Convolution by hand
#
# **You will be able to** compute a convolution and a pooling with a pencil, with padding, stride, channels and bias; tell the
# size of what comes out before it is computed; count weights; say what a convolution is as a matrix, and where its
# gradients go.
#
# **Needs** lessons 1 and 2. **Takes** 60 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
from nn.data import datasets
from notebooks.course import check, frames, hint, show, solution

# %% [markdown] tags=["A38", "E43"]
# ## Why not a linear layer?
#
# A colour image of 32×32 pixels is a list of 32 · 32 · 3 = 3072 numbers. A linear layer with ten outputs looks at it with
# ten templates of 3072 weights. That has three faults:
#
# * it has a weight for each pixel: for a photo of 1000×1000 and 1000 hidden units, three billion;
# * it knows nothing of *position*. A cat in the left corner and a cat in the right corner have nothing in common for it;
# * it takes one size of image only.

# %% tags=["A38", "E43"]
dense = nn.Linear(32 * 32 * 3, 10)
assert tuple(dense.weight.shape) == (10, 3072)
photo = 1000 * 1000 * 3 * 1000
print(f"32×32, 10 outputs: {dense.weight.numel():,} weights; a photo, 1000 units: {photo:,}")

# %% [markdown] tags=["E45"]
# ## A filter slides over an image
#
# Lay a small *filter* (a kernel) on the image, multiply what lies on one another, add up, write the sum down, move on. Do the
# first sum with a pencil:

# %% tags=["E45"]
image = np.array(
    [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
)
kernel = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])


def convolve(image, kernel, stride=1):
    """The sums of all windows, as the formula says; the kernel is not flipped."""
    H, W = image.shape
    KH, KW = kernel.shape
    out = np.zeros(((H - KH) // stride + 1, (W - KW) // stride + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = image[i * stride : i * stride + KH, j * stride : j * stride + KW]
            out[i, j] = (window * kernel).sum()
    return out


result = convolve(image, kernel)
assert result[0, 0] == 4 and np.array_equal(result, [[4, 3, 4], [2, 4, 3], [2, 3, 4]])
print(result)


# %% tags=["A43"]
def sliding(i, j):
    """One position of the filter: the window in orange, the sums so far at the right."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(5.2, 2.7), layout="constrained")
    so_far = np.full((3, 3), np.nan)
    so_far.flat[: 3 * i + j + 1] = result.flat[: 3 * i + j + 1]
    for ax, numbers, title in ((left, image, "image and filter"), (right, so_far, "feature map")):
        ax.imshow(np.nan_to_num(numbers), cmap="Blues", vmin=0, vmax=8)
        for (a, b), value in np.ndenumerate(numbers):
            if not np.isnan(value):
                ax.text(b, a, f"{value:.0f}", ha="center", va="center")
        ax.set_title(title, fontsize=10)
        ax.set_xticks([])
        ax.set_yticks([])
    left.add_patch(
        plt.Rectangle((j - 0.5, i - 0.5), 3, 3, fill=False, edgecolor="#d9730d", linewidth=3)
    )
    for (a, b), weight in np.ndenumerate(kernel):
        left.text(
            j + b + 0.3,
            i + a + 0.36,
            f"×{weight}",
            color="#b3540a",
            ha="center",
            va="center",
            fontsize=7,
        )
    right.add_patch(
        plt.Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, edgecolor="#d9730d", linewidth=3)
    )
    return fig


positions = [(i, j) for i in range(3) for j in range(3)]
frames(
    [sliding(i, j) for i, j in positions],
    [f"row {i}, column {j}: the sum is {result[i, j]:.0f}" for i, j in positions],
    alt="A filter of three by three slides over an image of five by five; the sums fill the feature map.",
    seconds=0.8,
)

# %% [markdown] tags=["A39", "A40"]
# **Flipped or not?** Mathematicians write $(f * g)[i] = \sum_w f[i - w]\, g[w]$: index forward in one, backward in the
# other, so the filter is *flipped*. Deck A has this formula, and then this example. Which of the two was computed?

# %% tags=["A39", "A40"]
picture = np.array(
    [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
)
weights = np.array([[0, 1, 2], [2, 2, 0], [0, 1, 2]])
printed = [[12, 12, 17], [10, 17, 19], [9, 6, 14]]
print("as it is:", np.array_equal(convolve(picture, weights), printed))
print("flipped: ", np.array_equal(convolve(picture, weights[::-1, ::-1]), printed))
assert np.array_equal(convolve(picture, weights), printed)

signal, taps = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 10.0])
ours = F.conv1d(ag.tensor(signal).reshape(1, 1, 4), ag.tensor(taps).reshape(1, 1, 2)).flatten()
print("np.convolve, flipped: ", np.convolve(signal, taps, "valid"))
print("F.conv1d, not flipped:", ours.numpy())
assert np.array_equal(np.convolve(signal, taps[::-1], "valid"), ours)

# %% [markdown]
# The table is *not* flipped, and no network flips: the weights are learnt, so a flipped filter would be just another
# filter. (What networks call convolution, mathematicians call cross-correlation.)


# %% tags=["A40", "E45"]
def on_library(image, kernel, **options):
    """The library's convolution of one image of one channel."""
    x, k = (ag.tensor(a, dtype=ag.float64)[None, None] for a in (image, kernel))
    return F.conv2d(x, k, **options)[0, 0].numpy()


assert np.array_equal(on_library(image, kernel), result)
assert np.array_equal(on_library(picture, weights), printed)

# %% [markdown] tags=["E50", "E51", "E48", "E52"]
# ## How large is the result?
#
# A filter of size $F$ fits $W - F + 1$ times into a row of $W$. With steps of $S$ (the *stride*) and $P$ zeros added at
# each side (the *padding*),
#
# $$W_2 = \frac{W_1 - F + 2P}{S} + 1 .$$


# %% tags=["E50", "E51", "E48"]
def size_after(W, F, S=1, P=0):
    return (W - F + 2 * P) / S + 1


assert size_after(7, 3, S=1) == 5 and size_after(7, 3, S=2) == 3
print(f"7 with a filter of 3 and stride 3: {size_after(7, 3, S=3):.2f}: it does not fit")
seven = np.arange(49.0).reshape(7, 7)
print("the library then leaves the rest of the row out:", on_library(seven, kernel, stride=3).shape)
assert on_library(seven, kernel, stride=3).shape == (2, 2)

for f in (3, 5, 7):  # padding of (F - 1) / 2 keeps the size
    assert size_after(7, f, P=(f - 1) / 2) == 7
    assert on_library(seven, np.ones((f, f)), padding="same").shape == (7, 7)
assert [size_after(32, 5), size_after(28, 5)] == [28, 24]  # without padding, images shrink

# %% [markdown] tags=["E44", "E46", "E52", "B42"]
# ## Colours: a filter has a depth
#
# An image has *channels*: red, green, blue. A filter then has a slice for each, and the sums of all slices are added, with one
# bias. The filter goes through the whole depth and slides in two directions only; what comes out is one map.
# Several filters give several maps, and these are the channels of the next layer.

# %% tags=["E46"]
red, green, blue = [[156, 155], [153, 154]], [[167, 166], [164, 165]], [[163, 162], [160, 161]]
colours = ag.tensor([red, green, blue], dtype=ag.float64)[
    None
]  # (1, 3, 2, 2), the corner of a photo
slices = ag.tensor(
    [
        [[-1, -1, 1], [0, 1, -1], [0, 1, 1]],
        [[1, 0, 0], [1, -1, -1], [1, 0, -1]],
        [[0, 1, 1], [0, 1, 0], [1, -1, 1]],
    ],
    dtype=ag.float64,
)[None]
parts = F.conv2d(colours, slices.transpose(0, 1), padding=1, groups=3)[0, :, 0, 0]
whole = F.conv2d(colours, slices, ag.tensor([1.0], dtype=ag.float64), padding=1)[0, 0, 0, 0]
print("the three slices give", parts.tolist(), "with the bias 1 together", whole.item())
assert parts.tolist() == [308, -498, 164] and whole.item() == -25

# %% tags=["E44", "E52", "B42"]
layer = nn.Conv2d(3, 6, 5)
print(nn.summary(layer, (1, 3, 32, 32)))
assert layer.weight[0].numel() == 5 * 5 * 3 == 75  # one sum: 75 products and a bias
assert tuple(layer(ag.zeros(1, 3, 32, 32)).shape) == (1, 6, 28, 28)
assert (
    sum(p.numel() for p in layer.parameters()) == (5 * 5 * 3) * 6 + 6
)  # (F · F · D) K weights, K biases

# %% [markdown] tags=["A41", "B47", "E53", "B46"]
# ## Pooling
#
# *Max pooling* keeps the largest number of each window, *mean pooling* their mean, *k-max pooling* the k largest. It has no
# weights, and works on each map alone. With 2×2 windows and stride 2, $W_2 = (W_1 - F)/S + 1$ is half of $W_1$.

# %% tags=["A41", "B46", "B47", "E53"]
grid = ag.tensor([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]], dtype=ag.float64)[
    None, None
]
largest, mean = F.max_pool2d(grid, 2), F.avg_pool2d(grid, 2)
assert largest[0, 0].tolist() == [[6, 8], [3, 4]]
print("max: ", largest[0, 0].tolist())
print("mean:", mean[0, 0].tolist())
print("the 2 largest of a row, in their order:", nn.KMaxPool1d(2)(grid[0, :, 1])[0].tolist())
two_maps = ag.cat([grid, -grid], 1)
assert F.max_pool2d(two_maps, 2)[0, 0].tolist() == largest[0, 0].tolist()  # each map alone

# %% [markdown] tags=["B43", "B45"]
# ## A convolution is a matrix with most entries zero
#
# Each output is a weighted sum of the inputs, so there is a matrix. `jacrev` shows it: row $i$ tells
# which inputs reach output $i$. Of a linear layer every entry is a weight of its own. Of a convolution most are zero
# (*sparse connectivity*: an output sees its neighbourhood), and the others are few numbers that repeat (*shared weights*).

# %% tags=["B43", "B45"]
ag.manual_seed(0)
conv, dense = nn.Conv1d(1, 1, 3, bias=False), nn.Linear(12, 10, bias=False)
as_matrix = ag.func.jacrev(lambda x: conv(x[None, None])[0, 0])(ag.zeros(12)).detach()
fig, axes = plt.subplots(1, 2, figsize=(7, 2.9), layout="constrained")
for ax, matrix, title in zip(
    axes, (dense.weight.detach(), as_matrix), ("linear layer", "convolution")
):
    limit = float(abs(matrix.numpy()).max())
    ax.imshow(matrix.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
    distinct = len(np.unique(matrix.numpy()[matrix.numpy() != 0]))
    ax.set(title=f"{title}: {distinct} weights", xlabel="input", ylabel="output")
show(
    fig,
    "Two matrices: the linear layer's is full, the convolution's has one diagonal band of three weights.",
)
assert len(np.unique(as_matrix.numpy()[as_matrix.numpy() != 0])) == 3

# %% [markdown]
# And that is how computers do it. Cut all windows out of the image, put them into the columns of a matrix (*im2col*), and the
# convolution is one matrix product, which computers are very good at:

# %% tags=["B45"]
x = ag.randn(1, 3, 6, 6)
filters = ag.randn(4, 3, 3, 3)
columns = F.unfold(x, 3)  # (1, 27, 16): 16 windows of 27 numbers
by_product = (filters.reshape(4, 27) @ columns).reshape(1, 4, 4, 4)
print("windows as columns:", tuple(columns.shape))
assert np.allclose(by_product, F.conv2d(x, filters), atol=1e-5)

# %% [markdown] tags=["B44"]
# ## The receptive field grows
#
# One filter of 3×3 sees 3×3 pixels. A second one on top sees 3×3 outputs of the first, so 5×5 pixels. With pooling between, it
# grows faster. Ask the derivatives: which pixels have an influence on one number in the middle?

# %% tags=["B44"]
layers = [nn.Conv2d(1, 1, 3, padding=1, bias=False) for _ in range(4)]
for one in layers:
    one.weight.data.fill_(1.0)
fig, axes = plt.subplots(1, 4, figsize=(8.6, 2.4), layout="constrained")
pixels = ag.zeros(1, 1, 13, 13, requires_grad=True)
h = pixels
for depth, (one, ax) in enumerate(zip(layers, axes), 1):
    h = one(h)
    (influence,) = ag.grad(h[0, 0, 6, 6], pixels, retain_graph=True)
    seen = int((influence[0, 0, 6] != 0).sum())
    assert seen == 2 * depth + 1
    ax.imshow(influence[0, 0].numpy() ** 0.5, cmap="Blues")
    ax.set_title(f"{depth} layers: {seen}×{seen}" if depth > 1 else "1 layer: 3×3", fontsize=10)
    ax.set_xticks([])
    ax.set_yticks([])
show(
    fig,
    "Which pixels reach the middle unit after one to four layers: squares of 3, 5, 7 and 9 pixels a side.",
)

# %% [markdown] tags=["D56", "D57"]
# ## Where the gradients go
#
# **Shared weights.** Each window uses the same weights, so each sends a share of the gradient, and they add up (the fork of
# lesson 1). With $g$ the gradient at the output,
#
# $$\frac{\partial L}{\partial k_{ab}} = \sum_{i,j} g_{ij}\; x_{i+a,\,j+b} :$$
#
# a convolution again, of the image with $g$ as the filter.
#
# **Max pooling** sends everything to the winner, and nothing to the others:

# %% tags=["D56", "D57"]
k = ag.tensor(kernel, dtype=ag.float64, requires_grad=True)
x = ag.tensor(image, dtype=ag.float64)
out = F.conv2d(x[None, None], k[None, None])
g = ag.randn(3, 3, dtype=ag.float64)
out.backward(g[None, None])
assert np.allclose(k.grad, convolve(image, g.numpy()))

shares = [g[i, j] * x[i : i + 3, j : j + 3] for i in range(3) for j in range(3)]
assert np.allclose(k.grad, sum(shares))
print("nine windows, one gradient: the sum of their shares")

inputs = ag.tensor(grid.numpy(), requires_grad=True)
F.max_pool2d(inputs, 2).sum().backward()
print(inputs.grad[0, 0].numpy())
assert inputs.grad[0, 0].tolist() == [[0, 0, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 0, 1]]

# %% [markdown]
# ## On a real image
#
# Last, four filters made by hand, on a digit. Look where each map is red (large) and where blue.

# %%
images, labels = datasets.mnist_sample().tensors
digit = images[labels == 5][:1]
by_hand = {
    "left edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "upper edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "outline": [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
    "blur": [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
}
maps = F.conv2d(digit, ag.tensor(list(by_hand.values()), dtype=ag.float32)[:, None], padding=1)
fig, axes = plt.subplots(1, 5, figsize=(9, 2.1), layout="constrained")
for ax, values, title in zip(axes, [digit[0, 0], *maps[0]], ["image", *by_hand]):
    limit = float(values.abs().max())
    ax.imshow(values.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
    ax.set_title(title, fontsize=10)
    ax.axis("off")
show(
    fig,
    "A handwritten five and what four filters make of it: left edges, upper edges, outline, blur.",
)

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("10a.1")` helps, `solution("10a.1")` shows a way.
#
# **10a.1** An image of 227×227 meets filters of 11×11 with stride 4 and no padding. How wide is the map?

# %%
answer = ...
check.width_of_the_map(answer)

# %% [markdown]
# **10a.2** How many weights and biases has `nn.Conv2d(64, 128, 3)`?

# %%
answer = ...
check.weights_of_a_layer(answer)

# %% [markdown]
# **10a.3** Write `convolve_flipped(image, kernel)`, the mathematicians' convolution, with the help of `convolve` (it is given as the
# third argument).


# %%
def convolve_flipped(image, kernel, convolve):
    return ...


check.flipped(convolve_flipped)

# %% [markdown]
# **10a.4** Three layers: filters of 3×3, max pooling of 2×2 with stride 2, filters of 3×3. How wide is the receptive field of one
# number at the end?

# %%
answer = ...
check.receptive_field(answer)
