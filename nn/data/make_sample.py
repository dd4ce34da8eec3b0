"""How the sample of MNIST in `mnist_sample/` was made: `python -m nn.data.make_sample [folder]`.

Reads the full MNIST (from $AUTOGRAD_DATA, the cache, or by a download) and writes four IDX files and `SHA256SUMS`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy import ndarray

from ..command import Parser
from .idx import read_idx, write_idx
from .store import find

SEED = 1998
SIZES = {"train": 10_000, "test": 2_000}


def draw(root: str | Path | None = None) -> dict[str, ndarray]:
    """The arrays of the sample by file name: images uint8 of shape (N, 28, 28), labels uint8 of shape (N,).

    The places are the first of a random permutation of all, sorted, so the images keep MNIST's order. RandomState, not
    Generator: NumPy keeps its stream the same for ever (NEP 19), so the draw can be repeated with any version.
    """
    rng = np.random.RandomState(SEED)
    arrays = {}
    for part, size in SIZES.items():
        prefix = "mnist/train" if part == "train" else "mnist/t10k"
        images = read_idx(find(f"{prefix}-images-idx3-ubyte.gz", root))
        labels = read_idx(find(f"{prefix}-labels-idx1-ubyte.gz", root))
        places = np.sort(rng.permutation(len(images))[:size])
        arrays[f"{part}-images-idx3-ubyte.gz"] = images[places]
        arrays[f"{part}-labels-idx1-ubyte.gz"] = labels[places]
    return arrays


def make(folder: str | Path, root: str | Path | None = None) -> None:
    """Draw the sample and write it to `folder`."""
    folder = Path(folder)
    sums = []
    for name, array in draw(root).items():
        write_idx(folder / name, array)
        sums.append(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n")
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="ascii")


if __name__ == "__main__":
    parser = Parser(prog="python -m nn.data.make_sample", description="Draw the sample of MNIST again.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent / "mnist_sample", help="where to")
    target = parser.parse_args().folder
    try:
        make(target)
    except OSError as error:
        parser.exit(2, f"error: {error}\n")
    print(f"wrote the sample to {target}")
