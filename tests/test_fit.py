"""The training loop, its callbacks, the figures, checkpoints, and the command."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.kernels.machine.compilation import TITLE
from nn import plot
from nn.__main__ import main
from nn.data import DataLoader, TensorDataset, datasets, write_idx
from optim.training import Callback, EarlyStopping, History, KeepBest, evaluate, fit


def blobs(n=60, seed=0):
    """Three well separated classes in the plane."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    x = np.array([[0, 3], [3, 0], [-3, -3]])[y] + rng.standard_normal((n, 2))
    return x.astype(np.float32), y


def model(seed=0):
    ag.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3))


def train(m=None, epochs=5, lr=0.1, data=None, **options):
    m = m or model()
    options.setdefault("validation", blobs(30, 1))
    history = fit(
        m, data or blobs(), loss=F.cross_entropy, optimizer=optim.SGD(m.parameters(), lr=lr), epochs=epochs,
        batch_size=16, progress=False, **options,
    )  # fmt: skip
    return m, history


def test_it_learns_and_records():
    m, history = train(epochs=10)
    assert len(history) == 10
    assert history["train_loss"][-1] < 0.3 * history["train_loss"][0]
    assert history["validation_accuracy"][-1] > 0.9
    assert set(history.names()) == {
        "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "learning_rate", "seconds",
    }  # fmt: skip
    with pytest.raises(KeyError, match="no 'test_loss' in this history; it has train_loss"):
        history["test_loss"]
    assert m.training


def test_an_optimizer_that_evaluates_the_loss_itself():
    """As the loop with a closure; loss and metrics are those before the step, and dropout draws the same masks again."""
    x, y = (ag.tensor(part) for part in blobs())
    layers = model(), model()
    dropouts = [nn.Sequential(nn.Dropout(0.5), m) for m in layers]
    fitted, looped = (optim.LBFGS(m.parameters(), max_iter=4, line_search_fn="strong_wolfe") for m in layers)
    ag.manual_seed(5)
    history = fit(dropouts[0], (x, y), loss=F.cross_entropy, optimizer=fitted, epochs=3, batch_size=60, progress=False,
                  keep_best=False)  # fmt: skip
    ag.manual_seed(5)
    losses = []
    for _ in range(3):
        order = ag.randperm(60)
        state = ag.get_rng_state()

        def closure(order=order, state=state):
            ag.set_rng_state(state)
            looped.zero_grad()
            loss = F.cross_entropy(dropouts[1](x[order]), y[order])
            loss.backward()
            return loss

        losses.append(looped.step(closure).item())
    assert history["train_loss"] == losses and losses[-1] < 0.7 * losses[0]
    for p, q in zip(layers[0].parameters(), layers[1].parameters(), strict=True):
        np.testing.assert_array_equal(p.array, q.array)


@pytest.mark.parametrize("closure", ["loss", "outputs", "residuals"])
def test_what_a_closure_gives(closure):
    class Looks(optim.Optimizer):
        def step(self, evaluate):
            seen.append(evaluate())

    Looks.closure, seen = closure, []
    m = nn.Linear(2, 3)
    x, y = np.ones((4, 2), np.float32), np.arange(12, dtype=np.float32).reshape(4, 3)
    for weights in ((), (np.array([1.0, 0.0, 2.0, 1.0], np.float32),)):
        history = fit(m, (x, y, *weights), loss=F.mse_loss, optimizer=Looks(m.parameters(), {}), progress=False)
        assert "learning_rate" not in history.names()
        loss = seen[-1]
        if closure == "outputs":
            loss, output = loss
            assert output.shape == (4, 3)
            (gradient,) = ag.grad(loss, output, retain_graph=True)
            assert (gradient.array != 0).any()
        if closure == "residuals":
            assert loss.shape == (12,)
            loss = (loss * loss).sum()
        assert loss.item() == pytest.approx(history["train_loss"][0], rel=1e-5) and loss.requires_grad
        assert all(p.grad is None for p in m.parameters())
    if closure == "residuals":
        with pytest.raises(ValueError, match=r"Looks minimises a sum of squares, .* pass loss=F.mse_loss, or"):
            fit(m, (x, y), loss=F.l1_loss, optimizer=Looks(m.parameters(), {}), progress=False)
        assert fit(m, (x, y), loss=nn.MSELoss(), optimizer=Looks(m.parameters(), {}), progress=False)


@pytest.mark.parametrize("closure", [None, "loss"])
def test_a_loss_that_is_not_finite_changes_nothing(closure):
    m = nn.Linear(2, 1)
    before = [p.array.copy() for p in m.parameters()]
    optimizer = optim.SGD(m.parameters()) if closure is None else optim.LBFGS(m.parameters())
    with pytest.raises(FloatingPointError, match="epoch 1, batch 1: the targets of this batch have nan"):
        fit(m, (np.ones((2, 2)), np.full((2, 1), np.nan)), loss=F.mse_loss, optimizer=optimizer, progress=False)
    for p, start in zip(m.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.array, start)


def test_one_epoch_is_what_the_plain_loop_does():
    x, y = blobs()
    m, reference = model(), model()
    fit(m, DataLoader(TensorDataset(x, y), batch_size=16), loss=F.cross_entropy,
        optimizer=optim.SGD(m.parameters(), lr=0.1), progress=False)  # fmt: skip
    weights = [p.array.astype(np.float64) for p in reference.parameters()]
    for i in range(0, 60, 16):
        xb, yb = x[i : i + 16].astype(np.float64), y[i : i + 16]
        w1, b1, w2, b2 = weights
        h = np.tanh(xb @ w1.T + b1)
        z = h @ w2.T + b2
        p = np.exp(z - z.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        p[np.arange(len(yb)), yb] -= 1
        gz = p / len(yb)
        gh = gz @ w2 * (1 - h * h)
        grads = [gh.T @ xb, gh.sum(0), gz.T @ h, gz.sum(0)]
        weights = [w - 0.1 * g for w, g in zip(weights, grads, strict=True)]
    for p, w in zip(m.parameters(), weights, strict=True):
        np.testing.assert_allclose(p.array, w, rtol=1e-4, atol=1e-6)


def test_same_seed_same_history():
    def run():
        ag.manual_seed(5)
        m = nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.3), nn.Linear(8, 3))
        return train(m)[1]["train_loss"]

    assert run() == run()


def test_the_best_weights_are_kept():
    class Spoil(Callback):
        """Makes the model worse after the third epoch."""

        def on_epoch_start(self, run):
            if run.epoch == 4:
                with ag.no_grad():
                    for p in run.model.parameters():
                        p.mul_(-3.0)

    m, history = train(epochs=4, lr=1e-3, callbacks=[Spoil()])
    assert history.best_epoch == 3
    assert evaluate(m, blobs(30, 1), F.cross_entropy)["loss"] == pytest.approx(history["validation_loss"][2], rel=1e-5)
    m, history = train(epochs=4, lr=1e-3, callbacks=[Spoil()], keep_best=False)
    assert evaluate(m, blobs(30, 1), F.cross_entropy)["loss"] == pytest.approx(history["validation_loss"][3], rel=1e-5)


def test_without_validation_the_training_loss_decides():
    _, history = train(validation=None)
    assert "validation_loss" not in history.names()
    assert history.best_epoch == 1 + int(np.argmin(history["train_loss"]))


def test_early_stopping():
    m = model()
    _, history = train(m, epochs=50, lr=1e-9, callbacks=[EarlyStopping(patience=2, min_delta=1e-3)])
    assert len(history) == 3
    assert history.stopped == "no improvement for 2 epochs (best: epoch 1)"


def test_callbacks_are_told_everything():
    calls = []

    class Spy(Callback):
        def on_start(self, run):
            calls.append("start")

        def on_epoch_start(self, run):
            calls.append(f"epoch {run.epoch}")

        def on_batch_end(self, run):
            calls.append(f"batch {run.batch} of {run.batches}")

        def on_epoch_end(self, run):
            calls.append(f"end of {run.epoch}, {len(run.history)} recorded")
            run.stop("enough")

        def on_end(self, run):
            calls.append("end")

    _, history = train(epochs=3, data=blobs(40), callbacks=[Spy()])
    assert calls == [
        "start", "epoch 1", "batch 1 of 3", "batch 2 of 3", "batch 3 of 3", "end of 1, 1 recorded", "end",
    ]  # fmt: skip
    assert history.stopped == "enough"


def test_an_interrupt_keeps_the_best_weights():
    class Interrupt(Callback):
        def on_batch_end(self, run):
            if run.epoch == 3:
                raise KeyboardInterrupt

    m, history = train(callbacks=[Interrupt()])
    assert history.interrupted
    assert history.stopped == "interrupted in epoch 3"
    assert len(history) == 2
    best = history["validation_loss"][history.best_epoch - 1]
    assert evaluate(m, blobs(30, 1), F.cross_entropy)["loss"] == pytest.approx(best, rel=1e-5)


def test_evaluation_mode_and_nothing_recorded():
    m = nn.Sequential(nn.Dropout(0.5), nn.Linear(2, 3))
    seen = []
    m.register_forward_hook(lambda module, args, out: seen.append((module.training, out.requires_grad)))
    evaluate(m, blobs(), F.cross_entropy)
    assert set(seen) == {(False, False)}
    assert m.training


def test_schedulers():
    m = model()
    optimizer = optim.SGD(m.parameters(), lr=1.0)
    schedule = optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.1)
    history = fit(m, blobs(), loss=F.cross_entropy, optimizer=optimizer, epochs=3, scheduler=schedule, progress=False)
    assert history["learning_rate"] == pytest.approx([1.0, 0.1, 0.01])
    plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    fit(m, blobs(), loss=F.cross_entropy, optimizer=optimizer, epochs=2, scheduler=plateau, progress=False)


def test_regression_has_no_accuracy():
    x = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]
    m = nn.Linear(1, 1)
    history = fit(m, (x, 2 * x), loss=F.mse_loss, optimizer=optim.SGD(m.parameters(), lr=0.5), epochs=30,
                  metrics={"worst": lambda out, y: abs(out.array - y.array).max()}, progress=False)  # fmt: skip
    assert history.names() == ["train_loss", "train_worst", "learning_rate", "seconds"]
    assert history["train_worst"][-1] < 0.01


def test_progress_prints_a_line_an_epoch(capsys):
    m = model()
    fit(m, blobs(), blobs(30, 1), loss=F.cross_entropy, optimizer=optim.SGD(m.parameters(), lr=0.1), epochs=2)
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(TITLE)]
    assert len(lines) == 2
    assert lines[1].startswith("epoch 2/2  train: loss ")
    assert "validation: loss" in lines[1]
    assert "accuracy" in lines[1]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"epochs": 0}, ValueError, "epochs must be at least 1, got 0"),
        ({"data": 3}, TypeError, "train must be a DataLoader, a dataset, or a pair"),
        ({"data": [(ag.ones(2, 2),)]}, ValueError, r"each batch must be a pair \(inputs, targets\)"),
        ({"data": iter(())}, ValueError, "the training data has no batch"),
        (
            {"data": (np.full((4, 2), np.nan), [0] * 4)},
            FloatingPointError,
            "the loss is nan in step 1, epoch 1, batch 1: the inputs",
        ),
        ({"callbacks": [KeepBest("nonsense")]}, ValueError, "monitor 'nonsense' is not recorded; there are train_loss"),
    ],
)
def test_errors(options, error, message):
    with pytest.raises(error, match=message):
        train(**options)


def test_patience_is_checked():
    with pytest.raises(ValueError, match="patience must be at least 1 epoch, got 0"):
        EarlyStopping(patience=0)


# ---------------------------------------------------------------------------------------------------------------- figures


def test_confusion_counts():
    counts = plot.confusion_counts(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    with pytest.raises(ValueError, match="4 targets but 3 predictions"):
        plot.confusion_counts(np.zeros(4, int), np.zeros(3, int), 2)
    with pytest.raises(ValueError, match="predictions go from 0 to 5, but there are 3 classes"):
        plot.confusion_counts(np.array([0, 1]), np.array([0, 5]), 3)
    with pytest.raises(TypeError, match="predictions must be class indices, whole numbers, got float64"):
        plot.confusion_counts([0, 1], [0.2, 0.9], 2)
    np.testing.assert_array_equal(plot.confusion_counts([], [], 2), np.zeros((2, 2)))
    few = np.array([200, 1], np.uint8)  # whose products do not fit into their dtype
    assert plot.confusion_counts(few, few, 201)[200, 200] == 1


def test_mistakes_of_parts_that_do_not_fit():
    with pytest.raises(ValueError, match=r"of one length, got shapes \(2, 4, 4\), \(3,\) and \(2, 2\)"):
        plot.mistakes(np.zeros((2, 4, 4)), np.array([0, 1, 1]), np.ones((2, 2)), ["a", "b"])


def test_figures(tmp_path):
    _, history = train(epochs=3)
    curves = plot.learning_curves(history, "title")
    lines = {line.get_label(): line.get_ydata() for line in curves.axes[0].lines}
    np.testing.assert_allclose(lines["train"], history["train_loss"])
    np.testing.assert_allclose(lines["validation"], history["validation_loss"])
    matrix = plot.confusion_matrix(ag.tensor([0, 1, 1]), ag.tensor([0, 1, 0]), ["a", "long name"])
    assert sorted(t.get_text() for t in matrix.axes[0].texts) == ["1", "1", "1"]
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    page = plot.mistakes(np.zeros((3, 1, 4, 4)), np.array([1, 0, 0]), probabilities, ["a", "b"])
    titles = [ax.get_title() for ax in page.axes if ax.get_title()]
    assert titles == ["b → a (90%)", "a → b (70%)"]
    long = plot.mistakes(np.zeros((3, 1, 4, 4)), np.array([1, 0, 0]), probabilities, ["coat", "shirt"])
    assert long.axes[0].get_title() == "shirt\n→ coat (90%)"  # on two lines, lest they overlap
    assert all(tick.is_integer() for tick in plot.heat(np.eye(3), "x", "y").axes[0].get_xticks())
    for name, figure in (("curves", curves), ("matrix", matrix), ("page", page)):
        path = plot.save(figure, tmp_path / "new" / f"{name}.png")
        assert path.read_bytes()[:8] == figure._repr_png_()[:8] == b"\x89PNG\r\n\x1a\n"
    with pytest.raises(ValueError, match="no finished epoch"):
        plot.learning_curves(History())


def test_a_page_of_images():
    x = np.arange(-6.0, 6.0).reshape(3, 1, 2, 2)
    page = plot.images(ag.tensor(x), ["a", "b", "c"], columns=2, signed=True)
    shown = [ax.images[0] for ax in page.axes if ax.images]
    assert [ax.get_title() for ax in page.axes] == ["a", "b", "c", ""]
    assert [image.get_clim() for image in shown] == [(-6.0, 6.0)] * 3
    for image, picture in zip(shown, x[:, 0], strict=True):
        np.testing.assert_array_equal(image.get_array(), picture)
    assert [ax.images[0].get_clim() for ax in plot.images(x[:, 0]).axes] == [(-6, -3), (-2, 1), (2, 5)]
    with pytest.raises(ValueError, match=r"at least one picture, .* got shape \(3, 2, 2, 2\)"):
        plot.images(np.zeros((3, 2, 2, 2)))
    with pytest.raises(ValueError, match="3 pictures but 1 titles"):
        plot.images(x, ["a"])


# ------------------------------------------------------------------------------------------------------------ checkpoints


def test_checkpoints(tmp_path):
    m, other = model(), model(1)
    path = nn.save(m, tmp_path / "deep" / "model.safetensors", {"note": "x"})
    state = nn.load(path, other)
    assert set(state) == set(m.state_dict())
    for a, b in zip(m.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(a.array, b.array)
    content = path.read_bytes()
    for broken in (content[:-3], content[:5], b"", b"nonsense" * 10):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=rf"not a complete safetensors file.*the file has {len(broken)} bytes"):
            nn.load(path)


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = nn.save(model(), tmp_path / "m.safetensors")
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        nn.save(model(1), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"]


# ---------------------------------------------------------------------------------------------------------------- command


@pytest.fixture
def folder(tmp_path):
    """A folder with the four IDX files: a few images of the sample."""
    for part, prefix, rows in ((True, "train", 240), (False, "t10k", 60)):
        images, labels = datasets.mnist_sample(part).tensors
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte.gz", (images.array[:rows, 0] * 255).round().astype(np.uint8))
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte.gz", labels.array[:rows].astype(np.uint8))
    return tmp_path


@pytest.mark.parametrize("name", ["lenet5", "mlp"])
def test_the_command(name, folder, capsys):
    save = folder / "out"
    assert main(["train", name, "--data", str(folder), "--epochs", "2", "--quiet", "--save", str(save)]) == 0
    out = capsys.readouterr().out
    assert "220 images to train, 20 to validate, 60 to test" in out
    assert "epoch 2/2" in out
    report = json.loads((save / "report.json").read_text())
    assert f"test: accuracy {report['test_accuracy']:.2%}" in out
    assert len(report["history"]) == 2
    assert {p.name for p in save.iterdir()} == {
        "model.safetensors", "learning-curves.png", "confusion-matrix.png", "mistakes.png", "report.json",
    }  # fmt: skip
    assert nn.load(save / "model.safetensors")


def test_the_command_repeats_itself(folder):
    reports = []
    for run in ("a", "b"):
        main(
            [
                "train",
                "mlp",
                "--data",
                str(folder),
                "--epochs",
                "1",
                "--seed",
                "3",
                "--quiet",
                "--save",
                str(folder / run),
            ]
        )
        reports.append(json.loads((folder / run / "report.json").read_text()))
    assert reports[0]["test_loss"] == reports[1]["test_loss"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "the following arguments are required: MODEL"),
        (["train", "alexnet"], "invalid choice: 'alexnet'"),
        (["train", "mlp", "--epochs", "0"], "argument --epochs: must be positive and finite, got 0"),
        (["train", "mlp", "--epochs", "many"], "argument --epochs: needs an integer, got 'many'"),
        (["train", "mlp", "--lr", "-1"], "argument --lr: must be positive and finite, got -1"),
        (["train", "mlp", "--nonsense"], "there is no option --nonsense"),
        ([], "the following arguments are required: command"),
    ],
)
def test_wrong_options(arguments, message, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_missing_and_broken_data(folder, tmp_path, capsys):
    assert main(["train", "mlp", "--data", str(tmp_path / "nowhere"), "--save", str(tmp_path / "o")]) == 2
    assert "nowhere: not a folder, and not one of mnist, fashion-mnist, sample" in capsys.readouterr().err
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    assert main(["train", "mlp", "--data", str(folder), "--save", str(tmp_path / "o")]) == 2
    assert "t10k-labels-idx1-ubyte.gz" in capsys.readouterr().err
    path = folder / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:500])
    assert main(["train", "mlp", "--data", str(folder), "--save", str(tmp_path / "o")]) == 2
    assert "train-images-idx3-ubyte.gz" in capsys.readouterr().err
    (tmp_path / "file").write_text("x")
    assert main(["train", "mlp", "--data", str(folder), "--save", str(tmp_path / "file")]) == 2
    assert "is a file; give a folder" in capsys.readouterr().err


def test_an_interrupted_command_keeps_what_it_has(folder):
    save = folder / "out"
    command = [sys.executable, "-m", "nn", "train", "mlp", "--data", str(folder), "--epochs", "100000"]
    process = subprocess.Popen(
        [*command, "--save", str(save)], stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a test run in the background ignores it
    )  # fmt: skip
    for line in process.stdout:
        if line.startswith("epoch"):
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out = process.communicate(timeout=120)[0]
    assert process.returncode == 130
    assert "interrupted in epoch" in out
    assert "the weights of epoch" in out
    assert json.loads((save / "report.json").read_text())["interrupted"]
    assert nn.load(save / "model.safetensors")
