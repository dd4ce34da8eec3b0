"""Conjugate gradients, Newton, Gauss-Newton and Levenberg-Marquardt: standard problems beside SciPy, the formulas, errors."""

import copy
import math
import pickle

import numpy as np
import pytest
import scipy.optimize

import autograd_core as ag
import nn
import nn.functional as F
import optim
from optim.second_order import vectors
from optim.second_order.trust_region import Model, steihaug

from .standard_problems import PROBLEMS, squares

BETAS = ("fletcher-reeves", "polak-ribiere", "hestenes-stiefel")
ALL = (optim.ConjugateGradient, optim.Newton, optim.GaussNewton, optim.LevenbergMarquardt)


def run(make, problem, steps, **options):
    """Minimise until nothing moves; x, and the number of evaluations until the minimum was reached."""
    x = ag.tensor(np.array(problem.start, float), requires_grad=True)
    optimizer = make([x], tolerance_grad=1e-10, **options)
    count = reached = 0

    def residuals():
        nonlocal count
        count += 1
        return problem.residuals(x, ag)

    def loss():
        r = residuals()
        return (r * r).sum()

    for _ in range(steps):
        before = x.array.copy()
        optimizer.step(residuals if make in (optim.GaussNewton, optim.LevenbergMarquardt) else loss)
        if not reached and squares(problem, x.array) <= problem.minimum + 1e-6 * max(problem.minimum, 1e-3):
            reached = count
        if (x.array == before).all():
            break
    return x.array, reached or count


def derivative(f, x):
    """By central differences."""
    h = 1e-6 * np.maximum(np.abs(x), 1e-2)
    return np.stack([(f(x + e) - f(x - e)) / (2 * e.sum()) for e in np.diag(h)], -1)


def minima(number):
    """The values of Σ r² at the minima; Freudenstein & Roth's second one is a solution."""
    return (PROBLEMS[number].minimum, 0.0) if number == 2 else (PROBLEMS[number].minimum,)


def assert_minimal(number, x):
    found = squares(PROBLEMS[number], x)
    assert any(found == pytest.approx(m, rel=1e-6, abs=1e-9) for m in minima(number))


@pytest.mark.parametrize("number", PROBLEMS)
def test_levenberg_marquardt_beside_scipy(number):
    problem = PROBLEMS[number]
    f = lambda x: problem.residuals(x, np)  # noqa: E731
    theirs = scipy.optimize.least_squares(f, problem.start, lambda x: derivative(f, x), method="lm")
    x, evaluations = run(optim.LevenbergMarquardt, problem, 200, damping=1e-3)
    assert_minimal(number, x)
    assert_minimal(number, theirs.x)
    assert evaluations <= 2 * (theirs.nfev + theirs.njev) + 10
    if number not in (13,):  # its solution is singular
        np.testing.assert_allclose(x, theirs.x, rtol=1e-4, atol=1e-5)


# the minimum of Meyer's problem lies in a valley that curves too much for all of these, SciPy's too
OTHERS = [number for number in PROBLEMS if number != 10]


def scipys(number, method):
    problem = PROBLEMS[number]
    f = lambda x: squares(problem, x)  # noqa: E731
    g = lambda x: 2 * derivative(lambda x: problem.residuals(x, np), x).T @ problem.residuals(x, np)  # noqa: E731
    second = None if method == "CG" else lambda x: derivative(g, x)
    options = {"gtol": 1e-8} if method != "Newton-CG" else {}
    result = scipy.optimize.minimize(f, problem.start, jac=g, hess=second, method=method, options=options)
    return result.nfev + result.njev


@pytest.mark.parametrize("number", OTHERS)
def test_newton_beside_scipy(number):
    x, evaluations = run(optim.Newton, PROBLEMS[number], 150)
    assert_minimal(number, x)
    theirs = scipys(number, "Newton-CG" if number == 4 else "trust-ncg")  # in 4 its region stays too small
    assert evaluations <= 1.5 * theirs + (80 if number == 4 else 10)


@pytest.mark.parametrize("number", OTHERS)
def test_gauss_newton(number):
    x, evaluations = run(optim.GaussNewton, PROBLEMS[number], 100)
    assert_minimal(number, x)
    assert evaluations <= 200


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("number", OTHERS)
def test_conjugate_gradients_beside_scipy(number, beta):
    x, evaluations = run(optim.ConjugateGradient, PROBLEMS[number], 300, beta=beta)
    found = squares(PROBLEMS[number], x)
    assert any(found == pytest.approx(m, rel=1e-6, abs=1e-6) for m in minima(number))
    assert evaluations <= 2 * scipys(number, "CG") + 10


# ----------------------------------------------------------------------------------------------------------- the formulas


def quadratic(n=6, condition=100.0):
    rng = np.random.default_rng(1)
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    A = Q @ np.diag(np.geomspace(1, condition, n)) @ Q.T
    return A, rng.standard_normal(n)


@pytest.mark.parametrize("beta", BETAS)
def test_conjugate_gradients_solve_a_quadratic_in_n_steps(beta):
    A, b = quadratic()
    x = ag.zeros(6, dtype=np.float64, requires_grad=True)
    optimizer = optim.ConjugateGradient([x], beta=beta, c2=1e-9, c1=1e-10)
    for _ in range(6):
        optimizer.step(lambda: 0.5 * x @ ag.tensor(A) @ x - ag.tensor(b) @ x)
    np.testing.assert_allclose(A @ x.array, b, atol=1e-6)
    assert optimizer.state[x]["count"] == 6  # without a restart


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("plus", [True, False])
def test_directions(beta, plus):
    """-g, then -g + β d, with β by its formula."""
    x = ag.tensor([-1.2, 1.0, 0.5], dtype=np.float64, requires_grad=True)
    f = lambda x: 3 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2 + (x[2] - x[1]) ** 4  # noqa: E731
    optimizer = optim.ConjugateGradient([x], beta=beta, plus=plus, powell=None, restart=100)
    expected = before = None
    for _ in range(12):
        (g,) = (t.array for t in ag.grad(f(x), x))
        start = x.array.copy()
        if expected is None:
            expected = -g
        else:
            y = g - before
            value = {
                "fletcher-reeves": g @ g / (before @ before),
                "polak-ribiere": g @ y / (before @ before),
                "hestenes-stiefel": g @ y / (y @ expected),
            }[beta]
            expected = -g + (max(value, 0) if plus else value) * expected
        optimizer.step(lambda: f(x))
        step = x.array - start
        np.testing.assert_allclose(step / np.linalg.norm(step), expected / np.linalg.norm(expected), atol=1e-9)
        np.testing.assert_array_equal(x.grad.array, g)
        before = g


def test_restarts():
    """After `restart` directions, and by Powell's test."""
    f = lambda x: ((x[1:] - x[:-1] ** 2) ** 2).sum() + ((1 - x) ** 2).sum()  # noqa: E731

    def counts(**options):
        x = ag.tensor(np.linspace(-1, 1.5, 8), requires_grad=True)
        optimizer = optim.ConjugateGradient([x], **options)
        found, overlaps, before = [], [], None
        for _ in range(12):
            (g,) = (t.array for t in ag.grad(f(x), x))
            if found:
                overlaps.append(abs(g @ before) / (g @ g))
            optimizer.step(lambda: f(x))
            found.append(optimizer.state[x]["count"])
            before = g
        return found, overlaps

    assert counts(restart=3, powell=None)[0] == [1, 2, 3] * 4
    assert counts(powell=None)[0] == [*range(1, 9), *range(1, 5)]
    found, overlaps = counts(restart=100)
    assert [c == 1 for c in found[1:]] == [overlap >= 0.2 for overlap in overlaps]
    assert 0 < found[1:].count(1) < 11


def test_steihaug():
    A, b = quadratic()
    model = Model(0.0, -b, lambda v: A @ v, 0.0)
    p, promised = steihaug(model, 1e3, 50, 1e-12)
    np.testing.assert_allclose(p, np.linalg.solve(A, b), rtol=1e-9)
    assert promised == pytest.approx(0.5 * b @ np.linalg.solve(A, b))
    indefinite = A - 20 * np.eye(6)
    for matrix, radius in ((A, 0.1), (indefinite, 0.1), (indefinite, 100.0), (0 * A, 2.0), (-A, 1.0)):
        p, promised = steihaug(Model(0.0, -b, lambda v, matrix=matrix: matrix @ v, 0.0), radius, 50, 1e-12)
        assert np.linalg.norm(p) == pytest.approx(radius)
        assert promised == pytest.approx(b @ p - 0.5 * p @ matrix @ p)
        along = b @ matrix @ b
        t = radius / np.linalg.norm(b) if along <= 0 else min(radius / np.linalg.norm(b), b @ b / along)
        assert promised >= (t * b @ b - 0.5 * t**2 * along) * (1 - 1e-12)  # the Cauchy point


def test_newton_is_exact_on_a_quadratic_and_its_radius_adapts():
    A, b = quadratic()
    x = ag.zeros(6, dtype=np.float64, requires_grad=True)
    optimizer = optim.Newton([x], radius=0.01, max_radius=0.05)
    norms = []
    for _ in range(5):
        before = x.array.copy()
        optimizer.step(lambda: 0.5 * x @ ag.tensor(A) @ x - ag.tensor(b) @ x)
        norms.append(np.linalg.norm(x.array - before))
    np.testing.assert_allclose(norms, [0.01, 0.02, 0.04, 0.05, 0.05])
    optimizer = optim.Newton([x], radius=100.0)
    for _ in range(4):
        optimizer.step(lambda: 0.5 * x @ ag.tensor(A) @ x - ag.tensor(b) @ x)
    np.testing.assert_allclose(A @ x.array, b, atol=1e-7)


def test_newton_leaves_a_saddle():
    x = ag.tensor([1.0, 1e-3], dtype=np.float64, requires_grad=True)
    optimizer = optim.Newton([x])
    for _ in range(15):
        optimizer.step(lambda: x[0] ** 2 - x[1] ** 2 + x[1] ** 4)
    np.testing.assert_allclose(np.abs(x.array), [0, 0.5**0.5], atol=1e-7)


def logistic():
    rng = np.random.default_rng(0)
    return ag.tensor(rng.standard_normal((30, 3))), ag.tensor(rng.integers(0, 4, 30))


def test_gauss_newton_is_newton_where_the_outputs_are_linear():
    x, y = logistic()
    weights = [ag.zeros(3, 4, dtype=np.float64, requires_grad=True) for _ in range(2)]
    newton, gauss_newton = optim.Newton(weights[:1]), optim.GaussNewton(weights[1:])

    def both():
        outputs = x @ weights[1]
        return F.cross_entropy(outputs, y), outputs

    for _ in range(5):
        ours = newton.step(lambda: F.cross_entropy(x @ weights[0], y))
        assert gauss_newton.step(both).item() == pytest.approx(ours.item(), rel=1e-12)
    np.testing.assert_allclose(weights[1].array, weights[0].array, rtol=1e-7, atol=1e-9)
    assert ours.item() < 1.3


def test_gauss_newton_takes_residuals_or_outputs():
    found = []
    for pair in (False, True):
        model, (x, y) = network(np.float64)
        optimizer = optim.GaussNewton(model.parameters())

        def closure(pair=pair, model=model, x=x, y=y):
            output = model(x)
            r = (output - y).reshape(-1)
            return ((r * r).sum(), output) if pair else r

        values = [optimizer.step(closure) for _ in range(4)]
        found.append([p.array for p in model.parameters()])
        assert values[0].shape == (() if pair else (20,))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


def network(dtype=np.float32, seed=0):
    ag.manual_seed(seed)
    model = nn.MLP([1, 5, 1], activation=nn.Tanh()).to(dtype)
    x = np.linspace(-1, 1, 20, dtype=dtype)[:, None]
    return model, (ag.tensor(x), ag.tensor(np.sin(3 * x)))


@pytest.mark.parametrize("chunk", [3, 256])
@pytest.mark.parametrize("rows", [4, 200])
def test_jacobian(rows, chunk, monkeypatch):
    """Fewer rows than columns and the other way round; parameters of all shapes, one that nothing depends on."""
    monkeypatch.setattr(vectors, "CHUNK", chunk)
    rng = np.random.default_rng(2)
    a, b, c = (ag.tensor(rng.standard_normal(s), requires_grad=True) for s in ((2, 3), (), (4,)))
    x = ag.tensor(rng.standard_normal((rows, 2)))
    f = lambda a, b: (x @ a).tanh().sum(1) * b  # noqa: E731
    found = optim.LevenbergMarquardt([a, c, b]).jacobian(f(a, b))
    by_a, by_b = ag.func.jacrev(f, (0, 1))(a.detach(), b.detach())
    expected = np.concatenate([by_a.array.reshape(rows, 6), np.zeros((rows, 4)), by_b.array[:, None]], 1)
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_levenberg_marquardt_by_hand():
    """By the normal equations; a step that is refused raises μ by ν."""
    problem = PROBLEMS[1]
    x = ag.tensor(np.array(problem.start, float), requires_grad=True)
    optimizer = optim.LevenbergMarquardt([x], damping=1e-3)
    at, mu, growth, scale = x.array.copy(), 1e-3, 2.0, np.zeros(2)
    tries = 0
    for _ in range(6):
        optimizer.step(lambda: problem.residuals(x, ag))
        J, r = derivative(lambda x: problem.residuals(x, np), at), problem.residuals(at, np)
        scale = np.maximum(scale, np.linalg.norm(J, axis=0))
        D = np.where(scale > 0, scale, 1)
        while True:
            step = np.linalg.solve(J.T @ J + mu * np.diag(D**2), -J.T @ r)
            fall = r @ r - squares(problem, at + step)
            rho = fall / (r @ r - np.sum((r + J @ step) ** 2))
            tries += 1
            if rho > 0:
                at, mu, growth = at + step, mu * max(1 / 3, 1 - (2 * rho - 1) ** 3), 2.0
                break
            mu, growth = mu * growth, growth * 2
        np.testing.assert_allclose(x.array, at, rtol=1e-6)
        assert optimizer.state[x]["damping"] == pytest.approx(mu, rel=1e-4)
    assert tries > 6


def test_levenberg_marquardt_does_not_depend_on_the_scale_of_a_parameter():
    problem, unit = PROBLEMS[8], np.array([1.0, 1e-4, 1e5])
    x, z = (ag.tensor(np.array(problem.start) / u, requires_grad=True) for u in (1.0, unit))
    first, second = optim.LevenbergMarquardt([x]), optim.LevenbergMarquardt([z])
    for _ in range(4):
        first.step(lambda: problem.residuals(x, ag))
        second.step(lambda: problem.residuals(z * ag.tensor(unit), ag))
        np.testing.assert_allclose(z.array * unit, x.array, rtol=1e-7)


@pytest.mark.parametrize("make", ALL)
def test_singular_systems(make):
    """Only a + b matters, and c not at all."""
    a, b, c = (ag.tensor(v, dtype=np.float64, requires_grad=True) for v in (1.0, 2.0, 7.0))
    optimizer = make([a, b, c])

    def residuals():
        return ag.stack([a + b - 5, 2 * (a + b - 5)]) + 0 * c

    for _ in range(12):
        optimizer.step(residuals if "residuals" in optimizer.wanted else lambda: (residuals() ** 2).sum())
    assert a.item() + b.item() == pytest.approx(5, abs=1e-5) and b.item() - a.item() == pytest.approx(1)
    assert c.item() == 7


# ------------------------------------------------------------------------------------------------- what all have in common


def closure_for(make, model, x, y):
    def closure():
        output = model(x)
        if make is optim.LevenbergMarquardt:
            return (output - y).reshape(-1)
        loss = F.mse_loss(output, y)
        return (loss, output) if make is optim.GaussNewton else loss

    return closure


def steps(make, model, data, n, optimizer=None, **options):
    optimizer = optimizer or make(model.parameters(), **options)
    for _ in range(n):
        optimizer.step(closure_for(make, model, *data))
    return optimizer


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", ALL)
def test_it_goes_on_after_saving_with_the_same_bits(make, dtype):
    whole, data = network(dtype)
    steps(make, whole, data, 7)
    half, _ = network(dtype)
    optimizer = steps(make, half, data, 4)
    saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
    other = copy.deepcopy(half)
    resumed = make(other.parameters())
    resumed.load_state_dict(saved)
    steps(make, other, data, 3, resumed)
    for a, b in zip(whole.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(a.array, b.array)
        assert a.dtype == dtype
    pickled = pickle.loads(pickle.dumps(resumed))
    assert pickled.state_dict()["param_groups"] == resumed.state_dict()["param_groups"]


@pytest.mark.parametrize("make", ALL)
def test_memory_stays_frozen_parameters_too_and_the_loss_falls(make):
    model, data = network()
    first, *others = model.parameters()
    first.requires_grad_(False)
    frozen, arrays = first.array.copy(), [p.array for p in model.parameters()]
    value = lambda: F.mse_loss(model(data[0]), data[1])  # noqa: E731
    start = value()
    expected = ag.grad(start, others)
    optimizer = steps(make, model, data, 1)
    scale = 20 if make is optim.LevenbergMarquardt else 1  # of Σ r²
    for p, g in zip(others, expected, strict=True):
        np.testing.assert_allclose(p.grad.array, scale * g.array, rtol=1e-4, atol=1e-5)
    steps(make, model, data, 9, optimizer)
    assert value().item() < 0.5 * start.item()
    assert all(p.array is array for p, array in zip(model.parameters(), arrays, strict=True))
    np.testing.assert_array_equal(first.array, frozen)
    first.requires_grad_(True)  # another number of parameters
    steps(make, model, data, 1, optimizer)
    assert (first.array != frozen).any()


@pytest.mark.parametrize("make", [optim.ConjugateGradient, optim.Newton])
def test_maximize(make):
    x = ag.tensor([1.0, -2.0], dtype=np.float64, requires_grad=True)
    optimizer = make([x], maximize=True)
    for _ in range(20):
        loss = optimizer.step(lambda: -((x - ag.tensor([3.0, 1.0])) ** 2 * ag.tensor([1.0, 5.0])).sum())
    np.testing.assert_allclose(x.array, [3, 1], atol=1e-6)
    assert -1e-10 < loss.item() <= 0


def test_a_closure_that_calls_backward():
    """As for LBFGS: conjugate gradients take its gradients."""
    found = []
    for backward in (False, True):
        model, (x, y) = network()
        optimizer = optim.ConjugateGradient(model.parameters(), max_iter=5)

        def closure(backward=backward, model=model, x=x, y=y, optimizer=optimizer):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), y)
            if backward:
                loss.backward()
            return loss

        optimizer.step(closure)
        found.append([p.array for p in model.parameters()])
    for a, b in zip(*found, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("make", ALL)
def test_a_trial_outside_the_domain_is_refused(make):
    """Where the first step goes too far, the logarithm of a negative number is NaN."""
    x = ag.tensor([4.0], dtype=np.float64, requires_grad=True)
    optimizer = make(
        [x],
        **(
            {}
            if make is optim.LevenbergMarquardt
            else {"lr": 100.0}
            if "lr" in make.__init__.__annotations__
            else {"radius": 100.0}
        ),
    )

    def residuals():
        return ag.log(x) ** 3 + 0.01 * x

    for _ in range(30):
        optimizer.step(residuals if "residuals" in optimizer.wanted else lambda: (residuals() ** 2).sum())
    assert 0 < x.item() < 2 and abs(residuals().item()) < 0.02


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("make", [optim.ConjugateGradient, optim.Newton])
def test_a_trial_that_overflows_is_refused_in_silence(make):
    x = ag.tensor([2.0], requires_grad=True)
    optimizer = make([x], **({"lr": 1e40} if make is optim.ConjugateGradient else {"radius": 1e39, "max_radius": 1e39}))
    for _ in range(40):
        optimizer.step(lambda: -ag.exp(-x * x).sum() + 0.1 * x.abs().sqrt().sum())
        assert np.isfinite(x.array).all() and abs(x.item()) <= 2


@pytest.mark.parametrize("make", ALL)
def test_at_a_minimum_nothing_moves(make):
    """Nor where the gradient is so small that its square is 0."""
    for x in (np.zeros(2), np.full(2, 1e-170)):
        p = ag.tensor(x, requires_grad=True)
        optimizer = make([p], tolerance_grad=0)
        optimizer.step((lambda: p * 1) if "residuals" in optimizer.wanted else lambda: (p * p).sum())
        np.testing.assert_allclose(p.array, x, atol=1e-169)


@pytest.mark.parametrize("make", ALL)
def test_nothing_changes_where_the_loss_is_not_finite(make):
    model, (x, y) = network()
    optimizer = steps(make, model, (x, y), 2)
    kept = [p.array.copy() for p in model.parameters()], copy.deepcopy(optimizer.state_dict()["state"])
    y = y.clone()
    y[3] = math.nan
    with pytest.raises(
        FloatingPointError, match=rf"{make.__name__}: the .* is not finite \(nan\), .* ag.detect_anomaly"
    ):
        optimizer.step(closure_for(make, model, x, y))
    for p, start in zip(model.parameters(), kept[0], strict=True):
        np.testing.assert_array_equal(p.array, start)
    assert str(optimizer.state_dict()["state"]) == str(kept[1])


def test_an_exception_in_a_trial_leaves_the_parameters():
    for make in ALL:
        model, data = network()
        start, calls = [p.array.copy() for p in model.parameters()], []
        evaluate = closure_for(make, model, *data)

        def closure(calls=calls, evaluate=evaluate):
            calls.append(1)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return evaluate()

        with pytest.raises(KeyboardInterrupt):
            make(model.parameters()).step(closure)
        for p, before in zip(model.parameters(), start, strict=True):
            np.testing.assert_array_equal(p.array, before)


X = ag.tensor([1.0, 2.0], requires_grad=True)
Z = ag.tensor([1.0 + 1.0j], requires_grad=True)


def backward():
    loss = (X * X).sum()
    loss.backward()
    return loss


ERRORS = [
    *[
        (lambda make=make: make([Z]), ValueError, rf"{make.__name__}: parameter 0 is complex64, .* real")
        for make in ALL
    ],
    *[
        (
            lambda make=make: make([{"params": [X]}, {"params": [ag.ones(1, requires_grad=True)]}]),
            ValueError,
            rf"{make.__name__} takes all parameters as one vector, .* as one list: optim.{make.__name__}\(model.par",
        )
        for make in ALL
    ],
    *[
        (lambda make=make: make([X]).step(), ValueError, rf"{make.__name__}: step needs a closure; pass a")
        for make in ALL
    ],
    *[
        (lambda make=make: make([ag.ones(2)]).step(lambda: None), ValueError, "no parameter requires a gradient; call")
        for make in ALL
    ],
    (lambda: optim.Newton(nn.Linear(1, 1)), TypeError, r"pass its parameters: optim.Newton\(model.parameters\(\)\)$"),
    (
        lambda: optim.Newton([X]).step(backward),
        ValueError,
        r"Newton computes .* but the closure called backward\(\); let",
    ),
    (lambda: optim.GaussNewton([X]).step(lambda: (backward(), X)), ValueError, "but the closure called backward"),
    (lambda: optim.Newton([X]).step(lambda: X * X), TypeError, r"one number; got a tensor of shape \(2,\)"),
    (
        lambda: optim.ConjugateGradient([X]).step(lambda: 3.0),
        TypeError,
        "must return the loss, the loss a tensor of one",
    ),
    (lambda: optim.Newton([X]).step(lambda: X.detach().sum()), ValueError, "does not depend on the parameters by"),
    (lambda: optim.GaussNewton([X]).step(lambda: X.sum()), ValueError, r"got a tensor of shape \(\); the loss alone"),
    (lambda: optim.GaussNewton([X]).step(lambda: (X.sum(), X.detach())), ValueError, "the outputs have no history"),
    (
        lambda: optim.LevenbergMarquardt([X]).step(lambda: X.sum()),
        ValueError,
        r"a vector, got a tensor of shape \(\); re",
    ),
    (lambda: optim.LevenbergMarquardt([X]).step(lambda: X.detach()), ValueError, "does not depend on the parameters"),
    (lambda: optim.LevenbergMarquardt([X], damping=0), ValueError, "damping must be more than 0, got 0"),
    (lambda: optim.LevenbergMarquardt([X], max_tries=0), ValueError, "max_tries must be at least 1, got 0"),
    (lambda: optim.ConjugateGradient([X], beta="fr"), ValueError, "beta is one of 'fletcher-reeves', .* got 'fr'"),
    (lambda: optim.ConjugateGradient([X], restart=0), ValueError, "restart must be at least 1, got 0"),
    (lambda: optim.ConjugateGradient([X], c1=0.5), ValueError, "needed is 0 < c1 < c2 < 1, got c1=0.5, c2=0.1"),
    (lambda: optim.ConjugateGradient([X], powell=-1), ValueError, "Invalid powell value: -1"),
    (lambda: optim.Newton([X], radius=0), ValueError, "needed is 0 < radius <= max_radius, got radius=0"),
    (lambda: optim.GaussNewton([X], eta=0.5), ValueError, r"GaussNewton: eta must be in \[0, 0.25\), got 0.5"),
    (
        lambda: optim.lr_scheduler.StepLR(optim.Newton([X]), 3),
        ValueError,
        "StepLR: Newton has no learning rate that could",
    ),
    (lambda: optim.lr_scheduler.ReduceLROnPlateau(optim.LevenbergMarquardt([X])), ValueError, "leave the schedule out"),
    (lambda: optim.Newton([X], max_cg=0), ValueError, "Newton: max_cg must be at least 1, got 0"),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors(case):
    action, error, message = ERRORS[case]
    before = X.array.copy()
    with pytest.raises(error, match=message):
        action()
    np.testing.assert_array_equal(X.array, before)


# ------------------------------------------------------------------------------------------------------------------- fit


def epochs_to(goal, make, task, epochs, **options):
    """The number of epochs of `optim.fit` until the training error is below the goal."""
    ag.manual_seed(1)
    model, data = task()
    history = optim.fit(
        model, data, loss=F.mse_loss, optimizer=make(model.parameters(), **options), epochs=epochs,
        batch_size=len(data[0]), progress=False, keep_best=False,
    )  # fmt: skip
    return next((i for i, loss in enumerate(history["train_loss"], 1) if loss < goal), math.inf)


def sine():
    x = np.linspace(-np.pi, np.pi, 40, dtype=np.float32)[:, None]
    return nn.MLP([1, 8, 1], activation=nn.Tanh()), (x, np.sin(x))


def encoder():
    eye = np.eye(8, dtype=np.float32)
    return nn.Sequential(nn.Linear(8, 3), nn.Sigmoid(), nn.Linear(3, 8), nn.Sigmoid()), (eye, eye)


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize(("task", "lr"), [(sine, 0.1), (encoder, 128.0)])
def test_fit_needs_fewer_epochs_than_gradient_descent(make, task, lr):
    """Which has the best learning rate of a grid."""
    assert epochs_to(0.01, make, task, 150) < 150 < epochs_to(0.01, optim.SGD, task, 300, lr=lr)
