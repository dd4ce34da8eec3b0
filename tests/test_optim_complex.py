"""Complex parameters learn as two real ones: against the run on those, fixed values, checkpoints, and PyTorch."""

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim

STEPS = 12
TARGET = np.array([[1.0 - 2.0j, 0.5j, -1.5], [2.0, -0.25 + 1.0j, 0.1 - 0.1j]])
START = np.array([[0.3 + 0.1j, -1.0, 2.0j], [1.0 + 1.0j, 0.0, -0.7]])
DECAY = {"weight_decay": 0.1, "maximize": True}
OPTIONS = {
    optim.SGD: [{"lr": 0.1}, {"lr": 0.1, "momentum": 0.9, "nesterov": True}, {"momentum": 0.5, "dampening": 0.2, **DECAY}],
    optim.Adam: [{}, {"lr": 0.1, "amsgrad": True, **DECAY}], optim.AdamW: [{"lr": 0.1}],
    optim.Adagrad: [{}, {"initial_accumulator_value": 0.2, "lr_decay": 0.1, **DECAY}],
    optim.Adadelta: [{}, {"lr": 0.5, "rho": 0.5, **DECAY}],
    optim.RMSprop: [{}, {"centered": True, "momentum": 0.5, "eps": 1e-3, **DECAY}],
    optim.Rprop: [{}, {"lr": 0.1, "etas": (0.4, 1.4), "maximize": True}],
    optim.Quickprop: [{"lr": 0.1}, DECAY], optim.DeltaBarDelta: [{}, {"phi": 0.5, "maximize": True}],
    optim.Adamax: [{}, DECAY], optim.NAdam: [{}, {"decoupled_weight_decay": True, **DECAY}],
    optim.RAdam: [{"betas": (0.5, 0.9)}, {"decoupled_weight_decay": True, **DECAY}],
    optim.ASGD: [{}, {"lambd": 0.1, "alpha": 0.5, "t0": 5, **DECAY}],
}  # fmt: skip
CASES = [(make, options) for make, listed in OPTIONS.items() for options in listed]
IDS = [f"{make.__name__}-{options}" for make, options in CASES]


def loss_of(z, target, lib=ag):
    """Σ w |z - t|² over a matrix, with weights that tell the elements apart."""
    e = z - target
    w = lib.tensor([[1.0, 2.0, 0.5], [0.1, 3.0, 1.0]], dtype=lib.float64)
    return (w * (e.real * e.real + 0.5 * e.imag * e.imag)).sum()


def learn(make, options, dtype=np.complex128, steps=STEPS, order="C", z=None, optimizer=None):
    if z is None:
        z = ag.from_numpy(np.array(START.astype(dtype), order=order)).requires_grad_()
        optimizer = make([z], **options)
    target = ag.tensor(TARGET.astype(dtype))
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of(z, target).backward()
        optimizer.step()
    return z, optimizer


def learn_real(make, options):
    """The same on the real and imaginary part as one real parameter."""
    x = ag.tensor(np.stack([START.real, START.imag], -1), requires_grad=True)
    optimizer = make([x], **options)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss_of(ag.complex(x[..., 0], x[..., 1]), ag.tensor(TARGET)).backward()
        optimizer.step()
    return x.array[..., 0] + 1j * x.array[..., 1]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("make", "options"), CASES, ids=IDS)
def test_as_two_real_parameters(make, options, order):
    z, optimizer = learn(make, options, order=order)
    np.testing.assert_allclose(z.array, learn_real(make, options), rtol=1e-12, atol=1e-13)
    for name, value in optimizer.state[z].items():
        assert not isinstance(value, np.ndarray) or (value.dtype == np.complex128 and value.shape == z.shape), name


@pytest.mark.parametrize(("make", "options"), CASES, ids=IDS)
def test_against_pytorch(make, options):
    torch = pytest.importorskip("torch")
    if not hasattr(torch.optim, make.__name__):
        pytest.skip("PyTorch has no such optimiser")
    z, _ = learn(make, options)
    theirs = torch.tensor(START, requires_grad=True)
    optimizer = getattr(torch.optim, make.__name__)([theirs], **options)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss_of(theirs, torch.tensor(TARGET), torch).backward()
        optimizer.step()
    np.testing.assert_allclose(z.array, theirs.detach().numpy(), rtol=1e-7, atol=1e-8)  # its ASGD's eta is float32


def test_by_hand():
    z = ag.tensor([1.0 + 2.0j, 3.0 - 1.0j], dtype=ag.complex128, requires_grad=True)
    z.grad = ag.tensor([1.0 - 10.0j, 0.5j], dtype=ag.complex128)
    optim.SGD([z], lr=0.1, momentum=0.5).step()
    np.testing.assert_allclose(z.array, [0.9 + 3.0j, 3.0 - 1.05j])
    z = ag.tensor([1.0 + 2.0j], dtype=ag.complex128, requires_grad=True)
    z.grad = ag.tensor([123.0 - 0.5j], dtype=ag.complex128)
    optim.Adam([z], lr=0.1).step()  # the first step of Adam is lr for each part, whatever the gradient
    np.testing.assert_allclose(z.array, [0.9 + 2.1j])


def test_a_number_and_a_mixed_group():
    """A parameter without dimensions, and real ones beside it."""
    for make in (optim.SGD, optim.Adam, optim.Rprop):
        z, x = ag.tensor(1.0 + 1.0j, requires_grad=True), ag.ones(3, requires_grad=True)
        twin = ag.ones(3, requires_grad=True)
        optimizer, alone = make([z, x], lr=0.1), make([twin], lr=0.1)
        for _ in range(3):
            for o, values in ((optimizer, (z, x)), (alone, (twin,))):
                o.zero_grad()
                sum((v.abs() ** 2).sum() for v in values).backward()
                o.step()
        np.testing.assert_allclose(x.array, twin.array, rtol=1e-6)
        assert z.dtype == np.complex64 and z.real.item() == pytest.approx(x.array[0], rel=1e-5) == z.imag.item()


def minimize(z, build, options, lib=ag, make=None):
    """Four steps of LBFGS on z, or on `build` of it; after each one the state goes through a state dict."""
    make = make or optim.LBFGS
    optimizer = make([z], **options)
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = loss_of(build(z), lib.tensor(TARGET), lib)
        loss.backward()
        losses.append(float(loss))
        return loss

    for _ in range(4):
        optimizer.step(closure)
        saved = copy.deepcopy(optimizer.state_dict())
        optimizer = make([z], **options)
        optimizer.load_state_dict(saved)
    return losses, optimizer


@pytest.mark.parametrize("options", [{"lr": 0.5, "max_iter": 8}, {"max_iter": 8, "line_search_fn": "strong_wolfe"}])
def test_lbfgs(options):
    z = ag.tensor(START, requires_grad=True)
    losses, optimizer = minimize(z, lambda z: z, options)
    assert losses[-1] < 1e-4 < 1 < losses[0]
    assert {d.dtype for d in optimizer.state[z]["old_dirs"]} == {np.dtype(float)}  # vectors of both parts
    x = ag.tensor(np.stack([START.real, START.imag], -1), requires_grad=True)
    real, _ = minimize(x, lambda x: ag.complex(x[..., 0], x[..., 1]), options)
    np.testing.assert_allclose(losses, real, rtol=1e-9, atol=1e-12)


def test_lbfgs_against_pytorch():
    torch = pytest.importorskip("torch")
    options = {"max_iter": 8, "line_search_fn": "strong_wolfe"}
    losses, _ = minimize(ag.tensor(START, requires_grad=True), lambda z: z, options)
    theirs, _ = minimize(torch.tensor(START, requires_grad=True), lambda z: z, options, torch, torch.optim.LBFGS)
    n = min(len(losses), len(theirs), 12)
    np.testing.assert_allclose(losses[:n], theirs[:n], rtol=1e-6)


@pytest.mark.parametrize("make", OPTIONS)
def test_the_state_goes_on_after_saving(make, tmp_path):
    whole, _ = learn(make, {})
    z, optimizer = learn(make, {}, steps=5)
    for saved in (pickle.loads(pickle.dumps(optimizer.state_dict())), None):
        twin = ag.tensor(z.array.copy(), requires_grad=True)
        other = make([twin], lr=3.0)
        if saved is None:
            continue
        other.load_state_dict(saved)
        learn(make, {}, steps=STEPS - 5, z=twin, optimizer=other)
        np.testing.assert_array_equal(twin.array, whole.array)


def test_complex64_stays_and_its_memory_too():
    z = nn.Parameter(ag.tensor([1.0 + 1.0j, 2.0]))
    array = z.array
    z.grad = ag.tensor([0.5j, 1.0 + 0.0j])
    optimizer = optim.Adam([z], amsgrad=True)
    optimizer.step()
    optimizer.step()
    assert z.array is array and array.dtype == np.complex64
    y = (z * z).sum()
    z.grad = ag.ones_like(z)
    optimizer.step()
    with pytest.raises(RuntimeError, match="changed in place"):
        y.abs().backward()


def test_clip_grad_value_clips_both_parts():
    z = ag.zeros(2, dtype=ag.complex64).requires_grad_()
    z.grad = ag.tensor([3.0 - 0.5j, -0.25 - 7.0j], dtype=ag.complex64)
    nn.utils.clip_grad_value_([z], 1.0)
    np.testing.assert_array_equal(z.grad.array, [1.0 - 0.5j, -0.25 - 1.0j])
