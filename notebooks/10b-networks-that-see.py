# %% [markdown]
# # 10b. Networks that see
#
# Which digit is this? In 1989 Yann LeCun and his colleagues taught a network to read the handwritten postcodes on American
# letters. Its successor LeNet-5 (1998) read cheques in banks, and its plan is still the plan of networks that see.
#
# **You will be able to** train LeNet and say why it beats a multi-layer perceptron; look at what its layers see, and what a unit wants to see; say
# why very deep networks need shortcuts; use what was learnt on one task for another; and give every pixel a class.
#
# **Needs** lessons 7, 9 and 10a. **Takes** 90 minutes.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot
from nn.data import TensorDataset, datasets, random_split
from nn.inspect import maximize_activation, occlusion_map
from nn.models import FCN, MLP, LeNet5
from notebooks.course import check, hint, reduced, show, size, solution

BLUE, ORANGE, GREY = "#2563a8", "#d9730d", "#6b6b6b"

# %% [markdown] tags=["B41"]
# ## Look at the data
#
# MNIST has 60,000 images for training and 10,000 for the test, of 28×28 pixels: 784 numbers from 0 (paper) to 1 (ink). We
# use a sample of 10,000 and 2,000. Each column is one digit, written by ten people:

# %% tags=["B41"]
ag.manual_seed(0)
data, test = datasets.mnist_sample(), datasets.mnist_sample(train=False)
images, labels = data.tensors
assert tuple(images.shape[1:]) == (1, 28, 28) and 28 * 28 == 784 and 6 * len(data) == 60_000
digits = images[:, 0].numpy()
ten_of_each = [digits[labels == k][row] for row in range(10) for k in range(10)]
page = plot.images(
    ten_of_each, size=0.55, titles=[str(i % 10) if i < 10 else "" for i in range(100)]
)
show(page, "A page of a hundred handwritten digits, a column for each, with their labels above.")
training, validation = random_split(data, [size(9000, 800), 1000 if not reduced() else 9200])

# %% [markdown] tags=["B40", "D54", "A42", "E47"]
# ## Layers of filters
#
# The network of 1989 had two layers of filters and then two of ordinary units, on images of 16×16; each filter looks at 5×5 and steps by two. Its plan,
# filters of 3×3, 5×5 or 7×7 that make *feature maps*, stacked, with 2×2 pooling between, is the plan of all that came. How many filters, of
# what size, with which stride, activation and pooling: these are choices. Later networks have hundreds of filters a layer.

# %% tags=["B40", "D54", "A42", "E47"]
net_1989 = nn.Sequential(
    nn.Conv2d(1, 12, 5, stride=2, padding=2), nn.Tanh(), nn.Conv2d(12, 12, 5, stride=2, padding=2), nn.Tanh(),
    nn.Flatten(), nn.Linear(192, 30), nn.Tanh(), nn.Linear(30, 10),
)  # fmt: skip
print(nn.summary(net_1989, (1, 1, 16, 16)))
ag.manual_seed(1)
lenet = LeNet5()
print(nn.summary(lenet, (1, 1, 28, 28)))
assert sum(p.numel() for p in lenet.parameters()) == 61_706

# %% [markdown]
# ## Three networks, one task
#
# A layer of ten templates (softmax regression), a multi-layer perceptron, and LeNet-5, trained alike. To an MLP an image is a list of 784 numbers; that neighbouring pixels belong together, it would have to
# learn. A convolution knows.


# %% tags=["E47"]
def train(model, epochs, rate=2e-3):
    adam = optim.Adam(model.parameters(), lr=rate)
    return optim.fit(
        model, training, validation, loss=F.cross_entropy, optimizer=adam, epochs=epochs, progress=False,
        scheduler=optim.lr_scheduler.CosineAnnealingLR(adam, T_max=epochs),
    )  # fmt: skip


models = {
    "softmax": nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
    "MLP": nn.Sequential(nn.Flatten(), MLP([784, 128, 10], "relu")),
    "LeNet-5": lenet,
}
accuracies = {}
for name, model in models.items():
    history = train(model, size(6, 1))
    accuracies[name] = optim.evaluate(model, test, F.cross_entropy)["accuracy"]
    weights = sum(p.numel() for p in model.parameters())
    print(f"{name:8} {weights:7,} weights, {accuracies[name]:.1%} of the test right")
if not reduced():
    assert (
        accuracies["softmax"] < accuracies["MLP"] < accuracies["LeNet-5"]
        and accuracies["LeNet-5"] > 0.965
    )
show(
    plot.learning_curves(history, "LeNet-5"),
    "LeNet's loss and accuracy of training and validation over the epochs.",
)

# %% [markdown]
# LeNet is the best, with fewer weights than the MLP. Numbers are not enough: look at its mistakes, the most confident first. Would you have known them?

# %%
test_images, test_labels = test.tensors
with ag.no_grad():
    probabilities = F.softmax(lenet(test_images), 1)
figure = plot.mistakes(test_images, test_labels, probabilities, test.classes, count=16)
show(figure, "Sixteen digits that LeNet got wrong, with the right answer and its own.")

# %% [markdown] tags=["E4", "E49"]
# ## What does it see?
#
# From layer to layer the maps become smaller and tell of larger things: edges, then parts, then whole objects. Here are LeNet's filters, and three depths for one digit:
# after the first convolution, after the second, and the 84 units before the answer.

# %% tags=["E4", "E49"]
digit = images[labels == 5][:1]
show(
    plot.filters(lenet.features.conv1), "The six filters of the first layer: dark and light edges."
)
with ag.no_grad():
    first = lenet.features.act1(lenet.features.conv1(digit))
    second = lenet.features.act2(lenet.features.conv2(lenet.features.pool1(first)))
    last = lenet.classifier[:-1](lenet.features(digit).flatten(1))
print("maps:", tuple(first.shape), tuple(second.shape), tuple(last.shape))
show(
    plot.images(first[0], size=1.1),
    "Six maps of 28 by 28: edges of the five, still in their places.",
)
show(
    plot.images(second[0], columns=8, size=0.8),
    "Sixteen maps of 10 by 10: combinations of edges, place told less exactly.",
)
show(
    plot.images([last[0].reshape(7, 12)], size=1.6),
    "The 84 units before the answer, as a picture: no place is left.",
)

# %% [markdown] tags=["D58"]
# **What does a unit want to see?** Zeiler & Fergus looked at the images that excite a unit most. Gradient ascent goes further: start from noise, and change the *input* until the
# unit is as active as it can be. Beside it, the real images it likes best. (What
# it wants is not what we would draw: such images are also how networks are fooled.)

# %% tags=["D58"]
ag.manual_seed(0)
with ag.no_grad():
    answers = lenet(test_images[:1000])
shown = []
for unit in (0, 3, 8):
    wanted = maximize_activation(
        lenet, unit, (1, 28, 28), l2=0.01, blur=0.6, bounds=(0, 1), steps=size(120, 10)
    )
    best = test_images[:1000][np.argsort(-answers[:, unit].numpy())[:5]]
    shown += [wanted.input[0].numpy(), *best[:, 0].numpy()]
show(
    plot.images(shown, columns=6, size=0.9),
    "For three units the image that gradient ascent found, and five real ones with high activation.",
)

fives = digit[0]
drop = occlusion_map(lenet, fives, size=7)
show(plot.occlusion(fives, drop), "Where covering a patch of the five lowers the answer most.")

# %% [markdown] tags=["B20"]
# ## Deeper, with shortcuts
#
# If two layers of filters are good, are twenty better? Not as they are: the gradient fades on its way through (lesson 7). A **residual block** computes what is to be *added* to its input,
# $\mathbf y = \mathbf x + f(\mathbf x)$. Then the way back has a shortcut of slope 1:


# %% tags=["B20"]
def gradient_by_layer(shortcut, depth=20):
    """The length of the gradient that arrives before each of twenty layers."""
    ag.manual_seed(0)
    layers = [nn.Linear(64, 64) for _ in range(depth)]
    h = ag.randn(32, 64, requires_grad=True)
    states = [h]
    for layer in layers:
        f = layer(h).relu()
        h = h + f if shortcut else f
        states.append(h)
    return [float(g.norm()) for g in ag.grad((h**2).mean(), states[:-1])]


fig, ax = plt.subplots(figsize=(6, 3.1), layout="constrained")
norms = {name: gradient_by_layer(name == "with shortcuts") for name in ("plain", "with shortcuts")}
for (name, values), colour in zip(norms.items(), (GREY, BLUE)):
    ax.semilogy(
        range(1, 21), np.array(values) / values[-1], "o-", color=colour, markersize=3, label=name
    )
ax.set(xlabel="layer", ylabel="gradient, the last one's = 1")
ax.legend(frameon=False)
show(
    fig,
    "Gradient before each of twenty layers: plain it fades away, with shortcuts it does not.",
)
assert (
    norms["plain"][0] < 1e-4 * norms["plain"][-1]
    and norms["with shortcuts"][0] > 0.1 * norms["with shortcuts"][-1]
)
block = nn.ResidualBlock(8, 8)
print(block)

# %% [markdown] tags=["B39", "B48"]
# ## From one task to another
#
# A network that was trained on a large set has filters that are good for other pictures, too. **Transfer**, from problem P1 to P2, in three stages: train on the large set; *replace the
# head* and train only that, if there are few new images; *fine-tune* more layers if there are more. The network that is usually taken is a VGG, a stack of 3×3 filters
# 64-64-128-128-256-256-512-512-512-512, and 4096-4096-1000 units. Count its weights:

# %% tags=["B48"]
stack = [64, 64, 128, 128, 256, 256, 512, 512, 512, 512]
filters = sum(9 * a * b + b for a, b in zip([3, *stack], stack))
units = sum(a * b + b for a, b in zip([512 * 7 * 7, 4096, 4096], [4096, 4096, 1000]))
print(f"filters {filters:,}, units {units:,}: together {filters + units:,}")
assert filters + units == 133_047_848
print("ours, for small images:", f"{sum(p.numel() for p in nn.VGG(10, 1).parameters()):,} weights")

# %% [markdown]
# We let LeNet learn the odd digits, and then the even ones from *five* images each:


# %% tags=["B39", "B48"]
def half(remainder, source):
    x, y = source.tensors
    rows = np.flatnonzero(y.numpy() % 2 == remainder)
    return x[rows], y[rows] // 2


odd, (even_x, even_y), even_test = half(1, data), half(0, data), half(0, test)
rows = np.concatenate([np.flatnonzero(even_y.numpy() == c)[:5] for c in range(5)])
few = even_x[rows], even_y[rows]
ag.manual_seed(2)
base = LeNet5(5)
optim.fit(
    base,
    odd,
    loss=F.cross_entropy,
    optimizer=optim.Adam(base.parameters(), lr=2e-3),
    epochs=size(4, 1),
    progress=False,
)

results = {}
for name in ("from scratch", "new head only", "fine-tuned"):
    ag.manual_seed(3)
    model = LeNet5(5)
    if name != "from scratch":
        model.load_state_dict(base.state_dict())
        model.classifier.fc3 = nn.Linear(84, 5)  # the new head
    model.features.requires_grad_(name != "new head only")
    trained = model.classifier.fc3.parameters() if name == "new head only" else model.parameters()
    adam = optim.Adam(trained, lr=1e-3)
    optim.fit(
        model,
        few,
        loss=F.cross_entropy,
        optimizer=adam,
        epochs=size(120, 5),
        batch_size=25,
        progress=False,
        keep_best=False,
    )
    results[name] = optim.evaluate(model, even_test, F.cross_entropy)["accuracy"]
    print(f"{name:14} {results[name]:.1%} of the even digits right, after 25 images")
if not reduced():
    assert results["fine-tuned"] > results["from scratch"]

# %% [markdown] tags=["D55", "D60"]
# ## A class for every pixel
#
# *Semantic segmentation* asks of each pixel what it belongs to: road, car, sky. A **fully convolutional** network has no ordinary units at all: it goes down by convolutions, and up again by transposed ones, so an image goes in and an image comes
# out, of any size. Ours says of each pixel: paper, even digit, odd digit.


# %% tags=["D55", "D60"]
def scenes(count, width, rng):
    """Images (count, 1, 32, width) with digits side by side, and the class of each pixel."""
    x, y = np.zeros((count, 1, 32, width), np.float32), np.zeros((count, 32, width), np.int64)
    for n in range(count):
        for left in range(0, width - 27, 28):
            i, top = rng.integers(len(digits)), rng.integers(5)
            x[n, 0, top : top + 28, left : left + 28] = digits[i]
            y[n, top : top + 28, left : left + 28][digits[i] > 0.3] = 1 + int(labels[i]) % 2
    return ag.tensor(x), ag.tensor(y)


rng = np.random.default_rng(0)
ag.manual_seed(0)
scene_x, scene_y = scenes(size(1200, 40), 56, rng)
segmenter = FCN(3, in_channels=1, widths=(12, 24, 48))
optim.fit(
    segmenter, TensorDataset(scene_x, scene_y), loss=F.cross_entropy, epochs=size(5, 1), batch_size=32,
    optimizer=optim.Adam(segmenter.parameters(), lr=4e-3), metrics={}, progress=False,
)  # fmt: skip
wide_x, wide_y = scenes(20, 112, rng)  # twice as wide as any it has seen
with ag.no_grad():
    found = segmenter.eval()(wide_x).argmax(1)
ink = wide_y.numpy() > 0
right = (found.numpy() == wide_y.numpy())[ink].mean()
fig, axes = plt.subplots(3, 1, figsize=(5.2, 4.6), layout="constrained")
for ax, values, title in zip(
    axes, (wide_x[0, 0], wide_y[0], found[0]), ("image", "right: even blue, odd orange", "found")
):
    cmap = (
        "Greys"
        if title == "image"
        else plt.matplotlib.colors.ListedColormap(["white", BLUE, ORANGE])
    )
    ax.imshow(values.numpy(), cmap=cmap, vmin=0, vmax=1 if title == "image" else 2)
    ax.set_title(title, fontsize=10)
    ax.axis("off")
show(fig, "A scene of four digits, the right class of each pixel, and the network's.")
print(f"{right:.1%} of the pixels with ink have the right class")
if not reduced():
    assert right > 0.75

# %% [markdown]
# ## Exercises
#
# Put your answer in the place of `...` and run the cell. `hint("10b.1")` helps, `solution("10b.1")` shows a way.
#
# **10b.1** How many weights and biases has LeNet-5's second convolution (6 maps in, 16 out, 5×5)?

# %%
answer = ...
check.second_convolution(answer)

# %% [markdown]
# **10b.2** You shuffle the 784 pixels of all images in the same way, and train the three networks again. Which does *not* get worse? (a) softmax and MLP; (b)
# LeNet only; (c) all three; (d) none.

# %%
answer = ...
check.shuffled_pixels(answer)

# %% [markdown]
# **10b.3** In a plain network of 20 layers each layer's slope is 0.5; in a residual one it is $1 + 0.5$. By what factor is a gradient multiplied on its whole way? A pair: (plain,
# residual).

# %%
answer = (..., ...)
check.twenty_slopes(answer)

# %% [markdown]
# **10b.4** Write `shifted(x, n)`: images (N, 1, H, W) in NumPy, moved `n` pixels to the right, zeros from the left. (Train with shifted copies, and LeNet bears larger shifts.)


# %%
def shifted(x, n):
    return ...


check.shifted(shifted)
