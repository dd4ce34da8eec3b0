# For type checkers: autograd_core.nn is the package nn (autograd_core/packages.py).
from nn import *  # noqa: F403

from . import data as data
from . import grad as grad
from . import inspect as inspect
from . import interchange as interchange
from . import layers as layers
from . import models as models
from . import modules as modules
from . import onnx as onnx
from . import plot as plot
from . import utils as utils
