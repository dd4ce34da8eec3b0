"""Functions of functions: derivatives, Jacobians, vmap, checkpoints."""
