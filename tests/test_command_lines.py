"""The command lines: help that helps, and one line with exit status 2 for what they do not know."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as bench
from nn import __main__ as nn_command
from nn.command import Parser, one_of, positive
from notebooks import __main__ as notebooks
from optim.recipes import RECIPES

ROOT = Path(__file__).parent.parent


def refused(capsys, call, *arguments):
    """The one line that a call says to the standard error, with exit status 2."""
    try:
        status = call(list(arguments))
    except SystemExit as stop:
        status = stop.code
    said = capsys.readouterr()
    assert status == 2 and said.out == ""
    assert said.err.startswith("error: ") and said.err.count("\n") == 1 and said.err.endswith("\n")
    return said.err.strip()


def helped(capsys, call, *arguments):
    with pytest.raises(SystemExit) as stop:
        call([*arguments, "--help"])
    assert stop.value.code == 0
    return capsys.readouterr().out


def test_help_of_the_benches(capsys):
    said = helped(capsys, bench.main)
    assert all(f"  {name:12} {about}" in said for name, about in bench.BENCHES.items())
    assert all(option in said for option in ("--quick", "--save", "--only TEXT"))


def test_help_of_the_notebooks(capsys):
    assert all(option in helped(capsys, notebooks.main) for option in ("NAME", "--write", "--timeout S"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["headlin"], "there is no 'headlin', did you mean headline?; `python -m bench --help`"),
        (["zzz"], "there is no 'zzz', only micro, overhead, "),
        (["micro", "--qick"], "there is no option --qick, did you mean --quick?; `python -m bench --help`"),
        (["--qu"], "there is no option --qu"),
        (["micro", "--only", "x"], "python -m bench headline --only TEXT"),
        (["headline", "--only"], "--only: expected one argument"),
    ],
)
def test_what_bench_refuses(arguments, message, capsys):
    assert message in refused(capsys, bench.main, *arguments)


@pytest.mark.parametrize("name", bench.BENCHES)
def test_every_bench_refuses_before_it_measures(name, capsys):
    main = importlib.import_module(f"bench.{name}").main
    assert "there is no option --qick, did you mean --quick?" in refused(capsys, main, "--qick")
    assert "'more' is one argument too many" in refused(capsys, main, "--quick", "more")
    assert "--quick" in helped(capsys, main)


def test_no_workload_of_the_headline(capsys):
    main = importlib.import_module("bench.headline").main
    assert "--only zzz: no workload has that in its name; there are softmax regression" in refused(
        capsys, main, "--only", "zzz"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["99"], "no lesson begins with '99'; there are 00-"),
        (["--writ"], "there is no option --writ, did you mean --write?"),
        (["--timeout", "0"], "--timeout: must be positive and finite, got 0"),
        (["--timeout", "soon"], "--timeout: needs an integer, got 'soon'"),
    ],
)
def test_what_notebooks_refuses(arguments, message, capsys):
    assert message in refused(capsys, notebooks.main, *arguments)


@pytest.mark.parametrize("arguments", [[], ["trai"], ["train"], ["train", "lenet"], ["--seed", "1"]])
def test_what_nn_refuses(arguments, capsys):
    refused(capsys, nn_command.main, *arguments)


@pytest.mark.parametrize("name", RECIPES)
def test_what_every_recipe_refuses(name, capsys):
    for arguments, message in (
        (["--sed", "1"], f"there is no option --sed, did you mean --seed?; `python -m nn train {name} --help`"),
        (["more"], "'more' is one argument too many"),
        (["--seed", "one"], "--seed"),
        (["--seed"], "--seed: expected one argument"),
    ):
        assert message in refused(capsys, nn_command.main, "train", name, *arguments)


def test_numbers():
    assert positive(int)("3") == 3 and positive(float)("0.5") == 0.5
    p = Parser(prog="p")
    p.add_argument("--x", type=positive(float))
    for text in ("0", "-1", "nan", "inf", "many"):
        with pytest.raises(SystemExit):
            p.parse_args(["--x", text])


def test_names():
    assert one_of(["a", "b"])("b") == "b"


def test_a_bench_runs_as_a_module():
    """Alone, `python -m bench.NAME` did nothing, or began the work of a process that nobody listens to."""
    for name in ("micro", "start"):
        command = [sys.executable, "-m", f"bench.{name}", "--qick"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 2 and "did you mean --quick?" in done.stderr and not done.stdout
