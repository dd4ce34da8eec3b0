"""Losses of real targets and of probabilities as modules. The formulas are in `nn.functional`."""

from __future__ import annotations

from autograd_core.engine.tensor import Tensor
from autograd_core.engine.types import TensorLike
from autograd_core.ops.loss.reduction import loss

from .. import functional as F
from .loss_base import Loss, WeightedLoss


@loss()
class MSELoss(Loss):
    """Computes the squared error of an input against a target.

    {reduction}

    Formula: loss_i = (x_i − t_i)², x the input and t the target
    Source: PyTorch's `torch.nn.MSELoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.MSELoss()(ag.tensor([1.0, 5.0]), ag.tensor([1.0, 3.0]))
    tensor(2.)
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


@loss(Dtypes="the operands' common dtype (for complex numbers, the real one); integers become the default float.")
class L1Loss(Loss):
    """Computes the absolute error of an input against a target.

    {reduction}

    Formula: loss_i = |x_i − t_i|, x the input and t the target
    Source: PyTorch's `torch.nn.L1Loss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.L1Loss()(ag.tensor([1.0, 5.0]), ag.tensor([1.0, 3.0]))
    tensor(1.)
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


@loss()
class SmoothL1Loss(Loss):
    """Computes the absolute error of an input against a target, made smooth where it is below `beta`.

    {reduction}

    Formula: loss_i = d² / (2 beta) where |d| < beta, |d| − beta/2 beyond, d = x_i − t_i, x the input and t the target
    Source: Girshick 2015, "Fast R-CNN", eq. 3 (with beta = 1).

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.SmoothL1Loss(reduction="none", beta=2.0)(ag.tensor([1.0, 5.0]), ag.tensor([0.0, 0.0]))
    tensor([0.25, 4.  ])
    """

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0
    ):
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


@loss()
class HuberLoss(Loss):
    """Computes Huber's loss: squared where the error is small, linear beyond `delta`.

    `reduction` is "mean" (over the number of elements), "sum" or "none".

    Formula: loss_i = d²/2 where |d| ≤ delta, delta (|d| − delta/2) beyond, d = x_i − t_i, x the input and t the target
    Source: Huber 1964, "Robust estimation of a location parameter".

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.HuberLoss(reduction="none")(ag.tensor([1.0, 5.0]), ag.tensor([0.0, 0.0]))
    tensor([0.5, 4.5])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0):
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


@loss(
    Raises="when called, ValueError if the shapes differ, for an input or a target outside [0, 1], a weight that does not\n"
    "    broadcast and the mean of nothing; TypeError if an operand holds complex or no numbers."
)
class BCELoss(WeightedLoss):
    """Computes the cross-entropy of probabilities against targets: a yes or no for each element.

    `weight` rescales the elements' losses, of any shape that broadcasts to theirs. As in PyTorch, logarithms stop at −100.
    {reduction}

    Formula: loss_i = −w_i (t_i log x_i + (1 − t_i) log(1 − x_i)), x the input, t the target and w the weight
    Source: PyTorch's `torch.nn.BCELoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.BCELoss()(ag.tensor([0.5, 0.5]), ag.tensor([0.0, 1.0]))
    tensor(0.6931)
    """

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


@loss(
    Raises="when called, ValueError if the shapes differ, for a weight or pos_weight that does not broadcast and the mean of\n"
    "    nothing; TypeError if an operand holds complex or no numbers."
)
class BCEWithLogitsLoss(WeightedLoss):
    """Computes the cross-entropy of the sigmoid of scores against targets, exact for scores of any size.

    `weight` rescales the elements' losses and `pos_weight` the positive part of each; both broadcast to the input's shape.
    {reduction}

    Formula: loss_i = −w_i (p_i t_i log s_i + (1 − t_i) log(1 − s_i)), s = 1 / (1 + e⁻ˣ), x the input, t the target,
        w the weight and p pos_weight
    Source: PyTorch's `torch.nn.BCEWithLogitsLoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.BCEWithLogitsLoss()(ag.tensor([0.0, 0.0]), ag.tensor([0.0, 1.0]))
    tensor(0.6931)
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ):
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, pos_weight=self.pos_weight, reduction=self.reduction
        )


@loss('the number of elements; "batchmean" divides the sum by the first size')
class KLDivLoss(Loss):
    """Computes the Kullback-Leibler divergence of log-probabilities from probabilities, elementwise.

    With `log_target` the target holds logarithms too.
    {reduction}

    Formula: loss_i = t_i (log t_i − x_i), 0 where t_i = 0, x the input and t the target
    Source: Kullback & Leibler 1951, "On information and sufficiency".

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.KLDivLoss(reduction="batchmean")(ag.tensor([[0.5, 0.5]]).log(), ag.tensor([[1.0, 0.0]]))
    tensor(0.6931)
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ):
        super().__init__(size_average, reduce, "sum" if reduction == "batchmean" else reduction)
        if reduction == "batchmean" and size_average is None and reduce is None:
            self.reduction = reduction
        self.log_target = log_target

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


@loss()
class PoissonNLLLoss(Loss):
    """Computes the negative log-likelihood of counts under Poisson variables of mean exp(input).

    Without `log_input` the mean is the input itself, and `eps` keeps its logarithm finite. `full` adds the term without
    the input, log t!, by Stirling's formula, where t > 1.
    {reduction}

    Formula: loss_i = exp(x_i) − t_i x_i, or x_i − t_i log(x_i + eps) without log_input, x the input and t the target
    Source: PyTorch's `torch.nn.PoissonNLLLoss`.

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.PoissonNLLLoss()(ag.tensor([0.0, 0.0]), ag.tensor([3.0, 5.0]))
    tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ):
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, input: TensorLike, target: TensorLike) -> Tensor:
        return F.poisson_nll_loss(
            input, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction=self.reduction
        )


@loss(
    Shapes='input and target (*), var (*), (*, 1), (*) without its last dimension, or () → (), or (*) with reduction="none".',
    Raises="when called, ValueError if the shapes do not fit, var is negative, and for the mean of nothing; TypeError if an\n"
    "    operand holds complex or no numbers.",
)
class GaussianNLLLoss(Loss):
    """Computes the negative log-likelihood of targets under normal variables of mean input and variance var.

    At least `eps` is taken for the variance, with the gradient of var. `full` adds the constant log(2π)/2. `reduction` is
    "mean" (over the number of elements), "sum" or "none".

    Formula: loss_i = (log v_i + (x_i − t_i)² / v_i) / 2, x the input, t the target and v = max(var, eps)
    Source: Nix & Weigend 1994, "Estimating the mean and variance of the target probability distribution".

    >>> import autograd_core as ag
    >>> import nn
    >>> nn.GaussianNLLLoss(reduction="none")(ag.tensor([1.0, 2.0]), ag.tensor([1.0, 4.0]), ag.ones(2))
    tensor([0., 2.])
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: TensorLike, target: TensorLike, var: TensorLike) -> Tensor:
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)
