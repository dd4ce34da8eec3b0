"""The layers: their text, parameters and starting values, and that each passes its options on to its function."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn.layers.activation import Apply, activation

# what PyTorch prints, each after the expression that makes the module
REPRS = """
Linear(3, 4)
Linear(in_features=3, out_features=4, bias=True)

Linear(3, 4, bias=False)
Linear(in_features=3, out_features=4, bias=False)

Bilinear(2, 3, 4)
Bilinear(in1_features=2, in2_features=3, out_features=4, bias=True)

Identity(5, x=1)
Identity()

Conv1d(2, 4, 3)
Conv1d(2, 4, kernel_size=(3,), stride=(1,))

Conv2d(2, 4, (3, 5), stride=2, padding=(1, 2), dilation=2, groups=2, bias=False)
Conv2d(2, 4, kernel_size=(3, 5), stride=(2, 2), padding=(1, 2), dilation=(2, 2), groups=2, bias=False)

Conv2d(1, 1, 3, padding="same", padding_mode="reflect")
Conv2d(1, 1, kernel_size=(3, 3), stride=(1, 1), padding=same, padding_mode=reflect)

Conv3d(1, 2, 3, padding=1)
Conv3d(1, 2, kernel_size=(3, 3, 3), stride=(1, 1, 1), padding=(1, 1, 1))

ConvTranspose2d(2, 4, 3, stride=2, padding=1, output_padding=1)
ConvTranspose2d(2, 4, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), output_padding=(1, 1))

MaxPool2d(2)
MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)

MaxPool1d(3, 2, 1, ceil_mode=True)
MaxPool1d(kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=True)

AvgPool1d(2)
AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))

AvgPool2d(2)
AvgPool2d(kernel_size=2, stride=2, padding=0)

LPPool2d(2, 3)
LPPool2d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)

AdaptiveAvgPool2d((None, 3))
AdaptiveAvgPool2d(output_size=(None, 3))

AdaptiveMaxPool1d(4)
AdaptiveMaxPool1d(output_size=4)

MaxUnpool2d(2)
MaxUnpool2d(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0))

Flatten()
Flatten(start_dim=1, end_dim=-1)

Unflatten(1, (2, -1))
Unflatten(dim=1, unflattened_size=(2, -1))

Dropout()
Dropout(p=0.5, inplace=False)

Dropout2d(0.2, inplace=True)
Dropout2d(p=0.2, inplace=True)

AlphaDropout(0.1)
AlphaDropout(p=0.1, inplace=False)

ReLU()
ReLU()

ReLU(inplace=True)
ReLU(inplace=True)

ReLU6(True)
ReLU6(inplace=True)

Hardtanh(-2.0, 2.0, True)
Hardtanh(min_val=-2.0, max_val=2.0, inplace=True)

Hardtanh()
Hardtanh(min_val=-1.0, max_val=1.0)

ELU(0.5)
ELU(alpha=0.5)

CELU()
CELU(alpha=1.0)

SELU()
SELU()

LeakyReLU(0.2)
LeakyReLU(negative_slope=0.2)

PReLU(3)
PReLU(num_parameters=3)

RReLU()
RReLU(lower=0.125, upper=0.3333333333333333)

Threshold(0.1, 20)
Threshold(threshold=0.1, value=20)

Sigmoid()
Sigmoid()

Softplus()
Softplus(beta=1.0, threshold=20.0)

Softshrink()
Softshrink(0.5)

GELU()
GELU(approximate='none')

GELU("tanh")
GELU(approximate='tanh')

GLU()
GLU(dim=-1)

Softmax(dim=1)
Softmax(dim=1)

LogSoftmax(1)
LogSoftmax(dim=1)

MSELoss()
MSELoss()

CrossEntropyLoss(label_smoothing=0.1)
CrossEntropyLoss()

ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU()])
ModuleList(
  (0-1): 2 x Linear(in_features=2, out_features=2, bias=True)
  (2): ReLU()
)

ModuleDict({"a": nn.ReLU(), "b": nn.Linear(1, 1)})
ModuleDict(
  (a): ReLU()
  (b): Linear(in_features=1, out_features=1, bias=True)
)

Sequential()
Sequential()

Sequential(nn.Linear(1, 2), nn.Sequential(nn.ReLU(), nn.Dropout(0.1)))
Sequential(
  (0): Linear(in_features=1, out_features=2, bias=True)
  (1): Sequential(
    (0): ReLU()
    (1): Dropout(p=0.1, inplace=False)
  )
)

ModuleList([])
ModuleList()
"""


@pytest.mark.parametrize("text", REPRS.strip().split("\n\n"))
def test_repr(text):
    expression, expected = text.split("\n", 1)
    names = {name: getattr(nn, name) for name in dir(nn)}
    assert repr(eval(expression, {"nn": nn, **names})) == expected


def rand(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def run(module, *arrays, dtype=np.float64):
    return module.to(dtype)(*(ag.tensor(a, dtype=dtype) for a in arrays)).array


# ------------------------------------------------------------------------------------------------ parameters and starts


@pytest.mark.parametrize(
    ("make", "shapes", "bound"),
    [
        (lambda **k: nn.Linear(50, 40, **k), {"weight": (40, 50), "bias": (40,)}, 50),
        (lambda **k: nn.Linear(50, 40, bias=False, **k), {"weight": (40, 50)}, 50),
        (lambda **k: nn.Bilinear(30, 5, 40, **k), {"weight": (40, 30, 5), "bias": (40,)}, 30),
        (lambda **k: nn.Conv1d(8, 60, 5, groups=2, **k), {"weight": (60, 4, 5), "bias": (60,)}, 20),
        (lambda **k: nn.Conv2d(8, 60, (5, 3), **k), {"weight": (60, 8, 5, 3), "bias": (60,)}, 120),
        (lambda **k: nn.Conv3d(4, 50, 2, bias=False, **k), {"weight": (50, 4, 2, 2, 2)}, 32),
        (lambda **k: nn.ConvTranspose1d(8, 60, 5, **k), {"weight": (8, 60, 5), "bias": (60,)}, 300),
        (lambda **k: nn.ConvTranspose2d(8, 60, 3, groups=2, **k), {"weight": (8, 30, 3, 3), "bias": (60,)}, 270),
        (lambda **k: nn.ConvTranspose3d(4, 50, 2, bias=False, **k), {"weight": (4, 50, 2, 2, 2)}, 400),
    ],
)
def test_parameters_start_uniform_on_one_over_the_root_of_fan_in(make, shapes, bound):
    module = make()
    assert {name: t.shape for name, t in module.state_dict().items()} == shapes
    for t in module.parameters():
        x = t.array.astype(float) * math.sqrt(bound)
        assert t.dtype == np.float32 and np.abs(x).max() <= 1 + 1e-6
        assert np.abs(x).max() > 0.9 and x.std() == pytest.approx(1 / math.sqrt(3), rel=0.25)
    assert all(t.dtype == np.float64 for t in make(dtype=np.float64).parameters())
    before = module.weight.array.copy()
    module.reset_parameters()
    assert (module.weight.array != before).any()


def test_linear_and_bilinear():
    x, y = rand(2, 3, 5), rand(2, 3, 4, seed=1)
    linear = nn.Linear(5, 6, dtype=np.float64)
    np.testing.assert_allclose(run(linear, x), x @ linear.weight.array.T + linear.bias.array, rtol=1e-13)
    bilinear = nn.Bilinear(5, 4, 6, dtype=np.float64)
    expected = np.einsum("abi,oij,abj->abo", x, bilinear.weight.array, y) + bilinear.bias.array
    np.testing.assert_allclose(run(bilinear, x, y), expected, rtol=1e-12)


# --------------------------------------------------------------------------------------------------------- convolution


def naive_conv(x, w, b, stride, dilation, groups):
    """Convolution of (N, C, *space) without padding, by a loop over the output's positions."""
    dims = x.ndim - 2
    kernel = w.shape[2:]
    sizes = [(x.shape[2 + d] - dilation[d] * (kernel[d] - 1) - 1) // stride[d] + 1 for d in range(dims)]
    out = np.zeros((x.shape[0], w.shape[0], *sizes))
    outs, ins = w.shape[0] // groups, w.shape[1]
    for place in np.ndindex(*sizes):
        window = tuple(
            slice(place[d] * stride[d], place[d] * stride[d] + dilation[d] * (kernel[d] - 1) + 1, dilation[d])
            for d in range(dims)
        )
        for o in range(w.shape[0]):
            group = o // outs
            patch = x[(slice(None), slice(group * ins, (group + 1) * ins), *window)]
            out[(slice(None), o, *place)] = (patch * w[o]).sum(tuple(range(1, dims + 2)))
    return out if b is None else out + b.reshape(-1, *[1] * dims)


MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"stride": 2, "padding": 1},
        {"padding": 2, "dilation": 2, "groups": 2, "bias": False},
        {"padding": "same"},
        {"padding": "valid", "kernel_size": 2},
        {"padding": "same", "kernel_size": 2, "dilation": 3},
        {"padding": "same", "kernel_size": 4, "padding_mode": "circular"},
        {"padding": 1, "padding_mode": "reflect"},
        {"padding": 2, "padding_mode": "replicate", "stride": 2},
        {"padding": 1, "padding_mode": "circular"},
    ],
)
def test_convolution(dims, options):
    options = {"kernel_size": 3, **options}
    layer = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[dims - 1](4, 6, **options, dtype=np.float64)
    x = rand(2, 4, *(7, 6, 5)[:dims])
    dilation = options.get("dilation", 1)
    total = dilation * (options["kernel_size"] - 1)
    padding = options.get("padding", 0)
    margin = {"same": (total // 2, total - total // 2), "valid": (0, 0)}.get(padding, (padding, padding))
    padded = np.pad(x, [(0, 0), (0, 0)] + [margin] * dims, mode=MODES[options.get("padding_mode", "zeros")])
    bias = None if layer.bias is None else layer.bias.array
    stride = (options.get("stride", 1),) * dims
    expected = naive_conv(padded, layer.weight.array, bias, stride, (dilation,) * dims, options.get("groups", 1))
    np.testing.assert_allclose(run(layer, x), expected, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(run(layer, x[0]), expected[0], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("mode", sorted(MODES))
def test_each_dimension_has_its_own_options(mode):
    layer = nn.Conv2d(2, 3, (3, 2), (2, 1), (1, 3), (1, 2), padding_mode=mode, dtype=np.float64)
    x = rand(2, 2, 6, 5)
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (3, 3)], mode=MODES[mode])
    expected = naive_conv(padded, layer.weight.array, layer.bias.array, (2, 1), (1, 2), 1)
    np.testing.assert_allclose(run(layer, x), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize(
    "options",
    [{}, {"stride": 2, "padding": 1, "output_padding": 1}, {"groups": 2, "dilation": 2, "bias": False}],
)
def test_transposed_convolution_is_the_adjoint(dims, options):
    layer = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[dims - 1](4, 6, 3, **options, dtype=np.float64)
    x = rand(2, 4, *(5, 4, 3)[:dims])
    out = run(layer, x)
    bias = 0 if layer.bias is None else layer.bias.array.reshape(-1, *[1] * dims)
    y = rand(*out.shape, seed=1)
    padding = options.get("padding", 0)
    padded = np.pad(y, [(0, 0), (0, 0)] + [(padding, padding)] * dims)
    stride, dilation = (options.get("stride", 1),) * dims, (options.get("dilation", 1),) * dims
    back = naive_conv(padded, layer.weight.array, None, stride, dilation, options.get("groups", 1))
    back = back[(slice(None), slice(None), *(slice(0, size) for size in x.shape[2:]))]
    assert ((out - bias) * y).sum() == pytest.approx((x * back).sum(), rel=1e-11)


def test_output_size_of_a_transposed_convolution():
    x = rand(1, 1, 4, 5)
    layer = nn.ConvTranspose2d(1, 1, 3, stride=2, dtype=np.float64)
    shapes = {size: layer(ag.tensor(x), output_size=size).shape for size in [(9, 11), (10, 12), (1, 1, 10, 11)]}
    assert shapes == {(9, 11): (1, 1, 9, 11), (10, 12): (1, 1, 10, 12), (1, 1, 10, 11): (1, 1, 10, 11)}
    with pytest.raises(ValueError, match=r"an output size of \(11, 11\), but valid sizes range from \(9, 11\)"):
        layer(ag.tensor(x), output_size=(11, 11))
    with pytest.raises(ValueError, match=r"output_size must have 2 or 4 elements \(got 3\)"):
        layer(ag.tensor(x), output_size=(1, 9, 11))


# ------------------------------------------------------------------------------------------------------------- pooling


def windows(x, size, stride, padding=0, fill=0.0, dims=2):
    """The windows of (C, *space) as (positions, C, size…) with the output's sizes."""
    padded = np.pad(x, [(0, 0)] + [(padding, padding)] * dims, constant_values=fill)
    sizes = [(n - size) // stride + 1 for n in padded.shape[1:]]
    found = [
        padded[(slice(None), *(slice(p * stride, p * stride + size) for p in place))] for place in np.ndindex(*sizes)
    ]
    return np.array(found), sizes


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_pooling(dims):
    x = rand(3, *(8, 9, 7)[:dims])

    def layer_of(name, array, *args, **kwargs):
        return run(getattr(nn, f"{name}{dims}d")(*args, **kwargs), array)

    def layer(name, *args, **kwargs):
        return layer_of(name, x, *args, **kwargs)

    def pooled(reduce, size, stride, padding=0, fill=0.0):
        found, sizes = windows(x, size, stride, padding, fill, dims)
        return np.moveaxis(reduce(found, tuple(range(2, 2 + dims))), 0, -1).reshape(3, *sizes)

    np.testing.assert_array_equal(layer("MaxPool", 2), pooled(np.max, 2, 2))
    np.testing.assert_array_equal(layer("MaxPool", 3, 2, 1), pooled(np.max, 3, 2, 1, -np.inf))
    np.testing.assert_allclose(layer("AvgPool", 2), pooled(np.mean, 2, 2), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(layer("AvgPool", 3, 2, 1), pooled(np.mean, 3, 2, 1), rtol=1e-12, atol=1e-15)
    inside = layer("AvgPool", 3, 2, 1, count_include_pad=False)
    count = windows(np.ones_like(x), 3, 2, 1, 0.0, dims)[0].sum(tuple(range(2, 2 + dims)))
    count = np.moveaxis(count, 0, -1).reshape(inside.shape)
    np.testing.assert_allclose(inside, pooled(np.sum, 3, 2, 1) / count, rtol=1e-12, atol=1e-15)
    assert layer("MaxPool", 2, ceil_mode=True).shape == (3, *[-(-n // 2) for n in x.shape[1:]])
    apart = x[(slice(None), *(slice(0, n, 2) for n in x.shape[1:]))]  # the indices that a dilation of 2 sees from 0
    np.testing.assert_array_equal(layer("MaxPool", 2, 4, dilation=2), layer_of("MaxPool", apart, 2, 2))
    assert layer("AdaptiveAvgPool", 1).ravel() == pytest.approx(x.reshape(3, -1).mean(1), rel=1e-12)
    np.testing.assert_array_equal(layer("AdaptiveMaxPool", 1).ravel(), x.reshape(3, -1).max(1))
    pool = getattr(nn, f"MaxPool{dims}d")(2, return_indices=True)
    values, indices = pool(ag.tensor(x))
    np.testing.assert_array_equal(np.take_along_axis(x.reshape(3, -1), indices.array.reshape(3, -1), 1),
                                  values.array.reshape(3, -1))  # fmt: skip


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_lp_pooling(dims):
    x = rand(3, *(8, 9, 7)[:dims])
    x[0] = 0

    def expected(p, size, stride):
        found, sizes = windows(x, size, stride, dims=dims)
        sums = (found**p).sum(tuple(range(2, 2 + dims)))
        return np.moveaxis(np.sign(sums) * np.abs(sums) ** (1 / p), 0, -1).reshape(3, *sizes)

    layer = (nn.LPPool1d, nn.LPPool2d, nn.LPPool3d)[dims - 1]
    np.testing.assert_allclose(run(layer(2, 2), x), expected(2, 2, 2), rtol=1e-12)
    np.testing.assert_allclose(run(layer(3, 3, stride=2), x), expected(3, 3, 2), rtol=1e-9)
    t = ag.tensor(x, requires_grad=True)
    layer(2, 2)(t).sum().backward()
    assert np.isfinite(t.grad.array).all() and (t.grad.array[0] == 0).all()
    t = ag.tensor(np.abs(x[1:]) + 0.1, requires_grad=True)
    assert ag.gradcheck(lambda t: layer(2.5, 2)(t), (t,)) and ag.gradgradcheck(lambda t: layer(2.5, 2)(t), (t,))


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize(("size", "stride", "padding"), [(2, None, 0), (3, 2, 1), (3, 1, 0)])
def test_max_unpooling(dims, size, stride, padding):
    x = ag.tensor(rand(2, 3, *(8, 9, 7)[:dims]), requires_grad=True)
    values, indices = getattr(nn, f"MaxPool{dims}d")(size, stride, padding, return_indices=True)(x)
    unpool = getattr(nn, f"MaxUnpool{dims}d")(size, stride, padding)
    out = unpool(values, indices, output_size=x.shape)
    kept = np.zeros((6, x.array[0, 0].size), bool)
    np.put_along_axis(kept, indices.array.reshape(6, -1), True, 1)
    np.testing.assert_array_equal(out.array, np.where(kept.reshape(x.shape), x.array, 0))
    out.sum().backward()
    np.testing.assert_array_equal(x.grad.array, kept.reshape(x.shape))
    values = ag.tensor(values.array, requires_grad=True)
    assert ag.gradgradcheck(lambda v: unpool(v, indices, output_size=x.shape) ** 2, (values,))
    if stride is None:
        assert unpool(values, indices.array % 4).shape[2:] == tuple(n * 2 for n in values.shape[2:])


# ----------------------------------------------------------------------------------------- shape, dropout, activations


def test_flatten_and_unflatten():
    x = rand(2, 3, 4, 5)
    np.testing.assert_array_equal(run(nn.Flatten(), x), x.reshape(2, 60))
    np.testing.assert_array_equal(run(nn.Flatten(0, 1), x), x.reshape(6, 4, 5))
    np.testing.assert_array_equal(run(nn.Unflatten(-1, (-1, 5)), x.reshape(2, 60)), x.reshape(2, 12, 5))
    np.testing.assert_array_equal(run(nn.Unflatten(1, (3, 4, 5)), x.reshape(2, 60)), x)


@pytest.mark.parametrize(("name", "space"), [("Dropout", ()), ("Dropout1d", (7,)), ("Dropout2d", (5, 3)),
                                             ("Dropout3d", (2, 2, 2))])  # fmt: skip
def test_dropout(name, space):
    layer = getattr(nn, name)(0.3)
    x = ag.ones(200, 30, *space)
    out = layer(x).array.reshape(200, 30, -1)
    assert (out == out[:, :, :1]).all()  # whole channels
    kept = out[:, :, 0] != 0
    assert kept.mean() == pytest.approx(0.7, abs=0.03)
    np.testing.assert_allclose(out[kept], 1 / 0.7, rtol=1e-6)
    layer.eval()
    np.testing.assert_array_equal(layer(x).array, x.array)
    with pytest.raises(ValueError, match=r"dropout probability has to be between 0 and 1, but got 1\.2"):
        getattr(nn, name)(1.2)


@pytest.mark.parametrize("name", ["AlphaDropout", "FeatureAlphaDropout"])
def test_alpha_dropout_keeps_mean_and_variance(name):
    x = rand(400, 50, 4)
    out = run(getattr(nn, name)(0.2), x)
    assert out.mean() == pytest.approx(0, abs=0.05) and out.std() == pytest.approx(1, abs=0.05)
    np.testing.assert_array_equal(run(getattr(nn, name)(0.2).eval(), x), x)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def erf(x):
    return np.vectorize(math.erf)(x)


ACTIVATIONS = [
    (nn.ReLU(), lambda x: np.maximum(x, 0)),
    (nn.ReLU6(), lambda x: np.clip(x, 0, 6)),
    (nn.Hardtanh(-0.5, 0.8), lambda x: np.clip(x, -0.5, 0.8)),
    (nn.Hardsigmoid(), lambda x: np.clip(x / 6 + 0.5, 0, 1)),
    (nn.Hardswish(), lambda x: x * np.clip(x / 6 + 0.5, 0, 1)),
    (nn.ELU(0.7), lambda x: np.where(x > 0, x, 0.7 * np.expm1(x))),
    (nn.CELU(0.7), lambda x: np.where(x > 0, x, 0.7 * np.expm1(x / 0.7))),
    (nn.SELU(), lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x))),
    (nn.SiLU(), lambda x: x * sigmoid(x)),
    (nn.Mish(), lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    (nn.GELU(), lambda x: x * (1 + erf(x / math.sqrt(2))) / 2),
    (nn.GELU("tanh"), lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2),
    (nn.LeakyReLU(0.2), lambda x: np.where(x > 0, x, 0.2 * x)),
    (nn.PReLU(init=0.3), lambda x: np.where(x > 0, x, 0.3 * x)),
    (nn.PReLU(5, 0.1), lambda x: np.where(x > 0, x, 0.1 * x)),
    (nn.RReLU(0.1, 0.3).eval(), lambda x: np.where(x > 0, x, 0.2 * x)),
    (nn.Threshold(0.1, 20), lambda x: np.where(x > 0.1, x, 20)),
    (nn.Sigmoid(), sigmoid),
    (nn.LogSigmoid(), lambda x: np.log(sigmoid(x))),
    (nn.Tanh(), np.tanh),
    (nn.Tanhshrink(), lambda x: x - np.tanh(x)),
    (nn.Softsign(), lambda x: x / (1 + np.abs(x))),
    (nn.Softplus(2.0), lambda x: np.log1p(np.exp(2 * x)) / 2),
    (nn.Hardshrink(0.4), lambda x: np.where(np.abs(x) > 0.4, x, 0)),
    (nn.Softshrink(0.4), lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.4, 0)),
    (nn.Softmax(1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
    (nn.Softmin(1), lambda x: np.exp(-x) / np.exp(-x).sum(1, keepdims=True)),
    (nn.LogSoftmax(0), lambda x: x - np.log(np.exp(x).sum(0, keepdims=True))),
    (nn.GLU(0), lambda x: x[:3] * sigmoid(x[3:])),
    (nn.Step(0.2), lambda x: np.where(x >= 0.2, 1.0, 0.0)),
    (nn.ScaledSigmoid(3.0), lambda x: sigmoid(3 * x)),
    (nn.ScaledTanh(), lambda x: 1.7159 * np.tanh(2 * x / 3)),
    (nn.Identity(), lambda x: x),
]


@pytest.mark.parametrize(("module", "formula"), ACTIVATIONS, ids=[repr(m) for m, _ in ACTIVATIONS])
def test_activation(module, formula):
    x = 2 * rand(6, 5)
    np.testing.assert_allclose(run(module, x), formula(x), rtol=1e-6, atol=1e-7)  # parameters may start as float32


@pytest.mark.parametrize("make", [nn.ReLU, nn.ELU, nn.LeakyReLU, nn.SiLU, nn.Hardtanh, nn.SELU, nn.CELU, nn.Mish])
def test_in_place_activations_overwrite_their_input(make):
    x = ag.tensor(rand(4, 3))
    expected = make()(x).array
    out = make(inplace=True)(x)
    np.testing.assert_array_equal(x.array, expected)
    np.testing.assert_array_equal(out.array, expected)


def test_softmax2d_and_rrelu():
    x = rand(2, 3, 4, 5)
    expected = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    np.testing.assert_allclose(run(nn.Softmax2d(), x), expected, rtol=1e-12)
    np.testing.assert_allclose(run(nn.Softmax2d(), x[0]), expected[0], rtol=1e-12)
    slopes = run(nn.RReLU(0.1, 0.4), -np.ones((50, 50)))
    assert -0.4 <= slopes.min() < -0.39 and -0.11 < slopes.max() <= -0.1


def test_activations_by_name_class_module_or_function():
    assert repr(activation("leaky_relu")) == "LeakyReLU(negative_slope=0.01)"
    assert repr(activation("Tanh")) == "Tanh()" and repr(activation("linear")) == "Identity()"
    given = nn.PReLU()
    copied = activation(given)
    assert copied is not given and copied.weight is not given.weight
    assert isinstance(activation(nn.ELU), nn.ELU)
    sine = activation(ag.sin)
    assert isinstance(sine, Apply) and repr(sine) == "Apply(sin)"
    np.testing.assert_allclose(run(sine, rand(3)), np.sin(rand(3)))
    with pytest.raises(ValueError, match="no activation is called 'rely'; known are linear, celu"):
        activation("rely")
    with pytest.raises(TypeError, match="a name, a module, a module class or a function, not int"):
        activation(3)


# -------------------------------------------------------------------------------------------------------------- losses

X, T, P, Q = rand(6, 5), rand(6, 5, seed=1), sigmoid(rand(6, 5, seed=2)), sigmoid(rand(6, 5, seed=3))
SIGNS, LABELS = np.sign(rand(6, 5, seed=4)), np.array([0, 4, 2, 2, 1, 3])
W = np.arange(1.0, 6.0)
LOG_P = X - np.log(np.exp(X).sum(1, keepdims=True))
D = np.abs(X - T)


def cosine(x, t):
    return (x * t).sum(1) / np.sqrt((x * x).sum(1) * (t * t).sum(1))


def distance(x, t, p=2):
    return (np.abs(x - t + 1e-6) ** p).sum(1) ** (1 / p)


def multi_margin(p, margin):
    gap = np.maximum(0, margin - X[np.arange(6), LABELS][:, None] + X) ** p
    gap[np.arange(6), LABELS] = 0
    return gap.sum(1) / 5


def multi_label_margin(labels):
    rest = [c for c in range(5) if c not in labels]
    return sum(np.maximum(0, 1 - (X[:, t] - X[:, c])) for t in labels for c in rest) / 5


def logits_loss(weight=1.0):
    return -(weight * Q * np.log(sigmoid(X)) + (1 - Q) * np.log(sigmoid(-X)))


LOSSES = [  # module, arguments, the loss of each element
    (nn.MSELoss, {}, (X, T), (X - T) ** 2),
    (nn.L1Loss, {}, (X, T), D),
    (nn.SmoothL1Loss, {"beta": 0.5}, (X, T), np.where(D < 0.5, D**2, D - 0.25)),
    (nn.HuberLoss, {"delta": 0.5}, (X, T), np.where(D < 0.5, D**2 / 2, 0.5 * (D - 0.25))),
    (nn.BCELoss, {}, (P, Q), -(Q * np.log(P) + (1 - Q) * np.log(1 - P))),
    (nn.BCELoss, {"weight": W}, (P, Q), -W * (Q * np.log(P) + (1 - Q) * np.log(1 - P))),
    (nn.BCEWithLogitsLoss, {}, (X, Q), logits_loss()),
    (nn.BCEWithLogitsLoss, {"pos_weight": W, "weight": W}, (X, Q), W * logits_loss(W)),
    (nn.CrossEntropyLoss, {}, (X, LABELS), -LOG_P[np.arange(6), LABELS]),
    (
        nn.CrossEntropyLoss,
        {"label_smoothing": 0.2},
        (X, LABELS),
        -0.8 * LOG_P[np.arange(6), LABELS] - 0.2 * LOG_P.mean(1),
    ),
    (nn.NLLLoss, {}, (X, LABELS), -X[np.arange(6), LABELS]),
    (nn.KLDivLoss, {}, (np.log(P), Q), Q * (np.log(Q) - np.log(P))),
    (nn.KLDivLoss, {"log_target": True}, (np.log(P), np.log(Q)), Q * (np.log(Q) - np.log(P))),
    (nn.PoissonNLLLoss, {}, (X, Q), np.exp(X) - Q * X),
    (nn.PoissonNLLLoss, {"log_input": False, "eps": 1e-3}, (P, Q), P - Q * np.log(P + 1e-3)),
    (nn.GaussianNLLLoss, {}, (X, T, P), (np.log(P) + (X - T) ** 2 / P) / 2),
    (nn.GaussianNLLLoss, {"full": True}, (X, T, P), (np.log(2 * np.pi * P) + (X - T) ** 2 / P) / 2),
    (nn.HingeEmbeddingLoss, {"margin": 0.7}, (X, SIGNS), np.where(SIGNS == 1, X, np.maximum(0, 0.7 - X))),
    (
        nn.CosineEmbeddingLoss,
        {"margin": 0.1},
        (X, T, SIGNS[:, 0]),
        np.where(SIGNS[:, 0] == 1, 1 - cosine(X, T), np.maximum(0, cosine(X, T) - 0.1)),
    ),
    (nn.MarginRankingLoss, {"margin": 0.3}, (X, T, SIGNS), np.maximum(0, 0.3 - SIGNS * (X - T))),
    (nn.TripletMarginLoss, {"margin": 0.5}, (X, T, P), np.maximum(0, 0.5 + distance(X, T) - distance(X, P))),
    (
        nn.TripletMarginLoss,
        {"p": 3.0, "swap": True},
        (X, T, P),
        np.maximum(0, 1 + distance(X, T, 3) - np.minimum(distance(X, P, 3), distance(T, P, 3))),
    ),
    (
        nn.TripletMarginWithDistanceLoss,
        {"margin": 0.5, "distance_function": lambda x, t: ag.abs(x - t).sum(1)},
        (X, T, P),
        np.maximum(0, 0.5 + np.abs(X - T).sum(1) - np.abs(X - P).sum(1)),
    ),
    (nn.TripletMarginWithDistanceLoss, {}, (X, T, P), np.maximum(0, 1 + distance(X, T) - distance(X, P))),
    (nn.SoftMarginLoss, {}, (X, SIGNS), np.log1p(np.exp(-SIGNS * X))),
    (nn.MultiMarginLoss, {}, (X, LABELS), multi_margin(1, 1)),
    (nn.MultiMarginLoss, {"p": 2, "margin": 0.5}, (X, LABELS), multi_margin(2, 0.5)),
    (nn.MultiLabelMarginLoss, {}, (X, np.array([[1, 2, -1, 0, 3]] * 6)), multi_label_margin([1, 2])),
    (nn.MultiLabelSoftMarginLoss, {}, (X, Q), logits_loss().mean(1)),
]


@pytest.mark.parametrize(
    ("make", "options", "arrays", "expected"), LOSSES, ids=[f"{m.__name__}-{'-'.join(o)}" for m, o, _, _ in LOSSES]
)
def test_loss(make, options, arrays, expected):
    options = {name: ag.tensor(v) if isinstance(v, np.ndarray) else v for name, v in options.items()}
    tensors = [ag.tensor(a) for a in arrays]
    none = make(**options, reduction="none")(*tensors).array
    np.testing.assert_allclose(none, expected, rtol=1e-7, atol=1e-9)
    assert make(**options)(*tensors).item() == pytest.approx(expected.mean(), rel=1e-7)
    assert make(**options, reduction="sum")(*tensors).item() == pytest.approx(expected.sum(), rel=1e-7)


def test_class_weights_ignored_labels_and_batchmean():
    weight, rows = ag.tensor(W), -LOG_P[np.arange(6), LABELS]
    loss = nn.CrossEntropyLoss(weight)
    expected = (rows * W[LABELS]).sum() / W[LABELS].sum()
    assert loss(ag.tensor(X), ag.tensor(LABELS)).item() == pytest.approx(expected, rel=1e-12)
    assert list(loss.state_dict()) == ["weight"] and loss.double().weight.dtype == np.float64
    kept = LABELS != 2
    for make, values in ((nn.CrossEntropyLoss, rows), (nn.NLLLoss, -X[np.arange(6), LABELS])):
        found = make(ignore_index=2)(ag.tensor(X), ag.tensor(LABELS)).item()
        assert found == pytest.approx(values[kept].mean(), rel=1e-12)
    found = nn.KLDivLoss(reduction="batchmean")(ag.tensor(np.log(P)), ag.tensor(Q)).item()
    assert found == pytest.approx((Q * (np.log(Q) - np.log(P))).sum() / 6, rel=1e-12)


def test_similarity_and_distance():
    np.testing.assert_allclose(run(nn.CosineSimilarity(), X, T), cosine(X, T), rtol=1e-9)
    np.testing.assert_allclose(run(nn.CosineSimilarity(dim=0), X, T), cosine(X.T, T.T), rtol=1e-9)
    np.testing.assert_allclose(run(nn.PairwiseDistance(3.0, keepdim=True), X, T), distance(X, T, 3)[:, None], rtol=1e-9)


# -------------------------------------------------------------------------------------------------------------- errors


def unpool(x, indices=((0, 2),), *size):
    return nn.MaxUnpool1d(2)(x, np.array(indices), output_size=size or None)


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda: nn.Linear(-1, 2), ValueError, "Linear: in_features must not be negative, got -1"),
        (lambda: nn.Bilinear(0, 2, 2), ValueError, "in1_features must be > 0, but got 0"),
        (lambda: nn.Conv2d(3, 4, 3, groups=0), ValueError, "Conv2d: groups must be a positive integer, got 0"),
        (lambda: nn.Conv2d(3, 4, 3, groups=2), ValueError, "in_channels must be divisible by groups, got 3 and"),
        (lambda: nn.Conv2d(4, 3, 3, groups=2), ValueError, "out_channels must be divisible by groups, got 3"),
        (lambda: nn.Conv1d(1, 1, 3, padding_mode="mirror"), ValueError, "padding_mode must be one of .* got 'mirror'"),
        (lambda: nn.Conv1d(1, 1, 3, padding="full"), ValueError, "'same' or 'valid', got 'full'"),
        (lambda: nn.Conv1d(1, 1, 3, padding="same", stride=2), ValueError, "not supported for strided .*stride 2"),
        (lambda: nn.Conv2d(1, 1, (3, 3, 3)), ValueError, r"kernel_size=\(3, 3, 3\) has 3 numbers, needed are 2"),
        (lambda: nn.ConvTranspose2d(1, 1, 3, padding="same"), ValueError, "padding must be numbers, got 'same'"),
        (
            lambda: nn.ConvTranspose2d(1, 1, 3, padding_mode="reflect"),
            ValueError,
            "Only \"zeros\" padding mode is supported for ConvTranspose2d, got 'reflect'",
        ),
        (lambda: nn.LPPool1d(0, 2)(ag.ones(1, 4)), ValueError, "norm_type must be positive, got 0"),
        (lambda: unpool(ag.ones(4)), ValueError, r"x has shape \(4,\); it needs 1 dimensions of space"),
        (lambda: unpool(ag.ones(1, 2), [[0.0, 1.0]]), TypeError, "indices are float64; give those of max_pool1d"),
        (lambda: unpool(ag.ones(1, 2), [[0]]), ValueError, r"shape \(1, 2\), but indices have shape \(1, 1\)"),
        (lambda: unpool(ag.ones(1, 2), [[0, 4]]), IndexError, "indices go from 0 to 4, but .* has positions 0 to 3"),
        (lambda: unpool(ag.ones(1, 2), [[0, 2]], 6), ValueError, r"output_size is \(6,\), but each must differ from"),
        (lambda: unpool(ag.ones(1, 2), [[0, 2]], 4, 4, 4), ValueError, r"output_size is \(4, 4, 4\), but needs 1 or 2"),
        (lambda: nn.Hardtanh(2, 1), ValueError, "max_val must be above min_val, got min_val=2, max_val=1"),
        (lambda: nn.Softmax2d()(ag.ones(2, 2)), ValueError, r"expected input to be 3D or 4D, got shape \(2, 2\)"),
        (lambda: nn.Unflatten("C", (1,)), TypeError, "dimensions have numbers here, not names, got dim='C'"),
        (lambda: nn.Unflatten(1, (2, 1.5)), TypeError, r"entry 1 is 1.5 \(float\)"),
        (lambda: nn.Unflatten(1, (2, 4))(ag.ones(2, 6)), ValueError, r"\(2, 4\) don't multiply up .*dim 1 \(6\)"),
        (lambda: nn.Unflatten(1, (-1, -1))(ag.ones(2, 6)), ValueError, r"\(-1, -1\) don't multiply up"),
        (lambda: nn.Unflatten(2, (2, 3))(ag.ones(2, 6)), IndexError, r"dim 2 is out of range for shape \(2, 6\)"),
        (lambda: nn.MSELoss(reduction="max"), ValueError, "reduction is 'none', 'mean' or 'sum', got 'max'"),
        (lambda: nn.TripletMarginLoss(0.0), ValueError, "expected margin to be greater than 0, got 0.0"),
        (lambda: nn.TripletMarginWithDistanceLoss(margin=-1), ValueError, "margin to be greater than 0, got -1"),
        (lambda: nn.MultiMarginLoss(3), ValueError, "only p == 1 and p == 2 supported, got 3"),
        (lambda: nn.MultiMarginLoss(weight=ag.ones(2, 2)), ValueError, r"one dimension, got shape \(2, 2\)"),
    ],
)
def test_errors(action, error, message):
    with pytest.raises(error, match=message):
        action()


def test_a_convolution_with_computed_weights():
    """Subclasses give another weight to `_conv_forward`, which PyTorch's have too."""

    class Centred(nn.Conv2d):
        def forward(self, x):
            return self._conv_forward(x, self.weight - self.weight.mean((1, 2, 3), keepdim=True), None)

    layer, x = Centred(2, 3, 3, padding=1, padding_mode="circular"), ag.randn(1, 2, 4, 5)
    weight = layer.weight.detach() - layer.weight.detach().mean((1, 2, 3), keepdim=True)
    expected = nn.functional.conv2d(ag.tensor(np.pad(x.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), "wrap")), weight)
    np.testing.assert_allclose(layer(x).detach().numpy(), expected.numpy(), rtol=1e-5, atol=1e-6)


def test_hardtanh_by_its_older_names():
    with pytest.warns(UserWarning, match="older names of min_val and max_val"):
        layer = nn.Hardtanh(min_value=-2.0, max_value=3.0)
    assert (layer.min_val, layer.max_val) == (-2.0, 3.0)
    np.testing.assert_array_equal(layer(ag.tensor([-5.0, 5.0])), [-2, 3])
