"""Sums over sets of several sizes: `pad_sequence`, masks, `scatter_reduce`, sums by `index_add`, attention pooling."""

import numpy as np

from .common import fill


def run(torch):
    nn = torch.nn
    rng = np.random.default_rng(0)
    sets = [torch.from_numpy(rng.standard_normal((n, 2)).astype(np.float32)) for n in (3, 1, 4, 2, 5)]
    y = torch.stack([s.max() - s.min() for s in sets])
    padded = nn.utils.rnn.pad_sequence(sets, batch_first=True, padding_value=0.0)
    mask = torch.arange(padded.size(1)).expand(5, -1) < torch.tensor([len(s) for s in sets]).unsqueeze(1)
    flat, owner = torch.cat(sets), torch.repeat_interleave(torch.arange(5), torch.tensor([len(s) for s in sets]))

    class DeepSet(nn.Module):
        def __init__(self):
            super().__init__()
            self.phi = nn.Sequential(nn.Linear(2, 8), nn.ELU(), nn.Linear(8, 8))
            self.score = nn.Linear(8, 1, bias=False)
            self.rho = nn.Bilinear(16, 8, 1)

        def forward(self):
            h = self.phi(padded)
            attention = self.score(h).squeeze(-1).masked_fill(~mask, -torch.inf).softmax(-1)
            pooled = torch.einsum("bn,bnd->bd", attention, h)
            g = self.phi(flat)
            total = torch.zeros(5, 8).index_add(0, owner, g)
            top = torch.full((5, 8), -1e9).scatter_reduce(0, owner[:, None].expand_as(g), g, "amax", include_self=False)
            mean = torch.zeros(5, 8).scatter_reduce_(
                0, owner[:, None].expand_as(g), g, reduce="mean", include_self=False
            )
            return self.rho(torch.hstack([total, top]), pooled + mean).flatten()

    model = fill(torch, DeepSet(), 1, 0.4)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, amsgrad=True)
    out = []
    for _ in range(12):
        loss = nn.functional.huber_loss(model(), y, delta=0.5)
        optimizer.zero_grad()
        loss.backward()
        total = nn.utils.clip_grad_norm_(model.parameters(), max_norm=0.5, norm_type=float("inf"))
        optimizer.step()
        out += [loss.item(), total.item()]
    return out
