"""Weight normalisation, old and new spelling, spectral normalisation, and a parametrisation of one's own."""

from .common import fill, numbers


def run(torch):
    nn = torch.nn

    class Symmetric(nn.Module):
        def forward(self, X):
            return X.triu() + X.triu(1).transpose(-1, -2)

        def right_inverse(self, A):
            return A.triu()

    first = fill(torch, nn.Linear(6, 8), 1, 0.5)
    first = nn.utils.parametrizations.weight_norm(first, dim=0)
    second = nn.utils.weight_norm(fill(torch, nn.Conv1d(1, 2, 3, padding=1), 2, 0.5), name="weight")
    third = fill(torch, nn.Linear(8, 8), 3, 0.5)
    fourth = fill(torch, nn.Linear(8, 8), 4, 0.5)
    nn.utils.parametrize.register_parametrization(third, "weight", Symmetric())
    fourth = nn.utils.parametrizations.spectral_norm(fourth, n_power_iterations=100)
    x, y = torch.from_numpy(numbers(10, 6)), torch.from_numpy(numbers(10, 8, seed=1))
    parameters = [p for m in (first, second, third, fourth) for p in m.parameters()]
    optimizer = torch.optim.RMSprop(parameters, lr=0.01, momentum=0.5, centered=True)
    out = []
    for _ in range(8):
        h = torch.tanh(first(x))
        h = fourth(second(h.unsqueeze(1)).mean(1))
        loss = (third(h) - y).pow(2).mean() + 0.01 * third.weight.norm()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    fourth.eval()
    assert torch.equal(third.weight, third.weight.T) and abs(torch.linalg.matrix_norm(fourth.weight, 2) - 1) < 1e-3
    nn.utils.remove_weight_norm(second)
    nn.utils.parametrize.remove_parametrizations(first, "weight")
    return out + [first.weight.norm().item(), second.weight.norm().item()]
