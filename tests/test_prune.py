"""Pruning: which elements each method takes, what happens again and afterwards, and what PyTorch gives."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.utils import prune


def layer_of(values):
    values = np.asarray(values, np.float32)
    layer = nn.Linear(values.shape[1], values.shape[0])
    layer.weight.data = ag.tensor(values)
    return layer


WEIGHT = [[3.0, -1.0, 2.0], [-6.0, 5.0, -4.0]]


def mask(layer, name="weight"):
    return getattr(layer, f"{name}_mask").tolist()


def test_what_pruning_makes_of_a_layer():
    layer = layer_of(WEIGHT)
    weight = layer.weight
    assert not prune.is_pruned(layer)
    assert prune.l1_unstructured(layer, "weight", amount=0.5) is layer
    assert mask(layer) == [[0, 0, 0], [1, 1, 1]]
    assert layer.weight_orig is weight and layer.weight.tolist() == [[0, 0, 0], [-6, 5, -4]]
    assert list(layer.state_dict()) == ["bias", "weight_orig", "weight_mask"]
    assert [name for name, _ in layer.named_parameters()] == ["bias", "weight_orig"]
    assert prune.is_pruned(layer) and prune.is_pruned(nn.Sequential(nn.ReLU(), layer))
    layer(ag.ones(1, 3)).sum().backward()
    assert weight.grad.tolist() == [[0, 0, 0], [1, 1, 1]]
    with ag.no_grad():
        weight *= 2.0
    layer(ag.ones(1, 3))
    assert layer.weight.tolist() == [[0, 0, 0], [-12, 10, -8]]
    other = prune.identity(layer_of(np.ones((2, 3))), "weight")
    other.load_state_dict(layer.state_dict())
    assert mask(other) == mask(layer)
    assert prune.remove(layer, "weight") is layer
    assert layer.weight is weight and weight.tolist() == [[0, 0, 0], [-12, 10, -8]]
    assert list(layer.state_dict()) == ["bias", "weight"] and not prune.is_pruned(layer)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda m: prune.identity(m, "weight"), [[1, 1, 1], [1, 1, 1]]),
        (lambda m: prune.l1_unstructured(m, "weight", 0), [[1, 1, 1], [1, 1, 1]]),
        (lambda m: prune.l1_unstructured(m, "weight", 1.0), [[0, 0, 0], [0, 0, 0]]),
        (lambda m: prune.l1_unstructured(m, "weight", 2), [[1, 0, 0], [1, 1, 1]]),
        (lambda m: prune.ln_structured(m, "weight", 1, n=2, dim=0), [[0, 0, 0], [1, 1, 1]]),
        (lambda m: prune.ln_structured(m, "weight", 1, n=2, dim=1), [[1, 1, 0], [1, 1, 0]]),
        (lambda m: prune.ln_structured(m, "weight", 0.34, n=float("inf"), dim=-1), [[1, 1, 0], [1, 1, 0]]),
        (lambda m: prune.ln_structured(m, "weight", 2, n=-float("inf"), dim=-1), [[1, 0, 0], [1, 0, 0]]),
        (
            lambda m: prune.l1_unstructured(m, "weight", 2, importance_scores=-m.weight.detach().abs() + 10),
            [[1, 1, 1], [0, 0, 1]],
        ),
        (lambda m: prune.custom_from_mask(m, "weight", ag.tensor([[1, 0, 1], [0, 1, 1]])), [[1, 0, 1], [0, 1, 1]]),
        (lambda m: prune.custom_from_mask(m, "weight", np.array([[1, 0, 1], [0, 1, 1]])), [[1, 0, 1], [0, 1, 1]]),
    ],
)  # fmt: skip
def test_what_each_method_takes(change, expected):
    assert mask(change(layer_of(WEIGHT))) == expected


def test_pruning_again_goes_on_with_what_is_left():
    layer = layer_of(WEIGHT)
    prune.l1_unstructured(layer, "weight", 2)
    prune.l1_unstructured(layer, "weight", 0.5)  # half of the four that are left
    assert mask(layer) == [[0, 0, 0], [1, 1, 0]]
    prune.ln_structured(layer, "weight", 1, n=1, dim=1)  # of three channels, one is empty: one of the other two
    assert mask(layer) == [[0, 0, 0], [1, 0, 0]]
    (method,) = layer._forward_pre_hooks.values()
    assert [type(m).__name__ for m in method] == ["L1Unstructured", "L1Unstructured", "LnStructured"]
    assert isinstance(method, prune.PruningContainer) and len(method) == 3 and method[0].amount == 2
    prune.remove(layer, "weight")
    assert layer.weight.tolist() == [[0, 0, 0], [-6, 0, 0]]


def test_at_random():
    layer = prune.random_unstructured(nn.Linear(10, 8), "weight", amount=0.25)
    assert layer.weight_mask.sum().item() == 60
    first = layer.weight_mask.numpy().copy()
    prune.random_unstructured(layer, "weight", amount=10)
    assert layer.weight_mask.sum().item() == 50 and (layer.weight_mask.numpy() <= first).all()
    layer = prune.random_structured(nn.Conv2d(4, 8, 3), "weight", amount=0.5, dim=1)
    assert sorted(layer.weight_mask.sum((0, 2, 3)).tolist()) == [0, 0, 72, 72]
    prune.random_structured(layer, "weight", amount=1, dim=0)
    assert layer.weight_mask.sum().item() == 7 * 2 * 9


def test_several_parameters_together():
    net = nn.Sequential(layer_of(WEIGHT), nn.ReLU(), layer_of([[0.5, -7.0]]))
    prune.l1_unstructured(net[0], "weight", 1)
    prune.global_unstructured(
        [(net[0], "weight"), (net[2], "weight")], pruning_method=prune.L1Unstructured, amount=3
    )  # of the seven that are left: 0.5, 2, 3
    assert mask(net[0]) == [[0, 0, 0], [1, 1, 1]] and mask(net[2]) == [[0, 1]]
    net = nn.Sequential(layer_of(WEIGHT), layer_of([[0.5, -7.0]]))
    scores = {(net[1], "weight"): ag.tensor([[9.0, 0.0]])}
    prune.global_unstructured(
        [(net[0], "weight"), (net[1], "weight")], prune.L1Unstructured, importance_scores=scores, amount=2
    )
    assert mask(net[0]) == [[1, 0, 1], [1, 1, 1]] and mask(net[1]) == [[1, 0]]


def test_training_as_in_pytorch():
    """The mask, the parameter and the weight that PyTorch 2.13 has after the same steps."""
    layer = layer_of(np.sin(np.linspace(-1, 1.4, 6)).reshape(2, 3))
    layer.bias.data = ag.tensor([0.1, 0.5])
    x = ag.tensor(np.cos(np.linspace(-1, 1, 12, dtype=np.float32)).reshape(4, 3))

    def train():
        optimizer = optim.SGD(layer.parameters(), lr=0.1, momentum=0.5)
        for _ in range(3):
            optimizer.zero_grad()
            layer(x).square().sum().backward()
            optimizer.step()
        layer(x)

    prune.l1_unstructured(layer, "weight", 0.34)
    train()
    prune.ln_structured(layer, "weight", 1, n=2, dim=1)
    train()
    assert mask(layer) == [[1, 0, 0], [0, 0, 1]]
    orig = [[-0.49527, -0.308159, -0.039989], [0.425939, 0.442714, 0.324102]]
    np.testing.assert_allclose(layer.weight_orig.detach().numpy(), orig, atol=3e-6)
    np.testing.assert_allclose(layer.weight.detach().numpy(), [[-0.49527, 0, 0], [0, 0, 0.324102]], atol=3e-6)


def test_a_method_of_ones_own():
    class Above(prune.BasePruningMethod):
        PRUNING_TYPE = "unstructured"

        def __init__(self, bound):
            self.bound = bound

        def compute_mask(self, t, default_mask):
            return default_mask * (t <= self.bound)

    layer = layer_of(WEIGHT)
    Above.apply(layer, "weight", 2.5)
    Above.apply(layer, "weight", bound=0.0)
    assert mask(layer) == [[0, 1, 0], [1, 0, 1]]
    t = ag.tensor([1.0, 5.0, 3.0])
    assert Above(2.0).prune(t).tolist() == [1, 0, 0]
    assert prune.L1Unstructured(1).prune(t, default_mask=ag.tensor([1.0, 0.0, 1.0])).tolist() == [0, 0, 3]
    assert prune.L1Unstructured(1).prune(t, importance_scores=-t + 6).tolist() == [1, 0, 3]


def test_a_failed_pruning_changes_nothing():
    layer = layer_of(WEIGHT)
    weight = layer.weight
    for _ in range(2):
        with pytest.raises(ValueError, match="amount=7 should be smaller than the number of parameters to prune=6"):
            prune.l1_unstructured(layer, "weight", 7)
        assert layer.weight is weight and list(layer.state_dict()) == ["weight", "bias"]
    prune.l1_unstructured(layer, "weight", 2)
    with pytest.raises(ValueError, match="should be smaller than the number of parameters to prune=4"):
        prune.l1_unstructured(layer, "weight", 5)
    assert mask(layer) == [[1, 0, 0], [1, 1, 1]] and len(layer._forward_pre_hooks) == 1


def test_errors():
    layer = layer_of(WEIGHT)
    for amount in (-1, 1.5, -0.1, float("nan")):
        with pytest.raises(
            ValueError, match=rf"amount={amount} should either be a float in the range \[0, 1\] or a non-neg"
        ):
            prune.l1_unstructured(layer, "weight", amount)
    with pytest.raises(TypeError, match="Invalid type for amount: half. Must be int or float"):
        prune.random_unstructured(layer, "weight", "half")
    with pytest.raises(ValueError, match="prune: Linear has no parameter 'w' to prune"):
        prune.identity(layer, "w")
    with pytest.raises(IndexError, match=r"Invalid index 2 for tensor of size \(2, 3\): it must be from -2 to 1"):
        prune.ln_structured(layer, "weight", 1, 2, dim=2)
    with pytest.raises(ValueError, match=r"Structured pruning can only be applied to multi.* shape \(2,\) with 1 dims"):
        prune.random_structured(layer, "bias", 1, 0)
    with pytest.raises(
        ValueError, match=r"importance_scores should have the same shape as parameter weight .* vs \(2, 3\)"
    ):
        prune.l1_unstructured(layer, "weight", 1, importance_scores=ag.ones(3))
    with pytest.raises(ValueError, match=r"the mask has shape \(3,\), but the parameter \(2, 3\)"):
        prune.custom_from_mask(layer, "weight", ag.ones(3))
    with pytest.raises(
        ValueError, match="Parameter 'weight' of module Linear.* has to be pruned before pruning can be rem"
    ):
        prune.remove(layer, "weight")
    with pytest.raises(TypeError, match="parameters is not an Iterable"):
        prune.global_unstructured(3, prune.L1Unstructured, amount=1)
    with pytest.raises(TypeError, match="importance_scores must be of type dict"):
        prune.global_unstructured([(layer, "weight")], prune.L1Unstructured, importance_scores=[1], amount=1)
    with pytest.raises(TypeError, match='Only "unstructured" PRUNING_TYPE supported'):
        prune.global_unstructured([(layer, "weight")], prune.LnStructured, amount=1, n=2)
    first, second = prune.L1Unstructured(1), prune.L1Unstructured(1)
    first._tensor_name, second._tensor_name = "weight", "bias"
    with pytest.raises(ValueError, match="acting on the parameter named 'weight' to PruningContainer .* Found 'bias'"):
        prune.PruningContainer(first, second)
    with pytest.raises(TypeError, match="int'> is not a BasePruningMethod subclass"):
        prune.PruningContainer(first).add_pruning_method(3)
    prune.identity(layer, "weight")
    for kind, error, message in [
        ("some", ValueError, "Unrecognized PRUNING_TYPE some; it must be 'unstructured'"),
        ("structured", AttributeError, "need to have the attribute `dim` defined"),
    ]:
        odd = type("Odd", (prune.Identity,), {"PRUNING_TYPE": kind})
        with pytest.raises(error, match=message):
            odd.apply(layer, "weight")
