"""All parameters of a model as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from autograd_core.engine.tensor import Tensor, describe
from autograd_core.engine.versions import written
from autograd_core.ops.shape.shape import cat, reshape


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Join the elements of parameters in one vector, differentiably.

    parameters: the tensors, in order.

    Formula: out = (p₁[0], p₁[1], …, p₂[0], …), each parameter row by row
    Shapes: N tensors (*) → (the number of all elements,).
    Dtypes: the parameters' common dtype.
    Raises: ValueError if there is none; TypeError if one holds no numbers.
    Source: PyTorch's `torch.nn.utils.parameters_to_vector`.

    >>> import autograd_core as ag, nn.utils
    >>> nn.utils.parameters_to_vector([ag.ones(2), ag.zeros(1, 2)])
    tensor([1., 1., 0., 0.])
    """
    return cat([reshape(p, (-1,)) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write the elements of a vector into parameters, in their order.

    vec: the vector.
    parameters: the tensors.

    Formula: (p₁[0], p₁[1], …, p₂[0], …) ← vec
    Shapes: vec (the number of all elements,), parameters (*).
    Dtypes: that of each parameter stays.
    Raises: TypeError unless vec is a tensor; ValueError unless it has as many elements as the parameters together.
    Source: PyTorch's `torch.nn.utils.vector_to_parameters`.

    >>> import autograd_core as ag, nn.utils
    >>> p = ag.zeros(1, 2)
    >>> nn.utils.vector_to_parameters(ag.tensor([5.0, 6.0]), [p])
    >>> p
    tensor([[5., 6.]])
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: expected a Tensor, but got {describe(vec)}")
    listed = list(parameters)
    total = sum(p.array.size for p in listed)
    if vec.shape != (total,):
        raise ValueError(
            f"vector_to_parameters: the vector has shape {tuple(vec.shape)}, but the {len(listed)} parameters have "
            f"{total} elements; give a vector of shape ({total},)"
        )
    at = 0
    for p in listed:
        p.array[...] = vec.array[at : at + p.array.size].reshape(p.shape)
        written(p.array)
        at += p.array.size
