"""A decoder that keeps the keys and values of the past, token by token and whole; `nn.TransformerDecoder` beside it."""

import numpy as np

from .common import fill


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    ids = torch.from_numpy(np.random.default_rng(0).integers(0, 11, (3, 7)))

    class Attention(nn.Module):
        def __init__(self, d, heads, groups):
            super().__init__()
            self.q, self.kv, self.o = nn.Linear(d, d), nn.Linear(d, 2 * groups * d // heads), nn.Linear(d, d)
            self.heads, self.groups = heads, groups

        def forward(self, x, cache=None):
            B, T, d = x.shape
            q = self.q(x).view(B, T, self.heads, -1).transpose(1, 2)
            k, v = self.kv(x).view(B, T, 2, self.groups, -1).permute(2, 0, 3, 1, 4)
            if cache is not None:
                if cache:
                    k, v = torch.cat([cache["k"], k], dim=2), torch.cat([cache["v"], v], dim=2)
                cache.update(k=k, v=v)
            k, v = (t.repeat_interleave(self.heads // self.groups, dim=1) for t in (k, v))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=T > 1 and k.size(2) == T)
            return self.o(y.transpose(1, 2).flatten(2))

    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(11, 8)
            self.attention, self.norm = Attention(8, 4, 2), nn.RMSNorm(8, eps=1e-6)
            layer = nn.TransformerDecoderLayer(8, 2, 16, 0.0, activation=F.silu, batch_first=True)
            self.stack = nn.TransformerDecoder(layer, num_layers=2, norm=nn.LayerNorm(8))
            self.head = nn.Linear(8, 11)

        def forward(self, ids, cache=None):
            return self.norm(self.attention(self.embed(ids), cache))

        def logits(self, ids):
            h = self(ids)
            causal = nn.Transformer.generate_square_subsequent_mask(ids.size(1))
            return self.head(self.stack(h, h[:, :3], tgt_mask=causal) + h)

    model = fill(torch, Decoder(), 1, 0.3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02, betas=(0.9, 0.95))
    out = []
    for _ in range(8):
        loss = F.cross_entropy(model.logits(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out.append(loss.item())
    model.eval()
    with torch.no_grad():
        cache, whole = {}, model(ids)
        steps = torch.cat([model(ids[:, t : t + 1], cache) for t in range(7)], dim=1)
        torch.testing.assert_close(steps, whole, rtol=1e-4, atol=1e-5)
    return out + [steps.std().item(), float(cache["k"].shape[2])]
