"""A small residual network: blocks by `_make_layer`, shortcuts, Kaiming starts, OneCycleLR, Nesterov, frozen layers."""

import numpy as np

from .common import labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    def conv3x3(in_planes, out_planes, stride=1):
        return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, bias=False)

    class BasicBlock(nn.Module):
        expansion = 1

        def __init__(self, inplanes, planes, stride=1, downsample=None):
            super().__init__()
            self.conv1, self.bn1 = conv3x3(inplanes, planes, stride), nn.BatchNorm2d(planes)
            self.relu = nn.ReLU(inplace=True)
            self.conv2, self.bn2 = conv3x3(planes, planes), nn.BatchNorm2d(planes)
            self.downsample = downsample

        def forward(self, x):
            identity = x
            out = self.relu(self.bn1(self.conv1(x)))
            out = self.bn2(self.conv2(out))
            if self.downsample is not None:
                identity = self.downsample(x)
            out += identity
            return self.relu(out)

    class ResNet(nn.Module):
        def __init__(self, block, layers, num_classes=4, zero_init_residual=True):
            super().__init__()
            self.inplanes = 4
            self.conv1, self.bn1, self.relu = conv3x3(2, 4), nn.BatchNorm2d(4), nn.ReLU(inplace=True)
            self.layer1 = self._make_layer(block, 4, layers[0])
            self.layer2 = self._make_layer(block, 8, layers[1], stride=2)
            self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
            self.fc = nn.Linear(8 * block.expansion, num_classes)
            for m in self.modules():
                if isinstance(m, nn.Conv2d):
                    nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                    nn.init.constant_(m.weight, 1)
                    nn.init.constant_(m.bias, 0)
            if zero_init_residual:
                for m in self.modules():
                    if isinstance(m, BasicBlock):
                        nn.init.constant_(m.bn2.weight, 0.2)

        def _make_layer(self, block, planes, blocks, stride=1):
            downsample = None
            if stride != 1 or self.inplanes != planes * block.expansion:
                downsample = nn.Sequential(
                    nn.Conv2d(self.inplanes, planes * block.expansion, 1, stride=stride, bias=False),
                    nn.BatchNorm2d(planes * block.expansion),
                )
            layers = [block(self.inplanes, planes, stride, downsample)]
            self.inplanes = planes * block.expansion
            layers += [block(self.inplanes, planes) for _ in range(1, blocks)]
            return nn.Sequential(*layers)

        def forward(self, x):
            x = self.relu(self.bn1(self.conv1(x)))
            x = self.layer2(self.layer1(x))
            return self.fc(torch.flatten(self.avgpool(x), 1))

    model = ResNet(BasicBlock, [1, 2])
    rng = np.random.default_rng(0)
    for name, module in model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            values = rng.normal(0, 0.2, tuple(module.weight.shape))
            module.weight.data = torch.as_tensor(values, dtype=torch.float32)
            assert name
    nn.init.zeros_(model.fc.bias)
    X, y = torch.tensor(numbers(32, 2, 8, 8, seed=1)), torch.tensor(labels(32, 4, seed=2))
    X += y.float().view(-1, 1, 1, 1) * torch.linspace(-0.5, 0.5, 8).view(1, 1, 8, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=8)
    out = []
    for _ in range(8):
        for group in optimizer.param_groups:
            out.append(group["lr"])
        loss = F.cross_entropy(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        out.append(loss.item())
    model.eval()
    with torch.inference_mode():
        logits = model(X)
        _, top = logits.topk(2, 1, True, True)
        correct = top.t().eq(y.view(1, -1).expand_as(top.t()))
        out += [correct[:k].reshape(-1).float().sum(0, keepdim=True).mul_(100.0 / 32).item() for k in (1, 2)]
    for param in model.parameters():
        param.requires_grad = False
    model.fc = nn.Linear(model.fc.in_features, 2)
    nn.init.eye_(model.fc.weight)
    nn.init.zeros_(model.fc.bias)
    tuner = torch.optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=0.05, amsgrad=True)
    for _ in range(3):
        loss = F.cross_entropy(model(X), y % 2)
        tuner.zero_grad()
        loss.backward()
        tuner.step()
        out.append(loss.item())
    assert model.conv1.weight.grad is not None and sum(p.requires_grad for p in model.parameters()) == 2
    return out
