"""A linear layer with its cross-entropy, and losses by older names. More in tables/layers.py."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F

rng = np.random.default_rng(0)
X, W, B = (ag.tensor(rng.standard_normal(shape)) for shape in ((5, 4), (3, 4), (3,)))
T, CLASSES = ag.tensor([0, 2, 1, 1, 0]), ag.tensor([1.0, 2.0, 0.5], dtype=np.float64)


def test_is_the_cross_entropy_of_a_linear_layer():
    scores = F.linear(X, W, B)
    for options in ({}, {"reduction": "none"}, {"weight": CLASSES, "ignore_index": 1}, {"label_smoothing": 0.2}):
        found = F.linear_cross_entropy(X, W, T, linear_bias=B, **options)
        np.testing.assert_array_equal(found, F.cross_entropy(scores, T, **options))
    q = F.softmax(ag.tensor(rng.standard_normal((5, 3))), 1)
    np.testing.assert_array_equal(F.linear_cross_entropy(X, W, q, linear_bias=B), F.cross_entropy(scores, q))
    one = F.linear_cross_entropy(X[0], W, T[0], reduction="none")
    np.testing.assert_allclose(one, F.cross_entropy(F.linear(X[0], W), T[0]), rtol=1e-12)


def test_several_classifications_of_an_example():
    w, b = ag.tensor(rng.standard_normal((3, 2, 4))), ag.tensor(rng.standard_normal((3, 2)))
    t = ag.tensor(rng.integers(0, 3, (5, 2)))
    found = F.linear_cross_entropy(X, w, t, linear_bias=b, reduction="none")
    for k in range(2):
        expected = F.linear_cross_entropy(X, w[:, k], t[:, k], linear_bias=b[:, k], reduction="none")
        np.testing.assert_allclose(found[:, k], expected, rtol=1e-12)


def test_the_module():
    loss = nn.LinearCrossEntropyLoss(4, 3, bias=True, out_features=(2,), weight=CLASSES, ignore_index=2)
    assert {name: t.shape for name, t in loss.state_dict().items()} == {
        "weight": (3,),
        "linear.weight": (6, 4),
        "linear.bias": (6,),
    }
    assert repr(loss) == (
        "LinearCrossEntropyLoss(\n  in_features=4, num_classes=3, out_features=(2,), bias=True, reduction=mean, "
        "ignore_index=2, label_smoothing=0.0\n  (linear): Linear(in_features=4, out_features=6, bias=True)\n)"
    )
    t = ag.tensor(rng.integers(0, 3, (5, 2)))
    loss.double()
    scores = loss.linear(X).reshape(5, 3, 2)
    expected = F.cross_entropy(scores, t, CLASSES, ignore_index=2)
    np.testing.assert_allclose(loss(X, t).detach(), expected.detach(), rtol=1e-12)
    loss(X, t).backward()
    assert loss.linear.weight.grad.shape == (6, 4) and loss.linear.bias.grad.shape == (6,)


def test_an_older_name():
    logp = F.log_softmax(ag.tensor(rng.standard_normal((2, 3, 4, 5))), 1)
    t = ag.tensor(rng.integers(0, 3, (2, 4, 5)))
    loss = nn.NLLLoss2d(CLASSES, reduction="sum")
    np.testing.assert_array_equal(loss(logp, t), nn.NLLLoss(CLASSES, reduction="sum")(logp, t))
    assert repr(loss) == "NLLLoss2d()" and isinstance(loss, nn.NLLLoss)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: F.linear_cross_entropy(X[:, :2], W, T),
            r"input must be \(N, in_features\).*got \(5, 2\) and \(3, 4\)",
        ),
        (lambda: F.linear_cross_entropy(X, W[0], T), r"got \(5, 4\) and \(4,\)"),
        (lambda: F.linear_cross_entropy(X[0], W[:, None], T), r"got \(4,\) and \(3, 1, 4\)"),
        (lambda: F.linear_cross_entropy(X, W, T, linear_bias=B[:2]), r"linear_bias must have shape \(3,\), got \(2,\)"),
        (
            lambda: F.linear_cross_entropy(X, W, ag.ones(5, 3) / 3, ignore_index=1),
            "with a target of probabilities no label can be ignored; leave ignore_index out",
        ),
        (lambda: nn.LinearCrossEntropyLoss(4, 3, weight=ag.ones(2)), r"weight must have shape \(3,\), got \(2,\)"),
        (lambda: nn.LinearCrossEntropyLoss(4, 3, label_smoothing=2.0), "label_smoothing must be from 0 to 1, got 2.0"),
        (lambda: nn.LinearCrossEntropyLoss(4, 3, reduction="all"), "reduction is 'none', 'mean' or 'sum', got 'all'"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
