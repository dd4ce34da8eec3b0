"""Pairs of images alike or not: one network for both, absolute differences, a learning rate that decays by steps."""

import numpy as np

from .common import fill


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    from importlib import import_module

    StepLR = import_module(torch.__name__ + ".optim.lr_scheduler").StepLR

    class APP_MATCHER(torch.utils.data.Dataset):
        def __init__(self, n):
            rng = np.random.default_rng(3)
            self.data = torch.tensor(rng.integers(0, 255, (n, 10, 10)), dtype=torch.uint8)
            self.targets = [int(t) for t in rng.integers(0, 3, n)]
            for i, t in enumerate(self.targets):
                self.data[i, 3 * t : 3 * t + 3] = 255
            self.group_examples()

        def group_examples(self):
            targets = np.array(self.targets[:])
            self.grouped = {i: np.where((targets == i))[0] for i in range(3)}

        def __len__(self):
            return self.data.shape[0]

        def __getitem__(self, index):
            same = index % 2 == 0
            group = self.targets[index] if same else (self.targets[index] + 1) % 3
            other = self.grouped[group][index % len(self.grouped[group])]
            image_1 = self.data[index].clone().float() / 255
            image_2 = self.data[other].unsqueeze(0).float() / 255
            return image_1.unsqueeze(0), image_2, torch.tensor(float(same), dtype=torch.float)

    class SiameseNetwork(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Sequential(nn.Conv2d(1, 4, kernel_size=(3, 3), stride=(1, 1), bias=False), nn.BatchNorm2d(4))
            self.pool = nn.MaxPool2d(2, padding=1, ceil_mode=True)
            self.fc = nn.Sequential(nn.Linear(200, 16), nn.ReLU(inplace=True), nn.Linear(16, 1))
            self.sigmoid = nn.Sigmoid()
            self.conv.apply(self.init_weights)
            self.fc.apply(self.init_weights)

        def init_weights(self, m):
            if isinstance(m, nn.Linear):
                torch.nn.init.xavier_uniform_(m.weight)
                m.bias.data.fill_(0.01)

        def forward_once(self, x):
            output = self.pool(F.leaky_relu(self.conv(x)))
            return output.view(output.size()[0], -1)

        def forward(self, input1, input2):
            output1, output2 = self.forward_once(input1), self.forward_once(input2)
            output = self.fc(torch.cat((output1, output2), 1))
            return self.sigmoid(output)

    model = SiameseNetwork()
    with torch.no_grad():
        x = torch.zeros(1, 1, 10, 10)
        width = model.forward_once(x).shape[1] * 2
    model.fc[0] = nn.Linear(width, 16)
    fill(torch, model, seed=5, scale=0.25)
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.7)
    loader = torch.utils.data.DataLoader(APP_MATCHER(20), batch_size=8, num_workers=0, pin_memory=False, shuffle=False)
    criterion, out = nn.BCELoss(), []
    for _ in range(1, 4):
        model.train()
        for _, (images_1, images_2, targets) in enumerate(loader):
            optimizer.zero_grad()
            outputs = model(images_1, images_2).squeeze()
            loss = criterion(outputs, targets)
            loss.backward()
            optimizer.step()
            out.append(loss.item())
        scheduler.step()
    model.eval()
    correct = 0
    with torch.no_grad():
        for images_1, images_2, targets in loader:
            outputs = model(images_1, images_2).squeeze(-1)
            pred = torch.where(outputs > 0.5, 1, 0)
            correct += pred.eq(targets.view_as(pred)).sum().item()
    return out + [float(correct), scheduler.get_last_lr()[0]]
