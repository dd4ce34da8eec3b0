"""`nn.functional`: what it offers, dropout, embedding, one-hot, distances."""

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F

# -------------------------------------------------------------------------------------------------------- the namespace

PYTORCHS = """
    relu relu6 leaky_relu elu selu celu gelu silu mish sigmoid logsigmoid softplus softsign tanh tanhshrink
    softshrink hardshrink hardtanh hardsigmoid hardswish threshold prelu rrelu glu softmax log_softmax softmin
    gumbel_softmax cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy
    binary_cross_entropy_with_logits kl_div poisson_nll_loss gaussian_nll_loss hinge_embedding_loss
    margin_ranking_loss cosine_embedding_loss soft_margin_loss multi_margin_loss multilabel_margin_loss
    multilabel_soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss dropout alpha_dropout
    feature_alpha_dropout dropout1d dropout2d dropout3d linear embedding one_hot normalize cosine_similarity
    pairwise_distance pdist pad unfold fold bilinear interpolate upsample grid_sample affine_grid pixel_shuffle
    pixel_unshuffle channel_shuffle conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d max_pool1d
    max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d
    adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
"""


@pytest.mark.parametrize("name", PYTORCHS.split())
def test_has_the_function_and_a_docstring(name):
    assert getattr(F, name).__doc__


# -------------------------------------------------------------------------------------------------------------- dropout

DROPOUTS = {
    "dropout": (50, 40),
    "alpha_dropout": (50, 40),
    "feature_alpha_dropout": (50, 40, 3),
    "dropout1d": (50, 40, 3),
    "dropout2d": (50, 40, 3, 2),
    "dropout3d": (50, 40, 3, 2, 2),
}
CHANNELS = [name for name in DROPOUTS if name not in ("dropout", "alpha_dropout")]
every_dropout = pytest.mark.parametrize("name", DROPOUTS)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("name", [name for name in DROPOUTS if "alpha" not in name])
def test_dropout_drops_a_fraction_and_scales_the_rest(name, p):
    x = ag.tensor(np.ones(DROPOUTS[name]), requires_grad=True)
    y = getattr(F, name)(x, p, True)
    assert set(np.unique(y.numpy().round(12))) == {0, round(1 / (1 - p), 12)}
    assert (y.numpy() == 0).mean() == pytest.approx(p, abs=0.05)
    (y * y).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * y.numpy() / (1 - p))


@pytest.mark.parametrize("name", CHANNELS)
def test_channels_are_dropped_whole(name):
    y = getattr(F, name)(ag.ones(DROPOUTS[name]), 0.5, True).numpy().reshape(2000, -1)
    assert (y == y[:, :1]).all()
    assert 0.4 < (y[:, 0] == y.min()).mean() < 0.6


def test_unbatched_inputs_have_their_channels_first():
    for f, shape in ((F.dropout1d, (200, 3)), (F.dropout3d, (200, 3, 2, 2))):
        y = f(ag.ones(shape)).numpy().reshape(200, -1)
        assert (y == y[:, :1]).all()
        assert len(np.unique(y)) == 2
    y = F.dropout2d(ag.ones(20, 30, 4)).numpy().reshape(600, 4)  # (N, C, L), as in PyTorch
    assert (y == y[:, :1]).all()


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_alpha_dropout_keeps_mean_and_variance(p):
    x = ag.randn(200, 200, dtype=np.float64)
    y = F.alpha_dropout(x, p, training=True).numpy()
    assert y.mean() == pytest.approx(0, abs=0.03)
    assert y.var() == pytest.approx(1, abs=0.05)
    values, counts = np.unique(y, return_counts=True)
    assert counts.max() / y.size == pytest.approx(p, abs=0.02)
    scale = ((1 - p) * (1 + p * 1.7580993408473766**2)) ** -0.5
    assert values[counts.argmax()] == pytest.approx(scale * (-1.7580993408473766 + 1.7580993408473766 * p))
    kept = y != values[counts.argmax()]
    np.testing.assert_allclose(y[kept], scale * (x.numpy()[kept] + 1.7580993408473766 * p))


@every_dropout
def test_dropout_at_the_ends(name):
    f, shape = getattr(F, name), (2, 3, 4, 1, 1)[: len(DROPOUTS[name])]
    x = ag.tensor(np.full(shape, np.inf), requires_grad=True)
    assert f(x, 0.5, False) is x
    assert f(x, 0.0, True) is x
    gone = f(x, 1.0, True)
    np.testing.assert_array_equal(gone.numpy(), 0)
    gone.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 0)


@every_dropout
def test_dropout_errors(name):
    f, shape = getattr(F, name), (2, 3, 4, 1, 1)[: len(DROPOUTS[name])]
    for p in (-0.1, 1.5):
        with pytest.raises(ValueError, match=f"{name}: p is the probability to drop and must be from 0 to 1, got {p}"):
            f(ag.ones(shape), p)
    with pytest.raises(TypeError, match=f"{name}: inplace=True needs a tensor"):
        f(np.ones(shape), 0.5, True, True)
    with pytest.raises(TypeError, match=f"{name}: needs a floating tensor, got Tensor of shape .*complex64"):
        f(ag.tensor(np.ones(shape, np.complex64)), 0.5, True)


@pytest.mark.parametrize("name", CHANNELS)
def test_channel_dropout_of_a_vector(name):
    with pytest.raises(ValueError, match=rf"{name}: drops whole channels .* got shape \(3,\); use dropout"):
        getattr(F, name)(ag.ones(3))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@every_dropout
def test_dropout_keeps_the_dtype_and_works_in_place(name, dtype):
    f, shape = getattr(F, name), (2, 3, 4, 1, 1)[: len(DROPOUTS[name])]
    x = ag.tensor(np.arange(1.0, np.prod(shape) + 1).reshape(shape).astype(dtype), requires_grad=True)
    ag.manual_seed(3)
    y = f(x, 0.5, True)
    assert y.dtype == dtype
    ag.manual_seed(3)
    z = x * 1
    assert f(z, 0.5, True, True) is z
    np.testing.assert_array_equal(z.numpy(), y.numpy())
    g, h = (ag.grad(v.sum(), x)[0].numpy() for v in (y, z))
    np.testing.assert_array_equal(g, h)
    assert g.dtype == dtype


def test_dropout_saves_a_mask_of_one_byte_and_repeats_with_the_seed():
    ag.manual_seed(5)
    y = F.dropout(ag.ones(4, 5, requires_grad=True))
    mask, *_ = y.grad_fn.saved
    assert mask.dtype == bool
    ag.manual_seed(5)
    np.testing.assert_array_equal(F.dropout(ag.ones(4, 5)).numpy(), y.numpy())
    assert not np.array_equal(F.dropout(ag.ones(4, 5)).numpy(), y.numpy())


def test_a_dropped_infinity_is_zero():
    y = F.dropout(ag.tensor(np.full(100, np.inf))).numpy()
    assert set(np.unique(y)) == {0, np.inf}


def test_dropout_differentiates_twice():
    x = ag.tensor(np.array([1.0, 2.0, 3.0, 4.0]), requires_grad=True)
    y = F.dropout(x)
    (g,) = ag.grad((y**3).sum(), x, create_graph=True)
    (h,) = ag.grad(g.sum(), x)
    np.testing.assert_allclose(h.numpy(), 6 * y.numpy() * (y.numpy() != 0) * 4)


# ------------------------------------------------------------------------------------------------------------ embedding

TABLE = np.arange(12.0).reshape(4, 3)


def test_embedding_adds_back_repeated_rows():
    w = ag.tensor(TABLE, requires_grad=True)
    index = np.array([[3, 0, 3], [3, 3, 1]])
    out = F.embedding(ag.tensor(index), w)
    assert out.shape == (2, 3, 3)
    g = np.random.default_rng(0).standard_normal((2, 3, 3))
    out.backward(ag.tensor(g))
    expected = np.zeros((4, 3))
    for place in np.ndindex(2, 3):
        expected[index[place]] += g[place]
    np.testing.assert_allclose(w.grad.numpy(), expected)


@pytest.mark.parametrize("padding", [1, -3])
def test_the_padding_row_learns_nothing(padding):
    w = ag.tensor(TABLE, requires_grad=True)
    out = F.embedding(ag.tensor([1, 2, 1, 0]), w, padding_idx=padding)
    np.testing.assert_array_equal(out.numpy(), TABLE[[1, 2, 1, 0]])
    out.sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), [[1] * 3, [0] * 3, [1] * 3, [0] * 3])


def test_gradients_scaled_by_frequency():
    w = ag.tensor(TABLE, requires_grad=True)
    F.embedding(ag.tensor([2, 2, 2, 0]), w, scale_grad_by_freq=True).sum().backward()
    np.testing.assert_allclose(w.grad.numpy(), [[1] * 3, [0] * 3, [1] * 3, [0] * 3])


@pytest.mark.parametrize("norm", [1.0, 2.0])
def test_rows_in_use_are_shortened_to_max_norm(norm):
    w = ag.tensor(TABLE, requires_grad=True)
    out = F.embedding(ag.tensor([0, 2, 2]), w, max_norm=1.0, norm_type=norm)
    shortened = TABLE[2] / np.linalg.norm(TABLE[2], norm)
    np.testing.assert_allclose(w.numpy(), [TABLE[0] / np.linalg.norm(TABLE[0], norm), TABLE[1], shortened, TABLE[3]])
    np.testing.assert_allclose(out.numpy()[1:], [shortened, shortened])


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (5,)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_embedding_shapes_and_dtypes(shape, dtype):
    w = ag.tensor(TABLE.astype(dtype), requires_grad=True)
    out = F.embedding(ag.tensor(np.full(shape, 2)), w)
    assert out.shape == (*shape, 3)
    assert out.dtype == dtype
    out.sum().backward()
    np.testing.assert_array_equal(w.grad.numpy(), np.outer(np.arange(4) == 2, np.full(3, np.prod(shape))))


def test_reading_rows_and_adding_them_back_are_adjoint():
    rng = np.random.default_rng(0)
    w = ag.tensor(rng.standard_normal((7, 3)), requires_grad=True)
    index = rng.integers(0, 7, 20)
    g = ag.tensor(rng.standard_normal((20, 3)))
    out = F.embedding(index, w)
    (back,) = ag.grad(out, w, g)
    assert (out.detach() * g).sum().item() == pytest.approx((w.detach() * back).sum().item(), rel=1e-13)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda: F.embedding(ag.tensor([[0, 1], [4, 0]]), ag.tensor(TABLE)),
            IndexError,
            r"embedding: index 4 at \(1, 0\) is out of range; it must be from 0 to 3, as weight has 4 rows",
        ),
        (lambda: F.embedding(ag.tensor([-1]), ag.tensor(TABLE)), IndexError, r"index -1 at \(0,\) is out of range"),
        (
            lambda: F.embedding(ag.tensor([0.0]), ag.tensor(TABLE)),
            TypeError,
            r"embedding: indices must be integers, got ndarray of shape \(1,\), float32; pass input.astype",
        ),
        (
            lambda: F.embedding(ag.tensor([0]), ag.ones(3)),
            ValueError,
            r"weight must be a table \(rows, D\), got shape \(3,\)",
        ),
        (
            lambda: F.embedding(ag.tensor([0]), ag.tensor(TABLE), padding_idx=4),
            ValueError,
            "padding_idx 4 is out of range for 4 rows",
        ),
        (
            lambda: F.one_hot(ag.tensor([0, 3]), 3),
            IndexError,
            r"one_hot: index 3 at \(1,\) is out of range; it must be from 0 to 2, as there are 3 classes",
        ),
        (lambda: F.one_hot(ag.tensor([-1])), IndexError, "one_hot: index -1"),
        (lambda: F.one_hot(ag.tensor([0, 1]), 0), ValueError, "num_classes must be positive, or -1 .* got 0"),
        (lambda: F.one_hot(ag.tensor([1.0])), TypeError, "one_hot: indices must be integers"),
        (
            lambda: F.one_hot(ag.tensor(np.zeros(0, int))),
            ValueError,
            "the number of classes cannot be told from no labels; give num_classes",
        ),
        (
            lambda: F.pairwise_distance(ag.ones(2, 3), ag.ones(2, 4)),
            ValueError,
            r"needs vectors of one length in the last dimension, got shapes \(2, 3\) and \(2, 4\)",
        ),
        (
            lambda: F.cosine_similarity(ag.ones(2, 3), ag.ones(2, 4)),
            ValueError,
            r"cosine_similarity: shapes \(2, 3\) and \(2, 4\) do not broadcast",
        ),
        (lambda: F.normalize(ag.ones(3)), IndexError, "normalize: dim 1 is out of range for 1 dimensions"),
    ],
)
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# --------------------------------------------------------------------------------------------------- one-hot, distances


def test_one_hot():
    out = F.one_hot(ag.tensor([[0, 2], [1, 0]]))
    assert out.dtype == np.int64
    np.testing.assert_array_equal(out.numpy(), np.eye(3)[[[0, 2], [1, 0]]])
    assert F.one_hot(ag.tensor(1), 3).tolist() == [0, 1, 0]
    assert F.one_hot(ag.tensor(np.zeros((0, 2), int)), 3).shape == (0, 2, 3)


def test_vectors_of_length_zero():
    np.testing.assert_array_equal(F.normalize(ag.zeros(2, 3)).numpy(), 0)
    np.testing.assert_array_equal(F.cosine_similarity(ag.zeros(2, 3), ag.ones(2, 3)).numpy(), 0)


def test_norms_that_count_and_that_pick():
    x = ag.tensor([[3.0, 0.0, -4.0]])
    zero = ag.zeros(1, 3)
    for p, expected in ((0, 2), (1, 7), (2, 5), (np.inf, 4)):
        assert F.pairwise_distance(x, zero, p, 0).item() == pytest.approx(expected)


# ----------------------------------------------------------------------------------------------------------------- vmap

SCORES = np.random.default_rng(1).standard_normal((3, 4, 5))
TARGETS = np.random.default_rng(2).integers(0, 5, (3, 4))
TARGETS[1, 2] = -100

VMAPPED = {
    "softmax": lambda x, t: F.softmax(x, 0) ** 2,
    "log_softmax": lambda x, t: F.log_softmax(x, -1) ** 2,
    "glu": lambda x, t: F.glu(x, 0),
    "prelu": lambda x, t: F.prelu(x, ag.ones(1, dtype=np.float64)),
    "mse": lambda x, t: F.mse_loss(x, x * 0),
    "huber": lambda x, t: F.huber_loss(x, x * 0),
    "bce": lambda x, t: F.binary_cross_entropy(F.sigmoid(x), F.sigmoid(-x)),
    "bce_logits": lambda x, t: F.binary_cross_entropy_with_logits(x, F.sigmoid(x)),
    "gaussian": lambda x, t: F.gaussian_nll_loss(x, x * 0, F.softplus(x)),
    "cross_entropy": lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1),
    "cross_entropy_weight": lambda x, t: F.cross_entropy(x, t, np.arange(1.0, 6)),
    "cross_entropy_one": lambda x, t: F.cross_entropy(x[0], t[0]),
    "nll": lambda x, t: F.nll_loss(F.log_softmax(x, 1), t, reduction="sum"),
    "embedding": lambda x, t: F.embedding(t * (t > 0) % 4, x, padding_idx=0) ** 2,
    "embedding_fixed": lambda x, t: F.embedding(np.array([1, 1, 3]), x) ** 2,
    "normalize": lambda x, t: F.normalize(x),
}


@pytest.mark.parametrize("name", VMAPPED)
def test_per_example_values_and_gradients(name):
    f = VMAPPED[name]
    x, t = ag.tensor(SCORES), ag.tensor(TARGETS)
    out = ag.func.vmap(f)(x, t)
    slopes = ag.func.vmap(ag.func.grad(lambda x, t: f(x, t).sum()))(x, t)
    for k in range(3):
        one = ag.tensor(SCORES[k], requires_grad=True)
        expected = f(one, ag.tensor(TARGETS[k]))
        np.testing.assert_allclose(out.numpy()[k], expected.numpy(), rtol=1e-12)
        (g,) = ag.grad(expected.sum(), one)
        np.testing.assert_allclose(slopes.numpy()[k], g.numpy(), rtol=1e-11, atol=1e-14)


def test_a_table_shared_by_the_examples():
    w, t = ag.tensor(SCORES[0]), ag.tensor(np.array([[0, 3], [3, 3]]))
    slopes = ag.func.vmap(ag.func.grad(lambda w, t: (F.embedding(t, w) ** 2).sum()), in_dims=(None, 0))(w, t)
    expected = np.zeros((2, 4, 5))
    for k, row in enumerate(t.tolist()):
        for i in row:
            expected[k, i] += 2 * SCORES[0, i]
    np.testing.assert_allclose(slopes.numpy(), expected)


def test_errors_inside_vmap():
    x = ag.tensor(SCORES)
    with pytest.raises(ValueError, match=r"label 5 at \(0, 0\) is out of range for 5 classes"):
        ag.func.vmap(F.cross_entropy)(x, ag.tensor(np.full((3, 4), 5)))
    with pytest.raises(ValueError, match="scale_grad_by_freq cannot count the indices of one example inside vmap"):
        ag.func.vmap(lambda t: F.embedding(t, x[0], scale_grad_by_freq=True))(ag.tensor([[0], [1]]))
