"""Softmax regression from nothing, in the way of a first chapter: picked probabilities, accumulators, accuracy."""

from .common import labels, numbers


def run(torch):
    num_inputs, num_outputs = 16, 4
    y_all = torch.tensor(labels(96, num_outputs, seed=1))
    X_all = torch.tensor(numbers(96, 1, 4, 4, seed=2))
    X_all[torch.arange(96), 0, y_all] += 1.5
    W = torch.tensor(numbers(num_inputs, num_outputs, seed=3, scale=0.01), requires_grad=True)
    b = torch.zeros(num_outputs, requires_grad=True)

    def softmax(X):
        X_exp = torch.exp(X)
        partition = X_exp.sum(1, keepdim=True)
        return X_exp / partition

    def net(X):
        return softmax(torch.matmul(X.reshape((-1, W.shape[0])), W) + b)

    def cross_entropy(y_hat, y):
        return -torch.log(y_hat[range(len(y_hat)), y])

    def accuracy(y_hat, y):
        if len(y_hat.shape) > 1 and y_hat.shape[1] > 1:
            y_hat = y_hat.argmax(axis=1)
        cmp = y_hat.type(y.dtype) == y
        return float(cmp.type(y.dtype).sum())

    class Accumulator:
        def __init__(self, n):
            self.data = [0.0] * n

        def add(self, *args):
            self.data = [a + float(b) for a, b in zip(self.data, args)]

        def __getitem__(self, idx):
            return self.data[idx]

    def train_epoch(train_iter, updater):
        metric = Accumulator(3)
        for X, y in train_iter:
            y_hat = net(X)
            loss = cross_entropy(y_hat, y)
            if isinstance(updater, torch.optim.Optimizer):
                updater.zero_grad()
                loss.mean().backward()
                updater.step()
            else:
                loss.sum().backward()
                updater(X.shape[0])
            metric.add(loss.sum(), accuracy(y_hat, y), y.numel())
        return metric[0] / metric[2], metric[1] / metric[2]

    def updater(batch_size):
        with torch.no_grad():
            for p in (W, b):
                p -= 0.1 * p.grad / batch_size
                p.grad.zero_()

    batches = list(zip(X_all.split(24), y_all.split(24)))
    out = []
    for _ in range(4):
        out.extend(train_epoch(batches, updater))
    out.extend(train_epoch(batches, torch.optim.SGD([W, b], lr=0.1)))
    return out
