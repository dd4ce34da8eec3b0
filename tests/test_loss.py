"""Losses at the edges: extreme inputs, shapes, labels, empty batches, errors, the fused cross-entropy.

Values and gradients elsewhere are proved by the rows of `tables/loss.py`.
"""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F

inf, nan = np.inf, np.nan
rng = np.random.default_rng(0)


def tensor(*values, grad=False):
    return ag.tensor(np.array(values, np.float64), requires_grad=grad)


def gradient(f, *values):
    x = tensor(*values, grad=True)
    f(x).backward()
    return x.grad.numpy()


# -------------------------------------------------------------------------------------------------------- cross-entropy


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_cross_entropy_of_extreme_scores(dtype):
    x = ag.tensor(np.array([[1000, -1000, 0], [1e4, 1e4, -inf], [-1000, 0, 1000]], dtype), requires_grad=True)
    loss = F.cross_entropy(x, ag.tensor([0, 1, 0]), reduction="none")
    assert loss.dtype == dtype
    np.testing.assert_allclose(loss.numpy(), [0, np.log(2), 2000], rtol=1e-3)
    loss.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0, 0], [0.5, -0.5, 0], [-1, 0, 1]], atol=1e-3)


def test_cross_entropy_with_nan_or_infinite_scores_is_nan():
    for x in ([[nan, 0.0]], [[inf, 0.0]], [[-inf, -inf]]):
        assert np.isnan(F.cross_entropy(ag.tensor(x), ag.tensor([1])).item())


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64])
def test_labels_of_every_integer_dtype(dtype):
    x, t = ag.tensor(rng.standard_normal((4, 3))), np.array([2, 0, 1, 2])
    for f in (F.cross_entropy, F.nll_loss):
        assert f(x, ag.tensor(t.astype(dtype))).item() == f(x, t).item()
    x = ag.tensor(rng.standard_normal((2, 3, 4)))
    t = np.array([[0, 1, 2, 0], [1, 1, 2, 2]])
    assert F.cross_entropy(x, t.astype(dtype)).item() == F.cross_entropy(x, t).item()


def test_cross_entropy_is_one_node_and_its_composition_agrees():
    x = ag.tensor(rng.standard_normal((6, 4)), requires_grad=True)
    t = np.array([0, 3, 1, 1, 2, -100])
    loss = F.cross_entropy(x, t)
    assert loss.grad_fn.name == "cross_entropy"
    assert [p for p, _ in loss.grad_fn.next_functions if p is not None] == [x.node]
    for options in ({}, {"label_smoothing": 0.2}, {"weight": rng.random(4)}):
        fused = F.cross_entropy(x, t, **options)
        (g,) = ag.grad(fused, x, retain_graph=True)
        (h,) = ag.grad(fused, x, create_graph=True)  # from the composition
        np.testing.assert_allclose(g.numpy(), h.numpy(), rtol=1e-12, atol=1e-15)
    composed = F.nll_loss(F.log_softmax(x, 1), t)
    assert loss.item() == pytest.approx(composed.item(), rel=1e-14)


def test_cross_entropy_backward_twice_through_a_retained_graph():
    x = ag.tensor(rng.standard_normal((6, 4)), requires_grad=True)
    loss = F.cross_entropy(x, np.zeros(6, int))
    first = ag.grad(loss, x, retain_graph=True)[0].numpy().copy()
    np.testing.assert_array_equal(ag.grad(loss, x)[0].numpy(), first)


def test_class_weights_that_require_a_gradient_get_it():
    x, t = ag.tensor(rng.standard_normal((5, 3))), np.array([0, 2, 2, 1, 0])
    for f in (F.cross_entropy, F.nll_loss):
        w = tensor(0.5, 1.5, 2.0, grad=True)
        assert ag.gradcheck(lambda w, f=f: f(x, t, w), (w,))


def test_gradients_by_class_probabilities():
    x = ag.tensor(rng.standard_normal((5, 3)), requires_grad=True)
    q = ag.tensor(rng.random((5, 3)), requires_grad=True)
    assert ag.gradcheck(lambda x, q: F.cross_entropy(x, q, label_smoothing=0.1), (x, q))
    assert ag.gradgradcheck(lambda x, q: F.cross_entropy(x, q), (x, q))


def test_an_impossible_class_costs_nothing_where_its_probability_is_zero():
    x, q = ag.tensor([[0.0, -inf, 0.0]], requires_grad=True), ag.tensor([[0.5, 0.0, 0.5]])
    loss = F.cross_entropy(x, q)
    assert loss.item() == pytest.approx(math.log(2))
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0, 0, 0]], atol=1e-7)


def test_ignored_rows_may_hold_anything():
    x = ag.tensor([[nan, 0.0], [1.0, 1.0]], requires_grad=True)
    for f in (F.cross_entropy, lambda x, t: F.nll_loss(x, t)):
        loss = f(x, ag.tensor([-100, 0]))
        assert np.isfinite(loss.item())
    loss = F.cross_entropy(x, ag.tensor([-100, 0]))
    loss.backward()
    np.testing.assert_allclose(x.grad.numpy()[1], [-0.5, 0.5])


def test_cross_entropy_of_non_contiguous_scores():
    x = rng.standard_normal((3, 5, 4))
    t = np.array([[0, 1, 2, 0, 1], [2, 2, 1, 0, 0], [1, 0, 0, 2, 1], [0, 0, 1, 1, 2]])
    moved = ag.from_numpy(x).requires_grad_().permute(2, 0, 1)  # (4, 3, 5)
    straight = ag.tensor(x.transpose(2, 0, 1).copy(), requires_grad=True)
    assert F.cross_entropy(moved, t).item() == pytest.approx(F.cross_entropy(straight, t).item())
    moved.retain_grad()
    F.cross_entropy(moved, t).backward()
    F.cross_entropy(straight, t).backward()
    np.testing.assert_allclose(moved.grad.numpy(), straight.grad.numpy())


# -------------------------------------------------------------------------------------------------- stability elsewhere


def test_binary_cross_entropy_stops_at_100():
    x = tensor(0.0, 1.0, 0.0, 1.0, grad=True)
    t = tensor(1, 0, 0, 1, grad=True)
    loss = F.binary_cross_entropy(x, t, reduction="none")
    np.testing.assert_array_equal(loss.numpy(), [100, 100, 0, 0])
    gx, gt = ag.grad(loss, (x, t), ag.ones(4, dtype=np.float64), create_graph=True)
    np.testing.assert_allclose(gx.numpy(), [-1e12, 1e12, 0, 0])
    np.testing.assert_allclose(gt.numpy(), [100, -100, 100, -100])
    for g in (gx, gt):
        for second in ag.grad(g.sum(), (x, t), retain_graph=True, allow_unused=True):
            assert second is None or np.isfinite(second.numpy()).all()


@pytest.mark.parametrize("t", [0.0, 1.0, 0.25])
def test_bce_with_logits_of_any_size(t):
    x = tensor(-inf, -1000, 0, 1000, inf)
    loss = F.binary_cross_entropy_with_logits(x, ag.tensor(np.full(5, t)), reduction="none").numpy()
    size = np.array([inf, 1000, 0, 1000, inf])
    expected = np.array([t, t, 1, 1 - t, 1 - t])
    with np.errstate(invalid="ignore"):
        expected = np.where(expected == 0, 0, expected * size)
    expected[2] = math.log(2)
    np.testing.assert_allclose(loss, expected)


def test_soft_margin_loss_does_not_overflow():
    np.testing.assert_allclose(
        F.soft_margin_loss(tensor(-1000, 1000), tensor(1, 1), reduction="none").numpy(), [1000, 0]
    )
    g = gradient(lambda x: F.soft_margin_loss(x, tensor(1, 1), reduction="sum"), -1000, 1000)
    np.testing.assert_allclose(g, [-1, 0])


def test_kl_div_of_an_impossible_event():
    loss = F.kl_div(tensor(-inf, -1.0), tensor(0.0, 1.0), reduction="none")
    np.testing.assert_array_equal(loss.numpy(), [0, 1])


def test_huber_of_an_infinite_difference():
    for f in (F.huber_loss, F.smooth_l1_loss):
        np.testing.assert_array_equal(gradient(lambda x, f=f: f(x, tensor(0, 0), reduction="sum"), -inf, inf), [-1, 1])


def test_distance_zero_has_gradient_zero_and_no_second_derivative():
    for p in (0.5, 1, 1.5, 2, 3, inf):
        x = ag.tensor(np.zeros((2, 3)), requires_grad=True)
        (g,) = ag.grad(F.pairwise_distance(x, ag.zeros(2, 3, dtype=np.float64), p, 0).sum(), x, create_graph=True)
        np.testing.assert_array_equal(g.numpy(), 0)
        assert np.isnan(ag.grad(g.sum(), x)[0].numpy()).all()


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda x: F.hinge_embedding_loss(x, tensor(-1.0)), -1),
        (lambda x: F.margin_ranking_loss(x, tensor(1.0), tensor(1.0)), -1),
        (lambda x: F.l1_loss(x, tensor(1.0)), 0),
    ],
)
def test_the_slope_at_a_corner_is_pytorchs(f, expected):
    np.testing.assert_array_equal(gradient(f, 1.0), [expected])


# --------------------------------------------------------------------------------------------------- reductions, dtypes

PAIRS = [
    F.mse_loss,
    F.l1_loss,
    F.smooth_l1_loss,
    F.huber_loss,
    F.binary_cross_entropy,
    F.binary_cross_entropy_with_logits,
    F.kl_div,
    F.soft_margin_loss,
    F.multilabel_soft_margin_loss,
    F.hinge_embedding_loss,
    F.poisson_nll_loss,
    lambda x, t, **o: F.gaussian_nll_loss(x, t, 1.0, **o),
    lambda x, t, **o: F.margin_ranking_loss(x, x * 0, t, **o),
]
every_pair = pytest.mark.parametrize("f", PAIRS, ids=lambda f: f.__name__)


@every_pair
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_reductions_and_dtypes(f, dtype):
    x, t = (ag.tensor(rng.uniform(0.1, 0.9, (3, 4)).astype(dtype)) for _ in range(2))
    none, mean, total = (f(x, t, reduction=r) for r in ("none", "mean", "sum"))
    assert none.dtype == mean.dtype == total.dtype == dtype
    assert mean.shape == total.shape == ()
    rtol = 1e-2 if dtype == np.float16 else 1e-5
    assert mean.item() == pytest.approx(none.numpy().mean(), rel=rtol)
    assert total.item() == pytest.approx(none.numpy().sum(), rel=rtol)
    assert f(x, t).item() == mean.item()


@every_pair
def test_shapes_unknown_reductions_and_empty_batches_raise(f):
    x = ag.tensor(rng.uniform(0.1, 0.9, (3, 1)))
    with pytest.raises(ValueError, match=r"has shape \(3,\), but input\d? has shape \(3, 1\); they must be equal"):
        f(x, ag.ones(3))
    with pytest.raises(ValueError, match="reduction must be 'none', 'mean' or 'sum', got 'avg'"):
        f(x, x, reduction="avg")
    empty = ag.ones(0, 2)
    with pytest.raises(ValueError, match="the mean over an empty batch does not exist; skip it, or use reduction"):
        f(empty, empty)
    assert f(empty, empty, reduction="sum").item() == 0
    assert f(empty, empty, reduction="none").size(0) == 0


def test_arrays_and_numbers_as_targets():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    assert F.mse_loss(x, np.array([1.0, 0.0], np.float32)).item() == 2
    assert F.mse_loss(x, ag.tensor([1, 0])).dtype == np.float32
    assert F.mse_loss(np.array([1.0, 2.0]), np.array([1.0, 0.0])) == 2
    assert F.cross_entropy(np.zeros((2, 4)), np.array([0, 1])) == pytest.approx(math.log(4))


def test_mse_is_one_node_and_needs_no_broadcasting():
    x = ag.ones(4, 3, requires_grad=True)
    loss = F.mse_loss(x, ag.zeros(4, 3))
    assert loss.grad_fn.name == "mse_loss"
    with pytest.raises(ValueError, match=r"mse_loss: target has shape \(4,\), but input has shape \(4, 1\)"):
        F.mse_loss(ag.ones(4, 1), ag.ones(4))


# --------------------------------------------------------------------------------------------------------------- errors

SCORES = ag.ones(4, 3)


@pytest.mark.parametrize("f", [F.cross_entropy, F.nll_loss, F.multi_margin_loss], ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("target", "kind", "message"),
    [
        ([0, 1, 3, 0], ValueError, "label 3 at 2 is out of range for 3 classes; labels go from 0 to 2"),
        ([0, -1, 0, 0], ValueError, "label -1 at 1 is out of range for 3 classes"),
        (np.array([0, 1, 2, 200], np.uint8), ValueError, "label 200 at 3 is out of range"),
        ([0.0, 1.0, 2.0, 0.0], TypeError, r"class labels must be integers, got float32; use target.long\(\)"),
        ([0, 1], ValueError, r"input of shape \(4, 3\) takes labels of shape \(4,\), got \(2,\)"),
        (np.zeros((4, 3), int), ValueError, r"got \(4, 3\); for one-hot rows pass target.argmax\(1\)"),
    ],
)
def test_wrong_labels(f, target, kind, message):
    with pytest.raises(kind, match=f"{f.__name__}: .*{message}"):
        f(SCORES, ag.tensor(target))


def test_wrong_labels_elsewhere():
    with pytest.raises(ValueError, match=r"label 7 at \(1, 2\) is out of range for 3 classes"):
        F.cross_entropy(ag.ones(2, 3, 4), ag.tensor([[0, 0, 0, 0], [0, 0, 7, 0]]))
    with pytest.raises(ValueError, match="label 5 is out of range for 3 classes"):
        F.cross_entropy(ag.ones(3), ag.tensor(5))
    with pytest.raises(ValueError, match=r"label -100 at 0 is out of range for 3 classes.*ignore_index=0 is skipped"):
        F.cross_entropy(SCORES, ag.tensor([-100, 0, 0, 0]), ignore_index=0)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: F.cross_entropy(SCORES, ag.tensor([-100] * 4)),
            ValueError,
            "all 4 labels are ignore_index=-100, and the mean over nothing does not exist",
        ),
        (
            lambda: F.cross_entropy(ag.ones(0, 3), ag.tensor(np.zeros(0, int))),
            ValueError,
            "cross_entropy: the mean over an empty batch does not exist",
        ),
        (
            lambda: F.cross_entropy(ag.ones(0, 3), ag.ones(0, 3)),
            ValueError,
            "cross_entropy: the mean over an empty batch does not exist",
        ),
        (
            lambda: F.cross_entropy(SCORES, ag.tensor([0] * 4), ag.ones(2)),
            ValueError,
            r"weight must hold a number for each of the 3 classes, got shape \(2,\)",
        ),
        (
            lambda: F.cross_entropy(SCORES, ag.tensor([0] * 4), label_smoothing=1.5),
            ValueError,
            "label_smoothing must be from 0 to 1, got 1.5",
        ),
        (
            lambda: F.cross_entropy(SCORES, ag.tensor([0] * 4), reduction="avg"),
            ValueError,
            "reduction must be 'none', 'mean' or 'sum', got 'avg'",
        ),
        (
            lambda: F.cross_entropy(ag.tensor([[1, 2]]), ag.tensor([0])),
            TypeError,
            r"input must be floating, got Tensor of shape \(1, 2\), int64",
        ),
        (
            lambda: F.cross_entropy(ag.tensor(1.0), ag.tensor(0)),
            ValueError,
            r"input needs a dimension of classes, as in \(C,\), .* got shape \(\)",
        ),
        (lambda: F.cross_entropy(ag.ones(2, 0), ag.tensor([0, 0])), ValueError, "needs a dimension of classes"),
        (
            lambda: F.binary_cross_entropy(tensor(0.5, 1.5), tensor(0, 1)),
            ValueError,
            r"input must hold probabilities from 0 to 1, got 1.5 at \(1,\); for scores of any size use binary_cross",
        ),
        (
            lambda: F.binary_cross_entropy(tensor(nan, 0.5), tensor(0, 1)),
            ValueError,
            r"input must hold probabilities from 0 to 1, got nan at \(0,\)",
        ),
        (
            lambda: F.binary_cross_entropy(tensor(0.5, 0.5), tensor(0, -1)),
            ValueError,
            r"target must hold probabilities from 0 to 1, got -1.0 at \(1,\)",
        ),
        (
            lambda: F.binary_cross_entropy(tensor(0.5, 0.5), tensor(0, 1), ag.ones(3)),
            ValueError,
            r"weight of shape \(3,\) does not broadcast to the input's shape \(2,\)",
        ),
        (
            lambda: F.binary_cross_entropy_with_logits(SCORES, SCORES, pos_weight=ag.ones(4)),
            ValueError,
            r"pos_weight of shape \(4,\) does not broadcast to the input's shape \(4, 3\)",
        ),
        (
            lambda: F.mse_loss(SCORES, SCORES, weight=ag.ones(3)),
            ValueError,
            r"mse_loss: weight has shape \(3,\), but input has shape \(4, 3\)",
        ),
        (lambda: F.huber_loss(SCORES, SCORES, delta=0), ValueError, "huber_loss: delta must be positive, got 0"),
        (lambda: F.smooth_l1_loss(SCORES, SCORES, beta=-1), ValueError, "beta must not be negative, got -1"),
        (
            lambda: F.gaussian_nll_loss(SCORES, SCORES, -SCORES),
            ValueError,
            "var must not be negative, got -1.0; use exp or softplus",
        ),
        (
            lambda: F.gaussian_nll_loss(SCORES, SCORES, ag.ones(2, 3)),
            ValueError,
            r"var has shape \(2, 3\), but the input's is \(4, 3\)",
        ),
        (lambda: F.multi_margin_loss(SCORES, ag.tensor([0] * 4), p=3), ValueError, "p must be 1 or 2, got 3"),
        (
            lambda: F.multi_margin_loss(ag.ones(2, 3, 4), ag.tensor([0])),
            ValueError,
            r"takes an input \(N, C\) or \(C,\), got shape \(2, 3, 4\)",
        ),
        (
            lambda: F.multilabel_margin_loss(SCORES, ag.tensor([0] * 4)),
            ValueError,
            r"filled up with -1 to the input's shape \(4, 3\); got shape \(4,\), int64",
        ),
        (
            lambda: F.multilabel_margin_loss(ag.ones(1, 3), ag.tensor([[0, 3, -1]])),
            ValueError,
            "label 3 of row 0 is out of range for 3 classes; labels go from 0 to 2, and -1 ends the list",
        ),
        (
            lambda: F.triplet_margin_loss(SCORES, SCORES, SCORES, margin=0),
            ValueError,
            "triplet_margin_loss: margin must be positive, got 0",
        ),
        (
            lambda: F.triplet_margin_loss(SCORES, SCORES, ag.ones(3)),
            ValueError,
            r"negative has shape \(3,\), but anchor has shape \(4, 3\)",
        ),
        (
            lambda: F.cosine_embedding_loss(SCORES, SCORES, ag.ones(3)),
            ValueError,
            r"got inputs \(4, 3\) and target \(3,\)",
        ),
        (lambda: F.mse_loss(SCORES, "text"), TypeError, "mse_loss: needs tensors, arrays or numbers, got str"),
    ],
)
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_hints_name_only_what_the_loss_takes():
    x = ag.zeros(4, 3)
    for target in (np.zeros(4), np.zeros((4, 3), int)):
        for loss, takes_probabilities in ((F.cross_entropy, True), (F.nll_loss, False)):
            with pytest.raises((TypeError, ValueError)) as caught:
                loss(x, ag.tensor(target))
            assert ("float" in str(caught.value).split("; ")[1]) == takes_probabilities


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_weights_that_sum_to_0_have_a_mean_of_nan_and_nan_as_gradient(dtype, smoothing):
    t, w = ag.tensor([0, 0]), ag.tensor(np.asarray([0.0, 1.0, 1.0], dtype))
    x = ag.tensor(np.arange(6.0).reshape(2, 3).astype(dtype), requires_grad=True)
    loss = F.cross_entropy(x, t, w, label_smoothing=smoothing)
    loss.backward()
    assert loss.dtype == x.grad.dtype == dtype
    assert np.isnan(loss.item())
    assert np.isnan(x.grad.numpy()).all()
    assert F.cross_entropy(x, t, w, reduction="sum").item() == 0
    assert F.cross_entropy(x, ag.tensor([0, 1]), w).item() > 0


@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_every_weighted_mean_over_a_total_weight_of_0_is_nan():
    x, t, w, one = ag.ones(2, 3), ag.tensor([0, 0]), ag.tensor([0.0, 1.0, 1.0]), ag.zeros(2, 3)
    for loss in (
        F.nll_loss(x, t, w), F.cross_entropy(x[0], t[0], w), F.linear_cross_entropy(x, ag.ones(3, 3), t, weight=w),
        F.mse_loss(x, one, weight=one), F.l1_loss(x, one, weight=one),
    ):  # fmt: skip
        assert np.isnan(loss.item())


PAIRS = [F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss, F.kl_div, F.soft_margin_loss, F.poisson_nll_loss]


@pytest.mark.parametrize("f", PAIRS)
def test_arrays_and_numbers_are_checked_as_tensors_are(f):
    """They took the short way of tensors, and two shapes were broadcast without a word."""
    with pytest.raises(ValueError, match=r"target has shape \(2, 3\), but input has shape \(3,\)"):
        f(np.ones(3), np.ones((2, 3)))
    x, t = np.array([1, 2]), np.array([3, 1])
    np.testing.assert_allclose(f(x, t), f(ag.tensor(x), ag.tensor(t)), rtol=1e-6)
    np.testing.assert_allclose(f(2.0, 1.0), f(ag.tensor(2.0), ag.tensor(1.0)), rtol=1e-6)


@pytest.mark.parametrize("f", [f for f in PAIRS if f is not F.l1_loss])
def test_complex_numbers_raise(f):
    z = ag.tensor([1 + 1j, 2])
    with pytest.raises(TypeError, match=r"input is .* the loss of complex numbers is not defined; take their abs\(\)"):
        f(z, z * 2)
    assert F.l1_loss(z, ag.tensor([1, 2])) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("size_average", "reduce", "reduction"),
    [(True, None, "mean"), (False, None, "sum"), (None, True, "mean"), (None, False, "none"), (False, True, "sum")]
    + [(True, False, "none"), (False, False, "none")],
)
def test_the_older_form_of_reduction(size_average, reduce, reduction):
    """As `_Reduction.legacy_get_string` of PyTorch."""
    x, t = ag.randn(4, 3), ag.randn(4, 3)
    with pytest.warns(UserWarning, match=f"pass reduction='{reduction}' instead"):
        old = F.mse_loss(x, t, size_average, reduce, "mean")
    np.testing.assert_array_equal(old, F.mse_loss(x, t, reduction=reduction))
    with pytest.warns(UserWarning, match=f"pass reduction='{reduction}' instead"):
        old = F.cross_entropy(x, t.argmax(1), size_average=size_average, reduce=reduce)
    np.testing.assert_array_equal(old, F.cross_entropy(x, t.argmax(1), reduction=reduction))


def test_a_reduction_in_the_place_of_the_older_form_raises():
    with pytest.raises(TypeError, match="size_average is 'sum', but .* pass the reduction by keyword"):
        F.mse_loss(ag.ones(2), ag.ones(2), "sum")
