"""Timing that can be compared: interleaved rounds in one process, medians, and the spread beside them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Timing:
    """Seconds a call: the median over the rounds, with the first and third quartile, and the fastest round."""

    median: float
    low: float
    high: float
    fastest: float

    def micro(self) -> str:
        return f"{self.median * 1e6:9.2f} µs  ({self.low * 1e6:.2f} to {self.high * 1e6:.2f})"


def calls_for(function: Callable[[], object], seconds: float = 0.02) -> int:
    """How many calls take about `seconds`."""
    calls = 1
    while True:
        started = time.perf_counter()
        for _ in range(calls):
            function()
        taken = time.perf_counter() - started
        if taken > seconds / 4:
            return max(1, int(calls * seconds / taken))
        calls *= 4


def interleaved(
    functions: dict[str, Callable[[], object]], rounds: int = 15, seconds: float = 0.02
) -> dict[str, Timing]:
    """Time each function in turn, `rounds` times over, so that a slow moment of the machine meets all of them alike."""
    counts = {name: calls_for(function, seconds) for name, function in functions.items()}
    samples: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            calls = range(counts[name])
            started = time.perf_counter()
            for _ in calls:
                function()
            samples[name].append((time.perf_counter() - started) / counts[name])
    return {name: _timing(values) for name, values in samples.items()}


def _timing(values: list[float]) -> Timing:
    if len(values) == 1:
        return Timing(values[0], values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4)
    return Timing(median, low, high, min(values))
