"""The operations by name, gathered from the families: each file of operations ends with `NAMES`, a line an operation.

    ag.exp   x.exp   x.exp_   np.exp onnx.Exp

The first word is the function, of this name in that file; the line lists where it is found:

    ag.exp        in the package, as `ag.exp(x)`; without `ag.` in front it is not
    x.exp         a method
    x.exp_        the form in place: the result takes the memory of x
    x.t_:view     the form in place that moves no element: x itself becomes the view
    x+y  -x       an operator (with __radd__, __iadd__, …); the symbols are in OPERATOR below, written without spaces
    np.exp        NumPy's ufunc of this name, or its function of the operands alone, on tensors. Functions that have
                  arguments of their own are rules in numpy_protocol
    out=          the function of the package takes a tensor to write into; elementwise ones of one primitive do so anyway
    onnx.Exp      the node that it becomes in an ONNX file, if it is that node exactly. Others are rules in
                  nn/interchange/onnx/writing
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ..engine import basics, operands
from ..engine.outputs import takes_out
from ..ops.elementwise import (
    activation,
    arithmetic,
    bessel,
    exponential,
    logic,
    piecewise,
    rounding,
    special,
    trigonometric,
)
from ..ops.elementwise import complex as complex_numbers
from ..ops.indexing import gather, masks, positions, scatter, slices
from ..ops.linalg import (
    aliases,
    determinant,
    distance,
    einsum,
    householder,
    linear,
    low_rank,
    matrix_functions,
    norms,
    products,
    solve,
    vandermonde,
)
from ..ops.network import cells, conv, dropout, embedding, package_forms, pool
from ..ops.network import names as network_names
from ..ops.reduction import (
    count,
    deviations,
    differences,
    extremes,
    histogram,
    integrals,
    quantile,
    reduce,
    scan,
    softmax,
    sort,
    statistics,
)
from ..ops.shape import join, padding, properties, rearrange, shape, split, strided
from ..ops.signal import grid_sample, interpolate, spectrogram, windows
from . import function_forms

FAMILIES: tuple[ModuleType, ...] = (
    basics, operands,
    arithmetic, exponential, trigonometric, rounding, logic, special, bessel, activation, piecewise, complex_numbers,
    shape, split, join, rearrange, strided, padding, properties, gather, scatter, slices, masks, positions,
    reduce, deviations, extremes, scan, differences, integrals, sort, quantile, count, histogram, softmax, statistics,
    products, linear, einsum, solve, determinant, norms, matrix_functions, aliases, distance,
    householder, low_rank, vandermonde,
    conv, pool, dropout, embedding, package_forms, network_names, cells, interpolate, grid_sample, spectrogram,
    windows, function_forms,
)  # fmt: skip

OPERATOR = {  # how a line writes an operator -> the name of its method
    "x+y": "add", "x-y": "sub", "x*y": "mul", "x/y": "truediv", "x//y": "floordiv", "x%y": "mod", "x**y": "pow",
    "x@y": "matmul", "x&y": "and", "x|y": "or", "x^y": "xor", "x<<y": "lshift", "x>>y": "rshift", "x==y": "eq",
    "x!=y": "ne", "x<y": "lt", "x<=y": "le", "x>y": "gt", "x>=y": "ge", "divmod(x,y)": "divmod", "-x": "neg",
    "~x": "invert", "abs(x)": "abs",
}  # fmt: skip

FUNCTIONS: dict[str, Callable] = {}  # of the package
METHODS: dict[str, Callable] = {}
IN_PLACE: dict[str, Callable] = {}  # without the underscore
LAYOUT_IN_PLACE: dict[str, Callable] = {}  # the tensor itself becomes the view
OPERATORS: dict[str, Callable] = {}  # name of the method, without underscores -> function
NUMPY: dict[str, Callable] = {}  # ufuncs, and functions of the operands alone
ONNX: dict[str, str] = {}  # name of the primitive -> kind of the node


def _enter(word: str, function: Callable, primitive: str) -> None:
    """One word of a line, for the function whose line it is, into its table."""
    table: dict[str, Any]
    entry: Any = function
    kind, _, name = word.partition(".")
    if word in OPERATOR:
        table, name = OPERATORS, OPERATOR[word]
    elif kind == "ag":
        table = FUNCTIONS
    elif kind == "x":
        table = LAYOUT_IN_PLACE if name.endswith("_:view") else IN_PLACE if name.endswith("_") else METHODS
        name = name.removesuffix(":view").removesuffix("_")
    elif kind == "np":
        table = NUMPY
    elif kind == "onnx":
        table, name, entry = ONNX, primitive, name
    else:
        raise ValueError(f"'{word}' is none of the forms that interface/table.py lists")
    if name in table:
        raise ValueError(f"'{word}' stands in two lines")
    table[name] = entry


def enter(family: ModuleType) -> None:
    """Enter the lines of a family's file into the tables."""
    for line in family.NAMES.strip().splitlines():
        first, *rest = line.split()
        name = first.removeprefix("ag.")
        try:
            function = getattr(family, name)
            primitive = getattr(getattr(function, "primitive", None), "name", name)
            words = rest if first == name else (first, *rest)
            public = takes_out(function) if "out=" in words else function
            for word in words:
                if word != "out=":
                    _enter(word, public if word.startswith("ag.") else function, primitive)
        except (AttributeError, ValueError) as error:
            error.add_note(f"[in the line '{line}' of NAMES in {family.__file__}]")
            raise


for _family in FAMILIES:
    enter(_family)
