"""The autoencoder: its formulas, tied weights, noise, the sparse penalty, its stages, and what it finds."""

import copy
import math
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.models import Autoencoder, Corruption


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def arrays(model):
    return {name: p.array for name, p in model.named_parameters()}


@pytest.mark.parametrize("tied", [False, True])
def test_forward_is_the_formula(tied):
    model = Autoencoder(
        [6, 4, 3], "tanh", code_activation="linear", output_activation="sigmoid", tied=tied, dtype=ag.float64
    )
    x = np.random.default_rng(0).random((5, 6))
    p = arrays(model)
    up1 = p["encoder.2.weight"].T if tied else p["decoder.0.weight"]
    up2 = p["encoder.0.weight"].T if tied else p["decoder.2.weight"]
    code = np.tanh(x @ p["encoder.0.weight"].T + p["encoder.0.bias"]) @ p["encoder.2.weight"].T + p["encoder.2.bias"]
    out = sigmoid(np.tanh(code @ up1.T + p["decoder.0.bias"]) @ up2.T + p["decoder.2.bias"])
    np.testing.assert_allclose(model.encode(ag.tensor(x)).detach().array, code, rtol=1e-12)
    np.testing.assert_allclose(model(ag.tensor(x)).detach().array, out, rtol=1e-12)
    assert len(p) == (6 if tied else 8)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("error", ["squared", "cross_entropy"])
def test_loss_and_gradients(tied, error):
    model = Autoencoder(
        [5, 3], output_activation="sigmoid", tied=tied, error=error, sparsity=0.1, sparsity_weight=2.0, dtype=ag.float64
    )
    x = ag.tensor(np.random.default_rng(1).random((4, 5)))
    y, h = model(x).detach().array, model.encode(x).detach().array.mean(0)
    each = (y - x.array) ** 2 / 2 if error == "squared" else -(x.array * np.log(y) + (1 - x.array) * np.log(1 - y))
    penalty = 0.1 * np.log(0.1 / h) + 0.9 * np.log(0.9 / (1 - h))
    assert model.loss(model(x), x).item() == pytest.approx(each.sum(1).mean() + 2 * penalty.sum(), rel=1e-12)
    parameters = list(model.parameters())
    assert ag.gradcheck(lambda *_: model.loss(model(x), x), parameters)
    model.sparsity_weight = 0
    assert model.loss(model(x), x).item() == pytest.approx(each.sum(1).mean(), rel=1e-12)


def test_the_linear_autoencoder_finds_the_principal_components():
    """The least error is the sum of the eigenvalues left out, and the space spanned that of the first eigenvectors (Baldi
    & Hornik 1989)."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal((200, 6)) @ np.diag([4, 3, 1, 0.7, 0.5, 0.3]) @ np.linalg.qr(rng.standard_normal((6, 6)))[0]
    x -= x.mean(0)
    values, vectors = np.linalg.eigh(x.T @ x / 200)
    ag.manual_seed(0)
    model = Autoencoder([6, 2], "linear", dtype=ag.float64)
    history = optim.fit(
        model, (x, x), loss=model.loss, optimizer=optim.LBFGS(model.parameters(), max_iter=100), epochs=3, batch_size=200,
        progress=False,
    )  # fmt: skip
    assert history["train_loss"][-1] == pytest.approx(values[:4].sum() / 2, rel=1e-5)
    basis = np.linalg.qr(model.decoder[0].weight.array)[0]
    np.testing.assert_allclose(np.linalg.svd(basis.T @ vectors[:, 4:])[1], 1, atol=1e-4)


def test_the_encoder_problem_is_solved():
    ag.manual_seed(1)
    x = ag.eye(8)
    model = Autoencoder([8, 3], output_activation="sigmoid", error="cross_entropy")
    optim.fit(
        model, (x, x), loss=model.loss, optimizer=optim.Adam(model.parameters(), lr=0.05), epochs=400, batch_size=8,
        progress=False,
    )  # fmt: skip
    assert ((model(x) > 0.5) == (x > 0.5)).all()
    code = model.encode(x).detach().array
    assert (np.linalg.norm(code[:, None] - code, axis=2) + np.eye(8)).min() > 0.3


def test_sparsity_brings_the_activity_to_rho():
    rng = np.random.default_rng(3)
    x = ag.tensor(rng.random((64, 10)).astype(np.float32))
    activity = {}
    for weight in (0.0, 30.0):
        ag.manual_seed(2)
        model = Autoencoder([10, 6], sparsity=0.1, sparsity_weight=weight)
        optim.fit(
            model, (x, x), loss=model.loss, optimizer=optim.Adam(model.parameters(), lr=0.03), epochs=200, batch_size=64,
            progress=False,
        )  # fmt: skip
        activity[weight] = model.encode(x).detach().array.mean(0)
    np.testing.assert_allclose(activity[30.0], 0.1, atol=0.01)
    assert abs(activity[0.0] - 0.1).max() > 0.1


def test_saturated_units_have_a_finite_penalty():
    model = Autoencoder([2, 1], sparsity=0.1)
    model.encoder[0].bias.data.fill_(-200.0)
    loss = model.loss(model(ag.ones(3, 2)), ag.ones(3, 2))
    loss.backward()
    assert math.isfinite(loss.item()) and np.isfinite(model.encoder[0].weight.grad.array).all()


def test_tied_weights_stay_tied():
    model = Autoencoder([4, 3, 2], tied=True)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        twin.encoder[0].weight.data.zero_()
        twin.decoder[2].bias.data.fill_(1.0)
        np.testing.assert_array_equal(twin(ag.randn(2, 4)).detach().array, 1)
        assert model.encoder[0].weight.array.any()
    other = Autoencoder([4, 3, 2], tied=True)
    other.load_state_dict(model.state_dict())
    x = ag.randn(3, 4)
    np.testing.assert_array_equal(other(x).detach().array, model(x).detach().array)


# ------------------------------------------------------------------------------------------------------------------ noise


def test_corruption():
    ag.manual_seed(0)
    x = ag.rand(200, 200) * 0.8 + 0.1
    masked = Corruption("masking", 0.3)(x).array
    assert (masked == 0).mean() == pytest.approx(0.3, abs=0.01)
    np.testing.assert_array_equal(masked[masked != 0], x.array[masked != 0])
    salted = Corruption("salt_and_pepper", 0.2, low=-1.0, high=2.0)(x).array
    assert (salted == -1).mean() == pytest.approx(0.1, abs=0.01) and (salted == 2).mean() == pytest.approx(
        0.1, abs=0.01
    )
    kept = (salted != -1) & (salted != 2)
    np.testing.assert_array_equal(salted[kept], x.array[kept])
    noise = (Corruption("gaussian", 0.5)(x) - x).array
    assert noise.std() == pytest.approx(0.5, rel=0.02) and abs(noise.mean()) < 0.01
    for kind in ("gaussian", "masking", "salt_and_pepper"):
        layer = Corruption(kind, 0.3)
        assert layer(x).dtype == np.float32 and not (layer(x).array == layer(x).array).all()
        ag.manual_seed(5)
        first = layer(x).array
        ag.manual_seed(5)
        np.testing.assert_array_equal(layer(x).array, first)
        assert layer.eval()(x) is x
        assert Corruption(kind, 0.0)(x) is x


def test_denoising_learns_to_take_the_noise_away():
    """Values that come in pairs: what is masked can be had from the other."""
    ag.manual_seed(3)
    half = np.random.default_rng(4).choice([-1.0, 1.0], (400, 4)).astype(np.float32)
    x = ag.tensor(np.repeat(half, 2, axis=1))
    errors = {}
    for noise in (None, "masking"):
        ag.manual_seed(3)
        model = Autoencoder([8, 8], "tanh", noise=noise)
        optim.fit(
            model, (x, x), loss=model.loss, optimizer=optim.Adam(model.parameters(), lr=0.02), epochs=40, progress=False
        )  # fmt: skip
        corrupted = x.detach().clone()
        corrupted[:, ::2] = 0.0
        model.eval()
        errors[noise] = F.mse_loss(model(corrupted), x).item()
    assert errors["masking"] < 0.3 * errors[None]


# ---------------------------------------------------------------------------------------------------------------- stages


@pytest.mark.parametrize("tied", [False, True])
def test_stages_share_the_parameters(tied):
    model = Autoencoder(
        [6, 4, 3], output_activation="sigmoid", error="cross_entropy", tied=tied, noise="masking", code_activation="tanh",
        sparsity=None, dtype=ag.float64,
    )  # fmt: skip
    first, second = model.stages()
    assert (first.sizes, second.sizes) == ((6, 4), (4, 3))
    shared = [p for stage in (first, second) for p in stage.parameters()]
    assert {id(p) for p in shared} == {id(p) for p in model.parameters()} and len(shared) == len(
        list(model.parameters())
    )
    assert (first.error, second.error) == ("cross_entropy",) * 2 and first.corruption.kind == "masking"
    model.eval()
    first.eval()
    x = ag.rand(5, 6, dtype=ag.float64)
    h = first.encode(x)
    np.testing.assert_allclose(second.encode(h).detach().array, model.encode(x).detach().array)
    np.testing.assert_allclose(first.decode(second.decode(second.encode(h))).detach().array, model(x).detach().array)
    mixed = Autoencoder([6, 4, 3], "relu", output_activation="sigmoid", error="cross_entropy", code_activation="sigmoid",
                        sparsity=0.1).stages()  # fmt: skip
    assert [(s.error, s.sparsity) for s in mixed] == [("cross_entropy", None), ("squared", 0.1)]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Autoencoder(784), TypeError, r"the sizes come as one list; pass Autoencoder\(\[784, 32\]\)"),
        (lambda: Autoencoder([784]), ValueError, r"sizes must name at least the input and the code, got \(784,\)"),
        (lambda: Autoencoder([4, 0]), ValueError, r"sizes must be at least 1, got \(4, 0\)"),
        (lambda: Autoencoder([4, 2], error="abs"), ValueError, "error is one of squared, cross_entropy, got 'abs'"),
        (lambda: Autoencoder([4, 2], error="cross_entropy"), ValueError, "needs outputs from 0 to 1; pass output_activation="),
        (lambda: Autoencoder([4, 2], "relu", sparsity=0.1), ValueError, "got 0.1 with ReLU; pass code_activation='sigmoid'"),
        (lambda: Autoencoder([4, 2], sparsity=1.0), ValueError, "lies between 0 and 1, got 1.0"),
        (lambda: Autoencoder([4, 2], sparsity_weight=-1), ValueError, "sparsity_weight must not be negative, got -1"),
        (lambda: Autoencoder([4, 2], noise="pink"), ValueError, "kind is one of gaussian, masking, salt_and_pepper, got"),
        (lambda: Corruption("masking", 1.5), ValueError, "the part of the values that is corrupted, from 0 to 1, got 1.5"),
        (lambda: Corruption("gaussian", -1), ValueError, "level must not be negative, got -1"),
        (lambda: Autoencoder([4, 2]).loss(ag.ones(3, 4), ag.ones(4)), ValueError, r"output \(3, 4\) and target \(4,\) must"),
        (lambda: Autoencoder([4, 2])(ag.ones(3, 5)), ValueError, r"linear: x has shape .*encoder.0"),
        (lambda: Autoencoder([4, 2], device="cuda"), TypeError, "there are no devices"),
        (
            lambda: Autoencoder([2, 1], output_activation="sigmoid", error="cross_entropy").loss(
                ag.tensor([[0.5, 0.5]]), ag.tensor([[2.0, 0.0]])
            ),
            ValueError,
            "targets|target|between 0 and 1",
        ),
    ],
)  # fmt: skip
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_tied_decoder_is_seen_by_fit():
    model = Autoencoder([4, 2], tied=True)
    x = ag.rand(10, 4)
    optim.fit(model, (x, x), loss=model.loss, optimizer=optim.SGD(model.parameters(), lr=0.1), progress=False)
    assert isinstance(model.encoder[0], nn.Linear) and "TransposedLinear(in_features=2, out_features=4)" in repr(model)
