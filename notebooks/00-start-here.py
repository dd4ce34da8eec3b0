# %% [markdown]
# # 0. Start here
#
# **You will be able to** find your way through the course; train a first network and say what each line of it does, in words;
# and place the ideas in time: who had them when, and why they had to wait.
#
# **Needs** Python; school calculus from lesson 1 on. **Takes** 30 minutes.
#
# A neural network learns a function from examples. Here is one that learns to read digits, in eight lines. You need not
# understand them yet; the course does nothing but explain them.

# %%
import matplotlib.pyplot as plt

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import datasets
from notebooks.course import check, hint, show, size, solution

# %%
ag.manual_seed(0)
training, test = datasets.mnist_sample(), datasets.mnist_sample(train=False)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
adam = optim.Adam(model.parameters(), lr=2e-3)
optim.fit(model, training, loss=F.cross_entropy, optimizer=adam, epochs=size(5, 1), progress=False)
result = optim.evaluate(model, test, F.cross_entropy)
print(f"{result['accuracy']:.1%} of {len(test):,} digits that it has never seen are read right")
assert result["accuracy"] > 0.85

# %% [markdown]
# Nobody told it what a 7 looks like. It saw 10,000 digits with their names, guessed, and was corrected each time: each of its 79,510 weights
# was moved a little, in the direction in which the error falls. *Which* direction that is, for 79,510 weights at once, is
# the subject of lessons 1 and 2; how far to go, of lesson 8; and whether the result can be trusted, of lesson 9.
#
# ## A map
#
# Neural networks, or **deep learning**, as they are called when they have many layers, are *models* (a formula with free
# numbers) that are trained with a *teacher* (examples with their answers: supervised learning). They come in
# families, and the course goes through them: the perceptron and its layers (MLP), radial basis functions (RBF), networks
# that see (CNN, residual networks), networks with a memory (RNN, LSTM, GRU), and attention.

# %% tags=["A1"]
LESSONS = {  # number: (column, row, title)
    "1": (0, 2, "tensors and\nthe tape"),
    "2": (1, 2, "backpropagation\nby hand"),
    "3": (0, 3.2, "neuron and\nperceptron"),
    "4": (1, 3.2, "linear, logistic\nregression"),
    "5": (2, 3.2, "radial basis\nfunctions"),
    "6": (2, 2, "multi-layer\nperceptrons"),
    "7": (3, 2.6, "activations,\ninit, norms"),
    "8": (3, 1.4, "optimisers"),
    "9": (4, 2, "generalisation"),
    "10a": (5, 3.2, "convolution\nby hand"),
    "10b": (6, 3.2, "networks\nthat see"),
    "11a": (5, 2, "recurrent\nnetworks"),
    "11b": (6, 2, "long memory:\nLSTM, GRU"),
    "12": (7, 2, "attention"),
    "13": (5, 0.8, "autoencoders,\npre-training"),
    "14": (7, 0.8, "inside the\nengine"),
}
NEEDS = "1-2 3-4 4-6 2-6 4-5 6-7 6-8 7-9 8-9 9-10a 9-11a 9-13 10a-10b 11a-11b 11b-12 13-14"
fig, ax = plt.subplots(figsize=(10.5, 4.2), layout="constrained")
for arrow in NEEDS.split():
    (x0, y0, _), (x1, y1, _) = (LESSONS[number] for number in arrow.split("-"))
    style = {"arrowstyle": "->", "color": "#9a9a9a", "shrinkA": 30, "shrinkB": 30}
    ax.annotate("", (x1, y1), (x0, y0), arrowprops=style)
for number, (x, y, title) in LESSONS.items():
    colour = "#dbe8f4" if x < 5 else "#fbe6d3"
    box = {"boxstyle": "round,pad=0.4", "facecolor": colour, "edgecolor": "#6b6b6b"}
    ax.text(x, y, f"{number}\n{title}", ha="center", va="center", fontsize=8.5, bbox=box)
ax.set(xlim=(-0.6, 7.6), ylim=(0.3, 3.8))
ax.axis("off")
show(
    fig,
    "The lessons as boxes, with arrows to those that need them.",
)

# %% [markdown]
# Blue are the foundations, to be read in order. Orange are the families, in any order you like.
#
# ## A time line
#
# The ideas are old, and they came in waves: a first boom in the 1950s and 60s; a setback after Minsky & Papert's book of
# 1969, which showed what one layer cannot do, and conjectured (wrongly) that more layers would not help; a renewal in the 1980s with
# backpropagation; a second setback from the mid-1990s, when other methods worked better on the small data
# of the time; and deep learning since.

# %% tags=["A2", "C3", "C14", "D6", "C4"]
EVENTS = {
    1943: "McCulloch & Pitts: logical units",
    1957: "Rosenblatt: the perceptron",
    1961: "Bryson, Kelley: gradients by the chain rule, in control theory",
    1969: "Minsky & Papert: what one layer cannot do",
    1970: "Linnainmaa: reverse-mode differentiation",
    1974: "Werbos: backpropagation, in his thesis",
    1980: "Fukushima: neocognitron; Speelpenning: programs differentiate programs",
    1986: "Rumelhart, McClelland, Hinton & Williams: backpropagation is heard",
    1992: "Boser, Guyon & Vapnik: support vector machines",
    1997: "Hochreiter & Schmidhuber: LSTM",
    1998: "LeCun and others: LeNet-5 reads cheques",
    2000: "Gers and others: LSTM learns to forget; Bengio: words as vectors",
    2012: "Krizhevsky, Sutskever & Hinton: AlexNet wins ImageNet",
    2014: "Sutskever; Bahdanau: translation by networks, attention",
    2017: "AlphaGo beats the best player; Vaswani and others: the transformer",
    2018: "ELMo and BERT: language models for everything",
}
ERAS = {
    (1950, 1969): ("boom", "#dbe8f4"),
    (1969, 1982): ("setback", "#eeeeee"),
    (1982, 1995): ("renewal", "#dbe8f4"),
    (1995, 2006): ("setback", "#eeeeee"),
    (2006, 2020): ("deep learning", "#dbe8f4"),
}
fig, ax = plt.subplots(figsize=(9, 5.6), layout="constrained")
for (start, end), (name, colour) in ERAS.items():
    ax.axvspan(start, end, color=colour)
    ax.text((start + end) / 2, -1, name, ha="center", va="center", fontsize=10, style="italic")
for row, (year, event) in enumerate(EVENTS.items()):
    ax.plot([year, year], [row, 16.3], color="#c9c9c9", linewidth=0.8, zorder=1)
    ax.plot(year, row, "o", color="#2563a8", zorder=2)
    left = year > 1979
    ax.text(
        year + (-1 if left else 1),
        row,
        f"{year}  {event}",
        fontsize=8.5,
        va="center",
        ha="right" if left else "left",
    )
ax.set(xlim=(1940, 2021), ylim=(16.5, -2), xlabel="year")
ax.set_yticks([])
ax.spines[["top", "left", "right"]].set_visible(False)
show(
    fig,
    "A time line of sixteen events from 1943 to 2018, in five eras that alternate.",
)

# %% [markdown] tags=["B4", "E2", "C4"]
# The word *deep learning* is from 1986 too (Dechter, for another purpose); it became common for networks in the 2000s, and
# Schmidhuber's overview of 2014 tells who did what.
#
# Why only now? **Data**: labelled sets grew from hundreds of examples to millions. **Computers**: between the perceptron
# and backpropagation they became some 10,000 times faster, and once more until deep learning. **Theory**, better said craft:
# what lesson 7 to 9 are about. The derivatives are not the news: Linnainmaa had them in 1970, and Speelpenning let a
# program derive the derivatives of programs in 1980.

# %% tags=["C4"]
years_to_double = 1.5  # Moore's law, as it held for decades
factor = 2 ** (20 / years_to_double)
print(f"in 20 years {factor:,.0f} times faster, in 40 years {factor**2:,.0f} times")
assert 9_000 < factor < 11_000

# %% [markdown] tags=["D59", "D70", "C14"]
# ## What they can do
#
# * *Pictures*: in 2012 AlexNet named the objects on ImageNet's photos with far fewer errors than all others. Networks steer cars,
#   write captions, and paint a photo in the style of a painter.
# * *Chemistry*: the Tox21 challenge asked which of 12,000 compounds have which of 12 toxic effects. The winning network
#   was given 40,000 sparse features and 5,057 others (among them 2,500 toxicophores and 200 scaffolds), and learnt all
#   twelve effects at once.
# * *Games*: AlphaGo beat the best player of Go in 2017; its successor learnt from nothing but the rules.
# * *Language and speech*: in 2014 LSTM networks held records in translation, speech recognition, speech synthesis
#   and captions; within a few years they were in the phones' keyboards, assistants and translators. Since 2018
#   it is transformers.

# %% [markdown] tags=["D45", "B13", "B61"]
# ## What speaks against them
#
# | for | against |
# | :-- | :-- |
# | universal: any function, if there are units enough | a black box: nobody can say why it answered so |
# | easy to use: no model of the world is needed | takes vectors of numbers only |
# | fast once trained | slow to train, and may end in a poor local minimum |
# | gets better with more data | brute force: many parameters, and many labelled examples |
# | | not how a brain does it, as far as one knows |
#
# And there are many choices: layers, units, rates, functions. A lecturer calls it a *black art*. This course makes it
# a grey one: each choice is tried, and you see what it does.
#
# ## Five alphabets
#
# The course follows five decks of lecture slides (A to E). They write the same things in different letters; this table is for looking
# up.
#
# | | this course | A Biehl & Wehner | B Wichert | C Bießmann | D JKU | E Guidotti |
# | :-- | :-- | :-- | :-- | :-- | :-- | :-- |
# | weights | $W$, $w$ | $\Theta$, $\theta$ | $w$; $W, U, V$ | $w$ | $W^{(k)}$, bias inside | $w$ |
# | bias | $b$ | $b$ | $b$, $c$ | $-\beta$ | first column | $b$ |
# | pre-activation | $z$ | $p$ | $a$ | $a$ | net | net, $S$ |
# | activation | $a$, $h$ | $a = \sigma(p)$ | $h$ | $z = \varphi(a)$ | $a$ | out |
# | answer, target | $y$, $t$ | $h$, $y$ | $o$, $t$ | $\hat y$, $y$ | $a^{(N)}$, $y$ | $o$, $t$ |
# | error | $L$ | $J$ | $E$ | $J$ | $L$ | $E$ |
# | rate | $\eta$ | $\alpha$ | $\eta$ | $\eta$ | $\eta$ | $\eta$ |

# %% [markdown] tags=["A52"]
# ## A test for yourself
#
# Six questions that you will be able to answer when you have read the lesson named in brackets. Try now, and again
# at the end. Answer with a letter: `answer = "b"`. `hint("0.1")` says where to look.
#
# **0.1** (lesson 4) What is logistic regression? (a) a linear function, fitted by least squares; (b) one neuron with a sigmoid,
# trained by cross-entropy; (c) a network with one hidden layer; (d) a threshold unit.

# %% tags=["A52"]
answer = ...
check.quiz_logistic(answer)

# %% [markdown]
# **0.2** (lesson 3) What can a perceptron not learn? (a) AND; (b) OR; (c) NOT; (d) XOR.

# %%
answer = ...
check.quiz_perceptron(answer)

# %% [markdown]
# **0.3** (lesson 6) Why more than one layer? (a) two linear layers can do more than one; (b) hidden units give new features, in
# which the classes can be separated; (c) training becomes faster; (d) fewer examples are needed, always.

# %%
answer = ...
check.quiz_layers(answer)

# %% [markdown]
# **0.4** (lessons 1, 2) How does backpropagation get the derivative by each weight? (a) it moves each weight a little and
# looks; (b) it derives a formula for the whole network on paper; (c) one walk over the graph from the error back, each node multiplying by
# its own derivative; (d) it guesses and keeps what helps.

# %%
answer = ...
check.quiz_backpropagation(answer)

# %% [markdown]
# **0.5** (lesson 9) Which is *not* a weakness of neural networks? (a) they need many examples; (b) one cannot see why they
# answer so; (c) they can only represent linear functions; (d) training may end in a poor minimum.

# %%
answer = ...
check.quiz_weakness(answer)

# %% [markdown]
# **0.6** (lessons 10, 11) What do a convolutional and a recurrent network have in common? (a) both use each weight in
# many positions, of an image or in time; (b) both need inputs of one fixed size; (c) both keep a state from one example to the
# next; (d) both have no weights to learn in their first layer.

# %%
answer = ...
check.quiz_sharing(answer)
