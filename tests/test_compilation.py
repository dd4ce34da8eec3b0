"""While kernels are compiled: what is shown, and that no clock counts it as training."""

import os
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest
from tqdm import tqdm

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.kernels.machine import compilation
from autograd_core.kernels.machine.compilation import TITLE, Compilation, clock
from autograd_core.kernels.machine.runtime import FLAGS, Compiling, Kernel
from nn.data import datasets
from nn.models import rbf_fit

ROOT = Path(__file__).parent.parent


class Slow(nn.Module):
    """Compiles, as far as anybody is told, three kernels in its first call, two of them for another one."""

    def __init__(self, seconds):
        super().__init__()
        self.layer, self.seconds = nn.Linear(2, 2), seconds

    def forward(self, x):
        if self.seconds:
            for name, starts in (("_conv", True), ("_pack", True), ("_pack", False), ("_sum", True), ("_sum", False)):
                Compiling.report(name, starts)
            time.sleep(self.seconds)
            Compiling.report("_conv", False)
            self.seconds = 0
        return self.layer(x)


class Bar(tqdm):
    """Remembers what was drawn."""

    drawn: list = []
    made: list = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "dynamic_ncols": False, "ncols": 120, "mininterval": 0})
        Bar.made.append(self)

    def display(self, msg=None, pos=None):
        Bar.drawn.append(str(self))


@pytest.fixture(autouse=True)
def quiet_kernels():
    """Those of the programs below are there, or the machine's cache would decide what is shown."""
    model = nn.Linear(2, 2)
    trained(model, epochs=1, progress=False)
    nn.RBFNetwork(2, 4, 2).fit(*datasets.moons(40)[:])


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(compilation, "shows_bars", lambda: True)
    monkeypatch.setattr("optim.training.progress.shows_bars", lambda: True)
    for module in ("autograd_core.kernels.machine.compilation", "optim.training.progress"):
        monkeypatch.setattr(f"{module}.tqdm_class", lambda: Bar)
    Bar.drawn, Bar.made = [], []


def trained(model, **options):
    return optim.fit(
        model, datasets.moons(40), loss=F.cross_entropy, optimizer=optim.SGD(model.parameters(), lr=0.1), batch_size=10,
        **options,
    )  # fmt: skip


def test_the_clock_stands_still():
    before, real = clock(), time.perf_counter()
    Slow(0.3)(ag.ones(1, 2))
    assert time.perf_counter() - real >= 0.3
    assert clock() - before < 0.3


def test_an_epoch_does_not_count_it():
    started = time.perf_counter()
    history = trained(Slow(0.5), epochs=2, progress=False)
    assert sum(history["seconds"]) <= time.perf_counter() - started - 0.5


def test_the_bars_of_a_terminal(terminal):
    trained(Slow(0.4), epochs=2)
    shown = [text for text in Bar.drawn if text.startswith(TITLE)]
    assert f"{TITLE}: 0 done, up to " in shown[0]
    assert "left (0 s; conv) |" in shown[0]
    assert any(f"{TITLE}: 2 done, up to " in text for text in shown)
    first, epoch = Bar.made[:2]
    assert Bar.drawn.index(shown[-1]) < next(i for i, text in enumerate(Bar.drawn) if text.startswith("epoch 1/2"))
    assert epoch.format_dict["initial"] == 1  # the batch that waited for the kernels is no measure of the others
    assert all(bar.disable or bar.pos == 0 for bar in (first, epoch))


def test_what_is_compiled_in_a_later_batch_is_no_measure_either(terminal):
    model, counted = Slow(0), []

    class Later(optim.Callback):
        def on_batch_end(self, run):
            if run.batch == 2:
                model.seconds = 0.4
            if run.batch == 3:
                counted.append(Bar.made[0].format_dict["elapsed"])

    trained(model, epochs=1, callbacks=[Later()])
    assert counted[0] < 0.4


def test_one_line_where_there_is_no_terminal(capsys):
    with Compilation(say=print):  # as around a recipe: only the inner one speaks
        trained(Slow(0.01), epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{TITLE} …"
    assert [line[:9] for line in lines[1:]] == ["epoch 1/2", "epoch 2/2"]
    trained(Slow(0), epochs=1)
    assert TITLE not in capsys.readouterr().out
    trained(Slow(0.01), epochs=1, progress=False)
    assert capsys.readouterr() == ("", "")


def test_nothing_stays_behind():
    before = list(Compiling.watchers)

    class Broken(optim.Callback):
        def on_batch_end(self, run):
            raise KeyError("broken")

    with pytest.raises(KeyError, match="broken"):
        trained(Slow(0.01), callbacks=[Broken()])
    assert Compiling.watchers == before
    assert not Compilation.entered


@pytest.mark.parametrize("kind", [nn.Perceptron, nn.Adaline, nn.RBFNetwork])
def test_models_that_are_fitted(kind, monkeypatch):
    """They say it by `progress`, and the seconds of their steps do not count it."""
    slow, lines = Slow(0.3), []
    places = {nn.RBFNetwork: (rbf_fit, "widths_for")}
    module, name = places.get(kind, (sys.modules[kind.__module__], "targets"))
    original = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *args: (slow(ag.ones(1, 2)), original(*args))[1])
    x, y = datasets.moons(40)[:]
    model = kind(2, 4, 2) if kind is nn.RBFNetwork else kind(2, 2)
    model.fit(x, y, progress=lines.append)
    assert f"{TITLE} …" in lines
    if kind is nn.RBFNetwork:
        seconds = [float(line.rpartition("(")[2].split()[0]) for line in lines if line.endswith(" s)")]
        assert len(seconds) == 3
        assert seconds[1] < 0.3


def test_from_an_empty_cache(tmp_path):
    """The real thing: compiled and said once; from the filled cache not a word."""
    program = """
import numpy as np, nn, optim, nn.functional as F
model = nn.Linear(3, 2)
data = np.ones((32, 3), np.float32), np.arange(32) % 2
optim.fit(model, data, loss=F.cross_entropy, optimizer=optim.SGD(model.parameters(), lr=0.1), epochs=2)
"""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    for said in ([f"{TITLE} …"], []):
        run = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        lines = run.stdout.splitlines()
        assert lines[:-2] == said
        assert all(line.startswith("epoch ") for line in lines[-2:])


def test_pending_kernels_are_those_of_families_reached(monkeypatch):
    F.cross_entropy(ag.tensor(np.ones((2, 3), np.float32)), ag.tensor([0, 1]))
    before = compilation.pending()
    name = "autograd_core.kernels.rows.invented"
    invented = types.ModuleType(name)
    for kernel in ("first", "second", "third"):
        function = types.FunctionType((lambda x: x).__code__, {}, kernel)
        function.__module__ = name
        setattr(invented, kernel, Kernel(function, FLAGS))
    monkeypatch.setitem(sys.modules, name, invented)
    assert compilation.pending() == before  # the program has not reached this family
    invented.first.compiled = types.SimpleNamespace(signatures=["one"])
    assert compilation.pending() == before + 2
