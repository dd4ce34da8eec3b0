"""What the nodes of layers compute: products, convolutions, resizing. Pooling, normalisation and recurrence are beside it."""

from __future__ import annotations

from typing import Any

from autograd_core.ops.linalg.products import matmul
from autograd_core.ops.shape import shape

from .... import functional as F
from .pooling import by_dims, margins, padded
from .resize import resized
from .rule import Rule, in_single, reads

# ------------------------------------------------------------------------------------------------- products, convolutions


@reads("alpha", "beta", "transA", "transB", ignores=("broadcast",))
def _gemm(node: Any, a: Any, b: Any, c: Any = None) -> Any:
    alpha, beta, across = node.get("alpha", 1.0), node.get("beta", 1.0), node.get("transA", 0)
    a = a.T if across else a
    if alpha == 1 and (c is None or (beta == 1 and tuple(c.shape) == (b.shape[0 if node.get("transB", 0) else 1],))):
        return F.linear(a, b if node.get("transB", 0) else b.T, c)
    out = matmul(a, b.T if node.get("transB", 0) else b)
    out = out if alpha == 1 else out * alpha
    return out if c is None else out + (c if beta == 1 else c * beta)


def _check_window(node: Any, w: Any) -> None:
    window = node.get("kernel_shape")
    if window is not None and tuple(window) != tuple(w.shape[2:]):
        raise node.unsupported(f"kernel_shape={window} with a weight of shape {tuple(w.shape)}")


@reads("kernel_shape", "group", "auto_pad", "pads", "strides", "dilations")
@in_single
def _conv(node: Any, x: Any, w: Any, bias: Any = None) -> Any:
    dims = x.ndim - 2
    _check_window(node, w)
    stride, dilation = node.get("strides") or [1] * dims, node.get("dilations") or [1] * dims
    pairs = margins(node, x.shape[2:], list(w.shape[2:]), stride, dilation)
    padding = [before for before, _ in pairs]
    if any(before != after for before, after in pairs):
        x, padding = padded(x, pairs), [0] * dims
    return by_dims("conv", x)(x, w, bias, stride, padding, dilation, node.get("group", 1))


def _cuts(node: Any, x: Any, w: Any, stride: list, dilation: list, extra: list) -> list[tuple[int, int]]:
    """What is cut off (before, after) in each dimension, so that the output has the size that the node names."""
    sizes, kind = node.get("output_shape"), node.get("auto_pad", "NOTSET")
    space, window = x.shape[2:], list(w.shape[2:])
    if not sizes and kind in ("NOTSET", "VALID"):
        return margins(node, space, window, stride, dilation)
    sizes = sizes[-len(space) :] if sizes else [n * s for n, s in zip(space, stride, strict=True)]
    cuts: list[tuple[int, int]] = []
    for n, k, s, d, e, out in zip(space, window, stride, dilation, extra, sizes, strict=True):
        total = s * (n - 1) + e + (k - 1) * d + 1 - out
        if total == -1 and kind != "SAME_UPPER":  # one more at the end
            extra[len(cuts)] += 1
            cuts.append((0, 0))
            continue
        if total < 0:
            raise node.unsupported(f"an output of {out} elements, more than the {out + total} that there are")
        cuts.append((total // 2, total - total // 2) if kind == "SAME_UPPER" else (total - total // 2, total // 2))
    return cuts


@reads("kernel_shape", "group", "output_shape", "output_padding", "auto_pad", "pads", "strides", "dilations")
@in_single
def _conv_transpose(node: Any, x: Any, w: Any, bias: Any = None) -> Any:
    """Unequal padding is cut off afterwards, which is what it means here."""
    dims = x.ndim - 2
    _check_window(node, w)
    stride, dilation = node.get("strides") or [1] * dims, node.get("dilations") or [1] * dims
    extra = list(node.get("output_padding") or [0] * dims)
    pairs = _cuts(node, x, w, stride, dilation, extra)
    least = [min(pair) for pair in pairs]
    out = by_dims("conv_transpose", x)(x, w, bias, stride, least, extra, node.get("group", 1), dilation)
    cut = [
        (m - b, n - (a - m))
        for m, (b, a), n in ((m, p, n) for m, p, n in zip(least, pairs, out.shape[2:], strict=True))
    ]
    if all((b, a) == (m, m) for m, (b, a) in zip(least, pairs, strict=True)):
        return out
    return out[(..., *(slice(-start, stop) for start, stop in cut))]


# --------------------------------------------------------------------------------------------------------------- resizing


RESIZE = (
    "mode", "coordinate_transformation_mode", "nearest_mode", "cubic_coeff_a", "exclude_outside", "extrapolation_value",
    "antialias", "axes", "keep_aspect_ratio_policy",
)  # fmt: skip


@reads(*RESIZE)
def _resize(node: Any, x: Any, roi: Any = None, scales: Any = None, sizes: Any = None) -> Any:
    if node.version < 11:  # (x, scales)
        roi, scales = None, roi
    return resized(node, x, roi, scales, sizes)


@reads("mode", "scales", "height_scale", "width_scale")
def _upsample(node: Any, x: Any, scales: Any = None) -> Any:
    if node.get("height_scale") is not None:
        scales = [1, 1, node.get("height_scale"), node.get("width_scale")]
    return resized(node, x, None, node.get("scales") if scales is None else scales, None)


@reads("blocksize", "mode")
def _depth_to_space(node: Any, x: Any) -> Any:
    N, C, H, W = x.shape
    s = node.get("blocksize")
    if node.get("mode", "DCR") == "CRD":
        return F.pixel_shuffle(x, s)
    parts = shape.permute(shape.reshape(x, (N, s, s, C // s**2, H, W)), (0, 3, 4, 1, 5, 2))
    return shape.reshape(parts, (N, C // s**2, H * s, W * s))


@reads("blocksize", "mode")
def _space_to_depth(node: Any, x: Any) -> Any:
    N, C, H, W = x.shape
    s = node.get("blocksize")
    if node.get("mode", "DCR") == "CRD":
        return F.pixel_unshuffle(x, s)
    parts = shape.permute(shape.reshape(x, (N, C, H // s, s, W // s, s)), (0, 3, 5, 1, 2, 4))
    return shape.reshape(parts, (N, C * s**2, H // s, W // s))


@reads("alpha")
def _swish(node: Any, x: Any) -> Any:
    alpha = node.get("alpha", 1.0)
    return F.silu(x) if alpha == 1 else x * F.sigmoid(x * alpha)


LAYERS: dict[str, Rule] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "DepthToSpace": _depth_to_space,
    "Gemm": _gemm,
    "Resize": _resize,
    "SpaceToDepth": _space_to_depth,
    "Swish": _swish,
    "Upsample": _upsample,
}
