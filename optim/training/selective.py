"""Selective presentation: for some epochs only the examples that the model does badly on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_core.nn.data import DataLoader, Subset, default_collate
from autograd_core.ops.shape.shape import reshape

from .batches import batches, forward, rows
from .callbacks import Callback
from .prediction import evaluating

if TYPE_CHECKING:
    from .run import Run


def selective_presentation(*, above: float | None = None, share: float | None = None, epochs: int = 3) -> Callback:
    """Return a callback for `fit` that after each epoch on all examples trains for some on those with a large loss only.

    above: an example is chosen if its loss is above this; or
    share: that part of the examples which has the largest losses.
    epochs: the number of epochs on the chosen examples, before the next on all; where none is chosen, that is at once.

    The losses are computed in evaluation mode, without weights of examples. What is recorded as train_loss in those
    epochs is of the chosen examples; pass validation data to `fit`, for comparable numbers. Their number is recorded as
    examples.

    Formula: in epoch t of a cycle of 1 + epochs, the examples n with l_n > above, l_n = loss(model(x_n), y_n) after the
        first epoch of the cycle; or the ⌈share · N⌉ largest l_n
    Shapes: none.
    Dtypes: none.
    Raises: ValueError unless above or share is there, if above is negative or share not between 0 and 1, or epochs is below
        1; before training, TypeError if the training data is not a dataset whose examples can be chosen.
    Source: Munro 1992, "Repeat until bored: a pattern selection strategy"; Cachin 1994, "Pedagogical pattern selection
        strategies".

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> x, y = ag.arange(8.0).reshape(8, 1), ag.arange(8.0).reshape(8, 1)
    >>> model = nn.Linear(1, 1)
    >>> history = optim.fit(model, (x, y), loss=F.mse_loss, optimizer=optim.SGD(model.parameters(), lr=1e-3), epochs=3,
    ...                     callbacks=[optim.selective_presentation(share=0.5, epochs=2)], progress=False)
    >>> history["examples"]
    [8.0, 4.0, 4.0]
    """
    return Selection(above, share, epochs)


class Selection(Callback):
    """The callback of `selective_presentation`."""

    def __init__(self, above: float | None, share: float | None, epochs: int):
        name = "selective_presentation"
        if (above is None) == (share is None):
            raise ValueError(
                f"{name}: pass either above=0.1, a bound of the loss, or share=0.3, a part of the examples"
            )
        if above is not None and not above >= 0:
            raise ValueError(f"{name}: above is a bound of the loss and must not be negative, got {above}")
        if share is not None and not 0 < share < 1:
            raise ValueError(f"{name}: share must be between 0 and 1, got {share}")
        if epochs < 1:
            raise ValueError(f"{name}: epochs must be at least 1, got {epochs}")
        self.above, self.share, self.epochs = above, share, epochs

    def on_start(self, run: Run) -> None:
        loader = run.loader
        if not isinstance(loader, DataLoader) or loader.iterable or loader.batch_size is None:
            raise TypeError(
                f"selective_presentation: the examples of a {type(loader).__name__} cannot be chosen; pass arrays, a dataset, "
                "or a DataLoader of a dataset with a length and a batch_size"
            )
        self.run = run
        self.indices: np.ndarray | None = None  # the chosen examples
        self.left = 0  # the number of epochs on them that are left

    def on_epoch_start(self, run: Run) -> None:
        if self.left:
            self.left -= 1
        elif run.epoch > 1 and self.indices is None:  # all were seen in the epoch before
            self.indices = self._largest(run)
            self.left = self.epochs - 1
        else:
            self.indices = None
        if self.indices is not None and not len(self.indices):
            self.indices = None
        self._use(run)

    def _use(self, run: Run) -> None:
        """Let the epoch run over the chosen examples."""
        if self.indices is not None:
            loader = run.loader
            run.loader = DataLoader(
                Subset(loader.dataset, self.indices), batch_size=loader.batch_size, shuffle=True, drop_last=False,
                collate_fn=collation(loader), generator=loader.generator,
            )  # fmt: skip
        run.batches = len(run.loader)

    def _largest(self, run: Run) -> np.ndarray:
        losses = example_losses(run)
        if self.above is not None:
            return np.flatnonzero(losses > self.above)
        count = int(np.ceil(self.share * len(losses)))  # type: ignore[operator]
        return np.sort(np.argsort(-losses, kind="stable")[:count])

    def on_epoch_end(self, run: Run) -> None:
        dataset: Any = run.loader.dataset
        run.history.epochs[-1]["examples"] = float(len(dataset))

    def state_dict(self) -> dict[str, Any]:
        return {"indices": self.indices, "left": self.left}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.indices, self.left = state_dict["indices"], state_dict["left"]
        self._use(self.run)


def collation(loader: DataLoader) -> Any:
    """The function of the user's that makes its batches; None where there is none."""
    return None if loader.collate_fn is default_collate else loader.collate_fn


def example_losses(run: Run) -> np.ndarray:
    """The loss of each example of the training data, in evaluation mode."""
    loader, objective, losses = run.loader, run.objective, []
    ordered = DataLoader(loader.dataset, batch_size=256, collate_fn=collation(loader))
    with evaluating(run.model):
        for batch in batches(ordered, target=run.target):
            n = rows(batch.y)
            each: Any = objective.unreduced(batch.y)(forward(run.model, batch.x), batch.y)
            if each.shape[:1] != (n,):
                raise ValueError(
                    f"selective_presentation: needs a loss for each of the {n} examples of a batch, and loss(output, target) "
                    f"gave shape {tuple(each.shape)}; pass one that takes reduction='none', such as loss=F.cross_entropy"
                )
            losses.append(np.asarray(reshape(each, (n, -1)).mean(1).array, np.float64))
    return np.concatenate(losses)
