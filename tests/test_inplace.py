"""Views share memory, writes are recorded, and a saved value that was overwritten is noticed."""

import numpy as np
import pytest

import autograd_core as ag


def leaf(*shape, seed=0):
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[1:],
        lambda x: x[0],
        lambda x: x[0, 1],
        lambda x: x[::-1, None],
        lambda x: x.reshape(-1),
        lambda x: x.view(3, 2),
        lambda x: x.T,
        lambda x: x.transpose(0, 1),
        lambda x: x.permute(1, 0),
        lambda x: x.unsqueeze(0).squeeze(0),
        lambda x: x.expand(4, 2, 3),
        lambda x: x.flatten(),
        lambda x: x.split(1)[1],
        lambda x: x.chunk(2, 1)[1],
        lambda x: x.unbind(1)[2],
        lambda x: x.detach(),
        lambda x: x.data,
    ],
)
def test_views_share_memory(view):
    x = ag.tensor(np.arange(6.0).reshape(2, 3))
    v = view(x)
    assert np.shares_memory(v.array, x.array)
    x.fill_(7.0)
    assert (v.array == 7).all()


def test_index_arrays_copy():
    x = ag.zeros(3)
    y = x[[0, 1]]
    y += 1
    assert x.tolist() == [0, 0, 0]


def test_a_write_through_a_view_changes_the_base_and_its_history():
    w = leaf(3)
    x = ag.zeros(2, 3, dtype=ag.float64)
    row = x[1]
    row.copy_(w * 2)
    assert x.requires_grad
    (x * x).sum().backward()
    np.testing.assert_allclose(w.grad.array, 8 * w.array)


def test_an_earlier_view_sees_a_write_to_its_base():
    w = leaf(3)
    x = ag.zeros(3, dtype=ag.float64)
    v = x[1:]
    x.add_(w)
    assert v.requires_grad
    (v * v).sum().backward()
    np.testing.assert_allclose(w.grad.array, 2 * w.array * [0, 1, 1])


def test_a_view_sees_a_write_through_another_view():
    w = leaf(2)
    x = ag.ones(2, 2, dtype=ag.float64)
    column, row = x[:, 0], x[0]
    column.mul_(w)
    row.sum().backward()
    np.testing.assert_allclose(w.grad.array, [1, 0])


def test_a_view_of_a_view():
    w = leaf()
    x = ag.zeros(3, 4, dtype=ag.float64)
    x.T[1:][0].unsqueeze(0)[:, 2].add_(w)
    assert (x.array != 0).sum() == 1
    (x**2).sum().backward()
    np.testing.assert_allclose(w.grad.item(), 2 * w.item())


def test_writes_to_a_view_of_an_intermediate():
    w = leaf(2, 3)
    y = w * 1
    y[0] *= 3
    y.reshape(-1)[5] = 0.0
    (y * ag.tensor([[1.0, 2, 3], [4, 5, 6]])).sum().backward()
    np.testing.assert_allclose(w.grad.array, [[3, 6, 9], [4, 5, 0]])


def test_overwritten_values_have_no_gradient():
    w, v = leaf(4), leaf(2, seed=1)
    y = w * 1
    y[1:3] = v
    y.sum().backward()
    assert w.grad.tolist() == [1, 0, 0, 1]
    assert v.grad.tolist() == [1, 1]


def test_assignment_broadcasts_and_converts():
    w = leaf()
    x = ag.zeros(2, 3)
    x[:, 1] = w
    x.sum().backward()
    assert w.grad.item() == 2
    n = ag.zeros(3, dtype=ag.int64)
    n[0] = 2.7
    assert n.tolist() == [2, 0, 0]


def test_advanced_assignment():
    w, v = leaf(5), leaf(2, seed=1)
    y = w * 1
    y[[3, 0]] = v
    (y * ag.arange(1.0, 6.0)).sum().backward()
    assert w.grad.tolist() == [0, 2, 3, 0, 5]
    assert v.grad.tolist() == [4, 1]
    z = leaf(3) * 1
    z[z > 0] = 0.0
    assert (z.array <= 0).all()


def test_repeated_positions_keep_the_last_value_and_its_gradient():
    v = leaf(3)
    y = ag.zeros(2, dtype=ag.float64)
    y[[0, 0, 1]] = v
    assert y[0] == v[1]
    y.sum().backward()
    assert v.grad.tolist() == [0, 1, 1]


def test_augmented_assignment_on_elements():
    w = leaf(3)
    y = w * 1
    y[0] += 1
    y[[1, 2]] *= 2
    y.sum().backward()
    assert w.grad.tolist() == [1, 2, 2]


@pytest.mark.parametrize(
    ("name", "args"),
    [("add_", (2.0,)), ("mul_", (3.0,)), ("exp_", ()), ("pow_", (2,)), ("div_", (4.0,)), ("neg_", ()), ("tanh_", ())],
)
def test_in_place_equals_the_function(name, args):
    w = leaf(3)
    x = w * 1
    result = getattr(x, name)(*args)
    assert result is x
    (x * x).sum().backward()
    v = leaf(3)
    y = getattr(v * 1, name[:-1])(*args)
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.array, y.array)
    np.testing.assert_allclose(w.grad.array, v.grad.array, rtol=1e-14)


def test_in_place_with_itself():
    w = leaf(3)
    x = w * 1
    x.mul_(x)
    x.sum().backward()
    np.testing.assert_allclose(w.grad.array, 2 * w.array)


def test_in_place_differentiates_twice():
    w = leaf(3)
    x = w * 1
    x[1:].mul_(w[:2])
    (g,) = ag.grad((x**3).sum(), w, create_graph=True)

    def same(w):
        y = ag.cat([w[:1], w[1:] * w[:2]])
        return (y**3).sum()

    v = leaf(3)
    (h,) = ag.grad(same(v), v, create_graph=True)
    np.testing.assert_allclose(g.array, h.array)
    np.testing.assert_allclose(ag.grad((g * g).sum(), w)[0].array, ag.grad((h * h).sum(), v)[0].array)


def test_leaves_that_require_gradients_are_refused():
    x = leaf(3)
    for write in (lambda: x.add_(1), lambda: x.__setitem__(0, 1.0), lambda: x.zero_(), lambda: x.__setitem__([0], 1.0)):
        with pytest.raises(RuntimeError, match=r"a leaf that requires a gradient.*no_grad\(\)"):
            write()
    with pytest.raises(RuntimeError, match="view of a leaf that requires a gradient"):
        x[0].add_(1)
    before = x.tolist()
    with ag.no_grad():
        x.add_(1)
        x[0] = 5.0
    assert x.tolist() == [5.0, before[1] + 1, before[2] + 1]
    assert x.is_leaf
    assert x.requires_grad


def test_a_saved_value_changed_in_place_is_named():
    w = leaf(3)
    y = (w * 1).exp()
    y += 1
    with pytest.raises(
        RuntimeError, match=r"'exp' saved its output \(shape \(3,\), float64\) at version 0.*at version 1"
    ):
        y.sum().backward()
    a, b = leaf(3), ag.ones(3, dtype=ag.float64)
    c = a * b
    b.add_(1)
    b.add_(1)
    with pytest.raises(RuntimeError, match=r"'mul' saved its input 1 .* at version 0.* at version 2"):
        c.sum().backward()


def test_a_change_through_shared_memory_is_noticed():
    for alias in (lambda t: t[1:], lambda t: t.detach(), lambda t: t.reshape(-1)[0], lambda t: ag.from_numpy(t.array)):
        a, b = leaf(3), ag.ones(3, dtype=ag.float64)
        c = a * b
        alias(b).add_(1)
        with pytest.raises(RuntimeError, match="changed in place"):
            c.sum().backward()


def test_a_change_before_saving_is_fine():
    a, b = leaf(3), ag.ones(3, dtype=ag.float64)
    b.add_(1)
    (a * b).sum().backward()
    assert a.grad.tolist() == [2, 2, 2]


def test_a_change_of_what_was_not_saved_is_fine():
    a, b = leaf(3), ag.ones(3, dtype=ag.float64)
    c = a + b
    b.add_(1)
    c.add_(1)
    c.sum().backward()
    assert a.grad.tolist() == [1, 1, 1]


def test_versions_count_writes():
    x = ag.zeros(3)
    assert x._version == 0
    x.add_(1)
    x[0] = 3.0
    x[1:].mul_(2)
    assert x._version == 3
    assert x[1:]._version == 3
    assert x.clone()._version == 0


def test_views_taken_under_no_grad():
    w = leaf(3)
    y = w * 1
    with ag.no_grad():
        v = y[1:]
    assert not v.requires_grad
    with pytest.raises(RuntimeError, match=r"taken under no_grad\(\)"):
        v.add_(w[:2])
    with ag.no_grad():
        v.add_(1)


def test_requires_grad_after_a_view_was_taken():
    x = ag.zeros(3)
    v = x[1:]
    x.requires_grad_()
    assert not v.requires_grad
    assert x[1:].requires_grad


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: ag.ones(1).expand(3).add_(1), RuntimeError, "share one place in memory"),
        (lambda: ag.ones(2).add_(ag.ones(3, 2)), RuntimeError, r"result has shape \(3, 2\), which does not fit"),
        (lambda: ag.tensor([1, 2]).mul_(1.5), RuntimeError, "result is float32 and cannot be stored in a tensor of int64"),
        (lambda: ag.ones(3).__setitem__(0, [1, 2]), TypeError, "index assignment: needs tensors, arrays or numbers"),
        (lambda: ag.ones(3).__setitem__(slice(0, 2), ag.ones(3)), ValueError, r"shape \(3,\) does not broadcast to"),
        (lambda: ag.ones(3).__setitem__(7, 1.0), IndexError, r"the tensor has shape \(3,\)"),
    ],
)  # fmt: skip
def test_errors_leave_everything_as_it_was(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_nothing_is_changed_by_a_refused_write():
    x = ag.tensor([1, 2])
    with pytest.raises(RuntimeError):
        x.mul_(1.5)
    assert x.tolist() == [1, 2]
    assert x._version == 0


def test_many_writes_into_one_array_cost_their_own_size():
    """T writes and the backward pass through them: with a full copy a write, 4000 of them would move 64 GB."""
    steps, width = 4000, 500
    w = ag.ones(width, requires_grad=True)
    out = ag.zeros(steps, width)
    for t in range(steps):
        out[t] = w
    out.sum().backward()
    assert w.grad[0].item() == steps
