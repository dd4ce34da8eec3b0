"""Functions that PyTorch has beside methods, and its older names: values of PyTorch 2.13, gradients, refusals."""

import numpy as np
import pytest

import autograd_core as ag

X = [[1.0, 2.0], [3.0, 4.0]]


def x(**options):
    return ag.tensor(X, **options)


def waves(*shape):
    return ag.tensor(np.sin(np.arange(np.prod(shape), dtype=np.float32).reshape(shape) * np.float32(0.37)))


def test_values_are_those_of_pytorch():
    assert ag.range(1, 4).tolist() == [1.0, 2.0, 3.0, 4.0] and ag.range(1, 4).dtype == ag.float32
    assert ag.range(1, 2.5, 0.5).tolist() == [1.0, 1.5, 2.0, 2.5] and ag.range(4, 1, -1).tolist() == [4, 3, 2, 1]
    assert ag.range(1, 4, 2).tolist() == [1.0, 3.0] and ag.range(1, 4, dtype=ag.int64).dtype == ag.int64
    assert np.allclose(ag.nuclear_norm(x()).item(), 5.8309519)
    assert ag.nuclear_norm(x(), (0, 1), True).shape == (1, 1) == ag.nuclear_norm(x(), True).shape
    assert np.allclose(ag.frobenius_norm(x(), [0, 1]).item(), 5.4772256)
    assert np.allclose(ag.frobenius_norm(x(), []).item(), 5.4772256)
    assert np.allclose(ag.frobenius_norm(x(), 1, True), [[2.236068], [5.0]])
    assert ag.constant_pad_nd(x(), (1, 0, 0, 1), 5.0).tolist() == [[5, 1, 2], [5, 3, 4], [5, 5, 5]]
    for split in (ag.split_with_sizes, ag.unsafe_split_with_sizes):
        assert [piece.tolist() for piece in split(x(), [1, 1], 1)] == [[[1], [3]], [[2], [4]]]
    for pieces in (ag.unsafe_split(x(), 1), ag.unsafe_chunk(x(), 2)):
        assert [piece.tolist() for piece in pieces] == [[[1, 2]], [[3, 4]]]
    assert ag.binomial(ag.tensor([10.0, 3.0]), ag.tensor([0.0, 1.0])).tolist() == [0.0, 3.0]
    assert ag.get_device(x()) == -1 and not ag.is_inference(x())


def test_forms_in_place():
    for out, expected in (
        (ag.gcd_(ag.tensor([12]), ag.tensor([18])), [6]),
        (ag.lcm_(ag.tensor([4]), ag.tensor([6])), [12]),
        (ag.ldexp_(ag.tensor([1.5]), ag.tensor([3])), [12.0]),
        (ag.addmv_(ag.ones(2), x(), ag.tensor([1.0, 10.0])), [22.0, 44.0]),
        (ag.conj_physical_(ag.tensor([1 + 2j])), [1 - 2j]),
        (ag.index_put_(ag.zeros(3), (ag.tensor([0, 0]),), ag.tensor([1.0, 2.0]), accumulate=True), [3, 0, 0]),
        (ag.fill_(ag.zeros(2), 7), [7, 7]),
        (ag.zero_(ag.ones(2)), [0, 0]),
    ):
        assert out.tolist() == expected
    a = ag.ones(2)
    assert ag.fill_(a, 2) is a and ag.zero_(a) is a and ag.index_put_(a, (ag.tensor([0]),), ag.tensor(1.0)) is a


def test_fill_passes_the_gradient_to_the_value():
    a, v = x(requires_grad=True), ag.tensor(2.0, requires_grad=True)
    out = ag.fill(a, v)
    grads = ag.grad(out.sum(), [a, v])
    assert out.tolist() == [[2, 2], [2, 2]] and a.tolist() == X
    assert grads[0].tolist() == [[0, 0], [0, 0]] and grads[1].item() == 4.0
    b = x(requires_grad=True) * 1
    assert ag.grad(ag.zero_(b).sum(), [b])[0].tolist() == [[1, 1], [1, 1]]


def test_detach():
    a = x(requires_grad=True)
    b = ag.detach(a)
    b[0, 0] = 9.0
    assert not b.requires_grad and a.requires_grad and a[0, 0].item() == 9.0
    c = a * 2
    assert ag.detach_(c) is c and not c.requires_grad


CELLS = {  # of PyTorch: with biases, without
    "rnn_tanh_cell": (
        1,
        [[0.6914938688278198, 0.9700700640678406], [0.8787494897842407, 0.9996089339256287]],
        [[0.5722168684005737, 0.8243528008460999], [0.8243528008460999, 0.9975243210792542]],
    ),
    "rnn_relu_cell": (
        1,
        [[0.8508127927780151, 2.093482255935669], [1.3702514171600342, 4.269805908203125]],
        [[0.6508127450942993, 1.170251488685608], [1.170251488685608, 3.3465750217437744]],
    ),
    "gru_cell": (
        3,
        [[0.07986682653427124, 0.3366265892982483], [0.3138006329536438, 0.4768615961074829]],
        [[-0.2876240611076355, -0.08796820044517517], [0.2016245722770691, -0.5263890027999878]],
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_cells(name):
    gates, with_biases, without = CELLS[name]
    cell, k = getattr(ag, name), 2 * gates
    i, h, w, u = waves(2, 3), waves(2, 2) * 0.5, waves(k, 3), waves(k, 2)
    assert np.allclose(cell(i, h, w, u, waves(k), waves(k) + 0.2), with_biases, atol=1e-6)
    assert np.allclose(cell(i, h, w, u), without, atol=1e-6)
    assert np.allclose(cell(i, h, w, u, waves(k)), cell(i, h, w, u, waves(k), ag.zeros(k)))
    assert np.allclose(cell(i[1], h[1], w, u), without[1], atol=1e-6)
    with pytest.raises(ValueError, match=rf"{name}: w_hh must be float32 of shape \({k}, 2\)"):
        cell(i, h, w, waves(k + 1, 2))
    with pytest.raises(ValueError, match=f"{name}: hx must be float32"):
        cell(i, waves(3, 2), w, u)
    with pytest.raises(ValueError, match=f"{name}: b_hh must be"):
        cell(i, h, w, u, None, waves(k + 1))
    assert ag.gradcheck(cell, [a.double().requires_grad_() for a in (i, h, w, u, waves(k), waves(k) + 0.2)])


def test_lstm_cell():
    i, h, c = waves(2, 3), waves(2, 2) * 0.5, waves(2, 2) + 0.1
    out = ag.lstm_cell(i, (h, c), waves(8, 3), waves(8, 2), waves(8), waves(8) + 0.2)
    assert np.allclose(out[0], [[0.5402093529701233, 0.7388787269592285], [0.32794639468193054, 0.8272457122802734]])
    assert np.allclose(out[1], [[0.6717658638954163, 1.2145705223083496], [0.36103275418281555, 1.2898752689361572]])
    with pytest.raises(ValueError, match=r"lstm_cell: hx must be the pair \(h, c\)"):
        ag.lstm_cell(i, h, waves(8, 3), waves(8, 2))


def test_binomial_counts():
    ag.manual_seed(0)
    draws = ag.binomial(ag.full((4000,), 10.0), ag.tensor(0.3))
    assert abs(draws.mean().item() - 3.0) < 0.1 and abs(draws.var().item() - 2.1) < 0.2
    ag.manual_seed(0)
    assert (ag.binomial(ag.full((4000,), 10.0), ag.tensor(0.3)) == draws).all()


def test_refusals():
    refused = [
        (ValueError, "range: step -1 does not lead from 1 to 4", lambda: ag.range(1, 4, -1)),
        (ValueError, "range: step 0", lambda: ag.range(1, 4, 0)),
        (ValueError, "counts must be whole", lambda: ag.binomial(ag.tensor([1.5]), ag.tensor([0.5]))),
        (ValueError, "from 0 to 1", lambda: ag.binomial(ag.tensor([1.0]), ag.tensor([1.5]))),
        (ValueError, "do not broadcast", lambda: ag.binomial(ag.ones(2), ag.ones(3))),
        (TypeError, "one floating dtype", lambda: ag.binomial(ag.tensor([1]), ag.tensor([0.5]))),
        (ValueError, "fill_: value must be a number", lambda: ag.fill_(ag.ones(2), ag.ones(2))),
        (TypeError, "zero_: needs a tensor", lambda: ag.zero_(np.ones(2))),
        (RuntimeError, "leaf", lambda: ag.zero_(ag.ones(2, requires_grad=True))),
        (ValueError, "nuclear_norm: needs at least 2", lambda: ag.nuclear_norm(ag.ones(2))),
    ]
    for error, text, call in refused:
        with pytest.raises(error, match=text):
            call()
