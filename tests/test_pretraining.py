"""Pre-training: each method against the same steps by hand, what stays as it was, what it is good for, what it refuses."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import datasets
from nn.models import RBM, Autoencoder


def data(N=60, D=8, seed=0):
    return np.random.default_rng(seed).random((N, D)).astype(np.float32)


def arrays(model):
    return {name: p.array.copy() for name, p in model.named_parameters()}


def assert_same(model, expected, names=None):
    for name, array in arrays(model).items():
        if names is None or name in names:
            np.testing.assert_array_equal(array, expected[name], err_msg=name)


def deep(activation="sigmoid"):
    ag.manual_seed(0)
    return nn.MLP([8, 6, 5, 2], activation)


@pytest.mark.parametrize("tied", [True, False])
def test_autoencoders_by_hand(tied):
    x, model, twin = ag.tensor(data()), deep(), deep()
    ag.manual_seed(1)
    courses = optim.pretrain(model, x.array, epochs=[2, 3], batch_size=16, noise="masking", tied=tied, progress=False)
    assert [len(course) for course in courses] == [2, 3] and all(
        isinstance(course, optim.History) for course in courses
    )

    ag.manual_seed(1)
    h = x
    for linear, epochs in ((twin[0], 2), (twin[2], 3)):
        stage = Autoencoder(
            linear.weight.shape[::-1],
            "sigmoid",
            output_activation="sigmoid",
            error="cross_entropy",
            noise="masking",
            tied=tied,
        )
        stage.encoder[0].load_state_dict(linear.state_dict())
        optim.fit(
            stage, (h, h), loss=stage.loss, optimizer=optim.Adam(stage.parameters()), epochs=epochs, batch_size=16,
            keep_best=False, progress=False,
        )  # fmt: skip
        linear.load_state_dict(stage.encoder[0].state_dict())
        h = linear(h).sigmoid().detach()
    assert_same(model, arrays(twin))
    fresh = arrays(deep())
    assert_same(model, fresh, ["4.weight", "4.bias"])
    assert all((arrays(model)[name] != fresh[name]).any() for name in ("0.weight", "0.bias", "2.weight", "2.bias"))


def test_boltzmann_machines_by_hand():
    x, model, twin = ag.tensor(data()), deep(), deep()
    courses = optim.pretrain(
        model, x, method="rbm", epochs=2, batch_size=16, lr=0.1, k=2, generator=ag.Generator(3), progress=False
    )
    generator = ag.Generator(3)
    ag.manual_seed(0)
    deep()
    h = x
    for linear, course in zip((twin[0], twin[2]), courses, strict=True):
        machine = RBM(linear.in_features, linear.out_features)
        again = machine.fit(h, epochs=2, batch_size=16, lr=0.1, k=2, generator=generator)
        linear.weight.data, linear.bias.data = machine.weight.detach(), machine.hidden_bias.detach()
        h = linear(h).sigmoid().detach()
        assert again.errors == course.errors
    assert_same(model, arrays(twin))
    values = ag.tensor(data()) * 6 - 3  # Gaussian visible units
    assert optim.pretrain(deep(), values, method="rbm", epochs=1, progress=False)[0].epochs == 1


def test_for_the_targets_by_hand():
    x, model, twin = ag.tensor(data()), deep("tanh"), deep("tanh")
    y = ag.tensor((x.array.sum(1) > 4).astype(np.int64))
    make = lambda parameters: optim.SGD(parameters, lr=0.1)  # noqa: E731
    ag.manual_seed(1)
    optim.pretrain(
        model, x, y, method="supervised", loss=F.cross_entropy, optimizer=make, epochs=2, batch_size=16, progress=False
    )
    ag.manual_seed(1)
    h = x
    for linear in (twin[0], twin[2]):
        net = nn.Sequential(linear, nn.Tanh(), nn.Linear(linear.out_features, 2))
        optim.fit(
            net, (h, y), loss=F.cross_entropy, optimizer=make(net.parameters()), epochs=2, batch_size=16, keep_best=False,
            progress=False,
        )  # fmt: skip
        h = linear(h).tanh().detach()
    assert_same(model, arrays(twin))


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("method", ["autoencoder", "rbm"])
def test_a_stacked_autoencoder_has_its_decoder_trained_too(method, tied):
    x = ag.tensor((data(300, 4) > 0.5).astype(np.float32)[:, [0, 0, 1, 1, 2, 2, 3, 3]])  # 4 bits, each twice
    ag.manual_seed(0)
    model = Autoencoder([8, 8, 6], output_activation="sigmoid", error="cross_entropy", tied=tied)
    start, before = model.loss(model(x), x).item(), arrays(model)
    model.eval()
    options = {"lr": 0.2} if method == "rbm" else {"optimizer": lambda p: optim.Adam(p, lr=0.03)}
    optim.pretrain(model, x, method=method, epochs=40, batch_size=30, progress=False, **options)
    assert model.loss(model(x), x).item() < 0.6 * start
    assert all((p != before[name]).any() for name, p in arrays(model).items())
    assert not model.training and not any(module.training for module in model.modules())
    if method == "rbm" and not tied:
        np.testing.assert_array_equal(model.decoder[2].weight.array, model.encoder[0].weight.array.T)


def test_what_is_given_to_the_model_is_given_to_its_layers():
    """Flattened images, dropout, nested containers; values that are not from 0 to 1; the output layer too."""
    x = ag.randn(40, 1, 2, 4)
    model = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Dropout(0.5), nn.Linear(8, 6), nn.ReLU(), nn.Dropout(0.9)),
                          nn.Linear(6, 4), nn.Tanh())  # fmt: skip
    before = arrays(model)
    courses = optim.pretrain(model, x, epochs=30, batch_size=20, optimizer=lambda p: optim.Adam(p, lr=0.01), layers=2,
                             progress=False)  # fmt: skip
    assert len(courses) == 2 and all(course["train_loss"][-1] < course["train_loss"][0] for course in courses)
    assert all((p != before[name]).any() for name, p in arrays(model).items())
    assert all(module.training for module in model.modules())
    weights = []
    for first in (nn.Dropout(0.5), nn.Identity()):  # nothing is dropped from what the layers learn on
        ag.manual_seed(0)
        model = nn.Sequential(first, nn.Linear(8, 6), nn.Sigmoid(), nn.Linear(6, 2))
        optim.pretrain(model, x.flatten(1), epochs=2, progress=False)
        weights.append(model[1].weight.array)
    np.testing.assert_array_equal(*weights)
    one = nn.Sequential(nn.Linear(8, 6), nn.Sigmoid(), nn.Linear(6, 2))
    assert len(optim.pretrain(one, x.flatten(1), epochs=1, layers=1, progress=False)) == 1


def test_lines_of_progress(capsys):
    optim.pretrain(deep(), data(), method="rbm", epochs=1, progress=False)  # compiles
    optim.pretrain(deep(), data(), method="rbm", epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "layer 1 of 2: 8 → 6" and lines[3] == "layer 2 of 2: 6 → 5" and len(lines) == 6
    assert lines[1].startswith("epoch 1/2  reconstruction error 0.")


def test_a_deep_sigmoid_network_learns_from_the_start_it_gets():
    """Where a random start leaves it: at the most frequent class, after as many epochs (Hinton et al. 2006)."""
    train = datasets.mnist_sample()
    x, y = train.tensors[0].flatten(1)[:1500], train.tensors[1][:1500]
    accuracy = {}
    for method in (None, "rbm", "autoencoder", "supervised"):
        ag.manual_seed(0)
        model = nn.MLP([784, 64, 64, 64, 64, 10], "sigmoid")
        if method == "rbm":
            optim.pretrain(model, x, method=method, epochs=5, batch_size=50, progress=False)
        elif method is not None:
            chosen = {"y": y, "loss": F.cross_entropy} if method == "supervised" else {}
            make = lambda p: optim.Adam(p, lr=0.01)  # noqa: E731
            optim.pretrain(model, x, method=method, epochs=4, batch_size=50, optimizer=make, progress=False, **chosen)
        history = optim.fit(
            model, (x, y), loss=F.cross_entropy, optimizer=optim.SGD(model.parameters(), lr=0.3, momentum=0.9), epochs=5,
            batch_size=50, progress=False,
        )  # fmt: skip
        accuracy[method] = history["train_accuracy"][-1]
    assert (
        accuracy[None] < 0.2
        and accuracy["rbm"] > 0.6
        and accuracy["autoencoder"] > 0.6
        and accuracy["supervised"] > 0.8
    )


X = data(10)


@pytest.mark.parametrize(
    ("model", "options", "error", "message"),
    [
        (deep, {"method": "dbn"}, ValueError, "method is one of autoencoder, rbm, supervised, got 'dbn'"),
        (deep, {"lr": 0.1}, TypeError, "lr is no option of method='autoencoder'; its options are tied, noise, "),
        (deep, {"method": "rbm", "tied": True}, TypeError, "tied is no option of method='rbm'; its options are lr, k, "),
        (lambda: Autoencoder([8, 2]), {"tied": True}, TypeError, "no option of an Autoencoder, which has options"),
        (deep, {"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        (deep, {"epochs": [1, 2, 3]}, ValueError, "epochs has 3 numbers for 2 layers; pass one for each"),
        (deep, {"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        (deep, {"layers": 4}, ValueError, "layers must be from 1 to 3, got 4"),
        (deep, {"layers": 0}, ValueError, "layers must be from 1 to 3, got 0"),
        (lambda: nn.MLP([8, 2]), {}, ValueError, "the model has no hidden layer; pass layers=1"),
        (lambda: nn.Sequential(nn.ReLU()), {}, ValueError, "the model has no Linear layer"),
        (lambda: nn.Linear(8, 2), {}, TypeError, "model must be an nn.Sequential, such as nn.MLP, or an"),
        (lambda: nn.Sequential(nn.Linear(8, 4), nn.PReLU(), nn.Linear(4, 2)), {}, TypeError, "has a PReLU with parameters"),
        (lambda: deep("relu"), {"method": "rbm"}, ValueError, "are sigmoid units with a bias, but layer 1 has ReLU; build"),
        (lambda: nn.MLP([8, 4, 2], "sigmoid", bias=False), {"method": "rbm"}, ValueError, "but layer 1 has no bias"),
        (deep, {"method": "supervised"}, ValueError, "needs targets and a loss; pass y=…, loss=F.cross_entropy"),
        (deep, {"method": "supervised", "y": X, "loss": "mse"}, TypeError, r"pretrain: loss must be a function"),
        (lambda: Autoencoder([8, 2]), {"method": "supervised", "y": X, "loss": abs}, ValueError, "Autoencoder has no targets"),
        (deep, {"x": X[:, :3]}, ValueError, r"pretrain: x must have shape \(N, 8\), got \(10, 3\)"),
        (deep, {"x": X[:0]}, ValueError, "x has no examples"),
        (deep, {"x": X * np.nan}, ValueError, r"x\[0, 0\] is nan"),
        (deep, {"method": "rbm", "lr": -1.0}, ValueError, "RBM.fit: lr must be positive, got -1.0"),
    ],
)  # fmt: skip
def test_refused_before_anything_is_changed(model, options, error, message):
    model = model()
    before = arrays(model)
    with pytest.raises(error, match=message):
        optim.pretrain(model, **({"x": X, "progress": False} | options))
    assert_same(model, before)
