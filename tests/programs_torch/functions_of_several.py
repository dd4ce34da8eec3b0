"""`autograd.Function` with several outputs, some without a gradient, `needs_input_grad`, a double backward, a hook."""

from .common import numbers


def run(torch):
    class PolarForm(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y, degrees=False):
            r, phi = torch.hypot(x, y), torch.atan2(y, x)
            sector = (phi > 0).long()
            ctx.save_for_backward(x, y, r)
            ctx.mark_non_differentiable(sector)
            ctx.factor = 57.29578 if degrees else 1.0
            ctx.set_materialize_grads(False)
            return r, phi * ctx.factor, sector

        @staticmethod
        def backward(ctx, gr, gphi, gsector):
            x, y, r = ctx.saved_tensors
            gx = gy = None
            if ctx.needs_input_grad[0]:
                gx = 0 if gr is None else gr * x / r
                gx = gx if gphi is None else gx - gphi * ctx.factor * y / r**2
            if ctx.needs_input_grad[1]:
                gy = 0 if gr is None else gr * y / r
                gy = gy if gphi is None else gy + gphi * ctx.factor * x / r**2
            return gx, gy, None

    x = torch.from_numpy(numbers(6)).requires_grad_()
    y = torch.from_numpy(numbers(6, seed=1)).requires_grad_()
    out, seen = [], []
    x.register_hook(lambda g: seen.append(g.norm().item()))
    for step in range(5):
        r, phi, sector = PolarForm.apply(x, y, step % 2 == 1)
        loss = (r * sector + 0.01 * phi**2).sum() if step else r.sum()
        gx, gy = torch.autograd.grad(loss, (x, y), create_graph=True)
        (gx.pow(2).sum() + gy.sum()).backward()
        with torch.no_grad():
            for p in (x, y):
                p -= 0.01 * p.grad
                p.grad = None
        out += [loss.item(), gx.norm().item()]
    r, _, sector = PolarForm.apply(x.detach(), y)
    assert not sector.requires_grad and r.requires_grad
    r.sum().backward()
    assert x.grad is None
    return out + seen + y.grad.tolist()
