"""gradcheck and gradgradcheck: a function's gradients against central differences, with a report one can act on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy import ndarray

from ..engine.backward import grad
from ..engine.tensor import Tensor, wrap
from ..ops.elementwise.complex import view_as_real
from ..random import default_generator


class GradcheckError(RuntimeError):
    """A gradient that does not agree with the finite difference."""


def gradcheck(
    func: Callable[..., Tensor | Sequence[Tensor]],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-4,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
) -> bool:
    """Compare the gradients of func(*inputs) with central differences, element by element.

    The inputs are changed in place for the differences, as in PyTorch, and changed back: so `func` may use them by
    another name, as in `gradcheck(lambda *a: net(a[0]), (x, *net.parameters()))`.

    inputs           tensors and other arguments; those that require a gradient are checked
    eps              the step of the differences
    atol, rtol       the tolerances. (PyTorch's rtol is 1e-3, which lets a rule that is wrong by 0.05 % pass; this one
                     does not.)
    raise_exception  False: return False rather than raise
    nondet_tol       how much two backward passes may differ

    Formula: |analytic − numeric| ≤ atol + rtol · |numeric| for each element of the Jacobian, numeric being
        (f(x + eps) − f(x − eps)) / (2 eps)
    Shapes: any.
    Dtypes: float64 or complex128 (then the derivatives by and of both parts are checked); others are too coarse.
    Raises: GradcheckError with the worst element, its index, both values, the relative error and the likely cause;
        ValueError if no input requires a gradient, or one is read-only or has elements that share memory.
    Source: PyTorch's `autograd.gradcheck`.

    >>> import autograd_core as ag
    >>> x = ag.tensor([0.5, 1.0], dtype=ag.float64, requires_grad=True)
    >>> ag.gradcheck(lambda x: x.exp() * x, (x,))
    True
    """
    args = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    checked = [i for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires a gradient; create one with requires_grad=True")
    for i in checked:
        if not _is_dense(args[i].array):
            raise ValueError(f"gradcheck: elements of input {i} share memory (an expanded tensor); pass x.clone()")
        if not args[i].array.flags.writeable:
            raise ValueError(
                f"gradcheck: input {i} is read-only, and the differences are taken in place; pass x.clone()"
            )
    try:
        _check(func, args, checked, eps, atol, rtol, nondet_tol)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Tensor | Sequence[Tensor]],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-4,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
) -> bool:
    """Compare the second derivatives of func(*inputs), by the inputs and by the incoming gradients, with differences.

    grad_outputs     the gradients to start from; None for random ones
    eps, atol, rtol, raise_exception, nondet_tol   as of `gradcheck`

    Formula: `gradcheck` of the function (inputs, grad_outputs) ↦ the gradients of `func` by `inputs`
    Shapes: any; each of grad_outputs that of its output.
    Dtypes: float64 or complex128; others are too coarse.
    Raises: as `gradcheck` does.
    Source: PyTorch's `autograd.gradgradcheck`.

    >>> import autograd_core as ag
    >>> x = ag.tensor([0.5, 1.0], dtype=ag.float64, requires_grad=True)
    >>> ag.gradgradcheck(lambda x: x.exp() * x, (x,))
    True
    """
    args = tuple(inputs) if isinstance(inputs, list | tuple) else (inputs,)
    checked = [i for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
    outputs = _differentiable(func(*args))
    if grad_outputs is None:
        draw = default_generator.numpy.standard_normal
        gs = [Tensor(np.asarray(draw(y.shape), y.dtype), requires_grad=True) for y in outputs]
    else:
        gs = list(grad_outputs) if not isinstance(grad_outputs, Tensor) else [grad_outputs]

    def gradients(*all_args: Any) -> tuple:
        xs, g = all_args[: len(args)], all_args[len(args) :]
        grads = grad(
            _differentiable(func(*xs)), [xs[i] for i in checked], list(g), create_graph=True, allow_unused=True
        )
        return tuple(f for f in grads if f is not None and f.requires_grad)

    return gradcheck(
        gradients, (*args, *gs), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception, nondet_tol=nondet_tol
    )


def _outputs(func: Callable, args: tuple) -> list:
    """What the function returns, each complex tensor as a real one with a last dimension of 2."""
    outs = func(*args)
    outs = outs if isinstance(outs, list | tuple) else [outs]
    return [view_as_real(y) if isinstance(y, Tensor) and y.dtype.kind == "c" else y for y in outs]


def _parts(x: ndarray) -> ndarray:
    """The values of x as real numbers; the two parts of a complex one in a last dimension."""
    return np.stack([x.real, x.imag], -1) if x.dtype.kind == "c" else x


def _shape(x: Tensor) -> tuple:
    """The shape of `_parts`."""
    return (*x.shape, 2) if x.dtype.kind == "c" else x.shape


def _is_dense(array: ndarray) -> bool:
    return all(step != 0 or size <= 1 for step, size in zip(array.strides, array.shape, strict=True))


def _differentiable(outputs: Any) -> list[Tensor]:
    """The outputs that can have a gradient."""
    outs = outputs if isinstance(outputs, list | tuple) else [outputs]
    return [y for y in outs if isinstance(y, Tensor) and y.requires_grad]


def _check(
    func: Callable, args: tuple, checked: list[int], eps: float, atol: float, rtol: float, nondet_tol: float
) -> None:
    outputs = _outputs(func, args)
    positions = [k for k, y in enumerate(outputs) if isinstance(y, Tensor) and y.dtype.kind in "fc"]
    if not positions:
        raise ValueError("gradcheck: the function returned no floating tensor to differentiate")
    for k in positions:
        analytic = _analytic(outputs[k], [args[i] for i in checked])
        again = _analytic(outputs[k], [args[i] for i in checked])
        for row, i in enumerate(checked):
            if not np.allclose(analytic[row], again[row], rtol=0, atol=nondet_tol, equal_nan=True):
                raise GradcheckError(
                    f"gradcheck: two backward passes gave different gradients for input {i}; likely cause: the rule "
                    "draws random numbers or changes what it saved"
                )
            numeric = _numeric(func, args, i, k, eps)
            _compare(analytic[row], numeric, args[i], outputs[k], i, k, eps, atol, rtol, (func, args))


def _analytic(y: Tensor, xs: list[Tensor]) -> list[ndarray]:
    """The Jacobian of y by each x, (size of x, size of y), one backward pass for each element of y."""
    jacobians = [np.zeros((_parts(x.array).size, y.array.size)) for x in xs]
    if not y.requires_grad:
        return jacobians
    for j in range(y.array.size):
        g = np.zeros(y.array.size, y.dtype)
        g[j] = 1
        grads = grad(y, xs, wrap(g.reshape(y.shape)), retain_graph=True, allow_unused=True)
        for jacobian, x, gx in zip(jacobians, xs, grads, strict=True):
            if gx is None:
                continue
            if gx.shape != x.shape:
                raise GradcheckError(
                    f"gradcheck: the gradient has shape {gx.shape}, but its input has shape {x.shape}; likely cause: a "
                    "rule that does not sum over broadcast dimensions"
                )
            jacobian[:, j] = _parts(gx.array).reshape(-1)
    return jacobians


def _numeric(func: Callable, args: tuple, i: int, k: int, eps: float) -> ndarray:
    """The Jacobian of output k by input i from central differences, (size of x, size of y)."""
    size = _parts(args[i].array).size
    columns = []
    for j in range(size):
        columns.append((_at(func, args, i, k, j, eps) - _at(func, args, i, k, j, -eps)) / (2 * eps))
    return np.array(columns).reshape(size, _value(func, args, k).size)


def _at(func: Callable, args: tuple, i: int, k: int, j: int, step: float) -> ndarray:
    """Output k with element j of input i moved by `step`."""
    with _moved(args[i].array, j, step):
        return _value(func, args, k)


@contextmanager
def _moved(array: ndarray, j: int, step: float) -> Iterator[None]:
    """Inside, element j is moved by `step`; of complex numbers, real and imaginary parts count as elements."""
    pairs = array.dtype.kind == "c"
    at = np.unravel_index(j // 2 if pairs else j, array.shape)
    before = array[at]
    try:
        array[at] = before + (step * 1j if pairs and j % 2 else step)
        yield
    finally:
        array[at] = before


def _value(func: Callable, args: tuple, k: int) -> ndarray:
    """Output k as a flat array. Functions that differentiate inside need gradients enabled, so nothing is disabled."""
    return np.array(_outputs(func, args)[k].array, np.float64).reshape(-1)


def _compare(
    analytic: ndarray, numeric: ndarray, x: Tensor, y: Tensor, i: int, k: int, eps: float, atol: float, rtol: float,
    call: tuple,
) -> None:  # fmt: skip
    error = np.abs(analytic - numeric)
    bad = ~(error <= atol + rtol * np.abs(numeric))
    both_nan = np.isnan(analytic) & np.isnan(numeric)
    bad &= ~both_nan
    if not bad.any():
        return
    score = np.where(bad, np.where(np.isnan(error), np.inf, error / (atol + rtol * np.abs(numeric))), -1.0)
    row, column = np.unravel_index(int(np.argmax(score)), score.shape)
    at_x = tuple(int(n) for n in np.unravel_index(row, _shape(x))) if _shape(x) else ()
    at_y = tuple(int(n) for n in np.unravel_index(column, y.shape)) if y.ndim else ()
    a, n = analytic[row, column], numeric[row, column]
    relative = abs(a - n) / max(abs(n), 1e-300)
    raise GradcheckError(
        f"gradcheck: d output {k}{list(at_y)} / d input {i}{list(at_x)}: analytic {a:.10g}, numeric {n:.10g}, relative "
        f"error {relative:.2g} (tolerance {atol:g} + {rtol:g} |numeric|); {int(bad.sum())} of {bad.size} elements "
        f"disagree. Likely cause: {_cause(analytic, numeric, bad, x, row, column, i, k, eps, call)}"
    )


def _cause(
    analytic: ndarray, numeric: ndarray, bad: ndarray, x: Tensor, row: Any, column: Any, i: int, k: int, eps: float,
    call: tuple,
) -> str:  # fmt: skip
    """The commonest mistakes, each with its own signature in the two Jacobians."""
    if x.dtype not in (np.float64, np.complex128):
        return f"the input is {x.dtype}, too coarse for differences of {eps:g}; use float64"
    a, n = analytic[bad], numeric[bad]
    if np.isnan(a).any():
        return "the rule gives NaN (0 * inf or 0 / 0 in it?) where the function has a derivative"
    if not np.isfinite(n).all():
        return "the function itself is not finite here; choose another point"
    func, args = call
    ends = [_at(func, args, i, k, int(row), step) for step in (eps / 8, -eps / 8)]
    finer = (ends[0] - ends[1]) / (eps / 4)
    if abs(finer[column] - numeric[row, column]) > 0.1 * abs(analytic[row, column] - numeric[row, column]):
        return f"the function has a kink or a jump within {eps:g} of this input; choose another point"
    if not analytic.any():
        return "the rule gives 0 everywhere: is the input detached, or its rule missing?"
    if not np.abs(a).max():
        return "the rule gives 0 where the function does depend on the input: a mask or an index is wrong"
    informative = np.abs(n) > 1e-3 * np.abs(n).max()
    ratio = a[informative] / n[informative]
    if len(ratio) > 1 and np.ptp(ratio.real) < 1e-3 * abs(ratio.mean()):
        factor = ratio.mean().real
        if abs(factor + 1) < 1e-3:
            return "the sign of the rule is wrong"
        return f"the rule is off by the constant factor {factor:.6g}"
    involved = int(((analytic != 0) | (np.abs(numeric) > 1e-8)).sum())
    if len(a) < involved:
        return f"the rule is wrong in some elements only ({len(a)} of {involved}): an edge case, a mask or an index"
    return "a wrong term or a wrong saved value in the rule"
