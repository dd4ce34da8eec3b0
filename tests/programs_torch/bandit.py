"""Arms of unknown value: epsilon-greedy, upper confidence bounds, a policy gradient with a baseline; luck from NumPy."""

import numpy as np


def run(torch):
    rng = np.random.default_rng(0)
    means = torch.tensor([0.1, 0.5, 0.3, 0.8])
    pull = lambda a: float(rng.random() < means[a])  # noqa: E731
    out = []

    counts, values = torch.zeros(4), torch.zeros(4)
    for t in range(60):
        arm = torch.argmax(values).item() if rng.random() > 0.2 else int(rng.integers(4))
        reward = pull(arm)
        counts[arm] += 1
        values[arm] += (reward - values[arm]) / counts[arm]
    out += values.tolist() + counts.tolist()

    counts, sums = torch.zeros(4, dtype=torch.int64), torch.zeros(4, dtype=torch.float64)
    for t in range(1, 60):
        bound = torch.where(
            counts > 0, sums / counts.clamp(min=1) + (2 * np.log(t) / counts.clamp(min=1)) ** 0.5, torch.inf
        )
        arm = int(bound.argmax())
        counts[arm] += 1
        sums.index_add_(0, torch.tensor([arm]), torch.tensor([pull(arm)], dtype=torch.float64))
    out += sums.tolist()

    preferences = torch.zeros(4, requires_grad=True)
    optimizer = torch.optim.SGD([preferences], lr=0.4)
    baseline = 0.0
    for t in range(30):
        dist = torch.distributions.Categorical(logits=preferences)
        cdf = dist.probs.detach().cumsum(0)
        action = torch.searchsorted(cdf, torch.tensor(rng.random() * 0.999, dtype=torch.float32))
        reward = pull(action)
        loss = -dist.log_prob(action) * (reward - baseline) - 0.01 * dist.entropy()
        baseline += 0.1 * (reward - baseline)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    out += torch.softmax(preferences, 0).tolist()

    alpha, beta = torch.ones(4), torch.ones(4)
    posterior = torch.distributions.Beta(alpha + sums.float(), beta + counts - sums.float())
    return out + posterior.mean.tolist() + posterior.variance.tolist() + posterior.log_prob(torch.tensor(0.5)).tolist()
