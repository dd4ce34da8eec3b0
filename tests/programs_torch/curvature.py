"""Jacobians, Hessians and products with them, by `autograd.functional` and by `torch.func`; Newton's method."""

from .common import numbers


def run(torch):
    functional, func = torch.autograd.functional, torch.func
    A = torch.from_numpy(numbers(4, 4, seed=2))

    def f(x):
        return torch.log1p((A @ x) ** 2).sum() + 0.5 * (x * x).sum()

    def g(x, y):
        return torch.sin(A @ x) * y, x.sum() * y[:2]

    x, y = torch.from_numpy(numbers(4)), torch.from_numpy(numbers(4, seed=1))
    out = []
    (a, b), (c, d) = functional.jacobian(g, (x, y))
    out += [a.norm().item(), b.trace().item(), c.sum().item(), d.sum().item()]
    out += [functional.jacobian(lambda z: A.mm(z.view(4, 1)).view(2, 2).exp(), x * 0.1, vectorize=True).sum().item()]
    value, product = functional.hvp(f, x, y)
    out += [value.item(), *product.tolist(), *functional.vhp(f, x, y)[1].tolist()]
    out += functional.jvp(lambda z: torch.tanh(A @ z), x, y)[1].tolist()
    out += functional.vjp(lambda z: torch.tanh(A @ z), x, y)[1].tolist()
    out += [func.hessian(f)(x).norm().item(), func.jacrev(func.jacfwd(f))(x).trace().item()]
    out += [func.vmap(func.grad(f))(torch.stack([x, y])).norm().item()]
    _, pull = func.vjp(lambda z: torch.tanh(A @ z), x)
    out += [pull(y)[0].norm().item(), func.jvp(f, (x,), (y,))[1].item()]
    for _ in range(6):
        H = functional.hessian(f, x)
        step = torch.linalg.solve(H + 2.0 * torch.eye(4), func.grad(f)(x))
        x = x - step
        out.append(f(x).item())
    return out
