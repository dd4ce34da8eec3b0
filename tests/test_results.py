"""`python -m bench results`: the frame with rows that cost nothing, and that the real ones fit into it."""

import json
import math
import re

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from bench import __main__ as bench
from bench import results
from bench.published import ROWS
from bench.published.row import Claim, Job, Row
from bench.published.shelf import Shelf


class Counting:
    """A row's function that counts its calls."""

    def __init__(self, *values, error=None):
        self.values, self.calls, self.error = values, 0, error

    def __call__(self, job):
        self.calls += 1
        if self.error is not None and self.calls == 1:
            raise self.error
        return dict(zip("ab", self.values, strict=False))


def row(run, name="one", figures=None, **options):
    return Row(name, "a net", "Somebody 1990", figures or {"a": Claim("at most", 2.0)}, run, 3, **options)


def call(folder, rows, *arguments):
    results.main(list(arguments), rows, folder)


def test_a_finished_row_is_stored_and_not_run_again(tmp_path, capsys):
    first, second = Counting(1.5), Counting(7)
    rows = [row(first), row(second, "two")]
    call(tmp_path, rows)
    stored = json.loads((tmp_path / "one.json").read_text())
    assert stored["figures"] == {"a": 1.5} and stored["seed"] == 0 and stored["seconds"] >= 0
    assert stored["machine"]["processor"] and stored["machine"]["date"]
    call(tmp_path, rows)
    assert first.calls == second.calls == 1
    printed = capsys.readouterr().out
    assert "one: a net, some 3 minutes" in printed and "one: stored" in printed
    assert re.search(r"at most 2 +1\.50  +met", printed) and re.search(r"at most 2 +7  missed", printed)
    call(tmp_path, rows, "--again", "--only", "tw")
    assert (first.calls, second.calls) == (1, 2)


def test_what_was_finished_before_an_interrupt_stays(tmp_path):
    first, second = Counting(1.0), Counting(2.0, error=KeyboardInterrupt())
    rows = [row(first), row(second, "two")]
    with pytest.raises(KeyboardInterrupt):
        call(tmp_path, rows)
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["one.json"]
    call(tmp_path, rows)
    assert (first.calls, second.calls) == (1, 2)


def test_a_result_is_whole_or_not_there(tmp_path):
    shelf, one = Shelf(tmp_path), row(None)
    shelf.store(one, {"figures": {"a": 1.0}})
    with pytest.raises(TypeError):
        shelf.store(one, {"figures": {"a": object()}})
    assert shelf.load(one) == {"figures": {"a": 1.0}}
    assert [path.name for path in tmp_path.iterdir()] == ["one.json"]


def test_a_result_with_other_figures_is_run_again_and_a_broken_one_is_named(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.store(row(None), {"figures": {"a": 1.0}})
    assert shelf.load(row(None, figures={"b": Claim()})) is None
    shelf.path(row(None)).write_text("{")
    with pytest.raises(ValueError, match=r"one\.json: not a result .*; remove the file"):
        shelf.load(row(None))


def test_a_row_without_its_data_is_skipped(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_DATA", str(tmp_path / "nothing"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "nothing"))
    monkeypatch.setattr("nn.data.store.cache_folder", lambda: tmp_path / "nothing")
    run = Counting(1.0)
    call(tmp_path, [row(run, needs=("mnist",))])
    printed = capsys.readouterr().out
    assert "one: skipped, mnist is not on this machine; set AUTOGRAD_DATA to a folder that has it" in printed
    assert "not run" in printed and "(3)" in printed and run.calls == 0
    call(tmp_path, [row(run, needs=("mnist",))], "--quick")  # on the sample
    assert run.calls == 1 and not list(tmp_path.glob("*.json"))


def test_quick_stores_nothing(tmp_path, capsys):
    call(tmp_path, [row(Counting(1.0))], "--quick")
    assert not list(tmp_path.iterdir()) and "a 1.00" in capsys.readouterr().out


def test_a_long_training_goes_on_inside(tmp_path, monkeypatch):
    """A row is ended in its third epoch; the next run trains only what was left, and ends with the same weights."""
    monkeypatch.setattr("bench.published.row.EVERY", 1)
    x = ag.tensor(np.linspace(0, 1, 40, dtype=np.float32)[:, None])

    def training(stop_at):
        steps = []

        class Watch(optim.Callback):
            def on_batch_end(self, run):
                steps.append(run.step)
                if run.step == stop_at:
                    raise KeyboardInterrupt

        def run(job):
            model = nn.Linear(1, 1)
            optimizer = optim.SGD(model.parameters(), lr=0.1)
            job.fit(
                "training", model, (x, 2 * x), loss=F.mse_loss, optimizer=optimizer, epochs=4, batch_size=10,
                callbacks=[Watch()],
            )  # fmt: skip
            return {"a": model.weight.item()}

        return run, steps

    whole, _ = training(None)
    call(tmp_path / "whole", [row(whole)])
    first, _ = training(10)
    with pytest.raises(KeyboardInterrupt):
        call(tmp_path / "parts", [row(first)])
    assert not (tmp_path / "parts/one.json").exists()
    second, steps = training(None)
    call(tmp_path / "parts", [row(second)])
    assert steps == list(range(10, 17))  # the tenth was not finished
    stored = [json.loads((tmp_path / part / "one.json").read_text()) for part in ("whole", "parts")]
    assert stored[0]["figures"] == stored[1]["figures"]
    assert [result["resumed"] for result in stored] == [False, True]
    assert not (tmp_path / "parts/unfinished/one").exists()


def test_another_seed_does_not_go_on_with_what_is_unfinished(tmp_path):
    def run(job):
        value = job.part("x", lambda: ag.rand(1).item())
        if job.seed == 0:
            raise KeyboardInterrupt
        return {"a": value}

    with pytest.raises(KeyboardInterrupt):
        call(tmp_path, [row(run)])
    call(tmp_path, [row(run)], "--seed", "1")
    ag.manual_seed(1)
    assert Shelf(tmp_path).load(row(run))["figures"] == {"a": ag.rand(1).item()}


def test_a_whole_name_means_that_row_alone(tmp_path):
    rows = [row(Counting(1.0), "lag"), row(Counting(1.0), "lag-random")]
    call(tmp_path, rows, "--only", "lag")
    assert [r.run.calls for r in rows] == [1, 0]
    call(tmp_path, rows, "--only", "la")
    assert [r.run.calls for r in rows] == [1, 1]


def test_finished_parts_are_not_run_again(tmp_path):
    calls = []

    def run(job):
        parts = [job.part(name, lambda name=name: calls.append(name) or math.inf) for name in ("x", "y")]
        if len(calls) == 2:
            calls.append("interrupt")
            raise KeyboardInterrupt
        return {"a": sum(parts)}

    with pytest.raises(KeyboardInterrupt):
        call(tmp_path, [row(run)])
    call(tmp_path, [row(run)])
    assert calls == ["x", "y", "interrupt"] and Shelf(tmp_path).load(row(run))["figures"] == {"a": math.inf}


def test_seeds_and_wrong_figures(tmp_path):
    draws = row(lambda job: {"a": ag.rand(1).item()})
    values = [results.run(draws, Job(seed=seed))["figures"]["a"] for seed in (0, 0, 1)]
    assert values[0] == values[1] != values[2]
    with pytest.raises(ValueError, match=r"one: gave the figures \['a', 'b'\], declared are \['a'\]"):
        results.run(row(Counting(1.0, 2.0)), Job())


@pytest.mark.parametrize(
    ("sense", "value", "met"),
    [
        ("at most", 2.0, True), ("at most", 2.1, False), ("at least", 2.0, True), ("at least", 1.9, False),
        ("below", 2.0, False), ("below", 1.9, True), ("above", 2.0, False), ("above", 2.1, True), ("beside", 9.0, True),
    ],
)  # fmt: skip
def test_claims(sense, value, met):
    assert Claim(sense, 2.0).met("a", {"a": value}) is met
    assert Claim(sense, "b").met("a", {"a": value, "b": 2.0}) is met


def test_the_table_of_the_readme(tmp_path, capsys):
    figures = {"a": Claim("below", "b"), "b": Claim("beside", 1234.0)}
    rows = [row(Counting(1.0, 1e6), figures=figures), row(Counting(math.inf), "two"), row(Counting(1.0), "three")]
    call(tmp_path, rows[:2])
    capsys.readouterr()
    call(tmp_path, rows, "--table")
    lines = capsys.readouterr().out.strip().split("\n")
    assert len({line.count("|") for line in lines}) == 1
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[2][:6] == ["one", "a net", "a", "below “b”", "1", "met"] and cells[2][7] == "Somebody 1990"
    assert cells[3][:6] == ["", "", "b", "1,234", "1,000,000", ""]
    assert cells[4][4:6] == ["never", "missed"] and cells[5][4:7] == ["not run", "", "(3)"]


def test_refusals(tmp_path, capsys):
    with pytest.raises(SystemExit):
        call(tmp_path, [row(Counting(1.0))], "--only", "zzz")
    assert "--only zzz: no row has that in its name; there are one" in capsys.readouterr().err


def test_in_company_it_is_quick(monkeypatch):
    passed = []
    monkeypatch.setattr(results, "main", passed.append)
    monkeypatch.setattr("bench.start.main", lambda arguments: None)
    bench.main(["start", "results", "--save"])
    bench.main(["results", "--only", "lenet"])
    assert passed == [["--save", "--quick"], ["--only", "lenet"]]


def test_the_rows():
    assert len({r.name for r in ROWS}) == len(ROWS)
    assert sum(r.minutes for r in ROWS) < 120
    for r in ROWS:
        assert re.fullmatch(r"[a-z0-9-]+", r.name) and r.source and r.figures and r.minutes > 0
        for claim in r.figures.values():
            assert not isinstance(claim.bound, str) or claim.bound in r.figures


@pytest.mark.parametrize(
    "name", ["mnist-linear", "mnist-lenet4", "two-spirals", "optimisers-sine", "lstm-adding", "batch-norm"]
)
def test_quick_rows_run_without_data(name, monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOGRAD_DATA", str(tmp_path))
    monkeypatch.setattr("nn.data.store.cache_folder", lambda: tmp_path)
    (chosen,) = [r for r in ROWS if r.name == name]
    assert set(results.run(chosen, Job(quick=True))["figures"]) == set(chosen.figures)
