"""What a model gives on data, in evaluation mode: its loss and metrics, its outputs, probabilities, and how sure it is."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import numpy as np

import autograd_core as ag
from autograd_core import Tensor, nn
from autograd_core.engine.tensor import describe
from autograd_core.nn import Module
from autograd_core.nn import functional as F
from autograd_core.nn.data import Dataset
from autograd_core.random import Generator, default_generator

from .batches import Columns, as_loader, as_tensors, batches, dtype_of, forward
from .checks import check_loss, check_model
from .metrics import Measured, Metric, checked_metrics
from .objective import Objective

Data: TypeAlias = Iterable[Any] | Dataset | tuple[Any, ...] | Mapping[str, Any]  # a loader, a dataset, or arrays
Loss: TypeAlias = Callable[..., Any]  # of output and target
Measure: TypeAlias = Metric | Callable[..., float]


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """In the block the model is in evaluation mode and nothing is recorded; then each of its modules is as it was."""
    training = model.training
    modes = [(module, module.training) for module in model.modules()] if isinstance(model, Module) else []
    model.eval()
    try:
        with ag.no_grad():
            yield
    finally:
        model.train(training)
        for module, mode in modes:
            module.training = mode


def evaluate(
    model: Module,
    data: Data,
    loss: Loss,
    *,
    metrics: Mapping[str, Measure] | None = None,
    batch_size: int = 256,
    target: str = "y",
) -> dict[str, float]:
    """Compute the mean loss and the metrics of a model on data, in evaluation mode, recording nothing.

    model: a module, or anything that is called with the inputs and has `training`, `train` and `eval`.
    data: a DataLoader, a dataset, or arrays, as for `fit`. Arrays of floating numbers become the dtype of the model.
    loss: function(output, target) → number.
    metrics: name → a `Metric`, which is updated batch by batch, or function(outputs, targets) → number, called once
        with those of the whole data, which are kept in memory for it; by default the accuracy where targets are class
        indices. A result with one number a class is recorded as name_0, name_1, …. Weights of examples do not count in
        metrics.
    batch_size: the number of rows of a batch, where data is no loader.
    target: the key of the targets, where batches are dictionaries.

    Formula: Σ_b n_b loss_b / Σ_b n_b over the batches b, n_b their sizes (or the sums of their weights)
    Shapes: inputs (N, *), targets (N, *), weights (N,) → {"loss": number, and each metric by its name}.
    Dtypes: as the model takes them → floats.
    Raises: TypeError or ValueError for arguments that cannot work, for data without a batch and for batches that are no
        pair or triple; and what the model and the loss raise.
    Source: Keras's `Model.evaluate`.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> x = ag.arange(6.0).reshape(6, 1)
    >>> spread = {"spread": lambda outputs, targets: float(outputs.amax() - outputs.amin())}
    >>> optim.evaluate(nn.Identity(), (x, x), F.mse_loss, metrics=spread, batch_size=2)
    {'loss': 0.0, 'spread': 5.0}
    """
    check_model("evaluate", model)
    check_loss("evaluate", loss)
    measured = Measured(checked_metrics("evaluate", metrics))
    objective = Objective(loss, "evaluate")
    loader = as_loader(data, batch_size, False, None, "data", model, "evaluate")
    with evaluating(model):
        for batch in batches(loader, "evaluate", target):
            output = forward(model, batch.x)
            value = objective(output, batch)
            measured.add(float(value), objective.weight(batch), output, batch.y)
        if not measured.batches:
            raise ValueError("evaluate: the data has no batch")
        return measured.result()


def predict(model: Module, data: Any, *, batch_size: int = 256) -> Any:
    """Compute the outputs of a model on data, in evaluation mode, batch by batch.

    model: a module, or anything that is called with the inputs and has `training`, `train` and `eval`.
    data: the inputs: an array; several in a tuple, passed as model(*inputs), or in a dictionary, as model(**inputs); or a
        dataset or loader, whose targets are left out if it has some. Arrays of floating numbers become the dtype of the
        model.
    batch_size: the number of rows of a batch, where data is no loader.

    The outputs are what the model gives: scores of classes, of which `.argmax(1)` is the class and `predict_proba` computes
    the probabilities, or values.

    Formula: out[n] = model(x[n])
    Shapes: inputs (N, *) → the outputs (N, *), nested as the model has them.
    Dtypes: as the model gives them.
    Raises: TypeError for what is no data, ValueError for data without a row; and what the model raises.
    Source: Keras's `Model.predict`.

    >>> import autograd_core as ag, nn, optim
    >>> optim.predict(nn.Flatten(), ag.arange(6.0).reshape(3, 2, 1), batch_size=2)
    tensor([[0., 1.],
            [2., 3.],
            [4., 5.]])
    """
    check_model("predict", model)
    with evaluating(model):
        return joined([forward(model, x) for x in inputs_of(data, batch_size, model, "predict")])


def predict_proba(model: Module, data: Any, *, loss: Loss = F.cross_entropy, batch_size: int = 256) -> Tensor:
    """Compute the probabilities of the classes, in evaluation mode.

    model, data and batch_size are those of `predict`. loss: that with which the model was trained, which says what its
    outputs are: scores (`cross_entropy`), logarithms of probabilities (`nll_loss`), logits of one class against another or
    of several labels (`binary_cross_entropy_with_logits`) or their probabilities (`binary_cross_entropy`); a function or
    a module.

    Formula: softmax(z), exp(z), σ(z) or z, for the four; of one output column p is [1 - p, p]
    Shapes: outputs (N, C, *) → (N, C, *); for the last two losses (N,) or (N, 1) → (N, 2), (N, C) → (N, C).
    Dtypes: as the model gives them.
    Raises: ValueError for another loss; TypeError if the output is no tensor; and what `predict` raises.
    Source: scikit-learn's `predict_proba`.

    >>> import autograd_core as ag, nn, optim
    >>> optim.predict_proba(nn.Identity(), ag.zeros(2, 4))
    tensor([[0.25, 0.25, 0.25, 0.25],
            [0.25, 0.25, 0.25, 0.25]])
    """
    function = loss.func if isinstance(loss, functools.partial) else loss
    kind = next((f for f, layer in PROBABILITIES.items() if function is f or isinstance(function, layer)), None)
    if kind is None:
        named = getattr(loss, "__name__", describe(loss))
        raise ValueError(
            f"predict_proba: it is not known what the outputs of a model are that was trained by {named}; pass "
            "loss=F.cross_entropy, F.nll_loss, F.binary_cross_entropy_with_logits or F.binary_cross_entropy, or compute the "
            "probabilities of optim.predict(model, data)"
        )
    z = predict(model, data, batch_size=batch_size)
    if not isinstance(z, Tensor):
        raise TypeError(
            f"predict_proba: the output must be a tensor, got {describe(z)}; use optim.predict(model, data)"
        )
    if kind is F.cross_entropy:
        return F.softmax(z, 1)
    if kind is F.nll_loss:
        return z.exp()
    p = z.sigmoid() if kind is F.binary_cross_entropy_with_logits else z
    if p.ndim == 1 or p.shape[1:] == (1,):
        p = p.reshape(-1, 1)
        return ag.cat([1 - p, p], 1)
    return p


PROBABILITIES = {
    F.cross_entropy: nn.CrossEntropyLoss,
    F.nll_loss: nn.NLLLoss,
    F.binary_cross_entropy_with_logits: nn.BCEWithLogitsLoss,
    F.binary_cross_entropy: nn.BCELoss,
}


def inputs_of(data: Any, batch_size: int, model: Any, caller: str) -> Iterator[Any]:
    """The inputs of the model, batch by batch."""
    numbers = isinstance(data, list) and bool(data) and isinstance(data[0], int | float | list | np.number)
    if numbers or isinstance(data, Mapping | tuple) or hasattr(data, "__array__"):
        data = Columns(as_tensors(data, dtype_of(model)), "data", caller)
    loader = as_loader(data, batch_size, False, None, "data", model, caller)
    known = isinstance(data, Columns)
    for batch in loader:
        paired = not known and type(batch) in (tuple, list) and len(batch) in (1, 2, 3)
        yield batch[0] if paired else batch


def joined(outputs: list[Any]) -> Any:
    """The outputs of batches, which may be nested, as those of one."""
    if not outputs:
        raise ValueError("predict: the data has no batch")
    first = outputs[0]
    if isinstance(first, Mapping):
        return {key: joined([output[key] for output in outputs]) for key in first}
    if isinstance(first, tuple | list):
        return tuple(joined([output[i] for output in outputs]) for i in range(len(first)))
    return ag.cat(outputs) if isinstance(first, Tensor) and first.ndim else outputs


# ------------------------------------------------------------------------------------------------------ Monte-Carlo dropout


class Spread(NamedTuple):
    """Holds what several random outputs of a model for the same input say.

    mean, std: their mean and standard deviation.
    lower, upper: the bounds between which the given part of them lies.

    Formula: mean = Σ_s f_s / S, std² = Σ_s (f_s - mean)² / (S - 1), lower and upper the quantiles (1 ∓ level) / 2
    Shapes: each that of the outputs.
    Dtypes: that of the outputs.
    Raises: nothing.
    Source: Gal & Ghahramani 2016, "Dropout as a Bayesian approximation".

    >>> import autograd_core as ag, optim
    >>> optim.Spread(*ag.arange(4.0)).upper
    tensor(3.)
    """

    mean: Tensor
    std: Tensor
    lower: Tensor
    upper: Tensor


def mc_dropout(
    model: Module,
    data: Any,
    samples: int = 100,
    *,
    level: float = 0.95,
    activation: Callable[[Tensor], Tensor] | None = None,
    batch_size: int = 256,
    generator: Generator | None = None,
) -> Spread:
    """Compute mean, standard deviation and interval of a model's outputs with dropout left on, for each input.

    model: a module with dropout; everything else in it is in evaluation mode.
    data: the inputs, as for `predict`.
    samples: the number of outputs for each input, at least 2.
    level: the part of the outputs that lies in the interval.
    activation: applied to each output before, as lambda z: F.softmax(z, 1) for probabilities.
    batch_size: the number of rows of a batch, where data is no loader.
    generator: of the dropout, by default the library's.

    The interval is of the function that the model has learnt, not of the noise of the targets around it.

    Formula: mean = Σ_s f_s(x) / S, with f_s(x) the output under the s-th mask; lower and upper are quantiles of the f_s(x)
    Shapes: inputs (N, *) → four tensors of the shape of the outputs.
    Dtypes: as the model gives them.
    Raises: ValueError if samples is below 2, level is not between 0 and 1, or the model has no dropout; TypeError if an
        output is no tensor; and what `predict` raises.
    Source: Gal & Ghahramani 2016, "Dropout as a Bayesian approximation", eq. 6 and 7.

    >>> import autograd_core as ag, nn, optim
    >>> spread = optim.mc_dropout(nn.Dropout(0.5), ag.ones(1, 3), 1000, generator=ag.Generator(0))
    >>> spread.lower, spread.upper
    (tensor([[0., 0., 0.]]), tensor([[2., 2., 2.]]))
    """
    check_model("mc_dropout", model)
    if isinstance(samples, bool) or not isinstance(samples, int | np.integer) or samples < 2:
        raise ValueError(f"mc_dropout: samples must be a whole number of at least 2, got {samples!r}")
    if not 0 < level < 1:
        raise ValueError(f"mc_dropout: level must be between 0 and 1, got {level}")
    random = [m for m in model.modules() if isinstance(m, DROPOUTS) or _drops(m)]
    if not random:
        raise ValueError(
            "mc_dropout: the model has no dropout, so that all outputs would be equal; put nn.Dropout(0.1) between its layers"
        )
    spreads = []
    with evaluating(model), drawing_from(generator):
        for module in random:
            module.training = True
        for x in inputs_of(data, batch_size, model, "mc_dropout"):
            outputs = []
            for _ in range(samples):
                output = forward(model, x)
                if not isinstance(output, Tensor):
                    raise TypeError(f"mc_dropout: the output must be a tensor, got {describe(output)}")
                outputs.append((output if activation is None else activation(output)).array)
            f = np.stack(outputs)
            lower, upper = np.quantile(f, [(1 - level) / 2, (1 + level) / 2], axis=0)
            spreads.append([ag.from_numpy(a.astype(f.dtype)) for a in (f.mean(0), f.std(0, ddof=1), lower, upper)])
    return Spread(*joined(spreads))


DROPOUTS = (
    nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout, nn.DropConnect,
)  # fmt: skip


def _drops(module: Any) -> bool:
    """Whether it is a layer that drops values itself, as a recurrent one does between its layers."""
    return isinstance(getattr(module, "dropout", None), float) and module.dropout > 0


@contextmanager
def drawing_from(generator: Generator | None) -> Iterator[None]:
    """In the block the library's random numbers come from this generator."""
    if generator is None:
        yield
        return
    state = default_generator.get_state()
    default_generator.set_state(generator.get_state())
    try:
        yield
    finally:
        generator.set_state(default_generator.get_state())
        default_generator.set_state(state)
