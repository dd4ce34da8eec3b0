"""Images with class labels: MNIST, Fashion-MNIST and the sample of MNIST that comes with the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from autograd_core import Tensor

from ..dataset import TensorDataset
from ..idx import WAY_OUT, read_idx
from ..store import find

__all__ = ["FashionMNIST", "Images", "MNIST", "mnist_sample"]

IMAGES_MAGIC, LABELS_MAGIC = 2051, 2049
SAMPLE = Path(__file__).parent.parent / "mnist_sample"
Normalize = bool | tuple[float, float]


class Images(TensorDataset):
    """Grey images and their labels, from a pair of IDX files.

    tensors    images, float32 of shape (N, 1, 28, 28), from 0 (black) to 1 (white); labels, int64 of shape (N,)
    classes    what the labels 0, 1, … are called
    normalize  True: images are (x - mean) / std with `moments`; or a pair (mean, std) to use instead
    transform  called with a batch of images, shape (B, 1, 28, 28); see `TensorDataset`
    """

    classes: tuple[str, ...]
    size = (28, 28)
    moments: tuple[float, float]  # mean and standard deviation of all pixels of the full training set, from 0 to 1

    def __init__(
        self,
        images: str | Path,
        labels: str | Path,
        *,
        normalize: Normalize = False,
        transform: Callable | None = None,
    ):
        pixels, targets = read_idx(images, IMAGES_MAGIC), read_idx(labels, LABELS_MAGIC)
        if pixels.shape[1:] != self.size:
            raise ValueError(
                f"{images}: found images of shape {pixels.shape[1:]}, expected {self.size}; this is another data set"
            )
        if len(pixels) != len(targets):
            raise ValueError(
                f"{images} has {len(pixels)} images and {labels} has {len(targets)} labels; they belong to different "
                f"sets: {WAY_OUT}"
            )
        if targets.size and targets.max() >= len(self.classes):
            raise ValueError(
                f"{labels}: label {targets.max()} at position {targets.argmax()}, but there are {len(self.classes)} "
                f"classes, 0 … {len(self.classes) - 1}; {WAY_OUT}"
            )
        x = np.divide(pixels[:, None], np.float32(255), dtype=np.float32)
        if normalize:
            mean, std = self.moments if isinstance(normalize, bool) else normalize
            if not std > 0:
                raise ValueError(f"normalize: the standard deviation must be positive, got (mean, std) = {normalize}")
            x -= np.float32(mean)
            x /= np.float32(std)
        super().__init__(x, targets.astype(np.int64), transform=transform)

    @property
    def targets(self) -> Tensor:
        """The labels, int64 of shape (N,)."""
        return self.tensors[1]

    def __repr__(self) -> str:
        shape = self.tensors[0].shape[1:]
        return f"{type(self).__name__}({len(self)} images of shape {shape}, {len(self.classes)} classes)"


class MNIST(Images):
    """Handwritten digits, 28×28: 60,000 for training or, with train=False, 10,000 for testing.

    `root` is a folder that has the four IDX files (packed or not, also as torchvision lays them out); None looks in
    $AUTOGRAD_DATA, then in the user's cache, then downloads. `normalize` and `transform`: see `Images`.

    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition".
    """

    classes = tuple("0123456789")
    moments = (0.1307, 0.3081)
    folder = "mnist"

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        *,
        normalize: Normalize = False,
        transform: Callable | None = None,
    ):
        self.train = train
        prefix = f"{self.folder}/{'train' if train else 't10k'}"
        images, labels = (find(f"{prefix}-{part}-ubyte.gz", root) for part in ("images-idx3", "labels-idx1"))
        super().__init__(images, labels, normalize=normalize, transform=transform)


class FashionMNIST(MNIST):
    """Articles of clothing in MNIST's format: 60,000 images for training, 10,000 for testing, ten classes.

    Source: Xiao, Rasul & Vollgraf 2017, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms"; MIT licence, © 2017 Zalando SE.
    """

    classes = (
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    )  # fmt: skip
    moments = (0.2860, 0.3530)
    folder = "fashion-mnist"


class MNISTSample(Images):
    """What `mnist_sample()` returns."""

    classes = MNIST.classes
    moments = MNIST.moments

    def __init__(self, train: bool = True, *, normalize: Normalize = False, transform: Callable | None = None):
        self.train = train
        part = "train" if train else "test"
        super().__init__(
            SAMPLE / f"{part}-images-idx3-ubyte.gz",
            SAMPLE / f"{part}-labels-idx1-ubyte.gz",
            normalize=normalize,
            transform=transform,
        )


def mnist_sample(train: bool = True, *, normalize: Normalize = False, transform: Callable | None = None) -> MNISTSample:
    """10,000 of MNIST's training images or, with train=False, 2,000 of its test images. Part of the package.

    They were drawn at random; `nn/data/mnist_sample/README.md` says how, and what the source and the licence are.

    >>> test = mnist_sample(train=False)
    >>> test
    MNISTSample(2000 images of shape (1, 28, 28), 10 classes)
    >>> image, label = test[0]
    >>> image.shape, image.dtype, test.classes[int(label)]
    ((1, 28, 28), dtype('float32'), '5')
    """
    return MNISTSample(train, normalize=normalize, transform=transform)
