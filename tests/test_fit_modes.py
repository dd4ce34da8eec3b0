"""Modes of training: criteria to stop, penalties and decays, noise on weights, selective presentation."""

import re

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, TensorDataset


def line(n=24, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 3))
    return x, x @ [[1.0], [-2.0], [0.5]] + 0.1 * rng.standard_normal((n, 1))


def train(callbacks, m=None, data=None, epochs=1, lr=0.1, optimizer=None, **options):
    ag.manual_seed(0)
    m = m or nn.Linear(3, 1).double()
    optimizer = optimizer or optim.SGD(m.parameters(), lr=lr)
    options.setdefault("batch_size", "batch")
    history = optim.fit(m, data or line(), loss=options.pop("loss", F.mse_loss), optimizer=optimizer, epochs=epochs,
                        callbacks=callbacks, progress=False, keep_best=False, **options)  # fmt: skip
    return m, history


class Record(optim.Callback):
    """The weights after each epoch, and the gradients of each step."""

    def on_start(self, run):
        self.weights, self.gradients = [[p.array.copy() for p in run.model.parameters()]], []

    def on_backward_end(self, run):
        self.gradients.append([p.grad.array.copy() for p in run.model.parameters()])

    def on_epoch_end(self, run):
        self.weights.append([p.array.copy() for p in run.model.parameters()])


class Killed(optim.Callback):
    """Ends the run in an error at the start of a step."""

    def __init__(self, step):
        self.last = step

    def on_step_start(self, run):
        if run.step == self.last:
            raise RuntimeError("killed")


# ------------------------------------------------------------------------------------------------------ criteria to stop


def first(holds):
    """The number of the first epoch (from 1) for which it holds."""
    return 1 + int(np.argmax(holds))


def test_criteria_stop_in_the_epoch_in_which_they_hold():
    record = Record()
    _, free = train([record], epochs=60)
    E = np.array(free["train_loss"])
    change = [
        max(abs(a - b).max() for a, b in zip(*pair, strict=True)) for pair in zip(record.weights, record.weights[1:])
    ]
    norm = [np.sqrt(sum((g * g).sum() for g in gradients)) for gradients in record.gradients]
    before = np.r_[np.nan, E[:-1]]
    cases = {
        "epochs": (7, 7), "reaches": (0.1, first(E <= 0.1)), "improvement": (0.05, first((before - E) / before < 0.05)),
        "change": (1e-3, first(abs(E - before) < 1e-3)), "weight_change": (3e-3, first(np.array(change) < 3e-3)),
        "gradient_norm": (0.05, first(np.array(norm) < 0.05)),
    }  # fmt: skip
    assert len({stop for _, stop in cases.values()}) > 4 and all(3 < stop < 55 for _, stop in cases.values())
    for name, (bound, stop) in cases.items():
        _, history = train([optim.StopWhen(**{name: bound})], epochs=60)
        assert len(history) == stop and history.stopped, name
    bounds = {name: bound for name, (bound, _) in cases.items()}
    stops = [stop for _, stop in cases.values()]
    assert len(train([optim.StopWhen(**bounds)], epochs=60)[1]) == min(stops)
    history = train([optim.StopWhen(**bounds, all=True)], epochs=60)[1]
    assert len(history) == max(stops) and history.stopped.count(" and ") == 5
    assert len(train([optim.StopWhen(change=1e-3, patience=4)], epochs=60)[1]) == cases["change"][1] + 3


def test_the_reason_says_what_held():
    for option, reason in (({"reaches": 5.0}, "train_loss is .*, which reaches 5"), ({"epochs": 1}, "epoch 1 is over"),
                           ({"weight_change": 9.0}, "no weight changed by more than .*, less than 9")):  # fmt: skip
        _, history = train([optim.StopWhen(**option)], epochs=3)
        assert len(history) == 1 and re.fullmatch(reason, history.stopped)


def test_a_metric_that_rises_reaches_its_bound():
    x, y = line(40)
    labels = (y[:, 0] > 0).astype(int)
    ag.manual_seed(1)
    m = nn.Linear(3, 2).double()
    stop = optim.StopWhen(reaches=0.9, monitor="train_accuracy")
    _, history = train([stop], m, (x, 1 - labels), epochs=60, loss=F.cross_entropy, lr=0.3)
    accuracy = history["train_accuracy"]
    assert accuracy[-1] >= 0.9 > max(accuracy[:-1]) and 2 < len(history) < 60


class Scripted(optim.Metric):
    """Gives these values for the validation data, and 0 for the training data."""

    def __init__(self, values, higher_is_better):
        self.values, self.higher_is_better, self.evaluations = values, higher_is_better, 0

    def reset(self):
        self.evaluations += 1

    def update(self, output, target):
        """Nothing."""

    def result(self):
        return 0.0 if self.evaluations % 2 else self.values[self.evaluations // 2 - 1]


def test_patience_is_of_epochs_one_after_the_other():
    values = [5, 5.001, 4, 4.001, 3, 3.001, 3.002, 2]
    stop = optim.StopWhen(change=0.01, patience=2, monitor="validation_m", mode="min")
    data = line()
    metrics = {"m": Scripted(values, higher_is_better=None)}
    assert len(train([stop], data=data, validation=data, epochs=8, metrics=metrics)[1]) == 7


@pytest.mark.parametrize("sign", [1, -1])
def test_the_peak_of_the_validation(sign):
    values = [sign * value for value in (5, 4, 3, 3.5, 3.2, 4, 1, 1)]
    data = line()
    metrics = {"m": Scripted(values, higher_is_better=sign < 0)}
    stop = optim.StopWhen(peak=3, monitor="validation_m")
    _, history = train([stop], data=data, validation=data, epochs=8, metrics=metrics)
    assert history["validation_m"] == values[:6]
    assert history.stopped == "validation_m was best 3 epochs ago, in epoch 3"
    metrics = {"m": Scripted(values, higher_is_better=sign < 0)}
    stop = optim.StopWhen(improvement=0.0, monitor="validation_m")  # when it gets worse
    assert len(train([stop], data=data, validation=data, epochs=8, metrics=metrics)[1]) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "there is no criterion; pass one of epochs, reaches"),
        ({"change": -1.0}, "change must be at least 0, got -1"),
        ({"reaches": float("nan")}, "reaches must be at least -inf, got nan"),
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"change": 1.0, "patience": 0}, "patience must be at least 1 epoch, got 0"),
    ],
)
def test_criteria_that_cannot_hold(options, message):
    with pytest.raises(ValueError, match=message):
        optim.StopWhen(**options)


def test_criteria_that_this_run_does_not_have():
    with pytest.raises(ValueError, match=r"peak is one of the validation data, and there is none; pass validation=0.1"):
        train([optim.StopWhen(peak=3)])
    with pytest.raises(ValueError, match="monitor 'train_f1' is not recorded"):
        train([optim.StopWhen(reaches=0.3, monitor="train_f1")])


def test_mini_batches_have_the_mean_gradient():
    record = Record()
    _, history = train([record, optim.StopWhen(gradient_norm=0.2)], epochs=60, batch_size=8)
    steps = 3
    means = [
        [np.mean([g[i] for g in record.gradients[e * steps : (e + 1) * steps]], 0) for i in range(2)]
        for e in range(len(history))
    ]
    norms = [np.sqrt(sum((g * g).sum() for g in mean)) for mean in means]
    assert len(history) > 2 and norms[-1] < 0.2 <= min(norms[:-1])


def test_a_resumed_run_stops_in_the_same_epoch(tmp_path):
    stop = {"improvement": 0.02, "weight_change": 1e-2, "gradient_norm": 0.05, "all": True, "patience": 2}
    m, whole = train([optim.StopWhen(**stop)], epochs=60, batch_size=8)
    assert 5 < len(whole) < 60
    for die in (3, 7, 8, 9, 3 * len(whole) - 2):
        path = tmp_path / f"{die}"
        with pytest.raises(RuntimeError, match="killed"):
            train([optim.StopWhen(**stop), Killed(die)], epochs=60, batch_size=8, checkpoint=path, every=1)
        again, history = train(
            [optim.StopWhen(**stop), Killed(-1)], epochs=60, batch_size=8, checkpoint=path, every=1, resume=True
        )
        assert history["train_loss"] == whole["train_loss"] and history.stopped == whole.stopped
        np.testing.assert_array_equal(again.weight.array, m.weight.array)


# -------------------------------------------------------------------------------------------------------------- penalties


@pytest.mark.parametrize("p", [0.5, 1, 1.5, 2, 3])
def test_a_penalty_adds_to_the_gradient(p):
    penalty = {1: optim.L1, 2: optim.L2}.get(p, lambda strength: optim.Lp(p, strength))(0.3)
    with_it, without = Record(), Record()
    _, history = train([with_it, penalty])
    train([without])
    w = with_it.weights[0][0]
    np.testing.assert_allclose(
        with_it.gradients[0][0], without.gradients[0][0] + 0.3 * p * abs(w) ** (p - 1) * np.sign(w), rtol=1e-9
    )
    np.testing.assert_array_equal(with_it.gradients[0][1], without.gradients[0][1])  # of the bias
    assert history["train_penalty"][0] == pytest.approx(0.3 * (abs(w) ** p).sum())


def test_a_small_power_at_zero():
    m = nn.Linear(3, 1).double()
    with ag.no_grad():
        m.weight.zero_()
    record = Record()
    train([optim.Lp(0.5, 0.1), record], m)
    assert np.isfinite(record.gradients[0][0]).all()


def test_l2_is_weight_decay():
    results = []
    for callbacks, decay in (([optim.L2(0.05)], 0.0), ([], 0.1)):
        m = nn.Linear(3, 1, bias=False).double()
        ag.manual_seed(1)
        nn.init.normal_(m.weight)
        train(callbacks, m, optimizer=optim.Adam(m.parameters(), lr=0.05, weight_decay=decay), epochs=5)
        results.append(m.weight.array)
    np.testing.assert_allclose(*results, rtol=1e-9)


def test_penalties_on_groups_of_batches_and_on_activations():
    """A group is as one batch: penalties of activations are means over the examples."""
    x, y = line()
    gradients = []
    for size, accumulate in ((24, 1), (5, 5)):
        ag.manual_seed(3)
        m = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
        record = Record()
        loader = DataLoader(TensorDataset(x, y), batch_size=size)
        train([record, optim.L2(0.02), optim.L1(0.1, activations=m[1])], m, loader, accumulate=accumulate)
        gradients.append(record.gradients[0])
        assert not m[1]._forward_hooks
    for a, b in zip(*gradients, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)
    ag.manual_seed(3)
    m = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    h = m[1](m[0](ag.tensor(x)))
    loss = F.mse_loss(m[2](h), ag.tensor(y)) + 0.1 * h.abs().sum() / 24
    loss = loss + 0.02 * sum((p * p).sum() for p in m.parameters() if p.ndim == 2)
    loss.backward()
    for p, g in zip(m.parameters(), gradients[0], strict=True):
        np.testing.assert_allclose(p.grad.array, g, rtol=1e-9)


def test_an_optimiser_with_a_closure_sees_the_penalty():
    m = nn.Linear(3, 1).double()
    train([optim.L2(10.0)], m, optimizer=optim.LBFGS(m.parameters()), epochs=3)
    x, y = line()
    mean = x.mean(0)
    centred = x - mean
    ridge = np.linalg.solve(centred.T @ centred / 24 + 10 * np.eye(3), centred.T @ (y - y.mean()) / 24)
    np.testing.assert_allclose(m.weight.array[0], ridge[:, 0], rtol=1e-4)


@pytest.mark.parametrize("p", [0.5, 1, 1.5, 2, 3])
def test_a_decay_shrinks_the_weights_after_the_step(p):
    record, plain = Record(), Record()
    decay = {1: optim.L1, 2: optim.L2}.get(p, lambda strength, **o: optim.Lp(p, strength, **o))(0.8, decay=True)
    _, history = train([decay, record], lr=0.2)
    train([plain], lr=0.2)
    w = plain.weights[1][0]
    expected = np.sign(w) * np.maximum(abs(w) - 0.2 * 0.8 * p * abs(w) ** (p - 1), 0)
    np.testing.assert_allclose(record.weights[1][0], expected, rtol=1e-12)
    np.testing.assert_array_equal(record.weights[1][1], plain.weights[1][1])
    assert "train_penalty" not in history.names()


def test_a_decay_of_absolute_values_makes_zeros():
    x, y = line(200)
    x = np.hstack([x, np.random.default_rng(5).standard_normal((200, 5))])
    zeros = []
    for decay in (True, False):
        m = nn.Linear(8, 1).double()
        train([optim.L1(0.1, decay=decay)], m, (x, y), epochs=200)
        zeros.append(int((m.weight.array == 0).sum()))
    assert zeros[0] >= 4 and zeros[1] == 0


def test_what_is_penalised_can_be_chosen():
    m = nn.Linear(3, 1).double()
    record, plain = Record(), Record()
    train([optim.L2(1.0, parameters=m.bias), record], m)
    m2 = nn.Linear(3, 1).double()
    m2.load_state_dict({name: ag.tensor(a) for name, a in zip(("weight", "bias"), record.weights[0], strict=True)})
    train([plain], m2)
    np.testing.assert_array_equal(record.gradients[0][0], plain.gradients[0][0])
    np.testing.assert_allclose(record.gradients[0][1], plain.gradients[0][1] + 2 * record.weights[0][1])


def test_the_norm_of_weights_is_bounded():
    m = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 1)).double()
    ag.manual_seed(0)
    for p in m.parameters():
        with ag.no_grad():
            p.mul_(4.0)
    free = nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 1)).double()
    free.load_state_dict(m.state_dict())
    train([optim.MaxNorm(0.7)], m, lr=0.01)
    train([], free, lr=0.01)
    for bounded, p in zip(m.parameters(), free.parameters(), strict=True):
        w = p.array
        if w.ndim == 2:
            w = w * np.minimum(1, 0.7 / np.linalg.norm(w, axis=1, keepdims=True))
            assert (np.linalg.norm(bounded.array, axis=1) <= 0.7 + 1e-12).all()
        np.testing.assert_allclose(bounded.array, w, rtol=1e-9)
    with pytest.raises(IndexError, match="dim=2 is none of the 2 dimensions"):
        train([optim.MaxNorm(1.0, dim=2)])
    with pytest.raises(ValueError, match="no parameter of two dimensions"):
        train([optim.MaxNorm(1.0)], nn.PReLU().double(), (np.ones((3, 3)), np.ones((3, 3))))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optim.Lp(0, 0.1), ValueError, "Lp: p must be above 0, got 0"),
        (lambda: optim.L1(-0.1), ValueError, "L1: strength must not be negative"),
        (lambda: optim.L2(float("nan")), ValueError, "L2: strength must not be negative, got nan"),
        (lambda: optim.L1(0.1, activations=nn.Tanh(), decay=True), ValueError, "leave out decay to penalise them"),
        (lambda: optim.L1(0.1, parameters=["weight"]), TypeError, "parameters are a list of Tensors, got str"),
        (lambda: optim.L1(0.1, activations=[]), TypeError, "activations are a list of Modules, got none"),
        (lambda: optim.MaxNorm(0), ValueError, "MaxNorm: bound must be above 0"),
        (lambda: optim.WeightNoise(-1), ValueError, "WeightNoise: std must not be negative"),
        (lambda: optim.selective_presentation(), ValueError, "pass either above=0.1"),
        (lambda: optim.selective_presentation(above=0.1, share=0.1), ValueError, "pass either above=0.1"),
        (lambda: optim.selective_presentation(above=-1.0), ValueError, "must not be negative, got -1"),
        (lambda: optim.selective_presentation(share=1.0), ValueError, "share must be between 0 and 1, got 1"),
        (lambda: optim.selective_presentation(share=0.5, epochs=0), ValueError, "epochs must be at least 1, got 0"),
    ],
)
def test_modes_that_cannot_be(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_modes_that_this_run_cannot_have():
    with pytest.raises(ValueError, match="the module Tanh of activations is not one of the model's"):
        train([optim.L1(0.1, activations=nn.Tanh())])
    with pytest.raises(ValueError, match="none of the modules was called, so that there is nothing to penalise"):
        m = nn.Sequential(nn.Linear(3, 1)).double()
        m[0].unused = nn.Tanh()
        train([optim.L1(0.1, activations=m[0].unused)], m)
    m = nn.Linear(3, 1).double()
    with pytest.raises(ValueError, match="WeightNoise: LBFGS evaluates the loss inside of its step"):
        train([optim.WeightNoise(0.1)], m, optimizer=optim.LBFGS(m.parameters()))
    with pytest.raises(TypeError, match="the examples of a list cannot be chosen; pass arrays"):
        train([optim.selective_presentation(share=0.5)], m, [(ag.ones(2, 3).double(), ag.ones(2, 1).double())])


# ------------------------------------------------------------------------------------------------------------------ noise


def test_noise_on_weights_is_there_for_the_gradient_only():
    seen = []

    class Watch(optim.Callback):
        def on_backward_end(self, run):
            seen.append((run.model.weight.array.copy(), run.model.weight.grad.array.copy()))

    m = nn.Linear(3, 1).double()
    before = m.weight.array.copy(), m.bias.array.copy()
    inputs = []
    m.register_forward_pre_hook(lambda module, args: inputs.append(module.weight.array.copy()))
    generator = ag.Generator(5)
    train([optim.WeightNoise(0.3, generator=generator), Watch()], m, lr=0.1)
    noise = inputs[0] - before[0]
    np.testing.assert_allclose(
        noise, 0.3 * ag.randn(1, 3, generator=ag.Generator(5), dtype=ag.float64).array, rtol=1e-9
    )
    np.testing.assert_array_equal(seen[0][0], before[0])  # taken away before the step
    x, y = line()
    e = x @ inputs[0].T + before[1] - y
    np.testing.assert_allclose(seen[0][1], 2 * (e * x).mean(0, keepdims=True), rtol=1e-9)
    np.testing.assert_allclose(m.weight.array, before[0] - 0.1 * seen[0][1], rtol=1e-12)


def test_noise_is_taken_away_after_an_error():
    m = nn.Linear(3, 1).double()
    before = m.weight.array.copy()

    def fail(output, target):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        train([optim.WeightNoise(0.3)], m, loss=fail)
    np.testing.assert_array_equal(m.weight.array, before)


# ---------------------------------------------------------------------------------------------------- selective presentation


def shown(callback, epochs=6, **options):
    """The rows of the training data that each epoch shows, and their losses after the first epoch."""
    x, y = line()
    x[:, 0] = np.arange(24)
    rows = []

    class Watch(optim.Callback):
        def on_epoch_start(self, run):
            rows.append([])

    m = nn.Linear(3, 1).double()
    m.register_forward_pre_hook(
        lambda module, args: rows[-1].extend(args[0].array[:, 0].astype(int).tolist()) if module.training else None
    )
    losses = []

    class Losses(optim.Callback):
        def on_epoch_end(self, run):
            losses.append(((m.weight.array @ x.T + m.bias.array - y.T) ** 2)[0])

    _, history = train([callback, Watch(), Losses()], m, (x, y), epochs=epochs, lr=1e-4, batch_size=5, **options)
    return rows, losses, history


def test_only_examples_with_a_large_loss_are_shown():
    rows, losses, history = shown(optim.selective_presentation(share=0.3, epochs=2))
    assert [len(part) for part in rows] == [24, 8, 8, 24, 8, 8] == history["examples"]
    for epoch in (1, 4):
        assert set(rows[epoch]) == set(rows[epoch + 1]) == set(np.argsort(-losses[epoch - 1])[:8].tolist())
    rows, losses, history = shown(optim.selective_presentation(above=20.0, epochs=1))
    assert sorted(rows[1]) == np.flatnonzero(losses[0] > 20).tolist() and 0 < len(rows[1]) < 24
    rows, _, _ = shown(optim.selective_presentation(above=1e9))
    assert [len(part) for part in rows] == [24] * 6


def test_selective_presentation_repeats_and_resumes(tmp_path):
    def run(die=None, **options):
        callbacks = [optim.selective_presentation(share=0.4, epochs=2), Killed(die)]
        return train(callbacks, epochs=7, batch_size=5, lr=0.01, **options)

    m, whole = run()
    for die in (4, 5, 6, 7, 8, 10, 12, 15):
        path = tmp_path / f"{die}"
        with pytest.raises(RuntimeError, match="killed"):
            run(die, checkpoint=path, every=1)
        again, history = run(checkpoint=path, every=1, resume=True)
        assert history["train_loss"] == whole["train_loss"] and history["examples"] == whole["examples"]
        np.testing.assert_array_equal(again.weight.array, m.weight.array)


# ------------------------------------------------------------------------------------------------------------- resumed runs


def test_groups_penalties_and_noise_are_resumed_with_the_same_bits(tmp_path):
    def run(die=-1, **options):
        ag.manual_seed(2)
        m = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.3), nn.Linear(4, 1)).double()
        callbacks = [optim.WeightNoise(0.05, generator=ag.Generator(1)), optim.L2(0.01), optim.L1(0.01, decay=True),
                     optim.MaxNorm(1.0), Killed(die)]  # fmt: skip
        return train(callbacks, m, epochs=3, batch_size=5, accumulate=2, clip_norm=0.5, validation=0.2, **options)

    m, whole = run()
    for die in (1, 2, 3, 5):
        path = tmp_path / f"{die}"
        with pytest.raises(RuntimeError, match="killed"):
            run(die, checkpoint=path, every=1)
        again, history = run(checkpoint=path, every=1, resume=True)
        for name in ("train_loss", "train_penalty", "validation_loss"):
            assert history[name] == whole[name]
        for p, q in zip(m.parameters(), again.parameters(), strict=True):
            np.testing.assert_array_equal(p.array, q.array)
    with pytest.raises(ValueError, match="another run: accumulate: 2 there, 1 here"):
        train([], m, epochs=3, batch_size=5, clip_norm=0.5, checkpoint=path, resume=True)
