"""A vector field learnt from a spiral: Euler and Runge-Kutta steps, and the adjoint method as a `Function`."""

from .common import fill


def run(torch):
    nn = torch.nn

    class ODEFunc(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(nn.Linear(2, 12), nn.Tanh(), nn.Linear(12, 2))
            for m in self.net.modules():
                if isinstance(m, nn.Linear):
                    nn.init.normal_(m.weight, mean=0, std=0.1)
                    nn.init.constant_(m.bias, val=0)

        def forward(self, t, y):
            return self.net(y**3)

    def rk4(f, t, dt, y):
        k1 = f(t, y)
        k2 = f(t + dt / 2, y + dt * k1 / 2)
        k3 = f(t + dt / 2, y + dt * k2 / 2)
        k4 = f(t + dt, y + dt * k3)
        return y + (k1 + 2 * k2 + 2 * k3 + k4) * dt / 6

    def odeint(f, y0, t, step):
        solution = torch.empty(len(t), *y0.shape, dtype=y0.dtype)
        solution[0] = y0
        y = y0
        for j, (t0, t1) in enumerate(zip(t[:-1], t[1:]), start=1):
            y = step(f, t0, t1 - t0, y)
            solution[j] = y
        return solution

    true_A = torch.tensor([[-0.1, 2.0], [-2.0, -0.1]])
    t = torch.linspace(0.0, 2.0, 12)
    y0 = torch.tensor([[2.0, 0.0]])
    with torch.no_grad():
        true_y = odeint(lambda t, y: torch.mm(y**3, true_A), y0, t / 10, rk4)
    func = fill(torch, ODEFunc(), seed=1, scale=0.1)
    optimizer = torch.optim.RMSprop(func.parameters(), lr=1e-2)
    out = []
    for _ in range(5):
        optimizer.zero_grad()
        pred_y = odeint(func, y0, t / 10, rk4)
        loss = torch.mean(torch.abs(pred_y - true_y))
        loss.backward()
        optimizer.step()
        out.append(loss.item())

    class Adjoint(torch.autograd.Function):
        @staticmethod
        def forward(ctx, y0, t, *params):
            with torch.no_grad():
                y = y0
                for t0, t1 in zip(t[:-1], t[1:]):
                    y = y + (t1 - t0) * func(t0, y)
            ctx.save_for_backward(t, y, *params)
            return y

        @staticmethod
        def backward(ctx, grad):
            t, y, *params = ctx.saved_tensors
            sums = [torch.zeros_like(p) for p in params]
            for t0, t1 in zip(reversed(t[:-1]), reversed(t[1:])):
                with torch.enable_grad():
                    state = y.detach().requires_grad_(True)
                    f = func(t0, state)
                gy, *gp = torch.autograd.grad(f, (state, *params), grad, allow_unused=True)
                y = y - (t1 - t0) * f.detach()
                grad = grad + (t1 - t0) * gy
                sums = [s + (t1 - t0) * g for s, g in zip(sums, gp)]
            return (grad, None, *sums)

    start = y0.clone().requires_grad_()
    times = torch.tensor([0.0, 0.05, 0.1, 0.2])
    func.zero_grad()
    Adjoint.apply(start, times, *func.parameters()).pow(2).sum().backward()
    return out + start.grad.flatten().tolist() + [p.grad.abs().sum().item() for p in func.parameters()]
