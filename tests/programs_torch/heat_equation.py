"""A physics-informed net for the heat equation: second derivatives in the loss, `LBFGS` with a strong Wolfe search."""

import math

from .common import fill


def run(torch):
    nn = torch.nn
    torch.set_default_dtype(torch.float64)
    try:
        net = fill(
            torch, nn.Sequential(nn.Linear(2, 10), nn.Tanh(), nn.Linear(10, 10), nn.Tanh(), nn.Linear(10, 1)), 1, 0.5
        )
        t, x = torch.meshgrid(torch.linspace(0, 0.2, 5), torch.linspace(0, 1, 7), indexing="ij")
        inside = torch.stack([t, x], -1).reshape(-1, 2).requires_grad_(True)
        start = torch.stack([torch.zeros(9), torch.linspace(0, 1, 9)], -1)
        value = torch.sin(math.pi * start[:, 1:])
        optimizer = torch.optim.LBFGS(
            net.parameters(), lr=1.0, max_iter=6, history_size=5, line_search_fn="strong_wolfe"
        )
        out = []

        def closure():
            optimizer.zero_grad()
            u = net(inside)
            (du,) = torch.autograd.grad(u, inside, grad_outputs=torch.ones_like(u), create_graph=True)
            u_t, u_x = du.split(1, dim=1)
            u_xx = torch.autograd.grad(u_x.sum(), inside, create_graph=True)[0][:, 1:]
            loss = (u_t - 0.5 * u_xx).square().mean() + (net(start) - value).square().mean()
            loss.backward()
            return loss

        for _ in range(3):
            out.append(optimizer.step(closure).item())
        return out
    finally:
        torch.set_default_dtype(torch.float32)
