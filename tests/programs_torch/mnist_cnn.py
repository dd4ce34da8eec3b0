"""A convolutional network as in PyTorch's MNIST example: arguments, Adadelta, StepLR, train and test functions."""

import argparse

import numpy as np

from .common import fill


def run(torch):
    nn, F, optim = torch.nn, torch.nn.functional, torch.optim
    from_torch = torch.utils.data

    class Digits(from_torch.Dataset):
        """Bars at positions that tell the class."""

        def __init__(self, n, seed, transform=None):
            rng = np.random.default_rng(seed)
            self.targets = rng.integers(0, 10, n)
            self.data = rng.integers(0, 60, (n, 12, 12)).astype(np.uint8)
            for image, target in zip(self.data, self.targets):
                image[target : target + 3, 2:10] += 150
            self.transform = transform

        def __len__(self):
            return len(self.data)

        def __getitem__(self, index):
            image, target = self.data[index], int(self.targets[index])
            return (self.transform(image) if self.transform else image), target

    class Compose:
        def __init__(self, transforms):
            self.transforms = transforms

        def __call__(self, x):
            for t in self.transforms:
                x = t(x)
            return x

    class Net(nn.Module):
        def __init__(self):
            super(Net, self).__init__()
            self.conv1 = nn.Conv2d(1, 6, 3, 1)
            self.conv2 = nn.Conv2d(6, 8, 3, 1)
            self.dropout1 = nn.Dropout(0.0)
            self.dropout2 = nn.Dropout2d(0.0)
            self.fc1 = nn.Linear(128, 24)
            self.fc2 = nn.Linear(24, 10)

        def forward(self, x):
            x = self.conv1(x)
            x = F.relu(x)
            x = self.conv2(x)
            x = F.relu(x)
            x = F.max_pool2d(x, 2)
            x = self.dropout2(x)
            x = torch.flatten(x, 1)
            x = self.dropout1(F.relu(self.fc1(x)))
            return F.log_softmax(self.fc2(x), dim=1)

    losses = []

    def train(args, model, device, train_loader, optimizer, epoch):
        model.train()
        for batch_idx, (data, target) in enumerate(train_loader):
            data, target = data.to(device), target.to(device)
            optimizer.zero_grad()
            output = model(data)
            loss = F.nll_loss(output, target)
            loss.backward()
            optimizer.step()
            if batch_idx % args.log_interval == 0:
                losses.append(loss.item())
                if args.dry_run:
                    break

    def test(model, device, test_loader):
        model.eval()
        test_loss = 0
        correct = 0
        with torch.no_grad():
            for data, target in test_loader:
                data, target = data.to(device), target.to(device)
                output = model(data)
                test_loss += F.nll_loss(output, target, reduction="sum").item()
                pred = output.argmax(dim=1, keepdim=True)
                correct += pred.eq(target.view_as(pred)).sum().item()
        losses.extend([test_loss / len(test_loader.dataset), correct / len(test_loader.dataset)])

    parser = argparse.ArgumentParser()
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=1.0)
    parser.add_argument("--gamma", type=float, default=0.7)
    parser.add_argument("--no-accel", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--log-interval", type=int, default=1)
    args = parser.parse_args([])
    use_accel = not args.no_accel and torch.accelerator.is_available()
    torch.manual_seed(1)
    device = torch.accelerator.current_accelerator() if use_accel else torch.device("cpu")
    train_kwargs, test_kwargs = {"batch_size": args.batch_size}, {"batch_size": 50}
    if use_accel:
        train_kwargs.update({"num_workers": 1, "persistent_workers": True, "pin_memory": True, "shuffle": True})
    transform = Compose(
        [
            lambda image: torch.from_numpy(image).unsqueeze(0).float().div(255),
            lambda x: x.sub_(0.1307).div_(0.3081),
        ]
    )
    train_loader = from_torch.DataLoader(Digits(128, 0, transform), **train_kwargs)
    test_loader = from_torch.DataLoader(Digits(60, 1, transform), **test_kwargs)
    model = fill(torch, Net().to(device), scale=0.15)
    optimizer = optim.Adadelta(model.parameters(), lr=args.lr)
    scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=args.gamma)
    for epoch in range(1, args.epochs + 1):
        train(args, model, device, train_loader, optimizer, epoch)
        test(model, device, test_loader)
        scheduler.step()
    losses.append(optimizer.param_groups[0]["lr"])
    return losses
