"""Where the boxes of a layered graph go, and the routes of the edges between them. Knows nothing of tensors or SVG.

The four steps of Sugiyama, Tagawa & Toda 1981, each iterative and close to linear:

1. Layers: the longest path from the sources; a box with slack then moves next to those that use it.
2. An edge across several layers becomes a chain of dummy vertices, shared by all edges that leave the same port.
3. Order in each layer: barycentre sweeps down and up; the order with the fewest crossings is kept.
4. Coordinates: sweeps that pull each vertex to the mean of its neighbours without changing the order, which for one
   layer is an isotonic regression, solved exactly by pooling adjacent violators.

Edges run straight through the bands that hold the boxes and bend only in the gaps between them, so that no edge
crosses a box. `across` is the direction in a layer (x where the graph runs down), `along` the one from layer to layer.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

SEPARATION = 22.0  # between neighbouring boxes of a layer
LANE = 12.0  # the room of an edge that passes through a layer
GAP = 30.0  # between layers, at least
ORDER_SWEEPS = 8
PLACE_SWEEPS = 8
DUMMIES = 40  # for each box, on average; beyond that the longest edges go straight, beneath the boxes
BENDS = 24  # of an edge, the last ones; a long chain has many, and many edges that share it

Edge = tuple[int, int, float]  # source, target, where on the source it leaves, relative to the centre
Point = tuple[float, float]  # across, along


@dataclass
class Layout:
    across: list[float]  # the centre of each box
    along: list[float]  # the start of each box
    routes: list[list[Point]]  # for each edge, from the end of the source to the start of the target
    layers: list[int]  # the layer of each box
    extent: Point


class _Vertices:
    """Boxes, and after them the dummies: their layer, half size across, and weighted neighbours before and after."""

    def __init__(self, layers: list[int], sizes: Sequence[float]):
        self.layer = list(layers)
        self.half = [(size + SEPARATION) / 2 for size in sizes]
        self.before: list[list[tuple[int, float]]] = [[] for _ in sizes]
        self.after: list[list[tuple[int, float]]] = [[] for _ in sizes]

    def add_dummy(self, layer: int) -> int:
        self.layer.append(layer)
        self.half.append(LANE / 2)
        self.before.append([])
        self.after.append([])
        return len(self.layer) - 1

    def link(self, u: int, v: int, weight: float) -> None:
        self.after[u].append((v, weight))
        self.before[v].append((u, weight))


def layered(
    across: Sequence[float], along: Sequence[float], edges: Sequence[Edge], faces: Sequence[float] | None = None
) -> Layout:
    """Place boxes of the given sizes so that every edge leads to a later layer. The edges must form no cycle.

    `faces` are the parts of the sizes across where edges may arrive; the rest is room for something else.
    """
    faces = across if faces is None else faces
    count = len(across)
    layers, depths = _assign_layers(count, edges)
    vertices = _Vertices(layers, across)
    chains = _route(vertices, depths, edges)
    rows = _initial_order(vertices, count, edges)
    rows = _reduce_crossings(rows, vertices)
    centre = _coordinates(rows, vertices)
    _straighten(rows, list(chains.values()), vertices.half, centre)
    _close_gaps(vertices.half, centre)

    bands = [0.0] * len(rows)
    for box, size in enumerate(along):
        bands[layers[box]] = max(bands[layers[box]], size)
    starts = _band_starts(rows, bands, vertices, centre)
    start = [starts[layers[b]] + (bands[layers[b]] - along[b]) / 2 for b in range(count)]
    routes = _points(edges, chains, vertices, centre, faces, start, along, starts, bands)

    left = min([centre[b] - across[b] / 2 for b in range(count)] + [p[0] for route in routes for p in route])
    right = max([centre[b] + across[b] / 2 for b in range(count)] + [p[0] for route in routes for p in route])
    return Layout(
        [c - left for c in centre[:count]],
        start,
        [[(x - left, y) for x, y in route] for route in routes],
        layers,
        (right - left, starts[-1] + bands[-1]),
    )


def _assign_layers(count: int, edges: Sequence[Edge]) -> tuple[list[int], list[int]]:
    """The layer of each box, and how many edges the longest path to it has."""
    before: list[list[int]] = [[] for _ in range(count)]
    after: list[list[int]] = [[] for _ in range(count)]
    for source, target, _ in edges:
        before[target].append(source)
        after[source].append(target)
    missing = [len(b) for b in before]
    order = [box for box in range(count) if not missing[box]]
    layer = [0] * count
    for box in order:  # grows while it is read
        for target in after[box]:
            layer[target] = max(layer[target], layer[box] + 1)
            missing[target] -= 1
            if not missing[target]:
                order.append(target)
    assert len(order) == count, "the edges form a cycle"
    depths = list(layer)
    light = [False] * count  # what hangs from sources alone: it follows, and sources have one chain for all their edges
    for box in order:
        light[box] = not before[box] or (len(after[box]) == 1 and all(light[source] for source in before[box]))
    for box in reversed(order):
        fixed = sum(1 for source in before[box] if not light[source])
        if after[box] and fixed <= len(after[box]):  # moving it does not lengthen the edges in all
            layer[box] = min(layer[target] for target in after[box]) - 1
    first = min(layer)
    return [depth - first for depth in layer], depths


def _route(vertices: _Vertices, depths: list[int], edges: Sequence[Edge]) -> dict[tuple[int, float], list[int]]:
    """Make the dummies of all edges: for each port, one chain as long as its longest edge. Links neighbours."""
    layer = vertices.layer
    reach: dict[tuple[int, float], int] = {}
    for source, target, port in edges:
        reach[source, port] = max(reach.get((source, port), 0), layer[target])
    budget = DUMMIES * len(depths) + 1000
    chains: dict[tuple[int, float], list[int]] = {}
    for key in sorted(reach, key=lambda key: reach[key] - layer[key[0]]):
        source = key[0]
        length = reach[key] - layer[source] - 1
        if length > budget:
            continue
        budget -= length
        chains[key] = chain = [vertices.add_dummy(layer[source] + 1 + i) for i in range(length)]
        for i, dummy in enumerate(chain):  # a chain wants to be straight
            vertices.link(chain[i - 1] if i else source, dummy, 8.0 if i else 1.0)
    for source, target, port in edges:
        chain = chains.get((source, port), [])
        steps = layer[target] - layer[source] - 1
        if steps <= len(chain):  # the longest path stays straight rather than centred between its parameters
            weight = 0.1 if not depths[source] else 8.0 if depths[target] - depths[source] == 1 else 0.5
            vertices.link(chain[steps - 1] if steps else source, target, weight)
    return chains


def _initial_order(vertices: _Vertices, count: int, edges: Sequence[Edge]) -> list[list[int]]:
    """Each layer in the order of a depth-first search from the last boxes, which visits inputs in their order."""
    rows: list[list[int]] = [[] for _ in range(max(vertices.layer) + 1)]
    seen = [False] * len(vertices.layer)
    stack = [v for v in reversed(range(len(seen))) if not vertices.after[v]]
    while stack:
        v = stack.pop()
        if seen[v]:
            continue
        seen[v] = True
        rows[vertices.layer[v]].append(v)
        stack.extend(u for u, _ in reversed(vertices.before[v]) if not seen[u])
    return rows


def _reduce_crossings(rows: list[list[int]], vertices: _Vertices) -> list[list[int]]:
    best, fewest = rows, _crossings(rows, vertices)
    position = [0.0] * len(vertices.layer)
    rows = [list(row) for row in rows]
    for row in rows:
        for i, v in enumerate(row):
            position[v] = i
    for sweep in range(ORDER_SWEEPS):
        if not fewest:
            break
        neighbours = vertices.before if sweep % 2 == 0 else vertices.after
        for row in rows if sweep % 2 == 0 else reversed(rows):
            keys = {v: _mean([position[u] for u, _ in neighbours[v]], position[v]) for v in row}
            row.sort(key=keys.__getitem__)
            for i, v in enumerate(row):
                position[v] = i
        crossings = _crossings(rows, vertices)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(rows: list[list[int]], vertices: _Vertices) -> int:
    """How many pairs of edges cross, counted layer by layer with a Fenwick tree (Barth, Jünger & Mutzel 2002)."""
    total = 0
    position = [0] * len(vertices.layer)
    for row in rows:
        for i, v in enumerate(row):
            position[v] = i
    for row, following in itertools.pairwise(rows):
        tree = [0] * (len(following) + 1)
        passed = 0
        for v in row:
            ends = sorted(position[w] for w, _ in vertices.after[v])
            for end in ends:
                i, not_beyond = end + 1, 0
                while i:
                    not_beyond += tree[i]
                    i &= i - 1
                total += passed - not_beyond
            for end in ends:
                passed += 1
                i = end + 1
                while i < len(tree):
                    tree[i] += 1
                    i += i & -i
    return total


def _coordinates(rows: list[list[int]], vertices: _Vertices) -> list[float]:
    centre = [0.0] * len(vertices.layer)
    for row in rows:
        _settle(row, lambda v: (0.0, 1.0), vertices.half, centre)

    def pull(neighbours: Sequence[list[list[tuple[int, float]]]]) -> Callable[[int], tuple[float, float]]:
        def wish(v: int) -> tuple[float, float]:
            total = weight = 0.0
            for side in neighbours:
                for u, w in side[v]:
                    total += w * centre[u]
                    weight += w
            return (total / weight, weight) if weight else (centre[v], 0.01)

        return wish

    for _ in range(PLACE_SWEEPS):
        for row in rows:
            _settle(row, pull((vertices.before,)), vertices.half, centre)
        for row in reversed(rows):
            _settle(row, pull((vertices.after,)), vertices.half, centre)
    for row in [*rows, *reversed(rows)]:
        _settle(row, pull((vertices.before, vertices.after)), vertices.half, centre)
    return centre


def _straighten(rows: list[list[int]], chains: list[list[int]], half: list[float], centre: list[float]) -> None:
    """Give the dummies of a chain one position across, over runs as long as their neighbours leave room for."""
    low, high = [-1e9] * len(centre), [1e9] * len(centre)
    neighbours: list[tuple[int | None, int | None]] = [(None, None)] * len(centre)
    for row in rows:
        for u, v, w in zip([None, *row], row, [*row[1:], None]):
            neighbours[v] = u, w
    for chain in chains:
        for v in chain:
            u, w = neighbours[v]
            low[v] = -1e9 if u is None else centre[u] + half[u] + half[v]
            high[v] = 1e9 if w is None else centre[w] - half[w] - half[v]
        i = 0
        while i < len(chain):
            j, least, most = i, -1e9, 1e9
            while j < len(chain) and max(least, low[chain[j]]) <= min(most, high[chain[j]]) + 1e-9:
                least, most = max(least, low[chain[j]]), min(most, high[chain[j]])
                j += 1
            j = max(j, i + 1)
            run = chain[i:j]
            position = min(max(sum(centre[v] for v in run) / len(run), least), max(least, most))
            for v in run:
                centre[v] = position
            i = j


def _close_gaps(half: list[float], centre: list[float]) -> None:
    """Take out the strips along which no layer has anything, as between graphs that are not connected."""
    end = gap = 0.0
    for i, v in enumerate(sorted(range(len(centre)), key=lambda v: centre[v] - half[v])):
        start = centre[v] - half[v]
        gap += max(start - end, 0.0) if i else 0.0
        end = max(end, centre[v] + half[v]) if i else centre[v] + half[v]
        centre[v] -= gap


def _settle(row: list[int], wish: Callable[[int], tuple[float, float]], half: list[float], centre: list[float]) -> None:
    """Move the vertices of a row to where they wish to be, as nearly (least squares) as order and sizes allow."""
    shift = 0.0
    shifts = []
    blocks: list[tuple[float, float, int]] = []  # weighted sum, weight, length
    for i, v in enumerate(row):
        if i:
            shift += half[row[i - 1]] + half[v]
        shifts.append(shift)
        target, weight = wish(v)
        block = (weight * (target - shift), weight, 1)
        while blocks and blocks[-1][0] * block[1] > block[0] * blocks[-1][1]:  # the mean before is the larger one
            last = blocks.pop()
            block = (last[0] + block[0], last[1] + block[1], last[2] + block[2])
        blocks.append(block)
    i = 0
    for total, weight, length in blocks:
        for _ in range(length):
            centre[row[i]] = total / weight + shifts[i]
            i += 1


def _band_starts(rows: list[list[int]], bands: list[float], vertices: _Vertices, centre: list[float]) -> list[float]:
    """Where each layer's band begins; the gap before it grows with how far its edges go sideways."""
    starts = [0.0]
    for row, band in zip(rows[:-1], bands):
        sideways = max((abs(centre[v] - centre[w]) for v in row for w, _ in vertices.after[v]), default=0.0)
        starts.append(starts[-1] + band + GAP + min(60.0, 0.08 * sideways))
    return starts


def _points(
    edges: Sequence[Edge],
    chains: dict[tuple[int, float], list[int]],
    vertices: _Vertices,
    centre: list[float],
    faces: Sequence[float],
    start: list[float],
    along: Sequence[float],
    starts: list[float],
    bands: list[float],
) -> list[list[Point]]:
    layer = vertices.layer
    routes: list[list[Point]] = []
    arriving: dict[int, list[int]] = {}
    corners = {key: _corners(chain, centre, layer, starts, bands) for key, chain in chains.items()}
    for number, (source, target, port) in enumerate(edges):
        x = centre[source] + port
        route = [(x, start[source] + along[source]), (x, starts[layer[source]] + bands[layer[source]])]
        chain = chains.get((source, port), [])[: layer[target] - layer[source] - 1]
        if chain:
            last = chain[-1]
            bends = corners[source, port]
            route += bends[: bisect_right(bends, starts[layer[last]], key=itemgetter(1))][-BENDS:]
            route.append((centre[last], starts[layer[last]] + bands[layer[last]]))
        routes.append(route)
        arriving.setdefault(target, []).append(number)
    for target, numbers in arriving.items():  # each where it comes from, if that is above the box
        numbers.sort(key=lambda number: routes[number][-1][0])
        room = max(faces[target] / 2 - 10.0, 1.0)
        spread = min(14.0, 2 * room / max(len(numbers) - 1, 1))
        ports = [0.0] * len(numbers)
        wishes = [routes[number][-1][0] - centre[target] for number in numbers]
        _settle(list(range(len(numbers))), lambda i: (wishes[i], 1.0), [spread / 2] * len(numbers), ports)
        for i, (port, number) in enumerate(zip(ports, numbers, strict=True)):
            x = centre[target] + max(i * spread - room, min(port, room - (len(numbers) - 1 - i) * spread))
            routes[number] += [(x, starts[layer[target]]), (x, start[target])]
    return routes


def _corners(
    chain: list[int], centre: list[float], layer: list[int], starts: list[float], bands: list[float]
) -> list[Point]:
    """Where a chain of dummies bends: the start of its first band, and the ends of each gap in which it moves."""
    points = [(centre[chain[0]], starts[layer[chain[0]]])] if chain else []
    for u, v in itertools.pairwise(chain):
        if abs(centre[u] - centre[v]) > 0.05:
            points += [(centre[u], starts[layer[u]] + bands[layer[u]]), (centre[v], starts[layer[v]])]
    return points
