"""Resizing, reading at positions, shuffles; against np.interp a dimension at a time, plain loops and SciPy."""

import math

import numpy as np
import scipy.ndimage

import autograd_core as ag

from . import Row, real


def centres(size, out, align, scale=None):
    """The input coordinates of the output elements."""
    o = np.arange(out)
    if align:
        return o * (size - 1) / (out - 1) if out > 1 else np.zeros(1)
    return (o + 0.5) * (1 / scale if scale else size / out) - 0.5


def along(x, sizes, line):
    """`line(values, out)` run over every line along every spatial dimension."""
    for i, out in enumerate(sizes):
        x = np.apply_along_axis(lambda v, out=out: line(v, out), 2 + i, x)
    return x


def linear(x, sizes, align=False, scale=None):
    return along(x, sizes, lambda v, out: np.interp(centres(len(v), out, align, scale), np.arange(len(v)), v))


def nearest(x, sizes, shift=0.0):
    return along(x, sizes, lambda v, out: np.array([v[int((o + shift) * len(v) / out)] for o in range(out)]))


def area(x, sizes):
    def line(v, out):
        n = len(v)
        return np.array([v[o * n // out : math.ceil((o + 1) * n / out)].mean() for o in range(out)])

    return along(x, sizes, line)


def cubic(x, sizes, align=False):
    def kernel(d):
        d = abs(d)
        if d <= 1:
            return 1.25 * d**3 - 2.25 * d**2 + 1
        return -0.75 * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0

    def line(v, out):
        result = []
        for at in centres(len(v), out, align):
            around = range(math.floor(at) - 1, math.floor(at) + 3)
            result.append(sum(kernel(at - i) * v[min(max(i, 0), len(v) - 1)] for i in around))
        return np.array(result)

    return along(x, sizes, line)


def resize(name, ref, shape, size, **options):
    return Row(
        f"interpolate_{name}", lambda x: ag.interpolate(x, size, **options), lambda x: ref(x, size), (real(*shape),),
        tol32=1e-4,
    )  # fmt: skip


def at_positions(x, grid, boundary, align, order=1):
    """Each image read at its positions by SciPy."""
    sizes = np.array(x.shape[2:])
    at = (grid[..., ::-1] + 1) / 2 * (sizes - 1) if align else ((grid[..., ::-1] + 1) * sizes - 1) / 2
    return np.stack(
        [
            np.stack(
                [scipy.ndimage.map_coordinates(c, np.moveaxis(p, -1, 0), order=order, mode=boundary) for c in image]
            )
            for image, p in zip(x, at, strict=True)
        ]
    )


def sampled(name, boundary, *, rank=2, order=1, **options):
    shape, places = ((2, 2, 4, 5), (2, 3, 2, 2)) if rank == 2 else ((1, 2, 3, 4, 5), (1, 2, 2, 2, 3))
    align = options.get("align_corners", False)
    return Row(
        f"grid_sample_{name}",
        lambda x, g: ag.grid_sample(x, g, **options),
        lambda x, g: at_positions(x, g, boundary, align, order),
        (real(*shape), real(*places, low=-1.2, high=1.2)),
        tol32=2e-4,
    )  # fmt: skip


def shuffled(x, r):
    N, C, H, W = x.shape
    out = np.zeros((N, C // r**2, H * r, W * r))
    for c, h, w in np.ndindex(out.shape[1:]):
        out[:, c, h, w] = x[:, c * r * r + (h % r) * r + w % r, h // r, w // r]
    return out


def affine(theta, H, W, align):
    out = np.zeros((len(theta), H, W, 2))
    for h, w in np.ndindex(H, W):
        y, x = (2 * h / (H - 1) - 1, 2 * w / (W - 1) - 1) if align else ((2 * h + 1) / H - 1, (2 * w + 1) / W - 1)
        out[:, h, w] = theta @ np.array([x, y, 1])
    return out


def smooth(x, sizes, kernel):
    """Weights by the distance from the output element's centre, over as many elements as it covers."""

    def line(v, out):
        ratio, result = len(v) / out, []
        for o in range(out):
            w = [kernel(abs(i + 0.5 - (o + 0.5) * ratio) / max(ratio, 1)) for i in range(len(v))]
            result.append(np.dot(w, v) / sum(w))
        return np.array(result)

    return along(x, sizes, line)


def tent(d):
    return max(0.0, 1 - d)


def keys(d):
    """Keys' cubic with a = -1/2."""
    if d < 1:
        return 1.5 * d**3 - 2.5 * d**2 + 1
    return -0.5 * (d**3 - 5 * d**2 + 8 * d - 4) if d < 2 else 0.0


ROWS = [
    Row(
        "interpolate_bilinear_antialias",
        lambda x: ag.interpolate(x, (3, 9), mode="bilinear", antialias=True),
        lambda x: smooth(x, (3, 9), tent),
        (real(1, 2, 7, 5),),
    ),
    Row(
        "interpolate_bicubic_antialias",
        lambda x: ag.interpolate(x, (2, 7), mode="bicubic", antialias=True),
        lambda x: smooth(x, (2, 7), keys),
        (real(1, 1, 7, 5),),
    ),
    resize("nearest", nearest, (2, 3, 4, 5), (7, 3)),
    resize("nearest_1d", nearest, (2, 3, 4), (40,)),
    resize("nearest_exact", lambda x, s: nearest(x, s, 0.5), (2, 3, 5), (3,), mode="nearest-exact"),
    resize("area", area, (1, 2, 5, 7), (3, 9), mode="area"),
    resize("area_3d", area, (1, 1, 4, 3, 5), (2, 5, 1), mode="area"),
    resize("linear", linear, (2, 3, 5), (8,), mode="linear"),
    resize("linear_many", linear, (1, 1, 2), (60,), mode="linear"),
    resize("bilinear", linear, (1, 2, 4, 5), (7, 3), mode="bilinear"),
    resize(
        "bilinear_corners", lambda x, s: linear(x, s, True), (1, 2, 4, 5), (7, 1), mode="bilinear", align_corners=True
    ),
    resize("trilinear", linear, (1, 1, 2, 3, 4), (3, 5, 2), mode="trilinear"),
    resize("bicubic", cubic, (1, 2, 4, 5), (7, 3), mode="bicubic"),
    resize("bicubic_corners", lambda x, s: cubic(x, s, True), (1, 2, 4, 5), (7, 3), mode="bicubic", align_corners=True),
    Row(
        "interpolate_scale",
        lambda x: ag.interpolate(x, scale_factor=1.7, mode="linear"),
        lambda x: linear(x, (8,), scale=1.7),
        (real(2, 1, 5),),
        tol32=1e-4,
    ),
    Row(
        "interpolate_recomputed",
        lambda x: ag.interpolate(x, scale_factor=1.7, mode="linear", recompute_scale_factor=True),
        lambda x: linear(x, (8,)),
        (real(2, 1, 5),),
        tol32=1e-4,
    ),
    Row(
        "upsample", lambda x: ag.upsample(x, scale_factor=2), lambda x: x.repeat(2, 2).repeat(2, 3), (real(1, 2, 3, 4),)
    ),
    sampled("zeros", "grid-constant"),
    sampled("border", "nearest", padding_mode="border"),
    sampled("reflection", "reflect", padding_mode="reflection"),
    sampled("zeros_corners", "grid-constant", align_corners=True),
    sampled("reflection_corners", "mirror", padding_mode="reflection", align_corners=True),
    sampled("nearest", "nearest", order=0, mode="nearest", padding_mode="border"),
    sampled("3d", "grid-constant", rank=3, align_corners=True),
    sampled("3d_border", "nearest", rank=3, padding_mode="border"),
    Row(
        "grid_sample_bicubic",
        lambda x, g: ag.grid_sample(x, g, mode="bicubic", padding_mode="border"),
        None,
        (real(1, 2, 4, 5), real(1, 3, 2, 2, low=-1.2, high=1.2)),
    ),
    Row("affine_grid", lambda t: ag.affine_grid(t, (2, 1, 3, 4)), lambda t: affine(t, 3, 4, False), (real(2, 2, 3),)),
    Row(
        "affine_grid_corners",
        lambda t: ag.affine_grid(t, (2, 1, 3, 4), True),
        lambda t: affine(t, 3, 4, True),
        (real(2, 2, 3),),
    ),
    Row("pixel_shuffle", lambda x: ag.pixel_shuffle(x, 2), lambda x: shuffled(x, 2), (real(2, 8, 2, 3),)),
    Row(
        "pixel_unshuffle", lambda x: ag.pixel_unshuffle(ag.pixel_shuffle(x, 2) * 1, 2), lambda x: x, (real(1, 4, 2, 3),)
    ),
    Row("channel_shuffle", lambda x: ag.channel_shuffle(x, 2), lambda x: x[:, [0, 3, 1, 4, 2, 5]], (real(2, 6, 3),)),
]
