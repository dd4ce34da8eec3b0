"""Plain loops over single numbers: what the fast code must equal. Imports NumPy for arrays, and nothing of the project.

Everything works over any number of spatial dimensions: `space` is the shape of an image without batch and channels, a
`pixel` one index into it. Slow on purpose; give it small arrays.
"""

import itertools
import math

import numpy as np


def indices_into(shape):
    """Every index into an array of that shape."""
    return itertools.product(*(range(n) for n in shape))


def inside(pixel, space):
    return all(0 <= i < n for i, n in zip(pixel, space, strict=True))


def flat_index(pixel, space):
    index = 0
    for i, n in zip(pixel, space, strict=True):
        index = index * n + i
    return index


# ------------------------------------------------------------------------------------------------------- convolution


def conv_size(space, window, stride, padding, dilation):
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(space, window, stride, padding, dilation, strict=True)
    )


def seen_from(position, element, stride, padding, dilation):
    """The pixel of the image under one element of the window at one output position."""
    return tuple(o * s - p + k * d for o, k, s, p, d in zip(position, element, stride, padding, dilation, strict=True))


def conv(x, w, bias, stride, padding, dilation, groups=1):
    """x (N, C, …), w (OC, C / groups, …), bias (OC,) or None. `padding` is in front; the size follows from it."""
    N, space, OC, per_group, window = x.shape[0], x.shape[2:], w.shape[0], w.shape[1], w.shape[2:]
    size = conv_size(space, window, stride, padding, dilation)
    out = np.zeros((N, OC, *size))
    for n, o in itertools.product(range(N), range(OC)):
        group = o // (OC // groups)
        for position in indices_into(size):
            total = 0.0 if bias is None else float(bias[o])
            for c in range(per_group):
                for element in indices_into(window):
                    pixel = seen_from(position, element, stride, padding, dilation)
                    if inside(pixel, space):
                        total += w[(o, c, *element)] * x[(n, group * per_group + c, *pixel)]
            out[(n, o, *position)] = total
    return out


def conv_transpose(x, w, bias, stride, padding, output_padding, groups, dilation):
    """x (N, C, …), w (C, OC / groups, …): every element of x adds a copy of the window, times itself, to the output."""
    N, C, window, per_group = x.shape[0], x.shape[1], w.shape[2:], w.shape[1]
    size = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, k, s, p, d, e in zip(x.shape[2:], window, stride, padding, dilation, output_padding, strict=True)
    )
    out = np.zeros((N, per_group * groups, *size))
    for n, c in itertools.product(range(N), range(C)):
        group = c // (C // groups)
        for position in indices_into(x.shape[2:]):
            for o in range(per_group):
                for element in indices_into(window):
                    pixel = seen_from(position, element, stride, padding, dilation)
                    if inside(pixel, size):
                        out[(n, group * per_group + o, *pixel)] += x[(n, c, *position)] * w[(c, o, *element)]
    if bias is not None:
        for o in range(len(bias)):
            out[:, o] += bias[o]
    return out


def im2col(x, window, stride, padding, dilation):
    """x (N, C, …) -> (N, C KK, P)."""
    N, C, space = x.shape[0], x.shape[1], x.shape[2:]
    size = conv_size(space, window, stride, padding, dilation)
    out = np.zeros((N, C * math.prod(window), math.prod(size)))
    for n, c in itertools.product(range(N), range(C)):
        for k, element in enumerate(indices_into(window)):
            for p, position in enumerate(indices_into(size)):
                pixel = seen_from(position, element, stride, padding, dilation)
                if inside(pixel, space):
                    out[n, c * math.prod(window) + k, p] = x[(n, c, *pixel)]
    return out


def col2im(cols, space, window, stride, padding, dilation):
    """(N, C KK, P) -> (N, C, *space): each element added to where it would have been read."""
    N, C = cols.shape[0], cols.shape[1] // math.prod(window)
    size = conv_size(space, window, stride, padding, dilation)
    out = np.zeros((N, C, *space))
    for n, c in itertools.product(range(N), range(C)):
        for k, element in enumerate(indices_into(window)):
            for p, position in enumerate(indices_into(size)):
                pixel = seen_from(position, element, stride, padding, dilation)
                if inside(pixel, space):
                    out[(n, c, *pixel)] += cols[n, c * math.prod(window) + k, p]
    return out


# ----------------------------------------------------------------------------------------------------------- pooling


def pool_size(space, window, stride, padding, dilation, ceil_mode):
    """As `conv_size`; with `ceil_mode` rounded up, unless the last window would start beyond the image and its front
    padding."""
    sizes = []
    for n, k, s, p, d in zip(space, window, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        size = room // s + 1
        if ceil_mode and room % s and size * s < n + p:
            size += 1
        sizes.append(size)
    return tuple(sizes)


def strided_windows(space, window, stride, padding, dilation, ceil_mode):
    """The output size, and for each output position the pixels of its window that lie in the image."""
    size = pool_size(space, window, stride, padding, dilation, ceil_mode)
    found = {}
    for position in indices_into(size):
        seen = (seen_from(position, element, stride, padding, dilation) for element in indices_into(window))
        found[position] = [pixel for pixel in seen if inside(pixel, space)]
    return size, found


def adaptive_windows(space, size):
    found = {}
    for position in indices_into(size):
        ranges = [range(i * n // m, -((-(i + 1) * n) // m)) for i, n, m in zip(position, space, size, strict=True)]
        found[position] = list(itertools.product(*ranges))
    return size, found


def max_of_windows(x, size, windows):
    """The largest element of each window (NaN if it has one) and its flat index: the first of equals, the last NaN."""
    dims = len(size)
    space, lead = x.shape[-dims:], x.shape[:-dims]
    out, indices = np.zeros((*lead, *size)), np.zeros((*lead, *size), np.int64)
    for where in indices_into(lead):
        for position, window in windows.items():
            best, index = -math.inf, flat_index(window[0], space)
            for pixel in window:
                value = float(x[(*where, *pixel)])
                if value > best or math.isnan(value):
                    best, index = value, flat_index(pixel, space)
            out[(*where, *position)], indices[(*where, *position)] = best, index
    return out, indices


def mean_of_windows(x, size, windows, counts=None):
    """The sum of each window over `counts[position]`, by default the number of its elements."""
    dims = len(size)
    lead = x.shape[:-dims]
    out = np.zeros((*lead, *size))
    for where in indices_into(lead):
        for position, window in windows.items():
            total = 0.0
            for pixel in window:
                total += float(x[(*where, *pixel)])
            out[(*where, *position)] = total / (len(window) if counts is None else counts[position])
    return out


def padded_counts(space, window, stride, padding, size):
    """How many elements each window has when the padding counts; what a last window reaches beyond it does not."""
    counts = {}
    for position in indices_into(size):
        count = 1
        for o, n, k, s, p in zip(position, space, window, stride, padding, strict=True):
            start = o * s - p
            count *= min(start + k, n + p) - start
        counts[position] = count
    return counts


def max_unpool(x, indices, space):
    """Zeros (…, *space) in which x stands at its flat indices; of several for one index, the last."""
    lead = x.shape[: -len(space)]
    out = np.zeros((*lead, math.prod(space)))
    for where in indices_into(lead):
        for position in indices_into(x.shape[len(lead) :]):
            out[(*where, indices[(*where, *position)])] = x[(*where, *position)]
    return out.reshape(*lead, *space)
