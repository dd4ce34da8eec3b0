"""F.ctc_loss: PyTorch's values, what must hold of it, the kernels' digits and threads, errors. More in tables/layers.py."""

import itertools
import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.kernels.machine.threads import Threads, get_num_threads, set_num_threads
from autograd_core.kernels.rows import ctc as kernels

rng = np.random.default_rng(0)


def case(T, N, C, S, dtype=np.float64, seed=0):
    """Random scores and labels of random lengths (the first of all steps)."""
    rng = np.random.default_rng([seed, T, N, C, S])
    lengths, sizes = rng.integers(T // 2, T + 1, N), rng.integers(S // 3, S // 2 + 1, N)
    lengths[0] = T
    scores = ag.tensor(rng.standard_normal((T, N, C)).astype(dtype), requires_grad=True)
    return scores, rng.integers(1, C, (N, S)), lengths, sizes


def loss_and_gradient(scores, *rest, **options):
    scores = scores.detach().clone().requires_grad_()
    loss = F.ctc_loss(F.log_softmax(scores, 2), *rest, **options)
    loss.sum().backward()
    return loss.detach().array, scores.grad.array


SCORES = [
    [[0.5, -1.0, 2.0], [1.0, 0.0, -0.5]],
    [[0.0, 1.5, -0.5], [-1.0, 0.5, 1.0]],
    [[-1.0, 0.25, 0.75], [2.0, -0.5, 0.0]],
]

LOSS = [2.3557, 0.7935]
GRAD = [
    [[-0.589024, -0.196573, 0.785597], [-0.169344, 0.231224, -0.06188]],
    [[0.126199, -0.198731, 0.072533], [0.053602, 0.348207, -0.401809]],
    [[0.093598, 0.340689, -0.434288], [0.0, 0.0, 0.0]],
]


def test_pytorchs_values():
    """F.ctc_loss(F.log_softmax(x, 2), [[1, 2], [2, 0]], [3, 2], [2, 1], reduction="none") of PyTorch 2.13, and x.grad."""
    loss, grad = loss_and_gradient(ag.tensor(np.array(SCORES)), [[1, 2], [2, 0]], (3, 2), (2, 1), reduction="none")
    np.testing.assert_allclose(loss, LOSS, atol=5e-5)
    np.testing.assert_allclose(grad, GRAD, atol=2e-6)


def test_ways_to_give_targets_and_lengths():
    scores, targets, lengths, sizes = case(7, 3, 4, 6)
    lp = F.log_softmax(scores, 2).detach()
    expected = F.ctc_loss(lp, targets, lengths, sizes, reduction="none").array
    flat = np.concatenate([row[:size] for row, size in zip(targets, sizes, strict=True)])
    padded = np.where(np.arange(6) < sizes[:, None], targets, -100)
    for t in (targets.astype(np.int32), ag.tensor(targets), targets.tolist(), flat, padded):
        for make in (tuple, ag.tensor, lambda x: x.astype(np.int32)):
            np.testing.assert_array_equal(F.ctc_loss(lp, t, make(lengths), make(sizes), reduction="none"), expected)
    for n in range(3):
        one = lp[:, n], targets[n], int(lengths[n])
        for size in (int(sizes[n]), sizes[n : n + 1]):
            loss = F.ctc_loss(*one, size, reduction="none")
            assert loss.shape == ()
            assert loss.item() == pytest.approx(expected[n], rel=1e-12)
            mean = F.ctc_loss(*one, size).item()
            assert mean == pytest.approx(expected[n] / max(sizes[n], 1), rel=1e-12)
    module = nn.CTCLoss(blank=0, reduction="sum")
    assert module(lp, targets, lengths, sizes).item() == pytest.approx(expected.sum(), rel=1e-12)
    assert repr(module) == "CTCLoss()"


def test_probabilities_of_all_label_sequences_add_up_to_one():
    T, C = 4, 3
    lp = F.log_softmax(ag.tensor(rng.standard_normal((T, C))), 1)
    total = 0.0
    for size in range(T + 1):
        for labels in itertools.product((1, 2), repeat=size):
            total += math.exp(-F.ctc_loss(lp, np.array(labels, int), T, size, reduction="sum").item())
    assert total == pytest.approx(1, rel=1e-12)


def test_at_each_step_one_is_somewhere():
    """The gradient by log_probs is minus a distribution over the classes at every step that counts, 0 behind."""
    scores, targets, lengths, sizes = case(9, 4, 5, 8)
    lp = F.log_softmax(scores, 2).detach().requires_grad_()
    F.ctc_loss(lp, targets, lengths, sizes, reduction="sum").backward()
    counts = np.arange(9)[:, None] < lengths
    np.testing.assert_allclose(lp.grad.array.sum(2), -1.0 * counts, atol=1e-12)
    assert lp.grad.array.max() == 0


@pytest.mark.parametrize("second", [False, True], ids=["kernel", "composition"])
def test_impossible_and_empty_examples(second):
    """Five equal labels need nine steps; no step leaves nothing to do, or no way to do it."""
    targets, lengths, sizes = [[1] * 5, [1, 2, 1, 2, 1], [1] * 5, [1] * 5], (8, 8, 0, 0), (5, 5, 0, 1)
    lp = F.log_softmax(ag.tensor(rng.standard_normal((9, 4, 3))), 2).detach()
    for zero in (False, True):
        x = lp.clone().requires_grad_()
        loss = F.ctc_loss(x, targets, lengths, sizes, reduction="none", zero_infinity=zero)
        (grad,) = ag.grad(loss.sum(), [x], create_graph=second)
        assert list(np.isinf(loss.detach().array)) == [not zero, False, False, not zero]
        assert loss[2].item() == 0
        assert np.isnan(grad.array[:8, 0]).all() != zero
        np.testing.assert_array_equal(grad.array[8:, 0], 0)
        np.testing.assert_allclose(grad.array[:8, 1].sum(1), -1)
        np.testing.assert_array_equal(grad.array[:, 2:], 0)
        assert not zero or (grad.array[:, 0] == 0).all()


def test_a_class_of_probability_zero():
    lp = ag.tensor([[0.5, 0.5, 0.0], [0.25, 0.25, 0.5]]).log().requires_grad_()
    loss = F.ctc_loss(lp, [1], 2, 1, reduction="sum")
    loss.backward()
    assert loss.item() == pytest.approx(-math.log(0.5 * 0.25 * 3), rel=1e-6)
    np.testing.assert_allclose(lp.grad, [[-1 / 3, -2 / 3, 0], [-1 / 3, -2 / 3, 0]], rtol=1e-6)


def test_nan_stays_nan():
    lp = F.log_softmax(ag.tensor(rng.standard_normal((5, 2, 3))), 2).detach().array
    lp[2, 0] = np.nan
    loss = F.ctc_loss(lp, [[1, 2], [1, 2]], (5, 5), (2, 2), reduction="none")
    assert np.isnan(loss[0]) and np.isfinite(loss[1])


# ------------------------------------------------------------------------------------------------------------- kernels


def test_long_sequences_in_single_precision_keep_their_digits():
    """1000 steps: the loss is some 3000, whose last digit in float32 is 0.0002 (PyTorch is 0.004 off)."""
    scores, *rest = case(1000, 2, 20, 200, np.float32)
    loss, grad = loss_and_gradient(scores, *rest, reduction="none")
    exact, exact_grad = loss_and_gradient(scores.double(), *rest, reduction="none")
    assert loss.dtype == grad.dtype == np.float32
    np.testing.assert_allclose(loss, exact, rtol=3e-7)
    np.testing.assert_allclose(grad, exact_grad, atol=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_logarithm_within_two_units_of_the_last_place(dtype):
    y = np.concatenate([np.linspace(1, 3, 20001), [2**0.5, 8**0.5, 1 + 1e-6]]).astype(dtype)
    log = kernels._log_single if dtype == np.float32 else kernels._log_double
    found = np.array([log(v) for v in y], dtype)
    exact = np.log(y.astype(np.longdouble))
    assert (np.abs(found - exact) <= 2 * np.spacing(np.maximum(np.abs(exact), 1e-3).astype(dtype))).all()
    assert log(dtype(0)) == -np.inf and np.isnan(log(dtype(np.nan)))


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 10.0)
    monkeypatch.setattr(Threads, "count", get_num_threads())
    found = []
    for threads in (1, 2, 5):
        set_num_threads(threads)
        loss, grad = loss_and_gradient(*case(20, 7, 5, 12, np.float32))
        found.append(loss.tobytes() + grad.tobytes())
    assert found[0] == found[1] == found[2]


def test_one_signature_a_dtype():
    for dtype in (np.float32, np.float64):
        scores, targets, lengths, sizes = case(6, 3, 4, 4, dtype)
        loss_and_gradient(scores, targets, lengths.astype(np.int32), sizes, reduction="none")
        transposed = ag.from_numpy(np.asfortranarray(scores.detach().array))
        loss_and_gradient(transposed, targets, tuple(lengths), sizes, reduction="sum")
    for kernel in (kernels._forward, kernels._backward, kernels._step):
        assert len(kernel.signatures) <= 2, kernel.__name__


# -------------------------------------------------------------------------------------------------------------- errors

LP = ag.zeros(6, 2, 5)
TARGETS = np.array([[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: F.ctc_loss(ag.zeros(5), [1], 1, 1),
            ValueError,
            r"log_probs must be \(T, N, C\) or \(T, C\), got shape",
        ),
        (
            lambda: F.ctc_loss(ag.zeros(6, 2, 5).long(), TARGETS, (6, 6), (2, 2)),
            TypeError,
            "log_probs is int64, but must",
        ),
        (
            lambda: F.ctc_loss(LP, TARGETS, (6, 6), (2, 2), blank=5),
            ValueError,
            "blank=5 must be one of the 5 classes, from",
        ),
        (
            lambda: F.ctc_loss(LP, TARGETS * 1.0, (6, 6), (2, 2)),
            TypeError,
            r"targets must be integers, got float64; use",
        ),
        (lambda: F.ctc_loss(LP, TARGETS, (6.0, 6.0), (2, 2)), TypeError, "input_lengths must be integers, got float64"),
        (
            lambda: F.ctc_loss(LP, TARGETS[:1], (6, 6), (2, 2)),
            ValueError,
            r"log_probs of shape \(6, 2, 5\) takes targets of shape \(2, S\) or \(Σ target_lengths,\), got \(1, 2\)",
        ),
        (lambda: F.ctc_loss(LP[:, 0], TARGETS, 6, 2), ValueError, r"takes targets of shape \(S,\), got \(2, 2\)"),
        (
            lambda: F.ctc_loss(LP, TARGETS, (6,), (2, 2)),
            ValueError,
            r"input_lengths must hold a number for each of the 2 examples, got shape \(1,\)",
        ),
        (
            lambda: F.ctc_loss(LP, TARGETS, (6, 7), (2, 2)),
            ValueError,
            "input_lengths must be from 0 to 6, the number of steps, got 7",
        ),
        (
            lambda: F.ctc_loss(LP, TARGETS, (6, 6), (2, 3)),
            ValueError,
            "target_lengths must be from 0 to 2, the number of labels, got 3",
        ),
        (
            lambda: F.ctc_loss(LP, TARGETS, (6, 6), (2, -1)),
            ValueError,
            "target_lengths must be from 0 to 2, .*, got -1",
        ),
        (
            lambda: F.ctc_loss(LP, [1, 2, 3], (6, 6), (2, 2)),
            ValueError,
            "targets hold 3 labels, one example after the other, but target_lengths add up to 4; they must be equal",
        ),
        (
            lambda: F.ctc_loss(LP, [[1, 2], [3, 5]], (6, 6), (2, 2)),
            ValueError,
            r"label 5 at \(1, 1\) of targets must be one of the 5 classes, 0 to 4, other than blank=0",
        ),
        (lambda: F.ctc_loss(LP, [[1, 2], [3, 0]], (6, 6), (2, 2)), ValueError, r"label 0 at \(1, 1\) of targets"),
        (
            lambda: F.ctc_loss(LP, TARGETS, (6, 6), (2, 2), reduction="all"),
            ValueError,
            "reduction must be 'none', 'mean'",
        ),
        (
            lambda: F.ctc_loss(ag.zeros(6, 0, 5), np.zeros((0, 2), int), (), ()),
            ValueError,
            "the mean over an empty batch does not exist",
        ),
        (
            lambda: ag.func.vmap(lambda t: F.ctc_loss(LP, t, (6, 6), (1, 1)))(ag.ones(3, 2).long()),
            ValueError,
            r"inside a transform, targets must be padded to \(N, S\)",
        ),
        (lambda: nn.CTCLoss(reduction="all"), ValueError, "CTCLoss: reduction is 'none', 'mean' or 'sum', got 'all'"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
