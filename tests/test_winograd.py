"""Convolution in fewer multiplications, against the direct one in float64; its transforms against their definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd_core.kernels.convolution import conv, sliding, transforms, winograd
from autograd_core.kernels.convolution.transforms import Squares, transform
from autograd_core.kernels.machine.runtime import kernel
from autograd_core.kernels.machine.threads import Threads, get_num_threads, set_num_threads

from . import naive

F4 = np.float32


def rand(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


# --------------------------------------------------------------------------------------------------------- transforms


@pytest.mark.parametrize("taps", [2, 3, 4, 5])
def test_products_of_transforms_are_sums_of_products(taps):
    """y_i = Σ_k w_k d_{i+k}, for 6 inputs and 7 - taps outputs."""
    d, w = rand(6), rand(taps, seed=1)
    m = [a * b for a, b in zip(transforms.of_filter(list(w)), transforms.of_input(list(d)), strict=True)]
    wanted = [np.dot(w, d[i : i + taps]) for i in range(7 - taps)]
    np.testing.assert_allclose(transforms.to_output(m, 7 - taps), wanted, rtol=1e-13)


@kernel()
def run(code, source, target, bias, check, number, s_row, s_column, t_row, t_column, tiles, s_tile, t_tile, channels):
    squares = Squares(s_row, s_column, t_row, t_column, tiles, s_tile, t_tile, channels)
    transform(code, source, 3, target, 5, bias, 1, check, 2, number, squares)


@pytest.mark.parametrize("name", transforms.SQUARES)
def test_compiled_transforms_are_the_formulas(name):
    source, bias = rand(20000).astype(F4), rand(40, seed=1).astype(F4)
    targets, checks = np.zeros((2, 30000), F4), np.zeros((2, 40), F4)
    number, squares = transforms.NUMBERS[name], Squares(700, 90, 4000, 600, 3, 30, 50, 16)
    run(transforms.transform_code(), source, targets[0], bias, checks[0], number, *squares)
    transform(None, source, 3, targets[1], 5, bias, 1, checks[1], 2, number, squares)
    np.testing.assert_allclose(targets[0], targets[1], rtol=1e-5, atol=1e-4)
    assert not checks.any()
    source[3 + 700 + 90 + 30 + 9] = np.inf  # of channel 9
    run(transforms.transform_code(), source, targets[0], bias, checks[0], number, *squares)
    assert list(np.flatnonzero(checks[0])) == ([11] if "output" in name else [])


# ---------------------------------------------------------------------------------------------- against the direct way


@st.composite
def cases(draw):
    r = draw(st.sampled_from([3, 5]))
    padding = tuple(draw(st.integers(-1, r - 1)) for _ in range(2))
    space = tuple(draw(st.integers(max(1, r - 2 * p), 13)) for p in padding)
    deep = draw(
        st.sampled_from([(1, 1, 1, 0, 1), (3, 2, 2, 1, 1), (5, 3, 1, 0, 2)])
    )  # D, KD, stride, padding, dilation
    D, KD, stride, front, dilation = deep
    OD = (D + 2 * front - dilation * (KD - 1) - 1) // stride + 1
    size = tuple(n + 2 * p - r + 1 for n, p in zip(space, padding, strict=True))
    how = conv.Geometry((KD, r, r), (OD, *size), (stride, 1, 1), (front, *padding), (dilation, 1, 1))
    groups = draw(st.integers(1, 2))
    channels, filters = draw(st.sampled_from([1, 5, 8, 9, 17])), draw(st.sampled_from([1, 6, 8, 20]))
    return (draw(st.integers(1, 4)), groups, channels, filters), (D, *space), how


def direct(x, w, bias, how):
    """w (G, OC, C, KD, r, r)"""
    out = np.empty((len(x), w.shape[0] * w.shape[1], *how.size), x.dtype)
    sliding.convolve(x, [w.transpose(0, 3, 1, 4, 2, 5)], bias, out, (how,), (1, 1, 1))
    return out


@given(cases())
@settings(max_examples=40, deadline=None)
def test_equals_the_direct_way_for_any_shape(case):
    """To some units in the last place of the largest sum of absolute products."""
    (N, G, C, OC), space, how = case
    x, w, bias = rand(N, G * C, *space), rand(G, OC, C, *how.window, seed=1), rand(G * OC, seed=2)
    out = np.empty((N, G * OC, *how.size), F4)
    flat = w.astype(F4).transpose(0, 3, 1, 4, 2, 5)
    assert winograd.convolve(x.astype(F4), flat, bias.astype(F4), out, how)
    size = direct(np.abs(x), np.abs(w), np.abs(bias), how).max()
    np.testing.assert_allclose(out, direct(x, w, bias, how), rtol=0, atol=20 * np.finfo(F4).eps * size)
    g = rand(*out.shape, seed=3)
    gw = winograd.gradient_to_weights(g.astype(F4), x.astype(F4), how, G)
    wanted = sliding.gradient_to_weights(g, x, how, G)
    size = sliding.gradient_to_weights(np.abs(g), np.abs(x), how, G).max()
    np.testing.assert_allclose(gw, wanted, rtol=0, atol=20 * np.finfo(F4).eps * size)


@pytest.mark.parametrize(("r", "channels", "filters", "size"), [(3, 32, 48, 12), (3, 64, 64, 8), (5, 16, 16, 12)])
def test_the_error_is_at_most_four_times_that_of_direct_sums(r, channels, filters, size):
    """The root of the mean square, of forward; of the gradient to the weights eight times, whose direct sums are exact
    as products of short runs."""
    how = conv.Geometry((1, r, r), (1, size, size), (1, 1, 1), (0, r // 2, r // 2), (1, 1, 1))
    x, w = np.maximum(rand(8, channels, 1, size, size), 0), rand(1, filters, channels, 1, r, r, seed=1)
    x4, w4 = x.astype(F4), w.astype(F4)
    exact = direct(x4.astype(np.float64), w4.astype(np.float64), None, how)
    out = np.empty(exact.shape, F4)
    winograd.convolve(x4, w4.transpose(0, 3, 1, 4, 2, 5), None, out, how)
    error = lambda found, wanted: np.sqrt(np.mean((found - wanted) ** 2))  # noqa: E731
    assert error(out, exact) < 4 * error(direct(x4, w4, None, how), exact)
    g4 = rand(*out.shape, seed=2).astype(F4)
    exact = sliding.gradient_to_weights(g4.astype(np.float64), x4.astype(np.float64), how, 1)
    found = winograd.gradient_to_weights(g4, x4, how, 1)
    assert error(found, exact) < 8 * error(sliding.gradient_to_weights(g4, x4, how, 1), exact)


# ------------------------------------------------------------------------------------------------------------- the rule

SAME = ((1, 1), (1, 1), (1, 1), 1)


def test_where_it_pays():
    how = conv.in_three((3, 3), (32, 32), (1, 1), (1, 1), (1, 1))
    f4, f8 = np.dtype(F4), np.dtype(np.float64)
    x, w = (64, 32, 1, 32, 32), (1, 1, 32, 3, 32, 3)
    assert winograd.pays(x, w, f4, how)
    assert not winograd.pays(x, w, f8, how)
    assert not winograd.pays((64, 3, 1, 32, 32), (1, 1, 32, 3, 3, 3), f4, how)  # too few channels
    assert not winograd.pays((1, 32, 1, 4, 4), w, f4, how._replace(size=(1, 4, 4)))  # too few outputs for the filters
    assert not winograd.pays(x, w, f4, how._replace(stride=(1, 2, 2), size=(1, 16, 16)))
    assert not winograd.pays(x, w, f4, how._replace(dilation=(1, 1, 2)))
    assert not winograd.pays(x, (1, 1, 32, 3, 32, 5), f4, how._replace(window=(1, 3, 5)))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_spreads_no_farther_than_its_window(bad):
    x, w = rand(4, 32, 16, 16).astype(F4), rand(32, 32, 3, 3).astype(F4)
    assert winograd.pays((4, 32, 1, 16, 16), (1, 1, 32, 3, 32, 3), x.dtype, conv.in_three((3, 3), (16, 16), *SAME[:3]))
    x[1, 5, 0, 9] = bad
    touched = ~np.isfinite(conv.conv_forward(x, w, None, *SAME))
    assert touched.sum() == 32 * 2 * 3
    assert touched[1, :, :2, 8:11].all()
    gw = ~np.isfinite(conv.conv_weight_grad(rand(4, 32, 16, 16).astype(F4), x, w.shape, *SAME))
    assert gw.sum() == gw[:, 5].sum() == 32 * 2 * 3


def test_a_whole_layer_against_the_loops(monkeypatch):
    """Forward and both gradients, this way taken wherever it can be."""
    monkeypatch.setattr(winograd, "pays", lambda *_: True)
    x, w, b, how = rand(2, 4, 6, 5), rand(6, 2, 3, 3, seed=1), rand(6, seed=2), ((1, 1), (1, 1), (1, 1))
    x4, w4, b4 = (a.astype(F4) for a in (x, w, b))
    close = {"rtol": 1e-4, "atol": 1e-4}
    np.testing.assert_allclose(conv.conv_forward(x4, w4, b4, *how, 2), naive.conv(x, w, b, *how, 2), **close)
    g = rand(2, 6, 6, 5, seed=3)
    gx = naive.conv_transpose(g, w, None, *how[:2], (0, 0), 2, how[2])
    np.testing.assert_allclose(conv.conv_input_grad(g.astype(F4), w4, x.shape, *how, 2), gx, **close)
    cols = naive.im2col(x, (3, 3), *how).reshape(2, 2, 18, 30)  # (N, G, C KK, P)
    gw = np.einsum("ngop,ngkp->gok", g.reshape(2, 2, 3, 30), cols).reshape(w.shape)
    np.testing.assert_allclose(conv.conv_weight_grad(g.astype(F4), x4, w.shape, *how, 2), gw, **close)


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 10.0)
    monkeypatch.setattr(Threads, "count", get_num_threads())
    how = conv.in_three((3, 3), (17, 18), (1, 1), (1, 1), (1, 1))
    x, w = rand(9, 12, 1, 17, 18).astype(F4), rand(1, 1, 10, 3, 12, 3).astype(F4)
    results = []
    for threads in (1, 2, 3, 7):
        set_num_threads(threads)
        out = np.empty((9, 10, *how.size), F4)
        winograd.convolve(x, w, None, out, how)
        results.append((out.tobytes(), winograd.gradient_to_weights(out, x, how, 1).tobytes()))
    assert all(r == results[0] for r in results)


def test_one_signature_each():
    how = conv.in_three((3, 3), (9, 9), (1, 1), (1, 1), (1, 1))
    x, w = rand(2, 12, 1, 9, 9).astype(F4), rand(1, 1, 10, 3, 12, 3).astype(F4)
    out = np.empty((2, 10, *how.size), F4)
    winograd.convolve(x, w, None, out, how)
    winograd.gradient_to_weights(out, x, how, 1)
    for compiled in (winograd.forward, winograd.weight_grad, winograd._filters, winograd._finish):
        assert len(compiled.signatures) == 1
