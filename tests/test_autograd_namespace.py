"""`ag.autograd`: derivatives of functions in PyTorch's older form, dual numbers, hooks on saved values and on gradients."""

import numpy as np
import pytest

import autograd_core as ag
import autograd_core.autograd.forward_ad as fw
from autograd_core.autograd import functional as AF
from autograd_core.autograd import graph as AG
from tests.tables import all_rows

A = np.array([[1.0, 2.0, -1.0], [0.5, 3.0, 0.25]])


def x64(*values, grad=False):
    return ag.tensor(np.array(values), requires_grad=grad)


def two(x, y):
    """Two outputs of two inputs; the second output depends on x alone."""
    return ag.tensor(A) @ (x * y), x.sin()


X, Y = x64(0.3, -0.5, 2.0), x64(1.0, 2.0, 0.5)


def same(got, expected):
    if isinstance(expected, tuple):
        assert isinstance(got, tuple)
        assert len(got) == len(expected)
        for g, e in zip(got, expected, strict=True):
            same(g, e)
    else:
        np.testing.assert_allclose(got.detach().numpy(), np.asarray(expected), rtol=1e-12, atol=1e-12)


# ---------------------------------------------------------------------------------------------------------- functional


@pytest.mark.parametrize("options", [{}, {"vectorize": True}, {"vectorize": True, "strategy": "forward-mode"}])
def test_jacobian(options):
    x, y = X.numpy(), Y.numpy()
    expected = ((A * y, A * x), (np.diag(np.cos(x)), np.zeros((3, 3))))
    same(AF.jacobian(two, (X, Y), **options), expected)
    same(AF.jacobian(lambda t: t.exp(), X, **options), np.diag(np.exp(x)))
    same(AF.jacobian(lambda t: (t.exp(), t * t), X, **options), (np.diag(np.exp(x)), np.diag(2 * x)))
    same(AF.jacobian(lambda *t: t[0] * t[1], (X, Y), **options), (np.diag(y), np.diag(x)))


def test_vjp_and_jvp():
    x, y, u, v = X.numpy(), Y.numpy(), np.array([1.0, -2.0]), np.array([0.5, 1.5, -1.0])
    out, (gx, gy) = AF.vjp(two, (X, Y), (x64(*u), x64(*v)))
    same(out, (A @ (x * y), np.sin(x)))
    same((gx, gy), (u @ A * y + v * np.cos(x), u @ A * x))
    out, product = AF.jvp(two, (X, Y), (x64(*v), x64(*y)))
    same(product, (A @ (v * y + x * y), np.cos(x) * v))


@pytest.mark.parametrize("vectorize", [False, True])
def test_hessian(vectorize):
    def f(x, y):
        return (x**3 * y).sum()

    x, y = X.numpy(), Y.numpy()
    expected = ((np.diag(6 * x * y), np.diag(3 * x**2)), (np.diag(3 * x**2), np.zeros((3, 3))))
    same(AF.hessian(f, (X, Y), vectorize=vectorize), expected)
    v = (x64(1.0, 2.0, 3.0), x64(-1.0, 0.5, 2.0))
    flat = np.block([[expected[0][0], expected[0][1]], [expected[1][0], expected[1][1]]]) @ np.concatenate(
        [t.numpy() for t in v]
    )
    for product in (AF.hvp, AF.vhp):
        value, got = product(f, (X, Y), v)
        same(value, (x**3 * y).sum())
        same(got, (flat[:3], flat[3:]))


def test_create_graph_gives_results_with_a_history():
    x = x64(0.3, -0.5, 2.0, grad=True)
    for result in (
        AF.jacobian(lambda t: t**3, x, create_graph=True).diagonal(),
        AF.jacobian(lambda t: t**3, x, create_graph=True, vectorize=True).diagonal(),
        AF.vjp(lambda t: t**3, x, x64(1.0, 1.0, 1.0), create_graph=True)[1],
        AF.jvp(lambda t: t**3, x, x64(1.0, 1.0, 1.0), create_graph=True)[1],
    ):
        same(ag.grad(result.sum(), x), (6 * x.detach().numpy(),))
    same(
        ag.grad(AF.hvp(lambda t: (t**3).sum(), x, x64(1.0, 1.0, 1.0), create_graph=True)[1].sum(), x),
        (np.full(3, 6.0),),
    )
    assert not AF.jacobian(lambda t: t**3, x).requires_grad


def test_what_does_not_depend_is_zero_or_refused():
    same(AF.jacobian(lambda t: x64(1.0, 2.0), X), np.zeros((2, 3)))
    same(AF.hessian(lambda t: t.sum(), X), np.zeros((3, 3)))
    same(AF.hvp(lambda t: t.sum(), X, X)[1], np.zeros(3))
    for refused in (
        lambda: AF.jacobian(lambda t: x64(1.0), X, strict=True),
        lambda: AF.vjp(lambda x, y: x * 2, (X, Y), X, strict=True),
        lambda: AF.jvp(lambda x, y: x * 2, (X, Y), (X, Y), strict=True),
        lambda: AF.hessian(lambda t: t.sum(), X, strict=True),
    ):
        with pytest.raises(RuntimeError, match="pass strict=False for zeros"):
            refused()


def test_bad_arguments_of_functional():
    with pytest.raises(TypeError, match="vjp: inputs must be a tensor or a tuple of tensors, got"):
        AF.vjp(lambda x: x, [1.0])
    with pytest.raises(TypeError, match="what func returns must be a tensor"):
        AF.vjp(lambda x: 3.0, X)
    with pytest.raises(RuntimeError, match="v is needed unless the output is a single number"):
        AF.vjp(lambda x: x, X)
    with pytest.raises(RuntimeError, match=r"v has the shapes \[\(2,\)\], but must have those of the input"):
        AF.jvp(lambda x: x, X, x64(1.0, 2.0))
    with pytest.raises(RuntimeError, match="func must return a single number"):
        AF.hessian(lambda x: x, X)
    with pytest.raises(ValueError, match="strategy must be"):
        AF.jacobian(lambda x: x, X, strategy="both")
    with pytest.raises(ValueError, match="needs vectorize=True"):
        AF.jacobian(lambda x: x, X, strategy="forward-mode")
    with pytest.raises(RuntimeError, match="strict=True cannot be checked"):
        AF.jacobian(lambda x: x, X, strict=True, vectorize=True)


# -------------------------------------------------------------------------------------------------------- dual numbers


def test_tangents():
    t = x64(1.0, 0.5, -2.0)
    with fw.dual_level():
        x = fw.make_dual(X, t)
        same(tuple(fw.unpack_dual(x)), (X.numpy(), t.numpy()))
        y = fw.unpack_dual((x * x).sin())
        same(y.tangent, np.cos(X.numpy() ** 2) * 2 * X.numpy() * t.numpy())
        assert not y.primal.requires_grad
        assert not y.tangent.requires_grad
        both = fw.unpack_dual(x * fw.make_dual(Y, Y))
        same(both.tangent, t.numpy() * Y.numpy() + X.numpy() * Y.numpy())
        assert fw.unpack_dual(Y * 2).tangent is None
        same(fw.unpack_dual(x.detach() * 1 + 0 * x).tangent, np.zeros(3))
        same(fw.unpack_dual(x + 1).tangent, t.numpy())


def test_tangents_can_be_differentiated():
    """d/dx of the derivative of x⁴ in the direction v."""
    x, v = x64(0.5, 2.0, grad=True), x64(1.0, 3.0)
    with fw.dual_level():
        primal, tangent = fw.unpack_dual(fw.make_dual(x, v) ** 4)
    same(ag.grad(tangent.sum(), x), (12 * x.detach().numpy() ** 2 * v.numpy(),))
    same(ag.grad(primal.sum(), x), (4 * x.detach().numpy() ** 3,))


def test_a_model_s_tangent_is_the_jvp():
    import nn

    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    with fw.dual_level():
        got = fw.unpack_dual(model(fw.make_dual(X, Y))).tangent
    same(got, ag.func.jvp(model, (X,), (Y,))[1].detach().numpy())


def test_bad_levels_and_tangents():
    with pytest.raises(RuntimeError, match="no dual level is open"):
        fw.make_dual(X, Y)
    with pytest.raises(RuntimeError, match="no dual level is open"):
        fw.exit_dual_level()
    with fw.dual_level():
        with pytest.raises(RuntimeError, match="a dual level is open already"):
            fw.enter_dual_level()
        with pytest.raises(RuntimeError, match="level 1 does not exist"):
            fw.unpack_dual(X, level=1)
        with pytest.raises(ValueError, match="they must agree"):
            fw.make_dual(X, x64(1.0))
        with pytest.raises(TypeError, match="one floating dtype"):
            fw.make_dual(X, ag.ones(3))
        with pytest.raises(TypeError, match="tangent must be a tensor"):
            fw.make_dual(X, 1.0)
        with ag.no_grad(), pytest.raises(RuntimeError, match="under no_grad"):
            fw.make_dual(X, Y)
    with pytest.raises(RuntimeError, match="no dual level is open"):
        fw.unpack_dual(X)


# ------------------------------------------------------------------------------------------------- hooks on the graph


def second_order(f, xs):
    """The gradients of the outputs of f, and of these gradients, as arrays; what is not differentiable is left out."""
    ys = f(*xs)
    ys = [y for y in (ys if isinstance(ys, tuple | list) else [ys]) if isinstance(y, ag.Tensor) and y.requires_grad]
    leaves = [x for x in xs if isinstance(x, ag.Tensor) and x.requires_grad]
    gs = ag.grad(ys, leaves, [ag.ones_like(y) for y in ys], create_graph=True, materialize_grads=True)
    total = sum((g * g).sum() for g in gs)
    ggs = ag.grad(total, leaves, materialize_grads=True) if total.requires_grad else []
    return [g.detach().numpy() for g in (*gs, *ggs)]


def test_packed_values_give_the_same_gradients_for_every_operation():
    packed = 0

    def pack(t):
        nonlocal packed
        packed += 1
        return t.numpy().copy()

    for row in all_rows():
        if row.orders < 2:
            continue
        draw = row.draw()
        runs = []
        for hooks in (None, AG.saved_tensors_hooks(pack, ag.from_numpy)):
            xs = [
                ag.tensor(a, requires_grad=True) if real else a if a.dtype == object else ag.tensor(a)
                for a, real in zip(draw, row.is_real(), strict=True)
            ]
            ag.manual_seed(0)
            if hooks is None:
                runs.append(second_order(row.f, xs))
            else:
                with hooks:
                    runs.append(second_order(row.f, xs))
        for a, b in zip(*runs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12, err_msg=row.name)
    assert packed > 500


def test_the_innermost_hooks_pack_and_the_value_is_what_unpack_says():
    x = x64(3.0, grad=True)
    outer, inner = [], []
    with AG.saved_tensors_hooks(lambda t: outer.append(1) or t, lambda t: t):
        y = x.exp()
        with AG.saved_tensors_hooks(lambda t: inner.append(1), lambda _: x64(7.0)):
            z = x.exp()
        y = y + x.exp()
    assert (len(outer), len(inner)) == (2, 1)
    same(ag.grad(z, x), ([7.0],))
    same(ag.grad(y, x), (2 * np.exp([3.0]),))


def test_hooks_are_refused_where_they_are_disabled_or_wrong():
    with AG.disable_saved_tensors_hooks("not in this block"), pytest.raises(RuntimeError, match="not in this block"):
        AG.save_on_cpu().__enter__()
    x = x64(3.0, grad=True)
    with AG.saved_tensors_hooks(lambda t: t, lambda t: 3.0):
        y = x.exp()
    with pytest.raises(TypeError, match="unpack_hook must return a tensor, got"):
        y.backward()


def test_a_hook_on_several_gradients():
    x, y, z = (x64(float(v), grad=True) for v in (1, 2, 3))
    calls = []
    handle = AG.register_multi_grad_hook(
        [x, y, z], lambda gs: calls.append([None if g is None else g.item() for g in gs])
    )
    (x * y).backward()
    (x * y * z).backward()
    assert calls == [[2.0, 1.0, None], [6.0, 3.0, 2.0]]
    handle.remove()
    (x * y).backward()
    assert len(calls) == 2
    firsts = []
    AG.register_multi_grad_hook([x, y], lambda g: firsts.append(g.item()), mode="any")
    (x * y).backward()
    assert len(firsts) == 1
    with pytest.raises(ValueError, match="mode must be"):
        AG.register_multi_grad_hook([x], print, mode="some")
    with pytest.raises(ValueError, match="tensors is empty"):
        AG.register_multi_grad_hook([], print)


def test_a_noted_write_is_seen():
    x = x64(3.0, grad=True)
    y = x * 2
    z = y.exp()
    AG.increment_version(z)
    with pytest.raises(RuntimeError, match="exp"):
        z.backward()
    with pytest.raises(TypeError, match="needs tensors"):
        AG.increment_version([1])
