"""Embedding and EmbeddingBag: the kernels against loops, the modules, vmap, what is refused. (Values and derivatives of
the functions are rows of tables/attention.py and tables/loss.py; more of `F.embedding` is in test_functional.py.)"""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.kernels.rows import embedding as kernels

TABLE = np.random.default_rng(0).standard_normal((6, 4))


@pytest.fixture
def threads():
    before = ag.get_num_threads()
    yield ag.set_num_threads
    ag.set_num_threads(before)


# ------------------------------------------------------------------------------------------------------------- kernels


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.complex64])
@pytest.mark.parametrize("width", [1, 5, 16, 100])
def test_adding_rows_back_is_a_loop_in_order(width, dtype):
    rng = np.random.default_rng(width)
    g, index = rng.standard_normal((30, width)).astype(dtype), rng.integers(-1, 7, (5, 6))
    expected = np.zeros((7, width), dtype)
    for row, i in zip(g, index.reshape(-1), strict=True):
        if i >= 0:
            expected[i] += row
    np.testing.assert_array_equal(kernels.scatter(g.reshape(5, 6, width), index, 7), expected)


def test_results_do_not_depend_on_the_number_of_threads(threads):
    rng = np.random.default_rng(0)
    index, starts = rng.integers(-1, 500, 4000), np.arange(0, 4001, 10)
    table, scale = rng.standard_normal((500, 100), np.float32), rng.standard_normal(4000, np.float32)
    g, gb = rng.standard_normal((4000, 100), np.float32), rng.standard_normal((400, 100), np.float32)
    found = []
    for n in (1, 2, 3):
        threads(n)
        found.append(
            (
                kernels.scatter(g, index, 500),
                kernels.bags(table, index, starts, scale),
                kernels.bags_scatter(gb, index, starts, scale, 500),
                kernels.bags_dot(gb, table, index, starts),
                *kernels.bags_largest(table, index, starts),
            )
        )
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_nan_counts_as_largest():
    table = ag.tensor([[1.0, np.nan], [2.0, 3.0]], requires_grad=True)
    for index in ([[0, 1]], [[1, 0]]):
        out = F.embedding_bag(ag.tensor(index), table, mode="max")
        np.testing.assert_array_equal(out.numpy(), [[2.0, np.nan]])
    F.embedding_bag(ag.tensor([[1, 1, 0]]), table, mode="max").sum().backward()
    np.testing.assert_array_equal(table.grad.numpy(), [[0, 1], [1, 0]])


# ----------------------------------------------------------------------------------------------------------- functions


def test_scaled_by_frequency():
    """PyTorch's own bag divides by the frequency of another index here; the formula is its documentation's."""
    w = ag.tensor(TABLE, requires_grad=True)
    out = F.embedding_bag(ag.tensor([[2, 2, 5], [0, 2, 5]]), w, mode="sum", scale_grad_by_freq=True)
    g = np.array([[1.0] * 4, [10.0] * 4])
    out.backward(ag.tensor(g))
    np.testing.assert_allclose(w.grad.numpy()[:, 0], [10, 0, (2 + 10) / 3, 0, 0, (1 + 10) / 2])


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_bags_of_other_dtypes(mode, dtype):
    w = ag.tensor(TABLE.astype(dtype), requires_grad=True)
    out = F.embedding_bag(ag.tensor([1, 1, 3]), w, ag.tensor([0, 0, 2]), mode=mode)
    assert out.dtype == dtype
    factor = {"sum": 2, "mean": 1, "max": 1}[mode]
    np.testing.assert_allclose(out.numpy(), [np.zeros(4), factor * w.numpy()[1], w.numpy()[3]], rtol=1e-3)
    out.sum().backward()
    np.testing.assert_allclose(w.grad.numpy()[:, 0], [0, factor, 0, 1, 0, 0])


def test_max_norm_shortens_the_rows_in_use():
    w = ag.tensor(TABLE * 10, requires_grad=True)
    out = F.embedding_bag(ag.tensor([[1, 2]]), w, max_norm=1.0, mode="sum")
    short = TABLE / np.linalg.norm(TABLE, axis=1, keepdims=True)
    np.testing.assert_allclose(w.numpy(), [*(10 * TABLE[:1]), *short[1:3], *(10 * TABLE[3:])])
    np.testing.assert_allclose(out.numpy()[0], short[1] + short[2])


def test_nothing():
    w = ag.tensor(TABLE)
    none = np.zeros(0, np.int64)
    assert F.embedding_bag(ag.tensor(none), w, ag.tensor(none)).shape == (0, 4)
    np.testing.assert_array_equal(F.embedding_bag(ag.tensor(none), w, ag.tensor([0, 0])).numpy(), np.zeros((2, 4)))
    for mode in ("sum", "mean", "max"):
        out = F.embedding_bag(np.zeros((2, 0), np.int64), w, mode=mode)
        np.testing.assert_array_equal(out.numpy(), np.zeros((2, 4)))


@pytest.mark.parametrize("kind", [np.uint8, np.int32])
def test_any_integers(kind):
    index = np.array([[5, 0], [1, 5]], kind)
    w = ag.tensor(TABLE, requires_grad=True)
    F.embedding(ag.tensor(index), w, padding_idx=0).sum().backward()
    np.testing.assert_array_equal(w.grad.numpy()[:, 0], [0, 1, 0, 0, 0, 2])
    np.testing.assert_allclose(F.embedding_bag(ag.tensor(index), w).numpy(), TABLE[index].mean(1))


# ---------------------------------------------------------------------------------------------------------------- vmap


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("offsets", [None, np.array([0, 0, 3])])
def test_bags_of_each_example(mode, offsets):
    """Tables and indices by example, and one table for all."""
    rng = np.random.default_rng(0)
    shape = (3, 2, 3) if offsets is None else (3, 5)
    index, tables = rng.integers(0, 6, shape), rng.standard_normal((3, 6, 4))

    def f(i, w):
        return F.embedding_bag(i, w, offsets, mode=mode, padding_idx=1)

    def slope(i, w):
        return ag.func.grad(lambda w: (f(i, w) ** 2).sum())(w)

    for dims, pick in ((0, lambda k: tables[k]), ((0, None), lambda k: tables[0])):
        w = ag.tensor(tables if dims == 0 else tables[0])
        out, slopes = (ag.func.vmap(h, in_dims=dims)(ag.tensor(index), w) for h in (f, slope))
        for k in range(3):
            one = ag.tensor(pick(k))
            np.testing.assert_allclose(out.numpy()[k], f(index[k], one).numpy())
            np.testing.assert_allclose(slopes.numpy()[k], slope(index[k], one).numpy())


# ------------------------------------------------------------------------------------------------------------- modules


def test_starting_values():
    ag.manual_seed(0)
    for layer in (nn.Embedding(400, 50, padding_idx=-1), nn.EmbeddingBag(400, 50, padding_idx=399)):
        assert layer.padding_idx == 399
        w = layer.weight.numpy()
        np.testing.assert_array_equal(w[399], 0)
        assert abs(w[:399].mean()) < 0.03
        assert w[:399].std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("kind", [nn.Embedding, nn.EmbeddingBag])
def test_from_pretrained(kind):
    table = ag.tensor(TABLE)
    layer = kind.from_pretrained(table)
    assert not layer.weight.requires_grad
    assert np.shares_memory(layer.weight.numpy(), table.numpy())
    assert (layer.num_embeddings, layer.embedding_dim) == (6, 4)
    learnt = kind.from_pretrained(TABLE, freeze=False, padding_idx=2)
    assert learnt.weight.requires_grad
    np.testing.assert_array_equal(learnt.weight.numpy(), TABLE)  # the padding row too


def test_options_reach_the_functions():
    index = ag.tensor([[1, 1, 2], [0, 2, 2]])
    e = nn.Embedding(6, 4, 1, 0.5, 1.0, True, dtype=np.float64)
    e.weight.data = ag.tensor(TABLE)
    out = e(index)
    out.sum().backward()
    w = ag.tensor(TABLE, requires_grad=True)
    expected = F.embedding(index, w, 1, 0.5, 1.0, True)
    expected.sum().backward()
    np.testing.assert_array_equal(out.numpy(), expected.numpy())
    np.testing.assert_array_equal(e.weight.grad.numpy(), w.grad.numpy())
    b = nn.EmbeddingBag(6, 4, 0.5, 1.0, False, "sum", padding_idx=1, include_last_offset=True, dtype=np.float64)
    b.weight.data = ag.tensor(TABLE)
    line, offsets, scale = ag.tensor([1, 1, 2, 0]), ag.tensor([0, 3]), ag.tensor([1.0, 2, 3, 4], dtype=np.float64)
    w = ag.tensor(TABLE)
    expected = F.embedding_bag(line, w, offsets, 0.5, 1.0, False, "sum", False, scale, True, 1)
    np.testing.assert_array_equal(b(line, offsets, scale).numpy(), expected.numpy())


def test_text():
    assert repr(nn.Embedding(3, 4)) == "Embedding(3, 4)"
    text = "Embedding(3, 4, padding_idx=1, max_norm=2.0, norm_type=1.0, scale_grad_by_freq=True, sparse=True)"
    assert repr(nn.Embedding(3, 4, 1, 2.0, 1.0, True, True)) == text
    assert repr(nn.EmbeddingBag(3, 4)) == "EmbeddingBag(3, 4, mode='mean')"
    text = "EmbeddingBag(3, 4, max_norm=2.0, norm_type=1.0, scale_grad_by_freq=True, mode='sum', padding_idx=1)"
    assert repr(nn.EmbeddingBag(3, 4, 2.0, 1.0, True, "sum", padding_idx=1)) == text


# -------------------------------------------------------------------------------------------------------------- errors

BAG = ag.tensor([0, 1, 2])
W = ag.tensor(TABLE)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: F.embedding_bag(BAG, W, BAG, mode="min"), ValueError, "mode has to be one of .* got 'min'"),
        (lambda: F.embedding_bag(BAG, W), ValueError, "an input .n,. needs offsets"),
        (lambda: F.embedding_bag(BAG.reshape(1, 3), W, BAG), ValueError, "1 bags of 3, so offsets has to be None"),
        (lambda: F.embedding_bag(BAG.reshape(1, 1, 3), W), ValueError, "input has to be 1D or 2D"),
        (lambda: F.embedding_bag(BAG, W, BAG.reshape(1, 3)), ValueError, r"offsets has to be 1D, got shape \(1, 3\)"),
        (lambda: F.embedding_bag(BAG, W, ag.tensor([1, 2])), ValueError, r"offsets\[0\] has to be 0, .* got 1"),
        (
            lambda: F.embedding_bag(BAG, W, ag.tensor([0, 2, 1])),
            ValueError,
            r"rise from 0 to at most 3, .*\[0, 2, 1, 3\]",
        ),
        (lambda: F.embedding_bag(BAG, W, ag.tensor([0, 4])), ValueError, "rise from 0 to at most 3"),
        (lambda: F.embedding_bag(BAG, W, ag.tensor([0.0])), TypeError, "indices must be integers"),
        (
            lambda: F.embedding_bag(BAG, W, BAG[:0], include_last_offset=True),
            ValueError,
            "needs offsets with at least the end of the last bag",
        ),
        (lambda: F.embedding_bag(BAG + 5, W, ag.tensor([0])), IndexError, r"index 6 at \(1,\) is out of range"),
        (
            lambda: F.embedding_bag(BAG, W, ag.tensor([0]), per_sample_weights=ag.ones(3)),
            ValueError,
            "per_sample_weights is only supported for mode='sum', got mode='mean'",
        ),
        (
            lambda: F.embedding_bag(BAG, W, ag.tensor([0]), mode="sum", per_sample_weights=ag.ones(2)),
            ValueError,
            r"must have the input's shape \(3,\), got \(2,\)",
        ),
        (
            lambda: F.embedding_bag(BAG, W, ag.tensor([0]), mode="sum", per_sample_weights=ag.ones(3)),
            TypeError,
            r"per_sample_weights are Tensor of shape \(3,\), float32, but weight is float64; pass per_sample_weights.double",
        ),
        (
            lambda: F.embedding_bag(BAG, W, ag.tensor([0]), mode="max", scale_grad_by_freq=True),
            ValueError,
            "mode='max' does not support scale_grad_by_freq",
        ),
        (
            lambda: ag.func.vmap(lambda i: F.embedding_bag(i, W, scale_grad_by_freq=True))(BAG.reshape(1, 1, 3)),
            ValueError,
            "cannot count the indices of one example inside vmap",
        ),
        (
            lambda: ag.func.vmap(lambda w: F.embedding(BAG, w, max_norm=1.0))(W.reshape(1, 6, 4)),
            ValueError,
            "max_norm changes the table in place, which one example inside vmap cannot",
        ),
        (lambda: nn.Embedding(3, 4, padding_idx=3), ValueError, "within num_embeddings=3, from -3 to 2, got 3"),
        (lambda: nn.Embedding(-3, 4), ValueError, "Embedding: num_embeddings must not be negative, got -3"),
        (lambda: nn.EmbeddingBag(3, -4), ValueError, "EmbeddingBag: embedding_dim must not be negative, got -4"),
        (
            lambda: nn.Embedding(3, 4, _weight=W),
            ValueError,
            r"shape of the weight, \(6, 4\), does not match .*\(3, 4\)",
        ),
        (lambda: nn.Embedding.from_pretrained(BAG), ValueError, r"must be 2-dimensional, .* got shape \(3,\)"),
    ],
)
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
