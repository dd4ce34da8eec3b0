"""Functions of the package that PyTorch has beside methods of tensors: `ag.detach(x)` for `x.detach()`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..engine import basics
from ..engine.docstrings import documented
from ..engine.operands import is_traced
from ..engine.tensor import Tensor, describe
from ..engine.writes import rewrite
from ..ops.arguments import array_operand
from ..ops.indexing.slices import index_put
from ..ops.shape.padding import pad as padded
from ..ops.shape.shape import split
from ..ops.shape.split import chunk
from . import methods

if TYPE_CHECKING:
    from ..engine.types import TensorLike

_KEPT = {"Shapes": "(*) → (*).", "Dtypes": "any, kept."}
_OVERWRITES = "TypeError if input is no tensor; RuntimeError if it is a leaf that requires a gradient"


def _tensor(input: Any, name: str) -> Any:
    if not is_traced(input):
        raise TypeError(f"{name}: needs a tensor, got {describe(input)}; use ag.tensor(…)")
    return input


@documented(**_KEPT, Raises="TypeError if input is no tensor.", Source="PyTorch's `Tensor.detach`.")
def detach(input: Tensor) -> Tensor:
    """Return the same memory as a tensor without a history: operations on it are not recorded.

    A write to `input` or to the result is seen by both.

    Formula: out = input, ∂out/∂input = 0
    >>> x = ag.ones(2, requires_grad=True)
    >>> ag.detach(x).requires_grad
    False
    """
    return _tensor(input, "detach").detach()


@documented(**_KEPT, Raises="TypeError if input is no tensor; RuntimeError for a view, whose base has the history.")
def detach_(input: Tensor) -> Tensor:
    """Forget the history of `input`, which is returned.

    Formula: out = input, ∂out/∂(what input was computed from) = 0
    Source: PyTorch's `Tensor.detach_`.
    >>> x = ag.ones(2, requires_grad=True) * 2
    >>> ag.detach_(x).requires_grad
    False
    """
    return _tensor(input, "detach_").detach_()


@documented(
    **_KEPT,
    Raises="TypeError if input is no tensor or array; OverflowError for a value outside of a dtype of integers; ValueError\n"
    "    for a value of several elements.",
)
def fill(input: TensorLike, value: TensorLike) -> Tensor:
    """Return a tensor of the shape and dtype of `input` that has one `value` everywhere.

    The gradient goes to `value`, if that is a tensor; that of `input` is 0.

    Formula: out[i] = value
    Source: PyTorch's `torch.fill`.
    fill([1.0, 2.0], 7) → [7., 7.]
    """
    x = array_operand(input, "fill")
    _check_one("fill", value)
    return methods.fill_(basics.clone(x), value)


@documented(
    **_KEPT,
    Raises=_OVERWRITES
    + ";\n    OverflowError for a value outside of a dtype of integers; ValueError for several values.",
)
def fill_(input: Tensor, value: TensorLike) -> Tensor:
    """Write one `value` into all elements of `input`, which is returned; the change is recorded.

    Formula: input[i] ← value
    Source: PyTorch's `Tensor.fill_`.
    fill_([1.0, 2.0], 7) → [7., 7.]
    """
    x = _tensor(input, "fill_")
    _check_one("fill_", value)
    return methods.fill_(x, value)


def _check_one(name: str, value: Any) -> None:
    if getattr(value, "ndim", 0):
        raise ValueError(f"{name}: value must be a number or a 0-d tensor, got {describe(value)}; use x.copy_(value)")


@documented(**_KEPT, Raises=_OVERWRITES + ".")
def zero_(input: Tensor) -> Tensor:
    """Write zeros into `input`, which is returned; the change is recorded.

    Formula: input[i] ← 0
    Source: PyTorch's `Tensor.zero_`.
    zero_([1.0, 2.0]) → [0., 0.]
    """
    return methods.zero_(_tensor(input, "zero_"))


@documented(**_KEPT, Raises="as `index_put`; " + _OVERWRITES + ".")
def index_put_(
    input: Tensor, indices: Sequence[TensorLike | None], values: TensorLike, accumulate: bool = False
) -> Tensor:
    """Write `values` at input[indices], or add them with `accumulate`: `index_put` over `input`, which is returned.

    Formula: input[indices[0][k], indices[1][k], …] ← values[k], or += with accumulate
    Source: PyTorch's `Tensor.index_put_`.
    >>> ag.index_put_(ag.zeros(3), (ag.tensor([0, 0]),), ag.tensor([1.0, 2.0]), accumulate=True)
    tensor([3., 0., 0.])
    """
    return rewrite(_tensor(input, "index_put_"), index_put, indices, values, accumulate, name="index_put_")


@documented(
    Shapes="(*, L, *) → a tuple of (*, sizeₖ, *).",
    Dtypes="any, kept.",
    Raises="ValueError if the sizes do not add up to L, or one is negative; IndexError if dim is out of range.",
    Source="PyTorch's `Tensor.split_with_sizes`.",
)
def split_with_sizes(input: TensorLike, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Cut `input` into pieces of the sizes `split_sizes` along `dim`; they are views.

    Formula: out[k] = the elements from Σ_{j<k} sizeⱼ to Σ_{j≤k} sizeⱼ along dim
    >>> ag.split_with_sizes(ag.tensor([1.0, 2.0, 3.0]), [1, 2])
    (tensor([1.]), tensor([2., 3.]))
    """
    return split(input, list(split_sizes), dim)


@documented(
    Shapes="(*, L) → (*, before + L + after).",
    Dtypes="any, kept.",
    Raises="as `pad` does with mode 'constant'.",
    Source="PyTorch's `torch.constant_pad_nd`.",
)
def constant_pad_nd(input: TensorLike, pad: Sequence[int], value: float = 0) -> Tensor:
    """Add elements of one `value` at the ends of the last dimensions: `ag.pad` with mode "constant".

    `pad` is (before, after) of the last dimension, then of the one before it, and so on.

    Formula: out[…, i] = input[…, i − before] inside, value outside
    constant_pad_nd([1.0, 2.0], (1, 0), 5.0) → [5., 1., 2.]
    """
    return padded(input, pad, "constant", value)


@documented(Shapes="(*) → ().", Dtypes="any → a Python int.", Raises="TypeError if input is no tensor.")
def get_device(input: Tensor) -> int:
    """Return the number of the GPU of `input`: −1, as all tensors are in main memory.

    Formula: out = −1
    Source: PyTorch's `Tensor.get_device`.
    get_device([1.0]) → -1
    """
    return methods.get_device(_tensor(input, "get_device"))


@documented(Shapes="(*) → ().", Dtypes="any → a Python bool.", Raises="TypeError if input is no tensor.")
def is_inference(input: Tensor) -> bool:
    """Return False: what is computed from `input` may always be recorded, also if it was made in `inference_mode`.

    Formula: out = False
    Source: PyTorch's `Tensor.is_inference`, which is True there for tensors made in that mode.
    is_inference([1.0]) → False
    """
    _tensor(input, "is_inference")
    return False


@documented(
    Shapes="(*, L, *) → a tuple of (*, split_size, *), the last one with what is left.",
    Dtypes="any, kept.",
    Raises="as `split`.",
    Source="PyTorch's `torch.unsafe_split`.",
)
def unsafe_split(input: TensorLike, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut `input` into pieces of `split_size` along `dim`: `ag.split`, whose pieces may always be written to.

    Formula: out[k] = the elements from k · split_size to (k + 1) · split_size along dim
    >>> ag.unsafe_split(ag.tensor([1.0, 2.0, 3.0]), 2)
    (tensor([1., 2.]), tensor([3.]))
    """
    return split(input, split_size, dim)


@documented(
    Shapes="(*, L, *) → a tuple of (*, ⌈L / chunks⌉, *), the last one with what is left.",
    Dtypes="any, kept.",
    Raises="as `chunk`.",
    Source="PyTorch's `torch.unsafe_chunk`.",
)
def unsafe_chunk(input: TensorLike, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Cut `input` into `chunks` pieces along `dim`: `ag.chunk`, whose pieces may always be written to.

    Formula: out[k] = the elements from k ⌈L / chunks⌉ to (k + 1) ⌈L / chunks⌉ along dim
    >>> ag.unsafe_chunk(ag.tensor([1.0, 2.0, 3.0]), 2)
    (tensor([1., 2.]), tensor([3.]))
    """
    return chunk(input, chunks, dim)


unsafe_split_with_sizes = split_with_sizes


# A line an operation: the names under which it is found (interface/table.py).
NAMES = """
ag.detach
ag.detach_
ag.fill
ag.fill_
ag.zero_
ag.index_put_
ag.split_with_sizes
ag.unsafe_split
ag.unsafe_chunk
ag.unsafe_split_with_sizes
ag.constant_pad_nd
ag.get_device
ag.is_inference
"""
