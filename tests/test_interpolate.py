"""Resampling: adjoints, scales, positions outside, errors. Values and gradients are in tables/interpolate.py."""

import numpy as np
import pytest

import autograd_core as ag


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


MODES = [
    ("nearest", 3),
    ("nearest-exact", 2),
    ("area", 2),
    ("linear", 1),
    ("bilinear", 2),
    ("bicubic", 2),
    ("trilinear", 3),
]


@pytest.mark.parametrize("out", [1, 2, 5, 40])
@pytest.mark.parametrize(("mode", "rank"), MODES, ids=str)
def test_the_gradient_is_the_adjoint(mode, rank, out):
    """<A x, g> = <x, Aᵀ g>, and Aᵀᵀ = A."""
    x = ag.tensor(draw(1, 2, *(5, 4, 3)[:rank]), requires_grad=True)
    y = ag.interpolate(x, (out, *(3, 6)[: rank - 1]), mode=mode)
    g = ag.tensor(draw(*y.shape, seed=1), requires_grad=True)
    (gx,) = ag.grad(y, x, g, create_graph=True)
    assert (y * g).sum().item() == pytest.approx((gx * x).sum().item(), rel=1e-12)
    (again,) = ag.grad(gx, g, x.detach())
    np.testing.assert_allclose(again.numpy(), y.detach().numpy(), atol=1e-13)


@pytest.mark.parametrize(("mode", "rank"), MODES, ids=str)
def test_a_constant_stays_constant(mode, rank):
    y = ag.interpolate(ag.ones(1, 1, *(5,) * rank), scale_factor=1.7, mode=mode)
    assert y.shape == (1, 1, *(8,) * rank)
    np.testing.assert_allclose(y.numpy(), 1, rtol=1e-6)


def test_the_same_size_is_a_copy():
    x = ag.rand(1, 2, 3, 4)
    for mode in ("nearest", "bilinear", "area", "bicubic"):
        y = ag.interpolate(x, (3, 4), mode=mode)
        np.testing.assert_allclose(y.numpy(), x.numpy(), rtol=1e-6)
        assert not np.shares_memory(y.array, x.array)
    np.testing.assert_array_equal(ag.interpolate(x, scale_factor=1.1, mode="bilinear").numpy(), x.numpy())


def test_nearest_rounds_in_single_precision_for_float32():
    """floor(o · float32(3 / 41)): in double precision some of these are one less."""
    x = np.arange(3, dtype=np.float32).reshape(1, 1, 3)
    expected = np.minimum(np.floor(np.arange(41, dtype=np.float32) * np.float32(3 / 41)), 2)
    np.testing.assert_array_equal(ag.interpolate(ag.tensor(x), 41).numpy()[0, 0], expected)


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_the_identity_grid_gives_the_image(mode, align):
    x = ag.tensor(draw(2, 3, 4, 5))
    grid = ag.affine_grid(ag.tensor(np.tile(np.eye(2, 3), (2, 1, 1))), x.shape, align)
    np.testing.assert_allclose(ag.grid_sample(x, grid, mode, align_corners=align).numpy(), x.numpy(), atol=1e-12)


@pytest.mark.parametrize(("padding", "expected"), [("zeros", 0.0), ("border", 4.0), ("reflection", None)])
def test_positions_far_outside_and_nan(padding, expected):
    x = ag.tensor(np.arange(1.0, 5.0).reshape(1, 1, 2, 2))
    grid = np.full((1, 1, 1, 2), 1e30)
    value = ag.grid_sample(x, ag.tensor(grid), padding_mode=padding).item()
    assert value == expected if expected is not None else 1 <= value <= 4
    if padding != "zeros":
        assert ag.grid_sample(x, ag.tensor(grid * np.nan), padding_mode=padding).item() == 1.0


def test_grid_sample_to_second_order_in_both():
    x = ag.tensor(draw(1, 1, 3, 4), requires_grad=True)
    grid = ag.tensor(draw(1, 2, 2, 2) * 0.3, requires_grad=True)
    assert ag.gradgradcheck(ag.grid_sample, (x, grid))


def test_empty_batches():
    assert ag.interpolate(ag.ones(0, 2, 4), 3).shape == (0, 2, 3)
    assert ag.grid_sample(ag.ones(0, 2, 4, 4), ag.ones(0, 3, 3, 2)).shape == (0, 2, 3, 3)
    assert ag.grid_sample(ag.ones(1, 2, 4, 4), ag.ones(1, 0, 3, 2)).shape == (1, 2, 0, 3)
    assert ag.pixel_shuffle(ag.ones(0, 4, 2, 2), 2).shape == (0, 1, 4, 4)


@pytest.mark.parametrize(
    ("mode", "align", "expected"),
    [
        ("bilinear", False, [1, 7, 18.857142857142854]),
        ("bilinear", True, [1.727272727272727, 11.559999999999999, 22.3]),
        ("bicubic", False, [0.41004184100418406, 6.530534351145038, 19.97071129707113]),
        ("bicubic", True, [0.8108283002588461, 11.895604395604394, 24.461654135338357]),
    ],
)
def test_antialias_gives_pytorchs_values(mode, align, expected):
    """F.interpolate(x, (1, 3), mode=mode, align_corners=align, antialias=True) of PyTorch 2.13."""
    x = ag.tensor(np.arange(6.0).reshape(1, 1, 1, 6) ** 2)
    found = ag.interpolate(x, (1, 3), mode=mode, align_corners=align, antialias=True)
    np.testing.assert_allclose(found[0, 0, 0], expected, rtol=1e-12)
    one = ag.interpolate(ag.ones(1, 1, 12, 10), (5, 1), mode=mode, align_corners=align, antialias=True)
    np.testing.assert_allclose(one, np.ones((1, 1, 5, 1)), rtol=1e-6)


X, G = ag.ones(1, 3, 4, 4), ag.ones(1, 2, 2, 2)
I = ag.interpolate  # noqa: E741
ERRORS = [
    (lambda: I(ag.ones(3, 4), 2), ValueError, r"interpolate: needs \(N, C, L\), .* got shape \(3, 4\)"),
    (lambda: I(X, 2, mode="cubic"), ValueError, "mode must be one of nearest, .* got 'cubic'"),
    (lambda: I(X, 2, mode="linear"), ValueError, r"mode='linear' is for 1 spatial dimensions, .* \(1, 3, 4, 4\) has 2"),
    (lambda: I(X, 2, align_corners=False), ValueError, "align_corners=False has no meaning with mode='nearest'"),
    (
        lambda: I(X, 2, mode="area", antialias=True),
        ValueError,
        "antialias=True is for mode='bilinear' and 'bicubic', got",
    ),
    (lambda: I(X.long(), 2), TypeError, "interpolate: needs a floating tensor, got int64"),
    (lambda: I(X), ValueError, "give size or scale_factor, one of them; got None and None"),
    (lambda: I(X, 2, 2), ValueError, "give size or scale_factor, one of them; got 2 and 2"),
    (lambda: I(X, (2, 2, 2)), ValueError, r"has 2 spatial dimensions, \(2, 2, 2\) names 3"),
    (lambda: I(X, 2, recompute_scale_factor=True), ValueError, "recompute_scale_factor has no meaning with size"),
    (lambda: I(X, scale_factor=0.1), ValueError, r"sizes must be positive, got input \(4, 4\) and output \(0, 0\)"),
    (lambda: I(ag.ones(1, 1, 0), 2), ValueError, r"sizes must be positive, got input \(0,\) and output \(2,\)"),
    (lambda: ag.grid_sample(X, G, "linear"), ValueError, "mode must be one of .* got 'linear' and 'zeros'"),
    (lambda: ag.grid_sample(X, G[..., :1]), ValueError, r"got shapes \(1, 3, 4, 4\) and \(1, 2, 2, 1\)"),
    (lambda: ag.grid_sample(X, G.double()), TypeError, "one dtype, got float32 and float64"),
    (lambda: ag.grid_sample(X[:, :, :0], G), ValueError, r"the input has no pixels, its shape is \(1, 3, 0, 4\)"),
    (lambda: ag.grid_sample(ag.ones(1, 1, 2, 2, 2), ag.ones(1, 1, 1, 1, 3), "bicubic"), ValueError, "is for 2d images"),
    (lambda: ag.affine_grid(ag.ones(1, 2, 3), (1, 1, 4)), ValueError, r"size must be .* got \(1, 1, 4\)"),
    (
        lambda: ag.affine_grid(ag.ones(2, 2, 3), (1, 1, 4, 4)),
        ValueError,
        r"theta must have shape \(1, 2, 3\) .* got \(2, 2, 3\)",
    ),
    (lambda: ag.affine_grid(ag.ones(1, 2, 3).long(), (1, 1, 4, 4)), TypeError, "needs a floating theta, got int64"),
    (lambda: ag.pixel_shuffle(X, 2), ValueError, r"3 channels \(shape \(1, 3, 4, 4\)\) are no multiple of 2² = 4"),
    (lambda: ag.pixel_unshuffle(X, 3), ValueError, r"height and width of shape \(1, 3, 4, 4\) are no multiples of 3"),
    (lambda: ag.pixel_shuffle(ag.ones(4), 2), ValueError, r"needs \(..., C, H, W\), got shape \(4,\)"),
    (lambda: ag.pixel_shuffle(X, 0), ValueError, "the factor must be positive, got 0"),
    (lambda: ag.channel_shuffle(X, 2), ValueError, r"C a multiple of groups=2, got shape \(1, 3, 4, 4\)"),
]


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS, ids=[e[2][:40] for e in ERRORS])
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
