"""The models: shapes, parameters, options, and that they learn."""

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim


def test_lenet5_is_the_network_of_its_docstring():
    model = nn.LeNet5()
    assert {name: t.shape for name, t in model.state_dict().items()} == {
        "features.conv1.weight": (6, 1, 5, 5),
        "features.conv1.bias": (6,),
        "features.conv2.weight": (16, 6, 5, 5),
        "features.conv2.bias": (16,),
        "classifier.fc1.weight": (120, 400),
        "classifier.fc1.bias": (120,),
        "classifier.fc2.weight": (84, 120),
        "classifier.fc2.bias": (84,),
        "classifier.fc3.weight": (10, 84),
        "classifier.fc3.bias": (10,),
    }
    assert sum(p.numel() for p in model.parameters()) == 61706
    shapes = []
    for part in model.features:
        part.register_forward_hook(lambda module, args, out: shapes.append(out.shape))
    out = model(ag.zeros(2, 1, 28, 28))
    assert out.shape == (2, 10) and out.dtype == np.float32
    assert shapes == [(2, 6, 28, 28)] * 2 + [(2, 6, 14, 14)] + [(2, 16, 10, 10)] * 2 + [(2, 16, 5, 5)]


def test_lenet5_options():
    model = nn.LeNet5(num_classes=3, in_channels=2, activation="tanh", pool="avg", dtype=np.float64)
    assert model(ag.zeros(1, 2, 28, 28, dtype=np.float64)).shape == (1, 3)
    kinds = [type(m).__name__ for m in model.modules()]
    assert kinds.count("Tanh") == 4 and kinds.count("AvgPool2d") == 2 and "ReLU" not in kinds
    with pytest.raises(ValueError, match="LeNet5: pool is 'max' or 'avg', got 'lp'"):
        nn.LeNet5(pool="lp")
    with pytest.raises(ValueError, match=r"3 channels .*\[in module features.conv1, Conv2d, of LeNet5\]"):
        nn.LeNet5()(ag.zeros(2, 3, 28, 28))
    with pytest.raises(ValueError, match=r"linear: x has shape .*\[in module classifier.fc1, Linear, of LeNet5\]"):
        nn.LeNet5()(ag.zeros(2, 1, 32, 32))


def test_lenet5_computes_what_its_layers_say():
    model = nn.LeNet5(dtype=np.float64)
    x = ag.tensor(np.random.default_rng(0).standard_normal((3, 1, 28, 28)))
    p = dict(model.named_parameters())
    h = x
    for name, padding in (("features.conv1", 2), ("features.conv2", 0)):
        h = F.max_pool2d(F.relu(F.conv2d(h, p[f"{name}.weight"], p[f"{name}.bias"], padding=padding)), 2)
    h = h.reshape(3, 400).array
    for name in ("classifier.fc1", "classifier.fc2"):
        h = np.maximum(h @ p[f"{name}.weight"].array.T + p[f"{name}.bias"].array, 0)
    expected = h @ p["classifier.fc3.weight"].array.T + p["classifier.fc3.bias"].array
    np.testing.assert_allclose(model(x).array, expected, rtol=1e-10)


def test_lenet5_learns_a_batch_by_heart():
    rng = np.random.default_rng(0)
    x = ag.tensor(rng.standard_normal((20, 1, 28, 28)).astype(np.float32))
    y = ag.tensor(rng.integers(0, 10, 20))
    model = nn.LeNet5()
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    first = None
    for _ in range(60):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        first = loss.item() if first is None else first
    assert first == pytest.approx(np.log(10), abs=0.1) and loss.item() < 0.1
    twin = pickle.loads(pickle.dumps(copy.deepcopy(model)))
    np.testing.assert_array_equal(twin(x).array, model(x).array)


def test_mlp():
    model = nn.MLP([5, 7, 3, 2], activation="tanh", dtype=np.float64)
    assert [type(m).__name__ for m in model] == ["Linear", "Tanh", "Linear", "Tanh", "Linear"]
    assert [t.shape for t in model.parameters()] == [(7, 5), (7,), (3, 7), (3,), (2, 3), (2,)]
    x = np.random.default_rng(0).standard_normal((4, 5))
    h = x
    for i, layer in enumerate(model[::2]):
        h = h @ layer.weight.array.T + layer.bias.array
        h = np.tanh(h) if i < 2 else h
    np.testing.assert_allclose(model(ag.tensor(x)).array, h, rtol=1e-12)


def test_mlp_options():
    kinds = [type(m).__name__ for m in nn.MLP([5, 4, 3, 2], "relu", 0.2, output_activation=nn.Softmax(1), bias=False)]
    assert kinds == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear", "Softmax"]
    assert len(list(nn.MLP([3, 2], bias=False).parameters())) == 1
    model = nn.MLP((2, 3, 1), activation=ag.sin)
    assert repr(model[1]) == "Apply(sin)" and model.sizes == (2, 3, 1)
    slopes = nn.MLP([2, 3, 3, 1], activation=nn.PReLU())
    assert slopes[1].weight is not slopes[3].weight
    with pytest.raises(ValueError, match=r"sizes must name at least the input and the output, got \(3,\)"):
        nn.MLP([3])
    with pytest.raises(ValueError, match="no activation is called 'rely'"):
        nn.MLP([3, 4, 2], activation="rely")


def test_mlp_learns_xor():
    x = ag.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = ag.tensor([[0.0], [1.0], [1.0], [0.0]])
    model = nn.MLP([2, 8, 1], activation="tanh", output_activation="sigmoid")
    optimizer = optim.LBFGS(model.parameters(), max_iter=100, line_search_fn="strong_wolfe")
    loss = nn.MSELoss()

    def closure():
        optimizer.zero_grad()
        value = loss(model(x), y)
        value.backward()
        return value

    optimizer.step(closure)
    np.testing.assert_allclose(model(x).array, y.array, atol=0.05)
