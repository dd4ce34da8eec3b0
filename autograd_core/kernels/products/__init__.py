"""Matrix products, and what is made of them.

Begin with `gemm`, which draws the loop nest that most kernels follow. `attention` and `distance` are products that
work on each block of results while it is in the cache, and so never write the whole matrix.
"""
