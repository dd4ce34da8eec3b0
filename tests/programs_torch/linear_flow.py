"""A normalising flow of full matrices with `slogdet`, leaky activations, and a base that tanh squashes into a box."""

import math

from .common import numbers


def run(torch):
    nn, D = torch.nn, torch.distributions
    weights = nn.ParameterList([torch.eye(3) + torch.from_numpy(numbers(3, 3, seed=i, scale=0.2)) for i in range(3)])
    biases = nn.ParameterList([nn.Parameter(torch.zeros(3)) for _ in range(3)])
    x = torch.from_numpy(numbers(30, 3, seed=7)).cumsum(1).exp().log1p()
    base = D.Independent(D.Normal(torch.zeros(3), torch.ones(3)), 1)

    def log_prob(z):
        u = torch.atanh(z / 10)
        return base.log_prob(u) - (math.log(10) + 2 * (math.log(2) - u - nn.functional.softplus(-2 * u))).sum(-1)

    optimizer = torch.optim.Adadelta([*weights.parameters(), *biases.parameters()], lr=1.0)
    out = []
    for _ in range(12):
        z, log_det = x, torch.zeros(30)
        for i, (w, b) in enumerate(zip(weights, biases)):
            z = torch.addmm(b, z, w.t())
            sign, value = torch.slogdet(w)
            log_det = log_det + value
            if i < 2:
                log_det = log_det + torch.where(z > 0, torch.zeros_like(z), torch.full_like(z, 0.5).log()).sum(-1)
                z = nn.functional.leaky_relu(z, 0.5)
        loss = -(log_prob(z.clamp(-9.5, 9.5)) + log_det).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out += [loss.item(), sign.item()]
    return out + [w.det().item() for w in weights]
