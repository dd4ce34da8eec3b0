"""A pointer network that sorts numbers: LSTM cells, additive attention, used positions masked in place, teacher forcing."""

import numpy as np

from .common import fill


def run(torch):
    nn = torch.nn
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.random((8, 4, 1)).astype(np.float32))
    order = x.squeeze(-1).argsort(dim=1)

    class Pointer(nn.Module):
        def __init__(self, d=10):
            super().__init__()
            self.encoder, self.decoder = nn.LSTM(1, d, batch_first=True), nn.LSTMCell(1, d)
            self.W1, self.W2, self.v = nn.Linear(d, d, bias=False), nn.Linear(d, d), nn.Linear(d, 1, bias=False)
            self.start = nn.Parameter(torch.zeros(1))

        def forward(self, x, order):
            memory, (h, c) = self.encoder(x)
            h, c = h[-1], c[-1]
            token, used = self.start.expand(len(x), 1), torch.zeros(len(x), x.size(1), dtype=torch.bool)
            losses, picks = [], []
            for t in range(x.size(1)):
                h, c = self.decoder(token, (h, c))
                scores = self.v(torch.tanh(self.W1(memory) + self.W2(h).unsqueeze(1)))[..., 0]
                scores = scores.masked_fill(used, torch.finfo(scores.dtype).min)
                losses.append(nn.functional.cross_entropy(scores, order[:, t], reduction="none"))
                picks.append(scores.detach().argmax(-1))
                used = used.scatter(1, order[:, t : t + 1], True)
                token = torch.take_along_dim(x[..., 0], order[:, t : t + 1], dim=1)
            return torch.stack(losses, dim=1), torch.stack(picks, dim=1)

    model = fill(torch, Pointer(), 1, 0.5)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
    out = []
    for _ in range(12):
        losses, picks = model(x, order)
        loss = losses.mean()
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.1)
        optimizer.step()
        out += [loss.item(), (picks == order).double().mean().item()]
    return out
