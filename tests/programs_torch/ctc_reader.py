"""A recurrent reader of noisy strokes, trained by the CTC loss with lengths, decoded along the best path."""

import itertools

import numpy as np

from .common import fill, numbers


def run(torch):
    nn = torch.nn
    rng = np.random.default_rng(0)
    targets = torch.from_numpy(rng.integers(1, 4, (5, 3)))
    lengths = torch.tensor([3, 2, 3, 1, 2])
    x = torch.zeros(9, 5, 4)
    for n in range(5):
        for k in range(int(lengths[n])):
            x[3 * k : 3 * k + 2, n, targets[n, k]] = 1.0
    x = x + torch.from_numpy(numbers(9, 5, 4, scale=0.1))
    net = fill(torch, nn.LSTM(4, 6, bidirectional=True), 1, 0.4)
    head = fill(torch, nn.Linear(12, 4), 2, 0.4)
    optimizer = torch.optim.Adam([*net.parameters(), *head.parameters()], lr=0.03)
    frames = torch.tensor([9, 8, 9, 7, 9])
    losses = nn.CTCLoss(blank=0, reduction="mean", zero_infinity=True), nn.CTCLoss(reduction="sum")
    packed = torch.cat([t[:n] for t, n in zip(targets, lengths)])
    out = []
    for step in range(12):
        log_probs = head(net(x)[0]).log_softmax(2)
        loss = losses[step % 2](log_probs, targets if step % 3 else packed, frames, lengths)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    best = log_probs.argmax(2).T
    words = [[k for k, _ in itertools.groupby(row.tolist()) if k] for row in best]
    return out + [float(len(w)) for w in words]
