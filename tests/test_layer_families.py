"""Layers for one, two and three dimensions that are written once; `device` and `dtype` of all layers with parameters."""

import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.layers.spatial import SPACE, Spatial, symbols

from . import public

CLASSES = {name: kind for name, kind in vars(nn).items() if isinstance(kind, type)}
SPATIAL = {name: kind for name, kind in CLASSES.items() if issubclass(kind, Spatial)}
FAMILIES = sorted({name[:-2] for name in SPATIAL})


def test_the_families():
    assert len(FAMILIES) == 23 and len(SPATIAL) == 3 * 23 - 1  # there is no FractionalMaxPool1d
    for name, kind in SPATIAL.items():
        assert name.endswith(f"{kind.dims}d")


@pytest.mark.parametrize("name", SPATIAL)
def test_the_docstring_is_of_this_number_of_dimensions(name):
    kind = SPATIAL[name]
    text = inspect.getdoc(kind)
    assert text == inspect.cleandoc(kind.__doc__) and kind.__name__ == name
    assert not re.search(r"[{}]", text)
    assert f"{SPACE[kind.dims]})" in text or "as for `" in text  # a lazy layer's shapes are those of the layer
    others = [f"{d}d" for d in SPACE if d != kind.dims]
    for other in re.findall(r"`(\w+\dd)`", text):
        # what is said of one layer of a family by name
        assert not other.endswith(tuple(others)) or other in ("AvgPool1d", "Dropout1d", "Dropout2d", "Dropout3d")


def test_symbols():
    assert symbols(1)["at"] == "s i + d u − p" and symbols(3)["space"] == "D, H, W"
    two = symbols(2)
    assert two["sides"] == "(left, right, top, bottom)" and two["inside"] == "i − top, j − left"
    assert two["out"] == "OH, OW" and two["product"] == "KH KW" and two["window"] == "s i + u, s j + v"


def test_a_subclass_keeps_the_docstring_that_it_has():
    class Plain(nn.MaxPool2d):
        pass

    class Described(nn.Conv2d):
        """Mine, with {braces}."""

    assert Plain.__doc__ is None and Described.__doc__ == "Mine, with {braces}."
    assert Plain(2)(ag.ones(1, 4, 4)).shape == (1, 2, 2)


def test_without_docstrings():
    code = "import nn; print(nn.MaxPool2d.__doc__, nn.MaxPool2d(2), nn.LazyConv1d(1, 1).dims)"
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.startswith("None MaxPool2d(kernel_size=2") and done.stdout.strip().endswith("1")


@pytest.mark.parametrize("name", SPATIAL)
def test_the_constructor_has_the_class_s_name(name):
    kind = SPATIAL[name]
    assert kind.__init__.__qualname__ == f"{name}.__init__"
    parameters = list(inspect.signature(kind).parameters.values())
    assert all(p.annotation is not p.empty for p in parameters)


def test_pickles_of_before_the_poolings_were_two_files():
    from nn.layers import pooling, pooling_adaptive

    for name in ("AdaptiveAvgPool2d", "FractionalMaxPool3d", "GlobalMaxPool1d", "KMaxPool1d"):
        assert getattr(pooling, name) is getattr(pooling_adaptive, name) is getattr(nn, name)
    now = pickle.dumps(nn.AdaptiveAvgPool2d(1), protocol=0)
    assert b"cnn.layers.pooling_adaptive\n" in now
    before = pickle.loads(now.replace(b"cnn.layers.pooling_adaptive\n", b"cnn.layers.pooling\n"))
    assert type(before) is nn.AdaptiveAvgPool2d and before.output_size == 1


# -------------------------------------------------------------------------------------------------- device and dtype

ARGUMENTS = {
    "AdaptiveLogSoftmaxWithLoss": (4, 8, [2]), "Adaline": (2,), "BatchNorm": (2,), "Bilinear": (2, 3, 4),
    "Conv": (2, 3, 2), "ConvTranspose": (2, 3, 2), "DropConnect": (2, 3), "Elman": (2, 3, 4), "Embedding": (3, 2),
    "EmbeddingBag": (3, 2), "EuclideanRBF": ([[1.0, 2.0]],), "GPT": (4, 5, 1, 2, 8), "GRU": (2, 3), "GRUCell": (2, 3),
    "GroupNorm": (2, 4), "InstanceNorm": (2,), "Jordan": (2, 3, 4), "LSTM": (2, 3), "LSTMCell": (2, 3), "LayerNorm": (2,),
    "LazyConv": (2, 3), "LazyConvTranspose": (2, 3), "LazyLinear": (2,), "LeNet5": (), "LeNet5Original": (),
    "LazyBatchNorm": (), "LazyInstanceNorm": (), "Linear": (2, 3), "MLP": ([2, 3],), "MultiheadAttention": (4, 2),
    "Perceptron": (2,), "RBF": (2, 3), "RBFNetwork": (2, 3, 4), "RMSNorm": (2,), "RNN": (2, 3), "RNNBase": ("GRU", 2, 3),
    "RNNCell": (2, 3), "RNNCellBase": (2, 3, True, 1), "RecurrentLM": (4,), "Transformer": (4, 2, 1, 1, 8),
    "TransformerDecoderLayer": (4, 2, 8), "TransformerEncoderLayer": (4, 2, 8), "UninitializedBuffer": (),
    "UninitializedParameter": (),
}  # fmt: skip
ELSEWHERE = {"LinearCrossEntropyLoss", "PReLU"}  # tested with the losses and activations
WITH_DTYPE = sorted(
    n for n, kind in CLASSES.items() if "dtype" in inspect.signature(kind).parameters and n not in ELSEWHERE
)


def arguments(name):
    """What a class is made with; of one that is not listed, 2 for each parameter that has no default."""
    listed = ARGUMENTS.get(name, ARGUMENTS.get(re.sub(r"\dd$", "", name)))
    needed = [p for p in inspect.signature(CLASSES[name]).parameters.values() if p.default is p.empty]
    return (2,) * len(needed) if listed is None else listed


@pytest.mark.parametrize("name", WITH_DTYPE)
def test_device_stands_before_dtype(name):
    kind, args = CLASSES[name], arguments(name)
    names = list(inspect.signature(kind).parameters)
    assert names.index("dtype") == names.index("device") + 1
    assert not [text for text in public.differences(f"nn.{name}", kind) if "device" in text or "dtype" in text]
    layer = kind(*args, device="cpu", dtype=np.float64)
    tensors = [layer] if isinstance(layer, ag.Tensor) else [*layer.parameters(), *layer.buffers()]
    assert all(t.dtype == np.float64 for t in tensors if t.dtype.kind == "f")
    assert any(t.dtype == np.float64 for t in tensors) or name.startswith("InstanceNorm")  # which has no parameters
    assert type(kind(*args, device=None)) is kind
    message = f"^({name}: )?there are no devices: .* leave out device='cuda:0'$"
    with pytest.raises(TypeError, match=message):
        kind(*args, device="cuda:0")


def test_a_device_by_position():
    with pytest.raises(TypeError, match="Linear: there are no devices"):
        nn.Linear(2, 3, True, "cuda")
    with pytest.raises(TypeError, match="Linear: there are no devices.* device=dtype"):
        nn.Linear(2, 3, True, np.dtype(np.float64))
    assert nn.Linear(2, 3, True, "cpu", np.float64).weight.dtype == np.float64
    with pytest.raises(TypeError, match="BatchNorm2d: there are no devices"):  # which makes no tensors at all
        nn.BatchNorm2d(2, 1e-5, 0.1, False, False, "cuda")


def test_a_device_passed_on_by_a_subclass():
    class Mine(nn.Linear):
        def __init__(self, device):
            super().__init__(2, 3, device=device)

    assert Mine("cpu").bias.shape == (3,)
    with pytest.raises(TypeError, match="Mine: there are no devices"):
        Mine("cuda")


def test_the_mask_of_a_transformer():
    mask = nn.Transformer.generate_square_subsequent_mask(2, "cpu", np.float64)
    assert mask.dtype == np.float64 and mask.tolist() == [[0, -np.inf], [0, 0]]
    with pytest.raises(TypeError, match="generate_square_subsequent_mask: there are no devices"):
        nn.Transformer.generate_square_subsequent_mask(2, "cuda")


def test_an_unknown_mode():
    with pytest.raises(ValueError, match="RNNBase: mode is one of RNN_TANH, RNN_RELU, GRU, LSTM, got 'TANH'"):
        nn.RNNBase("TANH", 2, 3)
