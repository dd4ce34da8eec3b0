"""`fit(checkpoint=…, resume=True)`: a run that is killed and resumed has the same bits as one that is not."""

import inspect
import itertools
import os
import random
import warnings
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, TensorDataset
from nn.utils import parametrizations
from tests.processes import printed

ROOT = Path(__file__).parent.parent
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(90, 5)).astype(np.float32), RNG.integers(0, 3, 90)


class Die(optim.Callback):
    """Ends the run by an error after a batch, or for batch 0 after the last one, before the epoch is over."""

    def __init__(self, *at):
        self.at = at

    def on_epoch_end(self, run):
        if (run.epoch, 0) == self.at:
            raise ZeroDivisionError

    def on_batch_end(self, run):
        if (run.epoch, run.batch) == self.at:
            raise ZeroDivisionError


def small_model():
    return nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 3))


def run(path=None, die=None, every=1, epochs=4, callbacks=(), **options):
    """A run with everything that has a state; the random numbers come from the seed of the process."""
    ag.manual_seed(3)
    model = small_model()
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    train = DataLoader(TensorDataset(X[:66], Y[:66]), 16, shuffle=True, generator=ag.Generator(7))
    callbacks = [optim.EarlyStopping(3), *callbacks, *([Die(*die)] if die else [])]
    saving = {} if path is None else {"checkpoint": path, "every": every, "resume": True}
    history = optim.fit(
        model, train, (X[66:], Y[66:]), loss=F.cross_entropy, optimizer=optimizer, epochs=epochs, callbacks=callbacks,
        scheduler=optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0),
        step_scheduler=optim.lr_scheduler.CosineAnnealingLR(optimizer, 30), progress=False, **saving, **options,
    )  # fmt: skip
    return model, optimizer, history


def as_bytes(x):
    if isinstance(x, dict):
        return {key: as_bytes(value) for key, value in x.items()}
    return [as_bytes(value) for value in x] if isinstance(x, list) else x.array.tobytes() if hasattr(x, "array") else x


def bits(model, optimizer, history):
    weights = {name: value.array.tobytes() for name, value in model.state_dict().items()}
    state = [as_bytes(values) for values in optimizer.state_dict()["state"].values()]
    epochs = [{name: value for name, value in epoch.items() if name != "seconds"} for epoch in history.epochs]
    rates = [group.get("lr") for group in optimizer.param_groups]
    return weights, state, epochs, history.best_epoch, history.stopped, rates, ag.rand(3).tolist()


@pytest.mark.parametrize("every", ["epoch", 1, 2, "3 batches", "2 epochs", "0.000001 s"])
def test_a_run_that_died_goes_on_with_the_same_bits(tmp_path, every):
    path = tmp_path / "run.safetensors"
    for at in [(1, 1), (1, 5), (3, 2), (3, 3)]:
        with pytest.raises(ZeroDivisionError):
            run(path, at, every)
    reference = bits(*run())
    assert bits(*run(path, None, every)) == reference
    assert bits(*run(path, None, every)) == reference  # it was finished: nothing is done again


@pytest.mark.parametrize("every", ["epoch", 1, 2])
def test_a_run_that_died_after_any_batch_goes_on_with_the_same_bits(tmp_path, every):
    """Also in the last epoch, after the last batch of one, and where a callback has stopped it."""

    class Stop(optim.Callback):
        def on_batch_end(self, run):
            if (run.epoch, run.batch) == (3, 2):
                run.stop("enough")

    def three(**options):
        return plain(optim.Adam, epochs=4, callbacks=[Stop], **options)

    reference = bits(*three())
    assert reference[4] == "enough" and len(reference[2]) == 3
    for epoch, batch in itertools.product((1, 2, 3), (1, 2, 3, 0)):
        path = tmp_path / f"{epoch}{batch}"
        with pytest.raises(ZeroDivisionError):
            three(checkpoint=path, every=every, die=(epoch, batch))
        assert bits(*three(checkpoint=path, every=every, resume=True)) == reference


# --------------------------------------------------------------------------------------------------------------- killed

KILLER = """
import os, pickle, random, signal, sys, time
from pathlib import Path
from tests.test_resume import Starts, bits, run

folder, wanted, epochs, dice = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), random.Random(0)
path, file = folder / "run", folder / "bits"

def begin(path):
    "A process that makes a run and writes its bits, once it has begun."
    reads, writes = os.pipe()
    number = os.fork()
    if number == 0:
        try:
            file.write_bytes(pickle.dumps(bits(*run(path, epochs=epochs, callbacks=[Starts(writes)]))))
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
    os.close(writes)
    os.read(reads, 1)  # nothing, where the checkpoint was that of a whole run
    os.close(reads)
    return number

def whole(path):
    "The bits at the end of a run that nobody kills, and the seconds of its training."
    number, start = begin(path), time.perf_counter()
    assert os.waitpid(number, 0)[1] == 0
    return pickle.loads(file.read_bytes()), time.perf_counter() - start

run(folder / "warm", epochs=1)  # what children need not load again
(folder / "warm").unlink()
reference, _ = whole(None)
again, seconds = whole(folder / "timed")
assert again == reference
kills = 0
while kills < wanted:
    number = begin(path)
    time.sleep(dice.uniform(0, seconds / 2))
    os.kill(number, signal.SIGKILL)
    status = os.waitpid(number, 0)[1]
    if os.WIFSIGNALED(status):
        kills += 1
    else:  # it had finished before
        assert status == 0 and pickle.loads(file.read_bytes()) == reference, status
        path.unlink()
assert whole(path)[0] == reference
left = sorted(file.name for file in folder.iterdir())
assert left == ["bits", "run", "timed"], left  # no unfinished file stays
print(kills)
"""


class Starts(optim.Callback):
    """Says through a pipe that a step begins and, where checkpoints are written, that there is one."""

    def __init__(self, pipe):
        self.pipe = pipe

    def on_step_start(self, run):
        if self.pipe is not None and (run.checkpoints is None or run.checkpoints.path.exists()):
            os.write(self.pipe, b"x")
            self.pipe = None


def killed(folder, kills, epochs):
    """Kill runs at random moments, resume each, and compare the end with that of a run that nobody killed."""
    assert printed(KILLER, folder, str(kills), str(epochs), PYTHONPATH=str(ROOT)) == str(kills)


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@needs_fork
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bits(tmp_path):
    killed(tmp_path, 6, 3)


@needs_fork
@pytest.mark.slow
def test_a_run_that_is_killed_twenty_times_ends_with_the_same_bits(tmp_path):
    killed(tmp_path, 20, 10)


# ----------------------------------------------------------------------------------------------------- all that has a state


def cut(fit, path, at=(2, 2), every=1):
    """The bits of a run that is not cut, and of one that is."""
    reference = bits(*fit())
    with pytest.raises(ZeroDivisionError):
        fit(checkpoint=path, every=every, resume=True, die=at)
    return reference, bits(*fit(checkpoint=path, every=every, resume=True))


OPTIMIZERS = sorted(
    name for name in dir(optim)
    if isinstance(kind := getattr(optim, name), type) and issubclass(kind, optim.Optimizer) and kind is not optim.Optimizer
)  # fmt: skip


def plain(make, data=(X, Y), model=small_model, die=None, callbacks=(), **options):
    """A run of `make`'s optimiser; schedulers, callbacks and data are made in it too."""
    ag.manual_seed(5)
    net = model()
    optimizer = make(net.parameters())
    for which in {"scheduler", "step_scheduler"} & options.keys():
        options[which] = options[which](optimizer)
    options = {"loss": F.cross_entropy, "epochs": 3, "batch_size": 32, "progress": False, **options}
    watching = [*(callback() for callback in callbacks), *([Die(*die)] if die else [])]
    data = data() if callable(data) else data
    return net, optimizer, optim.fit(net, data, optimizer=optimizer, callbacks=watching, **options)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser(tmp_path, name):
    kind = getattr(optim, name)
    options = {"lr": 0.01} if "lr" in inspect.signature(kind).parameters else {}
    regression = {"data": (X, X[:, :3]), "loss": F.mse_loss} if getattr(kind, "closure", None) else {}

    reference, resumed = cut(lambda **more: plain(lambda p: kind(p, **options), **regression, **more), tmp_path / "run")
    assert resumed == reference


S = optim.lr_scheduler
SCHEDULERS = {
    "StepLR": lambda o: S.StepLR(o, 2),
    "MultiStepLR": lambda o: S.MultiStepLR(o, [1, 2]),
    "ReduceLROnPlateau": lambda o: S.ReduceLROnPlateau(o, patience=0),
    "LambdaLR": lambda o: S.LambdaLR(o, lambda t: 0.9**t),
    "CyclicLR": lambda o: S.CyclicLR(o, 0.001, 0.1, 2, cycle_momentum=False),
    "OneCycleLR": lambda o: S.OneCycleLR(o, 0.1, 9),
    "CosineAnnealingWarmRestarts": lambda o: S.CosineAnnealingWarmRestarts(o, 2),
    "SequentialLR": lambda o: S.SequentialLR(o, [S.LinearLR(o, 0.5), S.ExponentialLR(o, 0.5)], [2]),
    "ChainedScheduler": lambda o: S.ChainedScheduler([S.ConstantLR(o, 0.5, 2), S.ExponentialLR(o, 0.9)]),
    "SWALR": lambda o: optim.swa_utils.SWALR(o, 0.05, 2),
}


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("which", ["scheduler", "step_scheduler"])
def test_every_schedule(tmp_path, name, which):
    if (name, which) == ("ReduceLROnPlateau", "step_scheduler"):
        pytest.skip("its step needs the loss of the epoch")

    def fit(**options):
        return plain(lambda p: optim.Adam(p, lr=0.01), **{which: SCHEDULERS[name]}, **options)

    for at in [(2, 2), (1, 3)]:
        reference, resumed = cut(fit, tmp_path / f"run{at}", at)
        assert resumed == reference


class Counted:
    """A metric of a user's, without a base class."""

    higher_is_better = True

    def reset(self):
        self.seen = []

    def update(self, output, target):
        self.seen.append(float(output.sum()))

    def result(self):
        return sum(self.seen)


@pytest.mark.parametrize(
    "metrics",
    [
        {"accuracy": optim.Accuracy()},
        {"counted": Counted()},
        {"all": lambda outputs, targets: float(outputs.sum()) + float(targets[3])},
        {},
    ],
)
def test_metrics_of_the_epoch_that_was_cut(tmp_path, metrics):
    reference, resumed = cut(
        lambda **options: plain(optim.Adam, metrics=metrics, **options), tmp_path / "run", every="2 batches"
    )
    assert resumed == reference


def test_metrics_of_regression(tmp_path):
    def fit(**options):
        metrics = {"r2": optim.R2Score(), "mae": optim.MeanAbsoluteError(), "mse": optim.MeanSquaredError()}
        target = X[:, :3] * 2
        return plain(optim.Adam, metrics=metrics, data=(X, target), loss=F.mse_loss, **options)

    reference, resumed = cut(fit, tmp_path / "run")
    assert resumed == reference


def test_weights_of_float64_and_complex_numbers(tmp_path):
    class Wave(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(ag.tensor(np.full((5, 3), 0.1 + 0.2j)))

        def forward(self, x):
            return (x.to(np.complex128) @ self.w).abs()

    def fit(**options):
        return plain(optim.Adam, model=Wave, data=(X.astype(np.float64), Y), **options)

    reference, resumed = cut(fit, tmp_path / "run")
    assert resumed == reference


MODELS = {
    "lazy": lambda: nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d(), nn.LazyLinear(3)),
    "spectral": lambda: nn.Sequential(parametrizations.spectral_norm(nn.Linear(5, 4)), nn.Linear(4, 3)),
    "noise": lambda: nn.Sequential(nn.Linear(5, 4), nn.RReLU(), nn.AlphaDropout(0.2), nn.Linear(4, 3)),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_with_a_state_of_their_own(tmp_path, name):
    for at in [(1, 1), (2, 2)]:
        path = tmp_path / f"{at}"
        reference, resumed = cut(lambda **options: plain(optim.Adam, model=MODELS[name], **options), path, at)
        assert resumed == reference


def test_a_lazy_model_goes_on_when_it_is_lazy_no_more(tmp_path):
    ag.manual_seed(0)
    net = MODELS["lazy"]()
    optimizer = optim.Adam(net.parameters())
    options = {"loss": F.cross_entropy, "optimizer": optimizer, "progress": False, "checkpoint": tmp_path / "run"}
    optim.fit(net, (X, Y), epochs=1, **options)
    assert len(optim.fit(net, (X, Y), epochs=2, resume=True, **options)) == 2


def test_what_a_state_dict_leaves_out(tmp_path):
    """Buffers that are not persistent, and which parameters are frozen."""

    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(5, 3)
            self.late = nn.Linear(3, 3).requires_grad_(False)
            self.register_buffer("count", ag.zeros(1), persistent=False)

        def forward(self, x):
            self.count += 1
            if self.count.item() == 3:
                self.late.requires_grad_()
            return self.late(self.body(x)) * (1 + self.count / 10)

    reference, resumed = cut(lambda **options: plain(optim.Adam, model=Odd, **options), tmp_path / "run", (2, 3))
    assert resumed == reference


# -------------------------------------------------------------------------------------------------------- random numbers


class Noisy:
    """A dataset that draws from streams of all kinds."""

    def __init__(self):
        self.own = ag.Generator(1)
        self.hidden = {"numpy": [np.random.default_rng(2)], "old": np.random.RandomState(3)}
        captured = random.Random(4)
        self.transform = lambda x: x + captured.random() + GLOBAL.random()

    def __len__(self):
        return 40

    def __getitem__(self, i):
        noise = ag.rand(1, generator=self.own).item() + self.hidden["numpy"][0].random() + self.hidden["old"].rand()
        return np.float32(self.transform(X[i] + noise + random.random() + np.random.rand())), int(Y[i])


GLOBAL = np.random.default_rng(5)


def test_every_stream_of_random_numbers(tmp_path):
    def fit(**options):
        random.seed(1)
        np.random.seed(2)
        GLOBAL.bit_generator.state = np.random.default_rng(5).bit_generator.state
        return plain(optim.Adam, data=lambda: DataLoader(Noisy(), 8, shuffle=True), **options)

    reference, resumed = cut(fit, tmp_path / "run", (2, 3), every="2 batches")
    assert resumed == reference


# ------------------------------------------------------------------------------------------------------ loaders of users'


class Batches:
    """A loader of a user's without a state."""

    def __init__(self, rng=None):
        self.rng = rng

    def __iter__(self):
        order = np.random.permutation(90) if self.rng is None else self.rng.permutation(90)
        for rows in np.split(order, 6):
            yield ag.tensor(X[rows]), ag.tensor(Y[rows])


@pytest.mark.parametrize(
    "data", [lambda: Batches(), lambda: Batches(np.random.default_rng(3)), lambda: list(Batches())]
)
def test_a_loader_without_a_state_is_read_again_up_to_there(tmp_path, data):
    def fit(**options):
        np.random.seed(0)
        return plain(optim.Adam, data=data, **options)

    reference, resumed = cut(fit, tmp_path / "run", (2, 4))
    assert resumed == reference


def test_a_loader_that_does_not_repeat_itself_is_refused_within_an_epoch(tmp_path):
    class Changing(Batches):
        count = 0

        def __iter__(self):
            Changing.count += 1
            self.rng = np.random.default_rng(Changing.count)
            return super().__iter__()

    def fit(**options):
        return plain(optim.Adam, data=Changing, **options)

    with pytest.raises(ZeroDivisionError):
        fit(checkpoint=tmp_path / "run", every=1, die=(2, 4))
    message = (
        r"after batch 3, and the training data \(Changing\) gives another batch 3 now, .* or save with every='epoch'"
    )
    with pytest.raises(ValueError, match=message):
        fit(checkpoint=tmp_path / "run", every=1, resume=True)


# ------------------------------------------------------------------------------------------------- other options of `fit`


@pytest.mark.parametrize(
    "options",
    [
        {"accumulate": 2, "clip_norm": 0.5, "batch_size": 16},
        {"class_weight": "balanced"},
        {"callbacks": [lambda: optim.selective_presentation(share=0.5, epochs=1)]},
        {"callbacks": [lambda: optim.WeightNoise(0.01), lambda: optim.L2(0.01), lambda: optim.L1(0.01)]},
        {"callbacks": [lambda: optim.StopWhen(improvement=0.01, weight_change=1e-4, gradient_norm=1e-4, patience=3)]},
        {"callbacks": [lambda: optim.StopWhen(peak=1)], "validation": (X[:30], Y[:30])},
    ],
    ids=["groups", "class_weight", "selective", "noise", "improvement", "peak"],
)
def test_options(tmp_path, options):
    reference = bits(*plain(optim.Adam, epochs=4, **options))
    for at in [(1, 1), (2, 2), (3, 0)]:
        path = tmp_path / f"{at}"
        with pytest.raises(ZeroDivisionError):
            plain(optim.Adam, epochs=4, die=at, checkpoint=path, every=1, **options)
        assert bits(*plain(optim.Adam, epochs=4, checkpoint=path, every=1, resume=True, **options)) == reference


# ----------------------------------------------------------------------------------------------------------- longer runs


def test_a_finished_run_goes_on_for_more_epochs(tmp_path):
    reference = bits(*plain(optim.Adam, epochs=5))
    plain(optim.Adam, epochs=2, checkpoint=tmp_path / "run")
    assert bits(*plain(optim.Adam, epochs=5, checkpoint=tmp_path / "run", resume=True)) == reference


def test_resume_without_a_file_starts_anew_and_without_resume_the_file_is_replaced(tmp_path):
    path = tmp_path / "new" / "run"
    reference = bits(*plain(optim.Adam, epochs=2))
    assert bits(*plain(optim.Adam, epochs=2, checkpoint=path, resume=True)) == reference
    assert bits(*plain(optim.Adam, epochs=2, checkpoint=path)) == reference
    assert [p.name for p in path.parent.iterdir()] == ["run"]


def test_an_interrupted_cell_is_run_again_with_the_same_objects(tmp_path):
    class Interrupt(optim.Callback):
        def on_batch_end(self, run):
            if (run.epoch, run.batch) == (2, 2):
                raise KeyboardInterrupt

    reference = bits(*plain(optim.Adam, scheduler=SCHEDULERS["StepLR"]))
    ag.manual_seed(5)
    net = small_model()
    optimizer = optim.Adam(net.parameters())
    options = {
        "loss": F.cross_entropy, "optimizer": optimizer, "epochs": 3, "batch_size": 32, "progress": False,
        "scheduler": SCHEDULERS["StepLR"](optimizer), "checkpoint": tmp_path / "run", "every": 1, "resume": True,
    }  # fmt: skip
    assert optim.fit(net, (X, Y), callbacks=[Interrupt()], **options).interrupted
    assert bits(net, optimizer, optim.fit(net, (X, Y), **options)) == reference


def test_a_schedule_after_a_resumed_batch_does_not_warn_that_no_step_was_made(tmp_path):
    """The optimiser's steps before the checkpoint count."""
    options = {"checkpoint": tmp_path / "run", "every": 1, "scheduler": SCHEDULERS["StepLR"], "epochs": 2}
    with pytest.raises(ZeroDivisionError):
        plain(optim.Adam, die=(1, 0), **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain(optim.Adam, resume=True, **options)


# ---------------------------------------------------------------------------------------------------------------- errors


def two(**changed):
    """A checkpointed run of the usual parts, some of which are changed."""
    return plain(changed.pop("make", optim.Adam), **{"epochs": 1, **changed})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": lambda: nn.Linear(5, 3)}, "model class: Sequential there, Linear here"),
        ({"model": lambda: nn.Sequential(*list(small_model())[:-1], nn.Linear(8, 4))},
         r"model\.4\.weight: float32 of shape \(3, 8\) there, float32 of shape \(4, 8\) here"),
        ({"model": lambda: nn.Sequential(*list(small_model())[:3], nn.Dropout(0.5), nn.Linear(8, 3))},
         r"model layers: \(3\): Dropout\(p=0\.3, .* there, \(3\): Dropout\(p=0\.5, .* here"),
        ({"make": optim.SGD}, "optimizer class: Adam there, SGD here"),
        ({"make": lambda p: optim.Adam(p, lr=0.5)}, r"optimizer lr: 0\.001 there, 0\.5 here"),
        ({"make": lambda p: optim.Adam(list(p)[:2])}, r"optimizer group 0: \[.*\] there, \['0\.weight', '0\.bias'\] here"),
        ({"loss": nn.CrossEntropyLoss()}, "loss function: cross_entropy there, absent here"),
        ({"data": (X[:80], Y[:80])}, r"train tensor 0: float32 of shape \(90, 5\) there, float32 of shape \(80, 5\) here"),
        ({"data": (X + 1, Y)}, "train tensor 0 content: checksum .* there, checksum .* here"),
        ({"batch_size": 30}, "train batch_size: 32 there, 30 here"),
        ({"scheduler": SCHEDULERS["StepLR"]}, "scheduler.*here"),
        ({"validation": (X, Y)}, "validation.*: .* here"),
    ],
)  # fmt: skip
def test_another_run_is_refused_before_anything_is_changed(tmp_path, changed, message):
    path = tmp_path / "run"
    two(checkpoint=path)
    before, content = ag.get_rng_state(), path.read_bytes()
    net = []

    def model():
        net.append(changed.get("model", small_model)())
        net.append({name: value.array.copy() for name, value in net[0].state_dict().items()})
        return net[0]

    with pytest.raises(
        ValueError, match=f"is the checkpoint of another run: .*{message}.*nothing was changed.* resume=False"
    ):
        two(**{**changed, "model": model}, checkpoint=path, resume=True)
    assert before is not None and path.read_bytes() == content
    for name, value in net[0].state_dict().items():
        np.testing.assert_array_equal(value.array, net[1][name])


def test_another_schedule_is_refused(tmp_path):
    path = tmp_path / "run"
    two(checkpoint=path, scheduler=SCHEDULERS["StepLR"])
    with pytest.raises(ValueError, match="scheduler step_size: 2 there, 3 here"):
        two(checkpoint=path, resume=True, scheduler=lambda o: S.StepLR(o, 3))
    with pytest.raises(ValueError, match="callback EarlyStopping: with a state there, absent here"):
        two(checkpoint=path, callbacks=[lambda: optim.EarlyStopping(2, "train_loss")], scheduler=SCHEDULERS["StepLR"])
        two(checkpoint=path, resume=True, scheduler=SCHEDULERS["StepLR"])


def test_a_damaged_file(tmp_path):
    path = tmp_path / "run"
    two(checkpoint=path)
    whole = path.read_bytes()
    for at in np.linspace(0, len(whole) - 1, 60).astype(int):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(ValueError, match="run: (damaged|not a)"):
            two(checkpoint=path, resume=True)
        path.write_bytes(whole[:at])
        with pytest.raises(ValueError, match="run: not a complete safetensors file"):
            two(checkpoint=path, resume=True)
    nn.save(small_model(), path)
    with pytest.raises(ValueError, match=r"run: not a checkpoint of fit, but another safetensors file; nn\.load reads"):
        two(checkpoint=path, resume=True)


class Unstorable(optim.Callback):
    def state_dict(self):
        return {"value": {1, 2}}


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"resume": True}, ValueError, "resume=True needs the file: pass checkpoint='run.safetensors' with it"),
        ({"every": 3}, ValueError, "every=3 needs the file: pass checkpoint='run.safetensors' with it"),
        ({"checkpoint": 3}, TypeError, "checkpoint is the path of a file, got 3; pass checkpoint='run.safetensors'"),
        ({"checkpoint": ""}, ValueError, "checkpoint is the folder .*; name a file in it"),
        ({"every": "never"}, ValueError, "every='never' is no number of epochs, batches or seconds above 0; pass every="),
        ({"every": 0}, ValueError, "every=0 is no number"),
        ({"every": "1.5 epochs"}, ValueError, "every='1.5 epochs' is no number"),
        ({"every": 1.5}, TypeError, "every is a number of batches or a text, got 1.5"),
        ({"data": lambda: iter(Batches())}, TypeError, "train is an iterator, which is used up once"),
        ({"callbacks": [Unstorable]}, TypeError, "cannot be written: save: callbacks.*value is set"),
    ],
)  # fmt: skip
def test_options_that_cannot_work(tmp_path, options, error, message):
    if "checkpoint" in options:
        options = {**options, "checkpoint": options["checkpoint"] or tmp_path}
    elif "resume" not in options and options != {"every": 3}:
        options = {**options, "checkpoint": tmp_path / "run"}
    with pytest.raises(error, match=message):
        two(**options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("every", "batches"), [("epoch", 4), (8, 8), ("12 batches", 12), ("2 epochs", 8), ("1 h", 12), ("1 batch", 1)]
)
def test_when_it_saves(tmp_path, every, batches):
    """The first checkpoint of three epochs of four batches."""
    seen = []

    class Look(optim.Callback):
        def on_batch_end(self, run):
            seen.append((tmp_path / "run").exists())

    two(checkpoint=tmp_path / "run", every=every, callbacks=[Look], epochs=3, batch_size=25)
    assert seen.count(False) == batches


def test_a_share_to_validate_on_is_the_same_in_a_run_that_is_resumed(tmp_path):
    """Also where nothing was seeded again."""
    options = {"validation": 0.2, "checkpoint": tmp_path / "run", "every": 1, "resume": True}
    ag.manual_seed(5)
    reference = bits(*plain(optim.Adam, validation=0.2))
    with pytest.raises(ZeroDivisionError):
        plain(optim.Adam, die=(2, 1), **options)

    def model():
        ag.manual_seed(99)
        return small_model()

    assert bits(*plain(optim.Adam, model=model, **options)) == reference
