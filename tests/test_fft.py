"""Fourier transforms: adjoints, frequencies, dtypes, errors. Values and gradients are in tables/fft.py."""

import numpy as np
import pytest

import autograd_core as ag

F = ag.fft


def draw(*shape, seed=0, complex_=False):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    return x + 1j * rng.standard_normal(shape) if complex_ else x


LINEAR = {
    "fft": (F.fft, True), "ifft": (F.ifft, True), "rfft": (F.rfft, False), "irfft": (F.irfft, True),
    "hfft": (F.hfft, True), "ihfft": (F.ihfft, False), "fft_n": (lambda x: F.fft(x, 7, 0), True),
    "irfft_odd": (lambda x: F.irfft(x, 5, norm="ortho"), True), "fft2": (F.fft2, True), "rfftn": (F.rfftn, False),
    "irfftn": (F.irfftn, True), "fftshift": (F.fftshift, False),
}  # fmt: skip


@pytest.mark.parametrize("name", LINEAR)
def test_the_gradient_is_the_adjoint(name):
    """Re <F x, g> = Re <x, F* g>, where F* g is the gradient."""
    f, complex_ = LINEAR[name]
    x = ag.tensor(draw(4, 5, complex_=complex_), requires_grad=True)
    y = f(x)
    g = ag.tensor(draw(*y.shape, seed=1, complex_=y.is_complex()))
    (gx,) = ag.grad(y, x, g)
    assert gx.dtype == x.dtype
    left = np.vdot(g.numpy(), y.detach().numpy()).real
    assert left == pytest.approx(np.vdot(gx.numpy(), x.detach().numpy()).real, rel=1e-13)


@pytest.mark.parametrize("norm", [None, "backward", "ortho", "forward"])
@pytest.mark.parametrize("n", [4, 5])
def test_inverses(norm, n):
    z = draw(3, n, complex_=True)
    np.testing.assert_allclose(F.ifft(F.fft(ag.tensor(z), norm=norm), norm=norm).numpy(), z)
    np.testing.assert_allclose(F.irfft(F.rfft(ag.tensor(z.real), norm=norm), n, norm=norm).numpy(), z.real)
    np.testing.assert_allclose(F.hfft(F.ihfft(ag.tensor(z.real), norm=norm), n, norm=norm).numpy(), z.real)
    np.testing.assert_allclose(F.irfftn(F.rfftn(ag.tensor(z.real), norm=norm), (3, n), norm=norm).numpy(), z.real)
    np.testing.assert_allclose(
        F.hfftn(F.ihfftn(ag.tensor(z.real), norm=norm), (3, n), norm=norm).numpy(), z.real, atol=1e-12
    )
    np.testing.assert_allclose(F.ifftshift(F.fftshift(ag.tensor(z))).numpy(), z)


def test_convolution_by_fft_to_second_order():
    x = ag.tensor(draw(6), requires_grad=True)
    k = ag.tensor(draw(6, seed=1), requires_grad=True)
    assert ag.gradgradcheck(lambda x, k: F.irfft(F.rfft(x) * F.rfft(k), 6), (x, k))


def test_dtypes():
    assert F.fft(ag.ones(3)).dtype == ag.complex64 and F.rfft(ag.ones(3).double()).dtype == ag.complex128
    assert F.fft(ag.ones(3).long()).dtype == ag.complex64 and F.irfft(ag.ones(3)).dtype == ag.float32
    assert F.fftshift(ag.arange(3)).dtype == ag.int64


def test_frequencies():
    np.testing.assert_allclose(F.fftfreq(5, 0.5).numpy(), np.fft.fftfreq(5, 0.5), rtol=1e-6)
    np.testing.assert_allclose(F.rfftfreq(6).numpy(), np.fft.rfftfreq(6), rtol=1e-6)
    assert F.fftfreq(4, dtype=ag.float64, requires_grad=True).requires_grad


def test_s_of_minus_one_keeps_a_size_and_no_dims_change_nothing():
    x = ag.tensor(draw(3, 4))
    assert F.fft2(x, (-1, 6)).shape == (3, 6) and F.irfft2(x, (-1, -1)).shape == (3, 6)
    np.testing.assert_array_equal(F.fftn(x, dim=()).numpy(), x.numpy())


X = ag.ones(2, 4)
ERRORS = [
    (lambda: F.fft(X, 0), ValueError, r"fft.fft: needs at least one point, got 0 \(shape \(2, 4\)\)"),
    (lambda: F.fft(ag.ones(0)), ValueError, "needs at least one point, got 0"),
    (lambda: F.irfft(ag.ones(1)), ValueError, "fft.irfft: needs at least one point, got 0"),
    (lambda: F.fft(X, dim=2), IndexError, "fft.fft: dim 2 is out of range for 2 dimensions"),
    (lambda: F.fft(ag.tensor(1.0)), ValueError, "fft.fft: a 0-d tensor has no dimension to transform"),
    (lambda: F.fft(X, norm="full"), ValueError, "norm must be 'backward', 'ortho' or 'forward', got 'full'"),
    (lambda: F.hfft(X, norm="full"), ValueError, "fft.hfft: norm must be 'backward'"),
    (lambda: F.rfft(X * 1j), TypeError, "fft.rfft: needs a real tensor, got complex64"),
    (lambda: F.fft(X.half()), TypeError, "fft.fft: there is no transform of float16"),
    (lambda: F.fftn(X, (2, 2, 2)), ValueError, r"s=\(2, 2, 2\) has 3 sizes, the tensor of shape \(2, 4\) fewer"),
    (lambda: F.fft2(X, (2,)), ValueError, r"s=\(2,\) and dim=\(-2, -1\) must have the same length"),
    (lambda: F.fftn(X, dim=(0, 0)), ValueError, "names a dimension twice"),
    (lambda: F.rfftn(X, dim=()), ValueError, r"needs at least one dimension to transform, got dim=\(\)"),
    (lambda: F.irfftn(X, dim=()), ValueError, r"needs at least one dimension to transform, got dim=\(\)"),
]


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS, ids=[e[2][:40] for e in ERRORS])
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize("frequencies", [ag.fft.fftfreq, ag.fft.rfftfreq])
def test_frequencies_need_a_point_a_spacing_a_floating_dtype_and_the_cpu(frequencies):
    for n, d in ((0, 1.0), (-3, 1.0), (4, 0.0)):
        with pytest.raises(ValueError, match=f"got n={n} and d={d}"):
            frequencies(n, d)
    with pytest.raises(TypeError, match="int32 does not hold"):  # all of them would be 0
        frequencies(4, dtype="int32")
    with pytest.raises(TypeError, match="must be an int"):
        frequencies(2.5)
    with pytest.raises(TypeError, match="no devices"):
        frequencies(4, device="cuda")
    assert frequencies(4, device="cpu").tolist() == frequencies(4).tolist()


def test_the_number_of_points_is_not_rounded():
    with pytest.raises(TypeError, match=r"fft\.fft: a number of points must be an int, got float 2\.5"):
        ag.fft.fft(ag.ones(3), 2.5)
    with pytest.raises(TypeError, match="must be an int"):
        ag.fft.fft2(ag.ones(3, 3), s=(2, 2.5))


@pytest.mark.parametrize("function", [ag.fft.fft, ag.fft.rfft, ag.fft.irfftn, ag.fft.fftshift])
def test_a_number_is_no_signal(function):
    with pytest.raises(TypeError, match="needs a tensor or an array"):
        function(2.0)
