"""Everything public pickles, also for other processes: names by reference, objects with their state, user code by value."""

import functools
import importlib
import inspect
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import DataLoader, datasets

ROOT = Path(__file__).parent.parent
MODULES = [
    "autograd_core", "autograd_core.special", "autograd_core.linalg", "autograd_core.fft", "autograd_core.func",
    "nn", "nn.functional", "nn.init", "nn.models", "nn.data", "nn.data.datasets", "nn.data.transforms", "nn.utils",
    "nn.utils.rnn", "nn.utils.prune", "nn.utils.parametrize", "nn.utils.parametrizations", "nn.grad", "nn.plot", "nn.onnx",
    "optim", "optim.lr_scheduler", "optim.training",
]  # fmt: skip


def public(name):
    """name -> value: what the module offers, but for modules and constants."""
    module = importlib.import_module({"nn.onnx": "nn.interchange.onnx"}.get(name, name))
    names = {*getattr(module, "__all__", ()), *dir(module), *getattr(module, "_LAZY", ())}
    values = {n: getattr(module, n) for n in sorted(names) if not n.startswith("_")}
    return {n: value for n, value in values.items() if callable(value)}


def copied(x, how=pickle):
    return pickle.loads(how.dumps(x))


@pytest.mark.parametrize("how", ["pickle", "cloudpickle"])
@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_pickled_by_name(name, how):
    how = pytest.importorskip(how)
    names = public(name)
    assert names
    for key, value in names.items():
        text = how.dumps(value)
        assert len(text) < 200, key
        assert pickle.loads(text) is value, key


def test_names_are_found_in_another_process():
    """In one that has imported nothing yet, each name alone leads to the function."""
    names = {f"{module}.{key}": value for module in MODULES[:5] for key, value in public(module).items()}
    program = "import pickle, sys; print(len(pickle.load(sys.stdin.buffer)))"
    run = subprocess.run(
        [sys.executable, "-c", program], input=pickle.dumps(names), capture_output=True, cwd=ROOT, check=True
    )
    assert int(run.stdout) == len(names)


def test_methods_of_tensors():
    x = ag.tensor([0.25, 0.5])
    for name in dir(ag.Tensor):
        member = inspect.getattr_static(ag.Tensor, name)
        if inspect.isfunction(member) and not name.startswith("__"):
            assert copied(getattr(ag.Tensor, name)) is member, name
    assert copied(x.tanh)().tolist() == x.tanh().tolist()


# -------------------------------------------------------------------------------------------------------- tensors


@pytest.mark.parametrize("how", ["pickle", "cloudpickle"])
def test_tensors_and_generators(how):
    how = pytest.importorskip(how)
    x = ag.tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True)
    (x**2).sum().backward()
    y = copied(x, how)
    assert (y.requires_grad, y.dtype, y.tolist(), y.grad.tolist()) == (True, x.dtype, [1.0, 2.0], [2.0, 4.0])
    p = copied(nn.Parameter(ag.tensor([1.0]), requires_grad=False), how)
    assert type(p) is nn.Parameter
    assert not p.requires_grad
    for kind in (nn.Buffer(ag.tensor([1.0])), nn.UninitializedParameter(), nn.UninitializedBuffer()):
        assert type(copied(kind, how)) is type(kind)
    g = ag.Generator().manual_seed(3)
    ag.rand(5, generator=g)
    assert ag.rand(5, generator=copied(g, how)).tolist() == ag.rand(5, generator=g).tolist()
    with pytest.raises(RuntimeError, match="x.detach()"):
        how.dumps(x * 2)


RESULTS = [
    lambda x: ag.max(x, 0), lambda x: ag.min(x, 0), ag.sort, lambda x: ag.topk(x, 1), lambda x: ag.kthvalue(x, 1),
    lambda x: ag.median(x, 0), lambda x: ag.nanmedian(x, 0), lambda x: ag.mode(x, 0), lambda x: ag.cummax(x, 0),
    lambda x: ag.cummin(x, 0), ag.aminmax, ag.svd, ag.linalg.svd, ag.linalg.qr, ag.linalg.eigh, ag.linalg.eig,
    ag.linalg.slogdet, ag.linalg.lu, ag.linalg.lu_factor, lambda x: ag.linalg.lstsq(x, x), lambda x: (x.shape, x.dtype),
]  # fmt: skip


@pytest.mark.parametrize("how", ["pickle", "cloudpickle"])
def test_results_of_several_tensors(how):
    how = pytest.importorskip(how)
    x = ag.tensor([[2.0, 1.0], [1.0, 3.0]])
    for function in RESULTS:
        out = function(x)
        again = copied(out, how)
        assert type(again) is type(out)
        assert repr(again) == repr(out)


# -------------------------------------------------------------------------------------------------------- modules

ARGUMENTS = [(), (2,), (2, 3), (2, 4, 2), ([2, 3],), (2, [4, 2]), (2, 3, 4, 2), (2, 3, 4, 2, 2), (1, (2, 2)), (4, 2, 8),
             ((4, 4), 2)]  # fmt: skip
BY_HAND = {
    "Apply": lambda: nn.Apply(ag.sin),
    "AdaptiveLogSoftmaxWithLoss": lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 8, [2, 4], div_value=2.0),
    "FractionalMaxPool2d": lambda: nn.FractionalMaxPool2d(2, output_size=2),
    "FractionalMaxPool3d": lambda: nn.FractionalMaxPool3d(2, output_size=2),
    "Sequential": lambda: nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Apply(F.softplus)),
    "TransformerEncoder": lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2),
    "TransformerDecoder": lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 2),
    "Transformer": lambda: nn.Transformer(4, 2, 1, 1, 8),
    "MultiheadAttention": lambda: nn.MultiheadAttention(4, 2),
    "LinearReLU": lambda: nn.LinearReLU(nn.Linear(2, 3), nn.ReLU()),
    "EuclideanRBF": lambda: nn.EuclideanRBF(ag.ones(3, 2)),
}


def built(name):
    if name in BY_HAND:
        return BY_HAND[name]()
    for arguments in ARGUMENTS:
        try:
            return getattr(nn, name)(*arguments)
        except (TypeError, ValueError, IndexError):
            continue
    raise AssertionError(f"{name}: no arguments of ARGUMENTS make one; add it to BY_HAND")


LAYERS = [n for n in nn.__all__ if inspect.isclass(getattr(nn, n)) and issubclass(getattr(nn, n), nn.Module)]
ABSTRACT = {"Module", "RNNBase", "RNNCellBase"}


@pytest.mark.parametrize("name", sorted(set(LAYERS) - ABSTRACT))
def test_modules(name):
    module = built(name).eval()
    other = copied(module)
    assert type(other) is type(module)
    assert repr(other) == repr(module)
    assert not other.training
    ours, theirs = module.state_dict(), other.state_dict()
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        if not isinstance(value, nn.UninitializedParameter | nn.UninitializedBuffer):
            np.testing.assert_array_equal(value.numpy(), theirs[key].numpy())


def double(x):
    return 2 * x


def test_modules_with_what_was_done_to_them():
    model = nn.Sequential(nn.Linear(3, 3), nn.Apply(double), nn.Linear(3, 3), nn.Linear(3, 2))
    nn.utils.parametrizations.orthogonal(model[0])
    nn.utils.prune.l1_unstructured(model[2], "weight", 0.5)
    nn.utils.spectral_norm(model[3])
    model.register_forward_hook(functools.partial(hook, []))
    x = ag.randn(4, 3)
    model.eval()
    assert copied(model)(x).tolist() == model(x).tolist()


def hook(seen, module, args, output):
    seen.append(output)


# ------------------------------------------------------------------------------------------------------- training

OPTIMIZERS = ["ASGD", "LBFGS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop",
              "Rprop", "Quickprop", "DeltaBarDelta", "IRprop", "BoldDriver"]  # fmt: skip


def steps(model, optimizer, n):
    x, y = ag.ones(4, 2), ag.zeros(4, 1)

    def loss():
        optimizer.zero_grad()
        value = F.mse_loss(model(x), y)
        value.backward()
        return value

    for _ in range(n):
        optimizer.step(loss)
    return [p.tolist() for p in model.parameters()]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_on_from_a_pickle(name):
    """Model, optimiser and schedule in one pickle stay tied to each other, and continue as the originals do."""
    model = nn.Linear(2, 1)
    optimizer = getattr(optim, name)(model.parameters(), lr=0.01)
    schedule = optim.lr_scheduler.SequentialLR(
        optimizer,
        [optim.lr_scheduler.LinearLR(optimizer, 0.5), optim.lr_scheduler.CosineAnnealingLR(optimizer, 8)],
        milestones=[2],
    )
    steps(model, optimizer, 2)
    schedule.step()
    others = copied((model, optimizer, schedule))
    for m, o, s in ((model, optimizer, schedule), others):
        steps(m, o, 1)
        s.step()
        s.step()
    assert steps(*others[:2], 2) == steps(model, optimizer, 2)
    assert others[1].param_groups[0]["lr"] == optimizer.param_groups[0]["lr"]


def test_history_and_callbacks():
    model = nn.Linear(2, 2)
    history = optim.fit(
        model, datasets.moons(20), loss=F.cross_entropy, optimizer=optim.SGD(model.parameters(), lr=0.1), progress=False
    )
    assert copied(history).epochs == history.epochs
    for callback in (optim.EarlyStopping(3), optim.KeepBest("train_loss"), optim.Progress()):
        assert vars(copied(callback)) == vars(callback)


def test_fitted_models():
    x, y = datasets.moons(40)[:]
    for model in (nn.Perceptron(2, 2), nn.Adaline(2, 2), nn.RBFNetwork(2, 5, 2)):
        fitted = model.fit(x, y)
        assert str(copied(fitted)) == str(fitted)
        assert copied(model).predict(x).tolist() == model.predict(x).tolist()


def test_datasets_and_loaders():
    """A loader in the middle of an epoch: its copy gives the next epoch in the same order as it does itself."""
    for data in (datasets.moons(10), datasets.mnist_sample(train=False), datasets.sine(10), datasets.reber_grammar(5)):
        other = copied(data)
        assert type(other) is type(data)
        assert len(other) == len(data)
    part = nn.data.random_split(datasets.moons(10), [7, 3])[0]
    loader = DataLoader(part, batch_size=2, shuffle=True, generator=ag.Generator().manual_seed(1))
    epoch = iter(loader)
    next(epoch)
    other = copied(loader)
    assert [x.tolist() for x, _ in other] == [x.tolist() for x, _ in loader]


# ------------------------------------------------------------------------------------------- the code of users, by value

PROGRAM = """
import pickle, sys
import cloudpickle
import numpy as np
import autograd_core as ag
from autograd_core import tanh
import nn, optim
import nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 3)

    def forward(self, x):
        return F.relu(tanh(self.layer(x)))

class Cube(ag.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        return 3 * ctx.saved_tensors[0] ** 2 * g

def trained(seed):
    ag.manual_seed(seed)
    net = Net()
    optimizer = optim.Adam(net.parameters())
    loss = net(ag.ones(1, 2)).sum() + Cube.apply(ag.tensor(2.0, requires_grad=True))
    loss.backward()
    optimizer.step()
    return [p.tolist() for p in net.parameters()]

@ag.no_grad()
def frozen(x):
    return (x * 2).requires_grad

@ag.no_grad()
def numbers(x):
    yield (x * 2).requires_grad

@ag.inference_mode()
def inferred(x):
    return ag.is_inference_mode_enabled()

def watched(x):
    with ag.detect_anomaly():
        return float((x * 2).sum())

x = ag.tensor([1.0, 2.0], requires_grad=True)
ag.manual_seed(0)
calls = [
    (trained, 1), (trained, 2), (frozen, x), (lambda x: [*numbers(x)], x), (inferred, x), (watched, x),
    (lambda x: ag.grad(Cube.apply(x).sum(), x)[0].tolist(), x),
    (lambda x: float(ag.special.gammaln(x).sum() + ag.linalg.norm(x) + np.sin(x).sum()), x),
    (ag.func.grad(lambda x: ag.sin(x).sum()), x), (ag.func.jacrev(ag.sin), x), (ag.func.jacfwd(ag.sin), x),
    (ag.func.hessian(lambda x: ag.exp(x).sum()), x), (ag.func.vmap(ag.sin), x),
    (Net(), ag.ones(1, 2)), (lambda x: ag.checkpoint(ag.sin, x), x),
]
if sys.argv[1] == "write":
    sys.stdout.buffer.write(cloudpickle.dumps([(f, x, str(f(x))) for f, x in calls]))
"""
READER = """
import pickle, sys
for f, x, wanted in pickle.load(sys.stdin.buffer):
    assert str(f(x)) == wanted, (f, str(f(x)), wanted)
print("read")
"""


def test_code_of_a_script_runs_in_another_process():
    """cloudpickle takes what stands in a script by value: classes, functions, closures that mention the library."""
    pytest.importorskip("cloudpickle")
    run = functools.partial(subprocess.run, capture_output=True, cwd=ROOT)
    written = run([sys.executable, "-c", PROGRAM, "write"])
    assert written.returncode == 0, written.stderr.decode()
    read = run([sys.executable, "-c", READER], input=written.stdout)
    assert read.stdout.strip() == b"read", read.stderr.decode()


# ---------------------------------------------------------------------------------- other libraries' processes

SCRIPT = """
import sys
import autograd_core as ag
import nn, optim
import nn.functional as F
from nn.data import datasets

def f(s):
    return float(ag.tensor(s) * 2)

class Classifier:
    def __init__(self, lr=0.1, width=4):
        self.lr, self.width = lr, width

    def get_params(self, deep=True):
        return {"lr": self.lr, "width": self.width}

    def set_params(self, **params):
        self.__dict__.update(params)
        return self

    def fit(self, x, y):
        ag.manual_seed(0)
        self.classes_ = [0, 1]
        self.net = nn.MLP([2, self.width, 2])
        data = ag.tensor(x, dtype=ag.float32), ag.tensor(y)
        optim.fit(self.net, data, loss=F.cross_entropy, optimizer=optim.Adam(self.net.parameters(), lr=self.lr),
                  epochs=5, progress=False)
        return self

    def predict(self, x):
        with ag.no_grad():
            return self.net(ag.tensor(x, dtype=ag.float32)).argmax(1).numpy()

    def score(self, x, y):
        return float((self.predict(x) == y).mean())

def joblib():
    from joblib import Parallel, delayed
    assert Parallel(n_jobs=2)(delayed(f)(s) for s in (1.0, 2.0)) == [2.0, 4.0]

def sklearn():
    import warnings
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.model_selection import GridSearchCV, cross_val_score
    class Estimator(ClassifierMixin, BaseEstimator, Classifier):
        __init__ = Classifier.__init__
    x, y = (t.numpy() for t in datasets.moons(60)[:])
    search = GridSearchCV(Estimator(), {"lr": [1e-3, 0.1]}, n_jobs=2, cv=2, error_score="raise").fit(x, y)
    assert search.best_params_ == {"lr": 0.1}
    assert search.best_score_ > 0.7

def dask():
    import dask
    results = dask.compute(*(dask.delayed(f)(s) for s in (1.0, 2.0)), scheduler="processes", num_workers=2)
    assert results == (2.0, 4.0)

if __name__ == "__main__":
    globals()[sys.argv[1]]()
"""


@pytest.mark.parametrize("library", ["joblib", "sklearn", "dask"])
def test_processes_of(library, tmp_path):
    """User code in a script that mentions `ag`, handed to worker processes."""
    pytest.importorskip(library)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    run = subprocess.run(
        [sys.executable, script, library], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert run.returncode == 0, run.stderr
