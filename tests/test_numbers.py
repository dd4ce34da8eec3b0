"""Numbers that a dtype does not hold raise wherever a program writes one down; ranges are computed in float64."""

import numpy as np
import pytest

import autograd_core as ag
import nn.functional as F

MASK, AT = ag.tensor([True, False, True]), ag.tensor([0, 1])


def put(index):
    return lambda x, v: x.__setitem__(index, v)


# each writes v into a vector x of three elements, or makes a tensor of its dtype from v
WAYS = {
    "tensor": lambda x, v: ag.tensor(v, dtype=x.dtype),
    "tensor of a list": lambda x, v: ag.tensor([[1, v]], dtype=x.dtype),
    "as_tensor": lambda x, v: ag.as_tensor(v, dtype=x.dtype),
    "new_tensor": lambda x, v: x.new_tensor(v),
    "full": lambda x, v: ag.full((1,), v, dtype=x.dtype),
    "full of a tensor": lambda x, v: ag.full((1,), ag.tensor(v), dtype=x.dtype),
    "full_like": lambda x, v: ag.full_like(x, v),
    "np.full_like": lambda x, v: np.full_like(x, v),
    "new_full": lambda x, v: x.new_full((1,), v),
    "fill_": lambda x, v: x.fill_(v),
    "x[0] =": put(0),
    "x[...] =": put(...),
    "x[index] =": put(AT),
    "x[mask] =": put(MASK),
    "x[:] = list": lambda x, v: x.__setitem__(slice(None), v),
    "masked_fill": lambda x, v: x.masked_fill(MASK, v),
    "masked_fill_": lambda x, v: x.masked_fill_(MASK, v),
    "index_fill": lambda x, v: x.index_fill(0, AT, v),
    "scatter": lambda x, v: x.scatter(0, AT, v),
    "fill_diagonal_": lambda x, v: x.reshape(1, 3).fill_diagonal_(v),
    "pad": lambda x, v: F.pad(x, (1, 1), value=v),
    "linspace": lambda x, v: ag.linspace(0, v, 2, dtype=x.dtype),
}
INTEGERS_ALONE = {
    "where": lambda x, v: ag.where(MASK, x, v),
    "where, the other branch": lambda x, v: ag.where(MASK, v, x),
    "clamp": lambda x, v: x.clamp(min=v) if v > 0 else x.clamp(max=v),
    "clip": lambda x, v: x.clip(v, v),
    "arange": lambda x, v: ag.arange(v, v + 1, dtype=x.dtype),
    "randint": lambda x, v: ag.randint(min(v, 0), max(v, 0) + 1, (2,), dtype=x.dtype),
    "random_": lambda x, v: x.random_(min(v, 0), max(v, 0) + 1),
}


@pytest.mark.parametrize("way", [*WAYS, *INTEGERS_ALONE])
@pytest.mark.parametrize(
    ("dtype", "value"), [("uint8", 300), ("uint8", -1), ("int8", 200), ("int8", -129), ("int32", 2**31)]
)
def test_integers_beyond_the_range_raise_before_anything_is_changed(way, dtype, value):
    x = ag.tensor([1, 2, 3], dtype=dtype)
    with pytest.raises(OverflowError, match=rf"{value}(\.0)? does not fit into {dtype}, which holds"):
        (WAYS | INTEGERS_ALONE)[way](x, value)
    assert x.tolist() == [1, 2, 3] and x._version == 0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.filterwarnings("ignore:invalid value")  # NumPy's, of linspace to infinity
def test_what_is_no_number_or_infinite_does_not_fit_into_integers(way):
    for dtype in ("uint8", "int64"):
        for value in (float("nan"), float("inf"), -1e30):
            x = ag.tensor([1, 2, 3], dtype=dtype)
            with pytest.raises(OverflowError, match=f"does not fit into {dtype}"):
                WAYS[way](x, value)
            assert x.tolist() == [1, 2, 3]


@pytest.mark.parametrize("way", [*WAYS, *INTEGERS_ALONE])
def test_the_ends_of_the_range_fit(way):
    for dtype in ("uint8", "int8", "int16", "int32", "int64"):
        for value in (np.iinfo(dtype).min, np.iinfo(dtype).max):
            if way in ("arange", "randint", "random_", "linspace") and dtype == "int64":
                continue  # their end, or a float64 on the way, is beyond int64
            out = (WAYS | INTEGERS_ALONE)[way](x := ag.tensor([1, 2, 3], dtype=dtype), int(value))
            out = x if out is None else out
            assert out.dtype == dtype
            if way not in ("randint", "random_"):
                assert int(value) in np.asarray(out).reshape(-1).tolist()


def test_the_way_out_can_be_pasted_and_what_is_computed_wraps_as_in_pytorch():
    with pytest.raises(
        OverflowError, match=r"use a wider dtype, or, to let it wrap .*, ag.tensor\(300\).to\(ag.uint8\)"
    ):
        ag.tensor(300, dtype=ag.uint8)
    assert ag.tensor(300).to(ag.uint8).item() == 44
    with pytest.raises(OverflowError, match="use a floating dtype"):
        ag.tensor(float("inf"), dtype=ag.int32)
    x = ag.tensor([1, 2, 250], dtype=ag.uint8)
    assert (
        (x + 300).tolist() == [45, 46, 38] and (x > 300).tolist() == [False] * 3 and (x < 300).all() and (x > -1).all()
    )
    assert x.clamp(max=300).tolist() == x.clamp(-5, 300).tolist() == [1, 2, 250]
    assert ag.tensor([1.7, -0.5], dtype=ag.uint8).tolist() == [1, 0]  # fractions are cut off, as in PyTorch
    assert ag.tensor(300, dtype=bool).item() is True
    assert ag.tensor(2**70, dtype=ag.float64).item() == 2.0**70


def test_linspace_is_computed_in_float64_whatever_the_dtype_of_its_ends():
    for start, end, steps in ((-2.0, -3, 50), (0.1, 0.7, 7), (1 / 3, 1e3, 11)):
        ends = ag.tensor(start), ag.tensor(end)
        expected = np.linspace(ends[0].item(), ends[1].item(), steps)
        for dtype in ("float16", "float32", "float64"):
            x = ag.linspace(*ends, steps, dtype=dtype)
            assert x.dtype == dtype and x[-1] == ends[1].to(dtype)
            np.testing.assert_array_equal(x.numpy(), expected.astype(dtype))
    assert ag.linspace(ag.tensor(-2.0), -3, 50, dtype=ag.float64)[7].item() == -2 - 7 / 49
    assert ag.linspace(0, 10, 5, dtype=ag.int64).tolist() == [0, 2, 5, 7, 10]
    assert ag.linspace(0, 1j, 3).tolist() == [0, 0.5j, 1j]
    assert ag.linspace(0, 1, 0).shape == (0,) and ag.linspace(3, 1, 1).tolist() == [3]
    with pytest.raises(ValueError, match=r"linspace: the ends must be numbers or 0-d tensors, got shape \(1,\)"):
        ag.linspace(ag.tensor([0.0]), 1, 3)
    with pytest.raises(ValueError, match="linspace: steps must not be negative, got -1"):
        ag.linspace(0, 1, -1)


def test_arange_and_full_keep_every_digit_of_their_dtype():
    assert ag.arange(ag.tensor(0.1, dtype=ag.float64), 1, 0.3, dtype=ag.float64)[1].item() == 0.1 + 0.3
    assert ag.arange(2**60, 2**60 + 3).tolist() == [2**60, 2**60 + 1, 2**60 + 2]
    with pytest.raises(ValueError, match="arange: a step of 0.5 in int64 would be cut off to 0; leave dtype out"):
        ag.arange(0, 5, 0.5, dtype=ag.int64)
    double = {"dtype": ag.float64}
    for x in (
        ag.full((2,), 0.1, **double), ag.full_like(ag.ones(2), 0.1, **double), ag.ones(2).new_full((2,), 0.1, **double),
        ag.ones(2, **double).fill_(0.1), ag.zeros(2, **double).masked_fill(ag.tensor(True), 0.1),
    ):  # fmt: skip
        assert x.tolist() == [0.1, 0.1]
    assert ag.full((2,), ag.tensor(3)).dtype == np.int64
    with pytest.raises(ValueError, match=r"full: fill_value must be a number or a 0-d tensor, got shape \(2,\)"):
        ag.full((2,), ag.ones(2))
