"""`fit(checkpoint=…, resume=True)`: a run that is killed and resumed has the same bits as one that is not."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, TensorDataset

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(90, 5)).astype(np.float32), RNG.integers(0, 3, 90)


class Die(optim.Callback):
    """Ends the run by an error after a batch."""

    def __init__(self, *at):
        self.at = at

    def on_batch_end(self, run):
        if (run.epoch, run.batch) == self.at:
            raise ZeroDivisionError


def small_model():
    return nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))


def run(path=None, die=None, every=1, epochs=4, **options):
    """A run with everything that has a state; the random numbers come from the seed of the process."""
    ag.manual_seed(3)
    model = small_model()
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    train = DataLoader(TensorDataset(X[:66], Y[:66]), 16, shuffle=True, generator=ag.Generator(7))
    callbacks = [optim.EarlyStopping(3), *([Die(*die)] if die else [])]
    saving = {} if path is None else {"checkpoint": path, "every": every, "resume": True}
    history = optim.fit(
        model, train, (X[66:], Y[66:]), loss=F.cross_entropy, optimizer=optimizer, epochs=epochs, callbacks=callbacks,
        scheduler=optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0),
        step_scheduler=optim.lr_scheduler.CosineAnnealingLR(optimizer, 30), progress=False, **saving, **options,
    )  # fmt: skip
    return model, optimizer, history


def bits(model, optimizer, history):
    weights = {name: value.array.tobytes() for name, value in model.state_dict().items()}
    state = [
        [value.array.tobytes() if hasattr(value, "array") else value for value in values.values()]
        for values in optimizer.state_dict()["state"].values()
    ]
    epochs = [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in history.epochs]
    rates = [group["lr"] for group in optimizer.param_groups]
    return weights, state, epochs, history.best_epoch, history.stopped, rates, ag.rand(3).tolist()


@pytest.mark.parametrize("every", ["epoch", 1, 2, "3 batches", "2 epochs", "0.000001 s"])
def test_a_run_that_died_goes_on_with_the_same_bits(tmp_path, every):
    path = tmp_path / "run.safetensors"
    for at in [(1, 1), (1, 5), (3, 2), (3, 3)]:
        with pytest.raises(ZeroDivisionError):
            run(path, at, every)
    reference = bits(*run())
    assert bits(*run(path, None, every)) == reference
    assert bits(*run(path, None, every)) == reference  # it was finished: nothing is done again
