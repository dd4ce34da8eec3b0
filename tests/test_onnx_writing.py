"""Every module of `nn`, in the configurations of tests/module_cases.py and a few of our own, and every operation of
tests/tables: exported, and computed by onnxruntime, for two sets of inputs; and loaded back, where reading knows the nodes.

What cannot be exported stands in REFUSED_MODULES and REFUSED_OPERATIONS with the reason; nothing else may be refused, and
nothing there exported.
"""

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.onnx

from .module_cases import CASES, Draw
from .tables import all_rows

onnx, runtime = pytest.importorskip("onnx"), pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.filterwarnings("ignore")

OURS = """
MLP([4, 8, 3], "tanh") | r(2, 4)
MLP([4, 8, 3], "relu", dropout=0.2) | r(2, 4)
LeNet5() | r(2, 1, 28, 28)
LeNet5Original() | r(2, 1, 32, 32)
Perceptron(4) | r(3, 4)
RBF(3, 4) | r(5, 3)
RBFNetwork(3, 4, 2) | r(5, 3)
GPT(10, 8, 2, 2, 8) | i(10, 2, 6)
RecurrentLM(7) | i(7, 3, 4)
Elman(3, 4, 2) | r(5, 2, 3)
Jordan(3, 4, 2) | r(5, 2, 3)
RNN(3, 4, skip=2) | r(5, 2, 3)
LSTM(3, 4, peepholes=True) | r(5, 2, 3)
LSTM(3, 4, 2, bidirectional=True, proj_size=2) | r(5, 2, 3)
GRU(3, 4, 2, dropout=0.3, bidirectional=True, batch_first=True) | r(2, 5, 3)
KMaxPool1d(3) | d(2, 3, 7)
ScaledTanh() | r(3, 4)
ScaledSigmoid(2.0) | r(3, 4)
Step() | r(3, 4)
Softplus(3.0, 1.0) | 3 * r(3, 4)
""".strip().splitlines()

# The module's text, and a part of the message.
REFUSED_MODULES = {
    "MultiLabelMarginLoss()": "looks at values, which differ",
    'MultiLabelMarginLoss(reduction="none")': "looks at values, which differ",
    "Embedding(5, 3, max_norm=0.5, norm_type=1.0)": "max_norm shortens the rows",
    'EmbeddingBag(5, 3, mode="sum", include_last_offset=True)': "offsets say where each bag begins",
    'EmbeddingBag(5, 3, mode="max", padding_idx=2)': "offsets say where each bag begins",
    "CTCLoss()": "turns a value into a Python number",
    'CTCLoss(reduction="sum", zero_infinity=True)': "turns a value into a Python number",
    "AdaptiveLogSoftmaxWithLoss(16, 12, [3, 5, 9], 2.0, True)": "turns a value into a Python number",
    "AdaptiveLogSoftmaxWithLoss(16, 40, [5])": "turns a value into a Python number",
    'CTCLoss(blank=3, reduction="none")': "sizes say where each target begins",
}

# A part of the message, and the rows that are refused with it.
REFUSED_OPERATIONS = {
    "looks at values, which differ": """
        lstsq matrix_rank
        multilabel_margin_loss quantile quantile_several nanquantile quantile_lower quantile_higher
        quantile_midpoint quantile_nearest
    """,
    "turns a value into a Python number": "quantile_by_q",
    "gives complex numbers, which ONNX has not|no ONNX form of 'complex'": """
        complex polar real_to_complex to_complex_and_back complex_real complex_imag complex_conj
        complex_conj_product complex_view_as_real complex_abs complex_sgn complex_angle complex_add
        complex_mul complex_div complex_exp complex_log complex_sqrt complex_sin complex_tanh complex_square
        complex_pow complex_reciprocal complex_sum complex_mean complex_matmul complex_dot complex_vdot
        complex_adjoint complex_index complex_einsum complex_vector_norm complex_matrix_norm_1 fft_fft
        fft_fft_dim fft_fft_longer fft_fft_shorter fft_fft_ortho fft_fft_forward fft_ifft fft_ifft_forward
        fft_fft_real fft_irfft fft_irfft_odd fft_irfft_longer fft_irfft_shorter fft_hfft fft_hfft_odd
        fft_fft2 fft_ifft2 fft_irfft2 fft_fftn fft_fftn_s fft_ifftn fft_irfftn fft_hfftn complex_solve
        complex_inv complex_det complex_slogdet complex_pinv complex_cholesky complex_qr complex_eigvalsh
        complex_eigh_sizes complex_svd_polar complex_matrix_exp complex_lu stft_both_sides istft
        istft_length
    """,
    "there is no ONNX form of 'angle'": "angle",
    "there is no ONNX form of 'view_as_complex'": "view_as_complex",
    "there is no ONNX form of 'frexp'": "frexp frexp_exponent",
    "there is no ONNX form of 'isreal'": "isreal",
    "there is no ONNX form of 'bitwise_left_shift'": "bitwise_left_shift",
    "there is no ONNX form of 'bitwise_right_shift'": "bitwise_right_shift",
    "there is no ONNX form of 'gcd'": "gcd",
    "there is no ONNX form of 'lcm'": "lcm",
    "there is no ONNX form of 'nextafter'": "nextafter",
    "there is no ONNX form of 'indefinite_minors'": "cholesky_ex",
    "there is no ONNX form of 'zero_pivots'": "inv_ex solve_ex lu_factor_ex",
    "there is no ONNX form of 'lu'": "lu_unpack lu_tall lu_square lu_wide lu_solve",
    "there is no ONNX form of 'solve_triangular'": """
        triangular_solve solve_triangular_upper_unit solve_triangular_upper solve_triangular_lower_unit
        solve_triangular_lower solve_triangular_stack
    """,
    "there is no ONNX form of 'rfft'": """
        fft_rfft fft_rfft_odd fft_ihfft fft_rfft2 fft_rfftn fft_ihfftn stft stft_hop_1 stft_not_centred
        stft_normalised stft_narrow_window
    """,
    "there is no ONNX form of 'resize'": "fft_rfft_n",
    "changes a value in place|writes a value into": """
        setitem_row setitem_element setitem_slice setitem_arrays setitem_repeated setitem_ellipsis
        setitem_after_int setitem_mask scatter_add_in_place scatter_reduce_in_place masked_fill_in_place
        index_add_in_place index_put_in_place copy_through_view cumsum_in_place fill_diagonal_in_place
    """,
    "there is no ONNX form of 'scatter_back'": "index_put_accumulate",
    "there is no ONNX form of 'nonzero'": "nonzero nonzero_as_tuple argwhere",
    "there is no ONNX form of 'inv'": "matrix_power_negative inv tensorinv cond_fro",
    "there is no ONNX form of 'solve'": "solve solve_vector solve_broadcast solve_right tensorsolve",
    "there is no ONNX form of 'cholesky'": "cholesky_solve cholesky_inverse cholesky cholesky_upper",
    "there is no ONNX form of 'pinv'": "pinv_tall pinv_wide",
    "there is no ONNX form of 'slogdet'": "slogdet logdet",
    "there is no ONNX form of 'qr'": "qr_tall qr_square qr_wide",
    "there is no ONNX form of 'eigh'": "eigh eigvalsh",
    "there is no ONNX form of 'eig'": "eig_sizes eig_rotation eigvals",
    "there is no ONNX form of 'svd'": "svd_tall svd_square svd_wide svdvals matrix_norm_nuc matrix_norm_2 matrix_norm_-2 cond",
    "there is no ONNX form of 'matrix_exp'": "matrix_exp",
    "there is no ONNX form of 'logcumsumexp'": "logcumsumexp",
    "there is no ONNX form of 'median'": "median",
    "that skips NaN has no form in ONNX": "nanmedian",
    "there is no ONNX form of 'mode_index'": "mode",
    "there is no ONNX form of 'histc'": "histc",
    "there is no ONNX form of 'bincount'": "bincount",
    "there is no ONNX form of 'unique'": "unique",
    "there is no ONNX form of 'erfcx'": "special_erfcx",
    "there is no ONNX form of 'erfinv'": "special_erfinv",
    "there is no ONNX form of 'ndtri'": "special_ndtri",
    "there is no ONNX form of 'log_ndtr'": "special_log_ndtr special_log_ndtr_far",
    "there is no ONNX form of 'lgamma'": "special_gammaln special_gammaln_negative special_multigammaln",
    "there is no ONNX form of 'digamma'": "special_digamma",
    "there is no ONNX form of 'polygamma'": "special_polygamma special_polygamma_method",
    "there is no ONNX form of 'gammainc'": "special_gammainc",
    "there is no ONNX form of 'gammaincc'": "special_gammaincc",
    "there is no ONNX form of 'zeta'": "special_zeta",
    "there is no ONNX form of 'bessel_i'": "special_i0 special_i1",
    "there is no ONNX form of 'scaled_bessel_i'": "special_i0e special_i1e",
    "there is no ONNX form of 'bessel_j'": "special_bessel_j0 special_bessel_j1",
    "there is no ONNX form of 'bessel_y'": "special_bessel_y0 special_bessel_y1",
    "there is no ONNX form of 'bessel_k'": "special_modified_bessel_k0 special_modified_bessel_k1",
    "there is no ONNX form of 'scaled_bessel_k'": "special_scaled_modified_bessel_k0 special_scaled_modified_bessel_k1",
    "there is no ONNX form of 'airy_ai'": "special_airy_ai",
}  # fmt: skip
REASONS = {name: why for why, names in REFUSED_OPERATIONS.items() for name in names.split()}


def single(a):
    """Floating numbers as float32."""
    a = np.array(a)
    return a.astype(np.float32) if a.dtype == np.float64 else a


def arguments(a):
    """The arrays of a tuple, and of tuples in it, as tensors; a list is a shape."""
    return a if isinstance(a, list) else tuple(map(arguments, a)) if isinstance(a, tuple) else ag.tensor(single(a))


def tensors(value):
    if isinstance(value, ag.Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else []
    return [t for item in items for t in tensors(item)]


def copied(args):
    """The same again: layers may write into what they get."""
    return tuple(
        copied(a) if isinstance(a, tuple) else ag.tensor(a.numpy().copy()) if isinstance(a, ag.Tensor) else a
        for a in args
    )


class Function(nn.Module):
    """A function as a model. Some of its arguments are fixed: `fixed`, by position."""

    def __init__(self, function, fixed):
        super().__init__()
        self.function, self.fixed = function, fixed

    def forward(self, *xs):
        left, n = iter(xs), len(xs) + len(self.fixed)
        return self.function(*(self.fixed[i] if i in self.fixed else next(left) for i in range(n)))


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape and a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


def assert_exported(model, *examples):
    """The file, made with the first example, gives the model's results for all; so does what is loaded from it."""
    proto = nn.onnx.export(model, examples[0])
    model.eval()
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    expected = [[t.detach().numpy() for t in tensors(model(*copied(args)))] for args in examples]
    for args, results in zip(examples, expected, strict=True):
        assert_same(session.run(None, dict(zip(names, (t.numpy() for t in tensors(args)), strict=True))), results)
    if any(0 in np.shape(t) for args in examples for t in tensors(args)):
        return  # what reading makes of sizes of 0 is another matter
    try:
        again = nn.onnx.load(proto.SerializeToString())
        back = [[t.detach().numpy() for t in tensors(again(*tensors(copied(args))))] for args in examples]
    except NotImplementedError:
        return  # a node that reading does not know
    for results, theirs in zip(back, expected, strict=True):
        assert_same(results, theirs)


def module(line):
    """A module in evaluation, and two examples of its inputs."""
    text, _, inputs = line.partition(" | ")
    draw = Draw(line)
    layer = draw.eval(f"nn.{text.removeprefix('eval ')}", nn=nn, T=lambda a: ag.tensor(single(a))).eval()
    examples = [arguments(Draw(f"{line} {which}").eval(f"({inputs},)")) for which in ("inputs", "others")]
    layer(*copied(examples[0]))  # a lazy one gets its sizes
    return layer, examples


@pytest.mark.parametrize("line", [line for line in (*CASES, *OURS) if " | " in line])
def test_modules(line):
    ag.manual_seed(0)
    layer, examples = module(line)
    why = REFUSED_MODULES.get(line.partition(" | ")[0])
    if why is None:
        assert_exported(layer, *examples)
    else:
        with pytest.raises(NotImplementedError, match=why):
            nn.onnx.export(layer, examples[0])


@pytest.mark.parametrize("row", all_rows(), ids=lambda row: row.name)
def test_operations(row):
    """All arguments are inputs, or, where those are refused, all that are differentiated, and indices and masks are fixed."""
    drawn = [[ag.tensor(single(a)) for a in row.draw(seed)] for seed in (0, 1)]
    kinds, why = row.is_real(), REASONS.get(row.name)
    attempts = [[True] * len(kinds), kinds] if any(kinds) and not all(kinds) else [[True] * len(kinds)]
    refusals = []
    for inputs in attempts:
        fixed = {i: drawn[0][i] for i, is_input in enumerate(inputs) if not is_input}
        examples = [tuple(t for i, t in enumerate(args) if i not in fixed) for args in drawn]
        try:
            nn.onnx.export(Function(row.f, fixed), copied(examples[0]))
        except NotImplementedError as refusal:
            refusals.append(refusal)
        else:
            assert why is None, "is exported; take it from REFUSED_OPERATIONS"
            assert_exported(Function(row.f, fixed), *examples)
            return
    assert why is not None, refusals
    with pytest.raises(NotImplementedError, match=why):
        raise refusals[-1]


SEARCHES = {
    "searchsorted": lambda x: ag.searchsorted(ag.tensor([-1.0, 0.0, 0.0, 1.0, ag.nan]), x),
    "searchsorted right": lambda x: ag.searchsorted(ag.tensor([-1.0, 0.0, 0.0, 1.0, ag.nan]), x, right=True),
    "searchsorted rows": lambda x: ag.searchsorted(x.sort(1)[0], x, out_int32=True),
    "searchsorted sorter": lambda x: ag.searchsorted(x, x, sorter=x.argsort(1), right=True),
    "bucketize": lambda x: ag.bucketize(x, ag.tensor([-1.0, 0.0, 1.0])),
    "isin": lambda x: ag.isin(x, ag.tensor([[0.0, 1.0]])),
    "isin invert": lambda x: ag.isin(x, ag.tensor([0.0, 1.0]), invert=True),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_searches(name, tmp_path):
    function = SEARCHES[name]

    class Search(nn.Module):
        def forward(self, x):
            return function(x)

    rows = [[0.0, 1.0, -3.0], [-1.0, 2.0, 0.5], [ag.nan, 0.0, ag.inf]]
    x = np.array(rows[:2] if name.endswith(("rows", "sorter")) else rows, np.float32)
    path = tmp_path / "search.onnx"
    nn.onnx.export(Search(), ag.tensor(x), path)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (out,) = session.run(None, {session.get_inputs()[0].name: x})
    expected = function(ag.tensor(x)).numpy()
    assert out.dtype == expected.dtype and out.tolist() == expected.tolist()
