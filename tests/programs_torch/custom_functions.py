"""Functions with gradients of one's own, hooks on tensors and modules, a reversed gradient, derivatives of derivatives."""

from .common import fill, labels, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    autograd = torch.autograd

    class LegendrePolynomial3(autograd.Function):
        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return 0.5 * (5 * input**3 - 3 * input)

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            return grad_output * 1.5 * (5 * input**2 - 1)

    class Binarize(autograd.Function):
        """The sign forwards, the gradient as it is where the input is small."""

        @staticmethod
        def forward(ctx, input):
            ctx.save_for_backward(input)
            return input.sign()

        @staticmethod
        def backward(ctx, grad_output):
            (input,) = ctx.saved_tensors
            grad_input = grad_output.clone()
            grad_input[input.abs() > 1] = 0
            return grad_input

    class ReverseGradient(autograd.Function):
        @staticmethod
        def forward(ctx, x, alpha):
            ctx.alpha = alpha
            return x.view_as(x)

        @staticmethod
        def backward(ctx, grad_output):
            return grad_output.neg() * ctx.alpha, None

    class LinearFunction(autograd.Function):
        @staticmethod
        def forward(ctx, input, weight, bias=None):
            ctx.save_for_backward(input, weight, bias)
            output = input.mm(weight.t())
            if bias is not None:
                output += bias.unsqueeze(0).expand_as(output)
            return output

        @staticmethod
        def backward(ctx, grad_output):
            input, weight, bias = ctx.saved_tensors
            grad_input = grad_weight = grad_bias = None
            if ctx.needs_input_grad[0]:
                grad_input = grad_output.mm(weight)
            if ctx.needs_input_grad[1]:
                grad_weight = grad_output.t().mm(input)
            if bias is not None and ctx.needs_input_grad[2]:
                grad_bias = grad_output.sum(0)
            return grad_input, grad_weight, grad_bias

    class Linear(nn.Module):
        def __init__(self, input_features, output_features):
            super().__init__()
            self.input_features, self.output_features = input_features, output_features
            self.weight = nn.Parameter(torch.empty(output_features, input_features))
            self.bias = nn.Parameter(torch.empty(output_features))

        def forward(self, input):
            return LinearFunction.apply(input, self.weight, self.bias)

        def extra_repr(self):
            return f"input_features={self.input_features}, output_features={self.output_features}"

    assert autograd.gradcheck(
        LegendrePolynomial3.apply, torch.linspace(-1, 1, 4, dtype=torch.double, requires_grad=True)
    )
    double = [torch.randn(3, 4, dtype=torch.double, requires_grad=True) for _ in range(2)]
    assert autograd.gradcheck(LinearFunction.apply, (*double, None), eps=1e-6, atol=1e-4)

    x = torch.linspace(-3, 3, 60)
    y = torch.sin(x)
    a, b, c, d = (torch.full((), v, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3))
    P3, out = LegendrePolynomial3.apply, []
    for _ in range(20):
        loss = (a + b * P3(c + d * x) - y).pow(2).mean()
        loss.backward()
        with torch.no_grad():
            for p in (a, b, c, d):
                p -= 0.05 * p.grad
                p.grad = None
        out.append(loss.item())

    body = nn.Sequential(Linear(4, 8), nn.Tanh())
    classes, domains = Linear(8, 3), Linear(8, 2)
    whole = fill(torch, nn.ModuleList([body, classes, domains]), seed=2, scale=0.5)
    assert "Linear(input_features=4, output_features=8)" in repr(whole)
    seen = {}
    handles = [
        body.register_forward_hook(lambda module, args, output: seen.__setitem__("mean", output.mean().item())),
        body[0].register_full_backward_hook(lambda module, gi, go: seen.__setitem__("go", go[0].norm().item())),
        classes.register_forward_pre_hook(lambda module, args: (args[0] * 1.5,)),
        domains.weight.register_hook(lambda grad: grad.clamp(-0.02, 0.02)),
    ]
    X, y, z = (
        torch.tensor(numbers(30, 4, seed=1)),
        torch.tensor(labels(30, 3, seed=2)),
        torch.tensor(labels(30, 2, seed=3)),
    )
    optimizer = torch.optim.SGD(whole.parameters(), lr=0.2)
    for step in range(6):
        features = body(X)
        if step >= 3:
            features = features + 0.5 * Binarize.apply(features)
        loss = F.cross_entropy(classes(features), y) + F.cross_entropy(domains(ReverseGradient.apply(features, 0.3)), z)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out += [loss.item(), seen["mean"], seen["go"], domains.weight.grad.abs().max().item()]
    for handle in handles:
        handle.remove()
    seen.clear()
    x = torch.tensor([0.5, -1.0], requires_grad=True)
    (g,) = autograd.grad(body(torch.cat([x, x * x])[None])[0, :3].prod(), x, create_graph=True)
    (gg,) = autograd.grad(g.sum(), x)
    assert not seen
    return out + g.tolist() + gg.tolist()
