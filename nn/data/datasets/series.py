"""Time series of one variable: sunspots, airline passengers, daily temperatures."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from autograd_core import Tensor, from_numpy

from ..dataset import TensorDataset
from ..store import read_text

__all__ = ["Series", "airline_passengers", "daily_min_temperatures", "read_series", "sunspots"]


class Series:
    """Holds a series in time: dates and values.

    name: what is measured.
    dates: when.
    values: the measurements.

    Split it before cutting windows: windows drawn at random overlap, and a test on them knows its answers.

    Formula: values[t] was measured at dates[t]
    Shapes: dates (N,), values (N,).
    Dtypes: values float32; dates as they are, datetime64 from a file.
    Raises: ValueError unless there is one date for each value; from `split` and `windows` for parts that are empty.
    Source: none.

    >>> import numpy as np
    >>> from nn.data import datasets
    >>> s = datasets.Series("steps", np.arange(6), np.arange(6))
    >>> train, test = s.split(0.5)
    >>> x, y = train.windows(2)[:]
    >>> x, y
    (tensor([[0., 1.]]), tensor([[2.]]))
    """

    def __init__(self, name: str, dates: ArrayLike, values: ArrayLike):
        self.name, self.dates = name, np.asarray(dates)
        self.values: Tensor = from_numpy(np.asarray(values, np.float32))
        if self.values.ndim != 1 or self.dates.shape != self.values.shape:
            raise ValueError(
                f"Series: dates of shape {self.dates.shape} and values of shape {self.values.shape}; there must be one "
                "of each for every step"
            )

    def __len__(self) -> int:
        return len(self.dates)

    def __repr__(self) -> str:
        return f"Series({self.name}, {len(self)} steps from {self.dates[0]} to {self.dates[-1]})"

    def split(self, fraction: float = 0.8) -> tuple[Series, Series]:
        """The first `fraction` of the steps and the rest."""
        end = int(fraction * len(self))
        if not 0 < end < len(self):
            raise ValueError(
                f"split: fraction {fraction} of {len(self)} steps leaves a part empty; it must lie between 0 and 1"
            )
        values = self.values.array
        return Series(self.name, self.dates[:end], values[:end]), Series(self.name, self.dates[end:], values[end:])

    def windows(self, length: int, horizon: int = 1) -> TensorDataset:
        """A dataset of (x, y), float32: x of shape (M, length), `length` steps; y of shape (M, horizon), the next ones.

        M = N - length - horizon + 1. They share the memory of `values`. For a recurrent layer, which takes
        (batch, steps, features): `x[..., None]`.
        """
        if length < 1 or horizon < 1 or length + horizon > len(self):
            raise ValueError(
                f"windows: length={length} and horizon={horizon} must be at least 1 and fit into {len(self)} steps"
            )
        views = sliding_window_view(self.values.array, length + horizon)
        return TensorDataset(views[:, :length], views[:, length:])


def read_series(path: str | Path) -> Series:
    """Read the series in a CSV file: a line of titles, then a date (1749-01 or 1981-01-31) and a number a line.

    path: the file, whose name becomes that of the series.

    Formula: values[t] = the number of line t + 2
    Shapes: (N,).
    Dtypes: dates datetime64, values float32.
    Raises: ValueError, with the file and the line, where there is no date or no finite number; OSError if the file cannot be
        read.
    Source: Python's `csv`.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from nn.data import datasets
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "rain.csv"
    ...     _ = path.write_text("month,mm\\n2001-01,3\\n2001-02,5\\n")
    ...     datasets.read_series(path)
    Series(rain, 2 steps from 2001-01 to 2001-02)
    """
    path = Path(path)
    try:
        return _parsed(path.stem, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ValueError(
            f"{path}: not a text file in UTF-8; it must be CSV: titles, then a date and a number a line"
        ) from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}; it must be CSV: titles, then a date and a number a line") from None


def _parsed(name: str, text: str) -> Series:
    dates, values = [], []
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        if number == 1 or not row:
            continue
        try:
            dates.append(np.datetime64(row[0]))
            values.append(float(row[1]))
        except (ValueError, IndexError):
            raise ValueError(f"line {number} is '{','.join(row)}'") from None
        if not np.isfinite(values[-1]):
            raise ValueError(f"line {number} has the value {values[-1]}")
    if not values:
        raise ValueError("no line after the first")
    return Series(name, np.array(dates), np.array(values, np.float32))


def _read(name: str, file: str, root: str | Path | None) -> Series:
    return _parsed(name, read_text(file, root))


def sunspots(root: str | Path | None = None) -> Series:
    """Return 2,820 monthly Zürich sunspot numbers, 1749-01 to 1983-12, from 0 to 253.8; part of the package.

    root: a folder that has the file; None looks as `MNIST` does, and the package has it.

    Formula: values[t] is the measurement of month t
    Shapes: (2820,).
    Dtypes: dates datetime64, values float32.
    Raises: FileNotFoundError if it is not in root; ValueError if it is not the published file.
    Source: Andrews & Herzberg 1985, by the Time Series Data Library and jbrownlee/Datasets.

    >>> from nn.data import datasets
    >>> datasets.sunspots()
    Series(sunspots, 2820 steps from 1749-01 to 1983-12)
    """
    return _read("sunspots", "monthly-sunspots.csv", root)


def airline_passengers(root: str | Path | None = None) -> Series:
    """Return 144 monthly totals of airline passengers in thousands, 1949-01 to 1960-12; part of the package.

    root: a folder that has the file; None looks as `MNIST` does, and the package has it.

    Formula: values[t] is the measurement of month t
    Shapes: (144,).
    Dtypes: dates datetime64, values float32.
    Raises: FileNotFoundError if it is not in root; ValueError if it is not the published file.
    Source: Box & Jenkins 1976, series G, by the Time Series Data Library and jbrownlee/Datasets.

    >>> from nn.data import datasets
    >>> datasets.airline_passengers()
    Series(airline passengers, 144 steps from 1949-01 to 1960-12)
    """
    return _read("airline passengers", "airline-passengers.csv", root)


def daily_min_temperatures(root: str | Path | None = None) -> Series:
    """Return 3,650 daily minimum temperatures (°C) in Melbourne, 1981 to 1990; part of the package.

    31 December is missing in the leap years 1984 and 1988.

    root: a folder that has the file; None looks as `MNIST` does, and the package has it.

    Formula: values[t] is the measurement of day t
    Shapes: (3650,).
    Dtypes: dates datetime64, values float32.
    Raises: FileNotFoundError if it is not in root; ValueError if it is not the published file.
    Source: Australian Bureau of Meteorology, by the Time Series Data Library and jbrownlee/Datasets.

    >>> from nn.data import datasets
    >>> datasets.daily_min_temperatures()
    Series(daily minimum temperatures, 3650 steps from 1981-01-01 to 1990-12-31)
    """
    return _read("daily minimum temperatures", "daily-min-temperatures.csv", root)
