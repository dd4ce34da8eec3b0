"""Fourier transforms, and images read at positions: GridSample, RoiAlign, DeformConv, Col2Im."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy import ndarray

import autograd_core as ag

from .... import functional as F
from .rule import Rule, in_single, ints, of, plain, reads


def _complex(x: Any) -> Any:
    """From (…, 1), real, or (…, 2), real and imaginary part."""
    return x[..., 0] if x.shape[-1] == 1 else ag.complex(x[..., 0], x[..., 1])


def _parts(x: Any) -> Any:
    return ag.stack([x.real, x.imag], -1)


@reads("axis", "inverse", "onesided")
def _dft(node: Any, x: Any, length: Any = None, axis: Any = None) -> Any:
    """Since version 20 the axis is an input."""
    dim = node.get("axis", 1) if node.version < 20 else -2 if axis is None else int(plain(axis).item())
    dim, n = dim % x.ndim, None if length is None else int(plain(length).item())
    if dim == x.ndim - 1:
        raise ValueError(f"onnx: DFT along axis {dim}, which holds the real and the imaginary part")
    signal, inverse = _complex(x), bool(node.get("inverse", 0))
    if not node.get("onesided", 0):
        return _parts((ag.fft.ifft if inverse else ag.fft.fft)(signal, n, dim))
    if not inverse:
        if x.shape[-1] != 1:
            raise node.unsupported("onesided of complex numbers")
        return _parts(ag.fft.rfft(signal, n, dim))
    return ag.unsqueeze(ag.fft.irfft(signal, n, dim), -1)


@reads("onesided")
def _stft(node: Any, x: Any, step: Any, window: Any = None, length: Any = None) -> Any:
    """(B, L, 1 or 2): the transforms of the frames (B, frames, frequencies, 2)."""
    n = int(plain(length).item()) if length is not None else plain(window).shape[0] if window is not None else 0
    hop = int(plain(step).item())
    if n < 1:
        raise node.unsupported("neither a window nor a frame_length")
    starts = np.arange(0, x.shape[1] - n + 1, hop)
    frames = x[:, starts[:, None] + np.arange(n)]  # (B, frames, n, 1 or 2)
    signal = _complex(frames)
    signal = signal if window is None else signal * window
    if node.get("onesided", 1):
        if x.shape[-1] != 1:
            raise node.unsupported("onesided of complex numbers")
        return _parts(ag.fft.rfft(signal, n, -1))
    return _parts(ag.fft.fft(signal, n, -1))


@reads("output_datatype")
def _mel_weights(node: Any, bins: Any, length: Any, rate: Any, low: Any, high: Any) -> ndarray:
    """Triangles on the mel scale, 2595 log10(1 + f / 700): (length // 2 + 1, bins)."""
    from onnx.helper import tensor_dtype_to_np_dtype

    count, n, rate, low, high = (plain(v).item() for v in (bins, length, rate, low, high))
    first, last = (2595 * np.log10(1 + f / 700) for f in (low, high))
    mel = first + np.arange(count + 2) * (last - first) / (count + 2)
    points = np.floor((n + 1) * 700 * (10 ** (mel / 2595) - 1) / rate).astype(np.int64)
    out = np.zeros((n // 2 + 1, count))
    for i in range(count):
        below, centre, above = points[i : i + 3]
        if below == centre:
            out[centre, i] = 1
        else:
            out[below : centre + 1, i] = (np.arange(below, centre + 1) - below) / (centre - below)
        if above > centre:
            out[centre:above, i] = (above - np.arange(centre, above)) / (above - centre)
    return out.astype(tensor_dtype_to_np_dtype(node.get("output_datatype", 1)))


# ----------------------------------------------------------------------------------------------------------------- images


@reads("mode", "padding_mode", "align_corners")
@in_single
def _grid_sample(node: Any, x: Any, grid: Any) -> Any:
    mode = {"linear": "bilinear", "cubic": "bicubic"}.get(name := node.get("mode", "bilinear"), name)
    if x.ndim not in (4, 5) or (mode == "bicubic" and x.ndim == 5):
        raise node.unsupported(f"mode={name} of {x.ndim - 2} dimensions")
    return F.grid_sample(x, grid, mode, node.get("padding_mode", "zeros"), bool(node.get("align_corners", 0)))


@reads("dilations", "pads", "strides")
def _col2im(node: Any, x: Any, image: Any, block: Any) -> Any:
    """Columns (N, C·K, L) added up in images: column l of kernel element k lies at l · stride + k · dilation."""
    space, window = ints(image), ints(block)
    dims = len(space)
    stride, dilation = node.get("strides") or [1] * dims, node.get("dilations") or [1] * dims
    pads = node.get("pads") or [0] * 2 * dims
    framed = [n + pads[i] + pads[i + dims] for i, n in enumerate(space)]
    at = [
        np.arange(k)[:, None] * d + np.arange((n - d * (k - 1) - 1) // s + 1) * s
        for n, k, s, d in zip(framed, window, stride, dilation, strict=True)
    ]  # (K, L) of each dimension
    flat = np.zeros((), np.int64)
    for i, positions in enumerate(at):
        sizes = [1] * 2 * dims
        sizes[i], sizes[i + dims] = positions.shape
        flat = flat + positions.reshape(sizes) * math.prod(framed[i + 1 :])
    N, C = x.shape[0], x.shape[1] // math.prod(window)
    columns = ag.reshape(x, (N, C, flat.size))
    index = np.broadcast_to(flat.reshape(-1), columns.shape)
    out = ag.scatter_add(np.zeros((N, C, math.prod(framed)), x.dtype), 2, index, columns)
    inner = (slice(pads[i], pads[i] + n) for i, n in enumerate(space))
    return ag.reshape(out, (N, C, *framed))[(slice(None), slice(None), *inner)]


def sampled(x: Any, batch: Any, y: Any, at: Any) -> Any:
    """x (N, C, H, W) between the pixels around (y, at), 0 outside; batch, y and at broadcast to P: (C, *P).

    y and at may be tensors: the gradient flows to them, too.
    """
    H, W = x.shape[2:]
    planes, total = ag.permute(x, (1, 0, 2, 3)), 0
    top, left = np.floor(plain(y)).astype(np.int64), np.floor(plain(at)).astype(np.int64)
    for dy, dx in itertools.product((0, 1), repeat=2):
        row, column = top + dy, left + dx
        weight = (1 - abs(y - row.astype(x.dtype))) * (1 - abs(at - column.astype(x.dtype)))
        inside = ((row >= 0) & (row < H) & (column >= 0) & (column < W)).astype(x.dtype)
        values = planes[:, batch, np.clip(row, 0, H - 1), np.clip(column, 0, W - 1)]
        total = total + values * (weight * inside)
    return total


ROI = ("coordinate_transformation_mode", "mode", "output_height", "output_width", "sampling_ratio", "spatial_scale")


@reads(*ROI)
def _roi_align(node: Any, x: Any, rois: Any, batches: Any) -> Any:
    """Regions (x1, y1, x2, y2) in bins, of each the mean (or the largest term) of samples on a grid of its own."""
    mode, half = node.get("mode", "avg"), node.get("coordinate_transformation_mode", "half_pixel") == "half_pixel"
    half = half and node.version >= 16
    OH, OW = node.get("output_height", 1), node.get("output_width", 1)
    ratio, scale = node.get("sampling_ratio", 0), node.get("spatial_scale", 1.0)
    if mode not in ("avg", "max"):
        raise node.unsupported(f"mode={mode}")
    outs = []
    for n, roi in zip(ints(batches), np.asarray(plain(rois)), strict=True):
        x1, y1, x2, y2 = roi * np.asarray(scale, roi.dtype) - (0.5 if half else 0)
        h, w = (y2 - y1, x2 - x1) if half else (max(y2 - y1, 1), max(x2 - x1, 1))
        GH, GW = ratio or math.ceil(h / OH), ratio or math.ceil(w / OW)
        y = (y1 + (np.arange(OH * GH) + 0.5) * (h / (OH * GH))).astype(x.dtype)[:, None]
        at = (x1 + (np.arange(OW * GW) + 0.5) * (w / (OW * GW))).astype(x.dtype)[None]
        outs.append(_bins(node, x, n, y, at, (OH, GH, OW, GW), mode))
    return ag.stack(outs)


def _bins(node: Any, x: Any, n: int, y: ndarray, at: ndarray, sizes: tuple, mode: str) -> Any:
    H, W = x.shape[2:]
    OH, GH, OW, GW = sizes
    inside = ((y >= -1) & (y <= H) & (at >= -1) & (at <= W)).astype(x.dtype)
    y, at = np.clip(y, 0, H - 1), np.clip(at, 0, W - 1)
    if mode == "avg":
        values = sampled(x, n, y, at) * inside  # (C, OH GH, OW GW)
        return ag.mean(ag.reshape(values, (x.shape[1], OH, GH, OW, GW)), (2, 4))
    top, left = np.floor(y).astype(np.int64), np.floor(at).astype(np.int64)
    terms = []
    for dy, dx in itertools.product((0, 1), repeat=2):  # the largest of the four weighted pixels, of all samples
        row, column = top + dy, left + dx
        weight = (1 - abs(y - row)) * (1 - abs(at - column)) * inside
        pixel = x[n][:, np.minimum(row, H - 1), np.minimum(column, W - 1)]
        terms.append(ag.reshape(pixel * weight.astype(x.dtype), (x.shape[1], OH, GH, OW, GW)))
    return ag.amax(ag.stack(terms), (0, 3, 5))


@reads("dilations", "group", "kernel_shape", "offset_group", "pads", "strides")
def _deform_conv(node: Any, x: Any, w: Any, offset: Any, bias: Any = None, mask: Any = None) -> Any:
    """A convolution whose kernel elements are read at positions of their own (Dai et al. 2017; the mask: Zhu et al. 2019)."""
    if x.ndim != 4:
        raise node.unsupported(f"{x.ndim - 2} dimensions of space")
    N, C, OC, (KH, KW) = x.shape[0], x.shape[1], w.shape[0], w.shape[2:]
    stride, dilation = node.get("strides") or [1, 1], node.get("dilations") or [1, 1]
    groups, shared = node.get("group", 1), node.get("offset_group", 1)
    top, left = (node.get("pads") or [0, 0])[:2]
    if (window := node.get("kernel_shape")) is not None and tuple(window) != (KH, KW):
        raise node.unsupported(f"kernel_shape={window} with a weight of shape {tuple(w.shape)}")
    OH, OW = offset.shape[2:]
    offset = ag.reshape(offset, (N, shared, KH, KW, 2, OH, OW))
    base_y = np.arange(KH)[:, None, None, None] * dilation[0] + np.arange(OH)[:, None] * stride[0] - top
    base_x = np.arange(KW)[:, None, None] * dilation[1] + np.arange(OW) * stride[1] - left
    batch = np.arange(N).reshape(N, 1, 1, 1, 1)
    parts = []
    for g in range(shared):
        channels = x[:, g * (C // shared) : (g + 1) * (C // shared)]
        y, at = offset[:, g, :, :, 0] + base_y.astype(x.dtype), offset[:, g, :, :, 1] + base_x.astype(x.dtype)
        values = sampled(channels, batch, y, at)  # (C / shared, N, KH, KW, OH, OW)
        parts.append(values if mask is None else values * ag.reshape(mask, (N, shared, KH, KW, OH, OW))[:, g])
    columns = ag.reshape(ag.permute(ag.cat(parts, 0), (1, 0, 2, 3, 4, 5)), (N, groups, C // groups * KH * KW, OH * OW))
    out = ag.matmul(ag.reshape(w, (groups, OC // groups, C // groups * KH * KW)), columns)
    out = ag.reshape(out, (N, OC, OH, OW))
    return out if bias is None else out + ag.reshape(bias, (OC, 1, 1))


SIGNAL: dict[str, Rule] = {
    "Col2Im": _col2im,
    "DFT": _dft,
    "DeformConv": _deform_conv,
    "Det": of(ag.det),
    "GridSample": _grid_sample,
    "MelWeightMatrix": _mel_weights,
    "RoiAlign": _roi_align,
    "STFT": _stft,
}
