"""A network of bare tensors with batch normalisation by hand, as in makemore's third lesson: statistics, retained gradients."""

from .common import numbers
from .makemore_bigram import WORDS


def run(torch):
    F = torch.nn.functional
    chars = sorted(set("".join(WORDS)))
    stoi = {s: i + 1 for i, s in enumerate(chars)} | {".": 0}
    block_size, V = 3, len(stoi)

    def build_dataset(words):
        X, Y = [], []
        for w in words:
            context = [0] * block_size
            for ch in w + ".":
                ix = stoi[ch]
                X.append(context)
                Y.append(ix)
                context = context[1:] + [ix]
        return torch.tensor(X), torch.tensor(Y)

    Xtr, Ytr = build_dataset(WORDS[:16])
    Xdev, Ydev = build_dataset(WORDS[16:])
    n_embd, n_hidden = 4, 20
    C = torch.from_numpy(numbers(V, n_embd, seed=1))
    W1 = torch.from_numpy(numbers(n_embd * block_size, n_hidden, seed=2)) * (5 / 3) / ((n_embd * block_size) ** 0.5)
    W2 = torch.from_numpy(numbers(n_hidden, V, seed=3)) * 0.1
    b2 = torch.zeros(V)
    bngain, bnbias = torch.ones((1, n_hidden)), torch.zeros((1, n_hidden))
    bnmean_running, bnstd_running = torch.zeros((1, n_hidden)), torch.ones((1, n_hidden))
    parameters = [C, W1, W2, b2, bngain, bnbias]
    for p in parameters:
        p.requires_grad = True
    assert sum(p.nelement() for p in parameters) == V * (n_embd + n_hidden + 1) + n_hidden * (12 + 2)

    out, ratios = [], []
    for i in range(20):
        ix = torch.tensor([(i * 13 + 5 * k) % Xtr.shape[0] for k in range(32)])
        Xb, Yb = Xtr[ix], Ytr[ix]
        emb = C[Xb]
        embcat = emb.view(emb.shape[0], -1)
        hpreact = embcat @ W1
        bnmeani, bnstdi = hpreact.mean(0, keepdim=True), hpreact.std(0, keepdim=True)
        hpreact = bngain * (hpreact - bnmeani) / bnstdi + bnbias
        with torch.no_grad():
            bnmean_running = 0.9 * bnmean_running + 0.1 * bnmeani
            bnstd_running = 0.9 * bnstd_running + 0.1 * bnstdi
        h = torch.tanh(hpreact)
        h.retain_grad()
        logits = h @ W2 + b2
        loss = F.cross_entropy(logits, Yb)
        for p in parameters:
            p.grad = None
        loss.backward()
        lr = 0.3 if i < 15 else 0.03
        for p in parameters:
            p.data += -lr * p.grad
        with torch.no_grad():
            ratios.append([((lr * p.grad).std() / p.data.std()).log10().item() for p in parameters if p.ndim == 2][:3])
        assert h.grad.shape == h.shape
        out.append(loss.item())

    @torch.no_grad()
    def split_loss(split):
        x, y = {"train": (Xtr, Ytr), "val": (Xdev, Ydev)}[split]
        hpreact = C[x].view(x.shape[0], -1) @ W1
        hpreact = bngain * (hpreact - bnmean_running) / bnstd_running + bnbias
        return F.cross_entropy(torch.tanh(hpreact) @ W2 + b2, y).item()

    return out + [split_loss("train"), split_loss("val")] + ratios[-1]
