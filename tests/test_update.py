"""Optimisers' steps as kernels over all parameters: against the same step on one parameter after the other in NumPy."""

import numpy as np
import pytest

import autograd_core as ag
import optim
from autograd_core.engine.versions import version_of
from autograd_core.kernels.machine.threads import Threads, get_num_threads, set_num_threads
from autograd_core.kernels.rows import update

SGD = [
    {"lr": 0.1},
    {"lr": 0.1, "weight_decay": 0.2, "maximize": True},
    {"momentum": 0.9},
    {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1},
    {"momentum": 0.8, "nesterov": True, "maximize": True},
]
ADAM = [
    {"lr": 0.1},
    {"lr": 0.1, "betas": (0.5, 0.6), "eps": 1e-2, "weight_decay": 0.1, "maximize": True},
    {"lr": 0.1, "amsgrad": True, "betas": (0.5, 0.6), "weight_decay": 0.1},
]
ADAMW = [{"lr": 0.1, "weight_decay": 0.3}, {"lr": 0.1, "amsgrad": True, "maximize": True}]
CASES = [
    (make, options)
    for make, listed in ((optim.SGD, SGD), (optim.Adam, ADAM), (optim.AdamW, ADAMW))
    for options in listed
]


def one_by_one(make):
    """The optimiser without its kernel: with an `update` of its own, each parameter goes through it."""
    return type("OneByOne", (make,), {"update": lambda self, *args: make.update(self, *args)})


def parameters(arrays):
    return [ag.from_numpy(x).requires_grad_() for x in arrays]


def steps(optimizer, params, count=4, without=()):
    """`count` steps with random gradients; `without`: (step, parameter) pairs that have none."""
    rng = np.random.default_rng(1)
    for t in range(count):
        for i, p in enumerate(params):
            g = ag.tensor(rng.standard_normal(p.shape), dtype=p.dtype)
            p.grad = None if (t, i) in without else g
        optimizer.step()
    return [p.array.copy() for p in params]


def both(make, options, build, **how):
    """The parameters after some steps from `build()`, by the kernel (if it can) and without."""
    results = []
    for kind in (make, one_by_one(make)):
        params = parameters(build())
        results.append(steps(kind(params, **options), params, **how))
    return zip(*results, strict=True)


def arrays_of(dtype, shapes=((3, 2), (), (0,), (40,), (2, 1, 5))):
    return [np.random.default_rng(0).standard_normal(shape).astype(dtype).reshape(shape) for shape in shapes]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("make", "options"), CASES, ids=[f"{make.__name__}-{options}" for make, options in CASES])
def test_equals_the_steps_one_by_one(make, options, dtype, monkeypatch):
    used = []
    run = update._run
    monkeypatch.setattr(update, "_run", lambda *args: used.append(run(*args)) or used[-1])
    for x, expected in both(make, options, lambda: arrays_of(dtype)):
        np.testing.assert_allclose(x, expected, rtol=20 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
    has_state = make is not optim.SGD or options.get("momentum")
    assert used == ([False] if has_state else [True]) + 3 * [True]  # the first step makes the state


@pytest.mark.parametrize(("make", "options"), [(optim.SGD, {"momentum": 0.9}), (optim.Adam, {"lr": 0.1})])
def test_parameters_may_differ_in_their_steps(make, options):
    for x, expected in both(
        make, options, lambda: arrays_of(np.float64), count=6, without={(0, 1), (3, 0), (3, 1), (5, 3)}
    ):
        np.testing.assert_allclose(x, expected, rtol=1e-14, atol=1e-15)
    params = parameters(arrays_of(np.float64))
    optimizer = optim.Adam(params)
    steps(optimizer, params, 3, {(1, 2)})
    assert [optimizer.state[p]["step"] for p in params] == [3, 3, 2, 3, 3]
    assert [version_of(p.array) for p in params] == [3, 3, 2, 3, 3]


@pytest.mark.parametrize(
    "build",
    [
        lambda: [np.ones(3, np.float16), np.ones(2, np.float16)],
        lambda: [np.ones(3, np.float32), np.ones(2, np.float64)],
        lambda: [np.ones(4), np.asfortranarray(np.ones((3, 2)))],
        lambda: [np.ones((4, 6))[::2, ::3]],
    ],
    ids=["half precision", "two dtypes", "columns", "strided"],
)
@pytest.mark.parametrize(("make", "options"), [(optim.SGD, {"momentum": 0.9}), (optim.SGD, {}), (optim.Adam, {})])
def test_what_kernels_do_not_take_is_done_one_by_one(make, options, build):
    for x, expected in both(make, options, build):
        np.testing.assert_array_equal(x, expected)


def test_refuses_before_anything_is_changed():
    x, g = np.ones(3), np.ones(3)
    wrong = [np.ones(2), np.ones(3, np.float32), np.ones(6)[::2], None, [1.0, 2.0, 3.0]]
    for v in wrong:
        assert not update.sgd([x, g, v], 0.1, 0.9, 0.0, 0.0, False, 1.0)
        assert not update.sgd([x, g, np.ones(3), np.ones(4), np.ones(4), v], 0.1, 0.9, 0.0, 0.0, False, 1.0)
    locked = np.ones(3)
    locked.flags.writeable = False
    assert not update.sgd([locked, g], 0.1, 0.0, 0.0, 0.0, False, 1.0)
    assert (x == 1).all() and (locked == 1).all()
    assert update.sgd([], 0.1, 0.0, 0.0, 0.0, False, 1.0)
    assert update.sgd([x, g], 0.1, 0.0, 0.0, 0.0, False, 1.0) and (x == 0.9).all()


def test_results_do_not_depend_on_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(Threads, "worthwhile", 10.0)
    monkeypatch.setattr(Threads, "count", get_num_threads())
    build = lambda: arrays_of(np.float32, ((7,), (update.RUN + 3,), (1, 2), (3, update.RUN), (5,)))  # noqa: E731
    for make, options in ((optim.SGD, SGD[3]), (optim.Adam, ADAM[1]), (optim.Adam, ADAM[2])):
        results = []
        for threads in (1, 2, 5):
            set_num_threads(threads)
            params = parameters(build())
            results.append([x.tobytes() for x in steps(make(params, **options), params)])
        assert results[0] == results[1] == results[2]
        for x, expected in both(make, options, build):
            np.testing.assert_allclose(x, expected, rtol=1e-5, atol=1e-6)


@np.errstate(invalid="ignore")
def test_extreme_gradients():
    """Infinity, NaN and subnormal numbers go where they go in NumPy, and only there."""
    x, odd = np.ones(5, np.float32), np.array([np.inf, -np.inf, np.nan, 1e-45, 0.0], np.float32)
    for make, options in ((optim.SGD, {"momentum": 0.9}), (optim.Adam, {}), (optim.Adam, {"amsgrad": True})):
        found = []
        for kind in (make, one_by_one(make)):
            (p,) = parameters([x.copy()])
            optimizer = kind([p], **options)
            for _ in range(3):
                p.grad = ag.tensor(odd)
                optimizer.step()
            found.append(p.array)
        np.testing.assert_allclose(*found, rtol=1e-6)


def test_one_signature_a_dtype():
    for dtype in (np.float32, np.float64):
        for make, options in ((optim.SGD, {"lr": 1, "momentum": 0.5}), (optim.SGD, {"dampening": 0}), (optim.Adam, {})):
            params = parameters(arrays_of(dtype))
            steps(make(params, **options), params, 2)
    for kernel in (update._sgd, update._adam):
        assert len(kernel.signatures) == 2
    assert len(update._elements.signatures) == 1
