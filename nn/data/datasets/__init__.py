"""Data sets: from files (`images`, `text`, `series`) and by formula (`points`, `sequences`).

Every one is, or gives, a `TensorDataset`. Nothing here knows a model.
"""

from .images import MNIST, FashionMNIST, Images, mnist_sample

__all__ = ["FashionMNIST", "Images", "MNIST", "mnist_sample"]
