"""Attention, transformers and embeddings against PyTorch, where it is installed: parameters loaded from its state dicts,
outputs and all gradients compared over configurations drawn at random."""

import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow

N, L, S = 2, 4, 6
RNG = np.random.default_rng(0)


def pick(*choices):
    return choices[RNG.integers(len(choices))]


def normal(*shape):
    return RNG.standard_normal(shape)


def same_parameters(theirs, ours):
    for parameter in theirs.parameters():
        parameter.data = torch.tensor(normal(*parameter.shape) * 0.4 + 0.4 * (parameter.dim() == 1))
    ours.load_state_dict({name: value.numpy().copy() for name, value in theirs.state_dict().items()})
    assert list(theirs.state_dict()) == list(ours.state_dict())
    mode = pick(True, False)
    theirs.train(mode)
    ours.train(mode)


def compare(theirs, ours, arrays, call):
    """`call(model, tensors)` gives a result or several; arrays that are shared stay shared."""
    results, gradients = [], []
    for model, make in (
        (theirs, lambda a: torch.tensor(a, requires_grad=a.dtype == float)),
        (ours, lambda a: ag.tensor(a, requires_grad=a.dtype == float)),
    ):
        made = {id(a): make(a) for a in arrays if a is not None}
        outs = call(model, [None if a is None else made[id(a)] for a in arrays])
        outs = [o for o in (outs if isinstance(outs, tuple) else (outs,)) if o is not None]
        sum((o**2).sum() + o.sum() for o in outs).backward()
        results.append([o.detach().numpy() for o in outs])
        leaves = [*(x for x in made.values() if x.requires_grad), *model.parameters()]
        gradients.append([np.zeros(x.shape) if x.grad is None else x.grad.numpy() for x in leaves])
    for mine, other in ((results[1], results[0]), (gradients[1], gradients[0])):
        assert len(mine) == len(other)
        for a, b in zip(mine, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9)


def mask(rows, columns, heads, batch):
    """No mask, one for all or for each head, boolean or not; every query sees the first key."""
    values = pick(None, normal(rows, columns), normal(batch * heads, rows, columns))
    if values is None or pick(True, False):
        return values
    hidden = values > 0.3
    hidden[..., 0] = False
    return hidden


def padding(batch, keys):
    values = pick(None, normal(batch, keys))
    if values is None or pick(True, False):
        return values
    hidden = values > 0.3
    hidden[:, 0] = False
    return hidden


@pytest.mark.parametrize("seed", range(150))
def test_multi_head(seed):
    global RNG
    RNG = np.random.default_rng(seed)
    E, H = 12, pick(1, 2, 3)
    kdim, vdim = pick((None, None), (5, 12), (7, 7))
    how = {"bias": pick(True, False), "add_bias_kv": pick(True, False), "add_zero_attn": pick(True, False)}
    how |= {"kdim": kdim, "vdim": vdim, "batch_first": pick(True, False)}
    theirs = torch.nn.MultiheadAttention(E, H, dtype=torch.float64, **how)
    ours = nn.MultiheadAttention(E, H, dtype=np.float64, **how)
    same_parameters(theirs, ours)

    def sequence(length, width):
        return normal(N, length, width) if how["batch_first"] else normal(length, N, width)

    query, key, value = sequence(L, E), sequence(S, theirs.kdim), sequence(S, theirs.vdim)
    if kdim is None:
        key = query if pick(True, False) else key
        value = key if pick(True, False) or key is query else value
    keys = L if key is query else S
    options = {"need_weights": pick(True, False), "average_attn_weights": pick(True, False)}
    arrays = [query, key, value, padding(N, keys), mask(L, keys, H, N)]
    compare(theirs, ours, arrays, lambda m, x: m(*x[:4], attn_mask=x[4], **options))


@pytest.mark.parametrize("seed", range(60))
def test_transformers(seed):
    global RNG
    RNG = np.random.default_rng(seed)
    E, H, first = 8, pick(1, 2), pick(True, False)
    how = {
        "dropout": 0.0,
        "activation": pick("relu", "gelu"),
        "norm_first": pick(True, False),
        "bias": pick(True, False),
    }
    sizes = pick((1, 2), (2, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of nested tensors
        theirs = torch.nn.Transformer(E, H, *sizes, 12, batch_first=first, dtype=torch.float64, **how)
    ours = nn.Transformer(E, H, *sizes, 12, batch_first=first, dtype=np.float64, **how)
    same_parameters(theirs, ours)
    tgt_mask = pick(np.triu(np.ones((L, L), bool), 1), mask(L, L, H, N))
    masks = [mask(S, S, H, N), tgt_mask, mask(L, S, H, N), padding(N, S), padding(N, L), padding(N, S)]
    src, tgt = (normal(N, n, E) if first else normal(n, N, E) for n in (S, L))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of masks of different dtypes
        compare(theirs, ours, [src, tgt, *masks], lambda m, x: m(*x))


@pytest.mark.parametrize("seed", range(60))
def test_embeddings(seed):
    global RNG
    RNG = np.random.default_rng(seed)
    mode = pick("sum", "mean", "max")
    how = {"mode": mode, "padding_idx": pick(None, 1, -2), "max_norm": pick(None, 1.5)}
    how |= {"include_last_offset": pick(True, False)}
    theirs, ours = (
        torch.nn.EmbeddingBag(7, 5, dtype=torch.float64, **how),
        nn.EmbeddingBag(7, 5, dtype=np.float64, **how),
    )
    same_parameters(theirs, ours)
    index, offsets = RNG.integers(0, 7, 20), np.array([0, 0, 3, 9, 9, 20])
    scale = normal(20) if mode == "sum" and how["padding_idx"] is None else None
    compare(theirs, ours, [index, offsets, scale], lambda m, x: m(*x))
    how = {"padding_idx": pick(None, 1, -2), "max_norm": pick(None, 1.5), "norm_type": pick(1.0, 2.0, 3.0)}
    how |= {"scale_grad_by_freq": pick(True, False)}
    theirs, ours = torch.nn.Embedding(7, 5, dtype=torch.float64, **how), nn.Embedding(7, 5, dtype=np.float64, **how)
    same_parameters(theirs, ours)
    compare(theirs, ours, [index.reshape(4, 5)], lambda m, x: m(*x))
