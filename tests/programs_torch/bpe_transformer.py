"""Byte pairs merged into tokens, and a transformer encoder that classifies them; padding masks, sinusoids, warm-up."""

import math
from collections import Counter

from .common import fill, text


def run(torch):
    nn = torch.nn
    words = [text(60 + 17 * k)[-30 - k :].strip() for k in range(8)]

    ids = [list(w.encode("utf-8")) for w in words]
    merges = {}
    for k in range(12):
        pairs = Counter(p for seq in ids for p in zip(seq, seq[1:]))
        best = max(pairs, key=lambda p: (pairs[p], p))
        merges[best] = 256 + k
        for s, seq in enumerate(ids):
            new, i = [], 0
            while i < len(seq):
                if i < len(seq) - 1 and (seq[i], seq[i + 1]) == best:
                    new.append(256 + k)
                    i += 2
                else:
                    new.append(seq[i])
                    i += 1
            ids[s] = new
    vocab = {t: i + 1 for i, t in enumerate(sorted({t for seq in ids for t in seq}))}
    seqs = [torch.tensor([vocab[t] for t in seq]) for seq in ids]
    padded = nn.utils.rnn.pad_sequence(seqs, batch_first=True, padding_value=0)
    target = torch.tensor([sum(s.tolist()) % 2 for s in seqs])

    class PositionalEncoding(nn.Module):
        def __init__(self, d_model, dropout=0.0, max_len=64):
            super(PositionalEncoding, self).__init__()
            self.dropout = nn.Dropout(p=dropout)
            pe = torch.zeros(max_len, d_model)
            position = torch.arange(0, max_len, dtype=torch.float).unsqueeze(1)
            div_term = torch.exp(torch.arange(0, d_model, 2).float() * (-math.log(10000.0) / d_model))
            pe[:, 0::2] = torch.sin(position * div_term)
            pe[:, 1::2] = torch.cos(position * div_term)
            self.register_buffer("pe", pe.unsqueeze(0))

        def forward(self, x):
            return self.dropout(x + self.pe[:, : x.size(1)])

    class Classifier(nn.Module):
        def __init__(self, ntoken, d=8):
            super().__init__()
            self.embed, self.position = nn.Embedding(ntoken, d, padding_idx=0), PositionalEncoding(d)
            layer = nn.TransformerEncoderLayer(
                d, 2, 16, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            self.encoder = nn.TransformerEncoder(layer, num_layers=2, norm=nn.LayerNorm(d), enable_nested_tensor=False)
            self.head = nn.Linear(d, 2)

        def forward(self, x):
            pad = x == 0
            h = self.encoder(self.position(self.embed(x) * math.sqrt(8)), src_key_padding_mask=pad)
            h = h.masked_fill(pad.unsqueeze(-1), 0).sum(1) / (~pad).sum(1, keepdim=True)
            return self.head(h)

    model = fill(torch, Classifier(len(vocab) + 1), seed=1, scale=0.3)
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
    rate = lambda step: 0.02 * min((step + 1) ** -0.5, (step + 1) * 4**-1.5)  # noqa: E731
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    out = [float(padded.size(1)), float(sum(len(s) for s in seqs))]
    for _ in range(6):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(padded), target)
        loss.backward()
        optimizer.step()
        scheduler.step()
        out.append(loss.item())
    alone = torch.stack([model(s[None])[0] for s in seqs])
    assert torch.allclose(alone, model(padded), atol=1e-4)
    return out + model(padded).flatten().tolist()
