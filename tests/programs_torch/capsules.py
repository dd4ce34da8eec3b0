"""Capsules with routing by agreement (Sabour et al. 2017): squashed vectors, a margin loss, a masked reconstruction."""

from .common import fill, labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    def squash(x, dim=-1):
        squared_norm = (x**2).sum(dim=dim, keepdim=True)
        return squared_norm / (1 + squared_norm) * x / (squared_norm.sqrt() + 1e-8)

    class PrimaryCaps(nn.Module):
        def __init__(self):
            super().__init__()
            self.capsules = nn.ModuleList([nn.Conv2d(4, 3, kernel_size=3, stride=2, padding=0) for _ in range(4)])

        def forward(self, x):
            u = torch.stack([capsule(x) for capsule in self.capsules], dim=1)
            return squash(u.view(x.size(0), 4, -1).transpose(1, 2).contiguous())

    class DigitCaps(nn.Module):
        def __init__(self, num_routes=27):
            super().__init__()
            self.W = nn.Parameter(torch.randn(1, num_routes, 3, 5, 4))

        def forward(self, x):
            u_hat = torch.matmul(self.W, x[:, :, None, :, None])
            b_ij = torch.zeros(1, u_hat.size(1), 3, 1)
            for iteration in range(3):
                c_ij = F.softmax(b_ij, dim=1)
                c_ij = torch.cat([c_ij] * x.size(0), dim=0).unsqueeze(4)
                v_j = squash((c_ij * u_hat).sum(dim=1, keepdim=True), dim=-2)
                if iteration < 2:
                    a_ij = torch.matmul(u_hat.transpose(3, 4), torch.cat([v_j] * u_hat.size(1), dim=1))
                    b_ij = b_ij + a_ij.squeeze(4).mean(dim=0, keepdim=True)
            return v_j.squeeze(1)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.primary, self.digits = nn.Conv2d(1, 4, 4), PrimaryCaps(), DigitCaps()
            self.decoder = nn.Sequential(nn.Linear(15, 24), nn.ReLU(inplace=True), nn.Linear(24, 100), nn.Sigmoid())

        def forward(self, x):
            v = self.digits(self.primary(F.relu(self.conv(x))))
            length = torch.sqrt((v**2).sum(2)).squeeze(-1)
            _, best = length.max(dim=1)
            masked = torch.eye(3).index_select(dim=0, index=best)
            image = self.decoder((v * masked[:, :, None, None]).view(x.size(0), -1)).view(-1, 1, 10, 10)
            return length, image

    model = fill(torch, Net(), seed=1, scale=0.3)
    x, y = torch.tensor(numbers(6, 1, 10, 10, seed=2)).sigmoid(), torch.tensor(labels(6, 3, seed=3))
    target = torch.eye(3).index_select(0, y)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    out = []
    for _ in range(5):
        length, image = model(x)
        left, right = F.relu(0.9 - length) ** 2, F.relu(length - 0.1) ** 2
        margin = (target * left + 0.5 * (1.0 - target) * right).sum(dim=1).mean()
        loss = margin + 0.5 * nn.MSELoss()(image, x)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out += [loss.item(), margin.item()]
    return out + length.mean(0).tolist()
