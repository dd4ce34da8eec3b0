"""Convolution over 1 to 3 dimensions: the columns, and the three products that are each other's gradients.

As in PyTorch, filters are not flipped: out[n, o, p] = Σ_{c, k} w[o, c, k] x[n, c, p·stride − padding + k·dilation].

The window of x under each output position, written as one column, gives the matrix `cols` (C KK, P), and the convolution
is w (OC, C KK) @ cols. The whole matrix would be KK times as large as x, so it never exists: kernels write one block of
it, small enough for the cache, and use it at once. Backward writes the block again rather than keep it.

Kernels see three spatial dimensions, of size 1 where there are fewer, and groups as a dimension of their own:
x (N, G, C, D, H, W), w (G, OC, K) with K = C KD KH KW, out (N, G, OC, P) with P = OD OH OW.
"""

from __future__ import annotations

import math

import numpy as np
from numpy import ndarray

from .runtime import kernel, plain, prange, warms_up

Sizes = tuple[int, ...]


# ------------------------------------------------------------------------------------------------- a block of columns


@kernel()
def fill_columns(x, cols, k0, k1, p0, p1, window, size, stride, padding, dilation):  # type: ignore[no-untyped-def]
    """cols[k - k0, p - p0] = the element of x (C, D, H, W) under filter element k at output position p; 0 outside x."""
    D, H, W = x.shape[1], x.shape[2], x.shape[3]
    KD, KH, KW = window
    OH, OW = size[1], size[2]
    step = stride[2]
    for k in range(k0, k1):
        kw, kh, kd, c = k % KW, k // KW % KH, k // (KW * KH) % KD, k // (KW * KH * KD)
        dd, dh, dw = kd * dilation[0] - padding[0], kh * dilation[1] - padding[1], kw * dilation[2] - padding[2]
        inside = max(0, -(dw // step))  # the first ow for which ow * step + dw lies in x, and that after the last
        outside = min(OW, (W - 1 - dw) // step + 1)
        col = cols[k - k0]
        for row in range(p0 // OW, (p1 - 1) // OW + 1):
            at = row * OW - p0
            a, b = max(0, -at), min(OW, p1 - row * OW)  # this block's part of the output row
            d, h = row // OH * stride[0] + dd, row % OH * stride[1] + dh
            if 0 <= d < D and 0 <= h < H:
                lo = min(max(a, inside), b)
                hi = max(lo, min(b, outside))
                target = col[at + lo : at + hi]
                source = x[c, d, h]
                if step == 1:
                    source = source[lo + dw : hi + dw]
                    for i in range(hi - lo):
                        target[i] = source[i]
                else:
                    for i in range(hi - lo):
                        target[i] = source[(lo + i) * step + dw]
            else:
                lo = hi = b
            col[at + a : at + lo] = 0
            col[at + hi : at + b] = 0


@kernel()
def add_columns(x, cols, k0, k1, p0, p1, window, size, stride, padding, dilation):  # type: ignore[no-untyped-def]
    """The adjoint of `fill_columns`: each element of cols is added to the element of x it would have been read from."""
    D, H, W = x.shape[1], x.shape[2], x.shape[3]
    KD, KH, KW = window
    OH, OW = size[1], size[2]
    step = stride[2]
    for k in range(k0, k1):
        kw, kh, kd, c = k % KW, k // KW % KH, k // (KW * KH) % KD, k // (KW * KH * KD)
        dd, dh, dw = kd * dilation[0] - padding[0], kh * dilation[1] - padding[1], kw * dilation[2] - padding[2]
        inside = max(0, -(dw // step))
        outside = min(OW, (W - 1 - dw) // step + 1)
        col = cols[k - k0]
        for row in range(p0 // OW, (p1 - 1) // OW + 1):
            at = row * OW - p0
            a, b = max(0, -at), min(OW, p1 - row * OW)
            d, h = row // OH * stride[0] + dd, row % OH * stride[1] + dh
            if 0 <= d < D and 0 <= h < H:
                lo = min(max(a, inside), b)
                hi = max(lo, min(b, outside))
                source = col[at + lo : at + hi]
                target = x[c, d, h]
                if step == 1:
                    target = target[lo + dw : hi + dw]
                    for i in range(hi - lo):
                        target[i] += source[i]
                else:
                    for i in range(hi - lo):
                        target[(lo + i) * step + dw] += source[i]


# --------------------------------------------------------------------------------------------------- products of blocks


# One inner loop each, because every loop is optimised anew in each kernel that uses it: rows and terms that are missing
# at the edges are replaced by rows of zeros, or by rows that nobody reads.


@kernel()
def add_product(M, K, a, k0, b, pb, c, pc, n, spare):  # type: ignore[no-untyped-def]
    """c[:M, pc : pc + n] += a[:M, k0 : k0 + K] @ b[:K, pb : pb + n], two rows by four terms at a time.

    a has zeros where K is rounded up to fours. spare (2, ≥ n): zeros, and a row to write to.
    """
    zeros = spare[0, :n]
    for i in range(0, M, 2):
        odd = i + 1 == M
        a0, a1 = a[i, k0:], a[i if odd else i + 1, k0:]
        c0 = c[i, pc : pc + n]
        c1 = spare[1, :n] if odd else c[i + 1, pc : pc + n]
        for k in range(0, K, 4):
            b0 = b[k, pb : pb + n]
            b1 = b[k + 1, pb : pb + n] if k + 1 < K else zeros
            b2 = b[k + 2, pb : pb + n] if k + 2 < K else zeros
            b3 = b[k + 3, pb : pb + n] if k + 3 < K else zeros
            a00, a01, a02, a03 = a0[k], a0[k + 1], a0[k + 2], a0[k + 3]
            a10, a11, a12, a13 = a1[k], a1[k + 1], a1[k + 2], a1[k + 3]
            for j in range(n):
                c0[j] += a00 * b0[j] + a01 * b1[j] + a02 * b2[j] + a03 * b3[j]
                c1[j] += a10 * b0[j] + a11 * b1[j] + a12 * b2[j] + a13 * b3[j]


@kernel(reassociate=True)
def add_dots(g, p0, p1, b, c, k0):  # type: ignore[no-untyped-def]
    """c[:, k0 : k0 + depth] += g[:, p0 : p1] @ bᵀ, two rows by four columns at a time. b: (depth, ≥ p1 - p0)."""
    M, n = g.shape[0], p1 - p0
    zero = g.dtype.type(0)
    for i in range(0, M, 2):
        i1 = min(i + 1, M - 1)
        g0, g1 = g[i, p0:p1], g[i1, p0:p1]
        for k in range(0, b.shape[0], 4):
            b0, b1, b2, b3 = b[k], b[k + 1], b[k + 2], b[k + 3]
            s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = zero
            for j in range(n):
                s0 += g0[j] * b0[j]
                s1 += g0[j] * b1[j]
                s2 += g0[j] * b2[j]
                s3 += g0[j] * b3[j]
                t0 += g1[j] * b0[j]
                t1 += g1[j] * b1[j]
                t2 += g1[j] * b2[j]
                t3 += g1[j] * b3[j]
            c0 = c[i, k0 + k : k0 + k + 4]
            c0[0] += s0
            c0[1] += s1
            c0[2] += s2
            c0[3] += s3
            if i1 > i:
                c1 = c[i1, k0 + k : k0 + k + 4]
                c1[0] += t0
                c1[1] += t1
                c1[2] += t2
                c1[3] += t3


# ----------------------------------------------------------------------------------------------------- loops over images


# The loop over tasks is the parallel part. What a task does is a kernel of its own, so that both variants share its code.


@kernel()
def _im2col_task(task, x, cols, window, size, stride, padding, dilation):  # type: ignore[no-untyped-def]
    C = x.shape[1]
    K = cols.shape[1] // C
    n, k0 = task // C, task % C * K
    fill_columns(x[n], cols[n][k0:], k0, k0 + K, 0, cols.shape[2], window, size, stride, padding, dilation)


@kernel(parallel=True)
def _im2col(tasks, x, cols, window, size, stride, padding, dilation):  # type: ignore[no-untyped-def]
    for task in prange(tasks):
        _im2col_task(task, x, cols, window, size, stride, padding, dilation)


@kernel()
def _col2im_task(task, x, cols, window, size, stride, padding, dilation):  # type: ignore[no-untyped-def]
    C = x.shape[1]
    K = cols.shape[1] // C
    n, k0 = task // C, task % C * K
    x[n, task % C] = 0
    add_columns(x[n], cols[n][k0:], k0, k0 + K, 0, cols.shape[2], window, size, stride, padding, dilation)


@kernel(parallel=True)
def _col2im(tasks, x, cols, window, size, stride, padding, dilation):  # type: ignore[no-untyped-def]
    for task in prange(tasks):
        _col2im_task(task, x, cols, window, size, stride, padding, dilation)


@kernel()
def _forward_task(  # type: ignore[no-untyped-def]
    task, x, w, bias, out, window, size, stride, padding, dilation, depth, step
):
    """A block of output positions of one image and group."""
    G, OC, P = out.shape[1], out.shape[2], out.shape[3]
    K = x.shape[2] * window[0] * window[1] * window[2]
    blocks = (P + step - 1) // step
    n, group, p0 = task // (G * blocks), task // blocks % G, task % blocks * step
    p1 = min(P, p0 + step)
    cols, spare = np.empty((depth, step), x.dtype), np.zeros((2, step), x.dtype)
    for o in range(OC):
        out[n, group, o, p0:p1] = bias[group, o]
    for k0 in range(0, K, depth):
        k1 = min(K, k0 + depth)
        fill_columns(x[n, group], cols, k0, k1, p0, p1, window, size, stride, padding, dilation)
        add_product(OC, k1 - k0, w[group], k0, cols, 0, out[n, group], p0, p1 - p0, spare)


@kernel(parallel=True)
def _forward(  # type: ignore[no-untyped-def]
    tasks, x, w, bias, out, window, size, stride, padding, dilation, depth, step
):
    for task in prange(tasks):
        _forward_task(task, x, w, bias, out, window, size, stride, padding, dilation, depth, step)


@kernel()
def _input_grad_task(  # type: ignore[no-untyped-def]
    task, g, wt, gx, window, size, stride, padding, dilation, channels, step
):
    """cols = wᵀ (K, OC) @ g (OC, P), added back to a block of channels of one image and group."""
    G, C = gx.shape[1], gx.shape[2]
    OC, P = g.shape[2], g.shape[3]
    KK = window[0] * window[1] * window[2]
    blocks = (C + channels - 1) // channels
    n, group, c0 = task // (G * blocks), task // blocks % G, task % blocks * channels
    c1 = min(C, c0 + channels)
    gx[n, group, c0:c1] = 0
    cols, spare = np.empty((channels * KK, step), g.dtype), np.zeros((2, step), g.dtype)
    for p0 in range(0, P, step):
        p1 = min(P, p0 + step)
        cols[:] = 0
        add_product((c1 - c0) * KK, OC, wt[group][c0 * KK :], 0, g[n, group], p0, cols, 0, p1 - p0, spare)
        add_columns(gx[n, group], cols, c0 * KK, c1 * KK, p0, p1, window, size, stride, padding, dilation)


@kernel(parallel=True)
def _input_grad(  # type: ignore[no-untyped-def]
    tasks, g, wt, gx, window, size, stride, padding, dilation, channels, step
):
    for task in prange(tasks):
        _input_grad_task(task, g, wt, gx, window, size, stride, padding, dilation, channels, step)


@kernel()
def _weight_grad_task(  # type: ignore[no-untyped-def]
    task, g, x, gw, window, size, stride, padding, dilation, depth, step
):
    """Σ_n g (OC, P) @ colsᵀ (P, K), for a block of K of one group and over one share of the images, into gw[share]."""
    N, G, P = g.shape[0], g.shape[1], g.shape[3]
    shares = gw.shape[0]
    K = x.shape[2] * window[0] * window[1] * window[2]
    blocks = (K + depth - 1) // depth
    share, group, k0 = task // (G * blocks), task // blocks % G, task % blocks * depth
    k1 = min(K, k0 + depth)
    cols = np.empty((depth, step), g.dtype)
    gw[share, group, :, k0 : k0 + depth] = 0
    for n in range(share * N // shares, (share + 1) * N // shares):
        for p0 in range(0, P, step):
            p1 = min(P, p0 + step)
            fill_columns(x[n, group], cols, k0, k1, p0, p1, window, size, stride, padding, dilation)
            add_dots(g[n, group], p0, p1, cols, gw[share, group], k0)


@kernel(parallel=True)
def _weight_grad(  # type: ignore[no-untyped-def]
    tasks, g, x, gw, window, size, stride, padding, dilation, depth, step
):
    for task in prange(tasks):
        _weight_grad_task(task, g, x, gw, window, size, stride, padding, dilation, depth, step)


# ------------------------------------------------------------------------------------------------------------- wrappers


def three(sizes: Sizes, fill: int) -> tuple[int, int, int]:
    """The sizes of one to three dimensions as those of three."""
    return (fill,) * (3 - len(sizes)) + tuple(sizes)  # type: ignore[return-value]


def _geometry(window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> tuple:
    return three(window, 1), three(size, 1), three(stride, 1), three(padding, 0), three(dilation, 1)


def output_size(size: Sizes, window: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Sizes:
    """How many positions the window has along each dimension."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, window, stride, padding, dilation, strict=True)
    )


BLOCK = 32 * 1024  # bytes of columns at a time: what a core's first-level cache holds


def _blocks(positions: int, longest: int, itemsize: int) -> tuple[int, int]:
    """How many positions a block of columns has, and how many rows then fit."""
    step = -(-positions // -(-positions // longest))  # equal blocks
    return step, max(4, BLOCK // itemsize // step // 4 * 4)


def im2col(x: ndarray, window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> ndarray:
    """x (N, C, …) -> (N, C KK, P): what is under each element of the window, at each of the `size` output positions."""
    N, C, *space = x.shape
    cols = np.empty((N, C * math.prod(window), math.prod(size)), x.dtype)
    if cols.size:
        x3 = plain(x).reshape(N, C, *three(tuple(space), 1))
        _im2col.for_work(cols.size)(N * C, x3, cols, *_geometry(window, size, stride, padding, dilation))
    return cols


def col2im(
    cols: ndarray, shape: Sizes, window: Sizes, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> ndarray:
    """(N, C KK, P) -> x of `shape` (N, C, …): each column added back to where `im2col` reads it, its adjoint."""
    if not cols.size:
        return np.zeros(shape, cols.dtype)
    x = np.empty(shape, cols.dtype)
    x3 = x.reshape(*shape[:2], *three(tuple(shape[2:]), 1))
    _col2im.for_work(cols.size)(shape[0] * shape[1], x3, plain(cols), *_geometry(window, size, stride, padding, dilation))
    return x


def _grouped(x: ndarray, groups: int) -> ndarray:
    """(N, C, …) as (N, G, C / G, D, H, W)."""
    N, C, *space = x.shape
    return plain(x).reshape(N, groups, C // groups, *three(tuple(space), 1))


def _fours(a: ndarray) -> ndarray:
    """The last dimension filled up with zeros to a multiple of four."""
    K = a.shape[-1]
    if K % 4 == 0:
        return plain(a)
    out = np.zeros((*a.shape[:-1], -(-K // 4) * 4), a.dtype)
    out[..., :K] = a
    return out


def conv_forward(
    x: ndarray,
    w: ndarray,
    bias: ndarray | None,
    stride: Sizes,
    padding: Sizes,
    dilation: Sizes,
    groups: int,
    size: Sizes | None = None,
) -> ndarray:
    """The convolution of x (N, C, …) with w (OC, C / groups, …), plus bias (OC,): (N, OC, *size).

    `padding` zeros are put before x along each dimension, and behind it as many as `size` asks for.
    """
    N, OC, window = x.shape[0], w.shape[0], w.shape[2:]
    size = output_size(x.shape[2:], window, stride, padding, dilation) if size is None else size
    P, K = math.prod(size), math.prod(w.shape[1:])
    out = np.empty((N, OC, *size), x.dtype)
    if out.size:
        step, depth = _blocks(P, max(256, min(1024, BLOCK // x.itemsize // max(K, 1))), x.itemsize)
        b = np.zeros(OC, x.dtype) if bias is None else plain(bias)
        _forward.for_work(out.size * K / 16)(
            N * groups * -(-P // step),
            _grouped(x, groups),
            _fours(w.reshape(groups, OC // groups, K)),
            b.reshape(groups, OC // groups),
            out.reshape(N, groups, OC // groups, P),
            *_geometry(window, size, stride, padding, dilation),
            min(depth, -(-K // 4) * 4),
            step,
        )
    return out


def conv_input_grad(
    g: ndarray, w: ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> ndarray:
    """The adjoint of `conv_forward` in x: from g (N, OC, …) to the gradient of `shape` (N, C, …)."""
    N, OC, *size = g.shape
    P, K, window = math.prod(size), math.prod(w.shape[1:]), w.shape[2:]
    gx = np.empty(shape, g.dtype)
    if not g.size or not gx.size:
        gx.fill(0)
        return gx
    step, depth = _blocks(P, 256, g.itemsize)
    channels = min(w.shape[1], max(1, depth // math.prod(window)))
    _input_grad.for_work(g.size * K / 16)(
        N * groups * -(-w.shape[1] // channels),
        plain(g).reshape(N, groups, OC // groups, P),
        _fours(w.reshape(groups, OC // groups, K).transpose(0, 2, 1)),
        _grouped(gx, groups),
        *_geometry(window, tuple(size), stride, padding, dilation),
        channels,
        step,
    )
    return gx


def conv_weight_grad(
    g: ndarray, x: ndarray, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int
) -> ndarray:
    """The adjoint of `conv_forward` in w: from g (N, OC, …) and x (N, C, …) to the gradient of `shape` (OC, C / groups, …)."""
    N, OC, *size = g.shape
    P, K, window = math.prod(size), math.prod(shape[1:]), shape[2:]
    if not g.size or not x.size or not K:
        return np.zeros(shape, g.dtype)
    step, depth = _blocks(P, 512, g.itemsize)
    depth = min(depth, -(-K // 4) * 4)
    tasks = groups * -(-K // depth)
    shares = _shares(N, tasks, OC * K * g.itemsize)
    gw = np.empty((shares, groups, OC // groups, -(-K // depth) * depth), g.dtype)
    _weight_grad.for_work(g.size * K / 16)(
        shares * tasks,
        plain(g).reshape(N, groups, OC // groups, P),
        _grouped(x, groups),
        gw,
        *_geometry(window, tuple(size), stride, padding, dilation),
        depth,
        step,
    )
    return np.add.reduce(gw[..., :K]).reshape(shape)


def _shares(images: int, tasks: int, nbytes: int) -> int:
    """Into how many shares, each with its own sum, the images are divided: for some 16 tasks, and at most 4 MB of sums.

    A function of the shapes, not of the number of threads, so that the order of the additions never changes.
    """
    return max(1, min(images, -(-16 // tasks), 4 * 2**20 // nbytes))


@warms_up
def _convolution() -> None:
    for dtype in (np.float32, np.float64):
        x, w = np.ones((2, 2, 3, 3), dtype), np.ones((2, 2, 2, 2), dtype)
        how: tuple[Sizes, Sizes, Sizes] = ((1, 1), (0, 0), (1, 1))
        g = conv_forward(x, w, None, *how, 1)
        conv_input_grad(g, w, x.shape, *how, 1)
        conv_weight_grad(g, x, w.shape, *how, 1)
        col2im(im2col(x, (2, 2), (2, 2), *how), x.shape, (2, 2), (2, 2), *how)
