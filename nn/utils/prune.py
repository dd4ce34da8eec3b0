"""Pruning: setting parameters to zero for good, by a mask (the interface of `torch.nn.utils.prune`).

Pruning `weight` moves the parameter to `weight_orig`, keeps the mask as the buffer `weight_mask`, and lets a hook put
`weight = weight_mask * weight_orig` in place before each call of the module. Pruning again goes on with what is left.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor, describe

from ..module import Module
from ..parameter import Parameter
from .convert import parameters_to_vector


class BasePruningMethod(ABC):
    """A way to choose what is pruned; a subclass gives PRUNING_TYPE and `compute_mask`.

    PRUNING_TYPE   what `compute_mask` is given when a tensor is pruned again: "unstructured": the elements that are
                   left, as a vector; "structured": the channels along `self.dim` that are left; "global": everything
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @property
    def computes(self) -> str:
        """The attribute that is not saved with its history."""
        return self._tensor_name

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Tensor:
        """The mask for a tensor of importances t: `default_mask`, of the same shape, with more zeros."""

    def apply_mask(self, module: Module) -> Any:
        """The pruned tensor."""
        mask, orig = (getattr(module, f"{self._tensor_name}_{part}") for part in ("mask", "orig"))
        return mask.to(orig.dtype) * orig

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune the parameter `name` of the module; arguments as for the class.

        importance_scores   a tensor of the parameter's shape that is looked at in its place
        """
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        found = _hook(module, name)
        orig: Any = getattr(module, name, None)
        if (found is None and name not in module._parameters) or orig is None:
            raise ValueError(f"prune: {type(module).__name__} has no parameter '{name}' to prune")
        scores: Any = _scores(importance_scores, orig, f"parameter {name} of {type(module).__name__}")
        if found is None:
            default_mask = ag.ones_like(orig)
        else:
            key, before = found
            method = PruningContainer(*(before if isinstance(before, PruningContainer) else [before]), method)
            default_mask = getattr(module, f"{name}_mask").detach().clone()
        with no_grad():
            mask = method.compute_mask(scores.detach(), default_mask)
        if found is None:
            delattr(module, name)
            module.register_parameter(f"{name}_orig", orig)
        else:
            del module._forward_pre_hooks[key]
        module.register_buffer(f"{name}_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(self, t: Any, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Any:
        """t with what the method chooses set to zero, without a module."""
        scores = _scores(importance_scores, t, "tensor t")
        default_mask = ag.ones_like(t) if default_mask is None else default_mask
        with no_grad():
            mask = self.compute_mask(scores.detach(), default_mask)
        return t * mask

    def remove(self, module: Module) -> None:
        """Make the pruned tensor an ordinary parameter; what was pruned stays zero."""
        orig: Parameter = module._parameters[f"{self._tensor_name}_orig"]
        orig.data = self.apply_mask(module).detach()
        for name in (self._tensor_name, f"{self._tensor_name}_orig", f"{self._tensor_name}_mask"):
            delattr(module, name)
        setattr(module, self._tensor_name, orig)


def _hook(module: Module, name: str) -> tuple[int, BasePruningMethod] | None:
    """The pruning of that parameter, with its place among the hooks."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return key, hook
    return None


def _scores(importance_scores: Tensor | None, t: Any, what: str) -> Tensor:
    if importance_scores is None:
        return t
    if not isinstance(importance_scores, Tensor) or importance_scores.shape != t.shape:
        raise ValueError(
            f"importance_scores should have the same shape as {what}, got {describe(importance_scores)} vs {t.shape}"
        )
    return importance_scores


class PruningContainer(BasePruningMethod):
    """The prunings of one parameter, in their order; `compute_mask` adds that of the last to the mask so far."""

    def __init__(self, *args: BasePruningMethod):
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        if args:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod) -> None:
        """Add one more, of the same parameter."""
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer "
                f"{self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, index: Any) -> Any:
        return self._pruning_methods[index]

    def compute_mask(self, t: Any, default_mask: Any) -> Tensor:
        method: Any = self._pruning_methods[-1]
        mask = default_mask.array
        place: Any = ...
        if method.PRUNING_TYPE == "unstructured":
            place = mask == 1
        elif method.PRUNING_TYPE == "structured":
            if not hasattr(method, "dim"):
                raise AttributeError(
                    'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.'
                )
            dim = _dim(t, method.dim)
            left = mask.any(axis=tuple(d for d in range(t.ndim) if d != dim))
            place = (*(slice(None),) * dim, left)
        elif method.PRUNING_TYPE != "global":
            raise ValueError(
                f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}; it must be 'unstructured', 'structured' or 'global'"
            )
        combined = mask.astype(t.dtype)
        combined[place] = method.compute_mask(ag.tensor(t.array[place]), ag.tensor(mask[place])).array
        return ag.from_numpy(combined)


# ----------------------------------------------------------------------------------------------------------- the methods


class Identity(BasePruningMethod):
    """Prunes nothing, but gives the parameter its mask."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Tensor:
        return default_mask


class _Amount(BasePruningMethod):
    """What the methods with an `amount` share: a fraction in [0, 1], or a number of elements or channels."""

    def __init__(self, amount: Any):
        if not isinstance(amount, int | float | np.integer) or isinstance(amount, bool):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        if not amount >= 0 or (amount > 1 and isinstance(amount, float)):
            raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")
        self.amount = amount

    def count(self, size: int) -> int:
        """How many of `size` are pruned."""
        if isinstance(self.amount, float):
            return round(self.amount * size)
        if self.amount > size:
            raise ValueError(f"amount={self.amount} should be smaller than the number of parameters to prune={size}")
        return int(self.amount)


class _Unstructured(_Amount):
    """Prunes the elements with the smallest of some measure."""

    PRUNING_TYPE = "unstructured"

    def measure(self, t: Any) -> Any:
        raise NotImplementedError

    def compute_mask(self, t: Any, default_mask: Any) -> Tensor:
        smallest = np.argsort(self.measure(t).array.reshape(-1), kind="stable")[: self.count(t.array.size)]
        mask = default_mask.array.copy()
        mask.reshape(-1)[smallest] = 0
        return ag.from_numpy(mask)


class RandomUnstructured(_Unstructured):
    """Prunes elements at random. amount: a fraction, or how many."""

    def measure(self, t: Any) -> Any:
        return ag.rand_like(t)


class L1Unstructured(_Unstructured):
    """Prunes the elements of the smallest absolute value. amount: a fraction, or how many."""

    def measure(self, t: Any) -> Any:
        return t.abs()


def _dim(t: Any, dim: int) -> int:
    if not -t.ndim <= dim < t.ndim:
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}: it must be from {-t.ndim} to {t.ndim - 1}")
    return dim % t.ndim


class _Structured(_Amount):
    """Prunes the channels along `dim` with the smallest of some measure."""

    PRUNING_TYPE = "structured"
    dim: int

    def measure(self, t: Any, dim: int) -> Any:
        raise NotImplementedError

    def compute_mask(self, t: Any, default_mask: Any) -> Tensor:
        if t.ndim <= 1:
            raise ValueError(
                "Structured pruning can only be applied to multidimensional tensors. Found tensor of shape "
                f"{t.shape} with {t.ndim} dims"
            )
        dim = _dim(t, self.dim)
        smallest = np.argsort(self.measure(t, dim).array, kind="stable")[: self.count(t.shape[dim])]
        mask = default_mask.array.astype(t.dtype)
        np.moveaxis(mask, dim, 0)[smallest] = 0
        return ag.from_numpy(mask)


class RandomStructured(_Structured):
    """Prunes channels along `dim` at random. amount: a fraction, or how many."""

    def __init__(self, amount: float, dim: int = -1):
        super().__init__(amount)
        self.dim = dim

    def measure(self, t: Any, dim: int) -> Any:
        return ag.rand(t.shape[dim])


class LnStructured(_Structured):
    """Prunes the channels along `dim` with the smallest norm of order n. amount: a fraction, or how many."""

    def __init__(self, amount: float, n: Any, dim: int = -1):
        super().__init__(amount)
        self.n, self.dim = n, dim

    def measure(self, t: Any, dim: int) -> Any:
        return t.norm(self.n, dim=tuple(d for d in range(t.ndim) if d != dim))


class CustomFromMask(BasePruningMethod):
    """Prunes where the given mask, of the parameter's shape, is 0."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any):
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Tensor:
        if default_mask.shape != self.mask.shape:
            raise ValueError(f"the mask has shape {self.mask.shape}, but the parameter {default_mask.shape}")
        return default_mask * self.mask.to(default_mask.dtype)


# --------------------------------------------------------------------------------------------------------- the functions


def identity(module: Module, name: str) -> Module:
    """Give the parameter a mask of ones, as if it were pruned; returns the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Prune elements at random: a fraction `amount`, or that many; returns the module.

    >>> import nn
    >>> layer = random_unstructured(nn.Linear(4, 3), "weight", amount=0.25)
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_mask']
    >>> layer.weight_mask.sum()
    tensor(9.)
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: float, importance_scores: Tensor | None = None) -> Module:
    """Prune the elements of the smallest absolute value: a fraction `amount`, or that many; returns the module.

    Pruned again, the amount counts from the elements that are left.
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: float, dim: int) -> Module:
    """Prune channels along `dim` at random: a fraction `amount`, or that many; returns the module."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module, name: str, amount: float, n: Any, dim: int, importance_scores: Tensor | None = None
) -> Module:
    """Prune the channels along `dim` with the smallest norm of order n; returns the module."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]], pruning_method: type, importance_scores: dict | None = None, **kwargs: Any
) -> None:
    """Prune several parameters together, as if they were one vector.

    parameters          pairs (module, name)
    pruning_method      a class with PRUNING_TYPE "unstructured"; kwargs are its arguments, such as amount
    importance_scores   {(module, name): scores}, for those that are not to be judged by themselves

    >>> import nn
    >>> net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1))
    >>> global_unstructured([(net[0], "weight"), (net[1], "weight")], L1Unstructured, amount=0.5)
    >>> sum(layer.weight_mask.sum().item() for layer in net)
    10.0
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    if importance_scores is not None and not isinstance(importance_scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = list(parameters)
    method: BasePruningMethod = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} of type '
            f"{method.PRUNING_TYPE}"
        )
    held = [getattr(module, name) for module, name in pairs]
    given = importance_scores or {}
    scores = [_scores(given.get(pair), x, f"parameter {pair[1]}") for pair, x in zip(pairs, held, strict=True)]
    masks = [
        getattr(module, f"{name}_mask") if _hook(module, name) else ag.ones_like(x)
        for (module, name), x in zip(pairs, held, strict=True)
    ]
    method._tensor_name = ""
    with no_grad():
        mask: Any = PruningContainer(method).compute_mask(parameters_to_vector(scores), parameters_to_vector(masks))
    at = 0
    for (module, name), x in zip(pairs, held, strict=True):
        custom_from_mask(module, name, mask[at : at + x.array.size].reshape(x.shape))
        at += x.array.size


def custom_from_mask(module: Module, name: str, mask: Any) -> Module:
    """Prune where `mask` is 0; returns the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def remove(module: Module, name: str) -> Module:
    """Make a pruned parameter an ordinary one again; what was pruned stays zero. Returns the module."""
    found = _hook(module, name)
    if found is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    key, method = found
    method.remove(module)
    del module._forward_pre_hooks[key]
    return module


def is_pruned(module: Module) -> bool:
    """Whether a parameter of the module, or of one below, is pruned."""
    return any(
        isinstance(hook, BasePruningMethod) for part in module.modules() for hook in part._forward_pre_hooks.values()
    )
