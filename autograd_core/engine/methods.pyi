# The operations as methods of Tensor. Written by `python -m tests.stubs` from the functions: change those.
from autograd_core.engine.device import device
from autograd_core.engine.generator import Generator
from autograd_core.engine.memory_format import MemoryFormat
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device
from autograd_core.engine.types import Dims
from autograd_core.engine.types import TensorLike
from autograd_core.ops.linalg import decompositions
from autograd_core.ops.linalg import determinant
from autograd_core.ops.linalg.aliases import SVDResult
from autograd_core.ops.linalg.aliases import TriangularSolveResult
from autograd_core.ops.linalg.householder import GeqrfResult
from autograd_core.ops.reduction.extremes import AMinMax
from autograd_core.ops.reduction.histogram import Histogram
from autograd_core.ops.reduction.scan import CumMax
from autograd_core.ops.reduction.scan import CumMin
from autograd_core.ops.reduction.sort import KthValue
from autograd_core.ops.reduction.sort import Max
from autograd_core.ops.reduction.sort import Median
from autograd_core.ops.reduction.sort import Min
from autograd_core.ops.reduction.sort import Mode
from autograd_core.ops.reduction.sort import NanMedian
from autograd_core.ops.reduction.sort import Sort
from autograd_core.ops.reduction.sort import TopK
from builtins import bool as _bool
from builtins import complex as _complex
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from builtins import tuple as _tuple
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from numpy import ndarray
from numpy.typing import ArrayLike
from numpy.typing import DTypeLike
from typing import Any
from typing import Literal
from typing import NoReturn
from typing import overload
import builtins

class Methods:
    @property
    def H(self) -> Tensor:
        """The conjugate transpose of a matrix."""

    @property
    def T(self) -> Tensor:
        """The dimensions in reverse order, as a view."""

    def __abs__(self) -> Tensor: ...
    def __add__(self, other: TensorLike) -> Tensor: ...
    def __and__(self, other: TensorLike) -> Tensor: ...
    def __contains__(self, value: object) -> _bool: ...
    def __divmod__(self, other: TensorLike) -> _tuple[Tensor, Tensor]: ...
    def __dlpack__(self, **options: Any) -> Any: ...
    def __dlpack_device__(self) -> _tuple[_int, _int]: ...
    def __eq__(self, other: TensorLike) -> Tensor:  # type: ignore[override]
        ...
    def __floordiv__(self, other: TensorLike) -> Tensor: ...
    def __ge__(self, other: TensorLike) -> Tensor: ...
    def __getitem__(self, index: Any) -> Tensor: ...
    def __gt__(self, other: TensorLike) -> Tensor: ...
    def __iadd__(self, other: TensorLike) -> Tensor: ...
    def __iand__(self, other: TensorLike) -> Tensor: ...
    def __ifloordiv__(self, other: TensorLike) -> Tensor: ...
    def __ilshift__(self, other: TensorLike) -> Tensor: ...
    def __imod__(self, other: TensorLike) -> Tensor: ...
    def __imul__(self, other: TensorLike) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __ior__(self, other: TensorLike) -> Tensor: ...
    def __ipow__(self, other: TensorLike) -> Tensor: ...
    def __irshift__(self, other: TensorLike) -> Tensor: ...
    def __isub__(self, other: TensorLike) -> Tensor: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __itruediv__(self, other: TensorLike) -> Tensor: ...
    def __ixor__(self, other: TensorLike) -> Tensor: ...
    def __le__(self, other: TensorLike) -> Tensor: ...
    def __lshift__(self, other: TensorLike) -> Tensor: ...
    def __lt__(self, other: TensorLike) -> Tensor: ...
    def __matmul__(self, other: TensorLike) -> Tensor: ...
    def __mod__(self, other: TensorLike) -> Tensor: ...
    def __mul__(self, other: TensorLike) -> Tensor: ...
    def __ne__(self, other: TensorLike) -> Tensor:  # type: ignore[override]
        ...
    def __neg__(self) -> Tensor: ...
    def __or__(self, other: TensorLike) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __pow__(self, other: TensorLike) -> Tensor: ...
    def __radd__(self, other: TensorLike) -> Tensor: ...
    def __rand__(self, other: TensorLike) -> Tensor: ...
    def __rdivmod__(self, other: TensorLike) -> _tuple[Tensor, Tensor]: ...
    def __rfloordiv__(self, other: TensorLike) -> Tensor: ...
    def __rlshift__(self, other: TensorLike) -> Tensor: ...
    def __rmatmul__(self, other: TensorLike) -> Tensor: ...
    def __rmod__(self, other: TensorLike) -> Tensor: ...
    def __rmul__(self, other: TensorLike) -> Tensor: ...
    def __ror__(self, other: TensorLike) -> Tensor: ...
    def __rpow__(self, other: TensorLike) -> Tensor: ...
    def __rrshift__(self, other: TensorLike) -> Tensor: ...
    def __rshift__(self, other: TensorLike) -> Tensor: ...
    def __rsub__(self, other: TensorLike) -> Tensor: ...
    def __rtruediv__(self, other: TensorLike) -> Tensor: ...
    def __rxor__(self, other: TensorLike) -> Tensor: ...
    def __setitem__(self, index: Any, value: TensorLike) -> None: ...
    def __sub__(self, other: TensorLike) -> Tensor: ...
    def __truediv__(self, other: TensorLike) -> Tensor: ...
    def __xor__(self, other: TensorLike) -> Tensor: ...
    def _repr_html_(self) -> Tensor:
        """What a notebook shows of a tensor."""

    def abs(self) -> Tensor:
        """Compute the absolute value of each element."""

    def abs_(self) -> Tensor:
        """`abs` in place: the result takes x's memory, and the change is recorded."""

    def absolute(self) -> Tensor:
        """Compute the absolute value of each element."""

    def absolute_(self) -> Tensor:
        """`abs` in place: the result takes x's memory, and the change is recorded."""

    def acos(self) -> Tensor:
        """Compute the angle whose cosine each element is, in radians."""

    def acos_(self) -> Tensor:
        """`acos` in place: the result takes x's memory, and the change is recorded."""

    def acosh(self) -> Tensor:
        """Compute the non-negative number whose hyperbolic cosine each element is."""

    def acosh_(self) -> Tensor:
        """`acosh` in place: the result takes x's memory, and the change is recorded."""

    def add(self, other: TensorLike, *, alpha: _complex = ...) -> Tensor:
        """Add `other`, multiplied by the number `alpha`, to `input`, elementwise."""

    def add_(self, other: TensorLike, *, alpha: _complex = ...) -> Tensor:
        """`add` in place: the result takes x's memory, and the change is recorded."""

    def addbmm(self, batch1: TensorLike, batch2: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
        """Add a multiple of the sum of the products of two stacks, `batch1` and `batch2`, to a multiple of `input`."""

    def addbmm_(self, batch1: TensorLike, batch2: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
        """`addbmm` in place: the result takes x's memory, and the change is recorded."""

    def addcdiv(self, tensor1: TensorLike, tensor2: TensorLike, *, value: _complex = ...) -> Tensor:
        """Add the quotient of two tensors, multiplied by the number `value`, to a third, elementwise."""

    def addcdiv_(self, tensor1: TensorLike, tensor2: TensorLike, *, value: _complex = ...) -> Tensor:
        """`addcdiv` in place: the result takes x's memory, and the change is recorded."""

    def addcmul(self, tensor1: TensorLike, tensor2: TensorLike, *, value: _complex = ...) -> Tensor:
        """Add the product of two tensors, multiplied by the number `value`, to a third, elementwise."""

    def addcmul_(self, tensor1: TensorLike, tensor2: TensorLike, *, value: _complex = ...) -> Tensor:
        """`addcmul` in place: the result takes x's memory, and the change is recorded."""

    def addmm(self, mat1: TensorLike, mat2: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
        """Add a multiple of the product of two matrices, `mat1` and `mat2`, to a multiple of `input`."""

    def addmm_(self, mat1: TensorLike, mat2: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
        """`addmm` in place: the result takes x's memory, and the change is recorded."""

    def addmv(self, mat: TensorLike, vec: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
        """Add a multiple of the product of a matrix `mat` and a vector `vec` to a multiple of `input`."""

    def addmv_(self, mat: TensorLike, vec: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
        """`addmv` in place: the result takes x's memory, and the change is recorded."""

    def addr(self, vec1: TensorLike, vec2: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
        """Add a multiple of the outer product of two vectors, `vec1` and `vec2`, to a multiple of `input`."""

    def addr_(self, vec1: TensorLike, vec2: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
        """`addr` in place: the result takes x's memory, and the change is recorded."""

    def adjoint(self) -> Tensor:
        """Return the conjugate transpose of each matrix in the last two dimensions."""

    def all(self, dim: Dims = ..., keepdim: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Return whether all elements over `dim` are true, that is, not 0."""

    def allclose(self, other: TensorLike, rtol: _float = ..., atol: _float = ..., equal_nan: _bool = ...) -> _bool:
        """Test whether all elements of `input` are close to those of `other`."""

    def amax(self, dim: Dims = ..., keepdim: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Return the largest element over `dim`, or of all elements; NaN if there is one."""

    def amin(self, dim: Dims = ..., keepdim: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Return the smallest element over `dim`, or of all elements; NaN if there is one."""

    def aminmax(self, *, dim: Dims = ..., keepdim: _bool = ..., axis: Dims = ..., keepdims: _bool = ...) -> AMinMax:
        """Return the smallest and the largest element over `dim`, as a named tuple (min, max)."""

    def angle(self) -> Tensor:
        """Compute the angle of each number in the complex plane, in radians."""

    def any(self, dim: Dims = ..., keepdim: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Return whether any element over `dim` is true, that is, not 0."""

    def apply_(self, callable: Callable[[Any], Any]) -> Tensor:
        """Replace every value v by callable(v), a Python call each. Not recorded; the tensor must not require a gradient."""

    def arccos(self) -> Tensor:
        """Compute the angle whose cosine each element is, in radians."""

    def arccos_(self) -> Tensor:
        """`acos` in place: the result takes x's memory, and the change is recorded."""

    def arccosh(self) -> Tensor:
        """Compute the non-negative number whose hyperbolic cosine each element is."""

    def arccosh_(self) -> Tensor:
        """`acosh` in place: the result takes x's memory, and the change is recorded."""

    def arcsin(self) -> Tensor:
        """Compute the angle whose sine each element is, in radians."""

    def arcsin_(self) -> Tensor:
        """`asin` in place: the result takes x's memory, and the change is recorded."""

    def arcsinh(self) -> Tensor:
        """Compute the number whose hyperbolic sine each element is."""

    def arcsinh_(self) -> Tensor:
        """`asinh` in place: the result takes x's memory, and the change is recorded."""

    def arctan(self) -> Tensor:
        """Compute the angle whose tangent each element is, in radians."""

    def arctan2(self, other: TensorLike) -> Tensor:
        """Compute the angle of the point (other, input), in radians."""

    def arctan2_(self, other: TensorLike) -> Tensor:
        """`atan2` in place: the result takes x's memory, and the change is recorded."""

    def arctan_(self) -> Tensor:
        """`atan` in place: the result takes x's memory, and the change is recorded."""

    def arctanh(self) -> Tensor:
        """Compute the number whose hyperbolic tangent each element is."""

    def arctanh_(self) -> Tensor:
        """`atanh` in place: the result takes x's memory, and the change is recorded."""

    def argmax(
        self, dim: _int | None = ..., keepdim: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """Return the index of the largest element along `dim`, the first of equal ones."""

    def argmin(
        self, dim: _int | None = ..., keepdim: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """Return the index of the smallest element along `dim`, the first of equal ones."""

    def argsort(
        self, dim: _int = ..., descending: _bool = ..., stable: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """Return the indices that put the elements in order along `dim`."""

    def argwhere(self) -> Tensor:
        """Return the indices of the elements that are not 0, a row each."""

    def as_strided(
        self, size: _int | Sequence[_int], stride: _int | Sequence[_int], storage_offset: _int | None = ...
    ) -> Tensor:
        """Return a view of the memory of `input` with the given sizes, strides and offset, counted in elements."""

    def as_strided_(
        self, size: _int | Sequence[_int], stride: _int | Sequence[_int], storage_offset: _int | None = ...
    ) -> Tensor:
        """`as_strided` in place: x itself becomes that view of its memory."""

    def as_strided_scatter(
        self,
        src: TensorLike,
        size: _int | Sequence[_int],
        stride: _int | Sequence[_int],
        storage_offset: _int | None = ...,
    ) -> Tensor:
        """Return a copy of `input` in which the elements that `as_strided` of the same arguments sees are those of `src`."""

    def asin(self) -> Tensor:
        """Compute the angle whose sine each element is, in radians."""

    def asin_(self) -> Tensor:
        """`asin` in place: the result takes x's memory, and the change is recorded."""

    def asinh(self) -> Tensor:
        """Compute the number whose hyperbolic sine each element is."""

    def asinh_(self) -> Tensor:
        """`asinh` in place: the result takes x's memory, and the change is recorded."""

    def astype(self, dtype: DTypeLike) -> Tensor:
        """Convert to `dtype`: NumPy's name of `to`."""

    def atan(self) -> Tensor:
        """Compute the angle whose tangent each element is, in radians."""

    def atan2(self, other: TensorLike) -> Tensor:
        """Compute the angle of the point (other, input), in radians."""

    def atan2_(self, other: TensorLike) -> Tensor:
        """`atan2` in place: the result takes x's memory, and the change is recorded."""

    def atan_(self) -> Tensor:
        """`atan` in place: the result takes x's memory, and the change is recorded."""

    def atanh(self) -> Tensor:
        """Compute the number whose hyperbolic tangent each element is."""

    def atanh_(self) -> Tensor:
        """`atanh` in place: the result takes x's memory, and the change is recorded."""

    def backward(
        self,
        gradient: TensorLike | None = ...,
        retain_graph: _bool | None = ...,
        create_graph: _bool = ...,
        inputs: Tensor | Sequence[Tensor] | None = ...,
    ) -> None:
        """Add the derivative of this tensor to `.grad` of the leaves it was computed from; see `ag.backward`."""

    def baddbmm(self, batch1: TensorLike, batch2: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
        """Add a multiple of the products of two stacks, `batch1` and `batch2`, to a multiple of `input`."""

    def baddbmm_(self, batch1: TensorLike, batch2: TensorLike, *, beta: _float = ..., alpha: _float = ...) -> Tensor:
        """`baddbmm` in place: the result takes x's memory, and the change is recorded."""

    def bernoulli(self, p: _float | None = ..., *, generator: Generator | None = ...) -> Tensor:
        """Draw 0 or 1 with the probabilities in `input`, or `p` for all elements."""

    def bernoulli_(self, p: _float | Tensor = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill the tensor with 1, with probability p (a number or a tensor), and 0."""

    def bincount(self, weights: TensorLike | None = ..., minlength: _int = ...) -> Tensor:
        """Return how often each of 0, 1, … occurs in a vector, or the sum of its `weights`."""

    def bitwise_and(self, other: TensorLike) -> Tensor:
        """Compute the and of the bits of two integers, or of two booleans, elementwise."""

    def bitwise_and_(self, other: TensorLike) -> Tensor:
        """`bitwise_and` in place: the result takes x's memory, and the change is recorded."""

    def bitwise_left_shift(self, other: TensorLike) -> Tensor:
        """Shift the bits of each integer to the left, elementwise."""

    def bitwise_left_shift_(self, other: TensorLike) -> Tensor:
        """`bitwise_left_shift` in place: the result takes x's memory, and the change is recorded."""

    def bitwise_not(self) -> Tensor:
        """Invert the bits of each integer, or each boolean."""

    def bitwise_not_(self) -> Tensor:
        """`bitwise_not` in place: the result takes x's memory, and the change is recorded."""

    def bitwise_or(self, other: TensorLike) -> Tensor:
        """Compute the or of the bits of two integers, or of two booleans, elementwise."""

    def bitwise_or_(self, other: TensorLike) -> Tensor:
        """`bitwise_or` in place: the result takes x's memory, and the change is recorded."""

    def bitwise_right_shift(self, other: TensorLike) -> Tensor:
        """Shift the bits of each integer to the right, elementwise."""

    def bitwise_right_shift_(self, other: TensorLike) -> Tensor:
        """`bitwise_right_shift` in place: the result takes x's memory, and the change is recorded."""

    def bitwise_xor(self, other: TensorLike) -> Tensor:
        """Compute the exclusive or of the bits of two integers, or of two booleans, elementwise."""

    def bitwise_xor_(self, other: TensorLike) -> Tensor:
        """`bitwise_xor` in place: the result takes x's memory, and the change is recorded."""

    def bmm(self, mat2: TensorLike) -> Tensor:
        """Multiply the matrices of two equally long stacks pair by pair; `input` and `mat2` do not broadcast."""

    def bool(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to bool; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def broadcast_to(self, shape: Sequence[_int]) -> Tensor:
        """Repeat `input`, without copying, along new leading dimensions and those of size 1, to get `shape`."""

    def byte(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to uint8; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def cauchy_(self, median: _float = ..., sigma: _float = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill the tensor with Cauchy numbers."""

    def cdouble(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to complex128; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def ceil(self) -> Tensor:
        """Round each element up."""

    def ceil_(self) -> Tensor:
        """`ceil` in place: the result takes x's memory, and the change is recorded."""

    def cfloat(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to complex64; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def char(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to int8; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def cholesky(self, upper: _bool = ...) -> Tensor:
        """Compute the Cholesky factor of each positive definite matrix of `input`: `linalg.cholesky`."""

    def cholesky_inverse(self, upper: _bool = ...) -> Tensor:
        """Compute the inverse of a positive definite matrix from its Cholesky factor `L`, or U = Lᴴ if `upper`."""

    def cholesky_solve(self, L: TensorLike, upper: _bool = ...) -> Tensor:
        """Solve linear systems from the Cholesky factor of their matrix, `L`, or U = Lᴴ if `upper`."""

    def chunk(self, chunks: _int, dim: _int = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> _tuple[Tensor, ...]:
        """Split a tensor along `dim` into at most `chunks` views of equal size, the last possibly smaller."""

    def clamp(self, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
        """Limit `input` to the range from `min` to `max`, elementwise."""

    def clamp_(self, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
        """`clamp` in place: the result takes x's memory, and the change is recorded."""

    def clamp_max(self, max: TensorLike) -> Tensor:
        """Replace what is greater than `max` by max, elementwise; see `clamp`."""

    def clamp_max_(self, max: TensorLike) -> Tensor:
        """`clamp_max` in place: the result takes x's memory, and the change is recorded."""

    def clamp_min(self, min: TensorLike) -> Tensor:
        """Replace what is smaller than `min` by min, elementwise; see `clamp`."""

    def clamp_min_(self, min: TensorLike) -> Tensor:
        """`clamp_min` in place: the result takes x's memory, and the change is recorded."""

    def clip(self, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
        """Limit `input` to the range from `min` to `max`, elementwise."""

    def clip_(self, min: TensorLike | None = ..., max: TensorLike | None = ...) -> Tensor:
        """`clamp` in place: the result takes x's memory, and the change is recorded."""

    def clone(self, *, memory_format: MemoryFormat = ...) -> Tensor:
        """Copy `input` to memory of its own; unlike that of `detach`, the copy has a gradient. `memory_format` changes no result."""

    def conj(self) -> Tensor:
        """Return the complex conjugate of each element; of a real tensor, the tensor itself."""

    def conj_physical(self) -> Tensor:
        """Compute the complex conjugate: `conj`, which always computes."""

    def conj_physical_(self) -> Tensor:
        """`conj_physical` in place: the result takes x's memory, and the change is recorded."""

    def const_data_ptr(self) -> _int:
        """Return the address of the first element."""

    def contiguous(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Return the tensor itself if its elements lie in row-major order, else a copy in that order."""

    def copy(self, *, memory_format: MemoryFormat = ...) -> Tensor:
        """Copy `input` to memory of its own; unlike that of `detach`, the copy has a gradient. `memory_format` changes no result."""

    def copy_(self, other: ArrayLike | Tensor, non_blocking: _bool = ...) -> Tensor:
        """Write the values of `other`, broadcast and converted, into the tensor; `non_blocking` is without effect."""

    def copysign(self, other: TensorLike) -> Tensor:
        """Give each element the sign of another one, also that of −0."""

    def copysign_(self, other: TensorLike) -> Tensor:
        """`copysign` in place: the result takes x's memory, and the change is recorded."""

    def corrcoef(self) -> Tensor:
        """Compute Pearson's correlation coefficients of the rows of `input`; of a single row or a vector, 1."""

    def cos(self) -> Tensor:
        """Compute the cosine of each element, an angle in radians."""

    def cos_(self) -> Tensor:
        """`cos` in place: the result takes x's memory, and the change is recorded."""

    def cosh(self) -> Tensor:
        """Compute the hyperbolic cosine of each element."""

    def cosh_(self) -> Tensor:
        """`cosh` in place: the result takes x's memory, and the change is recorded."""

    def count_nonzero(self, dim: Dims = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Return the number of elements over `dim` that are not 0."""

    def cov(
        self, *, correction: _int = ..., fweights: TensorLike | None = ..., aweights: TensorLike | None = ...
    ) -> Tensor:
        """Compute the covariance matrix of the rows of `input`; of a single row or a vector, its variance."""

    def cpu(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Return the tensor itself, as all tensors are in main memory; `memory_format` is without effect."""

    def cross(self, other: TensorLike, dim: _int | None = ...) -> Tensor:
        """Compute the vector product over a dimension of size 3, the others broadcasting."""

    def cuda(self, device: Any = ..., non_blocking: _bool = ..., memory_format: MemoryFormat = ...) -> NoReturn:
        """Raise RuntimeError, as there are no devices but the CPU."""

    def cummax(self, dim: _int, *, axis: Dims = ..., keepdims: _bool = ...) -> CumMax:
        """Return the largest element so far along `dim` and its index, as a named tuple (values, indices)."""

    def cummin(self, dim: _int, *, axis: Dims = ..., keepdims: _bool = ...) -> CumMin:
        """Return the smallest element so far along `dim` and its index, as a named tuple (values, indices)."""

    def cumprod(self, dim: _int, *, dtype: DTypeLike | None = ..., axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Compute the running product along `dim`."""

    def cumprod_(self, dim: _int, *, dtype: DTypeLike | None = ..., axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """`cumprod` in place: the result takes x's memory, and the change is recorded."""

    def cumsum(self, dim: _int, *, dtype: DTypeLike | None = ..., axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Compute the running sum along `dim`."""

    def cumsum_(self, dim: _int, *, dtype: DTypeLike | None = ..., axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """`cumsum` in place: the result takes x's memory, and the change is recorded."""

    def data_ptr(self) -> _int:
        """Return the address of the first element."""

    def deg2rad(self) -> Tensor:
        """Convert degrees to radians."""

    def deg2rad_(self) -> Tensor:
        """`deg2rad` in place: the result takes x's memory, and the change is recorded."""

    def det(self) -> Tensor:
        """Compute the determinant of each matrix of `input`: `linalg.det`."""

    @property
    def device(self) -> device:
        """Where the values are: device("cpu"), as all tensors are in main memory."""

    def diag(self, diagonal: _int = ...) -> Tensor:
        """Return the matrix with a vector on its diagonal, or a copy of the diagonal of a matrix."""

    def diag_embed(self, offset: _int = ..., dim1: _int = ..., dim2: _int = ...) -> Tensor:
        """Return zeros with the last dimension of `input` on a diagonal of two new dimensions."""

    def diagflat(self, offset: _int = ...) -> Tensor:
        """Return the matrix with all elements of `input` on its diagonal, zeros elsewhere."""

    def diagonal(self, offset: _int = ..., dim1: _int = ..., dim2: _int = ...) -> Tensor:
        """Return a diagonal of two dimensions, as a view with it along a new last dimension."""

    def diagonal_scatter(self, src: TensorLike, offset: _int = ..., dim1: _int = ..., dim2: _int = ...) -> Tensor:
        """Return a copy of `input` with a diagonal replaced by `src`."""

    def diff(
        self,
        n: _int = ...,
        dim: _int = ...,
        prepend: Tensor | ndarray | None = ...,
        append: Tensor | ndarray | None = ...,
        *,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the n-th differences along `dim`."""

    def digamma(self) -> Tensor:
        """Compute the digamma function, the derivative of log Γ, of each element."""

    def digamma_(self) -> Tensor:
        """`digamma` in place: the result takes x's memory, and the change is recorded."""

    def dim(self) -> _int:
        """Return the number of dimensions."""

    def dist(self, other: TensorLike, p: _float = ...) -> Tensor:
        """Compute the p-norm of the difference of two tensors."""

    def div(self, other: TensorLike, *, rounding_mode: Literal["floor", "trunc"] | None = ...) -> Tensor:
        """Divide `input` by `other`, elementwise."""

    def div_(self, other: TensorLike, *, rounding_mode: Literal["floor", "trunc"] | None = ...) -> Tensor:
        """`div` in place: the result takes x's memory, and the change is recorded."""

    def divide(self, other: TensorLike, *, rounding_mode: Literal["floor", "trunc"] | None = ...) -> Tensor:
        """Divide `input` by `other`, elementwise."""

    def divide_(self, other: TensorLike, *, rounding_mode: Literal["floor", "trunc"] | None = ...) -> Tensor:
        """`div` in place: the result takes x's memory, and the change is recorded."""

    def dot(self, tensor: TensorLike) -> Tensor:
        """Compute the sum of the products of two vectors, `input` and `tensor`."""

    def double(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to float64; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def dsplit(
        self,
        indices_or_sections: _int | Sequence[_int] | Tensor | ndarray | None = ...,
        *,
        sections: _int | None = ...,
        indices: Sequence[_int] | Tensor | ndarray | None = ...,
    ) -> _tuple[Tensor, ...]:
        """Split a tensor in depth, along the third dimension."""

    def element_size(self) -> _int:
        """Return the number of bytes of one element."""

    def eq(self, other: TensorLike) -> Tensor:
        """Test whether two numbers are equal, elementwise."""

    def eq_(self, other: TensorLike) -> Tensor:
        """`eq` in place: the result takes x's memory, and the change is recorded."""

    def equal(self, other: TensorLike) -> _bool:
        """Test whether `input` and `other` have the same shape and the same elements."""

    def erf(self) -> Tensor:
        """Compute the error function of each element."""

    def erf_(self) -> Tensor:
        """`erf` in place: the result takes x's memory, and the change is recorded."""

    def erfc(self) -> Tensor:
        """Compute the complementary error function, 1 − erf(x), exactly also where it is small."""

    def erfc_(self) -> Tensor:
        """`erfc` in place: the result takes x's memory, and the change is recorded."""

    def erfinv(self) -> Tensor:
        """Compute the number whose error function each element is."""

    def erfinv_(self) -> Tensor:
        """`erfinv` in place: the result takes x's memory, and the change is recorded."""

    def exp(self) -> Tensor:
        """Compute the exponential of each element."""

    def exp2(self) -> Tensor:
        """Compute 2 to the power of each element."""

    def exp2_(self) -> Tensor:
        """`exp2` in place: the result takes x's memory, and the change is recorded."""

    def exp_(self) -> Tensor:
        """`exp` in place: the result takes x's memory, and the change is recorded."""

    @overload
    def expand(self, size: Sequence[_int]) -> Tensor:
        """Return a view in which dimensions of size 1 are repeated up to `size`; −1 keeps a size."""
    @overload
    def expand(self, *size: _int) -> Tensor:
        """Return a view in which dimensions of size 1 are repeated up to `size`; −1 keeps a size."""

    def expand_as(self, other: Tensor) -> Tensor:
        """Return x.expand(other.shape), x the tensor and `other` another."""

    def expm1(self) -> Tensor:
        """Compute the exponential minus 1, exactly also where it is nearly 0."""

    def expm1_(self) -> Tensor:
        """`expm1` in place: the result takes x's memory, and the change is recorded."""

    def exponential_(self, lambd: _float = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill the tensor with exponential numbers of rate `lambd`."""

    def fill_(self, value: TensorLike) -> Tensor:
        """Write one `value` into all elements."""

    def fill_diagonal_(self, fill_value: TensorLike, wrap: _bool = ...) -> Tensor:
        """Write one value on the main diagonal, in place; with `wrap`, again after the end of a tall matrix."""

    def fix(self) -> Tensor:
        """Round each element towards 0."""

    def fix_(self) -> Tensor:
        """`trunc` in place: the result takes x's memory, and the change is recorded."""

    def flatten(self, start_dim: _int = ..., end_dim: _int = ...) -> Tensor:
        """Join the dimensions from `start_dim` to `end_dim` into one."""

    @overload
    def flip(self, dims: Sequence[_int]) -> Tensor:
        """Reverse the order of the elements along `dims`, in a copy, as in PyTorch."""
    @overload
    def flip(self, *dims: _int) -> Tensor:
        """Reverse the order of the elements along `dims`, in a copy, as in PyTorch."""

    def fliplr(self) -> Tensor:
        """Exchange left and right: reverse the second dimension."""

    def flipud(self) -> Tensor:
        """Exchange up and down: reverse the first dimension."""

    def float(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to float32; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def float_power(self, exponent: TensorLike) -> Tensor:
        """Raise `input` to the power `exponent`, elementwise, in double precision."""

    def float_power_(self, exponent: TensorLike) -> Tensor:
        """`float_power` in place: the result takes x's memory, and the change is recorded."""

    def floor(self) -> Tensor:
        """Round each element down."""

    def floor_(self) -> Tensor:
        """`floor` in place: the result takes x's memory, and the change is recorded."""

    def floor_divide(self, other: TensorLike) -> Tensor:
        """Divide two tensors, elementwise, and round down."""

    def floor_divide_(self, other: TensorLike) -> Tensor:
        """`floor_divide` in place: the result takes x's memory, and the change is recorded."""

    def fmax(self, other: TensorLike) -> Tensor:
        """Return the larger of two numbers, elementwise; the other one if one of them is NaN."""

    def fmin(self, other: TensorLike) -> Tensor:
        """Return the smaller of two numbers, elementwise; the other one if one of them is NaN."""

    def fmod(self, other: TensorLike) -> Tensor:
        """Compute the remainder of a division that rounds towards 0, elementwise."""

    def fmod_(self, other: TensorLike) -> Tensor:
        """`fmod` in place: the result takes x's memory, and the change is recorded."""

    def frac(self) -> Tensor:
        """Return what follows the point of each element, with its sign."""

    def frac_(self) -> Tensor:
        """`frac` in place: the result takes x's memory, and the change is recorded."""

    def frexp(self) -> _tuple[Tensor, Tensor]:
        """Split each element of `input` into mantissa and exponent."""

    def gather(
        self, dim: _int, index: TensorLike, *, sparse_grad: _bool = ..., axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """Read one element along `dim` for each element of `index`."""

    def gcd(self, other: TensorLike) -> Tensor:
        """Compute the greatest common divisor, elementwise."""

    def gcd_(self, other: TensorLike) -> Tensor:
        """`gcd` in place: the result takes x's memory, and the change is recorded."""

    def ge(self, other: TensorLike) -> Tensor:
        """Test whether one number is at least another, elementwise."""

    def ge_(self, other: TensorLike) -> Tensor:
        """`ge` in place: the result takes x's memory, and the change is recorded."""

    def geometric_(self, p: _float, *, generator: Generator | None = ...) -> Tensor:
        """Fill the tensor with the number of trials up to the first success of probability p."""

    def geqrf(self) -> GeqrfResult:
        """Compute the QR factorisation of each matrix of `input` in LAPACK's form; `householder_product` makes Q of it."""

    def ger(self, vec2: TensorLike) -> Tensor:
        """Compute the products of every element of `input` with every element of `vec2`."""

    def get_device(self) -> _int:
        """Return −1, as PyTorch does for a tensor in main memory."""

    def greater(self, other: TensorLike) -> Tensor:
        """Test whether one number is greater than another, elementwise."""

    def greater_(self, other: TensorLike) -> Tensor:
        """`gt` in place: the result takes x's memory, and the change is recorded."""

    def greater_equal(self, other: TensorLike) -> Tensor:
        """Test whether one number is at least another, elementwise."""

    def greater_equal_(self, other: TensorLike) -> Tensor:
        """`ge` in place: the result takes x's memory, and the change is recorded."""

    def gt(self, other: TensorLike) -> Tensor:
        """Test whether one number is greater than another, elementwise."""

    def gt_(self, other: TensorLike) -> Tensor:
        """`gt` in place: the result takes x's memory, and the change is recorded."""

    def half(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to float16; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def hardshrink(self, lambd: _float = ...) -> Tensor:
        """Replace what is within ±`lambd` by 0."""

    def heaviside(self, values: TensorLike) -> Tensor:
        """Compute the Heaviside step function, elementwise; `values` is what it is at 0."""

    def heaviside_(self, values: TensorLike) -> Tensor:
        """`heaviside` in place: the result takes x's memory, and the change is recorded."""

    def histc(self, bins: _int = ..., min: _float = ..., max: _float = ...) -> Tensor:
        """Return the number of elements in each of `bins` intervals of equal width between `min` and `max`."""

    def histogram(
        self,
        bins: _int | Tensor,
        *,
        range: _tuple[_float, _float] | None = ...,
        weight: TensorLike | None = ...,
        density: _bool = ...,
    ) -> Histogram:
        """Count the elements of `input` in intervals, and return the counts and the edges."""

    def hsplit(
        self,
        indices_or_sections: _int | Sequence[_int] | Tensor | ndarray | None = ...,
        *,
        sections: _int | None = ...,
        indices: Sequence[_int] | Tensor | ndarray | None = ...,
    ) -> _tuple[Tensor, ...]:
        """Split a tensor horizontally, along the second dimension, or the only one of a vector."""

    def hypot(self, other: TensorLike) -> Tensor:
        """Compute the length of the hypotenuse of a right triangle, without overflow."""

    def hypot_(self, other: TensorLike) -> Tensor:
        """`hypot` in place: the result takes x's memory, and the change is recorded."""

    def i0(self) -> Tensor:
        """Compute the modified Bessel function of the first kind of order 0, I₀."""

    def i0_(self) -> Tensor:
        """`i0` in place: the result takes x's memory, and the change is recorded."""

    def igamma(self, other: TensorLike) -> Tensor:
        """Compute the regularised lower incomplete gamma function, elementwise."""

    def igamma_(self, other: TensorLike) -> Tensor:
        """`gammainc` in place: the result takes x's memory, and the change is recorded."""

    def igammac(self, other: TensorLike) -> Tensor:
        """Compute the regularised upper incomplete gamma function, elementwise."""

    def igammac_(self, other: TensorLike) -> Tensor:
        """`gammaincc` in place: the result takes x's memory, and the change is recorded."""

    @property
    def imag(self) -> Tensor:
        """Return the imaginary part of a complex tensor, a view."""

    def index_add(
        self,
        dim: _int,
        index: TensorLike,
        source: TensorLike,
        *,
        alpha: _float = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Return a copy of `input` with `alpha` times the slices of `source` added to those that `index` names along `dim`."""

    def index_add_(
        self,
        dim: _int,
        index: TensorLike,
        source: TensorLike,
        *,
        alpha: _float = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """`index_add` in place: the result takes x's memory, and the change is recorded."""

    def index_copy(
        self, dim: _int, index: TensorLike, source: TensorLike, *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """Return a copy of `input` with the slices that `index` names along `dim` replaced by those of `source`."""

    def index_copy_(
        self, dim: _int, index: TensorLike, source: TensorLike, *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """`index_copy` in place: the result takes x's memory, and the change is recorded."""

    def index_fill(
        self, dim: _int, index: TensorLike, value: TensorLike, *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """Return a copy of `input` with the slices that `index` names along `dim` filled with one value."""

    def index_fill_(
        self, dim: _int, index: TensorLike, value: TensorLike, *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """`index_fill` in place: the result takes x's memory, and the change is recorded."""

    def index_put(self, indices: Sequence[TensorLike | None], values: TensorLike, accumulate: _bool = ...) -> Tensor:
        """Return a copy of `input` with `values`, broadcast, written at input[indices]."""

    def index_put_(self, indices: Sequence[TensorLike | None], values: TensorLike, accumulate: _bool = ...) -> Tensor:
        """`index_put` in place: the result takes x's memory, and the change is recorded."""

    def index_reduce(
        self,
        dim: _int,
        index: TensorLike,
        source: TensorLike,
        reduce: _str,
        *,
        include_self: _bool = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Return a copy of `input` with the slices of `source` reduced into those that `index` names along `dim`."""

    def index_reduce_(
        self,
        dim: _int,
        index: TensorLike,
        source: TensorLike,
        reduce: _str,
        *,
        include_self: _bool = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """`index_reduce` in place: the result takes x's memory, and the change is recorded."""

    def index_select(self, dim: _int, index: TensorLike, *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Return the slices along `dim` that a vector of indices names."""

    def inner(self, other: TensorLike) -> Tensor:
        """Compute the sums of products over the last dimensions; a 0-d `input` or `other` multiplies."""

    def int(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to int32; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def inverse(self) -> Tensor:
        """Compute the inverse of each matrix of `input`: `linalg.inv`."""

    def is_complex(self) -> _bool:
        """Test whether the dtype of `input`, or the dtype that it is, is a complex one."""

    def is_conj(self) -> _bool:
        """Return False: the conjugation of `input` is never deferred here, unlike in PyTorch."""

    def is_contiguous(self, memory_format: MemoryFormat = ...) -> _bool:
        """Return whether the elements lie without gaps in row-major order, or in the order of `memory_format`."""

    @property
    def is_cpu(self) -> builtins.bool:
        """True: all tensors are in main memory."""

    @property
    def is_cuda(self) -> builtins.bool:
        """False: all tensors are in main memory."""

    def is_floating_point(self) -> _bool:
        """Return whether the dtype is a floating one."""

    @property
    def is_meta(self) -> builtins.bool:
        """False: every tensor has values."""

    @property
    def is_mps(self) -> builtins.bool:
        """False: all tensors are in main memory."""

    def is_neg(self) -> _bool:
        """Return False: the negation of `input` is never deferred here, unlike in PyTorch."""

    def is_nonzero(self) -> _bool:
        """Return whether the only element is not 0."""

    def is_pinned(self, device: Device = ...) -> _bool:
        """Return False: no memory is pinned."""

    @property
    def is_quantized(self) -> builtins.bool:
        """False: every element is stored as it is."""

    def is_same_size(self, other: Tensor) -> _bool:
        """Return whether this tensor and `other` have one shape."""

    def is_set_to(self, tensor: Tensor) -> _bool:
        """Return whether this tensor and `tensor` are the same memory with the same sizes and strides."""

    def is_signed(self) -> _bool:
        """Return whether the dtype has negative numbers."""

    @property
    def is_sparse(self) -> builtins.bool:
        """False: every element is stored."""

    def isclose(self, other: TensorLike, rtol: _float = ..., atol: _float = ..., equal_nan: _bool = ...) -> Tensor:
        """Test whether `input` is close to `other`, elementwise."""

    def isfinite(self) -> Tensor:
        """Test whether each element is neither infinite nor NaN."""

    def isinf(self) -> Tensor:
        """Test whether each element is infinite."""

    def isnan(self) -> Tensor:
        """Test whether each element is NaN, not a number."""

    def isneginf(self) -> Tensor:
        """Test whether each element is −∞."""

    def isposinf(self) -> Tensor:
        """Test whether each element is +∞."""

    def isreal(self) -> Tensor:
        """Test whether each element has no imaginary part."""

    def istft(
        self,
        n_fft: _int,
        hop_length: _int | None = ...,
        win_length: _int | None = ...,
        window: TensorLike | None = ...,
        center: _bool = ...,
        normalized: _bool = ...,
        onesided: _bool | None = ...,
        length: _int | None = ...,
        return_complex: _bool = ...,
    ) -> Tensor:
        """Compute the signal of which `input` holds the spectra of `stft`, with the same other arguments."""

    def kron(self, other: TensorLike) -> Tensor:
        """Compute the Kronecker product: each element of `input` times the whole of `other`, in place of that element."""

    def kthvalue(
        self, k: _int, dim: _int = ..., keepdim: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...
    ) -> KthValue:
        """Return the k-th smallest element along `dim` and its index, as a named tuple (values, indices)."""

    def lcm(self, other: TensorLike) -> Tensor:
        """Compute the least common multiple, elementwise."""

    def lcm_(self, other: TensorLike) -> Tensor:
        """`lcm` in place: the result takes x's memory, and the change is recorded."""

    def ldexp(self, other: TensorLike) -> Tensor:
        """Multiply `input` by 2 to the power `other`, elementwise."""

    def ldexp_(self, other: TensorLike) -> Tensor:
        """`ldexp` in place: the result takes x's memory, and the change is recorded."""

    def le(self, other: TensorLike) -> Tensor:
        """Test whether one number is at most another, elementwise."""

    def le_(self, other: TensorLike) -> Tensor:
        """`le` in place: the result takes x's memory, and the change is recorded."""

    def lerp(self, end: TensorLike, weight: TensorLike) -> Tensor:
        """Interpolate linearly between `input` and `end`, elementwise."""

    def lerp_(self, end: TensorLike, weight: TensorLike) -> Tensor:
        """`lerp` in place: the result takes x's memory, and the change is recorded."""

    def less(self, other: TensorLike) -> Tensor:
        """Test whether one number is less than another, elementwise."""

    def less_(self, other: TensorLike) -> Tensor:
        """`lt` in place: the result takes x's memory, and the change is recorded."""

    def less_equal(self, other: TensorLike) -> Tensor:
        """Test whether one number is at most another, elementwise."""

    def less_equal_(self, other: TensorLike) -> Tensor:
        """`le` in place: the result takes x's memory, and the change is recorded."""

    def lgamma(self) -> Tensor:
        """Compute the logarithm of the absolute value of the gamma function of each element."""

    def lgamma_(self) -> Tensor:
        """`lgamma` in place: the result takes x's memory, and the change is recorded."""

    def log(self) -> Tensor:
        """Compute the natural logarithm of each element."""

    def log10(self) -> Tensor:
        """Compute the logarithm to base 10 of each element."""

    def log10_(self) -> Tensor:
        """`log10` in place: the result takes x's memory, and the change is recorded."""

    def log1p(self) -> Tensor:
        """Compute the natural logarithm of 1 plus each element, exactly also near 0."""

    def log1p_(self) -> Tensor:
        """`log1p` in place: the result takes x's memory, and the change is recorded."""

    def log2(self) -> Tensor:
        """Compute the logarithm to base 2 of each element."""

    def log2_(self) -> Tensor:
        """`log2` in place: the result takes x's memory, and the change is recorded."""

    def log_(self) -> Tensor:
        """`log` in place: the result takes x's memory, and the change is recorded."""

    def log_normal_(self, mean: _float = ..., std: _float = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill the tensor with numbers whose logarithm is normal."""

    def log_softmax(self, dim: _int | None = ..., dtype: DTypeLike | None = ...) -> Tensor:
        """Compute the logarithm of the softmax over `dim`, exact also where the softmax underflows."""

    def logaddexp(self, other: TensorLike) -> Tensor:
        """Compute log(eˣ + eʸ), elementwise, without overflow."""

    def logaddexp2(self, other: TensorLike) -> Tensor:
        """Compute log₂(2ˣ + 2ʸ), elementwise, without overflow."""

    def logcumsumexp(self, dim: _int, *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Compute the logarithm of the running sum of eˣ along `dim`, without overflow."""

    def logdet(self) -> Tensor:
        """Compute the logarithm of the determinant of each matrix of `input`; NaN where it is negative."""

    def logical_and(self, other: TensorLike) -> Tensor:
        """Test whether both numbers differ from 0, elementwise."""

    def logical_and_(self, other: TensorLike) -> Tensor:
        """`logical_and` in place: the result takes x's memory, and the change is recorded."""

    def logical_not(self) -> Tensor:
        """Test whether each element is 0."""

    def logical_not_(self) -> Tensor:
        """`logical_not` in place: the result takes x's memory, and the change is recorded."""

    def logical_or(self, other: TensorLike) -> Tensor:
        """Test whether at least one of two numbers differs from 0, elementwise."""

    def logical_or_(self, other: TensorLike) -> Tensor:
        """`logical_or` in place: the result takes x's memory, and the change is recorded."""

    def logical_xor(self, other: TensorLike) -> Tensor:
        """Test whether exactly one of two numbers differs from 0, elementwise."""

    def logical_xor_(self, other: TensorLike) -> Tensor:
        """`logical_xor` in place: the result takes x's memory, and the change is recorded."""

    def logit(self, eps: _float | None = ...) -> Tensor:
        """Compute the logit of each element, the inverse of the sigmoid."""

    def logit_(self, eps: _float | None = ...) -> Tensor:
        """`logit` in place: the result takes x's memory, and the change is recorded."""

    def logsumexp(self, dim: Dims, keepdim: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Compute log Σ eˣ over `dim`, without overflow."""

    def long(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to int64; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def lt(self, other: TensorLike) -> Tensor:
        """Test whether one number is less than another, elementwise."""

    def lt_(self, other: TensorLike) -> Tensor:
        """`lt` in place: the result takes x's memory, and the change is recorded."""

    def lu(self, pivot: _bool = ..., get_infos: _bool = ...) -> _tuple[Tensor, ...]:
        """Compute the LU factorisation of each matrix of `A`: `linalg.lu_factor`, with the numbers of `lu_factor_ex` if wanted."""

    def lu_solve(self, LU_data: TensorLike, LU_pivots: TensorLike) -> Tensor:
        """Solve linear systems from what `linalg.lu_factor` gives: `linalg.lu_solve`, with `b` first."""

    @property
    def mH(self) -> Tensor:
        """The conjugate transpose of the last two dimensions."""

    @property
    def mT(self) -> Tensor:
        """The last two dimensions exchanged, as a view."""

    def map_(self, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
        """Replace every value v by callable(v, w), w that of `tensor`, which may broadcast. Not recorded, as `apply_`."""

    def masked_fill(self, mask: TensorLike, value: TensorLike) -> Tensor:
        """Return a copy of `input` with one value where `mask` is true."""

    def masked_fill_(self, mask: TensorLike, value: TensorLike) -> Tensor:
        """`masked_fill` in place: the result takes x's memory, and the change is recorded."""

    def masked_scatter(self, mask: TensorLike, source: TensorLike) -> Tensor:
        """Return a copy of `input` with the elements of `source`, in their order, written where `mask` is true."""

    def masked_scatter_(self, mask: TensorLike, source: TensorLike) -> Tensor:
        """`masked_scatter` in place: the result takes x's memory, and the change is recorded."""

    def masked_select(self, mask: TensorLike) -> Tensor:
        """Return the elements where `mask` is true, in one dimension, in row-major order."""

    def matmul(self, other: TensorLike) -> Tensor:
        """Compute the matrix product over the last two dimensions; leading ones broadcast."""

    def matrix_exp(self) -> Tensor:
        """Compute the exponential of each square matrix of `A`."""

    def matrix_power(self, n: _int) -> Tensor:
        """Multiply each matrix of `input` by itself `n` times: `linalg.matrix_power`."""

    @overload
    def max(self) -> Tensor:
        """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise."""
    @overload
    def max(self, dim: _int, keepdim: _bool = ...) -> Max:
        """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise."""
    @overload
    def max(self, other: Tensor | ndarray, /) -> Tensor:
        """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise."""
    @overload
    def max(self, *, other: TensorLike) -> Tensor:
        """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise."""
    @overload
    def max(self, *, axis: _int, keepdims: _bool = ...) -> Max:
        """Return the largest element; along `dim`, with its index; or the larger of two tensors, elementwise."""

    def maximum(self, other: TensorLike) -> Tensor:
        """Return the larger of two numbers, elementwise; NaN if one of them is NaN."""

    def mean(
        self,
        dim: Dims = ...,
        keepdim: _bool = ...,
        *,
        dtype: DTypeLike | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the arithmetic mean over `dim`, or of all elements; of no elements, NaN."""

    @overload
    def median(self) -> Tensor:
        """Return the median of all elements; along `dim`, with its index, as a named tuple (values, indices)."""
    @overload
    def median(self, dim: _int, keepdim: _bool = ...) -> Median:
        """Return the median of all elements; along `dim`, with its index, as a named tuple (values, indices)."""
    @overload
    def median(self, *, axis: _int, keepdims: _bool = ...) -> Median:
        """Return the median of all elements; along `dim`, with its index, as a named tuple (values, indices)."""

    @overload
    def min(self) -> Tensor:
        """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise."""
    @overload
    def min(self, dim: _int, keepdim: _bool = ...) -> Min:
        """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise."""
    @overload
    def min(self, other: Tensor | ndarray, /) -> Tensor:
        """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise."""
    @overload
    def min(self, *, other: TensorLike) -> Tensor:
        """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise."""
    @overload
    def min(self, *, axis: _int, keepdims: _bool = ...) -> Min:
        """Return the smallest element; along `dim`, with its index; or the smaller of two tensors, elementwise."""

    def minimum(self, other: TensorLike) -> Tensor:
        """Return the smaller of two numbers, elementwise; NaN if one of them is NaN."""

    def mm(self, mat2: TensorLike) -> Tensor:
        """Multiply two matrices, `input` and `mat2`; vectors and stacks are refused."""

    def mode(self, dim: _int = ..., keepdim: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Mode:
        """Return the most frequent element along `dim` and its last index, as a named tuple (values, indices)."""

    def moveaxis(self, source: _int | _tuple[_int, ...], destination: _int | _tuple[_int, ...]) -> Tensor:
        """Return a view with dimensions moved from `source` to `destination`, the others in their order."""

    def movedim(self, source: _int | _tuple[_int, ...], destination: _int | _tuple[_int, ...]) -> Tensor:
        """Return a view with dimensions moved from `source` to `destination`, the others in their order."""

    def msort(self) -> Tensor:
        """Sort the elements along the first dimension."""

    def mul(self, other: TensorLike) -> Tensor:
        """Multiply two tensors, elementwise."""

    def mul_(self, other: TensorLike) -> Tensor:
        """`mul` in place: the result takes x's memory, and the change is recorded."""

    def multinomial(self, num_samples: _int, replacement: _bool = ..., *, generator: Generator | None = ...) -> Tensor:
        """Draw `num_samples` indices from each row of weights, with or without `replacement`."""

    def multiply(self, other: TensorLike) -> Tensor:
        """Multiply two tensors, elementwise."""

    def multiply_(self, other: TensorLike) -> Tensor:
        """`mul` in place: the result takes x's memory, and the change is recorded."""

    def mv(self, vec: TensorLike) -> Tensor:
        """Multiply a matrix `input` by a vector `vec`."""

    def mvlgamma(self, p: _int) -> Tensor:
        """Compute the logarithm of the multivariate gamma function of dimension `p`, elementwise."""

    def mvlgamma_(self, p: _int) -> Tensor:
        """`mvlgamma` in place: the result takes x's memory, and the change is recorded."""

    def nan_to_num(self, nan: _float = ..., posinf: _float | None = ..., neginf: _float | None = ...) -> Tensor:
        """Replace NaN and the infinities of `input` by numbers."""

    def nan_to_num_(self, nan: _float = ..., posinf: _float | None = ..., neginf: _float | None = ...) -> Tensor:
        """`nan_to_num` in place: the result takes x's memory, and the change is recorded."""

    def nanmean(
        self,
        dim: Dims = ...,
        keepdim: _bool = ...,
        *,
        dtype: DTypeLike | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the mean over `dim` of the elements that are not NaN; NaN if there are none."""

    @overload
    def nanmedian(self) -> Tensor:
        """Return the median of the elements that are not NaN; along `dim`, with its index, as a named tuple (values, indices)."""
    @overload
    def nanmedian(self, dim: _int, keepdim: _bool = ...) -> NanMedian:
        """Return the median of the elements that are not NaN; along `dim`, with its index, as a named tuple (values, indices)."""
    @overload
    def nanmedian(self, *, axis: _int, keepdims: _bool = ...) -> NanMedian:
        """Return the median of the elements that are not NaN; along `dim`, with its index, as a named tuple (values, indices)."""

    def nanquantile(
        self,
        q: TensorLike,
        dim: Dims = ...,
        keepdim: _bool = ...,
        *,
        interpolation: _str = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the q-quantiles over `dim` of the elements that are not NaN; NaN if all are."""

    def nansum(
        self,
        dim: Dims = ...,
        keepdim: _bool = ...,
        *,
        dtype: DTypeLike | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the sum over `dim` of the elements that are not NaN."""

    def narrow(
        self, dim: _int, start: _int | TensorLike, length: _int, *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """Return the `length` slices from `start` on along `dim`, as a view."""

    def narrow_copy(self, dim: _int, start: _int, length: _int) -> Tensor:
        """Return a copy of x.narrow(dim, start, length), x the tensor."""

    def ndimension(self) -> _int:
        """Return the number of dimensions."""

    def ne(self, other: TensorLike) -> Tensor:
        """Test whether two numbers differ, elementwise."""

    def ne_(self, other: TensorLike) -> Tensor:
        """`ne` in place: the result takes x's memory, and the change is recorded."""

    def neg(self) -> Tensor:
        """Change the sign of each element."""

    def neg_(self) -> Tensor:
        """`neg` in place: the result takes x's memory, and the change is recorded."""

    def negative(self) -> Tensor:
        """Change the sign of each element."""

    def negative_(self) -> Tensor:
        """`neg` in place: the result takes x's memory, and the change is recorded."""

    def nelement(self) -> _int:
        """Return the number of elements."""

    def new(self, *args: Any, device: Device = ...) -> Tensor:
        """Make a tensor of this one's dtype: of the sizes, undefined, or of the values of a sequence, an array or a tensor."""

    def new_empty(
        self,
        *size: _int | Sequence[_int],
        dtype: DTypeLike | None = ...,
        requires_grad: _bool = ...,
        device: Device = ...,
    ) -> Tensor:
        """Make a tensor of undefined values in this tensor's dtype, or `dtype`; the options are those of `ag.empty`."""

    def new_empty_strided(
        self,
        size: Sequence[_int],
        stride: Sequence[_int],
        dtype: DTypeLike | None = ...,
        device: Device = ...,
        requires_grad: _bool = ...,
    ) -> Tensor:
        """Make a tensor of this one's dtype, or `dtype`; the other arguments are those of `ag.empty_strided`."""

    def new_full(
        self,
        size: _int | Sequence[_int],
        fill_value: TensorLike,
        *,
        dtype: DTypeLike | None = ...,
        requires_grad: _bool = ...,
        device: Device = ...,
    ) -> Tensor:
        """Make a tensor filled with one value in this tensor's dtype, or `dtype`; the options are those of `ag.full`."""

    def new_ones(
        self,
        *size: _int | Sequence[_int],
        dtype: DTypeLike | None = ...,
        requires_grad: _bool = ...,
        device: Device = ...,
    ) -> Tensor:
        """Make ones in this tensor's dtype, or `dtype`; the options are those of `ag.ones`."""

    def new_tensor(
        self,
        data: ArrayLike | Tensor,
        *,
        dtype: DTypeLike | None = ...,
        requires_grad: _bool = ...,
        device: Device = ...,
    ) -> Tensor:
        """Make a tensor of `data` in this tensor's dtype, or `dtype`; the options are those of `ag.tensor`."""

    def new_zeros(
        self,
        *size: _int | Sequence[_int],
        dtype: DTypeLike | None = ...,
        requires_grad: _bool = ...,
        device: Device = ...,
    ) -> Tensor:
        """Make zeros in this tensor's dtype, or `dtype`; the options are those of `ag.zeros`."""

    def nextafter(self, other: TensorLike) -> Tensor:
        """Return the next floating-point number after each element, in the direction of another one."""

    def nextafter_(self, other: TensorLike) -> Tensor:
        """`nextafter` in place: the result takes x's memory, and the change is recorded."""

    @overload
    def nonzero(self, *, as_tuple: Literal[False] = ...) -> Tensor:
        """Return the indices of the elements that are not 0, a row each; with `as_tuple`, one vector for each dimension."""
    @overload
    def nonzero(self, *, as_tuple: Literal[True]) -> _tuple[Tensor, ...]:
        """Return the indices of the elements that are not 0, a row each; with `as_tuple`, one vector for each dimension."""

    def nonzero_static(self, *, size: _int, fill_value: _int = ...) -> Tensor:
        """Return the indices of the first `size` elements of `input` that are not 0, filled up with `fill_value`."""

    def norm(
        self,
        p: _float | _str | None = ...,
        dim: Dims = ...,
        keepdim: _bool = ...,
        dtype: DTypeLike | None = ...,
        *,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the p-norm over `dim`, or of all elements as one vector."""

    def normal_(self, mean: _float = ..., std: _float = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill the tensor with normal numbers."""

    def not_equal(self, other: TensorLike) -> Tensor:
        """Test whether two numbers differ, elementwise."""

    def not_equal_(self, other: TensorLike) -> Tensor:
        """`ne` in place: the result takes x's memory, and the change is recorded."""

    def numel(self) -> _int:
        """Return the number of elements."""

    def orgqr(self, tau: TensorLike) -> Tensor:
        """Compute Q from what `geqrf` gives of a matrix, `input` and `tau`: `linalg.householder_product`."""

    def ormqr(self, tau: TensorLike, other: TensorLike, left: _bool = ..., transpose: _bool = ...) -> Tensor:
        """Multiply `other` by the product Q of the reflections that `input` and `tau` stand for, without computing Q."""

    def outer(self, vec2: TensorLike) -> Tensor:
        """Compute the products of every element of `input` with every element of `vec2`."""

    @overload
    def permute(self, dims: Sequence[_int]) -> Tensor:
        """Return a view with the dimensions in another order: dimension i of the result is dimension dims[i] of `input`."""
    @overload
    def permute(self, *dims: _int) -> Tensor:
        """Return a view with the dimensions in another order: dimension i of the result is dimension dims[i] of `input`."""

    def pin_memory(self, device: Device = ...) -> Tensor:
        """Return the tensor itself: no memory needs to be pinned for copies to another device."""

    def pinverse(self, rcond: _float = ...) -> Tensor:
        """Compute the pseudo-inverse of each matrix of `input`: `linalg.pinv`, with another tolerance."""

    def polygamma(self, n: _int) -> Tensor:
        """Compute the polygamma function of order `n`; see `ag.polygamma`."""

    def polygamma_(self, n: _int) -> Tensor:
        """`polygamma` in place: the result takes x's memory, and the change is recorded."""

    def positive(self) -> Tensor:
        """Return `input` itself, what the operator + in front of a tensor gives."""

    def pow(self, exponent: TensorLike) -> Tensor:
        """Raise `input` to the power `exponent`, elementwise."""

    def pow_(self, exponent: TensorLike) -> Tensor:
        """`pow` in place: the result takes x's memory, and the change is recorded."""

    def prelu(self, weight: TensorLike) -> Tensor:
        """Apply the rectifier whose slope for negative elements, `weight`, is learnt."""

    def prod(
        self,
        dim: Dims = ...,
        keepdim: _bool = ...,
        *,
        dtype: DTypeLike | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the product over `dim`, or of all elements."""

    def put(self, index: TensorLike, source: TensorLike, accumulate: _bool = ...) -> Tensor:
        """Return a copy of `input` with the elements of `source` written at the indices `index` of the flattened tensor."""

    def put_(self, index: TensorLike, source: TensorLike, accumulate: _bool = ...) -> Tensor:
        """`put` in place: the result takes x's memory, and the change is recorded."""

    def qr(self, some: _bool = ...) -> decompositions.QRResult:
        """Compute the QR factorisation of each matrix of `input`: `linalg.qr`, reduced if `some`, else complete."""

    def quantile(
        self,
        q: TensorLike,
        dim: Dims = ...,
        keepdim: _bool = ...,
        *,
        interpolation: _str = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the q-quantiles over `dim`; NaN if there is one."""

    def rad2deg(self) -> Tensor:
        """Convert radians to degrees."""

    def rad2deg_(self) -> Tensor:
        """`rad2deg` in place: the result takes x's memory, and the change is recorded."""

    def random_(self, from_: _int = ..., to: _int | None = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill the tensor with integers from [from_, to)."""

    def ravel(self) -> Tensor:
        """Return all elements of `input` in one dimension, in row-major order."""

    @property
    def real(self) -> Tensor:
        """Return the real part of a complex tensor, a view; of a real tensor, the tensor itself."""

    def reciprocal(self) -> Tensor:
        """Compute the reciprocal of each element."""

    def reciprocal_(self) -> Tensor:
        """`reciprocal` in place: the result takes x's memory, and the change is recorded."""

    def relu(self, inplace: _bool = ...) -> Tensor:
        """Apply the rectifier: what is negative becomes 0."""

    def relu_(self, inplace: _bool = ...) -> Tensor:
        """`relu` in place: the result takes x's memory, and the change is recorded."""

    def remainder(self, other: TensorLike) -> Tensor:
        """Compute the remainder of a division that rounds down, elementwise."""

    def remainder_(self, other: TensorLike) -> Tensor:
        """`remainder` in place: the result takes x's memory, and the change is recorded."""

    def renorm(self, p: _float, dim: _int, maxnorm: _float) -> Tensor:
        """Scale each slice along `dim` whose p-norm is greater than `maxnorm` down to that norm."""

    def renorm_(self, p: _float, dim: _int, maxnorm: _float) -> Tensor:
        """`renorm` in place: the result takes x's memory, and the change is recorded."""

    @overload
    def repeat(self, repeats: Sequence[_int]) -> Tensor:
        """Repeat the whole tensor `repeats[i]` times along dimension i, in a copy."""
    @overload
    def repeat(self, *repeats: _int) -> Tensor:
        """Repeat the whole tensor `repeats[i]` times along dimension i, in a copy."""

    def repeat_interleave(
        self,
        repeats: _int | TensorLike | None = ...,
        dim: _int | None = ...,
        *,
        output_size: _int | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Repeat each slice along `dim` next to itself, all as often or each its own number of times."""

    @overload
    def reshape(self, shape: Sequence[_int]) -> Tensor:
        """Return the elements in the same order with another shape; −1 stands for the size that is left."""
    @overload
    def reshape(self, *shape: _int) -> Tensor:
        """Return the elements in the same order with another shape; −1 stands for the size that is left."""

    def reshape_as(self, other: Tensor) -> Tensor:
        """Return x.reshape(other.shape), x the tensor and `other` another."""

    def resize(self, *sizes: _int | Sequence[_int]) -> Tensor:
        """Return another tensor on this memory with other sizes, as `resize_` gives them; PyTorch's deprecated form."""

    def resize_(self, *sizes: _int | Sequence[_int], memory_format: MemoryFormat = ...) -> Tensor:
        """Give the tensor other sizes, in row-major order on its memory; more memory is taken if it does not suffice."""

    def resize_as_(self, the_template: Tensor) -> Tensor:
        """Give the tensor the sizes of `the_template`, as `resize_` does."""

    def resolve_conj(self) -> Tensor:
        """Return `input` itself: conjugation is never deferred here, unlike in PyTorch."""

    def resolve_neg(self) -> Tensor:
        """Return `input` itself: negation is never deferred here, unlike in PyTorch."""

    def roll(self, shifts: _int | Sequence[_int], dims: _int | Sequence[_int] | None = ...) -> Tensor:
        """Move the elements by `shifts` along `dims`; those that leave at one end come in at the other."""

    def rot90(self, k: _int = ..., dims: Sequence[_int] = ...) -> Tensor:
        """Rotate by k times 90° in the plane of two dimensions, from the first of `dims` towards the second."""

    def round(self, *, decimals: _int = ...) -> Tensor:
        """Round each element of `input` to the nearest number with `decimals` digits after the point."""

    def round_(self, *, decimals: _int = ...) -> Tensor:
        """`round` in place: the result takes x's memory, and the change is recorded."""

    def rsqrt(self) -> Tensor:
        """Compute the reciprocal of the square root of each element."""

    def rsqrt_(self) -> Tensor:
        """`rsqrt` in place: the result takes x's memory, and the change is recorded."""

    def scatter(
        self,
        dim: _int,
        index: TensorLike,
        src: TensorLike | None = ...,
        *,
        reduce: _str | None = ...,
        value: _float | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Return a copy of `input` with each element of `src` written at its index along `dim`."""

    def scatter_(
        self,
        dim: _int,
        index: TensorLike,
        src: TensorLike | None = ...,
        *,
        reduce: _str | None = ...,
        value: _float | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """`scatter` in place: the result takes x's memory, and the change is recorded."""

    def scatter_add(
        self, dim: _int, index: TensorLike, src: TensorLike, *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """Return a copy of `input` with each element of `src` added at its index along `dim`."""

    def scatter_add_(
        self, dim: _int, index: TensorLike, src: TensorLike, *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """`scatter_add` in place: the result takes x's memory, and the change is recorded."""

    def scatter_reduce(
        self,
        dim: _int,
        index: TensorLike,
        src: TensorLike,
        reduce: _str,
        *,
        include_self: _bool = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Return a copy of `input` with the elements of `src` reduced into the positions that `index` names along `dim`."""

    def scatter_reduce_(
        self,
        dim: _int,
        index: TensorLike,
        src: TensorLike,
        reduce: _str,
        *,
        include_self: _bool = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """`scatter_reduce` in place: the result takes x's memory, and the change is recorded."""

    def select(self, dim: _int, index: _int, *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Return the slice at `index` of the dimension `dim`, as a view without it."""

    def select_scatter(
        self, src: TensorLike, dim: _int, index: _int, *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """Return a copy of `input` with the slice at `index` of the dimension `dim` replaced by `src`."""

    def set_(
        self,
        source: Tensor | None = ...,
        storage_offset: _int = ...,
        size: Sequence[_int] | None = ...,
        stride: Sequence[_int] | None = ...,
    ) -> Tensor:
        """Let the tensor be on the memory of `source`, of its dtype; without one it becomes empty."""

    def sgn(self) -> Tensor:
        """Return the direction of each complex number, 0 at 0; of a real one its sign."""

    def sgn_(self) -> Tensor:
        """`sgn` in place: the result takes x's memory, and the change is recorded."""

    def short(self, memory_format: MemoryFormat = ...) -> Tensor:
        """Convert to int16; the tensor itself, if it has that dtype. `memory_format` is without effect."""

    def sigmoid(self) -> Tensor:
        """Apply the logistic function to each element."""

    def sigmoid_(self) -> Tensor:
        """`sigmoid` in place: the result takes x's memory, and the change is recorded."""

    def sign(self) -> Tensor:
        """Return the sign of each element: −1, 0 or 1."""

    def sign_(self) -> Tensor:
        """`sign` in place: the result takes x's memory, and the change is recorded."""

    def signbit(self) -> Tensor:
        """Test whether the sign of each element is minus, also of −0."""

    def sin(self) -> Tensor:
        """Compute the sine of each element, an angle in radians."""

    def sin_(self) -> Tensor:
        """`sin` in place: the result takes x's memory, and the change is recorded."""

    def sinc(self) -> Tensor:
        """Compute sin(πx) / (πx) of each element, which is 1 at 0."""

    def sinc_(self) -> Tensor:
        """`sinc` in place: the result takes x's memory, and the change is recorded."""

    def sinh(self) -> Tensor:
        """Compute the hyperbolic sine of each element."""

    def sinh_(self) -> Tensor:
        """`sinh` in place: the result takes x's memory, and the change is recorded."""

    def size(self, dim: _int | None = ...) -> Any:
        """Return the shape, or the size of the dimension `dim`."""

    def slice_scatter(
        self,
        src: TensorLike,
        dim: _int = ...,
        start: _int | None = ...,
        end: _int | None = ...,
        step: _int = ...,
        *,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Return a copy of `input` with the slices `start`:`end`:`step` of the dimension `dim` replaced by `src`."""

    def slogdet(self) -> determinant.SlogdetResult:
        """Compute the sign and the logarithm of the absolute value of the determinant of `input`: `linalg.slogdet`."""

    def softmax(self, dim: _int | None = ..., dtype: DTypeLike | None = ...) -> Tensor:
        """Compute the softmax over `dim`: positive numbers that add up to 1."""

    def sort(
        self, dim: _int = ..., descending: _bool = ..., stable: _bool = ..., *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Sort:
        """Sort the elements along `dim`, and return them with their indices, as a named tuple (values, indices)."""

    def split(
        self,
        split_size_or_sections: _int | Sequence[_int] | None = ...,
        dim: _int = ...,
        *,
        split_size: _int | Sequence[_int] | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> _tuple[Tensor, ...]:
        """Split a tensor along `dim` into views of one size, or of given sizes."""

    def split_with_sizes(self, split_sizes: Sequence[_int], dim: _int = ...) -> _tuple[Tensor, ...]:
        """Return `split` into pieces of the sizes `split_sizes` along `dim`."""

    def sqrt(self) -> Tensor:
        """Compute the square root of each element."""

    def sqrt_(self) -> Tensor:
        """`sqrt` in place: the result takes x's memory, and the change is recorded."""

    def square(self) -> Tensor:
        """Compute the square of each element."""

    def square_(self) -> Tensor:
        """`square` in place: the result takes x's memory, and the change is recorded."""

    def squeeze(self, dim: Dims = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Leave out the dimensions of size 1, or only those in `dim`."""

    def squeeze_(self, dim: Dims = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """`squeeze` in place: x itself becomes that view of its memory."""

    def std(
        self,
        dim: Dims = ...,
        unbiased: _bool | None = ...,
        keepdim: _bool = ...,
        *,
        correction: _float | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the standard deviation over `dim`, or of all elements."""

    def stft(
        self,
        n_fft: _int,
        hop_length: _int | None = ...,
        win_length: _int | None = ...,
        window: TensorLike | None = ...,
        center: _bool = ...,
        pad_mode: _str = ...,
        normalized: _bool = ...,
        onesided: _bool | None = ...,
        return_complex: _bool | None = ...,
        align_to_window: _bool | None = ...,
    ) -> Tensor:
        """Compute the short-time Fourier transform: the spectra of frames of `n_fft` points, `hop_length` apart."""

    def storage_offset(self) -> _int:
        """Return how many elements after the start of its memory the first element lies."""

    def stride(self, dim: _int | None = ...) -> Any:
        """Return how many elements apart in memory neighbours are, along each dimension or along `dim`."""

    def sub(self, other: TensorLike, *, alpha: _complex = ...) -> Tensor:
        """Subtract `other`, multiplied by the number `alpha`, from `input`, elementwise."""

    def sub_(self, other: TensorLike, *, alpha: _complex = ...) -> Tensor:
        """`sub` in place: the result takes x's memory, and the change is recorded."""

    def subtract(self, other: TensorLike, *, alpha: _complex = ...) -> Tensor:
        """Subtract `other`, multiplied by the number `alpha`, from `input`, elementwise."""

    def subtract_(self, other: TensorLike, *, alpha: _complex = ...) -> Tensor:
        """`sub` in place: the result takes x's memory, and the change is recorded."""

    def sum(
        self,
        dim: Dims = ...,
        keepdim: _bool = ...,
        *,
        dtype: DTypeLike | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the sum over `dim`, or of all elements."""

    def sum_to(self, shape: Sequence[_int]) -> Tensor:
        """Sum `input` over the dimensions along which `shape` would be broadcast to its shape."""

    @overload
    def sum_to_size(self, size: Sequence[_int]) -> Tensor:
        """Sum over the dimensions along which `size` would be broadcast to the tensor's shape."""
    @overload
    def sum_to_size(self, *size: _int) -> Tensor:
        """Sum over the dimensions along which `size` would be broadcast to the tensor's shape."""

    def svd(self, some: _bool = ..., compute_uv: _bool = ...) -> SVDResult:
        """Compute the singular value decomposition of each matrix of `input`, with V where `linalg.svd` gives Vᴴ."""

    def swapaxes(self, axis0: _int, axis1: _int) -> Tensor:
        """Return a view with two dimensions exchanged: `transpose` under NumPy's name."""

    def swapaxes_(self, axis0: _int, axis1: _int) -> Tensor:
        """`swapaxes` in place: x itself becomes that view of its memory."""

    def swapdims(self, dim0: _int, dim1: _int) -> Tensor:
        """Return a view with two dimensions exchanged."""

    def swapdims_(self, dim0: _int, dim1: _int) -> Tensor:
        """`transpose` in place: x itself becomes that view of its memory."""

    def t(self) -> Tensor:
        """Return the transpose of a matrix, as a view; a vector or a number is left as it is."""

    def t_(self) -> Tensor:
        """`t` in place: x itself becomes that view of its memory."""

    def take(self, index: TensorLike) -> Tensor:
        """Return the elements of the flattened tensor at `index`, in the shape of `index`."""

    def take_along_dim(
        self, indices: TensorLike, dim: _int | None = ..., *, axis: Dims = ..., keepdims: _bool = ...
    ) -> Tensor:
        """Read the elements at `indices` along `dim`, the other dimensions broadcast."""

    def tan(self) -> Tensor:
        """Compute the tangent of each element, an angle in radians."""

    def tan_(self) -> Tensor:
        """`tan` in place: the result takes x's memory, and the change is recorded."""

    def tanh(self) -> Tensor:
        """Compute the hyperbolic tangent of each element."""

    def tanh_(self) -> Tensor:
        """`tanh` in place: the result takes x's memory, and the change is recorded."""

    def tensor_split(
        self,
        indices_or_sections: _int | Sequence[_int] | Tensor | ndarray | None = ...,
        dim: _int = ...,
        *,
        sections: _int | None = ...,
        indices: Sequence[_int] | Tensor | ndarray | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> _tuple[Tensor, ...]:
        """Split a tensor along `dim` into a number of parts, or before the given indices; views."""

    @overload
    def tile(self, dims: Sequence[_int]) -> Tensor:
        """Repeat the whole tensor dims[i] times along dimension i, in a copy; counts missing in front are 1."""
    @overload
    def tile(self, *dims: _int) -> Tensor:
        """Repeat the whole tensor dims[i] times along dimension i, in a copy; counts missing in front are 1."""

    def to(
        self,
        dtype: DTypeLike | Tensor | None = ...,
        device: Device = ...,
        non_blocking: _bool = ...,
        copy: _bool = ...,
        *,
        memory_format: MemoryFormat = ...,
    ) -> Tensor:
        """Convert to `dtype`, which may also be a tensor that has it: the tensor itself, if it has the dtype and not `copy`."""

    def to_dense(self, dtype: DTypeLike | None = ...) -> Tensor:
        """Return the tensor itself, or converted to `dtype`: no tensor is sparse."""

    def to_device(self, device: Device, /, *, stream: None = ...) -> Tensor:
        """Return the tensor itself, as all tensors are in main memory: the array API standard's name."""

    def topk(
        self,
        k: _int,
        dim: _int = ...,
        largest: _bool = ...,
        sorted: _bool = ...,
        *,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> TopK:
        """Return the k largest elements along `dim`, in order, and their indices, as a named tuple (values, indices)."""

    def trace(self) -> Tensor:
        """Compute the sum of the diagonal of a matrix `input`, square or not."""

    def transpose(self, dim0: _int, dim1: _int) -> Tensor:
        """Return a view with two dimensions exchanged."""

    def transpose_(self, dim0: _int, dim1: _int) -> Tensor:
        """`transpose` in place: x itself becomes that view of its memory."""

    def triangular_solve(
        self, A: TensorLike, upper: _bool = ..., transpose: _bool = ..., unitriangular: _bool = ...
    ) -> TriangularSolveResult:
        """Solve the systems of triangular matrices `A`: `linalg.solve_triangular`, with `b` first, and a copy of A beside."""

    def tril(self, diagonal: _int = ...) -> Tensor:
        """Return the lower triangles of the matrices in the last two dimensions, zeros above."""

    def tril_(self, diagonal: _int = ...) -> Tensor:
        """`tril` in place: the result takes x's memory, and the change is recorded."""

    def triu(self, diagonal: _int = ...) -> Tensor:
        """Return the upper triangles of the matrices in the last two dimensions, zeros below."""

    def triu_(self, diagonal: _int = ...) -> Tensor:
        """`triu` in place: the result takes x's memory, and the change is recorded."""

    def true_divide(self, other: TensorLike) -> Tensor:
        """Divide two tensors, elementwise."""

    def true_divide_(self, other: TensorLike) -> Tensor:
        """`div` in place: the result takes x's memory, and the change is recorded."""

    def trunc(self) -> Tensor:
        """Round each element towards 0."""

    def trunc_(self) -> Tensor:
        """`trunc` in place: the result takes x's memory, and the change is recorded."""

    def type(self, dtype: DTypeLike | None = ..., non_blocking: _bool = ...) -> Any:
        """Convert to `dtype`, or return the name of the tensor's own, if it is None; `non_blocking` is without effect."""

    def type_as(self, other: Tensor) -> Tensor:
        """Convert to the dtype of `other`."""

    def unbind(self, dim: _int = ..., *, axis: Dims = ..., keepdims: _bool = ...) -> _tuple[Tensor, ...]:
        """Return the slices along `dim` as views, without that dimension."""

    def unflatten(self, dim: _int, sizes: Sequence[_int]) -> Tensor:
        """Split the dimension `dim` into dimensions of the given `sizes`, at most one of them −1."""

    def unfold(self, dimension: _int, size: _int, step: _int) -> Tensor:
        """Return the windows of `size` elements along `dimension`, `step` apart, each in a new last dimension; a view."""

    def uniform_(self, from_: _float = ..., to: _float = ..., *, generator: Generator | None = ...) -> Tensor:
        """Fill the tensor with uniform numbers from [from_, to)."""

    @overload
    def unique(
        self,
        sorted: _bool = ...,
        return_inverse: Literal[False] = ...,
        return_counts: Literal[False] = ...,
        dim: _int | None = ...,
    ) -> Tensor:
        """Return the distinct elements, or the distinct slices along `dim`, in order."""
    @overload
    def unique(
        self, sorted: _bool = ..., return_inverse: _bool = ..., return_counts: _bool = ..., dim: _int | None = ...
    ) -> Any:
        """Return the distinct elements, or the distinct slices along `dim`, in order."""
    @overload
    def unique(
        self,
        sorted: _bool = ...,
        return_inverse: Literal[False] = ...,
        return_counts: Literal[False] = ...,
        *,
        axis: _int | None = ...,
    ) -> Tensor:
        """Return the distinct elements, or the distinct slices along `dim`, in order."""
    @overload
    def unique(
        self, sorted: _bool = ..., return_inverse: _bool = ..., return_counts: _bool = ..., *, axis: _int | None = ...
    ) -> Any:
        """Return the distinct elements, or the distinct slices along `dim`, in order."""

    @overload
    def unique_consecutive(
        self, return_inverse: Literal[False] = ..., return_counts: Literal[False] = ..., dim: _int | None = ...
    ) -> Tensor:
        """Return the elements, or the slices along `dim`, without those that equal the one before."""
    @overload
    def unique_consecutive(
        self, return_inverse: _bool = ..., return_counts: _bool = ..., dim: _int | None = ...
    ) -> Any:
        """Return the elements, or the slices along `dim`, without those that equal the one before."""
    @overload
    def unique_consecutive(
        self, return_inverse: Literal[False] = ..., return_counts: Literal[False] = ..., *, axis: _int | None = ...
    ) -> Tensor:
        """Return the elements, or the slices along `dim`, without those that equal the one before."""
    @overload
    def unique_consecutive(
        self, return_inverse: _bool = ..., return_counts: _bool = ..., *, axis: _int | None = ...
    ) -> Any:
        """Return the elements, or the slices along `dim`, without those that equal the one before."""

    def unsafe_chunk(self, chunks: _int, dim: _int = ...) -> _tuple[Tensor, ...]:
        """Return `chunk(chunks, dim)`, which is safe to write to here."""

    def unsafe_split(self, split_size: _int, dim: _int = ...) -> _tuple[Tensor, ...]:
        """Return `split(split_size, dim)`, which is safe to write to here."""

    def unsqueeze(self, dim: _int, *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """Insert a dimension of size 1 at `dim`."""

    def unsqueeze_(self, dim: _int, *, axis: Dims = ..., keepdims: _bool = ...) -> Tensor:
        """`unsqueeze` in place: x itself becomes that view of its memory."""

    def var(
        self,
        dim: Dims = ...,
        unbiased: _bool | None = ...,
        keepdim: _bool = ...,
        *,
        correction: _float | None = ...,
        axis: Dims = ...,
        keepdims: _bool = ...,
    ) -> Tensor:
        """Compute the variance over `dim`, or of all elements."""

    def vdot(self, other: TensorLike) -> Tensor:
        """Compute the scalar product of two vectors, `input` being conjugated and `other` not."""

    def view(
        self,
        *shape: _int | Sequence[_int] | DTypeLike,
        size: _int | Sequence[_int] | None = ...,
        dtype: DTypeLike | None = ...,
    ) -> Tensor:
        """Return a view of the given `shape` (or `size`), or of the same bytes as `dtype`; it never copies."""

    def view_as(self, other: Tensor) -> Tensor:
        """Return x.view(other.shape), x the tensor and `other` another."""

    def vsplit(
        self,
        indices_or_sections: _int | Sequence[_int] | Tensor | ndarray | None = ...,
        *,
        sections: _int | None = ...,
        indices: Sequence[_int] | Tensor | ndarray | None = ...,
    ) -> _tuple[Tensor, ...]:
        """Split a tensor vertically, along the first of at least two dimensions."""

    def where(self, condition: Tensor, other: TensorLike) -> Tensor:
        """Return this tensor where `condition` holds, and `other` elsewhere; see `ag.where`."""

    def xlogy(self, other: TensorLike) -> Tensor:
        """Compute x log y, elementwise, with 0 log 0 = 0."""

    def xlogy_(self, other: TensorLike) -> Tensor:
        """`xlogy` in place: the result takes x's memory, and the change is recorded."""

    def zero_(self) -> Tensor:
        """Write zeros into the tensor."""
