"""The checker must fail on wrong rules, say what is wrong, and pass right ones. And anomaly detection."""

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.inspection.check import GradcheckError


def function(rule, forward=lambda x: x * x):
    class F(ag.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return forward(x)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return rule(g, x)

    return F.apply


def leaf(*shape, low=0.5, high=1.5, dtype=np.float64):
    return ag.tensor(np.random.default_rng(0).uniform(low, high, shape).astype(dtype), requires_grad=True)


def test_right_rules_pass():
    assert ag.gradcheck(function(lambda g, x: 2 * g * x), leaf(2, 3))
    assert ag.gradgradcheck(function(lambda g, x: 2 * g * x), leaf(2, 3))


@pytest.mark.parametrize("factor", [1.0005, 0.9995])
def test_a_rule_wrong_by_one_in_two_thousand_fails(factor):
    wrong = function(lambda g, x: 2 * factor * g * x)
    with pytest.raises(GradcheckError, match=f"off by the constant factor {factor}"):
        ag.gradcheck(wrong, leaf(2, 3))
    assert not ag.gradcheck(wrong, leaf(2, 3), raise_exception=False)


def test_a_wrong_second_derivative_fails():
    """The first derivative is right, but recorded as something whose derivative is not: 2 x + (x - x.detach())."""
    wrong = function(lambda g, x: g * (2 * x + (x - x.detach())))
    assert ag.gradcheck(wrong, leaf(3))
    with pytest.raises(GradcheckError, match="gradcheck: d output"):
        ag.gradgradcheck(wrong, leaf(3))


@pytest.mark.parametrize(
    ("rule", "cause"),
    [
        (lambda g, x: -2 * g * x, "the sign of the rule is wrong"),
        (lambda g, x: 0 * g, "the rule gives 0 everywhere"),
        (lambda g, x: g * x / (x - x), "the rule gives NaN|finite"),
        (lambda g, x: g * x * x, "a wrong term"),
        (lambda g, x: ag.cat([2 * (g * x)[:2], 3 * (g * x)[2:]]), r"in some elements only \(1 of 3\)"),
    ],
)
def test_likely_causes(rule, cause):
    with pytest.raises(GradcheckError, match=cause):
        ag.gradcheck(function(rule), leaf(3))


def test_the_report_names_the_worst_element():
    wrong = function(lambda g, x: g * ag.tensor([2.0, 2.0, 9.0], dtype=ag.float64) * x)
    x = leaf(3)
    with pytest.raises(GradcheckError) as report:
        ag.gradcheck(wrong, x)
    text = str(report.value)
    assert "d output 0[2] / d input 0[2]" in text
    assert f"analytic {9 * x.array[2]:.6g}"[:15] in text
    assert f"numeric {2 * x.array[2]:.6g}"[:14] in text
    assert "relative error 3.5" in text


def test_coarse_dtypes_kinks_and_noise_are_recognised():
    with pytest.raises(GradcheckError, match="the input is float32, too coarse"):
        ag.gradcheck(lambda x: x.exp().sin(), leaf(3, dtype=np.float32))
    with pytest.raises(GradcheckError, match="a kink or a jump within"):
        ag.gradcheck(lambda x: x.abs(), ag.tensor([3e-7, 1.0], dtype=ag.float64, requires_grad=True))
    with pytest.raises(GradcheckError, match="two backward passes gave different gradients"):
        ag.gradcheck(function(lambda g, x: g * ag.randn(3).double()), leaf(3))


def test_a_gradient_of_the_wrong_shape_is_reported():
    from autograd_core.engine.primitive import Primitive

    bad = Primitive(lambda x: x.sum(0), name="bad", vjps=(lambda g: g,))
    with pytest.raises(GradcheckError, match=r"gradient has shape \(3,\).*input has shape \(2, 3\)"):
        ag.gradcheck(bad, leaf(2, 3))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: ag.gradcheck(lambda x: x, ag.ones(3)), "no input requires a gradient"),
        (lambda: ag.gradcheck(lambda x: x > 0, leaf(3)), "returned no floating tensor"),
        (lambda: ag.gradcheck(lambda x: x, leaf(1).expand(3)), "share memory"),
    ],
)
def test_what_cannot_be_checked(act, message):
    with pytest.raises(ValueError, match=message):
        act()


def test_several_inputs_and_outputs():
    assert ag.gradcheck(lambda x, n, y: (x * y, n, x.sum()), (leaf(3), 5, leaf(3)))
    assert ag.gradgradcheck(lambda x, y: (x * y, x.exp()), (leaf(3), leaf(3)))


# ---------------------------------------------------------------------------------------------------------------- anomaly


def a_module(dtype=np.float64):
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    for p in net.parameters():
        p.data = p.detach().to(dtype)
    return net


def test_parameters_that_the_function_uses_by_another_name():
    net = a_module()
    x = ag.tensor(np.linspace(-1, 1, 6).reshape(2, 3), requires_grad=True)
    kept = [p.detach().clone() for p in net.parameters()]
    assert ag.gradcheck(lambda *a: net(a[0]), (x, *net.parameters()))
    assert ag.gradgradcheck(lambda *a: net(a[0]), (x, *net.parameters()))
    for p, k in zip(net.parameters(), kept, strict=True):
        assert p.tolist() == k.tolist() and p.grad is None
    with pytest.raises(GradcheckError, match=r"d output 0.* / d input 2.*the rule gives 0 everywhere"):
        bias = net[0].bias
        ag.gradcheck(lambda *a: net[2](net[1](x @ net[0].weight.mT + bias.detach())), (x, net[0].weight, bias))


def test_complex_parameters_that_the_function_uses_by_another_name():
    w = ag.tensor([1 + 2j, 0.5 - 1j], dtype=ag.complex128, requires_grad=True)
    x = ag.tensor([1.5, -0.5], dtype=ag.float64, requires_grad=True)
    assert ag.gradcheck(lambda *a: w * w * a[0], (x, w))
    assert ag.gradcheck(lambda *a: (w * a[0]).abs(), (x, w))
    assert ag.gradgradcheck(lambda *a: (w * a[0]).abs(), (x, w))
    with pytest.raises(GradcheckError, match=r"d input 1\[\d, \d\]"):
        ag.gradcheck(lambda *a: w.detach() * w * a[0], (x, w))


def test_inputs_of_any_layout_and_results_that_are_views_of_them():
    x = ag.from_numpy(np.arange(12.0).reshape(3, 4)[::-1, ::2]).requires_grad_()
    assert ag.gradcheck(lambda x: x, x) and ag.gradcheck(lambda x: x.mT, x) and ag.gradcheck(lambda x: x * x, x)
    z = ag.from_numpy((np.arange(8.0) + 1j).reshape(2, 4)[:, ::2]).requires_grad_()
    assert ag.gradcheck(lambda z: z, z) and ag.gradcheck(lambda z: z.mT * z.mT, z)
    assert ag.gradcheck(lambda x, y: x * y * y, (x, x))


def test_an_input_that_cannot_be_moved_in_place():
    values = np.ones(2)
    x = ag.from_numpy(values).requires_grad_()
    values.flags.writeable = False
    x.array.flags.writeable = False
    with pytest.raises(ValueError, match=r"input 0 is read-only, .* pass x\.clone\(\)"):
        ag.gradcheck(lambda x: x * x, x)


def test_the_inputs_are_as_before_after_an_error():
    x = ag.tensor([1.0, 2.0], dtype=ag.float64, requires_grad=True)

    def fails(x):
        if x.detach()[0] != 1:
            raise ZeroDivisionError
        return x * x

    with pytest.raises(ZeroDivisionError):
        ag.gradcheck(fails, x)
    assert x.tolist() == [1, 2]


def test_anomaly_names_the_rule_and_the_forward_line():
    x = ag.tensor([0.0, 1.0], requires_grad=True)
    with ag.detect_anomaly():
        y = x.sqrt()  # the line that made it
        z = (y * ag.tensor([0.0, 1.0])).sum()
        with pytest.raises(RuntimeError, match=r"rule of 'sqrt' gave NaN.*test_check.py:\d+.*the line that made it"):
            z.backward()


def test_anomaly_names_the_forward_operation_that_made_the_nan():
    x = ag.tensor([-1.0, 1.0], requires_grad=True)
    with ag.detect_anomaly():
        y = x.log()  # the culprit
        z = (y * 2).sum()
        with pytest.raises(RuntimeError, match=r"'log' made the first NaN.*test_check.py.*the culprit"):
            z.backward()


def test_anomaly_is_quiet_otherwise():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.detect_anomaly():
        x.log().sum().backward()
    assert x.grad.tolist() == [1, 0.5]
    x.log()[0].backward()
    with ag.detect_anomaly(check_nan=False):
        ag.tensor([-1.0], requires_grad=True).log().sum().backward()


def test_set_detect_anomaly():
    ag.set_detect_anomaly(True)
    try:
        with pytest.raises(RuntimeError, match="recorded|called at"):
            ag.tensor([-1.0], requires_grad=True).log().sum().backward()
    finally:
        ag.set_detect_anomaly(False)


def test_a_graph_recorded_before_says_so():
    x = ag.tensor([0.0], requires_grad=True)
    y = (x.sqrt() * 0).sum()
    with ag.detect_anomaly(), pytest.raises(RuntimeError, match="recorded before detect_anomaly"):
        y.backward()
