"""The profile counts what was called, forward and backward, and where; times are only checked for adding up."""

import inspect
import os
import threading

import numpy as np
import pytest

import autograd_core as ag
import nn
from autograd_core.engine import graph


def here():
    """file:line of the caller."""
    frame = inspect.currentframe().f_back
    file = frame.f_code.co_filename
    return f"{min(os.path.relpath(file), file, key=len)}:{frame.f_lineno}"


def counted(p):
    return {row.operation: (row.calls, row.backward_calls) for row in p.by_operation()}


def test_calls_and_bytes_forward_and_backward():
    x = ag.tensor(np.ones((10, 20)), requires_grad=True)
    w = ag.tensor(np.ones((20, 5)), requires_grad=True)
    with ag.profile() as p:
        for _ in range(3):
            (x @ w).exp().sum().backward()
    rows = {row.operation: row for row in p.rows}
    assert counted(p) == {"matmul": (3, 3), "exp": (3, 3), "sum": (3, 3)}
    assert rows["matmul"].bytes == 3 * 10 * 5 * 8
    assert rows["matmul"].backward_bytes == 3 * (10 * 20 + 20 * 5) * 8
    assert rows["exp"].bytes == rows["exp"].backward_bytes == 3 * 50 * 8
    assert rows["sum"].bytes == 3 * 8
    assert all(row.forward > 0 and row.backward > 0 for row in p.rows)
    assert rows["matmul"].total == rows["matmul"].forward + rows["matmul"].backward
    assert rows["matmul"].total_bytes == rows["matmul"].bytes + rows["matmul"].backward_bytes


def test_views_allocate_nothing():
    x = ag.tensor(np.ones((10, 20)), requires_grad=True)
    with ag.profile() as p:
        y = x.reshape(20, 10).T[2:]
        y + 1.0
    assert {row.operation: row.bytes for row in p.rows} == {"reshape": 0, "permute": 0, "getitem": 0, "add": 8 * 20 * 8}


def test_places_are_those_of_the_users_program():
    x = ag.tensor([[1.0, 2.0]], requires_grad=True)
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    with ag.profile() as p:
        y, first = net(x), here()
        z, second = np.mean(y**2), here()
        z.backward()
    places = {row.operation: row.place for row in p.rows}
    assert places == {"linear": first, "tanh": first, "pow": second, "mean": second}
    assert {row.place: (row.calls, row.backward_calls) for row in p.by_place()} == {first: (2, 2), second: (2, 2)}
    assert {row.operation for row in p.by_place()} == {""}


def test_one_operation_from_two_lines_is_two_rows():
    x = ag.tensor([1.0])
    with ag.profile() as p:
        x.exp()
        x.exp()
        x.exp()
    assert [row.calls for row in p.rows] == [1, 1, 1]
    assert [row.calls for row in p.by_operation()] == [3]


def test_what_was_recorded_before_is_placed_at_backward():
    x = ag.tensor([1.0], requires_grad=True)
    y = x.exp()
    with ag.profile() as p:
        y.backward(), here()
        line = here()
    (row,) = p.rows
    assert (row.calls, row.backward_calls) == (0, 1)
    assert row.place.split(":")[0] == line.split(":")[0]
    assert int(row.place.split(":")[1]) == int(line.split(":")[1]) - 1


def test_operations_without_a_gradient_count_too():
    with ag.profile() as p, ag.no_grad():
        ag.ones(3) + 1
        ag.tensor([1, 2]).argmax()
    assert counted(p) == {"add": (1, 0), "argmax": (1, 0)}


def test_times_add_up():
    x = ag.tensor(np.ones((50, 50)), requires_grad=True)
    with ag.profile() as p:
        (x @ x).sum().backward()
    assert 0 < p.inside <= p.wall
    assert p.outside == pytest.approx(p.wall - p.inside)
    assert p.inside == pytest.approx(sum(row.total for row in p.by_place()))
    wall = p.wall
    assert p.wall == wall, "the clock stops at the end of the block"


def test_wall_runs_while_inside():
    with ag.profile() as p:
        first = p.wall
        ag.ones(2).exp()
        assert p.wall > first > 0


def test_own_time_only_with_checkpoint_and_create_graph():
    x = ag.tensor(np.ones((200, 200)), requires_grad=True)
    with ag.profile() as p:
        ag.checkpoint(lambda t: (t @ t).sum(), x).backward()
        (g,) = ag.grad((x @ x).sum(), x, create_graph=True)
        g.sum().backward()
    assert p.inside <= p.wall
    assert counted(p)["checkpoint"] == (0, 1)
    assert counted(p)["matmul"][0] >= 3


def test_entered_again_it_goes_on():
    p = ag.profile()
    for _ in range(2):
        with p:
            ag.ones(2).exp()
    assert counted(p) == {"exp": (2, 0)}


def test_nested():
    with ag.profile() as outer:
        ag.ones(2).exp()
        with ag.profile() as inner:
            ag.ones(2).sin()
        ag.ones(2).cos()
    assert set(counted(outer)) == {"exp", "sin", "cos"}
    assert set(counted(inner)) == {"sin"}
    assert not graph.watchers


def test_with_anomaly_detection():
    x = ag.tensor([4.0], requires_grad=True)
    with ag.detect_anomaly(), ag.profile() as p:
        x.sqrt().backward()
    assert counted(p) == {"sqrt": (1, 1)}


def test_an_exception_restores():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    p = ag.profile()

    def fails():
        with p:
            x.exp()
            x @ ag.ones(3)

    with pytest.raises(ValueError, match="matmul"):
        fails()
    assert not graph.watchers
    y = x * 2
    y.register_hook(lambda g: 1 / 0)
    with p:
        with pytest.raises(ZeroDivisionError):
            (y.sin()).sum().backward()
        x.exp()
    assert counted(p)["exp"] == (2, 0)
    assert p.inside <= p.wall


def test_threads():
    x = ag.tensor(np.ones(10), requires_grad=True)

    def work():
        for _ in range(20):
            (x.sin() * 2).sum()

    with ag.profile() as p:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    assert counted(p) == {"sin": (80, 0), "mul": (80, 0), "sum": (80, 0)}


def test_nothing_is_changed_afterwards():
    x = ag.tensor([1.0], requires_grad=True)
    with ag.profile():
        y = x.exp()
    assert not graph.watchers and y.grad_fn.extra is None


def test_it_does_not_keep_the_graph_alive():
    import weakref

    x = ag.tensor([1.0], requires_grad=True)
    with ag.profile() as p:
        y = x.exp()
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    assert counted(p) == {"exp": (1, 0)}


# ----------------------------------------------------------------------------------------------------------- the table


def example():
    p = ag.profile()
    x = ag.tensor(np.ones((10, 10)), requires_grad=True)
    with p:
        (x @ x).sum().backward()
    for row, forward in zip(sorted(p._table.values(), key=lambda r: r.operation), (2.5, 3e-4), strict=True):
        row.forward, row.backward = forward, 1e-7 if row.operation == "sum" else 0.0
    p._wall = 4.0
    return p


def test_table():
    head, rule, first, second, note = str(example()).splitlines()
    assert head.split() == ["operation", "calls", "forward", "backward", "allocated", "share", "place"]
    assert set(rule) == {"-"}
    assert first.split()[:8] == ["matmul", "1", "2.5", "s", "0", "2.4", "kB", "100.0%"]
    assert second.split()[:8] == ["sum", "1", "300", "µs", "0.1", "µs", "8", "B"]
    assert first.split()[-1].startswith("tests" + os.sep + "test_profile.py:")
    assert note == "operations 2.5 s + outside 1.5 s = 4 s"
    assert repr(example()) == "<profile: 2 rows, 2.5 s in operations of 4 s>"


def test_a_long_table_is_cut():
    p = example()
    assert "… 1 more rows" in p.table(limit=1)
    assert "matmul" in p.table(limit=1) and "sum" not in p.table(limit=1)
    assert "more rows" not in p.table(limit=None)


def test_an_empty_profile_prints():
    with ag.profile() as p:
        pass
    assert "operation" in str(p) and p.inside == 0 and p.rows == []


def test_html():
    p = example()
    for row in p._table.values():
        row.place = "<stdin>:1"
    text = p._repr_html_()
    assert "<th>operation</th>" in text and "<td>matmul</td>" in text
    assert "&lt;stdin&gt;:1" in text and "<stdin>" not in text
    assert text.count("<tr>") == text.count("</tr>") == 3


def test_sorting():
    p = example()
    assert [row.operation for row in p.by_operation("name")] == ["matmul", "sum"]
    assert [row.operation for row in p.by_operation("bytes")] == ["matmul", "sum"]
    with pytest.raises(ValueError, match="profile: sort must be 'total', 'bytes' or 'name', got 'size'"):
        p.by_place("size")


def test_entering_twice_is_refused():
    with (
        ag.profile() as p,
        pytest.raises(RuntimeError, match=r"running already; use a new one inside, ag\.profile\(\)"),
    ):
        p.__enter__()
    assert not graph.watchers
