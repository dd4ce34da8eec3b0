"""Stochastic weight averaging: `AveragedModel`, `SWALR` with groups, `update_bn`, and an average of one's own."""

from .common import fill, labels, numbers


def run(torch):
    nn = torch.nn
    from_utils = torch.optim.swa_utils
    net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.LeakyReLU(0.1), nn.Linear(8, 3))
    net = fill(torch, net, 1, 0.5)
    data = torch.utils.data.TensorDataset(torch.from_numpy(numbers(24, 4)), torch.from_numpy(labels(24, 3)))
    loader = torch.utils.data.DataLoader(data, batch_size=8, shuffle=False, drop_last=True)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
    swa = from_utils.AveragedModel(net)
    ema = from_utils.AveragedModel(net, multi_avg_fn=from_utils.get_ema_multi_avg_fn(0.9), use_buffers=True)
    plain = from_utils.AveragedModel(net, avg_fn=lambda old, new, n: old + (new - old) / (n + 2))
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    swa_scheduler = from_utils.SWALR(optimizer, swa_lr=0.05, anneal_epochs=3, anneal_strategy="linear")
    out = []
    for epoch in range(8):
        net.train()
        for x, y in loader:
            loss = nn.functional.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            ema.update_parameters(net)
        if epoch >= 3:
            swa.update_parameters(net)
            plain.update_parameters(net)
            swa_scheduler.step()
        else:
            scheduler.step()
        out += [loss.item(), optimizer.param_groups[0]["lr"]]
    from_utils.update_bn(loader, swa)
    from_utils.update_bn(loader, plain)
    x, y = data.tensors
    for model in (swa, ema, plain):
        model.eval()
        out.append(nn.functional.cross_entropy(model(x), y).item())
    return out + [float(swa.n_averaged), float(ema.module[1].num_batches_tracked)]
