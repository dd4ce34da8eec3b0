"""Modules and parameters in lists and dictionaries."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from autograd_core.engine.tensor import Tensor

from ..module import Module, indented
from ..parameter import Parameter


class Identity(Module):
    """Returns its input; args and kwargs may be anything, so that it can stand in for another module.

    Formula: out = input
    Shapes: (*) → (*).
    Dtypes: any, kept.
    Raises: nothing.
    Source: PyTorch's `Identity`.

    >>> import nn, autograd_core as ag
    >>> nn.Identity(54, unused=True)(ag.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


def position(index: Any, length: int, kind: str) -> int:
    """`index`, perhaps negative, as a position in a list of `length`."""
    try:
        i = index.__index__()
    except AttributeError:
        raise TypeError(f"{kind}: an index must be an integer or a slice, got {type(index).__name__}") from None
    if not -length <= i < length:
        raise IndexError(f"{kind}: index {i} is out of range for {length} entries")
    return i % length


class _Listed(Module):
    """What `Sequential` and `ModuleList` share: modules in order, indexed by number."""

    def _replace_all(self, modules: Iterable[Any]) -> None:
        self._modules.clear()
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def _name(self, index: Any) -> str:
        return list(self._modules)[position(index, len(self), type(self).__name__)]

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._slice(index)
        return self._modules[self._name(index)]

    def _slice(self, index: slice) -> Any:
        raise NotImplementedError

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        names = list(self._modules)
        for name in names[index] if isinstance(index, slice) else [self._name(index)]:
            del self._modules[name]
        if all(name.isdigit() for name in self._modules):
            self._replace_all(list(self._modules.values()))

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._modules.values())

    def __contains__(self, module: Any) -> bool:
        return any(m is module for m in self._modules.values())

    def append(self, module: Module) -> Any:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Add a module before the one at `index`; those after it get new numbers."""
        if not isinstance(module, Module):
            raise TypeError(f"insert: needs a Module, got {type(module).__name__}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"insert: index {index} is out of range for {len(self)} entries")
        modules = list(self._modules.values())
        modules.insert(index, module)
        self._replace_all(modules)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add several modules at the end."""
        if not isinstance(modules, Iterable) or isinstance(modules, str):
            raise TypeError(f"extend: needs an iterable of modules, got {type(modules).__name__}")
        for module in list(modules):
            self.append(module)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take out a module and return it."""
        module = self[key]
        del self[key]
        return module

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]


class Sequential(_Listed):
    """Applies modules one after another, each to the output of the one before.

    args are the modules, or one `OrderedDict` that names them. It is indexed, sliced, added and repeated as a list is.

    Formula: out = module_n(… module_2(module_1(input)))
    Shapes: those of the modules.
    Dtypes: those of the modules.
    Raises: TypeError for what is no module (a class, a function, a list); KeyError for a name with a dot, or that
        of an attribute.
    Source: PyTorch's `Sequential`.

    >>> import nn, autograd_core as ag
    >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    >>> model(ag.ones(2, 4)).shape, model[1]
    ((2, 3), ReLU())
    """

    def __init__(self, *args: Module | OrderedDict[str, Any]):
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self._replace_all(args)

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)
        return input

    def _slice(self, index: slice) -> Sequential:
        return Sequential(OrderedDict(list(self._modules.items())[index]))

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(f"Sequential + {type(other).__name__}: add another Sequential, or use append()")
        return Sequential(*self, *other)

    def __iadd__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(f"Sequential += {type(other).__name__}: add another Sequential, or use append()")
        return self.extend(other)

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*(list(self) * _repetitions(times)))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        return self.extend(list(self) * (_repetitions(times) - 1))


def _repetitions(times: Any) -> int:
    if not isinstance(times, int):
        raise TypeError(f"Sequential * {type(times).__name__}: a Sequential is repeated a whole number of times")
    if times <= 0:
        raise ValueError(f"Sequential * {times}: a Sequential is repeated at least once")
    return times


class ModuleList(_Listed):
    """Holds modules in a list, registered; the model that holds it calls them as it needs.

    modules are those to begin with. It is indexed, sliced, extended and iterated as a list is.

    Formula: list[i] = modules[i]
    Shapes: those of the modules.
    Dtypes: those of the modules.
    Raises: TypeError for what is no module or no iterable; NotImplementedError if it is called itself.
    Source: PyTorch's `ModuleList`.

    >>> import nn
    >>> layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    >>> len(layers), len(list(layers.parameters()))
    (3, 6)
    """

    def __init__(self, modules: Iterable[Module] | None = None):
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _slice(self, index: slice) -> ModuleList:
        return ModuleList(list(self._modules.values())[index])

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        lines = []
        first = 0
        for text, run in groupby(repr(module) for module in self):
            count = len(list(run))
            where = f"({first})" if count == 1 else f"({first}-{first + count - 1})"
            times = "" if count == 1 else f"{count} x "
            lines.append(f"{where}: {times}{indented(text)}")
            first += count
        body = "\n  ".join(lines)
        return f"{self._get_name()}(\n  {body}\n)" if body else f"{self._get_name()}()"


def pairs(items: Any, kind: str) -> list[tuple[str, Any]]:
    """The (key, value) pairs of a mapping or of an iterable of pairs, checked."""
    if isinstance(items, Mapping | ModuleDict | ParameterDict):
        return list(items.items())
    if not isinstance(items, Iterable) or isinstance(items, str):
        raise TypeError(f"{kind}.update: needs a mapping or an iterable of pairs, got {type(items).__name__}")
    listed = list(items)
    for i, item in enumerate(listed):
        if not isinstance(item, Iterable) or len(tuple(item)) != 2:
            raise ValueError(f"{kind} update sequence element #{i} is no pair of a key and a value: {item!r}")
    return [(key, value) for key, value in listed]


class ModuleDict(Module):
    """Holds modules in a dictionary, registered, in the order they were put in.

    modules are those to begin with: a mapping, or an iterable of pairs.

    Formula: dict[key] = modules[key]
    Shapes: those of the modules.
    Dtypes: those of the modules.
    Raises: TypeError for what is no module, and for a key that is no string; KeyError for a key with a dot, or the name of
        an attribute; ValueError for what are no pairs.
    Source: PyTorch's `ModuleDict`.

    >>> import nn, autograd_core as ag
    >>> heads = nn.ModuleDict({"digit": nn.Linear(4, 10), "parity": nn.Linear(4, 2)})
    >>> heads["parity"](ag.ones(1, 4)).shape
    (1, 2)
    """

    def __init__(self, modules: Mapping[str, Module] | ModuleDict | Iterable[tuple[str, Module]] | None = None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def update(self, modules: Mapping[str, Module] | ModuleDict | Iterable[tuple[str, Module]]) -> None:
        """Put in the modules of a mapping or of an iterable of pairs."""
        for key, module in pairs(modules, "ModuleDict"):
            self[key] = module

    def __getitem__(self, key: str) -> Module:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: Any) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take out all modules."""
        self._modules.clear()

    def pop(self, key: str) -> Module:
        """Take out a module and return it."""
        return self._modules.pop(key)

    def keys(self) -> Iterable[str]:
        return self._modules.keys()

    def items(self) -> Iterable[tuple[str, Module]]:
        return self._modules.items()

    def values(self) -> Iterable[Module]:
        return self._modules.values()


def _as_parameter(value: Any) -> Any:
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _described(key: Any, value: Any) -> str:
    if not isinstance(value, Tensor):
        return f"({key}): Object of type: {type(value).__name__}"
    sizes = "x".join(str(size) for size in value.shape)
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    return f"({key}): {kind} containing: [{value.dtype} of size {sizes}]"


def _boxed(name: str, lines: list[str]) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"{name}(\n{body}\n)" if lines else f"{name}()"


class ParameterList(Module):
    """Holds parameters in a list, registered; tensors put in become parameters.

    values are those to begin with; what is no tensor is kept as it is.

    Formula: list[i] = values[i]
    Shapes: any.
    Dtypes: floating dtypes, for parameters that require a gradient.
    Raises: TypeError if values is no iterable, or a tensor; RuntimeError if the list is called.
    Source: PyTorch's `ParameterList`.

    >>> import nn, autograd_core as ag
    >>> nn.ParameterList([ag.ones(2), ag.ones(3)])
    ParameterList(
        (0): Parameter containing: [float32 of size 2]
        (1): Parameter containing: [float32 of size 3]
    )
    """

    def __init__(self, values: Iterable[Any] | None = None):
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return ParameterList([self[i] for i in range(len(self))[index]])
        return getattr(self, str(position(index, len(self), "ParameterList")))

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, str(position(index, len(self), "ParameterList")), _as_parameter(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter(self[i] for i in range(len(self)))

    def append(self, value: Any) -> ParameterList:
        """Add a parameter at the end."""
        setattr(self, str(self._size), _as_parameter(value))
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add several at the end."""
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(
                f"ParameterList.extend should be called with an iterable of parameters, got {type(values).__name__}"
            )
        for value in values:
            self.append(value)
        return self

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def pop(self, index: int = -1) -> Any:
        """Take out a parameter and return it."""
        values = list(self)
        value = values.pop(position(index, len(self), "ParameterList"))
        for i in range(len(self)):
            delattr(self, str(i))
        self._size = 0
        self.extend(values)
        return value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterList should not be called.")

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def __repr__(self) -> str:
        return _boxed("ParameterList", [_described(i, value) for i, value in enumerate(self)])


class ParameterDict(Module):
    """Holds parameters in a dictionary, registered; tensors put in become parameters.

    parameters are those to begin with: a mapping, or an iterable of pairs; what is no tensor is kept as it is. The keys of
    a plain `dict` are put in by their names' order, as in PyTorch; those of an `OrderedDict`, of another ParameterDict or
    of pairs, as they come.

    Formula: dict[key] = parameters[key]
    Shapes: any.
    Dtypes: floating dtypes, for parameters that require a gradient.
    Raises: TypeError for a key that is no string; KeyError for the name of an attribute; ValueError for what are no pairs;
        RuntimeError if the dictionary is called.
    Source: PyTorch's `ParameterDict`.

    >>> import nn, autograd_core as ag
    >>> nn.ParameterDict({"scale": ag.ones(2), "shift": ag.zeros(2)})
    ParameterDict(
        (scale): Parameter containing: [float32 of size 2]
        (shift): Parameter containing: [float32 of size 2]
    )
    """

    def __init__(self, parameters: Mapping[str, Any] | ParameterDict | Iterable[tuple[str, Any]] | None = None):
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def update(self, parameters: Mapping[str, Any] | ParameterDict | Iterable[tuple[str, Any]]) -> None:
        """Put in the parameters of a mapping or of an iterable of pairs."""
        items = pairs(parameters, "ParameterDict")
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            items.sort(key=lambda pair: pair[0])
        for key, value in items:
            self[key] = value

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict: a key must be a string, got {type(key).__name__}")
        if key not in self._keys and hasattr(self, key):
            raise KeyError(f"attribute '{key}' already exists")
        setattr(self, key, _as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: Any) -> bool:
        return key in self._keys

    def __or__(self, other: ParameterDict) -> ParameterDict:
        both = ParameterDict(self)
        both.update(other)
        return both

    def __ior__(self, other: ParameterDict) -> ParameterDict:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Another dictionary of the same parameters."""
        return ParameterDict(self)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value under `key`, put in first if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value under `key`, or `default`."""
        return self[key] if key in self._keys else default

    def pop(self, key: str) -> Any:
        """Take out a parameter and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take out the pair that was put in last."""
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def clear(self) -> None:
        """Take out all parameters."""
        for key in list(self._keys):
            del self[key]

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new dictionary with `default` under each of the keys."""
        return ParameterDict([(key, default) for key in keys])

    def keys(self) -> Iterable[str]:
        return self._keys.keys()

    def items(self) -> Iterable[tuple[str, Any]]:
        return [(key, self[key]) for key in self._keys]

    def values(self) -> Iterable[Any]:
        return [self[key] for key in self._keys]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterDict should not be called.")

    def __repr__(self) -> str:
        return _boxed("ParameterDict", [_described(key, value) for key, value in self.items()])
