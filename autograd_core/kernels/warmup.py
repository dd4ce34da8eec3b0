"""`ag.warmup()`: compile the kernels ahead of time."""

from __future__ import annotations

import importlib
import pkgutil
from functools import partial

from .. import kernels
from .machine import runtime
from .machine.compilation import TITLE, Compilation, shows_bars, tqdm_class


def warmup(progress: bool = True) -> None:
    """Compile every kernel now, for float32 and float64, rather than each at its first use.

    The machine code is kept on disk, so this takes a minute or two once after an installation or an update, and a second
    from then on. With `progress` it shows a bar on the terminal, elsewhere prints a line if there is something to compile.

    Formula: none; every kernel is compiled for its usual signatures.
    Shapes: none.
    Dtypes: float32 and float64.
    Raises: what Numba's compiler raises.
    Source: none; PyTorch's kernels come compiled.

    >>> import autograd_core as ag
    >>> callable(ag.warmup)
    True
    """
    for module in pkgutil.walk_packages(kernels.__path__, f"{kernels.__name__}."):
        importlib.import_module(module.name)
    bar = progress and shows_bars()
    say = partial(print, flush=True) if progress and not bar else None
    with (
        Compilation(show=False, say=say) as compiling,
        tqdm_class()(runtime.warmups.items(), desc="kernels", unit="family", disable=not bar) as families,
    ):
        for name, compile_all in families:
            families.set_description_str(TITLE if compiling.count else "kernels", refresh=False)
            families.set_postfix_str(name)
            compile_all()
