"""Optimal brain damage and surgeon: second derivatives against plain ones, deletions against brute force, masks, errors."""

import copy
import itertools

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, TensorDataset, datasets
from nn.utils import prune
from optim.training.batches import as_loader, batches
from optim.training.brain_damage import delete_one_by_one
from optim.training.curvature import Curvature
from optim.training.objective import Objective

F64 = ag.float64


def net(*sizes):
    layers = [(nn.Linear(a, b), nn.Tanh()) for a, b in itertools.pairwise(sizes)]
    return nn.Sequential(*itertools.chain(*layers))[:-1].double()


def linear_problem(seed=0, noise=0.1):
    """A linear network at the minimum of its squared error, which is a parabola."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6))
    y = x @ rng.normal(size=(6, 2)) + noise * rng.normal(size=(40, 2))
    model = nn.Linear(6, 2, bias=False).double()
    model.weight.data = ag.tensor(np.linalg.lstsq(x, y, rcond=None)[0].T.copy())
    return model, x, y


# --------------------------------------------------------------------------------------------------- second derivatives


def curvature(model, x, y, loss, size=7):
    parts = list(batches(as_loader((x, y), size, False, None, "data", model, "test"), "test"))
    return Curvature(model, [name for name, _ in model.named_parameters()], parts, Objective(loss, "test"))


def functional(model, loss, x, y):
    shapes = {name: p.shape for name, p in model.named_parameters()}

    def value(vector):
        weights, start = {}, 0
        for name, shape in shapes.items():
            size = int(np.prod(shape))
            weights[name] = vector[start : start + size].reshape(shape)
            start += size
        out = ag.func.functional_call(model, weights, (x,))
        return out if loss is None else loss(out, y)

    return value


@pytest.mark.parametrize("case", ["classes", "values", "convolution"])
def test_curvature(case):
    x, y, loss = ag.randn(20, 4, dtype=F64), ag.randint(0, 3, (20,)), F.cross_entropy
    model = net(4, 5, 3)
    if case == "values":
        y, loss = ag.randn(20, 3, dtype=F64), F.mse_loss
    if case == "convolution":
        x = ag.randn(20, 1, 6, 6, dtype=F64)
        model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(8, 3)).double()
    own = curvature(model, x, y, loss)
    H = ag.func.hessian(functional(model, loss, x, y))(own.point).array
    np.testing.assert_allclose(own.matrix("hessian"), H, atol=1e-13)
    np.testing.assert_allclose(own.diagonal("hessian"), H.diagonal(), atol=1e-13)
    J = ag.func.jacrev(functional(model, None, x, y))(own.point).array
    out = model(x).detach()
    if loss is F.mse_loss:
        B = np.broadcast_to(2 / 3 * np.eye(3), (20, 3, 3))
    else:
        p = F.softmax(out, 1).array
        B = p[:, :, None] * np.eye(3) - p[:, :, None] * p[:, None]
    G = np.einsum("noi,nop,npj->ij", J, B, J) / 20
    np.testing.assert_allclose(own.matrix("gauss-newton"), G, atol=1e-13)
    np.testing.assert_allclose(own.diagonal("gauss-newton"), G.diagonal(), atol=1e-13)


def test_curvature_leaves_the_model_alone():
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.BatchNorm1d(4), nn.Linear(4, 2)).double()
    prune.l1_unstructured(model[0], "weight", 0.25)
    before = {name: t.array.copy() for name, t in model.state_dict().items()}
    own = curvature(model, ag.randn(9, 3, dtype=F64), ag.randint(0, 2, (9,)), F.cross_entropy)
    deleted = model[0].weight_mask.array.reshape(-1) == 0
    place = own.names.index("0.weight_orig")
    start = sum(own.tensors[name].array.size for name in own.names[:place])
    for kind in ("hessian", "gauss-newton"):
        diagonal = own.diagonal(kind)[start : start + 12]
        assert not diagonal[deleted].any() and diagonal[~deleted].any()
    assert model.training and type(model[0].weight) is ag.Tensor
    assert all((t.array == before[name]).all() for name, t in model.state_dict().items())


# --------------------------------------------------------------------------------------------------------------- surgeon


def test_deletions_against_brute_force():
    rng = np.random.default_rng(0)
    A = rng.normal(size=(7, 7))
    H, start = A @ A.T + 0.1 * np.eye(7), rng.normal(size=7)
    w = start.copy()
    rise, deleted = delete_one_by_one(w, np.linalg.inv(H), 4)
    best, gone, total = start.copy(), [], 0.0
    for _ in range(4):  # of each weight: the least of ½ δᵀ H δ with δ_q = −w_q, and nothing for those that are gone
        candidates = []
        for q in set(range(7)) - set(gone):
            free = [k for k in range(7) if k not in [*gone, q]]
            step = np.zeros(7)
            step[q] = -best[q]
            step[free] = np.linalg.solve(H[np.ix_(free, free)], -H[np.ix_(free, [q])] @ step[[q]])
            candidates.append((0.5 * step @ H @ step, q, step))
        cost, q, step = min(candidates, key=lambda c: c[0])
        best, gone, total = best + step, [*gone, q], total + cost
    assert deleted == gone and rise == pytest.approx(total)
    np.testing.assert_allclose(w, best, atol=1e-12)
    assert not w[gone].any()


def test_the_papers_recursion_gives_the_same_inverse():
    """Hassibi & Stork's equation 6: H of P outer products, from α⁻¹ on."""
    model, x, y = linear_problem()
    own = curvature(model, ag.tensor(x), ag.tensor(y), F.mse_loss)
    alpha, inverse = 1e-3, np.eye(12) / 1e-3
    for row in x:
        for o in range(2):
            g = np.zeros((2, 6))
            g[o] = row
            v = inverse @ g.reshape(-1)
            inverse -= np.outer(v, v) / (len(x) + g.reshape(-1) @ v)
    # the mean over two outputs of the squared error has 2 / 2 times this Hessian
    np.testing.assert_allclose(np.linalg.inv(own.matrix("gauss-newton") + alpha * np.eye(12)), inverse, rtol=1e-8)


def test_on_a_parabola_the_prediction_is_exact():
    model, x, y = linear_problem()
    for steps in (1, 5):
        surgeon = copy.deepcopy(model)
        result = optim.optimal_brain_surgeon(surgeon, (x, y), F.mse_loss, 5, steps=steps, damping=0.0)
        assert result.deleted[-1] == 5 and (surgeon.weight.array == 0).sum() == 5
        np.testing.assert_allclose(np.diff(result.losses), result.predicted, rtol=1e-8)
        # what is left is the least-squares solution without the deleted weights
        for row, target in zip(surgeon.weight.array, y.T, strict=True):
            left = row != 0
            np.testing.assert_allclose(row[left], np.linalg.lstsq(x[:, left], target, rcond=None)[0], rtol=1e-7)
    x, _ = np.linalg.qr(x)  # independent weights: then the diagonal is enough
    y = y - x @ (x.T @ y) + x @ np.arange(1.0, 13.0).reshape(6, 2)
    model.weight.data = ag.tensor((x.T @ y).T.copy())
    damaged = optim.optimal_brain_damage(model, (x, y), F.mse_loss, 3)
    assert damaged.losses[1] - damaged.losses[0] == pytest.approx(damaged.predicted[0], rel=1e-8)
    assert sorted(model.weight.array.reshape(-1))[:4] == pytest.approx([0, 0, 0, 4])


def test_damage_is_less_than_that_of_magnitude_and_more_than_that_of_surgery():
    """LeCun, Denker & Solla delete 30 % of a network's weights before its error moves (figure 2)."""
    ag.manual_seed(0)
    x, y = datasets.mnist_sample()[:500]
    x, t = F.avg_pool2d(x, 4).flatten(1), 2 * F.one_hot(y, 10).float() - 1
    model = nn.Sequential(nn.Linear(49, 10), nn.Tanh(), nn.Linear(10, 10))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        optimizer.zero_grad()
        F.mse_loss(model(x), t).backward()
        optimizer.step()
    trained = F.mse_loss(model(x), t).item()

    def rise(method):
        pruned = copy.deepcopy(model)
        method(pruned)
        assert sum((p == 0).sum().item() for layer in pruned for p in layer.buffers()) > 0
        return F.mse_loss(pruned(x), t).item() / trained - 1

    def by_magnitude(pruned):
        pairs = [(layer, name) for layer in (pruned[0], pruned[2]) for name in ("weight", "bias")]
        prune.global_unstructured(pairs, prune.L1Unstructured, amount=0.2)

    assert rise(by_magnitude) > 0.04
    assert rise(lambda m: optim.optimal_brain_damage(m, (x, t), F.mse_loss, 0.3)) < 0.02
    assert rise(lambda m: optim.optimal_brain_damage(m, (x, t), F.mse_loss, 0.3, curvature="gauss-newton")) < 0.03
    assert rise(lambda m: optim.optimal_brain_damage(m, (x, t), F.mse_loss, 0.4)) > 0.05
    assert rise(lambda m: optim.optimal_brain_surgeon(m, (x, t), F.mse_loss, 0.4)) < 0.03


# -------------------------------------------------------------------------------------------------------- masks and steps


@pytest.mark.parametrize("function", [optim.optimal_brain_damage, optim.optimal_brain_surgeon])
def test_deleted_weights_stay_zero(function):
    ag.manual_seed(1)
    x, y = datasets.moons(60, generator=ag.Generator(0))[:]
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Dropout(0.1), nn.Linear(8, 2))
    optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9, weight_decay=1e-3)

    def train(model):
        assert model.training
        optim.fit(model, (x, y), loss=F.cross_entropy, optimizer=optimizer, epochs=5, progress=False, keep_best=False)

    train(model)
    seen = []

    def retrain(model):
        before = [layer.weight.array != 0 for layer in (model[0], model[3])]
        train(model)
        assert all((layer.weight.array[~b] == 0).all() for layer, b in zip((model[0], model[3]), before, strict=True))
        seen.append(sum(int(b.sum()) for b in before))

    pairs = [(model[0], "weight"), (model[3], "weight")]
    data = DataLoader(TensorDataset(x, y), batch_size=13)
    result = function(model, data, F.cross_entropy, 0.5, steps=4, parameters=pairs, retrain=retrain)
    assert result.weights == 32 and result.deleted == [4, 8, 12, 16] and seen == [28, 24, 20, 16]
    assert len(result.retrained) == 4 and len(result.losses) == 5
    assert str(result).startswith("16 of 32 weights deleted (50.0%): loss ")
    again = function(model, data, F.cross_entropy, 0.25, parameters=pairs)
    assert again.weights == 16 and again.deleted == [4]
    for pair in pairs:
        prune.remove(*pair)
    assert sum((p == 0).sum().item() for p in model.parameters()) == 20 and not prune.is_pruned(model)
    assert isinstance(model[0].bias, nn.Parameter)


def test_max_loss_takes_the_last_step_back():
    model, x, y = linear_problem()
    base = F.mse_loss(model(ag.tensor(x)), ag.tensor(y)).item()
    full = optim.optimal_brain_surgeon(copy.deepcopy(model), (x, y), F.mse_loss, 8, steps=8)
    limit = (full.losses[3] + full.losses[4]) / 2
    result = optim.optimal_brain_surgeon(model, (x, y), F.mse_loss, 8, steps=8, max_loss=limit)
    assert result.undone == full.losses[4] and result.deleted == [1, 2, 3] and result.losses == full.losses[:4]
    assert (model.weight == 0).sum() == 3
    assert F.mse_loss(model(ag.tensor(x)), ag.tensor(y)).item() == pytest.approx(result.losses[-1])
    assert result.losses[0] == pytest.approx(base)
    assert str(result).endswith(f"; a further step, to {full.losses[4]:.4g}, was taken back")


def test_a_loss_that_becomes_nan_is_taken_back():
    """Of weight normalisation the directions do not matter to the loss in their length, but 0 is none."""
    model = nn.utils.parametrizations.weight_norm(nn.Linear(1, 1)).double()
    x, y = np.array([[1.0], [2.0]]), np.array([[1.0], [5.0]])
    direction = model.parametrizations["weight"], "original1"
    result = optim.optimal_brain_damage(model, (x, y), F.mse_loss, 1, parameters=[direction, (model, "bias")])
    assert np.isnan(result.undone) and result.deleted == [] and np.isfinite(model(ag.tensor(x)).array).all()


@pytest.mark.parametrize("function", [optim.optimal_brain_damage, optim.optimal_brain_surgeon])
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"amount": 0.0}, ValueError, "amount is a fraction between 0 and 1, or a number .* below the 9"),
        ({"amount": 9}, ValueError, "below the 9 there are, got 9"),
        ({"amount": True}, ValueError, "got True"),
        ({"steps": 0}, ValueError, "steps must be 1 to 3"),
        ({"steps": 4}, ValueError, "steps must be 1 to 3"),
        ({"curvature": "fisher"}, ValueError, "hessian, gauss-newton, got 'fisher'"),
        ({"parameters": []}, ValueError, "parameters is empty"),
        ({"parameters": ["weight"]}, ValueError, r"pairs \(module, name\)"),
        ({"parameters": [(nn.Linear(1, 1), "weight")]}, ValueError, "of modules in the model"),
        ({"loss": "mse"}, TypeError, "F.mse_loss"),
        ({"data": []}, ValueError, "the data has no batch"),
        ({"data": (np.ones((4, 2)), np.ones((4, 3)), np.ones(4))}, ValueError, "weights of the examples"),
    ],
)
def test_refusals(function, change, error, message):
    model = nn.Linear(2, 3)
    arguments = {"data": (np.ones((4, 2)), np.ones((4, 3))), "loss": F.mse_loss, "amount": 3} | change
    with pytest.raises(error, match=message):
        function(model, **arguments)
    assert not prune.is_pruned(model)


def test_a_hessian_that_is_not_positive_definite():
    model = net(2, 3, 1)
    x, y = np.random.default_rng(0).normal(size=(20, 2)), np.ones((20, 1))
    with pytest.raises(ValueError, match=r"smallest eigenvalue is -.*curvature='gauss-newton', or damping=(\S+)") as e:
        optim.optimal_brain_surgeon(model, (x, y), F.mse_loss, 2, curvature="hessian")
    damping = float(str(e.value).split("=")[-1])
    assert optim.optimal_brain_surgeon(model, (x, y), F.mse_loss, 2, curvature="hessian", damping=damping).deleted == [
        2
    ]
    x[:, 0] = 0  # weights without influence
    with pytest.raises(ValueError, match=r"damping=0.0001$"):
        optim.optimal_brain_surgeon(net(2, 1), (x, y), F.mse_loss, 1, damping=0.0)
    with pytest.raises(ValueError, match="damping must be finite"):
        optim.optimal_brain_surgeon(model, (x, y), F.mse_loss, 2, damping=-1.0)


def test_derivatives_that_are_not_finite():
    with pytest.raises(FloatingPointError, match="not finite"):
        optim.optimal_brain_damage(nn.Linear(2, 1), (np.full((3, 2), np.inf), np.ones((3, 1))), F.mse_loss, 1)
