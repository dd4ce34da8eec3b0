"""nn.summary: counts by formulas, receptive fields against the reach of gradients, and a model left as it was."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.engine import graph
from nn.summary import Summary, shapes


def by_path(result):
    return {row.path: row for row in result.rows}


def test_lenet():
    result = nn.summary(nn.LeNet5(), (16, 1, 28, 28))
    rows = by_path(result)
    assert isinstance(result, Summary)
    assert rows["features.conv2"].output == (16, 16, 10, 10) and rows["features.conv2"].kind == "Conv2d"
    macs = {
        "features.conv1": 16 * 28 * 28 * 6 * 25,
        "features.conv2": 16 * 10 * 10 * 16 * 6 * 25,
        "classifier.fc1": 16 * 400 * 120,
        "classifier.fc2": 16 * 120 * 84,
        "classifier.fc3": 16 * 84 * 10,
    }
    assert {path: row.mult_adds for path, row in rows.items() if row.mult_adds} == macs
    assert result.total_mult_adds == sum(macs.values())
    assert rows["features.conv1"].parameters == 6 * 26 and rows["classifier.fc1"].parameters == 401 * 120
    assert result.total_params == result.trainable_params == 61706 and result.parameter_bytes == 4 * 61706
    fields = ["conv1", "pool1", "conv2", "pool2"]
    assert [rows[f"features.{name}"].receptive_field for name in fields] == [(5, 5), (6, 6), (14, 14), (16, 16)]
    assert rows["features.pool2"].stride == (4, 4) and rows["flatten"].receptive_field is None
    assert result.input == (16, 1, 28, 28) and result.input_bytes == 16 * 784 * 4


def test_what_is_kept_for_backward():
    model = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 7), nn.Sigmoid(), nn.Flatten(0))
    result = nn.summary(model, (2, 3))
    assert result.activation_bytes == (10 + 14) * 4  # the outputs of tanh and sigmoid; the input is not counted again
    for p in model.parameters():
        p.requires_grad_(False)
    assert nn.summary(model, (2, 3)).trainable_params == 0
    assert nn.summary(nn.BatchNorm1d(3), (2, 3)).buffer_bytes == 2 * 12 + 8


class Everything(nn.Module):
    """Several inputs and outputs, a part called twice, one shared, one never called, operations without a module."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(10, 8)
        self.lstm = nn.LSTM(8, 6, bidirectional=True)
        self.cell = nn.GRUCell(4, 4)
        self.alias = self.lstm
        self.unused = nn.Linear(2, 2)
        self.parts = nn.ModuleList([nn.Linear(12, 4)])
        self.embedding.weight.requires_grad_(False)

    def forward(self, words, scale, *, power=1):
        y, states = self.lstm(self.embedding(words))
        y = self.parts[0](y) * scale**power
        h = self.cell(y[0], self.cell(y[1]))
        return {"scores": y @ h.T, "states": states}


def test_several_inputs_and_outputs():
    result = nn.summary(Everything(), [(5, 3), (4,)], dtypes=[np.int64, None], power=2)
    rows = by_path(result)
    assert rows[""].output == {"scores": (5, 3, 3), "states": [(2, 3, 6), (2, 3, 6)]}
    assert rows[""].mult_adds == 5 * 3 * 3 * 4  # the product in its own forward
    assert rows["lstm"].output == [(5, 3, 12), [(2, 3, 6), (2, 3, 6)]]
    assert rows["lstm"].mult_adds == 2 * 15 * 24 * (8 + 6)
    assert rows["cell"].calls == 2 and rows["cell"].mult_adds == 2 * 3 * 12 * (4 + 4)
    assert rows["alias"].shared_with == "lstm" and rows["alias"].parameters == 0
    assert rows["unused"].calls == 0 and rows["unused"].output is None and rows["unused"].parameters == 6
    assert rows["parts"].output is None and rows["parts.0"].output == (5, 3, 4)
    assert rows["embedding"].parameters == 80 and rows["embedding"].trainable == 0
    assert result.input == [(5, 3), (4,)] and result.non_trainable_params == 80
    assert result.total_params == sum(p.numel() for p in Everything().parameters())
    assert result.activation_bytes > 0


def test_attention():
    N, L, E, heads = 2, 5, 8, 2
    for layer in (
        nn.MultiheadAttention(E, heads, batch_first=True),
        nn.MultiheadAttention(E, heads, kdim=E, batch_first=True),
    ):
        x = ag.randn(N, L, E)
        for data in ([x, x, x], [x, x + 1, x * 1]):
            products = N * L * E * 3 * E + 2 * N * L * L * E + N * L * E * E
            assert nn.summary(layer, input_data=data).total_mult_adds == products


@pytest.mark.parametrize(
    "data",
    [
        [np.zeros((5, 3), np.int64), np.ones(4, np.float32)],
        (ag.zeros(5, 3, dtype=np.int64), ag.ones(4)),
        {"words": np.zeros((5, 3), np.int64), "scale": 2.0},
    ],
)
def test_given_inputs(data):
    assert by_path(nn.summary(Everything(), input_data=data))[""].output["scores"] == (5, 3, 3)


def test_one_input_and_named_sizes():
    layer = nn.Linear(3, 2)
    assert nn.summary(layer, input_data=ag.ones(4, 3)).rows[0].output == (4, 2)
    assert nn.summary(layer, input_data=np.ones((4, 3), np.float32)).rows[0].output == (4, 2)
    assert nn.summary(layer, {"input": (4, 3)}).input == (4, 3)
    assert nn.summary(layer, (3,), batch_dim=0).input == (1, 3)
    assert nn.summary(layer.double(), (4, 3)).rows[0].output == (4, 2)  # in the dtype of the model
    packed = nn.utils.rnn.pack_sequence([ag.ones(3, 2), ag.ones(1, 2)])
    result = nn.summary(nn.GRU(2, 3), input_data=packed)
    assert result.rows[0].output == [(4, 3), (1, 2, 3)] and result.rows[0].mult_adds == 4 * 9 * 5


def test_depth():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 3))), nn.Linear(3, 1))
    full = nn.summary(model, (5, 2))
    for depth in range(4):
        result = nn.summary(model, (5, 2), depth=depth)
        assert max(row.depth for row in result.rows) == depth
        assert sum(row.parameters for row in result.rows) == full.total_params == 25
        assert sum(row.mult_adds for row in result.rows) == full.total_mult_adds == 5 * (6 + 9 + 3)


def test_the_table():
    text = str(nn.summary(Everything(), [(5, 3), (4,)], dtypes=[np.int64, None]))
    lines = text.split("\n")
    assert lines[0].split() == ["layer", "output", "parameters", "mult-adds"]
    assert lines[2].startswith("Everything") and "{scores: (5, 3, 3), states: [(2, 3, 6), (2, 3, 6)]}" in lines[2]
    assert lines[3].startswith("├─ embedding: Embedding") and "80 (80 frozen)" in lines[3]
    assert lines[5].startswith("├─ cell: GRUCell ×2")
    assert lines[6].startswith("├─ alias: LSTM") and lines[6].endswith("the same as lstm")
    assert any(line.startswith("└─ parts: ModuleList") for line in lines)
    assert any(line.startswith("   └─ 0: Linear") for line in lines)
    assert "multiply-adds of an input of shape [(5, 3), (4,)]: " in text and "input 136 B" in text
    assert repr(nn.summary(nn.ReLU())).split("\n-")[0] == "layer  parameters"


def test_in_a_notebook():
    page = nn.summary(nn.Sequential(nn.Conv2d(1, 2, 3)), (1, 1, 5, 5))._repr_html_()
    assert page.startswith("<table>") and page.count("<tr>") == 3 and "3×3" in page and "└─ 0: Conv2d" in page
    assert "&lt;" not in page and "memory: parameters 80 B" in page


def test_without_an_input_nothing_runs():
    result = nn.summary(Everything())
    assert result.input is None and result.total_mult_adds == 0 and "mult-adds" not in str(result)
    assert result.total_params == sum(p.numel() for p in Everything().parameters())


# ------------------------------------------------------------------------------------------------------ receptive fields


class Residual(nn.Module):
    def __init__(self, dims):
        super().__init__()
        self.a = CONV[dims](1, 1, 3, padding=1)
        self.b = CONV[dims](1, 1, 3, padding=2, dilation=2)

    def forward(self, x):
        return self.b(self.a(x)) + x


CONV = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
UP = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d}
POOL = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}

NETS = {
    "strides": (2, lambda: [CONV[2](1, 1, (3, 5), stride=(2, 1)), POOL[2](2), CONV[2](1, 1, 3), Residual(2)]),
    "dilated": (1, lambda: [CONV[1](1, 1, 2, dilation=d) for d in (1, 2, 4, 8)]),
    "padded pools": (1, lambda: [POOL[1](3, 2, 1), POOL[1](3, 2, 1), Residual(1)]),
    "volumes": (3, lambda: [CONV[3](1, 1, 2), POOL[3](2), CONV[3](1, 1, 2)]),
    "up again": (1, lambda: [CONV[1](1, 1, 3, stride=2), UP[1](1, 1, 4, stride=2), CONV[1](1, 1, 3)]),
    "up by three": (2, lambda: [UP[2](1, 1, 3, stride=3), CONV[2](1, 1, 2), UP[2](1, 1, 3), POOL[2](2)]),
    "functions": (2, lambda: [nn.Apply(lambda x: F.avg_pool2d(F.pad(x * 2, (1, 1, 1, 1)), 3, 1)), CONV[2](1, 1, 3)]),
}


@pytest.mark.parametrize("name", NETS)
def test_receptive_fields_reach_as_far_as_gradients(name):
    dims, make = NETS[name]
    model = nn.Sequential(*make()).double()
    for p in model.parameters():
        p.data = ag.ones_like(p)
    size = {1: 61, 2: 49, 3: 12}[dims]
    rows = nn.summary(model, (1, 1, *(size,) * dims)).rows
    for i in range(len(model)):
        x = ag.zeros(1, 1, *(size,) * dims, dtype=np.float64, requires_grad=True)
        y = model[: i + 1](x)
        reach = np.zeros(dims, int)
        for shift in (0, 1):  # the widest of neighbouring elements in the middle
            middle = tuple(min(n - 1, n // 2 + shift) for n in y.shape[2:])
            g = ag.grad(y[(0, 0, *middle)], x, retain_graph=True)[0].numpy()[0, 0]
            reach = np.maximum(reach, [1 + np.ptp(places) for places in np.nonzero(g)])
        row = next(row for row in rows if row.path == str(i))
        assert row.receptive_field == tuple(reach)


def test_no_field_after_a_mixture_of_positions():
    model = nn.Sequential(nn.Conv1d(1, 1, 3), nn.Linear(6, 6), nn.Conv1d(1, 1, 3))
    assert [row.receptive_field for row in nn.summary(model, (1, 1, 8)).rows[1:]] == [(3,), None, None]
    unbatched = nn.summary(nn.Sequential(nn.Conv2d(1, 1, 3), nn.MaxPool2d(2)), (1, 8, 8))
    assert unbatched.rows[-1].receptive_field == (4, 4)


# ------------------------------------------------------------------------------------------------------ left as it was


class Changing(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", ag.zeros(1))
        self.register_buffer("last", ag.zeros(1))
        self.norm = nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3))
        self.pruned = nn.utils.prune.l1_unstructured(nn.Linear(3, 3), "weight", 0.5)
        self.dropout = nn.Dropout(0.5)
        self.steps = 0

    def forward(self, x):
        with ag.no_grad():
            self.count += 1.0
        self.last = x.sum().detach().reshape(1)
        self.steps += 1
        return self.dropout(self.pruned(self.norm(x)))


@pytest.mark.parametrize("mode", ["eval", "train", "same"])
@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_left_as_it_was(mode, fails):
    model = nn.Sequential(Changing(), nn.Linear(3, 4 if fails else 2), nn.Linear(2, 1)).train()
    model[0].dropout.eval()
    before = {name: t.numpy().copy() for name, t in model.state_dict().items()}
    objects = {name: id(t) for name, t in model.state_dict(keep_vars=True).items()}
    modes = [m.training for m in model.modules()]
    attributes = [dict(m.__dict__) for m in model.modules()]
    random = ag.get_rng_state()
    if fails:
        with pytest.raises(ValueError, match=r"linear: x has shape .* \[in module 2, Linear, of Sequential\]"):
            nn.summary(model, (5, 3), mode=mode)
    else:
        nn.summary(model, (5, 3), mode=mode)
    for name, t in model.state_dict().items():
        np.testing.assert_array_equal(t.numpy(), before[name])
    assert {name: id(t) for name, t in model.state_dict(keep_vars=True).items()} == objects
    assert [m.training for m in model.modules()] == modes
    assert [dict(m.__dict__) for m in model.modules()] == attributes
    assert all(p.grad is None for p in model.parameters())
    assert ag.get_rng_state() == random and graph.watchers == []
    assert model[0].steps == 0 and not model[1]._hooked


def test_an_input_that_is_changed_in_place():
    x = ag.ones(2, 3)
    nn.summary(nn.Sequential(nn.ReLU(inplace=True), nn.Linear(3, 1)), input_data=x - 2)
    data = ag.ones(2, 3) - 2
    nn.summary(nn.ReLU(inplace=True), input_data=data)
    assert data.tolist() == [[-1] * 3] * 2


def test_inside_no_grad_there_are_fields_too():
    with ag.no_grad():
        assert nn.summary(nn.Sequential(nn.Conv1d(1, 1, 3)), (1, 1, 8)).rows[1].receptive_field == (3,)
        assert not ag.is_grad_enabled()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"input_size": (1, 3), "input_data": 1}, ValueError, "give input_size or input_data, not both"),
        ({"input_size": (1, 3), "mode": "test"}, ValueError, "mode must be 'eval', 'train' or 'same', got 'test'"),
        ({"input_size": (1, 3), "depth": -1}, ValueError, "depth must be a number of levels, 0 or more, got -1"),
        ({"input_size": (1, -3)}, ValueError, r"input_size has a negative size: \(1, -3\)"),
        ({"input_size": 5}, TypeError, "input_size must be a shape, a list or a dictionary of shapes, got 5"),
        ({"input_size": [(1, "a")]}, TypeError, "input_size must be a shape"),
        (
            {"input_size": [(1, 3)], "dtypes": [None, None]},
            ValueError,
            "2 dtypes for 1 inputs; give one, or one for each",
        ),
    ],
)
def test_errors(arguments, error, message):
    with pytest.raises(error, match=message):
        nn.summary(nn.Linear(3, 1), **arguments)
    with pytest.raises(TypeError, match="the model must be a Module, got function"):
        nn.summary(lambda x: x, (1, 3))


def test_shapes_of_nested_values():
    assert shapes({"a": [ag.ones(2), None, 3]}) == {"a": [(2,), None, None]}
