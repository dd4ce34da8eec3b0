"""Measurements: what an operation costs, and the same models in PyTorch where it is installed. Nothing imports this."""
