"""Methods that change a tensor's layout in place, that make others like it, that say what it is."""

import numpy as np
import pytest

import autograd_core as ag

A = np.arange(1.0, 7).reshape(2, 3)
WEIGHTS = np.linspace(-1, 2, 6)


# ------------------------------------------------------------------------------------------------- the layout, in place


@pytest.mark.parametrize(
    ("name", "shape", "args"),
    [
        ("squeeze", (2, 1, 3, 1), ()),
        ("squeeze", (2, 1, 3, 1), (1,)),
        ("unsqueeze", (2, 3), (-1,)),
        ("unsqueeze", (), (0,)),
        ("t", (2, 3), ()),
        ("t", (3,), ()),
        ("transpose", (2, 3, 4), (0, -1)),
        ("swapaxes", (2, 3, 4), (1, 2)),
        ("swapdims", (2, 3, 4), (0, 1)),
        ("squeeze", (1, 0), ()),
    ],
)
def test_a_tensor_becomes_the_view(name, shape, args):
    array = np.arange(float(np.prod(shape))).reshape(shape)
    expected = getattr(ag.tensor(array), name)(*args)
    x = ag.from_numpy(array)
    assert getattr(x, f"{name}_")(*args) is x
    np.testing.assert_array_equal(x, expected)
    assert x.size() == expected.size() and (not array.size or np.shares_memory(x.array, array))
    y = ag.tensor(array, requires_grad=True)
    z = y * 2
    getattr(z, f"{name}_")(*args)
    weights = ag.tensor(np.arange(1.0, 1 + array.size).reshape(expected.shape))
    (z * weights).sum().backward()
    w = ag.tensor(array, requires_grad=True)
    (getattr(w * 2, name)(*args) * weights).sum().backward()
    np.testing.assert_array_equal(y.grad, w.grad)


def program_1(x, t):
    y = x * 2
    early = y[0]
    y.t_()
    early.mul_(3)
    return y * y


def program_2(x, t):
    y = x * 2
    early = y[0]
    y.unsqueeze_(1)
    y.add_(1)
    return (early * early).sum() + (y * y).sum()


def program_3(x, t):
    y = x * 2
    flat = y.reshape(-1)
    flat.unsqueeze_(0)
    flat.mul_(t(WEIGHTS[None]))
    return y * y


def program_4(x, t):
    y = x * 2
    row = y[1]
    part = row[1:]
    row.unsqueeze_(0)
    part.mul_(5)
    row.add_(x.sum())
    return y * y


def program_5(x, t):
    y = t(A * 1)
    early = y[0]
    y.t_()
    early.mul_(x[0])
    return y * y


def program_6(x, t):
    y = t(A * 1)
    early = y[:, 0]
    y.unsqueeze_(0)
    y.mul_(x)
    return (early * early).sum() + y.sum()


def program_7(x, t):
    y = x * 2
    y.unsqueeze_(0).unsqueeze_(-1).squeeze_(0)
    first = y[0]
    first.t_()
    first.mul_(2)
    return y * y


# The gradients of the sums of these programs at A, by PyTorch 2.13
GRADIENTS = {
    program_1: [[72.0, 144.0, 216.0], [32.0, 40.0, 48.0]],
    program_2: [[24.0, 40.0, 56.0], [36.0, 44.0, 52.0]],
    program_3: [[8.0, 2.56, 0.96], [20.48, 78.4, 192.0]],
    program_4: [[370.0, 378.0, 386.0], [478.0, 1782.0, 1982.0]],
    program_5: [[2.0, 16.0, 54.0], [0.0, 0.0, 0.0]],
    program_6: [[3.0, 2.0, 3.0], [132.0, 5.0, 6.0]],
    program_7: [[32.0, 64.0, 96.0], [32.0, 40.0, 48.0]],
}


@pytest.mark.parametrize("program", GRADIENTS, ids=lambda p: p.__name__)
def test_earlier_views_keep_their_place(program):
    """Views made before the change see the same memory and know its history, and it knows what is written to them."""
    x = ag.tensor(A, requires_grad=True)
    program(x, ag.tensor).sum().backward()
    np.testing.assert_allclose(x.grad, GRADIENTS[program], rtol=1e-6)


def test_a_leaf_cannot_change_its_layout_but_without_recording():
    w = ag.ones(2, 3, requires_grad=True)
    for x in (w, w[0]):
        with pytest.raises(
            RuntimeError, match=r"unsqueeze_: a leaf that requires a gradient \(shape \(2, 3\)\) cannot change"
        ):
            x.unsqueeze_(0)
    with ag.no_grad():
        w.t_()
    (w * 2).sum().backward()
    assert w.is_leaf and w.shape == w.grad.shape == (3, 2)


def test_recorded_also_under_no_grad():
    """The values stay, and so must the history."""
    x = ag.tensor(A, requires_grad=True)
    y = x * 2
    with ag.no_grad():
        y.t_()
    (y * ag.tensor(WEIGHTS.reshape(3, 2))).sum().backward()
    np.testing.assert_allclose(x.grad, 2 * WEIGHTS.reshape(3, 2).T)


def test_no_layout_changes_inside_vmap():
    with pytest.raises(AttributeError, match="vmap: a batched value cannot be changed in place by 't_'"):
        ag.func.vmap(lambda x: x.t_())(ag.ones(2, 3, 4))


# ------------------------------------------------------------------------------------------------------- computed in place


@pytest.mark.parametrize("name", ["addmm", "addbmm", "baddbmm", "addmv", "addr", "renorm"])
def test_in_place(name):
    rng = np.random.default_rng(0)
    shapes = {
        "addmm": ((2, 2), (2, 3), (3, 2)), "addbmm": ((2, 2), (4, 2, 3), (4, 3, 2)), "addr": ((2, 3), (2,), (3,)),
        "baddbmm": ((4, 2, 2), (4, 2, 3), (4, 3, 2)), "addmv": ((2,), (2, 3), (3,)), "renorm": ((3, 2),),
    }  # fmt: skip
    x, *others = (ag.tensor(rng.standard_normal(s), requires_grad=True) for s in shapes[name])
    args = [2, 0, 0.5] if name == "renorm" else others
    y = x * 1
    assert getattr(y, f"{name}_")(*args) is y
    expected = getattr(x, name)(*args)
    np.testing.assert_array_equal(y.detach(), expected.detach())
    for a, b in zip(ag.grad((y * y).sum(), [x, *others]), ag.grad((expected**2).sum(), [x, *others]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_functions_of_values():
    x = ag.tensor([[1, 2], [3, 4]])
    assert x.apply_(lambda v: v * v) is x
    np.testing.assert_array_equal(x, [[1, 4], [9, 16]])
    x.map_(ag.tensor([10, 20]), lambda v, w: v + w)
    np.testing.assert_array_equal(x, [[11, 24], [19, 36]])
    y = ag.ones(2, requires_grad=True)
    for call in (lambda: y.apply_(abs), lambda: ag.ones(2).map_(y, max)):
        with pytest.raises(RuntimeError, match=r"_: a Python function has no derivative; call it on x\.detach\(\)"):
            call()


# ------------------------------------------------------------------------------------------------------------ the others


def test_others_like_it():
    x = ag.ones(2, dtype=np.float64)
    for made, shape in ((x.new_zeros(2, 3), (2, 3)), (x.new_ones((3,)), (3,)), (x.new_empty(1), (1,))):
        assert made.dtype == np.float64 and made.shape == shape
    assert x.new_zeros(1, dtype=np.int32).dtype == np.int32
    np.testing.assert_array_equal(x.new_full((2,), 7), [7, 7])
    made = x.new_tensor([1, 2], requires_grad=True)
    assert made.dtype == np.float64 and made.requires_grad


def test_what_it_is():
    x = ag.tensor(A)
    assert x.nelement() == 6 and x.ndimension() == 2 and x.element_size() == 8
    assert x[1, 1:].storage_offset() == 4 and x[1, 1:].data_ptr() == x.data_ptr() + 32
    assert x.is_signed() and not x.byte().is_signed() and x.byte().dtype == np.uint8 and x.char().dtype == np.int8
    assert x.is_same_size(x + 1) and not x.is_same_size(x.t())
    assert ag.tensor(3).is_nonzero() and not ag.tensor([0.0]).is_nonzero()
    assert x.type() == "float64" and x.type(np.float32).dtype == np.float32
    np.testing.assert_array_equal(x.conj_physical(), x)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: ag.ones(2, 3).sum_to_size(4),
            ValueError,
            r"sum_to_size: size \(4,\) does not broadcast to the shape \(2, 3",
        ),
        (
            lambda: ag.cov(ag.ones(2, 2, 2)),
            ValueError,
            r"cov: input must be \(variables, observations\), or a vector, got shape",
        ),
        (
            lambda: ag.cov(ag.ones(2, 3), fweights=ag.ones(2)),
            ValueError,
            "fweights must hold a number for each of the 3 obs",
        ),
        (
            lambda: ag.cov(ag.ones(2, 3), fweights=ag.ones(3)),
            TypeError,
            "fweights count observations and must be integers",
        ),
        (
            lambda: ag.renorm(ag.ones(2, 3), 0, 0, 1),
            ValueError,
            "renorm: p must be positive and maxnorm not negative, got p=0",
        ),
        (lambda: ag.renorm(ag.ones(2, 3), 2, 0, -1), ValueError, "maxnorm not negative, got p=2, maxnorm=-1"),
        (
            lambda: ag.renorm(ag.ones(3), 2, 0, 1),
            ValueError,
            r"renorm: input must have at least 2 dimensions, got shape \(3,\)",
        ),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("args", [("cuda:0",), (None,), ("cuda", ag.float64), (ag.float64, "cuda"), ("cpu", "cuda")])
def test_there_are_no_devices_to_move_to(args):
    wrong = next((a for a in args if str(a).startswith("cuda")), None)
    with pytest.raises(TypeError, match=f"to: needs a dtype .* got {wrong!r}. There are no devices"):
        ag.ones(2).to(*args)


def test_to_as_in_pytorch():
    x = ag.ones(2)
    assert x.to("float64").dtype == x.to(ag.ones(1, dtype=np.float64)).dtype == np.float64
    assert x.to("cpu", ag.float64).dtype == x.to(dtype=ag.float64, device="cpu").dtype == np.float64
    assert x.to(x.device) is x.to(device="cpu") is x.to(ag.float32, False, False) is x
    for copied in (x.to(ag.float32, copy=True), x.to(ag.float32, False, True), x.to("cpu", copy=True)):
        assert copied is not x
        assert not np.shares_memory(copied.array, x.array)
    w = ag.ones(2, requires_grad=True)
    w.to(ag.float32, copy=True).sum().backward()
    assert w.grad.tolist() == [1, 1]


def test_numpy_force():
    x = ag.ones(2, requires_grad=True)
    assert not x.numpy().flags.writeable
    assert x.numpy(force=True).flags.writeable
    assert np.shares_memory(x.numpy(force=True), x.array)


def test_view_by_keywords_and_as_another_dtype():
    x = ag.arange(4, dtype=ag.float32)
    assert x.view(size=(2, 2)).shape == x.view(2, 2).shape == (2, 2)
    bits = x.view(ag.int32)
    np.testing.assert_array_equal(bits, x.numpy().view(np.int32))
    assert x.view(dtype="int64").shape == (2,)
    bits.zero_()
    assert x.tolist() == [0, 0, 0, 0]
    with pytest.raises(RuntimeError, match="view: this tensor has a history"):
        ag.ones(2, requires_grad=True).view(ag.int32)
    with pytest.raises(RuntimeError, match=r"view: the bytes of float32 of shape \(3,\), .* cannot be read as int64"):
        ag.ones(3).view(ag.int64)
    with pytest.raises(TypeError, match="view: got the shape .* give one of them"):
        x.view(2, 2, dtype=ag.int32)
    with pytest.raises(TypeError, match="inside a transform such as vmap the bytes cannot be read as int32"):
        ag.func.vmap(lambda r: r.view(ag.int32))(ag.ones(2, 2))


def test_a_write_to_the_bytes_of_a_saved_value_is_noticed():
    w = ag.ones(2, requires_grad=True)
    x = w * 1
    y = (x * x).sum()
    x.detach().view(ag.int32).zero_()
    with pytest.raises(RuntimeError, match="changed in place since"):
        y.backward()


def test_others_like_it_by_keywords():
    x = ag.ones(2, dtype=ag.float64)
    for new in (x.new_zeros(size=(2, 3)), x.new_ones(2, 3, device="cpu"), x.new_empty((2, 3)), x.new_full((2, 3), 1)):
        assert new.shape == (2, 3)
        assert new.dtype == np.float64
    assert x.new_tensor([1], device="cpu").dtype == np.float64
    with pytest.raises(TypeError, match="there are no devices"):
        x.new_zeros(2, device="cuda")
    with pytest.raises(TypeError, match=r"new_zeros: got sizes \(2,\) and size=3"):
        x.new_zeros(2, size=3)
    assert x.stride(-1) == 1
    with pytest.raises(IndexError, match="stride: dim 1 is out of range"):
        x.stride(1)
