"""The LSTM of 1997: by plain loops, beside `nn.LSTM`, its whole and its truncated gradients, and the embedded Reber grammar."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import datasets

F64 = ag.float64


def layer(connect_gates=True, truncated=False, **options):
    options = {"input_gate_bias": 0.5, "output_gate_bias": [-1.0, 0.3], "weight_range": 1.0, "dtype": F64} | options
    return nn.LSTM1997(3, 2, 2, connect_gates=connect_gates, truncated=truncated, **options)


def by_loops(model, x, h, c):
    """One sequence x (T, I), from the paper's equations: outputs, gates and cells of all steps."""
    B, S = model.num_blocks, model.cells_per_block
    w, u = model.weight_ih.array, model.weight_hh.array
    b = [*model.bias.tolist(), *[0.0] * (len(w) - len(model.bias))]
    steps = []
    for xt in x:
        net = [math.fsum([*(w[k] * xt), *(u[k] * h), b[k]]) for k in range(len(w))]
        squash = [1 / (1 + math.exp(-a)) for a in net]
        i, o, z = squash[:B], squash[B : 2 * B], squash[2 * B :]
        c = [c[k] + i[k // S] * (4 * z[k] - 2) for k in range(B * S)]
        y = [o[k // S] * (2 / (1 + math.exp(-c[k])) - 1) for k in range(B * S)]
        h = np.array([*y, *i, *o] if model.connect_gates else y)
        steps.append((y, i, o, c))
    return [np.array(part) for part in zip(*steps, strict=True)], h


@pytest.mark.parametrize("biases", ["all", "gates", "none"])
@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize("connect_gates", [False, True])
def test_equations(connect_gates, truncated, biases):
    start = {"input_gate_bias": 0.0, "output_gate_bias": 0.0} if biases == "none" else {}
    model = layer(connect_gates, truncated, biases=biases, **start)
    x, h, c = (ag.randn(*s, dtype=F64) for s in ((6, 5, 3), (1, 5, 8 if connect_gates else 4), (1, 5, 4)))
    out, (h_n, c_n) = model(x, (h, c))
    unfolded = model.unfold(x, (h, c))
    for n in range(5):
        expected, last = by_loops(model, x.array[:, n], h.array[0, n], c.array[0, n])
        np.testing.assert_allclose(out.array[:, n], expected[0], atol=1e-14)
        np.testing.assert_allclose(h_n.array[0, n], last, atol=1e-14)
        np.testing.assert_allclose(c_n.array[0, n], expected[3][-1], atol=1e-14)
        for part, wanted in zip(unfolded, expected, strict=True):
            np.testing.assert_allclose(part.array[:, n], wanted, atol=1e-14)
    _first, state = model(x[:2], (h, c))
    np.testing.assert_allclose(model(x[2:], state)[0].array, out.array[2:], atol=1e-14)
    np.testing.assert_allclose(model(x)[0].array, model(x, (0 * h, 0 * c))[0].array, atol=1e-14)


@pytest.mark.parametrize("truncated", [False, True])
def test_layouts(truncated):
    model, x = layer(truncated=truncated), ag.randn(6, 5, 3, dtype=F64)
    out, (h, c) = model(x)
    swapped = layer(truncated=truncated, batch_first=True)
    swapped.load_state_dict(model.state_dict())
    np.testing.assert_allclose(swapped(x.transpose(0, 1))[0].array, out.array.swapaxes(0, 1), atol=1e-14)
    assert swapped.unfold(x.transpose(0, 1)).cells.shape == (5, 6, 4)
    alone, state = model(x[:, 2])
    np.testing.assert_allclose(alone.array, out.array[:, 2], atol=1e-14)
    np.testing.assert_allclose(state[0].array, h.array[:, 2], atol=1e-14)
    np.testing.assert_allclose(model(x[:, 2], state)[1][1].array, model(x, (h, c))[1][1].array[:, 2], atol=1e-14)


def test_it_is_an_lstm_with_an_open_forget_gate():
    """In the scale of tanh: g = 2 tanh(u / 2), h = tanh(c / 2)."""
    model = layer(connect_gates=False)
    lstm = nn.LSTM(3, 4, dtype=F64)
    with ag.no_grad():
        for own, other in ((model.weight_ih, lstm.weight_ih_l0), (model.weight_hh, lstm.weight_hh_l0)):
            i, o, u = own[:2], own[2:4], own[4:]
            other.copy_(ag.cat([i[[0, 0, 1, 1]], 0 * u, u / 2, o[[0, 0, 1, 1]]]))
        b = model.bias
        lstm.bias_ih_l0.copy_(ag.cat([b[[0, 0, 1, 1]], ag.full((4,), 100.0, dtype=F64), b[4:] / 2, b[[2, 2, 3, 3]]]))
        lstm.bias_hh_l0.zero_()
    x = ag.randn(9, 2, 3, dtype=F64)
    np.testing.assert_allclose(model(x)[0].array, lstm(x)[0].array, atol=1e-15)


@pytest.mark.parametrize("connect_gates", [False, True])
def test_whole_gradients(connect_gates):
    model = layer(connect_gates)
    x = ag.randn(4, 2, 3, dtype=F64, requires_grad=True)
    h = ag.randn(1, 2, model.feedback_size, dtype=F64, requires_grad=True)
    c = ag.randn(1, 2, 4, dtype=F64, requires_grad=True)

    def run(x, h, c, *_):
        out, state = model(x, (h, c))
        return out, *state

    assert ag.gradcheck(run, (x, h, c, *model.parameters()))
    assert ag.gradgradcheck(lambda x, *_: model(x)[0][-1], (x, model.weight_hh))


@pytest.mark.parametrize("connect_gates", [False, True])
def test_truncated_gradients(connect_gates):
    """Those of the equations step by step, where the states before count as constants but for the cells."""
    model = layer(connect_gates, truncated=True)
    x = ag.randn(5, 2, 3, dtype=F64, requires_grad=True)
    c0 = ag.randn(1, 2, 4, dtype=F64, requires_grad=True)
    h0 = ag.randn(1, 2, model.feedback_size, dtype=F64, requires_grad=True)
    weight = ag.randn(5, 2, 4, dtype=F64)

    def gradients(loss):
        loss.backward()
        grads = [t.grad.array.copy() for t in (x, c0, *model.parameters())]
        assert h0.grad is None or not h0.grad.array.any()
        for t in (x, c0, h0, *model.parameters()):
            t.grad = None
        return grads

    out, (_, c_n) = model(x, (h0, c0))
    truncated = gradients((out * weight).sum() + c_n.sum())
    h, c, total = h0[0], c0[0], 0.0
    for t in range(5):
        net = x[t] @ model.weight_ih.T + h.detach() @ model.weight_hh.T + model.bias
        i, o = (ag.sigmoid(net[:, k : k + 2]) for k in (0, 2))
        c = c + i.repeat_interleave(2, 1) * (4 * ag.sigmoid(net[:, 4:]) - 2)
        y = o.repeat_interleave(2, 1) * (2 * ag.sigmoid(c) - 1)
        h = ag.cat([y, i, o], 1) if connect_gates else y
        total = total + (y * weight[t]).sum()
    for own, expected in zip(truncated, gradients(total + c.sum()), strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_cells_keep_their_content(dtype):
    """Nothing is forgotten in 2,000 steps, to the last bit, and errors flow back over them undiminished."""
    model = nn.LSTM1997(1, 1, weight_range=0.0, dtype=dtype)
    c = ag.full((1, 1, 1), 1.5, dtype=dtype, requires_grad=True)
    _, (_, last) = model(ag.randn(2000, 1, 1, dtype=dtype), (ag.zeros(1, 1, 3, dtype=dtype), c))
    last.sum().backward()
    assert last.item() == 1.5 and c.grad.item() == 1.0


@pytest.mark.parametrize(
    ("B", "S", "inputs", "outputs", "biases", "output_bias", "weights"),
    [
        (4, 1, 7, 7, "gates", False, 264),  # experiment 1
        (3, 2, 7, 7, "gates", False, 276),
        (2, 1, 54, 2, "none", False, 364),  # 2c
        (2, 2, 2, 1, "all", True, 93),  # 4
        (2, 2, 8, 4, "all", True, 156),  # 6a
        (3, 2, 8, 8, "all", True, 308),  # 6b
    ],
)
def test_the_papers_networks_have_the_papers_numbers_of_weights(B, S, inputs, outputs, biases, output_bias, weights):
    lstm = nn.LSTM1997(inputs, B, S, biases=biases)
    total = sum(p.array.size for p in lstm.parameters())
    assert total + outputs * (lstm.hidden_size + output_bias) == weights


def test_start():
    model = nn.LSTM1997(3, 2, 2, output_gate_bias=[-1.0, -2.0], input_gate_bias=-3.0, weight_range=0.2)
    assert model.bias.tolist() == [-3.0, -3.0, -1.0, -2.0, 0.0, 0.0, 0.0, 0.0]
    assert 0.15 < abs(model.weight_hh.array).max() <= 0.2
    assert repr(model) == "LSTM1997(3, num_blocks=2, cells_per_block=2)"
    other = nn.LSTM1997(3, 2, biases="gates", truncated=True, connect_gates=False)
    assert repr(other) == (
        "LSTM1997(3, num_blocks=2, cells_per_block=1, biases='gates', connect_gates=False, truncated=True)"
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.LSTM1997(0, 1), ValueError, "input_size must be greater than zero"),
        (lambda: nn.LSTM1997(1, 1.5), TypeError, "num_blocks should be of type int"),
        (lambda: nn.LSTM1997(1, 2, output_gate_bias=[1.0, 2.0, 3.0]), ValueError, "each of the 2 blocks"),
        (lambda: nn.LSTM1997(1, 2, biases="cells"), ValueError, "biases is one of all, gates, none"),
        (lambda: nn.LSTM1997(1, 2, biases="none", output_gate_bias=-1.0), ValueError, "pass biases='gates'"),
        (lambda: nn.LSTM1997(1, 2, weight_range=-1), ValueError, "weight_range must be finite and not negative"),
        (lambda: nn.LSTM1997(2, 1)(ag.zeros(4, 1, 3)), ValueError, r"\(T, N, input_size\).* input_size = 2"),
        (lambda: nn.LSTM1997(2, 1, batch_first=True)(ag.zeros(4)), ValueError, r"\(N, T, input_size\)"),
        (lambda: nn.LSTM1997(2, 1)(ag.zeros(0, 1, 2)), ValueError, "a sequence needs a step"),
        (lambda: nn.LSTM1997(2, 1)(ag.zeros(4, 1, 2, dtype=F64)), ValueError, "does not match weight dtype"),
        (lambda: nn.LSTM1997(2, 1)(ag.zeros(4, 1, 2), ag.zeros(1)), ValueError, "hx must be the pair"),
        (
            lambda: nn.LSTM1997(2, 1)(ag.zeros(4, 1, 2), (ag.zeros(1, 1, 1), ag.zeros(1, 1, 1))),
            ValueError,
            r"h_0 must have the shape \(1, 1, 3\)",
        ),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


class Predictor(nn.Module):
    """Foresees the next symbol of a word of the Reber grammar."""

    def __init__(self, blocks, cells, truncated):
        super().__init__()
        self.lstm = nn.LSTM1997(
            7, blocks, cells, output_gate_bias=[-1.0, -2.0, -3.0, -4.0][:blocks], weight_range=0.2, truncated=truncated,
            batch_first=True,
        )  # fmt: skip
        self.out = nn.Linear(blocks * cells, 7)

    def forward(self, x):
        return self.out(self.lstm(x)[0])

    def solves(self, data):
        """Whether at each step all legal symbols are ranked above all others."""
        x, _, legal = data[:]
        with ag.no_grad():
            scores = self(x)
        worst_legal = ag.where(legal, scores, math.inf).amin(-1)
        return bool((worst_legal > ag.where(legal, -math.inf, scores).amax(-1)).logical_or(~legal.any(-1)).all())


def solved(seed, steps, *architecture):
    ag.manual_seed(seed)
    train, test = (datasets.reber_grammar(256, embedded=True) for _ in range(2))
    net = Predictor(*architecture)
    optimizer = optim.Adam(net.parameters(), lr=0.02)
    x, y, _ = train[:]
    for step in range(steps):
        rows = ag.randint(0, 256, (16,)).numpy()
        longest = max(len(train.strings[i]) for i in rows) - 1
        optimizer.zero_grad()
        F.cross_entropy(net(x[rows, :longest]).flatten(0, 1), y[rows, :longest].flatten()).backward()
        optimizer.step()
        if step % 100 == 99 and net.solves(train) and net.solves(test):
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [(4, 1, True), (3, 2, False)])  # the paper's two, both ways of its gradient
def test_embedded_reber_grammar(architecture):
    assert any(solved(seed, 4000, *architecture) for seed in range(4))


class LastOutput(nn.Module):
    """Answers at the end of a sequence, from 0 to 1."""

    def __init__(self, inputs, outputs, blocks, cells, **options):
        super().__init__()
        self.lstm = nn.LSTM1997(inputs, blocks, cells, batch_first=True, **options)
        self.out = nn.Linear(blocks * cells, outputs)

    def forward(self, x):
        return F.sigmoid(self.out(self.lstm(x)[0][:, -1]))


def learns(net, batches, lr, enough, steps):
    """Whether `enough` tells in time that the errors so far, the largest of each sequence, are small enough."""
    optimizer, errors = optim.Adam(net.parameters(), lr=lr), []
    for _ in range(steps):
        x, y = batches()
        off = net(x) - y
        optimizer.zero_grad()
        (off * off).mean().backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        errors += off.abs().amax(1).tolist()
        if enough(errors):
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize("random", [False, True])
def test_a_lag_of_1000_steps(random, truncated):
    """Experiments 2a and 2b: the two sequences, or each time other symbols between the ends."""

    def batches():
        symbols, following = datasets.long_lag(1000, random=random)[:]
        return F.one_hot(symbols, 1001).float(), F.one_hot(following[:, -1] - 999, 2).float()

    def solved(seed):
        ag.manual_seed(seed)
        net = LastOutput(1001, 2, 1, 1, input_gate_bias=-5.0, biases="gates", truncated=truncated)
        return learns(net, batches, 0.01, lambda errors: len(errors) >= 40 and max(errors[-40:]) < 0.25, 1000)

    assert any(solved(seed) for seed in range(3))


@pytest.mark.slow
@pytest.mark.parametrize("task", ["adding problem", "temporal order"])
def test_the_papers_tasks(task):
    """Experiments 4 and 6a, with their networks: solved when of 2,000 new sequences at most one is wrong."""
    adding = task == "adding problem"

    def batches():
        if adding:
            return datasets.adding_problem(20, length=100)[:]
        x, y = datasets.temporal_order(20, length=100)[:]
        return x, F.one_hot(y, 4).float()

    def enough(errors):
        return len(errors) >= 2000 and sum(e > (0.04 if adding else 0.3) for e in errors[-2000:]) <= 1

    def solved(seed):
        ag.manual_seed(seed)
        net = LastOutput(
            *((2, 1) if adding else (8, 4)), 2, 2, input_gate_bias=[-1.0, -2.0] if adding else [-2.0, -4.0]
        )
        return learns(net, batches, 0.02 if adding else 0.01, enough, 5000)

    assert any(solved(seed) for seed in range(3))
