"""Optimal transport between clouds by Sinkhorn's iterations in log space, through which the points move."""

from .common import numbers


def run(torch):
    x = torch.nn.Parameter(torch.from_numpy(numbers(6, 2)))
    y = torch.from_numpy(numbers(8, 2, seed=1)) + 2
    weights = torch.full((8,), 1 / 8).log()

    def transport(cost, eps=0.5, iterations=15):
        u, v = torch.zeros(6), torch.zeros(8)
        a = torch.full_like(u, -torch.log(torch.tensor(6.0)).item())
        for _ in range(iterations):
            v = eps * (weights - torch.logsumexp((u[:, None] - cost) / eps, dim=0))
            u = eps * (a - torch.logsumexp((v[None, :] - cost) / eps, dim=1))
        return torch.exp((u[:, None] + v[None, :] - cost) / eps)

    optimizer = torch.optim.Adamax([x], lr=0.3)
    out = []
    for _ in range(10):
        cost = torch.cdist(x, y, p=1) + 0.5 * (x.unsqueeze(1) - y.unsqueeze(0)).square().sum(-1)
        plan = transport(cost)
        loss = (plan * cost).sum() - 0.01 * torch.xlogy(plan, plan).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out += [loss.item(), plan.sum(1).max().item()]
    return out + torch.pdist(x.detach()).tolist()
