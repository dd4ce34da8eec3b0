"""The engine on Python floats: no arrays, no tensors."""

import gc
import math
import threading
import weakref

import pytest

from autograd_core.engine import modes
from autograd_core.engine.graph import LEAF, OUTPUT, Algebra, Extra, Node, extra_of, topological_order
from autograd_core.engine.walk import backpropagate


class Rule:
    """What the engine needs of a primitive."""

    joint = composition = None
    broadcasts = consumes = fresh = defers = False
    ordinary = frees = True

    def __init__(self, name, *vjps):
        self.name, self.vjps = name, vjps


class Value:
    """A float with a history."""

    def __init__(self, value, node=None):
        self.value, self.grad = value, None
        if node is None:
            node = Node(LEAF, ())
            node.extra = Extra()
            node.extra.owner = weakref.ref(self)
        self.node = node


ADD = Rule("add", lambda g: g, lambda g: g)
MUL = Rule("mul", lambda g, x, y: g * y, lambda g, x, y: g * x)
EXP = Rule("exp", lambda g, out: g * out)
ADD.frees = False


def add(x, y):
    return Value(x.value + y.value, Node(ADD, (x.node, y.node)))


def mul(x, y):
    return Value(x.value * y.value, Node(MUL, (x.node, y.node), (x.value, y.value)))


def exp(x):
    return Value(math.exp(x.value), Node(EXP, (x.node,), (math.exp(x.value),)))


def backward(y, g=1.0, **options):
    return backpropagate([(y.node, g)], Algebra(), **options)


def test_product_and_sum():
    x, y = Value(3.0), Value(4.0)
    backward(add(mul(x, y), x))
    assert (x.grad, y.grad) == (5.0, 3.0)


def test_the_same_operand_twice():
    x = Value(3.0)
    backward(mul(x, x))
    assert x.grad == 6.0


def test_composition_of_functions():
    x = Value(0.5)
    backward(exp(mul(x, x)))
    assert x.grad == pytest.approx(2 * 0.5 * math.exp(0.25), rel=1e-15)


def test_gradients_accumulate_over_passes():
    x = Value(3.0)
    y = mul(x, x)
    backward(y, retain=True)
    backward(y)
    assert x.grad == 12.0


def test_a_second_pass_through_a_freed_graph_names_the_operation():
    x = Value(3.0)
    y = exp(x)
    backward(y)
    with pytest.raises(RuntimeError, match=r"'exp' saved were freed.*retain_graph=True"):
        backward(y)


def test_nodes_that_saved_nothing_can_be_passed_again():
    x = Value(3.0)
    y = add(x, x)
    backward(y)
    backward(y)
    assert x.grad == 4.0


def test_order_is_topological_on_random_graphs():
    import random

    rng = random.Random(0)
    for _ in range(50):
        values = [Value(1.0) for _ in range(3)]
        for _ in range(40):
            values.append(add(rng.choice(values), rng.choice(values)))
        nodes = topological_order([values[-1].node])
        place = {node: i for i, node in enumerate(nodes)}
        assert len(place) == len(nodes)
        for node in nodes:
            assert all(place[parent] > place[node] for parent in node.parents)


def test_a_diamond_of_depth_1000_is_walked_once_a_node():
    calls = []
    count = Rule("count", lambda g: calls.append(1) or g, lambda g: g)
    count.frees = False
    x = y = Value(1.0)
    for _ in range(1000):
        y = Value(0.0, Node(count, (y.node, y.node)))
    backward(y)
    assert x.grad == 2.0**1000
    assert len(calls) == 1000


def test_a_chain_of_a_million_nodes():
    x = Value(1.0)
    node = x.node
    one = Rule("one", lambda g: g)
    for _ in range(1_000_000):
        node = Node(one, (node,))
    ref = weakref.ref(node)
    backpropagate([(node, 1.0)], Algebra())
    assert x.grad == 1.0
    del node
    assert ref() is None  # freed at once, without recursion and without the cycle collector


def test_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x = Value(1.0)
        y = exp(mul(x, x))
        ref = weakref.ref(y.node)
        backward(y)
        del y
        assert ref() is None
    finally:
        gc.enable()


def test_wanted_gradients_only():
    calls = []
    spy = Rule("spy", lambda g: calls.append(1) or g)
    x, y = Value(2.0), Value(3.0)
    branch = Value(0.0, Node(spy, (y.node,)))
    z = add(mul(x, x), branch)
    found = backward(z, wanted={x.node}, deposit=False)
    assert found == {x.node: 4.0}
    assert not calls
    assert x.grad is None
    assert y.grad is None


def test_wanted_in_the_middle_and_below():
    x = Value(2.0)
    y = mul(x, x)
    z = mul(y, y)
    found = backward(z, wanted={x.node, y.node}, deposit=False)
    assert found == {y.node: 8.0, x.node: 32.0}


def test_seeds_may_include_an_ancestor():
    x = Value(2.0)
    y = mul(x, x)
    found = backpropagate([(y.node, 1.0), (x.node, 10.0)], Algebra(), {x.node})
    assert found[x.node] == 14.0


def test_hooks_may_replace_the_gradient():
    x = Value(2.0)
    y = mul(x, x)
    extra_of(y.node).hooks[0] = lambda g: g * 100
    seen = []
    extra_of(y.node).hooks[1] = lambda g: seen.append(g)
    backward(y)
    assert seen == [100.0]
    assert x.grad == 400.0


def test_several_results():
    both = Rule("both", lambda gs: sum(g * k for g, k in zip(gs, (10, 100), strict=True) if g is not None))
    x = Value(1.0)
    main = Node(both, (x.node,))
    first, second = (Value(0.0, Node(OUTPUT, (main,), (i, 2))) for i in range(2))
    backward(add(first, add(second, second)), retain=True)
    assert x.grad == 10 + 200
    x.grad = None
    backward(second)
    assert x.grad == 100


# ------------------------------------------------------------------------------------------------------------------ modes


def test_no_grad_restores_after_an_exception():
    with pytest.raises(KeyError), modes.no_grad():
        assert not modes.is_grad_enabled()
        raise KeyError
    assert modes.is_grad_enabled()


def test_nested_modes():
    with modes.no_grad():
        with modes.enable_grad():
            assert modes.is_grad_enabled()
        assert not modes.is_grad_enabled()
    assert modes.is_grad_enabled()


@pytest.mark.parametrize(
    "decorator", [lambda: modes.no_grad, lambda: modes.no_grad(), lambda: modes.set_grad_enabled(False)]
)
def test_modes_as_decorators(decorator):
    @decorator()
    def inside():
        """Doc."""
        return modes.is_grad_enabled()

    assert modes.is_grad_enabled()
    assert inside() is False
    assert inside.__doc__ == "Doc."
    assert modes.is_grad_enabled()


def test_a_decorated_function_may_call_itself():
    @modes.no_grad()
    def count(n):
        return modes.is_grad_enabled() if n == 0 else count(n - 1)

    assert count(5) is False
    assert modes.is_grad_enabled()


def test_a_decorated_generator_keeps_its_mode_to_itself():
    @modes.no_grad()
    def states():
        sent = yield modes.is_grad_enabled()
        assert sent == "hello"
        try:
            yield modes.is_grad_enabled()
        except ValueError:
            yield "caught"

    generator = states()
    assert next(generator) is False
    assert modes.is_grad_enabled()
    assert generator.send("hello") is False
    assert generator.throw(ValueError()) == "caught"
    assert modes.is_grad_enabled()
    generator.close()


def test_set_grad_enabled_acts_at_once_and_as_context():
    modes.set_grad_enabled(False)
    assert not modes.is_grad_enabled()
    modes.set_grad_enabled(True)
    with modes.set_grad_enabled(False):
        assert not modes.is_grad_enabled()
    assert modes.is_grad_enabled()


def test_inference_mode():
    with modes.inference_mode():
        assert modes.is_inference_mode_enabled()
        assert not modes.is_grad_enabled()
        with modes.inference_mode(False):
            assert modes.is_grad_enabled()
    assert not modes.is_inference_mode_enabled()
    assert modes.is_grad_enabled()

    @modes.inference_mode
    def inside():
        return modes.is_inference_mode_enabled()

    assert inside()


def test_each_thread_has_its_own_mode():
    seen = {}
    ready, go = threading.Event(), threading.Event()

    def other():
        seen["start"] = modes.is_grad_enabled()
        with modes.no_grad():
            ready.set()
            go.wait(10)
            seen["inside"] = modes.is_grad_enabled()

    thread = threading.Thread(target=other)
    with modes.no_grad():
        thread.start()
        ready.wait(10)
    seen["here"] = modes.is_grad_enabled()
    go.set()
    thread.join()
    assert seen == {"start": True, "here": True, "inside": False}


def test_deep_graphs_are_not_walked_by_recursion():
    x = Value(1.0)
    y = x
    for _ in range(20_000):
        y = add(y, x)
    backward(y)
    assert x.grad == 20_001
