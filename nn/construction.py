"""The errors of modules that are made wrongly: constructors with arguments missing, or called in the place of the module."""

from __future__ import annotations

import inspect
import types
from typing import Any

from autograd_core.engine.tensor import Tensor

LAYERS = f"{__package__}.layers."


def name_constructor(cls: type) -> None:
    """Give a class that inherits the constructor of a private base one of its own name, which Python's messages show:
    `Conv2d.__init__() missing 1 required positional argument`, not `_Conv.__init__() …`."""
    init: Any = cls.__init__  # type: ignore[misc]
    owner = getattr(init, "__qualname__", "").rpartition(".")[0].rpartition(".")[2]
    if "__init__" in cls.__dict__ or not owner.startswith("_") or not isinstance(init, types.FunctionType):
        return
    own = types.FunctionType(init.__code__, init.__globals__, init.__name__, init.__defaults__, init.__closure__)
    own.__kwdefaults__, own.__annotations__, own.__doc__ = init.__kwdefaults__, init.__annotations__, init.__doc__
    own.__module__, own.__qualname__ = init.__module__, f"{cls.__qualname__}.__init__"
    own.__dict__.update(init.__dict__)
    cls.__init__ = own  # type: ignore[misc]


def refuse_tensors(cls: type, args: tuple) -> None:
    """Raise TypeError where a layer or loss of ours is made of the tensors that it should be called with."""
    if not cls.__module__.startswith(LAYERS):
        return
    first = next(iter(list(inspect.signature(cls.__init__).parameters.values())[1:]), None)  # type: ignore[misc]
    takes_tensor = first is not None and "Tensor" in str(first.annotation)
    if takes_tensor and not any(isinstance(x, Tensor) for x in args[1:]):
        return
    called = ", ".join(("output", "target") if cls.__module__.startswith(f"{LAYERS}loss") else ("x",))
    raise TypeError(
        f"{cls.__name__}: this makes the module, which takes no tensors; make it first and then call it: "
        f"nn.{cls.__name__}(…)({called})"
    )


def not_a_module(value: Any, into: str) -> str:
    """Why `value` cannot be a part of a module, and what to write."""
    if isinstance(value, type):
        return f"{value.__name__} is a class, not a module; make one of it: {value.__name__}()"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} is not a Module subclass; give the modules one by one: nn.{into}(*layers)"
    if callable(value):
        name = getattr(value, "__name__", "f")
        return f"{type(value).__name__} is not a Module subclass; wrap the function: nn.Apply({name})"
    return f"{type(value).__name__} is not a Module subclass"


def unregistered(module: Any) -> list[str]:
    """The attributes, by path, that hold modules with parameters in plain lists, tuples or dictionaries, unseen there."""
    known = set(module.modules())
    paths = []
    for path, part in module.named_modules():
        for name, value in vars(part).items():
            if name in ("_modules", "_parameters", "_buffers") or not isinstance(value, list | tuple | dict):
                continue
            values = value.values() if isinstance(value, dict) else value
            hidden = (v for v in values if hasattr(v, "named_parameters") and v not in known)
            if any(next(iter(v.parameters()), None) is not None for v in hidden):
                paths.append(f"{path}.{name}" if path else name)
    return paths
