"""Images from a folder that has a folder for each class. Needs Pillow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy import ndarray

from autograd_core import Tensor, from_numpy

from .dataset import Dataset

__all__ = ["ImageFolder"]

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")


class ImageFolder(Dataset):
    """Reads images from a folder that has a folder for each class, such as root/cat/1.png, root/dog/1.png.

    root: that folder.
    transform: is called with a batch (B, C, H, W), as for `TensorDataset`; without `size` with batches of one image.
    size: height and width that every image is scaled to; None: as the files have it, so that only images of one size stand
        in one batch.
    mode: "RGB" for three channels, "L" for one of grey.

    `classes` are the folders' names, sorted; `targets` the class of each image and `samples` the pairs (file, class), sorted
    by file. Files are read when they are asked for.

    Formula: dataset[i] = (pixels / 255, class)
    Shapes: an image (C, H, W), C = 3 or 1; a class ().
    Dtypes: float32 and int64.
    Raises: ImportError without Pillow; FileNotFoundError if root is no folder; ValueError if it has no folders, one has no
        image, or a file is no image that Pillow reads: the message names it.
    Source: torchvision's `datasets.ImageFolder`.

    >>> import os, tempfile
    >>> from PIL import Image
    >>> from nn.data import ImageFolder
    >>> with tempfile.TemporaryDirectory() as root:
    ...     for name in ("cat", "dog"):
    ...         os.mkdir(f"{root}/{name}")
    ...         Image.new("RGB", (4, 4)).save(f"{root}/{name}/1.png")
    ...     data = ImageFolder(root)
    ...     data.classes, data[1][0].shape, int(data[1][1])
    (('cat', 'dog'), (3, 4, 4), 1)
    """

    def __init__(
        self,
        root: str | Path,
        transform: Callable | None = None,
        *,
        size: tuple[int, int] | None = None,
        mode: Literal["RGB", "L"] = "RGB",
    ):
        pillow()
        if mode not in ("RGB", "L"):
            raise ValueError(f"ImageFolder: mode is 'RGB' or 'L', got {mode!r}")
        self.root, self.transform, self.size, self.mode = Path(root), transform, size, mode
        if not self.root.is_dir():
            raise FileNotFoundError(
                f"ImageFolder: {root} is no folder; give it one with a folder of images for each class"
            )
        folders = sorted(path for path in self.root.iterdir() if path.is_dir() and not path.name.startswith("."))
        if not folders:
            raise ValueError(f"ImageFolder: {root} has no folders; put the images of each class into one of its own")
        self.classes = tuple(folder.name for folder in folders)
        self.samples: list[tuple[Path, int]] = []
        for label, folder in enumerate(folders):
            files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
            if not files:
                raise ValueError(
                    f"ImageFolder: {folder} has no image ({', '.join(ENDINGS)}), and so would be a class without examples; "
                    "remove it, or move it out of the root"
                )
            self.samples += [(path, label) for path in files]

    @property
    def targets(self) -> Tensor:
        """The class of each image, int64 of shape (N,)."""
        return from_numpy(np.array([label for _, label in self.samples], np.int64))

    @property
    def batched(self) -> bool:  # type: ignore[override]
        return self.size is not None and type(self).__getitem__ is ImageFolder.__getitem__

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        n = len(self)
        if not -n <= index < n:
            raise IndexError(f"ImageFolder: index {index} is out of range for {n} images; use {-n} … {n - 1}")
        images, labels = self.get_batch(np.array([index % n]))
        return images[0], labels[0]

    def get_batch(self, indices: ndarray) -> tuple[Tensor, Tensor]:
        """The images at an array of indices, and their classes."""
        pixels = np.stack([self._read(self.samples[i][0]) for i in indices])
        images: Any = from_numpy(np.divide(pixels, np.float32(255), dtype=np.float32))
        labels = np.array([self.samples[i][1] for i in indices], np.int64)
        return (images if self.transform is None else self.transform(images)), from_numpy(labels)

    def _read(self, path: Path) -> ndarray:
        """The pixels of a file, (C, H, W) of uint8."""
        image = pillow()
        try:
            with image.open(path) as file:
                picture = file.convert(self.mode)
        except Exception as error:  # Pillow raises what its readers raise
            raise ValueError(
                f"ImageFolder: {path} cannot be read as an image ({type(error).__name__}: {error}); replace or remove it"
            ) from error
        if self.size is not None:
            picture = picture.resize((self.size[1], self.size[0]), image.Resampling.BILINEAR)
        pixels = np.asarray(picture)
        return pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, -1, 0)


def pillow() -> Any:
    """Pillow's module of images."""
    try:
        import PIL.Image
    except ImportError:
        raise ImportError("ImageFolder: reads images with Pillow, which is not installed: pip install pillow") from None
    return PIL.Image
