"""`out=`: the result lies in the tensor that was passed, which is returned, and nothing is recorded."""

import inspect
import re

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.engine import outputs
from nn import functional as F

from .public import pytorch

MODULES = {"torch": ag, "torch.linalg": ag.linalg, "torch.fft": ag.fft, "torch.special": ag.special}
TAKING = [
    (module, name)
    for module in MODULES.values()
    for name in module.__all__
    if inspect.isfunction(getattr(module, name)) and "out" in inspect.signature(getattr(module, name)).parameters
]


def test_every_function_takes_it_for_which_pytorch_documents_it():
    documented = {name for name, forms in pytorch().items() if any(re.search(r"\bout=None", form) for form in forms)}
    ours = {f"{theirs}.{name}" for theirs, module in MODULES.items() for name in module.__all__}
    taking = {f"{theirs}.{name}" for theirs, module in MODULES.items() for m, name in TAKING if m is module}
    assert documented & ours - taking == set()
    assert len(documented & taking) >= 286


x, y = np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([[0.5, 0.25], [0.75, 0.125]])
CALLS = [  # one of each mechanism, or two
    (ag.exp, (x,), {}), (ag.sign, (x,), {}), (ag.isposinf, (x,), {}), (ag.mul, (x, y), {}), (ag.mul, (x, 2), {}),
    (ag.add, (x, y), {"alpha": 2}), (ag.sub, (x, y), {"alpha": 2}), (ag.div, (x, y), {"rounding_mode": "floor"}),
    (ag.less, (x, y), {}), (ag.pow, (x, 2), {}), (ag.sigmoid, (x,), {}), (ag.clamp, (x, 1.5, 3.5), {}),
    (ag.matmul, (x, y), {}), (ag.where, (x > 2, x, y), {}), (ag.cat, ([x, y],), {"dim": 1}), (ag.sum, (x, 1), {}),
    (ag.sum, (x,), {"axis": 0, "keepdims": True}), (ag.mean, (x,), {}), (ag.cumsum, (x, 1), {}), (ag.max, (x, 1), {}),
    (ag.sort, (x,), {}), (ag.topk, (x, 1), {}), (ag.std_mean, (x,), {}), (ag.nonzero, (x - 1,), {}), (ag.var, (x, 0), {}),
    (ag.linalg.inv, (x,), {}), (ag.linalg.eigh, (x,), {}), (ag.linalg.cholesky_ex, (x,), {}), (ag.fft.rfft, (x,), {}),
    (ag.special.i0, (x,), {}), (ag.special.entr, (x,), {}), (ag.zeros, (2, 3), {}), (ag.full, ((2,), 7), {}),
    (ag.arange, (5,), {}), (ag.eye, (2,), {}), (ag.logspace, (0, 1, 3), {}), (ag.normal, (0.0, 0.0, (2,)), {}),
]  # fmt: skip


def parts(result):
    return tuple(result) if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize(("function", "args", "options"), CALLS, ids=lambda v: getattr(v, "__name__", ""))
def test_the_result_lies_in_out(function, args, options):
    args = tuple(
        [ag.tensor(a) for a in arg] if isinstance(arg, list) else ag.tensor(arg) if isinstance(arg, np.ndarray) else arg
        for arg in args
    )
    expected = function(*args, **options)
    for resized in (False, True):
        outs = tuple(ag.empty(0 if resized else p.shape, dtype=p.dtype) for p in parts(expected))
        memories = [o.array for o in outs]
        result = function(*args, **options, out=outs if isinstance(expected, tuple) else outs[0])
        assert type(result) is type(expected)
        for part, out, memory, right in zip(parts(result), outs, memories, parts(expected), strict=True):
            assert part is out and out.dtype == right.dtype and np.array_equal(out.array, right.array)
            assert resized or out.array is memory
    assert function(*args, **options, out=None) is not None


def test_all_that_take_it_say_so():
    assert len(TAKING) > 300
    for module, name in TAKING:
        function = getattr(module, name)
        parameter = inspect.signature(function).parameters["out"]
        assert parameter.kind is parameter.KEYWORD_ONLY and parameter.default is None, name
        assert outputs.SENTENCE in function.__doc__ or outputs.SENTENCE_OF_SEVERAL in function.__doc__, name


def test_nothing_is_recorded():
    w = ag.ones(2, requires_grad=True)
    for call in (
        lambda: ag.exp(w, out=ag.zeros(2)),
        lambda: ag.mul(ag.ones(2), w, out=ag.zeros(2)),
        lambda: ag.cat([w, w], out=ag.zeros(4)),
        lambda: ag.sum(ag.ones(2), out=w),
        lambda: ag.matmul(ag.ones(2), other=w * 2, out=ag.zeros(())),
    ):
        with pytest.raises(RuntimeError, match="requires a gradient; leave out= out"):
            call()
    assert w.tolist() == [1.0, 1.0]
    with ag.no_grad():
        assert ag.exp(w, out=w) is w
    assert ag.allclose(w, ag.exp(ag.ones(2))) and w.requires_grad
    with pytest.raises(TypeError, match="requires_grad=True"):
        ag.zeros(2, out=ag.ones(2), requires_grad=True)


def test_out_may_be_an_operand_or_a_view():
    a = ag.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert ag.matmul(a, a, out=a).tolist() == [[7.0, 10.0], [15.0, 22.0]]
    b = ag.zeros(2, 3)
    ag.add(ag.ones(2), 1, out=b[:, 1])
    assert b.tolist() == [[0.0, 2.0, 0.0], [0.0, 2.0, 0.0]]
    saved = ag.tensor([1.0, 2.0], requires_grad=True)
    c = ag.ones(2)
    loss = (saved * c).sum()
    ag.exp(ag.zeros(2), out=c)  # what a rule saved has changed
    with pytest.raises(RuntimeError):
        loss.backward()


def test_dtypes():
    assert ag.exp(ag.zeros(2), out=ag.empty(2, dtype=ag.float64)).tolist() == [1.0, 1.0]
    assert ag.arange(3, out=ag.empty(3, dtype=ag.float64)).dtype == ag.float64
    assert ag.rand(2, out=ag.empty(2, dtype=ag.float64)).array[0] % 2**-30 != 0  # drawn in that dtype
    with pytest.raises(RuntimeError, match=r"exp: the result is float32, which out, of int64, cannot hold"):
        ag.exp(ag.zeros(2), out=ag.zeros(2, dtype=ag.int64))
    with pytest.raises(RuntimeError, match="complex64"):
        ag.fft.fft(ag.ones(2), out=ag.zeros(2))


def test_what_does_not_fit_is_refused_before_anything_is_changed():
    values, indices = ag.zeros(2), ag.zeros(3, dtype=ag.int64)
    with pytest.raises(RuntimeError, match=r"max: the result has shape \(2,\), but out \(3,\); pass .* ag\.empty\(0\)"):
        ag.max(ag.ones(2, 2), dim=1, out=(values, indices))
    assert values.tolist() == [0.0, 0.0]
    with pytest.raises(TypeError, match="out must be a tuple for values, indices, got one tensor"):
        ag.max(ag.ones(2, 2), dim=1, out=values)
    with pytest.raises(TypeError, match="out must be one tensor, got 1 tensors"):
        ag.exp(values, out=(values,))
    with pytest.raises(TypeError, match="out must be a tensor.*got ndarray"):
        ag.exp(values, out=np.zeros(2))
    with pytest.raises(RuntimeError, match="share one place"):
        ag.exp(values, out=ag.zeros(1).expand(2))
    with pytest.raises(TypeError, match="vmap"):
        ag.vmap(lambda v: ag.exp(v, out=ag.zeros(2)))(ag.ones(2, 2))


def test_elementwise_functions_take_it_by_keyword_only():
    a, b, c = ag.ones(2), ag.ones(2), ag.ones(2)
    with pytest.raises(TypeError, match=r"exp\(\) takes 1 positional argument but 2 were given"):
        ag.exp(a, b)
    with pytest.raises(TypeError, match=r"mul\(\) takes 2 positional arguments but 4 were given"):
        ag.mul(a, a, b, c)
    with pytest.raises(TypeError, match=r"isposinf\(\) takes 1 positional argument but 2 were given"):
        ag.isposinf(a, b)
    assert b.tolist() == [1.0, 1.0] == c.tolist()
    assert str(inspect.signature(ag.exp)) == "(input: 'TensorLike', *, out: 'Tensor | None' = None) -> 'Tensor'"
    assert (
        "out" not in inspect.signature(ag.Tensor.exp_).parameters and "out" not in inspect.signature(ag.exp_).parameters
    )


def test_normalize_takes_it_too():
    out = ag.zeros(1, 2)
    assert F.normalize(ag.tensor([[3.0, 4.0]]), out=out) is out and ag.allclose(out, ag.tensor([[0.6, 0.8]]))
