"""Training that stops and goes on: checkpoints of model, optimiser, schedule and random state through memory and files."""

import copy
import io
import os
import tempfile
from collections import OrderedDict

from .common import fill, labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(
                OrderedDict(
                    [
                        ("conv1", nn.Conv1d(2, 4, 3, padding=1, bias=False)),
                        ("norm1", nn.BatchNorm1d(4)),
                        ("act1", nn.CELU(0.8)),
                        ("pool1", nn.AvgPool1d(2)),
                    ]
                )
            )
            self.heads = nn.ModuleDict({"a": nn.Linear(16, 3), "b": nn.Bilinear(16, 2, 3)})
            self.scales = nn.ParameterList([nn.Parameter(torch.ones(1)) for _ in range(2)])
            self.extra = nn.ParameterDict({"bias": nn.Parameter(torch.zeros(3))})
            self.register_buffer("steps", torch.tensor(0))
            self.register_parameter("missing", None)

        def forward(self, x):
            self.steps += 1
            h = self.features(x).flatten(1)
            return (
                self.scales[0] * self.heads["a"](h)
                + self.scales[1] * self.heads["b"](h, x[:, :, 0])
                + self.extra["bias"]
            )

    X, y = torch.tensor(numbers(24, 2, 8, seed=1)), torch.tensor(labels(24, 3, seed=2))
    X[:, 0] += y.float().unsqueeze(1)

    def make():
        model = fill(torch, Net(), seed=3, scale=0.3).to(device)
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.02, weight_decay=0.05)
        scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[3, 6], gamma=0.3)
        return model, optimizer, scheduler

    def step(model, optimizer, scheduler):
        model.train()
        loss = F.cross_entropy(model(X.to(device)), y.to(device), weight=torch.tensor([1.0, 2.0, 0.5]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        return loss.item()

    first, out = make(), []
    for _ in range(4):
        out.append(step(*first))
    model, optimizer, scheduler = first
    state = {
        "epoch": 4,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "best": min(out),
    }
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "checkpoint.pt")
        torch.save({"state_dict": model.state_dict(), "names": [n for n, _ in model.named_parameters()]}, path)
        weights = torch.load(path, map_location="cpu", weights_only=True)
    loaded = torch.load(buffer, map_location=device)
    snapshot = copy.deepcopy(model.state_dict())
    go_on = [step(*first) for _ in range(4)]
    second = make()
    second[0].load_state_dict(loaded["model"])
    second[1].load_state_dict(loaded["optimizer"])
    second[2].load_state_dict(loaded["scheduler"])
    again = [step(*second) for _ in range(4)]
    assert again == go_on and loaded["epoch"] == 4 and loaded["best"] == min(out)
    assert int(second[0].steps) == 8 and int(snapshot["steps"]) == 4

    third = Net()
    wanted = {f"module.{k}": v for k, v in weights["state_dict"].items() if not k.startswith("heads.b")}
    stripped = OrderedDict((k.replace("module.", ""), v) for k, v in wanted.items())
    stripped["unknown.weight"] = torch.zeros(1)
    result = third.load_state_dict(stripped, strict=False)
    assert result.missing_keys == ["heads.b.weight", "heads.b.bias"] and result.unexpected_keys == ["unknown.weight"]
    try:
        third.load_state_dict(stripped)
    except RuntimeError as error:
        assert "heads.b.weight" in str(error) and "unknown.weight" in str(error)
    else:
        raise AssertionError("missing keys were taken")
    own = third.state_dict()
    own.update({k: v for k, v in weights["state_dict"].items() if k in own and v.size() == own[k].size()})
    third.load_state_dict(own)
    third.eval()
    with torch.no_grad():
        out.append(F.cross_entropy(third(X), y).item())
    torch.manual_seed(5)
    before = torch.get_rng_state()
    a = torch.rand(3)
    torch.set_rng_state(before)
    assert torch.equal(a, torch.rand(3))
    params = torch.nn.utils.parameters_to_vector(third.parameters())
    torch.nn.utils.vector_to_parameters(params * 0.5, third.parameters())
    return out + go_on + [params.norm().item(), third.heads["a"].weight.norm().item(), optimizer.param_groups[0]["lr"]]
