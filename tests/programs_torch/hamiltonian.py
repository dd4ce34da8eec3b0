"""A Hamiltonian network of a pendulum: fields are gradients of a learnt energy; rolled out by a leapfrog, energy kept."""

import numpy as np

from .common import fill


def run(torch):
    nn = torch.nn
    rng = np.random.default_rng(0)
    q, p = (torch.from_numpy(rng.uniform(-1.5, 1.5, 40).astype(np.float32)) for _ in range(2))
    true = torch.stack([p, -torch.sin(q)], -1)
    energy = fill(torch, nn.Sequential(nn.Linear(2, 16), nn.Softplus(), nn.Linear(16, 1)), 1, 0.5)

    def field(state, create_graph=False):
        with torch.enable_grad():
            state = state if state.requires_grad else state.detach().requires_grad_()
            dH = torch.autograd.grad(energy(state).sum(), state, create_graph=create_graph)[0]
        return torch.stack([dH[..., 1], -dH[..., 0]], dim=-1)

    optimizer = torch.optim.Adam(energy.parameters(), lr=0.02, weight_decay=1e-4)
    out, state = [], torch.stack([q, p], -1).requires_grad_()
    for _ in range(20):
        loss = (field(state, create_graph=True) - true).pow(2).sum(-1).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    with torch.no_grad():
        s = torch.tensor([[1.0, 0.0]])
        for _ in range(10):
            half = s + 0.05 * field(s)
            s = s + 0.1 * field(half)
            out.append(energy(s).item())
    return out
