"""The families' lines of names (`NAMES`), and the tables that are gathered from them."""

from types import SimpleNamespace

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.engine.operands import is_operand
from autograd_core.interface import table
from autograd_core.interface.numpy_protocol import TABLE


def family(line):
    return SimpleNamespace(NAMES=f"\n{line}\n", __file__="family.py", exp=ag.exp, own=ag.exp)


@pytest.mark.parametrize(
    ("line", "error", "message"),
    [
        ("ag.wrong  x.wrong", AttributeError, "wrong"),
        ("ag.exp", ValueError, "'ag.exp' stands in two lines"),
        ("own  x.exp", ValueError, "'x.exp' stands in two lines"),
        ("own  x.exp_", ValueError, "'x.exp_' stands in two lines"),
        ("own  x+y", ValueError, r"'x\+y' stands in two lines"),
        ("own  np.exp", ValueError, "'np.exp' stands in two lines"),
        ("own  onnx.Exp", ValueError, "'onnx.Exp' stands in two lines"),
        ("own  x?y", ValueError, r"'x\?y' is none of the forms"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(line, error, message):
    with pytest.raises(error, match=message) as caught:
        table.enter(family(line))
    assert caught.value.__notes__ == [f"[in the line '{line}' of NAMES in family.py]"]


def test_numpys_names_are_numpys():
    for name, function in table.NUMPY.items():
        numpys = getattr(np, name)
        assert callable(numpys)
        assert isinstance(numpys, np.ufunc) or name in TABLE, name
        assert getattr(function, "with_out", function) in table.FUNCTIONS.values(), name


def test_onnx_names_are_onnxs():
    onnx = pytest.importorskip("onnx")
    for kind in table.ONNX.values():
        assert onnx.defs.has(kind), kind


def test_methods_are_functions_of_the_package():
    """And the forms in place: `x.name(…)` is `ag.name(x, …)` without `out`, `x.name_(…)` the same in the memory of x."""
    for names in (table.METHODS, table.IN_PLACE, table.LAYOUT_IN_PLACE):
        assert all(table.FUNCTIONS[name] is getattr(f, "with_out", f) for name, f in names.items())


def test_every_operator_has_a_line():
    assert set(table.OPERATORS) == set(table.OPERATOR.values())
    x = ag.tensor([2.0, -3.0])
    for name in table.OPERATORS:
        assert hasattr(ag.Tensor, f"__{name}__"), name
    assert ((-x).tolist(), abs(x).tolist(), divmod(7, ag.tensor(2))[0].item()) == ([-2, 3], [2, 3], 3)
    assert not is_operand("x") and x.__divmod__("x") is NotImplemented
    y = x
    y += 1  # in the memory of x
    assert y is x and x.tolist() == [3, -2]
    y @= ag.eye(2)  # as in PyTorch, a new value
    assert y is not x


@pytest.mark.parametrize("name", [name for name in table.NUMPY if not isinstance(getattr(np, name), np.ufunc)])
def test_functions_of_the_operands_take_numpys_arguments(name):
    """By position and by NumPy's names for them, and no other."""
    operands = [np.array([[1.0, 2.0], [3.0, 4.0]])] * {"kron": 2}.get(name, 1)
    named = dict(zip({"kron": "ab", "fliplr": "m", "flipud": "m"}.get(name, "x"), operands, strict=True))
    expected = getattr(np, name)(*operands)
    for got in (
        getattr(np, name)(*map(ag.tensor, operands)),
        getattr(np, name)(**{key: ag.tensor(a) for key, a in named.items()}),
    ):
        assert isinstance(got, ag.Tensor)
        np.testing.assert_allclose(got, expected, rtol=1e-6)
    with pytest.raises(TypeError):
        getattr(np, name)(*map(ag.tensor, operands), nothing=1)
