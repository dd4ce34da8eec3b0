"""`torch.version`: which PyTorch the names follow, and that no GPU's library is there."""

cuda = hip = None
__version__ = "2.13.0+autograd_core"
