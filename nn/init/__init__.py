"""Starting values for parameters: `torch.nn.init`'s functions. Each fills a tensor in place and returns it.

`fan_in` is the number of inputs that one unit sees, `fan_out` the number of units that see one input: for a weight of
shape (out, in, *kernel) they are in · |kernel| and out · |kernel|.
"""

from ..spelling import without_underscore
from .distributions import normal_, orthogonal_, sparse_, trunc_normal_, uniform_
from .patterns import bilinear_, constant_, dirac_, eye_, ones_, zeros_
from .scaled import (
    calculate_gain,
    correct_fan,
    fan_in_and_fan_out,
    kaiming_normal_,
    kaiming_uniform_,
    xavier_normal_,
    xavier_uniform_,
)

__all__ = [
    "bilinear_", "calculate_gain", "constant", "constant_", "dirac", "dirac_", "eye", "eye_", "fan_in_and_fan_out",
    "kaiming_normal", "kaiming_normal_", "kaiming_uniform", "kaiming_uniform_", "normal", "normal_", "ones_", "orthogonal",
    "orthogonal_", "sparse", "sparse_", "trunc_normal_", "uniform", "uniform_", "xavier_normal", "xavier_normal_",
    "xavier_uniform", "xavier_uniform_", "zeros_",
]  # fmt: skip

# the names PyTorch's users know
_calculate_fan_in_and_fan_out = fan_in_and_fan_out
_calculate_correct_fan = correct_fan

# the names that they had before
constant = without_underscore(constant_, __name__)
dirac = without_underscore(dirac_, __name__)
eye = without_underscore(eye_, __name__)
kaiming_normal = without_underscore(kaiming_normal_, __name__)
kaiming_uniform = without_underscore(kaiming_uniform_, __name__)
normal = without_underscore(normal_, __name__)
orthogonal = without_underscore(orthogonal_, __name__)
sparse = without_underscore(sparse_, __name__)
uniform = without_underscore(uniform_, __name__)
xavier_normal = without_underscore(xavier_normal_, __name__)
xavier_uniform = without_underscore(xavier_uniform_, __name__)
