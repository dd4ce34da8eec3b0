# %% [markdown]
# # 2. LeNet on MNIST
#
# Which digit is this? In 1989 Yann LeCun and his colleagues taught a network to read the handwritten postcodes on American
# letters. Its successor LeNet-5 (1998) read cheques in banks, and its plan is still the plan of networks that see.
#
# We go there in three steps, each time with a reason to go further:
#
# 1. **softmax regression**: one layer, a template for each digit,
# 2. a **multilayer perceptron** (MLP): a hidden layer in between,
# 3. **LeNet-5**: small filters that slide over the image.
#
# The lesson trains all three on a sample of MNIST, 10,000 images for training and 2,000 for the test.

# %%
import matplotlib.pyplot as plt
import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot
from nn.data import datasets, random_split
from nn.models import MLP, LeNet5

# %% [markdown]
# ## Look at the data
#
# Always look at the data first. An image has 28×28 pixels from 0 (paper) to 1 (ink). A batch of images has the shape
# $(N, C, H, W)$: number of images, channels (one: grey), height, width.

# %%
ag.manual_seed(0)
data, test = datasets.mnist_sample(), datasets.mnist_sample(train=False)
images, labels = data.tensors
print("images", images.shape, "from", images.min().item(), "to", images.max().item())
print("labels", labels.shape, "the first ten:", labels[:10].tolist())
print("how many of each digit:", np.bincount(labels).tolist())

# %%
digits = images[:, 0].numpy()
ten_of_each = [digits[labels == k][row] for row in range(10) for k in range(10)]
plot.images(ten_of_each, size=0.6)

# %% [markdown]
# Each column is one digit, written by ten people. Some are easy to confuse: a 4 and a 9, a 1 and a 7. The mean image of
# each class shows how much they vary:

# %%
plot.images([digits[labels == k].mean(0) for k in range(10)], titles=data.classes)

# %% [markdown]
# The test images are put away until the end. During training we watch a part of the training images that is not trained
# on, the *validation* set; it tells when the network begins to learn by heart.

# %%
training, validation = random_split(data, [9000, 1000])
print(len(training), "to train,", len(validation), "to validate,", len(test), "to test")

# %% [markdown]
# ## One layer: softmax regression
#
# The simplest network takes the 784 pixels $\mathbf x$ and computes one *score* (logit) for each digit,
# $\mathbf z = W \mathbf x + \mathbf b$. The *softmax* turns scores into probabilities, and the error is the
# *cross-entropy*, minus the logarithm of the probability that the right digit $t$ got:
#
# $$p_k = \frac{e^{z_k}}{\sum_{j} e^{z_j}}, \qquad L = -\ln p_t = -z_t + \ln \sum_j e^{z_j} .$$
#
# Its gradient is as simple as one could wish: what was answered minus what was right,
#
# $$\frac{\partial L}{\partial z_k} = p_k - [k = t] ,$$
#
# where $[k = t]$ is 1 for the right digit and 0 for the others. A check:

# %%
z = ag.tensor([[2.0, -1.0, 0.5]], requires_grad=True)
F.cross_entropy(z, ag.tensor([2])).backward()
print("p             =", F.softmax(z.detach(), 1))
print("gradient of z =", z.grad)


# %% [markdown]
# Training goes through the images in *mini-batches* of 64: compute the mean error of 64 images, its gradient, take a
# step, next batch. One pass over all training images is an *epoch*. `optim.fit` is this loop. *Adam* is gradient descent with
# a step size of its own for each weight, and a *schedule* makes the steps smaller towards the end, so that the weights
# settle.


# %%
def train(model, epochs, rate):
    adam = optim.Adam(model.parameters(), lr=rate)
    return optim.fit(
        model,
        training,
        validation,
        loss=F.cross_entropy,
        optimizer=adam,
        epochs=epochs,
        scheduler=optim.lr_scheduler.CosineAnnealingLR(adam, T_max=epochs),
    )


softmax = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
softmax_history = train(softmax, epochs=8, rate=2e-3)

# %% [markdown]
# Nine digits of ten are right, after a few seconds. What has it learnt? Row $k$ of $W$ has a weight for each pixel, so it
# is an image too: ink on red raises the score of digit $k$, ink on blue lowers it.

# %%
templates = softmax[1].weight.detach().reshape(10, 28, 28)
plot.images(templates, titles=data.classes, signed=True)

# %% [markdown]
# Each row of $W$ is one blurred template. You can see the blue hole in the 0. But one template a digit is not enough: people
# write a 7 with a bar and without.
#
# ## A hidden layer: the MLP
#
# Put a layer of 128 units in between, each with a nonlinear function; without one, two linear layers would be just
# another linear layer. We take the *rectifier* (ReLU):
#
# $$\mathbf h = \max(0,\; W_1 \mathbf x + \mathbf b_1), \qquad \mathbf z = W_2 \mathbf h + \mathbf b_2 .$$

# %%
mlp = nn.Sequential(nn.Flatten(), MLP([784, 128, 10], activation="relu"))
mlp_history = train(mlp, epochs=10, rate=2e-3)
plot.learning_curves(mlp_history, "MLP 784-128-10")

# %% [markdown]
# Clearly better. But see how the two curves part: the training error keeps falling faster than the validation error. The
# network has about 100,000 weights for 9,000 images, and it starts to learn them by heart (*overfitting*).
#
# There is something it cannot know. To an MLP an image is a list of 784 numbers. It would learn just as well if all images
# had their pixels shuffled, in the same way each! That neighbouring pixels belong together, and that a digit moved by two
# pixels is the same digit, it would have to learn from examples. A convolution knows both from the beginning.
#
# ## What a convolution does to one digit
#
# A small *filter* $k$ (here 3×3) is laid on the image at every position; what is under it is multiplied and added up:
#
# $$o_{ij} = \sum_{a=-1}^{1} \, \sum_{b=-1}^{1} k_{ab} \; x_{i+a,\, j+b} .$$
#
# (Networks do not flip the filter. Mathematicians call this a cross-correlation.) Four filters made by hand:

# %%
filters = {
    "left edges": [[-1 / 4, 0, 1 / 4], [-2 / 4, 0, 2 / 4], [-1 / 4, 0, 1 / 4]],
    "upper edges": [[-1 / 4, -2 / 4, -1 / 4], [0, 0, 0], [1 / 4, 2 / 4, 1 / 4]],
    "outline": [[-1 / 4, -1 / 4, -1 / 4], [-1 / 4, 2, -1 / 4], [-1 / 4, -1 / 4, -1 / 4]],
    "blur": [[1 / 9, 1 / 9, 1 / 9]] * 3,
}
kernels = ag.tensor(list(filters.values())).unsqueeze(1)  # (4 filters, 1 channel, 3, 3)
digit = images[labels == 5][:1]  # (1, 1, 28, 28)
maps = F.conv2d(digit, kernels, padding=1)
print(digit.shape, "->", maps.shape)
plot.images(ag.cat([digit[0], maps[0]]), ["image", *filters], size=1.8, signed=True)


# %% [markdown]
# The first filter is positive (red) where paper on its left meets ink on its right. Each output is a *feature map*: where
# in the image is this feature?
#
# Two properties make this the right tool.
#
# * **Few weights.** A 5×5 filter has 25 weights wherever it looks. A linear layer from 28×28 pixels to one map of 28×28
#   would need $784^2 = 614{,}656$.
# * **Shifts stay shifts.** Move the digit, and its feature map moves along, unchanged:


# %%
def shifted(x, pixels):
    """Images moved to the right."""
    return F.pad(x, (pixels, 0))[..., : x.shape[-1]]


before = F.conv2d(shifted(digit, 2), kernels, padding=1)
after = shifted(F.conv2d(digit, kernels, padding=1), 2)
print("convolve the shifted = shift the convolved:", np.allclose(before, after, atol=1e-6))

# %% [markdown]
# ## LeNet-5
#
# LeNet does not get its filters by hand; they are weights, and learnt. It has two convolutions. After each, *max pooling*
# keeps only the largest of each 2×2 values: the maps become smaller, and small shifts matter less. Three linear layers
# make the decision.

# %%
ag.manual_seed(1)
lenet = LeNet5()
lenet

# %% [markdown]
# Follow one image through the layers:

# %%
x = digit
print(f"{'input':8} {x.shape!s}")
with ag.no_grad():
    for part in (lenet.features, lenet.classifier):
        for name, layer in part.named_children():
            x = layer(x)
            weights = sum(p.numel() for p in layer.parameters())
            print(f"{name:8} {x.shape!s:18} {f'{weights:,} weights' if weights else ''}")
        x = x.flatten(1)

# %% [markdown]
# Nearly all the weights are in the linear layers. The two convolutions have 2,572 together, yet they do most of the
# *work*, because each weight is used at hundreds of places. At all these places the gradient arrives, and it adds up: the
# fork of the last lesson, 784-fold in the first layer.
#
# Here is the graph of one training step. Blue are the weights whose gradients we want.

# %%
loss = F.cross_entropy(lenet(images[:64]), labels[:64])
ag.draw(loss, names=lenet.named_parameters())

# %%
lenet_history = train(lenet, epochs=8, rate=2e-3)

# %%
plot.learning_curves(lenet_history, "LeNet-5")

# %% [markdown]
# ## The test
#
# Now, and only now, the test images.

# %%
models = {"softmax": softmax, "MLP": mlp, "LeNet-5": lenet}
for name, model in models.items():
    weights = sum(p.numel() for p in model.parameters())
    result = optim.evaluate(model, test, F.cross_entropy)
    print(f"{name:8} {weights:8,} weights   test accuracy {result['accuracy']:.1%}")

# %% [markdown]
# LeNet is the best, with fewer weights than the MLP. Where does it go wrong? In the *confusion matrix*, row $i$ and column
# $j$ tell how many images of digit $i$ were taken for a $j$.

# %%
test_images, test_labels = test.tensors
with ag.no_grad():
    probabilities = F.softmax(lenet(test_images), 1)
plot.confusion_matrix(test_labels, probabilities.argmax(1), test.classes)

# %% [markdown]
# Numbers are not enough: look at the mistakes, the most confident ones first. Would you have known them all?

# %%
plot.mistakes(test_images, test_labels, probabilities, test.classes, count=32)

# %% [markdown]
# ## What has it learnt?
#
# The six filters of the first layer, and what they make of our digit. Red is positive, blue is negative. Look for edges,
# as in our filters made by hand.

# %%
conv1 = lenet.features.conv1
filter_names = [f"filter {i}" for i in range(6)]
plot.images(conv1.weight.detach(), filter_names, size=1.3, signed=True)

# %%
with ag.no_grad():
    first = lenet.features.act1(conv1(digit))
    second = lenet.features.act2(lenet.features.conv2(lenet.features.pool1(first)))
plot.images(first[0], [f"of filter {i}" for i in range(6)], size=1.3)

# %% [markdown]
# After the second convolution there are 16 maps of 10×10. They answer to more complicated things, combinations of the first
# features, and tell less exactly where:

# %%
plot.images(second[0], [str(i) for i in range(16)], columns=8)

# %% [markdown]
# Last, the promise about shifts. We move the test images to the right, pixel by pixel. None of the models has seen that
# in training.

# %%
pixels = range(7)
fig, ax = plt.subplots(figsize=(5.5, 3.4))
for name, model in models.items():
    accuracies = []
    for n in pixels:
        moved = (shifted(test_images, n), test_labels)
        accuracies.append(optim.evaluate(model, moved, F.cross_entropy)["accuracy"])
    ax.plot(pixels, accuracies, "o-", label=name)
ax.set(xlabel="shift in pixels", ylabel="test accuracy", ylim=(0, 1))
ax.grid(alpha=0.3)
ax.legend(frameon=False)

# %% [markdown]
# LeNet bears small shifts better, thanks to convolution and pooling. But only small ones: its linear layers still know
# where on the map a feature was. Later networks pool over the whole map in the end; and one can simply train with shifted
# images.
#
# ## Exercises
#
# 1. **By hand.** Derive $\partial L / \partial z_k = p_k - [k = t]$ from the formula of the cross-entropy. What is the sum of
#    the gradient over $k$, and why must it be so?
# 2. **Shuffled pixels.** Choose one permutation of the 784 pixels (`ag.randperm(784)`) and apply it to all images. Train
#    the three models again. Which does not care, which does, and why?
# 3. **Closer to 1998.** Train `LeNet5(activation="tanh", pool="avg")`. Is it worse? Does it need another learning rate?
# 4. **Step size.** Train the MLP with rates from $10^{-5}$ to $10^{-1}$ and draw the validation accuracy against the
#    rate, on a logarithmic axis. What happens at both ends?
# 5. **More data for nothing.** `datasets.mnist_sample(transform=f)` calls `f` with each batch of images. Let it move every
#    batch by a random number of pixels, train LeNet again, and draw the last figure again.
# 6. **All of MNIST.** On the command line, `python -m nn train lenet5 --data mnist` trains on 60,000 images (it downloads
#    them if it has to). How far from 99 % were we, and how much is due to the data?
