"""The adaptive softmax, against the definition class by class."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn

rng = np.random.default_rng(0)


def make(bias=True):
    ag.manual_seed(1)
    return nn.AdaptiveLogSoftmaxWithLoss(16, 12, [3, 5, 9], div_value=2.0, head_bias=bias, dtype=np.float64)


def log_probabilities(module, x):
    """Of every class, from the weights: one example after the other."""
    state = {name: t.array for name, t in module.state_dict().items()}
    out = []
    for row in x:
        head = state["head.weight"] @ row + state.get("head.bias", 0.0)
        head = head - np.log(np.exp(head).sum())
        logs = list(head[: module.shortlist_size])
        for i in range(module.n_clusters):
            scores = state[f"tail.{i}.1.weight"] @ (state[f"tail.{i}.0.weight"] @ row)
            logs += list(head[module.shortlist_size + i] + scores - np.log(np.exp(scores).sum()))
        out.append(logs)
    return np.array(out)


@pytest.mark.parametrize("bias", [False, True])
def test_log_probabilities(bias):
    module, x = make(bias), rng.standard_normal((7, 16))
    expected = log_probabilities(module, x)
    np.testing.assert_allclose(np.exp(expected).sum(1), 1)
    np.testing.assert_allclose(module.log_prob(ag.tensor(x)).detach(), expected, rtol=1e-12)
    target = np.array([0, 11, 4, 2, 8, 5, 3])
    output, loss = module(ag.tensor(x), ag.tensor(target))
    np.testing.assert_allclose(output.detach(), expected[np.arange(7), target], rtol=1e-12)
    assert loss.item() == pytest.approx(-expected[np.arange(7), target].mean(), rel=1e-12)
    one = module(ag.tensor(x[1]), ag.tensor(11))
    assert one.output.shape == () and one.output.item() == pytest.approx(expected[1, 11], rel=1e-12)
    assert one.loss.item() == -one.output.item()
    np.testing.assert_allclose(module(ag.tensor(x[:2]), [0, 2]).output.detach(), expected[[0, 1], [0, 2]], rtol=1e-12)


def test_predictions():
    module = make()
    for scale in (0.1, 3.0, 30.0):  # some of the likeliest are in the head, some in the clusters
        x = scale * rng.standard_normal((50, 16))
        expected = log_probabilities(module, x).argmax(1)
        np.testing.assert_array_equal(module.predict(ag.tensor(x)), expected)
    assert {c < 3 for c in expected} == {True, False}
    assert not module.predict(ag.tensor(x)).requires_grad


def test_gradients():
    module, x = make(), ag.tensor(rng.standard_normal((4, 16)), requires_grad=True)
    target = ag.tensor([1, 10, 4, 4])
    names = [name for name, _ in module.named_parameters()]

    def loss(x, *weights):
        return ag.func.functional_call(module, dict(zip(names, weights, strict=True)), (x, target)).loss

    assert ag.gradcheck(loss, (x, *(w.detach().clone().requires_grad_() for w in module.parameters())))
    assert ag.gradgradcheck(lambda x: module(x, target).loss, (x,))
    module.zero_grad()
    module(x, target).loss.backward()
    assert module.tail[1][0].weight.grad is None  # nobody's target is from 5 to 8


@pytest.mark.filterwarnings("ignore:kaiming_uniform_. initializing zero-element")
def test_starting_values_and_parameters():
    module = nn.AdaptiveLogSoftmaxWithLoss(16, 12, [3, 5, 9])
    assert {name: t.shape for name, t in module.state_dict().items()} == {
        "head.weight": (6, 16), "tail.0.0.weight": (4, 16), "tail.0.1.weight": (2, 4), "tail.1.0.weight": (1, 16),
        "tail.1.1.weight": (4, 1), "tail.2.0.weight": (0, 16), "tail.2.1.weight": (3, 0),
    }  # fmt: skip
    assert module.cutoffs == [3, 5, 9, 12]
    assert module(ag.ones(1, 16), [11]).loss.item() > math.log(3) * 0.999  # a cluster without features is uniform
    before = [t.array.copy() for t in module.parameters()]
    module.reset_parameters()
    assert all((a != t.array).any() for a, t in zip(before, module.parameters(), strict=True) if t.array.size)


MODULE = make()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, []),
            ValueError,
            r"cutoffs must be whole numbers .* at least one; got",
        ),
        (
            lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [5, 3]),
            ValueError,
            r"cutoffs must be .* increasing .* got \[5, 3\]",
        ),
        (
            lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 10]),
            ValueError,
            r"from 1 to n_classes - 1 = 9, .* got \[3, 10",
        ),
        (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [0, 3]), ValueError, r"got \[0, 3\]"),
        (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [2.5]), ValueError, r"got \[2\.5\]"),
        (
            lambda: MODULE(ag.ones(2, 16), [1]),
            ValueError,
            r"needs an input \(N, in_features\) .* got shapes \(2, 16\) and",
        ),
        (lambda: MODULE(ag.ones(16), [1]), ValueError, r"got shapes \(16,\) and \(1,\)"),
        (lambda: MODULE(ag.ones(2, 2, 16), [[1, 1], [1, 1]]), ValueError, r"got shapes \(2, 2, 16\) and \(2, 2\)"),
        (lambda: MODULE(ag.ones(1, 16), [1.0]), TypeError, r"targets must be integers, got float64; use target\.long"),
        (
            lambda: MODULE(ag.ones(2, 16), [-1, 12]),
            ValueError,
            "targets must be from 0 to 11, got values from -1 to 12",
        ),
        (lambda: MODULE(ag.ones(0, 16), np.zeros(0, int)), ValueError, "the mean over an empty batch does not exist"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
