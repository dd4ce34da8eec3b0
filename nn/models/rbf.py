"""The network of radial basis functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import ndarray
from numpy.typing import ArrayLike, DTypeLike

import autograd_core as ag
from autograd_core import Generator, Tensor
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.types import Device
from autograd_core.kernels.machine.compilation import announces_compiling, clock
from autograd_core.ops.shape.shape import cat
from autograd_core.random import stream

from ..layers.linear import Linear
from ..layers.rbf import RBF
from ..module import Module
from . import rbf_fit as steps
from .examples import at_least, classes_of, points, positive, targets
from .weights import assign

UNKNOWN, CLASSES, VALUES = range(3)
CENTERS = ("kmeans", "class_kmeans", "data", "keep")


class RBFNetwork(Module):
    """Applies radial units and a linear read-out, which `fit` finds without gradients.

    in_features, num_centers, kernel   those of `nn.RBF`, which has the centres and widths: `rbf`
    out_features, bias                 those of the read-out, a `Linear`: `readout`
    device, dtype                      None or "cpu"; that of the parameters

    `fit` takes centres from the data, widths by a rule, the read-out by regularised least squares. Being a module like any
    other, it can be trained by gradients as well, from the start or to refine what `fit` found.

    Formula: y = W φ(|x − c| / s) + b
    Shapes: (*, in_features) → (*, out_features).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: ValueError for sizes below 1 or an unknown kernel; `fit`: ValueError or TypeError for what does not fit
        together, with nothing changed; `predict`: RuntimeError before `fit`.
    Source: Broomhead & Lowe 1988, "Multivariable functional interpolation and adaptive networks"; Moody & Darken 1989,
        "Fast learning in networks of locally-tuned processing units".

    >>> import nn, autograd_core as ag
    >>> from nn.data import datasets
    >>> x, y = datasets.moons(200)[:]
    >>> model = nn.RBFNetwork(2, 20, 2)
    >>> fitted = model.fit(x, y)
    >>> (model.predict(x) == y).float().mean()
    tensor(1.)
    """

    def __init__(
        self,
        in_features: int,
        num_centers: int,
        out_features: int,
        kernel: str = "gaussian",
        bias: bool = True,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        on_cpu(device, "RBFNetwork")
        if out_features < 1:
            raise ValueError(f"RBFNetwork: out_features must be at least 1, got {out_features}")
        self.rbf = RBF(in_features, num_centers, kernel, dtype=dtype)
        self.readout = Linear(num_centers, out_features, bias, dtype=dtype)
        self.register_buffer("answers", Tensor(np.zeros((), np.int8)))  # what `fit` got: UNKNOWN, CLASSES or VALUES

    def forward(self, input: Tensor) -> Tensor:
        return self.readout(self.rbf(input))

    def predict(self, x: Tensor | ArrayLike) -> Tensor:
        """What `fit` got as y: classes, int64 (N,), or values (N, out_features)."""
        name = "RBFNetwork.predict"
        answers = int(self.answers)
        if answers == UNKNOWN:
            raise RuntimeError(
                f"{name}: fit() has not been called, so it is not known whether to give classes or values; model(x) gives "
                "values, model(x).argmax(1) classes"
            )
        rows = points(name, x, self.rbf.in_features, self.rbf.centers.dtype)
        with ag.no_grad():
            out = cat([self(Tensor(rows[i : i + steps.ROWS])) for i in range(0, len(rows), steps.ROWS)])
        return classes_of(out, 0.5) if answers == CLASSES else out

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *others: Any) -> None:
        """A state without `answers`, as of a model made elsewhere, leaves it as it is."""
        state_dict.setdefault(f"{prefix}answers", self.answers.detach().clone())
        super()._load_from_state_dict(state_dict, prefix, *others)

    @announces_compiling
    def fit(
        self,
        x: Tensor | ArrayLike,
        y: Tensor | ArrayLike,
        *,
        centers: str | Tensor | ArrayLike = "kmeans",
        widths: str | float | Tensor | ArrayLike = "nearest",
        scale: float = 1.0,
        neighbors: int = 2,
        ridge: float | str = "gcv",
        iterations: int = 20,
        generator: Generator | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> RBFFit:
        """Set centres, widths and read-out, without gradients.

        x           examples (N, in_features)
        y           class indices (N,), which become one-hot targets; or a floating matrix (N, out_features) of values
        centers     "kmeans"        the means of clusters of the examples
                    "class_kmeans"  as many for each class, of clusters of its examples (y must be class indices)
                    "data"          examples drawn at random
                    "keep"          as they are, such as learnt ones; or an array (num_centers, in_features)
        widths      "nearest"       for each centre the root mean square distance to its nearest `neighbors`
                    "max"           the largest distance between centres over √(2 num_centers), for all
                    "cluster"       for each centre the root mean square distance of the examples nearest to it
                    "keep"          as they are; or a number, or an array (num_centers,)
        scale       multiplies widths that come of a rule: overlap of the units
        ridge       λ of the penalty λ |W|² on the sum of squared errors, 0 for none; "gcv" chooses it by generalised
                    cross-validation
        iterations  of k-means
        generator   of what is random, by default the library's
        progress    called with a line of text after each step, and one before kernels are compiled

        Raises, with nothing changed, for what does not fit together.
        """
        name, dtype = "RBFNetwork.fit", self.rbf.centers.dtype
        rows = points(name, x, self.rbf.in_features, dtype)
        labels, wanted = targets(name, y, len(rows), self.readout.out_features)
        at_least(name, 1, neighbors=neighbors, iterations=iterations)
        positive(name, scale=scale)
        if not (ridge == "gcv" or (not isinstance(ridge, str) and math.isfinite(ridge) and ridge >= 0)):
            raise ValueError(f"{name}: ridge is a number of at least 0, or 'gcv', got {ridge!r}")

        report = _Steps(progress)
        s = self._checked_widths(widths)
        c = self._centers(centers, rows, labels, stream(generator), iterations)
        report(f"{len(c)} centres: {centers if isinstance(centers, str) else 'those passed'}")
        if isinstance(s, str):
            s = scale * steps.widths_for(s, rows, c, neighbors)
        report(f"widths from {s.min():.3g} to {s.max():.3g}, mean {s.mean():.3g}")

        before = [(p, p.array.copy()) for p in (self.rbf.centers, self.rbf.log_widths)]
        assign(self.rbf.centers, c)
        assign(self.rbf.log_widths, np.log(s))
        try:
            out = steps.read_out(
                lambda: self._answers(rows, wanted), ridge, self.readout.bias is not None, float(np.finfo(dtype).eps)
            )
        except BaseException:
            for parameter, array in before:
                assign(parameter, array)
            raise
        assign(self.readout.weight, out.weight)
        if self.readout.bias is not None:
            assign(self.readout.bias, out.bias)
        assign(self.answers, np.asarray(VALUES if labels is None else CLASSES))
        report(
            f"read-out: ridge {out.ridge:.3g}, {out.degrees:.1f} effective weights, mean squared error {out.residual:.4g}"
        )
        return RBFFit(out.ridge, out.degrees, out.residual, self.rbf.widths.detach().array, report.lines)

    def _centers(self, centers: Any, x: ndarray, labels: Any, rng: np.random.Generator, iterations: int) -> ndarray:
        name, M = "RBFNetwork.fit", self.rbf.num_centers
        if not isinstance(centers, str):
            return _checked_array(f"{name}: centers", centers, (M, self.rbf.in_features), x.dtype)
        if centers not in CENTERS:
            raise ValueError(f"{name}: centers is one of {', '.join(CENTERS)} or an array, got {centers!r}")
        if centers == "keep":
            return self.rbf.centers.array
        if len(x) < M:
            raise ValueError(
                f"{name}: centers={centers!r} cannot make {M} centres of {len(x)} examples; use at most as many"
            )
        if centers == "data":
            return x[rng.choice(len(x), M, replace=False)]
        if centers == "kmeans":
            return steps.k_means(x, M, rng, iterations)
        if labels is None:
            raise ValueError(f"{name}: centers='class_kmeans' needs class indices as y, got a matrix of targets")
        classes = max(2, self.readout.out_features)
        return steps.k_means_by_class(x, labels, classes, M, rng, iterations)

    def _checked_widths(self, widths: Any) -> str | ndarray:
        """The rule, or the widths themselves."""
        name, M = "RBFNetwork.fit", self.rbf.num_centers
        if isinstance(widths, str):
            if widths == "keep":
                return self.rbf.widths.detach().array
            if widths not in steps.WIDTHS:
                raise ValueError(
                    f"{name}: widths is one of {', '.join(steps.WIDTHS)}, keep, a number or an array, got {widths!r}"
                )
            return widths
        array = np.broadcast_to(widths, (M,)) if np.ndim(widths) == 0 else widths
        array = _checked_array(f"{name}: widths", array, (M,), self.rbf.centers.dtype)
        if not (array > 0).all():
            raise ValueError(f"{name}: widths must be positive, got {float(array[~(array > 0)][0]):g}")
        return array

    def _answers(self, x: ndarray, t: ndarray) -> Iterator[tuple[ndarray, ndarray]]:
        with ag.no_grad():
            for i in range(0, len(x), steps.ROWS):
                yield self.rbf(Tensor(x[i : i + steps.ROWS])).array, t[i : i + steps.ROWS]


@dataclass
class RBFFit:
    """What `fit` did.

    ridge     the λ used
    degrees   the effective number of weights of each output, Σ e / (e + λ) over the eigenvalues e of ΦᵀΦ, and the bias
    residual  the mean of (t - y)² over examples and outputs
    widths    (num_centers,)
    steps     a line for each step, with its seconds
    """

    ridge: float
    degrees: float
    residual: float
    widths: ndarray
    steps: list[str]

    def __repr__(self) -> str:
        return f"RBFFit({'; '.join(self.steps)})"


class _Steps:
    """The steps done so far, each with its seconds."""

    def __init__(self, progress: Callable[[str], None] | None):
        self.progress = progress
        self.lines: list[str] = []
        self.started = clock()

    def __call__(self, text: str) -> None:
        now = clock()
        self.lines.append(f"{text} ({now - self.started:.1f} s)")
        self.started = now
        if self.progress is not None:
            self.progress(self.lines[-1])


def _checked_array(name: str, value: Any, shape: tuple[int, ...], dtype: Any) -> ndarray:
    array = np.asarray(value.array if isinstance(value, Tensor) else value)
    if array.shape != shape:
        raise ValueError(f"{name} given as an array must have shape {shape}, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite")
    return array.astype(dtype)
