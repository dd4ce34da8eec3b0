"""Kernels that go over rows: normalisation, softmax, activations, losses, updates."""
