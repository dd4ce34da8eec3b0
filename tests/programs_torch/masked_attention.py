"""`nn.MultiheadAttention` with key padding, causal and float masks, its weights averaged and of each head."""

from .common import fill, labels, numbers


def run(torch):
    nn = torch.nn
    attention = fill(torch, nn.MultiheadAttention(8, 2, batch_first=True, add_bias_kv=True, kdim=6, vdim=4), 1, 0.4)
    readout = fill(torch, nn.Linear(8, 3), 2)
    x, k, v = (torch.from_numpy(numbers(4, 5, d, seed=d)) for d in (8, 6, 4))
    padding = torch.arange(5)[None, :] >= torch.tensor([5, 3, 4, 2])[:, None]
    causal = torch.triu(torch.ones(5, 5, dtype=torch.bool), diagonal=1)
    distance = (torch.arange(5)[:, None] - torch.arange(5)[None, :]).abs().neg().float()
    distance = distance.masked_fill(causal, float("-inf"))
    targets = torch.from_numpy(labels(20, 3))
    optimizer = torch.optim.NAdam([*attention.parameters(), *readout.parameters()], lr=0.02)
    out = []
    for step in range(8):
        h, mean = attention(x, k, v, key_padding_mask=padding, attn_mask=causal)
        g, heads = attention(x + h, k, v, attn_mask=distance, average_attn_weights=False)
        bare, nothing = attention(x, k, v, need_weights=False)
        assert nothing is None and mean.shape == (4, 5, 6) and heads.shape == (4, 2, 5, 6)
        loss = nn.functional.cross_entropy(readout(h + g + bare).view(-1, 3), targets)
        loss = loss + 0.1 * (mean * mean.clamp_min(1e-8).log()).sum(-1).mean() + 0.1 * heads.var(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    return out
