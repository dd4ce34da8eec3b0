"""nn.utils: packed and padded sequences, tbptt, clipping, vectors of parameters."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.utils import rnn
from nn.utils.rnn import pack_padded_sequence, pack_sequence, pad_packed_sequence, pad_sequence, unpad_sequence

LENGTHS = [2, 5, 1, 4]


def sequences(*rest, dtype=ag.float64):
    return [ag.randn(n, *rest, dtype=dtype) for n in LENGTHS]


# ------------------------------------------------------------------------------------------------------ pad and pack


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("batch_first", [False, True])
def test_pad(batch_first, side):
    each = sequences(3)
    padded = pad_sequence(each, batch_first, -7.0, side)
    assert padded.dtype == ag.float64
    for n, s in enumerate(each):
        row = padded.array[n] if batch_first else padded.array[:, n]
        inside = slice(0, len(s)) if side == "right" else slice(5 - len(s), 5)
        np.testing.assert_array_equal(row[inside], s.array)
        assert (np.delete(row, np.r_[inside], axis=0) == -7).all()


@pytest.mark.parametrize("batch_first", [False, True])
def test_unpad(batch_first):
    each = sequences(2)
    for found, s in zip(unpad_sequence(pad_sequence(each, batch_first), LENGTHS, batch_first), each, strict=True):
        np.testing.assert_array_equal(found.array, s.array)


def test_pack_lies_step_after_step():
    each = sequences(2)
    packed = pack_sequence(each, enforce_sorted=False)
    order = [1, 3, 0, 2]
    assert packed.batch_sizes.tolist() == [4, 3, 2, 2, 1]
    assert packed.sorted_indices.tolist() == order and packed.unsorted_indices.tolist() == [2, 0, 3, 1]
    expected = [each[i].array[t] for t in range(5) for i in order if t < LENGTHS[i]]
    np.testing.assert_array_equal(packed.data.array, expected)
    sorted_ = pack_sequence([each[i] for i in order])
    np.testing.assert_array_equal(sorted_.data.array, expected)
    assert sorted_.sorted_indices is None and sorted_.unsorted_indices is None


@pytest.mark.parametrize("rest", [(), (2,), (2, 3)])
@pytest.mark.parametrize("batch_first", [False, True])
def test_there_and_back(batch_first, rest):
    each = sequences(*rest)
    padded = pad_sequence(each, batch_first)
    packed = pack_padded_sequence(padded, ag.tensor(LENGTHS), batch_first, enforce_sorted=False)
    back, lengths = pad_packed_sequence(packed, batch_first, total_length=7, padding_value=-1.0)
    assert lengths.tolist() == LENGTHS and back.shape[:2] == ((4, 7) if batch_first else (7, 4))
    expected = pad_sequence([*each, ag.zeros(7, *rest, dtype=ag.float64)], batch_first, -1.0)
    np.testing.assert_array_equal(back.array, expected.array[:4] if batch_first else expected.array[:, :4])
    for found, s in zip(rnn.unpack_sequence(packed), each, strict=True):
        np.testing.assert_array_equal(found.array, s.array)


def test_gradients_go_through():
    each = [ag.randn(n, 2, dtype=ag.float64, requires_grad=True) for n in LENGTHS]

    def there_and_back(*each):
        return pad_packed_sequence(pack_sequence(each, enforce_sorted=False))[0]

    assert ag.gradcheck(there_and_back, each) and ag.gradgradcheck(lambda *e: there_and_back(*e) ** 2, each)


def test_dtypes_of_a_packed_sequence():
    packed = pack_sequence([ag.tensor([1, 2]), ag.tensor([3])])
    assert packed.data.dtype == ag.int64
    assert packed.double().data.dtype == ag.float64 and packed.float().data.dtype == ag.float32
    assert packed.to(ag.int32).data.dtype == packed.int().data.dtype == ag.int32
    assert packed.half().data.dtype == ag.float16 and packed.half().long().data.dtype == ag.int64
    assert rnn.invert_permutation(None) is None


def test_a_packed_sequence_finds_the_inverse_order():
    made = rnn.PackedSequence(ag.arange(5), ag.tensor([3, 2]), ag.tensor([2, 0, 1]))
    for packed in (made, made.double(), pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert type(packed) is rnn.PackedSequence and packed.unsorted_indices.tolist() == [1, 2, 0]
    assert rnn.PackedSequence(ag.arange(5), ag.tensor([3, 2])).unsorted_indices is None


ERRORS = [
    (
        lambda: pack_padded_sequence(ag.zeros(3), [1]),
        ValueError,
        "at least two dimensions, got Tensor of shape \\(3,\\)",
    ),
    (
        lambda: pack_padded_sequence(ag.zeros(0, 2, 1), [1, 1]),
        ValueError,
        "shape \\(0, 2, 1\\) has no sequences or no steps",
    ),
    (lambda: pack_padded_sequence(ag.zeros(5, 4), [5, 3]), ValueError, "shape \\(2,\\), but the batch has 4 sequences"),
    (lambda: pack_padded_sequence(ag.zeros(5, 2), [5, 0]), ValueError, "sequence 1 has length 0, .* from 1 to 5"),
    (lambda: pack_padded_sequence(ag.zeros(5, 2), [6, 2]), ValueError, "sequence 0 has length 6"),
    (lambda: pack_padded_sequence(ag.zeros(5, 2), [2.0, 2.0]), TypeError, "lengths must be whole numbers, got float64"),
    (
        lambda: pack_padded_sequence(ag.zeros(5, 3), [5, 2, 3]),
        ValueError,
        "sequence 1 has length 2 and sequence 2 has 3; pass enforce_sorted=False",
    ),
    (lambda: pad_packed_sequence(ag.zeros(3)), TypeError, "needs a PackedSequence, got Tensor of shape \\(3,\\)"),
    (lambda: rnn.unpack_sequence([1]), TypeError, "unpack_sequence: needs a PackedSequence, got list"),
    (
        lambda: pad_packed_sequence(pack_sequence([ag.zeros(3)]), total_length=2),
        ValueError,
        "total_length=2 and max sequence length being 3",
    ),
    (lambda: pad_sequence(3), TypeError, "needs an iterable of tensors, got int"),
    (lambda: pad_sequence([]), ValueError, "needs at least one sequence, got none"),
    (lambda: pad_sequence([ag.zeros(2)], padding_side="top"), ValueError, "must be 'right' or 'left', got 'top'"),
    (
        lambda: pad_sequence([ag.zeros(2, 1), ag.zeros(2, 3)]),
        ValueError,
        "sequence 1 has shape \\(2, 3\\), sequence 0 \\(2, 1\\)",
    ),
    (
        lambda: rnn.tbptt(nn.RNN(1, 1), ag.zeros(3, 1), 0),
        ValueError,
        "steps must be a whole number of at least 1, got 0",
    ),
    (lambda: nn.utils.clip_grad_norm_([1.0], 1.0), TypeError, "number 0 is float 1.0; pass model.parameters\\(\\)"),
    (lambda: nn.utils.vector_to_parameters([1.0], []), TypeError, "expected a Tensor, but got list"),
    (
        lambda: nn.utils.vector_to_parameters(ag.zeros(3), [ag.zeros(2), ag.zeros(2)]),
        ValueError,
        "shape \\(3,\\), but the 2 parameters have 4 elements",
    ),
]


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS)
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


# ------------------------------------------------------------------------------------------------------------- tbptt


@pytest.mark.parametrize("batch_first", [False, True])
def test_tbptt_cuts_the_history_and_not_the_state(batch_first):
    model = nn.LSTM(2, 3, batch_first=batch_first, dtype=ag.float64)
    x = ag.randn(*((4, 7) if batch_first else (7, 4)), 2, dtype=ag.float64, requires_grad=True)
    whole, last = model(x)
    pieces, reached = [], []
    state = None
    for where, output, following in rnn.tbptt(model, x, 3):
        x.grad = None
        (output[:, -1] if batch_first else output[-1]).sum().backward()
        touched = np.abs(x.grad.array).sum((0, 2) if batch_first else (1, 2)) > 0
        reached.append((where, np.flatnonzero(touched).tolist()))
        pieces.append(output)
        state = following
    np.testing.assert_allclose(ag.cat(pieces, 1 if batch_first else 0).array, whole.array, atol=1e-14)
    np.testing.assert_allclose(state[1].array, last[1].array, atol=1e-14)
    assert reached == [(slice(0, 3), [0, 1, 2]), (slice(3, 6), [3, 4, 5]), (slice(6, 7), [6])]


def test_tbptt_starts_from_a_state():
    model = nn.GRU(2, 3)
    x, start = ag.randn(5, 1, 2), ag.randn(1, 1, 3, requires_grad=True)
    where, output, _ = next(rnn.tbptt(model, x, 5, start))
    np.testing.assert_array_equal(output.array, model(x, start)[0].array)
    output.sum().backward()
    assert where == slice(0, 5) and start.grad is None


# ------------------------------------------------------------------------------------------------- gradients, parameters


def with_gradients(*gradients):
    parameters = []
    for g in gradients:
        p = ag.zeros(*np.shape(g), requires_grad=True)
        p.grad = None if g is None else ag.tensor(g)
        parameters.append(p)
    return parameters


@pytest.mark.parametrize(("norm_type", "total"), [(2, 13.0), (1, 19.0), (float("inf"), 12.0)])
def test_clip_grad_norm(norm_type, total):
    a, b, none = with_gradients([3.0, 4.0], [[-12.0]], [0.0])
    none.grad = None
    found = nn.utils.clip_grad_norm_((p for p in (a, b, none)), 2.0, norm_type)
    assert float(found) == pytest.approx(total) and found.dtype == ag.float32
    np.testing.assert_allclose(a.grad.array, np.array([3, 4]) * 2 / total, rtol=1e-5)
    np.testing.assert_allclose(b.grad.array, [[-24 / total]], rtol=1e-5)
    before = a.grad.array.copy()
    nn.utils.clip_grad_norm_([a, b], 100.0)
    np.testing.assert_array_equal(a.grad.array, before)
    with pytest.warns(UserWarning, match="clip_grad_norm_: none of the 1 parameters has a gradient"):
        assert float(nn.utils.clip_grad_norm_([none], 1.0)) == 0


def test_clip_grad_norm_of_nan():
    a, b = with_gradients([1.0], [np.nan])
    with pytest.raises(RuntimeError, match="order 2.0 for gradients is non-finite \\(nan\\).*gradient 1 of 2"):
        nn.utils.clip_grad_norm_([a, b], 1.0, error_if_nonfinite=True)
    assert a.grad.array[0] == 1
    assert np.isnan(float(nn.utils.clip_grad_norm_([a, b], 1.0)))
    assert np.isnan(a.grad.array[0])


def test_clip_grad_value():
    a, b = with_gradients([3.0, -4.0, 0.5], [1.0])
    b.grad = None
    nn.utils.clip_grad_value_([a, b], 1)
    np.testing.assert_array_equal(a.grad.array, [1, -1, 0.5])
    nn.utils.clip_grad_value_(a, 0.25)
    np.testing.assert_array_equal(a.grad.array, [0.25, -0.25, 0.25])


@pytest.mark.parametrize(
    "clip",
    [
        lambda parameters: nn.utils.clip_grad_norm_(parameters, 1.0),
        lambda parameters: nn.utils.clip_grad_value_(parameters, 1.0),
        lambda parameters: nn.utils.clip_grads_with_norm_(parameters, 1.0, ag.tensor(5.0)),
    ],
    ids=["norm", "value", "with_norm"],
)
def test_clipping_that_has_no_effect_warns(clip):
    parameters = nn.Linear(2, 2).parameters()
    list(parameters)
    with pytest.warns(
        UserWarning, match=r"the generator is empty.*parameters = list\(model.parameters\(\)\)"
    ) as caught:
        clip(parameters)
    assert len(caught) == 1 and caught[0].filename == __file__
    layer = nn.Linear(2, 2)
    with pytest.warns(UserWarning, match="none of the 2 parameters has a gradient") as caught:
        clip(layer.parameters())
    assert len(caught) == 1
    layer.weight.grad = ag.ones(2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        clip(layer.parameters())  # one gradient is enough
        clip([])
    with pytest.raises(TypeError, match=r"clip_grad.*: needs tensors, but got .*Linear.*; pass model.parameters\(\)"):
        clip(layer)


def test_vector_of_parameters():
    model = nn.GRU(2, 3)
    vector = nn.utils.parameters_to_vector(model.parameters())
    assert vector.shape == (sum(p.numel() for p in model.parameters()),)
    (vector * vector).sum().backward()
    for p in model.parameters():
        np.testing.assert_allclose(p.grad.array, 2 * p.array)
    nn.utils.vector_to_parameters(ag.arange(len(vector)).float(), model.parameters())
    flat = np.concatenate([p.array.reshape(-1) for p in model.parameters()])
    np.testing.assert_array_equal(flat, np.arange(len(vector)))
