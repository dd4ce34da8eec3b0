"""A vector-quantised autoencoder: nearest codes by cdist, gradients straight through, codes moved by averages, perplexity."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class VectorQuantizerEMA(nn.Module):
        def __init__(self, num_embeddings, embedding_dim, commitment_cost, decay, epsilon=1e-5):
            super().__init__()
            self._embedding_dim, self._num_embeddings = embedding_dim, num_embeddings
            self._embedding = nn.Embedding(num_embeddings, embedding_dim)
            self._embedding.weight.data = torch.tensor(numbers(num_embeddings, embedding_dim, seed=5))
            self._embedding.weight.requires_grad_(False)
            self.register_buffer("_ema_cluster_size", torch.ones(num_embeddings))
            self.register_buffer("_ema_w", self._embedding.weight.clone())
            self._commitment_cost, self._decay, self._epsilon = commitment_cost, decay, epsilon

        def forward(self, inputs):
            inputs = inputs.permute(0, 2, 3, 1).contiguous()
            input_shape = inputs.shape
            flat_input = inputs.view(-1, self._embedding_dim)
            distances = (
                torch.sum(flat_input**2, dim=1, keepdim=True)
                + torch.sum(self._embedding.weight**2, dim=1)
                - 2 * torch.matmul(flat_input, self._embedding.weight.t())
            )
            assert torch.allclose(torch.cdist(flat_input, self._embedding.weight) ** 2, distances, atol=1e-3)
            encoding_indices = torch.argmin(distances, dim=1).unsqueeze(1)
            encodings = torch.zeros(encoding_indices.shape[0], self._num_embeddings, device=inputs.device)
            encodings.scatter_(1, encoding_indices, 1)
            quantized = torch.matmul(encodings, self._embedding.weight).view(input_shape)
            if self.training:
                self._ema_cluster_size = self._ema_cluster_size * self._decay + (1 - self._decay) * torch.sum(
                    encodings, 0
                )
                n = torch.sum(self._ema_cluster_size.data)
                self._ema_cluster_size = (
                    (self._ema_cluster_size + self._epsilon) / (n + self._num_embeddings * self._epsilon) * n
                )
                dw = torch.matmul(encodings.t(), flat_input)
                self._ema_w = nn.Parameter((self._ema_w * self._decay + (1 - self._decay) * dw).detach()).data
                self._embedding.weight = nn.Parameter(
                    self._ema_w / self._ema_cluster_size.unsqueeze(1), requires_grad=False
                )
            e_latent_loss = F.mse_loss(quantized.detach(), inputs)
            loss = self._commitment_cost * e_latent_loss
            quantized = inputs + (quantized - inputs).detach()
            avg_probs = torch.mean(encodings, dim=0)
            perplexity = torch.exp(-torch.sum(avg_probs * torch.log(avg_probs + 1e-10)))
            return loss, quantized.permute(0, 3, 1, 2).contiguous(), perplexity, encodings

    encoder = nn.Sequential(nn.Conv2d(1, 6, 4, 2, 1), nn.ReLU(True), nn.Conv2d(6, 3, 3, padding="same"))
    decoder = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.Hardswish(), nn.ConvTranspose2d(6, 1, 4, 2, 1))
    vq = VectorQuantizerEMA(8, 3, 0.25, 0.9)
    model = nn.ModuleDict([["encoder", encoder], ["vq", vq], ["decoder", decoder]])
    fill(torch, encoder, seed=1, scale=0.4)
    fill(torch, decoder, seed=2, scale=0.4)
    yy, xx = np.mgrid[:8, :8]
    images = np.stack([np.sin(0.5 * yy + k) * np.cos(0.4 * k * xx) for k in range(8)])[:, None]
    X = torch.tensor(images, dtype=torch.float)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.Adamax(trained, lr=2e-2)
    out = []
    for _ in range(8):
        optimizer.zero_grad()
        vq_loss, quantized, perplexity, codes = vq(encoder(X))
        recon = decoder(quantized)
        recon_error = F.mse_loss(recon, X) / X.var()
        (recon_error + vq_loss).backward()
        optimizer.step()
        out += [recon_error.item(), vq_loss.item(), perplexity.item()]
    assert "vq._ema_w" in model.state_dict() and not vq._embedding.weight.requires_grad
    return out + [codes.sum(0).max().item(), vq._embedding.weight.norm().item()]
