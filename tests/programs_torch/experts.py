"""A sparse mixture of experts: the two best of a gate, tokens sorted to experts, a loss for balance, a router's z-loss."""

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class MoE(nn.Module):
        def __init__(self, dim, hidden, num_experts=4, k=2):
            super().__init__()
            self.gate, self.k, self.num_experts = nn.Linear(dim, num_experts, bias=False), k, num_experts
            self.experts = nn.ModuleList(
                nn.Sequential(nn.Linear(dim, hidden), nn.SiLU(), nn.Linear(hidden, dim)) for _ in range(num_experts)
            )

        def forward(self, x):
            shape = x.shape
            x = x.view(-1, shape[-1])
            logits = self.gate(x)
            weights, chosen = torch.topk(logits, self.k, dim=-1)
            weights = F.softmax(weights, dim=1, dtype=torch.float).to(x.dtype)
            results = torch.zeros_like(x)
            for i, expert in enumerate(self.experts):
                token, nth = torch.where(chosen == i)
                if token.numel() == 0:
                    continue
                results.index_add_(0, token, weights[token, nth, None] * expert(x[token]))
            mask = F.one_hot(chosen, self.num_experts).float()
            density = mask.sum(dim=1).mean(dim=0)
            balance = self.num_experts * torch.sum(density * logits.softmax(-1).mean(0))
            return results.view(*shape), balance, torch.logsumexp(logits, -1).pow(2).mean()

    model = fill(torch, MoE(6, 8), seed=1, scale=0.4)
    norm = nn.RMSNorm(6)
    x, y = torch.tensor(numbers(3, 7, 6, seed=2)), torch.tensor(numbers(3, 7, 6, seed=3))
    optimizer = torch.optim.Adam([*model.parameters(), *norm.parameters()], lr=0.01)
    out = []
    for _ in range(8):
        z, balance, router = model(norm(x))
        loss = F.mse_loss(x + z, y) + 0.01 * balance + 0.001 * router
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out += [loss.item(), balance.item()]
    dense = torch.stack([e(norm(x)) for e in model.experts], dim=-2)
    weights, chosen = torch.topk(model.gate(norm(x)), 2)
    full = torch.full((3, 7, 4), float("-inf")).scatter(-1, chosen, weights).softmax(-1)
    assert torch.allclose(torch.einsum("bte,bted->btd", full, dense), model(norm(x))[0], atol=1e-5)
    return out + full.sum((0, 1)).tolist()
