"""nn.Module: registration, traversal, state dicts, hooks, errors, and the containers."""

import copy
import gc
import pickle
import weakref
from collections import OrderedDict

import numpy as np
import pytest

import autograd_core as ag
import nn
from nn import Module, Parameter


class Affine(Module):
    """y = w x + b with a buffer that counts calls and one that is not saved."""

    def __init__(self, size=3):
        super().__init__()
        self.w = Parameter(ag.ones(size))
        self.b = Parameter(ag.zeros(size))
        self.register_buffer("calls", ag.zeros(()))
        self.register_buffer("cache", ag.ones(2), persistent=False)

    def forward(self, x, scale=1.0):
        return x * self.w * scale + self.b


class Net(Module):
    def __init__(self):
        super().__init__()
        self.first = Affine()
        self.rest = nn.ModuleList([Affine(), nn.Sequential(Affine(), nn.ReLU())])

    def forward(self, x):
        x = self.first(x)
        for part in self.rest:
            x = part(x)
        return x


# ---------------------------------------------------------------------------------------------------------- Parameter


def test_parameter_shares_memory_with_a_tensor_and_copies_an_array():
    t, a = ag.zeros(3), np.zeros(3)
    p, q = Parameter(t), Parameter(a)
    p.array[0] = 5
    q.array[0] = 5
    assert t.array[0] == 5 and a[0] == 0
    assert p.requires_grad and p.is_leaf and isinstance(p, ag.Tensor)
    assert not Parameter(t, requires_grad=False).requires_grad


def test_parameter_repr_and_copies():
    p = Parameter(ag.tensor([1.0, 2.0]))
    assert repr(p) == "Parameter containing:\ntensor([1., 2.], requires_grad=True)"
    p.grad = ag.tensor([3.0, 4.0])
    for q in (copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert type(q) is Parameter and q.requires_grad and q.array is not p.array
        np.testing.assert_array_equal(q.array, p.array)
        np.testing.assert_array_equal(q.grad.array, p.grad.array)
    assert type(p + 1) is ag.Tensor


def test_integer_parameter():
    with pytest.raises(RuntimeError, match="only floating tensors can require a gradient"):
        Parameter(ag.tensor([1, 2]))
    assert Parameter(ag.tensor([1, 2]), requires_grad=False).dtype == np.int64


# -------------------------------------------------------------------------------------------------------- registration


def test_attributes_register_themselves():
    net = Net()
    assert [name for name, _ in net.named_parameters()] == [
        "first.w", "first.b", "rest.0.w", "rest.0.b", "rest.1.0.w", "rest.1.0.b",
    ]  # fmt: skip
    assert [name for name, _ in net.named_buffers()] == [
        "first.calls", "first.cache", "rest.0.calls", "rest.0.cache", "rest.1.0.calls", "rest.1.0.cache",
    ]  # fmt: skip
    assert [name for name, _ in net.named_modules()] == [
        "", "first", "rest", "rest.0", "rest.1", "rest.1.0", "rest.1.1",
    ]  # fmt: skip
    assert [name for name, _ in net.named_children()] == ["first", "rest"]
    assert len(list(net.parameters(recurse=False))) == 0 and len(list(net.first.parameters(recurse=False))) == 2
    assert [n for n, _ in net.first.named_parameters(prefix="x")] == ["x.w", "x.b"]
    assert {"first", "rest"} <= set(dir(net)) and {"w", "calls"} <= set(dir(net.first)) and "0" not in dir(net.rest)


def test_assignment_moves_a_name_between_registries():
    m = Affine()
    m.w = None
    assert m.w is None and "w" in m._parameters and "w" not in m.state_dict()
    m.w = Parameter(ag.ones(1))
    del m.w
    assert not hasattr(m, "w")
    m.calls = ag.ones(())
    assert m._buffers["calls"].item() == 1
    m.note = "plain"
    m.note = nn.ReLU()
    assert "note" in m._modules and "note" not in m.__dict__
    m.note = Parameter(ag.zeros(1))
    assert "note" in m._parameters and "note" not in m._modules
    del m.note
    del m.cache
    assert "cache" not in m._buffers and "cache" not in m._non_persistent_buffers_set
    m.plain = ag.zeros(2)
    assert "plain" in m.__dict__
    with pytest.raises(AttributeError, match="plane"):
        del m.plane


def uninitialised(value):
    m = object.__new__(Module)
    m.x = value


def named(function, *args):
    return lambda: getattr(Affine(), function)(*args)


def assigned(name, value):
    return lambda: setattr(Net() if name == "first" else Affine(), name, value)


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda: uninitialised(Parameter(ag.zeros(1))), AttributeError, "parameters before Module.__init__"),
        (lambda: uninitialised(nn.ReLU()), AttributeError, "cannot assign module before Module.__init__"),
        (
            lambda: Module.register_buffer(object.__new__(Module), "x", None),
            AttributeError,
            "cannot assign buffer before Module.__init__",
        ),
        (assigned("w", ag.zeros(3)), TypeError, "cannot assign 'Tensor' as parameter 'w' .nn.Parameter or None"),
        (assigned("first", 3), TypeError, "cannot assign 'int' as child module 'first'"),
        (assigned("calls", 3), TypeError, "cannot assign 'int' as buffer 'calls' .Tensor or None"),
        (named("register_parameter", 3, None), TypeError, "parameter name should be a string. Got int"),
        (named("register_parameter", "a.b", None), KeyError, 'parameter name can.*t contain ".".*a.b'),
        (named("register_buffer", "", None), KeyError, "buffer name can.*t be empty"),
        (named("add_module", "w", nn.ReLU()), KeyError, "attribute 'w' already exists"),
        (named("register_parameter", "forward", None), KeyError, "attribute 'forward' already exists"),
        (named("register_parameter", "p", 3), TypeError, "cannot assign 'int' object to parameter 'p'"),
        (named("register_buffer", "p", 3), TypeError, "cannot assign 'int' object to buffer 'p'"),
        (named("add_module", "p", 3), TypeError, "int is not a Module subclass"),
        (named("train", 1), ValueError, "training mode is expected to be boolean, got 1"),
        (named("to", "cuda"), TypeError, "to: needs a dtype or a tensor that has it, got 'cuda'. There are no devices"),
        (named("to", np.int64), TypeError, "only accepts floating point or complex dtypes, but got int64"),
        (named("get_extra_state"), RuntimeError, "Affine has no get_extra_state"),
        (named("set_extra_state", 1), RuntimeError, "Affine has no set_extra_state"),
        (lambda: Module()(1), NotImplementedError, 'Module .Module. is missing the required "forward" function'),
        (lambda: Affine().nothing, AttributeError, "'Affine' object has no attribute 'nothing'"),
        (lambda: Net().get_submodule("rest.7"), AttributeError, "no attribute `7` .of the path 'rest.7'"),
        (lambda: Net().get_submodule("first.w"), AttributeError, "`w` .of the path 'first.w'. is not an nn.Module"),
        (lambda: Net().get_parameter("first.calls"), AttributeError, "`calls` .* is not an nn.Parameter"),
        (lambda: Net().get_parameter("first.x"), AttributeError, "Affine has no attribute `x`"),
        (lambda: Net().get_buffer("first.w"), AttributeError, "`w` .* is not a buffer"),
        (lambda: Net().set_submodule("", nn.ReLU()), ValueError, "without a target name"),
        (lambda: Net().set_submodule("first", 3), ValueError, "`first`: int is not an nn.Module"),
        (lambda: Net().set_submodule("nobody", nn.ReLU(), strict=True), AttributeError, "no attribute `nobody`"),
        (lambda: nn.Module(3), TypeError, r"Module.__init__\(\) got the arguments \(3,\), but Module takes none"),
        (lambda: nn.Module(x=3), TypeError, "got the keyword argument 'x', but .* set call_super_init = True"),
        (lambda: nn.nothing, AttributeError, "module 'nn' has no attribute 'nothing'"),
    ],
)
def test_errors(action, error, message):
    with pytest.raises(error, match=message):
        action()


def test_a_computed_parameter_is_refused():
    x = Parameter(ag.ones(2))
    y = x * 2
    computed = object.__new__(Parameter)
    computed.array, computed.node, computed.origin, computed._grad = y.array, y.node, None, None
    with pytest.raises(ValueError, match="cannot assign non-leaf Tensor to parameter 'p'"):
        Affine().register_parameter("p", computed)


def test_paths():
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("rest.1.0") is net.rest[1][0]
    assert net.get_parameter("rest.1.0.w") is net.rest[1][0].w
    assert net.get_buffer("first.cache") is net.first.cache
    net.set_submodule("rest.1.0", nn.Tanh())
    assert isinstance(net.rest[1][0], nn.Tanh)


def test_shared_parts_and_parameters_appear_once():
    part = Affine()
    net = nn.Sequential(part, part)
    assert len(list(net.parameters())) == 2 and len(list(net.modules())) == 2
    assert [n for n, _ in net.named_parameters(remove_duplicate=False)] == ["0.w", "0.b", "1.w", "1.b"]
    assert [n for n, _ in net.named_modules(remove_duplicate=False)] == ["", "0", "1"]
    assert list(net.modules(remove_duplicate=False)) == [net, net[0], net[0]] and list(net.modules()) == [net, net[0]]
    assert list(net.state_dict()) == ["0.w", "0.b", "0.calls", "1.w", "1.b", "1.calls"]
    tied = Net()
    tied.rest[0].w = tied.first.w
    assert "rest.0.w" not in dict(tied.named_parameters())
    twin = copy.deepcopy(tied)
    assert twin.rest[0].w is twin.first.w and twin.first.w is not tied.first.w


# ------------------------------------------------------------------------------------------------- changing all of it


def test_to_dtype_keeps_the_parameters_and_leaves_integers():
    m = Affine()
    m.register_buffer("n", ag.tensor([1, 2]))
    w = m.w
    m.w.grad = ag.ones(3)
    assert m.double() is m and m.w is w
    assert w.dtype == w.grad.dtype == m.calls.dtype == np.float64 and m.n.dtype == np.int64
    assert m.half().w.dtype == np.float16
    assert m.float().w.dtype == np.float32
    assert m.to(ag.zeros(1, dtype=np.float64)).w.dtype == np.float64
    assert m.type(np.float32).n.dtype == np.float32
    (m(ag.ones(3)).sum()).backward()
    assert w.grad.dtype == np.float32


def test_modes_freezing_zero_grad_apply():
    net = Net()
    assert net.training and net.eval() is net
    assert not any(m.training for m in net.modules())
    net.rest.train()
    assert net.rest[1][0].training and not net.first.training
    net.first.requires_grad_(False)
    net(ag.ones(3)).sum().backward()
    assert net.first.w.grad is None and net.rest[0].w.grad is not None
    net.zero_grad(set_to_none=False)
    np.testing.assert_array_equal(net.rest[0].w.grad.array, np.zeros(3))
    net.zero_grad()
    assert net.rest[0].w.grad is None
    order = []
    assert net.apply(lambda m: order.append(type(m).__name__)) is net
    assert order == ["Affine", "Affine", "Affine", "ReLU", "Sequential", "ModuleList", "Net"]


def test_deepcopy_and_pickle():
    net = Net()
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert repr(twin) == repr(net)
        twin.first.w.array[...] = 7
        assert net.first.w.array[0] == 1
        assert twin(ag.ones(3)).shape == (3,)


def test_a_module_is_freed_without_the_garbage_collector():
    gc.disable()
    try:
        net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
        net(ag.ones(1, 2)).sum().backward()
        gone = weakref.ref(net[0].weight)
        del net
        assert gone() is None
    finally:
        gc.enable()


# --------------------------------------------------------------------------------------------------------- state dicts


def test_state_dict_shares_memory_and_round_trips():
    net = Net()
    saved = net.state_dict()
    assert isinstance(saved, OrderedDict) and "first.cache" not in saved
    assert list(saved)[:3] == ["first.w", "first.b", "first.calls"]
    assert saved["first.w"].array is net.first.w.array and not saved["first.w"].requires_grad
    assert net.state_dict(keep_vars=True)["first.w"] is net.first.w
    assert saved._metadata["rest.0"] == {"version": 1}
    assert list(net.first.state_dict(prefix="p.")) == ["p.w", "p.b", "p.calls"]
    other = Net()
    for t in other.parameters():
        t.array[...] = np.random.default_rng(0).standard_normal(3)
    assert repr(net.load_state_dict(other.state_dict())) == "<All keys matched successfully>"
    for name, t in net.state_dict().items():
        np.testing.assert_array_equal(t.array, other.state_dict()[name].array)
    assert net.first.w.array is not other.first.w.array


def test_loading_takes_arrays_and_converts_dtypes():
    m = Affine()
    m.load_state_dict({"w": np.arange(3), "b": ag.ones(3, dtype=np.float64), "calls": np.float64(4.0)})
    np.testing.assert_array_equal(m.w.array, [0, 1, 2])
    assert m.w.dtype == m.b.dtype == np.float32 and m.calls.item() == 4


def test_a_state_dict_that_does_not_fit_changes_nothing():
    net = Net()
    given = net.state_dict()
    given = {name: value.array + 1 for name, value in given.items()}
    given["first.w"] = np.zeros((2, 2))
    given["first.b"] = "text"
    given["rest.1.0.w"] = np.ones(3) * 1j
    del given["rest.0.w"]
    given["rest.0.w.deeper"] = given["nowhere"] = np.zeros(1)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(given)
    message = str(caught.value)
    for part in (
        "Error(s) in loading state_dict for Net (nothing was changed; strict=False passes over",
        "size mismatch for first.w: copying a param with shape (2, 2) from checkpoint, the shape in current model is",
        '"first.b": expected a tensor or an array, got str',
        '"rest.1.0.w": complex128 cannot be copied into float32',
        'Missing key(s) in state_dict: "rest.0.w".',
        'Unexpected key(s) in state_dict: "nowhere", "rest.0.w.deeper".',
    ):
        assert part in message
    assert all((t.array == expected).all() for t, expected in zip(net.first.state_dict().values(), (1, 0, 0)))
    assert net.rest[0].b.array[0] == 0  # its value fitted, and yet was not written


def test_strict_false_reports_and_passes_over():
    m = Affine()
    result = m.load_state_dict({"w": np.full(3, 5.0), "x": np.zeros(1)}, strict=False)
    assert result.missing_keys == ["b", "calls"] and result.unexpected_keys == ["x"]
    assert m.w.array[0] == 5
    with pytest.raises(RuntimeError, match=r"nothing was changed\):\n\tsize mismatch for w"):
        m.load_state_dict({"w": np.zeros(4)}, strict=False)
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like, got list"):
        m.load_state_dict([1])
    m.w.array = np.broadcast_to(np.float32(1), (3,))
    with pytest.raises(RuntimeError, match=r"the memory of this model's tensor is read-only; pass assign=True"):
        m.load_state_dict({"w": np.zeros(3)}, strict=False)


def test_assign_takes_the_tensors_given():
    m = Affine()
    m.b.requires_grad_(False)
    w, b, calls = ag.full((3,), 2.0, dtype=np.float64), np.ones(3), ag.ones(())
    m.load_state_dict({"w": w, "b": b, "calls": calls}, assign=True)
    assert m.w.array is w.array and isinstance(m.w, Parameter) and m.w.requires_grad and m.w.dtype == np.float64
    assert isinstance(m.b, Parameter) and not m.b.requires_grad and m.calls is calls
    given = Parameter(ag.zeros(3))
    m.load_state_dict({"w": given}, strict=False, assign=True)
    assert m.w is given
    with pytest.raises(RuntimeError, match='"w": int64 cannot be assigned to a parameter that requires a gradient'):
        m.load_state_dict({"w": np.arange(3)}, strict=False, assign=True)


@pytest.mark.parametrize("make", [ag.tensor, np.array], ids=["tensor", "array"])
@pytest.mark.parametrize("assign", [False, True])
def test_a_number_of_an_old_checkpoint_has_one_dimension(make, assign):
    norm = nn.BatchNorm1d(2)
    state = {**norm.state_dict(), "num_batches_tracked": make([7])}
    norm.load_state_dict(state, assign=assign)
    assert norm.num_batches_tracked.shape == () and norm.num_batches_tracked.item() == 7
    prelu = nn.Module()
    prelu.p = nn.Parameter(ag.tensor(1.0))
    prelu.load_state_dict({"p": make([2.5])}, assign=assign)
    assert isinstance(prelu.p, nn.Parameter) and prelu.p.shape == () and prelu.p.item() == 2.5
    for shape in ((2,), (1, 1), (0,)):
        with pytest.raises(RuntimeError, match="size mismatch for num_batches_tracked"):
            norm.load_state_dict({**state, "num_batches_tracked": make(np.zeros(shape, int))}, assign=assign)
    with pytest.raises(RuntimeError, match="size mismatch for weight"):  # and not the other way round
        nn.PReLU().load_state_dict({"weight": make(2.5)}, assign=assign)


def test_a_write_of_load_state_dict_is_noticed_by_a_stale_graph():
    m = Affine()
    y = (m(ag.ones(3, requires_grad=True)) ** 2).sum()
    m.load_state_dict({"w": np.zeros(3)}, strict=False)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


class Versioned(Module):
    _version = 2

    def __init__(self):
        super().__init__()
        self.p = Parameter(ag.zeros(1))
        self.extra = "fresh"

    def get_extra_state(self):
        return {"extra": self.extra}

    def set_extra_state(self, state):
        self.extra = state["extra"]

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
        if local_metadata.get("version", 1) < 2 and prefix + "old" in state_dict:
            state_dict[prefix + "p"] = state_dict.pop(prefix + "old")
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


def test_extra_state_versions_and_state_dict_hooks():
    net = nn.Sequential(Versioned())
    net[0].extra = "kept"
    saved = net.state_dict()
    assert saved["0._extra_state"] == {"extra": "kept"} and saved._metadata["0"] == {"version": 2}
    other = nn.Sequential(Versioned())
    other.load_state_dict(saved)
    assert other[0].extra == "kept"
    given = {"0.old": np.ones(1), "0._extra_state": {"extra": "x"}}
    other.load_state_dict(given)
    assert other[0].p.item() == 1 and "0.old" in given  # the caller's dictionary is left alone
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "0._extra_state"'):
        other.load_state_dict({"0.p": np.ones(1)})
    with pytest.raises(RuntimeError, match=r'Unexpected key\(s\) in state_dict: "_extra_state"'):
        nn.ReLU().load_state_dict({"_extra_state": 1})

    m, log = Affine(), []
    handles = [
        m.register_state_dict_pre_hook(lambda module, prefix, keep_vars: log.append(("pre", prefix, keep_vars))),
        m.register_state_dict_post_hook(lambda module, d, prefix, metadata: d.update(added=ag.zeros(1))),
        m.register_load_state_dict_pre_hook(lambda module, d, *rest: d.pop("added")),
        m.register_load_state_dict_post_hook(lambda module, keys: (log.append(keys), keys.missing_keys.clear())),
    ]
    saved = m.state_dict()
    assert "added" in saved and log == [("pre", "", False)]
    del saved["w"]
    assert m.load_state_dict(saved, strict=False).missing_keys == []
    assert log[1].unexpected_keys == []
    for handle in handles:
        handle.remove()
    assert "added" not in m.state_dict()


# --------------------------------------------------------------------------------------------------------------- hooks


def test_forward_hooks_see_and_replace():
    m, log = Affine(), []
    x = ag.ones(3)
    m.register_forward_pre_hook(lambda module, args: log.append(("pre", args[0])) or (args[0] * 2,))
    m.register_forward_pre_hook(lambda module, args: args[0] + 1)
    m.register_forward_pre_hook(lambda module, args, kwargs: (args, {"scale": 10.0}), with_kwargs=True)
    m.register_forward_pre_hook(lambda module, args, kwargs: None, with_kwargs=True)
    m.register_forward_hook(lambda module, args, out: log.append(("out", args[0], out)))
    m.register_forward_hook(lambda module, args, kwargs, out: out + kwargs["scale"], with_kwargs=True)
    first = m.register_forward_hook(lambda module, args, out: out * 0 + 1, prepend=True)
    np.testing.assert_array_equal(m(x).array, [11, 11, 11])
    assert log[0] == ("pre", x) and log[1][1].array[0] == 3 and log[1][2].array[0] == 1
    first.remove()
    np.testing.assert_array_equal(m(x).array, [40, 40, 40])
    bad = m.register_forward_pre_hook(lambda module, args, kwargs: 5, with_kwargs=True)
    with pytest.raises(RuntimeError, match=r"must return None or a tuple of .new_args, new_kwargs., but got 5"):
        m(x)
    bad.remove()


def test_always_call_hooks_run_after_an_error():
    m, log = Affine(), []
    m.register_forward_hook(lambda *args: log.append(args[-1]), always_call=True)
    m.register_forward_hook(lambda *args: log.append("never"))
    with pytest.raises(ValueError, match="broadcast"):
        m(ag.ones(4))
    assert log == [None]


class Pair(Module):
    def forward(self, x, y, factor):
        return x * factor, y * y


def test_backward_hooks():
    m, log = Pair(), []
    m.register_full_backward_hook(lambda module, gi, go: log.append((gi, go)))
    x, y = ag.tensor([1.0, 2.0], requires_grad=True), ag.tensor([3.0, 4.0], requires_grad=True)
    a, b = m(x, y, 5.0)
    (a.sum() + 2 * b.sum()).backward()
    ((gx, gy, none), (ga, gb)) = log[0]
    np.testing.assert_array_equal(gx.array, [5, 5])
    np.testing.assert_array_equal(gy.array, [12, 16])
    assert none is None
    np.testing.assert_array_equal(ga.array, [1, 1])
    np.testing.assert_array_equal(gb.array, [2, 2])
    np.testing.assert_array_equal(x.grad.array, [5, 5])

    m = Affine()
    m.register_full_backward_pre_hook(lambda module, go: (go[0] * 10,))
    m.register_full_backward_hook(lambda module, gi, go: (gi[0] * 100,))
    x = ag.ones(3, requires_grad=True)
    m(x).sum().backward()
    np.testing.assert_array_equal(x.grad.array, [1000] * 3)
    np.testing.assert_array_equal(m.w.grad.array, [10] * 3)


def test_backward_hooks_without_a_gradient_to_the_input_and_at_second_order():
    m, log = Affine(), []
    handle = m.register_full_backward_hook(lambda module, gi, go: log.append((gi, go)))
    m(ag.ones(3)).sum().backward()
    assert log[0][0] == (None,) and log[0][1][0].array[0] == 1
    x = ag.full((3,), 2.0, requires_grad=True)
    (g,) = ag.grad((m(x) ** 3).sum(), x, create_graph=True)
    g.sum().backward()
    np.testing.assert_allclose(x.grad.array, 6 * 2.0)
    handle.remove()
    with ag.no_grad():
        m(x)
    wrong = m.register_full_backward_hook(lambda module, gi, go: (gi[0], gi[0]))
    with pytest.raises(RuntimeError, match="invalid number of grad_input, got 2, but expected 1"):
        m(x).sum().backward()
    wrong.remove()


# ----------------------------------------------------------------------------------------------------- paths in errors


class Failing(Module):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, x):
        raise self.error


class Outer(Module):
    def __init__(self, inner):
        super().__init__()
        self.blocks = nn.ModuleList([nn.Identity(), nn.Sequential(OrderedDict(conv=inner))])

    def forward(self, x):
        return self.blocks[1](x)


def test_an_error_names_the_path_of_the_module_that_raised_it():
    model = nn.Sequential(nn.Flatten(), Outer(nn.Linear(3, 2)))
    with pytest.raises(ValueError) as caught:
        model(ag.ones(2, 4))
    message = str(caught.value)
    assert message.startswith("linear: x has shape (2, 4)")
    assert message.endswith("[in module 1.blocks.1.conv, Linear, of Sequential]")
    assert message.count("[in module") == 1


def test_other_errors_carry_the_path_as_a_note():
    class OddError(ValueError):
        pass

    for error in (OddError("odd"), KeyError("key"), ValueError("two", "arguments")):
        before = error.args
        with pytest.raises(type(error)) as caught:
            Outer(Failing(error))(1)
        assert caught.value is error and error.args == before
        assert error.__notes__ == ["[in module blocks.1.conv, Failing, of Outer]"]


@pytest.mark.parametrize(
    "kind",
    [
        ValueError,
        TypeError,
        IndexError,
        RuntimeError,
        NotImplementedError,
        AttributeError,
        AssertionError,
        OverflowError,
    ],
)
def test_the_message_of_a_plain_error_carries_the_path(kind):
    error = kind("what")
    with pytest.raises(kind) as caught:
        Outer(Failing(error))(1)
    assert caught.value is error and str(error) == "what [in module blocks.1.conv, Failing, of Outer]"


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "No such file", "x.txt"),
        UnicodeDecodeError("utf-8", b"x", 0, 1, "why"),
        ModuleNotFoundError("No module named 'x'", name="x"),
        StopIteration("the value"),
        AssertionError(),
        ExceptionGroup("several", [ValueError("one")]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_whose_arguments_mean_something_keep_them(error):
    text, args = str(error), error.args
    with pytest.raises(type(error)) as caught:
        Outer(Failing(error))(1)
    assert caught.value is error and str(error) == text and error.args == args
    assert error.__notes__ == ["[in module blocks.1.conv, Failing, of Outer]"]


def test_an_error_raised_from_another_and_an_interrupt():
    class Translating(Module):
        def __init__(self, inner):
            super().__init__()
            self.inner = inner

        def forward(self, x):
            try:
                return self.inner(x)
            except ValueError as cause:
                raise LookupError("not here") from cause

    cause = ValueError("deep")
    with pytest.raises(LookupError, match=r"not here \[in module 0, Translating, of Sequential\]") as caught:
        nn.Sequential(Translating(Failing(cause)))(1)
    assert caught.value.__cause__ is cause
    interrupt = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        Outer(Failing(interrupt))(1)
    assert not hasattr(interrupt, "__notes__")


def test_an_error_of_the_outermost_module_is_left_as_it_is():
    with pytest.raises(ValueError) as caught:
        Failing(ValueError("plain"))(1)
    assert str(caught.value) == "plain" and not hasattr(caught.value, "__notes__")


def test_the_path_of_an_unregistered_part():
    inner = Failing(RuntimeError("x"))

    class Hidden(Module):
        def forward(self, x):
            return inner(x)

    with pytest.raises(RuntimeError, match=r"x \[in module 0.<Failing>, Failing, of Sequential\]"):
        nn.Sequential(Hidden())(1)


def test_an_error_with_hooks_has_its_path_too():
    model = Outer(Failing(ValueError("x")))
    model.blocks[1].register_forward_hook(lambda *args: None)
    with pytest.raises(ValueError, match=r"x \[in module blocks.1.conv, Failing, of Outer\]"):
        model(1)


# ---------------------------------------------------------------------------------------------------------- containers


def test_sequential():
    a, b, c = nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)
    net = nn.Sequential(a, b, c)
    assert len(net) == 3 and net[0] is a and net[-1] is c and list(net) == [a, b, c] and b in net
    assert list(net[1:]._modules) == ["1", "2"] and isinstance(net[1:], nn.Sequential)
    x = ag.ones(4, 2)
    np.testing.assert_array_equal(net(x).array, c(b(a(x))).array)
    assert net.append(b) is net and len(net) == 4
    assert net.pop(3) is b
    net.insert(1, nn.Tanh())
    assert [type(m).__name__ for m in net] == ["Linear", "Tanh", "ReLU", "Linear"] and net[3] is c
    net[1] = nn.Sigmoid()
    del net[1]
    assert list(net._modules) == ["0", "1", "2"] and net[1] is b
    del net[0:2]
    assert list(net) == [c]
    both = nn.Sequential(a) + nn.Sequential(b, c)
    assert list(both) == [a, b, c]
    both += nn.Sequential(a)
    assert len(both) == 4 and len(nn.Sequential(a) * 3) == len(3 * nn.Sequential(a)) == 3
    both *= 2
    assert len(both) == 8
    assert list(nn.Sequential(a).extend([b, c])) == [a, b, c]
    named = nn.Sequential(OrderedDict(first=a, second=b))
    assert named.first is a and list(named.state_dict()) == ["first.weight", "first.bias"]
    named.append(c)
    assert list(named._modules) == ["first", "second", "2"]
    del named[1]
    assert list(named._modules) == ["first", "2"]


def test_lists_and_dictionaries():
    a, b = nn.Linear(2, 3), nn.ReLU()
    modules = nn.ModuleList([a])
    modules += [b]
    assert len(modules) == 2 and modules[1] is b and list(modules[:1]) == [a] and isinstance(modules[:1], nn.ModuleList)
    assert list(modules + [b]) == [a, b, b]
    with pytest.raises(NotImplementedError):
        modules(1)

    d = nn.ModuleDict({"a": a})
    d["b"] = b
    d.update([("c", a)])
    d.update(nn.ModuleDict({"d": b}))
    assert list(d) == list(d.keys()) == ["a", "b", "c", "d"] and "a" in d and len(d) == 4
    assert dict(d.items())["b"] is b and next(iter(d.values())) is a
    assert d.pop("c") is a
    del d["d"]
    d.clear()
    assert len(d) == 0


def test_parameter_lists_and_dictionaries():
    p = Parameter(ag.zeros(2, 3))
    ps = nn.ParameterList([p, ag.ones(1)])
    assert ps[0] is p and isinstance(ps[-1], Parameter) and len(ps) == 2 and len(list(ps.parameters())) == 2
    ps += [ag.zeros(2)]
    ps[2] = ag.ones(4)
    assert list(ps.state_dict()) == ["0", "1", "2"] and ps[2].shape == (4,) and len(ps[1:]) == 2
    assert ps.pop(0) is p and [q.shape for q in ps] == [(1,), (4,)]
    assert repr(nn.ParameterList([p, Parameter(ag.zeros(1)), 3])) == (
        "ParameterList(\n    (0): Parameter containing: [float32 of size 2x3]\n"
        "    (1): Parameter containing: [float32 of size 1]\n    (2): Object of type: int\n)"
    )
    d = nn.ParameterDict({"a": p})
    d["b"] = ag.ones(1)
    assert list(d) == ["a", "b"] and d.get("x") is None and d.get("a") is p and list(reversed(d)) == ["b", "a"]
    assert [n for n, _ in d.named_parameters()] == ["a", "b"] and "a" in d and len(d.values()) == 2
    assert d.setdefault("c", ag.zeros(1)) is d["c"] and d.copy().keys() == d.keys()
    assert list(d | nn.ParameterDict({"z": p})) == ["a", "b", "c", "z"]
    d |= nn.ParameterDict({"y": p})
    assert d.popitem() == ("y", p) and d.pop("a") is p
    assert list(nn.ParameterDict().fromkeys(["u", "v"], p)) == ["u", "v"]
    assert repr(nn.ParameterDict({"a": p})) == "ParameterDict(\n    (a): Parameter containing: [float32 of size 2x3]\n)"
    d.clear()
    assert len(d) == 0 and repr(d) == "ParameterDict()"


@pytest.mark.parametrize(
    ("action", "error", "message"),
    [
        (lambda: nn.Sequential(3), TypeError, "int is not a Module subclass"),
        (lambda: nn.Sequential(nn.ReLU())[1], IndexError, "Sequential: index 1 is out of range for 1 entries"),
        (lambda: nn.Sequential()["a"], TypeError, "an index must be an integer or a slice, got str"),
        (lambda: nn.Sequential() + nn.ReLU(), ValueError, "Sequential . ReLU: add another Sequential"),
        (lambda: nn.Sequential().__iadd__(3), ValueError, "Sequential .= int: add another Sequential"),
        (lambda: nn.Sequential() * 0, ValueError, "Sequential . 0: a Sequential is repeated at least once"),
        (lambda: nn.Sequential() * 1.5, TypeError, "repeated a whole number of times"),
        (lambda: nn.Sequential().insert(2, nn.ReLU()), IndexError, "insert: index 2 is out of range for 0 entries"),
        (lambda: nn.Sequential().insert(0, 3), TypeError, "insert: needs a Module, got int"),
        (lambda: nn.ModuleList().extend(3), TypeError, "extend: needs an iterable of modules, got int"),
        (lambda: nn.ModuleDict(3), TypeError, "ModuleDict.update: needs a mapping or an iterable of pairs, got int"),
        (lambda: nn.ModuleDict([(1, 2, 3)]), ValueError, "element #0 is no pair of a key and a value: .1, 2, 3."),
        (lambda: nn.ModuleDict({"pop": nn.ReLU()}), KeyError, "attribute 'pop' already exists"),
        (lambda: nn.ParameterList([1])[1], IndexError, "ParameterList: index 1 is out of range for 1 entries"),
        (lambda: nn.ParameterList(3), TypeError, "should be called with an iterable of parameters, got int"),
        (lambda: nn.ParameterDict({1: 2}), TypeError, "a key must be a string, got int"),
        (lambda: nn.ParameterDict({"keys": 2}), KeyError, "attribute 'keys' already exists"),
        (lambda: nn.ParameterDict()["a"], KeyError, "a"),
    ],
)
def test_container_errors(action, error, message):
    with pytest.raises(error, match=message):
        action()


def test_further_bases_are_initialised_if_asked():
    class Named:
        def __init__(self, name, **options):
            self.name, self.options = name, options

    class Both(Module, Named):
        call_super_init = True

    module = Both("one", size=2)
    assert (module.name, module.options, list(module.state_dict())) == ("one", {"size": 2}, [])


def test_a_post_hook_that_returns_something_is_noticed():
    m = Affine()
    m.register_state_dict_post_hook(lambda module, d, prefix, metadata: {})
    with pytest.raises(RuntimeError, match="state_dict post-hook must return None; it changes the dictionary"):
        m.state_dict()
