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


mode = Mode()


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


def _switch(enabled: bool) -> Callable:
    def make(function: Callable | None = None) -> Any:
        switch = _ModeSwitch(enabled)
        return switch if function is None else switch(function)

    return make


no_grad = _switch(False)


enable_grad = _switch(True)


class set_grad_enabled(_ModeSwitch):  # noqa: N801 (PyTorch's name)
    """Record, or not, by a condition; acts at once as a function, and until the end of the block in a `with`."""

    def __init__(self, mode_: bool):
        super().__init__(bool(mode_))
        self.before = (mode.enabled, mode.inference)
        mode.switch(bool(mode_))

    def __enter__(self) -> None:
        self.stack.append(self.before)
        mode.switch(self.target[0])

    def __call__(self, function: Callable) -> Callable:
        mode.switch(self.before[0])  # a decorator changes nothing where it is written
        return super().__call__(function)


def inference_mode(mode: bool | Callable = True) -> Any:
    """Like `no_grad`, and `is_inference_mode_enabled()` tells so; results are ordinary tensors without a history."""
    if callable(mode):
        return _ModeSwitch(False, True)(mode)
    return _ModeSwitch(not mode, bool(mode))


def is_grad_enabled() -> bool:
    return mode.enabled


def is_inference_mode_enabled() -> bool:
    return mode.inference
