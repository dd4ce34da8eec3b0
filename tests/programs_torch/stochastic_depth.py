"""Residual blocks that are left out at random, layer scale, and an exponential average of weights and buffers."""

import copy

import numpy as np

from .common import fill, numbers


def run(torch):
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self, dim, rate, rng):
            super().__init__()
            self.norm, self.fc1, self.fc2 = nn.BatchNorm1d(dim), nn.Linear(dim, 2 * dim), nn.Linear(2 * dim, dim)
            self.gamma = nn.Parameter(0.1 * torch.ones(dim))
            self.rate, self.rng = rate, rng

        def forward(self, x):
            branch = self.gamma * self.fc2(nn.functional.gelu(self.fc1(self.norm(x)), approximate="tanh"))
            if self.training and self.rate:
                keep = torch.from_numpy((self.rng.random((len(x), 1)) >= self.rate).astype(np.float32))
                branch = branch.div(1 - self.rate) * keep
            return x + branch

    class EMA:
        def __init__(self, model, decay):
            self.module, self.decay = copy.deepcopy(model).eval().requires_grad_(False), decay

        @torch.no_grad()
        def update(self, model):
            for old, new in zip(self.module.state_dict().values(), model.state_dict().values()):
                if old.is_floating_point():
                    old.mul_(self.decay).add_(new, alpha=1 - self.decay)
                else:
                    old.copy_(new)

    rng = np.random.default_rng(0)
    net = nn.Sequential(*(Block(6, 0.2 * k, rng) for k in range(3)), nn.Linear(6, 1))
    net = fill(torch, net, 1, 0.4)
    ema = EMA(net, 0.8)
    x = torch.from_numpy(numbers(24, 6))
    y = x.prod(dim=1, keepdim=True).sign()
    optimizer = torch.optim.RAdam(net.parameters(), lr=0.03)
    out = []
    for _ in range(10):
        loss = nn.functional.soft_margin_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        ema.update(net)
        out += [loss.item(), nn.functional.soft_margin_loss(ema.module(x), y).item()]
    return out + [float(ema.module[0].norm.num_batches_tracked)]
