"""Convolution of stride 1 with 3×3 or 5×5 filters in a quarter or a third of the multiplications (`transforms.py`).

A map is cut into tiles of n×n outputs (n = 4 or 2), each of which sees 6×6 inputs of every channel:

    V = Bᵀ x B for each tile t and channel c,    U = G w Gᵀ for each filter,    then for each of the 36 elements ξ
    M[ξ] (T, OC) = V[ξ] (T, C) @ U[ξ] (C, OC)    and    out = Aᵀ M A for each tile and output channel.

The gradient to the input is such a convolution too. That to the weights takes n×n tiles of g for the filter, and its r×r
outputs are what is looked for:

    S[ξ] (OC, C) = Σ_t W[ξ] (OC, t) V[ξ] (t, C)    with W = G g Gᵀ,    and    gw = Aᵀ S A.

Layouts: x (N, G, C, D, H, W), filters (G, KD, OC, KH, C, KW), out and g (N, G, OC, OD, OH, OW), flat. U (G, KD, 36, C, padded
OC), V (36, T, padded C) and M (36, T, padded OC) of the T tiles of a block, S (shares, G, KD, 36, OC, padded C). Images are
transposed so that channels are contiguous, as the vectors of the transforms and of the products need them.

Parallel split: a task is a block of tiles of one group, some rows of an image or some whole images, so that V and M stay in
the second-level cache; for the gradient to the weights, a share of the blocks of one group, with sums of its own. Blocks
and shares depend on the shapes alone: so results do not depend on the number of threads.

float32 alone: the error is some three times that of the sums taken directly, as tests/test_winograd.py holds.
A NaN or an infinity in a tile would spread over all of it; where a result is not finite, the caller gets to know, and
takes the sums directly.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy import ndarray

from ..machine.runtime import kernel, plain
from ..machine.simd import (
    ALONG_K,
    ALONG_M,
    LANES,
    VECTORS,
    MicroTile,
    calls,
    lanes,
    micro_kernel,
    micro_tile_rows,
    transpose,
)
from ..machine.threads import parallel_for
from ..machine.workspace import zeros
from .sliding import Geometry, Sizes, aligned, clear
from .transforms import NUMBERS, SIZES, Squares, transform, transform_code

INPUT = NUMBERS["input"]
PAST = 16  # elements more than needed from one ξ to the next, against cache-set conflicts of all 36

# ------------------------------------------------------------------------------------------------------------- kernels


@kernel()
def channels_last(calls, x, x_at, shape, top, left, pixels, at, rows, columns, padded):  # type: ignore[no-untyped-def]
    """pixels[i, j, c] = x[c, top + i, left + j], 0 outside the image; rows and columns may be outside.

    x, x_at       an image, flat; shape (C, distance of channels, H, W)
    pixels, at    (rows, columns, padded C), flat. Columns outside are left as they are: 0
    """
    C, plane, H, W = shape
    lo, hi = max(0, -left), min(columns, W - left)
    for row in range(rows):
        h, to = top + row, at + row * columns * padded
        if h < 0 or h >= H:
            clear(pixels, to, to + columns * padded)
            continue
        transpose(calls, x, x_at + h * W + left + lo, pixels, to + lo * padded, plane, padded, C, hi - lo, True, False)


@kernel(allocates=True)
def _filters(start, stop, code, w, u, sizes, taps, number):  # type: ignore[no-untyped-def]
    """U = G w Gᵀ. A task is one input channel.

    w         (G, KD, OC, taps, C, taps), flat
    u         (G, KD, 36, C, padded OC), flat
    sizes     (OC, C, padded OC)
    number    of the transform
    """
    OC, C, padded = sizes
    gathered = np.zeros(taps * taps * padded, w.dtype)
    for task in range(start, stop):
        c, each = task % C, task // C
        for o in range(OC):
            for i in range(taps):
                for j in range(taps):
                    gathered[(i * taps + j) * padded + o] = w[(((each * OC + o) * taps + i) * C + c) * taps + j]
        transform(
            code, gathered, 0, u, (each * 36 * C + c) * padded, gathered, 0, gathered, 0, number,
            Squares(taps * padded, padded, 6 * C * padded, C * padded, 1, 0, 0, OC),
        )  # fmt: skip


# The layout of `plan`, the parameter array of the loops over blocks
(
    N,
    GROUPS,
    C,  # input channels of a group
    D,  # the space of x
    H,
    W,
    OC,  # output channels of a group
    OD,  # the space of out
    OH,
    OW,
    KD,  # the depth of the filter
    STRIDE,  # along the depth
    PADDING,  # along depth, height, width
    TOP,
    LEFT,
    DILATION,  # along the depth
    SIDE_OUT,  # n: a tile has n × n outputs
    TILES_H,  # tiles along height and width
    TILES_W,
    IMAGES,  # images (of one depth) in a block
    TILE_ROWS,  # rows of tiles in a block
    C_PADDED,  # C and OC, rounded up to whole vectors
    OC_PADDED,
    U_PADDED,  # distance of the rows of U
    SHARES,  # of the blocks, for the gradient to the weights
) = range(25)


@kernel()
def blocks_of(plan):  # type: ignore[no-untyped-def]
    """The number of blocks of images, and of blocks of rows in one of these."""
    images = plan[N] * plan[OD]
    return (images + plan[IMAGES] - 1) // plan[IMAGES], (plan[TILES_H] + plan[TILE_ROWS] - 1) // plan[TILE_ROWS]


@kernel()
def block_at(plan, number):  # type: ignore[no-untyped-def]
    """A block: its first image and their count, its first row of tiles and their count."""
    rows = (plan[TILES_H] + plan[TILE_ROWS] - 1) // plan[TILE_ROWS]
    image, row = number // rows * plan[IMAGES], number % rows * plan[TILE_ROWS]
    return (
        image, min(plan[IMAGES], plan[N] * plan[OD] - image), row, min(plan[TILE_ROWS], plan[TILES_H] - row)
    )  # fmt: skip


@kernel()
def input_tiles(calls, code, x, group, kd, block, pixels, at, v, v_at, v_stride, plan):  # type: ignore[no-untyped-def]
    """V = Bᵀ x B of the tiles of a block.

    x             flat, see above; group, kd: of the channels and of the filter
    block         what `block_at` returns
    pixels, at    room for the pixels of the rows of tiles of an image, channels last; it comes as zeros
    v, v_at       (36, T, padded C), flat; v_stride: the distance of the 36
    """
    first, images, row, rows = block
    n, padded, tiles = plan[SIDE_OUT], plan[C_PADDED], plan[TILES_W]
    high, wide = (rows - 1) * n + 6, (tiles - 1) * n + 6
    for i in range(images):
        image, od = (first + i) // plan[OD], (first + i) % plan[OD]
        d = od * plan[STRIDE] + kd * plan[DILATION] - plan[PADDING]
        inside = 0 <= d < plan[D]
        plane = plan[H] * plan[W]
        x_at = ((image * plan[GROUPS] + group) * plan[C] * plan[D] + (d if inside else 0)) * plane
        shape = (plan[C], plan[D] * plane, plan[H] if inside else 0, plan[W])
        channels_last(
            calls, x, x_at, shape, row * n - plan[TOP], -plan[LEFT], pixels, at, high, wide, padded
        )  # fmt: skip
        for r in range(rows):
            transform(
                code, pixels, at + r * n * wide * padded, v, v_at + (i * rows + r) * tiles * padded, v, 0, v, 0, INPUT,
                Squares(wide * padded, padded, 6 * v_stride, v_stride, tiles, n * padded, padded, padded),
            )  # fmt: skip


@kernel(allocates=True)
def forward(start, stop, calls, code, x, u, bias, out, wild, number, plan):  # type: ignore[no-untyped-def]
    """A task is a block of tiles of one group.

    x, out    flat, see above
    u         (G, KD, 36, C, padded OC), flat
    bias      (G OC,) or (0,)
    wild      (1,): becomes 1 if a result is not finite
    number    of the transform to outputs
    plan      int64, see above
    """
    n, channels, filters = plan[SIDE_OUT], plan[C], plan[OC]
    c_padded, o_padded, tiles, nr = plan[C_PADDED], plan[OC_PADDED], plan[TILES_W], VECTORS * calls[LANES]
    images, rows = plan[IMAGES], plan[TILE_ROWS]
    most = images * rows * tiles
    v_stride, m_stride = most * c_padded + PAST, most * o_padded + PAST
    pixels = np.zeros(((rows - 1) * n + 6) * ((tiles - 1) * n + 6) * c_padded + 16, x.dtype)
    v, m = np.empty(36 * v_stride + 16, x.dtype), np.empty(36 * m_stride + 16, x.dtype)
    y = np.empty((rows * n * plan[OW] + n) * o_padded + 16, x.dtype)
    more, check = np.zeros(o_padded, x.dtype), np.zeros(o_padded, x.dtype)
    at, v_at, m_at, y_at = aligned(pixels), aligned(v), aligned(m), aligned(y)
    blocks, blocks_high = blocks_of(plan)
    P = plan[OH] * plan[OW]
    for task in range(start, stop):
        group, block = task // (blocks * blocks_high), block_at(plan, task % (blocks * blocks_high))
        first, images, row, rows = block
        T = images * rows * tiles
        for kd in range(plan[KD]):
            input_tiles(calls, code, x, group, kd, block, pixels, at, v, v_at, v_stride, plan)
            for xi in range(36):
                u_at = ((group * plan[KD] + kd) * 36 + xi) * channels * plan[U_PADDED]
                for o in range(0, o_padded, nr):
                    t, columns = 0, min(nr, o_padded - o)
                    while t < T:
                        high = micro_tile_rows(calls, T - t, columns)
                        micro_kernel(
                            calls, v, v_at + xi * v_stride + t * c_padded, u, u_at + o, m,
                            m_at + xi * m_stride + t * o_padded + o, m, 0, calls, 0,
                            MicroTile(
                                high, columns, channels, c_padded, plan[U_PADDED], o_padded, ALONG_K, kd > 0, False
                            ),
                        )  # fmt: skip
                        t += high
        if len(bias):
            for o in range(filters):
                more[o] = bias[group * filters + o]
        for i in range(images):
            for r in range(rows):  # from right to left: what is beyond the right edge is overwritten by what follows
                last = tiles - 1
                transform(
                    code, m, m_at + ((i * rows + r) * tiles + last) * o_padded, y,
                    y_at + (r * n * plan[OW] + last * n) * o_padded, more, 0, check, 0, number,
                    Squares(
                        6 * m_stride, m_stride, plan[OW] * o_padded, o_padded, tiles, -o_padded, -n * o_padded, o_padded
                    ),
                )  # fmt: skip
            count = min(rows * n, plan[OH] - row * n) * plan[OW]
            image, od = (first + i) // plan[OD], (first + i) % plan[OD]
            out_at = ((image * plan[GROUPS] + group) * filters * plan[OD] + od) * P + row * n * plan[OW]
            transpose(calls, y, y_at, out, out_at, o_padded, plan[OD] * P, count, filters, False, False)
    for o in range(filters):
        if check[o] != 0:
            wild[0] = 1


@kernel(allocates=True)
def weight_grad(start, stop, calls, code, g, x, s, number, plan):  # type: ignore[no-untyped-def]
    """A task is a share of the blocks of one group.

    g, x      flat, see above
    s         S (shares, G, KD, 36, OC, padded C), flat; it comes as zeros
    number    of the transform of g
    plan      int64, see above
    """
    n, filters, shares = plan[SIDE_OUT], plan[OC], plan[SHARES]
    c_padded, o_padded, tiles, nr = plan[C_PADDED], plan[OC_PADDED], plan[TILES_W], VECTORS * calls[LANES]
    most = plan[IMAGES] * plan[TILE_ROWS] * tiles
    v_stride, w_stride = most * c_padded + PAST, most * o_padded + PAST
    pixels = np.zeros(((plan[TILE_ROWS] - 1) * n + 6) * ((tiles - 1) * n + 6) * c_padded + 16, x.dtype)
    g_pixels = np.zeros(plan[TILE_ROWS] * n * tiles * n * o_padded + 16, x.dtype)
    v, w = np.empty(36 * v_stride + 16, x.dtype), np.empty(36 * w_stride + 16, x.dtype)
    at, g_at, v_at, w_at = aligned(pixels), aligned(g_pixels), aligned(v), aligned(w)
    blocks, blocks_high = blocks_of(plan)
    blocks *= blocks_high
    plane = plan[OH] * plan[OW]
    for task in range(start, stop):
        share, group = task // plan[GROUPS], task % plan[GROUPS]
        for index in range(blocks * share // shares, blocks * (share + 1) // shares):
            block = block_at(plan, index)
            first, images, row, rows = block
            for i in range(images):
                image, od = (first + i) // plan[OD], (first + i) % plan[OD]
                from_ = ((image * plan[GROUPS] + group) * filters * plan[OD] + od) * plane
                shape = (filters, plan[OD] * plane, plan[OH], plan[OW])
                channels_last(
                    calls, g, from_, shape, row * n, 0, g_pixels, g_at, rows * n, tiles * n, o_padded
                )  # fmt: skip
                for r in range(rows):
                    transform(
                        code, g_pixels, g_at + r * n * tiles * n * o_padded, w, w_at + (i * rows + r) * tiles * o_padded,
                        w, 0, w, 0, number,
                        Squares(
                            tiles * n * o_padded, o_padded, 6 * w_stride, w_stride, tiles, n * o_padded, o_padded, o_padded
                        ),
                    )  # fmt: skip
            for kd in range(plan[KD]):
                input_tiles(calls, code, x, group, kd, block, pixels, at, v, v_at, v_stride, plan)
                for xi in range(36):
                    s_at = (((share * plan[GROUPS] + group) * plan[KD] + kd) * 36 + xi) * filters * c_padded
                    for c in range(0, c_padded, nr):
                        o, columns = 0, min(nr, c_padded - c)
                        while o < filters:
                            high = micro_tile_rows(calls, filters - o, columns)
                            micro_kernel(
                                calls, w, w_at + xi * w_stride + o, v, v_at + xi * v_stride + c, s,
                                s_at + o * c_padded + c, s, 0, calls, 0,
                                MicroTile(
                                    high, columns, images * rows * tiles, o_padded, c_padded, c_padded, ALONG_M, True, False
                                ),
                            )  # fmt: skip
                            o += high


@kernel(allocates=True)
def _finish(start, stop, code, s, gw, wild, sizes, taps, number):  # type: ignore[no-untyped-def]
    """gw = Aᵀ S A, S added up over the shares. A task is one output channel.

    s         (shares, G, KD, 36, OC, padded C), flat
    gw        (G, OC, C, KD, taps, taps), flat
    wild      (1,): becomes 1 if a result is not finite
    sizes     (shares, G, OC, C, KD, padded C)
    number    of the transform
    """
    shares, G, OC, C, KD, padded = sizes
    result, zeros, check = np.empty(taps * taps * padded, s.dtype), np.zeros(padded, s.dtype), np.zeros(padded, s.dtype)
    for task in range(start, stop):
        group, o = task // OC, task % OC
        for kd in range(KD):
            first = ((group * KD + kd) * 36 * OC + o) * padded
            for share in range(1, shares):
                for xi in range(36):
                    to = first + xi * OC * padded
                    for c in range(padded):
                        s[to + c] += s[to + share * G * KD * 36 * OC * padded + c]
            transform(
                code, s, first, result, 0, zeros, 0, check, 0, number,
                Squares(6 * OC * padded, OC * padded, taps * padded, padded, 1, 0, 0, padded),
            )  # fmt: skip
            for c in range(C):
                for k in range(taps * taps):
                    gw[((task * C + c) * KD + kd) * taps * taps + k] = result[k * padded + c]
    for c in range(C):
        if check[c] != 0:
            wild[0] = 1


# ------------------------------------------------------------------------------------------------------------ wrappers

TILES = 48  # in a block, about
SUMS = 4 * 2**20  # bytes of the sums S of all shares


def _up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple


@functools.lru_cache(256)
def pays(x_shape: Sizes, filters: Sizes, dtype: np.dtype, geometry: Geometry) -> bool:
    """Whether this algorithm is taken: where it can be, and by an estimate is faster.

    x (N, G C, D, H, W), filters (G, KD, OC, KH, C, KW). The estimate counts, for a tile of n² outputs, steps of as many
    multiply-adds as a vector has elements; two of them take a cycle, but for what a tile costs besides, and what the
    transforms do.
    """
    if dtype != np.float32 or geometry.window[1] not in SIZES or geometry.window[1] != geometry.window[2]:
        return False
    if geometry.stride[1:] != (1, 1) or geometry.dilation[1:] != (1, 1):
        return False
    r, width, C, OC = geometry.window[1], lanes(dtype), filters[4], filters[2]
    n = SIZES[r]
    OH, OW = geometry.size[1:]
    tiles = -(-OH // n) * -(-OW // n)
    directly = 1.1 * OH * OW * r * r * C * OC / width
    per_tile = 36 * (C + 5) * _up(OC, width) / width + (400 + 20 * n * n) * (C + 0.7 * OC) / width
    all_filters = 500 * C * OC / width
    images = x_shape[0] * geometry.size[0]
    return bool(tiles * per_tile + all_filters / images < directly)


@functools.lru_cache(256)
def plan_of(x_shape: Sizes, groups: int, filters: int, geometry: Geometry) -> tuple[ndarray, int, int]:
    """The parameter array; the number of blocks of each group; the number of shares they fall into."""
    images, channels, D, H, W = x_shape
    channels //= groups
    n, width = SIZES[geometry.window[1]], lanes(np.float32)
    KD, (OD, OH, OW) = geometry.window[0], geometry.size
    high, wide = -(-OH // n), -(-OW // n)
    rows = min(high, max(1, TILES // wide))
    rows = -(-high // -(-high // rows))
    together = max(1, TILES // (rows * wide)) if rows == high else 1
    blocks = -(-images * OD // together) * -(-high // rows)
    c_padded, o_padded = _up(channels, width), _up(filters, width)
    shares = max(1, min(blocks, -(-16 // groups), SUMS // (4 * groups * KD * 36 * filters * c_padded)))
    numbers = [
        images, groups, channels, D, H, W, filters, OD, OH, OW, KD, geometry.stride[0], *geometry.padding,
        geometry.dilation[0], n, high, wide, together, rows, c_padded, o_padded, o_padded + PAST * (o_padded % 32 == 0), shares,
    ]  # fmt: skip
    return np.array(numbers), blocks, shares


def convolve(x: ndarray, filters: ndarray, bias: ndarray | None, out: ndarray, geometry: Geometry) -> bool:
    """The convolution of x (N, G C, D, H, W) with filters (G, KD, OC, KH, C, KW) into out. Returns whether all of it is
    finite."""
    G, KD, OC, r, C, _ = filters.shape
    plan, blocks, _ = plan_of(x.shape, G, OC, geometry)
    padded, code = int(plan[U_PADDED]), transform_code()
    u = zeros((G * KD * 36 * C * padded,), x.dtype)
    parallel_for(
        _filters, G * KD * C, 5.0 * filters.size, code, plain(filters).reshape(-1), u, (OC, C, padded), r,
        NUMBERS[f"filter_{r}"],
    )  # fmt: skip
    wild = np.zeros(1, np.int64)
    parallel_for(
        forward, G * blocks, out.size * KD * r * r * C / (8 * lanes(x.dtype)), calls(x.dtype), code, x.reshape(-1), u,
        np.empty(0, x.dtype) if bias is None else plain(bias), out.reshape(-1), wild, NUMBERS[f"output_{SIZES[r]}"], plan,
    )  # fmt: skip
    return not wild[0]


def gradient_to_weights(g: ndarray, x: ndarray, geometry: Geometry, groups: int) -> ndarray | None:
    """g (N, G OC, OD, OH, OW), x (N, G C, D, H, W) -> the gradient (G, OC, C, KD, r, r), or None if it is not finite."""
    OC, C, KD, r = g.shape[1] // groups, x.shape[1] // groups, geometry.window[0], geometry.window[1]
    plan, _, shares = plan_of(x.shape, groups, OC, geometry)
    padded, code = int(plan[C_PADDED]), transform_code()
    s = zeros((shares * groups * KD * 36 * OC * padded,), x.dtype)
    parallel_for(
        weight_grad, shares * groups, g.size * KD * r * r * C / (8 * lanes(x.dtype)), calls(x.dtype), code, g.reshape(-1),
        x.reshape(-1), s, NUMBERS[f"filter_{SIZES[r]}"], plan,
    )  # fmt: skip
    gw, wild = np.empty((groups, OC, C, KD, r, r), x.dtype), np.zeros(1, np.int64)
    parallel_for(
        _finish, groups * OC, 0.1 * s.size, code, s, gw.reshape(-1), wild, (shares, groups, OC, C, KD, padded), r,
        NUMBERS[f"output_{r}"],
    )  # fmt: skip
    return None if wild[0] else gw


def warm_up() -> None:
    """Compile the kernels."""
    geometry = Geometry((1, 3, 3), (1, 1, 1), (1, 1, 1), (0, 0, 0), (1, 1, 1))
    x, out = np.ones((1, 1, 1, 3, 3), np.float32), np.ones((1, 1, 1, 1, 1), np.float32)
    convolve(x, x.reshape(1, 1, 1, 3, 1, 3), None, out, geometry)
    gradient_to_weights(out, x, geometry, 1)
