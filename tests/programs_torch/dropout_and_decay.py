"""Dropout from nothing with masks from NumPy, and weight decay for weights only, in the way of a chapter."""

import numpy as np

from .common import labels, numbers


def run(torch):
    nn = torch.nn
    rng = np.random.default_rng(5)

    def dropout_layer(X, dropout):
        assert 0 <= dropout <= 1
        if dropout == 1:
            return torch.zeros_like(X)
        if dropout == 0:
            return X
        mask = (torch.tensor(rng.random(tuple(X.shape))) > dropout).float()
        return mask * X / (1.0 - dropout)

    class Net(nn.Module):
        def __init__(self, num_inputs, num_outputs, num_hiddens1, num_hiddens2, is_training=True):
            super(Net, self).__init__()
            self.num_inputs, self.training = num_inputs, is_training
            self.lin1 = nn.Linear(num_inputs, num_hiddens1)
            self.lin2 = nn.Linear(num_hiddens1, num_hiddens2)
            self.lin3 = nn.Linear(num_hiddens2, num_outputs)
            self.relu = nn.ReLU()

        def forward(self, X):
            H1 = self.relu(self.lin1(X.reshape((-1, self.num_inputs))))
            if self.training is True:
                H1 = dropout_layer(H1, 0.2)
            H2 = self.relu(self.lin2(H1))
            if self.training is True:
                H2 = dropout_layer(H2, 0.5)
            return self.lin3(H2)

    def init_weights(m):
        if type(m) == nn.Linear:
            nn.init.constant_(m.bias, 0.1)
            m.weight.data = torch.tensor(numbers(*m.weight.shape, seed=m.in_features, scale=0.1))

    net = Net(20, 3, 16, 12)
    net.apply(init_weights)
    X, y = torch.tensor(numbers(48, 4, 5, seed=1)), torch.tensor(labels(48, 3, seed=2))
    X[:, 0, 0] += y * 2
    loss = nn.CrossEntropyLoss(reduction="none")
    weights = [p for name, p in net.named_parameters() if "weight" in name]
    biases = [p for name, p in net.named_parameters() if "bias" in name]
    trainer = torch.optim.SGD([{"params": weights, "weight_decay": 3e-3}, {"params": biases}], lr=0.3, momentum=0.9)
    out = []
    for _ in range(5):
        for Xb, yb in zip(X.split(16), y.split(16)):
            trainer.zero_grad()
            value = loss(net(Xb), yb)
            value.mean().backward()
            trainer.step()
            out.append(value.mean().item())
    net.eval()
    assert net.training is False
    net.train(False)
    out.append(loss(net(X), y).mean().item())
    out.append(net.lin1.weight.norm().item())
    shared = nn.Linear(3, 3)
    twice = nn.Sequential(shared, nn.ReLU(), shared)
    assert len(list(twice.parameters())) == 2 and twice[2].weight.data[0, 0] == shared.weight.data[0, 0]
    return out
