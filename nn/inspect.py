"""What a trained network looks at: inputs that maximise one of its units, and what happens when a part is covered."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.tensor import as_array, describe
from autograd_core.random import stream

from .models.batch_rules import Rprop
from .module import Module
from .observe import untouched
from .parameter import is_lazy

__all__ = ["MaximizedActivation", "maximize_activation", "occlusion_map"]

Unit = int | tuple[int, ...] | Callable[[Tensor], Tensor]


@dataclass
class MaximizedActivation:
    """Holds what `maximize_activation` found.

    input: the input, of the shape of one example.
    activation: the unit's activation by it.
    history: the activation at the start and after each step.

    Formula: activation = a(input) = history[-1]
    Shapes: input (*); history (steps + 1,).
    Dtypes: input that of the model's parameters.
    Raises: nothing.
    Source: Erhan et al. 2009, "Visualizing higher-layer features of a deep network".

    >>> import nn, nn.inspect
    >>> found = nn.inspect.maximize_activation(nn.Linear(3, 2), 0, (3,), steps=5)
    >>> len(found.history)
    6
    """

    input: Tensor
    activation: float
    history: list[float]


def maximize_activation(
    model: Module,
    unit: Unit,
    shape: Sequence[int] | None = None,
    *,
    layer: Module | str | None = None,
    start: Tensor | ArrayLike | None = None,
    steps: int = 200,
    lr: float = 0.01,
    l2: float = 0.0,
    blur: float = 0.0,
    blur_every: int = 4,
    bounds: tuple[float, float] | None = None,
    generator: Generator | None = None,
) -> MaximizedActivation:
    """Find an input that maximises the activation of a unit, by steps along the gradient.

    model: a module, called with one example as a batch (1, *shape), in evaluation mode; it is left as it was.
    unit: the index in the layer's output for an example. That of a channel alone stands for the mean over its positions.
        Or a function of the layer's output (1, *) that gives one number.
    shape: that of an example. Where there is no start, it is small normal noise.
    layer: a module in the model, or its path, such as "features.3"; by default the model itself.
    start: the example to start from.
    steps: the number of steps. Their sizes adapt, one for each element, by the rule of Rprop.
    lr: their first size.
    l2: λ, by which large inputs are penalised. Without it or bounds the input of a unit that is not squashed grows.
    blur: the standard deviation, in pixels, by which the spatial dimensions, all but the first, are smoothed; 0 is none.
    blur_every: after how many steps.
    bounds: (least, largest) value of an element, such as (0, 1) of an image.
    generator: the random numbers' source, by default the library's.

    Formula: x* = argmax a(x) − λ |x|²
    Shapes: example (*shape).
    Dtypes: that of the model's parameters.
    Raises: TypeError or ValueError for arguments that cannot work; IndexError for a unit that the layer does not have;
        FloatingPointError if the gradient is not finite.
    Source: Erhan et al. 2009, "Visualizing higher-layer features of a deep network"; l2: Simonyan, Vedaldi & Zisserman
        2013, "Deep inside convolutional networks", equation 1; blur: Yosinski et al. 2015, "Understanding neural networks
        through deep visualization".

    >>> import autograd_core as ag, nn, nn.inspect
    >>> model = nn.Linear(2, 1, bias=False)
    >>> with ag.no_grad():
    ...     weight = model.weight.copy_(ag.tensor([[1.0, -2.0]]))
    >>> nn.inspect.maximize_activation(model, 0, (2,), l2=0.5).input  # w / 2 λ
    tensor([ 1., -2.])
    """
    name = "maximize_activation"
    for what, value, least in (("steps", steps, 1), ("blur_every", blur_every, 1)):
        if value < least:
            raise ValueError(f"{name}: {what} must be at least {least}, got {value}")
    for what, number in (("l2", l2), ("blur", blur)):
        if not (math.isfinite(number) and number >= 0):
            raise ValueError(f"{name}: {what} must be finite and not negative, got {number}")
    if not (math.isfinite(lr) and lr > 0):
        raise ValueError(f"{name}: lr must be positive, got {lr}")
    if bounds is not None and not bounds[0] < bounds[1]:
        raise ValueError(f"{name}: bounds are (least, largest), got {bounds}")
    dtype = _dtype(name, model)
    x = _start(name, shape, start, generator)
    rule, history = Rprop(x.shape, lr), []
    with untouched(model):
        output = _output_of(name, model, layer)
        model.eval()
        for step in range(steps + 1):
            leaf = Tensor(x[None].astype(dtype), requires_grad=True)
            with ag.enable_grad():
                activation = _activation(name, output(leaf), unit)
            history.append(activation.item())
            if step == steps:
                break
            slope = ag.grad(activation, leaf)[0].array[0].astype(np.float64) - 2 * l2 * x
            if not np.isfinite(slope).all():
                raise FloatingPointError(
                    f"{name}: the gradient is not finite after {step} steps, where the activation is {history[-1]:.3g}; pass "
                    "l2 or bounds"
                )
            rule(x, -slope)
            if blur > 0 and x.ndim > 1 and (step + 1) % blur_every == 0:
                x[...] = _blurred(x, blur)
            if bounds is not None:
                np.clip(x, *bounds, out=x)
    return MaximizedActivation(Tensor(x.astype(dtype)), history[-1], history)


def occlusion_map(
    model: Module,
    input: Tensor | ArrayLike,
    target: int | Callable[[Tensor], Tensor] | None = None,
    *,
    size: int | Sequence[int] = 4,
    stride: int | Sequence[int] = 1,
    value: float | Tensor | ArrayLike = 0.0,
    batch_size: int = 128,
) -> Tensor:
    """Compute by how much an output falls when a patch of the input is covered, for each position of the patch.

    model: a module, called with batches (N, *input.shape), in evaluation mode; it is left as it was.
    input: one example: channels, then one to three spatial dimensions.
    target: the index of the output, by default that of the largest one for the whole input; or a function of outputs
        (N, *) that gives N numbers, such as a probability.
    size: the patch's, along each spatial dimension or for all.
    stride: how far it moves, likewise.
    value: what covers: a number, or one for each channel.
    batch_size: the number of covered inputs that are computed at a time. The result is the same.

    Formula: out[p] = f(x) − f(x covered from p · stride on), f the output chosen; large where the input matters
    Shapes: (C, *S) → (⌊(S − size) / stride⌋ + 1, …).
    Dtypes: that of the model's parameters.
    Raises: TypeError or ValueError for shapes and sizes that do not fit; IndexError for an output that there is not.
    Source: Zeiler & Fergus 2014, "Visualizing and understanding convolutional networks", section 4.2.

    >>> import autograd_core as ag, nn, nn.inspect
    >>> brightness = nn.Sequential(nn.Flatten(), nn.Linear(9, 1, bias=False))
    >>> with ag.no_grad():
    ...     weight = brightness[1].weight.fill_(1.0)
    >>> nn.inspect.occlusion_map(brightness, ag.arange(9.0).reshape(1, 3, 3), size=2)
    tensor([[ 8., 12.],
            [20., 24.]])
    """
    name = "occlusion_map"
    x = as_array(input).astype(_dtype(name, model), copy=False)
    if not 2 <= x.ndim <= 4 or not x.size:
        raise ValueError(
            f"{name}: input is one example, channels and one to three spatial dimensions, got {describe(input)}; pass x[0] of "
            "a batch"
        )
    spatial = x.shape[1:]
    size, stride = _for_each(name, "size", size, len(spatial)), _for_each(name, "stride", stride, len(spatial))
    if any(k > n for k, n in zip(size, spatial, strict=True)):
        raise ValueError(f"{name}: a patch of {size} does not fit into an input of {spatial}")
    if batch_size < 1:
        raise ValueError(f"{name}: batch_size must be at least 1, got {batch_size}")
    cover = np.asarray(value.array if isinstance(value, Tensor) else value, x.dtype)
    if cover.shape not in ((), (len(x),)):
        raise ValueError(
            f"{name}: value is a number, or one for each of the {len(x)} channels, got shape {cover.shape}"
        )
    cover = cover.reshape(-1, *(1,) * len(spatial))
    counts = [(n - k) // s + 1 for n, k, s in zip(spatial, size, stride, strict=True)]
    corners = itertools.product(*(range(0, count * s, s) for count, s in zip(counts, stride, strict=True)))
    with untouched(model), ag.no_grad():
        model.eval()
        score = _score(name, model(Tensor(x[None])), target)
        whole = score(model(Tensor(x[None])))
        drops = [whole - score(model(Tensor(batch))) for batch in _covered(x, corners, size, cover, batch_size)]
    return Tensor(np.concatenate(drops).reshape(counts))


def _covered(x: ndarray, corners: Iterator, size: tuple[int, ...], cover: ndarray, count: int) -> Iterator[ndarray]:
    """Batches of x, each with one patch covered."""
    while chosen := list(itertools.islice(corners, count)):
        batch = np.repeat(x[None], len(chosen), 0)
        for example, corner in zip(batch, chosen, strict=True):
            patch = tuple(slice(a, a + k) for a, k in zip(corner, size, strict=True))
            example[(slice(None), *patch)] = cover
        yield batch


def _score(name: str, output: Any, target: Any) -> Callable[[Any], ndarray]:
    """Outputs (N, *) → (N,), in an array."""
    if not callable(target):
        if not isinstance(output, Tensor) or output.ndim != 2:
            raise ValueError(
                f"{name}: the model gives {describe(output)} for one input, but its outputs must be (N, K); pass a function of "
                "it that gives N numbers as target"
            )
        index = int(output.array[0].argmax()) if target is None else target
        if not -output.shape[1] <= index < output.shape[1]:
            raise IndexError(f"{name}: target is {index}, but the model has {output.shape[1]} outputs")
        return lambda outputs: outputs.array[:, index]

    def score(outputs: Any) -> ndarray:
        scores = target(outputs)
        if not isinstance(scores, Tensor) or scores.shape != (len(outputs),):
            raise ValueError(
                f"{name}: target must give a number for each of {len(outputs)} outputs, got {describe(scores)}"
            )
        return scores.array

    return score


def _for_each(name: str, what: str, value: Any, dims: int) -> tuple[int, ...]:
    values = (value,) * dims if isinstance(value, int | np.integer) else tuple(value)
    if len(values) != dims or not all(isinstance(v, int | np.integer) and v >= 1 for v in values):
        raise ValueError(f"{name}: {what} is a whole number of at least 1, or {dims} of them, got {value!r}")
    return tuple(int(v) for v in values)


def _start(name: str, shape: Any, start: Any, generator: Any) -> ndarray:
    if start is not None:
        x = as_array(start).astype(np.float64)
        if shape is not None and tuple(shape) != x.shape:
            raise ValueError(f"{name}: start has shape {x.shape}, but shape is {tuple(shape)}; pass one of them")
        return x
    if shape is None:
        raise ValueError(f"{name}: the shape of an example is not known; pass shape, such as (1, 28, 28), or start")
    return 0.01 * stream(generator).standard_normal(tuple(shape))


def _dtype(name: str, model: Module) -> np.dtype:
    """That of the parameters."""
    if any(is_lazy(p) for p in model.parameters()):
        raise ValueError(f"{name}: the model has lazy parameters without a shape yet; call it once: model(x)")
    return next((p.dtype for p in model.parameters() if p.dtype.kind == "f"), np.dtype(ag.get_default_dtype()))


def _output_of(name: str, model: Module, layer: Any) -> Callable[[Tensor], Any]:
    """A function from a batch to the layer's output. To be used inside `untouched`, which removes the hook."""
    modules = dict(model.named_modules())
    if isinstance(layer, str) and layer not in modules:
        raise ValueError(f"{name}: the model has no module {layer!r}; there are {', '.join(filter(None, modules))}")
    chosen = model if layer is None else modules[layer] if isinstance(layer, str) else layer
    if chosen not in modules.values():
        raise ValueError(f"{name}: layer must be a module of the model or its path, got {describe(layer)}")
    seen: list[Any] = []

    def run(x: Tensor) -> Any:
        seen.clear()
        model(x)
        if not seen:
            raise ValueError(f"{name}: the model does not call the layer {layer!r}")
        return seen[-1]

    chosen.register_forward_hook(lambda module, inputs, output: seen.append(output))
    return run


def _activation(name: str, output: Any, unit: Any) -> Tensor:
    """One number."""
    if callable(unit):
        value = unit(output)
        if not isinstance(value, Tensor) or value.array.size != 1:
            raise ValueError(f"{name}: unit must give one number, got {describe(value)}")
        return value.sum()
    if not isinstance(output, Tensor) or output.ndim < 2:
        raise ValueError(
            f"{name}: the layer gives {describe(output)}, of which the units are not known; pass a function of it that gives "
            "one number as unit"
        )
    index = unit if isinstance(unit, tuple) else (unit,)
    if len(index) >= output.ndim or not all(-n <= i < n for i, n in zip(index, output.shape[1:], strict=False)):
        raise IndexError(
            f"{name}: there is no unit {unit} in an output of shape {tuple(output.shape[1:])} for an example"
        )
    return output[(0, *index)].mean()


def _blurred(x: ndarray, sigma: float) -> ndarray:
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(x, (0.0, *(sigma,) * (x.ndim - 1)), mode="nearest")
