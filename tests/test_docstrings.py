"""Every public name: its docstring has all its parts, its example runs, its parameters have types and PyTorch's names."""

import doctest

import pytest

from . import public

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
NAMES = public.public()


def test_the_public_names_are_found():
    assert len(NAMES) > 900


@pytest.mark.parametrize("name", NAMES)
def test_the_docstring_is_whole(name):
    assert public.missing(name, NAMES[name]) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_example_runs(name):
    test = doctest.DocTestParser().get_doctest(public.docstring(NAMES[name]), {}, name, None, None)
    for package in ("onnx", "pandas", "PIL"):
        if any(package in example.source for example in test.examples):
            pytest.importorskip(package, reason=f"{package} is not installed")
    text: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=text.append)
    assert result.failed == 0, "".join(text)


@pytest.mark.parametrize("name", NAMES)
def test_pytorch_s_arguments_are_taken(name):
    assert public.differences(name, NAMES[name]) == []


def test_parameters_have_types_that_say_something():
    parameters = [p for value in NAMES.values() for p in public.parameters(value)]
    assert sum(map(public.is_vague, parameters)) <= len(parameters) / 20
