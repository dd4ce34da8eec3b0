"""Bigrams of characters, counted and learnt, as in makemore's first lesson."""

import numpy as np

from .common import numbers

WORDS = "anna bela carla dana ella fina gala hanna ida jola lena mona nola olga pia rena sana tina ula vera".split()


def run(torch):
    F = torch.nn.functional
    chars = sorted(set("".join(WORDS)))
    stoi = {s: i + 1 for i, s in enumerate(chars)}
    stoi["."] = 0
    V = len(stoi)
    N = torch.zeros((V, V), dtype=torch.int32)
    xs, ys = [], []
    for w in WORDS:
        chs = ["."] + list(w) + ["."]
        for ch1, ch2 in zip(chs, chs[1:]):
            N[stoi[ch1], stoi[ch2]] += 1
            xs.append(stoi[ch1])
            ys.append(stoi[ch2])
    P = (N + 1).float()
    P /= P.sum(1, keepdims=True)
    assert torch.allclose(P.sum(1), torch.ones(V))
    log_likelihood = 0.0
    for a, b in zip(xs, ys):
        log_likelihood += torch.log(P[a, b])
    out = [-(log_likelihood / len(xs)).item()]

    g = torch.Generator().manual_seed(2147483647)
    ix = torch.multinomial(P[0], num_samples=5, replacement=True, generator=g)
    assert ix.shape == (5,) and ix.dtype == torch.int64 and int(ix.max()) < V

    xs, ys = torch.tensor(xs), torch.tensor(ys)
    num = xs.nelement()
    xenc = F.one_hot(xs, num_classes=V).float()
    W = torch.tensor(numbers(V, V, seed=2), requires_grad=True)
    for _ in range(10):
        logits = xenc @ W
        counts = logits.exp()
        probs = counts / counts.sum(1, keepdims=True)
        loss = -probs[torch.arange(num), ys].log().mean() + 0.01 * (W**2).mean()
        W.grad = None
        loss.backward()
        W.data += -20 * W.grad
        out.append(loss.item())
    assert np.isfinite(W.detach().numpy()).all()
    return out
