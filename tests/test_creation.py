"""Factories: PyTorch's arguments, dtypes, and errors instead of wrong numbers."""

import numpy as np
import pytest

import autograd_core as ag


@pytest.mark.parametrize("make", [ag.zeros, ag.ones, ag.empty, ag.rand, ag.randn])
def test_sizes_one_by_one_as_a_sequence_and_by_keyword(make):
    assert make(2, 3).shape == make((2, 3)).shape == make([2, 3]).shape == make(size=(2, 3)).shape == (2, 3)
    assert make(size=2).shape == (2,)
    assert make().shape == ()
    assert make(2, requires_grad=True, device="cpu", dtype=ag.float64).requires_grad


def test_arange_by_keywords():
    np.testing.assert_array_equal(ag.arange(end=3), [0, 1, 2])
    np.testing.assert_array_equal(ag.arange(start=1, end=3), [1, 2])
    np.testing.assert_array_equal(ag.arange(end=1, step=0.5), [0, 0.5])
    np.testing.assert_array_equal(ag.arange(ag.tensor(3), step=ag.tensor(2)), [0, 2])


def test_triangles():
    x = np.arange(12).reshape(3, 4)
    for offset in (-1, 0, 2):
        np.testing.assert_array_equal(x[tuple(ag.tril_indices(3, 4, offset).numpy())], x[np.tril_indices(3, offset, 4)])
        np.testing.assert_array_equal(x[tuple(ag.triu_indices(3, 4, offset).numpy())], x[np.triu_indices(3, offset, 4)])
    assert ag.tril_indices(2, 2, dtype=ag.int32, device="cpu").dtype == np.int32


def test_from_dlpack_shares_memory_or_copies():
    array = np.zeros(2)
    shared, copied = ag.from_dlpack(array, copy=False), ag.from_dlpack(array, copy=True, device="cpu")
    array[0] = 1
    assert shared.tolist() == [1, 0]
    assert copied.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: ag.arange(), TypeError, "arange: needs a number, where the range ends"),
        (lambda: ag.arange("3"), TypeError, "arange: the ends must be numbers or 0-d tensors, got str"),
        (
            lambda: ag.arange(ag.ones(2)),
            ValueError,
            r"arange: the ends must be numbers or 0-d tensors, got shape \(2,\)",
        ),
        (lambda: ag.linspace("0", 1, 3), TypeError, "linspace: the ends must be numbers or 0-d tensors, got str"),
        (lambda: ag.linspace([0], 1, 3), TypeError, "linspace: the ends must be numbers or 0-d tensors, got list"),
        (lambda: ag.linspace(0, 1, 2.5), TypeError, "linspace: steps must be an integer, got float 2.5"),
        (lambda: ag.eye(-1), ValueError, r"eye: sizes must not be negative, got \(-1, -1\)"),
        (lambda: ag.eye(1.5), TypeError, "eye: sizes must be integers"),
        (lambda: ag.tril_indices(-1, 2), ValueError, "tril_indices: sizes must not be negative"),
        (lambda: ag.triu_indices(2, 2, dtype=ag.float32), TypeError, "triu_indices: indices are integers, not float32"),
        (lambda: ag.tril_indices(300, 1, dtype=ag.uint8), OverflowError, "tril_indices: 256 does not fit into uint8"),
        (lambda: ag.tril_indices(2, 2, device="cuda"), TypeError, "there are no devices"),
        (lambda: ag.full_like(ag.ones(2), "a"), TypeError, "a tensor holds numbers or booleans, not <U1"),
        (
            lambda: ag.full_like(ag.ones(2), [1, 2]),
            ValueError,
            "full_like: fill_value must be a number or a 0-d tensor",
        ),
        (lambda: ag.full((2,), [1, 2]), ValueError, "full: fill_value must be a number or a 0-d tensor"),
        (lambda: ag.zeros_like(3.0), TypeError, "zeros_like: needs a tensor or an array, got float 3.0"),
        (lambda: ag.from_dlpack([1]), TypeError, "from_dlpack: needs an array that has a method __dlpack__, got list"),
        (lambda: ag.from_dlpack(np.ones(2), device="cuda"), TypeError, "from_dlpack: there are no devices"),
        (lambda: ag.result_type(), ValueError, "result_type: needs at least one operand"),
        (lambda: ag.result_type(ag.ones(2), "a"), TypeError, "result_type: needs tensors, arrays or numbers, got str"),
        (lambda: ag.zeros(2, size=3), TypeError, r"zeros: got sizes \(2,\) and size=3; give one of them"),
    ],
)
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act()


def test_no_grad_and_enable_grad_document_themselves():
    """`help` shows what they do; another file once overwrote it."""
    assert "orig_func" in ag.no_grad.__doc__
    assert ag.no_grad.__name__ == "no_grad"
    assert ag.enable_grad.__name__ == "enable_grad"
