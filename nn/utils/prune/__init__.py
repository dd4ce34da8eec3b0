"""Pruning: setting parameters to zero for good, by a mask (the interface of `torch.nn.utils.prune`).

Pruning `weight` moves the parameter to `weight_orig`, keeps the mask as the buffer `weight_mask`, and lets a hook assign
`weight = weight_mask * weight_orig` before each call of the module. Pruning again goes on with what is left.
"""

from .base import BasePruningMethod, PruningContainer
from .functions import (
    custom_from_mask,
    global_unstructured,
    identity,
    is_pruned,
    l1_unstructured,
    ln_structured,
    random_structured,
    random_unstructured,
    remove,
)
from .methods import CustomFromMask, Identity, L1Unstructured, LnStructured, RandomStructured, RandomUnstructured

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
