"""The older `weight_norm` and `spectral_norm`: a hook computes the weight anew before each call of the module.

`parametrizations` has both in the newer form, where the weight is computed whenever it is read.
"""

from __future__ import annotations

from typing import Any

from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor

from .. import functional as F
from ..module import Module
from ..parameter import Parameter
from .parametrizations import TRANSPOSED, as_matrix, check_iterations, norm_except, unit_vector


class Reparametrization:
    """A forward pre-hook that assigns `module.<name>`, computed from other parameters of the module."""

    kind: str
    name: str

    @property
    def computes(self) -> str:
        """The attribute that is not saved with its history."""
        return self.name

    def compute(self, module: Module) -> Any:
        raise NotImplementedError

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.compute(module))

    def check(self, module: Module) -> Parameter:
        """The parameter to be replaced."""
        for hook in module._forward_pre_hooks.values():
            if isinstance(hook, type(self)) and hook.name == self.name:
                raise RuntimeError(f"Cannot register two {self.kind} hooks on the same parameter {self.name}")
        weight = module._parameters.get(self.name)
        if weight is None:
            raise ValueError(f"{self.kind}: {type(module).__name__} has no parameter '{self.name}'")
        return weight

    def finish(self, module: Module, weight: Tensor, *others: str) -> None:
        """The weight as an ordinary parameter again, without what it was computed from."""
        for name in (self.name, *others):
            delattr(module, name)
        module.register_parameter(self.name, Parameter(weight.detach()))


def _removed(module: Module, name: str, kind: type[Reparametrization]) -> Module:
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, kind) and hook.name == name:
            hook.remove(module)  # type: ignore[attr-defined]
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"{kind.kind} of '{name}' not found in {module}")


# -------------------------------------------------------------------------------------------------------- weight norm


class WeightNorm(Reparametrization):
    kind = "weight_norm"

    def __init__(self, name: str, dim: int | None):
        self.name, self.dim = name, -1 if dim is None else dim

    def compute(self, module: Module) -> Any:
        g, v = getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v")
        return v * (g / norm_except(v, self.dim))

    def remove(self, module: Module) -> None:
        self.finish(module, self.compute(module), f"{self.name}_g", f"{self.name}_v")


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Compute a weight from its length and its direction, two parameters, before each call of the module.

    module: whose parameter it is; it is returned.
    name: the parameter's, from which weight_g and weight_v are made.
    dim: the dimension of the units, each of which has a norm of its own (0: outputs); None: one norm for all.

    PyTorch advises `parametrizations.weight_norm` in its place.

    Formula: w = g v / ‖v‖
    Shapes: v as the weight, g (units, 1, …).
    Dtypes: that of the weight.
    Raises: ValueError if there is no such parameter; RuntimeError if it is normed already; IndexError if dim is out of
        range.
    Source: Salimans & Kingma 2016, "Weight Normalization", equation 2.

    >>> import nn, nn.utils
    >>> layer = nn.utils.weight_norm(nn.Linear(3, 2))
    >>> {name: t.shape for name, t in layer.named_parameters()}
    {'bias': (2,), 'weight_g': (2, 1), 'weight_v': (2, 3)}
    """
    hook = WeightNorm(name, dim)
    weight = hook.check(module)
    g = norm_except(weight.detach(), hook.dim)
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(g))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))
    hook(module, ())
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make a normed weight an ordinary parameter again, with the value that it has.

    module: whose parameter it is; it is returned.
    name: the parameter's.

    Formula: w ← g v / ‖v‖, once
    Shapes: that of the weight.
    Dtypes: that of the weight.
    Raises: ValueError if there is no `weight_norm` of that name.
    Source: PyTorch's `torch.nn.utils.remove_weight_norm`.

    >>> import nn, nn.utils
    >>> layer = nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(3, 2)))
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'weight']
    """
    return _removed(module, name, WeightNorm)


# ------------------------------------------------------------------------------------------------------ spectral norm


class SpectralNorm(Reparametrization):
    kind = "spectral_norm"

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float):
        check_iterations(n_power_iterations)
        self.name, self.n_power_iterations, self.dim, self.eps = name, n_power_iterations, dim, eps

    def compute(self, module: Module) -> Any:
        weight = getattr(module, f"{self.name}_orig")
        W = as_matrix(weight, self.dim)
        if module.training:
            self.iterate(module, W.detach())
        return weight / (getattr(module, f"{self.name}_u") @ (W @ getattr(module, f"{self.name}_v")))

    @no_grad
    def iterate(self, module: Module, W: Any) -> None:
        """v ← Wᵀ u / |Wᵀ u|, u ← W v / |W v|, as new tensors, so that what was recorded before stays differentiable."""
        u = getattr(module, f"{self.name}_u")
        for _ in range(self.n_power_iterations):
            v = F.normalize(W.T @ u, dim=0, eps=self.eps)
            u = F.normalize(W @ v, dim=0, eps=self.eps)
        setattr(module, f"{self.name}_u", u)
        setattr(module, f"{self.name}_v", v)

    def remove(self, module: Module) -> None:
        was, module.training = module.training, False
        weight = self.compute(module)
        module.training = was
        self.finish(module, weight, *(f"{self.name}_{part}" for part in ("u", "v", "orig")))


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a weight by its largest singular value, before each call of the module.

    module: whose parameter it is; it is returned.
    name: the parameter's, from which the parameter weight_orig and the buffers weight_u and weight_v are made.
    n_power_iterations: the steps of the power method that each call in training makes.
    eps: the smallest norm that is divided by.
    dim: the dimension of the units, by default 0, for transposed convolutions 1.

    PyTorch advises `parametrizations.spectral_norm` in its place.

    Formula: w = W / (uᵀ W v),   v ← Wᵀ u / ‖Wᵀ u‖, u ← W v / ‖W v‖
    Shapes: that of the weight; all its dimensions but `dim` are taken as one.
    Dtypes: that of the weight.
    Raises: ValueError if there is no such parameter or n_power_iterations is not positive or dim out of range;
        RuntimeError if it is normed already.
    Source: Miyato et al. 2018, "Spectral normalization for generative adversarial networks", Algorithm 1.

    >>> import autograd_core as ag, nn, nn.utils
    >>> layer = nn.utils.spectral_norm(nn.Linear(1, 2))
    >>> _ = layer(ag.ones(1, 1))
    >>> ag.allclose(layer.weight.norm(), ag.tensor(1.0), atol=1e-5)
    True
    """
    if dim is None:
        dim = 1 if isinstance(module, TRANSPOSED) else 0
    hook = SpectralNorm(name, n_power_iterations, dim, eps)
    weight = hook.check(module)
    height, width = as_matrix(weight.detach(), dim).shape
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    setattr(module, name, weight.detach())  # until the first call
    module.register_buffer(f"{name}_u", unit_vector(height, weight.dtype, eps))
    module.register_buffer(f"{name}_v", unit_vector(width, weight.dtype, eps))
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make a weight of spectral norm 1 an ordinary parameter again, with the value that it has.

    module: whose parameter it is; it is returned.
    name: the parameter's.

    Formula: w ← W / (uᵀ W v), once
    Shapes: that of the weight.
    Dtypes: that of the weight.
    Raises: ValueError if there is no `spectral_norm` of that name.
    Source: PyTorch's `torch.nn.utils.remove_spectral_norm`.

    >>> import nn, nn.utils
    >>> layer = nn.utils.remove_spectral_norm(nn.utils.spectral_norm(nn.Linear(3, 2)))
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'weight']
    """
    return _removed(module, name, SpectralNorm)
