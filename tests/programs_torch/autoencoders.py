"""Autoencoders: of pixels, denoising, sparse by a divergence, contractive, convolutional with transposed convolutions."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class Autoencoder(nn.Module):
        def __init__(self):
            super(Autoencoder, self).__init__()
            self.encoder = nn.Sequential(
                nn.Linear(6 * 6, 16), nn.ReLU(True), nn.Linear(16, 8), nn.ReLU(True), nn.Linear(8, 3)
            )
            self.decoder = nn.Sequential(
                nn.Linear(3, 8), nn.ReLU(True), nn.Linear(8, 16), nn.ReLU(True), nn.Linear(16, 6 * 6), nn.Tanh()
            )

        def forward(self, x):
            return self.decoder(self.encoder(x))

    data = torch.tensor(np.tanh(numbers(20, 1, 6, 6, seed=1)))
    out = []
    model, criterion = fill(torch, Autoencoder(), seed=2, scale=0.3), nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-5)
    noise = torch.tensor(numbers(20, 36, seed=3, scale=0.2))
    for step in range(6):
        img = data.view(data.size(0), -1)
        output = model(img + noise * (step % 2))
        loss = criterion(output, img)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.data.item())

    def kl_divergence(rho, rho_hat):
        rho_hat = torch.mean(torch.sigmoid(rho_hat), 0)
        rho = torch.tensor([rho] * len(rho_hat))
        return torch.sum(rho * torch.log(rho / rho_hat) + (1 - rho) * torch.log((1 - rho) / (1 - rho_hat)))

    for _ in range(4):
        values, sparsity = img, 0.0
        for layer in model.encoder.children():
            values = layer(values)
            if isinstance(layer, nn.Linear):
                sparsity = sparsity + kl_divergence(0.05, values)
        loss = criterion(model.decoder(values), img) + 0.001 * sparsity
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())

    code = torch.sigmoid(F.linear(img, model.encoder[0].weight, model.encoder[0].bias))
    jacobian = ((code * (1 - code)) ** 2) @ model.encoder[0].weight.pow(2).sum(1)
    jac = torch.func.vmap(torch.func.jacrev(lambda z: torch.sigmoid(model.encoder[0](z))))(img)
    assert torch.allclose(jac.square().sum((1, 2)), jacobian, rtol=1e-4)
    jacobian.mean().backward()
    out.append(jacobian.mean().item())

    conv = nn.Sequential()
    conv.add_module("conv", nn.Conv2d(1, 4, 3, stride=2, padding=1))
    conv.add_module("norm", nn.GroupNorm(2, 4))
    conv.add_module("act", nn.PReLU(num_parameters=4))
    conv.add_module("deconv", nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1))
    conv.add_module(
        "up", nn.Sequential(nn.Upsample(scale_factor=2), nn.ReflectionPad2d(1), nn.Conv2d(4, 1, 3, stride=2))
    )
    fill(torch, conv, seed=4, scale=0.4)
    optimizer = torch.optim.NAdam(conv.parameters(), lr=0.02)
    for _ in range(5):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(conv(data), data * 0.5 + 0.5)
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    return out + [conv.act.weight.sum().item(), float(len(conv))]
