# For type checkers: autograd_core.optim is the package optim (autograd_core/packages.py).
from optim import *  # noqa: F403
from optim.training import *  # noqa: F403
