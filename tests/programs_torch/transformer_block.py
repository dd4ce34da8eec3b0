"""A transformer from its parts, in the way of a chapter: heads by transposing, sines of positions, AddNorm, a decoder."""

import math

import numpy as np

from .common import fill


def run(torch):
    nn = torch.nn

    class DotProductAttention(nn.Module):
        def forward(self, queries, keys, values, mask=None):
            d = queries.shape[-1]
            scores = torch.bmm(queries, keys.transpose(1, 2)) / math.sqrt(d)
            if mask is not None:
                scores.masked_fill_(mask, -1e6)
            return torch.bmm(nn.functional.softmax(scores, dim=-1), values)

    class MultiHeadAttention(nn.Module):
        def __init__(self, num_hiddens, num_heads, bias=False):
            super().__init__()
            self.num_heads = num_heads
            self.attention = DotProductAttention()
            self.W_q = nn.LazyLinear(num_hiddens, bias=bias)
            self.W_k = nn.LazyLinear(num_hiddens, bias=bias)
            self.W_v = nn.LazyLinear(num_hiddens, bias=bias)
            self.W_o = nn.LazyLinear(num_hiddens, bias=bias)

        def transpose_qkv(self, X):
            X = X.reshape(X.shape[0], X.shape[1], self.num_heads, -1)
            X = X.permute(0, 2, 1, 3)
            return X.reshape(-1, X.shape[2], X.shape[3])

        def transpose_output(self, X):
            X = X.reshape(-1, self.num_heads, X.shape[1], X.shape[2])
            X = X.permute(0, 2, 1, 3)
            return X.reshape(X.shape[0], X.shape[1], -1)

        def forward(self, queries, keys, values, mask=None):
            q, k, v = (self.transpose_qkv(w(t)) for w, t in ((self.W_q, queries), (self.W_k, keys), (self.W_v, values)))
            if mask is not None:
                mask = torch.repeat_interleave(mask, repeats=self.num_heads, dim=0)
            return self.W_o(self.transpose_output(self.attention(q, k, v, mask)))

    class PositionalEncoding(nn.Module):
        def __init__(self, num_hiddens, max_len=50):
            super().__init__()
            self.P = torch.zeros((1, max_len, num_hiddens))
            X = torch.arange(max_len, dtype=torch.float32).reshape(-1, 1) / torch.pow(
                10000, torch.arange(0, num_hiddens, 2, dtype=torch.float32) / num_hiddens
            )
            self.P[:, :, 0::2] = torch.sin(X)
            self.P[:, :, 1::2] = torch.cos(X)

        def forward(self, X):
            return X + self.P[:, : X.shape[1], :].to(X.device)

    class AddNorm(nn.Module):
        def __init__(self, norm_shape):
            super().__init__()
            self.ln = nn.LayerNorm(norm_shape)

        def forward(self, X, Y):
            return self.ln(Y + X)

    def ffn(hidden, out):
        return nn.Sequential(nn.LazyLinear(hidden), nn.ReLU(), nn.LazyLinear(out))

    class EncoderBlock(nn.Module):
        def __init__(self, d, heads):
            super().__init__()
            self.attention, self.addnorm1 = MultiHeadAttention(d, heads), AddNorm(d)
            self.ffn, self.addnorm2 = ffn(16, d), AddNorm(d)

        def forward(self, X):
            Y = self.addnorm1(X, self.attention(X, X, X))
            return self.addnorm2(Y, self.ffn(Y))

    class DecoderBlock(nn.Module):
        def __init__(self, d, heads):
            super().__init__()
            self.attention1, self.addnorm1 = MultiHeadAttention(d, heads), AddNorm(d)
            self.attention2, self.addnorm2 = MultiHeadAttention(d, heads), AddNorm(d)
            self.ffn, self.addnorm3 = ffn(16, d), AddNorm(d)

        def forward(self, X, enc):
            T = X.shape[1]
            mask = torch.triu(torch.ones(T, T, dtype=torch.bool), diagonal=1).unsqueeze(0).expand(X.shape[0], T, T)
            Y = self.addnorm1(X, self.attention1(X, X, X, mask))
            Z = self.addnorm2(Y, self.attention2(Y, enc, enc))
            return self.addnorm3(Z, self.ffn(Z))

    class Transformer(nn.Module):
        def __init__(self, vocab, d, heads, blocks):
            super().__init__()
            self.d = d
            self.embedding, self.pos = nn.Embedding(vocab, d), PositionalEncoding(d)
            self.enc = nn.Sequential()
            for i in range(blocks):
                self.enc.add_module("block" + str(i), EncoderBlock(d, heads))
            self.dec = nn.ModuleList(DecoderBlock(d, heads) for _ in range(blocks))
            self.dense = nn.LazyLinear(vocab)

        def embed(self, X):
            return self.pos(self.embedding(X) * math.sqrt(self.d))

        def forward(self, src, tgt):
            enc = self.enc(self.embed(src))
            X = self.embed(tgt)
            for block in self.dec:
                X = block(X, enc)
            return self.dense(X)

    rng = np.random.default_rng(1)
    src = torch.tensor(rng.integers(0, 8, (10, 6)))
    tgt = torch.cat([torch.full((10, 1), 8), (src + 1) % 8], dim=1)
    net = Transformer(9, 12, 3, 2)
    net(src, tgt)  # sizes of the lazy layers
    fill(torch, net, seed=3, scale=0.3)
    for name, p in net.named_parameters():
        if "ln.weight" in name:
            nn.init.ones_(p)
        elif name.endswith(".bias"):
            nn.init.zeros_(p)
    optimizer = torch.optim.NAdam(net.parameters(), lr=0.01)
    loss, out = nn.CrossEntropyLoss(label_smoothing=0.1), []
    for _ in range(8):
        optimizer.zero_grad()
        logits = net(src, tgt[:, :-1])
        value = loss(logits.flatten(0, 1), tgt[:, 1:].flatten())
        value.backward()
        optimizer.step()
        out.append(value.item())
    assert [n for n, _ in net.enc.named_children()] == ["block0", "block1"]
    return out + [net.pos.P[0, 3].sum().item(), net.dense.weight.grad.abs().max().item()]
