"""Sequences by formula, on which recurrent networks are told apart: long time lags, order, a grammar.

Source of all: Hochreiter & Schmidhuber 1997, "Long short-term memory", Neural Computation 9(8), section 5. Inputs have
the shape (N, steps, features), `batch_first`. Where sequences differ in length, they are filled up with zeros at the
end, and the dataset has the lengths too. What is random comes from `generator`, by default the library's.
"""

from __future__ import annotations

import numpy as np
from numpy import ndarray

from autograd_core import Generator, Tensor
from autograd_core.random import stream

from ..dataset import TensorDataset
from ..sampler import checked_count, checked_generator
from .text import IGNORED

__all__ = [
    "REBER_SYMBOLS",
    "TEMPORAL_ORDER_SYMBOLS",
    "Reber",
    "adding_problem",
    "long_lag",
    "reber_grammar",
    "temporal_order",
]


def _lengths(n: int, length: int, vary: bool, rng: np.random.Generator) -> ndarray:
    """`length` for all or, if they vary, uniform from `length` to `length + length / 10`."""
    return rng.integers(length, length + length // 10 + 1, n) if vary else np.full(n, length)


def _dataset(x: ndarray, y: ndarray, lengths: ndarray, vary: bool) -> TensorDataset:
    return TensorDataset(x, y, lengths) if vary else TensorDataset(x, y)


def adding_problem(
    n_samples: int = 1000, length: int = 100, vary: bool = False, generator: Generator | None = None
) -> TensorDataset:
    """Add two marked numbers that stand far apart: experiment 4 (section 5.4).

    x, float32 of shape (N, T, 2): a number, uniform in [-1, 1], and a marker. Marker 1 stands at one of the first 10
    steps (whose number is X1) and at one of the first `length` // 2 - 1 others (X2), marker -1 at the first and the
    last step, 0 elsewhere; where the first step is itself marked 1, its number is 0. y, float32 of shape (N, 1):
    0.5 + (X1 + X2) / 4. A sequence counts as solved if the error is below 0.04.

    T = `length`; with `vary`, T = length + length // 10, the sequences have `length` to T steps, and the dataset has a
    third tensor, their lengths (int64). `length` is at least 11.
    """
    n = checked_count(n_samples, "adding_problem", "n_samples")
    if checked_count(length, "adding_problem", "length") < 11:
        raise ValueError(f"adding_problem: length must be at least 11 (10 steps to mark and a last), got {length}")
    rng = stream(checked_generator(generator, "adding_problem"))
    lengths = _lengths(n, length, vary, rng)
    steps, row = np.arange(lengths.max()), np.arange(n)
    numbers = rng.uniform(-1, 1, (n, len(steps))) * (steps < lengths[:, None])
    first = rng.integers(0, 10, n)
    second = rng.integers(0, length // 2 - 1, n)
    second += second >= first  # one of those that are not marked yet
    numbers[(first == 0) | (second == 0), 0] = 0
    markers = np.zeros_like(numbers)
    markers[:, 0] = markers[row, lengths - 1] = -1
    markers[row, first] = markers[row, second] = 1
    y = 0.5 + (numbers[row, first] + numbers[row, second]) / 4
    x = np.stack([numbers, markers], -1).astype(np.float32)
    return _dataset(x, y.astype(np.float32)[:, None], lengths, vary)


def long_lag(
    lag: int = 100, n_samples: int = 2, random: bool = False, generator: Generator | None = None
) -> TensorDataset:
    """Foresee the last symbol, which is the first one: experiments 2a (noise-free) and 2b (`random=True`), 5.2.

    Of the symbols 0 … p, p = `lag`, the last two are "x" (p - 1) and "y" (p). There are two sequences, which take turns,

        x, 0, 1, …, p - 2, x    and    y, 0, 1, …, p - 2, y

    With `random`, what is between the ends is drawn from 0 … p - 2, so that nothing but the lag tells where the end is.
    x, int64 of shape (N, p): all symbols but the last; y, int64 of shape (N, p): at each step the symbol that comes next.
    Only `y[:, -1]` cannot be foreseen from the symbol before: whoever guesses has a cross-entropy of log 2 there.

    >>> long_lag(3).tensors
    (tensor([[2, 0, 1],
            [3, 0, 1]]), tensor([[0, 1, 2],
            [0, 1, 3]]))
    """
    n = checked_count(n_samples, "long_lag", "n_samples")
    if checked_count(lag, "long_lag", "lag") < 2:
        raise ValueError(f"long_lag: lag must be at least 2, for a symbol between the first and the last, got {lag}")
    rng = stream(checked_generator(generator, "long_lag"))
    symbols = np.empty((n, lag + 1), np.int64)
    symbols[:, 1:-1] = rng.integers(0, lag - 1, (n, lag - 1)) if random else np.arange(lag - 1)
    symbols[:, 0] = symbols[:, -1] = lag - 1 + np.arange(n) % 2
    return TensorDataset(symbols[:, :-1], symbols[:, 1:])


TEMPORAL_ORDER_SYMBOLS = "EBabcdXY"


def temporal_order(
    n_samples: int = 1000, length: int = 100, symbols: int = 2, vary: bool = False, generator: Generator | None = None
) -> TensorDataset:
    """Tell in which order X and Y came: experiments 6a (`symbols=2`, 4 classes) and 6b (`symbols=3`, 8 classes), 5.6.

    x, float32 of shape (N, T, 8), one-hot over "EBabcdXY": E first, B last, random letters a … d between, but X or Y at
    two places: one at 10 to 20 % of `length`, one at 50 to 60 % (three places: 10 to 20, 33 to 43, 66 to 76 %). y,
    int64 of shape (N,): the symbols read as a binary number, X = 0 and Y = 1, the earliest first: XX, XY, YX, YY are
    0, 1, 2, 3.

    T = `length`; with `vary`, T = length + length // 10, the sequences have `length` to T steps, and the dataset has a
    third tensor, their lengths (int64).
    """
    n = checked_count(n_samples, "temporal_order", "n_samples")
    if symbols not in (2, 3):
        raise ValueError(f"temporal_order: symbols must be 2 (experiment 6a) or 3 (6b), got {symbols}")
    if checked_count(length, "temporal_order", "length") < 10:
        raise ValueError(f"temporal_order: length must be at least 10, got {length}")
    rng = stream(checked_generator(generator, "temporal_order"))
    lengths = _lengths(n, length, vary, rng)
    steps, row = np.arange(lengths.max()), np.arange(n)
    codes = rng.integers(2, 6, (n, len(steps)))
    codes[:, 0] = TEMPORAL_ORDER_SYMBOLS.index("E")
    codes[row, lengths - 1] = TEMPORAL_ORDER_SYMBOLS.index("B")
    y = np.zeros(n, np.int64)
    for percent in (10, 50) if symbols == 2 else (10, 33, 66):
        place = rng.integers(percent * length // 100, (percent + 10) * length // 100 + 1, n)
        which = rng.integers(0, 2, n)
        codes[row, place] = TEMPORAL_ORDER_SYMBOLS.index("X") + which
        y = 2 * y + which
    x = np.eye(8, dtype=np.float32)[codes]
    x[steps >= lengths[:, None]] = 0
    return _dataset(x, y, lengths, vary)


REBER_SYMBOLS = "BTSXPVE"

# From each state, the symbols that may come and the states they lead to. State 7 is the end.
REBER = (
    {"B": 1},
    {"T": 2, "P": 3},
    {"S": 2, "X": 4},
    {"T": 3, "V": 5},
    {"X": 3, "S": 6},
    {"P": 4, "V": 6},
    {"E": 7},
)


class Reber(TensorDataset):
    """What `reber_grammar` returns.

    strings  the words of the grammar
    tensors  x, float32 of shape (N, L, 7): each word but its last symbol, one-hot over "BTSXPVE", filled up with zeros
             y, int64 of shape (N, L): the symbol that came next, filled up with -100, which cross-entropy ignores
             legal, bool of shape (N, L, 7): the symbols that may come next
    """

    def __init__(self, strings: list[str], legal: list[list[str]]):
        self.strings = strings
        shape = (len(strings), max(map(len, strings)) - 1)
        x, y = np.zeros((*shape, 7), np.float32), np.full(shape, IGNORED, np.int64)
        allowed = np.zeros((*shape, 7), bool)
        for i, (string, sets) in enumerate(zip(strings, legal, strict=True)):
            codes = [REBER_SYMBOLS.index(c) for c in string]
            steps = np.arange(len(codes) - 1)
            x[i, steps, codes[:-1]] = 1
            y[i, steps] = codes[1:]
            for step, symbols in enumerate(sets[1:]):
                allowed[i, step, [REBER_SYMBOLS.index(c) for c in symbols]] = True
        super().__init__(x, y, allowed)

    @property
    def legal(self) -> Tensor:
        return self.tensors[2]


def reber_grammar(n_samples: int = 256, embedded: bool = False, generator: Generator | None = None) -> Reber:
    """Words of the Reber grammar, at each step of which one of two symbols may follow with equal chance.

    `embedded`: experiment 1 (section 5.1). Such a word is B, then T or P, then a word of the grammar, then the same T
    or P again, then E: to foresee the last but one symbol, the second must be remembered. A network has learnt the
    grammar when it ranks the legal symbols of each step above all others.

    Source: Reber 1967; Cleeremans, Servan-Schreiber & McClelland 1989; Fahlman 1991.

    >>> import autograd_core as ag
    >>> data = reber_grammar(3, generator=ag.Generator(0))
    >>> all(word.startswith("B") and word.endswith("E") for word in data.strings)
    True
    """
    n = checked_count(n_samples, "reber_grammar", "n_samples")
    rng = stream(checked_generator(generator, "reber_grammar"))
    words = [_embedded(rng) if embedded else _word(rng) for _ in range(n)]
    return Reber([string for string, _ in words], [legal for _, legal in words])


def _word(rng: np.random.Generator) -> tuple[str, list[str]]:
    """A word, and for each of its symbols those that could have stood there."""
    state, word, legal = 0, "", []
    while state < len(REBER):
        symbols = "".join(REBER[state])
        symbol = symbols[rng.integers(len(symbols))]
        word, state = word + symbol, REBER[state][symbol]
        legal.append(symbols)
    return word, legal


def _embedded(rng: np.random.Generator) -> tuple[str, list[str]]:
    branch = "TP"[rng.integers(2)]
    word, legal = _word(rng)
    return f"B{branch}{word}{branch}E", ["B", "TP", *legal, branch, "E"]
