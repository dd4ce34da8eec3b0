"""Optimisers that see all parameters as one vector and evaluate the loss and its derivatives from inside their step.

`vectors` has what they share, `trust_region` what `Newton` and `GaussNewton` share. LBFGS, which keeps to PyTorch's form,
lies beside the other optimisers of PyTorch.
"""

from __future__ import annotations

from .conjugate_gradient import ConjugateGradient
from .gauss_newton import GaussNewton
from .levenberg_marquardt import LevenbergMarquardt
from .newton import Newton

__all__ = ["ConjugateGradient", "GaussNewton", "LevenbergMarquardt", "Newton"]
