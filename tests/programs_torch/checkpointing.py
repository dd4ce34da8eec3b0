"""Memory for time: `checkpoint` and `checkpoint_sequential` give the gradients of the plain model; gradients gathered."""

from .common import fill, labels, numbers


def run(torch):
    nn = torch.nn
    from importlib import import_module

    cp = import_module(torch.__name__ + ".utils.checkpoint")

    class Block(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.norm, self.up, self.down = nn.LayerNorm(n), nn.Linear(n, 2 * n), nn.Linear(2 * n, n)

        def forward(self, x):
            return x + self.down(nn.functional.gelu(self.up(self.norm(x)), approximate="tanh"))

    class Net(nn.Module):
        def __init__(self, save):
            super().__init__()
            self.blocks = nn.ModuleList(Block(6) for _ in range(4))
            self.head, self.save = nn.Linear(6, 3), save

        def forward(self, x):
            if self.save == "segments":
                x = cp.checkpoint_sequential(nn.Sequential(*self.blocks), 2, x, use_reentrant=False)
            else:
                for block in self.blocks:
                    x = cp.checkpoint(block, x, use_reentrant=False) if self.save else block(x)
            return self.head(x)

    x, y = (
        torch.tensor(numbers(12, 6, seed=1)).contiguous(memory_format=torch.contiguous_format),
        torch.tensor(labels(12, 3, seed=2)),
    )
    out, grads = [], []
    for save in (False, True, "segments"):
        model = fill(torch, Net(save), seed=3, scale=0.3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, nesterov=True, momentum=0.9)
        accumulation_steps = 3
        for _ in range(2):
            for i, (xb, yb) in enumerate(zip(x.chunk(6), y.chunk(6))):
                loss = nn.functional.cross_entropy(model(xb), yb) / accumulation_steps
                loss.backward()
                if (i + 1) % accumulation_steps == 0:
                    optimizer.step()
                    optimizer.zero_grad()
                out.append(loss.item() * accumulation_steps)
        grads.append(torch.cat([p.detach().reshape(-1) for p in model.parameters()]))
    assert torch.allclose(grads[0], grads[1], atol=1e-6) and torch.allclose(grads[0], grads[2], atol=1e-6)
    return out
