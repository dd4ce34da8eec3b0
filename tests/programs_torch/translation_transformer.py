"""`nn.Transformer` on padded sources and targets: masks for padding and the future, tied embeddings, greedy decoding."""

import numpy as np

from .common import fill


def run(torch):
    nn = torch.nn
    rng = np.random.default_rng(0)
    source = torch.from_numpy(rng.integers(1, 9, (6, 5)))
    for i, length in enumerate((5, 4, 3, 5, 2, 4)):
        source[i, length:] = 0
    target = torch.cat([torch.full((6, 1), 9), source.flip(1)], 1)

    class Translator(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(10, 8, padding_idx=0)
            self.position = nn.Parameter(torch.zeros(7, 8))
            self.transformer = nn.Transformer(
                d_model=8, nhead=2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=16, dropout=0.0,
                activation="gelu", batch_first=True, norm_first=True,
            )  # fmt: skip
            self.out = nn.Linear(8, 10, bias=False)
            self.out.weight = self.embed.weight

        def forward(self, src, tgt):
            future = self.transformer.generate_square_subsequent_mask(tgt.size(1))
            a, b = (self.embed(v) * 8**0.5 + self.position[: v.size(1)] for v in (src, tgt))
            h = self.transformer(
                a,
                b,
                tgt_mask=future,
                src_key_padding_mask=src == 0,
                memory_key_padding_mask=src == 0,
                tgt_is_causal=True,
            )
            return self.out(h)

    model = fill(torch, Translator(), 3, 0.3)
    criterion = nn.CrossEntropyLoss(ignore_index=0, label_smoothing=0.1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, betas=(0.9, 0.98), eps=1e-9)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min((s + 1) ** -0.5, (s + 1) * 4**-1.5))
    out = []
    for step in range(8):
        logits = model(source, target[:, :-1])
        loss = criterion(logits.transpose(1, 2), target[:, 1:])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        out.append(nn.utils.clip_grad_norm_(model.parameters(), 1.0).item())
        optimizer.step()
        scheduler.step()
        out.append(loss.item())
    model.eval()
    with torch.inference_mode():
        words = torch.full((1, 1), 9)
        for _ in range(3):
            scores = model(source[:1], words)[:, -1].log_softmax(-1)
            out.append(scores.max().item())
            words = torch.cat([words, scores.argmax(-1, keepdim=True)], dim=1)
    return out
