"""What every pruning method shares: its hook and its mask, and how prunings of one parameter follow each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import autograd_core as ag
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor, describe

from ...module import Module
from ...parameter import Parameter


class BasePruningMethod(ABC):
    """Chooses what is pruned of a tensor; the base class.

    A subclass writes `compute_mask` and says what it gets when a tensor is pruned again, PRUNING_TYPE: "unstructured":
    the elements that are left, as a vector; "structured": the channels along `self.dim` that are left; "global":
    everything.

    Formula: pruned = mask · original
    Shapes: mask as the tensor.
    Dtypes: those of the tensor.
    Raises: TypeError if a subclass has no `compute_mask`; from `apply` ValueError if there is no such parameter, or
        importance scores have another shape.
    Source: PyTorch's `torch.nn.utils.prune.BasePruningMethod`.

    >>> import autograd_core as ag
    >>> from nn.utils import prune
    >>> class Negative(prune.BasePruningMethod):
    ...     PRUNING_TYPE = "global"
    ...     def compute_mask(self, t, default_mask):
    ...         return default_mask * (t >= 0).to(default_mask.dtype)
    >>> Negative().prune(ag.tensor([1.0, -2.0]))
    tensor([ 1., -0.])
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
        earlier = pruning_of(module, name)
        orig: Any = getattr(module, name, None)
        if (earlier is None and name not in module._parameters) or orig is None:
            raise ValueError(f"prune: {type(module).__name__} has no parameter '{name}' to prune")
        scores: Any = scores_for(importance_scores, orig, f"parameter {name} of {type(module).__name__}")
        if earlier is None:
            default_mask = ag.ones_like(orig)
        else:
            key, before = earlier
            method = PruningContainer(*(before if isinstance(before, PruningContainer) else [before]), method)
            default_mask = getattr(module, f"{name}_mask").detach().clone()
        with no_grad():
            mask = method.compute_mask(scores.detach(), default_mask)
        if earlier is None:
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
        scores = scores_for(importance_scores, t, "tensor t")
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


def pruning_of(module: Module, name: str) -> tuple[int, BasePruningMethod] | None:
    """The pruning of that parameter, with its key among the hooks."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            return key, hook
    return None


def scores_for(importance_scores: Tensor | None, t: Any, what: str) -> Tensor:
    if importance_scores is None:
        return t
    if not isinstance(importance_scores, Tensor) or importance_scores.shape != t.shape:
        raise ValueError(
            f"importance_scores should have the same shape as {what}, got {describe(importance_scores)} vs {t.shape}"
        )
    return importance_scores


def dimension(t: Any, dim: int) -> int:
    if not -t.ndim <= dim < t.ndim:
        raise IndexError(f"Invalid index {dim} for tensor of size {t.shape}: it must be from {-t.ndim} to {t.ndim - 1}")
    return dim % t.ndim


class PruningContainer(BasePruningMethod):
    """Holds the prunings of one parameter, in their order; `compute_mask` adds that of the last to the mask so far.

    args: the methods, of one parameter.

    Formula: mask = mask₁ · mask₂ ⋯, each computed of what the ones before left
    Shapes: as the parameter.
    Dtypes: those of the parameter.
    Raises: TypeError if one is no BasePruningMethod; ValueError if they prune different parameters, or for another
        PRUNING_TYPE; AttributeError if a structured one has no `dim`.
    Source: PyTorch's `torch.nn.utils.prune.PruningContainer`.

    >>> import nn
    >>> from nn.utils import prune
    >>> layer = prune.l1_unstructured(prune.l1_unstructured(nn.Linear(4, 4), "weight", 0.5), "weight", 0.5)
    >>> len(list(layer._forward_pre_hooks.values())[0])
    2
    >>> layer.weight_mask.sum()
    tensor(4.)
    """

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
        index: Any = ...
        if method.PRUNING_TYPE == "unstructured":
            index = mask == 1
        elif method.PRUNING_TYPE == "structured":
            if not hasattr(method, "dim"):
                raise AttributeError(
                    'Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.'
                )
            dim = dimension(t, method.dim)
            left = mask.any(axis=tuple(d for d in range(t.ndim) if d != dim))
            index = (*(slice(None),) * dim, left)
        elif method.PRUNING_TYPE != "global":
            raise ValueError(
                f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}; it must be 'unstructured', 'structured' or 'global'"
            )
        combined = mask.astype(t.dtype)
        combined[index] = method.compute_mask(ag.tensor(t.array[index]), ag.tensor(mask[index])).array
        return ag.from_numpy(combined)
