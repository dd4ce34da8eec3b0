"""Activations as modules. The formulas are in `nn.functional`; a module's docstring is made of its function's."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from .container import Identity

M = TypeVar("M", bound=type[Module])
OF_DTYPE = " `dtype` converts `input` first."  # the modules of softmax have no dtype


def _module_of(function: Callable, example: str, omit: str = "") -> Callable[[M], M]:
    """A decorator: the docstring of a module that applies `function`, of whose docstring all but the example serves.

    example   "call → what it shows"; the prose of the class itself, if it has any, follows the first sentence
    omit      a sentence that is not true of the module
    """

    def decorate(cls: M) -> M:
        sentence, _, text = inspect.cleandoc(function.__doc__ or "").replace(omit, "").partition("\n")
        verb, _, what = sentence.partition(" ")
        verb = "Applies" if verb == "Apply" else f"{verb}s"
        own = vars(cls).get("__doc__")
        prose = f"\n{inspect.cleandoc(own)}\n" if own else ""
        call, _, result = example.partition(" → ")
        doctest = f">>> import nn, autograd_core as ag\n>>> {call}\n{result}"
        cls.__doc__ = f"{verb} {what}\n{prose}{text.partition('>>> ')[0].rstrip()}\n\n{doctest}\n" if sentence else None
        return cls

    return decorate


class _Plain(Module):
    """An activation without options."""

    def __init__(self) -> None:
        super().__init__()


class _InPlace(Module):
    """An activation whose only option is to overwrite its input."""

    def __init__(self, inplace: bool = False):
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


@_module_of(F.relu, "nn.ReLU()(ag.tensor([-1.0, 2.0])) → tensor([0., 2.])")
class ReLU(_InPlace):
    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)


@_module_of(F.selu, "nn.SELU()(ag.tensor([-1.0, 2.0])) → tensor([-1.1113,  2.1014])")
class SELU(_InPlace):
    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input, self.inplace)


@_module_of(F.silu, "nn.SiLU()(ag.tensor([-1.0, 2.0])) → tensor([-0.2689,  1.7616])")
class SiLU(_InPlace):
    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, self.inplace)


@_module_of(F.mish, "nn.Mish()(ag.tensor([-1.0, 2.0])) → tensor([-0.3034,  1.944 ])")
class Mish(_InPlace):
    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input, self.inplace)


@_module_of(F.hardsigmoid, "nn.Hardsigmoid()(ag.tensor([-1.0, 2.0])) → tensor([0.3333, 0.8333])")
class Hardsigmoid(_InPlace):
    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        return ""


@_module_of(F.hardswish, "nn.Hardswish()(ag.tensor([-1.0, 2.0])) → tensor([-0.3333,  1.6667])")
class Hardswish(_InPlace):
    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        return ""


@_module_of(F.hardtanh, "nn.Hardtanh()(ag.tensor([-1.0, 2.0])) → tensor([-1.,  1.])")
class Hardtanh(Module):
    """`min_value` and `max_value` are older names of `min_val` and `max_val`, which must be in this order."""

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ):
        super().__init__()
        if min_value is not None or max_value is not None:
            warnings.warn("Hardtanh: min_value and max_value are older names of min_val and max_val", stacklevel=2)
            min_val = min_val if min_value is None else min_value
            max_val = max_val if max_value is None else max_value
        if max_val <= min_val:
            raise ValueError(f"Hardtanh: max_val must be above min_val, got min_val={min_val}, max_val={max_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


@_module_of(F.relu6, "nn.ReLU6()(ag.tensor([-1.0, 2.0, 9.0])) → tensor([0., 2., 6.])")
class ReLU6(Hardtanh):
    def __init__(self, inplace: bool = False):
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


@_module_of(F.elu, "nn.ELU()(ag.tensor([-1.0, 2.0])) → tensor([-0.6321,  2.    ])")
class ELU(Module):
    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


@_module_of(F.celu, "nn.CELU(2.0)(ag.tensor([-1.0, 2.0])) → tensor([-0.7869,  2.    ])")
class CELU(ELU):
    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha, self.inplace)


@_module_of(F.leaky_relu, "nn.LeakyReLU(0.1)(ag.tensor([-1.0, 2.0])) → tensor([-0.1,  2. ])")
class LeakyReLU(Module):
    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class PReLU(Module):
    """Applies a rectifier whose slope below 0 is learnt: one for all channels, or one for each.

    `num_parameters` is 1 or the number of channels; the slopes start at `init`. `dtype` is that of the slopes; `device` is
    None or "cpu".

    Formula: out = x if x > 0, else weight_c x, x the input and c the channel
    Shapes: (N, C, *), or any with one slope → the same; weight (num_parameters,).
    Dtypes: floating, kept.
    Raises: TypeError for another device; when called, ValueError if there are not num_parameters channels; TypeError for
        complex numbers.
    Source: He et al. 2015, "Delving deep into rectifiers", section 2.1; PyTorch's `torch.nn.PReLU`.

    >>> import nn, autograd_core as ag
    >>> nn.PReLU()(ag.tensor([-1.0, 2.0])).detach()
    tensor([-0.25,  2.  ])
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Device = None, dtype: DTypeLike | None = None
    ):
        super().__init__()
        on_cpu(device, type(self).__name__)
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(ag.empty(num_parameters, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes back to `init`."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


@_module_of(F.rrelu, "nn.RReLU(0.25, 0.75).eval()(ag.tensor([-1.0, 2.0])) → tensor([-0.5,  2. ])")
class RReLU(Module):
    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False):
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}" + (", inplace=True" if self.inplace else "")


@_module_of(F.threshold, "nn.Threshold(1.0, 9.0)(ag.tensor([0.5, 2.0])) → tensor([9., 2.])")
class Threshold(Module):
    def __init__(self, threshold: float, value: float, inplace: bool = False):
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")


@_module_of(F.sigmoid, "nn.Sigmoid()(ag.tensor([-1.0, 2.0])) → tensor([0.2689, 0.8808])")
class Sigmoid(_Plain):
    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


@_module_of(F.logsigmoid, "nn.LogSigmoid()(ag.tensor([-1.0, 2.0])) → tensor([-1.3133, -0.1269])")
class LogSigmoid(_Plain):
    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


@_module_of(F.tanh, "nn.Tanh()(ag.tensor([-1.0, 2.0])) → tensor([-0.7616,  0.964 ])")
class Tanh(_Plain):
    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


@_module_of(F.tanhshrink, "nn.Tanhshrink()(ag.tensor([-1.0, 2.0])) → tensor([-0.2384,  1.036 ])")
class Tanhshrink(_Plain):
    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


@_module_of(F.softsign, "nn.Softsign()(ag.tensor([-1.0, 2.0])) → tensor([-0.5   ,  0.6667])")
class Softsign(_Plain):
    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


@_module_of(F.softplus, "nn.Softplus()(ag.tensor([-1.0, 2.0])) → tensor([0.3133, 2.1269])")
class Softplus(Module):
    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class _Shrink(Module):
    def __init__(self, lambd: float = 0.5):
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        return str(self.lambd)


@_module_of(F.hardshrink, "nn.Hardshrink()(ag.tensor([-1.0, 0.25, 2.0])) → tensor([-1.,  0.,  2.])")
class Hardshrink(_Shrink):
    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)


@_module_of(F.softshrink, "nn.Softshrink()(ag.tensor([-1.0, 0.25, 2.0])) → tensor([-0.5,  0. ,  1.5])")
class Softshrink(_Shrink):
    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)


@_module_of(F.gelu, "nn.GELU()(ag.tensor([0.0, 1.0])) → tensor([0.    , 0.8413])")
class GELU(Module):
    def __init__(self, approximate: str = "none"):
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class _OverDim(Module):
    def __init__(self, dim: int | None = None):
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


@_module_of(F.softmax, "nn.Softmax(dim=0)(ag.tensor([0.0, 0.0])) → tensor([0.5, 0.5])", OF_DTYPE)
class Softmax(_OverDim):
    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)


@_module_of(F.softmin, "nn.Softmin(dim=0)(ag.tensor([0.0, 1000.0])) → tensor([1., 0.])", ", `dtype`")
class Softmin(_OverDim):
    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim)


@_module_of(F.log_softmax, "nn.LogSoftmax(dim=0)(ag.tensor([0.0, 1000.0])) → tensor([-1000.,     0.])", OF_DTYPE)
class LogSoftmax(_OverDim):
    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)


class Softmax2d(_Plain):
    """Computes the softmax over the channels at each position of images.

    Formula: out[n, c, h, w] = exp(x[n, c, h, w]) / Σ_k exp(x[n, k, h, w]), x the input
    Shapes: (N, C, H, W) or (C, H, W) → the same.
    Dtypes: the dtype of input; integers and booleans become the default float.
    Raises: when called, ValueError for another number of dimensions; TypeError if input holds no numbers.
    Source: PyTorch's `torch.nn.Softmax2d`.

    >>> import nn, autograd_core as ag
    >>> nn.Softmax2d()(ag.zeros(2, 1, 1)).flatten()
    tensor([0.5, 0.5])
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got shape {tuple(input.shape)}")
        return F.softmax(input, -3)


@_module_of(F.glu, "nn.GLU()(ag.tensor([3.0, 4.0, 0.0, 0.0])) → tensor([1.5, 2. ])")
class GLU(_OverDim):
    def __init__(self, dim: int = -1):
        super().__init__(dim)

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, -1 if self.dim is None else self.dim)


@_module_of(F.step, "nn.Step()(ag.tensor([-1.0, 2.0])) → tensor([0., 1.])")
class Step(Module):
    def __init__(self, threshold: float = 0.0):
        super().__init__()
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.step(input, self.threshold)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}"


@_module_of(F.scaled_sigmoid, "nn.ScaledSigmoid(2.0)(ag.tensor([-1.0, 2.0])) → tensor([0.1192, 0.982 ])")
class ScaledSigmoid(Module):
    def __init__(self, slope: float = 1.0):
        super().__init__()
        self.slope = slope

    def forward(self, input: Tensor) -> Tensor:
        return F.scaled_sigmoid(input, self.slope)

    def extra_repr(self) -> str:
        return f"slope={self.slope}"


@_module_of(F.scaled_tanh, "nn.ScaledTanh()(ag.tensor([-1.0, 2.0])) → tensor([-1.    ,  1.4929])")
class ScaledTanh(Module):
    def __init__(self, amplitude: float = 1.7159, slope: float = 2 / 3):
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def forward(self, input: Tensor) -> Tensor:
        return F.scaled_tanh(input, self.amplitude, self.slope)

    def extra_repr(self) -> str:
        return f"amplitude={self.amplitude}, slope={self.slope}"


class Apply(Module):
    """Applies any function, as a module.

    `function` takes one tensor.

    Formula: out = function(input)
    Shapes: those of the function.
    Dtypes: those of the function.
    Raises: what the function raises.
    Source: Keras's `Lambda` layer.

    >>> import nn, autograd_core as ag
    >>> nn.Apply(ag.square)(ag.tensor([3.0]))
    tensor([9.])
    """

    def __init__(self, function: Callable[[Any], Any]):
        super().__init__()
        self.function = function

    def forward(self, input: Tensor) -> Tensor:
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
