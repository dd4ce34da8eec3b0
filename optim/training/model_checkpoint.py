"""`ModelCheckpoint`: the weights of the best epoch, or of each, as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd_core.nn import save

from .callbacks import Best, Callback, checked_mode

if TYPE_CHECKING:
    from .run import Run


class ModelCheckpoint(Callback):
    """Writes the model's weights to a file at the end of epochs: of the best so far, or of every one.

    path: the file, for `nn.load(path, model)`. "{epoch}" in it, and names of the history, stand for their values, as in
        "epoch{epoch:03d}-{validation_loss:.3f}.safetensors".
    monitor: the quantity to compare, a name of the history; by default the validation, else the train loss.
    mode: "max" if a higher value is better, "min" if a lower one is; not needed for losses and for metrics with
        `higher_is_better`.
    best_only: False: write after every epoch, better or not.

    It is for using the model elsewhere; to go on with a run, pass `checkpoint` and `resume` to `fit`.

    Formula: file ← weights at t if monitor(t) is better than all before it
    Shapes: none.
    Dtypes: none.
    Raises: ValueError for another mode or if path is a folder; before training, if monitor is not recorded or nothing says
        which way is better; KeyError if path has a name that no epoch records; OSError if a file cannot be written.
    Source: Keras's `ModelCheckpoint`.

    >>> import tempfile, autograd_core as ag, nn, nn.functional as F, optim
    >>> model, x = nn.Linear(1, 1), ag.ones(4, 1)
    >>> path = f"{tempfile.mkdtemp()}/best.safetensors"
    >>> _ = optim.fit(model, (x, x), loss=F.mse_loss, optimizer=optim.SGD(model.parameters()), progress=False,
    ...               callbacks=[optim.ModelCheckpoint(path)])
    >>> nn.load(path, nn.Linear(1, 1)).metadata["epoch"]
    '1'
    """

    def __init__(
        self, path: str | Path, monitor: str | None = None, *, mode: str | None = None, best_only: bool = True
    ):
        self.path, self.monitor, self.best_only = str(path), monitor, best_only
        self.mode = checked_mode("ModelCheckpoint", mode)

    def on_start(self, run: Run) -> None:
        if Path(self.path).is_dir():
            raise ValueError(
                f"ModelCheckpoint: {self.path} is a folder; name a file in it: {Path(self.path) / 'best.safetensors'}"
            )
        self.best = Best(self.monitor, self.mode)
        if self.best_only:
            self.best.start(run)

    def on_epoch_end(self, run: Run) -> None:
        if self.best_only and not self.best.improved(run):
            return
        results = run.history.epochs[-1]
        try:
            path = self.path.format(epoch=run.epoch, **results)
        except KeyError as error:
            raise KeyError(
                f"ModelCheckpoint: the path {self.path} has the name {error}, which no epoch records; there are "
                f"{', '.join(['epoch', *results])}"
            ) from None
        save(run.model, path, {"epoch": str(run.epoch), **{name: repr(value) for name, value in results.items()}})

    def state_dict(self) -> dict[str, Any]:
        return self.best.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best.load_state_dict(state_dict)
