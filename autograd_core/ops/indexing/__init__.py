"""Reading and writing by index.

`slices`, `masks` and `index` serve x[…]; `gather` and `scatter` read and add along one dimension, each the other's
adjoint; `positions` has the indices of flat positions.
"""
