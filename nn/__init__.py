"""Neural networks built from autograd_core."""
