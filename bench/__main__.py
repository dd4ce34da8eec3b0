"""`python -m bench [NAME …] [--quick] [--save]`: run all measurements, or those named.

--quick  few rounds, to see that a bench runs; --save  keep results and figures in bench/results and bench/figures.
"""

from __future__ import annotations

import importlib
import sys

BENCHES = {
    "micro": "kernels against loops in plain Python and against NumPy",
    "overhead": "what recording costs",
    "products": "matrix products and convolutions as fractions of the machine's peak",
    "headline": "whole training steps against PyTorch",
    "growth": "cost against batch, width, depth and sequence length",
    "memory": "peak memory of a training step",
    "start": "cold and warm start",
    "same_losses": "the same training in PyTorch and here",
}


def main(arguments: list[str]) -> None:
    names = [a for a in arguments if not a.startswith("-")] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        raise SystemExit(f"bench: no bench '{unknown[0]}'; there are {', '.join(BENCHES)}")
    for name in names:
        print(f"\n== {name}: {BENCHES[name]}")
        importlib.import_module(f"bench.{name}").main([a for a in arguments if a.startswith("-")])


if __name__ == "__main__":
    main(sys.argv[1:])
