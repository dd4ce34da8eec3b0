"""Activations as modules. The formulas are in `nn.functional`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import autograd_core as ag

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from .container import Identity


class _InPlace(Module):
    """An activation whose only option is to overwrite its input."""

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class ReLU(_InPlace):
    def forward(self, input: Any) -> Any:
        return F.relu(input, self.inplace)


class SELU(_InPlace):
    def forward(self, input: Any) -> Any:
        return F.selu(input, self.inplace)


class SiLU(_InPlace):
    def forward(self, input: Any) -> Any:
        return F.silu(input, self.inplace)


class Mish(_InPlace):
    def forward(self, input: Any) -> Any:
        return F.mish(input, self.inplace)


class Hardsigmoid(_InPlace):
    def forward(self, input: Any) -> Any:
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        return ""


class Hardswish(_InPlace):
    def forward(self, input: Any) -> Any:
        return F.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        return ""


class Hardtanh(Module):
    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        super().__init__()
        if max_val <= min_val:
            raise ValueError(f"Hardtanh: max_val must be above min_val, got min_val={min_val}, max_val={max_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ReLU6(Hardtanh):
    def __init__(self, inplace: bool = False):
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class ELU(Module):
    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class CELU(ELU):
    def forward(self, input: Any) -> Any:
        return F.celu(input, self.alpha, self.inplace)


class LeakyReLU(Module):
    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class PReLU(Module):
    """A leaky ReLU whose slope is learnt: one for all channels, or one for each."""

    def __init__(self, num_parameters: int = 1, init: float = 0.25, dtype: Any = None):
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(ag.empty(num_parameters, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes back to `init`."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """A leaky ReLU with a slope drawn at random in training, and their mean in evaluation."""

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False):
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")


class Threshold(Module):
    def __init__(self, threshold: float, value: float, inplace: bool = False):
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


class Sigmoid(Module):
    def forward(self, input: Any) -> Any:
        return F.sigmoid(input)


class LogSigmoid(Module):
    def forward(self, input: Any) -> Any:
        return F.logsigmoid(input)


class Tanh(Module):
    def forward(self, input: Any) -> Any:
        return F.tanh(input)


class Tanhshrink(Module):
    def forward(self, input: Any) -> Any:
        return F.tanhshrink(input)


class Softsign(Module):
    def forward(self, input: Any) -> Any:
        return F.softsign(input)


class Softplus(Module):
    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class _Shrink(Module):
    def __init__(self, lambd: float = 0.5):
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(_Shrink):
    def forward(self, input: Any) -> Any:
        return F.hardshrink(input, self.lambd)


class Softshrink(_Shrink):
    def forward(self, input: Any) -> Any:
        return F.softshrink(input, self.lambd)


class GELU(Module):
    def __init__(self, approximate: str = "none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class _OverDim(Module):
    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_OverDim):
    def forward(self, input: Any) -> Any:
        return F.softmax(input, self.dim)


class Softmin(_OverDim):
    def forward(self, input: Any) -> Any:
        return F.softmin(input, self.dim)


class LogSoftmax(_OverDim):
    def forward(self, input: Any) -> Any:
        return F.log_softmax(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels at each place of (N, C, H, W) or (C, H, W)."""

    def forward(self, input: Any) -> Any:
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got shape {tuple(input.shape)}")
        return F.softmax(input, -3)


class GLU(_OverDim):
    """The first half of `dim` times the sigmoid of the second."""

    def __init__(self, dim: int = -1):
        super().__init__(dim)

    def forward(self, input: Any) -> Any:
        return F.glu(input, -1 if self.dim is None else self.dim)


class Step(Module):
    """The threshold unit: 1 at or above `threshold`, 0 below."""

    def __init__(self, threshold: float = 0.0):
        super().__init__()
        self.threshold = threshold

    def forward(self, input: Any) -> Any:
        return F.step(input, self.threshold)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}"


class ScaledSigmoid(Module):
    """The sigmoid with a slope, σ(slope x)."""

    def __init__(self, slope: float = 1.0):
        super().__init__()
        self.slope = slope

    def forward(self, input: Any) -> Any:
        return F.scaled_sigmoid(input, self.slope)

    def extra_repr(self) -> str:
        return f"slope={self.slope}"


class ScaledTanh(Module):
    """amplitude tanh(slope x), by default LeCun's 1.7159 tanh(2x/3) (LeCun et al. 1998, "Efficient BackProp")."""

    def __init__(self, amplitude: float = 1.7159, slope: float = 2 / 3):
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def forward(self, input: Any) -> Any:
        return F.scaled_tanh(input, self.amplitude, self.slope)

    def extra_repr(self) -> str:
        return f"amplitude={self.amplitude}, slope={self.slope}"


class Apply(Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Any], Any]):
        super().__init__()
        self.function = function

    def forward(self, input: Any) -> Any:
        return self.function(input)

    def extra_repr(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))


BY_NAME: dict[str, Callable[[], Module]] = {
    cls.__name__.lower(): cls
    for cls in (
        ReLU, SELU, SiLU, Mish, Hardsigmoid, Hardswish, Hardtanh, ReLU6, ELU, CELU, LeakyReLU, PReLU, Sigmoid,
        LogSigmoid, Tanh, Tanhshrink, Softsign, Softplus, GELU, Step, ScaledSigmoid, ScaledTanh,
    )
}  # fmt: skip
BY_NAME["leaky_relu"] = LeakyReLU
BY_NAME["scaled_sigmoid"] = ScaledSigmoid
BY_NAME["scaled_tanh"] = ScaledTanh


def activation(choice: str | Module | Callable) -> Module:
    """A new activation module: by name ("relu"), from a module class, as a copy of a module, or from a function.

    >>> activation("relu"), activation(Tanh), activation(LeakyReLU(0.1))
    (ReLU(), Tanh(), LeakyReLU(negative_slope=0.1))
    """
    if isinstance(choice, str):
        name = choice.lower()
        if name in ("identity", "linear", "none"):
            return Identity()
        if name not in BY_NAME:
            raise ValueError(f"no activation is called {choice!r}; known are linear, {', '.join(sorted(BY_NAME))}")
        return BY_NAME[name]()
    if isinstance(choice, Module):
        return copy.deepcopy(choice)
    if isinstance(choice, type) and issubclass(choice, Module):
        return choice()
    if callable(choice):
        return Apply(choice)
    raise TypeError(f"an activation is a name, a module, a module class or a function, not {type(choice).__name__}")
