"""Low-rank adapters on frozen layers, experts chosen by the best gates, distillation with a temperature, CTC, quantiles."""

import math

from .common import fill, labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class LoRALinear(nn.Module):
        def __init__(self, base, r=2, alpha=4):
            super().__init__()
            self.base = base
            self.lora_A = nn.Parameter(base.weight.new_zeros((r, base.in_features)))
            self.lora_B = nn.Parameter(base.weight.new_zeros((base.out_features, r)))
            nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5))
            self.scaling, self.merged = alpha / r, False
            for p in base.parameters():
                p.requires_grad_(False)

        def forward(self, x):
            y = self.base(x)
            return (
                y if self.merged else y + (x @ self.lora_A.transpose(0, 1) @ self.lora_B.transpose(0, 1)) * self.scaling
            )

        @torch.no_grad()
        def merge(self):
            self.base.weight += self.lora_B @ self.lora_A * self.scaling
            self.merged = True

    class MoE(nn.Module):
        def __init__(self, dim, experts, k):
            super().__init__()
            self.gate, self.k = nn.Linear(dim, experts, bias=False), k
            self.experts = nn.ModuleList([nn.Sequential(nn.Linear(dim, dim), nn.PReLU()) for _ in range(experts)])

        def forward(self, x):
            scores = self.gate(x)
            weights, chosen = torch.topk(scores, self.k)
            weights = F.softmax(weights, dim=1, dtype=torch.float).to(x.dtype)
            results = torch.zeros_like(x)
            for i, expert in enumerate(self.experts):
                rows, nth = torch.where(chosen == i)
                results[rows] += weights[rows, nth, None] * expert(x[rows])
            load = F.one_hot(chosen, len(self.experts)).float().mean((0, 1))
            return results, (load * scores.softmax(-1).mean(0)).sum() * len(self.experts)

    class Student(nn.Module):
        def __init__(self):
            super().__init__()
            self.up, self.moe, self.down = nn.Linear(5, 8), MoE(8, 3, 2), nn.Linear(8, 4)

        def forward(self, x):
            h, self.balance = self.moe(torch.tanh(self.up(x)))
            return self.down(h)

    X, y = torch.tensor(numbers(40, 5, seed=1)), torch.tensor(labels(40, 4, seed=2))
    teacher = fill(torch, nn.Sequential(nn.Linear(5, 16), nn.Hardsigmoid(), nn.Linear(16, 4)), seed=3, scale=0.8).eval()
    student = fill(torch, Student(), seed=4, scale=0.5)
    for name, module in list(student.named_children()):
        if isinstance(module, nn.Linear):
            setattr(student, name, LoRALinear(module))
    for name, p in student.named_parameters():
        if "lora_" in name:
            p.data = torch.tensor(numbers(*p.shape, seed=len(name), scale=0.3 if "A" in name else 0.0))
    trained = [p for p in student.parameters() if p.requires_grad]
    assert len(trained) == 2 * 2 + 1 + 3 * 3 and not student.up.base.weight.requires_grad
    optimizer = torch.optim.Rprop(trained, lr=0.01)
    T, out = 2.0, []
    distill = nn.KLDivLoss(reduction="batchmean", log_target=True)
    for _ in range(8):
        logits = student(X)
        with torch.no_grad():
            soft = F.log_softmax(teacher(X) / T, dim=-1)
        kd = distill(F.log_softmax(logits / T, dim=-1), soft) * (T * T)
        loss = 0.7 * kd + 0.3 * F.cross_entropy(logits, y) + 0.01 * student.balance
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out += [loss.item(), kd.item()]
    before = student(X)
    for m in student.modules():
        if isinstance(m, LoRALinear):
            m.merge()
    assert torch.allclose(before, student(X), atol=1e-5)

    lengths = torch.tensor([7, 6, 5])
    recogniser = fill(torch, nn.GRU(5, 4, bidirectional=True, bias=False), seed=5, scale=0.5)
    head = fill(torch, nn.Linear(8, 4), seed=6)
    ctc = nn.CTCLoss(blank=0, zero_infinity=True)
    targets = torch.tensor([[1, 2, 3], [2, 2, 0], [3, 0, 0]])
    optimizer = torch.optim.Adadelta([*recogniser.parameters(), *head.parameters()], lr=2.0)
    for _ in range(5):
        h, _ = recogniser(X[:21].view(7, 3, 5))
        loss = ctc(head(h).log_softmax(2), targets, lengths, torch.tensor([3, 2, 1]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())

    quantiles = torch.tensor([0.1, 0.5, 0.9])
    forecast = nn.Parameter(torch.zeros(3))
    values = X[:, 0]
    optimizer = torch.optim.ASGD([forecast], lr=0.5, t0=3)
    for _ in range(6):
        error = values.unsqueeze(1) - forecast
        loss = torch.maximum(quantiles * error, (quantiles - 1) * error).sum(dim=1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    return (
        out
        + torch.quantile(values, quantiles).tolist()
        + forecast.tolist()
        + [F.huber_loss(values, X[:, 1], delta=0.5).item()]
    )
