"""An image that is learnt itself: features by hooks, Gram matrices, total variation, clamped pixels; anchors and boxes."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class Normalization(nn.Module):
        def __init__(self, mean, std):
            super().__init__()
            self.mean = mean.clone().detach().view(-1, 1, 1)
            self.std = std.clone().detach().view(-1, 1, 1)

        def forward(self, img):
            return (img - self.mean) / self.std

    def gram_matrix(input):
        a, b, c, d = input.size()
        features = input.view(a * b, c * d)
        return torch.mm(features, features.t()).div(a * b * c * d)

    norm = Normalization(torch.tensor([0.48, 0.45, 0.4]), torch.tensor([0.2, 0.22, 0.25]))
    cnn = nn.Sequential(norm)
    for i, (fin, fout) in enumerate([(3, 6), (6, 6)]):
        cnn.add_module(f"conv_{i}", nn.Conv2d(fin, fout, 3, padding=1))
        cnn.add_module(f"relu_{i}", nn.ReLU(inplace=False))
        cnn.add_module(f"pool_{i}", nn.MaxPool2d(2) if i else nn.AvgPool2d(2))
    fill(torch, cnn, seed=1).eval()
    cnn.requires_grad_(False)
    features = {}

    def keep(name):
        def hook(module, input, output):
            features[name] = output

        return hook

    for name in ("conv_0", "conv_1"):
        getattr(cnn, name).register_forward_hook(keep(name))
    content = torch.tensor(numbers(1, 3, 12, 12, seed=2)).mul(0.2).add(0.5).clamp(0, 1)
    style = torch.tensor(np.indices((12, 12)).sum(0) % 4 / 4.0, dtype=torch.float32).expand(1, 3, 12, 12)
    cnn(content)
    target_content = features["conv_1"].detach()
    cnn(style)
    targets = {k: gram_matrix(v).detach() for k, v in features.items()}
    image = content.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([image], lr=0.5, max_iter=5, history_size=4)
    out = []
    for _ in range(3):

        def closure():
            with torch.no_grad():
                image.clamp_(0, 1)
            optimizer.zero_grad()
            cnn(image)
            style_score = sum(F.mse_loss(gram_matrix(features[k]), t) for k, t in targets.items())
            content_score = F.mse_loss(features["conv_1"], target_content)
            tv = (image[..., 1:, :] - image[..., :-1, :]).abs().mean() + torch.diff(image, dim=-1).abs().mean()
            loss = 300 * style_score + content_score + 0.05 * tv
            loss.backward()
            out.append(loss.item())
            return loss

        optimizer.step(closure)
    image.data.clamp_(0, 1)
    out.append(image.std().item())

    # fast gradient sign, saliency
    x = content.clone()
    x.requires_grad = True
    score = cnn(x).flatten().logsumexp(0)
    score.backward()
    adversarial = torch.clamp(x + 0.05 * x.grad.sign(), 0, 1)
    saliency, _ = torch.max(x.grad.data.abs(), dim=1)
    out += [cnn(adversarial).flatten().logsumexp(0).item(), saliency.max().item()]

    # anchors, overlaps and suppression
    def multibox_prior(height, width, sizes, ratios):
        boxes_per_pixel = len(sizes) + len(ratios) - 1
        size_tensor, ratio_tensor = torch.tensor(sizes), torch.tensor(ratios)
        center_h, center_w = (torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / width
        shift_y, shift_x = torch.meshgrid(center_h, center_w, indexing="ij")
        shift_y, shift_x = shift_y.reshape(-1), shift_x.reshape(-1)
        w = torch.cat((size_tensor * torch.sqrt(ratio_tensor[0]), sizes[0] * torch.sqrt(ratio_tensor[1:])))
        h = torch.cat((size_tensor / torch.sqrt(ratio_tensor[0]), sizes[0] / torch.sqrt(ratio_tensor[1:])))
        manipulations = torch.stack((-w, -h, w, h)).T.repeat(height * width, 1) / 2
        grid = torch.stack([shift_x, shift_y, shift_x, shift_y], dim=1).repeat_interleave(boxes_per_pixel, dim=0)
        return grid + manipulations

    def box_iou(boxes1, boxes2):
        area = lambda b: (b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1])  # noqa: E731
        lefts = torch.max(boxes1[:, None, :2], boxes2[:, :2])
        rights = torch.min(boxes1[:, None, 2:], boxes2[:, 2:])
        inters = (rights - lefts).clamp(min=0).prod(-1)
        return inters / (area(boxes1)[:, None] + area(boxes2) - inters)

    def nms(boxes, scores, threshold):
        B = torch.argsort(scores, dim=-1, descending=True)
        keep = []
        while B.numel() > 0:
            i = B[0]
            keep.append(i)
            if B.numel() == 1:
                break
            iou = box_iou(boxes[i, :].reshape(-1, 4), boxes[B[1:], :].reshape(-1, 4)).reshape(-1)
            inds = torch.nonzero(iou <= threshold).reshape(-1)
            B = B[inds + 1]
        return torch.tensor(keep)

    anchors = multibox_prior(4, 4, [0.4, 0.2], [1.0, 2.0])
    truth = torch.tensor([[0.1, 0.08, 0.52, 0.92], [0.55, 0.2, 0.9, 0.88]])
    iou = box_iou(anchors, truth)
    best, which = iou.max(dim=1)
    kept = nms(anchors, best + 1e-4 * torch.arange(len(anchors)), 0.3)
    offsets = torch.log(anchors[kept][:, 2:] - anchors[kept][:, :2]) - torch.log(
        truth[which[kept], 2:] - truth[which[kept], :2]
    )
    return out + [best.max().item(), float(kept.sum()), F.smooth_l1_loss(offsets, torch.zeros_like(offsets)).item()]
