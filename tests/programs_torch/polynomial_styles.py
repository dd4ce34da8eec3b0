"""A cubic fitted to a sine in seven styles: NumPy, tensors, autograd, a Function, a module, an optimiser, a dynamic net."""

import math

import numpy as np


def run(torch):
    out = []
    xs = np.linspace(-math.pi, math.pi, 200)
    ys = np.sin(xs)
    a, b, c, d = 0.1, -0.2, 0.05, 0.3
    for _ in range(20):
        y_pred = a + b * xs + c * xs**2 + d * xs**3
        g = 2.0 * (y_pred - ys)
        a, b, c, d = (p - 1e-6 * (g * xs**k).sum() for k, p in enumerate((a, b, c, d)))
    out += [a, b, c, d]

    dtype, device = torch.float, torch.device("cpu")
    x = torch.linspace(-math.pi, math.pi, 200, device=device, dtype=dtype)
    y = torch.sin(x)
    a, b, c, d = (torch.full((), v, device=device, dtype=dtype) for v in (0.1, -0.2, 0.05, 0.3))
    for _ in range(20):
        y_pred = a + b * x + c * x**2 + d * x**3
        loss = (y_pred - y).pow(2).sum().item()
        grad_y_pred = 2.0 * (y_pred - y)
        a -= 1e-6 * grad_y_pred.sum()
        b -= 1e-6 * (grad_y_pred * x).sum()
        c -= 1e-6 * (grad_y_pred * x**2).sum()
        d -= 1e-6 * (grad_y_pred * x**3).sum()
    out += [loss, a.item(), d.item()]

    a, b, c, d = (torch.tensor(v, dtype=dtype, requires_grad=True) for v in (0.1, -0.2, 0.05, 0.3))
    for _ in range(20):
        loss = (a + b * x + c * x**2 + d * x**3 - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for p in (a, b, c, d):
                p -= 1e-6 * p.grad
                p.grad = None
    out += [loss.item(), f"{a.item():.6g}"]

    class LegendrePolynomial3(torch.autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return 0.5 * (5 * input**3 - 3 * input)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            return grad_output * 1.5 * (5 * input**2 - 1)

    a, b, c, d = (torch.full((), v, dtype=dtype, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3))
    P3 = LegendrePolynomial3.apply
    for _ in range(20):
        loss = (a + b * P3(c + d * x) - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            for p in (a, b, c, d):
                p -= 5e-6 * p.grad
                p.grad = None
    out += [loss.item(), b.item()]

    p = torch.tensor([1, 2, 3])
    xx = x.unsqueeze(-1).pow(p)
    model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[0.2, 0.05, 0.1]]))
        model[0].bias.zero_()
    loss_fn = torch.nn.MSELoss(reduction="sum")
    for _ in range(20):
        loss = loss_fn(model(xx), y)
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for param in model.parameters():
                param -= 1e-6 * param.grad
    linear_layer = model[0]
    out += [loss.item(), linear_layer.bias.item(), linear_layer.weight[:, 0].item()]

    optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    for _ in range(20):
        loss = loss_fn(model(xx), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    out += [loss.item()]

    class DynamicNet(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c, self.d, self.e = (
                torch.nn.Parameter(torch.tensor(v)) for v in (0.1, 0.8, -0.05, -0.1, 0.001)
            )

        def forward(self, x, order):
            y = self.a + self.b * x + self.c * x**2 + self.d * x**3
            for exp in range(4, order):
                y = y + self.e * x**exp
            return y

        def string(self):
            return f"y = {self.a.item()} + {self.b.item()} x ? {self.e.item()} x^5 ?"

    model = DynamicNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-8, momentum=0.9)
    for t in range(20):
        loss = torch.nn.functional.mse_loss(model(x, 4 + t % 3), y, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return out + [loss.item(), float(model.string().split()[2])]
