"""Elman's and Jordan's networks: against plain loops, gradients, the way errors take, and that they learn."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.utils.rnn import tbptt

from . import naive_recurrent as naive

F64 = ag.float64


def draw(*shape, grad=False):
    return ag.randn(*shape, dtype=F64, requires_grad=grad)


def arrays(model):
    return {name: p.array for name, p in model.named_parameters()}


# --------------------------------------------------------------------------------------------------------------- Elman


def elman_by_loops(model, x, h):
    w = {k.removeprefix("hidden."): v for k, v in arrays(model).items()}
    cell = {"ih": w["weight_ih_l0"], "hh": w["weight_hh_l0"], "b_ih": w["bias_ih_l0"], "b_hh": w["bias_hh_l0"]}
    outs, (h,) = naive.one_direction("tanh", x.tolist(), (h.tolist(),), cell, False)
    return [[naive.sigmoid(v) for v in naive.affine(w["output.weight"], o, w["output.bias"])] for o in outs], h


@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_elman(batch_first, truncated):
    model = nn.Elman(3, 4, 2, output_activation="sigmoid", truncated=truncated, batch_first=batch_first, dtype=F64)
    x, h = draw(6, 5, 3), draw(1, 5, 4)
    out, last = model(x.transpose(0, 1) if batch_first else x, h)
    assert out.shape == ((5, 6, 2) if batch_first else (6, 5, 2)) and last.shape == (1, 5, 4)
    for n in range(5):
        expected, state = elman_by_loops(model, x.array[:, n], h.array[0, n])
        np.testing.assert_allclose(out.array[n] if batch_first else out.array[:, n], expected, atol=1e-14)
        np.testing.assert_allclose(last.array[0, n], state, atol=1e-14)
    alone, state = model(x[:, 2], h[:, 2])
    np.testing.assert_allclose(alone.array, out.array[2] if batch_first else out.array[:, 2], atol=1e-14)
    np.testing.assert_allclose(state.array, last.array[:, 2], atol=1e-14)
    zeros = ag.zeros(1, 5, 4, dtype=F64)
    given = x.transpose(0, 1) if batch_first else x
    np.testing.assert_array_equal(model(given)[0].array, model(given, zeros)[0].array)


def test_elman_trains_through_time_or_not():
    model = nn.Elman(2, 3, 1, dtype=F64)
    cut = nn.Elman(2, 3, 1, truncated=True, dtype=F64)
    cut.load_state_dict(model.state_dict())
    x = draw(5, 1, 2, grad=True)
    for m, reached in ((model, [0, 1, 2, 3, 4]), (cut, [4])):
        x.grad = None
        m(x)[0][-1].sum().backward()
        assert np.flatnonzero(np.abs(x.grad.array).sum((1, 2))).tolist() == reached
    # What is propagated one step is the gradient with the context held fixed.
    h = draw(1, 4, 3)
    one = draw(1, 4, 2)
    gradients = [ag.grad((m(one, h)[0] ** 2).sum(), list(m.parameters())) for m in (model, cut)]
    for a, b in zip(*gradients, strict=True):
        np.testing.assert_allclose(a.array, b.array, atol=1e-14)


def test_elman_learns_exclusive_or_in_time():
    """Elman's first example: of three bits, the third is the exclusive or of the two before; predict the next bit."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, (2, 300))
    bits = np.stack([a, b, a ^ b], 1).reshape(-1)
    x = ag.tensor(bits[:-1].reshape(-1, 1, 1).astype(np.float32))
    y = ag.tensor(bits[1:].reshape(-1, 1, 1).astype(np.float32))
    ag.manual_seed(0)
    model = nn.Elman(1, 16, 1, output_activation="sigmoid")
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):
        for where, out, _ in tbptt(model, x, 30):
            optimizer.zero_grad()
            nn.functional.binary_cross_entropy(out, y[where]).backward()
            optimizer.step()
    error = ((model(x)[0].array - y.array) ** 2).reshape(-1)
    foreseen = np.arange(len(error)) % 3 == 1
    assert error[foreseen].mean() < 0.1 and error[~foreseen].mean() > 0.2


# -------------------------------------------------------------------------------------------------------------- Jordan


def jordan_by_loops(model, x, s, targets=None):
    w, outs, s = arrays(model), [], s.tolist()
    for t, step in enumerate(x.tolist()):
        a, b = naive.affine(w["input.weight"], step, w["input.bias"]), naive.affine(w["state.weight"], s, None)
        h = [float(np.tanh(p + q)) for p, q in zip(a, b)]
        outs.append([naive.sigmoid(v) for v in naive.affine(w["output.weight"], h, w["output.bias"])])
        s = [model.decay * p + q for p, q in zip(s, outs[-1] if targets is None else targets[t])]
    return outs, s


@pytest.mark.parametrize("forced", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_jordan(batch_first, forced):
    model = nn.Jordan(3, 4, 2, 0.7, output_activation="sigmoid", batch_first=batch_first, dtype=F64)
    x, s, targets = draw(6, 5, 3), draw(5, 2), draw(6, 5, 2) if forced else None
    given = [t if t is None or not batch_first else t.transpose(0, 1) for t in (x, targets)]
    out, last = model(given[0], s, given[1])
    assert out.shape == ((5, 6, 2) if batch_first else (6, 5, 2)) and last.shape == (5, 2)
    for n in range(5):
        d = targets.array[:, n].tolist() if forced else None
        expected, state = jordan_by_loops(model, x.array[:, n], s.array[n], d)
        np.testing.assert_allclose(out.array[n] if batch_first else out.array[:, n], expected, atol=1e-14)
        np.testing.assert_allclose(last.array[n], state, atol=1e-14)
    alone, state = model(x[:, 2], s[2], targets[:, 2] if forced else None)
    np.testing.assert_allclose(alone.array, out.array[2] if batch_first else out.array[:, 2], atol=1e-14)
    assert state.shape == (2,)


@pytest.mark.parametrize("make", [nn.Elman, nn.Jordan])
def test_gradients(make):
    model = make(2, 3, 2, dtype=F64)
    names = [name for name, _ in model.named_parameters()]

    def run(x, *values):
        return ag.func.functional_call(model, dict(zip(names, values, strict=True)), (x,))[0]

    inputs = [p.detach().requires_grad_() for p in model.parameters()]
    assert ag.gradcheck(run, (draw(3, 2, 2, grad=True), *inputs))


def test_jordan_learns_a_sequence_from_its_plan():
    """Jordan's task: a plan that does not change is carried out as a sequence; here two plans, forwards and backwards."""
    ag.manual_seed(0)
    steps = np.eye(4, dtype=np.float32)
    y = ag.tensor(np.stack([steps, steps[::-1]], 1))
    x = ag.tensor(np.broadcast_to(np.eye(2, dtype=np.float32), (4, 2, 2)).copy())
    model = nn.Jordan(2, 10, 4, output_activation="sigmoid")
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x, targets=y)[0], y).backward()
        optimizer.step()
    assert (np.abs(model(x)[0].array - y.array) < 0.3).all()  # now left to its own outputs


ERRORS = [
    (lambda: nn.Jordan(2, 3, 1, decay=1.0), "decay is 1.0, but must be from 0 to below 1"),
    (lambda: nn.Jordan(2, 3, 1)(ag.zeros(2)), "input must have 2 or 3 dimensions, .* got Tensor of shape \\(2,\\)"),
    (
        lambda: nn.Jordan(2, 3, 1)(ag.zeros(4, 5, 2), ag.zeros(5, 2)),
        "state has shape \\(5, 2\\), but must be \\(5, 1\\)",
    ),
    (
        lambda: nn.Jordan(2, 3, 1)(ag.zeros(4, 5, 2), targets=ag.zeros(3, 5, 1)),
        "targets have shape \\(3, 5, 1\\), but the output of Tensor of shape \\(4, 5, 2\\).* 1 features",
    ),
    (lambda: nn.Elman(2, 3, 1, nonlinearity="sigmoid"), "Unknown nonlinearity 'sigmoid'"),
]


@pytest.mark.parametrize(("call", "message"), ERRORS)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_repr():
    assert "(hidden): RNN(2, 3)" in repr(nn.Elman(2, 3, 1)) and "decay=0.25" in repr(nn.Jordan(2, 3, 1, 0.25))
    assert "truncated=True" in repr(nn.Elman(2, 3, 1, truncated=True))
