"""What made deep networks learn: pre-training, dropout, batch normalisation, starting weights, rectified units.

Each row trains twins: the same network on the same batches, with and without the one thing that it is about. Published
figures of other networks or data are for comparison; what must hold is the order of the twins.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import init
from nn.models import LeNet5

from .digits import Digits, digits, percent_wrong
from .row import Claim, Job, Row


def normal(images: Any) -> Any:
    """Rows of 784 numbers of mean 0 and variance 1."""
    return (images.flatten(1) - 0.1307) / 0.3081


def train(
    job: Job, part: str, model: nn.Module, data: Digits, epochs: int, optimizer: Any, batch_size: int,
    cycle: bool = False, callbacks: Sequence[optim.Callback] = (),
) -> float:  # fmt: skip
    """Train by cross-entropy, the twins on the same batches, and return the percentage of wrong test images."""
    epochs = 1 if job.quick else epochs
    lr, steps = optimizer.param_groups[0]["lr"], epochs * -(-len(data.x) // batch_size)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=steps) if cycle else None
    job.fit(
        part, model, (data.x, data.y), loss=F.cross_entropy, optimizer=optimizer, epochs=epochs, batch_size=batch_size,
        step_scheduler=schedule, generator=ag.Generator(job.seed), callbacks=callbacks,
    )  # fmt: skip
    return percent_wrong(optim.predict(model, data.test_x).argmax(1), data.test_y)


def pretraining(job: Job) -> dict[str, float]:
    """784-200-200-200-200-10 of sigmoids on 20,000 images: 5 epochs a layer beforehand, then 8 of plain descent."""
    data = digits(job, lambda images: images.flatten(1))
    data = data._replace(x=data.x[:20_000], y=data.y[:20_000])
    figures = {}
    for start, method in (("random start", None), ("autoencoders", "autoencoder"), ("Boltzmann machines", "rbm")):
        ag.manual_seed(job.seed)
        model = nn.MLP([784, 200, 200, 200, 200, 10], "sigmoid")
        if method is not None:
            optim.pretrain(model, data.x, method=method, epochs=1 if job.quick else 5, progress=False)
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        figures[f"% test error, {start}"] = train(job, start, model, data, 8, optimizer, 20)
    return figures


def dropout(job: Job) -> dict[str, float]:
    """784-800-800-10 of ReLU with half of the hidden units and a fifth of the pixels dropped, and with none.

    The weights of a unit have a norm of at most 3; both have the same epochs.
    """
    data = digits(job, normal)
    figures = {}
    for name, p, pixels in (("without", 0.0, 0.0), ("with dropout", 0.5, 0.2)):
        ag.manual_seed(job.seed)
        model = nn.Sequential(nn.Dropout(pixels), nn.MLP([784, 800, 800, 10], "relu", dropout=p))
        optimizer = optim.Adam(model.parameters(), lr=1e-3)
        figures[f"% test error, {name}"] = train(job, name, model, data, 30, optimizer, 128, cycle=True)
    return figures


def batch_norm(job: Job) -> dict[str, float]:
    """Three hidden layers of 100 sigmoids, batches of 60, plain descent: after 5,000 steps, and batch normalisation between."""
    data = digits(job, normal)
    figures = {}
    for name in ("without", "with batch norm"):
        ag.manual_seed(job.seed)
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise([784, 100, 100, 100]):
            layers += [nn.Linear(inputs, outputs)]
            layers += [nn.BatchNorm1d(outputs)] if name != "without" else []
            layers += [nn.Sigmoid()]
        model = nn.Sequential(*layers, nn.Linear(100, 10))
        for parameter in model.parameters():
            if parameter.ndim == 2:
                init.normal_(parameter, 0.0, 0.1)  # "small random Gaussian values"
        figures[f"% test error, {name}"] = train(job, name, model, data, 5, optim.SGD(model.parameters(), lr=0.1), 60)
    return figures


def thirty_layers(job: Job) -> dict[str, float]:
    """Thirty hidden layers of 100 ReLU units, descent with momentum, from both kinds of weights."""
    data = digits(job, normal)
    figures = {}
    for name, draw in (("Xavier", init.xavier_normal_), ("He", init.kaiming_normal_)):
        ag.manual_seed(job.seed)
        model = nn.MLP([784, *[100] * 30, 10], "relu")
        for parameter in model.parameters():
            if parameter.ndim == 2:
                draw(parameter)
            else:
                init.zeros_(parameter)
        optimizer = optim.SGD(model.parameters(), lr=0.003, momentum=0.9)
        figures[f"% test error, {name}"] = train(job, name, model, data, 2, optimizer, 64)
    return figures


class Reached(optim.Callback):
    """Notes the first step at which the mean of the last 50 losses is at most `loss`; the run ends with that epoch."""

    def __init__(self, loss: float):
        self.loss, self.recent, self.step = loss, [], math.inf

    def on_batch_end(self, run: optim.Run) -> None:
        self.recent = [*self.recent[-49:], run.batch_loss]
        if run.step < self.step and len(self.recent) == 50 and sum(self.recent) <= 50 * self.loss:
            self.step = run.step
            run.stop("the loss is reached")

    def state_dict(self) -> dict[str, Any]:
        return {"recent": self.recent, "step": self.step}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.recent, self.step = list(state_dict["recent"]), state_dict["step"]


def rectified(job: Job) -> dict[str, float]:
    """LeNet-5 with ReLU and with sigmoids: the steps of plain descent until the loss is 0.25. The best rate of a grid each."""
    data = digits(job, lambda images: (images - 0.1307) / 0.3081)
    fewest = {}
    for activation, rates in (("relu", (0.05, 0.1, 0.2)), ("sigmoid", (0.5, 1.0, 2.0))):
        for rate in rates:
            ag.manual_seed(job.seed)
            model = LeNet5(activation=activation)
            for parameter in model.parameters():
                if parameter.ndim > 1:
                    (init.kaiming_normal_ if activation == "relu" else init.xavier_normal_)(parameter)
            reached = Reached(9.9 if job.quick else 0.25)
            optimizer = optim.SGD(model.parameters(), lr=rate)
            train(job, f"{activation}-{rate}", model, data, 5, optimizer, 10 if job.quick else 64, callbacks=[reached])
            fewest[activation] = min(fewest.get(activation, math.inf), reached.step)
    return {
        "steps, ReLU": fewest["relu"],
        "steps, sigmoid": fewest["sigmoid"],
        "times as many": fewest["sigmoid"] / fewest["relu"],
    }


def _row(name: str, about: str, source: str, figures: dict[str, Claim], run: Callable, minutes: float) -> Row:
    return Row(name, about, source, figures, run, minutes, needs=("mnist",))


def _error(name: str) -> str:
    return f"% test error, {name}"


ROWS = [
    _row(
        "pretraining", "784-200-200-200-200-10 of sigmoids, 20,000 images",
        "Hinton, Osindero & Teh 2006; Bengio et al. 2007",
        {
            _error("random start"): Claim(),
            _error("autoencoders"): Claim("below", _error("random start")),
            _error("Boltzmann machines"): Claim("below", _error("random start")),
        },
        pretraining, 1.5,
    ),
    _row(
        "dropout", "784-800-800-10 of ReLU", "Srivastava et al. 2014",
        {_error("without"): Claim("beside", 1.6), _error("with dropout"): Claim("below", _error("without"))},
        dropout, 8,
    ),
    _row(
        "batch-norm", "784-100-100-100-10 of sigmoids, 5,000 steps of 60", "Ioffe & Szegedy 2015, section 4.1",
        {_error("without"): Claim(), _error("with batch norm"): Claim("below", _error("without"))},
        batch_norm, 0.5,
    ),
    _row(
        "thirty-layers", "784, 30 layers of 100 ReLU, 10; 2 epochs", "He et al. 2015, section 2.2; Glorot & Bengio 2010",
        {_error("Xavier"): Claim(), _error("He"): Claim("below", _error("Xavier"))},
        thirty_layers, 0.5,
    ),
    _row(
        "relu", "LeNet-5, steps to a loss of 0.25", "Krizhevsky, Sutskever & Hinton 2012, figure 1 (there beside tanh)",
        {"steps, ReLU": Claim(), "steps, sigmoid": Claim(), "times as many": Claim("beside", 6)},
        rectified, 3,
    ),
]  # fmt: skip
