"""`ag.func`: derivatives of functions, nested to any order, of trees of tensors or arrays, of networks."""

import threading
from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.engine import backward as gradients
from autograd_core.func import grad, grad_and_value, hvp, jvp, linearize, value_and_grad, vjp, vmap
from autograd_core.transforms import tree
from autograd_core.transforms.jacobians import hessian, jacfwd, jacrev
from autograd_core.transforms.modules import functional_call, stack_module_state
from nn.models import MLP, LeNet5

rng = np.random.default_rng(11)


def draw(*shape):
    return ag.tensor(rng.standard_normal(shape))


def close(a, b, tol=1e-10):
    """Equal structures of equal values, shapes and dtypes."""
    (xs, s), (ys, t) = tree.flatten(a), tree.flatten(b)
    assert tree.same(s, t), f"{tree.show(s)} and {tree.show(t)}"
    for x, y in zip(xs, ys, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        assert x.shape == y.shape and x.dtype == y.dtype
        np.testing.assert_allclose(x, y, rtol=tol, atol=tol)


# ------------------------------------------------------------------------------------------- calculus known in advance

A = rng.standard_normal((3, 3))


def quadratic(x):
    return x @ ag.tensor(A) @ x


def test_gradient_value_and_hessian_of_a_quadratic_form():
    x = draw(3)
    S = A + A.T
    close(grad(quadratic)(x), S @ x.numpy())
    close(value_and_grad(quadratic)(x), (quadratic(x), ag.tensor(S @ x.numpy())))
    close(grad_and_value(quadratic)(x), (ag.tensor(S @ x.numpy()), quadratic(x)))
    close(hessian(quadratic)(x), S)
    v = draw(3)
    close(hvp(quadratic, (x,), (v,)), S @ v.numpy())
    close(jvp(quadratic, (x,), (v,)), (quadratic(x), ag.tensor(v.numpy() @ S @ x.numpy())))


def test_products_with_a_jacobian():
    def f(x, y):
        return ag.sin(x) * y.sum(), x.sum() * y

    x, y = draw(2), draw(3)
    X, Y = x.numpy(), y.numpy()
    J = [
        [np.diag(np.cos(X)) * Y.sum(), np.outer(np.sin(X), np.ones(3))],
        [np.outer(Y, np.ones(2)), np.eye(3) * X.sum()],
    ]
    close(jacrev(f, (0, 1))(x, y), tuple(map(tuple, J)))
    close(jacfwd(f, (0, 1))(x, y), tuple(map(tuple, J)))
    value, pull = vjp(f, x, y)
    u, v = draw(2), draw(3)
    close(value, f(x, y))
    close(pull((u, v)), tuple(u.numpy() @ J[0][i] + v.numpy() @ J[1][i] for i in range(2)))
    close(pull(u, v), pull([u, v]))
    s, t = draw(2), draw(3)
    expected = tuple(J[i][0] @ s.numpy() + J[i][1] @ t.numpy() for i in range(2))
    close(jvp(f, (x, y), (s, t)), (f(x, y), expected))
    value, push = linearize(f, x, y)
    close(push(s, t), expected)
    close(push(2 * s, 2 * t), tuple(2 * e for e in expected))


def test_derivatives_to_the_sixth_order():
    f, expected = ag.sin, [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)]
    for order in range(7):
        assert abs(float(f(ag.tensor(0.7, dtype=np.float64))) - expected[order % 4](0.7)) < 1e-12
        f = grad(f)


def test_third_derivatives_by_every_route():
    def f(x):
        return (x**4).sum() + x[0] * x[1] * x[2]

    x = draw(3)
    expected = np.zeros((3, 3, 3))
    for i in range(3):
        expected[i, i, i] = 24 * x.numpy()[i]
    for i, j, k in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]:
        expected[i, j, k] = 1
    for one in (jacrev, jacfwd):
        for two in (jacrev, jacfwd):
            for three in (grad, jacrev, jacfwd):
                close(one(two(three(f)))(x), expected)


# --------------------------------------------------------------------------------------------- perturbation confusion


def derivative(f):
    """d/dt f(t), of a number, by forward mode."""
    return lambda t: jvp(f, (t,), (ag.ones_like(t),))[1]


ONE = ag.tensor(1.0, dtype=np.float64)


@pytest.mark.parametrize("inner", [grad, derivative])
@pytest.mark.parametrize("outer", [grad, derivative])
def test_perturbations_are_not_confused(outer, inner):
    # Siskind and Pearlmutter 2005: d/dx (x · d/dy (x + y)) at 1 is 1, and 2 if the two infinitesimals are confused
    assert float(outer(lambda x: x * inner(lambda y: x + y)(ONE))(ONE)) == 1
    # d/dx (x · d/dy (x y)) = 2 x
    assert float(outer(lambda x: x * inner(lambda y: x * y)(2 * ONE))(3 * ONE)) == 6
    # the inner variable is the outer one
    assert float(outer(lambda x: inner(lambda y: x * y * y)(x))(3 * ONE)) == 12
    assert float(outer(lambda x: inner(lambda y: x * y * y)(x.detach()))(3 * ONE)) == 6


def test_a_derivative_of_a_higher_order_function_is_not_confused():
    # Manzyuk et al. 2019, "Perturbation confusion in forward automatic differentiation of higher-order functions":
    # s(u)(f)(x) = f(x + u); D(s)(0) is the derivative D itself, and applying it twice is the second derivative
    def shift(u):
        return lambda f: lambda x: f(x + u)

    def d(f):
        return lambda x: derivative(lambda u: shift(u)(f)(x))(0 * ONE)

    assert abs(float(d(d(ag.exp))(ONE)) - np.e) < 1e-12


def test_a_closure_from_an_outer_derivative_is_a_constant_of_the_inner():
    def f(x):
        kept = x**2
        inner = grad(lambda y: kept * y + y**2)
        return inner(x) * kept  # (x² + 2 x) x²

    x = 3 * ONE
    close(grad(f)(x), np.array(4 * 27 + 6 * 9.0))


# ------------------------------------------------------------------------------------------------- nested transforms

W = rng.standard_normal((4, 3))


def layer(x):
    return ag.tanh(ag.tensor(W) @ x)


def test_batched_derivatives_are_the_loop():
    x, v, u = draw(5, 3), draw(5, 3), draw(5, 4)
    rows = range(5)

    def stacked(f):
        return np.stack([np.asarray(f(i)) for i in rows])

    close(vmap(jacrev(layer))(x), stacked(lambda i: jacrev(layer)(x[i])))
    close(vmap(jacfwd(layer))(x), stacked(lambda i: jacrev(layer)(x[i])))
    close(vmap(lambda x, v: jvp(layer, (x,), (v,))[1])(x, v), stacked(lambda i: jvp(layer, (x[i],), (v[i],))[1]))
    close(vmap(lambda x, u: vjp(layer, x)[1](u)[0])(x, u), stacked(lambda i: vjp(layer, x[i])[1](u[i])[0]))
    close(vmap(lambda x, v: linearize(layer, x)[1](v))(x, v), stacked(lambda i: jvp(layer, (x[i],), (v[i],))[1]))
    number = lambda x: (layer(x) ** 3).sum()  # noqa: E731
    close(vmap(hessian(number))(x), stacked(lambda i: hessian(number)(x[i])))
    close(vmap(jacrev(jacrev(layer)))(x), stacked(lambda i: jacfwd(jacfwd(layer))(x[i])))
    close(vmap(lambda x, v: hvp(number, (x,), (v,)))(x, v), stacked(lambda i: hessian(number)(x[i]) @ v[i]))


@pytest.mark.parametrize("size", [0, 1, 2])
def test_batches_of_any_size(size):
    w, x = draw(4, 3), draw(size, 3)
    f = lambda w, x: (ag.tanh(w @ x) ** 2).sum()  # noqa: E731
    loop = [grad(f)(w, row).numpy() for row in x]
    close(vmap(grad(f), (None, 0))(w, x), np.stack(loop) if loop else np.zeros((0, 4, 3)))
    nested = vmap(lambda x: vmap(lambda w: grad(f)(w, x))(w[None]))(x)
    close(nested[:, 0], np.stack(loop) if loop else np.zeros((0, 4, 3)))
    H = vmap(hessian(f, 1), (None, 0))(w, x)
    assert H.shape == (size, 3, 3)


def test_one_point_and_many_directions():
    x, us, vs = draw(3), draw(6, 4), draw(6, 3)
    J = jacrev(layer)(x)
    _, pull = vjp(layer, x)
    close(vmap(pull)(us)[0], us @ J)
    _, push = linearize(layer, x)
    close(vmap(push)(vs), vs @ J.T)
    close(vmap(lambda v: jvp(layer, (x,), (v,))[1])(vs), vs @ J.T)


def test_derivatives_of_a_batch():
    x, w = draw(5, 3), draw(3)
    f = lambda w: vmap(lambda x: ag.tanh(x @ w))(x)  # noqa: E731
    J = (1 - ag.tanh(x @ w) ** 2).reshape(5, 1) * x
    close(jacrev(f)(w), J)
    close(jacfwd(f)(w), J)
    close(grad(lambda w: (f(w) ** 2).sum())(w), 2 * f(w) @ J)
    total = lambda w: vmap(grad(lambda w, x: ag.tanh(x @ w) ** 2), in_dims=(None, 0))(w, x).sum()  # noqa: E731
    direct = lambda w: grad(lambda w: (ag.tanh(x @ w) ** 2).sum())(w).sum()  # noqa: E731
    close(grad(total)(w), grad(direct)(w))


def test_three_levels_of_batches_around_a_gradient():
    x, y, z = draw(2, 3), draw(4, 3), draw(5, 3)
    f = lambda x, y, z: (x * y * ag.sin(z * x)).sum()  # noqa: E731
    g = vmap(vmap(vmap(grad(f), (None, None, 0)), (None, 0, None)), (0, None, None))(x, y, z)
    X, Y, Z = x.numpy()[:, None, None], y.numpy()[None, :, None], z.numpy()[None, None]
    close(g, Y * np.sin(Z * X) + X * Y * Z * np.cos(Z * X))
    close(vmap(lambda x: vmap(lambda z: grad(f)(x, y[0], z))(z))(x), g[:, 0])


def test_a_batch_inside_a_derivative_inside_a_batch():
    x, w = draw(4, 3), draw(2, 3)

    def f(w):
        return vmap(lambda x: ag.exp(-((x - w) ** 2).sum()))(x).sum()

    loop = np.stack([grad(f)(row).numpy() for row in w])
    close(vmap(grad(f))(w), loop)
    close(vmap(hessian(f))(w), np.stack([jacrev(jacrev(f))(row).numpy() for row in w]))


def test_jacobians_of_dictionaries_and_lists():
    def f(p, x):
        h = ag.tanh(x @ p["w"] + p["b"][0])
        return {"h": h, "s": [h.sum()]}

    p, x = {"w": draw(3, 2), "b": [draw(2)]}, draw(3)
    close(jacrev(f)(p, x), jacfwd(f)(p, x))
    J = jacrev(f, (0, 1))(p, x)
    assert J["h"][0]["w"].shape == (2, 3, 2) and J["s"][0][1].shape == (3,)
    H = hessian(lambda p: f(p, x)["h"].sum())(p)
    assert H["w"]["b"][0].shape == (3, 2, 2)
    other = jacrev(jacrev(lambda p: f(p, x)["h"].sum()))(p)
    close(H, other)
    h = 1e-5
    moved = {"w": p["w"], "b": [p["b"][0] + h * ag.tensor([1.0, 0.0], dtype=np.float64)]}
    back = {"w": p["w"], "b": [p["b"][0] - h * ag.tensor([1.0, 0.0], dtype=np.float64)]}
    g = grad(lambda p: f(p, x)["h"].sum())
    close(H["w"]["b"][0][..., 0], (g(moved)["w"] - g(back)["w"]) / (2 * h), 1e-8)


Pair = namedtuple("Pair", "a b")


def test_arguments_keep_their_types():
    x = draw(2)
    g = grad(lambda p: (p.a * p.b).sum())(Pair(x, 2 * x))
    assert type(g) is Pair
    ordered = OrderedDict(z=x, a=x)
    g = grad(lambda d: (d["z"] * d["a"]).sum())(ordered)
    assert type(g) is OrderedDict and list(g) == ["z", "a"]
    g = grad(lambda d: d["k"].sum())(defaultdict(list, k=x))
    assert type(g) is defaultdict and g.default_factory is list
    g = grad(lambda d: d["x"].sum())({"x": x, "none": None, "empty": []})
    close(g, {"x": ag.ones(2, dtype=np.float64), "none": None, "empty": []})


# -------------------------------------------------------------------------------------------- arguments and results


def test_argnums():
    f = lambda x, y, z: (x * y**2 * z**3).sum()  # noqa: E731
    x, y, z = draw(2), draw(2), draw(2)
    g = grad(f, (0, 1, 2))(x, y, z)
    close(grad(f, 1)(x, y, z), g[1])
    close(grad(f, -1)(x, y, z), g[2])
    close(grad(f, (2, 0))(x, y, z), (g[2], g[0]))
    close(grad(f, (1,))(x, y, z), (g[1],))
    close(grad(lambda x, scale=1.0: (x * scale).sum())(x, scale=3.0), np.full(2, 3.0))
    J = jacrev(lambda x, y: x * y, (1, 0))(x, y)
    close(J, (ag.diag(x), ag.diag(y)))
    H = hessian(f, (0, 1))(x, y, z)
    close(H, jacrev(jacrev(f, (0, 1)), (0, 1))(x, y, z))


def test_auxiliary_results():
    def f(x):
        return (x**2).sum(), {"twice": 2 * x, "text": "as it is"}

    x = draw(2)
    for made in (grad(f, has_aux=True)(x)[1], value_and_grad(f, has_aux=True)(x)[0][1]):
        assert made["text"] == "as it is" and not made["twice"].requires_grad
    value, pull, aux = vjp(f, x, has_aux=True)
    close((value, pull(ag.ones((), dtype=np.float64))[0], aux["twice"]), (f(x)[0], 2 * x, 2 * x))
    close(grad_and_value(f, has_aux=True)(x)[1][0], f(x)[0])
    close(jvp(f, (x,), (x,), has_aux=True)[2]["twice"], 2 * x)
    g = lambda x: (x**2, x.sum())  # noqa: E731
    close(jacrev(g, has_aux=True)(x), (ag.diag(2 * x), x.sum()))
    close(jacfwd(g, has_aux=True)(x), (ag.diag(2 * x), x.sum()))
    close(vmap(grad(lambda x: ((x**2).sum(), x + 1), has_aux=True))(draw(3, 2) * 0 + x)[1], (x + 1).expand(3, 2))
    # what an outer derivative needs of it keeps its history
    close(grad(lambda x: grad(lambda y: ((x * y).sum(), x**3), has_aux=True)(x)[1].sum())(x), 3 * x**2)


def test_independent_and_integer_results():
    x = ag.tensor([1.0, 2.0])
    constant = lambda x: ag.ones(3, dtype=np.float64)  # noqa: E731
    for J in (jacrev(constant)(x), jacfwd(constant)(x)):
        assert J.shape == (3, 2) and not J.any()
    assert jacrev(constant)(x).dtype == np.float32 and jacfwd(constant)(x).dtype == np.float64
    close(grad(lambda x: ag.tensor(3.0))(x), np.zeros(2, np.float32))
    close(grad(lambda x: x.argmax())(x), np.zeros(2, np.float32))
    close(grad(lambda x, y: x.sum(), (0, 1))(x, ag.ones(2, 2)), (ag.ones(2), ag.zeros(2, 2)))
    _, out = jvp(lambda x: (x.argmax(), x * 2), (x,), (ag.ones(2),))
    close(out, (ag.tensor(0), ag.tensor([2.0, 2.0])))
    close(vjp(lambda x: (x.argmax(), x * 2), x)[1]((ag.tensor(0), ag.ones(2))), (ag.tensor([2.0, 2.0]),))
    close(jacfwd(lambda x: x.argmax())(x), np.zeros(2, np.int64))
    close(vmap(jacrev(lambda x: ag.ones(2)))(ag.ones(3, 2)), np.zeros((3, 2, 2), np.float32))


def test_empty_arguments_and_results():
    x = ag.zeros(0)
    close(grad(lambda x: x.sum())(x), x)
    assert jacrev(lambda x: x * 2)(x).shape == (0, 0)
    assert jacfwd(lambda x: ag.ones(2) + x.sum())(x).shape == (2, 0)
    assert jacrev(lambda x: x[:0])(ag.ones(3)).shape == (0, 3)
    assert jacfwd(lambda x: x[:0])(ag.ones(3)).shape == (0, 3)


def test_dtypes():
    x = ag.tensor([1.0, 2.0])
    f = lambda x: (ag.sin(x) ** 2).sum()  # noqa: E731
    for made in (grad(f)(x), hessian(f)(x), jacrev(ag.sin)(x), jvp(f, (x,), (np.ones(2),))[1], hvp(f, (x,), (x,))):
        assert made.dtype == np.float32
    mixed = grad(lambda x, y: (x * y).sum(), (0, 1))(x, draw(2))
    assert [g.dtype for g in mixed] == [np.float32, np.float64]


def test_arrays_and_numbers_come_back_as_such():
    x = rng.standard_normal(3)
    f = lambda x: np.sum(np.sin(x) * x)  # noqa: E731
    g = np.cos(x) * x + np.sin(x)
    assert type(grad(f)(x)) is np.ndarray
    close(grad(f)(x), g)
    close(value_and_grad(f)(x), (f(x), g))
    assert type(value_and_grad(f)(x)[0]) is np.float64
    close(hessian(f)(x), np.diag(2 * np.cos(x) - x * np.sin(x)))
    assert type(jacrev(np.sin)(x)) is np.ndarray and type(jacfwd(np.sin)(x)) is np.ndarray
    value, out = jvp(np.sin, (x,), (x,))
    assert type(value) is np.ndarray and type(out) is np.ndarray
    value, pull = vjp(np.sin, x)
    assert type(value) is np.ndarray and type(pull(x)[0]) is np.ndarray
    assert type(hvp(f, (x,), (x,))) is np.ndarray
    assert type(grad(lambda x: x**3)(2.0)) is float and grad(lambda x: x**3)(2.0) == 12
    assert grad(grad(grad(lambda x: x**4)))(2.0) == 48
    assert type(grad(lambda d: np.dot(d["a"], d["b"]))({"a": x, "b": x})["a"]) is np.ndarray
    assert type(vmap(grad(f))(x[None])) is np.ndarray
    a, t = grad(lambda a, t: (a * t).sum(), (0, 1))(x, ag.tensor(x))
    assert type(a) is np.ndarray and type(t) is ag.Tensor


def test_an_array_is_not_written_to():
    x = rng.standard_normal(3)
    kept = x.copy()
    grad(lambda x: (x * x).sum())(x)
    with pytest.raises(RuntimeError, match="a leaf that requires a gradient"):
        grad(lambda x: x.mul_(2.0).sum())(x)
    np.testing.assert_array_equal(x, kept)


# ----------------------------------------------------------------------------------------------- histories and modes


def test_results_have_no_history_of_their_own():
    x = draw(3)
    f = lambda x: (ag.sin(x) ** 2).sum()  # noqa: E731
    made = [
        *value_and_grad(f)(x), hessian(f)(x), jacrev(ag.sin)(x), jacfwd(ag.sin)(x), *jvp(ag.sin, (x,), (x,)),
        vjp(ag.sin, x)[0], *vjp(ag.sin, x)[1](x), linearize(ag.sin, x)[0], linearize(ag.sin, x)[1](x),
        vmap(grad(f))(draw(2, 3)), vmap(jacrev(ag.sin))(draw(2, 3)), hvp(f, (x,), (x,)),
    ]  # fmt: skip
    assert not any(m.requires_grad for m in made)


def test_outer_backward_through_transforms():
    w = draw(3).requires_grad_()
    x = draw(3)
    f = lambda x: (w * x**2).sum()  # noqa: E731
    g = grad(f)(x)
    g.sum().backward()
    close(w.grad, 2 * x)
    for made, expected in [
        (lambda: value_and_grad(f)(x)[0], x**2),
        (lambda: jvp(f, (x,), (x,))[1], 2 * x**2),
        (lambda: jacrev(f)(x).sum(), 2 * x),
        (lambda: jacfwd(f)(x).sum(), 2 * x),
        (lambda: hessian(f)(x).sum(), 2 * ag.ones(3, dtype=np.float64)),
        (lambda: vjp(f, x)[1](ag.ones((), dtype=np.float64))[0].sum(), 2 * x),
        (lambda: linearize(f, x)[1](x), 2 * x**2),
        (lambda: vmap(grad(f))(x.expand(2, 3)).sum(), 4 * x),
        (lambda: vmap(lambda x: (w * x).sum())(x.expand(2, 3)).sum(), 2 * x),
    ]:
        w.grad = None
        made().backward()
        close(w.grad, expected)


def test_outer_backward_to_the_argument():
    x = draw(3).requires_grad_()
    grad(lambda x: (x**3).sum())(x).sum().backward()
    close(x.grad, 6 * x.detach())
    v = draw(3).requires_grad_()
    jvp(lambda x: x**2, (x.detach(),), (v,))[1].sum().backward()
    close(v.grad, 2 * x.detach())
    u = draw(3).requires_grad_()
    vjp(lambda x: x**2, x.detach())[1](u)[0].sum().backward()
    close(u.grad, 2 * x.detach())


def test_no_grad_around_and_inside():
    w, x = draw(3).requires_grad_(), draw(3)
    f = lambda x: (w * x**2).sum()  # noqa: E731
    with ag.no_grad():
        close(grad(f)(x), 2 * w.detach() * x)
        assert not grad(f)(x).requires_grad
        close(hessian(f)(x), ag.diag(2 * w.detach()))
        close(jvp(f, (x,), (x,))[1], (2 * w.detach() * x * x).sum())

    def half(x):
        with ag.no_grad():
            constant = x**2
        return (constant * x).sum()

    close(grad(half)(x), x**2)
    close(grad(lambda x: (x.detach() * x).sum())(x), x)
    assert ag.is_grad_enabled()


def test_an_error_inside_leaves_nothing_behind():
    def fail(x):
        raise KeyError("inside")

    for made in (lambda: grad(fail)(1.0), lambda: jacfwd(fail)(draw(2)), lambda: vmap(grad(fail))(draw(2))):
        with pytest.raises(KeyError):
            made()
    assert ag.is_grad_enabled() and not grad(lambda x: x**2)(draw()).requires_grad


def test_threads_do_not_meet():
    def work(results, k):
        f = lambda x: (x**k).sum()  # noqa: E731
        results[k] = [vmap(grad(f))(ag.full((3, 2), 2.0)).numpy() for _ in range(20)]

    results = {}
    threads = [threading.Thread(target=work, args=(results, k)) for k in (2, 3, 4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in (2, 3, 4):
        for g in results[k]:
            np.testing.assert_array_equal(g, np.full((3, 2), k * 2.0 ** (k - 1)))


# ------------------------------------------------------------------------------------------------------ complex values


def test_complex_gradients_are_pytorchs():
    z = ag.tensor(np.array([1 + 2j, 3 - 1j]))
    close(grad(lambda z: (z.abs() ** 2).sum())(z), 2 * z)  # torch.func.grad gives 2 z
    v = ag.tensor(np.array([1j, 1j]))
    close(vjp(lambda z: z**2, z)[1](v)[0], (2 * z).conj() * v)
    close(jvp(lambda z: z**2 * z.conj(), (z,), (v,))[1], 2 * z * z.conj() * v + z**2 * v.conj())
    stacked = ag.stack([z, 1j * z])
    close(vmap(grad(lambda z: (z.abs() ** 2).sum()))(stacked), 2 * stacked)
    x = draw(2)
    close(grad(lambda x: (ag.complex(x, x**2).abs() ** 2).sum())(x), 2 * x + 4 * x**3)


# ------------------------------------------------------------------------------------------------------------ networks


def parameters(net):
    return {name: p.detach() for name, p in net.named_parameters()}


def loss_of(net):
    return lambda p, x, t: F.cross_entropy(functional_call(net, p, (x[None],)), t[None])


def double(net):
    return net.to(np.float64)


def loop_of_gradients(net, x, t):
    rows = []
    for i in range(len(x)):
        net.zero_grad()
        F.cross_entropy(net(x[i : i + 1]), t[i : i + 1]).backward()
        rows.append({name: p.grad.numpy().copy() for name, p in net.named_parameters()})
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


NETWORKS = {
    "mlp": (lambda: MLP([6, 5, 4]), (6,), 4),
    "lenet5": (LeNet5, (1, 28, 28), 10),
    "conv": (
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, stride=2), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16, 3)
        ),
        (2, 8, 8),
        3,
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_by_example_of_a_network(name):
    ag.manual_seed(1)
    make, shape, classes = NETWORKS[name]
    net = double(make())
    x, t = draw(4, *shape), ag.tensor(rng.integers(0, classes, 4))
    by_example = vmap(grad(loss_of(net)), in_dims=(None, 0, 0))(parameters(net), x, t)
    close(by_example, loop_of_gradients(net, x, t))
    chunks = vmap(grad(loss_of(net)), in_dims=(None, 0, 0), chunk_size=3)(parameters(net), x, t)
    close(chunks, by_example)


@pytest.mark.parametrize("name", ["mlp", "conv"])
def test_jacobian_of_a_network_by_all_its_parameters(name):
    ag.manual_seed(2)
    make, shape, _ = NETWORKS[name]
    net = double(make())
    x = draw(2, *shape)
    f = lambda p: functional_call(net, p, (x,))  # noqa: E731
    J = jacrev(f)(parameters(net))
    close(J, jacfwd(f)(parameters(net)))
    out = net(x)
    for i, c in np.ndindex(*out.shape):
        gs = ag.grad(out[i, c], list(net.parameters()), retain_graph=True)
        for (key, _), g in zip(net.named_parameters(), gs, strict=True):
            np.testing.assert_allclose(J[key][i, c].numpy(), g.numpy(), rtol=1e-10, atol=1e-12)


def test_second_derivatives_of_a_network():
    ag.manual_seed(3)
    net = double(MLP([3, 4, 2]))
    x, t, p = draw(3), ag.tensor(1), parameters(net)
    f = lambda p: loss_of(net)(p, x, t)  # noqa: E731
    H = hessian(f)(p)
    close(H, jacrev(jacrev(f))(p), 1e-9)
    v = {name: draw(*value.shape) for name, value in p.items()}
    product = hvp(f, (p,), (v,))
    for name, h in H.items():
        expected = sum(ag.tensordot(h[other], v[other], v[other].ndim) for other in v)
        close(product[name], expected, 1e-9)


def test_ensembles():
    ag.manual_seed(4)
    nets = [double(MLP([3, 4, 2])) for _ in range(3)]
    params, buffers = stack_module_state(nets)
    assert all(p.is_leaf and p.requires_grad and p.shape[0] == 3 for p in params.values()) and buffers == {}
    x = draw(5, 3)
    out = vmap(lambda p, b, x: functional_call(nets[0], (p, b), (x,)), in_dims=(0, 0, None))(params, buffers, x)
    np.testing.assert_allclose(out.detach().numpy(), np.stack([net(x).detach().numpy() for net in nets]), rtol=1e-12)
    (out**2).sum().backward()
    for i, net in enumerate(nets):
        net.zero_grad()
        (net(x) ** 2).sum().backward()
        for name, p in net.named_parameters():
            np.testing.assert_allclose(params[name].grad[i].numpy(), p.grad.numpy(), rtol=1e-10)
    frozen = [nn.Linear(2, 1).requires_grad_(False) for _ in range(2)]
    assert not any(p.requires_grad for p in stack_module_state(frozen)[0].values())


def test_dropout_in_a_batch_of_gradients():
    net = double(nn.Sequential(nn.Linear(3, 50), nn.Dropout(0.5), nn.Linear(50, 2)))
    x, t = draw(3).expand(4, 3), ag.tensor([0, 0, 0, 0])
    f = grad(loss_of(net))
    with pytest.raises(RuntimeError, match="vmap: the function draws random numbers"):
        vmap(f, in_dims=(None, 0, 0))(parameters(net), x, t)
    ag.manual_seed(5)
    different = vmap(f, in_dims=(None, 0, 0), randomness="different")(parameters(net), x, t)["0.bias"].numpy()
    assert len(np.unique(different, axis=0)) == 4
    ag.manual_seed(5)
    np.testing.assert_allclose(
        different, np.stack([f(parameters(net), x[i], t[i])["0.bias"].numpy() for i in range(4)])
    )
    same = vmap(f, in_dims=(None, 0, 0), randomness="same")(parameters(net), x, t)["0.bias"].numpy()
    np.testing.assert_allclose(same, same[:1].repeat(4, 0))
    net.eval()
    close(vmap(f, in_dims=(None, 0, 0))(parameters(net), x, t), loop_of_gradients(net, x, t))


# -------------------------------------------------------------------------------------------------- functional_call


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(2, 2)
        self.second = nn.Linear(2, 2)
        self.second.weight = self.first.weight
        self.register_buffer("offset", ag.zeros(2))

    def forward(self, x, scale=1.0):
        return scale * self.second(self.first(x)) + self.offset


def test_functional_call_replaces_and_restores():
    net, x = Counter(), ag.ones(1, 2)
    before = {name: t.tolist() for name, t in net.state_dict().items()}
    weight = 2 * ag.eye(2)
    new = {"first.weight": weight, "offset": ag.ones(2), "first.bias": ag.zeros(2), "second.bias": ag.zeros(2)}
    assert functional_call(net, new, (x,)).tolist() == [[5.0, 5.0]]
    assert functional_call(net, new, x, {"scale": 2.0}).tolist() == [[9.0, 9.0]]
    assert functional_call(net, [{"offset": ag.ones(2)}, {"first.weight": weight}], (x,)).shape == (1, 2)
    untied = functional_call(net, {**new, "first.weight": 0 * weight, "second.weight": weight}, (x,), tie_weights=False)
    assert untied.tolist() == [[1.0, 1.0]]
    tied = {**new, "second.weight": weight}  # the same tensor under its other name
    assert functional_call(net, tied, (x,)).tolist() == [[5.0, 5.0]]
    with pytest.raises(
        ValueError, match="'second.weight' is the same tensor as another that was given, but the values"
    ):
        functional_call(net, {**new, "second.weight": 0 * weight}, (x,))
    with pytest.raises(ValueError):
        functional_call(net, new, (ag.ones(1, 3),))
    assert {name: t.tolist() for name, t in net.state_dict().items()} == before
    assert net.first.weight is net.second.weight and isinstance(net.first.weight, nn.Parameter)
    assert functional_call(net, {"nobody": weight}, (x,)).tolist() == net(x).tolist()


# -------------------------------------------------------------------------------------------------------------- costs


def counting(monkeypatch):
    walks = []
    original = gradients.backpropagate

    def counted(*args, **kwargs):
        walks.append(1)
        return original(*args, **kwargs)

    monkeypatch.setattr("autograd_core.transforms.derivatives.backpropagate", counted)
    return walks


def test_a_jacobian_is_one_walk_whatever_its_size(monkeypatch):
    for n in (2, 50):
        walks = counting(monkeypatch)
        jacrev(lambda x: ag.tanh(x) * x)(ag.ones(n))
        assert len(walks) == 1
    walks = counting(monkeypatch)
    jacfwd(lambda x: ag.tanh(x) * x)(ag.ones(50))
    assert len(walks) == 2  # to the cotangents, and along all tangents at once
    walks = counting(monkeypatch)
    vmap(grad(lambda x: (ag.tanh(x) * x).sum()))(ag.ones(50, 3))
    assert len(walks) == 1


def test_linearize_runs_the_function_once():
    runs = []
    _, push = linearize(lambda x: runs.append(1) or x**2, draw(3))
    push(draw(3)), push(draw(3))
    assert len(runs) == 1


def test_jacrev_in_chunks_is_the_same():
    x = draw(5)
    whole = jacrev(lambda x: ag.outer(x, x))(x)
    for size in (1, 4, 25, 100):
        close(jacrev(lambda x: ag.outer(x, x), chunk_size=size)(x), whole)


# -------------------------------------------------------------------------------------------------------------- trees


def test_trees():
    value = {"b": [1, (2, None)], "a": Pair(3, [])}
    leaves, structure = tree.flatten(value)
    assert leaves == [1, 2, 3] and tree.unflatten(structure, leaves) == value
    assert tree.map_leaves(lambda x: x + 1, value) == {"b": [2, (3, None)], "a": Pair(4, [])}
    assert tree.show(structure) == "{'b': [*, (*, None)], 'a': (*, [])}"
    structures = [tree.flatten(v)[1] for v in ([1, 2], (1, 2), [1], {"a": 1}, {"b": 1}, None, 1)]
    assert tree.same(structures[0], structures[1])
    for i in range(1, len(structures)):
        for j in range(i):
            assert tree.same(structures[i], structures[j]) == ((i, j) == (1, 0))


# ------------------------------------------------------------------------------------------------------------ messages

x2, x3 = np.ones(2), np.ones(3)
square, both = lambda x: x**2, lambda x: (x, {"a": x})
linear = nn.Linear(2, 2)
MESSAGES = [
    (lambda: grad(square)(x2), ValueError, r"grad: the function must return a tensor of one number, .* got shape \(2,\)"),
    (lambda: grad(lambda x: x[:1])(x2), ValueError, r"got shape \(1,\); sum it, or use jacrev or vjp"),
    (lambda: grad(lambda x: 3.0)(x2), ValueError, "got float 3.0"),
    (lambda: grad(lambda x: x.sum().item())(x2), ValueError, "got float 2.0"),
    (lambda: grad(both)(x2), ValueError, "got tuple"),
    (lambda: grad(lambda z: z.sum())(1j * x2), TypeError, "must return a real number, got complex128"),
    (lambda: grad(square)(np.array([1, 2])), TypeError, r"leaf 0 of the arguments is int64 \(shape \(2,\)\)"),
    (lambda: grad(square)(3), TypeError, "grad: can only differentiate with respect to floating values.* int64"),
    (lambda: grad(square)("text"), TypeError, "grad: arguments must be tensors, arrays or numbers, got str"),
    (lambda: grad(square, 1)(x2), ValueError, "argnums 1 is out of range for 1 positional arguments"),
    (lambda: grad(square, -2)(x2), ValueError, "argnums -2 is out of range for 1 positional arguments"),
    (lambda: grad(square)(x=x2), ValueError, "argnums 0 is out of range for 0 positional arguments"),
    (lambda: grad(square, ())(x2), ValueError, r"argnums \(\) must name at least one argument, each once"),
    (lambda: grad(square, (0, -1))(x2), ValueError, r"argnums \(0, -1\) must name at least one argument, each once"),
    (lambda: grad(square, [0])(x2), TypeError, r"argnums must be an int or a tuple of ints, got \[0\]"),
    (lambda: jacrev(square, True)(x2), TypeError, "jacrev: argnums must be an int or a tuple of ints, got True"),
    (lambda: jacfwd(square, 0.5)(x2), TypeError, "jacfwd: argnums must be an int or a tuple of ints, got 0.5"),
    (lambda: grad(square, has_aux=True)(x2), ValueError, r"has_aux=True the function must return \(value, aux\), got Tensor"),
    (lambda: vjp(lambda x: (x, x, x), x2, has_aux=True), ValueError, r"vjp: .* \(value, aux\), got a tuple of 3"),
    (lambda: jvp(square, (x2,), (x2,), has_aux=True), ValueError, r"jvp: .* must return \(value, aux\)"),
    (lambda: jacrev(square, has_aux=True)(x2), ValueError, r"jacrev: .* must return \(value, aux\)"),
    (lambda: vjp(square), ValueError, "vjp: needs at least one primal"),
    (lambda: linearize(square), ValueError, "linearize: needs at least one primal"),
    (lambda: vjp(lambda x: (x, 1.5), x2), TypeError, "vjp: the function must return tensors, but output 1 is float 1.5"),
    (lambda: vjp(lambda x: (), x2), ValueError, "vjp: the function returned nothing to differentiate"),
    (lambda: jacrev(lambda x: np.ones(2))(x2), TypeError, "jacrev: the function must return tensors, but output 0 is ndarray"),
    (lambda: jacfwd(lambda x: None)(x2), ValueError, "jacfwd: the function returned nothing to differentiate"),
    (lambda: vjp(square, x2)[1](x3), ValueError, r"vjp: cotangent 0 has shape \(3,\), but the output has \(2,\)"),
    (lambda: vjp(square, x2)[1](x2, x2), ValueError, r"the cotangents have the structure \(\*, \*\), but .* value \*;"),
    (lambda: vjp(both, x2)[1]((x2, {"b": x2})), ValueError, r"the structure \(\*, \{'b': \*\}\), .* \(\*, \{'a': \*\}\)"),
    (lambda: vjp(square, x2)[1]("text"), TypeError, "vjp: arguments must be tensors, arrays or numbers, got str"),
    (lambda: jvp(square, [x2], [x2]), TypeError, "jvp: primals and tangents must be tuples, got list and list"),
    (lambda: jvp(square, (), ()), TypeError, "jvp: primals and tangents must be tuples, got a tuple of 0 and a tuple of 0"),
    (lambda: jvp(square, (x2,), (x2, x2)), ValueError, r"jvp: the tangents have the structure \(\*, \*\), but the primals"),
    (lambda: jvp(square, (x2,), (x3,)), ValueError, r"jvp: tangent 0 has shape \(3,\), but the primal has \(2,\)"),
    (lambda: jvp(lambda x: ag.ones(2), (x2,), (x2,), strict=True), RuntimeError, "output 0 does not depend on the primals"),
    (lambda: linearize(square, x2)[1](x3), ValueError, r"linearize: tangent 0 has shape \(3,\), but the primal has \(2,\)"),
    (lambda: hvp(square, x2, x2), TypeError, "hvp: primals and tangents must be tuples, got ndarray of shape"),
    (lambda: jacrev(square)(1j * x2), TypeError, "jacrev: leaf of the arguments 0 is complex128.* take ag.view_as_real"),
    (lambda: jacfwd(square)(1j * x2), TypeError, "jacfwd: leaf of the arguments 0 is complex128"),
    (lambda: jacrev(lambda x: x * 1j)(x2), TypeError, "jacrev: output 0 is complex128"),
    (lambda: jacfwd(lambda x: x * 1j)(x2), TypeError, "jacfwd: output 0 is complex128"),
    (lambda: jacrev(square, chunk_size=0), ValueError, "jacrev: chunk_size must be None or at least 1, got 0"),
    (lambda: functional_call(linear, 3, x2), TypeError, "needs a dictionary name -> tensor, or a list of them, got int 3"),
    (lambda: functional_call(linear, {"bias": 3}, x2), TypeError, "functional_call: 'bias' must be a tensor, got int 3"),
    (lambda: functional_call(linear, [{"bias": None}] * 2, x2), ValueError, "'bias' is given twice, in two dictionaries"),
    (
        lambda: functional_call(linear, {"foo": ag.ones(2), "bias": ag.ones(2)}, x2, strict=True),
        RuntimeError,
        r"unknown names \['foo'\] and miss \['weight'\]; the module has \['bias', 'weight'\]",
    ),
    (lambda: stack_module_state([]), ValueError, "stack_module_state: needs at least one module, got none"),
    (lambda: stack_module_state([linear, nn.ReLU()]), ValueError, r"of one class .* got \['Linear', 'ReLU'\]"),
    (lambda: stack_module_state([linear, nn.Linear(2, 2).eval()]), ValueError, r"training \[False, True\]"),
    (lambda: stack_module_state([linear, nn.Linear(3, 2)]), ValueError, "module 1 has other parameters than module 0"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(MESSAGES)))
def test_messages(number):
    call, error, text = MESSAGES[number]
    with pytest.raises(error, match=text):
        call()
