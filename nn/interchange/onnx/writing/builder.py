"""An ONNX graph in the making: names, constants, shapes that are computed when the graph runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.versions import memory_of

from .sizes import Beginning, Repeated, Size, Triangle, Varying
from .trace import Op, Ref

OPSET, IR_VERSION = 20, 9
LARGE = 2**63 - 1  # as the end of a slice: all that there is


class Builder:
    """Collects nodes. `parameters` and `buffers`: by name, the arrays that keep their names as initializers; `symbols`:
    for each symbol, an input's name and the dimension of it."""

    def __init__(
        self,
        onnx: Any,
        parameters: dict[str, ndarray],
        buffers: dict[str, ndarray],
        symbols: dict[str, tuple[str, int]],
    ):
        self.onnx = onnx
        self.nodes: list = []
        self.initializers: dict[str, ndarray] = {}
        self.symbols = symbols
        self.values: dict[int, Any] = {}  # the name of each value of the program, or a function that writes it
        self.sources: dict[int, Op] = {}  # the operation that each value comes from
        self.path = ""
        self.buffers = buffers
        self._parameters: dict[int, list[tuple[str, ndarray]]] = {}
        for name, array in (parameters | buffers).items():
            self._parameters.setdefault(id(memory_of(array)), []).append((name, array))
        self._taken: dict[str, int] = {}
        self._constants: dict[tuple, str] = {}
        self._sizes: dict[Any, str] = {}

    # --------------------------------------------------------------------------------------------------------- nodes

    def op(self, kind: str, *inputs: str | None, outputs: int = 1, **attributes: Any) -> Any:
        """A node; the name of its output, or a list of several."""
        name = self.name(f"/{self.path.replace('.', '/')}/{kind}" if self.path else f"/{kind}")
        made = [f"{name}_output_{i}" for i in range(outputs)]
        present = list(inputs)
        while present and present[-1] is None:
            present.pop()
        attributes = {key: value for key, value in attributes.items() if value is not None}
        names = ["" if x is None else x for x in present]
        self.nodes.append(self.onnx.helper.make_node(kind, names, made, name, **attributes))
        return made[0] if outputs == 1 else made

    def name(self, wanted: str) -> str:
        """A name that nothing has yet."""
        count = self._taken.get(wanted, 0)
        self._taken[wanted] = count + 1
        return wanted if count == 0 else self.name(f"{wanted}_{count}")

    # ----------------------------------------------------------------------------------------------------- constants

    def constant(self, value: Any, dtype: Any = None) -> str:
        """A constant of the model, or a parameter, by its own name."""
        array = np.asarray(value, dtype)
        held = self._parameter(array) if isinstance(value, ndarray) else None
        if held is not None:
            return held
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            tensor = self.onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape))
            path, self.path = self.path, ""
            self._constants[key] = self.op("Constant", value=tensor)
            self.path = path
        return self._constants[key]

    def _parameter(self, array: ndarray) -> str | None:
        """The parameter that an array is, or is another shape of, or the transpose of."""
        for name, held in self._parameters.get(id(memory_of(array)), ()):
            if held.size != array.size or held.ctypes.data != array.ctypes.data or held.dtype != array.dtype:
                continue
            if held.shape == array.shape and held.strides == array.strides:
                return self.initializer(name, held)
            if held.flags.c_contiguous and array.flags.c_contiguous:
                return self.op("Reshape", self.initializer(name, held), self.ints(array.shape))
            order = np.argsort([-s for s in array.strides], kind="stable")
            if (
                array.size > 1
                and array.transpose(order).shape == held.shape
                and array.transpose(order).strides == held.strides
            ):
                return self.op("Transpose", self.initializer(name, held), perm=np.argsort(order).tolist())
        return None

    def _longer(self, array: ndarray) -> str | None:
        """The parameter whose first rows an array is."""
        for name, held in self._parameters.get(id(memory_of(array)), ()):
            if held.ctypes.data == array.ctypes.data and held.strides == array.strides and held.dtype == array.dtype:
                return self.initializer(name, held)
        return None

    def held(self, x: Any, op: Op) -> str | None:
        """The buffer of the running module that a constant is a copy of."""
        for name, array in self.buffers.items():
            if name.rpartition(".")[0] == op.path and isinstance(x, ndarray) and np.array_equal(array, x):
                return self.initializer(name, array)
        return None

    def weight(self, array: ndarray, op: Op, part: str) -> str:
        """Parameters in an order of their own, under a new name."""
        return self.initializer(self.name(f"{op.path}.{part}" if op.path else part), array)

    def initializer(self, name: str, array: ndarray) -> str:
        self.initializers[name] = array
        return name

    def ints(self, values: Any) -> str:
        return self.constant(np.asarray(values, np.int64))

    # ---------------------------------------------------------------------------------------------------- what varies

    def size(self, size: Any) -> str:
        """A vector of one number, a size."""
        if not isinstance(size, Size):
            return self.ints([size])
        if size not in self._sizes:
            path, self.path = self.path, ""
            total = None
            for symbols, coefficient in sorted(size.terms.items(), key=lambda term: (len(term[0]), sorted(term[0]))):
                product = None if coefficient == 1 and symbols else self.ints([coefficient])
                for symbol in sorted(symbols):
                    factor = self.symbol(symbol)
                    product = factor if product is None else self.op("Mul", product, factor)
                total = product if total is None else self.op("Add", total, product)
            assert total is not None
            self._sizes[size] = total
            self.path = path
        return self._sizes[size]

    def symbol(self, symbol: str) -> str:
        if symbol not in self._sizes:
            name, dim = self.symbols[symbol]
            self._sizes[symbol] = self.op("Shape", name, start=dim, end=dim + 1)
        return self._sizes[symbol]

    def shape(self, sizes: tuple, op: Op | None) -> str:
        """A shape, as a vector."""
        if op is not None and any(isinstance(s, Varying) for s in sizes):
            op.unsupported("has a result whose shape depends on the sizes in a way that is not linear; keep them fixed")
        if not any(isinstance(s, Size) for s in sizes):
            return self.ints(sizes)
        return self.op("Concat", *(self.size(s) for s in sizes), axis=0)

    def reshape(self, x: str, sizes: tuple, op: Op) -> str:
        """x in another shape; one of the sizes may be -1, for what is left."""
        open_ = [i for i, s in enumerate(sizes) if isinstance(s, Size)]
        if len(open_) == 1 and 0 not in sizes and -1 not in sizes:
            sizes = tuple(-1 if i == open_[0] else s for i, s in enumerate(sizes))
        return self.op("Reshape", x, self.shape(sizes, op), allowzero=1 if 0 in sizes else None)

    # --------------------------------------------------------------------------------------------------------- inputs

    def operand(self, x: Any, op: Op | None, dtype: Any) -> str | None:
        """The name of an input of an operation; numbers take the given dtype."""
        if x is None:
            return None
        if isinstance(x, Ref):
            name = self.values[x.number]
            if callable(name):  # written only where it is read
                name = self.values[x.number] = name()
            return name
        if isinstance(x, Repeated):
            return self.op("Expand", self.constant(x.array), self.shape(x.shape, op))
        if isinstance(x, Triangle):
            full = self.op("Expand", self.constant(x.value), self.shape(x.shape, op))
            return self.op("Trilu", full, self.constant(x.k, np.int64), upper=int(x.upper))
        if isinstance(x, Beginning):
            whole = self._longer(x.array)
            if whole is None:
                assert op is not None
                op.unsupported(
                    "has a constant that is cut to a size, and is no parameter or buffer; register it as one"
                )
            return self.op("Slice", whole, self.ints([0]), self.size(x.rows), self.ints([0]))
        return self.constant(x) if isinstance(x, ndarray) else self.constant(x, dtype)
