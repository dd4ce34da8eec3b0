"""Callbacks that write the results of each epoch where other programs read them: CSV, TensorBoard."""

from __future__ import annotations

import csv
import importlib
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .callbacks import Callback

if TYPE_CHECKING:
    from .run import Run


class CSVLogger(Callback):
    """Writes the results of each epoch as a line of a CSV file.

    path: the file; its folder is made. It is begun anew with the first epoch that ends, so that of a run that was resumed
        it has each epoch once.

    The columns are epoch, then what the history records; numbers stand there with all their digits, a value that an
    epoch does not have is empty. A value that comes later adds its column.

    Formula: row t = t, history.epochs[t]
    Shapes: none.
    Dtypes: none.
    Raises: ValueError before training if path is a folder; OSError if the file cannot be written.
    Source: Keras's `CSVLogger`.

    >>> import tempfile, autograd_core as ag, nn, nn.functional as F, optim
    >>> model, x = nn.Linear(1, 1), ag.ones(4, 1)
    >>> path = f"{tempfile.mkdtemp()}/log.csv"
    >>> _ = optim.fit(model, (x, x), loss=F.mse_loss, optimizer=optim.SGD(model.parameters()), progress=False,
    ...               callbacks=[optim.CSVLogger(path)])
    >>> open(path).readline()
    'epoch,train_loss,learning_rate,seconds\\n'
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def on_start(self, run: Run) -> None:
        if self.path.is_dir():
            raise ValueError(f"CSVLogger: {self.path} is a folder; name a file in it: {self.path / 'log.csv'}")
        self.names: list[str] = []

    def on_epoch_end(self, run: Run) -> None:
        history, last = run.history, run.history.epochs[-1]
        begins = not self.names or any(name not in self.names for name in last)
        if begins:
            self.names = history.names()
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with open(self.path, "w" if begins else "a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            if begins:
                writer.writerow(["epoch", *self.names])
            for t in range(1 if begins else len(history), len(history) + 1):
                epoch = history.epochs[t - 1]
                writer.writerow([t, *(epoch.get(name, "") for name in self.names)])


class TensorBoard(Callback):
    """Writes the results of each epoch for TensorBoard, `tensorboard --logdir runs`.

    folder: where the event files go; a folder for each run, in one that TensorBoard is started with.
    histograms: True: the distribution of each parameter as well.

    Train and validation values of a quantity share a chart: loss/train, loss/validation. What a run that is resumed had
    written after its checkpoint is taken back.

    Formula: (quantity, epoch t) ↦ history[quantity][t]
    Shapes: none.
    Dtypes: none.
    Raises: ImportError before training if the package tensorboardX is not installed, with the command that installs it.
    Source: Keras's `TensorBoard`; the package tensorboardX writes the files.

    >>> import optim
    >>> optim.TensorBoard("runs/first").folder
    'runs/first'
    """

    def __init__(self, folder: str | Path = "runs", histograms: bool = False):
        self.folder, self.histograms = str(folder), histograms

    def on_start(self, run: Run) -> None:
        try:
            self.package = importlib.import_module("tensorboardX")
        except ImportError:
            raise ImportError(
                "TensorBoard needs the package tensorboardX, which is not installed: pip install tensorboardX; or use "
                "optim.CSVLogger('log.csv'), which needs nothing"
            ) from None
        self.writer: Any = None

    def on_epoch_end(self, run: Run) -> None:
        if self.writer is None:
            suffix = f".{os.getpid()}.{run.epoch}"  # a file of its own, also for one that begins in the same second
            first = run.epoch if run.epoch > 1 else None
            self.writer = self.package.SummaryWriter(self.folder, purge_step=first, filename_suffix=suffix)
        for name, value in run.history.epochs[-1].items():
            if math.isfinite(value):
                self.writer.add_scalar(_tag(name), value, run.epoch)
        if self.histograms:
            for name, p in run.model.named_parameters():
                self.writer.add_histogram(name, p.array, run.epoch)
        self.writer.flush()

    def on_end(self, run: Run) -> None:
        if self.writer is not None:
            self.writer.close()


def _tag(name: str) -> str:
    """The chart and the curve: "validation_loss" → "loss/validation"."""
    part, _, quantity = name.partition("_")
    return f"{quantity}/{part}" if part in ("train", "validation") and quantity else name
