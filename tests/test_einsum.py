"""einsum: forms of call, order of contraction, errors. Values and gradients are in tables/linalg.py."""

import numpy as np
import pytest

import autograd_core as ag
from autograd_core.engine.graph import topological_order


def draw(*shape, seed=0):
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True)


@pytest.mark.parametrize("seed", range(40))
def test_random_equations_agree_with_numpy(seed):
    rng = np.random.default_rng(seed)
    sizes = dict(zip("abcde", rng.integers(1, 4, 5), strict=True))
    terms = ["".join(rng.choice(list("abcde"), rng.integers(0, 4))) for _ in range(rng.integers(1, 4))]
    used = sorted(set("".join(terms)))
    out = "".join(rng.permutation([c for c in used if rng.random() < 0.5]))
    equation = ",".join(terms) + ("->" + out if rng.random() < 0.8 else "")
    xs = [rng.standard_normal([sizes[c] for c in t]) for t in terms]
    got = ag.einsum(equation, *[ag.tensor(x, requires_grad=True) for x in xs])
    np.testing.assert_allclose(got.detach().numpy(), np.einsum(equation, *xs), atol=1e-12)


def test_operands_as_a_list_and_labels_as_numbers():
    x, y = draw(2, 3), draw(3, 4, seed=1)
    expected = (x @ y).detach().numpy()
    for got in (ag.einsum("ij,jk", [x, y]), ag.einsum(x, [0, 1], y, [1, 2], [0, 2]), ag.einsum(x, [0, 1], y, [1, 2])):
        np.testing.assert_allclose(got.detach().numpy(), expected)
    batch = draw(5, 2, 3)
    got = ag.einsum(batch, [..., 1], y, [1, 2], [..., 2])
    np.testing.assert_allclose(got.detach().numpy(), (batch @ y).detach().numpy())


def test_implicit_output_is_alphabetical_after_the_ellipsis():
    x = draw(4, 2, 3)
    assert ag.einsum("...ba", x).shape == (4, 3, 2)
    assert ag.einsum("...ij->j", x).shape == (3,)  # what the output leaves out is summed, also the dots


def test_the_cheap_pair_is_contracted_first():
    """(1000, 1000) must not appear: first the two vectors' neighbours, as np.einsum_path has it."""
    a, b, c = draw(300, 2), draw(2, 300), draw(300, 1)
    out = ag.einsum("ij,jk,kl->il", a, b, c)
    assert (300, 300) not in [node.shape for node in topological_order([out.node])]


def test_the_rule_of_einsum_is_an_einsum():
    x, y = draw(2, 3), draw(3, 4, seed=1)
    (g,) = ag.grad(ag.einsum("ij,jk->ik", x, y).sum(), x, create_graph=True)
    assert g.grad_fn.name == "einsum"


def test_a_broadcast_dimension_of_an_ellipsis_gets_the_summed_gradient():
    x, y = draw(1, 3), draw(4, 3, seed=1)
    ag.einsum("...i,...i->...", x, y).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), y.detach().numpy().sum(0, keepdims=True))


def test_integers_and_mixed_dtypes():
    assert ag.einsum("ij->i", ag.ones(2, 3).long()).dtype == np.int64
    assert ag.einsum("ii->i", ag.eye(2).long()).tolist() == [1, 1]
    assert ag.einsum("i,i", ag.ones(2).double(), ag.ones(2)).dtype == np.float64


X23 = ag.ones(2, 3)
ERRORS = [
    (lambda: ag.einsum("ij,jk", X23), ValueError, "names 2 operands, got 1"),
    (lambda: ag.einsum("ijk", X23), ValueError, "'ijk' in 'ijk' names 3 dimensions, but operand 0 has 2"),
    (lambda: ag.einsum("i", X23), ValueError, "names 1 dimensions, but operand 0 has 2"),
    (lambda: ag.einsum("i1", X23), ValueError, "'1' in 'i1' is no label"),
    (lambda: ag.einsum("ij->iij", X23), ValueError, "the output of 'ij->iij' names a label twice"),
    (lambda: ag.einsum("ij->k", X23), ValueError, "the output of 'ij->k' names 'k', which no operand has"),
    (
        lambda: ag.einsum("ij,jk", X23, X23),
        ValueError,
        r"'j' of 'ij,jk' has size 2 in operand 1 \(shape \(2, 3\)\) but 3",
    ),
    (lambda: ag.einsum("ii", X23), ValueError, "'i' of 'ii' has size 3 in operand 0"),
    (lambda: ag.einsum("ii", ag.ones(1, 3)), ValueError, r"sizes 1 and 3 of one operand \(shape \(1, 3\)\)"),
    (lambda: ag.einsum("i,i", X23[0], 2.0), TypeError, "operand 1 is float 2.0; it must be a tensor or an array"),
    (lambda: ag.einsum(X23, [0, 99]), ValueError, "labels in lists are integers from 0 to 51, got 99"),
    (lambda: ag.einsum(X23, 3), TypeError, "after an operand comes a list of labels, got int 3"),
]


@pytest.mark.parametrize(("call", "kind", "message"), ERRORS, ids=[e[2][:40] for e in ERRORS])
def test_errors(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
