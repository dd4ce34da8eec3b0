"""Stubs for editors and type checkers, written from the operations themselves: `python -m tests.stubs`.

`interface/table.py` gives the package its functions and `interface/bind.py` gives `Tensor` its methods when they are
imported, which no editor sees. So what they give is written down here: `autograd_core/__init__.pyi` has the names of the
package, `autograd_core/engine/methods.pyi` the base class from which `Tensor` has its methods while types are checked. A
test holds both files against this one.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
import subprocess
import sys
import typing
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import autograd_core as ag
from autograd_core.engine import types
from autograd_core.engine.tensor import Tensor
from autograd_core.interface.bind import UNARY
from autograd_core.interface.packages import PACKAGES
from autograd_core.interface.table import FUNCTIONS

PACKAGE = Path(ag.__file__).parent
HEADER = "# {what} Written by `python -m tests.stubs` from the functions: change those.\n"
# Names of types that are also names of functions here (`bool`, `float`): in a stub they need another one.
BUILTINS = {
    name: f"_{name}" for name in "bool bytes complex dict float frozenset int list set slice str tuple type".split()
}


class Names:
    """The imports that the annotations of a stub need."""

    def __init__(self) -> None:
        self.statements: set[str] = set()

    def annotation(self, text: str, module: ModuleType) -> str:
        """An annotation that stands in the file of `module` as the stub writes it."""
        pattern = r"(?<![\w.\"'])[A-Za-z_]\w*(?![\w\"'])"
        return re.sub(pattern, lambda match: self._name(match.group(), module), text)

    def _name(self, name: str, module: ModuleType) -> str:
        if name in BUILTINS:
            self.statements.add(f"from builtins import {name} as {BUILTINS[name]}")
            return BUILTINS[name]
        if name in ("None", "True", "False"):
            return name
        statement = imported(module).get(name)
        if statement is None and not hasattr(module, name):
            return name  # of Python
        alias = f"_{name}" if name in FUNCTIONS else name
        self.statements.add(
            f"{statement or f'from {module.__name__} import {name}'}{'' if alias == name else f' as {alias}'}"
        )
        return alias

    def __str__(self) -> str:
        return "".join(f"{statement}\n" for statement in sorted(self.statements))


@functools.cache
def imported(module: ModuleType) -> dict[str, str]:
    """The import statement of every name that the file of a module imports, also those for type checkers only."""
    statements = {}
    package = module.__name__.split(".")[: None if hasattr(module, "__path__") else -1]
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        source = ""
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = f"from {'.'.join([*base, *([node.module] if node.module else [])])} "
        for alias in node.names:
            rename = f" as {alias.asname}" if alias.asname else ""
            statements[alias.asname or alias.name] = f"{source}import {alias.name}{rename}"
    return statements


def definition(name: str, function: Callable, names: Names, method: bool = False) -> str:
    """`def name(…) -> …: "its sentence"`, as a function of the package or as a method of a tensor; each of its overloads."""
    inner = inspect.unwrap(function)
    overloads = typing.get_overloads(inner)
    if not overloads:
        return _definition(name, function, inspect.signature(function), names, method)
    names.statements.add("from typing import overload")
    forms = [inspect.signature(form) for form in overloads]
    out = inspect.signature(function).parameters.get("out")
    if out is not None:
        kinds = inspect.Parameter
        forms = [
            form.replace(parameters=[*form.parameters.values(), out.replace(kind=kinds.KEYWORD_ONLY)]) for form in forms
        ]
    if attribute(function, "takes_axis"):  # the forms with `dim` once more, by NumPy's names
        forms += [_with_axis(form) for form in forms if "dim" in form.parameters]
    return "".join("@overload\n" + _definition(name, function, form, names, method, axis=False) for form in forms)


def _with_axis(form: inspect.Signature) -> inspect.Signature:
    other = {"dim": "axis", "keepdim": "keepdims"}
    kinds = {"dim": inspect.Parameter.KEYWORD_ONLY, "keepdim": inspect.Parameter.KEYWORD_ONLY}
    parameters = [
        p.replace(name=other.get(p.name, p.name), kind=kinds.get(p.name, p.kind)) for p in form.parameters.values()
    ]
    return form.replace(parameters=sorted(parameters, key=lambda p: p.kind))


def _definition(
    name: str, function: Callable, signature: inspect.Signature, names: Names, method: bool, axis: bool = True
) -> str:
    """One form of a function."""
    module = sys.modules[inspect.unwrap(function).__globals__["__name__"]]  # type: ignore[attr-defined]
    parts: list[str] = []
    starred = False
    by_position = [p for p in signature.parameters.values() if p.kind is p.POSITIONAL_ONLY]
    for i, p in enumerate(signature.parameters.values()):
        if by_position and i == len(by_position):
            parts.append("/")
        if method and i == 0:
            parts.append("self")
            continue
        if p.name == "out" and (method or name.endswith("_")):
            continue  # of the functions of the package alone
        if p.kind is p.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred = starred or p.kind in (p.KEYWORD_ONLY, p.VAR_POSITIONAL)
        parts.append(_parameter(p, names, module))
    if by_position and len(by_position) == len(signature.parameters):
        parts.append("/")
    if axis and attribute(function, "takes_axis"):
        parts += [] if starred else ["*"]
        parts += [f"axis: {names.annotation('Dims', types)} = ...", "keepdims: _bool = ..."]
        names.annotation("bool", types)
    result = signature.return_annotation
    if method and (name.endswith("_") or result == "A"):  # A: of the kind of its first argument
        returns = names.annotation("Tensor", types)
    else:
        returns = names.annotation(*((result, module) if isinstance(result, str) else ("Any", types)))
    first = (inspect.getdoc(function) or "").partition("\n")[0].replace('"""', "'")
    text = f'    """{first}"""\n' if first else "    ...\n"
    variants = [parts]
    if keyword := attribute(function, "sizes"):  # one by one, or as a sequence
        whole, one = (names.annotation(kind, types) for kind in ("Sequence[int]", "int"))
        rest = parts[2:] if starred else ["*", *parts[2:]] if parts[2:] else []
        several = [parts[0], f"*{keyword}: {one}", *(part for part in rest if part != "*")]
        variants = [[parts[0], f"{keyword}: {whole}", *rest], several]
        names.statements.add("from typing import overload")
    head = "@overload\n" if len(variants) > 1 else ""
    return "".join(f"{head}def {name}({', '.join(variant)}) -> {returns}:\n{text}" for variant in variants)


def attribute(function: Any, name: str) -> Any:
    """An attribute of the function or of one under its decorators."""
    while function is not None:
        if hasattr(function, name):
            return getattr(function, name)
        function = getattr(function, "__wrapped__", None)
    return None


def _parameter(p: inspect.Parameter, names: Names, module: ModuleType) -> str:
    star = "*" if p.kind is p.VAR_POSITIONAL else "**" if p.kind is p.VAR_KEYWORD else ""
    kind = p.annotation if isinstance(p.annotation, str) else "Any"
    kind = names.annotation(kind, module if isinstance(p.annotation, str) else types)
    return f"{star}{p.name}: {kind}{'' if p.default is p.empty or star else ' = ...'}"


def _special_method(name: str, names: Names) -> str:
    """An operator, or another method that Python calls."""
    known = {
        "__getitem__": "(self, index: Any) -> Tensor",
        "__setitem__": "(self, index: Any, value: TensorLike) -> None",
        "__iter__": "(self) -> Iterator[Tensor]",
        "__contains__": "(self, value: object) -> bool",
        "__divmod__": "(self, other: TensorLike) -> tuple[Tensor, Tensor]",
        "__rdivmod__": "(self, other: TensorLike) -> tuple[Tensor, Tensor]",
        "__dlpack__": "(self, **options: Any) -> Any",
        "__dlpack_device__": "(self) -> tuple[int, int]",
    }
    unary = {f"__{operator}__" for operator in (*UNARY, "pos")}
    text = known.get(name, "(self) -> Tensor" if name in unary else "(self, other: TensorLike) -> Tensor")
    ignored = "  # type: ignore[override]" if name in ("__eq__", "__ne__") else ""
    return f"def {name}{names.annotation(text, types).replace('_self', 'self')}:{ignored}\n    ...\n"


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def package() -> str:
    """The stub of `autograd_core`."""
    names = Names()
    functions = "\n".join(definition(name, function, names) for name, function in sorted(FUNCTIONS.items()))
    exports = []
    for name in ag.__all__:
        if name in FUNCTIONS:
            continue
        value = getattr(ag, name)
        source = imported(ag).get(name)
        if isinstance(value, ModuleType):
            source = f"from . import {name}"
        assert source is not None, name
        module, _, what = source.partition(" import ")
        exports.append(f"{module} import {what.partition(' as ')[0]} as {name}")
    for name, path in vars(ag)["_LAZY"].items():
        module, _, last = f"{ag.__name__}.{path}".rpartition(".")
        source = module if isinstance(getattr(ag, name), ModuleType) else f"{module}.{last}"
        exports.append(f"from {source} import {name} as {name}")
    exports += [f"from . import {name} as {name}" for name in PACKAGES]
    listed = ", ".join(f'"{name}"' for name in sorted({*ag.__all__, *vars(ag)["_LAZY"], *PACKAGES}))
    head = HEADER.format(what="The names of the package.")
    return (
        f"{head}{names}{chr(10).join(sorted(set(exports)))}\n\n__version__: _str\n__all__ = [{listed}]\n\n{functions}"
    )


def methods() -> str:
    """The stub of the class that `Tensor` has its operations from."""
    names = Names()
    written = {
        node.name for node in ast.walk(ast.parse(inspect.getsource(Tensor))) if isinstance(node, ast.FunctionDef)
    }
    parts = []
    for name, value in sorted(vars(Tensor).items()):
        if (
            name in written
            or name.startswith("__array")
            or name in ("__module__", "__doc__", "__weakref__", "__hash__")
        ):
            continue
        if isinstance(value, property) and value.fget is not None:
            text = definition(name, value.fget, names, method=True)
            parts.append("@property\n" + text.replace("-> Any", "-> Tensor"))
        elif inspect.isfunction(value):
            special = name.startswith("__")
            parts.append(_special_method(name, names) if special else definition(name, value, names, method=True))
    body = "\n".join(map(_indented, parts))
    return f"{HEADER.format(what='The operations as methods of Tensor.')}{names}\n\nclass Methods:\n{body}"


def namespace(name: str) -> str:
    """The stub of `autograd_core.linalg` and the like, whose functions take `out` there only."""
    module = importlib.import_module(f"{ag.__name__}.{name}")
    names = Names()
    functions = "\n".join(definition(function, getattr(module, function), names) for function in sorted(module.__all__))
    listed = ", ".join(f'"{function}"' for function in sorted(module.__all__))
    return f"{HEADER.format(what=f'The functions of `{name}`.')}{names}\n\n__all__ = [{listed}]\n\n{functions}"


STUBS: dict[Path, Callable[[], str]] = {
    PACKAGE / "__init__.pyi": package,
    PACKAGE / "engine" / "methods.pyi": methods,
    **{PACKAGE / f"{name}.pyi": functools.partial(namespace, name) for name in ("linalg", "fft", "special")},
}


def main() -> None:
    """Write them all."""
    for path, text in STUBS.items():
        path.write_text(formatted(text()))


def formatted(text: str) -> str:
    """As `ruff format` leaves it."""
    run = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", "stub.pyi", "-"],
        input=text, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return run.stdout


if __name__ == "__main__":
    main()
