"""Cross-validation and grid search, for those who do not use scikit-learn (for which there is `nn.sklearn`)."""

from __future__ import annotations

import copy
import itertools
import math
import multiprocessing
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy import ndarray

from autograd_core import Tensor, fork_rng, get_num_threads, manual_seed, set_num_threads
from autograd_core.engine.tensor import describe
from autograd_core.nn.data import Dataset, Standardize, Subset, TensorDataset
from autograd_core.random import Generator, stream

from .batches import targets_of
from .checks import check_loss
from .fit import fit
from .metrics import checked_metrics, direction
from .prediction import Loss, Measure, evaluate
from .run import History

__all__ = ["CrossValidation", "GridSearch", "cross_validate", "grid_search"]

Make: TypeAlias = Callable[..., tuple[Any, ...]]  # a new model and its optimiser, and perhaps a scheduler
Examples: TypeAlias = Dataset | tuple[Any, ...]
NOT_SHARED = {
    "scheduler": "it belongs to one optimizer; return it from make: model, optimizer, scheduler",
    "step_scheduler": "it belongs to one optimizer; pass scheduler as the third that make returns",
    "checkpoint": "the folds would write one file; train a fold of one's own with optim.fit",
    "resume": "there is no checkpoint of several folds",
    "generator": "the folds draw from streams of their own; pass the generator to this function",
}
PASSED_ON = ("epochs", "batch_size")  # names in a grid that are options of `fit`


class CrossValidation:
    """Holds the results of cross-validation; `cross_validate` returns one.

    folds: for each fold the loss and the metrics on the part that was held out, by name; empty where training failed.
    histories: for each fold the history of its training, or None where it failed.

    Formula: mean = Σ_k results[k] / K, std = √(Σ_k (results[k] − mean)² / (K − 1))
    Shapes: K folds.
    Dtypes: floats.
    Raises: KeyError from `mean` and `std` for a name that no fold has.
    Source: none.

    >>> import optim
    >>> optim.CrossValidation([{"loss": 1.0}, {"loss": 3.0}], [None, None])
    CrossValidation(2 folds; loss 2 ± 1.414)
    """

    def __init__(self, folds: Sequence[Mapping[str, float]], histories: Sequence[History | None]) -> None:
        self.folds, self.histories = [dict(fold) for fold in folds], list(histories)

    def __getitem__(self, name: str) -> list[float]:
        """The values of the folds; NaN where one failed."""
        if not any(name in fold for fold in self.folds):
            raise KeyError(f"no '{name}' in these results; there are {', '.join(self.names()) or 'none'}")
        return [fold.get(name, math.nan) for fold in self.folds]

    def names(self) -> list[str]:
        """The loss and the metrics."""
        return list(dict.fromkeys(name for fold in self.folds for name in fold))

    def mean(self, name: str = "loss") -> float:
        """The mean over the folds."""
        return float(np.mean(self[name]))

    def std(self, name: str = "loss") -> float:
        """The standard deviation of the folds around their mean."""
        return float(np.std(self[name], ddof=1)) if len(self.folds) > 1 else math.nan

    def __repr__(self) -> str:
        values = ", ".join(f"{name} {self.mean(name):.4g} ± {self.std(name):.4g}" for name in self.names())
        return f"CrossValidation({len(self.folds)} folds; {values or 'all failed'})"


class GridSearch:
    """Holds the results of a grid search; `grid_search` returns one.

    points: the combinations that were tried, each a dictionary.
    results: the `CrossValidation` of each.
    scores: the mean of the monitored quantity of each; NaN where a fold's training failed.
    best_index: the number of the best point, from 0.

    Formula: best = points[best_index], the point with the best mean; of equal ones the first
    Shapes: as many results as points.
    Dtypes: floats.
    Raises: nothing.
    Source: none.

    >>> import optim
    >>> results = [optim.CrossValidation([{"loss": loss}], [None]) for loss in (3.0, 2.0)]
    >>> optim.GridSearch([{"lr": 0.1}, {"lr": 0.2}], results, [3.0, 2.0], 1).best
    {'lr': 0.2}
    """

    def __init__(
        self,
        points: Sequence[dict[str, Any]],
        results: Sequence[CrossValidation],
        scores: Sequence[float],
        best_index: int,
    ) -> None:
        self.points, self.results, self.scores = list(points), list(results), list(scores)
        self.best_index = best_index

    @property
    def best(self) -> dict[str, Any]:
        """The best point."""
        return self.points[self.best_index]

    def __repr__(self) -> str:
        return f"GridSearch({len(self.points)} points; best: {self.best}, {self.scores[self.best_index]:.4g})"


def cross_validate(
    make: Make,
    data: Examples,
    *,
    loss: Loss,
    k: int = 5,
    metrics: Mapping[str, Measure] | None = None,
    stratified: bool | None = None,
    standardize: bool | Standardize = False,
    n_jobs: int = 1,
    generator: Generator | None = None,
    **options: Any,
) -> CrossValidation:
    """Train k models, each on all but one of k parts of the data, and measure each on the part that it has not seen.

    make: function() → (model, optimizer), or (model, optimizer, scheduler); called once a fold.
    data: arrays (inputs, targets) or (inputs, targets, weights of the examples), or a dataset with a length.
    loss, metrics: as for `evaluate`.
    k: the number of parts.
    stratified: the parts have the classes in equal shares; None: where the targets are class indices.
    standardize: True: inputs are standardised by the moments of each fold's training part, so that nothing of the other
        part leaks; or a `Standardize` with its dimensions, a copy of which is fitted for each fold. Needs arrays.
    n_jobs: the number of processes, by joblib; −1: one a CPU. Their kernels share the CPUs. The results do not depend on it.
    generator: of the parts and of the folds' seeds, by default the library's. Each fold, `make` included, draws from a
        stream of its own.
    options: those of `fit`: epochs, batch_size, callbacks (each fold gets copies), clip_norm, validation=0.1 (a share of
        the training part), …. keep_best is False unless it is passed, and nothing is shown.

    Formula: results[i] = evaluate(fit(make(), data without part i), part i)
    Shapes: inputs (N, *), targets (N, *), weights (N,) → `CrossValidation`.
    Dtypes: as the models take them → floats.
    Raises: TypeError or ValueError, before anything is trained, for data without a length, a k that does not fit, options
        that folds cannot share, and metrics as for `evaluate`; ImportError for several jobs without joblib; what `make`
        and `fit` raise.
    Source: Stone 1974, "Cross-validatory choice and assessment of statistical predictions"; scikit-learn's
        `cross_validate`.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> _ = ag.manual_seed(0)
    >>> x = ag.linspace(-1, 1, 20).reshape(20, 1)
    >>> def make():
    ...     model = nn.Linear(1, 1)
    ...     return model, optim.SGD(model.parameters(), lr=0.5)
    >>> results = optim.cross_validate(make, (x, 3 * x), loss=F.mse_loss, k=4, epochs=50)
    >>> len(results.folds), results.mean("loss") < 1e-3
    (4, True)
    """
    folds = _Folds("cross_validate", data, loss, k, metrics, stratified, standardize, generator, options)
    return folds.run([(make, {}, options)], n_jobs, catch=False)[0]


def grid_search(
    make: Make,
    grid: Mapping[str, Sequence[Any]],
    data: Examples,
    *,
    loss: Loss,
    monitor: str = "loss",
    mode: Literal["min", "max"] | None = None,
    k: int = 5,
    metrics: Mapping[str, Measure] | None = None,
    stratified: bool | None = None,
    standardize: bool | Standardize = False,
    n_jobs: int = 1,
    generator: Generator | None = None,
    **options: Any,
) -> GridSearch:
    """Cross-validate every combination of some options, all on the same parts and seeds, and find the best.

    make: function(**point) → (model, optimizer), or (model, optimizer, scheduler).
    grid: name → the values to try. `epochs` and `batch_size` are passed to `fit`, all others to make.
    data, loss, k, metrics, stratified, standardize, n_jobs, generator, options: as for `cross_validate`.
    monitor: what is compared: "loss" or a metric, on the parts held out.
    mode: "max" if a higher value is better, "min" if a lower one is; not needed for the loss and for metrics with
        `higher_is_better`.

    A point for which the loss of a fold becomes NaN or infinite is never the best. The result has to be trained once more
    on all data: model, optimizer = make(**search.best).

    Formula: best = argmin over the points of the mean over the folds of monitor, or argmax
    Shapes: inputs (N, *), targets (N, *), weights (N,) → `GridSearch`.
    Dtypes: as the models take them → floats.
    Raises: as `cross_validate`; ValueError for an empty grid, a monitor that is not measured or whose direction nothing
        says, and if every point failed.
    Source: scikit-learn's `GridSearchCV`.

    >>> import autograd_core as ag, nn, nn.functional as F, optim
    >>> _ = ag.manual_seed(0)
    >>> x = ag.linspace(-1, 1, 20).reshape(20, 1)
    >>> def make(lr):
    ...     model = nn.Linear(1, 1)
    ...     return model, optim.SGD(model.parameters(), lr=lr)
    >>> optim.grid_search(make, {"lr": [0.001, 0.5]}, (x, 3 * x), loss=F.mse_loss, k=4, epochs=20).best
    {'lr': 0.5}
    """
    points = _points(grid)
    higher = _higher_is_better(monitor, mode, checked_metrics("grid_search", metrics))
    folds = _Folds("grid_search", data, loss, k, metrics, stratified, standardize, generator, options)
    tasks = []
    for point in points:
        own = {name: value for name, value in point.items() if name not in PASSED_ON}
        tasks.append((make, own, {**options, **{name: point[name] for name in PASSED_ON if name in point}}))
    results = folds.run(tasks, n_jobs, catch=True)
    names = next((r.names() for r in results if r.names()), [])
    if names and monitor not in names:
        raise ValueError(f"grid_search: monitor '{monitor}' is not measured; there are {', '.join(names)}")
    scores = [r.mean(monitor) if r.names() else math.nan for r in results]
    if np.isnan(scores).all():
        raise ValueError(
            f"grid_search: the {monitor} of all {len(points)} points is NaN, or their training failed: the loss became NaN or "
            "infinite; try lower learning rates, or train one with optim.fit, which says where it happens"
        )
    best = int(np.nanargmax(scores) if higher else np.nanargmin(scores))
    return GridSearch(points, results, scores, best)


def _points(grid: Any) -> list[dict[str, Any]]:
    if not isinstance(grid, Mapping) or not grid:
        raise ValueError(f'grid_search: grid is a dictionary such as {{"lr": [0.1, 0.01]}}, got {describe(grid)}')
    for name, values in grid.items():
        if isinstance(values, str) or not isinstance(values, Iterable) or not len(list(values)):
            raise ValueError(f"grid_search: grid[{name!r}] is a list of at least one value, got {values!r}")
    return [dict(zip(grid, values)) for values in itertools.product(*grid.values())]


def _higher_is_better(monitor: str, mode: str | None, metrics: dict[str, Any] | None) -> bool:
    if mode not in (None, "min", "max"):
        raise ValueError(f"grid_search: mode is 'min' (lower is better), 'max' or None, got {mode!r}")
    higher = direction(monitor, metrics) if mode is None else mode == "max"
    if higher is None:
        raise ValueError(
            f"grid_search: monitor '{monitor}': nothing says whether a higher or a lower value is better; pass mode='max' or "
            "mode='min', or a metric object with higher_is_better"
        )
    return higher


# ---------------------------------------------------------------------------------------------------------------- folds


def parts_of(n: int, k: int, labels: ndarray | None, generator: Generator | None) -> list[ndarray]:
    """The indices of each of k parts, in order; sizes, and numbers of each class in `labels`, differ by at most 1."""
    order = stream(generator).permutation(n)
    if labels is not None:
        order = order[np.argsort(labels[order], kind="stable")]
    return [np.sort(order[i::k]) for i in range(k)]


class _Folds:
    """The parts of the data, and what is done with each."""

    def __init__(
        self,
        caller: str,
        data: Any,
        loss: Any,
        k: int,
        metrics: Any,
        stratified: bool | None,
        standardize: bool | Standardize,
        generator: Generator | None,
        options: dict[str, Any],
    ):
        check_loss(caller, loss)
        for name, reason in NOT_SHARED.items():
            if options.get(name) is not None:
                raise TypeError(f"{caller}: {name}= cannot be shared by folds: {reason}")
        self.caller, self.loss, self.metrics = caller, loss, checked_metrics(caller, metrics)
        self.arrays = isinstance(data, tuple)  # `fit` converts arrays to the dtype of the model, and no dataset
        if self.arrays:
            nested = next((part for part in data if isinstance(part, tuple | Mapping)), None)
            if nested is not None:
                raise TypeError(
                    f"{caller}: inputs and targets are one array each, got a {type(nested).__name__}; pass a dataset, such as "
                    "nn.data.StackDataset(x=…, y=…)"
                )
            data = TensorDataset(*data)
        if not isinstance(data, Dataset) or not hasattr(data, "__len__"):
            raise TypeError(
                f"{caller}: data must be arrays (inputs, targets) or a dataset with a length, got {describe(data)}; a loader "
                "has one, loader.dataset"
            )
        n = len(data)
        self.data: Any = data
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 2 <= k <= n:
            raise ValueError(f"{caller}: k is the number of parts, from 2 to the {n} examples, got {k!r}")
        self.scale = Standardize() if standardize is True else standardize or None
        if self.scale is not None and type(data) is not TensorDataset:
            raise TypeError(
                f"{caller}: standardize needs the inputs as one array, got a {type(data).__name__}; pass arrays (inputs, "
                "targets), or a TensorDataset"
            )
        labels = self._labels(stratified, k)
        self.parts = parts_of(n, int(k), labels, generator)
        self.seeds = [int(seed) for seed in stream(generator).integers(2**62, size=k)]

    def _labels(self, stratified: bool | None, k: int) -> ndarray | None:
        targets = targets_of(self.data)
        labels: Any = None if targets is None else np.asarray(targets.array if isinstance(targets, Tensor) else targets)
        classes = labels is not None and labels.dtype.kind in "iub" and labels.ndim == 1
        if stratified is False or (stratified is None and not classes):
            return None
        if not classes:
            got = "targets that are not in memory" if labels is None else f"{labels.dtype} of shape {labels.shape}"
            raise ValueError(f"{self.caller}: stratified=True needs class indices of shape (N,), got {got}")
        found, counts = np.unique(labels, return_counts=True)
        if counts.min() < k:
            raise ValueError(
                f"{self.caller}: class {found[counts.argmin()]} has {counts.min()} examples, so that not each of {k} parts has "
                f"one; pass k={max(2, int(counts.min()))} or fewer, or stratified=False"
            )
        return labels

    def run(self, tasks: list[tuple[Make, dict, dict]], n_jobs: int, catch: bool) -> list[CrossValidation]:
        """All folds of all tasks."""
        calls = [
            (self.fold, (make, point, options, i, catch))
            for make, point, options in tasks
            for i in range(len(self.parts))
        ]
        results = _called(self.caller, calls, n_jobs)
        k = len(self.parts)
        groups = [results[i : i + k] for i in range(0, len(results), k)]
        return [CrossValidation([r for r, _ in group], [h for _, h in group]) for group in groups]

    def fold(
        self, make: Make, point: dict, options: dict, i: int, catch: bool
    ) -> tuple[dict[str, float], History | None]:
        """Train on all parts but i, and evaluate on that."""
        take_threads()
        options = {"keep_best": False, "progress": False, **copy.deepcopy(options)}
        metrics = copy.deepcopy(self.metrics)
        train, held_out = self._split(i)
        with fork_rng():
            manual_seed(self.seeds[i])
            made = make(**point)
            if not isinstance(made, tuple) or len(made) not in (2, 3):
                raise TypeError(
                    f"{self.caller}: make must return (model, optimizer), or (model, optimizer, scheduler), got "
                    f"{describe(made)}"
                )
            model, optimizer, scheduler = (*made, None)[:3]
            try:
                history = fit(
                    model, train, loss=self.loss, optimizer=optimizer, scheduler=scheduler, metrics=metrics, **options
                )
                return evaluate(model, held_out, self.loss, metrics=metrics), history
            except FloatingPointError:
                if catch:
                    return {}, None
                raise

    def _split(self, i: int) -> Any:
        """The training and the other part, as `fit` and `evaluate` take them."""
        held_out = self.parts[i]
        others = np.sort(np.concatenate([part for j, part in enumerate(self.parts) if j != i]))
        if self.scale is None and not self.arrays:
            return Subset(self.data, others), Subset(self.data, held_out)
        x, *rest = (t.array for t in self.data.tensors)
        if self.scale is not None:
            x = copy.deepcopy(self.scale).fit(x[others]).transform(x)
        train, test = (tuple(part[rows] for part in (x, *rest)) for rows in (others, held_out))
        if self.arrays:
            return train, test
        return (TensorDataset(*part, transform=self.data.transform) for part in (train, test))


def _called(caller: str, calls: list[tuple[Callable, tuple]], n_jobs: int) -> list:
    """The results of the calls, in order, from that number of processes."""
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int | np.integer) or n_jobs == 0:
        raise ValueError(f"{caller}: n_jobs is the number of processes, or −1 for one a CPU, got {n_jobs!r}")
    if n_jobs == 1:
        return [function(*arguments) for function, arguments in calls]
    try:
        import joblib
    except ImportError:
        raise ImportError(
            f"{caller}: n_jobs={n_jobs} needs joblib, which is not installed: pip install joblib; n_jobs=1 works without it"
        ) from None
    return joblib.Parallel(n_jobs=n_jobs)(joblib.delayed(function)(*arguments) for function, arguments in calls)


def take_threads() -> None:
    """In a worker process of joblib, use no more threads than it leaves to each."""
    granted = os.environ.get("NUMBA_NUM_THREADS", "")
    if multiprocessing.parent_process() is not None and granted.isdecimal():
        set_num_threads(max(1, min(int(granted), get_num_threads())))
