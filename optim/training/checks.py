"""The checks of `fit` and `evaluate` before anything is changed."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable
from typing import Any

from autograd_core.engine.tensor import describe
from autograd_core.nn import Module, MSELoss
from autograd_core.nn import functional as F
from autograd_core.nn.construction import unregistered

from ..optimizer import Optimizer
from .callbacks import Callback

# What other libraries call losses, where the functions here have another name.
LOSSES = {
    "mse": "mse_loss", "mean_squared_error": "mse_loss", "mae": "l1_loss", "mean_absolute_error": "l1_loss",
    "l1": "l1_loss", "huber": "huber_loss", "nll": "nll_loss", "crossentropy": "cross_entropy",
    "categorical_crossentropy": "cross_entropy", "sparse_categorical_crossentropy": "cross_entropy",
    "bce": "binary_cross_entropy_with_logits", "binary_crossentropy": "binary_cross_entropy_with_logits",
}  # fmt: skip


def check_model(caller: str, model: Any) -> None:
    if isinstance(model, type):
        raise TypeError(f"{caller}: model is the class {model.__name__}; make a model of it: {model.__name__}(…)")
    if not all(hasattr(model, name) for name in ("training", "train", "eval")):
        raise TypeError(f"{caller}: model must be an nn.Module, got {describe(model)}")
    hidden = unregistered(model) if isinstance(model, Module) else []
    if hidden:
        warnings.warn(
            f"{caller}: the parameters of the modules in '{hidden[0]}' are not seen by parameters(), and will not be learnt or "
            "saved: a module does not look into Python lists and dictionaries; make it an nn.ModuleList or nn.ModuleDict",
            stacklevel=3,
        )


def check_loss(caller: str, loss: Any) -> None:
    """A loss is a function of output and target; the error for a name, a class or a value shows how to write it."""
    way_out = "pass loss=F.cross_entropy (import nn.functional as F), or another function(output, target)"
    if isinstance(loss, str):
        name = loss.lower().removesuffix("loss").strip("_- ")
        known = [n for n in dir(F) if n.endswith("_loss") or "cross_entropy" in n]
        close = LOSSES.get(name) or next(iter(difflib.get_close_matches(loss, known, 1)), None)
        if close is not None:
            way_out = f"pass loss=F.{close} (import nn.functional as F), or another function(output, target)"
        raise TypeError(f"{caller}: loss must be a function(output, target), got the text {loss!r}; {way_out}")
    if isinstance(loss, type):
        raise TypeError(f"{caller}: loss is the class {loss.__name__}; make one: loss=nn.{loss.__name__}()")
    if not callable(loss):
        raise TypeError(f"{caller}: loss must be a function(output, target), got {describe(loss)}; {way_out}")


def check_optimizer(model: Any, loss: Any, optimizer: Any) -> None:
    """It must be one, and change something that the model (or the loss) has."""
    way_out = "optimizer=optim.Adam(model.parameters(), lr=1e-3)"
    if isinstance(optimizer, str | type):
        name = optimizer if isinstance(optimizer, str) else optimizer.__name__
        raise TypeError(f"fit: optimizer must be made from the model's parameters, got {name}; pass {way_out}")
    if not isinstance(optimizer, Optimizer) and not hasattr(optimizer, "param_groups"):
        raise TypeError(f"fit: optimizer must be an optim.Optimizer, got {describe(optimizer)}; pass {way_out}")
    if getattr(optimizer, "closure", None) == "residuals" and not (loss is F.mse_loss or isinstance(loss, MSELoss)):
        raise ValueError(
            f"fit: {type(optimizer).__name__} minimises a sum of squares, and loss is {describe(loss)}; pass "
            "loss=F.mse_loss, or an optimizer for any loss, such as optim.GaussNewton(model.parameters())"
        )
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    if not hasattr(model, "parameters"):
        return
    own = set(model.parameters())
    own |= set(loss.parameters()) if isinstance(loss, Module) else set()
    shared = [p for p in parameters if p in own]
    if not shared:
        raise ValueError(
            f"fit: none of the optimizer's {len(parameters)} parameters belongs to the model, so that nothing would be learnt; "
            f"make it from this model, {way_out}"
        )
    if not any(p.requires_grad for p in shared):
        raise ValueError(
            f"fit: none of the {len(shared)} parameters that the optimizer has of the model requires a gradient, so that "
            "nothing would be learnt; call requires_grad_() on the part that is to be trained"
        )


def check_callbacks(callbacks: Any) -> list[Callback]:
    """The callbacks as a list."""
    if isinstance(callbacks, Callback) or not isinstance(callbacks, Iterable):
        raise TypeError(f"fit: callbacks is a list, got {describe(callbacks)}; put it into one: callbacks=[…]")
    listed = list(callbacks)
    for callback in listed:
        if isinstance(callback, type):
            raise TypeError(f"fit: callbacks has the class {callback.__name__}; make one: {callback.__name__}(…)")
        if not isinstance(callback, Callback):
            raise TypeError(f"fit: callbacks has {describe(callback)}; each must be an optim.Callback")
    return listed


def check_scheduler(name: str, scheduler: Any, optimizer: Any) -> None:
    """A schedule must step, change this optimiser, and if it waits for the loss to fall, know that lower is better."""
    if scheduler is None:
        return
    if not hasattr(scheduler, "step"):
        raise TypeError(f"fit: {name} must have step(), got {describe(scheduler)}; see optim.lr_scheduler")
    if getattr(scheduler, "optimizer", optimizer) is not optimizer:
        raise ValueError(
            f"fit: {name} belongs to another optimizer, whose learning rate it changes; make it from this one"
        )
    if type(scheduler).__name__ == "ReduceLROnPlateau" and scheduler.mode != "min":
        raise ValueError(
            f"fit: {name} gets the loss, of which lower is better, but has mode='{scheduler.mode}'; make it with mode='min'"
        )
