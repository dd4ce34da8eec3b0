"""Sub-pixel convolution that doubles images, as in PyTorch's super-resolution: orthogonal first weights, PSNR."""

from math import log10

import numpy as np

from .common import fill


def run(torch):
    nn, optim, init = torch.nn, torch.optim, torch.nn.init

    class Net(nn.Module):
        def __init__(self, upscale_factor):
            super().__init__()
            self.relu = nn.ReLU()
            self.conv1 = nn.Conv2d(1, 8, (5, 5), (1, 1), (2, 2))
            self.conv2 = nn.Conv2d(8, 8, (3, 3), (1, 1), (1, 1))
            self.conv4 = nn.Conv2d(8, upscale_factor**2, (3, 3), (1, 1), (1, 1))
            self.pixel_shuffle = nn.PixelShuffle(upscale_factor)
            self._initialize_weights()

        def forward(self, x):
            x = self.relu(self.conv1(x))
            x = self.relu(self.conv2(x))
            return self.pixel_shuffle(self.conv4(x))

        def _initialize_weights(self):
            init.orthogonal_(self.conv1.weight, init.calculate_gain("relu"))
            init.orthogonal_(self.conv2.weight, init.calculate_gain("relu"))
            init.orthogonal_(self.conv4.weight)

    net = Net(upscale_factor=2)
    rows = net.conv4.weight.detach().flatten(1)
    assert torch.allclose(rows @ rows.T, torch.eye(4), atol=1e-5)
    fill(torch, net, seed=7, scale=0.1)
    i = np.arange(16)
    images = np.stack([np.sin(np.add.outer(i * 0.3, i * 0.2 * k)) * 0.5 + 0.5 for k in range(8)])[:, None]
    high = torch.from_numpy(images.astype(np.float32))
    low = torch.nn.functional.interpolate(high, scale_factor=0.5, mode="bicubic", align_corners=False)
    criterion = nn.MSELoss()
    optimizer = optim.Adam(net.parameters(), lr=1e-2)
    out = []
    for _ in range(2):
        epoch_loss = 0.0
        for k in range(0, 8, 2):
            input, target = low[k : k + 2], high[k : k + 2]
            optimizer.zero_grad()
            loss = criterion(net(input), target)
            epoch_loss += loss.item()
            loss.backward()
            optimizer.step()
            out.append(loss.item())
        with torch.no_grad():
            out.append(10 * log10(1 / criterion(net(low).clamp(0, 1), high).item()))
    return out
