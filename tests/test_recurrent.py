"""RNN, LSTM, GRU and their cells: against plain loops, their own compositions and central differences."""

import itertools
from functools import partial

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.ops.network import recurrent as ops
from nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence, unpack_sequence

from . import naive_recurrent as naive

I, H, P, N, T = 3, 5, 2, 4, 6  # noqa: E741 (the field's name)
F64 = ag.float64

# name, class, options, what the oracle calls it
KINDS = {
    "rnn": (nn.RNN, {}, "tanh"),
    "relu": (nn.RNN, {"nonlinearity": "relu"}, "relu"),
    "skip": (nn.RNN, {"skip": 2}, "tanh"),
    "skip4": (nn.RNN, {"nonlinearity": "relu", "skip": 4}, "relu"),
    "gru": (nn.GRU, {}, "GRU"),
    "lstm": (nn.LSTM, {}, "LSTM"),
    "proj": (nn.LSTM, {"proj_size": P}, "LSTM"),
    "peep": (nn.LSTM, {"peepholes": True}, "LSTM"),
    "both": (nn.LSTM, {"peepholes": True, "proj_size": P}, "LSTM"),
}
OPTIONS = list(itertools.product((1, 2), (True, False), (True, False)))


def build(kind, layers=1, bias=True, bidirectional=False, **more):
    make, options, _ = KINDS[kind]
    more = {"dtype": F64} | more
    return make(I, H, layers, **options, bias=bias, bidirectional=bidirectional, **more)


def weights_of(model):
    """Each layer's and direction's parameters under the oracle's names."""
    renamed = {"weight_ih": "ih", "weight_hh": "hh", "bias_ih": "b_ih", "bias_hh": "b_hh", "weight_hr": "hr"}
    renamed |= {"weight_peep": "peep", "weight_skip": "skip"}
    return [{renamed[name.split("_l")[0]]: getattr(model, name).array for name in names} for names in model._names]


def draw(*shape, grad=False, dtype=F64):
    return ag.randn(*shape, dtype=dtype, requires_grad=grad)


def draw_state(model, n=N, grad=False):
    L = model.num_layers * model.num_directions
    h = draw(*([model.skip] if model.skip else []), L, n, model.proj_size or H, grad=grad)
    return (h, draw(L, n, H, grad=grad)) if model.mode == "LSTM" else h


def oracle(kind, model, sequence, state, n):
    """Outputs and last states of example n of a batch."""
    states = state if isinstance(state, tuple) else (state,)
    each = [tuple(s.array[..., i, n, :].tolist() for s in states) for i in range(states[0].shape[-3])]
    return naive.layers(KINDS[kind][2], sequence.tolist(), each, weights_of(model), model.bidirectional)


# ------------------------------------------------------------------------------------------------------------- forward


@pytest.mark.parametrize(("layers", "bias", "bidirectional"), OPTIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_against_plain_loops(kind, layers, bias, bidirectional):
    model = build(kind, layers, bias, bidirectional)
    x, state = draw(T, N, I), draw_state(model)
    out, last = model(x, state)
    last = last if isinstance(last, tuple) else (last,)
    for n in range(N):
        expected, states = oracle(kind, model, x.array[:, n], state, n)
        np.testing.assert_allclose(out.array[:, n], expected, atol=1e-13)
        for i, expected_states in enumerate(states):
            for found, wanted in zip(last, expected_states, strict=True):
                np.testing.assert_allclose(found.array[..., i, n, :], wanted, atol=1e-13)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_packed_is_each_sequence_alone(kind, bidirectional):
    model = build(kind, 2, bidirectional=bidirectional)
    lengths = [3, 6, 1, 4]
    x, state = draw(T, N, I), draw_state(model)
    packed, last = model(pack_padded_sequence(x, lengths, enforce_sorted=False), state)
    last = last if isinstance(last, tuple) else (last,)
    for n, out in enumerate(unpack_sequence(packed)):
        expected, states = oracle(kind, model, x.array[: lengths[n], n], state, n)
        np.testing.assert_allclose(out.array, expected, atol=1e-13)
        for i, expected_states in enumerate(states):
            for found, wanted in zip(last, expected_states, strict=True):
                np.testing.assert_allclose(found.array[..., i, n, :], wanted, atol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_layouts(kind):
    """batch_first, one sequence without a batch, no state given."""
    model = build(kind, 2, bidirectional=True)
    first = build(kind, 2, bidirectional=True, batch_first=True)
    first.load_state_dict(model.state_dict())
    x, state = draw(T, N, I), draw_state(model)
    zeros = tuple(ag.zeros_like(s) for s in state) if isinstance(state, tuple) else ag.zeros_like(state)
    out, _ = model(x, state)
    np.testing.assert_array_equal(first(x.transpose(0, 1), state)[0].array, out.array.transpose(1, 0, 2))
    np.testing.assert_array_equal(model(x)[0].array, model(x, zeros)[0].array)
    alone = tuple(s[:, 1] for s in state) if isinstance(state, tuple) else state[..., 1, :]
    for m in (model, first):
        y, last = m(x[:, 1], alone)
        np.testing.assert_allclose(y.array, out.array[:, 1], atol=1e-14)
        assert (last[0] if isinstance(last, tuple) else last).ndim == (
            alone[0] if isinstance(alone, tuple) else alone
        ).ndim


@pytest.mark.parametrize("kind", ["lstm", "skip4"])
def test_a_state_carries_over(kind):
    model = build(kind, 2)
    x = draw(T, N, I)
    whole, _ = model(x)
    start, state = model(x[:2])
    rest, _ = model(x[2:], state)
    np.testing.assert_allclose(ag.cat([start, rest]).array, whole.array, atol=1e-14)


def test_a_skip_shortens_the_way_back():
    """What was k steps ago arrives although the weights of single steps are zero, and only every k-th."""
    model = build("skip")
    with ag.no_grad():
        model.weight_hh_l0.zero_()
    x = draw(9, 1, I, grad=True)
    model(x)[0][-1].sum().backward()
    assert np.flatnonzero(np.abs(x.grad.array).sum((1, 2))).tolist() == [0, 2, 4, 6, 8]


# ----------------------------------------------------------------------------------------------------------- gradients


def tensors_of(model, x, state):
    states = [] if state is None else list(state) if isinstance(state, tuple) else [state]
    return [x, *states, *model.parameters()]


def run_packed(model, x, state, lengths):
    if lengths is not None:
        x = pack_padded_sequence(x, lengths, enforce_sorted=False)
    out, last = model(x, state)
    out = out.data if lengths is not None else out
    return out, *(last if isinstance(last, tuple) else (last,))


@pytest.mark.parametrize("lengths", [None, [2, 1, 3]])
@pytest.mark.parametrize("kind", KINDS)
def test_first_order(kind, lengths):
    for layers, bias, bidirectional in OPTIONS:
        model = build(kind, layers, bias, bidirectional)
        x, state = draw(3, 3, I, grad=True), draw_state(model, 3, grad=True)
        wanted = tensors_of(model, x, state)
        outs = run_packed(model, x, state, lengths)
        gs = [draw(*o.shape) for o in outs]
        found = ag.grad(outs, wanted, gs)
        rng = np.random.default_rng(1)
        direction = [rng.standard_normal(t.shape) for t in wanted]
        slope = sum(float((g.array * d).sum()) for g, d in zip(found, direction, strict=True))

        def value(step, model=model, wanted=wanted, direction=direction, gs=gs, x=x, state=state):
            with ag.no_grad():
                for t, d in zip(wanted, direction, strict=True):
                    t.array[...] += step * d
                outs = run_packed(model, x, state, lengths)
                for t, d in zip(wanted, direction, strict=True):
                    t.array[...] -= step * d
            return sum(float((o.array * g.array).sum()) for o, g in zip(outs, gs, strict=True))

        step = 1e-7 if kind == "relu" else 1e-5  # the smaller, the less likely a kink between the two points
        tolerance = 1e-5 if kind == "relu" else 1e-6
        assert (value(step) - value(-step)) / (2 * step) == pytest.approx(slope, rel=tolerance, abs=tolerance)


def near(a, b, tolerance):
    """Equal but for rounding, as measured by the largest number."""
    assert a.shape == b.shape
    np.testing.assert_allclose(a.array, b.array, rtol=0, atol=tolerance * max(1, np.abs(b.array).max()))


COMPOSED = {
    "rnn": (ops._rnn, 1, (False, 0)),
    "relu": (ops._rnn, 1, (True, 0)),
    "skip": (ops._rnn, 1, (False, 2)),
    "skip3": (ops._rnn, 1, (False, 3)),
    "gru": (ops._gru, 3, ()),
    "lstm": (ops._lstm, 4, ()),
}


@pytest.mark.parametrize("counts", [(4, 4, 4), (5, 3, 3, 1), (1,) * 4, (5,), (70, 20, 2), (36,) * 11 + (31,)])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("kind", COMPOSED)
def test_fused_is_composed(kind, reverse, counts):
    """One node with kernels against the loop over cells, values and gradients, with and without optional inputs."""
    primitive, gates, more = COMPOSED[kind]
    units = 37  # more than one tile, and not a multiple of a vector
    for full in (True, False):
        out = 19 if kind == "lstm" and full else units
        skip = more[1] if more else 0
        first = (skip, counts[0], out) if skip else (counts[0], out)
        x, h0 = draw(sum(counts), I, grad=True), draw(*first, grad=True) if full else None
        weights = [draw(gates * units, I, grad=True), draw(gates * units, out, grad=True)]
        for w in weights:
            w.array[...] *= 0.2  # or rounding errors would grow from step to step
        weights += [draw(gates * units, grad=True), draw(gates * units, grad=True)] if full else [None, None]
        inputs = [x, h0, *weights]
        if kind == "lstm":
            inputs.insert(2, draw(counts[0], units, grad=True) if full else None)
            inputs += [draw(out, units, grad=True), draw(3, units, grad=True)] if full else [None, None]
        elif primitive is ops._rnn:
            inputs.append(draw(units, units, grad=True) if skip else None)
            if skip:
                inputs[-1].array[...] *= 0.2
        params = (np.array(counts), reverse, *more)
        runs = partial(ops.apply, primitive, tuple(inputs), params), partial(primitive.composition, *inputs, *params)
        fused, composed = (run() for run in runs)
        wanted = [i for i in inputs if i is not None]
        gs = [draw(*o.shape) for o in fused]
        for a, b in zip(fused, composed, strict=True):
            near(a, b, 1e-12)
        for a, b in zip(ag.grad(fused, wanted, gs), ag.grad(composed, wanted, gs), strict=True):
            near(a, b, 1e-10)
        for i, g in enumerate(gs):  # from one of the outputs, to one of the inputs
            (a,), (b,) = (ag.grad(run()[i], wanted[-1 - i], g) for run in runs)
            near(a, b, 1e-10)


@pytest.mark.parametrize("lengths", [None, [2, 1, 3]])
@pytest.mark.parametrize("kind", KINDS)
def test_second_order(kind, lengths):
    """The derivative of v · gradient along a direction, against the gradients a small step to both sides."""
    model = build(kind, 2, bidirectional=True)
    x, state = draw(3, 3, I, grad=True), draw_state(model, 3, grad=True)
    wanted = tensors_of(model, x, state)
    rng = np.random.default_rng(1)
    gs = [draw(*o.shape) for o in run_packed(model, x, state, lengths)]
    vs, ds = ([rng.standard_normal(t.shape) for t in wanted] for _ in range(2))

    def gradients(**options):
        return ag.grad([o * o for o in run_packed(model, x, state, lengths)], wanted, gs, **options)

    total = sum((g * ag.tensor(v)).sum() for g, v in zip(gradients(create_graph=True), vs, strict=True))
    slope = sum(float((h.array * d).sum()) for h, d in zip(ag.grad(total, wanted), ds, strict=True))
    sides = []
    for step in (1e-6, -2e-6):
        for t, d in zip(wanted, ds, strict=True):
            t.array[...] += step * d
        sides.append(sum(float((g.array * v).sum()) for g, v in zip(gradients(), vs, strict=True)))
    assert (sides[0] - sides[1]) / 2e-6 == pytest.approx(slope, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("kind", ["rnn", "gru", "both"])
def test_second_order_element_by_element(kind):
    make, options, _ = KINDS[kind]
    model = make(1, 2, **(options | ({"proj_size": 1} if kind == "both" else {})), dtype=F64)
    names = [name for name, _ in model.named_parameters() if "_ih" in name or "peep" in name]

    def run(x, *values):
        return ag.func.functional_call(model, dict(zip(names, values, strict=True)), (x,))[0]

    inputs = [getattr(model, name).detach().requires_grad_() for name in names]
    assert ag.gradgradcheck(run, (draw(2, 1, 1, grad=True), *inputs))


@pytest.mark.parametrize("lengths", [None, list(range(40, 10, -1))])
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_threads_or_not(kind, lengths):
    """Results do not depend on how the batch is cut for threads."""
    make, options, _ = KINDS[kind]
    before = ag.get_num_threads()
    x = ag.randn(40, 30, 16)
    found = []
    try:
        for threads in (1, 2, 3):
            ag.set_num_threads(threads)
            ag.manual_seed(1)
            model = make(16, 40, **options)
            outs = run_packed(model, x, None, lengths)
            sum(o.sum() for o in outs).backward()
            found.append([*(o.array for o in outs), *(p.grad.array for p in model.parameters())])
    finally:
        ag.set_num_threads(before)
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("lengths", [None, [2, 6, 1, 4]])
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_graph_the_same_comes_out(kind, lengths):
    """Then the gates of one step are kept, not those of all."""
    model = build(kind, 2, bidirectional=True)
    x, state = draw(T, N, I), draw_state(model)
    recorded = run_packed(model, x, state, lengths)
    with ag.no_grad():
        for a, b in zip(recorded, run_packed(model, x, state, lengths), strict=True):
            np.testing.assert_array_equal(a.array, b.array)


@pytest.mark.parametrize("kind", KINDS)
def test_float32_stays(kind):
    model = build(kind, 2, bidirectional=True, dtype=ag.float32)
    wide = build(kind, 2, bidirectional=True)
    wide.load_state_dict({name: value.double() for name, value in model.state_dict().items()})
    x = draw(T, N, I, dtype=ag.float32).requires_grad_()
    out, last = model(x)
    out.sum().backward()
    last = last if isinstance(last, tuple) else (last,)
    for t in (out, *last, x.grad, *(p.grad for p in model.parameters())):
        assert t.dtype == ag.float32
    np.testing.assert_allclose(out.array, wide(x.detach().double())[0].array, atol=2e-6)


def test_nan_and_infinity_are_honest():
    for kind in KINDS:
        model = build(kind)
        x = ag.zeros(2, 2, I, dtype=F64)
        x.array[0, 0, 0] = np.nan
        out, _ = model(x)
        assert np.isnan(out.array[:, 0]).any() and np.isfinite(out.array[:, 1]).all()
        x.array[0, 0, 0] = np.inf
        if kind not in ("relu", "skip4"):
            assert (np.abs(model(x)[0].array[0]) <= 3).all()


def test_retained_graph_gives_the_same_again():
    for kind in KINDS:
        model = build(kind)
        out, _ = model(draw(T, N, I))
        first = ag.grad(out.sum(), list(model.parameters()), retain_graph=True)
        second = ag.grad(out.sum(), list(model.parameters()))
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a.array, b.array)


def test_a_changed_weight_is_noticed():
    model = build("gru")
    out, _ = model(draw(T, N, I))
    with ag.no_grad():
        model.weight_hh_l0.mul_(2)
    with pytest.raises(RuntimeError, match="'gru' saved its input 3"):
        out.sum().backward()


def test_vmap_over_batches():
    model = build("gru")
    x = draw(3, T, N, I)
    found = ag.func.vmap(lambda x: model(x)[0])(x)
    for i in range(3):
        np.testing.assert_allclose(found.array[i], model(x[i])[0].array, atol=1e-13)


# ------------------------------------------------------------------------------------------------------------ the layer


def test_parameters_as_in_pytorch():
    model = nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2)
    expected = {
        f"{kind}_l{layer}{suffix}": shape
        for layer, ins in ((0, 3), (1, 4))
        for suffix in ("", "_reverse")
        for kind, shape in (
            ("weight_ih", (16, ins)), ("weight_hh", (16, 2)), ("bias_ih", (16,)), ("bias_hh", (16,)),
            ("weight_hr", (2, 4)),
        )
    }  # fmt: skip
    assert {name: p.shape for name, p in model.named_parameters()} == expected
    assert [list(map(id, ws)) for ws in model.all_weights][1][-1] == id(model.weight_hr_l0_reverse)
    model.flatten_parameters()
    values = np.concatenate([p.array.reshape(-1) for p in nn.GRU(50, 100).parameters()])
    assert np.abs(values).max() <= 0.1 and np.abs(values).max() > 0.0999 and abs(values.mean()) < 1e-3


def test_repr():
    assert repr(nn.RNN(3, 4)) == "RNN(3, 4)"
    assert repr(nn.RNN(3, 4, skip=2)) == "RNN(3, 4, skip=2)"
    assert repr(nn.GRU(3, 4, 2, False, True, 0.5, True)) == (
        "GRU(3, 4, num_layers=2, bias=False, batch_first=True, dropout=0.5, bidirectional=True)"
    )
    assert repr(nn.LSTM(3, 4, proj_size=2, peepholes=True)) == "LSTM(3, 4, proj_size=2, peepholes=True)"
    assert repr(nn.RNNCell(3, 4, nonlinearity="relu")) == "RNNCell(3, 4, nonlinearity=relu)"
    assert repr(nn.LSTMCell(3, 4, bias=False)) == "LSTMCell(3, 4, bias=False)"
    assert repr(nn.LSTMCell(3, 4, peepholes=True)) == "LSTMCell(3, 4, peepholes=True)"


def test_dropout_between_layers_in_training_only():
    model = build("gru", 3, dropout=0.5)
    x = draw(T, N, I)
    a, b = model(x)[0], model(x)[0]
    assert not np.array_equal(a.array, b.array)
    model.eval()
    np.testing.assert_array_equal(model(x)[0].array, model(x)[0].array)
    whole = build("gru", 2, dropout=1.0)  # everything dropped: the second layer sees zeros
    second = nn.GRU(H, H, dtype=F64)
    second.load_state_dict({k.replace("_l1", "_l0"): v for k, v in whole.state_dict().items() if "_l1" in k})
    np.testing.assert_array_equal(whole(x)[0].array, second(ag.zeros(T, N, H, dtype=F64))[0].array)
    with pytest.warns(UserWarning, match="dropout=0.5 and num_layers=1"):
        build("gru", 1, dropout=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_empty_batch(kind):
    model = build(kind, 2, bidirectional=True)
    out, _ = model(ag.zeros(T, 0, I, dtype=F64, requires_grad=True))
    assert out.shape == (T, 0, 2 * (model.proj_size or H))
    out.sum().backward()
    assert all((p.grad.array == 0).all() for p in model.parameters())


def test_dict_of_weights_in_functional_call():
    model = build("lstm")
    x = draw(T, N, I)
    doubled = {name: p.detach() * 2 for name, p in model.named_parameters()}
    other = build("lstm")
    other.load_state_dict(doubled)
    out, _ = ag.func.functional_call(model, doubled, (x,))
    np.testing.assert_array_equal(out.array, other(x)[0].array)


# ---------------------------------------------------------------------------------------------------------------- cells


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["tanh", "relu", "GRU", "LSTM", "peepholes"])
def test_cells(kind, bias):
    make = {"GRU": nn.GRUCell, "LSTM": nn.LSTMCell, "peepholes": nn.LSTMCell}.get(kind, nn.RNNCell)
    options = {"nonlinearity": kind} if kind in ("tanh", "relu") else {"peepholes": True} if kind == "peepholes" else {}
    kind = "LSTM" if kind == "peepholes" else kind
    cell = make(I, H, bias, **options, dtype=F64)
    renamed = {"weight_ih": "ih", "weight_hh": "hh", "bias_ih": "b_ih", "bias_hh": "b_hh", "weight_peep": "peep"}
    weights = {renamed[name]: p.array for name, p in cell.named_parameters()}
    x, states = draw(N, I), [draw(N, H) for _ in range(2 if kind == "LSTM" else 1)]
    out = cell(x, tuple(states) if kind == "LSTM" else states[0])
    out = out if kind == "LSTM" else (out,)
    for n in range(N):
        each = tuple(s.array[n].tolist() for s in states)
        _, expected = naive.one_direction(kind, [x.array[n].tolist()], each, weights, False)
        for a, b in zip(out, expected, strict=True):
            np.testing.assert_allclose(a.array[n], b, atol=1e-14)
    alone = cell(x[0], tuple(s[0] for s in states) if kind == "LSTM" else states[0][0])
    alone = alone if kind == "LSTM" else (alone,)
    for a, b in zip(alone, out, strict=True):
        np.testing.assert_allclose(a.array, b.array[0], atol=1e-15)
    zeros = [ag.zeros_like(s) for s in states]
    given, default = cell(x, tuple(zeros) if kind == "LSTM" else zeros[0]), cell(x)
    for a, b in zip(given, default) if kind == "LSTM" else [(given, default)]:
        np.testing.assert_array_equal(a.array, b.array)


# --------------------------------------------------------------------------------------------------------------- errors

ERRORS = [
    (lambda: nn.RNN(0, 4), ValueError, "RNN: input_size must be greater than zero, got 0"),
    (lambda: nn.GRU(3, 2.0), TypeError, "GRU: hidden_size should be of type int, got: float"),
    (lambda: nn.GRU(3, 2, 0), ValueError, "GRU: num_layers must be greater than zero, got 0"),
    (lambda: nn.GRU(3, 2, 2, dropout=2), ValueError, "dropout should be a number in range \\[0, 1\\]"),
    (lambda: nn.GRU(3, 2, 2, 1), TypeError, "GRU: bias should be of type bool, got: int"),
    (lambda: nn.LSTM(3, 2, proj_size=2), ValueError, "proj_size is 2, but has to be smaller than hidden_size 2"),
    (
        lambda: nn.RNN(3, 2, skip=1),
        ValueError,
        "skip is 1, but has to be the number of steps a connection goes back, at le",
    ),
    (
        lambda: nn.RNN(I, H, skip=3)(ag.zeros(2, 2, I), ag.zeros(1, 2, H)),
        ValueError,
        "batched 3-D input, hx should be 4-D but got 3-D of shape \\(1, 2, 5\\)",
    ),
    (
        lambda: nn.RNN(I, H, skip=3)(ag.zeros(2, 2, I), ag.zeros(2, 1, 2, H)),
        ValueError,
        "hx of shape \\(3, 1, 2, 5\\) \\(skip, num_layers · directions, batch, size\\), got \\(2, 1, 2, 5\\)",
    ),
    (lambda: nn.RNN(3, 2, nonlinearity="sin"), ValueError, "Unknown nonlinearity 'sin'. Select from 'tanh' or 'relu'"),
    (lambda: nn.RNN(I, H)(3.0), TypeError, "RNN: input must be a tensor or a PackedSequence, got float 3.0"),
    (lambda: nn.RNN(I, H)(ag.zeros(2)), ValueError, "Expected input to be 2D or 3D, got 1D of shape \\(2,\\)"),
    (lambda: nn.RNN(I, H)(ag.zeros(2, 2, 4)), ValueError, "Expected 3, got 4 .*pass input_size=4"),
    (lambda: nn.RNN(I, H)(ag.zeros(0, 2, I)), ValueError, "Expected sequence length to be larger than 0"),
    (
        lambda: nn.RNN(I, H)(ag.zeros(2, 2, I, dtype=F64)),
        ValueError,
        r"input.float\(\), or the model, model.double\(\)",
    ),
    (
        lambda: nn.RNN(I, H, dtype=np.float16)(ag.zeros(2, 2, I, dtype=np.float16)),
        TypeError,
        "in float32 or float64, not",
    ),
    (
        lambda: nn.RNN(I, H)(ag.zeros(2, 2, I), ag.zeros(2, H)),
        ValueError,
        "batched 3-D input, hx should also be 3-D but",
    ),
    (lambda: nn.RNN(I, H)(ag.zeros(2, I), ag.zeros(1, 1, H)), ValueError, "unbatched 2-D input, hx should also be 2-D"),
    (
        lambda: nn.RNN(I, H)(ag.zeros(2, 2, I), ag.zeros(1, 3, H)),
        ValueError,
        "hx of shape \\(1, 2, 5\\).*got \\(1, 3, 5\\)",
    ),
    (lambda: nn.RNN(I, H)(ag.zeros(2, 2, I), 1.0), TypeError, "RNN: hx must be a tensor, got float 1.0"),
    (lambda: nn.RNN(I, H)(ag.zeros(2, 2, I), ag.zeros(1, 2, H, dtype=F64)), ValueError, "hx is float64, but the input"),
    (lambda: nn.LSTM(I, H)(ag.zeros(2, 2, I), ag.zeros(1, 2, H)), ValueError, "hx must be the pair \\(h_0, c_0\\)"),
    (
        lambda: nn.LSTM(I, H)(ag.zeros(2, 2, I), (ag.zeros(1, 2, H), ag.zeros(1, 2, 2))),
        ValueError,
        "c_0 of shape \\(1, 2, 5\\)",
    ),
    (
        lambda: nn.RNN(I, H)(pack_sequence([ag.zeros(2, 2, I)])),
        ValueError,
        "packed data has shape \\(2, 2, 3\\), but must have 2 dimensions",
    ),
    (lambda: nn.GRUCell(I, H)(ag.zeros(1, 1, I)), ValueError, "GRUCell: Expected input to be 1D or 2D"),
    (
        lambda: nn.GRUCell(I, H)(ag.zeros(2, I), ag.zeros(1, 1, H)),
        ValueError,
        "GRUCell: Expected hidden to be 1D or 2D",
    ),
    (lambda: nn.GRUCell(I, H)(ag.zeros(2, 4)), ValueError, "input has shape \\(2, 4\\), but must be \\(2, 3\\)"),
    (
        lambda: nn.GRUCell(I, H)(ag.zeros(2, I), ag.zeros(3, H)),
        ValueError,
        "hidden has shape \\(3, 5\\), but must be \\(2, 5",
    ),
    (lambda: nn.GRUCell(I, H)(ag.zeros(2, I, dtype=F64)), ValueError, "input is float64, but the weights float32"),
    (lambda: nn.LSTMCell(I, H)(ag.zeros(2, I), ag.zeros(2, H)), ValueError, "LSTMCell: hx must be the pair \\(h, c\\)"),
]


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS)
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_padding_never_matters():
    """The gradient by the padding is zero, and NaN in it does not spread."""
    model = build("lstm", 2, bidirectional=True)
    x = draw(T, N, I)
    lengths = [6, 4, 2, 1]
    for n, length in enumerate(lengths):
        x.array[length:, n] = np.nan
    x.requires_grad_()
    out, _ = model(pack_padded_sequence(x, lengths))
    padded, _ = pad_packed_sequence(out)
    padded.sum().backward()
    assert np.isfinite(padded.array).all()
    for n, length in enumerate(lengths):
        assert (x.grad.array[length:, n] == 0).all() and (x.grad.array[:length, n] != 0).all()
