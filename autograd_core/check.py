"""gradcheck and gradgradcheck: a rule against central differences, with a report one can act on."""

from __future__ import annotations


def gradcheck(*a, **k): ...
def gradgradcheck(*a, **k): ...
