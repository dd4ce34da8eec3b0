"""Which functions hand out the memory of their input when there is nothing to do: the same as in PyTorch.

A result that is a view in one library and a copy in the other shows another number after a write. The table beside this
file was written by PyTorch 2.13: `python tests/test_aliasing.py` writes it anew, where torch is.
"""

import json
from pathlib import Path

import numpy as np
import pytest

if __name__ != "__main__":
    import autograd_core as ag
    import nn
    import nn.functional as F

TABLE = Path(__file__).parent / "tables" / "pytorch_aliases.json"
EXPECTED = json.loads(TABLE.read_text()) if TABLE.exists() else {}


def calls(ag, F, nn):
    """Name -> (input, function that leaves it as it is or nearly so)."""
    v, s = ag.tensor([1.0, 2.0, 3.0]), ag.tensor(6.0)
    m, one = ag.tensor([[1.0, 2.0], [3.0, 4.0]]), ag.tensor([[5.0]])
    image, whole = ag.ones(1, 2, 4, 4), ag.tensor([1, 2, 3])
    z = ag.tensor([1 + 1j, 2.0])
    yes, all_of = ag.tensor(True), ag.tensor([True, True, True])
    of_v = """view_as:x expand_as:x reshape_as:x type_as:x expand:3 view:3 reshape:3 reshape:-1 flatten ravel squeeze
    squeeze:0 contiguous positive real conj resolve_conj resolve_neg detach clone float double abs sign round floor ceil trunc
    neg relu flip:[] roll:0 roll:0,0 tile:1 repeat:1 repeat_interleave:1 movedim:0,0 moveaxis:0,0 swapaxes:0,0
    swapdims:0,0 transpose:0,0 permute:0 narrow:0,0,3 unfold:0,3,3 split:3 chunk:1 tensor_split:1 unbind atleast_1d
    unsqueeze:0 broadcast_to:[3] sort argsort msort unique unique_consecutive cumsum:0 cumprod:0 cummax:0 nan_to_num sum:[]
    mean:[] diff:0 clamp:-9,9 clamp_min:-9 clip:None,9 hardshrink:0 pow:1 float_power:1 diagonal_scatter:s triu tril
    masked_fill:no,0 masked_select:all index_select:0,order gather:0,order take:order take_along_dim:order
    index_fill:0,none,0 index_add:0,none,empty index_copy:0,none,empty scatter:0,none,empty scatter_add:0,none,empty
    masked_scatter:no,v mul:1 add:0 div:1 sub:0 rot90:0 fmod:9 remainder:9 lerp:x,0 addcmul:x,x,value=0 where:all
    to:f32 to:x astype maximum:x minimum:x fmax:x logical_or:x bitwise_or:x topk:3 kthvalue:1 index_put:(none,),empty
    slice_scatter:x select_scatter:s,0,0 renorm:2,0,9 softmax:0 mT ldexp:order*0
    nanquantile:0.5 quantile:1 std cov corrcoef aminmax median mode amax:[] prod logsumexp:0 norm nansum:[] frac T""".split()
    names = {
        "s": s, "v": v, "no": ~all_of, "all": all_of, "order": ag.tensor([0, 1, 2]), "f32": ag.float32,
        "none": ag.tensor([], dtype=ag.int64), "empty": ag.tensor([]),
    }  # fmt: skip
    table = {}

    def method(spec):
        name, _, arguments = spec.partition(":")

        def call(x):
            found = getattr(x, name)
            return eval(f"found({arguments})", names | {"x": x, "found": found}) if callable(found) else found

        return call

    for spec in of_v:
        table[f"x.{spec}"] = v, method(spec)
    for name, x, function in (
        ("masked_select 0-d", s, lambda x: ag.masked_select(x, yes)),
        ("x[True] 0-d", s, lambda x: x[yes]),
        ("index mask", v, lambda x: x[all_of]),
        ("index list", v, lambda x: x[[0, 1, 2]]),
        ("x[...]", v, lambda x: x[...]),
        ("x[:]", v, lambda x: x[:]),
        ("x[()]", s, lambda x: x[()]),
        ("x[None]", v, lambda x: x[None]),
        ("0-d flatten", s, lambda x: x.flatten()),
        ("0-d ravel", s, lambda x: x.ravel()),
        ("0-d reshape", s, lambda x: x.reshape(())),
        ("0-d squeeze", s, lambda x: x.squeeze()),
        ("0-d atleast_1d", s, lambda x: ag.atleast_1d(x)),
        ("0-d expand", s, lambda x: x.expand(())),
        ("0-d cumsum", s, lambda x: x.cumsum(0)),
        ("0-d sort", s, lambda x: x.sort(0)),
        ("0-d sum", s, lambda x: x.sum()),
        ("0-d amax", s, lambda x: x.amax()),
        ("0-d max", s, lambda x: x.max()),
        ("0-d mean", s, lambda x: x.mean()),
        ("0-d prod", s, lambda x: x.prod()),
        ("0-d norm", s, lambda x: x.norm()),
        ("0-d max dim", s, lambda x: x.max(0)),
        ("0-d median", s, lambda x: x.median()),
        ("0-d mode", s, lambda x: x.mode()),
        ("0-d logsumexp", s, lambda x: x.logsumexp(0)),
        ("0-d flip", s, lambda x: x.flip([])),
        ("0-d gather", s, lambda x: x.gather(0, ag.tensor(0))),
        ("0-d take", s, lambda x: x.take(ag.tensor(0))),
        ("0-d index_select", s, lambda x: x.index_select(0, ag.tensor([0]))),
        ("0-d unique", s, lambda x: x.unique()),
        ("0-d repeat", s, lambda x: x.repeat(1)),
        ("0-d tile", s, lambda x: x.tile(1)),
        ("0-d T", s, lambda x: x.t()),
        ("0-d topk", s, lambda x: x.topk(1)),
        ("0-d softmax", s, lambda x: x.softmax(0)),
        ("0-d roll", s, lambda x: x.roll(0)),
        ("0-d diff", v[:1], lambda x: x.diff(n=0)),
        ("diff n=0", m, lambda x: ag.diff(x, n=0)),
        ("diff n=0 prepend", m, lambda x: ag.diff(x, n=0, prepend=m)),
        ("0-d cummax", s, lambda x: x.cummax(0)),
        ("0-d nonzero mask", s, lambda x: x.masked_fill(~yes, 0)),
        ("0-d index_fill", s, lambda x: x.index_fill(0, names["none"], 1)),
        ("to dtype", v, lambda x: x.to(ag.float32)),
        ("to copy", v, lambda x: x.to(ag.float64)),
        ("long of whole", whole, lambda x: x.long()),
        ("floor of whole", whole, lambda x: x.floor()),
        ("ceil of whole", whole, lambda x: x.ceil()),
        ("round of whole", whole, lambda x: x.round()),
        ("trunc of whole", whole, lambda x: x.trunc()),
        ("fix of whole", whole, lambda x: ag.fix(x)),
        ("nan_to_num of whole", whole, lambda x: x.nan_to_num()),
        ("relu of whole", whole, lambda x: F.relu(x)),
        ("conj of whole", whole, lambda x: x.conj()),
        ("nansum of whole", whole[:1], lambda x: x.nansum(0)),
        ("isfinite of whole", whole, lambda x: x.isfinite()),
        ("abs of bool", all_of, lambda x: x.logical_not()),
        ("sum of bool", all_of, lambda x: x.any(0)),
        ("conj of complex", z, lambda x: x.conj()),
        ("resolve_conj of complex", z, lambda x: x.resolve_conj()),
        ("real of complex", z, lambda x: x.real),
        ("imag of complex", z, lambda x: x.imag),
        ("view_as_real", z, lambda x: ag.view_as_real(x)),
        ("view_as_complex", m, lambda x: ag.view_as_complex(x)),
        ("complex mH", z.reshape(1, 2), lambda x: x.mH),
        ("cat of one", v, lambda x: ag.cat([x])),
        ("stack of one", v, lambda x: ag.stack([x])),
        ("cat with nothing", v, lambda x: ag.cat([x, names["empty"]])),
        ("concat of one", v, lambda x: ag.concat([x])),
        ("hstack of one", v, lambda x: ag.hstack([x])),
        ("vstack of one", v, lambda x: ag.vstack([x])),
        ("dstack of one", v, lambda x: ag.dstack([x])),
        ("column_stack of one", v, lambda x: ag.column_stack([x])),
        ("vstack of a matrix", m, lambda x: ag.vstack([x])),
        ("column_stack of a matrix", m, lambda x: ag.column_stack([x])),
        ("hstack of a scalar", s, lambda x: ag.hstack([x])),
        ("block_diag of one", m, lambda x: ag.block_diag(x)),
        ("meshgrid of one", v, lambda x: ag.meshgrid(x, indexing="ij")[0]),
        ("cartesian_prod of one", v, lambda x: ag.cartesian_prod(x)),
        ("combinations of 1", v, lambda x: ag.combinations(x, 1)),
        ("broadcast_tensors of one", v, lambda x: ag.broadcast_tensors(x)[0]),
        ("broadcast_tensors", v, lambda x: ag.broadcast_tensors(x, s)[0]),
        ("atleast_2d", m, lambda x: ag.atleast_2d(x)),
        ("atleast_3d", m, lambda x: ag.atleast_3d(x)),
        ("einsum of one", m, lambda x: ag.einsum("ij->ij", x)),
        ("einsum transposed", m, lambda x: ag.einsum("ij->ji", x)),
        ("einsum diagonal", m, lambda x: ag.einsum("ii->i", x)),
        ("tensordot of nothing", one, lambda x: ag.tensordot(x, ag.ones(1, 1), 1)),
        ("matmul by I", one, lambda x: x @ ag.ones(1, 1)),
        ("matrix_power 1", m, lambda x: ag.linalg.matrix_power(x, 1)),
        ("matrix_power 0", m, lambda x: ag.linalg.matrix_power(x, 0)),
        ("multi_dot", m, lambda x: ag.linalg.multi_dot([x, x])),
        ("chain_matmul", m, lambda x: ag.linalg.multi_dot([x, ag.eye(2)])),
        ("kron", m, lambda x: ag.kron(x, ag.ones(1, 1))),
        ("diag of a matrix", m, lambda x: ag.diag(x)),
        ("diagonal", m, lambda x: ag.diagonal(x)),
        ("linalg.diagonal", m, lambda x: ag.linalg.diagonal(x)),
        ("diag_embed", one, lambda x: ag.diag_embed(x)),
        ("diagflat", one, lambda x: ag.diagflat(x)),
        ("diag of one", v[:1], lambda x: ag.diag(x)),
        ("trace", one, lambda x: ag.trace(x)),
        ("triu of one", one, lambda x: ag.triu(x)),
        ("rot90 0", m, lambda x: ag.rot90(x, 0)),
        ("rot90 4", m, lambda x: ag.rot90(x, 4)),
        ("fliplr of a column", ag.ones(2, 1), lambda x: ag.fliplr(x)),
        ("flipud of a row", ag.ones(1, 2), lambda x: ag.flipud(x)),
        ("t of a vector", v, lambda x: ag.t(x)),
        ("adjoint", m, lambda x: ag.adjoint(x)),
        ("linalg.vecdot", one, lambda x: ag.linalg.vecdot(x, ag.ones(1, 1))),
        ("pad 0", v, lambda x: F.pad(x, (0, 0))),
        ("pad nothing", v, lambda x: F.pad(x, ())),
        ("crop", v, lambda x: F.pad(x, (-1, 0))),
        ("pad reflect 0", image, lambda x: F.pad(x, (0, 0), mode="reflect")),
        ("pad circular 0", image, lambda x: F.pad(x, (0, 0), mode="circular")),
        ("pad replicate 0", image, lambda x: F.pad(x, (0, 0), mode="replicate")),
        ("dropout p=0", v, lambda x: F.dropout(x, 0.0)),
        ("dropout eval", v, lambda x: F.dropout(x, 0.5, False)),
        ("alpha_dropout eval", v, lambda x: F.alpha_dropout(x, 0.5, False)),
        ("alpha_dropout p=0", v, lambda x: F.alpha_dropout(x, 0.0, True)),
        ("feature_alpha_dropout eval", image, lambda x: F.feature_alpha_dropout(x, 0.5, False)),
        ("dropout1d eval", m, lambda x: F.dropout1d(x, 0.5, False)),
        ("dropout2d eval", image, lambda x: F.dropout2d(x, 0.5, False)),
        ("nn.Dropout eval", v, lambda x: nn.Dropout().eval()(x)),
        ("nn.Identity", v, lambda x: nn.Identity()(x)),
        ("nn.Flatten", m, lambda x: nn.Flatten()(x)),
        ("nn.Unflatten", m, lambda x: nn.Unflatten(1, (2, 1))(x)),
        ("unflatten", v, lambda x: x.unflatten(0, (3,))),
        ("nn.Sequential()", v, lambda x: nn.Sequential()(x)),
        ("interpolate same size", image, lambda x: F.interpolate(x, size=(4, 4))),
        ("interpolate factor 1", image, lambda x: F.interpolate(x, scale_factor=1.0)),
        ("interpolate bilinear", image, lambda x: F.interpolate(x, size=(4, 4), mode="bilinear")),
        ("interpolate bicubic", image, lambda x: F.interpolate(x, size=(4, 4), mode="bicubic")),
        ("interpolate area", image, lambda x: F.interpolate(x, size=(4, 4), mode="area")),
        ("avg_pool 1", image, lambda x: F.avg_pool2d(x, 1)),
        ("max_pool 1", image, lambda x: F.max_pool2d(x, 1)),
        ("adaptive_avg_pool same", image, lambda x: F.adaptive_avg_pool2d(x, 4)),
        ("adaptive_avg_pool None", image, lambda x: F.adaptive_avg_pool2d(x, (None, None))),
        ("adaptive_max_pool same", image, lambda x: F.adaptive_max_pool2d(x, 4)),
        ("lp_pool 1", image, lambda x: F.lp_pool2d(x, 1, 1)),
        ("pixel_shuffle 1", image, lambda x: F.pixel_shuffle(x, 1)),
        ("pixel_unshuffle 1", image, lambda x: F.pixel_unshuffle(x, 1)),
        ("channel_shuffle 1", image, lambda x: F.channel_shuffle(x, 1)),
        ("unfold 1", image, lambda x: F.unfold(x, 1)),
        ("fold 1", ag.ones(1, 2, 16), lambda x: F.fold(x, (4, 4), 1)),
        ("normalize", v, lambda x: F.normalize(x, dim=0)),
        ("leaky_relu 1", v, lambda x: F.leaky_relu(x, 1.0)),
        ("hardtanh", v, lambda x: F.hardtanh(x, -9, 9)),
        ("threshold", v, lambda x: F.threshold(x, 0, 0)),
        ("softshrink 0", v, lambda x: F.softshrink(x, 0.0)),
        ("celu", v, lambda x: F.celu(x)),
        ("glu", m, lambda x: F.glu(x)),
        ("layer_norm", v, lambda x: F.layer_norm(x, (3,))),
        ("embedding", m, lambda x: F.embedding(ag.tensor([0, 1]), x)),
        ("mse none", v, lambda x: F.mse_loss(x, ag.zeros(3), reduction="none")),
        ("l1 none", v, lambda x: F.l1_loss(x, ag.zeros(3), reduction="none")),
        ("split sizes", v, lambda x: ag.split(x, [3])),
        ("hsplit 1", v, lambda x: ag.hsplit(x, 1)),
        ("vsplit 1", m, lambda x: ag.vsplit(x, 1)),
        ("cumulative_trapezoid", m, lambda x: ag.cumulative_trapezoid(x)),
        ("searchsorted", v, lambda x: ag.searchsorted(x, x)),
        ("as_strided", v, lambda x: ag.as_strided(x, (3,), (1,))),
        ("as_tensor", v, lambda x: ag.as_tensor(x)),
        ("tensor", v, lambda x: ag.tensor(x.tolist())),
        ("asarray", v, lambda x: ag.as_tensor(x, dtype=ag.float32)),
        ("full of one", s, lambda x: ag.full((), x.item())),
        ("where of all", v, lambda x: ag.where(all_of, x, ag.zeros(3))),
        ("where 0-d", s, lambda x: ag.where(yes, x, ag.zeros(()))),
        ("clamp of nothing", v, lambda x: ag.clamp(x, max=9)),
        ("special.round", v, lambda x: ag.round(x, decimals=9)),
        ("fft of one", z[:1], lambda x: ag.fft.fft(x)),
        ("fftshift of one", v[:1], lambda x: ag.fft.fftshift(x)),
        ("fftshift no dims", v, lambda x: ag.fft.fftshift(x, dim=[])),
        ("sum of no dims keep", one, lambda x: x.sum(1, keepdim=True)),
        ("amax of one", one, lambda x: x.amax(1, keepdim=True)),
        ("cdist", one, lambda x: ag.cdist(x, ag.zeros(1, 1))),
        ("repeat_interleave none", v, lambda x: ag.repeat_interleave(x, ag.tensor([1, 1, 1]))),
        ("swapaxes", m, lambda x: ag.swapaxes(x, 0, 1)),
        ("select", m, lambda x: ag.select(x, 0, 0)),
        ("bernoulli", ag.ones(3), lambda x: ag.bernoulli(x)),
        ("squeeze of many", one, lambda x: x.squeeze((0, 1))),
        ("unsqueeze", s, lambda x: x.unsqueeze(0)),
        ("cross", v, lambda x: ag.linalg.cross(x, x)),
        ("householder", one, lambda x: ag.linalg.householder_product(x, ag.zeros(1))),
        ("inv", one, lambda x: ag.linalg.inv(x)),
        ("cholesky", one, lambda x: ag.linalg.cholesky(x)),
        ("solve", one, lambda x: ag.linalg.solve(ag.ones(1, 1), x)),
        ("addmm", one, lambda x: ag.addmm(x, one, one, beta=1, alpha=0)),
        ("baddbmm", one[None], lambda x: ag.baddbmm(x, one[None], one[None], alpha=0)),
        ("vander", v[:1], lambda x: ag.vander(x, 1)),
        ("real if close", v, lambda x: ag.real(x)),
        ("positive of whole", whole, lambda x: ag.positive(x)),
        ("tile", m, lambda x: ag.tile(x, (1, 1))),
        ("repeat", m, lambda x: x.repeat(1, 1)),
        ("tensor_split indices", v, lambda x: ag.tensor_split(x, [])),
        ("index_reduce", v, lambda x: x.index_reduce(0, names["none"], names["empty"], "amax")),
        ("scatter_reduce", v, lambda x: x.scatter_reduce(0, names["none"], names["empty"], "sum")),
        ("narrow", m, lambda x: ag.narrow(x, 0, 0, 2)),
        ("movedim", m, lambda x: ag.movedim(x, (0, 1), (0, 1))),
        ("permute", m, lambda x: ag.permute(x, (0, 1))),
        ("sgn", v, lambda x: ag.sgn(x)),
        ("nan_to_num", v, lambda x: ag.nan_to_num(x)),
        ("conj_physical", v, lambda x: ag.conj(x)),
        ("unique sorted", v, lambda x: ag.unique(x)),
        ("deg2rad", v, lambda x: ag.deg2rad(x)),
        ("logcumsumexp 0-d", s, lambda x: ag.logcumsumexp(x, 0)),
        ("msort 0", v[:1], lambda x: ag.msort(x)),
        ("multi-head none", v, lambda x: F.softmax(x, 0)),
        ("renorm", m, lambda x: ag.renorm(x, 2, 0, 99.0)),
        ("lerp 0", v, lambda x: ag.lerp(x, x, 0.0)),
        ("addcdiv 0", v, lambda x: ag.addcdiv(x, x, x, value=0)),
    ):
        table[name] = x, function
    return table


def outcome(x, function, shares):
    """ "same" object, "shared" memory, "copy", or "error"."""
    try:
        out = function(x)
    except Exception:
        return "error"
    out = out[0] if isinstance(out, tuple | list) else out
    return "same" if out is x else "shared" if shares(out, x) else "copy"


def memory_is_shared(a, b):
    return hasattr(a, "array") and np.may_share_memory(a.array, b.array)


# PyTorch's complex conjugates are lazy, and views; ours are computed
DIFFERENT = ("conj of complex", "complex mH", "einsum diagonal")  # copies


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", EXPECTED)
def test_a_result_shares_memory_with_its_input_where_pytorchs_does(name):
    table = calls(ag, F, nn)
    x, function = table[name]
    ours = outcome(x, function, memory_is_shared)
    if ours == "error":
        pytest.skip("not a function of ours")
    if name in DIFFERENT:
        assert (ours, EXPECTED[name]) == ("copy", "shared")
    else:
        assert (ours == "copy") == (EXPECTED[name] == "copy"), f"ours: {ours}, PyTorch's: {EXPECTED[name]}"


def test_the_table_is_there_and_few_of_its_functions_are_not_ours():
    absent = [name for name in EXPECTED if outcome(*calls(ag, F, nn)[name], memory_is_shared) == "error"]
    assert len(EXPECTED) > 300 and set(absent) <= {"x.resolve_neg", "householder", "vander"}


def test_a_write_to_a_copy_does_not_reach_the_input():
    for x, function in (
        (ag.tensor(6.0), lambda x: ag.masked_select(x, ag.tensor(True))),
        (ag.tensor([1.0, 2.0]), lambda x: ag.diff(x, n=0)),
        (ag.ones(1, 4, 1, 1), lambda x: F.pixel_shuffle(x, 2)),
        (ag.ones(1, 4, 2, 2), lambda x: F.pixel_shuffle(x, 1)),
        (ag.ones(1, 1, 2, 2), lambda x: F.pixel_unshuffle(x, 2)),
        (ag.ones(1, 4, 2), lambda x: F.channel_shuffle(x, 1)),
        (ag.ones(1, 4, 2), lambda x: F.channel_shuffle(x, 4)),
    ):
        before = x.tolist()
        function(x).fill_(100.0)
        assert x.tolist() == before
        y = x.clone().requires_grad_()
        (g,) = ag.grad(function(y).sum(), y)
        assert (g == 1).all() and g.shape == x.shape
    assert ag.masked_select(ag.tensor(6.0), ag.tensor(False)).shape == (0,)


if __name__ == "__main__":
    import torch

    def shares(a, b):
        return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()

    rows = {name: outcome(*how, shares) for name, how in calls(torch, torch.nn.functional, torch.nn).items()}
    TABLE.write_text(json.dumps({k: v for k, v in rows.items() if v != "error"}, indent=1) + "\n")
    print([k for k, v in rows.items() if v == "error"])
