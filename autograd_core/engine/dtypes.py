"""Dtypes by PyTorch's names.

The dtypes are NumPy's `np.dtype` objects, those that `x.dtype` gives, so that `x.dtype is ag.float32` holds and a
dictionary finds one by the other. PyTorch's attributes of a dtype are functions: `ag.is_floating_point(x.dtype)`.
"""

from __future__ import annotations

import numpy as np

dtype = np.dtype
float16 = half = np.dtype(np.float16)
float32 = float = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = int = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
uint16 = np.dtype(np.uint16)
uint32 = np.dtype(np.uint32)
uint64 = np.dtype(np.uint64)
complex64 = cfloat = np.dtype(np.complex64)
complex128 = cdouble = np.dtype(np.complex128)
bool = np.dtype(np.bool_)
