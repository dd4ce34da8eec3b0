"""Weights with a distribution: reparameterised draws with noise from NumPy, `kl_divergence`, a mixture as prior."""

import numpy as np

from .common import numbers


def run(torch):
    nn, D = torch.nn, torch.distributions
    rng = np.random.default_rng(0)

    class BayesLinear(nn.Module):
        def __init__(self, n_in, n_out, seed):
            super().__init__()
            self.mu = nn.Parameter(torch.from_numpy(numbers(n_out, n_in, seed=seed, scale=0.3)))
            self.rho = nn.Parameter(torch.full((n_out, n_in), -3.0))
            self.register_buffer("prior_scale", torch.tensor(1.0))

        def forward(self, x):
            sigma = nn.functional.softplus(self.rho)
            eps = torch.from_numpy(rng.standard_normal(tuple(self.mu.shape)).astype(np.float32))
            w = self.mu + sigma * eps
            posterior = D.Normal(self.mu, sigma)
            prior = D.MixtureSameFamily(
                D.Categorical(probs=torch.tensor([0.7, 0.3])),
                D.Normal(torch.zeros(2), torch.stack([self.prior_scale, 0.1 * self.prior_scale])),
            )
            self.kl = D.kl_divergence(posterior, D.Normal(0.0, self.prior_scale)).sum()
            self.gap = (posterior.log_prob(w) - prior.log_prob(w)).mean()
            return x @ w.T

    layers = nn.ModuleList([BayesLinear(3, 8, 1), BayesLinear(8, 1, 2)])
    x = torch.from_numpy(numbers(20, 3))
    y = (x[:, :1] * x[:, 1:2]).tanh()
    optimizer = torch.optim.Adam(layers.parameters(), lr=0.03)
    out = []
    for _ in range(10):
        h = torch.relu(layers[0](x))
        likelihood = D.StudentT(5.0, layers[1](h), 0.3).log_prob(y).mean()
        loss = -likelihood + sum(layer.kl for layer in layers) / 500 + 0.001 * sum(layer.gap for layer in layers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    entropy = D.Independent(D.Normal(layers[0].mu, nn.functional.softplus(layers[0].rho)), 2).entropy()
    return out + [entropy.item()]
