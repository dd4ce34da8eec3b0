"""memory_format= is taken where PyTorch takes it, changes no result, and is refused if it is none."""

import numpy as np
import pytest

import autograd_core as ag
import nn

X = ag.arange(36.0).reshape(2, 3, 3, 2)
TAKERS = {
    "clone": X.clone, "contiguous": X.contiguous, "to": X.to, "float": X.float, "double": X.double, "long": X.long,
    "cpu": X.cpu, "zeros_like": lambda **f: ag.zeros_like(X, **f), "ones_like": lambda **f: ag.ones_like(X, **f),
    "full_like": lambda **f: ag.full_like(X, 2, **f),
}  # fmt: skip
RANDOM = {
    "rand_like": ag.rand_like, "randn_like": ag.randn_like, "empty_like": ag.empty_like,
    "randint_like": lambda x, **f: ag.randint_like(x, 3, **f), "empty": lambda x, **f: ag.empty(x.shape, **f),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKERS)
@pytest.mark.parametrize("format", [ag.contiguous_format, ag.preserve_format, ag.channels_last])
def test_no_result_changes(name, format):
    plain = X if name == "to" else TAKERS[name]()
    other = TAKERS[name](memory_format=format)
    np.testing.assert_array_equal(other.numpy(), plain.numpy())
    assert other.dtype == plain.dtype and other.stride() == plain.stride()


@pytest.mark.parametrize("name", RANDOM)
def test_factories(name):
    assert RANDOM[name](X, memory_format=ag.preserve_format).shape == X.shape


@pytest.mark.parametrize("name", [*TAKERS, *RANDOM])
def test_what_is_none_is_refused(name):
    call = TAKERS[name] if name in TAKERS else lambda **f: RANDOM[name](X, **f)
    with pytest.raises(TypeError, match=rf"^{name}: memory_format must be ag.contiguous_format, .*got 'channels_last'"):
        call(memory_format="channels_last")


def test_is_contiguous_tells_the_order_in_memory():
    last = X.permute(0, 3, 1, 2)  # (2, 2, 3, 3) over memory (2, 3, 3, 2)
    assert last.is_contiguous(memory_format=ag.channels_last) and not last.is_contiguous()
    assert not X.is_contiguous(memory_format=ag.channels_last) and X.is_contiguous(memory_format=ag.contiguous_format)
    assert not X[0].is_contiguous(memory_format=ag.channels_last)


def test_modules():
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3))
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    assert model.to(memory_format=ag.channels_last) is model and model.compile(mode="max-autotune") is model
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), weights[name].numpy())
    model.to(ag.float64, memory_format=ag.channels_last)
    assert model[0].weight.dtype == ag.float64
    with pytest.raises(TypeError, match="nn.Module.to: memory_format must be"):
        model.to(memory_format=1)


def test_to_empty_keeps_shapes_and_dtypes():
    model = nn.Sequential(nn.Linear(2, 3, dtype=ag.float64), nn.BatchNorm1d(3))
    before = [(t, t.shape, t.dtype) for t in model.parameters()]
    memory = model[0].weight.data_ptr()
    assert model.to_empty(device="cpu") is model
    after = list(model.parameters())
    assert all(
        new is old and new.shape == shape and new.dtype == dtype
        for new, (old, shape, dtype) in zip(after, before, strict=True)
    )
    assert model[0].weight.data_ptr() != memory
    with pytest.raises(TypeError, match="to_empty: there are no devices"):
        model.to_empty(device="cuda")


def test_parameters_are_not_shared_with_processes():
    with pytest.raises(RuntimeError, match="Linear.share_memory.*leave this out"):
        nn.Linear(1, 1).share_memory()
