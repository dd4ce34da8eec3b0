"""DropConnect and Gaussian noise: what is drawn, how often, and what its gradient is."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F

rng = np.random.default_rng(0)


def masks(y):
    """Which weights of ones were kept, from inputs that name them: x = (1, 2, 4, …)."""
    return (y.astype(int)[..., None] >> np.arange(8)) & 1


@pytest.mark.parametrize("per_example", [False, True])
def test_weights_are_dropped_and_scaled(per_example):
    x = ag.tensor([2.0**i for i in range(8)]).expand(300, 8)
    y = F.drop_connect(x, ag.ones(20, 8), p=0.25, per_example=per_example).array * 0.75
    np.testing.assert_allclose(y, np.round(y), rtol=1e-6)
    kept = masks(np.round(y))  # (300, 20, 8)
    assert (kept == kept[0]).all() != per_example
    if per_example:
        assert kept.mean() == pytest.approx(0.75, abs=0.01)
        np.testing.assert_allclose(kept.mean(0), 0.75, atol=0.13)
    else:
        assert kept[0].mean() == pytest.approx(0.75, abs=0.12)


@pytest.mark.parametrize("per_example", [False, True])
def test_drop_connect_is_linear_with_the_masked_weights(per_example):
    """Gradients are those of a linear layer with what was kept, found from where the gradient is not 0."""
    layer = nn.DropConnect(6, 4, p=0.5, per_example=per_example).double()
    x = ag.tensor(rng.standard_normal((2, 5, 6)), requires_grad=True)
    g = rng.standard_normal((2, 5, 4))
    for n in [(0, 2)] if per_example else [slice(None)]:  # one row of the batch, or all of it
        y = layer(x)
        gw, gb, gx = ag.grad((y[n] * ag.tensor(g[n])).sum(), [layer.weight, layer.bias, x])
        rows, grads = x.detach().array[n].reshape(-1, 6), g[n].reshape(-1, 4)
        kept, kept_bias = (gw.array != 0) * 2.0, (gb.array != 0) * 2.0
        assert 0 < kept.mean() < 2
        masked = layer.weight.detach().array * kept
        expected = rows @ masked.T + layer.bias.detach().array * kept_bias
        np.testing.assert_allclose(y.detach().array[n].reshape(-1, 4), expected, rtol=1e-12)
        np.testing.assert_allclose(gw, grads.T @ rows * kept, rtol=1e-12)
        np.testing.assert_allclose(gb, grads.sum(0) * kept_bias, rtol=1e-12)
        np.testing.assert_allclose(gx.array[n].reshape(-1, 6), grads @ masked, rtol=1e-12)


def test_drop_connect_in_evaluation_and_at_the_ends():
    layer = nn.DropConnect(3, 2, p=1.0)
    x = ag.ones(4, 3)
    np.testing.assert_array_equal(layer(x).detach(), np.zeros((4, 2)))
    np.testing.assert_array_equal(layer.eval()(x).detach(), F.linear(x, layer.weight, layer.bias).detach())
    layer.train().p = 0.0
    np.testing.assert_array_equal(layer(x).detach(), F.linear(x, layer.weight, layer.bias).detach())
    assert layer(ag.ones(3)).shape == (2,) and layer(ag.ones(0, 3)).shape == (0, 2)
    own = nn.DropConnect(3, 2, bias=False, per_example=True)
    assert own(ag.ones(3)).shape == (2,) and own(ag.ones(0, 3)).shape == (0, 2)
    assert repr(own) == "DropConnect(in_features=3, out_features=2, bias=False, p=0.5, per_example=True)"
    assert list(nn.Linear(3, 2).state_dict()) == list(layer.state_dict())


def test_gaussian_noise():
    x = ag.zeros(200, 100, requires_grad=True)
    noise = nn.GaussianNoise(0.3)
    y = noise(x)
    assert y.dtype == np.float32
    assert y.array.std() == pytest.approx(0.3, rel=0.02) and y.array.mean() == pytest.approx(0, abs=0.01)
    assert (noise(x).array != y.array).any()
    (y * 2).sum().backward()
    np.testing.assert_array_equal(x.grad, np.full((200, 100), 2))
    assert noise.eval()(x) is x and F.gaussian_noise(x, 0.0) is x
    assert repr(noise) == "GaussianNoise(std=0.3)"


@pytest.mark.parametrize(
    "f",
    [
        F.gaussian_noise,
        lambda x: F.drop_connect(x, ag.ones(2, 5)),
        lambda x: F.drop_connect(x, ag.ones(2, 5), per_example=True),
    ],
)
def test_by_example(f):
    same = ag.func.vmap(f, randomness="same")(ag.ones(3, 4, 5))
    np.testing.assert_array_equal(same[0], same[2])
    own = ag.func.vmap(f, randomness="different")(ag.ones(3, 4, 5))
    assert (own[0].array != own[1].array).any()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: F.drop_connect(ag.ones(3), ag.ones(2, 3), p=1.5),
            ValueError,
            "drop_connect: p is the probability to drop",
        ),
        (
            lambda: F.drop_connect(ag.ones(4), ag.ones(2, 3)),
            ValueError,
            r"drop_connect: x has shape \(4,\), but weight of",
        ),
        (
            lambda: F.drop_connect(ag.ones(3), ag.ones(2, 3), ag.ones(1), per_example=True),
            ValueError,
            r"drop_connect: bias has shape \(1,\), expected \(2,\)",
        ),
        (
            lambda: F.drop_connect(ag.ones(3).double(), ag.ones(2, 3)),
            TypeError,
            r"drop_connect: x is float64, weight float32; convert the input, x\.float\(\), or the model",
        ),
        (
            lambda: F.gaussian_noise(ag.ones(3), -1.0),
            ValueError,
            r"gaussian_noise: std must not be negative, got -1\.0",
        ),
        (lambda: nn.GaussianNoise(-1.0), ValueError, r"GaussianNoise: std must not be negative, got -1\.0"),
        (lambda: nn.DropConnect(2, 3, p=2.0), ValueError, r"DropConnect: p is the probability to drop .* got 2\.0"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_dropout2d_of_a_matrix_warns_and_drops_elements():
    x = ag.ones(100, 50, requires_grad=True)
    for layer in (lambda v: F.dropout2d(v, 0.5), nn.Dropout2d()):
        with pytest.warns(UserWarning, match=r"dropout2d: an input of shape \(100, 50\) .* single elements"):
            y = layer(x)
        kept = (y != 0).float()
        assert 0.4 < kept.mean().item() < 0.6 and kept.mean(0).min() > 0 and kept.mean(1).max() < 1
        assert set(y.detach().numpy().reshape(-1).tolist()) == {0, 2}
        (g,) = ag.grad(y.sum(), x)
        assert (g == y).all()
    with pytest.warns(UserWarning, match="dropout2d"):
        assert F.dropout2d(x, training=False) is x
    per_row = F.dropout1d(ag.ones(100, 50)).numpy()  # there a matrix is (C, L)
    assert (per_row == per_row[:, :1]).all() and set(per_row[:, 0]) == {0, 2}
    alpha = F.feature_alpha_dropout
    for f, shape in ((F.dropout2d, (4,)), (F.dropout3d, (4, 5)), (F.dropout1d, (2, 2, 2, 2)), (alpha, (3,))):
        with pytest.raises(ValueError, match="use dropout to drop single elements"):
            f(ag.ones(shape))
