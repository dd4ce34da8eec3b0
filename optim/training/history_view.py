"""A history as HTML: curves of what each epoch recorded, and a table of the epochs."""

from __future__ import annotations

import math
from typing import Any

from autograd_core.inspection.markup import count, escape, flag, number, page, table

FIRST, LAST = 3, 7  # the epochs that are shown, from the start and from the end
POINTS = 300  # of a curve
COLOURS = ("#4c8dd6", "#e0822c", "#2e9e5b", "#c25bb5", "#c9a227", "#2aa5a0")  # can be read on white and on black
WIDTH, HEIGHT = 420, 200
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 26, 26


def html(history: Any) -> str:
    """What `History._repr_html_` returns."""
    facts = [f"<b>{escape(type(history).__name__)}</b>", count(len(history), "epoch")]
    if history.best_epoch is not None:
        facts.append(f'<span class="ag-good">best epoch {history.best_epoch}</span>')
    if history.interrupted:
        facts.append(flag("interrupted"))
    if history.stopped:
        facts.append(f'<span class="ag-dim">stopped: {escape(str(history.stopped))}</span>')
    title = f"<div>{' · '.join(facts)}</div>"
    if not history.epochs:
        return page(title)
    names = history.names()
    charts: dict[str, list[str]] = {}  # quantity → its names: train_loss and validation_loss share a chart
    for name in names:
        if name not in ("seconds", "epoch"):
            charts.setdefault(name.removeprefix("train_").removeprefix("validation_"), []).append(name)
    curves = "".join(
        _chart(quantity, {n: history[n] for n in of}, history.best_epoch) for quantity, of in charts.items()
    )
    return page(title, f'<div class="ag-images">{curves}</div>', epochs_table(history, names))


def shown_epochs(history: Any) -> list[int | None]:
    """The indices of the first epochs, of the best and of the last ones; None where others are left out."""
    n = len(history)
    if n <= FIRST + LAST + 1:
        return list(range(n))
    best = (history.best_epoch or n) - 1
    middle: list[int | None] = [best, None] if FIRST < best < n - LAST - 1 else []
    return [*range(FIRST), None, *middle, *range(n - LAST, n)]


def epochs_table(history: Any, names: list[str]) -> str:
    """These epochs as a table."""
    rows = []
    for i in shown_epochs(history):
        if i is None:
            rows.append(["…"] * (len(names) + 1))
            continue
        cells = [number(history.epochs[i].get(name, math.nan)) for name in names]
        if i + 1 == history.best_epoch:
            rows.append([f'<span class="ag-good">{i + 1} best</span>', *(f"<b>{cell}</b>" for cell in cells)])
        else:
            rows.append([str(i + 1), *cells])
    return table(["epoch", *map(escape, names)], rows)


# ------------------------------------------------------------------------------------------------------------ curves


def _chart(quantity: str, series: dict[str, list[float]], best: int | None) -> str:
    """One quantity over the epochs, as SVG. The axis is logarithmic where positive values span over a factor of 100."""
    finite = [v for values in series.values() for v in values if math.isfinite(v)]
    if not finite:
        return f"<div>{escape(quantity)}: {flag('no finite value')}</div>"
    low, high = min(finite), max(finite)
    logarithmic = low > 0 and high > 100 * low
    a, b = (math.log10(low), math.log10(high)) if logarithmic else (low, high)
    if a == b:
        a, b = a - 0.5 * (abs(a) or 1), b + 0.5 * (abs(b) or 1)
    n = max(map(len, series.values()))

    def x_of(i: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (i / (n - 1) if n > 1 else 0.5)

    def y_of(value: float) -> float:
        v = math.log10(value) if logarithmic else value
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * ((v / 2 - a / 2) / (b / 2 - a / 2))

    parts = []
    for k in range(4):
        t = k / 3
        mark = a * (1 - t) + b * t
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * t
        parts.append(
            f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="currentColor" stroke-opacity="0.18"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" opacity="0.7">'
            f"{10**mark if logarithmic else mark:.3g}</text>"
        )
    if best is not None and 1 <= best <= n:
        x = x_of(best - 1)
        parts.append(
            f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}" stroke="#2e9e5b" stroke-dasharray="3 3"/>'
        )
    for i in (0, n - 1) if n > 1 else ():
        anchor = "start" if i == 0 else "end"
        parts.append(
            f'<text x="{x_of(i):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="{anchor}" opacity="0.7">{i + 1}</text>'
        )
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle" opacity="0.7">'
        f"{'epoch' if n > 1 else 'epoch 1'}{' (logarithmic axis)' if logarithmic else ''}</text>"
    )
    legend = float(LEFT)
    for colour, (name, values) in zip(COLOURS, series.items(), strict=False):
        for line in _lines(values):
            points = " ".join(f"{x_of(i):.1f},{y_of(v):.1f}" for i, v in line)
            if len(line) > 1:
                parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
            else:
                cx, cy = points.split(",")
                parts.append(f'<circle cx="{cx}" cy="{cy}" r="3" fill="{colour}"/>')
        parts.append(
            f'<rect x="{legend:.0f}" y="8" width="14" height="4" fill="{colour}"/>'
            f'<text x="{legend + 20:.0f}" y="14">{escape(name)}</text>'
        )
        legend += 34 + 7 * len(name)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" aria-label="{escape(quantity)} over the epochs" font-family="sans-serif" font-size="11" '
        f'fill="currentColor">{"".join(parts)}</svg>'
    )


def _lines(values: list[float]) -> list[list[tuple[int, float]]]:
    """The curve in pieces, interrupted where a value is not finite; of a long one the extremes of each stretch."""
    lines: list[list[tuple[int, float]]] = [[]]
    for i in _thinned(values):
        if math.isfinite(values[i]):
            lines[-1].append((i, values[i]))
        elif lines[-1]:
            lines.append([])
    return [line for line in lines if line]


def _thinned(values: list[float]) -> list[int]:
    n = len(values)
    if n <= POINTS:
        return list(range(n))
    kept = {0, n - 1}
    stretch = math.ceil(2 * n / POINTS)
    for start in range(0, n, stretch):
        indices = range(start, min(start + stretch, n))
        finite = [i for i in indices if math.isfinite(values[i])]
        kept |= {min(finite, key=values.__getitem__), max(finite, key=values.__getitem__)} if finite else {start}
    return sorted(kept)
