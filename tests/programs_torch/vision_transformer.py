"""A vision transformer of patches: a class token, `nn.MultiheadAttention`, mixup, stochastic depth, warm restarts."""

import numpy as np

from .common import fill, labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class PatchEmbed(nn.Module):
        def __init__(self, patch, dim):
            super().__init__()
            self.proj = nn.Conv2d(1, dim, kernel_size=patch, stride=patch)

        def forward(self, x):
            return self.proj(x).flatten(2).transpose(1, 2)

    class Block(nn.Module):
        def __init__(self, dim, heads, keep):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
            self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)
            self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(approximate="tanh"), nn.Linear(2 * dim, dim))
            self.gamma = nn.Parameter(1e-1 * torch.ones(dim))
            self.keep, self.draws = keep, np.random.default_rng(3)

        def drop_path(self, x):
            if not self.training:
                return x
            mask = torch.from_numpy(self.draws.random((x.shape[0],) + (1,) * (x.ndim - 1)) < self.keep)
            return x.div(self.keep) * mask

        def forward(self, x):
            h = self.norm1(x)
            y, self.weights = self.attn(h, h, h, need_weights=True)
            x = x + self.drop_path(self.gamma * y)
            return x + self.drop_path(self.mlp(self.norm2(x)))

    class ViT(nn.Module):
        def __init__(self, dim=12, depth=2, classes=3):
            super().__init__()
            self.patch_embed = PatchEmbed(3, dim)
            self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
            self.pos_embed = nn.Parameter(torch.zeros(1, 17, dim))
            nn.init.trunc_normal_(self.pos_embed, std=0.02)
            assert self.pos_embed.abs().max() <= 2.0 and self.pos_embed.std() > 0.01
            self.blocks = nn.Sequential(*[Block(dim, 3, 0.8) for _ in range(depth)])
            self.norm, self.head = nn.LayerNorm(dim), nn.Linear(dim, classes)

        def forward(self, x):
            x = self.patch_embed(x)
            x = torch.cat((self.cls_token.expand(x.shape[0], -1, -1), x), dim=1) + self.pos_embed
            return self.head(self.norm(self.blocks(x))[:, 0])

    X, y = torch.tensor(numbers(24, 1, 12, 12, seed=1)), torch.tensor(labels(24, 3, seed=2))
    X[:, 0, 3] += y.unsqueeze(-1)
    patches = X.unfold(2, 3, 3).unfold(3, 3, 3)
    model = fill(torch, ViT(), seed=2)
    flat = patches.reshape(24, 16, 9) @ model.patch_embed.proj.weight.view(12, 9).T + model.patch_embed.proj.bias
    assert torch.allclose(flat, model.patch_embed(X), atol=1e-5)
    unfolded = F.unfold(X, kernel_size=3, stride=3).transpose(1, 2)
    assert torch.equal(unfolded, patches.reshape(24, 16, 9))
    optimizer = torch.optim.RAdam(model.parameters(), lr=0.02)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=3, T_mult=2)
    out = []
    for step in range(8):
        lam, perm = 0.7, torch.arange(24).roll(step + 1)
        mixed = torch.lerp(X[perm], X, lam)
        targets = lam * F.one_hot(y, 3).float() + (1 - lam) * F.one_hot(y[perm], 3).float()
        loss = F.cross_entropy(model(mixed), targets, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        out += [loss.item(), scheduler.get_last_lr()[0]]
    model.eval()
    with torch.no_grad():
        logits = model(X)
        conf, pred = torch.max(logits.softmax(dim=-1), dim=-1)
        confusion = torch.zeros(3, 3, dtype=torch.int64)
        for t, p in zip(y.view(-1), pred.view(-1)):
            confusion[t.long(), p.long()] += 1
        counts = torch.bincount(y * 3 + pred, minlength=9).reshape(3, 3)
        assert torch.equal(confusion, counts)
    return out + [conf.mean().item(), confusion.diagonal().sum().item(), model.blocks[0].weights[0, 0, :3].sum().item()]
