"""What learnt before networks were deep: cascade-correlation, quick and second-order methods, and deleting weights."""

from __future__ import annotations

import copy
import math
import statistics
from typing import Any

import autograd_core as ag
import nn
import nn.functional as F
import optim
from bench import optimisers
from nn.data import datasets
from nn.models import CascadeCorrelation
from nn.utils import prune

from .row import Claim, Job, Row


def two_spirals(job: Job) -> dict[str, float]:
    """Twenty trials from other weights; 194 points, of which all must be right."""
    x, y = datasets.two_spirals()[:]
    fits = []
    for trial in range(1 if job.quick else 20):
        ag.manual_seed(job.seed + trial)
        fits.append(CascadeCorrelation(2).fit(x, y, max_hidden=3 if job.quick else 25))
    return {
        "trials solved of 20": sum(fit.solved for fit in fits),
        "hidden units, mean": statistics.mean(fit.hidden for fit in fits),
        "epochs, mean": statistics.mean(fit.epochs for fit in fits),
    }


QUICKER = {
    "Rprop": "Rprop (iRprop-)",
    "conjugate gradients": "conjugate gradients (Polak-Ribière)",
    "Levenberg-Marquardt": "Levenberg-Marquardt",
}


def epochs_of(task: str) -> Any:
    """The median number of epochs over ten seeds, of the optimisers of `bench optimisers` and of plain descent."""

    def run(job: Job) -> dict[str, float]:
        seeds, limit = (1, 20) if job.quick else (10, 20_000)
        figures = {}
        for name, optimiser in {"plain descent": optimisers.DESCENT, **QUICKER}.items():
            make = optimisers.OPTIMISERS[optimiser]
            runs = [optimisers.learn(optimisers.TASKS[task], make, job.seed + i, limit) for i in range(seeds)]
            figures[f"epochs, {name}"] = statistics.median(epochs for epochs, *_ in runs)
        return figures

    return run


MOVED = 1.05  # the error has moved when the loss is 5 % above the trained network's


def deleted_weights(job: Job) -> dict[str, float]:
    """The part of a trained network's weights that can be deleted, without training again, before its loss has moved.

    The network has 49 pixels, 10 tanh units and 10 outputs, and learns 500 digits reduced to 7×7 with a decay of its
    weights. 2 % of the weights are deleted at a time; the second derivatives are new each time.
    """
    images, labels = datasets.mnist_sample().tensors
    count, widths, epochs = (50, [49, 4, 10], 5) if job.quick else (500, [49, 10, 10], 500)
    x, y = F.avg_pool2d(images[:count], 4).flatten(1), labels[:count]
    target = F.one_hot(y, 10).float()
    model = nn.MLP(widths, "tanh")
    optimizer = optim.LBFGS(
        model.parameters(), line_search_fn="strong_wolfe", tolerance_grad=1e-9, tolerance_change=1e-12
    )
    job.fit(
        "training", model, (x, target), loss=F.mse_loss, optimizer=optimizer, epochs=epochs // 5, batch_size="batch",
        callbacks=[optim.L2(1e-5)],
    )  # fmt: skip
    most = MOVED * F.mse_loss(model(x), target).item()

    def share(method: Any, **options: Any) -> float:
        pruned = method(
            copy.deepcopy(model), (x, target), F.mse_loss, 0.9, steps=3 if job.quick else 45, max_loss=most, **options
        )
        return 100 * pruned.deleted[-1] / pruned.weights if pruned.deleted else 0.0

    return {
        "% deleted, optimal brain damage": share(optim.optimal_brain_damage),
        "% deleted, magnitude": share_by_magnitude(model, x, target, most),
        "% deleted, optimal brain surgeon": share(optim.optimal_brain_surgeon),
    }


def share_by_magnitude(model: nn.MLP, x: Any, target: Any, most: float) -> float:
    """The same with the smallest weights, also 2 % at a time."""
    share = 0
    for percent in range(2, 92, 2):
        pruned = copy.deepcopy(model)
        pairs = [(m, name) for m in pruned if isinstance(m, nn.Linear) for name in ("weight", "bias")]
        prune.global_unstructured(pairs, prune.L1Unstructured, amount=percent / 100)
        loss = F.mse_loss(pruned(x), target).item()
        if not (math.isfinite(loss) and loss <= most):
            break
        share = percent
    return share


def _optimisers(name: str, about: str, task: str) -> Row:
    claims = {"epochs, plain descent": Claim()} | {
        f"epochs, {quicker}": Claim("below", "epochs, plain descent") for quicker in QUICKER
    }
    return Row(
        name, about, "Riedmiller & Braun 1993; Polak & Ribière 1969; Hagan & Menhaj 1994", claims, epochs_of(task), 0.2
    )


ROWS = [
    Row(
        "two-spirals", "cascade-correlation, 8 candidates, Quickprop", "Fahlman & Lebiere 1990",
        {
            "trials solved of 20": Claim("at least", 20),
            "hidden units, mean": Claim("beside", 15.2),
            "epochs, mean": Claim("beside", 1700),
        },
        two_spirals, 0.1,
    ),
    _optimisers("optimisers-encoder", "8-3-8 of sigmoids to an error of 0.01", "encoder 8-3-8, error 0.01"),
    _optimisers("optimisers-sine", "1-10-1 of tanh to an error of 0.001", "sine by 1-10-1, error 0.001"),
    Row(
        "deleted-weights", "49-10-10 on digits of 7×7, the loss may rise by 5 %",
        "LeCun, Denker & Solla 1990; Hassibi & Stork 1993",
        {
            "% deleted, optimal brain damage": Claim("at least", 30),
            "% deleted, magnitude": Claim("below", "% deleted, optimal brain damage"),
            "% deleted, optimal brain surgeon": Claim("above", "% deleted, optimal brain damage"),
        },
        deleted_weights, 0.4,
    ),
]  # fmt: skip
