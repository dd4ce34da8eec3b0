"""Dtypes by PyTorch's names, their limits and promotion; Size; printing; settings; tensors on memory that exists."""

import pickle

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.engine.printing import PROFILES

ALIASES = {
    "float": "float32", "double": "float64", "half": "float16", "long": "int64", "int": "int32", "short": "int16",
    "cfloat": "complex64", "cdouble": "complex128",
}  # fmt: skip
ORDER = "bool uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128".split()


@pytest.mark.parametrize("name", ALIASES)
def test_dtype_names(name):
    dtype = getattr(ag, name)
    assert dtype is getattr(ag, ALIASES[name]) and dtype == ALIASES[name]
    x = ag.zeros(2, dtype=dtype)
    assert x.dtype is dtype and {dtype: 1}[x.dtype] == 1 and isinstance(dtype, ag.dtype)
    assert getattr(x, name)().dtype is dtype


def test_categories_of_tensors_and_dtypes():
    assert [name for name in ORDER if ag.is_floating_point(getattr(ag, name))] == ["float16", "float32", "float64"]
    assert [name for name in ORDER if ag.is_complex(ag.zeros(1, dtype=name))] == ["complex64", "complex128"]
    assert [name for name in ORDER if not ag.is_signed(np.dtype(name).type)] == ["bool", "uint8"]
    with pytest.raises(TypeError, match="is_signed"):
        ag.is_signed("abc")


def test_limits():
    half = ag.finfo(ag.half)
    assert (half.min, half.max, half.eps, half.tiny, half.bits, half.dtype) == (
        -65504.0, 65504.0, 2.0**-10, 2.0**-14, 16, "float16",
    )  # fmt: skip
    assert type(half.max) is float and ag.finfo(ag.cfloat).dtype == "float32" == ag.finfo().dtype
    assert (ag.iinfo(ag.long).max, ag.iinfo(ag.uint8).min, ag.iinfo(ag.short).bits) == (2**63 - 1, 0, 16)
    assert repr(ag.finfo("float32")).startswith("finfo(resolution=1e-06, min=-3.4028")
    for wrong in (
        lambda: ag.finfo(ag.int),
        lambda: ag.iinfo(ag.float),
        lambda: ag.finfo("text"),
        lambda: ag.iinfo(None),
    ):
        with pytest.raises(TypeError, match=r"[fi]info"):
            wrong()


def test_can_cast_goes_by_category():
    """PyTorch's table, frozen."""
    allowed = [[ag.can_cast(a, b) for b in ORDER] for a in ORDER]
    assert np.array(allowed).sum(1).tolist() == [11, 10, 10, 10, 10, 10, 5, 5, 5, 2, 2]
    assert np.array(allowed)[6].tolist() == [False] * 6 + [True] * 5


def test_promotion():
    """PyTorch's table for these dtypes, frozen: rows and columns in the order of ORDER, by their numbers there."""
    expected = [
        "0 1 2 3 4 5 6 7 8 9 10", "1 1 3 3 4 5 6 7 8 9 10", "2 3 2 3 4 5 6 7 8 9 10", "3 3 3 3 4 5 6 7 8 9 10",
        "4 4 4 4 4 5 6 7 8 9 10", "5 5 5 5 5 5 6 7 8 9 10", "6 6 6 6 6 6 6 7 8 9 10", "7 7 7 7 7 7 7 7 8 9 10",
        "8 8 8 8 8 8 8 8 8 10 10", "9 9 9 9 9 9 9 9 10 9 10", "10 10 10 10 10 10 10 10 10 10 10",
    ]  # fmt: skip
    ours = [" ".join(str(ORDER.index(ag.promote_types(a, b).name)) for b in ORDER) for a in ORDER]
    assert ours == expected
    with pytest.raises(TypeError, match="type2 must be a dtype"):
        ag.promote_types(ag.float, "S3")


def test_size():
    size = ag.zeros(4, 2, 3).size()
    assert isinstance(size, ag.Size) and size == (4, 2, 3) and size.numel() == 24
    assert size[1:].numel() == 6 and (size + (5,)).numel() == 120 and ((2,) + size).numel() == 48
    assert ag.Size([2, 3]).numel() == 6 and ag.Size().numel() == 1 and size[0] == 4
    again = pickle.loads(pickle.dumps(size))
    assert again == size and type(again) is ag.Size
    with pytest.raises(TypeError, match=r"Size: sizes must be integers, got float 2\.5"):
        ag.Size([2.5])


def test_properties():
    x = ag.zeros(2, 3)
    assert ag.numel(x) == 6 and ag.is_tensor(x) and not ag.is_tensor(np.zeros(2))
    assert ag.is_nonzero(ag.tensor([2])) and not ag.is_nonzero(ag.tensor(0.0))
    assert ag.is_same_size(x, ag.ones(2, 3)) and not ag.is_same_size(x, ag.ones(3, 2))
    assert not ag.is_conj(x) and not x.is_neg() and ag.resolve_neg(x) is x
    with pytest.raises(RuntimeError, match="truth"):
        ag.is_nonzero(x)
    ag.vmap(lambda row: row * ag.is_tensor(row))(x) if hasattr(ag, "vmap") else None


@pytest.fixture
def printing():
    yield
    ag.set_printoptions(profile="default")


def test_printing(printing):
    x = ag.tensor([1.0, 200.5, -3e-5, 1e9])
    ag.set_printoptions(sci_mode=True, precision=2)
    assert repr(x) == "tensor([1.00e+00, 2.00e+02, -3.00e-05, 1.00e+09])"
    ag.set_printoptions(sci_mode=False, precision=4)
    assert repr(x) == "tensor([         1.0000,        200.5000,         -0.0000, 1000000000.0000])"
    ag.set_printoptions(threshold=5, edgeitems=1)
    assert repr(ag.arange(9)) == "tensor([0, ..., 8])"
    ag.set_printoptions(profile="full")
    assert "..." not in repr(ag.arange(5000))
    ag.set_printoptions(profile="default", linewidth=20)
    assert max(map(len, repr(ag.arange(30)).splitlines())) <= 20
    ag.set_printoptions(profile="default")
    assert repr(ag.tensor([0.5])) == "tensor([0.5])"
    for wrong in ({"precision": -1}, {"edgeitems": 0}, {"profile": "long"}):
        with pytest.raises(ValueError, match="set_printoptions"):
            ag.set_printoptions(**wrong)
    assert set(PROFILES) == {"default", "short", "full"}


def test_settings():
    try:
        ag.use_deterministic_algorithms(True, warn_only=True)
        assert ag.are_deterministic_algorithms_enabled() and ag.is_deterministic_algorithms_warn_only_enabled()
        ag.set_deterministic_debug_mode("error")
        assert ag.get_deterministic_debug_mode() == 2 and not ag.is_deterministic_algorithms_warn_only_enabled()
    finally:
        ag.use_deterministic_algorithms(False)
    assert ag.get_deterministic_debug_mode() == 0
    with pytest.raises(TypeError, match="True or False"):
        ag.use_deterministic_algorithms(1)
    with pytest.raises(ValueError, match="precision"):
        ag.set_float32_matmul_precision("low")
    with pytest.raises(TypeError, match="cuda"):
        ag.set_default_device("cuda")
    ag.set_default_device("cpu")


def test_asarray_shares_what_it_can():
    array = np.arange(3.0)
    x = ag.asarray(array)
    x[0] = 7.0
    assert array[0] == 7.0 and not np.shares_memory(ag.asarray(array, copy=True).array, array)
    assert ag.asarray(x) is x and ag.asarray(x, dtype=ag.float32).dtype == ag.float32
    y = ag.ones(2, requires_grad=True) * 2
    assert ag.asarray(y).grad_fn is not None and not ag.asarray(y, requires_grad=False).requires_grad
    assert ag.asarray(y, copy=True).requires_grad and ag.asarray([1.0], requires_grad=True).is_leaf
    assert ag.asarray(bytearray(b"\x00\x00\x80\x3f")).tolist() == [1.0]
    for data in ([1.0], y):
        with pytest.raises(ValueError, match="copy=False"):
            ag.asarray(data, copy=False, dtype=ag.float64)


def test_frombuffer():
    memory = bytearray(range(8))
    x = ag.frombuffer(memory, dtype=ag.uint8, count=3, offset=2)
    assert x.tolist() == [2, 3, 4]
    x[0] = 9
    assert memory[2] == 9
    with pytest.raises(ValueError, match=r"frombuffer: .*dtype int32"):
        ag.frombuffer(bytearray(6), dtype=ag.int32)
    with pytest.raises(TypeError, match="frombuffer: needs a buffer"):
        ag.frombuffer([1, 2], dtype=ag.int32)
    with pytest.raises(RuntimeError):
        ag.frombuffer(b"abcd", dtype=ag.int8)[0] = 1


def test_empty_strided():
    x = ag.empty_strided((2, 3), (1, 2), dtype=ag.int64)
    assert x.stride() == (1, 2) and x.dtype == ag.int64
    x.copy_(ag.arange(6).reshape(2, 3))
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert ag.empty_strided((0, 3), (3, 1)).shape == (0, 3)
    for size, stride in (((2,), (1, 1)), ((2,), (-1,)), ((-2,), (1,))):
        with pytest.raises(ValueError, match="empty_strided"):
            ag.empty_strided(size, stride)


def test_numbers_and_powers():
    assert ag.scalar_tensor(3).dtype == ag.float32 and ag.scalar_tensor(3, dtype=ag.long).dtype == ag.int64
    assert ag.scalar_tensor(1j).dtype == ag.complex64
    assert ag.logspace(0, 4, 3, base=2, dtype=ag.int64).tolist() == [1, 4, 16]
    assert ag.allclose(ag.logspace(-1, 1, 5), ag.tensor(np.logspace(-1, 1, 5), dtype=ag.float32))
    assert ag.logspace(ag.tensor(1.0), 1, 1).tolist() == [10.0] and ag.logspace(0, 1, 0).shape == (0,)
    assert (ag.inf, ag.newaxis) == (float("inf"), None) and ag.nan != ag.nan and round(ag.pi - ag.e, 4) == 0.4233


def test_seed():
    state = ag.get_rng_state()
    first, second = ag.seed(), ag.seed()
    assert first != second == ag.initial_seed()
    ag.set_rng_state(state)
