"""Examples that fool a classifier: the sign of the gradient, projected steps, a minimal change; training on them."""

from .common import fill, labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class Net(nn.Module):
        def __init__(self):
            super(Net, self).__init__()
            self.conv1 = nn.Conv2d(1, 4, 3, 1)
            self.conv2 = nn.Conv2d(4, 6, 3, 1)
            self.dropout1 = nn.Dropout(0.25)
            self.fc1 = nn.Linear(96, 10)
            self.fc2 = nn.Linear(10, 3)

        def forward(self, x):
            x = F.relu(self.conv1(x))
            x = F.relu(self.conv2(x))
            x = F.max_pool2d(x, 2)
            x = self.dropout1(x) if not self.training else x
            x = torch.flatten(x, 1)
            return F.log_softmax(self.fc2(F.relu(self.fc1(x))), dim=1)

    def denorm(batch, mean=[0.1307], std=[0.3081]):  # noqa: B006
        mean, std = torch.tensor(mean), torch.tensor(std)
        return batch * std.view(1, -1, 1, 1) + mean.view(1, -1, 1, 1)

    def fgsm_attack(image, epsilon, data_grad):
        return torch.clamp(image + epsilon * data_grad.sign(), 0, 1)

    def pgd(model, x, y, eps=0.3, step=0.1, steps=3):
        delta = torch.zeros_like(x, requires_grad=True)
        for _ in range(steps):
            F.nll_loss(model(x + delta), y).backward()
            delta.data = (delta + step * delta.grad.detach().sign()).clamp(-eps, eps)
            delta.grad.zero_()
        return delta.detach()

    model = fill(torch, Net(), seed=1, scale=0.25)
    x, y = torch.tensor(numbers(9, 1, 12, 12, seed=2)), torch.tensor(labels(9, 3, seed=3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    out = []
    for _ in range(3):
        model.train()
        optimizer.zero_grad()
        loss = F.nll_loss(model(x + pgd(model, x, y)), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    model.eval()
    for epsilon in (0, 0.05, 0.2):
        correct = 0
        for data, target in zip(x.split(1), y.split(1)):
            data = data.clone()
            data.requires_grad = True
            output = model(data)
            init_pred = output.max(1, keepdim=True)[1]
            if init_pred.item() != target.item():
                continue
            loss = F.nll_loss(output, target)
            model.zero_grad()
            loss.backward()
            data_grad = data.grad.data
            perturbed = fgsm_attack(denorm(data), epsilon, data_grad)
            final_pred = model((perturbed - 0.1307) / 0.3081).max(1, keepdim=True)[1]
            correct += final_pred.item() == target.item()
            out.append(perturbed.sum().item())
        out.append(float(correct))
    w = torch.zeros(1, 1, 12, 12, requires_grad=True)
    cw = torch.optim.Adam([w], lr=0.05)
    for _ in range(4):
        logits = model(x[:1] + torch.tanh(w))
        real = logits.gather(1, y[:1, None])
        other = logits.masked_fill(F.one_hot(y[:1], 3).bool(), -1e4).max(1)[0]
        loss = torch.tanh(w).pow(2).sum() + torch.clamp(real - other, min=-0.5).sum()
        cw.zero_grad()
        loss.backward()
        cw.step()
        out.append(loss.item())
    return out
