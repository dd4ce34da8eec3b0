"""NumPy's own functions on tensors: the value is NumPy's on the bare arrays, the gradient that of central differences.

A case is a line of plain NumPy. It runs twice: on arrays, which gives the oracle, and on tensors.
"""

import inspect
import io

import numpy as np
import pytest
from numpy.testing import overrides

import autograd_core as ag
from autograd_core.interface import numpy_protocol
from tests.numpy_cases import ANSWERS, CASES, PLAIN, VALUES


def lines(cases):
    return [case.strip() for line in cases.splitlines() for case in line.split(";") if case.strip()]


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


NEWER = {"np.pad(x, {1: (1, 2)})": "2.4.0"}  # cases that the oldest NumPy we take does not know yet


@pytest.mark.parametrize("case", lines(CASES))
def test_value_and_gradient(case):
    if case in NEWER and np.lib.NumpyVersion(np.__version__) < NEWER[case]:
        pytest.skip(f"NumPy has this since {NEWER[case]}")
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


@pytest.mark.parametrize("case", lines(PLAIN))
def test_value_without_derivative(case):
    expected = np.asarray(run(case, VALUES))
    out = run(case, VALUES | {n: ag.tensor(VALUES[n], requires_grad=True) for n in names_in(case) if n.islower()})
    assert type(out) is ag.Tensor
    assert out.shape == expected.shape
    assert out.dtype.kind == expected.dtype.kind
    np.testing.assert_array_equal(out.detach().numpy(), expected)


@pytest.mark.parametrize("case", lines(ANSWERS))
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


# -------------------------------------------------------------------------------------------------- nothing is missing

# Texts, polynomials as classes, masked and record arrays register their functions once somebody imports them, so which
# are there depends on what ran before; all of them are refused, see `test_functions_of_other_modules_are_refused`.
OTHER_MODULES = ("numpy.char", "numpy.strings", "numpy.polynomial", "numpy.ma", "numpy.lib.recfunctions")
OVERRIDABLE = overrides.get_overridable_numpy_array_functions()
FUNCTIONS = sorted(
    {
        numpy_protocol.full_name(function): function
        for function in OVERRIDABLE
        if not (function.__module__ or "").startswith(OTHER_MODULES)
    }.items()
)
NO_RULE = """
busday_count busday_offset datetime_as_string is_busday fromfile genfromtxt loadtxt histogram2d histogramdd
"""
OLD = ("in1d",)  # what NumPy has dropped since the oldest one we take
IN_PLACE = ["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"]


def called_by_name(name, text):
    public = name.replace("lib.scimath.", "emath.")
    return f"np.{public}(" in text or (name.startswith("unique_") and f"np.{name}(" in text)


def test_functions_of_other_modules_are_refused():
    for function in OVERRIDABLE:
        if (function.__module__ or "").startswith(OTHER_MODULES):
            with pytest.raises(TypeError, match=r"np\..* has no rule for tensors"):
                numpy_protocol.array_function(None, function, (), (), {})


@pytest.mark.parametrize("name", [name for name, _ in FUNCTIONS])
def test_every_function_of_numpy_has_a_rule_or_is_refused_by_name(name):
    function = dict(FUNCTIONS)[name]
    if name in numpy_protocol.TABLE:
        files = ("save", "savez", "savez_compressed", "savetxt", "array_repr", "asarray", "asanyarray", "require")
        converters = ("ascontiguousarray", "asfortranarray")
        assert called_by_name(name, CASES + PLAIN + ANSWERS) or name in files + converters + OLD, "no case"
    else:
        assert name in NO_RULE.split() + IN_PLACE
        with pytest.raises(TypeError, match=rf"np\.{name}"):
            numpy_protocol.array_function(None, function, (), (), {})


def test_record_functions_are_refused_with_the_way_out():
    from numpy.lib import recfunctions

    with pytest.raises(TypeError, match=r"recfunctions\.stack_arrays has no rule .* leave the graph .* x\.numpy\(\)"):
        recfunctions.stack_arrays([ag.ones(2), ag.ones(2)])


UFUNCS = sorted({u.__name__: u for u in overrides.get_overridable_numpy_ufuncs() if u.__name__[0] != "_"}.items())
TEXTS = """
count endswith find index isalnum isalpha isdecimal isdigit islower isnat isnumeric isspace istitle isupper rfind
rindex startswith str_len
"""


@pytest.mark.parametrize("name", [name for name, _ in UFUNCS])
def test_every_ufunc_has_a_rule_or_is_refused_by_name(name):
    if name in TEXTS.split():
        with pytest.raises(TypeError, match=rf"{name} has no rule"):
            dict(UFUNCS)[name](*[ag.ones(2)] * dict(UFUNCS)[name].nin)
    else:
        aliases = {"absolute": "abs", "divide": "true_divide", "clip": "clip"}
        text = CASES + PLAIN
        assert f"np.{name}(" in text or f"np.{aliases.get(name, name)}(" in text


OLD_PARAMETERS = {  # deprecated, and dropped since the oldest NumPy we take
    "interpolation": ("percentile", "quantile", "nanpercentile", "nanquantile"),
    "newshape": ("reshape",), "bias": ("corrcoef",), "ddof": ("corrcoef",),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name, _ in FUNCTIONS if name in numpy_protocol.TABLE])
def test_rules_have_the_parameters_of_numpy(name):
    ours = inspect.signature(numpy_protocol.TABLE[name]).parameters
    try:
        theirs = inspect.signature(dict(FUNCTIONS)[name]).parameters
    except ValueError:
        pytest.skip("NumPy does not tell its signature")
    if any(p.kind is p.VAR_POSITIONAL for p in ours.values()):
        return  # passed on as they are
    theirs = {n: p for n, p in theirs.items() if name not in OLD_PARAMETERS.get(n, ())}
    positional = [
        (n, p.kind) for n, p in theirs.items() if p.kind is not p.KEYWORD_ONLY and p.kind is not p.VAR_KEYWORD
    ]
    for (name_, kind), p in zip(positional, ours.values(), strict=False):
        assert kind is p.POSITIONAL_ONLY or p.name == name_
    missing = [n for n, p in theirs.items() if n not in ours and p.kind not in (p.VAR_KEYWORD, p.POSITIONAL_ONLY)]
    assert not missing
    for n, p in theirs.items():
        if n in ours and n not in ("casting", "x", "y", "rcond", "overwrite_input", "shape"):
            assert p.default is p.empty or repr(ours[n].default) == repr(p.default), n


@pytest.mark.parametrize("dtype", ["float32", "int64", "uint8", "bool", "complex64"])
def test_descending_order(dtype):
    """NumPy has `descending=` since 2.5; this tests the rules themselves, with any NumPy."""
    sort, argsort = numpy_protocol.TABLE["sort"], numpy_protocol.TABLE["argsort"]
    values = np.array([[2, 0, 1, 2], [3, 3, 0, 7]]).astype(dtype)
    for axis in (0, 1, None):
        expected = np.flip(np.sort(values, axis), -1 if axis is None else axis)
        np.testing.assert_array_equal(sort(ag.tensor(values), axis, descending=True), expected)
    assert argsort(ag.tensor(values[0]), descending=True).tolist() == (
        [0, 3, 2, 1] if dtype != "bool" else [0, 2, 3, 1]
    )


def test_descending_order_puts_nan_last_and_records():
    sort = numpy_protocol.TABLE["sort"]
    x = ag.tensor([1.0, float("nan"), 3.0, -2.0], requires_grad=True)
    out = sort(x, descending=True)
    np.testing.assert_array_equal(out.detach(), [3, 1, -2, np.nan])
    (g,) = ag.grad(out, x, ag.tensor([10.0, 20.0, 30.0, 40.0]))
    assert g.tolist() == [20, 40, 10, 30]


@pytest.mark.parametrize("always", [True, False])
def test_eigenvalues_of_a_general_matrix_are_complex_since_numpy_2_5(always, monkeypatch):
    monkeypatch.setattr(numpy_protocol.algebra, "ALWAYS_COMPLEX", always)
    a = ag.tensor([[2.0, 1.0], [0.0, 3.0]], requires_grad=True)
    kind = "c" if always else "f"
    assert numpy_protocol.TABLE["linalg.eigvals"](a).dtype.kind == kind
    assert [x.dtype.kind for x in numpy_protocol.TABLE["linalg.eig"](a)] == [kind, kind]
    assert np.roots(ag.tensor([1.0, -3.0, 2.0], requires_grad=True)).dtype.kind == "f"


# ------------------------------------------------------------------------------------------------------------ messages

ERRORS = [
    (
        lambda t: np.histogram2d(t, t),
        TypeError,
        r"np\.histogram2d has no rule for tensors, so its gradient would be lost",
    ),
    (
        lambda t: np.sin(t, out=np.zeros(3)),
        TypeError,
        r"np\.sin: out= would overwrite an array behind the graph's back",
    ),
    (lambda t: np.sum(t, 0, None, np.zeros(())), TypeError, r"np\.sum: out= would"),
    (lambda t: np.concatenate([t, t], out=np.zeros(6)), TypeError, r"np\.concatenate: out= would"),
    (lambda t: np.add.reduce(t, out=np.zeros(())), TypeError, r"np\.add\.reduce: out= would"),
    (
        lambda t: np.log(t, where=np.ones(3, bool)),
        TypeError,
        r"np\.log: where= needs out=.* np\.where\(mask, result, other\)",
    ),
    (
        lambda t: np.add(t, t, casting="unsafe"),
        TypeError,
        r"np\.add: casting='unsafe' is not supported on tensors; leave",
    ),
    (lambda t: np.add.at(t, [0], 1.0), TypeError, r"np\.add\.at: changes an array in place; use x\.index_add_"),
    (lambda t: np.modf.reduce(t), (TypeError, ValueError), r"modf\.reduce|reduce only"),
    (lambda t: np.copyto(t, 0.0), TypeError, r"np\.copyto: overwrites .* write x\.copy_\(values\) on a tensor"),
    (lambda t: np.copyto(np.zeros(3), t), TypeError, r"np\.copyto: overwrites"),
    (lambda t: np.put(t, [0], 1.0), TypeError, r"np\.put: overwrites .* x\.put_"),
    (lambda t: np.place(t, t > 0, 1.0), TypeError, r"np\.place: overwrites .* x\.masked_scatter_"),
    (lambda t: np.fill_diagonal(np.outer(t, t), 0.0), TypeError, r"np\.fill_diagonal: overwrites"),
    (lambda t: np.putmask(t, t > 0, 1.0), TypeError, r"np\.putmask: overwrites .* x\[mask\] = values"),
    (
        lambda t: np.split(t, 2),
        ValueError,
        r"np\.split: 3 elements do not divide into 2 equal parts; use np\.array_split",
    ),
    (lambda t: np.array_split(t, 0), ValueError, r"np\.array_split: needs at least one section, got 0"),
    (lambda t: np.hsplit(t[0], 1), ValueError, r"np\.hsplit: needs at least 1 dimensions, got shape \(\)"),
    (lambda t: np.squeeze(t, 0), ValueError, r"np\.squeeze: axis 0 has size 3 \(shape \(3,\)\), not 1"),
    (lambda t: np.sum(t, axis=1), np.exceptions.AxisError, r"axis 1 is out of bounds for array of dimension 1"),
    (lambda t: np.reshape(t, 3, order="Q"), ValueError, r"np\.reshape: order must be 'C', 'F', 'A' or 'K', got 'Q'"),
    (
        lambda t: np.ravel(np.outer(t, t)[:, ::2], "K"),
        TypeError,
        r"np\.ravel|np\.reshape: order='K' of a tensor that is not",
    ),
    (lambda t: np.max(t, where=np.ones(3, bool)), ValueError, r"np\.max: where= needs initial="),
    (
        lambda t: np.average(t, weights=[1.0, 2.0]),
        ValueError,
        r"np\.average: weights of shape \(2,\) do not fit a of shape",
    ),
    (lambda t: np.average(t, weights=t * 0), ZeroDivisionError, r"np\.average: the weights sum to 0"),
    (
        lambda t: np.cumulative_sum(np.outer(t, t)),
        ValueError,
        r"np\.cumulative_sum: give the axis for more than one dim",
    ),
    (lambda t: np.diff(t[0]), ValueError, r"np\.diff: needs at least one dimension, got a 0-d tensor"),
    (lambda t: np.gradient(t, edge_order=3), ValueError, r"np\.gradient: edge_order must be 1 or 2, got 3"),
    (
        lambda t: np.gradient(t, 1.0, 2.0),
        TypeError,
        r"np\.gradient: 2 spacings for 1 axes; give none, a number, or one",
    ),
    (lambda t: np.gradient(t[:1]), ValueError, r"np\.gradient: axis 0 has 1 points; edge_order=1 needs 2"),
    (
        lambda t: np.gradient(t, t[:2]),
        ValueError,
        r"np\.gradient: coordinates of shape \(2,\) for the 3 points of axis 0",
    ),
    (lambda t: np.cov(t.reshape(1, 1, 3)), ValueError, r"np\.cov: needs at most 2 dimensions, got shape \(1, 1, 3\)"),
    (lambda t: np.quantile(t, 0.5, weights=t), TypeError, r"np\.quantile: weights=.* is not supported on tensors"),
    (lambda t: np.quantile(t[:0], 0.5), ValueError, r"np\.quantile: no quantile of nothing: shape \(0,\) is empty"),
    (
        lambda t: np.convolve(t, t[:0]),
        ValueError,
        r"np\.convolve: needs vectors that are not empty, v has shape \(0,\)",
    ),
    (
        lambda t: np.convolve(t, t, "half"),
        ValueError,
        r"np\.convolve: mode must be 'full', 'same' or 'valid', got 'half'",
    ),
    (lambda t: np.cross(t, t[:2]), ValueError, r"np\.cross: vectors of 3 numbers are needed, got 3 and 2"),
    (
        lambda t: np.linalg.norm(t.reshape(1, 1, 3), 2),
        ValueError,
        r"np\.linalg\.norm: ord=2 needs one or two axes, got 3",
    ),
    (lambda t: np.linalg.qr(np.outer(t, t), "raw"), TypeError, r"np\.linalg\.qr: mode='raw' is not supported"),
    (lambda t: np.einsum("i->", t, dtype=float), TypeError, r"np\.einsum: dtype=.* is not supported on tensors"),
    (lambda t: np.polyder(t, -1), ValueError, r"np\.polyder: the order must not be negative, got -1"),
    (lambda t: np.polyfit(t, t, 1, full=True), TypeError, r"np\.polyfit: full=True is not supported on tensors"),
    (lambda t: np.meshgrid(t, t, indexing="ji"), ValueError, r"np\.meshgrid: indexing must be 'xy' or 'ij', got 'ji'"),
    (lambda t: np.pad(t, 1, "empty"), TypeError, r"np\.pad: mode 'empty' with no options is not supported"),
    (
        lambda t: np.geomspace(t, -t, 3),
        ValueError,
        r"np\.geomspace: start and stop must not be 0 and must have the same",
    ),
    (
        lambda t: np.apply_along_axis(np.sum, 0, np.outer(t, t[:0])),
        ValueError,
        r"np\.apply_along_axis: there is no line",
    ),
    (lambda t: np.take(t, [0], mode="up"), ValueError, r"np\.take: mode must be 'raise', 'wrap' or 'clip', got 'up'"),
    (
        lambda t: np.take_along_axis(t, np.array([[0]]), 0),
        ValueError,
        r"np\.take_along_axis: indices of shape \(1, 1\) for",
    ),
    (lambda t: np.select([t > 0], []), ValueError, r"np\.select: 1 conditions for 0 choices; give one for each"),
    (lambda t: np.choose([5], [t, t]), ValueError, r"np\.choose: an index is out of range for 2 choices"),
    (
        lambda t: np.piecewise(t, [t > 0], [1, 2, 3]),
        ValueError,
        r"np\.piecewise: 3 functions for 1 conditions; give one for each, or one more",
    ),
    (lambda t: np.sort(t, order="field"), TypeError, r"np\.sort: order='field' is not supported on tensors"),
    (
        lambda t: np.interp(1.0, t, t[:2]),
        ValueError,
        r"np\.interp: xp and fp must be vectors of one length, got \(3,\), \(2,\)",
    ),
    (
        lambda t: np.subtract.reduce(t[:0]),
        ValueError,
        r"np\.subtract\.reduce: nothing to reduce along axis 0 of shape \(0,\)",
    ),
    (lambda t: np.add(t, np.array(["a"])), TypeError, r"np\.add: an array of <U1 holds no numbers"),
    (lambda t: np.add(t, None), TypeError, r"np\.add: needs tensors, arrays or numbers, got NoneType"),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS)
def test_messages(call, error, message):
    with pytest.raises(error, match=message):
        call(ag.tensor(np.array([0.5, -1.0, 2.0]), requires_grad=True))


# ------------------------------------------------------------------------------------------------------------ the rest


FLOAT32 = """
np.float64(2.0) * t; np.sin(t); np.var(t); np.quantile(t, 0.3); np.linalg.norm(t); np.pad(t, 1); np.interp(t, t, t)
; np.linspace(0, t, 3); np.cov(t, t); np.histogram(t, 3)[1]; np.arange(3) * t; np.average(t, weights=t); np.gradient(t)
; np.convolve(t, t); np.clip(t, 0.5, None); np.where([True, False, True], t, 0); np.unwrap(t); np.polyfit(t, t, 0)
"""


def test_float32_stays_float32():
    t = ag.tensor(np.ones(3, np.float32), requires_grad=True)
    for case in FLOAT32.split(";"):
        out = eval(case.strip(), {"np": np, "t": t})
        assert out.dtype == np.float32, case


def test_astype_and_copy_are_methods_too():
    t = ag.tensor([1.0, 2.0], requires_grad=True)
    (t.copy() * t.astype(np.float64)).sum().backward()
    assert t.grad.tolist() == [2.0, 4.0] and t.grad.dtype == np.float32
    assert not np.shares_memory(t.copy().detach().numpy(), t.detach().numpy())
    assert t.astype(int).tolist() == [1, 2]


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


# --------------------------------------------------------------------------- programs as others write them, unmodified


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
    _, logdet = np.linalg.slogdet(2 * np.pi * covariance)
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
