"""Ratings as products of vectors: embeddings with biases, alternating least squares, non-negative factors, side features."""

import numpy as np

from .common import fill


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    rng = np.random.default_rng(0)
    users, items = torch.tensor(rng.integers(0, 8, 60)), torch.tensor(rng.integers(0, 10, 60))
    true = rng.standard_normal((8, 2)) @ rng.standard_normal((2, 10)) + 3
    ratings = torch.tensor(true[users.numpy(), items.numpy()]).float()

    class MF(nn.Module):
        def __init__(self, num_factors, num_users, num_items):
            super().__init__()
            self.P = nn.Embedding(num_users, num_factors, sparse=False)
            self.Q = nn.Embedding(num_items, num_factors)
            self.user_bias, self.item_bias = nn.Embedding(num_users, 1), nn.Embedding(num_items, 1)
            self.mean = nn.Parameter(torch.FloatTensor([3]), False)

        def forward(self, user_id, item_id):
            P_u, Q_i = self.P(user_id), self.Q(item_id)
            outputs = (P_u * Q_i).sum(1) + torch.squeeze(self.user_bias(user_id)) + self.item_bias(item_id).squeeze(-1)
            return outputs + self.mean

    net = fill(torch, MF(3, 8, 10), seed=1, scale=0.3)
    net.mean.data.fill_(3)
    trainer = torch.optim.Adagrad(net.parameters(), lr=0.1, weight_decay=1e-4)
    loader = torch.utils.data.DataLoader(list(zip(users, items, ratings)), batch_size=20, drop_last=True)
    out = []
    for _ in range(3):
        for u, i, r in loader:
            loss = F.mse_loss(net(u, i), r)
            trainer.zero_grad()
            loss.backward()
            trainer.step()
            out.append(loss.item() ** 0.5)

    R = torch.zeros(8, 10, dtype=torch.double).index_put((users, items), ratings.double())
    mask = R != 0
    U = torch.tensor(rng.standard_normal((8, 2)))
    V = torch.tensor(rng.standard_normal((10, 2)))
    eye = torch.eye(2, dtype=torch.double)
    for _ in range(3):
        for A, B, M, Y in ((U, V, mask, R), (V, U, mask.t(), R.t())):
            for k in range(A.size(0)):
                Bk = B[M[k]]
                A[k] = torch.linalg.solve(Bk.T @ Bk + 0.1 * eye, Bk.T @ Y[k][M[k]])
        out.append(((U @ V.T - R)[mask] ** 2).mean().item())

    X = torch.tensor(np.abs(true), dtype=torch.float64)
    W, H = torch.ones(8, 3).double() + torch.arange(24).view(8, 3) / 24, torch.ones(3, 10, dtype=torch.float64)
    for _ in range(10):
        H *= (W.T @ X) / (W.T @ W @ H + 1e-9)
        W *= (X @ H.T) / (W @ H @ H.T + 1e-9)
    out.append(torch.linalg.norm(X - W @ H, "fro").item())

    bpr = -F.logsigmoid(net(users[:20], items[:20]) - net(users[:20], items[20:40])).mean()
    bpr.backward()
    neighbours = F.cosine_similarity(net.Q.weight.detach()[:, None], net.Q.weight.detach()[None], dim=-1)
    top = neighbours.fill_diagonal_(-1).topk(2, dim=1, largest=True, sorted=True)
    return out + [bpr.item(), net.P.weight.grad.norm().item(), top.values.sum().item()]
