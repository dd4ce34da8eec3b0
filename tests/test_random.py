"""Random numbers: distributions, seeds, generators, and what is refused."""

import numpy as np
import pytest

import autograd_core as ag

N = 20_000

# function of no argument, mean, standard deviation
DRAWS = {
    "rand": (lambda: ag.rand(N), 0.5, 12**-0.5),
    "randn": (lambda: ag.randn(N), 0, 1),
    "randint": (lambda: ag.randint(2, 8, (N,)), 4.5, (35 / 12) ** 0.5),
    "normal": (lambda: ag.normal(ag.full((N,), 3.0), 2.0), 3, 2),
    "normal of a size": (lambda: ag.normal(1.0, 0.5, (N,)), 1, 0.5),
    "bernoulli": (lambda: ag.bernoulli(ag.full((N,), 0.3)), 0.3, 0.21**0.5),
    "poisson": (lambda: ag.poisson(ag.full((N,), 4.0)), 4, 2),
    "uniform_": (lambda: ag.empty(N).uniform_(-1, 3), 1, 4 / 12**0.5),
    "normal_": (lambda: ag.empty(N).normal_(5, 0.1), 5, 0.1),
    "bernoulli_": (lambda: ag.empty(N).bernoulli_(0.8), 0.8, 0.16**0.5),
    "exponential_": (lambda: ag.empty(N).exponential_(4.0), 0.25, 0.25),
    "geometric_": (lambda: ag.empty(N).geometric_(0.5), 2, 2**0.5),
    "log_normal_": (lambda: ag.empty(N).log_normal_(0, 0.25), np.exp(1 / 32), None),
    "random_": (lambda: ag.empty(N).random_(10), 4.5, (99 / 12) ** 0.5),
}


@pytest.mark.parametrize("name", DRAWS)
def test_moments(name):
    draw, mean, deviation = DRAWS[name]
    ag.manual_seed(1)
    x = np.asarray(draw(), np.float64)
    assert x.mean() == pytest.approx(mean, abs=6 * (deviation or 1) / N**0.5)
    if deviation is not None:
        assert x.std() == pytest.approx(deviation, rel=0.05)


@pytest.mark.parametrize("name", DRAWS)
def test_one_seed_one_result(name):
    draw = DRAWS[name][0]
    results = []
    before = ag.get_num_threads()
    for threads in (1, 3):
        ag.set_num_threads(threads)
        ag.manual_seed(7)
        results.append(draw().numpy())
    ag.set_num_threads(before)
    np.testing.assert_array_equal(*results)
    assert not np.array_equal(results[0], draw().numpy())


def test_dtypes_and_shapes():
    x = ag.zeros(2, 3, dtype=ag.float64)
    assert ag.rand_like(x).dtype == np.float64
    assert ag.randn_like(x).shape == (2, 3)
    assert ag.randint_like(x, 5).dtype == np.float64
    assert ag.bernoulli(ag.full((2, 3), 0.5)).dtype == np.float32
    assert ag.poisson(x).shape == (2, 3)
    assert ag.empty(3, dtype=ag.int64).random_(5).dtype == np.int64
    assert ag.normal(ag.zeros(2, 1), ag.ones(3)).shape == (2, 3)
    assert sorted(ag.randperm(6).tolist()) == list(range(6))


def test_multinomial():
    ag.manual_seed(0)
    weights = ag.tensor([[1.0, 0.0, 3.0], [0.0, 2.0, 0.0]])
    drawn = ag.multinomial(weights, N, replacement=True)
    assert drawn.shape == (2, N)
    assert drawn.dtype == np.int64
    counts = np.bincount(drawn.numpy()[0], minlength=3) / N
    np.testing.assert_allclose(counts, [0.25, 0, 0.75], atol=0.02)
    assert set(drawn.numpy()[1]) == {1}
    without = np.stack([ag.multinomial(ag.tensor([1.0, 0.0, 3.0]), 2).numpy() for _ in range(2000)])
    assert {tuple(sorted(row)) for row in without} == {(0, 2)}
    assert (without[:, 0] == 2).mean() == pytest.approx(0.75, abs=0.04)


def test_in_place_forms_are_writes():
    w = ag.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="uniform_: a leaf that requires a gradient"):
        w.uniform_()
    with ag.no_grad():
        w.uniform_()
    x = w * 2
    x.normal_()
    assert ag.grad(x.sum(), w)[0].tolist() == [0, 0, 0]
    assert x._version == 1


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (lambda: ag.normal(0.0, 1.0), TypeError, "give the size of the result"),
        (lambda: ag.normal(ag.zeros(2), -1.0), ValueError, "must not be negative, got -1.0"),
        (lambda: ag.bernoulli(ag.tensor([0.5, 1.5])), ValueError, "from 0 to 1, got 0.5 to 1.5"),
        (lambda: ag.poisson(ag.tensor([-1.0])), ValueError, "rates must not be negative, got -1.0"),
        (lambda: ag.multinomial(ag.zeros(3), 1), ValueError, "row 0 has no positive weight"),
        (lambda: ag.multinomial(ag.tensor([1.0, -1.0]), 1), ValueError, "finite and not negative"),
        (lambda: ag.multinomial(ag.tensor([1.0, 0.0]), 2), ValueError, "cannot draw 2 of 1 possible values without"),
        (lambda: ag.multinomial(ag.ones(2, 2, 2), 1), ValueError, r"one or two dimensions, got shape \(2, 2, 2\)"),
        (lambda: ag.empty(2).uniform_(3, 1), ValueError, "uniform_: the lower bound 3 is above the upper bound 1"),
        (lambda: ag.empty(2).normal_(0, -1), ValueError, "must not be negative, got -1"),
        (lambda: ag.empty(2).bernoulli_(2.0), ValueError, "from 0 to 1, got 2.0"),
        (lambda: ag.empty(2).exponential_(0.0), ValueError, "rate must be positive, got 0.0"),
        (lambda: ag.empty(2).geometric_(0.0), ValueError, r"from \(0, 1\], got 0.0"),
        (lambda: ag.empty(2).random_(5, 5), ValueError, "got low=5, high=5"),
        (lambda: ag.randint(3), TypeError, "randint: needs the size of the result"),
        (lambda: ag.randint(0, (2,)), ValueError, "randint: high must be greater than low, got low=0, high=0"),
        (lambda: ag.randint(2.5, (2,)), TypeError, "randint: the bounds must be integers, got float 2.5"),
        (lambda: ag.randint_like(ag.ones(2), 300, dtype=ag.uint8), OverflowError, "randint_like: 299 does not fit"),
        (lambda: ag.randperm(-1), ValueError, r"randperm: sizes must not be negative, got \(-1,\)"),
        (lambda: ag.randperm(2.5), TypeError, "randperm: sizes must be integers"),
        (lambda: ag.randperm(300, dtype=ag.uint8), OverflowError, "randperm: 299 does not fit into uint8"),
        (lambda: ag.normal(ag.zeros(2), ag.ones(3)), ValueError, r"normal: shapes \(2,\) and \(3,\) do not broadcast"),
        (lambda: ag.normal(ag.zeros(2), 1.0, 3), ValueError, r"normal: shapes \(2,\) and \(\) and \(3,\) do not"),
        (lambda: ag.randn_like(3.0), TypeError, "randn_like: needs a tensor or an array, got float 3.0"),
        (lambda: ag.set_rng_state(3), TypeError, "set_state: needs what get_state returned, got int 3"),
        (lambda: ag.rand(2, size=(3,)), TypeError, r"rand: got sizes \(2,\) and size=\(3,\); give one of them"),
    ],
)  # fmt: skip
def test_errors(act, error, message):
    with pytest.raises(error, match=message):
        act()


INTEGERS = ag.zeros(3, dtype=ag.int64)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: ag.rand(3, dtype=ag.int64), lambda: ag.randn(3, dtype=ag.int32), lambda: ag.rand_like(INTEGERS),
        lambda: ag.randn_like(INTEGERS), lambda: ag.normal(0.0, 1.0, 3, dtype=ag.int64), INTEGERS.uniform_,
        INTEGERS.normal_, INTEGERS.exponential_, INTEGERS.cauchy_, INTEGERS.log_normal_,
    ],
)  # fmt: skip
def test_fractions_are_not_cut_off(draw):
    with pytest.raises(TypeError, match=r"draws fractions, which int\d\d would cut off; pass dtype=ag.float32"):
        draw()


def test_a_mean_of_integers_is_not_the_dtype_of_the_result():
    assert ag.normal(ag.zeros(2, dtype=ag.int64), 1.0).dtype == np.float32
    assert ag.normal(ag.zeros(2, dtype=ag.int64), ag.ones(2, dtype=ag.float64)).dtype == np.float64


def test_complex_numbers_have_two_parts():
    ag.manual_seed(0)
    z = ag.randn(N, dtype=ag.complex64).numpy()
    np.testing.assert_allclose([z.real.var(), z.imag.var(), (z.real * z.imag).mean()], [0.5, 0.5, 0], atol=0.02)
    u = ag.rand(N, dtype=ag.complex128).numpy()
    np.testing.assert_allclose([u.real.mean(), u.imag.mean()], 0.5, atol=0.02)


def test_pytorchs_arguments():
    assert ag.rand(size=(2, 3)).shape == ag.randn(size=(2, 3)).shape == (2, 3)
    assert set(ag.randint(high=2, size=(100,)).tolist()) == set(ag.randint(2, size=(100,)).tolist()) == {0, 1}
    assert set(ag.randint(low=1, high=3, size=(100,)).tolist()) == {1, 2}
    assert set(ag.randint_like(ag.ones(100), high=2).tolist()) == {0, 1}
    assert ag.randint(3, (2,), dtype=ag.float32, requires_grad=True).requires_grad
    assert ag.randperm(3, dtype=ag.float32, requires_grad=True).requires_grad
    assert ag.rand_like(ag.ones(2), requires_grad=True, device="cpu").requires_grad
    generator = ag.Generator(0)
    assert ag.poisson(ag.ones(2), generator).shape == ag.normal(std=ag.ones(2)).shape == (2,)
    assert set(ag.empty(100).random_(1, to=3).tolist()) == {1, 2}
    assert ag.empty(100).uniform_(to=0.5).max() < 0.5
    assert set(ag.empty(100, dtype=bool).random_().tolist()) == {True, False}
