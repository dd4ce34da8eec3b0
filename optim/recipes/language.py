"""Language models of characters: first names and tiny Shakespeare, with samples of what they write."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import autograd_core as ag
import nn
import nn.functional as F
import optim
from autograd_core.kernels.machine.compilation import clock
from nn import plot
from nn.data import datasets, random_split, store
from nn.models import RecurrentLM
from nn.utils.rnn import detached
from optim.training import Progress, evaluate, fit

from .recipe import Recipe, UserError, positive, read_text, save_results, uninterrupted


class Streams:
    """A text as `batch` streams read side by side, `steps` characters at a time: pairs (x, y) of shape (batch, steps).

    The text is cut into `batch` equal parts (what is left over at its end is not used). Row i of each pair goes on where
    row i of the pair before it ended, so that a state can be carried over. y is x one character on.
    """

    def __init__(self, codes: np.ndarray, batch: int, steps: int):
        length = (len(codes) - 1) // batch
        if length < 1:
            raise ValueError(f"Streams: a text of {len(codes)} characters cannot be cut into {batch} streams")
        self.x, self.y = (codes[i : i + batch * length].reshape(batch, length) for i in (0, 1))
        self.steps = steps

    def __len__(self) -> int:
        return -(-self.x.shape[1] // self.steps)

    def __iter__(self) -> Iterator:
        for i in range(0, self.x.shape[1], self.steps):
            where = np.s_[:, i : i + self.steps]
            yield ag.tensor(self.x[where]), ag.tensor(self.y[where])


class Scores(nn.Module):
    """The scores alone of a language model that gives (scores, state); `carry`: the state goes on to the next batch.

    Its history does not, which is truncated backpropagation through time. Between training and evaluation the state
    begins anew.
    """

    def __init__(self, model: nn.Module, carry: bool):
        super().__init__()
        self.model, self.carry = model, carry
        self.state: Any = None

    def train(self, mode: bool = True) -> Any:
        self.state = None
        return super().train(mode)

    def forward(self, input: Any) -> Any:
        scores, state = self.model(input, self.state)
        if self.carry:
            self.state = detached(state)
        return scores


def loss(scores: Any, codes: Any) -> Any:
    """Nats a character: scores (N, T, V), codes (N, T), where -100 does not count."""
    return F.cross_entropy(scores.flatten(0, 1), codes.flatten())


@dataclass(frozen=True, kw_only=True)
class LanguageModel(Recipe):
    """An LSTM trained by Adam in one cycle of the learning rate; the loss is in nats a character.

    epochs, lr, batch_size, width, layers, dropout  what the options can change
    choices, content  what --data can name besides a file, and what a file must have in it
    """

    choices: str
    content: str
    epochs: int
    lr: float
    batch_size: int
    width: int
    layers: int
    dropout: float

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        for name, kind, what in (
            ("epochs", int, "passes over the training data"), ("lr", float, "the largest learning rate"),
            ("batch-size", int, "sequences a step"), ("width", int, "units of a layer"), ("layers", int, "layers"),
        ):  # fmt: skip
            default = getattr(self, name.replace("-", "_"))
            parser.add_argument(f"--{name}", type=positive(kind), default=default, help=f"{what} ({default:g})")
        parser.add_argument(
            "--data", default="auto", metavar="DATA", help=f"{self.choices}, or a file of your own: {self.content}"
        )
        super().add_options(parser)

    def data(self, options: argparse.Namespace) -> tuple[str, Any, Any, Any, bool]:
        """The name of the data, the characters, batches to train on and to test on, and whether the state is carried from
        batch to batch. Raises OSError or ValueError for what cannot be read."""
        raise NotImplementedError

    def samples(self, model: RecurrentLM, chars: Any) -> str:
        """What the model writes."""
        raise NotImplementedError

    def train(self, options: argparse.Namespace, folder: Path) -> int:
        try:
            name, characters, training, test, carry = self.data(options)
        except (OSError, ValueError) as error:
            advice = "; --data sample needs none" if isinstance(error, FileNotFoundError) else ""
            raise UserError(f"--data {options.data}: {error}{advice}") from None
        model = RecurrentLM(len(characters.chars), options.width, options.layers, dropout=self.dropout)
        parameters = sum(p.array.size for p in model.parameters())
        print(f"{self.name}: {self.about}; {parameters:,} parameters, {len(characters.chars)} characters")
        scores = Scores(model, carry)
        optimizer = optim.Adam(model.parameters(), lr=options.lr)
        schedule = optim.lr_scheduler.OneCycleLR(optimizer, options.lr, total_steps=options.epochs * len(training))
        started = clock()
        history = fit(
            scores, training, test, loss=loss, optimizer=optimizer, epochs=options.epochs, keep_best=False,
            progress=False, callbacks=[Progress(bar=not options.quiet)], step_scheduler=schedule,
        )  # fmt: skip
        seconds = clock() - started
        if not len(history):
            uninterrupted(history)
        result = evaluate(scores, test, loss)["loss"]
        print(f"held out: {result:.4f} nats a character ({result / math.log(2):.3f} bits; {seconds:.0f} s of training)")
        text = self.samples(model, characters)
        print(text)
        report = {
            "model": self.name, "data": name, "seed": options.seed, "parameters": parameters,
            "epochs": options.epochs, "lr": options.lr, "batch_size": options.batch_size, "width": options.width,
            "layers": options.layers, "seconds": round(seconds, 1), "interrupted": history.interrupted,
            "held_out_loss": result, "history": history.epochs, "samples": text,
        }  # fmt: skip
        shown = {"learning-curves": plot.learning_curves(history, self.name)} if len(history) else {}
        save_results(folder, model, report, shown)
        return 130 if history.interrupted else 0


class FirstNames(LanguageModel):
    """A tenth of the names is held out. Names are padded to one length; the padding does not count."""

    def data(self, options: argparse.Namespace) -> tuple[str, Any, Any, Any, bool]:
        if options.data in ("auto", "names"):
            name, names = "names", datasets.names()
        else:
            words = read_text(Path(options.data), f"{self.choices}, or {self.content}").split()
            if len(words) < 20:
                raise ValueError(f"{len(words)} words are too few to learn from and to test on; give at least 20")
            name, names = options.data, datasets.Names(words)
        training, test = random_split(names, [0.9, 0.1])
        print(f"data: {name}, {len(training):,} names to train, {len(test):,} held out")
        loader = nn.data.DataLoader(training, batch_size=options.batch_size, shuffle=True)
        # one batch: its loss is the mean over characters, not over names
        return name, names, loader, nn.data.DataLoader(test, batch_size=len(test)), False

    def samples(self, model: RecurrentLM, chars: Any) -> str:
        words = {t: [chars.decode(model.sample(20, [0], t, stop=0)) for _ in range(10)] for t in (0.5, 1.0)}
        return "\n".join(f"temperature {t}: {', '.join(listed)}" for t, listed in words.items())


class Shakespeare(LanguageModel):
    """The last tenth of the plays is held out. Long streams with the state carried on, 100 characters at a time."""

    def data(self, options: argparse.Namespace) -> tuple[str, Any, Any, Any, bool]:
        name = options.data
        if name == "auto":
            name = "sample" if store.missing("tinyshakespeare") else "tinyshakespeare"
            if name == "sample":
                print(
                    "tinyshakespeare is not on this machine: a third of it is used (--data tinyshakespeare fetches all)"
                )
        if name == "tinyshakespeare":
            text = datasets.tiny_shakespeare()
        elif name == "sample":
            text = datasets.shakespeare_sample()
        else:
            text = datasets.Characters(read_text(Path(name), f"{self.choices}, or {self.content}"))
        fewest = 20 * (options.batch_size + 1)
        if len(text) < fewest:
            raise ValueError(
                f"{len(text)} characters are too few for {options.batch_size} streams; give at least {fewest}"
            )
        training, test = text.split(0.9)
        print(f"data: {name}, {len(training):,} characters to train, {len(test):,} held out")
        streams = Streams(training.codes, options.batch_size, 100)
        return name, text, streams, Streams(test.codes, min(10, len(test) // 2), 1000), True

    def samples(self, model: RecurrentLM, chars: Any) -> str:
        parts = [f"--- temperature {t}\n{chars.decode(model.sample(300, _start(chars), t))}" for t in (0.5, 0.8, 1.0)]
        return "\n".join(parts)


def _start(chars: datasets.Characters) -> list[int]:
    """The code of a line's end, or of the first character of a text that has one line."""
    return chars.encode("\n" if "\n" in chars.chars else chars.text[0]).tolist()


RECIPES = [
    FirstNames(
        name="names",
        about="an LSTM that spells first names",
        choices="names (which come with the package)", content="words, one a line",
        epochs=14, lr=4e-3, batch_size=64, width=192, layers=1, dropout=0.3,
    ),
    Shakespeare(
        name="shakespeare",
        about="an LSTM that writes like Shakespeare, character by character",
        choices="tinyshakespeare where it is found, else sample (a third of it that comes with the package)",
        content="a text",
        epochs=12, lr=4e-3, batch_size=32, width=256, layers=1, dropout=0.3,
    ),
]  # fmt: skip
