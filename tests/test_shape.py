"""Views that share memory and their writes, what is built from them, padding; edges and wrong arguments."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.ops.indexing import index

VIEWS = {
    "select": lambda x: x.select(1, 1),
    "narrow": lambda x: x.narrow(2, 1, 2),
    "split": lambda x: x.split(3, 2)[1],
    "chunk": lambda x: x.chunk(2)[1],
    "tensor_split": lambda x: ag.tensor_split(x, 2, 1)[0],
    "unbind": lambda x: x.unbind(1)[2],
    "diagonal": lambda x: x.diagonal(1, 1, 2),
    "movedim": lambda x: x.movedim(0, 2),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "mT": lambda x: x.mT,
    "unfold": lambda x: x.unfold(2, 2, 2),
    "unflatten": lambda x: x.unflatten(2, (2, 2)),
    "ravel": lambda x: x.ravel(),
    "as_strided": lambda x: x.as_strided((2, 3), (3, 1), 2),
    "as_strided_of_view": lambda x: x[1].as_strided((3, 2), (4, 1)),
    "getitem": lambda x: x[1:, ::-2, None],
    "element": lambda x: x[1, 2, 3],
    "squeeze": lambda x: x[:1].squeeze(0),
    "expand": lambda x: x.expand(2, 3, 4),
    "chain": lambda x: x[:, 1:].mT.diagonal(0, 1, 2)[1:],
}


def values(seed=0, shape=(2, 3, 4)):
    return np.random.default_rng(seed).uniform(-2, 2, shape)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_shares_memory_and_a_write_through_it_is_recorded(name):
    """The oracle: the positions a view shows, found by viewing the numbers 0, 1, …, written by flat index."""
    positions = np.asarray(VIEWS[name](ag.tensor(np.arange(24).reshape(2, 3, 4)))).ravel()
    w = values(1)

    def through_view(x):
        y = x * 1
        view = VIEWS[name](y)
        view.mul_(view).add_(1.0)
        return ((y * y * ag.tensor(w)).sum() + (view * 3).sum()) ** 2

    def by_flat_index(x):
        flat = (x * 1).reshape(24)
        part = flat[positions] * flat[positions] + 1.0
        whole = ag.index_put(flat, (ag.tensor(positions),), part)
        return ((whole * whole * ag.tensor(w.ravel())).sum() + (part * 3).sum()) ** 2

    results = []
    for f in (through_view, by_flat_index):
        x = ag.tensor(values(), requires_grad=True)
        (g,) = ag.grad(f(x), x, create_graph=True)
        (h,) = ag.grad((g * g).sum(), x)
        results.append((f(x).item(), g.detach().numpy(), h.numpy()))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


@pytest.mark.parametrize(
    "f",
    [lambda x: x.flip(0), lambda x: x.roll(1, 0), lambda x: x.repeat(1, 1, 1), lambda x: x.tile(1), lambda x: x.tril(),
     lambda x: x[[0, 1]], lambda x: x[x == x], lambda x: x.clone(), lambda x: x[0].diag(), lambda x: x.rot90(0),
     lambda x: x.index_select(0, ag.tensor([0])), lambda x: ag.pad(x, (0, 0))],
)  # fmt: skip
def test_a_copy_does_not_share_memory(f):
    x = ag.rand(2, 3, 4)
    assert not np.shares_memory(f(x).array, x.array)


def test_contiguous_gives_itself_or_a_copy():
    x = ag.rand(2, 3)
    assert x.contiguous() is x
    assert x.T.contiguous().is_contiguous()


def test_overlapping_windows_are_not_written_to():
    x = ag.arange(5.0)
    for view in (x.unfold(0, 2, 1), x.as_strided((2, 2), (1, 1)), x.expand(2, 5)):
        with pytest.raises(RuntimeError, match="share one place in memory"):
            view.add_(1)
    assert x.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("cut", [
    lambda x: x.unbind(), lambda x: x.split(1), lambda x: x.chunk(50), lambda x: [x[t] for t in range(50)],
    lambda x: [x[[t]] for t in range(50)], lambda x: x.tensor_split(50),
], ids=["unbind", "split", "chunk", "getitem", "advanced", "tensor_split"])  # fmt: skip
def test_the_gradients_of_all_slices_are_put_together_once(cut, monkeypatch):
    """T slices of one array cost O(T): one dense array is made for all their gradients, at each order."""
    made = []
    forward = index._assemble_primitive.forward
    monkeypatch.setattr(index._assemble_primitive, "forward", lambda *a: made.append(a) or forward(*a))
    x = ag.tensor(values(shape=(50, 3)), requires_grad=True)
    (g,) = ag.grad(ag.stack([(p * p * p).sum() for p in cut(x)]).sum(), x, create_graph=True)
    assert len(made) == 1
    (h,) = ag.grad((g * g).sum(), x)
    assert len(made) <= 4  # of x, of the first gradient's pieces, and of the cat behind stack
    np.testing.assert_allclose(h.numpy(), 36 * x.detach().numpy() ** 3, rtol=1e-12)


@pytest.mark.parametrize(
    "f",
    [lambda x: ag.pad(x, (2, 1), "reflect"), lambda x: ag.pad(x, (3, 0), "circular"), lambda x: x.unfold(1, 2, 1),
     lambda x: ag.pad(x, (1, 4), "replicate"), lambda x: x.diagonal(1), lambda x: x.roll(2), lambda x: x.tril(),
     lambda x: x.repeat(2, 3), lambda x: x.rot90(), lambda x: ag.diag_embed(x, 1),
     lambda x: x.as_strided((3, 3), (1, 2)), lambda x: x[[0, 0, 2]],
     lambda x: x.repeat_interleave(3), lambda x: x.expand(2, 3, 4)],
)  # fmt: skip
def test_the_rule_is_the_adjoint(f):
    """⟨A x, y⟩ = ⟨x, Aᵀ y⟩, exactly, in integers."""
    rng = np.random.default_rng(3)
    x = ag.tensor(rng.integers(-9, 9, (3, 4)).astype(float), requires_grad=True)
    y = f(x)
    w = rng.integers(-9, 9, y.shape).astype(float)
    (g,) = ag.grad(y, x, ag.tensor(w))
    assert (y.detach().numpy() * w).sum() == (x.detach().numpy() * g.numpy()).sum()


def test_nothing_and_0d():
    nothing, one = ag.zeros(2, 0, 3), ag.tensor(2.0)
    assert nothing.reshape(0, 6).shape == (0, 6)
    assert nothing.flatten(1).shape == (2, 0)
    assert [p.shape for p in nothing.chunk(2, 1)] == [(2, 0, 3), (2, 0, 3)]
    assert nothing.unfold(2, 2, 1).shape == (2, 0, 2, 2)
    assert nothing.diagonal().shape == (3, 0)
    assert nothing.repeat(2, 1, 1).shape == (4, 0, 3)
    assert nothing.roll(1, 1).shape == nothing.flip(1).shape == (2, 0, 3)
    assert ag.cat([ag.zeros(0), ag.ones(2, 3)]).shape == (2, 3)
    assert one.squeeze(0).shape == one.ravel()[0].shape == one.roll(3).shape == ()
    assert one.flatten().shape == one.unfold(0, 1, 1).shape == one.repeat(1).shape == (1,)
    assert ag.kron(one, ag.ones(2)).shape == (2,)
    assert [x.shape for x in ag.meshgrid(one, ag.ones(2))] == [(1, 2), (1, 2)]
    assert ag.combinations(ag.ones(3), 0).shape == (0,)
    assert ag.pad(nothing, (1, 1, 1, 0)).shape == (2, 1, 5)


def test_plain_arrays_stay_plain_arrays():
    x = values()
    for y in (ag.roll(x, 1), ag.diagonal(x), ag.unfold(x, 0, 1, 1), ag.tril(x), ag.cat([x, x]), ag.pad(x, (1, 1)),
              ag.repeat(x, 1, 1, 2), ag.gather(x, 0, np.zeros((1, 1, 1), int)), ag.sort(x)[0], ag.prod(x)):  # fmt: skip
        assert type(y) is np.ndarray


X, M = ag.rand(2, 3, 4), ag.rand(2, 3)
ONE = ag.tensor(1.0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: X.select(1, 3), IndexError, "select: index 3 is out of range for dim 1 of size 3"),
        (lambda: ONE.select(0, 0), IndexError, "select: a 0-d tensor"),
        (lambda: X.narrow(2, 3, 2), ValueError, "narrow: start 3 with length 2 does not fit dim 2 of size 4"),
        (lambda: X.narrow(2, 5, 0), IndexError, "narrow: start 5 is out of range for dim 2 of size 4"),
        (lambda: ONE.narrow(0, 0, 1), ValueError, "narrow: a 0-d tensor"),
        (lambda: ONE.split(1), ValueError, "split: a 0-d tensor"),
        (lambda: ONE.chunk(1), ValueError, "chunk: a 0-d tensor"),
        (lambda: ONE.tensor_split(1), ValueError, "tensor_split: a 0-d tensor"),
        (lambda: X.tensor_split(0), ValueError, "tensor_split: needs at least one section, got 0"),
        (lambda: X.split([1, 2]), ValueError, r"sections \[1, 2\] must add up to the size 2 of dim 0"),
        (lambda: X.hsplit(2), ValueError, "hsplit: size 3 of dim 1 cannot be cut into 2 equal parts"),
        (lambda: ONE.hsplit(1), ValueError, "hsplit: needs at least 1 dimension"),
        (lambda: ag.ones(2).vsplit(1), ValueError, r"vsplit: needs at least 2 dimensions, got shape \(2,\)"),
        (lambda: M.dsplit(1), ValueError, r"dsplit: needs at least 3 dimensions, got shape \(2, 3\)"),
        (lambda: X.unflatten(2, (3, -1)), ValueError, r"unflatten: dim 2 of size 4 cannot become \(3, -1\)"),
        (lambda: ag.ones(2).adjoint(), ValueError, r"adjoint: needs a matrix .* got shape \(2,\)"),
        (lambda: ag.broadcast_tensors(X, ag.ones(5)), ValueError, r"shapes \(2, 3, 4\), \(5,\) do not broadcast"),
        (lambda: ag.cat([X, M]), ValueError, r"cat: tensor 1 has shape \(2, 3\)"),
        (lambda: ag.hstack([]), ValueError, "hstack: needs at least one tensor"),
        (lambda: ag.block_diag(X), ValueError, r"block_diag: operand 0 has shape \(2, 3, 4\)"),
        (lambda: X.roll((1, 2), 0), ValueError, "roll: 2 shifts and 1 dims"),
        (lambda: X.roll((1, 2)), ValueError, "roll: 2 shifts need as many dims"),
        (lambda: ag.ones(2).fliplr(), ValueError, "fliplr: needs at least 2 dimensions"),
        (lambda: ONE.flipud(), ValueError, "flipud: needs at least 1 dimension"),
        (lambda: X.rot90(1, (0,)), ValueError, r"rot90: needs two dimensions to rotate in, got dims \(0,\)"),
        (lambda: X.repeat(2), ValueError, r"repeat: \(2,\) does not fit shape \(2, 3, 4\)"),
        (lambda: X.repeat_interleave(ag.tensor([1, 2]), 1), ValueError, "repeats has shape .* but dim 1 has size 3"),
        (lambda: X.repeat_interleave(-1), ValueError, "repeats must not be negative, got -1"),
        (lambda: X.repeat_interleave(1.5), TypeError, "repeats must be integers, got float64"),
        (lambda: X.repeat_interleave(2, 0, output_size=5), ValueError, "output_size 5 but the repeats add up to 4"),
        (lambda: ag.meshgrid(M), ValueError, r"meshgrid: operand 0 has shape \(2, 3\)"),
        (lambda: ag.meshgrid(), ValueError, "meshgrid: needs at least one tensor"),
        (lambda: ag.meshgrid(ONE, indexing="yx"), ValueError, "indexing must be .* got 'yx'"),
        (lambda: ag.cartesian_prod(M), ValueError, "cartesian_prod: operand 0 has shape"),
        (lambda: ag.combinations(M), ValueError, "combinations: needs a vector"),
        (lambda: ag.combinations(ag.ones(2), -1), ValueError, "r must not be negative, got -1"),
        (lambda: X.diagonal(0, 1, -2), ValueError, "diagonal: dim1 1 and dim2 -2 are the same dimension"),
        (lambda: ag.ones(2).diagonal(), ValueError, "diagonal: needs at least 2 dimensions, got 1"),
        (lambda: ONE.diag_embed(), ValueError, "diag_embed: needs at least 1 dimension"),
        (lambda: X.diag(), ValueError, r"diag: needs a vector or a matrix, got shape \(2, 3, 4\)"),
        (lambda: ag.ones(2).tril(), ValueError, "tril: needs at least 2 dimensions"),
        (lambda: X.unfold(1, 4, 1), ValueError, "unfold: windows of size 4 do not fit dimension 1 of size 3"),
        (lambda: X.unfold(1, 2, 0), ValueError, "unfold: step must be positive, got 0"),
        (lambda: X.as_strided((5, 5), (5, 1)), ValueError, "reach element 24, but the memory holds 24"),
        (lambda: X.as_strided((5,), (5, 1)), ValueError, "need as many strides"),
        (lambda: ag.from_numpy(np.ones((2, 3)).T).as_strided((2,), (1,)), ValueError, "is not contiguous"),
        (lambda: X.select_scatter(M, 1, 0), ValueError, r"src has shape \(2, 3\), but .* has \(2, 4\)"),
        (lambda: X.select_scatter(M, 1, 7), IndexError, "select_scatter: index 7 is out of range for dim 1 of size 3"),
        (lambda: ag.pad(X, (1,)), ValueError, r"pad: 1 widths \(1,\) for 3 dimensions"),
        (lambda: ag.pad(X, (1, 1), "mirror"), ValueError, "pad: mode must be one of .* got 'mirror'"),
        (
            lambda: ag.pad(X, (4, 0), "reflect"),
            ValueError,
            r"reflect widths \(4, 0\) are too large for dim 2 of size 4",
        ),
        (lambda: ag.pad(X, (5, 0), "circular"), ValueError, r"circular widths \(5, 0\) are too large .* at most 4"),
        (lambda: ag.pad(ag.ones(2, 0), (1, 0), "replicate"), ValueError, r"replicate widths \(1, 0\) are too large"),
        (lambda: ag.pad(X, (-5, 0)), ValueError, r"widths \(-5, 0\) take more than dim 2 of size 4 has"),
        (lambda: ag.pad(X, (1, 0), "reflect", 2.0), ValueError, "mode 'reflect' takes no value, got 2.0"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda x: ag.reshape(x, (1,)), ag.flatten, ag.ravel, lambda x: ag.unflatten(x, 0, (1,)), ag.squeeze,
        lambda x: ag.unsqueeze(x, 0), lambda x: ag.permute(x, 0), lambda x: ag.transpose(x, 0, 0),
        lambda x: ag.movedim(x, 0, 0), ag.adjoint, ag.t, lambda x: ag.flip(x, 0), ag.contiguous,
        lambda x: ag.expand(x, 1), lambda x: ag.split(x, 1),
    ],
)  # fmt: skip
def test_a_list_is_refused_with_the_way_to_a_tensor(call):
    with pytest.raises(
        TypeError, match=r"\w+: needs tensors, arrays or numbers, got list; make it a tensor with ag.tensor"
    ):
        call([1.0])


def test_pytorchs_names_and_numbers_one_by_one_or_in_a_sequence():
    x = ag.arange(6.0)
    for y in (ag.reshape(input=x, shape=(2, 3)), x.reshape(shape=(2, 3)), x.reshape([2, 3]), x.reshape(2, 3)):
        assert y.shape == (2, 3)
    assert ag.permute(input=y, dims=(1, 0)).shape == y.permute(dims=[1, 0]).shape == (3, 2)
    assert ag.expand(input=ag.zeros(1), size=(4,)).shape == ag.zeros(1).expand(size=4).shape == (4,)
    assert ag.flip(input=x, dims=0).tolist() == x.flip(dims=(0,)).tolist() == [5, 4, 3, 2, 1, 0]
    assert ag.swapaxes(y, axis0=0, axis1=1).shape == ag.swapdims(y, dim0=0, dim1=1).shape == (3, 2)
    assert [len(p) for p in ag.split(tensor=x, split_size_or_sections=4)] == [4, 2]


def test_pytorchs_other_names_of_cuts_and_repeats():
    x = ag.arange(6.0)
    for parts in (ag.tensor_split(x, 2), ag.tensor_split(x, sections=2), x.tensor_split(indices=[3])):
        assert [p.tolist() for p in parts] == [[0, 1, 2], [3, 4, 5]]
    for parts in (x.hsplit(sections=2), x.hsplit(indices=[3]), x.split(split_size=3), x.split(split_size=[3, 3])):
        assert [p.tolist() for p in parts] == [[0, 1, 2], [3, 4, 5]]
    for call in (x.split, lambda: x.split(2, split_size=2)):
        with pytest.raises(TypeError, match="split: needs the size of the parts or a list of their sizes, once"):
            call()
    counts = ag.tensor([1, 0, 2])
    for out in (ag.repeat_interleave(counts), ag.repeat_interleave(repeats=counts)):
        assert out.tolist() == [0, 2, 2]
        assert out.dtype == np.int64
    with pytest.raises(TypeError, match="tensor_split: needs a number of sections or a list of indices, once; got 2"):
        ag.tensor_split(x, 2, sections=2)
    with pytest.raises(TypeError, match="tensor_split: needs a number of sections or a list of indices, once; got 0"):
        ag.tensor_split(x)
    with pytest.raises(ValueError, match=r"repeats without an input must be a vector, got shape \(\)"):
        ag.repeat_interleave(ag.tensor(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.rot90(ag.ones(2, 3), 1.5), "rot90: k must be an int, got float 1.5"),
        (lambda: ag.split(ag.ones(3), 1.5), "split: the size of a part must be an int, got float 1.5"),
        (lambda: ag.tensor_split(ag.ones(3), 1.5), "tensor_split: the number of sections must be an int, got float 1.5"),
        (lambda: ag.hsplit(ag.ones(3), 1.5), "hsplit: the number of parts must be an int, got float 1.5"),
        (lambda: ag.chunk(ag.ones(3), 1.5), "chunk: chunks must be an int, got float 1.5"),
        (lambda: ag.select(ag.ones(3), 0, 1.5), "select: index must be an int, got float 1.5"),
        (lambda: ag.narrow(ag.ones(3), 0, 0, 1.5), "narrow: length must be an int, got float 1.5"),
        (lambda: ag.diagonal(ag.ones(3, 3), 0.5), "diagonal: offset must be an int, got float 0.5"),
        (lambda: ag.tril(ag.ones(3, 3), 0.5), "tril: diagonal must be an int, got float 0.5"),
        (lambda: ag.unfold(ag.ones(3), 0, 1.5, 1), "unfold: size must be an int, got float 1.5"),
        (lambda: ag.diff(ag.ones(3), 1.5), "diff: n must be an int, got float 1.5"),
        (lambda: ag.histc(ag.ones(3), 1.5), "histc: bins must be an int, got float 1.5"),
        (lambda: ag.combinations(ag.ones(3), 1.5), "combinations: r must be an int, got float 1.5"),
        (lambda: ag.flipud([1.0]), "flipud: needs tensors, arrays or numbers, got list"),
        (lambda: ag.meshgrid("ab"), "meshgrid: needs tensors, arrays or numbers, got str"),
        (lambda: ag.broadcast_tensors("a", ag.ones(2)), "broadcast_tensors: needs tensors, arrays or numbers, got str"),
    ],
)  # fmt: skip
def test_arguments_of_another_type_raise_by_name(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.parametrize("f", [ag.squeeze, ag.sum, ag.amax, lambda x, dim: ag.flip(x, dim)])
def test_a_number_has_the_dims_0_and_minus_1_only(f):
    assert f(ag.tensor(2.0), 0).item() == f(ag.tensor(2.0), -1).item() == 2
    for dim in (1, (1,), -2):
        with pytest.raises(IndexError, match="is out of range for 0 dimensions; give one from -1 to 0"):
            f(ag.tensor(2.0), dim)
