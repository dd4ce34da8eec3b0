"""Reductions, scans, order statistics at the edges: nothing, one, ties, NaN, infinities, zeros; wrong arguments."""

import numpy as np
import pytest

import autograd_core as ag

inf, nan = np.inf, np.nan


def gradient(f, values, order=1):
    """The gradient of the sum of f at `values`; with order 2, of the sum of that gradient's squares."""
    x = ag.tensor(values, dtype=np.float64, requires_grad=True)
    (g,) = ag.grad(f(x).sum(), x, create_graph=True)
    if order == 2:
        (g,) = ag.grad((g * g).sum(), x)
    return g.detach().numpy()


def test_equal_extremes_share_the_gradient_over_all_and_the_first_takes_it_along_a_dim():
    ties = [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]
    third = 1 / 3
    np.testing.assert_allclose(gradient(lambda x: x.amax(1), ties), [[0, 0.5, 0.5], [third] * 3])
    np.testing.assert_allclose(gradient(ag.max, ties), [[0, 0.5, 0.5], [0, 0, 0]])
    np.testing.assert_allclose(gradient(lambda x: x.max(1).values, ties), [[0, 1, 0], [1, 0, 0]])
    np.testing.assert_allclose(gradient(lambda x: x.min(1)[0], ties), [[1, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(gradient(ag.median, [1.0, 2.0, 2.0, 5.0]), [0, 0.5, 0.5, 0])
    assert ag.tensor(ties).max(1).indices.tolist() == [1, 0]
    assert ag.tensor(ties).argmin(1).tolist() == [0, 0]
    assert ag.tensor([3.0, 1.0, 3.0]).cummax(0).indices.tolist() == [0, 0, 2]
    assert ag.tensor([1, 2, 1, 2]).argsort(descending=True).tolist() == [1, 3, 0, 2]  # stable both ways
    assert ag.tensor([2, 1, 2]).topk(3).indices.tolist() == [0, 2, 1]


def test_named_results():
    x = ag.rand(3, 4)
    for result, name in [
        (x.max(0), "max"), (x.min(0), "min"), (x.sort(), "sort"), (x.topk(1), "topk"), (x.kthvalue(1), "kthvalue"),
        (x.median(0), "median"), (x.nanmedian(0), "nanmedian"), (x.mode(), "mode"), (x.cummax(0), "cummax"),
        (x.cummin(0), "cummin"),
    ]:  # fmt: skip
        assert type(result).__name__ == name
        assert result.values is result[0]
        assert result.indices.dtype == np.int64
    assert x.aminmax()._fields == ("min", "max")


def test_nan_propagates_and_is_skipped_where_asked():
    x = ag.tensor([[1.0, nan, 0.0], [3.0, 4.0, 2.0]])
    for f in (ag.sum, ag.mean, ag.prod, ag.amax, ag.amin, ag.max, ag.median, ag.norm):
        assert np.isnan(f(x).item()), f.__name__
    assert x.argmax(1).tolist() == [1, 1]
    assert x.max(1).indices.tolist() == [1, 1]
    assert x.median(1).indices.tolist() == [1, 0]
    np.testing.assert_array_equal(x.sort(1)[0].numpy(), [[0, 1, nan], [2, 3, 4]])
    np.testing.assert_array_equal(x.sort(1, descending=True)[0].numpy(), [[nan, 1, 0], [4, 3, 2]])
    assert ag.nansum(x).item() == 10
    np.testing.assert_allclose(ag.nanmean(x, 1).numpy(), [0.5, 3])
    np.testing.assert_array_equal(ag.nanmedian(x, 1)[0].numpy(), [0, 3])
    np.testing.assert_array_equal(ag.quantile(x, 0.5, 1).numpy(), [nan, 3])
    np.testing.assert_array_equal(ag.nanquantile(x, 0.5, 1).numpy(), [0.5, 3])
    np.testing.assert_allclose(gradient(lambda x: ag.nanmean(x, 1), x.numpy()), [[0.5, 0, 0.5], [1 / 3] * 3])


def test_products_have_gradients_at_zeros():
    x = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0], [2.0, 3.0, 4.0]])
    np.testing.assert_allclose(gradient(lambda x: x.prod(1), x), [[0, 6, 0], [0, 0, 0], [12, 8, 6]])
    np.testing.assert_allclose(gradient(lambda x: x.cumprod(1), x), [[1, 8, 0], [1, 0, 0], [16, 10, 6]])
    for f in (lambda x: x.prod(), lambda x: x.prod(1), lambda x: x.cumprod(1), lambda x: x.cumprod(0)):
        assert ag.gradcheck(f, ag.tensor(x, requires_grad=True))
        assert ag.gradgradcheck(f, ag.tensor(x, requires_grad=True))


def test_the_third_derivative_of_a_product_at_a_zero():
    x = ag.tensor([0.0, 2.0, 0.0, 3.0], dtype=np.float64, requires_grad=True)
    g = x.prod()
    for i in (0, 2, 3):
        (g,) = ag.grad(g, x, create_graph=True)
        g = g[i]
    assert g.item() == 2.0  # d³(abcd) / da dc dd = b


def test_logarithms_of_sums_at_infinities():
    np.testing.assert_allclose(ag.logsumexp(ag.tensor([1000.0, 1000.0], dtype=np.float64), 0).item(), 1000 + np.log(2))
    assert ag.logsumexp(ag.tensor([-inf, -inf]), 0).item() == -inf
    assert ag.logsumexp(ag.tensor([inf, 1.0]), 0).item() == inf
    assert ag.logsumexp(ag.zeros(0), 0).item() == -inf
    np.testing.assert_array_equal(gradient(lambda x: ag.logsumexp(x, 0), [-inf, -inf]), [0, 0])
    np.testing.assert_array_equal(gradient(lambda x: ag.logsumexp(x, 0), [-inf, 3.0]), [0, 1])
    np.testing.assert_array_equal(gradient(lambda x: ag.logsumexp(x, 0), [inf, 3.0]), [1, 0])
    np.testing.assert_allclose(gradient(lambda x: ag.logcumsumexp(x, 0), [-inf, 0.0, -inf, 0.0]), [0, 2.5, 0, 0.5])
    assert not np.isnan(gradient(lambda x: ag.logcumsumexp(x, 0), [-inf, 0.0, -inf, 0.0], order=2)).any()


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, inf, -inf, "fro"])
def test_the_norm_of_zero_has_the_subgradient_zero(p):
    assert ag.norm(ag.zeros(3), p).item() == 0
    np.testing.assert_array_equal(gradient(lambda x: ag.norm(x, p), [0.0, 0.0]), [0, 0])
    assert not np.isnan(gradient(lambda x: ag.norm(x, p, 1), [[0.0, 2.0], [0.0, 0.0]], order=2)).any()


def test_deviations_of_few():
    assert np.isnan(ag.var(ag.tensor([1.0])).item())
    assert ag.var(ag.tensor([1.0, 3.0]), correction=5).item() == inf
    assert ag.var(ag.tensor([1.0]), correction=0).item() == 0
    assert ag.var(ag.tensor([1.0, 3.0]), False).item() == 1
    np.testing.assert_array_equal(gradient(ag.std, [2.0, 2.0, 2.0]), [0, 0, 0])


def test_nothing_and_one():
    nothing, one = ag.zeros(0, 3), ag.tensor(2.0, requires_grad=True)
    assert nothing.sum().item() == 0
    assert nothing.prod().item() == 1
    assert np.isnan(nothing.mean().item())
    assert np.isnan(nothing.median().item())
    assert nothing.all().item() is True
    assert nothing.any().item() is False
    assert nothing.sum(0).tolist() == [0, 0, 0]
    assert nothing.max(1).values.shape == (0,)
    assert nothing.sort(0).values.shape == (0, 3)
    assert nothing.cumsum(0).shape == nothing.cumprod(1).shape == nothing.logcumsumexp(0).shape == (0, 3)
    assert nothing.unique().shape == (0,)
    for f in (
        lambda x: x.sum(0), lambda x: x.mean(-1), lambda x: x.prod(0), lambda x: x.max(0)[0], lambda x: x.median(0)[0],
        lambda x: x.sort()[0], lambda x: x.topk(1)[0], lambda x: x.kthvalue(1)[0], lambda x: x.mode()[0],
        lambda x: x.cumsum(0), lambda x: x.cumprod(0), lambda x: x.logcumsumexp(0), lambda x: x.cummax(0)[0],
        lambda x: ag.logsumexp(x, 0), lambda x: x.norm(), lambda x: x.quantile(0.3), lambda x: x.amax(),
    ):  # fmt: skip
        y = f(one)
        assert y.shape == () and type(y.array) is np.ndarray
        (g,) = ag.grad(y, one)
        assert y.item() == 2 and g.item() == 1


def test_an_empty_tuple_of_dims_means_all():
    x = ag.ones(2, 3)
    assert x.sum(()).shape == x.mean(()).shape == x.amax(()).shape == x.norm(dim=()).shape == ()


def test_integers():
    x = ag.tensor([[3, 1], [2, 2]])
    for y in (x.sum(), x.prod(1), x.cumsum(0), x.cumprod(0), x.amax(), x.sort()[0], x.diff(), x.max(1)[0], x > 1):
        assert y.dtype == (np.bool_ if y.dtype == bool else np.int64)
    assert (x > 1).sum().dtype == np.int64
    assert ag.logsumexp(x, 0).dtype == np.float32
    assert ag.tensor([True, False]).diff().tolist() == [True]
    assert ag.tensor([1, 0], dtype=np.uint8).any().dtype == np.uint8


def test_modes_sets_and_bins():
    assert tuple(v.tolist() for v in ag.tensor([2, 1, 1, 2, 3]).mode()) == (1, 2)
    values, inverse, counts = ag.unique_consecutive(ag.tensor([1, 1, 2, 1]), return_inverse=True, return_counts=True)
    assert (values.tolist(), inverse.tolist(), counts.tolist()) == ([1, 2, 1], [0, 0, 1, 2], [2, 1, 1])
    rows, inverse = ag.unique(ag.tensor([[1, 2], [0, 5], [1, 2]]), return_inverse=True, dim=0)
    assert (rows.tolist(), inverse.tolist()) == ([[0, 5], [1, 2]], [1, 0, 1])
    assert ag.unique_consecutive(ag.tensor([[1, 1, 2], [3, 3, 3]]), dim=1).tolist() == [[1, 2], [3, 3]]
    assert ag.bincount(ag.tensor([1, 1, 3]), ag.tensor([0.5, 1.0, 2.0])).tolist() == [0, 1.5, 0, 2]
    assert ag.histc(ag.tensor([1.0, 1.0, nan]), 3, 0, 2).tolist() == [0, 2, 0]
    rows = ag.tensor([[1, 3, 5], [0, 10, 20]])
    assert ag.searchsorted(rows, ag.tensor([[3], [3]])).tolist() == [[1], [1]]
    assert ag.searchsorted(ag.tensor([5, 1]), 3, sorter=ag.tensor([1, 0])).tolist() == 1
    assert ag.bucketize(ag.tensor([1.0]), ag.tensor([1.0, 2.0]), out_int32=True, right=True).dtype == np.int32


def test_running_sums_from_both_ends_are_adjoint():
    x, y = (np.random.default_rng(i).integers(-9, 9, (3, 4)).astype(float) for i in (1, 2))
    g = gradient(lambda v: v.cumsum(1) * ag.tensor(y), x)
    assert (x * g).sum() == (x.cumsum(1) * y).sum()


def test_axis_and_keepdims_are_understood():
    x = ag.rand(2, 3)
    assert ag.prod(x, axis=1, keepdims=True).shape == (2, 1)
    assert ag.cumsum(x, axis=0).shape == (2, 3)
    assert x.sort(axis=0)[0].shape == (2, 3)


V, M = ag.rand(3), ag.rand(2, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: M.sum(dim=0, axis=0), TypeError, "sum: got both dim=0 and axis=0"),
        (lambda: M.prod(2), IndexError, "prod: dim 2 is out of range for 2 dimensions"),
        (lambda: M.cumsum("a"), TypeError, "cumsum: dim must be an int, got str 'a'"),
        (lambda: ag.mean(ag.tensor([1, 2])), TypeError, "mean: needs a floating tensor, got int64"),
        (lambda: ag.var(ag.tensor([1, 2])), TypeError, "var: needs a floating tensor, got int64"),
        (lambda: ag.norm(ag.tensor([1, 2])), TypeError, "norm: needs a floating tensor, got int64"),
        (lambda: ag.norm(V, "nuc"), ValueError, 'norm: "nuc" is a norm of matrices, over two dims; got shape'),
        (lambda: ag.norm(V, "two"), ValueError, 'p must be a number, "fro" or "nuc", got \'two\''),
        (lambda: ag.var(V, unbiased=True, correction=0), TypeError, "var: got both unbiased and correction"),
        (lambda: ag.zeros(0, 3).amax(0), ValueError, r"amax: no largest or smallest of nothing: shape \(0, 3\)"),
        (lambda: ag.zeros(0, 3).max(0), ValueError, r"max: no largest or smallest of nothing: .* along dim 0"),
        (lambda: ag.zeros(0, 3).median(0), ValueError, "median: no median of nothing"),
        (lambda: ag.zeros(0).mode(), ValueError, "mode: no mode of nothing"),
        (lambda: ag.zeros(0).quantile(0.5), ValueError, "quantile: no quantile of nothing"),
        (lambda: ag.max(V, V, True), TypeError, "max: takes either another tensor or a dim, got both"),
        (lambda: V.quantile(1.5), ValueError, "quantile: q must be numbers from 0 to 1 .* got 1.5"),
        (lambda: V.quantile(0.5, interpolation="cubic"), ValueError, "interpolation must be .* got 'cubic'"),
        (lambda: ag.tensor([1]).quantile(0.5), TypeError, "quantile: needs a floating tensor, got int64"),
        (lambda: V.topk(4), ValueError, "topk: k=4 is out of range for dim -1 of size 3"),
        (lambda: V.kthvalue(0), ValueError, "kthvalue: k=0 is out of range .* it counts from 1"),
        (lambda: ag.tensor([1]).logcumsumexp(0), TypeError, "logcumsumexp: needs a floating tensor, got int64"),
        (lambda: V.diff(-1), ValueError, "diff: n must not be negative, got -1"),
        (lambda: ag.tensor(1.0).diff(), ValueError, "diff: needs at least 1 dimension"),
        (lambda: ag.trapezoid(V, V, dx=1), TypeError, "trapezoid: got both x and dx"),
        (lambda: ag.trapezoid(M, ag.rand(2)), ValueError, "x has 2 positions, but dim -1 of y has size 3"),
        (
            lambda: ag.trapezoid(M, ag.rand(2, 2)),
            ValueError,
            r"x has shape \(2, 2\) and y \(2, 3\); they must agree in dim -1",
        ),
        (lambda: ag.trapezoid(ag.rand(1, 2), ag.rand(1, 3)), ValueError, "they must agree in dim -1"),
        (lambda: ag.topk(V, 1.5), TypeError, "topk: k must be an int, got float 1.5"),
        (lambda: ag.kthvalue(V, 1.5), TypeError, "kthvalue: k must be an int, got float 1.5"),
        (lambda: ag.searchsorted(V), TypeError, "searchsorted: needs values"),
        (lambda: ag.searchsorted(V, V, input=V), TypeError, "searchsorted: needs values"),
        (lambda: ag.trapezoid(ag.tensor(1.0)), ValueError, "trapezoid: needs at least 1 dimension"),
        (lambda: ag.histc(V, 0), ValueError, "histc: needs at least one bin, got 0"),
        (lambda: ag.histc(V, 3, 2, 1), ValueError, "histc: max 1 is below min 2"),
        (
            lambda: ag.histc(ag.tensor([1.0, nan])),
            ValueError,
            r"histc: the range of input, \[nan, nan\], is not finite",
        ),
        (lambda: ag.histc(ag.tensor([1])), TypeError, "histc: needs a floating tensor, got int64"),
        (lambda: ag.bincount(V), TypeError, r"bincount: needs a vector of integers, got shape \(3,\), float32"),
        (lambda: ag.bincount(ag.tensor([1, -2])), ValueError, "element -2 at position 1 is negative"),
        (lambda: ag.bincount(ag.tensor([1]), minlength=-1), ValueError, "minlength must not be negative, got -1"),
        (lambda: ag.bincount(ag.tensor([1]), V), ValueError, r"weights have shape \(3,\), input \(1,\)"),
        (lambda: ag.searchsorted(V, V, side="up"), ValueError, 'side must be "left" or "right", got \'up\''),
        (lambda: ag.searchsorted(V, V, right=True, side="left"), ValueError, "right=True contradicts"),
        (lambda: ag.searchsorted(ag.tensor(1.0), V), ValueError, "the sequence needs at least 1 dimension"),
        (lambda: ag.searchsorted(M, V), ValueError, r"takes values of shape \(2, 'm'\), got \(3,\)"),
        (lambda: ag.searchsorted(V, V, sorter=V), ValueError, r"sorter must be integers of shape \(3,\), got float32"),
        (lambda: ag.bucketize(V, M), ValueError, r"boundaries must be a vector, got shape \(2, 3\)"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("source", ["int64", "int32", "uint8", "bool", "float32", "float16"])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
def test_the_dtype_asked_for_is_the_dtype_of_the_result_and_of_the_arithmetic(source, dtype):
    values = np.asarray([[1, 2, 250], [3, 0, 200]]).astype(source)
    x, a = ag.tensor(values), values.astype(dtype)
    for f, expected in [
        (ag.sum, np.sum(a, 1, dtype=dtype)), (ag.nansum, np.sum(a, 1, dtype=dtype)),
        (ag.prod, np.prod(a, 1, dtype=dtype)), (ag.cumsum, np.cumsum(a, 1, dtype=dtype)),
        (ag.cumprod, np.cumprod(a, 1, dtype=dtype)),
    ]:  # fmt: skip
        out = f(x, 1, dtype=dtype)
        assert out.dtype == dtype, f.__name__
        np.testing.assert_array_equal(out.numpy(), expected, err_msg=f.__name__)
    assert x.sum(dtype=dtype).dtype == x.prod(dtype=dtype).dtype == dtype
    assert ag.cumprod(x[0, 0], 0, dtype=dtype).dtype == dtype
    for f in (ag.mean, ag.nanmean):
        if np.dtype(dtype).kind == "f":
            assert f(x, 1, dtype=dtype).dtype == dtype
        else:
            with pytest.raises(TypeError, match="needs a floating tensor"):
                f(x, 1, dtype=dtype)


def test_sums_modulo_the_range_of_a_narrow_dtype_inside_vmap_and_on_arrays():
    x = ag.tensor([[200, 100], [1, 2]])
    assert ag.func.vmap(lambda r: r.sum(dtype=ag.uint8))(x).tolist() == [44, 3]
    a = x.numpy()
    for f in (
        np.sum, np.prod, np.cumsum, np.cumprod, np.nansum, np.nancumsum, np.trace, np.add.reduce, np.add.accumulate,
        np.multiply.accumulate,
    ):  # fmt: skip
        ours, theirs = f(x, dtype=np.uint8), f(a, dtype=np.uint8)
        assert ours.dtype == theirs.dtype == np.uint8, f
        np.testing.assert_array_equal(ours.numpy(), theirs)
    assert np.add.reduceat(x, [0, 1], dtype=np.uint8).dtype == np.uint8
