"""The pruning methods: which elements or channels of a tensor get the mask 0."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core.engine.tensor import Tensor

from .base import BasePruningMethod, dimension


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
        dim = dimension(t, self.dim)
        smallest = np.argsort(self.measure(t, dim).array, kind="stable")[: self.count(t.shape[dim])]
        mask = default_mask.array.astype(t.dtype)
        np.moveaxis(mask, dim, 0)[smallest] = 0
        return ag.from_numpy(mask)


class RandomStructured(_Structured):
    """Prunes channels at random.

    amount: a fraction of them, in [0, 1], or their number.
    dim: the dimension of the channels.

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

    amount: a fraction of them, in [0, 1], or their number.
    n: the order of the norm.
    dim: the dimension of the channels.

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
