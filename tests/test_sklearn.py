"""nn.sklearn: estimators that pass scikit-learn's own checks and work in its tools."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim

sklearn = pytest.importorskip("sklearn", reason="scikit-learn is not installed (make test installs it)")

from sklearn.base import clone, is_classifier, is_regressor  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

from nn.sklearn import NeuralNetClassifier, NeuralNetRegressor  # noqa: E402

ROOT = Path(__file__).parent.parent


def points(n=60, seed=0, labels=("a", "b", "c")):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, len(labels), n)
    return np.array([[0, 3], [3, 0], [-3, -3]])[y] + rng.standard_normal((n, 2)), np.array(labels)[y]


def line(n=60, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2))
    return x, x @ [2.0, -1.0] + 0.5


def quick(**options):
    return NeuralNetClassifier(**{"module__hidden": 8, "lr": 0.05, "epochs": 20, "random_state": 0, **options})


@parametrize_with_checks([NeuralNetClassifier(), NeuralNetRegressor()])
def test_the_checks_of_scikit_learn(estimator, check):
    """All of them, with no failure expected."""
    check(estimator)


def test_what_they_are():
    assert is_classifier(NeuralNetClassifier()) and is_regressor(NeuralNetRegressor())


# ----------------------------------------------------------------------------------------------------------- in its tools


def test_cross_val_score_in_a_pipeline():
    from sklearn.model_selection import cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = points()
    scores = cross_val_score(make_pipeline(StandardScaler(), quick()), 1000 * X + 5, y, cv=3)
    assert scores.shape == (3,) and scores.min() > 0.9
    X, y = line()
    assert cross_val_score(NeuralNetRegressor(nn.Linear, lr=0.1, random_state=0), X, y, cv=3).min() > 0.999


def test_grid_search_in_two_processes():
    from sklearn.model_selection import GridSearchCV

    X, y = points()
    grid = {"module__hidden": [1, 8], "optimizer": [optim.SGD, optim.Adam]}
    searches = [GridSearchCV(quick(epochs=5), grid, cv=2, n_jobs=n).fit(X, y) for n in (1, 2)]
    for name in ("mean_test_score", "split0_test_score", "split1_test_score"):
        np.testing.assert_array_equal(*(search.cv_results_[name] for search in searches))
    assert searches[0].best_params_ == searches[1].best_params_
    np.testing.assert_array_equal(*(search.predict_proba(X) for search in searches))


def test_calibration():
    from sklearn.calibration import CalibratedClassifierCV

    X, y = points()
    p = CalibratedClassifierCV(quick(), cv=2).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(p.sum(1), 1)
    assert (np.array(["a", "b", "c"])[p.argmax(1)] == y).mean() > 0.9


# ------------------------------------------------------------------------------------------------------------- parameters


def test_module_and_its_parameters():
    model = NeuralNetClassifier(module__hidden=(5, 4), module__activation="tanh", optimizer__weight_decay=0.1, epochs=1)
    assert clone(model).get_params() == model.get_params()
    assert model.get_params()["module__hidden"] == (5, 4) and "optimizer__weight_decay" in repr(model)
    X, y = points()
    model.fit(X, y)
    assert model.module_.sizes == (2, 5, 4, 3) and isinstance(model.module_[1], nn.Tanh)
    assert model.optimizer_.param_groups[0]["weight_decay"] == 0.1
    model.set_params(module__hidden=3, optimizer=optim.SGD, optimizer__momentum=0.9, optimizer__weight_decay=0.0).fit(
        X, y
    )
    assert model.module_.sizes == (2, 3, 3) and type(model.optimizer_) is optim.SGD
    assert NeuralNetRegressor(nn.Linear, module__bias=False, epochs=1).fit(*line()).module_.bias is None


def test_a_module_is_copied():
    X, y = points()
    module = nn.MLP([2, 4, 3])
    before = {name: value.array.copy() for name, value in module.state_dict().items()}
    model = NeuralNetClassifier(module, epochs=2, lr=0.1).fit(X, y)
    assert all((before[name] == value.array).all() for name, value in module.state_dict().items())
    assert not all((before[name] == value.array).all() for name, value in model.module_.state_dict().items())


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_dtypes(dtype):
    X, y = points()
    model = quick(epochs=1).fit(X.astype(dtype), y)
    wanted = np.float32 if dtype == np.float32 else np.float64
    assert model.predict_proba(X.astype(dtype)).dtype == wanted == model.module_[0].weight.dtype
    assert model.predict_proba(X).dtype == wanted  # whatever comes later


@pytest.mark.parametrize(("options", "error", "message"), [
    ({"module__widths": 3}, ValueError, "mlp cannot be called with 2 positions and the parameters module__widths: got an unex"),
    ({"optimizer__mu": 3}, ValueError, "Adam cannot be called .* parameters optimizer__mu, optimizer__lr: got an unexpected"),
    ({"module": lambda n, k: nn.Linear(n, 7)}, ValueError,
     r"for 2 examples of 2 features the module gives shape \(2, 7\), and the data needs \(2, 3\); give its last layer 3 out"),
    ({"module": lambda n, k: n}, ValueError, "module must give an nn.Module .*, got int; pass module=nn.Linear"),
    ({"epochs": 0}, ValueError, "epochs must be at least 1"),
    ({"batch_size": 0}, ValueError, "batch_size must be at least 1"),
])  # fmt: skip
def test_what_is_refused(options, error, message):
    with pytest.raises(error, match=message):
        NeuralNetClassifier(**options).fit(*points())


def test_a_misspelt_parameter():
    with pytest.raises(
        TypeError, match="there is no parameter 'hidden'; those of the network are written module__hidden"
    ):
        NeuralNetClassifier(hidden=3)
    with pytest.raises(ValueError, match="Invalid parameter 'hidden'"):
        NeuralNetClassifier().set_params(hidden=3)


def test_labels_that_cannot_be_learnt():
    X, y = points()
    with pytest.raises(ValueError, match=r"y has one class, \['a'\]; training needs examples of at least two"):
        quick().fit(X, np.full(60, "a"))
    with pytest.raises(ValueError, match=r"the first call of partial_fit needs classes.*classes=np.unique\(y\)"):
        quick().partial_fit(X, y)
    with pytest.raises(ValueError, match=r"y has the labels \['c'\], which are not among the classes \['a', 'b'\]"):
        quick().partial_fit(X, y, classes=["a", "b"])
    model = quick().partial_fit(X, y, classes=["a", "b", "c", "d"])
    assert model.predict_proba(X).shape == (60, 4)
    with pytest.raises(
        ValueError, match=r"classes \['a'\] are not those of the first call, \['a', 'b', 'c', 'd'\]; leave"
    ):
        model.partial_fit(X, y, classes=["a"])
    with pytest.raises(
        ValueError, match="all sample_weight are 0, so|Sample weights must contain at least one non-zero"
    ):
        quick().fit(X, y, np.zeros(60))
    with pytest.raises(
        ValueError, match=r"y has shape \(60, 2\), and the network was made for targets \(N, \); make a new"
    ):
        NeuralNetRegressor(warm_start=True, epochs=1).fit(X, X[:, 0]).fit(X, X)


# ------------------------------------------------------------------------------------------------------------- training


def weights_of(model):
    return np.concatenate([p.array.ravel() for p in model.module_.parameters()])


def test_one_seed_gives_one_result_and_leaves_the_random_numbers():
    X, y = points()
    options = {"module__dropout": 0.3, "batch_size": 16, "early_stopping": True, "epochs": 4}
    ag.manual_seed(3)
    first = quick(**options).fit(X, y)
    drawn = ag.rand(2).array
    ag.manual_seed(99)
    second = quick(**options).fit(X, y)
    np.testing.assert_array_equal(weights_of(first), weights_of(second))
    assert (weights_of(quick(**options, random_state=1).fit(X, y)) != weights_of(first)).any()
    ag.manual_seed(3)
    np.testing.assert_array_equal(ag.rand(2).array, drawn)
    assert (weights_of(quick(random_state=None, epochs=1).fit(X, y)) != weights_of(quick(epochs=1).fit(X, y))).any()


def test_partial_fit_goes_on_also_after_pickling():
    X, y = points()
    model = quick(epochs=1, batch_size=16, module__dropout=0.3)
    for _ in range(3):
        model.partial_fit(X, y, classes=["a", "b", "c"])
    twin = quick(epochs=1, batch_size=16, module__dropout=0.3).partial_fit(X, y, classes=["a", "b", "c"])
    for _ in range(2):
        twin = pickle.loads(pickle.dumps(twin)).partial_fit(X, y)
    np.testing.assert_array_equal(weights_of(model), weights_of(twin))
    whole = quick(epochs=3, batch_size=16, module__dropout=0.3).fit(X, y)
    np.testing.assert_array_equal(weights_of(model), weights_of(whole))  # three epochs are three epochs
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(whole)).predict(X), whole.predict(X))


def test_warm_start():
    X, y = points()
    model = quick(warm_start=True, epochs=3).fit(X, y)
    before = weights_of(model)
    losses = model.history_["train_loss"][-1], model.fit(X, y).history_["train_loss"][0]
    assert losses[1] < losses[0]
    again = quick(epochs=3).fit(X, y)
    np.testing.assert_array_equal(weights_of(again), before)
    np.testing.assert_array_equal(weights_of(again.fit(X, y)), before)


def test_early_stopping_keeps_the_best_weights_on_what_was_held_out():
    X, y = points(90)
    y = np.random.default_rng(1).permutation(y)  # nothing can be learnt
    model = quick(epochs=300, early_stopping=True, patience=3, validation_fraction=0.3, lr=0.1).fit(X, y)
    history = model.history_
    assert len(history) == history.best_epoch + 3 < 300
    assert history["validation_loss"][history.best_epoch - 1] == min(history["validation_loss"])


def test_weights_of_examples_and_of_classes():
    X, y = points(40)
    full = {"batch_size": 1000, "epochs": 8}
    w = np.where(y == "a", 3.0, 1.0)
    weighted, classed = quick(**full).fit(X, y, w), quick(**full, class_weight={"a": 3.0, "b": 1.0, "c": 1.0}).fit(X, y)
    np.testing.assert_array_equal(weights_of(weighted), weights_of(classed))
    both = quick(**full, class_weight={"a": 3.0}).fit(X, y, w)
    np.testing.assert_allclose(weights_of(both), weights_of(quick(**full).fit(X, y, w * w)), rtol=1e-9)
    repeated = np.repeat(np.arange(40), w.astype(int))
    np.testing.assert_allclose(weights_of(weighted), weights_of(quick(**full).fit(X[repeated], y[repeated])), rtol=1e-6)
    assert (weights_of(weighted) != weights_of(quick(**full).fit(X, y))).any()
    counts = {c: 40 / (3 * (y == c).sum()) for c in "abc"}
    balanced = quick(**full, class_weight="balanced").fit(X, y)
    np.testing.assert_allclose(
        weights_of(balanced), weights_of(quick(**full, class_weight=counts).fit(X, y)), rtol=1e-9
    )


def test_probabilities_are_those_of_the_network():
    X, y = points()
    model = quick(module__dropout=0.5).fit(X, y)
    assert model.classes_.tolist() == ["a", "b", "c"] and model.n_features_in_ == 2 and model.score(X, y) > 0.9
    with ag.no_grad():
        z = model.module_.eval()(ag.tensor(X))
    model.module_.train()  # whatever was done with it
    np.testing.assert_allclose(model.predict_proba(X), F.softmax(z, 1).array, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), model.classes_[z.array.argmax(1)])
    many = np.concatenate([X] * 40)  # more than a batch
    np.testing.assert_allclose(model.predict_proba(many)[-60:], model.predict_proba(X), rtol=1e-12)


def test_several_targets_and_another_loss():
    X, y = line()
    Y = np.stack([y, -y], 1)
    model = NeuralNetRegressor(nn.Linear, lr=0.1, loss=F.l1_loss, random_state=0).fit(X, Y)
    assert model.predict(X).shape == (60, 2) and model.score(X, Y) > 0.99
    assert NeuralNetRegressor(nn.Linear, epochs=1).fit(X, y).predict(X).shape == (60,)
    squares = NeuralNetRegressor(nn.Linear, lr=0.1, random_state=0).fit(X, Y)
    assert (weights_of(squares) != weights_of(model)).any()


def test_importing_nn_does_not_import_it():
    asked = "print('sklearn' in sys.modules)"
    code = f"import sys, nn, optim; {asked}; nn.sklearn.NeuralNetRegressor; {asked}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["False", "True"]
    code = "import sys; sys.modules['sklearn'] = None; import nn; nn.sklearn"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert "ImportError: nn.sklearn needs scikit-learn 1.6 or newer: pip install scikit-learn" in done.stderr
