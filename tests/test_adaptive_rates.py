"""iRprop+ and iRprop-, the bold driver: beside loops by hand; with Quickprop and delta-bar-delta in `fit`."""

import copy
import math
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim

BOTH = (optim.IRprop, optim.BoldDriver)


def value_and_gradient(x, y):
    """A valley that bends, so that steps are too long again and again."""
    return (
        np.sum((x[1:] - x[:-1] ** 2) ** 2) + 0.1 * np.sum(y**4) + y.sum(),
        np.r_[0, 2 * (x[1:] - x[:-1] ** 2)] - np.r_[4 * x[:-1] * (x[1:] - x[:-1] ** 2), 0],
        0.4 * y**3 + 1,
    )


STARTS = (np.array([1.3, -0.4, 0.2, 0.9]), np.array([[2.0], [-3.0]]))


def trajectory(make, steps, groups=False, **options):
    x, y = (ag.tensor(start, requires_grad=True) for start in STARTS)
    optimizer = make([{"params": [x]}, {"params": [y]}] if groups else [x, y], **options)
    losses = []
    sign = -1 if options.get("maximize") else 1

    def closure():
        loss, gx, gy = value_and_gradient(x.array, y.array)
        x.grad, y.grad = ag.tensor(sign * gx), ag.tensor(sign * gy)
        losses.append(sign * loss)
        return ag.tensor(sign * loss)

    points = []
    for _ in range(steps):
        assert optimizer.step(closure).item() == losses[-1]
        points.append(np.concatenate([x.array, y.array.ravel()]))
    return np.array(points), losses, optimizer


def irprop_plus(steps, lr=1e-2, etas=(0.5, 1.2), step_sizes=(1e-6, 50)):
    """Weight by weight, as in the paper."""
    w, taken_back = [*STARTS[0], *STARTS[1].ravel()], 0
    n = len(w)
    size, before, change, last = [lr] * n, [0.0] * n, [0.0] * n, math.inf
    points = []
    for _ in range(steps):
        loss, gx, gy = value_and_gradient(np.array(w[:4]), np.array(w[4:])[:, None])
        for i, g in enumerate([*gx, *gy.ravel()]):
            if before[i] * g > 0:
                size[i] = min(size[i] * etas[1], step_sizes[1])
                change[i] = -np.sign(g) * size[i]
                w[i] += change[i]
                before[i] = g
            elif before[i] * g < 0:
                size[i] = max(size[i] * etas[0], step_sizes[0])
                if loss > last:
                    w[i] -= change[i]
                    taken_back += 1
                before[i] = 0
            else:
                change[i] = -np.sign(g) * size[i]
                w[i] += change[i]
                before[i] = g
        last = loss
        points.append(list(w))
    return points, taken_back


@pytest.mark.parametrize("options", [{}, {"lr": 0.2, "etas": (0.3, 1.5), "step_sizes": (1e-3, 0.6)}])
def test_irprop_plus(options):
    points, taken_back = irprop_plus(60, **options)
    assert taken_back > 5
    for further in ({}, {"maximize": True}, {"groups": True}):
        np.testing.assert_allclose(trajectory(optim.IRprop, 60, **options, **further)[0], points, rtol=1e-9, atol=1e-11)


def test_irprop_minus_is_rprop_to_the_bit_and_needs_no_closure():
    points, _, optimizer = trajectory(optim.IRprop, 60, variant="minus", lr=0.1)
    np.testing.assert_array_equal(points, trajectory(optim.Rprop, 60, lr=0.1)[0])
    assert (points != trajectory(optim.IRprop, 60, lr=0.1)[0]).any()
    assert optimizer.closure is None and optim.IRprop([ag.ones(1)]).closure == "gradients"
    assert optimizer.step() is None


def bold_driver(steps, lr, increase, decrease):
    w, before, rates = np.concatenate([STARTS[0], STARTS[1].ravel()]), None, []
    points = []
    for _ in range(steps):
        loss, gx, gy = value_and_gradient(w[:4], w[4:, None])
        if before is None or loss <= before[0]:
            lr = lr if before is None else lr * increase
            before = loss, w, np.concatenate([gx, gy.ravel()])
        else:
            lr *= decrease
        rates.append(lr)
        w = before[1] - lr * before[2]
        points.append(w)
    return points, rates


@pytest.mark.parametrize(
    "options", [{"lr": 0.1, "increase": 1.1, "decrease": 0.5}, {"lr": 0.02, "increase": 1.5, "decrease": 0.2}]
)
def test_bold_driver(options):
    points, rates = bold_driver(60, **options)
    assert 5 < np.sum(np.diff(rates) < 0) < 40
    for further in ({}, {"maximize": True}, {"groups": True}):
        found, _, optimizer = trajectory(optim.BoldDriver, 60, **options, **further)
        np.testing.assert_allclose(found, points, rtol=1e-9, atol=1e-11)
        assert all(group["lr"] == pytest.approx(rates[-1]) for group in optimizer.param_groups)


def test_the_bold_driver_comes_back_from_where_the_loss_is_not_finite():
    x = ag.tensor([3.0], dtype=np.float64, requires_grad=True)
    optimizer = optim.BoldDriver([x], lr=50.0)

    def closure():
        optimizer.zero_grad()
        loss = (x - ag.log(x)).sum()
        loss.backward()
        return loss

    with np.errstate(invalid="ignore"):
        for _ in range(60):
            optimizer.step(closure)
    assert x.item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_the_bold_driver_does_not_stay_there(loss):
    x = ag.tensor([1.0], requires_grad=True)
    x.grad = ag.tensor([1.0])
    optimizer, losses = optim.BoldDriver([x], lr=0.5), iter([2.0, loss])
    for expected in (0.5, 0.75):
        optimizer.step(lambda: ag.tensor(next(losses)))
        assert x.item() == expected


def network(dtype=np.float32):
    ag.manual_seed(0)
    model = nn.MLP([1, 5, 1], activation=nn.Tanh()).to(dtype)
    x = np.linspace(-1, 1, 20, dtype=dtype)[:, None]
    return model, (ag.tensor(x), ag.tensor(np.sin(3 * x)))


def steps(model, data, optimizer, n):
    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(model(data[0]), data[1])
        loss.backward()
        return loss

    return [optimizer.step(closure).item() for _ in range(n)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64])
@pytest.mark.parametrize("make", BOTH)
def test_it_goes_on_after_saving_with_the_same_bits(make, dtype):
    if dtype == np.complex64:  # as two real parameters, whose state has the parameter's dtype
        x = ag.tensor([1.0 + 2.0j], requires_grad=True)
        data = x, x.detach() * 0
        model = lambda z: ag.view_as_real(z - 3)  # noqa: E731
        y = ag.zeros(1, 2)
        optimizer = make([x], lr=0.1)
        assert steps(model, (x, y), optimizer, 25)[-1] < 0.1
        assert {v.dtype for v in optimizer.state[x].values() if isinstance(v, np.ndarray)} == {np.dtype(dtype)}
        return
    whole, data = network(dtype)
    optimizer = make(whole.parameters(), lr=0.1)
    losses = steps(whole, data, optimizer, 40)
    assert losses[-1] < 0.5 * losses[0]
    half, _ = network(dtype)
    optimizer = make(half.parameters(), lr=0.1)
    steps(half, data, optimizer, 17)
    other = copy.deepcopy(half)
    resumed = make(other.parameters())
    resumed.load_state_dict(pickle.loads(pickle.dumps(optimizer.state_dict())))
    assert steps(other, data, resumed, 23) == losses[17:]
    for a, b in zip(whole.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(a.array, b.array)
        assert a.dtype == dtype


def one():
    return [ag.ones(2, requires_grad=True)]


def test_nothing_changes_where_the_loss_is_not_finite():
    for make in BOTH:
        (x,) = one()
        x.grad = ag.ones(2)
        with pytest.raises(FloatingPointError, match=f"{make.__name__}: the loss is nan"):
            make([x]).step(lambda: ag.tensor(math.nan))
        np.testing.assert_array_equal(x.array, [1, 1])


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (
            lambda: optim.IRprop(one()).step(),
            ValueError,
            "IRprop: step needs a closure that clears the gradients, comp",
        ),
        (lambda: optim.BoldDriver(one()).step(), ValueError, "BoldDriver: step needs a closure that clears"),
        (lambda: optim.BoldDriver(one()).step(lambda: None), TypeError, "must return the loss, one number; got None"),
        (lambda: optim.IRprop(one()).step(lambda: ag.ones(3)), TypeError, "must return the loss, one number; got"),
        (lambda: optim.IRprop(one(), variant="+"), ValueError, r"variant is 'plus' or 'minus', got '\+'"),
        (lambda: optim.IRprop(one(), etas=(1.2, 0.5)), ValueError, "Invalid eta values"),
        (lambda: optim.BoldDriver(one(), increase=0.9), ValueError, "increase value: 0.9; it must be at least 1, such"),
        (
            lambda: optim.BoldDriver(one(), decrease=1),
            ValueError,
            "decrease value: 1; it must be between 0 and 1, such",
        ),
        (lambda: optim.BoldDriver(one(), lr=-1), ValueError, "Invalid learning rate: -1"),
        (
            lambda: optim.BoldDriver([{"params": one()}, {"params": one(), "maximize": True}]),
            ValueError,
            "the groups go different ways; give all of them the same maximize",
        ),
    ],
)
def test_errors(action, error, message):
    with pytest.raises(error, match=message):
        action()


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (optim.IRprop, {}),
        (optim.IRprop, {"variant": "minus"}),
        (optim.BoldDriver, {}),
        (optim.Quickprop, {}),
        (optim.DeltaBarDelta, {"kappa": 0.1}),
    ],
)
def test_fit_needs_fewer_epochs_than_gradient_descent(make, options):
    """The encoder 8-3-8; the rate of plain descent is 2 or 10, the better of them."""

    def epochs(make, limit, **options):
        ag.manual_seed(1)
        model, eye = (
            nn.Sequential(nn.Linear(8, 3), nn.Sigmoid(), nn.Linear(3, 8), nn.Sigmoid()),
            np.eye(8, dtype=np.float32),
        )
        history = optim.fit(
            model, (eye, eye), loss=F.mse_loss, optimizer=make(model.parameters(), **options), epochs=limit,
            batch_size=8, progress=False, keep_best=False,
        )  # fmt: skip
        return next((i for i, loss in enumerate(history["train_loss"], 1) if loss < 0.05), math.inf)

    assert epochs(make, 400, **options) < min(epochs(optim.SGD, 400, lr=lr) for lr in (2.0, 10.0))
