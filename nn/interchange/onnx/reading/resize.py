"""Resize and Upsample: every dimension is resampled by taps (`ops/signal/interpolate.py`) that follow ONNX's definition,
with the arithmetic of onnxruntime where the definition leaves something open.

Output element o of `out` lies at the input coordinate at(o), for n input elements and the scale s (out / n, or what the
file gives, which it need not equal). Coordinates are computed in single precision, as there.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy import ndarray

from autograd_core.engine import basics
from autograd_core.ops.signal.interpolate import Taps, resample

single = np.float32


class Dimension(NamedTuple):
    """n input elements, `out` output elements, the scale, and the part of the input that tf_crop_and_resize takes."""

    n: int
    out: int
    scale: Any
    start: Any
    end: Any


def _half_pixel(o: ndarray, d: Dimension) -> ndarray:
    return (o + single(0.5)) / d.scale - single(0.5)


def _symmetric(o: ndarray, d: Dimension) -> ndarray:
    """half_pixel about the centre, whose place a rounded output size would move."""
    offset = single(d.n / 2) * (1 - single(d.out) / (d.scale * single(d.n)))
    return float(offset) + (o.astype(float) + 0.5) / float(d.scale) - 0.5


def _asymmetric(o: ndarray, d: Dimension) -> ndarray:
    """o / scale, but exactly where the scale is the ratio of the sizes: a half must stay one, for it is rounded."""
    return o.astype(float) * d.n / d.out if d.scale == single(d.out) / single(d.n) else o / d.scale


def _corners(o: ndarray, d: Dimension) -> ndarray:
    return o * single(d.n - 1) / single(d.out - 1) if d.out > 1 else o * 0


def _crop(o: ndarray, d: Dimension) -> ndarray:
    last = single(d.n - 1)
    if d.out > 1:
        return d.start * last + o * ((d.end - d.start) * last) / single(d.out - 1)
    return o * 0 + single(0.5) * (d.start + d.end) * last


COORDINATES = {
    "half_pixel": _half_pixel,
    "half_pixel_symmetric": _symmetric,
    "pytorch_half_pixel": lambda o, d: _half_pixel(o, d) if d.out > 1 else o * 0,
    "align_corners": _corners,
    "asymmetric": _asymmetric,
    "tf_half_pixel_for_nn": lambda o, d: (o + single(0.5)) / d.scale,
    "tf_crop_and_resize": _crop,
}
NEAREST = {
    "round_prefer_floor": lambda at, d: np.ceil(at - single(0.5)),
    "round_prefer_ceil": lambda at, d: np.floor(at + single(0.5)),
    "floor": lambda at, d: np.floor(at),
    "ceil": lambda at, d: np.ceil(at),
    "before opset 11": lambda at, d: np.ceil(at) if d.scale < 1 else np.floor(at),
}


def _linear(distance: ndarray) -> ndarray:
    return np.maximum(1 - np.abs(distance), 0)


def _cubic(a: float) -> Any:
    """Keys 1981, with his a."""

    def weight(distance: ndarray) -> ndarray:
        d = np.abs(distance)
        far = np.where(d < 2, ((a * d - 5 * a) * d + 8 * a) * d - 4 * a, 0)
        return np.where(d <= 1, ((a + 2) * d - (a + 3)) * d * d + 1, far)

    return weight


def _taps(at: ndarray, d: Dimension, weight: Any, reach: int, exclude: bool, antialias: bool) -> Taps:
    """The taps of a filter that reaches so far to both sides, and further by 1 / scale where antialias makes it wider.

    Elements outside the image are its border's, or count nothing where they are excluded.
    """
    at, wide = at.astype(float), max(1.0, 1.0 / float(d.scale)) if antialias else 1.0
    first = np.floor(at - reach * wide).astype(np.int64) + 1
    index = first[:, None] + np.arange(math.ceil(2 * reach * wide) + 1)
    weights = weight((index - at[:, None]) / wide)
    if exclude:
        weights = np.where((index < 0) | (index >= d.n), 0, weights)
    return Taps(np.clip(index, 0, d.n - 1), weights / weights.sum(1, keepdims=True), d.n)


def resized(node: Any, x: Any, roi: Any, scales: Any, sizes: Any) -> Any:
    """What a Resize or Upsample node computes. Raises NotImplementedError for what it asks that is not known here."""
    mode = {"bilinear": "linear", "trilinear": "linear"}.get(node.get("mode", "nearest"), node.get("mode", "nearest"))
    old = node.version < 11  # then there was neither a choice of coordinates nor of rounding
    get = (lambda name, default: default) if old else node.get
    coordinates = "asymmetric" if old else get("coordinate_transformation_mode", "half_pixel")
    nearest = "before opset 11" if old else get("nearest_mode", "round_prefer_floor")
    exclude, antialias = bool(get("exclude_outside", 0)), bool(get("antialias", 0))
    if mode not in ("nearest", "linear", "cubic") or coordinates not in COORDINATES or nearest not in NEAREST:
        raise node.unsupported(f"mode={mode}, coordinate_transformation_mode={coordinates}, nearest_mode={nearest}")
    if mode == "nearest" and coordinates == "half_pixel_symmetric":  # where halves round is not what onnxruntime does
        raise node.unsupported(f"coordinate_transformation_mode={coordinates} with mode=nearest")
    if mode == "nearest" and antialias:
        raise node.unsupported("antialias with mode=nearest")
    if exclude and mode != "cubic" and not (antialias and mode == "linear"):
        raise node.unsupported(f"exclude_outside with mode={mode}")
    if mode != "nearest" and x.dtype.kind != "f":
        raise node.unsupported(f"mode={mode} of {x.dtype}")
    crop = coordinates == "tf_crop_and_resize"
    if crop and antialias:
        raise node.unsupported("antialias with coordinate_transformation_mode=tf_crop_and_resize")
    dims = _dimensions(node, x, roi if crop else None, scales, sizes, get)
    whole = all((d.start, d.end) == (0, 1) for d in dims)
    if all(d.n == d.out for d in dims) and whole:  # whatever the scales say, as in onnxruntime
        return x
    if any(d.n == d.out and (d.start, d.end) != (0, 1) for d in dims):  # there onnxruntime leaves out the cut
        raise node.unsupported("coordinate_transformation_mode=tf_crop_and_resize without a change of the size")
    outside = np.zeros((1,) * x.ndim, bool)
    for i, d in enumerate(dims):
        if d.n == d.out and (d.scale == 1 or antialias):  # nothing is to be done, or onnxruntime does nothing
            continue
        at = COORDINATES[coordinates](np.arange(d.out, dtype=single), d).astype(single)
        if mode == "nearest":
            index = np.clip(NEAREST[nearest](at, d).astype(np.int64), 0, d.n - 1)
            taps = Taps(index[:, None], np.ones((d.out, 1)), d.n)
        else:
            weight, reach = (_linear, 1) if mode == "linear" else (_cubic(get("cubic_coeff_a", -0.75)), 2)
            taps = _taps(at, d, weight, reach, exclude, antialias)
        x = resample(x, i, taps)
        if crop:
            outside = outside | ((at < 0) | (at > d.n - 1)).reshape([-1 if j == i else 1 for j in range(x.ndim)])
    return basics.where(outside, np.asarray(get("extrapolation_value", 0.0), x.dtype), x) if outside.any() else x


def _dimensions(node: Any, x: Any, roi: Any, scales: Any, sizes: Any, get: Any) -> list[Dimension]:
    """How each dimension of x is resized."""
    roi, scales, sizes = (_numbers(v) for v in (roi, scales, sizes))
    if (scales is None) == (sizes is None):
        raise node.unsupported("scales and sizes together" if sizes is not None else "neither scales nor sizes")
    axes = [axis % x.ndim for axis in get("axes", None) or range(x.ndim)]
    numbers = sizes if sizes is not None else scales
    if len(numbers) != len(axes) or (roi is not None and len(roi) != 2 * len(axes)):
        raise node.unsupported(f"{len(numbers)} scales or sizes for {len(axes)} dimensions")
    parts = roi.astype(single).reshape(2, -1).T if roi is not None else np.array([[0, 1]] * len(axes), single)
    dims = [Dimension(n, n, single(1), single(0), single(1)) for n in x.shape]
    factors = scales if sizes is None else [single(m) / single(x.shape[a]) for a, m in zip(axes, sizes, strict=True)]
    policy = "stretch" if sizes is None else get("keep_aspect_ratio_policy", "stretch")
    if policy not in ("stretch", "not_larger", "not_smaller"):
        raise node.unsupported(f"keep_aspect_ratio_policy={policy}")
    for i, (axis, (start, end)) in enumerate(zip(axes, parts, strict=True)):
        n, scale = x.shape[axis], single(factors[i])
        if policy != "stretch":
            scale = single(min(factors) if policy == "not_larger" else max(factors))
            out = math.floor(scale * single(n) + single(0.5))
        elif sizes is not None:
            out = int(sizes[i])
        else:
            out = math.floor(scale * single(n))  # of tf_crop_and_resize too: onnxruntime does not count the cut
        if n < 1 or out < 1 or not scale > 0:
            raise node.unsupported(f"{n} elements resized to {out} by the scale {scale:g}")
        dims[axis] = Dimension(n, out, scale, start, end)
    return dims


def _numbers(x: Any) -> ndarray | None:
    """The array of an input; None for one that is missing or empty."""
    if x is None:
        return None
    array = np.asarray(x.array if hasattr(x, "array") else x).reshape(-1)
    return array if array.size else None
