"""Every fused primitive against its definition in smaller ones: the values, and the gradients of all inputs.

Which primitives are fused is a rule: all of the rooms `ops.network` and `ops.loss` and of `interpolate`, and whatever else
has a composition or a definition. One without a definition, or without an example here, fails a test.
"""

import ast
import gc
import importlib
import inspect
import itertools
import pkgutil
import types

import numpy as np
import pytest

import autograd_core as ag
from autograd_core import ops
from autograd_core.engine.primitive import Primitive, apply
from autograd_core.kernels.convolution.windows import adaptive_windows, strided_windows
from autograd_core.kernels.products.attention import Settings
from autograd_core.ops.signal.interpolate import smooth_taps, taps_of

ROOMS = ("autograd_core.ops.network.", "autograd_core.ops.loss.", "autograd_core.ops.signal.interpolate")
TOLERANCE = {np.float64: 1e-11, np.float32: 2e-5}  # of the largest element


def primitives_in(value, name):
    """The primitives that a module holds, also in lists and dictionaries, with their names."""
    if type(value) is Primitive:
        yield name, value
    elif isinstance(value, list | tuple):
        for i, item in enumerate(value):
            yield from primitives_in(item, f"{name}[{i}]")
    elif type(value) is dict:
        for key, item in value.items():
            yield from primitives_in(item, f"{name}[{key!r}]")


def own(module):
    """The module's attributes, without what it imports."""
    tree = ast.parse(inspect.getsource(module))
    imported = {n.asname or n.name for node in tree.body if isinstance(node, ast.ImportFrom) for n in node.names}
    return {name: value for name, value in vars(module).items() if name not in imported and not name.startswith("__")}


def fused():
    """name -> primitive"""
    found = {}
    for info in pkgutil.walk_packages(ops.__path__, f"{ops.__name__}."):
        for attribute, value in own(importlib.import_module(info.name)).items():
            for name, p in primitives_in(value, f"{info.name.removeprefix('autograd_core.ops.')}.{attribute}"):
                if info.name.startswith(ROOMS) or p.definition is not None:
                    found[name] = p
    return found


FUSED = fused()

rng = np.random.default_rng(0)
R = rng.standard_normal


class Example:
    """Inputs in float64 (and integers, None), parameters, and which inputs are differentiated: by default all floats."""

    def __init__(self, *inputs, params=(), wrt=None):
        self.inputs, self.params = inputs, params
        floats = [i for i, x in enumerate(inputs) if isinstance(x, np.ndarray) and x.dtype == np.float64]
        self.wrt = floats if wrt is None else wrt

    def tensors(self, dtype):
        return [
            ag.tensor(x.astype(dtype), requires_grad=i in self.wrt)
            if isinstance(x, np.ndarray) and x.dtype == np.float64
            else x
            for i, x in enumerate(self.inputs)
        ]


def convolutions():
    """(x, w, b), (stride, padding, dilation, groups, size), for one to three dimensions."""
    for window, space, stride, padding, dilation, groups in (
        ((3,), (9,), (2,), (1,), (2,), 1),
        ((2, 3), (5, 7), (1, 1), (0, 0), (1, 1), 1),
        ((3, 2), (7, 6), (2, 3), (2, 1), (2, 1), 2),
        ((2, 2, 3), (4, 3, 5), (1, 2, 1), (1, 0, 1), (1, 1, 2), 3),
    ):
        sizes = zip(space, window, stride, padding, dilation, strict=True)
        size = tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in sizes)
        x, w = R((2, 2 * groups, *space)), R((3 * groups, 2, *window))
        yield x, w, R(3 * groups), stride, padding, dilation, groups, size
    x, w = R((1, 2, 5, 4)), R((3, 2, 2, 4))  # padding="same" of an even window: the extra zero stands behind
    yield x, w, R(3), (1, 1), (0, 1), (1, 1), 1, (5, 4)


def conv():
    return [Example(x, w, b, params=how) for x, w, b, *how in convolutions()] + [
        Example(x, w, None, params=how) for x, w, _, *how in itertools.islice(convolutions(), 1)
    ]


def conv_input_grad():
    return [Example(R((len(x), len(w), *size)), w, params=(x.shape, *how)) for x, w, _, *how, size in convolutions()]


def conv_weight_grad():
    return [Example(R((len(x), len(w), *size)), x, params=(w.shape, *how)) for x, w, _, *how, size in convolutions()]


def im2col():
    return [Example(x, params=(w.shape[2:], size, *how)) for x, w, _, *how, groups, size in convolutions()]


def col2im():
    return [
        Example(R((len(x), x.shape[1] * w[0, 0].size, np.prod(size))), params=(x.shape, w.shape[2:], size, *how))
        for x, w, _, *how, groups, size in convolutions()
    ]


WINDOWS = [
    strided_windows((9,), (3,), (2,), (1,), (2,)),
    strided_windows((6, 7), (2, 3), (2, 2), (0, 0), (1, 1)),
    strided_windows((7, 6), (3, 2), (2, 3), (1, 1), (1, 1), True, False),
    strided_windows((7, 8), (3, 3), (2, 2), (1, 1), (1, 1), True, True),
    strided_windows((5, 6), (2, 2), (1, 1), (0, 0), (1, 1)).with_divisor(3),
    strided_windows((4, 5, 6), (2, 3, 2), (2, 1, 2), (0, 1, 1), (1, 2, 1)),
    adaptive_windows((7,), (3,)),
    adaptive_windows((5, 8), (2, 3)),
    adaptive_windows((4, 5, 3), (2, 4, 3)),
]


def pooling():
    undilated = [w for w in WINDOWS if (w.sizes[5] == 1).all()]
    return [Example(R((2, 3, *w.space)), params=(w,)) for w in undilated]


def max_pooling():
    ties = Example(rng.integers(0, 3, (2, 6, 7)).astype(float), params=(WINDOWS[1],))
    return [Example(R((2, 3, *w.space)), params=(w,)) for w in WINDOWS] + [ties]


def pooling_back():
    return [Example(R((2, 3, *w.size)), params=(w,)) for w in WINDOWS if (w.sizes[5] == 1).all()]


def indices(*shape, high):
    return rng.integers(-1, high, shape)


def attention(packed, weighing):
    bias, causal = R((2, 1, 4, 4)), Settings(True, 0.5, 0.0, 0)
    dropping = Settings(False, 0.7, 0.4, 12345)
    qkv = R((3, 2, 3, 4, 6))
    if packed:
        return [Example(qkv, bias, params=(dropping,)), Example(qkv, None, params=(causal,))]
    masked = np.where(rng.random((4, 5)) < 0.3, -np.inf, 0.0)
    masked[1] = -np.inf  # a query that may see no key
    q, k, v = R((2, 3, 4, 6)), R((2, 3, 5, 6)), R((2, 3, 5, 7))
    return [
        Example(*qkv, bias, params=(dropping,)),
        Example(*qkv, None, params=(causal,)),
        Example(q, k, v, masked, params=(dropping,), wrt=[0, 1, 2]),
    ]


COUNTS = np.array([3, 3, 2, 1])  # four steps of up to three examples


def rnn():
    def weights(full):
        return R((5, 4)) * 0.3, R((5, 5)) * 0.3, *((R(5), R(5)) if full else (None, None))

    return [
        Example(R((9, 4)), R((3, 5)), *weights(True), None, params=(COUNTS, False, False, 0)),
        Example(R((9, 4)), None, *weights(False), None, params=(COUNTS, True, True, 0)),
        Example(R((9, 4)), R((2, 3, 5)), *weights(True), R((5, 5)) * 0.3, params=(COUNTS, True, False, 2)),
    ]


def gru():
    w = R((15, 4)) * 0.3, R((15, 5)) * 0.3
    return [
        Example(R((9, 4)), R((3, 5)), *w, R(15), R(15), params=(COUNTS, False)),
        Example(R((9, 4)), None, *w, None, None, params=(COUNTS, True)),
    ]


def lstm():
    plain = R((20, 4)) * 0.3, R((20, 5)) * 0.3
    projected = R((20, 4)) * 0.3, R((20, 2)) * 0.3
    return [
        Example(R((9, 4)), None, None, *plain, R(20), R(20), None, None, params=(COUNTS, True)),
        Example(
            R((9, 4)), R((3, 2)), R((3, 5)), *projected, R(20), R(20), R((2, 5)), R((3, 5)), params=(COUNTS, False)
        ),
    ]


def batch_norm():
    return [
        Example(R((4, 3, 5)) + 2, R(3), R(3), params=(None, 1e-5)),
        Example(R((4, 3)), None, None, params=(None, 1e-3)),
    ]


def group_norm(groups):
    return [
        Example(R((2, 4, 3, 2)) + 2, R(4), R(4), params=(groups, None, 1e-5)),
        Example(R((2, 4, 5)), None, None, params=(groups, None, 1e-3)),
    ]


def cross_entropy():
    t = np.array([2, 0, 4, 1, 4, 3])
    cells = rng.integers(0, 5, (2, 3, 2))
    found = []
    for reduction, smoothing in itertools.product(("mean", "sum", "none"), (0.0, 0.2)):
        how = (reduction, 4, smoothing)  # 4 is ignored
        found.append(Example(R((6, 5)), t, None, params=how))
        found.append(Example(R((2, 5, 3, 2)), cells, rng.random(5), params=how, wrt=[0]))
    return found


def ctc():
    scores = R((6, 3, 5))
    log_probs = scores - np.log(np.exp(scores).sum(2, keepdims=True))
    targets = np.array([[1, 1, 3], [2, 4, 1], [3, 0, 0]])
    return [Example(log_probs, targets, np.array([6, 5, 6]), np.array([3, 2, 1]), params=(0,))]


def radial(*kernels):
    return [
        Example(R((6, 3)), R((4, 3)), s, params=(kernel,)) for kernel in kernels for s in (rng.random(4) + 0.5, None)
    ]


def interpolation():
    return [
        Example(R((2, 5, 4)), params=(1, taps_of("linear", 5, 8, False, None, False))),
        Example(R((2, 5, 4)), params=(1, taps_of("bicubic", 5, 3, True, None, False))),
        Example(R((2, 3, 40)), params=(2, taps_of("area", 40, 2, False, None, False))),  # many taps: a product
        Example(R((2, 9)), params=(1, smooth_taps("bilinear", 9, 4, False, None))),
    ]


def table():
    index = np.array([[2, 0, -1], [1, 2, 1]])  # row 1 gets no gradient
    return [Example(R((5, 2)), index, np.where(index == 1, -1, index))]


probabilities = rng.random((2, 3, 4)) * 0.9 + 0.05
bags = np.array([0, 3, 3, 7])


def searches():
    x, s = np.array([[0.0, 1.0, np.nan], [-1.0, 2.0, 0.5]]), np.array([-1.0, 0.0, 0.0, 1.0, np.nan])
    rows = np.sort(R((2, 4)))
    for side in ("left", "right"):
        yield Example(s, x, None, params=(side, np.int64), wrt=[])
        yield Example(rows, R((2, 3)), None, params=(side, np.int32), wrt=[])
        yield Example(rows[:, ::-1], rows, np.array([[3, 2, 1, 0]] * 2), params=(side, np.int64), wrt=[])


EXAMPLES = {
    "reduction.count._searchsorted_primitive": lambda: list(searches()),
    "reduction.count._isin": lambda: [
        Example(np.array([[0.0, 1.0], [2.0, np.nan]]), np.array([[2.0], [np.nan]]), params=(invert,), wrt=[])
        for invert in (False, True)
    ],
    "loss.classification._cross_entropy": cross_entropy,
    "loss.ctc._ctc": ctc,
    "loss.margin._positive_part": lambda: [Example(R((3, 4)))],
    "loss.regression._bce": lambda: [Example(probabilities, rng.random((2, 3, 4)))],
    "loss.regression._bce_logits": lambda: [Example(R((2, 3)), rng.random((2, 3)), rng.random(3))],
    "loss.regression._huber": lambda: [Example(R((3, 4)), params=(0.7,))],
    "loss.regression._kl": lambda: [Example(R((2, 3, 4)), probabilities)],
    "loss.regression._mse": lambda: [Example(R((3, 4)), R((3, 4)))],
    **{
        f"network.attention._primitives[{packed, weighing}]": lambda packed=packed, weighing=weighing: attention(
            packed, weighing
        )
        for packed in (False, True)
        for weighing in (False, True)
    },
    "network.columns.col2im": col2im,
    "network.conv.conv": conv,
    "network.conv.conv_input_grad": conv_input_grad,
    "network.conv.conv_weight_grad": conv_weight_grad,
    "network.columns.im2col": im2col,
    "network.dropout._drop_primitive": lambda: [Example(R((3, 4)), rng.random((3, 4)) < 0.4, params=(1.6, 0.3, -0.2))],
    "network.embedding._divided_gradient": lambda: [Example(R((3, 4)), rng.random((3, 1)) + 1, wrt=[0])],
    "network.embedding._embedding": table,
    "network.embedding._embedding_back": lambda: [Example(R((3, 4, 2)), indices(3, 4, high=5), params=(5,))],
    "network.embedding_bag._bag_sum": lambda: [
        Example(R((5, 2)), R(8), indices(8, high=5), bags),
        Example(R((5, 2)), None, indices(8, high=5), bags),
    ],
    **{
        f"network.linear_activation._layers[{name!r}]": lambda: [
            Example(R((3, 4)), R((5, 4)), R(5)),
            Example(R((3, 4)), R((5, 4)), None),
        ]
        for name in ("relu", "tanh", "sigmoid")
    },
    "network.normalization._batch_norm": batch_norm,
    "network.normalization._batch_norm_fixed": lambda: [
        Example(R((4, 3, 5)), R(3), R(3), R(3), rng.random(3) + 0.5, params=(1e-5,), wrt=[0, 1, 2])
    ],
    "network.normalization._group_norm": lambda: group_norm(2),
    "network.normalization._instance_norm": lambda: group_norm(4),
    "network.normalization._layer_norm": lambda: [
        Example(R((2, 3, 4)) + 2, R((3, 4)), R((3, 4)), params=(2, 1e-5)),
        Example(R((2, 3, 4)), None, None, params=(1, 1e-3)),
    ],
    "network.normalization._rms_norm": lambda: [
        Example(R((2, 3, 4)), R((3, 4)), params=(2, 1e-5)),
        Example(R((2, 3, 4)), None, params=(1, 1e-3)),
    ],
    "network.pool.average": pooling,
    "network.pool.gather": lambda: [Example(R((2, 4, 5)), indices(2, 3, 2, high=20), params=(2,))],
    "network.pool.max_values": max_pooling,
    "network.pool.max_with_indices": max_pooling,
    "network.pool.scatter": lambda: [Example(R((2, 3, 2)), indices(2, 3, 2, high=20), params=((4, 5),))],
    "network.pool.spread": pooling_back,
    "network.pool_indices.fractional_max": lambda: [
        Example(R((2, 3, 9, 8)), rng.random((2, 3, 2)), params=((3, 2), (4, 5)), wrt=[0]),
        Example(R((3, 5, 6, 7)), rng.random((3, 3)), params=((2, 2, 2), (2, 3, 5)), wrt=[0]),
    ],
    "network.rbf._rbf": lambda: radial("gaussian", "multiquadric", "inverse_multiquadric", "thin_plate", "square"),
    "network.recurrent._gru": gru,
    "network.recurrent._lstm": lstm,
    "network.recurrent._rnn": rnn,
    "network.response._response_norm": lambda: [
        Example(R((2, 5, 3)), params=(3, 2.0, 0.75, 1.0)),
        Example(R((2, 5, 3, 2)), params=(4, 1e-1, 0.5, 2.0)),
    ],
    "reduction.deviations._deviation": lambda: [Example(R((3, 4)), params=((1,),))],
    "reduction.deviations._var": lambda: [Example(R((3, 4)) + 3, params=((1,), True, 3.0, False))],
    "reduction.softmax._log_softmax": lambda: [Example(R((3, 4)), params=(d,)) for d in (0, 1)],
    "reduction.softmax._softmax": lambda: [Example(R((3, 4)), params=(d,)) for d in (0, 1)],
    "signal.interpolate._resample_primitive": interpolation,
}


def both(p, example, dtype):
    """[(what, from the kernel, from the definition)]"""
    xs = example.tensors(dtype)
    params = tuple(example.params)
    outs = [apply(p, tuple(xs), params), p.definition(*xs, *params)]
    outs = [out if p.outputs else (out,) for out in outs]
    found = [(f"output {i}", *(values(o) for o in pair)) for i, pair in enumerate(zip(*outs, strict=True))]
    smooth = [i for i, o in enumerate(outs[0]) if o.dtype.kind == "f"]
    seeds = [ag.tensor(np.random.default_rng(i).standard_normal(outs[0][i].shape), dtype=dtype) for i in smooth]
    wanted = [xs[i] for i in example.wrt]
    gradients = [ag.grad([out[i] for i in smooth], wanted, seeds) if wanted else () for out in outs]
    for i, *pair in zip(example.wrt, *gradients, strict=True):
        found.append((f"the gradient of input {i}", *(values(g) for g in pair)))
    return found


def values(x):
    return x.numpy() if isinstance(x, ag.Tensor) else x


def check(p, example, dtype):
    for what, kernel, definition in both(p, example, dtype):
        assert kernel.shape == definition.shape, what
        assert kernel.dtype == definition.dtype, what
        if kernel.dtype.kind in "iu":
            np.testing.assert_array_equal(kernel, definition, err_msg=what)
        else:
            scale = max(1.0, np.abs(definition).max(initial=0))
            np.testing.assert_allclose(kernel, definition, rtol=0, atol=TOLERANCE[dtype] * scale, err_msg=what)


@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("name", FUSED)
def test_the_kernel_equals_its_definition(name, dtype):
    assert FUSED[name].definition is not None, f"{name} has no definition in smaller functions; give it one beside it"
    assert name in EXAMPLES, f"{name} has no example inputs; add them to EXAMPLES"
    for example in EXAMPLES[name]():
        check(FUSED[name], example, dtype)


def test_no_example_is_left_over():
    assert EXAMPLES.keys() <= FUSED.keys()


def test_no_fused_primitive_hides():
    """In a closure or an object, where the walk does not see it."""
    seen = {id(p) for p in FUSED.values()}
    for p in gc.get_objects():
        if type(p) is Primitive and (getattr(p.forward, "__module__", None) or "").startswith(ROOMS):
            assert id(p) in seen, f"{p} is not reached from its module"


def test_the_walk_finds_a_new_primitive():
    module = types.ModuleType("room")
    new = Primitive(lambda x: x, name="new")
    module.layers = {"new": [new]}
    assert dict(primitives_in(module.layers, "room.layers")) == {"room.layers['new'][0]": new}


def test_a_wrong_definition_is_found():
    """Values that are equal with other gradients, and gradients that are equal with other values."""
    square = Primitive(lambda x: x * x, name="square", vjps=(lambda g, x: g * 2 * x,), saves=(0,))
    example = Example(R((3, 4)))
    square.definition = lambda x: x * x
    check(square, example, np.float64)
    for wrong in (lambda x: x * x.detach(), lambda x: x * x + 1e-9, lambda x: (x * x).float()):
        square.definition = wrong
        with pytest.raises(AssertionError):
            check(square, example, np.float64)
