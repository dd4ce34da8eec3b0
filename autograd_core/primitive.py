"""How an operation and its rules are declared. (`Function`, in function.py, is the public face of the same thing.)

A primitive is a forward function on arrays and, for each input, a rule `vjp(g, *saved, *params)`: from `g`, the gradient
with respect to the output, to the gradient with respect to that input. A rule is written once, with operators and with
functions of `ops`, which run plain on arrays and record on tensors. So the same text gives the first derivative at
NumPy's price and, handed tensors, every higher one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

import numpy as np
from numpy import ndarray

from .graph import Node, mode, pausing, tick, watchers
from .tensor import Above, Default, Tensor, apply, describe, history, kind_rank, new

# What `saves` may name besides the number of an input:
OUT = -1  # the output
AUX = -2  # what the forward function returned besides the output: forward(...) -> out, aux
SHAPE = -3  # the shape of input 0; SHAPE - i that of input i. Keeps no array alive


class Primitive:
    """An operation and its rules.

    forward       (*arrays, *params) -> array, or a tuple of arrays if `outputs`, or (array(s), aux) if `aux`
    vjps          one rule for each input: (g, *saved, *params) -> gradient. With `outputs`, g is a list holding None for
                  results that were not used
    joint         instead of `vjps`, one rule for all: (needs, g, *saved, *params) -> a gradient or None for each input
    saves         what the rules take: numbers of inputs, OUT, AUX, SHAPE
    uses          for each rule, which of `saves` it uses; what no wanted rule uses is not kept alive, and passed as None
    composition   the same function written with smaller primitives, (*inputs, *params) -> output(s): its definition, the
                  oracle of its tests, and what is differentiated for higher orders. Needs every input in `saves`
    evaluate      a forward function without aux, for when nothing is recorded
    broadcasts    inputs broadcast against each other; the engine sums each gradient back to its input's shape
    view          the output shares memory with the input where NumPy makes it so
    consumes      the joint rule overwrites g
    elementwise   each element of the output comes from one of each input, on any shape; see also `Algebra.keep_zeros`
    defers        the rule may return a `Deferred`
    """

    def __init__(
        self,
        forward: Callable,
        *,
        name: str | None = None,
        vjps: tuple = (),
        joint: Callable | None = None,
        saves: tuple = (),
        uses: tuple | None = None,
        composition: Callable | None = None,
        evaluate: Callable | None = None,
        outputs: bool = False,
        broadcasts: bool = False,
        view: bool = False,
        consumes: bool = False,
        elementwise: bool = False,
        defers: bool = False,
    ):
        self.forward = forward
        self.name = name or forward.__name__.strip("_")
        self.vjps = vjps
        self.joint = joint
        self.saves = saves
        self.uses = uses
        self.composition = composition
        self.evaluate = evaluate
        self.outputs = outputs
        self.broadcasts = broadcasts
        self.view = view
        self.consumes = consumes
        self.elementwise = elementwise
        self.defers = defers
        self.aux = AUX in saves
        self.differentiable = bool(vjps) or joint is not None
        self.frees = any(spec > SHAPE for spec in saves)
        self.fresh = True  # no rule returns an array that somebody else holds, other than g or a view
        self.plans: dict[int, tuple] = {}

    def __call__(self, *inputs: Any) -> Any:
        """Apply to the inputs of a primitive without parameters; otherwise use `apply(primitive, inputs, params)`."""
        return apply(self, inputs)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def plan(self, mask: int) -> tuple:
        """`saves`, with None for what no rule needs if only the inputs in the bit mask want a gradient."""
        plan = self.plans.get(mask)
        if plan is None:
            if self.uses is None:
                plan = self.saves
            else:
                used = {spec for i, specs in enumerate(self.uses) if mask >> i & 1 for spec in specs}
                plan = tuple(spec if spec in used or spec <= SHAPE else None for spec in self.saves)
            self.plans[mask] = plan
        return plan

    def save(self, mask: int, arrays: Any, out: Any, aux: Any) -> tuple:
        saved: list = []
        for spec in self.plan(mask):
            if spec is None:
                saved.append(None)
            elif spec >= 0:
                saved.append(arrays[spec])
            elif spec == OUT:
                saved.append(out)
            elif spec == AUX:
                saved.append(aux)
            else:
                saved.append(np.shape(arrays[SHAPE - spec]))
        return tuple(saved)


def primitive(**options: Any) -> Callable[[Callable], Primitive]:
    """`Primitive` as a decorator of the forward function."""
    return lambda forward: Primitive(forward, **options)


def no_derivative(name: str, argument: str) -> Callable:
    """The rule of an argument in which an operation has no derivative that we know: it raises when it is asked for."""

    def vjp(g: Any, *saved: Any) -> Any:
        raise NotImplementedError(
            f"{name}: there is no derivative with respect to {argument}, and a gradient of shape {tuple(g.shape)} was "
            f"asked for; pass {argument}.detach() if it shall count as a constant"
        )

    return vjp


# -------------------------------------------------------------------------------------------------------- dtypes


cast = Primitive(
    lambda x, source, dtype: x.astype(dtype),
    name="to",
    vjps=(lambda g, source, dtype: convert(g, source),),
)


def convert(x: Any, dtype: Any) -> Any:
    """`x` as `dtype`: itself if it is that already, otherwise a recorded conversion whose gradient is converted back.

    Complex to real keeps the real part, the adjoint of real to complex. Integers have no gradient.
    """
    dtype = np.dtype(dtype)
    if x.dtype == dtype:
        return x
    if x.dtype.kind == "c" and dtype.kind == "f":
        x = Above.real(x)
    if dtype.kind not in "fc" and isinstance(x, Tensor):
        x = x.detach()
    return apply(cast, (x,), (x.dtype, dtype))


Above.convert = convert


def dtype_meant(what: Any) -> np.dtype:
    """A dtype, by its name or as that of a tensor."""
    if isinstance(what, Tensor):
        return what.dtype
    try:
        if what is not None:
            return np.dtype(what)
    except TypeError:
        pass
    raise TypeError(
        f"to: needs a dtype or a tensor that has it, got {what!r}. There are no devices: all tensors are in main memory, so "
        'leave out .to("cpu") and .to(device)'
    )


def promote_types(a: np.dtype, b: np.dtype) -> np.dtype:
    """The common dtype of two arrays. As in PyTorch, an integer array never widens a floating one."""
    if a == b:
        return a
    if a.kind in "fc" and b.kind in "biu":
        return a
    if b.kind in "fc" and a.kind in "biu":
        return b
    return np.promote_types(a, b)


def result_type(*operands: Any) -> np.dtype:
    """The dtype of an operation on the operands: arrays decide, then 0-d arrays, then numbers.

    A later group only matters if its category (bool < integer < float < complex) is higher than that of the earlier.
    """
    groups: list[np.dtype | None] = [None, None, None]
    for x in operands:
        if isinstance(x, NUMBERS):
            kind = type(x) if type(x) in _scalar_dtypes else next(k for k in _scalar_dtypes if isinstance(x, k))
            group, dtype = 2, _scalar_dtypes[kind]()
        else:
            group, dtype = (0 if x.ndim else 1), x.dtype
        held = groups[group]
        groups[group] = dtype if held is None else promote_types(held, dtype)
    result = None
    for found in groups:
        if found is None:
            continue
        if result is None:
            result = found
        elif kind_rank(found) > kind_rank(result):
            if found.kind == "c" and result.kind == "f":
                found = np.promote_types(result, np.complex64)
            result = found
    assert result is not None
    return result


_scalar_dtypes: dict[type, Callable[[], np.dtype]] = {
    bool: lambda: np.dtype(bool),
    int: lambda: np.dtype(np.int64),
    float: lambda: Default.dtype,
    complex: lambda: np.promote_types(Default.dtype, np.complex64),
}


NUMBERS = (bool, int, float, complex)  # tuples: `A | B` in a function would be built anew at every call
OPERANDS = (Tensor, ndarray, *NUMBERS)
OPERANDS_AND_SCALARS = (*OPERANDS, np.generic)


def operand(x: Any, name: str) -> Any:
    """`x` as an operation takes it (a tensor, an array or a Python number), or a TypeError that names the operation."""
    if isinstance(x, OPERANDS) or hasattr(x, "__apply__"):
        if isinstance(x, np.generic):  # np.float64 is a Python float too
            return x.item()
        if isinstance(x, ndarray) and x.dtype.kind not in "fiubc":
            raise TypeError(f"{name}: an array of {x.dtype} holds no numbers")
        return x
    if isinstance(x, np.generic):
        return x.item()
    raise TypeError(f"{name}: needs tensors, arrays or numbers, got {_way_to_a_tensor(x)}")


def _way_to_a_tensor(x: Any) -> str:
    """What x is, and how to make a tensor of it."""
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return f"{type(x).__name__}({', '.join(x._fields)}); take one of them, as in result.{x._fields[0]}"
    if isinstance(x, tuple | list) and any(is_traced(item) for item in x):
        if isinstance(x, list):
            return f"a list of {len(x)} with tensors in it; join them with ag.stack(…) or ag.cat(…)"
        return (
            f"a tuple of {len(x)}, such as a recurrent layer returns; unpack it first, as in output, _ = lstm(x), or join "
            "tensors with ag.stack(…)"
        )
    return f"{describe(x)}; make it a tensor with ag.tensor(…)"


def not_an_operand(x: Any, name: str) -> Any:
    """For an operator whose other operand is not ours: NotImplemented, so that x's own class is asked, or a TypeError for
    a tuple or list of tensors, which has no arithmetic but would be said to be 'unsupported'."""
    if type(x) in (tuple, list) and is_traced(*x):
        operand(x, name)
    return NotImplemented


def parts_to_take(*kinds: type) -> None:
    """Let named results such as (values, indices) say, where one is used like a tensor, which part to take.

    They are tuples, which would be repeated by `* 2` and be unequal to any number.
    """
    arithmetic = "add sub mul truediv floordiv mod pow matmul".split()
    names = [f"__{r}{name}__" for name in arithmetic for r in ("", "r")] + "__lt__ __le__ __gt__ __ge__ __eq__ __ne__".split()
    for kind in kinds:
        for name in [*names, "__neg__", "__abs__"]:
            setattr(kind, name, _refusing(kind, getattr(tuple, name, None)))
        kind.__getattr__ = _no_attribute  # type: ignore[attr-defined]


def _refusing(kind: Any, of_tuples: Callable | None) -> Callable:
    def method(self: Any, *others: Any) -> Any:
        if others and not is_operand(others[0]):
            return NotImplemented if of_tuples is None else of_tuples(self, *others)
        first, *rest = kind._fields
        raise TypeError(
            f"{kind.__name__} gives ({first}, {', '.join(rest)}), not one tensor; take the part that is meant, as in "
            f"result.{first}"
        )

    return method


def _no_attribute(self: Any, name: str) -> Any:
    hint = f"; it is ({', '.join(self._fields)}), take result.{self._fields[0]}.{name}" if hasattr(Tensor, name) else ""
    raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'{hint}")


def is_traced(*xs: Any) -> bool:
    """Whether any operand is a tensor or a transform's stand-in for one, so that the result is one too."""
    return any(isinstance(x, Tensor) or hasattr(x, "__apply__") for x in xs)


def stand_in(*xs: Any) -> Any:
    """The first operand that a transform put in the place of a tensor (see `batching.Batched`), or None."""
    return next((x for x in xs if not isinstance(x, OPERANDS) and hasattr(x, "__apply__")), None)


def unified(name: str, *xs: Any, floating: bool = False) -> tuple:
    """The operands converted to their common dtype (at least the default float if `floating`); numbers stay numbers."""
    given, xs = xs, tuple(operand(x, name) for x in xs)
    if not is_traced(*xs):
        return given  # NumPy's scalars keep their dtype: a rule may run on them
    dtype = result_type(*xs)
    if floating and dtype.kind not in "fc":
        dtype = Default.dtype
    return tuple(_number(x, dtype) if not hasattr(x, "dtype") else _converted(x, dtype) for x in xs)


def _converted(x: Any, dtype: np.dtype) -> Any:
    if x.dtype == dtype:
        return x
    return x.astype(dtype) if isinstance(x, ndarray) else convert(x, dtype)


def _number(x: Any, dtype: np.dtype) -> Any:
    """A Python number of the category of `dtype`, so that NumPy sees a weak scalar of the right kind."""
    if dtype.kind in "fc" and isinstance(x, bool | int):
        return float(x)
    if dtype.kind in "iu" and isinstance(x, bool | int):
        limits = np.iinfo(dtype)
        return int(x) if limits.min <= x <= limits.max else np.asarray(x).astype(dtype)  # wraps around, as in PyTorch
    return x


# ------------------------------------------------------------------------------------------------ elementwise, in a hurry
#
# `unary` and `binary` make the functions most programs spend their time in. Both do what `apply` does, written out for
# one and two operands; whatever is not plain (numbers of another kind, dtypes that differ, arrays, watchers) goes to
# `apply`.


def unary(
    forward: Callable,
    vjp: Callable | None,
    *,
    saves: tuple = (),
    name: str | None = None,
    floating: bool = True,
    prepare: Callable | None = None,
    doc: str | None = None,
) -> Callable:
    """An elementwise function of one operand. `floating`: integers become the default float first; `prepare(x)` makes
    of what is no floating tensor what `forward` takes, instead."""
    name = name or forward.__name__
    p = Primitive(forward, name=name, vjps=(vjp,) if vjp else (), saves=saves, elementwise=True)
    save_x, save_out = 0 in saves, OUT in saves
    if vjp is None:
        return _undifferentiated(p, floating, doc)

    def function(input: Any) -> Any:
        if type(input) is not Tensor or watchers:
            return general(input)
        node = input.node if input.origin is None else history(input)
        array = input.array
        if node is None and array.dtype.kind != "f":
            return general(input)
        out = forward(array)
        t = new(Tensor)
        t.array = out = out if type(out) is ndarray else np.asarray(out)
        t.origin = t._grad = None
        if node is None or (pausing and not mode.enabled):
            t.node = None
            return t
        t.node = n = new(Node)
        n.primitive = p
        n.parents = (node,)
        if save_out:
            n.saved = (array, out) if save_x else (out,)
        else:
            n.saved = (array,) if save_x else ()
        n.shape = out.shape
        n.order = tick()
        n.extra = None
        return t

    def general(x: Any) -> Any:
        (x,) = unified(name, x, floating=floating) if prepare is None else (prepare(x),)
        return apply(p, (x,))

    return _named(function, p, doc)


def _undifferentiated(p: Primitive, floating: bool, doc: str | None) -> Callable:
    def function(input: Any) -> Any:
        (input,) = unified(p.name, input, floating=floating)
        return apply(p, (input,))

    return _named(function, p, doc)


def binary(
    forward: Callable,
    vjps: tuple,
    *,
    saves: tuple = (),
    uses: tuple | None = None,
    name: str | None = None,
    floating: bool = False,
    doc: str | None = None,
) -> Callable:
    """An elementwise function of two operands, broadcast against each other."""
    name = name or forward.__name__
    p = Primitive(forward, name=name, vjps=vjps, saves=saves, uses=uses, broadcasts=True, elementwise=True)
    differentiable = bool(vjps)
    assert all(spec in (0, 1, OUT) for spec in saves)
    both = saves == (0, 1)  # the usual case, written out: which of the two the wanted rules use
    only_x, only_y, either = ((0 in p.plan(mask), 1 in p.plan(mask)) for mask in (0b01, 0b10, 0b11))

    def build(general: Callable) -> Callable:
        def function(input: Any, other: Any) -> Any:
            if type(input) is not Tensor or watchers:
                return general(input, other)
            a: Any = input.array
            xn = input.node if input.origin is None else history(input)
            if type(other) is Tensor:
                b: Any = other.array
                yn = other.node if other.origin is None else history(other)
                if a.dtype is not b.dtype:
                    return general(input, other)
            elif type(other) is float or type(other) is int:
                b, yn = other, None
                if type(other) is float and a.dtype.kind != "f":
                    return general(input, other)
            else:
                return general(input, other)
            if floating and xn is None and a.dtype.kind != "f":
                return general(input, other)
            try:
                out = forward(a, b)
            except ValueError:
                raise shape_error(name, a, b) from None
            except OverflowError:  # a Python number that the integer dtype does not hold
                return general(input, other)
            t = new(Tensor)
            t.array = out = out if type(out) is ndarray else np.asarray(out)
            t.origin = t._grad = None
            if (xn is None and yn is None) or (pausing and not mode.enabled) or not differentiable:
                t.node = None
                return t
            t.node = n = new(Node)
            n.primitive = p
            n.parents = (xn, yn)
            if both:
                keep_a, keep_b = only_x if yn is None else only_y if xn is None else either
                n.saved = (a if keep_a else None, b if keep_b else None)
            else:
                n.saved = p.save((xn is not None) | (yn is not None) << 1, (a, b), out, None) if saves else ()
            n.shape = out.shape
            n.order = tick()
            n.extra = None
            return t

        return function

    def general(x: Any, y: Any) -> Any:
        x, y = unified(name, x, y, floating=floating)
        try:
            return apply(p, (x, y))
        except ValueError as error:
            if "broadcast" in str(error):
                raise shape_error(name, x, y) from None
            raise

    def operator(x: Any, y: Any) -> Any:
        return general(x, y) if is_operand(y) else not_an_operand(y, name)

    function = _named(build(general), p, doc)
    function.operator = build(operator)  # type: ignore[attr-defined]
    return function


def is_operand(x: Any) -> bool:
    """Whether operators take `x`; others are left to their own class's reflected operator."""
    return isinstance(x, OPERANDS_AND_SCALARS) or hasattr(x, "__apply__")


def shape_error(name: str, *xs: Any) -> ValueError:
    shapes = " and ".join(str(tuple(np.shape(x))) for x in xs)
    return ValueError(
        f"{name}: shapes {shapes} do not broadcast; counted from the last, each dimension must be equal or 1"
    )


def _named(function: Callable, p: Primitive, doc: str | None) -> Callable:
    function.__name__ = function.__qualname__ = p.name
    function.__doc__ = doc
    function.primitive = p  # type: ignore[attr-defined]
    return function


def published(module: str, functions: Mapping[str, Any]) -> None:
    """Functions that others make (`unary`, `binary`, …) learn by which public name pickle finds them: module.name."""
    for name, function in functions.items():
        if isinstance(function, FunctionType) and _found(function) is not function:
            function.__module__, function.__qualname__ = module, name
            if "<" in function.__name__:  # a lambda
                function.__name__ = name.rpartition(".")[2]


def _found(function: FunctionType) -> Any:
    """What pickle finds by the name of the function."""
    found: Any = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found
