"""Machine code from LLVM's language, without Numba: compiled once for a dtype and kept in the cache of the kernels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from .cache import cache_folder, compilers, load, remove, save
from .runtime import Compiling
from .vectors import cpu

_engines: list = []  # they hold the code, and must live as long as the process


def addresses(source: Path, dtype: np.dtype, names: Iterable[str], text: Callable[[np.dtype, str], str]) -> ndarray:
    """The addresses of the functions `names` of the module text(dtype, triple), which the file `source` generates."""
    import llvmlite.binding as llvm

    with Compiling.lock:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        llvm.initialize_native_asmparser()
        folder = cache_folder(source.resolve())
        key = repr((source.stem, dtype.name, llvm.get_default_triple(), *cpu(), *compilers())).encode()
        path = folder and folder / f"{dtype.name}-{hashlib.sha256(key).hexdigest()[:20]}.kernel"
        code = path and load(path, key)
        if path and code:
            try:
                return _linked(code, names)
            except Exception:  # whatever it is, it is not what is wanted
                remove(path)
        code = _compiled(f"{source.stem} {dtype.name}", lambda: text(dtype, llvm.get_default_triple()))
        if path:
            save(path, key, code)
        return _linked(code, names)


def _target() -> Any:
    """This machine, for LLVM. An engine takes it, and takes it along when it goes."""
    import llvmlite.binding as llvm

    name, features = cpu()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=name, features=features, opt=3, codemodel="jitdefault", jit=True
    )


def _compiled(name: str, text: Callable[[], str]) -> bytes:
    """The machine code of a module."""
    import llvmlite.binding as llvm

    Compiling.report(name, True)
    try:
        return _target().emit_object(llvm.parse_assembly(text()))
    finally:
        Compiling.report(name, False)


def _linked(code: bytes, names: Iterable[str]) -> ndarray:
    """The addresses of functions in machine code, once it is in memory to be run."""
    import llvmlite.binding as llvm

    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    pointers = [engine.get_function_address(name) for name in names]
    if not all(pointers):
        raise RuntimeError(f"a function of {', '.join(names)} is not in the machine code")
    _engines.append(engine)
    return np.array(pointers, np.int64)
