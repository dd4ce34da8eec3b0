"""Arrays whose memory is used again: never while anybody looks at it."""

import threading

import numpy as np
import pytest

from autograd_core.engine.versions import memory_of
from autograd_core.kernels.machine import workspace
from autograd_core.kernels.machine.workspace import Workspace, empty, release

SHAPE = (300, 400)  # large enough


@pytest.fixture(autouse=True)
def nothing_waits():
    release()
    yield
    release()


def address(x):
    return x.__array_interface__["data"][0]


def test_memory_is_used_again():
    x = empty(SHAPE, np.float32)
    assert x.shape == SHAPE and x.dtype == np.float32 and x.flags.carray and address(x) % 64 == 0
    place = address(x)
    del x
    assert address(empty((400, 299), np.float32)) == place  # of nearly the same size
    assert Workspace.waits == sum(memory.size for memory in Workspace.waiting) > 0
    other = empty((40, 300), np.float64)  # of another size
    assert address(other) != place


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[3:, ::2], lambda x: x.T, lambda x: x.reshape(-1)[5:].reshape(1, -1), lambda x: x.view(np.int32),
        lambda x: np.asarray(memoryview(x)), lambda x: np.from_dlpack(x), lambda x: np.broadcast_to(x, (2, *SHAPE)),
    ],
)  # fmt: skip
def test_a_view_keeps_it(view):
    x = empty(SHAPE, np.float32)
    x[...] = 7
    y = view(x)
    kept = y.copy()
    del x
    z = empty(SHAPE, np.float32)
    z[...] = 8
    np.testing.assert_array_equal(y, kept)
    place = address(z)
    del y, z
    assert {address(empty(SHAPE, np.float32)) for _ in range(2)} <= {place, *(address(empty(SHAPE, np.float32)),)}


def test_each_array_counts_as_the_owner_of_its_memory():
    x = empty(SHAPE, np.float32)
    assert memory_of(x) is x and memory_of(x[1:].T) is x


def test_small_arrays_are_numpys():
    x = empty((10, 10), np.float64)
    assert x.flags.owndata and x.base is None
    assert empty((0, 5), np.float32).shape == (0, 5)


def test_what_waits_is_bounded(monkeypatch):
    monkeypatch.setattr(Workspace, "limit", 3 * workspace._rounded(300 * 400 * 4))
    many = [empty(SHAPE, np.float32) for _ in range(8)]
    last = [address(x) for x in many[-3:]]
    while many:
        del many[0]
    assert len(Workspace.waiting) == 3 and Workspace.waits <= Workspace.limit
    assert {address(x) for x in [empty(SHAPE, np.float32) for _ in range(3)]} == set(last)
    release()
    assert Workspace.waits == 0 and not Workspace.waiting


def test_sizes_are_rounded_up_a_little():
    for size in (65536, 65537, 100_000, 2**30 + 1):
        assert size <= workspace._rounded(size) <= size * 1.125
    assert workspace._rounded(2**20) == 2**20


def test_threads_get_memory_of_their_own():
    wrong = []

    def work(number):
        for _ in range(200):
            x = empty((100, 200), np.float32)
            x[...] = number
            y = x[50:]
            del x
            if (y != number).any():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong and not any(key for key, (ref, _) in Workspace.used.items() if ref() is None)
