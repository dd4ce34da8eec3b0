"""A hidden Markov model by gradient descent on the forward algorithm in log space, and its Viterbi path."""

import numpy as np

from .common import numbers


def run(torch):
    rng = np.random.default_rng(1)
    observed = torch.from_numpy(rng.integers(0, 4, (8, 12)))
    observed[:, ::3] = 2
    start, move, emit = (
        torch.nn.Parameter(torch.from_numpy(numbers(*s, seed=i))) for i, s in enumerate([(3,), (3, 3), (3, 4)])
    )
    optimizer = torch.optim.Adagrad([start, move, emit], lr=0.3)
    out = []

    def log_likelihood(x):
        initial, transition = start.log_softmax(0), move.log_softmax(1)
        emission = torch.nn.functional.log_softmax(emit, dim=1)
        alpha = initial + emission[:, x[:, 0]].T
        for t in range(1, x.shape[1]):
            alpha = torch.logsumexp(alpha.unsqueeze(2) + transition, dim=1) + emission[:, x[:, t]].t()
        return alpha.logsumexp(1)

    for _ in range(10):
        loss = -log_likelihood(observed).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    with torch.no_grad():
        delta, back = start.log_softmax(0) + emit.log_softmax(1)[:, observed[:, 0]].T, []
        for t in range(1, 12):
            best, index = (delta[:, :, None] + move.log_softmax(1)).max(dim=1)
            delta = best + emit.log_softmax(1)[:, observed[:, t]].T
            back.append(index)
        state = delta.argmax(1)
        path = [state]
        for index in reversed(back):
            state = index.gather(1, state[:, None]).squeeze(1)
            path.append(state)
    return out + torch.stack(path[::-1], 1).double().mean(1).tolist() + delta.amax(1).tolist()
