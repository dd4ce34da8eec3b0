"""Whole numbers of 8, 16 and 32 bits that stand for others: real = (whole − zero point) · scale. The scale has a gradient
where it leads to floating numbers; what becomes whole numbers has none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

import autograd_core as ag

from .... import functional as F
from .pooling import margins
from .rule import Rule, cast, plain, reads


def _spread(node: Any, x: Any, v: Any, axis: int, block: int) -> Any:
    """A scale or zero point against x: one for all, one of each index along `axis`, or of each block along it."""
    if math.prod(v.shape) == 1 and not block:
        return ag.reshape(v, ())
    if block:
        return ag.repeat_interleave(v, block, axis)[tuple(slice(n) for n in x.shape)]
    if v.ndim != 1:
        raise node.unsupported(f"a scale of shape {tuple(v.shape)}")
    return ag.reshape(v, tuple(-1 if d == axis else 1 for d in range(x.ndim)))


def _quantized(real: ndarray, zero: Any, dtype: Any) -> ndarray:
    limits = np.iinfo(dtype)
    return np.clip(np.rint(real).astype(np.float64) + zero, limits.min, limits.max).astype(dtype)


@reads("axis", "block_size", "output_dtype", ignores=("saturate",))
def _quantize(node: Any, x: Any, scale: Any, zero: Any = None) -> ndarray:
    from onnx.helper import tensor_dtype_to_np_dtype

    axis, block = node.get("axis", 1) % max(x.ndim, 1), node.get("block_size", 0)
    named = node.get("output_dtype", 0)
    dtype = tensor_dtype_to_np_dtype(named) if named else np.dtype(np.uint8) if zero is None else zero.dtype
    if dtype.kind not in "iu" or dtype.itemsize > 2:
        raise node.unsupported(f"there is no dtype {dtype} here")
    factor = plain(_spread(node, x, scale, axis, block))
    offset = 0 if zero is None else plain(_spread(node, x, zero, axis, block)).astype(np.int64)
    return _quantized(plain(x) / factor, offset, dtype)


@reads("axis", "block_size", "output_dtype")
def _dequantize(node: Any, x: Any, scale: Any, zero: Any = None) -> Any:
    from onnx.helper import tensor_dtype_to_np_dtype

    axis, block, named = node.get("axis", 1) % max(x.ndim, 1), node.get("block_size", 0), node.get("output_dtype", 0)
    if x.dtype.kind not in "iu":
        raise node.unsupported(f"there is no dtype {x.dtype} here")
    factor = _spread(node, x, scale, axis, block)
    whole = cast(x, np.int64) - (0 if zero is None else cast(_spread(node, x, zero, axis, block), np.int64))
    out = cast(whole, factor.dtype) * factor
    return cast(out, tensor_dtype_to_np_dtype(named)) if named else out


def _shifted(x: Any, zero: Any, row: bool = False) -> ndarray:
    """x less its zero point: one for all, or one of each row or column."""
    if zero is None:
        return plain(x).astype(np.int64)
    offset = plain(zero).astype(np.int64)
    return plain(x).astype(np.int64) - (offset[..., None] if row and offset.ndim == 1 and offset.size > 1 else offset)


@reads()
def _matmul_integer(node: Any, a: Any, b: Any, a_zero: Any = None, b_zero: Any = None) -> ndarray:
    return (_shifted(a, a_zero, True) @ _shifted(b, b_zero)).astype(np.int32)


@reads()
def _qlinear_matmul(
    node: Any, a: Any, a_scale: Any, a_zero: Any, b: Any, b_scale: Any, b_zero: Any, scale: Any, zero: Any
) -> ndarray:
    out = _shifted(a, a_zero, True) @ _shifted(b, b_zero)
    scales = [plain(v) for v in (a_scale, b_scale, scale)]
    if any(v.size != 1 for v in scales):
        raise node.unsupported("scales of each row or column")
    factor = scales[0].astype(np.float64) * scales[1].astype(np.float64) / scales[2].astype(np.float64)
    return _quantized(out * factor.reshape(()), plain(zero).astype(np.int64).reshape(()), zero.dtype)


CONV = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")


def _convolved(node: Any, x: ndarray, w: ndarray) -> ndarray:
    """In double precision, which holds every sum exactly."""
    dims = x.ndim - 2
    stride, dilation = node.get("strides") or [1] * dims, node.get("dilations") or [1] * dims
    if (window := node.get("kernel_shape")) is not None and tuple(window) != w.shape[2:]:
        raise node.unsupported(f"kernel_shape={window} with a weight of shape {w.shape}")
    pairs = margins(node, x.shape[2:], list(w.shape[2:]), stride, dilation)
    framed = np.pad(x, [(0, 0), (0, 0), *pairs]).astype(np.float64)
    conv = getattr(F, f"conv{dims}d")
    return np.rint(plain(conv(framed, w.astype(np.float64), None, stride, 0, dilation, node.get("group", 1))))


def _of_channels(zero: Any, ndim: int) -> Any:
    """A zero point of each output channel, against a weight."""
    return zero if zero is None or plain(zero).size == 1 else plain(zero).reshape(-1, *(1,) * (ndim - 1))


@reads(*CONV)
def _conv_integer(node: Any, x: Any, w: Any, x_zero: Any = None, w_zero: Any = None) -> ndarray:
    return _convolved(node, _shifted(x, x_zero), _shifted(w, _of_channels(w_zero, w.ndim))).astype(np.int32)


@reads(*CONV)
def _qlinear_conv(
    node: Any,
    x: Any,
    x_scale: Any,
    x_zero: Any,
    w: Any,
    w_scale: Any,
    w_zero: Any,
    scale: Any,
    zero: Any,
    bias: Any = None,
) -> ndarray:
    out = _convolved(node, _shifted(x, x_zero), _shifted(w, _of_channels(w_zero, w.ndim)))
    channels = (-1, *(1,) * (x.ndim - 2))
    out = out if bias is None else out + plain(bias).reshape(channels)
    factor = plain(x_scale).astype(np.float64) * plain(w_scale).astype(np.float64) / plain(scale).astype(np.float64)
    factor = factor.reshape(channels) if factor.size > 1 else factor.reshape(())
    return _quantized(out * factor, plain(zero).astype(np.int64).reshape(()), zero.dtype)


QUANTIZED: dict[str, Rule] = {
    "ConvInteger": _conv_integer,
    "DequantizeLinear": _dequantize,
    "MatMulInteger": _matmul_integer,
    "QLinearConv": _qlinear_conv,
    "QLinearMatMul": _qlinear_matmul,
    "QuantizeLinear": _quantize,
}
