"""Sequences: reversed by attention, remembered over long lags, and sunspots foretold."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
import nn.functional as F
import optim
from nn import plot
from nn.data import TensorDataset, datasets
from nn.models import RecurrentRegressor, Seq2Seq
from nn.utils import clip_grad_norm_
from optim.training import Progress, fit

from .recipe import Recipe, UserError, positive, save_results


@dataclass(frozen=True, kw_only=True)
class Reversal(Recipe):
    """Write a sequence of symbols backwards: what came last must be written first, which attention makes easy."""

    symbols: int = 20
    length: int = 20
    steps: int = 1500
    batch_size: int = 64

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--steps", type=positive(int), default=self.steps, help=f"of training ({self.steps})")
        parser.add_argument("--no-attention", action="store_true", help="only the encoder's last state, for comparison")
        super().add_options(parser)

    def batch(self, count: int) -> tuple[Any, Any, Any]:
        """Random sources, what the decoder is given, and what it is to write; symbol 0 starts, the others are equal."""
        source = ag.randint(1, self.symbols + 1, (count, self.length))
        target = source.flip(1)
        return source, ag.cat([ag.zeros(count, 1, dtype=target.dtype), target[:, :-1]], 1), target

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        model = Seq2Seq(self.symbols + 1, self.symbols + 1, width=96, attention=not options.no_attention)
        parameters = sum(p.numel() for p in model.parameters())
        print(f"{self.name}: {self.about}; {self.length} of {self.symbols} symbols; {parameters:,} parameters")
        optimizer = optim.Adam(model.parameters(), lr=3e-3)
        schedule = optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=options.steps)
        losses, started = [], time.perf_counter()
        for step in range(1, options.steps + 1):
            source, given, target = self.batch(self.batch_size)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(source, given).flatten(0, 1), target.flatten())
            loss.backward()
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            if step % max(1, options.steps // 10) == 0:
                print(f"step {step:5}  loss {np.mean(losses[-50:]):.4f}")
        seconds = time.perf_counter() - started
        source, _, target = self.batch(1000)
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
    """Noise-free sequences with long lags: only the first symbol tells what the last will be."""

    lag: int = 1000
    steps: int = 400

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--lag", type=positive(int), default=self.lag, help=f"steps between the two ({self.lag})")
        parser.add_argument("--steps", type=positive(int), default=self.steps, help=f"of training, at most ({self.steps})")
        parser.add_argument("--kind", choices=("lstm", "gru", "rnn"), default="lstm", help="of recurrent layer (lstm)")
        super().add_options(parser)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        x, y = datasets.long_lag(options.lag).tensors
        inputs, last = F.one_hot(x, int(x.max()) + 1).float(), y[:, -1]
        longest = options.lag if options.kind == "lstm" else None
        model = RecurrentRegressor(inputs.shape[2], inputs.shape[2], 16, kind=options.kind, longest_lag=longest)
        parameters = sum(p.numel() for p in model.parameters())
        print(f"{self.name}: {self.about}; lag {options.lag}, {options.kind}, {parameters:,} parameters")
        optimizer = optim.Adam(model.parameters(), lr=1e-2)
        losses, started, solved = [], time.perf_counter(), None
        for step in range(1, options.steps + 1):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs), last)
            loss.backward()
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
            if losses[-1] < 0.01:
                solved = step
                break
        seconds = time.perf_counter() - started
        chance = f"not solved in {options.steps} steps: loss {losses[-1]:.3f}, guessing gives {np.log(2):.3f}"
        print(f"{f'solved after {solved} steps' if solved else chance} ({seconds:.0f} s of training)")
        report = {
            "model": self.name, "data": f"lag {options.lag}", "kind": options.kind, "seed": options.seed,
            "parameters": parameters, "solved_after": solved, "loss": losses[-1], "seconds": round(seconds, 1),
        }  # fmt: skip
        save_results(folder, model, report, {"loss": plot.curves({options.kind: losses}, "step", "loss", log=True)})
        return 0


@dataclass(frozen=True, kw_only=True)
class Sunspots(Recipe):
    """Monthly sunspot numbers some months ahead, by a network and by the linear autoregression on the same months.

    The last fifth of the series is the test. Both see square roots (which even out the noise), standardised by the
    training part; errors are in sunspots.
    """

    window: int = 132
    horizon: int = 12
    epochs: int = 30
    members: int = 5

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--horizon", type=positive(int), default=self.horizon, help=f"months ahead ({self.horizon})")
        parser.add_argument("--epochs", type=positive(int), default=self.epochs, help=f"of training ({self.epochs})")
        super().add_options(parser)

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        try:
            series = datasets.sunspots()
        except OSError as error:
            raise UserError(str(error)) from None
        values = np.sqrt(series.values.numpy())
        end = int(0.8 * len(values))
        mean, scale = values[:end].mean(), values[:end].std()
        scaled = (values - mean) / scale

        def windows(first: int, last: int) -> tuple[np.ndarray, np.ndarray]:
            """Every window whose answer lies in first … last - 1."""
            answers = np.arange(max(first, self.window + options.horizon - 1), last)
            starts = answers - options.horizon - self.window + 1
            return scaled[starts[:, None] + np.arange(self.window)], scaled[answers]

        x, y = windows(0, end)
        tx, ty = windows(end, len(scaled))
        answers = (ty * scale + mean) ** 2

        def error(prediction: np.ndarray) -> float:
            return float(np.sqrt(np.mean(((prediction * scale + mean).clip(0) ** 2 - answers) ** 2)))

        def with_constant(a: np.ndarray) -> np.ndarray:
            return np.concatenate([a, np.ones((len(a), 1), a.dtype)], 1)

        linear = with_constant(tx) @ np.linalg.lstsq(with_constant(x), y, rcond=None)[0]
        print(f"{self.name}: {self.about}, {options.horizon} months ahead from {self.window}; {len(x):,} windows to train")
        print(f"linear autoregression: root mean square error {error(linear):.2f} sunspots")
        outputs, started = [], time.perf_counter()
        for member in range(self.members):
            model = RecurrentRegressor(1, 1, 32, kind="gru")
            optimizer = optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
            batches = -(-len(x) // 64)
            schedule = optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=options.epochs * batches)
            fit(
                model, TensorDataset(x[..., None], y[:, None]), loss=F.mse_loss, optimizer=optimizer,
                epochs=options.epochs, keep_best=False, progress=False, step_scheduler=schedule,
                callbacks=[] if options.quiet else [Progress()],
            )  # fmt: skip
            with ag.no_grad():
                outputs.append(model(ag.tensor(tx[..., None])).numpy()[:, 0])
            print(f"network {member + 1}: {error(outputs[-1]):.2f}")
        seconds = time.perf_counter() - started
        together = np.mean(outputs, 0)
        print(f"their mean: {error(together):.2f}, {error(together) / error(linear) - 1:+.1%} ({seconds:.0f} s of training)")
        report = {
            "model": self.name, "data": "sunspots", "seed": options.seed, "horizon": options.horizon,
            "linear_error": error(linear), "errors": [error(output) for output in outputs],
            "error": error(together), "seconds": round(seconds, 1),
        }  # fmt: skip
        back = {"measured": answers, "network": (together * scale + mean).clip(0) ** 2, "linear": (linear * scale + mean) ** 2}
        figure = plot.curves(back, "month of the test", "sunspots")
        save_results(folder, model, report, {"forecast": figure})
        return 0


RECIPES = [
    Reversal(name="reversal", about="an encoder and a decoder with attention that write a sequence backwards"),
    LongLag(name="long-lag", about="the noise-free task of Hochreiter & Schmidhuber 1997, experiment 2a"),
    Sunspots(name="sunspots", about="monthly sunspot numbers by recurrent networks and by linear autoregression"),
]
