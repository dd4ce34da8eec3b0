"""Lines of plain NumPy, for test_numpy_protocol.py: each runs on arrays, which gives the oracle, and on tensors."""

import numpy as np

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
np.divide(x, p); np.true_divide(1, p); np.negative(x); np.positive(x); np.power(p, y); np.power(p, 3)
np.power(2.0, x); np.float_power(p, y); np.abs(x); np.absolute(x); np.fabs(x); np.square(x); np.sqrt(p); np.cbrt(x)
np.reciprocal(p); np.exp(x); np.exp2(x); np.expm1(x); np.log(p); np.log2(p); np.log10(p); np.log1p(p)
np.logaddexp(x, y); np.logaddexp2(x, y); np.sin(x); np.cos(x); np.tan(u); np.arcsin(u); np.arccos(u); np.arctan(x)
np.arctan2(x, y); np.hypot(x, y); np.sinh(x); np.cosh(x); np.tanh(x); np.arcsinh(x); np.arccosh(p + 1); np.arctanh(u)
np.degrees(x); np.radians(x); np.deg2rad(x); np.rad2deg(x); np.maximum(x, y); np.minimum(x, 0.1); np.fmax(x, y)
np.fmin(x, y); np.mod(x, 0.7); np.remainder(x, p); np.fmod(x, 0.7); np.copysign(x, X); np.heaviside(x, 0.5) * x
np.sign(x) * x; np.floor(x) * x; np.ceil(x) * x; np.trunc(x) * x; np.rint(x) * x; np.fix(x) * x
np.floor_divide(x, 0.7) * x; np.divmod(x, 0.7)[1]; np.divmod(x, 0.7)[0] * x; np.modf(x)[0]; np.modf(x)[1] * x
np.ldexp(x, 3); np.frexp(x)[0]; np.sinc(x); np.i0(x); np.matmul(x, y.T); x @ v; np.matmul(b, v); np.vecdot(x, y)
np.vecdot(b, b, axis=1); np.matvec(b, v); np.vecmat(w, b); np.add(x, y, dtype=np.float64); np.add([1.0, 2, 3, 4], x)
np.conjugate(z); np.conj(z) * z; np.exp(z); np.abs(z)

np.add.reduce(x); np.add.reduce(x, axis=1, keepdims=True); np.add.reduce(x, axis=None); np.add.reduce(x, initial=2.0)
np.multiply.reduce(x, axis=1); np.maximum.reduce(x, axis=(0, 1)); np.minimum.reduce(x, axis=1, initial=-0.1)
np.subtract.reduce(x, axis=1); np.divide.reduce(p, axis=0, keepdims=True); np.hypot.reduce(x)
np.power.reduce(p, axis=0); np.logaddexp.reduce(x, axis=1); np.logaddexp.reduce(x, axis=None)
np.fmax.reduce(x, axis=0); np.add.accumulate(x); np.multiply.accumulate(x, axis=1); np.maximum.accumulate(x, axis=1)
np.minimum.accumulate(x); np.logaddexp.accumulate(x, axis=1); np.subtract.accumulate(x, axis=1); np.add.outer(v, w)
np.multiply.outer(x, v); np.maximum.outer(v, k); np.power.outer(p, W); np.add.reduceat(x, [0, 2, 1], axis=1)
np.multiply.reduceat(v, [0, 3, 1, 2]); np.add.reduce(x, where=C, axis=1)

np.sum(x); np.sum(x, 0); np.sum(x, axis=(0, -1)); np.sum(x, axis=1, keepdims=True); np.sum(x, where=C)
np.sum(x, axis=()); np.sum(x, initial=3.0, axis=0); np.sum(x, dtype=np.float64); np.prod(x); np.prod(x, 1)
np.prod(b, axis=(0, 2)); np.prod(x, axis=0, where=C, initial=2.0); np.mean(x); np.mean(x, axis=0)
np.mean(b, axis=(1, 2), keepdims=True); np.mean(x, axis=1, where=C); np.mean(x, where=C, keepdims=True); np.var(x)
np.var(x, 0); np.var(x, axis=1, ddof=1); np.var(x, axis=1, where=C); np.var(x, axis=0, correction=1, keepdims=True)
np.var(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)); np.var(z); np.std(x); np.std(x, axis=0, ddof=1)
np.std(b, axis=(0, 2)); np.std(x, axis=0, where=C[:, :1]); np.max(x); np.max(x, 0); np.amax(x, axis=1, keepdims=True)
np.max(b, axis=(0, 2)); np.max(x, axis=1, where=C, initial=-9.0); np.max(x, axis=0, initial=0.1); np.min(x)
np.amin(x, axis=-1); np.min(x, axis=0, where=C, initial=9.0); np.ptp(x); np.ptp(x, axis=1, keepdims=True)
np.average(x); np.average(x, axis=1, weights=W); np.average(x, axis=0, keepdims=True); np.average(x, weights=p)
np.average(x, axis=1, weights=p, returned=True)[1]; np.average(v, weights=W, returned=True)[0]
np.average(b, axis=(0, 2), weights=np.arange(1.0, 9).reshape(2, 4)); np.average(x, returned=True)[0]; np.nansum(n)
np.nansum(n, axis=1); np.nanprod(n, axis=0); np.nanmean(n); np.nanmean(n, axis=1, keepdims=True); np.nanvar(n, axis=1)
np.nanvar(n, ddof=1); np.nanstd(n, axis=1); np.nanmax(n, axis=1); np.nanmax(n); np.nanmin(n, axis=0)
np.nanmedian(n, axis=1); np.nanmedian(n); np.nanquantile(n, 0.3, axis=1); np.nanpercentile(n, [10, 80], axis=1)
np.nanpercentile(n, 40); np.nancumsum(n); np.nancumprod(n, axis=1); np.nan_to_num(n, nan=2.0); np.nan_to_num(x)
np.cumsum(x); np.cumsum(x, axis=1); np.cumsum(x, 0); np.cumprod(x); np.cumprod(x, axis=-1); np.cumulative_sum(v)
np.cumulative_sum(x, axis=1, include_initial=True); np.cumulative_prod(x, axis=0, include_initial=True); np.diff(x)
np.diff(x, 2); np.diff(x, axis=0, prepend=0.0); np.diff(v, prepend=w, append=1.0); np.ediff1d(x)
np.ediff1d(v, w, 2.0); np.trapezoid(v); np.trapezoid(x, dx=0.5); np.trapezoid(x, W); np.trapezoid(b, x=k, axis=1)
np.trapezoid(x, y, axis=0); np.gradient(v); np.gradient(x)[1]; np.gradient(x, 0.5)[0]
np.gradient(m, 0.5, 2.0, edge_order=2)[1]; np.gradient(o, np.sort(l)[:6]); np.gradient(x, o[:4], axis=1)
np.gradient(m, axis=0, edge_order=2); np.gradient(b, axis=(0, 1))[0]; np.cov(x); np.cov(x, rowvar=False)
np.cov(v, v * v); np.cov(x, bias=True); np.cov(x, ddof=2, aweights=W); np.cov(v); np.cov(x, fweights=[1, 2, 1, 3])
np.cov(z); np.corrcoef(x); np.corrcoef(v, v * v, rowvar=True); np.median(x); np.median(x, axis=1)
np.median(b, axis=(0, 2), keepdims=True); np.median(w); np.quantile(x, 0.3); np.quantile(x, [0.1, 0.5, 1.0], axis=1)
np.quantile(b, [[0.2], [0.9]], axis=(0, 1), keepdims=True); np.quantile(l, 0.37, method="hazen")
np.quantile(l, 0.37, method="weibull"); np.quantile(l, 0.37, method="nearest")
np.quantile(l, [0.02, 0.37, 0.99], method="median_unbiased"); np.quantile(l, 0.37, method="lower")
np.quantile(l, 0.37, method="higher"); np.quantile(l, 0.37, method="midpoint")
np.quantile(l, 0.37, method="inverted_cdf"); np.quantile(l, 1 / 3, method="averaged_inverted_cdf")
np.quantile(l, 0.37, method="closest_observation"); np.quantile(l, 0.37, method="normal_unbiased")
np.quantile(l, 0.37, method="interpolated_inverted_cdf"); np.percentile(x, 30, axis=0); np.percentile(x, [20, 70])
np.convolve(v, w); np.convolve(w, v, "same"); np.convolve(v, w, mode="valid"); np.convolve(v, W, "same")
np.convolve(l, v, "same"); np.convolve(v, l, "valid"); np.correlate(l, v); np.correlate(l, w, "full")
np.correlate(l, v, "same"); np.correlate(v, l, "same"); np.correlate(w, v, "full"); np.correlate(v, l)
np.correlate(z[0], z[1], "full"); np.correlate(w, v, "same"); np.correlate(v, w, "same"); np.correlate(v, v, "same")

np.reshape(x, (2, 6)); np.reshape(x, -1); np.reshape(x, (2, 6), order="F"); np.reshape(x, shape=(4, 3)); np.ravel(x)
np.reshape(x, (6, 2), copy=True); np.ravel(x, "F"); np.ravel(x.T, "A"); np.ravel(x.T, "K"); np.transpose(x)
np.transpose(b, (1, 0, 2)); np.permute_dims(b, (2, 0, -2)); np.matrix_transpose(b); np.swapaxes(b, 0, 2)
np.moveaxis(b, 0, -1); np.moveaxis(b, [0, 1], [-1, 0]); np.rollaxis(b, 2); np.rollaxis(b, 0, 3); np.rollaxis(b, -1, 1)
np.squeeze(x[None]); np.squeeze(x[:, None], axis=1); np.squeeze(x); np.expand_dims(x, 0); np.expand_dims(x, (0, -1))
np.broadcast_to(v, (2, 4)); np.broadcast_to(s, 3); np.broadcast_arrays(v, x)[0]; np.atleast_1d(s); np.atleast_2d(v)
np.atleast_3d(x); np.atleast_1d(s, v)[0]; np.copy(x); np.astype(x, np.float64); np.flip(x); np.flip(x, 1)
np.flip(b, (0, 2)); np.fliplr(x); np.flipud(x); np.rot90(x); np.rot90(b, 3, axes=(1, 2)); np.roll(x, 2)
np.roll(x, 1, axis=0); np.roll(x, (1, 2), axis=(0, 1)); np.roll(x, 2, axis=(0, 1)); np.roll(x, (1, 2))
np.concatenate([x, y]); np.concatenate([x, X], axis=1); np.concatenate((x, y), axis=None); np.concat([x, y], -1)
np.concatenate([v, [1.0, 2.0]]); np.concatenate([w, [s, 2.0]]); np.stack([x, y]); np.stack([x, X], axis=-1)
np.hstack([x, y]); np.hstack([v, w]); np.vstack([x, v]); np.dstack([x, y]); np.dstack([v, v * 2])
np.column_stack([w, x]); np.block([[x, y], [X, x]]); np.block([v, w]); np.block([[c, w[:, None]], [w, s]])
np.append(x, v); np.append(x, X, axis=0); np.split(x, 2, axis=1)[1]; np.split(v, [1, 3])[1]; np.split(v, [1, -1])[1]
np.array_split(l, 4)[0]; np.array_split(x, 2)[1]; np.hsplit(x, 2)[1]; np.hsplit(v, 2)[0]; np.vsplit(x, [1])[1]
np.dsplit(b, 2)[1]; np.unstack(x, axis=1)[2]; np.repeat(x, 2); np.repeat(x, 3, axis=1); np.repeat(v, I)
np.repeat(x, I, axis=1); np.tile(v, 3); np.tile(x, (2, 1, 2)); np.resize(v, (3, 3)); np.resize(x, 5)
np.meshgrid(v, w)[1]; np.meshgrid(v, w)[0]; np.meshgrid(v, w, indexing="ij")[0]; np.meshgrid(v, w, k, sparse=True)[1]
np.ix_(I, I)[0] * s; np.lib.stride_tricks.sliding_window_view(l, 3)
np.lib.stride_tricks.sliding_window_view(x, (2, 3)); np.lib.stride_tricks.sliding_window_view(x, 2, axis=0)
np.diag(v); np.diag(x, 1); np.diagflat(x, -1); np.diagonal(x); np.diagonal(b, 1, 1, 2); np.trace(x)
np.trace(b, 1, 0, 2); np.tril(x); np.tril(v); np.triu(b, 1); np.vander(v); np.vander(v, 3, increasing=True)
np.vander(w, 6); np.pad(x, 1); np.pad(x, ((1, 0), (2, 1)), constant_values=3.0)
np.pad(v, (1, 2), constant_values=(4.0, s)); np.pad(x, ((0, 2), (1, 1)), "edge"); np.pad(x, 2, mode="reflect")
np.pad(x, (2, 1), mode="symmetric"); np.pad(x, 5, mode="wrap"); np.pad(x, {1: (1, 2)}); np.pad(x, 2, "maximum")
np.pad(x, 2, "minimum", stat_length=2); np.pad(x, (1, 2), "mean", stat_length=((1, 2), (3, 4)))
np.pad(x, 1, "median"); np.pad(x, (2, 3), "linear_ramp", end_values=1.5)
np.pad(x, ((1, 1), (2, 2)), constant_values=((1.0, 2.0), (3.0, 4.0))); np.linspace(0, s, 5); np.linspace(v, 1.0, 4)
np.linspace(v, W, 4, endpoint=False, axis=1); np.linspace(s, 3, 1); np.linspace(s, 3, 6, retstep=True)[1]
np.logspace(0, s, 4); np.logspace(s, 2, 3, base=2.0); np.geomspace(p, 9, 4); np.geomspace(-p, -3.0, 3)
np.apply_along_axis(np.sum, 1, x); np.apply_along_axis(lambda r: r[:2] * r[1], 0, x)
np.apply_along_axis(np.outer, 1, b, W); np.apply_over_axes(np.sum, b, [0, 2]); np.zeros_like(x) + x
np.ones_like(x, np.float64) * x; np.full_like(x, 3.0) * x; np.full_like(x, s); np.empty_like(x) * 0 + x

np.take(x, [0, 5, 5]); np.take(x, [[0, 1], [2, 2]], axis=1); np.take(x, -1, axis=0); np.take(v, [5, -6], mode="wrap")
np.take(v, [9, -3], mode="clip"); np.take_along_axis(x, np.argsort(X, 1), axis=1)
np.take_along_axis(x, np.array([7, 1]), None); np.take_along_axis(x, np.array([[1], [0], [3]]), 1); np.delete(v, 1)
np.delete(x, [0, 2], axis=1); np.delete(x, slice(0, 2), 0); np.insert(v, 1, s); np.insert(v, [1, 3], w[:2])
np.insert(x, 1, 5.0, axis=1); np.insert(x, 2, w, axis=1); np.insert(x, [1, 1], y[:, :2], axis=1)
np.insert(x, 1, y[:2], axis=0); np.insert(x, [2], w[:, None], axis=1); np.insert(x, 5, 1.5)
np.insert(v, slice(1, 3), 2.0); np.compress([True, False, True], x, axis=0); np.compress([False, True, True], v)
np.extract(C, x); np.where(C, x, y); np.where(C, x, 0.0); np.where(x > 0, x, v); np.where(C, [1.0, 2, 3, 4], x)
np.where(I, v, 1.0); np.select([C, X > 0], [x, y], 2.0); np.select([x > 1, x > 0], [x * 2, y])
np.choose(I, [v, W, v * v]); np.choose(I, [1.0, v, s]); np.choose(I + 5, [v, W, v], mode="wrap")
np.choose(C.astype(int), [x, y], mode="clip"); np.piecewise(x, [C], [np.sin, np.cos])
np.piecewise(v, [v > 1, v < 0], [1.0, lambda t: t * t, 2.0]); np.clip(x, -0.5, 0.5); np.clip(x, None, y)
np.clip(x, min=0.0); np.clip(x, a_min=-p, a_max=0.3); np.clip(X, x, 2.0); np.sort(x); np.sort(x, axis=0)
np.sort(x, None); np.sort(b, 1); np.partition(l, 4); np.partition(x, 1, axis=0); np.sort_complex(z[0]); np.unique(x)
np.unique(np.concatenate([v, v])); np.unique(x, axis=0); np.unique(x, return_counts=True)[0]; np.unique_all(v).values
np.unique_counts(v)[0]; np.unique_inverse(v)[0]; np.sort(np.unique_values(v)); np.union1d(v, W); np.setdiff1d(x, X)
np.intersect1d(v, v[1:]); np.setxor1d(v, W); np.trim_zeros(np.concatenate([[0.0, 0.0], v, [0.0]]))
np.trim_zeros(np.concatenate([[0.0], v, [0.0]]), "b"); np.intersect1d(v, v[1:], return_indices=True)[0]
np.trim_zeros(x * 0); np.trim_zeros(np.concatenate([[0.0], v]), trim="f"); np.bincount(I, v)
np.bincount(I, weights=v, minlength=6); np.histogram(l, 4)[1]; np.histogram(l, bins=[-1, 0, 1], weights=l)[0]
np.histogram(L, 3, weights=l)[0]; np.histogram(l, 3, density=True)[0]
np.histogram(l, 3, range=(-1.0, 1.0), density=True, weights=p.reshape(-1)[:9])[0]; np.histogram_bin_edges(l, 5)
np.interp(u, W.cumsum() - 1.5, v); np.interp(x, np.sort(X[0]), y[0]); np.interp(x, o, np.arange(6.0) ** 2)
np.interp(x, o[:4], W, left=s, right=2.0); np.interp(x * 5, o[:4], v, period=3.7); np.interp(x, [0.0], [s])

np.dot(x, v); np.dot(v, W); np.dot(x, y.T); np.dot(b, x.T); np.dot(c, b); np.dot(2.0, x); np.inner(v, W)
np.inner(x, y); np.inner(x, v); np.inner(3.0, v); np.vdot(x, y); np.vdot(z, z); np.outer(v, w); np.outer(x, v)
np.einsum("ij,kj->ik", x, y); np.einsum("ij,j", x, v); np.einsum("ii", c)
np.einsum("...j,j->...", b, v, optimize=True); np.einsum(x, [0, 1], y, [2, 1], [0, 2]); np.einsum(x, [0, 1], v, [1])
np.tensordot(x, y, axes=([0, 1], [0, 1])); np.tensordot(b, x, 2); np.tensordot(b, v, axes=(2, 0))
np.tensordot(v, w, 0); np.kron(x, a); np.kron(v, w); np.cross(w, k); np.cross(m, w); np.cross(m.T, m.T[::-1], axis=0)
np.cross(m, m[::-1] * 2, axisc=0); np.cross(m.T, m[::-1], axisa=0); np.linalg.norm(x); np.linalg.norm(v, 1)
np.linalg.norm(v, np.inf); np.linalg.norm(v, -np.inf); np.linalg.norm(v, 3); np.linalg.norm(x, axis=1)
np.linalg.norm(x, 1, axis=0, keepdims=True); np.linalg.norm(x, "fro"); np.linalg.norm(x, "nuc"); np.linalg.norm(x, 2)
np.linalg.norm(x, -2); np.linalg.norm(x, 1); np.linalg.norm(b, np.inf, axis=(1, 2)); np.linalg.norm(b)
np.linalg.norm(b, axis=(0, 1)); np.linalg.norm(z); np.linalg.vector_norm(b, axis=1)
np.linalg.vector_norm(x, ord=3, keepdims=True); np.linalg.matrix_norm(b); np.linalg.matrix_norm(x, ord=2)
np.linalg.solve(a, w); np.linalg.solve(a, x); np.linalg.solve(np.stack([a, c]), x); np.linalg.inv(a); np.linalg.det(a)
np.linalg.det(np.stack([a, c])); np.linalg.slogdet(a).logabsdet; np.linalg.slogdet(c)[1]; np.linalg.cholesky(c @ c.T)
np.linalg.cholesky(c @ c.T, upper=True); np.linalg.eigh((c + c.T) / 2)[0]
np.linalg.eigh((c + c.T) / 2).eigenvectors ** 2; np.linalg.eigvalsh((c + c.T) / 2, "U")
np.sort(np.linalg.eigvals(c @ c.T)); np.sort(np.linalg.eig(c @ c.T).eigenvalues)
np.abs(np.linalg.eig(c).eigenvectors); np.sum(np.linalg.eigvals(a) ** 2); np.linalg.svd(x, compute_uv=False)
np.linalg.svd(x)[1]; np.linalg.svd(x, full_matrices=False).U ** 2; np.linalg.svdvals(b); np.abs(np.linalg.qr(m).R)
np.linalg.qr(a)[0] ** 2; np.linalg.qr(m, "r") ** 2; np.linalg.pinv(m); np.linalg.pinv(x, rcond=1e-10)
np.linalg.pinv(c @ c.T, hermitian=True); np.linalg.lstsq(m, l[:5])[0]; np.linalg.lstsq(m, l[:5])[1]
np.linalg.lstsq(m, m * m, rcond=None)[0]; np.linalg.lstsq(x, w)[0]; np.linalg.lstsq(m, l[:5])[3]
np.linalg.matrix_power(a, 3); np.linalg.matrix_power(a, -2); np.linalg.multi_dot([x, x.T, w])
np.linalg.multi_dot([m, x, y.T]); np.linalg.cond(a); np.linalg.cond(a, 1)
np.linalg.tensorinv(np.reshape(np.kron(a, np.eye(2)), (6, 2, 3)), ind=1)
np.linalg.tensorsolve(np.reshape(np.kron(a, np.eye(2)), (2, 3, 6)), np.reshape(l[:6], (2, 3))); np.linalg.cross(w, k)
np.linalg.diagonal(b, offset=1); np.linalg.trace(b); np.linalg.matmul(x, v); np.linalg.matrix_transpose(b)
np.linalg.outer(v, w); np.linalg.tensordot(b, x, axes=2); np.linalg.vecdot(x, y); np.linalg.vecdot(z, z)
np.fft.fft(v); np.fft.fft(x, 6); np.fft.fft(x, axis=0, norm="ortho"); np.fft.ifft(z); np.fft.rfft(x)
np.fft.rfft(l, 7); np.fft.irfft(z); np.fft.irfft(z, 5); np.fft.hfft(z); np.fft.ihfft(x); np.fft.fft2(x)
np.fft.ifft2(z); np.fft.rfft2(b); np.fft.irfft2(z); np.fft.fftn(b); np.fft.ifftn(z, axes=(0,))
np.fft.fftn(b, axes=(0, 2), s=(3, 5)); np.fft.rfftn(b); np.fft.irfftn(z); np.fft.fftshift(x)
np.fft.ifftshift(x, axes=1); np.fft.fft(np.sin(v) * 1j + v); np.polyval(v, 1.5); np.polyval(v, x)
np.polyval([1.0, 2.0], x); np.polyadd(v, w); np.polysub(w, v); np.polymul(v, w); np.polyder(v); np.polyder(v, 2)
np.polyint(v); np.polyint(w, 2, k=[1.0, 2.0]); np.polyint(w, 1, s); np.polyfit(o, l[:6], 2)
np.polyfit(o, x[:, :2].reshape(-1)[:6], 1, w=np.arange(1.0, 7)); np.polyfit(W, x.T, 1); np.poly(v); np.poly(c @ c.T)
np.roots(np.concatenate([[0.0], w, [0.0, 0.0]]))[-2:] + s
np.sort(np.roots(np.polymul(np.stack([1.0, -s]), [1.0, -5.0]))); np.sort(np.roots(w).real); np.sum(np.roots(v) ** 2)
np.real(z); np.imag(z); np.real(x); np.angle(z); np.angle(z, deg=True); np.real_if_close(z + 0); np.real_if_close(x)
np.emath.sqrt(x); np.emath.sqrt(p); np.emath.log(x); np.emath.log2(p); np.emath.log10(x); np.emath.logn(2.0, x)
np.emath.power(p, 2.5); np.emath.power(x, 2.5); np.emath.arccos(u); np.emath.arccos(u * 2); np.emath.arccos(u + 0.1j)
np.emath.arcsin(u + 0.1j); np.emath.arcsin(u * 2); np.emath.arctanh(u); np.unwrap(v * 4)
np.unwrap(x * 9, axis=0, period=5.0); np.round(x) * x; np.round(x, 2) * x; np.around(x, decimals=1) * x
"""

# What has no derivative: arrays of integers and booleans, constants
PLAIN = """
np.argmax(x); np.argmax(x, axis=1); np.argmin(x, 0, keepdims=True); np.argmax(x, keepdims=True)
np.nanargmax(n, axis=1); np.nanargmin(n); np.count_nonzero(x > 0); np.count_nonzero(x > 0, axis=1, keepdims=True)
np.all(x); np.any(x > 2, axis=0); np.all(x > 0, where=C); np.any(x > 1, axis=1, where=C, keepdims=True)
np.isclose(x, X); np.iscomplex(z); np.isreal(x); np.isneginf(x); np.isposinf(x); np.isin(x, [1.0]); np.argwhere(x > 0)
np.flatnonzero(x > 0); np.argpartition(x, 1); np.lexsort((x[0], v)); np.searchsorted(o, W)
np.searchsorted(W, v, side="right"); np.digitize(x, [-1.0, 0.5, 2.0]); np.argsort(x); np.argsort(x, axis=None)
np.nonzero(x > 0)[1]; np.where(x > 0)[0]; np.histogram(l, 3)[0]; np.bincount(np.argmax(x, 1))
np.unravel_index(np.argmax(x), x.shape)[0]; np.ravel_multi_index((np.argmax(x, 1), np.argmin(x, 1)), (4, 4))
np.tril_indices_from(c)[0]; np.triu_indices_from(c)[1]; np.diag_indices_from(c)[0]; np.linalg.matrix_rank(x)
np.packbits(x > 0); np.unpackbits(np.packbits(x > 0)); np.isnan(x); np.isfinite(x); np.isinf(x); np.signbit(x)
np.greater(x, y); np.greater_equal(x, 0); np.less(x, y); np.less_equal(x, y); np.equal(x, X); np.not_equal(x, y)
x > X; X > x; np.logical_and(x > 0, y > 0); np.logical_or(C, x > 0); np.logical_xor(C, x > 0); np.logical_not(x > 0)
np.invert(x > 0); np.bitwise_and(C, x > 0); np.bitwise_or(C, x > 0); np.bitwise_xor(C, x > 0)
np.logical_and.reduce(x > 0, axis=1); np.logical_or.reduce(x > 1, axis=None); np.logical_xor.reduce(x > 0)
np.spacing(x); np.nextafter(x, 9.0); np.floor(x); np.sign(x); np.bitwise_count(np.argmax(x, 0))
np.left_shift(np.argmax(x, 0), 2); np.right_shift(np.argmax(x, 0), 1); np.gcd(np.argmax(x, 0), 6)
np.lcm(np.argmax(x, 0) + 1, 6); np.frexp(x)[1]; np.zeros_like(x); np.ones_like(x, dtype=np.int64)
np.full_like(x, 3.0, shape=(2,)); np.zeros_like(x, np.float64, "C"); np.unique(x, return_index=True)[1]
np.unique_all(x).counts; np.unique_inverse(v).inverse_indices; np.linalg.slogdet(c).sign; np.corrcoef(v)
np.polydiv([1.0, 2, 3], np.round(w * 0) + 1)[1]; np.zeros(3, like=x); np.array([[1.0, 2]], like=x)
np.arange(5, like=x); np.full((2, 2), 7.0, like=x); np.eye(3, like=x); np.identity(2, like=x); np.tri(3, like=x)
np.ones((1, 2), like=x); np.empty((0, 2), like=x); np.fromiter([1, 2], dtype=int, like=x)
np.frombuffer(b"ab", dtype=np.uint8, like=x); np.fromfunction(np.add, (2, 2), like=x)
np.fromstring("1 2", sep=" ", like=x); np.polymul(np.round(w * 0), [0.0]); np.unique(np.round(x * 0))
np.roots(np.round(w * 0)); np.roots(np.stack([s, 0.0, 0.0])); np.resize(x[:0], 3); np.max(x[:0], axis=0, initial=2.0)
"""

# Answers that are no arrays
ANSWERS = """
np.allclose(x, X); np.array_equal(x, X); np.array_equiv(x, x[:1]); np.shape(x); np.ndim(x); np.size(x); np.size(x, 1)
np.iscomplexobj(z); np.isrealobj(z); np.result_type(x, np.float32); np.result_type(np.int8, x)
np.can_cast(I.dtype, "f4"); np.common_type(x, z); np.array_str(x); np.array2string(v, precision=2)
np.may_share_memory(x, x.T); np.shares_memory(x, y); np.einsum_path("ij,kj->ik", x, y)[1]; np.min_scalar_type(x)
"""
