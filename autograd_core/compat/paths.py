"""Where PyTorch's modules are: a finder that answers for `autograd_core.compat.…`, and for `torch.…` once installed.

Most of PyTorch's paths are other names of modules that the library has (`MODULES`); the rest are files of this folder.
Nothing is copied: `torch.nn.functional` is the module `nn.functional`.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

CORE = __name__.partition(".")[0]
HERE = __name__.rpartition(".")[0]

# PyTorch's files of one distribution each, where our package has files of families.
DISTRIBUTIONS = (
    "bernoulli", "beta", "binomial", "cauchy", "chi2", "dirichlet", "exponential", "gamma", "geometric", "gumbel",
    "half_normal", "laplace", "log_normal", "mixture_same_family", "multinomial", "normal",
    "one_hot_categorical", "poisson", "studentT", "uniform",
)  # fmt: skip

# PyTorch's path -> our module. The longest that fits counts; what follows it is kept (nn.utils.rnn).
MODULES = {
    "autograd": "autograd",
    "autograd.function": "engine.function",
    "autograd.gradcheck": "inspection.check",
    "autograd.grad_mode": "engine.modes",
    "autograd.variable": "autograd",
    "distributions": "distributions",
    **{f"distributions.{name}": "distributions" for name in DISTRIBUTIONS},
    "fft": "fft",
    "func": "func",
    "linalg": "linalg",
    "nn.functional": "nn.functional",
    "nn.grad": "nn.grad",
    "nn.init": "nn.init",
    "nn.modules": "nn.modules",
    "nn.parameter": "nn.parameter",
    "nn.utils": "nn.utils",
    "nn.utils.clip_grad": "nn.utils.clip",
    "nn.utils.convert_parameters": "nn.utils.convert",
    "nn.utils.weight_norm": "nn.utils.hooked",
    "nn.utils.spectral_norm": "nn.utils.hooked",
    "onnx": "nn.onnx",
    "optim": "optim",
    "random": "random",
    "special": "special",
    "utils.checkpoint": "transforms.checkpoint",
    "utils.data.dataloader": "nn.data.loader",
    "utils.data.dataset": "nn.data.dataset",
    "utils.data.sampler": "nn.data.sampler",
}

OWN = ("paths", "constructors", "refusals")  # files of this folder that are none of PyTorch's modules


def location(path: str) -> str | None:
    """The module that `torch.<path>` is: one of the library, or a file of this folder; None if there is none."""
    if _is_file(path):
        return f"{HERE}.{path}"
    head, rest = path, ""
    while head:
        if head in MODULES:
            return f"{CORE}.{MODULES[head]}{rest}"
        head, _, last = head.rpartition(".")
        rest = f".{last}{rest}"
    return None


def submodule(path: str) -> ModuleType | None:
    """The module `torch.<path>`, imported; None if there is none."""
    if location(path) is None:
        return None
    try:
        return importlib.import_module(f"{HERE}.{path}")
    except ModuleNotFoundError as error:
        if error.name == f"{HERE}.{path}":
            return None
        raise


def _is_file(path: str) -> bool:
    """Whether a file of this folder is the module."""
    *folders, last = path.split(".")
    folder = "/".join([sys.modules[HERE].__path__[0], *folders])
    return path not in OWN and PathFinder.find_spec(last, [folder]) is not None


class Alias(Loader):
    """Gives a module that has another name already."""

    def __init__(self, name: str):
        self.name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.name)
        self.spec = module.__spec__  # which the import system replaces by that of the alias
        self.alias = spec.name
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec
        own = module.__name__
        for name in [name for name in sys.modules if name.startswith(f"{own}.")]:  # loaded already: nn.modules.conv
            sys.modules.setdefault(self.alias + name[len(own) :], sys.modules[name])


class Finder(MetaPathFinder):
    """Answers for PyTorch's paths below `root`."""

    def __init__(self, root: str):
        self.root = root

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name == self.root:
            return None if name == HERE else ModuleSpec(name, Alias(HERE), is_package=True)
        if not name.startswith(f"{self.root}."):
            return None
        module = location(name[len(self.root) + 1 :])
        if module is None or module == name:
            return None  # a file, found as usual
        try:
            found = importlib.util.find_spec(module)
        except ModuleNotFoundError:
            found = None
        if found is None and module not in sys.modules:
            return None
        return ModuleSpec(name, Alias(module), is_package=found is None or found.submodule_search_locations is not None)
