"""Without labels: k-means, principal components by `svd`, a mixture of Gaussians by expectation-maximisation, t-SNE's loss."""

import math

import numpy as np


def run(torch):
    F = torch.nn.functional
    rng = np.random.default_rng(0)
    centres = np.array([[0, 0, 3], [4, 0, 0], [0, 5, 0]])
    X = torch.from_numpy((centres[np.arange(45) % 3] + rng.standard_normal((45, 3)) * 0.5).astype(np.float64))
    out = []

    def kmeans(X, k, iterations):
        centroids = X[:k].clone()
        for _ in range(iterations):
            distances = torch.cdist(X, centroids, p=2)
            assignment = distances.argmin(dim=1)
            for j in range(k):
                members = X[assignment == j]
                if members.numel():
                    centroids[j] = members.mean(dim=0)
        return centroids, assignment, distances.min(dim=1).values.pow(2).sum()

    centroids, assignment, inertia = kmeans(X, 3, 5)
    out += centroids.flatten().tolist() + [inertia.item()] + torch.bincount(assignment, minlength=3).double().tolist()
    means = torch.zeros(3, 3, dtype=torch.double).scatter_reduce_(
        0, assignment[:, None].expand(-1, 3), X, reduce="mean", include_self=False
    )
    assert torch.allclose(means, centroids)

    centred = X - X.mean(0, keepdim=True)
    U, S, Vh = torch.linalg.svd(centred, full_matrices=False)
    Z = centred @ Vh[:2].T
    explained = S.pow(2) / S.pow(2).sum()
    out += explained.tolist() + Z.abs().sum(0).tolist()
    C = torch.cov(X.T)
    assert torch.allclose(torch.linalg.eigvalsh(C).flip(0), S**2 / 44)
    whitened = Z / Z.std(0)

    mu, sigma, pi = whitened[[0, 1, 2]].clone(), torch.eye(2).double().repeat(3, 1, 1), torch.full((3,), 1 / 3).double()
    for _ in range(4):
        N = torch.distributions.MultivariateNormal(mu, covariance_matrix=sigma)
        log = N.log_prob(whitened.unsqueeze(1)) + pi.log()
        total = torch.logsumexp(log, dim=1, keepdim=True)
        gamma = torch.exp(log - total)
        Nk = gamma.sum(0)
        mu = (gamma.T @ whitened) / Nk[:, None]
        d = whitened.unsqueeze(1) - mu
        sigma = torch.einsum("nk,nki,nkj->kij", gamma, d, d) / Nk[:, None, None] + 1e-3 * torch.eye(2)
        pi = Nk / Nk.sum()
        out.append(total.mean().item())

    P = F.softmax(-torch.cdist(X, X).square().fill_diagonal_(math.inf) / 2, dim=1)
    P = (P + P.T) / (2 * len(X))
    Y = (Z[:, :2] * 1e-2).clone().requires_grad_()
    optimizer = torch.optim.SGD([Y], lr=10.0, momentum=0.5)
    for _ in range(5):
        q = 1 / (1 + torch.cdist(Y, Y).pow(2))
        q = q.masked_fill(torch.eye(len(X), dtype=torch.bool), 0.0)
        Q = q / q.sum()
        loss = (torch.special.xlogy(P, P) - P * torch.log(Q + 1e-12)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    return out
