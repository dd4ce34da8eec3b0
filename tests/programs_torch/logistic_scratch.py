"""Logistic regression from scratch, from one neuron to a `DataLoader`; a split, standardised columns, precision and recall."""

import numpy as np


def run(torch):
    rng = np.random.RandomState(0)
    features = rng.randn(70, 4) * [1, 10, 0.1, 5] + [0, 3, 1, -2]
    target = (features @ [1, 0.1, 5, -0.2] > 4.5).astype(int)
    order = rng.permutation(70)
    X, y = torch.tensor(features[order]).type(torch.float), torch.LongTensor(target[order])
    X_train, X_test = torch.split(X, [50, 20])
    y_train, y_test = y[:50], y[50:]
    mu, sd = X_train.mean(dim=0), X_train.std(dim=0)
    X_train, X_test = (X_train - mu) / sd, (X_test - mu) / sd
    out = [*mu.tolist(), *sd.tolist()]

    weights, bias = torch.zeros(4, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    for epoch in range(8):
        z = torch.mm(X_train, weights) + bias
        probability = 1 / (1 + torch.exp(-z))
        loss = -(
            y_train * torch.log(probability.squeeze()) + (1 - y_train) * torch.log1p(-probability.squeeze())
        ).mean()
        loss.backward()
        with torch.no_grad():
            weights.sub_(weights.grad, alpha=0.5)
            bias.sub_(0.5 * bias.grad)
            weights.grad.zero_()
            bias.grad.zero_()
        out.append(loss.item())

    class LogisticRegression(torch.nn.Module):
        def __init__(self, num_features, num_classes):
            super().__init__()
            self.linear = torch.nn.Linear(num_features, num_classes)
            self.linear.weight.detach().zero_()
            self.linear.bias.detach().zero_()

        def forward(self, x):
            logits = self.linear(x)
            return logits, torch.softmax(logits, dim=1)

    model = LogisticRegression(4, 2)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X_train, y_train), batch_size=16, shuffle=False)
    optimizer = torch.optim.Rprop(model.parameters(), lr=0.05)
    for epoch in range(3):
        for batch_idx, (xb, yb) in enumerate(loader):
            logits, probas = model(xb)
            cost = torch.nn.functional.cross_entropy(logits, yb, weight=torch.tensor([1.0, 2.0]))
            optimizer.zero_grad()
            cost.backward()
            optimizer.step()
            if not batch_idx % 2:
                out.append(float(f"{cost:.5f}"))
    with torch.set_grad_enabled(False):
        _, probas = model(X_test)
        predicted = torch.argmax(probas, dim=1)
        tp = torch.logical_and(predicted == 1, y_test == 1).sum()
        confusion = torch.zeros(2, 2, dtype=torch.int)
        for t, p in zip(y_test.view(-1), predicted.view(-1)):
            confusion[t.long(), p.long()] += 1
        ranked = y_test[torch.argsort(probas[:, 1], descending=True)]
        n_pos = (ranked == 1).sum().float()
        auc = ((ranked == 0) * torch.cumsum(ranked == 1, 0)).sum() / (n_pos * (len(ranked) - n_pos))
    out += [(tp / (predicted == 1).sum()).item(), (tp / y_test.sum()).item(), auc.item()]
    return out + [float(v) for row in confusion.tolist() for v in row]
