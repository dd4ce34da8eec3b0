"""The modules of normalisation: text, state, running statistics, shapes, options; as in PyTorch."""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.ops.network.response import cross_map_lrn2d

from .tables.norm import batch, group, standardised

rng = np.random.default_rng(0)


def rand(*shape, dtype=np.float64):
    return rng.standard_normal(shape).astype(dtype)


# what PyTorch prints, each after the expression that makes the module
REPRS = """
BatchNorm2d(3)
BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)

BatchNorm1d(3, momentum=None, affine=False, track_running_stats=False)
BatchNorm1d(3, eps=1e-05, momentum=None, affine=False, bias=False, track_running_stats=False)

BatchNorm3d(2, bias=False)
BatchNorm3d(2, eps=1e-05, momentum=0.1, affine=True, bias=False, track_running_stats=True)

InstanceNorm2d(4)
InstanceNorm2d(4, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)

LayerNorm((3, 5), bias=False)
LayerNorm((3, 5), eps=1e-05, elementwise_affine=True, bias=False)

LayerNorm(5, elementwise_affine=False)
LayerNorm((5,), eps=1e-05, elementwise_affine=False, bias=False)

GroupNorm(2, 4)
GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)

RMSNorm(5)
RMSNorm((5,), eps=None, elementwise_affine=True)

LocalResponseNorm(2)
LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)

CrossMapLRN2d(3)
CrossMapLRN2d(3, alpha=0.0001, beta=0.75, k=1)
"""


@pytest.mark.parametrize("pair", REPRS.strip().split("\n\n"))
def test_repr(pair):
    expression, expected = pair.split("\n")
    assert repr(eval(f"nn.{expression}", {"nn": nn})) == expected


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (nn.BatchNorm1d(3), "weight bias running_mean running_var num_batches_tracked"),
        (nn.BatchNorm2d(3, affine=False), "running_mean running_var num_batches_tracked"),
        (nn.BatchNorm2d(3, bias=False, track_running_stats=False), "weight"),
        (nn.InstanceNorm3d(3), ""),
        (nn.InstanceNorm1d(3, track_running_stats=True), "running_mean running_var num_batches_tracked"),
        (nn.LayerNorm(3), "weight bias"),
        (nn.LayerNorm(3, bias=False), "weight"),
        (nn.RMSNorm(3), "weight"),
        (nn.RMSNorm(3, elementwise_affine=False), ""),
        (nn.GroupNorm(3, 3), "weight bias"),
        (nn.GroupNorm(3, 3, affine=False), ""),
    ],
    ids=repr,
)
def test_state_dict(module, names):
    state = module.state_dict()
    assert list(state) == names.split()
    for name, start in {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1}.items():
        if name in state:
            np.testing.assert_array_equal(state[name], np.full(3, start))
    assert state.get("num_batches_tracked", ag.tensor(0)).dtype == np.int64


def test_dtype():
    bn = nn.BatchNorm1d(3, dtype=np.float64)
    assert {t.dtype.name for t in bn.state_dict().values()} == {"float64", "int64"}
    assert bn(ag.zeros(2, 3, dtype=np.float64)).dtype == np.float64
    bn.float()
    assert {t.dtype.name for t in bn.state_dict().values()} == {"float32", "int64"}


def test_training_evaluation_and_reset():
    bn, x = nn.BatchNorm2d(2), ag.tensor(rand(3, 2, 4, 4, dtype=np.float32) + 3)
    y = bn(x)
    np.testing.assert_allclose(y.detach(), batch(x.numpy().astype(np.float64)), atol=1e-5)
    bn.eval()
    mean, var = bn.running_mean.numpy().reshape(2, 1, 1), bn.running_var.numpy().reshape(2, 1, 1)
    np.testing.assert_allclose(bn(x).detach(), (x - mean) / np.sqrt(var + 1e-5), atol=1e-5)
    assert bn.num_batches_tracked.item() == 1
    bn.reset_running_stats()
    assert bn.num_batches_tracked.item() == 0
    np.testing.assert_array_equal(bn.running_var, [1, 1])
    bn.weight.data.fill_(3)
    bn.reset_parameters()
    np.testing.assert_array_equal(bn.weight.detach(), [1, 1])


def test_without_running_statistics_evaluation_uses_the_batch():
    bn, x = nn.BatchNorm1d(3, track_running_stats=False), ag.tensor(rand(4, 3, dtype=np.float32))
    np.testing.assert_array_equal(bn.eval()(x).detach(), bn.train()(x).detach())


def test_a_state_dict_without_the_number_of_batches():
    old = {name: v for name, v in nn.Sequential(nn.BatchNorm1d(2)).state_dict().items() if "num" not in name}
    assert isinstance(old, dict)
    model = nn.Sequential(nn.BatchNorm1d(2))
    model(ag.tensor(rand(3, 2, dtype=np.float32)))
    model.load_state_dict(old)
    np.testing.assert_array_equal(model[0].running_mean, [0, 0])
    assert model[0].num_batches_tracked.item() == 1
    with pytest.raises(
        RuntimeError, match=r"Unexpected running stats buffer\(s\) 'running_mean' and 'running_var' for Ins"
    ):
        nn.InstanceNorm1d(2).load_state_dict({"running_mean": np.zeros(2), "running_var": np.ones(2)})


def test_single_examples():
    for module, space in (
        (nn.InstanceNorm1d(3), (5,)),
        (nn.InstanceNorm2d(3), (2, 5)),
        (nn.InstanceNorm3d(3), (2, 2, 4)),
    ):
        x = ag.tensor(rand(3, *space))
        np.testing.assert_array_equal(module(x), module(x[None])[0])
        np.testing.assert_allclose(module(x), group(x.numpy()[None], 3)[0], atol=1e-12)


def test_a_number_of_channels_that_does_not_matter():
    with pytest.warns(UserWarning, match="input's size at dim=1 does not match num_features"):
        nn.InstanceNorm1d(4)(ag.tensor(rand(2, 3, 5)))


def test_layer_and_group_norm_pass_their_options_on():
    x = rand(2, 4, 3)
    ln = nn.LayerNorm((4, 3), eps=0.5, dtype=np.float64)
    np.testing.assert_allclose(ln(ag.tensor(x)).detach(), standardised(x, (1, 2), 0.5), rtol=1e-12)
    gn = nn.GroupNorm(2, 4, eps=0.5, dtype=np.float64)
    np.testing.assert_allclose(gn(ag.tensor(x)).detach(), group(x, 2, eps=0.5), rtol=1e-12)
    rms = nn.RMSNorm(3, eps=0.5, dtype=np.float64)
    np.testing.assert_array_equal(rms(ag.tensor(x)).detach(), F.rms_norm(x, (3,), eps=0.5))
    lrn = nn.LocalResponseNorm(3, 0.5, 0.25, 2.0)
    np.testing.assert_array_equal(lrn(ag.tensor(x)), F.local_response_norm(x, 3, 0.5, 0.25, 2.0))


def test_cross_map_lrn2d_is_that_of_pytorch():
    x = ag.arange(5.0).reshape(1, 5, 1, 1) + 1
    expected = [0.479207307, 0.544545591, 0.496680081, 0.457726032, 0.655996561]
    module = nn.CrossMapLRN2d(3, alpha=1.0, k=1.0)
    np.testing.assert_allclose(module(x).flatten(), expected, rtol=1e-6)
    few = ag.tensor(rand(2, 3, 2, 2))  # no channel is out of channel 0's reach
    np.testing.assert_allclose(cross_map_lrn2d(few[:, :2], 3), F.local_response_norm(few[:, :2], 3), rtol=1e-12)


@pytest.mark.parametrize(
    ("module", "mean", "var"),
    [
        (
            nn.BatchNorm1d(3, momentum=0.3),
            [0.6459083557, -0.0228423588, 0.376139462],
            [0.8857031465, 0.9582688808, 1.42131567],
        ),
        (
            nn.InstanceNorm1d(3, momentum=0.3, track_running_stats=True),
            [0.6459082365, -0.0228423588, 0.376139462],
            [0.9476885796, 1.0286054611, 1.544942021],
        ),
        (
            nn.BatchNorm1d(3, momentum=None),
            [0.9030238390, 0.0845795646, 0.6229259372],
            [0.5142220259, 0.5977804065, 1.1492966413],
        ),
    ],
)
def test_running_statistics_are_those_of_pytorch(module, mean, var):
    """PyTorch's after two batches, of the cumulative average after three, of the same numbers."""
    x = ag.arange(24.0).reshape(2, 3, 4).sin()
    for y in (x, 2 * x + 1, x * x)[: 2 if module.momentum else 3]:
        module(y)
    np.testing.assert_allclose(module.running_mean, mean, rtol=1e-5)
    np.testing.assert_allclose(module.running_var, var, rtol=1e-5)


X = np.zeros((2, 3, 4))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.BatchNorm1d(3)(X[0, 0]), ValueError, r"expected 2D or 3D input \(got 1D input\)"),
        (lambda: nn.BatchNorm2d(3)(X), ValueError, r"expected 4D input \(got 3D input\)"),
        (lambda: nn.InstanceNorm3d(3)(X), ValueError, r"expected 4D or 5D input \(got 3D input\)"),
        (
            lambda: nn.InstanceNorm1d(4, affine=True)(X),
            ValueError,
            r"size at dim=1 to match num_features \(4\), but got: 3",
        ),
        (lambda: nn.BatchNorm1d(-1), ValueError, "BatchNorm1d: num_features must not be negative, got -1"),
        (lambda: nn.BatchNorm1d(1.5), TypeError, "BatchNorm1d: num_features must be an int, got 1.5"),
        (lambda: nn.GroupNorm(2, 3), ValueError, r"num_channels \(3\) must be divisible by num_groups \(2\)"),
        (lambda: nn.GroupNorm(0, 3), ValueError, "GroupNorm: num_groups must be at least 1, got 0"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_refused_batch_changes_nothing():
    bn = nn.BatchNorm1d(3)
    for x in (ag.ones(1, 3), ag.ones(4, 2), ag.ones(4, 3, dtype=np.float64)):
        with pytest.raises((ValueError, TypeError)):
            bn(x)
    np.testing.assert_array_equal(bn.running_mean, np.zeros(3))
    assert bn.num_batches_tracked.item() == 0


# --------------------------------------------------------------------------------------------------------------- PyTorch


@pytest.mark.slow
@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("momentum", [0.3, None])
@pytest.mark.parametrize("kind", ["BatchNorm", "InstanceNorm"])
def test_modules_do_what_those_of_pytorch_do(kind, momentum, dims):
    torch = pytest.importorskip("torch")
    options = {"momentum": momentum, "affine": True, "track_running_stats": True}
    ours, theirs = (getattr(lib, f"{kind}{dims}d")(6, **options) for lib in (nn, torch.nn))
    for training in (True, True, False):
        x = rand(4, 6, *(5, 4, 5)[:dims], dtype=np.float32)
        ours.train(training), theirs.train(training)
        a, b = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        y, z = ours(a), theirs(b)
        (y**3).sum().backward(), (z**3).sum().backward()
        np.testing.assert_allclose(y.detach(), z.detach().numpy(), atol=1e-5)
        np.testing.assert_allclose(a.grad, b.grad.numpy(), atol=1e-3)
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(p.grad, q.grad.numpy(), rtol=1e-4, atol=1e-3)
        for p, q in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
            np.testing.assert_allclose(p, q.numpy(), rtol=1e-5, atol=1e-6)
