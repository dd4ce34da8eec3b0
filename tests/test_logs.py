"""What a run writes beside the weights: CSV, TensorBoard, data frames, files of histories, the best weights."""

import csv
import math
import sys

import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from optim import CSVLogger, History, ModelCheckpoint, TensorBoard
from tests.test_resume import X, Y, small_model


class Late(optim.Callback):
    """Records something from the second epoch on."""

    def on_epoch_end(self, run):
        if run.epoch > 1:
            run.history.epochs[-1]["late"] = run.epoch / 3


class Die(optim.Callback):
    def on_batch_end(self, run):
        if (run.epoch, run.batch) == (3, 2):
            raise ZeroDivisionError


def run(*callbacks, epochs=4, **options):
    ag.manual_seed(1)
    model = small_model()
    options = {"loss": F.cross_entropy, "batch_size": 32, "progress": False, **options}
    history = optim.fit(
        model, (X, Y), (X, Y), optimizer=optim.Adam(model.parameters()), epochs=epochs, callbacks=callbacks, **options
    )
    return model, history


def lines(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def test_a_csv_file_has_every_number_of_the_history(tmp_path):
    path = tmp_path / "new" / "log.csv"
    _, history = run(Late(), CSVLogger(path))
    header, *rows = lines(path)
    assert header == ["epoch", *history.names()] and header[-1] == "late"
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    for row, epoch in zip(rows, history.epochs, strict=True):
        assert {name: float(value) for name, value in zip(header[1:], row[1:], strict=True) if value} == epoch
    run(CSVLogger(path), epochs=2)
    assert len(lines(path)) == 3  # another run begins anew
    with pytest.raises(ValueError, match=r"CSVLogger: .* is a folder; name a file in it"):
        run(CSVLogger(tmp_path))


def test_a_resumed_run_has_each_epoch_once(tmp_path):
    path, saving = tmp_path / "log.csv", {"checkpoint": tmp_path / "run", "resume": True}
    with pytest.raises(ZeroDivisionError):
        run(CSVLogger(path), Die(), **saving)
    _, history = run(CSVLogger(path), **saving)
    header, *rows = lines(path)
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    assert [float(row[header.index("train_loss")]) for row in rows] == history["train_loss"]


def events(folder):
    """The events in the files of a folder: each record is its length, a checksum, the message, a checksum."""
    event_pb2 = pytest.importorskip("tensorboardX.proto.event_pb2")
    for path in sorted(folder.iterdir(), key=lambda p: p.stat().st_mtime_ns):
        content = path.read_bytes()
        while content:
            size = int.from_bytes(content[:8], "little")
            yield event_pb2.Event.FromString(content[12 : 12 + size])
            content = content[16 + size :]


def test_tensorboard_gets_scalars_and_histograms(tmp_path):
    pytest.importorskip("tensorboardX")
    model, history = run(TensorBoard(tmp_path / "runs", histograms=True), epochs=2)
    written, shapes = {}, set()
    for event in events(tmp_path / "runs"):
        for value in event.summary.value:
            if value.HasField("histo"):
                shapes.add((value.tag, int(value.histo.num)))
            else:
                written.setdefault(value.tag, []).append((event.step, value.simple_value))
    tags = ["loss/train", "accuracy/train", "loss/validation", "accuracy/validation", "learning_rate", "seconds"]
    assert list(written) == tags
    assert written["loss/validation"] == [(t, pytest.approx(v)) for t, v in enumerate(history["validation_loss"], 1)]
    assert shapes == {(name, p.array.size) for name, p in model.named_parameters()}


def test_tensorboard_takes_back_what_came_after_the_checkpoint(tmp_path):
    pytest.importorskip("tensorboardX")
    saving = {"checkpoint": tmp_path / "run", "resume": True}
    with pytest.raises(ZeroDivisionError):
        run(TensorBoard(tmp_path / "runs"), Die(), **saving)
    run(TensorBoard(tmp_path / "runs"), **saving)
    starts = [e.step for e in events(tmp_path / "runs") if e.HasField("session_log")]
    assert starts == [3]
    steps = [e.step for e in events(tmp_path / "runs") if any(v.tag == "loss/train" for v in e.summary.value)]
    assert steps == [1, 2, 3, 4]


def test_without_the_package_the_message_names_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(
        ImportError, match="TensorBoard needs the package tensorboardX, .*: pip install tensorboardX; or use"
    ):
        run(TensorBoard())
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="to_frame needs the package pandas, .*: pip install pandas; without it"):
        History().to_frame()


def test_a_history_as_a_data_frame():
    pytest.importorskip("pandas")
    _, history = run(Late(), epochs=2)
    frame = history.to_frame()
    assert frame.columns.tolist() == history.names() and frame.index.name == "epoch"
    assert frame.index.tolist() == [1, 2]
    assert frame["train_loss"].tolist() == history["train_loss"]
    assert math.isnan(frame["late"][1]) and frame["late"][2] == history["late"][1]
    assert History().to_frame().empty


def test_a_history_is_saved_and_loaded(tmp_path):
    _, history = run(optim.EarlyStopping(1, min_delta=10.0), epochs=5)
    history.epochs[0]["strange"] = math.nan
    loaded = History.load(history.save(tmp_path / "history.json"))
    assert repr(loaded.epochs) == repr(history.epochs)
    fields = ("best_epoch", "stopped", "interrupted")
    assert [getattr(loaded, name) for name in fields] == [getattr(history, name) for name in fields]
    assert history.stopped is not None
    (tmp_path / "other.json").write_text('{"epochs": 3}')
    with pytest.raises(ValueError, match=r"other\.json: not a file that History\.save wrote"):
        History.load(tmp_path / "other.json")


def test_the_best_weights_are_written(tmp_path):
    class Weights(optim.Callback):
        seen: list = []

        def on_epoch_end(self, run):
            self.seen.append({name: value.array.copy() for name, value in run.model.state_dict().items()})

    path = tmp_path / "best.safetensors"
    _, history = run(Weights(), ModelCheckpoint(path, "validation_loss"))
    model = small_model()
    loaded = nn.load(path, model)
    best = history.best_epoch
    assert loaded.metadata["epoch"] == str(best)
    assert float(loaded.metadata["validation_loss"]) == history["validation_loss"][best - 1]
    for name, value in model.state_dict().items():
        assert value.array.tobytes() == Weights.seen[best - 1][name].tobytes()


def test_weights_of_every_epoch_have_a_name_each(tmp_path):
    _, history = run(ModelCheckpoint(tmp_path / "{epoch:02d}-{train_loss:.3f}", best_only=False), epochs=3)
    names = [f"{t:02d}-{loss:.3f}" for t, loss in enumerate(history["train_loss"], 1)]
    assert sorted(p.name for p in tmp_path.iterdir()) == names
    with pytest.raises(
        KeyError, match="the path .* has the name 'loss', which no epoch records; there are epoch, train_loss"
    ):
        run(ModelCheckpoint(tmp_path / "{loss}"))
    with pytest.raises(ValueError, match=r"is a folder; name a file in it: .*best\.safetensors"):
        run(ModelCheckpoint(tmp_path))


def test_the_best_so_far_is_part_of_a_checkpoint(tmp_path):
    """A run that is resumed does not take its first epoch for the best."""

    class Scores(optim.Callback):
        def on_epoch_end(self, run):
            run.history.epochs[-1]["score"] = float(10 - run.epoch)

    path, saving = tmp_path / "best", {"checkpoint": tmp_path / "run", "resume": True}
    run(Scores(), ModelCheckpoint(path, "score", mode="max"), epochs=2, **saving)
    run(Scores(), ModelCheckpoint(path, "score", mode="max"), epochs=4, **saving)
    assert nn.load(path).metadata["epoch"] == "1"
