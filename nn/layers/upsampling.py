"""Resizing as modules. The formulas are in `nn.functional.interpolate`."""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor

from .. import functional as F
from ..module import Module


class Upsample(Module):
    """Resizes sequences, images or volumes to `size`, or by `scale_factor`: one value, or one for each dimension.

    mode: "nearest", "linear" (for N, C, L), "bilinear", "bicubic" (N, C, H, W), "trilinear" (N, C, D, H, W) or another of
    `F.interpolate`. align_corners: the centres of the corner elements, not their outer corners, are matched.
    recompute_scale_factor: the factor is computed from the rounded sizes.

    Formula: out[n, c, i] = input at position (i + ½) size / output − ½ in each dimension, or i (size − 1) / (output − 1)
        with align_corners, interpolated as mode says; "nearest" takes input[n, c, ⌊i size / output⌋]
    Shapes: (N, C, L), (N, C, H, W) or (N, C, D, H, W) → (N, C, *size).
    Dtypes: floating dtypes, kept.
    Raises: when called, ValueError unless one of size and scale_factor is passed, for another mode, or one for another
        number of dimensions; TypeError for integers.
    Source: PyTorch's `Upsample`.

    >>> import nn, autograd_core as ag
    >>> nn.Upsample(scale_factor=2)(ag.tensor([[[1.0, 2.0]]]))
    tensor([[[1., 1., 2., 2.]]])
    """

    def __init__(
        self,
        size: int | tuple[int, ...] | None = None,
        scale_factor: float | tuple[float, ...] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ):
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        self.scale_factor: float | tuple[float, ...] | None
        if isinstance(scale_factor, tuple):
            self.scale_factor = tuple(float(factor) for factor in scale_factor)
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        by = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{by}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Resizes images to size, or by scale_factor, by repetition: `Upsample` with mode="nearest", by its older name.

    Formula: out[n, c, i, j] = input[n, c, ⌊i H / OH⌋, ⌊j W / OW⌋]
    Shapes: (N, C, H, W) → (N, C, OH, OW).
    Dtypes: floating dtypes, kept.
    Raises: when called, ValueError unless one of size and scale_factor is passed; TypeError for integers.
    Source: PyTorch's `UpsamplingNearest2d`.

    >>> import nn, autograd_core as ag
    >>> nn.UpsamplingNearest2d(size=(1, 4))(ag.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1., 1., 2., 2.]]]])
    """

    def __init__(
        self, size: int | tuple[int, ...] | None = None, scale_factor: float | tuple[float, ...] | None = None
    ):
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Resizes images to size, or by scale_factor, bilinearly with aligned corners: an `Upsample` by its older name.

    Formula: out[n, c, i, j] = input at (i (H − 1) / (OH − 1), j (W − 1) / (OW − 1)), interpolated linearly
    Shapes: (N, C, H, W) → (N, C, OH, OW).
    Dtypes: floating dtypes, kept.
    Raises: when called, ValueError unless one of size and scale_factor is passed, or for another number of dimensions;
        TypeError for integers.
    Source: PyTorch's `UpsamplingBilinear2d`.

    >>> import nn, autograd_core as ag
    >>> nn.UpsamplingBilinear2d(size=(1, 3))(ag.tensor([[[[1.0, 2.0]]]]))
    tensor([[[[1. , 1.5, 2. ]]]])
    """

    def __init__(
        self, size: int | tuple[int, ...] | None = None, scale_factor: float | tuple[float, ...] | None = None
    ):
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
