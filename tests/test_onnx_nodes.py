"""`nn.onnx.load` and the standard operator set: the node tests of onnx, gradients, graphs inside of nodes, refusals."""

from collections import Counter

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.onnx

onnx = pytest.importorskip("onnx")
from nn.interchange.onnx.reading.graph import Node, defined_by_others  # noqa: E402
from nn.interchange.onnx.reading.nodes import NODES  # noqa: E402

from .onnx_nodes import outcomes  # noqa: E402

helper = onnx.helper
rng = np.random.default_rng(0)


@pytest.mark.slow
def test_node_tests_of_onnx():
    """Every applicable one passes or is refused by the name of its operator; the counts are those of onnx 1.23."""
    results = outcomes(("node",))
    assert not [o for o in results if o.result == "wrong"]
    counts = Counter(o.result for o in results)
    assert len(results) > 1600
    assert counts["passed"] >= 0.98 * len(results)
    refused = {o.operator for o in results if o.result == "refused"}
    assert refused <= {"ImageDecoder", "TfIdfVectorizer"}


def test_models_that_pytorch_wrote():
    results = outcomes(("pytorch-operator", "pytorch-converted", "simple"))
    assert len(results) > 100 and {o.result for o in results} == {"passed"}


# What PyTorch 2.13's exporters, the one of torch.export and the older one, write for the modules of torch.nn.
WRITTEN = (
    "Abs Add AffineGrid Attention AveragePool BatchNormalization BitwiseAnd BlackmanWindow Cast CastLike Celu Clip "
    "Col2Im Concat ConcatFromSequence Constant ConstantOfShape Conv ConvTranspose CumSum DFT DepthToSpace Det Div "
    "Einsum Elu Equal Exp Expand Flatten GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool Greater "
    "GridSample HammingWindow HannWindow HardSigmoid HardSwish Identity If InstanceNormalization IsNaN LSTM "
    "LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax Loop MatMul Max MaxPool Mish Mod Mul Neg "
    "NegativeLogLikelihoodLoss NonZero Not OneHot Or PRelu Pad Pow RMSNormalization RNN RandomNormalLike Range "
    "Reciprocal ReduceL2 ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum Relu Reshape Resize "
    "RotaryEmbedding STFT ScatterElements ScatterND Selu SequenceEmpty SequenceInsert Shape Sigmoid Sign Slice "
    "Softmax SoftmaxCrossEntropyLoss Softplus Split Sqrt Squeeze Sub SwiGLU Swish Tanh Tile TopK Transpose Trilu "
    "Unique Unsqueeze Where"
).split()  # fmt: skip


def test_operators_that_pytorch_writes():
    for kind in WRITTEN:
        proto = helper.make_node(kind, ["x"], ["y"])
        assert kind in NODES or defined_by_others(onnx, proto, onnx.defs.onnx_opset_version()) is not None, kind


# -------------------------------------------------------------------------------------------------------------- gradients


def f(*shape):
    return rng.normal(size=shape)


def index(*values, shape=None):
    return np.array(values, np.int64).reshape(shape or -1)


ROIS = np.array([[0.3, 0.4, 3.1, 2.7], [1.2, 0.1, 2.6, 3.3]])
DIFFERENTIABLE = [
    ("Attention", 24, [f(1, 2, 3, 4), f(1, 2, 3, 4), f(1, 2, 3, 4)], {"is_causal": 1, "softcap": 2.0}),
    ("AveragePool", 22, [f(1, 2, 7)], {"kernel_shape": [3], "dilations": [2], "pads": [1, 1]}),
    ("BatchNormalization", 15, [f(4, 2, 3), f(2), f(2), f(2), f(2) ** 2], {"training_mode": 1}),
    ("Col2Im", 18, [f(1, 4, 6), index(3, 4), index(2, 2)], {}),
    ("Compress", 11, [f(3, 2), np.array([True, False, True])], {"axis": 0}),
    ("CumProd", 26, [f(2, 4), np.array(1)], {"exclusive": 1, "reverse": 1}),
    ("CumSum", 14, [f(2, 4), np.array(1)], {"exclusive": 1}),
    ("DFT", 20, [f(2, 5, 1), None, np.array(1)], {"onesided": 1}),
    ("DeformConv", 22, [f(1, 2, 4, 4), f(2, 1, 2, 2), 0.3 * f(1, 16, 3, 3) + 0.01, None, f(1, 8, 3, 3)],
     {"group": 2, "offset_group": 2}),
    ("DequantizeLinear", 21, [index(1, 2, 3, 4, shape=(2, 2)), f(2)], {"axis": 0}),
    ("GRU", 22, [f(3, 2, 3), f(1, 6, 3), f(1, 6, 2), f(1, 12), np.array([3, 2])], {"hidden_size": 2}),
    ("GatherND", 13, [f(2, 3, 4), index(0, 2, 1, -1, shape=(2, 2, 1))], {"batch_dims": 1}),
    ("GridSample", 20, [f(1, 2, 4, 4), 0.7 * f(1, 2, 3, 2)], {"mode": "linear", "padding_mode": "border"}),
    ("LSTM", 22, [f(3, 2, 3), f(1, 8, 3), f(1, 8, 2)], {"hidden_size": 2, "activations": ["Softsign", "Elu", "Tanh"]}),
    ("LayerNormalization", 17, [f(2, 5), f(5)], {"outputs": 3}),
    ("MaxUnpool", 22, [f(1, 1, 2, 2), index(5, 7, 13, 15, shape=(1, 1, 2, 2))],
     {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ("NegativeLogLikelihoodLoss", 22, [f(3, 4), index(1, 3, 0), abs(f(4))], {}),
    ("RMSNormalization", 23, [f(3, 4), f(4)], {}),
    ("ReverseSequence", 10, [f(3, 2), index(2, 3)], {}),
    ("RoiAlign", 22, [f(1, 2, 5, 5), ROIS, index(0, 0)], {"output_height": 2, "output_width": 2, "sampling_ratio": 2}),
    ("RotaryEmbedding", 23, [f(1, 2, 3, 4), f(3, 2), f(3, 2), index(0, 1, 2, shape=(1, 3))], {}),
    ("STFT", 17, [f(1, 8, 1), np.array(2), f(4)], {}),
    ("ScatterElements", 18, [f(3, 3), index(0, -1, shape=(1, 2)), f(1, 2)], {"axis": 1, "reduction": "mul"}),
    ("ScatterND", 18, [f(4, 2), index(-1, 0, shape=(2, 1)), f(2, 2)], {"reduction": "add"}),
    ("SoftmaxCrossEntropyLoss", 13, [f(3, 4, 2), index(1, 0, 3, 2, 1, 1, shape=(3, 2))], {"ignore_index": 1}),
    ("SwiGLU", 28, [f(2, 6), f(2, 6)], {}),
    ("TensorScatter", 24, [f(2, 5, 3), f(2, 2, 3), index(1, 3)], {"axis": 1}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "version", "values", "attributes"), DIFFERENTIABLE, ids=lambda v: v if isinstance(v, str) else ""
)
def test_gradients(kind, version, values, attributes):
    attributes = dict(attributes)
    names = ["" if v is None else f"x{i}" for i, v in enumerate(values)]
    outs = [f"y{i}" for i in range(attributes.pop("outputs", 1))]
    node = Node(onnx, helper.make_node(kind, names, outs, **attributes), version)
    fixed = {"BatchNormalization": (3, 4), "RoiAlign": (1,)}.get(kind, ())
    learned = [i for i, v in enumerate(values) if v is not None and v.dtype.kind == "f" and i not in fixed]

    def compute(*tensors):
        inputs = list(values)
        for i, t in zip(learned, tensors, strict=True):
            inputs[i] = t
        return tuple(out for out in node(inputs)[: len(outs)] if hasattr(out, "requires_grad") and out.requires_grad)

    tensors = [ag.tensor(values[i], dtype=np.float64, requires_grad=True) for i in learned]
    assert len(compute(*tensors)) == len(outs)
    assert ag.gradcheck(compute, tensors)


# ------------------------------------------------------------------------------------------------- graphs inside of nodes


def model(nodes, inputs, outputs, initializers=(), opset=18, functions=(), more=()):
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializers)
    opsets = [helper.make_opsetid("", opset), *more]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, functions=functions).SerializeToString()


def value(name, *shape, kind=1):
    return helper.make_tensor_value_info(name, kind, shape)


def test_a_branch_reads_and_trains_what_is_around_it():
    branch = [
        helper.make_graph([helper.make_node(kind, ["x", "w"], [name])], name, [], [value(name, 3)])
        for kind, name in (("Mul", "product"), ("Add", "sum"))
    ]
    node = helper.make_node("If", ["condition"], ["y"], then_branch=branch[0], else_branch=branch[1])
    w = onnx.numpy_helper.from_array(np.array([2, 3, 4], np.float32), "w")
    loaded = nn.onnx.load(model([node], [value("x", 3), value("condition", kind=9)], [value("y", 3)], [w]))
    x = ag.tensor([1.0, 1.0, 2.0], dtype=np.float32)
    out = loaded(x, ag.tensor(True))
    assert out.tolist() == [2, 3, 8]
    out.sum().backward()
    assert loaded.w.grad.tolist() == [1, 1, 2]
    assert loaded(x, ag.tensor(False)).tolist() == [3, 4, 6]


def test_what_a_branch_reads_is_kept_until_then():
    """Also what a branch inside of a branch reads, and nothing outside does after another use."""
    inner = helper.make_graph([helper.make_node("Exp", ["h"], ["z"])], "inner", [], [value("z", 2)])
    deep = helper.make_node("If", ["condition"], ["y_"], then_branch=inner, else_branch=inner)
    outer = helper.make_graph([deep], "outer", [], [value("y_", 2)])
    nodes = [
        helper.make_node("Relu", ["x"], ["h"]),
        helper.make_node("Neg", ["h"], ["n"]),
        helper.make_node("If", ["condition"], ["y"], then_branch=outer, else_branch=outer),
    ]
    loaded = nn.onnx.load(model(nodes, [value("x", 2), value("condition", kind=9)], [value("n", 2), value("y", 2)]))
    n, y = loaded(ag.tensor([0.0, 1.0], dtype=np.float32), ag.tensor(True))
    assert n.tolist() == [0, -1]
    np.testing.assert_allclose(y.numpy(), [1, np.e], rtol=1e-6)


def loop(dims):
    body = helper.make_graph(
        [helper.make_node("Mul", ["a", "w"], ["b"]), helper.make_node("Identity", ["go"], ["on"])],
        "body", [value("i", kind=7), value("go", kind=9), value("a", 2)],
        [value("on", kind=9), value("b", 2), helper.make_tensor_value_info("b", 1, dims)],
    )  # fmt: skip
    node = helper.make_node("Loop", ["count", "", "x"], ["last", "all"], body=body)
    w = onnx.numpy_helper.from_array(np.array([2, 3], np.float32), "w")
    outputs = [value("last", 2), value("all", None, 2)]
    return nn.onnx.load(model([node], [value("x", 2), value("count", kind=7)], outputs, [w]))


def test_a_loop_is_differentiated():
    loaded, x = loop([2]), ag.ones(2, dtype=np.float32)
    last, steps = loaded(x, ag.tensor(3))
    assert last.tolist() == [8, 27] and steps.tolist() == [[2, 3], [4, 9], [8, 27]]
    last.sum().backward()
    assert loaded.w.grad.tolist() == [12, 27]  # 3 w²


def test_a_loop_without_an_iteration():
    last, steps = loop([2])(ag.ones(2, dtype=np.float32), ag.tensor(0))
    assert last.tolist() == [1, 1] and steps.shape == (0, 2)
    with pytest.raises(NotImplementedError, match="no iteration, where the shape of 'b' is not known"):
        loop(["n"])(ag.ones(2, dtype=np.float32), ag.tensor(0))


def test_functions_of_the_file():
    double = helper.make_function(
        "ours", "Double", ["a"], ["b"], [helper.make_node("Add", ["a", "a"], ["b"])], [helper.make_opsetid("", 18)]
    )
    content = model(
        [helper.make_node("Double", ["x"], ["y"], domain="ours")], [value("x", 2)], [value("y", 2)],
        functions=[double], more=[helper.make_opsetid("ours", 1)],
    )  # fmt: skip
    assert nn.onnx.load(content)(ag.ones(2, dtype=np.float32)).tolist() == [2, 2]


def test_a_definition_follows_the_types_of_its_inputs():
    node = Node(onnx, helper.make_node("MeanVarianceNormalization", ["x"], ["y"], axes=[0]), 13)
    attention = Node(onnx, helper.make_node("Attention", ["q", "k", "v"], ["y"]), 24)
    for dtype, length in ((np.float32, 2), (np.float64, 2), (np.float32, 3)):
        q = rng.normal(size=(1, 1, length, 4)).astype(dtype)
        out, *_ = attention([ag.tensor(q)] * 3)
        expected = nn.functional.scaled_dot_product_attention(*[ag.tensor(q)] * 3)
        assert out.dtype == dtype and out.shape == q.shape
        np.testing.assert_allclose(out.numpy(), expected.numpy(), rtol=1e-5)
    x = np.array([[3.0], [5.0]], np.float32)
    np.testing.assert_allclose(node([ag.tensor(x)])[0].numpy(), [[-1], [1]], rtol=1e-5)


# ---------------------------------------------------------------------------------------------------- random, and refused


def test_running_statistics_are_those_of_the_batch():
    """ONNX's variance is the biased one, for tensors, arrays and, in vmap, for each example."""
    node = Node(onnx, helper.make_node("BatchNormalization", list("xwbmv"), list("yrs"), training_mode=1), 15)
    x, ones, zeros = f(2, 4, 3), np.ones(3), np.zeros(3)
    out = ag.vmap(lambda one: node([one, ones, zeros, zeros, zeros]))(ag.tensor(x))
    np.testing.assert_allclose(out[1].numpy(), 0.1 * x.mean(1))
    np.testing.assert_allclose(out[2].numpy(), 0.1 * x.var(1))


def test_dropout_in_training():
    make = helper.make_node
    x, on = ag.ones(1000, requires_grad=True), np.array(True)
    node = Node(onnx, make("Dropout", ["x", "r", "t"], ["y", "m"], seed=3), 13)
    out, mask = node([x, np.array(0.25), on])
    assert set(np.unique(out.numpy())) == {0, np.float32(1 / 0.75)} and 0.7 < mask.mean() < 0.8
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), out.numpy())
    assert (node([x, np.array(0.25), on])[1] != mask).any()  # the sequence goes on
    again = Node(onnx, make("Dropout", ["x", "r", "t"], ["y", "m"], seed=3), 13)
    assert (again([x, np.array(0.25), on])[1] == mask).all()
    ag.manual_seed(0)
    free = Node(onnx, make("RandomNormalLike", ["x"], ["y"], mean=2.0, scale=0.5), 13)
    (sample,) = free([np.zeros(10000, np.float32)])
    assert sample.dtype == np.float32 and abs(sample.mean() - 2) < 0.02 and abs(sample.std() - 0.5) < 0.02
    ag.manual_seed(0)
    np.testing.assert_array_equal(free([np.zeros(10000, np.float32)])[0], sample)


@pytest.mark.parametrize(
    ("kind", "version", "values", "attributes", "message"),
    [
        ("DFT", 20, [f(1, 4, 2), None, np.array(1)], {"onesided": 1}, "onesided of complex"),
        ("DFT", 20, [f(1, 4, 2), None, np.array(2)], {}, "holds the real and the imaginary part"),
        ("GridSample", 20, [f(1, 1, 2, 2, 2), f(1, 2, 2, 2, 3)], {"mode": "cubic"}, "mode=cubic of 3 dimensions"),
        ("GatherND", 13, [f(2, 3), index(2, shape=(1, 1))], {}, "out of range for the sizes"),
        ("ScatterND", 18, [f(2, 3), index(0, shape=(1, 1)), f(1, 3)], {"reduction": "mean"}, "reduction=mean"),
        ("TensorScatter", 24, [f(2, 5, 3), f(2, 2, 3), index(4, 0)], {}, "out of range"),
        ("QuantizeLinear", 21, [f(3), np.array(0.1)], {"output_dtype": 17}, "no dtype float8"),
        ("MaxPool", 22, [np.ones((1, 1, 4), np.uint8)], {"kernel_shape": [2], "outputs": 2}, "indices for uint8"),
        ("BitCast", 26, [np.ones(2, np.float32)], {"to": 7}, "float32 as int64"),
        ("RNN", 22, [f(2, 1, 2), f(1, 2, 2), f(1, 2, 2)], {"activations": ["Affine"]}, "the activations"),
        ("LSTM", 22, [f(2, 1, 2), f(1, 8, 2), f(1, 8, 2), None, None, f(1, 1, 2), f(1, 1, 3)], {},
         r"initial_c has the shape \(1, 1, 3\), but 1 directions of 2 units, 2 inputs and 1 examples need \(1, 1, 2\)"),
        ("LSTM", 22, [f(2, 1, 2), f(1, 8, 2), f(1, 8, 2)], {"activation_alpha": [0.1]},
         r"activation_alpha=\[.*\], which must have a number for each of the activations that take one"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_refused(kind, version, values, attributes, message):
    attributes = dict(attributes)
    names = ["" if v is None else f"x{i}" for i, v in enumerate(values)]
    outs = [f"y{i}" for i in range(attributes.pop("outputs", 1))]
    with pytest.raises((NotImplementedError, ValueError, IndexError), match=message):
        Node(onnx, helper.make_node(kind, names, outs, **attributes), version)(values)


def test_sparse_initializers():
    proto = onnx.ModelProto()
    proto.ParseFromString(model([helper.make_node("Relu", ["x"], ["y"])], [value("x", 2)], [value("y", 2)]))
    numbers = onnx.numpy_helper.from_array(np.ones(1, np.float32), "s")
    at = onnx.numpy_helper.from_array(np.zeros(1, np.int64), "at")
    proto.graph.sparse_initializer.append(helper.make_sparse_tensor(numbers, at, [2]))
    with pytest.raises(NotImplementedError, match="sparse initializers"):
        nn.onnx.load(proto.SerializeToString())
