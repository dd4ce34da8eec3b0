"""Linear and logistic regression: against NumPy, SciPy and scikit-learn, against plain loops, and what they refuse."""

import numpy as np
import pytest
from scipy.optimize import minimize

import autograd_core as ag
import nn
import nn.functional as F
from nn.models import LinearRegression, LogisticRegression


def hat(model):
    return model.weight.array if model.bias is None else np.column_stack([model.weight.array, model.bias.array])


def regression(seed, N=60, D=4, K=2):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N, D)) * [1, 2, 0.5, 3][:D] + 1
    return x, x @ rng.standard_normal((D, K)) + 0.3 * rng.standard_normal((N, K)) - 2


def overlapping(seed, count=80, classes=2):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, count)
    return rng.standard_normal((count, 2)) + 1.2 * np.array([[0, 0], [1, 1], [2, -1]])[y], y


# --------------------------------------------------------------------------------------------------------------- linear


@pytest.mark.parametrize("bias", [True, False])
def test_the_pseudo_inverse(bias):
    x, y = regression(0)
    model = LinearRegression(4, 2, bias=bias, dtype=np.float64)
    fitted = model.fit(x, y)
    rows = np.column_stack([x, np.ones(60)]) if bias else x
    expected, residual, *_ = np.linalg.lstsq(rows, y, rcond=None)
    np.testing.assert_allclose(hat(model), expected.T, rtol=1e-10)
    np.testing.assert_allclose(hat(model), (np.linalg.inv(rows.T @ rows) @ rows.T @ y).T, rtol=1e-9)
    assert fitted.losses[-1] == fitted.least == pytest.approx(residual.sum() / y.size, rel=1e-10)
    assert fitted.converged and fitted.rank == 4 and str(fitted.message).endswith("rank 4 of 4")
    np.testing.assert_array_equal(model.predict(x).array, model(ag.tensor(x)).detach().array)


def test_ill_conditioned_columns_keep_their_digits():
    x = np.vander(np.linspace(0, 1, 40), 10, increasing=True)[:, 1:]
    w = np.arange(1.0, 10)
    model = LinearRegression(9, dtype=np.float64)
    model.fit(x, (x @ w)[:, None] + 5)  # normal equations would have 1 digit: the condition number is 2e7, squared 4e14
    np.testing.assert_allclose(hat(model)[0], [*w, 5], rtol=1e-7)


def test_singular_systems_have_the_smallest_solution():
    x, y = regression(1, N=3, D=4)
    model = LinearRegression(4, 2, bias=False, dtype=np.float64)
    fitted = model.fit(x, y)
    np.testing.assert_allclose(hat(model), (np.linalg.pinv(x) @ y).T, rtol=1e-9)
    assert fitted.rank == 3 and "rank 3 of 4; of the weights that are equally good" in repr(fitted)
    x = np.repeat(regression(1)[0][:, :2], 2, axis=1)  # pairs of equal columns, in float32
    model = LinearRegression(4, 2)
    assert model.fit(x, regression(1)[1]).rank == 2
    np.testing.assert_allclose(model.weight.array[:, 0], model.weight.array[:, 1], rtol=1e-4)
    constant = LinearRegression(1, dtype=np.float64)
    assert constant.fit(np.ones((5, 1)), np.arange(5.0)[:, None]).rank == 0
    np.testing.assert_allclose(hat(constant), [[0, 2]])


def test_many_rows_are_read_in_parts(monkeypatch):
    x, y = regression(2, N=500)
    whole, parts = (LinearRegression(4, 2, dtype=np.float64) for _ in range(2))
    whole.fit(x, y, ridge=3.0)
    monkeypatch.setattr("nn.models.least_squares.ROWS", 7)
    parts.fit(x, y, ridge=3.0)
    np.testing.assert_allclose(hat(whole), hat(parts), rtol=1e-11)


@pytest.mark.parametrize("bias", [True, False])
def test_ridge(bias):
    x, y = regression(3)
    model = LinearRegression(4, 2, bias=bias, dtype=np.float64)
    model.fit(x, y, ridge=5.0)

    def objective(w):
        w = w.reshape(2, -1)
        out = x @ w[:, :4].T + (w[:, 4] if bias else 0)
        return ((y - out) ** 2).sum() + 5 * (w[:, :4] ** 2).sum()

    best = minimize(objective, np.zeros(10 if bias else 8), method="BFGS", options={"gtol": 1e-7}).x
    np.testing.assert_allclose(hat(model).ravel(), best, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("rule", "size"), [("online", 1), ("mini-batch", 8), ("batch", 60)])
def test_descent_on_some_examples_at_a_time(rule, size):
    x, y = regression(4)
    model = LinearRegression(4, 2, dtype=np.float64)
    w = hat(model).copy()
    fitted = model.fit(x, y, rule=rule, epochs=3, lr=0.01, batch_size=8, shuffle=False, tolerance=0.0, history=True)
    rows = np.column_stack([x, np.ones(60)])
    for epoch in range(3):
        for i in range(0, 60, size):
            part = slice(i, i + size)
            w = w + 0.01 * ((y[part] - rows[part] @ w.T)[:, :, None] * rows[part][:, None]).mean(0)
        np.testing.assert_allclose(fitted.weights[epoch + 1], w, rtol=1e-9)
        assert fitted.losses[epoch + 1] == pytest.approx(((y - rows @ w.T) ** 2).mean(), rel=1e-9)
    np.testing.assert_allclose(hat(model), w, rtol=1e-9)


@pytest.mark.parametrize("rule", ["online", "mini-batch", "batch"])
def test_descent_comes_to_the_pseudo_inverse(rule):
    x, y = regression(5)
    exact, slow = (LinearRegression(4, 2, dtype=np.float64) for _ in range(2))
    least = exact.fit(x, y).losses[-1]
    fitted = slow.fit(x, y, rule=rule, epochs=1500, tolerance=1e-12, generator=ag.Generator(0))
    assert fitted.least == pytest.approx(least, rel=1e-9)
    assert least * (1 - 1e-9) <= fitted.losses[-1] < 1.1 * least
    if rule == "batch":
        np.testing.assert_allclose(hat(slow), hat(exact), rtol=1e-3)
    again = LinearRegression(4, 2, dtype=np.float64)
    twin = LinearRegression(4, 2, dtype=np.float64)
    twin.load_state_dict(again.state_dict())
    for model in (again, twin):
        model.fit(x, y, rule=rule, epochs=2, generator=ag.Generator(3))
    np.testing.assert_array_equal(hat(again), hat(twin))


def test_a_rate_that_diverges_is_refused():
    x, y = regression(6)
    model = LinearRegression(4, 2)
    before = hat(model).copy()
    with pytest.raises(ValueError, match=r"LinearRegression.fit: with lr=.* the weights would diverge: .*leave lr out"):
        model.fit(x, y, rule="mini-batch", lr=10.0)
    with pytest.raises(FloatingPointError, match="lr=.* is too large for rule='online', although below .*; try"):
        model.fit(x, y, rule="online", lr=0.12, epochs=1000)
    np.testing.assert_array_equal(hat(model), before)


# -------------------------------------------------------------------------------------------------------------- logistic


def mean_loss(w, x, y, classes, ridge):
    z = np.column_stack([x, np.ones(len(x))]) @ w.reshape(classes if classes > 2 else 1, -1).T
    if classes == 2:
        each = np.log1p(np.exp(-np.where(y == 1, z[:, 0], -z[:, 0])))
    else:
        each = np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y]
    return each.mean() + ridge / (2 * len(x)) * (w.reshape(-1, 3)[:, :2] ** 2).sum()


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("ridge", [0.0, 2.0])
def test_newton_finds_the_minimum(classes, ridge):
    x, y = overlapping(0, classes=classes)
    outputs = 1 if classes == 2 else 3
    model = LogisticRegression(2, outputs, dtype=np.float64)
    start = hat(model).copy()
    fitted = model.fit(x, y, ridge=ridge)
    best = minimize(mean_loss, start.ravel(), (x, y, classes, ridge), method="BFGS", options={"gtol": 1e-9})
    assert fitted.losses[0] == pytest.approx(mean_loss(start.ravel(), x, y, classes, ridge), rel=1e-12)
    assert fitted.losses[-1] == pytest.approx(best.fun, rel=1e-10)
    assert fitted.converged and fitted.epochs < 10 and not fitted.separated and fitted.lr is None
    np.testing.assert_allclose(hat(model) - hat(model).mean(0) * (outputs > 1),
                               best.x.reshape(-1, 3) - best.x.reshape(-1, 3).mean(0) * (outputs > 1), atol=1e-5)  # fmt: skip
    proba = model.predict_proba(x).array
    z = model(ag.tensor(x)).detach()
    np.testing.assert_allclose(
        proba, (F.softmax(z, 1) if outputs > 1 else ag.cat([1 - z.sigmoid(), z.sigmoid()], 1)).array
    )
    np.testing.assert_array_equal(model.predict(x).array, proba.argmax(1))
    np.testing.assert_allclose(proba.sum(1), 1)


@pytest.mark.parametrize("classes", [2, 3])
def test_scikit_learn_agrees(classes):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn import linear_model

    x, y = overlapping(1, classes=classes)
    model = LogisticRegression(2, 1 if classes == 2 else 3, dtype=np.float64)
    model.fit(x, y, ridge=0.5)
    theirs = linear_model.LogisticRegression(C=2.0, tol=1e-10, max_iter=1000).fit(x, y)
    np.testing.assert_allclose(model.predict_proba(x).array, theirs.predict_proba(x), atol=1e-6)
    np.testing.assert_allclose(model.weight.array, theirs.coef_, atol=1e-5)
    values = LinearRegression(2, dtype=np.float64)
    values.fit(x, 1.0 * y[:, None], ridge=3.0)
    ridge = linear_model.Ridge(3.0).fit(x, y)
    np.testing.assert_allclose(hat(values)[0], [*ridge.coef_, ridge.intercept_], rtol=1e-8)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(("rule", "size"), [("online", 1), ("mini-batch", 8), ("batch", 40)])
def test_logistic_descent_is_that_of_the_gradient(rule, size, classes):
    x, y = overlapping(2, 40, classes)
    outputs = 1 if classes == 2 else 3
    model, twin = (LogisticRegression(2, outputs, dtype=np.float64) for _ in range(2))
    twin.load_state_dict(model.state_dict())
    fitted = model.fit(x, y, rule=rule, ridge=1.0, lr=0.1, batch_size=8, epochs=2, shuffle=False, tolerance=0.0)
    for _ in range(2):
        for i in range(0, 40, size):
            z, part = twin(ag.tensor(x[i : i + size])), ag.tensor(y[i : i + size])
            loss = (
                F.cross_entropy(z, part) if outputs > 1 else F.binary_cross_entropy_with_logits(z[:, 0], part.double())
            )
            loss = loss + 1.0 / 80 * (twin.weight**2).sum()
            weight, bias = ag.grad(loss, [twin.weight, twin.bias])
            twin.weight.data -= 0.1 * weight
            twin.bias.data -= 0.1 * bias
    np.testing.assert_allclose(hat(model), hat(twin), rtol=1e-9)
    assert len(fitted.losses) == 3 and fitted.lr == 0.1


@pytest.mark.parametrize("classes", [2, 3])
def test_batches_never_raise_the_loss_and_come_to_newtons(classes):
    x, y = overlapping(3, classes=classes)
    x = x * [2, 0.5]
    newton, slow, random = (LogisticRegression(2, 1 if classes == 2 else 3, dtype=np.float64) for _ in range(3))
    least = newton.fit(x, y, ridge=1.0).losses[-1]
    losses = slow.fit(x, y, rule="batch", ridge=1.0, epochs=3000, tolerance=1e-12).losses
    assert (np.diff(losses) <= 1e-15).all() and losses[-1] == pytest.approx(least, rel=1e-3)
    fitted = random.fit(x, y, rule="mini-batch", ridge=1.0, epochs=200, generator=ag.Generator(0), history=True)
    assert least < fitted.losses[-1] < 1.1 * least and len(fitted.weights) == fitted.epochs + 1


def test_soft_targets_and_lines_of_progress():
    x, y = overlapping(4, classes=3)
    soft = 0.8 * np.eye(3)[y] + 0.2 / 3
    hard, model, lines = LogisticRegression(2, 3, dtype=np.float64), LogisticRegression(2, 3, dtype=np.float64), []
    hard.fit(x, np.eye(3)[y], ridge=1.0, progress=lines.append)
    labels = LogisticRegression(2, 3, dtype=np.float64)
    labels.fit(x, y, ridge=1.0)
    np.testing.assert_allclose(hard.predict_proba(x).array, labels.predict_proba(x).array, atol=1e-6)
    assert lines[0].startswith("epoch   1/100  loss ")
    model.fit(x, soft, ridge=1.0)
    assert model.predict_proba(x).array.max() < hard.predict_proba(x).array.max()


@pytest.mark.parametrize("classes", [2, 3])
def test_separated_classes_are_named(classes):
    x = np.repeat(np.eye(3)[:classes], 4, axis=0)
    y = np.repeat(np.arange(classes), 4)
    model = LogisticRegression(3, 1 if classes == 2 else 3, dtype=np.float64)
    fitted = model.fit(x, y, epochs=20)
    assert fitted.separated and "there is no minimum and the weights only grow; pass ridge=1.0" in repr(fitted)
    assert np.isfinite(hat(model)).all() and (model.predict(x).array == y).all()
    fitted = model.fit(x, y, ridge=1.0)
    assert not fitted.separated and fitted.converged and abs(hat(model)).max() < 5


X, Y = np.eye(3), [0, 1, 1]


@pytest.mark.parametrize(
    ("model", "x", "y", "options", "error", "message"),
    [
        (LinearRegression, X, [1.0, 2.0, 3.0], {}, ValueError, r"y must have shape \(3, 1\), got \(3,\); y\[:, None\] makes"),
        (LinearRegression, X, np.zeros((2, 1)), {}, ValueError, r"y must have shape \(3, 1\), got \(2, 1\)$"),
        (LinearRegression, X, [["a"]] * 3, {}, TypeError, "a tensor holds numbers or booleans"),
        (LinearRegression, X, [[1], [2], [np.nan]], {}, ValueError, r"y\[2, 0\] is nan; leave out"),
        (LinearRegression, X, X[:, :1], {"rule": "newton"}, ValueError, "rule is one of exact, online, mini-batch, batch"),
        (LinearRegression, X, X[:, :1], {"ridge": -1.0}, ValueError, "ridge must not be negative, got -1.0"),
        (LinearRegression, X, X[:, :1], {"ridge": 1, "rule": "batch"}, ValueError, "ridge=1 is for rule='exact', got"),
        (LinearRegression, X, X[:, :1], {"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
        (LinearRegression, X, X[:, :1], {"lr": 0.0, "rule": "batch"}, ValueError, "lr must be positive, got 0.0"),
        (LogisticRegression, X[:0], [], {}, ValueError, r"x has no examples"),
        (LogisticRegression, X, [1, 1, 1], {}, ValueError, "all 3 labels are 1, so that there is nothing to tell apart"),
        (LogisticRegression, X, [0, 1, 2], {}, ValueError, "label 2 at 2 is out of range"),
        (LogisticRegression, X, [[0.0], [1.5], [1.0]], {}, ValueError, "targets in a matrix are probabilities, from 0 to 1"),
        (LogisticRegression, np.full((3, 3), np.inf), Y, {}, ValueError, r"x\[0, 0\] is inf; leave out"),
        (LogisticRegression, X, Y, {"rule": "exact"}, ValueError, "rule is one of newton, batch, mini-batch, online"),
        (LogisticRegression, X, Y, {"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        (LogisticRegression, X, Y, {"lr": np.nan}, ValueError, "lr must be positive, got nan"),
    ],
)  # fmt: skip
def test_refused_before_anything_is_changed(model, x, y, options, error, message):
    unit = model(3)
    before = hat(unit).copy()
    with pytest.raises(error, match=message):
        unit.fit(x, y, **options)
    np.testing.assert_array_equal(hat(unit), before)


def test_more_refusals():
    with pytest.raises(ValueError, match="with the sum 1 in each row; pass class indices"):
        LogisticRegression(3, 2).fit(X, [[0.5, 0.2]] * 3)
    with pytest.raises(ValueError, match="solves for all 4500 weights at once, .* pass rule='mini-batch'"):
        LogisticRegression(1499, 3).fit(np.zeros((2, 1499)), [0, 1])
    model = LogisticRegression(3)
    before = hat(model).copy()
    with pytest.raises(
        FloatingPointError, match=r"overflowed in epoch \d+ with lr=1e\+38; leave lr out, or scale x. They are"
    ):
        model.fit(1e3 * X, Y, rule="batch", lr=1e38)
    np.testing.assert_array_equal(hat(model), before)
    for model in (LinearRegression, LogisticRegression):
        with pytest.raises(ValueError, match="in_features must be at least 1, got 0"):
            model(0)
        with pytest.raises(ValueError, match=r"predict: x must have shape \(N, 3\), got \(2,\)"):
            model(3).predict([1, 2])


def test_they_are_modules():
    model = LogisticRegression(3, 2)
    assert {k: v.shape for k, v in model.state_dict().items()} == {"weight": (2, 3), "bias": (2,)}
    assert (
        isinstance(model, nn.Linear) and repr(model) == "LogisticRegression(in_features=3, out_features=2, bias=True)"
    )
