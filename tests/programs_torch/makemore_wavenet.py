"""Layers of one's own beside `nn`, that join neighbouring steps, as in makemore's fifth lesson."""

from .common import numbers
from .makemore_bigram import WORDS


def run(torch):
    F = torch.nn.functional

    class Linear:
        def __init__(self, fan_in, fan_out, seed, bias=True):
            self.weight = torch.from_numpy(numbers(fan_in, fan_out, seed=seed)) / fan_in**0.5
            self.bias = torch.zeros(fan_out) if bias else None

        def __call__(self, x):
            self.out = x @ self.weight
            if self.bias is not None:
                self.out += self.bias
            return self.out

        def parameters(self):
            return [self.weight] + ([] if self.bias is None else [self.bias])

    class BatchNorm1d:
        def __init__(self, dim, eps=1e-5, momentum=0.1):
            self.eps, self.momentum, self.training = eps, momentum, True
            self.gamma, self.beta = torch.ones(dim), torch.zeros(dim)
            self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

        def __call__(self, x):
            if self.training:
                dim = 0 if x.ndim == 2 else (0, 1)
                xmean, xvar = x.mean(dim, keepdim=True), x.var(dim, keepdim=True)
            else:
                xmean, xvar = self.running_mean, self.running_var
            xhat = (x - xmean) / torch.sqrt(xvar + self.eps)
            self.out = self.gamma * xhat + self.beta
            if self.training:
                with torch.no_grad():
                    self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * xmean
                    self.running_var = (1 - self.momentum) * self.running_var + self.momentum * xvar
            return self.out

        def parameters(self):
            return [self.gamma, self.beta]

    class Tanh:
        def __call__(self, x):
            self.out = torch.tanh(x)
            return self.out

        def parameters(self):
            return []

    class Embedding:
        def __init__(self, n, dim):
            self.weight = torch.from_numpy(numbers(n, dim, seed=9))

        def __call__(self, IX):
            self.out = self.weight[IX]
            return self.out

        def parameters(self):
            return [self.weight]

    class FlattenConsecutive:
        def __init__(self, n):
            self.n = n

        def __call__(self, x):
            B, T, C = x.shape
            x = x.view(B, T // self.n, C * self.n)
            if x.shape[1] == 1:
                x = x.squeeze(1)
            self.out = x
            return self.out

        def parameters(self):
            return []

    class Sequential:
        def __init__(self, layers):
            self.layers = layers

        def __call__(self, x):
            for layer in self.layers:
                x = layer(x)
            self.out = x
            return self.out

        def parameters(self):
            return [p for layer in self.layers for p in layer.parameters()]

    stoi = {s: i + 1 for i, s in enumerate(sorted(set("".join(WORDS))))} | {".": 0}
    X, Y = [], []
    for w in WORDS:
        context = [0] * 4
        for ch in w + ".":
            X.append(context)
            Y.append(stoi[ch])
            context = context[1:] + [stoi[ch]]
    X, Y = torch.tensor(X), torch.tensor(Y)
    H = 10
    model = Sequential(
        [
            Embedding(len(stoi), 5),
            FlattenConsecutive(2), Linear(10, H, 1, bias=False), BatchNorm1d(H), Tanh(),
            FlattenConsecutive(2), Linear(2 * H, H, 2, bias=False), BatchNorm1d(H), Tanh(),
            Linear(H, len(stoi), 3),
        ]
    )  # fmt: skip
    with torch.no_grad():
        model.layers[-1].weight *= 0.1
    parameters = model.parameters()
    for p in parameters:
        p.requires_grad = True
    out = []
    for i in range(15):
        ix = torch.arange(i, len(X), 3)
        loss = F.cross_entropy(model(X[ix]), Y[ix])
        for p in parameters:
            p.grad = None
        loss.backward()
        for p in parameters:
            p.data += -0.2 * p.grad
        out.append(loss.log10().item())
    for layer in model.layers:
        layer.training = False
    out.append(torch.tensor(out).view(-1, 5).mean(1)[-1].item())
    out.append(F.cross_entropy(model(X), Y).item())
    return out
