"""Further names of functions: in place, with indices, older ones."""

import inspect

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F

rng = np.random.default_rng(0)

IN_PLACE = {
    "relu_": (),
    "elu_": (0.7,),
    "selu_": (),
    "celu_": (1.5,),
    "leaky_relu_": (0.2,),
    "rrelu_": (0.1, 0.3),
    "hardtanh_": (-0.5, 0.8),
    "threshold_": (0.3, -2.0),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name):
    x = ag.tensor(rng.standard_normal((3, 4)), requires_grad=True)
    y = x * 1
    function, args = getattr(F, name), IN_PLACE[name]
    plain = getattr(F, name[:-1])(x, *args)
    assert function(y, *args) is y
    np.testing.assert_array_equal(y.detach(), plain.detach())
    (grad,) = ag.grad((y * y).sum(), [x])
    (expected,) = ag.grad((plain * plain).sum(), [x])
    np.testing.assert_allclose(grad, expected, rtol=1e-12)
    with pytest.raises(TypeError, match=r": inplace=True needs a tensor, got ndarray of shape \(2,\), float64"):
        function(np.ones(2), *args)
    with pytest.raises(RuntimeError, match="_: a leaf that requires a gradient"):
        function(x, *args)


POOLS = {
    "max_pool1d": ((2, 3, 6), (2,)),
    "max_pool2d": ((2, 3, 6, 4), (2, 1)),
    "max_pool3d": ((2, 4, 4, 4), (2,)),
    "adaptive_max_pool1d": ((3, 6), (4,)),
    "adaptive_max_pool2d": ((3, 6, 4), (4,)),
    "adaptive_max_pool3d": ((3, 6, 4, 4), (3,)),
    "fractional_max_pool2d": ((3, 6, 4), (2, 3)),
    "fractional_max_pool3d": ((3, 6, 4, 4), (2, 3)),
}


@pytest.mark.parametrize("name", POOLS)
def test_with_indices(name):
    shape, args = POOLS[name]
    x = ag.tensor(rng.standard_normal(shape))
    ag.manual_seed(1)
    expected = getattr(F, name)(x, *args, return_indices=True)
    function = getattr(F, f"{name}_with_indices")
    place = list(inspect.signature(function).parameters).index("return_indices")
    defaults = [p.default for p in inspect.signature(function).parameters.values()]
    in_place = [*args, *defaults[1 + len(args) : place], False]  # every argument by its place
    for given, options in ((args, {}), (args, {"return_indices": False}), (in_place, {})):
        ag.manual_seed(1)
        found = function(x, *given, **options)
        assert len(found) == 2
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_older_names():
    x = ag.tensor(rng.standard_normal((1, 4, 3, 2)))
    np.testing.assert_array_equal(F.upsample_nearest(x, scale_factor=2), F.interpolate(x, scale_factor=2))
    corners = F.interpolate(x, (5, 4), mode="bilinear", align_corners=True)
    np.testing.assert_array_equal(F.upsample_bilinear(x, (5, 4)), corners)
    np.testing.assert_array_equal(F.native_channel_shuffle(x, 2), F.channel_shuffle(x, 2))


def test_convolution_with_time_first():
    """out[t] = Σ_k x[t - pad + k] @ w[k] + b."""
    x, w, b = rng.standard_normal((6, 2, 3)), rng.standard_normal((4, 3, 5)), rng.standard_normal(5)
    padded = np.pad(x, ((1, 1), (0, 0), (0, 0)))
    expected = np.stack([sum(padded[t + k] @ w[k] for k in range(4)) + b for t in range(5)])
    np.testing.assert_allclose(F.conv_tbc(x, w, b, pad=1), expected, rtol=1e-12)
    assert ag.gradcheck(F.conv_tbc, [ag.tensor(a, requires_grad=True) for a in (x, w, b)])
    with pytest.raises(
        ValueError, match=r"conv_tbc: input must be \(T, N, C\) and weight \(K, C, OC\), got \(6, 2\) and"
    ):
        F.conv_tbc(x[:, :, 0], w, b)


def test_the_eps_of_gumbel_softmax_has_no_effect():
    """Positional arguments in PyTorch's order: tau, hard, eps, dim."""
    ag.manual_seed(2)
    first = F.gumbel_softmax(ag.zeros(2, 3), 0.5, True, 1e-10, 0)
    ag.manual_seed(2)
    np.testing.assert_array_equal(first, F.gumbel_softmax(ag.zeros(2, 3), 0.5, True, dim=0))
    np.testing.assert_array_equal(first.sum(0), [1, 1, 1])
