"""Denoising diffusion in two dimensions: tables of alphas as buffers, sines of the step, averaged weights, sampling."""

import math

import numpy as np

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    def extract(a, t, x_shape):
        b, *_ = t.shape
        out = a.gather(-1, t)
        return out.reshape(b, *((1,) * (len(x_shape) - 1)))

    def linear_beta_schedule(timesteps):
        return torch.linspace(1e-3, 0.2, timesteps, dtype=torch.float64)

    class SinusoidalPosEmb(nn.Module):
        def __init__(self, dim):
            super().__init__()
            self.dim = dim

        def forward(self, x):
            half_dim = self.dim // 2
            emb = math.log(100) / (half_dim - 1)
            emb = torch.exp(torch.arange(half_dim, device=x.device) * -emb)
            emb = x[:, None] * emb[None, :]
            return torch.cat((emb.sin(), emb.cos()), dim=-1)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.time = nn.Sequential(SinusoidalPosEmb(8), nn.Linear(8, 16), nn.SiLU(), nn.Linear(16, 32))
            self.first, self.last = nn.Linear(2, 16), nn.Linear(16, 2)

        def forward(self, x, t):
            scale, shift = self.time(t).chunk(2, dim=1)
            return self.last(F.silu(self.first(x) * (scale + 1) + shift))

    class Diffusion(nn.Module):
        def __init__(self, model, timesteps=12):
            super().__init__()
            self.model, self.num_timesteps = model, timesteps
            betas = linear_beta_schedule(timesteps)
            alphas = 1.0 - betas
            alphas_cumprod = torch.cumprod(alphas, dim=0)
            alphas_cumprod_prev = F.pad(alphas_cumprod[:-1], (1, 0), value=1.0)
            register = lambda name, val: self.register_buffer(name, val.to(torch.float32))  # noqa: E731
            register("betas", betas)
            register("alphas_cumprod", alphas_cumprod)
            register("sqrt_alphas_cumprod", torch.sqrt(alphas_cumprod))
            register("sqrt_one_minus", torch.sqrt(1.0 - alphas_cumprod))
            register("sqrt_recip_alphas", torch.sqrt(1.0 / alphas))
            register("posterior_variance", betas * (1.0 - alphas_cumprod_prev) / (1.0 - alphas_cumprod))

        def q_sample(self, x_start, t, noise):
            return (
                extract(self.sqrt_alphas_cumprod, t, x_start.shape) * x_start
                + extract(self.sqrt_one_minus, t, x_start.shape) * noise
            )

        def p_losses(self, x_start, t, noise):
            x = self.q_sample(x_start=x_start, t=t, noise=noise)
            loss = F.smooth_l1_loss(self.model(x, t), noise, reduction="none", beta=0.5)
            weight = extract(1 / self.betas.clamp(min=0.05), t, loss.shape)
            return (loss * weight).mean(dim=list(range(1, loss.ndim))).mean()

        @torch.no_grad()
        def sample(self, x, noises):
            for i in reversed(range(self.num_timesteps)):
                t = torch.full((x.shape[0],), i, dtype=torch.long)
                mean = extract(self.sqrt_recip_alphas, t, x.shape) * (
                    x - extract(self.betas, t, x.shape) * self.model(x, t) / extract(self.sqrt_one_minus, t, x.shape)
                )
                nonzero_mask = (1 - (t == 0).float()).reshape(x.shape[0], *((1,) * (len(x.shape) - 1)))
                x = mean + nonzero_mask * extract(self.posterior_variance, t, x.shape).sqrt() * noises[i]
            return x

    class EMA:
        def __init__(self, beta):
            self.beta = beta

        def update_model_average(self, ma_model, current_model):
            for current_params, ma_params in zip(current_model.parameters(), ma_model.parameters()):
                old_weight, up_weight = ma_params.data, current_params.data
                ma_params.data = old_weight * self.beta + (1 - self.beta) * up_weight

    diffusion = Diffusion(fill(torch, Model(), seed=1, scale=0.3))
    averaged = Diffusion(Model())
    averaged.load_state_dict(diffusion.state_dict())
    ema, out = EMA(0.8), []
    optimizer = torch.optim.Adam(diffusion.parameters(), lr=1e-2)
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    data = torch.tensor(np.stack([np.cos(angles), np.sin(angles)], 1), dtype=torch.float32)
    for step in range(10):
        t = (torch.arange(32) * 7 + step) % 12
        assert torch.randint(0, 12, (32,)).long().max() < 12
        loss = diffusion.p_losses(data, t, torch.tensor(numbers(32, 2, seed=step)))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        ema.update_model_average(averaged, diffusion)
        out.append(loss.item())
    noises = torch.tensor(numbers(12, 32, 2, seed=50))
    sample = averaged.sample(torch.tensor(numbers(32, 2, seed=60)), noises)
    return out + [sample.norm(dim=1).mean().item(), sample.std().item(), *sample[0].tolist()]
