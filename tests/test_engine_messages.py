"""Beginners' mistakes that reach the engine: each message says what to do."""

import copy
import math
import pickle
import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn


def x():
    return ag.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)


def largest():
    return ag.max(x(), dim=1)


def lstm():
    return nn.LSTM(2, 3)(x())


UNPACK = r"got a tuple of 2, such as a recurrent layer returns; unpack it first, as in output, _ = lstm\(x\)"
VALUES = r"max gives \(values, indices\), not one tensor; take the part that is meant, as in result\.values"
LEFT = r"math\.sin, float\(x\), .* leave the graph: use ag\.sin or np\.sin"

ERRORS = [
    (lambda: ag.Tensor(3), TypeError, r"Tensor\(3\): .* ag\.zeros\(3\) .* and of this number ag\.tensor\(3\)$"),
    (
        lambda: ag.Tensor(2, 3),
        TypeError,
        r"Tensor\(2, 3\): .* ag\.zeros\(2, 3\) or ag\.empty\(2, 3\).*ag\.tensor\(\[2, 3\]\)",
    ),
    (lambda: ag.Tensor(2, 3, 4), TypeError, r"Tensor\(2, 3, 4\): takes values"),
    (
        lambda: ag.Tensor(2.0, 1.0),
        TypeError,
        r"Tensor\(2\.0, 1\.0\): .* and of these values ag\.tensor\(\[2\.0, 1\.0\]\)",
    ),
    (lambda: ag.func.grad(math.sin)(2.0), ValueError, rf"grad: .* got float 0\.9.*; {LEFT}"),
    (lambda: ag.func.grad(lambda x: float(x.sum()))(x()), ValueError, LEFT),
    (lambda: ag.func.grad(lambda x: x.detach().numpy().sum())(x()), ValueError, rf"got float32; {LEFT}"),
    (lambda: ag.func.grad(lambda x: None)(x()), ValueError, r"got NoneType; return one tensor; .* has_aux=True"),
    (lambda: ag.func.grad(lambda x: x)(x()), ValueError, r"got shape \(2, 2\); sum it, or use jacrev or vjp"),
    (lambda: ag.func.jacrev(math.sin)(2.0), TypeError, rf"jacrev: the function must return tensors.*{LEFT}"),
    (lambda: ag.func.jvp(math.sin, (2.0,), (1.0,)), TypeError, rf"jvp: .*{LEFT}"),
    (lambda: ag.exp(lstm()), TypeError, f"exp: needs tensors, arrays or numbers, {UNPACK}"),
    (lambda: nn.Linear(3, 2)(lstm()), TypeError, f"linear: .*{UNPACK}"),
    (lambda: nn.Sequential(nn.LSTM(2, 3), nn.Linear(3, 1))(x()), TypeError, UNPACK),
    (lambda: x() + lstm(), TypeError, f"add: .*{UNPACK}"),
    (lambda: x() @ lstm(), TypeError, f"matmul: .*{UNPACK}"),
    (lambda: lstm() + x(), TypeError, f"add: .*{UNPACK}"),
    (lambda: ag.exp([x(), x()]), TypeError, r"exp: .* a list of 2 with tensors in it; join them with ag\.stack\(…\)"),
    (lambda: ag.exp([1, 2]), TypeError, r"exp: .* got list; make it a tensor with ag\.tensor\(…\)"),
    (
        lambda: ag.exp(largest()),
        TypeError,
        r"exp: .* got max\(values, indices\); take one of them, as in result\.values",
    ),
    (
        lambda: largest().sum(),
        AttributeError,
        r"no attribute 'sum'; it is \(values, indices\), take result\.values\.sum",
    ),
    (lambda: largest().summe(), AttributeError, r"no attribute 'summe'$"),
    (lambda: ag.aminmax(x()) - 1, TypeError, r"aminmax gives \(min, max\), .* as in result\.min"),
    (lambda: ag.cummax(x(), 0) - 1, TypeError, r"cummax gives \(values, indices\)"),
]


@pytest.mark.parametrize(("act", "error", "message"), ERRORS)
def test_messages(act, error, message):
    with pytest.raises(error, match=message):
        act()


@pytest.mark.parametrize(
    "act",
    [
        lambda m: m > 0,
        lambda m: m <= ag.ones(2),
        lambda m: ag.ones(2) > m,
        lambda m: m == 1,
        lambda m: m != np.ones(2),
        lambda m: m * 2,
        lambda m: 2 * m,
        lambda m: m + 1,
        lambda m: x() + m,
        lambda m: m / 2,
        lambda m: m @ x(),
        lambda m: -m,
        lambda m: abs(m),
    ],
)
def test_values_and_indices_are_not_one_tensor(act):
    with pytest.raises(TypeError, match=VALUES):
        act(largest())


def test_values_and_indices_are_still_a_tuple():
    values, indices = m = largest()
    assert m.values is values is m[0] and len(m) == 2 and m == (values, indices) and m != () and m is not None
    assert (m == None) is False  # noqa: E711
    assert (*m, 1) == m + (1,)
    assert copy.copy(m).indices is indices and copy.deepcopy(m.indices).tolist() == [1, 1]


def test_a_tensor_of_a_number_and_of_values():
    assert ag.Tensor(3.0).tolist() == 3 and ag.Tensor([2, 3]).tolist() == [2, 3] and ag.tensor(3).item() == 3
    assert ag.Tensor([1.0], True).requires_grad and ag.Tensor([1.0], requires_grad=True).requires_grad
    assert ag.Tensor(np.int64(3)).item() == 3
    assert pickle.loads(pickle.dumps(ag.Tensor([1.0], True))).requires_grad


# ------------------------------------------------------------------------------------------- the .grad of what is computed


def test_the_second_step_of_w_minus_its_gradient():
    w = ag.ones(2, requires_grad=True)
    (w * w).sum().backward()
    w = w - 0.1 * w.grad
    (w * w).sum().backward()
    with (
        pytest.warns(
            UserWarning, match=r"computed tensor \(shape \(2,\), by 'sub'\) is None.*no_grad.*w -= lr.*retain_grad"
        ),
        pytest.raises(TypeError),
    ):
        w = w - 0.1 * w.grad


def test_once_for_each_place():
    y = x() * 2
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            assert y.grad is None
        assert y.grad is None
    assert len(caught) == 2 and all(w.filename == __file__ for w in caught)


def test_no_warning_where_none_is_due():
    leaf = x()
    y = leaf * 2
    y.retain_grad()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert leaf.grad is None and y.grad is None and y.detach().grad is None and ag.ones(2).grad is None
        with ag.no_grad():
            assert (leaf * 2).grad is None
        y.sum().backward()
        assert y.grad is not None and leaf.grad is not None
        z = leaf * 2
        z.backward(ag.ones(2, 2), inputs=[z])
        assert z.grad is not None
        copy.copy(leaf * 2), ag.draw(leaf * 2)
