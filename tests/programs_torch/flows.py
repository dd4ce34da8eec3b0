"""Normalising flows of masked couplings: buffers, log determinants, a mixture as the target, batches without replacement."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn = torch.nn
    D = torch.distributions

    class Coupling(nn.Module):
        def __init__(self, mask):
            super().__init__()
            self.register_buffer("mask", mask)
            self.s = nn.Sequential(nn.Linear(2, 12), nn.LeakyReLU(), nn.Linear(12, 2), nn.Tanh())
            self.t = nn.Sequential(nn.Linear(2, 12), nn.LeakyReLU(), nn.Linear(12, 2))

        def forward(self, x):
            x_ = x * self.mask
            s, t = self.s(x_) * (1 - self.mask), self.t(x_) * (1 - self.mask)
            return x_ + (1 - self.mask) * (x * s.exp() + t), s.sum(dim=1)

        def inverse(self, z):
            z_ = z * self.mask
            s, t = self.s(z_) * (1 - self.mask), self.t(z_) * (1 - self.mask)
            return (1 - self.mask) * (z - t) * torch.exp(-s) + z_

    class ActNorm(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.loc, self.log_scale = nn.Parameter(torch.zeros(1, dim)), nn.Parameter(torch.zeros(1, dim))
            self.register_buffer("initialized", torch.tensor(0, dtype=torch.uint8))

        def forward(self, x):
            if self.initialized.item() == 0:
                with torch.no_grad():
                    std, mean = torch.std_mean(x, dim=0, keepdim=True)
                    self.loc.data.copy_(-mean)
                    self.log_scale.data.copy_(-torch.log(std + 1e-6))
                self.initialized.fill_(1)
            return (x + self.loc) * self.log_scale.exp(), self.log_scale.sum().expand(x.shape[0])

        def inverse(self, z):
            return z * (-self.log_scale).exp() - self.loc

    class Flow(nn.Module):
        def __init__(self, prior):
            super().__init__()
            masks = torch.from_numpy(np.array([[0, 1], [1, 0]] * 2).astype(np.float32))
            self.layers = nn.ModuleList(m for mask in masks for m in (ActNorm(2), Coupling(mask)))
            self.prior = prior

        def log_prob(self, x):
            log_det = x.new_zeros(x.shape[0])
            for layer in self.layers:
                x, ld = layer(x)
                log_det += ld
            return self.prior.log_prob(x) + log_det

        def inverse(self, z):
            for layer in reversed(self.layers):
                z = layer.inverse(z)
            return z

    prior = D.MultivariateNormal(torch.zeros(2), torch.eye(2))
    flow = fill(torch, Flow(prior), seed=2, scale=0.3)
    angles = np.linspace(0, np.pi, 40)
    moon = np.concatenate(
        [np.stack([np.cos(angles), np.sin(angles)], 1), np.stack([1 - np.cos(angles), 0.5 - np.sin(angles)], 1)]
    )
    data = torch.tensor(moon).float() + 0.05 * torch.tensor(numbers(80, 2, seed=1))
    optimizer = torch.optim.Adam([p for p in flow.parameters() if p.requires_grad], lr=1e-2)
    out = []
    for step in range(10):
        batch = data[torch.arange(step % 2, 80, 2)]
        loss = -flow.log_prob(batch).mean()
        optimizer.zero_grad()
        loss.backward(retain_graph=False)
        optimizer.step()
        out.append(loss.item())
    with torch.no_grad():
        z = torch.tensor(numbers(6, 2, seed=3))
        x = flow.inverse(z)
        y = x
        for layer in flow.layers:
            y, _ = layer(y)
        assert torch.allclose(y, z, atol=1e-4) and prior.sample((5,)).shape == (5, 2)
    parts = D.Independent(D.Normal(torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.ones(2, 2)), 1)
    weights = D.Categorical(torch.tensor([0.3, 0.7]))
    mixture = torch.logsumexp(parts.log_prob(z[:, None]) + weights.logits, dim=-1)
    return out + x.mean(0).tolist() + mixture.tolist()[:3]
