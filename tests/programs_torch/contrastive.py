"""Word vectors by negative samples, and images drawn together by normalised temperature-scaled cross-entropy; triplets."""

import numpy as np

from .common import fill, numbers, text


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    data = text(300)
    vocab = sorted(set(data))
    ids = [vocab.index(c) for c in data]
    rng = np.random.default_rng(0)
    centers = torch.tensor(ids[1:-1]).unsqueeze(1)
    contexts = torch.tensor([[a, b] + list(rng.integers(0, len(vocab), 4)) for a, b in zip(ids, ids[2:])])
    label = torch.tensor([[1.0, 1, 0, 0, 0, 0]]).repeat(len(centers), 1)
    mask = torch.ones_like(label)
    mask[::3, 5] = 0

    class SigmoidBCELoss(nn.Module):
        def forward(self, inputs, target, mask=None):
            out = nn.functional.binary_cross_entropy_with_logits(inputs, target, weight=mask, reduction="none")
            return out.mean(dim=1)

    def skip_gram(center, contexts_and_negatives, embed_v, embed_u):
        v, u = embed_v(center), embed_u(contexts_and_negatives)
        return torch.bmm(v, u.permute(0, 2, 1))

    net = fill(
        torch,
        nn.Sequential(nn.Embedding(len(vocab), 6), nn.Embedding(num_embeddings=len(vocab), embedding_dim=6)),
        seed=1,
    )
    loss, optimizer = SigmoidBCELoss(), torch.optim.Adam(net.parameters(), lr=0.05)
    out = []
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(centers, contexts, mask, label), batch_size=100)
    for _ in range(2):
        for center, ctx, m, target in loader:
            optimizer.zero_grad()
            pred = skip_gram(center, ctx, *net)
            value = loss(pred.reshape(target.shape).float(), target.float(), m) / m.sum(axis=1) * m.shape[1]
            value.sum().backward()
            optimizer.step()
            out.append((value.sum() / value.numel()).item())
    W = net[0].weight.data
    cos = torch.mv(W, W[2]) / torch.sqrt(torch.sum(W * W, dim=1) * torch.sum(W[2] * W[2]) + 1e-9)
    out += torch.topk(cos, k=3)[0].tolist()

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 6, 3, stride=2, groups=1)
            self.depth = nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)
            self.norm, self.head = nn.BatchNorm2d(6), nn.utils.parametrizations.weight_norm(nn.Linear(6, 4))

        def forward(self, x):
            x = F.adaptive_avg_pool2d(F.gelu(self.norm(self.depth(F.hardtanh(self.conv(x))))), 1)
            return F.normalize(self.head(torch.flatten(x, start_dim=1)), dim=-1)

    def nt_xent(z1, z2, temperature=0.5):
        z = torch.cat([z1, z2])
        sim = (z @ z.T) / temperature
        sim.fill_diagonal_(float("-inf"))
        n = len(z1)
        targets = torch.cat([torch.arange(n, 2 * n), torch.arange(0, n)])
        return F.cross_entropy(sim, targets), sim

    encoder = fill(torch, Encoder(), seed=2, scale=0.5)
    X = torch.tensor(numbers(10, 1, 9, 9, seed=3))
    optimizer = torch.optim.SGD(encoder.parameters(), lr=0.3, momentum=0.5)
    triplet = nn.TripletMarginLoss(margin=0.5, p=2, swap=True)
    cosine = nn.CosineEmbeddingLoss(margin=0.1)
    for step in range(6):
        a, b = X.flip(-1), torch.roll(X, shifts=(1, step), dims=(2, 3))
        z1, z2 = encoder(a), encoder(b)
        value, sim = nt_xent(z1, z2)
        more = triplet(z1, z2, z2.roll(1, 0)) + 0.1 * cosine(z1, z2, torch.tensor([1.0, -1.0]).repeat(5))
        optimizer.zero_grad()
        (value + more).backward()
        optimizer.step()
        out += [value.item(), more.item()]
    hits = (sim.argmax(dim=1)[:10] == torch.arange(10, 20)).sum()
    pairs = torch.combinations(torch.arange(4), r=2)
    dist = F.pairwise_distance(z1[pairs[:, 0]], z1[pairs[:, 1]])
    return out + [float(hits), dist.sum().item(), torch.pdist(z1.detach()).mean().item()]
