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

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


class BasePruningMethod(ABC):
    """Chooses what is pruned of a tensor; the base class.

    A subclass writes `compute_mask` and says what it gets when a tensor is pruned again, PRUNING_TYPE: "unstructured": the
    elements that are left, as a vector; "structured": the channels along `self.dim` that are left; "global": everything.

    Formula: pruned = mask · original
    Shapes: mask as the tensor.
    Dtypes: those of the tensor.
    Raises: TypeError if a subclass has no `compute_mask`; from `apply` ValueError if there is no such parameter, or importance
        scores have another shape.
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
    """The pruning of that parameter, with its key among the hooks."""
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
            dim = _dim(t, method.dim)
            left = mask.any(axis=tuple(d for d in range(t.ndim) if d != dim))
            index = (*(slice(None),) * dim, left)
        elif method.PRUNING_TYPE != "global":
            raise ValueError(
                f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}; it must be 'unstructured', 'structured' or 'global'"
            )
        combined = mask.astype(t.dtype)
        combined[index] = method.compute_mask(ag.tensor(t.array[index]), ag.tensor(mask[index])).array
        return ag.from_numpy(combined)


# ----------------------------------------------------------------------------------------------------------- the methods


class Identity(BasePruningMethod):
    """Prunes nothing, but gives the parameter its mask.

    Formula: mask = 1
    Shapes: mask as the tensor.
    Dtypes: those of the tensor.
    Raises: nothing of its own.
    Source: PyTorch's `torch.nn.utils.prune.Identity`.

    >>> import autograd_core as ag
    >>> from nn.utils import prune
    >>> prune.Identity().prune(ag.tensor([1.0, -2.0]))
    tensor([ 1., -2.])
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Tensor:
        return default_mask


class _Amount(BasePruningMethod):
    """What the methods with an `amount` share: a fraction in [0, 1], or a number of elements or channels."""

    def __init__(self, amount: float):
        if not isinstance(amount, int | float | np.integer) or isinstance(amount, bool):
            raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
        if not amount >= 0 or (amount > 1 and isinstance(amount, float)):
            raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")
        self.amount = amount

    def count(self, size: int) -> int:
        """The number of elements of `size` that are pruned."""
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
    """Prunes elements at random.

    amount: a fraction of them, in [0, 1], or their number.

    Formula: mask = 0 at random elements, else 1
    Shapes: mask as the tensor.
    Dtypes: those of the tensor.
    Raises: TypeError or ValueError if amount is neither a fraction nor a count of the elements.
    Source: PyTorch's `torch.nn.utils.prune.RandomUnstructured`.

    >>> import autograd_core as ag
    >>> from nn.utils import prune
    >>> prune.RandomUnstructured(2).prune(ag.ones(5)).sum()
    tensor(3.)
    """

    def measure(self, t: Any) -> Any:
        return ag.rand_like(t)


class L1Unstructured(_Unstructured):
    """Prunes the elements of the smallest absolute value.

    amount: a fraction of them, in [0, 1], or their number.

    Formula: mask = 0 at the smallest |t|, else 1
    Shapes: mask as the tensor.
    Dtypes: those of the tensor.
    Raises: TypeError or ValueError if amount is neither a fraction nor a count of the elements.
    Source: PyTorch's `torch.nn.utils.prune.L1Unstructured`.

    >>> import autograd_core as ag
    >>> from nn.utils import prune
    >>> prune.L1Unstructured(0.5).prune(ag.tensor([3.0, 1.0, 4.0, 2.0]))
    tensor([3., 0., 4., 0.])
    """

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
    """Prunes channels at random.

    amount: a fraction of them, in [0, 1], or their number. dim: the dimension of the channels.

    Formula: mask = 0 in random channels, else 1
    Shapes: mask as the tensor, which has two dimensions or more.
    Dtypes: those of the tensor.
    Raises: TypeError or ValueError if amount is neither a fraction nor a count of the channels; ValueError for a
        vector; IndexError if dim is out of range.
    Source: PyTorch's `torch.nn.utils.prune.RandomStructured`.

    >>> import autograd_core as ag
    >>> from nn.utils import prune
    >>> prune.RandomStructured(1, dim=0).prune(ag.ones(3, 2)).sum()
    tensor(4.)
    """

    def __init__(self, amount: float, dim: int = -1):
        super().__init__(amount)
        self.dim = dim

    def measure(self, t: Any, dim: int) -> Any:
        return ag.rand(t.shape[dim])


class LnStructured(_Structured):
    """Prunes the channels of the smallest norm.

    amount: a fraction of them, in [0, 1], or their number. n: the order of the norm. dim: the dimension of the channels.

    Formula: mask = 0 in the channels of the smallest ‖·‖ₙ, else 1
    Shapes: mask as the tensor, which has two dimensions or more.
    Dtypes: those of the tensor.
    Raises: TypeError or ValueError if amount is neither a fraction nor a count of the channels; ValueError for a
        vector; IndexError if dim is out of range.
    Source: PyTorch's `torch.nn.utils.prune.LnStructured`.

    >>> import autograd_core as ag
    >>> from nn.utils import prune
    >>> prune.LnStructured(1, n=2, dim=0).prune(ag.tensor([[3.0, 4.0], [1.0, 1.0]]))
    tensor([[3., 4.],
            [0., 0.]])
    """

    def __init__(self, amount: float, n: float | str, dim: int = -1):
        super().__init__(amount)
        self.n, self.dim = n, dim

    def measure(self, t: Any, dim: int) -> Any:
        return t.norm(self.n, dim=tuple(d for d in range(t.ndim) if d != dim))


class CustomFromMask(BasePruningMethod):
    """Prunes where a mask is 0.

    mask: a tensor of the parameter's shape.

    Formula: pruned = mask · original
    Shapes: mask as the tensor.
    Dtypes: those of the tensor.
    Raises: ValueError if the mask has another shape.
    Source: PyTorch's `torch.nn.utils.prune.CustomFromMask`.

    >>> import autograd_core as ag
    >>> from nn.utils import prune
    >>> prune.CustomFromMask(ag.tensor([1, 0])).prune(ag.tensor([3.0, 4.0]))
    tensor([3., 0.])
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor | np.ndarray):
        self.mask: Any = ag.as_tensor(mask)

    def compute_mask(self, t: Any, default_mask: Any) -> Tensor:
        if default_mask.shape != self.mask.shape:
            raise ValueError(f"the mask has shape {self.mask.shape}, but the parameter {default_mask.shape}")
        return default_mask * self.mask.to(default_mask.dtype)


# --------------------------------------------------------------------------------------------------------- the functions


def identity(module: Module, name: str) -> Module:
    """Give a parameter a mask of ones, as if it were pruned; return the module.

    module, name: the parameter.

    Formula: mask = 1
    Shapes: mask as the parameter.
    Dtypes: those of the parameter.
    Raises: ValueError if there is no such parameter.
    Source: PyTorch's `torch.nn.utils.prune.identity`.

    >>> import nn
    >>> from nn.utils import prune
    >>> prune.identity(nn.Linear(2, 2), "bias").bias_mask
    tensor([1., 1.])
    """
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Prune elements of a parameter at random; return the module.

    module, name: the parameter.
    amount: a fraction of them, in [0, 1], or their number; pruned again, it counts from what is left.

    Formula: mask = 0 at random elements, else 1
    Shapes: mask as the parameter.
    Dtypes: those of the parameter.
    Raises: ValueError if there is no such parameter; TypeError or ValueError if amount is neither a fraction nor a
        count of the elements.
    Source: PyTorch's `torch.nn.utils.prune.random_unstructured`.

    >>> import nn
    >>> from nn.utils import prune
    >>> layer = prune.random_unstructured(nn.Linear(4, 3), "weight", amount=0.25)
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_mask']
    >>> layer.weight_mask.sum()
    tensor(9.)
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Module, name: str, amount: float, importance_scores: Tensor | None = None) -> Module:
    """Prune the elements of a parameter with the smallest absolute value; return the module.

    module, name: the parameter.
    amount: a fraction of them, in [0, 1], or their number; pruned again, it counts from what is left.
    importance_scores: a tensor of the parameter's shape, by which its elements are judged.

    Formula: mask = 0 at the smallest |importance_scores|, else 1
    Shapes: mask as the parameter.
    Dtypes: those of the parameter.
    Raises: ValueError if there is no such parameter, or for scores of another shape; TypeError or ValueError if amount
        is neither a fraction nor a count.
    Source: Han et al. 2015, "Learning both Weights and Connections for Efficient Neural Networks"; PyTorch's
        `torch.nn.utils.prune.l1_unstructured`.

    >>> import autograd_core as ag, nn
    >>> from nn.utils import prune
    >>> layer = prune.l1_unstructured(nn.Linear(2, 3), "bias", 1, importance_scores=ag.tensor([3.0, 1.0, 2.0]))
    >>> layer.bias_mask
    tensor([1., 0., 1.])
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: float, dim: int) -> Module:
    """Prune channels of a parameter at random; return the module.

    module, name: the parameter. amount: a fraction of them, in [0, 1], or their number. dim: the dimension of the channels.

    Formula: mask = 0 in random channels, else 1
    Shapes: mask as the parameter, which has two dimensions or more.
    Dtypes: those of the parameter.
    Raises: ValueError if there is no such parameter or it is a vector; TypeError or ValueError if amount is neither a
        fraction nor a count; IndexError if dim is out of range.
    Source: PyTorch's `torch.nn.utils.prune.random_structured`.

    >>> import nn
    >>> from nn.utils import prune
    >>> prune.random_structured(nn.Linear(2, 3), "weight", amount=1, dim=0).weight_mask.sum()
    tensor(4.)
    """
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module, name: str, amount: float, n: float | str, dim: int, importance_scores: Tensor | None = None
) -> Module:
    """Prune the channels of a parameter with the smallest norm; return the module.

    module, name: the parameter.
    amount: a fraction of them, in [0, 1], or their number.
    n: the order of the norm. dim: the dimension of the channels.
    importance_scores: a tensor of the parameter's shape, by which its channels are judged.

    Formula: mask = 0 in the channels of the smallest ‖importance_scores‖ₙ, else 1
    Shapes: mask as the parameter, which has two dimensions or more.
    Dtypes: those of the parameter.
    Raises: ValueError if there is no such parameter, it is a vector, or for scores of another shape; TypeError or
        ValueError if amount is neither a fraction nor a count; IndexError if dim is out of range.
    Source: PyTorch's `torch.nn.utils.prune.ln_structured`.

    >>> import autograd_core as ag, nn
    >>> from nn.utils import prune
    >>> scores = ag.tensor([[3.0, 4.0], [1.0, 1.0]])
    >>> prune.ln_structured(nn.Linear(2, 2), "weight", 1, n=2, dim=0, importance_scores=scores).weight_mask
    tensor([[1., 1.],
            [0., 0.]])
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: float,
) -> None:
    """Prune several parameters together, as if they were one vector.

    parameters: pairs (module, name).
    pruning_method: a class with PRUNING_TYPE "unstructured", whose arguments are kwargs, such as amount.
    importance_scores: {(module, name): scores}, by which the elements are judged.

    Formula: mask = 0 at the elements that pruning_method chooses of all parameters together, else 1
    Shapes: masks as the parameters.
    Dtypes: those of the parameters.
    Raises: TypeError if parameters cannot be iterated, importance_scores is no dictionary, or for another PRUNING_TYPE;
        ValueError for scores of another shape.
    Source: PyTorch's `torch.nn.utils.prune.global_unstructured`.

    >>> import nn
    >>> from nn.utils import prune
    >>> net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 1))
    >>> prune.global_unstructured([(net[0], "weight"), (net[1], "weight")], prune.L1Unstructured, amount=0.5)
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
    tensors = [getattr(module, name) for module, name in pairs]
    chosen = importance_scores or {}
    scores = [_scores(chosen.get(pair), x, f"parameter {pair[1]}") for pair, x in zip(pairs, tensors, strict=True)]
    masks = [
        getattr(module, f"{name}_mask") if _hook(module, name) else ag.ones_like(x)
        for (module, name), x in zip(pairs, tensors, strict=True)
    ]
    method._tensor_name = ""
    with no_grad():
        mask: Any = PruningContainer(method).compute_mask(parameters_to_vector(scores), parameters_to_vector(masks))
    at = 0
    for (module, name), x in zip(pairs, tensors, strict=True):
        custom_from_mask(module, name, mask[at : at + x.array.size].reshape(x.shape))
        at += x.array.size


def custom_from_mask(module: Module, name: str, mask: Tensor | np.ndarray) -> Module:
    """Prune a parameter where a mask is 0; return the module.

    module, name: the parameter. mask: a tensor of its shape.

    Formula: parameter = mask · original
    Shapes: mask as the parameter.
    Dtypes: those of the parameter.
    Raises: ValueError if there is no such parameter, or the mask has another shape.
    Source: PyTorch's `torch.nn.utils.prune.custom_from_mask`.

    >>> import autograd_core as ag, nn
    >>> from nn.utils import prune
    >>> prune.custom_from_mask(nn.Linear(2, 2), "bias", ag.tensor([1, 0])).bias_mask
    tensor([1., 0.])
    """
    CustomFromMask.apply(module, name, mask)
    return module


def remove(module: Module, name: str) -> Module:
    """Make a pruned parameter an ordinary one again; what was pruned stays zero. Return the module.

    module, name: the parameter.

    Formula: parameter ← mask · original, once
    Shapes: those of the parameter.
    Dtypes: those of the parameter.
    Raises: ValueError if it is not pruned.
    Source: PyTorch's `torch.nn.utils.prune.remove`.

    >>> import nn
    >>> from nn.utils import prune
    >>> layer = prune.remove(prune.random_unstructured(nn.Linear(2, 2), "bias", 1), "bias")
    >>> list(layer.state_dict()), (layer.bias == 0).sum()
    (['weight', 'bias'], tensor(1))
    """
    found = _hook(module, name)
    if found is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    key, method = found
    method.remove(module)
    del module._forward_pre_hooks[key]
    return module


def is_pruned(module: Module) -> bool:
    """Return whether a parameter of a module, or of one below, is pruned.

    module: the module.

    Formula: ∃ pruned parameter
    Shapes: none.
    Dtypes: bool.
    Raises: nothing.
    Source: PyTorch's `torch.nn.utils.prune.is_pruned`.

    >>> import nn
    >>> from nn.utils import prune
    >>> prune.is_pruned(nn.Sequential(prune.identity(nn.Linear(2, 2), "bias")))
    True
    """
    return any(
        isinstance(hook, BasePruningMethod) for part in module.modules() for hook in part._forward_pre_hooks.values()
    )
