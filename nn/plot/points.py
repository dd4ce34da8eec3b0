"""Examples with two features and their classes: checked, and drawn as points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .figure import numbers, real
from .style import MARKERS, colour


def plane_points(name: str, what: str, x: Any) -> np.ndarray:
    points = real(name, what, x)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"{name}: draws models on two inputs; {what} must have shape (N, 2), got {points.shape}")
    return points.astype(np.float64)


def labels_of(name: str, y: Any, count: int) -> np.ndarray:
    """(N,) labels of classes (N,), (N, 1) or one-hot (N, C)."""
    labels = numbers(y)
    if labels.ndim == 2:
        labels = labels[:, 0] if labels.shape[1] == 1 else labels.argmax(1)
    if labels.shape != (count,):
        raise ValueError(f"{name}: {count} examples need as many classes, y of shape ({count},), got {labels.shape}")
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all() or (labels != np.round(labels)).any():
            raise ValueError(
                f"{name}: y must be classes, got {labels[labels != np.round(labels)][0]:g}; take y > 0 or argmax"
            )
        labels = labels.astype(np.int64)
    return labels.astype(np.int64) if labels.dtype.kind == "b" else labels


def mesh_axes(points: np.ndarray, limits: Any, resolution: int, share: float = 0.12) -> tuple[np.ndarray, np.ndarray]:
    if not 2 <= resolution <= 2000:
        raise ValueError(f"resolution must be from 2 to 2000, got {resolution}")
    if limits is None:
        low, high = points.min(0), points.max(0)
        room = share * np.where(high > low, high - low, 1.0)
        limits = np.stack([low - room, high + room], 1)
    (x0, x1), (y0, y1) = limits
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"limits are ((x0, x1), (y0, y1)) with x0 < x1 and y0 < y1, got {limits}")
    return np.linspace(x0, x1, resolution), np.linspace(y0, y1, resolution)


def to_scale(ax: Any, low: np.ndarray, high: np.ndarray, ratio: float = 1.15) -> None:
    """Limits around low and high, with one scale for both axes: the shorter side is widened to about the figure's shape."""
    middle, (width, height) = (low + high) / 2, high - low
    width, height = max(width, ratio * height), max(height, width / ratio)
    ax.set(
        xlim=middle[0] + np.array([-0.5, 0.5]) * width, ylim=middle[1] + np.array([-0.5, 0.5]) * height, aspect="equal"
    )


def class_names(labels: np.ndarray, classes: Sequence[str] | None) -> list[str]:
    if classes is None:
        return [str(label) for label in labels]
    if len(classes) < len(labels):
        raise ValueError(
            f"{len(labels)} classes, {', '.join(map(str, labels))}, but {len(classes)} names; give one for each"
        )
    return [str(name) for name in classes]


def scatter(ax: Any, points: np.ndarray, labels: np.ndarray, known: np.ndarray, classes: Any) -> list[Any]:
    """The examples, a colour and a marker for each class; what the legend gets."""
    handles = []
    small = 36 if len(points) <= 300 else 14
    for k, (label, name) in enumerate(zip(known, class_names(known, classes), strict=False)):
        mine = points[labels == label]
        if len(mine):
            marker = MARKERS[k % len(MARKERS)]
            handles.append(
                ax.scatter(
                    *mine.T,
                    s=small,
                    color=colour(k),
                    marker=marker,
                    edgecolors="white",
                    linewidths=0.7,
                    label=name,
                    zorder=3,
                )
            )
    return handles
