"""Tensors and the world outside: NumPy's memory, DLPack, the array API standard, matplotlib, pickle and copy."""

import copy
import importlib
import io
import pickle
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim

ROOT = Path(__file__).parent.parent

# ---------------------------------------------------------------------------------------------------------- np.asarray


def test_asarray_shares_memory():
    t = ag.tensor([1.0, 2.0])
    a = np.asarray(t)
    a[0] = 5.0
    assert t.tolist() == [5.0, 2.0]


@pytest.mark.parametrize("make", [lambda t: t, lambda t: t * 2, lambda t: t.reshape(1, 2)])
def test_asarray_of_a_tensor_with_history_shares_memory_read_only(make):
    t = make(ag.tensor([1.0, 2.0], requires_grad=True))
    with ag.no_grad():
        a = np.asarray(t)
    assert np.shares_memory(a, t.detach().numpy()) and np.shares_memory(a, t.numpy())
    with pytest.raises(ValueError, match="read-only"):
        a[...] = 0.0
    assert t.requires_grad


def test_asarray_with_dtype_and_copy():
    t = ag.tensor([1.0, 2.0], requires_grad=True).detach()
    assert np.asarray(t, np.float64).dtype == np.float64
    assert not np.shares_memory(np.array(t), t.detach().numpy())
    assert np.array(t).flags.writeable
    with pytest.raises(ValueError, match="cannot become an array of float64 without a copy"):
        np.asarray(t, np.float64, copy=False)


def test_from_numpy_and_back_is_the_same_memory():
    a = np.arange(6.0)[::2]
    assert np.shares_memory(np.asarray(ag.from_numpy(a)), a)


# -------------------------------------------------------------------------------------------------------------- DLPack


def test_dlpack_with_numpy_both_ways():
    t = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    a = np.from_dlpack(t)
    t[0, 0] = 9.0
    assert a[0, 0] == 9.0
    b = np.arange(4.0)
    u = ag.from_dlpack(b)
    b[1] = 7.0
    assert u.tolist() == [0.0, 7.0, 2.0, 3.0]
    assert t.__dlpack_device__() == (1, 0)


def test_dlpack_of_a_view_keeps_strides():
    t = ag.arange(12.0).reshape(3, 4).T[1:]
    np.testing.assert_array_equal(np.from_dlpack(t), t.numpy())


def test_dlpack_of_a_history_is_refused():
    t = ag.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"__dlpack__: this tensor has a history, .* use x\.detach\(\)"):
        np.from_dlpack(t)
    assert np.from_dlpack(t.detach()).tolist() == [1.0, 1.0]


def test_dlpack_with_pytorch():
    torch = pytest.importorskip("torch")
    t = ag.tensor([1.0, 2.0])
    theirs = torch.from_dlpack(t)
    theirs[0] = 5.0
    assert t.tolist() == [5.0, 2.0]
    back = ag.from_dlpack(torch.arange(3.0))
    assert back.tolist() == [0.0, 1.0, 2.0] and back.dtype == np.float32


# ---------------------------------------------------------------------------------------------- the array API standard


def standardised(x):
    """A program that knows the standard alone."""
    xp = x.__array_namespace__()
    centred = x - xp.mean(x, axis=0, keepdims=True)
    scaled = centred / xp.std(x, axis=0, keepdims=True)
    top = xp.max(scaled, axis=1)
    gram = xp.matmul(xp.matrix_transpose(scaled), scaled) + xp.eye(x.shape[1], dtype=x.dtype)
    parts = xp.concat([xp.permute_dims(scaled, (1, 0)), xp.expand_dims(top, axis=0)])
    return (
        xp.linalg.slogdet(gram).logabsdet + xp.sum(xp.where(parts > 0, parts, 0.5 * parts)) + xp.abs(xp.fft.fft(top))[1]
    )


def test_a_program_in_the_array_api_differentiates():
    x = np.random.default_rng(0).normal(size=(5, 3))
    assert standardised(ag.tensor(x)).item() == pytest.approx(standardised(x), rel=1e-12)
    assert ag.gradcheck(standardised, [ag.tensor(x, requires_grad=True)])


# The functions, constants and dtypes of the standard, version 2024.12
STANDARD = """
abs acos acosh add all any arange argmax argmin argsort asarray asin asinh astype atan atan2 atanh bitwise_and
bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor bool broadcast_arrays broadcast_to
can_cast ceil clip complex128 complex64 concat conj copysign cos cosh count_nonzero cumulative_prod cumulative_sum
diff divide e empty empty_like equal exp expand_dims expm1 eye finfo flip float32 float64 floor floor_divide
from_dlpack full full_like greater greater_equal hypot iinfo imag inf int16 int32 int64 int8 isdtype isfinite isinf
isnan less less_equal linspace log log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor matmul
matrix_transpose max maximum mean meshgrid min minimum moveaxis multiply nan negative newaxis nextafter nonzero
not_equal ones ones_like permute_dims pi positive pow prod real reciprocal remainder repeat reshape result_type roll
round searchsorted sign signbit sin sinh sort sqrt square squeeze stack std subtract sum take take_along_axis tan
tanh tensordot tile tril triu trunc uint16 uint32 uint64 uint8 unique_all unique_counts unique_inverse unique_values
unstack var vecdot where zeros zeros_like
"""


def test_the_namespace_has_the_names_of_the_standard():
    xp = ag.ones(1).__array_namespace__(api_version="2024.12")
    theirs = np.ones(1).__array_namespace__()
    names = STANDARD.split()
    assert all(hasattr(theirs, name) for name in names)
    assert [name for name in names if not hasattr(xp, name)] == []
    assert all(hasattr(xp.linalg, n) for n in ("cross", "eigh", "outer", "pinv", "qr", "svd", "trace", "vector_norm"))
    assert xp.fft.fftfreq(4).tolist() == [0.0, 0.25, -0.5, -0.25]


def test_making_tensors_by_the_standard():
    xp = ag.ones(1).__array_namespace__()
    for t in (
        xp.zeros((2, 3)),
        xp.ones(2),
        xp.full((2,), 1.5),
        xp.eye(2),
        xp.arange(0.0, 2.0),
        xp.asarray([1.0]),
        xp.empty(1),
    ):
        assert type(t) is ag.Tensor and t.dtype == np.float32
    assert xp.arange(3).dtype == np.int64 and xp.zeros(2, dtype=xp.float64).dtype == np.float64
    a = np.ones(3)
    assert np.shares_memory(xp.asarray(a).numpy(), a)
    assert not np.shares_memory(xp.asarray(a, copy=True).numpy(), a)
    with pytest.raises(ValueError, match="asarray: copy=False, but a list cannot become such a tensor without a copy"):
        xp.asarray([1.0], copy=False)
    with pytest.raises(ValueError, match="zeros: there is only the device 'cpu', got 'gpu'; leave it out"):
        xp.zeros(2, device="gpu")
    assert xp.finfo(xp.ones(1)).eps == np.finfo(np.float32).eps and xp.iinfo(xp.arange(2)).max == 2**63 - 1
    assert xp.finfo(np.float64).bits == 64 and xp.iinfo(np.int8).max == 127


def test_what_the_standard_lets_a_program_ask():
    info = ag.ones(1).__array_namespace__().__array_namespace_info__()
    assert info.default_dtypes()["real floating"] == np.float32
    assert info.default_dtypes()["complex floating"] == np.complex64
    assert list(info.devices()) == ["cpu"] and info.dtypes(kind="bool") == {"bool": np.dtype(bool)}


# ---------------------------------------------------------------------------------------------------------- matplotlib


def test_matplotlib_plots_tensors():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    x = ag.tensor(np.linspace(0, 1, 5))
    y = x * x
    image = ag.tensor(np.ones((4, 4)))
    ax = Figure().subplots()
    (line,) = ax.plot(x, y)
    np.testing.assert_array_equal(line.get_ydata(), y.detach().numpy())
    with pytest.raises(RuntimeError, match=r"pass x\.detach\(\) or x\.numpy\(\)"):
        ax.plot(y.requires_grad_() * 2)
    (line,) = ax.plot(y.detach())
    y = y.detach()
    np.testing.assert_array_equal(line.get_ydata(orig=False), y.detach().numpy())
    np.testing.assert_array_equal(ax.imshow(image).get_array(), np.ones((4, 4)))
    counts, _, _ = ax.hist(y, bins=3)
    np.testing.assert_array_equal(counts, np.histogram(y.detach().numpy(), 3)[0])
    points = ax.scatter(x, y, c=y, s=10 * (y + 1))
    np.testing.assert_array_equal(points.get_offsets()[:, 1], y.detach().numpy())
    assert [bar.get_height() for bar in ax.bar(x, y)] == y.tolist()
    ax.fill_between(x, y, y + 1)
    ax.errorbar(x, y, yerr=y)
    ax.contourf(image * x[:4])
    ax.axhline(y[2])
    ax.set_ylim(y[0], y[-1])
    ax.figure.savefig(io.BytesIO())


# ----------------------------------------------------------------------------------------------------- pickle and copy

COPIES = [lambda t: pickle.loads(pickle.dumps(t)), copy.deepcopy]


@pytest.mark.parametrize("twin", COPIES)
def test_leaves_survive_with_their_gradient(twin):
    t = ag.tensor([1.0, 2.0], requires_grad=True)
    (t * t).sum().backward()
    u = twin(t)
    assert u.requires_grad and u.is_leaf and u.tolist() == [1.0, 2.0] and u.grad.tolist() == [2.0, 4.0]
    assert not np.shares_memory(u.detach().numpy(), t.detach().numpy())
    (u * u).sum().backward()
    assert u.grad.tolist() == [4.0, 8.0] and t.grad.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("twin", [*COPIES, copy.copy])
@pytest.mark.parametrize("dtype", [np.float32, np.int64, bool, np.complex128])
def test_dtype_and_shape_survive(twin, dtype):
    t = ag.tensor(np.ones((2, 0, 3), dtype))
    u = twin(t)
    assert u.dtype == dtype and u.shape == (2, 0, 3) and not u.requires_grad


def test_a_shallow_copy_shares_memory():
    t = ag.tensor([1.0, 2.0], requires_grad=True)
    u = copy.copy(t)
    assert u is not t and u.is_leaf and u.requires_grad
    assert np.shares_memory(u.detach().numpy(), t.detach().numpy())


def test_deepcopy_copies_what_occurs_twice_once():
    t = ag.ones(2, requires_grad=True)
    a, b = copy.deepcopy([t, t])
    assert a is b and a is not t


def test_a_shallow_copy_keeps_the_history():
    x = ag.ones(2, requires_grad=True)
    y = copy.copy(x * 3)
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]
    base = x * 2
    view = copy.copy(base[:1])
    base.mul_(5)
    assert ag.grad(view.sum(), x)[0].tolist() == [10.0, 0.0]


@pytest.mark.parametrize("twin", COPIES)
def test_a_history_is_refused(twin):
    t = ag.ones(2, requires_grad=True) * 3
    with pytest.raises(RuntimeError, match=r"computed by 'mul' cannot be pickled or deep-copied .* use x\.detach\(\)"):
        twin(t)
    assert twin(t.detach()).tolist() == [3.0, 3.0]


@pytest.mark.parametrize("twin", COPIES)
def test_modules(twin):
    net = nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.3), nn.Tanh(), nn.Linear(3, 1)).eval()
    again = twin(net)
    x = ag.randn(4, 2)
    np.testing.assert_array_equal(again(x).detach().numpy(), net(x).detach().numpy())
    assert not again.training and list(again.state_dict()) == list(net.state_dict())
    assert type(again[0].weight) is type(net[0].weight)
    again(x).sum().backward()
    assert again[0].weight.grad is not None and net[0].weight.grad is None


def test_a_module_holding_a_history_is_refused():
    net = nn.Linear(2, 2)
    net.cache = net(ag.ones(1, 2))
    with pytest.raises(RuntimeError, match="computed by 'linear' cannot be pickled or deep-copied"):
        copy.deepcopy(net)


def test_what_is_documented_as_a_module_can_be_imported():
    """`import nn.onnx` and `from nn.data import …`, whatever is an attribute and a module."""
    code = (
        "import nn.onnx; from nn.onnx import load; import nn; assert nn.onnx.load is load is nn.interchange.onnx.load"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
    for package in (ag, nn, optim):
        named = {name for name in dir(package) if isinstance(getattr(package, name), types.ModuleType)}
        for name in named | set(getattr(package, "LATER", ())):
            module = getattr(package, name)
            if module.__name__.partition(".")[0] in ("autograd_core", "nn", "optim") and not name.startswith("_"):
                assert importlib.import_module(f"{package.__name__}.{name}") is module
