"""Sequences: reversal by attention, memory over long lags, and a forecast of sunspots."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
import nn.functional as F
import optim
from autograd_core.kernels.machine.compilation import clock
from nn import plot
from nn.data import TensorDataset, datasets
from nn.models import MLP, RecurrentRegressor, Seq2Seq
from nn.utils import clip_grad_norm_
from optim.training import Progress, fit

from .recipe import Recipe, UserError, positive, save_results, uninterrupted


@dataclass(frozen=True, kw_only=True)
class Reversal(Recipe):
    """Write a sequence of symbols backwards: what came last must be written first, which attention makes easy."""

    symbols: int = 20
    length: int = 12
    steps: int = 2500
    batch_size: int = 128

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--steps", type=positive(int), default=self.steps, help=f"of training ({self.steps})")
        parser.add_argument("--no-attention", action="store_true", help="only the encoder's last state, for comparison")
        super().add_options(parser)

    def batch(self, count: int, fewest: int) -> tuple[Any, Any, Any]:
        """Random sources, the decoder's inputs (the target one step later, symbol 0 first), and the targets.

        Each source consists of the first `fewest` symbols or more of them, up to all. Few symbols come again and again in a
        sequence, and only a model that has learnt to count can tell them apart; among all, that is too rare to be learnt.
        """
        symbols = ag.randint(fewest, self.symbols + 1, (count, 1)).numpy()
        source = 1 + (ag.rand(count, self.length).numpy() * symbols).astype(np.int64)
        target = source[:, ::-1]
        previous = np.concatenate([np.zeros((count, 1), source.dtype), target[:, :-1]], 1)
        return ag.tensor(source), ag.tensor(previous), ag.tensor(target)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        model = Seq2Seq(self.symbols + 1, self.symbols + 1, width=128, attention=not options.no_attention)
        parameters = sum(p.array.size for p in model.parameters())
        print(f"{self.name}: {self.about}; {self.length} of {self.symbols} symbols; {parameters:,} parameters")
        optimizer = optim.Adam(model.parameters(), lr=5e-3)
        schedule = optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=options.steps)
        losses, started = [], clock()
        for step in range(1, options.steps + 1):
            source, previous, target = self.batch(self.batch_size, 2)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(source, previous).flatten(0, 1), target.flatten())
            loss.backward()
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            if step % max(1, options.steps // 10) == 0:
                print(f"step {step:5}  loss {np.mean(losses[-50:]):.4f}")
        seconds = clock() - started
        source, _, target = self.batch(1000, self.symbols)
        written, weights = model.generate(source, self.length)
        right = float((written == target.numpy()).all(1).mean())
        print(f"test: {right:.1%} of 1,000 new sequences reversed without a mistake ({seconds:.0f} s of training)")
        report = {
            "model": self.name, "data": "random", "seed": options.seed, "steps": options.steps, "parameters": parameters,
            "attention": not options.no_attention, "seconds": round(seconds, 1), "test_accuracy": right,
        }  # fmt: skip
        shown = {"loss": plot.curves({"training": losses}, "step", "loss", log=True)}
        if weights is not None:
            shown["attention"] = plot.heat(weights[0], "source", "written", "weights of attention, one sequence")
        save_results(folder, model, report, shown)
        return 0


@dataclass(frozen=True, kw_only=True)
class LongLag(Recipe):
    """Noise-free sequences with long lags: which of two symbols comes last, only the first of all tells.

    Solved, as in the paper, once the outputs for both sequences are off by less than 0.25. The LSTM starts as the paper's:
    its forget gates all but open (then it had none), its input gates nearly closed, its weights small.
    """

    lag: int = 1000
    steps: int = 600

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--lag", type=positive(int), default=self.lag, help=f"steps between the two ({self.lag})")
        parser.add_argument(
            "--steps", type=positive(int), default=self.steps, help=f"of training, at most ({self.steps})"
        )
        parser.add_argument("--kind", choices=("lstm", "gru", "rnn"), default="lstm", help="of recurrent layer (lstm)")
        super().add_options(parser)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        symbols, following = datasets.long_lag(options.lag).tensors
        x, last = F.one_hot(symbols, options.lag + 1).float(), following[:, -1] - (options.lag - 1)
        model = RecurrentRegressor(options.lag + 1, 2, 16, kind=options.kind)
        if options.kind == "lstm":
            _keep_memories(model.recurrent)
        parameters = sum(p.array.size for p in model.parameters())
        print(f"{self.name}: {self.about}; lag {options.lag}, {options.kind}, {parameters:,} parameters")
        optimizer = optim.Adam(model.parameters(), lr=3e-3)
        errors: list[float] = []  # the largest of the two outputs'
        started, solved = clock(), False
        while not solved and len(errors) < options.steps:
            optimizer.zero_grad()
            scores = model(x)
            F.cross_entropy(scores, last).backward()
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            right = F.softmax(scores.detach(), 1).numpy()[np.arange(2), last.numpy()]
            errors.append(float(1 - right.min()))
            solved = errors[-1] < 0.25
        seconds = clock() - started
        outcome = "solved" if solved else f"not solved (error {errors[-1]:.2f}, by guessing 0.50)"
        print(f"{outcome} after {len(errors)} steps ({seconds:.0f} s)")
        report = {
            "model": self.name, "data": f"lag {options.lag}", "kind": options.kind, "seed": options.seed,
            "parameters": parameters, "solved": solved, "steps": len(errors), "error": errors[-1],
            "seconds": round(seconds, 1),
        }  # fmt: skip
        save_results(
            folder, model, report, {"error": plot.curves({options.kind: errors}, "step", "error at the last symbol")}
        )
        return 0


def _keep_memories(lstm: Any) -> None:
    """Forget gates with biases of 12 (half of a memory is left after 100,000 steps), input gates with -4."""
    H = lstm.hidden_size
    with ag.no_grad():
        for parameter in lstm.parameters():
            parameter.mul_(0.5)
        lstm.bias_hh_l0.zero_()
        lstm.bias_ih_l0.zero_()
        lstm.bias_ih_l0[:H] = -4.0
        lstm.bias_ih_l0[H : 2 * H] = 12.0


@dataclass(frozen=True, kw_only=True)
class Sunspots(Recipe):
    """Monthly sunspot numbers some months ahead, by networks and by linear autoregression.

    The last fifth of the series is the test. All models see square roots (which even out the noise), standardised by the
    training part; errors are in sunspots. The autoregressions are least squares on the `orders` months before; the best of
    them *on the test* is the one to beat. The networks see 15 years as means over months that grow
    longer with their age, and learn what the linear forecast from these leaves over.
    """

    horizon: int = 12
    epochs: int = 40
    members: int = 4
    orders: tuple[int, ...] = (12, 36, 132, 264)
    bins: tuple[int, ...] = (1, 1, 2, 4, 4, *[6] * 4, *[12] * 12)

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--horizon", type=positive(int), default=self.horizon, help=f"months ahead ({self.horizon})"
        )
        parser.add_argument("--epochs", type=positive(int), default=self.epochs, help=f"of training ({self.epochs})")
        parser.add_argument(
            "--data", default="sunspots", metavar="DATA",
            help="sunspots (which come with the package), or a CSV file of your own: titles, then a month and a number a line",
        )  # fmt: skip
        super().add_options(parser)

    def values(self, options: argparse.Namespace) -> np.ndarray:
        """The square roots of the series. Raises UserError for one that cannot be read or learnt from."""
        try:
            series = datasets.sunspots() if options.data == "sunspots" else datasets.read_series(options.data)
        except (OSError, ValueError) as error:
            reason = (
                f"cannot be read ({error.strerror})" if isinstance(error, OSError) and error.strerror else str(error)
            )
            raise UserError(f"--data {options.data}: {reason}; leave it out for the sunspots") from None
        values, longest = series.values.numpy(), max(*self.orders, sum(self.bins)) + options.horizon
        if int(0.8 * len(values)) < 2 * longest:
            raise UserError(
                f"--data {options.data}: has {len(values)} months; windows of up to {longest} with --horizon {options.horizon} "
                f"take at least {-(-20 * longest // 8)}; give a longer series or a shorter horizon"
            )
        if values.min() < 0 or not values.std() > 0:
            raise UserError(
                f"--data {options.data}: square roots are taken; give numbers from 0 on that are not all equal"
            )
        return np.sqrt(values)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        values = self.values(options)
        end = int(0.8 * len(values))
        mean, scale = values[:end].mean(), values[:end].std()
        scaled = (values - mean) / scale

        def back(forecast: np.ndarray) -> np.ndarray:
            return (forecast * scale + mean).clip(0) ** 2

        def error(forecast: np.ndarray) -> float:
            return float(np.sqrt(np.mean((back(forecast) - values[end:] ** 2) ** 2)))

        print(f"{self.name}: {self.about}, {options.horizon} months ahead")
        linear = {}
        for order in self.orders:
            training, test = (
                _windows(scaled, order, options.horizon, *part) for part in ((0, end), (end, len(scaled)))
            )
            linear[order] = _least_squares(*training)(test[0])
            print(
                f"linear autoregression on {order:3} months: root mean square error {error(linear[order]):.2f} sunspots"
            )
        best = min(linear, key=lambda order: error(linear[order]))

        parts = ((0, end), (end, len(scaled)))
        (x, y), (tx, _) = (_windows(scaled, sum(self.bins), options.horizon, *part) for part in parts)
        x, tx = _means(x, self.bins), _means(tx, self.bins)
        base = _least_squares(x, y)
        rest = TensorDataset(x, (y - base(x))[:, None])
        outputs, started = [], clock()
        for member in range(self.members):
            model = MLP([len(self.bins), 32, 1], activation="tanh")
            optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1.0)
            schedule = optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=options.epochs * -(-len(x) // 64))
            history = fit(
                model, rest, loss=F.mse_loss, optimizer=optimizer, epochs=options.epochs, keep_best=False, progress=False,
                step_scheduler=schedule, callbacks=[] if options.quiet else [Progress()],
            )  # fmt: skip
            uninterrupted(history)
            with ag.no_grad():
                outputs.append(base(tx) + model(ag.tensor(tx)).numpy()[:, 0])
            print(f"network {member + 1}: {error(outputs[-1]):.2f}")
        seconds = clock() - started
        together = np.mean(outputs, 0)
        change = error(together) / error(linear[best]) - 1
        print(
            f"mean of the networks: {error(together):.2f}, {change:+.1%} to the best autoregression ({seconds:.0f} s)"
        )
        report = {
            "model": self.name, "data": options.data, "seed": options.seed, "horizon": options.horizon,
            "linear_errors": {order: error(forecast) for order, forecast in linear.items()},
            "errors": [error(output) for output in outputs], "error": error(together), "seconds": round(seconds, 1),
        }  # fmt: skip
        lines = {
            "measured": values[end:] ** 2,
            "networks": back(together),
            f"linear, {best} months": back(linear[best]),
        }
        save_results(folder, model, report, {"forecast": plot.curves(lines, "month of the test", "sunspots")})
        return 0


def _windows(series: np.ndarray, length: int, horizon: int, first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
    """Every answer among series[first:last] that has a window of that length `horizon` steps before it: (x, y)."""
    answers = np.arange(max(first, length + horizon - 1), last)
    starts = answers - horizon - length + 1
    return series[starts[:, None] + np.arange(length)], series[answers]


def _means(x: np.ndarray, bins: tuple[int, ...]) -> np.ndarray:
    """Windows (N, sum(bins)) as means over `bins` steps each, the first bins at the recent end: (N, len(bins))."""
    ends = x.shape[1] - np.cumsum([0, *bins])
    return np.stack([x[:, start:end].mean(1) for end, start in itertools.pairwise(ends)], 1)


def _least_squares(x: np.ndarray, y: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """The linear function with a constant that fits best."""
    solution = np.linalg.lstsq(np.c_[x, np.ones(len(x), x.dtype)], y, rcond=None)[0]
    return lambda x: x @ solution[:-1] + solution[-1]


RECIPES = [
    Reversal(name="reversal", about="an encoder and a decoder with attention that write a sequence backwards"),
    LongLag(name="long-lag", about="the noise-free task of Hochreiter & Schmidhuber 1997, experiment 2a"),
    Sunspots(name="sunspots", about="monthly sunspot numbers by networks and by linear autoregression"),
]
