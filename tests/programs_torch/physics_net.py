"""A network that satisfies a differential equation, by derivatives of derivatives, and its Jacobians three ways."""

import numpy as np

from .common import fill


def run(torch):
    nn = torch.nn

    class Sine(nn.Module):
        def __init__(self, w0=1.0):
            super().__init__()
            self.w0 = w0

        def forward(self, x):
            return torch.sin(self.w0 * x)

    def mlp(sizes):
        layers = []
        for a, b in zip(sizes[:-2], sizes[1:-1]):
            layers += [nn.Linear(a, b), Sine(1.5)]
        return nn.Sequential(*layers, nn.Linear(*sizes[-2:]))

    def gradients(y, x):
        return torch.autograd.grad(
            y, x, grad_outputs=torch.ones_like(y), create_graph=True, retain_graph=True, only_inputs=True
        )[0]

    net = fill(torch, mlp([2, 12, 12, 1]), seed=1, scale=0.5)
    points = np.random.default_rng(0).random((40, 2)).astype(np.float32)
    x, t = torch.from_numpy(points).split(1, dim=1)
    x, t = x.clone().requires_grad_(True), t.clone().requires_grad_(True)
    boundary = torch.cat([torch.linspace(0, 1, 9)[:, None], torch.zeros(9, 1)], dim=1)
    start = torch.sin(np.pi * boundary[:, :1])
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    out = []
    for _ in range(10):
        u = net(torch.cat([x, t], dim=1))
        u_x, u_t = gradients(u, x), gradients(u, t)
        u_xx = gradients(u_x, x)
        residual = (u_t - 0.3 * u_xx + 0.1 * u * u_x).square().mean()
        loss = residual + torch.nn.functional.mse_loss(net(boundary), start)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out += [loss.item(), residual.item()]
    lbfgs = torch.optim.LBFGS(net.parameters(), lr=1, max_iter=4, history_size=5, line_search_fn="strong_wolfe")

    def closure():
        lbfgs.zero_grad()
        loss = torch.nn.functional.mse_loss(net(boundary), start)
        loss.backward()
        return loss

    out.append(lbfgs.step(closure).item())
    out.append(closure().item())
    f = lambda z: net(z).sum()  # noqa: E731
    z = torch.tensor([0.3, 0.7])
    hessian = torch.autograd.functional.hessian(f, z)
    jac = torch.autograd.functional.jacobian(torch.func.grad(f), z)
    assert torch.allclose(hessian, jac, atol=1e-5) and torch.allclose(torch.func.hessian(f)(z), jac, atol=1e-5)
    per_point = torch.func.vmap(torch.func.grad(f))(boundary)
    v, Hv = torch.autograd.functional.hvp(f, z, torch.tensor([1.0, 2.0]))
    assert torch.allclose(Hv, hessian @ torch.tensor([1.0, 2.0]), atol=1e-4)
    return out + hessian.flatten().tolist() + [per_point.norm().item(), v.item()]
