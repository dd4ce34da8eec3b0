"""A decoder like Llama's: RMS norm, rotary positions by complex numbers, SwiGLU, grouped keys, a cache while it generates."""

import math
from dataclasses import dataclass

from .common import fill, text


@dataclass
class Args:
    dim: int = 16
    n_layers: int = 2
    n_heads: int = 4
    n_kv_heads: int | None = 2
    vocab_size: int = 9
    max_seq_len: int = 24
    norm_eps: float = 1e-5


def run(torch):
    nn, F = torch.nn, torch.nn.functional

    class RMSNorm(torch.nn.Module):
        def __init__(self, dim: int, eps: float = 1e-6):
            super().__init__()
            self.eps = eps
            self.weight = nn.Parameter(torch.ones(dim))

        def _norm(self, x):
            return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self._norm(x.float()).type_as(x) * self.weight

    def precompute_freqs_cis(dim: int, end: int, theta: float = 100.0):
        freqs = 1.0 / (theta ** (torch.arange(0, dim, 2)[: (dim // 2)].float() / dim))
        t = torch.arange(end, device=freqs.device, dtype=torch.float32)
        freqs = torch.outer(t, freqs)
        return torch.polar(torch.ones_like(freqs), freqs)

    def reshape_for_broadcast(freqs_cis, x):
        ndim = x.ndim
        assert freqs_cis.shape == (x.shape[1], x.shape[-1])
        return freqs_cis.view(*[d if i == 1 or i == ndim - 1 else 1 for i, d in enumerate(x.shape)])

    def apply_rotary_emb(xq, xk, freqs_cis):
        xq_ = torch.view_as_complex(xq.float().reshape(*xq.shape[:-1], -1, 2))
        xk_ = torch.view_as_complex(xk.float().reshape(*xk.shape[:-1], -1, 2))
        freqs_cis = reshape_for_broadcast(freqs_cis, xq_)
        xq_out = torch.view_as_real(xq_ * freqs_cis).flatten(3)
        xk_out = torch.view_as_real(xk_ * freqs_cis).flatten(3)
        return xq_out.type_as(xq), xk_out.type_as(xk)

    def repeat_kv(x, n_rep: int):
        bs, slen, n_kv_heads, head_dim = x.shape
        if n_rep == 1:
            return x
        x = x[:, :, :, None, :].expand(bs, slen, n_kv_heads, n_rep, head_dim)
        return x.reshape(bs, slen, n_kv_heads * n_rep, head_dim)

    class Attention(nn.Module):
        def __init__(self, args: Args):
            super().__init__()
            self.n_kv_heads = args.n_heads if args.n_kv_heads is None else args.n_kv_heads
            self.n_heads, self.n_rep = args.n_heads, args.n_heads // self.n_kv_heads
            self.head_dim = args.dim // args.n_heads
            self.wq = nn.Linear(args.dim, args.n_heads * self.head_dim, bias=False)
            self.wk = nn.Linear(args.dim, self.n_kv_heads * self.head_dim, bias=False)
            self.wv = nn.Linear(args.dim, self.n_kv_heads * self.head_dim, bias=False)
            self.wo = nn.Linear(args.n_heads * self.head_dim, args.dim, bias=False)
            self.register_buffer(
                "cache_k", torch.zeros(1, args.max_seq_len, self.n_kv_heads, self.head_dim), persistent=False
            )
            self.register_buffer("cache_v", torch.zeros_like(self.cache_k), persistent=False)

        def forward(self, x, start_pos, freqs_cis, mask):
            bsz, seqlen, _ = x.shape
            xq = self.wq(x).view(bsz, seqlen, self.n_heads, self.head_dim)
            xk = self.wk(x).view(bsz, seqlen, self.n_kv_heads, self.head_dim)
            xv = self.wv(x).view(bsz, seqlen, self.n_kv_heads, self.head_dim)
            xq, xk = apply_rotary_emb(xq, xk, freqs_cis=freqs_cis)
            if not self.training:
                self.cache_k[:bsz, start_pos : start_pos + seqlen] = xk
                self.cache_v[:bsz, start_pos : start_pos + seqlen] = xv
                xk, xv = self.cache_k[:bsz, : start_pos + seqlen], self.cache_v[:bsz, : start_pos + seqlen]
            keys, values = repeat_kv(xk, self.n_rep).transpose(1, 2), repeat_kv(xv, self.n_rep).transpose(1, 2)
            xq = xq.transpose(1, 2)
            scores = torch.matmul(xq, keys.transpose(2, 3)) / math.sqrt(self.head_dim)
            if mask is not None:
                scores = scores + mask
            scores = F.softmax(scores.float(), dim=-1).type_as(xq)
            output = torch.matmul(scores, values)
            return self.wo(output.transpose(1, 2).contiguous().view(bsz, seqlen, -1))

    class Block(nn.Module):
        def __init__(self, layer_id: int, args: Args):
            super().__init__()
            self.layer_id, self.attention = layer_id, Attention(args)
            self.w1, self.w2, self.w3 = (
                nn.Linear(*s, bias=False) for s in ((args.dim, 24), (24, args.dim), (args.dim, 24))
            )
            self.attention_norm, self.ffn_norm = RMSNorm(args.dim, args.norm_eps), RMSNorm(args.dim, args.norm_eps)

        def forward(self, x, start_pos, freqs_cis, mask):
            h = x + self.attention(self.attention_norm(x), start_pos, freqs_cis, mask)
            y = self.ffn_norm(h)
            return h + self.w2(F.silu(self.w1(y)) * self.w3(y))

    class Transformer(nn.Module):
        def __init__(self, params: Args):
            super().__init__()
            self.tok_embeddings = nn.Embedding(params.vocab_size, params.dim)
            self.layers = torch.nn.ModuleList()
            for layer_id in range(params.n_layers):
                self.layers.append(Block(layer_id, params))
            self.norm = RMSNorm(params.dim, eps=params.norm_eps)
            self.output = nn.Linear(params.dim, params.vocab_size, bias=False)
            self.freqs_cis = precompute_freqs_cis(params.dim // params.n_heads, params.max_seq_len * 2)

        def forward(self, tokens, start_pos: int = 0):
            _bsz, seqlen = tokens.shape
            h = self.tok_embeddings(tokens)
            freqs_cis = self.freqs_cis[start_pos : start_pos + seqlen]
            mask = None
            if seqlen > 1:
                mask = torch.full((seqlen, seqlen), float("-inf"), device=tokens.device)
                mask = torch.triu(mask, diagonal=1)
                mask = torch.hstack([torch.zeros((seqlen, start_pos)), mask]).type_as(h)
            for layer in self.layers:
                h = layer(h, start_pos, freqs_cis, mask)
            return self.output(self.norm(h)).float()

    def sample_top_p(probs, p):
        probs_sort, probs_idx = torch.sort(probs, dim=-1, descending=True)
        probs_sum = torch.cumsum(probs_sort, dim=-1)
        probs_sort[probs_sum - probs_sort > p] = 0.0
        probs_sort.div_(probs_sort.sum(dim=-1, keepdim=True))
        return torch.gather(probs_idx, -1, torch.multinomial(probs_sort, num_samples=1))

    data = text()
    vocab = sorted(set(data))
    ids = torch.tensor([vocab.index(c) for c in data])
    model = fill(torch, Transformer(Args(vocab_size=len(vocab))), seed=1)
    decayed = [p for p in model.parameters() if p.dim() > 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed}, {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0}],
        lr=1e-2, betas=(0.9, 0.95), weight_decay=0.1, foreach=False,
    )  # fmt: skip
    schedule = torch.optim.lr_scheduler.SequentialLR(
        optimizer,
        [
            torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=3),
            torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=7, eta_min=1e-3),
        ],
        milestones=[3],
    )
    out = []
    for step in range(10):
        x = torch.stack([ids[i : i + 13] for i in range(step, step + 200, 50)])
        logits = model(x[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, logits.size(-1)), x[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0, error_if_nonfinite=True)
        optimizer.step()
        schedule.step()
        out += [loss.item(), norm.item(), optimizer.param_groups[1]["lr"]]
    model.eval()
    assert "layers.0.attention.cache_k" not in model.state_dict() and len(list(model.buffers())) == 4
    with torch.inference_mode():
        tokens = torch.full((1, 16), -1, dtype=torch.long)
        tokens[0, :4] = ids[:4]
        prev_pos = 0
        for cur_pos in range(4, 16):
            logits = model(tokens[:, prev_pos:cur_pos], prev_pos)
            next_token = sample_top_p(torch.softmax(logits[:, -1] / 0.7, dim=-1), 1e-6).reshape(-1)
            tokens[:, cur_pos] = torch.where(tokens[:, cur_pos] != -1, tokens[:, cur_pos], next_token)
            prev_pos = cur_pos
        model.train()
        whole = model(tokens[:, :-1])
        assert torch.allclose(whole[:, -1], logits[:, -1], atol=1e-5)
    return out + logits[0, -1].tolist() + [float(sum(tokens[0].tolist()))]
