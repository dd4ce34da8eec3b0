"""Discrete choices by Gumbel noise, straight through, with a falling temperature; noise from NumPy."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn = torch.nn
    rng = np.random.default_rng(0)
    logits = nn.Parameter(torch.zeros(4, 6))
    read = fill(torch, nn.Linear(4, 1), 2)
    x = torch.from_numpy(numbers(30, 6))
    y = (x[:, 1] - x[:, 4]).unsqueeze(1)
    optimizer = torch.optim.Adam([{"params": [logits], "lr": 0.2}, {"params": read.parameters()}], lr=0.05)
    out = []
    for step in range(15):
        tau = max(0.5, 2.0 * 0.9**step)
        gumbel = -torch.empty(4, 6).copy_(torch.from_numpy(rng.exponential(size=(4, 6)))).log()
        soft = ((logits + gumbel) / tau).softmax(dim=-1)
        index = soft.max(-1, keepdim=True)[1]
        hard = torch.zeros_like(logits).scatter_(-1, index, 1.0)
        gate = hard - soft.detach() + soft
        loss = nn.functional.mse_loss(read(x @ gate.t()), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    return out + logits.softmax(-1).amax(-1).tolist()
