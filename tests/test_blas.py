"""The BLAS behind NumPy and SciPy has one thread while the kernels have theirs, whatever a training step calls."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import threadpoolctl

import autograd_core as ag
import nn
from autograd_core.kernels.machine import blas, threads
from autograd_core.kernels.machine.blas import Blas, Pool, lapack
from autograd_core.kernels.machine.threads import Threads


def counts():
    """The threads of each BLAS, by its file."""
    return {p["filepath"]: p["num_threads"] for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"}


# Run in a process of its own, in which no library is limited yet, and NumPy's has two threads.
BEGIN = """
import os, sys, threading
import numpy as np, threadpoolctl
import autograd_core as ag, nn, optim, nn.functional as F
from autograd_core.kernels.machine.threads import Threads
from nn.data import DataLoader, TensorDataset

def counts():
    return [p["num_threads"] for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]

def widen():
    threadpoolctl.threadpool_limits(2, "blas")
    return max(counts())

Threads.worthwhile = 1.0
Threads.count = 2
wide = widen()
"""
PROGRAMS = {
    "training": """
def train(loss, target, schedule):
    model = nn.Sequential(nn.Linear(40, 300), nn.Tanh(), nn.Linear(300, 40))
    optimizer = optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = schedule(optimizer)
    for x, t in DataLoader(TensorDataset(ag.randn(96, 40), target), batch_size=32, shuffle=True):
        optimizer.zero_grad()
        loss(model(x), t).backward()
        assert set(counts()) == {1}, (loss, counts())
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        nn.utils.clip_grad_value_(model.parameters(), 0.1)
        optimizer.step()
        scheduler.step()
        np.dot(np.ones(20000), np.ones(20000))
        assert set(counts()) == {1}, (loss, counts())

real, classes, signs = ag.rand(96, 40), ag.randint(0, 40, (96,)), ag.randint(0, 2, (96, 40)) * 2.0 - 1
for loss in (F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss, F.binary_cross_entropy_with_logits, F.kl_div,
             F.poisson_nll_loss):
    train(loss, real, lambda o: optim.lr_scheduler.StepLR(o, 1))
train(F.soft_margin_loss, signs, lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 3))
for loss in (F.cross_entropy, F.multi_margin_loss):
    train(loss, classes, lambda o: optim.lr_scheduler.ExponentialLR(o, 0.9))
""",
    "the programs of the bench": """
from bench.programs import PROGRAMS
from bench.workloads import Library
for name, program in PROGRAMS.items():
    run = program(Library("ours"))
    run()
    run()
    assert set(counts()) == {1}, name
""",
    "set_num_threads": """
ag.set_num_threads(2)
assert set(counts()) == {1}
ag.set_num_threads(1)
assert set(counts()) == {1}
""",
    "a BLAS that is loaded late": """
ag.set_num_threads(2)
before = set(counts())
import scipy.linalg  # with a BLAS of its own, unless NumPy and SciPy share one
x = ag.randn(64, 64, 64)
x @ x
assert before == set(counts()) == {1}
""",
    "SciPy's factorisation is the first": """
A = ag.eye(20, dtype=ag.float64)
ag.matrix_exp(A), ag.linalg.lu_factor(A), ag.linalg.solve_triangular(A, A, upper=True)
x = ag.randn(64, 64, 64)
x @ x
assert set(counts()) == {1}, counts()
""",
    "a forked child": """
x = ag.randn(64, 64, 64)
x @ x
child = os.fork() if hasattr(os, "fork") else None
if child == 0:
    np.dot(np.ones(20000), np.ones(20000))
    x @ x
    os._exit(0 if set(counts()) == {1} else 3)
assert child is None or os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
""",
    "another Python thread": """
def run():
    x = ag.randn(64, 64, 64)
    x @ x
    found.append(set(counts()))

found = []
thread = threading.Thread(target=run)
thread.start()
thread.join()
assert found == [{1}], found
threadpoolctl.threadpool_limits(2, "blas")  # and the user may set it in the main thread
assert set(counts()) == {wide}
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_one_thread(name):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "2"}
    command = [sys.executable, "-W", "ignore", "-c", BEGIN + PROGRAMS[name]]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


def test_threadpoolctl_is_not_imported_with_the_package():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    code = "import sys, autograd_core, nn, optim; sys.exit('threadpoolctl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode == 0


# ------------------------------------------------------------------------------------------------- large factorisations


class Library:
    """What threadpoolctl says of a library, with a number for its threads."""

    user_api, filepath = "blas", "libtest.so"

    def __init__(self, count):
        self.num_threads = count

    def get_num_threads(self):
        return self.num_threads

    def set_num_threads(self, count):
        self.num_threads = count


@pytest.fixture
def library(monkeypatch):
    """The only library, with four threads; nothing is limited yet."""
    library = Library(4)

    class Controller:
        lib_controllers = [library]

    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", Controller)
    monkeypatch.setattr(Blas, "pools", {})
    monkeypatch.setattr(Blas, "modules", 0)
    monkeypatch.setattr(Blas, "most", None)
    return library


def inside(rows, columns):
    """The function's own view of the number of threads of the library."""
    (pool,) = Blas.pools.values()
    return lapack(lambda _: pool.num_threads(), np.empty((rows, columns)))


def test_large_factorisations_have_the_threads_that_blas_had(library, monkeypatch):
    blas.limit()
    assert library.num_threads == 1
    assert inside(blas.LARGE - 1, 10**4) == 1
    assert inside(blas.LARGE, blas.LARGE) == 4
    assert library.num_threads == 1
    monkeypatch.setattr(Blas, "most", 3)
    assert inside(blas.LARGE, blas.LARGE) == 3
    library.num_threads = 2  # set by the user
    assert inside(blas.LARGE, blas.LARGE) == 2
    assert library.num_threads == 2


def test_a_smaller_limit_of_the_user_stays(library):
    library.num_threads = 1
    blas.limit()
    assert inside(blas.LARGE, blas.LARGE) == 1


def test_the_limit_is_back_after_an_error(library):
    def fails(_):
        assert library.num_threads == 4
        raise np.linalg.LinAlgError

    with pytest.raises(np.linalg.LinAlgError):
        lapack(fails, np.empty((blas.LARGE, blas.LARGE)))
    assert library.num_threads == 1


def test_the_last_of_several_callers_limits_again(library):
    blas.limit()
    entered, leave = threading.Event(), threading.Event()

    def wait(_):
        entered.set()
        leave.wait(60)

    thread = threading.Thread(target=lapack, args=(wait, np.empty((blas.LARGE, blas.LARGE))))
    thread.start()
    assert entered.wait(60)
    assert inside(blas.LARGE, blas.LARGE) == 4
    assert library.num_threads == 4
    leave.set()
    thread.join()
    assert library.num_threads == 1


def test_a_child_that_was_forked_during_a_factorisation_is_limited(library, monkeypatch):
    blas.limit()
    library.num_threads = 4
    monkeypatch.setattr(Blas, "calls", 1)
    blas._after_fork()
    assert (library.num_threads, Blas.calls) == (1, 0)


def test_set_num_threads_is_the_most_for_factorisations(library, monkeypatch):
    monkeypatch.setattr(Threads, "count", None)
    threads.set_num_threads(2)
    assert library.num_threads == 1
    assert inside(blas.LARGE, blas.LARGE) == 2


def test_a_library_whose_threads_are_unknown_has_one(library):
    library.num_threads = None
    blas.limit()
    assert Blas.pools["libtest.so"].before == 1
    assert isinstance(Blas.pools["libtest.so"], Pool)


# ----------------------------------------------------------------------------------------------------------- results


@pytest.mark.parametrize("function", [
    lambda A, S: ag.linalg.solve(A, S), lambda A, S: ag.linalg.inv(A), lambda A, S: ag.linalg.cholesky(S),
    lambda A, S: ag.linalg.eigh(S).eigenvalues, lambda A, S: ag.linalg.svdvals(A), lambda A, S: ag.linalg.det(A / 30),
    lambda A, S: ag.matrix_exp(A / 1000), lambda A, S: ag.complex(A, S) @ ag.complex(S, A), lambda A, S: ag.dot(A[0], S[0]),
    lambda A, S: ag.einsum("ij,kj->ik", A, S),
    lambda A, S: nn.functional.mse_loss(A, S), lambda A, S: ag.dot(A.flatten(), S.flatten()),
])  # fmt: skip
def test_results_do_not_depend_on_the_limit_before(function):
    rng = np.random.default_rng(0)
    A = ag.tensor(rng.standard_normal((300, 300)))
    S = A @ A.T
    results = []
    for count in (1, 2):
        with threadpoolctl.threadpool_limits(count, "blas"):
            Blas.pools.clear()
            Blas.modules = 0
            results.append(function(A, S).numpy())
    np.testing.assert_array_equal(*results)
    Blas.pools.clear()
    Blas.modules = 0


def test_products_in_einsum_and_interpolation_are_the_kernels_own():
    x = ag.randn(2, 3, 40, 40, dtype=ag.float64)
    y = ag.randn(40, 50, dtype=ag.float64)
    np.testing.assert_allclose(
        ag.einsum("abij,jk->kabi", x, y).numpy(),
        np.einsum("abij,jk->kabi", x.numpy(), y.numpy()),
        rtol=1e-12,
        atol=1e-12,
    )
    small = nn.functional.interpolate(x, size=(5, 4), mode="bicubic", antialias=True)
    parts = [nn.functional.interpolate(x[:1, c : c + 1], size=(5, 4), mode="bicubic", antialias=True) for c in range(3)]
    np.testing.assert_allclose(small[:1].numpy(), ag.cat(parts, 1).numpy(), rtol=1e-12, atol=1e-12)
