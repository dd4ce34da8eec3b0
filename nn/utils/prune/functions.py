"""Pruning the parameters of modules, each function by a method of `methods`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor

from ...module import Module
from ..convert import parameters_to_vector
from .base import BasePruningMethod, PruningContainer, pruning_of, scores_for
from .methods import CustomFromMask, Identity, L1Unstructured, LnStructured, RandomStructured, RandomUnstructured


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

    module, name: the parameter.
    amount: a fraction of them, in [0, 1], or their number.
    dim: the dimension of the channels.

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
    n: the order of the norm.
    dim: the dimension of the channels.
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
    scores = [scores_for(chosen.get(pair), x, f"parameter {pair[1]}") for pair, x in zip(pairs, tensors, strict=True)]
    masks = [
        getattr(module, f"{name}_mask") if pruning_of(module, name) else ag.ones_like(x)
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

    module, name: the parameter.
    mask: a tensor of its shape.

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
    pruning = pruning_of(module, name)
    if pruning is None:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    key, method = pruning
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
