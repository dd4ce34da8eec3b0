"""The figures of the bench, from its results."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from nn.plot import BLUE, GREY, LIGHT, ORANGE

from .report import FIGURES


def _figure(width: float, height: float, columns: int = 1) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_axisbelow(True)
    return figure, axes


def _save(figure: Figure, name: str) -> None:
    FIGURES.mkdir(exist_ok=True)
    figure.savefig(FIGURES / f"{name}.svg", metadata={"Date": None})


def _ratio_bars(ax: Any, names: list[str], ratios: np.ndarray, low: Any = None, high: Any = None) -> None:
    """Horizontal bars on a logarithmic scale that begin at 1: to the right we are faster, to the left slower."""
    positions = np.arange(len(names))[::-1]
    colours = [BLUE if r >= 1 else ORANGE for r in ratios]
    ax.barh(positions, np.log2(ratios), color=colours, height=0.62)
    if low is not None:
        ax.hlines(positions, np.log2(low), np.log2(high), color="black", linewidth=1)
    ends = ratios if high is None else np.maximum(ratios, high)
    for y, r, end in zip(positions, ratios, ends, strict=True):
        ax.text(max(np.log2(end), 0) + 0.06, y, f"{r:.2f}" if r < 10 else f"{r:,.0f}", va="center", fontsize=8.5)
    ax.set_yticks(positions, names, fontsize=9)
    ax.axvline(0, color="black", linewidth=0.8)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)


def headline(rows: list[dict[str, Any]]) -> None:
    figure, (ax,) = _figure(8.6, 0.34 * len(rows) + 1)
    low, ratios, high = (np.array([row[key] for row in rows]) for key in ("low", "ratio", "high"))
    _ratio_bars(ax, [row["workload"] for row in rows], ratios, low, high)
    positions = np.arange(len(rows))[::-1]
    ax.plot(
        np.log2([row["bar"] for row in rows]),
        positions,
        "|",
        color=GREY,
        markersize=13,
        label="the bar we set ourselves",
    )
    ticks = [0.5, 1, 2, 4, 8, 16, 32]
    ticks = [t for t in ticks if min(ratios.min(), 1) / 1.5 <= t <= max(high.max(), 2) * 1.4]
    ax.set_xticks(np.log2(ticks), [f"{t:g}" for t in ticks])
    ax.set_xlabel("times as fast as PyTorch, whole training steps (line: quartiles)")
    ax.legend(frameon=False, fontsize=8.5, loc="lower right")
    _save(figure, "headline")


def micro(rows: list[dict[str, Any]]) -> None:
    figure, (ax,) = _figure(8.6, 0.34 * len(rows) + 1)
    _ratio_bars(ax, [row["kernel"] for row in rows], np.array([row["naive"] / row["ours"] for row in rows]))
    ax.set_xticks(np.log2([1, 10, 100, 1e3, 1e4, 1e5]), ["1", "10", "100", "1,000", "10,000", "100,000"])
    ax.set_xlabel("times as fast as the loops in plain Python")
    _save(figure, "micro")


def growth(curves: dict[str, list[dict[str, Any]]], exponents: dict[str, float]) -> None:
    figure, axes = _figure(3.1 * len(curves), 3.1, len(curves))
    for ax, (name, rows) in zip(axes, curves.items(), strict=True):
        x = np.array([row["size"] for row in rows])
        for key, colour, label in (("ours", BLUE, "ours"), ("torch", GREY, "PyTorch")):
            if key in rows[0]:
                ax.loglog(x, [row[key] * 1e3 for row in rows], "o-", color=colour, markersize=3.5, label=label)
        ax.set(xlabel=name, title=f"exponent at the end: {exponents[name]:.2f}")
        ax.title.set_fontsize(9.5)
        ax.grid(True, color=LIGHT, linewidth=0.7)
    axes[0].set_ylabel("training step, ms")
    axes[0].legend(frameon=False)
    _save(figure, "growth")


def memory(rows: list[dict[str, Any]]) -> None:
    figure, (ax,) = _figure(7.6, 0.42 * len(rows) + 1)
    positions = np.arange(len(rows))[::-1]
    for shift, key, colour, label in ((0.18, "ours", BLUE, "ours"), (-0.18, "torch", GREY, "PyTorch")):
        ax.barh(positions + shift, [row[key] / 2**20 for row in rows], height=0.34, color=colour, label=label)
    ax.set_yticks(positions, [row["workload"] for row in rows], fontsize=9)
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel("peak memory of training steps above the idle process, MiB")
    ax.legend(frameon=False)
    _save(figure, "memory")
