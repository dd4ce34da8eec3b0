"""Texts of several lengths in one `nn.EmbeddingBag` with offsets: mean, sum with weights of words, maximum."""

import numpy as np

from .common import fill, labels


def run(torch):
    nn = torch.nn
    rng = np.random.default_rng(0)
    texts = [rng.integers(0, 20, n) for n in (3, 1, 4, 2, 5, 3)]
    words = torch.from_numpy(np.concatenate(texts))
    offsets = torch.tensor([0] + [len(t) for t in texts[:-1]]).cumsum(dim=0)
    weights = torch.from_numpy(rng.random(len(words)).astype(np.float32)).requires_grad_()
    target = torch.from_numpy(labels(6, 4))

    class Classifier(nn.Module):
        def __init__(self):
            super().__init__()
            self.mean = nn.EmbeddingBag(20, 6, sparse=False, mode="mean")
            self.sum = nn.EmbeddingBag(20, 6, mode="sum", include_last_offset=True)
            self.max = nn.EmbeddingBag(20, 6, mode="max", max_norm=1.0)
            self.fc = nn.Linear(18, 4)

        def forward(self, text, offsets):
            ends = torch.cat([offsets, torch.tensor([len(text)])])
            bags = self.mean(text, offsets), self.sum(text, ends, per_sample_weights=weights), self.max(text, offsets)
            return self.fc(torch.cat(bags, dim=1))

    model = fill(torch, Classifier(), 5, 0.7)
    optimizer = torch.optim.SGD([{"params": model.parameters()}, {"params": [weights], "lr": 0.1}], lr=0.5)
    out = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(words, offsets), target)
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    return out + weights[:3].tolist()
