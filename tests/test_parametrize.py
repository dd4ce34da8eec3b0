"""Parametrizations: what is computed, what is trained, what is saved, and the way back; fused layers."""

import copy
import pickle

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from nn.utils import parametrizations as P
from nn.utils import parametrize
from nn.utils.parametrize import cached, is_parametrized, register_parametrization, remove_parametrizations


class Symmetric(nn.Module):
    def forward(self, X):
        return X.triu() + X.triu(1).T

    def right_inverse(self, A):
        return A.triu()


class Double(nn.Module):
    calls = 0

    def forward(self, X):
        self.calls += 1
        return 2 * X


class RankOne(nn.Module):
    def forward(self, x, y):
        return x.unsqueeze(-1) @ y.unsqueeze(-2)

    def right_inverse(self, Z):
        return Z[:, 0], ag.ones(Z.shape[1])


def array(x):
    return x.detach().numpy()


# ---------------------------------------------------------------------------------------------------- the machinery


def test_a_parametrized_weight():
    layer = nn.Linear(3, 3)
    weight = layer.weight
    start = weight.numpy().copy()
    assert register_parametrization(layer, "weight", Symmetric()) is layer
    expected = np.triu(start) + np.triu(start, 1).T
    np.testing.assert_array_equal(array(layer.weight), expected)
    assert layer.parametrizations.weight.original is weight  # the optimiser goes on knowing it
    assert type(layer).__name__ == "ParametrizedLinear" and isinstance(layer, nn.Linear)
    assert parametrize.type_before_parametrizations(layer) is nn.Linear
    assert [name for name, _ in layer.named_parameters()] == ["bias", "parametrizations.weight.original"]
    assert repr(layer) == (
        "ParametrizedLinear(\n  in_features=3, out_features=3, bias=True\n  (parametrizations): ModuleDict(\n"
        "    (weight): ParametrizationList(\n      (0): Symmetric()\n    )\n  )\n)"
    )
    layer(ag.ones(1, 3)).sum().backward()
    np.testing.assert_array_equal(weight.grad.numpy(), [[1, 2, 2], [0, 1, 2], [0, 0, 1]])


def test_assigning_goes_through_the_right_inverse():
    layer = register_parametrization(nn.Linear(2, 2), "weight", Symmetric())
    original = layer.parametrizations.weight.original
    A = ag.tensor([[1.0, 2.0], [2.0, 3.0]])
    layer.weight = A
    assert layer.parametrizations.weight.original is original and original.tolist() == [[1, 2], [0, 3]]
    assert layer.weight.tolist() == A.tolist()
    with ag.no_grad():
        original += 1.0
    assert A.tolist() == [[1, 2], [2, 3]]
    other = register_parametrization(nn.Linear(2, 2), "weight", Double())
    with pytest.raises(
        RuntimeError, match="parametrization Double does not implement right_inverse, .* assign to `original`"
    ):
        other.weight = A


def test_several_tensors_behind_one():
    layer = register_parametrization(nn.Linear(3, 2, bias=False), "weight", RankOne(), unsafe=True)
    assert {name: t.shape for name, t in layer.named_parameters()} == {
        "parametrizations.weight.original0": (2,),
        "parametrizations.weight.original1": (3,),
    }
    layer.weight = ag.tensor([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]])
    assert layer.weight.tolist() == [[1, 1, 1], [2, 2, 2]]
    with pytest.raises(ValueError, match="Cannot leave unparametrized"):
        remove_parametrizations(layer, "weight", leave_parametrized=False)
    remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear and list(layer.state_dict()) == ["weight"] and layer.weight.requires_grad


def test_parametrizations_in_a_chain():
    layer = nn.Linear(2, 2)
    start = layer.weight.numpy().copy()
    register_parametrization(layer, "weight", Double())
    register_parametrization(layer, "weight", Symmetric())
    register_parametrization(layer, "bias", Double())
    np.testing.assert_allclose(array(layer.weight), 2 * np.triu(start) + 2 * np.triu(start, 1).T)
    assert is_parametrized(layer, "bias") and len(layer.parametrizations.weight) == 2
    remove_parametrizations(layer, "weight", leave_parametrized=False)
    np.testing.assert_array_equal(array(layer.weight), start)
    assert is_parametrized(layer) and not is_parametrized(layer, "weight")
    remove_parametrizations(layer, "bias")
    assert type(layer) is nn.Linear and list(layer.state_dict()) == ["weight", "bias"]
    assert not hasattr(layer, "parametrizations")


def test_removal_keeps_the_parameter_that_the_optimiser_knows():
    layer = nn.Linear(2, 2)
    weight = layer.weight
    register_parametrization(layer, "weight", Double())
    value = array(layer.weight).copy()
    remove_parametrizations(layer, "weight")
    assert layer.weight is weight
    np.testing.assert_array_equal(array(weight), value)


def test_buffers():
    class Counter(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("scale", ag.ones(2))

    module = register_parametrization(Counter(), "scale", Double())
    assert module.scale.tolist() == [2, 2] and list(module.parameters()) == []
    assert list(module.state_dict()) == ["parametrizations.scale.original"]
    remove_parametrizations(module, "scale")
    assert list(module.state_dict()) == ["scale"] and list(module.parameters()) == []


def test_the_cache():
    layer = nn.Linear(2, 2)
    double = Double()
    register_parametrization(layer, "weight", double)
    double.calls = 0
    with cached():
        with cached():
            first = layer.weight
        assert layer.weight is first and double.calls == 1
        layer(ag.ones(1, 2))
        assert double.calls == 1
    assert layer.weight is not first and double.calls == 2
    layer = register_parametrization(nn.Linear(2, 2), "weight", Symmetric())
    with cached():
        layer.weight.sum()
        layer.weight = ag.zeros(2, 2)
        assert layer.weight.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("twin", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_copies(twin):
    layer = P.weight_norm(nn.Linear(3, 2))
    again = twin(layer)
    np.testing.assert_array_equal(array(again.weight), array(layer.weight))
    assert again.parametrizations.weight.original0 is not layer.parametrizations.weight.original0
    remove_parametrizations(again, "weight")
    assert type(again) is nn.Linear and is_parametrized(layer) and array(layer.weight).shape == (2, 3)


def test_state_dicts():
    layer, other = P.weight_norm(nn.Linear(3, 2)), P.weight_norm(nn.Linear(3, 2))
    assert list(layer.state_dict()) == [
        "bias",
        "parametrizations.weight.original0",
        "parametrizations.weight.original1",
    ]
    other.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(array(other.weight), array(layer.weight))


def test_transfer():
    source, target = register_parametrization(nn.Linear(2, 2), "weight", Symmetric()), nn.Linear(2, 2)
    assert parametrize.transfer_parametrizations_and_params(source, target) is target
    assert target.parametrizations.weight.original is source.parametrizations.weight.original
    assert parametrize.transfer_parametrizations_and_params(nn.Linear(2, 2), target) is target
    source = register_parametrization(nn.Linear(3, 2), "weight", RankOne())
    parametrize.transfer_parametrizations_and_params(source, target := nn.Identity(), "weight")
    np.testing.assert_array_equal(array(target.weight), array(source.weight))


class Wrong(nn.Module):
    def __init__(self, forward=lambda x: x, inverse=lambda x: x):
        super().__init__()
        self.forward, self.inverse = forward, inverse

    def right_inverse(self, x):
        return self.inverse(x)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            Wrong(lambda x: x[:1]),
            r"may not change the dtype or the shape .* returned shape \(1, 3\), float32 for shape \(2, 3\)",
        ),
        (Wrong(lambda x: x.double()), "returned shape .* float64 for shape"),
        (Wrong(lambda x: 1), "A parametrization must return a tensor, got int 1"),
        (Wrong(inverse=lambda x: x.double()), "When `right_inverse` outputs one tensor, it may not change the dtype"),
        (Wrong(inverse=lambda x: None), "must return a Tensor or a Sequence of tensors .* Got NoneType"),
        (Wrong(inverse=lambda x: [x, 3]), "Got element 1 of type int 3"),
    ],
)
def test_a_wrong_parametrization_changes_nothing(wrong, message):
    layer = nn.Linear(3, 2)
    before, value = layer.weight, layer.weight.numpy().copy()
    with pytest.raises(ValueError, match=message):
        register_parametrization(layer, "weight", wrong)
    assert type(layer) is nn.Linear and layer.weight is before and list(layer._modules) == []
    np.testing.assert_array_equal(array(before), value)


def test_a_wrong_second_parametrization():
    layer = register_parametrization(nn.Linear(3, 2), "weight", Double())
    with pytest.raises(ValueError, match="A parametrization may not change"):
        register_parametrization(layer, "weight", Wrong(lambda x: x[:1]))
    with pytest.raises(ValueError, match=r"parametrization.right_inverse must return a tensor, got NoneType"):
        register_parametrization(layer, "weight", Wrong(inverse=lambda x: None))
    assert len(layer.parametrizations.weight) == 1


def test_errors():
    layer = nn.Linear(3, 2)
    with pytest.raises(
        ValueError, match="does not have a parameter, a buffer, or a parametrized element with name 'w'"
    ):
        register_parametrization(layer, "w", Double())
    with pytest.raises(TypeError, match="the parametrization must be a Module, got function"):
        register_parametrization(layer, "weight", lambda x: x)
    with pytest.raises(ValueError, match="does not have a parametrization on weight"):
        remove_parametrizations(layer, "weight")
    with pytest.raises(ValueError, match="requires one or more modules"):
        parametrize.ParametrizationList([], layer.weight)
    register_parametrization(layer, "weight", RankOne())
    held = layer.parametrizations.weight
    with pytest.raises(ValueError, match="sequence of tensors of length 2. Got a sequence of length 1"):
        held[0].right_inverse = lambda x: [x]
        layer.weight = ag.ones(2, 3)
    with pytest.raises(ValueError, match="has dtype float64 while `original1` has dtype float32"):
        held[0].right_inverse = lambda x: (ag.ones(2), ag.ones(3).double())
        layer.weight = ag.ones(2, 3)
    broken = register_parametrization(nn.Linear(2, 2), "weight", Double())
    broken.parametrizations.weight[0].forward = lambda x: x.no_such_method()
    with pytest.raises(RuntimeError, match="the parametrization of 'weight' raised AttributeError: .*no_such_method"):
        broken.weight.sum()


# ------------------------------------------------------------------------------------- those there are, beside PyTorch


def layer_of(n_out=2, n_in=3):
    layer = nn.Linear(n_in, n_out)
    layer.weight.data = ag.tensor(np.sin(np.linspace(-1, 1.4, n_out * n_in, dtype=np.float32)).reshape(n_out, n_in))
    layer.bias.data = ag.tensor(np.linspace(0.1, 0.5, n_out, dtype=np.float32))
    return layer


def trained(layer):
    optimizer = optim.SGD(layer.parameters(), lr=0.1, momentum=0.5)
    x = ag.tensor(np.cos(np.linspace(-1, 1, 4 * layer.in_features, dtype=np.float32)).reshape(4, -1))
    for _ in range(3):
        optimizer.zero_grad()
        layer(x).square().sum().backward()
        optimizer.step()
    layer.eval()
    layer(x)
    return layer


# The weights that PyTorch 2.13 has after the same three steps
TRAINED = {
    "weight_norm": (P.weight_norm, [[0.073378, 0.00759, -0.07658], [0.236535, 0.010597, -0.117416]]),
    "weight_norm of inputs": (
        lambda m: P.weight_norm(m, dim=1),
        [[0.555429, -0.577993, -0.555383], [0.727153, 0.165537, -0.11163]],
    ),
    "weight_norm of all": (
        lambda m: P.weight_norm(m, dim=None),
        [[0.514391, 0.044386, -0.556713], [0.596483, 0.120826, -0.151249]],
    ),
    "older weight_norm": (nn.utils.weight_norm, [[0.073378, 0.00759, -0.07658], [0.236535, 0.010597, -0.117416]]),
    "matrix_exp": (
        lambda m: P.orthogonal(m, orthogonal_map="matrix_exp", use_trivialization=False),
        [[0.902582, -0.349833, -0.250924], [0.406928, 0.502953, 0.762527]],
    ),
    "cayley": (
        lambda m: P.orthogonal(m, orthogonal_map="cayley", use_trivialization=False),
        [[0.87597, -0.445802, -0.18422], [0.345016, 0.312152, 0.88517]],
    ),
    "householder": (
        lambda m: P.orthogonal(m, orthogonal_map="householder", use_trivialization=False),
        [[-0.890564, -0.454713, 0.011463], [-0.209322, 0.432074, 0.877209]],
    ),
}


@pytest.mark.parametrize("name", TRAINED)
def test_training_as_in_pytorch(name):
    change, expected = TRAINED[name]
    np.testing.assert_allclose(array(trained(change(layer_of())).weight), expected, atol=3e-6)


def test_orthogonal_and_square_as_in_pytorch():
    layer = P.orthogonal(layer_of(3, 3))
    start = [[-0.757916, 0.378845, -0.531074], [-0.08992, 0.74565, 0.660242], [0.646125, 0.548163, -0.531074]]
    np.testing.assert_allclose(array(layer.weight), start, atol=3e-6)
    end = [[-0.75622, 0.38216, -0.531117], [-0.089883, 0.743344, 0.662843], [0.648115, 0.548994, -0.527781]]
    np.testing.assert_allclose(array(trained(layer).weight), end, atol=3e-6)


def test_spectral_norm_as_in_pytorch():
    u, v = ag.tensor([0.6, 0.8]), ag.tensor([2.0, -1.0, 2.0]) / 3
    layer = P.spectral_norm(layer_of())
    layer.parametrizations.weight[0]._u, layer.parametrizations.weight[0]._v = u, v
    trained(layer)
    expected = [[-0.540612, -0.386528, -0.076203], [0.234955, 0.560682, 0.625684]]
    np.testing.assert_allclose(array(layer.weight), expected, atol=3e-6)
    np.testing.assert_allclose(layer.parametrizations.weight[0]._u.numpy(), [-0.695833, 0.718204], atol=3e-6)
    older = nn.utils.spectral_norm(layer_of())
    older.weight_u, older.weight_v = u, v
    trained(older)
    expected = [[-0.035139, -0.008792, 0.04463], [-0.49486, 0.233217, 0.836595]]
    np.testing.assert_allclose(array(older.weight), expected, atol=3e-6)


@pytest.mark.parametrize("kind", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (2, 4, 3)])
def test_orthogonal_weights_stay_orthogonal(kind, trivial, shape):
    module = nn.Module()
    module.weight = nn.Parameter(ag.randn(*shape, dtype=np.float64))
    P.orthogonal(module, orthogonal_map=kind, use_trivialization=trivial)
    optimizer = optim.SGD(module.parameters(), lr=0.02)
    target = ag.randn(*shape, dtype=np.float64)
    losses = []
    for _ in range(3):
        Q = module.weight
        tall = array(Q) if shape[-2] >= shape[-1] else np.swapaxes(array(Q), -1, -2)
        gram = np.swapaxes(tall, -1, -2) @ tall
        np.testing.assert_allclose(gram, np.broadcast_to(np.eye(min(shape[-2:])), gram.shape), atol=1e-12)
        loss = (Q * target).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[2] < losses[0]


@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (2, 4, 3)])
def test_an_orthogonal_weight_starts_as_it_is(trivial, shape):
    rng = np.random.default_rng(0)
    U, _, V = np.linalg.svd(rng.normal(size=shape), full_matrices=False)
    module = nn.Module()
    module.weight = nn.Parameter(ag.tensor(U @ V))
    P.orthogonal(module, orthogonal_map="householder", use_trivialization=trivial)
    np.testing.assert_allclose(array(module.weight), U @ V, atol=1e-12)
    U, _, V = np.linalg.svd(rng.normal(size=shape), full_matrices=False)
    module.weight = ag.tensor(U @ V)
    np.testing.assert_allclose(array(module.weight), U @ V, atol=1e-12)


def test_householder_reflections_one_by_one():
    A = np.random.default_rng(0).normal(size=(5, 3))
    Q = np.eye(5)
    for k in range(3):
        v = np.concatenate([np.zeros(k), [1.0], A[k + 1 :, k]])
        Q = Q @ (np.eye(5) - 2 * np.outer(v, v) / (v @ v))
    np.testing.assert_allclose(P.householder_product(ag.tensor(A)).numpy(), Q[:, :3], atol=1e-14)
    assert ag.gradcheck(P.householder_product, [ag.tensor(A, requires_grad=True)])


def test_spectral_norm_finds_the_largest_singular_value():
    for layer, dim in [(nn.Linear(4, 6), 0), (nn.Conv2d(3, 4, 2), 0), (nn.ConvTranspose2d(3, 4, 2), 1)]:
        weight = layer.weight.numpy().copy()
        P.spectral_norm(layer, n_power_iterations=50)
        array(layer.weight)
        sigma = np.linalg.svd(np.moveaxis(weight, dim, 0).reshape(weight.shape[dim], -1), compute_uv=False)[0]
        np.testing.assert_allclose(array(layer.weight), weight / sigma, rtol=1e-3)
        assert [name.rsplit(".", 1)[1] for name, _ in layer.named_buffers()] == ["_u", "_v"]
        layer.eval()
        u = array(layer.parametrizations.weight[0]._u).copy()
        array(layer.weight)
        np.testing.assert_array_equal(u, layer.parametrizations.weight[0]._u.numpy())
    vector = nn.Module()
    vector.weight = nn.Parameter(ag.tensor([3.0, 4.0]))
    assert P.spectral_norm(vector).weight.tolist() == pytest.approx([0.6, 0.8])


def test_two_passes_before_one_backward():
    layer = P.spectral_norm(nn.Linear(3, 3))
    (layer(ag.ones(1, 3)) - layer(ag.zeros(1, 3))).sum().backward()
    assert layer.parametrizations.weight.original.grad is not None


def test_the_older_functions():
    layer = nn.utils.weight_norm(nn.Linear(3, 2))
    weight = array(layer.weight).copy()
    assert list(layer.state_dict()) == ["bias", "weight_g", "weight_v"]
    newer = P.weight_norm(nn.Linear(3, 2))
    newer.load_state_dict(layer.state_dict())
    np.testing.assert_allclose(array(newer.weight), weight, rtol=1e-6)
    nested = nn.Sequential(P.weight_norm(nn.Linear(3, 2)))
    nested.load_state_dict({f"0.{name}": t for name, t in layer.state_dict().items()})
    np.testing.assert_allclose(array(nested[0].weight), weight, rtol=1e-6)
    with pytest.raises(RuntimeError, match="Cannot register two weight_norm hooks on the same parameter weight"):
        nn.utils.weight_norm(layer)
    nn.utils.remove_weight_norm(layer)
    assert list(layer.state_dict()) == ["bias", "weight"]
    np.testing.assert_allclose(array(layer.weight), weight, rtol=1e-6)
    with pytest.raises(ValueError, match="weight_norm of 'weight' not found in Linear"):
        nn.utils.remove_weight_norm(layer)

    layer = nn.utils.spectral_norm(nn.Linear(3, 2))
    assert list(layer.state_dict()) == ["bias", "weight_orig", "weight_u", "weight_v"]
    for _ in range(20):
        layer(ag.ones(1, 3))
    assert np.linalg.svd(array(layer.weight), compute_uv=False)[0] == pytest.approx(1.0, rel=1e-3)
    nn.utils.remove_spectral_norm(layer)
    assert list(layer.state_dict()) == ["bias", "weight"] and layer.training
    with pytest.raises(ValueError, match="spectral_norm of 'weight' not found"):
        nn.utils.remove_spectral_norm(layer)
    with pytest.raises(ValueError, match="spectral_norm: Linear has no parameter 'w'"):
        nn.utils.spectral_norm(layer, "w")


def test_arguments_that_make_no_sense():
    for function in (P.spectral_norm, nn.utils.spectral_norm):
        with pytest.raises(
            ValueError, match="Expected n_power_iterations to be positive, but got n_power_iterations=0"
        ):
            function(nn.Linear(2, 2), n_power_iterations=0)
    with pytest.raises(IndexError, match=r"Dimension out of range \(expected to be in range of \[-2, 1\] but got 2\)"):
        P.spectral_norm(nn.Linear(2, 2), dim=2)
    for function in (P.spectral_norm, P.orthogonal):
        with pytest.raises(ValueError, match="has no parameter or buffer with name 'w'"):
            function(nn.Linear(2, 2), "w")
    with pytest.raises(ValueError, match="Expected a matrix or batch of matrices. Got a tensor of 1 dimensions"):
        P.orthogonal(nn.Linear(2, 2), "bias")
    with pytest.raises(ValueError, match="orthogonal_map has to be one of .* Got: exp"):
        P.orthogonal(nn.Linear(2, 2), orthogonal_map="exp")
    layer = P.orthogonal(nn.Linear(2, 2))
    with pytest.raises(ValueError, match=r"Expected a matrix or batch of matrices of shape \(2, 2\)"):
        layer.weight = ag.ones(3, 2)
    layer = P.orthogonal(nn.Linear(2, 2), use_trivialization=False)
    with pytest.raises(NotImplementedError, match="not possible to assign to the matrix exponential or the Cayley"):
        layer.weight = ag.eye(2)
    module = nn.Module()
    module.weight = nn.Parameter(ag.ones(2, 2, dtype=np.complex64))
    with pytest.raises(ValueError, match="householder parametrization does not support complex"):
        P.orthogonal(module, orthogonal_map="householder")


# ----------------------------------------------------------------------------------------------------------- fused layers


class Normalised(nn.Module):
    """Batch normalisation of evaluation, by its formula; channels along dimension 1."""

    def __init__(self, features, affine=True):
        super().__init__()
        rng = np.random.default_rng(0)
        self.num_features, self.eps = features, 1e-3
        self.running_mean, self.running_var = (ag.tensor(rng.uniform(0.5, 2, features)) for _ in range(2))
        self.weight, self.bias = (ag.tensor(rng.normal(size=features)) if affine else None for _ in range(2))

    def forward(self, x):
        shape = (-1, *(1,) * (x.ndim - 2))
        x = (x - self.running_mean.reshape(shape)) / (self.running_var + self.eps).sqrt().reshape(shape)
        return x if self.weight is None else x * self.weight.reshape(shape) + self.bias.reshape(shape)


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_fused_layers(affine, bias):
    image = ag.randn(2, 3, 5, 5, dtype=np.float64)
    bn = Normalised(4, affine).eval()
    for layer, x, how in [
        (nn.Conv2d(3, 4, 2, bias=bias), image, {}),
        (nn.ConvTranspose2d(3, 4, 2, bias=bias), image, {"transpose": True}),
        (nn.Linear(5, 4, bias=bias), image[:, 0, 0], None),
    ]:
        layer = layer.double().eval()
        fuse = nn.utils.fuse_linear_bn_eval if how is None else nn.utils.fuse_conv_bn_eval
        fused = fuse(layer, bn, **(how or {}))
        np.testing.assert_allclose(array(fused(x)), array(bn(layer(x))), atol=1e-12)
        assert type(fused) is type(layer) and fused.weight is not layer.weight and fused.bias is not None


def test_what_cannot_be_fused():
    bn = Normalised(4)
    with pytest.raises(ValueError, match="Fusion only for eval! Linear is in training mode; call eval"):
        nn.utils.fuse_linear_bn_eval(nn.Linear(2, 4), bn)
    bn.eval()
    with pytest.raises(ValueError, match=r"got linear.out_features=3 and bn.num_features=4"):
        nn.utils.fuse_linear_bn_eval(nn.Linear(2, 3).eval(), bn)
    bn.running_mean = None
    with pytest.raises(ValueError, match="has no running statistics to fuse"):
        nn.utils.fuse_conv_bn_eval(nn.Conv2d(3, 4, 2).eval(), bn)


@pytest.mark.parametrize("norm", [P.weight_norm, nn.utils.weight_norm])
def test_weight_norm_of_a_dimension_that_there_is_not(norm):
    layer = nn.Linear(3, 2)
    with pytest.raises(IndexError, match=r"weight_norm: dim must be from -2 to 1 for shape \(2, 3\), got 2"):
        norm(layer, dim=2)
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"] and type(layer) is nn.Linear
    first, second = norm(nn.Linear(3, 2), dim=-2), norm(nn.Linear(3, 2), dim=0)
    shapes = [{tuple(p.shape) for p in layer.parameters()} for layer in (first, second)]
    assert shapes[0] == shapes[1]
