"""Losses whose target is a class or a sequence of classes, as modules. The formulas are in `nn.functional`."""

from __future__ import annotations

import math

from numpy.typing import DTypeLike

from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import Device, TensorLike
from autograd_core.ops.loss.reduction import loss

from .. import functional as F
from .linear import Linear
from .loss_base import Loss, WeightedLoss


@loss(
    "the total weight of what counts; of probabilities, their number",
    Shapes='input (N, C, …) or (C,), target (N, …) or (), or the input\'s shape → (), or (N, …) with reduction="none".',
    Dtypes="input floating, kept; target integers, or floating for probabilities.",
    Raises="when called, ValueError if shapes do not fit, a label is no class, label_smoothing is outside [0, 1], and for the\n"
    "    mean over no label (PyTorch: NaN); TypeError if input is not floating or labels are.",
)
class CrossEntropyLoss(WeightedLoss):
    """Computes the cross-entropy of the softmax of scores against classes: how badly they predict the labels.

    The target holds labels, q being 1 at the label, or q itself, of the input's shape. `weight` (C,) is a factor for each
    class; labels equal to `ignore_index` count for nothing; `label_smoothing`, ε from 0 to 1, makes (1 − ε) q + ε/C of q.
    {reduction}

    Formula: loss_n = −Σ_c w_c q_nc log softmax(x_n)_c, x the input and w the weight (1 without)
    Source: PyTorch's `torch.nn.CrossEntropyLoss`; label smoothing: Szegedy et al. 2016, section 7.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.CrossEntropyLoss()(ag.tensor([[1.0, 2.0, 3.0]]), ag.tensor([2]))
    tensor(0.4076)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


@loss(
    "the total weight of what counts",
    Shapes='input (N, C, …) or (C,), target (N, …) or () → (), or the shape of target with reduction="none".',
    Dtypes="input floating, kept; target integers.",
    Raises="when called, ValueError if shapes do not fit, a label is no class, and for the mean over no label (PyTorch: NaN);\n"
    "    TypeError if input is not floating or target holds no integers.",
)
class NLLLoss(WeightedLoss):
    """Computes the negative log-likelihood of labels under log-probabilities of C classes.

    `weight` (C,) is a factor for each class; labels equal to `ignore_index` count for nothing.
    {reduction}

    Formula: loss_n = −w_t x_nt, x the input, t = target[n] and w the weight (1 without); mean Σ loss_n / Σ w_t
    Source: PyTorch's `torch.nn.NLLLoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.NLLLoss(reduction="none")(ag.tensor([[-1.0, -0.5], [-2.0, -0.25]]), ag.tensor([0, 1]))
    tensor([1.  , 0.25])
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ):
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.nll_loss(input, target, weight=self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


@loss(
    "the total weight of what counts",
    Shapes='input (N, C, …) or (C,), target (N, …) or () → (), or the shape of target with reduction="none".',
    Dtypes="input floating, kept; target integers.",
    Raises="when called, ValueError if shapes do not fit, a label is no class, and for the mean over no label (PyTorch: NaN);\n"
    "    TypeError if input is not floating or target holds no integers.",
)
class NLLLoss2d(NLLLoss):
    """Computes the negative log-likelihood of labels under log-probabilities of classes in images: an older name of `NLLLoss`.

    `weight` (C,) is a factor for each class; labels equal to `ignore_index` count for nothing.
    {reduction}

    Formula: loss_n = −w_t x_nt, x the input, t = target[n] and w the weight (1 without); mean Σ loss_n / Σ w_t
    Source: PyTorch's `torch.nn.NLLLoss2d`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.NLLLoss2d()(ag.full((1, 2, 3, 3), -0.5), ag.zeros(1, 3, 3, dtype="int64"))
    tensor(0.5)
    """


class LinearCrossEntropyLoss(WeightedLoss):
    """Computes `CrossEntropyLoss` of the scores of a linear layer of its own: a classifier's last layer with its loss.

    The layer has `in_features` inputs, `num_classes` classes, and `bias` if so; with `out_features` each example has that
    many classifications. `weight`, `reduction`, `ignore_index` (None: −100) and `label_smoothing` are as in
    `CrossEntropyLoss`; `dtype` is that of the parameters, `device` None or "cpu". `options`, by which PyTorch chooses how
    it cuts the batch into chunks, is accepted and changes nothing.

    Formula: loss_n = −Σ_c w_c q_nc log softmax(W x_n + b)_c, x the input, W and b the layer's parameters
    Shapes: input (N, in_features), target (N, *out_features) → (), or the shape of target with reduction="none".
    Dtypes: input the parameters' floating dtype; target integers, or floating for probabilities.
    Raises: ValueError if weight is not (num_classes,), or label_smoothing outside [0, 1]; when called, as
        `F.linear_cross_entropy`.
    Source: PyTorch's `torch.nn.LinearCrossEntropyLoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> criterion = nn.LinearCrossEntropyLoss(4, 10)
    >>> _ = nn.init.zeros_(criterion.linear.weight)
    >>> criterion(ag.ones(2, 4), ag.tensor([3, 7]))  # log 10
    tensor(2.3026, grad_fn=<cross_entropy>)
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Device = None,
        dtype: DTypeLike | None = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: object = None,
    ):
        if weight is not None and weight.shape != (num_classes,):
            raise ValueError(f"LinearCrossEntropyLoss: weight must have shape {(num_classes,)}, got {weight.shape}")
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"LinearCrossEntropyLoss: label_smoothing must be from 0 to 1, got {label_smoothing}")
        super().__init__(weight, reduction=reduction)
        self.num_classes = num_classes
        self.out_features = tuple(out_features)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.linear = Linear(in_features, math.prod(self.out_features) * num_classes, bias, device, dtype)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        shape = (self.num_classes, *self.out_features)
        bias = self.linear.bias
        return F.linear_cross_entropy(
            input,
            self.linear.weight.reshape((*shape, self.linear.in_features)),  # type: ignore[attr-defined]
            target,
            linear_bias=None if bias is None else bias.reshape(shape),  # type: ignore[attr-defined]
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
        )

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}"
        )


@loss(
    Shapes='log_probs (T, N, C), targets (N, S) or (Σ target_lengths,), lengths (N,) → (), or (N,) with reduction="none".',
    Dtypes="log_probs float32 or float64, kept; the others integers.",
    Raises="when called, ValueError if shapes do not fit, labels or lengths are out of range, and for the mean over no\n"
    "    example; TypeError for other dtypes.",
)
class CTCLoss(Loss):
    """Computes −log P(targets) of sequences of labels that may stand anywhere in the time steps; see `F.ctc_loss`.

    It is called with log_probs, targets, input_lengths and target_lengths. `blank` is the class that stands between labels.
    `reduction` is "mean" (each loss over its number of labels, then over the examples), "sum" or "none"; `zero_infinity`
    counts an example with too few steps for its labels as 0.

    Formula: loss_n = −log Σ_{ways} Π_t p_n[t, way_t], p = exp(log_probs), over the ways to spread the labels over the steps
    Source: Graves et al. 2006, "Connectionist temporal classification", section 4.1.

    >>> import autograd_core as ag
    >>> import nn
    >>> log_probs = ag.tensor([[0.4, 0.6], [0.4, 0.6]]).log()  # (T, C): two steps; blank, or the label 1
    >>> nn.CTCLoss()(log_probs, ag.tensor([1]), ag.tensor(2), ag.tensor(1)).exp()
    tensor(1.1905)
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False):
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self, log_probs: TensorLike, targets: TensorLike, input_lengths: TensorLike, target_lengths: TensorLike
    ) -> Tensor:
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction, self.zero_infinity
        )
