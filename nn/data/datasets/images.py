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
    """Holds grey images and their labels, from a pair of IDX files.

    images, labels: the files.
    normalize: True: images are (x - mean) / std with the class's `moments`; or a pair (mean, std) to use instead.
    transform: is called with a batch of images, see `TensorDataset`. `classes` names the labels 0, 1, ….

    Formula: x = pixels / 255, from 0 (black) to 1 (white), with normalize (x - mean) / std
    Shapes: images (N, 1, 28, 28), labels (N,).
    Dtypes: images float32, labels int64.
    Raises: ValueError for a file that is not such a set (sizes, counts, labels), or a std that is not positive; what
        `read_idx` raises.
    Source: LeCun, Cortes & Burges, "The MNIST database of handwritten digits".

    >>> from nn.data import datasets
    >>> isinstance(datasets.mnist_sample(train=False), datasets.Images)
    True
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
    """Holds MNIST, handwritten digits: 60,000 images for training or, with train=False, 10,000 for testing.

    root: a folder that has the four IDX files (packed or not, also as torchvision lays them out); None looks in
        $AUTOGRAD_DATA, then in the user's cache, then downloads.
    train: which of the two parts.
    normalize, transform: see `Images`.

    Formula: x = pixels / 255, from 0 (black) to 1 (white)
    Shapes: images (N, 1, 28, 28), labels (N,).
    Dtypes: images float32, labels int64.
    Raises: FileNotFoundError if the files are nowhere, with where they were looked for; ValueError for damaged ones.
    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition".

    >>> from nn.data import datasets
    >>> datasets.MNIST("no-such-folder")
    Traceback (most recent call last):
        ...
    FileNotFoundError: mnist/train-images-idx3-ubyte.gz is not in no-such-folder ...
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
    """Holds Fashion-MNIST, articles of clothing in MNIST's format: 60,000 images for training, 10,000 for testing.

    root: a folder that has the four IDX files (packed or not, also as torchvision lays them out); None looks in
        $AUTOGRAD_DATA, then in the user's cache, then downloads.
    train: which of the two parts.
    normalize, transform: see `Images`.

    Formula: x = pixels / 255, from 0 (black) to 1 (white)
    Shapes: images (N, 1, 28, 28), labels (N,).
    Dtypes: images float32, labels int64.
    Raises: FileNotFoundError if the files are nowhere, with where they were looked for; ValueError for damaged ones.
    Source: Xiao, Rasul & Vollgraf 2017, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
        algorithms"; MIT licence, © 2017 Zalando SE.

    >>> from nn.data import datasets
    >>> datasets.FashionMNIST.classes[9]
    'Ankle boot'
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
    """Return 10,000 of MNIST's training images or, with train=False, 2,000 of its test images; part of the package.

    normalize, transform: see `Images`. The images were drawn at random; `nn/data/mnist_sample/README.md` says how, and
        what the source and the licence are.

    Formula: x = pixels / 255, from 0 (black) to 1 (white)
    Shapes: images (N, 1, 28, 28), labels (N,).
    Dtypes: images float32, labels int64.
    Raises: ValueError for a std that is not positive.
    Source: LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition".

    >>> from nn.data import datasets
    >>> test = datasets.mnist_sample(train=False)
    >>> test
    MNISTSample(2000 images of shape (1, 28, 28), 10 classes)
    >>> image, label = test[0]
    >>> image.shape, image.dtype, test.classes[int(label)]
    ((1, 28, 28), dtype('float32'), '5')
    """
    return MNISTSample(train, normalize=normalize, transform=transform)
