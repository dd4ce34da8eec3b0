"""Learning to learn sine waves: weights adapted inside the graph, `functional_call`; an ensemble under `vmap`."""

import copy

import numpy as np

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    func = torch.func

    def net():
        return nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))

    def task(i):
        rng = np.random.default_rng(i)
        a, phase = rng.uniform(0.5, 2), rng.uniform(0, np.pi)
        x = rng.uniform(-2, 2, (10, 1))
        return (
            torch.tensor(v, dtype=torch.float32)
            for v in (x[:5], a * np.sin(x[:5] + phase), x[5:], a * np.sin(x[5:] + phase))
        )

    model = fill(torch, net(), seed=2, scale=0.6)
    meta = torch.optim.Adam(model.parameters(), lr=0.01)
    out = []
    for step in range(6):
        total = 0.0
        for i in range(3):
            xs, ys, xq, yq = task(10 * step + i)
            fast = {name: p for name, p in model.named_parameters()}
            for _ in range(2):
                loss = F.mse_loss(func.functional_call(model, fast, (xs,)), ys)
                grads = torch.autograd.grad(loss, tuple(fast.values()), create_graph=(step % 2 == 0))
                fast = {name: p - 0.1 * g for (name, p), g in zip(fast.items(), grads)}
            total = total + F.mse_loss(func.functional_call(model, fast, xq), yq)
        meta.zero_grad()
        total.backward()
        meta.step()
        out.append(total.item())

    models = [fill(torch, net(), seed=10 + k, scale=0.5) for k in range(4)]
    params, buffers = func.stack_module_state(models)
    base = copy.deepcopy(models[0])
    x, y = torch.tensor(numbers(12, 1, seed=1)), torch.tensor(numbers(12, 1, seed=2))

    def compute_loss(params, buffers, x, y):
        return F.mse_loss(func.functional_call(base, (params, buffers), (x,)), y)

    grads, losses = func.vmap(func.grad_and_value(compute_loss), in_dims=(0, 0, None, None))(params, buffers, x, y)
    for k, m in enumerate(models):
        F.mse_loss(m(x), y).backward()
        for name, p in m.named_parameters():
            assert torch.allclose(grads[name][k], p.grad, atol=1e-5)
    out += losses.tolist()
    one = {k: v.detach() for k, v in models[0].named_parameters()}
    sample_loss = lambda p, x, y: compute_loss(p, {}, x.unsqueeze(0), y.unsqueeze(0))  # noqa: E731
    per_sample = func.vmap(func.grad(sample_loss), in_dims=(None, 0, 0))(one, x, y)
    norms = torch.stack([g.flatten(1).norm(dim=1) for g in per_sample.values()]).norm(dim=0)
    jac = func.jacrev(lambda p: func.functional_call(base, p, (x,)))(one)
    ntk = sum(torch.einsum("naf,maf->nm", j.flatten(2), j.flatten(2)) for j in jac.values())
    _, tangent = func.jvp(lambda x: func.functional_call(base, one, (x,)), (x,), (torch.ones_like(x),))
    return out + norms.tolist() + [ntk.trace().item(), tangent.sum().item()]
