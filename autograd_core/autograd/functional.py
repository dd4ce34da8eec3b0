"""Derivatives of functions of tensors, as PyTorch's `torch.autograd.functional` has them. `ag.func` is the newer form.

Everywhere: `func` takes tensors and returns a tensor or a tuple of them; `inputs` is a tensor or a tuple. What it is called
with are copies of the inputs that require a gradient, so a result has a history only with `create_graph=True`. An output
that does not depend on an input has the derivative 0, or raises with `strict=True`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np

from ..engine.backward import grad
from ..engine.modes import enable_grad
from ..engine.tensor import Tensor, describe, wrap
from ..ops.shape.shape import reshape, stack
from ..transforms.jacobians import jacfwd, jacrev

Tensors = Tensor | tuple[Tensor, ...]

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]


def _tuple(name: str, what: str, value: Any) -> tuple[Tensor, ...]:
    """`value` as a tuple of tensors, or a TypeError."""
    items = value if isinstance(value, tuple) else (value,)
    for item in items:
        if not isinstance(item, Tensor):
            raise TypeError(f"{name}: {what} must be a tensor or a tuple of tensors, got {describe(item)}")
    return items


def _called(name: str, func: Callable, inputs: Tensors, history: bool) -> tuple[tuple, tuple, bool]:
    """The inputs that stand for the given ones, the outputs, and whether these are a tuple."""
    xs = tuple(
        x.view_as(x) if history and x.requires_grad else x.detach().requires_grad_()
        for x in _tuple(name, "inputs", inputs)
    )
    with enable_grad():
        out = func(*xs)
    return xs, _tuple(name, "what func returns", out), isinstance(out, tuple)


def _weights(name: str, v: Any, like: tuple, what: str) -> tuple[Tensor, ...]:
    """The vector v, checked against the tensors that it is multiplied with; None is 1 for a single number."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(f"{name}: v is needed unless {what} is a single number; pass tensors of the same shapes")
        return (wrap(np.ones(like[0].shape, like[0].dtype)),)
    vs = _tuple(name, "v", v)
    if [x.shape for x in vs] != [x.shape for x in like]:
        shapes = [x.shape for x in like]
        raise RuntimeError(f"{name}: v has the shapes {[x.shape for x in vs]}, but must have those of {what}, {shapes}")
    return vs


def _derivatives(name: str, ys: tuple, xs: tuple, gs: tuple, create_graph: bool, strict: bool) -> tuple:
    """The gradients of ys, weighted by gs, with respect to xs; zeros where there is none, or an error if `strict`."""
    pairs = [(y, g) for y, g in zip(ys, gs, strict=True) if y.requires_grad]
    if strict and len(pairs) < len(ys):
        raise RuntimeError(f"{name}: an output does not depend on any input; pass strict=False for zeros")
    if not pairs:
        return tuple(wrap(np.zeros_like(x.array)) for x in xs)
    found = grad(
        [y for y, _ in pairs], list(xs), [g for _, g in pairs], retain_graph=True, create_graph=create_graph,
        allow_unused=True,
    )  # fmt: skip
    for i, g in enumerate(found):
        if strict and g is None:
            raise RuntimeError(f"{name}: the outputs do not depend on input {i}; pass strict=False for zeros")
    return tuple(wrap(np.zeros_like(x.array)) if g is None else g for x, g in zip(xs, found, strict=True))


def _finished(values: tuple, as_tuple: bool, history: bool) -> Any:
    values = values if history else tuple(v.detach() for v in values)
    return values if as_tuple else values[0]


def vjp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return func(inputs) and the product of the vector v with its Jacobian.

    v has the shape of the outputs; None means 1 for a single number. `create_graph` records the result, `strict` refuses
    outputs that do not depend on the inputs.

    Formula: (y, vᵀ J), y = func(inputs), J = dy / dinputs
    Shapes: v as the outputs; the product as the inputs.
    Dtypes: floating and complex, kept.
    Raises: TypeError for what are no tensors; RuntimeError if v is missing or has other shapes, or for what `strict` refuses.
    Source: PyTorch's `autograd.functional.vjp`.

    >>> import autograd_core as ag
    >>> ag.autograd.functional.vjp(lambda x: x * x, ag.tensor([1.0, 2.0]), ag.tensor([1.0, 1.0]))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    xs, ys, several = _called("vjp", func, inputs, create_graph)
    vs = _weights("vjp", v, ys, "the output")
    with enable_grad() if create_graph else contextlib.nullcontext():
        gs = _derivatives("vjp", ys, xs, vs, create_graph, strict)
    return _finished(ys, several, create_graph), _finished(gs, isinstance(inputs, tuple), create_graph)


def jvp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return func(inputs) and the product of its Jacobian with the vector v.

    v has the shape of the inputs; None means 1 for a single number. `create_graph` records the result, `strict` refuses
    outputs that do not depend on the inputs. The gradient of vᵀ J is linear in v, and its own gradient is the product.

    Formula: (y, J v), y = func(inputs), J = dy / dinputs
    Shapes: v as the inputs; the product as the outputs.
    Dtypes: floating and complex, kept.
    Raises: TypeError for what are no tensors; RuntimeError if v is missing or has other shapes, or for what `strict` refuses.
    Source: PyTorch's `autograd.functional.jvp`; Townsend 2017, "A new trick for calculating Jacobian vector products".

    >>> import autograd_core as ag
    >>> ag.autograd.functional.jvp(lambda x: x * x, ag.tensor([1.0, 2.0]), ag.tensor([1.0, 0.0]))
    (tensor([1., 4.]), tensor([2., 0.]))
    """
    xs, ys, several = _called("jvp", func, inputs, create_graph)
    vs = _weights("jvp", v, xs, "the input")
    with enable_grad():
        us = tuple(wrap(np.zeros_like(y.array)).requires_grad_() for y in ys)
        gs = _derivatives("jvp", ys, xs, us, True, strict)
        products = _derivatives("jvp", gs, us, vs, create_graph, False)
    return _finished(ys, several, create_graph), _finished(products, several, create_graph)


def jacobian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """Return the Jacobian of func at the inputs.

    `vectorize` computes all rows at once by `vmap`, and then `strategy` "forward-mode" computes columns instead.
    `create_graph` records the result, `strict` refuses outputs that do not depend on the inputs.

    Formula: J[i, j] = dy[i] / dx[j], y = func(x)
    Shapes: y.shape + x.shape; a tuple of outputs and a tuple of inputs give tuples, outputs first.
    Dtypes: floating, kept.
    Raises: TypeError for what are no tensors; ValueError for another strategy, or "forward-mode" without `vectorize`;
        RuntimeError for what `strict` refuses, and for `strict` with `vectorize`.
    Source: PyTorch's `autograd.functional.jacobian`.

    >>> import autograd_core as ag
    >>> ag.autograd.functional.jacobian(lambda x: x * x, ag.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f"jacobian: strategy must be 'reverse-mode' or 'forward-mode', got {strategy!r}")
    if strategy == "forward-mode" and not vectorize:
        raise ValueError("jacobian: strategy='forward-mode' needs vectorize=True")
    if strict and vectorize:
        raise RuntimeError("jacobian: strict=True cannot be checked with vectorize=True; leave one of them out")
    if vectorize:
        return _vectorized(func, inputs, create_graph, jacrev if strategy == "reverse-mode" else jacfwd)
    xs, ys, several = _called("jacobian", func, inputs, create_graph)
    with enable_grad() if create_graph else contextlib.nullcontext():
        blocks = tuple(_rows(y, xs, create_graph, strict) for y in ys)
    one_input = not isinstance(inputs, tuple)
    parts = tuple(_finished(block, not one_input, create_graph) for block in blocks)
    return parts if several else parts[0]


def _rows(y: Tensor, xs: tuple, create_graph: bool, strict: bool) -> tuple:
    """dy / dx for each x, a row at a time."""
    rows = []
    for i in range(y.numel()):
        unit = np.zeros(y.numel(), y.dtype)
        unit[i] = 1
        rows.append(_derivatives("jacobian", (y,), xs, (wrap(unit.reshape(y.shape)),), create_graph, strict))
    return tuple(
        reshape(stack([row[k] for row in rows]), (*y.shape, *x.shape))
        if rows
        else wrap(np.zeros((*y.shape, *x.shape), x.dtype))
        for k, x in enumerate(xs)
    )


def _vectorized(func: Callable, inputs: Tensors, create_graph: bool, transform: Callable) -> Any:
    items = _tuple("jacobian", "inputs", inputs)
    out = transform(func, argnums=tuple(range(len(items))))(*(x if create_graph else x.detach() for x in items))
    if isinstance(inputs, tuple):
        return out
    return tuple(block[0] for block in out) if isinstance(out[0], tuple) else out[0]


def hessian(
    func: Callable[..., Any],
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """Return the Hessian of func, which returns a single number, at the inputs.

    `vectorize` computes all rows at once, with `outer_jacobian_strategy` as `strategy` of `jacobian`; `create_graph`
    records the result, `strict` refuses a gradient that does not depend on the inputs.

    Formula: H[i, j] = d²y / dx[i] dx[j], y = func(x)
    Shapes: x.shape + x.shape; a tuple of inputs gives a tuple of tuples.
    Dtypes: floating, kept.
    Raises: TypeError for what are no tensors; RuntimeError if func does not return one number, or for what `strict` refuses.
    Source: PyTorch's `autograd.functional.hessian`.

    >>> import autograd_core as ag
    >>> ag.autograd.functional.hessian(lambda x: (x**3).sum(), ag.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(*xs: Tensor) -> Any:
        ys = _one_number("hessian", func(*xs))
        gs = _derivatives("hessian", ys, xs, (wrap(np.ones(ys[0].shape, ys[0].dtype)),), True, strict)
        return gs if isinstance(inputs, tuple) else gs[0]

    return jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def _one_number(name: str, out: Any) -> tuple:
    ys = _tuple(name, "what func returns", out)
    if len(ys) != 1 or ys[0].numel() != 1:
        raise RuntimeError(f"{name}: func must return a single number, got shapes {[y.shape for y in ys]}")
    return ys


def vhp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return func(inputs), a single number, and the product of the vector v with its Hessian.

    v has the shape of the inputs; None means 1 for a single number. `create_graph` records the result, `strict` refuses
    a gradient that does not depend on the inputs.

    Formula: (y, vᵀ H), y = func(inputs), H = d²y / dinputs²
    Shapes: v and the product as the inputs; y has one element.
    Dtypes: floating, kept.
    Raises: TypeError for what are no tensors; RuntimeError if func does not return one number, if v has other shapes, or
        for what `strict` refuses.
    Source: PyTorch's `autograd.functional.vhp`.

    >>> import autograd_core as ag
    >>> ag.autograd.functional.vhp(lambda x: (x**3).sum(), ag.tensor([1.0, 2.0]), ag.tensor([1.0, 1.0]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return _of_the_gradient("vhp", func, inputs, v, create_graph, strict)


def hvp(
    func: Callable[..., Any],
    inputs: Tensors,
    v: Tensors | None = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """Return func(inputs), a single number, and the product of its Hessian with the vector v.

    The Hessian is symmetric where the second derivatives are continuous, and then it is `vhp`; this one differentiates
    twice more, and is right without. v has the shape of the inputs; None means 1 for a single number. `create_graph`
    records the result, `strict` refuses a gradient that does not depend on the inputs.

    Formula: (y, H v), y = func(inputs), H = d²y / dinputs²
    Shapes: v and the product as the inputs; y has one element.
    Dtypes: floating, kept.
    Raises: TypeError for what are no tensors; RuntimeError if func does not return one number, if v has other shapes, or
        for what `strict` refuses.
    Source: PyTorch's `autograd.functional.hvp`.

    >>> import autograd_core as ag
    >>> ag.autograd.functional.hvp(lambda x: (x**3).sum(), ag.tensor([1.0, 2.0]), ag.tensor([1.0, 0.0]))
    (tensor(9.), tensor([6., 0.]))
    """
    return _of_the_gradient("hvp", func, inputs, v, create_graph, strict)


def _of_the_gradient(
    name: str, func: Callable, inputs: Tensors, v: Tensors | None, create_graph: bool, strict: bool
) -> tuple[Any, Any]:
    """The value, and v times the Jacobian of the gradient from the left (vhp) or from the right (hvp)."""
    xs, ys, _ = _called(name, func, inputs, create_graph)
    ys = _one_number(name, ys)
    vs = _weights(name, v, xs, "the input")
    with enable_grad():
        gs = _derivatives(name, ys, xs, (wrap(np.ones(ys[0].shape, ys[0].dtype)),), True, strict)
        if name == "vhp":
            products = _derivatives(name, gs, xs, vs, create_graph, strict)
        else:
            us = tuple(wrap(np.zeros_like(x.array)).requires_grad_() for x in xs)
            products = _derivatives(name, _derivatives(name, gs, xs, us, True, strict), us, vs, create_graph, False)
    return _finished(ys, False, create_graph), _finished(products, isinstance(inputs, tuple), create_graph)
