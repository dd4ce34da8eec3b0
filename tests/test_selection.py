"""Cross-validation, grid search and the range test of the learning rate."""

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, StackDataset, Standardize, TensorDataset
from optim.training.selection import parts_of

ROOT = Path(__file__).parent.parent


def points(n=48, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    y = rng.permutation(n) % 3
    return (np.array([[0, 3], [3, 0], [-3, -3]])[y] + rng.standard_normal((n, 2))).astype(dtype), y


def make(hidden=6, lr=0.05, dropout=0.0):
    model = nn.MLP([2, hidden, 3], dropout=dropout)
    return model, optim.Adam(model.parameters(), lr=lr)


def validated(data=None, **options):
    ag.manual_seed(1)
    return optim.cross_validate(make, data or points(), loss=F.cross_entropy, **{"k": 4, "epochs": 3, **options})


# ------------------------------------------------------------------------------------------------------------------ parts


@pytest.mark.parametrize(("n", "k"), [(10, 2), (23, 5), (7, 7)])
def test_parts_are_a_partition_into_equal_sizes(n, k):
    parts = parts_of(n, k, None, ag.Generator(0))
    assert sorted(np.concatenate(parts)) == list(range(n))
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 1
    assert not any((np.diff(part) < 0).any() for part in parts)
    assert any((a != b).any() for a, b in zip(parts, parts_of(n, k, None, ag.Generator(1)), strict=True))


def test_stratified_parts_have_the_classes_in_equal_shares():
    labels = np.repeat([0, 1, 2], [11, 30, 6])
    parts = parts_of(47, 4, labels, ag.Generator(0))
    assert sorted(np.concatenate(parts)) == list(range(47))
    counts = np.array([np.bincount(labels[part], minlength=3) for part in parts])
    assert (np.ptp(counts, axis=0) <= 1).all() and np.ptp(counts.sum(1)) <= 1
    selection = pytest.importorskip("sklearn.model_selection")
    theirs = selection.StratifiedKFold(4).split(np.zeros(47), labels)
    theirs = np.array([np.bincount(labels[part], minlength=3) for _, part in theirs])
    np.testing.assert_array_equal(np.sort(counts, axis=0), np.sort(theirs, axis=0))


# --------------------------------------------------------------------------------------------------------- cross-validation


def test_each_fold_is_trained_and_evaluated_as_by_hand():
    x, y = points(dtype=np.float32)
    seen = []

    def recorded():
        model, optimizer = make(lr=5.0)
        seen.append(model)
        return model, optimizer

    ag.manual_seed(1)
    result = optim.cross_validate(recorded, (x, y), loss=F.cross_entropy, k=4, epochs=3)
    ag.manual_seed(1)
    parts = parts_of(48, 4, y, None)
    seeds = ag.random.stream(None).integers(2**62, size=4)
    for part, seed, model, fold, history in zip(parts, seeds, seen, result.folds, result.histories, strict=True):
        others = np.setdiff1d(np.arange(48), part)
        ag.manual_seed(int(seed))
        twin, optimizer = make(lr=5.0)
        wanted = optim.fit(twin, (x[others], y[others]), loss=F.cross_entropy, optimizer=optimizer, epochs=3, progress=False,
                           keep_best=False)  # fmt: skip
        assert history["train_loss"] == wanted["train_loss"]
        np.testing.assert_array_equal(model[0].weight.array, twin[0].weight.array)
        assert fold == optim.evaluate(twin, (x[part], y[part]), F.cross_entropy)
    assert any(np.argmin(history["train_loss"]) < 2 for history in result.histories)  # the last weights, not the best
    assert result.names() == ["loss", "accuracy"]
    losses = [fold["loss"] for fold in result.folds]
    assert (
        result["loss"] == losses and result.mean() == np.mean(losses) and result.std("loss") == np.std(losses, ddof=1)
    )
    assert repr(result).startswith("CrossValidation(4 folds; loss ")
    with pytest.raises(KeyError, match="no 'f1' in these results; there are loss, accuracy"):
        result["f1"]


def test_results_do_not_depend_on_the_number_of_jobs_or_on_what_was_drawn_before(monkeypatch):
    joblib = pytest.importorskip("joblib", reason="joblib is not installed (make test installs it)")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    options = {
        "metrics": {"f1": optim.F1Score("macro"), "threads": lambda outputs, targets: ag.get_num_threads()},
        "standardize": True,
        "callbacks": [optim.EarlyStopping(1, "train_loss")],
    }
    first, twin = validated(**options), validated(**options, n_jobs=2)
    assert max(fold.pop("threads") for fold in twin.folds) <= max(1, joblib.cpu_count() // 2)  # they do not compete
    assert {fold.pop("threads") for fold in first.folds} == {ag.get_num_threads()}
    assert first.folds == twin.folds
    assert [h["train_loss"] for h in first.histories] == [h["train_loss"] for h in twin.histories]
    state = ag.get_rng_state()
    validated(**options)
    assert ag.get_rng_state() == state  # however much the folds drew
    other = optim.cross_validate(make, points(), loss=F.cross_entropy, k=4, epochs=3, generator=ag.Generator(5))
    assert ag.get_rng_state() == state and other.folds != first.folds
    assert vars(options["callbacks"][0]).keys() == vars(optim.EarlyStopping(1)).keys()  # copies ran
    assert options["metrics"]["f1"].counts.size == 0


def test_standardisation_does_not_see_the_part_held_out():
    x, y = points()
    x = 1000 * x + 500
    given = []

    class Watch(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(ag.zeros(2, 3))

        def forward(self, inputs):
            given.append((self.training, inputs.array))
            return inputs @ self.w

    def watched():
        model = Watch()
        return model, optim.SGD(model.parameters(), lr=0.1)

    optim.cross_validate(watched, (x, y), loss=F.cross_entropy, k=3, epochs=1, batch_size=100, standardize=True)
    assert [training for training, _ in given] == [True, False] * 3
    for (_, train), (_, test) in zip(given[::2], given[1::2], strict=True):
        np.testing.assert_allclose(train.mean(0), 0, atol=1e-6)
        np.testing.assert_allclose(train.std(0), 1, atol=1e-5)
        assert abs(test.mean(0)).max() > 1e-3  # its moments are others
    data = TensorDataset(x.astype(np.float32), y, transform=lambda batch: 0 * batch)
    given.clear()
    optim.cross_validate(watched, data, loss=F.cross_entropy, k=3, epochs=1, standardize=Standardize())
    assert all((inputs == 0).all() for _, inputs in given)  # the transform comes after it


def test_data_of_other_kinds():
    x, y = points(dtype=np.float32)
    assert (
        validated((x, y)).folds
        == validated((ag.tensor(x), ag.tensor(y))).folds
        == validated((x.astype(float), y)).folds
    )
    assert validated(TensorDataset(x, y)).folds == validated((x, y)).folds
    weighted = validated((x, y, np.linspace(0.5, 2, 48)))
    assert weighted.folds != validated((x, y)).folds
    stacked = validated(StackDataset(x=ag.tensor(x), y=ag.tensor(y)), stratified=False)
    assert stacked.folds == validated((x, y), stratified=False).folds != validated((x, y)).folds
    target = x.sum(1, keepdims=True)
    result = optim.cross_validate(lambda: (m := nn.Linear(2, 1), optim.SGD(m.parameters(), lr=0.02)), (x, target), k=3,
                                  loss=F.mse_loss, epochs=20)  # fmt: skip
    assert result.mean() < 0.05


def test_options_of_fit():
    def scheduled():
        model, optimizer = make()
        return model, optimizer, optim.lr_scheduler.StepLR(optimizer, 1, 0.5)

    result = optim.cross_validate(scheduled, points(), loss=F.cross_entropy, k=2, epochs=3, validation=0.25)
    assert result.histories[0]["learning_rate"] == [0.05, 0.025, 0.0125]
    assert "validation_loss" in result.histories[0].names()


@pytest.mark.parametrize(("options", "error", "message"), [
    ({"k": 1}, ValueError, "k is the number of parts, from 2 to the 48 examples, got 1"),
    ({"k": 49}, ValueError, "from 2 to the 48 examples, got 49"),
    ({"k": 17}, ValueError, "class 0 has 16 examples, so that not each of 17 parts has one; pass k=16 or fewer, or stratified"),
    ({"n_jobs": 0}, ValueError, "n_jobs is the number of processes, or −1 for one a CPU, got 0"),
    ({"scheduler": object()}, TypeError, "scheduler= cannot be shared by folds: .* return it from make: model, optimizer, sch"),
    ({"checkpoint": "a"}, TypeError, "checkpoint= cannot be shared by folds: the folds would write one file"),
    ({"loss": "mse"}, TypeError, "loss must be a function"),
    ({"metrics": {"m": optim.ConfusionMatrix()}}, TypeError, "more than the numbers that a history records"),
    ({"data": [1, 2]}, TypeError, "data must be arrays .* got list; a loader has one, loader.dataset"),
    ({"data": ((np.zeros(3), np.zeros(3)), np.zeros(3))}, TypeError, "inputs and targets are one array each, got a tuple"),
    ({"data": (points()[0], points()[0]), "stratified": True}, ValueError, "needs class indices of shape .N,., got float64"),
    ({"data": StackDataset(*map(ag.tensor, points())), "standardize": True}, TypeError, "standardize needs the inputs as one"),
    ({"make": lambda: nn.Linear(2, 3)}, TypeError, r"make must return \(model, optimizer\), .*, got Linear"),
])  # fmt: skip
def test_refused(options, error, message):
    made = []
    arguments = {"make": lambda: made.append(1) or make(), "data": points(), "loss": F.cross_entropy, "k": 3, **options}
    with pytest.raises(error, match=f"cross_validate: .*{message}"):
        optim.cross_validate(**arguments)
    assert not made


def test_a_failure_names_its_cause():
    with pytest.raises(FloatingPointError):
        optim.cross_validate(lambda: make(lr=1e38), points(), loss=F.cross_entropy, k=3, epochs=3, batch_size=8)


def test_without_joblib():
    code = (
        "import sys; sys.modules['joblib'] = None; import numpy as np, nn, optim, nn.functional as F\n"
        "def make(): m = nn.Linear(1, 1); return m, optim.SGD(m.parameters())\n"
        "data = np.ones((4, 1)), np.ones((4, 1))\n"
        "print(len(optim.cross_validate(make, data, loss=F.mse_loss, k=2).folds))\n"
        "optim.cross_validate(make, data, loss=F.mse_loss, k=2, n_jobs=2)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout == "2\n"
    assert (
        "ImportError: cross_validate: n_jobs=2 needs joblib, which is not installed: pip install joblib; n_jobs=1"
        in done.stderr
    )


# -------------------------------------------------------------------------------------------------------------- grid search


def test_grid_search():
    def search(**options):
        ag.manual_seed(2)
        grid = {"hidden": [1, 8], "lr": [1e-4, 0.05], "epochs": [2, 4]}
        return optim.grid_search(make, grid, points(), loss=F.cross_entropy, k=3, **options)

    found = search()
    assert len(found.points) == 8 and found.points[1] == {"hidden": 1, "lr": 1e-4, "epochs": 4}
    assert found.best == {"hidden": 8, "lr": 0.05, "epochs": 4} and found.best_index == 7
    assert found.scores == [result.mean("loss") for result in found.results] and min(found.scores) == found.scores[7]
    assert [len(result.histories[0]) for result in found.results] == [2, 4] * 4
    # every point on the same parts and seeds, those of cross-validation alone
    ag.manual_seed(2)
    alone = optim.cross_validate(lambda: make(8, 0.05), points(), loss=F.cross_entropy, k=3, epochs=4)
    assert alone.folds == found.results[7].folds
    accuracy = search(monitor="accuracy")
    assert accuracy.scores[accuracy.best_index] == max(accuracy.scores)
    worst = search(monitor="loss", mode="max")
    assert worst.scores[worst.best_index] == max(worst.scores)
    assert "GridSearch(8 points; best: {'hidden': 8" in repr(found)


def test_a_point_that_diverges_is_not_the_best():
    found = optim.grid_search(make, {"lr": [1e38, 0.05]}, points(), loss=F.cross_entropy, k=3, epochs=3, batch_size=8)
    assert np.isnan(found.scores[0]) and found.best == {"lr": 0.05} and found.results[0].folds == [{}] * 3
    assert found.results[0].histories == [None] * 3 and "all failed" in repr(found.results[0])
    with pytest.raises(ValueError, match="the loss of all 1 points is NaN, .* try lower learning rates"):
        optim.grid_search(make, {"lr": [1e38]}, points(), loss=F.cross_entropy, k=3, epochs=3, batch_size=8)


def test_a_point_whose_outputs_are_nan_is_not_the_best():
    """Its last step spoilt the weights, which no loss of training shows."""
    found = optim.grid_search(make, {"lr": [3e38, 0.05]}, points(), loss=F.cross_entropy, k=3, epochs=1)
    assert np.isnan(found.scores[0]) and found.best == {"lr": 0.05}


@pytest.mark.parametrize(("options", "message"), [
    ({"grid": {}}, r'grid is a dictionary such as {"lr": \[0.1, 0.01\]}, got dict'),
    ({"grid": {"lr": []}}, r"grid\['lr'\] is a list of at least one value, got \[\]"),
    ({"grid": {"lr": 0.1}}, r"grid\['lr'\] is a list of at least one value, got 0.1"),
    ({"monitor": "f1"}, "monitor 'f1': nothing says whether a higher or a lower value is better; pass mode='max'"),
    ({"monitor": "f1", "mode": "max"}, "monitor 'f1' is not measured; there are loss, accuracy"),
    ({"mode": "best"}, "mode is 'min' .lower is better., 'max' or None, got 'best'"),
])  # fmt: skip
def test_searches_that_are_refused(options, message):
    arguments = {"make": make, "grid": {"lr": [0.1]}, "data": points(), "loss": F.cross_entropy, "k": 2, **options}
    with pytest.raises(ValueError, match=f"grid_search: {message}"):
        optim.grid_search(**arguments)


# -------------------------------------------------------------------------------------------------- range of learning rates


def test_the_range_test_by_hand():
    """One weight w with loss w² / 2: each step multiplies it by 1 − lr."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    x = np.full((5, 1), np.sqrt(0.5), np.float32)
    data = [(ag.tensor(x), ag.zeros(5, 1))]
    found = optim.lr_find(model, data, loss=F.mse_loss, optimizer=optim.SGD(model.parameters(), lr=0.3), start=0.02,
                          end=100.0, steps=9, smoothing=0.0)  # fmt: skip
    rates = 0.02 * 5000 ** (np.arange(9) / 8)
    w = np.concatenate([[1], np.cumprod(1 - rates)])
    n = len(found.rates)
    assert n < 9  # it ended where the loss had grown fourfold
    np.testing.assert_allclose(found.rates, rates[:n], rtol=1e-12)
    np.testing.assert_allclose(found.losses, (w**2 / 2)[:n], rtol=1e-4, atol=1e-7)
    assert found.losses[-1] > 4 * found.losses[:-1].min() >= found.losses[-2]
    assert found.suggestion == found.rates[found.losses.argmin()] / 10
    smooth = optim.LearningRates(found.rates, found.losses, 0.5)
    np.testing.assert_allclose(smooth.smoothed[1], (0.5 * found.losses[0] + found.losses[1]) / 1.5)
    assert "LearningRates(" in repr(found) and optim.LearningRates([1.0, 2.0], [1.0, 2.0]).suggestion is None


def plain(x):
    """A copy, with arrays for tensors."""
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    if isinstance(x, list | tuple):
        return [plain(value) for value in x]
    return x.array.copy() if isinstance(x, ag.Tensor) else copy.deepcopy(x)


def test_groups_keep_the_ratio_of_their_rates():
    rows = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    for layer in rows:
        nn.init.ones_(layer.weight)
    first, second = rows[0].weight, rows[1].weight  # the output is their product, the loss its square
    optimizer = optim.SGD([{"params": [first], "lr": 0.1}, {"params": [second], "lr": 0.3}])
    found = optim.lr_find(rows, [(ag.ones(1, 1), ag.zeros(1, 1))], loss=F.mse_loss, optimizer=optimizer, start=0.01, end=0.02,
                          steps=2)  # fmt: skip
    np.testing.assert_allclose(found.losses, [1, ((1 - 2 * 0.01) * (1 - 2 * 0.03)) ** 2], rtol=1e-6)


@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_as_before(fails):
    x, y = points(dtype=np.float32)
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.3), nn.Linear(4, 3))
    optimizer = optim.Adam([{"params": model[0].parameters(), "lr": 0.2}, {"params": model[3].parameters()}], lr=0.1)
    loader = DataLoader(TensorDataset(x, y), batch_size=8, shuffle=True, generator=ag.Generator(7))
    optim.fit(model, loader, loss=F.cross_entropy, optimizer=optimizer, progress=False)  # there is a state
    model.eval()
    calls = []

    def loss(output, target):
        calls.append([group["lr"] for group in optimizer.param_groups])
        if fails and len(calls) > 5:
            raise RuntimeError("as it happens")
        return F.cross_entropy(output, target)

    def everything():
        grads = [p.grad for p in model.parameters()]
        return plain([
            model.state_dict(), grads, optimizer.state_dict(), model.training, ag.get_rng_state(),
            loader.generator.get_state(), loader.state_dict(),
        ])  # fmt: skip

    before = everything()
    if fails:
        with pytest.raises(RuntimeError, match="as it happens"):
            optim.lr_find(model, loader, loss=loss, optimizer=optimizer, steps=20)
    else:
        found = optim.lr_find(model, loader, loss=loss, optimizer=optimizer, steps=20)  # more than the 6 batches
        assert len(found.rates) > 6
    np.testing.assert_equal(everything(), before)
    assert calls and all(rates == [0.2, 0.1] for rates in calls)
    # and training goes on as without it
    twin = copy.deepcopy((model, optimizer, loader))
    optim.lr_find(model, loader, loss=F.cross_entropy, optimizer=optimizer, steps=4)
    losses = []
    for m, o, data in ((model, optimizer, loader), twin):
        ag.manual_seed(4)
        losses.append(optim.fit(m, data, loss=F.cross_entropy, optimizer=o, epochs=2, progress=False)["train_loss"])
    assert losses[0] == losses[1]


def test_its_figure():
    axes = optim.LearningRates([1e-3, 1e-2, 1e-1], [2.0, 1.0, 9.0], 0.0).figure().axes[0]
    assert axes.get_xscale() == "log"
    assert any("0.001" in line.get_label() for line in axes.lines)  # the suggestion
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [2, 1, 9])


def test_the_suggestion_trains():
    x, y = points(300)
    model = nn.MLP([2, 16, 3])
    optimizer = optim.SGD(model.parameters(), lr=1e-3)
    found = optim.lr_find(
        model, (x, y), loss=F.cross_entropy, optimizer=optimizer, batch_size=32, generator=ag.Generator(0)
    )
    again = optim.lr_find(
        model, (x, y), loss=F.cross_entropy, optimizer=optimizer, batch_size=32, generator=ag.Generator(0)
    )
    np.testing.assert_array_equal(found.losses, again.losses)
    assert 1e-3 < found.suggestion < 5
    optimizer.param_groups[0]["lr"] = found.suggestion
    optim.fit(model, (x, y), loss=F.cross_entropy, optimizer=optimizer, epochs=5, progress=False)
    assert optim.evaluate(model, (x, y), F.cross_entropy)["accuracy"] > 0.95


@pytest.mark.parametrize(("options", "message"), [
    ({"start": 1.0, "end": 0.1}, "needs 0 < start < end, got start=1 and end=0.1"),
    ({"start": 0.0}, "needs 0 < start < end, got start=0"),
    ({"steps": 1}, "steps is the number of batches, at least 2, got 1"),
    ({"diverged": 1.0}, "diverged is how many times the lowest loss is too much, above 1"),
    ({"smoothing": 1.0}, "smoothing is at least 0 and below 1, got 1.0"),
    ({"train": []}, "the training data has no batch"),
    ({"train": (np.full((4, 2), np.nan), np.zeros(4, int))}, "the loss of the first batch is nan, before any step; look for"),
])  # fmt: skip
def test_range_tests_that_are_refused(options, message):
    model = nn.Linear(2, 3)
    arguments = {"train": points(), "loss": F.cross_entropy, "optimizer": optim.SGD(model.parameters()), **options}
    with pytest.raises(ValueError, match=message):
        optim.lr_find(model, **arguments)


def test_optimisers_without_a_rate_to_find():
    model = nn.Linear(2, 3)
    with pytest.raises(
        ValueError, match="LBFGS has no learning rate that one step after the other could try; pass one such"
    ):
        optim.lr_find(model, points(), loss=F.cross_entropy, optimizer=optim.LBFGS(model.parameters()))
    with pytest.raises(ValueError, match="needs a rate and a loss for each step, got 2 and 1"):
        optim.LearningRates([1, 2], [1])
