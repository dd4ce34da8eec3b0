"""Typical mistakes of the first hour: each is refused with what to write instead."""

import copy
import pickle
import warnings
from abc import ABC

import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(4, 3)

    def forward(self, x):
        return self.l(x)


class Listed(nn.Module):
    def __init__(self, kind=list):
        super().__init__()
        parts = [nn.Linear(4, 8), nn.Linear(8, 3)]
        self.layers = parts if kind is list else dict(zip("ab", parts))


class Typo(nn.Module):
    def foward(self, x):
        return x


x, y = ag.zeros(5, 4), ag.tensor([0, 1, 2, 0, 1])


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: optim.Adam(Net()), TypeError, r"got a module, Net; pass its parameters: optim.Adam\(model.par"),
        (
            lambda: optim.Adam(nn.Sequential(nn.Linear(2, 2))),
            TypeError,
            "got a module, Sequential; pass its parameters",
        ),
        (lambda: optim.SGD([nn.Linear(2, 2)]), TypeError, "got the module Linear; pass its parameters: optim.SGD"),
        (lambda: optim.SGD(Net().parameters), TypeError, "got the function parameters; call it: optim.SGD"),
        (lambda: optim.SGD(Net().state_dict()), TypeError, "got a dictionary; pass the parameters: optim.SGD"),
        (
            lambda: optim.SGD(0.1, Net().parameters()),
            TypeError,
            "got float 0.1 for its parameters; they come first: optim.SGD",
        ),
        (
            lambda: optim.SGD(Net().parameters(), lr="0.1"),
            TypeError,
            "Invalid learning rate: '0.1'; it must be a number",
        ),
        (
            lambda: optim.Adam(Net().parameters(), lr=None),
            TypeError,
            "Invalid learning rate: None; it must be a number",
        ),
        (lambda: optim.Adam(Listed().parameters()), ValueError, "layers in a Python list or dict are not seen; use nn"),
        (lambda: nn.CrossEntropyLoss(x, y), TypeError, r"then call it: nn.CrossEntropyLoss\(…\)\(output, target"),
        (lambda: nn.MSELoss(x, x), TypeError, r"MSELoss: this makes the module.*nn.MSELoss\(…\)\(output, target\)"),
        (lambda: nn.MSELoss(x), TypeError, "MSELoss: this makes the module"),
        (lambda: nn.ReLU(x), TypeError, r"ReLU: this makes the module, which takes no tensors; .*nn.ReLU\(…\)\(x\)"),
        (lambda: nn.Sigmoid(x), TypeError, "Sigmoid: this makes the module"),
        (lambda: nn.Softmax(x), TypeError, "Softmax: this makes the module"),
        (lambda: nn.Dropout(x), TypeError, "Dropout: this makes the module"),
        (lambda: nn.MaxPool2d(x), TypeError, "MaxPool2d: this makes the module"),
        (lambda: nn.Linear(x, 3), TypeError, "Linear: this makes the module"),
        (
            lambda: nn.Conv2d(1, 8),
            TypeError,
            r"^Conv2d.__init__\(\) missing 1 required positional argument: 'kernel_size'",
        ),
        (
            lambda: nn.Conv2d(1, 8, 3, paddin=1),
            TypeError,
            r"^Conv2d.__init__\(\) got an unexpected keyword argument 'paddin'",
        ),
        (lambda: nn.ConvTranspose1d(1, 8), TypeError, r"^ConvTranspose1d.__init__\(\) missing"),
        (lambda: nn.BatchNorm2d(), TypeError, r"^BatchNorm2d.__init__\(\) missing"),
        (lambda: nn.MaxPool2d(), TypeError, r"^MaxPool2d.__init__\(\) missing"),
        (lambda: nn.ZeroPad2d(), TypeError, r"^ZeroPad2d.__init__\(\) missing"),
        (lambda: nn.LazyConv2d(), TypeError, r"^LazyConv2d.__init__\(\) missing"),
        (
            lambda: nn.Sequential([nn.Linear(4, 3)]),
            TypeError,
            r"give the modules one by one: nn.Sequential\(\*layers\)",
        ),
        (lambda: nn.Sequential(nn.ReLU), TypeError, r"ReLU is a class, not a module; make one of it: ReLU\(\)"),
        (lambda: nn.Sequential(F.relu), TypeError, r"wrap the function: nn.Apply\(relu\)"),
        (
            lambda: nn.ModuleList([nn.Linear(4, 3)])(x),
            NotImplementedError,
            "loop over its modules in the forward of yours",
        ),
        (lambda: Typo()(x), NotImplementedError, "it has 'foward', is that what was meant"),
        (
            lambda: Net().cuda(),
            RuntimeError,
            r"there are no devices: all tensors are in main memory, so leave out .cuda\(\)",
        ),
        (lambda: Net().to("cuda"), TypeError, "There are no devices"),
        (lambda: x.cuda(), RuntimeError, "there are no devices: all tensors are in main memory, so leave out"),
        (lambda: x.to(device="cuda:0"), TypeError, "There are no devices"),
        (lambda: x.to(), TypeError, "to: needs a dtype"),
        (lambda: Net().to(device="cuda"), TypeError, "There are no devices"),
        (lambda: Net().to(), TypeError, "to: needs a dtype"),
        (
            lambda: nn.Linear(4, 3, device="cuda"),
            TypeError,
            "Linear: there are no devices: .* so leave out device='cuda'",
        ),
        (lambda: nn.LSTM(4, 3, device="cuda"), TypeError, "LSTM: there are no devices: .* so leave out device='cuda'"),
        (lambda: ag.zeros(2, device="cuda"), TypeError, "there are no devices: .* so leave out device='cuda'"),
        (lambda: ag.tensor([1.0], device="cuda:0"), TypeError, "there are no devices: .* so leave out device='cuda:0'"),
        (lambda: ag.arange(3, device="cuda"), TypeError, "there are no devices"),
        (lambda: ag.randn(3, device="cuda"), TypeError, "there are no devices"),
        (lambda: ag.ones_like(x, device="cuda"), TypeError, "there are no devices"),
        (lambda: nn.MLP(4, 8, 3), TypeError, r"the sizes come as one list; pass nn.MLP\(\[4, 8, 3\]\)"),
        (lambda: nn.MLP(4), TypeError, r"the sizes come as one list; pass nn.MLP\(\[4, 8, 1\]\)"),
        (
            lambda: nn.Sequential(nn.LSTM(4, 3), nn.LSTM(3, 3))(x),
            TypeError,
            r"LSTM: needs tensors.* unpack it first, as in output, _ = lstm\(x\)",
        ),
        (lambda: nn.Sequential(nn.GRU(4, 3), nn.Flatten())(x), TypeError, r"flatten: .* as in output, _ = lstm\(x\)"),
        (
            lambda: nn.BatchNorm2d(3)(ag.ones(2, 8, 8, 3)),
            ValueError,
            r"if the channels stand last, pass x.permute\(0, 3, 1, 2\)",
        ),
        (lambda: nn.BatchNorm1d(3)(ag.ones(2, 8, 3)), ValueError, r"stand last, pass x.permute\(0, 2, 1\)"),
    ],
)
def test_a_mistake_is_told_with_the_way_out(wrong, error, message):
    with pytest.raises(error, match=message):
        wrong()


def test_the_cpu_is_where_everything_is():
    net = Net()
    assert net.cpu() is net and net.to(device="cpu") is net
    t = ag.ones(2)
    assert t.cpu() is t and t.to(device="cpu") is t and t.to(ag.float64, device="cpu").dtype == ag.float64
    assert net.to(ag.float64, device="cpu").l.weight.dtype == ag.float64
    assert ag.zeros(2, device="cpu").shape == ag.full((2,), 1.0, device=None).shape == (2,)


def test_tensors_that_a_constructor_does_take():
    weight = ag.ones(3)
    for loss in (nn.CrossEntropyLoss(weight), nn.NLLLoss(weight), nn.BCELoss(weight), nn.BCEWithLogitsLoss(weight)):
        assert loss.weight is weight
    assert nn.EuclideanRBF(ag.ones(2, 3)).centers.shape == (2, 3)


class Scale(nn.Module):
    """A user's module may be made of tensors."""

    def __init__(self, w, b):
        super().__init__()
        self.w, self.b = nn.Parameter(w), b


class Mixed(nn.Conv2d, ABC):
    """Another metaclass, and a constructor that is inherited twice."""


class Sized:
    def __new__(cls, size):
        made = super().__new__(cls)
        made.size = size
        return made


class Both(nn.Module, Sized):
    def __init__(self, size):
        nn.Module.__init__(self)


def test_what_users_build_on_modules_stays_possible():
    scale = Scale(ag.ones(2), ag.zeros(2))
    for module in (scale, Mixed(1, 2, 3), nn.Conv2d(1, 2, 3)):
        twin = copy.deepcopy(module)
        assert type(twin) is type(module)
    assert Both(4).size == 4
    assert type(pickle.loads(pickle.dumps(Mixed(1, 2, 3)))) is Mixed
    assert Mixed.__init__.__qualname__ == "Conv2d.__init__"


@pytest.mark.parametrize("kind", [list, dict])
def test_layers_in_a_plain_list_are_told_to_fit(kind):
    class Deep(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(4, 3)
            self.inner = Listed(kind)

        def forward(self, x):
            return self.head(x)

    model = Deep()
    options = {"loss": F.cross_entropy, "optimizer": optim.SGD(model.parameters()), "progress": False}
    with pytest.warns(UserWarning, match="modules in 'inner.layers' are not seen by parameters.*nn.ModuleList"):
        optim.fit(model, (x, y), **options)
    model.inner.layers = [model.head]  # also registered: nothing is lost
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optim.fit(model, (x, y), **options)
