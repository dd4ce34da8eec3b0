"""Premise and hypothesis through one LSTM, and a perceptron on both: entailment in three classes, pads masked by length."""

import numpy as np

from .common import fill


def run(torch):
    nn = torch.nn

    class Bottle(nn.Module):
        def forward(self, input):
            if len(input.size()) <= 2:
                return super(Bottle, self).forward(input)
            size = input.size()[:2]
            out = super(Bottle, self).forward(input.view(size[0] * size[1], -1))
            return out.view(size[0], size[1], -1)

    class Linear(Bottle, nn.Linear):
        pass

    class Encoder(nn.Module):
        def __init__(self, config):
            super(Encoder, self).__init__()
            self.config = config
            input_size = config.d_proj if config.projection else config.d_embed
            self.rnn = nn.LSTM(
                input_size=input_size, hidden_size=config.d_hidden, num_layers=config.n_layers, dropout=0.0,
                bidirectional=config.birnn,
            )  # fmt: skip

        def forward(self, inputs):
            batch_size = inputs.size()[1]
            state_shape = self.config.n_cells, batch_size, self.config.d_hidden
            h0 = c0 = inputs.new_zeros(state_shape)
            outputs, (ht, ct) = self.rnn(inputs, (h0, c0))
            return ht[-1] if not self.config.birnn else ht[-2:].transpose(0, 1).contiguous().view(batch_size, -1)

    class SNLIClassifier(nn.Module):
        def __init__(self, config):
            super(SNLIClassifier, self).__init__()
            self.config = config
            self.embed = nn.Embedding(config.n_embed, config.d_embed, padding_idx=1)
            self.projection = Linear(config.d_embed, config.d_proj)
            self.encoder = Encoder(config)
            self.dropout = nn.Dropout(p=0.0)
            self.relu = nn.ReLU()
            seq_in_size = 2 * config.d_hidden
            if self.config.birnn:
                seq_in_size *= 2
            lin_config = [seq_in_size] * 2
            self.out = nn.Sequential(
                Linear(*lin_config), self.relu, self.dropout, Linear(*lin_config), self.relu, self.dropout,
                Linear(seq_in_size, config.d_out),
            )  # fmt: skip

        def forward(self, premise, hypothesis):
            prem_embed, hypo_embed = self.embed(premise), self.embed(hypothesis)
            if self.config.fix_emb:
                prem_embed, hypo_embed = prem_embed.detach(), hypo_embed.detach()
            if self.config.projection:
                prem_embed = self.relu(self.projection(prem_embed))
                hypo_embed = self.relu(self.projection(hypo_embed))
            premise, hypothesis = self.encoder(prem_embed), self.encoder(hypo_embed)
            return self.out(torch.cat([premise, hypothesis], 1))

    class Config:
        n_embed, d_embed, d_proj, d_hidden, n_layers, d_out = 12, 6, 7, 5, 2, 3
        birnn = projection = True
        fix_emb = False
        n_cells = n_layers * 2

    rng = np.random.default_rng(1)
    out, acc = [], 0
    for fixed in (False, True):
        Config.fix_emb = fixed
        model = fill(torch, SNLIClassifier(Config), seed=2, scale=0.3)
        with torch.no_grad():
            model.embed.weight[1].fill_(0)
        opt = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.01)
        for _ in range(4):
            premise = torch.tensor(rng.integers(2, 12, (6, 8)))
            hypothesis = torch.tensor(rng.integers(2, 12, (4, 8)))
            premise[4:, ::2] = 1
            label = (premise[0] + hypothesis[0]) % 3
            model.train()
            opt.zero_grad()
            answer = model(premise, hypothesis)
            acc += (torch.max(answer, 1)[1].view(label.size()) == label).sum().item()
            loss = nn.CrossEntropyLoss()(answer, label)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            out.append(loss.item())
        out.append(model.embed.weight[1].abs().sum().item())
    return out + [float(acc)]
