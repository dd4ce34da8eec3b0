"""Pre-training of a deep network, layer by layer: as autoencoders, as Boltzmann machines, or for the targets."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from autograd_core.nn.models.autoencoder import TransposedLinear
from autograd_core.nn.models.examples import at_least, one_of, points
from autograd_core.nn.models.weights import assign

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.tensor import as_array, describe
from autograd_core.nn import Dropout, Linear, Module, Parameter, Sequential, Sigmoid
from autograd_core.nn.models import RBM, Autoencoder

from ..adam import Adam
from ..optimizer import Optimizer
from .checks import check_loss
from .fit import fit
from .run import History

if TYPE_CHECKING:
    from autograd_core.engine.types import TensorLike

METHODS = ("autoencoder", "rbm", "supervised")
OPTIONS: dict[str, tuple[str, ...]] = {
    "autoencoder": ("tied", "noise", "noise_level", "sparsity", "sparsity_weight"),
    "rbm": ("lr", "k", "persistent", "chains", "momentum", "initial_momentum", "initial_epochs", "weight_decay"),
    "supervised": (),
}
ROWS = 1024  # examples at a time, where nothing is learnt


class Layer(NamedTuple):
    """One hidden layer, and of an autoencoder the layer of the decoder that undoes it."""

    linear: Linear
    activation: Sequential
    undo: Module | None


def pretrain(
    model: Module,
    x: TensorLike,
    y: TensorLike | None = None,
    *,
    method: str = "autoencoder",
    epochs: int | Sequence[int] = 10,
    batch_size: int = 64,
    loss: Callable[..., Tensor] | None = None,
    optimizer: Callable[[Iterable[Parameter]], Optimizer] | None = None,
    layers: int | None = None,
    generator: Generator | None = None,
    progress: bool = True,
    **options: float | str | bool | None,
) -> list[Any]:
    """Train the layers of a network one after another, each on what the layers below it give, and return their courses.

    It gives a deep network a start from which `fit` then trains the whole (fine-tuning). Only the layer that is in training
    changes.

    model: an `nn.Sequential`, such as `nn.MLP`, of `Linear` layers with activations (and dropout) between them; or an
        `nn.models.Autoencoder`.
    x: the inputs of the examples, as the model takes them. y: the targets, for "supervised".
    method: "autoencoder": the layer is the encoder of an autoencoder of one layer, whose decoder is then dropped; values
        from 0 to 1 are reconstructed by sigmoid units and cross-entropy, others by linear units and squared error.
        "rbm": it is the hidden layer of a Boltzmann machine, Bernoulli for values from 0 to 1, else Gaussian; the layers
        must be sigmoid. "supervised": it is the hidden layer of a network for the targets, whose output layer is then
        dropped.
    epochs: for each layer, or one number for each. batch_size: the number of examples of a step.
    loss: function(output, target) → number, for "supervised".
    optimizer: function(parameters) → optimizer, for the layers other than an rbm's; by default `optim.Adam`.
    layers: the number of them, from the input on; by default all `Linear` layers but the last, and all of an Autoencoder's.
    generator: of the order of the examples, and of an rbm's samples; by default the library's.
    progress: print a line for each layer, and show its training.
    options: of "autoencoder" those of `nn.models.Autoencoder`: tied (here by default True), noise, noise_level, sparsity,
        sparsity_weight; of "rbm" those of `RBM.fit`: lr, k, persistent, chains, momentum, initial_momentum, initial_epochs,
        weight_decay. An Autoencoder has its own, and its decoder is pre-trained too.

    Formula: for k = 1, 2, …: (W_k, b_k) = what `method` learns on h_{k−1}; h_k = f(W_k h_{k−1} + b_k), h_0 = x
    Shapes: inputs (N, *) → a list with a `History`, or of "rbm" an `RBMFit`, for each layer.
    Dtypes: x becomes the dtype of the layers.
    Raises: TypeError or ValueError, before anything is changed, for a model of other layers, for options, epochs and
        layers that do not fit, and for x that is empty or not finite.
    Source: Hinton, Osindero & Teh 2006, "A fast learning algorithm for deep belief nets"; Bengio et al. 2007, "Greedy
        layer-wise training of deep networks"; Vincent et al. 2010, "Stacked denoising autoencoders"; for an Autoencoder
        Hinton & Salakhutdinov 2006, "Reducing the dimensionality of data with neural networks".

    >>> import autograd_core as ag, nn, optim
    >>> model = nn.MLP([8, 6, 4, 2], "sigmoid")
    >>> courses = optim.pretrain(model, ag.eye(8), epochs=3, progress=False)
    >>> [len(course) for course in courses]
    [3, 3]
    """
    name = "pretrain"
    one_of(name, "method", method, METHODS)
    _check_options(name, model, method, options)
    before, stack, output = _layers(name, model)
    stack = _first(name, stack, output, layers)
    numbers = [epochs] * len(stack) if isinstance(epochs, int) else list(epochs)
    if len(numbers) != len(stack):
        raise ValueError(
            f"{name}: epochs has {len(numbers)} numbers for {len(stack)} layers; pass one for each, or one number"
        )
    at_least(name, 1, epochs=min(numbers), batch_size=batch_size)
    if method == "supervised":
        if y is None or loss is None:
            raise ValueError(f"{name}: method='supervised' needs targets and a loss; pass y=…, loss=F.cross_entropy")
        check_loss(name, loss)
        if not output:
            raise ValueError(f"{name}: an Autoencoder has no targets; pass method='autoencoder' or 'rbm'")
    if method == "rbm":
        _check_sigmoid(name, stack)
    linear = stack[0].linear
    modes = [(module, module.training) for module in model.modules()]
    try:
        h = Tensor(points(name, _through(before, Tensor(as_array(x))), linear.in_features, linear.weight.dtype))
        learner = _Learner(method, batch_size, optimizer or Adam, generator, progress, options, h, y, loss, output)
        stages = model.stages() if method == "autoencoder" and isinstance(model, Autoencoder) else [None] * len(stack)
        courses = []
        for k, (layer, stage, number) in enumerate(zip(stack, stages, numbers, strict=False)):
            if progress:
                print(f"layer {k + 1} of {len(stack)}: {layer.linear.in_features} → {layer.linear.out_features}")
            courses.append(learner.learn(layer, stage, number))
        return courses
    finally:
        for module, training in modes:
            module.training = training


class _Learner:
    """Trains a layer on `h`, which then becomes what the layer gives."""

    def __init__(
        self, method: str, batch_size: int, optimizer: Callable[..., Optimizer], generator: Generator | None, progress: bool,
        options: dict[str, Any], h: Tensor, y: Any, loss: Any, output: list[Module],
    ):  # fmt: skip
        self.method, self.batch_size, self.optimizer, self.generator = method, batch_size, optimizer, generator
        self.progress, self.options, self.h, self.y, self.loss, self.output = progress, options, h, y, loss, output

    def learn(self, layer: Layer, stage: Autoencoder | None, epochs: int) -> Any:
        if self.method == "rbm":
            course = self._boltzmann(layer, epochs)
        elif self.method == "supervised":
            head = Linear(layer.linear.out_features, self.output[0].out_features, dtype=layer.linear.weight.dtype)
            net = Sequential(layer.linear, layer.activation, head, *copy.deepcopy(self.output[1:]))
            course = self._fit(net, self.y, self.loss, epochs)
        else:
            stage = self._autoencoder(layer) if stage is None else stage
            course = self._fit(stage, self.h, stage.loss, epochs)
        self.h = _through([layer.linear, layer.activation], self.h)
        return course

    def _fit(self, net: Module, y: Any, loss: Any, epochs: int) -> History:
        return fit(
            net, (self.h, y), loss=loss, optimizer=self.optimizer(net.parameters()), epochs=epochs,
            batch_size=self.batch_size, keep_best=False, progress=self.progress, generator=self.generator,
        )  # fmt: skip

    def _autoencoder(self, layer: Layer) -> Autoencoder:
        linear, bounded = layer.linear, _from_0_to_1(self.h)
        stage = Autoencoder(
            [linear.in_features, linear.out_features], "linear",
            code_activation=layer.activation[0] if len(layer.activation) == 1 else layer.activation,
            output_activation="sigmoid" if bounded else "linear", error="cross_entropy" if bounded else "squared",
            dtype=linear.weight.dtype, **({"tied": True} | self.options),
        )  # fmt: skip
        stage.encoder[0] = linear
        if stage.tied:
            stage.decoder[0] = TransposedLinear(linear)
        return stage

    def _boltzmann(self, layer: Layer, epochs: int) -> Any:
        linear, undo = layer.linear, layer.undo
        visible = "bernoulli" if _from_0_to_1(self.h) else "gaussian"
        machine = RBM(linear.in_features, linear.out_features, visible, dtype=linear.weight.dtype)
        course = machine.fit(
            self.h, epochs=epochs, batch_size=self.batch_size, generator=self.generator,
            progress=print if self.progress else None, **self.options,
        )  # fmt: skip
        assign(linear.weight, machine.weight.array)
        assign(linear.bias, machine.hidden_bias.array)
        if undo is not None:
            assign(undo.bias, machine.visible_bias.array)
            if isinstance(undo, Linear):
                assign(undo.weight, machine.weight.array.T)
        return course


def _layers(name: str, model: Any) -> tuple[list[Module], list[Layer], list[Module]]:
    """What comes before the first `Linear`, the hidden layers, and the output layer with what comes after it."""
    if isinstance(model, Autoencoder):
        _, stack, last = _blocks(name, list(model.encoder))
        undo = [module for module in model.decoder if any(True for _ in module.parameters())][::-1]
        listed = [*stack, _layer(last)]
        return [], [layer._replace(undo=u) for layer, u in zip(listed, undo, strict=True)], []
    if not isinstance(model, Sequential):
        raise TypeError(
            f"{name}: model must be an nn.Sequential, such as nn.MLP, or an nn.models.Autoencoder, got {describe(model)}; pass "
            "the part of it that is one"
        )
    return _blocks(name, list(_flat(model)))


def _blocks(name: str, modules: list[Module]) -> tuple[list[Module], list[Layer], list[Module]]:
    at = [i for i, module in enumerate(modules) if isinstance(module, Linear)]
    for module in modules:
        if not isinstance(module, Linear) and next(iter(module.parameters()), None) is not None:
            raise TypeError(
                f"{name}: it trains Linear layers, and the model has a {type(module).__name__} with parameters of its own; "
                "pass the part of the model that has none"
            )
    if not at:
        raise ValueError(f"{name}: the model has no Linear layer")
    ends = [*at[1:], len(modules)]
    parts = [modules[i:end] for i, end in zip(at, ends, strict=True)]
    return modules[: at[0]], [_layer(part) for part in parts[:-1]], parts[-1]


def _layer(modules: list[Any]) -> Layer:
    return Layer(modules[0], Sequential(*(m for m in modules[1:] if not isinstance(m, Dropout))), None)


def _flat(module: Sequential) -> Iterable[Module]:
    for child in module:
        if isinstance(child, Sequential):
            yield from _flat(child)
        else:
            yield child


def _first(name: str, stack: list[Layer], output: list[Module], layers: int | None) -> list[Layer]:
    """The first `layers` of the hidden layers, or one more, the output layer."""
    if layers is None:
        if not stack:
            raise ValueError(f"{name}: the model has no hidden layer; pass layers=1 to train its output layer so")
        return stack
    if output:
        stack = [*stack, _layer(output)]
    if not 1 <= layers <= len(stack):
        raise ValueError(f"{name}: layers must be from 1 to {len(stack)}, got {layers}")
    return stack[:layers]


def _check_options(name: str, model: Any, method: str, options: dict[str, Any]) -> None:
    known = OPTIONS[method]
    if method == "autoencoder" and isinstance(model, Autoencoder):
        known = ()
    unknown = sorted(set(options) - set(known))
    if unknown:
        listed = f"; its options are {', '.join(known)}" if known else ""
        owner = (
            "an Autoencoder, which has options of its own" if isinstance(model, Autoencoder) else f"method='{method}'"
        )
        raise TypeError(f"{name}: {unknown[0]} is no option of {owner}{listed}")


def _check_sigmoid(name: str, stack: list[Layer]) -> None:
    for k, layer in enumerate(stack):
        kinds = [type(module) for module in layer.activation]
        if kinds != [Sigmoid] or layer.linear.bias is None:
            has = (
                "no bias"
                if layer.linear.bias is None
                else ", ".join(kind.__name__ for kind in kinds) or "no activation"
            )
            raise ValueError(
                f"{name}: the hidden units of a Boltzmann machine are sigmoid units with a bias, but layer {k + 1} has {has}; "
                "build the model with activation='sigmoid', or pass method='autoencoder'"
            )


def _from_0_to_1(h: Tensor) -> bool:
    return bool(h.array.min() >= 0 and h.array.max() <= 1)


def _through(modules: Sequence[Module], x: Tensor) -> Tensor:
    """x through modules, some rows at a time, recording nothing."""
    if not modules:
        return x
    net = Sequential(*modules).eval()
    with ag.no_grad():
        return Tensor(np.concatenate([net(x[i : i + ROWS]).array for i in range(0, len(x), ROWS)])) if len(x) else x
