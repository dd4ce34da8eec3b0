"""Covariance and correlation against NumPy's: shapes of single rows, weights, complex numbers, nothing left to divide by."""

import numpy as np
import pytest

import autograd_core as ag

rng = np.random.default_rng(0)
X = rng.standard_normal((3, 6))
Z = X + 1j * rng.standard_normal((3, 6))
COUNTS, WEIGHTS = np.array([1, 2, 0, 3, 1, 1]), rng.uniform(0.5, 2, 6)


@pytest.mark.parametrize("x", [X, Z, X[:1], X[0], X[:, :1], X[:1, :1], X[0, 0], np.ones((1, 4))])
@pytest.mark.filterwarnings("ignore")  # NumPy's of dividing by 0
def test_cov_and_corrcoef_are_numpys(x):
    n = x.shape[-1] if x.ndim else 1
    t = ag.tensor(x)
    for correction in (0, 1, 2, 9):
        for fweights, aweights in ((None, None), (COUNTS[:n], None), (None, WEIGHTS[:n]), (COUNTS[:n], WEIGHTS[:n])):
            given = {
                k: None if w is None else ag.tensor(w) for k, w in (("fweights", fweights), ("aweights", aweights))
            }
            ours = ag.cov(t, correction=correction, **given)
            expected = np.cov(x, ddof=correction, fweights=fweights, aweights=aweights)
            assert ours.shape == expected.shape and ours.dtype == x.dtype
            for found in (ours, np.cov(t, ddof=correction, fweights=fweights, aweights=aweights)):
                finite = np.isfinite(expected)
                np.testing.assert_array_equal(np.isfinite(found.numpy()), finite)
                np.testing.assert_allclose(found.numpy()[finite], expected[finite], atol=1e-12)
    ours = ag.corrcoef(t)
    assert ours.shape == np.corrcoef(x).shape
    np.testing.assert_allclose(ours.numpy(), np.corrcoef(x), atol=1e-12)


def test_the_covariance_of_a_single_row_is_a_number():
    assert ag.cov(ag.ones(1, 4)).shape == ag.corrcoef(ag.ones(1, 4)).shape == ()
    assert ag.cov(ag.tensor(5.0), fweights=ag.tensor(3)).shape == ()
    assert ag.func.vmap(ag.cov)(ag.ones(5, 1, 4)).shape == (5,)


def test_gradients_of_covariances():
    for x in (X, Z, X[:1]):
        t, w = ag.tensor(x, requires_grad=True), ag.tensor(WEIGHTS, requires_grad=True)
        assert ag.gradcheck(lambda t, w: ag.cov(t, aweights=w), (t, w))
        assert ag.gradgradcheck(lambda t, w: ag.cov(t, aweights=w), (t, w))
    assert ag.gradcheck(ag.corrcoef, (ag.tensor(Z, requires_grad=True),))


def test_weights_that_cannot_be_weights_raise():
    x = ag.tensor(X[:, :3])
    for name, bad in (("fweights", [1, -1, 2]), ("aweights", [1.0, -1.0, 2.0]), ("aweights", [1.0, np.nan, 1.0])):
        with pytest.raises(ValueError, match=f"cov: {name} must not be negative"):
            ag.cov(x, **{name: ag.tensor(bad)})
    for name, bad in (("fweights", [0, 0, 0]), ("aweights", [0.0, 0.0, 0.0])):
        with pytest.raises(ValueError, match=f"cov: {name} sum to 0"):
            ag.cov(x, **{name: ag.tensor(bad)})
    with pytest.raises(ValueError, match="fweights must hold a number for each of the 3 observations"):
        ag.cov(x, fweights=ag.tensor([1, 2]))
