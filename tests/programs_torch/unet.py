"""A small U-Net: skipped connections, padding to fit, Dice and weighted binary losses, group norm, exponential schedule."""

import numpy as np

from .common import fill


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class DoubleConv(nn.Module):
        def __init__(self, in_channels, out_channels, mid_channels=None):
            super().__init__()
            mid_channels = mid_channels or out_channels
            self.double_conv = nn.Sequential(
                nn.Conv2d(in_channels, mid_channels, kernel_size=3, padding=1, padding_mode="reflect"),
                nn.GroupNorm(2, mid_channels),
                nn.SiLU(inplace=True),
                nn.Conv2d(mid_channels, out_channels, kernel_size=3, padding="same"),
                nn.InstanceNorm2d(out_channels, affine=True),
                nn.Mish(),
            )

        def forward(self, x):
            return self.double_conv(x)

    class Up(nn.Module):
        def __init__(self, in_channels, out_channels, bilinear=True):
            super().__init__()
            if bilinear:
                self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
                self.conv = DoubleConv(in_channels, out_channels, in_channels // 2)
            else:
                self.up = nn.ConvTranspose2d(in_channels // 2, in_channels // 2, kernel_size=2, stride=2)
                self.conv = DoubleConv(in_channels, out_channels)

        def forward(self, x1, x2):
            x1 = self.up(x1)
            diffY, diffX = x2.size()[2] - x1.size()[2], x2.size()[3] - x1.size()[3]
            x1 = F.pad(x1, [diffX // 2, diffX - diffX // 2, diffY // 2, diffY - diffY // 2])
            return self.conv(torch.cat([x2, x1], dim=1))

    class UNet(nn.Module):
        def __init__(self, bilinear):
            super().__init__()
            self.inc = DoubleConv(1, 4)
            self.down1 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(4, 8))
            self.down2 = nn.Sequential(nn.MaxPool2d(2, ceil_mode=True), DoubleConv(8, 8))
            self.up1, self.up2 = Up(16, 4, bilinear), Up(8, 4, bilinear)
            self.outc = nn.Conv2d(4, 1, kernel_size=1)

        def forward(self, x):
            x1 = self.inc(x)
            x2 = self.down1(x1)
            x3 = self.down2(x2)
            return self.outc(self.up2(self.up1(x3, x2), x1))

    def dice_loss(logits, target, smooth=1.0):
        probs = torch.sigmoid(logits).flatten(1)
        target = target.flatten(1)
        inter = (probs * target).sum(-1)
        return (1 - (2.0 * inter + smooth) / (probs.sum(-1) + target.sum(-1) + smooth)).mean()

    yy, xx = np.mgrid[:11, :13]
    images = np.stack([np.hypot(yy - 3 - k, xx - 5 - (k % 3)) for k in range(6)])[:, None].astype(np.float32)
    X, Y = torch.from_numpy(images) / 5 - 1, torch.from_numpy((images < 3).astype(np.float32))
    out = []
    for bilinear in (True, False):
        model = UNet(bilinear)
        if not bilinear:
            model.up1.up, model.up2.up = nn.ConvTranspose2d(8, 8, 2, 2), nn.ConvTranspose2d(4, 4, 2, 2)
        fill(torch, model, seed=3)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=1e-2, eps=1e-6)
        scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
        criterion = nn.BCEWithLogitsLoss(pos_weight=torch.tensor([3.0]))
        for _ in range(4):
            logits = model(X)
            bce, dice = criterion(logits, Y), dice_loss(logits, Y)
            optimizer.zero_grad()
            (bce + dice).backward()
            optimizer.step()
            scheduler.step()
            out += [bce.item(), dice.item()]
        pred = (logits.sigmoid() > 0.5).float()
        union = torch.logical_or(pred.bool(), Y.bool()).sum()
        out += [torch.logical_and(pred.bool(), Y.bool()).sum().div(union).item(), scheduler.get_last_lr()[0]]
    return out
