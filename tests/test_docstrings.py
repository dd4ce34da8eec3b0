"""Every public name: its docstring has all its parts, its example runs, its parameters have types and PyTorch's names."""

import doctest

import pytest

from . import public

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
WITH_EXAMPLE = {name: value for name, value in public.public().items() if ">>> " in public.docstring(value)}


@pytest.mark.parametrize("name", WITH_EXAMPLE)
def test_the_example_runs(name):
    test = doctest.DocTestParser().get_doctest(public.docstring(WITH_EXAMPLE[name]), {}, name, None, None)
    text: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=text.append)
    assert result.failed == 0, "".join(text)
