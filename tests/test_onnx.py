"""ONNX files: what onnxruntime computes from ours, what we compute from those of others, and what is refused."""

import base64
import collections
import sys
import zlib

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.engine import modes
from nn.interchange.onnx.writing import sizes

onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
TensorProto, helper = onnx.TensorProto, onnx.helper


def evaluate(proto, inputs):
    """The outputs of a file by onnxruntime."""
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip((i.name for i in session.get_inputs()), inputs, strict=True)))


def tensors(value):
    if isinstance(value, ag.Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else []
    return [t for item in items for t in tensors(item)]


def arrays(value):
    return [t.detach().numpy() for t in tensors(value)]


def assert_same(ours, theirs, tolerance=1e-4):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def check(model, args, axes=None, others=(), **options):
    """The file computes what the model does, and so does the module made of the file, also for other sizes."""
    args = args if isinstance(args, tuple) else (args,)
    proto = nn.onnx.export(model, args, dynamic_axes=axes, **options)
    again = nn.onnx.load(proto.SerializeToString())
    model.eval()
    for given in (args, *others):
        expected = arrays(model(*given))
        assert_same(evaluate(proto, arrays(given)), expected)
        assert_same(arrays(again(*tensors(given))), expected)
    outputs = [t for t in tensors(again(*tensors(args))) if t.requires_grad]
    if outputs:
        ag.cat([t.reshape(-1) for t in outputs]).square().sum().backward()
    assert [name for name, p in again.named_parameters() if p.grad is None] == []
    return proto


BATCH = {"input": {0: "batch"}}


def kinds(proto):
    return [node.op_type for node in proto.graph.node if node.op_type not in ("Constant", "Identity")]


# --------------------------------------------------------------------------------------------------------------- layers

CONVOLUTIONS = {
    f"{name}{d}": (kind, d)
    for d in (1, 2, 3)
    for name, kind in (
        ("conv", lambda d: getattr(nn, f"Conv{d}d")(4, 6, 3, stride=2, padding=1, dilation=2, groups=2)),
        ("even", lambda d: getattr(nn, f"Conv{d}d")(4, 2, 4, padding="same", bias=False)),
        ("transposed", lambda d: getattr(nn, f"ConvTranspose{d}d")(4, 6, 3, 2, 1, output_padding=1, groups=2)),
    )
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions(name):
    make, dims = CONVOLUTIONS[name]
    shape = (4, *(7,) * dims)
    check(make(dims), ag.randn(2, *shape), BATCH, [(ag.randn(3, *shape),)])


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_padding_modes(mode):
    check(nn.Conv2d(2, 2, 3, padding=1, padding_mode=mode), ag.randn(1, 2, 5, 5))


POOLS = {
    "max": (nn.MaxPool2d(2), (3, 8, 8), ["MaxPool"]),
    "max, padded": (nn.MaxPool2d(3, 2, padding=1), (3, 9, 10), ["MaxPool"]),
    "max, dilated": (nn.MaxPool2d(3, 1, padding=1, dilation=2), (3, 9, 10), ["MaxPool"]),
    "max, ceil": (nn.MaxPool1d(3, 2, ceil_mode=True), (3, 8), ["MaxPool"]),
    "max, 3d": (nn.MaxPool3d(2), (1, 4, 4, 4), ["MaxPool"]),
    "max, places unread": (nn.Apply(lambda x: F.max_pool2d(x, 2, return_indices=True)[0]), (1, 4, 4), ["MaxPool"]),
    "max of all": (nn.AdaptiveMaxPool2d(1), (3, 5, 4), ["GlobalMaxPool"]),
    "average": (nn.AvgPool2d(3, 2, padding=1), (3, 9, 9), ["AveragePool"]),
    "average, inside": (nn.AvgPool2d(3, 2, padding=1, count_include_pad=False), (3, 9, 9), ["AveragePool"]),
    "average, ceil": (nn.AvgPool1d(3, 2, padding=1, ceil_mode=True), (3, 8), ["MatMul"]),
    "average, divisor": (
        nn.AvgPool2d(2, divisor_override=3),
        (3, 8, 8),
        ["Transpose", "MatMul", "Transpose", "MatMul"],
    ),
    "average, 3d": (nn.AvgPool3d(2), (1, 4, 4, 4), ["AveragePool"]),
    "average of all": (nn.AdaptiveAvgPool2d(1), (3, 5, 4), ["GlobalAveragePool"]),
    "adaptive": (nn.AdaptiveAvgPool2d((4, 2)), (3, 8, 8), ["AveragePool"]),
    "adaptive, uneven": (nn.AdaptiveAvgPool1d(3), (3, 8), ["MatMul"]),
    "Lp": (nn.LPPool1d(2, 2), (3, 8), None),
}


@pytest.mark.parametrize("name", POOLS)
def test_pooling(name):
    pool, shape, expected = POOLS[name]
    proto = check(pool, ag.rand(2, *shape), BATCH, [(ag.rand(3, *shape),)])
    assert expected is None or kinds(proto) == expected


def test_pooling_without_a_batch():
    assert kinds(check(nn.MaxPool2d(2), ag.randn(3, 8, 8))) == ["Unsqueeze", "MaxPool", "Squeeze"]


ACTIVATIONS = [
    nn.CELU(0.5), nn.ELU(0.7), nn.GELU(), nn.GELU(approximate="tanh"), nn.GLU(), nn.Hardshrink(), nn.Hardsigmoid(),
    nn.Hardswish(), nn.Hardtanh(-0.5, 2.0), nn.LeakyReLU(0.2), nn.LogSigmoid(), nn.LogSoftmax(1), nn.Mish(), nn.PReLU(4),
    nn.ReLU(inplace=True), nn.ReLU6(), nn.RReLU(), nn.SELU(), nn.ScaledSigmoid(2.0), nn.ScaledTanh(), nn.Sigmoid(), nn.SiLU(),
    nn.Softmax(-1), nn.Softmin(1), nn.Softplus(2.0), nn.Softshrink(), nn.Softsign(), nn.Step(), nn.Tanh(), nn.Tanhshrink(),
    nn.Threshold(0.1, 20.0), nn.Identity(),
]  # fmt: skip


@pytest.mark.parametrize("layer", ACTIVATIONS, ids=lambda layer: type(layer).__name__)
def test_activations(layer):
    check(layer, ag.randn(3, 4, 6) * 2, BATCH, [(ag.randn(1, 4, 6),)])


NORMALISATIONS = {
    "batch": (lambda: nn.BatchNorm2d(4), (4, 3, 3), ["BatchNormalization"]),
    "batch of vectors": (lambda: nn.BatchNorm1d(4, affine=False), (4,), ["BatchNormalization"]),
    "layer": (lambda: nn.LayerNorm((3, 3)), (4, 3, 3), ["LayerNormalization"]),
    "instance": (lambda: nn.InstanceNorm1d(4, affine=True), (4, 5), ["InstanceNormalization"]),
    "group": (lambda: nn.GroupNorm(2, 4), (4, 5), None),
    "rms": (lambda: nn.RMSNorm(4), (4,), None),
}


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_normalisation(name):
    make, shape, expected = NORMALISATIONS[name]
    layer = make()
    for t in [*layer.parameters(), *(b for b in layer.buffers() if b.dtype.kind == "f")]:
        t.data = ag.rand(*t.shape) + 0.5
    proto = check(layer, ag.randn(2, *shape), BATCH, [(ag.randn(3, *shape),)])
    assert expected is None or kinds(proto) == expected


def test_running_statistics_stay_buffers():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.BatchNorm1d(4))
    model(ag.randn(8, 3))
    again = nn.onnx.load(nn.onnx.export(model, ag.randn(2, 3)).SerializeToString())
    assert {name for name, _ in again.named_parameters()} == {name for name, _ in model.named_parameters()}
    state = {name: t for name, t in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    assert set(again.state_dict()) == set(state)
    for name, t in again.state_dict().items():
        np.testing.assert_array_equal(t, state[name])


STATE = {"RNN": ((1, 2, 5),), "GRU": ((1, 2, 5),), "LSTM": ((1, 2, 5), (1, 2, 5))}


@pytest.mark.parametrize("kind", STATE)
def test_recurrent_layers(kind):
    make = getattr(nn, kind)
    proto = check(make(3, 5), ag.randn(7, 2, 3), {"input": {0: "time", 1: "batch"}}, [(ag.randn(4, 3, 3),)])
    assert kind in kinds(proto)
    both = make(3, 5, 2, bidirectional=True, batch_first=True, bias=False, dropout=0.3)
    proto = check(both, ag.randn(2, 4, 3), BATCH, [(ag.randn(3, 4, 3),)])
    assert kinds(proto).count(kind) == 4
    states = tuple(ag.randn(*shape) for shape in STATE[kind])
    check(make(3, 5), (ag.randn(4, 2, 3), states if kind == "LSTM" else states[0]))
    check(make(3, 5), ag.randn(4, 3))
    check(getattr(nn, f"{kind}Cell")(3, 5), ag.randn(2, 3), BATCH, [(ag.randn(4, 3),)])


def test_recurrence_with_what_onnx_has_otherwise():
    assert "LSTM" in kinds(check(nn.LSTM(3, 5, peepholes=True), ag.randn(4, 2, 3)))
    assert "LSTM" not in kinds(check(nn.LSTM(3, 5, proj_size=2), ag.randn(4, 2, 3)))  # step by step
    check(nn.RNN(3, 5, nonlinearity="relu"), ag.randn(4, 2, 3))
    assert "RNN" not in kinds(check(nn.RNN(3, 5, skip=2), ag.randn(4, 2, 3)))


def test_embedding_dropout_and_flatten():
    model = nn.Sequential(nn.Embedding(10, 4, padding_idx=0), nn.Flatten(), nn.Dropout(0.5), nn.Linear(12, 2))
    check(model, ag.randint(0, 10, (2, 3)), BATCH, [(ag.randint(0, 10, (5, 3)),)])


def test_models():
    check(nn.LeNet5(), ag.randn(2, 1, 28, 28), BATCH, [(ag.randn(3, 1, 28, 28),)])
    check(nn.MLP([4, 8, 3], "tanh", dropout=0.2), ag.randn(2, 4), BATCH, [(ag.randn(5, 4),)])
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    check(layer, ag.randn(2, 5, 8), {"input": {0: "batch", 1: "time"}}, [(ag.randn(3, 7, 8),)])
    check(nn.GPT(10, 8, 2, 2, 8), ag.randint(0, 10, (2, 6)), BATCH, [(ag.randint(0, 10, (3, 6)),)])


def test_gpt_with_open_time():
    """Its positions are the beginning of a parameter, its mask a triangle of a size."""
    tokens = lambda *shape: ag.randint(0, 10, shape)  # noqa: E731
    open_ = {"input": {0: "batch", 1: "time"}}
    proto = check(nn.GPT(10, 12, 1, 2, 8), tokens(2, 6), open_, [(tokens(3, 7),), (tokens(1, 1),), (tokens(2, 12),)])
    assert {"positions.weight"} <= {t.name for t in proto.graph.initializer}
    with pytest.raises(ValueError, match="the input has 9 positions, but context=8") as caught:
        nn.onnx.export(nn.GPT(10, 8, 1, 2, 8), tokens(2, 6), dynamic_axes=open_)
    assert any("also run at {'batch': 4, 'time': 9}; give an example" in note for note in caught.value.__notes__)


def added(x):
    y = x * 2
    y += x + ag.ones_like(x)
    return y


def test_constants_of_an_open_size():
    lower = nn.Apply(lambda x: x @ ag.tril(ag.full((x.shape[1], x.shape[1]), 0.5), -1))
    check(lower, ag.randn(2, 3), {"input": {1: "time"}}, [(ag.randn(2, 1),), (ag.randn(2, 8),)])
    check(nn.Apply(added), ag.randn(2, 3), BATCH, [(ag.randn(4, 3),)])
    table = ag.randn(9)
    with pytest.raises(NotImplementedError, match="cut to a size, and is no parameter or buffer; register it as one"):
        nn.onnx.export(nn.Apply(lambda x: x + table[: x.shape[0]]), ag.randn(2), dynamic_axes=BATCH)


def test_reparametrized_weights():
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(3, 4))
    model = nn.Sequential(layer, nn.utils.prune.l1_unstructured(nn.Linear(4, 2), "weight", 0.5))
    check(model, ag.randn(2, 3), BATCH, [(ag.randn(4, 3),)])


# ----------------------------------------------------------------------------------------------------------- operations

OPERATIONS = {
    "arithmetic": lambda x: (x * 2 + 1) / (x.abs() + 1) - x**2 + (-x).exp(),
    "joining": lambda x: ag.cat([x, ag.stack([x, x + 1], 1)[:, 1]], 1),
    "pieces": lambda x: ag.split(x, [1, 3], 1)[1] * x.chunk(2, 1)[0][:, :1] + x.unbind(1)[3].unsqueeze(1),
    "indices": lambda x: x[:, 1:3] + x[:, None, -1] + x[:, ::2] + x[..., [2, 0]] + x[:, ::-1][:, :2],
    "places counted from the end": lambda x: x[-1:] + x[x.shape[0] - 1] + x[: x.shape[0] - 1][0],
    "shapes": lambda x: x.view(x.shape[0], 2, 2).transpose(1, 2).reshape(x.shape[0], -1).unsqueeze(1).expand(-1, 3, -1),
    "flattened": lambda x: x.flatten(),
    "sums": lambda x: (
        x.sum(1, keepdim=True) + x.mean(1, keepdim=True) + x.amax((1,), True) + x.logsumexp(1, True) + x.sum()
    ),
    "moments": lambda x: x.var(1) + x.std(1) + x.norm(dim=1) + x.norm(3, dim=1) + x.prod(1),
    "best": lambda x: (x.argmax(1), x.max(1)[0], x.topk(2, 1)[0], x.sort(1)[0], x.gather(1, x.argmax(1, keepdim=True))),
    "choices": lambda x: ag.where(x > 0, x, 0.1 * x).clamp(-0.5, 0.5).masked_fill(x < -1, 9.0),
    "logic": lambda x: (((x > 0) & (x < 1)) | ~(x >= -1), (x > -9).all(1), (x > 0).any(1), (x > 0).sum(1), x.ne(0)),
    "rounding": lambda x: (
        x.round() + x.floor() + x.ceil() + x.trunc() + x.frac() + x % 0.3 + ag.fmod(x, 0.4) + x // 0.5
    ),
    "conversion": lambda x: ((x > 0).float() + x.long().float(), x.argmax(1).float(), F.one_hot(x.argmax(1), 4)),
    "functions": lambda x: (
        x.sin() + x.cos() + x.tanh() + x.atan() + ag.log1p(x.abs()) + ag.rsqrt(x.abs() + 1) + x.erf()
    ),
    "more functions": lambda x: (
        ag.expm1(x) + ag.log2(x.abs() + 1) + ag.hypot(x, x) + ag.logaddexp(x, 2 * x) + ag.exp2(x)
    ),
    "extremes": lambda x: ag.maximum(x, x.flip(1)) + ag.minimum(x, x.roll(1, 1)) + ag.lerp(x, 2 * x, 0.3),
    "products": lambda x: (
        x @ x.T,
        ag.einsum("ni,nj->nij", x, x),
        ag.bmm(x[:, :, None], x[:, None]).tril(),
        x[0] @ x[0],
    ),
    "repeated": lambda x: (x.repeat(2, 3), F.pad(x, (1, 2), value=3.0), x.repeat_interleave(2, 1), x.cumsum(1)),
    "from a size": lambda x: ag.cat([ag.zeros(x.shape[0], 2), x], 1) + ag.arange(6.0),
    "similarity": lambda x: F.cosine_similarity(x, x * 2 + 1) + F.pairwise_distance(x, x + 1) + F.normalize(x)[:, 0],
    "NumPy's functions": lambda x: np.tanh(x) + np.add(x, np.ones(4, np.float32)),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations(name):
    check(nn.Apply(OPERATIONS[name]), ag.randn(3, 4), BATCH, [(ag.randn(5, 4),)])


class Several(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(7, 4)

    def forward(self, index, b, *, scale=2.0):
        return {"scores": self.table(index) @ self.table.weight.T, "both": [b * scale, b]}


def test_several_inputs_and_outputs(tmp_path):
    model = Several()
    args, axes = (ag.randint(0, 7, (2, 3)), ag.randn(2, 5)), {"words": {0: "n", 1: "t"}, "b": {0: "n"}}
    names = {"input_names": ["words", "b"], "output_names": ["scores", "twice", "same"]}
    proto = check(model, args, axes, [(ag.randint(0, 7, (4, 6)), ag.randn(4, 5))], **names)
    assert [o.name for o in proto.graph.output] == names["output_names"]
    values = [v.type.tensor_type.shape.dim for v in (*proto.graph.input, *proto.graph.output)]
    dims = [[d.dim_param or d.dim_value for d in shape] for shape in values]
    assert dims == [["n", "t"], ["n", 5], ["n", "t", 7], ["n", 5], ["n", 5]]
    assert [t.name for t in proto.graph.initializer] == ["table.weight"]  # read twice, once transposed
    path = tmp_path / "deep" / "m.onnx"
    nn.onnx.export(model, args, path, **names)
    again = nn.onnx.load(path)
    assert again.input_names == ["words", "b"] and again.output_names == ["scores", "twice", "same"]
    assert_same(arrays(again(words=args[0], b=args[1].numpy())), arrays(model(*args)))
    proto = nn.onnx.export(model, args[:1], kwargs={"b": args[1], "scale": 3.0})
    assert_same(evaluate(proto, arrays(args)), arrays(model(*args, scale=3.0)))
    assert repr(again).startswith("ONNXModule(\n  ") and "words, b -> scores, twice, same" in repr(again)


Pair = collections.namedtuple("Pair", "first second")


class Nested(nn.Module):
    def forward(self, parts, pair, *, more):
        assert type(pair) is Pair and parts["none"] is None and parts["text"] == "kept"
        total = parts["list"][0] + pair.first
        return {"total": total, "rest": (Pair(total * pair.second, more["w"] - total), None, 3)}


def test_nested_arguments_and_results():
    """Dictionaries, lists, named tuples, with None and what is no tensor: inputs and outputs in the order of their leaves."""
    a, b, c, w = (ag.randn(2, 3) for _ in range(4))
    args = ({"list": [a], "none": None, "text": "kept"}, Pair(b, c.numpy()))
    proto = nn.onnx.export(
        Nested(), args, kwargs={"more": {"w": w}}, dynamic_axes={f"input_{i}": {0: "n"} for i in range(4)}
    )
    assert len(proto.graph.input) == 4
    for n in (2, 5):
        a, b, c, w = (np.random.default_rng(n).standard_normal((4, n, 3))).astype(np.float32)
        assert_same(evaluate(proto, [a, b, c, w]), [a + b, (a + b) * c, w - (a + b)])


# ------------------------------------------------------------------------------------------------------------ training


def train(model, optimizer, x, y, steps=4):
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_a_loaded_model_learns_as_the_first_one():
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 2))
    again = nn.onnx.load(nn.onnx.export(model, ag.randn(2, 1, 8, 8), dynamic_axes=BATCH).SerializeToString())
    assert list(again.state_dict()) == list(model.state_dict())
    x, y = ag.randn(6, 1, 8, 8), ag.randint(0, 2, (6,))
    runs = [train(m, optim.Adam(m.parameters(), lr=0.01), x, y) for m in (model, again)]
    assert runs[0] == pytest.approx(runs[1], rel=1e-4) and runs[0][-1] < runs[0][0]
    other = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 2))
    other.load_state_dict(again.state_dict())
    assert_same(arrays(other(x)), arrays(again(x)))


def test_a_loaded_recurrent_model_learns_and_is_exported_again():
    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.out = nn.LSTM(3, 4), nn.Linear(4, 2)

        def forward(self, x):
            return self.out(self.rnn(x)[0][-1])

    again = nn.onnx.load(nn.onnx.export(Last(), ag.randn(5, 6, 3)).SerializeToString())
    x, y = ag.randn(5, 6, 3), ag.randint(0, 2, (6,))
    losses = train(again, optim.Adam(again.parameters(), lr=0.05), x, y, 8)
    assert losses[-1] < losses[0] - 0.02
    proto = nn.onnx.export(again, x)
    assert "LSTM" in kinds(proto) or "Gemm" in kinds(proto)
    assert_same(evaluate(proto, [x.numpy()]), arrays(again(x)))


# --------------------------------------------------------------------------------------------------------- open sizes


def test_spatial_sizes_may_be_open():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3, padding=1), nn.AvgPool2d(2, 1),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3),
    )  # fmt: skip
    check(model, ag.randn(2, 1, 14, 14), {"input": {0: "n", 2: "h", 3: "w"}}, [(ag.randn(3, 1, 20, 16),)])
    check(nn.ConvTranspose2d(2, 1, 2, stride=2), ag.randn(1, 2, 4, 4), {"input": [2]}, [(ag.randn(1, 2, 7, 4),)])


def test_sizes_are_interpolated():
    base = {"n": 3, "t": 5}
    at = sizes.points(base)
    assert at[0] == base and len(at) == 5
    unify = sizes.Unification(at)
    size = unify.size([2 * p["n"] * p["t"] + 3 * p["t"] - 4 for p in at])
    assert size.terms == {frozenset("nt"): 2, frozenset("t"): 3, frozenset(): -4} and size.at({"n": 10, "t": 7}) == 157
    assert str(unify.size([p["n"] for p in at])) == "n" and unify.size([7] * 5) == 7
    assert isinstance(unify.size([p["n"] // 2 for p in at]), sizes.Varying)
    assert size - size == 0 and (size - unify.size([p["t"] for p in at])).terms[frozenset("t")] == 2
    assert str(unify.size([2 * p["n"] + 1 for p in at])) in ("1 + 2*n", "2*n + 1")


# ------------------------------------------------------------------------------------------------------------- refused


class Deep(nn.Module):
    """A function two levels down."""

    def __init__(self, function):
        super().__init__()
        self.encoder = nn.ModuleList([nn.Identity(), nn.Sequential(nn.ReLU(), nn.Apply(function))])

    def forward(self, x):
        return self.encoder[1](self.encoder[0](x))


PLACE = r"\[in module encoder\.1\.1, Apply"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: ag.fft.fft(x).real, rf"gives complex numbers, which ONNX has not; .* {PLACE}"),
        (lambda x: x if x.sum() > 0 else -x, rf"turns a value into a Python number.*use ag.where instead of if.* {PLACE}"),
        (lambda x: x * x.max().item(), rf"turns a value into a Python number.* {PLACE}"),
        (lambda x: ag.tensor(np.asarray(x)), rf"turns a value into a Python number.* {PLACE}"),
        (lambda x: x.mul_(2.0), rf"x\.mul_\(…\) changes a value in place; use the form without the underscore {PLACE}"),
        (lambda x: x.__setitem__(0, 1.0), rf"x\[…\] = v changes a value in place; use ag.where, ag.cat or .* {PLACE}"),
        (lambda x: ag.zeros(2, 4).add_(x), rf"add_ writes a value into a tensor of shape \(2, 4\) in place; .* {PLACE}"),
        (lambda x: ag.zeros(2, 4).__setitem__(0, x[0]), rf"index assignment writes a value into a tensor .* {PLACE}"),
        (lambda x: ag.bernoulli(x), rf"turns a value into a Python number.* {PLACE}"),
        (lambda x: x[x > 0], rf"a mask that the model computes takes another number of elements for each input; .* {PLACE}"),
        (lambda x: x[x.argmax(1), :2], rf"may have arrays of integers, numbers and whole slices in it; cut, .* {PLACE}"),
        (lambda x: ag.masked_select(x, x > 0), "onnx.export: 'masked_select' by a mask that differs from input to input"),
        (lambda x: Cube.apply(x), rf"there is no ONNX form of the Function 'Cube' {PLACE}"),
        (lambda x: ag.linalg.matrix_rank(x), rf"looks at values, which differ from input to input {PLACE}"),
    ],
)  # fmt: skip
def test_what_has_no_form_is_named_with_its_module(function, message):
    model = Deep(function)
    with pytest.raises(NotImplementedError, match=message):
        nn.onnx.export(model, ag.randn(2, 4))


class Cube(ag.Function):
    @staticmethod
    def forward(ctx, x):
        return x**3


def test_a_place_in_the_model_itself():
    class Whole(nn.Module):
        def forward(self, x):
            return ag.fft.fft(x).real

    with pytest.raises(
        NotImplementedError, match=r"gives complex numbers, which ONNX has not; .* \[in the model itself, Whole\]"
    ):
        nn.onnx.export(Whole(), ag.randn(4))


def test_results_that_are_not_the_models():
    class Branch(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x):
            x = x * 1
            return self.relu(x) + x

    for model in (Branch(), nn.Apply(lambda x: x + ag.randn(2, 3))):
        with pytest.raises(
            NotImplementedError, match="traced, the model gives another result than run as it is; it draws"
        ):
            nn.onnx.export(model, ag.randn(2, 3))


def test_loops_over_an_open_size():
    class Steps(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = nn.GRUCell(3, 4)

        def forward(self, x):
            h = ag.zeros(x.shape[0], 4)
            for t in range(x.shape[1]):
                h = self.cell(x[:, t], h)
            return h

    check(Steps(), ag.randn(2, 3, 3), BATCH, [(ag.randn(4, 3, 3),)])
    with pytest.raises(NotImplementedError, match="depending on a size that was to be left open; keep that size fixed"):
        nn.onnx.export(Steps(), ag.randn(2, 3, 3), dynamic_axes={"input": {1: "time"}})
    with pytest.raises(NotImplementedError, match=r"constant of shape \(2,\) that was computed from a size"):
        nn.onnx.export(nn.Apply(lambda x: x + ag.arange(float(x.shape[0]))), ag.randn(2), dynamic_axes=BATCH)
    with pytest.raises(NotImplementedError, match="has windows that depend on the sizes of the input"):
        nn.onnx.export(nn.AdaptiveAvgPool1d(2), ag.randn(1, 1, 8), dynamic_axes={"input": {2: "length"}})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"args": 3.0}, ValueError, "no tensor among the example inputs"),
        ({"input_names": ["a", "b"]}, ValueError, r"input_names \['a', 'b'\] must be 1 different names"),
        ({"output_names": []}, ValueError, r"output_names \[\] must be 1 different names"),
        ({"dynamic_axes": {"x": {0: "n"}}}, ValueError, "names none of the inputs, which are input"),
        ({"dynamic_axes": {"input": {2: "n"}}}, ValueError, r"input 'input' of shape \(2, 3\) has no axis 2"),
        (
            {"dynamic_axes": {"input": {0: "n", 1: "n"}}},
            ValueError,
            "'n' is 2 and 3 in the example inputs; axes of one name",
        ),
        ({"args": ag.ones(1, 1, 1, 1), "dynamic_axes": {"input": [0, 1, 2, 3]}}, ValueError, "at most 3 sizes"),
        ({"args": ag.ones(0, 3), "dynamic_axes": BATCH}, ValueError, "an open size must not be 0"),
    ],
)
def test_arguments_that_make_no_sense(arguments, error, message):
    with pytest.raises(error, match=message):
        nn.onnx.export(nn.Tanh(), **{"args": ag.randn(2, 3), **arguments})
    with pytest.raises(TypeError, match="the model must be a Module, got function"):
        nn.onnx.export(lambda x: x, ag.randn(2, 3))


def test_the_model_and_an_old_file_are_left_as_they_were(tmp_path):
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(inplace=True), nn.Dropout(0.5)).train()
    random, attributes = ag.get_rng_state(), [dict(m.__dict__) for m in model.modules()]
    path = tmp_path / "m.onnx"
    nn.onnx.export(model, ag.ones(1, 3), path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"linear: .*\[in module 0, Linear, of Sequential\]"):
        nn.onnx.export(model, ag.ones(1, 4), path)
    assert [dict(m.__dict__) for m in model.modules()] == attributes and model.training and model[2].training
    assert ag.get_rng_state() == random and path.read_bytes() == before and modes.mode.enabled


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    for call in (lambda: nn.onnx.export(nn.Tanh(), ag.ones(1)), lambda: nn.onnx.load("m.onnx")):
        with pytest.raises(
            ImportError, match="nn.onnx needs the package onnx, which is not installed .* pip install onnx"
        ):
            call()


# ------------------------------------------------------------------------------------------------- files of other programs

# A file of PyTorch 2.13 (opset 17): Linear(2, 2), BatchNorm1d(2) and GRU(2, 2) over one step, clamped from below at -0.5
OF_PYTORCH = (
    "c-oCtL2DaF6xJ%Tw0^Q|d15(2r8(@Sum`QQE(E*8Yiy{9N?S+>Bqc_S?2)w~&8n+W>bjTELofLSDHM#4ru5QVAX*>VQ+??_$f@{e<n69jyIQT>"
    "2;T1OH#6URZ@!r~l4X(`{3tB@s9VYE)%sSow(}Q(4oIgU)9Me*Jn0I^(rVkJLsHbJ)?od9%NmKnNVIB|+yqfF?o(ZZCE6QwX(^R@Wt>Zrx(b;#"
    "6XACOvcjf(xL=mer8N8_!5k;ZeCn5beqohY?GfiDKWX(D<xmK}Us9Xg*SNM%#ZmVg%kI;jc}9h4@i53zV!uM>F?AhsY%nx?7BBt&_h%2>kO|0r"
    "tIxO?^-G;j$4g@a3YdoJM`Rtda>~u-fDrA#;zL2X2)!>)F+~nqY8jSZ(%y)vE5%$>PECI2QU)H8jgX`s(&Qs(gs2h_t;$lIsty0MGLYzs+|{1)"
    ";rAoP&RFOlLQq+rHenl*Mw4~T)}D0fAVMGqkh0{xpn;j%2@95wpbM8wisX3+^X?##8wIkp1{GaqM+FKnCF{S{JY?vpIrL@ynrue7BAOIt@LN=g"
    "M%y67;{0@HCtNoD^GZJCdGL|)K7)j8Ac35ea9o0<D^WNqYAj=YLB{$mfu<vY{sapa5RwCf1>QaN5I>?~Ry`k6vi^HkJq`)8$R`mG-*#d<mCSc4"
    "YcW9G3=#%RSZZd1WUr*e69ENZm&W6#t$KZX=2M^T)$5Rg+X5tOuI@N=5m2vWeL%T`53FGMu6caScxz~$v2q%h1@*eyGdZJntIax=&001aGT~R{"
    "nEYD{<lp+p4gUn<@xlUrtUP#*=PS<?RC1FBJcp#QkWhf}){39_+^y&RAX<U-#0nhU`5Qs%@?;x0Zqi@CoLfkwg%n9|Z&#MIgPu81GVYT=AMcjd"
    "iA@JxRgu$jx+v{WZ{ubWFVpem<>foHhuGd#H@y*)TiPoU4w|8s{h7gi>h|nm&z=#?;L{ne9QTS=?|XRcz75Nc`l;7Hd;faV4R87*S(3B<keTh?"
    "tX;hRW30Ztd5888+q<|moVPbWJ2w|!Ifr81H3QoQVn}tqh)S<DYcIsV<Nq%5uI*wQsji$a@BQZ7I~2~v>#A!8whhFP>dH_XNVO6tsyA!;)}LcE"
    "BzW(fbbfISC%iYVudl~wh^MZ8ee=daLp-(j-3I<GB5P2PC9({6h{OT4X_o*6oP+n%#q|#;`_ID"
)


def test_a_file_of_pytorch():
    model = nn.onnx.load(zlib.decompress(base64.b85decode(OF_PYTORCH)))
    x = ag.tensor([[1.0, 2.0], [-1.0, 0.5], [0.0, 3.0]])
    expected = [[0.687066, 0.208551], [0.616523, 0.240657], [0.681917, 0.203915]]
    np.testing.assert_allclose(model(x).detach().numpy(), expected, atol=2e-6)
    model(x).sum().backward()
    assert all(p.grad is not None for p in model.parameters()) and sum(1 for _ in model.parameters()) >= 5


def of_nodes(nodes, inputs, outputs=1, opset=18, initializers=()):
    """A file of some nodes that read x, y, … and write a, b, …"""
    given = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape) for n, v in inputs.items()
    ]
    made = [onnx.ValueInfoProto(name="abc"[i]) for i in range(outputs)]
    held = [onnx.numpy_helper.from_array(v, name) for name, v in initializers]
    g = helper.make_graph(nodes, "g", given, made, held)
    proto = helper.make_model(g, opset_imports=[helper.make_opsetid("", opset)])
    proto.ir_version = 8
    return onnx.shape_inference.infer_shapes(proto, data_prop=True)  # the outputs' types too


def node(kind, *inputs, outputs=1, **attributes):
    return helper.make_node(kind, list(inputs), list("abc"[:outputs]), name=f"the {kind}", **attributes)


def ints(*values):
    return np.array(values, np.int64)


IMAGE = (2, 3, 7, 6)
W = np.random.default_rng(1).normal(size=(4, 3, 3, 2)).astype(np.float32)
FOREIGN = [
    (node("Conv", "x", "w", pads=[2, 0, 1, 1], strides=[2, 1]), IMAGE, {"w": W}),
    (node("Conv", "x", "w", auto_pad="SAME_UPPER", strides=[2, 2]), IMAGE, {"w": W}),
    (node("Conv", "x", "w", auto_pad="SAME_LOWER", strides=[3, 2]), IMAGE, {"w": W}),
    (node("ConvTranspose", "x", "w", pads=[1, 0, 2, 1], strides=[2, 2]), (2, 4, 5, 5), {"w": W}),
    (node("MaxPool", "x", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 0, 1], ceil_mode=1), IMAGE, {}),
    (node("MaxPool", "x", kernel_shape=[3, 3], auto_pad="SAME_LOWER"), IMAGE, {}),
    (node("AveragePool", "x", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 2, 1]), IMAGE, {}),
    (node("AveragePool", "x", kernel_shape=[3, 2], pads=[1, 0, 2, 1], count_include_pad=1), IMAGE, {}),
    (node("AveragePool", "x", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1), IMAGE, {}),
    (node("LpPool", "x", kernel_shape=[2, 2], p=3), IMAGE, {}),
    (node("GlobalMaxPool", "x"), IMAGE, {}),
    (node("LRN", "x", size=3, alpha=0.5, beta=0.6, bias=2.0), IMAGE, {}),
    (node("LpNormalization", "x", axis=1, p=1), IMAGE, {}),
    (node("Gemm", "x", "w", "c", alpha=0.5, beta=2.0, transA=1), (3, 5), {"w": W[0, 0], "c": W[0, 0, :1]}),
    (node("Flatten", "x", axis=2), IMAGE, {}),
    (node("Flatten", "x", axis=-1), IMAGE, {}),
    (node("Reshape", "x", "s"), IMAGE, {"s": ints(0, -1, 6)}),
    (node("Squeeze", "x", "s"), (2, 1, 3, 1), {"s": ints(-1)}),
    (node("Squeeze", "x"), (2, 1, 3, 1), {}),
    (node("Unsqueeze", "x", "s"), (2, 3), {"s": ints(-1, 0)}),
    (node("Split", "x", outputs=2, axis=1, num_outputs=2), (2, 5), {}),
    (node("Split", "x", "s", outputs=2, axis=-1), (2, 5), {"s": ints(1, 4)}),
    (node("Slice", "x", "s", "e", "d", "t"), (6, 7),
     {"s": ints(-1, 5), "e": ints(-100, 1), "d": ints(0, -1), "t": ints(-2, -3)}),
    (node("Slice", "x", "s", "e"), (6, 7), {"s": ints(2, -3), "e": ints(100, -1)}),
    (node("Transpose", "x"), (2, 3, 4), {}),
    (node("Tile", "x", "s"), (2, 3), {"s": ints(2, 3)}),
    (node("Expand", "x", "s"), (3, 1), {"s": ints(2, 1, 4)}),
    (node("Pad", "x", "s", "v", mode="constant"), (2, 3), {"s": ints(1, 0, 0, 2), "v": np.float32(1.5).reshape(())}),
    (node("Pad", "x", "s", mode="edge"), (2, 3), {"s": ints(1, 0, 0, 2)}),
    (node("Gather", "x", "i", axis=1), (3, 5), {"i": ints(4, -1).reshape(2, 1)}),
    (node("GatherElements", "x", "i", axis=1), (2, 5), {"i": ints(4, -1, 0, 2).reshape(2, 2)}),
    (node("OneHot", "i", "d", "v", axis=0), None, {"i": ints(2, -1, 0), "d": ints(4), "v": np.array([-1, 5], np.float32)}),
    (node("Resize", "x", "", "s", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
     (1, 2, 3, 4), {"s": np.array([1, 1, 2, 3], np.float32)}),
    (node("Resize", "x", "", "", "s", mode="linear"), (1, 2, 3, 4), {"s": ints(1, 2, 5, 6)}),
    (node("Resize", "x", "", "", "s", mode="linear", coordinate_transformation_mode="align_corners"),
     (1, 2, 3, 4), {"s": ints(1, 2, 5, 6)}),
    (node("DepthToSpace", "x", blocksize=2), (1, 8, 2, 3), {}),
    (node("DepthToSpace", "x", blocksize=2, mode="CRD"), (1, 8, 2, 3), {}),
    (node("SpaceToDepth", "x", blocksize=2), (1, 2, 4, 6), {}),
    (node("LayerNormalization", "x", "w", axis=-2), (2, 3, 4), {"w": W[:3, 0, 0].repeat(2, 1)}),
    (node("ReduceSum", "x", "s", keepdims=0), (2, 3, 4), {"s": ints(0, -1)}),
    (node("ReduceSum", "x", noop_with_empty_axes=1), (2, 3), {}),
    (node("ReduceMean", "x"), (2, 3, 4), {}),
    (node("ReduceSumSquare", "x", "s"), (2, 3), {"s": ints(1)}),
    (node("ReduceL1", "x"), (2, 3), {}),
    (node("ArgMin", "x", axis=-1, keepdims=0), (2, 5), {}),
    (node("ArgMax", "x", axis=1, select_last_index=1), (2, 5), {}),
    (node("MaxPool", "x", kernel_shape=[2, 2], pads=[1, 0, 0, 1], outputs=2), (2, 2, 4, 5), {}),
    (node("GRU", "x", "w", "r", hidden_size=4), (3, 2, 5), {"w": np.resize(W, (1, 12, 5)),
     "r": np.resize(W, (1, 12, 4))}),
    (node("ReduceSumSquare", "x", noop_with_empty_axes=1), (2, 3), {}),
    (node("TopK", "x", "k", outputs=2, largest=0), (2, 5), {"k": ints(3)}),
    (node("CumSum", "x", "k", exclusive=1, reverse=1), (2, 5), {"k": np.array(1, np.int64)}),
    (node("Trilu", "x", "k", upper=0), (3, 4), {"k": np.array(1, np.int64)}),
    (node("Clip", "x", "", "v"), (2, 5), {"v": np.array(0.5, np.float32)}),
    (node("Max", "x", "v", "u"), (2, 3), {"v": W[0, 0, :1, :1], "u": W[0, 0, 1:2, :1]}),
    (node("Mean", "x", "v"), (2, 3), {"v": W[0, 0, :1, :1]}),
    (node("HardSigmoid", "x"), (2, 5), {}),
    (node("ThresholdedRelu", "x", alpha=0.3), (2, 5), {}),
    (node("Shrink", "x", lambd=0.3, bias=0.1), (2, 5), {}),
    (node("Selu", "x", alpha=1.2, gamma=0.8), (2, 5), {}),
    (node("IsInf", "x", detect_negative=0), (2, 5), {}),
    (node("Einsum", "x", equation="ij->ji"), (2, 5), {}),
    (node("Cast", "x", to=TensorProto.INT32), (2, 5), {}),
    (node("Div", "i", "k"), None, {"i": ints(-7, 7), "k": ints(2, 2)}),
    (node("Mod", "i", "k"), None, {"i": ints(-7, 7), "k": ints(3, -3)}),
]  # fmt: skip


@pytest.mark.parametrize(("made", "shape", "initializers"), FOREIGN, ids=lambda v: getattr(v, "op_type", ""))
def test_nodes_that_we_do_not_write(made, shape, initializers):
    x = {} if shape is None else {"x": np.random.default_rng(0).normal(size=shape).astype(np.float32)}
    proto = of_nodes([made], x, len(made.output), initializers=initializers.items())
    assert_same(arrays(nn.onnx.load(proto.SerializeToString())(*x.values())), evaluate(proto, list(x.values())), 1e-5)


@pytest.mark.parametrize(
    ("made", "shape", "opset"),
    [
        (node("Softmax", "x"), (2, 3, 4), 11),
        (node("Unsqueeze", "x", axes=[0]), (2, 3), 11),
        (node("Slice", "x", starts=[1], ends=[3], axes=[1]), (2, 5), 9),
        (node("Pad", "x", pads=[1, 0, 0, 2], value=2.0), (2, 3), 10),
        (node("Clip", "x", min=-0.5, max=0.5), (2, 3), 10),
        (node("ReduceMax", "x", axes=[0], keepdims=0), (2, 3), 11),
        (node("Dropout", "x"), (2, 3), 11),
        (node("Upsample", "x", "s", mode="nearest"), (1, 1, 2, 3), 9),
    ],
    ids=lambda v: getattr(v, "op_type", ""),
)
def test_nodes_of_older_files(made, shape, opset):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    held = [("s", np.array([1, 1, 2, 2], np.float32))] if made.op_type == "Upsample" else []
    proto = of_nodes([made], {"x": x}, opset=opset, initializers=held)
    assert_same(arrays(nn.onnx.load(proto.SerializeToString())(x)), evaluate(proto, [x]), 1e-5)


def test_group_normalization():
    x, w, v = (np.random.default_rng(i).normal(size=s).astype(np.float32) for i, s in enumerate([(2, 4, 3), 4, 4]))
    proto = of_nodes([node("Relu", "x")], {"x": x}, opset=21, initializers=[("w", w), ("v", v)])
    proto.graph.node[0].CopyFrom(node("GroupNormalization", "x", "w", "v", num_groups=2))
    rows = x.reshape(2, 2, 6)
    rows = (rows - rows.mean(2, keepdims=True)) / np.sqrt(rows.var(2, keepdims=True) + 1e-5)
    expected = rows.reshape(2, 4, 3) * w[:, None] + v[:, None]
    assert_same(arrays(nn.onnx.load(proto.SerializeToString())(x)), [expected])


def test_shapes_computed_in_the_file():
    nodes = [
        helper.make_node("Shape", ["x"], ["shape"]),
        helper.make_node("Gather", ["shape", "zero"], ["n"]),
        helper.make_node("Unsqueeze", ["n", "zero"], ["n1"]),
        helper.make_node("Concat", ["n1", "minus"], ["to"], axis=0),
        helper.make_node("Reshape", ["x", "to"], ["flat"]),
        helper.make_node(
            "ConstantOfShape", ["n1"], ["ones"], value=onnx.numpy_helper.from_array(np.ones(1, np.float32))
        ),
        helper.make_node("Range", ["z", "n", "o"], ["r"]),
        helper.make_node("Cast", ["r"], ["rf"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["ones", "rf"], ["b"]),
        helper.make_node("Relu", ["flat"], ["a"]),
    ]
    held = [("zero", ints(0)), ("minus", ints(-1)), ("z", np.array(0, np.int64)), ("o", np.array(1, np.int64))]
    nodes[1] = helper.make_node("Gather", ["shape", "z"], ["n"])
    x = np.random.default_rng(0).normal(size=(3, 2, 2)).astype(np.float32)
    proto = of_nodes(nodes, {"x": x}, 2, initializers=held)
    model = nn.onnx.load(proto.SerializeToString())
    assert_same(arrays(model(x)), evaluate(proto, [x]))
    assert list(model.parameters()) == []


def test_names_of_initializers():
    held = [("layer.weight", np.ones(2, np.float32)), ("training", np.ones(2, np.float32)), ("a.b.", np.ones(2, np.float32)),
            ("factor", np.array(0.5, np.float32)), ("layer.weight.more", np.ones(2, np.float32))]  # fmt: skip
    nodes = [helper.make_node("Sum", ["x", *(name for name, _ in held)], ["a"])]
    x = np.zeros(2, np.float32)
    model = nn.onnx.load(of_nodes(nodes, {"x": x}, initializers=held).SerializeToString())
    assert model(x).tolist() == [4.5, 4.5]
    assert {name for name, _ in model.named_parameters()} == {"layer.weight", "training_", "a.b._", "layer_weight_more"}
    assert [name for name, _ in model.named_buffers()] == ["factor"]  # a number of a formula


# ------------------------------------------------------------------------------------------------------- refused files


def test_files_that_are_none(tmp_path):
    path = tmp_path / "m.onnx"
    content = nn.onnx.export(nn.Linear(2, 2), ag.ones(1, 2)).SerializeToString()
    for broken in (b"", content[:-9], b"nonsense" * 9):
        path.write_bytes(broken)
        with pytest.raises(
            ValueError, match=rf"m.onnx: not a valid ONNX file \(.*; it has {len(broken)} bytes\); export it"
        ):
            nn.onnx.load(path)


def test_nodes_that_are_unknown():
    proto = of_nodes([node("Multinomial", "x")], {"x": np.ones((1, 2), np.float32)})
    with pytest.raises(
        NotImplementedError, match="node 'the Multinomial' is Multinomial, which cannot be computed here; there are"
    ):
        nn.onnx.load(proto.SerializeToString())
    proto.graph.node[0].CopyFrom(node("Gelu", "x", domain="com.microsoft"))
    proto.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    with pytest.raises(NotImplementedError, match=r"is com.microsoft.Gelu, which cannot be computed here"):
        nn.onnx.load(proto.SerializeToString())


@pytest.mark.parametrize(
    ("made", "shapes", "message"),
    [
        (
            node("RNN", "x", "w", "r", hidden_size=2, activations=["Affine"]),
            [(3, 1, 2), (1, 2, 2), (1, 2, 2)],
            "activations",
        ),
        (node("ConvTranspose", "x", "w", output_shape=[9]), [(1, 1, 4), (1, 1, 2)], "an output of 9 elements"),
    ],
    ids=lambda v: getattr(v, "op_type", ""),
)
def test_nodes_told_what_we_cannot_do(made, shapes, message):
    given = {name: np.ones(shape, np.float32) for name, shape in zip("xwr", shapes, strict=False)}
    model = nn.onnx.load(of_nodes([made], given, len(made.output), opset=18).SerializeToString())
    with pytest.raises(NotImplementedError, match=f"node 'the {made.op_type}', {made.op_type}: .*{message}"):
        model(*given.values())


def test_calling_a_loaded_model():
    model = nn.onnx.load(nn.onnx.export(nn.Bilinear(2, 3, 1), (ag.ones(1, 2), ag.ones(1, 3))).SerializeToString())
    for args, kwargs in [((ag.ones(1, 2),), {}), ((ag.ones(1, 2),) * 3, {}), ((ag.ones(1, 2),), {"other": 1})]:
        with pytest.raises(TypeError, match="ONNXModule: takes the inputs input_0, input_1, got [13] in order"):
            model(*args, **kwargs)
    with pytest.raises(TypeError, match="input 'input_1' must be a tensor or an array, got float 3.0"):
        model(ag.ones(1, 2), 3.0)
    with pytest.raises(ValueError) as caught:
        nn.Sequential(model)[0](ag.ones(1, 2), ag.ones(1, 5))
    assert any(note.startswith("[in node /") for note in caught.value.__notes__)
