"""Whether operations are recorded: `no_grad`, `enable_grad`, `inference_mode`, for each thread separately."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any


class Mode(threading.local):
    """Whether operations are recorded, for each thread separately."""

    enabled = True
    inference = False

    def switch(self, enabled: bool) -> None:
        """Record from here on, or not."""
        if enabled is not self.enabled:
            self.enabled = enabled
            if enabled:
                pausing.pop()
            else:
                pausing.append(True)


mode = thread = Mode()  # `thread` where `mode` is the name of an argument


pausing: list = []  # an entry for each thread that records nothing; while it is empty, the hot path need not ask `mode`


class _ModeSwitch:
    """A context manager and a decorator (also of generator functions) that sets the mode and always restores it."""

    def __init__(self, enabled: bool, inference: bool | None = None):
        self.target = (enabled, inference)
        self.stack: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self.stack.append((mode.enabled, mode.inference))
        enabled, inference = self.target
        mode.switch(enabled)
        if inference is not None:
            mode.inference = inference

    def __exit__(self, *exc: object) -> None:
        enabled, mode.inference = self.stack.pop()
        mode.switch(enabled)

    def fresh(self) -> _ModeSwitch:
        return _ModeSwitch(*self.target)

    def __call__(self, function: Callable) -> Callable:
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generate(*args: Any, **kwargs: Any) -> Any:
                generator = function(*args, **kwargs)
                sent: Any = None
                step: Callable = generator.send
                while True:
                    try:
                        with self.fresh():
                            value = step(sent)
                    except StopIteration as stop:
                        return stop.value
                    try:
                        sent, step = (yield value), generator.send
                    except GeneratorExit:
                        generator.close()
                        raise
                    except BaseException as error:
                        sent, step = error, generator.throw

            return generate

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.fresh():
                return function(*args, **kwargs)

        return call


def no_grad(orig_func: Callable | None = None) -> Any:
    """Switch the recording of operations off: in a `with` block, or in each call of a function that it decorates.

    `orig_func` is the function, if the decorator is written without parentheses; generator functions are decorated as
    well. Other threads are not touched.

    Formula: none; recorded = False.
    Shapes: any.
    Dtypes: any.
    Raises: nothing.
    Source: PyTorch's `no_grad`.

    >>> import autograd_core as ag
    >>> w = ag.ones(2, requires_grad=True)
    >>> with ag.no_grad():
    ...     (w * 2).requires_grad
    False
    """
    switch = _ModeSwitch(False)
    return switch if orig_func is None else switch(orig_func)


def enable_grad(orig_func: Callable | None = None) -> Any:
    """Switch the recording of operations on: in a `with` block, or in each call of a function that it decorates.

    `orig_func` is the function, if the decorator is written without parentheses; generator functions are decorated as
    well. Other threads are not touched.

    Formula: none; recorded = True.
    Shapes: any.
    Dtypes: any.
    Raises: nothing.
    Source: PyTorch's `enable_grad`.

    >>> import autograd_core as ag
    >>> w = ag.ones(2, requires_grad=True)
    >>> with ag.no_grad(), ag.enable_grad():
    ...     (w * 2).requires_grad
    True
    """
    switch = _ModeSwitch(True)
    return switch if orig_func is None else switch(orig_func)


class set_grad_enabled(_ModeSwitch):  # noqa: N801 (PyTorch's name)
    """Switches the recording of operations on or off by a condition, `mode`.

    It acts at once as a function, and until the end of the block in a `with`; as a decorator, inside of each call.

    Formula: none; recorded = mode.
    Shapes: any.
    Dtypes: any.
    Raises: nothing.
    Source: PyTorch's `set_grad_enabled`.

    >>> import autograd_core as ag
    >>> with ag.set_grad_enabled(False):
    ...     ag.is_grad_enabled()
    False
    """

    def __init__(self, mode: bool):
        super().__init__(bool(mode))
        self.before = (thread.enabled, thread.inference)
        thread.switch(bool(mode))

    def __enter__(self) -> None:
        self.stack.append(self.before)
        mode.switch(self.target[0])

    def __call__(self, function: Callable) -> Callable:
        mode.switch(self.before[0])  # a decorator changes nothing where it is written
        return super().__call__(function)


def inference_mode(mode: bool | Callable = True) -> Any:
    """Switch the recording of operations off, like `no_grad`, and let `is_inference_mode_enabled()` return True.

    The result is a context manager and a decorator (also of generator functions); results of operations inside are
    ordinary tensors without a history. `mode` False switches it off again, and recording on; a function is decorated.

    Formula: none; recorded = not mode.
    Shapes: any.
    Dtypes: any.
    Raises: nothing.
    Source: PyTorch's `inference_mode`, whose tensors cannot be recorded later; these can.

    >>> import autograd_core as ag
    >>> w = ag.ones(2, requires_grad=True)
    >>> with ag.inference_mode():
    ...     (w * 2).requires_grad
    False
    """
    if callable(mode):
        return _ModeSwitch(False, True)(mode)
    return _ModeSwitch(not mode, bool(mode))


def is_grad_enabled() -> bool:
    """Return whether operations are recorded in this thread.

    Formula: none; True outside of `no_grad`, `inference_mode` and `set_grad_enabled(False)`.
    Shapes: any.
    Dtypes: any.
    Raises: nothing.
    Source: PyTorch's `is_grad_enabled`.

    >>> import autograd_core as ag
    >>> ag.is_grad_enabled()
    True
    """
    return mode.enabled


def is_inference_mode_enabled() -> bool:
    """Return whether `inference_mode` is on in this thread.

    Formula: none; True inside of `inference_mode`.
    Shapes: any.
    Dtypes: any.
    Raises: nothing.
    Source: PyTorch's `is_inference_mode_enabled`.

    >>> import autograd_core as ag
    >>> ag.is_inference_mode_enabled()
    False
    """
    return mode.inference
