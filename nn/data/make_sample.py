"""How `mnist_sample/` and `shipped/` were made: `python -m nn.data.make_sample [folder]`.

Reads the full data (from $AUTOGRAD_DATA, the cache, or by a download) and writes four IDX files and `SHA256SUMS`, and the
packed texts.
"""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import numpy as np
from numpy import ndarray

from ..command import Parser
from .idx import read_idx, write_idx
from .store import SHIPPED, find, read_text

SEED = 1998
SIZES = {"train": 10_000, "test": 2_000}


def draw(root: str | Path | None = None) -> dict[str, ndarray]:
    """The arrays of the sample by file name: images uint8 of shape (N, 28, 28), labels uint8 of shape (N,).

    The indices are the first of a random permutation of all, sorted, so the images keep MNIST's order. RandomState, not
    Generator: NumPy keeps its stream the same for ever (NEP 19), so the draw can be repeated with any version.
    """
    rng = np.random.RandomState(SEED)
    arrays = {}
    for part, size in SIZES.items():
        prefix = "mnist/train" if part == "train" else "mnist/t10k"
        images = read_idx(find(f"{prefix}-images-idx3-ubyte.gz", root))
        labels = read_idx(find(f"{prefix}-labels-idx1-ubyte.gz", root))
        indices = np.sort(rng.permutation(len(images))[:size])
        arrays[f"{part}-images-idx3-ubyte.gz"] = images[indices]
        arrays[f"{part}-labels-idx1-ubyte.gz"] = labels[indices]
    return arrays


def make(folder: str | Path, root: str | Path | None = None) -> None:
    """Draw the sample and write it to `folder`."""
    folder = Path(folder)
    sums = []
    for name, array in draw(root).items():
        write_idx(folder / name, array)
        sums.append(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n")
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="ascii")


WHOLE = ("names.txt", "monthly-sunspots.csv", "daily-min-temperatures.csv", "airline-passengers.csv")
CHARACTERS = 400_000


def beginning(text: str) -> str:
    """The first speeches of a text, up to the last whole one within `CHARACTERS` characters."""
    return text[: text.rindex("\n\n", 0, CHARACTERS) + 1]


def make_shipped(folder: str | Path, root: str | Path | None = None) -> None:
    """Pack names and series whole, and the beginning of tiny Shakespeare, into `folder`."""
    texts = {name: read_text(name, root) for name in WHOLE}
    texts["shakespeare-sample.txt"] = beginning(read_text("tinyshakespeare/input.txt", root))
    for name, text in texts.items():
        (Path(folder) / f"{name}.gz").write_bytes(gzip.compress(text.encode("ascii"), 9, mtime=0))


if __name__ == "__main__":
    parser = Parser(prog="python -m nn.data.make_sample", description="Make again what the package ships of the data.")
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED.parent, help="where to (default: the package)")
    target = parser.parse_args().folder
    try:
        for name, write in (("mnist_sample", make), ("shipped", make_shipped)):
            (target / name).mkdir(parents=True, exist_ok=True)
            write(target / name)
    except OSError as error:
        parser.exit(2, f"error: {error}\n")
    print(f"wrote mnist_sample/ and shipped/ to {target}")
