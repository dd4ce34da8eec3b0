"""Transformer layers, stacks, the whole transformer and GPT: against loops in NumPy, PyTorch where it is installed."""

import itertools

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim

from . import naive_attention as naive

F64 = np.float64
E, H, N, S, T = 6, 2, 3, 5, 4


def draw(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def scrambled(model):
    """The model with random parameters, biases and norms too."""
    for i, parameter in enumerate(model.parameters()):
        parameter.data = ag.tensor(draw(*parameter.shape, seed=i) * 0.4 + 0.3 * (parameter.ndim == 1))
    return model


def triangle(size):
    return np.where(np.triu(np.ones((size, size), bool), 1), -np.inf, 0.0)


# -------------------------------------------------------------------------------------------------------------- layers

OPTIONS = list(itertools.product((False, True), (True, False), ("relu", "gelu"), (False, True)))


@pytest.mark.parametrize(("norm_first", "bias", "activation", "batch_first"), OPTIONS)
def test_layers_by_hand(norm_first, bias, activation, batch_first):
    how = {"activation": activation, "norm_first": norm_first, "bias": bias, "batch_first": batch_first}
    encoder, decoder = (
        scrambled(kind(E, H, 7, 0.0, layer_norm_eps=1e-3, dtype=F64, **how))
        for kind in (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer)
    )
    src, tgt = draw(S, N, E), draw(T, N, E, seed=1)
    padding, free = draw(N, S, seed=2) > 0.8, draw(T, S, seed=3)
    hidden = np.where(padding, -np.inf, 0)[:, None, None]
    by_hand = {"activation": activation, "norm_first": norm_first, "eps": 1e-3}

    def given(x):
        return ag.tensor(x.swapaxes(0, 1) if batch_first else x)

    def plain(x):
        return x.numpy().swapaxes(0, 1) if batch_first else x.numpy()

    expected = naive.layer(encoder.state_dict(), "", H, src, bias=hidden + triangle(S), **by_hand)
    out = encoder(given(src), ag.tensor(triangle(S)), ag.tensor(padding))
    np.testing.assert_allclose(plain(out), expected, rtol=1e-10, atol=1e-11)
    expected = naive.layer(
        decoder.state_dict(), "", H, tgt, src, np.broadcast_to(triangle(T), (N, H, T, T)), hidden + free, **by_hand
    )
    out = decoder(given(tgt), given(src), ag.tensor(triangle(T)), ag.tensor(free), None, ag.tensor(padding))
    np.testing.assert_allclose(plain(out), expected, rtol=1e-10, atol=1e-11)


def test_an_activation_may_be_a_function_or_a_module():
    x = ag.tensor(draw(S, N, E))
    by_function = scrambled(nn.TransformerEncoderLayer(E, H, 7, 0.0, activation=ag.tanh, dtype=F64))
    by_module = scrambled(nn.TransformerEncoderLayer(E, H, 7, 0.0, activation=nn.Tanh(), dtype=F64))
    np.testing.assert_array_equal(by_function(x).numpy(), by_module(x).numpy())


def test_differentiable_twice():
    layer = scrambled(nn.TransformerEncoderLayer(4, 2, 5, 0.0, "gelu", dtype=F64))
    x, u, v = (ag.tensor(draw(3, 2, 4, seed=i)) for i in range(3))
    weights = ag.tensor(draw(3, 2, 4, seed=3))

    def slope(x, create_graph=False):
        x = x.detach().requires_grad_()
        (g,) = ag.grad((layer(x, is_causal=True) * weights).sum(), x, create_graph=create_graph)
        return x, (g * u).sum()

    moved, component = slope(x, True)
    (second,) = ag.grad(component, moved)
    step = 1e-5
    numeric = (slope(x + step * v)[1] - slope(x - step * v)[1]) / (2 * step)
    assert (second * v).sum().item() == pytest.approx(numeric.item(), rel=1e-6)


def test_inside_vmap():
    layer = scrambled(nn.TransformerEncoderLayer(E, H, 7, 0.0, dtype=F64))
    x = ag.tensor(draw(N, S, E))
    out = ag.func.vmap(lambda x: layer(x))(x).numpy()
    for n in range(N):
        np.testing.assert_allclose(out[n], layer(x[n]).numpy(), rtol=1e-10, atol=1e-12)


def test_dropout_in_training_alone():
    x = ag.ones(S, N, E)
    for layer, args in (
        (nn.TransformerEncoderLayer(E, H, 7, 0.5), (x,)),
        (nn.TransformerDecoderLayer(E, H, 7, 0.5), (x, x)),
    ):
        assert not np.array_equal(layer(*args).detach().numpy(), layer(*args).detach().numpy())
        layer.eval()
        np.testing.assert_array_equal(layer(*args).detach().numpy(), layer(*args).detach().numpy())


def test_names_of_parameters():
    encoder, decoder = nn.TransformerEncoderLayer(E, H, 7), nn.TransformerDecoderLayer(E, H, 7, bias=False)
    attention = ["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"]
    pairs = [f"{name}.{kind}" for name in ("linear1", "linear2", "norm1", "norm2") for kind in ("weight", "bias")]
    assert list(encoder.state_dict()) == [f"self_attn.{name}" for name in attention] + pairs
    assert list(decoder.state_dict()) == [
        *(f"{name}.{w}" for name in ("self_attn", "multihead_attn") for w in ("in_proj_weight", "out_proj.weight")),
        *(f"{name}.weight" for name in ("linear1", "linear2", "norm1", "norm2", "norm3")),
    ]


# -------------------------------------------------------------------------------------------------------------- stacks


def test_stacks_are_their_layers_in_turn():
    layer, norm = nn.TransformerEncoderLayer(E, H, 7, 0.0, dtype=F64), nn.LayerNorm(E, dtype=F64)
    encoder = nn.TransformerEncoder(layer, 3, norm)
    assert (encoder.num_layers, len(encoder.layers)) == (3, 3)
    for copied in encoder.layers:
        assert copied.linear1.weight is not layer.linear1.weight
        np.testing.assert_array_equal(copied.linear1.weight.numpy(), layer.linear1.weight.numpy())
    scrambled(encoder)
    src, tgt, mask = ag.tensor(draw(S, N, E)), ag.tensor(draw(T, N, E, seed=1)), ag.tensor(draw(S, S))
    x = src
    for each in encoder.layers:
        x = each(x, mask)
    np.testing.assert_array_equal(encoder(src, mask).numpy(), norm(x).numpy())
    decoder = scrambled(nn.TransformerDecoder(nn.TransformerDecoderLayer(E, H, 7, 0.0, dtype=F64), 2))
    y = tgt
    for each in decoder.layers:
        y = each(y, x)
    np.testing.assert_array_equal(decoder(tgt, x).numpy(), y.numpy())


@pytest.mark.parametrize("batch_first", [False, True])
def test_a_causal_mask_is_found_out(batch_first):
    """As the triangle it is cheaper; the result is that of any mask."""
    layer = scrambled(nn.TransformerEncoderLayer(E, H, 7, 0.0, batch_first=batch_first, dtype=F64))
    encoder, seen = nn.TransformerEncoder(layer, 2), []
    for each in encoder.layers:
        each.register_forward_pre_hook(lambda m, args, kwargs: seen.append(kwargs["is_causal"]), with_kwargs=True)
    x, mask = ag.tensor(draw(S, S, E)), ag.tensor(triangle(S))
    expected = encoder(x, mask, is_causal=False).numpy()
    for given in (mask, mask < 0):
        np.testing.assert_allclose(encoder(x, given).numpy(), expected, rtol=1e-11, atol=1e-12)
    encoder(x, mask * 0.5 - 1.0)
    assert seen == [False, False, True, True, True, True, False, False]
    np.testing.assert_allclose(encoder(x, is_causal=True).numpy(), expected, rtol=1e-11, atol=1e-12)
    learnt = mask.detach().requires_grad_()
    (encoder(x, learnt) ** 2).sum().backward()
    assert np.tril(learnt.grad.numpy()).any()


def test_the_whole():
    model = scrambled(nn.Transformer(E, H, 2, 1, 7, 0.0, dtype=F64))
    src, tgt = ag.tensor(draw(S, N, E)), ag.tensor(draw(T, N, E, seed=1))
    mask, padding = model.generate_square_subsequent_mask(T, dtype=F64), ag.tensor(draw(N, S) > 1)
    out = model(src, tgt, None, mask, None, padding, None, padding)
    memory = model.encoder(src, src_key_padding_mask=padding)
    expected = model.decoder(tgt, memory, mask, memory_key_padding_mask=padding)
    np.testing.assert_array_equal(out.numpy(), expected.numpy())
    one = model(
        src[:, 1], tgt[:, 1], tgt_mask=mask, src_key_padding_mask=padding[1], memory_key_padding_mask=padding[1]
    )
    np.testing.assert_allclose(one.numpy(), out.numpy()[:, 1], rtol=1e-10, atol=1e-12)
    own = nn.Transformer(E, H, custom_encoder=model.encoder, custom_decoder=model.decoder)
    assert own.encoder is model.encoder
    assert own.decoder is model.decoder


def test_starting_values():
    ag.manual_seed(0)
    model = nn.Transformer(32, 2, 1, 1, 64)
    for name, parameter in model.named_parameters():
        w = parameter.numpy()
        if w.ndim > 1:  # xavier_uniform_
            bound = np.sqrt(6 / sum(w.shape))
            assert 0.97 * bound < np.abs(w).max() <= bound, name
    mask = model.generate_square_subsequent_mask(4)
    assert mask.dtype == np.float32
    np.testing.assert_array_equal(mask.numpy(), triangle(4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: nn.TransformerEncoderLayer(E, H, activation="tanh"),
            "should be 'relu', 'gelu' or a function, not 'tanh'",
        ),
        (
            lambda: nn.Transformer(E, H, 1, 1, 7)(ag.ones(S, 2, E), ag.ones(T, 3, E)),
            "must be equal, got 2 and 3, dimension 1",
        ),
        (
            lambda: nn.Transformer(E, H, 1, 1, 7)(ag.ones(S, 2, E), ag.ones(T, 2, 4)),
            "must be equal to d_model=6, got shapes",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ----------------------------------------------------------------------------------------------------------------- GPT


def gpt(**options):
    ag.manual_seed(0)
    return nn.GPT(7, 6, 2, 2, 8, **options)


def test_gpt_by_hand():
    model = scrambled(gpt(dtype=F64))
    index = np.array([[1, 4, 2, 0], [6, 6, 5, 3]])
    state = model.state_dict()
    x = (np.asarray(state["tokens.weight"])[index] + np.asarray(state["positions.weight"])[:4]).swapaxes(0, 1)
    for i in range(2):
        x = naive.layer(state, f"blocks.{i}.", 2, x, bias=triangle(4)[None, None], activation="gelu", norm_first=True)
    x = naive.layer_norm(state, "norm.", x, 1e-5) @ np.asarray(state["tokens.weight"]).T
    np.testing.assert_allclose(model(ag.tensor(index)).numpy(), x.swapaxes(0, 1), rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose(model(ag.tensor(index[1])).numpy(), x[:, 1], rtol=1e-10, atol=1e-11)


def test_gpt_weights():
    tied, loose = gpt(), gpt(tied=False)
    assert tied.head.weight is tied.tokens.weight
    assert loose.head.weight is not loose.tokens.weight
    assert len(list(loose.parameters())) == len(list(tied.parameters())) + 1
    big = nn.GPT(300, 60, 4, 2, 64)
    for name, w in big.named_parameters():
        if w.ndim > 1:
            added = name.endswith(("out_proj.weight", "linear2.weight"))
            assert w.numpy().std() == pytest.approx(0.02 / np.sqrt(8) if added else 0.02, rel=0.1), name
        else:
            np.testing.assert_array_equal(w.numpy(), 0 if name.endswith("bias") else 1)


def test_gpt_learns_a_sequence_and_goes_on_with_it():
    model = gpt()
    cycle = np.array([0, 1, 2, 3, 3, 5] * 4)
    x, y = (ag.tensor(np.stack([cycle[i + k : i + k + 6] for i in range(6)])) for k in (0, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(80):
        loss = F.cross_entropy(model(x).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2
    for temperature, top_k in ((0, None), (1.0, 1)):
        out = model.generate(ag.tensor(cycle[:6]), 12, temperature, top_k)
        np.testing.assert_array_equal(out.numpy(), cycle[:18])


def test_gpt_draws_by_its_scores():
    model = scrambled(gpt(dtype=F64))
    start = ag.tensor(np.tile([2, 5], (4000, 1)))
    p = np.exp(model(start[0]).numpy()[-1] / 2)
    for top_k, kept in ((None, np.full(7, True)), (3, p >= np.sort(p)[-3])):
        drawn = model.generate(start, 1, 2.0, top_k, ag.Generator(1))
        assert drawn.shape == (4000, 3)
        again = model.generate(start, 1, 2.0, top_k, ag.Generator(1))
        np.testing.assert_array_equal(drawn.numpy(), again.numpy())
        expected = p * kept / (p * kept).sum()
        np.testing.assert_allclose(np.bincount(drawn.numpy()[:, 2], minlength=7) / 4000, expected, atol=0.03)


def test_gpt_generates_without_dropout_and_returns_to_its_mode():
    model = gpt(dropout=0.9)
    start = [1, 2]
    np.testing.assert_array_equal(model.generate(start, 9, 0).numpy(), model.generate(start, 9, 0).numpy())
    assert model.training
    assert model.blocks[0].training
    model.eval()
    model.generate(np.array([start]), 1)
    assert not model.training


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.GPT(0, 6, 2, 2, 8), "GPT: vocabulary must be at least 1, got 0"),
        (lambda: nn.GPT(7, 6, 0, 2, 8), "GPT: layers must be at least 1, got 0"),
        (lambda: gpt()(ag.tensor([0] * 7)), r"7 positions, but context=6; cut it, as in x\[..., -6:\]"),
        (lambda: gpt().generate([1], 2, -1.0), "temperature must not be negative, got -1.0"),
        (lambda: gpt().generate([1], 2, 1.0, 0), "top_k must be at least 1, got 0"),
        (lambda: gpt().generate([], 2), r"needs tokens \(T,\) or \(N, T\) to begin with, got shape \(0,\)"),
    ],
)
def test_gpt_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
