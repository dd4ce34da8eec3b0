"""Complex tensors: taking them apart, putting them together.

Convention. As in PyTorch, the gradient of a real L by a complex z is dL/dRe z + i dL/dIm z: the direction of steepest
ascent. Inside the engine its conjugate travels, c with dL = Re(c dz), because then the rule of every holomorphic
function is the real one, unchanged: c_x = c f'(x), matmul's is a product with the plain transpose, fft's is the same
fft. So real tensors pay nothing for complex ones. The engine conjugates where gradients enter and leave: starting
gradients, `.grad`, `ag.grad`, hooks, `Function`. Only the functions of this file, which are not holomorphic, and
decompositions have conjugates in their rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ...engine import basics
from ...engine.basics import conj
from ...engine.docstrings import documented, of_elements
from ...engine.operands import as_operand, complex_dtype, convert, real, stand_in, unified
from ...engine.primitive import Primitive, apply
from ...engine.tensor import Tensor, conversion
from ...engine.types import A, TensorLike
from ..shape.shape import contiguous, transpose
from . import arithmetic as ew
from .arithmetic import sgn

__all__ = ["conj", "sgn"]


_imag = Primitive(lambda x: x.imag, name="imag", vjps=(lambda g: g * -1j,), view=True)


@of_elements(
    Dtypes="complex64 → float32, complex128 → float64.",
    Raises="TypeError if input is no tensor or array; RuntimeError if it is not complex.",
    Source="NumPy's and PyTorch's `imag`.",
)
def imag(input: TensorLike) -> Tensor:
    """Return the imaginary part of a complex tensor, a view.

    Formula: out = Im input
    imag([1 + 2j, 3 - 1j]) → [ 2., -1.]
    """
    x = as_operand(input, "imag")
    if x.dtype.kind != "c":
        raise RuntimeError(f"imag: a tensor of {x.dtype} has no imaginary part; use ag.zeros_like(x)")
    return apply(_imag, (x,))


def _join(re: ndarray, im: ndarray) -> ndarray:
    out = np.empty(np.broadcast_shapes(re.shape, im.shape), complex_dtype(re.dtype))
    out.real, out.imag = re, im
    return out


_complex = Primitive(_join, name="complex", vjps=(lambda g: real(g), lambda g: -imag(g)), broadcasts=True)


@documented(
    Shapes="(*) and (*), broadcast together → (*).",
    Dtypes="two of float64 → complex128; of float32 or float16 → complex64.",
    Raises="TypeError unless both are tensors or arrays of the same floating dtype; ValueError if the shapes do not broadcast.",
    Source="PyTorch's `complex`.",
)
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Make complex numbers of their real and imaginary parts.

    Formula: out = real + i imag
    complex([1.0, 2.0], [3.0, 4.0]) → [1.+3.j, 2.+4.j], dtype=complex64
    """
    for x in (real, imag):
        if getattr(x, "dtype", np.dtype(object)).kind != "f":
            raise TypeError(f"complex: needs two floating tensors, got {getattr(x, 'dtype', type(x).__name__)}")
    if real.dtype != imag.dtype:
        way = conversion("imag", imag, real.dtype)
        raise TypeError(f"complex: the parts are {real.dtype} and {imag.dtype}; pass {way}")
    if real.dtype.itemsize < 4:  # there is no complex dtype of float16 parts
        real, imag = convert(real, np.float32), convert(imag, np.float32)
    try:
        return apply(_complex, (real, imag))
    except ValueError:
        raise ValueError(f"complex: shapes {tuple(real.shape)} and {tuple(imag.shape)} do not broadcast") from None


@documented(
    Shapes="(*) and (*), broadcast together → (*).",
    Dtypes="float64 → complex128; float32 or float16 → complex64.",
    Raises="TypeError if an operand holds no numbers, or complex numbers; ValueError if the shapes do not broadcast.",
    Source="PyTorch's `polar`.",
)
def polar(abs: TensorLike, angle: TensorLike) -> Tensor:
    """Make complex numbers of their absolute values and angles in radians.

    Formula: out = abs · exp(i angle)
    polar([1.0, 2.0], [0.0, 0.0]) → [1.+0.j, 2.+0.j], dtype=complex64
    """
    return complex(abs * ew.cos(angle), abs * ew.sin(angle))


def _angle_of(x: ndarray) -> ndarray:
    return np.where(np.isnan(x), x, np.where(x < 0, x.dtype.type(np.pi), x.dtype.type(0))).astype(x.dtype)


_angle_real = Primitive(_angle_of, name="angle", vjps=(lambda g: 0 * g,))


def _angle_rule(g: Any, x: Any) -> Any:
    """angle x = Im log x, so d angle = Re(-i dx / x); 0 at x = 0."""
    zero = _plain(x) == 0
    return basics.where(zero, 0.0, g * -1j / basics.where(zero, 1.0, x))


_angle = Primitive(np.angle, name="angle", vjps=(_angle_rule,), saves=(0,))


@of_elements(
    Dtypes="complex64 → float32, complex128 → float64; floating stays; integers and booleans become the default float.",
    Source="NumPy's and PyTorch's `angle`.",
)
def angle(input: TensorLike) -> Tensor:
    """Compute the angle of each number in the complex plane, in radians.

    That of a real number is 0, or π if it is negative; that of NaN is NaN. The gradient at 0 is 0.

    Formula: out = the φ in (−π, π] with input = |input| exp(i φ)
    angle([1 + 1j, -2 + 0j]) → [0.7854, 3.1416]
    """
    (x,) = unified("angle", input, floating=True)
    return apply(_angle if x.dtype.kind == "c" else _angle_real, (x,))


def packed(x: Any) -> Any:
    """x with its two parts side by side in memory."""
    inside = stand_in(x)
    if inside is not None:
        return inside.call_on_values(packed, x)
    array = _plain(x)
    if array.strides[-1] == array.itemsize:
        return x
    return np.ascontiguousarray(x) if isinstance(x, ndarray) else contiguous(x)


@documented(
    Shapes="(*) → (*, 2).",
    Dtypes="complex64 → float32, complex128 → float64.",
    Raises="TypeError if input is no tensor or array; RuntimeError if it is not complex.",
    Source="PyTorch's `view_as_real`.",
)
def view_as_real(input: A) -> A:
    """View a complex tensor as a real one whose last dimension holds the real and the imaginary part.

    Formula: out[…, 0] = Re input, out[…, 1] = Im input
    view_as_real([1 + 2j]) → [[1., 2.]]
    """
    x: Any = as_operand(input, "view_as_real")
    if x.dtype.kind != "c":
        raise RuntimeError(f"view_as_real: needs a complex tensor, got {x.dtype}")
    return apply(_view_as_real, (x,))


@documented(
    Shapes="(*, 2) → (*).",
    Dtypes="float32 → complex64, float64 → complex128.",
    Raises="TypeError if input is no tensor or array; RuntimeError for another dtype or last size, or if the last dimension is "
    "not contiguous.",
    Source="PyTorch's `view_as_complex`.",
)
def view_as_complex(input: A) -> A:
    """View a real tensor whose last dimension holds real and imaginary parts as a complex one.

    Formula: out = input[…, 0] + i input[…, 1]
    view_as_complex([[1.0, 2.0]]) → [1.+2.j], dtype=complex64
    """
    x: Any = as_operand(input, "view_as_complex")
    if x.dtype.kind != "f" or x.ndim == 0 or x.shape[-1] != 2:
        raise RuntimeError(
            f"view_as_complex: needs a floating tensor whose last size is 2, got shape {tuple(x.shape)}, {x.dtype}"
        )
    if x.dtype not in (np.float32, np.float64):
        raise RuntimeError(f"view_as_complex: there is no complex dtype of {x.dtype} parts; use x.float()")
    if stand_in(x) is None and _plain(x).strides[-1] != x.dtype.itemsize and _plain(x).size:
        raise RuntimeError("view_as_complex: the last dimension must be contiguous; use x.contiguous()")
    return apply(_view_as_complex, (x,))


_view_as_real = Primitive(
    lambda x: x.reshape(*x.shape, 1).view(x.real.dtype),
    name="view_as_real",
    vjps=(lambda g: conj(view_as_complex(packed(g))),),
    view=True,
)
_view_as_complex = Primitive(
    lambda x: x.view(complex_dtype(x.dtype)).reshape(x.shape[:-1]),
    name="view_as_complex",
    vjps=(lambda g: view_as_real(conj(g)),),
    view=True,
)


@of_elements(floating=False, Raises="TypeError if input is no tensor or array.", Source="PyTorch's `conj_physical`.")
def conj_physical(input: TensorLike) -> Tensor:
    """Return the complex conjugate of each element: `conj`, which always computes.

    Formula: out = Re input − i Im input
    conj_physical([1 + 2j, 3 - 1j]) → [1.-2.j, 3.+1.j], dtype=complex64
    """
    return conj(input)  # type: ignore[type-var, return-value]


@of_elements(
    floating=False, Dtypes="any; the dtype of input stays.", Raises="nothing.", Source="PyTorch's `resolve_conj`."
)
def resolve_conj(input: Tensor) -> Tensor:
    """Return `input` itself: conjugation is never deferred here, unlike in PyTorch.

    Formula: out = input
    resolve_conj([1 + 2j]) → [1.+2.j], dtype=complex64
    """
    return input


def _plain(x: Any) -> Any:
    return x.array if isinstance(x, Tensor) else x


def mH(x: Any) -> Any:  # noqa: N802 (the field's name)
    """The conjugate transpose of the last two dimensions."""
    out: Any = transpose(conj(x), -2, -1)
    return out


def H(x: Tensor) -> Tensor:  # noqa: N802
    """The conjugate transpose of a matrix."""
    if x.ndim not in (0, 2):
        raise RuntimeError(f"H: needs a matrix, got shape {tuple(x.shape)}; use mH for stacks of matrices")
    return transpose(conj(x), -2, -1) if x.ndim else conj(x)


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.imag
ag.complex  out=
ag.polar  out=
ag.angle            x.angle  out=
ag.view_as_real
ag.view_as_complex
ag.resolve_conj     x.resolve_conj
ag.conj_physical    x.conj_physical_  out=
ag.sgn              x.sgn           x.sgn_  out=
"""
