"""Advice in messages can be pasted: each error's way out, run as code, makes the call work."""

import re

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F

IMAGES = np.random.default_rng(0).standard_normal((4, 8, 6, 3)).astype(np.float32)  # channels last
COLUMN = np.array([[0], [1], [2], [0]])


def message(call, *args):
    with pytest.raises((TypeError, ValueError)) as caught:
        call(*args)
    return str(caught.value)


def followed(call, what, value, pattern, *rest):
    """The result of `call` after the advice that `pattern` finds in its message was run on `value`, called `what`."""
    text = message(call, value, *rest)
    advice = re.search(pattern, text)
    assert advice, text
    return call(eval(advice[0], {"ag": ag, what: value}), *rest)


@pytest.mark.parametrize("kind", [ag.tensor, np.asarray])
def test_labels_in_a_column_and_classes_that_stand_last(kind):
    scores, t = ag.randn(4, 3), kind(COLUMN)
    for loss in (F.cross_entropy, F.nll_loss, F.multi_margin_loss):
        call = lambda t, loss=loss: loss(scores, t)  # noqa: E731
        assert followed(call, "target", t, r"target\.squeeze\(1\)") == loss(scores, ag.tensor(COLUMN[:, 0]))
        assert followed(call, "target", kind(COLUMN.T), r"target\.squeeze\(0\)").shape == ()
    assert nn.CrossEntropyLoss()(scores, ag.tensor(COLUMN[:, 0])) == followed(
        lambda t: nn.CrossEntropyLoss()(scores, t), "target", t, r"target\.squeeze\(1\)"
    )
    text = message(F.cross_entropy, scores, kind(COLUMN[:, 0].astype(np.float32)))
    assert "use target.long()" in text or 'use target.astype("int64")' in text
    steps = ag.randn(4, 5, 3)  # (N, T, C), as a recurrent network gives
    t = ag.zeros(4, 5, dtype=ag.int64)
    assert followed(lambda v: F.cross_entropy(v, t), "input", steps, r"input\.movedim\(-1, 1\)").shape == ()


def test_images_with_their_channels_last():
    x = ag.tensor(IMAGES)
    for layer in (nn.Conv2d(3, 5, 3), nn.ConvTranspose2d(3, 5, 3), lambda x: F.conv2d(x, ag.randn(5, 3, 3, 3))):
        out = followed(layer, "x", x, r"x\.permute\(0, 3, 1, 2\)")
        assert out.shape[:2] == (4, 5)
        assert followed(layer, "x", x[0], r"x\.permute\(2, 0, 1\)").shape == out.shape[1:]
    assert followed(nn.Conv1d(3, 5, 3), "x", x[:, 0], r"x\.permute\(0, 2, 1\)").shape == (4, 5, 4)
    assert followed(nn.Conv3d(3, 5, 1), "x", x[None], r"x\.permute\(0, 4, 1, 2, 3\)").shape == (1, 5, 4, 8, 6)
    gray = x[..., :1]
    assert followed(nn.Conv2d(1, 5, 3), "x", gray, r"x\.permute\(0, 3, 1, 2\)").shape == (4, 5, 6, 4)
    assert followed(nn.Conv2d(1, 5, 3), "x", x[..., 0], r"x\.unsqueeze\(1\)").shape == (4, 5, 6, 4)
    text = message(nn.Conv2d(4, 5, 3), x)  # neither 8 nor 3
    assert text.endswith("pass in_channels=8") and "permute" not in text


LAYERS = {
    "Linear": lambda: nn.Linear(3, 2),
    "Conv1d": lambda: nn.Conv1d(2, 2, 1),
    "LayerNorm": lambda: nn.LayerNorm(3),
    "LSTM": lambda: nn.LSTM(3, 4),
    "GRUCell": lambda: nn.GRUCell(3, 4),
    "TransformerEncoderLayer": lambda: nn.TransformerEncoderLayer(3, 1, 4),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_data_of_another_dtype_than_the_model(layer):
    for given, wanted in ((np.float64, "float"), (np.float32, "double")):
        x = ag.tensor(np.ones((2, 3), given))
        model = getattr(LAYERS[layer](), wanted)()
        out = followed(model, "input" if "input." in message(model, x) else "x", x, rf"(x|input)\.{wanted}\(\)")
        assert (out[0] if isinstance(out, tuple) else out).dtype.name == {"float": "float32", "double": "float64"}[
            wanted
        ]
        way = re.search(r"model\.\w+\(\)", message(model, x))
        assert way
        out = eval(way[0], {"model": model})(x)
        assert (out[0] if isinstance(out, tuple) else out).dtype == given


def test_arrays_are_converted_as_arrays_are():
    x = np.ones((2, 3))
    for layer in (nn.Linear(3, 2), nn.LayerNorm(3)):
        what = "input" if "input." in message(layer, x) else "x"
        assert followed(layer, what, x, r'(x|input)\.astype\("float32"\)').shape[0] == 2
    assert followed(lambda v: F.embedding(v, ag.ones(3, 2)), "input", x, r'input\.astype\("int64"\)').shape == (2, 3, 2)
    assert followed(nn.Conv1d(2, 2, 1), "x", ag.ones(2, 3, dtype=ag.uint8), r"x\.float\(\)").shape == (2, 3)


def test_other_dtypes_that_must_agree():
    z, double = ag.zeros(3), ag.ones(3, dtype=ag.float64)
    at = ag.tensor([0, 1, 2])
    for call, what, value in (
        (lambda imag: ag.complex(z, imag), "imag", double),
        (lambda src: z.scatter(0, at, src), "src", double),
        (lambda source: z.index_add(0, at, source), "source", double),
        (lambda values: z.index_put((at,), values), "values", ag.ones(3, dtype=ag.int32)),
        (lambda grid: F.grid_sample(ag.ones(1, 1, 2, 2), grid), "grid", ag.zeros(1, 2, 2, 2, dtype=ag.float64)),
    ):
        assert followed(call, what, value, rf"{what}\.float\(\)").shape
