"""Averages of a model's weights: stochastic weight averaging and exponential moving averages, as `torch.optim.swa_utils`.

averaged, schedule = AveragedModel(model), SWALR(optimizer, swa_lr=0.05)
for epoch in range(100):
    … one epoch of training …
    if epoch > 75:
        averaged.update_parameters(model)
        schedule.step()
update_bn(loader, averaged)
"""

from __future__ import annotations

import copy
import functools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeAlias

import autograd_core as ag
from autograd_core import Tensor, nn
from autograd_core.engine.types import Device

from .documentation import with_shared_parts
from .lr_scheduler.base import LRScheduler, for_groups
from .optimizer import Optimizer

__all__ = [
    "SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn", "get_swa_multi_avg_fn",
    "update_bn",
]  # fmt: skip

Average: TypeAlias = Callable[[Tensor, Tensor, Any], Tensor]  # (average, value, number of values before) -> new average
Averages: TypeAlias = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]  # the same in place, of many tensors

BATCH_NORM = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


# ------------------------------------------------------------------------------------------------------ what averages


def _swa(averaged: Tensor, current: Tensor, count: Any) -> Tensor:
    return averaged + (current - averaged) / (count + 1)


def _ema(averaged: Tensor, current: Tensor, count: Any, decay: float) -> Tensor:
    return decay * averaged + (1 - decay) * current


def _each(averaged: Sequence[Tensor], current: Sequence[Tensor], count: Any, average: Average) -> None:
    with ag.no_grad():
        for a, c in zip(averaged, current, strict=True):
            a.copy_(average(a, c, count))


def _checked(decay: float) -> float:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"Invalid decay value {decay}; it must be in [0, 1]")
    return decay


def get_swa_avg_fn() -> Average:
    """Return the function that computes a running mean, of one tensor: `AveragedModel`'s own choice.

    Formula: function(average, value, n) = average + (value − average) / (n + 1)
    Shapes: (*), (*) → (*).
    Dtypes: floating.
    Raises: nothing.
    Source: Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization"; PyTorch's function.

    >>> import autograd_core as ag
    >>> from optim.swa_utils import get_swa_avg_fn
    >>> get_swa_avg_fn()(ag.tensor(1.0), ag.tensor(4.0), 2)
    tensor(2.)
    """
    return _swa


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return the function that computes an exponential moving average, of one tensor.

    `decay` is the weight of the average so far.

    Formula: function(average, value, n) = decay · average + (1 − decay) · value
    Shapes: (*), (*) → (*).
    Dtypes: floating.
    Raises: ValueError unless decay is in [0, 1].
    Source: PyTorch's `optim.swa_utils.get_ema_avg_fn`.

    >>> import autograd_core as ag
    >>> from optim.swa_utils import get_ema_avg_fn
    >>> get_ema_avg_fn(0.75)(ag.tensor(1.0), ag.tensor(5.0), 2)
    tensor(2.)
    """
    return functools.partial(_ema, decay=_checked(decay))


def get_swa_multi_avg_fn() -> Averages:
    """Return the function that updates running means of many tensors in place.

    Formula: averageᵢ ← averageᵢ + (valueᵢ − averageᵢ) / (n + 1)
    Shapes: two sequences of tensors of the same shapes, and the number n → none.
    Dtypes: floating.
    Raises: nothing.
    Source: PyTorch's `optim.swa_utils.get_swa_multi_avg_fn`.

    >>> import autograd_core as ag
    >>> from optim.swa_utils import get_swa_multi_avg_fn
    >>> averages = [ag.tensor(1.0)]
    >>> get_swa_multi_avg_fn()(averages, [ag.tensor(4.0)], 2)
    >>> averages
    [tensor(2.)]
    """
    return functools.partial(_each, average=_swa)


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """Return the function that updates exponential moving averages of many tensors in place.

    `decay` is the weight of the averages so far.

    Formula: averageᵢ ← decay · averageᵢ + (1 − decay) · valueᵢ
    Shapes: two sequences of tensors of the same shapes, and a number → none.
    Dtypes: floating.
    Raises: ValueError unless decay is in [0, 1].
    Source: PyTorch's `optim.swa_utils.get_ema_multi_avg_fn`.

    >>> import autograd_core as ag
    >>> from optim.swa_utils import get_ema_multi_avg_fn
    >>> averages = [ag.tensor(1.0)]
    >>> get_ema_multi_avg_fn(0.75)(averages, [ag.tensor(5.0)], 2)
    >>> averages
    [tensor(2.)]
    """
    return functools.partial(_each, average=get_ema_avg_fn(decay))


# ------------------------------------------------------------------------------------------------------------ the model


class AveragedModel(nn.Module):
    """Holds the average of the weights that a model has had, in a copy of the model, `module`, which it calls.

    model: what is copied; `update_parameters(model)` takes its present weights into the average, the first ones as they are.
    device: None or "cpu".
    avg_fn: (average, value, number of averaged models) → the new average, of each tensor; None: the mean.
    multi_avg_fn: the same in place, of all tensors of one dtype, instead of avg_fn.
    use_buffers: True averages the buffers too (running means of batch normalisation); False copies the model's.

    Formula: W₁ = model's weights; Wₙ₊₁ = avg_fn(Wₙ, model's weights, n), by default Wₙ + (model's − Wₙ) / (n + 1)
    Shapes: those of the model.
    Dtypes: those of the model.
    Raises: ValueError for both avg_fn and multi_avg_fn, or for a model of other shapes; TypeError for another device.
    Source: Izmailov et al. 2018, "Averaging Weights Leads to Wider Optima and Better Generalization"; PyTorch's
        `optim.swa_utils.AveragedModel`.

    >>> import autograd_core as ag, nn
    >>> from optim.swa_utils import AveragedModel
    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for w in 1.0, 3.0:
    ...     _ = nn.init.constant_(model.weight, w)
    ...     averaged.update_parameters(model)
    >>> averaged(ag.ones(1, 1)).item(), averaged.n_averaged.item()
    (2.0, 2)
    """

    n_averaged: Any

    def __init__(
        self,
        model: nn.Module,
        device: Device = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Averages | None = None,
        use_buffers: bool = False,
    ):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: pass avg_fn or multi_avg_fn, not both")
        self.module = copy.deepcopy(model)
        self.register_buffer("n_averaged", ag.zeros((), dtype=ag.int64, device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    def update_parameters(self, model: nn.Module) -> None:
        """Take the present weights of `model` into the average."""
        ours: list[Tensor] = list(self.module.parameters())
        theirs: list[Tensor] = list(model.parameters())
        our_buffers, their_buffers = list(self.module.buffers()), list(model.buffers())
        shapes = [[tuple(t.shape) for t in (*p, *b)] for p, b in ((ours, our_buffers), (theirs, their_buffers))]
        if shapes[0] != shapes[1]:
            raise ValueError(
                f"update_parameters: the averaged model has tensors of the shapes {shapes[0]}, and the one that was passed "
                f"{shapes[1]}; pass the model that was averaged first"
            )
        if self.use_buffers:
            ours, theirs, our_buffers, their_buffers = [*ours, *our_buffers], [*theirs, *their_buffers], [], []
        with ag.no_grad():
            averages, values = [t.detach() for t in ours], [t.detach() for t in theirs]
            if not self.n_averaged.item():
                for a, v in zip(averages, values, strict=True):
                    a.copy_(v)
            elif self.multi_avg_fn is not None:
                groups: dict[Any, tuple[list[Tensor], list[Tensor]]] = defaultdict(lambda: ([], []))
                for a, v in zip(averages, values, strict=True):
                    groups[a.dtype][0].append(a)
                    groups[a.dtype][1].append(v)
                for of_one_dtype in groups.values():
                    self.multi_avg_fn(*of_one_dtype, self.n_averaged)
            else:
                _each(averages, values, self.n_averaged, self.avg_fn or _swa)
            for a, v in zip(our_buffers, their_buffers, strict=True):
                a.detach().copy_(v.detach())
            self.n_averaged += 1


def update_bn(loader: Iterable[Any], model: nn.Module, device: Device = None) -> None:
    """Set the running means and variances of a model's batch normalisation to those of the data in `loader`.

    Averaged weights have activations of their own, whose statistics nobody has seen. `loader` gives batches, or lists and
    tuples whose first element is the batch; `model` runs on each, in training mode; `device` is None or "cpu".

    Formula: running mean = the average of the batches' means; running variance likewise
    Shapes: those that the model takes.
    Dtypes: those that the model takes.
    Raises: TypeError for another device; what the model raises, with its mode and the momenta as they were.
    Source: Izmailov et al. 2018, section 3.2; PyTorch's `optim.swa_utils.update_bn`.

    >>> import autograd_core as ag, nn
    >>> from optim.swa_utils import update_bn
    >>> model = nn.BatchNorm1d(1)
    >>> update_bn([ag.tensor([[1.0], [3.0]]), ag.tensor([[2.0], [6.0]])], model)
    >>> model.running_mean
    tensor([3.])
    """
    ag.zeros((), device=device)  # refuses other devices
    layers = [layer for layer in model.modules() if isinstance(layer, BATCH_NORM)]
    if not layers:
        return
    momenta, training = [layer.momentum for layer in layers], model.training
    modes = [module.training for module in model.modules()]
    try:
        model.train()
        for layer in layers:
            layer.reset_running_stats()
            layer.momentum = None  # the average of all batches
        with ag.no_grad():
            for batch in loader:
                model(batch[0] if isinstance(batch, list | tuple) else batch)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        model.train(training)
        for module, mode in zip(model.modules(), modes, strict=True):
            module.training = mode


# --------------------------------------------------------------------------------------------------------- the schedule


@with_shared_parts
class SWALR(LRScheduler):
    """Moves the learning rates from where they are to a constant one, over a number of epochs.

    {optimizer}
    swa_lr: the learning rate to reach, or a list of one for each group.
    anneal_epochs: how many epochs that takes, at least 0.
    anneal_strategy: the shape of the way there: "cos" or "linear".
    {last_epoch}

    Formula: lr(t) = α swa_lr + (1 − α) lr(0), α = (1 − cos(π s)) / 2 or s, s = min(1, t / anneal_epochs)
    {schedule}
    Raises: {raises}; ValueError for another anneal_strategy, for anneal_epochs that is no integer of at least 0, or if a list
        of learning rates does not fit the groups.
    Source: Izmailov et al. 2018; PyTorch's `optim.swa_utils.SWALR`.

    {sgd}
    >>> schedule = optim.swa_utils.SWALR(optimizer, swa_lr=0.1, anneal_epochs=3, anneal_strategy="linear")
    {rates}
    1 0.7 0.4 0.1 0.1 0.1
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | Sequence[float],
        anneal_epochs: int = 10,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        last_epoch: int = -1,
    ):
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"SWALR: anneal_epochs must be an integer of at least 0, got {anneal_epochs!r}")
        rates = for_groups("swa_lr", optimizer, swa_lr)
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["swa_lr"] = rate
        self.anneal_epochs, self.anneal_strategy = anneal_epochs, anneal_strategy
        super().__init__(optimizer, last_epoch)

    def _share(self, epoch: float) -> float:
        """How much of the way is gone."""
        s = max(0.0, min(1.0, epoch / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * s)) / 2 if self.anneal_strategy == "cos" else s

    def get_lr(self) -> list[float]:
        # from the present rate, so that another scheduler may have changed it meanwhile
        epoch = max(1, self.last_epoch) if self.anneal_epochs == 0 else self.last_epoch
        before, now = self._share(epoch - 1), self._share(epoch)
        rates = []
        for group in self.optimizer.param_groups:
            lr, end = float(group["lr"]), group["swa_lr"]
            start = end if before == 1 else (lr - before * end) / (1 - before)
            rates.append(end * now + start * (1 - now))
        return rates
