"""Hochreiter & Schmidhuber 1997, "Long short-term memory", section 5: the network and the tasks of the paper.

The layer is `nn.LSTM1997`, without forget gates, with the paper's blocks, cells and biases. What differs: it learns by Adam
on 20 sequences at a time, where the paper takes one after the other. Figures are the sequences it has seen until the task
is solved by the paper's criterion, in the median of three trials; a trial that is not solved in time counts as infinite.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn.data import datasets

from .row import Claim, Job, Row

PAPER = "Hochreiter & Schmidhuber 1997"
SEQUENCES = "sequences to solve"
TRIALS = 3
Batch = Callable[[], tuple[Any, Any, Any]]  # inputs (N, T, I), targets (N, O), lengths (N,)


class Answer(nn.Module):
    """What sigmoid units tell at the end of a sequence, (N, O)."""

    def __init__(self, inputs: int, outputs: int, blocks: int, cells: int, **options: Any):
        super().__init__()
        self.lstm = nn.LSTM1997(inputs, blocks, cells, batch_first=True, **options)
        self.out = nn.Linear(blocks * cells, outputs)

    def forward(self, x: Any, lengths: Any) -> Any:
        output = self.lstm(x)[0]
        return F.sigmoid(self.out(output[np.arange(len(x)), lengths - 1]))


def sequences_until_solved(
    net: nn.Module, batch: Batch, lr: float, bound: float, solved_after: int, limit: int
) -> float:
    """How many sequences it takes until of the last `solved_after` at most one in 2,000 is off by more than the bound."""
    optimizer = optim.Adam(net.parameters(), lr=lr)
    wrong: list[bool] = []
    while len(wrong) < limit:
        x, target, lengths = batch()
        optimizer.zero_grad()
        off = net(x, lengths) - target
        off.square().mean().backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        wrong += (off.detach().abs().numpy().max(1) > bound).tolist()
        if len(wrong) >= solved_after and sum(wrong[-solved_after:]) <= solved_after // 2000:
            return len(wrong)
    return math.inf


def trials(job: Job, once: Callable[[], float]) -> dict[str, float]:
    counts = []
    for trial in range(1 if job.quick else TRIALS):
        ag.manual_seed(job.seed + trial)
        counts.append(job.part(f"trial-{trial}", once))
    return {SEQUENCES: statistics.median(counts)}


def long_lag(random: bool) -> Callable[[Job], dict[str, float]]:
    """Experiments 2a and 2b at a lag of 1,000: only the first of 1,001 symbols tells the last."""

    def run(job: Job) -> dict[str, float]:
        lag = 20 if job.quick else 1000

        def batch() -> tuple[Any, Any, Any]:
            symbols, following = datasets.long_lag(lag, random=random)[:]
            x, target = F.one_hot(symbols, lag + 1).float(), F.one_hot(following[:, -1] - (lag - 1), 2).float()
            return x, target, np.full(len(x), lag)

        def once() -> float:
            net = Answer(lag + 1, 2, 1, 1, input_gate_bias=-5.0, biases="gates")
            return sequences_until_solved(net, batch, 0.01, 0.25, 40, 40 if job.quick else 2000)

        return trials(job, once)

    return run


def varying_lag(job: Job) -> dict[str, float]:
    """Experiment 2c: when the trigger comes, after 1,000 symbols or more at random, which symbol was the second?"""
    lag, symbols = (20, 10) if job.quick else (1000, 1000)

    def batch() -> tuple[Any, Any, Any]:
        codes, answers, lengths = datasets.varying_lag(lag, symbols, 20)[:]
        return F.one_hot(codes, symbols + 4).float(), F.one_hot(answers, 2).float(), lengths.numpy()

    def once() -> float:
        net = Answer(symbols + 4, 2, 2, 2, input_gate_bias=[-2.0, -4.0], biases="gates")
        return sequences_until_solved(net, batch, 0.01, 0.2, 2000, 40 if job.quick else 20_000)

    return trials(job, once)


def adding(job: Job) -> dict[str, float]:
    """Experiment 4: of 100 numbers or more the two that are marked are to be added; off by 0.04 at most."""

    def batch() -> tuple[Any, Any, Any]:
        return datasets.adding_problem(20, length=20 if job.quick else 100, vary=True)[:]

    def once() -> float:
        net = Answer(2, 1, 2, 2, input_gate_bias=[-3.0, -6.0])
        return sequences_until_solved(net, batch, 0.02, 0.04, 2000, 40 if job.quick else 150_000)

    return trials(job, once)


def temporal_order(job: Job) -> dict[str, float]:
    """Experiment 6a: which of X and Y came first and which second, among 100 symbols or more? Off by 0.3 at most."""

    def batch() -> tuple[Any, Any, Any]:
        x, order, lengths = datasets.temporal_order(20, length=20 if job.quick else 100, vary=True)[:]
        return x, F.one_hot(order, 4).float(), lengths

    def once() -> float:
        net = Answer(8, 4, 2, 2, input_gate_bias=[-2.0, -4.0])
        return sequences_until_solved(net, batch, 0.01, 0.3, 2000, 40 if job.quick else 80_000)

    return trials(job, once)


class Speller(nn.Module):
    """Foresees the next symbol of a word: 3 blocks of 2 cells."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM1997(7, 3, 2, output_gate_bias=[-1.0, -2.0, -3.0], weight_range=0.2, batch_first=True)
        self.out = nn.Linear(6, 7)

    def forward(self, x: Any) -> Any:
        return self.out(self.lstm(x)[0])

    def knows(self, words: datasets.Reber) -> bool:
        """Whether at each step all symbols that may come are ranked above all others."""
        x, _, legal = words[:]
        scores = optim.predict(self, x)
        worst_legal = ag.where(legal, scores, math.inf).amin(-1)
        return bool((worst_legal > ag.where(legal, -math.inf, scores).amax(-1)).logical_or(~legal.any(-1)).all())


def reber(job: Job) -> dict[str, float]:
    """Experiment 1: words of the embedded Reber grammar, 256 to learn from and 256 others to test on."""

    def once() -> float:
        train, test = (datasets.reber_grammar(256, embedded=True) for _ in range(2))
        x, y, _ = train[:]
        net = Speller()
        optimizer = optim.Adam(net.parameters(), lr=0.02)
        for seen in range(16, 100 if job.quick else 64_000, 16):
            rows = ag.randint(0, 256, (16,)).numpy()
            longest = max(len(train.strings[i]) for i in rows) - 1
            optimizer.zero_grad()
            F.cross_entropy(net(x[rows, :longest]).flatten(0, 1), y[rows, :longest].flatten()).backward()
            optimizer.step()
            if seen % 320 == 0 and net.knows(train) and net.knows(test):
                return seen
        return math.inf

    return trials(job, once)


def _row(name: str, about: str, experiment: str, claim: Claim, run: Any, minutes: float) -> Row:
    return Row(name, about, f"{PAPER}, experiment {experiment}", {SEQUENCES: claim}, run, minutes)


ROWS = [
    _row("lstm-reber", "embedded Reber grammar, 3 blocks of 2 cells", "1", Claim("at most", 8440), reber, 4),
    # the paper's figure is for a lag of 100, the longest it has without varying lags
    _row("lstm-lag", "lag 1,000, fixed symbols, one cell", "2a (lag 100)", Claim("at most", 5040), long_lag(False), 1),
    _row("lstm-lag-random", "lag 1,000, random symbols, one cell", "2b (lag 100)", Claim("at most", 5680), long_lag(True), 1),
    _row("lstm-lag-varying", "lag 1,000 and more, 2 blocks of 2 cells", "2c", Claim("at most", 49_000), varying_lag, 15),
    _row("lstm-adding", "adding problem, 100 steps, 2 blocks of 2 cells", "4", Claim("at most", 74_000), adding, 6),
    _row("lstm-order", "temporal order, 100 steps, 2 blocks of 2 cells", "6a", Claim("at most", 31_390), temporal_order, 4),
]  # fmt: skip
