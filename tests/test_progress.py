"""What is seen of a run: in a notebook one output that ends as one table, elsewhere lines."""

import sys
import types

import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.kernels.machine import compilation, notebook
from autograd_core.kernels.machine.compilation import TITLE, Compilation
from nn.data import datasets
from tests.test_compilation import Slow
from tests.test_resume import Die


class Outputs:
    """Stands in for IPython's display: the outputs of the cell, each with everything that it has shown."""

    def __init__(self):
        self.shown = []

    def display(self, content, raw, display_id):
        assert raw is True and display_id is True
        self.shown.append([content])
        return types.SimpleNamespace(
            update=lambda new, raw: self.shown[number].append(new), number=(number := len(self.shown) - 1)
        )


@pytest.fixture
def cell(monkeypatch):
    outputs = Outputs()
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(display=outputs.display))
    monkeypatch.setattr(notebook, "INTERVAL", 0.0)
    return outputs


def trained(model, epochs=2, **options):
    ag.manual_seed(0)
    return optim.fit(
        model, datasets.moons(40), loss=F.cross_entropy, optimizer=optim.SGD(model.parameters(), lr=0.1), batch_size=10,
        epochs=epochs, **options,
    )  # fmt: skip


def test_a_notebook_shows_one_output_that_ends_as_the_table(cell, capsys):
    history = trained(nn.Linear(2, 2))
    assert capsys.readouterr() == ("", "")
    (shown,) = cell.shown
    assert all(content.keys() == {"text/plain", "text/html"} for content in shown)
    first, middle, last = shown[0], shown[5], shown[-1]
    assert first["text/plain"].startswith("epoch 1/2, batch 1 of 4: loss 0.")
    assert middle["text/plain"].startswith("epoch 1/2  train: loss ")
    assert "epoch 2/2, batch 2 of 4: loss" in middle["text/html"] or "epoch 2/2, batch 1 of 4" in middle["text/html"]
    assert [line[:9] for line in last["text/plain"].splitlines()] == ["epoch 1/2", "epoch 2/2"]
    assert last["text/html"].count("<table>") == 1 and last["text/html"].count("<tr>") == 3
    assert f"{history.best_epoch} best" in last["text/html"]
    assert "batch" not in last["text/html"].rpartition("</style>")[2]


def test_kernels_that_are_compiled_are_said_in_the_same_output(cell):
    trained(Slow(0.01))
    (shown,) = cell.shown
    assert shown[0]["text/plain"].startswith(f"{TITLE}: 0 done, up to ")
    assert TITLE not in shown[-1]["text/html"] and TITLE not in shown[-1]["text/plain"]


def test_kernels_compiled_outside_of_training_leave_one_line(cell, capsys):
    with Compilation():
        Slow(0.01)(ag.ones(1, 2))
    with Compilation():  # from a filled cache
        pass
    (shown,) = cell.shown
    assert shown[0]["text/plain"].startswith(TITLE)
    assert shown[-1]["text/plain"] == "3 kernels compiled in 0 s"
    assert capsys.readouterr() == ("", "")


def test_an_output_is_not_drawn_again_for_every_batch(cell, monkeypatch):
    monkeypatch.setattr(notebook, "INTERVAL", 1000.0)
    trained(nn.Linear(2, 2), epochs=5)
    (shown,) = cell.shown
    assert len(shown) == 2  # the first batch, and the end
    assert shown[-1]["text/html"].count("<tr>") == 6


def test_long_runs_show_the_first_the_best_and_the_last_epochs(cell):
    trained(nn.Linear(2, 2), epochs=15)
    lines = cell.shown[0][-1]["text/plain"].splitlines()
    assert [line[:8] for line in lines] == [
        "epoch  1",
        "epoch  2",
        "epoch  3",
        "…",
        *(f"epoch {t:2}" for t in range(9, 16)),
    ]


def test_an_end_before_the_last_epoch_is_said_below_the_table(cell):
    class Stop(optim.Callback):
        def on_epoch_end(self, run):
            run.stop("enough <now>")

    trained(nn.Linear(2, 2), callbacks=[Stop()])
    assert cell.shown[0][-1]["text/plain"].splitlines()[-1] == "stopped: enough <now>"
    assert "stopped: enough &lt;now&gt;" in cell.shown[0][-1]["text/html"]
    with pytest.raises(ZeroDivisionError):
        trained(nn.Linear(2, 2), callbacks=[Die(1, 1)])
    assert cell.shown[1][-1]["text/plain"] == "no epoch finished"


def test_lines_alone_where_they_are_asked_for(cell, capsys):
    trained(nn.Linear(2, 2), callbacks=[optim.Progress(bar=False)], progress=False)
    assert [line[:9] for line in capsys.readouterr().out.splitlines()] == ["epoch 1/2", "epoch 2/2"]
    assert cell.shown == []


def test_warming_up_in_a_notebook_is_one_line(cell, monkeypatch, capsys):
    from autograd_core.kernels.machine import runtime

    monkeypatch.setattr(runtime, "warmups", {"sums": lambda: Slow(0.01)(ag.ones(1, 2)), "rows": lambda: None})
    ag.warmup()
    (shown,) = cell.shown
    assert shown[0]["text/plain"] == "kernels: 0 of 2 families (sums)"
    assert shown[1]["text/plain"] == f"{TITLE}: 1 of 2 families (rows)"
    assert shown[-1]["text/plain"] == "kernels: 3 compiled in 0 s, all are ready"
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("terminal", [False, True])
def test_a_run_that_is_resumed_within_an_epoch_shows_the_rest(cell, tmp_path, capsys, monkeypatch, terminal):
    if terminal:
        monkeypatch.delitem(sys.modules, "IPython")
        monkeypatch.setattr(compilation, "shows_bars", lambda: False)
    options = {"checkpoint": tmp_path / "run", "every": 1, "resume": True}
    with pytest.raises(ZeroDivisionError):
        trained(nn.Linear(2, 2), callbacks=[Die(2, 2)], **options)
    capsys.readouterr()
    trained(nn.Linear(2, 2), **options)
    if terminal:
        assert [line[:9] for line in capsys.readouterr().out.splitlines()] == ["epoch 2/2"]
    else:
        assert cell.shown[1][0]["text/plain"].splitlines()[1].startswith("epoch 2/2, batch 2 of 4")
        assert [line[:9] for line in cell.shown[1][-1]["text/plain"].splitlines()] == ["epoch 1/2", "epoch 2/2"]


CELL = """
import autograd_core as ag, nn, optim, nn.functional as F
from nn.data import datasets
from tests.test_compilation import Slow
ag.manual_seed(0)
model = Slow(0.3)
history = optim.fit(model, datasets.moons(400), loss=F.cross_entropy, optimizer=optim.Adam(model.parameters()), epochs=3)
"""


@pytest.mark.slow
def test_the_outputs_of_a_real_notebook():
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
    (output,) = book.cells[0].outputs
    assert output.output_type == "display_data" and set(output.data) == {"text/plain", "text/html"}
    lines = output.data["text/plain"].splitlines()
    assert [line[:9] for line in lines] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert output.data["text/html"].count("<table>") == 1 and TITLE not in output.data["text/html"]
