"""Layers of padding, folding, shuffling and resizing: against loops over positions, their texts, their errors."""

import itertools

import numpy as np
import pytest

import autograd_core as ag
import nn

rng = np.random.default_rng(0)


def source(place, size, mode):
    """The element that a place before, in or behind a dimension shows; None for a constant."""
    if 0 <= place < size:
        return place
    if mode == "Circular":
        return place % size
    if mode == "Replication":
        return 0 if place < 0 else size - 1
    if mode == "Reflection":
        return -place if place < 0 else 2 * (size - 1) - place
    return None


def padded(x, widths, mode, value=0.0):
    """One element after the other; widths (before, after) of the last dimension first."""
    pairs = [(0, 0)] * (x.ndim - len(widths) // 2) + list(zip(widths[::2], widths[1::2], strict=True))[::-1]
    shape = [b + n + a for n, (b, a) in zip(x.shape, pairs, strict=True)]
    out = np.full(shape, value)
    for place in itertools.product(*map(range, shape)):
        at = [source(i - b, n, mode) for i, n, (b, _) in zip(place, x.shape, pairs, strict=True)]
        if None not in at:
            out[place] = x[tuple(at)]
    return out


WIDTHS = {
    1: [2, (1, 0), (-1, 2)],
    2: [1, (2, 0, 1, 2), (-1, 1, 0, -2)],
    3: [1, (1, 0, 2, 1, 0, 1), (0, -1, 1, 0, -1, 1)],
}


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("mode", ["Constant", "Zero", "Reflection", "Replication", "Circular"])
def test_padding(mode, dims):
    for width, lead in itertools.product(WIDTHS[dims], ((2, 2), (2,))):
        if mode == "Circular" and np.min(width) < 0:
            continue  # what is taken away first does not come in at the other end, see tests of F.pad
        layer = getattr(nn, f"{mode}Pad{dims}d")(width, *([3.5] if mode == "Constant" else []))
        x = ag.tensor(rng.standard_normal((*lead, *(4, 3, 5)[:dims])), requires_grad=True)
        widths = (width,) * (2 * dims) if isinstance(width, int) else width
        np.testing.assert_array_equal(
            layer(x).detach(), padded(x.detach().array, widths, mode, 3.5 if mode == "Constant" else 0.0)
        )
        assert ag.gradcheck(layer, (x,))
        text = f"padding={widths}, value=3.5" if mode == "Constant" else f"{widths}"
        assert repr(layer) == f"{mode}Pad{dims}d({text})"
        assert not layer.state_dict()
    assert issubclass(getattr(nn, f"ZeroPad{dims}d"), getattr(nn, f"ConstantPad{dims}d"))


def test_constants_pad_any_number_of_dimensions():
    assert nn.ConstantPad1d(1, 2.0)(ag.ones(3)).shape == (5,)
    assert nn.ZeroPad2d(1)(ag.ones(2, 2, 2, 2, 3)).shape == (2, 2, 2, 4, 5)


def test_folding():
    x = rng.standard_normal((2, 3, 5, 4))
    unfold = nn.Unfold((3, 2), dilation=1, padding=1, stride=2)
    columns = unfold(ag.tensor(x)).array
    wide = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = [wide[:, :, i : i + 3, j : j + 2].reshape(2, -1) for i in (0, 2, 4) for j in (0, 2, 4)]
    np.testing.assert_array_equal(columns, np.stack(windows, -1))
    fold = nn.Fold((5, 4), (3, 2), padding=1, stride=2)
    counts = fold(unfold(ag.ones(2, 3, 5, 4).double()))
    np.testing.assert_allclose(fold(ag.tensor(columns)), x * counts.array, rtol=1e-12)
    assert fold(ag.tensor(columns[0])).shape == (3, 5, 4)
    assert repr(unfold) == "Unfold(kernel_size=(3, 2), dilation=1, padding=1, stride=2)"
    assert repr(fold) == "Fold(output_size=(5, 4), kernel_size=(3, 2), dilation=1, padding=1, stride=2)"


def test_shuffling():
    x = np.arange(2 * 8 * 3 * 2.0).reshape(2, 8, 3, 2)
    out = nn.PixelShuffle(2)(ag.tensor(x)).array
    for n, c, h, w in itertools.product(range(2), range(2), range(6), range(4)):
        assert out[n, c, h, w] == x[n, 4 * c + 2 * (h % 2) + w % 2, h // 2, w // 2]
    np.testing.assert_array_equal(nn.PixelUnshuffle(2)(ag.tensor(out)), x)
    shuffled = nn.ChannelShuffle(4)(ag.tensor(x)).array
    for c in range(8):
        np.testing.assert_array_equal(shuffled[:, c], x[:, 2 * (c % 4) + c // 4])
    assert [repr(m) for m in (nn.PixelShuffle(2), nn.PixelUnshuffle(3), nn.ChannelShuffle(4))] == [
        "PixelShuffle(upscale_factor=2)",
        "PixelUnshuffle(downscale_factor=3)",
        "ChannelShuffle(groups=4)",
    ]


@pytest.mark.parametrize(
    ("make", "shape", "options", "text"),
    [
        (lambda: nn.Upsample(scale_factor=2), (2, 3, 4), {"scale_factor": 2}, "scale_factor=2.0, mode='nearest'"),
        (
            lambda: nn.Upsample((5, 7), mode="bilinear", align_corners=True),
            (2, 3, 4, 3),
            {"size": (5, 7), "mode": "bilinear", "align_corners": True},
            "size=(5, 7), mode='bilinear'",
        ),
        (
            lambda: nn.Upsample(scale_factor=(1.7, 2), mode="bicubic", recompute_scale_factor=True),
            (2, 3, 4, 3),
            {"scale_factor": (1.7, 2), "mode": "bicubic", "recompute_scale_factor": True},
            "scale_factor=(1.7, 2.0), mode='bicubic'",
        ),
        (lambda: nn.UpsamplingNearest2d((5, 4)), (2, 3, 4, 3), {"size": (5, 4)}, "size=(5, 4), mode='nearest'"),
        (
            lambda: nn.UpsamplingBilinear2d(scale_factor=2),
            (2, 3, 4, 3),
            {"scale_factor": 2, "mode": "bilinear", "align_corners": True},
            "scale_factor=2.0, mode='bilinear'",
        ),
    ],
)
def test_resizing(make, shape, options, text):
    x, layer = ag.tensor(rng.standard_normal(shape)), make()
    np.testing.assert_array_equal(layer(x), nn.functional.interpolate(x, **options))
    assert repr(layer) == f"{type(layer).__name__}({text})"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: nn.ReflectionPad1d(1)(ag.ones(1, 2, 3, 4)),
            r"ReflectionPad1d: input has shape \(1, 2, 3, 4\); it must be \(N, C, L\) or \(C, L\); F\.pad takes any",
        ),
        (
            lambda: nn.CircularPad3d(1)(ag.ones(2, 3, 4)),
            r"CircularPad3d: .* it must be \(N, C, D, H, W\) or \(C, D, H, W\)",
        ),
        (lambda: nn.ZeroPad2d((1, 2)), r"padding=\(1, 2\) has 2 numbers, needed are 4, or one for all dimensions"),
        (lambda: nn.ReflectionPad1d(3)(ag.ones(2, 3)), r"reflect widths \(3, 3\) are too large for dim 1 of size 3"),
        (
            lambda: nn.Sequential(nn.PixelShuffle(2))(ag.ones(3, 2, 2)),
            r"no multiple of 2² = 4 .*\[in module 0, PixelShuffle",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
