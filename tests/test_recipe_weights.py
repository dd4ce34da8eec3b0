"""Which weights the image recipes keep: the last of a finished run, the best epoch's of an interrupted one."""

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import TensorDataset
from optim.recipes.images import KeepLast
from optim.training import Callback, fit


class Watch(Callback):
    """Notes the weights after each epoch; the validation grows worse from the first epoch on."""

    def __init__(self, interrupt_at=None):
        self.seen, self.interrupt_at = [], interrupt_at

    def on_epoch_end(self, run):
        self.seen.append(run.model.weight.numpy().copy())

    def on_batch_end(self, run):
        if run.epoch == self.interrupt_at:
            raise KeyboardInterrupt


def trained(interrupt_at=None):
    ag.manual_seed(0)
    x = ag.randn(8, 2)
    data, unlike = TensorDataset(x, x @ ag.ones(2, 1)), TensorDataset(x, -9 * x @ ag.ones(2, 1))
    model, watch = nn.Linear(2, 1), Watch(interrupt_at)
    history = fit(
        model, data, unlike, loss=F.mse_loss, optimizer=optim.SGD(model.parameters(), lr=0.1), epochs=4, progress=False,
        keep_best=False, callbacks=[KeepLast("validation_loss"), watch],
    )  # fmt: skip
    assert history["validation_loss"] == sorted(history["validation_loss"])
    return model.weight.numpy(), watch.seen, history


def test_a_finished_run_keeps_its_last_weights():
    weight, seen, history = trained()
    assert len(seen) == 4 and history.best_epoch is None
    np.testing.assert_array_equal(weight, seen[-1])
    assert not np.array_equal(weight, seen[0])


def test_an_interrupted_run_keeps_its_best_epoch():
    weight, seen, history = trained(interrupt_at=3)
    assert history.interrupted and history.best_epoch == 1
    np.testing.assert_array_equal(weight, seen[0])
