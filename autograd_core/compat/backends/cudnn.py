"""`torch.backends.cudnn`: switches of a library that is not used."""

enabled = benchmark = deterministic = allow_tf32 = False
benchmark_limit = 10


def is_available() -> bool:
    """Return False."""
    return False


def version() -> None:
    """Return None: there is no cuDNN."""
