"""Parameter groups under chained, sequential, restarting and cyclic schedules; the rates count as well as the losses."""

from .common import fill, numbers


def run(torch):
    nn, sched = torch.nn, torch.optim.lr_scheduler
    x, y = torch.from_numpy(numbers(16, 4)), torch.from_numpy(numbers(16, 2, seed=1))

    def sequential(o):
        warm = sched.LinearLR(o, start_factor=0.1, total_iters=3)
        return sched.SequentialLR(o, [warm, sched.CosineAnnealingLR(o, T_max=5, eta_min=1e-3)], milestones=[3])

    kinds = [
        sequential,
        lambda o: sched.CosineAnnealingWarmRestarts(o, T_0=2, T_mult=2, eta_min=1e-3),
        lambda o: sched.ChainedScheduler([sched.ConstantLR(o, 0.5, 3), sched.ExponentialLR(o, 0.9)]),
        lambda o: sched.OneCycleLR(o, max_lr=[0.1, 0.05], total_steps=9, pct_start=0.3, cycle_momentum=False),
        lambda o: sched.CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=2, mode="triangular2", cycle_momentum=False),
        lambda o: sched.PolynomialLR(o, total_iters=6, power=2.0),
        lambda o: sched.MultiplicativeLR(o, [lambda e: 0.95, lambda e: 0.8]),
    ]
    out = []
    for kind in kinds:
        model = fill(torch, nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2)), 1, 0.5)
        decay = [p for n, p in model.named_parameters() if n.endswith("weight")]
        rest = [p for n, p in model.named_parameters() if n.endswith("bias")]
        optimizer = torch.optim.AdamW(
            [{"params": decay, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0, "lr": 0.02}], lr=0.05
        )
        scheduler = kind(optimizer)
        for step in range(8):
            for micro in range(2):  # gradients of two parts of a batch are added up
                part = slice(8 * micro, 8 * micro + 8)
                loss = nn.functional.mse_loss(model(x[part]), y[part]) / 2
                loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            scheduler.step()
            out += scheduler.get_last_lr()
        out.append(loss.item())
    return out
