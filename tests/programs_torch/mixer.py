"""Images as patches mixed by perceptrons over tokens and channels: `Conv2d` as patches, `Sequential` of dicts, augmentation."""

from collections import OrderedDict
from functools import partial

from .common import fill, labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class PreNormResidual(nn.Module):
        def __init__(self, dim, fn):
            super().__init__()
            self.fn, self.norm = fn, nn.LayerNorm(dim)

        def forward(self, x):
            return self.fn(self.norm(x)) + x

    def FeedForward(dim, expansion=2, dense=nn.Linear):
        inner = dim * expansion
        return nn.Sequential(dense(dim, inner), nn.GELU(), nn.Dropout(0.0), dense(inner, dim), nn.Dropout(0.0))

    class Patches(nn.Module):
        def __init__(self, dim, p):
            super().__init__()
            self.proj = nn.Conv2d(3, dim, p, stride=p)

        def forward(self, x):
            return self.proj(x).flatten(2).transpose(1, 2)

    class Mean(nn.Module):
        def forward(self, x):
            return x.mean(-2)

    first = partial(nn.Conv1d, kernel_size=1)
    model = nn.Sequential(
        OrderedDict(
            patches=Patches(8, 4),
            **{
                f"block{k}": nn.Sequential(PreNormResidual(8, FeedForward(9, 2, first)), PreNormResidual(8, FeedForward(8)))
                for k in range(2)
            },
            norm=nn.LayerNorm(8), pool=Mean(), head=nn.Linear(8, 4),
        )
    )  # fmt: skip
    fill(torch, model, seed=1, scale=0.25)
    x, y = torch.tensor(numbers(8, 3, 12, 12, seed=2)), torch.tensor(labels(8, 4, seed=3))
    optimizer = torch.optim.RAdam(model.parameters(), lr=0.02)
    scheduler = torch.optim.lr_scheduler.SequentialLR(
        optimizer,
        [
            torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=3),
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=5, eta_min=1e-3),
        ],
        milestones=[3],
    )
    out = []
    for step in range(8):
        views = torch.where(torch.arange(8)[:, None, None, None] % 2 == step % 2, x.flip(-1), F.pad(x, [1, 1])[..., 2:])
        loss = F.cross_entropy(model(views), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        out += [loss.item(), scheduler.get_last_lr()[-1]]
    names = [name for name, _ in model.named_children()]
    return out + [float(len(names)), float(sum(p.numel() for p in model.parameters()))]
