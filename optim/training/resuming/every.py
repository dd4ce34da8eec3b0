"""When a checkpoint is written."""

from __future__ import annotations

import re
import time

import numpy as np

UNITS = {
    "epoch": ("epoch", 1), "epochs": ("epoch", 1), "batch": ("batch", 1), "batches": ("batch", 1),
    "s": ("s", 1), "second": ("s", 1), "seconds": ("s", 1), "min": ("s", 60), "minute": ("s", 60), "minutes": ("s", 60),
    "h": ("s", 3600), "hour": ("s", 3600), "hours": ("s", 3600),
}  # fmt: skip


class Every:
    """Says when a checkpoint is due: "epoch", a number of batches, or a text such as "3 epochs", "200 batches", "5 min"."""

    def __init__(self, every: str | int):
        way_out = 'pass every="epoch", every=200 (batches), or a text as "3 epochs", "200 batches", "30 s", "5 min"'
        if isinstance(every, bool) or not isinstance(every, str | int | np.integer):
            raise TypeError(f"fit: every is a number of batches or a text, got {every!r}; {way_out}")
        match = re.fullmatch(r"(?:(\d+(?:\.\d+)?) ?)?([a-z]+)", every if isinstance(every, str) else f"{every} batches")
        self.unit, seconds = UNITS.get(match[2], ("", 1)) if match else ("", 1)
        self.count = float(match[1] or 1) * seconds if match else 0.0
        if not self.unit or not self.count > 0 or (self.unit != "s" and self.count % 1):
            raise ValueError(f"fit: every={every!r} is no number of epochs, batches or seconds above 0; {way_out}")
        self.saved()

    def saved(self) -> None:
        """A checkpoint was written, or the run begins."""
        self.batches, self.epochs, self.time = 0, 0, time.monotonic()

    def due(self, epoch_ends: bool, batches: int = 0) -> bool:
        """Whether it is time, after the batches of a step or at the end of an epoch."""
        if epoch_ends:
            self.epochs += 1
        else:
            self.batches += batches
        if self.unit == "s":
            return time.monotonic() - self.time >= self.count
        return epoch_ends == (self.unit == "epoch") and (self.epochs if epoch_ends else self.batches) >= self.count
