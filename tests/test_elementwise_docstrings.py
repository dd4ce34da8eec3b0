"""How a short text becomes a whole docstring, and that what it says of dtypes is true."""

import re

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F
from autograd_core.engine import docstrings

from . import public

OTHERS = {"clamp", "prelu", "imag", "complex", "polar", "view_as_real", "view_as_complex", "frexp"}


def is_elementwise(function):
    required = [p for p in public.parameters(function) if p.default is p.empty]
    return (
        getattr(function, "__module__", "").startswith(("autograd_core.ops.elementwise", "autograd_core.special"))
        or hasattr(function, "primitive")
    ) and all(p.annotation == "TensorLike" for p in required)


ELEMENTWISE = {
    name: value
    for name, value in public.public().items()
    if is_elementwise(value) and name.rpartition(".")[2] not in OTHERS
}


def call(function, dtype):
    required = [p for p in public.parameters(function) if p.default is p.empty]
    return function(*[ag.ones(2, dtype=dtype)] * len(required))


def test_a_short_text_becomes_a_whole_docstring():
    text = """Compute the sum, elementwise.
    out = x + y
    Prose, with an arrow → here.
    Raises: what it raises
      in two lines.
    add([1.0, 2.0], 1.0) → [2., 3.]"""
    assert docstrings.elementwise(text, 2, False, np.add) == (
        "Compute the sum, elementwise.\n\n"
        "Prose, with an arrow → here.\n\n"
        "Formula: out = x + y, x the input and y the other\n"
        "Shapes: (*) and (*), broadcast together → (*).\n"
        "Dtypes: the operands' common dtype.\n"
        "Raises: what it raises\n  in two lines.\n"
        "Source: NumPy's `add`.\n\n"
        ">>> import autograd_core as ag\n>>> ag.add(ag.tensor([1.0, 2.0]), 1.0)\ntensor([2., 3.])\n"
    )


def test_a_whole_docstring_stays_as_it_is():
    whole = docstrings.elementwise("Compute it.\nout = x\nf([1.0]) → [1.]\n>>> 1\n1", 1, True, np.sqrt)
    assert docstrings.complete(whole, "x the input", Source="another") == whole


def part(function, label):
    text = re.search(rf"^{label}: (.*(?:\n  .*)*)", public.docstring(function), re.M)[1]
    return " ".join(text.split())


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize(
    ("dtype", "words"),
    [
        ("complex64", ("complex numbers", "neither integers", "anything but integers")),
        ("bool", (" or booleans", "hold booleans", "anything but")),
    ],
)
def test_a_dtype_is_refused_if_the_docstring_says_so(name, dtype, words):
    function = ELEMENTWISE[name]
    if any(word in part(function, "Raises") for word in words):
        with pytest.raises(TypeError):
            call(function, dtype)
    else:
        call(function, dtype)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
def test_the_dtype_of_the_result_is_the_one_that_the_docstring_says(name, dtype):
    function = ELEMENTWISE[name]
    dtypes = part(function, "Dtypes")
    if dtype != "int32" and "integers" in part(function, "Raises"):
        pytest.skip("a function of integers")
    expected = dtype
    if "→ bool" in dtypes:
        expected = "bool"
    elif "→" in dtypes:
        pytest.skip("a function with dtypes of its own")
    elif dtype == "int32" and "integers and booleans become the default float" in dtypes:
        expected = "float32"
    assert call(function, dtype).dtype == expected


@pytest.mark.parametrize("function", [ag.floor, ag.ceil, ag.trunc, ag.frac, lambda x: ag.heaviside(x, 1.0)])
def test_rounding_and_steps_refuse_complex_numbers(function):
    with pytest.raises(TypeError):
        function(ag.tensor([1.5 + 1j]))


@pytest.mark.parametrize("requires_grad", [False, True])
@pytest.mark.parametrize(
    "function", [ag.relu, ag.logsigmoid, lambda x: ag.prelu(x, 0.5), lambda x: F.rrelu(x, training=True)]
)
def test_activations_that_compare_with_0_refuse_complex_numbers(function, requires_grad):
    with pytest.raises(TypeError, match="real numbers"):
        function(ag.tensor([1.5 + 1j], requires_grad=requires_grad))


def test_the_slope_of_prelu_may_be_a_number():
    out = ag.prelu(ag.tensor([-1.0, 2.0]), 0.5)
    assert out.tolist() == [-0.5, 2.0]
    assert out.dtype == ag.float32


@pytest.mark.parametrize(("size", "shape"), [((6,), (2, 3)), ((2, 3), (3, 2)), ((5, 2, 3), (3, 2)), ((2, 3), (4,))])
def test_sum_to_refuses_a_shape_that_does_not_broadcast(size, shape):
    with pytest.raises(ValueError, match="does not broadcast"):
        ag.sum_to(ag.ones(size), shape)


@pytest.mark.parametrize("function", [ag.conj, ag.sgn, ag.clone, ag.real, ag.sum_to, ag.broadcast_to])
def test_what_holds_no_numbers_is_refused(function):
    with pytest.raises(TypeError, match="needs"):
        function("text", *([(2,)] if function in (ag.sum_to, ag.broadcast_to) else []))


@pytest.mark.parametrize(
    "function",
    [ag.add, ag.isclose, ag.lerp, ag.clamp, lambda x, y, z: ag.where(x > 0, y, z)],
    ids=["add", "isclose", "lerp", "clamp", "where"],
)
def test_shapes_that_do_not_broadcast_are_named(function):
    operands = [ag.ones(2), ag.ones(3), ag.ones(3)][: 2 if function in (ag.add, ag.isclose) else 3]
    with pytest.raises(ValueError, match=r"^\w+: shapes \(2,\) and \(3,\).* do not broadcast; counted from the last"):
        function(*operands)
