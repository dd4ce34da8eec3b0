"""The callbacks EMA and SWA: against averages computed by hand, with validation, best weights and checkpoints."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from optim import EMA, SWA
from optim.swa_utils import update_bn
from tests.test_resume import Die, X, Y, bits, small_model


class Steps(optim.Callback):
    """Keeps the weights after each step and at the end of each epoch."""

    def on_start(self, run):
        self.model, self.steps, self.epochs = run.model, [], []

    def weights(self, run):
        return {name: value.array.astype(np.float64) for name, value in run.model.state_dict().items()}

    def on_step_end(self, run):
        self.steps.append(self.weights(run))

    def on_epoch_end(self, run):
        self.epochs.append(self.weights(run))


def run(*callbacks, epochs=3, validation=None, model=small_model, data=(X, Y), **options):
    ag.manual_seed(1)
    net = model()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    options = {"loss": F.cross_entropy, "batch_size": 32, "progress": False, **options}
    history = optim.fit(net, data, validation, optimizer=optimizer, epochs=epochs, callbacks=callbacks, **options)
    return net, optimizer, history


def plain_model():
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3))


def assert_weights(model, expected):
    for name, value in model.state_dict().items():
        np.testing.assert_allclose(value.array, expected[name], rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("warmup", [True, False])
def test_ema_is_the_average_of_the_weights_after_each_step(warmup):
    steps = Steps()
    model, _, history = run(steps, EMA(0.8, warmup=warmup), model=plain_model)
    average = steps.steps[0]
    for n, weights in enumerate(steps.steps[1:], 1):
        d = min(0.8, (1 + n) / (10 + n)) if warmup else 0.8
        average = {name: d * average[name] + (1 - d) * weights[name] for name in weights}
    assert_weights(model, average)
    assert len(steps.steps) == 9 and history.best_epoch is None


def test_ema_is_what_is_validated_and_what_the_best_epoch_keeps():
    own = Steps()
    model, _, history = run(own, EMA(0.7), validation=(X, Y), epochs=6, loss=F.cross_entropy)
    assert history.best_epoch is not None
    model.eval()
    best = float(F.cross_entropy(model(ag.tensor(X)), ag.tensor(Y)))
    assert best == pytest.approx(min(history["validation_loss"]), rel=1e-6)
    reference = Steps()
    run(reference, epochs=6)
    for mine, theirs in zip(own.steps, reference.steps, strict=True):  # training went on with the model's own weights
        assert all((mine[name] == theirs[name]).all() for name in mine)
    assert any((own.epochs[0][name] != reference.epochs[0][name]).any() for name in own.epochs[0])


@pytest.mark.parametrize("order", [1, -1])
def test_ema_with_early_stopping_ends_with_the_best_average(order):
    class Interrupt(optim.Callback):
        def on_batch_end(self, run):
            if (run.epoch, run.batch) == (4, 2):
                raise KeyboardInterrupt

    callbacks = [EMA(0.7), optim.EarlyStopping(5), Interrupt()][::order]
    model, _, history = run(*callbacks, validation=(X, Y), epochs=6)
    assert history.interrupted
    model.eval()
    value = float(F.cross_entropy(model(ag.tensor(X)), ag.tensor(Y)))
    assert value == pytest.approx(history["validation_loss"][history.best_epoch - 1], rel=1e-6)


def test_swa_is_the_mean_of_the_weights_at_the_ends_of_epochs():
    for start, first in ((3, 3), (0.5, 4), (0.75, 5), (0.0, 1), (6, 6)):
        steps = Steps()
        model, _, history = run(steps, SWA(start), model=plain_model, epochs=6)
        kept = steps.epochs[first - 1 :]
        assert_weights(model, {name: np.mean([weights[name] for weights in kept], 0) for name in kept[0]})
        assert history.best_epoch is None


def test_swa_computes_the_statistics_of_batch_norm_again():
    model, _, _ = run(SWA(2), data=[(ag.tensor(X[:40]), ag.tensor(Y[:40])), (ag.tensor(X[40:]), ag.tensor(Y[40:]))])
    copied = small_model()
    copied.load_state_dict(model.state_dict())
    update_bn([ag.tensor(X[:40]), ag.tensor(X[40:])], copied)
    for mine, theirs in zip(model.buffers(), copied.buffers(), strict=True):
        np.testing.assert_allclose(mine.array, theirs.array, rtol=1e-6)


def test_swa_of_a_model_of_two_inputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.norm = nn.Linear(5, 3), nn.BatchNorm1d(3)

        def forward(self, x, z):
            return self.norm(self.a(x) + self.a(z))

    run(SWA(1), model=Two, data=((X, X[::-1].copy()), Y))


def test_swa_sets_the_learning_rate():
    _, _, history = run(SWA(3, lr=0.02, anneal_epochs=2), epochs=6)
    assert history["learning_rate"] == pytest.approx([0.1, 0.1, 0.1, 0.06, 0.02, 0.02])


@pytest.mark.parametrize("make", [lambda: EMA(0.7), lambda: SWA(2, lr=0.03), lambda: SWA(0.3)])
@pytest.mark.parametrize("validation", [None, (X, Y)])
@pytest.mark.parametrize("at", [(1, 2), (2, 1), (4, 3)])
def test_a_run_that_died_goes_on_with_the_same_bits(tmp_path, make, validation, at):
    options = {"validation": validation, "epochs": 5}
    saving = {"checkpoint": tmp_path / "run", "every": 1 if at[0] != 4 else "epoch", "resume": True}
    reference = bits(*run(make(), **options))
    with pytest.raises(ZeroDivisionError):
        run(make(), Die(*at), **options, **saving)
    assert bits(*run(make(), **options, **saving)) == reference
    assert bits(*run(make(), **options, **saving)) == reference


def test_after_an_error_swa_leaves_the_weights():
    steps = Steps()
    with pytest.raises(ZeroDivisionError):
        run(steps, SWA(1), Die(3, 2), model=plain_model)
    assert len(steps.steps) == 8
    assert_weights(steps.model, steps.steps[-1])


@pytest.mark.parametrize(
    ("callbacks", "options", "message"),
    [
        ([lambda: SWA(9)], {}, r"SWA: start=9 is none of the 3 epochs; pass the number of one, as start=3, or the share"),
        ([lambda: SWA(0)], {}, "SWA: start=0 is none of the 3 epochs"),
        ([lambda: SWA(1.0)], {}, r"SWA: start=1\.0 is none of the 3 epochs"),
        ([lambda: SWA(-0.1)], {}, r"SWA: start=-0\.1 is none of the 3 epochs"),
        ([lambda: SWA(), lambda: optim.EarlyStopping(2)], {"validation": (X, Y)},
         "SWA: EarlyStopping gives the model other weights in the end; leave it out, or pass restore_best=False"),
        ([lambda: optim.KeepBest(), lambda: SWA()], {}, "SWA: KeepBest gives the model other weights .*; leave it out$"),
        ([lambda: EMA(1.5)], {}, r"Invalid decay value 1\.5; it must be in \[0, 1\]"),
    ],
)  # fmt: skip
def test_errors(callbacks, options, message):
    with pytest.raises(ValueError, match=message):
        run(*(callback() for callback in callbacks), **options)


def test_two_that_set_the_learning_rate_are_refused():
    model = plain_model()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    schedule = optim.lr_scheduler.StepLR(optimizer, 1)
    with pytest.raises(
        ValueError, match="SWA: lr and fit's scheduler would both set the learning rate; leave one of them out"
    ):
        optim.fit(model, (X, Y), loss=F.cross_entropy, optimizer=optimizer, callbacks=[SWA(1, lr=0.1)], scheduler=schedule,
                  progress=False)  # fmt: skip
