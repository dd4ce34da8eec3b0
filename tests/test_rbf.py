"""Radial basis functions: distances as exact as they can be, the layer, and the network fitted step by step."""

import functools
import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.kernels.machine.threads import Threads, get_num_threads, set_num_threads
from autograd_core.kernels.products import distance
from autograd_core.ops.network import rbf as ops
from nn.data import datasets
from nn.models import rbf_fit

KERNELS = ["gaussian", "multiquadric", "inverse_multiquadric", "thin_plate"]
MANY = distance.DIRECT_UP_TO + 1  # dimensions, for which a product is used


def exact_squares(x, c):
    return np.square(x[:, None].astype(np.longdouble) - c[None].astype(np.longdouble)).sum(-1)


def relative_errors(x, c):
    exact = exact_squares(x, c)
    found = F.squared_distance(x, c)
    assert found.dtype == x.dtype and (found[exact == 0] == 0).all()
    return float((np.abs(found - exact)[exact > 0] / exact[exact > 0]).max())


# ------------------------------------------------------------------------------------------------------------ distances


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("D", [1, 3, MANY - 1, MANY, 100])
@pytest.mark.parametrize("offset", [0.0, 30.0, 1e4])
def test_distances_are_exact_wherever_the_origin_is(dtype, D, offset):
    rng = np.random.default_rng(0)
    c = (rng.standard_normal((37, D)) + offset).astype(dtype)
    x = (rng.standard_normal((41, D)) + offset).astype(dtype)
    x[:5] = c[:5]
    x[5:10] = c[5:10] * dtype(1 + 1e-4)
    x[10:15] = np.nextafter(c[10:15], dtype(np.inf))
    assert relative_errors(x, c) < (D + 8) * np.finfo(dtype).eps


def test_distances_within_clusters_far_from_each_other():
    """No common origin helps: the products of such pairs cancel, and they are computed again."""
    rng = np.random.default_rng(1)
    middles = 1000 * rng.standard_normal((3, 50))
    x, c = ((middles[rng.integers(0, 3, n)] + rng.standard_normal((n, 50))).astype(np.float32) for n in (60, 40))
    assert relative_errors(x, c) < 60 * np.finfo(np.float32).eps
    # the same by the product alone is useless
    naive = np.square(x).sum(1)[:, None] + np.square(c).sum(1) - 2 * x @ c.T
    exact = exact_squares(x, c)
    assert (np.abs(naive - exact) / exact).max() > 0.01


@pytest.mark.parametrize("D", [2, MANY])
def test_nan_and_infinity_stay_in_their_rows(D):
    rng = np.random.default_rng(2)
    x, c = rng.standard_normal((6, D)), rng.standard_normal((5, D))
    x[1, 0], x[2, 1], c[3, 0] = np.nan, np.inf, -np.inf
    found = F.rbf(x, c)
    with np.errstate(invalid="ignore"):
        expected = np.exp(-0.5 * np.square(x[:, None] - c).sum(-1))
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert np.isnan(found[1]).all() and (found[2] == 0).all() and np.isfinite(np.delete(found, 1, 0)).all()


def test_results_do_not_depend_on_threads(monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 1e-9)
    rng = np.random.default_rng(3)
    before = get_num_threads()
    try:
        for D in (3, 40):
            x, c = rng.standard_normal((90, D)).astype("f4"), rng.standard_normal((150, D)).astype("f4")
            results = []
            for threads in (1, 2, 3):
                set_num_threads(threads)
                points, centers = ag.tensor(x, requires_grad=True), ag.tensor(c, requires_grad=True)
                widths = ag.tensor(np.full(150, 2, "f4"), requires_grad=True)
                out = F.rbf(points, centers, widths)
                (out * out).sum().backward()
                results.append([out.array, points.grad.array, centers.grad.array, widths.grad.array])
            for other in results[1:]:
                for a, b in zip(results[0], other, strict=True):
                    np.testing.assert_array_equal(a, b)
            assert np.array_equal(F.rbf(x, c, 2.0), results[0][0])  # nothing recorded, and the same numbers
    finally:
        set_num_threads(before)


@pytest.mark.parametrize("kernel", [*KERNELS, "square"])
@pytest.mark.parametrize(("N", "M", "D"), [(1, 1, 1), (7, 63, 5), (70, 65, 30), (3, 130, 20)])
def test_the_node_is_its_composition(kernel, N, M, D):
    rng = np.random.default_rng(N)
    arrays = rng.standard_normal((N, D)), rng.standard_normal((M, D)), rng.uniform(1, 3, M)
    weights = rng.standard_normal((N, M))
    found = []
    for function in (functools.partial(ops._radial, "rbf"), ops._composition):
        inputs = [ag.tensor(a, requires_grad=True) for a in arrays]
        out = function(*inputs, kernel)
        (out * ag.tensor(weights)).sum().backward()
        found.append([out.array, *(t.grad.array for t in inputs)])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10)


def test_at_the_centre():
    """All values and slopes are finite where a point is a centre, also those of the thin plate's logarithm."""
    for kernel, value in zip(KERNELS, (1.0, 1.0, 1.0, 0.0), strict=True):
        for D in (2, MANY):
            x, c, s = (
                ag.ones(1, D, requires_grad=True),
                ag.ones(1, D, requires_grad=True),
                ag.ones(1, requires_grad=True),
            )
            out = F.rbf(x, c, s, kernel)
            out.sum().backward()
            assert out.item() == value
            for t in (x, c, s):
                assert (t.grad.array == 0).all()
            (gx,) = ag.grad(F.rbf(x, c, s, kernel).sum(), [x], create_graph=True)
            assert np.isfinite(gx.array).all()


def test_gradients_far_from_the_origin():
    rng = np.random.default_rng(4)
    for D in (2, 40):
        x, c = rng.standard_normal((30, D)), rng.standard_normal((20, D))
        g = rng.standard_normal((30, 20))
        wanted = []
        for offset, dtype in ((0, np.float64), (1024, np.float32)):  # adding 1024 in float32 keeps 13 binary places
            x13, c13 = np.round(x * 2**13) / 2**13 + offset, np.round(c * 2**13) / 2**13 + offset
            points, centers = (ag.tensor(a.astype(dtype), requires_grad=True) for a in (x13, c13))
            (F.rbf(points, centers, math.sqrt(D)) * ag.tensor(g.astype(dtype))).sum().backward()
            wanted.append((points.grad.array, centers.grad.array))
        for a, b in zip(*wanted, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5)


def test_half_precision_goes_through_the_composition():
    x = ag.tensor(np.array([[0.0, 3.0]], np.float16))
    out = F.rbf(x, ag.tensor(np.array([[0.0, 0.0]], np.float16)), 3.0)
    assert out.dtype == np.float16 and out.item() == pytest.approx(math.exp(-0.5), rel=1e-3)


def test_empty():
    for N, M, D in ((0, 3, 2), (3, 0, 2), (0, 3, 20), (3, 0, 20), (2, 3, 0)):
        x, c = ag.zeros(N, D, requires_grad=True), ag.zeros(M, D, requires_grad=True)
        out = F.rbf(x, c)
        out.sum().backward()
        assert out.shape == (N, M) and x.grad.shape == (N, D) and c.grad.shape == (M, D)
        assert (out.array == 1).all()


@pytest.mark.parametrize(
    ("x", "c", "widths", "kernel", "error", "message"),
    [
        (np.zeros((2, 3)), np.zeros((4, 2)), 1.0, "gaussian", ValueError, r"points \(…, D\) and centres \(M, D\) of one dim"),
        (np.zeros((2, 3)), np.zeros(3), 1.0, "gaussian", ValueError, r"got shapes \(2, 3\) and \(3,\)"),
        (np.float64(1.0), np.zeros((1, 1)), 1.0, "gaussian", ValueError, r"got shapes \(\) and \(1, 1\)"),
        (np.zeros((2, 3)), np.zeros((4, 3)), np.ones(3), "gaussian", ValueError, "one number or one for each of the 4 cent"),
        (np.zeros((2, 3)), np.zeros((4, 3)), 0.0, "gaussian", ValueError, "widths must be positive, got 0; learn their"),
        (np.zeros((2, 3)), np.zeros((4, 3)), [1, 1, -2, 1], "gaussian", ValueError, "widths must be positive, got -2"),
        (np.zeros((2, 3)), np.zeros((4, 3)), 1.0, "cubic", ValueError, "no kernel is called 'cubic'; there are gaussian, mul"),
        (np.zeros((2, 3), complex), np.zeros((4, 3)), 1.0, "gaussian", TypeError, "needs real numbers, got"),
    ],
)  # fmt: skip
def test_wrong_inputs(x, c, widths, kernel, error, message):
    with pytest.raises(error, match=f"rbf: .*{message}"):
        F.rbf(
            ag.tensor(x), ag.tensor(c), widths if np.ndim(widths) == 0 else ag.tensor(np.array(widths, float)), kernel
        )


# ------------------------------------------------------------------------------------------------------------- the layer


def test_the_layer():
    layer = nn.RBF(4, 5, "multiquadric", dtype=np.float64)
    assert {name: p.shape for name, p in layer.named_parameters()} == {"centers": (5, 4), "log_widths": (5,)}
    np.testing.assert_allclose(layer.widths.array, 2.0)
    x = np.random.default_rng(0).standard_normal((3, 4))
    expected = np.sqrt(1 + exact_squares(x, layer.centers.array) / 4).astype(float)
    np.testing.assert_allclose(layer(ag.tensor(x)).array, expected, rtol=1e-12)
    frozen = nn.RBF(4, 5, learn_centers=False, learn_widths=False)
    assert not any(p.requires_grad for p in frozen.parameters())
    with pytest.raises(ValueError, match="RBF: num_centers must be at least 1, got 0"):
        nn.RBF(2, 0)
    with pytest.raises(ValueError, match="RBF: no kernel is called 'square'"):
        nn.RBF(2, 3, "square")


def test_patterns_stay_unless_they_shall_be_learnt():
    fixed, learnt = nn.EuclideanRBF(np.eye(3, 4)), nn.EuclideanRBF(np.eye(3, 4), learn=True)
    assert not list(fixed.parameters()) and [name for name, _ in learnt.named_parameters()] == ["centers"]
    assert list(fixed.state_dict()) == list(learnt.state_dict()) == ["centers"]
    x = np.random.default_rng(0).standard_normal((2, 4))
    np.testing.assert_allclose(fixed(ag.tensor(x)).array, exact_squares(x, np.eye(3, 4)).astype(float))
    assert repr(fixed) == "EuclideanRBF(features=4, classes=3, learn=False)"
    with pytest.raises(ValueError, match=r"patterns must have shape \(classes, features\), got \(3,\)"):
        nn.EuclideanRBF(np.ones(3))


def test_gradients_train_all_of_it():
    x, y = datasets.moons(100, 0.1, ag.Generator(0))[:]
    model = nn.RBFNetwork(2, 12, 2)
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    start = {name: p.array.copy() for name, p in model.named_parameters()}
    for _ in range(150):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05 and (model(x).array.argmax(1) == y.array).all()
    for name, p in model.named_parameters():
        assert np.abs(p.array - start[name]).max() > 0.05, name


# ------------------------------------------------------------------------------------------------------ centres and widths


MIDDLES = np.array([[0.0, 5.0], [5.0, 0.0], [-5.0, -5.0]])


def three_clouds(n=90, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    return MIDDLES[y] + 0.5 * rng.standard_normal((n, 2)), y


def test_k_means_finds_clusters():
    x, y = three_clouds()
    c = rbf_fit.k_means(x, 3, np.random.default_rng(0), 20)
    means = np.stack([x[y == k].mean(0) for k in range(3)])
    order = np.argsort(c[:, 0])
    np.testing.assert_allclose(c[order], means[np.argsort(means[:, 0])], atol=1e-12)
    nearest = exact_squares(x, c).argmin(1)
    for k in range(3):  # what makes it k-means: each centre is the mean of what is nearest to it
        np.testing.assert_allclose(c[k], x[nearest == k].mean(0))
    assert rbf_fit.k_means(np.ones((5, 2)), 3, np.random.default_rng(0), 3).shape == (3, 2)  # fewer different examples


def test_starts_are_spread_out():
    x, _ = three_clouds(1000)
    everywhere = 0
    for seed in range(20):
        c = rbf_fit.spread_out(x, 3, np.random.default_rng(seed))
        assert all((x == row).all(1).any() for row in c)
        everywhere += len(set(exact_squares(c, MIDDLES).argmin(1).tolist())) == 3
    assert everywhere >= 18  # one in each cloud; drawn without care, four or five times


def test_centres_of_classes():
    x, y = three_clouds()
    model = nn.RBFNetwork(2, 7, 3, dtype=np.float64)
    model.fit(x, y, centers="class_kmeans")
    nearest = exact_squares(model.rbf.centers.array, MIDDLES).argmin(1)
    assert nearest.tolist() == [0, 0, 0, 1, 1, 2, 2]
    drawn = nn.RBFNetwork(2, 7, 3, dtype=np.float64)
    drawn.fit(x, y, centers="data")
    assert len({tuple(row) for row in drawn.rbf.centers.array} & {tuple(row) for row in x}) == 7


def test_widths():
    rng = np.random.default_rng(0)
    x, c = rng.standard_normal((50, 3)), rng.standard_normal((6, 3))
    r = np.sqrt(exact_squares(c, c).astype(float))
    np.testing.assert_allclose(rbf_fit.widths_for("max", x, c, 2), r.max() / math.sqrt(12))
    expected = [math.sqrt(np.mean(sorted(row)[1:3] * np.array(sorted(row)[1:3]))) for row in r]
    np.testing.assert_allclose(rbf_fit.widths_for("nearest", x, c, 2), expected)
    all_of_them = [math.sqrt(np.mean(np.square(sorted(row)[1:]))) for row in r]
    np.testing.assert_allclose(rbf_fit.widths_for("nearest", x, c, 99), all_of_them)
    d = exact_squares(x, c).astype(float)
    own = d.argmin(1)
    expected = [math.sqrt(d[own == m, m].mean()) for m in range(6)]
    np.testing.assert_allclose(rbf_fit.widths_for("cluster", x, c, 2), expected)
    # where the rule gives 0: the mean of the others; for one centre the spread of the examples
    twice = rbf_fit.widths_for("nearest", x, c[[0, 0, 0, 1]], 2)
    assert twice[0] == twice[3] > 0
    np.testing.assert_allclose(rbf_fit.widths_for("max", x, c[:1], 2), math.sqrt(d[:, 0].mean()))
    np.testing.assert_allclose(rbf_fit.widths_for("nearest", c[:1], c[:1], 2), 1.0)
    model = nn.RBFNetwork(3, 6, 1, dtype=np.float64)
    y = x[:, :1]
    given = np.arange(1.0, 7.0)
    for rule, expected in (("max", 2 * r.max() / math.sqrt(12)), (0.7, 0.7), (given, given)):
        fitted = model.fit(x, y, centers=c, widths=rule, scale=2.0)  # which scales what the rules give
        np.testing.assert_allclose(fitted.widths, expected)
        np.testing.assert_allclose(model.rbf.widths.array, fitted.widths)
    assert (model.fit(x, y, centers="keep", widths="keep").widths == fitted.widths).all()
    np.testing.assert_array_equal(model.rbf.centers.array, c)


# -------------------------------------------------------------------------------------------------------------- read-out


def answers(model, x):
    """Φ from the formula."""
    return np.exp(-exact_squares(x, model.rbf.centers.array) / (2 * model.rbf.widths.array**2)).astype(float)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_the_read_out_solves_its_equations(ridge, bias, monkeypatch):
    monkeypatch.setattr(rbf_fit, "ROWS", 17)  # in several parts
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((60, 2)), rng.standard_normal((60, 3))
    model = nn.RBFNetwork(2, 8, 3, bias=bias, dtype=np.float64)
    fitted = model.fit(x, y, ridge=ridge)
    phi = answers(model, x)
    rows = np.column_stack([phi, np.ones(60)]) if bias else phi
    penalty = ridge * np.diag([1.0] * 8 + [0.0] * bias)  # the bias is free
    solution = np.linalg.solve(rows.T @ rows + penalty, rows.T @ y)
    np.testing.assert_allclose(model.readout.weight.array, solution[:8].T, rtol=1e-7)
    if bias:
        np.testing.assert_allclose(model.readout.bias.array, solution[8], rtol=1e-7)
    hat = rows @ np.linalg.solve(rows.T @ rows + penalty, rows.T)
    assert fitted.degrees == pytest.approx(np.trace(hat), rel=1e-8)
    assert fitted.residual == pytest.approx(((rows @ solution - y) ** 2).mean(), rel=1e-8) and fitted.ridge == ridge
    np.testing.assert_allclose(model.predict(x).array, rows @ solution, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("seed", range(8))
def test_generalised_cross_validation_on_few_examples(seed):
    """As the formula says, the bias among the degrees of freedom: with few examples that decides."""
    x, y = (t.array.astype(np.float64) for t in datasets.sine(12, 0.3, generator=ag.Generator(seed))[:])
    model = nn.RBFNetwork(1, 6, 1, dtype=np.float64)
    fitted = model.fit(x, y, ridge="gcv")
    phi = np.column_stack([answers(model, x), np.ones(12)])

    def score(ridge):
        hat = phi @ np.linalg.solve(phi.T @ phi + ridge * np.diag([1.0] * 6 + [0.0]), phi.T)
        return np.square(y - hat @ y).sum() / (12 - np.trace(hat)) ** 2

    for step in (10**0.25, 10**-0.25):  # the grid it chooses from
        assert score(fitted.ridge) <= score(fitted.ridge * step) * (1 + 1e-9)


def test_generalised_cross_validation():
    x, y = (t.array.astype(np.float64) for t in datasets.sine(80, 0.3, generator=ag.Generator(1))[:])
    model = nn.RBFNetwork(1, 25, 1, dtype=np.float64)
    fitted = model.fit(x, y, ridge="gcv", scale=2.0)
    phi = np.column_stack([answers(model, x), np.ones(80)])

    def score(ridge):
        hat = phi @ np.linalg.solve(phi.T @ phi + ridge * np.diag([1.0] * 25 + [0.0]), phi.T)
        return 80 * np.square(y - hat @ y).sum() / (80 - np.trace(hat)) ** 2

    tried = 10.0 ** np.arange(-6, 3, 0.05)
    best = min(map(score, tried))
    assert score(fitted.ridge) < 1.01 * best < 0.9 * score(1e-6)
    assert fitted.degrees < 12
    truth = np.sin(x)
    free = nn.RBFNetwork(1, 25, 1, dtype=np.float64)
    free.fit(x, y, ridge=0.0, scale=2.0)
    errors = [float(np.square(m.predict(x).array - truth).mean()) for m in (model, free)]
    assert errors[0] < 0.7 * errors[1]


@pytest.mark.parametrize("kernel", KERNELS)
def test_with_all_examples_as_centres_it_interpolates(kernel):
    x, y = (t.array.astype(np.float64) for t in datasets.sine(15)[:])
    model = nn.RBFNetwork(1, 15, 1, kernel, dtype=np.float64)
    fitted = model.fit(x, y, centers=x, ridge=0.0)
    assert fitted.residual < 1e-12
    np.testing.assert_allclose(model.predict(x).array, y, atol=1e-5)


def test_classes_and_values():
    x, y = three_clouds()
    model = nn.RBFNetwork(2, 9, 3)
    fitted = model.fit(x, ag.tensor(y), generator=ag.Generator(0))
    assert model.predict(x).dtype == np.int64 and (model.predict(ag.tensor(x)).array == y).all()
    again = nn.RBFNetwork(2, 9, 3)
    again.fit(x, y, generator=ag.Generator(0))
    np.testing.assert_array_equal(again.readout.weight.array, model.readout.weight.array)
    assert len(fitted.steps) == 3 and str(fitted).startswith("RBFFit(9 centres: kmeans (")
    values = nn.RBFNetwork(2, 9, 3)
    values.fit(x, np.eye(3)[y], generator=ag.Generator(0))
    np.testing.assert_array_equal(values.predict(x).array, values(ag.tensor(x).float()).array)
    two = nn.RBFNetwork(2, 9, 1)  # one output for two classes
    two.fit(x, y == 2)
    np.testing.assert_array_equal(two.predict(x).array, y == 2)
    with pytest.raises(
        RuntimeError, match=r"RBFNetwork.predict: fit\(\) has not been called, .*model\(x\).argmax\(1\)"
    ):
        nn.RBFNetwork(2, 9, 3).predict(x)


def test_gradients_refine_what_was_fitted():
    x, y = datasets.two_spirals()[:]
    lines = []
    model = nn.RBFNetwork(2, 40, 2)
    model.fit(x, y, centers="class_kmeans", widths="cluster", progress=lines.append)
    assert [line.split(":")[0].split(" from")[0] for line in lines] == ["40 centres", "widths", "read-out"]
    target = F.one_hot(y, 2).float()
    before = F.mse_loss(model(x), target).item()
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), target)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.7 * before
    kept = model.rbf.centers.array.copy()
    model.fit(x, y, centers="keep", widths="keep", ridge=1e-6)  # the read-out alone, once more
    np.testing.assert_array_equal(model.rbf.centers.array, kept)
    assert F.mse_loss(model(x), target).item() < loss.item()


X, Y = three_clouds(20)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": X[:, :1]}, r"x must have shape \(N, 2\), got \(20, 1\)"),
        ({"y": Y[:3]}, r"20 examples need class indices of shape \(20,\), got shape \(3,\)"),
        ({"centers": "grid"}, "centers is one of kmeans, class_kmeans, data, keep or an array, got 'grid'"),
        ({"centers": np.zeros((3, 2))}, r"centers given as an array must have shape \(6, 2\), got \(3, 2\)"),
        ({"centers": np.full((6, 2), np.nan)}, "centers must be finite"),
        ({"x": X[:5], "y": Y[:5]}, "centers='kmeans' cannot make 6 centres of 5 examples; use at most as many"),
        ({"x": X[:5], "y": Y[:5], "centers": "data"}, "centers='data' cannot make 6 centres of 5 examples"),
        ({"y": np.eye(3)[Y], "centers": "class_kmeans"}, "centers='class_kmeans' needs class indices as y"),
        ({"y": np.minimum(Y, 1) * 0, "centers": "class_kmeans"}, "centers='class_kmeans' gives class 1 2 of the 6 centres"),
        ({"widths": "wide"}, "widths is one of max, nearest, cluster, keep, a number or an array, got 'wide'"),
        ({"widths": 0.0}, "widths must be positive, got 0"),
        ({"widths": np.ones(5)}, r"widths given as an array must have shape \(6,\), got \(5,\)"),
        ({"scale": 0.0}, "scale must be positive, got 0.0"),
        ({"ridge": -1.0}, "ridge is a number of at least 0, or 'gcv', got -1.0"),
        ({"ridge": "aic"}, "ridge is a number of at least 0, or 'gcv', got 'aic'"),
        ({"neighbors": 0}, "neighbors must be at least 1, got 0"),
        ({"iterations": 0}, "iterations must be at least 1, got 0"),
    ],
)  # fmt: skip
def test_fit_refuses_before_it_changes_anything(options, message):
    model = nn.RBFNetwork(2, 6, 3)
    before = {name: t.array.copy() for name, t in model.state_dict().items()}
    with pytest.raises(ValueError, match=f"RBFNetwork.fit: {message}"):
        model.fit(**{"x": X, "y": Y, **options})
    for name, t in model.state_dict().items():
        np.testing.assert_array_equal(t.array, before[name])
    with pytest.raises(ValueError, match="RBFNetwork: out_features must be at least 1, got 0"):
        nn.RBFNetwork(2, 6, 0)


def test_an_interrupted_fit_changes_nothing(monkeypatch):
    model = nn.RBFNetwork(2, 6, 3)
    before = {name: t.array.copy() for name, t in model.state_dict().items()}

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(rbf_fit, "read_out", interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    for name, t in model.state_dict().items():
        np.testing.assert_array_equal(t.array, before[name])


def test_predict_after_loading(tmp_path):
    """What `fit` got is part of the state, so that a loaded model predicts like the saved one."""
    rng = np.random.default_rng(3)
    x, labels, values = rng.standard_normal((40, 2)), rng.integers(0, 3, 40), rng.standard_normal((40, 3))
    for y in (labels, values):
        model = nn.RBFNetwork(2, 5, 3, dtype=np.float64)
        model.fit(x, y, centers="data")
        path = nn.save(nn.Sequential(model), tmp_path / "rbf.safetensors")
        fresh = nn.Sequential(nn.RBFNetwork(2, 5, 3, dtype=np.float64))
        nn.load(path, fresh)
        expected = model.predict(x)
        assert fresh[0].predict(x).dtype == expected.dtype
        np.testing.assert_array_equal(fresh[0].predict(x).numpy(), expected.numpy())
    state = {name: t for name, t in model.state_dict().items() if name != "answers"}
    fresh = nn.RBFNetwork(2, 5, 3, dtype=np.float64)
    assert not any(fresh.load_state_dict(state))
    with pytest.raises(RuntimeError, match="fit\\(\\) has not been called"):
        fresh.predict(x)
