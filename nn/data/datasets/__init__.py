"""Data sets: from files (`images`, `text`, `series`) and by formula (`points`, `sequences`).

Each is a `TensorDataset`, or cuts itself into one (`Characters.windows`, `Series.windows`). Nothing here knows a model.
"""

from .images import MNIST, FashionMNIST, Images, mnist_sample
from .points import blobs, circles, moons, parity, sine, two_spirals, xor
from .sequences import (
    REBER_SYMBOLS,
    TEMPORAL_ORDER_SYMBOLS,
    Reber,
    adding_problem,
    long_lag,
    reber_grammar,
    temporal_order,
    varying_lag,
)
from .series import Series, airline_passengers, daily_min_temperatures, read_series, sunspots
from .text import Characters, Names, names, shakespeare_sample, tiny_shakespeare

__all__ = [
    "Characters",
    "FashionMNIST",
    "Images",
    "MNIST",
    "Names",
    "REBER_SYMBOLS",
    "Reber",
    "Series",
    "TEMPORAL_ORDER_SYMBOLS",
    "adding_problem",
    "airline_passengers",
    "blobs",
    "circles",
    "daily_min_temperatures",
    "long_lag",
    "mnist_sample",
    "moons",
    "names",
    "parity",
    "read_series",
    "reber_grammar",
    "shakespeare_sample",
    "sine",
    "sunspots",
    "temporal_order",
    "tiny_shakespeare",
    "two_spirals",
    "varying_lag",
    "xor",
]
