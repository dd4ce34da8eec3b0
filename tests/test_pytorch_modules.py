"""Every module that PyTorch has too, in several configurations, beside PyTorch where it is installed: text, state,
outputs, gradients by inputs and parameters, buffers afterwards, evaluation. The configurations: tests/module_cases.py.
"""

import inspect
import warnings

import numpy as np
import pytest

import autograd_core as ag
import nn

from .module_cases import CASES, Draw, Fixed

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

# What these classes print differs: ours have no `options`, dtypes have NumPy's names
OTHER_TEXT = {"LinearCrossEntropyLoss", "ParameterList"}
# PyTorch's gradient is not that of its own values
WRONG_THERE = {"CrossMapLRN2d"}
# What is no layer, or has no counterpart on one machine with one kind of memory
ELSEWHERE = {
    "Module", "Parameter", "Buffer", "UninitializedParameter", "UninitializedBuffer", "RNNBase", "RNNCellBase",
    "ParameterDict", "Container", "DataParallel", "SyncBatchNorm", "LinearCrossEntropyOptions",
}  # fmt: skip
EXACTLY = {"rtol": 1e-7, "atol": 1e-9}


def both(line):
    """The modules of both libraries, in evaluation if the line says so, and the arrays of the inputs."""
    made, _, inputs = line.partition(" | ")
    modules = []
    for library, tensor in ((torch.nn, torch.tensor), (nn, ag.tensor)):
        module = Draw(line).eval(f"nn.{made.removeprefix('eval ')}", nn=library, T=tensor)
        modules.append(module.eval() if made.startswith("eval ") else module)
    arrays = Draw(f"{line} inputs").eval(f"({inputs},)") if inputs else ()
    return (*modules, arrays)


def called(module, arrays, tensor, prepare):
    """The outputs, and the gradients of a weighted sum of them by inputs and parameters, as arrays."""
    leaves = []

    def given(a):
        if isinstance(a, tuple):
            return tuple(given(x) for x in a)
        if isinstance(a, list):
            return a
        t = tensor(np.array(a))
        if a.dtype.kind == "f" and not isinstance(a, Fixed):
            t.requires_grad_()
            leaves.append(t)
            return t * 1  # not a leaf, so that it can be overwritten
        return t

    outputs = flat(module(*prepare([given(a) for a in arrays])))
    rng, total = np.random.default_rng(5), None
    for y in outputs:
        if y.requires_grad:
            term = (y * tensor(rng.uniform(0.5, 1.5, tuple(y.shape)))).sum()
            total = term if total is None else total + term
    if total is not None:
        total.backward()
    grads = [t.grad for t in (*leaves, *module.parameters())]
    return [array(y) for y in outputs], [None if g is None else array(g) for g in grads]


def flat(out):
    if isinstance(out, tuple | list):
        return [y for part in out if part is not None for y in flat(part)]
    return [out]


def array(t):
    return np.array(t.detach().numpy())


def logged(library, module):
    """The CTC loss takes what log_softmax gives; only behind it PyTorch's gradient is the derivative."""
    if type(module).__name__ != "CTCLoss":
        return lambda inputs: inputs
    return lambda inputs: [library.functional.log_softmax(inputs[0], -1), *inputs[1:]]


def described(state):
    lazy = ("UninitializedParameter", "UninitializedBuffer")
    return {
        name: type(t).__name__ if type(t).__name__ in lazy else (tuple(t.shape), str(t.dtype).removeprefix("torch."))
        for name, t in state.items()
    }


def text(module):
    return repr(module).replace("NonDynamicallyQuantizableLinear", "Linear")


def assert_equal(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        if a is None or b is None:
            assert (a is None or not a.any()) and (b is None or not b.any())
            continue
        assert a.shape == b.shape and a.dtype.kind == b.dtype.kind
        np.testing.assert_allclose(a, b, **EXACTLY)


@pytest.mark.parametrize("line", CASES)
def test_module(line):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours, arrays = both(line)
        kind = type(ours).__name__
        assert kind in OTHER_TEXT or repr(ours) == text(theirs)
        assert described(ours.state_dict()) == described(theirs.state_dict())
        if not arrays:
            return
        theirs, ours = theirs.double(), ours.double()
        if kind.startswith("Lazy"):
            with torch.no_grad():
                theirs(*(torch.tensor(a) for a in arrays))
        ours.load_state_dict({name: t.numpy() for name, t in theirs.state_dict().items()})
        for _ in range(2 if ours.training else 1):
            pair = [
                called(ours, arrays, ag.tensor, logged(nn, ours)),
                called(theirs, arrays, torch.tensor, logged(torch.nn, theirs)),
            ]
            for a, b in list(zip(*pair, strict=True))[: 1 if kind in WRONG_THERE else 2]:
                assert_equal(a, b)
            assert_equal([array(b) for b in ours.buffers()], [array(b) for b in theirs.buffers()])
            assert kind in OTHER_TEXT or repr(ours) == text(theirs)
            ours, theirs = ours.eval(), theirs.eval()
            ours.zero_grad(), theirs.zero_grad()


def test_every_class_of_pytorch_is_here():
    """All of torch.nn's modules exist, and have a line above."""
    classes = {name for name, kind in vars(torch.nn).items() if inspect.isclass(kind)} - ELSEWHERE
    assert not {name for name in classes if not hasattr(nn, name)}
    used = " ".join(CASES)
    assert not {name for name in classes if f"{name}(" not in used}


def test_every_function_of_pytorch_is_here():
    public = {n for n, f in vars(torch.nn.functional).items() if inspect.isroutine(f) and not n.startswith("_")}
    public -= {"boolean_dispatch", "assert_int_or_pair"} | {n for n in public if "torch_function" in n}
    low_precision = {"grouped_mm", "scaled_mm", "scaled_grouped_mm"}  # for bfloat16 and float8 on graphics processors
    assert not {n for n in public - low_precision if not hasattr(nn.functional, n)}


def test_defaults_and_argument_order():
    """Signatures agree, but for what does not exist here, such as device and size_average; ours may have more at the end."""
    absent = {"size_average", "reduce", "_stacklevel", "min_value", "max_value", "options", "out"}
    different = []
    for library, mine in ((torch.nn, nn), (torch.nn.functional, nn.functional)):
        for name, theirs in vars(library).items():
            ours = getattr(mine, name, None)
            if ours is None or not callable(theirs) or name in ELSEWHERE:
                continue
            try:
                signatures = [list(inspect.signature(f).parameters.values()) for f in (theirs, ours)]
            except ValueError:  # written in C
                continue
            listed = [
                [(p.name, getattr(p.default, "__name__", p.default)) for p in s if p.name not in absent]
                for s in signatures
            ]
            if listed[0] != listed[1][: len(listed[0])] and [name for name, _ in listed[0]] != ["args", "kwargs"]:
                different.append((name, *listed))
    assert not different
