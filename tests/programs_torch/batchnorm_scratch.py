"""Batch normalisation from nothing inside a LeNet with sigmoids, and the library's beside it, in the way of a chapter."""

from .common import fill, labels, numbers


def run(torch):
    nn = torch.nn

    def batch_norm(X, gamma, beta, moving_mean, moving_var, eps, momentum):
        if not torch.is_grad_enabled():
            X_hat = (X - moving_mean) / torch.sqrt(moving_var + eps)
        else:
            assert len(X.shape) in (2, 4)
            if len(X.shape) == 2:
                mean = X.mean(dim=0)
                var = ((X - mean) ** 2).mean(dim=0)
            else:
                mean = X.mean(dim=(0, 2, 3), keepdim=True)
                var = ((X - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
            X_hat = (X - mean) / torch.sqrt(var + eps)
            moving_mean = momentum * moving_mean + (1.0 - momentum) * mean
            moving_var = momentum * moving_var + (1.0 - momentum) * var
        Y = gamma * X_hat + beta
        return Y, moving_mean.data, moving_var.data

    class BatchNorm(nn.Module):
        def __init__(self, num_features, num_dims):
            super().__init__()
            shape = (1, num_features) if num_dims == 2 else (1, num_features, 1, 1)
            self.gamma = nn.Parameter(torch.ones(shape))
            self.beta = nn.Parameter(torch.zeros(shape))
            self.moving_mean = torch.zeros(shape)
            self.moving_var = torch.ones(shape)

        def forward(self, X):
            if self.moving_mean.device != X.device:
                self.moving_mean = self.moving_mean.to(X.device)
                self.moving_var = self.moving_var.to(X.device)
            Y, self.moving_mean, self.moving_var = batch_norm(
                X, self.gamma, self.beta, self.moving_mean, self.moving_var, eps=1e-5, momentum=0.9
            )
            return Y

    def lenet(norm4, norm2):
        return nn.Sequential(
            nn.Conv2d(1, 4, kernel_size=3), norm4(4), nn.Sigmoid(), nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Conv2d(4, 6, kernel_size=3), norm4(6), nn.Sigmoid(), nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Flatten(), nn.Linear(6 * 1 * 1, 12), norm2(12), nn.Sigmoid(), nn.Linear(12, 3),
        )  # fmt: skip

    X, y = torch.tensor(numbers(40, 1, 10, 10, seed=1)), torch.tensor(labels(40, 3, seed=2))
    X[:, 0, 2] += y[:, None].float()
    out = []
    for norms in ((lambda c: BatchNorm(c, 4), lambda c: BatchNorm(c, 2)), (nn.BatchNorm2d, nn.BatchNorm1d)):
        net = fill(torch, lenet(*norms), seed=4, scale=0.4)
        loss, optimizer = nn.CrossEntropyLoss(), torch.optim.SGD(net.parameters(), lr=0.5)
        for _ in range(3):
            net.train()
            for Xb, yb in zip(X.split(20), y.split(20)):
                optimizer.zero_grad()
                value = loss(net(Xb), yb)
                value.backward()
                optimizer.step()
                out.append(value.item())
        net.eval()
        with torch.no_grad():
            out.append(loss(net(X), y).item())
    first = net[1]
    out += first.running_mean.reshape((-1,)).tolist() + [
        float(first.num_batches_tracked),
        first.running_var.mean().item(),
    ]
    shapes = []
    x = X[:1]
    for layer in net:
        x = layer(x)
        shapes.append(tuple(x.shape))
    assert shapes[3] == (1, 4, 4, 4) and shapes[-1] == (1, 3)
    return out
