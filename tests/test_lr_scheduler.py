"""The learning rate schedules against their formulas, alone and composed, saved and resumed."""

import copy
import itertools
import math
import pickle

import numpy as np
import pytest

import autograd_core as ag
import optim
from optim import lr_scheduler as ls

EPOCHS = 24
BASES = (0.1, 0.4)


def optimizer_of(make=optim.SGD, bases=BASES, **options):
    groups = [{"params": [ag.zeros(1, requires_grad=True)], "lr": lr} for lr in bases]
    return make(groups, **options)


def rates(scheduler, epochs=EPOCHS, metrics=None):
    """The learning rate of each group in each epoch."""
    rows = []
    for t in range(epochs):
        rows.append([group["lr"] for group in scheduler.optimizer.param_groups])
        assert scheduler.get_last_lr() == rows[-1]
        scheduler.optimizer.step()
        scheduler.step(*([] if metrics is None else [metrics[t]]))
    return np.array(rows)


SCHEDULES = [  # the scheduler and lr(t) / lr(0)
    (ls.LambdaLR, {"lr_lambda": lambda t: 1 / (t + 1)}, lambda t: 1 / (t + 1)),
    (
        ls.MultiplicativeLR,
        {"lr_lambda": lambda t: 1 / (t + 1)},
        lambda t: math.prod(1 / (s + 1) for s in range(1, t + 1)),
    ),
    (ls.StepLR, {"step_size": 3}, lambda t: 0.1 ** (t // 3)),
    (ls.StepLR, {"step_size": 5, "gamma": 0.9}, lambda t: 0.9 ** (t // 5)),
    (ls.MultiStepLR, {"milestones": [7, 2, 7], "gamma": 0.5}, lambda t: 0.5 ** ((t >= 2) + 2 * (t >= 7))),
    (ls.ConstantLR, {}, lambda t: 1 / 3 if t < 5 else 1),
    (ls.ConstantLR, {"factor": 0.5, "total_iters": 3}, lambda t: 0.5 if t < 3 else 1),
    (ls.ConstantLR, {"factor": 0, "total_iters": 4}, lambda t: 0 if t < 4 else 1),
    (ls.LinearLR, {}, lambda t: 1 / 3 + 2 / 3 * min(t, 5) / 5),
    (ls.LinearLR, {"start_factor": 1.0, "end_factor": 0.2, "total_iters": 8}, lambda t: 1 - 0.8 * min(t, 8) / 8),
    (ls.ExponentialLR, {"gamma": 0.8}, lambda t: 0.8**t),
    (ls.PolynomialLR, {"total_iters": 9, "power": 2.0}, lambda t: (1 - min(t, 9) / 9) ** 2),
    (ls.CosineAnnealingLR, {"T_max": 7}, lambda t: (1 + math.cos(math.pi * t / 7)) / 2),
    (ls.CosineAnnealingWarmRestarts, {"T_0": 5}, lambda t: (1 + math.cos(math.pi * (t % 5) / 5)) / 2),
]
NAMES = [f"{make.__name__}-{'-'.join(options)}" for make, options, _ in SCHEDULES]


@pytest.mark.parametrize(("make", "options", "level"), SCHEDULES, ids=NAMES)
def test_formula(make, options, level):
    expected = [[base * level(t) for base in BASES] for t in range(EPOCHS)]
    np.testing.assert_allclose(rates(make(optimizer_of(), **options)), expected, rtol=1e-12, atol=1e-16)


@pytest.mark.parametrize(("make", "options", "level"), SCHEDULES, ids=NAMES)
def test_saving_and_going_on(make, options, level):
    first = make(optimizer_of(), **options)
    rates(first, 9)
    optimizer = optimizer_of()
    second = make(optimizer, **options)
    optimizer.load_state_dict(copy.deepcopy(first.optimizer.state_dict()))
    second.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
    expected = [[base * level(t) for base in BASES] for t in range(9, EPOCHS)]
    np.testing.assert_allclose(rates(second, EPOCHS - 9), expected, rtol=1e-12, atol=1e-16)


CLOSED = [case for case in zip(SCHEDULES, NAMES, strict=True) if case[0][0] is not ls.MultiplicativeLR]


@pytest.mark.parametrize(("make", "options", "level"), [row for row, _ in CLOSED], ids=[name for _, name in CLOSED])
def test_a_step_to_an_epoch(make, options, level):
    """Forwards, backwards, to the same one again, and on from there."""
    scheduler = make(optimizer_of(), **options)
    scheduler.optimizer.step()
    for epoch, expected in ((6, 6), (2, 2), (2, 2), (None, 3), (0, 0)):
        scheduler.step(epoch) if epoch is not None else scheduler.step()
        assert scheduler.last_epoch == expected
        np.testing.assert_allclose(scheduler.get_last_lr(), [base * level(expected) for base in BASES], atol=1e-16)
    with pytest.raises(ValueError, match="xpected non-negative epoch, but got -1"):
        scheduler.step(-1)
    assert scheduler.last_epoch == 0


def test_a_step_to_an_epoch_without_a_closed_form():
    """MultiplicativeLR multiplies by lr_lambda(epoch) once, as PyTorch's does."""
    scheduler = ls.MultiplicativeLR(optimizer_of(bases=(1.0,)), lambda t: t / 10)
    scheduler.optimizer.step()
    scheduler.step(5)
    assert scheduler.get_last_lr() == [0.5] and scheduler.last_epoch == 5


def test_plateau_takes_the_number_of_the_epoch():
    scheduler = ls.ReduceLROnPlateau(optimizer_of())
    scheduler.step(1.0, epoch=7)
    assert scheduler.last_epoch == 7
    scheduler.step(1.0)
    assert scheduler.last_epoch == 8


def test_lowest_rate_of_the_cosines():
    expected = [[0.02 + (base - 0.02) * (1 + math.cos(math.pi * t / 6)) / 2 for base in BASES] for t in range(EPOCHS)]
    np.testing.assert_allclose(rates(ls.CosineAnnealingLR(optimizer_of(), 6, eta_min=0.02)), expected, rtol=1e-12)


def test_warm_restarts_get_longer_and_take_fractions():
    scheduler = ls.CosineAnnealingWarmRestarts(optimizer_of(), 2, T_mult=3, eta_min=0.01)
    lengths = [(0, 2), (2, 6), (8, 18)]

    def level(t):
        start, length = next((s, n) for s, n in reversed(lengths) if t >= s)
        return (1 + math.cos(math.pi * (t - start) / length)) / 2

    expected = [[0.01 + (base - 0.01) * level(t) for base in BASES] for t in range(EPOCHS)]
    np.testing.assert_allclose(rates(scheduler), expected, rtol=1e-12)
    for t in (0, 0.5, 1.75, 2, 7.9, 8.5, 3.25):
        scheduler.step(t)
        np.testing.assert_allclose(scheduler.get_last_lr(), [0.01 + (b - 0.01) * level(t) for b in BASES], rtol=1e-12)
    with pytest.raises(ValueError, match="Expected non-negative epoch, but got -1"):
        scheduler.step(-1)


def test_functions_that_are_objects_are_saved():
    class Halve:
        def __init__(self):
            self.factor = 0.5

        def __call__(self, t):
            return self.factor**t

    first, second = (ls.LambdaLR(optimizer_of(), [Halve(), lambda t: 1.0]) for _ in range(2))
    first.lr_lambdas[0].factor = 0.25
    second.load_state_dict(first.state_dict())
    assert second.lr_lambdas[0].factor == 0.25 and first.state_dict()["lr_lambdas"][1] is None
    first, second = (ls.CyclicLR(optimizer_of(momentum=0.9), 0.1, 0.5, scale_fn=Halve()) for _ in range(2))
    first._scale_fn_custom.factor = 0.25
    second.load_state_dict(first.state_dict())
    assert second.scale_fn(1) == 0.25


def test_resuming_with_last_epoch():
    scheduler = ls.StepLR(optimizer_of(), 4)
    rates(scheduler, 6)
    resumed = ls.StepLR(scheduler.optimizer, 4, last_epoch=6)
    assert resumed.base_lrs == list(BASES) and resumed.last_epoch == 7
    with pytest.raises(KeyError, match=r"'initial_lr' is not specified in param_groups\[0\] when resuming"):
        ls.StepLR(optimizer_of(), 4, last_epoch=6)


# -------------------------------------------------------------------------------------------------------------- cyclic


def triangle(t, up, down):
    """0 at the start of a cycle, 1 at its top."""
    t = t % (up + down)
    return t / up if t <= up else 1 - (t - up) / down


@pytest.mark.parametrize(
    ("options", "scale"),
    [
        ({}, lambda t, cycle: 1.0),
        ({"mode": "triangular2"}, lambda t, cycle: 0.5 ** (cycle - 1)),
        ({"mode": "exp_range", "gamma": 0.9}, lambda t, cycle: 0.9**t),
        ({"scale_fn": lambda cycle: 1 / cycle}, lambda t, cycle: 1 / cycle),
        ({"scale_fn": lambda t: 1 / (t + 1), "scale_mode": "iterations"}, lambda t, cycle: 1 / (t + 1)),
    ],
)
@pytest.mark.parametrize("make", [optim.SGD, optim.Adam])
def test_cyclic(options, scale, make):
    optimizer = optimizer_of(make, **({"momentum": 0.5} if make is optim.SGD else {}))
    scheduler = ls.CyclicLR(optimizer, 0.1, [0.5, 0.9], step_size_up=3, step_size_down=5, **options)
    for t in range(EPOCHS):
        height = triangle(t, 3, 5) * scale(t, t // 8 + 1)
        for group, top in zip(optimizer.param_groups, (0.5, 0.9), strict=True):
            assert group["lr"] == pytest.approx(0.1 + (top - 0.1) * height, rel=1e-12)
            momentum = group["momentum"] if make is optim.SGD else group["betas"][0]
            assert momentum == pytest.approx(0.9 - 0.1 * height, rel=1e-12)
        optimizer.step()
        scheduler.step()


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("three", [False, True])
def test_one_cycle(strategy, three):
    optimizer = optimizer_of(optim.Adam)
    scheduler = ls.OneCycleLR(
        optimizer, [1.0, 2.0], epochs=4, steps_per_epoch=5, pct_start=0.25, anneal_strategy=strategy, three_phase=three
    )
    # of 20 steps a quarter is 5, which ends at step 4
    corners = [(0, 1 / 25, 0.95), (4, 1, 0.85), (8, 1 / 25, 0.95)] if three else [(0, 1 / 25, 0.95), (4, 1, 0.85)]
    corners.append((19, 1 / 25e4, 0.95))
    for t in range(20):
        (t0, a, m), (t1, b, n) = next(pair for pair in itertools.pairwise(corners) if t <= pair[1][0])
        done = (t - t0) / (t1 - t0)
        share = done if strategy == "linear" else (1 - math.cos(math.pi * done)) / 2
        for group, top in zip(optimizer.param_groups, (1, 2), strict=True):
            assert group["lr"] == pytest.approx(top * (a + (b - a) * share), rel=1e-9)
            assert group["betas"][0] == pytest.approx(m + (n - m) * share, rel=1e-9)
        optimizer.step()
        scheduler.step()
    with pytest.raises(ValueError, match="tried to step 21 times, but total_steps is 20"):
        scheduler.step()


def test_momentum_is_left_alone_if_asked():
    for make in (
        lambda o: ls.CyclicLR(o, 0.1, 0.5, 3, cycle_momentum=False),
        lambda o: ls.OneCycleLR(o, 0.5, 9, cycle_momentum=False),
    ):
        scheduler = make(optimizer_of(momentum=0.7))
        rates(scheduler, 5)
        assert all(group["momentum"] == 0.7 for group in scheduler.optimizer.param_groups)


# ------------------------------------------------------------------------------------------------------------- plateau


def test_plateau_by_hand():
    losses = [5, 4, 4, 4, 3.9999, 3, 3, 3, 3, 3, 3]
    #               1  2  3: better by less than the threshold counts as bad; at the third the rate falls
    scheduler = ls.ReduceLROnPlateau(optimizer_of(), patience=2, factor=0.5)
    found = rates(scheduler, 11, losses)[:, 0]
    np.testing.assert_allclose(found, [0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.025, 0.025])
    assert scheduler.best == 3


@pytest.mark.parametrize(
    ("options", "values", "expected"),
    [
        ({"mode": "max", "patience": 0}, [1, 2, 2, 3, 1], [0.1, 0.1, 0.1, 0.05, 0.05, 0.025]),
        ({"patience": 0, "threshold_mode": "abs", "threshold": 1}, [9, 8.5, 7], [0.1, 0.1, 0.05, 0.05]),
        ({"mode": "max", "patience": 0, "threshold_mode": "abs", "threshold": 1}, [1, 1.5, 3], [0.1, 0.1, 0.05, 0.05]),
        ({"patience": 0, "cooldown": 2}, [1, 1, 1, 1, 1], [0.1, 0.1, 0.05, 0.05, 0.05, 0.025]),
        ({"patience": 0, "min_lr": 0.04}, [1, 1, 1, 1], [0.1, 0.1, 0.05, 0.04, 0.04]),
        ({"patience": 0, "eps": 0.03}, [1, 1, 1, 1], [0.1, 0.1, 0.05, 0.05, 0.05]),
        ({"patience": 0}, [1, math.nan], [0.1, 0.1, 0.05]),
    ],
)
def test_plateau_options(options, values, expected):
    scheduler = ls.ReduceLROnPlateau(optimizer_of(), factor=0.5, **options)
    found = rates(scheduler, len(values), values)[:, 0]
    np.testing.assert_allclose([*found, scheduler.get_last_lr()[0]], expected)
    other = ls.ReduceLROnPlateau(optimizer_of(), factor=0.9)
    other.load_state_dict(scheduler.state_dict())
    assert other.factor == 0.5 and other.last_epoch == len(values)


def test_plateau_takes_a_tensor_and_notices_new_groups():
    scheduler = ls.ReduceLROnPlateau(optimizer_of(), patience=0)
    scheduler.step(ag.tensor(1.0))
    scheduler.optimizer.add_param_group({"params": [ag.zeros(1, requires_grad=True)]})
    with pytest.raises(RuntimeError, match="has 3 parameter groups now and had 2"):
        scheduler.step(2.0)


# ------------------------------------------------------------------------------------------------------------ composed


def test_sequential():
    def make(optimizer):
        warm_up, cosine = ls.LinearLR(optimizer, 0.1, total_iters=4), ls.CosineAnnealingLR(optimizer, 6)
        parts = [warm_up, cosine, ls.StepLR(optimizer, 2)]
        return ls.SequentialLR(optimizer, parts, [4, 11])

    def level(t):
        if t < 4:
            return 0.1 + 0.9 * t / 4
        return (1 + math.cos(math.pi * (t - 4) / 6)) / 2 if t < 11 else 0.1 ** ((t - 11) // 2)

    expected = [[base * level(t) for base in BASES] for t in range(EPOCHS)]
    first = make(optimizer_of())
    np.testing.assert_allclose(rates(first, 7), expected[:7], rtol=1e-12)
    optimizer = optimizer_of()
    second = make(optimizer)
    optimizer.load_state_dict(first.optimizer.state_dict())
    second.load_state_dict(pickle.loads(pickle.dumps(first.state_dict())))
    np.testing.assert_allclose(rates(second, EPOCHS - 7), expected[7:], rtol=1e-12, atol=1e-16)


def test_chained_schedulers_multiply():
    optimizer = optimizer_of()
    parts = [ls.ConstantLR(optimizer, 0.5, 4), ls.ExponentialLR(optimizer, 0.9), ls.StepLR(optimizer, 7)]
    expected = [[base * (0.5 if t < 4 else 1) * 0.9**t * 0.1 ** (t // 7) for base in BASES] for t in range(EPOCHS)]
    scheduler = ls.ChainedScheduler(parts)
    np.testing.assert_allclose(rates(scheduler), expected, rtol=1e-12)
    saved = scheduler.state_dict()
    assert [state["last_epoch"] for state in saved["_schedulers"]] == [EPOCHS] * 3
    assert saved["_last_lr"] == scheduler.get_last_lr()


def test_a_chain_at_the_start_of_a_sequence():
    optimizer = optimizer_of()
    chain = ls.ChainedScheduler([ls.ConstantLR(optimizer, 0.5, 9), ls.ExponentialLR(optimizer, 0.9)])
    scheduler = ls.SequentialLR(optimizer, [chain, ls.ExponentialLR(optimizer, 0.5)], [3])
    # as in PyTorch, a chain that starts a sequence has made one step before epoch 0
    expected = [[base * (0.5 * 0.9 ** (t + 1) if t < 3 else 0.5 ** (t - 3)) for base in BASES] for t in range(EPOCHS)]
    np.testing.assert_allclose(rates(scheduler), expected, rtol=1e-12)
    with pytest.raises(ValueError, match="number 1 is a ChainedScheduler, which cannot start anew at its milestone"):
        ls.SequentialLR(optimizer, [ls.ExponentialLR(optimizer, 0.5), chain], [3])


# ------------------------------------------------------------------------------------------------------- order, errors


def test_a_step_before_the_optimizers_is_warned_of():
    scheduler = ls.StepLR(optimizer_of(), 2)
    with pytest.warns(UserWarning, match=r"Detected call of `lr_scheduler.step\(\)` before `optimizer.step\(\)`"):
        scheduler.step()
    with pytest.raises(NotImplementedError, match="LRScheduler has no get_lr"):
        ls.LRScheduler(optimizer_of())


def schedule(name, *args, make=optim.SGD, **kwargs):
    return lambda: getattr(ls, name)(optimizer_of(make), *args, **kwargs)


def of_two():
    return [ls.StepLR(optimizer_of(), 2), ls.StepLR(optimizer_of(), 2)]


def with_plateau():
    o = optimizer_of()
    return ls.SequentialLR(o, [ls.StepLR(o, 2), ls.ReduceLROnPlateau(o)], [3])


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda: ls.StepLR(3, 2), TypeError, "StepLR: int is not an Optimizer"),
        (lambda: ls.ReduceLROnPlateau(3), TypeError, "ReduceLROnPlateau: int is not an Optimizer"),
        (schedule("LambdaLR", [abs]), ValueError, "lr_lambda has 1 values, but the optimizer has 2 parameter groups"),
        (schedule("MultiplicativeLR", 3), TypeError, "lr_lambda should be a function, but got int"),
        (schedule("StepLR", 0), ValueError, "step_size must be positive, got 0"),
        (schedule("ConstantLR", 1.5), ValueError, "factor is expected to be between 0 and 1, got 1.5"),
        (schedule("ConstantLR", 0.5, 0), ValueError, "ConstantLR: total_iters must be at least 1, got 0"),
        (schedule("LinearLR", 0.5, 1, 0), ValueError, "LinearLR: total_iters must be at least 1, got 0"),
        (schedule("PolynomialLR", 0), ValueError, "PolynomialLR: total_iters must be at least 1, got 0"),
        (schedule("CyclicLR", 0.1, 1, 0), ValueError, "step_size_up must be positive and .* got 0 and None"),
        (lambda: ls.ChainedScheduler([3]), TypeError, "ChainedScheduler: number 0 is int, not a scheduler"),
        (schedule("LinearLR", 0), ValueError, "start_factor is expected to be above 0 and at most 1, got 0"),
        (schedule("LinearLR", 1, 2), ValueError, "end_factor is expected to be between 0 and 1, got 2"),
        (schedule("CosineAnnealingLR", 0), ValueError, "T_max must be positive, got 0"),
        (schedule("CosineAnnealingWarmRestarts", 0), ValueError, "positive integer T_0, but got 0"),
        (schedule("CosineAnnealingWarmRestarts", 2, 0.5), ValueError, "integer T_mult >= 1, but got 0.5"),
        (schedule("CyclicLR", 0.1, 1, mode="saw"), ValueError, "'exp_range', got 'saw'"),
        (
            schedule("CyclicLR", 0.1, 1, make=optim.Adagrad),
            ValueError,
            "Adagrad has neither momentum nor betas, so that cycle_momentum must be False",
        ),
        (schedule("OneCycleLR", [1.0], 9), ValueError, "max_lr has 1 values, but the optimizer has 2"),
        (schedule("OneCycleLR", 1.0), ValueError, "give total_steps, or epochs and steps_per_epoch"),
        (schedule("OneCycleLR", 1.0, 0), ValueError, "positive integer total_steps, but got 0"),
        (schedule("OneCycleLR", 1.0, None, 0, 3), ValueError, "positive integer epochs, but got 0"),
        (schedule("OneCycleLR", 1.0, None, 3, 1.5), ValueError, "positive integer steps_per_epoch, but got 1.5"),
        (schedule("OneCycleLR", 1.0, 9, pct_start=2), ValueError, "pct_start between 0 and 1, but got 2"),
        (schedule("OneCycleLR", 1.0, 9, anneal_strategy="x"), ValueError, "must be 'cos' or 'linear', got 'x'"),
        (schedule("ReduceLROnPlateau", "up"), ValueError, "mode is 'min' or 'max', got 'up'"),
        (schedule("ReduceLROnPlateau", factor=1), ValueError, "factor should be < 1, got 1"),
        (schedule("ReduceLROnPlateau", threshold_mode="x"), ValueError, "'rel' or 'abs', got 'x'"),
        (schedule("ReduceLROnPlateau", min_lr=[1]), ValueError, "min_lr has 1 values, but the optimizer has 2"),
        (schedule("SequentialLR", [], []), ValueError, "SequentialLR expects at least one scheduler"),
        (schedule("SequentialLR", [3], []), TypeError, "number 0 is int, not a scheduler"),
        (with_plateau, ValueError, "number 1 is a ReduceLROnPlateau, whose step.. needs a quantity"),
        (lambda: ls.ChainedScheduler([]), ValueError, "ChainedScheduler expects at least one scheduler"),
        (lambda: ls.ChainedScheduler(of_two()), ValueError, "the same optimizer, but number 1 .StepLR. has another"),
        (
            lambda: (lambda s: ls.SequentialLR(s.optimizer, [s], [3]))(of_two()[0]),
            ValueError,
            "1 schedulers need 0 milestones between them, got 1",
        ),
    ],
)
def test_errors(action, error, message):
    with pytest.raises(error, match=message):
        action()
