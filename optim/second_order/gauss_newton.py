"""The Gauss-Newton method in a trust region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy import ndarray

import autograd_core as ag
from autograd_core import Tensor

from ..options import Params, options
from .trust_region import Model, TrustRegion
from .vectors import joined, product


class GaussNewton(TrustRegion):
    """Minimises as Newton, with the part G of the Hessian that a convex loss of the outputs has, which is never negative.

    params: what to change: tensors or (name, tensor) pairs; all are one vector x of n numbers, without groups.
    radius, max_radius: how far the first step goes at most, and any step.
    eta: a step is made if the loss falls by more than this part of what the model promises; from 0 to 1/4.
    max_cg: the number of products G v for one try, at most.
    max_tries: how often the radius shrinks in one step before x stays as it is.
    tolerance_grad: no step is made where every |g| is at most this.

    The closure of `step` returns (loss, outputs): the loss, one number, and the tensor of outputs that it was computed
    from; or a vector of residuals r, whose Σ r² is the loss. It does not call `backward`. `step` returns what the closure
    returned first: the loss, or r. G is never formed: G v costs about two gradients.

    Formula: p ≈ argmin gᵀp + ½ pᵀG p with ‖p‖ ≤ Δ,   G = Jᵀ A J, J the Jacobian of the outputs, A = ∂²loss/∂outputs²
        (residuals: G = 2 JᵀJ);   radius and acceptance as in `Newton`
    Shapes: parameters (*), all together one vector (n,); outputs (*); residuals (m,).
    Dtypes: real floating parameters; the vectors are float64, G v has the parameters' dtypes.
    Raises: TypeError if params is not an iterable of tensors; ValueError if it is empty, complex or has groups, or if an
        option is outside its range; ValueError from `step` without a closure, for one that calls `backward`, for a loss
        without outputs or that does not depend on the parameters, FloatingPointError for one that is not finite.
    Source: Schraudolph 2002, "Fast curvature matrix-vector products for second-order gradient descent", section 3;
        Nocedal & Wright 2006, "Numerical Optimization", section 10.3, Algorithms 4.1 and 7.2.

    >>> import autograd_core as ag, optim
    >>> x, w = ag.tensor([1.0, 2.0, 3.0]), ag.tensor([0.0, 0.0], requires_grad=True)
    >>> optimizer = optim.GaussNewton([w], radius=10.0)
    >>> for step in range(5):
    ...     residuals = optimizer.step(lambda: w[0] * x + w[1] - (2 * x - 1))
    >>> w.round(decimals=2)
    tensor([ 2., -1.], grad_fn=<round>)
    """

    closure = "outputs"
    wanted = "(loss, outputs) or a vector of residuals"

    def __init__(
        self,
        params: Params,
        radius: float = 1.0,
        max_radius: float = 1e10,
        *,
        eta: float = 1e-4,
        max_cg: int = 250,
        max_tries: int = 10,
        tolerance_grad: float = 1e-7,
    ):
        super().__init__(params, options(locals()))

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """One step that lowers the loss, or none; returns the loss, or the residuals, before it."""
        value = self.call(closure)
        loss, outputs = self._parts(value)
        f = self.number(loss)
        self.check_finite("loss", f)
        parameters = self.parameters
        g = joined(self.derivative(loss, create_graph=True))
        self.check_finite("gradient", g)
        (by_outputs,) = ag.grad(loss, outputs, create_graph=True)
        u = ag.zeros_like(outputs, requires_grad=True)
        pulled = list(ag.grad(outputs, parameters, u, create_graph=True, materialize_grads=True))  # Jᵀu, linear in u

        def multiply(v: ndarray) -> ndarray:
            (Jv,) = product(pulled, [u], self.split(v))
            (AJv,) = product([by_outputs], [outputs], [Jv])
            return joined(product([outputs], parameters, [AJv]))

        self.advance(Model(f, g, multiply, self.rounding(f)), lambda: self.number(self._parts(self.call(closure))[0]))
        self.keep_gradient(g)
        return value[0] if isinstance(value, tuple) else value

    def _parts(self, value: Any) -> tuple[Any, Any]:
        """The loss, and the outputs or residuals."""
        if isinstance(value, Tensor) and value.ndim == 1:
            return (value * value).sum(), value
        if isinstance(value, tuple | list) and len(value) == 2 and isinstance(value[1], Tensor):
            if not value[1].requires_grad:
                raise ValueError(
                    "GaussNewton: the outputs have no history; return the tensor that the loss was computed from, and do "
                    "not detach it: output = model(x); return F.cross_entropy(output, y), output"
                )
            return value[0], value[1]
        got = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(
            f"GaussNewton: the closure must return {self.wanted}, got {got}; the loss alone does not show the outputs: "
            "output = model(x); return F.cross_entropy(output, y), output"
        )
