"""Focal, dice, Tversky and boundary losses on a small fully convolutional net, with ignored pixels and class weights."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    x = torch.from_numpy(numbers(2, 1, 12, 12))
    i, j = np.mgrid[:12, :12]
    target = torch.from_numpy(np.stack([(i - 5) ** 2 + (j - k) ** 2 < 12 for k in (4, 7)]).astype(np.int64))
    target[:, :2] = 255
    net = fill(
        torch, nn.Sequential(nn.Conv2d(1, 4, 3, padding="same"), nn.SiLU(), nn.Conv2d(4, 2, 3, padding=1)), 1, 0.4
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True)

    def focal(logits, target, gamma=2.0, alpha=0.25):
        ce = F.cross_entropy(logits, target, reduction="none", ignore_index=255)
        p = torch.exp(-ce)
        keep = target != 255
        return (alpha * (1 - p) ** gamma * ce)[keep].mean()

    def dice(logits, target, eps=1.0):
        valid = (target != 255).unsqueeze(1)
        one_hot = F.one_hot(target.masked_fill(target == 255, 0), 2).permute(0, 3, 1, 2).to(logits.dtype) * valid
        p = logits.softmax(dim=1) * valid
        both = (p * one_hot).sum(dim=(0, 2, 3))
        return 1 - ((2 * both + eps) / (p.sum((0, 2, 3)) + one_hot.sum((0, 2, 3)) + eps)).mean()

    def edges(logits):
        p = torch.sigmoid(logits[:, 1:])
        kernel = torch.tensor([[-1.0, 0.0, 1.0]]).view(1, 1, 1, 3)
        dx = F.conv2d(F.pad(p, (1, 1, 0, 0), mode="replicate"), kernel)
        dy = F.conv2d(F.pad(p, (0, 0, 1, 1), mode="reflect"), kernel.transpose(2, 3))
        return torch.sqrt(dx**2 + dy**2 + 1e-6).mean()

    out = []
    weight = torch.tensor([0.3, 0.7])
    for _ in range(8):
        logits = net(x)
        parts = [
            focal(logits, target), dice(logits, target), 0.1 * edges(logits),
            F.cross_entropy(logits, target, weight=weight, ignore_index=255),
        ]  # fmt: skip
        loss = torch.stack(parts).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out += [v.item() for v in parts]
    return out
