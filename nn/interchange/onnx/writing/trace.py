"""A model's computation as a list of operations: it is run once on `Traced` values, which note what is done to them.

A `Traced` looks like a tensor and holds an example array. Every function of `ops` ends in `apply`, which hands the
primitive over to it, with its parameters; so what is noted are primitives, whatever Python led to them. A primitive that
has no form of its own in the file to be written is run as its composition instead, and noted in smaller ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy import ndarray

from autograd_core.engine.basics import where
from autograd_core.engine.modes import no_grad
from autograd_core.engine.primitive import Primitive, apply
from autograd_core.engine.standin import StandIn
from autograd_core.engine.tensor import Tensor
from autograd_core.ops.elementwise import arithmetic as ew
from autograd_core.ops.shape.shape import permute, reshape
from autograd_core.random import rand
from autograd_core.transforms.tree import flatten, map_leaves

from ....module import Module
from ....observe import observed, paths, tensors_in, untouched


class Ref(NamedTuple):
    """The place of a value: the number of the input or result it is."""

    number: int


class Op:
    """One operation. An input is a `Ref`, a constant (an array or a number), or None; `given` are the shapes and dtypes
    of the inputs, `made` those of the results."""

    def __init__(
        self, primitive: Primitive, inputs: list, params: tuple, given: list, made: list, first: int, where: tuple
    ):
        self.primitive, self.inputs, self.params = primitive, inputs, params
        self.given, self.made, self.first = given, made, first
        self.path, self.module = where  # of the innermost module that was running

    @property
    def name(self) -> str:
        return self.primitive.name

    def unsupported(self, why: str) -> NoReturn:
        place = f"module {self.path}" if self.path else "the model itself"
        raise NotImplementedError(f"onnx.export: '{self.name}' {why} [in {place}, {self.module}]")


class Shape(NamedTuple):
    """What is known of an array before it is there."""

    shape: tuple
    dtype: Any


class Program:
    """What a trace gives: the operations in their order, and where the inputs and outputs are."""

    def __init__(self, inputs: list[Shape], ops: list[Op], outputs: list):
        self.inputs, self.ops, self.outputs = inputs, ops, outputs


class Traced(StandIn):
    """A tensor of a trace."""

    __slots__ = ("ref", "tracer", "value")
    transform, varies, differentiated = "onnx.export", "differs from input to input", False

    def __init__(self, value: ndarray, ref: Ref, tracer: Tracer):
        self.value, self.ref, self.tracer = value, ref, tracer

    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)

    def apply_primitive(self, primitive: Primitive, inputs: tuple, params: tuple) -> Any:
        return self.tracer.apply(primitive, inputs, params)

    def index_into(self, x: Any, index: Any) -> Any:
        return self.tracer.take(x, index)

    def call_on_values(self, function: Callable, *operands: Any, as_one: tuple[Primitive, tuple] | None = None) -> Any:
        if as_one is not None:
            return self.tracer.apply(as_one[0], operands, as_one[1])
        return self.tracer.refuse(
            f"'{function.__qualname__.partition('.')[0].strip('_')}' looks at values, which differ from input to input"
        )

    def call_function(self, function: type, args: tuple) -> NoReturn:
        self.tracer.refuse(f"there is no ONNX form of the Function '{function.__name__}'")

    def look(self, what: str) -> NoReturn:
        self.tracer.refuse(f"the values differ from input to input, and {what}")

    def clone(self) -> Traced:
        return self

    def requires_grad_(self, requires_grad: bool = True) -> Traced:
        return self

    data = property(lambda self: self)

    def write_in_place(self, function: Callable, args: tuple, kwargs: dict, name: str) -> Any:
        if not name.startswith("__i"):  # x += y is x = x + y
            self.tracer.refuse(f"x.{name}(…) changes a value in place; use the form without the underscore")
        return function(self, *args)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"onnx.export: a traced value has no '{name}'")

    def refuse_value(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.tracer.refuse(
            "the model turns a value into a Python number, a decision or an array, which differs from input to input; use "
            "ag.where instead of if, and shapes instead of values"
        )

    def refuse_store(self, name: str, shape: tuple) -> NoReturn:
        self.tracer.refuse(
            f"{name} writes a value into a tensor of shape {tuple(shape)} in place; use the form without the underscore, "
            "or ag.where, ag.cat or ag.index_put"
        )

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        self.tracer.refuse("x[…] = v changes a value in place; use ag.where, ag.cat or ag.index_put")


class Tracer:
    """Notes operations. `known(primitive, inputs, params)` tells whether one is to be noted as it is."""

    def __init__(self, model: Module, known: Callable[[Primitive, tuple, tuple], bool]):
        self.known = known
        self.ops: list[Op] = []
        self.count = 0
        self.running: list[Module] = []
        self.paths = paths(model)
        self.model = model

    def where(self) -> tuple[str, str]:
        module = self.running[-1] if self.running else self.model
        return self.paths.get(module, f"<{type(module).__name__}>"), type(module).__name__

    def refuse(self, why: str) -> NoReturn:
        path, kind = self.where()
        place = "" if path else f" [in the model itself, {kind}]"  # of a part, Module adds the path
        raise NotImplementedError(f"onnx.export: {why}{place}")

    def new(self, value: ndarray) -> Traced:
        self.count += 1
        return Traced(value, Ref(self.count - 1), self)

    def apply(self, primitive: Primitive, inputs: tuple, params: tuple) -> Any:
        if not self.known(primitive, inputs, params):
            smaller = primitive.composition or primitive.definition
            if smaller is None:
                self.refuse(f"there is no ONNX form of '{primitive.name}' here")
            return smaller(*inputs, *params)
        arrays = [x.value if isinstance(x, Traced) else x.array if isinstance(x, Tensor) else x for x in inputs]
        out = apply(primitive, tuple(arrays), params)
        return self.note(primitive, inputs, params, out, primitive.outputs)

    def note(self, primitive: Primitive, inputs: tuple, params: tuple, out: Any, several: bool = False) -> Any:
        outs = [np.asarray(o) for o in (out if several else (out,))]
        if any(o.dtype.kind == "c" for o in outs):
            self.refuse(
                f"'{primitive.name}' gives complex numbers, which ONNX has not; use the real and the imaginary part"
            )
        refs = [x.ref if isinstance(x, Traced) else x.array if isinstance(x, Tensor) else x for x in inputs]
        given = [Shape(np.shape(x), x.dtype) if hasattr(x, "dtype") else None for x in inputs]
        made = [Shape(o.shape, o.dtype) for o in outs]
        self.ops.append(Op(primitive, refs, params, given, made, self.count, self.where()))
        results = tuple(self.new(o) for o in outs)
        return results if several else results[0]

    def take(self, x: Any, index: Any) -> Any:
        """x[index] with one traced index of integers, and otherwise whole slices."""
        items = list(index) if isinstance(index, tuple) else [index]
        if Ellipsis in [i if i is Ellipsis else None for i in items]:
            at = next(k for k, i in enumerate(items) if i is Ellipsis)
            items[at : at + 1] = [slice(None)] * (x.ndim - len(items) + 1)
        dims = [k for k, i in enumerate(items) if not (isinstance(i, slice) and i == slice(None))]
        if any(getattr(items[k], "dtype", np.dtype(np.int64)).kind not in "iu" for k in dims):
            self.refuse(
                "a mask that the model computes takes another number of elements for each input; use ag.where or masked_fill"
            )
        if any(isinstance(items[k], slice) or items[k] is None for k in dims):
            self.refuse(
                "an index computed by the model may have arrays of integers, numbers and whole slices in it; cut, or add "
                "dimensions, before or after"
            )
        if len(dims) > 1:
            return self.take_several(x, items, dims)
        dim, chosen = dims[0], items[dims[0]]
        array = x.array if isinstance(x, Tensor) else x.value if isinstance(x, Traced) else x
        return self.note(TAKE, (x, chosen), (dim,), np.take(array, chosen.value, dim))

    def take_several(self, x: Any, items: list, dims: list[int]) -> Any:
        """x[items] with several indices, in the dimensions `dims`: these become one, which is read by one index."""
        separate = dims[-1] - dims[0] + 1 != len(dims)
        first = 0 if separate else dims[0]  # NumPy puts the dimensions of separated indices in front of all
        rest = [d for d in range(x.ndim) if d not in dims]
        order = [*rest[:first], *dims, *rest[first:]]
        shape = tuple(x.shape)
        flat: Any = 0
        for d in dims:
            index: Any = items[d]
            if isinstance(index, Traced):
                index = where(ew.lt(index, 0), ew.add(index, shape[d]), index)
            else:
                index = np.asarray(index.array if isinstance(index, Tensor) else index, np.int64) % shape[d]
            flat = flat * shape[d] + index
        sizes = [shape[d] for d in order]
        merged = [*sizes[:first], math.prod(shape[d] for d in dims), *sizes[first + len(dims) :]]
        return self.take(reshape(permute(x, order), merged), (*(slice(None),) * first, flat))


TAKE = Primitive(lambda x, index, dim: np.take(x, index, dim), name="take")  # one index array, computed by the model


@contextmanager
def without_writes(model: Module) -> Iterator[None]:
    """The model left as it is afterwards, in evaluation mode, its activations making new values."""
    with untouched(model), no_grad():
        model.eval()
        for module in model.modules():
            if module.__dict__.get("inplace") is True:
                module.__dict__["inplace"] = False
        yield


def trace(
    model: Module, args: tuple, kwargs: dict, known: Callable[[Primitive, tuple, tuple], bool]
) -> tuple[Program, list]:
    """The computation of `model(*args, **kwargs)` in evaluation mode, and the arrays that come out.

    Tensors among the arguments, in their order, are the program's inputs; what else is given is fixed.
    """
    tracer = Tracer(model, known)
    inputs: list[Shape] = []

    def entered(x: Any) -> Any:
        if not isinstance(x, Tensor):
            return x
        inputs.append(Shape(x.shape, x.dtype))
        return tracer.new(x.array.copy())

    with without_writes(model), observed(model) as tracer.running:
        given, named = map_leaves(entered, (tuple(args), kwargs))
        result = model(*given, **named)
    results = [x for x in flatten(result)[0] if isinstance(x, Traced | Tensor)]
    if not results:
        tracer.refuse(f"the model returns {type(result).__name__}, and nothing that was computed from its inputs")
    outputs = [x.ref if isinstance(x, Traced) else x.array for x in results]
    values = [x.value if isinstance(x, Traced) else x.array for x in results]
    return Program(inputs, tracer.ops, outputs), values


def run(model: Module, args: tuple, kwargs: dict) -> list[ndarray]:
    """What the model itself gives for the same arguments, as arrays. Its random numbers are others than in a trace."""
    with untouched(model), no_grad():
        model.eval()
        rand(1)
        given, named = map_leaves(lambda x: type(x)(x) if isinstance(x, Tensor) else x, (args, kwargs))
        return [t.array for t in tensors_in(model(*given, **named))]
