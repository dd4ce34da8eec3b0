"""Attention: the kernels against the definition, what is dropped, masks, memory, vmap, and multi-head attention.

(Values and derivatives of `F.scaled_dot_product_attention` against plain loops are rows of tables/attention.py.)
"""

import itertools
import tracemalloc

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
from autograd_core.kernels.products import attention as kernels
from autograd_core.kernels.products.attention import Settings
from autograd_core.kernels.rows import dropout as drops
from autograd_core.ops.network import attention as ops

from . import naive_attention

F64 = np.float64


@pytest.fixture
def threads():
    before = ag.get_num_threads()
    yield ag.set_num_threads
    ag.set_num_threads(before)


def draw(*shape, dtype=F64, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape).astype(dtype)


# --------------------------------------------------------------------------------- the kernels against the definition

# leading sizes, L, S, E, V: one of everything, heads in parts, several blocks, widths that fill no vector, many heads
SIZES = [
    ((), 1, 1, 1, 1),
    ((2,), 70, 9, 5, 3),
    ((1, 1), 300, 257, 16, 8),
    ((1,), 30, 1300, 4, 4),
    ((3, 3), 7, 20, 33, 40),
]
CASES = list(itertools.product((False, True), (None, "all", "rows", "keys"), (0.0, 0.3, 1.0), (False, True)))


def case_bias(kind, lead, L, S):
    if kind == "keys":
        return np.where(draw(1, S) > 1, -np.inf, 0.0)
    return None if kind is None else draw(*lead, L, S) if kind == "all" else draw(L, 1)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_kernels_equal_the_definition(size):
    """Output, weights and all gradients, with and without a triangle, a bias, dropping, a gradient of the weights."""
    lead, L, S, E, V = size
    arrays = [draw(*lead, L, E), draw(*lead, S, E, seed=1), draw(*lead, S, V, seed=2)]
    g, gw = ag.tensor(draw(*lead, L, V, seed=3)), ag.tensor(draw(*lead, L, S, seed=4))
    for causal, kind, p, weighing in CASES:
        settings = Settings(causal, 0.3, p, 987654321987)
        bias = case_bias(kind, lead, L, S)
        inputs = [*arrays] if bias is None else [*arrays, bias]
        found = []
        for run in (ops._primitives[False, weighing], ops._defined):
            xs = [ag.tensor(x, requires_grad=True) for x in inputs]
            operands = (*xs, *(None,) * (4 - len(xs)))
            if run is ops._defined:
                out, weights = ops._defined(*operands, settings)
            else:
                results = ops.apply(run, operands, (settings,))
                out, weights = results if weighing else (results, None)
            total = (out * g).sum() + ((weights * gw).sum() if weighing else 0.0)
            found.append([out, *([weights] if weighing else []), *ag.grad(total, xs)])
        for fused, defined in zip(*found, strict=True):
            np.testing.assert_allclose(fused.numpy(), defined.numpy(), rtol=1e-11, atol=1e-12)


def test_in_float32():
    q, k, v = (draw(2, 100, 32, seed=i) for i in range(3))
    single = [ag.tensor(x, dtype=np.float32, requires_grad=True) for x in (q, k, v)]
    double = [ag.tensor(x, requires_grad=True) for x in (q, k, v)]
    for xs in (single, double):
        (F.scaled_dot_product_attention(*xs, is_causal=True) ** 2).sum().backward()
    for s, d in zip(single, double, strict=True):
        assert s.grad.dtype == np.float32
        np.testing.assert_allclose(s.grad.numpy(), d.grad.numpy(), rtol=1e-4, atol=2e-5)


def test_half_precision_takes_the_definition():
    x = ag.tensor(draw(2, 4, 3), dtype=np.float16, requires_grad=True)
    out = F.scaled_dot_product_attention(x, x, x)
    out.sum().backward()
    assert (out.dtype, x.grad.dtype) == (np.float16, np.float16)


def test_results_do_not_depend_on_the_number_of_threads(threads):
    for lead in ((1,), (9,)):  # heads in parts, and many heads
        xs = [draw(*lead, 200, 16, dtype=np.float32, seed=i) for i in range(4)]
        settings, found = Settings(True, 0.25, 0.2, 5), []
        for n in (1, 2, 3):
            threads(n)
            out, _, stats = kernels.forward(*xs[:3], None, settings, False)
            found.append((out, *kernels.backward(xs[3], None, *xs[:3], None, stats, settings)[:3]))
        for other in found[1:]:
            for a, b in zip(found[0], other, strict=True):
                np.testing.assert_array_equal(a, b)


def test_operands_are_read_where_they_lie():
    """Slices of one array in another order of dimensions; outputs and gradients lie in memory as the operands do."""
    N, H, L, D = 2, 3, 6, 4
    together = draw(L, N, 3, H, D).transpose(2, 1, 3, 0, 4)  # (3, N, H, L, D)
    copies = [np.ascontiguousarray(x) for x in together]
    settings = Settings(False, 0.5, 0.0, 0)
    out, _, stats = kernels.forward(*together, None, settings, False)
    assert out.transpose(2, 0, 1, 3).flags.c_contiguous
    expected, _, _ = kernels.forward(*copies, None, settings, False)
    np.testing.assert_array_equal(out, expected)
    g = np.ones_like(expected)
    gradients = kernels.backward(g, None, *together, None, stats, settings)[:3]
    for slope, other in zip(gradients, kernels.backward(g, None, *copies, None, stats, settings), strict=False):
        np.testing.assert_array_equal(slope, other)
    for odd in (copies[1][..., ::-1], np.asfortranarray(copies[1]), np.broadcast_to(copies[1][:1], copies[1].shape)):
        out = kernels.forward(copies[0], odd, copies[2], None, settings, False)[0]
        np.testing.assert_array_equal(
            out, kernels.forward(copies[0], np.ascontiguousarray(odd), copies[2], None, settings, False)[0]
        )


def test_memory_grows_with_the_length_alone():
    L = 1500
    xs = [ag.tensor(draw(1, 2, L, 8, dtype=np.float32, seed=i), requires_grad=True) for i in range(3)]
    F.scaled_dot_product_attention(*xs).sum().backward()
    tracemalloc.start()
    F.scaled_dot_product_attention(*xs, dropout_p=0.1, is_causal=True).sum().backward()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * L * L * 4 / 4  # the scores of two heads would be four times that


def test_a_packed_operand_is_the_same():
    qkv = ag.tensor(draw(3, 2, 5, 4), requires_grad=True)
    for causal, weighing in itertools.product((False, True), (False, True)):
        out, weights = ops.attend((qkv,), None, causal, 0.5, 0.0, weighing)
        total = (out**2).sum() + (0.0 if weights is None else (weights**3).sum())
        (packed,) = ag.grad(total, qkv)
        out, weights = ops.attend((qkv[0], qkv[1], qkv[2]), None, causal, 0.5, 0.0, weighing)
        total = (out**2).sum() + (0.0 if weights is None else (weights**3).sum())
        np.testing.assert_allclose(packed.numpy(), ag.grad(total, qkv)[0].numpy(), rtol=1e-12, atol=1e-14)


# --------------------------------------------------------------------------------------------------------------- masks


@pytest.mark.parametrize("dtype", [np.float32, F64])
def test_large_scores(dtype):
    """Scores of any size: the largest wins, and nothing overflows."""
    q, k = np.array([[1000.0], [-1000.0]], dtype), np.array([[1.0], [2.0], [-3.0]], dtype)
    v = np.eye(3, dtype=dtype)
    out = F.scaled_dot_product_attention(ag.tensor(q), ag.tensor(k), ag.tensor(v)).numpy()
    np.testing.assert_array_equal(out, [[0, 1, 0], [0, 0, 1]])


def test_a_query_that_sees_nothing_gives_and_gets_nothing():
    for mask in (np.array([[True, False], [False, False]]), np.array([[0, -np.inf], [-np.inf, -np.inf]])):
        xs = [ag.tensor(draw(2, 2, seed=i), requires_grad=True) for i in range(3)]
        out = F.scaled_dot_product_attention(*xs, ag.tensor(mask))
        np.testing.assert_array_equal(out.numpy(), [xs[2].numpy()[0], [0, 0]])
        (out**2).sum().backward()
        np.testing.assert_array_equal(xs[0].grad.numpy(), np.zeros((2, 2)))
        np.testing.assert_array_equal(xs[2].grad.numpy(), [2 * xs[2].numpy()[0], [0, 0]])


def test_a_nan_reaches_every_query_that_sees_it_and_no_other():
    q, k, v = (draw(40, 3, seed=i) for i in range(3))
    k[30] = np.nan
    out = F.scaled_dot_product_attention(ag.tensor(q), ag.tensor(k), ag.tensor(v), is_causal=True).numpy()
    np.testing.assert_array_equal(np.isnan(out).any(1), np.arange(40) >= 30)
    k[30], q[7, 0] = 0, -np.nan
    out = F.scaled_dot_product_attention(ag.tensor(q), ag.tensor(k), ag.tensor(v)).numpy()
    np.testing.assert_array_equal(np.isnan(out).all(1), np.arange(40) == 7)


# -------------------------------------------------------------------------------------------------------------- dropping


def test_dropping_is_a_fraction_and_keeps_the_mean():
    ag.manual_seed(0)
    q, k = (ag.tensor(draw(4, 50, 8, seed=i)) for i in range(2))
    v = ag.tensor(np.broadcast_to(np.eye(60), (4, 60, 60)))  # the output is the weights
    k = ag.tensor(draw(4, 60, 8))
    whole = F.scaled_dot_product_attention(q, k, v).numpy()
    kept = np.zeros_like(whole)
    for _ in range(200):
        some = F.scaled_dot_product_attention(q, k, v, dropout_p=0.25).numpy()
        np.testing.assert_allclose(some[some > 0], (whole / 0.75)[some > 0], rtol=1e-12)
        kept += some > 0
    assert kept.mean() / 200 == pytest.approx(0.75, abs=0.002)
    assert kept.std() == pytest.approx(np.sqrt(200 * 0.25 * 0.75), rel=0.03)
    np.testing.assert_array_equal(F.scaled_dot_product_attention(q, k, v, dropout_p=1.0).numpy(), 0)


def test_the_seed_decides_what_is_dropped():
    x = ag.tensor(draw(2, 6, 4))
    found = []
    for seed in (1, 1, 2):
        ag.manual_seed(seed)
        found.append(F.scaled_dot_product_attention(x, x, x, dropout_p=0.5).numpy())
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_higher_orders_drop_the_same():
    x = ag.tensor(draw(5, 3), requires_grad=True)
    out = F.scaled_dot_product_attention(x, x, x, dropout_p=0.4)
    (first,) = ag.grad((out**2).sum(), x, retain_graph=True)
    (again,) = ag.grad((out**2).sum(), x, create_graph=True)
    np.testing.assert_allclose(first.numpy(), again.numpy(), rtol=1e-12)


def mixed(x):
    """The mixer in Python's whole numbers."""
    x ^= x >> 16
    x = x * 0x21F0AAAD & 0xFFFFFFFF
    x ^= x >> 15
    x = x * 0x735A2D97 & 0xFFFFFFFF
    return x ^ x >> 15


@pytest.mark.parametrize("seed", [0, 77, 2**63 - 1])
def test_what_is_dropped_is_a_formula_of_seed_and_place(seed):
    found = drops.dropped(seed, (3, 50), 0.3)
    first = mixed(seed & 0xFFFFFFFF)
    second = mixed((seed >> 32) + first & 0xFFFFFFFF)
    expected = [mixed(mixed(i ^ first) + second & 0xFFFFFFFF) < round(0.3 * 2**32) for i in range(150)]
    np.testing.assert_array_equal(found.reshape(-1), expected)


def test_what_is_dropped_looks_random():
    """The fraction, neighbours at many distances, and masks of neighbouring seeds, in standard deviations."""
    n, p = 2**18, 0.5
    for seed in (3, 2**40 + 1):
        d = drops.dropped(seed, (n,), p) - p
        deviations = [d.mean() / p * np.sqrt(n)]
        for lag in (1, 2, 3, 7, 16, 64, 128, 1000, 1024, 4096, 2**16):
            deviations.append((d[lag:] * d[:-lag]).mean() / p**2 * np.sqrt(n - lag))
        for other in (seed + 1, seed + 2**32, seed ^ 2**31):
            deviations.append((d * (drops.dropped(other, (n,), p) - p)).mean() / p**2 * np.sqrt(n))
        assert np.abs(deviations).max() < 4.5


# ---------------------------------------------------------------------------------------------------------------- vmap


@pytest.mark.parametrize("options", [{}, {"is_causal": True}, {"attn_mask": True}], ids=str)
def test_inside_vmap(options):
    q, k, v = (ag.tensor(draw(3, 2, 4, 5, seed=i)) for i in range(3))
    masks = ag.tensor(draw(3, 4, 4) > -0.5)

    def f(q, k, v, mask):
        how = options | ({"attn_mask": mask} if "attn_mask" in options else {})
        return F.scaled_dot_product_attention(q, k, v, **how)

    def slope(q, k, v, mask):
        return ag.func.grad(lambda q: (f(q, k, v, mask) ** 2).sum())(q)

    for h in (f, slope):
        out = ag.func.vmap(h)(q, k, v, masks).numpy()
        for n in range(3):
            np.testing.assert_allclose(out[n], h(q[n], k[n], v[n], masks[n]).numpy(), rtol=1e-11, atol=1e-13)


def test_each_example_drops_its_own():
    x = ag.tensor(np.broadcast_to(draw(6, 4), (2, 6, 4)))
    f = ag.func.vmap(lambda x: F.scaled_dot_product_attention(x, x, x, dropout_p=0.5), randomness="different")
    out = f(x).numpy()
    assert not np.array_equal(out[0], out[1])


# ---------------------------------------------------------------------------------------------------------- multi-head


def build(*args, **options):
    """A module whose parameters are random, biases too."""
    model = nn.MultiheadAttention(*args, **options, dtype=F64)
    for i, parameter in enumerate(model.parameters()):
        parameter.data = ag.tensor(draw(*parameter.shape, seed=i) * 0.5)
    return model


OPTIONS = [
    {}, {"bias": False}, {"add_bias_kv": True}, {"add_zero_attn": True}, {"kdim": 5, "vdim": 3},
    {"kdim": 6, "vdim": 3, "bias": False, "add_bias_kv": True, "add_zero_attn": True},
]  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("masked", [False, True])
def test_heads_one_after_the_other(options, masked):
    model = build(6, 2, **options)
    L, S, N, H = 4, 5, 3, 2
    query, key, value = draw(L, N, 6), draw(S, N, model.kdim, seed=1), draw(S, N, model.vdim, seed=2)
    mask, padding, bias = None, None, None
    if masked:
        mask, padding = draw(L, S, seed=3), draw(N, S, seed=4) > 1
        bias = mask + np.where(padding, -np.inf, 0)[:, None, None]
    more = (model.bias_k is not None) + model.add_zero_attn
    bias = np.pad(np.broadcast_to(0 if bias is None else bias, (N, H, L, S)), [(0, 0)] * 3 + [(0, more)])
    expected, weights = naive_attention.multi_head(model.state_dict(), "", H, query, key, value, bias)
    xs = [ag.tensor(x) for x in (query, key, value)]
    masks = {} if mask is None else {"attn_mask": ag.tensor(mask), "key_padding_mask": ag.tensor(padding)}
    out, mean = model(*xs, **masks)
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(mean.numpy(), weights.mean(1), rtol=1e-11, atol=1e-12)
    _, each = model(*xs, average_attn_weights=False, **masks)
    np.testing.assert_allclose(each.numpy(), weights, rtol=1e-11, atol=1e-12)
    out, none = model(*xs, need_weights=False, **masks)
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-11, atol=1e-12)
    assert none is None


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("kind", ["self", "memory", "three"])
def test_layouts_and_shared_operands(kind, batch_first):
    """The same tensor as query, key and value takes one projection; results and gradients are those of copies."""
    model = build(6, 3, batch_first=batch_first)
    x, y = (ag.tensor(draw(2, 4, 6, seed=i), requires_grad=True) for i in range(2))
    operands = {"self": (x, x, x), "memory": (x, y, y), "three": (x, y, x)}[kind]
    copies = [ag.tensor(o.numpy(), requires_grad=True) for o in operands]
    out, weights = model(*operands)
    other, expected = model(*copies)
    np.testing.assert_allclose(out.numpy(), other.numpy(), rtol=1e-12)
    np.testing.assert_allclose(weights.numpy(), expected.numpy(), rtol=1e-12)
    inputs = list(model.parameters())
    slopes = ag.grad((out**2).sum() + (weights**3).sum(), [*inputs, x])
    expected = ag.grad((other**2).sum() + (expected**3).sum(), [*inputs, *copies])
    for a, b in zip(slopes[:-1], expected, strict=False):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-12)
    total = sum(g.numpy() for g, o in zip(expected[len(inputs) :], operands, strict=True) if o is x)
    np.testing.assert_allclose(slopes[-1].numpy(), total, rtol=1e-10, atol=1e-12)
    at = 0 if batch_first else 1
    for n in range(x.shape[at]):  # one example without a batch
        single = [o.select(at, n) for o in operands]
        one, w = model(*single)
        np.testing.assert_allclose(one.numpy(), out.select(at, n).numpy(), rtol=1e-11, atol=1e-13)
        np.testing.assert_allclose(w.numpy(), weights.numpy()[n], rtol=1e-11, atol=1e-13)


def test_is_causal_is_the_triangle():
    for options in ({}, {"add_bias_kv": True}, {"add_zero_attn": True}):
        model = build(6, 2, **options)
        x = ag.tensor(draw(5, 2, 6))
        triangle = ag.tensor(np.triu(np.ones((5, 5), bool), 1))
        padding = ag.tensor(np.array([[0.0] * 5, [0, 0, -np.inf, 0, 1]]))
        for need, pad in itertools.product((True, False), (None, padding)):
            out, weights = model(x, x, x, pad, need, triangle)
            for mask in (triangle, None):
                hinted, others = model(x, x, x, pad, need, mask, is_causal=True)
                np.testing.assert_allclose(hinted.numpy(), out.numpy(), rtol=1e-11, atol=1e-13)
                assert weights is None or np.allclose(weights.numpy(), others.numpy(), rtol=1e-11)


def test_masks_for_each_head_and_one_example():
    model = build(6, 2)
    x, masks = ag.tensor(draw(4, 3, 6)), draw(6, 4, 4) > 1
    masks[..., 0] = False
    out, weights = model(x, x, x, attn_mask=ag.tensor(masks), average_attn_weights=False)
    assert not weights.numpy()[masks.reshape(3, 2, 4, 4)].any()
    one, _ = model(x[:, 1], x[:, 1], x[:, 1], attn_mask=ag.tensor(masks[2:4]))
    np.testing.assert_allclose(one.numpy(), out.numpy()[:, 1], rtol=1e-11)


def test_static_keys_and_values():
    model = build(4, 2)
    x, k, v = ag.tensor(draw(3, 2, 4)), draw(4, 5, 2, seed=1), draw(4, 5, 2, seed=2)
    how = (4, 2, model.in_proj_weight, model.in_proj_bias, None, None, False, 0.0, model.out_proj.weight)
    out, weights = F.multi_head_attention_forward(
        x, x, x, *how, model.out_proj.bias, static_k=ag.tensor(k), static_v=ag.tensor(v)
    )
    assert weights.shape == (2, 3, 5)
    q = (
        (x.numpy() @ model.in_proj_weight.numpy()[:4].T + model.in_proj_bias.numpy()[:4])
        .reshape(3, 4, 2)
        .transpose(1, 0, 2)
    )
    heads = F.scaled_dot_product_attention(ag.tensor(q), ag.tensor(k), ag.tensor(v)).numpy()
    expected = heads.transpose(1, 0, 2).reshape(3, 2, 4) @ model.out_proj.weight.numpy().T + model.out_proj.bias.numpy()
    np.testing.assert_allclose(out.numpy(), expected, rtol=1e-11)


def test_dropout_in_training_alone():
    model = build(6, 2, dropout=0.5)
    x = ag.tensor(draw(4, 3, 6))
    _, weights = model(x, x, x, average_attn_weights=False)
    assert 0.2 < (weights.numpy() == 0).mean() < 0.8
    model.eval()
    _, weights = model(x, x, x)
    np.testing.assert_allclose(weights.numpy().sum(-1), 1)


def test_starting_values():
    ag.manual_seed(0)
    model = nn.MultiheadAttention(64, 4, add_bias_kv=True)
    bound = np.sqrt(6 / (4 * 64))  # of xavier_uniform_ for (3 · 64, 64)
    w = model.in_proj_weight.numpy()
    assert 0.98 * bound < np.abs(w).max() <= bound
    assert w.std() == pytest.approx(bound / np.sqrt(3), rel=0.03)
    assert np.abs(model.out_proj.weight.numpy()).max() <= 1 / 8
    assert not model.in_proj_bias.numpy().any()
    assert not model.out_proj.bias.numpy().any()
    assert model.bias_k.numpy().std() == pytest.approx(np.sqrt(2 / 128), rel=0.4)
    assert list(model.state_dict()) == [
        "in_proj_weight", "in_proj_bias", "bias_k", "bias_v", "out_proj.weight", "out_proj.bias"
    ]  # fmt: skip
    names = list(nn.MultiheadAttention(4, 2, kdim=3, bias=False).state_dict())
    assert names == ["q_proj_weight", "k_proj_weight", "v_proj_weight", "out_proj.weight"]


def test_values_of_pytorch():
    """MultiheadAttention(4, 2) of PyTorch 2.13, its parameters sin(1), sin(2), … in order, on x = cos(0), cos(1), …"""
    model = nn.MultiheadAttention(4, 2, dtype=F64)
    start = 1
    for parameter in model.parameters():
        n = parameter.numel()
        parameter.data = ag.tensor(np.sin(np.arange(start, start + n, dtype=F64)).reshape(parameter.shape))
        start += n
    x = ag.tensor(np.cos(np.arange(12.0)).reshape(3, 1, 4), requires_grad=True)
    out, weights = model(x, x, x, is_causal=True, attn_mask=ag.tensor(np.triu(np.ones((3, 3), bool), 1)))
    (out**2).sum().backward()
    np.testing.assert_allclose(
        out.numpy().reshape(3, 4),
        [[0.3355906455, 1.0824546725, -0.5233448608, -1.4587856367],
         [-1.2120745591, 2.8384891333, -1.2713211027, -2.2370002992],
         [-1.9184774780, 3.5876067729, -1.5442301167, -2.6293474667]],
        rtol=1e-9,
    )  # fmt: skip
    np.testing.assert_allclose(
        weights.numpy()[0],
        [[1, 0, 0], [0.7119025821, 0.2880974179, 0], [0.5487867645, 0.4364440943, 0.0147691411]],
        rtol=1e-8,
    )
    np.testing.assert_allclose(
        x.grad.numpy().reshape(3, 4),
        [[17.9455189062, 20.4379915513, 4.1398690188, -15.9644299976],
         [-9.7636640553, -8.6404644527, 0.4267383202, 9.1015998495],
         [-0.2509332330, -1.6115528359, -1.4905181936, 0.0008920020]],
        rtol=1e-7,
    )  # fmt: skip
    np.testing.assert_allclose(model.in_proj_weight.grad.numpy().sum(1)[[0, 7, 11]],
                               [5.6589687087, 7.3215136198, -24.9106351504], rtol=1e-9)  # fmt: skip


# -------------------------------------------------------------------------------------------------------------- errors

X, Y = ag.ones(2, 3, 4), ag.ones(2, 5, 4)
SDPA, MHA = F.scaled_dot_product_attention, nn.MultiheadAttention(4, 2)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: SDPA(X[0, 0], X, X), ValueError, r"needs matrices \(..., L, E\), .* got shapes \(4,\), \(2, 3, 4\)"),
        (lambda: SDPA(X, X.double(), X), TypeError, "same floating dtype, got float32, float64 and float32; convert"),
        (lambda: SDPA(X.long(), X.long(), X.long()), TypeError, "same floating dtype, got int64"),
        (lambda: SDPA(X, Y[..., :3], Y), ValueError, "query and key must have the same width"),
        (lambda: SDPA(X, Y, X), ValueError, "key and value the same number of rows"),
        (
            lambda: SDPA(X, ag.ones(3, 5, 4), ag.ones(3, 5, 4)),
            ValueError,
            "do not broadcast; for fewer heads .* enable_gqa",
        ),
        (lambda: SDPA(X, Y, Y, dropout_p=1.5), ValueError, "dropout_p is the probability .* from 0 to 1, got 1.5"),
        (
            lambda: SDPA(X, Y, Y, ag.zeros(3, 5), is_causal=True),
            ValueError,
            "attn_mask must be None with is_causal=True",
        ),
        (
            lambda: SDPA(X, Y, Y, ag.zeros(3, 4)),
            ValueError,
            r"mask of shape \(3, 4\) does not broadcast .* \(2, 3, 5\)",
        ),
        (lambda: SDPA(X[0], Y[0], Y[0], ag.zeros(2, 3, 5)), ValueError, r"does not broadcast to .* here \(3, 5\)"),
        (
            lambda: SDPA(X, Y, Y, ag.zeros(3, 5).long()),
            TypeError,
            "attn_mask must be boolean or, as the query, float32",
        ),
        (
            lambda: SDPA(X, Y, Y, ag.zeros(3, 5).double()),
            TypeError,
            r"float64; pass attn_mask.bool\(\) or attn_mask.float\(\)",
        ),
        (
            lambda: SDPA(ag.ones(3, 4, 2), ag.ones(2, 4, 2), ag.ones(2, 4, 2), enable_gqa=True),
            ValueError,
            r"a multiple of those in key and value, got shapes \(3, 4, 2\) and \(2, 4, 2\)",
        ),
        (lambda: nn.MultiheadAttention(0, 2), ValueError, "must be greater than 0, got embed_dim=0 and num_heads=2"),
        (lambda: nn.MultiheadAttention(4, 3), ValueError, "divisible by num_heads, got embed_dim=4 and num_heads=3"),
        (
            lambda: nn.MultiheadAttention(4, 2, 2.0),
            ValueError,
            "dropout probability has to be between 0 and 1, but got 2.0",
        ),
        (lambda: MHA(X[0, 0], X, X), ValueError, r"unbatched 2D or batched 3D tensor, but has shape \(4,\)"),
        (lambda: MHA(X, X[0], X[0]), ValueError, "for a 3-D query, key and value must be 3-D"),
        (lambda: MHA(X, Y, Y), ValueError, r"must have the same batch \(dimension 1\)"),
        (lambda: MHA(X, X, X[:1]), ValueError, "key and value the same length and width"),
        (lambda: MHA(*[ag.ones(2, 3, 6)] * 3), ValueError, "expecting an embedding dimension of 4, but got 6"),
        (
            lambda: F.multi_head_attention_forward(X, X, X, 4, 3, *[None] * 4, False, 0.0, None, None),
            ValueError,
            "embed_dim 4 is not divisible by num_heads 3",
        ),
        (
            lambda: F.multi_head_attention_forward(X, X, X, 4, 2, None, None, X, None, False, 0.0, None, None),
            ValueError,
            "bias_k and bias_v must both be given",
        ),
        (
            lambda: F.multi_head_attention_forward(
                X, X, X, 4, 2, *[None] * 2, X, X, False, 0.0, None, None, static_k=X
            ),
            ValueError,
            "cannot be added to static_k and static_v",
        ),
        (
            lambda: F.multi_head_attention_forward(
                X, X, X, 4, 2, MHA.in_proj_weight, None, None, None, False, 0.0, None, None, static_k=ag.ones(6, 5, 3)
            ),
            ValueError,
            r"static_k must be \(N H, S, D\) = \(6, S, 2\), got shape \(6, 5, 3\)",
        ),
        (
            lambda: MHA(X, X, X, attn_mask=ag.zeros(3, 2)),
            ValueError,
            r"must be \(2, 2\) or \(6, 2, 2\), got shape \(3, 2\)",
        ),
        (lambda: MHA(X, X, X, ag.zeros(2, 3)), ValueError, r"key_padding_mask must be \(3, 2\), got shape \(2, 3\)"),
        (lambda: MHA(X, X, X, ag.zeros(3, 2).long()), TypeError, "only bool and floating types of key_padding_mask"),
    ],
)
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
