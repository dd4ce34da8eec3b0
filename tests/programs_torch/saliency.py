"""What a network looks at: gradients of the input, guided backpropagation and Grad-CAM by hooks, integrated gradients."""

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    model = fill(
        torch,
        nn.Sequential(
            nn.Conv2d(3, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(5, 6, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d((2, 2)), nn.Flatten(), nn.Linear(24, 4),
        ),
        seed=1, scale=0.3,
    ).eval()  # fmt: skip
    x = torch.tensor(numbers(2, 3, 10, 10, seed=2), requires_grad=True)
    out = []
    scores = model(x)
    score, index = scores.max(dim=1)
    score.sum().backward()
    saliency, _ = torch.max(x.grad.data.abs(), dim=1)
    out += [*score.tolist(), *index.float().tolist(), saliency.sum().item()]

    class GradCAM:
        def __init__(self, model, layer):
            self.model = model
            self.handles = [layer.register_forward_hook(self.keep), layer.register_full_backward_hook(self.keep_grad)]

        def keep(self, module, inputs, output):
            self.activations = output.detach()

        def keep_grad(self, module, grad_input, grad_output):
            self.gradients = grad_output[0].detach()

        def __call__(self, x, cls):
            self.model.zero_grad()
            self.model(x)[:, cls].sum().backward()
            weights = self.gradients.mean(dim=(2, 3), keepdim=True)
            cam = F.relu((weights * self.activations).sum(1, keepdim=True))
            cam = F.interpolate(cam, size=x.shape[2:], mode="bilinear", align_corners=False)
            cam -= cam.min()
            return cam / (cam.max() + 1e-8)

    cam = GradCAM(model, model[3])
    for cls in range(2):
        out.append(cam(x.detach(), cls).sum().item())
    for h in cam.handles:
        h.remove()

    def guided(module, grad_in, grad_out):
        return (torch.clamp(grad_in[0], min=0.0),)

    hooks = [m.register_full_backward_hook(guided) for m in model.modules() if isinstance(m, nn.ReLU)]
    x.grad = None
    model(x)[:, 1].sum().backward()
    out.append(x.grad.abs().sum().item())
    for h in hooks:
        h.remove()

    baseline = torch.zeros_like(x)
    total = torch.zeros_like(x)
    for alpha in torch.linspace(0, 1, 5):
        point = (baseline + alpha * (x.detach() - baseline)).requires_grad_()
        total += torch.autograd.grad(model(point)[:, 0].sum(), point)[0]
    attribution = (x.detach() - baseline) * total / 5
    out += attribution.flatten(1).sum(1).tolist()

    gray = x.detach().mean(1, keepdim=True)
    occluded = []
    for i in range(0, 10, 5):
        z = x.detach().clone()
        z[..., i : i + 5, i : i + 5] = gray.mean()
        occluded.append(model(z).softmax(-1)[:, 0])
    image = torch.zeros(1, 3, 10, 10).requires_grad_(True)
    ascent = torch.optim.SGD([image], lr=1.0, weight_decay=1e-3, maximize=True)
    for _ in range(3):
        ascent.zero_grad()
        objective = model(image)[0, 2] - 0.01 * (image[..., 1:, :] - image[..., :-1, :]).abs().sum()
        objective.backward()
        ascent.step()
        out.append(objective.item())
    return out + torch.stack(occluded).flatten().tolist()
