"""`ag.warmup()`: compile the kernels ahead of time."""

from __future__ import annotations

import importlib
import pkgutil

from . import kernels
from .kernels import runtime


def warmup(progress: bool = True) -> None:
    """Compile every kernel now, for float32 and float64, rather than each at its first use.

    What is compiled is kept on disk, so this takes a minute or two once after an installation or an update, and a
    second from then on. progress: show a bar on the terminal.
    """
    for module in pkgutil.iter_modules(kernels.__path__):
        importlib.import_module(f"{kernels.__name__}.{module.name}")
    tqdm = importlib.import_module("tqdm.auto").tqdm
    with tqdm(runtime.warmups.items(), desc="compiling kernels", unit="family", disable=not progress) as bar:
        for name, compile_all in bar:
            bar.set_postfix_str(name)
            compile_all()
