"""A Gaussian process: marginal likelihood by Cholesky, `MultivariateNormal`, predictions by triangular solves."""

import math

import numpy as np


def run(torch):
    rng = np.random.default_rng(0)
    x = torch.linspace(0, 3, 12, dtype=torch.float64).unsqueeze(-1)
    y = torch.sin(2 * x).squeeze(-1) + 0.1 * torch.from_numpy(rng.standard_normal(12))
    raw = {k: torch.nn.Parameter(torch.tensor(v, dtype=torch.float64)) for k, v in dict(l=0.5, s=0.5, n=-1.0).items()}
    positive = torch.nn.functional.softplus

    def kernel(a, b):
        return positive(raw["s"]) * torch.exp(-0.5 * torch.cdist(a / positive(raw["l"]), b / positive(raw["l"])).pow(2))

    optimizer = torch.optim.Adam(raw.values(), lr=0.1)
    out = []
    for step in range(10):
        K = kernel(x, x)
        K.diagonal().add_(positive(raw["n"]) + 1e-6)
        if step % 2:
            loss = -torch.distributions.MultivariateNormal(torch.zeros(12).double(), covariance_matrix=K).log_prob(y)
        else:
            L = torch.linalg.cholesky(K)
            alpha = torch.cholesky_solve(y.unsqueeze(-1), L)
            loss = 0.5 * (y @ alpha).squeeze() + L.diagonal().log().sum() + 6 * math.log(2 * math.pi)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    with torch.no_grad():
        new = torch.tensor([[0.5], [2.2], [4.0]], dtype=torch.float64)
        Ks = kernel(x, new)
        v = torch.linalg.solve_triangular(L, Ks, upper=False)
        mean, variance = (Ks.T @ alpha).squeeze(-1), kernel(new, new).diagonal() - v.pow(2).sum(dim=0)
    return out + mean.tolist() + variance.tolist() + [raw["l"].item()]
