"""The options of the optimisers: the arguments of a constructor as the defaults of its groups, and their ranges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from autograd_core.engine.tensor import Tensor

# What an optimiser changes: tensors, pairs of a name and a tensor, or groups with options of their own.
Params: TypeAlias = Iterable[Tensor] | Iterable[tuple[str, Tensor]] | Iterable[dict[str, Any]]

# What a constructor takes that is no option of a group. The last four: PyTorch chooses between its implementations by them.
NO_OPTIONS = {"self", "__class__", "params", "foreach", "fused", "capturable", "differentiable"}

NAMES = {"lr": "learning rate", "eps": "epsilon value"}  # as messages call them


class Required:
    """The default of an option that every group must set itself."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = Required()


def options(arguments: dict[str, Any]) -> dict[str, Any]:
    """The defaults of the groups, from `locals()` at the start of an optimiser's constructor."""
    check_differentiable(arguments, type(arguments["self"]).__name__)
    return {name: value for name, value in arguments.items() if name not in NO_OPTIONS}


def check_differentiable(group: dict[str, Any], optimizer: str) -> None:
    """Raise if a step that can be differentiated is asked for."""
    if group.get("differentiable"):
        raise ValueError(
            f"{optimizer}: differentiable=True is not supported: step() writes into the parameters' arrays and records "
            "nothing; leave it out, and write the step that is to be differentiated as "
            "y = x - lr * ag.grad(loss, x, create_graph=True)[0]"
        )


def check_not_negative(group: dict[str, Any], *options: str) -> None:
    """Raise if one of the options is negative, NaN or not a number."""
    for option in options:
        name, value = NAMES.get(option, f"{option} value"), group[option]
        if isinstance(value, str | type(None)):
            raise TypeError(f"Invalid {name}: {value!r}; it must be a number")
        if not value >= 0.0:
            raise ValueError(f"Invalid {name}: {value}; it must not be negative")


def check_fraction(group: dict[str, Any], option: str) -> None:
    """Raise unless the option is in [0, 1]."""
    check_not_negative(group, option)
    if group[option] > 1:
        raise ValueError(f"Invalid {option} value: {group[option]}; it must be in [0, 1]")


def check_betas(group: dict[str, Any]) -> None:
    """Raise unless there are two decay rates, each in [0, 1)."""
    betas = group["betas"]
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise ValueError(f"Invalid betas: {betas}; two numbers are needed, such as (0.9, 0.999)")
    for i, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}; it must be in [0, 1)")
