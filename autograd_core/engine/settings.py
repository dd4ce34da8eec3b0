"""Settings that PyTorch's programs make and that change no result here: what is computed does not depend on them."""

from __future__ import annotations

from .creation import on_cpu
from .device import CPU, device
from .types import Device

DEBUG_MODES = ("default", "warn", "error")
PRECISIONS = ("highest", "high", "medium")


class Settings:
    """What was asked for."""

    deterministic = 0  # an index into DEBUG_MODES
    matmul_precision = "highest"


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same results run for run, which all operations here give in any case.

    So the settings `mode` and `warn_only` (warn instead of raise) are only remembered: there is no other algorithm to
    choose, and none to warn of.

    Formula: none; `ag.are_deterministic_algorithms_enabled()` = mode from here on
    Shapes: none.
    Dtypes: none.
    Raises: TypeError if mode is no bool.
    Source: PyTorch's `use_deterministic_algorithms`.

    >>> import autograd_core as ag
    >>> ag.use_deterministic_algorithms(True)
    >>> ag.are_deterministic_algorithms_enabled()
    True
    >>> ag.use_deterministic_algorithms(False)
    """
    if not isinstance(mode, bool):
        raise TypeError(f"use_deterministic_algorithms: mode must be True or False, got {mode!r}")
    Settings.deterministic = 0 if not mode else 1 if warn_only else 2


def are_deterministic_algorithms_enabled() -> bool:
    """Return what `use_deterministic_algorithms` set.

    Formula: out = mode of the last call
    Shapes: none.
    Dtypes: a Python bool, False at the start of a program.
    Raises: nothing.
    Source: PyTorch's `are_deterministic_algorithms_enabled`.

    >>> import autograd_core as ag
    >>> ag.are_deterministic_algorithms_enabled()
    False
    """
    return Settings.deterministic > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Return whether `use_deterministic_algorithms` was called with warn_only=True.

    Formula: out = mode and warn_only of the last call
    Shapes: none.
    Dtypes: a Python bool, False at the start of a program.
    Raises: nothing.
    Source: PyTorch's `is_deterministic_algorithms_warn_only_enabled`.

    >>> import autograd_core as ag
    >>> ag.is_deterministic_algorithms_warn_only_enabled()
    False
    """
    return Settings.deterministic == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Ask for the same results by one setting: `debug_mode` is "default" (0), "warn" (1) or "error" (2).

    Formula: none; as `use_deterministic_algorithms`, the last two with mode=True
    Shapes: none.
    Dtypes: none.
    Raises: ValueError for any other mode.
    Source: PyTorch's `set_deterministic_debug_mode`.

    >>> import autograd_core as ag
    >>> ag.set_deterministic_debug_mode("default")
    >>> ag.get_deterministic_debug_mode()
    0
    """
    if debug_mode not in (0, 1, 2, *DEBUG_MODES):
        raise ValueError(
            f"set_deterministic_debug_mode: debug_mode is {debug_mode!r}, but must be one of {', '.join(DEBUG_MODES)} or "
            "its number"
        )
    Settings.deterministic = DEBUG_MODES.index(debug_mode) if isinstance(debug_mode, str) else int(debug_mode)


def get_deterministic_debug_mode() -> int:
    """Return the number of the mode: 0 for "default", 1 for "warn", 2 for "error".

    Formula: out = what `set_deterministic_debug_mode` or `use_deterministic_algorithms` set
    Shapes: none.
    Dtypes: a Python int.
    Raises: nothing.
    Source: PyTorch's `get_deterministic_debug_mode`.

    >>> import autograd_core as ag
    >>> ag.get_deterministic_debug_mode()
    0
    """
    return Settings.deterministic


def set_float32_matmul_precision(precision: str) -> None:
    """Allow float32 products of lower precision: `precision` is "highest", "high" or "medium".

    That is a permission which nothing here makes use of: products are computed in float32 throughout.

    Formula: none; `ag.get_float32_matmul_precision()` = precision from here on
    Shapes: none.
    Dtypes: none.
    Raises: ValueError for any other precision.
    Source: PyTorch's `set_float32_matmul_precision`.

    >>> import autograd_core as ag
    >>> ag.set_float32_matmul_precision("highest")
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f"set_float32_matmul_precision: precision is {precision!r}, but must be one of {', '.join(PRECISIONS)}"
        )
    Settings.matmul_precision = precision


def get_float32_matmul_precision() -> str:
    """Return what `set_float32_matmul_precision` set.

    Formula: out = precision of the last call
    Shapes: none.
    Dtypes: a str, "highest" at the start of a program.
    Raises: nothing.
    Source: PyTorch's `get_float32_matmul_precision`.

    >>> import autograd_core as ag
    >>> ag.get_float32_matmul_precision()
    'highest'
    """
    return Settings.matmul_precision


def set_default_device(device: Device) -> None:
    """Accept `device` as the place of new tensors: None or "cpu", which it is in any case.

    Formula: none; `ag.get_default_device()` = device("cpu")
    Shapes: none.
    Dtypes: none.
    Raises: TypeError for any other device.
    Source: PyTorch's `set_default_device`.

    >>> import autograd_core as ag
    >>> ag.set_default_device("cpu")
    """
    on_cpu(device, "set_default_device")


def get_default_device() -> device:
    """Return the place of new tensors: the CPU.

    Formula: out = device("cpu")
    Shapes: none.
    Dtypes: none.
    Raises: nothing.
    Source: PyTorch's `get_default_device`.

    >>> import autograd_core as ag
    >>> ag.get_default_device()
    device(type='cpu')
    """
    return CPU
