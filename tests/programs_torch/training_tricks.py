"""Label smoothing, mixup, warm-up and cosine, clipping, moving averages of weights, parameter groups by name, freezing."""

import copy
import math

import numpy as np

from .common import fill, labels, numbers


def run(torch):
    nn, F, optim = torch.nn, torch.nn.functional, torch.optim

    class EMA:
        def __init__(self, model, decay):
            self.module = copy.deepcopy(model).eval()
            self.decay = decay
            for p in self.module.parameters():
                p.requires_grad_(False)

        @torch.no_grad()
        def update(self, model):
            for ema_v, model_v in zip(self.module.state_dict().values(), model.state_dict().values()):
                if ema_v.is_floating_point():
                    ema_v.copy_(self.decay * ema_v + (1.0 - self.decay) * model_v)
                else:
                    ema_v.copy_(model_v)

    class LabelSmoothingCrossEntropy(nn.Module):
        def __init__(self, smoothing=0.1):
            super().__init__()
            self.smoothing, self.confidence = smoothing, 1.0 - smoothing

        def forward(self, x, target):
            logprobs = F.log_softmax(x, dim=-1)
            nll_loss = -logprobs.gather(dim=-1, index=target.unsqueeze(1)).squeeze(1)
            return (self.confidence * nll_loss + self.smoothing * -logprobs.mean(dim=-1)).mean()

    model = fill(
        torch,
        nn.Sequential(
            nn.Linear(8, 12, bias=False), nn.BatchNorm1d(12), nn.Mish(), nn.Linear(12, 12), nn.Hardswish(), nn.Linear(12, 5)
        ),
        seed=1, scale=0.4,
    )  # fmt: skip
    decay, no_decay = [], []
    for name, param in model.named_parameters():
        (no_decay if param.ndim <= 1 or name.endswith(".bias") else decay).append(param)
    optimizer = optim.AdamW(
        [{"params": decay, "weight_decay": 0.05}, {"params": no_decay, "weight_decay": 0.0}], lr=0.02, betas=(0.9, 0.98)
    )
    warm, total = 3, 12
    scheduler = optim.lr_scheduler.LambdaLR(
        optimizer, lambda s: s / warm if s < warm else 0.5 * (1 + math.cos(math.pi * (s - warm) / (total - warm)))
    )
    ema = EMA(model, 0.8)
    X, Y = torch.tensor(numbers(20, 8, seed=2)), torch.tensor(labels(20, 5, seed=3))
    rng, out = np.random.default_rng(4), []
    smooth = LabelSmoothingCrossEntropy(0.1)
    for step in range(total):
        if step == 8:
            for p in model[0].parameters():
                p.requires_grad = False
        lam = float(rng.beta(0.4, 0.4))
        index = torch.from_numpy(rng.permutation(20))
        mixed = lam * X + (1 - lam) * X[index, :]
        pred = model(mixed)
        loss = lam * smooth(pred, Y) + (1 - lam) * F.cross_entropy(pred, Y[index], label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(filter(lambda p: p.requires_grad, model.parameters()), max_norm=0.5)
        optimizer.step()
        scheduler.step()
        ema.update(model)
        out += [loss.item(), float(norm), optimizer.param_groups[0]["lr"]]
    model.eval()
    with torch.inference_mode():
        out += [F.cross_entropy(m(X), Y).item() for m in (model, ema.module)]
    averaged = optim.swa_utils.AveragedModel(model)
    averaged.update_parameters(model)
    averaged.update_parameters(ema.module)
    return out + [sum(p.sum().item() for p in averaged.parameters()), float(averaged.n_averaged)]
