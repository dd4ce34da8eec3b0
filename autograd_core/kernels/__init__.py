"""Loops over arrays, in NumPy and Numba alone. Nothing here knows of tensors or gradients, and nothing above is imported.

Where to begin: `products/gemm.py`, which draws the loop nest that most of them are made of; `machine/runtime.py` says how a
kernel is compiled, `machine/threads.py` how its tasks are shared out, `machine/simd.py` what its inner loops are.
"""
