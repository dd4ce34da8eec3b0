"""Attention and transformer layers with NumPy, one query of one head after the other: what the fast code must equal."""

import numpy as np
from scipy.special import erf


def attention(q, k, v, mask=None, causal=False, scale=None):
    """q (..., L, E), k (..., S, E), v (..., S, V): the output, and the weights (..., L, S)."""
    lead = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    q, k, v = (np.broadcast_to(x, (*lead, *x.shape[-2:])) for x in (q, k, v))
    L, S, E = q.shape[-2], k.shape[-2], q.shape[-1]
    mask = np.broadcast_to(np.zeros(()) if mask is None else mask, (*lead, L, S))
    out, weights = np.zeros((*lead, L, v.shape[-1])), np.zeros((*lead, L, S))
    for where in np.ndindex(*lead):
        for i in range(L):
            scores = [(1 / np.sqrt(E) if scale is None else scale) * q[where][i] @ k[where][j] for j in range(S)]
            bias = np.where(mask[where][i], 0, -np.inf) if mask.dtype == bool else mask[where][i]
            scores = np.array(scores) + bias
            seen = [j for j in range(S) if (not causal or j <= i) and scores[j] > -np.inf]
            if seen:
                e = np.exp(scores[seen] - scores[seen].max())
                weights[where][i, seen] = e / e.sum()
                out[where][i] = weights[where][i] @ v[where]
    return out, weights


def multi_head(state, prefix, heads, query, key, value, bias=None):
    """MultiheadAttention of arrays (L, N, E) by its state dict. bias (N, H, L, S), added to the scores."""

    def of(name, default=0.0):
        return np.asarray(state.get(prefix + name, default))

    E = query.shape[2]
    if f"{prefix}in_proj_weight" in state:
        weights = np.split(of("in_proj_weight"), 3)
    else:
        weights = [of(f"{x}_proj_weight") for x in "qkv"]
    biases = np.split(of("in_proj_bias", np.zeros(3 * E)), 3)
    q, k, v = (x @ w.T + b for x, w, b in zip((query, key, value), weights, biases, strict=True))
    if f"{prefix}bias_k" in state:
        k, v = (np.concatenate([x, np.repeat(of(b), q.shape[1], 1)]) for x, b in ((k, "bias_k"), (v, "bias_v")))
    if bias is not None and bias.shape[-1] == len(k) + 1:  # add_zero_attn
        k, v = (np.concatenate([x, np.zeros((1, *x.shape[1:]))]) for x in (k, v))
    q, k, v = (x.reshape(*x.shape[:2], heads, E // heads).transpose(1, 2, 0, 3) for x in (q, k, v))
    out, found = attention(q, k, v, bias)
    out = out.transpose(2, 0, 1, 3).reshape(query.shape)
    return out @ of("out_proj.weight").T + of("out_proj.bias"), found


def layer_norm(state, prefix, x, eps):
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)
    return x * np.asarray(state[f"{prefix}weight"]) + np.asarray(state.get(f"{prefix}bias", 0.0))


ACTIVATIONS = {"relu": lambda x: np.maximum(x, 0), "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2}


def layer(
    state, prefix, heads, x, memory=None, bias=None, memory_bias=None, activation="relu", norm_first=False, eps=1e-5
):
    """An encoder layer, or with a memory a decoder layer, of arrays (L, N, E)."""

    def linear(name, x):
        return x @ np.asarray(state[f"{prefix}{name}.weight"]).T + np.asarray(state.get(f"{prefix}{name}.bias", 0.0))

    blocks = [lambda x: multi_head(state, f"{prefix}self_attn.", heads, x, x, x, bias)[0]]
    if memory is not None:
        name = f"{prefix}multihead_attn."
        blocks.append(lambda x: multi_head(state, name, heads, x, memory, memory, memory_bias)[0])
    blocks.append(lambda x: linear("linear2", ACTIVATIONS[activation](linear("linear1", x))))
    for i, block in enumerate(blocks, 1):
        norm = f"{prefix}norm{i}."
        if norm_first:
            x = x + block(layer_norm(state, norm, x, eps))
        else:
            x = layer_norm(state, norm, x + block(x), eps)
    return x
