"""What the user sees and what the clocks count while kernels are compiled, which happens once on a machine."""

from __future__ import annotations

import functools
import importlib
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from .notebook import Output, in_notebook
from .runtime import Compiling, Kernel

TITLE = "compiling kernels, once on this machine"


def tqdm_class() -> Any:
    """The class of bars in a terminal."""
    return importlib.import_module("tqdm").tqdm


def shows_bars() -> bool:
    """Whether this is a terminal or a notebook."""
    return in_notebook() or sys.stderr.isatty()


class Compilation:
    """Inside `with Compilation(…)`: the time that compiling kernels takes meanwhile, and a bar that shows it.

    show    draw a bar in a terminal, or an output in a notebook, while something is compiled
    say     called with one line when the first kernel is compiled, where nothing is drawn
    output  called in a notebook with the line that is to be seen now, in place of an output of its own; "" in the end

    The bar counts the kernels that are done. The number of those left nobody can know, for which ones a program reaches
    depends on the shapes that it will have; `pending` counts those not compiled of the files it has reached so far.
    From a filled cache nothing is compiled, and nothing shown or said. Of several that are entered, the innermost shows.
    """

    entered: list[Compilation] = []  # those that show or say

    def __init__(
        self,
        show: bool = True,
        say: Callable[[str], None] | None = None,
        output: Callable[[str], None] | None = None,
    ):
        self.show, self.say, self.output = show, say, output
        self.announced = False
        self.count = 0  # kernels compiled
        self.finished = 0.0  # seconds of compilations that have ended
        self.nested = 0  # compilations that run: a kernel's own ones within it, other threads' beside it
        self.bar: Any = None
        self.shown = False  # whether a notebook shows a line of it
        self.lock = threading.Lock()

    def __enter__(self) -> Compilation:
        Compiling.watchers.append(self.watch)
        if self.show or self.say is not None:
            Compilation.entered.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        if self.watch in Compiling.watchers:
            Compiling.watchers.remove(self.watch)
        if self in Compilation.entered:
            Compilation.entered.remove(self)
        self._close()

    @property
    def seconds(self) -> float:
        """What compiling has cost so far."""
        return self.finished + (time.perf_counter() - self.began if self.nested else 0.0)

    def watch(self, name: str, starts: bool) -> None:
        """A kernel's compilation starts or has ended."""
        with self.lock:
            if not starts and not self.nested:
                return  # it had begun before this was entered
            if starts:
                if not self.nested:
                    self.began = time.perf_counter()
                self.nested += 1
            else:
                self.nested -= 1
                self.count += 1
                if not self.nested:
                    self.finished += time.perf_counter() - self.began
            if Compilation.entered and Compilation.entered[-1] is self:
                self._tell(name)

    def _tell(self, name: str) -> None:
        if not (self.show and shows_bars()):
            if self.say is not None and not any(c.announced for c in Compilation.entered):
                self.announced = True
                self.say(f"{TITLE} …")
        elif not self.nested:
            self._close()
        else:
            left = max(pending(), self.nested)
            text = f"{TITLE}: {self.count} done, up to {left} left ({self.seconds:.0f} s; {name.strip('_')})"
            if in_notebook():
                self._show(text)
                return
            if self.bar is None:
                self.bar = tqdm_class()(
                    total=1, leave=False, dynamic_ncols=True, bar_format="{desc} |{bar}|", delay=1e-9
                )
            self.bar.n, self.bar.total = self.count, self.count + left
            self.bar.set_description_str(text)

    def _show(self, text: str) -> None:
        """In a notebook: one output, which in the end says what was done, as outputs cannot be taken back."""
        if self.output is None:
            shown = Output()
            self.output = lambda line: shown.show(line or f"{self.count} kernels compiled in {self.seconds:.0f} s")
        self.output(text)
        self.shown = True

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None
        if self.shown and self.output is not None:
            self.output("")
            self.shown = False


def pending() -> int:
    """The number of kernels that are not compiled yet, of the files of kernels that the program has reached."""
    package, count = f"{__package__.rpartition('.')[0]}.", 0  # that of all kernels
    for path, module in list(sys.modules.items()):
        if path.startswith(package):
            own = [k for k in vars(module).values() if isinstance(k, Kernel) and k.function.__module__ == path]
            if any(k.compiled is not None for k in own):
                count += sum(not getattr(k.compiled, "signatures", k.compiled is not None) for k in own)
    return count


TOTAL = Compilation(show=False).__enter__()  # of this process


def clock() -> float:
    """Seconds, as `time.perf_counter`, of a clock that stands still while kernels are compiled."""
    return time.perf_counter() - TOTAL.seconds


F = TypeVar("F", bound=Callable)


def announces_compiling(fit: F) -> F:
    """Decorator of a method with an argument `progress`, a function of a line of text, or None."""

    @functools.wraps(fit)
    def announced(*args: Any, **kwargs: Any) -> Any:
        with Compilation(say=kwargs.get("progress")):
            return fit(*args, **kwargs)

    return cast(F, announced)
