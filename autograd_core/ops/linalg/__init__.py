"""Products, solutions, decompositions and norms of matrices.

`products` and `einsum` multiply, `solve` and `decompositions` call LAPACK; each has its adjoint beside it, also where
eigenvalues or singular values coincide (`degenerate`).
"""
