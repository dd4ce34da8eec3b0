"""Graph networks with edges as lists: index_add_, scatter, softmax over neighbours, link prediction."""

import numpy as np

from .common import fill, numbers


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    N = 14
    i = np.arange(N)
    edges = np.concatenate([np.stack([i, (i + 1) % N]), np.stack([i, (3 * i + 2) % N])], axis=1)
    edges = torch.from_numpy(np.unique(np.concatenate([edges, edges[::-1]], 1), axis=1)).long()
    src, dst = edges

    class GCNConv(nn.Module):
        def __init__(self, fin, fout):
            super().__init__()
            self.weight = nn.Parameter(torch.FloatTensor(fin, fout))
            self.bias = nn.Parameter(torch.FloatTensor(fout))
            self.reset_parameters()

        def reset_parameters(self):
            stdv = 1.0 / self.weight.size(1) ** 0.5
            self.weight.data.uniform_(-stdv, stdv)
            self.bias.data.uniform_(-stdv, stdv)
            assert self.weight.abs().max() <= stdv

        def forward(self, x, src, dst):
            deg = torch.zeros(x.size(0)).index_add_(0, dst, torch.ones(dst.numel()))
            norm = deg.clamp(min=1).pow(-0.5)
            h = (x @ self.weight)[src] * (norm[src] * norm[dst]).unsqueeze(-1)
            return torch.zeros(x.size(0), h.size(1)).index_add(0, dst, h) + self.bias

    class GATConv(nn.Module):
        def __init__(self, fin, fout, heads):
            super().__init__()
            self.lin = nn.Linear(fin, heads * fout, bias=False)
            self.att = nn.Parameter(torch.zeros(2, heads, fout))
            self.heads, self.fout = heads, fout

        def forward(self, x, src, dst):
            h = self.lin(x).view(-1, self.heads, self.fout)
            alpha = F.leaky_relu((h * self.att[0]).sum(-1)[src] + (h * self.att[1]).sum(-1)[dst], 0.2)
            index = dst.unsqueeze(-1).expand_as(alpha)
            peak = torch.full((x.size(0), self.heads), -torch.inf).scatter_reduce(0, index, alpha, reduce="amax")
            alpha = (alpha - peak[dst]).exp()
            total = torch.zeros(x.size(0), self.heads).scatter_add(0, index, alpha)
            alpha = alpha / total[dst].clamp_min(1e-9)
            out = torch.zeros_like(h).index_add(0, dst, h[src] * alpha.unsqueeze(-1))
            return out.flatten(1)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2, self.gat = GCNConv(5, 8), GCNConv(8, 6), GATConv(6, 3, 2)
            self.out = nn.Linear(6, 3)

        def forward(self, x):
            x = F.elu(self.conv1(x, src, dst))
            x = F.dropout(F.relu6(self.conv2(x, src, dst)), 0.0, training=self.training)
            return self.out(x + self.gat(x, src, dst)), x

    A = torch.zeros(N, N)
    A[dst, src] = 1
    A_hat = A + torch.eye(N)
    D = torch.diag(A_hat.sum(1).rsqrt())
    model = fill(torch, Net(), seed=3, scale=0.4)
    x, y = torch.tensor(numbers(N, 5, seed=1)), torch.tensor(i % 3)
    train_mask = torch.zeros(N, dtype=torch.bool)
    train_mask[::2] = True
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.1, lr_decay=0.01, weight_decay=5e-4)
    out = []
    for _ in range(10):
        model.train()
        optimizer.zero_grad()
        logits, z = model(x)
        pos = (z[src] * z[dst]).sum(-1)
        neg = (z[src] * z[dst.flip(0)]).sum(dim=-1)
        link = F.binary_cross_entropy_with_logits(
            torch.cat([pos, neg]), torch.cat([torch.ones_like(pos), torch.zeros_like(neg)])
        )
        loss = F.cross_entropy(logits[train_mask], y[train_mask]) + 0.1 * link
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    model.eval()
    with torch.no_grad():
        pred = model(x)[0].argmax(dim=-1)
        out.append((pred[~train_mask] == y[~train_mask]).float().mean().item())
    evals = torch.linalg.eigvalsh(D @ A_hat @ D)
    smooth = torch.linalg.matrix_power(D @ A_hat @ D, 3) @ x
    values, inverse, counts = torch.unique(dst, return_inverse=True, return_counts=True)
    assert torch.equal(values[inverse], dst) and torch.equal(counts.float(), A.sum(1))
    return out + evals[-3:].tolist() + [smooth.norm().item()]
