"""`python -m bench [NAME …] [--quick] [--save]`: run all measurements, or those named. `--help` lists them."""

from __future__ import annotations

import argparse
import importlib
import sys

from nn.command import Parser, one_of

from .report import add_options

BENCHES = {
    "micro": "kernels against loops in plain Python and against NumPy",
    "overhead": "what recording costs",
    "reductions": "sums, means and norms along every axis, against NumPy",
    "products": "matrix products and convolutions as fractions of the machine's peak",
    "headline": "whole training steps against PyTorch",
    "programs": "whole programs, with loaders, clipping and schedules, against PyTorch",
    "growth": "cost against batch, width, depth and sequence length",
    "memory": "peak memory of a training step",
    "start": "cold and warm start",
    "same_losses": "the same training in PyTorch and here",
    "optimisers": "Rprop, conjugate gradients, Levenberg-Marquardt and others beside plain descent",
    "results": "published figures beside what comes out here (alone: all, some two hours; with others: --quick)",
}


def parser() -> Parser:
    listed = "\n".join(f"  {name:12} {about}" for name, about in BENCHES.items())
    p = Parser(
        prog="python -m bench",
        description="Run all measurements, or those named.",
        epilog=f"benches:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = one_of(list(BENCHES))
    p.add_argument("names", nargs="*", metavar="NAME", type=known, help="a bench of the list below (default: all)")
    add_options(p)
    p.add_argument(
        "--only", metavar="TEXT", help="of headline or programs: only the rows whose names contain this text"
    )
    return p


def main(arguments: list[str] | None = None) -> None:
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["results"]:  # it has options of its own
        importlib.import_module("bench.results").main(arguments[1:])
        return
    p = parser()
    options = p.parse_args(arguments)
    names = options.names or list(BENCHES)
    if options.only is not None and names not in (["headline"], ["programs"]):
        p.error("--only is an option of one bench: python -m bench headline --only TEXT")
    passed = [f"--{name}" for name in ("quick", "save") if getattr(options, name)]
    passed += [] if options.only is None else ["--only", options.only]
    for name in names:
        print(f"\n== {name}: {BENCHES[name]}")
        quick = ["--quick"] if name == "results" and "--quick" not in passed else []
        importlib.import_module(f"bench.{name}").main(passed + quick)


if __name__ == "__main__":
    sys.exit(main())
