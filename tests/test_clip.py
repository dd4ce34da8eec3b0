"""The norm of all gradients and their scaling in one kernel each, and what these leave to NumPy."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.kernels.machine.threads import Threads
from autograd_core.kernels.rows import update


def gradients(*arrays):
    parameters = [ag.zeros(*np.shape(a), dtype=a.dtype, requires_grad=True) for a in arrays]
    for p, a in zip(parameters, arrays):
        p.grad = ag.from_numpy(a)
    return parameters


def draw(*shapes, dtype=np.float32, scale=1.0):
    rng = np.random.default_rng(0)
    return [np.asarray(scale * rng.standard_normal(shape), dtype) for shape in shapes]


SHAPES = (update.RUN,), (3, 5), (), (0, 4), (2 * update.RUN - 7,), (1,), (70, 300), (update.RUN + 1,)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [1, 3])
def test_across_runs_of_elements(monkeypatch, dtype, count):
    monkeypatch.setattr(Threads, "worthwhile", 1.0)
    monkeypatch.setattr(Threads, "count", count)
    arrays = draw(*SHAPES, dtype=dtype)
    before = [a.copy() for a in arrays]
    parameters = gradients(*arrays)
    right = np.sqrt(sum(np.square(a.astype(np.float64)).sum() for a in arrays))
    total = nn.utils.clip_grad_norm_(parameters, 2.0)
    assert total.dtype == dtype
    np.testing.assert_allclose(float(total), right, rtol=1e-6 if dtype == np.float32 else 1e-13)
    factor = dtype(2.0 / (float(total) + 1e-6))
    for p, a in zip(parameters, before):
        np.testing.assert_array_equal(p.grad.array, a * factor)


def test_the_norm_does_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 1.0)
    arrays, norms = draw(*SHAPES), set()
    for count in (1, 2, 4):
        monkeypatch.setattr(Threads, "count", count)
        norms.add(update.square_sum(arrays))
    assert len(norms) == 1


@pytest.mark.parametrize(("dtype", "scale"), [(np.float64, 1e200), (np.float64, 1e-200), (np.float32, 1e30)])
def test_numbers_whose_squares_overflow_or_vanish(dtype, scale):
    a, b = draw((50,), (7, 3), dtype=dtype, scale=scale)
    right = scale * np.linalg.norm(
        np.concatenate([a / dtype(scale), (b / dtype(scale)).reshape(-1)]).astype(np.float64)
    )
    np.testing.assert_allclose(float(nn.utils.get_total_norm([ag.tensor(a), ag.tensor(b)])), right, rtol=1e-6)


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, float("inf")])
def test_what_the_kernel_is_not_compiled_for(norm_type):
    mixed = [np.float32([[3, 4], [0, 12]]).T, np.float64([-5.0, 2.0])]
    half = [np.float16([12000, -16000])]
    complex = [np.complex64([3 + 4j, -12j]), np.complex64([[84]])]
    for arrays in (mixed, half, complex):
        flat = np.concatenate([a.reshape(-1).astype(np.complex128) for a in arrays])
        right = np.linalg.norm(flat, norm_type)
        parameters = gradients(*[a.copy("K") for a in arrays])
        total = nn.utils.clip_grad_norm_(parameters, 1.0, norm_type)
        assert total.dtype == np.abs(np.empty(0, np.result_type(*arrays))).dtype
        np.testing.assert_allclose(float(total), right, rtol=1e-3 if arrays is half else 1e-6)
        for p, a in zip(parameters, arrays):
            np.testing.assert_allclose(p.grad.array, a / right, rtol=2e-3 if arrays is half else 1e-5)


def test_a_gradient_that_was_clipped_counts_as_written():
    p = ag.ones(3, requires_grad=True)
    y = p * p
    p.grad = ag.tensor([3.0, 4.0, 0.0])
    z = (p.grad * y).sum()
    nn.utils.clip_grad_norm_(p, 1.0)
    with pytest.raises(RuntimeError, match="in place"):
        z.backward()


def test_no_gradient_and_empty_ones():
    assert float(nn.utils.get_total_norm([])) == 0
    assert float(nn.utils.get_total_norm([ag.zeros(0), ag.zeros(3, 0)])) == 0


@pytest.mark.parametrize("bound", [-1.0, float("nan")])
def test_a_bound_that_would_turn_the_gradients_round_is_refused(bound):
    parameters = gradients(np.array([3.0, -4.0]))
    total = ag.tensor(5.0)
    for clip, name in (
        (lambda: nn.utils.clip_grad_norm_(parameters, bound), "clip_grad_norm_: max_norm"),
        (lambda: nn.utils.clip_grads_with_norm_(parameters, bound, total), "clip_grads_with_norm_: max_norm"),
        (lambda: nn.utils.clip_grad_value_(parameters, bound), "clip_grad_value_: clip_value"),
    ):
        with pytest.raises(ValueError, match=f"{name} must not be negative, got {bound}"):
            clip()
    np.testing.assert_array_equal(parameters[0].grad.array, [3.0, -4.0])


def test_the_older_name_warns_and_does_the_same():
    w = ag.zeros(2, requires_grad=True)
    w.grad = ag.tensor([3.0, 4.0])
    with pytest.warns(FutureWarning, match="`nn.utils.clip_grad_norm` is deprecated"):
        assert nn.utils.clip_grad_norm([w], 1.0).item() == 5
    np.testing.assert_allclose(w.grad.numpy(), [0.6, 0.8], rtol=1e-5)
