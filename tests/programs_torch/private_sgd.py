"""Gradients of each example by `vmap(grad(functional_call))`, clipped one by one; an ensemble by `stack_module_state`."""

import copy

from .common import fill, labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    from_func = torch.func
    model = fill(torch, nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)), 1, 0.5)
    x, y = torch.from_numpy(numbers(12, 5)), torch.from_numpy(labels(12, 3))
    noise = numbers(6, 200, seed=9, scale=0.01)
    params = {k: v.detach() for k, v in model.named_parameters()}

    def loss_of_one(params, sample, target):
        prediction = from_func.functional_call(model, params, (sample.unsqueeze(0),))
        return F.cross_entropy(prediction, target.unsqueeze(0))

    per_sample = from_func.vmap(from_func.grad_and_value(loss_of_one), in_dims=(None, 0, 0))
    out = []
    for step in range(6):
        grads, losses = per_sample(params, x, y)
        norms = torch.stack([g.flatten(1).norm(dim=1) for g in grads.values()], 1).norm(dim=1)
        factor = (0.5 / (norms + 1e-6)).clamp(max=1.0)
        at = 0
        for k, g in grads.items():
            clipped = torch.einsum("n,n...->...", factor, g) / len(x)
            extra = torch.from_numpy(noise[step, at : at + clipped.numel()]).view_as(clipped)
            params[k] = params[k] - 0.5 * (clipped + extra)
            at += clipped.numel()
        out += [losses.mean().item(), norms.max().item()]

    models = [fill(torch, copy.deepcopy(model), seed, 0.5) for seed in (3, 4, 5)]
    stacked, buffers = from_func.stack_module_state(models)
    base = copy.deepcopy(models[0])

    def call(params, buffers, data):
        return from_func.functional_call(base, (params, buffers), (data,))

    together = from_func.vmap(call, in_dims=(0, 0, None))(stacked, buffers, x)
    assert torch.allclose(together[1], models[1](x), atol=1e-6)
    return out + together.softmax(-1).mean(0).amax(1).tolist()
