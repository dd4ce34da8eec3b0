"""Ways from a tensor to numbers: none loses a gradient silently. NumPy, SciPy, pandas, matplotlib see tensors here."""

import copy
import math
import warnings

import numpy as np
import pytest
from scipy import special

import autograd_core as ag

# --------------------------------------------------------------------------------------------------------- __array__

SILENT = {
    "a list": lambda x, t: np.array([t, t]),
    "a list of rows": lambda x, t: np.array([x, x]),
    "numbers and a tensor": lambda x, t: np.array([1.0, t]),
    "np.asarray": lambda x, t: np.asarray(x),
    "np.log of a list": lambda x, t: np.log([t, t]),
    "np.sum of a list": lambda x, t: np.sum([t, t]),
    "np.mean of a list": lambda x, t: np.mean([t, t]),
    "np.r_": lambda x, t: np.r_[x, x],
    "np.c_": lambda x, t: np.c_[x, x],
    "np.vectorize": lambda x, t: np.vectorize(lambda v: v * v)(x),
    "np.full": lambda x, t: np.full(2, t),
    "np.float32": lambda x, t: np.float32(t),
    "np.ma": lambda x, t: np.ma.array(x),
    "np.nditer": lambda x, t: np.nditer(x),
    "np.ndenumerate": lambda x, t: list(np.ndenumerate(x)),
    "polynomial": lambda x, t: np.polynomial.Polynomial([1.0, 2.0])(x),
    "random": lambda x, t: np.random.default_rng(0).normal(x),
    "scipy's logsumexp": lambda x, t: special.logsumexp(x),
    "scipy's softmax": lambda x, t: special.softmax(x),
    "scipy's log_softmax": lambda x, t: special.log_softmax(x),
    "scipy's multigammaln": lambda x, t: special.multigammaln(x, 2),
    "testing": lambda x, t: np.testing.assert_allclose(x, [1.0, 2.0]),
}


def tensors():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    return x, x.sum()


@pytest.mark.parametrize("name", SILENT)
def test_an_array_of_a_tensor_that_requires_a_gradient_is_refused(name):
    x, t = tensors()
    with pytest.raises(
        RuntimeError, match=r"its gradient to be lost; .*ag\.special.*x\.detach\(\).*x\.numpy\(\).*no_grad"
    ):
        SILENT[name](x, t)


@pytest.mark.parametrize("name", SILENT)
def test_without_a_gradient_it_is_not(name):
    x, t = tensors()
    SILENT[name](x.detach(), t.detach())
    with ag.no_grad():
        SILENT[name](x, t)


def test_scipy_stats():
    stats = pytest.importorskip("scipy.stats")
    x, _ = tensors()
    with pytest.raises(RuntimeError, match="its gradient to be lost"):
        stats.norm.logpdf(x)
    stats.norm.logpdf(x.detach())


def test_pandas():
    pandas = pytest.importorskip("pandas")
    x, _ = tensors()
    with pytest.raises(RuntimeError, match="its gradient to be lost"):
        pandas.Series(x)


def test_the_memory_is_shared_where_nothing_is_recorded():
    x, _ = tensors()
    assert np.shares_memory(np.asarray(x.detach()), x.array)
    with ag.no_grad():
        assert np.shares_memory(np.asarray(x), x.array)
        assert not np.asarray(x).flags.writeable
    assert np.shares_memory(x.numpy(), x.array)


# ------------------------------------------------------------------------------------------------------- a[i] = tensor


def store(a, key, value):
    a[key] = value


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128, np.int64])
def test_an_element_of_an_array_is_no_place_for_a_gradient(dtype):
    x, t = tensors()
    a = np.zeros(3, dtype)
    for value in (t, x[0]):
        with pytest.raises((RuntimeError, ValueError)) as caught:
            a[0] = value
        told = str(caught.value.__cause__ or caught.value)  # NumPy chains it to an error of its own
        assert "which would be lost; make the array a tensor" in told and "x.item()" in told
    with pytest.raises((RuntimeError, ValueError)):
        a[:2] = x
    with pytest.raises((RuntimeError, ValueError)):
        a[0] += t
    assert not a.any()
    a[0] = t.item()
    a[1] = x.detach()[0]
    with ag.no_grad():
        store(a, 2, t)
    assert a.tolist() == [3, 1, 3]


def test_numbers_stay_numbers():
    x, t = tensors()
    assert float(t) == t.item() == 3.0 and int(t) == 3 and complex(t) == 3
    assert math.sqrt(t) == math.sqrt(3) and f"{t:.2f}" == format(t, ".2f") == "3.00"
    assert x.tolist() == [1, 2] and str(t).startswith("tensor(3.") and bool(t) and t in [t]
    held, table = [0.0], {}
    held[0], table["loss"] = float(t), t
    held.append(t)
    assert held[0] == 3 and table["loss"] is t and copy.copy(t).item() == 3
    total = 0.0
    total += float(t)
    assert total == 3 and np.float64(t) == 3


# -------------------------------------------------------------------------------------------------------- SciPy's ufuncs

UFUNCS = sorted(name for name in dir(special) if isinstance(getattr(special, name), np.ufunc))
POINTS = {  # arguments within the domain; a first argument that is an int is a degree or has no derivative
    "erfinv": [0.3], "ndtri": [0.4], "logit": [0.4], "gammainc": [2.0, 0.7], "gammaincc": [2.0, 0.7], "betaln": [1.3, 0.7],
    "xlogy": [0.6, 1.3], "xlog1py": [0.6, 1.3],
} | {f"eval_{name}": [3, 0.4] for name in (
    "chebyt", "chebyu", "legendre", "sh_chebyt", "sh_chebyu", "laguerre", "hermite", "hermitenorm"
)}  # fmt: skip
NO_DERIVATIVE_IN_FIRST = ("gammainc", "gammaincc")
WITH_RULE = """
betaln cbrt digamma entr erf erfc erfcx erfinv eval_chebyt eval_chebyu eval_hermite eval_hermitenorm eval_laguerre
eval_legendre eval_sh_chebyt eval_sh_chebyu exp10 exp2 expit expm1 gammainc gammaincc gammaln i0 i0e i1 i1e j0 j1 k0 k0e
k1 k1e log1p log_expit log_ndtr logit ndtr ndtri psi round xlog1py xlogy y0 y1
""".split()


@pytest.mark.parametrize("name", UFUNCS)
def test_a_ufunc_of_scipy_records_or_names_itself(name):
    ufunc = getattr(special, name)
    if name not in WITH_RULE:
        x = ag.tensor(np.full(2, 0.5), requires_grad=True)
        with pytest.raises(
            TypeError, match=rf"scipy\.special\.{ufunc.__name__} has no rule for tensors, so its gradient"
        ):
            ufunc(*[x] * ufunc.nin)
        return
    values = POINTS.get(name, [0.6] * ufunc.nin)
    values = [np.array([v, 1.1 * v]) if isinstance(v, float) else v for v in values]
    for i, v in enumerate(values):
        if isinstance(v, int) or (i == 0 and name in NO_DERIVATIVE_IN_FIRST):
            continue
        x = ag.tensor(v, requires_grad=True)
        out = ufunc(*values[:i], x, *values[i + 1 :])
        assert type(out) is ag.Tensor and out.dtype == np.float64
        np.testing.assert_allclose(out.numpy(), ufunc(*values), rtol=1e-12)
        (g,) = ag.grad(out.sum(), x)
        h = 1e-6
        ends = [ufunc(*values[:i], v + step, *values[i + 1 :]) for step in (h, -h)]
        np.testing.assert_allclose(g.numpy(), (ends[0] - ends[1]) / (2 * h), rtol=1e-6, atol=1e-8)
        small = ufunc(*values[:i], ag.tensor(v.astype(np.float32)), *values[i + 1 :])
        assert small.dtype == (
            np.float32 if all(isinstance(w, int) for w in values[:i] + values[i + 1 :]) else np.float64
        )


def test_what_ag_special_has_is_recorded():
    twins = {name for name in UFUNCS if name in ag.special.__all__}
    assert twins <= set(WITH_RULE)
    x = ag.tensor([1.5, 2.5], requires_grad=True)
    special.zeta(2.0, x).sum().backward()
    assert x.grad is not None
    with pytest.raises(TypeError, match="the degree n"):
        special.eval_legendre(2.5, x)
    with pytest.raises(TypeError, match="no derivative with respect to the degree n"):
        special.eval_legendre(x.sum(), x)


def test_a_ufunc_of_somebody_else_is_not_taken_for_ours_by_its_name():
    def relu(v):
        return 2 * v

    other = np.frompyfunc(relu, 1, 1)
    x, _ = tensors()
    with pytest.raises(TypeError, match="the ufunc relu.* has no rule for tensors"):
        other(x)
    numba = pytest.importorskip("numba")
    with pytest.raises(TypeError, match="the ufunc relu has no rule for tensors"):
        numba.vectorize(["float64(float64)"])(relu)(x)


def test_a_list_of_tensors_that_require_a_gradient_warns():
    _, t = tensors()
    for make in (ag.tensor, ag.as_tensor, ag.Tensor):
        with pytest.warns(UserWarning, match=r"to keep their gradient use ag\.stack") as caught:
            assert not make([[t, 1.0], [2.0, t]]).requires_grad
        assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ag.tensor([t.detach(), t.item()])
        with ag.no_grad():
            ag.tensor([t, t])


def test_np_full_like_a_tensor_records_its_value():
    x, t = tensors()
    np.full((2, 2), t, like=x).sum().backward()
    assert x.grad.tolist() == [4, 4]
