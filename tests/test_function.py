"""`ag.Function`: rules of one's own."""

import gc
import weakref

import numpy as np
import pytest

import autograd_core as ag


class Exp(ag.Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class Product(ag.Function):
    """With setup_context, a parameter and two results."""

    @staticmethod
    def forward(x, y, scale):
        return x * y * scale, x + y

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, y, ctx.scale = inputs
        ctx.save_for_backward(x, y)

    @staticmethod
    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        assert ctx.needs_input_grad[2] is False
        return g * y * ctx.scale + h, g * x * ctx.scale + h, None


def leaf(*shape, seed=0):
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape), requires_grad=True)


def test_gradients_of_both_orders():
    assert ag.gradcheck(Exp.apply, leaf(3))
    assert ag.gradgradcheck(Exp.apply, leaf(3))
    args = (leaf(3), leaf(3, seed=1), 2.0)
    assert ag.gradcheck(Product.apply, args)
    assert ag.gradgradcheck(Product.apply, args)


def test_an_unused_result_has_zero_gradient():
    x, y = leaf(3), leaf(3, seed=1)
    product, _ = Product.apply(x, y, 2.0)
    product.sum().backward()
    np.testing.assert_allclose(x.grad.array, 2 * y.array)


def test_set_materialize_grads():
    class Two(ag.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.set_materialize_grads(False)
            return x * 1, x * 2

        @staticmethod
        def backward(ctx, g, h):
            assert h is None
            return g

    x = leaf(3)
    Two.apply(x)[0].sum().backward()
    assert x.grad.tolist() == [1, 1, 1]


def test_mark_non_differentiable():
    class Top(ag.Function):
        @staticmethod
        def forward(ctx, x):
            i = ag.tensor(x.array.argmax())
            ctx.mark_non_differentiable(i)
            return x * 2, i

        @staticmethod
        def backward(ctx, g, _):
            return g * 2

    y, i = Top.apply(leaf(3))
    assert y.requires_grad
    assert not i.requires_grad


def test_mark_dirty():
    class Double(ag.Function):
        @staticmethod
        def forward(ctx, x):
            x.mul_(2)
            ctx.mark_dirty(x)
            return x

        @staticmethod
        def backward(ctx, g):
            return g * 2

    w = leaf(3)
    x = w * 1
    y = Double.apply(x)
    assert y is x
    assert x._version == 1
    x.sum().backward()
    assert w.grad.tolist() == [2, 2, 2]


def test_no_cycle_though_the_output_is_saved():
    gc.collect()
    gc.disable()
    try:
        y = Exp.apply(leaf(3))
        ref = weakref.ref(y.node)
        del y
        assert ref() is None
    finally:
        gc.enable()


def test_saved_tensors_are_freed_and_checked():
    x = leaf(3)
    y = Exp.apply(x)
    y.sum().backward()
    with pytest.raises(RuntimeError, match="'Exp' saved were freed"):
        y.sum().backward()
    y = Exp.apply(x)
    y.add_(1)
    with pytest.raises(RuntimeError, match="'Exp' saved a tensor.*changed in place"):
        y.sum().backward()


def make(returned):
    class Bad(ag.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, g):
            return returned(g)

    return Bad


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (lambda g: g, RuntimeError, "Bad.backward returned 1 gradients for the 2 inputs"),
        (lambda g: (g, g, g), RuntimeError, "returned 3 gradients for the 2 inputs"),
        (lambda g: (g, ag.ones(4)), RuntimeError, r"gradient of shape \(4,\) for input 1, which has shape \(3,\)"),
        (lambda g: (g, 3.0), TypeError, "returned float 3.0 for input 1"),
    ],
)
def test_wrong_returns(returned, error, message):
    x, y = leaf(3), leaf(3, seed=1)
    with pytest.raises(error, match=message):
        make(returned).apply(x, y).sum().backward()


def test_broadcast_and_dtype_are_repaired():
    class Scale(ag.Function):
        @staticmethod
        def forward(ctx, x, s):
            ctx.save_for_backward(x, s)
            return x * s

        @staticmethod
        def backward(ctx, g):
            x, s = ctx.saved_tensors
            return g * s, (g * x).double()

    x, s = ag.ones(3, requires_grad=True), ag.ones(1, requires_grad=True)
    Scale.apply(x, s).sum().backward()
    assert s.grad.tolist() == [3]
    assert s.grad.dtype == np.float32


def test_extra_nones_and_keyword_errors():
    assert make(lambda g: (g, g, None)).apply(leaf(3), leaf(3)).requires_grad
    with pytest.raises(TypeError, match="save_for_backward: takes tensors, got float 3.0"):

        class Bad(ag.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(3.0)
                return x

        Bad.apply(leaf(3))


def test_forward_is_required():
    class Empty(ag.Function):
        pass

    with pytest.raises(NotImplementedError, match="static method forward"):
        Empty.apply(leaf(3))


def test_no_history_without_need():
    assert not Exp.apply(ag.ones(3)).requires_grad
    with ag.no_grad():
        assert not Exp.apply(leaf(3)).requires_grad
