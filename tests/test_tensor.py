"""The tensor itself: making one, asking it, getting values out, and what it refuses."""

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import Tensor


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        ([1.0, 2.0], np.float32),
        (1.5, np.float32),
        ([1, 2], np.int64),
        (True, np.bool_),
        ([[True], [False]], np.bool_),
        ([1, 2.5], np.float32),
        ([], np.float32),
        (np.zeros(2), np.float64),
        (np.zeros(2, np.int32), np.int32),
        ([np.float64(1.0)], np.float64),
        (np.zeros(2, ">f4"), np.float32),
        ([1 + 2j], np.complex64),
    ],
)
def test_dtypes_of_data(data, dtype):
    t = ag.tensor(data)
    assert t.dtype == dtype
    assert t.dtype.isnative


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "bool"])
def test_equal_dtypes_are_one_object(dtype):
    """The hot path compares dtypes by identity; NumPy has other objects for the same dtype too."""
    one = np.dtype(dtype)
    other = np.dtype(dtype).newbyteorder("=")
    for t in (ag.tensor([1, 0], dtype=other), ag.from_numpy(np.zeros(2, other)), ag.tensor(np.zeros(2, other))):
        assert t.dtype is one
    a = np.zeros(2, other)
    ag.from_numpy(a)[0] = 1
    assert a[0] == 1


def test_default_dtype():
    ag.set_default_dtype(ag.float64)
    try:
        assert ag.tensor([1.0]).dtype == np.float64
        assert ag.zeros(2).dtype == np.float64
        assert (ag.tensor([1, 2]) / 2).dtype == np.float64
    finally:
        ag.set_default_dtype(ag.float32)
    with pytest.raises(TypeError, match="only floating dtypes, not int64"):
        ag.set_default_dtype(np.int64)


def test_tensor_copies_and_from_numpy_shares():
    a = np.zeros(3)
    t, s = ag.tensor(a), ag.from_numpy(a)
    a[0] = 1
    assert t[0] == 0
    assert s[0] == 1
    s[1] = 5
    assert a[1] == 5
    assert ag.as_tensor(s) is s


def test_nested_tensors_become_one():
    t = ag.tensor([ag.tensor([1.0, 2.0]), [3.0, 4.0]])
    assert t.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ("abc", TypeError, "holds numbers or booleans"),
        (None, TypeError, "holds numbers or booleans"),
        ([[1, 2], [3]], ValueError, "needs rows of one shape, got"),
        (object(), TypeError, "holds numbers or booleans"),
    ],
)
def test_what_is_not_data(data, error, message):
    with pytest.raises(error, match=message):
        ag.tensor(data)


def test_only_floats_require_gradients():
    with pytest.raises(
        RuntimeError, match=r"only floating tensors can require a gradient, and this one is int64.*float"
    ):
        ag.tensor([1, 2], requires_grad=True)
    with pytest.raises(RuntimeError, match="this one is bool"):
        ag.tensor([True]).requires_grad_()


def test_requires_grad_belongs_to_leaves():
    x = ag.ones(3, requires_grad=True)
    y = x * 2
    assert x.is_leaf
    assert not y.is_leaf
    assert x.grad_fn is None
    assert y.grad_fn.name == "mul"
    with pytest.raises(RuntimeError, match="computed by 'mul'.*detach"):
        y.requires_grad = False
    x.requires_grad_(False)
    assert not x.requires_grad
    assert y.requires_grad


def test_grad_is_checked():
    x = ag.ones(3, requires_grad=True)
    x.grad = ag.ones(3)
    for wrong in (ag.ones(2), ag.ones(3, dtype=ag.float64)):
        with pytest.raises(RuntimeError, match=r"assigned to a tensor of shape \(3,\)"):
            x.grad = wrong
    with pytest.raises(TypeError, match="must be a Tensor or None, not int"):
        x.grad = 3
    with pytest.raises(RuntimeError, match="its own grad"):
        x.grad = x
    x.grad = None


@pytest.mark.parametrize(
    ("t", "text"),
    [
        (lambda: ag.tensor([1.0, 2.5]), "tensor([1. , 2.5])"),
        (lambda: ag.tensor(3), "tensor(3)"),
        (lambda: ag.ones(2, requires_grad=True), "tensor([1., 1.], requires_grad=True)"),
        (lambda: ag.ones(2, requires_grad=True) * 2, "tensor([2., 2.], grad_fn=<mul>)"),
        (lambda: ag.zeros(2, dtype=ag.float64), "tensor([0., 0.], dtype=float64)"),
        (lambda: ag.zeros(0), "tensor([])"),
        (lambda: ag.zeros(2, 0), "tensor([], size=(2, 0))"),
        (lambda: ag.tensor([True]), "tensor([ True])"),
    ],
)
def test_repr(t, text):
    assert repr(t()) == text


def test_python_protocols():
    t = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert len(t) == 2
    assert [row.tolist() for row in t] == [[1, 2], [3, 4]]
    assert 3.0 in t
    assert 7.0 not in t
    assert float(t[0, 1]) == 2.0
    assert int(t[1, 1]) == 4
    assert bool(ag.tensor([0.0])) is False
    assert f"{t[0, 1]:.3f}" == "2.000"
    assert [10, 20, 30][ag.tensor(1)] == 20
    assert t.T.tolist() == [[1, 3], [2, 4]]
    assert t.size() == (2, 2)
    assert t.size(-1) == 2
    assert t.numel() == 4
    assert t.dim() == 2
    assert t.stride() == (2, 1)


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: bool(ag.ones(2)), RuntimeError, r"the truth of a tensor of shape \(2,\) is ambiguous"),
        (lambda: ag.ones(2).item(), RuntimeError, r"needs a tensor of one element, got shape \(2,\)"),
        (lambda: float(ag.ones(2)), ValueError, r"only a tensor of one element is a number, got shape \(2,\)"),
        (lambda: int(ag.ones(0)), ValueError, r"only a tensor of one element is a number, got shape \(0,\)"),
        (lambda: complex(ag.ones(2, 1)), ValueError, r"got shape \(2, 1\); use tolist\(\) or numpy\(\)"),
        (lambda: len(ag.tensor(1.0)), TypeError, "0-d"),
        (lambda: iter(ag.tensor(1.0)), TypeError, "0-d tensor cannot be iterated"),
        (lambda: [1][ag.tensor(0.5)], TypeError, "only an integer tensor of one element is an index, not float32"),
        (lambda: ag.ones(2) + [1, 2], TypeError, "unsupported operand"),
        (lambda: ag.add(ag.ones(2), "a"), TypeError, "add: needs tensors, arrays or numbers, got str"),
        (lambda: ag.ones(2) + ag.ones(3), ValueError, r"add: shapes \(2,\) and \(3,\) do not broadcast"),
        (lambda: np.ones(2) + ag.ones(3), ValueError, r"do not broadcast"),
        (lambda: ag.tensor([1, 2]).mean(), TypeError, "mean: needs a floating tensor, got int64"),
        (lambda: ag.tensor([1, 2]) ** -1, ValueError, "no negative integer power"),
        (lambda: ag.zeros(-1), ValueError, r"sizes must not be negative, got \(-1,\)"),
        (lambda: ag.arange(0, 5, -1), ValueError, "step -1 does not lead from 0 to 5"),
        (lambda: ag.from_numpy([1]), TypeError, "from_numpy: needs a NumPy array, got list"),
        (lambda: ag.randint(5, 2, (3,)), ValueError, "high must be greater than low, got low=5, high=2"),
        (lambda: ag.ones(2, 3).sum(2), IndexError, "sum: dim 2 is out of range for 2 dimensions; give one from -2 to 1"),
        (lambda: ag.ones(2, 3).sum((0, -2)), ValueError, r"sum: dim \(0, -2\) names a dimension twice"),
        (lambda: ag.ones(2, 3).sum(dim=0, axis=1), TypeError, "both dim=0 and axis=1"),
        (lambda: ag.ones(2, 3).reshape(4), ValueError, r"shape \(2, 3\) has 6 elements and cannot become \(4,\)"),
        (lambda: ag.ones(2, 3).reshape(-1, -1), ValueError, "at most one of them -1"),
        (lambda: ag.ones(2, 3).permute(0, 0), ValueError, "names a dimension twice"),
        (lambda: ag.ones(2, 3).permute(0), ValueError, "must name each of the 2 dimensions"),
        (lambda: ag.ones(2, 3) @ ag.ones(2, 3), ValueError, r"shapes \(2, 3\) and \(2, 3\) do not fit; the last size of"),
        (lambda: ag.ones(2, 3) @ ag.tensor(1.0), ValueError, "at least one dimension"),
        (lambda: ag.linear(ag.ones(2, 3), ag.ones(5, 4)), ValueError, r"x has shape \(2, 3\), but weight of shape \(5, 4\)"),
        (lambda: ag.linear(ag.ones(2, 4), ag.ones(5, 4), ag.ones(4)), ValueError, r"bias has shape \(4,\), expected \(5,\)"),
        (lambda: ag.linear(ag.ones(2, 4), ag.ones(5, 4).double()), TypeError, "x is float32, weight float64"),
        (lambda: ag.cat([]), ValueError, "needs at least one tensor"),
        (lambda: ag.cat([ag.ones(2, 3), ag.ones(3, 2)]), ValueError, r"tensor 1 has shape \(3, 2\), tensor 0 \(2, 3\)"),
        (lambda: ag.stack([ag.ones(2), ag.ones(3)]), ValueError, r"stack: tensor 1 has shape \(3,\), tensor 0 \(2,\)"),
        (lambda: ag.ones(5).split([2, 2]), ValueError, r"sections \[2, 2\] must add up to the size 5"),
        (lambda: ag.ones(3)[5], IndexError, r"out of bounds.*the tensor has shape \(3,\)"),
        (lambda: ag.ones(3)[0.5], IndexError, "cannot index with float 0.5"),
        (lambda: ag.ones(3)[ag.ones(2)], IndexError, "must hold integers or booleans, got float32"),
        (lambda: ag.ones(2, 3).expand(3, 3), ValueError, "does not broadcast"),
        (lambda: ag.zeros(0).amax(), ValueError, "no largest or smallest of nothing"),
        (lambda: ag.zeros(0).argmax(), ValueError, "no largest or smallest of nothing"),
        (lambda: ag.where(ag.ones(2), 1.0, 2.0), TypeError, "the condition must be boolean, got float32"),
        (lambda: ag.ones(2, 3).t().view(6), RuntimeError, "use reshape"),
    ],
)  # fmt: skip
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_numpy_shares_memory_and_protects_what_has_a_history():
    x = ag.ones(3)
    x.numpy()[0] = 5
    assert x[0] == 5
    w = ag.ones(3, requires_grad=True)
    a = w.numpy()
    assert np.shares_memory(a, w.array)
    with pytest.raises(ValueError, match="read-only"):
        a[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        (w * 2).numpy()[0] = 1
    with ag.no_grad():
        assert np.shares_memory(np.asarray(w), w.array)
        assert np.asarray(w, np.float64).dtype == np.float64
        assert not np.shares_memory(np.array(w), w.array)


def test_copies():
    x = ag.ones(3, requires_grad=True)
    x.grad = ag.zeros(3)
    for made in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert made.requires_grad
        assert made.tolist() == [1, 1, 1]
        assert made.grad.tolist() == [0, 0, 0]
        assert not np.shares_memory(made.array, x.array)
        (made * 2).sum().backward()
        assert made.grad.tolist() == [2, 2, 2]
        assert x.grad.tolist() == [0, 0, 0]
    with pytest.raises(RuntimeError, match=r"computed by 'mul' cannot be pickled or deep-copied.*detach"):
        copy.deepcopy(x * 2)
    with pytest.raises(RuntimeError, match="computed by 'mul'"):
        pickle.dumps(x * 2)


@pytest.mark.parametrize(
    ("expression", "dtype"),
    [
        (lambda: ag.ones(2) * 2, np.float32),
        (lambda: ag.ones(2) * 2.5, np.float32),
        (lambda: ag.ones(2) * np.float64(2.5), np.float32),
        (lambda: np.float64(2.5) * ag.ones(2), np.float32),
        (lambda: ag.ones(2) * np.sqrt(2), np.float32),
        (lambda: ag.tensor([1, 2]) * 2.5, np.float32),
        (lambda: ag.tensor([1, 2]) * 2, np.int64),
        (lambda: ag.tensor([1, 2]) / 2, np.float32),
        (lambda: ag.tensor([True]) * 2, np.int64),
        (lambda: ag.tensor([True]) + True, np.bool_),
        (lambda: ag.tensor([1, 2]) + ag.ones(2), np.float32),
        (lambda: ag.ones(2) + ag.ones(2).double(), np.float64),
        (lambda: ag.ones(2) + ag.tensor(1.0, dtype=ag.float64), np.float32),
        (lambda: ag.tensor([1, 2]) + ag.tensor(1.0, dtype=ag.float64), np.float64),
        (lambda: ag.tensor([1, 2], dtype=ag.int32) + ag.tensor([1, 2]), np.int64),
        (lambda: ag.ones(2) + np.ones(2), np.float64),
        (lambda: ag.tensor([1, 2]).exp(), np.float32),
        (lambda: ag.tensor([1, 2], dtype=ag.int32).sum(), np.int64),
        (lambda: ag.tensor([True, True]).sum(), np.int64),
        (lambda: 2 ** ag.tensor([1.0]), np.float32),
        (lambda: ag.tensor([1, 2]) ** 2, np.int64),
        (lambda: ag.tensor([1, 2]) ** 2.0, np.float32),
    ],
)  # fmt: skip
def test_dtypes_of_results(expression, dtype):
    assert expression().dtype == dtype


def test_mixed_dtypes_give_each_operand_a_gradient_of_its_own():
    x = ag.ones(3, requires_grad=True)
    y = ag.ones(3, dtype=ag.float64, requires_grad=True)
    z = x * y
    assert z.dtype == np.float64
    z.sum().backward()
    assert x.grad.dtype == np.float32
    assert y.grad.dtype == np.float64


def test_same_seed_same_numbers():
    ag.manual_seed(3)
    a = ag.randn(4), ag.rand(2), ag.randperm(5), ag.randint(0, 9, (3,))
    ag.manual_seed(3)
    b = ag.randn(4), ag.rand(2), ag.randperm(5), ag.randint(0, 9, (3,))
    for x, y in zip(a, b, strict=True):
        assert x.tolist() == y.tolist()
    g = ag.Generator(3)
    assert ag.randn(4, generator=g).tolist() == a[0].tolist()
    before = ag.get_rng_state()
    with ag.fork_rng():
        ag.randn(100)
    assert ag.get_rng_state() == before


def test_arrays_in_arrays_out():
    a = np.linspace(0.1, 1, 5)
    out = ag.exp(a)
    assert type(out) is np.ndarray
    np.testing.assert_array_equal(out, np.exp(a))
    assert isinstance(ag.add(a, ag.ones(5)), Tensor)
