"""Networks as estimators of scikit-learn: for Pipeline, cross_val_score, GridSearchCV, calibration.

The one module of `nn` that trains, so that it stands above `optim`; nothing in `nn` or `optim` imports it.
"""

from __future__ import annotations

import copy
import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from autograd_core.optim.training.selection import take_threads
from numpy.typing import ArrayLike

import autograd_core as ag
from autograd_core.nn import MLP, Module
from autograd_core.nn import functional as F
from autograd_core.optim import Adam, EarlyStopping, Optimizer, fit

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state, compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets, unique_labels
    from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data
except ImportError as error:
    raise ImportError("nn.sklearn needs scikit-learn 1.6 or newer: pip install scikit-learn") from error

__all__ = ["NeuralNetClassifier", "NeuralNetRegressor"]

Factory: TypeAlias = Callable[..., Module]  # of the numbers of inputs and outputs
fitting = threading.RLock()  # the default generator is one for all threads

PARAMETERS = """
    module: function or class that is called with the numbers of features and of outputs and gives a module, such as
        `nn.Linear`; or a module, of which a copy is trained; None: `nn.MLP` with one layer of 100 hidden units.
    parameters: module__name=value and optimizer__name=value are passed to these two; for the MLP module__hidden=(100,),
        module__activation="relu", module__dropout=0.0. GridSearchCV sets them as all others.
    optimizer: a class of `optim`; None: `optim.Adam`.
    lr: the learning rate; None: the optimiser's own.
    loss: function(output, target) that takes reduction="none"; None: `{loss}`.
    epochs, batch_size: as for `optim.fit`; a batch has at most as many examples as there are.
    early_stopping: hold validation_fraction of the training data out, stop after `patience` epochs in which the loss on
        it did not fall, and keep the best weights.
{class_weight}    warm_start: a second `fit` goes on with the weights that there are.
    random_state: an integer for the same weights, and bits, each time; a NumPy RandomState; or None. The library's own
        random numbers are left as they were.
    verbose: show the progress.

    The network has the dtype of X, float32 or float64; anything else becomes float64. Once fitted, the estimator has
    `module_`, `optimizer_`, `history_`, `n_features_in_`{fitted}.

    Formula: argmin over the module's weights of Σₙ wₙ loss(module(Xₙ), yₙ) / Σₙ wₙ, by `optim.fit`
    Shapes: X (N, D), y {y}, sample_weight (N,).
    Dtypes: {dtypes}
    Raises: ValueError from `fit` for data that scikit-learn refuses (NaN, another number of features, …){raises}, and for
        parameters that module or optimizer do not take; TypeError for other keywords.
    Source: scikit-learn's `{source}`, whose defaults they are; Tietz et al., skorch, for the names of the parameters.
"""


def documented(**parts: str) -> Callable[[type], type]:
    """The class with the shared part of its docstring filled in.

    Its signature has the parameters with fixed names only: scikit-learn sets each name that it finds there.
    """

    def fill(cls: type) -> type:
        cls.__doc__ = (cls.__doc__ or "").replace("    PARAMETERS\n", PARAMETERS.format(**parts).lstrip("\n"))
        fixed = [p for p in inspect.signature(cls).parameters.values() if p.kind is not p.VAR_KEYWORD]
        cls.__signature__ = inspect.Signature(fixed)  # type: ignore[attr-defined]
        return cls

    return fill


def mlp(
    in_features: int,
    out_features: int,
    hidden: int | Sequence[int] = (100,),
    activation: str | Module | Callable = "relu",
    dropout: float = 0.0,
) -> MLP:
    """The default network."""
    widths = (hidden,) if isinstance(hidden, int | np.integer) else hidden
    return MLP([in_features, *map(int, widths), out_features], activation, dropout)


class _NeuralNet(BaseEstimator):
    """What classifier and regressor share: parameters, training, outputs."""

    PREFIXES = ("module__", "optimizer__")
    _random: dict[str, Any]  # the state of the random numbers after training

    def _own(self, prefix: str) -> dict[str, Any]:
        return {name.removeprefix(prefix): v for name, v in vars(self).items() if name.startswith(prefix)}

    def _take(self, parameters: Mapping[str, Any]) -> None:
        """Keep parameters of module and optimiser as attributes."""
        for name, value in parameters.items():
            if not name.startswith(self.PREFIXES):
                raise TypeError(
                    f"{type(self).__name__}: there is no parameter '{name}'; those of the network are written module__{name}, "
                    f"those of the optimiser optimizer__{name}"
                )
            setattr(self, name, value)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name."""
        own = {name: value for name, value in vars(self).items() if name.startswith(self.PREFIXES)}
        return {**super().get_params(deep), **own}

    def set_params(self, **params: Any) -> Any:
        """Change parameters."""
        own = {name: value for name, value in params.items() if name.startswith(self.PREFIXES)}
        super().set_params(**{name: value for name, value in params.items() if name not in own})
        self._take(own)
        return self

    # ------------------------------------------------------------------------------------------------------- training

    def _input(self, X: ArrayLike, reset: bool = False, **options: Any) -> Any:
        return validate_data(self, X, dtype=[np.float64, np.float32], reset=reset, **options)

    def _build(self, in_features: int, out_features: int, dtype: np.dtype) -> None:
        """A new network and optimiser."""
        name = type(self).__name__
        if isinstance(self.module, Module):
            module = copy.deepcopy(self.module)
        else:
            module = _called(name, "module", self.module or mlp, (in_features, out_features), self._own("module__"))
        if not isinstance(module, Module):
            raise ValueError(
                f"{name}: module must give an nn.Module for the numbers of features and outputs, got {type(module).__name__}; "
                "pass module=nn.Linear, or a function such as lambda n, k: nn.MLP([n, 20, k])"
            )
        self.module_: Module = module.to(dtype)
        with ag.no_grad():
            shape = self.module_.eval()(ag.zeros(2, in_features, dtype=dtype)).shape
        if tuple(shape) != (2, out_features):
            raise ValueError(
                f"{name}: for 2 examples of {in_features} features the module gives shape {tuple(shape)}, and the data needs "
                f"{(2, out_features)}; give its last layer {out_features} outputs"
            )
        self._new_optimizer()

    def _new_optimizer(self) -> None:
        options = self._own("optimizer__") | ({} if self.lr is None else {"lr": self.lr})
        self.optimizer_: Optimizer = _called(
            type(self).__name__, "optimizer", self.optimizer or Adam, (self.module_.parameters(),), options
        )

    def _train(self, X: Any, target: Any, weights: Any, outputs: int, epochs: int, incremental: bool) -> Any:
        """Fit to arrays; `incremental` (of partial_fit) goes on with optimiser and random numbers too."""
        take_threads()
        goes_on = hasattr(self, "module_") and (incremental or self.warm_start)
        data = (X, target) if weights is None else (X, target, weights.astype(X.dtype))
        with fitting, ag.fork_rng():
            if goes_on and incremental:
                ag.set_rng_state(self._random)
            else:
                ag.manual_seed(int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max)))
            if not goes_on:
                self._build(X.shape[1], outputs, X.dtype)
            elif not incremental:
                self._new_optimizer()
            validation, callbacks = None, []
            if self.early_stopping and not incremental:
                parts = train_test_split(
                    *data, test_size=self.validation_fraction, random_state=int(ag.randint(2**31 - 1, (1,)).item()),
                    stratify=target if isinstance(self, ClassifierMixin) else None,
                )  # fmt: skip
                data, validation = tuple(parts[::2]), tuple(parts[1::2])
                callbacks = [EarlyStopping(self.patience, "validation_loss")]
            size: Any = self.batch_size if isinstance(self.batch_size, str) else min(self.batch_size, len(data[0]))
            self.history_ = fit(
                self.module_, data, validation, loss=self.loss or self._loss, optimizer=self.optimizer_, epochs=epochs,
                batch_size=size, metrics={}, callbacks=callbacks,
                keep_best=False, progress=bool(self.verbose),
            )  # fmt: skip
            self._random = ag.get_rng_state()
        return self

    def _weights(self, X: Any, sample_weight: Any) -> Any:
        if sample_weight is None:
            return None
        weights = _check_sample_weight(sample_weight, X, dtype=X.dtype, ensure_non_negative=True)
        if not weights.any():
            raise ValueError(f"{type(self).__name__}: all sample_weight are 0, so that there is nothing to learn from")
        return weights

    def _outputs(self, X: ArrayLike) -> np.ndarray:
        """The network's outputs, a batch at a time, in evaluation mode."""
        check_is_fitted(self, "module_")
        rows = self._input(X).astype(next(iter(self.module_.parameters())).dtype, copy=True)
        self.module_.eval()
        with ag.no_grad():
            parts = [self.module_(ag.from_numpy(rows[i : i + 1024])).array for i in range(0, len(rows), 1024)]
        return np.concatenate(parts)


def _called(name: str, what: str, function: Callable, positions: tuple, options: dict[str, Any]) -> Any:
    """function(*positions, **options), where what it does not take is an error that names the parameter."""
    try:
        inspect.signature(function).bind(*positions, **options)
    except TypeError as error:
        listed = ", ".join(f"{what}__{key}" for key in options) or "none"
        raise ValueError(
            f"{name}: {getattr(function, '__name__', what)} cannot be called with {len(positions)} positions and the "
            f"parameters {listed}: {error}"
        ) from None
    return function(*positions, **options)


@documented(
    loss="F.cross_entropy",
    class_weight="""    class_weight: class → weight of its examples, or "balanced": the inverse of its frequency.\n""",
    fitted=", `classes_`",
    y="(N,)",
    dtypes="X any real numbers; y any labels; probabilities in the dtype of the network.",
    raises=", and for one class",
    source="MLPClassifier",
)
class NeuralNetClassifier(ClassifierMixin, _NeuralNet):
    """Classifies by a network that it trains; an estimator of scikit-learn.

    PARAMETERS
    >>> import numpy as np, nn.sklearn
    >>> X, y = np.array([[0.0], [1.0], [10.0], [11.0]]), ["low", "low", "high", "high"]
    >>> model = nn.sklearn.NeuralNetClassifier(module__hidden=8, lr=0.05, epochs=30, random_state=0)
    >>> model.fit(X, y).predict([[0.5], [10.5]]).tolist()
    ['low', 'high']
    """

    _loss = staticmethod(F.cross_entropy)
    classes_: np.ndarray

    def __init__(
        self,
        module: Factory | Module | None = None,
        *,
        optimizer: Callable[..., Optimizer] | None = None,
        lr: float | None = 1e-3,
        loss: Callable[..., Any] | None = None,
        epochs: int = 200,
        batch_size: int = 200,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        class_weight: Mapping[Any, float] | Literal["balanced"] | None = None,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
        **parameters: Any,
    ):
        self.module, self.optimizer, self.lr, self.loss = module, optimizer, lr, loss
        self.epochs, self.batch_size = epochs, batch_size
        self.early_stopping, self.validation_fraction, self.patience = early_stopping, validation_fraction, patience
        self.class_weight, self.warm_start = class_weight, warm_start
        self.random_state, self.verbose = random_state, verbose
        self._take(parameters)

    def _targets(self, y: Any, classes: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """The classes, and the index of each example's class."""
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        classes = unique_labels(y) if classes is None else classes
        if len(classes) < 2:
            raise ValueError(
                f"{type(self).__name__}: y has one class, {classes.tolist()}; training needs examples of at least two"
            )
        strange = np.setdiff1d(y, classes)
        if len(strange):
            raise ValueError(
                f"{type(self).__name__}: y has the labels {strange[:5].tolist()}, which are not among the classes "
                f"{classes.tolist()}; name all classes in the first call, or make a new estimator"
            )
        return classes, np.searchsorted(classes, y)

    def _fit(self, X: Any, y: Any, sample_weight: Any, epochs: int, incremental: bool, classes: Any = None) -> Any:
        goes_on = hasattr(self, "module_") and (incremental or self.warm_start)
        X, y = self._input(X, reset=not goes_on, y=y)
        found, labels = self._targets(y, self.classes_ if goes_on else classes)
        weights = self._weights(X, sample_weight)
        if self.class_weight is not None:
            own = compute_sample_weight(self.class_weight, found[labels]).astype(X.dtype)
            weights = own if weights is None else own * weights
        self.classes_ = found
        return self._train(X, labels, weights, len(found), epochs, incremental)

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> NeuralNetClassifier:
        """Train the network on the whole data, from new weights unless `warm_start` is set."""
        return self._fit(X, y, sample_weight, self.epochs, False)

    def partial_fit(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> NeuralNetClassifier:
        """Train for one epoch on these examples; the first call needs all `classes`."""
        if hasattr(self, "module_"):
            if classes is not None and not np.array_equal(unique_labels(classes), self.classes_):
                raise ValueError(
                    f"{type(self).__name__}: classes {unique_labels(classes).tolist()} are not those of the first call, "
                    f"{self.classes_.tolist()}; leave classes out"
                )
            return self._fit(X, y, sample_weight, 1, True)
        if classes is None:
            raise ValueError(
                f"{type(self).__name__}: the first call of partial_fit needs classes, all labels there will be; pass "
                "classes=np.unique(y)"
            )
        return self._fit(X, y, sample_weight, 1, True, unique_labels(classes))

    def predict_proba(self, X: ArrayLike) -> np.ndarray:
        """The probability of each class, (N, K), in the order of `classes_`: the softmax of the network's outputs."""
        z = self._outputs(X)
        e = np.exp(z - z.max(1, keepdims=True))
        return e / e.sum(1, keepdims=True)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The most probable class of each example, (N,)."""
        best = self._outputs(X).argmax(1)
        return self.classes_[best]


@documented(
    loss="F.mse_loss",
    class_weight="",
    fitted="",
    y="(N,) or (N, K)",
    dtypes="X and y any real numbers; predictions in the dtype of the network.",
    raises="",
    source="MLPRegressor",
)
class NeuralNetRegressor(RegressorMixin, _NeuralNet):
    """Predicts numbers by a network that it trains; an estimator of scikit-learn.

    PARAMETERS
    >>> import numpy as np, nn, nn.sklearn, optim
    >>> X = np.array([[0.0], [1.0], [2.0]])
    >>> model = nn.sklearn.NeuralNetRegressor(nn.Linear, optimizer=optim.SGD, lr=0.2, epochs=200, random_state=0)
    >>> model.fit(X, [1.0, 3.0, 5.0]).predict([[10.0]]).round(2).tolist()
    [21.0]
    """

    _loss = staticmethod(F.mse_loss)

    def __init__(
        self,
        module: Factory | Module | None = None,
        *,
        optimizer: Callable[..., Optimizer] | None = None,
        lr: float | None = 1e-3,
        loss: Callable[..., Any] | None = None,
        epochs: int = 200,
        batch_size: int = 200,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        warm_start: bool = False,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool = False,
        **parameters: Any,
    ):
        self.module, self.optimizer, self.lr, self.loss = module, optimizer, lr, loss
        self.epochs, self.batch_size = epochs, batch_size
        self.early_stopping, self.validation_fraction, self.patience = early_stopping, validation_fraction, patience
        self.warm_start, self.random_state, self.verbose = warm_start, random_state, verbose
        self._take(parameters)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _fit(self, X: Any, y: Any, sample_weight: Any, epochs: int, incremental: bool) -> Any:
        goes_on = hasattr(self, "module_") and (incremental or self.warm_start)
        X, y = self._input(X, reset=not goes_on, y=y, multi_output=True, y_numeric=True)
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        target = np.ascontiguousarray(y.reshape(len(y), -1), X.dtype)
        if goes_on and self._columns != y.shape[1:]:
            raise ValueError(
                f"{type(self).__name__}: y has shape {y.shape}, and the network was made for targets (N, "
                f"{', '.join(map(str, self._columns))}); make a new estimator"
            )
        weights = self._weights(X, sample_weight)
        self._columns: tuple[int, ...] = y.shape[1:]
        return self._train(X, target, weights, target.shape[1], epochs, incremental)

    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> NeuralNetRegressor:
        """Train the network on the whole data, from new weights unless `warm_start` is set."""
        return self._fit(X, y, sample_weight, self.epochs, False)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> NeuralNetRegressor:
        """Train for one epoch on these examples."""
        return self._fit(X, y, sample_weight, 1, True)

    def predict(self, X: ArrayLike) -> np.ndarray:
        """The network's outputs, (N,) or (N, K) as y was."""
        outputs = self._outputs(X)
        return outputs.reshape(len(outputs), *self._columns)
