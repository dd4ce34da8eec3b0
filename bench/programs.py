"""Whole programs beside PyTorch's: `python -m bench programs [--only=TEXT]`.

A training step of `headline` and what programs have around it: batches from a loader, clipped gradients, a schedule, the
squared error. NumPy's own products and norms run between our kernels there, so this shows whether the two pools of
threads stand in each other's way. As in `headline` each library lives in a process of its own and they run alternately; here
a round gives a slice of time to every program, so that two programs of one library can be compared too: the LSTM whose
gradients are clipped should take at most 3 % longer than the bare one.
"""

from __future__ import annotations

import importlib
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from .headline import Worker
from .report import geometric_mean, has_torch, options, run_bench, save, table
from .workloads import Case, Library, lenet5, recurrent, step

BARE, CLIPPED = "LSTM 64 steps, batch 32, 256 units: the bare step", "LSTM 64 steps, batch 32, 256 units: clipped"
Program = Callable[[Library], Callable[[], Any]]


def batches(lib: Library, x: Any, target: Any, batch: int) -> Iterator[Any]:
    """Shuffled batches from the library's own loader, epoch after epoch."""
    data = importlib.import_module("nn.data" if lib.name == "ours" else "torch.utils.data")
    loader = data.DataLoader(data.TensorDataset(x, target), batch_size=batch, shuffle=True)
    return itertools.chain.from_iterable(itertools.repeat(loader))


def program(
    lib: Library, case: Case, batch: int = 0, max_norm: float | None = None, schedule: bool = True
) -> Callable[[], None]:
    """A step: the next batch of case.x (without `batch` all of it), forward, loss, backward, clipping, optimiser, schedule."""
    source = batches(lib, case.x, case.target, batch) if batch else itertools.repeat((case.x, case.target))
    scheduler = lib.optim.lr_scheduler.CosineAnnealingLR(case.optimizer, 10**6) if schedule else None
    parameters = list(case.model.parameters())

    def run() -> None:
        x, target = next(source)
        case.optimizer.zero_grad()
        case.loss(case.model(x), target).backward()
        if max_norm is not None:
            lib.nn.utils.clip_grad_norm_(parameters, max_norm)
        case.optimizer.step()
        if scheduler is not None:
            scheduler.step()

    return run


def lenet(lib: Library) -> Callable[[], None]:
    case = lenet5(lib, 1024)
    return program(lib, case._replace(optimizer=lib.optim.Adam(case.model.parameters(), lr=1e-3)), batch=64)


def names(lib: Library, batch: int = 64, length: int = 12, vocabulary: int = 28) -> Callable[[], None]:
    """The next character of first names, from an LSTM."""
    nn = lib.nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(vocabulary, 32)
            self.lstm = nn.LSTM(32, 128, batch_first=True)
            self.linear = nn.Linear(128, vocabulary)

        def forward(self, x: Any) -> Any:
            return self.linear(self.lstm(self.embedding(x))[0]).flatten(0, 1)

    model = Network()
    loss = lambda y, target: lib.F.cross_entropy(y, target.flatten())  # noqa: E731
    case = Case(
        model, lib.classes(vocabulary, 1024, length), lib.classes(vocabulary, 1024, length), loss,
        lib.optim.Adam(model.parameters(), lr=3e-3),
    )  # fmt: skip
    return program(lib, case, batch, max_norm=1.0)


def seq2seq(
    lib: Library, batch: int = 64, length: int = 12, vocabulary: int = 28, width: int = 128
) -> Callable[[], None]:
    """`nn.models.Seq2Seq`, in the text of both libraries; the target is also what the decoder gets."""
    nn, F, core = lib.nn, lib.F, lib.core

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.source, self.target = nn.Embedding(vocabulary, 32), nn.Embedding(vocabulary, 32)
            self.encoder = nn.GRU(32, width // 2, batch_first=True, bidirectional=True)
            self.decoder = nn.GRU(32, width, batch_first=True)
            self.keys, self.combine = nn.Linear(width, width, bias=False), nn.Linear(2 * width, width)
            self.scores = nn.Linear(width, vocabulary)

        def forward(self, x: Any) -> Any:
            states, last = self.encoder(self.source(x[:, 0]))
            h, _ = self.decoder(self.target(x[:, 1]), core.cat([last[0], last[1]], 1).unsqueeze(0))
            match = h @ self.keys(states).transpose(1, 2) / width**0.5
            context = F.softmax(match, 2) @ states
            return self.scores(self.combine(core.cat([context, h], 2)).tanh()).flatten(0, 1)

    model = Network()
    loss = lambda y, target: F.cross_entropy(y, target.flatten())  # noqa: E731
    case = Case(
        model, lib.classes(vocabulary, 1024, 2, length), lib.classes(vocabulary, 1024, length), loss,
        lib.optim.Adam(model.parameters(), lr=1e-3),
    )  # fmt: skip
    return program(lib, case, batch, max_norm=1.0)


def autoencoder(lib: Library, batch: int = 64) -> Callable[[], None]:
    nn = lib.nn
    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 784))
    x = lib.floats(1024, 784)
    case = Case(model, x, x, lib.F.mse_loss, lib.optim.Adam(model.parameters(), lr=1e-3))
    return program(lib, case, batch, max_norm=1.0)


def large_lstm(lib: Library) -> Case:
    return recurrent(lib, "LSTM", 64, 32, 256)


PROGRAMS: dict[str, Program] = {
    BARE: lambda lib: step(large_lstm(lib)),
    CLIPPED: lambda lib: program(lib, large_lstm(lib), max_norm=1.0, schedule=False),
    "rows by LSTM 128, batch 64: clipped, schedule, loader": lambda lib: program(
        lib, recurrent(lib, "LSTM", 28, 1024, 128), 64, max_norm=1.0
    ),
    "seq2seq with attention, batch 64: clipped, schedule, loader": seq2seq,
    "LeNet-5, batch 64: Adam, schedule, loader": lenet,
    "names by LSTM 128, batch 64: clipped, schedule, loader": names,
    "autoencoder 784-128-784, batch 64: squared error, clipped, loader": autoencoder,
}


def work(library: str) -> None:
    """The worker's side: read [program, seconds], answer with the fastest step."""
    lib, runs = Library(library), {}
    for line in sys.stdin:
        name, seconds = json.loads(line)
        if name not in runs:
            runs[name] = PROGRAMS[name](lib)
            for _ in range(3):
                runs[name]()
        run, best = runs[name], float("inf")
        until = time.perf_counter() + seconds
        while (started := time.perf_counter()) < until:
            run()
            best = min(best, time.perf_counter() - started)
        print(best, flush=True)


def measure(names: list[str], rounds: int, seconds: float) -> dict[str, dict[str, list[float]]]:
    """Seconds of the fastest step in each round, by library and program."""
    libraries = ["ours", "torch"] if has_torch() else ["ours"]
    workers = {library: Worker(library, "bench.programs") for library in libraries}
    times: dict[str, dict[str, list[float]]] = {library: {name: [] for name in names} for library in libraries}
    for i in range(rounds + 1):
        for name in names if i % 2 else names[::-1]:
            for library in libraries if i % 2 else libraries[::-1]:
                time.sleep(0.05)  # the other's threads stop spinning
                taken = workers[library].time(name, seconds)
                if i:  # the first round is for warming up
                    times[library][name].append(taken)
    for worker in workers.values():
        worker.close()
    return times


def ratios(over: list[float], under: list[float]) -> tuple[float, float, float]:
    """The quartiles of over / under, round by round: low, median, high."""
    low, median, high = statistics.quantiles([a / b for a, b in zip(over, under, strict=True)], n=4, method="inclusive")
    return low, median, high


def main(arguments: list[str]) -> None:
    chosen = options("programs", arguments, only="only the programs whose names contain this text")
    names = [name for name in PROGRAMS if chosen.only in name]
    if not names:
        print(
            f"error: --only {chosen.only}: no program has that in its name; there are {'; '.join(PROGRAMS)}",
            file=sys.stderr,
        )
        raise SystemExit(2)
    times = measure(names, *((2, 0.1) if chosen.quick else (9, 0.5)))
    rows: list[dict[str, Any]] = []
    for name in names:
        row: dict[str, Any] = {"program": name, "ours": min(times["ours"][name])}
        if has_torch():
            low, median, high = ratios(times["torch"][name], times["ours"][name])
            row |= {"torch": min(times["torch"][name]), "ratio": median, "low": low, "high": high}
        rows.append(row)
    if has_torch():
        columns = ["whole program, a step", "ours ms", "PyTorch ms", "times as fast", "quartiles"]
        cells = [
            [r["program"], r["ours"] * 1e3, r["torch"] * 1e3, r["ratio"], f"{r['low']:.2f} to {r['high']:.2f}"]
            for r in rows
        ]
        print(table(columns, cells))
        print(f"geometric mean: {geometric_mean(r['ratio'] for r in rows):.2f} times as fast")
    else:
        print("PyTorch is not installed here: no ratios")
        print(table(["whole program, a step", "ms"], ([r["program"], r["ours"] * 1e3] for r in rows)))
    results: dict[str, Any] = {"rows": rows}
    if {BARE, CLIPPED} <= set(names):
        low, median, high = results["clipping"] = ratios(times["ours"][CLIPPED], times["ours"][BARE])
        print(f"clipped over bare: {median:.3f} (quartiles {low:.3f} to {high:.3f}; at most 1.03)")
    if chosen.save:
        save("programs", results)


if __name__ == "__main__":
    run_bench(main, work)
