"""Second derivatives where a first one was chosen, at the 0 of norms and distances: the right value or NaN, never 0 for want
of a better one."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
from autograd_core.ops.network.rbf import rbf

P = (1, 1.5, 2, 3, math.inf)
AT_ZERO = {f"norm_{p}": lambda x, p=p: x.norm(p) for p in P}
AT_ZERO |= {f"vector_norm_{p}": lambda x, p=p: ag.linalg.vector_norm(x, p, 0) for p in P}
AT_ZERO |= {
    "dist": lambda x: ag.dist(x, ag.zeros(3, dtype=x.dtype)),
    "cdist": lambda x: ag.cdist(x[None], ag.zeros(1, 3, dtype=x.dtype)).sum(),
    "pdist": lambda x: F.pdist(ag.stack([x, ag.zeros(3, dtype=x.dtype)])).sum(),
    "pairwise_distance": lambda x: F.pairwise_distance(x, x.detach(), eps=0.0),
    "matrix_norm": lambda x: ag.linalg.matrix_norm(x[None]),
    "std": lambda x: x.std(),
    "np.linalg.norm": np.linalg.norm,
    "np.std": np.std,
}


@pytest.mark.parametrize("after", [lambda y: y, lambda y: y**2, lambda y: ag.exp(-y)], ids=["itself", "square", "exp"])
@pytest.mark.parametrize("name", AT_ZERO)
def test_the_gradient_at_zero_is_0_and_its_derivative_is_not_made_up(name, after):
    x = ag.tensor(np.zeros(3), requires_grad=True)
    (g,) = ag.grad(after(AT_ZERO[name](x)), x, create_graph=True)
    np.testing.assert_array_equal(g.detach().numpy(), 0)
    np.testing.assert_array_equal(ag.grad(AT_ZERO[name](x), x)[0].numpy(), 0)
    (second,) = ag.grad(g[0], x)
    assert np.isnan(second.numpy()).all()
    assert np.isnan(ag.func.hessian(lambda x: after(AT_ZERO[name](x)))(x.detach()).numpy()).any()


def test_what_does_not_reach_a_kink_keeps_its_second_derivative():
    x = ag.tensor([[0.0, 0.0], [3.0, 4.0]], dtype=ag.float64, requires_grad=True)
    (g,) = ag.grad((x.norm(dim=1) ** 2)[1], x, create_graph=True)
    (second,) = ag.grad(g[1, 0], x)
    np.testing.assert_allclose(second.numpy()[1], [2, 0], atol=1e-15)
    (g,) = ag.grad((x.norm(dim=1) * ag.tensor([0.0, 1.0], dtype=ag.float64)).sum(), x, create_graph=True)
    (second,) = ag.grad(g.sum(), x)  # 0 times a norm is constant
    np.testing.assert_allclose(second.numpy(), [[0, 0], [0.032, -0.024]], atol=1e-15)


def test_negative_orders_at_zero_and_the_nuclear_norm():
    x = ag.zeros(3, requires_grad=True)
    for order in (-1, -2, -math.inf):
        np.testing.assert_array_equal(ag.grad(ag.linalg.vector_norm(x, order), x)[0].numpy(), 0)
    a = np.arange(12.0).reshape(2, 2, 3)
    np.testing.assert_allclose(ag.norm(ag.tensor(a), "nuc", (1, 2)).numpy(), np.linalg.norm(a, "nuc", (1, 2)))
    assert ag.norm(ag.eye(3), p="nuc").item() == pytest.approx(3)


def second(f, x):
    """The gradient of f at x, and that of its first component."""
    x = ag.tensor(x, dtype=ag.float64, requires_grad=True)
    (g,) = ag.grad(f(x), x, create_graph=True)
    return g.detach().numpy(), ag.grad(g[0], x)[0].numpy()


def test_a_complex_modulus_and_a_logarithm_at_0():
    for f in (lambda x: ag.complex(x[0], x[1]).abs(), lambda x: ag.complex(x[0], x[1]).abs() ** 2):
        first, hessian = second(f, [0.0, 0.0])
        assert not first.any()
        assert np.isnan(hessian[0])
    first, hessian = second(
        lambda x: rbf(x[None], ag.zeros(1, 2, dtype=ag.float64), kernel="thin_plate").sum(), [0.0, 0.0]
    )
    assert not first.any()
    assert np.isnan(hessian).all()  # log r² at 0


@pytest.mark.parametrize(("kernel", "value"), [("gaussian", -1), ("multiquadric", 1), ("inverse_multiquadric", -1)])
def test_smooth_radial_functions_have_their_curvature_at_the_center(kernel, value):
    first, hessian = second(lambda x: rbf(x[None], ag.zeros(1, 2, dtype=ag.float64), kernel=kernel).sum(), [0.0, 0.0])
    assert not first.any()
    np.testing.assert_array_equal(hessian, [value, 0])


def test_a_norm_with_a_lower_bound_is_constant_near_0():
    one = ag.ones(2, dtype=ag.float64)
    first, hessian = second(lambda x: F.normalize(x, dim=0, eps=1e-3).sum(), [0.0, 0.0])
    np.testing.assert_allclose(first, 1000)
    np.testing.assert_array_equal(hessian, 0)
    first, hessian = second(lambda x: F.cosine_similarity(x, one, 0, 1e-3), [0.0, 0.0])
    np.testing.assert_allclose(first, 1000 / math.sqrt(2))
    np.testing.assert_array_equal(hessian, 0)
    for p in (0, 1, 1.5, 2, math.inf):
        first, hessian = second(lambda x, p=p: F.normalize(x, p, 0, 1.0).sum(), [1e-3, 0.0] if p else [0.0, 0.0])
        np.testing.assert_array_equal(first, 1)
        np.testing.assert_array_equal(hessian, 0)
    first, hessian = second(lambda x: ag.renorm(x[None], 2, 0, 1.0).sum(), [0.0, 0.0])
    np.testing.assert_array_equal(first, 1)
    np.testing.assert_array_equal(hessian, 0)


def test_inside_vmap_and_in_forward_mode():
    x = ag.tensor([[0.0, 0.0], [3.0, 4.0]], dtype=ag.float64)
    hessians = ag.func.vmap(ag.func.hessian(lambda x: x.norm() ** 2))(x).numpy()
    assert np.isnan(hessians[0]).all()
    np.testing.assert_allclose(hessians[1], 2 * np.eye(2), atol=1e-12)
    product = ag.func.hvp(lambda x: x.norm(dim=1).sum(), (x,), (ag.ones(2, 2, dtype=ag.float64),)).numpy()
    assert np.isnan(product[0]).all()
    np.testing.assert_allclose(product[1], [0.032, -0.024], atol=1e-12)
