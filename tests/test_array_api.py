"""The array API standard, 2024.12: signatures, dtypes and behaviours of the namespace, and libraries that dispatch to it."""

import inspect
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag

ROOT = Path(__file__).parent.parent

# The parameters by the standard of what is not one array or two: positional ones, *, those by name
SIGNATURES = """
arange(start, stop, step, *, dtype, device)
broadcast_arrays(arrays)
can_cast(from_, to)
clip(x, min, max)
cumulative_prod(x, *, axis, dtype, include_initial)
cumulative_sum(x, *, axis, dtype, include_initial)
empty(shape, *, dtype, device)
eye(n_rows, n_cols, *, k, dtype, device)
finfo(type)
full(shape, fill_value, *, dtype, device)
full_like(x, fill_value, *, dtype, device)
iinfo(type)
linspace(start, stop, num, *, dtype, device, endpoint)
meshgrid(arrays, *, indexing)
ones(shape, *, dtype, device)
prod(x, *, axis, dtype, keepdims)
searchsorted(x1, x2, *, side, sorter)
sum(x, *, axis, dtype, keepdims)
vecdot(x1, x2, *, axis)
zeros(shape, *, dtype, device)
"""


@pytest.fixture
def xp():
    return ag.ones(1).__array_namespace__(api_version="2024.12")


@pytest.mark.parametrize("line", SIGNATURES.split("\n")[1:-1])
def test_signatures(xp, line):
    name, _, listed = line.rstrip(")").partition("(")
    names = listed.split(", ")
    parameters = inspect.signature(getattr(xp, name)).parameters
    assert list(parameters) == [n for n in names if n != "*"]
    after = names[names.index("*") + 1 :] if "*" in names else []
    assert [n for n, p in parameters.items() if p.kind is p.KEYWORD_ONLY] == after


def test_signatures_of_the_array(xp):
    assert list(inspect.signature(xp.linalg.matrix_rank).parameters) == ["x", "rtol"]
    assert list(inspect.signature(ag.ones(1).to_device).parameters) == ["device", "stream"]
    assert list(inspect.signature(ag.ones(1).__dlpack__).parameters) == ["stream", "max_version", "dl_device", "copy"]


@pytest.mark.parametrize("name", ["add", "atan2", "bitwise_or", "maximum", "vecdot", "less"])
@pytest.mark.parametrize(("one", "other"), [("uint16", "uint8"), ("int8", "int32"), ("float64", "float32")])
def test_a_tensor_without_dimensions_counts(xp, name, one, other):
    if name == "bitwise_or" and one.startswith("float"):
        pytest.skip("of integers only")
    shape = (1,) if name == "vecdot" else ()
    for a, b in ((one, other), (other, one)):
        x, y = xp.zeros(shape, dtype=getattr(xp, a)), xp.zeros((1,), dtype=getattr(xp, b))
        expected = np.bool_ if name == "less" else np.promote_types(a, b)
        if name == "atan2" and "int" in one:
            continue
        assert getattr(xp, name)(x, y).dtype == expected


def test_promotion_keeps_the_gradient(xp):
    x = ag.tensor(2.0, dtype=ag.float64, requires_grad=True)
    xp.sum(xp.multiply(x, ag.tensor([1.0, 2.0]))).backward()
    assert x.grad.item() == 3.0 and x.grad.dtype == np.float64


def test_sums_of_unsigned_integers(xp):
    x = xp.asarray([200, 100], dtype=xp.uint8)
    for function, value in ((xp.sum, 300), (xp.prod, 20000)):
        assert function(x).dtype == np.uint64 and function(x).item() == value
    assert xp.cumulative_sum(x).tolist() == [200, 300] and xp.cumulative_sum(x).dtype == np.uint64
    assert xp.cumulative_prod(x, include_initial=True).tolist() == [1, 200, 20000]
    square = xp.asarray([[200, 1], [1, 100]], dtype=xp.uint8)
    assert xp.linalg.trace(square).item() == 300 and xp.linalg.trace(square).dtype == np.uint64
    assert xp.linalg.trace(square, offset=1).item() == 1
    assert xp.sum(x, dtype=xp.uint8).item() == 44 and xp.sum(xp.asarray([1], dtype=xp.int8)).dtype == np.int64


def test_vecdot(xp):
    x, y = xp.asarray([16, 17], dtype=xp.uint8), xp.asarray([16, 1], dtype=xp.uint8)
    assert xp.vecdot(x, y).item() == 17 and xp.vecdot(x, y).dtype == np.uint8  # 273 - 256
    with pytest.raises(ValueError, match="vecdot: axis -1 has 2 elements in the first and 1 in the second"):
        xp.vecdot(x, y[:1])


def test_values_of_the_standard(xp):
    assert math.isnan(xp.sign(xp.asarray([math.nan]))[0].item()) and xp.sign(xp.asarray([-2.0])).item() == -1
    assert xp.clip(xp.asarray([1, 5, 9]), min=2, max=None).tolist() == [2, 5, 9]
    assert xp.linspace(0.0, 1.0, 3).dtype == np.float32 and xp.linspace(0, 1, 2, endpoint=False).tolist() == [0, 0.5]
    assert xp.full(2, 1j).dtype == np.complex64 and xp.full(2, True).dtype == bool
    assert xp.eye(2, 3, k=1).tolist() == [[0, 1, 0], [0, 0, 1]]
    assert xp.arange(2, 8, 3).tolist() == [2, 5] and xp.arange(3).dtype == np.int64
    assert xp.full_like(xp.ones(2, dtype=xp.float64), 3).dtype == np.float64
    assert type(xp.meshgrid(xp.ones(2), xp.ones(3))) is list and type(xp.broadcast_arrays(xp.ones(2))) is list
    assert xp.searchsorted(xp.asarray([1, 3]), xp.asarray([3]), side="right").tolist() == [2]
    assert xp.linalg.matrix_rank(xp.asarray([[1.0, 0.0], [0.0, 1e-3]]), rtol=0.1).item() == 1


def test_dtypes_can_be_asked_for(xp):
    assert xp.can_cast(xp.int8, xp.int16) and not xp.can_cast(xp.asarray([1.0]), xp.int8)
    for kind in (xp.float32, xp.complex64, xp.float64):
        limits, theirs = xp.finfo(kind), np.finfo(kind)
        assert limits.eps == theirs.eps and limits.max == theirs.max and limits.smallest_normal == theirs.tiny
        assert all(type(v) is float for v in (limits.eps, limits.max, limits.min)) and limits.dtype == theirs.dtype
    assert type(xp.iinfo(xp.uint64).max) is int and xp.iinfo(xp.uint64).max == 2**64 - 1
    assert xp.result_type(xp.float32, xp.float64) == np.float64 and xp.isdtype(xp.int8, "signed integer")


def test_devices(xp):
    x = ag.ones(2, requires_grad=True)
    assert x.to_device(x.device) is x and x.device in xp.__array_namespace_info__().devices()
    for wrong in (lambda: x.to_device("gpu"), lambda: x.to_device("cpu", stream=1)):
        with pytest.raises(ValueError, match="to_device: there is only the device 'cpu', without streams"):
            wrong()


# ------------------------------------------------------------------------------------------------ who dispatches to it

PROGRAM = """
import numpy as np, autograd_core as ag
rng = np.random.default_rng(0)
X = rng.normal(size=(30, 4))
y, z = (X[:, 0] > 0).astype(np.int64), X @ np.array([1.0, 2.0, 3.0, 4.0])
{imports}
functions = [{functions}]
for number, function in enumerate(functions):
    ours, theirs = function(ag.from_numpy), function(lambda a: a)
    assert isinstance(ours, ag.Tensor) or isinstance(theirs, float), (number, type(ours))
    np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-9, atol=1e-12, err_msg=str(number))
print(len(functions))
"""


def run(imports, *functions):
    code = PROGRAM.format(imports=imports, functions=", ".join(f"lambda t: {f}" for f in functions))
    env = {**os.environ, "SCIPY_ARRAY_API": "1"}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=env, check=False)
    assert out.returncode == 0, out.stderr
    assert out.stdout.split()[-1] == str(len(functions))


def test_scipy():
    pytest.importorskip("scipy", minversion="1.17")
    run(
        "import scipy.special as sp, scipy.stats as st, scipy.integrate, scipy.cluster.vq as vq, scipy.optimize",
        "sp.logsumexp(t(X), axis=1)", "sp.softmax(t(X), axis=1)", "sp.expit(t(X))", "st.zscore(t(X), axis=0)",
        "st.skew(t(X), axis=0)", "st.kurtosis(t(X), axis=0)", "st.gmean(t(abs(X)), axis=0)",
        "st.entropy(t(abs(X)), axis=0)", "st.ttest_1samp(t(X), 0.0, axis=0).pvalue", "vq.whiten(t(X))",
        "scipy.integrate.trapezoid(t(X), axis=0)", "scipy.optimize.rosen(t(z))",
    )  # fmt: skip


def test_scikit_learn():
    pytest.importorskip("sklearn", minversion="1.7")
    run(
        "import sklearn; sklearn.set_config(array_api_dispatch=True)\n"
        "from sklearn import metrics, preprocessing\nfrom sklearn.decomposition import PCA\n"
        "from sklearn.linear_model import Ridge\n"
        "from sklearn.discriminant_analysis import LinearDiscriminantAnalysis as LDA",
        "preprocessing.StandardScaler().fit_transform(t(X))", "preprocessing.MinMaxScaler().fit_transform(t(X))",
        "preprocessing.Normalizer().fit_transform(t(X))", "PCA(2, svd_solver='full').fit_transform(t(X))",
        "Ridge(solver='svd').fit(t(X), t(z)).coef_", "LDA().fit(t(X), t(y)).decision_function(t(X))",
        "metrics.r2_score(t(z), t(z + 1))", "metrics.accuracy_score(t(y), t(1 - y))",
        "metrics.mean_squared_error(t(z), t(z + 1))", "metrics.pairwise.rbf_kernel(t(X))",
    )  # fmt: skip
