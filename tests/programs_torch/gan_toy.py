"""A generator of numbers against a discriminator of their moments; noise from NumPy, two optimisers, `detach`."""

import numpy as np

from .common import fill


def run(torch):
    nn, optim = torch.nn, torch.optim

    class Generator(nn.Module):
        def __init__(self, input_size, hidden_size, output_size, f):
            super().__init__()
            self.map1, self.map2 = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
            self.map3, self.f = nn.Linear(hidden_size, output_size), f

        def forward(self, x):
            return self.map3(self.f(self.map2(self.f(self.map1(x)))))

    class Discriminator(Generator):
        def forward(self, x):
            return self.f(super().forward(x))

    def get_moments(d):
        mean = torch.mean(d)
        diffs = d - mean
        var = torch.mean(torch.pow(diffs, 2.0))
        std = torch.pow(var, 0.5)
        zscores = diffs / std
        skews = torch.mean(torch.pow(zscores, 3.0))
        kurtoses = torch.mean(torch.pow(zscores, 4.0)) - 3.0
        return torch.cat((mean.reshape(1), std.reshape(1), skews.reshape(1), kurtoses.reshape(1)))

    rng = np.random.default_rng(0)
    d_sampler = lambda n: torch.Tensor(rng.normal(4, 1.25, (1, n)))  # noqa: E731
    gi_sampler = lambda m, n: torch.from_numpy(rng.random((m, n), dtype=np.float32))  # noqa: E731
    G = fill(torch, Generator(1, 5, 1, torch.tanh), seed=1, scale=0.7)
    D = fill(torch, Discriminator(4, 10, 1, torch.sigmoid), seed=2, scale=0.5)
    criterion = nn.BCELoss()
    d_optimizer = optim.SGD(D.parameters(), lr=0.05, momentum=0.9)
    g_optimizer = optim.SGD(G.parameters(), lr=0.05, momentum=0.9)
    out = []
    for _ in range(6):
        for _ in range(2):
            D.zero_grad()
            d_real_error = criterion(D(get_moments(d_sampler(50))), torch.ones(1))
            d_real_error.backward()
            fake = G(gi_sampler(50, 1)).detach()
            d_fake_error = criterion(D(get_moments(fake.t())), torch.zeros([1]))
            d_fake_error.backward()
            d_optimizer.step()
        G.zero_grad()
        fake = G(gi_sampler(50, 1))
        g_error = criterion(D(get_moments(fake.t())), torch.ones([1]))
        g_error.backward()
        g_optimizer.step()
        out += [d_real_error.data.item(), d_fake_error.data.tolist(), g_error.item()]
    flat = fake.data.storage_offset() + fake.view(-1).size()[0]
    return out + [flat, fake.mean().item(), fake.std(unbiased=False).item()]
