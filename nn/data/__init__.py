"""Data: datasets, samplers and the loader with `torch.utils.data`'s names; `datasets` has the data themselves.

Only arrays and indices live here. Nothing may know a model or an optimiser.
"""

from . import datasets, transforms
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .folder import ImageFolder
from .frame import FrameDataset, from_frame
from .idx import read_idx, write_idx
from .loader import DataLoader, default_collate, default_convert
from .sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)
from .standardize import Standardize

__all__ = [
    "BatchSampler",
    "ChainDataset",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "FrameDataset",
    "ImageFolder",
    "IterableDataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "StackDataset",
    "Standardize",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "datasets",
    "default_collate",
    "default_convert",
    "from_frame",
    "random_split",
    "read_idx",
    "transforms",
    "write_idx",
]
