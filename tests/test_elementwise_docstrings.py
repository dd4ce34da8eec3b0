"""How a short text becomes a whole docstring, and that what it says of dtypes is true."""

import numpy as np

from autograd_core.engine import docstrings


def test_a_short_text_becomes_a_whole_docstring():
    text = """Compute the sum, elementwise.
    out = x + y
    Prose, with an arrow → here.
    Raises: what it raises
      in two lines.
    add([1.0, 2.0], 1.0) → [2., 3.]"""
    assert docstrings.elementwise(text, np.add, 2, False) == (
        "Compute the sum, elementwise.\n\n"
        "Prose, with an arrow → here.\n\n"
        "Formula: out = x + y, x the input and y the other\n"
        "Shapes: (*) and (*), broadcast together → (*).\n"
        "Dtypes: the operands' common dtype.\n"
        "Raises: what it raises\n  in two lines.\n"
        "Source: NumPy's `add`.\n\n"
        ">>> import autograd_core as ag\n>>> ag.add(ag.tensor([1.0, 2.0]), 1.0)\ntensor([2., 3.])\n"
    )
