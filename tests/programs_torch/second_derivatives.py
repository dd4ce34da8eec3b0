"""Products with Hessians: power iteration, conjugate gradients, Newton's method, Fisher diagonals, a penalty on gradients."""

from .common import fill, labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    model = fill(torch, nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)), seed=1, scale=0.5)
    x, y = torch.tensor(numbers(14, 3, seed=2)), torch.tensor(labels(14, 2, seed=3))
    params = [p for p in model.parameters() if p.requires_grad]
    out = []

    def hvp(loss, params, v):
        grads = torch.autograd.grad(loss, params, create_graph=True, retain_graph=True)
        flat = torch.cat([g.contiguous().view(-1) for g in grads])
        product = torch.autograd.grad(torch.dot(flat, v), params, retain_graph=True)
        return torch.cat([g.reshape(-1) for g in product]).detach()

    loss = F.cross_entropy(model(x), y)
    n = sum(p.nelement() for p in params)
    v = torch.ones(n) / n**0.5
    for _ in range(10):
        Hv = hvp(loss, params, v)
        eigenvalue = torch.dot(v, Hv)
        v = Hv / Hv.norm()
    out.append(eigenvalue.item())

    b = torch.nn.utils.parameters_to_vector(torch.autograd.grad(loss, params, retain_graph=True))
    s, r, p = torch.zeros(n), b.clone(), b.clone()
    rs = r @ r
    for _ in range(4):
        Ap = hvp(loss, params, p) + 0.1 * p
        alpha = rs / (p @ Ap)
        s += alpha * p
        r -= alpha * Ap
        new = r @ r
        p = r + (new / rs) * p
        rs = new
        out.append(rs.sqrt().item())
    with torch.no_grad():
        torch.nn.utils.vector_to_parameters(torch.nn.utils.parameters_to_vector(params) - s, params)
    out.append(F.cross_entropy(model(x), y).item())

    fisher = {n: torch.zeros_like(p) for n, p in model.named_parameters()}
    for xi, yi in zip(x, y):
        model.zero_grad()
        F.nll_loss(F.log_softmax(model(xi[None]), -1), yi[None]).backward()
        for name, p in model.named_parameters():
            fisher[name] += p.grad.data.clone().pow(2) / len(x)
    out += [f.sum().item() for f in fisher.values()]

    w = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
    rosenbrock = lambda w: (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2  # noqa: E731
    for _ in range(4):
        H = torch.autograd.functional.hessian(rosenbrock, w)
        (g,) = torch.autograd.grad(rosenbrock(w), w)
        with torch.no_grad():
            w -= torch.linalg.solve(H, g)
        out.append(rosenbrock(w).item())
    H2 = torch.func.hessian(rosenbrock)(w.detach())
    out += torch.linalg.eigvalsh(H2).tolist()

    inputs = x.clone().requires_grad_(True)
    (gx,) = torch.autograd.grad(model(inputs).sum(), inputs, create_graph=True)
    penalty = ((gx.norm(2, dim=1) - 1) ** 2).mean()
    model.zero_grad()
    penalty.backward()
    return out + [penalty.item(), model[0].weight.grad.norm().item(), w.tolist()[0]]
