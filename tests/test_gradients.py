"""backward and grad: signatures, accumulation, what is freed, hooks, memory, size."""

import gc
import weakref

import numpy as np
import pytest

import autograd_core as ag


def leaf(*values):
    return ag.tensor(values if len(values) > 1 else values[0], dtype=ag.float64, requires_grad=True)


def test_accumulation_into_leaves():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    first = x.grad
    (x * 3).sum().backward()
    assert x.grad is first
    assert x.grad.tolist() == [5, 7]


def test_the_gradient_is_nobody_elses_array():
    x, y = leaf(1.0, 2.0), leaf(3.0, 4.0)
    g = ag.ones(2, dtype=ag.float64)
    (x + y).backward(g)
    x.grad.add_(10)
    assert y.grad.tolist() == [1, 1]
    assert g.tolist() == [1, 1]
    gx, gy = ag.grad(x + y, [x, y], g)
    gx.add_(10)
    assert gy.tolist() == [1, 1]
    assert g.tolist() == [1, 1]


def test_backward_of_a_leaf_itself():
    x = leaf(2.0)
    x.backward()
    assert x.grad.item() == 1
    assert ag.grad(x, x)[0].item() == 1


def test_a_second_backward_names_the_operation():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="'mul' saved were freed.*retain_graph=True"):
        y.backward()


def test_retain_graph():
    x = leaf(3.0)
    y = x * x
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 12


def test_create_graph_keeps_the_graph_and_is_differentiable():
    x = leaf(2.0)
    y = x**4
    y.backward(create_graph=True)
    g = x.grad
    assert g.requires_grad
    assert ag.grad(g, x, create_graph=True)[0].item() == 48
    x.grad = None


def test_high_orders():
    x = leaf(0.7)
    y = x.sin()
    for expected in (np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v), np.sin, np.cos, lambda v: -np.sin(v)):
        (y,) = ag.grad(y, x, create_graph=True)
        assert y.item() == pytest.approx(expected(0.7), rel=1e-14)


def test_inputs():
    x, y = leaf(2.0), leaf(3.0)
    z = x * y
    (z * z).backward(inputs=[x])
    assert x.grad.item() == 36
    assert y.grad is None
    w = leaf(2.0)
    h = w * 3
    (h * h).backward(inputs=h)
    assert h.grad.item() == 12
    assert w.grad is None


def test_grad_options():
    x, y, unused = leaf(2.0), leaf(3.0), leaf(1.0)
    z = x * y
    with pytest.raises(RuntimeError, match=r"do not depend on input 1.*allow_unused=True"):
        ag.grad(z, [x, unused], retain_graph=True)
    assert ag.grad(z, [x, unused], allow_unused=True, retain_graph=True)[1] is None
    assert ag.grad(z, [x, unused], materialize_grads=True, retain_graph=True)[1].item() == 0
    gx, gz = ag.grad(z, [x, z])
    assert (gx.item(), gz.item()) == (3, 1)
    assert x.grad is None
    a, b = x * 2, y * 3
    assert [g.item() for g in ag.grad([a, b], [x, y], [ag.tensor(10.0), None])] == [20, 3]


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda x: (x * 2).backward(), RuntimeError, r"only for a single number, and the output has shape \(2,\)"),
        (lambda x: (x * 2).backward(ag.ones(3)), RuntimeError, r"gradient has shape \(3,\), but the output has shape \(2"),
        (lambda x: ag.ones(1).backward(), RuntimeError, "does not require a gradient"),
        (lambda x: x.detach().sum().backward(), RuntimeError, "does not require a gradient"),
        (lambda x: ag.grad(x.sum(), []), ValueError, "inputs is empty"),
        (lambda x: x.sum().backward(inputs=[]), RuntimeError, "inputs is empty"),
        (lambda x: ag.grad(x.sum(), ag.ones(2)), RuntimeError, "input 0 .* does not require a gradient"),
        (lambda x: ag.grad(x.sum(), np.ones(2)), TypeError, "input 0 is ndarray of shape"),
        (lambda x: ag.grad(3.0, x), TypeError, "can only differentiate tensors, got float 3.0"),
        (lambda x: ag.grad([x.sum()], x, [None, None]), ValueError, "1 outputs but 2 gradients"),
        (lambda x: x.detach().retain_grad(), RuntimeError, "does not require a gradient"),
        (lambda x: x.detach().register_hook(print), RuntimeError, "does not require a gradient"),
        (lambda x: (x * 2).register_post_accumulate_grad_hook(print), RuntimeError, "only for leaves"),
        (lambda x: x[:1].detach_() and None, RuntimeError, "this tensor is a view"),
    ],
)  # fmt: skip
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act(leaf(1.0, 2.0))


def test_detach():
    x = leaf(1.0, 2.0)
    y = (x * 2).detach()
    assert not y.requires_grad
    z = x * 2
    z.detach_()
    assert z.is_leaf
    (x.detach() * x).sum().backward()
    assert x.grad.tolist() == [1, 2]


def test_retain_grad():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.retain_grad()
    assert y.retains_grad
    (y * y).sum().backward()
    assert y.grad.tolist() == [4, 8]


def test_hooks():
    x = leaf(1.0, 2.0)
    seen = []
    handle = x.register_hook(lambda g: seen.append(g.tolist()))
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    assert seen == [[20, 20]]
    assert x.grad.tolist() == [20, 20]
    handle.remove()
    (x * 2).sum().backward()
    assert len(seen) == 1
    done = []
    x.register_post_accumulate_grad_hook(lambda t: done.append(t.grad.tolist()))
    x.grad = None
    (x * 3).sum().backward()
    assert done == [[3, 3]]
    with (
        x.register_hook(lambda g: ag.ones(5)),
        pytest.raises(RuntimeError, match=r"must return a tensor of shape \(2,\)"),
    ):
        (x * 3).sum().backward()


def test_a_hook_on_a_sum_sees_the_total():
    x = leaf(1.0)
    y = x * 1
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    (y * 2 + y * 3).backward()
    assert seen == [5]


def test_a_chain_of_a_million_operations():
    x = ag.ones(1, requires_grad=True)
    y = x
    for _ in range(1_000_000):
        y = y + 1.0
    ref = weakref.ref(y.node)
    y.backward()
    assert x.grad.item() == 1
    del y
    assert ref() is None


def test_a_diamond_of_depth_1000():
    x = leaf(1.0)
    y = x
    for _ in range(1000):
        y = (y + y) * 0.5
    y.backward()
    assert x.grad.item() == 1


def bytes_kept(make):
    """How many bytes of arrays stay alive with the result of `make`, its own included."""
    import tracemalloc

    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = make()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before, kept
    finally:
        tracemalloc.stop()


def test_a_hundred_additions_keep_one_array():
    x = ag.ones(1000, 1000, requires_grad=True)
    c = ag.ones(1000, 1000)

    def chain():
        y = x
        for _ in range(100):
            y = y + c
        return y

    size, y = bytes_kept(chain)
    assert size < 2 * y.nbytes


def test_what_no_rule_wants_is_not_kept():
    x = ag.ones(1000, 1000, requires_grad=True)

    def chain():
        y = x
        for _ in range(20):
            y = y * 2.0  # the rule for x wants the factor, not x
            y = y.reshape(-1).reshape(1000, 1000).T
            y = -y
        return y.sum()

    chain()  # compiles the kernel of the sum, whose code is kept too
    size, _ = bytes_kept(chain)
    assert size < x.nbytes


def test_backward_frees_as_it_goes():
    x = ag.ones(1000, 100, requires_grad=True)
    y = x
    for _ in range(10):
        y = y.exp().log()
    z = y.sum()
    del y

    size, _ = bytes_kept(lambda: z.backward())
    assert size < 2 * x.nbytes


@pytest.mark.parametrize("create_graph", [False, True])
def test_slices_of_one_array_cost_their_own_size(create_graph):
    """With a zero array a slice, 4000 slices of this array would move 64 GB."""
    steps, width = 4000, 1000
    x = ag.ones(steps, width, requires_grad=True)
    total = ag.zeros(width)
    for t in range(steps):
        total = total + x[t] * float(t)
    (g,) = ag.grad(total.sum(), x, create_graph=create_graph)
    np.testing.assert_array_equal(g.array, np.arange(steps, dtype=np.float32)[:, None] * np.ones(width, np.float32))


def test_no_cycles_are_left_for_the_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = ((x * 2).exp()[1:] + 1).sum()
        y.backward()
        nodes = weakref.ref(y.node)
        tensor = weakref.ref(y)
        del y
        assert nodes() is None
        assert tensor() is None
        leaf_ref = weakref.ref(x)
        del x
        assert leaf_ref() is None
    finally:
        gc.enable()


def test_no_grad_records_nothing():
    x = leaf(1.0, 2.0)
    with ag.no_grad():
        y = x * 2
        assert not y.requires_grad
        assert x.reshape(2, 1).node is None
    with ag.no_grad(), ag.enable_grad():
        assert (x * 2).requires_grad
    with ag.inference_mode():
        assert not (x * 2).requires_grad


def test_backward_inside_no_grad():
    x = leaf(3.0)
    y = x * x
    with ag.no_grad():
        y.backward()
        assert x.grad.item() == 6
        (g,) = ag.grad(x.detach().requires_grad_(), x, allow_unused=True)
        assert g is None


def test_threads_differentiate_side_by_side():
    from concurrent.futures import ThreadPoolExecutor

    def work(seed):
        x = ag.tensor(np.random.default_rng(seed).standard_normal(50), requires_grad=True)
        for _ in range(20):
            (x.exp() * x).sum().backward()
        return np.abs(x.grad.array - 20 * np.exp(x.array) * (1 + x.array)).max()

    with ThreadPoolExecutor(4) as pool:
        assert max(pool.map(work, range(16))) < 1e-12
