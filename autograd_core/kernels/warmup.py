"""`ag.warmup()`: compile the kernels ahead of time."""

from __future__ import annotations

import importlib
import pkgutil
from functools import partial

from .. import kernels
from .machine import runtime
from .machine.compilation import TITLE, Compilation, shows_bars, tqdm_class
from .machine.notebook import Output, in_notebook


def warmup(progress: bool = True) -> None:
    """Compile every kernel now, for float32 and float64, rather than each at its first use.

    The machine code is kept on disk, so this takes a minute or two once after an installation or an update, and a second
    from then on. With `progress` it shows a bar on the terminal and one line in a notebook, elsewhere prints a line if there is
    something to compile.

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
    notebook = progress and in_notebook()
    bar = progress and shows_bars() and not notebook
    say = partial(print, flush=True) if progress and not bar and not notebook else None
    output = Output() if notebook else None
    with (
        Compilation(show=False, say=say) as compiling,
        tqdm_class()(runtime.warmups.items(), desc="kernels", unit="family", disable=not bar) as families,
    ):
        for done, (name, compile_all) in enumerate(families):
            families.set_description_str(TITLE if compiling.count else "kernels", refresh=False)
            families.set_postfix_str(name)
            if output is not None and (output.due() or compiling.count):
                output.show(
                    f"{TITLE if compiling.count else 'kernels'}: {done} of {len(runtime.warmups)} families ({name})"
                )
            compile_all()
        if output is not None:
            output.show(f"kernels: {compiling.count} compiled in {compiling.seconds:.0f} s, all are ready")
