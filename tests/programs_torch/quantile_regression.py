"""Quantiles by the pinball loss, robust losses beside them, and conformal intervals by `torch.quantile`."""

import numpy as np

from .common import fill


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    rng = np.random.default_rng(0)
    x = torch.as_tensor(np.sort(rng.uniform(-3, 3, 80)), dtype=torch.float32).reshape(-1, 1)
    y = torch.sin(x) + torch.tensor(rng.standard_normal((80, 1)), dtype=torch.float32) * (0.1 + 0.2 * x.abs())
    quantiles = [0.1, 0.5, 0.9]

    class QuantileLoss(nn.Module):
        def __init__(self, quantiles):
            super().__init__()
            self.quantiles = quantiles

        def forward(self, preds, target):
            assert not target.requires_grad
            assert preds.size(0) == target.size(0)
            losses = []
            for i, q in enumerate(self.quantiles):
                errors = target - preds[:, i]
                losses.append(torch.max((q - 1) * errors, q * errors).unsqueeze(1))
            return torch.mean(torch.sum(torch.cat(losses, dim=1), dim=1))

    model = fill(torch, nn.Sequential(nn.Linear(1, 16), nn.Softplus(), nn.Linear(16, 3)), seed=1, scale=0.5)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, weight_decay=1e-6)
    criterion, out = QuantileLoss(quantiles), []
    for _ in range(10):
        optimizer.zero_grad()
        loss = criterion(model(x), y.squeeze(-1))
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    for robust in (nn.HuberLoss(delta=0.5), nn.SmoothL1Loss(beta=0.3), nn.L1Loss(), nn.GaussianNLLLoss()):
        optimizer.zero_grad()
        pred = model(x)
        if isinstance(robust, nn.GaussianNLLLoss):
            loss = robust(pred[:, 1:2], y, F.softplus(pred[:, 2:]))
        else:
            loss = robust(pred[:, 1:2], y)
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    with torch.no_grad():
        pred = model(x)
        score = torch.maximum(pred[:, 0] - y[:, 0], y[:, 0] - pred[:, 2])
        q = torch.quantile(score, 0.9, interpolation="higher")
        covered = ((y[:, 0] >= pred[:, 0] - q) & (y[:, 0] <= pred[:, 2] + q)).float().mean()
        crossing = (pred.diff(dim=1) < 0).any(dim=1).sum()
    return out + [q.item(), covered.item(), float(crossing), torch.nanmedian(score).item()]
