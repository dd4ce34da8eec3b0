"""NumPy's own functions on tensors: the value is NumPy's on the bare arrays, the gradient that of central differences.

A case is a line of plain NumPy. It runs twice: on arrays, which gives the oracle, and on tensors.
"""

import inspect
import io

import numpy as np
import pytest
from numpy.testing import overrides

import autograd_core as ag
from autograd_core import numpy_protocol

rng = np.random.default_rng(7)
_square = rng.normal(size=(3, 3))
_complex = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
_nan = rng.normal(size=(3, 5))
_nan[0, 1] = _nan[1, 3] = _nan[1, 4] = np.nan

# What the cases are written with. Those in small letters are differentiated, those in capitals are constants.
VALUES = {
    "x": rng.normal(size=(3, 4)),
    "y": rng.normal(size=(3, 4)),
    "p": rng.uniform(0.5, 2.0, size=(3, 4)),  # positive
    "u": rng.uniform(-0.9, 0.9, size=(3, 4)),  # inside (-1, 1)
    "v": rng.normal(size=4),
    "w": rng.normal(size=3),
    "k": rng.normal(size=3),
    "s": np.array(0.7),
    "b": rng.normal(size=(2, 3, 4)),
    "a": _square + 3 * np.eye(3),  # regular
    "c": _square @ _square.T + np.eye(3),  # positive definite
    "m": rng.normal(size=(5, 3)),
    "n": _nan,
    "z": _complex,
    "l": rng.normal(size=9),
    "o": np.sort(rng.normal(size=6)),  # increasing
    "X": rng.normal(size=(3, 4)),
    "P": rng.uniform(0.5, 2.0, size=(3, 4)),
    "I": np.array([2, 0, 1, 2]),
    "C": np.array([[True, False, True, True], [False, False, True, False], [True, True, False, True]]),
    "W": np.array([1.0, 2.0, 0.5, 1.5]),
    "L": rng.integers(0, 5, 9),
}

CASES = """
np.add(x, y); np.add(X, y); X + y; np.float64(2.5) * x; x - np.float64(0.5); np.subtract(2.0, x); np.multiply(x, v)
np.divide(x, p); np.true_divide(1, p); np.negative(x); np.positive(x); np.power(p, y); np.power(p, 3); np.power(2.0, x)
np.float_power(p, y); np.abs(x); np.absolute(x); np.fabs(x); np.square(x); np.sqrt(p); np.cbrt(x); np.reciprocal(p)
np.exp(x); np.exp2(x); np.expm1(x); np.log(p); np.log2(p); np.log10(p); np.log1p(p); np.logaddexp(x, y)
np.logaddexp2(x, y); np.sin(x); np.cos(x); np.tan(u); np.arcsin(u); np.arccos(u); np.arctan(x); np.arctan2(x, y)
np.hypot(x, y); np.sinh(x); np.cosh(x); np.tanh(x); np.arcsinh(x); np.arccosh(p + 1); np.arctanh(u); np.degrees(x)
np.radians(x); np.deg2rad(x); np.rad2deg(x); np.maximum(x, y); np.minimum(x, 0.1); np.fmax(x, y); np.fmin(x, y)
np.mod(x, 0.7); np.remainder(x, p); np.fmod(x, 0.7); np.copysign(x, X); np.heaviside(x, 0.5) * x; np.sign(x) * x
np.floor(x) * x; np.ceil(x) * x; np.trunc(x) * x; np.rint(x) * x; np.fix(x) * x; np.floor_divide(x, 0.7) * x
np.divmod(x, 0.7)[1]; np.divmod(x, 0.7)[0] * x; np.modf(x)[0]; np.modf(x)[1] * x; np.ldexp(x, 3); np.frexp(x)[0]
np.sinc(x); np.i0(x); np.matmul(x, y.T); x @ v; np.matmul(b, v); np.vecdot(x, y)
np.vecdot(b, b, axis=1); np.matvec(b, v); np.vecmat(w, b); np.add(x, y, dtype=np.float64); np.add([1.0, 2, 3, 4], x)
np.conjugate(z); np.conj(z) * z; np.exp(z); np.abs(z)

np.add.reduce(x); np.add.reduce(x, axis=1, keepdims=True); np.add.reduce(x, axis=None); np.add.reduce(x, initial=2.0)
np.multiply.reduce(x, axis=1); np.maximum.reduce(x, axis=(0, 1)); np.minimum.reduce(x, axis=1, initial=-0.1)
np.subtract.reduce(x, axis=1); np.divide.reduce(p, axis=0, keepdims=True); np.hypot.reduce(x); np.power.reduce(p, axis=0)
np.logaddexp.reduce(x, axis=1); np.logaddexp.reduce(x, axis=None); np.fmax.reduce(x, axis=0); np.add.accumulate(x)
np.multiply.accumulate(x, axis=1); np.maximum.accumulate(x, axis=1); np.minimum.accumulate(x); np.logaddexp.accumulate(x, axis=1)
np.subtract.accumulate(x, axis=1); np.add.outer(v, w); np.multiply.outer(x, v); np.maximum.outer(v, k); np.power.outer(p, W)
np.add.reduceat(x, [0, 2, 1], axis=1); np.multiply.reduceat(v, [0, 3, 1, 2]); np.add.reduce(x, where=C, axis=1)

np.sum(x); np.sum(x, 0); np.sum(x, axis=(0, -1)); np.sum(x, axis=1, keepdims=True); np.sum(x, where=C); np.sum(x, axis=())
np.sum(x, initial=3.0, axis=0); np.sum(x, dtype=np.float64); np.prod(x); np.prod(x, 1); np.prod(b, axis=(0, 2))
np.prod(x, axis=0, where=C, initial=2.0); np.mean(x); np.mean(x, axis=0); np.mean(b, axis=(1, 2), keepdims=True)
np.mean(x, axis=1, where=C); np.mean(x, where=C, keepdims=True); np.var(x); np.var(x, 0); np.var(x, axis=1, ddof=1)
np.var(x, axis=1, where=C); np.var(x, axis=0, correction=1, keepdims=True); np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True))
np.var(z); np.std(x); np.std(x, axis=0, ddof=1); np.std(b, axis=(0, 2)); np.std(x, axis=0, where=C[:, :1]); np.max(x)
np.max(x, 0); np.amax(x, axis=1, keepdims=True); np.max(b, axis=(0, 2)); np.max(x, axis=1, where=C, initial=-9.0)
np.max(x, axis=0, initial=0.1); np.min(x); np.amin(x, axis=-1); np.min(x, axis=0, where=C, initial=9.0); np.ptp(x)
np.ptp(x, axis=1, keepdims=True); np.average(x); np.average(x, axis=1, weights=W); np.average(x, axis=0, keepdims=True)
np.average(x, weights=p); np.average(x, axis=1, weights=p, returned=True)[1]; np.average(v, weights=W, returned=True)[0]
np.average(b, axis=(0, 2), weights=np.arange(1.0, 9).reshape(2, 4)); np.average(x, returned=True)[0]
np.nansum(n); np.nansum(n, axis=1); np.nanprod(n, axis=0); np.nanmean(n); np.nanmean(n, axis=1, keepdims=True)
np.nanvar(n, axis=1); np.nanvar(n, ddof=1); np.nanstd(n, axis=1); np.nanmax(n, axis=1); np.nanmax(n); np.nanmin(n, axis=0)
np.nanmedian(n, axis=1); np.nanmedian(n); np.nanquantile(n, 0.3, axis=1); np.nanpercentile(n, [10, 80], axis=1)
np.nanpercentile(n, 40); np.nancumsum(n); np.nancumprod(n, axis=1); np.nan_to_num(n, nan=2.0); np.nan_to_num(x)
np.cumsum(x); np.cumsum(x, axis=1); np.cumsum(x, 0); np.cumprod(x); np.cumprod(x, axis=-1); np.cumulative_sum(v)
np.cumulative_sum(x, axis=1, include_initial=True); np.cumulative_prod(x, axis=0, include_initial=True); np.diff(x)
np.diff(x, 2); np.diff(x, axis=0, prepend=0.0); np.diff(v, prepend=w, append=1.0); np.ediff1d(x); np.ediff1d(v, w, 2.0)
np.trapezoid(v); np.trapezoid(x, dx=0.5); np.trapezoid(x, W); np.trapezoid(b, x=k, axis=1); np.trapezoid(x, y, axis=0)
np.gradient(v); np.gradient(x)[1]; np.gradient(x, 0.5)[0]; np.gradient(m, 0.5, 2.0, edge_order=2)[1]
np.gradient(o, np.sort(l)[:6]); np.gradient(x, o[:4], axis=1); np.gradient(m, axis=0, edge_order=2); np.gradient(b, axis=(0, 1))[0]
np.cov(x); np.cov(x, rowvar=False); np.cov(v, v * v); np.cov(x, bias=True); np.cov(x, ddof=2, aweights=W); np.cov(v)
np.cov(x, fweights=[1, 2, 1, 3]); np.cov(z); np.corrcoef(x); np.corrcoef(v, v * v, rowvar=True)
np.median(x); np.median(x, axis=1); np.median(b, axis=(0, 2), keepdims=True); np.median(w); np.quantile(x, 0.3)
np.quantile(x, [0.1, 0.5, 1.0], axis=1); np.quantile(b, [[0.2], [0.9]], axis=(0, 1), keepdims=True)
np.quantile(l, 0.37, method="hazen"); np.quantile(l, 0.37, method="weibull"); np.quantile(l, 0.37, method="nearest")
np.quantile(l, [0.02, 0.37, 0.99], method="median_unbiased"); np.quantile(l, 0.37, method="lower")
np.quantile(l, 0.37, method="higher"); np.quantile(l, 0.37, method="midpoint"); np.quantile(l, 0.37, method="inverted_cdf")
np.quantile(l, 1 / 3, method="averaged_inverted_cdf"); np.quantile(l, 0.37, method="closest_observation")
np.quantile(l, 0.37, method="normal_unbiased"); np.quantile(l, 0.37, method="interpolated_inverted_cdf")
np.percentile(x, 30, axis=0); np.percentile(x, [20, 70]); np.convolve(v, w); np.convolve(w, v, "same"); np.convolve(v, w, mode="valid")
np.convolve(v, W, "same"); np.convolve(l, v, "same"); np.convolve(v, l, "valid"); np.correlate(l, v); np.correlate(l, w, "full")
np.correlate(l, v, "same"); np.correlate(v, l, "same"); np.correlate(w, v, "full"); np.correlate(v, l); np.correlate(z[0], z[1], "full")
np.correlate(w, v, "same"); np.correlate(v, w, "same"); np.correlate(v, v, "same")

np.reshape(x, (2, 6)); np.reshape(x, -1); np.reshape(x, (2, 6), order="F"); np.reshape(x, shape=(4, 3)); np.ravel(x)
np.reshape(x, (6, 2), copy=True); np.ravel(x, "F"); np.ravel(x.T, "A"); np.ravel(x.T, "K"); np.transpose(x); np.transpose(b, (1, 0, 2))
np.permute_dims(b, (2, 0, -2)); np.matrix_transpose(b); np.swapaxes(b, 0, 2); np.moveaxis(b, 0, -1)
np.moveaxis(b, [0, 1], [-1, 0]); np.rollaxis(b, 2); np.rollaxis(b, 0, 3); np.rollaxis(b, -1, 1); np.squeeze(x[None])
np.squeeze(x[:, None], axis=1); np.squeeze(x); np.expand_dims(x, 0); np.expand_dims(x, (0, -1)); np.broadcast_to(v, (2, 4))
np.broadcast_to(s, 3); np.broadcast_arrays(v, x)[0]; np.atleast_1d(s); np.atleast_2d(v); np.atleast_3d(x); np.atleast_1d(s, v)[0]
np.copy(x); np.astype(x, np.float64); np.flip(x); np.flip(x, 1); np.flip(b, (0, 2)); np.fliplr(x); np.flipud(x); np.rot90(x)
np.rot90(b, 3, axes=(1, 2)); np.roll(x, 2); np.roll(x, 1, axis=0); np.roll(x, (1, 2), axis=(0, 1)); np.roll(x, 2, axis=(0, 1))
np.roll(x, (1, 2)); np.concatenate([x, y]); np.concatenate([x, X], axis=1); np.concatenate((x, y), axis=None); np.concat([x, y], -1)
np.concatenate([v, [1.0, 2.0]]); np.concatenate([w, [s, 2.0]]); np.stack([x, y]); np.stack([x, X], axis=-1); np.hstack([x, y]); np.hstack([v, w])
np.vstack([x, v]); np.dstack([x, y]); np.dstack([v, v * 2]); np.column_stack([w, x]); np.block([[x, y], [X, x]])
np.block([v, w]); np.block([[c, w[:, None]], [w, s]]); np.append(x, v); np.append(x, X, axis=0)
np.split(x, 2, axis=1)[1]; np.split(v, [1, 3])[1]; np.split(v, [1, -1])[1]; np.array_split(l, 4)[0]; np.array_split(x, 2)[1]
np.hsplit(x, 2)[1]; np.hsplit(v, 2)[0]; np.vsplit(x, [1])[1]; np.dsplit(b, 2)[1]; np.unstack(x, axis=1)[2]
np.repeat(x, 2); np.repeat(x, 3, axis=1); np.repeat(v, I); np.repeat(x, I, axis=1); np.tile(v, 3); np.tile(x, (2, 1, 2))
np.resize(v, (3, 3)); np.resize(x, 5); np.meshgrid(v, w)[1]; np.meshgrid(v, w)[0]; np.meshgrid(v, w, indexing="ij")[0]
np.meshgrid(v, w, k, sparse=True)[1]; np.ix_(I, I)[0] * s; np.lib.stride_tricks.sliding_window_view(l, 3)
np.lib.stride_tricks.sliding_window_view(x, (2, 3)); np.lib.stride_tricks.sliding_window_view(x, 2, axis=0)
np.diag(v); np.diag(x, 1); np.diagflat(x, -1); np.diagonal(x); np.diagonal(b, 1, 1, 2); np.trace(x); np.trace(b, 1, 0, 2)
np.tril(x); np.tril(v); np.triu(b, 1); np.vander(v); np.vander(v, 3, increasing=True); np.vander(w, 6)
np.pad(x, 1); np.pad(x, ((1, 0), (2, 1)), constant_values=3.0); np.pad(v, (1, 2), constant_values=(4.0, s))
np.pad(x, ((0, 2), (1, 1)), "edge"); np.pad(x, 2, mode="reflect"); np.pad(x, (2, 1), mode="symmetric"); np.pad(x, 5, mode="wrap")
np.pad(x, {1: (1, 2)}); np.pad(x, 2, "maximum"); np.pad(x, 2, "minimum", stat_length=2); np.pad(x, (1, 2), "mean", stat_length=((1, 2), (3, 4)))
np.pad(x, 1, "median"); np.pad(x, (2, 3), "linear_ramp", end_values=1.5); np.pad(x, ((1, 1), (2, 2)), constant_values=((1.0, 2.0), (3.0, 4.0)))
np.linspace(0, s, 5); np.linspace(v, 1.0, 4); np.linspace(v, W, 4, endpoint=False, axis=1); np.linspace(s, 3, 1)
np.linspace(s, 3, 6, retstep=True)[1]; np.logspace(0, s, 4); np.logspace(s, 2, 3, base=2.0); np.geomspace(p, 9, 4); np.geomspace(-p, -3.0, 3)
np.apply_along_axis(np.sum, 1, x); np.apply_along_axis(lambda r: r[:2] * r[1], 0, x); np.apply_along_axis(np.outer, 1, b, W)
np.apply_over_axes(np.sum, b, [0, 2]); np.zeros_like(x) + x; np.ones_like(x, np.float64) * x; np.full_like(x, 3.0) * x
np.full_like(x, s); np.empty_like(x) * 0 + x

np.take(x, [0, 5, 5]); np.take(x, [[0, 1], [2, 2]], axis=1); np.take(x, -1, axis=0); np.take(v, [5, -6], mode="wrap")
np.take(v, [9, -3], mode="clip"); np.take_along_axis(x, np.argsort(X, 1), axis=1); np.take_along_axis(x, np.array([7, 1]), None)
np.take_along_axis(x, np.array([[1], [0], [3]]), 1); np.delete(v, 1); np.delete(x, [0, 2], axis=1); np.delete(x, slice(0, 2), 0)
np.insert(v, 1, s); np.insert(v, [1, 3], w[:2]); np.insert(x, 1, 5.0, axis=1); np.insert(x, 2, w, axis=1); np.insert(x, [1, 1], y[:, :2], axis=1)
np.insert(x, 1, y[:2], axis=0); np.insert(x, [2], w[:, None], axis=1); np.insert(x, 5, 1.5); np.insert(v, slice(1, 3), 2.0)
np.compress([True, False, True], x, axis=0); np.compress([False, True, True], v); np.extract(C, x); np.where(C, x, y)
np.where(C, x, 0.0); np.where(x > 0, x, v); np.where(C, [1.0, 2, 3, 4], x); np.where(I, v, 1.0); np.select([C, X > 0], [x, y], 2.0)
np.select([x > 1, x > 0], [x * 2, y]); np.choose(I, [v, W, v * v]); np.choose(I, [1.0, v, s]); np.choose(I + 5, [v, W, v], mode="wrap")
np.choose(C.astype(int), [x, y], mode="clip"); np.piecewise(x, [C], [np.sin, np.cos]); np.piecewise(v, [v > 1, v < 0], [1.0, lambda t: t * t, 2.0])
np.clip(x, -0.5, 0.5); np.clip(x, None, y); np.clip(x, min=0.0); np.clip(x, a_min=-p, a_max=0.3); np.clip(X, x, 2.0); np.sort(x)
np.sort(x, axis=0); np.sort(x, None); np.sort(b, 1); np.partition(l, 4); np.partition(x, 1, axis=0); np.sort_complex(z[0])
np.unique(x); np.unique(np.concatenate([v, v])); np.unique(x, axis=0); np.unique(x, return_counts=True)[0]; np.unique_all(v).values
np.unique_counts(v)[0]; np.unique_inverse(v)[0]; np.sort(np.unique_values(v)); np.union1d(v, W); np.setdiff1d(x, X); np.intersect1d(v, v[1:])
np.setxor1d(v, W); np.trim_zeros(np.concatenate([[0.0, 0.0], v, [0.0]])); np.trim_zeros(np.concatenate([[0.0], v, [0.0]]), "b")
np.intersect1d(v, v[1:], return_indices=True)[0]; np.trim_zeros(x * 0); np.trim_zeros(np.concatenate([[0.0], v]), trim="f")
np.bincount(I, v); np.bincount(I, weights=v, minlength=6); np.histogram(l, 4)[1]; np.histogram(l, bins=[-1, 0, 1], weights=l)[0]
np.histogram(L, 3, weights=l)[0]; np.histogram(l, 3, density=True)[0]; np.histogram(l, 3, range=(-1.0, 1.0), density=True, weights=p.reshape(-1)[:9])[0]
np.histogram_bin_edges(l, 5); np.interp(u, W.cumsum() - 1.5, v); np.interp(x, np.sort(X[0]), y[0]); np.interp(x, o, np.arange(6.0) ** 2)
np.interp(x, o[:4], W, left=s, right=2.0); np.interp(x * 5, o[:4], v, period=3.7); np.interp(x, [0.0], [s])

np.dot(x, v); np.dot(v, W); np.dot(x, y.T); np.dot(b, x.T); np.dot(c, b); np.dot(2.0, x); np.inner(v, W); np.inner(x, y); np.inner(x, v); np.inner(3.0, v)
np.vdot(x, y); np.vdot(z, z); np.outer(v, w); np.outer(x, v); np.einsum("ij,kj->ik", x, y); np.einsum("ij,j", x, v)
np.einsum("ii", c); np.einsum("...j,j->...", b, v, optimize=True); np.einsum(x, [0, 1], y, [2, 1], [0, 2]); np.einsum(x, [0, 1], v, [1])
np.tensordot(x, y, axes=([0, 1], [0, 1])); np.tensordot(b, x, 2); np.tensordot(b, v, axes=(2, 0)); np.tensordot(v, w, 0); np.kron(x, a); np.kron(v, w)
np.cross(w, k); np.cross(m, w); np.cross(m.T, m.T[::-1], axis=0); np.cross(m, m[::-1] * 2, axisc=0); np.cross(m.T, m[::-1], axisa=0)
np.linalg.norm(x); np.linalg.norm(v, 1); np.linalg.norm(v, np.inf); np.linalg.norm(v, -np.inf); np.linalg.norm(v, 3)
np.linalg.norm(x, axis=1); np.linalg.norm(x, 1, axis=0, keepdims=True); np.linalg.norm(x, "fro"); np.linalg.norm(x, "nuc"); np.linalg.norm(x, 2)
np.linalg.norm(x, -2); np.linalg.norm(x, 1); np.linalg.norm(b, np.inf, axis=(1, 2)); np.linalg.norm(b); np.linalg.norm(b, axis=(0, 1)); np.linalg.norm(z)
np.linalg.vector_norm(b, axis=1); np.linalg.vector_norm(x, ord=3, keepdims=True); np.linalg.matrix_norm(b); np.linalg.matrix_norm(x, ord=2)
np.linalg.solve(a, w); np.linalg.solve(a, x); np.linalg.solve(np.stack([a, c]), x); np.linalg.inv(a); np.linalg.det(a); np.linalg.det(np.stack([a, c]))
np.linalg.slogdet(a).logabsdet; np.linalg.slogdet(c)[1]; np.linalg.cholesky(c @ c.T); np.linalg.cholesky(c @ c.T, upper=True)
np.linalg.eigh((c + c.T) / 2)[0]; np.linalg.eigh((c + c.T) / 2).eigenvectors ** 2; np.linalg.eigvalsh((c + c.T) / 2, "U")
np.sort(np.linalg.eigvals(c @ c.T)); np.sort(np.linalg.eig(c @ c.T).eigenvalues); np.abs(np.linalg.eig(c).eigenvectors); np.sum(np.linalg.eigvals(a) ** 2)
np.linalg.svd(x, compute_uv=False); np.linalg.svd(x)[1]; np.linalg.svd(x, full_matrices=False).U ** 2; np.linalg.svdvals(b)
np.abs(np.linalg.qr(m).R); np.linalg.qr(a)[0] ** 2; np.linalg.qr(m, "r") ** 2; np.linalg.pinv(m); np.linalg.pinv(x, rcond=1e-10); np.linalg.pinv(c @ c.T, hermitian=True)
np.linalg.lstsq(m, l[:5])[0]; np.linalg.lstsq(m, l[:5])[1]; np.linalg.lstsq(m, m * m, rcond=None)[0]; np.linalg.lstsq(x, w)[0]; np.linalg.lstsq(m, l[:5])[3]
np.linalg.matrix_power(a, 3); np.linalg.matrix_power(a, -2); np.linalg.multi_dot([x, x.T, w]); np.linalg.multi_dot([m, x, y.T]); np.linalg.cond(a); np.linalg.cond(a, 1)
np.linalg.tensorinv(np.reshape(np.kron(a, np.eye(2)), (6, 2, 3)), ind=1); np.linalg.tensorsolve(np.reshape(np.kron(a, np.eye(2)), (2, 3, 6)), np.reshape(l[:6], (2, 3)))
np.linalg.cross(w, k); np.linalg.diagonal(b, offset=1); np.linalg.trace(b); np.linalg.matmul(x, v); np.linalg.matrix_transpose(b); np.linalg.outer(v, w)
np.linalg.tensordot(b, x, axes=2); np.linalg.vecdot(x, y); np.linalg.vecdot(z, z)
np.fft.fft(v); np.fft.fft(x, 6); np.fft.fft(x, axis=0, norm="ortho"); np.fft.ifft(z); np.fft.rfft(x); np.fft.rfft(l, 7); np.fft.irfft(z); np.fft.irfft(z, 5)
np.fft.hfft(z); np.fft.ihfft(x); np.fft.fft2(x); np.fft.ifft2(z); np.fft.rfft2(b); np.fft.irfft2(z); np.fft.fftn(b); np.fft.ifftn(z, axes=(0,))
np.fft.fftn(b, axes=(0, 2), s=(3, 5)); np.fft.rfftn(b); np.fft.irfftn(z); np.fft.fftshift(x); np.fft.ifftshift(x, axes=1); np.fft.fft(np.sin(v) * 1j + v)
np.polyval(v, 1.5); np.polyval(v, x); np.polyval([1.0, 2.0], x); np.polyadd(v, w); np.polysub(w, v); np.polymul(v, w); np.polyder(v); np.polyder(v, 2)
np.polyint(v); np.polyint(w, 2, k=[1.0, 2.0]); np.polyint(w, 1, s); np.polyfit(o, l[:6], 2); np.polyfit(o, x[:, :2].reshape(-1)[:6], 1, w=np.arange(1.0, 7))
np.polyfit(W, x.T, 1); np.poly(v); np.poly(c @ c.T); np.roots(np.concatenate([[0.0], w, [0.0, 0.0]]))[-2:] + s; np.sort(np.roots(np.polymul(np.stack([1.0, -s]), [1.0, -5.0])))
np.sort(np.roots(w).real); np.sum(np.roots(v) ** 2); np.real(z); np.imag(z); np.real(x); np.angle(z); np.angle(z, deg=True); np.real_if_close(z + 0); np.real_if_close(x)
np.emath.sqrt(x); np.emath.sqrt(p); np.emath.log(x); np.emath.log2(p); np.emath.log10(x); np.emath.logn(2.0, x); np.emath.power(p, 2.5); np.emath.power(x, 2.5)
np.emath.arccos(u); np.emath.arccos(u * 2); np.emath.arccos(u + 0.1j); np.emath.arcsin(u + 0.1j); np.emath.arcsin(u * 2); np.emath.arctanh(u); np.unwrap(v * 4); np.unwrap(x * 9, axis=0, period=5.0)
np.round(x) * x; np.round(x, 2) * x; np.around(x, decimals=1) * x
"""
LINES = [case.strip() for line in CASES.splitlines() for case in line.split(";") if case.strip()]


def names_in(case):
    """The variables of a case, those of its lambdas too."""
    code = compile(case, "case", "eval")
    return [n for n in VALUES if n in code.co_names]


def run(case, values):
    return eval(case, {"np": np, **values})


def central_difference(case, values, name, weight, direction, h=1e-6):
    def at(t):
        out = run(case, values | {name: values[name] + t * direction})
        return np.sum(np.real(np.conj(weight) * out))

    return (at(h) - at(-h)) / (2 * h)


@pytest.mark.parametrize("case", LINES)
def test_value_and_gradient(case):
    expected = run(case, VALUES)
    names = [n for n in names_in(case) if n.islower()]
    tensors = {n: ag.tensor(VALUES[n], requires_grad=True) for n in names}
    out = run(case, VALUES | tensors)
    assert type(out) is ag.Tensor
    assert out.shape == np.shape(expected)
    np.testing.assert_allclose(out.detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    assert out.dtype.kind == np.asarray(expected).dtype.kind
    draw = np.random.default_rng(3)
    weight = draw.normal(size=np.shape(expected)).astype(out.dtype)
    if out.dtype.kind == "c":
        weight = weight + 1j * draw.normal(size=weight.shape)
    if out.array.size == 0:
        return
    grads = ag.grad(out, list(tensors.values()), ag.tensor(weight), materialize_grads=True)
    reached = 0
    for name, g in zip(names, grads, strict=True):
        direction = draw.normal(size=VALUES[name].shape)
        found = np.sum(direction * np.real(g.numpy()))
        if VALUES[name].dtype.kind == "c":
            turned = 1j * draw.normal(size=VALUES[name].shape)
            found = np.sum(np.real(np.conj(direction + turned) * g.numpy()))
            direction = direction + turned
        numeric = central_difference(case, VALUES, name, weight, direction)
        assert found == pytest.approx(numeric, rel=2e-6, abs=2e-7), name
        reached += np.any(g.numpy() != 0)
    assert reached, "no gradient arrived anywhere"


# ---------------------------------------------------------------------------------------------- what has no derivative

PLAIN = """
np.argmax(x); np.argmax(x, axis=1); np.argmin(x, 0, keepdims=True); np.argmax(x, keepdims=True); np.nanargmax(n, axis=1)
np.nanargmin(n); np.count_nonzero(x > 0); np.count_nonzero(x > 0, axis=1, keepdims=True); np.all(x); np.any(x > 2, axis=0)
np.all(x > 0, where=C); np.any(x > 1, axis=1, where=C, keepdims=True); np.isclose(x, X); np.iscomplex(z); np.isreal(x)
np.isneginf(x); np.isposinf(x); np.isin(x, [1.0]); np.argwhere(x > 0); np.flatnonzero(x > 0); np.argpartition(x, 1)
np.lexsort((x[0], v)); np.searchsorted(o, W); np.searchsorted(W, v, side="right"); np.digitize(x, [-1.0, 0.5, 2.0]); np.argsort(x)
np.argsort(x, axis=None); np.nonzero(x > 0)[1]; np.where(x > 0)[0]; np.histogram(l, 3)[0]; np.bincount(np.argmax(x, 1))
np.unravel_index(np.argmax(x), x.shape)[0]; np.ravel_multi_index((np.argmax(x, 1), np.argmin(x, 1)), (4, 4))
np.tril_indices_from(c)[0]; np.triu_indices_from(c)[1]; np.diag_indices_from(c)[0]; np.linalg.matrix_rank(x)
np.packbits(x > 0); np.unpackbits(np.packbits(x > 0)); np.isnan(x); np.isfinite(x); np.isinf(x); np.signbit(x); np.greater(x, y)
np.greater_equal(x, 0); np.less(x, y); np.less_equal(x, y); np.equal(x, X); np.not_equal(x, y); x > X; X > x
np.logical_and(x > 0, y > 0); np.logical_or(C, x > 0); np.logical_xor(C, x > 0); np.logical_not(x > 0); np.invert(x > 0)
np.bitwise_and(C, x > 0); np.bitwise_or(C, x > 0); np.bitwise_xor(C, x > 0); np.logical_and.reduce(x > 0, axis=1)
np.logical_or.reduce(x > 1, axis=None); np.logical_xor.reduce(x > 0); np.spacing(x); np.nextafter(x, 9.0); np.floor(x); np.sign(x)
np.bitwise_count(np.argmax(x, 0)); np.left_shift(np.argmax(x, 0), 2); np.right_shift(np.argmax(x, 0), 1)
np.gcd(np.argmax(x, 0), 6); np.lcm(np.argmax(x, 0) + 1, 6); np.frexp(x)[1]; np.zeros_like(x); np.ones_like(x, dtype=np.int64)
np.full_like(x, 3.0, shape=(2,)); np.zeros_like(x, np.float64, "C"); np.unique(x, return_index=True)[1]; np.unique_all(x).counts
np.unique_inverse(v).inverse_indices; np.linalg.slogdet(c).sign; np.corrcoef(v); np.polydiv([1.0, 2, 3], np.round(w * 0) + 1)[1]
np.zeros(3, like=x); np.array([[1.0, 2]], like=x); np.arange(5, like=x); np.full((2, 2), 7.0, like=x); np.eye(3, like=x)
np.identity(2, like=x); np.tri(3, like=x); np.ones((1, 2), like=x); np.empty((0, 2), like=x); np.fromiter([1, 2], dtype=int, like=x)
np.frombuffer(b"ab", dtype=np.uint8, like=x); np.fromfunction(np.add, (2, 2), like=x); np.fromstring("1 2", sep=" ", like=x)
np.polymul(np.round(w * 0), [0.0]); np.unique(np.round(x * 0)); np.roots(np.round(w * 0)); np.roots(np.stack([s, 0.0, 0.0]))
np.resize(x[:0], 3); np.max(x[:0], axis=0, initial=2.0)
"""


@pytest.mark.parametrize("case", [c.strip() for line in PLAIN.splitlines() for c in line.split(";") if c.strip()])
def test_value_without_derivative(case):
    expected = np.asarray(run(case, VALUES))
    out = run(case, VALUES | {n: ag.tensor(VALUES[n], requires_grad=True) for n in names_in(case) if n.islower()})
    assert type(out) is ag.Tensor
    assert out.shape == expected.shape
    assert out.dtype.kind == expected.dtype.kind
    np.testing.assert_array_equal(out.detach().numpy(), expected)


ANSWERS = """
np.allclose(x, X); np.array_equal(x, X); np.array_equiv(x, x[:1]); np.shape(x); np.ndim(x); np.size(x); np.size(x, 1)
np.iscomplexobj(z); np.isrealobj(z); np.result_type(x, np.float32); np.result_type(np.int8, x); np.can_cast(I.dtype, "f4")
np.common_type(x, z); np.array_str(x); np.array2string(v, precision=2); np.may_share_memory(x, x.T); np.shares_memory(x, y)
np.einsum_path("ij,kj->ik", x, y)[1]; np.min_scalar_type(x)
"""


@pytest.mark.parametrize("case", [c.strip() for line in ANSWERS.splitlines() for c in line.split(";") if c.strip()])
def test_answers_that_are_no_arrays(case):
    out = run(case, VALUES | {n: ag.tensor(VALUES[n], requires_grad=True) for n in names_in(case) if n.islower()})
    assert not isinstance(out, ag.Tensor)
    assert out == run(case, VALUES)


def test_array_repr_is_that_of_the_tensor():
    assert np.array_repr(ag.tensor([1.0])) == "tensor([1.])"


def test_can_cast_asks_the_dtype():
    assert np.can_cast(ag.ones(2, dtype=np.float32), np.float64)
    assert not np.can_cast(ag.ones(2, dtype=np.float64), np.float32)


def test_files(tmp_path):
    t = ag.tensor([[1.0, 2.0]], requires_grad=True)
    np.save(tmp_path / "t.npy", t)
    np.savez(tmp_path / "t.npz", t, again=t)
    np.savez_compressed(tmp_path / "c.npz", t=t)
    text = io.StringIO()
    np.savetxt(text, t, fmt="%g")
    assert np.load(tmp_path / "t.npy").tolist() == [[1.0, 2.0]]
    assert np.load(tmp_path / "t.npz")["again"].tolist() == [[1.0, 2.0]]
    assert np.load(tmp_path / "c.npz")["t"].tolist() == [[1.0, 2.0]]
    assert text.getvalue() == "1 2\n"


# ------------------------------------------------------------------------------------------------------- nothing is missing

FUNCTIONS = sorted(
    {numpy_protocol.full_name(function): function for function in overrides.get_overridable_numpy_array_functions()}.items()
)
NO_RULE = """
busday_count busday_offset datetime_as_string is_busday fromfile genfromtxt loadtxt histogram2d histogramdd
""".split()
IN_PLACE = "copyto fill_diagonal place put put_along_axis putmask".split()


def called_by_name(name, text):
    public = name.replace("lib.scimath.", "emath.")
    return f"np.{public}(" in text or (name.startswith("unique_") and f"np.{name}(" in text)


@pytest.mark.parametrize("name", [name for name, _ in FUNCTIONS if "recfunctions" not in name])
def test_every_function_of_numpy_has_a_rule_or_is_refused_by_name(name):
    function = dict(FUNCTIONS)[name]
    if name in numpy_protocol.TABLE:
        files = ("save", "savez", "savez_compressed", "savetxt", "array_repr", "asarray", "asanyarray", "require")
        converters = ("ascontiguousarray", "asfortranarray")
        assert called_by_name(name, CASES + PLAIN + ANSWERS) or name in files + converters, "no case"
    else:
        assert name in NO_RULE + IN_PLACE
        with pytest.raises(TypeError, match=rf"np\.{name}"):
            numpy_protocol.array_function(None, function, (), (), {})


def test_record_functions_are_refused_with_the_way_out():
    from numpy.lib import recfunctions

    with pytest.raises(TypeError, match=r"recfunctions\.stack_arrays has no rule .* leave the graph .* np\.asarray\(x\)"):
        recfunctions.stack_arrays([ag.ones(2), ag.ones(2)])


UFUNCS = sorted({u.__name__: u for u in overrides.get_overridable_numpy_ufuncs() if u.__name__[0] != "_"}.items())
TEXTS = (
    "count endswith find index isalnum isalpha isdecimal isdigit islower isnat isnumeric isspace istitle isupper rfind rindex "
    "startswith str_len"
).split()


@pytest.mark.parametrize("name", [name for name, _ in UFUNCS])
def test_every_ufunc_has_a_rule_or_is_refused_by_name(name):
    if name in TEXTS:
        with pytest.raises(TypeError, match=rf"np\.{name} has no rule"):
            dict(UFUNCS)[name](*[ag.ones(2)] * dict(UFUNCS)[name].nin)
    else:
        aliases = {"absolute": "abs", "divide": "true_divide", "clip": "clip"}
        text = CASES + PLAIN
        assert f"np.{name}(" in text or f"np.{aliases.get(name, name)}(" in text


@pytest.mark.parametrize("name", [name for name, _ in FUNCTIONS if name in numpy_protocol.TABLE])
def test_rules_have_the_parameters_of_numpy(name):
    ours = inspect.signature(numpy_protocol.TABLE[name]).parameters
    try:
        theirs = inspect.signature(dict(FUNCTIONS)[name]).parameters
    except ValueError:
        pytest.skip("NumPy does not tell its signature")
    if any(p.kind is p.VAR_POSITIONAL for p in ours.values()):
        return  # passed on as they are
    positional = [(n, p.kind) for n, p in theirs.items() if p.kind is not p.KEYWORD_ONLY and p.kind is not p.VAR_KEYWORD]
    for (name_, kind), p in zip(positional, ours.values(), strict=False):
        assert kind is p.POSITIONAL_ONLY or p.name == name_
    missing = [n for n, p in theirs.items() if n not in ours and p.kind not in (p.VAR_KEYWORD, p.POSITIONAL_ONLY)]
    assert not missing
    for n, p in theirs.items():
        if n in ours and n not in ("casting", "x", "y", "rcond", "overwrite_input"):
            assert repr(ours[n].default) == repr(p.default), n


# ------------------------------------------------------------------------------------------------------------- messages

ERRORS = [
    (lambda t: np.histogram2d(t, t), TypeError, r"np\.histogram2d has no rule for tensors, so its gradient would be lost"),
    (lambda t: np.sin(t, out=np.zeros(3)), TypeError, r"np\.sin: out= would overwrite an array behind the graph's back"),
    (lambda t: np.sum(t, 0, None, np.zeros(())), TypeError, r"np\.sum: out= would"),
    (lambda t: np.concatenate([t, t], out=np.zeros(6)), TypeError, r"np\.concatenate: out= would"),
    (lambda t: np.add.reduce(t, out=np.zeros(())), TypeError, r"np\.add\.reduce: out= would"),
    (lambda t: np.log(t, where=np.ones(3, bool)), TypeError, r"np\.log: where= needs out=.* np\.where\(mask, result, other\)"),
    (lambda t: np.add(t, t, casting="unsafe"), TypeError, r"np\.add: casting='unsafe' is not supported on tensors; leave"),
    (lambda t: np.add.at(t, [0], 1.0), TypeError, r"np\.add\.at: changes an array in place; use x\.index_add_"),
    (lambda t: np.modf.reduce(t), (TypeError, ValueError), r"modf\.reduce|reduce only"),
    (lambda t: np.copyto(t, 0.0), TypeError, r"np\.copyto: overwrites .* write x\.copy_\(values\) on a tensor"),
    (lambda t: np.copyto(np.zeros(3), t), TypeError, r"np\.copyto: overwrites"),
    (lambda t: np.put(t, [0], 1.0), TypeError, r"np\.put: overwrites .* x\.put_"),
    (lambda t: np.place(t, t > 0, 1.0), TypeError, r"np\.place: overwrites .* x\.masked_scatter_"),
    (lambda t: np.fill_diagonal(np.outer(t, t), 0.0), TypeError, r"np\.fill_diagonal: overwrites"),
    (lambda t: np.putmask(t, t > 0, 1.0), TypeError, r"np\.putmask: overwrites .* x\[mask\] = values"),
    (lambda t: np.split(t, 2), ValueError, r"np\.split: 3 elements do not divide into 2 equal parts; use np\.array_split"),
    (lambda t: np.array_split(t, 0), ValueError, r"np\.array_split: needs at least one section, got 0"),
    (lambda t: np.hsplit(t[0], 1), ValueError, r"np\.hsplit: needs at least 1 dimensions, got shape \(\)"),
    (lambda t: np.squeeze(t, 0), ValueError, r"np\.squeeze: axis 0 has size 3 \(shape \(3,\)\), not 1"),
    (lambda t: np.sum(t, axis=1), np.exceptions.AxisError, r"axis 1 is out of bounds for array of dimension 1"),
    (lambda t: np.reshape(t, 3, order="Q"), ValueError, r"np\.reshape: order must be 'C', 'F', 'A' or 'K', got 'Q'"),
    (lambda t: np.ravel(np.outer(t, t)[:, ::2], "K"), TypeError, r"np\.ravel|np\.reshape: order='K' of a tensor that is not"),
    (lambda t: np.max(t, where=np.ones(3, bool)), ValueError, r"np\.max: where= needs initial="),
    (lambda t: np.average(t, weights=[1.0, 2.0]), ValueError, r"np\.average: weights of shape \(2,\) do not fit a of shape"),
    (lambda t: np.average(t, weights=t * 0), ZeroDivisionError, r"np\.average: the weights sum to 0"),
    (lambda t: np.cumulative_sum(np.outer(t, t)), ValueError, r"np\.cumulative_sum: give the axis for more than one dim"),
    (lambda t: np.diff(t[0]), ValueError, r"np\.diff: needs at least one dimension, got a 0-d tensor"),
    (lambda t: np.gradient(t, edge_order=3), ValueError, r"np\.gradient: edge_order must be 1 or 2, got 3"),
    (lambda t: np.gradient(t, 1.0, 2.0), TypeError, r"np\.gradient: 2 spacings for 1 axes; give none, a number, or one"),
    (lambda t: np.gradient(t[:1]), ValueError, r"np\.gradient: axis 0 has 1 points; edge_order=1 needs 2"),
    (lambda t: np.gradient(t, t[:2]), ValueError, r"np\.gradient: places of shape \(2,\) for the 3 points of axis 0"),
    (lambda t: np.cov(t.reshape(1, 1, 3)), ValueError, r"np\.cov: needs at most 2 dimensions, got shape \(1, 1, 3\)"),
    (lambda t: np.quantile(t, 0.5, weights=t), TypeError, r"np\.quantile: weights=.* is not supported on tensors"),
    (lambda t: np.quantile(t[:0], 0.5), ValueError, r"np\.quantile: no quantile of nothing: shape \(0,\) is empty"),
    (lambda t: np.convolve(t, t[:0]), ValueError, r"np\.convolve: needs vectors that are not empty, v has shape \(0,\)"),
    (lambda t: np.convolve(t, t, "half"), ValueError, r"np\.convolve: mode must be 'full', 'same' or 'valid', got 'half'"),
    (lambda t: np.cross(t, t[:2]), ValueError, r"np\.cross: vectors of 3 numbers are needed, got 3 and 2"),
    (lambda t: np.linalg.norm(t.reshape(1, 1, 3), 2), ValueError, r"np\.linalg\.norm: ord=2 needs one or two axes, got 3"),
    (lambda t: np.linalg.qr(np.outer(t, t), "raw"), TypeError, r"np\.linalg\.qr: mode='raw' is not supported"),
    (lambda t: np.einsum("i->", t, dtype=float), TypeError, r"np\.einsum: dtype=.* is not supported on tensors"),
    (lambda t: np.polyder(t, -1), ValueError, r"np\.polyder: the order must not be negative, got -1"),
    (lambda t: np.polyfit(t, t, 1, full=True), TypeError, r"np\.polyfit: full=True is not supported on tensors"),
    (lambda t: np.meshgrid(t, t, indexing="ji"), ValueError, r"np\.meshgrid: indexing must be 'xy' or 'ij', got 'ji'"),
    (lambda t: np.pad(t, 1, "empty"), TypeError, r"np\.pad: mode 'empty' with no options is not supported"),
    (lambda t: np.geomspace(t, -t, 3), ValueError, r"np\.geomspace: start and stop must not be 0 and must have the same"),
    (lambda t: np.apply_along_axis(np.sum, 0, np.outer(t, t[:0])), ValueError, r"np\.apply_along_axis: there is no line"),
    (lambda t: np.take(t, [0], mode="up"), ValueError, r"np\.take: mode must be 'raise', 'wrap' or 'clip', got 'up'"),
    (lambda t: np.take_along_axis(t, np.array([[0]]), 0), ValueError, r"np\.take_along_axis: indices of shape \(1, 1\) for"),
    (lambda t: np.select([t > 0], []), ValueError, r"np\.select: 1 conditions for 0 choices; give one for each"),
    (lambda t: np.choose([5], [t, t]), ValueError, r"np\.choose: an index is out of range for 2 choices"),
    (lambda t: np.piecewise(t, [t > 0], [1, 2, 3]), ValueError, r"np\.piecewise: 3 functions for 1 conditions; give one for each, or one more"),
    (lambda t: np.sort(t, order="field"), TypeError, r"np\.sort: order='field' is not supported on tensors"),
    (lambda t: np.interp(1.0, t, t[:2]), ValueError, r"np\.interp: xp and fp must be vectors of one length, got \(3,\), \(2,\)"),
    (lambda t: np.subtract.reduce(t[:0]), ValueError, r"np\.subtract\.reduce: nothing to reduce along axis 0 of shape \(0,\)"),
    (lambda t: np.add(t, np.array(["a"])), TypeError, r"np\.add: an array of <U1 holds no numbers"),
    (lambda t: np.add(t, None), TypeError, r"np\.add: needs tensors, arrays or numbers, got NoneType"),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call(ag.tensor(np.array([0.5, -1.0, 2.0]), requires_grad=True))


# ------------------------------------------------------------------------------------------------------------ the rest


def test_float32_stays_float32():
    t = ag.tensor(np.ones(3, np.float32), requires_grad=True)
    for out in (
        np.float64(2.0) * t, np.sin(t), np.var(t), np.quantile(t, 0.3), np.linalg.norm(t), np.pad(t, 1), np.interp(t, t, t),
        np.linspace(0, t, 3), np.cov(t, t), np.histogram(t, 3)[1], np.arange(3) * t, np.average(t, weights=t), np.gradient(t),
        np.convolve(t, t), np.clip(t, 0.5, None), np.where([True, False, True], t, 0), np.unwrap(t), np.polyfit(t, t, 0),
    ):  # fmt: skip
        assert out.dtype == np.float32


def test_tensors_inside_a_list_keep_their_history():
    t = ag.tensor([1.0, 2.0], requires_grad=True)
    np.dot([t[0], t[1] * t[0]], t).backward()
    assert t.grad.tolist() == [6.0, 4.0]
    u = ag.tensor(3.0, requires_grad=True)
    np.array([[u, 1.0], [2.0, u]], like=u).sum().backward()
    assert u.grad == 2.0


def test_twice_differentiable():
    x = VALUES["x"]
    for function in (
        lambda t: np.sum(np.interp(np.sin(t), np.linspace(-2, 2, 9), np.linspace(-2, 2, 9) ** 3) ** 2),
        lambda t: np.var(t, axis=0).sum() * np.linalg.norm(t),
        lambda t: np.sum(np.gradient(t**3, axis=1, edge_order=2) ** 2),
        lambda t: np.quantile(t, 0.3) ** 3,
        lambda t: np.sum(np.convolve(t[0], t[1]) ** 2),
        lambda t: np.cbrt(t * t + 1).sum() ** 2,
    ):
        assert ag.gradgradcheck(function, [ag.tensor(x, requires_grad=True)])


def test_inside_vmap():
    x = VALUES["x"]
    weights = np.arange(4.0)

    def loss(row):
        return np.sum(np.sin(row) * weights) + weights @ row + np.max(np.exp(row)) + np.linalg.norm(row)

    each = ag.func.vmap(loss)(x)
    np.testing.assert_allclose(np.asarray(each), [float(loss(row)) for row in x])


def test_no_grad_gives_tensors_without_history():
    t = ag.ones(3, requires_grad=True)
    with ag.no_grad():
        assert not np.sin(t).requires_grad
    assert np.add(np.ones(3), ag.ones(3)).grad_fn is None


# ------------------------------------------------------------------------------- programs as others write them, unmodified


def sigmoid(z):
    return np.where(z >= 0, 1 / (1 + np.exp(-np.abs(z))), np.exp(-np.abs(z)) / (1 + np.exp(-np.abs(z))))


def logistic_regression(w):
    features, labels = VALUES["m"], np.array([0, 1, 1, 0, 1])
    p = sigmoid(np.dot(features, w))
    return -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p)) + 0.01 * np.sum(w**2)


def softmax_classifier(weights):
    features, labels = VALUES["m"], np.array([0, 1, 2, 3, 1])
    scores = features @ weights
    scores = scores - np.max(scores, axis=1, keepdims=True)
    log_p = scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(labels)), labels])


def rnn(parameters):
    w_hh = np.reshape(parameters[:9], (3, 3))
    inputs = np.reshape(np.linspace(-1, 1, 12), (4, 3))
    h = np.zeros(3)
    outputs = []
    for step in inputs:
        h = np.tanh(np.dot(w_hh, h) + step)
        outputs.append(np.sum(h))
    return np.sum(np.stack(outputs) ** 2)


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rbf_kernel(points):
    squares = np.sum(points**2, axis=1)
    distances = squares[:, np.newaxis] + squares[np.newaxis, :] - 2 * points @ np.transpose(points)
    kernel = np.exp(-np.maximum(distances, 0) / 2)
    return np.linalg.slogdet(kernel + 0.1 * np.eye(len(points)))[1]


def gaussian_log_likelihood(data):
    mean = np.mean(data, axis=0)
    centred = data - mean
    covariance = np.cov(data, rowvar=False) + 0.1 * np.identity(data.shape[1])
    sign, logdet = np.linalg.slogdet(2 * np.pi * covariance)
    quadratic = np.einsum("ni,ni->n", centred, np.linalg.solve(covariance, np.transpose(centred)).T)
    return -0.5 * np.sum(quadratic + logdet)


def spectral_energy(signal):
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(signal)) / len(signal))
    power = np.abs(np.fft.rfft(signal * window)) ** 2
    return np.log(power + 1e-3).mean() - np.ptp(np.cumsum(signal))


PROGRAMS = [
    (logistic_regression, VALUES["w"]),
    (softmax_classifier, VALUES["x"]),
    (rnn, VALUES["l"]),
    (rosenbrock, VALUES["v"]),
    (rbf_kernel, VALUES["m"]),
    (gaussian_log_likelihood, VALUES["m"]),
    (spectral_energy, VALUES["l"]),
]


@pytest.mark.parametrize(("program", "at"), PROGRAMS, ids=lambda p: getattr(p, "__name__", ""))
def test_a_numpy_program_differentiates_unmodified(program, at):
    h = 1e-6
    numeric = np.empty_like(at)
    for i in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[i] = h
        numeric[i] = (program(at + step) - program(at - step)) / (2 * h)
    x = ag.tensor(at, requires_grad=True)
    out = program(x)
    assert out.item() == pytest.approx(program(at), rel=1e-12)
    np.testing.assert_allclose(ag.grad(out, x)[0].numpy(), numeric, rtol=1e-6, atol=1e-7)
    of_arrays = ag.func.grad(program)(at)
    assert type(of_arrays) is np.ndarray
    np.testing.assert_allclose(of_arrays, numeric, rtol=1e-6, atol=1e-7)
