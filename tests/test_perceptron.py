"""Perceptron and Adaline: their rules against plain loops, the convergence theorem, and what they refuse."""

import itertools
import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from nn.models.perceptron import largest_margin

CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
AND, XOR = [0, 0, 0, 1], [0, 1, 1, 0]


def separable(seed, count=40, dimensions=3):
    """Examples on both sides of a plane, none nearer than 0.2 to it, and their labels."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-2, 2, (20 * count, dimensions))
    normal = rng.standard_normal(dimensions)
    height = x @ (normal / np.linalg.norm(normal)) - 0.3
    keep = np.flatnonzero(np.abs(height) > 0.2)[:count]
    return x[keep], (height[keep] > 0).astype(int)


def overlapping(seed, count=60, classes=2):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, count)
    return rng.standard_normal((count, 2)) + 1.2 * np.array([[0, 0], [1, 1], [2, -1]])[y], y


def rosenblatt(x, t, epochs, lr=1.0):
    """The rule for one unit in plain Python; the weights (bias last) after every example, and the number of updates."""
    w = [0.0] * (len(x[0]) + 1)
    seen, updates = [], 0
    for _ in range(epochs):
        for row, target in zip(x.tolist(), t, strict=True):
            row = [*row, 1.0]
            output = 1 if sum(a * b for a, b in zip(w, row, strict=True)) >= 0 else 0
            if output != target:
                w = [a + lr * (target - output) * b for a, b in zip(w, row, strict=True)]
                updates += 1
            seen.append(w)
    return np.array(seen), updates


def hat(model):
    return np.column_stack([model.weight.array, model.bias.array])


# ---------------------------------------------------------------------------------------------------------- the rule


@pytest.mark.parametrize("seed", range(5))
def test_the_rule_is_rosenblatts(seed):
    x, y = overlapping(seed)
    unit = nn.Perceptron(2, dtype=np.float64)
    fitted = unit.fit(x, y, epochs=3, lr=0.5, history=True)
    seen, updates = rosenblatt(x, y, 3, 0.5)
    np.testing.assert_allclose(hat(unit)[0], seen[-1], rtol=1e-12)
    assert fitted.updates == updates == len(fitted.history) == sum(fitted.mistakes) and not fitted.converged
    last = fitted.history[-1]
    np.testing.assert_array_equal(last.weight, unit.weight.array)
    np.testing.assert_array_equal(last.bias, unit.bias.array)
    first = fitted.history[0]  # from weights of 0 all outputs are 1, so the first example of class 0 is wrong
    assert (first.epoch, first.example, first.error.tolist()) == (1, list(y).index(0), [-1])
    np.testing.assert_array_equal(first.weight[0], -0.5 * x[first.example])


def test_several_units_learn_each_for_itself():
    x, y = overlapping(0, 50, 3)
    model = nn.Perceptron(2, 3, dtype=np.float64)
    fitted = model.fit(x, y, epochs=2)
    for k in range(3):
        seen, updates = rosenblatt(x, (y == k).astype(int), 2)
        np.testing.assert_allclose(hat(model)[k], seen[-1], rtol=1e-12)
        assert fitted.unit_updates[k] == updates
    assert fitted.updates == sum(fitted.unit_updates)
    np.testing.assert_array_equal(model.predict(x).array, (x @ model.weight.array.T + model.bias.array).argmax(1))
    twin = nn.Perceptron(2, 3, dtype=np.float64)
    twin.fit(ag.tensor(x), np.eye(3)[y], epochs=2)
    np.testing.assert_array_equal(hat(twin), hat(model))


def test_and_is_learnt():
    unit = nn.Perceptron(2)
    lines = []
    fitted = unit.fit(CORNERS, AND, progress=lines.append)
    assert fitted.converged and fitted.wrong == 0 and fitted.mistakes[-1] == 0 and len(lines) == fitted.epochs
    assert lines[0] == f"epoch   1/100  {fitted.mistakes[0]} updates"
    np.testing.assert_array_equal(unit(ag.tensor(CORNERS)).array[:, 0], AND)
    np.testing.assert_array_equal(unit.predict(CORNERS).array, AND)
    assert unit.predict(CORNERS).dtype == np.int64
    assert str(fitted).startswith(
        f"converged in epoch {fitted.epochs}: {fitted.updates} updates, of at most (R/γ)² = 51.0"
    )


def test_xor_ends_with_a_verdict():
    unit = nn.Perceptron(2)
    fitted = unit.fit(CORNERS, XOR, epochs=7)
    assert not fitted.converged and fitted.epochs == 7 and fitted.wrong > 0 and fitted.bound == math.inf
    assert math.isnan(fitted.best_margins[0])
    assert fitted.message == (
        f"not separable so far: after 7 epochs and {fitted.updates} updates {fitted.wrong} of 4 examples are wrong, and no "
        "hyperplane separates them"
    )
    stopped = nn.Perceptron(2).fit(CORNERS, AND, epochs=2)
    assert "not separable so far" in str(stopped) and "; a hyperplane does, with γ = 0.243" in str(stopped)


def test_it_is_a_module_whose_outputs_have_no_slope():
    unit = nn.Perceptron(3, 2)
    assert {name: p.shape for name, p in unit.state_dict().items()} == {"weight": (2, 3), "bias": (2,)}
    x = ag.randn(4, 3, requires_grad=True)
    unit(x).sum().backward()
    assert (x.grad.array == 0).all() and (unit.weight.grad.array == 0).all()
    unit.fit(np.eye(3), [0, 1, 1])
    assert hat(unit).any()
    unit.reset_parameters()
    assert not hat(unit).any()
    assert repr(nn.Perceptron(3, bias=False)) == "Perceptron(in_features=3, out_features=1, bias=False)"


def test_options():
    x, y = separable(1)
    fits = {}
    for lr in (1.0, 0.25):
        model = nn.Perceptron(3, dtype=np.float64)
        fits[lr] = (model, model.fit(x, y, lr=lr))
    np.testing.assert_allclose(hat(fits[1.0][0]), 4 * hat(fits[0.25][0]), rtol=1e-12)  # from 0, lr only scales
    assert fits[1.0][1].updates == fits[0.25][1].updates
    orders = []
    for seed in (3, 3, 4):
        model = nn.Perceptron(3)
        record = model.fit(x, y, shuffle=True, history=True, generator=ag.Generator(seed)).history
        orders.append([update.example for update in record])
    assert orders[0] == orders[1] != orders[2]
    line = nn.Perceptron(2, bias=False)  # through the origin
    assert line.fit([[1.0, 2.0], [-1.0, 1.0]], [1, 0]).converged and line.bias is None


def test_learning_goes_on():
    x, y = separable(2)
    model, whole = nn.Perceptron(3, dtype=np.float64), nn.Perceptron(3, dtype=np.float64)
    assert model.fit(x, y, epochs=1).bound is not None
    assert model.fit(x, y, epochs=1).bound is None  # the theorem starts from 0
    whole.fit(x, y, epochs=2)
    np.testing.assert_array_equal(hat(model), hat(whole))


# -------------------------------------------------------------------------------------------------- the best of the weights


@pytest.mark.parametrize("seed", range(12))
def test_pocket(seed):
    x, y = overlapping(seed)
    model = nn.Perceptron(2, dtype=np.float64)
    fitted = model.fit(x, y, epochs=5, pocket=True)
    # Gallant 1990 in plain words: weights are tried on all examples when their run is the longest yet of those kept
    seen, _ = rosenblatt(x, y, 5)
    steps = np.vstack([np.zeros(3), seen])
    rows = np.column_stack([x, np.ones(len(x))])
    score = lambda w: int(((rows @ w >= 0) == y).sum())  # noqa: E731
    kept, best, longest, run = steps[0], score(steps[0]), 0, 0
    for i in range(len(seen)):
        if (steps[i + 1] == steps[i]).all():
            run += 1
            continue
        if run > longest and score(steps[i]) > best:
            kept, best, longest = steps[i], score(steps[i]), run
        run = 0
    if score(steps[-1]) > best:
        kept, best = steps[-1], score(steps[-1])
    np.testing.assert_allclose(hat(model)[0], kept, rtol=1e-12)
    assert fitted.wrong == len(x) - best <= len(x) - score(seen[-1])


def test_average():
    x, y = overlapping(5)
    model = nn.Perceptron(2, dtype=np.float64)
    model.fit(x, y, epochs=4, lr=0.7, average=True)
    seen, _ = rosenblatt(x, y, 4, 0.7)
    np.testing.assert_allclose(hat(model)[0], seen.mean(0), rtol=1e-10)


# ------------------------------------------------------------------------------------------------- the convergence theorem


@pytest.mark.parametrize("seed", range(20))
def test_novikoffs_bound_holds_and_is_that_of_the_best_margin(seed):
    x, y = separable(seed)
    unit = nn.Perceptron(3, dtype=np.float64)
    fitted = unit.fit(x, y, epochs=10_000, shuffle=seed % 2 == 0)
    rows = np.column_stack([x, np.ones(len(x))])
    assert fitted.converged and 0 < fitted.updates <= fitted.bound
    assert fitted.radius == pytest.approx(np.linalg.norm(rows, axis=1).max())
    heights = (2 * y - 1) * (rows @ hat(unit)[0]) / np.linalg.norm(hat(unit))
    assert fitted.margin == pytest.approx(heights.min())
    assert 0 <= fitted.margin <= fitted.best_margins[0] * (1 + 1e-9)
    assert fitted.bound == pytest.approx((fitted.radius / fitted.best_margins[0]) ** 2)


def test_the_largest_margin_by_trying_all_directions():
    """In the plane: every direction in steps of a thousandth of a degree; and hard margins from SciPy's SLSQP."""
    from scipy.optimize import minimize

    angles = np.linspace(0, 2 * np.pi, 360_001)
    circle = np.stack([np.cos(angles), np.sin(angles)])
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, sides = rng.standard_normal((4, 2)), rng.choice([-1, 1], 4)
        tried = (sides[:, None] * (x @ circle)).min(0).max()
        margin = largest_margin(x, sides)
        if tried > 1e-3:
            assert tried <= margin < tried + 1e-4
            found += 1
        else:
            assert math.isnan(margin) or margin < 1e-3
    assert 3 < found < 17
    x, y = separable(3)
    sides = 2 * y - 1
    constraint = {"type": "ineq", "fun": lambda v: sides * (x @ v) - 1}
    solved = minimize(lambda v: v @ v, np.ones(3), constraints=constraint, method="SLSQP")
    assert solved.success
    assert largest_margin(x, sides) == pytest.approx(1 / np.linalg.norm(solved.x), rel=1e-5)


def test_margins_of_any_size():
    assert largest_margin([[1e-6, 0], [0, 1e-6]], [1, 1]) == pytest.approx(1e-6 / math.sqrt(2))
    assert largest_margin([[1e6, 0], [0, 1e6]], [1, 1]) == pytest.approx(1e6 / math.sqrt(2))
    assert math.isnan(largest_margin([[0.0, 0.0]], [1]))  # the origin is on every hyperplane


def test_without_the_best_margin_the_bound_is_that_of_what_was_found(monkeypatch):
    x, y = separable(4)
    monkeypatch.setattr("nn.models.perceptron.BEST_MARGIN_UP_TO", 4 * len(x) - 1)
    fitted = nn.Perceptron(3, dtype=np.float64).fit(x, y, epochs=1000)
    assert fitted.best_margins is None and fitted.converged
    assert fitted.bound == pytest.approx((fitted.radius / fitted.margin) ** 2) and fitted.updates <= fitted.bound
    fitted = nn.Perceptron(2).fit(np.tile(CORNERS, (30, 1)), XOR * 30, epochs=2)
    assert fitted.bound == math.inf and fitted.message.endswith("of 120 examples are wrong")


# --------------------------------------------------------------------------------------------------------- what is refused

NAN = [[0.0, math.nan]]


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "message"),
    [
        ([0.0, 1.0], [0, 1], {}, ValueError, r"x must have shape \(N, 2\), got \(2,\); flatten each example"),
        (np.zeros((3, 1, 2)), [0, 1, 1], {}, ValueError, r"x must have shape \(N, 2\), got \(3, 1, 2\)"),
        (np.zeros((0, 2)), np.zeros(0, int), {}, ValueError, r"x has no examples, its shape is \(0, 2\)"),
        (np.zeros((1, 2), complex), [0], {}, TypeError, "x must be real, got complex128"),
        (NAN, [0], {}, ValueError, r"x\[0, 1\] is nan; leave out or fill in"),
        (CORNERS, [0, 1], {}, ValueError, r"4 examples need class indices of shape \(4,\), got shape \(2,\)"),
        (CORNERS, [0, 1, 2, 0], {}, ValueError, "label 2 at 2 is out of range; with out_features=1 labels go from 0 to 1"),
        (CORNERS, [0, -1, 1, 0], {}, ValueError, "label -1 at 1 is out of range"),
        (CORNERS, [0.0, 1.0, 1.0, 0.0], {}, ValueError, r"y must be class indices of shape \(4,\) or floating targets of"),
        (CORNERS, [[0.0], [1.0], [math.inf], [0.0]], {}, ValueError, r"y\[2, 0\] is inf"),
        (CORNERS, np.zeros((4, 1), complex), {}, TypeError, "y must hold class indices or real targets, got complex128"),
        (CORNERS, [[0.0], [1.0], [0.5], [0.0]], {}, ValueError, "the targets of threshold units are 0 or 1, got 0.5"),
        (CORNERS, AND, {"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        (CORNERS, AND, {"lr": -1.0}, ValueError, "lr must be positive, got -1.0"),
        (CORNERS, AND, {"pocket": True, "average": True}, ValueError, "pocket and average each choose the final weights"),
    ],
)  # fmt: skip
def test_perceptron_refuses_before_it_changes_anything(x, y, options, error, message):
    unit = nn.Perceptron(2)
    unit.fit(CORNERS, AND)
    before = hat(unit)
    with pytest.raises(error, match=f"Perceptron.fit: {message}"):
        unit.fit(x, y, **options)
    np.testing.assert_array_equal(hat(unit), before)


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="Perceptron: in_features must be at least 1, got 0"):
        nn.Perceptron(0)
    with pytest.raises(ValueError, match="Adaline: out_features must be at least 1, got 0"):
        nn.Adaline(2, 0)
    with pytest.raises(ValueError, match=r"Perceptron.predict: x must have shape \(N, 2\), got \(1, 3\)"):
        nn.Perceptron(2).predict(np.zeros((1, 3)))


# --------------------------------------------------------------------------------------------------------------- Adaline


def widrow_hoff(x, t, w, epochs, lr):
    for _ in range(epochs):
        for row, target in zip(x.tolist(), t, strict=True):
            row = [*row, 1.0]
            error = target - sum(a * b for a, b in zip(w, row, strict=True))
            w = [a + lr * error * b for a, b in zip(w, row, strict=True)]
    return w


def test_the_delta_rule():
    x, y = overlapping(0, 30)
    unit = nn.Adaline(2, dtype=np.float64)
    start = hat(unit)[0]
    fitted = unit.fit(x, y, epochs=3, lr=0.02, shuffle=False, tolerance=0.0)
    np.testing.assert_allclose(hat(unit)[0], widrow_hoff(x, 2 * y - 1, start.tolist(), 3, 0.02), rtol=1e-12)
    t = (2 * y - 1)[:, None]
    for w, loss in ((start, fitted.losses[0]), (hat(unit)[0], fitted.losses[-1])):
        assert loss == pytest.approx(((t[:, 0] - x @ w[:2] - w[2]) ** 2).mean(), rel=1e-12)
    assert fitted.epochs == 3 and not fitted.converged and fitted.lr == 0.02


def test_batches_descend_the_gradient():
    x, y = overlapping(1, 30, 3)
    model = nn.Adaline(2, 3, dtype=np.float64)
    twin = nn.Linear(2, 3, dtype=np.float64)
    twin.load_state_dict(model.state_dict())
    fitted = model.fit(x, y, rule="batch", epochs=4, lr=0.1, history=True, tolerance=0.0)
    target = ag.tensor(np.where(y[:, None] == np.arange(3), 1.0, -1.0))
    for epoch in range(4):
        loss = ((twin(ag.tensor(x)) - target) ** 2).sum(1).mean() / 2  # of all three units
        assert fitted.losses[epoch] == pytest.approx(2 / 3 * loss.item(), rel=1e-12)
        weight, bias = ag.grad(loss, [twin.weight, twin.bias])
        twin.weight.data -= 0.1 * weight
        twin.bias.data -= 0.1 * bias
        np.testing.assert_allclose(fitted.weights[epoch + 1], hat(twin), rtol=1e-10)
    np.testing.assert_allclose(hat(model), hat(twin), rtol=1e-10)


@pytest.mark.parametrize("bias", [True, False])
def test_least_squares(bias):
    x, y = overlapping(2, 50)
    rows = np.column_stack([x, np.ones(50)]) if bias else x
    t = 2.0 * y - 1
    expected, residual = np.linalg.lstsq(rows, t, rcond=None)[:2]
    eigenvalues = np.linalg.eigvalsh(rows.T @ rows / 50)
    exact, slow = (nn.Adaline(2, bias=bias, dtype=np.float64) for _ in range(2))
    fitted = exact.fit(x, y, rule="exact")
    found = hat(exact)[0] if bias else exact.weight.array[0]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert fitted.least == fitted.losses[-1] == pytest.approx(residual[0] / 50, rel=1e-10)
    assert fitted.lr is None and fitted.converged and fitted.message.startswith("solved: loss ")
    assert fitted.lr_bound == pytest.approx(2 / eigenvalues[-1], rel=1e-10)
    descended = slow.fit(x, y, rule="batch", epochs=2000, tolerance=1e-14)
    assert descended.converged and descended.lr == pytest.approx(1 / eigenvalues[-1])
    np.testing.assert_allclose(slow.weight.array, exact.weight.array, rtol=1e-5)
    learnt = nn.Adaline(2, bias=bias).fit(x, y, epochs=300, generator=ag.Generator(0))
    assert fitted.least <= learnt.losses[-1] < 1.1 * fitted.least
    assert learnt.lr == pytest.approx(0.1 / eigenvalues.sum())


def test_classes_by_sign_and_by_size():
    x, y = separable(5)
    unit = nn.Adaline(3)
    unit.fit(x, y, rule="exact")
    heights = unit(ag.tensor(x).float()).array[:, 0]
    np.testing.assert_array_equal(unit.predict(x).array, heights >= 0)
    x, y = overlapping(6, 60, 3)
    model = nn.Adaline(2, 3)
    model.fit(x, y, rule="exact")
    values = nn.Adaline(2, 3)
    values.fit(x, np.where(np.eye(3)[y] > 0, 1.0, -1.0), rule="exact")
    np.testing.assert_allclose(hat(values), hat(model))
    np.testing.assert_array_equal(model.predict(x).array, (x @ model.weight.array.T + model.bias.array).argmax(1))


def test_a_rate_that_diverges_is_refused():
    x, y = overlapping(3, 40)
    rows = np.column_stack([x, np.ones(40)])
    bound = 2 / np.linalg.eigvalsh(rows.T @ rows / 40)[-1]
    unit = nn.Adaline(2, dtype=np.float64)
    before = hat(unit)
    for rule in ("lms", "batch"):
        with pytest.raises(
            ValueError, match=r"with lr=.* the weights would diverge: it must be below 2/λ = .*leave lr out"
        ):
            unit.fit(x, y, rule=rule, lr=bound)
    np.testing.assert_array_equal(hat(unit), before)
    assert unit.fit(x, y, rule="batch", lr=0.999 * bound, epochs=50).losses[-1] < 10
    before = hat(unit)
    with pytest.raises(
        FloatingPointError, match=r"the loss grew from .* in \d+ epochs: lr=.* is too large for rule='lms'"
    ):
        unit.fit(5 * x, y, rule="lms", lr=0.99 * 2 / np.linalg.eigvalsh(
            np.column_stack([5 * x, np.ones(40)]).T @ np.column_stack([5 * x, np.ones(40)]) / 40)[-1])  # fmt: skip
    np.testing.assert_array_equal(hat(unit), before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "newton"}, "rule is one of lms, batch, exact, got 'newton'"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"lr": 0.0}, "lr must be positive, got 0.0"),
    ],
)
def test_adaline_refuses(options, message):
    with pytest.raises(ValueError, match=f"Adaline.fit: {message}"):
        nn.Adaline(2).fit(CORNERS, AND, **options)


def test_adaline_without_any_input():
    unit = nn.Adaline(2, bias=False)
    before = unit.weight.array.copy()
    fitted = unit.fit(np.zeros((3, 2)), [0, 1, 1], rule="batch")
    assert fitted.converged and fitted.lr_bound == math.inf and fitted.losses == [1.0, 1.0]
    np.testing.assert_array_equal(unit.weight.array, before)


def test_adaline_has_a_minimum_where_the_perceptron_has_none():
    unit = nn.Adaline(2)
    fitted = unit.fit(CORNERS, XOR, rule="batch", epochs=5000, tolerance=1e-12)
    assert fitted.converged and fitted.least == pytest.approx(1.0) == fitted.losses[-1]
    np.testing.assert_allclose(hat(unit), 0, atol=1e-3)
    assert F.mse_loss(unit(ag.tensor(CORNERS)), ag.tensor([[-1.0], [1.0], [1.0], [-1.0]])).item() == pytest.approx(1.0)
    for labels in itertools.product([0, 1], repeat=4):  # any labels at all: also all of one class
        assert nn.Adaline(2).fit(CORNERS, list(labels), rule="exact").losses[-1] <= 1.0 + 1e-12
