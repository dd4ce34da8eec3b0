"""What holds for every test: no mode leaks out of one, and every test starts from the same random state."""

import importlib.util
import os
import sys

import pytest

import autograd_core as ag
from autograd_core.engine import graph, modes
from autograd_core.engine.tensor import Default

# The text of help depends on the terminal, unless that is said here.
os.environ["COLUMNS"] = "120"
for variable in ("FORCE_COLOR", "PYTHON_COLORS", "CLICOLOR_FORCE"):
    os.environ.pop(variable, None)

collect_ignore = ["typed"]  # programs for type checkers, one of them wrong

NUMBA_AT_COLLECTION = pytest.StashKey[bool]()


def pytest_collection_finish(session):
    session.config.stash[NUMBA_AT_COLLECTION] = "numba" in sys.modules


# the package that the examples of a module need
EXTRAS = {
    "nn.onnx.": "onnx",
    "nn.interchange.onnx.": "onnx",
    "nn.data.frame.from_frame": "pandas",
    "nn.data.folder.": "PIL",
}


def pytest_collection_modifyitems(items):
    for start, package in EXTRAS.items():
        examples = [item for item in items if start in item.nodeid]
        if examples and importlib.util.find_spec(package) is None:
            for item in examples:
                item.add_marker(pytest.mark.skip(reason=f"the examples of {start}* need the package {package}"))


@pytest.fixture
def numba_at_collection(request):
    """Whether collecting the tests imported Numba, that is, compiled something or loaded it."""
    return request.config.stash[NUMBA_AT_COLLECTION]


@pytest.fixture(autouse=True)
def clean_state():
    ag.manual_seed(0)
    yield
    leaked = []
    if not modes.mode.enabled or modes.mode.inference:
        leaked.append("the gradient mode")
        modes.mode.switch(True)
        modes.mode.inference = False
    if graph.watchers:
        leaked.append("a watcher (anomaly detection or a profile)")
        graph.watchers.clear()
    if Default.dtype.name != "float32":
        leaked.append("the default dtype")
        ag.set_default_dtype("float32")
    assert not leaked, f"the test leaves {' and '.join(leaked)} changed"
