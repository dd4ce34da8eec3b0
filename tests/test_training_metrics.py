"""fit and evaluate: metrics and which way they are better, weights of examples, arrays of any dtype, what is refused."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, TensorDataset


def plane(n=60, seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    return (np.array([[0, 3], [3, 0], [-3, -3]])[y] + rng.standard_normal((n, 2))).astype(dtype), y


def line(n=50, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 1)).astype(np.float32)
    return x, (3 * x + 0.3 * rng.standard_normal((n, 1))).astype(np.float32)


def run(model, data, epochs=3, loss=F.cross_entropy, lr=0.1, **options):
    options.setdefault("optimizer", optim.SGD(model.parameters(), lr=lr))
    return optim.fit(model, data, loss=loss, epochs=epochs, progress=False, **options)


# ------------------------------------------------------------------------------------------------- the direction of a metric

SCORES = [0.70, 0.89, 0.85]


class Scripted(optim.Metric):
    """Gives 0.70, 0.89, 0.85 in the three evaluations."""

    def __init__(self, higher_is_better):
        self.higher_is_better = higher_is_better
        self.epoch = -1

    def reset(self):
        self.epoch += 1

    def update(self, output, target):
        """Nothing."""

    def result(self):
        return SCORES[self.epoch // 2]  # training and validation


def scripted():
    """The same as a function of all outputs and targets, whose direction nobody knows."""
    calls = iter(np.repeat(SCORES, 2))
    return lambda outputs, targets: next(calls)


@pytest.mark.parametrize(("callback", "best"), [
    (lambda **o: optim.KeepBest("validation_f1", **o), {"max": 2, "min": 1}),
    (lambda **o: optim.EarlyStopping(9, "validation_f1", **o), {"max": 2, "min": 1}),
], ids=["KeepBest", "EarlyStopping"])  # fmt: skip
def test_the_direction_is_told_not_guessed(callback, best):
    data = plane()
    for mode, epoch in best.items():
        assert run(nn.Linear(2, 3), data, validation=data, metrics={"f1": scripted()},
                   callbacks=[callback(mode=mode)]).best_epoch == epoch  # fmt: skip
        metric = Scripted(higher_is_better=mode == "max")
        history = run(nn.Linear(2, 3), data, validation=data, metrics={"f1": metric}, callbacks=[callback()])
        assert history.best_epoch == epoch and history["validation_f1"] == SCORES
    model = nn.Linear(2, 3)
    before = model.weight.array.copy()
    with pytest.raises(
        ValueError, match=r"monitor 'validation_f1': nothing says whether .* pass mode='max' or mode='min'"
    ):
        run(model, data, validation=data, metrics={"f1": scripted()}, callbacks=[callback()])
    np.testing.assert_array_equal(model.weight.array, before)  # before training
    with pytest.raises(ValueError, match="mode is 'min' .lower is better., 'max' or None, got 'highest'"):
        callback(mode="highest")


def test_a_name_with_accuracy_in_it_says_nothing():
    data = plane()
    history = run(nn.Linear(2, 3), data, validation=data, metrics={"inaccuracy": Scripted(higher_is_better=False)},
                  callbacks=[optim.KeepBest("validation_inaccuracy")])  # fmt: skip
    assert history.best_epoch == 1


def test_the_default_accuracy_is_better_higher():
    data = plane()
    history = run(nn.Linear(2, 3), data, validation=data, callbacks=[optim.KeepBest("validation_accuracy")])
    assert history["validation_accuracy"][history.best_epoch - 1] == max(history["validation_accuracy"])
    assert optim.accuracy.higher_is_better and optim.Accuracy().higher_is_better


def test_a_keeper_among_the_callbacks_takes_the_place_of_the_default_one():
    model, seen = nn.Linear(2, 3), {}

    class Watch(optim.Callback):
        def on_epoch_end(self, run):
            seen[run.epoch] = run.model.weight.array.copy()

    run(model, plane(), validation=plane(), metrics={"f1": scripted()},
        callbacks=[optim.KeepBest("validation_f1", "max"), Watch()])  # fmt: skip
    np.testing.assert_array_equal(model.weight.array, seen[2])  # the loss falls until epoch 3
    model = nn.Linear(2, 3)
    history = run(model, plane(), validation=plane(), metrics={"f1": scripted()},
                  callbacks=[optim.EarlyStopping(9, "validation_f1", mode="max", restore_best=False), Watch()])  # fmt: skip
    np.testing.assert_array_equal(model.weight.array, seen[history.best_epoch])
    assert history.best_epoch == 3


def test_an_epoch_whose_metric_is_nan_is_never_the_best():
    values = iter(np.repeat([np.nan, 0.5, 0.7], 2))
    history = run(nn.Linear(2, 3), plane(), validation=plane(), metrics={"f1": lambda o, t: next(values)},
                  callbacks=[optim.KeepBest("validation_f1", "max")])  # fmt: skip
    assert history.best_epoch == 3


def test_plateau_waits_for_the_loss():
    model = nn.Linear(2, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    schedule = optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode="max")
    with pytest.raises(ValueError, match=r"scheduler gets the loss, of which lower is better, but has mode='max'"):
        run(model, plane(), optimizer=optimizer, scheduler=schedule)
    with pytest.raises(ValueError, match="scheduler belongs to another optimizer"):
        run(model, plane(), scheduler=optim.lr_scheduler.StepLR(optimizer, 1))


# ---------------------------------------------------------------------------------------------------- over all batches


def r2(output, target):
    y, z = target.array.astype(float), output.array.astype(float)
    return 1 - ((y - z) ** 2).sum() / ((y - y.mean()) ** 2).sum()


def test_a_metric_that_is_no_mean():
    x, y = line()
    model = nn.Linear(1, 1)
    run(model, (x, y), loss=F.mse_loss, epochs=30)
    whole = r2(model(ag.tensor(x)), ag.tensor(y))
    assert whole > 0.8
    for size in (1, 16, 50):
        found = optim.evaluate(model, (x, y), F.mse_loss, batch_size=size, metrics={
            "r2": r2, "R2": optim.R2Score(), "mse": optim.MeanSquaredError(), "mae": optim.MeanAbsoluteError(),
        })  # fmt: skip
        e = model(ag.tensor(x)).array.astype(float) - y
        assert found == pytest.approx(
            {"loss": (e * e).mean(), "r2": whole, "R2": whole, "mse": (e * e).mean(), "mae": np.abs(e).mean()}, rel=1e-5
        )


def test_training_metrics_are_of_the_whole_epoch_too():
    x, y = line()
    seen = []

    def spread(outputs, targets):
        seen.append((outputs.shape, targets.shape, outputs.requires_grad))
        return float(targets.amax() - targets.amin())

    history = run(nn.Linear(1, 1), DataLoader(TensorDataset(x, y), batch_size=16), loss=F.mse_loss, epochs=2,
                  metrics={"spread": spread})  # fmt: skip
    assert history["train_spread"] == pytest.approx([float(y.max() - y.min())] * 2)
    assert seen == [((50, 1), (50, 1), False)] * 2


def test_outputs_are_kept_as_they_were():
    """The output of a model may share memory with its weights, which change after each batch."""

    class Constant(nn.Module):
        def __init__(self):
            super().__init__()
            self.c = nn.Parameter(ag.zeros(1, 1))

        def forward(self, x):
            return self.c.expand(len(x), 1)

    kept = []
    run(Constant(), (np.zeros((4, 1)), np.ones((4, 1))), loss=F.mse_loss, epochs=1, batch_size=2, lr=0.25,
        metrics={"m": lambda outputs, targets: kept.append(outputs.array.copy()) or 0})  # fmt: skip
    assert kept[0].ravel().tolist() == [0, 0, 0.5, 0.5]


def test_nested_outputs_and_ragged_ones():
    class Two(nn.Module):
        def forward(self, x):
            return {"a": x, "b": (2 * x, x)}

    data = (np.arange(6.0).reshape(6, 1), np.zeros((6, 1)))
    found = optim.evaluate(Two(), data, lambda out, y: out["a"].mean(), batch_size=4,
                           metrics={"m": lambda out, y: out["b"][0].array.max() + len(y)})  # fmt: skip
    assert found == {"loss": 2.5, "m": 16}
    ragged = [(ag.zeros(2, 3), ag.zeros(2, 3)), (ag.zeros(2, 4), ag.zeros(2, 4))]
    with pytest.raises(
        ValueError, match=r"metric 'm' is a function of all .* shapes \[\(2, 3\), \(2, 4\)\].*optim.Metric"
    ):
        optim.evaluate(nn.Identity(), ragged, F.mse_loss, metrics={"m": lambda o, t: 0})
    assert optim.evaluate(nn.Identity(), ragged, F.mse_loss, metrics={"m": optim.MeanSquaredError()})["m"] == 0


def test_metrics_of_several_columns_and_of_large_means():
    rng = np.random.default_rng(0)
    y = rng.standard_normal((40, 2)) * [1, 5] + 1e6
    z = y + rng.standard_normal((40, 2))
    metric = optim.R2Score()
    for part in np.split(np.arange(40), [1, 7, 30]):
        metric.update(ag.tensor(z[part]), ag.tensor(y[part]))
    wanted = np.mean(1 - ((y - z) ** 2).sum(0) / ((y - y.mean(0)) ** 2).sum(0))
    assert metric.result() == pytest.approx(wanted, rel=1e-9)
    metric.reset()
    with pytest.raises(ValueError, match="R2Score: there is no result before the first update"):
        metric.result()
    metric.update(ag.ones(3), ag.ones(3))
    assert np.isnan(metric.result())
    metric.update(ag.zeros(3), ag.ones(3))
    assert metric.result() == -np.inf


@pytest.mark.parametrize(
    ("metric", "output", "target", "message"),
    [
        (optim.Accuracy(), ag.zeros(3), ag.tensor([0, 1, 0]), r"outputs of shape \(N, C, …\) and class indices"),
        (optim.Accuracy(), ag.zeros(3, 2), ag.tensor([[0], [1], [0]]), r"got \(3, 2\) and int64 of shape \(3, 1\)"),
        (optim.Accuracy(), ag.zeros(3, 2), ag.zeros(3), "got .* and float32 of shape"),
        (optim.Accuracy(), ag.zeros(3, 1), ag.tensor([0, 1, 0]), "an output of one column"),
        (optim.MeanSquaredError(), ag.zeros(3, 1), ag.zeros(3), r"need one shape, got \(3, 1\) and \(3,\)"),
        (optim.R2Score(), ag.zeros(3, 1), ag.zeros(3), "R2Score: output and target need one shape"),
    ],
)
def test_metrics_refuse(metric, output, target, message):
    with pytest.raises(ValueError, match=message):
        metric.update(output, target)


@pytest.mark.parametrize(
    ("metrics", "error", "message"),
    [
        (
            ["accuracy"],
            TypeError,
            r'metrics is a dictionary, got list; pass metrics=\{"accuracy": optim.Accuracy\(\)\}',
        ),
        ("accuracy", TypeError, "metrics is a dictionary, got str"),
        ({"accuracy": "accuracy"}, TypeError, "metrics has 'accuracy': str; pass"),
        ({"accuracy": optim.Accuracy}, TypeError, r"has the class Accuracy under 'accuracy'; make one: Accuracy\(\)"),
        ({"m": lambda output, target: output}, TypeError, r"metric 'm' gave Tensor of shape \(60, 3\).*one number"),
    ],
)
def test_wrong_metrics(metrics, error, message):
    for call in (lambda m: run(m, plane(), metrics=metrics),
                 lambda m: optim.evaluate(m, plane(), F.cross_entropy, metrics=metrics)):  # fmt: skip
        with pytest.raises(error, match=message):
            call(nn.Linear(2, 3))


# -------------------------------------------------------------------------------------------------------- dtypes, weights


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: x.tolist(), ag.tensor], ids=["array", "list", "tensor"])
def test_arrays_become_the_dtype_of_the_model(wrap):
    x, y = plane(dtype=np.float64)
    history = run(nn.MLP([2, 8, 3]), (wrap(x), y), validation=(wrap(x), y.astype(np.int32)))
    assert len(history) == 3
    assert optim.evaluate(nn.MLP([2, 8, 3]), (wrap(x), y), F.cross_entropy)["loss"] > 0
    double = nn.MLP([2, 8, 3]).double()
    run(double, (wrap(x.astype(np.float32)), y))
    assert double(ag.tensor(x)).dtype == ag.float64
    tokens = np.array([[0, 1], [2, 1]])
    run(nn.Sequential(nn.Embedding(3, 4), nn.Flatten(), nn.Linear(8, 2)), (tokens, [0, 1]))  # integers stay


def weighted(rows=7):
    x, y = plane(rows)
    return x, y, np.array([0, 1, 2, 0.5, 3, 0, 1][:rows], np.float32)


@pytest.mark.parametrize("loss", [F.cross_entropy, nn.CrossEntropyLoss(), nn.CrossEntropyLoss(reduction="sum"),
                                  lambda out, y: F.cross_entropy(out, y, reduction="none")])  # fmt: skip
def test_weights_of_examples(loss):
    x, y, w = weighted()
    model, twin = nn.Linear(2, 3), nn.Linear(2, 3)
    twin.load_state_dict(model.state_dict())
    each = F.cross_entropy(model(ag.tensor(x)), ag.tensor(y), reduction="none")
    mean = (each * ag.tensor(w)).sum() / float(w.sum())
    for size in (1, 3, 7):
        assert optim.evaluate(model, (x, y, w), loss, batch_size=size)["loss"] == pytest.approx(float(mean), rel=1e-5)
    mean = (F.cross_entropy(twin(ag.tensor(x)), ag.tensor(y), reduction="none") * ag.tensor(w)).sum() / float(w.sum())
    mean.backward()
    history = run(model, (x, y, w), loss=loss, epochs=1)
    np.testing.assert_allclose(
        model.weight.array, twin.weight.array - 0.1 * twin.weight.grad.array, rtol=1e-5, atol=1e-7
    )
    assert history["train_loss"][0] == pytest.approx(float(mean), rel=1e-5)
    if isinstance(loss, nn.Module):
        assert loss.reduction != "none"  # a copy was changed, not what the user gave


def test_weights_over_several_columns():
    x, y = line(6)
    w = np.arange(6.0)
    model = nn.Linear(1, 2)
    found = optim.evaluate(model, (x, np.hstack([y, y]), w), F.mse_loss, batch_size=4)["loss"]
    squares = (model(ag.tensor(x)).array - y) ** 2
    assert found == pytest.approx((squares.mean(1) * w).sum() / w.sum(), rel=1e-5)


@pytest.mark.parametrize(
    ("w", "loss", "message"),
    [
        ([1.0, -1.0, 1.0], F.cross_entropy, "weights must be finite and not negative, weight . of the batch is -1"),
        ([1.0, np.nan, 1.0], F.cross_entropy, "weight . of the batch is nan"),
        (np.ones((3, 1)), F.cross_entropy, r"a weight for each of its 3 examples, of shape \(3,\); got .*\(3, 1\)"),
        ([0.0, 0.0, 0.0], F.cross_entropy, "the weights of all examples are 0"),
        ([1.0, 1.0, 1.0], lambda o, t: F.cross_entropy(o, t), r"needs a loss for each .* gave shape \(\); pass one"),
        ([1.0, 1.0, 1.0], nn.CrossEntropyLoss(ignore_index=2), "targets of 2, which the loss ignores"),
    ],
)
def test_wrong_weights(w, loss, message):
    data = (np.zeros((3, 2)), [0, 1, 2], w)
    with pytest.raises(ValueError, match=message):
        optim.evaluate(nn.Linear(2, 3), data, loss)
    with pytest.raises(ValueError, match=message):
        run(nn.Linear(2, 3), data, loss=loss)


# ------------------------------------------------------------------------------------------------------- what is refused


class Unrelated:
    """Something that is no optimiser."""


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"loss": "cross_entropy"},
            TypeError,
            r"got the text 'cross_entropy'; pass loss=F.cross_entropy \(import nn.fun",
        ),
        ({"loss": "mse"}, TypeError, "pass loss=F.mse_loss"),
        ({"loss": "sparse_categorical_crossentropy"}, TypeError, "pass loss=F.cross_entropy"),
        (
            {"loss": nn.CrossEntropyLoss},
            TypeError,
            r"the class CrossEntropyLoss; make one: loss=nn.CrossEntropyLoss\(\)",
        ),
        ({"loss": ag.tensor(1.0)}, TypeError, r"loss must be a function\(output, target\), got Tensor of shape \(\)"),
        (
            {"loss": lambda o, t: F.cross_entropy(o, t, reduction="none")},
            TypeError,
            r"one number, got shape \(60,\); use red",
        ),
        ({"loss": lambda o, t: 1.5}, TypeError, "a tensor of one number, got float"),
        ({"optimizer": "adam"}, TypeError, r"got adam; pass optimizer=optim.Adam\(model.parameters\(\)"),
        ({"optimizer": optim.Adam}, TypeError, "got Adam; pass optimizer=optim.Adam"),
        ({"optimizer": Unrelated()}, TypeError, "must be an optim.Optimizer, got Unrelated"),
        (
            {"callbacks": optim.KeepBest()},
            TypeError,
            r"callbacks is a list, got KeepBest; put it into one: callbacks=\[…\]",
        ),
        ({"callbacks": [optim.KeepBest]}, TypeError, r"has the class KeepBest; make one: KeepBest\(…\)"),
        ({"callbacks": [print]}, TypeError, "each must be an optim.Callback"),
        ({"scheduler": "step"}, TypeError, r"scheduler must have step\(\), got str"),
        ({"epochs": 2.0}, TypeError, "epochs must be a whole number, got 2.0"),
        ({"batch_size": 0}, ValueError, "batch_size must be at least 1, got 0"),
    ],
)
def test_arguments_that_cannot_work(options, error, message):
    model = nn.Linear(2, 3)
    before = model.weight.array.copy()
    with pytest.raises(error, match=message):
        run(model, plane(), batch_size=options.pop("batch_size", 60), **options)
    np.testing.assert_array_equal(model.weight.array, before)


def test_a_class_for_a_model():
    with pytest.raises(TypeError, match=r"model is the class MLP; make a model of it: MLP\(…\)"):
        optim.fit(nn.MLP, plane(), loss=F.cross_entropy, optimizer=None)
    with pytest.raises(TypeError, match="evaluate: model must be an nn.Module, got int 3"):
        optim.evaluate(3, plane(), F.cross_entropy)


def test_an_optimizer_that_would_change_nothing():
    model, other = nn.Linear(2, 3), nn.Linear(2, 3)
    with pytest.raises(ValueError, match="none of the optimizer's 2 parameters belongs to the model, so that nothing"):
        run(model, plane(), optimizer=optim.SGD(other.parameters(), lr=0.1))
    model.requires_grad_(False)
    with pytest.raises(ValueError, match=r"none of the 2 parameters .* requires a gradient.*requires_grad_\(\)"):
        run(model, plane())
    model.bias.requires_grad_()
    run(model, plane())


def test_nan_in_the_data_is_said():
    x, y = plane()
    x[17, 1], x[40, 0] = np.nan, np.inf
    with pytest.raises(
        FloatingPointError, match=r"the inputs of this batch have .* in the whole data 2 of 60 rows: 17, 40; "
    ):
        run(nn.MLP([2, 4, 3]), (x, y))
    x, y = line()
    y[3] = np.nan
    with pytest.raises(
        FloatingPointError, match=r"targets of this batch have nan at \[3, 0\] .* 1 of 50 rows: 3; remove"
    ):
        run(nn.Linear(1, 1), DataLoader(TensorDataset(x, y), batch_size=50), loss=F.mse_loss)
    x, y = line()
    with pytest.raises(FloatingPointError, match=r"lower the learning rate \(it is 1e\+20\)") as caught:
        run(nn.Linear(1, 1), (x, y), loss=F.mse_loss, lr=1e20, epochs=50)
    assert "of this batch have" not in str(caught.value)
