"""Linear features by singular values: gradients through `svd`, `eigh`, `qr`, `pinv` and `matrix_exp`, retracted each step."""

from .common import numbers


def run(torch):
    x = torch.from_numpy(numbers(20, 5)).double() * torch.tensor([3.0, 2.0, 1.0, 0.5, 0.2]).double()
    mix = torch.from_numpy(numbers(5, 5, seed=1)).double().requires_grad_()
    skew = torch.from_numpy(numbers(3, 3, seed=2)).double().requires_grad_()
    out = []
    for step in range(6):
        z = x @ mix
        z = z - z.mean(0)
        U, S, Vh = torch.linalg.svd(z, full_matrices=False)
        values, vectors = torch.linalg.eigh(torch.cov(z.T))
        rotation = torch.matrix_exp(skew - skew.mT)
        low = (U[:, :3] * S[:3]) @ rotation @ Vh[:3]
        residual = (z - low).pow(2).mean()
        entropy = torch.special.entr(values / values.sum()).sum()
        inverse = torch.linalg.pinv(z.mT @ z + torch.eye(5).double()).diagonal().sum()
        loss = residual + entropy + inverse + 0.1 * vectors[:, -1].abs().sum()
        grads = torch.autograd.grad(loss, [mix, skew])
        with torch.no_grad():
            Q, R = torch.linalg.qr(mix - 0.05 * grads[0])
            mix.copy_(Q * R.diagonal().sign())
            skew.sub_(grads[1], alpha=0.05)
        out += [loss.item(), residual.item(), entropy.item()]
    return out + [
        torch.linalg.cond(x).item(),
        torch.linalg.matrix_rank(low.detach()).item(),
        torch.logdet(z.T @ z).item(),
    ]
