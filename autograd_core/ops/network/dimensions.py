"""One text for the functions that differ only in the number of spatial dimensions, as conv1d, conv2d and conv3d do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...engine.tensor import Tensor
from ..arguments import SPACE

# What the words in braces of a docstring stand for, by the number of dimensions
WORDS = {
    "out": ("OL", "OH, OW", "OD, OH, OW"),  # sizes of the output and of the window; {space} is that of the input
    "kernel": ("K", "KH, KW", "KD, KH, KW"),
    "n": ("L", "H", "D"),  # the first of each
    "o": ("OL", "OH", "OD"),
    "k": ("K", "KH", "KD"),
    "dimensions": ("one spatial dimension", "two spatial dimensions", "three spatial dimensions"),
    "one": ("1", "1, 1", "1, 1, 1"),
    "two": ("2", "2, 2", "2, 2, 2"),
    "three": ("3", "3, 3", "3, 3, 3"),
    "four": ("4", "4, 4", "4, 4, 4"),
}


def by_dims(
    make: Callable[[int], Callable], dims: Sequence[int] = (1, 2, 3), **texts: Sequence[str]
) -> list[Callable[..., Tensor]]:
    """The function for each number of dimensions: make(d), named by d, with the words of its docstring filled in.

    The words are those above, {d}, {space} and the `texts`, of which each has one for every number of dimensions.
    """
    functions = []
    for i, d in enumerate(dims):
        function = make(d)
        function.__name__ = function.__qualname__ = f"{function.__name__}{d}d"
        words = {word: text[d - 1] for word, text in WORDS.items()} | {word: text[i] for word, text in texts.items()}
        function.__doc__ = (function.__doc__ or "").format(d=d, space=SPACE[d], **words)
        functions.append(function)
    return functions
