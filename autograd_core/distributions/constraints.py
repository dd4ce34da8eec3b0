"""What parameters and values of distributions may be: `check(value)` says it of each element, with PyTorch's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..engine.tensor import Tensor, wrap

__all__ = [
    "Constraint", "boolean", "dependent", "greater_than", "greater_than_eq", "half_open_interval", "independent",
    "integer_interval", "interval", "less_than", "lower_cholesky", "multinomial", "nonnegative", "nonnegative_integer",
    "one_hot", "positive", "positive_definite", "positive_integer", "real", "real_vector", "simplex", "unit_interval",
]  # fmt: skip


class Constraint:
    """Holds a condition on values: `text` says it, `event_dim` is the number of last dimensions that it judges as one."""

    text = "anything"
    event_dim = 0
    is_discrete = False
    on_arrays = True  # `check` takes arrays too, which is quicker

    def check(self, value: Any) -> Any:
        """Return whether each element, or each part of `event_dim` dimensions, satisfies the condition."""
        raise NotImplementedError(f"{type(self).__name__} has no check")

    def __repr__(self) -> str:
        return self.text


class _Real(Constraint):
    text = "a number (not NaN)"

    def check(self, value: Any) -> Any:
        return value == value


class _Dependent(Constraint):
    """What depends on other parameters; the distribution checks it by itself."""

    text = "what the other parameters allow"

    def check(self, value: Any) -> Any:
        raise ValueError("this condition depends on the parameters of a distribution; ask its `support`")


class _Compared(Constraint):
    """Between two bounds, numbers or tensors; None: unbounded. `open`: which of the bounds do not belong to it."""

    def __init__(self, low: Any, high: Any, open: str = "", integer: bool = False, text: str | None = None):
        self.lower_bound, self.upper_bound, self.open, self.is_discrete = low, high, open, integer
        if text is None:
            below = "" if low is None else f"{'above' if 'l' in open else 'at least'} {_shown(low)}"
            above = "" if high is None else f"{'below' if 'h' in open else 'at most'} {_shown(high)}"
            text = ("an integer of " if integer else "") + " and ".join(filter(None, (below, above)))
        self.text = text

    def check(self, value: Any) -> Any:
        low, high = self.lower_bound, self.upper_bound
        good = value == value
        if low is not None:
            good = good & (value > low if "l" in self.open else value >= low)
        if high is not None:
            good = good & (value < high if "h" in self.open else value <= high)
        return good & _is_whole(value) if self.is_discrete else good


def _is_whole(value: Any) -> Any:
    if value.dtype.kind in "biu":
        return True
    return value == (np.floor(value) if isinstance(value, np.ndarray) else value.floor())


def _shown(bound: Any) -> str:
    if not hasattr(bound, "shape"):
        return str(bound)
    return str(bound.item()) if isinstance(bound, Tensor) and bound.array.size == 1 else "its bound"


class _Boolean(Constraint):
    text = "0 or 1"
    is_discrete = True

    def check(self, value: Any) -> Any:
        return (value == 0) | (value == 1)


class _OneHot(Constraint):
    text = "one 1 and otherwise 0"
    event_dim = 1
    is_discrete = True

    def check(self, value: Any) -> Any:
        return ((value == 0) | (value == 1)).all(-1) & (value.sum(-1) == 1)


class _Simplex(Constraint):
    text = "not negative with the sum 1"
    event_dim = 1

    def check(self, value: Any) -> Any:
        return (value >= 0).all(-1) & (abs(value.sum(-1) - 1) < 1e-6 * max(1.0, np.finfo(value.dtype).eps / 1e-7))


class _Multinomial(Constraint):
    """Counts whose sum is `upper_bound`."""

    event_dim = 1
    is_discrete = True

    def __init__(self, upper_bound: int):
        self.upper_bound = upper_bound
        self.text = f"counts with the sum {upper_bound}"

    def check(self, value: Any) -> Any:
        return ((value >= 0) & _is_whole(value)).all(-1) & (value.sum(-1) == self.upper_bound)


class _LowerCholesky(Constraint):
    text = "lower triangular with a positive diagonal"
    on_arrays = False
    event_dim = 2

    def check(self, value: Any) -> Any:
        return (value == value.tril()).all(-1).all(-1) & (value.diagonal(0, -2, -1) > 0).all(-1)


class _PositiveDefinite(Constraint):
    text = "symmetric and positive definite"
    event_dim = 2

    def check(self, value: Any) -> Any:
        array = np.asarray(values_of(value), np.float64)
        symmetric = np.isclose(array, array.swapaxes(-1, -2), rtol=1e-6, atol=1e-6).all((-1, -2))
        with np.errstate(invalid="ignore"):
            finite = np.where(np.isfinite(array).all((-1, -2), keepdims=True), array, 0.0)
            return wrap(symmetric & (np.linalg.eigvalsh(finite) > 0).all(-1))


class _Independent(Constraint):
    """A condition of which the last dimensions count as one."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int):
        self.base_constraint, self.dims = base_constraint, reinterpreted_batch_ndims
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims
        self.is_discrete, self.text = base_constraint.is_discrete, base_constraint.text
        self.on_arrays = base_constraint.on_arrays

    def check(self, value: Any) -> Any:
        good = self.base_constraint.check(value)
        for _ in range(self.dims):
            good = good.all(-1)
        return good


def values_of(x: Any) -> np.ndarray:
    """All values that there are: of a tensor, or of a transform's stand-in for many of them."""
    while not isinstance(x, np.ndarray):
        x = x.array if isinstance(x, Tensor) else x.value if hasattr(x, "value") else np.asarray(x)
    return x


def greater_than(lower_bound: Any) -> Constraint:
    """Numbers above `lower_bound`."""
    return _Compared(lower_bound, None, "l")


def greater_than_eq(lower_bound: Any) -> Constraint:
    """Numbers of at least `lower_bound`."""
    return _Compared(lower_bound, None)


def less_than(upper_bound: Any) -> Constraint:
    """Numbers below `upper_bound`."""
    return _Compared(None, upper_bound, "h")


def interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Numbers from `lower_bound` to `upper_bound`."""
    return _Compared(lower_bound, upper_bound)


def half_open_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Numbers from `lower_bound` to below `upper_bound`."""
    return _Compared(lower_bound, upper_bound, "h")


def integer_interval(lower_bound: Any, upper_bound: Any) -> Constraint:
    """Integers from `lower_bound` to `upper_bound`."""
    return _Compared(lower_bound, upper_bound, integer=True)


def multinomial(upper_bound: int) -> Constraint:
    """Counts with the sum `upper_bound`."""
    return _Multinomial(upper_bound)


def independent(base_constraint: Constraint, reinterpreted_batch_ndims: int) -> Constraint:
    """`base_constraint`, with the last `reinterpreted_batch_ndims` dimensions counting as one."""
    return _Independent(base_constraint, reinterpreted_batch_ndims)


real = _Real()
real_vector = independent(real, 1)
dependent = _Dependent()
boolean = _Boolean()
one_hot = _OneHot()
simplex = _Simplex()
lower_cholesky = _LowerCholesky()
positive_definite = _PositiveDefinite()
unit_interval = _Compared(0.0, 1.0, text="from 0 to 1")
positive = _Compared(0.0, None, "l", text="positive")
nonnegative = _Compared(0.0, None, text="not negative")
nonnegative_integer = _Compared(0, None, integer=True, text="an integer that is not negative")
positive_integer = _Compared(1, None, integer=True, text="a positive integer")
half_open_unit_interval = _Compared(0.0, 1.0, "l", text="above 0 and at most 1")
