"""Transformations of functions: derivatives and batching, with `torch.func`'s signatures, nested to any order.

A function takes tensors or NumPy arrays, or dictionaries, lists and tuples of them; what goes in as NumPy arrays (or
Python floats, taken as float64) comes back as such. Here are whole Jacobians and what works on modules; the
products with a Jacobian that they are made of are in transforms/derivatives.py, the batching in transforms/vmap.py.
"""

from __future__ import annotations

from .transforms.derivatives import (
    grad,
    grad_and_value,
    hvp,
    jvp,
    linearize,
    value_and_grad,
    vjp,
)
from .transforms.jacobians import hessian, jacfwd, jacrev
from .transforms.modules import functional_call, stack_module_state
from .transforms.vmap import vmap

__all__ = [
    "functional_call", "grad", "grad_and_value", "hessian", "hvp", "jacfwd", "jacrev", "jvp", "linearize",
    "stack_module_state", "value_and_grad", "vjp", "vmap",
]  # fmt: skip
