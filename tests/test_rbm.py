"""The restricted Boltzmann machine: against the enumeration of all its states, a plain loop, scikit-learn, and limits."""

import itertools
import math

import numpy as np
import pytest
from scipy.special import logsumexp

import autograd_core as ag
import nn
from nn.models import RBM
from nn.models.rbm_fit import ContrastiveDivergence, Options


def states(n):
    return np.array(list(itertools.product((0.0, 1.0), repeat=n)))


def machine(D, H, visible="bernoulli", seed=0, scale=1.0, dtype=np.float64):
    """One with weights that matter."""
    rng = np.random.default_rng(seed)
    model = RBM(D, H, visible, dtype=dtype)
    for p in model.parameters():
        p.data[...] = ag.tensor((scale * rng.standard_normal(p.shape)).astype(dtype))
    return model


def parts(model):
    return model.weight.array, model.hidden_bias.array, model.visible_bias.array


def joint(model):
    """P(v, h) of all pairs of states, (2^D, 2^H)."""
    W, c, a = parts(model)
    v, h = states(W.shape[1]), states(W.shape[0])
    logs = v @ W.T @ h.T + h @ c + (v @ a)[:, None]
    return v, h, np.exp(logs - logsumexp(logs))


def options(**changes):
    defaults = {
        "epochs": 1, "batch_size": 10, "k": 1, "chains": 0, "lr": 0.1, "momentum": 0.9, "initial_momentum": 0.5,
        "initial_epochs": 1, "weight_decay": 0.0,
    }  # fmt: skip
    return Options(**(defaults | changes))


# ------------------------------------------------------------------------------------------------------------ the energy


def test_free_energy_is_the_sum_over_hidden_states():
    model = machine(4, 3)
    W, c, a = parts(model)
    v, h = states(4), states(3)
    energies = -(v @ W.T @ h.T) - h @ c - (v @ a)[:, None]
    np.testing.assert_allclose(model.free_energy(ag.tensor(v)).detach().array, -logsumexp(-energies, 1), rtol=1e-12)
    assert model.free_energy(ag.tensor(v[5])).shape == () and model.free_energy(
        ag.tensor(v.reshape(4, 4, 4))
    ).shape == (4, 4)
    p = np.exp(-energies)
    np.testing.assert_allclose(model(ag.tensor(v)).detach().array, p @ h / p.sum(1, keepdims=True), rtol=1e-12)
    gaussian = machine(4, 3, "gaussian")
    energies = -(v @ W.T @ h.T) - h @ c + ((v - a) ** 2).sum(1)[:, None] / 2
    np.testing.assert_allclose(gaussian.free_energy(ag.tensor(v)).detach().array, -logsumexp(-energies, 1), rtol=1e-12)
    assert ag.gradcheck(lambda v, *_: gaussian.free_energy(v), (ag.randn(3, 4, dtype=ag.float64).requires_grad_(),
                                                                *gaussian.parameters()))  # fmt: skip


def test_scikit_learn_agrees():
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.neural_network import BernoulliRBM

    model = machine(6, 4)
    theirs = BernoulliRBM(4)
    theirs.components_, theirs.intercept_hidden_, theirs.intercept_visible_ = parts(model)
    v = states(6)
    np.testing.assert_allclose(model.free_energy(ag.tensor(v)).detach().array, theirs._free_energy(v), rtol=1e-12)
    np.testing.assert_allclose(model.transform(v).array, theirs.transform(v), rtol=1e-12)


@pytest.mark.parametrize(("D", "H"), [(3, 5), (5, 3), (13, 13)])
def test_log_partition(D, H):
    model = machine(D, H)
    W, c, a = parts(model)
    h = states(H)
    assert model.log_partition() == pytest.approx(logsumexp(h @ c + np.logaddexp(0, h @ W + a).sum(1)), rel=1e-12)


def test_log_partition_of_gaussian_units():
    """Against the integral on a grid."""
    model = machine(2, 3, "gaussian", scale=0.7)
    grid = np.linspace(-9, 9, 361)
    v = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)
    integral = np.exp(-model.free_energy(ag.tensor(v)).detach().array).sum() * (grid[1] - grid[0]) ** 2
    assert model.log_partition() == pytest.approx(math.log(integral), rel=1e-9)


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_annealed_importance_sampling(visible):
    model = machine(10, 8, visible, seed=3, scale=0.6)
    exact = model.log_partition()
    for x in (None, np.random.default_rng(0).random((50, 10))):
        estimate = model.estimate_log_partition(x, chains=400, steps=300, generator=ag.Generator(0))
        assert estimate.low < exact < estimate.high and estimate.high - estimate.low < 0.5
        assert abs(estimate.log_z - exact) < 0.15 and len(estimate.logs) == 400
    again = model.estimate_log_partition(x, chains=400, steps=300, generator=ag.Generator(0))
    assert again.log_z == estimate.log_z and "log Z = " in repr(again)


def test_annealing_without_weights_is_exact():
    for visible in ("bernoulli", "gaussian"):
        model = machine(5, 4, visible)
        model.weight.data.zero_()
        estimate = model.estimate_log_partition(np.full((3, 5), 0.3), chains=2000, steps=50, generator=ag.Generator(1))
        assert estimate.log_z == pytest.approx(model.log_partition(), abs=0.05)
        model.hidden_bias.data.zero_()
        assert model.estimate_log_partition(chains=2, steps=1).log_z == pytest.approx(model.log_partition(), rel=1e-12)


def test_pseudo_likelihood():
    model = machine(5, 3)
    v, _, p = joint(model)
    p = dict(zip(map(tuple, v), p.sum(1), strict=True))
    expected = []
    for row in v:
        flipped = [tuple(np.where(np.arange(5) == i, 1 - row, row)) for i in range(5)]
        expected.append(sum(math.log(p[tuple(row)] / (p[tuple(row)] + p[f])) for f in flipped))
    assert model.pseudo_likelihood(v) == pytest.approx(np.mean(expected), rel=1e-10)
    bits = [model.pseudo_likelihood(v, bits=1, generator=ag.Generator(seed)) for seed in range(40)]
    assert len(set(bits)) == 5 and np.mean(sorted(set(bits))) == pytest.approx(np.mean(expected), rel=1e-10)


# ----------------------------------------------------------------------------------------------------------- its gradient


def exact_gradient(model, x):
    """By automatic differentiation of the mean log-likelihood."""
    v = ag.tensor(states(model.in_features))
    likelihood = -model.free_energy(ag.tensor(x)).mean() - (-model.free_energy(v)).logsumexp(0)
    return [g.array for g in ag.grad(likelihood, list(model.parameters()))]


def averaged(model, x, copies, **changes):
    """The gradients of many copies of the examples."""
    learner = ContrastiveDivergence("", model._units(), options(**changes), np.random.default_rng(0))
    return learner, learner.gradients(np.repeat(x, copies, axis=0))


def test_cd_is_its_expectation():
    """CD-k's, with the k-step kernel enumerated."""
    model = machine(4, 3, scale=0.8)
    W, c, a = parts(model)
    v, _, p = joint(model)
    to_h, to_v = p / p.sum(1, keepdims=True), (p / p.sum(0)).T  # (2^D, 2^H), (2^H, 2^D)
    x = v[[1, 6, 12]]
    ph = 1 / (1 + np.exp(-(v @ W.T + c)))
    for k in (1, 3):
        end = np.full((1, 3), 1 / 3) @ np.linalg.matrix_power(to_h @ to_v, k)[[1, 6, 12]]  # (1, 2^D)
        expected = [
            ph[[1, 6, 12]].T @ x / 3 - (end.T * ph).T @ v,
            ph[[1, 6, 12]].mean(0) - end[0] @ ph,
            x.mean(0) - end[0] @ v,
        ]
        _, found = averaged(model, x, 40_000, k=k)
        for g, e in zip(found, expected, strict=True):
            np.testing.assert_allclose(g, e, atol=4 * 0.5 / math.sqrt(120_000))
    assert a.any()


def test_cd_with_many_steps_is_the_likelihood_s_gradient():
    model = machine(4, 3, scale=0.8)
    x = states(4)[[1, 6, 12]]
    exact = exact_gradient(model, x)
    few, many = (averaged(model, x, 40_000, k=k)[1] for k in (1, 40))
    tolerance = 4 * 0.5 / math.sqrt(120_000)
    for g, e in zip(many, exact, strict=True):
        np.testing.assert_allclose(g, e, atol=tolerance)
    assert max(abs(g - e).max() for g, e in zip(few, exact, strict=True)) > 3 * tolerance  # CD-1 is biased


def test_persistent_chains_come_to_the_model_s_distribution():
    model = machine(4, 3, scale=0.8)
    x = states(4)[[1, 6, 12]]
    learner, _ = averaged(model, x, 1, chains=120_000)
    for _ in range(40):
        found = learner.gradients(x)
    for g, e in zip(found, exact_gradient(model, x), strict=True):
        np.testing.assert_allclose(g, e, atol=4 * 0.5 / math.sqrt(120_000))


def test_gaussian_cd_is_the_likelihood_s_gradient():
    model = machine(2, 3, "gaussian", scale=0.5)
    x = np.array([[0.5, -1.0], [1.0, 0.3]])
    grid = np.linspace(-8, 8, 161)
    v = ag.tensor(np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2))
    likelihood = -model.free_energy(ag.tensor(x)).mean() - (-model.free_energy(v)).logsumexp(0)
    exact = [g.array for g in ag.grad(likelihood, list(model.parameters()))]
    _, found = averaged(model, x, 50_000, k=30)
    for g, e in zip(found, exact, strict=True):
        np.testing.assert_allclose(g, e, atol=4 * 1.5 / math.sqrt(100_000))


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_samples_have_the_model_s_distribution(visible):
    model = machine(4, 3, visible, scale=0.6, seed=5)
    v = model.sample(20_000, steps=60, generator=ag.Generator(0)).array
    W, c, a = parts(model)
    h = states(3)
    if visible == "bernoulli":
        _, _, p = joint(model)
        found = np.bincount((v @ [8, 4, 2, 1]).astype(int), minlength=16) / 20_000
        np.testing.assert_allclose(found, p.sum(1), atol=4 * 0.5 / math.sqrt(20_000))
    else:
        logs = h @ c + h @ W @ a + ((h @ W) ** 2).sum(1) / 2
        p = np.exp(logs - logsumexp(logs))
        means = h @ W + a
        np.testing.assert_allclose(v.mean(0), p @ means, atol=0.08)
        np.testing.assert_allclose((v**2).mean(0), p @ (1 + means**2), rtol=0.05)
    start = np.zeros((3, 4))
    assert model.sample(3, steps=1, start=start, generator=ag.Generator(0)).shape == (3, 4)
    smooth = model.sample(3, steps=2, mean=True, generator=ag.Generator(0)).array
    drawn = model.sample(3, steps=2, generator=ag.Generator(0)).array
    assert ((smooth > 0) & (smooth < 1)).all() if visible == "bernoulli" else abs(smooth - drawn).max() > 0.1


# ---------------------------------------------------------------------------------------------------------------- fitting


def naive_fit(W, c, a, x, rng, gaussian, epochs, size, k, chains, lr, decay):
    """In the words of the guide, a unit at a time where it matters; draws in the same order."""
    sigmoid = lambda z: 1 / (1 + np.exp(-z))  # noqa: E731
    coins = lambda p: (rng.random(p.shape) < p) * 1.0  # noqa: E731

    def visible(h):
        mean = h @ W + a
        return mean + rng.standard_normal(mean.shape) if gaussian else coins(sigmoid(mean))

    h = coins(np.full((chains, len(c)), 0.5)) if chains else None
    dW, dc, da = 0 * W, 0 * c, 0 * a
    for epoch in range(epochs):
        m = 0.5 if epoch < 2 else 0.9
        order = rng.permutation(len(x))
        for i in range(0, len(x), size):
            v = x[order[i : i + size]]
            p = sigmoid(v @ W.T + c)
            state = h if chains else coins(p)
            for _ in range(k):
                u = visible(state)
                q = sigmoid(u @ W.T + c)
                if _ < k - 1 or chains:
                    state = coins(q)
            if chains:
                h = state
            dW = m * dW + lr * (
                np.einsum("nh,nd->hd", p, v) / len(v) - np.einsum("nh,nd->hd", q, u) / len(u) - decay * W
            )
            dc = m * dc + lr * (p.mean(0) - q.mean(0))
            da = m * da + lr * (v.mean(0) - u.mean(0))
            W, c, a = W + dW, c + dc, a + da
    return W, c, a


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
@pytest.mark.parametrize(("k", "chains"), [(1, None), (3, None), (1, 7), (2, 4)])
def test_fit_is_the_guide_s(visible, k, chains):
    x = np.random.default_rng(0).random((22, 5))
    model = machine(5, 3, visible, scale=0.1)
    start = [p.copy() for p in parts(model)]
    generator = ag.Generator(4)
    twin = ag.Generator(4)
    fitted = model.fit(
        x, epochs=4, batch_size=8, k=k, persistent=chains is not None, chains=chains, lr=0.1, initial_epochs=2,
        weight_decay=0.01, generator=generator,
    )  # fmt: skip
    from autograd_core.random import stream

    expected = naive_fit(*start, x, stream(twin), visible == "gaussian", 4, 8, k, chains or 0, 0.1, 0.01)
    for found, e in zip(parts(model), expected, strict=True):
        np.testing.assert_allclose(found, e, rtol=1e-9, atol=1e-12)
    assert fitted.epochs == 4 and len(fitted.errors) == 5
    again = model.reconstruct(x).array
    assert fitted.errors[-1] == pytest.approx(((x - again) ** 2).mean(), rel=1e-9)


def test_the_first_visible_bias_is_that_of_the_means():
    x = np.array([[1.0, 0.0, 0.5]] * 8)
    model = RBM(3, 2, dtype=np.float64)
    model.fit(x, epochs=1, lr=1e-12)
    np.testing.assert_allclose(model.visible_bias.array, [math.log(9), -math.log(9), 0], atol=1e-6)
    gaussian = RBM(3, 2, "gaussian", dtype=np.float64)
    gaussian.fit(x, epochs=1, lr=1e-12)
    np.testing.assert_allclose(gaussian.visible_bias.array, x[0], atol=1e-6)


def bars_and_stripes():
    rows = [np.tile(row, (3, 1)) for row in states(3)]
    return np.unique(np.array([r.ravel() for r in rows] + [r.T.ravel() for r in rows]), axis=0)  # 14 pictures


@pytest.mark.parametrize("persistent", [False, True])
def test_it_learns_bars_and_stripes(persistent):
    x = bars_and_stripes()
    assert len(x) == 14
    model = RBM(9, 12, dtype=np.float64)
    ag.manual_seed(0)
    model.reset_parameters()
    start = -model.free_energy(ag.tensor(x)).mean().item() - model.log_partition()
    lines = []
    chosen = {"persistent": True, "chains": 100, "momentum": 0, "initial_momentum": 0} if persistent else {}
    model.fit(
        x,
        epochs=4000,
        batch_size=14,
        lr=0.1,
        weight_decay=0,
        generator=ag.Generator(0),
        progress=lines.append,
        **chosen,
    )
    end = -model.free_energy(ag.tensor(x)).mean().item() - model.log_partition()
    # the most there can be is -log 14 = -2.64; CD-1, which is biased, stops earlier than persistent chains
    assert start < -6.2 and -math.log(14) >= end > (-3.5 if persistent else -4.0)
    lines = [line for line in lines if line.startswith("epoch")]  # without those of compilation
    assert len(lines) == 4000 and lines[0].startswith("epoch    1/4000  reconstruction error 0.2")
    drawn = model.sample(200, steps=300, generator=ag.Generator(1)).array
    pictures = {tuple(row) for row in x}
    assert np.mean([tuple(row) in pictures for row in drawn]) > 0.5  # by chance: 0.03


def test_gaussian_units_learn_a_mixture():
    rng = np.random.default_rng(0)
    x = np.where(rng.random((500, 1)) < 0.5, 1.0, -1.0) * [0.9, -0.9, 0.9] + 0.44 * rng.standard_normal((500, 3))
    x = (x - x.mean(0)) / x.std(0)
    model = RBM(3, 4, "gaussian", dtype=np.float64)
    start = -model.free_energy(ag.tensor(x)).mean().item() - model.log_partition()
    model.fit(x, epochs=60, lr=0.01, generator=ag.Generator(0))
    end = -model.free_energy(ag.tensor(x)).mean().item() - model.log_partition()
    assert end > start + 0.3
    covariance = np.corrcoef(model.sample(5000, steps=100, generator=ag.Generator(0)).array.T)
    assert covariance[0, 2] > 0.4 and covariance[0, 1] < -0.4


def test_two_runs_have_the_same_bits():
    x = (np.random.default_rng(0).random((200, 30)) < 0.3).astype(np.float32)
    weights = []
    for _ in range(2):
        ag.manual_seed(7)
        model = RBM(30, 20)
        model.fit(x, epochs=2, persistent=True)
        weights.append([p.copy() for p in parts(model)])
    for first, second in zip(*weights, strict=True):
        np.testing.assert_array_equal(first, second)
    assert weights[0][0].dtype == np.float32
    linear = nn.Linear(30, 20)  # the same layout
    linear.weight.data, linear.bias.data = model.weight.detach(), model.hidden_bias.detach()
    np.testing.assert_allclose(linear(ag.tensor(x)).sigmoid().detach().array, model.transform(x).array, rtol=1e-6)


# ------------------------------------------------------------------------------------------------------- what is refused

X = np.eye(3, dtype=np.float32)


@pytest.mark.parametrize(
    ("x", "chosen", "error", "message"),
    [
        (X[0], {}, ValueError, r"RBM.fit: x must have shape \(N, 3\), got \(3,\)"),
        (X[:0], {}, ValueError, "x has no examples"),
        (X * np.nan, {}, ValueError, r"x\[0, 0\] is nan; leave out"),
        (
            2 * X,
            {},
            ValueError,
            "Bernoulli units are from 0 to 1, got 2; scale x to that, or build .* visible='gaussian'",
        ),
        (-X, {}, ValueError, "Bernoulli units are from 0 to 1, got -1"),
        (X, {"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        (X, {"k": 0}, ValueError, "k must be at least 1, got 0"),
        (X, {"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        (X, {"lr": 0.0}, ValueError, "lr must be positive, got 0.0"),
        (X, {"momentum": 1.0}, ValueError, "momentum must be at least 0 and below 1, got 1.0"),
        (X, {"initial_momentum": -0.1}, ValueError, "initial_momentum must be at least 0 and below 1, got -0.1"),
        (X, {"weight_decay": -1.0}, ValueError, "weight_decay must not be negative, got -1.0"),
        (X, {"chains": 10}, ValueError, "chains=10 is for persistent=True; leave it out, or pass that"),
        (X, {"chains": 0, "persistent": True}, ValueError, "chains must be at least 1, got 0"),
    ],
)
def test_fit_refuses_before_it_changes_anything(x, chosen, error, message):
    model = machine(3, 2, dtype=np.float32)
    before = [p.copy() for p in parts(model)]
    with pytest.raises(error, match=message):
        model.fit(x, **chosen)
    for now, p in zip(parts(model), before, strict=True):
        np.testing.assert_array_equal(now, p)


def test_overflow_leaves_the_parameters_as_they_were():
    model = machine(3, 2, "gaussian")
    before = [p.copy() for p in parts(model)]
    with pytest.raises(
        FloatingPointError, match=r"overflowed in epoch \d+ with lr=1e\+200; pass a smaller lr, such as 1e\+199"
    ):
        model.fit(X, lr=1e200)
    for now, p in zip(parts(model), before, strict=True):
        np.testing.assert_array_equal(now, p)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RBM(0, 2), "RBM: in_features must be at least 1, got 0"),
        (lambda: RBM(2, 0), "RBM: hidden_features must be at least 1, got 0"),
        (lambda: RBM(2, 2, "binary"), "RBM: visible is one of bernoulli, gaussian, got 'binary'"),
        (lambda: RBM(2, 2, dtype=np.float16), "RBM: dtype must be float32 or float64, got float16"),
        (lambda: RBM(30, 21).log_partition(), r"2\^21 states are too many .*; call estimate_log_partition\(\)"),
        (lambda: RBM(3, 2).estimate_log_partition(chains=1), "chains must be at least 2, got 1"),
        (lambda: RBM(3, 2).sample(0), "count must be at least 1, got 0"),
        (lambda: RBM(3, 2).sample(2, start=X), "start has 3 states for count=2 chains; pass count=3"),
        (lambda: RBM(3, 2).pseudo_likelihood(X / 2), r"examples must be zeros and ones; pass \(x > 0.5\).float\(\)"),
        (lambda: RBM(3, 2).pseudo_likelihood(X, bits=4), "bits must be from 1 to in_features=3, got 4"),
        (lambda: RBM(3, 2, "gaussian").pseudo_likelihood(X), "units that are 0 or 1, not gaussian; see free_energy"),
        (lambda: RBM(3, 2).transform(X[:, :2]), r"RBM.transform: x must have shape \(N, 3\), got \(3, 2\)"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_it_is_a_module():
    model = RBM(4, 3, "gaussian")
    assert {k: v.shape for k, v in model.state_dict().items()} == {
        "weight": (3, 4), "hidden_bias": (3,), "visible_bias": (4,)
    }  # fmt: skip
    assert repr(model) == "RBM(in_features=4, hidden_features=3, visible='gaussian')"
