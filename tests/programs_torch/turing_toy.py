"""A controller with an external memory: addressing by content and shift, erase and add vectors, a copying task."""

import numpy as np

from .common import fill


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    bits = torch.from_numpy(np.random.default_rng(0).integers(0, 2, (3, 6, 4)).astype(np.float32))

    class Machine(nn.Module):
        def __init__(self, slots=5, width=6, hidden=10):
            super().__init__()
            self.slots, self.width = slots, width
            self.controller = nn.GRUCell(4 + width, hidden)
            self.heads = nn.ModuleDict({k: nn.Linear(hidden, 3 * width + 6) for k in ("read", "write")})
            self.out = nn.Linear(hidden + width, 4)
            self.register_buffer("blank", torch.full((slots, width), 1e-3))

        def address(self, p, memory, before):
            key, beta, gate, shift, gamma = torch.split(p, [self.width, 1, 1, 3, 1], dim=-1)
            content = F.softmax(F.softplus(beta) * F.cosine_similarity(memory, key.unsqueeze(1), dim=-1), dim=-1)
            w = torch.lerp(before, content, torch.sigmoid(gate))
            s = shift.softmax(-1)
            w = sum(s[:, i : i + 1] * w.roll(i - 1, dims=1) for i in range(3))
            w = w.pow(1 + F.softplus(gamma))
            return F.normalize(w, p=1, dim=1)

        def forward(self, x):
            n = x.shape[1]
            memory, h = self.blank.repeat(n, 1, 1), x.new_zeros(n, 10)
            w = {k: F.one_hot(torch.zeros(n, dtype=torch.long), self.slots).float() for k in self.heads}
            r, outs = x.new_zeros(n, self.width), []
            for step in x:
                h = self.controller(torch.cat((step, r), -1), h)
                for name, head in self.heads.items():
                    p = head(h)
                    w[name] = self.address(p[:, : self.width + 6], memory, w[name])
                    if name == "write":
                        erase, add = p[:, self.width + 6 :].chunk(2, dim=-1)
                        memory = memory * (1 - torch.bmm(w[name].unsqueeze(2), erase.sigmoid().unsqueeze(1)))
                        memory = memory + torch.einsum("bn,bw->bnw", w[name], add.tanh())
                    else:
                        r = (w[name].unsqueeze(1) @ memory).squeeze(1)
                outs.append(self.out(torch.cat([h, r], dim=-1)))
            return torch.stack(outs)

    model = fill(torch, Machine(), 1, 0.4)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01, alpha=0.95, momentum=0.9)
    inputs = torch.cat([bits, torch.zeros_like(bits)]).float()
    out = []
    for _ in range(8):
        loss = F.binary_cross_entropy_with_logits(model(inputs)[3:], bits, pos_weight=torch.tensor(1.5))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    return out
