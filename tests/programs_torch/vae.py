"""A variational autoencoder as in PyTorch's example; the noise comes from NumPy."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn, F, optim = torch.nn, torch.nn.functional, torch.optim
    noise = iter([numbers(16, 3, seed=s) for s in range(100)])

    class VAE(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(36, 20)
            self.fc21 = nn.Linear(20, 3)
            self.fc22 = nn.Linear(20, 3)
            self.fc3 = nn.Linear(3, 20)
            self.fc4 = nn.Linear(20, 36)

        def encode(self, x):
            h1 = F.relu(self.fc1(x))
            return self.fc21(h1), self.fc22(h1)

        def reparameterize(self, mu, logvar):
            std = torch.exp(0.5 * logvar)
            assert torch.randn_like(std).shape == std.shape
            eps = torch.from_numpy(next(noise)).to(std)
            return mu + eps * std

        def decode(self, z):
            h3 = F.relu(self.fc3(z))
            return torch.sigmoid(self.fc4(h3))

        def forward(self, x):
            mu, logvar = self.encode(x.view(-1, 36))
            z = self.reparameterize(mu, logvar)
            return self.decode(z), mu, logvar

    def loss_function(recon_x, x, mu, logvar):
        BCE = F.binary_cross_entropy(recon_x, x.view(-1, 36), reduction="sum")
        KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return BCE + KLD

    rows = np.arange(64)[:, None, None]
    images = ((np.arange(6)[None, :, None] + np.arange(6)[None, None] + rows) % 4 == 0).astype(np.float32)[:, None]
    loader = torch.utils.data.DataLoader(torch.from_numpy(images), batch_size=16, shuffle=False)
    model = fill(torch, VAE(), seed=4)
    optimizer = optim.Adam(model.parameters(), lr=1e-2)
    out = []
    for _ in range(4):
        model.train()
        train_loss = 0
        for _batch_idx, data in enumerate(loader):
            optimizer.zero_grad()
            recon_batch, mu, logvar = model(data)
            loss = loss_function(recon_batch, data, mu, logvar)
            loss.backward()
            train_loss += loss.item()
            optimizer.step()
        out.append(train_loss / len(loader.dataset))
    model.eval()
    with torch.no_grad():
        sample = model.decode(torch.from_numpy(numbers(8, 3, seed=77))).view(8, 1, 6, 6).cpu()
        comparison = torch.cat([torch.from_numpy(images[:8]), sample])
    return out + [comparison.mean().item(), sample.std(dim=0).max().item()]
