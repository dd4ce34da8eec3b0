"""`Progress`: what is seen of a run while it goes on, in a terminal, a notebook, or a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from autograd_core.inspection.markup import escape, page
from autograd_core.kernels.machine.compilation import Compilation, clock, shows_bars, tqdm_class
from autograd_core.kernels.machine.notebook import Output, in_notebook

from .callbacks import Callback
from .history_view import epochs_table, shown_epochs

if TYPE_CHECKING:
    from .run import Run


class Progress(Callback):
    """Prints a line of results for each epoch and, in a terminal, draws a bar over its batches.

    In a notebook it shows one table of the epochs instead, below which stands where the run is; in the end only the table
    stays. Where kernels are compiled first, once on a machine, another bar (or a line) says so, and the bar of the epoch
    neither shows nor counts that time.

    bar: False: neither bars nor a table, only the lines.

    Formula: a line an epoch: its losses, metrics and seconds
    Shapes: none.
    Dtypes: none.
    Raises: nothing.
    Source: tqdm draws the bars.

    >>> import optim
    >>> optim.Progress(bar=False).show_bar
    False
    """

    def __init__(self, bar: bool = True):
        self.show_bar = bar

    def on_start(self, run: Run) -> None:
        self.bar: Any = None
        self.compiled = 0.0  # seconds that the bar knows of
        self.table = Table(run) if self.show_bar and in_notebook() else None
        output = None if self.table is None else self.table.compiling
        self.compilation: Compilation | None = Compilation(self.show_bar, _write, output).__enter__()

    def on_batch_end(self, run: Run) -> None:
        if self.table is not None:
            self.table.update()
            return
        assert self.compilation is not None
        new, self.compiled = self.compilation.seconds - self.compiled, self.compilation.seconds
        if self.bar is None:  # only now: the first batch may have waited for kernels
            self.bar = tqdm_class()(
                total=run.batches or None,
                initial=run.batch,
                desc=_epoch(run, run.epoch),
                unit="batch",
                leave=False,
                dynamic_ncols=True,
                disable=not (self.show_bar and shows_bars()),
            )
        else:
            if new and not self.bar.disable:
                self.bar.start_t += new
                self.bar.last_print_t += new
            self.bar.update()
        if run.batch % 20 == 0:
            self.bar.set_postfix(loss=f"{run.batch_loss:.4f}", refresh=False)

    def on_epoch_end(self, run: Run) -> None:
        if self.table is not None:
            self.table.update()
            return
        self._close()
        _write(line(run, run.epoch))

    def on_end(self, run: Run) -> None:
        self._close()
        if self.compilation is not None:
            self.compilation.__exit__()
            self.compilation = None
        if self.table is not None:
            self.table.finish()
        elif run.history.stopped is not None:
            _write(f"stopped: {run.history.stopped}")

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


class Table:
    """The epochs as one output of a notebook's cell; while the run goes on, a line below them says where it is."""

    def __init__(self, run: Run):
        self.run, self.output, self.kernels = run, Output(), ""

    def compiling(self, text: str) -> None:
        """Show what is said of kernels that are compiled, or nothing any more."""
        self.kernels = text
        self._show(text)

    def update(self) -> None:
        """Show where the run is, if enough time has gone by."""
        if self.output.due() and not self.kernels:
            self._show(self._where())

    def finish(self) -> None:
        """Show the table alone, and why the run was stopped if it was."""
        stopped = self.run.history.stopped
        self._show("" if stopped is None else f"stopped: {stopped}")

    def _where(self) -> str:
        run = self.run
        batches = f"batch {run.batch} of {run.batches}" if run.batches else f"batch {run.batch}"
        elapsed = clock() - run.started
        left = f", {elapsed * (run.batches - run.batch) / run.batch:.0f} s left" if run.batches and run.batch else ""
        return f"{_epoch(run, run.epoch)}, {batches}: loss {run.batch_loss:.4f} ({elapsed:.0f} s{left})"

    def _show(self, below: str) -> None:
        history = self.run.history
        lines = ["…" if i is None else line(self.run, i + 1) for i in shown_epochs(history)]
        table = epochs_table(history, history.names()) if history.epochs else ""
        self.output.show(
            "\n".join([*lines, *([below] if below else [])]) or "no epoch finished",
            page(table, f'<div class="ag-dim">{escape(below)}</div>' if below or table else "no epoch finished"),
        )


def _write(text: str) -> None:
    """A line, above the bars."""
    tqdm_class().write(text, file=sys.stdout)
    sys.stdout.flush()


def _epoch(run: Run, number: int) -> str:
    return f"epoch {number:{len(str(run.epochs))}}/{run.epochs}"


def line(run: Run, number: int) -> str:
    """The results of an epoch as one line of text."""
    results = run.history.epochs[number - 1]
    parts = [_epoch(run, number)]
    for part in ("train", "validation"):
        numbers = [
            f"{name.removeprefix(part + '_')} {value:.2%}" if "accuracy" in name else
            f"{name.removeprefix(part + '_')} {value:.4f}"
            for name, value in results.items()
            if name.startswith(part + "_")
        ]  # fmt: skip
        if numbers:
            parts.append(f"{part}: {', '.join(numbers)}")
    return "  ".join([*parts, f"{results['seconds']:.1f} s"])
