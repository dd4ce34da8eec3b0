"""The base of all distributions, how their parameters are read, and how they draw."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ..engine.creation import as_tensor
from ..engine.modes import no_grad
from ..engine.operands import sizes_of, unified
from ..engine.standin import StandIn
from ..engine.tensor import Tensor, wrap
from ..engine.types import TensorLike
from ..random import by_example, randn, read, stream
from .constraints import Constraint, dependent, values_of

# Sentences that the docstrings of all distributions share.
SHARED = {
    "{checks}": "`validate_args` True lets parameters and values be checked, False not, None as "
    "`Distribution.set_default_validate_args` says:\n    at first they are.",
    "{scalar}": "batch_shape is that to which the parameters broadcast, event_shape ().",
    "{dtypes}": "the parameters' common floating dtype; integers become the default float.",
    "{raises}": "ValueError for parameters and values out of range, with the first of them, and for shapes that do not fit.",
}


class Distribution:
    """Describes random values: how they are drawn and how probable each is. The base of all distributions.

    `batch_shape` is the shape of independent distributions that one object holds, `event_shape` that of one value.
    {checks}

    Formula: none; see the distributions themselves
    Shapes: a sample has the shape sample_shape + batch_shape + event_shape, log_prob that without event_shape.
    Dtypes: any.
    Raises: NotImplementedError for what a distribution does not define.
    Source: PyTorch's `distributions.Distribution`; Dillon et al. 2017, "TensorFlow Distributions".

    >>> import autograd_core as ag
    >>> d = ag.distributions.Normal(ag.zeros(3), 1.0)
    >>> isinstance(d, ag.distributions.Distribution), d.batch_shape, d.sample((2,)).shape
    (True, (3,), (2, 3))
    """

    has_rsample: Any = False  # in `Independent` a property
    has_enumerate_support: Any = False
    arg_constraints: ClassVar[dict[str, Constraint]] = {}
    _validate_args = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.__doc__ = filled(cls.__doc__)

    def __init__(
        self,
        batch_shape: Sequence[int] = (),
        event_shape: Sequence[int] = (),
        validate_args: bool | None = None,
    ):
        self._batch_shape, self._event_shape = tuple(batch_shape), tuple(event_shape)
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            for name, constraint in self.arg_constraints.items():
                if name in self.__dict__ and constraint is not dependent:
                    check(f"{type(self).__name__}: the parameter {name}", self.__dict__[name], constraint)

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Let all distributions that are made from now on check, or not, their parameters and values."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: needs True or False, got {value!r}")
        Distribution._validate_args = value

    # ------------------------------------------------------------------------------------------------- what it is

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """The shape of the independent distributions that this object holds."""
        return self._batch_shape

    @property
    def event_shape(self) -> tuple[int, ...]:
        """The shape of one value."""
        return self._event_shape

    @property
    def support(self) -> Constraint:
        """What values may be."""
        raise NotImplementedError(f"{type(self).__name__} has no support")

    @property
    def mean(self) -> Any:
        """The expected value."""
        raise NotImplementedError(f"{type(self).__name__} has no mean")

    @property
    def mode(self) -> Any:
        """The most probable value."""
        raise NotImplementedError(f"{type(self).__name__} has no mode")

    @property
    def variance(self) -> Any:
        """The variance of each component."""
        raise NotImplementedError(f"{type(self).__name__} has no variance")

    @property
    def stddev(self) -> Any:
        """The standard deviation of each component."""
        return self.variance.sqrt()

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Any:
        """Return the same distribution with its parameters expanded to `batch_shape`."""
        shape, old = sizes_of((batch_shape,), "expand"), len(self.batch_shape)
        new = object.__new__(type(self))
        value: Any
        for name, value in self.__dict__.items():
            if isinstance(value, Distribution):
                value = value.expand((*shape, *value.batch_shape[old:]))
            elif isinstance(value, Tensor | StandIn):
                parameter: Any = value
                value = parameter.expand((*shape, *parameter.shape[old:]))
            new.__dict__[name] = value
        new._batch_shape = shape
        return new

    # ----------------------------------------------------------------------------------------------------- drawing

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Draw values, without gradients: sample_shape + batch_shape + event_shape of them."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Draw values that are differentiable functions of the parameters."""
        raise NotImplementedError(
            f"{type(self).__name__}: samples are no differentiable function of the parameters (has_rsample is False); "
            "use sample() and log_prob(), as in REINFORCE"
        )

    def sample_n(self, n: int) -> Any:
        """Draw `n` values of each distribution; an older name of sample((n,))."""
        return self.sample((n,))

    def shape_of(self, sample_shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of a sample."""
        return (*sizes_of((sample_shape,), "sample_shape"), *self._batch_shape, *self._event_shape)

    # ------------------------------------------------------------------------------------------------- probabilities

    def log_prob(self, value: TensorLike) -> Any:
        """Return the logarithm of the density, or of the probability, at `value`."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob")

    def cdf(self, value: TensorLike) -> Any:
        """Return the probability of at most `value`."""
        raise NotImplementedError(f"{type(self).__name__} has no cdf")

    def icdf(self, value: TensorLike) -> Any:
        """Return the quantile: the number below which a value lies with the probability `value`."""
        raise NotImplementedError(f"{type(self).__name__} has no icdf")

    def enumerate_support(self, expand: bool = True) -> Any:
        """Return all values along a new first dimension; with `expand` False, of size 1 in the batch's dimensions."""
        raise NotImplementedError(f"{type(self).__name__} has no finite support, or none that is equal for the batch")

    def entropy(self) -> Any:
        """Return the entropy, in nats."""
        raise NotImplementedError(f"{type(self).__name__} has no entropy")

    def perplexity(self) -> Any:
        """Return the exponential of the entropy."""
        return self.entropy().exp()

    def checked(self, value: Any) -> Any:
        """`value` as a tensor, after a check of its shape and, unless that is switched off, of the support."""
        value = self._as_tensor(value)
        shape, own = tuple(value.shape), (*self._batch_shape, *self._event_shape)
        dims = len(self._event_shape)
        if len(shape) < dims or (self._validate_args and dims and shape[-dims:] != self._event_shape):
            raise ValueError(
                f"{type(self).__name__}: the value has shape {shape}, but its last dimensions must be the event_shape "
                f"{self._event_shape}"
            )
        try:
            np.broadcast_shapes(shape, own)
        except ValueError:
            raise ValueError(
                f"{type(self).__name__}: a value of shape {shape} does not broadcast with batch_shape + event_shape = "
                f"{own}; counted from the last, each dimension must be equal or 1"
            ) from None
        if self._validate_args:
            check(f"{type(self).__name__}: the value", value, self.support)
        return value

    def _as_tensor(self, value: Any) -> Any:
        """`value` as a tensor; Python's floats get the dtype of the parameters."""
        if isinstance(value, Tensor | StandIn):
            return value
        if not hasattr(value, "dtype") and np.asarray(value).dtype.kind == "f":
            return as_tensor(value, next((v.dtype for v in self.__dict__.values() if hasattr(v, "dtype")), None))
        return as_tensor(value)

    def checked_probability(self, value: Any) -> Any:
        """What `icdf` takes."""
        value = self._as_tensor(value)
        if self._validate_args:
            good = values_of((value >= 0) & (value <= 1))
            if not good.all():
                raise ValueError(f"{type(self).__name__}: icdf takes probabilities from 0 to 1, got {values_of(value)}")
        return value

    def __repr__(self) -> str:
        shown = ((name, self.__dict__[name]) for name in self.arg_constraints if name in self.__dict__)
        parts = (f"{n}: {v.item() if isinstance(v, Tensor) and v.numel() == 1 else tuple(v.shape)}" for n, v in shown)
        return f"{type(self).__name__}({', '.join(parts)})"


def filled(doc: str | None) -> str | None:
    """A docstring with the sentences of `SHARED` in it."""
    for name, text in SHARED.items():
        doc = doc.replace(name, text) if doc else doc
    return doc


Distribution.__doc__ = filled(Distribution.__doc__)


def check(what: str, value: Any, constraint: Constraint) -> None:
    """Raise ValueError, with the first that is wrong, unless all values satisfy the constraint."""
    if isinstance(value, Tensor) and constraint.on_arrays:
        good = values_of(constraint.check(value.array))
    else:
        with no_grad():
            good = values_of(constraint.check(value.detach()))
    if not good.all():
        index = tuple(int(i) for i in np.argwhere(~good)[0])
        array = values_of(value)
        wrong = array[index] if array.ndim >= len(index) else array
        where = f" at {index}" if index else ""
        raise ValueError(
            f"{what} must be {constraint}, got {np.array2string(np.asarray(wrong), precision=4, threshold=20)}{where} "
            f"(shape {tuple(value.shape)}); pass validate_args=False for no check"
        )


def parameters(name: str, **values: Any) -> tuple:
    """Parameters as tensors of one floating dtype, broadcast against each other."""
    numbers = (int, float, bool)
    tensors: list[Any] = [v if isinstance(v, (Tensor, StandIn, *numbers)) else as_tensor(v) for v in values.values()]
    if all(isinstance(v, numbers) for v in tensors):
        tensors = [as_tensor(float(v)) for v in tensors]
    tensors = list(unified(name, *tensors, floating=True))
    dtype = next(v.dtype for v in tensors if hasattr(v, "dtype"))
    try:
        shape = np.broadcast_shapes(*(tuple(v.shape) for v in tensors if hasattr(v, "dtype")))
    except ValueError:
        pairs = zip(values, tensors, strict=True)
        shapes = " and ".join(f"{n} {tuple(v.shape)}" for n, v in pairs if hasattr(v, "dtype"))
        raise ValueError(
            f"{name}: the shapes of {shapes} do not broadcast; counted from the last, each dimension must be equal or 1"
        ) from None
    tensors = [v if hasattr(v, "dtype") else wrap(np.full(shape, v, dtype)) for v in tensors]
    return tuple(v if tuple(v.shape) == shape else v.expand(shape) for v in tensors)


def one_of(name: str, probs: Any, logits: Any) -> None:
    """Raise ValueError unless one of the two is passed."""
    if (probs is None) == (logits is None):
        raise ValueError(f"{name}: pass either probs or logits, got {'none' if probs is None else 'both'} of them")


def standard_normal(like: Any, shape: tuple) -> Any:
    """Standard normal numbers in the dtype of a parameter."""
    return randn(shape, dtype=like.dtype)


def uniform(like: Any, shape: tuple) -> Any:
    """Uniform numbers from (0, 1) in the dtype of a parameter."""
    return _uniform(shape, like.dtype)


@by_example
def _uniform(shape: tuple, dtype: np.dtype) -> Tensor:
    info = np.finfo(dtype)
    return wrap(np.clip(stream(None).random(shape), info.tiny, 1 - info.epsneg).astype(dtype))


@by_example
def drawn(method: str, dtype: np.dtype, shape: tuple, *arguments: Any) -> Tensor:
    """Numbers that a method of NumPy's generator draws."""
    arrays = [read(a, method) for a in arguments]
    wide = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays]
    return wrap(np.asarray(getattr(stream(None), method)(*wide, size=shape)).astype(dtype))


def sum_rightmost(value: Any, dims: int) -> Any:
    """The sum over the last `dims` dimensions."""
    return value.sum(tuple(range(-dims, 0))) if dims else value


def full(like: Any, value: float) -> Any:
    """A tensor of one value in the shape and dtype of a parameter."""
    return wrap(np.full(tuple(like.shape), value, like.dtype))


HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
EULER = 0.57721566490153286060651209
