"""Checkpointing: the same values and gradients as the plain call, for less memory."""

import gc
import tracemalloc

import numpy as np
import pytest

import autograd_core as ag
import nn


def draw(*shape, seed=0):
    return ag.tensor(np.random.default_rng(seed).normal(size=shape), requires_grad=True)


def test_same_values_and_gradients_as_without():
    x, w = draw(3, 4), draw(4, 4, seed=1)

    def layer(t, scale=1.0):
        return (t @ w).tanh() * scale

    plain = layer(x, scale=2.0)
    saved = ag.checkpoint(layer, x, scale=2.0)
    np.testing.assert_array_equal(plain.detach().numpy(), saved.detach().numpy())
    assert saved.grad_fn.next_functions[0][0].name == "checkpoint"
    for ours, theirs in zip(ag.grad((saved**2).sum(), [x, w]), ag.grad((plain**2).sum(), [x, w]), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)


def test_backward_fills_grad_of_arguments_and_closures_once():
    x, w, b = draw(3), draw(3, seed=1), draw(3, seed=2)
    hidden = b * 2  # a closure with a history of its own
    y = ag.checkpoint(lambda t: (t * w + hidden).sin().sum(), x)
    (y + w.sum()).backward()
    slope = np.cos((x * w + hidden).detach().numpy())
    np.testing.assert_allclose(x.grad.numpy(), slope * w.detach().numpy())
    np.testing.assert_allclose(w.grad.numpy(), slope * x.detach().numpy() + 1)
    np.testing.assert_allclose(b.grad.numpy(), 2 * slope)


def test_a_closure_that_depends_on_another_is_not_counted_twice():
    a = draw(2)
    b = a * a
    out = ag.checkpoint(lambda: (a * b).sum())
    np.testing.assert_allclose(ag.grad(out, a)[0].numpy(), 3 * a.detach().numpy() ** 2)


def test_only_what_is_wanted():
    x, w = draw(3), draw(3, seed=1)
    y = ag.checkpoint(lambda t: (t * w).exp().sum(), x)
    (g,) = ag.grad(y, [w])
    np.testing.assert_allclose(g.numpy(), (x * (x * w).exp()).detach().numpy())
    assert x.grad is None and w.grad is None


def test_backward_with_inputs():
    x, w = draw(3), draw(3, seed=1)
    ag.checkpoint(lambda t: (t * w).exp().sum(), x).backward(inputs=[x])
    assert x.grad is not None and w.grad is None


def test_nested_structures_go_in_and_out():
    x, w = draw(3), draw(3, seed=1)

    def function(pair, *, options):
        t, number = pair
        return {"a": t * options["w"], "rest": [t.exp(), number, None, t.detach(), options["w"]], "mask": t > 0}

    out = ag.checkpoint(function, (x, 7), options={"w": w})
    assert out["rest"][1:3] == [7, None]
    assert out["rest"][4] is w
    assert not out["rest"][3].requires_grad and not out["mask"].requires_grad
    gx, gw = ag.grad(out["a"].sum() + (2 * out["rest"][0]).sum(), [x, w])
    np.testing.assert_allclose(gx.numpy(), (w + 2 * x.exp()).detach().numpy())
    np.testing.assert_allclose(gw.numpy(), x.detach().numpy())


def test_one_of_several_results_is_enough():
    x = draw(3)
    first, second = ag.checkpoint(lambda t: (t.sin(), t.exp()), x)
    np.testing.assert_allclose(ag.grad(second.sum(), x)[0].numpy(), second.detach().numpy())
    assert first.shape == (3,)


def test_higher_orders():
    x, w = draw(4), draw(4, 4, seed=1)

    def checkpointed(t, u):
        return ag.checkpoint(lambda s: (s @ u).tanh() * s.exp(), t).sum()

    assert ag.gradcheck(checkpointed, [x, w])
    assert ag.gradgradcheck(checkpointed, [x, w])

    def third(f):
        y = f(x, w)
        for _ in range(3):
            (g,) = ag.grad(y, x, create_graph=True)
            y = (g * g).sum()
        return ag.grad(y, [x, w])

    for ours, theirs in zip(third(checkpointed), third(lambda t, u: ((t @ u).tanh() * t.exp()).sum()), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-9)


def test_create_graph_then_backward():
    x, w = draw(3), draw(3, seed=1)
    y = ag.checkpoint(lambda t: (t * w).sin().sum(), x)
    (g,) = ag.grad(y, x, create_graph=True)
    (g**2).sum().backward()
    t, u = draw(3), draw(3, seed=1)
    (ag.grad((t * u).sin().sum(), t, create_graph=True)[0] ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy())
    np.testing.assert_allclose(w.grad.numpy(), u.grad.numpy())


def test_nested_checkpoints():
    x, w = draw(3), draw(3, seed=1)

    def f(t, u):
        def inner(s):
            return (s * u).tanh()

        def outer(s):
            return ag.checkpoint(inner, s * s) + s

        return ag.checkpoint(outer, t).sum()

    t, u = draw(3), draw(3, seed=1)
    expected = ag.grad(((t * t * u).tanh() + t).sum(), [t, u])
    for ours, theirs in zip(ag.grad(f(x, w), [x, w]), expected, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)
    assert ag.gradgradcheck(f, [x, w])


def test_under_no_grad_it_is_an_ordinary_call():
    x, calls = draw(3), []
    with ag.no_grad():
        y = ag.checkpoint(lambda t: calls.append(1) or t * 2, x)
    assert not y.requires_grad and len(calls) == 1
    y = ag.checkpoint(lambda t: t * 2, ag.ones(3))
    assert not y.requires_grad


def test_the_backward_pass_may_run_under_no_grad():
    x = draw(3)
    y = ag.checkpoint(lambda t: t.exp().sum(), x)
    with ag.no_grad():
        y.backward()
    np.testing.assert_allclose(x.grad.numpy(), np.exp(x.detach().numpy()))


def test_transforms():
    x = np.random.default_rng(3).normal(size=4)

    def f(t):
        return ag.checkpoint(lambda s: (s.sin() * s).sum(), t)

    def plain(t):
        return (t.sin() * t).sum()

    np.testing.assert_allclose(ag.func.grad(f)(x), ag.func.grad(plain)(x))
    np.testing.assert_allclose(np.asarray(ag.func.hessian(f)(x)), np.asarray(ag.func.hessian(plain)(x)))
    np.testing.assert_allclose(ag.func.jvp(f, (x,), (x,))[1], ag.func.jvp(plain, (x,), (x,))[1])
    rows = np.outer(x, x)
    np.testing.assert_allclose(np.asarray(ag.func.vmap(f)(rows)), np.asarray(ag.func.vmap(plain)(rows)))


def test_complex_values():
    z = ag.tensor(np.array([1 + 2j, 0.5 - 1j]), requires_grad=True)
    assert ag.gradcheck(lambda t: ag.checkpoint(lambda s: (s * s).exp(), t), [z])


def test_hooks_inside_run():
    x, seen = draw(2), []

    def function(t):
        y = t * 2
        y.register_hook(lambda g: seen.append(g.tolist()))
        return y.sum()

    ag.checkpoint(function, x).backward()
    assert seen == [[1.0, 1.0]]


# ---------------------------------------------------------------------------------------------------------- randomness


def test_dropout_drops_the_same_again():
    x = ag.tensor(np.ones((50, 20)), requires_grad=True)
    drop = nn.Dropout(0.5)
    ag.manual_seed(1)
    y = ag.checkpoint(lambda t: drop(t) * t, x)
    ag.rand(5)  # the stream goes on
    state = ag.get_rng_state()
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * y.detach().numpy())
    assert ag.get_rng_state() == state, "the backward pass must not move the stream"
    ag.manual_seed(1)
    np.testing.assert_array_equal(y.detach().numpy(), (drop(x) * x).detach().numpy())


def test_without_the_random_state_the_masks_differ():
    x = ag.tensor(np.ones((50, 20)), requires_grad=True)
    y = ag.checkpoint(lambda t: nn.Dropout(0.5)(t) * t, x, preserve_rng_state=False)
    y.sum().backward()
    assert (x.grad.numpy() != 2 * y.detach().numpy()).any()


# -------------------------------------------------------------------------------------------------------------- memory


def test_memory_of_a_chain_of_layers_drops():
    def layer(t):
        for _ in range(10):
            t = (t * 1.01).sin()  # keeps two arrays for each step
        return t

    def peak(run):
        x = ag.tensor(np.ones(20_000), requires_grad=True)
        gc.collect()
        tracemalloc.start()
        y = x
        for _ in range(10):
            y = run(y)
        held = tracemalloc.get_traced_memory()[0]
        y.sum().backward()
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held, top, x.grad.numpy()

    held, top, g = peak(layer)
    held_less, top_less, g_again = peak(lambda t: ag.checkpoint(layer, t))
    np.testing.assert_allclose(g_again, g, rtol=1e-12)
    assert held > 100 * 160_000
    assert held_less < held / 8
    assert top_less < top / 3


def test_a_second_backward_needs_retain_graph():
    x = draw(3)
    y = ag.checkpoint(lambda t: t.exp().sum(), x)
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(x.detach().numpy()))
    with pytest.raises(RuntimeError, match=r"the values that 'checkpoint' saved were freed .* retain_graph=True"):
        y.backward()


# ----------------------------------------------------------------------------------------------------- what is noticed


def test_arguments_changed_since():
    x = draw(3) * 1
    y = ag.checkpoint(lambda t: (t * t).sum(), x)
    x.mul_(2)
    with pytest.raises(RuntimeError, match=r"'checkpoint' saved its argument 0 .* changed in place since"):
        y.backward()


@pytest.mark.parametrize("function", [lambda t, w: (t * w).sum(), lambda t, w: (t + w).exp().sum()])
def test_parameters_changed_since(function):
    x, w = draw(3), draw(3, seed=1)
    y = ag.checkpoint(lambda t: function(t, w), x)
    with ag.no_grad():
        w.mul_(2)
    with pytest.raises(
        RuntimeError, match=r"'checkpoint' saved a parameter or other leaf that it used .* changed in place"
    ):
        y.backward()


def test_constants_changed_since():
    x, c = draw(3), ag.tensor(np.ones(3))
    y = ag.checkpoint(lambda t: (t * c).sum(), x)
    c.mul_(2)
    with pytest.raises(RuntimeError, match=r"'checkpoint' saved a value that 'mul' used .* changed in place since"):
        y.backward()


def test_results_may_be_changed_in_place():
    x = draw(3)
    y = ag.checkpoint(lambda t: t.exp(), x)
    y.mul_(2)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp(x.detach().numpy()))


def test_a_view_of_an_argument_is_a_result_of_its_own():
    x = draw(4) * 1
    y = ag.checkpoint(lambda t: t[:2], x)
    y.mul_(3)
    assert x.detach().numpy()[0] * 3 == y.detach().numpy()[0]
    y.sum().backward()


def test_writes_inside_on_own_values():
    x = draw(3)

    def function(t):
        y = t * 2
        y[0] = t[1] * t[2]
        return y.sum()

    (g,) = ag.grad(ag.checkpoint(function, x), x)
    (expected,) = ag.grad(function(x), x)
    np.testing.assert_allclose(g.numpy(), expected.numpy())


def test_writing_into_an_argument_is_refused():
    x = draw(3) * 1
    with pytest.raises(RuntimeError, match=r"changed argument 0 \(shape \(3,\)\) in place, .* work on x\.clone\(\)"):
        ag.checkpoint(lambda t: t.mul_(2).sum(), x)


def changing(*functions):
    calls = iter(functions)
    return lambda t: next(calls)(t)


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (lambda t: t.cos().sum(), r"operation 0 was 'sin' of shape \(3,\), and now is 'cos' of shape \(3,\)"),
        (lambda t: t[:2].sin().sum(), r"operation 0 was 'sin' of shape \(3,\), and now is 'getitem' of shape \(2,\)"),
        (lambda t: (t.sin().sum()) * 2, r"operation 2 was nothing more, and now is 'mul' of shape \(\)"),
        (lambda t: ag.tensor(1.0), r"operation 0 was 'sin' of shape \(3,\), and now is nothing more"),
    ],
)
def test_a_function_that_does_something_else_is_noticed(second, message):
    y = ag.checkpoint(changing(lambda t: t.sin().sum(), second), draw(3))
    with pytest.raises(RuntimeError, match=message):
        y.backward()


def test_without_the_check():
    x = draw(3)
    y = ag.checkpoint(changing(lambda t: t.sin().sum(), lambda t: t.cos().sum()), x, determinism_check="none")
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), -np.sin(x.detach().numpy()))
    w = draw(3, seed=1)
    y = ag.checkpoint(changing(lambda t: t.sum(), lambda t: (t * w).sum()), x, determinism_check="none")
    with pytest.raises(
        RuntimeError, match=r"gave gradients to results .* or used other parameters; it must do the same"
    ):
        y.backward()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: ag.checkpoint(3, ag.ones(2)),
            TypeError,
            "checkpoint: the first argument must be the function to call",
        ),
        (
            lambda: ag.checkpoint(abs, ag.ones(2), determinism_check="x"),
            ValueError,
            "must be 'default' or 'none', got 'x'",
        ),
        (
            lambda: ag.checkpoint_sequential([abs], 2, ag.ones(2)),
            ValueError,
            "1 functions cannot be cut into 2 segments",
        ),
        (
            lambda: ag.checkpoint_sequential([abs], 0, ag.ones(2)),
            ValueError,
            "1 functions cannot be cut into 0 segments",
        ),
    ],
)
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_error_of_the_function_comes_through_and_restores_the_random_state():
    x = draw(3)

    def fail(t):
        raise KeyError("inside")

    y = ag.checkpoint(changing(lambda t: t.sum(), fail), x)
    state = ag.get_rng_state()
    with pytest.raises(KeyError, match="inside"):
        y.backward()
    assert ag.get_rng_state() == state and ag.is_grad_enabled()


# ------------------------------------------------------------------------------------------------------------ networks


def test_checkpoint_sequential():
    net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
    x = ag.randn(5, 4)
    net(x).sum().backward()
    expected = [p.grad.numpy().copy() for p in net.parameters()]
    for segments in (1, 2, 5):
        for p in net.parameters():
            p.grad = None
        ag.checkpoint_sequential(net, segments, x).sum().backward()
        for p, g in zip(net.parameters(), expected, strict=True):
            np.testing.assert_allclose(p.grad.numpy(), g, rtol=1e-5, atol=1e-7)


def test_modules_get_their_gradients_although_the_input_has_none():
    layer = nn.Linear(3, 2)
    ag.checkpoint(layer, ag.ones(1, 3)).sum().backward()
    np.testing.assert_array_equal(layer.weight.grad.numpy(), np.ones((2, 3)))
    np.testing.assert_array_equal(layer.bias.grad.numpy(), np.ones(2))
