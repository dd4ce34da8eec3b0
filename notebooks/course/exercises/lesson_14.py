"""Lesson 14: inside the engine."""

import json
import struct

import numpy as np

from ..exercise import Exercise

_rng = np.random.default_rng(4)
_x, _y, _g = _rng.uniform(1, 2, 5), _rng.uniform(1, 2, 5), _rng.normal(size=5)

hypotenuse = Exercise(
    "14.1",
    "hypotenuse",
    hints=["The derivative by x is x / √(x² + y²). You have the root already: it is f."],
    inputs=[(_g, _x, _y, np.hypot(_x, _y))],
)


@hypotenuse.solution
def _():
    def rule(g, x, y, f):
        return g * x / f

    return rule


@hypotenuse.wrong("that is the derivative; a rule also multiplies by g, the gradient that arrives")
def _():
    return lambda g, x, y, f: x / f


@hypotenuse.wrong("that is the rule of the second input")
def _():
    return lambda g, x, y, f: g * y / f


@hypotenuse.wrong(
    "the inner derivative of x² is missing: 2x, and the 2 goes away with the ½ of the root"
)
def _():
    return lambda g, x, y, f: g / (2 * f)


operations = Exercise(
    "14.2",
    "operations",
    hints=[
        "2 M N K: which numbers are M, N and K here?",
        "The gradient of the weights is a product of the same three numbers, and so is that of the inputs.",
    ],
    tolerance=0,
)


@operations.solution
def _():
    forward = 2 * 64 * 784 * 256
    return forward, 3 * forward


@operations.wrong("additions count, too: 2 M N K")
def _():
    return 64 * 784 * 256, 3 * 64 * 784 * 256


@operations.wrong("backward are two products: one for the weights and one for the inputs")
def _():
    return 2 * 64 * 784 * 256, 4 * 64 * 784 * 256


@operations.wrong("that is one example; there are 64")
def _():
    return 2 * 784 * 256, 6 * 784 * 256


balance = Exercise(
    "14.3",
    "balance",
    hints=[
        "Time to compute: 2N³ / 10¹¹. Time to read and write: 3 · 4 · N² / 10¹⁰. When are they equal?"
    ],
    tolerance=0,
)


@balance.solution
def _():
    compute, move = 2 / 1e11, 3 * 4 / 1e10  # times N³, times N²
    return round(move / compute)


@balance.wrong("a float32 has four bytes")
def _():
    return 15


@balance.wrong("the result is written, too: three matrices move")
def _():
    return 40


@balance.wrong("additions count as well as multiplications: 2N³ operations")
def _():
    return 120


def _file(**tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        header[name] = {
            "dtype": "F32",
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + array.nbytes],
        }
        data += array.astype("<f4").tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


shapes_in_a_file = Exercise(
    "14.4",
    "shapes_in_a_file",
    hints=[
        '`struct.unpack("<Q", raw[:8])` gives the length; the header is JSON and follows at once.'
    ],
    inputs=[(_file(weight=np.zeros((2, 3), np.float32), bias=np.zeros(2, np.float32)),)],
)


@shapes_in_a_file.solution
def _():
    def shapes(raw):
        (length,) = struct.unpack("<Q", raw[:8])
        header = json.loads(raw[8 : 8 + length])
        return {name: entry["shape"] for name, entry in header.items()}

    return shapes


@shapes_in_a_file.wrong(
    "these are the positions of the numbers in the file; their shapes stand beside"
)
def _():
    return lambda raw: {
        name: entry["data_offsets"]
        for name, entry in json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]]).items()
    }


@shapes_in_a_file.wrong("these are the types of the numbers; their shapes stand beside")
def _():
    return lambda raw: {
        name: entry["dtype"]
        for name, entry in json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]]).items()
    }


@shapes_in_a_file.wrong("each shape belongs to a name: a dictionary is wanted, and this is a list")
def _():
    return lambda raw: [
        entry["shape"]
        for entry in json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]]).values()
    ]
