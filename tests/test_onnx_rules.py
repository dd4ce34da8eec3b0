"""What the rules of `nn.onnx.load` do with attributes: each is read, cannot change anything, or is refused by its name.
And Resize, compared with onnxruntime."""

import itertools

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.onnx
from nn.interchange.onnx.reading.graph import HINTS, Node
from nn.interchange.onnx.reading.nodes import NODES

from .test_onnx import FOREIGN, arrays, assert_same, evaluate, helper, node, of_nodes, onnx

SCHEMAS = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == "" and s.name in NODES]


def loaded(proto):
    for output in proto.graph.output:
        if not output.type.tensor_type.elem_type:  # where onnx cannot tell the type either
            dims = proto.graph.input[0].type.tensor_type.shape.dim
            output.type.CopyFrom(helper.make_tensor_type_proto(1, [None] * len(dims)))
    return nn.onnx.load(proto.SerializeToString())


def same_as_runtime(proto, *inputs):
    ours = arrays(loaded(proto)(*inputs))
    assert_same(ours, evaluate(proto, inputs), 1e-5)


# ------------------------------------------------------------------------------------------------- attributes in general


@pytest.mark.parametrize("kind", NODES)
def test_an_attribute_that_nobody_knows(kind):
    proto = helper.make_node(kind, ["x"], ["a"], "it", unheard_of=3)
    with pytest.raises(
        NotImplementedError, match=rf"node 'it', {kind}: the attribute unheard_of=3 cannot be taken into"
    ):
        Node(onnx, proto, onnx.defs.onnx_opset_version())


def test_an_attribute_that_nobody_knows_in_a_file():
    proto = of_nodes([node("Relu", "x")], {"x": np.ones(3, np.float32)})
    proto.graph.node[0].attribute.append(helper.make_attribute("unheard_of", 3))
    with pytest.raises(ValueError, match="not a valid ONNX file .*unheard_of"):  # the checker of onnx is the first
        loaded(proto)
    proto = of_nodes([node("LayerNormalization", "x", "x", stash_type=0)], {"x": np.ones(3, np.float32)})
    with pytest.raises(NotImplementedError, match="LayerNormalization: the attribute stash_type=0 cannot"):
        loaded(proto)


SAMPLES = {"FLOAT": 0.123, "INT": 77, "STRING": "nonsense", "FLOATS": [0.5, 0.25], "INTS": [7, 8], "STRINGS": ["a"]}


def test_every_attribute_of_every_version_is_read_or_idle_or_refused():
    refused = set()
    for schema in SCHEMAS:
        rule = NODES[schema.name]
        assert not rule.reads & rule.ignores
        for name, attribute in schema.attributes.items():
            kind = str(attribute.type).rpartition(".")[2]
            value = onnx.helper.make_tensor("t", 1, [1], [1.0]) if kind == "TENSOR" else SAMPLES.get(kind)
            if value is None or name in rule.reads | rule.ignores | HINTS:
                continue
            refused.add((schema.name, name))
            proto = helper.make_node(schema.name, ["x"], ["a"], "it", **{name: value})
            with pytest.raises(NotImplementedError, match=f"the attribute {name}="):
                Node(onnx, proto, schema.since_version)
            if attribute.default_value.name:  # to say what holds anyway is no reason to refuse
                proto.attribute[0].CopyFrom(attribute.default_value)
                Node(onnx, proto, schema.since_version)
    assert {("LayerNormalization", "stash_type"), ("Constant", "value_string")} <= refused


def test_what_a_rule_says_it_reads_is_read(monkeypatch):
    """Over the nodes of another test: no attribute is declared and then passed over."""
    asked: dict = {}
    get = Node.get

    def record(self, name, default=None):
        asked.setdefault(self.kind, set()).add(name)
        return get(self, name, default)

    monkeypatch.setattr(Node, "get", record)
    for made, shape, initializers in FOREIGN:
        x = {} if shape is None else {"x": np.ones(shape, np.float32)}
        loaded(of_nodes([made], x, len(made.output), initializers=initializers.items()))(*x.values())
    optional = {"Clip": {"min", "max"}, "Pad": {"pads", "paddings", "value"}, "Slice": {"starts", "ends", "axes"}}
    optional |= {
        "Reshape": {"shape"},
        "Split": {"split"},
        "TopK": {"k"},
        "Cast": {"saturate"},
        "Resize": {"cubic_coeff_a"},
    }
    optional |= {
        "MaxPool": {"pads", "storage_order"},
        "AveragePool": {"pads"},
        "LpPool": {"pads"},
        "Conv": {"pads"},
        "ConvTranspose": {"pads"},
    }
    optional["Resize"] |= {"extrapolation_value", "keep_aspect_ratio_policy"}
    for kind, names in asked.items():
        left = NODES[kind].reads - names - optional.get(kind, set())
        left -= {"axes"} if kind in ("Squeeze", "Unsqueeze") or kind.startswith("Reduce") else set()  # an input by now
        left -= {"noop_with_empty_axes"} if kind.startswith("Reduce") else set()  # of no axes
        left -= {"linear_before_reset", "input_forget"} if kind in ("LSTM", "RNN", "GRU") else set()
        assert not left, (kind, left)
    assert len(asked) > 35


def test_attributes_that_were_passed_over():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, 4, 4, 6)).astype(np.float32)
    swish = loaded(of_nodes([node("Swish", "x", alpha=1.5)], {"x": x}, opset=24))
    assert_same(arrays(swish(x)), [x / (1 + np.exp(-1.5 * x))], 1e-6)
    crd = Node(onnx, node("SpaceToDepth", "x", blocksize=2, mode="CRD"), 28)
    assert_same([crd([ag.tensor(x)])[0].numpy()], [nn.functional.pixel_unshuffle(ag.tensor(x), 2).numpy()])
    back = Node(onnx, node("DepthToSpace", "x", blocksize=2, mode="CRD"), 13)
    assert_same([back(list(crd([ag.tensor(x)])))[0].numpy()], [x])
    with pytest.raises(NotImplementedError, match="its output 2, 'b'"):
        Node(onnx, node("Swish", "x", outputs=2), 24)([ag.tensor(x)])
    for made, opset, message in (
        (node("Resize", "x", "", "s", mode="nearest", antialias=1), 18, "antialias with mode=nearest"),
        (node("Split", "x", num_outputs=2), 18, "num_outputs=2 with 1 outputs"),
        (
            node("Conv", "x", "w", kernel_shape=[5, 5]),
            18,
            r"kernel_shape=\[5, 5\] with a weight of shape \(1, 4, 1, 1\)",
        ),
        (node("ConvTranspose", "x", "v", kernel_shape=[5, 5]), 18, r"kernel_shape=\[5, 5\] with a weight of shape"),
    ):
        held = {
            "s": np.array([1, 1, 2, 2], np.float32),
            "w": np.ones((1, 4, 1, 1), np.float32),
            "g": np.ones(6, np.float32),
        }
        held["v"] = np.ones((4, 1, 1, 1), np.float32)
        proto = of_nodes([made], {"x": x}, len(made.output), opset=opset, initializers=held.items())
        with pytest.raises(NotImplementedError, match=message):
            loaded(proto)(x)


@pytest.mark.parametrize(
    ("kind", "compute"),
    [("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.divide), ("Pow", np.power)],
)
def test_axis_and_broadcast_before_opset_7(kind, compute):
    x, y = np.arange(24, dtype=np.float32).reshape(2, 3, 4) + 1, np.array([1, 2, 3], np.float32)
    for axis in (1, -2):
        made = Node(onnx, node(kind, "x", "y", axis=axis, broadcast=1), 6)
        np.testing.assert_allclose(made([ag.tensor(x), ag.tensor(y)])[0].numpy(), compute(x, y[:, None]), rtol=1e-6)
    made = Node(onnx, node(kind, "x", "y", broadcast=1), 6)
    np.testing.assert_allclose(made([ag.tensor(x), ag.tensor(x[0, 0])])[0].numpy(), compute(x, x[0, 0]), rtol=1e-6)


def test_other_things_of_older_operator_sets():
    x = np.linspace(-2, 2, 8, dtype=np.float32).reshape(1, 4, 2)
    assert Node(onnx, node("Cast", "x", to="INT32"), 5)([ag.tensor(x)])[0].dtype == np.int32
    for version, slope in ((6, [1, 2, 3, 4]), (7, [[1], [2], [3], [4]])):
        out = Node(onnx, node("PRelu", "x", "y"), version)([ag.tensor(x), ag.tensor(np.array(slope, np.float32))])[0]
        np.testing.assert_array_equal(out.numpy(), np.where(x < 0, x * [[1], [2], [3], [4]], x))
    assert Node(onnx, node("Concat", "x", "y"), 1)([ag.tensor(x), ag.tensor(x)])[0].shape == (1, 8, 2)


# ------------------------------------------------------------------------------------------------------------- resizing


def resize(x, opset=19, scales=None, sizes=None, roi=None, **attributes):
    names, held = ["x"], []
    for name, value, dtype in (("r", roi, np.float32), ("s", scales, np.float32), ("z", sizes, np.int64)):
        names.append("" if value is None else name)
        held += [] if value is None else [(name, np.array(value, dtype))]
    while not names[-1]:
        names.pop()
    return of_nodes([node("Resize", *names, **attributes)], {"x": x}, opset=opset, initializers=held)


def test_the_scale_of_a_file_counts_not_the_ratio_of_the_sizes():
    """Eight elements by 1.6 are twelve, which lie 1 / 1.6 apart."""
    x = np.tile(np.arange(8, dtype=np.float32), (1, 1, 8, 1))
    for mode, where in itertools.product(
        ("nearest", "linear", "cubic"), ("half_pixel", "pytorch_half_pixel", "asymmetric")
    ):
        same_as_runtime(resize(x, scales=[1, 1, 1.6, 1.6], mode=mode, coordinate_transformation_mode=where), x)


@pytest.mark.parametrize("rounding", ["round_prefer_floor", "round_prefer_ceil", "floor"])
@pytest.mark.parametrize("where", ["half_pixel", "asymmetric", "align_corners"])
def test_halves_are_rounded_as_there(where, rounding):
    """Eight of seven elements by `asymmetric`: the fourth lies at 4 · 7 / 8 = 3.5, or a little less by a rounded scale."""
    for n, out in itertools.product(range(2, 9), range(2, 15)):
        x = np.tile(np.arange(n, dtype=np.float32), (1, 1, 2, 1))
        how = {"coordinate_transformation_mode": where, "nearest_mode": rounding}
        same_as_runtime(resize(x, sizes=[1, 1, 3, out], **how), x)


COORDINATES = [
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_crop_and_resize",
]
ROUNDINGS = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]


PAIRS = sorted(
    {*itertools.product(("nearest", "linear", "cubic"), COORDINATES)} - {("nearest", "half_pixel_symmetric")}
)


@pytest.mark.parametrize(("mode", "where"), PAIRS)
def test_resize(mode, where):
    rng = np.random.default_rng(0)
    compared = 0
    for _ in range(60):
        x = rng.normal(size=(1, 2, *rng.integers(2, 9, 2))).astype(np.float32)
        how = {"mode": mode, "coordinate_transformation_mode": where}
        if mode == "nearest":
            how["nearest_mode"] = ROUNDINGS[rng.integers(4)]
        if mode == "cubic":
            how |= {"cubic_coeff_a": [-0.75, -0.5][rng.integers(2)], "exclude_outside": int(rng.integers(2))}
        if mode != "nearest" and where != "tf_crop_and_resize":
            how["antialias"] = int(rng.integers(2))
        inputs = {}
        if where == "tf_crop_and_resize":
            how["extrapolation_value"] = 2.5
            inputs["roi"] = [0, 0, *rng.uniform(-0.2, 0.5, 2), 1, 1, *rng.uniform(0.5, 1.2, 2)]
        if rng.integers(2):
            inputs["scales"] = [1, 1, *rng.choice([0.5, 0.6, 0.8, 1.05, 1.2, 1.6, 2, 2.5, 3], 2)]
        elif rng.integers(2) and where != "tf_crop_and_resize":
            how |= {"axes": [2, 3], "keep_aspect_ratio_policy": ["not_larger", "not_smaller"][rng.integers(2)]}
            inputs["sizes"] = rng.integers(2, 14, 2)
        else:
            inputs["sizes"] = [1, 2, *rng.integers(1, 14, 2)]
        proto = resize(x, **inputs, **how)
        try:
            ours = arrays(loaded(proto)(x))
        except NotImplementedError:  # named in the next test
            continue
        try:
            theirs = evaluate(proto, [x])
        except Exception:  # onnxruntime has no kernel for every combination
            continue
        assert_same(ours, theirs, 2e-5)
        compared += 1
    assert compared > 15


@pytest.mark.parametrize(
    ("inputs", "attributes", "message"),
    [
        ({"scales": [1, 1, 2, 2]}, {"coordinate_transformation_mode": "half_pixel_symmetric"}, "symmetric with mode=nearest"),
        ({"scales": [1, 1, 2, 2]}, {"exclude_outside": 1}, "exclude_outside with mode=nearest"),
        ({"scales": [1, 1, 2, 2]}, {"mode": "linear", "exclude_outside": 1}, "exclude_outside with mode=linear"),
        ({"scales": [1, 1, 2, 2]}, {"nearest_mode": "other"}, "nearest_mode=other"),
        ({"scales": [1, 1, 2, 2]}, {"mode": "other"}, "mode=other"),
        ({"scales": [1, 1, 2, 2]}, {"coordinate_transformation_mode": "other"}, "coordinate_transformation_mode=other"),
        ({"scales": [1, 1, 2, 2]}, {"antialias": 1}, "antialias with mode=nearest"),
        ({"sizes": [1, 1, 8, 8]}, {"keep_aspect_ratio_policy": "other"}, "keep_aspect_ratio_policy=other"),
        ({"scales": [1, 1, 0.1, 0.1]}, {}, "4 elements resized to 0 by the scale 0.1"),
        ({"scales": [2, 2]}, {}, "2 scales or sizes for 4 dimensions"),
        ({"scales": [1, 1, 2, 2], "sizes": [1, 1, 8, 8]}, {}, "scales and sizes together"),
        ({"scales": [1, 1, 1, 1], "roi": [0, 0, 0.1, 0.1, 1, 1, 0.9, 0.9]},
         {"coordinate_transformation_mode": "tf_crop_and_resize"}, "tf_crop_and_resize without a change of the size"),
        ({"scales": [1, 1, 2, 2], "roi": [0, 0, 0.1, 0.1, 1, 1, 0.9, 0.9]},
         {"coordinate_transformation_mode": "tf_crop_and_resize", "mode": "linear", "antialias": 1}, "antialias with coord"),
    ],
)  # fmt: skip
def test_resizing_that_is_refused(inputs, attributes, message):
    x = np.ones((1, 1, 4, 4), np.float32)
    with pytest.raises(NotImplementedError, match=f"node 'the Resize', Resize: .*{message}"):
        loaded(resize(x, **inputs, **attributes))(x)


def test_other_dimensions_and_whole_numbers():
    x = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    how = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    out = arrays(loaded(resize(x, scales=[2, 1.5, 2], **how))(x))[0]
    assert out.shape == (4, 3, 6) and out[::2, 0].tolist() == np.repeat(x[:, 0], 2, -1).tolist()
    whole = resize(x.astype(np.int64), scales=[1, 1, 2], mode="nearest")
    assert_same(arrays(loaded(whole)(x.astype(np.int64))), [np.repeat(x.astype(np.int64), 2, 2)])
    with pytest.raises(NotImplementedError, match="mode=linear of int64"):
        loaded(resize(x.astype(np.int64), scales=[1, 1, 2], mode="linear"))(x.astype(np.int64))


@pytest.mark.parametrize("opset", [9, 10])
@pytest.mark.parametrize("mode", ["nearest", "linear"])
@pytest.mark.parametrize("scales", [[1, 1, 2, 3], [1, 1, 1.6, 1.3], [1, 1, 0.6, 0.5]])
def test_before_there_was_a_choice_of_coordinates(opset, mode, scales):
    if opset == 9 and min(scales) < 1:
        pytest.skip("Upsample does not shrink")
    x = np.random.default_rng(0).normal(size=(1, 2, 5, 6)).astype(np.float32)
    made = node("Upsample" if opset == 9 else "Resize", "x", "s", mode=mode)
    same_as_runtime(of_nodes([made], {"x": x}, opset=opset, initializers=[("s", np.array(scales, np.float32))]), x)


def test_scales_as_an_attribute():
    x = np.random.default_rng(0).normal(size=(1, 2, 2, 3)).astype(np.float32)
    same_as_runtime(
        of_nodes([node("Upsample", "x", mode="nearest", scales=[1.0, 1.0, 2.0, 2.0])], {"x": x}, opset=8), x
    )
    first = Node(onnx, node("Upsample", "x", mode="bilinear", height_scale=2.0, width_scale=1.0), 1)
    assert first([ag.tensor(x)])[0].shape == (1, 2, 4, 3)


def test_gradients_of_resizing():
    x = ag.tensor(np.random.default_rng(0).normal(size=(1, 1, 4, 5)), requires_grad=True)
    for how in ({"mode": "cubic", "exclude_outside": 1}, {"mode": "linear", "antialias": 1}, {"mode": "nearest"}):
        model = loaded(resize(x.detach().numpy(), scales=[1, 1, 1.6, 0.7], **how))
        assert ag.gradcheck(model, [x])


# -------------------------------------------------------------------------------------------------------- external data


def external(location, values, constant=False, **entries):
    """x + w, where w is kept in another file."""
    tensor = onnx.numpy_helper.from_array(np.asarray(values, np.float32), "w")
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": location, **entries}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
    nodes = [helper.make_node("Add", ["x", "w"], ["a"])]
    if constant:
        nodes.insert(0, helper.make_node("Constant", [], ["w"], "the constant", value=tensor))
    info = [helper.make_tensor_value_info(name, 1, [3]) for name in ("x", "a")]
    graph = helper.make_graph(nodes, "g", info[:1], info[1:], [] if constant else [tensor])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder for the model, with the weights, in another one that is the current."""
    (tmp_path / "model" / "below").mkdir(parents=True)
    weights = np.arange(5, dtype=np.float32).tobytes()
    for name in ("model/w.bin", "model/below/w.bin", "outside.bin", "here.bin"):
        (tmp_path / name).write_bytes(weights)
    (tmp_path / "model" / "link.bin").symlink_to(tmp_path / "outside.bin")
    (tmp_path / "model" / "near.bin").symlink_to(tmp_path / "model" / "w.bin")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "model"


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("location", ["w.bin", "below/w.bin", "near.bin", "./w.bin"])
def test_weights_beside_the_model(location, constant, folder):
    (folder / "m.onnx").write_bytes(external(location, [0, 0, 0], constant, offset=4, length=12).SerializeToString())
    model = nn.onnx.load(folder / "m.onnx")
    assert model(ag.zeros(3)).tolist() == [1, 2, 3]
    assert len(list(model.parameters())) == (0 if constant else 1)
    assert nn.onnx.load("model/m.onnx")(ag.zeros(3)).tolist() == [1, 2, 3]  # relative to the model, not to where we are


@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize(
    ("location", "entries", "message"),
    [
        ("here.bin", {}, "which is not in .*model; put it beside the model"),
        ("../outside.bin", {}, "must be a path inside the model's folder, without '..'"),
        ("below/../../outside.bin", {}, "must be a path inside"),
        ("/etc/hostname", {}, "must be a path inside"),
        ("C:\\w.bin", {}, "must be a path inside"),
        ("..\\outside.bin", {}, "must be a path inside"),
        ("", {}, "must be a path inside"),
        ("link.bin", {"length": 12}, "which leads out of .*model or is no file"),
        ("below", {}, "which leads out of .*model or is no file"),
        ("w.bin", {}, r"20 bytes from 0 on; its shape \(3,\) takes 12, and .*w.bin has 20; export the model again"),
        ("w.bin", {"offset": 12, "length": 12}, "12 bytes from 12 on; .* has 20"),
        ("w.bin", {"offset": -4, "length": 12}, "12 bytes from -4 on"),
        ("w.bin", {"length": 2**62}, "has 20"),
        ("w.bin", {"length": "many"}, "at no number of bytes"),
    ],
)
def test_weights_that_are_not_read(location, entries, message, constant, folder):
    (folder / "m.onnx").write_bytes(external(location, [0, 0, 0], constant, **entries).SerializeToString())
    with pytest.raises(ValueError, match=f"m.onnx: the data of 'w' is kept in '.*{message}"):
        nn.onnx.load(folder / "m.onnx")


def test_bytes_have_no_folder(folder):
    content = external("w.bin", [0, 0, 0], length=12).SerializeToString()
    with pytest.raises(ValueError, match="the file: .* and bytes have no folder to look in; load the file by its path"):
        nn.onnx.load(content)


def test_weights_inside_a_branch(folder):
    """Before the graph is looked at: a branch cannot be computed here, but it must not be a way around either."""
    inner = external("/etc/hostname", [0, 0, 0], True).graph
    outer = external("w.bin", [0, 0, 0], length=12)
    outer.graph.node.append(helper.make_node("If", ["x"], ["b"], "branch", then_branch=inner, else_branch=inner))
    (folder / "m.onnx").write_bytes(outer.SerializeToString())
    with pytest.raises(ValueError, match="is kept in '/etc/hostname'; it must be a path inside"):
        nn.onnx.load(folder / "m.onnx")


# ------------------------------------------------------------------------------------------ activations with parameters


PARAMETERS = [
    ("RNN", ["LeakyRelu"], [0.3], []),
    ("RNN", ["Affine"], [0.5], [0.1]),
    ("RNN", ["ScaledTanh"], [1.5], [0.5]),
    ("RNN", ["ThresholdedRelu"], [0.2], []),
    ("RNN", ["Elu"], [0.4], []),
    ("RNN", ["LeakyRelu"], [], []),
    ("RNN", ["HardSigmoid", "Tanh"], [0.3], [0.4]),
    ("GRU", ["HardSigmoid", "LeakyRelu"], [0.3, 0.1], [0.4]),
    ("LSTM", ["HardSigmoid", "Tanh", "ScaledTanh"], [0.3, 1.2], [0.4, 0.7]),
    ("LSTM", ["Sigmoid", "LeakyRelu", "Tanh", "HardSigmoid", "Tanh", "Elu"], [0.2, 0.3, 0.8], [0.6]),
]


def recurrent_node(kind, activations, alpha, beta):
    G, D = {"RNN": 1, "GRU": 3, "LSTM": 4}[kind], 2 if len(activations) in (2, 6) and kind != "GRU" else 1
    rng = np.random.default_rng(0)
    w, r, b = (rng.standard_normal(s).astype(np.float32) for s in ((D, G * 2, 3), (D, G * 2, 2), (D, G * 4)))
    options = {"activation_alpha": alpha} if alpha else {}
    options |= {"activation_beta": beta} if beta else {}
    proto = helper.make_node(
        kind, ["x", "w", "r", "b"], ["a"], "it", hidden_size=2, activations=activations,
        direction="bidirectional" if D == 2 else "forward", **options,
    )  # fmt: skip
    x = rng.standard_normal((4, 2, 3)).astype(np.float32)
    return of_nodes([proto], {"x": x}, initializers=[("w", w), ("r", r), ("b", b)]), x


@pytest.mark.parametrize(("kind", "activations", "alpha", "beta"), PARAMETERS)
def test_activations_with_parameters(kind, activations, alpha, beta):
    onnxruntime = pytest.importorskip("onnxruntime")
    proto, x = recurrent_node(kind, activations, alpha, beta)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    assert_same(arrays(loaded(proto)(x)), session.run(None, {"x": x}), 1e-5)


@pytest.mark.parametrize(
    ("activations", "alpha", "beta"),
    [(["LeakyRelu"], [0.1, 0.2], []), (["Tanh"], [0.1], []), (["Affine"], [0.5], []), (["ScaledTanh"], [], [])],
)
def test_parameters_that_do_not_fit_the_activations(activations, alpha, beta):
    proto, x = recurrent_node("RNN", activations, alpha, beta)
    with pytest.raises(NotImplementedError, match="RNN: activation_(alpha|beta)=.* must have a number for each"):
        loaded(proto)(x)
