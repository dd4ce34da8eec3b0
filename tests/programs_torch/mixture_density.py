"""A mixture density network (Bishop 1994) on the inverse of a curve; log-sum-exp, Gaussians, means of the heaviest part."""

import math

import numpy as np

from .common import fill


def run(torch):
    nn = torch.nn

    class MDN(nn.Module):
        def __init__(self, n_hidden, n_gaussians):
            super(MDN, self).__init__()
            self.z_h = nn.Sequential(nn.Linear(1, n_hidden), nn.Tanh())
            self.z_pi = nn.Linear(n_hidden, n_gaussians)
            self.z_sigma = nn.Linear(n_hidden, n_gaussians)
            self.z_mu = nn.Linear(n_hidden, n_gaussians)

        def forward(self, x):
            z_h = self.z_h(x)
            pi = nn.functional.softmax(self.z_pi(z_h), -1)
            return pi, torch.exp(self.z_sigma(z_h)), self.z_mu(z_h)

    def gaussian_distribution(y, mu, sigma):
        result = (y.expand_as(mu) - mu) * torch.reciprocal(sigma)
        result = -0.5 * (result * result)
        return (torch.exp(result) * torch.reciprocal(sigma)) * (1.0 / math.sqrt(2.0 * math.pi))

    def mdn_loss_fn(pi, sigma, mu, y):
        result = torch.sum(gaussian_distribution(y, mu, sigma) * pi, dim=1)
        return torch.mean(-torch.log(result))

    rng = np.random.default_rng(0)
    t = rng.uniform(-2, 2, (60, 1)).astype("f")
    x = torch.from_numpy(np.sin(1.5 * t) * 2 + t + 0.1 * rng.standard_normal((60, 1)).astype("f"))
    t = torch.from_numpy(t)
    network = fill(torch, MDN(10, 3), seed=1, scale=0.5)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    out = []
    for _ in range(15):
        pi, sigma, mu = network(x)
        loss = mdn_loss_fn(pi, sigma, mu, t)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())

    D = torch.distributions
    with torch.no_grad():
        pi, sigma, mu = network(x)
        mixture = D.MixtureSameFamily(D.Categorical(probs=pi), D.Normal(mu, sigma))
        out.append(-mixture.log_prob(t.squeeze(1)).mean().item())
        best = mu.gather(1, pi.argmax(dim=1, keepdim=True))
        out += [best.std().item(), mixture.mean.abs().sum().item(), mixture.variance.median().item()]
    return out
