"""python -m tests.threaded FILE…: kernels' tests, each with 1, 2 and 4 threads, among which the smallest job is shared.

Run by test_vector_widths.py in processes of their own, for the width of vectors is chosen once in a process.
"""

import sys

import pytest

import autograd_core as ag
from autograd_core.kernels.machine.threads import Threads


class Threaded:
    @pytest.fixture(autouse=True, params=[1, 2, 4], ids="{}-threads".format)
    def threads(self, request):
        count, worthwhile = ag.get_num_threads(), Threads.worthwhile
        ag.set_num_threads(request.param)
        Threads.worthwhile = 1.0
        yield
        ag.set_num_threads(count)
        Threads.worthwhile = worthwhile


if __name__ == "__main__":
    sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", "-m", "not slow", "--tb=short", *sys.argv[1:]], [Threaded()]))
