"""Kernels of every family, called by several Python threads at once, while signals interrupt them, children are forked,
kernels fail, and the number of threads changes: `python -m tests.soak SECONDS`.

Each result is compared to the bit with that of one thread. Ends with status 0 if all were right, no call was stuck, and
memory did not grow; faulthandler shows where the threads were if something is stuck.
"""

import faulthandler
import gc
import os
import random
import signal
import sys
import threading
import time
import warnings
from copy import deepcopy
from pathlib import Path

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.kernels.machine import threads
from autograd_core.kernels.machine.runtime import kernel
from autograd_core.kernels.machine.threads import Threads, parallel_for
from autograd_core.kernels.rows.dropout import dropped

GROWTH = 64 * 2**20  # bytes that may be added after the first third: caches of plans and pools of memory fill up


@kernel()
def fails_at(start, stop, out, where):
    for i in range(start, stop):
        if i == where:
            raise ValueError("a kernel's error")
        out[i] = i


def failing():
    """An error in one task of a kernel reaches its caller."""
    try:
        parallel_for(fails_at, 64, 1e9, np.zeros(64), 40)
    except ValueError as error:
        return str(error).encode()
    return b"no error"


def family(function, *inputs):
    """A function that gives the bytes of function(*inputs) and of its gradients."""

    def run():
        out = function(*inputs)
        wanted = [x for x in inputs if x.requires_grad]
        grads = ag.grad((out * out).sum() + out.sum(), wanted)
        return b"".join(t.detach().numpy().tobytes() for t in (out, *grads))

    return run


def training(model, make, x):
    """A function that gives the bytes of a model's weights after two steps."""

    def run():
        copy = deepcopy(model)
        optimizer = make(copy.parameters())
        for _ in range(2):
            optimizer.zero_grad()
            copy(x).square().mean().backward()
            nn.utils.clip_grad_norm_(copy.parameters(), 0.5)
            optimizer.step()
        return b"".join(p.detach().numpy().tobytes() for p in copy.parameters())

    return run


def families():
    ag.manual_seed(0)
    r = lambda *shape: ag.randn(*shape, requires_grad=True)  # noqa: E731
    images, recurrent, rows = r(3, 4, 13, 13), r(4, 9, 12), r(70, 90)
    classes, letters = ag.randint(0, 90, (70,)), ag.randint(1, 6, (3, 4))
    lengths = ag.tensor([9, 9, 9]), ag.tensor([4, 4, 4])
    layers = {kind: getattr(nn, kind)(12, 20, 2, batch_first=True) for kind in ("RNN", "GRU", "LSTM")}
    mlp = nn.Sequential(nn.Linear(90, 60), nn.ReLU(), nn.Linear(60, 8))
    found = {
        "product": family(lambda a, b: a @ b.T, rows, r(100, 90)),
        "stack of products": family(lambda a, b: a @ b, r(7, 60, 50), r(7, 50, 40)),
        "linear": family(lambda x, w, b: F.relu(F.linear(x, w, b)), rows, r(64, 90), r(64)),
        "convolution 3": family(lambda x, w, b: F.conv2d(x, w, b, padding=1), images, r(8, 4, 3, 3), r(8)),
        "convolution 5, stride 2": family(lambda x, w: F.conv2d(x, w, None, 2), images, r(8, 4, 5, 5)),
        "deep convolution": family(lambda x, w: F.conv2d(x, w, padding=1), r(2, 32, 12, 12), r(32, 32, 3, 3)),
        "max pooling": family(lambda x: F.max_pool2d(x, 3, 2), images),
        "mean pooling": family(lambda x: F.avg_pool2d(x, 2), images),
        "softmax": family(lambda x: F.softmax(x, -1), rows),
        "cross entropy": family(lambda x: F.cross_entropy(x, classes), rows),
        "layer norm": family(lambda x, w, b: F.layer_norm(x, (90,), w, b), rows, r(90), r(90)),
        "batch norm": family(lambda x: F.batch_norm(x, None, None, training=True), images),
        "activations": family(lambda x: F.gelu(ag.tanh(x)) + ag.sigmoid(x) + F.silu(x) + ag.exp(x), rows),
        "attention": family(F.scaled_dot_product_attention, r(2, 3, 20, 16), r(2, 3, 20, 16), r(2, 3, 20, 16)),
        "embedding": family(lambda w: F.embedding(classes, w), r(90, 33)),
        "distances": family(ag.cdist, rows, r(40, 90)),
        "ctc": family(lambda x: F.ctc_loss(F.log_softmax(x, -1), letters, *lengths), r(9, 3, 6)),
        "sums": family(lambda x: x.sum(0) + x.mean() + x.var(), rows),
        "squared error": family(lambda x, t: F.mse_loss(x, t), rows, r(70, 90)),
        "einsum": family(lambda a, b: ag.einsum("ij,kj->ik", a, b), rows, r(80, 90)),
        "linear system": family(lambda a, b: ag.linalg.solve(a + 20 * ag.eye(30), b), r(30, 30), r(30, 5)),
        "bags of embeddings": family(lambda w: F.embedding_bag(classes.reshape(10, 7), w), r(90, 33)),
        "radial units": family(nn.RBF(90, 30), rows),
        "dropout": lambda: dropped(7, (40, 300), 0.3).tobytes(),
        "Adam": training(mlp, lambda p: optim.Adam(p, lr=0.01), rows.detach()),
        "SGD": training(nn.Linear(90, 140), lambda p: optim.SGD(p, 0.1, 0.9), rows.detach()),
        "a failing kernel": failing,
    }
    for kind, layer in layers.items():
        found[kind] = family(lambda x, *_, layer=layer: layer(x)[0], recurrent, *layer.parameters())
    return found


class InterruptError(Exception):
    """What the handler of SIGALRM raises, wherever the main thread is."""


class Soak:
    """The state of one run."""

    def __init__(self, seconds):
        self.families = families()
        Threads.worthwhile = 1.0
        Threads.count = 1
        self.right = {name: run() for name, run in self.families.items()}
        self.begin = time.monotonic()
        self.until = self.begin + seconds
        self.errors, self.counts = [], dict.fromkeys(("calls", "interrupts", "children"), 0)
        self.armed = False  # whether a signal interrupts the main thread; it does so once

    def goes_on(self):
        return not self.errors and time.monotonic() < self.until

    def call(self, choose):
        name = choose.choice(list(self.families))
        if self.families[name]() != self.right[name]:
            self.errors.append(f"{name}: another result ({Threads.count} threads, patience {Threads.patience})")
        self.counts["calls"] += 1

    def guarded(self, function, seed):
        choose = random.Random(seed)
        try:
            while self.goes_on():
                function(choose)
        except BaseException as error:
            self.errors.append(f"{function.__name__}: {error!r}")

    def disturb(self, choose):
        """Change what may be changed while kernels run."""
        time.sleep(choose.uniform(0, 0.02))
        what = choose.randrange(8)
        if what < 3:
            ag.set_num_threads(choose.choice((1, 2, 3, 4)))
        elif what < 5:
            threads.PATIENCE = choose.choice((0.0, 100.0, 2000.0))
            Threads.patience = choose.choice((0.0, threads.PATIENCE))
        elif what < 6:
            gc.collect()
        elif what < 7:
            os.kill(os.getpid(), signal.SIGINT)
        elif hasattr(os, "fork"):
            self.fork(choose)

    def fork(self, choose):
        """A child that calls kernels too."""
        names = choose.sample(list(self.families), 3)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if all(self.families[name]() == self.right[name] for name in names) else 2
            finally:
                os._exit(status)
        patience = time.monotonic() + 100
        while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
            time.sleep(0.005)
            if time.monotonic() > patience:
                os.kill(child, signal.SIGABRT)  # faulthandler shows where it was
                patience += 100
        status = os.waitstatus_to_exitcode(ended[1])
        if status:
            self.errors.append(f"a forked child that called {names} ended with status {status}")
        self.counts["children"] += 1

    def interrupt(self, number, frame):
        if self.armed:
            self.armed = False
            raise KeyboardInterrupt if number == signal.SIGINT else InterruptError

    def run(self):
        """Call kernels in the main thread too, where signals interrupt them."""
        faulthandler.enable()
        faulthandler.dump_traceback_later(self.until - self.begin + 120, exit=True)
        signal.signal(signal.SIGINT, self.interrupt)
        signal.signal(signal.SIGALRM, self.interrupt)
        others = [threading.Thread(target=self.guarded, args=(self.call, seed)) for seed in range(3)]
        others.append(threading.Thread(target=self.guarded, args=(self.disturb, 3)))
        for thread in others:
            thread.start()
        choose, early = random.Random(4), None
        while any(thread.is_alive() for thread in others):
            if early is None and time.monotonic() > self.begin + (self.until - self.begin) / 3:
                early = memory()
            try:
                signal.setitimer(signal.ITIMER_REAL, choose.uniform(0.0005, 0.05))
                self.armed = True
                self.call(choose)
                self.armed = False
            except (InterruptError, KeyboardInterrupt):
                self.counts["interrupts"] += 1
        signal.setitimer(signal.ITIMER_REAL, 0)  # one that still ran would end the process at its exit
        gc.collect()
        growth = memory() - (early or 0)
        if early and growth > GROWTH:
            self.errors.append(f"memory grew by {growth >> 20} MiB")
        print(*(f"{count} {name}" for name, count in self.counts.items()), f"memory {growth >> 20:+d} MiB", sep=", ")
        faulthandler.cancel_dump_traceback_later()
        return self.errors


def memory():
    """The bytes that the process has in memory, or 0 if the system does not say."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if path.exists() else 0


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)  # of forks while there are threads: that is what is tried
    found = Soak(float(sys.argv[1])).run()
    print(*found, sep="\n")
    sys.exit(bool(found))
