"""fit: the forms of data and batches, groups of batches, weights of classes, clipping, the share to validate on, hooks."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, StackDataset, Subset, TensorDataset


def points(n=23, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    return (np.array([[0, 3], [3, 0], [-3, -3]])[y] + rng.standard_normal((n, 2))).astype(np.float64), y


def linear(seed=0):
    ag.manual_seed(seed)
    return nn.Linear(2, 3).double()


def gradient_step(data, loss=F.cross_entropy, **options):
    """The change of the weights by one epoch of SGD with lr 1, from a fixed start."""
    m = linear()
    before = m.weight.array.copy()
    optim.fit(
        m, data, loss=loss, optimizer=optim.SGD(m.parameters(), lr=1.0), progress=False, keep_best=False, **options
    )
    return m.weight.array - before


# --------------------------------------------------------------------------------------------------------- several inputs


class Two(nn.Module):
    """A linear function of a and b, which must not be exchanged."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(2, 3).double(), nn.Linear(1, 3).double()

    def forward(self, a, b):
        return self.first(a) + self.second(b)


def forms():
    x, y = points()
    b = x[:, :1] * 2
    w = np.arange(23.0)
    inputs = {"positions": (x, b), "names": {"b": b, "a": x}}
    for name, x_ in inputs.items():
        yield name, (x_, y), {}
        yield f"{name}, weights", (x_, y, w), {}
    yield "one dictionary", {"a": x, "b": b, "y": y}, {}
    yield "one dictionary, weights", {"a": x, "b": b, "y": y, "weight": w}, {}
    yield "another target", {"a": x, "b": b, "label": y}, {"target": "label"}
    yield "dataset", StackDataset(TensorDataset(x, b), [int(label) for label in y]), {}
    yield "loader", DataLoader(StackDataset(a=list(x), b=list(b), y=y.tolist()), batch_size=64), {}


FORMS = list(forms())


@pytest.mark.parametrize(("data", "options"), [form[1:] for form in FORMS], ids=[form[0] for form in FORMS])
def test_inputs_by_position_and_by_name(data, options):
    x, y = points()
    b = x[:, :1] * 2
    ag.manual_seed(1)
    m = Two()
    start = {name: value.array.copy() for name, value in m.state_dict().items()}
    history = optim.fit(m, data, loss=F.cross_entropy, optimizer=optim.SGD(m.parameters(), lr=0.5), progress=False,
                        batch_size=64, keep_best=False, **options)  # fmt: skip
    weighted = "weight" in data if isinstance(data, dict) else isinstance(data, tuple) and len(data) == 3
    w = np.arange(23.0) if weighted else np.ones(23)
    z = x @ start["first.weight"].T + start["first.bias"] + b @ start["second.weight"].T + start["second.bias"]
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    assert history["train_loss"][0] == pytest.approx(-(w * np.log(p[np.arange(23), y])).sum() / w.sum())
    p[np.arange(23), y] -= 1
    g = p * w[:, None] / w.sum()
    np.testing.assert_allclose(m.second.weight.array, start["second.weight"] - 0.5 * g.T @ b, rtol=1e-9)
    again = optim.evaluate(m, data, F.cross_entropy, batch_size=5, **options)
    assert again["loss"] < history["train_loss"][0] and again["accuracy"] > 0.5


def test_one_input_called_x_is_passed_by_position():
    x, y = points()
    np.testing.assert_array_equal(gradient_step({"x": x, "y": y}), gradient_step((x, y)))


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ({"a": np.ones((3, 2)), "z": np.ones(3)}, ValueError, "keys 'a', 'z', and none is 'y', that of the targets; name it"),
        ({"y": np.ones(3)}, ValueError, "a dictionary of 'y' alone, without an input"),
        (((np.ones((3, 2)), np.ones((4, 2))), np.ones(3)), ValueError, r"of train have shapes \[\(3, 2\), \(4, 2\), \(3,\)"),
        ([{"x": ag.ones(2, 2)}], ValueError, "none is 'y'"),
        ([ag.ones(2, 2)], ValueError, "pair .* triple .* or a dictionary, got Tensor"),
    ],
)  # fmt: skip
def test_batches_that_cannot_be_read(data, error, message):
    with pytest.raises(error, match=message):
        gradient_step(data)


def test_all_examples_or_one_at_a_time():
    x, y = points()
    for size, steps in (("batch", 1), ("online", 23), (10, 3)):
        counts = []

        class Count(optim.Callback):
            def on_end(self, run):
                counts.append((run.step, run.batch))

        gradient_step((x, y), batch_size=size, callbacks=[Count()], epochs=2)
        assert counts == [(2 * steps, steps)]
    np.testing.assert_allclose(
        gradient_step((x, y), batch_size="batch"), gradient_step((x, y), batch_size=23), rtol=1e-9
    )
    with pytest.raises(TypeError, match=r"batch_size must be a whole number \(or 'batch', 'online'\), got 'all'"):
        gradient_step((x, y), batch_size="all")


# ------------------------------------------------------------------------------------------------------- groups of batches


class Sizes:
    """Batches of given sizes."""

    def __init__(self, sizes, *arrays):
        self.sizes, self.arrays = sizes, arrays

    def __iter__(self):
        start = 0
        for size in self.sizes:
            yield tuple(ag.as_tensor(a[start : start + size]) for a in self.arrays)
            start += size


@pytest.mark.parametrize("sizes", [[4, 4, 4, 4, 4, 3], [1, 9, 2, 11], [7, 16], [23]], ids=str)
@pytest.mark.parametrize("kind", ["plain", "weights", "class weights", "sum", "ignored", "weighted loss"])
def test_a_group_is_as_one_batch(sizes, kind):
    x, y = points()
    arrays, options, loss = (x, y), {}, F.cross_entropy
    if kind == "weights":
        arrays = (x, y, np.arange(23.0) % 5)
    elif kind == "class weights":
        options = {"class_weight": [1.0, 0.5, 7.0]}
    elif kind == "sum":
        loss = nn.CrossEntropyLoss(reduction="sum")
    elif kind == "ignored":  # the mean is over those that are not
        arrays, loss = (x, np.where(np.arange(23) % 3 == 1, -1, y)), nn.CrossEntropyLoss(ignore_index=-1)
    elif kind == "weighted loss":
        loss = nn.CrossEntropyLoss(weight=ag.tensor([1.0, 0.5, 7.0], dtype=ag.float64))
    whole = gradient_step(Sizes([23], *arrays), loss, **options)
    np.testing.assert_allclose(
        gradient_step(Sizes(sizes, *arrays), loss, accumulate=9, **options), whole, rtol=1e-9, atol=1e-14
    )


def test_the_last_group_of_an_epoch_may_be_shorter():
    x, y = points()
    m, reference = linear(), linear()
    seen = []

    class Watch(optim.Callback):
        def on_step_end(self, run):
            seen.append((run.step, run.batch, "step"))

        def on_batch_end(self, run):
            seen.append((run.step, run.batch, round(run.batch_loss, 6)))

    optimizer = optim.SGD(m.parameters(), lr=1.0)
    schedule = optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    optim.fit(m, Sizes([5, 5, 5, 5, 3], x, y), loss=F.cross_entropy, optimizer=optimizer, progress=False, keep_best=False,
              accumulate=2, callbacks=[Watch()], step_scheduler=schedule)  # fmt: skip
    assert [entry for entry in seen if entry[2] == "step"] == [(1, 2, "step"), (2, 4, "step"), (3, 5, "step")]
    assert [entry[:2] for entry in seen if entry[2] != "step"] == [(1, 1), (1, 2), (2, 3), (2, 4), (3, 5)]
    optimizer = optim.SGD(reference.parameters(), lr=1.0)
    for k, part in enumerate((slice(0, 10), slice(10, 20), slice(20, 23))):
        optimizer.param_groups[0]["lr"] = 0.5**k
        optimizer.zero_grad()
        F.cross_entropy(reference(ag.tensor(x[part])), ag.tensor(y[part])).backward()
        optimizer.step()
    np.testing.assert_allclose(m.weight.array, reference.weight.array, rtol=1e-9)


def test_an_optimiser_with_a_closure_takes_groups():
    x, y = points()
    results = []
    for sizes, accumulate in (([23], 1), ([9, 9, 5], 3)):
        m = linear()
        optim.fit(m, Sizes(sizes, x, y), loss=F.cross_entropy, optimizer=optim.LBFGS(m.parameters(), max_iter=4),
                  progress=False, accumulate=accumulate, epochs=2)  # fmt: skip
        results.append(m.weight.array)
    np.testing.assert_allclose(results[0], results[1], rtol=1e-7)


def test_the_mean_over_an_epoch_is_over_targets_that_count():
    x, y = points()
    y = np.where(np.arange(23) < 8, -1, y)
    loss = nn.CrossEntropyLoss(ignore_index=-1)
    whole = optim.evaluate(linear(), (x, y), loss, batch_size=23, metrics={})["loss"]
    assert optim.evaluate(linear(), (x, y), loss, batch_size=10, metrics={})["loss"] == pytest.approx(whole, rel=1e-12)


# ------------------------------------------------------------------------------------------------------- weights of classes


def test_weights_of_classes():
    x, y = points()
    weights = {c: 23 / (3 * (y == c).sum()) for c in range(3)}
    assert optim.balanced_weights(y) == pytest.approx(weights)
    wanted = gradient_step((x, y, np.array([weights[c] for c in y])))  # which have the mean 1
    data = TensorDataset(x, y)
    for form, train in (("balanced", (x, y)), ("balanced", data), ("balanced", DataLoader(data, batch_size=23)),
                        ("balanced", Subset(data, np.arange(23))), (weights, (x, y)), (list(weights.values()), (x, y)),
                        (ag.tensor(list(weights.values())), Sizes([23], x, y))):  # fmt: skip
        np.testing.assert_allclose(gradient_step(train, class_weight=form, batch_size=23), wanted, rtol=1e-5)
    half = gradient_step((x, y), class_weight={0: 0.5, 1: 0.5, 2: 0.5})
    np.testing.assert_allclose(half, 0.5 * gradient_step((x, y)), rtol=1e-9)
    np.testing.assert_allclose(gradient_step((x, y), class_weight={2: 1.0}), gradient_step((x, y)), rtol=1e-9)
    both = gradient_step((x, y, np.arange(23.0)), class_weight=[1.0, 0.0, 0.0])
    only = gradient_step((x, y, np.where(y == 0, np.arange(23.0), 0)))
    np.testing.assert_allclose(both, only * np.arange(23.0)[y == 0].sum() / np.arange(23.0).sum(), rtol=1e-9)


def test_weights_of_classes_hold_online_too():
    """A mean over one example would undo them if it were divided by its weight."""
    x, y = points()
    one, double = (gradient_step((x[:1], y[:1]), class_weight=[w] * 3, batch_size="online") for w in (1.0, 2.0))
    np.testing.assert_allclose(double, 2 * one, rtol=1e-9)


def test_weights_of_two_classes_with_one_output():
    x, y = points()
    target = (y == 1)[:, None].astype(float)
    m, reference = nn.Linear(2, 1).double(), nn.Linear(2, 1).double()
    reference.load_state_dict(m.state_dict())
    optim.fit(m, (x, target), loss=F.binary_cross_entropy_with_logits, optimizer=optim.SGD(m.parameters(), lr=1.0),
              progress=False, class_weight={1: 3.0}, batch_size="batch")  # fmt: skip
    each = F.binary_cross_entropy_with_logits(reference(ag.tensor(x)), ag.tensor(target), reduction="none")
    (each * ag.tensor(1 + 2 * target)).mean().backward()
    np.testing.assert_allclose(m.weight.array, reference.weight.array - reference.weight.grad.array, rtol=1e-9)


@pytest.mark.parametrize(
    ("class_weight", "data", "error", "message"),
    [
        ("equal", None, ValueError, r"class_weight='equal' is not known; pass class_weight=\"balanced\""),
        ("balanced", [(ag.ones(2, 2), ag.tensor([0, 1]))], TypeError, r"optim.balanced_weights\(labels\)"),
        ({0: -1.0}, None, ValueError, "finite numbers that are not negative"),
        ({"a": 1.0}, None, ValueError, r"keys of class_weight are class indices, got \['a'\]"),
        ([1.0, 2.0], None, ValueError, "a target is the class 2, and class_weight has weights for the classes 0 … 1"),
        ("balanced", (np.ones((3, 2)), np.array([0.5, 1, 0])), ValueError, "the targets are not whole numbers"),
        ("balanced", (np.ones((3, 2)), np.ones((3, 2))), ValueError, r"one class index for each example.*\(3, 2\); give"),
        ("balanced", (np.ones((3, 2)), np.array([0, -1, 0])), ValueError, "a target is the class -1; classes count from 0"),
    ],
)  # fmt: skip
def test_wrong_weights_of_classes(class_weight, data, error, message):
    with pytest.raises(error, match=message):
        gradient_step(data or points(), class_weight=class_weight)


def test_balanced_weights_are_those_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.utils.class_weight")
    rng = np.random.default_rng(0)
    for n in (1, 5, 200):
        y = rng.choice([0, 2, 3, 7], n)
        expected = sklearn.compute_class_weight("balanced", classes=np.unique(y), y=y)
        assert optim.balanced_weights(y) == pytest.approx(dict(zip(np.unique(y).tolist(), expected, strict=True)))
    with pytest.raises(ValueError, match="there is no label"):
        optim.balanced_weights([])


# ----------------------------------------------------------------------------------------------------------------- clipping


def test_the_gradient_is_clipped():
    x, y = points()
    free = np.linalg.norm(gradient_step((100 * x, y), batch_size="batch"))
    assert free > 5
    m = linear()
    before = [p.array.copy() for p in m.parameters()]
    optim.fit(m, (100 * x, y), loss=F.cross_entropy, optimizer=optim.SGD(m.parameters(), lr=1.0), batch_size=8, accumulate=3,
              clip_norm=0.5, progress=False)  # fmt: skip
    change = np.concatenate([(p.array - b).ravel() for p, b in zip(m.parameters(), before, strict=True)])
    assert np.linalg.norm(change) == pytest.approx(0.5, rel=1e-4)
    with pytest.raises(ValueError, match="clip_norm is the largest norm of the gradient and must be positive, got 0"):
        gradient_step((x, y), clip_norm=0)


# ------------------------------------------------------------------------------------------------------- a share to validate


def test_a_share_is_drawn_for_validation():
    x, y = points(40)
    x[:, 0] = np.arange(40)
    seen = {"train": set(), "validation": set()}

    class Watch(optim.Callback):
        def on_start(self, run):
            run.model.register_forward_hook(lambda m, a, out: seen["train" if m.training else "validation"].update(
                a[0].array[:, 0].astype(int).tolist()))  # fmt: skip

    def chosen(seed, data=(x, y)):
        for rows in seen.values():
            rows.clear()
        m = linear()
        history = optim.fit(m, data, 0.1, loss=F.cross_entropy, optimizer=optim.SGD(m.parameters()), epochs=2, progress=False,
                            generator=ag.Generator(seed), callbacks=[Watch()])  # fmt: skip
        assert "validation_loss" in history.names()
        assert len(seen["validation"]) == 4 and seen["train"] | seen["validation"] == set(range(40))
        assert not seen["train"] & seen["validation"]
        return set(seen["validation"])

    assert chosen(3) == chosen(3) == chosen(3, TensorDataset(x, y)) != chosen(4)


@pytest.mark.parametrize(
    ("share", "data", "error", "message"),
    [
        (0.1, [(ag.ones(2, 2), ag.tensor([0, 1]))], TypeError, "whose batches are fixed; split the dataset: train, validation"),
        (1.0, None, ValueError, "a share of the training data and must be between 0 and 1; pass validation=0.1"),
        (0.01, None, ValueError, "validation=0.01 of 23 examples leaves 23 to train on and 0 to validate on"),
        (float("nan"), None, ValueError, "must be between 0 and 1"),
    ],
)  # fmt: skip
def test_a_share_that_cannot_be_drawn(share, data, error, message):
    with pytest.raises(error, match=message):
        gradient_step(data or points(), validation=share)


# -------------------------------------------------------------------------------------------------------------------- hooks


def test_hooks_are_called_in_order():
    calls = []

    class Spy(optim.Callback):
        def on_step_start(self, run):
            self.weight = run.model.weight.array.copy()
            calls.append("step start")

        def penalty(self, run):
            calls.append("penalty")

        def on_backward_end(self, run):
            assert run.model.weight.grad is not None and (run.model.weight.array == self.weight).all()
            calls.append("backward end")

        def on_step_end(self, run):
            assert (run.model.weight.array != self.weight).any()
            calls.append("step end")

        def on_batch_end(self, run):
            calls.append(f"batch end {run.batch}")

        def on_validation_start(self, run):
            calls.append("validation start")

        def on_validation_end(self, run):
            calls.append("validation end")

        def on_epoch_end(self, run):
            calls.append("epoch end")

    x, y = points()
    gradient_step((x, y), batch_size=12, accumulate=2, validation=(x, y), callbacks=[Spy()])
    assert calls == ["step start", "penalty", "penalty", "backward end", "step end", "batch end 1", "batch end 2",
                     "validation start", "validation end", "epoch end"]  # fmt: skip


def test_a_callback_that_cannot_start_leaves_the_others_ended():
    ended = []

    class First(optim.Callback):
        def on_end(self, run):
            ended.append(self)

    class Second(optim.Callback):
        def on_start(self, run):
            raise ValueError("not today")

    first = First()
    with pytest.raises(ValueError, match="not today"):
        gradient_step(points(), callbacks=[first, Second(), First()])
    assert ended == [first]


def test_the_reason_to_stop_is_printed(capsys):
    class Enough(optim.Callback):
        def on_epoch_end(self, run):
            run.stop("it is late")

    gradient_step(points(), epochs=3, callbacks=[optim.Progress(bar=False), Enough()])
    assert capsys.readouterr().out.splitlines()[-1] == "stopped: it is late"


# ------------------------------------------------------------------------------------------------------ NaN and its origin


class Root(nn.Module):
    """√|x|, whose derivative at 0 is infinite; times 0 it is NaN."""

    def forward(self, x):
        return x.abs().sqrt() * 0


def test_an_operation_that_makes_nan_is_named():
    class Log(nn.Module):
        def forward(self, x):
            return (x - 100).log()

    m = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Sequential(Log(), nn.Linear(4, 3))).double()
    with pytest.raises(FloatingPointError, match=r"the loss is nan in step 1, epoch 1, batch 1, and the data and the weights "
                       r"are finite: 'log' in model.2.0 \(Log\) made the first NaN, from inputs without one"):  # fmt: skip
        optim.fit(m, points(), loss=F.cross_entropy, optimizer=optim.SGD(m.parameters(), lr=1.0), progress=False)
    assert all(p.grad is None for p in m.parameters())


def test_a_nan_that_a_constant_brings_in():
    class Shift(nn.Module):
        shift = ag.tensor(np.nan, dtype=ag.float64)

        def forward(self, x):
            return x.tanh() + self.shift

    m = nn.Sequential(nn.Linear(2, 3), Shift()).double()
    with pytest.raises(
        FloatingPointError, match=r"'add' in model.1 \(Shift\) got a NaN that is neither of the batch nor of a param"
    ):
        optim.fit(m, points(), loss=F.cross_entropy, optimizer=optim.SGD(m.parameters(), lr=1.0), progress=False)


def test_an_infinity_on_the_way_to_nan_is_named():
    class Quotient(nn.Module):
        def forward(self, x):
            e = (x.abs() * 1000 + 1000).exp()
            return e / e.sum(1, keepdim=True)

    m = nn.Sequential(nn.Linear(2, 3).double(), Quotient())
    with pytest.raises(FloatingPointError, match=r"'div' in model.1 \(Quotient\) made the first NaN, .* with an infinity, "
                       r"the first of which 'exp' in model.1 \(Quotient\) made"):  # fmt: skip
        optim.fit(m, points(), loss=F.cross_entropy, optimizer=optim.SGD(m.parameters(), lr=1.0), progress=False)
    with pytest.raises(
        FloatingPointError, match="the loss is inf .* 'exp' in the loss made the first infinity, from finite"
    ):
        gradient_step(points(), loss=lambda output, target: (output.abs().sum() * 100000).exp())


def test_a_rule_that_gives_nan_is_named_and_nothing_is_changed():
    x, y = points()
    m = nn.Sequential(nn.Linear(2, 3), Root()).double()
    with ag.no_grad():
        for p in m.parameters():
            p.zero_()
    with pytest.raises(FloatingPointError, match=r"the gradient of '0.weight' has nan at .* step 1, epoch 1, batches 1 to 2, "
                       r"and the loss is finite: the gradient rule of '.*' in model.1 \(Root\) gave the first"):  # fmt: skip
        optim.fit(m, (x, y), loss=F.cross_entropy, optimizer=optim.SGD(m.parameters(), lr=1.0), progress=False, batch_size=12,
                  accumulate=2)  # fmt: skip
    assert all((p.array == 0).all() for p in m.parameters())


def test_weights_that_were_not_finite_before():
    m = linear()
    with ag.no_grad():
        m.bias[1] = np.nan
    with pytest.raises(
        FloatingPointError, match=r"'bias' of the model has nan at \[1\] .*, before the first step; initialise"
    ):
        optim.fit(m, points(), loss=F.cross_entropy, optimizer=optim.SGD(m.parameters()), progress=False)


def test_patience_needs_validation_or_a_quantity():
    with pytest.raises(
        ValueError, match=r"there is no validation data to stop by; pass validation=0.1 to fit, or EarlyStop"
    ):
        gradient_step(points(), callbacks=[optim.EarlyStopping(3)])
    gradient_step(points(), callbacks=[optim.EarlyStopping(3, "train_loss")])


def test_weights_that_the_last_step_spoilt_are_not_kept():
    class Watch(optim.Callback):
        def on_epoch_start(self, run):
            self.weight = run.model.weight.array.copy()

    m, watch = linear(), Watch()
    optimizer = optim.SGD(m.parameters(), lr=0.1)
    schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 1.0 if epoch < 2 else 1e308)
    x, y = points()
    with pytest.raises(FloatingPointError, match=r"after the last step of epoch 3 \(step 3\) 'weight' of the model has .*inf"
                       r" at .*; lower the learning rate"):  # fmt: skip
        optim.fit(m, (1e5 * x, y), loss=F.cross_entropy, optimizer=optimizer, progress=False, batch_size="batch", epochs=9,
                  scheduler=schedule, callbacks=[watch])  # fmt: skip
    assert np.isfinite(m.weight.array).all()


def test_parameters_without_a_gradient():
    m = nn.Sequential(nn.Linear(2, 3), nn.Linear(2, 3)).double()
    m.forward = m[0].forward
    with pytest.raises(
        ValueError, match="none of the optimizer's parameters got a gradient, so that nothing would be learnt"
    ):
        optim.fit(m, points(), loss=F.cross_entropy, optimizer=optim.SGD(m[1].parameters(), lr=1.0), progress=False)


def test_inputs_that_the_model_does_not_take():
    x, y = points()
    for data, note in ((((x, x), y), "a list, which is passed as model(*inputs), 2 by position"),
                       ({"a": x, "y": y}, "a dict, which is passed as model(**inputs), with a by name")):  # fmt: skip
        with pytest.raises(TypeError) as caught:
            gradient_step(data)
        assert any(note in line for line in caught.value.__notes__)


def test_an_optimiser_of_residuals_knows_no_weights_of_classes():
    class Residuals(optim.SGD):
        closure = "residuals"

    m = nn.Linear(2, 1).double()
    for options in ({"class_weight": {0: 2.0}}, {"accumulate": 2}, {"callbacks": [optim.L2(0.1)]}):
        with pytest.raises(
            ValueError, match="Residuals computes its step from the outputs of one batch and does not know"
        ):
            optim.fit(
                m, (points()[0], points()[1][:, None]), loss=F.mse_loss, optimizer=Residuals(m.parameters()), **options
            )
    with pytest.raises(ValueError, match=r"clip_norm=1.0, but Residuals computes the gradient inside of its step"):
        optim.fit(
            m, (points()[0], points()[1][:, None]), loss=F.mse_loss, optimizer=Residuals(m.parameters()), clip_norm=1.0
        )
