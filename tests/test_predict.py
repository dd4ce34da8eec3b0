"""predict, predict_proba and mc_dropout."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, StackDataset, TensorDataset

X = np.random.default_rng(0).standard_normal((23, 3))


def linear(outputs=4):
    ag.manual_seed(0)
    return nn.Sequential(nn.Dropout(0.5), nn.BatchNorm1d(3), nn.Linear(3, outputs)).double()


FORMS = {
    "array": X,
    "float32": X.astype(np.float32),
    "tensor": ag.tensor(X),
    "dataset": TensorDataset(X),
    "with targets": TensorDataset(X, np.arange(23)),
    "and weights": TensorDataset(X, np.arange(23), np.ones(23)),
    "list": X.tolist(),
    "loader": DataLoader(TensorDataset(X, np.arange(23)), batch_size=4),
    "tensors": [ag.tensor(X[:9]), ag.tensor(X[9:])],
}


@pytest.mark.parametrize("data", FORMS.values(), ids=FORMS)
def test_outputs_of_all_data(data):
    m = linear()
    m[1].running_mean.array[...] = [1.0, 2.0, 3.0]
    m[0].eval()  # a part that is in evaluation mode stays there
    wanted = (X - [1, 2, 3]) / np.sqrt(1 + 1e-5) @ m[2].weight.array.T + m[2].bias.array
    found = optim.predict(m, data, batch_size=5)
    np.testing.assert_allclose(found.array, wanted, rtol=1e-5, atol=1e-5)
    assert not found.requires_grad and m.training and m[1].training and not m[0].training
    np.testing.assert_array_equal(m[1].running_mean.array, [1, 2, 3])


class Two(nn.Module):
    def forward(self, a, b):
        return {"sum": a + b, "parts": (a, b.sum(1))}


def test_several_inputs_and_outputs():
    forms = [(X, 2 * X), {"b": 2 * X, "a": X}, StackDataset(TensorDataset(X, 2 * X), np.arange(23))]
    for data in forms:
        found = optim.predict(Two(), data, batch_size=5)
        np.testing.assert_allclose(found["sum"].array, (3 * X).astype(np.float32), rtol=1e-5)
        np.testing.assert_allclose(found["parts"][1].array, (2 * X).sum(1), rtol=1e-4, atol=1e-5)


def test_data_that_cannot_be_read():
    for data, error, message in (
        (3.0, TypeError, "predict: data must be a DataLoader, a dataset, or an array of inputs, got float"),
        ("text", TypeError, "or an array of inputs, got str"),
        ([], ValueError, "the data has no batch"),
        ((X, X[:4]), ValueError, r"the arrays of data have shapes \[\(23, 3\), \(4, 3\)\]"),
    ):
        with pytest.raises(error, match=message):
            optim.predict(Two(), data)
    with pytest.raises(TypeError, match="predict: model must be an nn.Module"):
        optim.predict(print, X)


LOSSES = {
    "scores": (F.cross_entropy, lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True)),
    "module": (nn.CrossEntropyLoss(), lambda z: np.exp(z) / np.exp(z).sum(1, keepdims=True)),
    "logarithms": (nn.NLLLoss(), np.exp),
    "labels": (F.binary_cross_entropy_with_logits, lambda z: 1 / (1 + np.exp(-z))),
    "probabilities": (nn.BCELoss(), lambda z: z),
}


@pytest.mark.parametrize(("loss", "wanted"), LOSSES.values(), ids=LOSSES)
def test_probabilities(loss, wanted):
    m = linear()
    z = optim.predict(m, X).array
    np.testing.assert_allclose(optim.predict_proba(m, X, loss=loss, batch_size=4).array, wanted(z), rtol=1e-9)


def test_probabilities_of_one_column():
    for m in (linear(1), nn.Sequential(linear(1), nn.Flatten(0))):
        p = 1 / (1 + np.exp(-optim.predict(m, X).array.reshape(-1)))
        found = optim.predict_proba(m, X, loss=nn.BCEWithLogitsLoss()).array
        np.testing.assert_allclose(found, np.stack([1 - p, p], 1), rtol=1e-9)


def test_outputs_that_are_no_probabilities():
    with pytest.raises(ValueError, match="not known what the outputs of a model are that was trained by .*mse_loss"):
        optim.predict_proba(linear(), X, loss=F.mse_loss)
    with pytest.raises(TypeError, match="the output must be a tensor, got dict"):
        optim.predict_proba(Two(), (X, X))


def test_dropout_left_on():
    """Of w x with dropout p the mean is w x, the variance w² x² p / (1 - p)."""
    ag.manual_seed(0)
    m = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.25), nn.Linear(3, 1, bias=False)).double()
    spread = optim.mc_dropout(m, X, 4000, batch_size=10)
    w = m[2].weight.array[0]
    terms = w * X / np.sqrt(1 + 1e-5)
    std = np.sqrt((terms**2).sum(1) / 3)
    np.testing.assert_allclose(spread.mean.array[:, 0], terms.sum(1), atol=5 * std.max() / np.sqrt(4000))
    np.testing.assert_allclose(spread.std.array[:, 0], std, rtol=0.06)
    np.testing.assert_array_equal(m[0].running_mean.array, 0)  # batch normalisation is in evaluation mode
    assert all(module.training for module in m.modules())
    assert (spread.lower.array <= spread.mean.array).all() and (spread.mean.array <= spread.upper.array).all()


def test_the_interval_holds_the_given_part():
    spread = optim.mc_dropout(nn.Dropout(0.5), ag.ones(1, 2000), 50, level=0.5)
    assert set(np.unique(spread.lower.array)) <= {0.0, 0.5, 1.0, 1.5, 2.0}

    class Random(nn.Module):
        def __init__(self):
            super().__init__()
            self.dropout = 0.1

        def forward(self, x):
            assert self.training
            return x + ag.randn(len(x), 1)

    spread = optim.mc_dropout(Random(), np.zeros((40, 1)), 2000, level=0.9)
    np.testing.assert_allclose(spread.upper.array, 1.645, atol=0.25)
    np.testing.assert_allclose(spread.lower.array, -1.645, atol=0.25)


def test_a_generator_repeats_and_leaves_the_library_alone():
    m = nn.Dropout(0.5)
    state = ag.get_rng_state()
    runs = [optim.mc_dropout(m, X, 10, generator=ag.Generator(seed)).mean.array for seed in (1, 1, 2)]
    assert ag.get_rng_state() == state
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()
    generator = ag.Generator(1)
    first, second = (optim.mc_dropout(m, X, 10, generator=generator).mean.array for _ in range(2))
    assert (first != second).any()


def test_the_standard_deviation_of_two():
    spread = optim.mc_dropout(nn.Dropout(0.5), ag.ones(1, 40), 2, generator=ag.Generator(0))
    differ = spread.mean.array == 1
    assert differ.any()
    np.testing.assert_allclose(spread.std.array, np.where(differ, np.sqrt(2), 0), rtol=1e-6)


def test_an_activation_is_averaged():
    ag.manual_seed(0)
    m = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 4))
    spread = optim.mc_dropout(m, X, 30, activation=lambda z: F.softmax(z, 1))
    np.testing.assert_allclose(spread.mean.array.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (nn.Linear(3, 1), {}, r"the model has no dropout, so that all outputs would be equal; put nn.Dropout\(0.1\)"),
        (nn.Dropout(0.1), {"samples": 1}, "samples must be a whole number of at least 2, got 1"),
        (nn.Dropout(0.1), {"level": 1.0}, "level must be between 0 and 1, got 1"),
    ],
)
def test_intervals_that_cannot_be(model, options, message):
    with pytest.raises(ValueError, match=message):
        optim.mc_dropout(model, X, **options)
