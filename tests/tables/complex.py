"""Complex tensors. Inputs are made of two real tensors, results seen as real pairs."""

import numpy as np

import autograd_core as ag

from . import Row, positive, real


def both(x, y):
    return x + 1j * y if isinstance(x, np.ndarray) else ag.complex(x, y)


def c(name, f, ref, *shapes, **options):
    """A row of a function of complex operands, of one shape each."""
    inputs = tuple(real(*s) for s in shapes for _ in range(2))

    def on(function):
        return lambda *parts: function(*(both(a, b) for a, b in zip(parts[::2], parts[1::2], strict=True)))

    return Row(f"complex_{name}", on(f), on(ref), inputs, **options)


ROWS = [
    Row("complex", ag.complex, lambda x, y: x + 1j * y, (real(3, 1), real(4))),
    Row("polar", ag.polar, lambda r, t: r * np.exp(1j * t), (positive(3, 4), real(3, 4))),
    Row("angle", ag.angle, np.angle, (real(3, 4, away=(0,)),), elementwise=True),
    Row("conj_real", lambda x: ag.conj(x) * 1, lambda x: x, (real(3, 4),)),
    Row(
        "view_as_complex",
        lambda x: ag.view_as_complex(x.contiguous()),
        lambda x: x[..., 0] + 1j * x[..., 1],
        (real(3, 2),),
    ),
    Row("real_to_complex", lambda x: x * 2j + 1, lambda x: x * 2j + 1, (real(3),)),
    Row("to_complex_and_back", lambda x: (x.to(ag.complex128) * (1 + 2j)).real.to(x.dtype), lambda x: x, (real(3),)),
    c("real", lambda z: z.real * 1, np.real, (3, 4)),
    c("imag", lambda z: z.imag * 1, np.imag, (3, 4)),
    c("conj", ag.conj, np.conj, (3, 4)),
    c("conj_product", lambda z: z.conj() * z * z, lambda z: z.conj() * z * z, (3,)),
    c("view_as_real", ag.view_as_real, lambda z: np.stack([z.real, z.imag], -1), (3, 2)),
    c("abs", ag.abs, np.abs, (3, 4)),
    c("sgn", ag.sgn, lambda z: z / np.abs(z), (3, 4)),
    c("angle", ag.angle, np.angle, (3, 4)),
    c("add", ag.add, np.add, (3, 4), (4,)),
    c("mul", ag.mul, np.multiply, (3, 1), (4,)),
    c("div", ag.div, np.divide, (3, 4), (3, 4)),
    c("exp", ag.exp, np.exp, (3, 4)),
    c("log", ag.log, np.log, (3, 4)),
    c("sqrt", ag.sqrt, np.sqrt, (3, 4)),
    c("sin", ag.sin, np.sin, (3, 4)),
    c("tanh", ag.tanh, np.tanh, (3, 4), tol32=1e-4),
    c("square", lambda z: z**2, lambda z: z**2, (3, 4)),
    c("pow", ag.pow, np.power, (3, 4), (3, 4), tol32=5e-4),
    c("reciprocal", ag.reciprocal, lambda z: 1 / z, (3, 4)),
    c("sum", lambda z: z.sum(0), lambda z: z.sum(0), (3, 4)),
    c("mean", lambda z: z.mean(), np.mean, (3, 4)),
    c("matmul", ag.matmul, np.matmul, (2, 3), (3, 2)),
    c("dot", ag.dot, np.dot, (3,), (3,)),
    c("vdot", ag.vdot, np.vdot, (3,), (3,)),
    c("adjoint", lambda z: z.mH @ z, lambda z: z.conj().T @ z, (3, 2)),
    c("index", lambda z: z[[0, 0]] * z[1:, None, 1], lambda z: z[[0, 0]] * z[1:, None, 1], (3, 2)),
    c("einsum", lambda a, b: ag.einsum("ij,kj->ki", a, b), lambda a, b: b @ a.T, (2, 3), (4, 3)),
    c("vector_norm", ag.linalg.vector_norm, lambda z: np.linalg.norm(z.reshape(-1)), (3, 4)),
    c("matrix_norm_1", lambda z: ag.linalg.matrix_norm(z, 1), lambda z: np.linalg.norm(z, 1), (3, 4)),
]
