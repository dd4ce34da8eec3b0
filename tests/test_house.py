"""The house rules that a test can hold: layers without circles, light imports, the top level."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the ground up. A file imports from its own room and from those on lower floors; programs stand on the roof.
FLOORS = [
    ["autograd_core.kernels"],
    ["autograd_core.engine"],
    ["autograd_core.random"],
    ["autograd_core.ops"],
    [
        "autograd_core.linalg",
        "autograd_core.fft",
        "autograd_core.special",
        "autograd_core.distributions",
        "autograd_core.interchange",
    ],
    ["autograd_core.transforms", "autograd_core.inspection"],
    ["autograd_core.interface", "autograd_core.autograd"],
    ["autograd_core"],
    ["nn"],
    ["optim"],
    ["optim.recipes", "autograd_core.compat", "nn.sklearn"],
    ["bench", "notebooks"],
    ["__main__"],
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def room_of(module):
    """The innermost room that a module lies in."""
    parts = module.split(".")
    if parts[-1] == "__main__":
        return "__main__"
    return next((room for n in range(len(parts), 0, -1) if (room := ".".join(parts[:n])) in FLOOR), None)


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    name_of(p): p for top in ("autograd_core", "nn", "optim", "bench", "notebooks") for p in (ROOT / top).rglob("*.py")
}


def imports(module):
    """(what a file imports, line), see `bindings`."""
    for name, _, line in bindings(module):
        yield name, line


def bindings(module):
    """(what a file imports, as which name, line): absolute names of modules, or of names in them; inside functions too.

    `autograd_core.nn` and `autograd_core.optim` are other names of `nn` and `optim`, and count as those.
    """
    path = FILES[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found = [(name.name, name.asname or name.name) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            base = ".".join([*base, *([node.module] if node.module else [])])
            found = [(f"{base}.{name.name}", name.asname or name.name) for name in node.names]
        else:
            continue
        for name, bound in found:
            yield re.sub(r"^autograd_core\.(nn|optim)\b", r"\1", name), bound, node.lineno


def private(name):
    return name.startswith("_") and not name.startswith("__")


def private_attributes(module):
    """(name, line) of `other._name`, where the file imports the module `other`, which is not itself."""
    bound = {name: target for target, name, _ in bindings(module) if target in FILES and target != module}
    for node in ast.walk(ast.parse(FILES[module].read_text())):
        if isinstance(node, ast.Attribute) and private(node.attr) and ast.unparse(node.value) in bound:
            yield ast.unparse(node), node.lineno


def file_of(name):
    """The module that an import of `name` runs: itself, or the one that holds it; None for others' packages."""
    return next((n for n in (name, name.rpartition(".")[0]) if n in FILES), None)


@pytest.mark.parametrize("module", sorted(FILES))
def test_imports_go_down(module):
    own = room_of(module)
    for name, line in imports(module):
        room = room_of(name)
        if room is not None and room != own:
            assert FLOOR[room] < FLOOR[own], f"{module}, line {line}: {own} imports {name}"


def test_no_circles():
    above = {m: {t for name, _ in imports(m) if (t := file_of(name)) not in (None, m)} for m in FILES}
    # a package's own file only gathers names, and running it first is Python's affair
    above = {m: {t for t in ts if not m.startswith(f"{t}.")} for m, ts in above.items()}
    while True:  # take away what imports nothing that is left; what remains lies on a circle or above one
        free = [m for m, ts in above.items() if not ts & above.keys()]
        if not free:
            break
        for m in free:
            del above[m]
    assert not above, f"circles among {sorted(above)}"


def test_private_names_stay_in_their_file():
    for module in FILES:
        for name, line in imports(module):
            assert not private(name.rpartition(".")[2]) or file_of(name) is None, f"{module}, line {line}: {name}"
        for name, line in private_attributes(module):
            pytest.fail(f"{module}, line {line}: {name}")


@pytest.mark.parametrize(
    "line",
    ["from . import other\nother._name", "import room.other\nroom.other._name()", "import room.other as o\no._name"],
)
def test_private_attributes_are_found(line, tmp_path, monkeypatch):
    for name in ("own", "other"):
        (tmp_path / f"{name}.py").write_text(line)
        monkeypatch.setitem(FILES, f"room.{name}", tmp_path / f"{name}.py")
    assert [number for _, number in private_attributes("room.own")] == [2]
    assert not list(private_attributes("room.other"))


def test_optimisers_need_only_tensors():
    for module in FILES:
        if module.startswith("optim.") and not module.startswith(
            ("optim.training", "optim.recipes", "optim.swa_utils")
        ):
            assert all(room_of(name) != "nn" for name, _ in imports(module)), module


HEAVY = ("numba", "scipy", "matplotlib", "llvmlite", "nn", "torch", "sklearn", "joblib", "pandas", "PIL")


def test_importing_compiles_and_loads_nothing_heavy():
    code = f"import sys, autograd_core; print(sorted(m for m in {HEAVY} if m in sys.modules))"
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
    fixed |= {"Makefile", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md"}
    assert {name for name in top if not name.startswith(".")} <= fixed


def test_collecting_the_tests_compiles_nothing(numba_at_collection):
    """Or the first result waits for it, in every worker."""
    assert not numba_at_collection, "a test file calls a kernel when it is imported; let a test or a fixture do it"
