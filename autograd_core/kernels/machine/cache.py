"""Compiled kernels on disk: an optimisation, which is checked, never trusted, and may fail at any moment.

    <root>/<name of a file of kernels>-<hash of its text and of all it imports>/<kernel>-<hash of the key>.kernel

An entry begins with a header: MAGIC, the lengths of the key and of the content, and SHA-256 of both. The key says for
what kernel, argument types, machine and versions the content was compiled. An entry whose header, length, hash or key
is not what it should be is removed, and the kernel compiled. It is written to a temporary file, which then gets its
name: so a process that is killed leaves no half entry, and two that write the same one do not disturb each other.

The content is unpickled, or run as machine code. So folder and entries must belong to the user (or to root), and nobody
else may write to them; the library makes them for the user alone. What cannot be written is not kept, with one warning.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib
import os
import pickle
import re
import shutil
import stat
import struct
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from .vectors import machine

MAGIC = b"autograd-kernel1"
HEADER = struct.Struct("<16sQQ32s")
WEEK, MINUTE = 7 * 24 * 3600, 60


class Warned:
    """What this process has warned of: that kernels are not kept."""

    not_kept = False


def warn_not_kept(why: str) -> None:
    """Say once in a process that kernels are not kept."""
    if not Warned.not_kept:
        Warned.not_kept = True
        warnings.warn(
            f"compiled kernels are not kept: {why}. Every process compiles them again; set NUMBA_CACHE_DIR to a folder "
            "that can be written and has space",
            stacklevel=2,
        )


# ---------------------------------------------------------------------------------------------------------- the folder


@functools.cache
def source_hash(path: Path) -> str:
    """A name for the text of a file of kernels and of all it imports from its own package, in whatever folder: helpers
    of other files are compiled into its kernels. An edit in any gives a new folder. Raises OSError if it is no file."""
    found: dict[Path, bytes] = {}
    waiting = [path, Path(__file__).resolve()]  # what stands here decides what an entry means
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file], imported = _source(file)
            waiting += imported
    top = os.path.commonpath([str(file.parent) for file in found])
    digest = hashlib.sha256()
    for file in sorted(found):
        digest.update(f"{os.path.relpath(file, top)} {len(found[file])}\n".encode() + found[file])
    return f"{path.stem}-{digest.hexdigest()[:16]}"


def _statements(text: bytes) -> list[ast.AST]:
    """The relative imports of a text, among others. The whole of it is parsed, which takes long, only if need be."""
    try:
        found = re.findall(rb"\bfrom[ \t]*\.[^\n(]*(?:\([^)]*\))?[^\n]*", text)
        return [statement for part in found for statement in ast.parse(part).body]
    except SyntaxError:  # it is no import, or goes on in another line
        return list(ast.walk(ast.parse(text)))


@functools.cache
def _source(file: Path) -> tuple[bytes, tuple[Path, ...]]:
    """The text of a file and the files it imports. To parse it takes milliseconds, and many files import the same."""
    text = file.read_bytes()
    return text, tuple(_imported(file, text))


def _imported(file: Path, text: bytes) -> Iterator[Path]:
    """The files of its own package that a file imports by a relative name."""
    for statement in _statements(text):
        if not isinstance(statement, ast.ImportFrom) or not statement.level:
            continue
        source = file.parents[statement.level - 1].joinpath(*(statement.module or "").split("."))
        for name in statement.names:  # a module of that folder, or something in the module
            for module in (source / name.name, source):
                found = [x for x in (module.with_name(f"{module.name}.py"), module / "__init__.py") if x.is_file()]
                if found:
                    yield found[0].resolve()
                    break


def cache_roots(source: Path) -> list[Path]:
    """Where compiled kernels may be kept, best first: where the user says, beside the source, in the user's cache."""
    place = hashlib.sha256(str(source).encode()).hexdigest()[:8]  # installations share a folder, not what is in it
    name, named, home = (
        f"autograd_core-kernels-{place}",
        os.environ.get("NUMBA_CACHE_DIR"),
        os.environ.get("XDG_CACHE_HOME"),
    )
    roots = [Path(named).absolute() / name] if named else []
    roots.append(source / "__pycache__" / "kernels")
    if home and Path(home).is_absolute():
        return [*roots, Path(home) / name]
    with contextlib.suppress(RuntimeError):  # nobody: a user without a name and a home, as in some containers
        roots.append(Path.home() / ".cache" / name)
    return roots


@functools.cache
def cache_folder(path: Path) -> Path | None:
    """The cache for this text of a file of kernels, or None (with one warning) where none can be used."""
    try:
        name = source_hash(path)
    except (OSError, ValueError, SyntaxError) as error:
        warn_not_kept(f"the source {path} cannot be read ({error})")
        return None
    roots = cache_roots(path.parent)
    for usable in (_writable, _readable):
        for root in roots:
            if usable(root, root / name):
                return root / name
    warn_not_kept(f"none of {', '.join(map(str, roots))} can be written")
    return None


def _writable(root: Path, folder: Path) -> bool:
    """Whether entries can be added. Removes what is left of processes that were killed, and of earlier source texts."""
    try:
        new = make_private(root, folder)
        if not (_is_private(root) and _is_private(folder)):
            return False
        with tempfile.TemporaryFile(dir=folder):
            pass
        os.utime(folder)  # it is in use
        _forget(folder.glob("*.tmp"), MINUTE)
        if new:
            _forget((x for x in root.iterdir() if x != folder and re.search("-[0-9a-f]{16}$", x.name)), WEEK)
    except OSError:
        return False
    return True


def _readable(root: Path, folder: Path) -> bool:
    """Whether there are entries, in a place that can only be read."""
    try:
        return any(folder.iterdir()) and _is_private(root) and _is_private(folder)
    except OSError:
        return False


def make_private(root: Path, folder: Path) -> bool:
    """Make a folder for this user alone, and the one it is in. Whether it was not there."""
    root.parent.mkdir(parents=True, exist_ok=True)
    root.mkdir(mode=0o700, exist_ok=True)
    new = not folder.exists()
    folder.mkdir(mode=0o700, exist_ok=True)
    return new


@functools.cache
def _is_private(folder: Path) -> bool:
    """Whether nobody else can change what is in a folder; if not, a warning. Raises OSError if it is not there."""
    for state in (folder.lstat(), folder.stat()):  # a link must be the user's own too
        if why := _foreign(state):
            warnings.warn(
                f"compiled kernels are not read from {folder}: {why}, and what is kept there is run. Remove it, or make it "
                f"yours alone with: chmod -R go-w '{folder}'",
                stacklevel=2,
            )
            return False
    return True


def _foreign(state: os.stat_result) -> str:
    """Why somebody else could have written a file, or an empty string. A link is as good as its owner."""
    if not hasattr(os, "geteuid"):
        return ""  # on Windows a user's folders are the user's own
    if state.st_uid not in (0, os.geteuid()):
        return f"it belongs to the user with number {state.st_uid}"
    if not stat.S_ISLNK(state.st_mode) and state.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"others may write to it (mode {stat.S_IMODE(state.st_mode):o})"
    return ""


def _forget(paths: Iterator[Path], age: float) -> None:
    """Remove those that nothing was done to for `age` seconds."""
    for path in paths:
        with contextlib.suppress(OSError):  # another process was quicker
            if time.time() - path.lstat().st_mtime > age:
                remove(path)


def remove(path: Path) -> None:
    """Remove a file, or whatever is in its place."""
    try:
        path.unlink()
    except OSError:
        shutil.rmtree(path, ignore_errors=True)


# ----------------------------------------------------------------------------------------------------------- an entry


def load(path: Path, key: bytes) -> bytes | None:
    """The content of an entry; None, and the entry is gone, unless it is whole, of this key, and the user's own."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            state = os.fstat(file.fileno())
            magic, key_length, length, digest = HEADER.unpack(file.read(HEADER.size))
            whole = magic == MAGIC and state.st_size == HEADER.size + key_length + length
            if whole and stat.S_ISREG(state.st_mode) and not _foreign(state):
                body = file.read()
                if hashlib.sha256(body).digest() == digest and body[:key_length] == key:
                    return body[key_length:]
    except FileNotFoundError:
        return None
    except (OSError, struct.error):
        pass
    remove(path)
    return None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))  # a pipe in place of a file would wait for a writer


def save(path: Path, key: bytes, content: bytes) -> None:
    """Keep an entry, if that can be done; if not, one warning."""
    header = HEADER.pack(MAGIC, len(key), len(content), hashlib.sha256(key + content).digest())
    for again in (True, False):
        temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex[:12]}.tmp")
        try:
            with open(temporary, "xb", opener=functools.partial(os.open, mode=0o600)) as file:
                file.write(header + key + content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            return
        except FileNotFoundError as error:  # the folder vanished meanwhile, or a quick hand took the temporary file
            if not again:
                warn_not_kept(f"{path.parent} vanishes ({error})")
                return
            with contextlib.suppress(OSError):
                make_private(path.parent.parent, path.parent)
        except OSError as error:
            warn_not_kept(f"{path.parent} cannot be written ({error.strerror or error})")
            return
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()


# -------------------------------------------------------------------------------------------------- what Numba compiles


class KernelCache:
    """The cache that Numba's dispatcher asks before it compiles a kernel and fills afterwards, in place of its own."""

    def __init__(self, name: str, text: str, folder: Path):
        self.name, self.text, self.cache_path = re.sub(r"\W", "", name), text, folder

    def entry(self, signature: Any, codegen: Any) -> tuple[Path, bytes]:
        """The file and the key of the kernel for these argument types."""
        key = repr((str(signature), codegen.magic_tuple(), *compilers(), self.text)).encode()
        return self.cache_path / f"{self.name}-{hashlib.sha256(key).hexdigest()[:20]}.kernel", key

    def load_overload(self, signature: Any, target: Any) -> Any:
        target.refresh()
        path, key = self.entry(signature, target.codegen())
        content = load(path, key)
        if content is None:
            return None
        try:
            types, reduced = pickle.loads(content)
            if types == signature:  # types of the same name may differ
                return importlib.import_module("numba.core.compiler").CompileResult._rebuild(target, *reduced)
        except Exception:  # of whatever kind: it is as good as not there
            pass
        remove(path)
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        if result.library.has_dynamic_globals or any(not part.can_cache for part in result.lifted):
            return  # it holds addresses of this process
        dumps = importlib.import_module("numba.core.serialize").dumps
        save(*self.entry(signature, result.codegen), dumps((signature, result._reduce())))

    def flush(self) -> None:
        """Numba's way to forget all of a kernel: `dispatcher.recompile`."""
        for path in self.cache_path.glob(f"{self.name}-*.kernel"):
            remove(path)


@functools.cache
def compilers() -> tuple:
    """What machine code depends on besides the source: versions, Numba's settings, and the width of vectors."""
    numba, llvm = importlib.import_module("numba"), importlib.import_module("llvmlite.binding")
    settings = ("OPT", "BOUNDSCHECK", "DEBUGINFO_DEFAULT", "LOOP_VECTORIZE", "SLP_VECTORIZE")
    return (
        sys.implementation.cache_tag, getattr(sys, "abiflags", ""), np.__version__, numba.__version__,
        llvm.llvm_version_info, *(str(getattr(numba.config, name, None)) for name in settings), machine().vector_bytes,
    )  # fmt: skip


def code_text(code: CodeType, names: dict[str, Any]) -> str:
    """What a function does, as text: its bytecode, constants, and the values of the global names it uses."""
    constants = [code_text(x, names) if isinstance(x, CodeType) else x for x in code.co_consts]
    values = {name: _value_text(names[name]) for name in code.co_names if name in names}
    return repr((code.co_code, constants, code.co_names, values))


def _value_text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {hashlib.sha256(value.tobytes()).hexdigest()}"
    if isinstance(value, (bool, int, float, complex, str, np.generic, tuple)):
        return repr(value)
    return ""  # functions of other libraries, modules, types
