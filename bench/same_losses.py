"""The same training in PyTorch and here: `python -m bench same_losses`.

LeNet-5 and an MLP start from the same weights (PyTorch's, through `state_dict`), get the same batches, and take twenty
steps in float64 with SGD with momentum and with Adam. The losses must agree to 1e-10.
"""

from __future__ import annotations

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import datasets
from nn.models import MLP, LeNet5

from .report import has_torch, options, run_bench, save

STEPS, BATCH, BOUND = 20, 32, 1e-10


def torch_lenet(torch: object) -> object:
    """LeNet-5 as `nn.models.LeNet5` has it, in PyTorch's own modules."""
    t = torch.nn  # type: ignore[attr-defined]
    return t.Sequential(
        t.Conv2d(1, 6, 5, padding=2), t.ReLU(), t.MaxPool2d(2), t.Conv2d(6, 16, 5), t.ReLU(), t.MaxPool2d(2),
        t.Flatten(), t.Linear(400, 120), t.ReLU(), t.Linear(120, 84), t.ReLU(), t.Linear(84, 10),
    )  # fmt: skip


def torch_mlp(torch: object) -> object:
    t = torch.nn  # type: ignore[attr-defined]
    return t.Sequential(
        t.Flatten(), t.Linear(784, 256), t.Tanh(), t.Linear(256, 128), t.Tanh(), t.Linear(128, 10)
    )  # fmt: skip


def our_mlp() -> object:
    return nn.Sequential(nn.Flatten(), MLP([784, 256, 128, 10], activation="tanh"))


def losses(torch: object, theirs: object, ours: object, algorithm: str) -> tuple[np.ndarray, np.ndarray]:
    """The losses of both over the same twenty batches."""
    theirs.double()  # type: ignore[attr-defined]
    ours.double()  # type: ignore[attr-defined]
    weights = [value.detach().numpy() for value in theirs.state_dict().values()]  # type: ignore[attr-defined]
    state = dict(zip(ours.state_dict(), weights, strict=True))  # type: ignore[attr-defined]
    ours.load_state_dict({name: value.copy() for name, value in state.items()})  # type: ignore[attr-defined]
    options = {"lr": 0.05, "momentum": 0.9} if algorithm == "SGD" else {"lr": 1e-3}
    their_steps = getattr(torch.optim, algorithm)(theirs.parameters(), **options)  # type: ignore[attr-defined]
    our_steps = getattr(optim, algorithm)(ours.parameters(), **options)  # type: ignore[attr-defined]
    images, labels = (t.numpy() for t in datasets.mnist_sample(normalize=True).tensors)
    series: tuple[list[float], list[float]] = ([], [])
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        x, y = images[rows].astype(np.float64), labels[rows]
        their_steps.zero_grad()
        loss = torch.nn.functional.cross_entropy(theirs(torch.from_numpy(x)), torch.from_numpy(y))  # type: ignore
        loss.backward()
        their_steps.step()
        series[0].append(loss.item())
        our_steps.zero_grad()
        our_loss = F.cross_entropy(ours(ag.from_numpy(x)), ag.from_numpy(y))  # type: ignore[operator]
        our_loss.backward()
        our_steps.step()
        series[1].append(our_loss.item())
    return np.array(series[0]), np.array(series[1])


def main(arguments: list[str]) -> None:
    chosen = options("same_losses", arguments)
    if not has_torch():
        print("same_losses: skipped, PyTorch is not installed here")
        return
    import torch

    torch.manual_seed(0)
    worst, rows = 0.0, []
    for name, theirs, ours in (("lenet5", torch_lenet, LeNet5), ("mlp", torch_mlp, our_mlp)):
        for algorithm in ("SGD", "Adam"):
            a, b = losses(torch, theirs(torch), ours(), algorithm)
            error = float(np.abs(a - b).max())
            worst = max(worst, error)
            rows.append({"model": name, "optimizer": algorithm, "largest_difference": error})
            print(
                f"{name:7} {algorithm:5} loss {a[0]:.6f} -> {a[-1]:.6f}; largest difference in {STEPS} steps {error:.1e}"
            )
    if not worst < BOUND:
        raise SystemExit(f"same_losses: the losses differ by {worst:.1e}, more than {BOUND:g}")
    print(f"all agree to {BOUND:g}")
    if chosen.save:
        save("same_losses", {"steps": STEPS, "rows": rows})


if __name__ == "__main__":
    run_bench(main)
