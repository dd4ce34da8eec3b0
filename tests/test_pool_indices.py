"""Fractional, global and k-max pooling: PyTorch's values, what is drawn, texts and errors. More in tables/layers.py."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F

rng = np.random.default_rng(0)


def test_fractional_pooling_gives_pytorchs_windows():
    """F.fractional_max_pool2d(x, 2, 3, _random_samples=[[[0.3, 0.7]]]) of PyTorch: the first number is for the width."""
    x = ag.arange(7.0).reshape(1, 1, 1, 7).repeat(1, 1, 7, 1)
    u = ag.tensor([[[0.3, 0.7]]])
    out, indices = F.fractional_max_pool2d(x, 2, 3, return_indices=True, _random_samples=u)
    np.testing.assert_array_equal(out[0, 0], [[1, 4, 6]] * 3)
    np.testing.assert_array_equal(indices[0, 0], [[1, 4, 6], [22, 25, 27], [36, 39, 41]])


@pytest.mark.parametrize("dims", [2, 3])
def test_fractional_modules_draw_new_windows(dims):
    """Each image and channel has its own; windows cover the border; nothing is drawn where there is one choice."""
    kind = (nn.FractionalMaxPool2d, nn.FractionalMaxPool3d)[dims - 2]
    row = ag.arange(30.0) * ag.ones(4, 5, *(30,) * (dims - 1), 1)
    pool = kind(2, output_ratio=0.4, return_indices=True)
    out, indices = pool(row)
    assert out.shape == (4, 5, *(12,) * dims) and indices.dtype == np.int64
    last = out.array.reshape(20, -1, 12)[:, 0]  # the windows along the last dimension
    np.testing.assert_array_equal(last[:, -1], 29)
    assert set(np.diff(last[:, :-1]).ravel()) == {2, 3}  # (30 - 2) / 11 is between them
    assert len(np.unique(last, axis=0)) > 5
    assert (pool(row)[0].array != out.array).any()
    ag.manual_seed(5)
    first = pool(row)[0].array
    ag.manual_seed(5)
    np.testing.assert_array_equal(pool(row)[0].array, first)
    whole = kind(30, 1)(row)
    np.testing.assert_array_equal(whole.array, np.full((4, 5, *(1,) * dims), 29))
    assert repr(pool) == f"FractionalMaxPool{dims}d()" and not pool.state_dict()
    fixed = kind(2, 3, _random_samples=ag.full((1, 5, dims), 0.5))
    assert list(fixed.state_dict()) == ["_random_samples"]
    np.testing.assert_array_equal(fixed(row[0]), fixed(row[0]))


def test_fractional_pooling_by_example():
    x = ag.tensor(rng.standard_normal((3, 2, 8, 8)))
    same = ag.func.vmap(lambda x: F.fractional_max_pool2d(x, 2, 3), randomness="same")(x[:1].repeat(3, 1, 1, 1))
    np.testing.assert_array_equal(same[0], same[2])
    own = ag.func.vmap(lambda x: F.fractional_max_pool2d(x, 2, 5), randomness="different")(x[:1].repeat(3, 1, 1, 1))
    assert own.shape == (3, 2, 5, 5) and (own[0].array != own[1].array).any()


def test_nan_is_the_largest():
    x = ag.tensor([[[1.0, np.nan, 3.0, 2.0], [0.0, 1.0, 5.0, 4.0]]])
    out = F.fractional_max_pool2d(x, 2, (1, 2))
    np.testing.assert_array_equal(out[0, 0], [np.nan, 5.0])
    np.testing.assert_array_equal(F.kmax_pool1d(x[0, 0], 2), [np.nan, 3.0])


def test_kmax_takes_the_first_of_equals_and_keeps_their_order():
    x = ag.tensor([[1.0, 2.0, 2.0, 0.0, 2.0], [5.0, 4.0, 3.0, 2.0, 1.0]], requires_grad=True)
    out, indices = nn.KMaxPool1d(2, return_indices=True)(x)
    np.testing.assert_array_equal(out.detach(), [[2, 2], [5, 4]])
    np.testing.assert_array_equal(indices, [[1, 2], [0, 1]])
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, [[0, 1, 1, 0, 0], [1, 1, 0, 0, 0]])
    assert repr(nn.KMaxPool1d(2)) == "KMaxPool1d(k=2)"


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_global_pooling(dims):
    x = rng.standard_normal((2, 3, 4, 5, 6)[: dims + 2])
    space = tuple(range(2, dims + 2))
    for kind, of in (("Avg", np.mean), ("Max", np.max)):
        pool = getattr(nn, f"Global{kind}Pool{dims}d")
        np.testing.assert_allclose(pool()(ag.tensor(x)), of(x, space), rtol=1e-12)
        np.testing.assert_allclose(pool(keepdim=True)(ag.tensor(x)), of(x, space, keepdims=True), rtol=1e-12)
        np.testing.assert_allclose(pool()(ag.tensor(x[0])), of(x, space)[0], rtol=1e-12)
        assert repr(pool()) == f"Global{kind}Pool{dims}d(keepdim=False)"
        with pytest.raises(ValueError, match=rf"adaptive_{kind.lower()}_pool{dims}d: x has shape \(3,\)"):
            pool()(ag.ones(3))


X = ag.ones(2, 3, 6, 6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: F.fractional_max_pool2d(X, 2), "give output_size or output_ratio, one of them; got None and None"),
        (lambda: F.fractional_max_pool2d(X, 2, 3, 0.5), "give output_size or output_ratio, one of them; got 3 and 0.5"),
        (
            lambda: F.fractional_max_pool2d(X, 2, output_ratio=1.0),
            "output_ratio must be between 0 and 1, one number or 2",
        ),
        (
            lambda: F.fractional_max_pool2d(X, 2, 6),
            r"\(6, 6\) windows of \(2, 2\) do not fit into x of shape \(2, 3, 6, 6",
        ),
        (lambda: F.fractional_max_pool2d(X, 2, 0), "output_size is 0, but must be at least 1"),
        (lambda: F.fractional_max_pool3d(X, 0, 1), "kernel_size is 0, but must be at least 1"),
        (
            lambda: F.fractional_max_pool2d(X[0, 0], 2, 2),
            r"x has shape \(6, 6\); it must be \(N, C, H, W\) or \(C, H, W",
        ),
        (
            lambda: F.fractional_max_pool2d(X, 2, 2, _random_samples=ag.ones(2, 3)),
            r"_random_samples must have shape \(2, 3, 2\), got \(2, 3\)",
        ),
        (lambda: nn.FractionalMaxPool2d(2), "FractionalMaxPool2d: give output_size or output_ratio, one of them"),
        (
            lambda: nn.FractionalMaxPool3d(2, output_ratio=1.5),
            "FractionalMaxPool3d: output_ratio must be between 0 and 1",
        ),
        (lambda: nn.FractionalMaxPool2d(2, (1, 2, 3)), r"output_size=\(1, 2, 3\) has 3 numbers, needed are 2"),
        (lambda: F.kmax_pool1d(X, 7), r"k=7 must be from 1 to the length of the rows, of input \(2, 3, 6, 6\)"),
        (lambda: F.kmax_pool1d(X, 0), "k=0 must be from 1 to the length of the rows"),
        (lambda: F.kmax_pool1d(ag.tensor(1.0), 1), r"k=1 must be from 1 to the length of the rows, of input \(\)"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
