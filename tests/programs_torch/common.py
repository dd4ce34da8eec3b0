"""What the programs share: data and first weights from NumPy, so that both libraries start alike."""

import numpy as np


def numbers(*shape, seed=0, scale=1.0):
    """Seeded normal numbers, float32."""
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(np.float32)


def labels(n, classes, seed=0):
    """Seeded classes."""
    return np.random.default_rng(seed).integers(0, classes, n)


def fill(torch, module, seed=0, scale=0.2):
    """Give a module's parameters seeded values, in the order of their names."""
    rng = np.random.default_rng(seed)
    with torch.no_grad():
        for _, p in sorted(module.named_parameters()):
            values = rng.standard_normal(tuple(p.shape)) * scale
            p.copy_(torch.from_numpy(values.astype(np.float32)))
    return module


def text(n=600):
    """A text that can be learnt: sums of two periods, written as letters."""
    i = np.arange(n)
    return "".join("abcdefgh "[k] for k in (i * i // 7 + 3 * (i // 5)) % 9)
