"""Linear regression from nothing and with `nn`, in the way of a first chapter: generators of batches, updates by hand."""

import random

import numpy as np

from .common import numbers


def run(torch):
    nn = torch.nn

    def synthetic_data(w, b, n):
        X = torch.tensor(numbers(n, len(w), seed=1))
        y = torch.matmul(X, w) + b
        y += torch.tensor(numbers(n, seed=2, scale=0.01))
        return X, y.reshape((-1, 1))

    def data_iter(batch_size, features, labels):
        n = len(features)
        indices = list(range(n))
        random.Random(0).shuffle(indices)
        for i in range(0, n, batch_size):
            batch = torch.tensor(indices[i : min(i + batch_size, n)])
            yield features[batch], labels[batch]

    def linreg(X, w, b):
        return torch.matmul(X, w) + b

    def squared_loss(y_hat, y):
        return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2

    def sgd(params, lr, batch_size):
        with torch.no_grad():
            for param in params:
                param -= lr * param.grad / batch_size
                param.grad.zero_()

    true_w, true_b = torch.tensor([2, -3.4]), 4.2
    features, labels = synthetic_data(true_w, true_b, 120)
    w = torch.tensor(numbers(2, 1, seed=3, scale=0.01), requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    out = []
    for _ in range(3):
        for X, y in data_iter(10, features, labels):
            loss = squared_loss(linreg(X, w, b), y)
            loss.sum().backward()
            sgd([w, b], 0.1, 10)
        with torch.no_grad():
            out.append(float(squared_loss(linreg(features, w, b), labels).mean()))
    out += [(true_w - w.reshape(true_w.shape)).norm().item(), (true_b - b).abs().item()]

    dataset = torch.utils.data.TensorDataset(*(features, labels))
    loader = torch.utils.data.DataLoader(dataset, 10, shuffle=False)
    net = nn.Sequential(nn.Linear(2, 1))
    net[0].weight.data.fill_(0.01)
    net[0].bias.data.fill_(0)
    trainer, loss = torch.optim.SGD(net.parameters(), lr=0.03), nn.MSELoss()
    for _ in range(3):
        for X, y in loader:
            value = loss(net(X), y)
            trainer.zero_grad()
            value.backward()
            trainer.step()
        out.append(loss(net(features), labels).item())
    assert len(next(iter(loader))) == 2 and np.asarray(net[0].weight.data).shape == (1, 2)
    return out
