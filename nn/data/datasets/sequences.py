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
    "varying_lag",
]


def _lengths(n: int, length: int, vary: bool, rng: np.random.Generator) -> ndarray:
    """`length` for all or, if they vary, uniform from `length` to `length + length / 10`."""
    return rng.integers(length, length + length // 10 + 1, n) if vary else np.full(n, length)


def _dataset(x: ndarray, y: ndarray, lengths: ndarray, vary: bool) -> TensorDataset:
    return TensorDataset(x, y, lengths) if vary else TensorDataset(x, y)


def adding_problem(
    n_samples: int = 1000, length: int = 100, vary: bool = False, generator: Generator | None = None
) -> TensorDataset:
    """Return sequences of which two marked numbers that stand far apart are to be added.

    n_samples: the number of sequences.
    length: the number of steps, at least 11.
    vary: True: the sequences have length to length + length // 10 steps, and the dataset has a third tensor, their
        lengths.
    generator: the random numbers' source, by default the library's.

    Each step is a number, uniform in [-1, 1], and a marker. Marker 1 stands at one of the first 10 steps (whose number
    is X₁) and at one of the first length // 2 - 1 others (X₂), marker -1 at the first and the last step, 0 elsewhere;
    where the first step is itself marked 1, its number is 0. A sequence counts as solved if the error is below 0.04.

    Formula: y = 0.5 + (X₁ + X₂) / 4
    Shapes: x (N, T, 2), y (N, 1), lengths (N,).
    Dtypes: x and y float32, lengths int64.
    Raises: ValueError if n_samples is below 1 or length below 11; TypeError for another generator.
    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory", Neural Computation 9(8), section 5.4 (experiment
        4).

    >>> from nn.data import datasets
    >>> x, y = datasets.adding_problem(3, length=20)[:]
    >>> x.shape, y.shape, (x[..., 1] == 1).sum(1)
    ((3, 20, 2), (3, 1), tensor([2, 2, 2]))
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
    """Return sequences whose last symbol is the first one, which has to be remembered.

    lag: p; of the symbols 0 … p the last two are "x" (p - 1) and "y" (p).
    n_samples: the number of sequences; the two take turns.
    random: True: what is between the ends is drawn from 0 … p - 2, so that nothing but the lag tells where the end is.
    generator: the random numbers' source, by default the library's.

    Only y[:, -1] cannot be foreseen from the symbol before: whoever guesses has a cross-entropy of log 2 there.

    Formula: x, 0, 1, …, p - 2, x    and    y, 0, 1, …, p - 2, y
    Shapes: all symbols but the last (N, p); at each step the symbol that comes next (N, p).
    Dtypes: int64.
    Raises: ValueError if n_samples is below 1 or lag below 2; TypeError for another generator.
    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory", Neural Computation 9(8), section 5.2
        (experiments 2a, noise-free, and 2b, random; 2c is `varying_lag`).

    >>> from nn.data import datasets
    >>> datasets.long_lag(3).tensors
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


def varying_lag(
    lag: int = 50, distractors: int = 50, n_samples: int = 1000, generator: Generator | None = None
) -> TensorDataset:
    """Return sequences of which the second symbol is to be told when a trigger comes, at a time that cannot be foreseen.

    lag: q, the least number of symbols between the second and the trigger.
    distractors: p, the number of different symbols between them: 0 … p - 1. Then come e (p), the trigger, b (p + 1), x
        (p + 2) and y (p + 3).
    n_samples: the number of sequences.
    generator: the random numbers' source, by default the library's.

    The task is solved if no output is wrong by 0.2 or more in 10,000 new sequences.

    Formula: b, x or y, q + k distractors, e, with k = 0, 1, … of probability 0.1 · 0.9ᵏ; the answer is 0 for x, 1 for y
    Shapes: symbols (N, T), filled up with b at the end, answers (N,), lengths (N,): q + 12 in the
        mean.
    Dtypes: int64.
    Raises: ValueError if n_samples, lag or distractors is below 1; TypeError for another generator.
    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory", Neural Computation 9(8), section 5.2 (experiment 2c).

    >>> import autograd_core as ag
    >>> from nn.data import datasets
    >>> symbols, answers, lengths = datasets.varying_lag(3, 5, 20, generator=ag.Generator(0))[:]
    >>> bool((symbols[:, 1] == 7 + answers).all() and lengths.amin() >= 6 and (symbols == 5).sum() == 20)
    True
    """
    n = checked_count(n_samples, "varying_lag", "n_samples")
    for name, count in (("lag", lag), ("distractors", distractors)):
        checked_count(count, "varying_lag", name)
    rng = stream(checked_generator(generator, "varying_lag"))
    lengths = lag + 2 + rng.geometric(0.1, n)  # b, x or y, q + k distractors, e
    answers, row = rng.integers(0, 2, n), np.arange(n)
    e, b, x = distractors, distractors + 1, distractors + 2
    symbols = rng.integers(0, distractors, (n, lengths.max()))
    symbols[:, 0], symbols[:, 1], symbols[row, lengths - 1] = b, x + answers, e
    symbols[np.arange(symbols.shape[1]) >= lengths[:, None]] = b
    return TensorDataset(symbols, answers, lengths)


TEMPORAL_ORDER_SYMBOLS = "EBabcdXY"


def temporal_order(
    n_samples: int = 1000, length: int = 100, symbols: int = 2, vary: bool = False, generator: Generator | None = None
) -> TensorDataset:
    """Return sequences of which the order of the symbols X and Y is to be told.

    n_samples: the number of sequences.
    length: the number of steps, at least 10.
    symbols: the number of X and Y: 2 (4 classes) or 3 (8 classes).
    vary: True: the sequences have length to length + length // 10 steps, and the dataset has a third tensor, their
        lengths.
    generator: the random numbers' source, by default the library's.

    Each step is one-hot over "EBabcdXY": E first, B last, random letters a … d between, but X or Y at two positions:
    one at 10 to 20 % of length, one at 50 to 60 % (three: 10 to 20, 33 to 43, 66 to 76 %).

    Formula: y is the symbols read as a binary number, X = 0 and Y = 1, the earliest first: XX, XY, YX, YY are 0, 1, 2, 3
    Shapes: x (N, T, 8), y (N,), lengths (N,).
    Dtypes: x float32, y and lengths int64.
    Raises: ValueError if n_samples is below 1, length below 10, or symbols not 2 or 3; TypeError for another generator.
    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory", Neural Computation 9(8), section 5.6
        (experiments 6a and 6b).

    >>> from nn.data import datasets
    >>> x, y = datasets.temporal_order(3, length=20)[:]
    >>> x.shape, x[:, :, 6:].sum((1, 2))
    ((3, 20, 8), tensor([2., 2., 2.]))
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
        position = rng.integers(percent * length // 100, (percent + 10) * length // 100 + 1, n)
        which = rng.integers(0, 2, n)
        codes[row, position] = TEMPORAL_ORDER_SYMBOLS.index("X") + which
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
    """Holds words of the Reber grammar; `reber_grammar` returns one.

    strings: the words.
    legal: for each word, the symbols that could have stood at each of its positions.

    Formula: x[n, t] = one-hot of symbol t over "BTSXPVE", y[n, t] = symbol t + 1; filled up with zeros, and with -100, which
        cross-entropy ignores
    Shapes: x (N, L, 7), y (N, L), legal (N, L, 7): the symbols that may come next; L the longest word without its last
        symbol.
    Dtypes: x float32, y int64, legal bool.
    Raises: ValueError for a symbol that is not in "BTSXPVE", or if strings and legal differ in number.
    Source: Reber 1967, "Implicit learning of artificial grammars".

    >>> from nn.data import datasets
    >>> data = datasets.Reber(["BTE"], [["B", "TP", "E"]])
    >>> data.tensors[1], data.legal.sum(-1)
    (tensor([[1, 6]]), tensor([[2, 1]]))
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
    """Return words of the Reber grammar, at each step of which one of two symbols may follow with equal chance.

    n_samples: the number of words.
    embedded: True: a word is B, then T or P, then a word of the grammar, then the same T or P again, then E: to foresee
        the last but one symbol, the second must be remembered.
    generator: the random numbers' source, by default the library's.

    A network has learnt the grammar when it ranks the legal symbols of each step above all others.

    Formula: see `Reber`
    Shapes: x (N, L, 7), y (N, L), legal (N, L, 7).
    Dtypes: x float32, y int64, legal bool.
    Raises: ValueError if n_samples is below 1; TypeError for another generator.
    Source: Reber 1967; Cleeremans, Servan-Schreiber & McClelland 1989; embedded: Fahlman 1991, and Hochreiter &
        Schmidhuber 1997, "Long short-term memory", section 5.1 (experiment 1).

    >>> import autograd_core as ag
    >>> from nn.data import datasets
    >>> data = datasets.reber_grammar(3, generator=ag.Generator(0))
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
