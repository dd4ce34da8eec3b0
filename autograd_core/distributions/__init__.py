"""`ag.distributions`: random values with their densities, samples and divergences, with `torch.distributions`' names.

A family a file; `distribution.py` is the base, `implicit.py` differentiates samples of the gamma family, `kl.py` has the
divergences. Random numbers come from `autograd_core.random`.
"""

from . import constraints
from .categorical import Categorical, Multinomial, OneHotCategorical
from .discrete import Bernoulli, Binomial, Geometric, Poisson
from .distribution import Distribution
from .independent import Independent
from .kl import kl_divergence, register_kl
from .location import Cauchy, Gumbel, HalfNormal, Laplace, LogNormal, Normal, StudentT, Uniform
from .mixture import MixtureSameFamily
from .multivariate_normal import MultivariateNormal
from .positive import Beta, Chi2, Dirichlet, Exponential, Gamma

__all__ = [
    "Bernoulli", "Beta", "Binomial", "Categorical", "Cauchy", "Chi2", "Dirichlet", "Distribution", "Exponential", "Gamma",
    "Geometric", "Gumbel", "HalfNormal", "Independent", "Laplace", "LogNormal", "MixtureSameFamily", "Multinomial",
    "MultivariateNormal", "Normal", "OneHotCategorical", "Poisson", "StudentT", "Uniform", "constraints", "kl_divergence",
    "register_kl",
]  # fmt: skip
