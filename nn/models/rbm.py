"""The restricted Boltzmann machine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike, DTypeLike

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.types import Device
from autograd_core.kernels.machine.compilation import announces_compiling
from autograd_core.random import stream

from .. import functional as F
from .. import init
from ..module import Module
from ..parameter import Parameter
from .examples import at_least, not_negative, one_of, points, positive
from .rbm_fit import ContrastiveDivergence, Options, RBMFit
from .rbm_partition import AnnealedEstimate, annealed_importance_sampling, exact_log_partition
from .rbm_units import VISIBLE, Units, conditional_log_probability
from .weights import assign

EXACT_UP_TO = 20  # units, of which all states are enumerated


class RBM(Module):
    """Applies a restricted Boltzmann machine: the probabilities of its hidden units for a state of the visible ones.

    in_features, hidden_features   the numbers of visible and hidden units
    visible                        "bernoulli" (0 or 1; for data also probabilities in between), or "gaussian" with variance
                                   1, for data whose columns have mean 0 and variance 1
    device, dtype                  None or "cpu"; that of the parameters, float32 or float64

    Hidden units are 0 or 1. `fit` learns the distribution of examples by contrastive divergence, `sample` draws from it,
    `free_energy` is its negative logarithm but for `log_partition`; `transform` gives features. weight and hidden_bias are
    laid out as those of a `Linear`, so that they can start one (see `optim.pretrain`).

    Formula: P(v, h) = exp(−E) / Z, E = −h·W v − c·h − a·v, or with Gaussian units −h·W v − c·h + |v − a|² / 2;
        P(h_j = 1 | v) = σ(W v + c)_j
    Shapes: (*, in_features) → (*, hidden_features).
    Dtypes: float32 and float64; the input has that of the parameters.
    Raises: ValueError for sizes below 1, other visible units or another dtype; `fit`: ValueError or TypeError for examples
        and options that do not fit, FloatingPointError if it diverges, with nothing changed.
    Source: Smolensky 1986, "Information processing in dynamical systems: foundations of harmony theory"; Hinton 2002,
        "Training products of experts by minimizing contrastive divergence"; Hinton 2010, "A practical guide to training
        restricted Boltzmann machines"; Tieleman 2008, "Training restricted Boltzmann machines using approximations to the
        likelihood gradient".

    >>> import autograd_core as ag, nn.models
    >>> x = ag.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    >>> model = nn.models.RBM(4, 2)
    >>> fitted = model.fit(x, epochs=500, batch_size=2, lr=0.2, generator=ag.Generator(0))
    >>> model.reconstruct(x).round()
    tensor([[1., 1., 0., 0.],
            [0., 0., 1., 1.]])
    >>> model.free_energy(x).mean() < model.free_energy(1 - x[:, [0, 2, 1, 3]]).mean()
    tensor(True)
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        visible: str = "bernoulli",
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "RBM")
        at_least("RBM", 1, in_features=in_features, hidden_features=hidden_features)
        one_of("RBM", "visible", visible, VISIBLE)
        self.in_features, self.hidden_features, self.visible = in_features, hidden_features, visible
        self.weight = Parameter(ag.empty(hidden_features, in_features, dtype=dtype))
        if self.weight.dtype not in (np.float32, np.float64):
            raise ValueError(f"RBM: dtype must be float32 or float64, got {self.weight.dtype}")
        self.hidden_bias = Parameter(ag.empty(hidden_features, dtype=dtype))
        self.visible_bias = Parameter(ag.empty(in_features, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weights from N(0, 0.01²), and set biases to 0 (Hinton 2010, section 8)."""
        init.normal_(self.weight, 0.0, 0.01)
        init.zeros_(self.hidden_bias)
        init.zeros_(self.visible_bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(F.linear(input, self.weight, self.hidden_bias))

    def free_energy(self, input: Tensor) -> Tensor:
        """F(v) = −log Σ_h exp(−E(v, h)) of states (*, in_features), so that log P(v) = −F(v) − log Z. (*)

        F(v) = −a·v − Σ_j log(1 + exp(W v + c)_j), with Gaussian units |v − a|² / 2 in the place of −a·v.
        """
        if self.visible == "gaussian":
            own = ((input - self.visible_bias) ** 2).sum(-1) / 2
        else:
            own = -(input @ self.visible_bias)
        return own - F.softplus(F.linear(input, self.weight, self.hidden_bias)).sum(-1)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, hidden_features={self.hidden_features}, visible={self.visible!r}"

    # -------------------------------------------------------------------------------------------------- what it has learnt

    def transform(self, x: Tensor | ArrayLike) -> Tensor:
        """The probabilities of the hidden units for each example (N, in_features), without a gradient. (N, hidden_features)"""
        with ag.no_grad():
            return self(Tensor(self._rows("transform", x)))

    def reconstruct(self, x: Tensor | ArrayLike) -> Tensor:
        """The expected visible units for the probabilities of the hidden ones, of examples (N, in_features)."""
        rows = self._rows("reconstruct", x)
        units = self._units()
        return Tensor(units.visible_mean(units.hidden_probability(rows)))

    def sample(
        self,
        count: int,
        *,
        steps: int = 1000,
        start: Tensor | ArrayLike | None = None,
        mean: bool = False,
        generator: Generator | None = None,
    ) -> Tensor:
        """Draw visible states (count, in_features), each from a chain of its own, by Gibbs sampling.

        count      the number of chains
        steps      of each: hidden units given the visible ones, then visible given hidden
        start      visible states (count, in_features); by default the hidden units start as fair coins
        mean       give the expectation of the visible units in the last step, not a state: for pictures
        generator  of what is random, by default the library's
        """
        name = "RBM.sample"
        at_least(name, 1, count=count, steps=steps)
        rng, units = stream(generator), self._units()
        if start is None:
            h = units.bernoulli(rng, np.full((count, self.hidden_features), 0.5, self.weight.dtype))
        else:
            v = self._rows("sample", start)
            if len(v) != count:
                raise ValueError(f"{name}: start has {len(v)} states for count={count} chains; pass count={len(v)}")
            h = units.bernoulli(rng, units.hidden_probability(v))
        for _ in range(steps - 1):
            h = units.bernoulli(rng, units.hidden_probability(units.draw_visible(rng, h)))
        return Tensor(units.visible_mean(h) if mean else units.draw_visible(rng, h))

    def pseudo_likelihood(
        self, x: Tensor | ArrayLike, *, bits: int | None = None, generator: Generator | None = None
    ) -> float:
        """Σ_i log P(v_i | the other v), in the mean over examples of zeros and ones; for Bernoulli units.

        x          examples (N, in_features)
        bits       the number of visible units, drawn at random, that stand for all (times in_features / bits); by default all
        generator  draws them, by default the library's

        Source: Besag 1975, "Statistical analysis of non-lattice data".
        """
        name, D = "RBM.pseudo_likelihood", self.in_features
        if self.visible != "bernoulli":
            raise ValueError(f"{name}: it is of units that are 0 or 1, not {self.visible}; see free_energy")
        rows = self._rows("pseudo_likelihood", x)
        if not ((rows == 0) | (rows == 1)).all():
            raise ValueError(f"{name}: examples must be zeros and ones; pass (x > 0.5).float()")
        if bits is not None and not 1 <= bits <= D:
            raise ValueError(f"{name}: bits must be from 1 to in_features={D}, got {bits}")
        chosen = np.arange(D) if bits is None else stream(generator).choice(D, bits, replace=False)
        return conditional_log_probability(self._units(), rows, chosen) * D / len(chosen)

    def log_partition(self) -> float:
        """log Z, the sum (or integral) of exp(−E) over all states: exact, for at most 20 hidden or visible units."""
        smaller = self.hidden_features if self.visible == "gaussian" else min(self.in_features, self.hidden_features)
        if smaller > EXACT_UP_TO:
            raise ValueError(
                f"RBM.log_partition: 2^{smaller} states are too many to enumerate (up to 2^{EXACT_UP_TO}); call "
                "estimate_log_partition()"
            )
        return exact_log_partition(self._units().copy(np.float64))

    def estimate_log_partition(
        self,
        x: Tensor | ArrayLike | None = None,
        *,
        chains: int = 100,
        steps: int = 1000,
        generator: Generator | None = None,
    ) -> AnnealedEstimate:
        """Estimate log Z by annealed importance sampling (Salakhutdinov & Murray 2008).

        x          examples, whose means make the base distribution; by default visible_bias does
        chains     the number of runs, whose weights are averaged
        steps      of each, with β from 0 to 1
        generator  of what is random, by default the library's
        """
        at_least("RBM.estimate_log_partition", 2, chains=chains)
        at_least("RBM.estimate_log_partition", 1, steps=steps)
        units = self._units().copy(np.float64)
        base = units.visible_bias
        if x is not None:
            base = units.bias_of_data(self._rows("estimate_log_partition", x))
        return annealed_importance_sampling(units, base, chains, steps, stream(generator))

    # ---------------------------------------------------------------------------------------------------------- learning

    @announces_compiling
    def fit(
        self,
        x: Tensor | ArrayLike,
        *,
        epochs: int = 10,
        batch_size: int = 32,
        k: int = 1,
        persistent: bool = False,
        chains: int | None = None,
        lr: float | None = None,
        momentum: float = 0.9,
        initial_momentum: float = 0.5,
        initial_epochs: int = 5,
        weight_decay: float = 2e-4,
        generator: Generator | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> RBMFit:
        """Learn the distribution of the examples by contrastive divergence, from the parameters there are.

            ΔW = <h vᵀ>_data − <h vᵀ>_model,  Δc = <h>_data − <h>_model,  Δa = <v>_data − <v>_model

        where the model's states come of k steps of Gibbs sampling: from the examples of the batch (CD-k), or from where the
        last batch left them (persistent CD). Hidden units enter <…> by their probabilities, everything else is drawn.

        x           examples (N, in_features): from 0 to 1; for Gaussian units with mean 0 and variance 1 in each column
        epochs, batch_size   passes over the examples, in a new order each; the number of examples of each step
        k           the number of Gibbs steps
        persistent, chains   whether chains go on from batch to batch, and how many they are: by default batch_size. They
                    must keep up with the weights: with them take smaller steps and less momentum
        lr          of the steps: by default 0.05, for Gaussian units 0.005
        momentum    of the steps, initial_momentum in the first initial_epochs (Hinton 2010, section 9)
        weight_decay   λ: a step changes W also by −lr λ W (section 10)
        generator   of what is random, by default the library's
        progress    called with a line for each epoch, and one before kernels are compiled, once on a machine

        Where visible_bias is 0, it first becomes that of independent units with the means of the examples (section 8.1).
        """
        name = "RBM.fit"
        at_least(name, 1, epochs=epochs, batch_size=batch_size, k=k)
        not_negative(name, weight_decay=weight_decay, initial_epochs=initial_epochs)
        if chains is not None:
            at_least(name, 1, chains=chains)
            if not persistent:
                raise ValueError(f"{name}: chains={chains} is for persistent=True; leave it out, or pass that")
        for option, value in (("momentum", momentum), ("initial_momentum", initial_momentum)):
            if not 0 <= value < 1:
                raise ValueError(f"{name}: {option} must be at least 0 and below 1, got {value}")
        rate = lr if lr is not None else 0.05 if self.visible == "bernoulli" else 0.005
        positive(name, lr=rate)
        rows = self._rows("fit", x)
        units = self._units().copy()
        if not units.visible_bias.any():
            units.visible_bias[:] = units.bias_of_data(rows)
        options = Options(
            epochs, min(batch_size, len(rows)), k, (chains or batch_size) if persistent else 0, rate, momentum,
            initial_momentum, initial_epochs, weight_decay,
        )  # fmt: skip
        with np.errstate(over="ignore", invalid="ignore"):  # the learner looks at each epoch's error
            result = ContrastiveDivergence(name, units, options, stream(generator)).learn(rows, progress)
        for parameter, array in zip((self.weight, self.hidden_bias, self.visible_bias), units.arrays(), strict=True):
            assign(parameter, array)
        return result

    def _units(self) -> Units:
        return Units(self.weight.array, self.hidden_bias.array, self.visible_bias.array, self.visible)

    def _rows(self, method: str, x: Tensor | ArrayLike) -> ndarray:
        name = f"RBM.{method}"
        rows = points(name, x, self.in_features, self.weight.dtype)
        if self.visible == "bernoulli" and not (rows.min() >= 0 and rows.max() <= 1):
            wrong = rows[(rows < 0) | (rows > 1)][0]
            raise ValueError(
                f"{name}: Bernoulli units are from 0 to 1, got {wrong:g}; scale x to that, or build the machine with "
                "visible='gaussian'"
            )
        return rows
