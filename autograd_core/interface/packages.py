"""`autograd_core.nn` and `autograd_core.optim`: the packages `nn` and `optim` under names that no file of a user's shadows.

They are the same modules, not copies: `autograd_core.nn.Linear is nn.Linear`, and each is imported when it is first asked
for. Where a file of the user's own is found first under the name `nn` or `optim`, ours is loaded as `autograd_core.nn`
itself, and whoever imports the short name reads which file shadows it. So this package imports neither: it
answers for their names, as a finder of Python's import system (docs.python.org/3/reference/import.html, section 5.3).
"""

from __future__ import annotations

import importlib
import os
import sys
import warnings
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType
from typing import Any

PACKAGES = ("nn", "optim")
HERE = __name__.partition(".")[0]
FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # the folder of our packages


def file_of(package: str) -> str:
    """Our package's own file."""
    return os.path.join(FOLDER, package, "__init__.py")


class Alias(Loader):
    """Gives a module that has another name already."""

    def __init__(self, name: str):
        self.name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.name)
        self.spec = module.__spec__  # which the import system replaces by that of the alias
        return module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec
        # What is loaded below gets its second name now. To import it would set it in its parent anew, over a
        # function that has its module's name (nn.summary).
        for name in [name for name in sys.modules if name.startswith(f"{self.name}.")]:
            sys.modules.setdefault(f"{HERE}.{name}", sys.modules[name])


class Finder(MetaPathFinder):
    """Answers for `autograd_core.nn…` and `autograd_core.optim…`, and warns of a file that stands in for ours."""

    def __init__(self) -> None:
        self.alias: dict[str, bool] = {}  # whether a package is ours under its short name, once that matters

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name in PACKAGES:
            self.warn_of_shadow(name)
            return None
        prefix, _, rest = name.partition(".")
        package = rest.partition(".")[0]
        if prefix != HERE or package not in PACKAGES:
            return None
        if package not in self.alias:
            self.alias[package] = self.is_ours(package)
        if self.alias[package]:
            return ModuleSpec(name, Alias(rest), is_package=True)
        if rest != package:
            return None  # found in the folder of the package, as usual
        file = file_of(package)
        return spec_from_file_location(name, file, submodule_search_locations=[os.path.dirname(file)])

    def is_ours(self, package: str) -> bool:
        """Whether the short name means our package, in this process."""
        module = sys.modules.get(package)
        origin = getattr(module, "__file__", None) if module is not None else self.location(package)
        return origin is not None and os.path.realpath(origin) == file_of(package)

    def location(self, package: str) -> str | None:
        """The file that `import nn` would give."""
        for finder in sys.meta_path:
            if finder is not self:
                spec = finder.find_spec(package, None)
                if spec is not None:
                    return spec.origin or next(iter(spec.submodule_search_locations or ()), None)
        return None

    def warn_of_shadow(self, package: str) -> None:
        origin = self.location(package)
        if origin is not None and os.path.realpath(origin) != file_of(package):
            warnings.warn(
                f"`import {package}` gives {origin}, which stands in the way of the package `{package}` that belongs to "
                f"autograd_core; rename that file, or write `from autograd_core import {package}` for the package",
                stacklevel=3,  # the line that imports: frames of the import system do not count
            )


def install() -> None:
    """Put the finder first, once."""
    if not any(type(finder).__name__ == "Finder" and type(finder).__module__ == __name__ for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
