"""Tensor, the value. (`primitive.apply` records operations, `history.py` has views, `writes.py` changes in place.)

A tensor is an array and, where a gradient may be wanted, the node of its history: two objects, so that a history can be
kept without its values and a value without its history. Nodes never point at tensors, so nothing here forms a cycle.
"""

from __future__ import annotations

import sys
import warnings
import weakref
from collections.abc import Callable
from opcode import opmap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy import ndarray

from . import printing
from .graph import LEAF, OUTPUT, Extra, Node, extra_of
from .history import View, history
from .modes import mode
from .versions import version_of

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from .methods import Methods  # what interface/bind.py binds, written down by tests/stubs.py
else:
    Methods = object

new: Any = object.__new__


class Tensor(Methods):
    """Holds an n-dimensional array, and can record what is computed from it.

    Tensor(data, requires_grad=False): `data` is copied. `more` may hold `requires_grad`, as in Tensor([1.0], True).
    Sizes, which PyTorch's class takes, are refused. `ag.tensor` has further arguments, `ag.from_numpy` shares memory.

    Formula: out[i, j, …] = data[i][j]…
    Shapes: that of the nesting of sequences, or of the array or tensor; a number has the shape ().
    Dtypes: Python floats become the default dtype (float32), integers int64; arrays and tensors keep theirs.
    Raises: TypeError for what holds no numbers, and for sizes; ValueError for rows of several lengths; RuntimeError for
        requires_grad with an integer dtype.
    Source: PyTorch's `Tensor`.

    >>> import autograd_core as ag
    >>> x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4., 6.])
    """

    __slots__ = {
        "array": "The values, for the library's own use; `numpy()` is the public door.",
        "node": "The node of the history, None where no gradient is wanted; of a view, see `history`.",
        "origin": "What the tensor is a view of, or None.",
        "_grad": "The gradient that was accumulated, or None.",
        "__weakref__": "Weak references to the tensor.",
    }
    __array_priority__ = 1000.0

    array: ndarray
    node: Node | None
    origin: View | None

    def __init__(self, data: Any, *more: Any, requires_grad: bool = False):
        if more or type(data) is int:
            requires_grad = _not_sizes(data, *more)
        self.array = as_array(data, copy=True)
        self.node = None
        self.origin = None
        self._grad: Tensor | None = None
        if requires_grad:
            self.requires_grad = True

    # ------------------------------------------------------------------------------------------------ what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each dimension."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the elements, NumPy's."""
        return self.array.dtype

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def itemsize(self) -> int:
        """The number of bytes of one element."""
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        """The number of bytes of all elements together."""
        return self.array.nbytes

    @property
    def _version(self) -> int:
        return version_of(self.array)

    @property
    def _base(self) -> Tensor | None:
        return None if self.origin is None else self.origin.base

    @property
    def is_leaf(self) -> bool:
        """Whether this tensor was not computed by a recorded operation."""
        node = history(self)
        return node is None or node.primitive is LEAF

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that computed this tensor, None for a leaf."""
        return None if self.is_leaf else self.node

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded. Only a leaf of floating dtype can be switched on."""
        return history(self) is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        node = history(self)
        if bool(value) == (node is not None):
            return
        if not value:
            if not self.is_leaf:
                raise RuntimeError(
                    "requires_grad can only be changed on a leaf, and this tensor was computed by "
                    f"'{node.name if node else ''}'; use x.detach() for a tensor without its history"
                )
            self.node = None
            return
        if self.array.dtype.kind not in "fc":
            raise RuntimeError(
                f"only floating tensors can require a gradient, and this one is {self.array.dtype} "
                f"(shape {self.shape}); convert it first, as in x.float()"
            )
        self.node = leaf_node(self)

    @property
    def grad(self) -> Tensor | None:
        """The gradient that `backward` accumulated here: a tensor of this shape and dtype, or None.

        Of a computed tensor that does not retain it (see `retain_grad`) it is None, with a warning.
        """
        if self._grad is None and self.node is not None and self.node.primitive is not LEAF:
            _warn_of_no_grad(self)
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad must be a Tensor or None, not {type(value).__name__}")
            if value.shape != self.shape or value.dtype != self.dtype:
                raise RuntimeError(
                    f"grad of shape {value.shape}, {value.dtype} assigned to a tensor of shape {self.shape}, "
                    f"{self.dtype}; they must be the same"
                )
            if value is self:
                raise RuntimeError("a tensor cannot be its own grad; assign a copy, x.clone()")
        self._grad = value

    @property
    def data(self) -> Tensor:
        """The same memory without the history. Assigning replaces the array."""
        return wrap(self.array)

    @data.setter
    def data(self, value: Tensor) -> None:
        array = as_array(value)
        if self.node is not None and array.dtype.kind not in "fc":
            raise RuntimeError(f"data of dtype {array.dtype} given to a tensor that requires a gradient; use a float")
        self.array = array
        if self.node is not None and self.is_leaf:
            self.node.shape = array.shape

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Let operations on this leaf be recorded, or, with `requires_grad` False, no more; return the tensor itself."""
        self.requires_grad = requires_grad
        return self

    def detach(self) -> Tensor:
        """Return the same memory as a tensor without a history. A write to either is seen by both."""
        return wrap(self.array)

    def detach_(self) -> Tensor:
        """Forget the history of this tensor itself."""
        if self.origin is not None:
            raise RuntimeError("detach_: this tensor is a view; use x.detach(), or x.clone().detach_()")
        self.node = None
        return self

    def retain_grad(self) -> None:
        """Let `backward` fill `.grad` of this tensor although it is not a leaf."""
        node = history(self)
        if node is None:
            raise RuntimeError("retain_grad: this tensor does not require a gradient; set requires_grad on its inputs")
        if node.primitive is not LEAF and not self.retains_grad:
            extra = extra_of(node)
            extra.retained = (*(r for r in extra.retained if r() is not None), weakref.ref(self))

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was called: a property of this tensor, whatever is written to it in place afterwards."""
        node = history(self)
        return node is not None and node.extra is not None and any(r() is self for r in node.extra.retained)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> HookHandle:
        """Call hook(g) with each gradient with respect to this tensor that is computed.

        What `hook` returns, if not None, takes the gradient's place. The handle that comes back has a `remove()`.
        """
        node = history(self)
        if node is None:
            raise RuntimeError("register_hook: this tensor does not require a gradient; set requires_grad first")
        return HookHandle(extra_of(node).hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> HookHandle:
        """Call hook(x) each time `x.grad` of this leaf x has been added to; the handle that comes back has a `remove()`."""
        node = history(self)
        if node is None or node.primitive is not LEAF:
            raise RuntimeError("register_post_accumulate_grad_hook: only for leaves that require a gradient")
        return HookHandle(extra_of(node).after, hook)

    # ------------------------------------------------------------------------------------------------ out of it

    def numpy(self, *, force: bool = False) -> ndarray:
        """Return the values as a NumPy array on the same memory.

        While the tensor has a history the array is read-only, unless `force`.
        """
        if force or history(self) is None:
            return self.array
        array = self.array.view()
        array.flags.writeable = False
        return array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> ndarray:
        """What `np.asarray(x)`, and every function that knows only arrays, gets: `numpy()`, but RuntimeError while
        recording is on and this tensor requires a gradient, which would be lost without a word.

        >>> import numpy as np
        >>> import autograd_core as ag
        >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
        >>> np.asarray(x.detach())
        array([1., 2.], dtype=float32)
        """
        if mode.enabled and history(self) is not None:
            raise RuntimeError(
                f"a tensor that requires a gradient (shape {self.shape}) was about to become a NumPy array, and its "
                "gradient to be lost; to keep the gradient use np.stack or np.concatenate for a list of tensors, "
                "ag.zeros(…) instead of np.zeros(…) for an array to assign into, and the function of ag or ag.special "
                "of the same name instead of SciPy's; for the values alone pass x.detach() or x.numpy(), or compute "
                "under ag.no_grad()"
            )
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            if copy is False:
                raise ValueError(f"a tensor of {array.dtype} cannot become an array of {dtype} without a copy")
            return array.astype(dtype)
        return array.copy() if copy else array

    def item(self) -> Any:
        """Return the value of a tensor of one element as a Python number."""
        if self.array.size != 1:
            raise RuntimeError(f"item: needs a tensor of one element, got shape {self.shape}; use tolist()")
        return self.array.item()

    def tolist(self) -> Any:
        """Return the values as nested lists of Python numbers, or as one number."""
        return self.array.tolist()

    def __repr__(self) -> str:
        text = printing.text(self.array, "tensor(")
        parts = [text]
        if self.array.size == 0 and self.shape != (0,):
            parts.append(f"size={self.shape}")
        default = Default.dtype if self.array.dtype.kind == "f" else np.dtype(np.int64)
        if self.array.dtype not in (default, np.dtype(bool)):
            parts.append(f"dtype={self.array.dtype}")
        node = history(self)
        if node is not None:
            parts.append("requires_grad=True" if node.primitive is LEAF else f"grad_fn=<{node_name(node)}>")
        return f"tensor({', '.join(parts)})"

    def __format__(self, spec: str) -> str:
        return format(self.array.item(), spec) if self.array.ndim == 0 else object.__format__(self, spec)

    def __len__(self) -> int:
        if self.array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self.array.shape[0]

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise RuntimeError(
                f"the truth of a tensor of shape {self.shape} is ambiguous; use x.any(), x.all() or x.item()"
            )
        return bool(self.array.item())

    def __float__(self) -> float:
        _refuse_store(self)
        return float(_number(self))

    def __int__(self) -> int:
        _refuse_store(self)
        return int(_number(self))

    def __complex__(self) -> complex:
        _refuse_store(self)
        return complex(_number(self))

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iub" or self.array.size != 1:
            raise TypeError(
                f"only an integer tensor of one element is an index, not {self.dtype} of shape {self.shape}"
            )
        return int(self.array.item())

    def __hash__(self) -> int:
        return id(self)

    def __reduce_ex__(self, protocol: Any) -> tuple:
        if not self.is_leaf:
            raise RuntimeError(
                f"a tensor computed by '{node_name(self.node)}' cannot be pickled or deep-copied with its history; "
                "use x.detach()"
            )
        return _rebuild, (type(self), self.array, self.requires_grad, self._grad)

    def __copy__(self) -> Tensor:
        """Another tensor on the same memory: with the same history, or, of a leaf, a leaf of its own."""
        if self.is_leaf:
            build, args = self.__reduce_ex__(4)[:2]
            return build(*args)
        t = wrap(self.array, self.node)
        t.origin = self.origin
        return t

    def __deepcopy__(self, memo: dict) -> Tensor:
        build, (kind, array, requires_grad, grad) = self.__reduce_ex__(4)
        copy = build(kind, array.copy(), requires_grad, None if grad is None else wrap(grad.array.copy()))
        memo[id(self)] = copy
        return copy


def _not_sizes(data: Any, *more: Any) -> bool:
    """The second argument of `Tensor`, requires_grad; or a TypeError for sizes, which the class of PyTorch takes."""
    if len(more) == 1 and isinstance(more[0], bool):
        return more[0]
    sizes = ", ".join(map(str, (data, *more)))
    values = f"ag.tensor([{sizes}])" if more else f"ag.tensor({sizes})"
    raise TypeError(
        f"Tensor({sizes}): takes values, not sizes; a tensor of that shape is ag.zeros({sizes}) or ag.empty({sizes}), and "
        f"of {'these values' if more else 'this number'} {values}"
    )


def _warn_of_no_grad(x: Tensor) -> None:
    if not x.is_leaf and not x.retains_grad:
        warnings.warn(
            f"the .grad of a computed tensor (shape {x.shape}, by '{node_name(x.node)}') is None: backward fills it for "
            "leaves. To change a leaf and keep it one write `with ag.no_grad(): w -= lr * w.grad`, not `w = w - lr * "
            "w.grad`; to have the gradient of a computed tensor call x.retain_grad() before backward",
            stacklevel=3,
        )


def _number(x: Tensor) -> Any:
    """The one number in x; ValueError as of PyTorch's tensors, so that matplotlib tells a row of values from a number."""
    if x.array.size != 1:
        raise ValueError(f"only a tensor of one element is a number, got shape {x.shape}; use tolist() or numpy()")
    return x.array.item()


STORE = opmap["STORE_SUBSCR"]  # the instruction of `a[i] = x`


def _refuse_store(x: Tensor) -> None:
    """Raise if x is asked for a number by `a[i] = x`, the array being NumPy's, and a gradient would be lost.

    NumPy does not ask for `__array__` there but for `__float__`, as `float(loss)` does, which is meant and allowed. So
    the instruction that asks tells the two apart.
    """
    if mode.enabled and history(x) is not None:
        frame = sys._getframe(2)
        if frame.f_lasti >= 0 and frame.f_code.co_code[frame.f_lasti] == STORE:
            raise RuntimeError(
                "a[i] = x: the array is not a tensor, and x requires a gradient, which would be lost; make the array a "
                "tensor, as in a = ag.zeros(3), or collect the values and use ag.stack([x, y]); to store the number "
                "alone write a[i] = x.item()"
            )


def _rebuild(kind: type, array: ndarray, requires_grad: bool, grad: Tensor | None) -> Tensor:
    t = new(kind)
    t.array, t.node, t.origin, t._grad = as_array(array), None, None, grad  # NumPy unpickles a dtype as a new object
    if requires_grad:
        t.node = leaf_node(t)
    return t


class HookHandle:
    """Holds what `register_hook` returns; `remove()` takes the hook away, and so does leaving it as a context."""

    next_id = 0

    def __init__(self, hooks: dict, hook: Callable):
        self.hooks, self.id = hooks, HookHandle.next_id
        HookHandle.next_id += 1
        hooks[self.id] = hook

    def remove(self) -> None:
        self.hooks.pop(self.id, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


# --------------------------------------------------------------------------------------------------------- into tensors


class Default:
    """What Python floats become."""

    dtype: np.dtype = np.dtype(np.float32)


def set_default_dtype(d: DTypeLike, /) -> None:
    """Set the dtype that Python floats and factories such as `ag.zeros` give to `d`: float32, float64 or float16.

    Formula: none; `ag.get_default_dtype()` = d from here on, in all threads.
    Shapes: none.
    Dtypes: a floating one; at the start of a program it is float32.
    Raises: TypeError for any other dtype.
    Source: PyTorch's `set_default_dtype`.

    >>> import autograd_core as ag
    >>> ag.set_default_dtype(ag.float64)
    >>> ag.tensor(1.0)
    tensor(1.)
    >>> ag.set_default_dtype(ag.float32)
    """
    if np.dtype(d).kind != "f":
        raise TypeError(f"set_default_dtype: only floating dtypes, not {np.dtype(d)}")
    Default.dtype = np.dtype(d)


def get_default_dtype() -> np.dtype:
    """Return the dtype that Python floats and factories such as `ag.zeros` give.

    Formula: none; what `set_default_dtype` set.
    Shapes: none.
    Dtypes: a floating one, float32 at the start of a program.
    Raises: nothing.
    Source: PyTorch's `get_default_dtype`.

    >>> import autograd_core as ag
    >>> ag.get_default_dtype()
    dtype('float32')
    """
    return Default.dtype


def as_array(data: Any, dtype: Any = None, *, copy: bool | None = None) -> ndarray:
    """`data` as an array of a dtype we compute with: Python floats become the default dtype, arrays keep theirs."""
    if isinstance(data, Tensor):
        array = data.array
    elif isinstance(data, ndarray | np.generic):
        array = np.asarray(data)
    else:
        if mode.enabled and isinstance(data, list | tuple) and _holds_history(data):
            warnings.warn(
                "a tensor was made of a list with tensors that require a gradient, by their values alone; to keep their "
                "gradient use ag.stack([x, y]), to say that the values are meant x.detach() or x.item()",
                stacklevel=3,
            )
        array = np.array(_plain(data))
        if dtype is not None:
            array = range_checked(array, np.dtype(dtype), "tensor")
        if dtype is None and array.dtype == np.float64 and not _holds_arrays(data):
            dtype = Default.dtype
        if dtype is None and array.dtype == np.complex128 and Default.dtype == np.float32 and not _holds_arrays(data):
            dtype = np.complex64
        if array.size == 0 and dtype is None and array.dtype.kind == "f":
            dtype = Default.dtype
    if array.dtype.kind not in "fiubc":
        raise TypeError(
            f"a tensor holds numbers or booleans, not {array.dtype} (from {type(data).__name__}); "
            "check for strings, None or ragged nesting"
        )
    # NumPy's one object for each native dtype: the hot path compares dtypes by identity
    target = np.dtype((np.dtype(dtype) if dtype is not None else array.dtype).type)
    out = np.array(array, target, copy=copy, subok=False)
    return out if out.dtype is target else out.view(target)


def range_checked(value: Any, dtype: np.dtype, name: str) -> ndarray:
    """Numbers that a program wrote down as an array of `dtype`; OverflowError for one beyond the range of an integer
    dtype, which a conversion would wrap around. (Computed values wrap, as in PyTorch.)"""
    array = np.asarray(value)
    if array.dtype.kind not in "fiubc" and not all(type(v) is int for v in array.flat):  # ints beyond int64 are objects
        return array
    if dtype.kind in "iu" and array.dtype.kind in "iufO" and array.dtype != dtype and array.size:
        low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
        # a fraction is cut off: -0.5 and 255.5 fit into uint8. NaN fits nowhere
        inside = (array > low - 1) & (array < high + 1) if array.dtype.kind == "f" else (array >= low) & (array <= high)
        inside |= array == low
        if not np.all(inside):
            wrong = array[~np.asarray(inside, bool)].flat[0]
            way = f"a wider dtype, or, to let it wrap around, ag.tensor({wrong}).to(ag.{dtype})"
            way = way if -(2**63) <= wrong < 2**63 and dtype.itemsize < 8 else "a floating dtype"
            raise OverflowError(f"{name}: {wrong} does not fit into {dtype}, which holds {low} to {high}; use {way}")
    return array.astype(dtype)


def _plain(data: Any) -> Any:
    """Nested sequences with the tensors in them replaced by arrays; a ragged nesting is refused."""
    if isinstance(data, list | tuple):
        rows = [_plain(item) for item in data]
        shapes = {np.shape(row) for row in rows}
        if len(shapes) > 1:
            raise ValueError(f"a tensor needs rows of one shape, got {sorted(shapes)[:4]}; pad or pack them first")
        return rows
    return data.array if isinstance(data, Tensor) else data


def _holds_history(data: Any) -> bool:
    """Whether a tensor somewhere in nested lists requires a gradient."""
    if isinstance(data, list | tuple):
        return any(map(_holds_history, data))
    return isinstance(data, Tensor) and history(data) is not None


def _holds_arrays(data: Any) -> bool:
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return isinstance(data, ndarray | np.generic | Tensor) and not isinstance(data, list | tuple)


def wrap(array: Any, node: Node | None = None) -> Tensor:
    """A tensor around an array, without copying or checking it."""
    t = new(Tensor)
    t.array = array if type(array) is ndarray else np.asarray(array)
    t.node = node
    t.origin = t._grad = None
    return t


def leaf_node(t: Tensor) -> Node:
    """The node of a tensor at which a graph begins."""
    node = Node(LEAF, (), (), t.array.shape)
    node.extra = Extra()
    node.extra.owner = weakref.ref(t)
    return node


def node_name(node: Node | None) -> str:
    """The operation a node stands for; of one of several results, the operation that gave them."""
    if node is None:
        return "none"
    return node.parents[0].name if node.primitive is OUTPUT else node.name


def describe(x: Any) -> str:
    """How messages name an operand."""
    if isinstance(x, Tensor | ndarray):
        return f"{type(x).__name__} of shape {x.shape}, {x.dtype}"
    return f"{type(x).__name__} {x!r}" if isinstance(x, bool | int | float | complex) else type(x).__name__


_CONVERSIONS = {"float32": "float", "float64": "double", "float16": "half", "int64": "long", "bool": "bool"}


def conversion(what: str, x: Any, dtype: Any) -> str:
    """The code that converts x, which a message calls `what`: it can be pasted."""
    name = np.dtype(dtype).name
    if isinstance(x, ndarray):
        return f'{what}.astype("{name}")'
    return f"{what}.{_CONVERSIONS[name]}()" if name in _CONVERSIONS else f"{what}.to(ag.{name})"


def either_conversion(what: str, x: Any, dtype: Any) -> str:
    """How to bring x and the parameters of a model, of `dtype`, together."""
    model = "" if x.dtype.kind != "f" else f", or the model, {conversion('model', None, x.dtype)}"
    return f"convert the input, {conversion(what, x, dtype)}{model}"


def kind_rank(dtype: np.dtype) -> int:
    """bool < integers < floats < complex: the categories of type promotion."""
    return "biufc".index(dtype.kind) if dtype.kind != "u" else 1
