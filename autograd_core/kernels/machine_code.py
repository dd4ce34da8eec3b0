"""Machine code from LLVM's language, without Numba: compiled once for a dtype and kept in the cache of the kernels."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from .runtime import Compiling, cache_folder

_engines: list = []  # they hold the code, and must live as long as the process


def addresses(source: Path, dtype: np.dtype, names: Iterable[str], text: Callable[[np.dtype, str], str]) -> ndarray:
    """Where the functions `names` are, of the module text(dtype, triple), which the file `source` generates."""
    import llvmlite.binding as llvm

    with Compiling.lock:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        llvm.initialize_native_asmparser()
        features = llvm.get_host_cpu_features().flatten()
        target = llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features, opt=3, codemodel="jitdefault", jit=True
        )
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
        code = object_code(source, dtype, target, features, text)
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        _engines.append(engine)
        return np.array([engine.get_function_address(name) for name in names], np.int64)


def object_code(
    source: Path, dtype: np.dtype, target: Any, features: str, text: Callable[[np.dtype, str], str]
) -> bytes:
    """The machine code of a module, from the cache if it is there."""
    import llvmlite
    import llvmlite.binding as llvm

    folder = cache_folder(source.resolve())
    what = f"{llvmlite.__version__} {target.triple} {llvm.get_host_cpu_name()} {features}"
    path = None if folder is None else folder / f"{dtype.name}-{hashlib.sha256(what.encode()).hexdigest()[:16]}.o"
    if path is not None and path.exists():
        return path.read_bytes()
    name = f"{source.stem} {dtype.name}"
    Compiling.report(name, True)
    try:
        code = target.emit_object(llvm.parse_assembly(text(dtype, target.triple)))
    finally:
        Compiling.report(name, False)
    if path is not None:
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(code)
        os.replace(temporary, path)
    return code
