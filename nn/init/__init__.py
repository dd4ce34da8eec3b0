"""Starting values for parameters: `torch.nn.init`'s functions. Each fills a tensor in place and returns it.

`fan_in` is the number of inputs that one unit sees, `fan_out` the number of units that see one input: for a weight of
shape (out, in, *kernel) they are in · |kernel| and out · |kernel|.
"""

from .distributions import normal_, orthogonal_, sparse_, trunc_normal_, uniform_
from .patterns import bilinear_, constant_, dirac_, eye_, ones_, zeros_
from .scaled import (
    calculate_gain,
    fan_in_and_fan_out,
    kaiming_normal_,
    kaiming_uniform_,
    xavier_normal_,
    xavier_uniform_,
)

__all__ = [
    "bilinear_", "calculate_gain", "constant_", "dirac_", "eye_", "fan_in_and_fan_out", "kaiming_normal_",
    "kaiming_uniform_", "normal_", "ones_", "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_",
    "xavier_uniform_", "zeros_",
]  # fmt: skip

_calculate_fan_in_and_fan_out = fan_in_and_fan_out  # the name PyTorch's users know
