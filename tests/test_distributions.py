"""`ag.distributions`, held against PyTorch 2.13 (frozen), SciPy, exact derivatives of quantiles, and against itself."""

import copy
import inspect
import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

import autograd_core as ag
from autograd_core import distributions as D
from autograd_core.distributions import constraints, implicit

TABLE = json.loads((Path(__file__).parent / "tables" / "distributions.json").read_text())
CASES = {f"{r['name']}-{','.join(r['arguments'])}": r for r in TABLE["distributions"]}
PAIRS = {f"{r['p']}-{r['q']}": r for r in TABLE["divergences"]}
# PyTorch answers with the first component wherever all concentrations are below 1; the density grows fastest at the largest
OTHER_MODE = {"Beta"}


def tensors(arguments, **options):
    return {k: ag.tensor(v, dtype=ag.float64, **options) if isinstance(v, list) else v for k, v in arguments.items()}


def at(case):
    """The values at which a case was computed: indices of categories, or floats."""
    return ag.tensor(case["value"], dtype=None if case["name"] == "Categorical" else ag.float64)


def make(name, arguments, **options):
    return getattr(D, name)(**tensors(arguments, **options))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_as_pytorch(case):
    d = make(case["name"], case["arguments"])
    assert (list(d.batch_shape), list(d.event_shape)) == (case["batch_shape"], case["event_shape"])
    for name, expected in case["expected"].items():
        value = getattr(d, name)
        if name in ("log_prob", "cdf"):
            value = value(at(case))
        elif name == "icdf":
            value = value(ag.tensor([0.1, 0.5, 0.7], dtype=ag.float64))
        elif callable(value):
            value = value()
        if name == "mode" and case["name"] in OTHER_MODE:
            value, expected = value[1:], expected[1:]
        np.testing.assert_allclose(value.numpy(), np.array(expected, float), rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("case", PAIRS.values(), ids=PAIRS)
def test_divergences_as_pytorch(case):
    p, q = make(case["p"], case["of_p"]), make(case["q"], case["of_q"])
    np.testing.assert_allclose(D.kl_divergence(p, q).numpy(), np.array(case["expected"], float), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_gradients_of_log_prob_and_entropy(case):
    names = [k for k, v in case["arguments"].items() if isinstance(v, list)]
    constants = {k: v for k, v in case["arguments"].items() if k not in names}
    values = [ag.tensor(case["arguments"][k], dtype=ag.float64, requires_grad=True) for k in names]
    value = at(case)

    def build(*parameters):
        return getattr(D, case["name"])(**dict(zip(names, parameters, strict=True)), **constants, validate_args=False)

    symmetric = {"covariance_matrix", "precision_matrix"} & set(names)
    if not symmetric:  # cholesky reads one triangle, so that single entries cannot be moved
        assert ag.gradcheck(lambda *ps: build(*ps).log_prob(value), values)
        if "entropy" in case["expected"]:
            assert ag.gradcheck(lambda *ps: build(*ps).entropy(), values)
    if build(*values).support is not None and case["name"] in (
        "Normal", "LogNormal", "Laplace", "Cauchy", "Gumbel", "StudentT", "Exponential", "HalfNormal"
    ):  # fmt: skip
        assert ag.gradcheck(lambda x: build(*(v.detach() for v in values)).log_prob(x), [value.requires_grad_()])


@pytest.mark.parametrize("form", ["covariance_matrix", "precision_matrix"])
def test_gradients_of_a_symmetric_matrix(form):
    loc = ag.tensor([0.5, -1.0], dtype=ag.float64, requires_grad=True)
    factor = ag.tensor([[1.0, 0.5], [-0.3, 2.0]], dtype=ag.float64, requires_grad=True)
    other = D.MultivariateNormal(ag.zeros(2, dtype=ag.float64), ag.eye(2, dtype=ag.float64))

    def build(loc, factor):
        return D.MultivariateNormal(loc, **{form: factor @ factor.T})

    def sample(loc, factor):
        ag.manual_seed(0)
        return build(loc, factor).rsample((3,))

    assert ag.gradcheck(lambda *ps: build(*ps).log_prob(ag.ones(3, 2, dtype=ag.float64)), [loc, factor])
    assert ag.gradcheck(lambda *ps: D.kl_divergence(build(*ps), other), [loc, factor])
    assert ag.gradcheck(lambda *ps: D.kl_divergence(other, build(*ps)), [loc, factor])
    assert ag.gradcheck(sample, [loc, factor])


@pytest.mark.parametrize("case", [c for c in PAIRS.values() if c["p"] not in ("MultivariateNormal",)], ids=str)
def test_gradients_of_divergences(case):
    expected = np.array(case["expected"], float)
    finite = np.isfinite(expected) & (np.array(case["of_p"].get("low", 1.0)) != 0)  # at 0 the slope is infinite
    if not finite.any() or case["p"] == case["q"] == "Uniform":
        return  # constants
    arguments = [(k, case[k]) for k in ("of_p", "of_q")]
    keys = [(k, name) for k, a in arguments for name, v in a.items() if isinstance(v, list) and name != "total_count"]
    values = [ag.tensor(case[k][name], dtype=ag.float64, requires_grad=True) for k, name in keys]

    def divergence(*parameters):
        new = {"of_p": tensors(case["of_p"]), "of_q": tensors(case["of_q"])}
        for (k, name), value in zip(keys, parameters, strict=True):
            new[k][name] = value
        kl = D.kl_divergence(*(getattr(D, case[k])(**new[f"of_{k}"], validate_args=False) for k in "pq"))
        return kl[ag.tensor(finite)]

    assert ag.gradcheck(divergence, values)


# ------------------------------------------------------------------------------------------------------- samples


def statistic(d, name):
    return np.asarray(getattr(d, name).detach().numpy(), float)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_samples_have_the_moments(case):
    ag.manual_seed(1)
    d = make(case["name"], case["arguments"])
    n = 20_000
    x = d.sample((n,))
    assert x.shape == (n, *d.batch_shape, *d.event_shape) and not x.requires_grad
    assert constraints.values_of(d.support.check(x)).all()
    assert d.sample().shape == (*d.batch_shape, *d.event_shape) and d.sample_n(2).shape == d.sample((2,)).shape
    if case["name"] in ("Categorical",):
        np.testing.assert_allclose(
            [np.bincount(column, minlength=3) / n for column in x.numpy().T], d.probs.numpy(), atol=0.02
        )
        return
    mean, std = statistic(d, "mean"), statistic(d, "stddev")
    known = np.isfinite(mean) & np.isfinite(std)
    assert (np.abs(x.double().numpy().mean(0) - mean) < 5 * std / math.sqrt(n))[known].all()


CONTINUOUS = {
    "Normal": ({"loc": 1.0, "scale": 2.0}, stats.norm(1, 2)),
    "LogNormal": ({"loc": 0.5, "scale": 0.7}, stats.lognorm(0.7, scale=math.exp(0.5))),
    "HalfNormal": ({"scale": 2.0}, stats.halfnorm(scale=2)),
    "Laplace": ({"loc": 1.0, "scale": 2.0}, stats.laplace(1, 2)),
    "Cauchy": ({"loc": 1.0, "scale": 2.0}, stats.cauchy(1, 2)),
    "Gumbel": ({"loc": 1.0, "scale": 2.0}, stats.gumbel_r(1, 2)),
    "StudentT": ({"df": 3.0, "loc": 1.0, "scale": 2.0}, stats.t(3, 1, 2)),
    "Uniform": ({"low": 1.0, "high": 2.0}, stats.uniform(1, 1)),
    "Exponential": ({"rate": 2.0}, stats.expon(scale=0.5)),
    "Gamma": ({"concentration": 0.5, "rate": 2.0}, stats.gamma(0.5, scale=0.5)),
    "Chi2": ({"df": 3.0}, stats.chi2(3)),
    "Beta": ({"concentration1": 0.5, "concentration0": 2.0}, stats.beta(0.5, 2)),
}
DISCRETE = {
    "Bernoulli": ({"probs": 0.3}, stats.bernoulli(0.3)),
    "Geometric": ({"probs": 0.3}, stats.geom(0.3, loc=-1)),
    "Binomial": ({"total_count": 5, "probs": 0.3}, stats.binom(5, 0.3)),
    "Poisson": ({"rate": 2.5}, stats.poisson(2.5)),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_samples_have_the_distribution(name):
    arguments, reference = CONTINUOUS[name]
    ag.manual_seed(2)
    d = getattr(D, name)(**arguments)
    assert stats.kstest(d.sample((5000,)).numpy(), reference.cdf).pvalue > 1e-3
    x = reference.ppf([0.1, 0.6, 0.95])
    np.testing.assert_allclose(d.log_prob(ag.tensor(x)).numpy(), reference.logpdf(x), rtol=1e-6)
    np.testing.assert_allclose(d.entropy().item(), reference.entropy(), rtol=1e-5)


@pytest.mark.parametrize("name", DISCRETE)
def test_samples_have_the_probabilities(name):
    arguments, reference = DISCRETE[name]
    ag.manual_seed(2)
    d = getattr(D, name)(**arguments)
    k = np.arange(2.0 if name == "Bernoulli" else 6.0)
    share = (d.sample((20_000,)).numpy()[:, None] == k).mean(0)
    np.testing.assert_allclose(share, reference.pmf(k), atol=0.015)
    np.testing.assert_allclose(d.log_prob(ag.tensor(k)).numpy(), reference.logpmf(k), rtol=1e-5, atol=1e-6)


def test_samples_follow_the_seed():
    for case in CASES.values():
        d = make(case["name"], case["arguments"])
        draws = []
        for _ in range(2):
            ag.manual_seed(5)
            draws.append(d.sample((3,)).numpy())
        np.testing.assert_array_equal(*draws)


LOCATION_SCALE = ["Normal", "Laplace", "Cauchy", "Gumbel"]


@pytest.mark.parametrize("name", [*LOCATION_SCALE, "LogNormal", "HalfNormal", "StudentT", "Uniform", "Exponential"])
def test_rsample_is_differentiable(name):
    """With the seed set again, a sample is a function of the parameters."""
    arguments = next(c for c in CASES.values() if c["name"] == name)["arguments"]
    names = [n for n in arguments if n != "df"]

    def draw(*values):
        ag.manual_seed(3)
        extra = {"df": ag.tensor([3.0, 4.0, 5.0], dtype=ag.float64)} if name == "StudentT" else {}
        return getattr(D, name)(**dict(zip(names, values, strict=True)), **extra).rsample((2,))

    assert ag.gradcheck(draw, [ag.tensor(arguments[n], dtype=ag.float64, requires_grad=True) for n in names])


@pytest.mark.parametrize(("kind", "a", "b", "x", "expected"), TABLE["implicit"], ids=lambda v: str(v)[:8])
def test_implicit_gradients_are_exact(kind, a, b, x, expected):
    """Against 40-digit derivatives of the incomplete gamma and beta functions over the density."""
    a, b, x = (np.array([v], float) for v in (a, b or 0, x))
    if kind == "g":
        value = implicit.gamma_derivative(a, x)
    elif kind == "b":
        value = implicit.beta_derivative(a, b, x) * x * (1 - x)
    else:
        value = -implicit.beta_derivative_other(a, b, x) * x * (1 - x)
    np.testing.assert_allclose(value, [expected], rtol=1e-11)


def slope(f, a):
    h = 1e-3 * a
    return (8 * (f(a + h) - f(a - h)) - (f(a + 2 * h) - f(a - 2 * h))) / (12 * h)


@pytest.mark.parametrize("a", [0.5, 1.0, 3.0, 40.0])
def test_gamma_samples_move_as_the_quantile_does(a):
    ag.manual_seed(0)
    concentration = ag.tensor(a, dtype=ag.float64, requires_grad=True)
    rate = ag.tensor(2.0, dtype=ag.float64, requires_grad=True)
    x = D.Gamma(concentration, rate).rsample((50,))
    u = special.gammainc(a, 2 * x.detach().numpy())
    ga, gr = ag.func.jacrev(lambda c, r: (ag.manual_seed(0), D.Gamma(c, r).rsample((50,)))[1], argnums=(0, 1))(
        concentration.detach(), rate.detach()
    )
    np.testing.assert_allclose(ga.numpy(), slope(lambda c: special.gammaincinv(c, u) / 2, a), rtol=2e-7)
    np.testing.assert_allclose(gr.numpy(), -x.detach().numpy() / 2, rtol=1e-12)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (2.0, 3.0), (0.7, 20.0), (30.0, 30.0)])
def test_beta_samples_move_as_the_quantile_does(a, b):
    def draw(p, q):
        ag.manual_seed(0)
        return D.Beta(p, q).rsample((50,))

    point = [ag.tensor(v, dtype=ag.float64) for v in (a, b)]
    x = draw(*point).numpy()
    u = special.betainc(a, b, x)
    ga, gb = ag.func.jacrev(draw, argnums=(0, 1))(*point)
    np.testing.assert_allclose(ga.numpy(), slope(lambda c: special.betaincinv(c, b, u), a), rtol=1e-6)
    np.testing.assert_allclose(gb.numpy(), slope(lambda c: special.betaincinv(a, c, u), b), rtol=1e-6)


def test_dirichlet_samples_move_as_beta_samples_do():
    """Of two shares a Dirichlet distribution is a beta distribution; of three, E[x₀ x₁] has the known derivative."""
    alpha = ag.tensor([2.0, 3.0], dtype=ag.float64)

    def draw(a):
        ag.manual_seed(0)
        return D.Dirichlet(a).rsample((20,))

    x = draw(alpha).numpy()
    jacobian = ag.func.jacrev(draw)(alpha).numpy()  # (20, 2, 2)
    u = special.betainc(2.0, 3.0, x[:, 0])
    np.testing.assert_allclose(jacobian[:, 0, 0], slope(lambda c: special.betaincinv(c, 3.0, u), 2.0), rtol=1e-6)
    np.testing.assert_allclose(jacobian[:, 0, 1], slope(lambda c: special.betaincinv(2.0, c, u), 3.0), rtol=1e-6)
    np.testing.assert_allclose(jacobian.sum(1), 0, atol=1e-12)

    alpha = ag.tensor([1.0, 2.0, 0.7], dtype=ag.float64, requires_grad=True)
    ag.manual_seed(0)
    n = 20_000
    rows = alpha.expand(n, 3).detach().requires_grad_()
    x = D.Dirichlet(rows).rsample()
    (x[:, 0] * x[:, 1]).sum().backward()
    total = alpha.sum()
    (alpha[0] * alpha[1] / (total * (total + 1))).backward()
    g = rows.grad.numpy()
    assert (np.abs(g.mean(0) - alpha.grad.numpy()) < 5 * g.std(0) / math.sqrt(n)).all()


def test_samples_have_no_second_derivative_and_say_so():
    a = ag.tensor(2.0, requires_grad=True)
    (g,) = ag.grad(D.Gamma(a, 1.0).rsample(), [a], create_graph=True)
    with pytest.raises(NotImplementedError, match="first derivatives only"):
        ag.grad(g, [a])


def test_tiny_concentrations():
    ag.manual_seed(0)
    a = ag.full((1000,), 1e-3).requires_grad_()
    x = D.Gamma(a, 1.0).rsample()
    x.sum().backward()
    assert (x > 0).all() and a.grad.isfinite().all()
    a = ag.full((500, 4), 1e-3).requires_grad_()
    x = D.Dirichlet(a).rsample()
    x[:, 0].sum().backward()
    assert ag.allclose(x.sum(-1), ag.ones(500)) and a.grad.isfinite().all()
    assert abs(x.mean(0) - 0.25).max() < 0.1


def test_sample_without_rsample():
    with pytest.raises(NotImplementedError, match="Poisson: samples are no differentiable function"):
        D.Poisson(1.0).rsample()
    p = ag.tensor(0.5, requires_grad=True)
    assert not D.Bernoulli(p).sample().requires_grad and not D.Normal(p, 1.0).sample().requires_grad


# ---------------------------------------------------------------------------------------------- what is exact here


def test_impossible_values():
    p = ag.tensor([0.0, 1.0], requires_grad=True)
    log = D.Bernoulli(p).log_prob(ag.tensor([0.0, 1.0]))
    assert log.tolist() == [0.0, 0.0]
    log.sum().backward()
    assert p.grad.tolist() == [-1.0, 1.0]
    assert D.Bernoulli(p).log_prob(ag.tensor([1.0, 0.0])).tolist() == [-math.inf, -math.inf]
    assert D.Bernoulli(p).entropy().tolist() == [0.0, 0.0]
    assert D.Bernoulli(ag.tensor(1e-10)).log_prob(ag.tensor(1.0)).item() == pytest.approx(math.log(1e-10))
    c = D.Categorical(probs=ag.tensor([0.0, 1.0, 1.0]))
    assert c.log_prob(ag.tensor([0, 1])).tolist() == [-math.inf, pytest.approx(-math.log(2))]
    assert c.entropy().item() == pytest.approx(math.log(2))
    assert set(c.sample((500,)).tolist()) == {1, 2}
    masked = ag.tensor([0.0, -math.inf, 1.0], requires_grad=True)
    d = D.Categorical(logits=masked)
    (d.entropy() + d.log_prob(ag.tensor(2))).backward()
    assert masked.grad.isfinite().all() and masked.grad[1] == 0


def test_far_logits():
    d = D.Bernoulli(logits=ag.tensor([100.0, -100.0]))
    assert d.log_prob(ag.tensor([0.0, 1.0])).tolist() == [-100.0, -100.0]
    assert d.entropy().tolist() == pytest.approx([0.0, 0.0], abs=1e-38)
    assert (d.entropy() > 0).all()


# -------------------------------------------------------------------------------------------------- the interface

SIGNATURES = {
    "Normal": "loc scale", "LogNormal": "loc scale", "HalfNormal": "scale", "Laplace": "loc scale", "Cauchy": "loc scale",
    "Gumbel": "loc scale", "StudentT": "df loc scale", "Uniform": "low high", "Exponential": "rate",
    "Gamma": "concentration rate", "Chi2": "df", "Beta": "concentration1 concentration0", "Dirichlet": "concentration",
    "MultivariateNormal": "loc covariance_matrix precision_matrix scale_tril", "Bernoulli": "probs logits",
    "Geometric": "probs logits", "Binomial": "total_count probs logits", "Poisson": "rate",
    "Categorical": "probs logits", "OneHotCategorical": "probs logits", "Multinomial": "total_count probs logits",
    "MixtureSameFamily": "mixture_distribution component_distribution",
    "Independent": "base_distribution reinterpreted_batch_ndims", "Distribution": "batch_shape event_shape",
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_are_pytorchs(name):
    kind = getattr(D, name)
    assert list(inspect.signature(kind).parameters) == [*SIGNATURES[name].split(), "validate_args"]
    assert issubclass(kind, D.Distribution)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_expand_pickle_and_repr(case):
    d = make(case["name"], case["arguments"])
    value = at(case)
    wide = d.expand((2, *d.batch_shape))
    assert type(wide) is type(d) and wide.batch_shape == (2, *d.batch_shape)
    assert wide.event_shape == d.event_shape and wide.sample((3,)).shape == (3, 2, *d.batch_shape, *d.event_shape)
    expected = d.log_prob(value).numpy()
    shape = np.broadcast_shapes(wide.batch_shape, expected.shape)
    np.testing.assert_allclose(wide.log_prob(value).numpy(), np.broadcast_to(expected, shape), rtol=1e-14)
    for again in (pickle.loads(pickle.dumps(d)), copy.deepcopy(d), copy.copy(d)):
        np.testing.assert_array_equal(again.log_prob(value).numpy(), expected)
    assert repr(d).startswith(f"{case['name']}(")


def test_mixture():
    """Against PyTorch's numbers."""

    def t(x):
        return ag.tensor(x, dtype=ag.float64)

    d = D.MixtureSameFamily(
        D.Categorical(t([[0.2, 0.8], [0.5, 0.5]])), D.Normal(t([[0.0, 1.0], [2.0, -1.0]]), t([[1.0, 0.5], [2.0, 0.25]]))
    )
    x = t([0.3, -1.2])
    for value, expected in [
        (d.log_prob(x), [-1.1525147478329674, -0.49903982627939036]),
        (d.cdf(x), [0.18818761182480737, 0.13332734514147737]),
        (d.mean, [0.8, 0.5]),
        (d.variance, [0.56, 4.28125]),
    ]:
        np.testing.assert_allclose(value.numpy(), expected, rtol=1e-12)
    assert d.expand((3, 2)).log_prob(x).shape == (3, 2)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(d)).log_prob(x).numpy(), d.log_prob(x).numpy())
    ag.manual_seed(0)
    draws = d.sample((20_000,)).numpy()
    error = d.stddev.numpy() / math.sqrt(20_000)
    assert (np.abs(draws.mean(0) - d.mean.numpy()) < 5 * error).all()
    assert (
        stats.kstest(draws[:, 1], lambda v: (stats.norm.cdf(v, 2, 2) + stats.norm.cdf(v, -1, 0.25)) / 2).pvalue > 1e-3
    )

    locs, scales = t([[0.0, 1.0], [2.0, -1.0], [0.5, 0.5]]), t([[1.0, 0.5], [2.0, 0.25], [1.0, 1.0]])
    d = D.MixtureSameFamily(D.Categorical(logits=t([0.0, 1.0, 0.5])), D.Independent(D.Normal(locs, scales), 1))
    assert (d.batch_shape, d.event_shape, d.sample((4,)).shape) == ((), (2,), (4, 2))
    np.testing.assert_allclose(
        d.log_prob(t([[0.3, 0.1], [1.0, 2.0]])).numpy(), [-2.8919715112086952, -3.9698601762927224], rtol=1e-12
    )
    np.testing.assert_allclose(d.variance.numpy(), [3.26130245001427, 1.127293117813247], rtol=1e-12)

    def log(logits, locs, scales):
        return D.MixtureSameFamily(D.Categorical(logits=logits), D.Normal(locs, scales)).log_prob(
            t([0.5, 2.0]).unsqueeze(-1)
        )

    inputs = [t([0.0, 1.0]), t([0.0, 3.0]), t([1.0, 2.0])]
    assert ag.gradcheck(lambda *ps: log(*ps), [x.requires_grad_() for x in inputs])


def test_mixture_refuses():
    choice = D.Categorical(ag.ones(2))
    with pytest.raises(TypeError, match="must be a Categorical, got Normal"):
        D.MixtureSameFamily(D.Normal(0.0, 1.0), D.Normal(ag.zeros(2), 1.0))
    with pytest.raises(ValueError, match=r"batch_shape \(3,\), and the choice \(\) among 2"):
        D.MixtureSameFamily(choice, D.Normal(ag.zeros(3), 1.0))
    with pytest.raises(ValueError, match="components"):
        D.MixtureSameFamily(choice, D.Normal(0.0, 1.0))
    d = D.MixtureSameFamily(choice, D.Uniform(ag.zeros(2), ag.tensor([1.0, 2.0])))
    assert d.log_prob(0.5).item() == pytest.approx(math.log(0.75))
    with pytest.raises(ValueError, match="the value must be"):
        d.log_prob(1.5)


def test_independent():
    loc = ag.zeros(4, 3, 2)
    d = D.Independent(D.Normal(loc, 1.0), 2)
    assert (d.batch_shape, d.event_shape, d.has_rsample) == ((4,), (3, 2), True)
    x = d.rsample((5,))
    np.testing.assert_allclose(d.log_prob(x).numpy(), D.Normal(loc, 1.0).log_prob(x).sum((-2, -1)).numpy(), rtol=1e-6)
    assert d.expand((7, 4)).sample().shape == (7, 4, 3, 2)
    other = D.Independent(D.Normal(loc + 1, 1.0), 2)
    assert D.kl_divergence(d, other).tolist() == [3.0] * 4
    assert d.entropy().shape == (4,) and not D.Independent(D.Poisson(ag.ones(2)), 1).has_rsample
    with pytest.raises(ValueError, match="from 0 to 3"):
        D.Independent(D.Normal(loc, 1.0), 4)


def test_enumerate_support():
    assert D.Bernoulli(ag.full((2,), 0.5)).enumerate_support().tolist() == [[0, 0], [1, 1]]
    assert D.Categorical(ag.ones(2, 3)).enumerate_support(expand=False).tolist() == [[0], [1], [2]]
    assert D.OneHotCategorical(ag.ones(2)).enumerate_support().tolist() == [[1, 0], [0, 1]]
    d = D.Binomial(3, ag.tensor([0.2, 0.7]))
    np.testing.assert_allclose(d.log_prob(d.enumerate_support()).exp().sum(0).numpy(), 1, rtol=1e-6)
    with pytest.raises(NotImplementedError, match="differ in the batch"):
        D.Binomial(ag.tensor([1.0, 2.0]), ag.tensor(0.5)).enumerate_support()


def test_numbers_arrays_and_dtypes():
    assert D.Normal(0, 1).loc.dtype == np.float32 and D.Normal(0, 1).batch_shape == ()
    assert D.Normal(np.zeros(3), 1).scale.dtype == np.float64
    assert D.Normal(ag.tensor([1, 2]), 2).sample().dtype == np.float32
    assert D.Normal(0.0, 1.0).log_prob(0.0).item() == pytest.approx(-0.9189385)
    assert D.Gamma(ag.ones(2, dtype=ag.float64), 1.0).rsample().dtype == np.float64
    assert D.Poisson(ag.ones(2)).sample().dtype == np.float32 and D.Categorical(ag.ones(2)).sample().dtype == np.int64


BAD = [
    (lambda: D.Normal(0.0, -1.0), r"Normal: the parameter scale must be positive, got -1\."),
    (lambda: D.Normal(ag.tensor([0.0, math.nan]), 1.0), r"parameter loc must be a number .* got nan at \(1,\)"),
    (lambda: D.Normal(ag.zeros(2), ag.ones(3)), r"shapes of loc \(2,\) and scale \(3,\) do not broadcast"),
    (lambda: D.Uniform(1.0, 1.0), "low must be less than high"),
    (lambda: D.Bernoulli(), "pass either probs or logits, got none"),
    (lambda: D.Bernoulli(0.5, 0.5), "pass either probs or logits, got both"),
    (lambda: D.Bernoulli(1.5), "from 0 to 1, got 1.5"),
    (lambda: D.Geometric(0.0), "above 0 and at most 1"),
    (lambda: D.Categorical(ag.tensor([-1.0, 2.0])), "not negative with the sum 1"),
    (lambda: D.Categorical(ag.tensor(1.0)), "must have a last dimension"),
    (lambda: D.Binomial(-1, ag.tensor(0.5)), "integer that is not negative"),
    (lambda: D.Multinomial(-1, ag.ones(2)), "must not be negative"),
    (lambda: D.Dirichlet(1.0), "at least one dimension"),
    (lambda: D.MultivariateNormal(ag.zeros(2)), "exactly one of"),
    (lambda: D.MultivariateNormal(ag.zeros(2), ag.tensor([[1.0, 2.0], [2.0, 1.0]])), "symmetric and positive definite"),
    (lambda: D.MultivariateNormal(ag.zeros(3), ag.eye(2)), r"got \(3,\) and \(2, 2\)"),
    (lambda: D.Normal(0.0, 1.0).log_prob(math.nan), "Normal: the value must be a number"),
    (lambda: D.Gamma(1.0, 1.0).log_prob(-1.0), "not negative, got -1"),
    (lambda: D.Poisson(1.0).log_prob(0.5), "an integer that is not negative"),
    (lambda: D.Uniform(0.0, 1.0).log_prob(2.0), "at least 0.0 and at most 1.0"),
    (lambda: D.Categorical(ag.ones(3)).log_prob(ag.tensor(3)), "an integer of at least 0 and at most 2"),
    (lambda: D.Multinomial(3, ag.ones(2)).log_prob(ag.tensor([1.0, 1.0])), "counts with the sum 3"),
    (lambda: D.Dirichlet(ag.ones(2)).log_prob(ag.ones(3)), r"last dimensions must be the event_shape \(2,\)"),
    (lambda: D.Normal(ag.zeros(2), 1.0).log_prob(ag.zeros(3)), "does not broadcast"),
    (lambda: D.Normal(0.0, 1.0).icdf(1.5), "probabilities from 0 to 1"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=[m for _, m in BAD])
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_validate_args_can_be_switched_off():
    assert D.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    assert D.Uniform(0.0, 1.0, validate_args=False).log_prob(2.0).item() == -math.inf
    D.Distribution.set_default_validate_args(False)
    try:
        D.Normal(0.0, -1.0)
        with pytest.raises(ValueError, match="positive"):
            D.Normal(0.0, -1.0, validate_args=True)
    finally:
        D.Distribution.set_default_validate_args(True)
    with pytest.raises(TypeError, match="one integer"):
        D.Multinomial(ag.tensor([1, 2]), ag.ones(2))


def test_kl_of_unknown_pairs():
    with pytest.raises(NotImplementedError, match="no formula for Poisson and Normal"):
        D.kl_divergence(D.Poisson(1.0), D.Normal(0.0, 1.0))
    with pytest.raises(NotImplementedError, match="reinterpreted_batch_ndims"):
        D.kl_divergence(D.Independent(D.Normal(ag.zeros(2), 1.0), 1), D.Independent(D.Normal(ag.zeros(2), 1.0), 0))
    with pytest.raises(TypeError, match="two classes"):
        D.register_kl(int, D.Normal)


# ----------------------------------------------------------------------------------------------------------- vmap


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_log_prob_under_vmap(case):
    arguments = tensors(case["arguments"])
    batched = {k: ag.stack([v, v]) for k, v in arguments.items() if isinstance(v, ag.Tensor)}
    constants = {k: v for k, v in arguments.items() if k not in batched}
    value = at(case)

    def log(parameters):
        return getattr(D, case["name"])(**parameters, **constants).log_prob(value)

    out = ag.func.vmap(log)(batched).numpy()
    expected = np.array(case["expected"]["log_prob"], float)
    np.testing.assert_allclose(out, np.stack([expected] * 2), rtol=1e-10, atol=1e-12)


def test_checks_under_vmap():
    with pytest.raises(ValueError, match="scale must be positive"):
        ag.func.vmap(lambda s: D.Normal(0.0, s).entropy())(ag.tensor([1.0, -1.0]))


def test_samples_under_vmap():
    scale = ag.tensor([1.0, 10.0])

    def draw(s):
        return D.Normal(0.0, s).rsample((4,))

    with pytest.raises(RuntimeError, match="randomness="):
        ag.func.vmap(draw)(scale)
    same = ag.func.vmap(draw, randomness="same")(scale)
    np.testing.assert_allclose(same[1].numpy(), 10 * same[0].numpy(), rtol=1e-6)
    different = ag.func.vmap(draw, randomness="different")(scale)
    assert not np.allclose(different[1].numpy(), 10 * different[0].numpy())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_sample_under_vmap(case):
    arguments = tensors(case["arguments"])
    batched = {k: ag.stack([v, v]) for k, v in arguments.items() if isinstance(v, ag.Tensor)}
    constants = {k: v for k, v in arguments.items() if k not in batched}
    d = make(case["name"], case["arguments"])

    def draw(parameters):
        return getattr(D, case["name"])(**parameters, **constants).sample((50,))

    x = ag.func.vmap(draw, randomness="different")(batched)
    assert x.shape == (2, 50, *d.batch_shape, *d.event_shape) and x.dtype == d.sample().dtype
    assert constraints.values_of(d.support.check(x)).all()
    assert not np.array_equal(x[0].numpy(), x[1].numpy())


def test_gradients_of_samples_under_vmap():
    a = ag.tensor([0.5, 3.0], dtype=ag.float64)
    slopes = ag.func.vmap(ag.func.grad(lambda c: D.Gamma(c, 1.0).rsample((3,)).sum()), randomness="different")(a)
    assert slopes.shape == (2,) and (slopes > 0).all()


# ------------------------------------------------------------------------------------------- the ends of the numbers


class Extreme:
    """A stream whose uniform numbers are all the same."""

    def __init__(self, value):
        self.value = value

    def random(self, shape):
        return np.full(shape, self.value)


@pytest.mark.parametrize("u", [0.0, 1 - 2.0**-53])
@pytest.mark.parametrize("name", ["Laplace", "Cauchy", "Gumbel", "Exponential", "Uniform"])
@pytest.mark.parametrize("dtype", [ag.float32, ag.float64])
def test_samples_are_finite_at_the_ends(name, u, dtype, monkeypatch):
    monkeypatch.setattr("autograd_core.distributions.distribution.stream", lambda generator: Extreme(u))
    arguments = (
        [ag.ones(1, dtype=dtype)] if name == "Exponential" else [ag.zeros(1, dtype=dtype), ag.ones(1, dtype=dtype)]
    )
    d = getattr(D, name)(*arguments)
    x = d.sample((3,))
    assert x.dtype == dtype and x.isfinite().all() and d.log_prob(x).isfinite().all()


@pytest.mark.parametrize("u", [0.0, 0.25, 1 - 2.0**-53])
def test_categories_of_no_probability_are_never_drawn(u, monkeypatch):
    monkeypatch.setattr("autograd_core.distributions.categorical.stream", lambda generator: Extreme(u))
    d = D.Categorical(ag.tensor([0.0, 1.0, 0.0, 3.0, 0.0]))
    assert d.sample((2,)).tolist() == [1 if u < 0.25 else 3] * 2


@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (0,)])
def test_many_categories_are_drawn_as_few(shape):
    """By bisection the same as by comparison."""
    few = ag.rand(*shape, 5, generator=ag.Generator(0))
    many = ag.cat([ag.zeros(*shape, 40), few, ag.zeros(*shape, 40)], -1)
    draws = []
    for probs in (few, many):
        ag.manual_seed(0)
        draws.append(D.Categorical(probs).sample((7,)).numpy())
    assert draws[0].shape == (7, *shape) and draws[0].dtype == np.int64
    np.testing.assert_array_equal(draws[0] + 40, draws[1])


def test_independent_checks_the_whole_event():
    with pytest.raises(ValueError, match=r"last dimensions must be the event_shape \(3,\)"):
        D.Independent(D.Normal(ag.zeros(3), 1.0), 1).log_prob(ag.zeros(1))


def test_modes_at_the_ends():
    """Where the density is infinite at both ends, it grows fastest at that of the smaller exponent."""
    assert D.Beta(ag.tensor([0.5, 0.75]), ag.tensor([0.75, 0.5])).mode.tolist() == [0, 1]
    assert D.Dirichlet(ag.tensor([0.2, 0.7, 0.7])).mode.tolist() == [0, 1, 0]


@pytest.mark.parametrize("name", ["Normal", "LogNormal", "Laplace", "Cauchy", "Gumbel"])
def test_quantiles_are_of_probabilities(name):
    d = getattr(ag.distributions, name)(0.0, 1.0)
    with pytest.raises(ValueError, match=f"{name}: icdf takes probabilities from 0 to 1, got 1.5"):
        d.icdf(ag.tensor(1.5))
    np.testing.assert_allclose(d.cdf(d.icdf(ag.tensor(0.3))), 0.3, rtol=1e-6)
