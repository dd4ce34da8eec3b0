"""Parametrizations: a parameter that is computed from others, such as a weight that stays symmetric or of norm 1.

`register_parametrization(module, "weight", f)` puts the free parameter X into `module.parametrizations.weight.original`
and makes `module.weight` give f(X), computed anew (and recorded) each time it is read. The module's class becomes a
subclass with a property of that name; when the last parametrization is removed it gets its own class back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from autograd_core.engine.modes import no_grad
from autograd_core.engine.tensor import Tensor, describe

from ..layers.container import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]


class _Cache:
    depth = 0  # of nested `cached()` blocks
    values: dict[tuple[int, str], Any] = {}


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor once inside, however often it is read: for shared or recurrent weights.

    Formula: none; a context manager
    Shapes: none.
    Dtypes: none.
    Raises: nothing.
    Source: PyTorch's `torch.nn.utils.parametrize.cached`.

    >>> import nn
    >>> from nn.utils import parametrize
    >>> class Double(nn.Module):
    ...     def forward(self, X):
    ...         return 2 * X
    >>> layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Double())
    >>> with parametrize.cached():
    ...     layer.weight is layer.weight
    True
    """
    _Cache.depth += 1
    try:
        yield
    finally:
        _Cache.depth -= 1
        if _Cache.depth == 0:
            _Cache.values.clear()


def _register(module: Module, name: str, x: Tensor) -> None:
    if isinstance(x, Parameter):
        module.register_parameter(name, x)
    else:
        module.register_buffer(name, x)


def _put(x: Tensor, value: Any) -> None:
    """Give the tensor x another value, so that it stays the object that the optimiser knows."""
    x.data = value.detach().clone()


def _same_kind(new: Any, shape: tuple, dtype: Any, what: str) -> None:
    """Raise unless `new` is a tensor of that shape and dtype."""
    if not isinstance(new, Tensor):
        raise ValueError(f"{what} must return a tensor, got {describe(new)}")
    if (new.shape, new.dtype) != (shape, dtype):
        raise ValueError(
            f"{what} may not change the dtype or the shape of the tensor: it returned shape {new.shape}, {new.dtype} for shape "
            f"{shape}, {dtype}; pass unsafe=True if that is meant"
        )


class ParametrizationList(ModuleList):
    """Holds the parametrizations of one tensor, in order, and the free tensors it is computed from.

    modules: the parametrizations.
    original: what the tensor was until now.
    unsafe: allow another shape or dtype.

    `original` is the free tensor; or `original0`, `original1`, … are, if the `right_inverse` of the first
    parametrization gives a sequence. Calling it computes the parametrized tensor. `register_parametrization` makes
    these; users do not.

    Formula: out = fₙ(… f₂(f₁(original)))
    Shapes: those of the tensor, where it is not unsafe.
    Dtypes: that of the tensor, where it is not unsafe.
    Raises: ValueError if there is no parametrization, or shape or dtype would change; from `right_inverse` RuntimeError
        if a parametrization has none.
    Source: PyTorch's `torch.nn.utils.parametrize.ParametrizationList`.

    >>> import nn
    >>> from nn.utils import parametrizations
    >>> parts = parametrizations.weight_norm(nn.Linear(3, 2)).parametrizations.weight
    >>> parts.original0.shape, parts.original1.shape, parts().shape
    ((2, 1), (2, 3), (2, 3))
    """

    original: Any

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False):
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        new: Any = original.detach()
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    with suppress(NotImplementedError):  # then the identity is assumed
                        new = module.right_inverse(new)
        self.is_tensor = isinstance(new, Tensor)
        if self.is_tensor:
            self.ntensors = 1
            if new.dtype != dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype: "
                    f"original.dtype is {dtype}, right_inverse(original).dtype {new.dtype}"
                )
            self.register_original(original, new)
        else:
            tensors = self.checked_sequence(new)
            self.ntensors = len(tensors)
            for i, x in enumerate(tensors):
                x = x.detach().clone()
                if isinstance(original, Parameter):
                    x = Parameter(x, original.requires_grad)
                _register(self, f"original{i}", x)
            if not unsafe:
                self.check(shape, dtype)

    def register_original(self, original: Tensor, new: Tensor) -> None:
        """Keep the tensor itself, with the value `new`; if the check fails it gets its own value back."""
        before = original.data
        _put(original, new)
        _register(self, "original", original)
        if not self.unsafe:
            try:
                self.check(before.shape, before.dtype)
            except Exception:
                original.data = before
                raise

    def check(self, shape: tuple, dtype: Any) -> None:
        _same_kind(self(), shape, dtype, "A parametrization")

    def checked_sequence(self, values: Any) -> list[Any]:
        if not isinstance(values, Sequence):
            raise ValueError(
                f"'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got {describe(values)}"
            )
        for i, x in enumerate(values):
            if not isinstance(x, Tensor):
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors. Got element {i} of type {describe(x)}"
                )
        return list(values)

    def right_inverse(self, value: Any) -> None:
        """Choose the free tensors so that the parametrized one becomes `value`, by the `right_inverse` of each."""
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse, so that the "
                        "parametrized tensor cannot be assigned to; write the method, or assign to `original`"
                    )
                value = module.right_inverse(value)
        if self.is_tensor:
            values, originals = [value], [self.original]
            if not isinstance(value, Tensor):
                raise ValueError(f"`right_inverse` should return a tensor. Got {describe(value)}")
        else:
            values, originals = self.checked_sequence(value), self.originals()
            if len(values) != self.ntensors:
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of "
                    f"length {len(values)}."
                )
        for i, (original, x) in enumerate(zip(originals, values, strict=True)):
            if x.dtype != original.dtype:
                name = "original" if self.is_tensor else f"original{i}"
                raise ValueError(
                    f"The tensor returned by `right_inverse` has dtype {x.dtype} while `{name}` has dtype {original.dtype}"
                )
        for original, x in zip(originals, values, strict=True):
            _put(original, x)

    def originals(self) -> list[Tensor]:
        """The free tensors."""
        return [self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def forward(self) -> Any:
        first, *others = self
        x = first(*self.originals())
        for module in others:
            x = module(x)
        return x


# ---------------------------------------------------------------------------------------- the class with the properties


def _parametrized_class(base: type) -> type:
    """A subclass of `base`, for one module; what is parametrized becomes a property of it."""

    def reduce(module: Module, protocol: Any) -> tuple:
        """Copies and pickles have a class of their own."""
        return _rebuild, (base, list(module.parametrizations)), module.__dict__

    return type(f"Parametrized{base.__name__}", (base,), {"__reduce_ex__": reduce, "__module__": base.__module__})


def _rebuild(base: type, names: list[str]) -> Module:
    kind = _parametrized_class(base)
    for name in names:
        _add_property(kind, name)
    return object.__new__(kind)


def _add_property(kind: type, name: str) -> None:
    def get(module: Any) -> Any:
        key = (id(module), name)
        if key in _Cache.values:
            return _Cache.values[key]
        try:
            x = module.parametrizations[name]()
        except AttributeError as error:  # which Python would take for "there is no such attribute"
            raise RuntimeError(f"the parametrization of '{name}' raised AttributeError: {error}") from error
        if _Cache.depth:
            _Cache.values[key] = x
        return x

    def put(module: Any, value: Any) -> None:
        module.parametrizations[name].right_inverse(value)
        _Cache.values.pop((id(module), name), None)

    setattr(kind, name, property(get, put))


# ------------------------------------------------------------------------------------------------------ the functions


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let a tensor of a module be computed from a free tensor, each time that it is read; return the module.

    module, tensor_name: the tensor, a parameter or a buffer.
    parametrization: a module. Its `forward` takes the free tensor(s); several parametrizations of one tensor are
        applied in the order of registration. An optional `right_inverse(Y)` gives the free tensor(s) for a wanted value
        Y: it chooses the start and allows `module.weight = Y`. If that of the first parametrization returns a sequence,
        each becomes a parameter, `original0`, `original1`, ….
    unsafe: allow another shape or dtype than the tensor had, and check nothing.

    The free tensor X stays the same object, so that an optimiser made before still knows it; tensors from a sequence
    are new.

    Formula: module.tensor = parametrization(X)
    Shapes: those of the tensor, where it is not unsafe.
    Dtypes: that of the tensor, where it is not unsafe.
    Raises: TypeError if the parametrization is no module; ValueError if there is no such tensor, or shape or dtype
        would change.
    Source: PyTorch's `torch.nn.utils.parametrize.register_parametrization`.

    >>> import autograd_core as ag, nn
    >>> from nn.utils import parametrize
    >>> class Symmetric(nn.Module):
    ...     def forward(self, X):
    ...         return X.triu() + X.triu(1).T
    ...     def right_inverse(self, A):
    ...         return A.triu()
    >>> layer = parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> ag.equal(layer.weight, layer.weight.T)
    True
    >>> list(layer.state_dict())
    ['bias', 'parametrizations.weight.original']
    """
    if not isinstance(parametrization, Module):
        raise TypeError(
            f"register_parametrization: the parametrization must be a Module, got {describe(parametrization)}"
        )
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_onto_itself(module, tensor_name, parametrization)
        existing: Any = module.parametrizations[tensor_name]
        existing.append(parametrization)
        existing.unsafe |= unsafe
        return module
    original = module._parameters.get(tensor_name)
    if original is None:
        original = module._buffers.get(tensor_name)
    if original is None:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'"
        )
    listed = ParametrizationList([parametrization], original, unsafe)
    listed.train(module.training)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.__class__ = _parametrized_class(type(module))
        module.parametrizations = ModuleDict()
    _add_property(type(module), tensor_name)
    module.parametrizations[tensor_name] = listed
    return module


def _check_onto_itself(module: Module, tensor_name: str, parametrization: Any) -> None:
    """A further parametrization must map tensors of one shape and dtype to such, forwards and back."""
    y = getattr(module, tensor_name)
    x = parametrization(y)
    _same_kind(x, y.shape, y.dtype, "A parametrization")
    if hasattr(parametrization, "right_inverse"):
        try:
            z = parametrization.right_inverse(x)
        except NotImplementedError:
            return
        _same_kind(z, y.shape, y.dtype, "parametrization.right_inverse")


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Return whether a tensor of a module is parametrized.

    module, tensor_name: the tensor; None: any tensor of the module.

    Formula: tensor_name ∈ module.parametrizations
    Shapes: none.
    Dtypes: bool.
    Raises: nothing.
    Source: PyTorch's `torch.nn.utils.parametrize.is_parametrized`.

    >>> import nn
    >>> from nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(nn.Linear(3, 2))
    >>> parametrize.is_parametrized(layer), parametrize.is_parametrized(layer, "bias")
    (True, False)
    """
    parametrizations = module._modules.get("parametrizations")
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a parametrized tensor an ordinary parameter or buffer again; return the module.

    module, tensor_name: the tensor.
    leave_parametrized: True: with the value that it has; False: with that of `original`, which must be one tensor.

    A tensor that was computed from one keeps being the object that the optimiser knows.

    Formula: module.tensor ← f(X), or X
    Shapes: those of the tensor.
    Dtypes: that of the tensor.
    Raises: ValueError if it is not parametrized, or leave_parametrized is False and it is computed from several.
    Source: PyTorch's `torch.nn.utils.parametrize.remove_parametrizations`.

    >>> import nn
    >>> from nn.utils import parametrizations, parametrize
    >>> layer = parametrize.remove_parametrizations(parametrizations.weight_norm(nn.Linear(3, 2)), "weight")
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'weight']
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations: Any = module.parametrizations[tensor_name]
    if parametrizations.is_tensor:
        original = parametrizations.original
        if leave_parametrized:
            with no_grad():
                _put(original, getattr(module, tensor_name))
    elif leave_parametrized:
        original = getattr(module, tensor_name)
        original = Parameter(original.detach()) if original.requires_grad else original.detach()
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """Return the class of a module without its parametrizations.

    module: a module, parametrized or not.

    Formula: none; the class that the module had before `register_parametrization`
    Shapes: none.
    Dtypes: none.
    Raises: nothing.
    Source: PyTorch's `torch.nn.utils.parametrize.type_before_parametrizations`.

    >>> import nn
    >>> from nn.utils import parametrizations, parametrize
    >>> layer = parametrizations.weight_norm(nn.Linear(3, 2))
    >>> type(layer) is nn.Linear, parametrize.type_before_parametrizations(layer) is nn.Linear
    (False, True)
    """
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Share the parametrizations of a module, and the tensors they compute from, with another module; return that.

    from_module: where they are.
    to_module: what gets them.
    tensor_name: the tensor whose they are; None: all.

    Formula: to_module.tensor = f(X) with the f and X of from_module
    Shapes: those of the tensor.
    Dtypes: that of the tensor.
    Raises: KeyError if tensor_name is not parametrized in from_module; what `register_parametrization` raises.
    Source: PyTorch's `torch.nn.utils.parametrize.transfer_parametrizations_and_params`.

    >>> import autograd_core as ag, nn
    >>> from nn.utils import parametrizations, parametrize
    >>> first = parametrizations.weight_norm(nn.Linear(3, 2))
    >>> second = parametrize.transfer_parametrizations_and_params(first, nn.Linear(3, 2))
    >>> ag.equal(first.weight, second.weight)
    True
    """
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        source: Any = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name).detach()))
        for parametrization in source:
            register_parametrization(to_module, name, parametrization, unsafe=source.unsafe)
        target: Any = to_module.parametrizations[name]
        for key in [*source._parameters, *source._buffers]:
            setattr(target, key, getattr(source, key))
    return to_module
