"""The house rules that a test can hold: layers, light imports, the top level."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Each layer may import those to its left, and itself.
PACKAGES = ["autograd_core", "nn", "optim", "bench", "notebooks"]
CORE = ["kernels", "graph", "versions", "tensor", "primitive", "function", "ops", "gradients", "operators"]


def imports(path):
    """The modules a file imports, as absolute dotted names; those inside functions too.

    `autograd_core.nn` and `autograd_core.optim` are other names of `nn` and `optim`, and count as those.
    """
    return [re.sub(r"^autograd_core\.(nn|optim)\b", r"\1", module) for module in imported(path)]


def imported(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    package = parts if path.name == "__init__.py" and parts[-1] != "__init__" else parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
                module = ".".join((*base, *([node.module] if node.module else [])))
                if node.module is None:
                    yield from (f"{module}.{name.name}" for name in node.names)
                    continue
                yield module
            elif node.module == "autograd_core":
                yield from (f"autograd_core.{name.name}" for name in node.names)
            else:
                yield node.module


def files(package):
    return sorted((ROOT / package).rglob("*.py"))


def is_program(path):
    """Whether it is on top of all packages: what `python -m nn` runs."""
    return path.name == "__main__.py" or path.is_relative_to(ROOT / "nn" / "programs")


@pytest.mark.parametrize("package", PACKAGES[:3])
def test_packages_depend_on_lower_ones_only(package):
    allowed = set(PACKAGES[: PACKAGES.index(package) + 1])
    for path in files(package):
        if is_program(path):
            continue
        for module in imports(path):
            top = module.split(".")[0]
            assert top not in set(PACKAGES) - allowed, f"{path.relative_to(ROOT)} imports {module}"


def test_nothing_imports_the_programs():
    for path in (path for package in PACKAGES for path in files(package) if not is_program(path)):
        for module in imports(path):
            assert not f"{module}.".startswith("nn.programs.") and not module.endswith("__main__"), path


def test_optimisers_need_only_tensors():
    for path in files("optim"):
        if path.is_relative_to(ROOT / "optim" / "training"):
            continue
        for module in imports(path):
            assert module.split(".")[0] != "nn", f"{path.relative_to(ROOT)} imports {module}"


def test_inside_the_core():
    order = {name: i for i, name in enumerate(CORE)}
    for path in files("autograd_core"):
        parts = path.relative_to(ROOT / "autograd_core").with_suffix("").parts
        if parts[0] not in order:
            continue
        for module in imports(path):
            names = module.split(".")
            if names[0] == "autograd_core" and len(names) > 1 and names[1] in order:
                assert order[names[1]] <= order[parts[0]], f"{path.relative_to(ROOT)} imports {module}"


def test_kernels_know_arrays_alone():
    for path in files("autograd_core/kernels"):
        for module in imports(path):
            assert not module.startswith("autograd_core") or module.startswith("autograd_core.kernels"), (path, module)


def test_importing_compiles_and_loads_nothing_heavy():
    code = (
        "import sys, autograd_core; "
        "print(sorted(m for m in ('numba', 'scipy', 'matplotlib', 'llvmlite', 'nn', 'torch') if m in sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"
    code = code.replace("autograd_core;", "nn, optim;").replace("'nn', ", "")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"


def test_top_level():
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    top = {line.split("/")[0] for line in listed.stdout.splitlines()}
    fixed = {"pyproject.toml", "README.md", "autograd_core", "nn", "optim", "tests", "notebooks", "bench"}
    fixed |= {"Makefile", "LICENSE"}
    assert {name for name in top if not name.startswith(".")} <= fixed


def test_collecting_the_tests_compiles_nothing(numba_at_collection):
    """Or the first result waits for it, in every worker."""
    assert not numba_at_collection, "a test file calls a kernel when it is imported; let a test or a fixture do it"
