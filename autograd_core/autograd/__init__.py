"""PyTorch's `torch.autograd`: `backward`, `grad`, `Function` and the modes, which `ag` has too, and what is beside them.

`functional` has derivatives of functions in an older form than `ag.func`, `forward_ad` dual numbers, `graph` hooks on the
graph, `profiler` a name for `ag.profile`.
"""

from ..engine.backward import backward, grad
from ..engine.function import Function
from ..engine.modes import enable_grad, inference_mode, no_grad, set_grad_enabled
from ..engine.tensor import Tensor as Variable
from ..inspection.anomaly import detect_anomaly, set_detect_anomaly
from ..inspection.check import gradcheck, gradgradcheck
from . import forward_ad, functional, graph, profiler

__all__ = [
    "Function", "Variable", "backward", "detect_anomaly", "enable_grad", "forward_ad", "functional", "grad", "gradcheck",
    "gradgradcheck", "graph", "inference_mode", "no_grad", "profiler", "set_detect_anomaly", "set_grad_enabled",
]  # fmt: skip
