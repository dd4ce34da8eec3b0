"""A network that straightens its input: a localisation network, `affine_grid`, `grid_sample`, convolutions after it."""

from .common import fill, labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class Net(nn.Module):
        def __init__(self):
            super(Net, self).__init__()
            self.conv1 = nn.Conv2d(1, 4, kernel_size=5)
            self.conv2_drop = nn.Dropout2d(p=0.0)
            self.fc1 = nn.Linear(64, 10)
            self.localization = nn.Sequential(
                nn.Conv2d(1, 4, kernel_size=5), nn.MaxPool2d(2, stride=2), nn.ReLU(True),
                nn.Conv2d(4, 5, kernel_size=3), nn.MaxPool2d(2, stride=2), nn.ReLU(True),
            )  # fmt: skip
            self.fc_loc = nn.Sequential(nn.Linear(5, 8), nn.ReLU(True), nn.Linear(8, 3 * 2))

        def stn(self, x):
            xs = self.localization(x)
            xs = xs.view(-1, 5)
            theta = self.fc_loc(xs)
            theta = theta.view(-1, 2, 3)
            grid = F.affine_grid(theta, x.size(), align_corners=False)
            return F.grid_sample(x, grid, align_corners=False)

        def forward(self, x):
            x = self.stn(x)
            x = F.relu(F.max_pool2d(self.conv1(x), 2))
            x = self.conv2_drop(x)
            x = x.view(-1, 64)
            return F.log_softmax(F.dropout(self.fc1(x), training=False), dim=1)

    model = fill(torch, Net(), seed=1, scale=0.2)
    model.fc_loc[2].weight.data.zero_()
    model.fc_loc[2].bias.data.copy_(torch.tensor([0.913, 0.107, 0.0317, -0.093, 0.887, 0.0519], dtype=torch.float))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    data, target = torch.tensor(numbers(6, 1, 12, 12, seed=2)), torch.tensor(labels(6, 10, seed=3))
    data = F.avg_pool2d(data, 3, stride=1, padding=1)
    out = []
    for _ in range(8):
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    with torch.no_grad():
        theta = model.fc_loc(model.localization(data).flatten(1)).mean(0)
        near = F.grid_sample(data, F.affine_grid(theta.view(1, 2, 3).repeat(6, 1, 1), [6, 1, 5, 5], align_corners=True),
                             mode="bicubic", padding_mode="border", align_corners=True)  # fmt: skip
    return out + theta.tolist() + [near.abs().sum().item()]
