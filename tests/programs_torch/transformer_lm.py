"""A language model of `nn.TransformerEncoder`, as in PyTorch's example: masks, positions in a buffer, Noam's schedule."""

import math

from .common import fill, text


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class PositionalEncoding(nn.Module):
        def __init__(self, d_model, dropout=0.0, max_len=40):
            super().__init__()
            self.dropout = nn.Dropout(p=dropout)
            pe = torch.zeros(max_len, d_model)
            position = torch.arange(0, max_len, dtype=torch.float).unsqueeze(1)
            div_term = torch.exp(torch.arange(0, d_model, 2).float() * (-math.log(10000.0) / d_model))
            pe[:, 0::2] = torch.sin(position * div_term)
            pe[:, 1::2] = torch.cos(position * div_term)
            self.register_buffer("pe", pe.unsqueeze(0).transpose(0, 1))

        def forward(self, x):
            return self.dropout(x + self.pe[: x.size(0), :])

    class TransformerModel(nn.Transformer):
        def __init__(self, ntoken, ninp, nhead, nhid, nlayers):
            super().__init__(
                d_model=ninp,
                nhead=nhead,
                dim_feedforward=nhid,
                num_encoder_layers=nlayers,
                num_decoder_layers=1,
                dropout=0.0,
            )
            self.src_mask = None
            self.pos_encoder = PositionalEncoding(ninp)
            self.input_emb = nn.Embedding(ntoken, ninp)
            self.ninp = ninp
            self.decoder = nn.Linear(ninp, ntoken)

        def _generate_square_subsequent_mask(self, sz):
            return torch.log(torch.tril(torch.ones(sz, sz)))

        def forward(self, src, has_mask=True):
            if has_mask:
                if self.src_mask is None or self.src_mask.size(0) != len(src):
                    self.src_mask = self._generate_square_subsequent_mask(len(src)).to(src.device)
            else:
                self.src_mask = None
            src = self.pos_encoder(self.input_emb(src) * math.sqrt(self.ninp))
            return F.log_softmax(self.decoder(self.encoder(src, mask=self.src_mask)), dim=-1)

    data = text(500)
    vocab = sorted(set(data))
    ids = torch.tensor([vocab.index(c) for c in data])
    model = fill(torch, TransformerModel(len(vocab), 8, 2, 16, 2), seed=1)
    for name, p in model.named_parameters():
        if "norm" in name and name.endswith("weight"):
            p.data.fill_(1.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=1.0, betas=(0.9, 0.98), eps=1e-9)
    noam = lambda step: 8**-0.5 * min((step + 1) ** -0.5, (step + 1) * 6**-1.5)  # noqa: E731
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=noam)
    out = []
    for step in range(8):
        batch = ids[step * 40 : step * 40 + 41]
        src, target = batch[:-1].view(4, 10).t(), batch[1:].view(4, 10).t().reshape(-1)
        loss = F.nll_loss(model(src).view(-1, len(vocab)), target)
        optimizer.zero_grad(set_to_none=False)
        loss.backward()
        optimizer.step()
        scheduler.step()
        out += [loss.item(), optimizer.param_groups[0]["lr"]]
    model.eval()
    with torch.no_grad():
        out.append(F.nll_loss(model(src, has_mask=False).flatten(0, 1), target).item())
        mask = nn.Transformer.generate_square_subsequent_mask(10)
        assert torch.equal(mask, model._generate_square_subsequent_mask(10))
        padding = torch.zeros(4, 10, dtype=torch.bool)
        padding[1:, 7:] = True
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
        fill(torch, layer, seed=5)
        y = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)(
            model.input_emb(src.t()), src_key_padding_mask=padding
        )
        out += [y[~padding].mean().item(), y[0].std().item()]
    return out
