"""Reading and writing by index: PyTorch's forms and NumPy's, repeated positions, ties, in place; wrong arguments."""

import numpy as np
import pytest

import autograd_core as ag


def values(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-2, 2, shape)


def test_an_integer_beside_index_arrays_is_taken_first():
    """As in PyTorch, unlike NumPy: x[0, :, [..]] is x[0][:, [..]]."""
    x = ag.tensor(values(2, 3, 4))
    i = ag.tensor([0, 3, 3])
    assert x[0, :, i].shape == (3, 3)
    assert x[:, 1, i].shape == (2, 3)
    assert x[i[:1], :, 2].shape == (1, 3)
    assert x[[0, 1], :, [1, 3]].shape == (2, 3)
    np.testing.assert_array_equal(x[1, ..., i].numpy(), x.numpy()[1][:, [0, 3, 3]])
    np.testing.assert_array_equal(x[1, None, i[:1], [1]].numpy(), x.numpy()[1][None, [0], [1]])


def test_every_kind_of_index():
    a = values(2, 3, 4)
    x = ag.tensor(a)
    for index in (
        1, -1, (1, 2), (slice(None), 0), slice(None, None, -1), None, ..., (..., None, 0), [0, 1, 1], [True, False],
        np.int64(1), np.array([1, 0]), (slice(1), [0, 2]), a > 0, (slice(None), a[0] > 0), True, False, (None, [1]), (),
        (slice(None), [[0, 1], [2, 0]]), np.array(True),
    ):  # fmt: skip
        np.testing.assert_array_equal(x[index].numpy(), a[index])
    np.testing.assert_array_equal(x[ag.tensor(1)].numpy(), a[1])
    np.testing.assert_array_equal(x[range(2)].numpy(), a)
    assert x[[]].shape == (0, 3, 4)
    assert x[ag.tensor(1)]._base is x


def test_the_index_may_change_after_reading():
    x = ag.tensor(values(3), requires_grad=True)
    i = ag.tensor([0, 1])
    y = x[i]
    i.fill_(2)
    assert ag.grad(y.sum(), x)[0].tolist() == [1, 1, 0]


@pytest.mark.parametrize("size", [3, 400])
def test_repeated_positions_add_up(size):
    """Few positions and many take different ways; the oracle is NumPy's add.at."""
    rng = np.random.default_rng(size)
    for shape, index in [
        ((7,), (rng.integers(-7, 7, size),)),
        ((7, 5), (rng.integers(0, 7, size),)),
        ((7, 5), (slice(None), rng.integers(0, 5, size))),
        ((7, 5), (rng.integers(0, 7, size), rng.integers(0, 5, size))),
        ((7, 5, 2), (rng.integers(0, 7, (size, 1)), slice(None), rng.integers(0, 2, 3))),
    ]:
        x = ag.tensor(values(*shape), requires_grad=True)
        y = x[index]
        w = values(*y.shape, seed=1)
        expected = np.zeros(shape)
        np.add.at(expected, index, w)
        np.testing.assert_allclose(ag.grad(y, x, ag.tensor(w))[0].numpy(), expected, rtol=1e-12, atol=1e-12)
    x = ag.tensor(values(7, 5), requires_grad=True)
    i = rng.integers(0, 5, size)
    expected = np.zeros((7, 5))
    np.add.at(expected, (slice(None), i), 1.0)
    np.testing.assert_array_equal(ag.grad(x.index_select(1, ag.tensor(i)).sum(), x)[0].numpy(), expected)


def test_a_value_written_over_gets_no_gradient():
    v = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x = ag.zeros(2)
    x[[0, 0, 1]] = v
    assert x.tolist() == [2, 3]
    assert ag.grad(x.sum(), v)[0].tolist() == [0, 1, 1]
    y = ag.zeros(2).scatter(0, ag.tensor([0, 0, 1])[:2], v[:2])
    assert ag.grad(y.sum(), v)[0].tolist() == [0, 1, 0]


def test_assignment_broadcasts_and_converts():
    x = ag.zeros(2, 3)
    x[0] = 1
    x[:, 1] = ag.tensor([[5, 6]])
    x[1, [0, 2]] = np.float64(7.5)
    assert x.tolist() == [[1, 5, 1], [7.5, 6, 7.5]]
    x[x > 6] = 0
    x[...] = x.flip(1)
    x[1:] = x[:-1]
    assert x.tolist() == [[1, 5, 1], [1, 5, 1]]
    assert x.dtype == np.float32


def test_equal_extremes_of_a_scatter_share_the_gradient():
    x = ag.tensor([2.0, 0.0], requires_grad=True)
    src = ag.tensor([2.0, 2.0, 1.0], requires_grad=True)
    i = ag.tensor([0, 0, 1])
    gx, gs = ag.grad(x.scatter_reduce(0, i, src, "amax").sum(), [x, src])
    np.testing.assert_allclose(gx.numpy(), [1 / 3, 0], rtol=1e-6)
    np.testing.assert_allclose(gs.numpy(), [1 / 3, 1 / 3, 1], rtol=1e-6)
    gx, gs = ag.grad(x.scatter_reduce(0, i, src, "amax", include_self=False).sum(), [x, src])
    assert (gx.tolist(), gs.tolist()) == ([0, 0], [0.5, 0.5, 1])


def test_products_by_index_have_gradients_at_zeros():
    x = ag.tensor([2.0, 0.0, 3.0], dtype=np.float64, requires_grad=True)
    src = ag.tensor([0.0, 5.0, 4.0, 0.0], dtype=np.float64, requires_grad=True)
    i = ag.tensor([0, 0, 1, 2])
    gx, gs = ag.grad(x.scatter_reduce(0, i, src, "prod").sum(), [x, src])
    assert (gx.tolist(), gs.tolist()) == ([0, 4, 0], [10, 0, 0, 3])
    assert ag.gradgradcheck(lambda x, s: x.scatter_reduce(0, i, s, "prod"), (x, src))


def test_integers_by_index():
    x = ag.tensor([1, 2, 3])
    i = ag.tensor([0, 0, 2])
    assert x.scatter_add(0, i, x).tolist() == [4, 2, 6]
    assert x.scatter_reduce(0, i, x, "mean").tolist() == [1, 2, 3]
    assert x.index_add(0, i, x, alpha=2).tolist() == [7, 2, 9]
    assert x.masked_fill(x > 1, 0).tolist() == [1, 0, 0]
    assert x.index_fill(0, ag.tensor(1), 9).tolist() == [1, 9, 3]


def test_0d_and_nothing():
    one = ag.tensor(2.0, requires_grad=True)
    zero = ag.tensor(0)
    for y in (
        one.gather(0, zero), one.index_select(0, zero), one.take(zero), one[...], one[()],
        one.scatter_add(0, zero, ag.tensor(0.0)), one.index_add(0, zero, ag.tensor(0.0)),
        one.masked_fill(ag.tensor(False), 1.0),
    ):  # fmt: skip
        assert y.shape == () and y.item() == 2
        assert ag.grad(y, one)[0].item() == 1
    assert ag.argwhere(one).shape == (1, 0)
    assert ag.nonzero(one, as_tuple=True)[0].tolist() == [0]
    x, none = ag.ones(2, 3), ag.zeros(0).long()
    assert x.gather(1, none.reshape(2, 0)).shape == (2, 0)
    assert x.index_select(1, none).shape == (2, 0)
    assert x.take(none).shape == x.masked_select(x > 5).shape == (0,)
    assert x.scatter_add(1, none.reshape(2, 0), ag.zeros(2, 0)).tolist() == x.tolist()
    assert x.index_add(0, none, ag.zeros(0, 3)).tolist() == x.tolist()


IN_PLACE = {
    "scatter_": lambda x, s: x.scatter_(1, ag.tensor([[0], [2]]), s[:, :1]),
    "scatter_value": lambda x, s: x.scatter_(1, ag.tensor([[0], [2]]), 3.0),
    "scatter_add_": lambda x, s: x.scatter_add_(1, ag.tensor([[0, 0], [2, 1]]), s[:, :2]),
    "scatter_reduce_": lambda x, s: x.scatter_reduce_(1, ag.tensor([[0, 0], [2, 1]]), s[:, :2], "prod"),
    "index_add_": lambda x, s: x.index_add_(0, ag.tensor([1, 1]), s),
    "index_copy_": lambda x, s: x.index_copy_(0, ag.tensor([1]), s[:1]),
    "index_fill_": lambda x, s: x.index_fill_(1, ag.tensor([1]), s[0, 0]),
    "index_put_": lambda x, s: x.index_put_((ag.tensor([0]), ag.tensor([1])), s[0, 0], accumulate=True),
    "masked_fill_": lambda x, s: x.masked_fill_(s > 0, 2.0),
    "masked_scatter_": lambda x, s: x.masked_scatter_(s > 0, s),
    "put_": lambda x, s: x.put_(ag.tensor([0, 5]), s[0, :2]),
    "fill_diagonal_": lambda x, s: x.fill_diagonal_(s[0, 0]),
    "copy_": lambda x, s: x.copy_(s[:, :1]),
    "zero_": lambda x, s: x[:1].zero_(),
    "fill_": lambda x, s: x[:1].fill_(s[0, 0]),
    "cumprod_": lambda x, s: x.cumprod_(1),
    "tril_": lambda x, s: x.tril_(),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_forms_are_recorded(name):
    """The values and both orders of derivative of the change in place, by central differences of its own values."""

    def f(x, s):
        y = x * x
        part = IN_PLACE[name](y, s)
        assert np.shares_memory(part.array, y.array)
        return y * y

    x, s = (ag.tensor(values(2, 3, seed=k), requires_grad=True) for k in (1, 2))
    assert ag.gradcheck(f, (x, s))
    assert ag.gradgradcheck(f, (x, s))


def test_an_in_place_form_through_a_view_changes_the_base():
    base = ag.zeros(2, 3, requires_grad=True) * 1
    src = ag.tensor([1.0, 2.0], requires_grad=True)
    base[1].index_add_(0, index=ag.tensor([0, 2]), source=src)
    assert base.tolist() == [[0, 0, 0], [1, 0, 2]]
    assert ag.grad((base * base).sum(), src)[0].tolist() == [2, 4]


def test_fill_diagonal_of_tall_and_deep():
    assert ag.zeros(5, 2).fill_diagonal_(1, wrap=True).tolist() == [[1, 0], [0, 1], [0, 0], [1, 0], [0, 1]]
    assert ag.zeros(2, 2, 2).fill_diagonal_(1).nonzero().tolist() == [[0, 0, 0], [1, 1, 1]]


X = ag.rand(2, 3)
I = ag.tensor([[0, 5, 1]])  # noqa: E741
OK = ag.tensor([[0, 1, 2]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: x[2], IndexError, r"index 2 is out of bounds .* size 2 \(the tensor has shape \(2, 3\)\)"),
        (lambda x: x[0, 0, 0], IndexError, "too many indices"),
        (lambda x: x[1.5], IndexError, "cannot index with float 1.5"),
        (lambda x: x[ag.tensor([True])], IndexError, "boolean index did not match"),
        (lambda x: x[I], IndexError, "index 5 is out of bounds"),
        (lambda x: x.__setitem__(0, ag.ones(2)), ValueError, r"shape \(2,\) does not broadcast .* shape \(3,\)"),
        (lambda x: x.__setitem__(7, 0), IndexError, "index assignment: index 7 is out of bounds"),
        (
            lambda x: x.gather(1, I),
            IndexError,
            r"gather: index 5 at position \(0, 1\) is out of range for dim 1 of size 3",
        ),
        (lambda x: x.gather(1, -OK), IndexError, r"gather: index -1 at position \(0, 1\)"),
        (
            lambda x: x.gather(1, ag.tensor([0])),
            ValueError,
            r"an index of shape \(1,\) does not fit input of shape \(2, 3\)",
        ),
        (lambda x: x.gather(1, OK.float()), TypeError, "gather: the index must hold integers, got float32"),
        (lambda x: x.gather(2, OK), IndexError, "gather: dim 2 is out of range"),
        (lambda x: x.take_along_dim(ag.tensor([0]), 1), ValueError, "indices have 1 dimensions, input has 2"),
        (lambda x: x.take_along_dim(ag.zeros(4, 1).long(), 1), ValueError, "do not broadcast beside dim 1"),
        (lambda x: x.scatter_(1, I, 1.0), IndexError, r"scatter: index 5 at position \(0, 1\)"),
        (lambda x: x.scatter_(1, OK), TypeError, "scatter: needs either src .* or value"),
        (lambda x: x.scatter_(1, OK, x, reduce="max"), ValueError, 'reduce must be "add" or "multiply", got \'max\''),
        (lambda x: x.scatter_(1, OK, x.double()), TypeError, "scatter: src is float64 and input float32"),
        (lambda x: x.scatter_add_(1, OK, x[:, :2]), ValueError, r"does not fit src of shape \(2, 2\)"),
        (lambda x: x.scatter_add_(1, I, x), IndexError, r"scatter_add: index 5 at position \(0, 1\)"),
        (lambda x: x.scatter_reduce_(1, OK, x, "max"), ValueError, "scatter_reduce: reduce must be .* got 'max'"),
        (lambda x: x.index_select(1, OK), ValueError, r"index_select: the index must be a vector, got shape \(1, 3\)"),
        (
            lambda x: x.index_select(0, I[0]),
            IndexError,
            r"index_select: index 5 at position \(1,\) is out of range for dim 0",
        ),
        (
            lambda x: x.index_add_(0, ag.tensor([0]), x),
            ValueError,
            r"1 slices of input \(shape \(2, 3\)\) along dim 0 have \(1, 3\)",
        ),
        (lambda x: x.index_add_(0, ag.tensor([0, 9]), x), IndexError, r"index_add: index 9 at position \(1,\)"),
        (lambda x: x.index_copy_(0, ag.tensor([0, -1]), x), IndexError, r"index_copy: index -1 at position \(1,\)"),
        (
            lambda x: x.index_copy_(0, ag.tensor([0, 1]), x.long()),
            TypeError,
            "index_copy: source is int64 and input float32",
        ),
        (lambda x: x.index_fill_(0, ag.tensor([-3]), 0), IndexError, r"index_fill: index -3 .* from -2 to 1"),
        (
            lambda x: x.index_fill_(0, ag.tensor([0]), x),
            ValueError,
            "index_fill: value must be a number or a 0-d tensor",
        ),
        (lambda x: x.index_reduce_(0, ag.tensor([0]), x[:1], "sum"), ValueError, "index_reduce: reduce must be"),
        (lambda x: x.index_put_((ag.tensor([4]),), x[0]), IndexError, "index_put: index 4 is out of bounds"),
        (lambda x: x.index_put_((ag.tensor([1]),), x[0, :2]), ValueError, r"values of shape \(2,\) do not broadcast"),
        (
            lambda x: x.index_put_(ag.tensor([1]), x[0]),
            TypeError,
            "indices must be a tuple of index tensors, got Tensor",
        ),
        (
            lambda x: x.index_put_((ag.tensor([1]),), x[0].long()),
            TypeError,
            "index_put: values are int64 and input float32",
        ),
        (lambda x: x.masked_fill_(x, 0), TypeError, "masked_fill: the mask must be boolean, got float32"),
        (
            lambda x: x.masked_fill_(ag.ones(4) > 0, 0),
            ValueError,
            r"a mask of shape \(4,\) does not broadcast with input",
        ),
        (lambda x: x.masked_fill_(x > 0, "a"), TypeError, "value must be a number or a 0-d tensor, got str"),
        (lambda x: x.masked_scatter_(x > -1, x[0]), ValueError, "mask is true 6 times, but source has only 3 elements"),
        (lambda x: x.masked_scatter_(x > -1, x.long()), TypeError, "masked_scatter: source is int64 and input float32"),
        (lambda x: x.take(ag.tensor([6])), IndexError, r"take: index 6 at position \(0,\) .* from -6 to 5"),
        (lambda x: x.put_(ag.tensor([0, 1]), x), ValueError, "put: 2 indices but 6 values"),
        (lambda x: x.put_(ag.tensor([7]), x[0, :1]), IndexError, r"put: index 7 at position \(0,\)"),
        (lambda x: x[0].fill_diagonal_(1), ValueError, r"fill_diagonal_: needs a matrix, .* got shape \(3,\)"),
        (
            lambda x: ag.ones(2, 2).requires_grad_().scatter_add_(0, OK[:, :2], x[:, :2]),
            RuntimeError,
            "scatter_add_: a leaf",
        ),
        (lambda x: x[:1].expand(2, 3).masked_fill_(x > 0, 1), RuntimeError, "share one place in memory"),
    ],
)
def test_errors_come_before_anything_is_changed(call, error, message):
    x = X.clone()
    with pytest.raises(error, match=message):
        call(x)
    np.testing.assert_array_equal(x.numpy(), X.numpy())


# ------------------------------------------------------------------------------------------------------ random indices


def random_index(draw, shape):
    """An index of an array of `shape`: integers, slices, None, an ellipsis of any width, index arrays, masks."""
    parts, d, ellipsis = [], 0, False
    while d < len(shape):
        kind = draw.choice(["slice", "int", "array", "array", "mask", "none", "ellipsis", "flag"])
        n = shape[d]
        if kind == "ellipsis" and not ellipsis:
            ellipsis = True
            parts.append(Ellipsis)
            d += int(draw.integers(0, len(shape) - d + 1))
        elif kind == "none":
            parts.append(None)
        elif kind == "flag":
            parts.append(np.array(draw.random() < 0.8))
        elif kind == "mask":
            wide = int(draw.integers(1, min(2, len(shape) - d) + 1))
            parts.append(draw.random(shape[d : d + wide]) < 0.6)
            d += wide
        elif kind == "slice":
            start, stop = [(None, None), (0, 1), (1, None), (None, -1)][draw.integers(4)]
            parts.append(slice(start, stop, [None, 2][draw.integers(2)]))
            d += 1
        elif kind == "int":
            parts.append(int(draw.integers(-n, n)))
            d += 1
        elif kind == "array":
            parts.append(draw.integers(-n, n, [(1,), (2,), (2, 1), (1, 2), (2, 2)][draw.integers(5)]))
            d += 1
    return tuple(parts)


def positions(shape, index):
    """What the index selects, by PyTorch's rule: numbers of elements, in two steps of NumPy's without an ellipsis."""
    masks = [p for p in index if isinstance(p, np.ndarray) and p.dtype.kind == "b"]
    none = [p for p in index if p is None or p is Ellipsis]
    taken = len(index) - len(none) - len(masks) + sum(m.ndim for m in masks)
    full = []
    for p in index:
        full += [slice(None)] * (len(shape) - taken) if p is Ellipsis else [p]
    view, rest = [], []
    for p in full:
        array = isinstance(p, np.ndarray)
        view += [slice(None)] * (p.ndim if p.dtype == bool else 1) if array else [p]
        rest += [p] if array else [] if isinstance(p, int) else [slice(None)]
    return np.arange(int(np.prod(shape))).reshape(shape)[tuple(view)][tuple(rest)]


def test_thousands_of_random_indices_read_write_and_differentiate_as_pytorchs_rule_says():
    draw = np.random.default_rng(0)
    valid = 0
    for _ in range(6000):
        shape = tuple(draw.integers(1, 4, draw.integers(1, 5)).tolist())
        index = random_index(draw, shape)
        tensors = tuple(ag.tensor(p) if isinstance(p, np.ndarray) else p for p in index)
        values = draw.standard_normal(shape)
        x = ag.tensor(values, requires_grad=True)
        try:
            where = positions(shape, index)
        except IndexError:
            with pytest.raises(IndexError):
                x[tensors]
            continue
        valid += 1
        out = x[tensors]
        np.testing.assert_array_equal(out.detach().numpy(), values.reshape(-1)[where], err_msg=str((shape, index)))
        v = draw.standard_normal(where.shape)
        (g,) = ag.grad((out * ag.tensor(v)).sum(), x)
        expected = np.zeros(values.size)
        np.add.at(expected, where, v)
        np.testing.assert_allclose(g.numpy().reshape(-1), expected, err_msg=str((shape, index)))
        y = ag.tensor(values)
        y[tensors] = ag.tensor(v)
        expected = values.reshape(-1).copy()
        expected[where] = v  # of several for one element, the last
        np.testing.assert_array_equal(y.numpy().reshape(-1), expected, err_msg=str((shape, index)))
    assert valid > 3000


def test_an_ellipsis_of_no_width_does_not_separate_index_arrays():
    x = ag.arange(9).reshape(1, 3, 3)
    i, j = ag.tensor([0, 1]), ag.tensor([[0], [1]])
    assert x[:, i, ..., j].shape == (1, 2, 2)
    assert x[:, i, ..., j].tolist() == x[:, i, j].tolist() == [[[0, 3], [1, 4]]]
    assert x[..., 0, i, j].shape == (2, 2) and x[:, i, None, j].shape == (2, 2, 1, 1)
    assert ag.ones(1, 3, 4, 3)[:, i, ..., j].shape == (2, 2, 1, 4)
    y = ag.zeros(1, 3, 3)
    y[:, i, ..., j] = ag.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    assert y[0, :2, :2].tolist() == [[1, 3], [2, 4]]
    batch = ag.func.vmap(lambda r: r[:, i, ..., j])(ag.stack([x, x + 9]))
    assert batch.shape == (2, 1, 2, 2) and batch[1].tolist() == (x + 9)[:, i, j].tolist()
    per_example = ag.func.vmap(lambda r, k: r[:, k, ..., j])(ag.stack([x, x + 9]), ag.stack([i, i]))
    assert per_example.tolist() == batch.tolist()


def test_pytorchs_names():
    x, index, mask = ag.arange(4.0).reshape(2, 2), ag.tensor([[0], [1]]), ag.tensor([[True, False], [False, True]])
    assert ag.gather(input=x, dim=1, index=index).tolist() == [[0], [3]]
    assert ag.take_along_dim(input=x, indices=index, dim=1).tolist() == [[0], [3]]
    for f in (ag.scatter, ag.scatter_add):
        assert f(input=x, dim=1, index=index, src=ag.zeros(2, 1)).shape == (2, 2)
    vector, rows = ag.tensor([1]), ag.ones(1, 2)
    assert ag.index_select(input=x, dim=0, index=vector).tolist() == [[2, 3]]
    for f in (ag.index_add, ag.index_copy):
        assert f(input=x, dim=0, index=vector, source=rows)[0].tolist() == [0, 1]
    assert ag.index_fill(input=x, dim=0, index=vector, value=5).tolist() == [[0, 1], [5, 5]]
    assert ag.index_put(input=x, indices=(vector,), values=ag.ones(2), accumulate=True).tolist() == [[0, 1], [3, 4]]
    assert ag.take(input=x, index=vector).tolist() == [1]
    assert ag.put(input=x, index=vector, source=ag.zeros(1)).tolist() == [[0, 0], [2, 3]]
    assert ag.masked_fill(input=x, mask=mask, value=9).tolist() == [[9, 1], [2, 9]]
    assert ag.masked_select(input=x, mask=mask).tolist() == [0, 3]
    assert ag.masked_scatter(input=x, mask=mask, source=ag.ones(2)).tolist() == [[1, 1], [2, 1]]
    assert ag.nonzero(input=mask).tolist() == ag.argwhere(input=mask).tolist() == [[0, 0], [1, 1]]


def test_a_list_is_refused_by_name():
    for f in (ag.index_add, ag.index_copy, lambda *a: ag.index_reduce(*a, "amax")):
        with pytest.raises(TypeError, match=r"index_\w+: needs tensors, arrays or numbers, got list"):
            f([1.0], 0, ag.tensor([0]), ag.ones(1))
    assert [v.tolist() for v in ag.nonzero(2.0, as_tuple=True)] == [[0]]
