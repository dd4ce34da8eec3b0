"""Learnt filters in the frequency domain, complex weights, `view_as_real`, windows and a spectrogram in the loss."""

import numpy as np

from .common import numbers


def run(torch):
    nn = torch.nn
    t = np.arange(64) / 64
    x = torch.tensor(
        np.stack([np.sin(2 * np.pi * k * t) + 0.3 * np.cos(2 * np.pi * 20 * t) for k in (2, 3, 5)])
    ).float()
    clean = torch.tensor(np.stack([np.sin(2 * np.pi * k * t) for k in (2, 3, 5)])).float()

    class GlobalFilter(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.weight = nn.Parameter(torch.from_numpy(numbers(n // 2 + 1, 2, scale=0.3)))
            mix = numbers(3, 3, seed=1, scale=0.1) + 1j * numbers(3, 3, seed=2, scale=0.1)
            self.mix = nn.Parameter(torch.from_numpy(mix.astype(np.complex64)))

        def forward(self, x):
            X = torch.fft.rfft(x, dim=-1, norm="ortho")
            X = X * torch.view_as_complex(self.weight)
            X = X + torch.einsum("ij,jf->if", self.mix, X.conj())
            return torch.fft.irfft(X, n=x.size(-1), dim=-1, norm="ortho")

    model = GlobalFilter(64)
    window = torch.hann_window(16)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    out = []
    for _ in range(10):
        y = model(x)
        a, b = (torch.stft(v, 16, hop_length=8, window=window, return_complex=True).abs() for v in (y, clean))
        loss = (y - clean).square().mean() + 0.1 * (a - b).abs().mean() + 0.01 * model.mix.abs().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    phase = torch.angle(model.mix.detach()).flatten()
    return out + phase[:3].tolist() + torch.view_as_real(model.mix.detach())[0].flatten().tolist()
