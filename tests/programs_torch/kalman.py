"""A Kalman filter whose matrices are learnt through the filter: `solve`, `slogdet`, batched matrix products."""

import numpy as np

from .common import numbers


def run(torch):
    rng = np.random.default_rng(0)
    t = np.arange(15)
    series = np.stack([np.sin(0.5 * t + p) + 0.1 * rng.standard_normal(15) for p in (0, 1, 2)])
    z = torch.from_numpy(series.astype(np.float32))[..., None, None]
    F = torch.nn.Parameter(torch.eye(2) + torch.from_numpy(numbers(2, 2, scale=0.1)))
    H = torch.nn.Parameter(torch.tensor([[1.0, 0.0]]))
    log_q, log_r = (torch.nn.Parameter(torch.tensor([v])) for v in (-2.0, -1.0))
    optimizer = torch.optim.Adam([F, H, log_q, log_r], lr=0.03)
    out = []
    for _ in range(10):
        m, P = torch.zeros(3, 2, 1), torch.eye(2).expand(3, 2, 2)
        Q, R = log_q.exp() * torch.eye(2), log_r.exp().reshape(1, 1)
        nll = 0.0
        for k in range(15):
            m, P = F @ m, F @ P @ F.mT + Q
            S = H @ P @ H.mT + R
            innovation = z[:, k] - H @ m
            nll = nll + 0.5 * (
                torch.linalg.slogdet(S)[1] + (innovation.mT @ torch.linalg.solve(S, innovation)).flatten()
            )
            K = torch.linalg.solve(S, H @ P).transpose(1, 2)
            m = m + torch.bmm(K, innovation)
            P = torch.baddbmm(P, K, (H @ P), alpha=-1)
        loss = nll.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    return out + F.detach().flatten().tolist()
