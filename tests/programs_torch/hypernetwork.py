"""Weights of one network made by another from a code: `torch.func.functional_call`, `F.linear`, batched over tasks."""

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class HyperNetwork(nn.Module):
        def __init__(self, z_dim, target):
            super().__init__()
            self.shapes = {name: p.shape for name, p in target.named_parameters()}
            self.total = sum(p.numel() for p in target.parameters())
            self.body = nn.Sequential(nn.Linear(z_dim, 10), nn.SiLU(), nn.Linear(10, self.total))

        def forward(self, z):
            flat = self.body(z)
            params, at = {}, 0
            for name, shape in self.shapes.items():
                n = 1
                for s in shape:
                    n *= s
                params[name] = flat[..., at : at + n].reshape(*flat.shape[:-1], *shape)
                at += n
            return params

    target = nn.Sequential(nn.Linear(1, 6), nn.Tanh(), nn.Linear(6, 1))
    hyper = fill(torch, HyperNetwork(2, target), seed=1, scale=0.4)
    z = nn.Parameter(torch.tensor(numbers(3, 2, seed=2)))
    x = torch.linspace(-1, 1, steps=12)[:, None]
    goals = torch.stack([torch.sin(3 * x), x**2, torch.cos(2 * x) * x])
    optimizer = torch.optim.AdamW(
        [{"params": hyper.parameters()}, {"params": [z], "lr": 0.05, "weight_decay": 0}], lr=0.01
    )
    out = []
    for step in range(8):
        optimizer.zero_grad(set_to_none=step % 2 == 0)
        if step < 4:
            losses = [
                F.mse_loss(torch.func.functional_call(target, hyper(z[k]), (x,)), goals[k]) for k in range(len(z))
            ]
            loss = torch.stack(losses).mean()
        else:
            params = hyper(z)
            pred = torch.vmap(lambda p: torch.func.functional_call(target, p, x))(params)
            loss = F.mse_loss(pred, goals)
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    return out + z.grad.flatten().tolist() + [optimizer.param_groups[1]["lr"]]
