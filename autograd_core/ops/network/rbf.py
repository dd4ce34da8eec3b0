"""Radial basis functions, of the distance of a point from a centre, as one node.

x (N, D) are points, c (M, D) centres, s (M,) widths; r_nm = |x_n - c_m| and q_nm = (r_nm / s_m)².
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ...engine.basics import broadcast_to, where
from ...engine.operands import operand, unified
from ...engine.primitive import AUX, OUT, Primitive, apply
from ...engine.tensor import Tensor, describe
from ...engine.types import TensorLike
from ...kernels.products import distance as kernels
from ..arguments import transformed
from ..elementwise.arithmetic import exp, log, reciprocal, rsqrt, sqrt
from ..elementwise.kink import kinked
from ..reduction.reduce import sum
from ..shape.shape import reshape, unsqueeze


def _thin_plate(q: Any) -> Any:
    q = kinked(q)
    return 0.5 * q * log(where(q == 0, 1.0, q))  # with 0 and a slope of 0 at the centre


# What it is as a function of q, and its number in the kernels
KERNELS = {
    "gaussian": (lambda q: exp(-0.5 * q), kernels.GAUSSIAN),
    "multiquadric": (lambda q: sqrt(1 + q), kernels.MULTIQUADRIC),
    "inverse_multiquadric": (lambda q: rsqrt(1 + q), kernels.INVERSE_MULTIQUADRIC),
    "thin_plate": (_thin_plate, kernels.THIN_PLATE),
    "square": (lambda q: q, kernels.SQUARE),
}


def _composition(x: Any, c: Any, s: Any, kernel: str) -> Any:
    e = unsqueeze(x, 1) - c  # (N, 1, D) - (M, D) -> (N, M, D)
    q = sum(e * e, -1)
    return KERNELS[kernel][0](q if s is None else q * reciprocal(s * s))


def _factors(c: ndarray, s: ndarray | None) -> ndarray:
    return np.ones(len(c), c.dtype) if s is None else 1 / (s * s)


def _forward(x: ndarray, c: ndarray, s: ndarray | None, kernel: str) -> tuple[ndarray, ndarray]:
    return kernels.radial(x, c, _factors(c, s), KERNELS[kernel][1], True)


def _evaluate(x: ndarray, c: ndarray, s: ndarray | None, kernel: str) -> ndarray:
    return kernels.radial(x, c, _factors(c, s), KERNELS[kernel][1], False)[0]


def _joint(needs: list, g: Any, x: Any, c: Any, s: Any, out: Any, q: Any, kernel: str) -> tuple:
    """q = r² / s², so that its derivative with respect to s is -2 q / s."""
    gx, gc, spread = kernels.radial_gradients(needs, g, q, out, x, c, _factors(c, s), KERNELS[kernel][1])
    return gx, gc, None if spread is None else -2 * spread / s


_rbf = Primitive(
    _forward,
    name="rbf",
    joint=_joint,
    saves=(0, 1, 2, OUT, AUX),
    evaluate=_evaluate,
    composition=_composition,
)


def _radial(name: str, input: Any, centers: Any, widths: Any, kernel: str) -> Any:
    input, centers = operand(input, name), operand(centers, name)
    if not getattr(input, "ndim", 0) or getattr(centers, "ndim", 0) != 2 or input.shape[-1] != centers.shape[1]:
        raise ValueError(
            f"{name}: needs points (…, D) and centres (M, D) of one dimension D, got shapes {tuple(np.shape(input))} and "
            f"{tuple(np.shape(centers))}"
        )
    if widths is None:
        x, c = unified(name, input, centers, floating=True)
        s = None
    else:
        x, c, s = unified(name, input, centers, widths, floating=True)
        s = _width_of_each(name, s, c)
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: needs real numbers, got {describe(input)} and {describe(centers)}")
    rows = x if x.ndim == 2 else reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))
    if x.dtype.char in "fd":
        out = apply(_rbf, (rows, c, s), (kernel,))
    else:
        out = _composition(rows, c, s, kernel)
    return out if x.ndim == 2 else reshape(out, (*x.shape[:-1], c.shape[0]))


def _width_of_each(name: str, s: Any, c: Any) -> Any:
    """The widths as (M,), after a check."""
    if not hasattr(s, "dtype"):
        s = np.asarray(s, c.dtype)
    if tuple(s.shape) not in ((), (c.shape[0],)):
        raise ValueError(
            f"{name}: widths must be one number or one for each of the {c.shape[0]} centres, got shape {tuple(s.shape)}"
        )
    if not transformed(s):
        array = s.array if isinstance(s, Tensor) else s
        if not (array > 0).all():
            wrong = float(array[~(array > 0)].flat[0])
            raise ValueError(f"{name}: widths must be positive, got {wrong:g}; learn their logarithms to keep them so")
    return s if s.ndim else broadcast_to(s, (c.shape[0],))


def check_kernel(name: str, kernel: str) -> None:
    """Raise if there is no such radial function."""
    known = [k for k in KERNELS if k != "square"]
    if kernel not in known:
        raise ValueError(f"{name}: no kernel is called {kernel!r}; there are {', '.join(known)}")


def rbf(input: TensorLike, centers: TensorLike, widths: TensorLike = 1.0, kernel: str = "gaussian") -> Tensor:
    """Compute radial functions of the distance of each point of `input` from each of the `centers`.

    `widths` are positive, one for each centre or one for all. `kernel` is "gaussian", "multiquadric",
    "inverse_multiquadric" or "thin_plate". Distances of points and centres that lie close together are exact to a few
    roundings wherever the origin is.

    Formula: out[n, m] = φ(r / s_m), r = |input_n − centers_m| and s the widths; in that order, φ(z) is exp(−z²/2), √(1 + z²),
        1 / √(1 + z²) and z² log z
    Shapes: input (*, D), centers (M, D), widths (M,) or () → (*, M).
    Dtypes: the operands' common floating dtype; integers become the default float.
    Raises: ValueError if shapes do not fit, a width is not positive, or there is no such kernel; TypeError for complex
        numbers.
    Source: Broomhead & Lowe 1988, "Multivariable functional interpolation and adaptive networks"; the kernels after Hardy
        1971 and Duchon 1977.

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.rbf(ag.tensor([[0.0, 0.0], [3.0, 4.0]]), ag.tensor([[0.0, 0.0]]), 5.0)
    tensor([[1.    ],
            [0.6065]])
    """
    check_kernel("rbf", kernel)
    return _radial("rbf", input, centers, widths, kernel)


def squared_distance(input: TensorLike, centers: TensorLike) -> Tensor:
    """Compute the squared distance of each point of `input` from each of the `centers`, as exactly as `rbf`.

    Formula: out[n, m] = |input_n − centers_m|²
    Shapes: input (*, D), centers (M, D) → (*, M).
    Dtypes: the operands' common floating dtype; integers become the default float.
    Raises: ValueError if shapes do not fit; TypeError for complex numbers.
    Source: SciPy's `scipy.spatial.distance.cdist` with metric "sqeuclidean".

    >>> import autograd_core as ag
    >>> import nn.functional as F
    >>> F.squared_distance(ag.tensor([[3.0, 4.0]]), ag.tensor([[0.0, 0.0], [3.0, 3.0]]))
    tensor([[25.,  1.]])
    """
    return _radial("squared_distance", input, centers, None, "square")
