"""Energies and scores: denoising score matching, annealed Langevin steps with noise from NumPy, contrastive divergence."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn = torch.nn
    rng = np.random.default_rng(0)
    angle = torch.from_numpy(rng.uniform(0, 2 * np.pi, 64)).float()
    data = torch.stack((angle.cos(), angle.sin()), dim=-1)
    noise = lambda *shape: torch.from_numpy(rng.standard_normal(shape)).to(torch.float32)  # noqa: E731

    class Score(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(3, 24), nn.SiLU(), nn.Linear(24, 2))

        def forward(self, x, sigma):
            sigma = sigma.expand(x.shape[0], 1)
            return self.net(torch.cat((x, sigma.log()), dim=1)) / sigma

    score = fill(torch, Score(), seed=1, scale=0.4)
    sigmas = torch.exp(torch.linspace(np.log(1.0), np.log(0.1), 6))
    optimizer = torch.optim.Adam(score.parameters(), lr=5e-3)
    out = []
    for step in range(10):
        sigma = sigmas[step % 6].view(1, 1)
        eps = noise(64, 2)
        loss = ((sigma * score(data + sigma * eps, sigma) + eps) ** 2).sum(-1).mean(0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    x = noise(16, 2)
    with torch.no_grad():
        for sigma in sigmas:
            for _ in range(2):
                a = 0.02 * (sigma / sigmas[-1]) ** 2 * 0.05
                x = x + a * score(x, sigma.reshape(1, 1)) + torch.sqrt(2 * a) * noise(16, 2)
    out += [x.norm(dim=1).mean().item()]

    energy = fill(torch, nn.Sequential(nn.Linear(2, 16), nn.ELU(), nn.Linear(16, 1)), seed=2, scale=0.4)
    optimizer = torch.optim.Adam(energy.parameters(), lr=5e-3, betas=(0.0, 0.999))
    replay = torch.tensor(numbers(64, 2, seed=3))
    for _ in range(5):
        energy.requires_grad_(False)
        sample = replay.clone().requires_grad_(True)
        for _ in range(4):
            sample.data.add_(noise(64, 2), alpha=0.05).clamp_(min=-2.0, max=2.0)
            energy(sample).sum().backward()
            sample.grad.data.clamp_(-0.5, 0.5)
            sample.data.add_(-0.1 * sample.grad.data)
            sample.grad.detach_()
            sample.grad.zero_()
        replay = sample.detach()
        energy.requires_grad_(True)
        real, fake = energy(data), energy(replay)
        loss = (real - fake).mean() + 0.1 * (real**2 + fake**2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    return out + replay.std(0).tolist()
