"""A Wasserstein critic with a gradient penalty, spectral norms, two time scales, averaged weights of the generator."""

import copy

from .common import fill, numbers


def run(torch):
    nn = torch.nn
    autograd = torch.autograd

    class Critic(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = nn.Sequential(
                nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 16), nn.Softplus(), nn.Linear(16, 1)
            )

        def forward(self, x):
            return self.net(x).view(-1)

    def calc_gradient_penalty(netD, real_data, fake_data, alpha):
        alpha = alpha.expand(real_data.size())
        interpolates = alpha * real_data + ((1 - alpha) * fake_data)
        interpolates = autograd.Variable(interpolates, requires_grad=True)
        disc = netD(interpolates)
        gradients = autograd.grad(
            outputs=disc,
            inputs=interpolates,
            grad_outputs=torch.ones(disc.size()),
            create_graph=True,
            retain_graph=True,
        )[0]
        return ((gradients.norm(2, dim=1) - 1) ** 2).mean() * 10

    netD = fill(torch, Critic(), seed=1, scale=0.4)
    netG = fill(torch, nn.Sequential(nn.Linear(3, 12), nn.ELU(), nn.Linear(12, 2)), seed=2, scale=0.4)
    ema = copy.deepcopy(netG).requires_grad_(False)
    optimizerD = torch.optim.Adam(netD.parameters(), lr=2e-2, betas=(0.5, 0.9))
    optimizerG = torch.optim.Adam(netG.parameters(), lr=5e-3, betas=(0.5, 0.9))
    one = torch.tensor(1, dtype=torch.float)
    mone = one * -1
    out = []
    for i in range(5):
        for p in netD.parameters():
            p.requires_grad = True
        for k in range(2):
            real = torch.tensor(numbers(12, 2, seed=10 * i + k)) * 0.3 + torch.tensor([1.0, -1.0])
            netD.zero_grad()
            D_real = netD(real).mean()
            D_real.backward(mone)
            with torch.no_grad():
                noisev = torch.tensor(numbers(12, 3, seed=100 + 10 * i + k))
            fake = netG(noisev).data
            D_fake = netD(fake).mean()
            D_fake.backward(one)
            alpha = torch.tensor(numbers(12, 1, seed=200 + i)).sigmoid()
            penalty = calc_gradient_penalty(netD, real, fake, alpha)
            penalty.backward()
            optimizerD.step()
            out += [(D_fake - D_real + penalty).item(), penalty.item()]
        for p in netD.parameters():
            p.requires_grad = False
        netG.zero_grad()
        G = netD(netG(torch.tensor(numbers(12, 3, seed=300 + i)))).mean()
        G.backward(mone)
        optimizerG.step()
        with torch.no_grad():
            for p_ema, p in zip(ema.parameters(), netG.parameters()):
                p_ema.lerp_(p, 0.25)
            for b_ema, b in zip(ema.buffers(), netG.buffers()):
                b_ema.copy_(b)
        out += [G.item(), sum((a - b).abs().sum() for a, b in zip(ema.parameters(), netG.parameters())).item()]
    return out
