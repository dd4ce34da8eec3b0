"""The site of the course: the network of the play page against the library, and that nothing is left out of its pages."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim

SITE = Path(__file__).parent.parent / "notebooks" / "site"
ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky_relu", "elu", "softplus", "silu", "identity")
PENALTIES = ("none", "l1", "l2")
STEPS, BATCH, RATE, STRENGTH = 20, 7, 0.05, 0.01

# Reads cases from its input and writes, for each, the gradients of the first batch, the losses and the last network.
PROGRAM = """
const Play = require(process.argv[1]);
const answers = JSON.parse(require("fs").readFileSync(0, "utf8")).map(({ network, batches, settings }) => {
  const [inputs, targets] = batches[0];
  const gradients = Play.backward(network, Play.forward(network, inputs, settings.activation), targets, settings);
  const losses = [];
  for (const [x, t] of batches) {
    const next = Play.step(network, x, t, settings);
    network = next.network;
    losses.push(next.loss);
  }
  return { gradients, losses, network };
});
console.log(JSON.stringify({ answers, names: [Object.keys(Play.ACTIVATIONS), Object.keys(Play.PENALTIES)] }));
"""


def node(program, data=None, *arguments):
    """What a program writes under node, as JSON."""
    executable = shutil.which("node")
    if executable is None:
        pytest.skip("node is not installed: the play page's numbers are compared where it is")
    result = subprocess.run(
        [executable, "-e", program, *map(str, arguments)],
        input=json.dumps(data),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def loss_of(layers, x, t, activation, penalty):
    """The page's loss in the library's operations."""
    for layer in layers[:-1]:
        x = layer(x) if activation == "identity" else getattr(F, activation)(layer(x))
    loss = F.binary_cross_entropy_with_logits(layers[-1](x)[:, 0], t)
    weights = [layer.weight for layer in layers]
    if penalty == "l1":
        loss = loss + STRENGTH * sum(w.abs().sum() for w in weights)
    if penalty == "l2":
        loss = loss + STRENGTH * sum((w * w).sum() for w in weights) / 2
    return loss


def arrays(layers, part="data"):
    def of(parameter):
        return (parameter.grad if part == "grad" else parameter).detach().numpy().tolist()

    return [{"weight": of(layer.weight), "bias": of(layer.bias)} for layer in layers]


def largest_difference(network, other):
    return max(
        np.abs(np.array(a[k]) - np.array(b[k])).max()
        for a, b in zip(network, other, strict=True)
        for k in ("weight", "bias")
    )


def test_play_page_has_the_library_s_numbers():
    rng = np.random.default_rng(0)
    cases, expected = [], []
    for activation in ACTIVATIONS:
        for penalty in PENALTIES:
            layers = [nn.Linear(m, n, dtype=ag.float64) for m, n in ((3, 5), (5, 4), (4, 1))]
            for layer in layers:  # large enough that the sums reach both ends of each activation
                for parameter in (layer.weight, layer.bias):
                    parameter.data[...] = rng.normal(size=parameter.shape) * 2
            batches = [(rng.normal(size=(BATCH, 3)), rng.integers(0, 2, BATCH).astype(float)) for _ in range(STEPS)]
            settings = {"activation": activation, "penalty": penalty, "strength": STRENGTH, "rate": RATE}
            cases.append(
                {
                    "network": arrays(layers),
                    "batches": [[x.tolist(), t.tolist()] for x, t in batches],
                    "settings": settings,
                }
            )
            sgd = optim.SGD([p for layer in layers for p in layer.parameters()], lr=RATE)
            losses, gradients = [], None
            for x, t in batches:
                sgd.zero_grad()
                loss = loss_of(layers, ag.tensor(x), ag.tensor(t), activation, penalty)
                loss.backward()
                gradients = gradients or arrays(layers, "grad")
                sgd.step()
                losses.append(loss.item())
            expected.append((gradients, losses, arrays(layers)))
    output = node(PROGRAM, cases, SITE / "play" / "play.js")
    assert [tuple(names) for names in output["names"]] == [
        ACTIVATIONS,
        PENALTIES,
    ]  # every choice of the page is compared
    for case, answer, (gradients, losses, network) in zip(cases, output["answers"], expected, strict=True):
        assert largest_difference(answer["gradients"], gradients) < 1e-10, case["settings"]
        assert np.abs(np.array(answer["losses"]) - losses).max() < 1e-10, case["settings"]
        assert largest_difference(answer["network"], network) < 1e-10, case["settings"]


def test_play_data_are_seeded_and_of_both_classes():
    program = """
    const Play = require(process.argv[1]);
    const sets = Object.keys(Play.DATA).map((name) => [name, Play.dataset(name, 300, 0, 1), Play.dataset(name, 300, 0, 1)]);
    console.log(JSON.stringify(sets));
    """
    sets = node(program, None, SITE / "play" / "play.js")
    assert {name for name, *_ in sets} == {"moons", "circles", "xor", "spirals", "blobs"}
    for name, one, again in sets:
        assert one == again, name
        assert 100 < sum(one["targets"]) < 200, name
        assert np.abs(one["points"]).max() < 1.2, name  # what the page shows


def test_play_page_needs_no_network():
    for file in (SITE / "play").iterdir():
        assert "http" not in file.read_text(encoding="utf-8").lower(), file.name
