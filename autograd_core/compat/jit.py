"""`torch.jit`: Python runs the functions and modules as they are; files of compiled programs are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

from autograd_core.nn import Module as ScriptModule

from .refusals import no_attribute

__all__ = [
    "Final", "ScriptModule", "export", "ignore", "is_scripting", "is_tracing", "load", "save", "script", "script_method",
    "trace", "unused",
]  # fmt: skip


def script(obj: Any, *args: Any, **options: Any) -> Any:
    """Return the function, module or class `obj` as it is: it runs in Python."""
    return obj


def trace(func: Any, example_inputs: Any = None, *args: Any, **options: Any) -> Any:
    """Return `func` as it is: branches are taken anew at each call, not as for the `example_inputs`."""
    return func


def _marked(fn: Any = None, *args: Any, **options: Any) -> Any:
    return fn if callable(fn) else lambda function: function


ignore: Callable = _marked
unused: Callable = _marked
export: Callable = _marked
script_method: Callable = _marked


def is_scripting() -> bool:
    """Return False: nothing is compiled."""
    return False


def is_tracing() -> bool:
    """Return False: nothing is traced."""
    return False


def save(*args: Any, **options: Any) -> NoReturn:
    """Raise RuntimeError: there is no compiled program that a file could hold."""
    raise RuntimeError(
        "jit.save: nothing is compiled; save weights with torch.save(model.state_dict(), …), or a model by nn.onnx.export"
    )


def load(*args: Any, **options: Any) -> NoReturn:
    """Raise RuntimeError: compiled programs are not run."""
    raise RuntimeError(
        "jit.load: compiled programs of PyTorch's are not run; export the model to ONNX and use nn.onnx.load"
    )


def __getattr__(name: str) -> Any:
    raise no_attribute("torch.jit", name)
