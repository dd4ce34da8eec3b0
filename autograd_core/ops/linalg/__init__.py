"""Products, solutions, decompositions and norms of matrices."""
