"""Weights of norm g, of spectral norm 1, and orthogonal ones, as parametrizations (see `parametrize`)."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor
from autograd_core.kernels.machine.blas import lapack
from autograd_core.ops.linalg.matrix_functions import matrix_exp
from autograd_core.ops.shape.shape import cat

from .. import functional as F
from ..layers.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..module import Module
from .parametrize import register_parametrization

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

TRANSPOSED = (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)


def tensor_of(module: Module, name: str) -> Any:
    """The parameter or buffer of that name."""
    tensor = getattr(module, name, None)
    if not isinstance(tensor, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return tensor


# -------------------------------------------------------------------------------------------------------- weight norm


def norm_except(v: Any, dim: int) -> Any:
    """|v| over all dimensions but `dim`, which are kept with size 1; -1: over all of them, 0-d."""
    if dim == -1:
        return v.norm()
    if not -v.ndim <= dim < v.ndim:
        raise IndexError(
            f"weight_norm: dim must be from {-v.ndim} to {v.ndim - 1} for shape {tuple(v.shape)}, got {dim}"
        )
    return v.norm(dim=tuple(d for d in range(v.ndim) if d != dim % v.ndim), keepdim=True)


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        return weight_v * (weight_g / norm_except(weight_v, self.dim))

    def right_inverse(self, weight: Any) -> tuple:
        return norm_except(weight, self.dim), weight


class _OlderKeys:
    """Renames, in a state dict that is about to be loaded, what the older `weight_norm` called weight_g and weight_v."""

    def __init__(self, name: str):
        self.name = name

    def __call__(self, module: Module, state_dict: dict, prefix: str, *others: Any) -> None:
        keys = [f"{prefix}{self.name}_{letter}" for letter in "gv"]
        if all(key in state_dict for key in keys):
            for i, key in enumerate(keys):
                state_dict[f"{prefix}parametrizations.{self.name}.original{i}"] = state_dict.pop(key)


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Parametrize a weight by its length and its direction.

    module: whose tensor it is; it is returned.
    name: the tensor's; `original0` is g and `original1` v.
    dim: the dimension of the units, each of which has a norm of its own (0: outputs); None: one norm for all.

    State dicts of the older `nn.utils.weight_norm` (weight_g, weight_v) load too.

    Formula: w = g v / ‖v‖
    Shapes: v as the weight, g (units, 1, …).
    Dtypes: that of the weight.
    Raises: ValueError if there is no such tensor; IndexError if dim is out of range.
    Source: Salimans & Kingma 2016, "Weight Normalization", equation 2.

    >>> import nn
    >>> from nn.utils import parametrizations
    >>> layer = parametrizations.weight_norm(nn.Linear(3, 2))
    >>> {name: t.shape for name, t in layer.named_parameters()}
    {'bias': (2,), 'parametrizations.weight.original0': (2, 1), 'parametrizations.weight.original1': (2, 3)}
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module.register_load_state_dict_pre_hook(_OlderKeys(name))
    return module


# ------------------------------------------------------------------------------------------------------ spectral norm


def as_matrix(weight: Any, dim: int) -> Any:
    """A weight as a matrix whose rows are the units along `dim`."""
    if dim != 0:
        weight = weight.permute(dim, *(d for d in range(weight.ndim) if d != dim))
    return weight.reshape(weight.shape[0], -1)


def unit_vector(size: int, dtype: Any, eps: float) -> Tensor:
    """A random direction."""
    return F.normalize(ag.randn(size, dtype=dtype), dim=0, eps=eps)


def check_iterations(n_power_iterations: int) -> None:
    if n_power_iterations <= 0:
        raise ValueError(f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}")


class _SpectralNorm(Module):
    _u: Any
    _v: Any

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12):
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [-{weight.ndim}, {weight.ndim - 1}] but got {dim})"
            )
        check_iterations(n_power_iterations)
        self.dim = dim % weight.ndim
        self.eps = eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = as_matrix(weight.detach(), self.dim)
            self.register_buffer("_u", unit_vector(matrix.shape[0], weight.dtype, eps))
            self.register_buffer("_v", unit_vector(matrix.shape[1], weight.dtype, eps))
            self._power_method(matrix, 15)

    @no_grad
    def _power_method(self, W: Any, times: int) -> None:
        """Move u and v towards the first singular vectors: u ← W v / |W v|, v ← Wᵀ u / |Wᵀ u|.

        They are new tensors each time: what was recorded with the earlier ones may still be differentiated.
        """
        for _ in range(times):
            self._u = F.normalize(W @ self._v, dim=0, eps=self.eps)
            self._v = F.normalize(W.T @ self._u, dim=0, eps=self.eps)

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        W = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(W.detach(), self.n_power_iterations)
        return weight / (self._u @ (W @ self._v))

    def right_inverse(self, value: Any) -> Any:
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Parametrize a weight so that its largest singular value is 1.

    module: whose tensor it is; it is returned.
    name: the tensor's.
    n_power_iterations: the steps of the power method that improve the singular vectors u and v (buffers `_u`, `_v`)
        each time the weight is read in training.
    eps: the smallest norm that is divided by.
    dim: the dimension of the units, by default 0, for transposed convolutions 1; the others are taken together.

    Formula: w = W / (uᵀ W v),   u ← W v / ‖W v‖, v ← Wᵀ u / ‖Wᵀ u‖
    Shapes: that of the weight.
    Dtypes: that of the weight.
    Raises: ValueError if there is no such tensor or n_power_iterations is not positive; IndexError if dim is out of
        range.
    Source: Miyato et al. 2018, "Spectral normalization for generative adversarial networks", Algorithm 1.

    >>> import autograd_core as ag, nn
    >>> from nn.utils import parametrizations
    >>> layer = parametrizations.spectral_norm(nn.Linear(1, 2))
    >>> ag.allclose(layer.weight.norm(), ag.tensor(1.0), atol=1e-5)
    True
    """
    weight = tensor_of(module, name)
    if dim is None:
        dim = 1 if isinstance(module, TRANSPOSED) else 0
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


# --------------------------------------------------------------------------------------------------------- orthogonal


def householder_product(A: Any) -> Any:
    """The first K columns of the product of K reflections, (..., N, K) -> (..., N, K).

    Column k of A below the diagonal, with a 1 on it, is vₖ, and Hₖ = I - 2 vₖ vₖᵀ / |vₖ|². Their product is
    H₁ ⋯ H_K = I - V T⁻¹ Vᵀ with T the upper triangle of VᵀV, its diagonal halved (Joffrain et al. 2006, "Accumulating
    Householder transformations, revisited", theorem 2).
    """
    N, K = A.shape[-2:]
    eye = np.eye(N, K, dtype=A.dtype)
    V = A.tril(-1) + eye
    gram = V.mT @ V
    T = gram.triu(1) + gram * np.eye(K, dtype=A.dtype) / 2
    return eye - V @ ag.linalg.solve_triangular(T, V[..., :K, :].mT, upper=True)


def _make_orthogonal(A: Tensor) -> Tensor:
    """Q of A = Q R with a positive diagonal of R, for a tall A."""
    Q, R = lapack(np.linalg.qr, A.array)
    diagonal = np.diagonal(R, axis1=-2, axis2=-1)
    size = np.abs(diagonal)
    return ag.from_numpy(Q * (diagonal / np.where(size == 0, 1, size))[..., None, :])


def _is_orthogonal(Q: Any) -> bool:
    n, k = Q.shape[-2:]
    return np.allclose((Q.mH @ Q).array, np.eye(k), atol=10.0 * n * np.finfo(Q.dtype).eps)


class _Orthogonal(Module):
    base: Any

    def __init__(self, weight: Tensor, orthogonal_map: str, *, use_trivialization: bool = True):
        super().__init__()
        if weight.dtype.kind == "c" and orthogonal_map == "householder":
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Any) -> Any:
        transposed = X.shape[-2] < X.shape[-1]
        if transposed:
            X = X.mT
        n, k = X.shape[-2:]  # tall
        if self.orthogonal_map == "householder":
            Q = householder_product(X) * X.detach().diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)
        else:
            X = X.tril()
            if n != k:
                X = cat([X, np.zeros((*X.shape[:-1], n - k), X.dtype)], -1)
            A = X - X.mH  # skew-symmetric
            if self.orthogonal_map == "matrix_exp":
                Q = matrix_exp(A)
            else:
                eye = np.eye(n, dtype=A.dtype)
                Q = ag.linalg.solve(eye - 0.5 * A, eye + 0.5 * A)
            Q = Q[..., :k]
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q.mT if transposed else Q

    @no_grad
    def right_inverse(self, Q: Any) -> Any:
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        shape, dtype = Q.shape, Q.dtype
        transposed = shape[-2] < shape[-1]
        if transposed:
            Q = Q.mT
        n, k = Q.shape[-2:]
        if not hasattr(self, "base"):
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            h, tau = lapack(np.linalg.qr, Q.array, mode="raw")
            A = np.swapaxes(h, -1, -2).copy()  # reflections below the diagonal, R on and above it
            i = np.arange(k)
            A[..., i, i] = np.sign(A[..., i, i]) * np.where(tau == 0, -1, 1)  # LAPACK reflects nothing where tau is 0
            A = A.astype(dtype, copy=False)
            return ag.from_numpy(np.swapaxes(A, -1, -2).copy() if transposed else A)
        if n == k:
            self.base = Q.clone() if _is_orthogonal(Q) else _make_orthogonal(Q)
        else:  # completed to a square matrix
            self.base = _make_orthogonal(cat([Q, ag.randn(*Q.shape[:-1], n - k, dtype=dtype)], -1))
        return ag.from_numpy(np.broadcast_to(-np.eye(*shape[-2:], dtype=dtype), shape).copy())  # the map's I


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Parametrize a weight so that its columns (M ≥ N) or rows (M < N) stay orthonormal.

    module: whose tensor it is; it is returned.
    name: the tensor's.
    orthogonal_map: "matrix_exp", "cayley" or "householder", a product of reflections; by default "matrix_exp" if the
        weight is square or complex, else "householder".
    use_trivialization: True: Q is multiplied by a fixed orthogonal matrix, the buffer `base`, so that training starts
        at the free tensor's zero.

    The start is the weight itself if it is orthogonal, else the Q of its QR decomposition; without trivialization only
    "householder" can start there, and the other maps take the weight as the free tensor.

    Formula: matrix_exp: Q = exp(A); cayley: Q = (I + A/2)(I - A/2)⁻¹, A the free tensor's lower triangle minus its transpose;
        householder: Q = H₁ ⋯ H_K, Hₖ = I - 2 vₖ vₖᵀ / ‖vₖ‖²
    Shapes: (*, M, N).
    Dtypes: that of the weight; complex ones are unitary (not "householder").
    Raises: ValueError if there is no such tensor, it is no matrix, for another map, or for a complex one with
        "householder".
    Source: Lezcano-Casado 2019, "Trivializations for gradient-based optimization on manifolds"; PyTorch's
        `torch.nn.utils.parametrizations.orthogonal`.

    >>> import autograd_core as ag, nn
    >>> from nn.utils import parametrizations
    >>> Q = parametrizations.orthogonal(nn.Linear(3, 5)).weight
    >>> ag.allclose(Q.T @ Q, ag.eye(3), atol=1e-5)
    True
    """
    weight = tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.dtype.kind == "c" else "householder"
    if orthogonal_map not in ("matrix_exp", "cayley", "householder"):
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    parametrization = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, parametrization, unsafe=True)
