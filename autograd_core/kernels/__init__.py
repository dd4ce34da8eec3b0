"""Loops over arrays, in NumPy and Numba alone. Nothing here knows of tensors or gradients, and nothing above is imported."""
