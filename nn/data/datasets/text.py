"""Text read character by character: tiny Shakespeare and first names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.lib.stride_tricks import sliding_window_view

from ..dataset import TensorDataset
from ..store import read_shipped, read_text

__all__ = ["Characters", "Names", "names", "shakespeare_sample", "tiny_shakespeare"]

IGNORED = -100  # the target that cross-entropy leaves out (its ignore_index)


def encode(text: str, chars: str) -> ndarray:
    """The index in `chars` of every character, int64. Raises ValueError for one that is not there."""
    indices = {c: i for i, c in enumerate(chars)}
    for i, c in enumerate(text):
        if c not in indices:
            raise ValueError(f"encode: character {c!r} at position {i} is not among the {len(chars)}: {chars!r}")
    return np.fromiter((indices[c] for c in text), np.int64, len(text))


def decode(codes: Iterable, chars: str) -> str:
    """The text of codes, a tensor, an array or a sequence of integers."""
    codes = np.asarray(codes)
    if codes.size and not 0 <= codes.min() <= codes.max() < len(chars):
        raise ValueError(f"decode: codes from {codes.min()} to {codes.max()}, they must be 0 … {len(chars) - 1}")
    return "".join(chars[i] for i in codes.astype(np.int64).ravel())


class Characters:
    """Holds a text for a language model of characters.

    text: the string.
    chars: the vocabulary, by default the characters of the text in order.

    Formula: codes[t] = the index of text[t] in chars
    Shapes: codes (len(text),); `windows(length)`: x and y (M, length), y one character further on.
    Dtypes: int64.
    Raises: ValueError for a character that is not in chars; from `split`, `windows` and `decode` for numbers out of
        range.
    Source: Karpathy 2015, char-rnn.

    >>> from nn.data import datasets
    >>> abc = datasets.Characters("abcab")
    >>> abc.chars, abc.codes, abc.decode([0, 2])
    ('abc', array([0, 1, 2, 0, 1]), 'ac')
    >>> x, y = abc.windows(3)[0]
    >>> x, y
    (tensor([0, 1, 2]), tensor([1, 2, 0]))
    """

    def __init__(self, text: str, chars: str | None = None):
        self.text = text
        self.chars = "".join(sorted(set(text))) if chars is None else chars
        self.codes = encode(text, self.chars)

    def __len__(self) -> int:
        return len(self.text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} characters, {len(self.chars)} distinct)"

    def encode(self, text: str) -> ndarray:
        return encode(text, self.chars)

    def decode(self, codes: Any) -> str:
        return decode(codes, self.chars)

    def split(self, fraction: float = 0.9) -> tuple[Characters, Characters]:
        """The first `fraction` of the text and the rest, with the same vocabulary."""
        if not 0 < fraction < 1:
            raise ValueError(f"split: fraction must lie between 0 and 1, got {fraction}")
        end = int(fraction * len(self.text))
        return Characters(self.text[:end], self.chars), Characters(self.text[end:], self.chars)

    def windows(self, length: int, stride: int = 1) -> TensorDataset:
        """Pieces of the text as a dataset of (x, y), int64 of shape (M, length); y is x one character on.

        One piece begins at every `stride`-th character. They share the memory of `codes`.
        """
        if not 1 <= length < len(self.text) or stride < 1:
            raise ValueError(
                f"windows: length must be 1 … {len(self.text) - 1} for a text of {len(self.text)} characters and "
                f"stride at least 1, got length={length}, stride={stride}"
            )
        views = sliding_window_view(self.codes, length + 1)[::stride]
        return TensorDataset(views[:, :-1], views[:, 1:])


def tiny_shakespeare(root: str | Path | None = None) -> Characters:
    """Return 1,115,394 characters (65 distinct) of Shakespeare's plays.

    root: a folder that has the file; None looks in $AUTOGRAD_DATA, then in the user's cache, then downloads.
        `split(0.9)` is nanoGPT's division.

    Formula: none; a text
    Shapes: codes (1115394,).
    Dtypes: int64.
    Raises: FileNotFoundError if it is nowhere, with where it was looked for; ValueError if it is not the published
        file.
    Source: Karpathy, char-rnn, data/tinyshakespeare.

    >>> from nn.data import datasets
    >>> datasets.tiny_shakespeare("no-such-folder")
    Traceback (most recent call last):
        ...
    FileNotFoundError: tinyshakespeare/input.txt is not in no-such-folder ...
    """
    return Characters(read_text("tinyshakespeare/input.txt", root))


def shakespeare_sample() -> Characters:
    """Return the first 399,862 characters (63 distinct) of tiny Shakespeare; part of the package.

    `nn/data/shipped/README.md` says which plays these are, and what the source and the licence are.

    Formula: none; a text
    Shapes: codes (399862,).
    Dtypes: int64.
    Raises: ValueError if the package is damaged.
    Source: Karpathy, char-rnn, data/tinyshakespeare.

    >>> from nn.data import datasets
    >>> datasets.shakespeare_sample()
    Characters(399862 characters, 63 distinct)
    """
    return Characters(read_shipped("shakespeare-sample.txt"))


class Names(TensorDataset):
    """Holds words for a language model of characters.

    words: the strings.
    chars: the vocabulary, by default the characters of the words in order; its first, ".", stands for the start and the
        end of a word.

    Formula: x = the start and then the word, filled up with 0; y = the word and then the end, filled up with -100, the target
        that cross-entropy ignores
    Shapes: x (N, L), y (N, L), L the longest length + 1.
    Dtypes: int64.
    Raises: ValueError if there is no word, or for a character that is not in chars.
    Source: Karpathy 2022, makemore.

    >>> from nn.data import datasets
    >>> x, y = datasets.Names(["ann", "bo"])[1]
    >>> x, y
    (tensor([0, 2, 4, 0]), tensor([   2,    4,    0, -100]))
    """

    def __init__(self, words: list[str], chars: str | None = None):
        self.words = list(words)
        if not self.words:
            raise ValueError("Names: needs at least one word, got none")
        self.chars = "." + "".join(sorted(set("".join(self.words)) - {"."})) if chars is None else chars
        x = np.zeros((len(self.words), max(map(len, self.words)) + 1), np.int64)
        y = np.full_like(x, IGNORED)
        lengths = np.array([len(word) for word in self.words])
        inside = np.arange(x.shape[1]) < lengths[:, None]
        codes = encode("".join(self.words), self.chars)
        y[inside] = codes
        y[np.arange(len(x)), lengths] = 0
        x[:, 1:][inside[:, :-1]] = codes
        super().__init__(x, y)

    def encode(self, word: str) -> ndarray:
        return encode(word, self.chars)

    def decode(self, codes: Any) -> str:
        """The word up to its end; codes after the first 0 are left out."""
        codes = np.asarray(codes).ravel()
        ends = np.flatnonzero(codes == 0)
        return decode(codes[: ends[0]] if len(ends) else codes, self.chars)


def names(root: str | Path | None = None) -> Names:
    """Return 32,033 first names in lower case, 2 to 15 letters; part of the package.

    root: a folder that has the file; None looks as `MNIST` does, and the package has it.

    Formula: see `Names`
    Shapes: x (32033, 16), y (32033, 16).
    Dtypes: int64.
    Raises: FileNotFoundError if it is not in root; ValueError if it is not the published file.
    Source: Karpathy 2022, makemore, names.txt (from ssa.gov, 2018).

    >>> from nn.data import datasets
    >>> x, y = datasets.names()[0]
    >>> datasets.names().decode(y)
    'emma'
    """
    return Names(read_text("names.txt", root).split())
