"""Names: which operations are functions, methods, operators, and what NumPy's functions do with tensors."""
