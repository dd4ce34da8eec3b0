"""The autoencoder: plain, denoising, sparse, with tied weights, and stacked of several layers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from numpy.typing import DTypeLike

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.engine.creation import on_cpu
from autograd_core.engine.types import Device

from .. import functional as F
from ..layers.activation import Sigmoid
from ..layers.activation import activation as activation_module
from ..layers.container import Identity, Sequential
from ..layers.fused import forward_through
from ..layers.linear import Linear
from ..module import Module
from ..parameter import Parameter
from .corruption import Corruption
from .examples import not_negative, one_of

ERRORS = ("squared", "cross_entropy")


class Autoencoder(Module):
    """Codes its input in a layer of units and reconstructs the input from the code.

    sizes              the numbers of units from the input to the code; the decoder has them in reverse
    activation         of the hidden layers: a name, a module, a module class or a function
    code_activation    of the code, by default the same
    output_activation  of the reconstruction, by default none ("linear")
    tied               whether the decoder's weights are the encoder's, transposed; its biases are always its own
    error              what `loss` takes: "squared", or "cross_entropy" for inputs from 0 to 1 (with output_activation
                       "sigmoid")
    noise, noise_level how inputs are corrupted in training (see `Corruption`): a denoising autoencoder
    sparsity           ρ, the mean activity that each unit of the code should have over a batch, such as 0.05: a sparse
                       autoencoder. The code's activation must be a sigmoid
    sparsity_weight    β of its penalty in `loss`
    device, dtype      None or "cpu"; that of the parameters

    `encode` and `decode` are the halves. It is trained as any module, to give what it gets:
    `optim.fit(model, (x, x), loss=model.loss, optimizer=…)`; one of many layers first layer by layer, by `optim.pretrain`
    (a stacked autoencoder).

    Formula: h = f(W x̃ + b), y = g(W′ h + c) for one layer, x̃ the input, corrupted in training; W′ = Wᵀ if tied
    Shapes: (*, sizes[0]) → (*, sizes[0]); the code (*, sizes[-1]).
    Dtypes: any floating dtype; the input has that of the parameters.
    Raises: TypeError if sizes is a number; ValueError for fewer than two sizes and for options that do not go together;
        `loss`: ValueError for cross-entropy of targets that are not from 0 to 1.
    Source: Rumelhart, Hinton & Williams 1986, "Learning internal representations by error propagation"; Vincent et al. 2008,
        "Extracting and composing robust features with denoising autoencoders"; Ng 2011, "Sparse autoencoder" (CS294A).

    >>> import autograd_core as ag, nn.models
    >>> model = nn.models.Autoencoder([8, 3], output_activation="sigmoid", error="cross_entropy")
    >>> x = ag.eye(8)
    >>> model.encode(x).shape, model(x).shape, model.loss(model(x), x).shape
    ((8, 3), (8, 8), ())
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str | Module | Callable = "sigmoid",
        *,
        code_activation: str | Module | Callable | None = None,
        output_activation: str | Module | Callable = "linear",
        tied: bool = False,
        error: str = "squared",
        noise: str | None = None,
        noise_level: float = 0.25,
        sparsity: float | None = None,
        sparsity_weight: float = 3.0,
        device: Device = None,
        dtype: DTypeLike | None = None,
    ):
        super().__init__()
        name = "Autoencoder"
        on_cpu(device, name)
        if isinstance(sizes, int):
            raise TypeError(f"{name}: the sizes come as one list; pass {name}([{sizes}, 32])")
        sizes = tuple(sizes)
        if len(sizes) < 2:
            raise ValueError(f"{name}: sizes must name at least the input and the code, got {sizes}")
        if min(sizes) < 1:
            raise ValueError(f"{name}: sizes must be at least 1, got {sizes}")
        one_of(name, "error", error, ERRORS)
        inner = code_activation if code_activation is not None else activation
        code, output = activation_module(inner), activation_module(output_activation)
        if error == "cross_entropy" and not isinstance(output, Sigmoid):
            raise ValueError(
                f"{name}: error='cross_entropy' needs outputs from 0 to 1; pass output_activation='sigmoid', or "
                "error='squared'"
            )
        if sparsity is not None and not (0 < sparsity < 1 and isinstance(code, Sigmoid)):
            raise ValueError(
                f"{name}: sparsity is the mean activity of sigmoid units and lies between 0 and 1, got {sparsity} with "
                f"{type(code).__name__}; pass code_activation='sigmoid', sparsity=0.05"
            )
        not_negative(name, sparsity_weight=sparsity_weight)
        self.sizes, self.tied, self.error = sizes, tied, error
        self.sparsity, self.sparsity_weight = sparsity, sparsity_weight
        self.corruption = Identity() if noise is None else Corruption(noise, noise_level)
        pairs = list(itertools.pairwise(sizes))
        down = [Linear(i, o, dtype=dtype) for i, o in pairs]
        up = [
            TransposedLinear(layer) if tied else Linear(layer.out_features, layer.in_features, dtype=dtype)
            for layer in down
        ]
        self.encoder = _alternating(down, activation, code)
        self.decoder = _alternating(up[::-1], activation, output)

    def forward(self, input: Tensor) -> Tensor:
        return self.decode(self.encode(self.corruption(input)))

    def encode(self, input: Tensor) -> Tensor:
        """The code, (*, sizes[-1])."""
        return forward_through(list(self.encoder), input)

    def decode(self, code: Tensor) -> Tensor:
        """The reconstruction from a code, (*, sizes[0])."""
        return forward_through(list(self.decoder), code)

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """The error of an example, a sum over its values, in the mean over the batch (N, sizes[0]); and the penalty.

        squared         ½ Σ_i (y_i - x_i)²
        cross_entropy   -Σ_i x_i log y_i + (1 - x_i) log(1 - y_i)
        penalty         β Σ_j ρ log(ρ / ρ̂_j) + (1 - ρ) log((1 - ρ) / (1 - ρ̂_j)), ρ̂ the mean code of the targets
        """
        if output.shape != target.shape or output.ndim != 2:
            raise ValueError(
                f"Autoencoder.loss: output {tuple(output.shape)} and target {tuple(target.shape)} must have one shape "
                f"(N, {self.sizes[0]})"
            )
        N = len(output)
        if self.error == "squared":
            value = F.mse_loss(output, target, reduction="sum") / (2 * N)
        else:
            value = F.binary_cross_entropy(output, target, reduction="sum") / N
        if self.sparsity is None or not self.sparsity_weight:
            return value
        return value + self.sparsity_weight * kl_penalty(self.sparsity, self.encode(target).mean(0))

    def stages(self) -> list[Autoencoder]:
        """The autoencoders of one layer of which this one is stacked, from the input's on; the parameters are its own."""
        layers, activations = list(self.encoder)[::2], list(self.encoder)[1::2]
        up, outputs = list(self.decoder)[::2][::-1], list(self.decoder)[1::2][::-1]
        stages = []
        for k, layer in enumerate(layers):
            sigmoid = isinstance(outputs[k], Sigmoid)
            sparse = self.sparsity if isinstance(activations[k], Sigmoid) else None
            stage = Autoencoder(
                self.sizes[k : k + 2], activations[k], output_activation=outputs[k], tied=self.tied,
                error="cross_entropy" if sigmoid and self.error == "cross_entropy" else "squared",
                sparsity=sparse, sparsity_weight=self.sparsity_weight, dtype=layer.weight.dtype,
            )  # fmt: skip
            stage.corruption = self.corruption
            stage.encoder[0], stage.decoder[0] = layer, up[k]
            stages.append(stage)
        return stages

    def extra_repr(self) -> str:
        parts = [f"sizes={list(self.sizes)}"]
        parts += ["tied=True"] * self.tied
        parts += [f"error={self.error!r}"] * (self.error != "squared")
        parts += [f"sparsity={self.sparsity}"] * (self.sparsity is not None)
        return ", ".join(parts)


class TransposedLinear(Module):
    """Applies the weights of a `Linear` in reverse: input W + bias, with a bias of its own."""

    def __init__(self, linear: Linear):
        super().__init__()
        self.of = (linear,)  # a module that is not this one's part
        self.bias = Parameter(ag.zeros(linear.in_features, dtype=linear.weight.dtype))

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.of[0].weight.T, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.of[0].out_features}, out_features={self.of[0].in_features}"


def kl_penalty(rho: float, activity: Tensor) -> Tensor:
    """Σ_j KL(ρ ‖ ρ̂_j) of Bernoulli variables, ρ̂ the activity (Ng 2011, section 3)."""
    tiny = 1e-7
    a = activity.clamp(tiny, 1 - tiny)
    return (rho * (rho / a).log() + (1 - rho) * ((1 - rho) / (1 - a)).log()).sum()


def _alternating(layers: Sequence[Module], activation: str | Module | Callable, last: Module) -> Sequential:
    parts: list[Module] = []
    for layer in layers[:-1]:
        parts += [layer, activation_module(activation)]
    return Sequential(*parts, layers[-1], last)
