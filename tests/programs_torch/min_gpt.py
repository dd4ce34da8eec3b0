"""A model like minGPT that learns to sort digits: configuration objects, a trainer with callbacks, early masked targets."""

import math
from collections import defaultdict

import numpy as np

from .common import fill


class Node:
    """A configuration."""

    def __init__(self, **kwargs):
        self.__dict__.update(kwargs)

    def merge_from_dict(self, d):
        self.__dict__.update(d)


def run(torch):
    nn, F = torch.nn, torch.nn.functional
    from_torch = torch.utils.data

    class SortDataset(from_torch.Dataset):
        def __init__(self, length=5, num_digits=3):
            self.length, self.num_digits = length, num_digits

        def __len__(self):
            return 64

        def get_block_size(self):
            return self.length * 2 - 1

        def __getitem__(self, idx):
            inp = torch.tensor(np.random.default_rng(idx).integers(0, self.num_digits, self.length), dtype=torch.long)
            sol = torch.sort(inp)[0]
            cat = torch.cat((inp, sol), dim=0)
            x, y = cat[:-1].clone(), cat[1:].clone()
            y[: self.length - 1] = -1
            return x, y

    class NewGELU(nn.Module):
        def forward(self, x):
            return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))

    class Attention(nn.Module):
        def __init__(self, n_embd, n_head, block_size):
            super().__init__()
            self.c_attn, self.c_proj = nn.Linear(n_embd, 3 * n_embd), nn.Linear(n_embd, n_embd)
            mask = torch.tril(torch.ones(block_size, block_size)).view(1, 1, block_size, block_size)
            self.register_buffer("mask", mask, persistent=False)
            self.n_head = n_head

        def forward(self, x):
            B, T, C = x.size()
            q, k, v = self.c_attn(x).chunk(3, dim=-1)
            k, q, v = [t.reshape(B, T, self.n_head, -1).permute(0, 2, 1, 3) for t in (k, q, v)]
            att = torch.matmul(q, k.mT).div(math.sqrt(k.shape[-1]))
            att = att.masked_fill(self.mask[:, :, :T, :T].eq(0), float("-inf")).softmax(-1)
            return self.c_proj(torch.einsum("bhqk,bhkd->bqhd", att, v).reshape(B, T, C))

    class Block(nn.Module):
        def __init__(self, *args):
            super().__init__()
            n_embd = args[0]
            self.ln_1, self.ln_2 = nn.LayerNorm(n_embd), nn.LayerNorm(n_embd)
            self.attn = Attention(*args)
            self.mlp = nn.ModuleDict(
                dict(
                    c_fc=nn.Linear(n_embd, 4 * n_embd),
                    c_proj=nn.Linear(4 * n_embd, n_embd),
                    act=NewGELU(),
                    dropout=nn.Dropout(0.0),
                )
            )
            m = self.mlp
            self.mlpf = lambda x: m.dropout(m.c_proj(m.act(m.c_fc(x))))

        def forward(self, x):
            x = x + self.attn(self.ln_1(x))
            return x + self.mlpf(self.ln_2(x))

    class Model(nn.Module):
        def __init__(self, config):
            super().__init__()
            self.wte, self.wpe = nn.Embedding(3, 12), nn.Embedding(config.block_size, 12)
            self.blocks = nn.ModuleList([Block(12, 3, config.block_size) for _ in range(config.n_layer)])
            self.ln_f, self.head = nn.LayerNorm(12), nn.Linear(12, 3, bias=False)

        def groups(self, weight_decay):
            decay, no_decay = set(), set()
            whitelist, blacklist = (nn.Linear,), (nn.LayerNorm, nn.Embedding)
            for mn, m in self.named_modules():
                for pn, _ in m.named_parameters(recurse=False):
                    fpn = f"{mn}.{pn}" if mn else pn
                    if pn.endswith("bias") or isinstance(m, blacklist):
                        no_decay.add(fpn)
                    elif isinstance(m, whitelist):
                        decay.add(fpn)
            params = dict(self.named_parameters())
            assert not decay & no_decay and not params.keys() - (decay | no_decay)
            return [
                {"params": [params[pn] for pn in sorted(decay)], "weight_decay": weight_decay},
                {"params": [params[pn] for pn in sorted(no_decay)], "weight_decay": 0.0},
            ]

        def forward(self, idx, targets=None):
            t = idx.size(1)
            pos = torch.arange(t, device=idx.device).unsqueeze(0)
            x = self.wte(idx) + self.wpe(pos)
            for block in self.blocks:
                x = block(x)
            logits = self.head(self.ln_f(x))
            loss = None
            if targets is not None:
                loss = F.cross_entropy(logits.view(-1, logits.size(-1)), targets.view(-1), ignore_index=-1)
            return logits, loss

    class Trainer:
        def __init__(self, config, model, dataset):
            self.config, self.model, self.dataset = config, model, dataset
            self.callbacks = defaultdict(list)
            self.device = "cuda" if torch.cuda.is_available() else "cpu"
            self.model = self.model.to(self.device)

        def add_callback(self, onevent, callback):
            self.callbacks[onevent].append(callback)

        def run(self):
            opt = torch.optim.AdamW(self.model.groups(0.1), lr=self.config.lr, betas=(0.9, 0.95))
            loader = from_torch.DataLoader(
                self.dataset, sampler=from_torch.SequentialSampler(self.dataset), shuffle=False, pin_memory=False,
                batch_size=16, num_workers=0,
            )  # fmt: skip
            self.model.train()
            self.iter_num, data_iter = 0, iter(loader)
            while self.iter_num < self.config.max_iters:
                try:
                    batch = next(data_iter)
                except StopIteration:
                    data_iter = iter(loader)
                    batch = next(data_iter)
                x, y = [t.to(self.device) for t in batch]
                _, self.loss = self.model(x, y)
                self.model.zero_grad(set_to_none=True)
                self.loss.backward()
                nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                opt.step()
                for callback in self.callbacks["on_batch_end"]:
                    callback(self)
                self.iter_num += 1

    data = SortDataset()
    config = Node(n_layer=2, lr=1.0)
    config.merge_from_dict({"block_size": data.get_block_size(), "lr": 5e-3, "max_iters": 14})
    model = fill(torch, Model(config), seed=3)
    trainer, out = Trainer(config, model, data), []
    trainer.add_callback("on_batch_end", lambda t: out.append(t.loss.item()))
    trainer.run()
    model.eval()
    with torch.no_grad():
        x = torch.stack([data[i][0][:5] for i in range(8)])
        for _ in range(5):
            logits, _ = model(x)
            _, best = torch.topk(logits[:, -1, :], k=1, dim=-1)
            x = torch.cat((x, best), dim=1)
    out.append(float((x[:, 5:] == x[:, :5].sort(dim=1).values).sum()))
    return out
